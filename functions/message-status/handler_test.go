package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/webhook"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

func TestEvents(t *testing.T) { scenario.Golden(t, "message-status", start) }

func start(t testing.TB, db *scenario.Table) scenario.Handler {
	f := function{scenario.Log(t), db.Now, db.Open()}
	return webhook.Serve(webhook.NewVerifier(seed.PublicBaseURL, scenario.Accounts(t)), f.log, f.routes())
}

// status is a callback about the last text that was given.
func status(t *testing.T, db *scenario.Table, sid, word string) scenario.Request {
	t.Helper()
	o := db.Written(t)
	r := scenario.Event(t, "message-status/delivered")
	r.RawQueryString = url.Values{"r": {o.Key.Retailer}, "s": {o.Key.Store}, "c": {o.Key.Customer}, "m": {o.Key.Message}}.Encode()
	form, err := scenario.Form(r)
	if err != nil {
		t.Fatal(err)
	}
	form.Set("MessageSid", sid)
	form.Set("MessageStatus", word)
	r.Body = base64.StdEncoding.EncodeToString([]byte(form.Encode()))
	r.Headers["x-twilio-signature"] = scenario.Signature(r, form)
	return r
}

func take(t *testing.T, handle scenario.Handler, r scenario.Request) {
	t.Helper()
	res, err := handle(t.Context(), r)
	if err != nil || res.StatusCode != http.StatusOK || res.Body != string(webhook.Nothing) {
		t.Errorf("answered %d %s, %v", res.StatusCode, res.Body, err)
	}
}

const sid = "SM7e1a5b3c9d2f4068a1b2c3d4e5f60718"

// Callbacks in any order, each twice, before anybody recorded the SID: the text ends
// as Twilio's last word has it, and a request counts once.
func TestAnyOrder(t *testing.T) {
	words := []string{"queued", "sent", "delivered"}
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			t.Parallel()
			db := scenario.NewTable(t)
			db.Give(t, "seed", "request", "claimed")
			handle := start(t, db)
			rank := 0
			for _, n := range order {
				for range 2 {
					take(t, handle, status(t, db, sid, words[n]))
				}
				if rank = max(rank, n); rank > 0 && db.Written(t).Text.Status != words[rank] {
					t.Errorf("after %s the text is %s", words[n], db.Written(t).Text.Status)
				}
			}
			expectAsked(t, db, 1)
		})
	}
}

func expectAsked(t *testing.T, db *scenario.Table, times int) {
	t.Helper()
	o := db.Written(t)
	c, err := db.Open().Conversation(t.Context(), "acme", "new-york", o.Key.Customer)
	if err != nil || c.Requests.Count != times || c.Requests.Pending != "" || o.Text.SID != sid {
		t.Errorf("conversation %+v, %v; text %+v", c, err, o)
	}
	lines := 0
	for key := range db.Items(t) {
		if strings.Contains(key, " / CONSENT#") {
			lines++
		}
	}
	if lines != 1 {
		t.Errorf("the ledger has %d lines", lines)
	}
}

// Ten callbacks at once, while the worker still waits for Twilio's answer.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	db.Give(t, "seed", "request", "claimed")
	handle := start(t, db)
	var running errgroup.Group
	for n := range 10 {
		r := status(t, db, sid, []string{"queued", "sent", "delivered"}[n%3])
		running.Go(func() error {
			for range 20 { // Twilio delivers again what we could not take
				if res, err := handle(t.Context(), r); err != nil || res.StatusCode == http.StatusOK {
					return err
				}
			}
			return errors.New("never taken")
		})
	}
	if err := running.Wait(); err != nil {
		t.Error(err)
	}
	if o := db.Written(t); o.Text.Status != "delivered" {
		t.Errorf("text %+v", o)
	}
	expectAsked(t, db, 1)
}

// The wire breaks at any call: Twilio's next delivery completes it.
func TestFaults(t *testing.T) {
	for name, fault := range map[string]scenario.Fault{"unsent": scenario.Unsent, "unanswered": scenario.Unanswered} {
		for call := 1; call <= 4; call++ {
			t.Run(fmt.Sprintf("%s from call %d", name, call), func(t *testing.T) {
				t.Parallel()
				db := scenario.NewTable(t)
				db.Give(t, "seed", "request", "claimed")
				handle := start(t, db)
				r := status(t, db, sid, "undelivered")
				db.Break(fault, call, call+1, call+2) // the SDK tries three times
				res, err := handle(t.Context(), r)
				if err != nil || res.StatusCode != http.StatusServiceUnavailable && res.StatusCode != http.StatusOK {
					t.Errorf("answered %d, %v", res.StatusCode, err)
				}
				db.Mend()
				take(t, handle, r)
				if o := db.Written(t); o.Text.Status != "undelivered" {
					t.Errorf("text %+v", o)
				}
				expectAsked(t, db, 0)
			})
		}
	}
}
