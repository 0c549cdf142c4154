package table_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

func TestOrderQuota(t *testing.T) {
	onEngines(t, map[string]func(*testing.T, *scenario.Table){
		"many orders at once":           manyOrdersFewPlaces,
		"orders of every kind":          everyOrderCounts,
		"what is no new order":          noNewOrder,
		"refused last":                  quotaRefusesLast,
		"without a quota":               noQuota,
		"another day":                   anotherDay,
		"an order whose answer is lost": countedOnce,
	})
}

// ordering is the table of whoever orders, with a quota.
func ordering(db *scenario.Table, perDay int) *table.Table {
	return table.Open(db.Config, table.Options{Name: db.Name, Now: db.Now, NewID: db.NewID, TestLocations: db.TestLocations, OrdersPerDay: perDay})
}

// counted is how many orders a retailer has made on the day of at.
func counted(t *testing.T, db *scenario.Table, retailer string) any {
	t.Helper()
	return db.Items(t)["ORDERED#"+retailer+" / 2026-11-21"]["count"]
}

// wantPlaces fails unless a retailer may order exactly so often today.
func wantPlaces(t *testing.T, to *table.Table, places int) {
	t.Helper()
	for range places {
		order(t, to, "US", clienteling.PurchaseRequested)
	}
	if err := second(to.NewPurchase(t.Context(), anOrder("US", clienteling.PurchaseRequested), table.Idempotency{})); code(err) != "number_quota_used" {
		t.Errorf("one more: %v", err)
	}
}

func manyOrdersFewPlaces(t *testing.T, db *scenario.Table) {
	to := ordering(db, 5)
	stores := make([]clienteling.Store, 8)
	for n := range stores {
		stores[n] = shop(t, to, fmt.Sprint("us-", n), "US")
	}
	expect(t, raceOf(16, func(n int) error {
		if n < len(stores) {
			_, _, err := to.AutoOnboard(t.Context(), stores[n], true, clienteling.Associate{}, seed.AccountSID, at)
			return err
		}
		return second(to.NewPurchase(t.Context(), anOrder("US", clienteling.PurchaseRequested), table.Idempotency{}))
	}), map[string]int{"<nil>": 5, "number_quota_used": 11})
	orders, _, err := to.Purchases(t.Context(), "acme", table.Page{Limit: 100})
	if err != nil || len(orders) != 5 {
		t.Errorf("orders %+v, %v", orders, err)
	}
	// Each store waits for its order, or is as it was.
	for _, before := range stores {
		s := given[clienteling.Store](t)(to.Store(t.Context(), "acme", before.ID))
		if s.State == clienteling.StoreOrdering {
			given[clienteling.Purchase](t)(to.Purchase(t.Context(), "acme", s.Purchase))
		} else if s != before {
			t.Errorf("store %+v, want %+v", s, before)
		}
	}
	refused(t, db, "one more", "number_quota_used", func() error {
		return second(to.NewPurchase(t.Context(), anOrder("US", clienteling.PurchaseRequested), table.Idempotency{}))
	})
	// It says how long to wait; whoever may order on goes on.
	var e *clienteling.Error
	if err := second(to.NewPurchase(t.Context(), anOrder("US", clienteling.PurchaseRequested), table.Idempotency{})); !errors.Is(err, table.ErrNumberQuotaUsed) || !errors.As(err, &e) ||
		e.Kind != clienteling.TooMany || e.RetryAfter != 14*time.Hour || !strings.Contains(e.Detail, "2026-11-22T00:00:00Z") || !strings.Contains(e.Detail, "NumberOrdersPerDay") {
		t.Errorf("refused with %+v", e)
	}
	wantPlaces(t, ordering(db, 7), 2)
	refused(t, db, "a lower one", "number_quota_used", func() error {
		return second(ordering(db, 3).NewPurchase(t.Context(), anOrder("US", clienteling.PurchaseRequested), table.Idempotency{}))
	})
}

