package main

import (
	"context"
	"errors"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/webhook"
)

const (
	// ring is how long the store's phone rings: about five rings.
	ring = 25 * time.Second
	// limit ends a forgotten line: an hour is beyond any conversation about a coat.
	limit = time.Hour
)

// voice rings the store whose number was called. It is one read.
func (f function) voice(ctx context.Context, p webhook.Params) (webhook.TwiML, error) {
	call, err := p.Call()
	if err != nil {
		return "", err
	}
	number, err := f.number(ctx, call)
	if err != nil {
		return "", err
	}
	// A landline equal to the number itself would call itself for ever.
	if number.ForwardTo == "" || number.ForwardTo == number.E164 {
		f.log.WarnContext(ctx, "call without a landline to forward to", "sid", call.SID, "to", call.To)
		return sorry(unreachable, number.Language), nil
	}
	f.log.InfoContext(ctx, "call forwarded", "sid", call.SID, "retailer", number.Retailer, "store", number.Store,
		"from", clienteling.Mask(call.From))
	return webhook.Forward(webhook.Dial{
		To:       number.ForwardTo,
		CallerID: callerID(call),
		Ring:     ring,
		Limit:    limit,
		After:    f.publicBaseURL + "/webhooks/twilio/voice/after",
	}), nil
}

// number returns the number that was called; a number we do not know, or one no
// store uses, has neither landline nor store.
func (f function) number(ctx context.Context, call webhook.Call) (clienteling.Number, error) {
	n, err := f.table.Number(ctx, call.To)
	if errors.Is(err, clienteling.ErrNotFound) {
		return clienteling.Number{}, nil
	}
	if err != nil {
		return clienteling.Number{}, err
	}
	return n, webhook.OfAccount(call.AccountSID, n)
}

// anonymous is what networks send for a caller who withholds the number: the
// letters ANONYMOUS on a keypad.
// https://help.twilio.com/articles/223179988
const anonymous = "+266696687"

// callerID is what the store's phone shows: the customer's number, or ours when
// the customer has none to show. Twilio refuses to dial with an invalid one (13214).
func callerID(call webhook.Call) string {
	if !clienteling.IsE164(call.From) || call.From == anonymous {
		return call.To
	}
	return call.From
}
