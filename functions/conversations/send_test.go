package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"golang.org/x/sync/errgroup"

	"clienteling/infra/scenario"
)

// answers gives the event of a file to the function as often as asked, at once, and
// counts what it answers: "201", or "409 repeated".
func answers(t *testing.T, handle scenario.Handler, times int, request func(n int) scenario.Request) (counts map[string]int, bodies []string) {
	t.Helper()
	all := make([]scenario.Response, times)
	begin := make(chan struct{})
	var running errgroup.Group
	for n := range times {
		r := request(n)
		running.Go(func() (err error) {
			<-begin
			all[n], err = handle(t.Context(), r)
			return err
		})
	}
	close(begin)
	if err := running.Wait(); err != nil {
		t.Fatal(err)
	}
	counts = map[string]int{}
	for _, res := range all {
		var p struct{ Code string }
		if err := json.Unmarshal([]byte(res.Body), &p); err != nil {
			t.Fatal(err)
		}
		counts[strings.TrimSpace(fmt.Sprint(res.StatusCode, " ", p.Code))]++
		bodies = append(bodies, res.Body)
	}
	return counts, bodies
}

func given(t *testing.T, event string, setups ...string) (*scenario.Table, scenario.Handler, scenario.Request) {
	t.Helper()
	db := scenario.NewTable(t)
	db.Give(t, append([]string{"seed"}, setups...)...)
	r := scenario.Event(t, "conversations/"+event)
	handle := start(t, db)
	db.Set(scenario.Moment(r))
	return db, handle, r
}

// outbound counts the texts of a store in the table.
func outbound(t *testing.T, db *scenario.Table) int {
	t.Helper()
	n := 0
	for key, i := range db.Items(t) {
		if strings.HasPrefix(key, "THREAD#") && i["direction"] == "outbound" {
			n++
		}
	}
	return n
}

// The budget of writing: two calls one after the other, three where the answer is the
// conversation; a template is one more, or two for an opt-in message of the retailer's
// own, and a number in national format needs to know the store's country.
func TestBudget(t *testing.T) {
	for pattern, limit := range map[string]int{"send*": 2, "ask*": 4, "start*": 6, "read*": 2, "claim*": 2, "changes*": 1, "stores*": 1} {
		files, err := filepath.Glob("testdata/" + pattern + ".json")
		if err != nil || len(files) < 2 {
			t.Fatalf("%d golden files %s, %v", len(files), pattern, err)
		}
		for _, file := range files {
			limit := limit
			var of struct{ InARow int }
			readJSON(t, file, &of)
			if strings.Contains(file, "quick-reply") {
				limit = 3
			}
			if of.InARow > limit {
				t.Errorf("%s: %d calls in a row, the limit is %d", file, of.InARow, limit)
			}
		}
	}
}

func TestIdempotency(t *testing.T) {
	for event, setups := range map[string][]string{
		"send":  {"request", "taken", "yes"},
		"start": {},
		"ask":   {"conversation"},
	} {
		t.Run(event, func(t *testing.T) {
			t.Parallel()
			db, handle, r := given(t, event, setups...)
			r.Headers["idempotency-key"] = "the very same"
			before := outbound(t, db)
			counts, bodies := answers(t, handle, 10, func(int) scenario.Request { return r })
			if counts["201"] < 1 || counts["201"]+counts["409 repeated"] != 10 {
				t.Errorf("ten at once: %v", counts)
			}
			if n := outbound(t, db) - before; n != 1 || len(db.Jobs.Left()) != 1 {
				t.Errorf("%d texts and %d jobs", n, len(db.Jobs.Left()))
			}
			// Afterwards everybody gets the one answer there was.
			again, same := answers(t, handle, 10, func(int) scenario.Request { return r })
			if again["201"] != 10 {
				t.Errorf("again: %v", again)
			}
			for _, body := range bodies {
				if !strings.Contains(body, `"code"`) && body != same[0] {
					t.Errorf("answered %s, and then %s", body, same[0])
				}
			}

			// The key stands for that body, and no other.
			other := scenario.Event(t, "conversations/"+event)
			other.Headers["idempotency-key"] = "the very same"
			other.Headers["content-type"] = "application/json"
			other.Body = map[string]string{
				"send": `{"text": "Another."}`, "start": `{"phone": "+12125550123"}`, "ask": `{"introduction": "Another."}`,
			}[event]
			if status, code := refused(t, handle, other); status != http.StatusUnprocessableEntity || code != "idempotency_key_reused" {
				t.Errorf("another body: %d %s", status, code)
			}
			r.Headers["idempotency-key"] = strings.Repeat("k", 256)
			if status, code := refused(t, handle, r); status != http.StatusBadRequest || code != "idempotency_key_invalid" {
				t.Errorf("a long key: %d %s", status, code)
			}
			if n := outbound(t, db) - before; n != 1 {
				t.Errorf("%d texts", n)
			}
		})
	}
}

