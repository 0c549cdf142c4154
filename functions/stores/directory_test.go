package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

// newRetailer gives the table a retailer of its own, without stores.
func newRetailer(t *testing.T, db *scenario.Table, id string, countries ...string) {
	t.Helper()
	r := seed.Retailer
	r.ID, r.Countries, r.EnabledAt = id, countries, db.Now()
	if err := db.Open().EnableRetailer(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

// registration records how far a retailer's registration of a country is.
func registration(t *testing.T, db *scenario.Table, retailer, country string, state clienteling.RegistrationState) {
	t.Helper()
	r := clienteling.Registration{Retailer: retailer, Country: country, State: state}
	if err := db.Open().PutRegistration(t.Context(), r, db.Now()); err != nil {
		t.Fatal(err)
	}
}

// as has another retailer's administrator ask.
func as(retailer string, r scenario.Request) scenario.Request {
	r.RequestContext.Authorizer.JWT.Claims["retailer"] = retailer
	return r
}

func codes(s store) []string {
	found := []string{}
	for _, h := range s.Hindrances {
		found = append(found, h.Code)
	}
	return found
}

// Each reason that keeps a store from being onboarded is shown with the store, and
// answers the attempt, unless waiting takes care of it.
func TestHindrances(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	handle := start(t, db)
	newRetailer(t, db, "nordic", "US", "CA", "DE", "FR", "EE", "IL", "BR")
	registration(t, db, "nordic", "US", clienteling.RegistrationApproved)
	registration(t, db, "nordic", "DE", clienteling.RegistrationRejected)
	registration(t, db, "nordic", "IL", clienteling.RegistrationDraft)
	parked, ordering := answered{status: http.StatusAccepted}, answered{status: http.StatusAccepted}
	refused := func(code string) answered { return answered{http.StatusUnprocessableEntity, code} }
	for n, test := range []struct {
		country, phone string
		hindrances     []string
		onboarding     answered
		state          clienteling.StoreState
	}{
		{"US", "(617) 555-0190", []string{}, ordering, clienteling.StoreOrdering},
		{"CA", "416-555-0123", []string{}, ordering, clienteling.StoreOrdering}, // by the registration of the US
		{"US", "", []string{"phone_missing"}, refused("phone_missing"), clienteling.StoreEligible},
		{"GB", "020 7946 0190", []string{"country_not_requested"}, refused("country_not_requested"), clienteling.StoreEligible},
		{"GB", "", []string{"phone_missing", "country_not_requested"}, refused("phone_missing"), clienteling.StoreEligible},
		{"FR", "01 99 00 12 34", []string{"country_not_approved"}, parked, clienteling.StoreParked},
		{"FR", "", []string{"phone_missing", "country_not_approved"}, refused("phone_missing"), clienteling.StoreEligible},
		{"DE", "030 23125190", []string{"country_not_approved"}, parked, clienteling.StoreParked},     // rejected
		{"IL", "02-623-4567", []string{"country_not_approved"}, parked, clienteling.StoreParked},      // begun, so its papers are known
		{"EE", "612 3456", []string{"requirements_unknown"}, parked, clienteling.StoreParked},         // not in the list of papers
		{"BR", "+55 11 2345-6789", []string{"requirements_unknown"}, parked, clienteling.StoreParked}, // not in the catalogue
	} {
		t.Run(fmt.Sprint(test.country, " ", test.phone), func(t *testing.T) {
			id := fmt.Sprint("store-", n)
			saved := must[store](t, handle, as("nordic", request(t, "save", id, fields(test.country, test.phone, "UTC"))))
			state := "eligible"
			if len(test.hindrances) > 0 {
				state = stateIneligible
			}
			if !slices.Equal(codes(saved), test.hindrances) || saved.State != state {
				t.Errorf("saved as %s with %v, want %s with %v", saved.State, codes(saved), state, test.hindrances)
			}
			for _, h := range saved.Hindrances {
				if h.Detail == "" {
					t.Errorf("%s says nothing", h.Code)
				}
			}
			got, _, res := ask[store](t, handle, as("nordic", request(t, "onboard", id, onboarding(clienteling.Auto, false))))
			if got != test.onboarding {
				t.Errorf("onboarding was answered %d %s, want %v", res.StatusCode, res.Body, test.onboarding)
			}
			stored, err := db.Open().Store(t.Context(), "nordic", id)
			if err != nil || stored.State != test.state {
				t.Errorf("stored as %s, want %s (%v)", stored.State, test.state, err)
			}
		})
	}
}

// A phone that was good when it was saved, and no longer is.
func TestPhoneGoneBad(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "onboard")
	s := clienteling.Store{Retailer: "acme", ID: "dallas", Name: "Acme Main Street", Country: "US", Phone: "+493023125190", TimeZone: "America/Chicago"}
	if _, err := db.Open().SaveStore(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	shown := must[store](t, handle, request(t, "get", "dallas", nil))
	if shown.State != stateIneligible || !slices.Equal(codes(shown), []string{"phone_invalid"}) {
		t.Errorf("shown as %s with %v", shown.State, codes(shown))
	}
	got, _, res := ask[store](t, handle, request(t, "onboard", "dallas", onboarding(clienteling.Auto, false)))
	if got != (answered{http.StatusUnprocessableEntity, "phone_invalid"}) {
		t.Errorf("onboarding was answered %d %s", res.StatusCode, res.Body)
	}
}

// Outside of production each country of a retailer has one location.
func TestTestLocations(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	db.TestLocations = true
	db.Give(t, "seed") // new-york, london and berlin are their countries' locations
	handle := start(t, db)
	record(t, db, "acme", "US", seed.UnusedNumber)
	save(t, handle, "boston", "US")
	save(t, handle, "paris", "FR")
	save(t, handle, "lyon", "FR")
	taken := answered{http.StatusConflict, "test_location_taken"}

	before := db.Items(t)
	if s := must[store](t, handle, request(t, "get", "boston", nil)); s.State != stateIneligible || !slices.Equal(codes(s), []string{"test_location_taken"}) {
		t.Errorf("boston is %s with %v", s.State, codes(s))
	}
	for _, number := range []string{seed.UnusedNumber, clienteling.Auto} {
		if got, _, res := ask[store](t, handle, request(t, "onboard", "boston", onboarding(number, true))); got != taken {
			t.Errorf("boston on %s was answered %d %s", number, res.StatusCode, res.Body)
		}
	}
	unchanged(t, db, before)
	if s := must[store](t, handle, request(t, "get", "new-york", nil)); len(s.Hindrances) > 0 {
		t.Errorf("new-york is hindered by %v", codes(s))
	}

	// Of two that set out at once, the one that is first is the location.
	counts := race(t, handle, []scenario.Request{
		request(t, "onboard", "paris", onboarding(clienteling.Auto, true)),
		request(t, "onboard", "lyon", onboarding(clienteling.Auto, true)),
	})
	if counts[answered{status: http.StatusAccepted}] != 1 || counts[taken] != 1 {
		t.Errorf("two at once: %v", counts)
	}
	page := must[apigw.Page[store]](t, handle, listed(t, url.Values{"state": {"parked"}}))
	if len(page.Items) != 1 {
		t.Fatalf("parked: %v", ids(page.Items))
	}
	// The location itself may change its mind.
	must[store](t, handle, request(t, "onboard", page.Items[0].ID, onboarding(clienteling.Auto, false)))
}

// A landline reaches the number of its store with the directory's change: the next
// call rings it. So does the name, which texts mention.
func TestLandlineReachesTheNumber(t *testing.T) {
	t.Parallel()
	for _, enable := range []bool{false, true} {
		db, handle, _ := given(t, "onboard")
		record(t, db, "acme", "US", seed.UnusedNumber)
		save(t, handle, "boston", "US")
		must[store](t, handle, request(t, "onboard", "boston", onboarding(seed.UnusedNumber, enable)))
		body := fields("US", "+1 617 555 0199", "America/New_York")
		body["name"] = "Acme Back Bay"
		must[store](t, handle, request(t, "save", "boston", body))
		n, err := db.Open().NumberNow(t.Context(), seed.UnusedNumber)
		if err != nil || n.ForwardTo != "+16175550199" || n.StoreName != "Acme Back Bay" || n.Enabled != enable {
			t.Errorf("enabled %t: the number has %+v, %v", enable, n, err)
		}
	}
}

// A store writes in the language that it was given, else in that of its country, and its
// number knows it.
func TestLanguageOfStores(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "onboard")
	const number = seed.UnusedNumber
	record(t, db, "acme", "US", number)
	in := func(country, language string) map[string]any {
		body := fields(country, "", "Europe/Berlin")
		if country == "US" {
			body = fields(country, "(617) 555-0190", "America/New_York")
		}
		if language != "none" {
			body["language"] = language
		}
		return body
	}
	for n, step := range []struct{ event, country, language, want string }{
		{"save", "FR", "none", "fr"},     // a new one: its country's
		{"save", "DE", "none", "de"},     // another country: that one's
		{"save", "DE", "en", "en"},       // its own
		{"save", "DE", "none", "en"},     // kept
		{"save", "DE", "", "en"},         // an empty one is none
		{"save", "AT", "none", "de"},     // another country
		{"save", "DE", "de-AT", "de-AT"}, // both at once
		{"save", "DE", "DE-at", "de-AT"}, // as it is spelled
		{"save", "DE", "none", "de-AT"},  // a region is no reason to forget it
		{"save", "BR", "none", ""},       // of which the catalogue knows nothing
		{"save", "BR", "pt", "pt"},       // so it is told
		{"save", "US", "es-419", "es-419"},
		{"onboard", "", "", "es-419"},
		{"save", "US", "none", "es-419"}, // once it has its number, too
		{"save", "US", "es", "es"},
		{"save", "US", "none", "es"},
	} {
		var s store
		if step.event == "onboard" {
			s = must[store](t, handle, request(t, "onboard", "cadiz", onboarding(number, true)))
		} else {
			s = must[store](t, handle, request(t, "save", "cadiz", in(step.country, step.language)))
		}
		kept, err := db.Open().Store(t.Context(), "acme", "cadiz")
		if err != nil || s.Language != step.want || kept.Language != step.want {
			t.Errorf("step %d: shown %q, kept %q, want %q (%v)", n, s.Language, kept.Language, step.want, err)
		}
		if s.Number == "" {
			continue
		}
		if of, err := db.Open().NumberNow(t.Context(), number); err != nil || of.Language != step.want {
			t.Errorf("step %d: its number has %q, want %q (%v)", n, of.Language, step.want, err)
		}
	}
}

// Another retailer's stores do not exist for one, and its numbers are not to be had.
func TestForeigners(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "onboard")
	newRetailer(t, db, "rival", "US", "GB", "DE")
	registration(t, db, "rival", "US", clienteling.RegistrationApproved)
	record(t, db, "rival", "US", seed.UnusedNumber)
	save(t, handle, "boston", "US")
	before := db.Items(t)

	for _, event := range []string{"get", "onboard", "onboard-auto", "onboard-parked"} {
		if got, _, res := ask[store](t, handle, as("rival", request(t, event, "new-york", nil))); got != (answered{http.StatusNotFound, "not_found"}) {
			t.Errorf("%s: %d %s", event, res.StatusCode, res.Body)
		}
	}
	if p := must[apigw.Page[store]](t, handle, as("rival", listed(t, nil))); len(p.Items) > 0 {
		t.Errorf("the rival sees %v", ids(p.Items))
	}
	results := must[struct{ Results []enabled }](t, handle, as("rival", request(t, "enable", "", map[string]any{"stores": []string{"boston", "new-york"}})))
	for _, r := range results.Results {
		if r.Problem == nil || r.Problem.Code != "not_found" || r.State != "" {
			t.Errorf("the rival enables: %+v", r)
		}
	}
	if got, _, res := ask[store](t, handle, request(t, "onboard", "boston", onboarding(seed.UnusedNumber, false))); got != (answered{http.StatusConflict, "number_in_use"}) {
		t.Errorf("on the rival's number: %d %s", res.StatusCode, res.Body)
	}
	unchanged(t, db, before)

	// A store of the same id is another store.
	got, _, _ := ask[store](t, handle, as("rival", request(t, "save", "new-york", fields("US", "(617) 555-0191", "America/New_York"))))
	if d := db.Items(t).Since(before); got.status != http.StatusCreated || len(d.Added) != 1 || len(d.Changed)+len(d.Removed) > 0 {
		t.Errorf("the rival's new-york: %v, %+v", got, d)
	}
}

