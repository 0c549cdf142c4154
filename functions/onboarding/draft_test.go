package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
)

// texts is a draft of answers alone.
func texts(pairs ...string) answers {
	a := answers{Answers: map[string]string{}}
	for n := 0; n < len(pairs); n += 2 {
		a.Answers[pairs[n]] = pairs[n+1]
	}
	return a
}

func (w *world) file(code string) clienteling.Registration {
	w.Helper()
	r, err := w.db.Open().RegistrationFile(w.Context(), retailer, code)
	w.must(err)
	return r
}

// Answers are kept beside those that were there, and an empty one takes its own away.
func TestDraftMerges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "FR")
	lyon := clienteling.Address{Street: "12 rue de la République", City: "Lyon", PostalCode: "69002", Country: "FR"}
	paris := clienteling.Address{Street: "1 rue Saint-Honoré", City: "Paris", Region: "Île-de-France", PostalCode: "75001", Country: "FR"}
	id := ""
	for n, step := range []struct {
		sent answers
		want map[string]clienteling.Answer
	}{
		{answers{}, map[string]clienteling.Answer{}},
		{texts("business_name", " Nova Mode "), map[string]clienteling.Answer{"business_name": {Text: "Nova Mode"}}},
		{answers{map[string]string{"representative": "Anne Dupont"}, map[string]clienteling.Address{"business_address": lyon}},
			map[string]clienteling.Answer{"business_name": {Text: "Nova Mode"}, "representative": {Text: "Anne Dupont"}, "business_address": {Address: &lyon}}},
		{answers{map[string]string{"representative": "", "business_name": "Nova"}, map[string]clienteling.Address{"business_address": paris}},
			map[string]clienteling.Answer{"business_name": {Text: "Nova"}, "business_address": {Address: &paris}}},
		{texts("business_address", "", "name_not_on_kbis", "yes", "website", "  "), map[string]clienteling.Answer{"business_name": {Text: "Nova"}, "name_not_on_kbis": {Text: "yes"}}},
		{texts("name_not_on_kbis", "", "business_name", ""), map[string]clienteling.Answer{}},
	} {
		got, _ := w.draft("FR", step.sent)
		r := w.file("FR")
		want, _ := json.Marshal(step.want)
		if stored, _ := json.Marshal(r.Answers); string(stored) != string(want) || r.State != clienteling.RegistrationDraft || r.Version != n+1 || r.By.Name != "Ada Admin" || r.AccountSID == "" {
			t.Errorf("step %d: %s, want %s; %+v", n, stored, want, r)
		}
		if id == "" {
			id = r.ID
		}
		if r.ID == "" || r.ID != id {
			t.Errorf("step %d: id %s after %s", n, r.ID, id)
		}
		for _, i := range got.Items {
			a := step.want[i.Key]
			if i.Answer != a.Text || fmt.Sprint(i.Address) != fmt.Sprint(a.Address) && (i.Address == nil || *i.Address != *a.Address) || i.Given != (a.Text != "" || a.Address != nil) {
				t.Errorf("step %d: %+v, want %+v", n, i, a)
			}
		}
	}
}

