package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/apigw"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

func TestEvents(t *testing.T) { scenario.Golden(t, "conversations", start) }

func start(t testing.TB, db *scenario.Table) scenario.Handler {
	// Until an event sets the clock, it is noon in New York: no quiet hours anywhere.
	db.Set(time.Date(2026, 11, 19, 17, 0, 0, 0, time.UTC))
	f := function{scenario.Log(t), db.Now, db.Open(), db.Jobs, filed{}}
	return apigw.New(apigw.Options{Scope: "clienteling:associate", Routes: f.routes(), Log: scenario.Log(t)})
}

// filed has every file under a link.
type filed struct{}

func (filed) Medium(_ context.Context, accountSID, mediaURL string) (twilio.Medium, error) {
	if !strings.Contains(mediaURL, "/Accounts/"+accountSID+"/") {
		return twilio.Medium{}, fmt.Errorf("%s is asked for %s", accountSID, mediaURL)
	}
	return twilio.Medium{Location: "https://media.example.com/" + path.Base(mediaURL) + "?expires=1795300000"}, nil
}

// get is the request of an event file with another query.
func get(t *testing.T, name string, query url.Values) scenario.Request {
	t.Helper()
	r := scenario.Event(t, "conversations/"+name)
	r.RawQueryString = query.Encode()
	return r
}

