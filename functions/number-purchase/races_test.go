package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
)

// happening is something that happens while a worker is at work.
type happening struct {
	name string
	// kinds are the orders to try it with, with DEEP=1 also more.
	kinds, more []string
	// happen returns what must be true of the order in the end, beside check; nil for no more.
	happen func(w *world) (ends func(clienteling.Purchase))
}

// At every call of a worker something happens meanwhile: before the call, so that the
// worker does not know.
func TestMeanwhile(t *testing.T) {
	t.Parallel()
	for _, h := range []happening{
		{"the job comes to another worker", []string{"any"}, []string{"a dud first", "exact", "pattern", "for a store"}, func(w *world) func(clienteling.Purchase) {
			_, err := w.run(&life{})
			w.must(err)
			return w.completes
		}},
		// Cannot happen, since a worker ends within a minute. Were it to, the order's one
		// number would be bought twice, as Twilio has it: once.
		{"the worker is overtaken", []string{"any", "for a store"}, []string{"exact", "pattern", "papers"}, func(w *world) func(clienteling.Purchase) {
			w.db.Set(w.db.Now().Add(2 * time.Minute))
			_, err := w.run(&life{})
			w.must(err)
			return w.completes
		}},
		{"it is canceled", []string{"for a test location"}, []string{"any", "exact", "a dud first"}, func(w *world) func(clienteling.Purchase) {
			_, err := w.db.Open().CancelPurchase(w.Context(), retailer, w.id, w.db.Now())
			if err != nil && !errors.Is(err, clienteling.ErrPurchaseUnderWay) {
				w.Error(err)
			}
			return func(p clienteling.Purchase) {
				if canceled := p.State == clienteling.PurchaseCanceled; canceled != (err == nil) || canceled != (len(w.history("bought")) == 0) {
					w.Errorf("to cancel said %v; %+v", err, p)
				}
			}
		}},
		{"the directory changes the store", []string{"for a store"}, []string{"a dud first", "from the operator"}, func(w *world) func(clienteling.Purchase) {
			to := w.db.Open()
			s, err := to.Store(w.Context(), retailer, "boston")
			w.must(err)
			s.Name, s.Phone = "Acme Newbury Street", "+16175550199"
			_, err = to.SaveStore(w.Context(), s)
			w.must(err)
			return w.completes
		}},
		{"the store is to be enabled", []string{"for a store"}, []string{"a dud first", "from the operator"}, func(w *world) func(clienteling.Purchase) {
			to := w.db.Open()
			s, err := to.Store(w.Context(), retailer, "boston")
			w.must(err)
			_, err = to.WishOtherwise(w.Context(), s, true)
			w.must(err)
			w.enable = true
			return w.completes
		}},
		{"the store is deleted", []string{"for a store"}, []string{"a dud first", "from the operator"}, func(w *world) func(clienteling.Purchase) {
			w.delete("STORE#boston")
			return w.completes
		}},
		{"the approval ends", []string{"any"}, []string{"exact", "for a store", "papers"}, func(w *world) func(clienteling.Purchase) {
			bought := len(w.history("bought")) > 0
			w.register(clienteling.RegistrationDraft)
			return func(p clienteling.Purchase) {
				// Whoever is about to buy has seen it approved.
				if completed := bought || w.next == "buy"; completed != (p.State == clienteling.PurchaseCompleted) || !completed && p.Reason != clienteling.ReasonNotApproved {
					w.Errorf("bought before: %v; %+v", bought, p)
				}
			}
		}},
		{"somebody else buys the number", []string{"exact"}, []string{"pattern", "any"}, func(w *world) func(clienteling.Purchase) {
			e164 := w.purchase().Number
			if e164 == "" || w.has(e164) {
				return w.completes
			}
			w.twilio.Control(w, "PUT", "/control/stock/"+e164, map[string]any{"owner": "other", "listed": true}, nil)
			return func(p clienteling.Purchase) {
				if w.wanted.Number == "" {
					w.completes(p)
				} else if p.Reason != clienteling.ReasonNumberTaken {
					w.Errorf("order %+v", p)
				}
			}
		}},
		{"the number becomes ours by another hand", []string{"exact"}, []string{"any", "for a store"}, func(w *world) func(clienteling.Purchase) {
			e164 := w.purchase().Number
			if e164 == "" || w.has(e164) {
				return w.completes
			}
			w.twilio.Control(w, "PUT", "/control/numbers/"+e164, map[string]any{"friendlyName": "by hand"}, nil)
			w.strangers = append(w.strangers, e164)
			return nil
		}},
	} {
		if deep() {
			h.kinds = append(h.kinds, h.more...)
		}
		for _, name := range h.kinds {
			k := kindOf(t, name)
			t.Run(h.name+", "+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, k)
				calls, err := w.run(&life{})
				w.must(err)
				for n, call := range calls {
					t.Run(fmt.Sprintf("at call %d, %s", n+1, call), func(t *testing.T) {
						t.Parallel()
						w := newWorld(t, k)
						w.next = call
						ends := func(clienteling.Purchase) {}
						_, err := w.run(&life{at: n + 1, before: func() bool {
							if then := h.happen(w); then != nil {
								ends = then
							}
							return false
						}})
						w.must(err)
						w.settle()
						ends(w.check())
					})
				}
			})
		}
	}
}