// What Twilio would refuse is refused, and nothing saved; what looks wrong is kept, and
// said so, now and later.
func TestDraftChecks(t *testing.T) {
	t.Parallel()
	const right, doubtful, wrong = "", "doubtful", "wrong"
	w := newWorld(t, "DE", "IT", "US", "FR", "GB")
	for _, test := range []struct{ code, key, value, is string }{
		{"DE", "registration_number", "HRB 11223", right},
		{"DE", "registration_number", "11223", doubtful},
		{"DE", "vat_number", "DE136695977", doubtful},
		{"DE", "representative_email", "anna.meier@nova.example", right},
		{"DE", "representative_email", "Anna <anna.meier@nova.example>", wrong},
		{"DE", "business_name", "Nova\nMode", wrong},
		{"DE", "business_name", strings.Repeat("ü", 255), right},
		{"DE", "business_name", strings.Repeat("ü", 256), wrong},
		{"DE", "business_name", strings.Repeat("ü", 501), wrong},
		{"DE", "excerpt", "it is in the mail", wrong},
		{"DE", "business_address", "Jungfernstieg 7, Hamburg", wrong},
		{"DE", "fax", "040 1234", wrong},
		{"DE", "name_not_on_kbis", "yes", wrong}, // a condition of France
		{"IT", "representative_birth_date", "1983-11-18", right},
		{"IT", "representative_birth_date", "1983-02-30", wrong},
		{"IT", "representative_birth_date", "18.11.1983", wrong},
		{"IT", "representative_birth_date", "2083-11-18", doubtful},
		{"IT", "representative_nationality", "IT", right},
		{"IT", "representative_nationality", "XX", doubtful},
		{"IT", "representative_nationality", "Italian", wrong},
		{"IT", "representative_fiscal_code", "X", doubtful},
		{"US", "ein", "91-1144442", right},
		{"US", "ein", "91-114444", wrong},
		{"US", "business_type", "Corporation", right},
		{"US", "business_type", "corporation", wrong},
		{"US", "website", "https://www.nova.example", right},
		{"US", "website", "www.nova.example", doubtful},
		{"US", "website", "ftp://nova.example", wrong},
		{"US", "representative_phone", "(212) 555-0123", wrong},
		{"US", "public_company", "no", right},
		{"US", "public_company", "perhaps", wrong},
		{"FR", "representative", "Dupont, Anne-Marie", right},
		{"FR", "representative", "Anne Marie Dupont", doubtful},
		{"FR", "representative", "Dupont", wrong},
		{"GB", "registration_number", "1", doubtful},
	} {
		c := call{at: "PUT /v1/countries/" + test.code + "/registration", body: texts(test.key, test.value)}
		if test.is == wrong {
			w.refused(c, http.StatusUnprocessableEntity, "registration_invalid", "/answers/"+test.key)
			continue
		}
		got, _ := ok[shown](w, http.StatusOK, c)
		known, _ := country.Of(test.code)
		if test.key == "public_company" {
			continue // shown by what it makes needed
		}
		for _, s := range []shown{got, w.country(known.Code)} {
			if i := s.item(t, test.key); i.Answer != test.value || (i.Warning != "") != (test.is == doubtful) || !i.Given {
				t.Errorf("%s %s %q: %+v", test.code, test.key, test.value, i)
			}
		}
	}
}

func TestDraftChecksAddresses(t *testing.T) {
	t.Parallel()
	const right, doubtful, wrong = "", "doubtful", "wrong"
	w := newWorld(t, "DE", "US", "FR", "HK")
	hamburg := clienteling.Address{Street: "Jungfernstieg 7", City: "Hamburg", PostalCode: "20354", Country: "DE"}
	lyon := clienteling.Address{Street: "12 rue de la République", City: "Lyon", PostalCode: "69002", Country: "FR"}
	boston := clienteling.Address{Street: "125 Newbury Street", City: "Boston", Region: "MA", PostalCode: "02116", Country: "US"}
	with := func(a clienteling.Address, change func(*clienteling.Address)) clienteling.Address {
		change(&a)
		return a
	}
	for name, test := range map[string]struct {
		code, key string
		address   clienteling.Address
		is        string
	}{
		"in the country":         {"DE", "business_address", hamburg, right},
		"in another":             {"DE", "business_address", lyon, wrong},
		"anywhere":               {"FR", "business_address", hamburg, right},
		"nowhere":                {"FR", "business_address", clienteling.Address{}, wrong},
		"no street":              {"FR", "business_address", with(lyon, func(a *clienteling.Address) { a.Street = " " }), wrong},
		"no city":                {"FR", "business_address", with(lyon, func(a *clienteling.Address) { a.City = "" }), wrong},
		"no postal code":         {"FR", "business_address", with(lyon, func(a *clienteling.Address) { a.PostalCode = "" }), wrong},
		"no such country":        {"FR", "business_address", with(lyon, func(a *clienteling.Address) { a.Country = "France" }), wrong},
		"two lines":              {"FR", "business_address", with(lyon, func(a *clienteling.Address) { a.Street = "12 rue\nde la République" }), wrong},
		"too long":               {"FR", "business_address", with(lyon, func(a *clienteling.Address) { a.City = strings.Repeat("L", 501) }), wrong},
		"an odd postal code":     {"FR", "business_address", with(lyon, func(a *clienteling.Address) { a.PostalCode = "D-6900" }), doubtful},
		"a post office box":      {"DE", "business_address", with(hamburg, func(a *clienteling.Address) { a.Street = "Postfach 11" }), doubtful},
		"American":               {"US", "business_address", boston, right},
		"American, no region":    {"US", "business_address", with(boston, func(a *clienteling.Address) { a.Region = "" }), wrong},
		"American, region whole": {"US", "business_address", with(boston, func(a *clienteling.Address) { a.Region = "Massachusetts" }), doubtful},
		"no codes there":         {"HK", "business_address", clienteling.Address{Street: "1 Queen's Road Central", City: "Hong Kong", Country: "HK"}, right},
		"no such item":           {"DE", "home", hamburg, wrong},
		"a text":                 {"DE", "business_name", hamburg, wrong},
	} {
		c := call{at: "PUT /v1/countries/" + test.code + "/registration", body: answers{Addresses: map[string]clienteling.Address{test.key: test.address}}}
		if test.is == wrong {
			w.refused(c, http.StatusUnprocessableEntity, "registration_invalid", "/addresses/"+test.key)
			continue
		}
		got, _ := ok[shown](w, http.StatusOK, c)
		for _, s := range []shown{got, w.country(test.code)} {
			if i := s.item(t, test.key); i.Address == nil || *i.Address != test.address || (i.Warning != "") != (test.is == doubtful) {
				t.Errorf("%s: %+v, %v", name, i, i.Address)
			}
		}
	}
}

