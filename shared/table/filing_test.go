package table_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/table"
)

func TestFiling(t *testing.T) {
	onEngines(t, map[string]func(*testing.T, *scenario.Table){
		"filed":                    filedRegistration,
		"not editable":             notEditable,
		"submitted without saving": submittedWithoutSaving,
		"saved by many":            savedByMany,
		"taken":                    takenRegistration,
		"taken by many":            takenByMany,
		"overtaken":                overtakenRegistration,
		"due again":                registrationDueAgain,
		"papers":                   papers,
		"papers given up":          papersGivenUp,
		"requirements":             requirementsOfCountry,
	})
}

func wantFiled(t *testing.T, to *table.Table, want clienteling.Registration) {
	t.Helper()
	got, err := to.RegistrationFile(t.Context(), want.Retailer, want.Country)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("registration %+v, %v\nwant %+v", got, err, want)
	}
}

// wantRegistrationDue fails unless a registration of the country is due right after a
// moment, and not at it; never for the zero moment.
func wantRegistrationDue(t *testing.T, to *table.Table, country string, due time.Time) {
	t.Helper()
	is := func(before time.Time) bool {
		all, err := to.DueRegistrations(t.Context(), before, 9)
		must(t, err)
		for _, r := range all {
			if r.Country == country && r.Retailer == "acme" {
				return true
			}
		}
		return false
	}
	if due.IsZero() {
		if is(at.AddDate(10, 0, 0)) {
			t.Errorf("%s is due", country)
		}
	} else if is(due) || !is(due.Add(time.Millisecond)) {
		t.Errorf("%s is not due at %v", country, due)
	}
}

func filedRegistration(t *testing.T, db *scenario.Table) {
	to := db.Open()
	r := clienteling.Registration{
		Retailer: "acme", Country: "AT", AccountSID: seed.AccountSID, By: clienteling.Associate{ID: "admin-1", Name: "Sam"},
		Answers: map[string]clienteling.Answer{
			"business_name": {Text: "Acme Apparel Ltd"}, "business_address": {Address: &clienteling.Address{Street: "Graben 1", City: "Wien", PostalCode: "1010", Country: "AT"}},
		},
	}
	r = given[clienteling.Registration](t)(to.SaveRegistration(t.Context(), r, at))
	if r.ID == "" || r.State != clienteling.RegistrationDraft || r.Version != 1 {
		t.Errorf("saved %+v", r)
	}
	r.Made = map[string]string{}
	wantFiled(t, to, r)
	wantRegistrationDue(t, to, "AT", time.Time{})

	r = given[clienteling.Registration](t)(to.SubmitRegistration(t.Context(), r, at.Add(time.Hour)))
	wantFiled(t, to, r)
	wantRegistrationDue(t, to, "AT", at.Add(time.Hour+time.Minute))

	r = given[clienteling.Registration](t)(to.TakeRegistration(t.Context(), "acme", "AT", at.Add(2*time.Hour)))
	r = given[clienteling.Registration](t)(to.RegistrationMade(t.Context(), r, "end_user", "IT1", at.Add(2*time.Hour)))
	wantFiled(t, to, r)
	before := r.Made
	r = given[clienteling.Registration](t)(to.RegistrationMade(t.Context(), r, "bundle", "BU1", at.Add(2*time.Hour)))
	if len(before) != 1 {
		t.Errorf("what was made before is %v now", before)
	}
	wantFiled(t, to, r)

	r.State, r.Tries = clienteling.RegistrationRejected, 3
	r.Rejections = []clienteling.Rejection{{Item: "business_name", Reason: "Another name."}, {Reason: "And more."}}
	r = given[clienteling.Registration](t)(to.RegistrationGoesOn(t.Context(), r, time.Time{}, at.Add(3*time.Hour)))
	wantFiled(t, to, r)
	wantRegistrationDue(t, to, "AT", time.Time{})

	r = given[clienteling.Registration](t)(to.SubmitRegistration(t.Context(), r, at.Add(4*time.Hour)))
	if r.Rejections != nil || r.Tries != 0 || len(r.Made) != 2 || !r.SubmittedAt.Equal(at.Add(4*time.Hour)) {
		t.Errorf("submitted again %+v", r)
	}
	wantFiled(t, to, r)

	r.State, r.BundleSID, r.AddressSID, r.ApprovedAt, r.ValidUntil = clienteling.RegistrationApproved, "BU1", "AD1", at.Add(5*time.Hour), at.AddDate(1, 0, 0)
	r = given[clienteling.Registration](t)(to.RegistrationGoesOn(t.Context(), r, at.AddDate(0, 11, 0), at.Add(5*time.Hour)))
	wantFiled(t, to, r)
	wantRegistrationDue(t, to, "AT", at.AddDate(0, 11, 0))
	if due := dueApprovals(t, to, at.Add(6*time.Hour)); !reflect.DeepEqual(due, []string{"AT"}) {
		t.Errorf("due approvals %v", due)
	}
}

