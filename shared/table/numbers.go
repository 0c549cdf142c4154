package table

import (
	"context"

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

// ClaimNumber records a number that Twilio confirms is ours. Only one claim ever
// succeeds: number_taken says that the number is recorded already.
func (t *Table) ClaimNumber(ctx context.Context, n clienteling.Number) error {
	err := t.put(ctx, writeNumber(n), isNew)
	if err == errConditionFailed {
		return clienteling.E(clienteling.Conflict, "number_taken", "This number is recorded already. Choose another number.")
	}
	return err
}

func writeNumber(n clienteling.Number) item {
	i := numberKey(n.E164).item()
	numberListKey(n.Retailer, n.Country, n.E164).onto(i, "gsi1")
	i["country"] = str(n.Country)
	i["accountSid"] = str(n.AccountSID)
	i["sid"] = str(n.SID)
	i["retailer"] = str(n.Retailer)
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
		AccountSID: text(i, "accountSid"),
		SID:        text(i, "sid"),
		Retailer:   text(i, "retailer"),
		Store:      text(i, "store"),
		StoreName:  text(i, "storeName"),
		Enabled:    boolean(i, "enabled"),
		ForwardTo:  text(i, "forwardTo"),
		Language:   text(i, "language"),
		OptInMode:  clienteling.OptInMode(text(i, "optInMode")),
	}
}
