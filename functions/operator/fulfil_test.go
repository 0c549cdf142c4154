package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

func TestFulfil(t *testing.T) {
	t.Parallel()
	db, handle, s := given(t)
	enable(t, db, "nordic", "SE")
	p := ordered(t, db, "nordic", "SE", clienteling.PurchaseAssistance, eve)
	first, body := ask(t, handle, fulfilment(t, p, swedish))
	if first != "202" || !strings.Contains(body, `"state":"configuring"`) {
		t.Fatal(body)
	}
	job := queue.NumberJob{Do: queue.Buy, Retailer: "nordic", Purchase: p.ID}
	if left := db.NumberJobs.Left(); !slices.Equal(left, []queue.NumberJob{job}) {
		t.Errorf("left %+v", left)
	}
	owned, _, err := s.Client(t).OwnedNumber(t.Context(), seed.AccountSID, swedish)
	if err != nil {
		t.Fatal(err)
	}
	now, err := db.Open().Purchase(t.Context(), "nordic", p.ID)
	if err != nil || now.State != clienteling.PurchaseConfiguring || now.Number != swedish || now.SID != owned.SID || now.Reason != "" {
		t.Errorf("%+v, %v", now, err)
	}
	want := clienteling.Number{
		E164: swedish, Country: "SE", State: clienteling.NumberClaimed, AccountSID: seed.AccountSID, SID: owned.SID, Retailer: "nordic",
		Purchase: p.ID, Language: "sv", OptInMode: clienteling.Explicit,
	}
	if n, err := db.Open().NumberNow(t.Context(), swedish); err != nil || n != want {
		t.Errorf("%+v, %v", n, err)
	}
	if work, _, err := db.Open().Assistance(t.Context(), table.Page{Limit: 10}); err != nil || len(work) != 0 {
		t.Errorf("the operator still has %+v, %v", work, err)
	}

	// The same again is the same answer, also when the worker is through; another number
	// comes too late.
	unchanged(t, db, func() {
		if outcome, again := ask(t, handle, fulfilment(t, p, swedish)); outcome != "202" || again != body {
			t.Errorf("again: %s", again)
		}
		if outcome, _ := ask(t, handle, fulfilment(t, p, swedishToo)); outcome != "409 no_assistance_needed" {
			t.Errorf("another number: %s", outcome)
		}
	})
	taken, err := db.Open().TakePurchase(t.Context(), "nordic", p.ID, db.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open().CompletePurchase(t.Context(), taken, db.Now()); err != nil {
		t.Fatal(err)
	}
	unchanged(t, db, func() {
		if outcome, again := ask(t, handle, fulfilment(t, p, swedish)); outcome != "202" || !strings.Contains(again, `"state":"completed"`) {
			t.Errorf("when it is completed: %s", again)
		}
	})
}

func TestFulfilRefused(t *testing.T) {
	t.Parallel()
	db, handle, s := given(t)
	to := db.Open()
	enable(t, db, "nordic", "SE", "US")
	enable(t, db, "other", "SE")
	p := ordered(t, db, "nordic", "SE", clienteling.PurchaseAssistance, eve)
	requested := ordered(t, db, "nordic", "US", clienteling.PurchaseRequested, eve)
	awaiting := ordered(t, db, "nordic", "NO", clienteling.PurchaseAwaitingApproval, eve)
	canceled := ordered(t, db, "nordic", "SE", clienteling.PurchaseAssistance, eve)
	if _, err := to.CancelPurchase(t.Context(), "nordic", canceled.ID, db.Now()); err != nil {
		t.Fatal(err)
	}

	// Numbers that are recorded: another retailer's, nordic's own, and another order's.
	numbers := map[string]string{"other": "+46701740610", "nordic": "+46701740611", "claimed": "+46701740612"}
	for retailer, e164 := range numbers {
		s.Control(t, "PUT", "/control/numbers/"+e164, map[string]any{}, nil)
		n := clienteling.Number{E164: e164, Country: "SE", AccountSID: seed.AccountSID, SID: "PN" + strings.Repeat("0", 32), Retailer: retailer}
		if retailer == "claimed" {
			continue
		}
		if err := to.RecordNumber(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	if outcome, body := ask(t, handle, fulfilment(t, ordered(t, db, "other", "SE", clienteling.PurchaseAssistance, eve), numbers["claimed"])); outcome != "202" {
		t.Fatal(body)
	}
	// A dud of the stock: the search says that it can text, and once bought it cannot.
	const bought = "+46701740698"
	s.Control(t, "PUT", "/control/stock/"+bought, map[string]any{"dud": true}, nil)
	if _, err := s.Client(t).BuyNumber(t.Context(), seed.AccountSID, bought, "BU"+strings.Repeat("1", 32), "", twilio.NumberSettings{FriendlyName: "by hand"}); err != nil {
		t.Fatal(err)
	}
	// One that texts and does not ring.
	s.Control(t, "PUT", "/control/numbers/+46701740613", map[string]any{"capabilities": map[string]bool{"sms": true}}, nil)
	s.Control(t, "PUT", "/control/numbers/+16465550101", map[string]any{}, nil)

	as := func(p clienteling.Purchase, retailer string) clienteling.Purchase {
		p.Retailer = retailer
		return p
	}
	unknown := p
	unknown.ID = "01a1f7f8-3000-7000-8000-00000000ffff"
	unchanged(t, db, func() {
		for _, tt := range []struct {
			why    string
			p      clienteling.Purchase
			number string
			want   string
		}{
			{"of another country", p, "+16465550101", "422 number_of_another_country"},
			{"no number", p, "", "422 number_of_another_country"},
			{"not E.164", p, "0701740605", "422 number_of_another_country"},
			{"spaces", p, "+46 70 174 06 05", "422 number_of_another_country"},
			{"of no country", p, "+80012345678", "422 number_of_another_country"},
			{"not at Twilio", p, "+46701740650", "422 number_not_ours"},
			{"a dud", p, bought, "422 number_cannot_text"},
			{"cannot text", p, dud, "422 number_cannot_text"},
			{"cannot ring", p, "+46701740613", "422 number_cannot_text"},
			{"another retailer's", p, numbers["other"], "409 number_taken"},
			{"this retailer's already", p, numbers["nordic"], "409 number_taken"},
			{"another order's", p, numbers["claimed"], "409 number_taken"},
			{"a worker's order", requested, "+16465550101", "409 no_assistance_needed"},
			{"not approved yet", awaiting, swedish, "409 no_assistance_needed"},
			{"canceled", canceled, swedish, "409 no_assistance_needed"},
			{"no such order", unknown, swedish, "404 not_found"},
			{"another retailer's order", as(p, "other"), swedish, "404 not_found"},
			{"no such retailer", as(p, "nobody"), swedish, "404 not_found"},
			{"no retailer", as(p, ""), swedish, "404 not_found"},
			{"a retailer that is a key", as(p, "nordic#PURCHASE"), swedish, "404 not_found"},
		} {
			if outcome, _ := ask(t, handle, fulfilment(t, tt.p, tt.number)); outcome != tt.want {
				t.Errorf("%s: %s, want %s", tt.why, outcome, tt.want)
			}
		}
		for body, want := range map[string]string{
			``: "400 body_missing", `{"number": 46}`: "400 wrong_type", `{"phone": "` + swedish + `"}`: "400 unknown_field", `[]`: "400 invalid_json",
		} {
			r := fulfilment(t, p, swedish)
			r.Body = body
			if outcome, _ := ask(t, handle, r); outcome != want {
				t.Errorf("%s: %s, want %s", body, outcome, want)
			}
		}
		for _, kind := range []string{"429", "500", "503", "html-503", "reset-before", "reset-after", "code:20003"} {
			s.Control(t, "POST", "/control/faults", map[string]any{"operation": "numbers.list", "kind": kind, "nth": 0}, nil)
			if outcome, _ := ask(t, handle, fulfilment(t, p, swedish)); outcome != "503 twilio_unavailable" {
				t.Errorf("Twilio answers %s: %s", kind, outcome)
			}
			s.Control(t, "DELETE", "/control/faults", nil, nil)
		}
	})
	if outcome, body := ask(t, handle, fulfilment(t, p, swedish)); outcome != "202" {
		t.Errorf("after all that: %s", body)
	}
}

// A number that was given back, and that the operator got again, is as good as a new one.
func TestFulfilWithReleasedNumber(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	to := db.Open()
	enable(t, db, "nordic", "SE")
	n := clienteling.Number{E164: swedish, Country: "SE", AccountSID: seed.AccountSID, SID: "PN" + strings.Repeat("0", 32), Retailer: "other"}
	err := to.RecordNumber(t.Context(), n)
	if err == nil {
		_, err = to.ReleaseNumber(t.Context(), "other", swedish, db.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	p := ordered(t, db, "nordic", "SE", clienteling.PurchaseAssistance, eve)
	if outcome, _ := ask(t, handle, fulfilment(t, p, swedish)); outcome != "409 number_taken" {
		t.Errorf("while it is released: %s", outcome)
	}
	if err := to.NumberReleased(t.Context(), n, db.Now()); err != nil {
		t.Fatal(err)
	}
	if outcome, body := ask(t, handle, fulfilment(t, p, swedish)); outcome != "202" {
		t.Errorf("when it was released: %s", body)
	}
	if now, err := to.NumberNow(t.Context(), swedish); err != nil || now.Retailer != "nordic" || now.State != clienteling.NumberClaimed || now.SID == n.SID {
		t.Errorf("%+v, %v", now, err)
	}
}

// An order whose numbers could not text needs assistance in a country that is otherwise
// sold by itself; so does that of a store, which stays with it.
func TestFulfilAfterDuds(t *testing.T) {
	t.Parallel()
	db, handle, s := given(t)
	to := db.Open()
	enable(t, db, "own", "US")
	store, err := to.SaveStore(t.Context(), clienteling.Store{Retailer: "own", ID: "seattle", Name: "Seattle", Country: "US", Phone: "+12065550190"})
	if err != nil {
		t.Fatal(err)
	}
	_, p, err := to.AutoOnboard(t.Context(), store, true, clienteling.Associate{ID: "admin-1"}, seed.AccountSID, eve)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := to.TakePurchase(t.Context(), "own", p.ID, eve)
	if err == nil {
		taken, err = to.ClaimCandidate(t.Context(), taken, "+12065550199", clienteling.AnyReply, eve)
	}
	if err == nil {
		taken, err = to.NumberBought(t.Context(), taken, "PN"+strings.Repeat("0", 32), eve)
	}
	if err == nil {
		taken.Unfit = []string{"+12065550199"}
		err = to.NeedAssistance(t.Context(), taken, clienteling.ReasonCannotText, eve)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Control(t, "PUT", "/control/numbers/+12065550101", map[string]any{}, nil)
	outcome, body := ask(t, handle, fulfilment(t, *p, "+12065550101"))
	for _, part := range []string{`"storeId":"seattle"`, `"unfit":["+12065550199"]`, `"number":"+12065550101"`} {
		if outcome != "202" || !strings.Contains(body, part) {
			t.Errorf("no %s: %s", part, body)
		}
	}
	if taken, err = to.TakePurchase(t.Context(), "own", p.ID, db.Now()); err == nil {
		_, err = to.CompletePurchase(t.Context(), taken, db.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	if store, err = to.Store(t.Context(), "own", "seattle"); err != nil || store.Number != "+12065550101" || store.State != clienteling.StoreEnabled {
		t.Errorf("%+v, %v", store, err)
	}
}

// Of two operators with one order or one number, one succeeds.
func TestTwoOperators(t *testing.T) {
	t.Parallel()
	db, handle, s := given(t)
	enable(t, db, "nordic", "SE")
	e164 := func(n int) string { return fmt.Sprintf("+467017406%02d", n) }
	for n := range 20 {
		s.Control(t, "PUT", "/control/numbers/"+e164(20+n), map[string]any{}, nil)
	}
	for n := range 5 {
		one := ordered(t, db, "nordic", "SE", clienteling.PurchaseAssistance, eve)
		first, second := e164(20+4*n), e164(21+4*n)
		jobs := len(db.NumberJobs.Left())
		outcomes := atOnce(t, handle, fulfilment(t, one, first), fulfilment(t, one, second))
		slices.Sort(outcomes)
		if !slices.Equal(outcomes, []string{"202", "409 no_assistance_needed"}) || len(db.NumberJobs.Left()) != jobs+1 {
			t.Errorf("one order: %v, jobs %v", outcomes, db.NumberJobs.Left()[jobs:])
		}
		now, err := db.Open().Purchase(t.Context(), "nordic", one.ID)
		if err != nil {
			t.Fatal(err)
		}
		recorded, err := db.Open().NumbersOf(t.Context(), []string{first, second})
		if err != nil || len(recorded) != 1 || recorded[now.Number].Purchase != one.ID {
			t.Errorf("order %+v, numbers %+v, %v", now, recorded, err)
		}

		// The same number for the same order is one request that came twice.
		same := ordered(t, db, "nordic", "SE", clienteling.PurchaseAssistance, eve)
		outcomes = atOnce(t, handle, fulfilment(t, same, e164(22+4*n)), fulfilment(t, same, e164(22+4*n)))
		if !slices.Contains(outcomes, "202") || strings.Contains(strings.Join(outcomes, ""), "number_taken") {
			t.Errorf("the same request: %v", outcomes)
		}

		// One number for two orders.
		two := ordered(t, db, "nordic", "SE", clienteling.PurchaseAssistance, eve)
		three := ordered(t, db, "nordic", "SE", clienteling.PurchaseAssistance, eve)
		outcomes = atOnce(t, handle, fulfilment(t, two, e164(23+4*n)), fulfilment(t, three, e164(23+4*n)))
		slices.Sort(outcomes)
		if !slices.Equal(outcomes, []string{"202", "409 number_taken"}) {
			t.Errorf("one number: %v", outcomes)
		}
	}
}

// The queue is away: the order has its number, and is due.
func TestFulfilQueueAway(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	enable(t, db, "nordic", "SE")
	p := ordered(t, db, "nordic", "SE", clienteling.PurchaseAssistance, eve)
	db.NumberJobs.Away(errors.New("away"))
	if outcome, body := ask(t, handle, fulfilment(t, p, swedish)); outcome != "202" {
		t.Error(body)
	}
	due, err := db.Open().DuePurchases(t.Context(), db.Now().Add(2*time.Minute), 10)
	if err != nil || len(due) != 1 || due[0].ID != p.ID || due[0].State != clienteling.PurchaseConfiguring {
		t.Errorf("due %+v, %v", due, err)
	}
}

// The wire breaks at any call of a fulfilment: the same request again completes it.
func TestFulfilFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]scenario.Fault{"unsent": scenario.Unsent, "unanswered": scenario.Unanswered} {
		for call := 1; call <= 3; call++ {
			t.Run(fmt.Sprintf("%s from call %d", name, call), func(t *testing.T) {
				t.Parallel()
				db, handle, _ := given(t)
				enable(t, db, "nordic", "SE")
				p := ordered(t, db, "nordic", "SE", clienteling.PurchaseAssistance, eve)
				r := fulfilment(t, p, swedish)
				db.Break(fault, call, call+1, call+2) // the SDK tries three times
				if _, err := handle(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				db.Mend()
				if outcome, body := ask(t, handle, r); outcome != "202" {
					t.Errorf("again: %s", body)
				}
				due, err := db.Open().DuePurchases(t.Context(), db.Now().Add(2*time.Minute), 10)
				if err != nil || len(due) != 1 || due[0].Number != swedish {
					t.Errorf("due %+v, %v", due, err)
				}
			})
		}
	}
}

// spied takes jobs of numbers, and does something when one comes.
type spied struct {
	*scenario.NumberJobs
	then func()
}

func (s spied) Send(ctx context.Context, job queue.NumberJob) error {
	err := s.NumberJobs.Send(ctx, job)
	s.then()
	return err
}

func TestReplay(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	waiting(t, db)
	jobs, _, err := db.Open().FailedJobs(t.Context(), table.Page{Limit: 10})
	if err != nil || len(jobs) != 2 {
		t.Fatal(jobs, err)
	}
	text, number := jobs[0], jobs[1]
	replay := func(id string) string {
		t.Helper()
		outcome, _ := ask(t, handle, at(t, "replay-text", map[string]string{"failedId": id}))
		return outcome
	}

	// While a queue is away, its entry stays.
	away := clienteling.E(clienteling.Unavailable, "queue_unavailable", "The queue did not take the job.")
	db.Jobs.Away(away)
	db.NumberJobs.Away(away)
	unchanged(t, db, func() {
		for _, j := range jobs {
			if outcome := replay(j.ID); outcome != "503 queue_unavailable" {
				t.Errorf("%s away: %s", j.Queue, outcome)
			}
		}
	})
	db.Jobs.Away(nil)
	db.NumberJobs.Away(nil)

	// Each goes to its own queue, as it was.
	if outcome := replay(text.ID); outcome != "202" || !slices.Equal(failedIDs(t, db), []string{number.ID}) {
		t.Errorf("%s, and %v are listed", outcome, failedIDs(t, db))
	}
	want := queue.SendText{Retailer: "acme", Store: "new-york", Customer: "3zgi4jk25cjrrqxwowpgs4krve", Message: "01a1fa7a-4f80-7000-8000-000000000001"}
	if left := db.Jobs.Left(); !slices.Equal(left, []queue.SendText{want}) || len(db.NumberJobs.Left()) != 0 {
		t.Errorf("left %+v and %+v", left, db.NumberJobs.Left())
	}
	if outcome := replay(number.ID); outcome != "202" || len(failedIDs(t, db)) != 0 {
		t.Errorf("%s, and %v are listed", outcome, failedIDs(t, db))
	}
	if left := db.NumberJobs.Left(); len(left) != 1 || left[0].Do != queue.Buy || left[0].Retailer != "nordic" || !strings.Contains(number.Job, left[0].Purchase) || len(db.Jobs.Left()) != 1 {
		t.Errorf("left %+v and %+v", left, db.Jobs.Left())
	}

	// There is nothing to replay twice, and nothing under a name that is none.
	unchanged(t, db, func() {
		for _, id := range []string{text.ID, number.ID, "", "FAILED", strings.Repeat("a", 26), strings.Repeat("a", 3000), "\x00"} {
			if outcome := replay(id); outcome != "404 not_found" {
				t.Errorf("%.40q: %s", id, outcome)
			}
		}
	})

	// One that fails again is listed again, under the same id.
	text.At = db.Now().Add(time.Hour)
	if err := db.Open().JobFailed(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	if ids := failedIDs(t, db); !slices.Equal(ids, []string{text.ID}) {
		t.Errorf("%v are listed", ids)
	}
}

// A job that fails again before its entry is forgotten stays listed.
func TestReplayFailsAtOnce(t *testing.T) {
	t.Parallel()
	db, _, s := given(t)
	waiting(t, db)
	jobs, _, err := db.Open().FailedJobs(t.Context(), table.Page{Limit: 10})
	if err != nil || len(jobs) != 2 || jobs[1].Queue != "NumberPurchaseQueue" {
		t.Fatal(jobs, err)
	}
	again := jobs[1]
	again.Cause, again.At = "it failed again", db.Now()
	handle := handler(t, db, s, db.Jobs, spied{db.NumberJobs, func() {
		if err := db.Open().JobFailed(t.Context(), again); err != nil {
			t.Error(err)
		}
	}})
	if outcome, body := ask(t, handle, at(t, "replay-text", map[string]string{"failedId": again.ID})); outcome != "202" {
		t.Error(body)
	}
	kept, err := db.Open().FailedJob(t.Context(), again.ID)
	if err != nil || kept.Cause != "it failed again" || !kept.At.Equal(again.At) || len(db.NumberJobs.Left()) != 1 {
		t.Errorf("%+v, %v, jobs %v", kept, err, db.NumberJobs.Left())
	}
}

// A job of a queue that is not known any more is not lost.
func TestReplayUnknownQueue(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	if err := db.Open().JobFailed(t.Context(), table.FailedJob{Queue: "GoneQueue", Job: `{}`, Cause: "it failed", At: eve}); err != nil {
		t.Fatal(err)
	}
	unchanged(t, db, func() {
		r := at(t, "replay-text", map[string]string{"failedId": failedIDs(t, db)[0]})
		if outcome, _ := ask(t, handle, r); outcome != fmt.Sprint(http.StatusInternalServerError, " queue_unknown") {
			t.Error(outcome)
		}
	})
}

// The wire breaks at any call of a replay: the job is in its queue before it is
// forgotten, never the other way round.
func TestReplayFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]scenario.Fault{"unsent": scenario.Unsent, "unanswered": scenario.Unanswered} {
		for call := 1; call <= 2; call++ {
			t.Run(fmt.Sprintf("%s from call %d", name, call), func(t *testing.T) {
				t.Parallel()
				db, handle, _ := given(t)
				waiting(t, db)
				r := at(t, "replay-text", map[string]string{"failedId": failedIDs(t, db)[0]})
				db.Break(fault, call, call+1, call+2) // the SDK tries three times
				if _, err := handle(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				db.Mend()
				if left, listed := len(db.Jobs.Left()), len(failedIDs(t, db)); left+listed < 2 {
					t.Errorf("%d jobs left, and %d listed", left, listed)
				}
				if outcome, _ := ask(t, handle, r); outcome != "202" && outcome != "404 not_found" {
					t.Errorf("again: %s", outcome)
				}
				if left, listed := len(db.Jobs.Left()), len(failedIDs(t, db)); left < 1 || listed != 1 {
					t.Errorf("again: %d jobs left, and %d listed", left, listed)
				}
			})
		}
	}
}