func notEditable(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for _, state := range []clienteling.RegistrationState{clienteling.RegistrationSubmitting, clienteling.RegistrationInReview, clienteling.RegistrationApproved} {
		r := registration("AT", state)
		must(t, to.PutRegistration(t.Context(), r, at))
		refused(t, db, "saved while "+string(state), "registration_in_review", func() error { _, err := to.SaveRegistration(t.Context(), r, at); return err })
		refused(t, db, "submitted while "+string(state), "registration_in_review", func() error { _, err := to.SubmitRegistration(t.Context(), r, at); return err })
	}
}

// Papers alone may be all that a country asks for: the first that is written is the
// submission, and it needs an id for its names at Twilio.
func submittedWithoutSaving(t *testing.T, db *scenario.Table) {
	to := db.Open()
	r := given[clienteling.Registration](t)(to.SubmitRegistration(t.Context(), registration("AT", clienteling.RegistrationDraft), at))
	other := given[clienteling.Registration](t)(to.SubmitRegistration(t.Context(), registration("BE", clienteling.RegistrationDraft), at))
	if r.ID == "" || r.ID == other.ID {
		t.Errorf("their ids are %q and %q", r.ID, other.ID)
	}
	got, err := to.RegistrationFile(t.Context(), "acme", "AT")
	if err != nil || got.ID != r.ID || got.Made == nil || got.Answers == nil {
		t.Errorf("registration %+v, %v", got, err)
	}
}

func savedByMany(t *testing.T, db *scenario.Table) {
	to := db.Open()
	save := func(r clienteling.Registration) map[string]int {
		return raceOf(16, func(int) error { _, err := to.SaveRegistration(t.Context(), r, at); return err })
	}
	expect(t, save(registration("AT", "")), map[string]int{"<nil>": 1, table.ErrNotReady.Error(): 15})
	r, err := to.RegistrationFile(t.Context(), "acme", "AT")
	must(t, err)
	expect(t, save(r), map[string]int{"<nil>": 1, table.ErrNotReady.Error(): 15})
}

func submitted(t *testing.T, to *table.Table, country string) clienteling.Registration {
	t.Helper()
	r := given[clienteling.Registration](t)(to.SaveRegistration(t.Context(), registration(country, ""), at))
	return given[clienteling.Registration](t)(to.SubmitRegistration(t.Context(), r, at))
}

func takenRegistration(t *testing.T, db *scenario.Table) {
	to := db.Open()
	take := func(at time.Time) func() error {
		return func() error { _, err := to.TakeRegistration(t.Context(), "acme", "AT", at); return err }
	}
	if err := take(at)(); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	submitted(t, to, "AT")
	must(t, take(at)())
	wantRegistrationDue(t, to, "AT", at.Add(90*time.Second))
	refused(t, db, "taken already", table.ErrNotReady.Error(), take(at))
	refused(t, db, "taken still", table.ErrNotReady.Error(), take(at.Add(90*time.Second-time.Millisecond)))
	must(t, take(at.Add(90*time.Second))())
	for _, state := range []clienteling.RegistrationState{clienteling.RegistrationDraft, clienteling.RegistrationRejected, clienteling.RegistrationExpired} {
		must(t, to.PutRegistration(t.Context(), registration("AT", state), at))
		refused(t, db, "taken while "+string(state), table.ErrNotReady.Error(), take(at.Add(time.Hour)))
	}
}

