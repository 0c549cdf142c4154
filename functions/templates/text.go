package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"clienteling/shared/clienteling"
)

// sample is a text as a customer may read it, and what it costs to send: example names
// stand for the placeholders, and real ones may be longer.
type sample struct {
	Encoding clienteling.Encoding `json:"encoding"`
	Segments int                  `json:"segments"`
	Preview  string               `json:"preview"`
}

func preview(text string) sample {
	s := sample{Preview: clienteling.Example(text)}
	s.Encoding, s.Segments = clienteling.Segments(s.Preview)
	return s
}

// clean is a text as it is kept: without blanks around it, its lines ended alike.
func clean(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// placeholders refuses a text that has other placeholders than there are.
func placeholders(text, pointer string) error {
	unknown := clienteling.UnknownPlaceholders(text)
	if len(unknown) == 0 {
		return nil
	}
	err := clienteling.E(clienteling.Invalid, "placeholder_unknown",
		"The placeholders are {{customer.name}}, {{associate.name}}, {{store.name}} and {{store.phone}}. Correct what errors names, and send the text again.")
	for _, p := range unknown {
		err = err.With(pointer, p+" is none.")
	}
	return err
}

// misfit says what is wrong with a text that may have lines; empty for nothing.
func misfit(text string) string {
	switch length := utf8.RuneCountInString(text); {
	case length == 0:
		return "Empty. A text has 1 to 1,600 characters."
	case length > clienteling.MaxText:
		return fmt.Sprintf("%d characters. A text has at most 1,600: no text of Twilio is longer.", length)
	case strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }):
		return "It has control characters. A text consists of characters that can be read, and line breaks."
	}
	return ""
}

// misfitTitle says what is wrong with a title; empty for nothing.
func misfitTitle(title string) string {
	switch length := utf8.RuneCountInString(title); {
	case length == 0 || length > clienteling.MaxTitle:
		return fmt.Sprintf("A title has 1 to %d characters, blanks around it not counted.", clienteling.MaxTitle)
	case strings.ContainsFunc(title, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }):
		return "A title is one line."
	}
	return ""
}
