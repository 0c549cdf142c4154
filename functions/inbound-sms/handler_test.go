package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/webhook"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

func TestEvents(t *testing.T) { scenario.Golden(t, "inbound-sms", start) }

func start(t testing.TB, db *scenario.Table) scenario.Handler {
	return startLogging(t, db, scenario.Log(t))
}

func startLogging(t testing.TB, db *scenario.Table, log *slog.Logger) scenario.Handler {
	f := function{log, db.Now, db.Open()}
	return webhook.Serve(webhook.NewVerifier(seed.PublicBaseURL, scenario.Accounts(t)), f.log, f.routes())
}

// given is the function on a table where these setups happened.
func given(t *testing.T, setups ...string) (*scenario.Table, scenario.Handler) {
	t.Helper()
	db := scenario.NewTable(t)
	db.Give(t, setups...)
	return db, start(t, db)
}

// deliver hands a webhook to the function, which never fails as a function.
func deliver(t *testing.T, handle scenario.Handler, r scenario.Request) scenario.Response {
	t.Helper()
	res, err := handle(t.Context(), r)
	if err != nil {
		t.Fatalf("the function failed: %v", err)
	}
	return res
}

// take delivers a webhook that has to be taken.
func take(t *testing.T, handle scenario.Handler, r scenario.Request) scenario.Response {
	t.Helper()
	res := deliver(t, handle, r)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("answered %d %s", res.StatusCode, res.Body)
	}
	return res
}

// The American's items; the hash is pinned by the table's own tests.
const (
	customer    = "CUSTOMER#acme#3zgi4jk25cjrrqxwowpgs4krve"
	newYork     = customer + " / STORE#new-york"
	london      = customer + " / STORE#london"
	suppression = customer + " / SUPPRESSION"
)

// count is how many items have a key that begins so.
func count(items scenario.Items, prefix string) int {
	n := 0
	for key := range items {
		if strings.HasPrefix(key, prefix) {
			n++
		}
	}
	return n
}

// expect compares attributes of an item, nil for absent ones.
func expect(t *testing.T, items scenario.Items, key string, attributes map[string]any) {
	t.Helper()
	for name, want := range attributes {
		if got := items[key][name]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s of %s is %v, want %v", name, key, got, want)
		}
	}
}

// What a text may cost: two calls one after the other, three when consent changes.
func TestBudget(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var of struct {
			Added  scenario.Items
			InARow int
		}
		if err := json.Unmarshal(text, &of); err != nil {
			t.Fatal(err)
		}
		limit := 2
		for key := range of.Added {
			if strings.Contains(key, " / CONSENT#") {
				limit = 3
			}
		}
		if of.InARow > limit {
			t.Errorf("%s: %d calls in a row, the limit is %d", file, of.InARow, limit)
		}
	}
}

func TestStopAtOneStoreRefusesAll(t *testing.T) {
	t.Parallel()
	db, handle := given(t, "seed", "conversation")
	// The customer had accepted New York; London never asked.
	db.Patch(t, customer, "STORE#new-york", map[string]any{"optIn": "accepted", "optInEpoch": 0})
	toLondon := func(sid, body string) scenario.Request {
		return scenario.Webhook(t, "inbound-sms/text", map[string]string{"MessageSid": sid, "To": seed.Shops[1].Number.E164, "Body": body})
	}
	take(t, handle, toLondon("SM1", "Stop"))
	items := db.Items(t)
	expect(t, items, suppression, map[string]any{"state": "open", "epoch": 1, "store": "london"})
	expect(t, items, london, map[string]any{"optIn": "none", "optInEpoch": 1, "optedOut": true})

	// A text is no START: it changes nothing, here or there.
	take(t, handle, scenario.Webhook(t, "inbound-sms/text", map[string]string{"MessageSid": "SM2", "Body": "Hello?"}))
	expect(t, db.Items(t), suppression, map[string]any{"state": "open", "epoch": 1})

	take(t, handle, toLondon("SM3", "START"))
	items = db.Items(t)
	expect(t, items, suppression, map[string]any{"state": "lifted", "epoch": 1})
	expect(t, items, london, map[string]any{"optIn": "accepted", "optInEpoch": 1, "optedOut": false})
	// What New York had is of an epoch that is over, so it counts no more.
	expect(t, items, newYork, map[string]any{"optInEpoch": 0})

	take(t, handle, toLondon("SM4", "stop"))
	items = db.Items(t)
	expect(t, items, suppression, map[string]any{"state": "open", "epoch": 2})
	if n := count(items, customer+" / CONSENT#"); n != 3 {
		t.Errorf("the ledger has %d lines, want 3", n)
	}
}

