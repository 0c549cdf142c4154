package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

// Beside what a golden scenario is given, acme has unused, nordic may order numbers of
// Sweden, which the operator fetches, and no retailer more than three in a day.
func TestEvents(t *testing.T) {
	scenario.Golden(t, "numbers", func(t testing.TB, db *scenario.Table) scenario.Handler {
		record(t, db, "acme", "US", unused)
		enable(t, db, "nordic", "SE")
		handle, _ := startOn(t, db, 3)
		return handle
	})
}

// unused is a number of acme that no store uses.
const unused = "+12125550111"

func start(t testing.TB, db *scenario.Table) (scenario.Handler, *scenario.Simulator) {
	return startOn(t, db, 100)
}

// startOn is start where a retailer may order so many numbers in a day.
func startOn(t testing.TB, db *scenario.Table, perDay int) (scenario.Handler, *scenario.Simulator) {
	s := scenario.NewSimulator(t, db)
	to := table.Open(db.Config, table.Options{Name: db.Name, TestLocations: db.TestLocations, OrdersPerDay: perDay, Now: db.Now, NewID: db.NewID})
	f := function{scenario.Log(t), db.Now, to, db.NumberJobs, s.Client(t), seed.AccountSID}
	return apigw.New(apigw.Options{Scope: "clienteling:manage", Routes: f.routes(), Log: scenario.Log(t)}), s
}

