package property

import (
	"context"
	"errors"
	"strings"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

// faulty is a product with something left out. The zero value is the product.
type faulty struct {
	breaks rule
	// from is the story from which on one is sought that shows it: it saves time.
	from    uint64
	storage func(*table.Table) storage
	twilio  func(twilioAPI) twilioAPI
	rewrite func(a *actor, body string) string
}

// mutants are products that must not pass, by what they do.
func mutants() map[string]faulty {
	return map[string]faulty{
		"a worker that does not claim":                {breaks: ruleOnce, from: 27, storage: func(t *table.Table) storage { return unclaimed{t} }},
		"an opt-out that does not wait":               {breaks: ruleStop, from: 3, storage: func(t *table.Table) storage { return hasty{t} }},
		"a worker that tries again when nobody knows": {breaks: ruleOnce, from: 8, twilio: func(t twilioAPI) twilioAPI { return stubborn{t} }},
		"a worker that claims without asking for consent": {breaks: ruleStop, rewrite: both(
			in(worker, notRefused, "attribute_exists(pk) OR "+notRefused), in(worker, accepts, "attribute_exists(pk) OR "+accepts))},
		"an associate's text without consent": {breaks: ruleAccept,
			storage: func(t *table.Table) storage { return trusting{t} }, rewrite: in(api, accepts, "attribute_exists(pk) OR "+accepts)},
		"a request in spite of an opt-out": {breaks: ruleRequest,
			storage: func(t *table.Table) storage { return deaf{t} }, rewrite: in(api, notRefused, "attribute_exists(pk) OR "+notRefused)},
		"a key that is forgotten": {breaks: ruleKey, from: 34,
			storage: func(t *table.Table) storage { return forgetful{t} }, rewrite: in(api, "expiresAt < :now", "attribute_exists(pk) OR expiresAt < :now")},
		"a request that takes back the answer to an earlier one": {breaks: ruleKeeps, rewrite: func(_ *actor, body string) string {
			return strings.ReplaceAll(body, "NOT optIn IN (:accepted, :rejected)", "optIn IN (:accepted, :rejected, :waiting)")
		}},
		"a text stored again when it comes again": {breaks: ruleInbound, rewrite: func(a *actor, body string) string {
			if a.kind != inbound {
				return body
			}
			return strings.ReplaceAll(body, "SID#SM", "SID#"+a.name)
		}},
		"a ledger that forgets who said no": {breaks: ruleLedger, rewrite: in(inbound, `"effect":{"S":"rejected"}`, `"effect":{"S":"noted"}`)},
		"a callback that believes whatever comes last": {breaks: ruleForward, from: 5,
			storage: func(t *table.Table) storage { return gullible{t} },
			rewrite: in(callback, "#status = :was", "#status = :was OR attribute_exists(pk)")},
		"an unknown outcome that nobody settles": {breaks: ruleEnds, from: 9, storage: func(t *table.Table) storage { return careless{t} }},
	}
}

// Conditions as the table writes them.
const (
	notRefused = "#state <> :open AND epoch = :was"
	accepts    = "optIn = :accepted AND optInEpoch = :epoch"
)

func both(first, second func(*actor, string) string) func(*actor, string) string {
	return func(a *actor, body string) string { return second(a, first(a, body)) }
}

// in replaces what actors of a kind write to DynamoDB.
func in(k kind, old, new string) func(*actor, string) string {
	return func(a *actor, body string) string {
		if a.kind != k {
			return body
		}
		return strings.ReplaceAll(body, old, new)
	}
}

type trusting struct{ *table.Table }

func (t trusting) Sender(ctx context.Context, retailer, store, customer string, once table.Idempotency) (table.Sender, error) {
	s, err := t.Table.Sender(ctx, retailer, store, customer, once)
	if s.Conversation != nil {
		s.Consent.OptIn, s.Consent.OptInEpoch = clienteling.OptInAccepted, s.Consent.Epoch
	}
	return s, err
}

type deaf struct{ *table.Table }

func (d deaf) Sender(ctx context.Context, retailer, store, customer string, once table.Idempotency) (table.Sender, error) {
	s, err := d.Table.Sender(ctx, retailer, store, customer, once)
	s.Consent.Refused = false
	return s, err
}

type forgetful struct{ *table.Table }

func (f forgetful) Sender(ctx context.Context, retailer, store, customer string, once table.Idempotency) (table.Sender, error) {
	s, err := f.Table.Sender(ctx, retailer, store, customer, once)
	s.Repeat = nil
	return s, err
}

type unclaimed struct{ *table.Table }

func (unclaimed) ClaimText(_ context.Context, o table.Outbound, now time.Time) (table.Outbound, error) {
	o.ClaimedAt = now
	return o, nil
}

type hasty struct{ *table.Table }

func (hasty) AwaitSends(context.Context, string, string) error { return nil }

type stubborn struct{ twilioAPI }

func (s stubborn) SendText(ctx context.Context, t twilio.Text) (twilio.Sent, error) {
	sent, err := s.twilioAPI.SendText(ctx, t)
	var failed *twilio.Error
	if errors.As(err, &failed) && failed.Outcome == twilio.Unknown {
		return s.twilioAPI.SendText(ctx, t)
	}
	return sent, err
}

type gullible struct{ *table.Table }

func (g gullible) AdvanceText(ctx context.Context, o table.Outbound, status, code string, at time.Time) (bool, error) {
	if a, _ := ctx.Value(actorOf{}).(*actor); a != nil && a.kind == callback {
		o.Text.Status = clienteling.StatusQueued
	}
	return g.Table.AdvanceText(ctx, o, status, code, at)
}

type careless struct{ *table.Table }

func (careless) TextFailed(context.Context, table.Outbound, string) error { return nil }
