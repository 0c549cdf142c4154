package table_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

func TestPurchases(t *testing.T) {
	onEngines(t, map[string]func(*testing.T, *scenario.Table){
		"ordered":                       ordered,
		"not ordered":                   notOrdered,
		"ordered once":                  orderedOnce,
		"taken up":                      takenUp,
		"due again":                     orderDueAgain,
		"a number claimed":              numberClaimed,
		"one number, many orders":       oneNumberManyOrders,
		"a number dropped":              numberDropped,
		"a number bought":               numberBought,
		"postponed":                     postponed,
		"failed":                        failedOrder,
		"ended without its store":       endedWithoutStore,
		"ended while its store changes": endedWhileStoreChanges,
		"canceled":                      canceledOrder,
		"canceling races a worker":      cancelingRacesWorker,
		"assistance":                    needsAssistance,
		"fulfilled":                     fulfilled,
		"resumed":                       resumed,
		"completed":                     completed,
		"completed for a store":         completedForStore,
		"the directory changes a store": directoryChangesStore,
		"released":                      releasedNumber,
		"not released":                  notReleased,
		"a release races a store":       releaseRacesStore,
		"released and bought again":     boughtAgain,
	})
}

// anOrder is an order of any number of a country, in advance.
func anOrder(country string, state clienteling.PurchaseState) clienteling.Purchase {
	return clienteling.Purchase{Retailer: "acme", Country: country, State: state, AccountSID: seed.AccountSID, At: at}
}

func order(t *testing.T, to *table.Table, country string, state clienteling.PurchaseState) clienteling.Purchase {
	t.Helper()
	return given[clienteling.Purchase](t)(to.NewPurchase(t.Context(), anOrder(country, state), table.Idempotency{}))
}

// claiming is an order that has claimed a number of the US.
func claiming(t *testing.T, to *table.Table, e164 string) clienteling.Purchase {
	t.Helper()
	return given[clienteling.Purchase](t)(to.ClaimCandidate(t.Context(), order(t, to, "US", clienteling.PurchaseRequested), e164, clienteling.AnyReply, at))
}

// bought brings an order so far that its number is ours.
func bought(t *testing.T, to *table.Table, p clienteling.Purchase, e164 string) clienteling.Purchase {
	t.Helper()
	p = given[clienteling.Purchase](t)(to.ClaimCandidate(t.Context(), p, e164, clienteling.AnyReply, at))
	return given[clienteling.Purchase](t)(to.NumberBought(t.Context(), p, "PN1", at))
}

// overtaken is an order as somebody knows it who was overtaken.
func overtaken(p clienteling.Purchase) clienteling.Purchase {
	p.Version--
	return p
}

// steal gives the number of an order to another, past every rule.
func steal(t *testing.T, db *scenario.Table, p clienteling.Purchase) {
	t.Helper()
	db.Patch(t, "NUMBER#"+p.Number, "NUMBER", map[string]any{"purchase": "another"})
}

// notFitting is what a step says whose number is not the order's any more.
const notFitting = "table: what the order holds is not as it was"

// wantOrder fails unless an order is stored so.
func wantOrder(t *testing.T, to *table.Table, want clienteling.Purchase) {
	t.Helper()
	got, err := to.Purchase(t.Context(), want.Retailer, want.ID)
	if err != nil || !reflect.DeepEqual(withoutUnfit(got), withoutUnfit(want)) {
		t.Errorf("order %+v, %v\nwant  %+v", got, err, want)
	}
}

// wantAttention fails unless an order is in that list and in no other: due, awaiting,
// assistance, or "" for none.
func wantAttention(t *testing.T, to *table.Table, p clienteling.Purchase, want string) {
	t.Helper()
	var lists []string
	add := func(list string, found []clienteling.Purchase, err error) {
		t.Helper()
		must(t, err)
		for _, f := range found {
			if f.ID == p.ID {
				lists = append(lists, list)
			}
		}
	}
	due, err := to.DuePurchases(t.Context(), at.AddDate(10, 0, 0), 100)
	add("due", due, err)
	assistance, _, err := to.Assistance(t.Context(), table.Page{Limit: 100})
	add("assistance", assistance, err)
	for _, country := range []string{"US", "CA", notApproved} {
		_, ids := awaiting(t, to, country)
		for _, id := range ids {
			if id == p.ID {
				lists = append(lists, "awaiting "+country)
			}
		}
	}
	if got := strings.Join(lists, ", "); got != want {
		t.Errorf("%s order %s is in the lists %q, want %q", p.State, p.ID, got, want)
	}
}

// wantDue fails unless an order is due right after a moment, and not at it.
func wantDue(t *testing.T, to *table.Table, p clienteling.Purchase, due time.Time) {
	t.Helper()
	for _, tt := range []struct {
		at  time.Time
		due bool
	}{{due, false}, {due.Add(time.Millisecond), true}} {
		found, err := to.DuePurchases(t.Context(), tt.at, 100)
		must(t, err)
		is := false
		for _, f := range found {
			is = is || f.ID == p.ID
		}
		if is != tt.due {
			t.Errorf("due at %v: %t", tt.at, is)
		}
	}
}

