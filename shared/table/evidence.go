package table

import (
	"context"
	"strings"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

// Evidence is one line of a customer's consent ledger: what changed, when, by whom, and
// what was said. Nothing ever edits it but erasure.
type Evidence struct {
	// ID is a UUIDv7: lines sort by it.
	ID     string
	Effect consent.Effect
	// Epoch is the customer's after the change: how many opt-outs there were by then.
	Epoch int
	// Store is where it happened, Number the number of ours, E.164.
	Store, Number string
	// By is "customer", "associate" or "twilio"; Associate is the associate's id.
	By, Associate string
	// Reply is what the customer wrote; empty for other lines.
	Reply string
	// Request is what the customer was asked, as they saw it; empty for other lines.
	Request string
	// Wording is the hash of the opt-in message that the request was made of; Message
	// the id of the request's text in the thread.
	Wording, Message string
	// Answers is the id of the request's text that the customer answered; empty for
	// none.
	Answers string
	// SID is Twilio's id of the text.
	SID string
	At  time.Time
}

func readEvidence(i item) Evidence {
	return Evidence{
		ID:     strings.TrimPrefix(text(i, "sk"), ledgerPrefix),
		Effect: consent.Effect(text(i, "effect")), Epoch: integer(i, "epoch"),
		Store: text(i, "store"), Number: text(i, "number"), By: text(i, "by"), Associate: text(i, "associate"),
		Reply: text(i, "reply"), Request: text(i, "wording"), Wording: text(i, "wordingHash"), Message: text(i, "message"),
		Answers: text(i, "answers"), SID: text(i, "sid"), At: moment(i, "at"),
	}
}

const ledgerPrefix = "CONSENT#"

// Evidence returns a page of a customer's consent ledger, in the order of events, and
// the position to go on from, empty after the last.
func (t *Table) Evidence(ctx context.Context, retailer, customer string, p Page) ([]Evidence, string, error) {
	l := list{pk: "pk", sk: "sk", partition: customerPartition(retailer, customer), prefix: ledgerPrefix, consistent: true}
	items, next, err := t.page(ctx, l, p, by(2, func(id string) key { return consentKey(retailer, customer, id) }))
	return each(items, readEvidence), next, err
}

// Refusal is what is known of a customer's refusal of a retailer.
type Refusal struct {
	// InForce says that they get no texts.
	InForce bool
	// Since is when that came about, or ended; zero if there never was a refusal.
	Since time.Time
	// Epoch counts the opt-outs so far; an opt-in counts only at the current one.
	Epoch int
	// Store is where the customer said so, SID the text, call or entry that tells of it;
	// both empty after an erasure.
	Store, SID string
}

func readRefusal(i item) Refusal {
	return Refusal{
		InForce: text(i, "state") == suppressionOpen, Since: moment(i, "since"), Epoch: integer(i, "epoch"),
		Store: text(i, "store"), SID: text(i, "sid"),
	}
}

// Person is what a retailer knows of one customer's consent as it stands now.
type Person struct {
	// ID names the customer, and each of their conversations. Phone is their number as
	// Twilio writes it; empty when there is no conversation.
	ID, Phone string
	// Conversations are those with the retailer's stores, sorted by store; OptIn is what
	// counts now.
	Conversations []clienteling.Conversation
	Refusal       Refusal
	// Erasure is the last one; nil for none.
	Erasure *Erasure
}

// Person returns what there is to know of a customer. clienteling.ErrNotFound: the
// retailer has not met them, or nothing is left that says so.
func (t *Table) Person(ctx context.Context, retailer, customer string) (Person, error) {
	items, err := t.getAll(ctx, []key{suppressionKey(retailer, customer), erasureKey(retailer, customer)})
	if err != nil {
		return Person{}, err
	}
	suppression := orEmpty(items[0])
	p := Person{ID: customer, Refusal: readRefusal(suppression)}
	if items[1] != nil {
		p.Erasure = new(readErasure(items[1]))
		p.Phone = p.Erasure.Phone
	}
	l := list{pk: "pk", sk: "sk", partition: customerPartition(retailer, customer), prefix: "STORE#", consistent: true}
	err = t.walk(ctx, l, func(i item) bool {
		c := t.shownConversation(i)
		s := consentState(i, suppression)
		c.OptedOut, c.OptIn = s.Refused, s.Effective()
		p.Conversations, p.Phone = append(p.Conversations, c), c.Phone
		return true
	})
	if err != nil {
		return Person{}, err
	}
	if len(p.Conversations) == 0 && p.Erasure == nil && p.Refusal.Since.IsZero() {
		// Lines of the ledger come with a conversation or a refusal.
		return Person{}, clienteling.ErrNotFound
	}
	return p, nil
}
