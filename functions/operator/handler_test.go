package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/seed"
	sim "clienteling/infra/local/twilio"
	"clienteling/infra/scenario"
	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

// A golden scenario is given what waits, beside its own: see waiting.
func TestEvents(t *testing.T) {
	scenario.Golden(t, "operator", func(t testing.TB, db *scenario.Table) scenario.Handler {
		handle, _ := start(t, db)
		waiting(t, db)
		return handle
	})
}

// Numbers of Sweden that are the account's at Twilio; the last one cannot text.
const (
	swedish, swedishToo = "+46701740605", "+46701740606"
	dud                 = "+46701740699"
)

func start(t testing.TB, db *scenario.Table) (scenario.Handler, *scenario.Simulator) {
	s := scenario.NewSimulator(t, db)
	for _, n := range []sim.Number{
		{PhoneNumber: swedish}, {PhoneNumber: swedishToo}, {PhoneNumber: dud, Capabilities: sim.Capabilities{Voice: true}},
	} {
		if err := s.PutNumber(n); err != nil {
			t.Fatal(err)
		}
	}
	return handler(t, db, s, db.Jobs, db.NumberJobs), s
}

func handler(t testing.TB, db *scenario.Table, s *scenario.Simulator, texts textJobs, numbers numberJobs) scenario.Handler {
	f := function{scenario.Log(t), db.Now, db.Open(), s.Client(t), texts, numbers, db.FilingJobs}
	return apigw.New(apigw.Options{Scope: "clienteling:operate", Routes: f.routes(), Log: scenario.Log(t)})
}

// eve is when that happened which waits for the operator: the day before the event files.
var eve = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

// waiting is something of each kind: of retailer nordic two orders that need assistance
// and one that waits for approval, two failed jobs, two texts to a number that no store
// uses, and two numbers that nobody knows.
func waiting(t testing.TB, db *scenario.Table) {
	t.Helper()
	to := db.Open()
	enable(t, db, "nordic", "SE")
	first := ordered(t, db, "nordic", "SE", clienteling.PurchaseAssistance, eve)
	ordered(t, db, "nordic", "SE", clienteling.PurchaseAssistance, eve.Add(time.Hour))
	ordered(t, db, "nordic", "NO", clienteling.PurchaseAwaitingApproval, eve.Add(2*time.Hour))
	for n, err := range []error{
		to.JobFailed(t.Context(), table.FailedJob{Queue: "MessageSendQueue", Job: textJob, Cause: "twilio: not now: error 20003", At: eve}),
		to.JobFailed(t.Context(), table.FailedJob{Queue: "NumberPurchaseQueue", Job: numberJob(first.ID), Cause: "storage_unavailable: try again", At: eve.Add(time.Hour)}),
		to.KeepUnrouted(t.Context(), table.InboundText{
			SID: "SM0000000000000000000000000000000a", AccountSID: seed.AccountSID, From: scenario.American, To: seed.UnusedNumber,
			Body: "Hello? Is this Acme?", At: eve,
		}),
		to.KeepUnrouted(t.Context(), table.InboundText{
			SID: "MM0000000000000000000000000000000b", AccountSID: seed.AccountSID, From: scenario.Briton, To: seed.UnusedNumber, At: eve.Add(time.Hour),
			Media: []clienteling.Media{{URL: "https://api.twilio.com/2010-04-01/Accounts/" + seed.AccountSID + "/Messages/MM0000000000000000000000000000000b/Media/ME0000000000000000000000000000000b", ContentType: "image/jpeg"}},
		}),
		to.NoteStranger(t.Context(), table.Stranger{E164: "+12125550150", SID: "PN0000000000000000000000000000000a", AccountSID: seed.AccountSID, FriendlyName: "(212) 555-0150", At: eve}),
		to.NoteStranger(t.Context(), table.Stranger{E164: "+12125550151", SID: "PN0000000000000000000000000000000b", AccountSID: seed.AccountSID, FriendlyName: "clienteling-staging-old", At: eve.Add(time.Hour)}),
		second(to.SaveRequirements(t.Context(), table.Requirements{Country: "TH", Unknown: true, At: eve})),
		second(to.SaveRequirements(t.Context(), table.Requirements{Country: "PH", Unknown: true, At: eve.Add(time.Hour)})),
	} {
		if err != nil {
			t.Fatal(n, err)
		}
	}
}

// second is the error of a call that returns something else, too.
func second[T any](_ T, err error) error { return err }

const textJob = `{"retailer":"acme","store":"new-york","customer":"3zgi4jk25cjrrqxwowpgs4krve","message":"01a1fa7a-4f80-7000-8000-000000000001"}`

