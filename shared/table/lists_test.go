package table_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

func TestLists(t *testing.T) {
	onEngines(t, map[string]func(*testing.T, *scenario.Table){
		"stores":             storeLists,
		"stores asked twice": storesAskedTwice,
		"a page of few":      pageOfFew,
		"numbers":            numberLists,
		"many numbers":       manyNumbers,
		"orders":             orderLists,
		"due orders":         dueOrders,
		"assistance":         assistanceList,
		"failed jobs":        failedJobs,
		"unrouted texts":     unroutedTexts,
		"strangers":          strangers,
		"invented positions": inventedPositions,
	})
}

// walk reads a list page by page, with a limit, and names what it meets. It fails on a
// page that is too long, and on a list without end.
func walk[T any](t *testing.T, limit int, list func(table.Page) ([]T, string, error), name func(T) string) []string {
	t.Helper()
	names := []string{}
	p := table.Page{Limit: limit}
	for range 1000 {
		found, next, err := list(p)
		if err != nil || len(found) > limit {
			t.Fatalf("%d after %q, limit %d: %v", len(found), p.After, limit, err)
		}
		for _, f := range found {
			names = append(names, name(f))
		}
		if next == "" {
			return names
		}
		p.After = next
	}
	t.Fatalf("no end, limit %d", limit)
	return nil
}

// wantList walks a list with several limits.
func wantList[T any](t *testing.T, what string, want []string, list func(table.Page) ([]T, string, error), name func(T) string) {
	t.Helper()
	for _, limit := range []int{1, 2, 3, 5, 100} {
		if got := walk(t, limit, list, name); !slices.Equal(got, want) {
			t.Errorf("%s, limit %d: %q, want %q", what, limit, got, want)
		}
	}
}

func storeID(s clienteling.Store) string       { return s.ID }
func e164(n clienteling.Number) string         { return n.E164 }
func purchaseID(p clienteling.Purchase) string { return p.ID }

func storeLists(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for _, s := range [][2]string{{"s3", "FR"}, {"s1", "FR"}, {"s2", "AT"}, {"s4", "AT"}} {
		shop(t, to, s[0], s[1])
	}
	given[clienteling.Store](t)(to.ParkStore(t.Context(), shop(t, to, "parked", notApproved), clienteling.Wish{Number: clienteling.Auto}))
	waitingStore(t, to, "ordering", "US", false)
	given[clienteling.Store](t)(to.SaveStore(t.Context(), clienteling.Store{Retailer: "rival", ID: "s1", Country: "FR"}))
	all := func(clienteling.Store) bool { return true }
	for _, tt := range []struct {
		name  string
		state clienteling.StoreState
		keep  func(clienteling.Store) bool
		want  []string
	}{
		{"all, by id", "", all, []string{"berlin", "london", "new-york", "ordering", "parked", "s1", "s2", "s3", "s4"}},
		{"all that are French", "", func(s clienteling.Store) bool { return s.Country == "FR" }, []string{"parked", "s1", "s3"}},
		{"none", "", func(clienteling.Store) bool { return false }, nil},
		{"eligible, by country", clienteling.StoreEligible, all, []string{"s2", "s4", "s1", "s3"}},
		{"eligible, some", clienteling.StoreEligible, func(s clienteling.Store) bool { return s.ID > "s2" }, []string{"s4", "s3"}},
		{"parked", clienteling.StoreParked, all, []string{"parked"}},
		{"ordering", clienteling.StoreOrdering, all, []string{"ordering"}},
		{"onboarded", clienteling.StoreOnboarded, all, nil},
		{"enabled", clienteling.StoreEnabled, all, []string{"berlin", "london", "new-york"}},
	} {
		wantList(t, tt.name, tt.want, func(p table.Page) ([]clienteling.Store, string, error) {
			return to.StoreList(t.Context(), "acme", tt.state, p, tt.keep)
		}, storeID)
	}
}

// A token may name a store twice.
func storesAskedTwice(t *testing.T, db *scenario.Table) {
	to := db.Open()
	found, err := to.Stores(t.Context(), "acme", []string{"london", "berlin", "atlantis", "london"}, false)
	if err != nil || len(found) != 2 || found[0].ID != "berlin" || found[1].ID != "london" {
		t.Errorf("stores %+v, %v", found, err)
	}
}

