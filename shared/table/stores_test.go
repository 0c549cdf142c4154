package table_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

// onEngines runs a suite on every engine that plays DynamoDB, each test with the seed
// in a table of its own.
func onEngines(t *testing.T, suite map[string]func(*testing.T, *scenario.Table)) {
	scenario.Engines(t, func(t *testing.T, newTable func(testing.TB) *scenario.Table) {
		for name, test := range suite {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				db := newTable(t)
				db.Give(t, "seed")
				test(t, db)
			})
		}
	})
}

func TestStores(t *testing.T) {
	onEngines(t, map[string]func(*testing.T, *scenario.Table){
		"saved":                         savedStore,
		"not saved":                     unsavedStores,
		"one saves":                     oneSavesStore,
		"enabled":                       enabledStore,
		"onboarded":                     onboardedStore,
		"not onboarded":                 notOnboarded,
		"onboarded by itself":           autoOnboarded,
		"onboarded in its language":     onboardedInItsLanguage,
		"not onboarded by itself":       notAutoOnboarded,
		"one store by many":             oneStoreByMany,
		"many stores for few numbers":   manyStoresFewNumbers,
		"parked":                        parkedStore,
		"not parked":                    notParked,
		"parking races an approval":     parkingRacesApproval,
		"wished otherwise":              wishedOtherwise,
		"test locations":                testLocations,
		"one test location":             oneTestLocation,
		"a freed store is read anew":    freedStoreIsReadAnew,
		"without limits on a stage":     noTestLocations,
		"a released number as landline": releasedLandline,
	})
}

// The order's country of the seed that is not approved, and one whose numbers the
// operator fetches.
const (
	notApproved = "FR"
	assisted    = "ES"
)

