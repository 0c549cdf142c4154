package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
)

// race gives all requests to the function at once, and counts what they are answered.
func race(t *testing.T, handle scenario.Handler, requests []scenario.Request) map[answered]int {
	t.Helper()
	all := make([]scenario.Response, len(requests))
	begin := make(chan struct{})
	var running errgroup.Group
	for n, r := range requests {
		running.Go(func() (err error) {
			<-begin
			all[n], err = handle(t.Context(), r)
			return err
		})
	}
	close(begin)
	if err := running.Wait(); err != nil {
		t.Fatal(err)
	}
	counts := map[answered]int{}
	for _, res := range all {
		counts[outcome(t, res)]++
	}
	return counts
}

// items are the keys of the items that begin like that.
func items(t *testing.T, db *scenario.Table, prefix string) (found []string) {
	t.Helper()
	for key := range db.Items(t) {
		if strings.HasPrefix(key, prefix) {
			found = append(found, key)
		}
	}
	return found
}

const atOnce = 8

// Of many stores that want one number, one gets it, and the others are told.
func TestOneNumberForOneStore(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "onboard")
	record(t, db, "acme", "US", seed.UnusedNumber)
	var all []scenario.Request
	for n := range atOnce {
		id := fmt.Sprint("us-", n)
		save(t, handle, id, "US")
		all = append(all, request(t, "onboard", id, onboarding(seed.UnusedNumber, true)))
	}
	counts := race(t, handle, all)
	if counts[answered{status: http.StatusOK}] != 1 || counts[answered{http.StatusConflict, "number_in_use"}] != atOnce-1 {
		t.Errorf("answered %v", counts)
	}
	n, err := db.Open().NumberNow(t.Context(), seed.UnusedNumber)
	if err != nil {
		t.Fatal(err)
	}
	for i := range atOnce {
		s, err := db.Open().Store(t.Context(), "acme", fmt.Sprint("us-", i))
		if err != nil {
			t.Fatal(err)
		}
		if won := n.Store == s.ID; won != (s.Number == n.E164) || won != (s.State == clienteling.StoreEnabled) || !won && s.State != clienteling.StoreEligible {
			t.Errorf("%s is %+v, the number is %s's", s.ID, s, n.Store)
		}
	}
}

// Of many who put one store on numbers of their choice, one is heard, and the other
// numbers stay free.
func TestOneStoreForOneAdmin(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "onboard")
	save(t, handle, "boston", "US")
	var all []scenario.Request
	for n := range atOnce {
		number := fmt.Sprint("+1212555020", n)
		record(t, db, "acme", "US", number)
		all = append(all, request(t, "onboard", "boston", onboarding(number, false)))
	}
	counts := race(t, handle, all)
	told := counts[answered{http.StatusConflict, "store_changed"}] + counts[answered{http.StatusConflict, "number_is_permanent"}]
	if counts[answered{status: http.StatusOK}] != 1 || told != atOnce-1 {
		t.Errorf("answered %v", counts)
	}
	s := must[store](t, handle, request(t, "get", "boston", nil))
	for n := range atOnce {
		number, err := db.Open().NumberNow(t.Context(), fmt.Sprint("+1212555020", n))
		if err != nil {
			t.Fatal(err)
		}
		mine := number.E164 == s.Number
		if mine != (number.Store == "boston") || mine != (number.State == clienteling.NumberAssigned) || !mine && number.State != clienteling.NumberAvailable {
			t.Errorf("%+v, and boston has %s", number, s.Number)
		}
	}
}

// Stores that take any number share out what there is, and order the rest: one each.
func TestAutoAtOnce(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "onboard-auto")
	const free = 3
	for n := range free {
		record(t, db, "acme", "US", fmt.Sprint("+1212555020", n))
	}
	var all []scenario.Request
	for n := range atOnce {
		id := fmt.Sprint("us-", n)
		save(t, handle, id, "US")
		all = append(all, request(t, "onboard-auto", id, onboarding(clienteling.Auto, false)))
	}
	counts := race(t, handle, all)
	if counts[answered{status: http.StatusOK}] != free || counts[answered{status: http.StatusAccepted}] != atOnce-free {
		t.Errorf("answered %v", counts)
	}
	if orders := items(t, db, "RETAILER#acme / PURCHASE#"); len(orders) != atOnce-free || len(db.NumberJobs.Left()) != atOnce-free {
		t.Errorf("%d orders, %d jobs", len(orders), len(db.NumberJobs.Left()))
	}
}