func TestReplyToRequest(t *testing.T) {
	for _, tt := range []struct {
		name, mode, body string
		lifted           bool // the request is older than an opt-out that was lifted since
		optIn            string
		effect           string // of the line in the ledger; "" for none
		inARow           int
	}{
		{name: "any reply accepts", mode: "any_reply", body: "Sure, that is fine", optIn: "accepted", effect: "accepted", inARow: 3},
		{name: "a picture accepts", mode: "any_reply", body: "", optIn: "accepted", effect: "accepted", inARow: 3},
		{name: "yes accepts", mode: "any_reply", body: "Yes!", optIn: "accepted", effect: "accepted", inARow: 3},
		{name: "no rejects", mode: "any_reply", body: "no", optIn: "rejected", effect: "rejected", inARow: 3},
		{name: "help is no reply", mode: "any_reply", body: "HELP", optIn: "waiting", inARow: 2},
		{name: "stop refuses", mode: "any_reply", body: "STOP", optIn: "none", effect: "opted_out", inARow: 3},
		{name: "yes accepts explicitly", mode: "explicit", body: "YES", optIn: "accepted", effect: "accepted", inARow: 3},
		{name: "no rejects explicitly", mode: "explicit", body: "No.", optIn: "rejected", effect: "rejected", inARow: 3},
		{name: "a reply is not explicit", mode: "explicit", body: "Sure, that is fine", optIn: "waiting", inARow: 2},
		{name: "stop refuses explicitly", mode: "explicit", body: "quit", optIn: "none", effect: "opted_out", inARow: 3},
		{name: "a reply to an old request", mode: "any_reply", body: "Sure", lifted: true, optIn: "waiting", inARow: 4},
		{name: "yes to an old request", mode: "any_reply", body: "yes", lifted: true, optIn: "accepted", effect: "accepted", inARow: 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db, handle := given(t, "seed", "conversation")
			db.Patch(t, "NUMBER#"+seed.Shops[0].Number.E164, "NUMBER", map[string]any{"optInMode": tt.mode})
			db.Patch(t, customer, "STORE#new-york", map[string]any{"optIn": "waiting", "optInEpoch": 0})
			epoch := 0
			if tt.lifted {
				epoch = 1
				db.Patch(t, customer, "SUPPRESSION", map[string]any{"state": "lifted", "epoch": epoch})
			}
			before := db.Items(t)
			r := scenario.Webhook(t, "inbound-sms/text", map[string]string{"Body": tt.body})
			var res scenario.Response
			cost := db.Measure(func() { res = take(t, handle, r) })
			if res.Body != string(webhook.Nothing) {
				t.Errorf("answered %s", res.Body)
			}
			if cost.InARow > tt.inARow {
				t.Errorf("%d calls in a row, want %d: %v", cost.InARow, tt.inARow, cost.Calls)
			}
			after := db.Items(t)
			if tt.effect == "opted_out" {
				epoch++
				expect(t, after, suppression, map[string]any{"state": "open", "epoch": epoch})
			}
			expect(t, after, newYork, map[string]any{"optIn": tt.optIn, "unread": 2})
			lines := 0
			for key, line := range after.Since(before).Added {
				if strings.HasPrefix(key, customer+" / CONSENT#") {
					lines++
					expect(t, after, key, map[string]any{"effect": tt.effect, "epoch": epoch, "reply": tt.body, "sid": line["sid"]})
					expect(t, after, newYork, map[string]any{"optInEpoch": epoch})
				}
			}
			if (lines == 1) != (tt.effect != "") || lines > 1 {
				t.Errorf("the ledger got %d lines", lines)
			}
		})
	}
}

func TestStoreNotEnabledYet(t *testing.T) {
	t.Parallel()
	db, handle := given(t, "seed")
	db.Patch(t, "NUMBER#"+seed.Shops[0].Number.E164, "NUMBER", map[string]any{"enabled": false})
	take(t, handle, scenario.Event(t, "inbound-sms/text"))
	take(t, handle, scenario.Event(t, "inbound-sms/stop"))
	items := db.Items(t)
	if n := count(items, "THREAD#acme#new-york#"); n != 2 {
		t.Errorf("%d texts were kept, want 2", n)
	}
	expect(t, items, suppression, map[string]any{"state": "open"})
}

func TestNumberWithoutStore(t *testing.T) {
	t.Parallel()
	db, handle := given(t, "seed")
	n := seed.Shops[0].Number
	n.E164 = "+12125550199"
	if err := db.Open().RecordNumber(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is kept already
		take(t, handle, scenario.Event(t, "inbound-sms/unknown-number"))
	}
	if n := count(db.Items(t), "UNROUTED#"); n != 1 {
		t.Errorf("%d texts are kept for the operator, want 1", n)
	}
}