func ordered(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for _, tt := range []struct {
		name string
		p    clienteling.Purchase
		list string
	}{
		{"any", anOrder("US", clienteling.PurchaseRequested), "due"},
		{"under the papers of the US", anOrder("CA", clienteling.PurchaseRequested), "due"},
		{"all there is to say", clienteling.Purchase{
			Retailer: "acme", Country: "US", State: clienteling.PurchaseRequested, AccountSID: seed.AccountSID, At: at,
			Wanted: clienteling.Wanted{Number: "+12125550201", Contains: "555**", AreaCode: "212"},
			Store:  "boston", By: clienteling.Associate{ID: "u1", Name: "Robin"},
		}, "due"},
		{"not approved", anOrder(notApproved, clienteling.PurchaseAwaitingApproval), "awaiting " + notApproved},
		{"for the operator", clienteling.Purchase{
			Retailer: "acme", Country: "US", State: clienteling.PurchaseAssistance, Reason: clienteling.ReasonAssistedCountry, At: at,
		}, "assistance"},
	} {
		p := given[clienteling.Purchase](t)(to.NewPurchase(t.Context(), tt.p, table.Idempotency{}))
		want := tt.p
		want.ID, want.UpdatedAt, want.Version = p.ID, at, 1
		if !reflect.DeepEqual(p, want) {
			t.Errorf("%s: %+v, want %+v", tt.name, p, want)
		}
		if byID, err := to.PurchaseByID(t.Context(), p.ID); err != nil || byID.ID != p.ID || byID.Retailer != "acme" {
			t.Errorf("%s: by its id %+v, %v", tt.name, byID, err)
		}
		wantOrder(t, to, p)
		wantAttention(t, to, p, tt.list)
		if tt.list == "due" {
			wantDue(t, to, p, at.Add(time.Minute))
		}
	}
	for _, id := range []string{"", "x", strings.Repeat("x", 2000)} {
		if _, err := to.Purchase(t.Context(), "acme", id); !errors.Is(err, clienteling.ErrNotFound) {
			t.Errorf("order %.9q: %v", id, err)
		}
	}
	if _, err := to.PurchaseByID(t.Context(), "x"); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("an order of nobody by its id: %v", err)
	}
}

func notOrdered(t *testing.T, db *scenario.Table) {
	to := db.Open()
	must(t, to.PutRegistration(t.Context(), clienteling.Registration{Retailer: "acme", Country: "GB", State: clienteling.RegistrationExpired}, at))
	rival := anOrder("US", clienteling.PurchaseRequested)
	rival.Retailer = "rival"
	for name, p := range map[string]clienteling.Purchase{
		"not approved":                  anOrder(notApproved, clienteling.PurchaseRequested),
		"not approved any more":         anOrder("GB", clienteling.PurchaseRequested),
		"approved for another retailer": rival,
		"unknown country":               anOrder("XX", clienteling.PurchaseRequested),
		"nothing to wait for":           anOrder("US", clienteling.PurchaseAwaitingApproval),
		"approved with another":         anOrder("CA", clienteling.PurchaseAwaitingApproval),
		"assistance, not approved":      anOrder(notApproved, clienteling.PurchaseAssistance),
	} {
		refused(t, db, name, "approval_changed", func() error {
			return second(to.NewPurchase(t.Context(), p, table.Idempotency{Key: name, Fingerprint: "f"}))
		})
	}
}

func orderedOnce(t *testing.T, db *scenario.Table) {
	to := db.Open()
	once := table.Idempotency{Key: "k", Fingerprint: "f"}
	p := anOrder("US", clienteling.PurchaseRequested)
	p.At = db.Now()
	if repeat, err := to.Repeat(t.Context(), "acme", once, "purchase"); err != nil || repeat != nil {
		t.Errorf("before: %+v, %v", repeat, err)
	}
	if repeat, err := to.Repeat(t.Context(), "acme", table.Idempotency{}, "purchase"); err != nil || repeat != nil {
		t.Errorf("without a key: %+v, %v", repeat, err)
	}
	expect(t, race(func(int) error { return second(to.NewPurchase(t.Context(), p, once)) }), map[string]int{"<nil>": 1, "repeated": 63})
	orders, _, err := to.Purchases(t.Context(), "acme", table.Page{Limit: 100})
	if err != nil || len(orders) != 1 {
		t.Fatalf("orders %+v, %v", orders, err)
	}
	want := &table.Repeat{Fingerprint: "f", Made: orders[0].ID}
	if repeat, err := to.Repeat(t.Context(), "acme", once, "purchase"); err != nil || !reflect.DeepEqual(repeat, want) {
		t.Errorf("repeat %+v, %v; want %+v", repeat, err, want)
	}
	must(t, to.PutRegistration(t.Context(), clienteling.Registration{Retailer: "rival", Country: "US", State: clienteling.RegistrationApproved}, at))
	rival := p
	rival.Retailer = "rival"
	given[clienteling.Purchase](t)(to.NewPurchase(t.Context(), rival, once))

	// A day later the key is new, whether DynamoDB has deleted it or not.
	for _, tt := range []struct {
		after time.Duration
		want  string
	}{{24*time.Hour - time.Second, "repeated"}, {24 * time.Hour, "<nil>"}} {
		db.Set(p.At.Add(tt.after))
		later := p
		later.At = db.Now()
		repeat, err := to.Repeat(t.Context(), "acme", once, "purchase")
		if err != nil || (repeat == nil) != (tt.want == "<nil>") {
			t.Errorf("after %v: %+v, %v", tt.after, repeat, err)
		}
		if err := second(to.NewPurchase(t.Context(), later, once)); code(err) != tt.want {
			t.Errorf("after %v: %v, want %s", tt.after, err, tt.want)
		}
	}
}

func takenUp(t *testing.T, db *scenario.Table) {
	to := db.Open()
	p := order(t, to, "US", clienteling.PurchaseRequested)
	var taken clienteling.Purchase
	expect(t, race(func(int) error {
		got, err := to.TakePurchase(t.Context(), "acme", p.ID, at)
		if err == nil {
			taken = got
		}
		return err
	}), map[string]int{"<nil>": 1, table.ErrNotReady.Error(): 63})
	p.Version = 2
	if !reflect.DeepEqual(withoutUnfit(taken), p) {
		t.Errorf("taken %+v, want %+v", taken, p)
	}
	wantOrder(t, to, p)
	wantAttention(t, to, p, "due")
	const lease = 90 * time.Second
	wantDue(t, to, p, at.Add(lease))
	take := func(at time.Time) error { return second(to.TakePurchase(t.Context(), "acme", p.ID, at)) }
	refused(t, db, "while somebody works on it", table.ErrNotReady.Error(), func() error { return take(at.Add(lease - time.Millisecond)) })

	// The second worker may when the time of the first is over, who then may not.
	must(t, take(at.Add(lease)))
	refused(t, db, "the first worker", table.ErrNotReady.Error(), func() error {
		return second(to.ClaimCandidate(t.Context(), taken, "+12125550201", clienteling.AnyReply, at.Add(lease)))
	})
	refused(t, db, "the first worker", table.ErrNotReady.Error(), func() error {
		return to.PostponePurchase(t.Context(), taken, at.Add(time.Hour), at.Add(lease))
	})

	waits := order(t, to, notApproved, clienteling.PurchaseAwaitingApproval)
	helped := order(t, to, "US", clienteling.PurchaseAssistance)
	ended := given[clienteling.Purchase](t)(to.CancelPurchase(t.Context(), "acme", order(t, to, "US", clienteling.PurchaseRequested).ID, at))
	for _, tt := range []struct{ name, retailer, id, want string }{
		{"waits for an approval", "acme", waits.ID, table.ErrNotReady.Error()},
		{"waits for the operator", "acme", helped.ID, table.ErrNotReady.Error()},
		{"has ended", "acme", ended.ID, table.ErrNotReady.Error()},
		{"is another's", "rival", p.ID, "not_found"},
		{"is not there", "acme", "x", "not_found"},
	} {
		refused(t, db, tt.name, tt.want, func() error { return second(to.TakePurchase(t.Context(), tt.retailer, tt.id, at.Add(time.Hour))) })
	}
}

