package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
)

const retailer = "acme"

// numbersWorld is reconcile with a retailer that is approved nowhere, and a Twilio that
// sells numbers.
type numbersWorld struct {
	*testing.T
	db  *scenario.Table
	sim *scenario.Simulator
	function
}

func numbers(t *testing.T, testLocations bool) *numbersWorld {
	t.Helper()
	db := scenario.NewTable(t)
	db.TestLocations = testLocations
	s := scenario.NewSimulator(t, db)
	w := &numbersWorld{t, db, s, function{
		log: scenario.Log(t), now: db.Now, table: db.Open(), twilio: s.Client(t), texts: db.Jobs, numbers: db.NumberJobs,
		stage: clienteling.Sandbox, publicBaseURL: seed.PublicBaseURL, accountSID: seed.AccountSID,
	}}
	w.must(w.table.EnableRetailer(t.Context(), clienteling.Retailer{ID: retailer, Countries: []string{"US", "CA", "FR"}, OptInMode: clienteling.AnyReply}))
	return w
}

func (w *numbersWorld) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *numbersWorld) pass(d time.Duration) { w.db.Set(w.db.Now().Add(d)) }

// runs runs reconcile once, now.
func (w *numbersWorld) runs() {
	w.Helper()
	w.must(w.run(w.Context()))
}

func (w *numbersWorld) register(country string, state clienteling.RegistrationState) {
	w.Helper()
	w.must(w.table.PutRegistration(w.Context(), clienteling.Registration{Retailer: retailer, Country: country, State: state}, w.db.Now()))
}

func (w *numbersWorld) order(country string, state clienteling.PurchaseState) clienteling.Purchase {
	w.Helper()
	p, err := w.table.NewPurchase(w.Context(), clienteling.Purchase{Retailer: retailer, Country: country, State: state, AccountSID: seed.AccountSID, At: w.db.Now()}, table.Idempotency{})
	w.must(err)
	return p
}

func (w *numbersWorld) store(id, country string) clienteling.Store {
	w.Helper()
	s, err := w.table.SaveStore(w.Context(), clienteling.Store{Retailer: retailer, ID: id, Name: id, Country: country})
	w.must(err)
	return s
}

func (w *numbersWorld) park(id, country, number string, enable bool) {
	w.Helper()
	_, err := w.table.ParkStore(w.Context(), w.store(id, country), clienteling.Wish{Number: number, Enable: enable})
	w.must(err)
}

func (w *numbersWorld) storeNow(id string) clienteling.Store {
	w.Helper()
	s, err := w.table.Store(w.Context(), retailer, id)
	w.must(err)
	return s
}

func (w *numbersWorld) purchaseNow(id string) clienteling.Purchase {
	w.Helper()
	p, err := w.table.Purchase(w.Context(), retailer, id)
	w.must(err)
	return p
}

func (w *numbersWorld) record(e164, country string) clienteling.Number {
	w.Helper()
	n := clienteling.Number{E164: e164, Country: country, Retailer: retailer, AccountSID: seed.AccountSID, SID: "PN" + strings.Repeat("0", 20) + e164[1:], Language: "en"}
	w.must(w.table.RecordNumber(w.Context(), n))
	return n
}

