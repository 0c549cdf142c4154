package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/scenario"
)

// atOnce delivers webhooks at the same time and returns the answers.
func atOnce(t *testing.T, handle scenario.Handler, all []scenario.Request) []scenario.Response {
	t.Helper()
	answers := make([]scenario.Response, len(all))
	var running errgroup.Group
	begin := make(chan struct{})
	for i, r := range all {
		running.Go(func() (err error) {
			<-begin
			answers[i], err = handle(t.Context(), r)
			return err
		})
	}
	close(begin)
	if err := running.Wait(); err != nil {
		t.Fatal(err)
	}
	return answers
}

func TestSameTextTenTimesAtOnce(t *testing.T) {
	for _, tt := range []struct {
		event string
		lines int // in the ledger
	}{{"text", 0}, {"mms-ten", 0}, {"stop", 1}, {"opt-out-two-words", 1}} {
		t.Run(tt.event, func(t *testing.T) {
			t.Parallel()
			// What comes of it once, undisturbed.
			db, handle := given(t, "seed")
			want := take(t, handle, scenario.Event(t, "inbound-sms/"+tt.event))
			once := withoutIDs(db.Items(t))

			db, handle = given(t, "seed")
			all := make([]scenario.Request, 10)
			for i := range all {
				all[i] = scenario.Event(t, "inbound-sms/"+tt.event)
			}
			for _, got := range atOnce(t, handle, all) {
				if !reflect.DeepEqual(got, want) {
					t.Errorf("answered %+v, want %+v", got, want)
				}
			}
			items := db.Items(t)
			if got := withoutIDs(items); !reflect.DeepEqual(got, once) {
				t.Errorf("ten deliveries left\n%v\none left\n%v", got, once)
			}
			if got := count(items, customer+" / CONSENT#"); got != tt.lines {
				t.Errorf("the ledger has %d lines, want %d", got, tt.lines)
			}
		})
	}
}

// withoutIDs is items whose keys do not tell in which order things were tried.
func withoutIDs(items scenario.Items) map[string]map[string]any {
	out := map[string]map[string]any{}
	for key, i := range items {
		if at := strings.Index(key, "-7000-8000-"); at >= 0 {
			key = key[:at] + key[at+len("-7000-8000-000000000000"):]
		}
		i = maps.Clone(i)
		delete(i, "lastId")
		out[key] = i
	}
	return out
}

func TestTenStopsAtOnce(t *testing.T) {
	t.Parallel()
	db, handle := given(t, "seed")
	all := make([]scenario.Request, 10)
	for i := range all {
		all[i] = scenario.Webhook(t, "inbound-sms/opt-out-two-words", map[string]string{"MessageSid": fmt.Sprint("SM", i)})
	}
	confirmed := 0
	for _, got := range atOnce(t, handle, all) {
		if got.StatusCode != http.StatusOK {
			t.Errorf("answered %d %s", got.StatusCode, got.Body)
		}
		if strings.Contains(got.Body, "<Message>") {
			confirmed++
		}
	}
	if confirmed != 1 {
		t.Errorf("%d confirmations, want 1", confirmed)
	}
	items := db.Items(t)
	expect(t, items, suppression, map[string]any{"state": "open", "epoch": 1})
	expect(t, items, newYork, map[string]any{"optIn": "none", "optInEpoch": 1, "optedOut": true, "unread": 10})
	if n := count(items, customer+" / CONSENT#"); n != 1 {
		t.Errorf("the ledger has %d lines, want 1", n)
	}
	if n := count(items, "THREAD#"); n != 10 {
		t.Errorf("the thread has %d texts, want 10", n)
	}
}

