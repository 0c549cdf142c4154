package table_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/table"
)

var robin = clienteling.Associate{ID: "associate-1", Name: "Robin"}

// optIn makes a customer one who has opted in to New York, and returns their id.
func optIn(t *testing.T, db *scenario.Table, phone string) string {
	t.Helper()
	customer := db.Open().Customer("acme", phone)
	db.Patch(t, "CUSTOMER#acme#"+customer, "STORE#new-york", map[string]any{"phone": phone, "optIn": "accepted", "optInEpoch": 0})
	return customer
}

func sender(t *testing.T, to *table.Table, customer string) table.Sender {
	t.Helper()
	s, err := to.Sender(t.Context(), "acme", "new-york", customer, table.Idempotency{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func accept(t *testing.T, to *table.Table, customer string, in table.NewText) table.Outbound {
	t.Helper()
	in.By, in.At = robin, at
	m, err := to.AcceptText(t.Context(), sender(t, to, customer), in)
	if err != nil {
		t.Fatal(err)
	}
	return outbound(t, to, customer, m.ID)
}

func outbound(t *testing.T, to *table.Table, customer, id string) table.Outbound {
	t.Helper()
	o, err := to.Outbound(t.Context(), table.OutboundKey{Retailer: "acme", Store: "new-york", Customer: customer, Message: id})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func claim(t *testing.T, to *table.Table, o table.Outbound) table.Outbound {
	t.Helper()
	o, err := to.ClaimText(t.Context(), o, at)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// stop takes an opt-out as inbound-sms does, and returns when it may be answered.
func stop(ctx context.Context, to *table.Table, phone, sid string) error {
	said := consent.Text{Body: "STOP"}
	change := consent.Presume(said, clienteling.AnyReply)
	var found table.Found
	n, err := to.Number(ctx, seed.Shops[0].Number.E164)
	if err != nil {
		return err
	}
	for range 20 {
		in := text(sid, "STOP")
		in.From = phone
		err = to.ReceiveText(ctx, n, in, change, found)
		var other *table.ConsentError
		if errors.As(err, &other) {
			change, found = consent.Receive(other.State, said, clienteling.AnyReply), other.Found
			continue
		}
		if err != nil || !found.Sending() {
			return err
		}
		return to.AwaitSends(ctx, "acme", to.Customer("acme", phone))
	}
	return err
}

// Whatever a text and an opt-out do at the same time: once the opt-out is answered,
// nothing is handed over, and a text that was accepted is either sent or canceled.
func stopRacesSend(t *testing.T, db *scenario.Table) {
	to := db.Open()
	var sent, canceled, refused atomic.Int64
	var rounds errgroup.Group
	rounds.SetLimit(10)
	for round := range 50 {
		phone := fmt.Sprintf("+121255501%02d", round)
		customer := optIn(t, db, phone)
		wait := time.Duration(rand.IntN(25)) * time.Millisecond
		rounds.Go(func() error {
			var answered atomic.Bool
			var both errgroup.Group
			both.Go(func() error {
				time.Sleep(wait)
				err := stop(t.Context(), to, phone, fmt.Sprint("SM", round))
				answered.Store(true)
				return err
			})
			both.Go(func() error {
				s, err := to.Sender(t.Context(), "acme", "new-york", customer, table.Idempotency{})
				if err != nil {
					return err
				}
				m, err := to.AcceptText(t.Context(), s, table.NewText{By: robin, Body: "Hello", At: at})
				if errors.Is(err, consent.ErrOptedOut) || errors.Is(err, consent.ErrOptInRequired) {
					refused.Add(1)
					return nil
				} else if err != nil {
					return err
				}
				o, err := to.Outbound(t.Context(), table.OutboundKey{Retailer: "acme", Store: "new-york", Customer: customer, Message: m.ID})
				if err != nil {
					return err
				}
				o, err = to.ClaimText(t.Context(), o, at)
				if errors.Is(err, consent.ErrOptedOut) {
					canceled.Add(1)
					return nil
				} else if err != nil {
					return err
				}
				// Here Twilio would be called.
				time.Sleep(time.Millisecond)
				if answered.Load() {
					t.Errorf("%s: handed over after the opt-out was answered", phone)
				}
				sent.Add(1)
				return to.TextTaken(t.Context(), o, "SM-"+m.ID, at)
			})
			return both.Wait()
		})
	}
	if err := rounds.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d sent, %d canceled, %d refused", sent.Load(), canceled.Load(), refused.Load())
	counts := map[any]int64{}
	for key, i := range db.Items(t) {
		switch {
		case strings.HasPrefix(key, "THREAD#") && i["direction"] == "outbound":
			counts[i["status"]]++
		case strings.HasSuffix(key, " / SUPPRESSION"):
			if i["state"] != "open" || i["sending"] != nil {
				t.Errorf("%s is %v", key, i)
			}
		}
	}
	if counts["sending"] != sent.Load() || counts["canceled"] != canceled.Load() || counts["queued"] != 0 {
		t.Errorf("texts %v", counts)
	}
}

func stopAndSendInTurn(t *testing.T, db *scenario.Table) {
	to := db.Open()
	customer := optIn(t, db, scenario.American)

	// What was read before an opt-out accepts nothing after it.
	before := sender(t, to, customer)
	o := accept(t, to, customer, table.NewText{Body: "accepted"})
	if err := stop(t.Context(), to, scenario.American, "SM1"); err != nil {
		t.Fatal(err)
	}
	unchanged(t, db, func() {
		_, err := to.AcceptText(t.Context(), before, table.NewText{By: robin, Body: "too late", At: at})
		if !errors.Is(err, consent.ErrOptedOut) {
			t.Errorf("accepted after the opt-out: %v", err)
		}
		before.Conversation = nil
		_, err = to.AcceptText(t.Context(), before, table.NewText{By: robin, Body: "a request", Request: true, Phone: scenario.American, At: at})
		if !errors.Is(err, consent.ErrOptedOut) {
			t.Errorf("a request after the opt-out: %v", err)
		}
	})
	// What was accepted before is not handed over after.
	if _, err := to.ClaimText(t.Context(), o, at); !errors.Is(err, consent.ErrOptedOut) {
		t.Errorf("claimed after the opt-out: %v", err)
	}
	o = outbound(t, to, customer, o.Key.Message)
	if o.Text.Status != clienteling.StatusCanceled || o.Text.Reason != clienteling.ReasonOptedOut || o.Ready() {
		t.Errorf("text %+v", o)
	}
	unchanged(t, db, func() {
		if _, err := to.ClaimText(t.Context(), o, at); !errors.Is(err, table.ErrNotReady) {
			t.Errorf("claimed although canceled: %v", err)
		}
	})
	// It has had its last word, and is due no more.
	if due, err := to.DueTexts(t.Context(), at.Add(100*time.Hour), 10); err != nil || len(due) != 0 {
		t.Errorf("due %v, %v", due, err)
	}
}

// An opt-out that finds a text on its way waits until its outcome is known, or its lease is over.
func stopAwaitsSend(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for n, tt := range []struct {
		name string
		end  func(table.Outbound) error
	}{
		{"taken", func(o table.Outbound) error { return to.TextTaken(t.Context(), o, "SM-of-it", at) }},
		{"failed", func(o table.Outbound) error { return to.TextFailed(t.Context(), o, "21211") }},
		{"later", func(o table.Outbound) error { return to.TextLater(t.Context(), o, at.Add(time.Minute)) }},
		{"died", func(table.Outbound) error {
			db.Set(at.Add(table.CallWithin + 2*time.Second))
			return nil
		}},
	} {
		db.Set(at)
		phone := fmt.Sprint("+1212555010", n)
		customer := optIn(t, db, phone)
		o := claim(t, to, accept(t, to, customer, table.NewText{Body: "Hello"}))
		answered := make(chan error, 1)
		go func() { answered <- stop(t.Context(), to, phone, "SM-"+tt.name) }()
		for db.Items(t)["CUSTOMER#acme#"+customer+" / SUPPRESSION"]["state"] != "open" {
			time.Sleep(time.Millisecond)
		}
		// A repeated opt-out waits as well.
		go func() { answered <- stop(t.Context(), to, phone, "SM-again-"+tt.name) }()
		select {
		case err := <-answered:
			t.Errorf("%s: answered while a text was on its way, %v", tt.name, err)
		case <-time.After(50 * time.Millisecond):
		}
		if err := tt.end(o); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		for range 2 {
			if err := <-answered; err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	}

	// Nobody waits longer than they may.
	db.Set(at)
	customer := optIn(t, db, scenario.American)
	claim(t, to, accept(t, to, customer, table.NewText{Body: "Hello"}))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := stop(ctx, to, scenario.American, "SM-late"); code(err) != "storage_unavailable" {
		t.Errorf("out of time: %v", err)
	}
}

func oneClaimsText(t *testing.T, db *scenario.Table) {
	to := db.Open()
	o := accept(t, to, optIn(t, db, scenario.American), table.NewText{Body: "Hello"})
	expect(t, race(func(int) error {
		_, err := to.ClaimText(t.Context(), o, at)
		return err
	}), map[string]int{"<nil>": 1, table.ErrNotReady.Error(): 63})
}

func outcomes(t *testing.T, db *scenario.Table) {
	to := db.Open()
	customer := optIn(t, db, scenario.American)
	first := claim(t, to, accept(t, to, customer, table.NewText{Body: "one"}))
	second := claim(t, to, accept(t, to, customer, table.NewText{Body: "two"}))

	if err := to.TextTaken(t.Context(), first, "SM1", at); err != nil {
		t.Fatal(err)
	}
	unchanged(t, db, func() {
		if err := to.TextTaken(t.Context(), second, "SM1", at); !errors.Is(err, table.ErrForeignSID) {
			t.Errorf("a SID of another text: %v", err)
		}
		if err := to.TextTaken(t.Context(), first, "SM1", at); err != nil {
			t.Errorf("the same again: %v", err)
		}
		for what, err := range map[string]error{
			"failed": to.TextFailed(t.Context(), first, "21211"),
			"later":  to.TextLater(t.Context(), first, at),
			"due":    to.TextDueAgain(t.Context(), first, at), // it was read as claimed
		} {
			if !errors.Is(err, table.ErrNotReady) {
				t.Errorf("%s, though Twilio has it: %v", what, err)
			}
		}
	})

	// What Twilio had no room for is claimed again, with another lease.
	if err := to.TextLater(t.Context(), second, at.Add(5*time.Second)); err != nil {
		t.Fatal(err)
	}
	again := outbound(t, to, customer, second.Key.Message)
	if !again.Ready() || again.Tries != 1 || again.Text.Status != clienteling.StatusSending {
		t.Errorf("text %+v", again)
	}
	if due, err := to.DueTexts(t.Context(), at.Add(6*time.Second), 10); err != nil || !slices.Equal(due, []table.OutboundKey{second.Key}) {
		t.Errorf("due %v, %v", due, err)
	}
	again, err := to.ClaimText(t.Context(), again, at.Add(6*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	// Who claimed it first, and was taken for dead, changes nothing any more.
	unchanged(t, db, func() {
		if err := to.TextLater(t.Context(), second, at); !errors.Is(err, table.ErrNotReady) {
			t.Errorf("by the first claim: %v", err)
		}
	})
	if err := to.TextFailed(t.Context(), again, clienteling.ReasonOutcomeUnknown); err != nil {
		t.Fatal(err)
	}
	// A callback after all: the text has had its last word, and keeps it.
	if err := to.TextTaken(t.Context(), again, "SM2", at); err != nil {
		t.Errorf("taken after it was given up: %v", err)
	}
	if o := outbound(t, to, customer, second.Key.Message); o.Text.Status != clienteling.StatusFailed || o.Text.Reason != clienteling.ReasonOutcomeUnknown || o.Text.SID != "" {
		t.Errorf("text %+v", o)
	}
}

// Statuses in any order, many at once: they only go forward, and the thread stays in order.
func statuses(t *testing.T, db *scenario.Table) {
	to := db.Open()
	customer := optIn(t, db, scenario.American)
	o := claim(t, to, accept(t, to, customer, table.NewText{Body: "Hello"}))
	if err := to.TextTaken(t.Context(), o, "SM1", at); err != nil {
		t.Fatal(err)
	}
	o = outbound(t, to, customer, o.Key.Message)
	for _, word := range []string{"queued", "sending", "accepted", "received", "", "nonsense"} {
		if changed, err := to.AdvanceText(t.Context(), o, word, "", at); changed || err != nil {
			t.Errorf("%q: %v, %v", word, changed, err)
		}
	}
	words := []string{"sent", "delivered", "undelivered", "failed"}
	race(func(n int) error {
		for range 5 {
			now, err := to.Outbound(t.Context(), o.Key)
			if err != nil {
				return err
			}
			if _, err := to.AdvanceText(t.Context(), now, words[n%4], "30005", at); !errors.Is(err, table.ErrNotReady) {
				return err
			}
		}
		return nil
	})
	final := outbound(t, to, customer, o.Key.Message)
	if !clienteling.Final(final.Text.Status) {
		t.Fatalf("text %+v", final)
	}
	unchanged(t, db, func() {
		for _, word := range words {
			if changed, err := to.AdvanceText(t.Context(), final, word, "", at); changed || err != nil {
				t.Errorf("%q after %s: %v, %v", word, final.Text.Status, changed, err)
			}
			if _, err := to.AdvanceText(t.Context(), o, word, "", at); !errors.Is(err, table.ErrNotReady) {
				t.Errorf("%q by who read it long ago: %v", word, err)
			}
		}
	})
}

// A request is made once, however many ask, also the second time.
func requests(t *testing.T, db *scenario.Table) {
	to := db.Open()
	customer := to.Customer("acme", scenario.American)
	for n := range 3 {
		s := sender(t, to, customer)
		now := at.Add(time.Duration(n) * 25 * time.Hour)
		ask := func(i int) error {
			_, err := to.AcceptText(t.Context(), s, table.NewText{
				By: robin, Body: fmt.Sprint(i), Request: true, Phone: scenario.American, Name: fmt.Sprint("Ada ", i), At: now.Add(time.Duration(i) * time.Millisecond),
			})
			return err
		}
		expect(t, race(ask), map[string]int{"<nil>": 1, "opt_in_pending": 63})
		thread, _, err := to.Messages(t.Context(), "acme", "new-york", customer, table.Page{Limit: 10})
		if err != nil || len(thread) != n+1 {
			t.Fatalf("%d requests, %v", len(thread), err)
		}
		o := claim(t, to, outbound(t, to, customer, thread[0].ID))
		if err := to.TextTaken(t.Context(), o, fmt.Sprint("SM", n), now); err != nil {
			t.Fatal(err)
		}
		c, err := to.Conversation(t.Context(), "acme", "new-york", customer)
		if err != nil || c.OptIn != clienteling.OptInWaiting || c.Requests.Count != n+1 || c.Requests.Pending != "" || !strings.HasPrefix(c.Name, "Ada ") {
			t.Errorf("conversation %+v, %v", c, err)
		}
		// Who read before that one was asked, asks nothing any more.
		if err := ask(100); code(err) != "opt_in_pending" {
			t.Errorf("asked upon what was: %v", err)
		}
	}

	// One that did not arrive does not count; one that was answered stays answered.
	thread, _, err := to.Messages(t.Context(), "acme", "new-york", customer, table.Page{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	o := outbound(t, to, customer, thread[0].ID)
	if changed, err := to.AdvanceText(t.Context(), o, clienteling.StatusUndelivered, "30003", at); !changed || err != nil {
		t.Errorf("%v, %v", changed, err)
	}
	c, err := to.Conversation(t.Context(), "acme", "new-york", customer)
	if err != nil || c.OptIn != clienteling.OptInNone || c.Requests.Count != 2 {
		t.Errorf("conversation %+v, %v", c, err)
	}
}

func optOutAtTwilio(t *testing.T, db *scenario.Table) {
	to := db.Open()
	customer := optIn(t, db, scenario.American)
	suppression := "CUSTOMER#acme#" + customer + " / SUPPRESSION"
	o := claim(t, to, accept(t, to, customer, table.NewText{Body: "Hello"}))
	for n, want := range []bool{true, false} {
		if recorded, err := to.OptOutAtTwilio(t.Context(), o, at.Add(time.Second)); err != nil || recorded != want {
			t.Errorf("time %d: %v, %v", n, recorded, err)
		}
	}
	if i := db.Items(t)[suppression]; i["state"] != "open" || fmt.Sprint(i["epoch"]) != "1" {
		t.Errorf("suppression %v", i)
	}
	// A START that came after the text was written counts more.
	db.Patch(t, "CUSTOMER#acme#"+customer, "SUPPRESSION", map[string]any{"state": "lifted", "since": "2026-11-21T10:00:01.000Z"})
	unchanged(t, db, func() {
		if recorded, err := to.OptOutAtTwilio(t.Context(), o, at.Add(time.Second)); recorded || err != nil {
			t.Errorf("after START: %v, %v", recorded, err)
		}
	})
	db.Patch(t, "CUSTOMER#acme#"+customer, "SUPPRESSION", map[string]any{"state": "lifted", "since": "2026-11-21T09:59:59.000Z"})
	if recorded, err := to.OptOutAtTwilio(t.Context(), o, at.Add(time.Second)); !recorded || err != nil {
		t.Errorf("after an older START: %v, %v", recorded, err)
	}
	if i := db.Items(t)[suppression]; i["state"] != "open" || fmt.Sprint(i["epoch"]) != "2" {
		t.Errorf("suppression %v", i)
	}
}

// A change of consent shows in every store of the retailer, and in none of another.
func consentChangeShows(t *testing.T, db *scenario.Table) {
	to := db.Open()
	london := text("SM1", "Hello")
	london.To = seed.Shops[1].Number.E164
	n, err := to.Number(t.Context(), london.To)
	if err == nil {
		err = to.ReceiveText(t.Context(), n, london, consent.Change{}, table.Found{})
	}
	if err != nil {
		t.Fatal(err)
	}
	customer := to.Customer("acme", scenario.American)
	db.Patch(t, "CUSTOMER#rival#"+customer, "STORE#london", map[string]any{"phone": scenario.American})
	if err := stop(t.Context(), to, scenario.American, "SM2"); err != nil {
		t.Fatal(err)
	}
	changes, err := to.DueConsentChanges(t.Context(), at.Add(time.Second), 10)
	if err != nil || len(changes) != 1 || changes[0].Retailer != "acme" || changes[0].Customer != customer {
		t.Fatalf("changes %+v, %v", changes, err)
	}
	stale := changes[0]
	for range 2 { // again is no matter
		if err := to.ShowConsentChange(t.Context(), stale); err != nil {
			t.Fatal(err)
		}
	}
	found, _, err := to.Inbox(t.Context(), "acme", "london", table.InboxFilter{}, table.Page{Limit: 10})
	if err != nil || len(found) != 1 || !found[0].OptedOut {
		t.Errorf("London's inbox %+v, %v", found, err)
	}
	if i := db.Items(t)["CUSTOMER#rival#"+customer+" / STORE#london"]; i["optedOut"] != nil {
		t.Errorf("the rival's %v", i)
	}
	if changes, err := to.DueConsentChanges(t.Context(), at.Add(time.Hour), 10); err != nil || len(changes) != 0 {
		t.Errorf("still due: %+v, %v", changes, err)
	}
	// One that is superseded stays due.
	db.Patch(t, "CUSTOMER#acme#"+customer, "SUPPRESSION", map[string]any{"state": "lifted", "gsi2pk": "DUE#consent#5", "gsi2sk": "2026-11-21T10:00:05.000Z#" + customer + "#acme"})
	if err := to.ShowConsentChange(t.Context(), stale); err != nil {
		t.Fatal(err)
	}
	if changes, err := to.DueConsentChanges(t.Context(), at.Add(time.Hour), 10); err != nil || len(changes) != 1 {
		t.Errorf("due %+v, %v", changes, err)
	}
}

func dueTexts(t *testing.T, db *scenario.Table) {
	to := db.Open()
	customer := optIn(t, db, scenario.American)
	var want []table.OutboundKey
	for range 24 {
		want = append(want, accept(t, to, customer, table.NewText{Body: "Hello"}).Key)
	}
	for _, tt := range []struct {
		before time.Time
		limit  int
		count  int
	}{
		{at.Add(time.Minute), 100, 0}, // that very moment is not before
		{at.Add(time.Minute + time.Millisecond), 100, 24},
		{at.Add(time.Hour), 1, 8}, // of each shard
	} {
		due, err := to.DueTexts(t.Context(), tt.before, tt.limit)
		if err != nil || len(due) != tt.count {
			t.Errorf("before %v, limit %d: %d, %v", tt.before, tt.limit, len(due), err)
		}
		for _, k := range due {
			if !slices.Contains(want, k) {
				t.Errorf("due %+v", k)
			}
		}
	}
}