// The number is taken from our account behind our back, and the worker ends there, at
// every call; whoever comes after it must not believe what was recorded. An order of
// any number gets another, and no store a number that is not ours.
func TestTakenFromUs(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"exact", "for a store"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := kindOf(t, name)
			w := newWorld(t, k)
			calls, err := w.run(&life{})
			w.must(err)
			bought := slices.Index(calls, "buy")
			for n := bought + 1; n < len(calls); n++ {
				t.Run(fmt.Sprintf("at call %d, %s", n+1, calls[n]), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, k)
					_, _ = w.run(&life{at: n + 1, before: func() bool { w.lose(w.purchase().Number); return true }})
					if w.lost != 1 {
						t.Fatalf("%d numbers are lost", w.lost)
					}
					w.settle()
					p := w.check()
					if k.wanted.Number == "" || n == bought+1 {
						w.completes(p)
					} else if p.State != clienteling.PurchaseAssistance {
						t.Errorf("order %+v", p)
					}
				})
			}
		})
	}
}

func (w *world) completes(p clienteling.Purchase) {
	w.Helper()
	if p.State != clienteling.PurchaseCompleted {
		w.Errorf("the order is %s (%s)", p.State, p.Reason)
	}
}

// An order fails, and meanwhile its store changes, or is gone: at every call from the
// refusal on. The order ends all the same, and the store is where it was before.
func TestFailsMeanwhile(t *testing.T) {
	t.Parallel()
	k, f := kindOf(t, "for a test location"), fault{operation: "buy", kind: "code:21649", state: clienteling.PurchaseFailed, reason: clienteling.ReasonPapers}
	first := newWorld(t, k)
	first.fault(f, k)
	calls, err := first.run(&life{})
	first.must(err)
	for name, happen := range map[string]func(w *world){
		"the directory changes the store": func(w *world) {
			to := w.db.Open()
			s, err := to.Store(w.Context(), retailer, "boston")
			w.must(err)
			s.Name = "Acme Newbury Street"
			_, err = to.SaveStore(w.Context(), s)
			w.must(err)
		},
		"the store is to be enabled": func(w *world) {
			to := w.db.Open()
			s, err := to.Store(w.Context(), retailer, "boston")
			w.must(err)
			_, err = to.WishOtherwise(w.Context(), s, true)
			w.must(err)
		},
		"the store is deleted":                   func(w *world) { w.delete("STORE#boston") },
		"the store and its location are deleted": func(w *world) { w.delete("STORE#boston"); w.delete("TESTSITE#" + k.country) },
		"the location is deleted and another store's then": func(w *world) {
			w.db.Patch(w, "RETAILER#acme", "TESTSITE#"+k.country, map[string]any{"store": "toronto"})
		},
	} {
		for n := slices.Index(calls, "buy"); n < len(calls); n++ {
			t.Run(fmt.Sprintf("%s, at call %d, %s", name, n+1, calls[n]), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, k)
				w.fault(f, k)
				_, err := w.run(&life{at: n + 1, before: func() bool { happen(w); return false }})
				w.must(err)
				w.settle()
				p := w.purchase()
				if p.State != clienteling.PurchaseFailed || p.Reason != clienteling.ReasonPapers {
					t.Errorf("order %+v", p)
				}
				items := w.db.Items(t)
				location := items["RETAILER#acme / TESTSITE#"+k.country]
				if location != nil && location["store"] != "toronto" {
					t.Errorf("the test location is %v", location)
				}
				s, err := w.db.Open().Store(t.Context(), retailer, "boston")
				if errors.Is(err, clienteling.ErrNotFound) {
					return
				}
				w.must(err)
				if s.State != clienteling.StoreEligible || s.Trouble != string(clienteling.ReasonPapers) || s.Wish != (clienteling.Wish{}) || s.Purchase != "" ||
					items["RETAILER#acme / STORE#boston"]["gsi1sk"] != "STORE#eligible#CA#boston" {
					t.Errorf("store %+v, listed as %v", s, items["RETAILER#acme / STORE#boston"]["gsi1sk"])
				}
			})
		}
	}
}

