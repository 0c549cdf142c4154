package scenario

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clienteling/shared/twilio"
)

// Twilio answers the product's real client with bodies as Twilio sends them, and
// remembers the texts it took. Unlike the simulator of infra/local/twilio it does as
// the test says, call by call, and runs inside of the test.
type Twilio struct {
	server *httptest.Server
	now    func() time.Time

	mu      sync.Mutex
	answers []Answer
	texts   []Text
	calls   int
}

// Text is a text that Twilio took.
type Text struct {
	SID, AccountSID, From, To, Body, StatusCallback string
	// Status is Twilio's word, Code the error it failed with, 0 for none.
	Status string
	Code   int
	At     time.Time
}

// Answer is what comes of a call; the zero Answer does what was asked.
type Answer struct {
	// Before happens when the call has come, before any effect.
	Before func()
	// Status other than 0 refuses the call: with Twilio's error Code as JSON, or with
	// an HTML page of something in front of Twilio when Code is 0.
	Status, Code int
	// Lost breaks the connection instead of answering.
	Lost bool
	// Nevertheless takes the text of a call that is refused or lost.
	Nevertheless bool
}

// NewTwilio starts a Twilio with a clock, that has some texts already.
// It takes every text.
func NewTwilio(t testing.TB, now func() time.Time, has ...Text) *Twilio {
	w := &Twilio{now: now, texts: has}
	w.server = httptest.NewServer(w)
	t.Cleanup(w.server.Close)
	return w
}

// Client is the product's client of it.
func (w *Twilio) Client(t testing.TB) *twilio.Client {
	t.Helper()
	c, err := twilio.Open(w.server.URL, Accounts(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Answer says what comes of the next calls, in order.
func (w *Twilio) Answer(answers ...Answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers = append(w.answers, answers...)
}

// Texts returns the texts that Twilio has, the oldest first.
func (w *Twilio) Texts() []Text {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.texts)
}

// Calls is how often it was called.
func (w *Twilio) Calls() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls
}

// ServeHTTP answers the calls about texts.
func (w *Twilio) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.calls++
	var a Answer
	if len(w.answers) > 0 {
		a, w.answers = w.answers[0], w.answers[1:]
	}
	w.mu.Unlock()
	if a.Before != nil {
		a.Before()
	}
	status, body := http.StatusOK, any(nil)
	if !a.Lost && a.Status == 0 || a.Nevertheless {
		status, body = w.take(r)
	}
	switch {
	case a.Lost:
		panic(http.ErrAbortHandler)
	case a.Status != 0 && a.Code == 0:
		out.Header().Set("Content-Type", "text/html")
		out.WriteHeader(a.Status)
		_, _ = fmt.Fprintf(out, "<html><body><h1>%d %s</h1></body></html>", a.Status, http.StatusText(a.Status))
		return
	case a.Status != 0:
		status, body = problem(a.Status, a.Code)
	}
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(status)
	_ = json.NewEncoder(out).Encode(body)
}

func problem(status, code int) (int, any) {
	return status, map[string]any{
		"code": code, "message": "On behalf of the test to +12125550123", "status": status,
		"more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code),
	}
}

// take does what a call asks: send a text, show one, or list those between two numbers.
func (w *Twilio) take(r *http.Request) (status int, body any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	account, secret, _ := r.BasicAuth()
	switch {
	case !strings.HasPrefix(r.URL.Path, "/2010-04-01/Accounts/"+account+"/Messages") || secret == "":
		return problem(http.StatusUnauthorized, 20003)
	case r.Method == http.MethodPost:
		t := Text{
			SID: fmt.Sprintf("SM%032x", 0xfade0000+len(w.texts)), AccountSID: account, Status: "queued", At: w.now(),
			From: r.FormValue("From"), To: r.FormValue("To"), Body: r.FormValue("Body"), StatusCallback: r.FormValue("StatusCallback"),
		}
		w.texts = append(w.texts, t)
		return http.StatusCreated, t.resource()
	case strings.HasSuffix(r.URL.Path, "/Messages.json"):
		list := []any{}
		for _, t := range slices.Backward(w.texts) {
			if t.From == r.FormValue("From") && t.To == r.FormValue("To") {
				list = append(list, t.resource())
			}
		}
		return http.StatusOK, map[string]any{
			"messages": list, "page": 0, "page_size": 50, "start": 0, "end": len(list),
			"uri": r.URL.RequestURI(), "first_page_uri": r.URL.RequestURI(), "next_page_uri": nil, "previous_page_uri": nil,
		}
	default:
		for _, t := range w.texts {
			if strings.HasSuffix(r.URL.Path, "/"+t.SID+".json") {
				return http.StatusOK, t.resource()
			}
		}
		return problem(http.StatusNotFound, 20404)
	}
}

// resource is a text as Twilio shows it.
// https://www.twilio.com/docs/messaging/api/message-resource
func (t Text) resource() map[string]any {
	at := t.At.UTC().Format(time.RFC1123Z)
	uri := "/2010-04-01/Accounts/" + t.AccountSID + "/Messages/" + t.SID
	shown := map[string]any{
		"account_sid": t.AccountSID, "api_version": "2010-04-01", "body": t.Body, "date_created": at, "date_sent": nil, "date_updated": at,
		"direction": "outbound-api", "error_code": nil, "error_message": nil, "from": t.From, "messaging_service_sid": nil,
		"num_media": "0", "num_segments": "1", "price": nil, "price_unit": "USD", "sid": t.SID, "status": t.Status,
		"subresource_uris": map[string]any{"media": uri + "/Media.json"}, "tags": nil, "to": t.To, "uri": uri + ".json",
	}
	if t.Code != 0 {
		shown["error_code"], shown["error_message"] = t.Code, "On behalf of the test"
	}
	return shown
}
