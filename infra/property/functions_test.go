package property

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/phone"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
	"clienteling/shared/webhook"
)

// Functions are programs, and nobody can import them: this file says again what they
// do. TestFunctionsAreSaidAgainFaithfully compares it with them, body by body; the
// reasons are told there and not here.

// storage is *table.Table, or one with a fault put in to see whether the model bites.
type storage interface {
	Customer(retailer, phone string) string
	Sealed(s string) string
	Number(ctx context.Context, e164 string) (clienteling.Number, error)
	ReceiveText(ctx context.Context, n clienteling.Number, in table.InboundText, c consent.Change, found table.Found) error
	KeepUnrouted(ctx context.Context, in table.InboundText) error
	AwaitSends(ctx context.Context, retailer, customer string) error
	Conversation(ctx context.Context, retailer, store, id string) (clienteling.Conversation, error)
	Sender(ctx context.Context, retailer, store, customer string, once table.Idempotency) (table.Sender, error)
	Wording(ctx context.Context, retailer, language string) (clienteling.Wording, error)
	QuickReply(ctx context.Context, retailer, id string) (clienteling.QuickReply, error)
	AcceptText(ctx context.Context, s table.Sender, in table.NewText) (clienteling.Message, error)
	OptOutTold(ctx context.Context, s table.Sender, by clienteling.Associate, at time.Time) (bool, error)
	Message(ctx context.Context, retailer, store, conversation, id string) (clienteling.Message, error)
	Outbound(ctx context.Context, k table.OutboundKey) (table.Outbound, error)
	ClaimText(ctx context.Context, o table.Outbound, now time.Time) (table.Outbound, error)
	TextTaken(ctx context.Context, o table.Outbound, sid string, at time.Time) error
	TextLater(ctx context.Context, o table.Outbound, due time.Time) error
	TextFailed(ctx context.Context, o table.Outbound, reason string) error
	TextTooLate(ctx context.Context, o table.Outbound) error
	AdvanceText(ctx context.Context, o table.Outbound, status, code string, at time.Time) (bool, error)
	TextIsFinal(ctx context.Context, o table.Outbound) error
	TextDueAgain(ctx context.Context, o table.Outbound, due time.Time) error
	OptOutAtTwilio(ctx context.Context, o table.Outbound, at time.Time) (bool, error)
	DueTexts(ctx context.Context, before time.Time, limit int) ([]table.OutboundKey, error)
	DueConsentChanges(ctx context.Context, before time.Time, limit int) ([]table.ConsentChange, error)
	ShowConsentChange(ctx context.Context, c table.ConsentChange) error
	RequestErasure(ctx context.Context, retailer, customer, phone, by string, at time.Time) (table.Erasure, error)
	DueErasures(ctx context.Context, before time.Time, limit int) ([]table.Erasure, error)
	ErasureDueAgain(ctx context.Context, e table.Erasure, due time.Time, tries int) error
	WithdrawTexts(ctx context.Context, e table.Erasure) (bool, error)
	ErasureLines(ctx context.Context, e table.Erasure) ([]table.Line, error)
	EraseRecords(ctx context.Context, e table.Erasure, most int) (left bool, err error)
	ErasureDone(ctx context.Context, e table.Erasure, at time.Time) error
}

// twilioAPI is *twilio.Client, or a faulty one.
type twilioAPI interface {
	SendText(ctx context.Context, t twilio.Text) (twilio.Sent, error)
	Text(ctx context.Context, accountSID, sid string) (twilio.Sent, error)
	TextsTo(ctx context.Context, accountSID, from, to string) ([]twilio.Sent, error)
	EraseBetween(ctx context.Context, accountSID, ours, theirs string, before time.Time, most int) (left bool, err error)
}

// jobQueue takes the job of sending a text.
type jobQueue interface {
	Send(ctx context.Context, job queue.SendText, at time.Time) error
}

// ---- functions/conversations, without its HTTP

type apiFunction struct {
	log      *slog.Logger
	now      func() time.Time
	table    storage
	texts    jobQueue
	retailer string
}

// apiRequest is what an associate asks of the API.
type apiRequest struct {
	what                   string // start, ask, send, optOut
	by                     clienteling.Associate
	store, phone, customer string
	body                   string // text or introduction
	quickReply             string
	key                    string // the Idempotency-Key
}