// What one page reads is bounded, even if it finds nothing.
func pageOfFew(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for n := range 40 {
		given[clienteling.Store](t)(to.SaveStore(t.Context(), clienteling.Store{
			Retailer: "acme", ID: fmt.Sprintf("s%02d", n), Country: "FR", Address: strings.Repeat("a", 1600),
		}))
	}
	list := func(keep string) func(table.Page) ([]clienteling.Store, string, error) {
		return func(p table.Page) ([]clienteling.Store, string, error) {
			return to.StoreList(t.Context(), "acme", clienteling.StoreEligible, p, func(s clienteling.Store) bool { return s.ID >= keep })
		}
	}
	found, next, err := list("s39")(table.Page{Limit: 100})
	if err != nil || len(found) != 0 || next == "" {
		t.Errorf("%d stores, position %q, %v", len(found), next, err)
	}
	for _, limit := range []int{1, 7, 100} {
		if got := walk(t, limit, list("s38"), storeID); !slices.Equal(got, []string{"s38", "s39"}) {
			t.Errorf("limit %d: %v", limit, got)
		}
		if got := walk(t, limit, list(""), storeID); len(got) != 40 || !slices.IsSorted(got) {
			t.Errorf("limit %d: %v", limit, got)
		}
	}
}

func numberLists(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for _, n := range []string{"+33612345602", "+33612345601", "+33612345603"} {
		available(t, to, n, "FR")
	}
	available(t, to, "+4366412345600", "AT")
	given[clienteling.Number](t)(to.ReleaseNumber(t.Context(), "acme", "+33612345602", at))
	claimed := claiming(t, to, "+12125550201")
	must(t, to.RecordNumber(t.Context(), clienteling.Number{E164: "+33612345699", Country: "FR", Retailer: "rival"}))
	for _, tt := range []struct {
		name, country string
		state         clienteling.NumberState
		want          []string
	}{
		{"all, by country and state", "", "", []string{
			"+4366412345600", "+4917139200100", "+33612345601", "+33612345603", "+33612345602", "+447700900100", "+12125550100", claimed.Number,
		}},
		{"of a country", "FR", "", []string{"+33612345601", "+33612345603", "+33612345602"}},
		{"of a country and a state", "FR", clienteling.NumberAvailable, []string{"+33612345601", "+33612345603"}},
		{"of a state", "", clienteling.NumberAvailable, []string{"+4366412345600", "+33612345601", "+33612345603"}},
		{"claimed", "", clienteling.NumberClaimed, []string{claimed.Number}},
		{"releasing", "", clienteling.NumberReleasing, []string{"+33612345602"}},
		{"of no such country", "XX", "", nil},
	} {
		wantList(t, tt.name, tt.want, func(p table.Page) ([]clienteling.Number, string, error) {
			return to.Numbers(t.Context(), "acme", tt.country, tt.state, p)
		}, e164)
	}
}

func manyNumbers(t *testing.T, db *scenario.Table) {
	to := db.Open()
	asked := []string{seed.Shops[0].Number.E164, "+12125550299"}
	for n := range 120 {
		asked = append(asked, fmt.Sprintf("+1212777%04d", n))
		if n%40 == 0 {
			available(t, to, asked[len(asked)-1], "US")
		}
	}
	asked = append(asked, asked[0]) // once more
	known, err := to.NumbersOf(t.Context(), asked)
	if err != nil || len(known) != 4 {
		t.Errorf("%d numbers, %v", len(known), err)
	}
	for _, want := range []string{asked[0], "+12127770000", "+12127770040", "+12127770080"} {
		if known[want].E164 != want {
			t.Errorf("%s is %+v", want, known[want])
		}
	}
	if none, err := to.NumbersOf(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("none asked: %v, %v", none, err)
	}
}

func orderLists(t *testing.T, db *scenario.Table) {
	to := db.Open()
	var want []string
	for range 6 {
		want = append(want, order(t, to, "US", clienteling.PurchaseRequested).ID)
	}
	slices.Reverse(want)
	given[clienteling.Purchase](t)(to.CancelPurchase(t.Context(), "acme", want[2], at)) // ended ones are shown, too
	wantList(t, "orders", want, func(p table.Page) ([]clienteling.Purchase, string, error) {
		return to.Purchases(t.Context(), "acme", p)
	}, purchaseID)
	wantList(t, "a rival's orders", nil, func(p table.Page) ([]clienteling.Purchase, string, error) {
		return to.Purchases(t.Context(), "rival", p)
	}, purchaseID)
}

func dueOrders(t *testing.T, db *scenario.Table) {
	to := db.Open()
	ids := map[string]bool{}
	for range 16 { // each shard has one at least
		ids[order(t, to, "US", clienteling.PurchaseRequested).ID] = true
	}
	for limit, want := range map[int]int{1: 8, 9: 16} {
		due, err := to.DuePurchases(t.Context(), at.Add(time.Hour), limit)
		if err != nil || len(due) != want {
			t.Errorf("limit %d: %d due, %v; want %d", limit, len(due), err, want)
		}
		for _, p := range due {
			if !ids[p.ID] || p.Version != 1 {
				t.Errorf("due %+v", p)
			}
		}
	}
}

