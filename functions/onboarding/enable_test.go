package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
)

// said is what a retailer says of itself.
type said struct {
	LegalName    string   `json:"legalName"`
	ContactEmail string   `json:"contactEmail"`
	Countries    []string `json:"countries"`
	OptInMode    string   `json:"optInMode,omitempty"`
}

func asked(countries ...string) said {
	return said{LegalName: "Nova Mode SARL", ContactEmail: "clienteling@nova.example", Countries: countries}
}

func put(body any) call { return call{at: "PUT /v1/onboarding", body: body} }

func codes(o onboarding) []string {
	found := []string{}
	for _, c := range o.Countries {
		found = append(found, c.Country)
	}
	return found
}

func TestEnable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := asked("FR", "CA")
	body.LegalName, body.ContactEmail = "  Nova Mode SARL ", " clienteling@nova.example "
	first, _ := ok[onboarding](w, http.StatusOK, put(body))
	want := clienteling.Retailer{
		ID: retailer, LegalName: "Nova Mode SARL", ContactEmail: "clienteling@nova.example", Countries: []string{"FR", "CA"}, OptInMode: clienteling.AnyReply, EnabledAt: w.db.Now(),
	}
	stored := func() clienteling.Retailer {
		t.Helper()
		r, err := w.db.Open().Retailer(t.Context(), retailer)
		w.must(err)
		return r
	}
	if got := stored(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("stored %+v, want %+v", got, want)
	}
	if !first.Enabled || first.EnabledAt != "2026-11-01T08:00:00.000Z" || first.OptInMode != "any_reply" || !slices.Equal(codes(first), want.Countries) {
		t.Errorf("answered %+v", first)
	}
	// The same again, a day later, changes nothing.
	before := w.db.Items(t)
	w.db.Set(w.db.Now().Add(24 * time.Hour))
	again, _ := ok[onboarding](w, http.StatusOK, put(asked("FR", "CA")))
	if fmt.Sprint(again) != fmt.Sprint(first) {
		t.Errorf("again: %+v, first %+v", again, first)
	}
	w.unchanged(before)
	// Everything else can be changed.
	changed := said{"Nova SAS", "texting@nova.example", []string{"FR", "CA"}, "explicit"}
	ok[onboarding](w, http.StatusOK, put(changed))
	want.LegalName, want.ContactEmail, want.OptInMode = "Nova SAS", "texting@nova.example", clienteling.Explicit
	if got := stored(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("stored %+v, want %+v", got, want)
	}
}

// A country that was asked for is never dropped, and the order is that of the last call.
func TestCountriesStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, step := range []struct{ sent, want string }{
		{"FR DE", "FR DE"},
		{"IT", "IT FR DE"},
		{"DE FR IT", "DE FR IT"},
		{"US DE", "US DE FR IT"},
		{"US DE", "US DE FR IT"},
	} {
		got, _ := ok[onboarding](w, http.StatusOK, put(asked(strings.Fields(step.sent)...)))
		read, _ := ok[onboarding](w, http.StatusOK, call{at: "GET /v1/onboarding"})
		if want := strings.Fields(step.want); !slices.Equal(codes(got), want) || !slices.Equal(codes(read), want) {
			t.Errorf("%s: %v, then %v, want %v", step.sent, codes(got), codes(read), want)
		}
	}
}