func everyOrderCounts(t *testing.T, db *scenario.Table) {
	to := ordering(db, 9)
	must(t, to.PutRegistration(t.Context(), clienteling.Registration{Retailer: "acme", Country: assisted, State: clienteling.RegistrationApproved}, at))
	order(t, to, "US", clienteling.PurchaseRequested)
	order(t, to, assisted, clienteling.PurchaseAssistance)
	order(t, to, notApproved, clienteling.PurchaseAwaitingApproval)
	waitingStore(t, to, "boston", "US", true)
	waitingStore(t, to, "madrid", assisted, true)
	if n := counted(t, db, "acme"); fmt.Sprint(n) != "5" {
		t.Errorf("counted %v", n)
	}
	// The count goes away by itself, when the day is over.
	if expires := fmt.Sprint(db.Items(t)["ORDERED#acme / 2026-11-21"]["expiresAt"]); expires != fmt.Sprint(at.Add(48*time.Hour).Unix()) {
		t.Errorf("it expires at %s", expires)
	}
	wantPlaces(t, to, 4)
}

func noNewOrder(t *testing.T, db *scenario.Table) {
	to := ordering(db, 6)
	// Parked stores, and those on a number there is.
	given[clienteling.Store](t)(to.ParkStore(t.Context(), shop(t, to, "paris", notApproved), clienteling.Wish{Number: clienteling.Auto}))
	available(t, to, "+12125550201", "US")
	if _, p, err := to.AutoOnboard(t.Context(), shop(t, to, "boston", "US"), true, clienteling.Associate{}, seed.AccountSID, at); err != nil || p != nil {
		t.Errorf("order %+v, %v", p, err)
	}
	if n := counted(t, db, "acme"); n != nil {
		t.Errorf("counted %v", n)
	}
	// An order that buys number after number.
	p := given[clienteling.Purchase](t)(to.TakePurchase(t.Context(), "acme", order(t, to, "US", clienteling.PurchaseRequested).ID, at))
	for n := range 3 {
		p = bought(t, to, p, fmt.Sprint("+1212555021", n))
		p.Unfit = append(p.Unfit, p.Number)
		p = given[clienteling.Purchase](t)(to.DropCandidate(t.Context(), p, at))
	}
	// One that goes on when its country is approved.
	waits := order(t, to, notApproved, clienteling.PurchaseAwaitingApproval)
	given[clienteling.Purchase](t)(to.ResumePurchase(t.Context(), waits, false, at))
	if n := counted(t, db, "acme"); fmt.Sprint(n) != "2" {
		t.Errorf("counted %v", n)
	}
	// Those that end without a number keep their places.
	given[clienteling.Purchase](t)(to.CancelPurchase(t.Context(), "acme", order(t, to, "US", clienteling.PurchaseRequested).ID, at))
	failed := given[clienteling.Purchase](t)(to.TakePurchase(t.Context(), "acme", order(t, to, "US", clienteling.PurchaseRequested).ID, at))
	must(t, to.FailPurchase(t.Context(), failed, clienteling.ReasonNoneForSale, true, at))
	wantPlaces(t, to, 2)
	// Another retailer has a quota of its own.
	rival := anOrder("US", clienteling.PurchaseAwaitingApproval)
	rival.Retailer = "rival"
	given[clienteling.Purchase](t)(to.NewPurchase(t.Context(), rival, table.Idempotency{}))
}

