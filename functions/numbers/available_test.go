package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"clienteling/infra/scenario"
	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

func containsCode(body, code string) bool { return strings.Contains(body, fmt.Sprintf("%q", code)) }

// sale asks what is for sale in a country.
func sale(t *testing.T, retailer, country string, query url.Values) scenario.Request {
	t.Helper()
	r := at(t, retailer, "available", "country", country)
	r.RawQueryString = query.Encode()
	return r
}

func TestAvailable(t *testing.T) {
	t.Parallel()
	db, handle, s := given(t)
	enable(t, db, "own", "US", "CA", "GB", "DE", "TH")
	for _, tt := range []struct {
		country string
		query   url.Values
		count   int
		holds   string
	}{
		{"US", nil, apigw.DefaultLimit, "+1"},
		{"US", url.Values{"limit": {"100"}}, 100, "+1"},
		{"US", url.Values{"areaCode": {"206"}}, apigw.DefaultLimit, "+1206"},
		{"US", url.Values{"areaCode": {"206"}, "contains": {"550142"}}, 1, "+12065550142"},
		{"US", url.Values{"contains": {"305555015*"}}, 10, "+130555501"},
		{"US", url.Values{"contains": {"KJL0142"}}, 12, "5550142"}, // K, J and L are all 5
		{"US", url.Values{"areaCode": {"416"}}, 0, ""},             // Canada's
		{"CA", url.Values{"areaCode": {"514"}, "limit": {"1"}}, 1, "+1514"},
		{"GB", url.Values{"limit": {"7"}}, 7, "+447"},  // mobile, although the search denies that they text
		{"DE", url.Values{"limit": {"7"}}, 7, "+4917"}, // mobile
		{"TH", nil, 0, ""}, // nobody sells a mobile number there
	} {
		p := read[apigw.Page[forSale]](t, handle, sale(t, "own", tt.country, tt.query), http.StatusOK)
		if p.Items == nil || len(p.Items) != tt.count || p.Cursor != "" {
			t.Errorf("%s %v: %d numbers, want %d", tt.country, tt.query, len(p.Items), tt.count)
		}
		for _, n := range p.Items {
			if !strings.Contains(n.Number, tt.holds) {
				t.Errorf("%s %v: %+v", tt.country, tt.query, n)
			}
		}
	}

	// What somebody else has bought is not for sale any more.
	only := url.Values{"areaCode": {"206"}, "contains": {"550142"}}
	s.Control(t, "PUT", "/control/stock/+12065550142", map[string]any{"owner": "other"}, nil)
	if p := read[apigw.Page[forSale]](t, handle, sale(t, "own", "US", only), http.StatusOK); len(p.Items) > 0 {
		t.Errorf("%+v", p.Items)
	}
}

func TestAvailableRefused(t *testing.T) {
	t.Parallel()
	db, handle, s := given(t)
	enable(t, db, "own", "US", "DE", "SE")
	calls := 0
	s.Strike(func(_ *http.Request, forward func()) { calls++; forward() })
	for _, tt := range []struct {
		retailer, country string
		query             url.Values
		want              string
	}{
		{"own", "SE", nil, "409 assisted_country"},
		{"own", "FR", nil, "422 country_not_requested"},
		{"own", "us", nil, "422 country_invalid"},
		{"own", "", nil, "422 country_invalid"},
		{"stranger", "US", nil, "409 retailer_not_enabled"},
		{"own", "US", url.Values{"contains": {"5"}}, "422 pattern_invalid"},
		{"own", "US", url.Values{"contains": {"12345678901234567"}}, "422 pattern_invalid"},
		{"own", "US", url.Values{"contains": {"+1646"}}, "422 pattern_invalid"},
		{"own", "US", url.Values{"contains": {"555 01"}}, "422 pattern_invalid"},
		{"own", "US", url.Values{"contains": {"55%"}}, "422 pattern_invalid"},
		{"own", "US", url.Values{"contains": {"ÄÖ"}}, "422 pattern_invalid"},
		{"own", "US", url.Values{"areaCode": {"64"}}, "422 area_code_invalid"},
		{"own", "US", url.Values{"areaCode": {"123"}}, "422 area_code_invalid"},
		{"own", "US", url.Values{"areaCode": {"abc"}}, "422 area_code_invalid"},
		{"own", "DE", url.Values{"areaCode": {"301"}}, "422 area_code_invalid"},
		{"own", "US", url.Values{"limit": {"0"}}, "400 invalid_parameter"},
		{"own", "US", url.Values{"areaCode": {"646", "212"}}, "400 invalid_parameter"},
	} {
		if outcome, _ := ask(t, handle, sale(t, tt.retailer, tt.country, tt.query)); outcome != tt.want {
			t.Errorf("%s in %q, %v: %s, want %s", tt.retailer, tt.country, tt.query, outcome, tt.want)
		}
	}
	if calls > 0 {
		t.Errorf("Twilio was asked %d times", calls)
	}
}

// When Twilio is away or refuses, the caller learns whether to correct the question or
// to ask again.
func TestAvailableTwilio(t *testing.T) {
	t.Parallel()
	db, handle, s := given(t)
	enable(t, db, "own", "US")
	narrowed, whole := url.Values{"contains": {"555**"}}, url.Values{}
	for _, tt := range []struct {
		fault string
		query url.Values
		want  string
	}{
		{"429", narrowed, "503 twilio_unavailable"},
		{"500", narrowed, "503 twilio_unavailable"},
		{"503", whole, "503 twilio_unavailable"},
		{"html-503", whole, "503 twilio_unavailable"},
		{"reset-before", whole, "503 twilio_unavailable"},
		{"reset-after", whole, "503 twilio_unavailable"},
		{"code:20003", narrowed, "503 twilio_unavailable"}, // our token, not the pattern
		{"code:20001", whole, "503 twilio_unavailable"},    // nothing that the caller could correct
		{"code:20001", narrowed, "422 pattern_invalid"},
		{"code:21451", url.Values{"areaCode": {"646"}}, "422 area_code_invalid"},
	} {
		s.Control(t, "POST", "/control/faults", map[string]any{"operation": "numbers.search", "kind": tt.fault, "nth": 0}, nil)
		unchanged(t, db, func() {
			if outcome, _ := ask(t, handle, sale(t, "own", "US", tt.query)); outcome != tt.want {
				t.Errorf("%s, %v: %s, want %s", tt.fault, tt.query, outcome, tt.want)
			}
		})
		s.Control(t, "DELETE", "/control/faults", nil, nil)
	}
	// A pattern that Twilio does not take, although it has the right characters.
	if outcome, body := ask(t, handle, sale(t, "own", "US", url.Values{"contains": {"*5"}})); outcome != "422 pattern_invalid" || !strings.Contains(body, `"pointer":"contains"`) {
		t.Errorf("%s", body)
	}
	if outcome, _ := ask(t, handle, sale(t, "own", "US", narrowed)); outcome != "200" {
		t.Errorf("afterwards: %s", outcome)
	}

	// What is for sale is shown before the papers are approved, too.
	register(t, db, "own", "US", clienteling.RegistrationInReview)
	if outcome, _ := ask(t, handle, sale(t, "own", "US", whole)); outcome != "200" {
		t.Errorf("before the approval: %s", outcome)
	}
}
