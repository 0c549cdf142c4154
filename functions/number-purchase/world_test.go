package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

// life is that of one worker, which calls Twilio and DynamoDB. At a call, counted from
// 1, something may happen. Once it is dead, no call of its reaches anybody.
type life struct {
	mu    sync.Mutex
	calls []string
	at    int
	// before and after happen at that call; the worker ends there if they say so.
	before, after func() (ends bool)
	dead          bool
	end           context.CancelFunc
}

var errDead = errors.New("the worker is dead (on behalf of the test)")

// call lets a call happen, if the worker lives.
func (l *life) call(name string, do func()) error {
	l.mu.Lock()
	if l.dead {
		l.mu.Unlock()
		return errDead
	}
	l.calls = append(l.calls, name)
	now := len(l.calls) == l.at
	l.mu.Unlock()
	if now && l.before != nil && l.before() {
		return l.die()
	}
	do()
	if now && l.after != nil && l.after() {
		return l.die()
	}
	return nil
}

func (l *life) die() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
	l.end()
	return errDead
}

// wire is the worker's way to DynamoDB.
func (l *life) wire(next aws.HTTPClient) aws.HTTPClient {
	return doer(func(r *http.Request) (res *http.Response, err error) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if dead := l.call(operation, func() { res, err = next.Do(r) }); dead != nil {
			return nil, dead
		}
		return res, err
	})
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// mortal is the way to Twilio.
type mortal struct {
	*life
	carrier
}

func (m mortal) NumbersForSale(ctx context.Context, s twilio.Search) (found []twilio.ForSale, err error) {
	if dead := m.call("search", func() { found, err = m.carrier.NumbersForSale(ctx, s) }); dead != nil {
		return nil, dead
	}
	return found, err
}

func (m mortal) OwnedNumber(ctx context.Context, accountSID, e164 string) (n twilio.Owned, found bool, err error) {
	if dead := m.call("list", func() { n, found, err = m.carrier.OwnedNumber(ctx, accountSID, e164) }); dead != nil {
		return twilio.Owned{}, false, dead
	}
	return n, found, err
}

func (m mortal) BuyNumber(ctx context.Context, accountSID, e164, bundleSID, addressSID string, s twilio.NumberSettings) (n twilio.Owned, err error) {
	if dead := m.call("buy", func() { n, err = m.carrier.BuyNumber(ctx, accountSID, e164, bundleSID, addressSID, s) }); dead != nil {
		return twilio.Owned{}, dead
	}
	return n, err
}

func (m mortal) SetNumber(ctx context.Context, accountSID, sid string, s twilio.NumberSettings) (n twilio.Owned, err error) {
	if dead := m.call("update", func() { n, err = m.carrier.SetNumber(ctx, accountSID, sid, s) }); dead != nil {
		return twilio.Owned{}, dead
	}
	return n, err
}

func (m mortal) AddToService(ctx context.Context, accountSID, serviceSID, sid string) (err error) {
	if dead := m.call("services.add", func() { err = m.carrier.AddToService(ctx, accountSID, serviceSID, sid) }); dead != nil {
		return dead
	}
	return err
}

func (m mortal) ReleaseNumber(ctx context.Context, accountSID, sid string) (err error) {
	if dead := m.call("release", func() { err = m.carrier.ReleaseNumber(ctx, accountSID, sid) }); dead != nil {
		return dead
	}
	return err
}

// kind is a kind of order, and what comes of it when nothing goes wrong.
type kind struct {
	name    string
	country string
	wanted  clienteling.Wanted
	// store has a store wait for the order; it is enabled with it if enable says so.
	store, enable bool
	// location has it so on a stage with one store in each country.
	location bool
	// brought is a number that the operator fulfils the order with; the order needs
	// assistance then.
	brought string
	// duds are put before all other numbers: they cannot text once they are bought.
	duds   []string
	state  clienteling.PurchaseState
	reason clienteling.Reason
}

// Numbers of the simulator's stock: of the searches' beginning, and one from its middle.
const (
	exactly = "+16465550142"
	atFirst = "+13125550101"
)

