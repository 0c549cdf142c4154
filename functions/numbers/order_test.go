package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
)

// orders counts the orders in the table.
func orders(t *testing.T, db *scenario.Table) int {
	t.Helper()
	n := 0
	for key := range db.Items(t) {
		if strings.Contains(key, " / PURCHASE#") {
			n++
		}
	}
	return n
}

func TestOrder(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	enable(t, db, "own", "US", "CA", "DE", "SE")
	r := clienteling.Retailer{ID: "young", Countries: []string{"US", "CA", "SE", "JP"}, OptInMode: clienteling.AnyReply}
	if err := db.Open().EnableRetailer(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	register(t, db, "young", "SE", clienteling.RegistrationInReview)
	for _, tt := range []struct {
		retailer, body string
		state          clienteling.PurchaseState
		reason         clienteling.Reason
	}{
		{"own", `{"country": "US"}`, clienteling.PurchaseRequested, ""},
		{"own", `{"country": "US", "number": ""}`, clienteling.PurchaseRequested, ""},
		{"own", `{"country": "US", "number": "+16465550101"}`, clienteling.PurchaseRequested, ""},
		{"own", `{"country": "CA", "number": "+16475550101"}`, clienteling.PurchaseRequested, ""},
		{"own", `{"country": "DE", "number": "+4917604069001"}`, clienteling.PurchaseRequested, ""},
		{"own", `{"country": "US", "contains": "COAT"}`, clienteling.PurchaseRequested, ""},
		{"own", `{"country": "US", "contains": "555**", "areaCode": "646"}`, clienteling.PurchaseRequested, ""},
		{"own", `{"country": "CA", "areaCode": "647"}`, clienteling.PurchaseRequested, ""},
		{"own", `{"country": "SE"}`, clienteling.PurchaseAssistance, clienteling.ReasonAssistedCountry},
		{"own", `{"country": "SE", "number": "+46701740605"}`, clienteling.PurchaseAssistance, clienteling.ReasonAssistedCountry},
		{"young", `{"country": "US", "areaCode": "646"}`, clienteling.PurchaseAwaitingApproval, ""},
		{"young", `{"country": "CA"}`, clienteling.PurchaseAwaitingApproval, ""},
		{"young", `{"country": "SE"}`, clienteling.PurchaseAwaitingApproval, ""},
		{"young", `{"country": "JP"}`, clienteling.PurchaseAwaitingApproval, ""}, // of which the catalogue knows nothing
	} {
		jobs := len(db.NumberJobs.Left())
		p := read[purchase](t, handle, order(t, tt.retailer, tt.body), http.StatusAccepted)
		if p.State != string(tt.state) || (p.Reason == nil) != (tt.reason == "") || p.Reason != nil && (p.Reason.Code != string(tt.reason) || p.Reason.Detail == "") {
			t.Errorf("%s: %+v", tt.body, p)
		}
		kept, err := db.Open().Purchase(t.Context(), tt.retailer, p.ID)
		if err != nil || kept.State != tt.state || kept.AccountSID != seed.AccountSID || kept.By != (clienteling.Associate{ID: "admin-1", Name: "Mika"}) {
			t.Errorf("%s: kept %+v, %v", tt.body, kept, err)
		}
		want := []queue.NumberJob{}
		if tt.state == clienteling.PurchaseRequested {
			want = append(want, queue.NumberJob{Do: queue.Buy, Retailer: tt.retailer, Purchase: p.ID})
		}
		if left := db.NumberJobs.Left()[jobs:]; !slices.Equal(left, want) {
			t.Errorf("%s: left %+v", tt.body, left)
		}
	}
	unchanged(t, db, func() {
		for body, want := range map[string]string{
			`{}`:                "422 country_invalid",
			`{"country": "us"}`: "422 country_invalid",
			`{"country": "U"}`:  "422 country_invalid",
			`{"country": "XX"}`: "422 country_not_requested",
			`{"country": "FR"}`: "422 country_not_requested",
			`{"country": "US", "number": "+16475550101"}`:                    "422 number_of_another_country", // Canada's
			`{"country": "CA", "number": "+16465550101"}`:                    "422 number_of_another_country",
			`{"country": "US", "number": "+4917604069001"}`:                  "422 number_of_another_country",
			`{"country": "US", "number": "+80012345678"}`:                    "422 number_of_another_country", // of no country
			`{"country": "US", "number": "6465550101"}`:                      "422 number_invalid",
			`{"country": "US", "number": "+1 646 555 0101"}`:                 "422 number_invalid",
			`{"country": "US", "number": "auto"}`:                            "422 number_invalid",
			`{"country": "US", "number": "+16465550101", "contains": "55"}`:  "422 number_invalid",
			`{"country": "US", "number": "+16465550101", "areaCode": "646"}`: "422 number_invalid",
			`{"country": "US", "contains": "5"}`:                             "422 pattern_invalid",
			`{"country": "US", "contains": "+1646"}`:                         "422 pattern_invalid",
			`{"country": "US", "areaCode": "12"}`:                            "422 area_code_invalid",
			`{"country": "US", "areaCode": "012"}`:                           "422 area_code_invalid",
			`{"country": "DE", "areaCode": "301"}`:                           "422 area_code_invalid",
			`{"country": "US", "areaCode": 646}`:                             "400 wrong_type",
			`{"country": "US", "storeId": "new-york"}`:                       "400 unknown_field",
			`["US"]`: "400 invalid_json",
			``:       "400 body_missing",
		} {
			if outcome, _ := ask(t, handle, order(t, "own", body)); outcome != want {
				t.Errorf("%s: %s, want %s", body, outcome, want)
			}
		}
		if outcome, _ := ask(t, handle, order(t, "stranger", `{"country": "US"}`)); outcome != "409 retailer_not_enabled" {
			t.Errorf("a stranger: %s", outcome)
		}
	})
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	// A clock as it really is: finer than what is kept, and not in UTC.
	db.Set(db.Now().Add(123456789 * time.Nanosecond).In(time.FixedZone("CET", 3600)))
	r := by(t, "acme", "order")
	requests := slices.Repeat([]scenario.Request{r}, 10)
	counts, bodies := atOnce(t, handle, requests...)
	if counts["202"] < 1 || counts["202"]+counts["409 repeated"] != 10 {
		t.Errorf("ten at once: %v", counts)
	}
	if n := orders(t, db); n != 1 || len(db.NumberJobs.Left()) != 1 {
		t.Errorf("%d orders and %v", n, db.NumberJobs.Left())
	}
	// Afterwards everybody gets the one answer there was.
	again, same := atOnce(t, handle, requests...)
	if again["202"] != 10 {
		t.Errorf("again: %v", again)
	}
	for _, body := range append(bodies, same...) {
		if !strings.Contains(body, `"code"`) && body != same[0] {
			t.Errorf("answered %s, and then %s", same[0], body)
		}
	}
	mine := read[purchase](t, handle, r, http.StatusAccepted)
	if got := read[purchase](t, handle, at(t, "acme", "purchase", "purchaseId", mine.ID), http.StatusOK); got != mine {
		t.Errorf("ordered %+v, and then it is %+v", mine, got)
	}

	// The key stands for that body, and no other.
	other := by(t, "acme", "order")
	other.Body = `{"country": "GB"}`
	if outcome, _ := ask(t, handle, other); outcome != "422 idempotency_key_reused" {
		t.Errorf("another body: %s", outcome)
	}
	long := by(t, "acme", "order")
	long.Headers["idempotency-key"] = strings.Repeat("k", 256)
	if outcome, _ := ask(t, handle, long); outcome != "400 idempotency_key_invalid" {
		t.Errorf("a long key: %s", outcome)
	}
	if n := orders(t, db); n != 1 {
		t.Errorf("%d orders", n)
	}

	// It is the caller's own, and free again after a day. The answer is the order as it is.
	if c := read[purchase](t, handle, at(t, "acme", "cancel", "purchaseId", mine.ID), http.StatusOK); c.State != "canceled" {
		t.Errorf("%+v", c)
	}
	if p := read[purchase](t, handle, r, http.StatusAccepted); p.ID != mine.ID || p.State != "canceled" {
		t.Errorf("after it was canceled: %+v", p)
	}
	colleague := by(t, "acme", "order")
	colleague.RequestContext.Authorizer.JWT.Claims["sub"] = "admin-2"
	if p := read[purchase](t, handle, colleague, http.StatusAccepted); p.ID == mine.ID {
		t.Error("another caller got the order of the first")
	}
	db.Set(db.Now().Add(24*time.Hour - time.Second))
	if p := read[purchase](t, handle, r, http.StatusAccepted); p.ID != mine.ID {
		t.Error("just before a day has passed, it is a new order")
	}
	db.Set(db.Now().Add(2 * time.Second))
	if p := read[purchase](t, handle, r, http.StatusAccepted); p.ID == mine.ID {
		t.Error("a day later, it is the old order")
	}
}

// Of many orders at once, as many are made as a retailer may make in a day. The others
// are told when to come back, and leave nothing; what was ordered before is answered.
func TestOrderQuota(t *testing.T) {
	t.Parallel()
	db, _, _ := given(t)
	handle, _ := startOn(t, db, 5)
	enable(t, db, "own", "US", "SE")
	keyed := by(t, "own", "order")
	first := read[purchase](t, handle, keyed, http.StatusAccepted)
	read[purchase](t, handle, order(t, "own", `{"country": "SE"}`), http.StatusAccepted) // the operator's counts, too
	counts, _ := atOnce(t, handle, slices.Repeat([]scenario.Request{order(t, "own", `{"country": "US"}`)}, 12)...)
	if counts["202"] != 3 || counts["429 number_quota_used"] != 9 {
		t.Errorf("answered %v", counts)
	}
	if n, jobs := orders(t, db), len(db.NumberJobs.Left()); n != 5 || jobs != 4 {
		t.Errorf("%d orders, %d jobs", n, jobs)
	}
	other := by(t, "own", "order")
	other.Headers["idempotency-key"] = "another-key"
	unchanged(t, db, func() {
		for _, r := range []scenario.Request{order(t, "own", `{"country": "US"}`), order(t, "own", `{"country": "SE"}`), other} {
			res, err := handle(t.Context(), r)
			if err != nil || res.StatusCode != http.StatusTooManyRequests || res.Headers["retry-after"] != "40800" || !strings.Contains(res.Body, "2026-11-22T00:00:00Z") {
				t.Errorf("answered %+v, %v", res, err)
			}
		}
		if p := read[purchase](t, handle, keyed, http.StatusAccepted); p.ID != first.ID {
			t.Errorf("repeated: %+v", p)
		}
	})

	// To cancel an order makes no room for another.
	read[purchase](t, handle, at(t, "own", "cancel", "purchaseId", first.ID), http.StatusOK)
	if outcome, _ := ask(t, handle, order(t, "own", `{"country": "US"}`)); outcome != "429 number_quota_used" {
		t.Errorf("after an order was canceled: %s", outcome)
	}
	// Another retailer's orders are its own.
	read[purchase](t, handle, by(t, "acme", "order"), http.StatusAccepted)

	// Tomorrow all of it may be ordered, also under the key that was refused today.
	db.Set(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	late := read[purchase](t, handle, other, http.StatusAccepted)
	counts, _ = atOnce(t, handle, slices.Repeat([]scenario.Request{order(t, "own", `{"country": "US"}`)}, 6)...)
	if counts["202"] != 4 || counts["429 number_quota_used"] != 2 {
		t.Errorf("the next day: %v", counts)
	}
	if p := read[purchase](t, handle, other, http.StatusAccepted); p.ID != late.ID {
		t.Errorf("repeated: %+v", p)
	}
}

// The wire breaks at any call of an order: at most one order, and the same request
// again, with its Idempotency-Key, answers with it.
func TestOrderFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]scenario.Fault{"unsent": scenario.Unsent, "unanswered": scenario.Unanswered} {
		for call := 1; call <= 4; call++ {
			t.Run(fmt.Sprintf("%s from call %d", name, call), func(t *testing.T) {
				t.Parallel()
				db, handle, _ := given(t)
				r := by(t, "acme", "order")
				db.Break(fault, call, call+1, call+2) // the SDK tries three times
				if _, err := handle(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				db.Mend()
				p := read[purchase](t, handle, r, http.StatusAccepted)
				if n := orders(t, db); n != 1 || p.State != "requested" {
					t.Errorf("%d orders, %+v", n, p)
				}
				// Whoever left no job for it: it is due.
				if due, err := db.Open().DuePurchases(t.Context(), db.Now().Add(2*time.Minute), 10); err != nil || len(due) != 1 || due[0].ID != p.ID {
					t.Errorf("due %v, %v", due, err)
				}
			})
		}
	}
}

// The queue is away: what was asked for is accepted, due, and reconcile's.
func TestQueueAway(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	record(t, db, "acme", "US", unused)
	db.NumberJobs.Away(errors.New("away"))
	p := read[purchase](t, handle, by(t, "acme", "order"), http.StatusAccepted)
	n := read[number](t, handle, at(t, "acme", "release", "number", unused), http.StatusAccepted)
	if p.State != "requested" || n.State != "releasing" || len(db.NumberJobs.Left()) != 0 {
		t.Errorf("%+v, %+v, %v", p, n, db.NumberJobs.Left())
	}
	for after, want := range map[time.Duration]int{time.Minute: 0, time.Minute + time.Millisecond: 1} {
		purchases, err := db.Open().DuePurchases(t.Context(), db.Now().Add(after), 10)
		if err != nil || len(purchases) != want || want > 0 && purchases[0].ID != p.ID {
			t.Errorf("orders due after %v: %v, %v", after, purchases, err)
		}
		releases, err := db.Open().DueReleases(t.Context(), db.Now().Add(after), 10)
		if err != nil || len(releases) != want || want > 0 && releases[0].E164 != unused {
			t.Errorf("releases due after %v: %v, %v", after, releases, err)
		}
	}
}

// The newest order comes first, whatever is ordered while somebody pages.
func TestPagesOfPurchases(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	enable(t, db, "own", "US", "SE")
	var want []string
	add := func() {
		country := []string{"US", "SE"}[len(want)%2]
		want = append(want, read[purchase](t, handle, order(t, "own", fmt.Sprintf(`{"country": %q}`, country)), http.StatusAccepted).ID)
	}
	for n := range 30 {
		db.Set(db.Now().Add(time.Duration(n%3) * time.Millisecond)) // some at the same moment
		add()
	}
	for _, limit := range []string{"1", "7", "29", "30", "100"} {
		expected := slices.Clone(want)
		slices.Reverse(expected)
		var got []string
		for _, p := range all[purchase](t, handle, "own", "purchases", url.Values{"limit": {limit}}, add) {
			got = append(got, p.ID)
		}
		if !slices.Equal(got, expected) {
			t.Errorf("limit %s: %v, want %v", limit, got, expected)
		}
	}
	if p := read[apigw.Page[purchase]](t, handle, by(t, "own", "purchases"), http.StatusOK); len(p.Items) != apigw.DefaultLimit || p.Cursor == "" {
		t.Errorf("%d orders without a limit", len(p.Items))
	}
	for _, cursor := range []string{"", "nonsense", apigw.EncodeCursor("purchases/own", "STORE#new-york"), apigw.EncodeCursor("numbers/own//", "PURCHASE#"+want[0])} {
		if outcome, _ := ask(t, handle, list(t, "own", "purchases", url.Values{"cursor": {cursor}})); outcome != "400 invalid_cursor" {
			t.Errorf("cursor %q: %s", cursor, outcome)
		}
	}
	for _, id := range []string{"", "PURCHASE", want[0] + "x", strings.Repeat("a", 3000), "../own", "\x00"} {
		for _, event := range []string{"purchase", "cancel"} {
			if outcome, _ := ask(t, handle, at(t, "own", event, "purchaseId", id)); outcome != "404 not_found" {
				t.Errorf("%s %.40q: %s", event, id, outcome)
			}
		}
	}
}

// working has orders of retailer own and moves them on as a worker does.
type working struct {
	*table.Table
	t   *testing.T
	db  *scenario.Table
	ask scenario.Handler
}

func (w working) ordered(country string) clienteling.Purchase {
	w.t.Helper()
	p := read[purchase](w.t, w.ask, order(w.t, "own", fmt.Sprintf(`{"country": %q}`, country)), http.StatusAccepted)
	return w.now(p.ID)
}

func (w working) now(id string) clienteling.Purchase {
	w.t.Helper()
	p, err := w.Purchase(w.t.Context(), "own", id)
	return w.must(p, err)
}

func (w working) must(p clienteling.Purchase, err error) clienteling.Purchase {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w working) taken() clienteling.Purchase {
	w.t.Helper()
	p, err := w.TakePurchase(w.t.Context(), "own", w.ordered("US").ID, w.db.Now())
	return w.must(p, err)
}

func (w working) buying(e164 string) clienteling.Purchase {
	w.t.Helper()
	p, err := w.ClaimCandidate(w.t.Context(), w.taken(), e164, clienteling.AnyReply, w.db.Now())
	return w.must(p, err)
}

func (w working) configuring(e164 string) clienteling.Purchase {
	w.t.Helper()
	p, err := w.NumberBought(w.t.Context(), w.buying(e164), "PN"+strings.Repeat("0", 20)+e164[1:], w.db.Now())
	return w.must(p, err)
}

// waiting has a store wait for an order: of a number, or of its country's approval.
func (w working) waiting(id, country string) clienteling.Purchase {
	w.t.Helper()
	s, err := w.SaveStore(w.t.Context(), clienteling.Store{Retailer: "own", ID: id, Name: id, Country: country, Phone: "+12065550190"})
	if err != nil {
		w.t.Fatal(err)
	}
	_, p, err := w.AutoOnboard(w.t.Context(), s, true, clienteling.Associate{ID: "admin-1"}, seed.AccountSID, w.db.Now())
	if err != nil || p == nil {
		w.t.Fatalf("%v, %v", p, err)
	}
	return *p
}

func TestCancel(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	db.TestLocations = true
	db.Set(scenario.Moment(scenario.Event(t, "numbers/order")))
	handle, _ := start(t, db)
	enable(t, db, "own", "US", "SE", "DE")
	register(t, db, "own", "DE", clienteling.RegistrationInReview)
	w := working{db.Open(), t, db, handle}
	cancel := func(p clienteling.Purchase) string {
		t.Helper()
		outcome, _ := ask(t, handle, at(t, "own", "cancel", "purchaseId", p.ID))
		return outcome
	}

	completed := w.must(w.CompletePurchase(t.Context(), w.configuring("+12065550101"), db.Now()))
	failed := w.taken()
	if err := w.FailPurchase(t.Context(), failed, clienteling.ReasonNoneForSale, true, db.Now()); err != nil {
		t.Fatal(err)
	}
	unchanged(t, db, func() {
		for name, p := range map[string]clienteling.Purchase{
			"a worker has it": w.now(failed.ID), "failed": failed, "completed": completed,
		} {
			if outcome := cancel(p); outcome != "409 purchase_under_way" {
				t.Errorf("%s: %s", name, outcome)
			}
		}
	})
	// What the refusal says to do next can be done.
	if n := read[number](t, handle, at(t, "own", "release", "number", completed.Number), http.StatusAccepted); n.State != "releasing" {
		t.Errorf("%+v", n)
	}
	for name, p := range map[string]clienteling.Purchase{"taken up": w.taken(), "buying": w.buying("+12065550102"), "configuring": w.configuring("+12065550103")} {
		unchanged(t, db, func() {
			if outcome := cancel(p); outcome != "409 purchase_under_way" {
				t.Errorf("%s: %s", name, outcome)
			}
		})
	}

	for name, p := range map[string]clienteling.Purchase{
		"requested": w.ordered("US"), "awaiting approval": w.ordered("DE"), "assistance": w.ordered("SE"),
		"requested for a store": w.waiting("seattle", "US"), "assistance for a store": w.waiting("stockholm", "SE"),
	} {
		db.Set(db.Now().Add(time.Second))
		if outcome := cancel(p); outcome != "200" {
			t.Errorf("%s: %s", name, outcome)
		}
		now := w.now(p.ID)
		if now.State != clienteling.PurchaseCanceled || !now.UpdatedAt.Equal(db.Now()) || now.At.Equal(db.Now()) {
			t.Errorf("%s: %+v", name, now)
		}
		unchanged(t, db, func() {
			if outcome := cancel(p); outcome != "200" {
				t.Errorf("%s, again: %s", name, outcome)
			}
			// The job that was left for it, and the approval it waited for, find nothing to do.
			if _, err := w.TakePurchase(t.Context(), "own", p.ID, db.Now()); !errors.Is(err, table.ErrNotReady) {
				t.Errorf("%s: a worker takes it up: %v", name, err)
			}
			if _, err := w.ResumePurchase(t.Context(), p, false, db.Now()); !errors.Is(err, table.ErrNotReady) {
				t.Errorf("%s: it goes on: %v", name, err)
			}
		})
		if p.Store == "" {
			continue
		}
		// The store is where it was before, may be onboarded anew, and so may another.
		s, err := w.Store(t.Context(), "own", p.Store)
		if err != nil || s.State != clienteling.StoreEligible || s.Purchase != "" || s.Wish != (clienteling.Wish{}) || s.Trouble != "" {
			t.Errorf("%s: its store is %+v, %v", name, s, err)
		}
		if next := w.waiting(p.Store+"-2", p.Country); next.ID == p.ID {
			t.Errorf("%s: no new order for another store", name)
		}
	}
	// Nothing of what was canceled is due, nor the operator's.
	due, err := w.DuePurchases(t.Context(), db.Now().Add(time.Hour), 100)
	if err != nil {
		t.Fatal(err)
	}
	work, _, err := w.Assistance(t.Context(), table.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(due, work...) {
		if p.State == clienteling.PurchaseCanceled {
			t.Errorf("%+v still waits for somebody", p)
		}
	}
	if len(work) != 1 {
		t.Errorf("the operator has %+v, want the order of stockholm-2", work)
	}

	// A worker that had it, and let go of it, is no reason against it.
	p := w.taken()
	db.Set(db.Now().Add(89 * time.Second))
	if outcome := cancel(p); outcome != "409 purchase_under_way" {
		t.Errorf("a worker has it for 90 seconds: %s", outcome)
	}
	db.Set(db.Now().Add(time.Second))
	if outcome := cancel(p); outcome != "200" {
		t.Errorf("a worker had it: %s", outcome)
	}
}

// Of a worker that takes an order up and an administrator who cancels it, one succeeds.
func TestCancelAsItIsTakenUp(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	enable(t, db, "own", "US")
	w := working{db.Open(), t, db, handle}
	for range 10 {
		p := w.waiting(fmt.Sprint("shop-", orders(t, db)), "US")
		request := at(t, "own", "cancel", "purchaseId", p.ID)
		var outcome scenario.Response
		var took error
		var running errgroup.Group
		running.Go(func() (err error) {
			outcome, err = handle(t.Context(), request)
			return err
		})
		running.Go(func() error {
			_, took = w.TakePurchase(t.Context(), "own", p.ID, db.Now())
			return nil
		})
		if err := running.Wait(); err != nil {
			t.Fatal(err)
		}
		s, err := w.Store(t.Context(), "own", p.Store)
		if err != nil {
			t.Fatal(err)
		}
		canceled := outcome.StatusCode == http.StatusOK && errors.Is(took, table.ErrNotReady) && w.now(p.ID).State == clienteling.PurchaseCanceled && s.State == clienteling.StoreEligible
		goesOn := outcome.StatusCode == http.StatusConflict && took == nil && w.now(p.ID).State == clienteling.PurchaseRequested && s.State == clienteling.StoreOrdering
		if canceled == goesOn {
			t.Errorf("answered %d %s, taken up: %v, order %+v, store %+v", outcome.StatusCode, outcome.Body, took, w.now(p.ID), s)
		}
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	enable(t, db, "own", "US")
	enable(t, db, "rival", "US")
	w := working{db.Open(), t, db, handle}
	release := func(e164 string) (string, string) {
		t.Helper()
		return ask(t, handle, at(t, "own", "release", "number", e164))
	}
	job := func(e164 string) queue.NumberJob {
		return queue.NumberJob{Do: queue.Release, Retailer: "own", Number: e164}
	}

	// As a plus survives in a path, or not: "+", "%2B" decoded, " ", and none.
	for n, written := range []string{"+12065550101", " 12065550102", "12065550103"} {
		e164 := "+" + written[len(written)-11:]
		record(t, db, "own", "US", e164)
		before := len(db.NumberJobs.Left())
		outcome, body := release(written)
		if outcome != "202" || !strings.Contains(body, `"state":"releasing"`) || !strings.Contains(body, e164) {
			t.Errorf("%q: %s", written, body)
		}
		if outcome, again := release(written); outcome != "202" || again != body {
			t.Errorf("%q again: %s", written, again)
		}
		if left := db.NumberJobs.Left()[before:]; !slices.Equal(left, []queue.NumberJob{job(e164), job(e164)}) {
			t.Errorf("%q: left %+v", written, left)
		}
		due, err := w.DueReleases(t.Context(), db.Now().Add(time.Minute+time.Second), 10)
		if err != nil || len(due) != n+1 {
			t.Errorf("due %v, %v", due, err)
		}
	}

	assigned := assign(t, db, record(t, db, "own", "US", "+12065550104"), "seattle")
	gone := record(t, db, "own", "US", "+12065550105")
	if outcome, _ := release(gone.E164); outcome != "202" {
		t.Fatal(outcome)
	}
	if err := w.NumberReleased(t.Context(), gone, db.Now()); err != nil {
		t.Fatal(err)
	}
	record(t, db, "rival", "US", "+12065550106")
	w.buying("+12065550107")
	w.configuring("+12065550108")
	unchanged(t, db, func() {
		for e164, want := range map[string]string{
			assigned.E164:                   "409 number_is_permanent",
			gone.E164:                       "404 not_found",
			"+12065550106":                  "404 not_found", // the rival's
			"+12065550107":                  "409 purchase_under_way",
			"+12065550108":                  "409 purchase_under_way",
			"+12065550109":                  "404 not_found", // nobody's
			"":                              "404 not_found",
			"+":                             "404 not_found",
			"auto":                          "404 not_found",
			"++12065550101":                 "404 not_found",
			"+12065550101 ":                 "404 not_found",
			"+1 2065550101":                 "404 not_found",
			"00000000000":                   "404 not_found",
			"+" + strings.Repeat("1", 3000): "404 not_found",
		} {
			if outcome, _ := release(e164); outcome != want {
				t.Errorf("%.40q: %s, want %s", e164, outcome, want)
			}
		}
	})
	if _, body := release(assigned.E164); !strings.Contains(body, "seattle") {
		t.Errorf("it does not say whose it is: %s", body)
	}

	// Of an administrator who releases a number and a store that is put on it, one succeeds.
	for n := range 10 {
		free := record(t, db, "own", "US", fmt.Sprintf("+121355501%02d", n))
		s, err := w.SaveStore(t.Context(), clienteling.Store{Retailer: "own", ID: fmt.Sprint("shop-", n), Name: "Shop", Country: "US", State: clienteling.StoreEligible})
		if err != nil {
			t.Fatal(err)
		}
		request := at(t, "own", "release", "number", free.E164)
		var answer scenario.Response
		var onboarded error
		var running errgroup.Group
		running.Go(func() (err error) {
			answer, err = handle(t.Context(), request)
			return err
		})
		running.Go(func() error {
			_, onboarded = w.OnboardStore(t.Context(), s, free, true)
			return nil
		})
		if err := running.Wait(); err != nil {
			t.Fatal(err)
		}
		if (answer.StatusCode == http.StatusAccepted) == (onboarded == nil) || answer.StatusCode != http.StatusAccepted && answer.StatusCode != http.StatusConflict {
			t.Errorf("released: %d %s, onboarded: %v", answer.StatusCode, answer.Body, onboarded)
		}
	}
}
