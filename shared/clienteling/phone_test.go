package clienteling_test

import (
	"strings"
	"testing"

	"clienteling/shared/clienteling"
)

func TestIsE164(t *testing.T) {
	for s, want := range map[string]bool{
		"+12125550123":      true,
		"+4915112345678":    true,
		"+6723123":          true,
		"+123456789012345":  true,
		"+1234567890123456": false,
		"+123456":           false,
		"+1":                false,
		"+":                 false,
		"":                  false,
		"12125550123":       false,
		"+02125550123":      false,
		"++2125550123":      false,
		"+1 212 555 0123":   false,
		"+1-212-555-0123":   false,
		"+1212555012x":      false,
		"+12125550123 ":     false,
		"+12125550123\n":    false,
		"+1212555012\x00":   false,
		"+١٢٣٤٥٦٧":          false,
		"＋12125550123":      false,
		"anonymous":         false,
		"whatsapp:+1212555": false,
	} {
		if got := clienteling.IsE164(s); got != want {
			t.Errorf("IsE164(%q) = %t", s, got)
		}
	}
	for length := range 20 {
		s := "+" + strings.Repeat("1", length)
		if got, want := clienteling.IsE164(s), length >= 7 && length <= 15; got != want {
			t.Errorf("IsE164 of %d digits = %t", length, got)
		}
	}
}

func TestMask(t *testing.T) {
	for s, want := range map[string]string{
		"+4915112345678":   "+49***78",
		"+12125550123":     "+12***23",
		"+6723123":         "+67***23",
		"":                 "***",
		"12345":            "***",
		"+123456":          "***",
		"Jane Doe, Berlin": "***",
		"Žofie 漢字 😀":       "***",
		"12125550123":      "***",
	} {
		if got := clienteling.Mask(s); got != want {
			t.Errorf("Mask(%q) = %q, want %q", s, got, want)
		}
	}
}