// An order that nobody takes up: a job each minute, from the first on, also when the
// queue was away.
func TestDueOrders(t *testing.T) {
	t.Parallel()
	w := numbers(t, false)
	w.register("US", clienteling.RegistrationApproved)
	p := w.order("US", clienteling.PurchaseRequested)
	w.must(w.table.SaveComparison(t.Context(), table.Comparison{AccountSID: seed.AccountSID, StartedAt: w.db.Now()}))
	at := w.db.Now()
	for _, step := range []struct {
		after time.Duration
		away  bool
		jobs  int
	}{
		{59 * time.Second, false, 0},
		{61 * time.Second, true, 0},
		{90 * time.Second, false, 0},
		{122 * time.Second, false, 1},
		{150 * time.Second, false, 1},
		{183 * time.Second, false, 2},
	} {
		w.db.Set(at.Add(step.after))
		w.db.NumberJobs.Away(nil)
		if step.away {
			w.db.NumberJobs.Away(errors.New("away"))
		}
		if err := w.run(t.Context()); (err != nil) != step.away {
			t.Errorf("after %v: %v", step.after, err)
		}
		if n := len(w.db.NumberJobs.Left()); n != step.jobs {
			t.Errorf("after %v: %d jobs, want %d", step.after, n, step.jobs)
		}
	}
	if job := w.db.NumberJobs.Left()[0]; job != (queue.NumberJob{Do: queue.Buy, Retailer: retailer, Purchase: p.ID}) {
		t.Errorf("job %+v", job)
	}
	// A worker takes it up: it is left alone until that must have ended.
	w.db.Set(at.Add(200 * time.Second))
	_, err := w.table.TakePurchase(t.Context(), retailer, p.ID, w.db.Now())
	w.must(err)
	for _, step := range []struct {
		after time.Duration
		jobs  int
	}{{289 * time.Second, 2}, {291 * time.Second, 3}} {
		w.db.Set(at.Add(step.after))
		w.runs()
		if n := len(w.db.NumberJobs.Left()); n != step.jobs {
			t.Errorf("after %v: %d jobs, want %d", step.after, n, step.jobs)
		}
	}
	// One that has ended is due no more.
	_, err = w.table.CancelPurchase(t.Context(), retailer, p.ID, w.db.Now())
	w.must(err)
	w.pass(time.Hour)
	w.runs()
	if n := len(w.db.NumberJobs.Left()); n != 3 {
		t.Errorf("it was canceled: %d jobs", n)
	}
}

// A number that nobody gives back: a job each minute.
func TestDueReleases(t *testing.T) {
	t.Parallel()
	w := numbers(t, false)
	w.must(w.table.SaveComparison(t.Context(), table.Comparison{AccountSID: seed.AccountSID, StartedAt: w.db.Now()}))
	const e164 = "+16175550177"
	w.record(e164, "US")
	n, err := w.table.ReleaseNumber(t.Context(), retailer, e164, w.db.Now())
	w.must(err)
	for _, step := range []struct {
		wait time.Duration
		away bool
		jobs int
	}{{59 * time.Second, false, 0}, {2 * time.Second, true, 0}, {30 * time.Second, false, 0}, {31 * time.Second, false, 1}, {61 * time.Second, false, 2}} {
		w.pass(step.wait)
		w.db.NumberJobs.Away(nil)
		if step.away {
			w.db.NumberJobs.Away(errors.New("away"))
		}
		if err := w.run(t.Context()); (err != nil) != step.away {
			t.Error(err)
		}
		if n := len(w.db.NumberJobs.Left()); n != step.jobs {
			t.Errorf("%d jobs, want %d", n, step.jobs)
		}
	}
	if job := w.db.NumberJobs.Left()[0]; job != (queue.NumberJob{Do: queue.Release, Retailer: retailer, Number: e164}) {
		t.Errorf("job %+v", job)
	}
	w.must(w.table.NumberReleased(t.Context(), n, w.db.Now()))
	w.pass(time.Hour)
	w.runs()
	if n := len(w.db.NumberJobs.Left()); n != 2 {
		t.Errorf("it was given back: %d jobs", n)
	}
}

