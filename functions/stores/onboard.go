package main

import (
	"context"
	"errors"
	"net/http"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
)

// onboard puts a store on a number: one that is there (200), or else one that is
// ordered for it, or that it waits for until its country is approved (202). The number
// stays, and so does that it is enabled.
func (f function) onboard(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Number string `json:"number"`
		Enable bool   `json:"enable"`
	}
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
	id, err := c.Store()
	if err != nil {
		return nil, err
	}
	wish := clienteling.Wish{Number: body.Number, Enable: body.Enable}
	if wish.Number != "" && wish.Number != clienteling.Auto && !clienteling.IsE164(wish.Number) {
		return nil, clienteling.E(clienteling.Unprocessable, "number_invalid",
			`Send a number as GET /v1/numbers shows it, like "+4917139200100", or "auto".`).With("/number", "Neither a number with its country code nor auto.")
	}
	s, err := f.table.Store(ctx, c.Caller.Retailer, id)
	if err != nil {
		return nil, err
	}
	if err := c.Match(s.Version); err != nil {
		return nil, err
	}
	standing, err := f.standing(ctx, c)
	if err != nil {
		return nil, err
	}
	if s, err = f.settle(ctx, c, s, wish, standing); err != nil {
		return nil, err
	}
	status := http.StatusOK
	if !s.State.HasNumber() {
		status = http.StatusAccepted
	}
	return answer(status, s, standing), nil
}

// settle brings about what is wished for a store, as far as it goes now.
func (f function) settle(ctx context.Context, c *apigw.Call, s clienteling.Store, wish clienteling.Wish, standing clienteling.Standing) (clienteling.Store, error) {
	switch s.State {
	case clienteling.StoreOnboarded, clienteling.StoreEnabled:
		return f.keepNumber(ctx, s, wish)
	case clienteling.StoreOrdering:
		return f.keepWaiting(ctx, s, wish)
	}
	if wish.Number == "" {
		return s, clienteling.E(clienteling.Unprocessable, "number_missing",
			`Which number? Send one of GET /v1/numbers?state=available, or "auto", which takes one of them or orders one.`).With("/number", "Needed.")
	}
	if err := hindered(s, standing); err != nil {
		return s, err
	}
	n, err := f.numberFor(ctx, s, wish)
	if err != nil {
		return s, err
	}
	if !standing.Approved(s.Country) {
		parked, err := f.table.ParkStore(ctx, s, wish)
		if !errors.Is(err, table.ErrApprovalChanged) {
			return parked, err
		}
		// Approved just now: it need not wait.
	}
	if n != nil {
		return f.table.OnboardStore(ctx, s, *n, wish.Enable)
	}
	by := clienteling.Associate{ID: c.Caller.Subject, Name: c.Caller.Name}
	s, p, err := f.table.AutoOnboard(ctx, s, wish.Enable, by, f.accountSID, f.now())
	if p != nil && p.State.Running() {
		f.buy(ctx, *p)
	}
	return s, err
}

// hindered says what keeps a store from being onboarded, beside what it can wait for.
func hindered(s clienteling.Store, standing clienteling.Standing) error {
	s.State = clienteling.StoreEligible // a parked store is judged anew
	for _, h := range hindrances(s, standing) {
		switch {
		case h.Waits():
		case h.Code == clienteling.HindranceTestLocation:
			return clienteling.ErrTestLocationTaken
		default:
			return clienteling.E(clienteling.Unprocessable, h.Code, "%s", h.Detail)
		}
	}
	return nil
}

// numberFor returns the number that is wished for by name; nil for any.
func (f function) numberFor(ctx context.Context, s clienteling.Store, wish clienteling.Wish) (*clienteling.Number, error) {
	if wish.Number == clienteling.Auto {
		return nil, nil
	}
	n, err := f.table.NumberNow(ctx, wish.Number)
	switch {
	case errors.Is(err, clienteling.ErrNotFound), err == nil && n.Retailer != s.Retailer, err == nil && n.State != clienteling.NumberAvailable:
		return nil, clienteling.ErrNumberInUse
	case err != nil:
		return nil, err
	case n.Country != s.Country:
		return nil, clienteling.E(clienteling.Unprocessable, "number_of_another_country",
			"This number is one of %s, the store is in %s. Choose a number of the store's own country, or auto.", n.Country, s.Country).With("/number", "A number of "+n.Country+".")
	}
	return &n, nil
}

// keepNumber answers for a store that has its number: only that it is enabled can
// still come.
func (f function) keepNumber(ctx context.Context, s clienteling.Store, wish clienteling.Wish) (clienteling.Store, error) {
	switch {
	case wish.Number != "" && wish.Number != clienteling.Auto && wish.Number != s.Number:
		return s, clienteling.ErrNumberPermanent
	case s.State == clienteling.StoreEnabled && !wish.Enable:
		return s, clienteling.ErrEnabledPermanent
	case s.State == clienteling.StoreOnboarded && wish.Enable:
		return f.table.EnableStore(ctx, s)
	}
	return s, nil
}

// keepWaiting answers for a store whose number is ordered.
func (f function) keepWaiting(ctx context.Context, s clienteling.Store, wish clienteling.Wish) (clienteling.Store, error) {
	switch {
	case wish.Number != "" && wish.Number != clienteling.Auto:
		return s, clienteling.E(clienteling.Conflict, "number_ordered",
			"A number is being ordered for this store. Wait for it, or cancel the order first: DELETE /v1/purchases/%s.", s.Purchase)
	case wish.Enable != s.Wish.Enable:
		return f.table.WishOtherwise(ctx, s, wish.Enable)
	}
	return s, nil
}

// buy leaves the job of an order. If the queue is away, reconcile leaves it within a
// minute: the order is due.
func (f function) buy(ctx context.Context, p clienteling.Purchase) {
	if err := f.jobs.Send(ctx, queue.NumberJob{Do: queue.Buy, Retailer: p.Retailer, Purchase: p.ID}); err != nil {
		f.log.ErrorContext(ctx, "the job of an order was not left; it is due in a minute", "purchase", p.ID, "error", err)
	}
}
