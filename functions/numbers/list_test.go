package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"clienteling/infra/scenario"
	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

// thirty are 30 numbers of retailer own: in the US 8 available, 4 assigned and 4 that
// are being released, in GB 5 and 5, in DE 4 available. They are in the order of the list.
func thirty(t *testing.T, db *scenario.Table) []clienteling.Number {
	t.Helper()
	enable(t, db, "own", "US", "GB", "DE", "FR", "SE")
	var made []clienteling.Number
	for _, some := range []struct {
		country, format string
		state           clienteling.NumberState
		count           int
	}{
		{"DE", "+49176040690%02d", clienteling.NumberAvailable, 4},
		{"GB", "+4477009005%02d", clienteling.NumberAssigned, 5},
		{"GB", "+4477009006%02d", clienteling.NumberAvailable, 5},
		{"US", "+164655501%02d", clienteling.NumberAssigned, 4},
		{"US", "+121355501%02d", clienteling.NumberAvailable, 8},
		{"US", "+131255501%02d", clienteling.NumberReleasing, 4},
	} {
		for n := range some.count {
			number := record(t, db, "own", some.country, fmt.Sprintf(some.format, n))
			var err error
			switch some.state {
			case clienteling.NumberAssigned:
				number = assign(t, db, number, fmt.Sprintf("shop-%s-%d", some.country, n))
			case clienteling.NumberReleasing:
				number, err = db.Open().ReleaseNumber(t.Context(), "own", number.E164, db.Now())
			}
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, number)
		}
	}
	return made
}

// assign puts a new store on a number.
func assign(t *testing.T, db *scenario.Table, n clienteling.Number, store string) clienteling.Number {
	t.Helper()
	to := db.Open()
	s, err := to.SaveStore(t.Context(), clienteling.Store{Retailer: n.Retailer, ID: store, Name: "Shop " + store, Country: n.Country, State: clienteling.StoreEligible})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to.OnboardStore(t.Context(), s, n, true); err != nil {
		t.Fatal(err)
	}
	n.State, n.Store, n.Enabled = clienteling.NumberAssigned, store, true
	return n
}

func TestPagesOfNumbers(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	numbers := thirty(t, db)
	for _, country := range []string{"", "US", "GB", "DE"} {
		for _, state := range []string{"", "claimed", "available", "assigned", "releasing", "released"} {
			var want []number
			for _, n := range numbers {
				if (country == "" || n.Country == country) && (state == "" || string(n.State) == state) {
					want = append(want, show(n))
				}
			}
			query := url.Values{}
			if country != "" {
				query.Set("country", country)
			}
			if state != "" {
				query.Set("state", state)
			}
			for _, limit := range []string{"1", "4", "29", "30", "100"} {
				query.Set("limit", limit)
				if got := all[number](t, handle, "own", "list", query, nil); !slices.Equal(got, want) {
					t.Errorf("%v: %v, want %v", query, got, want)
				}
			}
		}
	}
	if p := read[apigw.Page[number]](t, handle, by(t, "own", "list"), http.StatusOK); len(p.Items) != apigw.DefaultLimit || p.Cursor == "" {
		t.Errorf("%d numbers without a limit", len(p.Items))
	}
}

// A cursor is good for the filters that it was made with.
func TestCursorOfOtherNumbers(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	thirty(t, db)
	lists := []url.Values{{}, {"country": {"US"}}, {"state": {"available"}}, {"country": {"US"}, "state": {"available"}}, {"country": {"GB"}}}
	for n, query := range lists {
		cursor := read[apigw.Page[number]](t, handle, list(t, "own", "list", with(query, "limit", "1")), http.StatusOK).Cursor
		if cursor == "" {
			t.Fatalf("%v has one page", query)
		}
		for m, other := range lists {
			want := "400 invalid_cursor"
			if n == m {
				want = "200"
			}
			if outcome, _ := ask(t, handle, list(t, "own", "list", with(other, "cursor", cursor))); outcome != want {
				t.Errorf("%v with the cursor of %v: %s", other, query, outcome)
			}
		}
	}
	for _, query := range []url.Values{
		{"limit": {"0"}}, {"limit": {"101"}}, {"state": {"free"}}, {"state": {""}}, {"state": {"available", "assigned"}}, {"country": {"US", "GB"}},
	} {
		if outcome, _ := ask(t, handle, list(t, "own", "list", query)); outcome != "400 invalid_parameter" {
			t.Errorf("%v: %s", query, outcome)
		}
	}
}

