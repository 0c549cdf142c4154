package main

import (
	"context"
	"errors"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
	"clienteling/shared/webhook"
)

// comparedEvery is how often Twilio's numbers are compared with ours.
const comparedEvery = 24 * time.Hour

// compare compares all numbers of the account at Twilio with ours, once a day, a page
// at a time; what one run does not get through the next goes on with. It finds what
// nothing else would: a number that costs money and is nobody's, and one whose calls
// and texts somebody has pointed elsewhere.
func (f function) compare(ctx context.Context) error {
	c, err := f.table.Comparison(ctx, f.accountSID)
	if err != nil {
		return err
	}
	if c.Page == "" {
		if f.now().Sub(c.StartedAt) < comparedEvery {
			return nil
		}
		c.StartedAt = f.now()
	}
	for !late(ctx) {
		owned, next, err := f.twilio.OwnedNumbers(ctx, f.accountSID, c.Page)
		if c.Page != "" && refused(err) {
			// A page begins after a number: it is gone when that was given back.
			f.log.WarnContext(ctx, "Twilio does not know the page any more: the comparison begins anew", "error", err)
			c.Page = ""
			continue
		}
		if err != nil {
			return err
		}
		if err := f.comparePage(ctx, owned); err != nil {
			return err
		}
		c.Page = next
		if err := f.table.SaveComparison(ctx, c); err != nil || next == "" {
			return err
		}
	}
	return nil
}

func (f function) comparePage(ctx context.Context, owned []twilio.Owned) error {
	e164s := make([]string, len(owned))
	for n, o := range owned {
		e164s[n] = o.E164
	}
	ours, err := f.table.NumbersOf(ctx, e164s)
	if err != nil {
		return err
	}
	var failures []error
	for _, o := range owned {
		n, known := ours[o.E164]
		switch {
		case known && (n.State == clienteling.NumberAvailable || n.State == clienteling.NumberAssigned):
			err = f.repair(ctx, o, n)
		case known && n.State != clienteling.NumberReleased:
			err = nil // an order, or a release, is at work on it
		default:
			err = f.orphan(ctx, o, known)
		}
		if err != nil {
			f.log.ErrorContext(ctx, "a number could not be compared", "number", o.E164, "error", err)
		}
		if err != nil && !refused(err) { // what Twilio refuses now does not keep the others, and is tried again tomorrow
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// refused reports whether Twilio would refuse the same again.
func refused(err error) bool {
	var e *twilio.Error
	return errors.As(err, &e) && e.Outcome == twilio.Refused
}

// repair points a number's texts and calls to us again. It keeps the number's name.
func (f function) repair(ctx context.Context, o twilio.Owned, n clienteling.Number) error {
	want := twilio.NumberSettings{
		FriendlyName: o.FriendlyName, SmsURL: webhook.SmsURL(f.publicBaseURL), VoiceURL: webhook.VoiceURL(f.publicBaseURL),
	}
	if o.SmsURL == want.SmsURL && o.VoiceURL == want.VoiceURL && !o.Elsewhere {
		return nil
	}
	f.log.WarnContext(ctx, "the webhooks of a number were changed at Twilio; set back", "number", o.E164, "retailer", n.Retailer, "smsUrl", o.SmsURL, "voiceUrl", o.VoiceURL)
	_, err := f.twilio.SetNumber(ctx, f.accountSID, o.SID, want)
	return err
}

// orphan decides about a number that Twilio says is ours and that we have no record
// of, or only that it was given back. By its exact name it may have been bought for an order: one that completed with
// it gets its number back, one that ended without a number gives it back to Twilio.
// All others are the operator's to look at.
func (f function) orphan(ctx context.Context, o twilio.Owned, givenBack bool) error {
	id, named := f.stage.PurchaseOf(o.FriendlyName)
	if !named {
		return f.stranger(ctx, o)
	}
	p, err := f.table.PurchaseByID(ctx, id)
	if errors.Is(err, clienteling.ErrNotFound) {
		return f.stranger(ctx, o)
	}
	if err != nil {
		return err
	}
	switch {
	case p.State == clienteling.PurchaseCompleted && p.Number == o.E164 && p.SID == o.SID:
		if givenBack {
			return nil // just now: Twilio's list is not up to date
		}
		retailer, err := f.table.Retailer(ctx, p.Retailer)
		if err != nil {
			return err
		}
		f.log.WarnContext(ctx, "a number of ours had no record; adopted", "number", o.E164, "purchase", p.ID, "retailer", p.Retailer)
		return f.table.AdoptNumber(ctx, p, o.E164, o.SID, retailer.OptInMode)
	case p.State == clienteling.PurchaseFailed || p.State == clienteling.PurchaseCanceled:
		f.log.WarnContext(ctx, "a number was bought for an order that has ended; given back", "number", o.E164, "purchase", p.ID, "retailer", p.Retailer)
		return f.twilio.ReleaseNumber(ctx, f.accountSID, o.SID)
	case p.State.Running():
		return nil // the order itself finds it
	}
	return f.stranger(ctx, o)
}

func (f function) stranger(ctx context.Context, o twilio.Owned) error {
	f.log.WarnContext(ctx, "a number at Twilio is not one of ours", "number", o.E164, "sid", o.SID, "name", o.FriendlyName)
	return f.table.NoteStranger(ctx, table.Stranger{E164: o.E164, SID: o.SID, AccountSID: f.accountSID, FriendlyName: o.FriendlyName, At: f.now()})
}