// A store that was read before its order ended is not written over by what was read.
func TestEndOfOrderChangesStore(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world){
		"failed": func(w *world) {
			w.register(clienteling.RegistrationExpired)
			w.settle()
		},
		"canceled": func(w *world) {
			_, err := w.db.Open().CancelPurchase(w.Context(), retailer, w.id, w.db.Now())
			w.must(err)
		},
		"completed": func(w *world) { w.settle() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kindOf(t, "for a store"))
			to := w.db.Open()
			before, err := to.Store(t.Context(), retailer, "boston")
			w.must(err)
			end(w)
			if _, err := to.SaveStore(t.Context(), before); !errors.Is(err, clienteling.ErrStoreChanged) {
				t.Errorf("the directory's write: %v", err)
			}
			if _, err := to.WishOtherwise(t.Context(), before, true); !errors.Is(err, clienteling.ErrStoreChanged) {
				t.Errorf("another wish: %v", err)
			}
			w.check()
		})
	}
}

func (w *world) has(e164 string) bool {
	return slices.ContainsFunc(w.owned(), func(n simulated) bool { return n.PhoneNumber == e164 })
}

// Two orders that want one number: at every call of the one's worker, the other's does
// all of its work. One order gets it.
func TestTwoOrders(t *testing.T) {
	t.Parallel()
	only := kind{name: "the only one of a search", country: "US", wanted: clienteling.Wanted{Contains: exactly[2:]}}
	for _, tt := range []struct {
		kind
		loses clienteling.Reason
	}{
		{kindOf(t, "exact"), clienteling.ReasonNumberTaken},
		{only, clienteling.ReasonNoneForSale},
		{kindOf(t, "any"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.kind)
			calls, err := w.run(&life{})
			w.must(err)
			for n, call := range calls {
				t.Run(fmt.Sprintf("at call %d, %s", n+1, call), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, tt.kind)
					other := w.another()
					_, err := w.run(&life{at: n + 1, before: func() bool {
						_, err := other.run(&life{})
						w.must(err)
						return false
					}})
					w.must(err)
					w.settle()
					other.settle()
					a, b := w.check(), other.check()
					if tt.loses == "" {
						w.completes(a)
						w.completes(b)
						return
					}
					if a.State == clienteling.PurchaseCompleted {
						a, b = b, a
					}
					if a.Reason != tt.loses || b.State != clienteling.PurchaseCompleted {
						t.Errorf("orders %+v, %+v", a, b)
					}
				})
			}
		})
	}
}