// All that is wrong is named at once, in order, and what was right of it is not saved.
func TestDraftAllOrNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE")
	body := texts("business_name", "Nova", "b/~c", "x", "excerpt", "x", "vat_number", "a\tb")
	body.Addresses = map[string]clienteling.Address{"business_address": {Street: "Jungfernstieg 7", City: "Hamburg", PostalCode: "20354", Country: "AT"}, "home": {}}
	w.refused(call{at: "PUT /v1/countries/DE/registration", body: body}, http.StatusUnprocessableEntity, "registration_invalid",
		"/answers/b~1~0c", "/answers/excerpt", "/answers/vat_number", "/addresses/business_address", "/addresses/home")
	if i := w.country("DE").item(t, "business_name"); i.Given {
		t.Errorf("%+v was saved", i)
	}
	w.refused(call{at: "PUT /v1/countries/DE/registration", body: map[string]any{"answers": map[string]any{"business_name": 7}}}, http.StatusBadRequest, "wrong_type", "/answers/business_name")
	w.refused(call{at: "PUT /v1/countries/DE/registration", body: map[string]any{"answer": map[string]any{}}}, http.StatusBadRequest, "unknown_field", "/answer")
	w.refused(call{at: "PUT /v1/countries/DE/registration", body: map[string]any{"addresses": map[string]any{"business_address": map[string]any{"zip": "1"}}}}, http.StatusBadRequest, "unknown_field", "/addresses/business_address/zip")
}

// A condition that is answered with yes makes its items needed.
func TestConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, known := range country.All() {
		for _, i := range known.Items() {
			if i.When == "" || known.Code != known.Registration {
				continue
			}
			if len(w.known(retailer).Countries) == 0 {
				w.enable(retailer, known.Code)
			} else {
				ok[onboarding](w, http.StatusOK, put(asked(known.Code)))
			}
			for _, step := range []struct {
				answer string
				needed bool
			}{{"yes", true}, {"no", false}, {"yes", true}, {"", false}} {
				got, _ := w.draft(known.Code, texts(i.When, step.answer))
				missing := strings.Contains(" "+strings.Join(got.Missing, " ")+" ", " "+i.Key+" ")
				if s := got.item(t, i.Key); s.Required != step.needed || missing != step.needed || s.When != i.When || s.WhenSaid == "" {
					t.Errorf("%s, %s is %q: %+v, missing %v", known.Code, i.When, step.answer, s, got.Missing)
				}
			}
		}
	}
	if len(w.known(retailer).Countries) == 0 {
		t.Error("no country has conditions")
	}
}

// known is a retailer's profile; the zero one when there is none.
func (w *world) known(id string) clienteling.Retailer {
	r, _ := w.db.Open().Retailer(w.Context(), id)
	return r
}

// Canada and the United States have one draft.
func TestDraftOfCanada(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "CA", "US")
	w.draft("CA", texts("ein", "91-1144442"))
	got, _ := w.draft("US", texts("business_name", "Nova"))
	for _, s := range []shown{got, w.country("CA")} {
		if s.RegisteredUnder != "US" || s.Registration != "draft" || s.item(t, "ein").Answer != "91-1144442" || s.item(t, "business_name").Answer != "Nova" {
			t.Errorf("%+v", s)
		}
	}
}

