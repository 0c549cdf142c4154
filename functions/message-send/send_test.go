package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

func TestEvents(t *testing.T) {
	scenario.GoldenJobs(t, "message-send", func(t testing.TB, db *scenario.Table) scenario.JobHandler {
		w := scenario.NewTwilio(t, db.Now)
		answers := map[string]scenario.Answer{
			"opted-out-at-twilio": {Status: 400, Code: 21610},
			"no-such-number":      {Status: 400, Code: 21211},
			"request-refused":     {Status: 400, Code: 21211},
			"busy":                {Status: 429, Code: 20429},
			"unavailable":         {Status: 503},
		}
		if a, ok := answers[path.Base(t.Name())]; ok {
			w.Answer(a)
		}
		return queue.Work(scenario.Log(t), start(t, db, w).send, db.Open().Keep("MessageSendQueue"))
	})
}

func start(t testing.TB, db *scenario.Table, w *scenario.Twilio) function {
	return function{scenario.Log(t), db.Now, seed.PublicBaseURL, w.Client(t), db.Open()}
}

// given is the function with a text that is to be sent, and its job.
func given(t *testing.T) (*scenario.Table, *scenario.Twilio, function, queue.SendText) {
	t.Helper()
	db := scenario.NewTable(t)
	db.Give(t, "seed", "request", "taken", "delivered", "yes", "text")
	o := db.Written(t)
	db.Set(o.Text.At.Add(time.Second))
	w := scenario.NewTwilio(t, db.Now)
	return db, w, start(t, db, w), queue.SendText(o.Key)
}

// What Twilio gets: the text, and a callback that names it without a number.
func TestCall(t *testing.T) {
	t.Parallel()
	db, w, f, job := given(t)
	if err := f.send(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	o := db.Written(t)
	want := scenario.Text{
		SID: o.Text.SID, AccountSID: seed.AccountSID, From: seed.Shops[0].Number.E164, To: scenario.American, Body: "Your coat is here, Ada.",
		StatusCallback: seed.PublicBaseURL + "/webhooks/twilio/sms/status?c=" + job.Customer + "&m=" + job.Message + "&r=acme&s=new-york#rc=2&rp=ct,rt,5xx",
		Status:         "queued", At: db.Now(),
	}
	if got := w.Texts(); len(got) != 1 || got[0] != want {
		t.Errorf("Twilio got %+v, want %+v", got, want)
	}
	if !o.Taken() {
		t.Errorf("text %+v", o)
	}
}

func TestTwiceAndAtOnce(t *testing.T) {
	t.Parallel()
	db, w, f, job := given(t)
	// Each of ten workers is a process of its own.
	var running errgroup.Group
	for range 10 {
		other := start(t, db, w)
		running.Go(func() error { return other.send(t.Context(), job) })
	}
	if err := running.Wait(); err != nil {
		t.Error(err)
	}
	if err := f.send(t.Context(), job); err != nil {
		t.Error(err)
	}
	if n := w.Calls(); n != 1 {
		t.Errorf("Twilio was called %d times", n)
	}
}

// What becomes of a text, by what comes of the call.
func TestOutcomes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer scenario.Answer
		texts  int // that Twilio has
		status string
		reason string
		ready  bool
		leased bool
	}{
		{name: "taken", texts: 1, status: "sending"},
		{name: "too many", answer: scenario.Answer{Status: 429, Code: 20429}, status: "sending", ready: true},
		{name: "too many, as a page", answer: scenario.Answer{Status: 429}, status: "sending", ready: true},
		{name: "refused", answer: scenario.Answer{Status: 400, Code: 21211}, status: "failed", reason: "21211"},
		{name: "refused, as a page", answer: scenario.Answer{Status: 403}, status: "failed", reason: "refused"},
		{name: "opted out there", answer: scenario.Answer{Status: 400, Code: 21610}, status: "failed", reason: "opted_out"},
		{name: "an error", answer: scenario.Answer{Status: 500, Code: 20500}, status: "sending", leased: true},
		{name: "an error, as a page", answer: scenario.Answer{Status: 502}, status: "sending", leased: true},
		{name: "an error, but taken", answer: scenario.Answer{Status: 503, Nevertheless: true}, texts: 1, status: "sending", leased: true},
		{name: "lost before", answer: scenario.Answer{Lost: true}, status: "sending", leased: true},
		{name: "lost after", answer: scenario.Answer{Lost: true, Nevertheless: true}, texts: 1, status: "sending", leased: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db, w, f, job := given(t)
			w.Answer(tt.answer)
			if err := f.send(t.Context(), job); err != nil {
				t.Fatal(err)
			}
			o := db.Written(t)
			if o.Text.Status != tt.status || o.Text.Reason != tt.reason || o.Ready() != tt.ready || o.Taken() != (tt.status == "sending" && !tt.ready && !tt.leased) {
				t.Errorf("text %+v", o)
			}
			if leased := db.Items(t)["CUSTOMER#acme#"+job.Customer+" / SUPPRESSION"]["sending"] != nil; leased != tt.leased {
				t.Errorf("leased: %v", leased)
			}
			// The job again: only what Twilio surely did not take is handed over again.
			if err := f.send(t.Context(), job); err != nil {
				t.Fatal(err)
			}
			calls, texts := 1, tt.texts
			if tt.ready {
				calls, texts = 2, 1
			}
			if w.Calls() != calls || len(w.Texts()) != texts {
				t.Errorf("%d calls, %d texts; want %d and %d", w.Calls(), len(w.Texts()), calls, texts)
			}
		})
	}
}