// Many at once, each a process of its own.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	t.Run("workers with one job", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, kindOf(t, "for a store"))
		var running errgroup.Group
		for range 10 {
			running.Go(func() error { _, err := w.run(&life{}); return err })
		}
		w.must(running.Wait())
		w.settle()
		w.completes(w.check())
		if n := len(w.history("again")); n > 0 {
			t.Errorf("Twilio was asked to buy it %d times more", n)
		}
	})
	t.Run("orders for one number", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, kindOf(t, "exact"))
		all := []*world{w}
		for range 7 {
			all = append(all, w.another())
		}
		var running errgroup.Group
		for _, w := range all {
			running.Go(func() error { _, err := w.run(&life{}); return err })
		}
		w.must(running.Wait())
		completed := 0
		for _, w := range all {
			w.settle()
			if p := w.check(); p.State == clienteling.PurchaseCompleted {
				completed++
			} else if p.Reason != clienteling.ReasonNumberTaken {
				t.Errorf("order %+v", p)
			}
		}
		if completed != 1 {
			t.Errorf("%d orders completed", completed)
		}
	})
}

// An order belongs to the worker that took it up, for longer than that may run.
func TestWorkedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, kindOf(t, "any"))
	at := w.db.Now()
	_, _ = w.run(&life{at: 8, after: always}) // it has bought
	for _, step := range []struct {
		after time.Duration
		works bool
	}{{time.Second, false}, {89 * time.Second, false}, {90 * time.Second, true}} {
		w.db.Set(at.Add(step.after))
		calls, err := w.run(&life{})
		w.must(err)
		if works := len(calls) > 1; works != step.works {
			t.Errorf("after %v: %v", step.after, calls)
		}
	}
	w.settle()
	w.completes(w.check())
}

// DynamoDB stumbles once, before or after a call took effect, and the SDK calls again.
func TestStumbles(t *testing.T) {
	t.Parallel()
	k := kindOf(t, "for a store")
	w := newWorld(t, k)
	cost := w.db.Measure(func() { _, _ = w.run(&life{}) })
	stumbles := map[string]scenario.Fault{"unanswered": scenario.Unanswered, "conflict": scenario.Canceled("TransactionConflict", "None", "None")}
	if deep() {
		stumbles["unsent"], stumbles["throttled"] = scenario.Unsent, scenario.Refused(400, "ThrottlingException")
	}
	for name, f := range stumbles {
		for n, call := range cost.Calls {
			if name == "conflict" && call != "TransactWriteItems" {
				continue
			}
			t.Run(fmt.Sprintf("%s, call %d, %s", name, n+1, call), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, k)
				w.db.Break(f, n+1)
				_, err := w.run(&life{})
				w.must(err)
				w.settle()
				w.completes(w.check())
			})
		}
	}
}

// Twilio does not answer in time. The worker ends with its time, in the middle of it.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	for _, f := range []fault{
		{operation: "search", kind: "timeout-before"}, {operation: "list", kind: "timeout-before"},
		{operation: "buy", kind: "timeout-before"}, {operation: "buy", kind: "timeout-after"},
	} {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kindOf(t, "any"))
			w.fault(f, w.kind)
			worker, ctx := w.worker(&life{})
			ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			defer cancel()
			if err := worker.work(ctx, w.job()); err == nil {
				t.Error("its time was up, and all went well")
			}
			w.settle()
			w.completes(w.check())
			w.struck()
		})
	}
}

