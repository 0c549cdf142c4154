package main

import (
	"context"
	"errors"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/queue"
	"clienteling/shared/table"
)

const (
	// perApproval is how much of what waits for an approval one run moves on.
	perApproval = 25
	// perList is how much of it one run looks at: stores that wait for tomorrow do not
	// keep those behind them.
	perList = 1000
	// approvalSettles is how long an approval stays due at least: the index that lists
	// what waits for it may know of the last to come a moment late.
	approvalSettles = 2 * time.Minute
)

// approvals lets stores and orders go on that waited for the approval of their
// country, however many there are: an approval stays due until none is left. Stores for
// which no number may be ordered today stay parked, and go on tomorrow.
func (f function) approvals(ctx context.Context) error {
	due, err := f.table.DueApprovals(ctx, f.now(), perShard)
	failures := []error{err}
	for _, a := range due {
		failures = append(failures, f.approval(ctx, a))
	}
	return errors.Join(failures...)
}

// approval lets some of what waited for one approval go on.
func (f function) approval(ctx context.Context, a table.Approval) error {
	waiting, err := f.table.Waiting(ctx, a, perList)
	if err != nil {
		return err
	}
	if len(waiting) == 0 && f.now().Sub(a.Since) > approvalSettles {
		return f.table.ApprovalSettled(ctx, a)
	}
	var failures []error
	tried, held := 0, map[string]int{} // held: the stores of a country that cannot go on today
	for _, w := range waiting {
		if late(ctx) || tried == perApproval {
			break
		}
		if w.Store != nil && w.Store.Wish.Number == clienteling.Auto && held[w.Store.Country] > 0 {
			held[w.Store.Country]++ // as the one before, it finds no number and may not order one
			continue
		}
		err := f.goOn(ctx, w)
		if errors.Is(err, table.ErrNumberQuotaUsed) {
			held[w.Store.Country]++
			continue
		}
		tried++
		if err != nil {
			f.log.ErrorContext(ctx, "what waited for an approval could not go on", "retailer", a.Retailer, "country", a.Country, "error", err)
			failures = append(failures, err)
		}
	}
	for code, stores := range held {
		f.log.WarnContext(ctx, "parked stores wait for tomorrow: the retailer has made its orders of today", "retailer", a.Retailer, "country", code, "stores", stores)
	}
	return errors.Join(failures...)
}

// goOn moves on one store or order. One that has gone on already is left alone.
func (f function) goOn(ctx context.Context, w table.Waiting) error {
	if w.Purchase != nil {
		c, _ := country.Of(w.Purchase.Country)
		p, err := f.table.ResumePurchase(ctx, *w.Purchase, !c.SelfServe, f.now())
		if err != nil {
			return ignore(err, table.ErrNotReady)
		}
		return f.buy(ctx, p)
	}
	s, err := f.table.Store(ctx, w.Store.Retailer, w.Store.ID)
	if err != nil || s.State != clienteling.StoreParked {
		return err
	}
	if s.Wish.Number == clienteling.Auto {
		_, p, err := f.table.AutoOnboard(ctx, s, s.Wish.Enable, clienteling.Associate{}, f.accountSID, f.now())
		if err != nil {
			return ignore(err, clienteling.ErrStoreChanged)
		}
		if p == nil {
			return nil
		}
		return f.buy(ctx, *p)
	}
	n, err := f.table.NumberNow(ctx, s.Wish.Number)
	if err == nil {
		_, err = f.table.OnboardStore(ctx, s, n, s.Wish.Enable)
	}
	if errors.Is(err, clienteling.ErrNumberInUse) || errors.Is(err, clienteling.ErrNotFound) {
		f.log.WarnContext(ctx, "a parked store's number is not to be had any more", "retailer", s.Retailer, "store", s.ID)
		err = f.table.UnparkStore(ctx, s, clienteling.ReasonNumberInUse)
	}
	return ignore(err, clienteling.ErrStoreChanged)
}

// buy leaves the job of an order. If the queue is away the order is due by itself.
func (f function) buy(ctx context.Context, p clienteling.Purchase) error {
	if !p.State.Running() {
		return nil
	}
	return f.numbers.Send(ctx, queue.NumberJob{Do: queue.Buy, Retailer: p.Retailer, Purchase: p.ID})
}

func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}
