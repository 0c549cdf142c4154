package main

import (
	"context"
	"errors"
	"os"
	"path"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

func TestEvents(t *testing.T) {
	scenario.GoldenRuns(t, "reconcile", func(t testing.TB, db *scenario.Table) func(context.Context) error {
		// What Twilio has of the text that the setups hand over at 13:00:01 of the eve.
		of := func(sid, status string, code int) scenario.Text {
			return scenario.Text{
				SID: sid, AccountSID: seed.AccountSID, From: seed.Shops[0].Number.E164, To: scenario.American,
				Body: "Your coat is here, Ada.", Status: status, Code: code, At: time.Date(2026, 11, 20, 13, 0, 1, 0, time.UTC),
			}
		}
		const found, known = "SM7e1a5b3c9d2f4068a1b2c3d4e5f60718", "SM00000000000000000000000000201300"
		w := scenario.NewTwilio(t, db.Now, map[string][]scenario.Text{
			"found-at-twilio": {of(found, "delivered", 0)},
			"silent":          {of(known, "undelivered", 30005)},
			"still-sending":   {of(known, "sending", 0)},
			"sent-for-good":   {of(known, "sent", 0)},
		}[path.Base(t.Name())]...)
		if path.Base(t.Name()) == "twilio-busy" {
			w.Answer(scenario.Answer{Status: 503})
		}
		return start(t, db, w).run
	})
}

// start leaves out the comparison of numbers with Twilio's, as if it was done.
func start(t testing.TB, db *scenario.Table, w *scenario.Twilio) function {
	done := table.Comparison{AccountSID: seed.AccountSID, StartedAt: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	if err := db.Open().SaveComparison(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	return function{scenario.Log(t), db.Now, db.Open(), w.Client(t), db.Jobs, db.NumberJobs, db.FilingJobs, clienteling.Sandbox, seed.PublicBaseURL, seed.AccountSID}
}

// given is reconcile, some time after a text was claimed (or written).
func given(t *testing.T, after time.Duration, setups ...string) (*scenario.Table, *scenario.Twilio, function) {
	t.Helper()
	db := scenario.NewTable(t)
	db.Give(t, append([]string{"seed", "request", "taken", "delivered", "yes"}, setups...)...)
	db.Set(db.Written(t).Text.At.Add(after))
	w := scenario.NewTwilio(t, db.Now)
	return db, w, start(t, db, w)
}

// A text whose outcome nobody knows: what Twilio has decides, and nothing else counts as it.
func TestSettle(t *testing.T) {
	of := func(change func(*scenario.Text)) scenario.Text {
		x := scenario.Text{
			SID: "SM7e1a5b3c9d2f4068a1b2c3d4e5f60718", AccountSID: seed.AccountSID, From: seed.Shops[0].Number.E164, To: scenario.American,
			Body: "Your coat is here, Ada.", Status: "queued", At: time.Date(2026, 11, 20, 13, 0, 1, 0, time.UTC),
		}
		change(&x)
		return x
	}
	for _, tt := range []struct {
		name  string
		text  func(*scenario.Text)
		found bool
	}{
		{"the very text", func(*scenario.Text) {}, true},
		{"by a clock that is behind", func(x *scenario.Text) { x.At = x.At.Add(-4 * time.Second) }, true},
		{"an older one", func(x *scenario.Text) { x.At = x.At.Add(-10 * time.Second) }, false},
		{"another body", func(x *scenario.Text) { x.Body += "!" }, false},
		{"to somebody else", func(x *scenario.Text) { x.To = scenario.Briton }, false},
		{"from another store", func(x *scenario.Text) { x.From = seed.Shops[1].Number.E164 }, false},
		{"recorded for another text", func(x *scenario.Text) { x.SID = "SM00000000000000000000000000201200" }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db, _, _ := given(t, 90*time.Second, "text", "claimed")
			w := scenario.NewTwilio(t, db.Now, of(tt.text))
			if err := start(t, db, w).run(t.Context()); err != nil {
				t.Fatal(err)
			}
			o := db.Written(t)
			if o.Taken() != tt.found || tt.found == (o.Text.Reason == clienteling.ReasonOutcomeUnknown) {
				t.Errorf("text %+v", o)
			}
			if len(db.Jobs.Left()) > 0 || len(w.Texts()) != 1 {
				t.Error("it was to be sent again")
			}
		})
	}
}

// A text that nobody took: a job is left anew each minute, until it is given up.
func TestNobodyTookIt(t *testing.T) {
	t.Parallel()
	db, w, f := given(t, 0, "text")
	at := db.Now()
	for _, step := range []struct {
		after time.Duration
		away  bool
		jobs  int
	}{
		{59 * time.Second, false, 0},
		{61 * time.Second, true, 0}, // the queue is still away
		{90 * time.Second, false, 0},
		{122 * time.Second, false, 1},
		{150 * time.Second, false, 1},
		{183 * time.Second, false, 2},
		{4*time.Hour + time.Second, false, 2},
		{5 * time.Hour, false, 2},
	} {
		db.Set(at.Add(step.after))
		db.Jobs.Away(nil)
		if step.away {
			db.Jobs.Away(errors.New("away"))
		}
		if err := f.run(t.Context()); (err != nil) != step.away {
			t.Errorf("after %v: %v", step.after, err)
		}
		if n := len(db.Jobs.Left()); n != step.jobs {
			t.Errorf("after %v: %d jobs, want %d", step.after, n, step.jobs)
		}
	}
	if o := db.Written(t); o.Text.Status != clienteling.StatusFailed || o.Text.Reason != clienteling.ReasonNotSent || w.Calls() != 0 {
		t.Errorf("text %+v after %d calls", o, w.Calls())
	}
}

// Twilio does not answer, or refuses us: the text stays due, and nothing is concluded.
func TestTwilioAway(t *testing.T) {
	for name, a := range map[string]scenario.Answer{"busy": {Status: 429}, "down": {Status: 503}, "lost": {Lost: true}, "bad token": {Status: 401, Code: 20003}} {
		for _, state := range []string{"claimed", "taken"} {
			t.Run(name+" "+state, func(t *testing.T) {
				t.Parallel()
				db, w, f := given(t, time.Hour, "text", state)
				before := db.Items(t)
				w.Answer(a, a) // Go repeats a lost GET by itself
				if err := f.run(t.Context()); err == nil {
					t.Error("all went well, it says")
				}
				if d := db.Items(t).Since(before); len(d.Added)+len(d.Changed) > 0 {
					t.Errorf("it had an effect: %+v", d)
				}
			})
		}
	}
}

// One text that fails does not keep the others.
func TestOthersGoOn(t *testing.T) {
	t.Parallel()
	db, w, f := given(t, 90*time.Second, "text", "claimed", "stop")
	w.Answer(scenario.Answer{Status: 503})
	db.Set(db.Written(t).Text.At.Add(2 * time.Hour))
	if err := f.run(t.Context()); err == nil {
		t.Error("all went well, it says")
	}
	if due, err := db.Open().DueConsentChanges(t.Context(), db.Now(), 10); err != nil || len(due) != 0 {
		t.Errorf("the opt-out is not shown: %v, %v", due, err)
	}
	if err := f.run(t.Context()); err != nil {
		t.Error(err)
	}
	if o := db.Written(t); o.Text.Reason != clienteling.ReasonOutcomeUnknown {
		t.Errorf("text %+v", o)
	}
}

// Two runs at once settle a text once; a wire that breaks is for the next run.
func TestRunsAtOnceAndFaults(t *testing.T) {
	t.Parallel()
	db, w, f := given(t, 90*time.Second, "text", "claimed")
	db.Break(scenario.Unsent, 17, 18, 19)
	_ = f.run(t.Context())
	db.Mend()
	var running errgroup.Group
	for range 5 {
		running.Go(func() error { return f.run(t.Context()) })
	}
	if err := running.Wait(); err != nil {
		t.Error(err)
	}
	if o := db.Written(t); o.Text.Status != clienteling.StatusFailed || len(w.Texts()) != 0 {
		t.Errorf("text %+v", o)
	}
}
