package main

import (
	"context"
	"errors"
	"net/http"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/phone"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

// fulfil gives an order that needs assistance a number that the operator has got:
// 202, for it is set up by the worker that sets up all others. Twilio must confirm
// that the number is ours, and can text and ring.
func (f function) fulfil(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Number string `json:"number"`
	}
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
	retailer := c.Path("retailer")
	if !apigw.IsRetailer(retailer) {
		return nil, clienteling.ErrNotFound
	}
	p, err := f.table.Purchase(ctx, retailer, c.Path("purchaseId"))
	if err != nil {
		return nil, err
	}
	if p.Number == body.Number && p.SID != "" { // the same request again
		return apigw.Reply{Status: http.StatusAccepted, Body: showAssistance(p)}, nil
	}
	if p.State != clienteling.PurchaseAssistance {
		return nil, errNoAssistance
	}
	if !clienteling.IsE164(body.Number) || phone.Country(body.Number) != p.Country {
		return nil, clienteling.E(clienteling.Unprocessable, "number_of_another_country",
			"The order is for a number of %s. Send one in E.164, like +4917139200100.", p.Country).With("/number", "Not a number of "+p.Country+".")
	}
	owned, found, err := f.twilio.OwnedNumber(ctx, p.AccountSID, body.Number)
	var away *twilio.Error
	switch {
	case errors.As(err, &away):
		return nil, clienteling.E(clienteling.Unavailable, string(clienteling.ReasonTwilioAway), "Twilio did not answer. Nothing was changed; try again in a minute.").Because(err)
	case err != nil:
		return nil, err
	case !found:
		return nil, clienteling.E(clienteling.Unprocessable, "number_not_ours", "Twilio does not know this number as one of account %s. Buy it there, or have it moved there, first.", p.AccountSID).With("/number", "Not in our account.")
	case !owned.SMS || !owned.Voice:
		return nil, clienteling.E(clienteling.Unprocessable, string(clienteling.ReasonCannotText), "This number cannot both text and ring. A store needs one that can.").With("/number", "Lacks SMS or voice.")
	}
	r, err := f.table.Retailer(ctx, retailer)
	if err != nil {
		return nil, err
	}
	p, err = f.table.FulfilPurchase(ctx, p, body.Number, owned.SID, r.OptInMode, f.now())
	switch {
	case errors.Is(err, table.ErrForeignClaim):
		return nil, clienteling.E(clienteling.Conflict, "number_taken", "This number is recorded already: it belongs to a retailer, or to another order. Choose another.")
	case errors.Is(err, table.ErrNotReady):
		return nil, errNoAssistance
	case err != nil:
		return nil, err
	}
	job := queue.NumberJob{Do: queue.Buy, Retailer: retailer, Purchase: p.ID}
	if err := f.numbers.Send(ctx, job); err != nil {
		f.log.ErrorContext(ctx, "the job of an order was not left; it is due in a minute", "purchase", p.ID, "error", err)
	}
	return apigw.Reply{Status: http.StatusAccepted, Body: showAssistance(p)}, nil
}

var errNoAssistance = clienteling.E(clienteling.Conflict, "no_assistance_needed", "This order needs no assistance any more: it has its number, or has ended. Read GET /v1/operator/work?kind=assistance again.")
