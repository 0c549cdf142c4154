package main

import (
	"slices"
	"strings"
	"testing"

	"clienteling/shared/clienteling/consent"
)

// spoken are the tags that <Say> takes without a voice by name.
// https://www.twilio.com/docs/voice/twiml/say
var spoken = []string{
	"da-DK", "de-DE", "en-GB", "es-ES", "fi-FI", "fr-FR", "it-IT", "nb-NO", "nl-NL", "pl-PL", "pt-PT", "ru-RU", "sv-SE", "zh-HK",
}

func TestSentences(t *testing.T) {
	english := []string{"af", "ar", "cs", "et", "fil", "he", "ms", "th"}
	for _, language := range consent.Languages() {
		in, ok := sentences[language]
		if ok == slices.Contains(english, language) {
			t.Errorf("%s has sentences: %t", language, ok)
		}
		if ok && (!slices.Contains(spoken, in.tag) || !strings.HasPrefix(in.tag, language+"-")) {
			t.Errorf("%s is spoken as %s", language, in.tag)
		}
		for _, s := range []sentence{nobodyAnswered, unreachable} {
			if ok && in.says[s] == "" {
				t.Errorf("%s lacks a sentence", language)
			}
		}
	}
}

func TestSorry(t *testing.T) {
	for language, want := range map[string]string{
		"de": `"de-DE">Im Moment`, "de-AT": `"de-DE">`, "fr-CA": `"fr-FR">Personne`, "zh-Hant-HK": `"zh-HK">現時`,
		"nb": `"nb-NO">Ingen`, "no": `"nb-NO">`, "nn": `"nb-NO">`,
		"cs": `"en-GB">Nobody`, "he": `"en-GB">Nobody`, "": `"en-GB">Nobody`, "xx": `"en-GB">Nobody`,
	} {
		if got := string(sorry(nobodyAnswered, language)); !strings.Contains(got, "<Say language="+want) || !strings.Contains(got, "<Hangup/>") {
			t.Errorf("in %q: %s", language, got)
		}
	}
	if got := string(sorry(unreachable, "it")); !strings.Contains(got, "non possiamo ricevere chiamate") {
		t.Errorf("unreachable in Italian: %s", got)
	}
}
