package property

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
)

// TestMain plays more stories at once than there are processors: they mostly wait,
// for the emulator and in the pauses of AwaitSends.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err) // the flag is the testing package's own
	}
	os.Exit(scenario.Main(m))
}

// stories is how many are played; DEEP=1 plays more.
const (
	stories     = 200
	deepStories = 2000
)

func TestPromises(t *testing.T) {
	first, n := uint64(1), stories
	if os.Getenv("DEEP") != "" {
		n = deepStories
	}
	if s := os.Getenv("SEED"); s != "" {
		one, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("SEED=%s is not a number", s)
		}
		first, n = one, 1
	}
	for i := range uint64(n) {
		number := first + i
		t.Run(strconv.FormatUint(number, 10), func(t *testing.T) {
			t.Parallel()
			r := play(t, number, faulty{})
			if b := r.model.breach; b != nil {
				t.Errorf("%v\n\nSEED=%d plays this again:\n%s", b, number, r.history.String())
			} else if n == 1 {
				t.Log("\n" + r.history.String())
			}
		})
	}
}

// The model is worth what it catches.
func TestModelBites(t *testing.T) {
	const tries = 100
	for name, f := range mutants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var others []string
			for i := range uint64(tries) {
				number := max(1, f.from) + i
				b := play(t, number, f).model.breach
				if b != nil && b.rule == f.breaks {
					t.Logf("story %d: %v", number, b)
					return
				}
				if b != nil {
					others = append(others, b.Error())
				}
			}
			t.Errorf("nothing of %d stories showed that %q is broken, but %q", tries, f.breaks, others)
		})
	}
}

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

	phones map[string]string // customers' numbers by name
	texts  map[string]*said
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

