package table_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/table"
)

// lived is a table that keeps all kinds of records of the American, and others of others.
func lived(t *testing.T) (*scenario.Table, *table.Table, string) {
	t.Helper()
	db := scenario.NewTable(t)
	db.Give(t, "seed", "london", "inbox", "request", "taken", "delivered", "yes", "text", "stop")
	to := db.Open()
	unused := clienteling.Number{E164: seed.UnusedNumber, Country: "US", AccountSID: seed.AccountSID, Retailer: "acme"}
	foreign := unused
	foreign.E164, foreign.Retailer = "+12125550198", "other"
	for n, number := range []clienteling.Number{unused, foreign} {
		if err := to.RecordNumber(t.Context(), number); err != nil {
			t.Fatal(err)
		}
		for m, from := range []string{scenario.American, scenario.Briton, scenario.American} {
			in := text("SM"+strings.Repeat("f", 30)+string('a'+rune(n))+string('a'+rune(m)), "Anybody?")
			in.From, in.To = from, number.E164
			if err := to.KeepUnrouted(t.Context(), in); err != nil {
				t.Fatal(err)
			}
		}
	}
	customer := to.Customer("acme", scenario.American)
	db.Patch(t, "CUSTOMER#acme#"+customer, "ANSWERED#new-york#2026-11-20T14", map[string]any{"count": 2})
	db.Set(at)
	request(t, to, customer, at)
	return db, to, customer
}

// exported are the records of all pages of a size.
func exported(t *testing.T, to *table.Table, customer string, limit int) (all []table.Record) {
	t.Helper()
	after := ""
	for range 100 {
		found, next, err := to.Export(t.Context(), "acme", customer, scenario.American, table.Page{Limit: limit, After: after})
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > limit {
			t.Errorf("%d records on a page of %d", len(found), limit)
		}
		if all, after = append(all, found...), next; next == "" {
			return all
		}
	}
	t.Fatal("it does not end")
	return nil
}

// names are what records are about, as the keys of their items.
func names(all []table.Record, customer string) (keys []string) {
	of := "CUSTOMER#acme#" + customer + " / "
	for _, r := range all {
		switch {
		case r.Conversation != nil:
			keys = append(keys, of+"STORE#"+r.Conversation.Store)
		case r.Consent != nil:
			keys = append(keys, of+"CONSENT#"+r.Consent.ID)
		case r.Refusal != nil:
			keys = append(keys, of+"SUPPRESSION")
		case r.Erasure != nil:
			keys = append(keys, of+"ERASURE")
		case r.Answers != nil:
			keys = append(keys, of+"ANSWERED#"+r.Answers.Store+"#"+r.Answers.Hour)
		case r.Message != nil:
			keys = append(keys, "THREAD#acme#"+r.Store+"#"+customer+" / "+r.Message.ID)
		case r.Unrouted != nil:
			keys = append(keys, "UNROUTED#"+r.Unrouted.ID+" / UNROUTED")
		}
	}
	return keys
}

// Whatever the size of its pages, an export has everything about the person once, and
// nothing of others.
func TestExport(t *testing.T) {
	t.Parallel()
	db, to, customer := lived(t)
	var want []string
	for key, i := range db.Items(t) {
		if strings.Contains(key, customer) || strings.HasPrefix(key, "UNROUTED#") && i["from"] == scenario.American && i["to"] == seed.UnusedNumber {
			want = append(want, key)
		}
	}
	slices.Sort(want)
	if len(want) < 15 {
		t.Fatalf("the life is too poor: %v", want)
	}
	for limit := range 20 {
		got := names(exported(t, to, customer, limit+1), customer)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("pages of %d have %v, want %v", limit+1, got, want)
		}
	}
	all := exported(t, to, customer, 100)
	if n := slices.IndexFunc(all, func(r table.Record) bool { return r.Answers != nil }); n < 0 || *all[n].Answers != (table.Answers{Store: "new-york", Hour: "2026-11-20T14", Count: 2}) {
		t.Errorf("answers %+v", all[max(n, 0)].Answers)
	}
	// Texts that are past their time are left out; evidence is not.
	db.Set(at.Add(scenario.Retention))
	for _, key := range names(exported(t, to, customer, 100), customer) {
		if strings.HasPrefix(key, "THREAD#") || strings.HasPrefix(key, "UNROUTED#") {
			t.Errorf("%s is past its time", key)
		}
	}
	if n := len(exported(t, to, customer, 100)); n != 8 {
		t.Errorf("%d records are left", n)
	}
}