// What else is wrong is said first: it stays so tomorrow.
func quotaRefusesLast(t *testing.T, db *scenario.Table) {
	to := ordering(db, 1)
	once := table.Idempotency{Key: "k", Fingerprint: "f"}
	given[clienteling.Purchase](t)(to.NewPurchase(t.Context(), anOrder("US", clienteling.PurchaseRequested), once))
	refused(t, db, "the same key", "repeated", func() error {
		return second(to.NewPurchase(t.Context(), anOrder("US", clienteling.PurchaseRequested), once))
	})
	refused(t, db, "another key", "number_quota_used", func() error {
		return second(to.NewPurchase(t.Context(), anOrder("US", clienteling.PurchaseRequested), table.Idempotency{Key: "l", Fingerprint: "f"}))
	})
	boston, paris := shop(t, to, "boston", "US"), shop(t, to, "paris", notApproved)
	old := boston
	old.Version++
	db.TestLocations = true
	staging := ordering(db, 1)
	given[clienteling.Store](t)(staging.OnboardStore(t.Context(), shop(t, to, "chicago", "US"), available(t, to, "+12125550201", "US"), false))
	must(t, to.PutRegistration(t.Context(), clienteling.Registration{Retailer: "acme", Country: assisted, State: clienteling.RegistrationApproved}, at))
	madrid := shop(t, to, "madrid", assisted)
	for _, tt := range []struct {
		name, want string
		of         *table.Table
		store      clienteling.Store
	}{
		{"all is well", "number_quota_used", to, boston},
		{"not approved", "approval_changed", to, paris},
		{"another version", "store_changed", to, old},
		{"another test location", "test_location_taken", staging, boston},
		{"no other test location", "number_quota_used", staging, madrid},
	} {
		refused(t, db, tt.name, tt.want, func() error {
			_, _, err := tt.of.AutoOnboard(t.Context(), tt.store, true, clienteling.Associate{}, seed.AccountSID, at)
			return err
		})
	}
}

// Whoever opens the table without a quota orders nothing.
func noQuota(t *testing.T, db *scenario.Table) {
	to := ordering(db, 0)
	s := shop(t, to, "boston", "US")
	for _, now := range []time.Time{at, at.Add(24 * time.Hour)} {
		refused(t, db, "an order", "number_quota_used", func() error {
			p := anOrder("US", clienteling.PurchaseRequested)
			p.At = now
			return second(to.NewPurchase(t.Context(), p, table.Idempotency{}))
		})
		refused(t, db, "a store", "number_quota_used", func() error {
			_, _, err := to.AutoOnboard(t.Context(), s, true, clienteling.Associate{}, seed.AccountSID, now)
			return err
		})
	}
	available(t, to, "+12125550201", "US")
	if on, _, err := to.AutoOnboard(t.Context(), s, true, clienteling.Associate{}, seed.AccountSID, at); err != nil || on.Number == "" {
		t.Errorf("%+v, %v", on, err)
	}
}

// A day is UTC's, wherever the clock says what it is.
func anotherDay(t *testing.T, db *scenario.Table) {
	to := ordering(db, 2)
	for n, tt := range []struct {
		at   time.Time
		want string
	}{
		{at, "<nil>"},
		{time.Date(2026, 11, 22, 0, 59, 59, 999_999_999, time.FixedZone("CET", 3600)), "<nil>"},
		{time.Date(2026, 11, 21, 23, 59, 59, 999_999_999, time.UTC), "number_quota_used"},
		{time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), "<nil>"},
		{time.Date(2026, 11, 21, 19, 0, 0, 0, time.FixedZone("EST", -5*3600)), "<nil>"},
		{time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), "number_quota_used"},
	} {
		p := anOrder("US", clienteling.PurchaseRequested)
		p.At = tt.at
		if err := second(to.NewPurchase(t.Context(), p, table.Idempotency{})); code(err) != tt.want {
			t.Errorf("%d, at %v: %v", n, tt.at, err)
		}
	}
}

// An order that is made while its answer is lost, and is sent again by the SDK, takes
// one place.
func countedOnce(t *testing.T, db *scenario.Table) {
	to := ordering(db, 3)
	lost := 0
	db.Break(func(call *http.Request, send scenario.Send) (*http.Response, error) {
		answer, err := send(call)
		if err == nil {
			_ = answer.Body.Close()
		}
		lost++
		return nil, errors.New("the answer is lost (on behalf of the test)")
	}, 1)
	given[clienteling.Purchase](t)(to.NewPurchase(t.Context(), anOrder("US", clienteling.PurchaseRequested), table.Idempotency{}))
	db.Mend()
	if n := counted(t, db, "acme"); fmt.Sprint(n) != "1" || lost != 1 {
		t.Errorf("counted %v after %d lost answers", n, lost)
	}
	wantPlaces(t, to, 2)
}
