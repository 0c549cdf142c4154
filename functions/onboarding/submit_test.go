package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/queue"
	"clienteling/shared/table"
)

func submission(code string) call { return call{at: "POST /v1/countries/" + code + "/submission"} }

// complete gives everything that Germany asks for.
func (w *world) complete() paper {
	w.Helper()
	w.draft("DE", answers{
		map[string]string{"business_name": "Nova Mode GmbH", "registration_number": "HRB 11223", "vat_number": "DE136695976"},
		map[string]clienteling.Address{"business_address": {Street: "Jungfernstieg 7", City: "Hamburg", PostalCode: "20354", Country: "DE"}},
	})
	return w.upload("DE", "excerpt", "")
}

// In every country: with everything given but one item, exactly that one is named; of a
// group one is enough; and with everything given it is submitted.
func TestSubmissionNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all []string
	for _, known := range country.All() {
		all = append(all, known.Code)
	}
	w.enable(retailer, all...)
	for _, known := range country.All() {
		if known.Code != known.Registration {
			continue
		}
		t.Run(known.Code, func(t *testing.T) {
			t.Parallel()
			filed := &filer{world: &world{t, w.db, w.twilio, w.handle}, country: known, papers: map[string]string{}}
			filed.everything()
		})
	}
}

// filer files a country's registration over and over.
type filer struct {
	*world
	country country.Country
	items   []country.Item
	papers  map[string]string // their ids, by the keys of the items
	tries   int
}

func (f *filer) everything() {
	f.Helper()
	// What the country asks for is read as the function reads it.
	f.world.country(f.country.Code)
	f.items = append(f.country.Items(), f.requirements(f.country.Code).Items...)
	if len(f.items) == 0 {
		f.Fatal("it asks for nothing")
	}
	groups, conditions := map[string][]string{}, map[string][]string{}
	for _, i := range f.items {
		if i.OneOf != "" && i.Required {
			groups[i.OneOf] = append(groups[i.OneOf], pointerOf(i))
		}
		if i.When != "" {
			conditions[i.When] = append(conditions[i.When], pointerOf(i))
		}
		if i.Kind == country.Document {
			f.paper(i)
		}
	}
	given := func(country.Item) bool { return true }
	for _, i := range f.items {
		var want []string
		if i.Required && len(groups[i.OneOf]) < 2 {
			want = []string{pointerOf(i)}
		}
		f.file("without "+i.Key, func(other country.Item) bool { return other.Key != i.Key }, "", want)
		if i.OneOf != "" {
			f.file("with only "+i.Key+" of its group", func(other country.Item) bool { return other.OneOf != i.OneOf || other.Key == i.Key }, "", nil)
		}
	}
	for group, want := range groups {
		f.file("with nothing of "+group, func(i country.Item) bool { return i.OneOf != group }, "", want)
	}
	for condition, want := range conditions {
		without := func(i country.Item) bool { return i.When != condition }
		f.file("without what needs "+condition, without, "", nil)
		f.file("without what needs "+condition+", which holds", without, condition, want)
		f.file(condition+" holds", given, condition, nil)
	}
	var required []string
	for _, i := range f.items {
		if i.Required {
			required = append(required, pointerOf(i))
		}
	}
	f.file("nothing", func(country.Item) bool { return false }, "", required)
	f.file("everything", given, "", nil)
}

func pointerOf(i country.Item) string {
	switch i.Kind {
	case country.Document:
		return "/documents/" + i.Key
	case country.Address:
		return "/addresses/" + i.Key
	}
	return "/answers/" + i.Key
}

// paper uploads a paper for an item.
func (f *filer) paper(i country.Item) {
	f.Helper()
	choice := ""
	if len(i.Choices) > 0 {
		choice = i.Choices[0]
	}
	to := f.db.Open()
	d, err := to.BeginUpload(f.Context(), clienteling.Document{
		Retailer: retailer, Country: f.country.Registration, Item: i.Key, Choice: choice, AccountSID: seed.AccountSID, Name: "a.pdf", Type: "application/pdf", Size: 9, At: f.db.Now(),
	})
	f.must(err)
	_, err = to.Uploaded(f.Context(), d, "RD"+strings.Repeat("1", 32))
	f.must(err)
	f.papers[i.Key] = d.ID
}