func (f apiFunction) start(ctx context.Context, r apiRequest) error {
	to, err := f.reachable(r.phone)
	if err != nil {
		return err
	}
	customer := f.table.Customer(f.retailer, to.E164)
	s, once, err := f.sender(ctx, r, customer)
	if err != nil {
		return err
	}
	if !slices.Contains(s.Countries, to.Country) {
		return errors.New("country_not_requested")
	}
	if s.Conversation == nil || s.Repeat != nil {
		if _, err := f.request(ctx, r, s, once, to.E164, "Kim"); err != nil {
			return err
		}
	}
	_, err = f.table.Conversation(ctx, f.retailer, r.store, customer)
	return err
}

func (f apiFunction) reachable(written string) (phone.Number, error) {
	return phone.Mobile(written, "")
}

func (f apiFunction) ask(ctx context.Context, r apiRequest) (clienteling.Message, error) {
	s, once, err := f.sender(ctx, r, r.customer)
	if err != nil {
		return clienteling.Message{}, err
	}
	if s.Conversation == nil {
		return clienteling.Message{}, clienteling.ErrNotFound
	}
	return f.request(ctx, r, s, once, s.Conversation.Phone, s.Conversation.Name)
}

func (f apiFunction) send(ctx context.Context, r apiRequest) (clienteling.Message, error) {
	s, once, err := f.sender(ctx, r, r.customer)
	if err != nil {
		return clienteling.Message{}, err
	}
	if s.Conversation == nil {
		return clienteling.Message{}, clienteling.ErrNotFound
	}
	in := table.NewText{Body: r.body, Idempotency: once}
	if s.Repeat == nil {
		if err := consent.MayWrite(s.Consent); err != nil {
			return clienteling.Message{}, err
		}
		if in.GoBy, err = clienteling.MayDisturb(f.now(), s.Store.TimeZone, s.Conversation.HeardAt); err != nil {
			return clienteling.Message{}, err
		}
		if r.quickReply != "" {
			if in.Body, err = f.quickReply(ctx, r, s, r.quickReply); err != nil {
				return clienteling.Message{}, err
			}
		}
	}
	return f.accept(ctx, r, s, in, s.Conversation.ID)
}

func (f apiFunction) quickReply(ctx context.Context, r apiRequest, s table.Sender, id string) (string, error) {
	reply, err := f.table.QuickReply(ctx, f.retailer, id)
	if err != nil {
		return "", err
	}
	return clienteling.Fill(reply.Message, fillings(r, s, s.Conversation.Name))
}

func fillings(r apiRequest, s table.Sender, customer string) clienteling.Fillings {
	return clienteling.Fillings{Customer: customer, Associate: r.by.Name, Store: s.Store.Name, Phone: s.Store.Phone}
}

func (f apiFunction) request(ctx context.Context, r apiRequest, s table.Sender, once table.Idempotency, phone, name string) (clienteling.Message, error) {
	in := table.NewText{Request: true, Phone: phone, Name: name, Idempotency: once}
	if s.Repeat == nil {
		var requests clienteling.OptInRequests
		var heard time.Time
		if s.Conversation != nil {
			requests, heard = s.Conversation.Requests, s.Conversation.HeardAt
		}
		err := consent.MayAsk(s.Consent, requests, f.now())
		if err != nil {
			return clienteling.Message{}, err
		}
		if in.GoBy, err = clienteling.MayDisturb(f.now(), s.Store.TimeZone, heard); err != nil {
			return clienteling.Message{}, err
		}
		wording, err := f.table.Wording(ctx, f.retailer, s.Store.Language)
		if err != nil {
			return clienteling.Message{}, err
		}
		message, err := clienteling.Fill(wording.Text, fillings(r, s, name))
		if err != nil {
			return clienteling.Message{}, err
		}
		in.Body, in.Wording = consent.Request(r.body, message), wording.Hash
	}
	return f.accept(ctx, r, s, in, f.table.Customer(f.retailer, phone))
}

