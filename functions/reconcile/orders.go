package main

import (
	"context"
	"errors"

	"clienteling/shared/queue"
	"clienteling/shared/table"
)

// orders leaves jobs anew for the orders that are due: nobody took them up, whoever
// did has died, or Twilio was away and may be asked again.
func (f function) orders(ctx context.Context) error {
	due, err := f.table.DuePurchases(ctx, f.now(), perShard)
	failures := []error{err}
	for _, p := range due {
		err := f.table.PurchaseDueAgain(ctx, p, f.now())
		if err == nil {
			err = f.numbers.Send(ctx, queue.NumberJob{Do: queue.Buy, Retailer: p.Retailer, Purchase: p.ID})
		}
		if err != nil && !errors.Is(err, table.ErrNotReady) {
			f.log.ErrorContext(ctx, "a due order could not be moved on", "purchase", p.ID, "error", err)
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// releases leaves jobs anew for the numbers that are to be given back.
func (f function) releases(ctx context.Context) error {
	due, err := f.table.DueReleases(ctx, f.now(), perShard)
	failures := []error{err}
	for _, n := range due {
		err := f.table.ReleaseDueAgain(ctx, n, f.now().Add(again))
		if err == nil {
			err = f.numbers.Send(ctx, queue.NumberJob{Do: queue.Release, Retailer: n.Retailer, Number: n.E164})
		}
		if err != nil {
			f.log.ErrorContext(ctx, "a due release could not be moved on", "number", n.E164, "error", err)
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}
