package consent

import (
	"strings"
	"unicode"
)

// meaning is what a whole message says about consent.
type meaning int

const (
	nothing meaning = iota
	optOut
	optIn
	no
	help
)

// word is a message that means something as a whole. Twilio answers its own
// words itself and blocks or unblocks the number; on the others we answer.
type word struct {
	meaning  meaning
	byTwilio bool
}

// words are compared with the whole message in capitals, without what surrounds
// it: space, punctuation, emoji, invisible characters. Sources: Twilio's default keywords on long codes
// (https://help.twilio.com/articles/223134027); the words that 47 CFR
// 64.1200(a)(10) names as per-se revocations, of which "opt out" in two words
// (and its hyphenated form) is the one that Twilio does not know.
var words = map[string]word{
	"STOP":        {optOut, true},
	"STOPALL":     {optOut, true},
	"UNSUBSCRIBE": {optOut, true},
	"CANCEL":      {optOut, true},
	"END":         {optOut, true},
	"QUIT":        {optOut, true},
	"REVOKE":      {optOut, true},
	"OPTOUT":      {optOut, true},
	"OPT OUT":     {optOut, false},
	"OPT-OUT":     {optOut, false},
	"START":       {optIn, true},
	"YES":         {optIn, true},
	"UNSTOP":      {optIn, true},
	"HELP":        {help, true},
	"INFO":        {help, true},
	"NO":          {no, false},
}

// longest is the length in bytes beyond which no message can be one of the
// words: it spares folding a long text.
const longest = 64

func (t Text) meaning() meaning {
	switch strings.ToUpper(t.OptOutType) {
	case "STOP":
		return optOut
	case "START":
		return optIn
	case "HELP":
		return help
	}
	return lookUp(t.Body).meaning
}

// answeredByTwilio reports whether Twilio has answered the text already. Whether
// Twilio also answers "stop!" is not documented; since two answers to one word
// are worse than none, a word with punctuation counts as answered too.
func (t Text) answeredByTwilio() bool {
	return t.OptOutType != "" || lookUp(t.Body).byTwilio
}

func lookUp(body string) word {
	body = strings.TrimFunc(body, surrounds)
	if len(body) > longest {
		return word{}
	}
	return words[strings.ToUpper(strings.Join(strings.Fields(body), " "))]
}

// surrounds reports whether r is part of no word. "STOP!" and "Stop 🙏" are clear,
// and keyboards leave invisible characters behind. Marks belong to words in some
// scripts; those that choose an emoji's look do not.
func surrounds(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.M, unicode.N) || unicode.Is(unicode.Variation_Selector, r)
}