// Whatever the body is that no store can be made of, nothing is asked of the table.
func TestBodiesRefused(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "save")
	for _, test := range []struct{ event, body, code string }{
		{"save", `{"name": "Acme", "landline": "+16175550190"}`, "unknown_field"},
		{"save", `{"id": "boston"}`, "unknown_field"},
		{"save", `{"state": "enabled"}`, "unknown_field"},
		{"save", `{"name": 7}`, "wrong_type"},
		{"save", `{"name": "Acme", "name": "Other"}`, "duplicate_field"},
		{"save", `[]`, "invalid_json"},
		{"save", ``, "body_missing"},
		{"onboard", `{"number": "auto", "state": "enabled"}`, "unknown_field"},
		{"onboard", `{"number": "auto", "enable": "yes"}`, "wrong_type"},
		{"onboard", `{"number": 12125550199}`, "wrong_type"},
		{"onboard", ``, "body_missing"},
		{"enable", `{"stores": "boston"}`, "wrong_type"},
		{"enable", `{"store": ["boston"]}`, "unknown_field"},
		{"enable", `{"stores": ["boston"], "all": true}`, "unknown_field"},
	} {
		r := scenario.Event(t, "stores/"+test.event)
		r.Body = test.body
		cost := db.Measure(func() {
			if got, _, res := ask[store](t, handle, r); got != (answered{http.StatusBadRequest, test.code}) {
				t.Errorf("%s %s: %d %s", test.event, test.body, res.StatusCode, res.Body)
			}
		})
		if len(cost.Calls) > 0 {
			t.Errorf("%s %s: it asked for %v", test.event, test.body, cost.Calls)
		}
	}
	many := make([]string, maxEnabled+1)
	for n := range many {
		many[n] = fmt.Sprint("store-", n)
	}
	if got, _, res := ask[store](t, handle, request(t, "enable", "", map[string]any{"stores": many})); got != (answered{http.StatusUnprocessableEntity, "stores_invalid"}) {
		t.Errorf("%d stores at once: %d %s", len(many), res.StatusCode, res.Body)
	}
}

