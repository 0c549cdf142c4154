package consent

// Confirmation is the one text a customer gets back for a word that Twilio does
// not answer itself, in the store's language (BCP 47; English where we have no
// better); empty for NoAnswer. It names the store, as every first and last text should.
func Confirmation(a Answer, language, store string) string {
	l := find(language)
	if l == nil {
		l = &english
	}
	switch a {
	case ConfirmOptOut:
		return store + ": " + l.optedOut
	case ConfirmOptIn:
		return store + ": " + l.optedIn
	case Help:
		return store + ": " + l.helped
	default:
		return ""
	}
}
