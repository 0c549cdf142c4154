package property

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones that the product reads, wherever the test runs

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/webhook"
)

// run is one story.
type run struct {
	t       testing.TB
	rng     *rand.Rand
	table   *scenario.Table
	stage   *stage
	twilio  *provider
	model   *model
	history bytes.Buffer
	begun   time.Time

	store   storage
	calls   twilioAPI
	offline twilioAPI // for a worker that cannot reach Twilio
	log     *slog.Logger

	// here and elsewhere are the two stores: the first has most of the story.
	here, elsewhere *place
	// What is under way: texts at Twilio that we have not acknowledged, callbacks,
	// jobs; and what was asked, for it to be asked again.
	unheard   []*said
	heard     []*said
	callbacks []url.Values
	jobs      []*job
	asked     []apiRequest
	actors    int
	changed   bool // the table, since the last look
	// trouble is how often, in percent, a call has another fate than to pass.
	trouble int
}

type job struct {
	queue.SendText
	received int
}

var customers = []string{scenario.American, scenario.Briton}

// The associates of both stores: the first asks most.
var associates = []clienteling.Associate{{ID: "alex", Name: "Alex"}, {ID: "robin", Name: "Robin"}}

// greeting is the quick reply that there is.
const greeting = "01900000-0000-7000-8000-000000000001"

// steps is how long a story is.
const steps = 45

// play plays the story of a seed.
func play(t testing.TB, number uint64, f faulty) *run {
	r := begin(t, number, f)
	if r.chance(80) {
		r.opening()
	}
	for step := 0; step < steps && r.model.breach == nil; step++ {
		r.step()
		r.look()
	}
	if r.model.breach == nil {
		r.drain()
	}
	r.finish(false)
	r.twilio.close()
	return r
}

func begin(t testing.TB, number uint64, f faulty) *run {
	rng := rand.New(rand.NewPCG(number, 0))
	tbl := scenario.NewTable(t)
	r := &run{t: t, rng: rng, table: tbl, here: here(), elsewhere: pick(rng, elsewhere())}
	tbl.Set(r.daybreak())
	r.begun = tbl.Now()
	if err := seed.Fill(t.Context(), tbl.Open(), tbl.Now()); err != nil {
		t.Fatal(err)
	}
	tbl.Patch(t, "RETAILER#"+seed.Retailer.ID, "QUICKREPLY#"+greeting, map[string]any{"title": "Hello", "message": "Hello {{customer.name}}, {{associate.name}} of {{store.name}} here."})
	r.model = &model{
		retailer: seed.Retailer.ID, now: tbl.Now, people: map[string]*person{}, phones: map[string]string{}, places: map[string]*place{},
		said: map[string]*said{}, texts: map[string]*accepted{}, keys: map[string]time.Time{}, inbound: map[string]string{},
		perDay: pick(rng, []int{1, 3, 100, 100}), requests: map[string]int{}, answers: map[string]int{},
		held: map[string]clienteling.OptIn{}, since: map[string]int{},
	}
	for _, p := range []*place{r.here, r.elsewhere} {
		r.model.places[p.shop.Store.ID] = p
		r.moveIn(p)
	}
	r.trouble = []int{0, 3, 10}[r.rng.IntN(3)]
	r.log = slog.New(slog.NewTextHandler(&r.history, &slog.HandlerOptions{Level: slog.LevelInfo, ReplaceAttr: unimportant}))
	r.stage = &stage{wire: tbl.Wire, moved: make(chan move), rewrite: f.rewrite}
	r.stage.wrote = func(a *actor, body []byte) {
		r.changed = true
		if what := r.model.wrote(a, body); what != "" {
			r.note("%s: %s", a.name, what)
		}
	}
	r.twilio = newProvider(r.stage, tbl.Now)
	r.twilio.arrived = func(k table.OutboundKey, to string) { r.model.arrives(k, to, r.stage.moving.began) }
	r.twilio.took = func(m *sentText) {
		r.note("Twilio took text %s as %s: %.30q", m.Key.Message, m.SID, m.Body)
		r.model.takes(m.Key, m.To)
	}
	r.twilio.ends = func() []string { return pick(r.rng, endings) }
	r.model.atTwilio = r.twilio.has

	cfg := tbl.Config
	cfg.HTTPClient = r.stage
	opened := table.Open(cfg, table.Options{
		Name: tbl.Name, PhoneKey: []byte(seed.PhoneKey), TextRetention: scenario.Retention, Now: tbl.Now, NewID: tbl.NewID,
		RequestsPerDay: r.model.perDay, OrdersPerDay: 1,
	})
	r.store, r.calls, r.offline = opened, r.stage.client(t, r.twilio.server.URL), r.stage.client(t, nobody)
	if f.storage != nil {
		r.store = f.storage(opened)
	}
	if f.twilio != nil {
		r.calls = f.twilio(r.calls)
	}
	for _, c := range customers {
		r.model.phones[opened.Customer(seed.Retailer.ID, c)] = c
		r.model.people[c] = &person{phone: c, stores: map[string]*standing{}, heard: map[string][]hearing{}}
	}
	return r
}

