package phone_test

import (
	"errors"
	"testing"

	"clienteling/shared/clienteling"
	"clienteling/shared/phone"
)

func TestMobile(t *testing.T) {
	for _, tt := range []struct{ written, country, e164, of, code string }{
		{"+4915112345678", "", "+4915112345678", "DE", ""},
		{" +49 (0) 1511 / 234-5678 ", "", "+4915112345678", "DE", ""},
		{"0151 12345678", "DE", "+4915112345678", "DE", ""},
		{"(212) 555-0123", "US", "+12125550123", "US", ""}, // no telling apart in the US
		{"+1 416 555 0123", "", "+14165550123", "CA", ""},
		{"+44 7400 123456", "US", "+447400123456", "GB", ""},
		{"0151 12345678", "", "", "", "phone_invalid"},
		{"+49", "", "", "", "phone_invalid"},
		{"", "", "", "", "phone_invalid"},
		{"Ada", "DE", "", "", "phone_invalid"},
		{"+4915112345678901234", "", "", "", "phone_invalid"},
		{"+99912345678", "", "", "", "phone_invalid"},
		{"+49 30 901820", "", "", "", "phone_not_mobile"},
		{"+44 20 7946 0190", "", "", "", "phone_not_mobile"},
		{"+49 900 1234567", "", "", "", "phone_not_mobile"},
		{"+1 800 555 0199", "", "", "", "phone_not_mobile"},
	} {
		n, err := phone.Mobile(tt.written, tt.country)
		var e *clienteling.Error
		if errors.As(err, &e) != (tt.code != "") || e != nil && (e.Code != tt.code || e.Kind != clienteling.Unprocessable) || n != (phone.Number{E164: tt.e164, Country: tt.of}) {
			t.Errorf("%q in %q: %+v, %v", tt.written, tt.country, n, err)
		}
	}
}

func TestCountry(t *testing.T) {
	t.Parallel()
	for e164, want := range map[string]string{
		"+4915112345678":   "DE",
		"+4917139200123":   "DE",
		"+12125550123":     "US",
		"+14165550123":     "CA",
		"+17875550123":     "PR",
		"+442079460190":    "GB",
		"+447700900123":    "GB", // of no operator
		"+441534123456":    "JE",
		"+390612345678":    "IT",
		"+390669812345":    "VA",
		"+3581812345":      "AX",
		"+85221234567":     "HK",
		"+66812345678":     "TH",
		"+18005550199":     "US", // of all of +1
		"+19995550123":     "US", // of nobody
		"+80012345678":     "",
		"+882161234567":    "",
		"+9991234567":      "",
		"":                 "",
		"030 901820":       "",
		"+49 30 901820":    "",
		"4930901820":       "",
		"tel:+4930901820":  "",
		"whatsapp:+493090": "",
	} {
		if got := phone.Country(e164); got != want {
			t.Errorf("%q is of %q, want %q", e164, got, want)
		}
	}
}

func TestNational(t *testing.T) {
	t.Parallel()
	for e164, want := range map[string]string{
		"+12125550123":    "(212) 555-0123",
		"+14165550123":    "(416) 555-0123",
		"+493023125190":   "030 23125190",
		"+4915112345678":  "01511 2345678",
		"+442079460190":   "020 7946 0190",
		"+447700900123":   "07700 900123",
		"+390612345678":   "06 1234 5678",
		"+33199001234":    "01 99 00 12 34",
		"+4533123456":     "33 12 34 56",
		"+61255501234":    "(02) 5550 1234",
		"+80012345678":    "+80012345678", // of no country, so it has no national form
		"":                "",
		"the store":       "the store",
		"+49 30 23125190": "+49 30 23125190",
	} {
		if got := phone.National(e164); got != want {
			t.Errorf("National(%q) = %q, want %q", e164, got, want)
		}
	}
}