func TestExportPositions(t *testing.T) {
	t.Parallel()
	_, to, customer := lived(t)
	for _, after := range []string{"everything", "thread", "threads new-york x", "records " + strings.Repeat("x", 1025)} {
		if _, _, err := to.Export(t.Context(), "acme", customer, "", table.Page{Limit: 10, After: after}); code(err) != "invalid_cursor" {
			t.Errorf("after %.20q: %v", after, err)
		}
	}
	// A store that the person has no conversation with any more is passed over.
	found, _, err := to.Export(t.Context(), "acme", customer, "", table.Page{Limit: 100, After: "threads moscow 01a1f8d3-ea00-7000-8000-000000000001"})
	if err != nil || len(found) == 0 || found[0].Store != "new-york" {
		t.Errorf("%d records, %v", len(found), err)
	}
	if found, next, err := to.Export(t.Context(), "other", customer, "", table.Page{Limit: 100}); err != nil || len(found) > 0 || next != "threads" {
		t.Errorf("of another retailer: %v, %q, %v", found, next, err)
	}
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	db := scenario.NewTable(t)
	db.Give(t, "seed", "london")
	to := db.Open()
	customer := to.Customer("acme", scenario.American)
	ask := table.NewText{Body: "May we? YES or STOP.", Request: true, Wording: "f00d", Phone: scenario.American, Name: "Ada"}
	o := accept(t, to, customer, ask)
	o, err := to.ClaimText(t.Context(), o, at)
	if err == nil {
		err = to.TextTaken(t.Context(), o, "SM00000000000000000000000000000a01", at.Add(time.Second))
	}
	if err != nil {
		t.Fatal(err)
	}
	yes := text("SM00000000000000000000000000000a02", "YES")
	yes.At = at.Add(time.Minute)
	waiting := consent.State{OptIn: clienteling.OptInWaiting}
	err = to.ReceiveText(t.Context(), number(t, to), yes, consent.Presume(consent.Text{Body: "YES"}, clienteling.AnyReply), table.Found{})
	other := new(table.ConsentError)
	if !errors.As(err, &other) || other.State != waiting {
		t.Fatalf("the customer does not answer a request: %v", err)
	}
	if err := to.ReceiveText(t.Context(), number(t, to), yes, consent.Receive(waiting, consent.Text{Body: "YES"}, clienteling.AnyReply), other.Found); err != nil {
		t.Fatal(err)
	}
	db.Patch(t, "CUSTOMER#acme#"+customer, "SUPPRESSION", map[string]any{"state": "open", "epoch": 1, "since": "2026-11-21T12:00:00.000Z"})

	asked, next, err := to.Evidence(t.Context(), "acme", customer, table.Page{Limit: 1})
	if err != nil || len(asked) != 1 || next == "" {
		t.Fatal(asked, next, err)
	}
	want := table.Evidence{
		ID: asked[0].ID, Effect: consent.Requested, Store: "new-york", Number: seed.Shops[0].Number.E164, By: "associate", Associate: robin.ID,
		Request: ask.Body, Wording: "f00d", Message: o.Key.Message, SID: "SM00000000000000000000000000000a01", At: at.Add(time.Second),
	}
	if asked[0] != want {
		t.Errorf("evidence %+v, want %+v", asked[0], want)
	}
	answered, end, err := to.Evidence(t.Context(), "acme", customer, table.Page{Limit: 1, After: next})
	if err != nil || end != "" || len(answered) != 1 {
		t.Fatal(answered, end, err)
	}
	want = table.Evidence{
		ID: answered[0].ID, Effect: consent.Accepted, Store: "new-york", Number: seed.Shops[0].Number.E164, By: "customer",
		Reply: "YES", Answers: o.Key.Message, SID: yes.SID, At: yes.At,
	}
	if answered[0] != want {
		t.Errorf("evidence %+v, want %+v", answered[0], want)
	}
	for _, after := range []string{"STORE#london", "CONSENT#", "CONSENT#a#b", "x"} {
		if _, _, err := to.Evidence(t.Context(), "acme", customer, table.Page{Limit: 10, After: after}); code(err) != "invalid_cursor" {
			t.Errorf("after %q: %v", after, err)
		}
	}

	p, err := to.Person(t.Context(), "acme", customer)
	if err != nil {
		t.Fatal(err)
	}
	if p.ID != customer || p.Phone != scenario.American || p.Erasure != nil || len(p.Conversations) != 2 || p.Conversations[0].Store != "london" ||
		p.Refusal != (table.Refusal{InForce: true, Since: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Epoch: 1}) {
		t.Errorf("person %+v", p)
	}
	for _, c := range p.Conversations {
		if c.OptIn != clienteling.OptInNone || !c.OptedOut {
			t.Errorf("after a refusal elsewhere, conversation %+v", c)
		}
	}
	for _, who := range [][2]string{{"acme", scenario.Briton}, {"other", scenario.American}} {
		if _, err := to.Person(t.Context(), who[0], to.Customer(who[0], who[1])); !errors.Is(err, clienteling.ErrNotFound) {
			t.Errorf("%v: %v", who, err)
		}
	}
}
