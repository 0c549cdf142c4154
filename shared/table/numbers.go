package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// Number returns the clienteling number e164 with what a webhook must know of its
// store. clienteling.ErrNotFound: the number is not ours. One read; eventually
// consistent, since numbers hardly ever change and a webhook may not wait.
func (t *Table) Number(ctx context.Context, e164 string) (clienteling.Number, error) {
	i, err := t.get(ctx, numberKey(e164), false)
	if err != nil {
		return clienteling.Number{}, err
	}
	return readNumber(i), nil
}

// NumberNow is Number read consistently, for whoever changes it next.
func (t *Table) NumberNow(ctx context.Context, e164 string) (clienteling.Number, error) {
	i, err := t.get(ctx, numberKey(e164), true)
	if err != nil {
		return clienteling.Number{}, err
	}
	return readNumber(i), nil
}

// RecordNumber records an available number that Twilio confirms is ours. Only one
// claim of a number ever succeeds: number_taken says that it is recorded already.
func (t *Table) RecordNumber(ctx context.Context, n clienteling.Number) error {
	n.State = clienteling.NumberAvailable
	reasons, err := t.transact(ctx, []types.TransactWriteItem{t.claim(n)})
	if err == nil && reasons != nil {
		return errNumberTaken
	}
	return err
}

var errNumberTaken = clienteling.E(clienteling.Conflict, "number_taken", "This number is recorded already. Choose another number.")

// claim writes a number that nobody has: none was recorded, or it was given back.
func (t *Table) claim(n clienteling.Number) types.TransactWriteItem {
	return t.create(writeNumber(n), isNew+" OR #state = :released", item{":released": str(string(clienteling.NumberReleased))})
}

// Numbers returns a page of a retailer's numbers, by country and state. Both may be
// empty for all; a state without a country reads past the numbers in other states.
func (t *Table) Numbers(ctx context.Context, retailer, country string, state clienteling.NumberState, p Page) ([]clienteling.Number, string, error) {
	l := list{index: gsi1, pk: "gsi1pk", sk: "gsi1sk", partition: retailerKey(retailer).pk, prefix: "NUMBER#"}
	if country != "" {
		l.prefix += country + "#"
		if state != "" {
			l.prefix += string(state) + "#"
		}
	}
	items, next, err := t.filtered(ctx, l, p, by(4, numberKey), func(i item) bool { return state == "" || text(i, "state") == string(state) })
	numbers := make([]clienteling.Number, len(items))
	for n, i := range items {
		numbers[n] = readNumber(i)
	}
	return numbers, next, err
}

func writeNumber(n clienteling.Number) item {
	i := numberKey(n.E164).item()
	numberListKey(n.Retailer, n.Country, string(n.State), n.E164).onto(i, "gsi1")
	i["country"] = str(n.Country)
	i["state"] = str(string(n.State))
	i["accountSid"] = str(n.AccountSID)
	putText(i, "sid", n.SID)
	i["retailer"] = str(n.Retailer)
	putText(i, "purchase", n.Purchase)
	putText(i, "store", n.Store)
	putText(i, "storeName", n.StoreName)
	i["enabled"] = flag(n.Enabled)
	putText(i, "forwardTo", n.ForwardTo)
	putText(i, "language", n.Language)
	putText(i, "optInMode", string(n.OptInMode))
	return i
}

func readNumber(i item) clienteling.Number {
	return clienteling.Number{
		E164:       text(i, "pk")[len("NUMBER#"):],
		Country:    text(i, "country"),
		State:      clienteling.NumberState(text(i, "state")),
		AccountSID: text(i, "accountSid"),
		SID:        text(i, "sid"),
		Retailer:   text(i, "retailer"),
		Purchase:   text(i, "purchase"),
		Store:      text(i, "store"),
		StoreName:  text(i, "storeName"),
		Enabled:    boolean(i, "enabled"),
		ForwardTo:  text(i, "forwardTo"),
		Language:   text(i, "language"),
		OptInMode:  clienteling.OptInMode(text(i, "optInMode")),
	}
}