// An id that cannot be a store's reaches nothing in the table.
func TestMalformedIDs(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "save")
	for _, id := range []string{"", "*", "a b", "a/b", "boston#1", "STORE#boston", "köln", "boston\x00", "../boston", strings.Repeat("s", 65)} {
		for _, event := range []string{"get", "save", "onboard"} {
			want := answered{http.StatusNotFound, "not_found"}
			if event == "save" {
				want = answered{http.StatusUnprocessableEntity, "store_id_invalid"}
			}
			r := scenario.Event(t, "stores/"+event)
			r.PathParameters["storeId"] = id
			cost := db.Measure(func() {
				if got, _, res := ask[store](t, handle, r); got != want {
					t.Errorf("%s %q: %d %s", event, id, res.StatusCode, res.Body)
				}
			})
			if len(cost.Calls) > 0 {
				t.Errorf("%s %q: it asked for %v", event, id, cost.Calls)
			}
		}
		results := must[struct{ Results []enabled }](t, handle, request(t, "enable", "", map[string]any{"stores": []string{id}}))
		if p := results.Results[0].Problem; p == nil || p.Code != "not_found" {
			t.Errorf("enable %q: %+v", id, results)
		}
	}
	for _, id := range []string{"a", "enable", "..", "A.b_c-9", strings.Repeat("s", 64)} {
		if got, _, res := ask[store](t, handle, request(t, "save", id, nil)); got.status != http.StatusCreated {
			t.Errorf("save %q: %d %s", id, res.StatusCode, res.Body)
		}
	}
}

