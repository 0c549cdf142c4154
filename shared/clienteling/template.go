package clienteling

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Templates are the texts that a retailer keeps ready: the opt-in message in each
// language, and the quick replies of its associates.
type Templates struct {
	// Version counts the changes; 0 while nobody has changed anything.
	Version int
	// Default is the language (BCP 47) whose opt-in message serves where there is none
	// in a store's own; it cannot be deleted.
	Default string
	// OptIn are the opt-in messages in use, one for a language, sorted by it.
	OptIn []Wording
	// Replies are the quick replies, in the order in which associates see them.
	Replies []QuickReply
}

// Wording is one version of an opt-in message, for good: to change the message is to
// make another, and what a customer was shown once can be shown again.
type Wording struct {
	// Hash names it: the SHA-256 of language and text, in hexadecimal.
	Hash string
	// Language is BCP 47, like "de".
	Language string
	// Text has placeholders (see Fill), 1 to 1,600 characters.
	Text string
	// By and At say who wrote it and when; By is empty for the one we came with.
	By Associate
	At time.Time
}

// QuickReply is a text for associates to send with a tap.
type QuickReply struct {
	// ID is a UUIDv7 and stays when the reply is edited.
	ID string
	// Title is what associates choose it by, 1 to 60 characters.
	Title string
	// Message has placeholders (see Fill), 1 to 1,600 characters.
	Message   string
	By        Associate
	UpdatedAt time.Time
}

// Fillings are what the placeholders of a text stand for.
type Fillings struct {
	// Customer, Associate and Store are names, Phone is the store's own, E.164.
	Customer, Associate, Store, Phone string
}

// Limits of what a retailer keeps ready.
const (
	// MaxText is how many characters (code points) a text may have: Twilio refuses more
	// with error 21617 (https://www.twilio.com/docs/api/errors/21617). It counts some
	// characters, such as emoji, as several, and does not say how: a text with many of
	// them can be refused although it is shorter.
	MaxText = 1600
	// MaxTitle is how many characters the title of a quick reply may have: one line of a
	// phone's screen (product).
	MaxTitle = 60
	// MaxQuickReplies is how many quick replies a retailer may have: more than anybody
	// looks through, and few enough to be one record (product).
	MaxQuickReplies = 100
)

// HashWording names a wording, for Wording.Hash: the SHA-256 of its language (BCP 47)
// and its text in lower-case hexadecimal. A zero byte, which neither can have, parts
// the two.
func HashWording(language, text string) string {
	sum := sha256.Sum256([]byte(language + "\x00" + text))
	return hex.EncodeToString(sum[:])
}

// Fill puts names in the place of a text's placeholders: {{customer.name}},
// {{associate.name}}, {{store.name}} and {{store.phone}}, with or without spaces inside
// the braces. What was put in is not looked through again, so that a customer's name is
// never taken for a placeholder. The error is placeholder_empty for those that there is
// nothing to put in place of, and placeholder_unknown for a text that UnknownPlaceholders
// finds something in: no customer is to read braces.
func Fill(text string, f Fillings) (string, error) {
	r := fill(text, f)
	if len(r.unknown) > 0 {
		return "", E(Invalid, "placeholder_unknown", "This text has placeholders that do not exist: %s. There are %s.",
			strings.Join(r.unknown, ", "), placeholders)
	}
	if len(r.empty) > 0 {
		var all []string
		for _, name := range r.empty {
			all = append(all, whenEmpty(name))
		}
		return "", E(Unprocessable, "placeholder_empty", "%s", strings.Join(all, " "))
	}
	return r.text, nil
}

// UnknownPlaceholders are the parts of a text that look like placeholders and are none
// of those that Fill knows, each once and as written (the beginning of long ones); also
// braces without their counterparts. A text that has any is not to be kept.
func UnknownPlaceholders(text string) []string { return fill(text, Fillings{}).unknown }

