package table_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/table"
)

func readMarks(t *testing.T, db *scenario.Table) {
	to := db.Open()
	customer := optIn(t, db, scenario.American)
	var ids []string
	hear := func(n int) {
		in := text(fmt.Sprint("SM", n), "Hello")
		in.At = at.Add(time.Duration(n) * time.Second)
		receive(t, to, in, consent.Change{})
		m, _, err := to.Messages(t.Context(), "acme", "new-york", customer, table.Page{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m[0].ID)
	}
	for n := range 3 {
		hear(n)
	}
	for _, tt := range []struct {
		name, through string
		unread        int
	}{
		{"an older entry", ids[1], 3},
		{"the newest", ids[2], 0},
		{"the newest again", ids[2], 0},
	} {
		if err := to.MarkRead(t.Context(), "acme", "new-york", customer, tt.through); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		c, err := to.Conversation(t.Context(), "acme", "new-york", customer)
		if err != nil || c.Unread != tt.unread {
			t.Errorf("%s: %d unread, %v", tt.name, c.Unread, err)
		}
	}
	if waiting, _, err := to.Inbox(t.Context(), "acme", "new-york", table.InboxFilter{Unread: true}, table.Page{Limit: 10}); err != nil || len(waiting) != 0 {
		t.Errorf("unread %+v, %v", waiting, err)
	}
	hear(3)
	// What the store itself wrote since does not keep it unread.
	late := sender(t, to, customer)
	if _, err := to.AcceptText(t.Context(), late, table.NewText{By: robin, Body: "Hi", At: at.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if err := to.MarkRead(t.Context(), "acme", "new-york", customer, ids[3]); err != nil {
		t.Fatal(err)
	}
	if c, err := to.Conversation(t.Context(), "acme", "new-york", customer); err != nil || c.Unread != 0 {
		t.Errorf("%d unread, %v", c.Unread, err)
	}
	for _, id := range []string{"", "x", to.Customer("acme", scenario.Briton)} {
		if err := to.MarkRead(t.Context(), "acme", "new-york", id, ""); !errors.Is(err, clienteling.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func tenClaimConversation(t *testing.T, db *scenario.Table) {
	to := db.Open()
	customer := optIn(t, db, scenario.American)
	assign := func(n int, force bool) error {
		who := clienteling.Associate{ID: fmt.Sprint("associate-", n), Name: fmt.Sprint("Robin ", n)}
		return to.Assign(t.Context(), "acme", "new-york", customer, who, force, at)
	}
	var mu sync.Mutex
	var losers []string
	expect(t, race(func(n int) error {
		err := assign(n, false)
		var e *clienteling.Error
		if errors.As(err, &e) {
			mu.Lock()
			defer mu.Unlock()
			losers = append(losers, e.Detail)
		}
		return err
	}), map[string]int{"<nil>": 1, "assigned": 63})
	c, err := to.Conversation(t.Context(), "acme", "new-york", customer)
	if err != nil {
		t.Fatal(err)
	}
	for _, detail := range losers {
		if !strings.HasPrefix(detail, c.Assignee.Name+" has this conversation.") {
			t.Errorf("told %q, while %s has it", detail, c.Assignee.Name)
		}
	}
	if err := to.Assign(t.Context(), "acme", "new-york", customer, c.Assignee, false, at); err != nil {
		t.Errorf("the one who has it: %v", err)
	}
	if err := assign(99, true); err != nil {
		t.Errorf("with force: %v", err)
	}
	if c, err := to.Conversation(t.Context(), "acme", "new-york", customer); err != nil || c.Assignee.ID != "associate-99" {
		t.Errorf("%+v, %v", c.Assignee, err)
	}
	if err := to.Assign(t.Context(), "acme", "london", customer, robin, true, at); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("of another store: %v", err)
	}
}

func changes(t *testing.T, db *scenario.Table) {
	to := db.Open()
	db.Set(at)
	found, since, err := to.Changes(t.Context(), "acme", "new-york", "", 3)
	if err != nil || len(found) != 0 {
		t.Fatalf("%+v, %v", found, err)
	}
	for n := range 7 {
		in := text(fmt.Sprint("SM", n), "Hello")
		in.From, in.At = fmt.Sprintf("+121255501%02d", n), at.Add(time.Duration(n)*time.Second)
		receive(t, to, in, consent.Change{})
	}
	db.Set(at.Add(time.Hour))
	var all []string
	for range 10 {
		if found, since, err = to.Changes(t.Context(), "acme", "new-york", since, 3); err != nil {
			t.Fatal(err)
		}
		for _, c := range found {
			if !slices.Contains(all, c.Phone) {
				all = append(all, c.Phone)
			}
		}
		if len(found) == 0 {
			break
		}
	}
	if len(all) != 7 || !slices.IsSorted(all) {
		t.Errorf("changes %v", all)
	}
	if want := "2026-11-21T10:59:58.000Z"; since != want || len(found) != 0 {
		t.Errorf("%d at the end, since %s, want %s", len(found), since, want)
	}
	// A text that was written late, of two seconds ago, is not passed over.
	late := text("SM-late", "Hello")
	late.At = db.Now().Add(-1500 * time.Millisecond)
	receive(t, to, late, consent.Change{})
	if found, _, err := to.Changes(t.Context(), "acme", "new-york", since, 3); err != nil || len(found) != 1 || found[0].Phone != scenario.American {
		t.Errorf("late: %+v, %v", found, err)
	}
	if _, _, err := to.Changes(t.Context(), "acme", "new-york", "yesterday", 3); code(err) != "invalid_cursor" {
		t.Errorf("since yesterday: %v", err)
	}
}

func someStores(t *testing.T, db *scenario.Table) {
	to := db.Open()
	ids := func(stores []clienteling.Store) (all []string) {
		for _, s := range stores {
			all = append(all, s.ID)
		}
		slices.Sort(all)
		return all
	}
	many := []string{"berlin", "atlantis"}
	for n := range 150 {
		many = append(many, fmt.Sprint("s", n))
	}
	many = append(many, "london")
	for _, tt := range []struct {
		retailer string
		asked    []string
		all      bool
		want     []string
	}{
		{"acme", nil, false, nil},
		{"acme", many, false, []string{"berlin", "london"}},
		{"acme", nil, true, []string{"berlin", "london", "new-york"}},
		{"rival", []string{"berlin"}, false, nil},
		{"rival", nil, true, nil},
	} {
		if got, err := to.Stores(t.Context(), tt.retailer, tt.asked, tt.all); err != nil || !slices.Equal(ids(got), tt.want) {
			t.Errorf("%s, %d asked: %v, %v; want %v", tt.retailer, len(tt.asked), ids(got), err, tt.want)
		}
	}
}
