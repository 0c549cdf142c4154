package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/webhook"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

func TestEvents(t *testing.T) { scenario.Golden(t, "call-forward", start) }

func start(t testing.TB, db *scenario.Table) scenario.Handler {
	f := function{scenario.Log(t), db.Now, seed.PublicBaseURL, db.Open()}
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

// missed are the missed calls in the American's thread with New York, and how much
// is unread there.
func missed(t *testing.T, db *scenario.Table) (calls int, unread string) {
	t.Helper()
	items := db.Items(t)
	for key, i := range items {
		if strings.HasPrefix(key, "THREAD#acme#new-york#") && i["kind"] == "missed_call" {
			calls++
		}
	}
	return calls, fmt.Sprint(items["CUSTOMER#acme#3zgi4jk25cjrrqxwowpgs4krve / STORE#new-york"]["unread"])
}

func TestLandline(t *testing.T) {
	number := seed.Shops[0].Number.E164
	for _, tt := range []struct{ name, forwardTo, want string }{
		{"a changed one rings at the next call", "+12125550177", "<Number>+12125550177</Number>"},
		{"there is none", "", "<Say "},
		{"it is the number itself", number, "<Say "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db, handle := given(t, "seed")
			r := scenario.Event(t, "call-forward/call")
			if res := deliver(t, handle, r); !strings.Contains(res.Body, "<Number>+12125550190</Number>") {
				t.Fatalf("answered %s", res.Body)
			}
			db.Patch(t, "NUMBER#"+number, "NUMBER", map[string]any{"forwardTo": tt.forwardTo})
			if res := deliver(t, handle, r); res.StatusCode != http.StatusOK || !strings.Contains(res.Body, tt.want) {
				t.Errorf("answered %d %s", res.StatusCode, res.Body)
			}
		})
	}
}

func TestStoreNotEnabledYet(t *testing.T) {
	t.Parallel()
	db, handle := given(t, "seed")
	db.Patch(t, "NUMBER#"+seed.Shops[0].Number.E164, "NUMBER", map[string]any{"enabled": false})
	if res := deliver(t, handle, scenario.Event(t, "call-forward/call")); !strings.Contains(res.Body, "<Dial ") {
		t.Errorf("answered %s", res.Body)
	}
}

func TestDialStatus(t *testing.T) {
	for status, wasMissed := range map[string]bool{
		"completed": false, "answered": false,
		"busy": true, "no-answer": true, "failed": true, "canceled": true, "a-word-of-tomorrow": true,
	} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			db, handle := given(t, "seed", "conversation")
			r := scenario.Webhook(t, "call-forward/after-no-answer", map[string]string{"DialCallStatus": status})
			res := deliver(t, handle, r)
			if strings.Contains(res.Body, "<Say ") != wasMissed || !strings.Contains(res.Body, "<Hangup/>") {
				t.Errorf("answered %s", res.Body)
			}
			if calls, _ := missed(t, db); (calls == 1) != wasMissed {
				t.Errorf("%d missed calls were noted", calls)
			}
		})
	}
}

func TestSameMissedCallTenTimesAtOnce(t *testing.T) {
	t.Parallel()
	db, handle := given(t, "seed", "conversation")
	answers := make([]scenario.Response, 10)
	var running errgroup.Group
	for i := range answers {
		r := scenario.Event(t, "call-forward/after-no-answer")
		running.Go(func() (err error) {
			answers[i], err = handle(t.Context(), r)
			return err
		})
	}
	if err := running.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, got := range answers {
		if got.StatusCode != http.StatusOK || !reflect.DeepEqual(got, answers[0]) {
			t.Errorf("answered %+v", got)
		}
	}
	if calls, unread := missed(t, db); calls != 1 || unread != "2" {
		t.Errorf("%d missed calls, %s unread", calls, unread)
	}
}

// The process ends at any call, or storage does not answer; Twilio asks again.
func TestFaults(t *testing.T) {
	for name, fault := range map[string]scenario.Fault{
		"unsent": scenario.Unsent, "unanswered": scenario.Unanswered, "conflict": scenario.Canceled("None", "None", "TransactionConflict"),
	} {
		for _, event := range []string{"call", "after-no-answer"} {
			for call := 1; call <= 2; call++ {
				t.Run(fmt.Sprintf("%s call %d/%s", name, call, event), func(t *testing.T) {
					t.Parallel()
					db, handle := given(t, "seed", "conversation")
					r := scenario.Event(t, "call-forward/"+event)
					ctx, kill := context.WithCancel(t.Context())
					defer kill()
					db.Break(scenario.Then(fault, kill), call)
					res, err := handle(ctx, r)
					if want := http.StatusServiceUnavailable; err != nil || res.StatusCode != want && (event != "call" || call == 1) {
						t.Errorf("answered %d, %v; want %d", res.StatusCode, err, want)
					}
					db.Mend()
					if res := deliver(t, handle, r); res.StatusCode != http.StatusOK {
						t.Errorf("the retry was answered %d %s", res.StatusCode, res.Body)
					}
					want := 0
					if event == "after-no-answer" {
						want = 1
					}
					if calls, unread := missed(t, db); calls != want || unread != fmt.Sprint(1+want) {
						t.Errorf("%d missed calls, %s unread; want %d more", calls, unread, want)
					}
				})
			}
		}
	}
}

func TestRefused(t *testing.T) {
	large := map[string]string{"Padding": strings.Repeat("a", 64<<10)}
	for _, route := range []string{"call", "after-no-answer"} {
		for _, tt := range []struct {
			name       string
			parameters map[string]string
			status     int
			calls      int
		}{
			{"too large", large, http.StatusRequestEntityTooLarge, 0},
			{"no CallSid", map[string]string{"CallSid": ""}, http.StatusBadRequest, 0},
			{"no To", map[string]string{"To": ""}, http.StatusBadRequest, 0},
			{"another account of ours", map[string]string{"AccountSid": scenario.OtherAccountSID}, http.StatusForbidden, 1},
		} {
			t.Run(route+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				db, handle := given(t, "seed", "conversation")
				before := db.Items(t)
				var res scenario.Response
				cost := db.Measure(func() { res = deliver(t, handle, scenario.Webhook(t, "call-forward/"+route, tt.parameters)) })
				if res.StatusCode != tt.status || len(cost.Calls) != tt.calls {
					t.Errorf("answered %d after %v, want %d after %d calls", res.StatusCode, cost.Calls, tt.status, tt.calls)
				}
				if d := db.Items(t).Since(before); len(d.Added)+len(d.Changed) > 0 {
					t.Errorf("it had an effect: %+v", d)
				}
			})
		}
	}
}
