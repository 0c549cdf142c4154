package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

type function struct {
	log     *slog.Logger
	now     func() time.Time
	table   *table.Table
	twilio  account
	texts   textJobs
	numbers numberJobs
	filings filingJobs
	stage   clienteling.Stage
	// publicBaseURL is where Twilio finds our webhooks.
	publicBaseURL string
	// accountSID is the Twilio account in which this stage buys numbers.
	accountSID string
}

// account is what reconcile asks Twilio.
type account interface {
	registry
	eraser
	Text(ctx context.Context, accountSID, sid string) (twilio.Sent, error)
	TextsTo(ctx context.Context, accountSID, from, to string) ([]twilio.Sent, error)
	OwnedNumbers(ctx context.Context, accountSID, page string) (numbers []twilio.Owned, next string, err error)
	SetNumber(ctx context.Context, accountSID, sid string, s twilio.NumberSettings) (twilio.Owned, error)
	ReleaseNumber(ctx context.Context, accountSID, sid string) error
}

// textJobs takes the job of sending a text.
type textJobs interface {
	Send(ctx context.Context, job queue.SendText, at time.Time) error
}

// filingJobs takes the jobs of filing registrations.
type filingJobs interface {
	Send(ctx context.Context, job queue.SubmitRegistration) error
}

// numberJobs takes the jobs of buying and releasing numbers.
type numberJobs interface {
	Send(ctx context.Context, job queue.NumberJob) error
}

// perShard is how much of each shard of what is due one run looks at.
const perShard = 25

// margin is what is left of the function's time when it stops taking up work.
const margin = 5 * time.Second

// run moves on everything that is due. One thing that fails does not keep the
// others: it stays due, and the next run meets it again.
func (f function) run(ctx context.Context) error {
	return errors.Join(
		f.consent(ctx), f.dueTexts(ctx),
		f.registrations(ctx), f.papers(ctx),
		f.approvals(ctx), f.orders(ctx), f.releases(ctx), f.erasures(ctx), f.compare(ctx),
	)
}

// late reports whether the function's time is too short to take up more.
func late(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < margin
}