// daybreak is when a story begins: around the days on which clocks change, mostly when
// one may write to customers, often shortly before one may not.
func (r *run) daybreak() time.Time {
	day := pick(r.rng, []time.Time{
		time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC),
		time.Date(2027, 3, 13, 0, 0, 0, 0, time.UTC), time.Date(2027, 3, 27, 0, 0, 0, 0, time.UTC),
	})
	before := time.Duration(1+r.rng.IntN(300)) * time.Second
	switch n := r.rng.IntN(10); {
	case n < 5:
		return r.here.zone.next(day, 10*time.Hour)
	case n < 7:
		return r.elsewhere.zone.next(day.Add(12*time.Hour), evening).Add(-before)
	case n < 9:
		return r.here.zone.next(day, evening).Add(-before)
	default:
		return r.here.zone.next(day, morning).Add(-before)
	}
}

// moveIn puts a store where the story has it.
func (r *run) moveIn(p *place) {
	mode := clienteling.AnyReply
	if p.explicit {
		mode = clienteling.Explicit
	}
	r.table.Patch(r.t, "NUMBER#"+p.shop.Number.E164, "NUMBER", map[string]any{"country": p.country, "language": p.language, "optInMode": string(mode)})
	r.table.Patch(r.t, "RETAILER#"+seed.Retailer.ID, "STORE#"+p.shop.Store.ID, map[string]any{"country": p.country, "language": p.language, "timeZone": p.zone.name})
}

// endings are what the carrier does with a text, step by step.
var endings = [][]string{
	{"sent", "delivered"}, {"sending", "sent", "delivered"}, {"sent", "undelivered"}, {"failed"}, {"sent"}, {"sending", "sent", "delivered"},
}

func unimportant(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey, "retailer", "to", "from":
		return slog.Attr{}
	}
	return a
}

func (r *run) numberOf(store string) string { return r.model.places[store].shop.Number.E164 }

func (r *run) stores() []string { return []string{r.here.shop.Store.ID, r.elsewhere.shop.Store.ID} }

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

func (r *run) chance(percent int) bool { return r.rng.IntN(100) < percent }

func (r *run) note(format string, args ...any) {
	fmt.Fprintf(&r.history, "%12s  %s\n", r.table.Now().Sub(r.begun).Round(time.Millisecond), fmt.Sprintf(format, args...))
}

// favourite prefers the first of some, so that stories get somewhere.
func (r *run) favourite(from []string) string {
	if r.chance(70) {
		return from[0]
	}
	return pick(r.rng, from)
}

