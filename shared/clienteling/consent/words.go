package consent

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// meaning is what a whole message says about consent.
type meaning int

const (
	nothing meaning = iota
	optOut
	// optIn lifts a refusal. Of Twilio's block, which only its own words set, only its own
	// words START, YES and UNSTOP are known to be the end; so START is what we name as the
	// way back in every language.
	optIn
	// yes agrees to a waiting request and does no more: who says "ja" in a chat has not
	// asked for texts.
	yes
	no
	help
)

// twilios are the words that Twilio answers by itself on long codes, where it also
// blocks and unblocks the number; on all other words we answer.
// https://help.twilio.com/articles/223134027
var twilios = [...]string{
	"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT",
	"START", "YES", "UNSTOP",
	"HELP", "INFO",
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
	body := bare(t.Body)
	if body == "" || len(body) > longest {
		return nothing
	}
	return t.lookUp(fold(body))
}

// lookUp compares a folded message with the words of English, then with those of the
// country, then with those of the store's language. English comes first: what is no
// in English is no everywhere, although a Czech "no" is closer to a yes. To take a
// yes for a no costs a question; to take a no for a yes costs the customer's trust.
func (t Text) lookUp(said string) meaning {
	if m := english.means(said); m != nothing {
		return m
	}
	for _, l := range spokenIn(t.Country) {
		if m := l.means(said); m != nothing {
			return m
		}
	}
	if l := find(t.Language); l != nil {
		return l.means(said)
	}
	return nothing
}

func (l *language) means(said string) meaning {
	switch {
	case slices.Contains(l.optOut, said):
		return optOut
	case slices.Contains(l.optIn, said):
		return optIn
	case slices.Contains(l.yes, said):
		return yes
	case slices.Contains(l.no, said):
		return no
	case slices.Contains(l.help, said):
		return help
	default:
		return nothing
	}
}

// answeredByTwilio reports whether Twilio has answered the text already. Whether
// Twilio also answers "stop!" is not documented; since two answers to one word
// are worse than none, a word with punctuation counts as answered too. One in other
// letters ("ＳＴＯＰ") or with accents does not.
func (t Text) answeredByTwilio() bool {
	if t.OptOutType != "" {
		return true
	}
	body := bare(t.Body)
	return slices.ContainsFunc(twilios[:], func(word string) bool { return strings.EqualFold(body, word) })
}

// answer is what we answer, unless Twilio has.
func (t Text) answer(ours Answer) Answer {
	if t.answeredByTwilio() {
		return NoAnswer
	}
	return ours
}

// bare is a message without what surrounds it: space, punctuation, emoji, invisible
// characters.
func bare(body string) string { return strings.TrimFunc(body, surrounds) }

// surrounds reports whether r is part of no word. "STOP!" and "Stop 🙏" are clear,
// and keyboards leave invisible characters behind. Marks belong to words in some
// scripts; those that choose an emoji's look do not.
func surrounds(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.M, unicode.N) || unicode.Is(unicode.Variation_Selector, r)
}

// fold writes a message as the words are listed: in capitals, without accents, with
// single spaces. A comma is a space: "No, thanks" is what "no thanks" is.
func fold(body string) string {
	b := make([]byte, 0, longest)
	for i, word := range strings.FieldsFunc(body, separates) {
		if i > 0 {
			b = append(b, ' ')
		}
		for _, r := range word {
			b = appendFolded(b, r)
		}
	}
	return string(b)
}

func separates(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '，' || r == '،' }

// appendFolded appends r as a capital without accents. Many leave accents out, some
// keyboards send them as marks of their own, and Chinese ones have Latin letters as
// wide as their own.
func appendFolded(b []byte, r rune) []byte {
	const fullWidth = 'Ａ' - 'A'
	switch {
	case 'a' <= r && r <= 'z':
		return append(b, byte(r)-'a'+'A')
	case r < utf8.RuneSelf:
		return append(b, byte(r))
	case '\u0300' <= r && r <= '\u036f', // accents
		'\u064b' <= r && r <= '\u0652': // vowels of Arabic
		return b
	case '！' <= r && r <= '～':
		return appendFolded(b, r-fullWidth)
	}
	switch r = unicode.ToUpper(r); r {
	case 'À', 'Á', 'Â', 'Ã', 'Ä', 'Å', 'Ā', 'Ă', 'Ą':
		return append(b, 'A')
	case 'Æ':
		return append(b, "AE"...)
	case 'Ç', 'Ć', 'Č':
		return append(b, 'C')
	case 'Ď', 'Đ', 'Ð':
		return append(b, 'D')
	case 'È', 'É', 'Ê', 'Ë', 'Ē', 'Ė', 'Ę', 'Ě':
		return append(b, 'E')
	case 'Ì', 'Í', 'Î', 'Ï', 'Ī', 'Į', 'İ':
		return append(b, 'I')
	case 'Ł', 'Ĺ', 'Ľ':
		return append(b, 'L')
	case 'Ñ', 'Ń', 'Ň':
		return append(b, 'N')
	case 'Ò', 'Ó', 'Ô', 'Õ', 'Ö', 'Ø', 'Ō', 'Ő':
		return append(b, 'O')
	case 'Œ':
		return append(b, "OE"...)
	case 'Ř', 'Ŕ':
		return append(b, 'R')
	case 'Ś', 'Š', 'Ş':
		return append(b, 'S')
	case 'ß', 'ẞ':
		return append(b, "SS"...)
	case 'Ť', 'Ţ':
		return append(b, 'T')
	case 'Ù', 'Ú', 'Û', 'Ü', 'Ū', 'Ů', 'Ű':
		return append(b, 'U')
	case 'Ý', 'Ÿ':
		return append(b, 'Y')
	case 'Ź', 'Ż', 'Ž':
		return append(b, 'Z')
	case 'Ё':
		r = 'Е'
	case 'أ', 'إ', 'آ':
		r = 'ا'
	case '’', '‘', 'ʼ', '´':
		return append(b, '\'')
	case '‐', '‑': // hyphens that do not break
		return append(b, '-')
	}
	return utf8.AppendRune(b, r)
}
