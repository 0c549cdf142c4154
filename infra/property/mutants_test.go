package property

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
	"clienteling/shared/webhook"
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
		"a worker that does not claim":                {breaks: ruleOnce, from: 4, storage: func(t *table.Table) storage { return unclaimed{t} }},
		"an opt-out that does not wait":               {breaks: ruleStop, from: 43, storage: func(t *table.Table) storage { return hasty{t} }},
		"a worker that tries again when nobody knows": {breaks: ruleOnce, from: 67, twilio: func(t twilioAPI) twilioAPI { return stubborn{t} }},
		"a worker that claims without asking for consent": {breaks: ruleStop, from: 5, rewrite: both(
			in(worker, notRefused, "attribute_exists(pk) OR "+notRefused), in(worker, accepts, "attribute_exists(pk) OR "+accepts))},
		"an associate's text without consent": {breaks: ruleAccept, from: 5,
			storage: func(t *table.Table) storage { return trusting{t} }, rewrite: in(api, accepts, "attribute_exists(pk) OR "+accepts)},
		"a request in spite of an opt-out": {breaks: ruleRequest, from: 8,
			storage: func(t *table.Table) storage { return deaf{t} }, rewrite: in(api, notRefused, "attribute_exists(pk) OR "+notRefused)},
		"a key that is forgotten": {breaks: ruleKey, from: 6,
			storage: func(t *table.Table) storage { return forgetful{t} }, rewrite: in(api, "expiresAt < :now", "attribute_exists(pk) OR expiresAt < :now")},
		"a request that takes back the answer to an earlier one": {breaks: ruleKeeps, from: 11, rewrite: func(_ *actor, body string) string {
			return strings.ReplaceAll(body, "NOT optIn IN (:accepted, :rejected)", "optIn IN (:accepted, :rejected, :waiting)")
		}},
		"a text stored again when it comes again": {breaks: ruleInbound, rewrite: func(a *actor, body string) string {
			if a.kind != inbound {
				return body
			}
			return strings.ReplaceAll(body, "SID#SM", "SID#"+a.name)
		}},
		"a ledger that forgets who said no": {breaks: ruleLedger, from: 4, rewrite: in(inbound, `"effect":{"S":"rejected"}`, `"effect":{"S":"noted"}`)},
		"a callback that believes whatever comes last": {breaks: ruleForward, from: 18,
			storage: func(t *table.Table) storage { return gullible{t} },
			rewrite: in(callback, "#status = :was", "#status = :was OR attribute_exists(pk)")},
		"a store that does not look at the clock":  {breaks: ruleQuiet, storage: func(t *table.Table) storage { return wakeful{t} }},
		"a clock that is New York's everywhere":    {breaks: ruleQuiet, from: 27, storage: func(t *table.Table) storage { return provincial{t} }},
		"a worker that does not look at the clock": {breaks: ruleQuiet, from: 14, storage: func(t *table.Table) storage { return unhurried{t} }},
		"words of Poland everywhere":               {breaks: ruleKeeps, storage: numbers(func(n *clienteling.Number) { n.Country = "PL" })},
		"words of nobody but the English":          {breaks: ruleKeeps, storage: numbers(func(n *clienteling.Number) { n.Country, n.Language = "", "en" })},
		"a store that takes nothing but a yes":     {breaks: ruleWords, from: 10, storage: numbers(func(n *clienteling.Number) { n.OptInMode = clienteling.Explicit })},
		"a confirmation of every opt-out":          {breaks: ruleAnswer, from: 4, storage: func(t *table.Table) storage { return chatty{t, "opt out"} }},
		"an answer to what Twilio answers":         {breaks: ruleAnswer, storage: func(t *table.Table) storage { return chatty{t, "STOP"} }},
		"machines that answer one another":         {breaks: ruleAnswer, from: 7, rewrite: in(inbound, belowMost, "attribute_exists(pk) OR "+belowMost)},
		"an associate who asks everybody":          {breaks: ruleQuota, from: 26, rewrite: in(api, belowMost, "attribute_exists(pk) OR "+belowMost)},
		"an associate who forgets what they were told": {breaks: ruleKeeps, from: 2,
			storage: func(t *table.Table) storage { return absentMinded{t} }},
		"a START that revives what another store was told": {breaks: ruleAccept, from: 5,
			storage: func(t *table.Table) storage { return reviving{t} }, rewrite: in(api, accepts, "optIn = :accepted AND (attribute_exists(pk) OR optInEpoch = :epoch)")},
		"an inbox that is not told of an epoch":  {breaks: ruleShown, from: 3, rewrite: in(reconcile, `"customerEpoch"`, `"customersEpoch"`)},
		"a quick reply that is not filled":       {breaks: ruleFilled, from: 5, storage: func(t *table.Table) storage { return raw{t} }},
		"a text to somebody who is being erased": {breaks: ruleErased, from: 13, storage: func(t *table.Table) storage { return heedless{t} }},
		"an erasure that forgets the refusal": {breaks: ruleKeeps, from: 3, rewrite: both(
			in(reconcile, "REMOVE #store, #sid", "REMOVE #state, #store, #sid"), in(reconcile, `"#store":"store"`, `"#store":"store","#state":"state"`))},
		"an erasure that forgets a thread":     {breaks: ruleErased, rewrite: in(reconcile, `":partition":{"S":"THREAD#`, `":partition":{"S":"NOTHREAD#`)},
		"an erasure that forgets the evidence": {breaks: ruleErased, from: 3, rewrite: in(reconcile, `":prefix":{"S":"CONSENT#`, `":prefix":{"S":"NOCONSENT#`)},
		"an erasure that keeps the number":     {breaks: ruleErased, rewrite: in(reconcile, `"state":{"S":"done"}`, `"state":{"S":"done"},"phone":{"S":"`+customers[0]+`"}`)},
		"an erasure that leaves Twilio alone":  {breaks: ruleErased, twilio: func(t twilioAPI) twilioAPI { return lenient{t} }},

		"an unknown outcome that nobody settles": {breaks: ruleEnds, from: 2, storage: func(t *table.Table) storage { return careless{t} }},
	}
}