// A key is the caller's and the path's own, and is free again after a day.
func TestIdempotencyIsBound(t *testing.T) {
	t.Parallel()
	db, handle, r := given(t, "send", "request", "taken", "yes")
	texts := outbound(t, db)
	send := func(name string, more int, r scenario.Request) {
		t.Helper()
		if counts, _ := answers(t, handle, 1, func(int) scenario.Request { return r }); counts["201"] != 1 {
			t.Errorf("%s: %v", name, counts)
		}
		if texts += more; outbound(t, db) != texts {
			t.Errorf("%s: %d texts, want %d", name, outbound(t, db), texts)
		}
	}
	send("first", 1, r)
	send("again", 0, r)
	sam := scenario.Event(t, "conversations/send")
	sam.RequestContext.Authorizer.JWT.Claims["sub"] = "associate-2"
	send("another caller", 1, sam)
	bare := scenario.Event(t, "conversations/send")
	delete(bare.Headers, "idempotency-key")
	send("no key", 1, bare)
	send("no key again", 1, bare)
	db.Set(db.Now().Add(24*time.Hour - time.Second))
	send("just before a day has passed", 0, r)
	db.Set(db.Now().Add(2 * time.Second))
	send("a day later", 1, r)
}

func TestTenStartAtOnce(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "start")
	counts, _ := answers(t, handle, 10, func(n int) scenario.Request {
		r := scenario.Event(t, "conversations/start")
		r.Headers["idempotency-key"] = fmt.Sprint("key ", n)
		r.RequestContext.Authorizer.JWT.Claims["sub"] = fmt.Sprint("associate-", n)
		return r
	})
	if counts["201"] != 1 || counts["201"]+counts["200"]+counts["409 opt_in_pending"] != 10 {
		t.Errorf("ten at once: %v", counts)
	}
	if n := outbound(t, db); n != 1 {
		t.Errorf("%d texts", n)
	}
}

func TestTenClaimAtOnce(t *testing.T) {
	t.Parallel()
	_, handle, _ := given(t, "claim", "inbox")
	counts, bodies := answers(t, handle, 10, func(n int) scenario.Request {
		r := scenario.Event(t, "conversations/claim")
		r.RequestContext.Authorizer.JWT.Claims["sub"] = fmt.Sprint("associate-", n)
		r.RequestContext.Authorizer.JWT.Claims["name"] = fmt.Sprint("Robin ", n)
		return r
	})
	if counts["200"] != 1 || counts["409 assigned"] != 9 {
		t.Errorf("ten at once: %v", counts)
	}
	has := read[conversation](t, handle, scenario.Event(t, "conversations/conversation")).Assignee.Name
	for _, body := range bodies {
		if !strings.Contains(body, has) {
			t.Errorf("%s has it, and somebody was told %s", has, body)
		}
	}
}

// The queue is away: the text is accepted, due, and reconcile's.
func TestQueueAway(t *testing.T) {
	t.Parallel()
	db, handle, r := given(t, "send", "request", "taken", "yes")
	db.Jobs.Away(errors.New("away"))
	if counts, _ := answers(t, handle, 1, func(int) scenario.Request { return r }); counts["201"] != 1 {
		t.Errorf("%v", counts)
	}
	if due, err := db.Open().DueTexts(t.Context(), db.Now().Add(2*time.Minute), 10); err != nil || len(due) != 1+1 {
		t.Errorf("due %v, %v", due, err) // the request and the text
	}
}

