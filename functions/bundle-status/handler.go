package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/webhook"
)

type function struct {
	log   *slog.Logger
	now   func() time.Time
	table *table.Table
	jobs  jobs
}

// jobs takes the job of looking at a registration.
type jobs interface {
	Send(ctx context.Context, job queue.SubmitRegistration) error
}

func (f function) routes() webhook.Routes {
	return webhook.Routes{
		"POST /webhooks/twilio/bundle": f.status,
	}
}

// status has a registration looked at: what the callback says is not taken for true,
// since callbacks repeat, overtake each other and leave steps out. It is due from now
// on, so that it is looked at even if the job is lost.
func (f function) status(ctx context.Context, p webhook.Params) (webhook.TwiML, error) {
	k, err := p.Registration()
	if err != nil {
		return "", err
	}
	r, err := f.table.RegistrationFile(ctx, k.Retailer, k.Country)
	if errors.Is(err, clienteling.ErrNotFound) || err == nil && r.AccountSID != p.Account() {
		f.log.WarnContext(ctx, "status of a registration that is not there", "retailer", k.Retailer, "country", k.Country)
		return webhook.Nothing, nil
	}
	if err != nil {
		return "", err
	}
	f.log.InfoContext(ctx, "registration status", "retailer", k.Retailer, "country", k.Country, "state", r.State)
	if r.State != clienteling.RegistrationInReview && r.State != clienteling.RegistrationApproved {
		return webhook.Nothing, nil
	}
	if err := f.table.RegistrationDueAgain(ctx, r, f.now()); err != nil && !errors.Is(err, table.ErrNotReady) {
		return "", err
	}
	return webhook.Nothing, f.jobs.Send(ctx, queue.SubmitRegistration{Retailer: r.Retailer, Country: r.Country})
}