// Everything that waits for an approval goes on, some at a time: numbers that are there
// are used first, the other stores get one ordered.
func TestApproval(t *testing.T) {
	t.Parallel()
	w := numbers(t, false)
	w.register("US", clienteling.RegistrationInReview)
	country := func(n int) string { return []string{"US", "CA"}[n%2] }
	const stores, orders, there = 60, 10, 5
	for n := range stores {
		w.park(fmt.Sprintf("store-%02d", n), country(n), clienteling.Auto, n%3 == 0)
	}
	var waiting []string
	for n := range orders {
		waiting = append(waiting, w.order(country(n), clienteling.PurchaseAwaitingApproval).ID)
	}
	for n := range there {
		w.record(fmt.Sprintf("+1617555017%d", n), "US")
	}
	w.must(w.table.SaveComparison(t.Context(), table.Comparison{AccountSID: seed.AccountSID, StartedAt: w.db.Now().Add(time.Hour)}))
	w.register("US", clienteling.RegistrationApproved)
	moved := func() (n int) {
		for key, i := range w.db.Items(t) {
			if strings.Contains(key, "/ STORE#store-") && i["state"] != string(clienteling.StoreParked) {
				n++
			}
		}
		for _, id := range waiting {
			if w.purchaseNow(id).State == clienteling.PurchaseRequested {
				n++
			}
		}
		return n
	}
	due := func() bool { return w.db.Items(t)["RETAILER#acme / COUNTRY#US"]["gsi2pk"] != nil }
	w.pass(time.Millisecond)
	for _, want := range []int{25, 50, 70} {
		w.must(w.approvals(t.Context()))
		if n := moved(); n != want {
			t.Errorf("%d have gone on, want %d", n, want)
		}
	}
	w.must(w.approvals(t.Context()))
	if !due() {
		t.Error("the approval is settled, although the index may know of more in a moment")
	}
	w.pass(2*time.Minute + time.Second)
	w.must(w.approvals(t.Context()))
	if due() {
		t.Error("the approval is still due")
	}

	onNumbers := 0
	for n := range stores {
		s := w.storeNow(fmt.Sprintf("store-%02d", n))
		enable := n%3 == 0
		switch s.State {
		case clienteling.StoreOnboarded, clienteling.StoreEnabled:
			if onNumbers++; s.Country != "US" || s.Number == "" || enable != (s.State == clienteling.StoreEnabled) {
				t.Errorf("store %+v", s)
			}
		case clienteling.StoreOrdering:
			if p := w.purchaseNow(s.Purchase); p.State != clienteling.PurchaseRequested || p.Store != s.ID || p.Country != s.Country || s.Wish != (clienteling.Wish{Number: clienteling.Auto, Enable: enable}) {
				t.Errorf("store %+v, order %+v", s, p)
			}
		default:
			t.Errorf("store %+v", s)
		}
	}
	if onNumbers != there {
		t.Errorf("%d stores are on the %d numbers", onNumbers, there)
	}
	left := map[queue.NumberJob]bool{}
	for _, job := range w.db.NumberJobs.Left() {
		left[job] = true
	}
	if n := len(w.db.NumberJobs.Left()); n != stores+orders-there || len(left) != n {
		t.Errorf("%d jobs, %d different ones", n, len(left))
	}
}

