package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"clienteling/shared/clienteling"
)

// A number is bought at most once for an order, whatever happens. What can happen is a
// product: kinds of orders, faults of Twilio, and the calls before and after which a
// worker ends. These tests have it so:
//
//   - TestKilled: every kind whose calls differ, the worker ending before and after every
//     call;
//   - TestFaults: every fault of every call of Twilio, with an order of any number and
//     those kinds that make calls which it does not;
//   - TestKilledAfterFault: faults that leave different things behind, and the worker, or
//     the one that comes after, ending at every call that has an effect;
//   - TestMeanwhile and TestTwoOrders: others at work between all of a worker's calls.
//
// With DEEP=1 in the environment every kind meets every fault and every happening, and
// every fault every end: the whole product takes ten minutes, so it wants -timeout 20m.
func deep() bool { return os.Getenv("DEEP") != "" }

// always says that the worker ends there.
func always() bool { return true }

// ends are the lives that end before and after each of some calls. For Twilio and the
// table, before one is the same as after the one before: it is tried with DEEP=1.
func ends(calls []string, when func(name string) bool) map[string]*life {
	all := map[string]*life{}
	for n, name := range calls {
		if !deep() && !when(name) {
			continue
		}
		if n == 0 || deep() {
			all[fmt.Sprintf("before call %d, %s", n+1, name)] = &life{at: n + 1, before: always}
		}
		all[fmt.Sprintf("after call %d, %s", n+1, name)] = &life{at: n + 1, after: always}
	}
	return all
}

func everyCall(string) bool { return true }

// effects are the calls that have one: to end after another is the same as before it.
func effects(name string) bool {
	return slices.Contains([]string{"TransactWriteItems", "buy", "update", "release"}, name)
}

// each runs a test for every kind, at the same time as others.
func each(t *testing.T, test func(t *testing.T, k kind)) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			test(t, k)
		})
	}
}

func TestKilled(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, k kind) {
		w := newWorld(t, k)
		calls, err := w.run(&life{})
		w.must(err)
		w.settle()
		w.expect(k.state, k.reason)
		if len(calls) < 4 {
			t.Fatalf("it made %v only", calls)
		}
		if !deep() && (k.name == "pattern" || k.name == "for a test location") {
			return // the calls are those of any, and of for a store
		}
		for name, l := range ends(calls, everyCall) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, k)
				_, _ = w.run(l)
				if !l.dead {
					t.Error("the worker was to end")
				}
				w.settle()
				w.expect(k.state, k.reason)
			})
		}
	})
}

// fault is a fault of the simulator, and what comes of the order if not what comes of
// it without.
type fault struct {
	operation, kind string
	state           clienteling.PurchaseState
	reason          clienteling.Reason
	// exact is what comes of an order of one number only, if not that.
	exact clienteling.Reason
}

// faults are all of them; timeouts are with TestTimeouts, since they cost time.
func faults() []fault {
	var all []fault
	for operation, kinds := range map[string]string{
		"search":  "429 500 503 html-503 reset-before reset-after code:20003",
		"list":    "429 500 503 html-503 reset-before reset-after code:20003 code:21404 code:22300 code:21421",
		"buy":     "429 500 503 html-503 reset-before reset-after code:20003",
		"update":  "429 500 503 html-503 reset-before reset-after code:20003 code:21402",
		"release": "429 500 503 html-503 reset-before reset-after code:20003 code:21404",
	} {
		for kind := range strings.FieldsSeq(kinds) {
			all = append(all, fault{operation: operation, kind: kind})
		}
	}
	const failed = clienteling.PurchaseFailed
	return append(all,
		fault{operation: "search", kind: "code:20404", state: failed, reason: clienteling.ReasonNoneForSale},
		fault{operation: "search", kind: "code:21404", state: failed, reason: clienteling.ReasonNoneForSale},
		fault{operation: "search", kind: "code:22300", state: failed, reason: clienteling.ReasonNoneForSale},
		fault{operation: "buy", kind: "code:21422", exact: clienteling.ReasonNumberTaken},
		fault{operation: "buy", kind: "code:21421", exact: clienteling.ReasonNumberTaken},
		fault{operation: "buy", kind: "code:21649", state: failed, reason: clienteling.ReasonPapers},
		fault{operation: "buy", kind: "code:21650", state: failed, reason: clienteling.ReasonPapers},
		fault{operation: "buy", kind: "code:21631", state: failed, reason: clienteling.ReasonPapers},
		fault{operation: "buy", kind: "code:21615", state: failed, reason: clienteling.ReasonPapers},
		fault{operation: "buy", kind: "code:21404", state: failed, reason: clienteling.ReasonAccount},
		fault{operation: "buy", kind: "code:22300", state: failed, reason: clienteling.ReasonAccount},
	)
}