// opening has a store ask a customer, who answers or does not, so that stories get
// somewhere.
func (r *run) opening() {
	p, c := r.here, customers[0]
	if r.chance(30) {
		p = r.elsewhere
	}
	store := p.shop.Store.ID
	what := "start"
	if !p.zone.awake(r.table.Now()) { // at night it can only answer
		r.toItsEnd(r.hear(r.says(c, store, "Are you there?")), 0)
		what = "ask"
	}
	r.toItsEnd(r.ask(r.request(what, store, c)), 0)
	if a := r.work(); a != nil {
		r.toItsEnd(a, 0)
	}
	yes := []string{"YES"}
	if local := p.saying(agrees); local != "" {
		yes = append(yes, local)
	}
	switch n := r.rng.IntN(10); {
	case n < 5:
		r.toItsEnd(r.hear(r.says(c, store, pick(r.rng, yes))), 0)
		if r.chance(25) {
			r.waver(c, p)
		}
	case n < 6:
		r.toItsEnd(r.hear(r.says(c, store, p.saying(refuses))), 0)
	case n < 8: // the store asks again, and the answer to the first crosses it
		r.pass(25 * time.Hour)
		r.toItsEnd(r.ask(r.request("ask", store, c)), 0)
		r.toItsEnd(r.hear(r.says(c, store, pick(r.rng, append(yes, "NO", "Sure")))), 0)
	}
}

// waver has a customer leave, and come back to the other store alone.
func (r *run) waver(phone string, from *place) {
	other := r.here
	if other == from {
		other = r.elsewhere
	}
	r.toItsEnd(r.hear(r.says(phone, other.shop.Store.ID, pick(r.rng, []string{"STOP", "opt out", other.saying(leaves)}))), 0)
	r.toItsEnd(r.hear(r.says(phone, other.shop.Store.ID, "START")), 0)
	q := r.request("send", from.shop.Store.ID, phone)
	q.body = "Hello!"
	r.toItsEnd(r.ask(q), 0)
}

// step lets something happen.
func (r *run) step() {
	if len(r.stage.live) > 0 && (r.chance(70) || len(r.stage.live) > 3) {
		r.goOn(pick(r.rng, r.stage.live), r.trouble)
		return
	}
	var a *actor
	switch n := r.rng.IntN(100); {
	case n < 25:
		a = r.associate()
	case n < 40:
		r.customerSays()
		return
	case n < 50:
		a = r.deliver()
	case n < 69:
		a = r.work()
	case n < 73:
		r.duel()
		return
	case n < 78:
		r.carry()
		return
	case n < 84:
		a = r.callBack()
	case n < 87:
		a = r.reconcile()
	case n < 89:
		a = r.erase()
	case n < 90:
		r.chatter()
		return
	default:
		r.pass(r.while())
		return
	}
	if a != nil && r.chance(50) {
		r.toItsEnd(a, r.trouble)
	}
}

// while is how long nothing happens: seconds, hours, until shortly before a store's quiet
// hours, or until they are over.
func (r *run) while() time.Duration {
	now, p := r.table.Now(), pick(r.rng, []*place{r.here, r.here, r.elsewhere})
	soon := time.Duration(1+r.rng.IntN(90)) * time.Second
	switch n := r.rng.IntN(10); n {
	case 0:
		return max(p.zone.next(now, evening).Sub(now)-soon, 0)
	case 1:
		return p.zone.next(now, morning).Sub(now) + soon
	default:
		return []time.Duration{
			time.Second, 3 * time.Second, 20 * time.Second, 70 * time.Second, 11 * time.Minute, 40 * time.Minute, 5 * time.Hour, 25 * time.Hour,
		}[n-2]
	}
}

// chatter is a customer's machine that writes again and again what ours answers.
func (r *run) chatter() {
	p, c := pick(r.rng, []*place{r.here, r.elsewhere}), r.favourite(customers)
	words := []string{p.saying(asks)}
	if words[0] == "" {
		words = []string{p.saying(leaves), "START"}
	}
	for i := range 8 {
		r.toItsEnd(r.hear(r.says(c, p.shop.Store.ID, words[i%len(words)])), 0)
	}
	if r.chance(50) {
		r.toItsEnd(r.hear(r.says(c, p.shop.Store.ID, p.saying(leaves))), 0)
	}
}

