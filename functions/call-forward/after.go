package main

import (
	"context"
	"errors"

	"clienteling/shared/clienteling"
	"clienteling/shared/table"
	"clienteling/shared/webhook"
)

// after ends a call once the forwarded leg has. When nobody answered, the
// customer hears so in the store's language, and the store sees the missed call
// in their conversation, if they have one.
func (f function) after(ctx context.Context, p webhook.Params) (webhook.TwiML, error) {
	call, err := p.Call()
	if err != nil {
		return "", err
	}
	if call.DialStatus == "completed" || call.DialStatus == "answered" {
		return webhook.Hangup, nil
	}
	number, err := f.number(ctx, call)
	if err != nil {
		return "", err
	}
	answer := sorry(nobodyAnswered, number.Language)
	// A caller who hung up while it rang ("canceled") was missed as well.
	// Nor does a caller without a number have a conversation.
	if number.Store == "" || callerID(call) != call.From {
		return answer, nil
	}
	err = f.table.NoteMissedCall(ctx, number, table.MissedCall{
		SID: call.SID, AccountSID: call.AccountSID, From: call.From, At: f.now(), Answer: string(answer),
	})
	var duplicate *table.DuplicateError
	switch {
	case errors.As(err, &duplicate):
		return webhook.TwiML(duplicate.Answer), nil
	case errors.Is(err, clienteling.ErrNotFound):
		return answer, nil
	case err != nil:
		return "", err
	}
	f.log.InfoContext(ctx, "missed call noted", "sid", call.SID, "retailer", number.Retailer, "store", number.Store,
		"from", clienteling.Mask(call.From), "status", call.DialStatus)
	return answer, nil
}
