package main

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

// Of what the product's own lists say: where retailers get numbers by themselves, and
// of which countries it does not say what they ask for.
const (
	selfServe = "US CA GB AU DE IT AT PL EE DK CZ FI IL PH ZA HK TH"
	unlisted  = "EE IL PH TH ZA"
)

// The three facts follow from none of the others.
func TestCountries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "FR", "EE", "CA")
	until := time.Date(2027, 11, 1, 8, 0, 0, 0, time.UTC)
	w.register("FR", clienteling.RegistrationApproved, func(r *clienteling.Registration) { r.ValidUntil = until })
	w.register("TH", clienteling.RegistrationApproved, nil)
	w.register("US", clienteling.RegistrationInReview, nil)
	_, err := w.db.Open().SaveRequirements(t.Context(), table.Requirements{Country: "ZA", Items: []country.Item{{Key: "business_name", Kind: country.Text, Required: true}}, At: w.db.Now()})
	w.must(err)
	list, _ := ok[struct {
		Items  []facts
		Cursor string
	}](w, http.StatusOK, call{at: "GET /v1/countries"})
	if len(list.Items) != 27 || list.Cursor != "" || !slices.IsSortedFunc(list.Items, func(a, b facts) int { return strings.Compare(a.Country, b.Country) }) {
		t.Errorf("%d countries: %+v", len(list.Items), list.Items)
	}
	in := func(list, code string) bool { return slices.Contains(strings.Fields(list), code) }
	for _, got := range list.Items {
		known, _ := country.Of(got.Country)
		want := facts{Country: got.Country, Name: known.Name, Requested: in("FR EE CA", got.Country), Requirements: "known", RegisteredUnder: got.Country, SelfServeNumbers: in(selfServe, got.Country)}
		if in(unlisted, got.Country) && got.Country != "ZA" {
			want.Requirements = "unknown"
		}
		switch got.Country {
		case "FR":
			want.Registration, want.ValidUntil = "approved", "2027-11-01T08:00:00.000Z"
		case "TH":
			want.Registration = "approved"
		case "US", "CA":
			want.Registration, want.RegisteredUnder = "in_review", "US"
		}
		if got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

// What a listed country asks for is the catalogue, whole and in its order: Twilio's
// regulations add nothing to it. What the others ask for is Twilio's.
func TestItemsOfEveryCountry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, known := range country.All() {
		got := w.country(known.Code)
		catalogue := known.Items()
		if (len(catalogue) == 0) != slices.Contains(strings.Fields(unlisted), known.Code) {
			t.Errorf("%s has %d items in the catalogue", known.Code, len(catalogue))
		}
		if got.Requirements != "known" || len(got.Items) == 0 || len(catalogue) > 0 && len(got.Items) != len(catalogue) {
			t.Errorf("%s: %s, %d items, %d in the catalogue: %+v", known.Code, got.Requirements, len(got.Items), len(catalogue), got.Items)
			continue
		}
		var missing []string
		for n, i := range got.Items {
			if i.Required {
				missing = append(missing, i.Key)
			}
			if i.Given || i.Label == "" || i.Kind == "choice" && len(i.Choices) == 0 || len(i.Choices) == 1 {
				t.Errorf("%s: %+v", known.Code, i)
			}
			if len(catalogue) == 0 {
				if i.Source != "twilio" {
					t.Errorf("%s: %+v is not Twilio's", known.Code, i)
				}
				continue
			}
			c := catalogue[n]
			want := item{
				Key: c.Key, Label: c.Label, Kind: string(c.Kind), In: c.In, Format: string(c.Format), Choices: c.Choices, Required: c.Required,
				When: c.When, WhenSaid: c.WhenLabel, OneOf: c.OneOf, Personal: c.Personal, Source: string(c.Source), Note: c.Note,
			}
			if !reflect.DeepEqual(i, want) {
				t.Errorf("%s: %+v, want %+v", known.Code, i, want)
			}
		}
		if !slices.Equal(got.Missing, missing) {
			t.Errorf("%s: missing %v, want %v", known.Code, got.Missing, missing)
		}
	}
}