func (f apiFunction) accept(ctx context.Context, r apiRequest, s table.Sender, in table.NewText, customer string) (clienteling.Message, error) {
	if s.Repeat != nil {
		if s.Repeat.Fingerprint != in.Idempotency.Fingerprint {
			return clienteling.Message{}, errors.New("apigw.ErrKeyReused")
		}
		return f.table.Message(ctx, f.retailer, s.Store.ID, customer, s.Repeat.Made)
	}
	in.By = r.by
	in.At = f.now()
	m, err := f.table.AcceptText(ctx, s, in)
	if err != nil {
		return clienteling.Message{}, err
	}
	job := queue.SendText{Retailer: f.retailer, Store: s.Store.ID, Customer: customer, Message: m.ID}
	if err := f.texts.Send(ctx, job, in.At); err != nil {
		f.log.ErrorContext(ctx, "text accepted, but the queue did not take it: it goes out with the next reconcile", "message", m.ID, "error", err)
	}
	return m, nil
}

func (f apiFunction) optOut(ctx context.Context, r apiRequest) error {
	s, _, err := f.sender(ctx, r, r.customer)
	if err != nil {
		return err
	}
	if s.Conversation == nil {
		return clienteling.ErrNotFound
	}
	if _, err := f.table.OptOutTold(ctx, s, r.by, f.now()); err != nil {
		return err
	}
	if err := f.table.AwaitSends(ctx, f.retailer, s.Conversation.ID); err != nil {
		return err
	}
	return f.conversation(ctx, r)
}

func (f apiFunction) conversation(ctx context.Context, r apiRequest) error {
	_, err := f.table.Conversation(ctx, f.retailer, r.store, r.customer)
	return err
}

func (f apiFunction) sender(ctx context.Context, r apiRequest, customer string) (table.Sender, table.Idempotency, error) {
	// As apigw makes them of the caller, the route and the body.
	key, fingerprint := "", ""
	if r.key != "" {
		key, fingerprint = r.by.ID+"-"+r.key, r.what+r.phone+r.body+r.quickReply
	}
	once := table.Idempotency{Key: key, Fingerprint: f.table.Sealed(fingerprint)}
	s, err := f.table.Sender(ctx, f.retailer, r.store, customer, once)
	if err != nil {
		return s, once, err
	}
	if s.Store.State != clienteling.StoreEnabled {
		return s, once, errors.New("store_not_enabled")
	}
	if s.Erasing {
		return s, once, errors.New("being_erased")
	}
	return s, once, nil
}

// ---- functions/customers, without its HTTP

type customersFunction struct {
	log      *slog.Logger
	now      func() time.Time
	table    storage
	retailer string
}

// erase is asked for by the customer's number, or by their id alone.
func (f customersFunction) erase(ctx context.Context, customer, phone, by string) error {
	e, err := f.table.RequestErasure(ctx, f.retailer, customer, phone, by, f.now())
	if err != nil {
		return err
	}
	f.log.InfoContext(ctx, "a customer is to be erased", "customer", e.Customer, "by", e.By, "requestedAt", e.RequestedAt)
	return nil
}

// ---- functions/message-send

type sendFunction struct {
	log           *slog.Logger
	now           func() time.Time
	publicBaseURL string
	twilio        twilioAPI
	table         storage
}