// Stores that take any number order as many as their retailer may in a day. The others
// are as they were, and set out tomorrow; so much is said. Whoever needs no order goes on.
func TestOrderQuota(t *testing.T) {
	t.Parallel()
	db, _, _ := given(t, "onboard-auto")
	handle := startOn(t, db, 3)
	auto := func(id string) scenario.Request {
		return request(t, "onboard-auto", id, onboarding(clienteling.Auto, false))
	}
	var all []scenario.Request
	for n := range atOnce {
		id := fmt.Sprint("us-", n)
		save(t, handle, id, "US")
		all = append(all, auto(id))
	}
	used := answered{http.StatusTooManyRequests, "number_quota_used"}
	if counts := race(t, handle, all); counts[answered{status: http.StatusAccepted}] != 3 || counts[used] != atOnce-3 {
		t.Errorf("answered %v", counts)
	}
	var left []string
	for n := range atOnce {
		s := must[store](t, handle, request(t, "get", fmt.Sprint("us-", n), nil))
		if s.State == "eligible" {
			left = append(left, s.ID)
		} else if s.State != "ordering" || s.Purchase == "" {
			t.Errorf("%+v", s)
		}
	}
	if orders := items(t, db, "RETAILER#acme / PURCHASE#"); len(left) != atOnce-3 || len(orders) != 3 || len(db.NumberJobs.Left()) != 3 {
		t.Fatalf("left %v, orders %v, jobs %v", left, orders, db.NumberJobs.Left())
	}
	before := db.Items(t)
	_, _, res := ask[store](t, handle, auto(left[0]))
	tomorrow := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	if res.Headers["retry-after"] != fmt.Sprint(int(tomorrow.Sub(db.Now()).Seconds())) || !strings.Contains(res.Body, "2026-11-22T00:00:00Z") {
		t.Errorf("answered %+v", res)
	}
	unchanged(t, db, before)

	// What waits for an approval, or finds a number, needs no order.
	save(t, handle, "paris", "FR")
	if s := must[store](t, handle, request(t, "onboard-parked", "paris", onboarding(clienteling.Auto, true))); s.State != "parked" {
		t.Errorf("%+v", s)
	}
	record(t, db, "acme", "US", seed.UnusedNumber)
	if s := must[store](t, handle, auto(left[0])); s.Number != seed.UnusedNumber {
		t.Errorf("%+v", s)
	}
	db.Set(tomorrow)
	for n, id := range left[1:] {
		got, s, res := ask[store](t, handle, auto(id))
		if n < 3 && (got.status != http.StatusAccepted || s.State != "ordering") || n >= 3 && got != used {
			t.Errorf("tomorrow %s: %d %s", id, res.StatusCode, res.Body)
		}
	}
}

// However many admins let one store take any number, one number is ordered.
func TestOneOrderForOneStore(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "onboard-auto-ordered")
	save(t, handle, "munich", "DE")
	counts := race(t, handle, slices.Repeat([]scenario.Request{request(t, "onboard-auto-ordered", "munich", onboarding(clienteling.Auto, true))}, atOnce))
	accepted, changed := counts[answered{status: http.StatusAccepted}], counts[answered{http.StatusConflict, "store_changed"}]
	if accepted < 1 || accepted+changed != atOnce {
		t.Errorf("answered %v", counts)
	}
	if orders := items(t, db, "RETAILER#acme / PURCHASE#"); len(orders) != 1 || len(db.NumberJobs.Left()) != 1 {
		t.Errorf("orders %v, jobs %v", orders, db.NumberJobs.Left())
	}
}

// Of many changes to what was read as one version, one is made.
func TestOneChangeOfAVersion(t *testing.T) {
	t.Parallel()
	_, handle, _ := given(t, "save")
	save(t, handle, "boston", "US")
	var all []scenario.Request
	for n := range atOnce {
		body := fields("US", "(617) 555-0190", "America/New_York")
		body["name"] = fmt.Sprint("Acme ", n)
		r := request(t, "save", "boston", body)
		r.Headers["if-match"] = `"1"`
		all = append(all, r)
	}
	counts := race(t, handle, all)
	// Who read the store before the winner wrote learns of it at their own write.
	told := counts[answered{http.StatusPreconditionFailed, "stale"}] + counts[answered{http.StatusConflict, "store_changed"}]
	if counts[answered{status: http.StatusOK}] != 1 || told != atOnce-1 {
		t.Errorf("answered %v", counts)
	}
	if _, _, res := ask[store](t, handle, request(t, "get", "boston", nil)); res.Headers["etag"] != `"2"` {
		t.Errorf("afterwards it is %s %s", res.Headers["etag"], res.Body)
	}
}

