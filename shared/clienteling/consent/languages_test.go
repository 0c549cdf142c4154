package consent_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/clienteling/country"
)

// store has a name as long as a store's is expected to be: 20 letters.
const store = "Acme Kongens Nytorv "

func TestCountries(t *testing.T) {
	spoken := consent.Spoken()
	for _, c := range country.All() {
		primary, _, _ := strings.Cut(c.Language, "-")
		if languages, known := spoken[c.Code]; !known || !slices.Contains(languages, primary) {
			t.Errorf("%s: %q is not among the languages that count there, %q", c.Name, c.Language, languages)
		}
		if _, ok := consent.DefaultRequest(c.Language); !ok {
			t.Errorf("%s: there is no opt-in message in %q", c.Name, c.Language)
		}
		delete(spoken, c.Code)
	}
	for code := range spoken {
		t.Errorf("%s is not a country of the catalogue", code)
	}
}

func TestLanguages(t *testing.T) {
	tags := consent.Languages()
	if !slices.IsSorted(tags) || len(slices.Compact(slices.Clone(tags))) != len(tags) {
		t.Errorf("%q are not sorted, or not once each", tags)
	}
	used := map[string]bool{}
	for _, languages := range consent.Spoken() {
		for _, tag := range languages {
			used[tag] = true
		}
	}
	for _, tag := range tags {
		if !used[tag] {
			t.Errorf("%s counts in no country", tag)
		}
	}
	for _, alias := range []struct{ tag, same string }{
		{"no", "nb"}, {"nn", "nb"}, {"tl", "fil"}, {"iw", "he"}, {"yue", "zh"}, {"zh-Hant-HK", "zh"}, {"de-AT", "de"}, {"DE", "de"}, {"pt-PT", "pt"},
	} {
		got, _ := consent.DefaultRequest(alias.tag)
		if want, _ := consent.DefaultRequest(alias.same); got != want || got == "" {
			t.Errorf("the request in %q is %q, want that in %q", alias.tag, got, alias.same)
		}
	}
	for _, unknown := range []string{"", "xx", "-", "d", "deu", "f"} {
		if request, ok := consent.DefaultRequest(unknown); ok {
			t.Errorf("there is a request in %q: %q", unknown, request)
		}
	}
}

// A word that is not as fold leaves it would never be found; the same word in two
// meanings would depend on the order of the lists.
func TestWordLists(t *testing.T) {
	for _, tag := range consent.Languages() {
		for meaning, words := range consent.Words(tag) {
			if len(words) == 0 && !(tag == "en" && meaning == "accept") { // YES opts in
				t.Errorf("%s has no word for %s", tag, meaning)
			}
			for _, word := range words {
				if consent.Fold(word) != word || len(word) > consent.Longest {
					t.Errorf("%s: write %q as %q", tag, word, consent.Fold(word))
				}
				for _, text := range []consent.Text{{Body: word, Language: tag}, {Body: strings.ToLower(word), Language: tag}} {
					if got := says(text); got != meaning {
						t.Errorf("%s: %q is taken for %s, want %s", tag, text.Body, got, meaning)
					}
				}
				if tag != "en" && says(consent.Text{Body: word}) != "nothing" {
					t.Errorf("%s: %q is listed in English already", tag, word)
				}
			}
			if len(slices.Compact(slices.Sorted(slices.Values(words)))) != len(words) {
				t.Errorf("%s: a word for %s is listed twice", tag, meaning)
			}
		}
	}
	for code, tags := range consent.Spoken() {
		found := map[string]string{} // meanings by word
		for _, tag := range tags {
			for meaning, words := range consent.Words(tag) {
				for _, word := range words {
					if other := found[word]; other != "" && other != meaning {
						t.Errorf("in %s %q is %s and %s", code, word, other, meaning)
					}
					found[word] = meaning
				}
			}
		}
		for word, meaning := range found {
			if got := says(consent.Text{Body: word, Country: code}); got != meaning {
				t.Errorf("in %s %q is taken for %s, want %s", code, word, got, meaning)
			}
		}
	}
	for _, word := range consent.Twilios() {
		if got := says(consent.Text{Body: word}); got == "nothing" {
			t.Errorf("Twilio's %q means nothing", word)
		}
	}
}