func (f sendFunction) send(ctx context.Context, job queue.SendText) error {
	o, err := f.table.Outbound(ctx, table.OutboundKey(job))
	if errors.Is(err, clienteling.ErrNotFound) {
		f.log.WarnContext(ctx, "job of a text that is not there", "message", job.Message)
		return nil
	}
	if err != nil {
		return err
	}
	if !o.Ready() {
		return nil
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

func (f sendFunction) call(ctx context.Context, o table.Outbound) (twilio.Sent, error) {
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

const leastForCall = time.Second

func (f sendFunction) refused(ctx context.Context, o table.Outbound, code int) error {
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

func (f sendFunction) record(ctx context.Context, what string, err error) error {
	if errors.Is(err, table.ErrNotReady) || errors.Is(err, table.ErrForeignSID) {
		f.log.WarnContext(ctx, "recorded by somebody else", "what", what, "error", err)
		return nil
	}
	return err
}

func pause(tries int) time.Duration {
	const first, most = 5 * time.Second, 15 * time.Minute
	return min(first<<min(tries, 10), most)
}

// ---- functions/message-status

type statusFunction struct {
	log   *slog.Logger
	now   func() time.Time
	table storage
}

const looks = 5

func (f statusFunction) status(ctx context.Context, p webhook.Params) (webhook.TwiML, error) {
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
			continue
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

func (f statusFunction) advance(ctx context.Context, k table.OutboundKey, s webhook.Status) (bool, error) {
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

// ---- functions/reconcile

type reconcileFunction struct {
	log    *slog.Logger
	now    func() time.Time
	table  storage
	twilio twilioAPI
	texts  jobQueue
}

const perShard = 25

const margin = 5 * time.Second

func (f reconcileFunction) run(ctx context.Context) error {
	return errors.Join(f.consent(ctx), f.dueTexts(ctx), f.erasures(ctx))
}

func (f reconcileFunction) consent(ctx context.Context) error {
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

func (f reconcileFunction) dueTexts(ctx context.Context) error {
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

func late(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < margin
}

const (
	again      = time.Minute
	givenUp    = 4 * time.Hour
	clockSkew  = 5 * time.Second
	fetchAgain = 10 * time.Minute
)

func (f reconcileFunction) text(ctx context.Context, k table.OutboundKey) error {
	o, err := f.table.Outbound(ctx, k)
	switch {
	case errors.Is(err, clienteling.ErrNotFound):
		return nil
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

func (f reconcileFunction) leave(ctx context.Context, o table.Outbound) error {
	now := f.now()
	if now.Sub(o.Text.At) > givenUp {
		return f.table.TextFailed(ctx, o, clienteling.ReasonNotSent)
	}
	if err := f.table.TextDueAgain(ctx, o, now.Add(again)); err != nil {
		return err
	}
	return f.texts.Send(ctx, queue.SendText(o.Key), now)
}

func (f reconcileFunction) settle(ctx context.Context, o table.Outbound) error {
	found, err := f.twilio.TextsTo(ctx, o.Text.AccountSID, o.From, o.To)
	if err != nil {
		return err
	}
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

func (f reconcileFunction) fetch(ctx context.Context, o table.Outbound) error {
	t, err := f.twilio.Text(ctx, o.Text.AccountSID, o.Text.SID)
	var gone *twilio.Error
	if errors.As(err, &gone) && gone.Code == twilio.CodeNotFound {
		return f.table.TextIsFinal(ctx, o)
	}
	if err != nil {
		return err
	}
	changed, err := f.table.AdvanceText(ctx, o, t.Status, t.Code, f.now())
	switch {
	case err != nil || changed:
		return err
	case o.Text.Status == clienteling.StatusSent:
		return f.table.TextIsFinal(ctx, o)
	default:
		return f.table.TextDueAgain(ctx, o, f.now().Add(fetchAgain))
	}
}

const (
	erasedAtOnce, erasureRounds = 50, 4
	erasedHere                  = 2000
	erasureRests                = time.Hour
)

func (f reconcileFunction) erasures(ctx context.Context) error {
	due, err := f.table.DueErasures(ctx, f.now(), perShard)
	failures := []error{err}
	for _, e := range due {
		if late(ctx) {
			break
		}
		left, err := f.erase(ctx, e)
		tries := 0
		if err != nil {
			tries = e.Tries + 1
			f.log.ErrorContext(ctx, "a customer could not be erased yet", "retailer", e.Retailer, "customer", e.Customer, "phone", clienteling.Mask(e.Phone),
				"requestedAt", e.RequestedAt, "tries", tries, "error", err)
			failures = append(failures, err)
		}
		if left || err != nil {
			failures = append(failures, f.table.ErasureDueAgain(ctx, e, f.now().Add(rest(tries)), tries))
			continue
		}
		f.log.InfoContext(ctx, "a customer was erased", "retailer", e.Retailer, "customer", e.Customer, "requestedAt", e.RequestedAt)
	}
	return errors.Join(failures...)
}

func rest(tries int) time.Duration {
	return min(again<<min(tries, 10), erasureRests)
}

func (f reconcileFunction) erase(ctx context.Context, e table.Erasure) (left bool, err error) {
	withdrawn, err := f.table.WithdrawTexts(ctx, e)
	if err != nil || !withdrawn {
		return true, err
	}
	lines, err := f.table.ErasureLines(ctx, e)
	if err != nil {
		return true, err
	}
	there, notThere := f.eraseAtTwilio(ctx, e, lines)
	here, notHere := f.table.EraseRecords(ctx, e, erasedHere)
	if err := errors.Join(notThere, notHere); err != nil || there || here {
		return true, err
	}
	return false, f.table.ErasureDone(ctx, e, f.now())
}

func (f reconcileFunction) eraseAtTwilio(ctx context.Context, e table.Erasure, lines []table.Line) (left bool, err error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
	}
	var failures []error
	for _, l := range lines {
		more, err := f.eraseLine(ctx, e, l)
		if ctx.Err() != nil {
			return true, errors.Join(failures...)
		}
		left = left || more
		failures = append(failures, err)
	}
	return left, errors.Join(failures...)
}

func (f reconcileFunction) eraseLine(ctx context.Context, e table.Erasure, l table.Line) (left bool, err error) {
	sent, err := f.twilio.TextsTo(ctx, l.AccountSID, l.Number, e.Phone)
	if err != nil {
		return true, err
	}
	until := e.RequestedAt
	for _, t := range sent {
		if t.CreatedAt.After(until) {
			until = t.CreatedAt
		}
	}
	left = true
	for round := 0; left && err == nil && round < erasureRounds; round++ {
		left, err = f.twilio.EraseBetween(ctx, l.AccountSID, l.Number, e.Phone, until, erasedAtOnce)
	}
	return left, err
}

// ---- functions/inbound-sms

type smsFunction struct {
	log   *slog.Logger
	now   func() time.Time
	table storage
}

const considerations = 5

func (f smsFunction) sms(ctx context.Context, p webhook.Params) (webhook.TwiML, error) {
	t, err := p.Text()
	if err != nil {
		return "", err
	}
	number, err := f.table.Number(ctx, t.To)
	if err == nil {
		err = webhook.OfAccount(t.AccountSID, number)
	}
	switch {
	case errors.Is(err, clienteling.ErrNotFound) || err == nil && number.Store == "":
		return f.unrouted(ctx, t)
	case err != nil:
		return "", err
	}

	said := consent.Text{Body: t.Body, OptOutType: t.OptOutType, Country: number.Country, Language: number.Language}
	change := consent.Presume(said, number.OptInMode)
	optOut := change.When.Refusal == consent.InForce
	var found table.Found
	for range considerations {
		answer := confirmation(change, number)
		err = f.table.ReceiveText(ctx, number, f.inbound(t, answer), change, found)
		var duplicate *table.DuplicateError
		var other *table.ConsentError
		switch {
		case errors.As(err, &other):
			change, found = consent.Receive(other.State, said, number.OptInMode), other.Found
			continue
		case errors.Is(err, table.ErrAnsweredEnough):
			change.Answer = consent.NoAnswer
			f.log.WarnContext(ctx, "the answer is left out: two machines may be writing to each other", "sid", t.SID, "from", clienteling.Mask(t.From))
			continue
		case errors.As(err, &duplicate):
			answer, found = webhook.TwiML(duplicate.Answer), duplicate.Found
		case err != nil:
			return "", err
		}
		if optOut && found.Sending() {
			if err := f.table.AwaitSends(ctx, number.Retailer, f.table.Customer(number.Retailer, t.From)); err != nil {
				return "", err
			}
		}
		f.log.InfoContext(ctx, "text received", "sid", t.SID, "retailer", number.Retailer, "store", number.Store,
			"from", clienteling.Mask(t.From), "media", len(t.Media), "repeated", duplicate != nil, "consent", string(change.Effect))
		return answer, nil
	}
	return "", err
}

func (f smsFunction) unrouted(ctx context.Context, t webhook.Text) (webhook.TwiML, error) {
	err := f.table.KeepUnrouted(ctx, f.inbound(t, webhook.Nothing))
	var duplicate *table.DuplicateError
	if err != nil && !errors.As(err, &duplicate) {
		return "", err
	}
	f.log.WarnContext(ctx, "text to a number without a store", "sid", t.SID, "to", t.To, "from", clienteling.Mask(t.From))
	return webhook.Nothing, nil
}

func (f smsFunction) inbound(t webhook.Text, answer webhook.TwiML) table.InboundText {
	return table.InboundText{
		SID: t.SID, AccountSID: t.AccountSID, From: t.From, To: t.To,
		Body: t.Body, Media: t.Media, At: f.now(), Answer: string(answer),
	}
}

func confirmation(c consent.Change, n clienteling.Number) webhook.TwiML {
	if c.Answer == consent.NoAnswer {
		return webhook.Nothing
	}
	return webhook.Message(consent.Confirmation(c.Answer, n.Language, n.StoreName))
}