// duel has a customer refuse while a text to them is being sent.
func (r *run) duel() {
	if len(r.jobs) == 0 {
		return
	}
	j := pick(r.rng, r.jobs)
	p, phone := pick(r.rng, []*place{r.here, r.elsewhere}), r.model.phones[j.Customer]
	both := []*actor{r.workOn(j)}
	if r.chance(10) { // and says so to an associate
		both = append(both, r.ask(r.request("optOut", j.Store, phone)))
	} else {
		both = append(both, r.hear(r.says(phone, p.shop.Store.ID, pick(r.rng, []string{"STOP", "opt out", p.saying(leaves)}))))
	}
	for len(both) > 0 {
		r.goOn(pick(r.rng, both), r.trouble)
		both = slices.DeleteFunc(both, func(a *actor) bool { return !slices.Contains(r.stage.live, a) })
	}
}

// toItsEnd lets an actor go on until it is over.
func (r *run) toItsEnd(a *actor, trouble int) {
	for slices.Contains(r.stage.live, a) {
		r.goOn(a, trouble)
	}
}

// goOn lets an actor make the call that it waits at, with some fate.
func (r *run) goOn(a *actor, trouble int) {
	if a.at.what == awaits {
		// It looks once more after a pause; others go on meanwhile.
		if others := slices.DeleteFunc(slices.Clone(r.stage.live), func(l *actor) bool { return l.at.what == awaits }); len(others) > 0 && r.chance(85) {
			a = pick(r.rng, others)
		} else if r.pass(2500 * time.Millisecond); !slices.Contains(r.stage.live, a) {
			return
		}
	}
	r.pass(time.Duration(1+r.rng.IntN(40)) * time.Millisecond)
	if !slices.Contains(r.stage.live, a) {
		return
	}
	f := passes
	if a.at.what == creates {
		trouble *= 2 // there is one such call in many
	}
	if r.chance(trouble) {
		f = r.fate(a.at.what)
	}
	if f != passes {
		r.note("%v %s", a, f)
	}
	r.stage.decide(a, f)
	if r.model.somebodyIsErased() {
		r.look() // before they begin anew
	}
}

// fate chooses a bad one.
func (r *run) fate(of string) fate {
	switch of {
	case "TransactWriteItems":
		return pick(r.rng, []fate{unsent, unanswered, killed, killedLate, killedLate, conflicts})
	case creates:
		return pick(r.rng, []fate{unsent, unanswered, killed, killedLate, tooMany, broken, brokenLate, garbled, invalid})
	case "ask Twilio":
		return pick(r.rng, []fate{killed, broken})
	case deletes:
		return pick(r.rng, []fate{killed, killedLate, unanswered, broken})
	default:
		return pick(r.rng, []fate{unsent, unanswered, killed, killedLate})
	}
}

// pass lets time pass: calls are cut, and functions that take too long are killed.
func (r *run) pass(d time.Duration) {
	to := r.table.Now().Add(d)
	for _, a := range slices.Clone(r.stage.live) {
		if slices.Contains(r.stage.live, a) && (!a.at.cut.IsZero() && !to.Before(a.at.cut) || !to.Before(a.patience)) {
			r.note("%v takes too long", a)
			r.stage.decide(a, killed)
		}
	}
	r.table.Set(to)
	if d >= time.Second {
		r.note("%v later", d)
	}
}

// start begins an actor.
func (r *run) start(k kind, patience time.Duration, do func(context.Context) error, over func(*actor, error)) *actor {
	r.actors++
	now := r.table.Now()
	a := &actor{name: fmt.Sprintf("%s-%d", k, r.actors), kind: k, patience: now.Add(patience), began: r.model.step, at0: now}
	a.over = func(err error) {
		r.note("%s is over: %v", a.name, err)
		over(a, err)
	}
	r.note("%s begins", a.name)
	r.stage.begin(a, do)
	return a
}

// associate asks for something, or for the same again.
func (r *run) associate() *actor {
	var q apiRequest
	if len(r.asked) > 0 && r.chance(20) {
		return r.ask(pick(r.rng, r.asked))
	}
	q = r.request("send", r.favourite(r.stores()), r.favourite(customers))
	q.by = associates[0]
	if r.chance(30) {
		q.by = associates[1]
	}
	switch at := r.model.people[q.phone].at(q.store); {
	case r.chance(4):
		q.what = "optOut"
	case !at.asked && r.chance(60):
		q.what = "start"
	case !at.accepted && r.chance(60):
		q.what = "ask"
	case r.chance(20):
		q.quickReply = greeting
	default:
		q.body = pick(r.rng, []string{"Hello!", "Hello!", fmt.Sprintf("Text %d", len(r.asked))})
	}
	if zone := r.model.places[q.store].zone; len(r.stage.live) == 0 && !zone.awake(r.table.Now()) && r.chance(60) {
		r.pass(zone.next(r.table.Now(), morning).Sub(r.table.Now()) + time.Minute) // they work by day
	}
	if r.chance(60) {
		q.key = fmt.Sprintf("key-%d", len(r.asked))
		r.asked = append(r.asked, q)
	}
	return r.ask(q)
}

