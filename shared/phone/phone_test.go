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