func TestFieldsOfStores(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "save")
	long := strings.Repeat("ß", maxName)
	for _, test := range []struct {
		field, value string
		taken        bool
	}{
		{"name", long, true}, {"name", " " + long + " ", true}, {"name", long + "s", false}, {"name", "", false}, {"name", " \n ", false},
		{"address", strings.Repeat("ß", maxAddress), true}, {"address", strings.Repeat("ß", maxAddress+1), false}, {"address", "", true},
		{"country", "us", false}, {"country", "USA", false}, {"country", "", false}, {"country", "ÄÖ", false}, {"country", "US#", false},
		{"timeZone", "Europe/Berlin", true}, {"timeZone", "UTC", true}, {"timeZone", "America/Argentina/Buenos_Aires", true}, {"timeZone", "Asia/Kolkata", true},
		{"timeZone", "Local", false}, {"timeZone", "", false}, {"timeZone", "../etc", false}, {"timeZone", "../../etc/passwd", false}, {"timeZone", "/etc/localtime", false},
		{"timeZone", "Europe", false}, {"timeZone", "Berlin", false}, {"timeZone", "+01:00", false}, {"timeZone", `Europe\Berlin`, false},
		{"language", "de", true}, {"language", "fil", true}, {"language", "zh-HK", true}, {"language", "es-419", true},
		{"language", "d", false}, {"language", "germ", false}, {"language", "de_DE", false}, {"language", "de-", false}, {"language", "-DE", false}, {"language", "de-DEU", false},
		{"language", "de-4", false}, {"language", "de-DE-1996", false}, {"language", "zh-Hant", false}, {"language", "Deutsch", false}, {"language", "dé", false}, {"language", " ", false},
		{"language", "12", false}, {"language", "de-D1", false}, {"language", "x-klingon", false}, {"language", strings.Repeat("de-", 1000), false},
		{"timeZone", "Europe/Berlin\x00", false}, {"timeZone", "zone.tab", false}, {"timeZone", strings.Repeat("Europe/", 1000), false},
	} {
		body := fields("US", "(617) 555-0190", "America/New_York")
		body[test.field] = test.value
		before := db.Items(t)
		got, saved, res := ask[store](t, handle, request(t, "save", "boston", body))
		switch {
		case test.taken != (got.status < 300):
			t.Errorf("%s %.80q: %d %s", test.field, test.value, res.StatusCode, res.Body)
		case test.taken:
			shown := map[string]string{"name": saved.Name, "address": saved.Address, "timeZone": saved.TimeZone, "language": saved.Language}[test.field]
			if shown != strings.TrimSpace(test.value) {
				t.Errorf("%s %.80q became %q", test.field, test.value, shown)
			}
		default:
			if got.code != "store_invalid" || !strings.Contains(res.Body, `"pointer":"/`+test.field+`"`) {
				t.Errorf("%s %.80q: %s", test.field, test.value, res.Body)
			}
			unchanged(t, db, before)
		}
	}
}

