package consent

// What follows opens the lists to the tests, which look for gaps and contradictions.

// Fold is fold.
var Fold = fold

// Spoken are the countries, with the tags of the languages that count there.
func Spoken() map[string][]string {
	all := map[string][]string{}
	for _, c := range countries {
		all[c.code] = []string{english.tag}
		for _, l := range c.languages {
			all[c.code] = append(all[c.code], l.tag)
		}
	}
	return all
}

// Words are a language's words by meaning.
func Words(tag string) map[string][]string {
	l := find(tag)
	return map[string][]string{"opt-out": l.optOut, "opt-in": l.optIn, "accept": l.yes, "reject": l.no, "help": l.help}
}

// Hints are the phrases of a language, those against a hint included.
func Hints(tag string) (hints, unless []string, solid bool) {
	l := find(tag)
	return l.hints, l.unless, l.solid
}

// Tags are the tags that find a language, its own first.
func Tags(tag string) []string { return append([]string{find(tag).tag}, find(tag).others...) }

// Twilios are the words that Twilio answers.
func Twilios() []string { return twilios[:] }

// Longest is the length of the longest message that is looked up.
const Longest = longest
