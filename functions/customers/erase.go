package main

import (
	"context"
	"net/http"

	"clienteling/shared/apigw"
)

// erase orders that a customer is erased, here and at Twilio: 202, and it is done by
// itself. From now on nobody may write to them; a refusal of theirs is all that stays.
func (f function) erase(ctx context.Context, c *apigw.Call) (any, error) {
	customer, phone, err := f.whose(c)
	if err != nil {
		return nil, err
	}
	e, err := f.table.RequestErasure(ctx, c.Caller.Retailer, customer, phone, c.Caller.Subject, f.now())
	if err != nil {
		return nil, err
	}
	f.log.InfoContext(ctx, "a customer is to be erased", "retailer", e.Retailer, "customer", e.Customer, "by", e.By, "requestedAt", e.RequestedAt)
	return apigw.Reply{Status: http.StatusAccepted, Body: showErasure(&e)}, nil
}