func TestHintLists(t *testing.T) {
	for _, tag := range consent.Languages() {
		hints, unless, solid := consent.Hints(tag)
		if len(hints) == 0 {
			t.Errorf("%s has no hints", tag)
		}
		for _, phrase := range append(slices.Clone(hints), unless...) {
			if consent.Fold(phrase) != phrase || strings.ContainsFunc(phrase, func(r rune) bool {
				return r != '.' && r != ' ' && !unicode.In(r, unicode.L, unicode.M, unicode.N)
			}) || solid && strings.ContainsAny(phrase, " .") {
				t.Errorf("%s: the phrase %q can never be found", tag, phrase)
			}
		}
		for _, phrase := range hints {
			body := strings.ToLower(strings.TrimSpace(strings.ReplaceAll(phrase, " .", ".")))
			if !consent.LikelyOptOut(body) && says(consent.Text{Body: body, Language: tag}) != "opt-out" {
				t.Errorf("%s: %q is no hint", tag, body)
			}
		}
		for _, word := range consent.Words(tag)["opt-out"] {
			// Where the language does not count, the word is a hint.
			if !consent.LikelyOptOut(word) || !consent.LikelyOptOut(" "+strings.ToLower(word)+"!") {
				t.Errorf("%s: %q is no hint", tag, word)
			}
		}
	}
}

// Languages whose letters GSM-7 lacks cost two segments; all others are kept to one.
func TestLength(t *testing.T) {
	for _, tag := range consent.Languages() {
		request, _ := consent.DefaultRequest(tag)
		request, err := clienteling.Fill(request, clienteling.Fillings{Store: store})
		if err != nil {
			t.Errorf("%s: %v", tag, err)
		}
		for name, text := range map[string]string{
			"request": request, "opt-out": consent.Confirmation(consent.ConfirmOptOut, tag, store),
			"opt-in": consent.Confirmation(consent.ConfirmOptIn, tag, store), "help": consent.Confirmation(consent.Help, tag, store),
		} {
			encoding, n := clienteling.Segments(text)
			if n > 2 || n > 1 && encoding == clienteling.GSM7 {
				t.Errorf("%s: the %s has %d segments of %s: %q", tag, name, n, encoding, text)
			}
			if encoding == clienteling.UCS2 && !slices.Contains([]string{"ar", "cs", "he", "pl", "ru", "th", "zh"}, tag) {
				t.Errorf("%s: the %s could do without the letters that make it %s: %q", tag, name, encoding, text)
			}
		}
	}
}

func TestConfirmation(t *testing.T) {
	for _, tag := range consent.Languages() {
		for answer, words := range map[consent.Answer][]string{
			consent.ConfirmOptOut: {"START"}, consent.ConfirmOptIn: {"STOP"}, consent.Help: {"STOP", "START"},
		} {
			got := consent.Confirmation(answer, tag, "Acme")
			if !strings.HasPrefix(got, "Acme: ") {
				t.Errorf("%s: %q does not name the store", tag, got)
			}
			for _, word := range words {
				if !slices.Contains(strings.FieldsFunc(got, isNoLetter), word) {
					t.Errorf("%s: %q does not name %s", tag, got, word)
				}
			}
			if tag != "en" && got == consent.Confirmation(answer, "en", "Acme") {
				t.Errorf("%s: %q is English", tag, got)
			}
			for _, same := range consent.Tags(tag) {
				if consent.Confirmation(answer, same+"-XX", "Acme") != got {
					t.Errorf("%s does not say what %s does", same, tag)
				}
			}
		}
	}
	for _, unknown := range []string{"", "xx", "sw-KE"} {
		if got := consent.Confirmation(consent.ConfirmOptOut, unknown, "Acme"); !strings.Contains(got, "unsubscribed") {
			t.Errorf("in %q it says %q", unknown, got)
		}
	}
	for _, none := range []consent.Answer{consent.NoAnswer, "thanks"} {
		if got := consent.Confirmation(none, "en", "Acme"); got != "" {
			t.Errorf("%q is answered with %q", none, got)
		}
	}
}

func TestDefaultRequest(t *testing.T) {
	for _, tag := range consent.Languages() {
		request, ok := consent.DefaultRequest(tag)
		if !ok || strings.Count(request, "{{store.name}}") != 1 || strings.Count(request, "{{") != 1 {
			t.Errorf("%s: %q", tag, request)
		}
		// Every word of it that means something is one to agree with or the way out.
		agrees, refuses := 0, 0
		for _, word := range strings.FieldsFunc(strings.Replace(request, "{{store.name}}", "", 1), isNoLetter) {
			switch meaning := says(consent.Text{Body: word, Language: tag}); {
			case word != strings.ToUpper(word) || meaning == "nothing":
			case meaning == "accept" || meaning == "opt-in":
				agrees++
			case word == "STOP":
				refuses++
			default:
				t.Errorf("%s: the request names %q, which is %s", tag, word, meaning)
			}
		}
		if agrees != 1 || refuses != 1 {
			t.Errorf("%s: %q names %d words to agree and %d to refuse", tag, request, agrees, refuses)
		}
	}
}

func isNoLetter(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.N) }