// kinds are all kinds of orders.
func kinds() []kind {
	const done, assistance = clienteling.PurchaseCompleted, clienteling.PurchaseAssistance
	return []kind{
		{name: "any", country: "US", state: done},
		{name: "exact", country: "US", wanted: clienteling.Wanted{Number: exactly}, state: done},
		{name: "pattern", country: "US", wanted: clienteling.Wanted{Contains: "55501*", AreaCode: "206"}, state: done},
		{name: "papers", country: "DE", state: done},
		{name: "for a store", country: "US", store: true, state: done},
		{name: "for a test location", country: "CA", store: true, location: true, state: done},
		{name: "for a store to enable", country: "GB", store: true, enable: true, state: done},
		{name: "from the operator", country: "FR", store: true, brought: "+33639980990", state: done},
		{name: "a dud first", country: "US", store: true, enable: true, duds: []string{atFirst}, state: done},
		{name: "an exact dud", country: "US", wanted: clienteling.Wanted{Number: exactly}, duds: []string{exactly}, state: assistance, reason: clienteling.ReasonCannotText},
		{name: "duds only", country: "US", store: true, duds: []string{"+13125550101", "+13125550102", "+13125550103"}, state: assistance, reason: clienteling.ReasonCannotText},
	}
}

// kindOf is the kind of a name.
func kindOf(t testing.TB, name string) kind {
	t.Helper()
	all := kinds()
	n := slices.IndexFunc(all, func(k kind) bool { return k.name == name })
	if n < 0 {
		t.Fatalf("no kind %q", name)
	}
	return all[n]
}

// world is an order of a kind, with a table, a Twilio and a clock of its own.
type world struct {
	*testing.T
	kind
	db     *scenario.Table
	twilio *scenario.Simulator
	client *twilio.Client
	id     string
	// next is the call before which something happens.
	next string
	// strangers are numbers that others have put into our account.
	strangers []string
	// lost are numbers that were taken from our account behind our back.
	lost int
}

const retailer = "acme"

// tokens are those of the seed's account.
type tokens struct{}

func (tokens) AuthTokens(context.Context, string) ([]string, error) {
	return []string{seed.AuthToken}, nil
}

func newWorld(t *testing.T, k kind) *world {
	t.Helper()
	w := &world{T: t, kind: k, db: scenario.NewTable(t)}
	w.db.TestLocations = k.location
	w.twilio = scenario.NewSimulator(t, w.db).WithPapers(t)
	var err error
	w.client, err = twilio.Open(w.twilio.URL, tokens{})
	w.must(err)
	to := w.db.Open()
	w.must(to.EnableRetailer(t.Context(), clienteling.Retailer{ID: retailer, Countries: []string{k.country}, OptInMode: clienteling.AnyReply}))
	w.register(clienteling.RegistrationApproved)
	for _, dud := range k.duds {
		w.twilio.Control(t, "PUT", "/control/stock/"+dud, map[string]any{"dud": true}, nil)
	}
	w.order()
	return w
}

// register says how far the registration of the order's country is.
func (w *world) register(state clienteling.RegistrationState) {
	w.Helper()
	c, _ := country.Of(w.country)
	r := clienteling.Registration{Retailer: retailer, Country: c.Registration, State: state}
	if c.Bundle {
		r.BundleSID, r.AddressSID = "BU"+strings.Repeat("1", 32), "AD"+strings.Repeat("1", 32)
	}
	w.must(w.db.Open().PutRegistration(w.Context(), r, w.db.Now()))
}

// another is a further order of the same kind, in the same world.
func (w *world) another() *world {
	w.Helper()
	other := *w
	other.order()
	return &other
}

// order makes the order.
func (w *world) order() {
	w.Helper()
	to := w.db.Open()
	if w.store {
		s, err := to.SaveStore(w.Context(), clienteling.Store{Retailer: retailer, ID: "boston", Name: "Acme Boston", Country: w.country, Phone: "+16175550190", State: clienteling.StoreEligible})
		w.must(err)
		_, p, err := to.AutoOnboard(w.Context(), s, w.enable, clienteling.Associate{}, seed.AccountSID, w.db.Now())
		w.must(err)
		w.id = p.ID
	} else {
		p, err := to.NewPurchase(w.Context(), clienteling.Purchase{
			Retailer: retailer, Country: w.country, State: clienteling.PurchaseRequested, Wanted: w.wanted, AccountSID: seed.AccountSID, At: w.db.Now(),
		}, table.Idempotency{})
		w.must(err)
		w.id = p.ID
	}
	if w.brought != "" {
		w.twilio.Control(w, "PUT", "/control/numbers/"+w.brought, map[string]any{"friendlyName": "by hand"}, nil)
		w.fulfil(w.brought)
	}
}