// What an approval sets free orders no more numbers in a day than the retailer may. The
// other stores stay parked and go on the days after, without keeping those who need no
// order.
func TestApprovalWithinQuota(t *testing.T) {
	t.Parallel()
	const stores, perDay = 40, 15
	w := numbers(t, false)
	w.register("US", clienteling.RegistrationInReview)
	for n := range stores {
		w.park(fmt.Sprintf("store-%02d", n), "CA", clienteling.Auto, true)
	}
	w.park("wishes", "US", "+16175550177", true)
	w.record("+16175550177", "US")
	waits := w.order("CA", clienteling.PurchaseAwaitingApproval) // of today, whenever it goes on
	w.register("US", clienteling.RegistrationApproved)
	var log bytes.Buffer
	w.function.log = slog.New(slog.NewJSONHandler(&log, nil))
	w.function.table = table.Open(w.db.Config, table.Options{Name: w.db.Name, Now: w.db.Now, NewID: w.db.NewID, OrdersPerDay: perDay})
	run := func(at time.Time) {
		t.Helper()
		w.db.Set(at)
		w.must(w.approvals(t.Context()))
	}
	want := func(when string, want map[clienteling.StoreState]int) {
		t.Helper()
		got := map[clienteling.StoreState]int{}
		for n := range stores {
			s := w.storeNow(fmt.Sprintf("store-%02d", n))
			got[s.State]++
			if s.State == clienteling.StoreParked && (s.Wish != (clienteling.Wish{Number: clienteling.Auto, Enable: true}) || s.Trouble != "") {
				t.Errorf("%s: %+v", when, s)
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	due := func() bool { return w.db.Items(t)["RETAILER#acme / COUNTRY#US"]["gsi2pk"] != nil }
	const parked, ordering, enabled = clienteling.StoreParked, clienteling.StoreOrdering, clienteling.StoreEnabled

	today := w.db.Now()
	for _, after := range []time.Duration{time.Second, time.Minute} {
		log.Reset()
		run(today.Add(after))
		want("today", map[clienteling.StoreState]int{ordering: perDay - 1, parked: stores - perDay + 1})
		if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), `"retailer":"acme","country":"CA","stores":26}`) {
			t.Errorf("the log is %s", &log)
		}
		if s, p := w.storeNow("wishes"), w.purchaseNow(waits.ID); s.State != enabled || p.State != clienteling.PurchaseRequested {
			t.Errorf("store %+v, order %+v", s, p)
		}
	}
	// A number that turns up helps a store at once.
	w.record("+14165550178", "CA")
	run(time.Date(2026, 11, 1, 23, 59, 59, 999, time.UTC))
	want("at midnight", map[clienteling.StoreState]int{ordering: perDay - 1, enabled: 1, parked: stores - perDay})
	run(time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
	want("tomorrow", map[clienteling.StoreState]int{ordering: 2*perDay - 1, enabled: 1, parked: stores - 2*perDay})
	if !due() {
		t.Error("the approval is settled, and stores are parked")
	}
	run(time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC))
	want("the day after", map[clienteling.StoreState]int{ordering: stores - 1, enabled: 1})
	run(time.Date(2026, 11, 3, 0, 1, 0, 0, time.UTC))
	if due() {
		t.Error("the approval is not settled")
	}
	if orders := len(w.db.NumberJobs.Left()); orders != stores {
		t.Errorf("%d jobs, want those of %d stores and one order", orders, stores-1)
	}
}

// A store that waits for a certain number.
func TestApprovalOfWishes(t *testing.T) {
	t.Parallel()
	const e164 = "+16175550177"
	for _, tt := range []struct {
		name   string
		given  func(w *numbersWorld)
		state  clienteling.StoreState
		reason clienteling.Reason
	}{
		{"it is there", func(w *numbersWorld) { w.record(e164, "US") }, clienteling.StoreEnabled, ""},
		{"another store is on it", func(w *numbersWorld) {
			w.db.TestLocations = false // that store is nobody's test location
			_, err := w.db.Open().OnboardStore(w.Context(), w.store("quicker", "US"), w.record(e164, "US"), true)
			w.must(err)
		}, clienteling.StoreEligible, clienteling.ReasonNumberInUse},
		{"it is being given back", func(w *numbersWorld) {
			w.record(e164, "US")
			_, err := w.table.ReleaseNumber(w.Context(), retailer, e164, w.db.Now())
			w.must(err)
		}, clienteling.StoreEligible, clienteling.ReasonNumberInUse},
		{"it is gone", func(*numbersWorld) {}, clienteling.StoreEligible, clienteling.ReasonNumberInUse},
		{"it is another retailer's", func(w *numbersWorld) {
			w.must(w.table.RecordNumber(w.Context(), clienteling.Number{E164: e164, Country: "US", Retailer: "other"}))
		}, clienteling.StoreEligible, clienteling.ReasonNumberInUse},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := numbers(t, true)
			w.park("boston", "US", e164, true)
			tt.given(w)
			w.register("US", clienteling.RegistrationApproved)
			w.pass(time.Second)
			w.must(w.approvals(t.Context()))
			s := w.storeNow("boston")
			if s.State != tt.state || s.Trouble != string(tt.reason) || s.Wish != (clienteling.Wish{}) || (s.Number == e164) != (tt.reason == "") {
				t.Errorf("store %+v", s)
			}
			i := w.db.Items(t)
			if location := i["RETAILER#acme / TESTSITE#US"]; (location != nil) != (tt.reason == "") {
				t.Errorf("test location %v", location)
			}
			if i := i["RETAILER#acme / STORE#boston"]; i["gsi2pk"] != nil || i["gsi1sk"] != "STORE#"+string(tt.state)+"#US#boston" {
				t.Errorf("listed as %v", i)
			}
		})
	}
}

