package table_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/table"
)

// kinds are what a thread consists of, newest first, with what texts changed.
func kinds(t *testing.T, to *table.Table, store, customer string) (all []string) {
	t.Helper()
	entries, _, err := to.Messages(t.Context(), "acme", store, customer, table.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range entries {
		what := string(m.Kind)
		if m.Consent != "" {
			what += " " + m.Consent
		}
		all = append(all, what)
	}
	return all
}

// What happens to a customer's consent shows in the threads of all stores, once, and
// whoever asks for changes meets it.
func threadEvents(t *testing.T, db *scenario.Table) {
	to := db.Open()
	customer := optIn(t, db, scenario.American)
	in := text("SM10", "Hello London")
	in.To = "+447700900100"
	london, err := to.Number(t.Context(), in.To)
	if err == nil {
		err = to.ReceiveText(t.Context(), london, in, consent.Change{}, table.Found{})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := stop(t.Context(), to, scenario.American, "SM11"); err != nil {
		t.Fatal(err)
	}
	show := func() {
		t.Helper()
		db.Set(db.Now().Add(time.Minute))
		changes, err := to.DueConsentChanges(t.Context(), db.Now().Add(24*time.Hour), 10)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // a second time is no matter
			for _, c := range changes {
				if err := to.ShowConsentChange(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	db.Set(at.Add(time.Minute))
	show()
	if got, want := kinds(t, to, "london", customer), []string{"opted_out", "text"}; !slices.Equal(got, want) {
		t.Errorf("London's thread is %q, want %q", got, want)
	}
	if got := kinds(t, to, "new-york", customer); got[0] != "text opted_out" || slices.Contains(got, "opted_out") {
		t.Errorf("New York's thread is %q, want the text that opted out alone", got)
	}
	changed, _, err := to.Changes(t.Context(), "acme", "london", "2026-11-21T10:00:30.000Z", 10)
	if err != nil || len(changed) != 1 || !changed[0].OptedOut || changed[0].Last.Preview != "Hello London" {
		t.Errorf("London's changes are %+v, %v", changed, err)
	}

	back := text("SM12", "START")
	back.At = db.Now()
	state := consent.State{Refused: true, Epoch: 1, OptIn: clienteling.OptInNone, OptInEpoch: 1}
	if err := to.ReceiveText(t.Context(), number(t, to), back, consent.Receive(state, consent.Text{Body: "START"}, clienteling.AnyReply), table.Found{}); err != nil {
		t.Fatal(err)
	}
	show()
	if got, want := kinds(t, to, "london", customer), []string{"opted_in", "opted_out", "text"}; !slices.Equal(got, want) {
		t.Errorf("London's thread is %q, want %q", got, want)
	}
}

// An opt-out that an associate was told holds at once and everywhere, and says who took it.
func toldOptOut(t *testing.T, db *scenario.Table) {
	to := db.Open()
	customer := optIn(t, db, scenario.American)
	s := sender(t, to, customer)
	expect(t, race(func(int) error {
		recorded, err := to.OptOutTold(t.Context(), s, robin, at.Add(time.Minute))
		if err == nil && !recorded {
			err = clienteling.E(clienteling.Conflict, "known", "")
		}
		return err
	}), map[string]int{"<nil>": 1, "known": 63})
	now := sender(t, to, customer)
	if got := code(consent.MayWrite(now.Consent)); got != "opted_out" {
		t.Errorf("to write is %q", got)
	}
	if _, err := to.AcceptText(t.Context(), s, table.NewText{By: robin, Body: "Hi", At: at.Add(time.Minute)}); code(err) != "opted_out" {
		t.Errorf("a text that was under way: %v", err)
	}
	if got := kinds(t, to, "new-york", customer); got[0] != "opted_out" {
		t.Errorf("the thread is %q", got)
	}
	lines := 0
	for key, i := range db.Items(t) {
		if i["effect"] == "opted_out" {
			lines++
			if i["by"] != "associate" || i["associate"] != robin.ID {
				t.Errorf("%s is %v", key, i)
			}
		}
	}
	if lines != 1 {
		t.Errorf("%d lines in the ledger", lines)
	}
}

// Pages of one associate's conversations, and of those nobody has, are whole however
// they are paged, and cost what a page costs.
func inboxByAssignee(t *testing.T, db *scenario.Table) {
	to := db.Open()
	sam := clienteling.Associate{ID: "associate-2", Name: "Sam"}
	const all = 60
	want := map[string]int{robin.ID: 0, sam.ID: 0, "": 0}
	for n := range all {
		in := text(fmt.Sprint("SM", n), "Hello")
		in.From = fmt.Sprintf("+1212555%04d", n)
		in.At = at.Add(time.Duration(n) * time.Second)
		receive(t, to, in, consent.Change{})
		who := []clienteling.Associate{robin, sam, {}}[n%3]
		if n > 50 {
			who = clienteling.Associate{}
		}
		want[who.ID]++
		if who.ID == "" {
			continue
		}
		if err := to.Assign(t.Context(), "acme", "new-york", to.Customer("acme", in.From), who, false, in.At); err != nil {
			t.Fatal(err)
		}
	}
	for id, count := range want {
		for _, limit := range []int{1, 7, 100} {
			filter := table.InboxFilter{Assignee: id, Unassigned: id == "", Unread: limit == 7}
			seen := map[string]bool{}
			for p := (table.Page{Limit: limit}); ; {
				found, next, err := to.Inbox(t.Context(), "acme", "new-york", filter, p)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range found {
					if seen[c.ID] || c.Assignee.ID != id {
						t.Errorf("%+v came twice, or is %+v's", c.ID, c.Assignee)
					}
					seen[c.ID] = true
				}
				if p.After = next; next == "" {
					break
				}
			}
			if len(seen) != count {
				t.Errorf("%+v, by %d: %d conversations, want %d", filter, limit, len(seen), count)
			}
		}
	}
}
