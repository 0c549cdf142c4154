package twilio

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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
	20003: http.StatusUnauthorized, 20404: http.StatusNotFound, 20409: http.StatusConflict, 20429: http.StatusTooManyRequests,
	20009: http.StatusConflict, // no page says so
	21710: http.StatusConflict, 21712: http.StatusConflict,
	20500: http.StatusInternalServerError, 20503: http.StatusServiceUnavailable,
}

// restSuccesses are the HTTP statuses of operations that do not answer a plain 200
// (docs/usage/twilios-response), by their verb.
var restSuccesses = map[string]int{
	"create": http.StatusCreated, "buy": http.StatusCreated, "assign": http.StatusCreated, "evaluate": http.StatusCreated, "add": http.StatusCreated,
	"delete": http.StatusNoContent, "release": http.StatusNoContent, "unassign": http.StatusNoContent, "remove": http.StatusNoContent,
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
// answers JSON, or nothing with a 204. About is the phone number that a call is about, if it
// is about one: a customer's, or one that the account has or wants.
func (s *Simulator) rest(operation string, about func(*http.Request) string, answer func(*http.Request) (any, *restError)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		say := func(status int, body any) {
			s.config.Log(fmt.Sprintf("%s: %d", operation, status))
			if status == http.StatusNoContent || status == http.StatusTemporaryRedirect {
				w.WriteHeader(status)
				return
			}
			writeJSON(w, status, body)
		}
		w.Header().Set("Twilio-Request-Id", newSID("RQ"))
		user, password, _ := r.BasicAuth()
		inPath := cmp.Or(r.PathValue("account"), s.config.AccountSID) // the newer APIs have it nowhere
		if user != s.config.AccountSID || password != s.config.AuthToken || inPath != s.config.AccountSID {
			w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
			say(http.StatusUnauthorized, refuseREST(20003, "Authenticate"))
			return
		}
		most := int64(maxForm)
		if isUpload(r) {
			most = maxUploadForm
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		if err := r.ParseForm(); err != nil {
			say(http.StatusBadRequest, refuseREST(20001, "The parameters cannot be read: %v", err))
			return
		}

		to := about(r)
		s.mu.Lock()
		struck := s.strike(operation, to, "")
		s.mu.Unlock()
		if struck.Kind != "" {
			s.config.Log(fmt.Sprintf("%s: %s, on demand", operation, struck.Kind))
		}
		if struck.Kind != "" {
			drain(r)
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
		drain(r)
		switch struck.Kind {
		case "timeout-after":
			s.hang(r)
		case "reset-after":
			reset(w)
		case "slow":
			s.pause(time.Now().Add(struck.delay()))
		}
		if failure != nil {
			say(failure.Status, failure)
			return
		}
		if to, away := result.(location); away {
			w.Header().Set("Location", string(to))
			say(http.StatusTemporaryRedirect, nil)
			return
		}
		_, verb, _ := strings.Cut(operation, ".")
		say(cmp.Or(restSuccesses[verb], http.StatusOK), result)
	}
}

// location is where an answer sends its client.
type location string

// drain reads what is left of an upload. A client that is still sending would not see an
// answer, and one that leaves is only noticed when all has been read.
func drain(r *http.Request) {
	if isUpload(r) {
		io.Copy(io.Discard, r.Body) // an error means that the client has left
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

// named is the last part of a path like .../Messages/SM0123.json, without its form.
func named(r *http.Request, part string) string {
	return strings.TrimSuffix(r.PathValue(part), ".json")
}

// orNull is a text as the REST API writes it where an empty one is null.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// page is a part of a list (docs/usage/twilios-response). Pages before are not linked.
type page struct {
	URI             string  `json:"uri"`
	FirstPageURI    string  `json:"first_page_uri"`
	PreviousPageURI *string `json:"previous_page_uri"`
	NextPageURI     *string `json:"next_page_uri"`
	Page            int     `json:"page"`
	PageSize        int     `json:"page_size"`
	Start           int     `json:"start"`
	End             int     `json:"end"`
}

// How many entries a page has.
const (
	defaultPageSize = 50
	maxPageSize     = 1000
)

// pageSize is what a query asks for, within Twilio's limits.
func pageSize(query url.Values) int {
	size, err := strconv.Atoi(query.Get("PageSize"))
	if err != nil || size < 1 {
		size = defaultPageSize
	}
	return min(size, maxPageSize)
}

// cutPage is the part of a list that a request asks for. A page token names the last entry
// of the page before, so that entries that came meanwhile move nothing.
func cutPage[T any](r *http.Request, all []T, sid func(T) string) (page, []T, *restError) {
	query := r.URL.Query()
	number, _ := strconv.Atoi(query.Get("Page"))
	token, continued := strings.CutPrefix(query.Get("PageToken"), "PA")
	if continued {
		last := slices.IndexFunc(all, func(entry T) bool { return sid(entry) == token })
		if last < 0 {
			return page{}, nil, refuseREST(20001, "PageToken is none of this list's: begin with its first page")
		}
		all = all[last+1:]
	} else if number > 0 {
		return page{}, nil, refuseREST(20001, "Page %d needs its PageToken: follow next_page_uri", number)
	}
	size := pageSize(query)
	part := all[:min(size, len(all))]
	shown := page{URI: r.URL.RequestURI(), Page: number, PageSize: size, Start: number * size}
	shown.End = max(shown.Start, shown.Start+len(part)-1)
	uri := func(number int, token string) string {
		query.Set("Page", strconv.Itoa(number))
		query.Set("PageSize", strconv.Itoa(size))
		query.Del("PageToken")
		if token != "" {
			query.Set("PageToken", token)
		}
		return r.URL.Path + "?" + query.Encode()
	}
	shown.FirstPageURI = uri(0, "")
	if len(all) > size {
		next := uri(number+1, "PA"+sid(part[size-1]))
		shown.NextPageURI = &next
	}
	return shown, part, nil
}
