package main

import (
	"context"
	"errors"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

const (
	// again is when a text is looked at next for which a job was left.
	again = time.Minute
	// givenUp is when a text that Twilio never had room for, or that nobody could
	// hand over, is given up.
	givenUp = 4 * time.Hour
	// clockSkew is how far Twilio's clock, which shows whole seconds, may be behind.
	clockSkew = 5 * time.Second
	// fetchAgain is when Twilio is asked next about a text it has said nothing new of.
	fetchAgain = 10 * time.Minute
)

// consent shows changes of a customer's consent in the inboxes of other stores.
func (f function) consent(ctx context.Context) error {
	changes, err := f.table.DueConsentChanges(ctx, f.now(), perShard)
	failures := []error{err}
	for _, c := range changes {
		failures = append(failures, f.table.ShowConsentChange(ctx, c))
	}
	if len(changes) > 0 {
		f.log.InfoContext(ctx, "changes of consent shown", "changes", len(changes))
	}
	return errors.Join(failures...)
}

// dueTexts moves on the texts that are due.
func (f function) dueTexts(ctx context.Context) error {
	due, err := f.table.DueTexts(ctx, f.now(), perShard)
	failures := []error{err}
	for _, k := range due {
		if late(ctx) {
			break
		}
		if err := f.text(ctx, k); err != nil && !errors.Is(err, table.ErrNotReady) {
			f.log.ErrorContext(ctx, "a due text could not be moved on", "message", k.Message, "error", err)
			failures = append(failures, err)
		}
	}
	if len(due) > 0 {
		f.log.InfoContext(ctx, "due texts moved on", "texts", len(due))
	}
	return errors.Join(failures...)
}

// text moves one due text on.
func (f function) text(ctx context.Context, k table.OutboundKey) error {
	o, err := f.table.Outbound(ctx, k)
	switch {
	case errors.Is(err, clienteling.ErrNotFound):
		return nil // expired
	case err != nil:
		return err
	case clienteling.Final(o.Text.Status):
		return f.table.TextIsFinal(ctx, o)
	case o.Ready():
		return f.leave(ctx, o)
	case o.Taken():
		return f.fetch(ctx, o)
	default:
		return f.settle(ctx, o)
	}
}

// leave leaves the job of a text anew that nobody took: the queue was away, Twilio
// had no room, or the job was lost.
func (f function) leave(ctx context.Context, o table.Outbound) error {
	now := f.now()
	if now.Sub(o.Text.At) > givenUp {
		return f.table.TextFailed(ctx, o, clienteling.ReasonNotSent)
	}
	if err := f.table.TextDueAgain(ctx, o, now.Add(again)); err != nil {
		return err
	}
	return f.texts.Send(ctx, queue.SendText(o.Key), now)
}

// settle finds out what became of a text that somebody took to hand it over and
// said no more of: Twilio has it under a SID that we have recorded for no other
// text, or it is failed. It is not sent again: twice is worse than not at all.
func (f function) settle(ctx context.Context, o table.Outbound) error {
	found, err := f.twilio.TextsTo(ctx, o.Text.AccountSID, o.From, o.To)
	if err != nil {
		return err
	}
	// The oldest first: of equal texts they were claimed in that order.
	for i := len(found) - 1; i >= 0; i-- {
		t := found[i]
		if t.Body != o.Text.Text || t.CreatedAt.Before(o.ClaimedAt.Add(-clockSkew)) {
			continue
		}
		err := f.table.TextTaken(ctx, o, t.SID, f.now())
		if errors.Is(err, table.ErrForeignSID) {
			continue
		}
		f.log.InfoContext(ctx, "found at Twilio", "message", o.Key.Message, "sid", t.SID, "status", t.Status)
		return err
	}
	f.log.WarnContext(ctx, "given up: Twilio does not have it", "message", o.Key.Message)
	return f.table.TextFailed(ctx, o, clienteling.ReasonOutcomeUnknown)
}

// fetch asks Twilio about a text that it has fallen silent on.
func (f function) fetch(ctx context.Context, o table.Outbound) error {
	t, err := f.twilio.Text(ctx, o.Text.AccountSID, o.Text.SID)
	var gone *twilio.Error
	if errors.As(err, &gone) && gone.Code == twilio.CodeNotFound {
		return f.table.TextIsFinal(ctx, o) // deleted there: what we know is all there will be
	}
	if err != nil {
		return err
	}
	changed, err := f.table.AdvanceText(ctx, o, t.Status, t.Code, f.now())
	switch {
	case err != nil || changed:
		return err
	case o.Text.Status == clienteling.StatusSent:
		return f.table.TextIsFinal(ctx, o) // due only after 72 hours: it stays sent
	default:
		return f.table.TextDueAgain(ctx, o, f.now().Add(fetchAgain))
	}
}
