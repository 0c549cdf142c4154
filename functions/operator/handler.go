package main

import (
	"context"
	"log/slog"
	"time"

	"clienteling/shared/apigw"
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
}

// account says which numbers are ours at Twilio.
type account interface {
	OwnedNumber(ctx context.Context, accountSID, e164 string) (twilio.Owned, bool, error)
}

// textJobs takes the job of sending a text.
type textJobs interface {
	Send(ctx context.Context, job queue.SendText, at time.Time) error
}

// numberJobs takes the jobs of buying and releasing numbers.
type numberJobs interface {
	Send(ctx context.Context, job queue.NumberJob) error
}

// filingJobs takes the jobs of filing registrations.
type filingJobs interface {
	Send(ctx context.Context, job queue.SubmitRegistration) error
}

func (f function) routes() apigw.Routes {
	return apigw.Routes{
		"PUT /v1/operator/countries/{country}/requirements":                        f.require,
		"GET /v1/operator/work":                                                    f.work,
		"POST /v1/operator/retailers/{retailer}/purchases/{purchaseId}/fulfilment": f.fulfil,
		"POST /v1/operator/failed/{failedId}/replay":                               f.replay,
	}
}
