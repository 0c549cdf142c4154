package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/table"
	"clienteling/shared/webhook"
)

type function struct {
	log   *slog.Logger
	now   func() time.Time
	table *table.Table
}

func (f function) routes() webhook.Routes {
	return webhook.Routes{
		"POST /webhooks/twilio/sms/status": f.status,
	}
}

// looks is how often a status is looked at when others write at the same time.
const looks = 5

// status records how far a text is. The first word of a text that we do not know
// to be Twilio's settles that: the key in the URL says which one it is.
func (f function) status(ctx context.Context, p webhook.Params) (webhook.TwiML, error) {
	s, err := p.Status()
	if err != nil {
		return "", err
	}
	k := table.OutboundKey(s.Text)
	for range looks {
		var changed bool
		changed, err = f.advance(ctx, k, s)
		switch {
		case errors.Is(err, table.ErrNotReady):
			continue // somebody else was faster
		case errors.Is(err, clienteling.ErrNotFound):
			f.log.WarnContext(ctx, "status of a text that is not there", "message", k.Message, "sid", s.SID)
			return webhook.Nothing, nil
		case err != nil:
			return "", err
		}
		f.log.InfoContext(ctx, "text status", "message", k.Message, "sid", s.SID, "status", s.Status, "code", s.Code, "changed", changed)
		return webhook.Nothing, nil
	}
	return "", err
}

func (f function) advance(ctx context.Context, k table.OutboundKey, s webhook.Status) (bool, error) {
	o, err := f.table.Outbound(ctx, k)
	if err != nil {
		return false, err
	}
	if o.Text.AccountSID != s.AccountSID {
		return false, clienteling.ErrNotFound
	}
	if o.Text.SID == "" {
		if err := f.table.TextTaken(ctx, o, s.SID, f.now()); err != nil {
			if errors.Is(err, table.ErrForeignSID) {
				return false, clienteling.ErrNotFound
			}
			return false, err
		}
		if o, err = f.table.Outbound(ctx, k); err != nil {
			return false, err
		}
	}
	if o.Text.SID != s.SID {
		return false, clienteling.ErrNotFound
	}
	return f.table.AdvanceText(ctx, o, s.Status, s.Code, f.now())
}