// Example fills a text with example names, for a preview and to count the segments of a
// template. Placeholders that are unknown stay.
func Example(text string) string {
	return fill(text, Fillings{Customer: "Maria Jensen", Associate: "Robin", Store: "Acme Fifth Avenue", Phone: "+12125550100"}).text
}

// placeholders are all that Fill knows, as one writes them.
const placeholders = "{{customer.name}}, {{associate.name}}, {{store.name}} and {{store.phone}}"

// filling is what the placeholder of a name stands for; false for an unknown name.
func (f Fillings) filling(name string) (string, bool) {
	switch name {
	case "customer.name":
		return f.Customer, true
	case "associate.name":
		return f.Associate, true
	case "store.name":
		return f.Store, true
	case "store.phone":
		return f.Phone, true
	default:
		return "", false
	}
}

// whenEmpty says what to do about a placeholder that there is nothing to put in place of.
func whenEmpty(name string) string {
	switch name {
	case "customer.name":
		return "{{customer.name}} stands for nothing: this customer has no name yet. Name them with PUT /v1/stores/{storeId}/conversations/{conversationId}/customer, or write the text by hand."
	case "associate.name":
		return "{{associate.name}} stands for nothing: the token you call with has no name claim. Sign in with an account that has a name, or write the text by hand."
	case "store.phone":
		return "{{store.phone}} stands for nothing: this store has no phone. Ask an administrator to give it one with PUT /v1/stores/{storeId}, or write the text by hand."
	default:
		return "{{" + name + "}} stands for nothing: this store has no name. Ask an administrator to give it one with PUT /v1/stores/{storeId}, or write the text by hand."
	}
}

// filled is a text with its placeholders replaced, and those that could not be.
type filled struct {
	text string
	// unknown are as written, empty are names; each once, in the order of the text.
	unknown, empty []string
}

// fill replaces in one pass; what it cannot replace stays.
func fill(text string, f Fillings) filled {
	var r filled
	var b strings.Builder
	unknown := func(written string) {
		b.WriteString(written)
		if short := shorten(written); !slices.Contains(r.unknown, short) {
			r.unknown = append(r.unknown, short)
		}
	}
	for text != "" {
		at := strings.IndexAny(text, "{}")
		if at < 0 {
			break
		}
		b.WriteString(text[:at])
		text = text[at:]
		switch {
		case strings.HasPrefix(text, "{{"):
			written := placeholder(text)
			text = text[len(written):]
			name, closed := strings.CutSuffix(written[len("{{"):], "}}")
			name = strings.TrimSpace(name)
			value, known := f.filling(name)
			value = strings.TrimSpace(value)
			switch {
			case !closed || !known:
				unknown(written)
			case value == "":
				b.WriteString(written)
				if !slices.Contains(r.empty, name) {
					r.empty = append(r.empty, name)
				}
			default:
				b.WriteString(value)
			}
		case strings.HasPrefix(text, "}}"):
			unknown("}}")
			text = text[len("}}"):]
		default: // one brace is a character like any other
			b.WriteByte(text[0])
			text = text[1:]
		}
	}
	b.WriteString(text)
	r.text = b.String()
	return r
}

// placeholder is the part of a text that begins with two braces which belongs to them:
// to their counterparts or, where these are missing, the word behind them.
func placeholder(text string) string {
	rest := text[len("{{"):]
	end, next := strings.Index(rest, "}}"), strings.Index(rest, "{{")
	if end >= 0 && (next < 0 || end < next) {
		return text[:len("{{")+end+len("}}")]
	}
	if space := strings.IndexFunc(rest, unicode.IsSpace); space >= 0 && (next < 0 || space < next) {
		next = space
	}
	if next < 0 {
		return text
	}
	return text[:len("{{")+next]
}

// shorten keeps what an error quotes readable.
func shorten(written string) string {
	const most = 40
	if runes := []rune(written); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return written
}
