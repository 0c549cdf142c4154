package twilio_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	simulator "clienteling/infra/local/twilio"
	"clienteling/infra/scenario"
	"clienteling/shared/twilio"
)

// The numbers of an erasure: a customer and another one, two stores, and where the first
// store's calls are forwarded to.
const (
	hers      = "+12125550123"
	his       = "+12125550124"
	ourNumber = "+12125550100"
	ourOther  = "+12125550101"
	landline  = "+12125550150"
)

// png begins like a picture, which is all that anybody looks at here.
var png = []byte("\x89PNG\r\n\x1a\n")

// town is the Twilio simulator with a life in it.
type town struct {
	t    *testing.T
	sim  *simulator.Simulator
	url  string
	hook string // origin of the webhooks, which has a picture, too

	mu     sync.Mutex
	now    time.Time
	calls  int                                     // of the REST API
	strike func(n int, r *http.Request, on func()) // the nth call
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{t: t, now: at}
	hook := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/xml")
		if r.URL.Path == "/coat.png" {
			rw.Header().Set("Content-Type", "image/png")
			_, _ = rw.Write(png)
			return
		}
		document := `<Response><Message>One moment!</Message></Response>`
		if r.URL.Path == "/voice" {
			document = `<Response><Dial answerOnBridge="true">` + landline + `</Dial></Response>`
		}
		_, _ = io.WriteString(rw, document)
	}))
	t.Cleanup(hook.Close)
	w.hook = hook.URL
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		on := func() { w.sim.ServeHTTP(rw, r) }
		w.mu.Lock()
		strike := w.strike
		if strings.HasPrefix(r.URL.Path, "/2010-04-01/") {
			w.calls++
		}
		n := w.calls
		w.mu.Unlock()
		if strike != nil {
			strike(n, r, on)
			return
		}
		on()
	}))
	t.Cleanup(server.Close)
	w.url = server.URL
	sim, err := simulator.New(simulator.Config{
		AccountSID: seed.AccountSID, AuthToken: seed.AuthToken, BaseURL: func() string { return server.URL }, Pace: time.Millisecond,
		Now: func() time.Time {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.now
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	w.sim = sim
	for _, number := range []string{ourNumber, ourOther} {
		if err := sim.PutNumber(simulator.Number{PhoneNumber: number, SmsURL: hook.URL + "/sms", VoiceURL: hook.URL + "/voice"}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *town) client() *twilio.Client {
	w.t.Helper()
	c, err := twilio.Open(w.url, scenario.Accounts(w.t))
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// strikes says what happens to the calls of the REST API from now on, which are counted
// from 1.
func (w *town) strikes(f func(n int, r *http.Request, on func())) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls, w.strike = 0, f
}

func (w *town) called() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls
}

// later is the time after so long.
func (w *town) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *town) control(method, path string, body, into any) {
	w.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	rw := httptest.NewRecorder()
	w.sim.ServeHTTP(rw, httptest.NewRequest(method, path, bytes.NewReader(text)))
	if rw.Code != http.StatusOK {
		w.t.Fatalf("%s %s: %d %s", method, path, rw.Code, rw.Body)
	}
	if err := json.Unmarshal(rw.Body.Bytes(), into); into != nil && err != nil {
		w.t.Fatal(err)
	}
}

// live has a customer text with a picture, be answered, be written to, and call; all with
// one of our numbers.
func (w *town) live(customer, ours string) {
	w.t.Helper()
	type object map[string]any
	w.control("POST", "/control/texts", object{"from": customer, "to": ours, "body": "the blue one?", "media": []object{{"contentType": "image/png", "data": png}}}, nil)
	w.control("POST", "/control/calls", object{"from": customer, "to": ours}, nil)
	sent, err := w.client().SendText(w.t.Context(), twilio.Text{
		AccountSID: seed.AccountSID, From: ours, To: customer, Body: "this one", MediaURL: []string{w.hook + "/coat.png"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for range 1000 {
		if now, err := w.client().Text(w.t.Context(), seed.AccountSID, sent.SID); err == nil && now.Status == "delivered" {
			return
		}
		time.Sleep(time.Millisecond)
	}
	w.t.Fatal("the text is not delivered")
}

// kept is what Twilio has of a customer: the SIDs.
func (w *town) kept(customer string) (all []string) {
	w.t.Helper()
	type record struct{ SID string }
	var has struct{ Messages, Media, Calls []record }
	w.control("GET", "/control/records?number="+url.QueryEscape(customer), nil, &has)
	for _, r := range slices.Concat(has.Messages, has.Media, has.Calls) {
		all = append(all, r.SID)
	}
	return all
}

// whole is how much live leaves: three texts, two media, a call and its leg.
const whole = 3 + 2 + 2

// What is between two numbers goes, in as many runs as it takes; nothing else does.
func TestEraseBetween(t *testing.T) {
	t.Parallel()
	for most, runs := range map[int]int{1: 5, 3: 3, 4: 2, 100: 2} { // the last finds nothing
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			w.live(hers, ourNumber)
			before := w.now
			w.later(time.Second)
			w.live(hers, ourOther)
			w.live(his, ourNumber)
			his := w.kept(his)
			if len(w.kept(hers)) != 2*whole || len(his) != whole {
				t.Fatalf("Twilio has %q and %q", w.kept(hers), his)
			}
			c, n := w.client(), 1
			for ; ; n++ {
				had := len(w.kept(hers))
				left, err := c.EraseBetween(t.Context(), seed.AccountSID, ourNumber, hers, before, most)
				if err != nil {
					t.Fatal(err)
				}
				if !left {
					break
				}
				if gone := had - len(w.kept(hers)); gone == 0 || gone > 2*most {
					t.Fatalf("run %d of at most %d deleted %d", n, most, gone)
				}
			}
			if n != runs {
				t.Errorf("it took %d runs, want %d", n, runs)
			}
			if got := w.kept(hers); len(got) != whole {
				t.Errorf("with the other store there is %q", got)
			}
			if got := w.kept("+12125550124"); !reflect.DeepEqual(got, his) {
				t.Errorf("of the other customer there is %q, and was %q", got, his)
			}
		})
	}
}

// What came since stays, with its media and legs.
func TestEraseBetweenKeepsTheNewer(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.live(hers, ourNumber)
	old := w.kept(hers)
	before := w.now.Add(999 * time.Millisecond) // Twilio's dates have whole seconds
	w.later(time.Second)
	w.live(hers, ourNumber)
	for left := true; left; {
		var err error
		if left, err = w.client().EraseBetween(t.Context(), seed.AccountSID, ourNumber, hers, before, 3); err != nil {
			t.Fatal(err)
		}
	}
	got := w.kept(hers)
	if len(got) != whole || slices.ContainsFunc(got, func(sid string) bool { return slices.Contains(old, sid) }) {
		t.Errorf("Twilio has %q, and had %q", got, old)
	}
}

// Killed at any of its calls, before or after it had its effect, and begun again, it ends
// as if nothing had been.
func TestEraseBetweenKilled(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.live(hers, ourNumber)
	w.strikes(nil)
	if left, err := w.client().EraseBetween(t.Context(), seed.AccountSID, ourNumber, hers, at, 100); !left || err != nil {
		t.Fatal(left, err)
	}
	calls := w.called()
	if calls != 4+3+2+2+2+1 { // lists, texts, media and their lists, a call with its leg and their list
		t.Fatalf("it called Twilio %d times", calls)
	}
	for _, after := range []bool{false, true} {
		for at := 1; at <= calls; at++ {
			w.later(time.Second)
			w.strikes(nil)
			w.live(hers, ourNumber)
			ctx, kill := context.WithCancel(t.Context())
			w.strikes(func(n int, _ *http.Request, on func()) {
				if after || n != at {
					on()
				}
				if n == at {
					kill()
					panic(http.ErrAbortHandler)
				}
			})
			left, err := w.client().EraseBetween(ctx, seed.AccountSID, ourNumber, hers, w.now, 100)
			kill()
			var failed *twilio.Error
			if !left || !errors.As(err, &failed) || failed.Outcome != twilio.Unknown {
				t.Errorf("killed at call %d: %t, %v", at, left, err)
			}
			w.strikes(nil)
			runs := 0
			for left := true; left && runs < 5; runs++ {
				if left, err = w.client().EraseBetween(t.Context(), seed.AccountSID, ourNumber, hers, w.now, 100); err != nil {
					t.Fatal(err)
				}
			}
			if got := w.kept(hers); len(got) != 0 || runs > 2 {
				t.Errorf("killed at call %d, after %d more runs there is %q", at, runs, got)
			}
		}
	}
}

// A text that no carrier has settled stops nothing but the end.
func TestEraseBetweenUnfinished(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.live(hers, ourNumber)
	w.control("PUT", "/control/phones/"+hers, map[string]string{"state": "off"}, nil)
	sent, err := w.client().SendText(t.Context(), twilio.Text{AccountSID: seed.AccountSID, From: ourNumber, To: hers, Body: "are you there?"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // with others, and alone
		left, err := w.client().EraseBetween(t.Context(), seed.AccountSID, ourNumber, hers, w.now, 100)
		var failed *twilio.Error
		if !left || !errors.As(err, &failed) || failed.Outcome != twilio.Later || failed.Code != 20009 {
			t.Errorf("%t, %v", left, err)
		}
		if got := w.kept(hers); !slices.Equal(got, []string{sent.SID}) {
			t.Errorf("left: %q", got)
		}
	}
	w.control("PUT", "/control/phones/"+hers, map[string]string{"state": "on"}, nil)
	for n := 0; ; n++ {
		left, err := w.client().EraseBetween(t.Context(), seed.AccountSID, ourNumber, hers, w.now, 100)
		if err == nil && !left {
			break
		}
		if n > 1000 {
			t.Fatalf("%t, %v, with %q", left, err, w.kept(hers))
		}
		time.Sleep(time.Millisecond)
	}
	if got := w.kept(hers); len(got) != 0 {
		t.Errorf("left: %q", got)
	}
}

// recordOf is an entry of a list of texts or calls.
func recordOf(sid, from, to, created, more string) string {
	return fmt.Sprintf(`{"sid": %q, "from": %q, "to": %q, "date_created": %q, "num_media": "0", "parent_call_sid": null %s}`, sid, from, to, created, more)
}

// listPage is a page of a list; next is JSON.
func listPage(key, next string, entries ...string) answer {
	return answer{200, fmt.Sprintf(`{%q: [%s], "next_page_uri": %s, "page": 0, "page_size": 1000}`, key, strings.Join(entries, ","), next)}
}

// book answers by what it is asked for, and with an empty list or 404 for the rest.
func book(t *testing.T, pages map[string]answer) (*twilio.Client, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var came []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, account+"/")
		query := r.URL.Query()
		query.Del("PageSize")
		q := r.Method + " " + path
		if len(query) > 0 {
			q += "?" + query.Encode()
		}
		a, known := pages[q]
		switch {
		case known:
		case r.Method == http.MethodDelete:
			a = answer{404, `{"code": 20404, "message": "not found", "status": 404}`}
		case path == "Messages.json":
			a = listPage("messages", "null")
		default:
			a = listPage("calls", "null")
		}
		mu.Lock()
		if r.Method == http.MethodDelete || known {
			came = append(came, q)
		}
		mu.Unlock()
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(server.Close)
	c, err := twilio.Open(server.URL, scenario.Accounts(t))
	if err != nil {
		t.Fatal(err)
	}
	return c, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(came)
	}
}

// What Twilio may say, and what is made of it.
func TestEraseBetweenAnswers(t *testing.T) {
	t.Parallel()
	var (
		old    = at.Add(-time.Hour).Format(time.RFC1123Z)
		theirs = "GET Messages.json?" + url.Values{"From": {hers}, "To": {ourNumber}}.Encode()
		ours   = "GET Messages.json?" + url.Values{"From": {ourNumber}, "To": {hers}}.Encode()
		called = "GET Calls.json?" + url.Values{"From": {hers}, "To": {ourNumber}}.Encode()
		text   = func(n int) string { return recordOf(sid("SM", n), hers, ourNumber, old, "") }
		delete = func(n int) string { return "DELETE Messages/" + sid("SM", n) + ".json" }
		gone   = answer{204, ""}
		says   = func(status, code int) answer {
			return answer{status, fmt.Sprintf(`{"code": %d, "message": "about +12125550123", "status": %d}`, code, status)}
		}
		legsOf = func(n int) string { return "GET Calls.json?ParentCallSid=" + sid("CA", n) }
		leg    = func(n, of int) string {
			return strings.Replace(recordOf(sid("CA", n), hers, landline, old, ""), "null", `"`+sid("CA", of)+`"`, 1)
		}
	)
	type want struct {
		asked   []string
		left    bool
		outcome twilio.Outcome // with a code only
		code    int
	}
	for name, test := range map[string]struct {
		pages map[string]answer
		want  want
	}{
		"nothing": {nil, want{}},
		"others that a filter let through": {map[string]answer{
			theirs: listPage("messages", "null", recordOf(sid("SM", 1), hers+"4", ourNumber, old, ""), recordOf(sid("SM", 2), hers, ourNumber+"1", old, ""),
				recordOf(sid("SM", 3), ourNumber, hers, old, ""), recordOf(sid("SM", 4), "", "", old, "")),
			called: listPage("calls", "null", recordOf(sid("CA", 1), his, ourNumber, old, "")),
		}, want{asked: []string{theirs, called}}},
		"one that is newer, and one of the same second": {map[string]answer{
			theirs:    listPage("messages", "null", recordOf(sid("SM", 1), hers, ourNumber, at.Add(time.Second).Format(time.RFC1123Z), ""), recordOf(sid("SM", 2), hers, ourNumber, at.Format(time.RFC1123Z), "")),
			delete(2): gone,
		}, want{asked: []string{theirs, delete(2)}, left: true}},
		"one without a date": {map[string]answer{
			theirs: listPage("messages", "null", recordOf(sid("SM", 1), hers, ourNumber, "", "")), delete(1): gone,
		}, want{asked: []string{theirs, delete(1)}, left: true}},
		"two pages": {map[string]answer{
			theirs:                                   listPage("messages", `"`+account+`/Messages.json?Page=1&PageToken=PA1"`, text(1)),
			"GET Messages.json?Page=1&PageToken=PA1": listPage("messages", "null", text(2)),
			delete(1):                                gone, delete(2): gone,
		}, want{asked: []string{theirs, "GET Messages.json?Page=1&PageToken=PA1", delete(1), delete(2)}, left: true}},
		"listed, and gone": {map[string]answer{
			theirs: listPage("messages", "null", text(1), text(2)),
		}, want{asked: []string{theirs, delete(1), delete(2)}}},
		"not finished": {map[string]answer{
			theirs: listPage("messages", "null", text(1), text(2)), delete(1): says(409, 20009), delete(2): gone,
		}, want{asked: []string{theirs, delete(1), delete(2)}, left: true, outcome: twilio.Later, code: 20009}},
		"refused": {map[string]answer{
			theirs: listPage("messages", "null", text(1), text(2)), delete(1): says(400, 20001), delete(2): gone,
		}, want{asked: []string{theirs, delete(1), delete(2)}, left: true, outcome: twilio.Refused, code: 20001}},
		"too many": {map[string]answer{
			theirs: listPage("messages", "null", text(1), text(2)), delete(1): says(429, 20429),
		}, want{asked: []string{theirs, delete(1)}, left: true, outcome: twilio.Later, code: 20429}},
		"an error": {map[string]answer{
			theirs: listPage("messages", "null", text(1), text(2)), delete(1): says(500, 20500),
		}, want{asked: []string{theirs, delete(1)}, left: true, outcome: twilio.Unknown, code: 20500}},
		"a token that is wrong": {map[string]answer{ours: says(401, 20003)}, want{asked: []string{ours}, left: true, outcome: twilio.Later, code: 20003}},
		"a SID that is none": {map[string]answer{
			theirs: listPage("messages", "null", recordOf("", hers, ourNumber, old, ""), recordOf("SM1/../..", hers, ourNumber, old, "")),
		}, want{asked: []string{theirs}, left: true, outcome: twilio.Refused}},
		"media first": {map[string]answer{
			theirs: listPage("messages", "null", strings.Replace(text(1), `"0"`, `"2"`, 1)),
			"GET Messages/" + sid("SM", 1) + "/Media.json":                         listPage("media_list", "null", `{"sid": "`+sid("ME", 1)+`"}`, `{"sid": "`+sid("ME", 2)+`"}`),
			"DELETE Messages/" + sid("SM", 1) + "/Media/" + sid("ME", 1) + ".json": gone,
			delete(1): gone,
		}, want{asked: []string{theirs, "GET Messages/" + sid("SM", 1) + "/Media.json",
			"DELETE Messages/" + sid("SM", 1) + "/Media/" + sid("ME", 1) + ".json", "DELETE Messages/" + sid("SM", 1) + "/Media/" + sid("ME", 2) + ".json", delete(1)}, left: true}},
		"media of a text that is gone": {map[string]answer{
			theirs: listPage("messages", "null", strings.Replace(text(1), `"0"`, `"2"`, 1)),
			"GET Messages/" + sid("SM", 1) + "/Media.json": says(404, 20404),
		}, want{asked: []string{theirs, "GET Messages/" + sid("SM", 1) + "/Media.json", delete(1)}}},
		"legs first, and only its own": {map[string]answer{
			called:                                   listPage("calls", "null", recordOf(sid("CA", 1), hers, ourNumber, old, "")),
			legsOf(1):                                listPage("calls", "null", leg(2, 1), leg(3, 9)),
			"DELETE Calls/" + sid("CA", 2) + ".json": gone, "DELETE Calls/" + sid("CA", 1) + ".json": gone,
		}, want{asked: []string{called, legsOf(1), "DELETE Calls/" + sid("CA", 2) + ".json", "DELETE Calls/" + sid("CA", 1) + ".json"}, left: true}},
		"a call stays for its leg": {map[string]answer{
			called:                                   listPage("calls", "null", recordOf(sid("CA", 1), hers, ourNumber, old, "")),
			legsOf(1):                                listPage("calls", "null", leg(2, 1)),
			"DELETE Calls/" + sid("CA", 2) + ".json": says(409, 20009),
		}, want{asked: []string{called, legsOf(1), "DELETE Calls/" + sid("CA", 2) + ".json"}, left: true, outcome: twilio.Later, code: 20009}},
		"a page in place of 204": {map[string]answer{
			theirs: listPage("messages", "null", text(1)), delete(1): {200, "{}"},
		}, want{asked: []string{theirs, delete(1)}, left: true}},
		"a proxy's 404": {map[string]answer{
			theirs: listPage("messages", "null", text(1)), delete(1): {404, "<html>"},
		}, want{asked: []string{theirs, delete(1)}, left: true, outcome: twilio.Refused}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, asked := book(t, test.pages)
			left, err := c.EraseBetween(t.Context(), seed.AccountSID, ourNumber, hers, at, 100)
			got := want{asked: asked(), left: left}
			var failed *twilio.Error
			if errors.As(err, &failed) {
				got.outcome, got.code = failed.Outcome, failed.Code
				if strings.Contains(err.Error(), hers) {
					t.Errorf("the error has a number: %v", err)
				}
			}
			slices.Sort(got.asked) // the ways are asked one after the other, in either order
			wanted := test.want
			wanted.asked = slices.Sorted(slices.Values(test.want.asked))
			if !reflect.DeepEqual(got, wanted) {
				t.Errorf("%+v, %v; want %+v", got, err, wanted)
			}
			// What belongs to something goes before it.
			mine := asked()
			for i, q := range mine {
				if sid, ok := strings.CutPrefix(q, "DELETE Messages/"); ok && strings.Count(sid, "/") > 0 && slices.Index(mine, "DELETE Messages/"+sid[:34]+".json") < i {
					t.Errorf("the text went before its medium: %q", mine)
				}
			}
			if parent := slices.Index(mine, "DELETE Calls/"+sid("CA", 1)+".json"); parent >= 0 && slices.Index(mine, "DELETE Calls/"+sid("CA", 2)+".json") > parent {
				t.Errorf("the call went before its leg: %q", mine)
			}
		})
	}
}

// Without two numbers nothing is asked, let alone deleted.
func TestEraseBetweenWhom(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"", hers}, {ourNumber, ""}, {ourNumber, ourNumber}, {"2125550100", hers}, {"+1*", hers}} {
		c, calls := answers(t, answer{200, `{}`})
		left, err := c.EraseBetween(t.Context(), seed.AccountSID, pair[0], pair[1], at, 100)
		var failed *twilio.Error
		if !left || !errors.As(err, &failed) || failed.Outcome != twilio.Refused || len(calls()) != 0 {
			t.Errorf("%q: %t, %v, %d calls", pair, left, err, len(calls()))
		}
	}
	c, calls := answers(t, answer{200, `{}`})
	left, err := c.EraseBetween(t.Context(), "AC00000000000000000000000000000000", ourNumber, hers, at, 100)
	var failed *twilio.Error
	if !left || !errors.As(err, &failed) || failed.Outcome != twilio.Later || len(calls()) != 0 {
		t.Errorf("an account without a token: %t, %v", left, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if left, err := c.EraseBetween(ctx, seed.AccountSID, ourNumber, hers, at, 100); !left || !errors.Is(err, context.Canceled) {
		t.Errorf("when the time is up: %t, %v", left, err)
	}
}
