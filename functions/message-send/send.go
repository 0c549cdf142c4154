package main

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
	"clienteling/shared/webhook"
)

type function struct {
	log           *slog.Logger
	now           func() time.Time
	publicBaseURL string
	twilio        sender
	table         *table.Table
}

// sender hands a text to Twilio.
type sender interface {
	SendText(ctx context.Context, t twilio.Text) (twilio.Sent, error)
}

// send hands one text to Twilio, at most once. It claims the text, in the same
// transaction checks consent once more, calls, and records the outcome. A job that
// comes twice, or to two workers, finds the text claimed. When the outcome is not
// known, nothing is tried again: reconcile finds it out.
func (f function) send(ctx context.Context, job queue.SendText) error {
	o, err := f.table.Outbound(ctx, table.OutboundKey(job))
	if errors.Is(err, clienteling.ErrNotFound) {
		f.log.WarnContext(ctx, "job of a text that is not there", "message", job.Message)
		return nil
	}
	if err != nil {
		return err
	}
	if !o.Ready() {
		return nil // somebody else has it, or had it
	}
	if o.TooLate(f.now()) {
		f.log.InfoContext(ctx, "text canceled: quiet hours have begun", "message", job.Message)
		return f.record(ctx, "the text is withdrawn", f.table.TextTooLate(ctx, o))
	}
	o, err = f.table.ClaimText(ctx, o, f.now())
	switch {
	case errors.Is(err, table.ErrNotReady):
		return nil
	case errors.Is(err, consent.ErrOptedOut):
		f.log.InfoContext(ctx, "text canceled: consent no longer holds", "message", job.Message)
		return nil
	case err != nil:
		return err
	}

	sent, err := f.call(ctx, o)
	var refused *twilio.Error
	switch {
	case err == nil:
		f.log.InfoContext(ctx, "text sent", "message", job.Message, "sid", sent.SID, "to", clienteling.Mask(o.To))
		return f.record(ctx, "the text is Twilio's", f.table.TextTaken(ctx, o, sent.SID, f.now()))
	case errors.As(err, &refused) && refused.Outcome == twilio.Later:
		due := f.now().Add(pause(o.Tries))
		f.log.WarnContext(ctx, "text postponed", "message", job.Message, "due", due, "error", err)
		return f.record(ctx, "the text goes out later", f.table.TextLater(ctx, o, due))
	case errors.As(err, &refused) && refused.Outcome == twilio.Refused:
		f.log.WarnContext(ctx, "text refused by Twilio", "message", job.Message, "error", err)
		return f.refused(ctx, o, refused.Code)
	default:
		f.log.ErrorContext(ctx, "whether Twilio took the text is not known; reconcile finds out", "message", job.Message, "error", err)
		return nil
	}
}

// call hands the text over, within the time it was claimed for.
func (f function) call(ctx context.Context, o table.Outbound) (twilio.Sent, error) {
	left := table.CallWithin - f.now().Sub(o.ClaimedAt)
	if left < leastForCall {
		return twilio.Sent{}, &twilio.Error{Outcome: twilio.Later, Code: 0}
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	t := twilio.Text{
		AccountSID: o.Text.AccountSID, From: o.From, To: o.To, Body: o.Text.Text,
		StatusCallback: webhook.StatusURL(f.publicBaseURL, webhook.TextKey(o.Key)),
	}
	for _, m := range o.Text.Media {
		t.MediaURL = append(t.MediaURL, m.URL)
	}
	return f.twilio.SendText(ctx, t)
}

// leastForCall is the time below which a call is not begun.
const leastForCall = time.Second

// refused ends a text that Twilio refused. A customer whom Twilio keeps texts from
// has opted out.
func (f function) refused(ctx context.Context, o table.Outbound, code int) error {
	reason := strconv.Itoa(code)
	if code == 0 {
		reason = clienteling.ReasonRefused
	}
	if code == twilio.CodeBlocked {
		reason = clienteling.ReasonOptedOut
		recorded, err := f.table.OptOutAtTwilio(ctx, o, f.now())
		if err != nil {
			return err
		}
		f.log.InfoContext(ctx, "the customer has opted out at Twilio", "message", o.Key.Message, "recorded", recorded)
	}
	return f.record(ctx, "the text failed", f.table.TextFailed(ctx, o, reason))
}

// record passes on whether an outcome was recorded. Somebody may have been faster:
// a callback, or reconcile, who took us for dead; what they found out stands.
func (f function) record(ctx context.Context, what string, err error) error {
	if errors.Is(err, table.ErrNotReady) || errors.Is(err, table.ErrForeignSID) {
		f.log.WarnContext(ctx, "recorded by somebody else", "what", what, "error", err)
		return nil
	}
	return err
}

// pause is how long a text rests that Twilio had no room for: twice as long each
// time, up to a quarter of an hour.
func pause(tries int) time.Duration {
	const first, most = 5 * time.Second, 15 * time.Minute
	return min(first<<min(tries, 10), most)
}