// Whatever happens to the calls of a delivery, it leaves nothing half-written, and
// Twilio's retry then brings about exactly what the text does undisturbed.
func TestFaults(t *testing.T) {
	events := undisturbed(t, "text", "opt-out-two-words")
	conflict := scenario.Canceled("None", "TransactionConflict", "None")
	for _, tt := range []struct {
		name   string
		fault  scenario.Fault
		calls  []int // that it happens to, for the text and for the opt-out alike
		status int
	}{
		{"conflicts that end", conflict, []int{2, 3, 4}, http.StatusOK},
		{"conflicts that do not", conflict, nil, http.StatusServiceUnavailable},
		{"storage down", scenario.Unsent, nil, http.StatusServiceUnavailable},
		{"storage throttles", scenario.Refused(http.StatusBadRequest, "ThrottlingException"), nil, http.StatusServiceUnavailable},
		{"storage fails", scenario.Refused(http.StatusInternalServerError, "InternalServerError"), nil, http.StatusServiceUnavailable},
		{"storage forbids", scenario.Refused(http.StatusBadRequest, "AccessDeniedException"), nil, http.StatusServiceUnavailable},
		{"one lost call", scenario.Unsent, []int{1, 3}, http.StatusOK},
		{"one lost answer", scenario.Unanswered, []int{2}, http.StatusOK},
		{"every answer lost", scenario.Unanswered, nil, http.StatusServiceUnavailable},
		{"every answer of the transactions lost", scenario.Unanswered, []int{2, 3, 4, 5, 6, 7}, http.StatusServiceUnavailable},
		{"answers lost from the third call on", scenario.Unanswered, []int{3, 4, 5, 6, 7}, 0},
	} {
		for event, undisturbed := range events {
			t.Run(tt.name+"/"+event, func(t *testing.T) {
				t.Parallel()
				db, handle := given(t, "seed", "conversation")
				before := db.Items(t)
				r := scenario.Event(t, "inbound-sms/"+event)
				db.Break(tt.fault, tt.calls...)
				res := deliver(t, handle, r)
				db.Mend()
				if res.StatusCode != tt.status && tt.status != 0 {
					t.Errorf("answered %d %s, want %d", res.StatusCode, res.Body, tt.status)
				}
				after := db.Items(t)
				if d := after.Since(before); len(d.Added)+len(d.Changed) > 0 && !reflect.DeepEqual(withoutIDs(after), undisturbed.items) {
					t.Errorf("half of it was written: %+v", d)
				}
				if res.StatusCode == http.StatusOK && !reflect.DeepEqual(withoutIDs(after), undisturbed.items) {
					t.Error("taken, but not written")
				}

				undisturbed.retry(t, db, handle, r)
			})
		}
	}
}

// The process ends at any call, before or after it took effect; nothing runs on.
func TestKilled(t *testing.T) {
	events := undisturbed(t, "text", "opt-out-two-words")
	for name, fault := range map[string]scenario.Fault{"before": scenario.Unsent, "after": scenario.Unanswered} {
		for call := 1; call <= 3; call++ {
			for event, undisturbed := range events {
				t.Run(fmt.Sprintf("%s call %d/%s", name, call, event), func(t *testing.T) {
					t.Parallel()
					db, handle := given(t, "seed", "conversation")
					r := scenario.Event(t, "inbound-sms/"+event)

					ctx, kill := context.WithCancel(t.Context())
					defer kill()
					db.Break(scenario.Then(fault, kill), call)
					cost := db.Measure(func() { _, _ = handle(ctx, r) })
					if len(cost.Calls) > call {
						t.Errorf("it called on after its end: %v", cost.Calls)
					}
					db.Mend()

					undisturbed.retry(t, db, handle, r)
				})
			}
		}
	}
}

// Twilio gives up, or Lambda does, while DynamoDB does not answer.
func TestTimeout(t *testing.T) {
	t.Parallel()
	db, handle := given(t, "seed")
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	db.Break(func(c *http.Request, send scenario.Send) (*http.Response, error) {
		giveUp()
		return scenario.Held(nil)(c, send)
	}, 2)
	res, err := handle(ctx, scenario.Event(t, "inbound-sms/text"))
	if err != nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("answered %d, %v", res.StatusCode, err)
	}
	if n := count(db.Items(t), "THREAD#"); n != 0 {
		t.Errorf("%d texts were stored", n)
	}
}

// outcome is what came of an event: the answer, and all items.
type outcome struct {
	body  string
	items map[string]map[string]any
}

// undisturbed is what comes of events when nothing goes wrong.
func undisturbed(t *testing.T, events ...string) map[string]outcome {
	t.Helper()
	all := map[string]outcome{}
	for _, event := range events {
		db, handle := given(t, "seed", "conversation")
		res := take(t, handle, scenario.Event(t, "inbound-sms/"+event))
		all[event] = outcome{res.Body, withoutIDs(db.Items(t))}
	}
	return all
}

// retry delivers a webhook again and expects of it what comes undisturbed.
func (o outcome) retry(t *testing.T, db *scenario.Table, handle scenario.Handler, r scenario.Request) {
	t.Helper()
	if again := take(t, handle, r); again.Body != o.body {
		t.Errorf("the retry was answered %s, want %s", again.Body, o.body)
	}
	if got := withoutIDs(db.Items(t)); !reflect.DeepEqual(got, o.items) {
		t.Errorf("after the retry there is\n%v\nwant\n%v", got, o.items)
	}
}