// The directory changes a landline while the store gets its number: calls ring the
// landline that the directory has in the end.
func TestLandlineChangesWhileOnboarding(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "onboard")
	for n := range 10 {
		id, number := fmt.Sprint("us-", n), fmt.Sprint("+1212555020", n)
		record(t, db, "acme", "US", number)
		save(t, handle, id, "US")
		counts := race(t, handle, []scenario.Request{
			request(t, "onboard", id, onboarding(number, false)),
			request(t, "save", id, fields("US", "(617) 555-0195", "America/New_York")),
		})
		if counts[answered{status: http.StatusOK}]+counts[answered{http.StatusConflict, "store_changed"}] != 2 {
			t.Errorf("answered %v", counts)
		}
		s := must[store](t, handle, request(t, "get", id, nil))
		got, err := db.Open().NumberNow(t.Context(), number)
		if err != nil || s.Number != "" && (got.ForwardTo != s.Phone || got.StoreName != s.Name) {
			t.Errorf("the store is %+v, its number %+v, %v", s, got, err)
		}
	}
}

// The queue is away: the order stands, and is due within a minute.
func TestQueueAway(t *testing.T) {
	t.Parallel()
	db, handle, r := given(t, "onboard-auto-ordered")
	save(t, handle, "munich", "DE")
	db.NumberJobs.Away(errors.New("the queue is away (on behalf of the test)"))
	got, s, res := ask[store](t, handle, r)
	if got.status != http.StatusAccepted || s.State != string(clienteling.StoreOrdering) || s.Purchase == "" {
		t.Fatalf("answered %d %s", res.StatusCode, res.Body)
	}
	due, err := db.Open().DuePurchases(t.Context(), db.Now().Add(time.Minute+time.Millisecond), 10)
	if err != nil || len(due) != 1 || due[0].ID != s.Purchase || due[0].Store != "munich" || due[0].State != clienteling.PurchaseRequested {
		t.Errorf("due are %+v, %v", due, err)
	}
	// Asking again orders nothing more, and leaves the job to what is due.
	db.NumberJobs.Away(nil)
	must[store](t, handle, r)
	if orders := items(t, db, "RETAILER#acme / PURCHASE#"); len(orders) != 1 || len(db.NumberJobs.Left()) != 0 {
		t.Errorf("orders %v, jobs %v", orders, db.NumberJobs.Left())
	}
}

// In an approved country whose numbers the operator fetches, the order waits for the
// operator, and no worker is bothered.
func TestAssistedCountry(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "onboard-parked")
	registration(t, db, "acme", "FR", clienteling.RegistrationApproved)
	save(t, handle, "paris", "FR")
	got, s, res := ask[store](t, handle, request(t, "onboard-parked", "paris", onboarding(clienteling.Auto, true)))
	if got.status != http.StatusAccepted || s.State != string(clienteling.StoreOrdering) || s.Enable == nil || !*s.Enable {
		t.Fatalf("answered %d %s", res.StatusCode, res.Body)
	}
	p, err := db.Open().Purchase(t.Context(), "acme", s.Purchase)
	if err != nil || p.State != clienteling.PurchaseAssistance || p.Reason != clienteling.ReasonAssistedCountry || p.By.Name != "Ada Admin" {
		t.Errorf("the order is %+v, %v", p, err)
	}
	if jobs := db.NumberJobs.Left(); len(jobs) > 0 {
		t.Errorf("jobs %v", jobs)
	}
}

