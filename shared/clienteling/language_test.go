package clienteling_test

import (
	"testing"

	"clienteling/shared/clienteling"
)

func TestLanguage(t *testing.T) {
	for written, want := range map[string]string{
		"de": "de", "DE": "de", "de-at": "de-AT", "DE-AT": "de-AT", "fil": "fil", "es-419": "es-419", "zh-HK": "zh-HK",
		"": "", "d": "", "deutsch": "", "de-": "", "-AT": "", "de-A": "", "de-AUT": "", "de-12": "", "de-1234": "",
		"zh-Hant": "", "de-AT-1996": "", "d1": "", "de_AT": "", "dé": "", " de": "",
	} {
		got, ok := clienteling.Language(written)
		if got != want || ok != (want != "") {
			t.Errorf("%q is %q, %t; want %q", written, got, ok, want)
		}
	}
}
