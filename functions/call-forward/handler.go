package main

import (
	"log/slog"
	"time"

	"clienteling/shared/table"
	"clienteling/shared/webhook"
)

type function struct {
	log           *slog.Logger
	now           func() time.Time
	publicBaseURL string
	table         *table.Table
}

func (f function) routes() webhook.Routes {
	return webhook.Routes{
		"POST /webhooks/twilio/voice":       f.voice,
		"POST /webhooks/twilio/voice/after": f.after,
	}
}