// The rules of asking, as the API has them from the first text to the last.
func TestAsking(t *testing.T) {
	t.Parallel()
	db, handle, r := given(t, "ask", "conversation")
	at := db.Now()
	for _, step := range []struct {
		after time.Duration
		taken bool
		want  string
	}{
		{0, true, "201"},
		{time.Hour, false, "409 opt_in_too_soon"},
		{24*time.Hour - time.Second, false, "409 opt_in_too_soon"},
		{24 * time.Hour, false, "201"},
		{24*time.Hour + time.Second, true, "409 opt_in_pending"},
		{48*time.Hour - time.Second, false, "409 opt_in_too_soon"},
		{48 * time.Hour, true, "201"},
		{72 * time.Hour, false, "409 opt_in_exhausted"},
		{1000 * time.Hour, false, "409 opt_in_exhausted"},
	} {
		db.Set(at.Add(step.after))
		counts, _ := answers(t, handle, 1, func(int) scenario.Request { return r })
		if counts[step.want] != 1 {
			t.Errorf("after %v: %v, want %s", step.after, counts, step.want)
		}
		if step.taken {
			db.Give(t, "taken")
		}
	}
	if c := read[conversation](t, handle, scenario.Event(t, "conversations/conversation")); c.Requests != 3 || c.OptIn != "waiting" {
		t.Errorf("%+v", c)
	}
	db.Give(t, "stop")
	if status, code := refused(t, handle, r); status != http.StatusConflict || code != "opted_out" {
		t.Errorf("after an opt-out: %d %s", status, code)
	}
}

// Whatever writes needs a body that is one, and text that fits.
func TestBodies(t *testing.T) {
	t.Parallel()
	_, handle, _ := given(t, "send", "request", "taken", "yes")
	for _, tt := range []struct {
		event, body string
		status      int
		code        string
	}{
		{"send", `{"text": "` + strings.Repeat("é", 1600) + `"}`, 201, ""},
		{"send", `{"text": "` + strings.Repeat("é", 1601) + `"}`, 422, "text_too_long"},
		{"send", `{}`, 422, "text_missing"},
		{"send", `{"text": 1}`, 400, "wrong_type"},
		{"send", ``, 400, "body_missing"},
		{"send", `"text"`, 400, "invalid_json"},
		{"start", `{"phone": "+447700900123", "introduction": "` + strings.Repeat("a", 1600) + `"}`, 422, "text_too_long"},
		{"start", `{"phone": "+447700900123", "name": "` + strings.Repeat("ü", 101) + `"}`, 422, "name_too_long"},
		{"start", `{"phone": "+447700900123", "name": "` + strings.Repeat("ü", 100) + `"}`, 201, ""},
		{"start", `{"phone": ""}`, 422, "phone_invalid"},
		{"start", `{"name": "Ada"}`, 422, "phone_invalid"},
		{"claim", `{"force": "yes"}`, 400, "wrong_type"},
		{"claim", `{"by": "me"}`, 400, "unknown_field"},
		{"read", `{"messageId": 7}`, 400, "wrong_type"},
		{"ask", `{"text": "Hello"}`, 400, "unknown_field"},
	} {
		r := scenario.Event(t, "conversations/"+tt.event)
		delete(r.Headers, "idempotency-key")
		r.Headers["content-type"], r.Body = "application/json", tt.body
		want := strings.TrimSpace(fmt.Sprint(tt.status, " ", tt.code))
		if counts, bodies := answers(t, handle, 1, func(int) scenario.Request { return r }); counts[want] != 1 {
			t.Errorf("%s %.60s: %v, want %s", tt.event, tt.body, bodies, want)
		}
	}
}

// A token that does not say who it is claims nothing.
func TestClaimByNobody(t *testing.T) {
	t.Parallel()
	_, handle, r := given(t, "claim", "inbox")
	delete(r.RequestContext.Authorizer.JWT.Claims, "sub")
	if status, code := refused(t, handle, r); status != http.StatusForbidden {
		t.Errorf("%d %s", status, code)
	}
}

