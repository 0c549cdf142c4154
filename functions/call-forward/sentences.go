package main

import (
	"strings"

	"clienteling/shared/webhook"
)

// sentence is something a caller may hear.
type sentence int

const (
	// nobodyAnswered: the store's phone rang in vain, or was busy.
	nobodyAnswered sentence = iota
	// unreachable: there is no phone to ring.
	unreachable
)

// sentences are in the languages of the stores, with the tag Twilio's <Say> takes.
// https://www.twilio.com/docs/voice/twiml/say/text-speech
var sentences = map[string]struct {
	tag  string
	says [2]string
}{
	"en": {"en-GB", [2]string{
		"Nobody can take your call right now. Please send us a text message to this number, and we will get back to you. Goodbye.",
		"This number cannot take calls right now. Please send us a text message instead. Goodbye.",
	}},
	"de": {"de-DE", [2]string{
		"Im Moment kann niemand Ihren Anruf annehmen. Schreiben Sie uns gern eine Nachricht an diese Nummer, wir melden uns. Auf Wiederhören.",
		"Unter dieser Nummer können wir gerade keine Anrufe annehmen. Schreiben Sie uns gern eine Nachricht. Auf Wiederhören.",
	}},
}

// sorry says a sentence in a language (BCP 47), in English where it is not known,
// and hangs up.
func sorry(s sentence, language string) webhook.TwiML {
	base, _, _ := strings.Cut(language, "-") // Austria's German is German
	in, ok := sentences[base]
	if !ok {
		in = sentences["en"]
	}
	return webhook.Say(in.says[s], in.tag)
}