// read answers a request with 200 and decodes the answer.
func read[T any](t *testing.T, handle scenario.Handler, r scenario.Request) T {
	t.Helper()
	res, err := handle(t.Context(), r)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("answered %d %s, %v", res.StatusCode, res.Body, err)
	}
	var v T
	if err := json.Unmarshal([]byte(res.Body), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// refused answers a request with a problem and returns its status and code.
func refused(t *testing.T, handle scenario.Handler, r scenario.Request) (int, string) {
	t.Helper()
	res, err := handle(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	var p apigw.Problem
	if err := json.Unmarshal([]byte(res.Body), &p); err != nil || res.Headers["content-type"] != "application/problem+json" {
		t.Fatalf("answered %d %s, which is no problem: %v", res.StatusCode, res.Body, err)
	}
	return res.StatusCode, p.Code
}

// all reads a list page by page. between runs after each page but the last, with
// what was found so far.
func all[T any](t *testing.T, handle scenario.Handler, name string, query url.Values, between func([]T)) []T {
	t.Helper()
	var found []T
	for range 100 {
		p := read[apigw.Page[T]](t, handle, get(t, name, query))
		if p.Cursor != "" && fmt.Sprint(len(p.Items)) != query.Get("limit") {
			t.Errorf("a page of %d that is not the last, with %v", len(p.Items), query)
		}
		found = append(found, p.Items...)
		if p.Cursor == "" {
			return found
		}
		query.Set("cursor", p.Cursor)
		if between != nil {
			between(found)
		}
	}
	t.Fatal("the list does not end")
	return nil
}

// hear has New York receive a text.
func hear(t *testing.T, db *scenario.Table, from string, n int, at time.Time) {
	t.Helper()
	to := db.Open()
	number, err := to.Number(t.Context(), seed.Shops[0].Number.E164)
	if err != nil {
		t.Fatal(err)
	}
	in := table.InboundText{SID: fmt.Sprintf("SM%s-%d", from, n), From: from, To: number.E164, Body: fmt.Sprint("text ", n), At: at}
	if err := to.ReceiveText(t.Context(), number, in, consent.Change{}, table.Found{}); err != nil {
		t.Fatal(err)
	}
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// busy is a store with 30 conversations, three in each second: 0, 1, 2 the oldest.
func busy(t *testing.T) (*scenario.Table, scenario.Handler) {
	t.Helper()
	db := scenario.NewTable(t)
	db.Give(t, "seed")
	for n := range 30 {
		hear(t, db, phoneOf(n), 0, noon.Add(time.Duration(n/3)*time.Second))
	}
	return db, start(t, db)
}

func phoneOf(n int) string { return fmt.Sprintf("+121255501%02d", n) }

func phones(found []conversation) []string {
	all := make([]string, len(found))
	for n, c := range found {
		all[n] = c.Customer.Phone
	}
	return all
}

func TestPagesOfInbox(t *testing.T) {
	t.Parallel()
	_, handle := busy(t)
	whole := all[conversation](t, handle, "inbox", url.Values{"limit": {"100"}}, nil)
	if len(whole) != 30 {
		t.Fatalf("%d conversations, want 30", len(whole))
	}
	newestFirst := func(a, b conversation) int { return strings.Compare(b.LastActivityAt, a.LastActivityAt) }
	if !slices.IsSortedFunc(whole, newestFirst) {
		t.Error("the inbox is not in order, newest first")
	}
	waiting := all[conversation](t, handle, "inbox", url.Values{"limit": {"100"}, "unread": {"true"}}, nil)
	slices.Reverse(waiting)
	if !slices.Equal(phones(waiting), phones(whole)) {
		t.Error("the unread ones are not those of the inbox, longest waiting first")
	}
	for _, limit := range []string{"1", "7", "10", "29", "30"} {
		if got := all[conversation](t, handle, "inbox", url.Values{"limit": {limit}}, nil); !slices.Equal(phones(got), phones(whole)) {
			t.Errorf("limit %s: %v", limit, phones(got))
		}
		got := all[conversation](t, handle, "inbox", url.Values{"limit": {limit}, "unread": {"true"}}, nil)
		slices.Reverse(got)
		if !slices.Equal(phones(got), phones(whole)) {
			t.Errorf("unread, limit %s: %v", limit, phones(got))
		}
	}
	if p := read[apigw.Page[conversation]](t, handle, get(t, "inbox", nil)); len(p.Items) != apigw.DefaultLimit || p.Cursor == "" {
		t.Errorf("%d conversations without a limit", len(p.Items))
	}
}

// Conversations move to the front while somebody pages: no other is lost.
func TestStaleCursor(t *testing.T) {
	t.Parallel()
	db, handle := busy(t)
	moved := []string{phoneOf(0), phoneOf(1)}
	got := phones(all(t, handle, "inbox", url.Values{"limit": {"5"}}, func(found []conversation) {
		// First two that are still to come, then the very one the cursor stands at.
		from := found[len(found)-1].Customer.Phone
		if len(found) <= 10 {
			from = moved[len(found)/5-1]
		}
		hear(t, db, from, len(found), noon.Add(time.Hour))
	}))
	for n := range 30 {
		times := 0
		for _, p := range got {
			if p == phoneOf(n) {
				times++
			}
		}
		if lost := times == 0 && !slices.Contains(moved, phoneOf(n)); lost || times > 1 {
			t.Errorf("%s came %d times", phoneOf(n), times)
		}
	}
	if len(got) != 28 {
		t.Errorf("%d conversations, want all but the two that moved away in time", len(got))
	}
}

func TestPagesOfThread(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	db.Give(t, "seed")
	handle := start(t, db)
	for n := range 60 {
		hear(t, db, scenario.American, n, noon.Add(time.Duration(n/4)*time.Millisecond))
	}
	texts := 60
	for _, limit := range []string{"100", "60", "59", "13", "1"} {
		before := texts
		got := all(t, handle, "thread", url.Values{"limit": {limit}}, func([]message) {
			// What comes meanwhile is newer than every cursor: it changes nothing.
			hear(t, db, scenario.American, texts, noon.Add(time.Hour))
			texts++
		})
		if len(got) != before {
			t.Fatalf("limit %s: %d texts, want %d", limit, len(got), before)
		}
		for n, m := range got {
			if want := fmt.Sprint("text ", before-1-n); *m.Text != want {
				t.Errorf("limit %s: entry %d is %q, want %q", limit, n, *m.Text, want)
			}
		}
	}
}

func TestCursorOfAnotherList(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	db.Give(t, "seed", "inbox")
	handle := start(t, db)
	cursors := map[string]string{}
	for name, query := range map[string]url.Values{"inbox": {"limit": {"1"}}, "inbox-unread": {"limit": {"1"}, "unread": {"true"}}, "thread": {"limit": {"1"}}} {
		cursors[name] = read[apigw.Page[json.RawMessage]](t, handle, get(t, name, query)).Cursor
	}
	cursors["a moment that is none"] = apigw.EncodeCursor("inbox/acme/new-york", "yesterday#3zgi4jk25cjrrqxwowpgs4krve")
	cursors["a customer that is none"] = apigw.EncodeCursor("inbox/acme/new-york", "2026-11-20T09:05:00.000Z#+12125550123")
	cursors["an id that is none"] = apigw.EncodeCursor("thread/acme/new-york/3zgi4jk25cjrrqxwowpgs4krve", "zzzz")
	cursors["nonsense"] = "nonsense"
	cursors["empty"] = ""
	for _, list := range []string{"inbox", "inbox-unread", "thread", "thread-with-picture"} {
		for from, cursor := range cursors {
			if list == from {
				continue
			}
			query := url.Values{"cursor": {cursor}}
			if list == "inbox-unread" {
				query.Set("unread", "true")
			}
			if status, code := refused(t, handle, get(t, list, query)); status != http.StatusBadRequest || code != "invalid_cursor" {
				t.Errorf("%s with the cursor of %s: %d %s", list, from, status, code)
			}
		}
	}
}

func TestBadParameters(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	db.Give(t, "seed", "inbox")
	handle := start(t, db)
	for _, query := range []string{"limit=0", "limit=101", "limit=-1", "limit=ten", "limit=1.5", "limit=", "limit=1&limit=2", "unread=yes", "unread=", "cursor=a&cursor=b", "limit=%zz"} {
		r := scenario.Event(t, "conversations/inbox")
		r.RawQueryString = query
		cost := db.Measure(func() {
			if status, code := refused(t, handle, r); status != http.StatusBadRequest {
				t.Errorf("%s: %d %s", query, status, code)
			}
		})
		if len(cost.Calls) > 0 {
			t.Errorf("%s: %v", query, cost.Calls)
		}
	}
	r := scenario.Event(t, "conversations/inbox")
	r.RawQueryString = "limit=100&parameter=of+somebody"
	read[apigw.Page[conversation]](t, handle, r)
}

func TestLargeBody(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	handle := start(t, db)
	for _, encoded := range []bool{false, true} {
		r := scenario.Event(t, "conversations/inbox")
		r.Body, r.IsBase64Encoded = strings.Repeat("a", 1<<20), encoded
		if encoded {
			r.Body = base64.StdEncoding.EncodeToString([]byte(r.Body))
		}
		cost := db.Measure(func() {
			if status, code := refused(t, handle, r); status != http.StatusRequestEntityTooLarge || code != "body_too_large" {
				t.Errorf("%d %s", status, code)
			}
		})
		if len(cost.Calls) > 0 {
			t.Errorf("it asked for %v", cost.Calls)
		}
	}
}

// No token of another retailer, nor of another store, sees anything of this one.
func TestForeigners(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	db.Give(t, "seed", "inbox")
	handle := start(t, db)
	before := db.Items(t)
	for _, who := range []map[string]string{
		{"retailer": "rival", "stores": "*"},
		{"retailer": "rival", "stores": "new-york"},
		{"stores": "london"},
		{"stores": ""},
		{"stores": "new-yor new-york2 New-York"},
	} {
		for _, event := range []string{"inbox", "inbox-unread", "changes-first", "conversation", "thread", "start", "send", "ask", "read", "claim", "claim-force"} {
			r := scenario.Event(t, "conversations/"+event)
			for claim, value := range who {
				r.RequestContext.Authorizer.JWT.Claims[claim] = value
			}
			if who["retailer"] != "" && (strings.HasPrefix(event, "inbox") || event == "changes-first") {
				// The rival may well have a store of that name, without conversations.
				if p := read[apigw.Page[conversation]](t, handle, r); len(p.Items) > 0 {
					t.Errorf("%v sees %+v", who, p.Items)
				}
				continue
			}
			if status, code := refused(t, handle, r); status != http.StatusNotFound || code != "not_found" {
				t.Errorf("%v, %s: %d %s", who, event, status, code)
			}
		}
	}
	if d := db.Items(t).Since(before); len(d.Added)+len(d.Changed)+len(d.Removed)+len(db.Jobs.Left()) > 0 {
		t.Errorf("they had an effect: %+v", d)
	}
}

// Ids that are no keys of a conversation reach nothing else in its partition.
func TestMalformedIDs(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	db.Give(t, "seed", "inbox")
	handle := start(t, db)
	for _, id := range []string{"", "*", "3zgi4jk25cjrrqxwowpgs4krv", "3ZGI4JK25CJRRQXWOWPGS4KRVE", "3zgi4jk25cjrrqxwowpgs4krve/", "a#STORE#new-york", strings.Repeat("a", 3000), "\x00", "+12125550123"} {
		for _, event := range []string{"conversation", "thread", "send", "ask", "read", "claim"} {
			r := scenario.Event(t, "conversations/"+event)
			r.PathParameters["conversationId"] = id
			cost := db.Measure(func() {
				if status, _ := refused(t, handle, r); status != http.StatusNotFound {
					t.Errorf("%s %q: %d", event, id, status)
				}
			})
			if len(cost.Calls) > 0 {
				t.Errorf("%s %q: it asked for %v", event, id, cost.Calls)
			}
		}
	}
	for _, id := range []string{"", "new-york#", "new-york#3zgi4jk25cjrrqxwowpgs4krve", "a/b", strings.Repeat("s", 65)} {
		r := scenario.Event(t, "conversations/inbox")
		r.RequestContext.Authorizer.JWT.Claims["stores"] = "*"
		r.PathParameters["storeId"] = id
		if status, _ := refused(t, handle, r); status != http.StatusNotFound {
			t.Errorf("store %q: %d", id, status)
		}
	}
}

func TestStorageDown(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	db.Give(t, "seed", "inbox")
	handle := start(t, db)
	for _, event := range []string{"inbox", "inbox-unread", "changes", "conversation", "thread", "stores", "stores-all", "read", "claim", "start", "ask", "send"} {
		db.Break(scenario.Unsent)
		if status, code := refused(t, handle, scenario.Event(t, "conversations/"+event)); status != http.StatusServiceUnavailable || code != "storage_unavailable" {
			t.Errorf("%s: %d %s", event, status, code)
		}
		db.Mend()
		if event == "start" || event == "ask" || event == "send" {
			continue // see TestSendFaults
		}
		db.Break(scenario.Unanswered, 1)
		read[map[string]any](t, handle, scenario.Event(t, "conversations/"+event))
	}
}

// The answer comes before Lambda ends the function.
func TestTimeout(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	handle := start(t, db)
	db.Break(scenario.Held(nil))
	ctx, cancel := context.WithTimeout(t.Context(), 550*time.Millisecond) // 500 ms of them are kept for the answer
	defer cancel()
	res, err := handle(ctx, scenario.Event(t, "conversations/inbox"))
	if err != nil || res.StatusCode != http.StatusServiceUnavailable || ctx.Err() != nil {
		t.Errorf("answered %d %s, %v; %v", res.StatusCode, res.Body, err, ctx.Err())
	}
}