// withoutUnfit has no list instead of an empty one.
func withoutUnfit(p clienteling.Purchase) clienteling.Purchase {
	if len(p.Unfit) == 0 {
		p.Unfit = nil
	}
	return p
}

func orderDueAgain(t *testing.T, db *scenario.Table) {
	to := db.Open()
	p := order(t, to, "US", clienteling.PurchaseRequested)
	must(t, to.PurchaseDueAgain(t.Context(), p, at.Add(time.Hour)))
	wantOrder(t, to, p)
	wantDue(t, to, p, at.Add(time.Hour+time.Minute))
	given[clienteling.Purchase](t)(to.TakePurchase(t.Context(), "acme", p.ID, at))
	refused(t, db, "taken up meanwhile", table.ErrNotReady.Error(), func() error { return to.PurchaseDueAgain(t.Context(), p, at) })
	p.ID = "x"
	refused(t, db, "not there", table.ErrNotReady.Error(), func() error { return to.PurchaseDueAgain(t.Context(), p, at) })
}

func numberClaimed(t *testing.T, db *scenario.Table) {
	to := db.Open()
	p := given[clienteling.Purchase](t)(to.TakePurchase(t.Context(), "acme", order(t, to, "CA", clienteling.PurchaseRequested).ID, at))
	later := at.Add(time.Second)
	claimed, err := to.ClaimCandidate(t.Context(), p, "+12045550100", clienteling.AnyReply, later)
	want := withoutUnfit(p)
	want.State, want.Number, want.UpdatedAt, want.Version = clienteling.PurchaseBuying, "+12045550100", later, p.Version+1
	if err != nil || !reflect.DeepEqual(withoutUnfit(claimed), want) {
		t.Errorf("claimed %+v, %v; want %+v", claimed, err, want)
	}
	wantOrder(t, to, want)
	wantAttention(t, to, want, "due")
	wantNumber(t, to, clienteling.Number{
		E164: "+12045550100", Country: "CA", State: clienteling.NumberClaimed, AccountSID: seed.AccountSID, Retailer: "acme", Purchase: p.ID,
		Language: "en", OptInMode: clienteling.AnyReply,
	})
	refused(t, db, "taken up by another", table.ErrNotReady.Error(), func() error {
		return second(to.ClaimCandidate(t.Context(), p, "+12045550101", clienteling.AnyReply, at))
	})

	// Whatever we know of but what was given back is not to be had.
	available(t, to, "+12125550201", "US")
	available(t, to, "+12125550202", "US")
	given[clienteling.Number](t)(to.ReleaseNumber(t.Context(), "acme", "+12125550202", at))
	rivals := clienteling.Number{E164: "+12125550203", Country: "US", Retailer: "rival"}
	must(t, to.RecordNumber(t.Context(), rivals))
	q := order(t, to, "US", clienteling.PurchaseRequested)
	for name, e164 := range map[string]string{
		"claimed": "+12045550100", "available": "+12125550201", "releasing": "+12125550202", "a rival's": "+12125550203", "a store's": seed.Shops[0].Number.E164,
	} {
		refused(t, db, name, table.ErrForeignClaim.Error(), func() error {
			return second(to.ClaimCandidate(t.Context(), q, e164, clienteling.AnyReply, at))
		})
	}
}

func oneNumberManyOrders(t *testing.T, db *scenario.Table) {
	to := db.Open()
	var orders [32]clienteling.Purchase
	for n := range orders {
		orders[n] = order(t, to, "US", clienteling.PurchaseRequested)
	}
	expect(t, raceOf(len(orders), func(n int) error {
		return second(to.ClaimCandidate(t.Context(), orders[n], "+12125550201", clienteling.AnyReply, at))
	}), map[string]int{"<nil>": 1, table.ErrForeignClaim.Error(): 31})
	claimed := given[clienteling.Number](t)(to.NumberNow(t.Context(), "+12125550201"))
	for _, p := range orders {
		got, err := to.Purchase(t.Context(), "acme", p.ID)
		if err != nil || (got.Number != "") != (got.ID == claimed.Purchase) || (got.State == clienteling.PurchaseBuying) != (got.ID == claimed.Purchase) {
			t.Errorf("order %+v, %v, while the number is claimed for %s", got, err, claimed.Purchase)
		}
	}
}

func numberDropped(t *testing.T, db *scenario.Table) {
	to := db.Open()
	p := bought(t, to, order(t, to, "US", clienteling.PurchaseRequested), "+12125550201")
	refused(t, db, "overtaken", table.ErrNotReady.Error(), func() error { return second(to.DropCandidate(t.Context(), overtaken(p), at)) })
	p.Unfit = []string{"+12125550200", p.Number}
	p = given[clienteling.Purchase](t)(to.DropCandidate(t.Context(), p, at))
	if p.State != clienteling.PurchaseRequested || p.Number+p.SID != "" {
		t.Errorf("dropped %+v", p)
	}
	wantOrder(t, to, p)
	wantAttention(t, to, p, "due")
	if _, err := to.NumberNow(t.Context(), "+12125550201"); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("the number: %v", err)
	}
	p = given[clienteling.Purchase](t)(to.ClaimCandidate(t.Context(), p, "+12125550202", clienteling.AnyReply, at))
	wantOrder(t, to, p) // what was no good is remembered
	steal(t, db, p)
	refused(t, db, "not its number any more", notFitting, func() error { return second(to.DropCandidate(t.Context(), p, at)) })
}

