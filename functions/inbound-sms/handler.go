package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/table"
	"clienteling/shared/webhook"
)

type function struct {
	log   *slog.Logger
	now   func() time.Time
	table *table.Table
}

func (f function) routes() webhook.Routes {
	return webhook.Routes{
		"POST /webhooks/twilio/sms": f.sms,
	}
}

// considerations is how often one text is considered before it is left to
// Twilio's retry: once on presumption, once with what was found, and again only
// if the customer's consent changes meanwhile.
const considerations = 5

// sms takes a text: whose number is it, what does it change, then everything in
// one transaction. The same text delivered again gets the same answer and does
// nothing more.
func (f function) sms(ctx context.Context, p webhook.Params) (webhook.TwiML, error) {
	t, err := p.Text()
	if err != nil {
		return "", err
	}
	number, err := f.table.Number(ctx, t.To)
	if err == nil {
		err = webhook.OfAccount(t.AccountSID, number)
	}
	switch {
	case errors.Is(err, clienteling.ErrNotFound) || err == nil && number.Store == "":
		return f.unrouted(ctx, t)
	case err != nil:
		return "", err
	}

	said := consent.Text{Body: t.Body, OptOutType: t.OptOutType, Country: number.Country, Language: number.Language}
	change := consent.Presume(said, number.OptInMode)
	optOut := change.When.Refusal == consent.InForce
	var found table.Found
	for range considerations {
		answer := confirmation(change, number)
		err = f.table.ReceiveText(ctx, number, f.inbound(t, answer), change, found)
		var duplicate *table.DuplicateError
		var other *table.ConsentError
		switch {
		case errors.As(err, &other):
			change, found = consent.Receive(other.State, said, number.OptInMode), other.Found
			continue
		case errors.Is(err, table.ErrAnsweredEnough):
			change.Answer = consent.NoAnswer
			f.log.WarnContext(ctx, "the answer is left out: two machines may be writing to each other", "sid", t.SID, "from", clienteling.Mask(t.From))
			continue
		case errors.As(err, &duplicate):
			answer, found = webhook.TwiML(duplicate.Answer), duplicate.Found
		case err != nil:
			return "", err
		}
		if optOut && found.Sending() {
			// What is being handed to Twilio right now still goes out; nothing does
			// once an opt-out is answered.
			if err := f.table.AwaitSends(ctx, number.Retailer, f.table.Customer(number.Retailer, t.From)); err != nil {
				return "", err
			}
		}
		f.log.InfoContext(ctx, "text received", "sid", t.SID, "retailer", number.Retailer, "store", number.Store,
			"from", clienteling.Mask(t.From), "media", len(t.Media), "repeated", duplicate != nil, "consent", string(change.Effect))
		return answer, nil
	}
	return "", err
}

// unrouted keeps a text to a number without a store for the operator: to Twilio
// nothing went wrong, and the customer gets no answer that we could not mean.
func (f function) unrouted(ctx context.Context, t webhook.Text) (webhook.TwiML, error) {
	err := f.table.KeepUnrouted(ctx, f.inbound(t, webhook.Nothing))
	var duplicate *table.DuplicateError
	if err != nil && !errors.As(err, &duplicate) {
		return "", err
	}
	f.log.WarnContext(ctx, "text to a number without a store", "sid", t.SID, "to", t.To, "from", clienteling.Mask(t.From))
	return webhook.Nothing, nil
}

func (f function) inbound(t webhook.Text, answer webhook.TwiML) table.InboundText {
	return table.InboundText{
		SID: t.SID, AccountSID: t.AccountSID, From: t.From, To: t.To,
		Body: t.Body, Media: t.Media, At: f.now(), Answer: string(answer),
	}
}

func confirmation(c consent.Change, n clienteling.Number) webhook.TwiML {
	if c.Answer == consent.NoAnswer {
		return webhook.Nothing
	}
	return webhook.Message(consent.Confirmation(c.Answer, n.Language, n.StoreName))
}
