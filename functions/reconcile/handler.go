package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

type function struct {
	log    *slog.Logger
	now    func() time.Time
	table  *table.Table
	twilio texts
	jobs   jobs
}

// texts is what reconcile asks Twilio.
type texts interface {
	Text(ctx context.Context, accountSID, sid string) (twilio.Sent, error)
	TextsTo(ctx context.Context, accountSID, from, to string) ([]twilio.Sent, error)
}

// jobs takes the job of sending a text.
type jobs interface {
	Send(ctx context.Context, job queue.SendText, at time.Time) error
}

// perShard is how much of each shard of what is due one run looks at.
const perShard = 25

// margin is what is left of the function's time when it stops taking up work.
const margin = 5 * time.Second

// run moves on everything that is due. One thing that fails does not keep the
// others: it stays due, and the next run meets it again.
func (f function) run(ctx context.Context) error {
	now := f.now()
	changes, err := f.table.DueConsentChanges(ctx, now, perShard)
	failures := []error{err}
	for _, c := range changes {
		failures = append(failures, f.table.ShowConsentChange(ctx, c))
	}
	due, err := f.table.DueTexts(ctx, now, perShard)
	failures = append(failures, err)
	for _, k := range due {
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < margin {
			break
		}
		if err := f.text(ctx, k); err != nil && !errors.Is(err, table.ErrNotReady) {
			f.log.ErrorContext(ctx, "a due text could not be moved on", "message", k.Message, "error", err)
			failures = append(failures, err)
		}
	}
	if len(due)+len(changes) > 0 {
		f.log.InfoContext(ctx, "reconciled", "texts", len(due), "consent", len(changes))
	}
	return errors.Join(failures...)
}
