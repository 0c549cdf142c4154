package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/table"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

func TestEvents(t *testing.T) {
	scenario.Golden(t, "customers", func(t testing.TB, db *scenario.Table) scenario.Handler { return start(t, db) })
}

func start(t testing.TB, db *scenario.Table) scenario.Handler {
	f := function{scenario.Log(t), db.Now, db.Open()}
	return apigw.New(apigw.Options{Scope: "clienteling:manage", Routes: f.routes(), Log: scenario.Log(t)})
}

// ask gives a request of an event file, about somebody, to the function.
func ask(t *testing.T, handle scenario.Handler, event, who string) (scenario.Response, map[string]any) {
	t.Helper()
	r := scenario.Event(t, "customers/"+event)
	r.PathParameters["phone"] = who
	res, err := handle(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(res.Body), &body); err != nil {
		t.Fatalf("answered %d %s: %v", res.StatusCode, res.Body, err)
	}
	return res, body
}

// Everybody can be named by their number, however its plus survived the URL, and by their
// id; those who text from a short code or under a name by their id only.
func TestWhose(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	db.Give(t, "seed")
	to := db.Open()
	handle := start(t, db)
	for n, from := range []string{scenario.American, "72345", "ACME BANK"} {
		number := seed.Shops[0].Number
		number.Store, number.StoreName = seed.Shops[0].Store.ID, seed.Shops[0].Store.Name
		in := table.InboundText{SID: fmt.Sprintf("SM%032x", 0xc0de00+n), AccountSID: seed.AccountSID, From: from, To: number.E164, Body: "Hello", At: db.Now()}
		if err := to.ReceiveText(t.Context(), number, in, consent.Change{}, table.Found{}); err != nil {
			t.Fatal(err)
		}
	}
	for who, want := range map[string]string{
		scenario.American:                       scenario.American,
		" 12125550123":                          scenario.American, // a plus that was not encoded
		"12125550123":                           scenario.American,
		to.Customer("acme", scenario.American):  scenario.American,
		to.Customer("acme", "72345"):            "72345",
		to.Customer("acme", "ACME BANK"):        "ACME BANK",
		to.Customer("other", scenario.American): "not_found",
		"+12125550199":                          "not_found",
		"72345":                                 "phone_invalid",
		"ACME BANK":                             "phone_invalid",
		"+1212555012a":                          "phone_invalid",
		"":                                      "phone_invalid",
		to.Customer("acme", scenario.American)[1:]: "phone_invalid",
	} {
		for _, event := range []string{"consent", "export", "erase"} {
			res, body := ask(t, handle, event, who)
			if res.StatusCode >= 300 {
				if body["code"] != want {
					t.Errorf("%s of %q: %s", event, who, res.Body)
				}
				continue
			}
			if event == "consent" && body["phone"] != want || want == "not_found" || want == "phone_invalid" {
				t.Errorf("%s of %q: %s", event, who, res.Body)
			}
		}
	}
}

// The evidence tells which opt-in message a request was made of, as it was then; and
// that somebody was erased, when and at whose order.
func TestWordingAndErasure(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	db.Give(t, "seed")
	to, handle := db.Open(), start(t, db)
	customer := to.Customer("acme", scenario.American)
	w, err := to.Wording(t.Context(), "acme", "en")
	if err != nil {
		t.Fatal(err)
	}
	for _, hash := range []string{w.Hash, "0000"} {
		s, err := to.Sender(t.Context(), "acme", "new-york", customer, table.Idempotency{})
		if err != nil {
			t.Fatal(err)
		}
		m, err := to.AcceptText(t.Context(), s, table.NewText{Body: "May we?", Request: true, Wording: hash, Phone: scenario.American, By: clienteling.Associate{ID: "associate-1"}, At: db.Now()})
		if err != nil {
			t.Fatal(err)
		}
		o, err := to.Outbound(t.Context(), table.OutboundKey{Retailer: "acme", Store: "new-york", Customer: customer, Message: m.ID})
		if err == nil {
			o, err = to.ClaimText(t.Context(), o, db.Now())
		}
		if err == nil {
			err = to.TextTaken(t.Context(), o, "SM"+m.ID, db.Now())
		}
		if err != nil {
			t.Fatal(err)
		}
		db.Set(db.Now().Add(25 * time.Hour))
	}
	_, body := ask(t, handle, "consent", customer)
	items := body["items"].([]any)
	if len(items) != 2 {
		t.Fatalf("evidence %v", items)
	}
	for n, want := range []map[string]any{{"hash": w.Hash, "language": w.Language, "text": w.Text}, {"hash": "0000"}} {
		got := items[n].(map[string]any)["request"].(map[string]any)["wording"].(map[string]any)
		delete(got, "at")
		if !maps.Equal(got, want) {
			t.Errorf("wording %v, want %v", got, want)
		}
	}

	if res, _ := ask(t, handle, "erase", customer); res.StatusCode != http.StatusAccepted {
		t.Fatal(res)
	}
	requested := db.Now()
	due, err := to.DueErasures(t.Context(), requested.Add(time.Hour), 10)
	if err != nil || len(due) != 1 {
		t.Fatal(due, err)
	}
	if _, err := to.EraseRecords(t.Context(), due[0], 100); err != nil {
		t.Fatal(err)
	}
	if err := to.ErasureDone(t.Context(), due[0], requested.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	_, body = ask(t, handle, "consent", customer)
	want := map[string]any{"state": "erased", "requestedAt": apigw.Moment(requested), "erasedAt": apigw.Moment(requested.Add(time.Hour)), "by": "admin-1"}
	if got, _ := body["erasure"].(map[string]any); !maps.Equal(got, want) || body["phone"] != nil || len(body["items"].([]any)) > 0 {
		t.Errorf("after the erasure: %v", body)
	}
	if res, body := ask(t, handle, "erase", customer); res.StatusCode != http.StatusNotFound {
		t.Errorf("to erase them again: %v", body)
	}
}

// No log tells a number.
func TestLogs(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	db.Give(t, "seed", "conversation")
	var logged bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&logged, nil))
	f := function{log, db.Now, db.Open()}
	handle := apigw.New(apigw.Options{Scope: "clienteling:manage", Routes: f.routes(), Log: log})
	for _, event := range []string{"consent", "export", "erase"} {
		ask(t, handle, event, scenario.American)
		ask(t, handle, event, "+12125550124")
		ask(t, handle, event, "2125550123")
	}
	if text := logged.String(); text == "" || strings.Contains(text, "2125550") {
		t.Errorf("logged %s", text)
	}
}
