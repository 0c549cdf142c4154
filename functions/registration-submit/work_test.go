package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"clienteling/shared/clienteling"
)

// A complete registration of each kind goes through, one reviewer after the other.
func TestApproved(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		t.Run(k.country, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, k)
			l := &life{}
			if r := w.settle(l); r.State != clienteling.RegistrationApproved {
				t.Fatalf("registration %+v", r)
			}
			w.checkApproved()
			t.Logf("%d calls: %s", len(l.calls), strings.Join(l.calls, ", "))
		})
	}
}

// A worker ends after every call, of all runs until the approval. Whoever comes after
// it finishes, and Twilio has one of everything. To end before a call is the same as
// after the one before, and after one without effect the same as before it: that is
// tried with one kind, with DEEP=1 with all; the others leave out what ends like that one.
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		if !deep() && !slices.Contains([]string{"DK", "CZ", "US"}, k.country) {
			continue // their calls are among those of the others
		}
		t.Run(k.country, func(t *testing.T) {
			t.Parallel()
			first := &life{}
			newWorld(t, k).settle(first)
			for n, call := range first.calls {
				if n == 0 || deep() {
					killed(t, k, &life{at: n + 1, before: always}, fmt.Sprintf("before call %d, %s", n+1, call))
				}
				if k.country == "DK" || deep() || tried(first.calls, n) {
					killed(t, k, &life{at: n + 1, after: always}, fmt.Sprintf("after call %d, %s", n+1, call))
				}
			}
		})
	}
}

// tried reports whether to end after a call is unlike what is tried with the kind whose
// every call is: recording what was just made is alike, and so is putting the parts of a
// profile together.
func tried(calls []string, n int) bool {
	call := calls[n]
	if call != "TransactWriteItems" {
		return effects(call) && !strings.HasSuffix(call, "EntityAssignments")
	}
	return !strings.HasPrefix(calls[n-1], "POST") || n+1 < len(calls) && calls[n+1] == call
}

func killed(t *testing.T, k kind, l *life, name string) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, k)
		if r := w.settle(l); r.State != clienteling.RegistrationApproved {
			t.Fatalf("registration %+v", r)
		}
		if !l.dead {
			t.Error("the worker was to end")
		}
		w.checkApproved()
	})
}

// Twilio stumbles at every different request, once: the registration waits, goes on,
// and nothing is made twice.
func TestFaults(t *testing.T) {
	t.Parallel()
	const all = "429 500 html-503 401 reset-before reset-after"
	faults := map[string]string{"DE": "500 reset-after", "DK": "429 html-503 401 reset-before", "US": "reset-after"}
	if deep() {
		faults = map[string]string{"DE": all, "CZ": all, "US": all}
	}
	for code, kinds := range faults {
		for fault := range strings.FieldsSeq(kinds) {
			t.Run(code+", "+fault, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, kindOf(code))
				w.fails = fault
				if r := w.settle(&life{}); r.State != clienteling.RegistrationApproved {
					t.Fatalf("registration %+v", r)
				}
				w.checkApproved()
				if calls := len(w.struck); calls < 15 {
					t.Errorf("it struck %d calls only", calls)
				}
			})
		}
	}
}

// Twilio refuses every different request, once. Each time the registration is rejected
// with words, the retailer submits it again as it is, and in the end it is approved with
// one of everything.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"DE", "US"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kindOf(code))
			w.fails = "400"
			r := w.settle(&life{})
			rejected := 0
			for ; r.State == clienteling.RegistrationRejected && rejected < 100; rejected++ {
				if len(r.Rejections) != 1 || !strings.Contains(r.Rejections[0].Reason, "Invalid request (error 70002") || !strings.Contains(r.Rejections[0].Reason, "submit again") {
					t.Errorf("rejected: %+v", r.Rejections)
				}
				w.checkOnce(true)
				w.submit()
				r = w.settle(&life{})
			}
			if r.State != clienteling.RegistrationApproved || rejected < 10 {
				t.Fatalf("after %d rejections: %+v", rejected, r)
			}
			w.checkApproved()
		})
	}
}
