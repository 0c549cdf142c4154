package twilio

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// restError is an error of the REST API (docs/usage/twilios-response).
type restError struct {
	Code     int    `json:"code"`
	Message  string `json:"message"`
	MoreInfo string `json:"more_info"`
	Status   int    `json:"status"`
}

// restStatuses are the HTTP statuses of errors that are not plain 400s.
var restStatuses = map[int]int{
	20003: http.StatusUnauthorized, 20404: http.StatusNotFound, 20429: http.StatusTooManyRequests,
	20500: http.StatusInternalServerError, 20503: http.StatusServiceUnavailable,
}

// refuseREST makes an error of the REST API. Without a format Twilio's title of the code
// is all that is said.
func refuseREST(code int, format string, args ...any) *restError {
	return &restError{
		Code:     code,
		Message:  cmp.Or(fmt.Sprintf(format, args...), titles[code], fmt.Sprintf("Error %d", code)),
		MoreInfo: fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code),
		Status:   cmp.Or(restStatuses[code], http.StatusBadRequest),
	}
}

const (
	maxForm = 1 << 20          // of a REST request; a text has 1,600 characters and ten URLs
	maxHang = 30 * time.Second // how long a connection that gets no answer is kept
)

// rest is a door of the REST API: it knows its caller, lets faults on demand strike, and
// answers JSON. The recipient is the customer that a call is about, if it is about one.
func (s *Simulator) rest(operation string, recipient func(*http.Request) string, answer func(*http.Request) (any, *restError)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		say := func(status int, body any) {
			s.config.Log(fmt.Sprintf("%s: %d", operation, status))
			writeJSON(w, status, body)
		}
		w.Header().Set("Twilio-Request-Id", newSID("RQ"))
		user, password, _ := r.BasicAuth()
		if user != s.config.AccountSID || password != s.config.AuthToken || r.PathValue("account") != s.config.AccountSID {
			w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
			say(http.StatusUnauthorized, refuseREST(20003, "Authenticate"))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			say(http.StatusBadRequest, refuseREST(20001, "The parameters cannot be read: %v", err))
			return
		}

		to := recipient(r)
		s.mu.Lock()
		struck := s.strike(operation, to, "")
		s.mu.Unlock()
		if struck.Kind != "" {
			s.config.Log(fmt.Sprintf("%s: %s, on demand", operation, struck.Kind))
		}
		if code := struck.code(); code != 0 {
			failure := refuseREST(code, "")
			say(failure.Status, failure)
			return
		}
		switch struck.Kind {
		case "html-503":
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, "<html><head><title>503 Service Temporarily Unavailable</title></head><body></body></html>\n")
			return
		case "timeout-before":
			s.hang(r)
		case "reset-before":
			reset(w)
		}
		result, failure := answer(r)
		switch struck.Kind {
		case "timeout-after":
			s.hang(r)
		case "reset-after":
			reset(w)
		case "slow":
			s.pause(time.Now().Add(struck.delay()))
		}
		switch {
		case failure != nil:
			say(failure.Status, failure)
		case r.Method == http.MethodPost:
			say(http.StatusCreated, result)
		default:
			say(http.StatusOK, result)
		}
	}
}

// hang keeps the connection without a word until the client gives up, and cuts it.
func (s *Simulator) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.closing.Done():
	case <-time.After(maxHang):
	}
	panic(http.ErrAbortHandler)
}

// reset cuts the connection so that the client sees it reset by its peer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			tcp.SetLinger(0) // what is not sent is dropped, and the peer is told by RST
		}
		conn.Close()
	}
	panic(http.ErrAbortHandler)
}

// serveUnknown answers for everything of Twilio's API that is not simulated.
func serveUnknown(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusNotFound, unknownResource(r))
}

func unknownResource(r *http.Request) *restError {
	return refuseREST(20404, "The requested resource %s was not found", r.URL.Path)
}

// messageSIDOf is the SID in a path like .../Messages/SM0123.json.
func messageSIDOf(r *http.Request) string {
	return strings.TrimSuffix(r.PathValue("message"), ".json")
}