// Everything that changes a registration is refused while it is with Twilio, and by the
// same rule taken again once it is not.
func TestChangesInEachState(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE")
	w.draft("DE", texts("business_name", "Nova"))
	p := w.upload("DE", "excerpt", "")
	for state, free := range map[clienteling.RegistrationState]bool{
		clienteling.RegistrationDraft: true, clienteling.RegistrationRejected: true, clienteling.RegistrationExpired: true,
		clienteling.RegistrationSubmitting: false, clienteling.RegistrationInReview: false, clienteling.RegistrationApproved: false,
	} {
		w.register("DE", state, nil)
		changes := []call{
			{at: "PUT /v1/countries/DE/registration", body: texts("website", "https://www.nova.example")},
			upload("DE", "excerpt", "", "a.pdf", "application/pdf", pdf),
			{at: "DELETE /v1/countries/DE/documents/" + p.ID},
		}
		for _, c := range changes {
			if !free {
				w.refused(c, http.StatusConflict, "registration_in_review")
			}
		}
		if !free {
			continue
		}
		got, _ := ok[shown](w, http.StatusOK, changes[0])
		if got.Registration != "draft" || got.item(t, "business_name").Answer != "Nova" {
			t.Errorf("after %s: %+v", state, got.facts)
		}
	}
}

// Of many who change a draft at once each is heard or told, and of those that were
// heard nothing is lost.
func TestDraftAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "IT")
	w.country("IT") // what it asks for is known then
	pairs := [][2]string{
		{"business_name", "Nova"}, {"registration_number", "00743110157"}, {"representative", "Rossi, Anna"}, {"representative_birth_date", "1983-11-18"},
		{"representative_birth_place", "Roma"}, {"representative_fiscal_code", "RCCMNL83S18D969H"}, {"representative_nationality", "IT"},
	}
	for round := range 2 { // the first time there is no registration yet
		taken := make([]bool, len(pairs))
		var running sync.WaitGroup
		for n, p := range pairs {
			r := w.request(call{at: "PUT /v1/countries/IT/registration", body: texts(p[0], fmt.Sprint(p[1]))})
			running.Go(func() {
				res, err := w.handle(t.Context(), r)
				var problem struct{ Code string }
				switch taken[n] = res.StatusCode == http.StatusOK; {
				case err != nil:
					t.Error(err)
				case !taken[n] && (json.Unmarshal([]byte(res.Body), &problem) != nil || problem.Code != "registration_changed"):
					t.Errorf("answered %d %s", res.StatusCode, res.Body)
				}
			})
		}
		running.Wait()
		got, heard := w.country("IT"), 0
		for n, p := range pairs {
			if taken[n] {
				heard++
			}
			if round == 0 && got.item(t, p[0]).Given != taken[n] || taken[n] && got.item(t, p[0]).Answer != p[1] {
				t.Errorf("round %d: %s, taken %v: %+v", round, p[0], taken[n], got.item(t, p[0]))
			}
		}
		if heard == 0 {
			t.Errorf("round %d: nobody was heard", round)
		}
	}
}

// Nobody reaches what another retailer filed.
func TestOtherRetailers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE")
	w.enable("nova-2", "DE")
	w.draft("DE", texts("business_name", "Nova"))
	p := w.upload("DE", "excerpt", "")
	before := w.db.Items(t)
	for _, other := range []string{"nova-2", "nov"} {
		got, tag := ok[shown](w, http.StatusOK, call{at: "GET /v1/countries/DE", retailer: other})
		if got.Registration != "" || tag != "" || got.item(t, "business_name").Given || got.item(t, "excerpt").Given || len(got.item(t, "excerpt").Documents) > 0 {
			t.Errorf("%s sees %+v", other, got)
		}
	}
	if o, _ := ok[onboarding](w, http.StatusOK, call{at: "GET /v1/onboarding", retailer: "nova-2"}); o.Countries[0].Registration != "" {
		t.Errorf("nova-2 sees %+v", o)
	}
	w.refused(call{at: "DELETE /v1/countries/DE/documents/" + p.ID, retailer: "nova-2"}, http.StatusNotFound, "not_found")
	w.unchanged(before)
	// What the other files is its own.
	ok[shown](w, http.StatusOK, call{at: "PUT /v1/countries/DE/registration", body: texts("business_name", "Other"), retailer: "nova-2"})
	if got := w.country("DE").item(t, "business_name").Answer; got != "Nova" {
		t.Errorf("it is %s now", got)
	}
	got := w.ask(call{at: "POST /v1/countries/DE/submission", retailer: "nova-2"})
	if got.code != "items_missing" || !strings.Contains(strings.Join(got.pointers, " "), "/documents/excerpt") {
		t.Errorf("the other's document counts: %s", got.Body)
	}
}
