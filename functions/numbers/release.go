package main

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
)

// release gives a number that no store uses back to Twilio, for good: 202.
func (f function) release(ctx context.Context, c *apigw.Call) (any, error) {
	e164 := c.Path("number")
	if !strings.HasPrefix(e164, "+") {
		e164 = "+" + strings.TrimSpace(e164) // a plus that was not written as %2B
	}
	if !clienteling.IsE164(e164) {
		return nil, clienteling.ErrNotFound
	}
	n, err := f.table.ReleaseNumber(ctx, c.Caller.Retailer, e164, f.now())
	if errors.Is(err, clienteling.ErrNumberPermanent) {
		return nil, clienteling.E(clienteling.Conflict, "number_is_permanent", "The store %s uses this number, and keeps it: its customers know it by that number.", n.Store)
	}
	if err != nil {
		return nil, err
	}
	f.leave(ctx, queue.NumberJob{Do: queue.Release, Retailer: n.Retailer, Number: n.E164})
	return apigw.Reply{Status: http.StatusAccepted, Body: show(n)}, nil
}
