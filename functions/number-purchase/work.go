package main

import (
	"context"
	"log/slog"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
	"clienteling/shared/webhook"
)

type function struct {
	log           *slog.Logger
	now           func() time.Time
	stage         clienteling.Stage
	publicBaseURL string
	twilio        carrier
	table         *table.Table
}

// carrier sells numbers, lets them be set up, and takes them back.
type carrier interface {
	NumbersForSale(ctx context.Context, s twilio.Search) ([]twilio.ForSale, error)
	OwnedNumber(ctx context.Context, accountSID, e164 string) (twilio.Owned, bool, error)
	BuyNumber(ctx context.Context, accountSID, e164, bundleSID, addressSID string, s twilio.NumberSettings) (twilio.Owned, error)
	SetNumber(ctx context.Context, accountSID, sid string, s twilio.NumberSettings) (twilio.Owned, error)
	AddToService(ctx context.Context, accountSID, serviceSID, sid string) error
	ReleaseNumber(ctx context.Context, accountSID, sid string) error
}

// work does one job. What fails at Twilio is not the job's failure: the order stays
// due, and reconcile leaves a new job when it may go on.
func (f function) work(ctx context.Context, job queue.NumberJob) error {
	switch job.Do {
	case queue.Buy:
		return f.buy(ctx, job)
	case queue.Release:
		return f.release(ctx, job)
	}
	f.log.ErrorContext(ctx, "job dropped: of no known kind", "do", job.Do)
	return nil
}

// settings are what a number of an order is set to at Twilio.
func (f function) settings(p clienteling.Purchase) twilio.NumberSettings {
	return twilio.NumberSettings{
		FriendlyName: f.stage.NumberName(p.ID), SmsURL: webhook.SmsURL(f.publicBaseURL), VoiceURL: webhook.VoiceURL(f.publicBaseURL),
	}
}