// A retailer begins with an opt-in message in the language of each of its countries. New
// countries bring theirs; what is there already is the retailer's own.
func TestOptInMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	messages := func() (byDefault string, languages []string) {
		t.Helper()
		all, err := w.db.Open().Templates(t.Context(), retailer)
		w.must(err)
		for _, m := range all.OptIn {
			languages = append(languages, m.Language)
		}
		return all.Default, languages
	}
	ok[onboarding](w, http.StatusOK, put(asked("FR", "CA", "BE")))
	if of, all := messages(); of != "fr" || !slices.Equal(all, []string{"en", "fr", "nl"}) {
		t.Errorf("it begins with %v, by default %s", all, of)
	}
	own := clienteling.Wording{Language: "fr", Text: "{{store.name}} : OUI ou STOP ?"}
	_, _, _, err := w.db.Open().SetOptIn(t.Context(), retailer, nil, own)
	w.must(err)
	_, err = w.db.Open().DeleteOptIn(t.Context(), retailer, nil, "nl")
	w.must(err)

	// The messages fail after the countries were taken: the same call again brings them.
	w.db.Break(scenario.Then(scenario.Refused(http.StatusBadRequest, "ValidationException"), w.db.Mend), 3)
	if got := w.ask(put(asked("DE", "US", "FR"))); got.answered != (answered{http.StatusServiceUnavailable, "storage_unavailable"}) {
		t.Errorf("the fault was answered %d %s", got.status, got.Body)
	}
	if r, err := w.db.Open().Retailer(t.Context(), retailer); err != nil || r.Countries[0] != "DE" {
		t.Fatalf("the countries were not taken: %+v, %v", r, err)
	}
	if of, all := messages(); of != "fr" || !slices.Equal(all, []string{"en", "fr"}) {
		t.Errorf("after the fault it has %v, by default %s", all, of)
	}
	for range 2 {
		ok[onboarding](w, http.StatusOK, put(asked("DE", "US", "FR")))
		if of, all := messages(); of != "fr" || !slices.Equal(all, []string{"de", "en", "fr"}) {
			t.Errorf("with more countries it has %v, by default %s", all, of)
		}
	}
	if m, err := w.db.Open().Wording(t.Context(), retailer, "fr"); err != nil || m.Text != own.Text {
		t.Errorf("its own message is %+v, %v", m, err)
	}
}

func TestEnableRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("é", 200)
	for name, test := range map[string]struct {
		change   func(*said)
		pointers string
	}{
		"no legal name":       {func(s *said) { s.LegalName = " \t" }, "/legalName"},
		"long legal name":     {func(s *said) { s.LegalName = long + "é" }, "/legalName"},
		"no address":          {func(s *said) { s.ContactEmail = "" }, "/contactEmail"},
		"an address and name": {func(s *said) { s.ContactEmail = "Ada <ada@nova.example>" }, "/contactEmail"},
		"two addresses":       {func(s *said) { s.ContactEmail = "a@nova.example, b@nova.example" }, "/contactEmail"},
		"no countries":        {func(s *said) { s.Countries = nil }, "/countries"},
		"not offered":         {func(s *said) { s.Countries = []string{"FR", "UK", "JP"} }, "/countries/1 /countries/2"},
		"small letters":       {func(s *said) { s.Countries = []string{"fr"} }, "/countries/0"},
		"twice":               {func(s *said) { s.Countries = []string{"FR", "DE", "FR"} }, "/countries/2"},
		"no mode":             {func(s *said) { s.OptInMode = "silence" }, "/optInMode"},
		"everything at once": {func(s *said) { *s = said{Countries: []string{"XX", "XX"}, OptInMode: "no"} },
			"/legalName /contactEmail /countries/0 /countries/1 /countries/1 /optInMode"},
	} {
		body := asked("FR")
		test.change(&body)
		got := w.refused(put(body), http.StatusUnprocessableEntity, "onboarding_invalid", strings.Fields(test.pointers)...)
		if len(got.pointers) == 0 {
			t.Errorf("%s: %v", name, got.pointers)
		}
	}
	w.refused(put(map[string]any{"legalname": "a", "country": "FR"}), http.StatusBadRequest, "unknown_field")
	w.refused(put(map[string]any{"countries": "FR"}), http.StatusBadRequest, "wrong_type", "/countries")
	// The longest name there may be.
	body := asked("FR")
	body.LegalName = long
	ok[onboarding](w, http.StatusOK, put(body))
}

