package consent

import (
	"slices"
	"strings"
	"unicode"
)

// LikelyOptOut reports whether a text that opted nobody out reads as if the customer
// wants no more texts: a hint for the associate, who decides. It changes nothing by
// itself. Customers may revoke their consent in any reasonable way (47 CFR
// 64.1200(a)(10)), so somebody has to look; but an associate who sees it at every "stop
// by at 5?" will not look, so it would rather miss one.
//
// It reads all languages at once: it is not the store's that matters, but the customer's.
// So an opt-out word of a language that does not count in the store's country is a hint.
func LikelyOptOut(body string) bool {
	if body := bare(body); len(body) <= longest {
		said := fold(body)
		if slices.ContainsFunc(languages[:], func(l *language) bool { return l.means(said) == optOut }) {
			return true
		}
	}
	text := phrases(body)
	solid := strings.NewReplacer(" ", "", ".", "").Replace(text)
	for _, l := range languages {
		if l.solid {
			if containsAny(solid, "", l.hints) && !containsAny(solid, "", l.unless) {
				return true
			}
			continue
		}
		if containsAny(text, " ", l.hints) && !containsAny(text, " ", l.unless) {
			return true
		}
	}
	return false
}

// containsAny reports whether a text has one of the phrases between two separators.
func containsAny(text, separator string, phrases []string) bool {
	return slices.ContainsFunc(phrases, func(p string) bool {
		// The first look, which allocates nothing, is mostly the last.
		return strings.Contains(text, p) && strings.Contains(text, separator+p+separator)
	})
}

// phrases writes a text as hints are: folded words, and a point where a part of a
// sentence begins or ends, each between two spaces. "Don't" becomes DONT.
func phrases(text string) string {
	b := append(make([]byte, 0, len(text)+8), ". "...)
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.L, unicode.M, unicode.N):
			b = appendFolded(b, r)
		case strings.ContainsRune("'’‘ʼ´`", r):
		case strings.ContainsRune(".,;:!?…¡¿\n。，、！？；：،؛؟", r):
			b = append(b, " . "...)
		default:
			b = append(b, ' ')
		}
	}
	words := strings.Fields(string(append(b, " ."...)))
	words = slices.CompactFunc(words, func(a, b string) bool { return a == "." && b == "." })
	return " " + strings.Join(words, " ") + " "
}