func with(query url.Values, name, value string) url.Values {
	more := url.Values{name: {value}}
	for name, values := range query {
		more[name] = values
	}
	return more
}

// An empty list says why it is.
func TestEmptyListOfNumbers(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	enable(t, db, "own", "US", "SE")
	r := clienteling.Retailer{ID: "young", Countries: []string{"US", "CA", "DE", "GB", "SE", "AU", "JP"}, OptInMode: clienteling.AnyReply}
	if err := db.Open().EnableRetailer(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	register(t, db, "young", "DE", clienteling.RegistrationInReview)
	register(t, db, "young", "GB", clienteling.RegistrationExpired)
	register(t, db, "young", "SE", clienteling.RegistrationRejected)
	for _, tt := range []struct{ retailer, country, state, want string }{
		{"own", "", "", "none_ordered"},
		{"own", "", "available", "none_ordered"},
		{"own", "US", "", "none_ordered"},
		{"own", "US", "available", "none_ordered"},
		{"own", "SE", "", "assisted_country"},
		{"own", "SE", "available", "assisted_country"},
		{"young", "US", "available", "not_approved"},
		{"young", "CA", "available", "not_approved"},
		{"young", "DE", "available", "not_approved"},
		{"young", "GB", "available", "not_approved"},
		{"young", "SE", "available", "not_approved"}, // first its papers, then the operator
		{"young", "AU", "", "not_approved"},
		{"young", "JP", "", "not_approved"}, // of which the catalogue knows nothing
		{"young", "", "", "none_ordered"},
		{"stranger", "", "", "none_ordered"},
	} {
		query := url.Values{}
		for name, value := range map[string]string{"country": tt.country, "state": tt.state} {
			if value != "" {
				query.Set(name, value)
			}
		}
		p := read[struct {
			Items  []number
			Cursor string
			Empty  reason
		}](t, handle, list(t, tt.retailer, "list", query), http.StatusOK)
		if p.Items == nil || len(p.Items) > 0 || p.Cursor != "" || p.Empty.Code != tt.want || p.Empty.Detail == "" {
			t.Errorf("%+v: %+v", tt, p)
		}
	}
	for _, tt := range []struct{ retailer, country, want string }{
		{"own", "DE", "422 country_not_requested"},
		{"own", "us", "422 country_invalid"},
		{"own", "USA", "422 country_invalid"},
		{"own", "US#available", "422 country_invalid"},
		{"stranger", "US", "409 retailer_not_enabled"},
	} {
		if outcome, _ := ask(t, handle, list(t, tt.retailer, "list", url.Values{"country": {tt.country}})); outcome != tt.want {
			t.Errorf("%+v: %s", tt, outcome)
		}
	}

	// Canada's papers are those of the US, and one number is enough not to be empty.
	register(t, db, "young", "US", clienteling.RegistrationApproved)
	if _, body := ask(t, handle, list(t, "young", "list", url.Values{"country": {"CA"}})); !containsCode(body, "none_ordered") {
		t.Errorf("CA: %s", body)
	}
	record(t, db, "young", "CA", "+16475550101")
	if _, body := ask(t, handle, list(t, "young", "list", url.Values{"country": {"CA"}})); containsCode(body, "none_ordered") {
		t.Errorf("CA with a number: %s", body)
	}
	if _, body := ask(t, handle, list(t, "young", "list", url.Values{"country": {"CA"}, "state": {"assigned"}})); !containsCode(body, "none_ordered") {
		t.Errorf("CA, assigned: %s", body)
	}
}