// fulfil gives the order a number of the account, as the operator does.
func (w *world) fulfil(e164 string) {
	w.Helper()
	owned, found, err := w.client.OwnedNumber(w.Context(), seed.AccountSID, e164)
	w.must(err)
	if !found {
		w.Fatalf("%s is not the account's", e164)
	}
	_, err = w.db.Open().FulfilPurchase(w.Context(), w.purchase(), e164, owned.SID, clienteling.AnyReply, w.db.Now())
	w.must(err)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// worker is a worker with a life of its own. Every worker is a process of its own.
func (w *world) worker(l *life) (function, context.Context) {
	ctx, end := context.WithCancel(w.Context())
	w.Cleanup(end)
	l.end = end
	config := w.db.Config
	config.HTTPClient = l.wire(w.db.Wire)
	to := table.Open(config, table.Options{Name: w.db.Name, Now: w.db.Now, NewID: w.db.NewID, TestLocations: w.db.TestLocations})
	return function{scenario.Log(w), w.db.Now, clienteling.Sandbox, seed.PublicBaseURL, mortal{l, w.client}, to}, ctx
}

// run has a worker take up the order, and returns the calls it made.
func (w *world) run(l *life) ([]string, error) {
	f, ctx := w.worker(l)
	err := f.work(ctx, w.job())
	return l.calls, err
}

func (w *world) job() queue.NumberJob {
	return queue.NumberJob{Do: queue.Buy, Retailer: retailer, Purchase: w.id}
}

func (w *world) purchase() clienteling.Purchase {
	w.Helper()
	p, err := w.db.Open().Purchase(w.Context(), retailer, w.id)
	w.must(err)
	return p
}

// settle lets time pass, and reconcile run, until nothing is to be done any more. Each
// time is an hour, within which every order is due again.
func (w *world) settle() {
	w.Helper()
	for range 100 {
		if !w.purchase().State.Running() {
			w.compare()
			return
		}
		w.reconcile()
	}
	w.Fatalf("the order does not end: %+v", w.purchase())
}

// reconcile does what the function of that name does with orders and releases that are
// due in an hour, and works off the jobs.
func (w *world) reconcile() {
	w.Helper()
	w.db.Set(w.db.Now().Add(time.Hour + time.Second))
	to := w.db.Open()
	due, err := to.DuePurchases(w.Context(), w.db.Now(), 25)
	w.must(err)
	for _, p := range due {
		w.must(to.PurchaseDueAgain(w.Context(), p, w.db.Now()))
		f, ctx := w.worker(&life{})
		if err := f.work(ctx, queue.NumberJob{Do: queue.Buy, Retailer: p.Retailer, Purchase: p.ID}); err != nil {
			w.Errorf("the job failed: %v", err)
		}
	}
}

// compare does what reconcile does once a day with numbers that were bought for an
// order which has ended without one.
func (w *world) compare() {
	w.Helper()
	for _, n := range w.owned() {
		id, ours := clienteling.Sandbox.PurchaseOf(n.FriendlyName)
		if !ours {
			continue
		}
		known, err := w.db.Open().NumberNow(w.Context(), n.PhoneNumber)
		if err == nil && known.State != clienteling.NumberReleased {
			continue
		}
		p, err := w.db.Open().PurchaseByID(w.Context(), id)
		w.must(err)
		if p.State == clienteling.PurchaseFailed || p.State == clienteling.PurchaseCanceled {
			w.must(w.client.ReleaseNumber(w.Context(), seed.AccountSID, n.SID))
		}
	}
}

// simulated is a number of the account as the simulator has it.
type simulated struct{ PhoneNumber, FriendlyName, SID, SmsURL, VoiceURL string }

func (w *world) owned() []simulated {
	var all struct{ Numbers []simulated }
	w.twilio.Control(w, "GET", "/control/numbers", nil, &all)
	return all.Numbers
}

// entry is what happened to a number at Twilio: bought, again or released.
type entry struct{ PhoneNumber, FriendlyName, SID, Kind string }

// history is what happened to numbers of the order.
func (w *world) history(kind string) []entry {
	var all struct{ Purchases []entry }
	w.twilio.Control(w, "GET", "/control/purchases", nil, &all)
	return slices.DeleteFunc(all.Purchases, func(e entry) bool {
		return e.Kind != kind || e.FriendlyName != clienteling.Sandbox.NumberName(w.id)
	})
}

// lose takes a number from the account behind our back.
func (w *world) lose(e164 string) {
	w.Helper()
	for _, n := range w.owned() {
		if n.PhoneNumber == e164 {
			w.must(w.client.ReleaseNumber(w.Context(), seed.AccountSID, n.SID))
			w.lost++
		}
	}
}

// fault has the simulator do something else at the next call, or at all.
func (w *world) fault(f fault, k kind) {
	w.Helper()
	demand := map[string]any{"operation": "numbers." + f.operation, "kind": f.kind}
	if f.lasts(k) {
		demand["nth"] = 0
	}
	w.twilio.Control(w, "POST", "/control/faults", demand, nil)
}

// check holds what must be true of an order once the dust has settled, whatever
// happened: it has one number at Twilio or none, the table says the same, and so does
// the store.
func (w *world) check() clienteling.Purchase {
	w.Helper()
	p := w.purchase()
	if !p.State.Ended() && p.State != clienteling.PurchaseAssistance {
		w.Errorf("the order has not ended: %+v", p)
	}
	if why := p.State == clienteling.PurchaseFailed || p.State == clienteling.PurchaseAssistance; why != (p.Reason.Text() != "") {
		w.Errorf("order %s, reason %q: %q", p.State, p.Reason, p.Reason.Text())
	}
	items, entries := w.db.Items(w), len(w.history("bought"))
	w.checkTwilio(p)
	w.checkTable(p, items)
	w.checkStore(p, items)
	// Nothing happens any more, however often it is asked for.
	for range 2 {
		if _, err := w.run(&life{}); err != nil {
			w.Error(err)
		}
	}
	if d := w.db.Items(w).Since(items); len(d.Added)+len(d.Changed)+len(d.Removed) > 0 || len(w.history("bought")) != entries {
		w.Errorf("a job of an order that has ended changed something: %+v", d)
	}
	return p
}

func (w *world) checkTwilio(p clienteling.Purchase) {
	w.Helper()
	var its []simulated
	for _, n := range w.owned() {
		id, named := clienteling.Sandbox.PurchaseOf(n.FriendlyName)
		switch {
		case named && id == w.id:
			its = append(its, n)
		case named: // another order's
		case !slices.Contains(w.strangers, n.PhoneNumber):
			w.Errorf("%+v is nobody's", n)
		}
	}
	if p.State != clienteling.PurchaseCompleted {
		if len(its) > 0 && !slices.Contains(w.strangers, its[0].PhoneNumber) {
			w.Errorf("the order is %s and has %+v", p.State, its)
		}
	} else if len(its) != 1 || its[0].PhoneNumber != p.Number || its[0].SID != p.SID || !strings.HasPrefix(its[0].SmsURL, seed.PublicBaseURL+"/webhooks/twilio/sms") || !strings.HasPrefix(its[0].VoiceURL, seed.PublicBaseURL+"/webhooks/twilio/voice") {
		w.Errorf("the order has %s as %s, Twilio %+v", p.Number, p.SID, its)
	}
	// What was bought beside the order's number was given back, or somebody took it away.
	bought, released := len(w.history("bought")), len(w.history("released"))
	kept := 0
	if p.State == clienteling.PurchaseCompleted && !slices.Contains(w.strangers, p.Number) && p.Number != w.brought {
		kept = 1
	}
	if bought-released != kept && w.brought == "" {
		w.Errorf("%d numbers were bought and %d released, the order is %s", bought, released, p.State)
	}
	if most := kept + len(p.Unfit) + w.lost; bought > most && p.State != clienteling.PurchaseFailed {
		w.Errorf("%d numbers were bought, %d for good reason: %+v", bought, most, w.history("bought"))
	}
}

func (w *world) checkTable(p clienteling.Purchase, items scenario.Items) {
	w.Helper()
	completed := p.State == clienteling.PurchaseCompleted
	order := items["RETAILER#acme / PURCHASE#"+w.id]
	if due, listed := order["gsi2pk"]; listed != (p.State == clienteling.PurchaseAssistance) || listed && due != "OPERATOR#assistance" {
		w.Errorf("the order is %s and listed under %v", p.State, due)
	}
	for key, i := range items {
		if !strings.HasPrefix(key, "NUMBER#") || i["purchase"] != w.id || slices.ContainsFunc(w.strangers, func(e164 string) bool { return key == "NUMBER#"+e164+" / NUMBER" }) {
			continue
		}
		switch e164 := strings.TrimSuffix(strings.TrimPrefix(key, "NUMBER#"), " / NUMBER"); {
		case i["state"] == string(clienteling.NumberReleased) && p.State == clienteling.PurchaseFailed:
		case !completed || e164 != p.Number:
			w.Errorf("the order is %s with %q, and yet has %s: %v", p.State, p.Number, key, i)
		}
	}
	if !completed {
		return
	}
	n, err := w.db.Open().NumberNow(w.Context(), p.Number)
	w.must(err)
	if n.SID != p.SID || n.Purchase != p.ID || n.Retailer != retailer || n.Country != p.Country || n.AccountSID != seed.AccountSID || n.Language == "" || n.OptInMode != clienteling.AnyReply {
		w.Errorf("number %+v of order %+v", n, p)
	}
	want := clienteling.NumberAvailable
	if s, err := w.db.Open().Store(w.Context(), retailer, "boston"); err == nil && p.Store != "" {
		want = clienteling.NumberAssigned
		if n.Store != s.ID || n.StoreName != s.Name || n.ForwardTo != s.Phone || n.Enabled != (s.State == clienteling.StoreEnabled) {
			w.Errorf("number %+v of store %+v", n, s)
		}
	}
	if listed := "NUMBER#" + n.Country + "#" + string(want) + "#" + n.E164; n.State != want || items["NUMBER#"+n.E164+" / NUMBER"]["gsi1sk"] != listed {
		w.Errorf("number %+v, want %s, listed as %v", n, want, items["NUMBER#"+n.E164+" / NUMBER"]["gsi1sk"])
	}
}

func (w *world) checkStore(p clienteling.Purchase, items scenario.Items) {
	w.Helper()
	s, err := w.db.Open().Store(w.Context(), retailer, "boston")
	if p.Store == "" || errors.Is(err, clienteling.ErrNotFound) {
		return
	}
	w.must(err)
	listed := items["RETAILER#acme / STORE#boston"]["gsi1sk"]
	if listed != "STORE#"+string(s.State)+"#"+s.Country+"#"+s.ID {
		w.Errorf("the store is %s and listed as %v", s.State, listed)
	}
	want := clienteling.Store{State: clienteling.StoreEligible, Trouble: string(p.Reason)}
	switch p.State {
	case clienteling.PurchaseCompleted:
		want = clienteling.Store{State: clienteling.StoreOnboarded, Number: p.Number, AccountSID: seed.AccountSID}
		if w.enable {
			want.State = clienteling.StoreEnabled
		}
	case clienteling.PurchaseAssistance:
		want = clienteling.Store{State: clienteling.StoreOrdering, Wish: clienteling.Wish{Number: clienteling.Auto, Enable: w.enable}, Purchase: p.ID}
	}
	if s.State != want.State || s.Number != want.Number || s.AccountSID != want.AccountSID || s.Wish != want.Wish || s.Purchase != want.Purchase || s.Trouble != want.Trouble {
		w.Errorf("store %+v, want %+v", s, want)
	}
	if location := items["RETAILER#acme / TESTSITE#"+w.country]; w.db.TestLocations && (location != nil) != (s.State != clienteling.StoreEligible) {
		w.Errorf("the store is %s, and the test location %v", s.State, location)
	}
}

// expect is check, and that this came of the order.
func (w *world) expect(state clienteling.PurchaseState, reason clienteling.Reason) clienteling.Purchase {
	w.Helper()
	p := w.check()
	if p.State != state || p.Reason != reason {
		w.Errorf("the order is %s (%s), want %s (%s): %+v", p.State, p.Reason, state, reason, p)
	}
	return p
}

// delete deletes an item of the retailer as nobody of ours can.
func (w *world) delete(sk string) {
	w.Helper()
	db := sdk.NewFromConfig(w.db.Config)
	_, err := db.DeleteItem(context.WithoutCancel(w.Context()), &sdk.DeleteItemInput{TableName: &w.db.Name, Key: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "RETAILER#acme"}, "sk": &types.AttributeValueMemberS{Value: sk},
	}})
	w.must(err)
}