func (r *run) request(what, store, phone string) apiRequest {
	return apiRequest{what: what, by: associates[0], store: store, phone: phone, customer: r.table.Open().Customer(seed.Retailer.ID, phone)}
}

func (r *run) ask(q apiRequest) *actor {
	f := apiFunction{r.log, r.table.Now, r.store, jobs{r}, seed.Retailer.ID}
	p := r.model.people[q.phone]
	if q.what == "optOut" {
		p.tellings++
	}
	a := r.start(api, 10*time.Second, func(ctx context.Context) (err error) {
		switch q.what {
		case "start":
			err = f.start(ctx, q)
		case "ask":
			_, err = f.ask(ctx, q)
		case "optOut":
			err = f.optOut(ctx, q)
		default:
			_, err = f.send(ctx, q)
		}
		return err
	}, func(a *actor, err error) {
		var refused *clienteling.Error
		switch {
		case err == nil && q.what == "optOut":
			r.model.confirmed(a, p)
		case errors.As(err, &refused) && refused.Code == "opt_in_requests_used":
			r.model.refusedForToday(a, q.by.ID)
		}
	})
	r.note("%s is: %s %s to %s %q %s by %s", a.name, q.what, q.store, q.phone, q.body, q.key, q.by.ID)
	return a
}

// erase has an administrator order that a customer is erased, by their number or by
// their id.
func (r *run) erase() *actor {
	f := customersFunction{r.log, r.table.Now, r.store, seed.Retailer.ID}
	phone := r.favourite(customers)
	q := r.request("erase", r.here.shop.Store.ID, phone)
	if r.chance(30) {
		q.phone = ""
	}
	a := r.start(admin, 10*time.Second, func(ctx context.Context) error { return f.erase(ctx, q.customer, q.phone, "the administrator") }, nobodyCares)
	r.note("%s is: erase %s", a.name, phone)
	if r.chance(40) {
		if r.toItsEnd(a, r.trouble); len(r.stage.live) == 0 {
			r.pass(70 * time.Second)
			return r.reconcile()
		}
	}
	return a
}

func nobodyCares(*actor, error) {}

// jobs is the queue: now and then it is away.
type jobs struct{ r *run }

func (q jobs) Send(_ context.Context, j queue.SendText, _ time.Time) error {
	if q.r.chance(q.r.trouble) {
		return errNoQueue
	}
	q.r.jobs = append(q.r.jobs, &job{SendText: j})
	return nil
}

// customerSays has a customer text a store.
func (r *run) customerSays() {
	p := r.model.places[r.favourite(r.stores())]
	words := []string{"Sure", "Hello", "YES", "YES", "NO", "STOP", "STOP", "opt out", "START", "START", "HELP"}
	switch n := r.rng.IntN(10); {
	case n < 3 && len(local(p.speaks...)) > 0:
		words = local(p.speaks...)
	case n < 5: // which may be another country's
		words = local("US", "DE", "PL", "DK")
	}
	s := r.says(r.favourite(customers), p.shop.Store.ID, pick(r.rng, words))
	if r.chance(50) {
		if a := r.hear(s); r.chance(50) {
			r.toItsEnd(a, r.trouble)
		}
	}
}

