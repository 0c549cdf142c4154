// Package consent decides what a text changes: opting in, opting out, asking for
// help. It is pure: it takes what is known and returns a Change; the table writes
// that Change, under the conditions it names.
//
// Consent has two parts. The opt-in belongs to one store; the refusal (opt-out)
// belongs to the whole retailer. Each refusal raises the customer's epoch, and an
// opt-in counts only at the current epoch: so one item refuses for a thousand
// stores, and lifting it does not revive what was accepted before it.
package consent

import "clienteling/shared/clienteling"

// State is what is known of a customer's consent when a text arrives.
type State struct {
	// OptIn and OptInEpoch are the store's: how far the opt-in is, and at which
	// epoch it got there.
	OptIn      clienteling.OptIn
	OptInEpoch int
	// Refused says that an opt-out is in force; Epoch counts the opt-outs so far.
	Refused bool
	Epoch   int
}

// Text is what the customer sent.
type Text struct {
	Body string
	// OptOutType is Twilio's own verdict, STOP, START or HELP, present when
	// Advanced Opt-Out handled the text and answered it.
	// https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
	OptOutType string
	// Country (ISO 3166-1 alpha-2) and Language (BCP 47) are the store's: the words of
	// all languages of the country and of the store's own count beside those of English,
	// which always do. Either may be empty.
	Country, Language string
}

// Change is what a text does to a customer's consent. The zero Effect changes nothing.
type Change struct {
	// When must still hold as the change is written; otherwise the text is to be
	// considered anew with the state found.
	When   Guard
	Effect Effect
	// Epoch is the customer's epoch after the change.
	Epoch int
	// Answer is what the customer gets to read from us by itself: a confirmation when a
	// refusal came or went, and help whenever they ask for it. NoAnswer whenever Twilio
	// answers the word, and to a no: silence is what they asked for.
	Answer Answer
}

// Answer is what a customer reads from us by itself.
type Answer string

const (
	// NoAnswer leaves the text to the associates.
	NoAnswer Answer = ""
	// ConfirmOptOut confirms, once, that the customer is out.
	ConfirmOptOut Answer = "opted_out"
	// ConfirmOptIn confirms, once, that the customer is back.
	ConfirmOptIn Answer = "opted_in"
	// Help says who writes and how to end it. Carriers demand it of short codes for
	// whoever asks, subscribed or not; we keep to that, so even after an opt-out.
	// https://support.twilio.com/hc/en-us/articles/223182208
	Help Answer = "help"
)

// Effect names a change of consent. Its values are stored in the ledger.
type Effect string

const (
	// NoEffect leaves consent as it is.
	NoEffect Effect = ""
	// OptedOut refuses every store of the retailer.
	OptedOut Effect = "opted_out"
	// OptedIn lifts the refusal and accepts for this store.
	OptedIn Effect = "opted_in"
	// Accepted answers this store's request with yes.
	Accepted Effect = "accepted"
	// Rejected answers this store's request with no.
	Rejected Effect = "rejected"
	// Requested asks; no text of the customer has this effect, but the ledger has it.
	Requested Effect = "requested"
)

// Guard says under which state a Change is right.
type Guard struct {
	// NotWaiting: the store has no unanswered request to the customer.
	NotWaiting bool
	// Refusal: an opt-out is, or is not, in force.
	Refusal Refusal
	// Exactly is the very state the change was decided on; it replaces the others.
	Exactly *State
}

// Refusal is what a Guard demands of the customer's opt-out.
type Refusal int

const (
	// Whatever demands nothing.
	Whatever Refusal = iota
	// InForce demands that the customer has opted out.
	InForce
	// NotInForce demands that the customer has not.
	NotInForce
)

// Presume returns the change a text makes in by far the most cases, none, and
// the guard under which that is so. Writing on that presumption spares reading
// the state first: only a text that does change consent is considered twice. A call for
// help is answered at once, in whatever state.
func Presume(t Text, mode clienteling.OptInMode) Change {
	switch t.meaning() {
	case optOut:
		return Change{When: Guard{Refusal: InForce}}
	case optIn:
		return Change{When: Guard{NotWaiting: true, Refusal: NotInForce}}
	case help:
		return Change{Answer: t.answer(Help)}
	case yes, no:
		return Change{When: Guard{NotWaiting: true}}
	default:
		// In explicit mode a text that is not one of the words never changes anything.
		return Change{When: Guard{NotWaiting: mode != clienteling.Explicit}}
	}
}

// Receive returns what a text changes in a known state.
func Receive(s State, t Text, mode clienteling.OptInMode) Change {
	c := Change{When: Guard{Exactly: &s}, Epoch: s.Epoch}
	asked := s.OptIn == clienteling.OptInWaiting && s.OptInEpoch == s.Epoch && !s.Refused
	switch t.meaning() {
	case optOut:
		if !s.Refused {
			c.Effect, c.Epoch, c.Answer = OptedOut, s.Epoch+1, t.answer(ConfirmOptOut)
		}
	case optIn:
		switch {
		case s.Refused:
			c.Effect, c.Answer = OptedIn, t.answer(ConfirmOptIn)
		case s.OptIn == clienteling.OptInWaiting:
			// An unmistakable word accepts even a request made before an
			// earlier opt-out that was lifted since.
			c.Effect = Accepted
		}
	case yes:
		if asked {
			c.Effect = Accepted
		}
	case no:
		if asked {
			c.Effect = Rejected
		}
	case help:
		c.Answer = t.answer(Help)
	default:
		if asked && mode != clienteling.Explicit {
			c.Effect = Accepted
		}
	}
	return c
}

// Holds reports whether a store may write to the customer in this state.
func (s State) Holds() bool {
	return !s.Refused && s.OptIn == clienteling.OptInAccepted && s.OptInEpoch == s.Epoch
}

// Effective is how far the opt-in is, of what still counts: after an opt-out
// nothing does that was said before it.
func (s State) Effective() clienteling.OptIn {
	if s.Refused || s.OptInEpoch != s.Epoch {
		return clienteling.OptInNone
	}
	return s.OptIn
}