func numberBought(t *testing.T, db *scenario.Table) {
	to := db.Open()
	p := order(t, to, "US", clienteling.PurchaseRequested)
	must(t, to.PostponePurchase(t.Context(), p, at, at))
	p = given[clienteling.Purchase](t)(to.TakePurchase(t.Context(), "acme", p.ID, at))
	if p.Tries != 1 {
		t.Errorf("tries %d", p.Tries)
	}
	p = given[clienteling.Purchase](t)(to.ClaimCandidate(t.Context(), p, "+12125550201", clienteling.AnyReply, at))
	refused(t, db, "overtaken", table.ErrNotReady.Error(), func() error { return second(to.NumberBought(t.Context(), overtaken(p), "PN1", at)) })
	expect(t, raceOf(16, func(int) error { return second(to.NumberBought(t.Context(), p, "PN1", at)) }), map[string]int{"<nil>": 1, table.ErrNotReady.Error(): 15})
	p.State, p.SID, p.Tries, p.Version = clienteling.PurchaseConfiguring, "PN1", 0, p.Version+1
	wantOrder(t, to, p)
	wantAttention(t, to, p, "due")
	if n, err := to.NumberNow(t.Context(), p.Number); err != nil || n.SID != "PN1" || n.State != clienteling.NumberClaimed {
		t.Errorf("number %+v, %v", n, err)
	}
	q := claiming(t, to, "+12125550202")
	steal(t, db, q)
	refused(t, db, "not its number any more", notFitting, func() error { return second(to.NumberBought(t.Context(), q, "PN1", at)) })
}

func postponed(t *testing.T, db *scenario.Table) {
	to := db.Open()
	p := order(t, to, "US", clienteling.PurchaseRequested)
	for tries := range 3 {
		p = withoutUnfit(given[clienteling.Purchase](t)(to.TakePurchase(t.Context(), "acme", p.ID, at)))
		due := at.Add(time.Duration(tries+1) * time.Hour)
		must(t, to.PostponePurchase(t.Context(), p, due, at))
		p.Tries, p.Version = tries+1, p.Version+1
		wantOrder(t, to, p)
		wantDue(t, to, p, due)
		wantAttention(t, to, p, "due")
	}
	refused(t, db, "overtaken", table.ErrNotReady.Error(), func() error { return to.PostponePurchase(t.Context(), overtaken(p), at, at) })
}

func failedOrder(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for i, tt := range []struct {
		name          string
		claimed, sure bool
	}{{"without a number", false, true}, {"not sold", true, true}, {"not known whether it was sold", true, false}} {
		t.Run(tt.name, func(t *testing.T) {
			s, p := waitingStore(t, to, fmt.Sprint("s", i), "US", true)
			p = withoutUnfit(given[clienteling.Purchase](t)(to.TakePurchase(t.Context(), "acme", p.ID, at)))
			e164 := fmt.Sprint("+1212555020", i)
			if tt.claimed {
				p = given[clienteling.Purchase](t)(to.ClaimCandidate(t.Context(), p, e164, clienteling.AnyReply, at))
			}
			refused(t, db, "overtaken", table.ErrNotReady.Error(), func() error {
				return to.FailPurchase(t.Context(), overtaken(p), clienteling.ReasonAccount, tt.sure, at)
			})
			must(t, to.FailPurchase(t.Context(), p, clienteling.ReasonAccount, tt.sure, at.Add(time.Hour)))
			p.State, p.Reason, p.UpdatedAt, p.Version = clienteling.PurchaseFailed, clienteling.ReasonAccount, at.Add(time.Hour), p.Version+1
			wantOrder(t, to, p)
			wantAttention(t, to, p, "")

			// Its store is where it was, and says why.
			s.State, s.Wish, s.Purchase, s.Trouble, s.Version = clienteling.StoreEligible, clienteling.Wish{}, "", "account_refused", s.Version+1
			wantStore(t, to, s)
			wantListed(t, to, s.ID, clienteling.StoreEligible)

			i := db.Items(t)["NUMBER#"+e164+" / NUMBER"]
			if tt.claimed && !tt.sure {
				if i["state"] != "released" || i["purchase"] != p.ID || fmt.Sprint(i["expiresAt"]) != fmt.Sprint(at.Add(time.Hour).AddDate(0, 0, 30).Unix()) {
					t.Errorf("the number is %v", i)
				}
			} else if i != nil {
				t.Errorf("the number is %v", i)
			}
			claiming(t, to, e164) // anybody may have it
		})
	}
	p := claiming(t, to, "+12125550209")
	steal(t, db, p)
	for _, sure := range []bool{true, false} {
		refused(t, db, "not its number any more", notFitting, func() error {
			return to.FailPurchase(t.Context(), p, clienteling.ReasonAccount, sure, at)
		})
	}
}

// ends are the two ends of an order without a number.
func ends(t *testing.T, to *table.Table) map[string]func(clienteling.Purchase) error {
	return map[string]func(clienteling.Purchase) error{
		"failed": func(p clienteling.Purchase) error {
			return to.FailPurchase(t.Context(), p, clienteling.ReasonNoneForSale, true, at)
		},
		"canceled": func(p clienteling.Purchase) error { return second(to.CancelPurchase(t.Context(), "acme", p.ID, at)) },
	}
}

