package main

import (
	"context"
	"errors"

	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/twilio"
)

// release gives a number back to Twilio. Twice does no harm: the second time Twilio
// does not know the SID any more, and a number that was bought again has another.
func (f function) release(ctx context.Context, job queue.NumberJob) error {
	n, err := f.table.NumberNow(ctx, job.Number)
	if errors.Is(err, clienteling.ErrNotFound) {
		f.log.WarnContext(ctx, "job of a number that is not there", "number", job.Number)
		return nil
	}
	if err != nil || n.State != clienteling.NumberReleasing {
		return err
	}
	err = f.twilio.ReleaseNumber(ctx, n.AccountSID, n.SID)
	var refused *twilio.Error
	if errors.As(err, &refused) {
		f.log.WarnContext(ctx, "number not given back yet; it stays due", "number", n.E164, "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	f.log.InfoContext(ctx, "number given back", "number", n.E164, "sid", n.SID, "retailer", n.Retailer)
	return f.table.NumberReleased(ctx, n, f.now())
}