// Of many who say something at once each is heard or told, and no country is lost of
// those that were taken.
func TestEnableAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := []string{"AT", "AU", "BE", "CZ", "DE", "DK", "ES", "FI"}
	got := make([]int, len(all))
	var running sync.WaitGroup
	for n, code := range all {
		r := w.request(put(asked(code)))
		running.Go(func() {
			res, err := w.handle(t.Context(), r)
			var p struct{ Code string }
			if got[n] = res.StatusCode; err != nil || got[n] == http.StatusConflict && (json.Unmarshal([]byte(res.Body), &p) != nil || p.Code != "retailer_exists" && p.Code != "retailer_changed") {
				t.Errorf("answered %d %s, %v", got[n], res.Body, err)
			}
		})
	}
	running.Wait()
	stored, err := w.db.Open().Retailer(t.Context(), retailer)
	w.must(err)
	for n, code := range all {
		if taken := got[n] == http.StatusOK; taken != slices.Contains(stored.Countries, code) || !taken && got[n] != http.StatusConflict {
			t.Errorf("%s was answered %d, and stored is %v", code, got[n], stored.Countries)
		}
	}
	if len(stored.Countries) == 0 {
		t.Error("nobody was heard")
	}
}

// steps are the next steps, as words.
func (w *world) steps() (onboarding, []string) {
	w.Helper()
	o, _ := ok[onboarding](w, http.StatusOK, call{at: "GET /v1/onboarding"})
	found := []string{}
	for _, s := range o.NextSteps {
		if s.Detail == "" {
			w.Errorf("%s says nothing", s.Code)
		}
		found = append(found, strings.TrimSpace(s.Code+" "+s.Country))
	}
	return o, found
}

// register puts a registration into a state.
func (w *world) register(code string, state clienteling.RegistrationState, change func(*clienteling.Registration)) {
	w.Helper()
	r := clienteling.Registration{Retailer: retailer, Country: code, State: state, ID: "01a20287-bd60-7000-8000-0000000000aa", AccountSID: seed.AccountSID}
	if old, err := w.db.Open().RegistrationFile(w.Context(), retailer, code); err == nil {
		r.Version, r.Answers = old.Version, old.Answers
	}
	if change != nil {
		change(&r)
	}
	w.must(w.db.Open().PutRegistration(w.Context(), r, w.db.Now()))
}

func TestNextStepOfEachState(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE")
	for _, test := range []struct {
		state clienteling.RegistrationState
		want  string
	}{
		{"", "file DE"},
		{clienteling.RegistrationDraft, "file DE"},
		{clienteling.RegistrationSubmitting, "wait_for_review DE"},
		{clienteling.RegistrationInReview, "wait_for_review DE"},
		{clienteling.RegistrationApproved, ""},
		{clienteling.RegistrationRejected, "correct DE"},
		{clienteling.RegistrationExpired, "renew DE"},
	} {
		if test.state != "" {
			w.register("DE", test.state, nil)
		}
		o, got := w.steps()
		if strings.Join(got, ", ") != test.want || len(o.Countries) != 1 || o.Countries[0].Registration != string(test.state) {
			t.Errorf("%q: %v, want %s; %+v", test.state, got, test.want, o.Countries)
		}
	}
}

func TestRetailerNotEnabled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, got := w.steps()
	if o.Enabled || o.Retailer != retailer || !slices.Equal(got, []string{"enable"}) {
		t.Errorf("%+v", o)
	}
}

// store puts a store into the directory.
func (w *world) store(id, code, phone string) clienteling.Store {
	w.Helper()
	s, err := w.db.Open().SaveStore(w.Context(), clienteling.Store{
		Retailer: retailer, ID: id, Name: "Nova " + id, Country: code, Phone: phone, TimeZone: "Europe/Paris", Language: "en", State: clienteling.StoreEligible,
	})
	w.must(err)
	return s
}