// A store that does not wait for the order any more keeps what it has, and the order
// ends all the same. So does one whose store is nowhere.
func endedWithoutStore(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for name, end := range ends(t, to) {
		s, p := waitingStore(t, to, name, "US", true)
		s = given[clienteling.Store](t)(to.OnboardStore(t.Context(), s, available(t, to, "+1212555020"+fmt.Sprint(len(name)), "US"), false))
		must(t, end(p))
		wantStore(t, to, s)
		wantAttention(t, to, p, "")

		gone := anOrder("US", clienteling.PurchaseRequested)
		gone.Store = "atlantis"
		gone = given[clienteling.Purchase](t)(to.NewPurchase(t.Context(), gone, table.Idempotency{}))
		must(t, end(gone))
		wantAttention(t, to, gone, "")
		if _, err := to.Store(t.Context(), "acme", "atlantis"); !errors.Is(err, clienteling.ErrNotFound) {
			t.Errorf("%s, and its store came into being: %v", name, err)
		}
	}
}

func endedWhileStoreChanges(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for name, end := range ends(t, to) {
		s, p := waitingStore(t, to, name, "US", true)
		changes := 0
		change := func(call *http.Request, send scenario.Send) (*http.Response, error) {
			if !strings.HasSuffix(call.Header.Get("X-Amz-Target"), ".TransactWriteItems") || changes > 0 {
				return send(call)
			}
			changes++
			s.Name = "Acme Newbury Street"
			s = given[clienteling.Store](t)(to.SaveStore(t.Context(), s))
			return send(call)
		}
		db.Break(change)
		must(t, end(p))
		db.Mend()
		s.State, s.Wish, s.Purchase, s.Version = clienteling.StoreEligible, clienteling.Wish{}, "", s.Version+1
		if name == "failed" {
			s.Trouble = string(clienteling.ReasonNoneForSale)
		}
		wantStore(t, to, s)
		wantListed(t, to, s.ID, clienteling.StoreEligible)
		wantAttention(t, to, p, "")
		if changes != 1 {
			t.Errorf("%s after %d changes", name, changes)
		}
	}
}

func canceledOrder(t *testing.T, db *scenario.Table) {
	to := db.Open()
	cancel := func(id string, at time.Time) error { return second(to.CancelPurchase(t.Context(), "acme", id, at)) }

	s, p := waitingStore(t, to, "boston", "US", true)
	for _, p := range []clienteling.Purchase{
		p, order(t, to, "US", clienteling.PurchaseAssistance), order(t, to, notApproved, clienteling.PurchaseAwaitingApproval),
	} {
		p.State, p.UpdatedAt, p.Version = clienteling.PurchaseCanceled, at.Add(time.Hour), 2
		got, err := to.CancelPurchase(t.Context(), "acme", p.ID, at.Add(time.Hour))
		if err != nil || !reflect.DeepEqual(withoutUnfit(got), p) {
			t.Errorf("canceled %+v, %v; want %+v", got, err, p)
		}
		wantOrder(t, to, p)
		wantAttention(t, to, p, "")
		refused(t, db, "canceled already", "<nil>", func() error { return cancel(p.ID, at) })
	}
	s.State, s.Wish, s.Purchase, s.Version = clienteling.StoreEligible, clienteling.Wish{}, "", s.Version+1
	wantStore(t, to, s)
	wantListed(t, to, s.ID, clienteling.StoreEligible)

	// Whoever works on it may be spending money.
	worked := given[clienteling.Purchase](t)(to.TakePurchase(t.Context(), "acme", order(t, to, "US", clienteling.PurchaseRequested).ID, at))
	buying := claiming(t, to, "+12125550201")
	configuring := bought(t, to, order(t, to, "US", clienteling.PurchaseRequested), "+12125550202")
	completed := given[clienteling.Purchase](t)(to.CompletePurchase(t.Context(), bought(t, to, order(t, to, "US", clienteling.PurchaseRequested), "+12125550203"), at))
	failed := order(t, to, "US", clienteling.PurchaseRequested)
	must(t, to.FailPurchase(t.Context(), failed, clienteling.ReasonNoneForSale, true, at))
	for name, id := range map[string]string{
		"worked on": worked.ID, "buying": buying.ID, "configuring": configuring.ID, "completed": completed.ID, "failed": failed.ID,
	} {
		refused(t, db, name, "purchase_under_way", func() error { return cancel(id, at.Add(90*time.Second-time.Millisecond)) })
	}
	if err := cancel(worked.ID, at.Add(90*time.Second)); err != nil {
		t.Errorf("its worker has died: %v", err)
	}
	refused(t, db, "not there", "not_found", func() error { return cancel("x", at) })
	refused(t, db, "another's", "not_found", func() error { return second(to.CancelPurchase(t.Context(), "rival", buying.ID, at)) })
}

// Either the order is canceled or a worker has it, never both.
func cancelingRacesWorker(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for range 4 {
		p := order(t, to, "US", clienteling.PurchaseRequested)
		var outcomes [16]error
		raceOf(len(outcomes), func(n int) error {
			if n%2 == 0 {
				outcomes[n] = second(to.TakePurchase(t.Context(), "acme", p.ID, at))
			} else {
				outcomes[n] = second(to.CancelPurchase(t.Context(), "acme", p.ID, at))
			}
			return nil
		})
		taken, canceled := 0, 0
		for n, err := range outcomes {
			switch {
			case err == nil && n%2 == 0:
				taken++
			case err == nil:
				canceled++
			case n%2 == 0 && !errors.Is(err, table.ErrNotReady), n%2 == 1 && !errors.Is(err, clienteling.ErrPurchaseUnderWay):
				t.Errorf("caller %d: %v", n, err)
			}
		}
		got := given[clienteling.Purchase](t)(to.Purchase(t.Context(), "acme", p.ID))
		if taken > 1 || (taken == 1) != (canceled == 0) || (canceled > 0) != (got.State == clienteling.PurchaseCanceled) || got.Version != 2 {
			t.Errorf("taken %d times, canceled %d times, and it is %s at version %d", taken, canceled, got.State, got.Version)
		}
	}
}

