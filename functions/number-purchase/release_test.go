package main

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
)

// released is a world whose order has completed, and whose number is to be given back.
func released(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, kindOf(t, "exact"))
	w.settle()
	_, err := w.db.Open().ReleaseNumber(t.Context(), retailer, exactly, w.db.Now())
	w.must(err)
	return w
}

func (w *world) release(l *life) ([]string, error) {
	f, ctx := w.worker(l)
	err := f.work(ctx, queue.NumberJob{Do: queue.Release, Retailer: retailer, Number: exactly})
	return l.calls, err
}

// givenBack lets time pass until no release is due, and checks that Twilio has the
// number back, once.
func (w *world) givenBack() {
	w.Helper()
	to := w.db.Open()
	for {
		w.db.Set(w.db.Now().Add(2 * time.Minute))
		due, err := to.DueReleases(w.Context(), w.db.Now(), 25)
		w.must(err)
		if len(due) == 0 {
			break
		}
		w.must(to.ReleaseDueAgain(w.Context(), due[0], w.db.Now().Add(time.Minute)))
		_, err = w.release(&life{})
		w.must(err)
	}
	i := w.db.Items(w)["NUMBER#"+exactly+" / NUMBER"]
	if i["state"] != string(clienteling.NumberReleased) || i["gsi1sk"] != "NUMBER#US#released#"+exactly || i["gsi2pk"] != nil || i["expiresAt"] == nil {
		w.Errorf("number %v", i)
	}
	if w.has(exactly) || len(w.history("released")) != 1 {
		w.Errorf("Twilio: %+v", w.history("released"))
	}
}

func TestReleaseKilled(t *testing.T) {
	t.Parallel()
	w := released(t)
	calls, err := w.release(&life{})
	w.must(err)
	w.givenBack()
	if len(calls) != 3 {
		t.Errorf("it made %v", calls)
	}
	for name, l := range ends(calls, everyCall) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := released(t)
			_, _ = w.release(l)
			w.givenBack()
		})
	}
}

func TestReleaseFaults(t *testing.T) {
	t.Parallel()
	for _, f := range faults() {
		if f.operation != "release" {
			continue
		}
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			w := released(t)
			w.fault(f, w.kind)
			_, err := w.release(&life{})
			w.must(err)
			w.struck()
			w.givenBack()
		})
	}
}

func TestReleaseTwiceAndAtOnce(t *testing.T) {
	t.Parallel()
	w := released(t)
	var running errgroup.Group
	for range 5 {
		running.Go(func() error { _, err := w.release(&life{}); return err })
	}
	w.must(running.Wait())
	_, err := w.release(&life{})
	w.must(err)
	w.givenBack()
}

// A job of a release that comes late, at every call of which the number is given back
// and bought again, leaves the number that was bought alone.
func TestReleaseComesLate(t *testing.T) {
	t.Parallel()
	for n := range 3 {
		t.Run(fmt.Sprintf("at call %d", n+1), func(t *testing.T) {
			t.Parallel()
			w := released(t)
			again := w.another()
			_, err := w.release(&life{at: n + 1, before: func() bool {
				_, err := w.release(&life{})
				w.must(err)
				again.settle()
				return false
			}})
			w.must(err)
			again.completes(again.check())
		})
	}
}

// Only what is being released is given back.
func TestReleaseOfOthers(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]func(w *world){
		"claimed":   func(w *world) { _, _ = w.run(&life{at: 6, after: always}) },
		"available": func(w *world) { w.settle() },
		"not there": func(*world) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kindOf(t, "exact"))
			given(w)
			before := w.db.Items(t)
			_, err := w.release(&life{})
			w.must(err)
			if d := w.db.Items(t).Since(before); len(d.Changed)+len(d.Removed) > 0 || len(w.history("released")) > 0 {
				t.Errorf("it had an effect: %+v", d)
			}
		})
	}
}

// DynamoDB away: the job fails, and comes again.
func TestReleaseStorageAway(t *testing.T) {
	t.Parallel()
	w := released(t)
	w.db.Break(scenario.Unsent)
	if _, err := w.release(&life{}); err == nil {
		t.Error("the job is done, it says")
	}
	w.db.Mend()
	if owned, found, err := w.client.OwnedNumber(t.Context(), seed.AccountSID, exactly); err != nil || !found {
		t.Errorf("%+v, %v, %v", owned, found, err)
	}
	w.givenBack()
}