// Stores are counted as the list of stores has them, and the steps are in the order of
// doing: country by country as the retailer ordered them, papers before stores.
func TestProgressOfStores(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "FR", "DE", "EE", "GB")
	to := w.db.Open()
	w.register("DE", clienteling.RegistrationApproved, nil)
	w.register("GB", clienteling.RegistrationExpired, nil)
	onboard := func(s clienteling.Store, number string, enable bool) {
		t.Helper()
		n := clienteling.Number{E164: number, Country: s.Country, AccountSID: seed.AccountSID, SID: "PN" + fmt.Sprintf("%032s", number[1:]), Retailer: retailer, Language: "de", OptInMode: clienteling.AnyReply}
		w.must(to.RecordNumber(t.Context(), n))
		_, err := to.OnboardStore(t.Context(), s, n, enable)
		w.must(err)
	}
	auto := func(s clienteling.Store) {
		t.Helper()
		_, _, err := to.AutoOnboard(t.Context(), s, true, clienteling.Associate{}, seed.AccountSID, w.db.Now())
		w.must(err)
	}
	_, err := to.ParkStore(t.Context(), w.store("fr-parked", "FR", "+33199001234"), clienteling.Wish{Number: clienteling.Auto, Enable: true})
	w.must(err)
	w.store("fr-waits", "FR", "+33199001235") // only for its country: nothing is to be fixed
	w.store("de-good", "DE", "+493023125191")
	w.store("de-good-too", "DE", "+493023125192")
	w.store("de-silent", "DE", "")
	w.store("de-premium", "DE", "+4990012345678")
	onboard(w.store("de-onboarded", "DE", "+493023125193"), "+4917139200101", false)
	onboard(w.store("de-enabled", "DE", "+493023125194"), "+4917139200102", true)
	auto(w.store("de-ordering", "DE", "+493023125195"))
	w.store("ee-waits", "EE", "+3726123456")
	w.store("es-not-asked", "ES", "+34911234567")

	o, got := w.steps()
	want := []string{"file FR", "fix_stores DE", "onboard_stores DE", "enable_stores DE", "wait_for_requirements EE", "renew GB"}
	if !slices.Equal(got, want) {
		t.Errorf("steps %v, want %v", got, want)
	}
	for n, stores := range []map[string]int{
		{"parked": 1, "ineligible": 1},
		{"eligible": 2, "ineligible": 2, "onboarded": 1, "enabled": 1, "ordering": 1},
		{"ineligible": 1},
		{},
	} {
		if c := o.Countries[n]; fmt.Sprint(c.Stores) != fmt.Sprint(stores) {
			t.Errorf("%s: stores %v, want %v", c.Country, c.Stores, stores)
		}
	}
	// What is to be fixed are the two without a good phone.
	if n := slices.IndexFunc(o.NextSteps, func(s step) bool { return s.Code == "fix_stores" }); n < 0 || !strings.Contains(o.NextSteps[n].Detail, ": 2.") {
		t.Errorf("%+v", o.NextSteps)
	}
}

// On a stage with one location in each country the others are counted as the list of
// stores counts them.
func TestProgressOfTestLocations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE")
	w.register("DE", clienteling.RegistrationApproved, nil)
	w.db.TestLocations = true
	w.handle = handler(t, w.db, w.twilio.Client(t))
	_, _, err := w.db.Open().AutoOnboard(t.Context(), w.store("berlin", "DE", "+493023125191"), false, clienteling.Associate{}, seed.AccountSID, w.db.Now())
	w.must(err)
	w.store("hamburg", "DE", "+4940987654321")
	o, got := w.steps()
	if fmt.Sprint(o.Countries[0].Stores) != fmt.Sprint(map[string]int{"ordering": 1, "ineligible": 1}) || !slices.Equal(got, []string{"fix_stores DE"}) {
		t.Errorf("%v, steps %v", o.Countries[0].Stores, got)
	}
}
