package table

import (
	"context"
	"slices"
	"strings"

	"clienteling/shared/clienteling"
)

// Record is one of the things that a retailer keeps about a person. One of its fields is set.
type Record struct {
	Conversation *clienteling.Conversation
	Consent      *Evidence
	Refusal      *Refusal
	Erasure      *Erasure
	// Answers counts what the customer was answered by itself.
	Answers *Answers
	// Store is whose thread Message is in.
	Store   string
	Message *clienteling.Message
	// Unrouted is a text of theirs to a number that no store uses.
	Unrouted *Unrouted
}

// Answers is how often a store's customer was answered by itself within an hour.
type Answers struct {
	Store string
	// Hour is that of UTC, "2026-11-21T10".
	Hour  string
	Count int
}

// A position in an export is the section, and in it a sort key (of the threads with the
// store before it):
//
//	records CONSENT#<uuid7>
//	threads new-york 01a1fd8c-...
//	unrouted <since>#<uuid7>
const (
	exportsRecords  = "records"
	exportsThreads  = "threads"
	exportsUnrouted = "unrouted"
)

// Export returns a page of everything that a retailer keeps about a customer: what lies
// with the customer, the threads with each store, and the texts to numbers that no store
// uses, of which each section begins on a page of its own. A page may be short, or even
// empty, and yet have a position to go on from. What is past its time is left out. The
// phone is the customer's, if it is known.
func (t *Table) Export(ctx context.Context, retailer, customer, phone string, p Page) ([]Record, string, error) {
	section, after, _ := strings.Cut(p.After, " ")
	p.After = after
	switch section {
	case "", exportsRecords:
		l := list{pk: "pk", sk: "sk", partition: customerPartition(retailer, customer), consistent: true}
		items, next, err := t.page(ctx, l, p, func(parts []string) (key, bool) { return key{l.partition, strings.Join(parts, "#")}, true })
		if next == "" {
			return each(items, t.readRecord), exportsThreads, err
		}
		return each(items, t.readRecord), exportsRecords + " " + next, err
	case exportsThreads:
		return t.exportThreads(ctx, retailer, customer, p)
	case exportsUnrouted:
		return t.exportUnrouted(ctx, retailer, phone, p)
	}
	return nil, "", errPosition
}

// readRecord reads an item of a customer's partition.
func (t *Table) readRecord(i item) Record {
	kind, rest, _ := strings.Cut(text(i, "sk"), "#")
	switch kind {
	case "STORE":
		return Record{Conversation: new(t.shownConversation(i))}
	case "CONSENT":
		return Record{Consent: new(readEvidence(i))}
	case "SUPPRESSION":
		return Record{Refusal: new(readRefusal(i))}
	case "ERASURE":
		return Record{Erasure: new(readErasure(i))}
	default: // ANSWERED
		store, hour, _ := strings.Cut(rest, "#")
		return Record{Answers: &Answers{store, hour, integer(i, "count")}}
	}
}

// exportThreads goes through the threads, store by store.
func (t *Table) exportThreads(ctx context.Context, retailer, customer string, p Page) ([]Record, string, error) {
	stores, err := t.storesOf(ctx, Erasure{Retailer: retailer, Customer: customer})
	if err != nil {
		return nil, "", err
	}
	store, after, _ := strings.Cut(p.After, " ")
	first, _ := slices.BinarySearch(stores, store)
	var found []Record
	for _, s := range stores[first:] {
		var start item
		if s == store && after != "" {
			if len(after) != 36 {
				return nil, "", errPosition
			}
			start = messageKey(retailer, s, customer, after).item()
		}
		if p.Limit == len(found) {
			return found, exportsThreads + " " + s, nil
		}
		l := list{pk: "pk", sk: "sk", partition: threadPartition(retailer, s, customer), consistent: true}
		items, next, err := t.query(ctx, l, p.Limit-len(found), start)
		if err != nil {
			return nil, "", err
		}
		for _, i := range items {
			found = append(found, Record{Store: s, Message: new(readMessage(i))})
		}
		if next != "" {
			return found, exportsThreads + " " + s + " " + next, nil
		}
	}
	return found, exportsUnrouted, nil
}

// exportUnrouted goes through the texts to numbers that no store uses.
func (t *Table) exportUnrouted(ctx context.Context, retailer, phone string, p Page) ([]Record, string, error) {
	items, err := t.unroutedOf(ctx, retailer, phone)
	items = slices.DeleteFunc(items, func(i item) bool { return !t.live(i) || text(i, "gsi2sk") <= p.After })
	next := ""
	if len(items) > p.Limit {
		items = items[:p.Limit]
		next = exportsUnrouted + " " + text(items[p.Limit-1], "gsi2sk")
	}
	return each(items, func(i item) Record { return Record{Unrouted: new(readUnrouted(i))} }), next, err
}

func readUnrouted(i item) Unrouted {
	return Unrouted{
		ID: strings.TrimPrefix(text(i, "pk"), "UNROUTED#"), From: text(i, "from"), To: text(i, "to"), Body: text(i, "text"),
		Media: readMedia(i), At: moment(i, "at"),
	}
}