func assistanceList(t *testing.T, db *scenario.Table) {
	to := db.Open()
	must(t, to.PutRegistration(t.Context(), clienteling.Registration{Retailer: "rival", Country: "US", State: clienteling.RegistrationApproved}, at))
	var want []string
	for n := range 6 {
		p := anOrder("US", clienteling.PurchaseAssistance)
		p.At = at.Add(time.Duration(n) * time.Minute)
		if n%2 == 1 {
			p.Retailer = "rival"
		}
		want = append(want, given[clienteling.Purchase](t)(to.NewPurchase(t.Context(), p, table.Idempotency{})).ID)
	}
	given[clienteling.Purchase](t)(to.CancelPurchase(t.Context(), "acme", want[2], at))
	wantList(t, "assistance", slices.Delete(want, 2, 3), func(p table.Page) ([]clienteling.Purchase, string, error) {
		return to.Assistance(t.Context(), p)
	}, purchaseID)
}

func failedJobs(t *testing.T, db *scenario.Table) {
	db.Set(at)
	to := db.Open()
	keep := to.Keep("NumberPurchaseQueue")
	list := func(p table.Page) ([]table.FailedJob, string, error) { return to.FailedJobs(t.Context(), p) }
	job := func(j table.FailedJob) string { return j.Job }
	var want []string
	for n := range 4 {
		db.Set(at.Add(time.Duration(n) * time.Minute))
		want = append(want, fmt.Sprintf(`{"do":"buy","purchase":"%d"}`, n))
		must(t, keep(t.Context(), want[n], errors.New("it broke")))
	}
	wantList(t, "failed jobs", want, list, job)

	// One job is one entry, of its last failure.
	again := at.Add(time.Hour)
	db.Set(again)
	first, _, err := list(table.Page{Limit: 1})
	must(t, err)
	must(t, keep(t.Context(), want[0], errors.New("it broke again")))
	want = append(want[1:], want[0])
	wantList(t, "failed jobs", want, list, job)
	got, err := to.FailedJob(t.Context(), first[0].ID)
	if wanted := (table.FailedJob{ID: first[0].ID, Queue: "NumberPurchaseQueue", Job: want[3], Cause: "it broke again", At: again}); err != nil || got != wanted {
		t.Errorf("failed job %+v, %v; want %+v", got, err, wanted)
	}
	// The same job of another queue is another.
	must(t, to.JobFailed(t.Context(), table.FailedJob{Queue: "MessageSendQueue", Job: want[3], Cause: "x", At: again.Add(time.Minute)}))
	wantList(t, "failed jobs", append(slices.Clone(want), want[3]), list, job)

	refused(t, db, "it has failed again since", "<nil>", func() error { return to.JobReplayed(t.Context(), first[0]) })
	must(t, to.JobReplayed(t.Context(), got))
	refused(t, db, "replayed twice", "<nil>", func() error { return to.JobReplayed(t.Context(), got) })
	for _, id := range []string{got.ID, "", "x", strings.Repeat("x", 3000)} {
		if _, err := to.FailedJob(t.Context(), id); !errors.Is(err, clienteling.ErrNotFound) {
			t.Errorf("job %.9q: %v", id, err)
		}
	}
	wantList(t, "failed jobs", append(slices.Clone(want[:3]), want[3]), list, job) // that of the other queue
	db.Set(again.AddDate(0, 0, 31))
	wantList(t, "a month later", nil, list, job)
}

func unroutedTexts(t *testing.T, db *scenario.Table) {
	to := db.Open()
	var want []string
	for n := range 4 {
		in := text(fmt.Sprint("SM", n), fmt.Sprint("Anybody there? ", n))
		in.To, in.At = seed.UnusedNumber, at.Add(time.Duration(n)*time.Second)
		in.Media = []clienteling.Media{{URL: "https://media.example/1", ContentType: "image/png"}}
		must(t, to.KeepUnrouted(t.Context(), in))
		want = append(want, in.Body)
	}
	list := func(p table.Page) ([]table.Unrouted, string, error) { return to.UnroutedTexts(t.Context(), p) }
	wantList(t, "unrouted texts", want, list, func(u table.Unrouted) string { return u.Body })
	first, _, err := list(table.Page{Limit: 1})
	must(t, err)
	wanted := table.Unrouted{
		ID: first[0].ID, From: scenario.American, To: seed.UnusedNumber, Body: want[0],
		Media: []clienteling.Media{{URL: "https://media.example/1", ContentType: "image/png"}}, At: at,
	}
	if !reflect.DeepEqual(first[0], wanted) || wanted.ID == "" {
		t.Errorf("unrouted %+v, want %+v", first[0], wanted)
	}
}