var (
	stores    = []string{seed.Shops[0].Store.ID, seed.Shops[1].Store.ID}
	customers = []string{scenario.American, scenario.Briton}
)

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
	tbl := scenario.NewTable(t)
	if err := seed.Fill(t.Context(), tbl.Open(), tbl.Now()); err != nil {
		t.Fatal(err)
	}
	tbl.Patch(t, "NUMBER#"+numberOf(stores[1]), "NUMBER", map[string]any{"optInMode": "explicit"})
	r := &run{
		t: t, rng: rand.New(rand.NewPCG(number, 0)), table: tbl, begun: tbl.Now(),
		phones: map[string]string{}, texts: map[string]*said{},
		model: &model{
			retailer: seed.Retailer.ID, now: tbl.Now, people: map[string]*person{}, explicit: map[string]bool{stores[1]: true},
			texts: map[string]*accepted{}, keys: map[string]time.Time{}, inbound: map[string]string{}, held: map[string]clienteling.OptIn{}, since: map[string]int{},
		},
	}
	r.trouble = []int{0, 3, 10}[r.rng.IntN(3)]
	r.log = slog.New(slog.NewTextHandler(&r.history, &slog.HandlerOptions{Level: slog.LevelInfo, ReplaceAttr: unimportant}))
	r.stage = &stage{wire: tbl.Wire, moved: make(chan move), rewrite: f.rewrite}
	r.stage.wrote = func(a *actor, body []byte) {
		r.changed = true
		if what := r.model.wrote(body, r.texts, r.phones); what != "" {
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

	cfg := tbl.Config
	cfg.HTTPClient = r.stage
	opened := table.Open(cfg, table.Options{
		Name: tbl.Name, PhoneKey: []byte(seed.PhoneKey), TextRetention: scenario.Retention, Now: tbl.Now, NewID: tbl.NewID,
	})
	r.store, r.calls, r.offline = opened, client(t, r.twilio.server.URL), client(t, nobody)
	if f.storage != nil {
		r.store = f.storage(opened)
	}
	if f.twilio != nil {
		r.calls = f.twilio(r.calls)
	}
	for _, c := range customers {
		r.phones[opened.Customer(seed.Retailer.ID, c)] = c
		r.model.people[c] = &person{phone: c, stores: map[string]*standing{}}
	}
	return r
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

func numberOf(store string) string {
	i := slices.IndexFunc(seed.Shops, func(s seed.Shop) bool { return s.Store.ID == store })
	return seed.Shops[i].Number.E164
}

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
	r.toItsEnd(r.ask(r.request("start", stores[0], customers[0])), 0)
	if a := r.work(); a != nil {
		r.toItsEnd(a, 0)
	}
	switch n := r.rng.IntN(10); {
	case n < 5:
		r.toItsEnd(r.hear(r.says(customers[0], stores[0], "YES")), 0)
	case n < 6:
		r.toItsEnd(r.hear(r.says(customers[0], stores[0], "NO")), 0)
	case n < 8: // the store asks again, and the answer to the first crosses it
		r.pass(25 * time.Hour)
		r.toItsEnd(r.ask(r.request("ask", stores[0], customers[0])), 0)
		r.toItsEnd(r.hear(r.says(customers[0], stores[0], pick(r.rng, []string{"YES", "NO", "Sure"}))), 0)
	}
}

// step lets something happen.
func (r *run) step() {
	if len(r.stage.live) > 0 && (r.chance(70) || len(r.stage.live) > 3) {
		r.goOn(pick(r.rng, r.stage.live), r.trouble)
		return
	}
	var a *actor
	switch n := r.rng.IntN(100); {
	case n < 22:
		a = r.associate()
	case n < 40:
		r.customerSays()
		return
	case n < 52:
		a = r.deliver()
	case n < 70:
		a = r.work()
	case n < 74:
		r.duel()
		return
	case n < 80:
		r.carry()
		return
	case n < 86:
		a = r.callBack()
	case n < 89:
		a = r.reconcile()
	default:
		r.pass([]time.Duration{time.Second, 3 * time.Second, 20 * time.Second, 70 * time.Second, 11 * time.Minute, 5 * time.Hour, 25 * time.Hour}[r.rng.IntN(7)])
		return
	}
	if a != nil && r.chance(50) {
		r.toItsEnd(a, r.trouble)
	}
}

// duel has a customer refuse while a text to them is being sent.
func (r *run) duel() {
	if len(r.jobs) == 0 {
		return
	}
	j := pick(r.rng, r.jobs)
	s := r.says(r.phones[j.Customer], pick(r.rng, stores), pick(r.rng, []string{"STOP", "opt out", "opt out"}))
	both := []*actor{r.workOn(j), r.hear(s)}
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
	if r.chance(trouble) {
		f = r.fate(a.at.what)
	}
	if f != passes {
		r.note("%v %s", a, f)
	}
	r.stage.decide(a, f)
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
func (r *run) start(k kind, patience time.Duration, do func(context.Context) error, over func(error)) *actor {
	r.actors++
	now := r.table.Now()
	a := &actor{name: fmt.Sprintf("%s-%d", k, r.actors), kind: k, patience: now.Add(patience), began: r.model.step}
	a.over = func(err error) {
		r.note("%s is over: %v", a.name, err)
		over(err)
	}
	r.note("%s begins", a.name)
	r.stage.begin(a, do)
	return a
}

// associate asks for something, or for the same again.
func (r *run) associate() *actor {
	var q apiRequest
	if len(r.asked) > 0 && r.chance(20) {
		q = pick(r.rng, r.asked)
	} else {
		q = r.request("send", r.favourite(stores), r.favourite(customers))
		switch at := r.model.people[q.phone].at(q.store); {
		case !at.asked && r.chance(60):
			q.what = "start"
		case !at.accepted && r.chance(60):
			q.what = "ask"
		}
		if q.what == "send" {
			q.body = pick(r.rng, []string{"Hello!", "Hello!", fmt.Sprintf("Text %d", len(r.asked))})
		}
		if r.chance(60) {
			q.once = table.Idempotency{Key: fmt.Sprintf("key-%d", len(r.asked)), Fingerprint: q.what + q.body}
			r.asked = append(r.asked, q)
		}
	}
	return r.ask(q)
}

func (r *run) request(what, store, phone string) apiRequest {
	return apiRequest{what: what, store: store, phone: phone, customer: r.table.Open().Customer(seed.Retailer.ID, phone)}
}

func (r *run) ask(q apiRequest) *actor {
	f := apiFunction{r.log, r.table.Now, r.store, jobs{r}, seed.Retailer.ID}
	a := r.start(api, 10*time.Second, func(ctx context.Context) (err error) {
		switch q.what {
		case "start":
			err = f.start(ctx, q)
		case "ask":
			_, err = f.ask(ctx, q)
		default:
			_, err = f.send(ctx, q)
		}
		return err
	}, func(error) {})
	r.note("%s is: %s %s to %s %q %s", a.name, q.what, q.store, q.phone, q.body, q.once.Key)
	return a
}

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
	s := r.says(r.favourite(customers), r.favourite(stores),
		pick(r.rng, []string{"Sure", "Hello", "YES", "YES", "NO", "STOP", "STOP", "opt out", "START", "START", "HELP"}))
	if r.chance(50) {
		if a := r.hear(s); r.chance(50) {
			r.toItsEnd(a, r.trouble)
		}
	}
}

// says is a text of a customer. Twilio acts on its own words at once.
func (r *run) says(phone, store, body string) *said {
	s := &said{sid: fmt.Sprintf("SM%032d", 1000+len(r.texts)), phone: phone, store: store, body: body}
	r.texts[s.sid] = s
	r.unheard = append(r.unheard, s)
	pair := [2]string{numberOf(s.store), s.phone}
	switch s.body {
	case "STOP":
		r.twilio.blocked[pair] = true
		r.model.people[s.phone].blockade = true
	case "START", "YES":
		delete(r.twilio.blocked, pair)
	}
	r.note("%s says %q to %s (%s)", s.phone, s.body, s.store, s.sid)
	return s
}

// deliver has Twilio deliver a text, perhaps one that was delivered before.
func (r *run) deliver() *actor {
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
		"MessageSid": {s.sid}, "AccountSid": {seed.AccountSID}, "From": {s.phone}, "To": {numberOf(s.store)}, "Body": {s.body}, "NumMedia": {"0"},
	}
	a := r.start(inbound, 10*time.Second, func(ctx context.Context) error {
		_, err := f.sms(ctx, p)
		return err
	}, func(err error) {
		if err != nil {
			return
		}
		r.model.acknowledged(s)
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
	a := r.start(worker, 15*time.Second, func(ctx context.Context) error { return f.send(ctx, j.SendText) }, func(err error) {
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
	}, func(error) {})
	r.note("%s is: %s %s", a.name, c.Get("MessageSid"), c.Get("MessageStatus"))
	return a
}

// reconcile runs, one at a time.
func (r *run) reconcile() *actor {
	if slices.ContainsFunc(r.stage.live, func(a *actor) bool { return a.kind == reconcile }) {
		return nil
	}
	f := reconcileFunction{r.log, r.table.Now, r.store, r.calls, jobs{r}}
	return r.start(reconcile, 55*time.Second, f.run, func(error) {})
}

// look has the model judge the table, if it has changed.
func (r *run) look() {
	if r.changed {
		r.model.look(r.table.Items(r.t), r.phones)
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
		for len(r.unheard) > 0 && r.model.breach == nil {
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
		r.model.look(items, r.phones)
		next, due := nextDue(items)
		if !due || r.model.breach != nil {
			if r.model.breach == nil {
				r.model.lookAtEnd(items)
			}
			return
		}
		if next.After(r.table.Now()) {
			r.pass(next.Sub(r.table.Now()) + 15*time.Minute)
		}
		r.toItsEnd(r.reconcile(), 0)
	}
	r.model.broken(ruleEnds, "something is due again and again")
}

// nextDue is when something is due first, if anything is.
func nextDue(items scenario.Items) (first time.Time, any bool) {
	for _, i := range items {
		if !strings.HasPrefix(text(i["gsi2pk"]), "DUE#") {
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
