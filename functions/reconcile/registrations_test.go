package main

import (
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/twilio"
)

// filing is a world in which papers are filed.
func filing(t *testing.T) *numbersWorld {
	t.Helper()
	w := numbers(t, false)
	w.filings = w.db.FilingJobs
	return w
}

// uploads begins an upload for France; at Twilio, if it got there.
func (w *numbersWorld) uploads(there bool) clienteling.Document {
	w.Helper()
	d, err := w.table.BeginUpload(w.Context(), clienteling.Document{
		Retailer: retailer, Country: "FR", Item: "kbis", AccountSID: seed.AccountSID, Name: "kbis.pdf", Type: "application/pdf", Size: len(seed.PDF), At: w.db.Now(),
	})
	w.must(err)
	if there {
		sent, err := w.sim.Client(w).UploadDocument(w.Context(), seed.AccountSID, twilio.DocumentUpload{
			FriendlyName: clienteling.Sandbox.PaperName(d.ID), Type: "commercial_registrar_excerpt", FileName: d.Name, ContentType: d.Type,
			Body: strings.NewReader(seed.PDF), Size: int64(len(seed.PDF)),
		})
		w.must(err)
		d.SID = sent.SID
	}
	return d
}

// hasPaper reports whether Twilio has a paper.
func (w *numbersWorld) hasPaper(d clienteling.Document) bool {
	w.Helper()
	_, found, err := w.sim.Client(w).FindDocument(w.Context(), seed.AccountSID, clienteling.Sandbox.PaperName(d.ID))
	w.must(err)
	return found
}

func (w *numbersWorld) recorded() int {
	w.Helper()
	all, err := w.table.Documents(w.Context(), retailer, "FR")
	w.must(err)
	return len(all)
}

// Papers that nobody needs go: those whose upload nobody finished, whether Twilio has
// them or not, those that nobody submits, and those that were deleted while Twilio was
// away. What a submission took stays.
func TestPapersNobodyNeeds(t *testing.T) {
	for name, tt := range map[string]struct {
		there   bool
		before  func(*numbersWorld, *clienteling.Document)
		stays   time.Duration // it is there until then
		forever bool
	}{
		"lost on the way":           {there: false, stays: 10 * time.Minute},
		"there, and never recorded": {there: true, stays: 10 * time.Minute},
		"uploaded, never submitted": {there: true, stays: 30 * 24 * time.Hour, before: finished},
		"submitted":                 {there: true, forever: true, before: claimed},
		"deleted, and Twilio was away": {there: true, stays: time.Minute, before: func(w *numbersWorld, d *clienteling.Document) {
			finished(w, d)
			var err error
			*d, err = w.table.DropDocument(w.Context(), *d, w.db.Now())
			w.must(err)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := filing(t)
			d := w.uploads(tt.there)
			if tt.before != nil {
				tt.before(w, &d)
			}
			if tt.forever {
				w.pass(365 * 24 * time.Hour)
				w.runs()
				if w.recorded() != 1 || !w.hasPaper(d) {
					t.Error("it is gone")
				}
				return
			}
			w.pass(tt.stays - time.Second)
			w.runs()
			if w.recorded() != 1 || w.hasPaper(d) != tt.there {
				t.Error("it went too early")
			}
			w.pass(2 * time.Second)
			w.runs()
			if w.recorded() != 0 || w.hasPaper(d) {
				t.Errorf("recorded %d, at Twilio: %t", w.recorded(), w.hasPaper(d))
			}
		})
	}
}

func finished(w *numbersWorld, d *clienteling.Document) {
	w.Helper()
	var err error
	*d, err = w.table.Uploaded(w.Context(), *d, d.SID)
	w.must(err)
}

func claimed(w *numbersWorld, d *clienteling.Document) {
	w.Helper()
	finished(w, d)
	w.must(w.table.ClaimDocument(w.Context(), *d))
}

// While Twilio is away a paper stays recorded, and the next run deletes it.
func TestPapersWhileTwilioIsAway(t *testing.T) {
	t.Parallel()
	w := filing(t)
	d := w.uploads(true)
	w.pass(11 * time.Minute)
	w.sim.Control(t, "POST", "/control/faults", map[string]any{"operation": "documents.delete", "kind": "503"}, nil)
	if err := w.run(t.Context()); err == nil {
		t.Error("all went well, it says")
	}
	if w.recorded() != 1 {
		t.Error("it is forgotten, and at Twilio")
	}
	w.pass(2 * time.Minute)
	w.runs()
	if w.recorded() != 0 || w.hasPaper(d) {
		t.Error("it is still there")
	}
}

// A registration that is due has a job left for it, once a minute, until its worker
// has moved it on.
func TestDueRegistrations(t *testing.T) {
	t.Parallel()
	w := filing(t)
	r, err := w.table.SubmitRegistration(t.Context(), clienteling.Registration{Retailer: retailer, Country: "FR", State: clienteling.RegistrationDraft, AccountSID: seed.AccountSID}, w.db.Now())
	w.must(err)
	job := queue.SubmitRegistration{Retailer: retailer, Country: "FR"}
	for _, step := range []struct {
		after time.Duration
		jobs  int
	}{{59 * time.Second, 0}, {2 * time.Second, 1}, {30 * time.Second, 1}, {31 * time.Second, 2}} {
		w.pass(step.after)
		w.runs()
		if left := w.db.FilingJobs.Left(); len(left) != step.jobs || len(left) > 0 && left[0] != job {
			t.Errorf("after another %v: %v, want %d", step.after, left, step.jobs)
		}
	}
	r.State = clienteling.RegistrationRejected
	_, err = w.table.RegistrationGoesOn(t.Context(), r, time.Time{}, w.db.Now())
	w.must(err)
	w.pass(time.Hour)
	w.runs()
	if left := w.db.FilingJobs.Left(); len(left) != 2 {
		t.Errorf("jobs for one that is decided: %v", left)
	}
}