func takenByMany(t *testing.T, db *scenario.Table) {
	to := db.Open()
	submitted(t, to, "AT")
	expect(t, raceOf(16, func(int) error { _, err := to.TakeRegistration(t.Context(), "acme", "AT", at); return err }),
		map[string]int{"<nil>": 1, table.ErrNotReady.Error(): 15})
}

// A worker whose lease is over changes nothing any more.
func overtakenRegistration(t *testing.T, db *scenario.Table) {
	to := db.Open()
	submitted(t, to, "AT")
	old := given[clienteling.Registration](t)(to.TakeRegistration(t.Context(), "acme", "AT", at))
	given[clienteling.Registration](t)(to.TakeRegistration(t.Context(), "acme", "AT", at.Add(2*time.Minute)))
	refused(t, db, "made by the old worker", table.ErrNotReady.Error(), func() error {
		_, err := to.RegistrationMade(t.Context(), old, "bundle", "BU1", at.Add(2*time.Minute))
		return err
	})
	old.State = clienteling.RegistrationApproved
	refused(t, db, "ended by the old worker", table.ErrNotReady.Error(), func() error {
		_, err := to.RegistrationGoesOn(t.Context(), old, time.Time{}, at.Add(2*time.Minute))
		return err
	})
}

func registrationDueAgain(t *testing.T, db *scenario.Table) {
	to := db.Open()
	r := submitted(t, to, "AT")
	must(t, to.RegistrationDueAgain(t.Context(), r, at.Add(time.Hour)))
	wantRegistrationDue(t, to, "AT", at.Add(time.Hour))
	given[clienteling.Registration](t)(to.TakeRegistration(t.Context(), "acme", "AT", at))
	refused(t, db, "due again, but taken meanwhile", table.ErrNotReady.Error(), func() error { return to.RegistrationDueAgain(t.Context(), r, at.Add(time.Hour)) })
}

func papers(t *testing.T, db *scenario.Table) {
	to := db.Open()
	want := clienteling.Document{
		Retailer: "acme", Country: "AT", Item: "representative_id", Choice: "passport", AccountSID: seed.AccountSID,
		Name: "id.pdf", Type: "application/pdf", Size: 1234, Hash: "abcd", At: at,
	}
	d := given[clienteling.Document](t)(to.BeginUpload(t.Context(), want))
	want.ID, want.State = d.ID, clienteling.DocumentUploading
	check := func(due time.Time) {
		t.Helper()
		if got, err := to.Document(t.Context(), "acme", "AT", d.ID); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("paper %+v, %v\nwant %+v", got, err, want)
		}
		if all, err := to.Documents(t.Context(), "acme", "AT"); err != nil || !reflect.DeepEqual(all, []clienteling.Document{want}) {
			t.Errorf("papers %+v, %v", all, err)
		}
		before, err := to.DueDocuments(t.Context(), due, 9)
		must(t, err)
		after, err := to.DueDocuments(t.Context(), due.Add(time.Millisecond), 9)
		must(t, err)
		if len(before) != 0 || len(after) != 1 || after[0].ID != d.ID {
			t.Errorf("due at %v are %+v, then %+v", due, before, after)
		}
	}
	check(at.Add(10 * time.Minute))
	d = given[clienteling.Document](t)(to.Uploaded(t.Context(), d, "RD1"))
	want.SID, want.State = "RD1", clienteling.DocumentThere
	check(at.Add(30 * 24 * time.Hour))
	refused(t, db, "uploaded twice", "not_found", func() error { _, err := to.Uploaded(t.Context(), d, "RD2"); return err })
	refused(t, db, "forgotten, and it is there", "<nil>", func() error { return to.ForgetDocument(t.Context(), d) })
	must(t, to.ClaimDocument(t.Context(), d))
	if due, err := to.DueDocuments(t.Context(), at.AddDate(10, 0, 0), 9); err != nil || len(due) != 0 {
		t.Errorf("claimed, and due are %+v, %v", due, err)
	}
	d = given[clienteling.Document](t)(to.DropDocument(t.Context(), d, at.Add(time.Hour)))
	want.State = clienteling.DocumentDeleting
	check(at.Add(time.Hour + time.Minute))
	refused(t, db, "claimed while it is deleted", "not_found", func() error {
		d.State = clienteling.DocumentThere
		return to.ClaimDocument(t.Context(), d)
	})
	must(t, to.ForgetDocument(t.Context(), d))
	if _, err := to.Document(t.Context(), "acme", "AT", d.ID); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("forgotten: %v", err)
	}
}