// Before the first draft there is no ETag, and none fits; after it each change is a new one.
func TestETag(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "FR")
	at := "PUT /v1/countries/FR/registration"
	if _, tag := ok[shown](w, http.StatusOK, call{at: "GET /v1/countries/FR"}); tag != "" {
		t.Errorf("ETag %s of nothing", tag)
	}
	for _, tag := range []string{`"0"`, `"1"`, "*"} {
		w.refused(call{at: at, body: answers{}, ifMatch: tag}, http.StatusPreconditionFailed, "stale")
	}
	last := ""
	for n := range 3 {
		_, tag := ok[shown](w, http.StatusOK, call{at: at, body: answers{Answers: map[string]string{"website": "https://www.nova.example"}}, ifMatch: last})
		if _, read := ok[shown](w, http.StatusOK, call{at: "GET /v1/countries/FR"}); tag == "" || tag == last || tag != read {
			t.Errorf("step %d: ETag %s after %s, read %s", n, tag, last, read)
		}
		if last != "" {
			w.refused(call{at: at, body: answers{}, ifMatch: last}, http.StatusPreconditionFailed, "stale")
			w.refused(call{at: "POST /v1/countries/FR/submission", ifMatch: last}, http.StatusPreconditionFailed, "stale")
		}
		last = tag
	}
}

func TestCountryNotOffered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "FR")
	for _, code := range []string{"UK", "fr", "JP", "ZZ", "FRA"} {
		for _, c := range []call{
			{at: "GET /v1/countries/" + code},
			{at: "PUT /v1/countries/" + code + "/registration", body: answers{}},
			upload(code, "excerpt", "", "a.pdf", "application/pdf", pdf),
			{at: "DELETE /v1/countries/" + code + "/documents/01a2028d-3ba0-7000-8000-000000000001"},
			{at: "POST /v1/countries/" + code + "/submission"},
		} {
			w.refused(c, http.StatusNotFound, "country_not_offered")
		}
	}
	// One that is offered can be read before it is asked for, but nothing more.
	w.country("DE")
	for _, c := range []call{
		{at: "PUT /v1/countries/DE/registration", body: answers{}},
		upload("DE", "excerpt", "", "a.pdf", "application/pdf", pdf),
		{at: "DELETE /v1/countries/DE/documents/01a2028d-3ba0-7000-8000-000000000001"},
		{at: "POST /v1/countries/DE/submission"},
	} {
		w.refused(c, http.StatusUnprocessableEntity, "country_not_requested")
	}
}

// What was rejected stands at the item that it is about, or at none.
func TestRejections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE")
	w.register("DE", clienteling.RegistrationRejected, func(r *clienteling.Registration) {
		r.SubmittedAt = w.db.Now()
		r.Rejections = []clienteling.Rejection{{Item: "business_address", Reason: "Not there."}, {Reason: "Tell the operator."}, {Item: "business_address", Reason: "Nor elsewhere."}}
	})
	got := w.country("DE")
	if !slices.Equal(got.Rejections, []string{"Tell the operator."}) || got.SubmittedAt != "2026-11-01T08:00:00.000Z" || got.ApprovedAt != "" {
		t.Errorf("%+v", got)
	}
	for _, i := range got.Items {
		if want := i.Key == "business_address"; want != slices.Equal(i.Rejected, []string{"Not there.", "Nor elsewhere."}) || !want && len(i.Rejected) > 0 {
			t.Errorf("%s: %v", i.Key, i.Rejected)
		}
	}
}

// regulations counts how often Twilio is asked what a country asks for.
func (w *world) regulations() func() int {
	asked := 0
	w.twilio.Strike(func(r *http.Request, forward func()) {
		if strings.HasSuffix(r.URL.Path, "/Regulations") {
			asked++
		}
		forward()
	})
	return func() int { return asked }
}

// fault has the simulator do something else at calls of an operation, until mend.
func (w *world) fault(operation, kind string) {
	w.Helper()
	w.twilio.Control(w, "POST", "/control/faults", map[string]any{"operation": operation, "kind": kind, "nth": 0}, nil)
}