// Twilio is away for a day. An order that has no number fails; when it may have one all
// the same, that is remembered, and given back.
func TestAwayForLong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, operation string
		bought          bool
	}{
		{"it cannot be searched", "search", false},
		{"it cannot be asked", "list", false},
		{"it does not sell", "buy", false},
		{"it has sold, and cannot be asked", "list", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kindOf(t, "for a test location"))
			at := w.db.Now()
			if tt.bought {
				w.fault(fault{operation: "buy", kind: "reset-after"}, w.kind)
				_, err := w.run(&life{})
				w.must(err)
			}
			w.twilio.Control(t, "POST", "/control/faults", map[string]any{"operation": "numbers." + tt.operation, "kind": "503", "nth": 0}, nil)
			for w.purchase().State.Running() {
				w.reconcile()
			}
			if after := w.db.Now().Sub(at); after < 24*time.Hour || after > 36*time.Hour {
				t.Errorf("it failed after %v", after)
			}
			if n := len(w.history("bought")) - len(w.history("released")); n > 1 || tt.bought != (n == 1) {
				t.Errorf("%d numbers are bought", n)
			}
			w.settle()
			w.expect(clienteling.PurchaseFailed, clienteling.ReasonTwilioAway)
		})
	}
}

// An order that has its number never fails: it goes on for as long as it takes.
func TestConfiguresForLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, kindOf(t, "from the operator"))
	w.twilio.Control(t, "POST", "/control/faults", map[string]any{"operation": "numbers.update", "kind": "503", "nth": 0}, nil)
	for range 40 {
		w.reconcile()
	}
	if p := w.purchase(); p.State != clienteling.PurchaseConfiguring || p.Tries != 40 {
		t.Errorf("after two days %+v", p)
	}
	w.twilio.Control(t, "DELETE", "/control/faults", nil, nil)
	w.settle()
	w.completes(w.check())
}

// Others are quicker with every number that a search shows, or have them already.
func TestRush(t *testing.T) {
	t.Parallel()
	t.Run("all are bought meanwhile", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, kindOf(t, "any"))
		w.twilio.Control(t, "POST", "/control/faults", map[string]any{"operation": "numbers.buy", "kind": "code:21422", "nth": 0}, nil)
		w.settle()
		w.expect(clienteling.PurchaseFailed, clienteling.ReasonNoneForSale)
		var struck struct{ Faults []struct{ Hits int } }
		w.twilio.Control(t, "GET", "/control/faults", nil, &struck)
		if n := struck.Faults[0].Hits; n != mostCandidates*(mostRushes+1) {
			t.Errorf("%d numbers were tried", n)
		}
	})
	t.Run("the only one is recorded", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, kind{name: "only", country: "US", wanted: clienteling.Wanted{Contains: exactly[2:]}})
		w.must(w.db.Open().RecordNumber(t.Context(), clienteling.Number{E164: exactly, Country: "US", Retailer: "other"}))
		w.settle()
		w.expect(clienteling.PurchaseFailed, clienteling.ReasonNoneForSale)
	})
	t.Run("some are bought meanwhile", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, kindOf(t, "any"))
		w.twilio.Control(t, "POST", "/control/faults", map[string]any{"operation": "numbers.buy", "kind": "code:21422", "times": 7}, nil)
		w.settle()
		w.completes(w.check())
	})
}

