package table

import (
	"context"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

// Sender is what there is to know before a store writes to a customer: read in one
// call, and checked again by the transaction that accepts the text.
type Sender struct {
	Store clienteling.Store
	// Conversation is the store's with the customer; nil when there is none.
	Conversation *clienteling.Conversation
	// Consent is the customer's.
	Consent consent.State
	// Countries are those the retailer asked for; only where they were asked for.
	Countries []string
	// Erasing says that everything about the customer is being erased right now.
	Erasing bool
	// Repeat is what the Idempotency-Key made before; nil for a new one.
	Repeat *Repeat
	// customer names the customer also where there is no conversation.
	customer string
}

// Sender reads what a store's text to a customer rests on. clienteling.ErrNotFound:
// the retailer has no such store.
func (t *Table) Sender(ctx context.Context, retailer, store, customer string, once Idempotency) (Sender, error) {
	keys := []key{
		storeKey(retailer, store), conversationKey(retailer, store, customer),
		suppressionKey(retailer, customer), retailerKey(retailer), erasureKey(retailer, customer),
	}
	if once.Key != "" {
		keys = append(keys, idempotencyKey(retailer, once.Key))
	}
	items, err := t.getAll(ctx, keys)
	if err != nil {
		return Sender{}, err
	}
	if items[0] == nil {
		return Sender{}, clienteling.ErrNotFound
	}
	s := Sender{Store: readStore(items[0]), customer: customer, Consent: consentState(items[1], orEmpty(items[2]))}
	if items[1] != nil {
		c := readConversation(items[1])
		c.OptedOut = s.Consent.Refused
		s.Conversation = &c
	}
	if items[3] != nil {
		s.Countries = readRetailer(retailer, items[3]).Countries
	}
	s.Erasing = text(items[4], "state") == erasureRunning
	if once.Key != "" && items[5] != nil {
		s.Repeat = readRepeat(items[5], "message")
	}
	return s, nil
}

// erasureRunning is the state of an erasure that is not done yet.
const erasureRunning = "running"