func numberJob(purchase string) string {
	return fmt.Sprintf(`{"do":"buy","retailer":"nordic","purchase":%q}`, purchase)
}

// enable enables a retailer in approved countries.
func enable(t testing.TB, db *scenario.Table, retailer string, countries ...string) {
	t.Helper()
	r := clienteling.Retailer{ID: retailer, LegalName: retailer, Countries: countries, OptInMode: clienteling.Explicit, EnabledAt: db.Now()}
	if err := db.Open().EnableRetailer(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, c := range countries {
		approved := clienteling.Registration{Retailer: retailer, Country: c, State: clienteling.RegistrationApproved}
		if err := db.Open().PutRegistration(t.Context(), approved, db.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

// ordered is an order in a state in which orders begin.
func ordered(t testing.TB, db *scenario.Table, retailer, country string, state clienteling.PurchaseState, at time.Time) clienteling.Purchase {
	t.Helper()
	p := clienteling.Purchase{
		Retailer: retailer, Country: country, State: state, AccountSID: seed.AccountSID, By: clienteling.Associate{ID: "admin-7", Name: "Nils"}, At: at,
	}
	if state == clienteling.PurchaseAssistance {
		p.Reason = clienteling.ReasonAssistedCountry
	}
	p, err := db.Open().NewPurchase(t.Context(), p, table.Idempotency{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// given is an empty table at the time of the event files.
func given(t *testing.T) (*scenario.Table, scenario.Handler, *scenario.Simulator) {
	t.Helper()
	db := scenario.NewTable(t)
	db.Set(scenario.Moment(scenario.Event(t, "operator/work-assistance")))
	handle, s := start(t, db)
	return db, handle, s
}

// at is the request of an event file for other path parameters.
func at(t *testing.T, event string, parameters map[string]string) scenario.Request {
	t.Helper()
	r := scenario.Event(t, "operator/"+event)
	_, r.RawPath, _ = strings.Cut(r.RouteKey, " ")
	for name, value := range parameters {
		r.PathParameters[name] = value
		r.RawPath = strings.Replace(r.RawPath, "{"+name+"}", value, 1)
	}
	return r
}

// fulfilment gives an order a number.
func fulfilment(t *testing.T, p clienteling.Purchase, e164 string) scenario.Request {
	t.Helper()
	r := at(t, "fulfil", map[string]string{"retailer": p.Retailer, "purchaseId": p.ID})
	body, err := json.Marshal(map[string]string{"number": e164})
	if err != nil {
		t.Fatal(err)
	}
	r.Body = string(body)
	return r
}

// list asks for a kind of work.
func list(t *testing.T, query url.Values) scenario.Request {
	t.Helper()
	r := scenario.Event(t, "operator/work-assistance")
	r.RawQueryString = query.Encode()
	return r
}

// ask answers a request: with "202", or with "409 number_taken" for a problem.
func ask(t *testing.T, handle scenario.Handler, r scenario.Request) (outcome, body string) {
	t.Helper()
	res, err := handle(context.WithoutCancel(t.Context()), r)
	if err != nil {
		t.Fatal(err)
	}
	var p apigw.Problem
	problem := res.Headers["content-type"] == "application/problem+json"
	if err := json.Unmarshal([]byte(res.Body), &p); err != nil && problem || problem == (res.StatusCode < 300) || problem && p.Code == "" {
		t.Fatalf("answered %d %s, %v", res.StatusCode, res.Body, err)
	}
	if !problem {
		return fmt.Sprint(res.StatusCode), res.Body
	}
	return fmt.Sprint(res.StatusCode, " ", p.Code), res.Body
}

// atOnce answers requests at the same time; the outcomes are in their order.
func atOnce(t *testing.T, handle scenario.Handler, requests ...scenario.Request) []string {
	t.Helper()
	outcomes := make([]string, len(requests))
	begin := make(chan struct{})
	var running errgroup.Group
	for n, r := range requests {
		running.Go(func() error {
			<-begin
			res, err := handle(t.Context(), r)
			if err != nil {
				return err
			}
			var p struct{ Code string }
			err = json.Unmarshal([]byte(res.Body), &p)
			outcomes[n] = strings.TrimSpace(fmt.Sprint(res.StatusCode, " ", p.Code))
			return err
		})
	}
	close(begin)
	if err := running.Wait(); err != nil {
		t.Fatal(err)
	}
	return outcomes
}

// unchanged runs do, which must leave nothing behind.
func unchanged(t *testing.T, db *scenario.Table, do func()) {
	t.Helper()
	before, jobs, texts := db.Items(t), len(db.NumberJobs.Left()), len(db.Jobs.Left())
	do()
	if d := db.Items(t).Since(before); len(d.Added)+len(d.Changed)+len(d.Removed) > 0 || len(db.NumberJobs.Left()) != jobs || len(db.Jobs.Left()) != texts {
		t.Errorf("it had an effect: %+v, jobs %v and %v", d, db.NumberJobs.Left()[jobs:], db.Jobs.Left()[texts:])
	}
}

// failedIDs are those of the failed jobs that are listed.
func failedIDs(t *testing.T, db *scenario.Table) []string {
	t.Helper()
	jobs, _, err := db.Open().FailedJobs(t.Context(), table.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, j := range jobs {
		ids = append(ids, j.ID)
	}
	return ids
}

// every is a request to each route, which would all have an effect or show something.
func every(t *testing.T, db *scenario.Table) []scenario.Request {
	t.Helper()
	work, _, err := db.Open().Assistance(t.Context(), table.Page{Limit: 1})
	if err != nil || len(work) == 0 {
		t.Fatal(work, err)
	}
	return []scenario.Request{
		list(t, url.Values{"kind": {"assistance"}}), list(t, url.Values{"kind": {"unrouted"}}), list(t, url.Values{"kind": {"failed"}}), list(t, url.Values{"kind": {"numbers"}}),
		fulfilment(t, work[0], swedish), at(t, "replay-text", map[string]string{"failedId": failedIDs(t, db)[0]}),
	}
}

// The operator belongs to no retailer, and nobody else is the operator.
func TestOnlyTheOperator(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	waiting(t, db)
	unchanged(t, db, func() {
		for _, tt := range []struct {
			want   string
			claims map[string]string
		}{
			{"403 operator_only", map[string]string{"scope": "clienteling:operate", "retailer": "acme"}},
			{"403 operator_only", map[string]string{"scope": "clienteling:operate", "retailer": "nordic"}},
			{"403 operator_only", map[string]string{"scope": "clienteling:operate", "retailer": "No retailer's id"}},
			{"403 operator_only", map[string]string{"scope": "clienteling:manage clienteling:operate", "retailer": "nordic"}},
			{"403 scope_missing", map[string]string{"scope": "clienteling:manage", "retailer": "nordic"}},
			{"403 scope_missing", map[string]string{"scope": "clienteling:manage"}},
			{"403 scope_missing", map[string]string{"scope": "clienteling:associate", "retailer": "nordic", "stores": "*"}},
			{"403 scope_missing", map[string]string{"scope": "clienteling:operates"}},
			{"403 scope_missing", map[string]string{}},
		} {
			for _, r := range every(t, db) {
				r.RequestContext.Authorizer.JWT.Claims = tt.claims
				if outcome, _ := ask(t, handle, r); outcome != tt.want {
					t.Errorf("%v, %s: %s, want %s", tt.claims, r.RouteKey, outcome, tt.want)
				}
			}
		}
		for _, r := range every(t, db) {
			r.RequestContext.Authorizer = nil
			if outcome, _ := ask(t, handle, r); outcome != "401 token_missing" {
				t.Errorf("no token, %s: %s", r.RouteKey, outcome)
			}
		}
	})
	for _, r := range every(t, db) {
		if outcome, _ := ask(t, handle, r); outcome != "200" && outcome != "202" {
			t.Errorf("the operator, %s: %s", r.RouteKey, outcome)
		}
	}
}

func TestStorageDown(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	waiting(t, db)
	for _, r := range every(t, db) {
		unchanged(t, db, func() {
			db.Break(scenario.Unsent)
			if outcome, _ := ask(t, handle, r); outcome != "503 storage_unavailable" {
				t.Errorf("%s: %s", r.RouteKey, outcome)
			}
			db.Mend()
		})
	}
}

// five is five of each kind of work, the longest waiting first, by what tells them apart.
func five(t *testing.T, db *scenario.Table) map[string][]string {
	t.Helper()
	to := db.Open()
	enable(t, db, "nordic", "SE")
	enable(t, db, "other", "SE")
	want := map[string][]string{}
	for n := range 5 {
		since := eve.Add(time.Duration(n/2) * time.Minute) // some at the same moment
		retailer := []string{"nordic", "other"}[n/3]
		want["assistance"] = append(want["assistance"], ordered(t, db, retailer, "SE", clienteling.PurchaseAssistance, since).ID)
		in := table.InboundText{SID: fmt.Sprintf("SM%032d", n), AccountSID: seed.AccountSID, From: scenario.American, To: seed.UnusedNumber, Body: fmt.Sprint("text ", n), At: since}
		want["unrouted"] = append(want["unrouted"], in.Body)
		j := table.FailedJob{Queue: "NumberPurchaseQueue", Job: numberJob(fmt.Sprint("job ", n)), Cause: "it failed", At: eve.Add(time.Duration(n) * time.Second)}
		want["failed"] = append(want["failed"], j.Job)
		s := table.Stranger{E164: fmt.Sprintf("+121255501%02d", n), SID: fmt.Sprintf("PN%032d", n), AccountSID: seed.AccountSID, At: since}
		want["numbers"] = append(want["numbers"], s.E164)
		for _, err := range []error{to.KeepUnrouted(t.Context(), in), to.JobFailed(t.Context(), j), to.NoteStranger(t.Context(), s)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return want
}

// entry has what tells one of five from the others, whatever its kind.
type entry struct {
	PurchaseID, Text, Number string
	Job                      json.RawMessage
}

func (e entry) name() string { return e.PurchaseID + e.Text + e.Number + string(e.Job) }

func page(t *testing.T, handle scenario.Handler, query url.Values) apigw.Page[entry] {
	t.Helper()
	var p apigw.Page[entry]
	outcome, body := ask(t, handle, list(t, query))
	if outcome != "200" {
		t.Fatalf("%v: %s", query, body)
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPagesOfWork(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	want := five(t, db)
	cursors := map[string]string{}
	for kind, names := range want {
		for _, limit := range []int{1, 2, 4, 5, 100} {
			query := url.Values{"kind": {kind}, "limit": {fmt.Sprint(limit)}}
			var got []string
			for {
				p := page(t, handle, query)
				for _, e := range p.Items {
					got = append(got, e.name())
				}
				if p.Cursor == "" || len(got) > 5 {
					break
				}
				if len(p.Items) != limit {
					t.Errorf("%v: a page of %d that is not the last", query, len(p.Items))
				}
				cursors[kind] = p.Cursor
				query.Set("cursor", p.Cursor)
			}
			if !slices.Equal(got, names) {
				t.Errorf("%s, limit %d: %v, want %v", kind, limit, got, names)
			}
		}
	}
	for kind := range want {
		for of, cursor := range cursors {
			outcome, _ := ask(t, handle, list(t, url.Values{"kind": {kind}, "cursor": {cursor}}))
			if right := kind == of; right != (outcome == "200") || !right && outcome != "400 invalid_cursor" {
				t.Errorf("%s with the cursor of %s: %s", kind, of, outcome)
			}
		}
		for _, position := range []string{"", "2026-11-20", "2026-11-20T08:00:00.000Z#x"} {
			// Whoever can make a cursor sees what the operator may see anyway.
			if outcome, _ := ask(t, handle, list(t, url.Values{"kind": {kind}, "cursor": {apigw.EncodeCursor("work/"+kind, position)}})); outcome != "200" && outcome != "400 invalid_cursor" {
				t.Errorf("%s from %q: %s", kind, position, outcome)
			}
		}
	}
	for _, query := range []url.Values{{}, {"kind": {""}}, {"kind": {"all"}}, {"kind": {"failed", "numbers"}}, {"kind": {"failed"}, "limit": {"0"}}, {"kind": {"failed"}, "limit": {"x"}}} {
		if outcome, _ := ask(t, handle, list(t, query)); outcome != "400 invalid_parameter" {
			t.Errorf("%v: %s", query, outcome)
		}
	}
}

// Work that is done while somebody pages, the last of the page before included, hides
// nothing of what follows.
func TestWorkDoneWhilePaging(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	want := five(t, db)
	for kind, do := range map[string]func() scenario.Request{
		"assistance": func() scenario.Request {
			p, err := db.Open().Purchase(t.Context(), "nordic", want["assistance"][1])
			if err != nil {
				t.Fatal(err)
			}
			return fulfilment(t, p, swedish)
		},
		"failed": func() scenario.Request {
			return at(t, "replay-text", map[string]string{"failedId": failedIDs(t, db)[1]})
		},
	} {
		first := page(t, handle, url.Values{"kind": {kind}, "limit": {"2"}})
		if outcome, body := ask(t, handle, do()); outcome != "202" {
			t.Fatalf("%s: %s", kind, body)
		}
		var got []string
		for _, e := range page(t, handle, url.Values{"kind": {kind}, "cursor": {first.Cursor}}).Items {
			got = append(got, e.name())
		}
		if !slices.Equal(got, want[kind][2:]) {
			t.Errorf("%s: %v follow, want %v", kind, got, want[kind][2:])
		}
		if whole := page(t, handle, url.Values{"kind": {kind}}); len(whole.Items) != 4 {
			t.Errorf("%s: %d are left", kind, len(whole.Items))
		}
	}
}