// A failed order leaves its store where it was, and says why until it goes another way.
func TestTroubleIsShown(t *testing.T) {
	t.Parallel()
	db, handle, r := given(t, "onboard-auto-ordered")
	save(t, handle, "munich", "DE")
	ordered := must[store](t, handle, r)
	p, err := db.Open().TakePurchase(t.Context(), "acme", ordered.Purchase, db.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Open().FailPurchase(t.Context(), p, clienteling.ReasonNoneForSale, true, db.Now()); err != nil {
		t.Fatal(err)
	}
	s := must[store](t, handle, request(t, "get", "munich", nil))
	if s.State != "eligible" || s.Trouble == nil || *s.Trouble != (reason{"none_for_sale", clienteling.ReasonNoneForSale.Text()}) || s.Purchase+s.Number != "" || s.Enable != nil {
		t.Errorf("it is shown as %+v", s)
	}
	again := must[store](t, handle, r)
	if again.State != "ordering" || again.Trouble != nil || again.Purchase == ordered.Purchase {
		t.Errorf("ordered again, it is %+v", again)
	}
	want := []queue.NumberJob{{Do: queue.Buy, Retailer: "acme", Purchase: ordered.Purchase}, {Do: queue.Buy, Retailer: "acme", Purchase: again.Purchase}}
	if jobs := db.NumberJobs.Left(); !slices.Equal(jobs, want) {
		t.Errorf("jobs %v, want %v", jobs, want)
	}
}

// Wherever DynamoDB breaks, nothing is half done, and the same call later is answered
// as if nothing had been.
func TestStorageDown(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "enable")
	record(t, db, "acme", "US", seed.UnusedNumber)
	record(t, db, "acme", "US", "+12125550201")
	save(t, handle, "boston", "US")
	save(t, handle, "munich", "DE")
	save(t, handle, "paris", "FR")
	save(t, handle, "chicago", "US")
	must[store](t, handle, request(t, "onboard", "chicago", onboarding("+12125550201", false)))
	for _, test := range []struct {
		name   string
		r      scenario.Request
		status int
	}{
		{"list", listed(t, nil), http.StatusOK},
		{"list of a state", scenario.Event(t, "stores/list-ineligible"), http.StatusOK},
		{"get", scenario.Event(t, "stores/get"), http.StatusOK},
		{"save new", request(t, "save", "brooklyn", nil), http.StatusCreated},
		{"save enabled", request(t, "save-changed", "new-york", nil), http.StatusOK},
		{"onboard", request(t, "onboard", "boston", onboarding(seed.UnusedNumber, true)), http.StatusOK},
		{"order", request(t, "onboard", "munich", onboarding(clienteling.Auto, false)), http.StatusAccepted},
		{"wish otherwise", request(t, "onboard", "munich", onboarding(clienteling.Auto, true)), http.StatusAccepted},
		{"park", request(t, "onboard", "paris", onboarding(clienteling.Auto, false)), http.StatusAccepted},
		{"enable", request(t, "onboard", "chicago", map[string]any{"enable": true}), http.StatusOK},
	} {
		before, jobs := db.Items(t), len(db.NumberJobs.Left())
		calls := 0
		for {
			// The SDK tries a call three times.
			db.Break(scenario.Unsent, calls+1, calls+2, calls+3)
			got, _, res := ask[store](t, handle, test.r)
			db.Mend()
			if got.status == test.status {
				break
			}
			if got != (answered{http.StatusServiceUnavailable, "storage_unavailable"}) {
				t.Errorf("%s, broken at call %d: %d %s", test.name, calls+1, res.StatusCode, res.Body)
			}
			unchanged(t, db, before)
			if n := len(db.NumberJobs.Left()); n != jobs {
				t.Errorf("%s, broken at call %d: %d jobs", test.name, calls+1, n-jobs)
			}
			if calls++; calls > 10 {
				t.Fatalf("%s goes on calling", test.name)
			}
		}
		if calls < 2 {
			t.Errorf("%s was broken at %d calls only", test.name, calls)
		}
	}

	// Many at once: what is done is done, and the whole call may come again.
	db.Break(scenario.Unsent, 2, 3, 4)
	r := request(t, "enable", "", map[string]any{"stores": []string{"chicago", "new-york"}})
	if got, _, res := ask[struct{}](t, handle, r); got != (answered{http.StatusServiceUnavailable, "storage_unavailable"}) {
		t.Errorf("enable: %d %s", res.StatusCode, res.Body)
	}
	db.Mend()
	for _, one := range must[struct{ Results []enabled }](t, handle, r).Results {
		if one.State != "enabled" || one.Problem != nil {
			t.Errorf("enable: %+v", one)
		}
	}
}

// An answer of DynamoDB is lost on its way: the SDK asks again, and what was done
// is not done twice.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "onboard-auto-ordered")
	save(t, handle, "munich", "DE")
	reading := db.Measure(func() { must[store](t, handle, request(t, "get", "munich", nil)) })
	write := len(reading.Calls) + 2 // after the list of numbers
	db.Break(scenario.Unanswered, write)
	var got answered
	var res scenario.Response
	cost := db.Measure(func() {
		got, _, res = ask[store](t, handle, request(t, "onboard-auto-ordered", "munich", onboarding(clienteling.Auto, false)))
	})
	if calls := cost.Calls; len(calls) != write+1 || calls[write-1] != "TransactWriteItems" || calls[write] != "TransactWriteItems" {
		t.Errorf("it called %v", calls)
	}
	if got.status != http.StatusAccepted {
		t.Errorf("answered %d %s", res.StatusCode, res.Body)
	}
	if orders := items(t, db, "RETAILER#acme / PURCHASE#"); len(orders) != 1 || len(db.NumberJobs.Left()) != 1 {
		t.Errorf("orders %v, jobs %v", orders, db.NumberJobs.Left())
	}
}