// Conditions as the table writes them.
const (
	notRefused = "#state <> :open AND epoch = :was"
	accepts    = "optIn = :accepted AND optInEpoch = :epoch"
	belowMost  = "#count < :most"
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

// wakeful takes it for noon wherever a store is.
type wakeful struct{ *table.Table }

func (w wakeful) Sender(ctx context.Context, retailer, store, customer string, once table.Idempotency) (table.Sender, error) {
	s, err := w.Table.Sender(ctx, retailer, store, customer, once)
	a, _ := ctx.Value(actorOf{}).(*actor)
	s.Store.TimeZone = fmt.Sprintf("Etc/GMT%+d", a.at0.UTC().Hour()-12)
	return s, err
}

type provincial struct{ *table.Table }

func (p provincial) Sender(ctx context.Context, retailer, store, customer string, once table.Idempotency) (table.Sender, error) {
	s, err := p.Table.Sender(ctx, retailer, store, customer, once)
	s.Store.TimeZone = "America/New_York"
	return s, err
}

type unhurried struct{ *table.Table }

func (u unhurried) Outbound(ctx context.Context, k table.OutboundKey) (table.Outbound, error) {
	o, err := u.Table.Outbound(ctx, k)
	o.Text.GoBy = time.Time{}
	return o, err
}

// numbered reads another number than there is.
type numbered struct {
	*table.Table
	change func(*clienteling.Number)
}

func numbers(change func(*clienteling.Number)) func(*table.Table) storage {
	return func(t *table.Table) storage { return numbered{t, change} }
}

func (d numbered) Number(ctx context.Context, e164 string) (clienteling.Number, error) {
	n, err := d.Table.Number(ctx, e164)
	d.change(&n)
	return n, err
}

// chatty confirms an opt-out whenever somebody writes that word.
type chatty struct {
	*table.Table
	word string
}

func (c chatty) ReceiveText(ctx context.Context, n clienteling.Number, in table.InboundText, change consent.Change, found table.Found) error {
	if in.Body == c.word {
		in.Answer = string(webhook.Message(consent.Confirmation(consent.ConfirmOptOut, n.Language, n.StoreName)))
	}
	return c.Table.ReceiveText(ctx, n, in, change, found)
}

type absentMinded struct{ *table.Table }

func (absentMinded) OptOutTold(context.Context, table.Sender, clienteling.Associate, time.Time) (bool, error) {
	return true, nil
}

type reviving struct{ *table.Table }

func (r reviving) Sender(ctx context.Context, retailer, store, customer string, once table.Idempotency) (table.Sender, error) {
	s, err := r.Table.Sender(ctx, retailer, store, customer, once)
	s.Consent.OptInEpoch = s.Consent.Epoch
	return s, err
}

type raw struct{ *table.Table }

func (r raw) AcceptText(ctx context.Context, s table.Sender, in table.NewText) (clienteling.Message, error) {
	if strings.HasPrefix(in.Body, "Hello Kim,") {
		in.Body = "Hello {{customer.name}},"
	}
	return r.Table.AcceptText(ctx, s, in)
}

type heedless struct{ *table.Table }

func (h heedless) Sender(ctx context.Context, retailer, store, customer string, once table.Idempotency) (table.Sender, error) {
	s, err := h.Table.Sender(ctx, retailer, store, customer, once)
	s.Erasing = false
	return s, err
}

type lenient struct{ twilioAPI }

func (lenient) EraseBetween(context.Context, string, string, string, time.Time, int) (bool, error) {
	return false, nil
}