func (w *world) mend() {
	w.Helper()
	w.twilio.Control(w, "DELETE", "/control/faults", nil, nil)
}

func (w *world) requirements(code string) table.Requirements {
	w.Helper()
	r, err := w.db.Open().Requirements(w.Context(), code)
	if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
		w.Fatal(err)
	}
	return r
}

// What only Twilio knows is asked once, kept as a version, and asked again after a week.
// While Twilio is away, what is known stands.
func TestItemsFromTwilio(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "EE")
	asked := w.regulations()
	w.fault("regulations.list", "503")
	got := w.country("EE")
	if got.Requirements != "unknown" || len(got.Items) > 0 || len(got.Missing) > 0 || w.requirements("EE").Version != 0 {
		t.Errorf("while Twilio is away: %+v", got)
	}
	w.refused(call{at: "POST /v1/countries/EE/submission"}, http.StatusConflict, "requirements_unknown")
	w.refused(upload("EE", "excerpt", "", "a.pdf", "application/pdf", pdf), http.StatusUnprocessableEntity, "item_unknown")
	w.refused(call{at: "PUT /v1/countries/EE/registration", body: answers{Answers: map[string]string{"business_name": "Nova"}}}, http.StatusUnprocessableEntity, "registration_invalid", "/answers/business_name")
	if _, got := w.steps(); !slices.Equal(got, []string{"wait_for_requirements EE"}) {
		t.Errorf("steps %v", got)
	}
	w.mend()

	before := asked()
	got = w.country("EE")
	keysOf := func(s shown) (found []string) {
		for _, i := range s.Items {
			found = append(found, i.Key+" "+i.Kind)
		}
		return found
	}
	want := []string{"business_name text", "business_name_info document"}
	if got.Requirements != "known" || !slices.Equal(keysOf(got), want) || w.requirements("EE").Version != 1 || asked() != before+1 {
		t.Errorf("%+v, asked %d times", got, asked()-before)
	}
	for range 2 {
		w.db.Set(w.db.Now().Add(3 * 24 * time.Hour))
		got = w.country("EE")
	}
	if w.requirements("EE").Version != 1 || asked() != before+1 {
		t.Errorf("within a week Twilio was asked %d times", asked()-before)
	}
	w.db.Set(w.db.Now().Add(3 * 24 * time.Hour))
	w.fault("regulations.list", "reset-before")
	if got = w.country("EE"); !slices.Equal(keysOf(got), want) || w.requirements("EE").Version != 1 {
		t.Errorf("while Twilio is away again: %+v", got)
	}
	w.mend()
	if got = w.country("EE"); !slices.Equal(keysOf(got), want) || w.requirements("EE").Version != 2 {
		t.Errorf("after a week: version %d, %+v", w.requirements("EE").Version, got)
	}
	if _, got := w.steps(); !slices.Equal(got, []string{"file EE"}) {
		t.Errorf("steps %v", got)
	}
}

// What the operator has recorded is what counts, however old it is.
func TestItemsFromTheOperator(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "TH")
	asked := w.regulations()
	_, err := w.db.Open().SaveRequirements(t.Context(), table.Requirements{
		Country: "TH", By: clienteling.Associate{ID: "operator-1"}, At: w.db.Now().Add(-400 * 24 * time.Hour),
		Items: []country.Item{{Key: "company_affidavit", Label: "Company affidavit", Kind: country.Document, Required: true, Source: country.Twilio, Twilio: country.Field{Object: country.DocumentObject, Type: "business_registration"}}},
	})
	w.must(err)
	before := w.db.Items(t)
	got := w.country("TH")
	if len(got.Items) != 1 || got.Items[0].Key != "company_affidavit" || got.Requirements != "known" || asked() != 0 {
		t.Errorf("%+v, asked %d times", got, asked())
	}
	w.unchanged(before)
}