// listed asks for a page of the directory.
func listed(t testing.TB, query url.Values) scenario.Request {
	t.Helper()
	r := scenario.Event(t, "stores/list")
	r.RawQueryString = query.Encode()
	return r
}

func ids(stores []store) []string {
	found := make([]string, len(stores))
	for n, s := range stores {
		found[n] = s.ID
	}
	return found
}

// all reads a retailer's list to its end. page, unless nil, is told what each page costs.
func all(t testing.TB, db *scenario.Table, handle scenario.Handler, retailer string, query url.Values, page func(scenario.Cost)) []store {
	t.Helper()
	var found []store
	for range 1000 {
		var p apigw.Page[store]
		cost := db.Measure(func() { p = must[apigw.Page[store]](t, handle, as(retailer, listed(t, query))) })
		found = append(found, p.Items...)
		if page != nil {
			page(cost)
		}
		if p.Cursor == "" {
			return found
		}
		query.Set("cursor", p.Cursor)
	}
	t.Fatal("the list does not end")
	return nil
}

// Thirty stores, five in each state, and the seed's three enabled ones: every list has
// its own, each once.
func TestPagesOfStores(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "list")
	want := map[string][]string{"enabled": {"berlin", "london", "new-york"}}
	for n := range 30 {
		id := fmt.Sprintf("store-%02d", n)
		states := []string{"eligible", "ineligible", "parked", "ordering", "onboarded", "enabled"}
		state := states[n%len(states)]
		want[state] = append(want[state], id)
		want[""] = append(want[""], id)
		switch state {
		case "eligible":
			save(t, handle, id, []string{"US", "GB", "DE"}[n%3])
		case "ineligible":
			must[store](t, handle, request(t, "save", id, fields("GB", "", "Europe/London")))
		case "parked":
			save(t, handle, id, "FR")
			must[store](t, handle, request(t, "onboard", id, onboarding(clienteling.Auto, false)))
		case "ordering":
			save(t, handle, id, "DE")
			must[store](t, handle, request(t, "onboard", id, onboarding(clienteling.Auto, false)))
		default:
			number := fmt.Sprintf("+121255502%02d", n)
			record(t, db, "acme", "US", number)
			save(t, handle, id, "US")
			must[store](t, handle, request(t, "onboard", id, onboarding(number, state == "enabled")))
		}
	}
	want[""] = append(want[""], "berlin", "london", "new-york")
	for state, stores := range want {
		slices.Sort(stores)
		for _, limit := range []string{"7", "100"} {
			query := url.Values{}
			if state != "" {
				query.Set("state", state)
			}
			if limit != "" {
				query.Set("limit", limit)
			}
			found := all(t, db, handle, "acme", query, nil)
			got := ids(found)
			slices.Sort(got)
			if !slices.Equal(got, stores) {
				t.Errorf("state %q, limit %q: %v, want %v", state, limit, got, stores)
			}
			for _, s := range found {
				if state != "" && s.State != state {
					t.Errorf("%s is %s in the list of %s", s.ID, s.State, state)
				}
			}
		}
	}
	if p := must[apigw.Page[store]](t, handle, listed(t, nil)); len(p.Items) != apigw.DefaultLimit || p.Cursor == "" {
		t.Errorf("%d stores without a limit", len(p.Items))
	}
	// A cursor works in its own list only, and an invented one nowhere.
	own := must[apigw.Page[store]](t, handle, listed(t, url.Values{"limit": {"1"}})).Cursor
	for _, query := range []url.Values{
		{"state": {"enabled"}, "cursor": {own}},
		{"cursor": {apigw.EncodeCursor("stores/acme/", "PURCHASE#1")}},
		{"cursor": {apigw.EncodeCursor("stores/rival/", "STORE#berlin")}},
		{"cursor": {"nonsense"}}, {"cursor": {""}},
	} {
		if got, _, res := ask[store](t, handle, listed(t, query)); got != (answered{http.StatusBadRequest, "invalid_cursor"}) {
			t.Errorf("%v: %d %s", query, res.StatusCode, res.Body)
		}
	}
	for _, query := range []string{"state=", "state=open", "state=enabled&state=parked", "limit=0", "limit=101", "limit=ten"} {
		r := listed(t, nil)
		r.RawQueryString = query
		cost := db.Measure(func() {
			if got, _, res := ask[store](t, handle, r); got != (answered{http.StatusBadRequest, "invalid_parameter"}) {
				t.Errorf("%s: %d %s", query, res.StatusCode, res.Body)
			}
		})
		if len(cost.Calls) > 0 {
			t.Errorf("%s: it asked for %v", query, cost.Calls)
		}
	}
}

