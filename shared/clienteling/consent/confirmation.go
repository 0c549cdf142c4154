package consent

import "strings"

// Confirmation is the one text a customer gets back for a word that Twilio does
// not answer itself, in the store's language (BCP 47; English where we have no
// better). It names the store, as every first and last text should.
func Confirmation(e Effect, language, store string) string {
	primary, _, _ := strings.Cut(language, "-") // "de" of "de-AT"
	s, ok := confirmations[primary]
	if !ok {
		s = confirmations["en"]
	}
	switch e {
	case OptedOut:
		return store + ": " + s.optedOut
	case OptedIn:
		return store + ": " + s.optedIn
	default:
		return ""
	}
}

var confirmations = map[string]struct{ optedOut, optedIn string }{
	"en": {
		"You have been unsubscribed and will get no more messages from us. Reply START to hear from us again.",
		"Welcome back. You will get messages from us again. Reply STOP to unsubscribe.",
	},
	"de": {
		"Sie sind abgemeldet und erhalten keine Nachrichten mehr von uns. Mit START melden Sie sich wieder an.",
		"Willkommen zurück. Sie erhalten wieder Nachrichten von uns. Mit STOP melden Sie sich ab.",
	},
}