func strangers(t *testing.T, db *scenario.Table) {
	db.Set(at)
	to := db.Open()
	var want []string
	for n := range 4 {
		s := table.Stranger{E164: fmt.Sprint("+1212555020", 9-n), SID: fmt.Sprint("PN", n), AccountSID: seed.AccountSID, FriendlyName: "Lobby", At: at.Add(time.Duration(n) * time.Minute)}
		must(t, to.NoteStranger(t.Context(), s))
		want = append(want, s.E164)
	}
	list := func(p table.Page) ([]table.Stranger, string, error) { return to.Strangers(t.Context(), p) }
	name := func(s table.Stranger) string { return s.E164 }
	wantList(t, "strangers", want, list, name)

	// One that is met again stays where it is, and is remembered longer than the others.
	again := table.Stranger{E164: want[0], SID: "PN0", AccountSID: seed.AccountSID, FriendlyName: "Lobby", At: at.AddDate(0, 0, 2)}
	must(t, to.NoteStranger(t.Context(), again))
	wantList(t, "strangers", want, list, name)
	db.Set(at.AddDate(0, 0, 4))
	wantList(t, "days later", want[:1], list, name)
	found, _, err := list(table.Page{Limit: 9})
	again.At = at
	if err != nil || len(found) != 1 || found[0] != again {
		t.Errorf("strangers %+v, %v; want %+v", found, err, again)
	}
	db.Set(at.AddDate(0, 0, 6))
	wantList(t, "more days later", nil, list, name)
}

// A position that no answer of ours ever held is a wrong request, whatever it is.
func inventedPositions(t *testing.T, db *scenario.Table) {
	to := db.Open()
	const since, uuid = "2026-11-21T10:00:00.000Z", "01a1fd8c-6900-7000-8000-000000000001"
	shop(t, to, "paris", "FR")
	order(t, to, "US", clienteling.PurchaseAssistance)
	lists := map[string]struct {
		list func(table.Page) error
		good string // a position that may well be one, of nothing that is there
		bad  []string
	}{
		"stores": {func(p table.Page) error {
			_, _, err := to.StoreList(t.Context(), "acme", "", p, func(clienteling.Store) bool { return true })
			return err
		}, "STORE#atlantis", []string{"STORE#eligible#FR#paris", "PROFILE", "COUNTRY#US"}},
		"eligible stores": {func(p table.Page) error {
			_, _, err := to.StoreList(t.Context(), "acme", clienteling.StoreEligible, p, func(clienteling.Store) bool { return true })
			return err
		}, "STORE#eligible#FR#atlantis", []string{"STORE#enabled#FR#paris", "STORE#eligible#FR", "STORE#eligible#", "STORE#eligible#FR#", "STORE#paris", "NUMBER#FR#eligible#paris"}},
		"numbers": {func(p table.Page) error { _, _, err := to.Numbers(t.Context(), "acme", "", "", p); return err },
			"NUMBER#US#available#+12125550299", []string{"NUMBER#", "NUMBER#US", "NUMBER#US#available#", "STORE#eligible#FR#paris"}},
		"numbers of a country": {func(p table.Page) error { _, _, err := to.Numbers(t.Context(), "acme", "US", "", p); return err },
			"NUMBER#US#available#+12125550299", []string{"NUMBER#GB#available#+12125550299"}},
		"orders": {func(p table.Page) error { _, _, err := to.Purchases(t.Context(), "acme", p); return err },
			"PURCHASE#" + uuid, []string{"STORE#paris", uuid}},
		"assistance": {func(p table.Page) error { _, _, err := to.Assistance(t.Context(), p); return err },
			since + "#acme#" + uuid, []string{since, since + "#" + uuid, since + "##" + uuid, since + "#acme#", "#acme#" + uuid, "yesterday#acme#" + uuid}},
		"failed jobs": {func(p table.Page) error { _, _, err := to.FailedJobs(t.Context(), p); return err },
			since + "#abc", []string{since, since + "#", since + "#a#b", "abc", "#abc"}},
		"unrouted texts": {func(p table.Page) error { _, _, err := to.UnroutedTexts(t.Context(), p); return err },
			since + "#" + uuid, []string{since, since + "#", uuid}},
		"strangers": {func(p table.Page) error { _, _, err := to.Strangers(t.Context(), p); return err },
			since + "#+12125550299", []string{since, since + "#", "+12125550299"}},
	}
	for name, l := range lists {
		if err := l.list(table.Page{Limit: 9, After: l.good}); err != nil {
			t.Errorf("%s after %q: %v", name, l.good, err)
		}
		cost := db.Measure(func() {
			for _, position := range append(l.bad, "x", "#", "####", " ", "\x00", l.good+strings.Repeat("x", 1024)) {
				if err := l.list(table.Page{Limit: 9, After: position}); code(err) != "invalid_cursor" {
					t.Errorf("%s after %.60q: %v", name, position, err)
				}
			}
		})
		if len(cost.Calls) > 0 {
			t.Errorf("%s: it asked for %v", name, cost.Calls)
		}
	}
}