// enable enables a retailer in approved countries.
func enable(t testing.TB, db *scenario.Table, retailer string, countries ...string) {
	t.Helper()
	r := clienteling.Retailer{ID: retailer, LegalName: retailer, Countries: countries, OptInMode: clienteling.AnyReply, EnabledAt: db.Now()}
	if err := db.Open().EnableRetailer(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, c := range countries {
		register(t, db, retailer, c, clienteling.RegistrationApproved)
	}
}

func register(t testing.TB, db *scenario.Table, retailer, country string, state clienteling.RegistrationState) {
	t.Helper()
	if err := db.Open().PutRegistration(t.Context(), clienteling.Registration{Retailer: retailer, Country: country, State: state}, db.Now()); err != nil {
		t.Fatal(err)
	}
}

// record gives a retailer a number that no store uses.
func record(t testing.TB, db *scenario.Table, retailer, country, e164 string) clienteling.Number {
	t.Helper()
	n := clienteling.Number{
		E164: e164, Country: country, State: clienteling.NumberAvailable, AccountSID: seed.AccountSID, SID: "PN" + fmt.Sprintf("%032s", e164[1:]),
		Retailer: retailer, Language: "en", OptInMode: clienteling.AnyReply,
	}
	if err := db.Open().RecordNumber(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	return n
}

// given is the seed, at the time of the event files.
func given(t *testing.T) (*scenario.Table, scenario.Handler, *scenario.Simulator) {
	t.Helper()
	db := scenario.NewTable(t)
	db.Give(t, "seed")
	db.Set(scenario.Moment(scenario.Event(t, "numbers/order")))
	handle, s := start(t, db)
	return db, handle, s
}

// by is the request of an event file from the administrator of a retailer.
func by(t *testing.T, retailer, event string) scenario.Request {
	t.Helper()
	r := scenario.Event(t, "numbers/"+event)
	r.RequestContext.Authorizer.JWT.Claims["retailer"] = retailer
	return r
}

// list asks for a list with a query.
func list(t *testing.T, retailer, event string, query url.Values) scenario.Request {
	t.Helper()
	r := by(t, retailer, event)
	r.RawQueryString = query.Encode()
	return r
}

// order orders a number, without an Idempotency-Key.
func order(t *testing.T, retailer, body string) scenario.Request {
	t.Helper()
	r := by(t, retailer, "order")
	delete(r.Headers, "idempotency-key")
	r.Body = body
	return r
}

// at is the request of an event file for another path parameter.
func at(t *testing.T, retailer, event, parameter, value string) scenario.Request {
	t.Helper()
	r := by(t, retailer, event)
	r.RawPath = strings.Replace(r.RawPath, r.PathParameters[parameter], value, 1)
	r.PathParameters[parameter] = value
	return r
}

// ask answers a request: with "202", or with "409 purchase_under_way" for a problem.
func ask(t *testing.T, handle scenario.Handler, r scenario.Request) (outcome, body string) {
	t.Helper()
	res, err := handle(t.Context(), r)
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

// read answers a request with that status and decodes the answer.
func read[T any](t *testing.T, handle scenario.Handler, r scenario.Request, status int) T {
	t.Helper()
	outcome, body := ask(t, handle, r)
	var v T
	if outcome != fmt.Sprint(status) {
		t.Fatalf("%s: answered %s, want %d", r.RouteKey, body, status)
	}
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// atOnce answers requests at the same time and counts the outcomes.
func atOnce(t *testing.T, handle scenario.Handler, requests ...scenario.Request) (counts map[string]int, bodies []string) {
	t.Helper()
	all := make([]scenario.Response, len(requests))
	begin := make(chan struct{})
	var running errgroup.Group
	for n, r := range requests {
		running.Go(func() (err error) {
			<-begin
			all[n], err = handle(context.WithoutCancel(t.Context()), r)
			return err
		})
	}
	close(begin)
	if err := running.Wait(); err != nil {
		t.Fatal(err)
	}
	counts = map[string]int{}
	for _, res := range all {
		var p struct{ Code string }
		if err := json.Unmarshal([]byte(res.Body), &p); err != nil {
			t.Fatal(err)
		}
		counts[strings.TrimSpace(fmt.Sprint(res.StatusCode, " ", p.Code))]++
		bodies = append(bodies, res.Body)
	}
	return counts, bodies
}

// all reads a list page by page. between runs after each page but the last.
func all[T any](t *testing.T, handle scenario.Handler, retailer, event string, query url.Values, between func()) []T {
	t.Helper()
	query = maps.Clone(query)
	var found []T
	for range 100 {
		p := read[apigw.Page[T]](t, handle, list(t, retailer, event, query), http.StatusOK)
		if p.Cursor != "" && fmt.Sprint(len(p.Items)) != query.Get("limit") {
			t.Errorf("a page of %d that is not the last, with %v", len(p.Items), query)
		}
		found = append(found, p.Items...)
		if p.Cursor == "" {
			return found
		}
		query.Set("cursor", p.Cursor)
		if between != nil {
			between()
		}
	}
	t.Fatal("the list does not end")
	return nil
}

// unchanged runs do, which must leave nothing behind.
func unchanged(t *testing.T, db *scenario.Table, do func()) {
	t.Helper()
	before, jobs := db.Items(t), len(db.NumberJobs.Left())
	do()
	if d := db.Items(t).Since(before); len(d.Added)+len(d.Changed)+len(d.Removed) > 0 || len(db.NumberJobs.Left()) != jobs {
		t.Errorf("it had an effect: %+v, jobs %v", d, db.NumberJobs.Left()[jobs:])
	}
}

// Nobody of another retailer sees or changes numbers or orders of acme, whatever they
// send; an order of their own is theirs.
func TestForeigners(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	enable(t, db, "rival", "US", "GB", "DE")
	record(t, db, "acme", "US", unused)
	mine := read[purchase](t, handle, by(t, "acme", "order"), http.StatusAccepted)
	cursors := map[string]string{
		"list":      read[apigw.Page[number]](t, handle, list(t, "acme", "list", url.Values{"limit": {"1"}}), http.StatusOK).Cursor,
		"purchases": apigw.EncodeCursor("purchases/acme", "PURCHASE#"+mine.ID),
	}
	for _, retailer := range []string{"rival", "acm", "acme-2", "nobody"} {
		unchanged(t, db, func() {
			for _, query := range []url.Values{nil, {"state": {"available"}}, {"state": {"assigned"}}, {"country": {"US"}}, {"country": {"US"}, "state": {"available"}}} {
				outcome, body := ask(t, handle, list(t, retailer, "list", query))
				if enabled := retailer == "rival"; outcome != "200" && (enabled || outcome != "409 retailer_not_enabled") || strings.Contains(body, "+1") {
					t.Errorf("%s, numbers %v: %s", retailer, query, body)
				}
			}
			if p := read[apigw.Page[purchase]](t, handle, by(t, retailer, "purchases"), http.StatusOK); len(p.Items) > 0 {
				t.Errorf("%s sees the orders %+v", retailer, p.Items)
			}
			for event, cursor := range cursors {
				if outcome, _ := ask(t, handle, list(t, retailer, event, url.Values{"cursor": {cursor}})); outcome != "400 invalid_cursor" {
					t.Errorf("%s, %s with a cursor of acme: %s", retailer, event, outcome)
				}
			}
			for _, r := range []scenario.Request{
				at(t, retailer, "purchase", "purchaseId", mine.ID), at(t, retailer, "cancel", "purchaseId", mine.ID),
				at(t, retailer, "release", "number", unused), at(t, retailer, "release", "number", seed.Shops[0].Number.E164),
			} {
				if outcome, _ := ask(t, handle, r); outcome != "404 not_found" {
					t.Errorf("%s, %s %s: %s", retailer, r.RouteKey, r.RawPath, outcome)
				}
			}
		})
	}

	// The very same request, Idempotency-Key and all, is an order of their own.
	theirs := read[purchase](t, handle, by(t, "rival", "order"), http.StatusAccepted)
	if theirs.ID == mine.ID {
		t.Error("an Idempotency-Key of acme showed its order to another retailer")
	}
	for retailer, p := range map[string]purchase{"acme": mine, "rival": theirs} {
		if got := all[purchase](t, handle, retailer, "purchases", url.Values{}, nil); !slices.ContainsFunc(got, func(g purchase) bool { return g.ID == p.ID }) || len(got) != 1 {
			t.Errorf("orders of %s: %+v", retailer, got)
		}
	}
}

// Who is no administrator gets nowhere, on any route.
func TestOnlyAdministrators(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	record(t, db, "acme", "US", unused)
	mine := read[purchase](t, handle, by(t, "acme", "order"), http.StatusAccepted)
	for want, claims := range map[string]map[string]string{
		"403 scope_missing":    {"retailer": "acme", "scope": "clienteling:associate clienteling:operate"},
		"403 retailer_missing": {"scope": "clienteling:manage"},
	} {
		unchanged(t, db, func() {
			for _, r := range []scenario.Request{
				by(t, "", "list"), order(t, "", `{"country": "US"}`), at(t, "", "release", "number", unused), by(t, "", "purchases"),
				at(t, "", "purchase", "purchaseId", mine.ID), at(t, "", "cancel", "purchaseId", mine.ID), by(t, "", "available"),
			} {
				r.RequestContext.Authorizer.JWT.Claims = claims
				if outcome, _ := ask(t, handle, r); outcome != want {
					t.Errorf("%s: %s, want %s", r.RouteKey, outcome, want)
				}
			}
		})
	}
}

func TestStorageDown(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t)
	record(t, db, "acme", "US", unused)
	mine := read[purchase](t, handle, by(t, "acme", "order"), http.StatusAccepted)
	for _, r := range []scenario.Request{
		by(t, "acme", "list"), by(t, "acme", "list-none-ordered"), order(t, "acme", `{"country": "US"}`), by(t, "acme", "order"), at(t, "acme", "release", "number", unused),
		by(t, "acme", "purchases"), at(t, "acme", "purchase", "purchaseId", mine.ID), at(t, "acme", "cancel", "purchaseId", mine.ID), by(t, "acme", "available"),
	} {
		unchanged(t, db, func() {
			db.Break(scenario.Unsent)
			if outcome, _ := ask(t, handle, r); outcome != "503 storage_unavailable" {
				t.Errorf("%s: %s", r.RouteKey, outcome)
			}
			db.Mend()
		})
	}
}