func TestRefused(t *testing.T) {
	ofSize := func(size int) scenario.Request {
		probe := scenario.Webhook(t, "inbound-sms/text", map[string]string{"Padding": ""})
		form, err := scenario.Form(probe)
		if err != nil {
			t.Fatal(err)
		}
		return scenario.Webhook(t, "inbound-sms/text", map[string]string{"Padding": strings.Repeat("a", size-len(form.Encode()))})
	}
	notBase64 := scenario.Event(t, "inbound-sms/text")
	notBase64.Body = "?" + notBase64.Body[1:]
	otherPath := scenario.Event(t, "inbound-sms/text")
	otherPath.RouteKey = "POST /webhooks/twilio/text"
	queried := scenario.Event(t, "inbound-sms/text")
	queried.RawQueryString = "store=london"

	for _, tt := range []struct {
		name   string
		r      scenario.Request
		status int
		calls  int
	}{
		{"64 KiB are taken", ofSize(64 << 10), http.StatusOK, 2},
		{"one byte more is too large", ofSize(64<<10 + 1), http.StatusRequestEntityTooLarge, 0},
		{"not base64", notBase64, http.StatusBadRequest, 0},
		{"no MessageSid", scenario.Webhook(t, "inbound-sms/text", map[string]string{"MessageSid": ""}), http.StatusBadRequest, 0},
		{"no From", scenario.Webhook(t, "inbound-sms/text", map[string]string{"From": ""}), http.StatusBadRequest, 0},
		{"a query Twilio was not given", queried, http.StatusForbidden, 0},
		{"a route of nobody", otherPath, http.StatusNotFound, 0},
		{"another account of ours", scenario.Webhook(t, "inbound-sms/text", map[string]string{"AccountSid": scenario.OtherAccountSID}), http.StatusForbidden, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db, handle := given(t, "seed")
			before := db.Items(t)
			var res scenario.Response
			cost := db.Measure(func() { res = deliver(t, handle, tt.r) })
			if res.StatusCode != tt.status || len(cost.Calls) != tt.calls {
				t.Errorf("answered %d after %v, want %d after %d calls", res.StatusCode, cost.Calls, tt.status, tt.calls)
			}
			if d := db.Items(t).Since(before); tt.status != http.StatusOK && len(d.Added)+len(d.Changed) > 0 {
				t.Errorf("it had an effect: %+v", d)
			}
		})
	}
}

func TestLogHoldsNothingPersonal(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	db.Give(t, "seed", "conversation")
	var log bytes.Buffer
	handle := startLogging(t, db, slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	for _, name := range []string{"text", "text-repeated", "opt-out-two-words", "unknown-number", "forged", "foreign-account"} {
		deliver(t, handle, scenario.Event(t, "inbound-sms/"+name))
	}
	db.Break(scenario.Unsent)
	deliver(t, handle, scenario.Event(t, "inbound-sms/emoji"))
	for _, secret := range []string{scenario.American, "wool coat", "Opt out", "new number", "customers", "Love it", seed.AuthToken} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, log.String())
		}
	}
	for _, line := range []string{"text received", `"repeated":true`, "text to a number without a store", "webhook refused", clienteling.Mask(scenario.American)} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("the log lacks %q:\n%s", line, log.String())
		}
	}
}

// A text is being handed to Twilio: an opt-out is answered when that is over, and so
// is its repetition.
func TestStopAwaitsSend(t *testing.T) {
	t.Parallel()
	db, handle := given(t, "seed", "request", "taken", "yes", "text", "claimed")
	db.Set(db.Written(t).ClaimedAt)
	answered := make(chan int, 2)
	for range 2 {
		go func() {
			res, _ := handle(t.Context(), scenario.Event(t, "inbound-sms/stop"))
			answered <- res.StatusCode
		}()
	}
	for db.Items(t)[suppression]["state"] != "open" {
		time.Sleep(time.Millisecond)
	}
	select {
	case status := <-answered:
		t.Errorf("answered %d at once", status)
	case <-time.After(50 * time.Millisecond):
	}
	if err := db.Open().TextTaken(t.Context(), db.Written(t), "SM1", db.Now()); err != nil {
		t.Error(err)
	}
	for range 2 {
		if status := <-answered; status != http.StatusOK {
			t.Errorf("answered %d", status)
		}
	}
	expect(t, db.Items(t), suppression, map[string]any{"sending": nil, "epoch": 1})
}