// A thousand stores of ten countries: a page of the directory stays cheap, whichever
// it is and however few of the stores it reads belong to it.
func TestDirectoryIsCheap(t *testing.T) {
	t.Parallel()
	const stores, most = 1000, 6.0 // read units a page
	db := scenario.NewTable(t)
	handle := start(t, db)
	countries := []string{"US", "CA", "GB", "DE", "FR", "IT", "ES", "AU", "PL", "NL"}
	newRetailer(t, db, "globex", countries...)
	for _, c := range []string{"US", "GB", "DE", "IT", "AU"} { // and so CA
		registration(t, db, "globex", c, clienteling.RegistrationApproved)
	}
	phones := map[string]string{"US": "+16175550190", "CA": "+14165550123", "GB": "+442079460190", "DE": "+493023125190", "FR": "+33199001234",
		"IT": "+390212345678", "ES": "+34911234567", "AU": "+61255501234", "PL": "+48221234567", "NL": "+31201234567"}
	to := db.Open()
	want := map[string]int{"": stores}
	var writers errgroup.Group
	for w := range 4 {
		writers.Go(func() error {
			for n := w; n < stores; n += 4 {
				c := countries[n%len(countries)]
				s := clienteling.Store{
					Retailer: "globex", ID: fmt.Sprintf("nom-%s-%04d", strings.ToLower(c), n), Country: c, Phone: phones[c], TimeZone: "America/New_York", Language: "en",
					Name:    fmt.Sprintf("Globex Flagship Königsstraße %d", n),
					Address: fmt.Sprintf("Shop %d, Westside Shopping Centre, Obere Königsstraße %d, 70173 Stuttgart-Mitte", n%40, n),
				}
				if n%30 == 0 {
					s.Phone = "" // in the US, where the others are eligible
				}
				if _, err := to.SaveStore(t.Context(), s); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := writers.Wait(); err != nil {
		t.Fatal(err)
	}
	for n := range stores {
		state := "eligible"
		if c := countries[n%len(countries)]; slices.Contains([]string{"FR", "ES", "PL", "NL"}, c) || n%30 == 0 {
			state = stateIneligible
		}
		want[state]++
	}
	for _, state := range []string{"", "eligible", "ineligible", "enabled"} {
		for _, limit := range []string{"25", "100"} {
			query := url.Values{"limit": {limit}}
			if state != "" {
				query.Set("state", state)
			}
			pages, dearest := 0, 0.0
			met := map[string]int{}
			for _, s := range all(t, db, handle, "globex", query, func(cost scenario.Cost) {
				pages++
				dearest = max(dearest, cost.ReadUnits)
				if cost.ReadUnits <= 0 || cost.WriteUnits > 0 || slices.Contains(cost.Calls, "Scan") {
					t.Errorf("state %q, limit %s: %+v", state, limit, cost)
				}
			}) {
				met[s.ID]++
				if state != "" && s.State != state {
					t.Errorf("%s is %s in the list of %s", s.ID, s.State, state)
				}
			}
			t.Logf("state %q, limit %s: %d stores on %d pages of %.1f read units at most", state, limit, len(met), pages, dearest)
			if dearest > most {
				t.Errorf("state %q, limit %s: a page costs %.1f read units, more than %.0f", state, limit, dearest, most)
			}
			if len(met) != want[state] {
				t.Errorf("state %q, limit %s: %d stores, want %d", state, limit, len(met), want[state])
			}
			for id, times := range met {
				if times != 1 {
					t.Errorf("state %q, limit %s: %s came %d times", state, limit, id, times)
				}
			}
		}
	}
}
