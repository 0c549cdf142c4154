package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

const (
	// mostCandidates is how many numbers one run tries to buy, one after the other,
	// before it lets the market settle.
	mostCandidates = 5
	// searched is how many numbers a search asks for, so that orders that run at once
	// find one each.
	searched = 30
	// mostUnfit is how many numbers that cannot text are bought and given back for one
	// order, before the operator is asked.
	mostUnfit = 3
	// mostRushes is how often an order comes back that found nothing but numbers which
	// others were quicker to buy.
	mostRushes = 3
	// mostTries is how often in a row Twilio may be away, a day or so with the pauses
	// between, before an order that has no number fails.
	mostTries = 30
)

// order is an order in the hands of this run.
type order struct {
	clienteling.Purchase
	// owned is its number as Twilio showed it last, if this run has asked.
	owned *twilio.Owned
	// gone are numbers that turned out to be somebody else's.
	gone []string
}

// exact reports whether the order takes one number only.
func (o order) exact() bool { return o.Wanted.Number != "" }

// assisted reports whether numbers for the order come from the operator: nobody buys
// them by themselves, or what was bought so far was no good.
func (o order) assisted() bool {
	c, _ := country.Of(o.Country)
	return !c.SelfServe || len(o.Unfit) >= mostUnfit || o.exact() && len(o.Unfit) > 0
}

// buy moves an order on as far as it goes: it claims a number, buys it unless it is
// ours already, makes it work, and completes. Each step is recorded before the next,
// so that whoever comes after a crash goes on from there.
func (f function) buy(ctx context.Context, job queue.NumberJob) error {
	p, err := f.table.TakePurchase(ctx, job.Retailer, job.Purchase, f.now())
	if errors.Is(err, clienteling.ErrNotFound) {
		f.log.WarnContext(ctx, "job of an order that is not there", "purchase", job.Purchase)
		return nil
	}
	o := order{Purchase: p}
	for err == nil && o.State.Running() {
		step := f.claim
		switch o.State {
		case clienteling.PurchaseBuying:
			step = f.acquire
		case clienteling.PurchaseConfiguring:
			step = f.configure
		}
		before := o
		if o, err = step(ctx, o); err != nil {
			o = before
		}
	}
	var away *twilio.Error
	switch {
	case errors.Is(err, table.ErrNotReady):
		return nil // it has ended, or somebody else works on it
	case errors.As(err, &away):
		return f.postpone(ctx, o, away)
	}
	return err
}

// claim claims a number for an order, before Twilio is asked to sell it.
func (f function) claim(ctx context.Context, o order) (order, error) {
	r, err := f.table.Registration(ctx, o.Retailer, o.Country)
	if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
		return o, err
	}
	if r.State != clienteling.RegistrationApproved {
		return f.fail(ctx, o, clienteling.ReasonNotApproved)
	}
	retailer, err := f.table.Retailer(ctx, o.Retailer)
	if err != nil {
		return o, err
	}
	candidates := []string{o.Wanted.Number}
	if !o.exact() {
		candidates, err = f.search(ctx, o)
		var refused *twilio.Error
		if errors.As(err, &refused) && refused.Outcome == twilio.Refused {
			f.log.WarnContext(ctx, "Twilio refuses to search", "purchase", o.ID, "error", err)
			return f.fail(ctx, o, clienteling.ReasonNoneForSale)
		}
		if err != nil {
			return o, err
		}
		if len(candidates) == 0 && len(o.gone) == 0 {
			return f.fail(ctx, o, clienteling.ReasonNoneForSale)
		}
	}
	if len(o.gone) < mostCandidates {
		for _, e164 := range candidates {
			p, err := f.table.ClaimCandidate(ctx, o.Purchase, e164, retailer.OptInMode, f.now())
			if errors.Is(err, table.ErrForeignClaim) {
				continue
			}
			o.Purchase = p
			return o, err
		}
	}
	if o.exact() {
		return f.fail(ctx, o, clienteling.ReasonNumberTaken)
	}
	if o.Tries >= mostRushes {
		return f.fail(ctx, o, clienteling.ReasonNoneForSale)
	}
	return o, &twilio.Error{Outcome: twilio.Later} // everybody buys at once: when they are through, there are others
}