func needsAssistance(t *testing.T, db *scenario.Table) {
	to := db.Open()
	p := bought(t, to, order(t, to, "US", clienteling.PurchaseRequested), "+12125550201")
	p.Unfit = []string{"+12125550200", p.Number}
	refused(t, db, "overtaken", table.ErrNotReady.Error(), func() error {
		return to.NeedAssistance(t.Context(), overtaken(p), clienteling.ReasonCannotText, at)
	})
	must(t, to.NeedAssistance(t.Context(), p, clienteling.ReasonCannotText, at.Add(time.Hour)))
	p.State, p.Reason, p.Number, p.SID, p.UpdatedAt, p.Version = clienteling.PurchaseAssistance, clienteling.ReasonCannotText, "", "", at.Add(time.Hour), p.Version+1
	wantOrder(t, to, p)
	wantAttention(t, to, p, "assistance")
	if got := db.Items(t)["RETAILER#acme / PURCHASE#"+p.ID]["gsi2sk"]; got != "2026-11-21T11:00:00.000Z#acme#"+p.ID {
		t.Errorf("listed as %v", got)
	}
	if _, err := to.NumberNow(t.Context(), "+12125550201"); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("the number: %v", err)
	}
	q := claiming(t, to, "+12125550202")
	steal(t, db, q)
	refused(t, db, "not its number any more", notFitting, func() error {
		return to.NeedAssistance(t.Context(), q, clienteling.ReasonCannotText, at)
	})
}

func fulfilled(t *testing.T, db *scenario.Table) {
	to := db.Open()
	p := given[clienteling.Purchase](t)(to.NewPurchase(t.Context(), clienteling.Purchase{
		Retailer: "acme", Country: "US", State: clienteling.PurchaseAssistance, Reason: clienteling.ReasonAssistedCountry, AccountSID: seed.AccountSID, At: at,
	}, table.Idempotency{}))
	fulfil := func(p clienteling.Purchase, e164 string) error {
		return second(to.FulfilPurchase(t.Context(), p, e164, "PN1", clienteling.AnyReply, at))
	}
	available(t, to, "+12125550209", "US")
	refused(t, db, "a number that is recorded", table.ErrForeignClaim.Error(), func() error { return fulfil(p, "+12125550209") })
	refused(t, db, "overtaken", table.ErrNotReady.Error(), func() error { return fulfil(overtaken(p), "+12125550201") })
	for _, state := range []clienteling.PurchaseState{clienteling.PurchaseRequested, clienteling.PurchaseAwaitingApproval, clienteling.PurchaseCanceled} {
		other := p
		other.State = state
		refused(t, db, string(state), table.ErrNotReady.Error(), func() error { return fulfil(other, "+12125550201") })
	}

	before := db.Items(t)
	expect(t, raceOf(16, func(n int) error { return fulfil(p, fmt.Sprintf("+121255503%02d", n)) }), map[string]int{"<nil>": 1, table.ErrNotReady.Error(): 15})
	if d := db.Items(t).Since(before); len(d.Added) != 1 {
		t.Errorf("numbers recorded: %v", d.Added)
	}
	got := given[clienteling.Purchase](t)(to.Purchase(t.Context(), "acme", p.ID))
	p.State, p.Number, p.SID, p.Reason, p.Version = clienteling.PurchaseConfiguring, got.Number, "PN1", "", 2
	wantOrder(t, to, p)
	wantAttention(t, to, p, "due")
	wantDue(t, to, p, at.Add(time.Minute))
	wantNumber(t, to, clienteling.Number{
		E164: p.Number, Country: "US", State: clienteling.NumberClaimed, AccountSID: seed.AccountSID, SID: "PN1", Retailer: "acme", Purchase: p.ID,
		Language: "en", OptInMode: clienteling.AnyReply,
	})
	given[clienteling.Purchase](t)(to.CompletePurchase(t.Context(), given[clienteling.Purchase](t)(to.TakePurchase(t.Context(), "acme", p.ID, at)), at))
}

func resumed(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for _, assisted := range []bool{false, true} {
		p := order(t, to, notApproved, clienteling.PurchaseAwaitingApproval)
		later := at.Add(time.Hour)
		expect(t, raceOf(16, func(int) error { return second(to.ResumePurchase(t.Context(), p, assisted, later)) }),
			map[string]int{"<nil>": 1, table.ErrNotReady.Error(): 15})
		p.State, p.UpdatedAt, p.Version = clienteling.PurchaseRequested, later, 2
		list := "due"
		if assisted {
			p.State, p.Reason, list = clienteling.PurchaseAssistance, clienteling.ReasonAssistedCountry, "assistance"
		}
		wantOrder(t, to, p)
		wantAttention(t, to, p, list)
		refused(t, db, "it does not wait", table.ErrNotReady.Error(), func() error { return second(to.ResumePurchase(t.Context(), p, assisted, at)) })
	}
	p := order(t, to, notApproved, clienteling.PurchaseAwaitingApproval)
	given[clienteling.Purchase](t)(to.CancelPurchase(t.Context(), "acme", p.ID, at))
	refused(t, db, "canceled meanwhile", table.ErrNotReady.Error(), func() error { return second(to.ResumePurchase(t.Context(), p, false, at)) })
}

func completed(t *testing.T, db *scenario.Table) {
	to := db.Open()
	p := bought(t, to, given[clienteling.Purchase](t)(to.TakePurchase(t.Context(), "acme", order(t, to, "US", clienteling.PurchaseRequested).ID, at)), "+12125550201")
	complete := func(p clienteling.Purchase) error { return second(to.CompletePurchase(t.Context(), p, at)) }
	refused(t, db, "overtaken", table.ErrNotReady.Error(), func() error { return complete(overtaken(p)) })
	expect(t, raceOf(16, func(int) error { return complete(p) }), map[string]int{"<nil>": 1, table.ErrNotReady.Error(): 15})
	p.State, p.Version = clienteling.PurchaseCompleted, p.Version+1
	wantOrder(t, to, p)
	wantAttention(t, to, p, "")
	n := clienteling.Number{
		E164: p.Number, Country: "US", State: clienteling.NumberAvailable, AccountSID: seed.AccountSID, SID: "PN1", Retailer: "acme", Purchase: p.ID,
		Language: "en", OptInMode: clienteling.AnyReply,
	}
	wantNumber(t, to, n)
	if free, _, err := to.Numbers(t.Context(), "acme", "US", clienteling.NumberAvailable, table.Page{Limit: 9}); err != nil || len(free) != 1 || free[0] != n {
		t.Errorf("available %+v, %v", free, err)
	}
	q := bought(t, to, order(t, to, "US", clienteling.PurchaseRequested), "+12125550202")
	steal(t, db, q)
	refused(t, db, "not its number any more", notFitting, func() error { return complete(q) })
}