// of is what comes of an order of a kind that this fault strikes.
func (f fault) of(k kind) (clienteling.PurchaseState, clienteling.Reason) {
	switch {
	case k.wanted.Number != "" && f.exact != "":
		return clienteling.PurchaseFailed, f.exact
	case f.state != "":
		return f.state, f.reason
	case f.exact != "" && len(k.duds) == mostUnfit:
		return clienteling.PurchaseCompleted, "" // one of the duds is not sold
	}
	return k.state, k.reason
}

// lasts says that it strikes every call: what Twilio refuses a worker that ends before
// it says so, it refuses the next.
func (f fault) lasts(k kind) bool { return f.state != "" || k.wanted.Number != "" && f.exact != "" }

func (f fault) String() string { return f.operation + " " + f.kind }

func TestFaults(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, k kind) {
		w := newWorld(t, k)
		calls, err := w.run(&life{})
		w.must(err)
		for _, f := range faults() {
			if !slices.Contains(calls, f.operation) {
				continue // it would strike nothing
			}
			// Each kind beyond the first meets what its own calls are struck by.
			only := map[string]string{"any": "search list buy", "exact": "buy", "from the operator": "update", "a dud first": "release"}
			if !deep() && !slices.Contains(strings.Fields(only[k.name]), f.operation) {
				continue
			}
			t.Run(f.String(), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, k)
				w.fault(f, k)
				_, err := w.run(&life{})
				w.must(err)
				w.settle()
				w.expect(f.of(k))
				w.struck()
			})
		}
	})
}

// struck fails unless every fault has struck.
func (w *world) struck() {
	w.Helper()
	var all struct{ Faults []struct{ Hits int } }
	w.twilio.Control(w, "GET", "/control/faults", nil, &all)
	for _, f := range all.Faults {
		if f.Hits == 0 {
			w.Error("the fault has not struck")
		}
	}
}

func TestKilledAfterFault(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind   string
		faults []fault
	}{
		{"any", []fault{
			{operation: "buy", kind: "reset-after"}, // bought, and nobody knows
			{operation: "buy", kind: "reset-before"},
			{operation: "buy", kind: "code:21422"},
		}},
		{"exact", []fault{{operation: "buy", kind: "code:21422", exact: clienteling.ReasonNumberTaken}}},
		{"for a store", []fault{{operation: "buy", kind: "code:21649", state: clienteling.PurchaseFailed, reason: clienteling.ReasonPapers}}},
		{"a dud first", []fault{{operation: "release", kind: "reset-after"}}},
		{"from the operator", []fault{{operation: "update", kind: "reset-after"}}},
	} {
		k := kindOf(t, tt.kind)
		if tt.faults = slices.Clone(tt.faults); deep() {
			tt.faults = faults()
		}
		for _, f := range tt.faults {
			t.Run(tt.kind+", "+f.String(), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, k)
				w.fault(f, k)
				first, err := w.run(&life{})
				w.must(err)
				if !slices.Contains(first, f.operation) {
					t.SkipNow() // an order of this kind does not call it
				}
				w.db.Set(w.purchase().UpdatedAt.Add(pause(10)))
				second, err := w.run(&life{})
				w.must(err)
				from := slices.Index(first, f.operation) // before it, nothing differs from TestKilled
				for name, l := range ends(first, effects) {
					if l.at <= from {
						continue
					}
					t.Run("in the same run, "+name, func(t *testing.T) {
						t.Parallel()
						w := newWorld(t, k)
						w.fault(f, k)
						_, _ = w.run(l)
						w.settle()
						w.expect(f.of(k))
					})
				}
				if w.purchase().State.Running() {
					t.Error("the second run is not the last")
				}
				if len(second) < 3 {
					return // the first was
				}
				for name, l := range ends(second, effects) {
					t.Run("in the run after, "+name, func(t *testing.T) {
						t.Parallel()
						w := newWorld(t, k)
						w.fault(f, k)
						_, err := w.run(&life{})
						w.must(err)
						w.db.Set(w.purchase().UpdatedAt.Add(pause(10)))
						_, _ = w.run(l)
						w.settle()
						w.expect(f.of(k))
					})
				}
			})
		}
	}
}