// says is a text of a customer. Twilio acts on its own words at once.
func (r *run) says(phone, store, body string) *said {
	s := &said{sid: fmt.Sprintf("SM%032d", 1000+len(r.model.said)), phone: phone, store: store, body: body}
	r.model.said[s.sid] = s
	r.unheard = append(r.unheard, s)
	r.twilio.hears(s, r.numberOf(store))
	pair := [2]string{r.numberOf(s.store), s.phone}
	switch w := r.model.places[store].means(body); {
	case w.twilios && w.meaning == leaves:
		r.twilio.blocked[pair] = true
		r.model.people[s.phone].blockade = true
	case w.twilios && w.meaning == returns:
		delete(r.twilio.blocked, pair)
	}
	r.note("%s says %q to %s (%s)", s.phone, s.body, s.store, s.sid)
	return s
}

// deliver has Twilio deliver a text, perhaps one that was delivered before.
func (r *run) deliver() *actor {
	r.unheard = slices.DeleteFunc(r.unheard, r.model.isPast)
	r.heard = slices.DeleteFunc(r.heard, r.model.isPast)
	if len(r.heard) > 0 && (len(r.unheard) == 0 || r.chance(20)) {
		return r.hear(pick(r.rng, r.heard))
	}
	if len(r.unheard) == 0 {
		return nil
	}
	return r.hear(pick(r.rng, r.unheard))
}

// hear delivers a text. What is not acknowledged will be delivered again.
func (r *run) hear(s *said) *actor {
	f := smsFunction{r.log, r.table.Now, r.store}
	p := map[string][]string{
		"MessageSid": {s.sid}, "AccountSid": {seed.AccountSID}, "From": {s.phone}, "To": {r.numberOf(s.store)}, "Body": {s.body}, "NumMedia": {"0"},
	}
	var answer webhook.TwiML
	a := r.start(inbound, 10*time.Second, func(ctx context.Context) (err error) {
		answer, err = f.sms(ctx, p)
		return err
	}, func(_ *actor, err error) {
		if err != nil {
			return
		}
		r.model.acknowledged(s, string(answer))
		if i := slices.Index(r.unheard, s); i >= 0 {
			r.unheard = slices.Delete(r.unheard, i, i+1)
			r.heard = append(r.heard, s)
		}
	})
	r.note("%s is: %s of %s", a.name, s.sid, s.phone)
	return a
}

// work gives a worker a job. SQS shows a job again that failed, three times, and now
// and then one that did not, or one that is being worked on.
func (r *run) work() *actor {
	if len(r.jobs) == 0 {
		return nil
	}
	return r.workOn(pick(r.rng, r.jobs))
}

func (r *run) workOn(j *job) *actor {
	j.received++
	calls := r.calls
	if r.chance(r.trouble) {
		calls = r.offline
	}
	twice := r.chance(15)
	f := sendFunction{r.log, r.table.Now, seed.PublicBaseURL, calls, r.store}
	a := r.start(worker, 15*time.Second, func(ctx context.Context) error { return f.send(ctx, j.SendText) }, func(_ *actor, err error) {
		if i := slices.Index(r.jobs, j); i >= 0 && (err == nil && !twice || j.received >= 3) {
			r.jobs = slices.Delete(r.jobs, i, i+1)
		}
	})
	r.note("%s is: text %s", a.name, j.Message)
	return a
}

// carry has the carrier move a text on, and Twilio tell of it: perhaps twice, perhaps never.
func (r *run) carry() {
	moving := slices.DeleteFunc(slices.Clone(r.twilio.texts), func(m *sentText) bool { return len(m.ahead) == 0 })
	if len(moving) == 0 {
		return
	}
	m := pick(r.rng, moving)
	for range 1 + r.rng.IntN(len(m.ahead)) {
		m.advance()
		r.note("%s is %s", m.SID, m.status)
		if !r.chance(20) {
			r.callbacks = append(r.callbacks, m.says())
		}
	}
}

// callBack delivers one of Twilio's callbacks, in any order.
func (r *run) callBack() *actor {
	if len(r.callbacks) == 0 {
		return nil
	}
	i := r.rng.IntN(len(r.callbacks))
	c := r.callbacks[i]
	if !r.chance(20) {
		r.callbacks = slices.Delete(r.callbacks, i, i+1)
	}
	f := statusFunction{r.log, r.table.Now, r.store}
	a := r.start(callback, 10*time.Second, func(ctx context.Context) error {
		_, err := f.status(ctx, map[string][]string(c))
		return err
	}, nobodyCares)
	r.note("%s is: %s %s", a.name, c.Get("MessageSid"), c.Get("MessageStatus"))
	return a
}

