package country_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"clienteling/shared/clienteling/country"
)

// The product's two lists, in its own order.
const (
	selfServe = "US CA GB AU DE IT AT PL EE DK CZ FI IL PH ZA HK TH"
	listed    = "AU AT BE CZ DK FI FR DE HK IE IT MY NL NO PL PT ES SE CH CA US GB"
)

func TestLists(t *testing.T) {
	t.Parallel()
	all := country.All()
	if len(all) != 27 {
		t.Errorf("%d countries", len(all))
	}
	for _, list := range []struct {
		name  string
		codes string
		is    func(country.Country) bool
	}{
		{"self-serve", selfServe, func(c country.Country) bool { return c.SelfServe }},
		{"listed", listed, func(c country.Country) bool { return c.Listed }},
		{"without a bundle", "US CA", func(c country.Country) bool { return !c.Bundle }},
		{"texting from local numbers", "US CA", func(c country.Country) bool { return c.NumberType == "Local" }},
		{"under another's registration", "CA", func(c country.Country) bool { return c.Registration != c.Code }},
	} {
		var got []string
		for _, c := range all {
			if list.is(c) {
				got = append(got, c.Code)
			}
		}
		want := strings.Fields(list.codes)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", list.name, got, want)
		}
	}
}

func TestEveryCountryIsComplete(t *testing.T) {
	t.Parallel()
	var (
		code     = regexp.MustCompile(`^[A-Z]{2}$`)
		language = regexp.MustCompile(`^[a-z]{2,3}$`)
		names    = map[string]bool{}
	)
	for _, c := range country.All() {
		if !code.MatchString(c.Code) || c.Name == "" || names[c.Name] || !language.MatchString(c.Language) {
			t.Errorf("%+v", c)
		}
		names[c.Name] = true
		if c.NumberType != "Local" && c.NumberType != "Mobile" {
			t.Errorf("%s: %q is no number type of Twilio that texts", c.Code, c.NumberType)
		}
		// A registration is found by its country, and covers that country itself.
		if r, ok := country.Of(c.Registration); !ok || r.Registration != c.Registration || r.Bundle != c.Bundle {
			t.Errorf("%s is registered under %q", c.Code, c.Registration)
		}
		if c.EndUserType != "business" {
			t.Errorf("%s: retailers are no %q", c.Code, c.EndUserType)
		}
		if !c.SelfServe && !c.Listed {
			t.Errorf("%s is on neither list", c.Code)
		}
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	de := country.Country{
		Code: "DE", Name: "Germany", Language: "de", SelfServe: true, Listed: true,
		NumberType: "Mobile", Registration: "DE", EndUserType: "business", Bundle: true,
	}
	if c, ok := country.Of("DE"); !ok || c != de {
		t.Errorf("DE: %+v, %t", c, ok)
	}
	for _, c := range country.All() {
		if got, ok := country.Of(c.Code); !ok || got != c {
			t.Errorf("%s: %+v, %t", c.Code, got, ok)
		}
	}
	for _, code := range []string{"", "de", "De", "D", "DEU", "Germany", " DE", "XX", "AA", "ZZ", "UK", "JE", "PR"} {
		if c, ok := country.Of(code); ok || c != (country.Country{}) {
			t.Errorf("%q: %+v, %t", code, c, ok)
		}
	}
}

func TestAllIsSortedAndTheCallersOwn(t *testing.T) {
	t.Parallel()
	all := country.All()
	if !slices.IsSortedFunc(all, func(a, b country.Country) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("not sorted by code")
	}
	all[0].Name = "changed"
	if c, _ := country.Of(all[0].Code); c.Name == "changed" || country.All()[0].Name == "changed" {
		t.Error("a caller changed the catalogue")
	}
}