// Numbers of the US and Canada need no regulation: nobody is asked for one.
func TestNoRegulationAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "US")
	asked := w.regulations()
	if w.country("US"); w.country("CA").Registration != "" || asked() != 0 {
		t.Errorf("asked %d times", asked())
	}
}

// What Twilio asks for beyond a catalogue becomes items; what the catalogue has under
// any name does not.
func TestBeyond(t *testing.T) {
	t.Parallel()
	kinds := func(types ...string) (all []twilio.DocumentKind) {
		for _, t := range types {
			all = append(all, twilio.DocumentKind{Type: t, Label: t})
		}
		return all
	}
	fields := func(names ...string) (all []twilio.Field) {
		for _, n := range names {
			all = append(all, twilio.Field{Name: n, Label: "The " + n})
		}
		return all
	}
	field := func(name string, kind country.Kind, personal bool) country.Item {
		return country.Item{
			Key: name, Label: "The " + name, Kind: kind, Required: true, Personal: personal, Source: country.Twilio,
			Twilio: country.Field{Object: country.EndUser, Name: name, Type: "business"},
		}
	}
	regulation := func(fields []twilio.Field, documents ...twilio.DocumentRequirement) twilio.Regulation {
		return twilio.Regulation{EndUserType: "business", EndUserFields: fields, Documents: documents}
	}
	need := func(name string, types ...string) twilio.DocumentRequirement {
		return twilio.DocumentRequirement{Name: name, Label: "The " + name, Accepted: kinds(types...)}
	}
	for name, test := range map[string]struct {
		code string
		r    twilio.Regulation
		want []country.Item
	}{
		"nothing":                {"DE", regulation(nil), nil},
		"all in the catalogue":   {"IT", regulation(fields("business_name", "first_name", "last_name", "birth_date", "fiscal_code"), need("a", "passport"), need("b", "utility_bill"), need("c", "business_address")), nil},
		"address of the person":  {"CZ", regulation(nil, need("address_of_auth_rep_info", "address")), nil},
		"optional, but asked":    {"DE", regulation(fields("first_name", "last_name", "email", "business_website")), nil},
		"a person nobody listed": {"DK", regulation(fields("first_name", "last_name")), []country.Item{field("first_name", country.Text, true), field("last_name", country.Text, true)}},
		"kinds of fields": {"DK", regulation(fields("birth_date", "email", "business_website", "nationality", "document_issuing_country", "business_description")), []country.Item{
			field("birth_date", country.Date, true), field("email", country.Email, true), field("business_website", country.Website, false),
			field("nationality", country.CountryCode, true), field("document_issuing_country", country.CountryCode, false), field("business_description", country.Text, false),
		}},
		"a paper": {"DK", regulation(nil, need("proof", "utility_bill")), []country.Item{{
			Key: "proof", Label: "The proof", Kind: country.Document, Required: true, Source: country.Twilio, Twilio: country.Field{Object: country.DocumentObject, Type: "utility_bill"},
		}}},
		"one of two papers": {"DK", regulation(nil, need("proof", "utility_bill", "tax_notice")), []country.Item{{
			Key: "proof", Label: "The proof", Kind: country.Document, Choices: []string{"utility_bill", "tax_notice"}, Required: true, Source: country.Twilio,
			Twilio: country.Field{Object: country.DocumentObject, Type: "utility_bill"},
		}}},
		"an address alone": {"EE", regulation(nil, need("where", "business_address")), []country.Item{{
			Key: "where", Label: "The where", Kind: country.Address, In: "EE", Required: true, Source: country.Twilio,
			Twilio: country.Field{Object: country.AddressObject, Name: "address_sids", Type: "business_address"},
		}}},
		"a paper or an address": {"EE", regulation(nil, need("where", "utility_bill", "address")), []country.Item{{
			Key: "where", Label: "The where", Kind: country.Address, In: "EE", Required: true, Source: country.Twilio,
			Twilio: country.Field{Object: country.AddressObject, Name: "address_sids", Type: "address"},
		}}},
	} {
		known, _ := country.Of(test.code)
		if got := beyond(test.code, known.Items(), test.r); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}