// reconcile runs, one at a time.
func (r *run) reconcile() *actor {
	if slices.ContainsFunc(r.stage.live, func(a *actor) bool { return a.kind == reconcile }) {
		return nil
	}
	return r.start(reconcile, 55*time.Second, r.reconciles().run, nobodyCares)
}

func (r *run) reconciles() reconcileFunction {
	return reconcileFunction{r.log, r.table.Now, r.store, r.calls, jobs{r}}
}

// reconcileDue does of a run what finds something to do: the other parts ask in vain.
func (r *run) reconcileDue(items scenario.Items) *actor {
	f := r.reconciles()
	return r.start(reconcile, 55*time.Second, func(ctx context.Context) error {
		var failures []error
		for _, part := range []struct {
			kind string
			do   func(context.Context) error
		}{{"consent", f.consent}, {"text", f.dueTexts}, {"erasure", f.erasures}} {
			if at, any := nextDue(items, part.kind); any && at.Before(r.table.Now()) {
				failures = append(failures, part.do(ctx))
			}
		}
		return errors.Join(failures...)
	}, nobodyCares)
}

// look has the model judge the table, if it has changed.
func (r *run) look() {
	if r.changed {
		r.model.look(r.table.Items(r.t))
		r.changed = false
	}
}

// finish lets everybody come to an end, or kills them.
func (r *run) finish(properly bool) {
	for len(r.stage.live) > 0 {
		if a := r.stage.live[0]; properly {
			r.goOn(a, 0)
		} else {
			r.stage.decide(a, killed)
		}
	}
}

// drain moves on whatever is due until nothing is. The world behaves.
func (r *run) drain() {
	r.note("---- from here on nothing bad happens")
	r.trouble = 0
	heard := r.chance(50) // Twilio's callbacks, or else reconcile asks
	for range 40 {
		r.finish(true)
		for r.unheard = slices.DeleteFunc(r.unheard, r.model.isPast); len(r.unheard) > 0 && r.model.breach == nil; {
			r.toItsEnd(r.hear(r.unheard[0]), 0)
		}
		for len(r.jobs) > 0 && r.model.breach == nil {
			r.toItsEnd(r.work(), 0)
		}
		for _, m := range r.twilio.texts {
			for len(m.ahead) > 0 {
				if m.advance(); heard {
					r.callbacks = append(r.callbacks, m.says())
				}
			}
		}
		for len(r.callbacks) > 0 && r.model.breach == nil {
			r.toItsEnd(r.callBack(), 0)
		}
		items := r.table.Items(r.t)
		r.model.look(items)
		next, due := nextDue(items, "")
		if !due || r.model.breach != nil {
			if r.model.breach == nil {
				r.model.lookAtEnd(items)
				r.lookAtInboxes()
			}
			return
		}
		if next.After(r.table.Now()) {
			r.pass(next.Sub(r.table.Now()) + 15*time.Minute)
		}
		r.toItsEnd(r.reconcileDue(items), 0)
	}
	r.model.broken(ruleEnds, "something is due again and again")
}

func (r *run) lookAtInboxes() {
	for _, store := range r.stores() {
		shown, _, err := r.table.Open().Inbox(r.t.Context(), seed.Retailer.ID, store, table.InboxFilter{}, table.Page{Limit: 10})
		if err != nil {
			r.t.Fatal(err)
		}
		r.model.lookAtInbox(store, shown)
	}
}

// nextDue is when something of a kind is due first, if anything is; "" for all kinds.
func nextDue(items scenario.Items, kind string) (first time.Time, any bool) {
	for _, i := range items {
		if !strings.HasPrefix(text(i["gsi2pk"]), "DUE#"+kind) {
			continue
		}
		stamp, _, _ := strings.Cut(text(i["gsi2sk"]), "#")
		at, _ := time.Parse(time.RFC3339, stamp)
		if !any || at.Before(first) {
			first, any = at, true
		}
	}
	return first, any
}