// file submits a registration in which some items are given, and a condition holds.
// What is missing is named; if nothing is, it is submitted.
func (f *filer) file(name string, given func(country.Item) bool, holds string, missing []string) {
	f.Helper()
	f.tries++
	r := clienteling.Registration{
		Retailer: retailer, Country: f.country.Registration, State: clienteling.RegistrationDraft, ID: "01a20287-bd60-7000-8000-0000000000aa",
		AccountSID: seed.AccountSID, Answers: map[string]clienteling.Answer{}, Version: f.tries * 10,
	}
	if holds != "" {
		r.Answers[holds] = clienteling.Answer{Text: clienteling.Yes}
	}
	for _, i := range f.items {
		switch {
		case i.Kind == country.Document:
			state := clienteling.DocumentThere
			if !given(i) {
				state = clienteling.DocumentDeleting
			}
			f.db.Patch(f, "RETAILER#"+retailer, "DOCUMENT#"+f.country.Registration+"#"+f.papers[i.Key], map[string]any{"state": string(state)})
		case !given(i):
		case i.Kind == country.Address:
			r.Answers[i.Key] = clienteling.Answer{Address: new(place(i))}
		default:
			r.Answers[i.Key] = clienteling.Answer{Text: sample(f, i)}
		}
	}
	f.must(f.db.Open().PutRegistration(f.Context(), r, f.db.Now()))
	got := f.ask(submission(f.country.Code))
	want := answered{status: http.StatusAccepted}
	if len(missing) > 0 {
		want = answered{http.StatusUnprocessableEntity, "items_missing"}
	}
	if got.answered != want || !slices.Equal(got.pointers, missing) {
		f.Errorf("%s: answered %d %s %v, want %v %v", name, got.status, got.code, got.pointers, want, missing)
	}
	now, err := f.db.Open().Registration(f.Context(), retailer, f.country.Code)
	f.must(err)
	if (now.State == clienteling.RegistrationSubmitting) != (len(missing) == 0) {
		f.Errorf("%s: it is %s now", name, now.State)
	}
}

// What the samples of the tests say is what the function takes, without a warning.
func TestSamplesAreTaken(t *testing.T) {
	t.Parallel()
	for _, known := range country.All() {
		for _, i := range known.Items() {
			var warning string
			var err error
			switch i.Kind {
			case country.Document:
				continue
			case country.Address:
				warning, err = i.CheckAddress(country.PostalAddress(place(i)))
			default:
				warning, err = i.Check(sample(t, i))
			}
			if err != nil || warning != "" {
				t.Errorf("%s %s: %v %s", known.Code, i.Key, err, warning)
			}
		}
	}
}

func TestSubmit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE")
	p := w.complete()
	second := w.upload("DE", "excerpt", "")
	w.db.Set(w.db.Now().Add(time.Minute))
	first, tag := ok[shown](w, http.StatusAccepted, submission("DE"))
	if first.Registration != "submitting" || len(first.Missing) != 0 || first.SubmittedAt != "2026-11-01T08:01:00.000Z" || tag != `"2"` {
		t.Errorf("answered %+v, ETag %s", first, tag)
	}
	r := w.file("DE")
	if r.State != clienteling.RegistrationSubmitting || r.AccountSID != seed.AccountSID || r.By.Name != "Ada Admin" || r.ID == "" {
		t.Errorf("%+v", r)
	}
	if left := w.db.FilingJobs.Left(); !slices.Equal(left, []queue.SubmitRegistration{{Retailer: retailer, Country: "DE"}}) {
		t.Errorf("jobs %v", left)
	}
	// The papers are claimed: they do not go by themselves any more.
	due, err := w.db.Open().DueDocuments(t.Context(), w.db.Now().Add(400*24*time.Hour), 25)
	w.must(err)
	if len(due) != 0 || len(w.papers("DE")) != 2 {
		t.Errorf("due %+v of %s and %s", due, p.ID, second.ID)
	}
	// The same again, also much later and in review, is answered the same and does nothing.
	for _, state := range []clienteling.RegistrationState{clienteling.RegistrationSubmitting, clienteling.RegistrationInReview} {
		w.register("DE", state, func(r *clienteling.Registration) { r.SubmittedAt = w.db.Now() })
		before := w.db.Items(t)
		again, _ := ok[shown](w, http.StatusAccepted, submission("DE"))
		first.Registration = string(state)
		a, _ := json.Marshal(again)
		if b, _ := json.Marshal(first); string(a) != string(b) {
			t.Errorf("again: %s, first %s", a, b)
		}
		w.unchanged(before)
	}
	if n := len(w.db.FilingJobs.Left()); n != 1 {
		t.Errorf("%d jobs", n)
	}
	w.register("DE", clienteling.RegistrationApproved, nil)
	w.refused(submission("DE"), http.StatusConflict, "registration_in_review")
}