// search returns what Twilio sells now that fits an order and was not tried before.
func (f function) search(ctx context.Context, o order) ([]string, error) {
	c, _ := country.Of(o.Country)
	sold, err := f.twilio.NumbersForSale(ctx, twilio.Search{
		AccountSID: o.AccountSID, Country: o.Country, Type: c.NumberType,
		Contains: o.Wanted.Contains, AreaCode: o.Wanted.AreaCode, Limit: searched,
	})
	if err != nil {
		return nil, err
	}
	var candidates []string
	for _, s := range sold {
		if !slices.Contains(o.gone, s.E164) && !slices.Contains(o.Unfit, s.E164) {
			candidates = append(candidates, s.E164)
		}
	}
	return candidates, nil
}

// acquire makes the claimed number ours. A number that is ours at Twilio under the
// order's name was bought before a crash. Buying is repeated with the very same
// number only: Twilio answers it with the number we own then, and no second one.
func (f function) acquire(ctx context.Context, o order) (order, error) {
	owned, found, err := f.twilio.OwnedNumber(ctx, o.AccountSID, o.Number)
	if err != nil {
		return o, err
	}
	if found && owned.FriendlyName != f.stage.NumberName(o.ID) {
		f.log.WarnContext(ctx, "the number is ours at Twilio, but not this order's", "purchase", o.ID, "number", o.Number)
		return f.another(ctx, o)
	}
	if !found {
		r, err := f.table.Registration(ctx, o.Retailer, o.Country)
		if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
			return o, err
		}
		if r.State != clienteling.RegistrationApproved { // it ended since the claim
			return f.fail(ctx, o, clienteling.ReasonNotApproved)
		}
		owned, err = f.twilio.BuyNumber(ctx, o.AccountSID, o.Number, r.BundleSID, r.AddressSID, f.settings(o.Purchase))
		var refused *twilio.Error
		if errors.As(err, &refused) && refused.Outcome == twilio.Refused {
			f.log.WarnContext(ctx, "Twilio does not sell the number", "purchase", o.ID, "number", o.Number, "error", err)
			return f.refused(ctx, o, refused)
		}
		if err != nil {
			return o, err
		}
		f.log.InfoContext(ctx, "number bought", "purchase", o.ID, "number", o.Number, "sid", owned.SID, "retailer", o.Retailer)
	}
	o.owned = &owned
	o.Purchase, err = f.table.NumberBought(ctx, o.Purchase, owned.SID, f.now())
	return o, err
}

// refused decides what becomes of an order when Twilio surely does not sell its number.
func (f function) refused(ctx context.Context, o order, e *twilio.Error) (order, error) {
	switch {
	case e.Code == twilio.CodeUnavailable || e.Code == twilio.CodeNotANumber:
		return f.another(ctx, o)
	case e.NeedsPapers():
		return f.fail(ctx, o, clienteling.ReasonPapers)
	default:
		return f.fail(ctx, o, clienteling.ReasonAccount)
	}
}

// another lets an order look for another number, if any will do.
func (f function) another(ctx context.Context, o order) (order, error) {
	if o.exact() {
		return f.fail(ctx, o, clienteling.ReasonNumberTaken)
	}
	o.gone = append(o.gone, o.Number)
	var err error
	o.Purchase, err = f.table.DropCandidate(ctx, o.Purchase, f.now())
	return o, err
}

