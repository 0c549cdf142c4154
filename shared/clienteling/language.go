package clienteling

import "strings"

// Language reads the name of a language as BCP 47 has it: two or three letters of ISO
// 639 and perhaps a region, ISO 3166-1 alpha-2 or three digits of UN M.49. What else such
// a name may have makes no difference to our texts, and is not taken. It comes back as
// BCP 47 recommends to write it, "de-AT" for "DE-at", since case says nothing.
// https://www.rfc-editor.org/rfc/rfc5646#section-2.1.1
func Language(s string) (tag string, ok bool) {
	language, region, regional := strings.Cut(s, "-")
	language, region = strings.ToLower(language), strings.ToUpper(region)
	if len(language) < 2 || len(language) > 3 || strings.Trim(language, "abcdefghijklmnopqrstuvwxyz") != "" {
		return "", false
	}
	if !regional {
		return language, true
	}
	letters := len(region) == 2 && strings.Trim(region, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	digits := len(region) == 3 && strings.Trim(region, "0123456789") == ""
	if !letters && !digits {
		return "", false
	}
	return language + "-" + region, true
}
