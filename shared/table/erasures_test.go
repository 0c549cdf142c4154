package table_test

import (
	"errors"
	"fmt"
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

func TestErasures(t *testing.T) {
	scenario.Engines(t, func(t *testing.T, newTable func(testing.TB) *scenario.Table) {
		for name, test := range map[string]func(*testing.T, *scenario.Table){
			"one order at a time":         oneErasureAtATime,
			"the longest waiting first":   longestWaitingErasure,
			"a long thread":               longThreadErased,
			"what is known of a refusal":  refusalErased,
			"nothing is begun over again": doneErasure,
			"a person of many stores":     manyStoresErased,
		} {
			t.Run(name, func(t *testing.T) { test(t, newTable(t)) })
		}
	})
}

// wrote is a table to which the American has written, and the American's id.
func wrote(t *testing.T, db *scenario.Table) (*table.Table, string) {
	t.Helper()
	db.Give(t, "seed", "conversation")
	db.Set(at)
	to := db.Open()
	return to, to.Customer("acme", scenario.American)
}

func request(t *testing.T, to *table.Table, customer string, at time.Time) table.Erasure {
	t.Helper()
	e, err := to.RequestErasure(t.Context(), "acme", customer, "", "admin-1", at)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// erase does all that there is to do here, and returns in how many steps.
func erase(t *testing.T, to *table.Table, e table.Erasure, most int) (steps int) {
	t.Helper()
	for left := true; left; steps++ {
		var err error
		if left, err = to.EraseRecords(t.Context(), e, most); err != nil {
			t.Fatal(err)
		}
		if steps > 100 {
			t.Fatal("it does not end")
		}
	}
	if err := to.ErasureDone(t.Context(), e, at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	return steps
}

func oneErasureAtATime(t *testing.T, db *scenario.Table) {
	to, customer := wrote(t, db)
	if _, err := to.RequestErasure(t.Context(), "acme", to.Customer("acme", scenario.Briton), scenario.Briton, "admin-1", at); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("a stranger: %v", err)
	}
	if _, err := to.RequestErasure(t.Context(), "other", to.Customer("other", scenario.American), scenario.American, "admin-1", at); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("of another retailer: %v", err)
	}
	outcomes := raceOf(16, func(n int) error {
		e, err := to.RequestErasure(t.Context(), "acme", customer, "", fmt.Sprint("admin-", n), at.Add(time.Duration(n)*time.Second))
		if err == nil {
			err = errors.New(e.By + e.RequestedAt.String())
		}
		return err
	})
	if len(outcomes) != 1 {
		t.Errorf("the orders differ: %v", outcomes)
	}
	first := request(t, to, customer, at.Add(time.Hour))
	if first.Phone != scenario.American || !first.Running || !strings.HasPrefix(first.By, "admin-") || first.RequestedAt.After(at.Add(15*time.Second)) {
		t.Errorf("the order is %+v", first)
	}
}

func doneErasure(t *testing.T, db *scenario.Table) {
	to, customer := wrote(t, db)
	e := request(t, to, customer, at)
	erase(t, to, e, 100)
	after := db.Items(t)
	for what, do := range map[string]func() error{
		"done":  func() error { return to.ErasureDone(t.Context(), e, at.Add(2*time.Hour)) },
		"due":   func() error { return to.ErasureDueAgain(t.Context(), e, at, 1) },
		"lines": func() error { _, err := to.ErasureLines(t.Context(), e); return err },
		"erase": func() error { _, err := to.EraseRecords(t.Context(), e, 10); return err },
		"texts": func() error { _, err := to.WithdrawTexts(t.Context(), e); return err },
		"order": func() error {
			_, err := to.RequestErasure(t.Context(), "acme", customer, scenario.American, "admin-2", at.Add(time.Hour))
			if errors.Is(err, clienteling.ErrNotFound) {
				return nil
			}
			return fmt.Errorf("there was something to erase: %v", err)
		},
	} {
		if err := do(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if d := db.Items(t).Since(after); len(d.Added)+len(d.Changed)+len(d.Removed) > 0 {
			t.Fatalf("%s, once it was done: %+v", what, d)
		}
	}
	// They come back, and are erased again.
	later := text("SM00000000000000000000000000000e01", "Me again")
	later.At = at.Add(3 * time.Hour)
	receive(t, to, later, consent.Change{})
	again := request(t, to, customer, at.Add(4*time.Hour))
	if !again.Running || !again.ErasedAt.IsZero() || !again.RequestedAt.Equal(at.Add(4*time.Hour)) {
		t.Errorf("the second order is %+v", again)
	}
	if err := to.ErasureDone(t.Context(), e, at.Add(5*time.Hour)); err != nil {
		t.Error(err)
	}
	if p, err := to.Person(t.Context(), "acme", customer); err != nil || !p.Erasure.Running {
		t.Errorf("a run of the first order ended the second: %+v, %v", p.Erasure, err)
	}
}

func longestWaitingErasure(t *testing.T, db *scenario.Table) {
	db.Give(t, "seed", "inbox")
	to := db.Open()
	people := []string{scenario.German, scenario.American, scenario.Briton}
	var want []string
	for n, phone := range people {
		customer := to.Customer("acme", phone)
		want = append(want, customer)
		request(t, to, customer, at.Add(time.Duration(n)*time.Second))
	}
	due := func(before time.Time) (customers []string) {
		all, err := to.DueErasures(t.Context(), before, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			customers = append(customers, e.Customer)
			if e.Retailer != "acme" || e.Phone == "" {
				t.Errorf("due is %+v", e)
			}
		}
		return customers
	}
	if got := due(at.Add(15 * time.Second)); len(got) > 0 {
		t.Errorf("due too early: %v", got)
	}
	if got := due(at.Add(time.Hour)); !slices.Equal(got, want) {
		t.Errorf("due are %v, want %v", got, want)
	}
	first, err := to.DueErasures(t.Context(), at.Add(time.Hour), 10)
	if err != nil {
		t.Fatal(err)
	}
	if err := to.ErasureDueAgain(t.Context(), first[0], at.Add(30*time.Minute), 3); err != nil {
		t.Fatal(err)
	}
	all, err := to.DueErasures(t.Context(), at.Add(time.Hour), 10)
	if err != nil || len(all) != 3 || all[2].Customer != want[0] || all[2].Tries != 3 {
		t.Errorf("due are %+v, %v", all, err)
	}
}

func longThreadErased(t *testing.T, db *scenario.Table) {
	to, customer := wrote(t, db)
	for n := range 90 {
		in := text(fmt.Sprintf("SM%032x", 0xabc000+n), fmt.Sprint("text ", n))
		in.At = at.Add(-time.Hour + time.Duration(n)*time.Second)
		receive(t, to, in, consent.Change{})
	}
	e := request(t, to, customer, at)
	if steps := erase(t, to, e, 25); steps != 4 {
		t.Errorf("91 entries, 25 at a time, took %d steps", steps)
	}
	claims := 0
	for key, i := range db.Items(t) {
		if strings.Contains(key, customer) && !strings.HasSuffix(key, "ERASURE") {
			t.Errorf("%s is left", key)
		}
		if strings.HasPrefix(key, "SID#") {
			claims++
			for name := range i {
				if name != "answer" && name != "expiresAt" {
					t.Errorf("%s has %s: it is to tell of nobody", key, name)
				}
			}
		}
	}
	// Whoever brings one of the texts again brings nothing.
	if claims != 91 {
		t.Errorf("%d of 91 texts are known to have been taken", claims)
	}
	again := text(fmt.Sprintf("SM%032x", 0xabc000), "START")
	var known *table.DuplicateError
	if err := to.ReceiveText(t.Context(), number(t, to), again, consent.Change{}, table.Found{}); !errors.As(err, &known) {
		t.Errorf("a text of before the erasure comes again: %v", err)
	}
}

func manyStoresErased(t *testing.T, db *scenario.Table) {
	to, customer := wrote(t, db)
	// More stores than are read in one call.
	const stores = 120
	for n := range stores {
		id := fmt.Sprintf("store-%03d", n)
		db.Patch(t, "RETAILER#acme", "STORE#"+id, map[string]any{"number": fmt.Sprintf("+1212555%04d", 2000+n), "accountSid": seed.AccountSID})
		db.Patch(t, "CUSTOMER#acme#"+customer, "STORE#"+id, map[string]any{"phone": scenario.American, "createdAt": "2026-11-01T08:00:00.000Z"})
	}
	db.Patch(t, "CUSTOMER#acme#"+customer, "STORE#gone", map[string]any{"phone": scenario.American, "createdAt": "2026-11-01T08:00:00.000Z"})
	e := request(t, to, customer, at)
	lines, err := to.ErasureLines(t.Context(), e)
	if err != nil || len(lines) != stores+1 || !slices.Contains(lines, table.Line{AccountSID: seed.AccountSID, Number: seed.Shops[0].Number.E164}) {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if _, err := to.EraseRecords(t.Context(), e, 100); err != nil {
		t.Fatal(err)
	}
	// What tells the lines is erased; the order still knows them.
	due, err := to.DueErasures(t.Context(), at.Add(time.Hour), 10)
	if err != nil || len(due) != 1 {
		t.Fatal(due, err)
	}
	if again, err := to.ErasureLines(t.Context(), due[0]); err != nil || !slices.Equal(again, lines) {
		t.Errorf("then %d lines, %v", len(again), err)
	}
}

// What an erasure leaves of a refusal, and of the epoch.
func refusalErased(t *testing.T, db *scenario.Table) {
	db.Give(t, "seed")
	to := db.Open()
	db.Set(at)
	before, since := "2026-11-20T10:00:00.000Z", "2999-01-01T00:00:00.000Z"
	for n, tt := range []struct {
		name      string
		was, left map[string]any
	}{
		{"none", nil, nil},
		{"in force", map[string]any{"state": "open", "epoch": 2, "since": before, "store": "london", "sid": "SM1"},
			map[string]any{"state": "open", "epoch": 2, "since": before}},
		{"lifted", map[string]any{"state": "lifted", "epoch": 2, "since": before, "store": "london", "sid": "SM1"}, nil},
		{"only texts that were sent", map[string]any{"trace": "x"}, nil},
		{"in force since then", map[string]any{"state": "open", "epoch": 3, "since": since, "store": "london", "sid": "SM1"},
			map[string]any{"state": "open", "epoch": 3, "since": since, "store": "london", "sid": "SM1"}},
		{"lifted since then", map[string]any{"state": "lifted", "epoch": 3, "since": since, "store": "london", "sid": "SM1"},
			map[string]any{"state": "lifted", "epoch": 3, "since": since, "store": "london", "sid": "SM1"}},
	} {
		phone := fmt.Sprintf("+121255501%02d", 40+n)
		customer := to.Customer("acme", phone)
		in := text(fmt.Sprintf("SM%032x", 0xdef000+n), "Hello")
		in.From, in.At = phone, at.Add(-time.Hour)
		receive(t, to, in, consent.Change{})
		if tt.was != nil {
			db.Patch(t, "CUSTOMER#acme#"+customer, "SUPPRESSION", tt.was)
		}
		e := request(t, to, customer, at)
		erase(t, to, e, 10)
		got := db.Items(t)["CUSTOMER#acme#"+customer+" / SUPPRESSION"]
		if fmt.Sprint(got) != fmt.Sprint(tt.left) {
			t.Errorf("%s: left is %v, want %v", tt.name, got, tt.left)
		}
		s := sender(t, to, customer)
		if open := tt.left != nil && tt.left["state"] == "open"; errors.Is(consent.MayWrite(s.Consent), consent.ErrOptedOut) != open {
			t.Errorf("%s: consent is %+v", tt.name, s.Consent)
		}
		if s.Consent.Holds() {
			t.Errorf("%s: consent holds: %+v", tt.name, s.Consent)
		}
	}
}