// What comes of orders that find the world as it is.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		kind   kind
		given  func(w *world)
		reason clienteling.Reason
	}{
		{"Twilio does not have the number", kind{country: "US", wanted: clienteling.Wanted{Number: "+16175559999"}}, nil, clienteling.ReasonNumberTaken},
		{"no number for Twilio", kind{country: "US", wanted: clienteling.Wanted{Number: "+15005550001"}}, nil, clienteling.ReasonNumberTaken},
		{"a pattern of none", kind{country: "US", wanted: clienteling.Wanted{Contains: "999999"}}, nil, clienteling.ReasonNoneForSale},
		{"a pattern that Twilio does not read", kind{country: "US", wanted: clienteling.Wanted{Contains: "1*1*1"}}, nil, clienteling.ReasonNoneForSale},
		{"a country where none texts", kind{country: "TH"}, nil, clienteling.ReasonNoneForSale},
		{"not approved", kind{country: "GB"}, func(w *world) { w.register(clienteling.RegistrationInReview) }, clienteling.ReasonNotApproved},
		{"without papers", kind{country: "DE"}, func(w *world) {
			w.must(w.db.Open().PutRegistration(w.Context(), clienteling.Registration{Retailer: retailer, Country: "DE", State: clienteling.RegistrationApproved}, w.db.Now()))
		}, clienteling.ReasonPapers},
		{"one of another retailer", kind{country: "US", wanted: clienteling.Wanted{Number: exactly}}, func(w *world) {
			w.must(w.db.Open().RecordNumber(w.Context(), clienteling.Number{E164: exactly, Country: "US", Retailer: "other"}))
		}, clienteling.ReasonNumberTaken},
		{"ours at Twilio", kind{country: "US", wanted: clienteling.Wanted{Number: exactly}}, func(w *world) {
			w.twilio.Control(w, "PUT", "/control/numbers/"+exactly, map[string]any{"friendlyName": "by hand"}, nil)
			w.strangers = []string{exactly}
		}, clienteling.ReasonNumberTaken},
		{"given back before", kind{country: "US", wanted: clienteling.Wanted{Number: exactly}, state: clienteling.PurchaseCompleted}, func(w *world) {
			to, n := w.db.Open(), clienteling.Number{E164: exactly, Country: "US", Retailer: "other", SID: "PN0"}
			w.must(to.RecordNumber(w.Context(), n))
			n, err := to.ReleaseNumber(w.Context(), "other", exactly, w.db.Now())
			w.must(err)
			w.must(to.NumberReleased(w.Context(), n, w.db.Now()))
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.kind)
			if tt.given != nil {
				tt.given(w)
			}
			w.settle()
			state := clienteling.PurchaseFailed
			if tt.reason == "" {
				state = clienteling.PurchaseCompleted
			}
			w.expect(state, tt.reason)
		})
	}
}

// A number that the operator brings is the operator's: if it cannot text after all, it
// is not given back, whatever the country.
func TestOperatorsNumberIsKept(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"an exact dud", "duds only", "from the operator"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kindOf(t, name))
			e164 := w.brought
			voice := map[string]any{"friendlyName": "by hand", "capabilities": map[string]bool{"voice": true}}
			if e164 == "" {
				w.settle()
				w.expect(w.state, w.reason)
				e164 = "+16175550177"
				w.twilio.Control(t, "PUT", "/control/numbers/"+e164, voice, nil)
				w.fulfil(e164)
			}
			w.twilio.Control(t, "PUT", "/control/numbers/"+e164, voice, nil)
			w.strangers = append(w.strangers, e164)
			w.settle()
			w.expect(clienteling.PurchaseAssistance, clienteling.ReasonCannotText)
			if !w.has(e164) {
				t.Error("it was given back")
			}
			// The next one is good.
			w.twilio.Control(t, "PUT", "/control/numbers/+16175550178", map[string]any{"friendlyName": "by hand"}, nil)
			w.fulfil("+16175550178")
			w.strangers = append(w.strangers, "+16175550178")
			w.settle()
			if p := w.purchase(); p.State != clienteling.PurchaseCompleted || p.Number != "+16175550178" {
				t.Errorf("order %+v", p)
			}
		})
	}
}

func TestPause(t *testing.T) {
	for tries, want := range map[int]time.Duration{0: 30 * time.Second, 1: time.Minute, 6: 32 * time.Minute, 7: time.Hour, 1000: time.Hour} {
		if got := pause(tries); got != want {
			t.Errorf("after %d tries %v, want %v", tries, got, want)
		}
	}
}