// What was rejected can be submitted as it is, and what has expired, too.
func TestSubmitAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE")
	w.complete()
	for n, state := range []clienteling.RegistrationState{clienteling.RegistrationRejected, clienteling.RegistrationExpired} {
		w.register("DE", state, func(r *clienteling.Registration) {
			r.Rejections = []clienteling.Rejection{{Reason: "The review took a break."}}
		})
		got, _ := ok[shown](w, http.StatusAccepted, submission("DE"))
		if got.Registration != "submitting" || len(got.Rejections) > 0 || len(w.db.FilingJobs.Left()) != n+1 {
			t.Errorf("after %s: %+v, jobs %v", state, got, w.db.FilingJobs.Left())
		}
	}
}

// A job that cannot be left is left by reconcile a minute later.
func TestSubmitWhileTheQueueIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE")
	w.complete()
	w.db.FilingJobs.Away(errors.New("no queue"))
	ok[shown](w, http.StatusAccepted, submission("DE"))
	for after, want := range map[time.Duration]int{59 * time.Second: 0, 61 * time.Second: 1} {
		due, err := w.db.Open().DueRegistrations(t.Context(), w.db.Now().Add(after), 25)
		w.must(err)
		if len(due) != want || want > 0 && (due[0].Retailer != retailer || due[0].Country != "DE") {
			t.Errorf("after %v due: %+v", after, due)
		}
	}
}

// Of many who submit at once one leaves the job.
func TestSubmitAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE")
	w.complete()
	counts, mu := map[answered]int{}, sync.Mutex{}
	var running sync.WaitGroup
	for range 8 {
		r := w.request(submission("DE"))
		running.Go(func() {
			res, err := w.handle(t.Context(), r)
			var p struct{ Code string }
			if err == nil && res.StatusCode >= 300 {
				err = json.Unmarshal([]byte(res.Body), &p)
			}
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			counts[answered{res.StatusCode, p.Code}]++
		})
	}
	running.Wait()
	if n := counts[answered{status: 202}]; n == 0 || n+counts[answered{409, "registration_changed"}] != 8 || len(w.db.FilingJobs.Left()) != 1 {
		t.Errorf("answered %v, jobs %v", counts, w.db.FilingJobs.Left())
	}
	if r := w.file("DE"); r.State != clienteling.RegistrationSubmitting || r.Version != 2 {
		t.Errorf("%+v", r)
	}
}

// Where a country asks for documents only, nobody has saved a draft.
func TestSubmitDocumentsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "TH")
	_, err := w.db.Open().SaveRequirements(t.Context(), table.Requirements{
		Country: "TH", By: clienteling.Associate{ID: "operator-1"}, At: w.db.Now(),
		Items: []country.Item{{Key: "affidavit", Label: "Company affidavit", Kind: country.Document, Required: true, Source: country.Twilio, Twilio: country.Field{Object: country.DocumentObject, Type: "business_registration"}}},
	})
	w.must(err)
	w.refused(submission("TH"), http.StatusUnprocessableEntity, "items_missing", "/documents/affidavit")
	w.upload("TH", "affidavit", "")
	got, _ := ok[shown](w, http.StatusAccepted, submission("TH"))
	if r := w.file("TH"); got.Registration != "submitting" || r.ID == "" || r.AccountSID != seed.AccountSID || len(w.db.FilingJobs.Left()) != 1 {
		t.Errorf("%+v, %+v, jobs %v", got.facts, r, w.db.FilingJobs.Left())
	}
}

// A document that is going, or may never have come, does not stand for its item.
func TestOnlyDocumentsThereCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE")
	p := w.complete()
	for state, want := range map[clienteling.DocumentState]string{
		clienteling.DocumentUploading: "[/documents/excerpt]", clienteling.DocumentDeleting: "[/documents/excerpt]", clienteling.DocumentThere: "[]",
	} {
		w.register("DE", clienteling.RegistrationDraft, nil)
		w.db.Patch(t, "RETAILER#"+retailer, "DOCUMENT#DE#"+p.ID, map[string]any{"state": string(state)})
		if got := w.ask(submission("DE")); fmt.Sprint(got.pointers) != want {
			t.Errorf("%s: %s", state, got.Body)
		}
	}
}