// The directory changes a store at every call of a run: it goes on with this run or
// with the next, and nothing is ordered twice for it.
func TestApprovalWhileStoreChanges(t *testing.T) {
	t.Parallel()
	given := func(t *testing.T) *numbersWorld {
		w := numbers(t, false)
		w.park("boston", "US", clienteling.Auto, true)
		w.register("US", clienteling.RegistrationApproved)
		w.pass(time.Second)
		return w
	}
	w := given(t)
	cost := w.db.Measure(func() { w.must(w.approvals(t.Context())) })
	for n, call := range cost.Calls {
		if call == "Query" && n > 0 && n < 7 {
			continue // of other shards
		}
		t.Run(fmt.Sprintf("at call %d, %s", n+1, call), func(t *testing.T) {
			t.Parallel()
			w := given(t)
			w.db.Break(func(call *http.Request, send scenario.Send) (*http.Response, error) {
				s := w.storeNow("boston")
				s.Name = "Acme Newbury Street"
				_, err := w.table.SaveStore(t.Context(), s)
				w.must(err)
				return send(call)
			}, n+1)
			w.must(w.approvals(t.Context()))
			w.must(w.approvals(t.Context()))
			s := w.storeNow("boston")
			if s.State != clienteling.StoreOrdering || s.Name != "Acme Newbury Street" || w.purchaseNow(s.Purchase).State != clienteling.PurchaseRequested {
				t.Errorf("store %+v", s)
			}
			orders := 0
			for key := range w.db.Items(t) {
				if strings.Contains(key, "/ PURCHASE#") {
					orders++
				}
			}
			if orders != 1 || len(w.db.NumberJobs.Left()) != 1 {
				t.Errorf("%d orders, jobs %v", orders, w.db.NumberJobs.Left())
			}
		})
	}
}

// The operator fetches numbers of France; the queue being away keeps nobody; an approval
// that was taken back lets nobody go on.
func TestApprovalOtherwise(t *testing.T) {
	t.Parallel()
	t.Run("assisted", func(t *testing.T) {
		t.Parallel()
		w := numbers(t, false)
		p := w.order("FR", clienteling.PurchaseAwaitingApproval)
		w.park("paris", "FR", clienteling.Auto, false)
		w.register("FR", clienteling.RegistrationApproved)
		w.pass(time.Second)
		w.must(w.approvals(t.Context()))
		for _, id := range []string{p.ID, w.storeNow("paris").Purchase} {
			if p := w.purchaseNow(id); p.State != clienteling.PurchaseAssistance || p.Reason != clienteling.ReasonAssistedCountry {
				t.Errorf("order %+v", p)
			}
		}
		if len(w.db.NumberJobs.Left()) > 0 {
			t.Error("a worker is to buy it")
		}
	})
	t.Run("the queue is away", func(t *testing.T) {
		t.Parallel()
		w := numbers(t, false)
		p := w.order("US", clienteling.PurchaseAwaitingApproval)
		w.park("boston", "US", clienteling.Auto, false)
		w.register("US", clienteling.RegistrationApproved)
		w.pass(time.Second)
		w.db.NumberJobs.Away(errors.New("away"))
		if err := w.approvals(t.Context()); err == nil {
			t.Error("all went well, it says")
		}
		w.db.NumberJobs.Away(nil)
		if s := w.storeNow("boston"); s.State != clienteling.StoreOrdering || w.purchaseNow(p.ID).State != clienteling.PurchaseRequested {
			t.Errorf("store %+v, order %+v", s, w.purchaseNow(p.ID))
		}
		w.pass(time.Minute + time.Second)
		w.must(w.orders(t.Context()))
		if n := len(w.db.NumberJobs.Left()); n != 2 {
			t.Errorf("%d jobs", n)
		}
	})
	t.Run("taken back", func(t *testing.T) {
		t.Parallel()
		w := numbers(t, false)
		p := w.order("US", clienteling.PurchaseAwaitingApproval)
		w.park("boston", "US", clienteling.Auto, false)
		w.register("US", clienteling.RegistrationApproved)
		w.register("US", clienteling.RegistrationRejected)
		w.pass(time.Second)
		w.must(w.approvals(t.Context()))
		if s := w.storeNow("boston"); s.State != clienteling.StoreParked || w.purchaseNow(p.ID).State != clienteling.PurchaseAwaitingApproval {
			t.Errorf("store %+v, order %+v", s, w.purchaseNow(p.ID))
		}
	})
}

// delete deletes an item as nobody of ours can.
func (w *numbersWorld) delete(pk, sk string) {
	w.Helper()
	_, err := sdk.NewFromConfig(w.db.Config).DeleteItem(context.WithoutCancel(w.Context()), &sdk.DeleteItemInput{TableName: &w.db.Name, Key: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk},
	}})
	w.must(err)
}