// An upload that was given up is not there, even when it ends well after all.
func papersGivenUp(t *testing.T, db *scenario.Table) {
	to := db.Open()
	d := given[clienteling.Document](t)(to.BeginUpload(t.Context(), clienteling.Document{Retailer: "acme", Country: "AT", Item: "excerpt", At: at}))
	given[clienteling.Document](t)(to.DropDocument(t.Context(), d, at))
	refused(t, db, "uploaded too late", "not_found", func() error { _, err := to.Uploaded(t.Context(), d, "RD1"); return err })
	other := given[clienteling.Document](t)(to.BeginUpload(t.Context(), clienteling.Document{Retailer: "acme", Country: "BE", Item: "excerpt", At: at}))
	for _, of := range [][3]string{{"acme", "BE", d.ID}, {"rival", "BE", other.ID}, {"acme", "AT", ""}} {
		if _, err := to.Document(t.Context(), of[0], of[1], of[2]); !errors.Is(err, clienteling.ErrNotFound) {
			t.Errorf("%v: %v", of, err)
		}
	}
}

func requirementsOfCountry(t *testing.T, db *scenario.Table) {
	to := db.Open()
	if _, err := to.Requirements(t.Context(), "EE"); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("nobody has looked: %v", err)
	}
	want := table.Requirements{Country: "EE", At: at, Items: []country.Item{{
		Key: "business_name", Label: "Business Name", Kind: country.Text, Required: true, Source: country.Twilio, Personal: true, Choices: []string{"a", "b"},
		Twilio: country.Field{Object: country.EndUser, Name: "business_name", Type: "business"},
	}}}
	expect(t, raceOf(16, func(int) error { _, err := to.SaveRequirements(t.Context(), want); return err }), map[string]int{"<nil>": 1, table.ErrNotReady.Error(): 15})
	want.Version = 1
	if got, err := to.Requirements(t.Context(), "EE"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("requirements %+v, %v\nwant %+v", got, err, want)
	}
	want.By, want.Items = clienteling.Associate{ID: "operator-1", Name: "Kim"}, append(want.Items, country.Item{Key: "more", Label: "More", Kind: country.Document})
	want = given[table.Requirements](t)(to.SaveRequirements(t.Context(), want))
	if got, err := to.Requirements(t.Context(), "EE"); err != nil || !reflect.DeepEqual(got, want) || got.Version != 2 {
		t.Errorf("requirements %+v, %v\nwant %+v", got, err, want)
	}
	// One registration is for both, and so are its requirements.
	given[table.Requirements](t)(to.SaveRequirements(t.Context(), table.Requirements{Country: "CA", At: at}))
	if got, err := to.Requirements(t.Context(), "US"); err != nil || got.Version != 1 {
		t.Errorf("requirements of the US %+v, %v", got, err)
	}
}