func completedForStore(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for i, tt := range []struct {
		name              string
		enable, otherwise bool
		want              clienteling.StoreState
	}{
		{"to be enabled", true, false, clienteling.StoreEnabled},
		{"not to be enabled", false, false, clienteling.StoreOnboarded},
		{"wished otherwise", false, true, clienteling.StoreEnabled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, p := waitingStore(t, to, fmt.Sprint("s", i), "US", tt.enable)
			p = bought(t, to, p, fmt.Sprint("+1212555020", i))
			if tt.otherwise {
				s = given[clienteling.Store](t)(to.WishOtherwise(t.Context(), s, !tt.enable))
			}
			expect(t, raceOf(16, func(int) error { return second(to.CompletePurchase(t.Context(), p, at)) }), map[string]int{"<nil>": 1, table.ErrNotReady.Error(): 15})
			s.State, s.Number, s.AccountSID, s.Language, s.Version = tt.want, p.Number, seed.AccountSID, "en", s.Version+1
			s.Wish, s.Purchase = clienteling.Wish{}, ""
			wantStore(t, to, s)
			wantListed(t, to, s.ID, tt.want)
			wantNumber(t, to, clienteling.Number{
				E164: p.Number, Country: "US", State: clienteling.NumberAssigned, AccountSID: seed.AccountSID, SID: "PN1", Retailer: "acme", Purchase: p.ID,
				Store: s.ID, StoreName: s.Name, Enabled: tt.want == clienteling.StoreEnabled, ForwardTo: s.Phone, Language: "en", OptInMode: clienteling.AnyReply,
			})
			p.State, p.Version = clienteling.PurchaseCompleted, p.Version+1
			wantOrder(t, to, p)
			wantAttention(t, to, p, "")
		})
	}

	// A store that does not wait for the order keeps what it has; the number is free.
	s, p := waitingStore(t, to, "boston", "US", true)
	p = bought(t, to, p, "+12125550209")
	s = given[clienteling.Store](t)(to.OnboardStore(t.Context(), s, available(t, to, "+12125550210", "US"), false))
	given[clienteling.Purchase](t)(to.CompletePurchase(t.Context(), p, at))
	wantStore(t, to, s)
	if n, err := to.NumberNow(t.Context(), p.Number); err != nil || n.State != clienteling.NumberAvailable || n.Store != "" {
		t.Errorf("number %+v, %v", n, err)
	}
}

// The directory changes a store between the look at it and the completion of its
// order: the number learns what is true by then.
func directoryChangesStore(t *testing.T, db *scenario.Table) {
	to := db.Open()
	s, p := waitingStore(t, to, "boston", "US", true)
	p = bought(t, to, p, "+12125550201")
	renamed := s
	changes := 0
	db.Break(func(call *http.Request, send scenario.Send) (*http.Response, error) {
		var err error
		renamed.Name, renamed.Phone = "Acme Newbury Street", "+16175550190"
		if renamed, err = to.SaveStore(t.Context(), renamed); err != nil {
			t.Errorf("the directory: %v", err)
		}
		changes++
		return send(call)
	}, 2) // after the store was read
	given[clienteling.Purchase](t)(to.CompletePurchase(t.Context(), p, at))
	n := given[clienteling.Number](t)(to.NumberNow(t.Context(), p.Number))
	if changes != 1 || n.StoreName != "Acme Newbury Street" || n.ForwardTo != "+16175550190" || n.Store != "boston" {
		t.Errorf("after %d changes the number is %+v", changes, n)
	}
	s.Name, s.Phone, s.State, s.Number, s.AccountSID, s.Language = n.StoreName, n.ForwardTo, clienteling.StoreEnabled, n.E164, seed.AccountSID, "en"
	s.Wish, s.Purchase, s.Version = clienteling.Wish{}, "", s.Version+2
	wantStore(t, to, s)

	// And all at once.
	s, p = waitingStore(t, to, "chicago", "US", true)
	p = bought(t, to, p, "+12125550202")
	outcomes := race(func(n int) error {
		if n == 0 {
			return second(to.CompletePurchase(t.Context(), p, at))
		}
		changed := s
		changed.Phone = fmt.Sprintf("+1617555%04d", n)
		return second(to.SaveStore(t.Context(), changed))
	})
	s = given[clienteling.Store](t)(to.Store(t.Context(), "acme", "chicago"))
	n = given[clienteling.Number](t)(to.NumberNow(t.Context(), p.Number))
	if outcomes["<nil>"]+outcomes["store_changed"] != 64 || s.State != clienteling.StoreEnabled || s.Number != n.E164 || n.ForwardTo != s.Phone || n.StoreName != s.Name {
		t.Errorf("outcomes %v, store %+v, number %+v", outcomes, s, n)
	}
}