// The wire breaks at any call of a text: at most one text, and the same request again,
// with its Idempotency-Key, completes it.
func TestSendFaults(t *testing.T) {
	for name, fault := range map[string]scenario.Fault{"unsent": scenario.Unsent, "unanswered": scenario.Unanswered} {
		for call := 1; call <= 4; call++ { // the SDK tries three times
			t.Run(fmt.Sprintf("%s from call %d", name, call), func(t *testing.T) {
				t.Parallel()
				db, handle, r := given(t, "send", "request", "taken", "yes")
				before := outbound(t, db)
				var calls []int
				for n := call; n < call+3; n++ {
					calls = append(calls, n)
				}
				db.Break(fault, calls...)
				if _, err := handle(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				db.Mend()
				if counts, bodies := answers(t, handle, 1, func(int) scenario.Request { return r }); counts["201"] != 1 {
					t.Errorf("again: %v", bodies)
				}
				if n := outbound(t, db) - before; n != 1 {
					t.Errorf("%d texts", n)
				}
			})
		}
	}
}

// One associate sends as many opt-in requests a day as the limit says, however many at once.
func TestRequestsPerDay(t *testing.T) {
	t.Parallel()
	db, handle, start := given(t, "start")
	ask := func(n int) scenario.Request {
		r := start
		r.Headers = map[string]string{"content-type": "application/json"}
		r.Body = fmt.Sprintf(`{"phone":"+1212555%04d"}`, 1000+n)
		return r
	}
	counts, _ := answers(t, handle, scenario.RequestsPerDay+10, ask)
	if counts["201"] != scenario.RequestsPerDay || counts["429 opt_in_requests_used"] != 10 {
		t.Errorf("answered %v, want %d and then no more", counts, scenario.RequestsPerDay)
	}
	if n := outbound(t, db); n != scenario.RequestsPerDay {
		t.Errorf("%d requests are to be sent", n)
	}

	res, err := handle(t.Context(), ask(99))
	if err != nil || res.Headers["retry-after"] != fmt.Sprint(int(midnight(db.Now()).Sub(db.Now()).Seconds())) {
		t.Errorf("answered %v, %v: it does not say to wait until midnight", res.Headers, err)
	}
	another := ask(99)
	another.RequestContext.Authorizer = colleague(another)
	if status, code := status(t, handle, another); status != http.StatusCreated {
		t.Errorf("a colleague is answered %d %s", status, code)
	}
	db.Set(midnight(db.Now()).Add(15 * time.Hour))
	if status, code := status(t, handle, ask(98)); status != http.StatusCreated {
		t.Errorf("the next day is answered %d %s", status, code)
	}
}

func midnight(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour) }

// colleague is the authorizer of a request that somebody else sends.
func colleague(r scenario.Request) *events.APIGatewayV2HTTPRequestContextAuthorizerDescription {
	claims := maps.Clone(r.RequestContext.Authorizer.JWT.Claims)
	claims["sub"] = "associate-9"
	return &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: claims},
	}
}

// status gives a request to the function and returns how it was answered.
func status(t *testing.T, handle scenario.Handler, r scenario.Request) (int, string) {
	t.Helper()
	res, err := handle(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ Code string }
	_ = json.Unmarshal([]byte(res.Body), &p) // an answer without a body has no code either
	return res.StatusCode, p.Code
}

// Quiet hours are those of the store, to the second, and not of who is being answered.
func TestQuietHours(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		at    string // New York
		heard time.Duration
		want  int
	}{
		{"2026-11-21 07:59:59", 0, http.StatusConflict},
		{"2026-11-21 08:00:00", 0, http.StatusCreated},
		{"2026-11-21 20:59:59", 0, http.StatusCreated},
		{"2026-11-21 21:00:00", 0, http.StatusConflict},
		{"2026-11-21 23:00:00", 29 * time.Minute, http.StatusCreated},
		{"2026-11-21 23:00:00", 31 * time.Minute, http.StatusConflict},
		// The night in which the clocks go forward.
		{"2027-03-14 07:59:59", 0, http.StatusConflict},
		{"2027-03-14 08:00:00", 0, http.StatusCreated},
	} {
		t.Run(fmt.Sprint(tt.at, " heard ", tt.heard), func(t *testing.T) {
			t.Parallel()
			db, handle, r := given(t, "send", "request", "taken", "yes")
			newYork, err := time.LoadLocation("America/New_York")
			if err != nil {
				t.Fatal(err)
			}
			now, err := time.ParseInLocation(time.DateTime, tt.at, newYork)
			if err != nil {
				t.Fatal(err)
			}
			if tt.heard > 0 {
				hear(t, db, scenario.American, 1, now.Add(-tt.heard))
			}
			db.Set(now)
			got, code := status(t, handle, r)
			if got != tt.want || got == http.StatusConflict && code != "quiet_hours" {
				t.Errorf("answered %d %s", got, code)
			}
		})
	}
}