// given returns what a write made that must succeed.
func given[T any](t *testing.T) func(T, error) T {
	return func(made T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
}

// must fails the test at once on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused fails unless the error has that code, and the call changed nothing.
func refused(t *testing.T, db *scenario.Table, name, want string, do func() error) {
	t.Helper()
	unchanged(t, db, func() {
		if err := do(); code(err) != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	})
}

// shop saves a store with a landline.
func shop(t *testing.T, to *table.Table, id, country string) clienteling.Store {
	t.Helper()
	return given[clienteling.Store](t)(to.SaveStore(t.Context(), clienteling.Store{
		Retailer: "acme", ID: id, Name: "Acme " + id, Country: country, Phone: "+12125550177", TimeZone: "Europe/Paris",
	}))
}

// available records a number that no store uses.
func available(t *testing.T, to *table.Table, e164, country string) clienteling.Number {
	t.Helper()
	n := clienteling.Number{
		E164: e164, Country: country, AccountSID: seed.AccountSID, SID: "PN" + e164[1:], Retailer: "acme", Language: "en", OptInMode: clienteling.AnyReply,
	}
	must(t, to.RecordNumber(t.Context(), n))
	n.State = clienteling.NumberAvailable
	return n
}

// wantStore fails unless a store is as it should be.
func wantStore(t *testing.T, to *table.Table, want clienteling.Store) {
	t.Helper()
	if got, err := to.Store(t.Context(), want.Retailer, want.ID); err != nil || got != want {
		t.Errorf("store %+v, %v\nwant  %+v", got, err, want)
	}
}

func wantNumber(t *testing.T, to *table.Table, want clienteling.Number) {
	t.Helper()
	if got, err := to.NumberNow(t.Context(), want.E164); err != nil || got != want {
		t.Errorf("number %+v, %v\nwant   %+v", got, err, want)
	}
}

// wantListed fails unless the list of exactly one state has the store.
func wantListed(t *testing.T, to *table.Table, id string, state clienteling.StoreState) {
	t.Helper()
	for _, s := range []clienteling.StoreState{
		clienteling.StoreEligible, clienteling.StoreParked, clienteling.StoreOrdering, clienteling.StoreOnboarded, clienteling.StoreEnabled,
	} {
		found, _, err := to.StoreList(t.Context(), "acme", s, table.Page{Limit: 100}, func(s clienteling.Store) bool { return s.ID == id })
		if err != nil || (len(found) == 1) != (s == state) || len(found) > 1 {
			t.Errorf("%d of %s among the %s stores, %v; it is %s", len(found), id, s, err, state)
		}
		if len(found) == 1 && found[0].State != s {
			t.Errorf("%s, listed as %s, is %s", id, s, found[0].State)
		}
	}
}

// awaiting are the ids of the stores and orders that wait for an approval.
func awaiting(t *testing.T, to *table.Table, country string) (stores, orders []string) {
	t.Helper()
	waiting, err := to.Waiting(t.Context(), table.Approval{Registration: clienteling.Registration{Retailer: "acme", Country: country}}, 1000)
	must(t, err)
	for _, w := range waiting {
		if w.Purchase != nil {
			orders = append(orders, w.Purchase.ID)
			continue
		}
		stores = append(stores, w.Store.ID)
	}
	return stores, orders
}

func savedStore(t *testing.T, db *scenario.Table) {
	to := db.Open()
	want := clienteling.Store{
		Retailer: "acme", ID: "Paris_1.a-b", Name: "Acme Opéra", Country: "FR", Phone: "+33123456789", Address: "1 rue de la Paix\n75002 Paris",
		TimeZone: "Europe/Paris", Language: "fr",
	}
	s, err := to.SaveStore(t.Context(), want)
	want.State, want.Version = clienteling.StoreEligible, 1
	if err != nil || s != want {
		t.Errorf("saved %+v, %v; want %+v", s, err, want)
	}
	wantStore(t, to, want)
	wantListed(t, to, want.ID, clienteling.StoreEligible)

	// All that the directory says may change, and go.
	want = clienteling.Store{Retailer: "acme", ID: want.ID, Name: "Acme Geneva", Country: "CH", State: clienteling.StoreEligible, Version: 1}
	if s, err = to.SaveStore(t.Context(), want); err != nil || s.Version != 2 {
		t.Errorf("saved %+v, %v", s, err)
	}
	want.Version = 2
	wantStore(t, to, want)
	if got := db.Items(t)["RETAILER#acme / STORE#"+want.ID]["gsi1sk"]; got != "STORE#eligible#CH#"+want.ID {
		t.Errorf("it is listed as %v", got)
	}

	// Its number learns of a new name, landline and language, and of nothing else.
	n := number(t, to)
	s = given[clienteling.Store](t)(to.Store(t.Context(), "acme", n.Store))
	s.Name, s.Phone, s.Language = "Acme Madison Avenue", "+12125550178", "es-US"
	s = given[clienteling.Store](t)(to.SaveStore(t.Context(), s))
	n.StoreName, n.ForwardTo, n.Language = s.Name, s.Phone, s.Language
	wantStore(t, to, s)
	wantNumber(t, to, n)
	wantListed(t, to, s.ID, clienteling.StoreEnabled)
	s.Phone = ""
	given[clienteling.Store](t)(to.SaveStore(t.Context(), s))
	n.ForwardTo = ""
	wantNumber(t, to, n)
}

func unsavedStores(t *testing.T, db *scenario.Table) {
	to := db.Open()
	s := shop(t, to, "paris", "FR")
	free := available(t, to, "+12125550201", "US")
	releasing := available(t, to, "+12125550202", "US")
	given[clienteling.Number](t)(to.ReleaseNumber(t.Context(), "acme", releasing.E164, at))
	claimed := claiming(t, to, "+12125550203")

	with := func(change func(*clienteling.Store)) clienteling.Store {
		changed := s
		change(&changed)
		return changed
	}
	for _, tt := range []struct {
		name  string
		store clienteling.Store
		want  string
	}{
		{"a new one that is there", with(func(s *clienteling.Store) { s.Version = 0 }), "store_changed"},
		{"an old version", with(func(s *clienteling.Store) { s.Version = 2 }), "store_changed"},
		{"one that is not there", with(func(s *clienteling.Store) { s.ID = "atlantis" }), "store_changed"},
		{"of another retailer", with(func(s *clienteling.Store) { s.Retailer = "rival" }), "store_changed"},
		{"with another store's number", with(func(s *clienteling.Store) { s.Number = seed.Shops[0].Number.E164 }), "store_changed"},
		{"with a number that no store uses", with(func(s *clienteling.Store) { s.Number = free.E164 }), "store_changed"},
		{"its own number for a landline", with(func(s *clienteling.Store) { s.Number, s.Phone = "+12125550209", "+12125550209" }), "phone_invalid"},
		{"a store's number for a landline", with(func(s *clienteling.Store) { s.Phone = seed.Shops[0].Number.E164 }), "phone_invalid"},
		{"a free number for a landline", with(func(s *clienteling.Store) { s.Phone = free.E164 }), "phone_invalid"},
		{"a number that is given back for a landline", with(func(s *clienteling.Store) { s.Phone = releasing.E164 }), "phone_invalid"},
		{"an order's number for a landline", with(func(s *clienteling.Store) { s.Phone = claimed.Number }), "phone_invalid"},
		{"a new one with a number of ours", with(func(s *clienteling.Store) { s.ID, s.Version, s.Phone = "lyon", 0, free.E164 }), "phone_invalid"},
	} {
		refused(t, db, tt.name, tt.want, func() error { return second(to.SaveStore(t.Context(), tt.store)) })
	}
	var e *clienteling.Error
	if _, err := to.SaveStore(t.Context(), with(func(s *clienteling.Store) { s.Phone = free.E164 })); !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Pointer != "/phone" {
		t.Errorf("%v does not point to the phone", err)
	}
}

// A number that Twilio has back may have become the shop's own.
func releasedLandline(t *testing.T, db *scenario.Table) {
	to := db.Open()
	n := available(t, to, "+12125550201", "US")
	n = given[clienteling.Number](t)(to.ReleaseNumber(t.Context(), "acme", n.E164, at))
	must(t, to.NumberReleased(t.Context(), n, at))
	s := shop(t, to, "boston", "US")
	s.Phone = n.E164
	wantStore(t, to, given[clienteling.Store](t)(to.SaveStore(t.Context(), s)))
}

func oneSavesStore(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for version := range 2 {
		expect(t, race(func(n int) error {
			return second(to.SaveStore(t.Context(), clienteling.Store{
				Retailer: "acme", ID: "paris", Name: fmt.Sprint("Name ", n), Country: "FR", State: clienteling.StoreEligible, Version: version,
			}))
		}), map[string]int{"<nil>": 1, "store_changed": 63})
		if s, err := to.Store(t.Context(), "acme", "paris"); err != nil || s.Version != version+1 {
			t.Errorf("store %+v, %v", s, err)
		}
	}
}

func enabledStore(t *testing.T, db *scenario.Table) {
	to := db.Open()
	n := available(t, to, "+12125550201", "US")
	s := shop(t, to, "boston", "US")
	refused(t, db, "without a number", "store_changed", func() error { return second(to.EnableStore(t.Context(), s)) })
	s = given[clienteling.Store](t)(to.OnboardStore(t.Context(), s, n, false))
	old, foreign := s, s
	old.Version--
	foreign.Number = seed.Shops[1].Number.E164
	refused(t, db, "an old version", "store_changed", func() error { return second(to.EnableStore(t.Context(), old)) })
	refused(t, db, "another store's number", "store_changed", func() error { return second(to.EnableStore(t.Context(), foreign)) })
	expect(t, raceOf(16, func(int) error { return second(to.EnableStore(t.Context(), s)) }), map[string]int{"<nil>": 1, "store_changed": 15})
	s.State, s.Version = clienteling.StoreEnabled, s.Version+1
	wantStore(t, to, s)
	wantListed(t, to, s.ID, clienteling.StoreEnabled)
	if n, err := to.NumberNow(t.Context(), n.E164); err != nil || !n.Enabled || n.Store != s.ID {
		t.Errorf("number %+v, %v", n, err)
	}
	refused(t, db, "enabled", "store_changed", func() error { return second(to.EnableStore(t.Context(), s)) })
}

func onboardedStore(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for i, enable := range []bool{false, true} {
		n := available(t, to, fmt.Sprintf("+3361234560%d", i), notApproved)
		n.Language = "en"
		s := shop(t, to, fmt.Sprint("paris-", i), notApproved)
		// From the waiting room, where it leaves nothing.
		s = given[clienteling.Store](t)(to.ParkStore(t.Context(), s, clienteling.Wish{Number: n.E164, Enable: !enable}))
		on, err := to.OnboardStore(t.Context(), s, n, enable)

		s.Number, s.AccountSID, s.Language, s.Wish = n.E164, n.AccountSID, n.Language, clienteling.Wish{}
		s.State, s.Version = clienteling.StoreOnboarded, s.Version+1
		if enable {
			s.State = clienteling.StoreEnabled
		}
		n.State, n.Store, n.StoreName, n.Enabled, n.ForwardTo = clienteling.NumberAssigned, s.ID, s.Name, enable, s.Phone
		if err != nil || on != s {
			t.Errorf("onboarded %+v, %v\nwant      %+v", on, err, s)
		}
		wantStore(t, to, s)
		wantNumber(t, to, n)
		wantListed(t, to, s.ID, s.State)
		if stores, _ := awaiting(t, to, notApproved); stores != nil {
			t.Errorf("%v wait", stores)
		}
		listed, _, err := to.Numbers(t.Context(), "acme", notApproved, clienteling.NumberAssigned, table.Page{Limit: 9})
		if err != nil || len(listed) != i+1 || listed[i] != n {
			t.Errorf("numbers %+v, %v", listed, err)
		}
	}
}

// A store keeps its own language, whatever that of its number, which learns it: on a
// number that is there, and on one that is ordered.
func onboardedInItsLanguage(t *testing.T, db *scenario.Table) {
	to := db.Open()
	writing := func(id string) clienteling.Store {
		s := shop(t, to, id, "US")
		s.Language = "es-US"
		return given[clienteling.Store](t)(to.SaveStore(t.Context(), s))
	}
	n := available(t, to, "+12125550201", "US")
	on := given[clienteling.Store](t)(to.OnboardStore(t.Context(), writing("boston"), n, true))
	wantStore(t, to, on)
	_, p, err := to.AutoOnboard(t.Context(), writing("chicago"), true, clienteling.Associate{}, seed.AccountSID, at)
	must(t, err)
	given[clienteling.Purchase](t)(to.CompletePurchase(t.Context(), bought(t, to, *p, "+12125550202"), at))
	ordered := given[clienteling.Store](t)(to.Store(t.Context(), "acme", "chicago"))
	for _, s := range []clienteling.Store{on, ordered} {
		n := given[clienteling.Number](t)(to.NumberNow(t.Context(), s.Number))
		if s.Language != "es-US" || n.Language != "es-US" || n.Store != s.ID {
			t.Errorf("store %+v, number %+v", s, n)
		}
	}
}

// What the tests of the table as a whole do not refuse: numbers in every state.
func notOnboarded(t *testing.T, db *scenario.Table) {
	to := db.Open()
	s := shop(t, to, "boston", "US")
	free := available(t, to, "+12125550201", "US")
	p := claiming(t, to, "+12125550202")
	releasing := available(t, to, "+12125550203", "US")
	given[clienteling.Number](t)(to.ReleaseNumber(t.Context(), "acme", releasing.E164, at))
	released := available(t, to, "+12125550204", "US")
	given[clienteling.Number](t)(to.ReleaseNumber(t.Context(), "acme", released.E164, at))
	must(t, to.NumberReleased(t.Context(), released, at))
	old := s
	old.Version++
	for _, tt := range []struct {
		name, e164 string
		store      clienteling.Store
		want       string
	}{
		{"a claimed number", p.Number, s, "number_in_use"},
		{"a number that is given back", releasing.E164, s, "number_in_use"},
		{"a number that was given back", released.E164, s, "number_in_use"},
		{"another version of the store", free.E164, old, "store_changed"},
	} {
		refused(t, db, tt.name, tt.want, func() error {
			return second(to.OnboardStore(t.Context(), tt.store, clienteling.Number{E164: tt.e164}, true))
		})
	}
}

func autoOnboarded(t *testing.T, db *scenario.Table) {
	to := db.Open()
	robin := clienteling.Associate{ID: "u1", Name: "Robin"}

	// A number that no store uses comes first.
	n := available(t, to, "+12125550201", "US")
	s, p, err := to.AutoOnboard(t.Context(), shop(t, to, "boston", "US"), true, robin, seed.AccountSID, at)
	if err != nil || p != nil || s.Number != n.E164 || s.State != clienteling.StoreEnabled {
		t.Errorf("store %+v, order %+v, %v", s, p, err)
	}
	wantStore(t, to, s)

	// Else one is ordered.
	must(t, to.PutRegistration(t.Context(), clienteling.Registration{Retailer: "acme", Country: assisted, State: clienteling.RegistrationApproved}, at))
	for _, tt := range []struct {
		id, country string
		state       clienteling.PurchaseState
		reason      clienteling.Reason
	}{
		{"chicago", "US", clienteling.PurchaseRequested, ""},
		{"madrid", assisted, clienteling.PurchaseAssistance, clienteling.ReasonAssistedCountry},
	} {
		before := shop(t, to, tt.id, tt.country)
		s, p, err = to.AutoOnboard(t.Context(), before, true, robin, seed.AccountSID, at)
		if err != nil || p == nil {
			t.Fatalf("%s: order %+v, %v", tt.id, p, err)
		}
		want := clienteling.Purchase{
			ID: p.ID, Retailer: "acme", Country: tt.country, State: tt.state, Reason: tt.reason, Store: tt.id,
			AccountSID: seed.AccountSID, By: robin, At: at, UpdatedAt: at, Version: 1,
		}
		if got, err := to.Purchase(t.Context(), "acme", p.ID); err != nil || !reflect.DeepEqual(withoutUnfit(got), want) || !reflect.DeepEqual(*p, want) {
			t.Errorf("order %+v, %v\nreturned %+v\nwant %+v", got, err, *p, want)
		}
		before.State, before.Purchase, before.Version = clienteling.StoreOrdering, p.ID, 2
		before.Wish = clienteling.Wish{Number: clienteling.Auto, Enable: true}
		if s != before {
			t.Errorf("store %+v, want %+v", s, before)
		}
		wantStore(t, to, before)
		wantListed(t, to, tt.id, clienteling.StoreOrdering)
	}
}

func notAutoOnboarded(t *testing.T, db *scenario.Table) {
	to := db.Open()
	paris := shop(t, to, "paris", notApproved)
	old := shop(t, to, "boston", "US")
	old.Version++
	try := func(s clienteling.Store) error {
		_, p, err := to.AutoOnboard(t.Context(), s, true, clienteling.Associate{}, seed.AccountSID, at)
		if p != nil {
			t.Errorf("%s: an order %+v", s.ID, p)
		}
		return err
	}
	refused(t, db, "not approved", "approval_changed", func() error { return try(paris) })
	refused(t, db, "another version, no number there", "store_changed", func() error { return try(old) })
	refused(t, db, "with a number", "store_changed", func() error { return try(given[clienteling.Store](t)(to.Store(t.Context(), "acme", "berlin"))) })
	available(t, to, "+12125550201", "US")
	refused(t, db, "another version, a number there", "store_changed", func() error { return try(old) })
}

func oneStoreByMany(t *testing.T, db *scenario.Table) {
	to := db.Open()
	onboard := func(s clienteling.Store) map[string]int {
		return raceOf(32, func(int) error {
			_, _, err := to.AutoOnboard(t.Context(), s, false, clienteling.Associate{}, seed.AccountSID, at)
			return err
		})
	}
	once := map[string]int{"<nil>": 1, "store_changed": 31}
	expect(t, onboard(shop(t, to, "boston", "US")), once)
	orders, _, err := to.Purchases(t.Context(), "acme", table.Page{Limit: 100})
	s := given[clienteling.Store](t)(to.Store(t.Context(), "acme", "boston"))
	if err != nil || len(orders) != 1 || orders[0].ID != s.Purchase {
		t.Errorf("orders %+v, %v of %+v", orders, err, s)
	}

	for i := range 3 {
		available(t, to, fmt.Sprint("+1212555020", i), "US")
	}
	expect(t, onboard(shop(t, to, "chicago", "US")), once)
	left, _, err := to.Numbers(t.Context(), "acme", "US", clienteling.NumberAvailable, table.Page{Limit: 100})
	if orders, _, _ := to.Purchases(t.Context(), "acme", table.Page{Limit: 100}); err != nil || len(left) != 2 || len(orders) != 1 {
		t.Errorf("%d numbers left, %d orders, %v", len(left), len(orders), err)
	}
}

// Each number goes to one store, and each store that gets none has an order.
func manyStoresFewNumbers(t *testing.T, db *scenario.Table) {
	to := db.Open()
	const few = 3
	stores, _ := addStores(t, to, 32, few)
	expect(t, raceOf(len(stores), func(n int) error {
		_, _, err := to.AutoOnboard(t.Context(), stores[n], false, clienteling.Associate{}, seed.AccountSID, at)
		return err
	}), map[string]int{"<nil>": len(stores)})
	numbers, orders := map[string]bool{}, map[string]bool{}
	for _, s := range stores {
		s = given[clienteling.Store](t)(to.Store(t.Context(), "acme", s.ID))
		if s.State == clienteling.StoreOnboarded {
			if n, err := to.NumberNow(t.Context(), s.Number); err != nil || n.Store != s.ID {
				t.Errorf("%s is on %+v, %v", s.ID, n, err)
			}
			numbers[s.Number] = true
			continue
		}
		if p, err := to.Purchase(t.Context(), "acme", s.Purchase); err != nil || p.Store != s.ID || s.State != clienteling.StoreOrdering {
			t.Errorf("%+v waits for %+v, %v", s, p, err)
		}
		orders[s.Purchase] = true
	}
	if len(numbers) != few || len(orders) != len(stores)-few {
		t.Errorf("%d on a number, %d with an order", len(numbers), len(orders))
	}
	if all, _, err := to.Purchases(t.Context(), "acme", table.Page{Limit: 100}); err != nil || len(all) != len(orders) {
		t.Errorf("%d orders, %v", len(all), err)
	}
}

func parkedStore(t *testing.T, db *scenario.Table) {
	to := db.Open()
	want := shop(t, to, "paris", notApproved)
	for i, wish := range []clienteling.Wish{{Number: clienteling.Auto, Enable: true}, {Number: "+33612345600"}} { // it may change its mind
		s, err := to.ParkStore(t.Context(), want, wish)
		want.State, want.Wish, want.Version = clienteling.StoreParked, wish, i+2
		if err != nil || s != want {
			t.Errorf("parked %+v, %v; want %+v", s, err, want)
		}
		wantStore(t, to, want)
		wantListed(t, to, "paris", clienteling.StoreParked)
		if stores, orders := awaiting(t, to, notApproved); !reflect.DeepEqual(stores, []string{"paris"}) || orders != nil {
			t.Errorf("%v and %v wait", stores, orders)
		}
	}

	// Canada's papers are those of the US.
	must(t, to.PutRegistration(t.Context(), clienteling.Registration{Retailer: "acme", Country: "US", State: clienteling.RegistrationExpired}, at))
	given[clienteling.Store](t)(to.ParkStore(t.Context(), shop(t, to, "toronto", "CA"), clienteling.Wish{Number: clienteling.Auto}))
	if stores, _ := awaiting(t, to, "US"); !reflect.DeepEqual(stores, []string{"toronto"}) {
		t.Errorf("%v wait", stores)
	}

	old := want
	old.Version--
	refused(t, db, "an old version", "store_changed", func() error { return to.UnparkStore(t.Context(), old, "") })
	must(t, to.UnparkStore(t.Context(), want, clienteling.ReasonNumberInUse))
	want.State, want.Wish, want.Trouble, want.Version = clienteling.StoreEligible, clienteling.Wish{}, string(clienteling.ReasonNumberInUse), want.Version+1
	wantStore(t, to, want)
	wantListed(t, to, "paris", clienteling.StoreEligible)
	if stores, _ := awaiting(t, to, notApproved); stores != nil {
		t.Errorf("%v wait", stores)
	}
	// What went wrong last is forgotten when it sets out again.
	if s, err := to.ParkStore(t.Context(), want, clienteling.Wish{Number: clienteling.Auto}); err != nil || s.Trouble != "" {
		t.Errorf("parked again: %+v, %v", s, err)
	}
	if s, err := to.Store(t.Context(), "acme", "paris"); err != nil || s.Trouble != "" {
		t.Errorf("parked again: %+v, %v", s, err)
	}
}

func notParked(t *testing.T, db *scenario.Table) {
	to := db.Open()
	old := shop(t, to, "paris", notApproved)
	old.Version++
	boston, toronto := shop(t, to, "boston", "US"), shop(t, to, "toronto", "CA")
	berlin := given[clienteling.Store](t)(to.Store(t.Context(), "acme", "berlin"))
	must(t, to.PutRegistration(t.Context(), clienteling.Registration{Retailer: "acme", Country: "DE", State: clienteling.RegistrationExpired}, at))
	for _, tt := range []struct {
		name  string
		store clienteling.Store
		want  string
	}{
		{"approved", boston, "approval_changed"},
		{"approved with another", toronto, "approval_changed"},
		{"another version", old, "store_changed"},
		{"with a number", berlin, "store_changed"},
	} {
		refused(t, db, tt.name, tt.want, func() error {
			return second(to.ParkStore(t.Context(), tt.store, clienteling.Wish{Number: clienteling.Auto}))
		})
	}
}

// Whatever was parked before an approval is in the list of what waits for it; after
// it, nothing is parked any more.
func parkingRacesApproval(t *testing.T, db *scenario.Table) {
	to := db.Open()
	var stores [32]clienteling.Store
	for n := range stores {
		stores[n] = shop(t, to, fmt.Sprint("s", n), notApproved)
	}
	outcomes := raceOf(len(stores)+1, func(n int) error {
		if n == len(stores) {
			return to.PutRegistration(t.Context(), clienteling.Registration{Retailer: "acme", Country: notApproved, State: clienteling.RegistrationApproved}, at)
		}
		return second(to.ParkStore(t.Context(), stores[n], clienteling.Wish{Number: clienteling.Auto}))
	})
	if outcomes["<nil>"]+outcomes["approval_changed"] != len(stores)+1 {
		t.Errorf("outcomes %v", outcomes)
	}
	due, err := to.DueApprovals(t.Context(), at.Add(time.Second), 9)
	if err != nil || len(due) != 1 {
		t.Fatalf("due %+v, %v", due, err)
	}
	waiting, err := to.Waiting(t.Context(), due[0], 100)
	if err != nil || len(waiting) != outcomes["<nil>"]-1 {
		t.Errorf("%d wait, %v; outcomes %v", len(waiting), err, outcomes)
	}
	listed := map[string]bool{}
	for _, w := range waiting {
		listed[w.Store.ID] = true
	}
	for _, s := range stores {
		got, err := to.Store(t.Context(), "acme", s.ID)
		if err != nil || (got.State == clienteling.StoreParked) != listed[s.ID] {
			t.Errorf("%s is %s, and listed as waiting: %t, %v", s.ID, got.State, listed[s.ID], err)
		}
	}
}

func wishedOtherwise(t *testing.T, db *scenario.Table) {
	to := db.Open()
	parked := given[clienteling.Store](t)(to.ParkStore(t.Context(), shop(t, to, "paris", notApproved), clienteling.Wish{Number: clienteling.Auto}))
	ordering, _ := waitingStore(t, to, "boston", "US", false)
	for _, s := range []clienteling.Store{parked, ordering} {
		expect(t, raceOf(16, func(int) error { return second(to.WishOtherwise(t.Context(), s, true)) }), map[string]int{"<nil>": 1, "store_changed": 15})
		s.Wish.Enable, s.Version = true, s.Version+1
		wantStore(t, to, s)
		wantListed(t, to, s.ID, s.State)
	}
	if stores, _ := awaiting(t, to, notApproved); !reflect.DeepEqual(stores, []string{"paris"}) {
		t.Errorf("%v wait", stores)
	}
}

// A store whose order has ended is not written by those who read it while it waited:
// they would list it as waiting, or wish something for it that nobody looks at.
func freedStoreIsReadAnew(t *testing.T, db *scenario.Table) {
	to := db.Open()
	s, p := waitingStore(t, to, "boston", "US", false)
	must(t, to.FailPurchase(t.Context(), p, clienteling.ReasonNoneForSale, true, at))
	refused(t, db, "saved", "store_changed", func() error { return second(to.SaveStore(t.Context(), s)) })
	refused(t, db, "wished otherwise", "store_changed", func() error { return second(to.WishOtherwise(t.Context(), s, true)) })
	wantListed(t, to, "boston", clienteling.StoreEligible)
}

// waitingStore is a store that waits for its order.
func waitingStore(t *testing.T, to *table.Table, id, country string, enable bool) (clienteling.Store, clienteling.Purchase) {
	t.Helper()
	s, p, err := to.AutoOnboard(t.Context(), shop(t, to, id, country), enable, clienteling.Associate{ID: "u1", Name: "Robin"}, seed.AccountSID, at)
	if err != nil || p == nil {
		t.Fatalf("store %+v, order %+v, %v", s, p, err)
	}
	return s, *p
}

// location is the store that is the test location of a country.
func location(t *testing.T, to *table.Table, country string) string {
	t.Helper()
	return given[clienteling.Standing](t)(to.Standing(t.Context(), "acme")).TestLocations[country]
}

func testLocations(t *testing.T, db *scenario.Table) {
	db.TestLocations = true
	to := db.Open()
	first, other := shop(t, to, "paris", notApproved), shop(t, to, "lyon", notApproved)
	wish := clienteling.Wish{Number: clienteling.Auto}
	takenFor := func(s clienteling.Store) {
		t.Helper()
		refused(t, db, "onboarding another store", "test_location_taken", func() error {
			return second(to.OnboardStore(t.Context(), s, clienteling.Number{E164: "+33612345600"}, true))
		})
	}
	available(t, to, "+33612345600", notApproved)

	// Parking takes it, parking again keeps it, giving up frees it.
	first = given[clienteling.Store](t)(to.ParkStore(t.Context(), first, wish))
	first = given[clienteling.Store](t)(to.ParkStore(t.Context(), first, wish))
	if got := location(t, to, notApproved); got != "paris" {
		t.Errorf("the location is %q", got)
	}
	refused(t, db, "parking another store", "test_location_taken", func() error { return second(to.ParkStore(t.Context(), other, wish)) })
	takenFor(other)
	if code(second(to.ParkStore(t.Context(), shop(t, to, "vienna", "AT"), wish))) != "<nil>" {
		t.Error("another country has no location of its own")
	}
	must(t, to.UnparkStore(t.Context(), first, clienteling.ReasonNumberInUse))
	if got := location(t, to, notApproved); got != "" {
		t.Errorf("the location is %q", got)
	}

	// Waiting for a number takes it, an order that ends without one frees it.
	must(t, to.PutRegistration(t.Context(), clienteling.Registration{Retailer: "acme", Country: "AU", State: clienteling.RegistrationApproved}, at))
	sydney := shop(t, to, "sydney", "AU")
	for name, end := range map[string]func(p clienteling.Purchase) error{
		"canceled": func(p clienteling.Purchase) error { return second(to.CancelPurchase(t.Context(), "acme", p.ID, at)) },
		"failed": func(p clienteling.Purchase) error {
			return to.FailPurchase(t.Context(), p, clienteling.ReasonNoneForSale, true, at)
		},
	} {
		perth, p := waitingStore(t, to, "perth-"+name, "AU", false)
		if got := location(t, to, "AU"); got != perth.ID {
			t.Errorf("the location is %q", got)
		}
		refused(t, db, "ordering for another store", "test_location_taken", func() error {
			_, _, err := to.AutoOnboard(t.Context(), sydney, false, clienteling.Associate{}, seed.AccountSID, at)
			return err
		})
		if err := end(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := location(t, to, "AU"); got != "" {
			t.Errorf("%s, and the location is %q", name, got)
		}
	}

	// A parked store that goes on keeps its location, and so does one with its number.
	other = given[clienteling.Store](t)(to.ParkStore(t.Context(), other, wish))
	must(t, to.PutRegistration(t.Context(), clienteling.Registration{Retailer: "acme", Country: notApproved, State: clienteling.RegistrationApproved}, at))
	other, p, err := to.AutoOnboard(t.Context(), other, true, clienteling.Associate{}, seed.AccountSID, at)
	if err != nil || p != nil || other.Number == "" {
		t.Errorf("store %+v, order %+v, %v", other, p, err)
	}
	if got := location(t, to, notApproved); got != "lyon" {
		t.Errorf("the location is %q", got)
	}
	sydney, order := waitingStore(t, to, "sydney-2", "AU", false)
	given[clienteling.Purchase](t)(to.CompletePurchase(t.Context(), bought(t, to, order, "+61491570110"), at))
	if got := location(t, to, "AU"); got != sydney.ID {
		t.Errorf("the location is %q", got)
	}
}

func oneTestLocation(t *testing.T, db *scenario.Table) {
	db.TestLocations = true
	to := db.Open()
	stores, _ := addStores(t, to, 16, 2)
	expect(t, raceOf(len(stores), func(n int) error {
		_, _, err := to.AutoOnboard(t.Context(), stores[n], false, clienteling.Associate{}, seed.AccountSID, at)
		return err
	}), map[string]int{"<nil>": 1, "test_location_taken": 15})
	if orders, _, err := to.Purchases(t.Context(), "acme", table.Page{Limit: 9}); err != nil || len(orders) != 0 {
		t.Errorf("orders %+v, %v", orders, err)
	}
	if s, err := to.Store(t.Context(), "acme", location(t, to, "US")); err != nil || s.State != clienteling.StoreOnboarded {
		t.Errorf("the location is %+v, %v", s, err)
	}
}

func noTestLocations(t *testing.T, db *scenario.Table) {
	to := db.Open()
	waitingStore(t, to, "boston", "US", false)
	waitingStore(t, to, "chicago", "US", false)
	if s := given[clienteling.Standing](t)(to.Standing(t.Context(), "acme")); s.TestLocations != nil {
		t.Errorf("standing %+v", s)
	}
}
