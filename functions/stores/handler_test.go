package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

// Beside what a scenario says was given, acme has one number that no store uses:
// seed.UnusedNumber, of the US. It may order one number in a day.
func TestEvents(t *testing.T) {
	scenario.Golden(t, "stores", func(t testing.TB, db *scenario.Table) scenario.Handler {
		record(t, db, "acme", "US", seed.UnusedNumber)
		return startOn(t, db, 1)
	})
}

func start(t testing.TB, db *scenario.Table) scenario.Handler { return startOn(t, db, 100) }

// startOn is start where a retailer may order so many numbers in a day.
func startOn(t testing.TB, db *scenario.Table, perDay int) scenario.Handler {
	to := table.Open(db.Config, table.Options{Name: db.Name, TestLocations: db.TestLocations, OrdersPerDay: perDay, Now: db.Now, NewID: db.NewID})
	f := function{scenario.Log(t), db.Now, to, db.NumberJobs, seed.AccountSID}
	return apigw.New(apigw.Options{Scope: "clienteling:manage", Routes: f.routes(), Log: scenario.Log(t)})
}

// record gives a retailer a number that no store uses.
func record(t testing.TB, db *scenario.Table, retailer, country, e164 string) {
	t.Helper()
	err := db.Open().RecordNumber(t.Context(), clienteling.Number{
		E164: e164, Country: country, AccountSID: seed.AccountSID, SID: "PN" + strings.Repeat("0", 32-len(e164[1:])) + e164[1:],
		Retailer: retailer, Language: "en", OptInMode: clienteling.AnyReply,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// given is a table after the seed, the handler on it, and the clock at an event.
func given(t *testing.T, event string) (*scenario.Table, scenario.Handler, scenario.Request) {
	t.Helper()
	db := scenario.NewTable(t)
	db.Give(t, "seed")
	r := scenario.Event(t, "stores/"+event)
	db.Set(scenario.Moment(r))
	return db, start(t, db), r
}

// request is that of an event file for another store and with another body.
func request(t testing.TB, event, store string, body any) scenario.Request {
	t.Helper()
	r := scenario.Event(t, "stores/"+event)
	if store != "" {
		r.PathParameters["storeId"] = store
	}
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		r.Body = string(text)
	}
	delete(r.Headers, "if-match")
	return r
}

// answered is an answer's status, and the code of a problem.
type answered struct {
	status int
	code   string
}

// ask gives a request to the function and decodes the answer, unless it is a problem.
func ask[T any](t testing.TB, handle scenario.Handler, r scenario.Request) (answered, T, scenario.Response) {
	t.Helper()
	res, err := handle(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if res.StatusCode < 300 {
		if err := json.Unmarshal([]byte(res.Body), &v); err != nil {
			t.Fatalf("answered %d %s: %v", res.StatusCode, res.Body, err)
		}
	}
	return outcome(t, res), v, res
}

// outcome is what an answer comes to. All but those below 300 must be problems.
func outcome(t testing.TB, res scenario.Response) answered {
	t.Helper()
	got := answered{status: res.StatusCode}
	if res.StatusCode < 300 {
		return got
	}
	var p apigw.Problem
	if err := json.Unmarshal([]byte(res.Body), &p); err != nil || res.Headers["content-type"] != "application/problem+json" || p.Status != res.StatusCode || p.Detail == "" {
		t.Fatalf("answered %d %s, which is no problem: %v", res.StatusCode, res.Body, err)
	}
	got.code = p.Code
	return got
}

// must is ask for what is answered with a status below 300.
func must[T any](t testing.TB, handle scenario.Handler, r scenario.Request) T {
	t.Helper()
	got, v, res := ask[T](t, handle, r)
	if got.status >= 300 {
		t.Fatalf("%s answered %d %s", r.RouteKey, got.status, res.Body)
	}
	return v
}

// fields are those of a store in the directory.
func fields(country, phone, zone string) map[string]any {
	return map[string]any{"name": "Acme of " + country, "country": country, "phone": phone, "timeZone": zone}
}

// save puts a store with a good phone into the directory.
func save(t testing.TB, handle scenario.Handler, id, country string) store {
	t.Helper()
	phones := map[string]string{"US": "(617) 555-0190", "GB": "020 7946 0190", "DE": "030 23125190", "FR": "01 99 00 12 34", "EE": "612 3456", "CA": "416-555-0123"}
	return must[store](t, handle, request(t, "save", id, fields(country, phones[country], "Europe/Berlin")))
}

func onboarding(number string, enable bool) map[string]any {
	return map[string]any{"number": number, "enable": enable}
}

// unchanged fails if anything in the table is not as it was.
func unchanged(t *testing.T, db *scenario.Table, before scenario.Items) {
	t.Helper()
	if d := db.Items(t).Since(before); len(d.Added)+len(d.Changed)+len(d.Removed) > 0 {
		t.Errorf("it had an effect: %+v", d)
	}
}

// Every change of a store is a new ETag, and the one before is good for nothing.
func TestETagFollowsEveryChange(t *testing.T) {
	t.Parallel()
	db, handle, _ := given(t, "onboard")
	record(t, db, "acme", "US", seed.UnusedNumber)
	tag := func(r scenario.Request) string {
		t.Helper()
		_, _, res := ask[store](t, handle, r)
		if res.StatusCode >= 300 {
			t.Fatalf("answered %d %s", res.StatusCode, res.Body)
		}
		return res.Headers["etag"]
	}
	last := ""
	for n, r := range []scenario.Request{
		request(t, "save", "boston", nil),
		request(t, "save", "boston", fields("US", "(617) 555-0191", "America/New_York")),
		request(t, "onboard", "boston", onboarding(seed.UnusedNumber, false)),
		request(t, "onboard", "boston", map[string]any{"enable": true}),
	} {
		got := tag(r)
		if got == "" || got == last {
			t.Errorf("step %d: ETag %s after %s", n, got, last)
		}
		if read := tag(request(t, "get", "boston", nil)); read != got {
			t.Errorf("step %d: ETag %s, read %s", n, got, read)
		}
		if last != "" {
			stale := request(t, "save", "boston", nil)
			stale.Headers["if-match"] = last
			if got, _, res := ask[store](t, handle, stale); got != (answered{http.StatusPreconditionFailed, "stale"}) {
				t.Errorf("step %d, with the ETag before: %v %s", n, got, res.Body)
			}
		}
		last = got
	}
	fresh := request(t, "save", "boston", nil)
	fresh.Headers["if-match"] = last
	if got, _, res := ask[store](t, handle, fresh); got.status != http.StatusOK {
		t.Errorf("with the ETag there is: %v %s", got, res.Body)
	}
}