// The wire to DynamoDB breaks, once or for good, before or after any call; the worker
// may end there. The job comes again, and again: Twilio gets the text once at most.
func TestFaults(t *testing.T) {
	for name, fault := range map[string]scenario.Fault{"unsent": scenario.Unsent, "unanswered": scenario.Unanswered} {
		for call := 1; call <= 4; call++ {
			for _, killed := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s call %d, killed %v", name, call, killed), func(t *testing.T) {
					t.Parallel()
					db, w, f, job := given(t)
					ctx, kill := context.WithCancel(t.Context())
					defer kill()
					if !killed {
						kill = func() {}
					}
					db.Break(scenario.Then(fault, kill), call)
					_ = f.send(ctx, job)
					db.Mend()
					for range 2 {
						if err := start(t, db, w).send(t.Context(), job); err != nil {
							t.Fatal(err)
						}
					}
					o := db.Written(t)
					if n := len(w.Texts()); n > 1 || o.Taken() && n != 1 {
						t.Errorf("Twilio has %d texts; text %+v", n, o)
					}
					if o.Text.Status != clienteling.StatusSending {
						t.Errorf("text %+v", o)
					}
				})
			}
		}
	}
}

// DynamoDB is away while the outcome is known: the text is left claimed, and stays so.
func TestOutcomeNotRecorded(t *testing.T) {
	t.Parallel()
	db, w, f, job := given(t)
	w.Answer(scenario.Answer{Before: func() { db.Break(scenario.Unsent) }})
	if err := f.send(t.Context(), job); err == nil {
		t.Error("the job is done, it says")
	}
	db.Mend()
	if err := f.send(t.Context(), job); err != nil {
		t.Error(err)
	}
	if o := db.Written(t); o.Ready() || o.Taken() || len(w.Texts()) != 1 {
		t.Errorf("text %+v, Twilio has %d", o, len(w.Texts()))
	}
}

// The customer opts out between acceptance and job: nothing reaches Twilio.
func TestConsentWithdrawn(t *testing.T) {
	t.Parallel()
	db, w, f, job := given(t)
	db.Give(t, "stop")
	if err := f.send(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if o := db.Written(t); o.Text.Status != clienteling.StatusCanceled || o.Text.Reason != clienteling.ReasonOptedOut || w.Calls() != 0 {
		t.Errorf("text %+v after %d calls", o, w.Calls())
	}
}

// A call has its time and no more: an opt-out may be waiting for it.
func TestNoTimeLeft(t *testing.T) {
	t.Parallel()
	db, w, f, job := given(t)
	// The claim takes so long that the lease is all but over.
	db.Break(func(c *http.Request, send scenario.Send) (*http.Response, error) {
		res, err := send(c)
		db.Set(db.Now().Add(table.CallWithin - time.Second/2))
		return res, err
	}, 2)
	if err := f.send(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if o := db.Written(t); !o.Ready() || w.Calls() != 0 {
		t.Errorf("text %+v after %d calls", o, w.Calls())
	}
}

func TestTooSlow(t *testing.T) {
	t.Parallel()
	db, w, f, job := given(t)
	ctx, giveUp := context.WithTimeout(t.Context(), time.Second)
	defer giveUp()
	w.Answer(scenario.Answer{Before: func() { <-ctx.Done() }, Lost: true})
	if err := f.send(ctx, job); err != nil {
		t.Error(err)
	}
	if o := db.Written(t); o.Ready() || o.Taken() {
		t.Errorf("text %+v", o)
	}
}

func TestPause(t *testing.T) {
	for tries, want := range map[int]time.Duration{0: 5 * time.Second, 1: 10 * time.Second, 4: 80 * time.Second, 8: 15 * time.Minute, 1000: 15 * time.Minute} {
		if got := pause(tries); got != want {
			t.Errorf("after %d tries %v, want %v", tries, got, want)
		}
	}
}

func TestLogHoldsNothingPersonal(t *testing.T) {
	for _, a := range []scenario.Answer{{}, {Status: 400, Code: 21211}, {Status: 429}, {Status: 503}, {Lost: true}} {
		_, w, f, job := given(t)
		var log strings.Builder
		f.log = slog.New(slog.NewJSONHandler(&log, nil))
		w.Answer(a)
		if err := f.send(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{scenario.American, "coat", seed.AuthToken} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log holds %q: %s", secret, log.String())
			}
		}
		if log.Len() == 0 {
			t.Error("there is no log")
		}
	}
}