// configure makes the number work and completes the order.
func (f function) configure(ctx context.Context, o order) (order, error) {
	want := f.settings(o.Purchase)
	if o.owned == nil || !set(*o.owned, want) {
		owned, err := f.twilio.SetNumber(ctx, o.AccountSID, o.SID, want)
		var refused *twilio.Error
		if errors.As(err, &refused) && refused.Code == twilio.CodeNotFound {
			f.log.WarnContext(ctx, "the number is gone from our account", "purchase", o.ID, "number", o.Number, "sid", o.SID)
			return f.replace(ctx, o)
		}
		if err != nil {
			return o, err
		}
		o.owned = &owned
	}
	if !o.owned.SMS || !o.owned.Voice {
		f.log.WarnContext(ctx, "the number cannot text and ring", "purchase", o.ID, "number", o.Number, "sms", o.owned.SMS, "voice", o.owned.Voice)
		// A number that the operator brought is the operator's to give back.
		if !o.assisted() {
			if err := f.twilio.ReleaseNumber(ctx, o.AccountSID, o.SID); err != nil {
				return o, err
			}
		}
		return f.replace(ctx, o)
	}
	err := f.join(ctx, o)
	if err != nil {
		return o, err
	}
	if o.Purchase, err = f.table.CompletePurchase(ctx, o.Purchase, f.now()); err == nil {
		f.log.InfoContext(ctx, "order completed", "purchase", o.ID, "number", o.Number, "store", o.Store, "retailer", o.Retailer)
	}
	return o, err
}

// join puts a number of the US or Canada into the retailer's messaging service: carriers
// take its texts only as part of a registered campaign. Texts to it still come to the
// number's own webhook.
// https://www.twilio.com/docs/messaging/compliance/a2p-10dlc/onboarding-isv-api
func (f function) join(ctx context.Context, o order) error {
	if c, _ := country.Of(o.Country); c.Bundle {
		return nil
	}
	r, err := f.table.Registration(ctx, o.Retailer, o.Country)
	if errors.Is(err, clienteling.ErrNotFound) || err == nil && r.ServiceSID == "" {
		return nil
	}
	if err != nil {
		return err
	}
	return f.twilio.AddToService(ctx, o.AccountSID, r.ServiceSID, o.SID)
}

// set reports whether a number is as it should be.
func set(n twilio.Owned, want twilio.NumberSettings) bool {
	return !n.Elsewhere && n.FriendlyName == want.FriendlyName && n.SmsURL == want.SmsURL && n.VoiceURL == want.VoiceURL
}

// replace looks for another number for an order whose number was no good and is not
// ours any more. Money was spent on it, so the order does not fail: when it takes one
// number only, or several were no good, the operator helps.
func (f function) replace(ctx context.Context, o order) (order, error) {
	o.Unfit, o.owned = append(slices.Clone(o.Unfit), o.Number), nil
	var err error
	if o.assisted() {
		if err = f.table.NeedAssistance(ctx, o.Purchase, clienteling.ReasonCannotText, f.now()); err == nil {
			o.State = clienteling.PurchaseAssistance
		}
		return o, err
	}
	o.Purchase, err = f.table.DropCandidate(ctx, o.Purchase, f.now())
	return o, err
}

// fail ends an order for which nothing was bought.
func (f function) fail(ctx context.Context, o order, reason clienteling.Reason) (order, error) {
	f.log.WarnContext(ctx, "order failed", "purchase", o.ID, "number", o.Number, "reason", reason, "retailer", o.Retailer)
	err := f.table.FailPurchase(ctx, o.Purchase, reason, true, f.now())
	if err == nil {
		o.State = clienteling.PurchaseFailed
	}
	return o, err
}

// postpone leaves an order until Twilio can be asked again. Without a number of its
// own it fails in the end; with one it never does.
func (f function) postpone(ctx context.Context, o order, away *twilio.Error) error {
	if o.Tries >= mostTries && o.State != clienteling.PurchaseConfiguring {
		f.log.ErrorContext(ctx, "order given up", "purchase", o.ID, "number", o.Number, "error", away)
		return ignoreNotReady(f.table.FailPurchase(ctx, o.Purchase, clienteling.ReasonTwilioAway, false, f.now()))
	}
	due := f.now().Add(pause(o.Tries))
	f.log.WarnContext(ctx, fmt.Sprintf("order postponed while %s", o.State), "purchase", o.ID, "due", due, "error", away)
	return ignoreNotReady(f.table.PostponePurchase(ctx, o.Purchase, due, f.now()))
}

func ignoreNotReady(err error) error {
	if errors.Is(err, table.ErrNotReady) {
		return nil
	}
	return err
}

// pause is how long an order rests when Twilio is away: twice as long each time, up
// to an hour.
func pause(tries int) time.Duration {
	const first, most = 30 * time.Second, time.Hour
	return min(first<<min(tries, 10), most)
}