func releasedNumber(t *testing.T, db *scenario.Table) {
	to := db.Open()
	n := available(t, to, "+12125550201", "US")
	expect(t, raceOf(16, func(int) error { return second(to.ReleaseNumber(t.Context(), "acme", n.E164, at)) }), map[string]int{"<nil>": 16})
	n.State = clienteling.NumberReleasing
	wantNumber(t, to, n)
	refused(t, db, "again", "<nil>", func() error {
		got, err := to.ReleaseNumber(t.Context(), "acme", n.E164, at.Add(time.Hour))
		if got != n {
			t.Errorf("again: %+v", got)
		}
		return err
	})
	wantReleaseDue := func(due time.Time, want int) {
		t.Helper()
		found, err := to.DueReleases(t.Context(), due, 9)
		if err != nil || len(found) != want || want == 1 && found[0] != n {
			t.Errorf("due at %v: %+v, %v", due, found, err)
		}
	}
	wantReleaseDue(at.Add(time.Minute), 0)
	wantReleaseDue(at.Add(time.Minute+time.Millisecond), 1)
	must(t, to.ReleaseDueAgain(t.Context(), n, at.Add(time.Hour)))
	wantReleaseDue(at.Add(time.Hour), 0)
	wantReleaseDue(at.AddDate(1, 0, 0), 1)

	other := n
	other.SID = "PN2"
	refused(t, db, "another number of that name", "<nil>", func() error { return to.NumberReleased(t.Context(), other, at) })
	must(t, to.NumberReleased(t.Context(), n, at))
	wantReleaseDue(at.AddDate(1, 0, 0), 0)
	n.State = clienteling.NumberReleased
	wantNumber(t, to, n)
	i := db.Items(t)["NUMBER#"+n.E164+" / NUMBER"]
	if i["gsi2pk"] != nil || i["gsi2sk"] != nil || fmt.Sprint(i["expiresAt"]) != fmt.Sprint(at.AddDate(0, 0, 30).Unix()) {
		t.Errorf("given back: %v", i)
	}
	refused(t, db, "given back again", "<nil>", func() error { return to.NumberReleased(t.Context(), n, at.Add(time.Hour)) })
	refused(t, db, "due after it was given back", "<nil>", func() error { return to.ReleaseDueAgain(t.Context(), n, at) })
	refused(t, db, "available ones are not given back", "<nil>", func() error { return to.NumberReleased(t.Context(), seed.Shops[0].Number, at) })
}

func notReleased(t *testing.T, db *scenario.Table) {
	to := db.Open()
	claimed := claiming(t, to, "+12125550201")
	gone := available(t, to, "+12125550202", "US")
	gone = given[clienteling.Number](t)(to.ReleaseNumber(t.Context(), "acme", gone.E164, at))
	must(t, to.NumberReleased(t.Context(), gone, at))
	free := available(t, to, "+12125550203", "US")
	for _, tt := range []struct{ name, retailer, e164, want string }{
		{"a store's", "acme", seed.Shops[0].Number.E164, "number_is_permanent"},
		{"an order's", "acme", claimed.Number, "purchase_under_way"},
		{"given back", "acme", gone.E164, "not_found"},
		{"not there", "acme", "+12125550299", "not_found"},
		{"another's", "rival", free.E164, "not_found"},
		{"another's, of a store", "rival", seed.Shops[0].Number.E164, "not_found"},
	} {
		refused(t, db, tt.name, tt.want, func() error {
			n, err := to.ReleaseNumber(t.Context(), tt.retailer, tt.e164, at)
			if want := map[string]string{"number_is_permanent": "new-york"}[tt.want]; n.Store != want {
				t.Errorf("%s: of store %q", tt.name, n.Store)
			}
			return err
		})
	}
}

// A number that is given back never becomes a store's, and a store's is never given back.
func releaseRacesStore(t *testing.T, db *scenario.Table) {
	to := db.Open()
	stores, _ := addStores(t, to, 30, 0)
	for i := range 3 {
		n := available(t, to, fmt.Sprint("+1212555020", i), "US")
		stores := stores[i*10:]
		outcomes := raceOf(20, func(k int) error {
			if k%2 == 0 {
				return second(to.ReleaseNumber(t.Context(), "acme", n.E164, at))
			}
			return second(to.OnboardStore(t.Context(), stores[k/2], n, false))
		})
		if outcomes["<nil>"]+outcomes["number_in_use"]+outcomes["number_is_permanent"]+outcomes["store_changed"] != 20 {
			t.Errorf("outcomes %v", outcomes)
		}
		got := given[clienteling.Number](t)(to.NumberNow(t.Context(), n.E164))
		on := 0
		for _, s := range stores[:10] {
			if s := given[clienteling.Store](t)(to.Store(t.Context(), "acme", s.ID)); s.Number == n.E164 {
				on++
				if got.Store != s.ID {
					t.Errorf("%s is on %+v", s.ID, got)
				}
			}
		}
		due := db.Items(t)["NUMBER#"+n.E164+" / NUMBER"]["gsi2pk"] != nil
		if (got.State == clienteling.NumberAssigned) != (on == 1) || (got.State == clienteling.NumberReleasing) != due || on > 1 {
			t.Errorf("number %+v, due %t, of %d stores", got, due, on)
		}
	}
}

func boughtAgain(t *testing.T, db *scenario.Table) {
	to := db.Open()
	n := available(t, to, "+12125550201", "US")
	n = given[clienteling.Number](t)(to.ReleaseNumber(t.Context(), "acme", n.E164, at))
	must(t, to.NumberReleased(t.Context(), n, at))

	p := bought(t, to, order(t, to, "US", clienteling.PurchaseRequested), n.E164)
	given[clienteling.Purchase](t)(to.CompletePurchase(t.Context(), p, at))
	n.State, n.SID, n.Purchase = clienteling.NumberAvailable, "PN1", p.ID
	wantNumber(t, to, n)
	if i := db.Items(t)["NUMBER#"+n.E164+" / NUMBER"]; i["expiresAt"] != nil {
		t.Errorf("it will be forgotten: %v", i)
	}

	// Given back again, it is forgotten after a month, whether DynamoDB has deleted it
	// or not, and may be another's.
	n = given[clienteling.Number](t)(to.ReleaseNumber(t.Context(), "acme", n.E164, at))
	must(t, to.NumberReleased(t.Context(), n, at))
	db.Set(at.AddDate(0, 0, 30))
	if _, err := to.NumberNow(t.Context(), n.E164); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("a month after: %v", err)
	}
	if known, err := to.NumbersOf(t.Context(), []string{n.E164}); err != nil || len(known) != 0 {
		t.Errorf("a month after: %v, %v", known, err)
	}
	must(t, to.RecordNumber(t.Context(), clienteling.Number{E164: n.E164, Country: "US", Retailer: "rival"}))
	if got, err := to.NumberNow(t.Context(), n.E164); err != nil || got.Retailer != "rival" || got.Purchase != "" {
		t.Errorf("the rival's: %+v, %v", got, err)
	}
}
