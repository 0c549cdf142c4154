package table_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/table"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

// The suite holds for every engine that plays DynamoDB.
func TestTable(t *testing.T) {
	suite := map[string]func(*testing.T, *scenario.Table){
		"records":                      records,
		"one claim wins":               oneClaimWins,
		"one store gets a number":      oneStoreGetsNumber,
		"a store gets one number":      storeGetsOneNumber,
		"refused onboarding":           refusedOnboarding,
		"a text":                       aText,
		"one text many times":          oneTextManyTimes,
		"many texts at once":           manyTextsAtOnce,
		"guards":                       guards,
		"changes of consent":           changesOfConsent,
		"missed call":                  missedCall,
		"unrouted":                     unrouted,
		"expired entries":              expiredEntries,
		"pages":                        pages,
		"conflicts":                    conflicts,
		"nothing is asked for bad ids": badIDs,
		"an opt-out races a text":      stopRacesSend,
		"an opt-out and a text":        stopAndSendInTurn,
		"an opt-out awaits a text":     stopAwaitsSend,
		"one claims a text":            oneClaimsText,
		"outcomes of a text":           outcomes,
		"statuses of a text":           statuses,
		"requests":                     requests,
		"opted out at Twilio":          optOutAtTwilio,
		"a change of consent shows":    consentChangeShows,
		"due texts":                    dueTexts,
		"read marks":                   readMarks,
		"ten claim a conversation":     tenClaimConversation,
		"events in threads":            threadEvents,
		"an opt-out that was told":     toldOptOut,
		"an inbox by assignee":         inboxByAssignee,
		"changes":                      changes,
		"some stores":                  someStores,
	}
	scenario.Engines(t, func(t *testing.T, newTable func(testing.TB) *scenario.Table) {
		for name, test := range suite {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				db := newTable(t)
				db.Give(t, "seed")
				test(t, db)
			})
		}
	})
}

var at = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// number is New York's, as a webhook reads it.
func number(t *testing.T, to *table.Table) clienteling.Number {
	t.Helper()
	n, err := to.Number(t.Context(), seed.Shops[0].Number.E164)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func text(sid, body string) table.InboundText {
	return table.InboundText{
		SID: sid, AccountSID: seed.AccountSID, From: scenario.American, To: seed.Shops[0].Number.E164,
		Body: body, At: at, Answer: "<answer to " + sid + ">",
	}
}

func receive(t *testing.T, to *table.Table, in table.InboundText, c consent.Change) {
	t.Helper()
	if err := to.ReceiveText(t.Context(), number(t, to), in, c, table.Found{}); err != nil {
		t.Fatal(err)
	}
}

func code(err error) string {
	var e *clienteling.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}

// race runs do in 64 goroutines at once and counts what came of it.
func race(do func(n int) error) map[string]int { return raceOf(64, do) }

// raceOf is race with so many callers.
func raceOf(callers int, do func(n int) error) map[string]int {
	outcomes := map[string]int{}
	var mu sync.Mutex
	var running sync.WaitGroup
	begin := make(chan struct{})
	for n := range callers {
		running.Go(func() {
			<-begin
			err := do(n)
			mu.Lock()
			defer mu.Unlock()
			outcomes[code(err)]++
		})
	}
	close(begin)
	running.Wait()
	return outcomes
}

func expect(t *testing.T, outcomes, want map[string]int) {
	t.Helper()
	if !reflect.DeepEqual(outcomes, want) {
		t.Errorf("outcomes %v, want %v", outcomes, want)
	}
}

// unchanged fails if do changes anything.
func unchanged(t *testing.T, db *scenario.Table, do func()) {
	t.Helper()
	before := db.Items(t)
	do()
	if d := db.Items(t).Since(before); len(d.Added)+len(d.Changed)+len(d.Removed) > 0 {
		t.Errorf("it had an effect: %+v", d)
	}
}

func records(t *testing.T, db *scenario.Table) {
	to := db.Open()
	retailer, err := to.Retailer(t.Context(), "acme")
	want := seed.Retailer
	want.EnabledAt = db.Now()
	if err != nil || !reflect.DeepEqual(retailer, want) {
		t.Errorf("retailer %+v, %v; want %+v", retailer, err, want)
	}
	for _, shop := range seed.Shops {
		s, n := shop.Store, shop.Number
		s.Number, s.State, s.AccountSID, s.Language, s.Version = n.E164, clienteling.StoreEnabled, n.AccountSID, n.Language, 2
		n.State, n.Store, n.StoreName, n.Enabled, n.ForwardTo = clienteling.NumberAssigned, s.ID, s.Name, true, s.Phone
		if got, err := to.Store(t.Context(), "acme", s.ID); err != nil || got != s {
			t.Errorf("store %+v, %v; want %+v", got, err, s)
		}
		if got, err := to.Number(t.Context(), n.E164); err != nil || got != n {
			t.Errorf("number %+v, %v; want %+v", got, err, n)
		}
	}

	unchanged(t, db, func() {
		for want, err := range map[string]error{
			"retailer_exists": to.EnableRetailer(t.Context(), seed.Retailer),
			"store_changed":   second(to.SaveStore(t.Context(), seed.Shops[0].Store)),
			"number_taken":    to.RecordNumber(t.Context(), seed.Shops[0].Number),
		} {
			if code(err) != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
	})
	_, noRetailer := to.Retailer(t.Context(), "rival")
	_, noStore := to.Store(t.Context(), "rival", "berlin")
	_, noNumber := to.Number(t.Context(), "+12125550199")
	for _, err := range []error{noRetailer, noStore, noNumber} {
		if !errors.Is(err, clienteling.ErrNotFound) {
			t.Errorf("%v, want not_found", err)
		}
	}
}

// second is the error of a call that returns something else, too.
func second[T any](_ T, err error) error { return err }

func oneClaimWins(t *testing.T, db *scenario.Table) {
	to := db.Open()
	expect(t, race(func(n int) error {
		return to.RecordNumber(t.Context(), clienteling.Number{E164: "+12125550199", Country: "US", Retailer: fmt.Sprint("r", n)})
	}), map[string]int{"<nil>": 1, "number_taken": 63})
}

// addStores adds stores without a number, and numbers without a store, to the seed.
func addStores(t *testing.T, to *table.Table, stores, numbers int) ([]clienteling.Store, []clienteling.Number) {
	t.Helper()
	s, n := make([]clienteling.Store, stores), make([]clienteling.Number, numbers)
	for i := range s {
		s[i] = clienteling.Store{Retailer: "acme", ID: fmt.Sprint("s", i), Name: "Store", Country: "US", State: clienteling.StoreEligible}
		var err error
		if s[i], err = to.SaveStore(t.Context(), s[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		n[i] = clienteling.Number{E164: fmt.Sprintf("+121255502%02d", i), Country: "US", Retailer: "acme", AccountSID: seed.AccountSID}
		if err := to.RecordNumber(t.Context(), n[i]); err != nil {
			t.Fatal(err)
		}
	}
	return s, n
}

func oneStoreGetsNumber(t *testing.T, db *scenario.Table) {
	to := db.Open()
	stores, numbers := addStores(t, to, 64, 1)
	expect(t, race(func(n int) error {
		return second(to.OnboardStore(t.Context(), stores[n], numbers[0], false))
	}), map[string]int{"<nil>": 1, "number_in_use": 63})
	taken, err := to.Number(t.Context(), numbers[0].E164)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stores {
		got, err := to.Store(t.Context(), "acme", s.ID)
		if err != nil || (got.Number != "") != (s.ID == taken.Store) || (got.State == clienteling.StoreOnboarded) != (s.ID == taken.Store) {
			t.Errorf("store %+v, %v, while the number is %s's", got, err, taken.Store)
		}
	}
}

func storeGetsOneNumber(t *testing.T, db *scenario.Table) {
	to := db.Open()
	stores, numbers := addStores(t, to, 1, 64)
	expect(t, race(func(n int) error {
		return second(to.OnboardStore(t.Context(), stores[0], numbers[n], true))
	}), map[string]int{"<nil>": 1, "store_changed": 63})
	s, err := to.Store(t.Context(), "acme", stores[0].ID)
	if err != nil || s.State != clienteling.StoreEnabled {
		t.Fatalf("store %+v, %v", s, err)
	}
	for _, n := range numbers {
		got, err := to.Number(t.Context(), n.E164)
		if err != nil || (got.Store != "") != (n.E164 == s.Number) || got.Enabled != (n.E164 == s.Number) {
			t.Errorf("number %+v, %v, while the store's is %s", got, err, s.Number)
		}
	}
}

func refusedOnboarding(t *testing.T, db *scenario.Table) {
	to := db.Open()
	stores, numbers := addStores(t, to, 1, 1)
	foreign := clienteling.Number{E164: "+12125550299", Country: "US", Retailer: "rival"}
	if err := to.RecordNumber(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	british, err := to.SaveStore(t.Context(), clienteling.Store{Retailer: "acme", ID: "leeds", Name: "Store", Country: "GB"})
	if err != nil {
		t.Fatal(err)
	}
	unchanged(t, db, func() {
		for _, tt := range []struct {
			name string
			s    clienteling.Store
			n    clienteling.Number
			want string
		}{
			{"number of another store", stores[0], seed.Shops[0].Number, "number_in_use"},
			{"number of another retailer", stores[0], foreign, "number_in_use"},
			{"number of nobody", stores[0], clienteling.Number{E164: "+12125550298"}, "number_in_use"},
			{"number of another country", british, numbers[0], "number_in_use"},
			{"store with a number", seed.Shops[0].Store, numbers[0], "store_changed"},
			{"store of nobody", clienteling.Store{Retailer: "acme", ID: "atlantis"}, numbers[0], "store_changed"},
		} {
			if _, err := to.OnboardStore(t.Context(), tt.s, tt.n, true); code(err) != tt.want {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
			}
		}
	})
}

func aText(t *testing.T, db *scenario.Table) {
	to := db.Open()
	n := number(t, to)
	first := text("SM1", "One\ntwo  three: "+strings.Repeat("äöü😍 ", 40))
	receive(t, to, first, consent.Change{})
	second := text("MM2", "")
	second.At = at.Add(1500 * time.Millisecond)
	second.Media = []clienteling.Media{{URL: "https://media.example/1", ContentType: "image/png"}, {URL: "https://media.example/2"}}
	receive(t, to, second, consent.Change{})

	id := to.Customer("acme", scenario.American)
	want := clienteling.Conversation{
		ID: id, Retailer: "acme", Store: "new-york", Phone: scenario.American, OptIn: clienteling.OptInNone, Unread: 2,
		CreatedAt: at, LastActivityAt: second.At, HeardAt: second.At, Last: &clienteling.LastEntry{Kind: clienteling.KindText, Direction: clienteling.Inbound},
	}
	c, err := to.Conversation(t.Context(), "acme", "new-york", id)
	if err != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("conversation %+v, %v; want %+v", c, err, want)
	}
	for _, filter := range []table.InboxFilter{{}, {Unread: true}, {Unassigned: true}, {Unread: true, Unassigned: true}} {
		found, next, err := to.Inbox(t.Context(), "acme", "new-york", filter, table.Page{Limit: 1})
		if err != nil || next != "" || len(found) != 1 || !reflect.DeepEqual(found[0], want) {
			t.Errorf("inbox with %+v: %+v, %q, %v; want %+v", filter, found, next, err, want)
		}
	}
	if found, _, err := to.Inbox(t.Context(), "acme", "new-york", table.InboxFilter{Assignee: "robin"}, table.Page{Limit: 1}); err != nil || len(found) != 0 {
		t.Errorf("Robin has %+v, %v", found, err)
	}
	for _, other := range [][2]string{{"acme", "london"}, {"rival", "new-york"}} {
		if _, err := to.Conversation(t.Context(), other[0], other[1], id); !errors.Is(err, clienteling.ErrNotFound) {
			t.Errorf("%v: %v, want not_found", other, err)
		}
	}

	messages, next, err := to.Messages(t.Context(), "acme", "new-york", id, table.Page{Limit: 10})
	if err != nil || next != "" || len(messages) != 2 {
		t.Fatalf("messages %+v, %q, %v", messages, next, err)
	}
	for i, in := range []table.InboundText{second, first} { // newest first
		want := clienteling.Message{
			ID: messages[i].ID, Kind: clienteling.KindText, Direction: clienteling.Inbound, Text: in.Body, Media: in.Media,
			Status: clienteling.StatusReceived, SID: in.SID, AccountSID: n.AccountSID, At: in.At,
		}
		if !reflect.DeepEqual(messages[i], want) {
			t.Errorf("message %+v, want %+v", messages[i], want)
		}
	}

	third := first
	third.SID = "SM3"
	receive(t, to, third, consent.Change{})
	c, err = to.Conversation(t.Context(), "acme", "new-york", id)
	if err != nil || !strings.HasPrefix(c.Last.Preview, "One two three: äöü😍 ") || !strings.HasSuffix(c.Last.Preview, "…") || len([]rune(c.Last.Preview)) != 80 {
		t.Errorf("preview %q, %v", c.Last.Preview, err)
	}
}

func oneTextManyTimes(t *testing.T, db *scenario.Table) {
	to := db.Open()
	n := number(t, to)
	answers := make([]string, 64)
	outcomes := race(func(i int) error {
		in := text("SM1", "Hello")
		in.Answer = fmt.Sprint("answer ", i)
		err := to.ReceiveText(t.Context(), n, in, consent.Change{}, table.Found{})
		var d *table.DuplicateError
		if answers[i] = in.Answer; errors.As(err, &d) {
			answers[i] = d.Answer
		}
		return err
	})
	expect(t, outcomes, map[string]int{"<nil>": 1, (&table.DuplicateError{}).Error(): 63})
	if len(slices.Compact(answers)) != 1 {
		t.Errorf("different answers: %v", answers)
	}
	c, err := to.Conversation(t.Context(), "acme", "new-york", to.Customer("acme", scenario.American))
	if err != nil || c.Unread != 1 {
		t.Errorf("conversation %+v, %v", c, err)
	}
}

func manyTextsAtOnce(t *testing.T, db *scenario.Table) {
	to := db.Open()
	n := number(t, to)
	expect(t, race(func(i int) error {
		in := text(fmt.Sprint("SM", i), fmt.Sprint(i))
		in.At = at.Add(time.Duration(i) * time.Millisecond)
		return to.ReceiveText(t.Context(), n, in, consent.Change{}, table.Found{})
	}), map[string]int{"<nil>": 64})
	id := to.Customer("acme", scenario.American)
	messages, next, err := to.Messages(t.Context(), "acme", "new-york", id, table.Page{Limit: 100})
	if err != nil || next != "" || len(messages) != 64 {
		t.Fatalf("%d messages, %q, %v", len(messages), next, err)
	}
	for i, m := range messages {
		if m.Text != fmt.Sprint(63-i) {
			t.Errorf("entry %d is %s", i, m.Text)
		}
	}
	if c, err := to.Conversation(t.Context(), "acme", "new-york", id); err != nil || c.Unread != 64 {
		t.Errorf("conversation %+v, %v", c, err)
	}
}

// Every guard, against every state it is to hold or fail in. nil: the text is taken.
func guards(t *testing.T, db *scenario.Table) {
	const none, waiting, accepted = clienteling.OptInNone, clienteling.OptInWaiting, clienteling.OptInAccepted
	type attributes = map[string]any
	optIn := func(o clienteling.OptIn, epoch int) attributes {
		return attributes{"optIn": string(o), "optInEpoch": epoch}
	}
	refusal := func(state string, epoch int) attributes { return attributes{"state": state, "epoch": epoch} }
	exactly := func(s consent.State) consent.Guard { return consent.Guard{Exactly: &s} }

	for i, tt := range []struct {
		name                      string
		conversation, suppression attributes
		guard                     consent.Guard
		want                      *consent.State
	}{
		{"no guard, nothing known", nil, nil, consent.Guard{}, nil},
		{"no guard, all against it", optIn(waiting, 0), refusal("open", 1), consent.Guard{}, nil},

		{"not waiting: unknown", nil, nil, consent.Guard{NotWaiting: true}, nil},
		{"not waiting: never asked", attributes{"phone": "x"}, nil, consent.Guard{NotWaiting: true}, nil},
		{"not waiting: accepted", optIn(accepted, 0), nil, consent.Guard{NotWaiting: true}, nil},
		{"not waiting: waiting", optIn(waiting, 2), nil, consent.Guard{NotWaiting: true}, &consent.State{OptIn: waiting, OptInEpoch: 2, Epoch: 2}},

		{"in force: it is", nil, refusal("open", 1), consent.Guard{Refusal: consent.InForce}, nil},
		{"in force: lifted", nil, refusal("lifted", 1), consent.Guard{Refusal: consent.InForce}, &consent.State{OptIn: none, Epoch: 1}},
		{"in force: never", nil, nil, consent.Guard{Refusal: consent.InForce}, &consent.State{OptIn: none}},
		{"not in force: it is", nil, refusal("open", 3), consent.Guard{Refusal: consent.NotInForce}, &consent.State{OptIn: none, Refused: true, Epoch: 3}},
		{"not in force: lifted", nil, refusal("lifted", 1), consent.Guard{Refusal: consent.NotInForce}, nil},
		{"not in force: never", nil, nil, consent.Guard{Refusal: consent.NotInForce}, nil},

		{"both fail", optIn(waiting, 0), refusal("open", 1), consent.Guard{NotWaiting: true, Refusal: consent.NotInForce},
			&consent.State{OptIn: waiting, Refused: true, Epoch: 1}},

		{"exactly nothing: so it is", nil, nil, exactly(consent.State{OptIn: none}), nil},
		{"exactly nothing: refused", nil, refusal("open", 1), exactly(consent.State{OptIn: none}), &consent.State{OptIn: none, Refused: true, Epoch: 1}},
		{"exactly nothing: another epoch", nil, refusal("lifted", 1), exactly(consent.State{OptIn: none}), &consent.State{OptIn: none, Epoch: 1}},
		{"exactly refused: so it is", nil, refusal("open", 1), exactly(consent.State{OptIn: none, Refused: true, Epoch: 1}), nil},
		{"exactly refused: again meanwhile", nil, refusal("open", 2), exactly(consent.State{OptIn: none, Refused: true, Epoch: 1}),
			&consent.State{OptIn: none, Refused: true, Epoch: 2}},
		{"exactly refused: lifted meanwhile", nil, refusal("lifted", 1), exactly(consent.State{OptIn: none, Refused: true, Epoch: 1}),
			&consent.State{OptIn: none, Epoch: 1}},
		{"exactly lifted: so it is", nil, refusal("lifted", 1), exactly(consent.State{OptIn: none, Epoch: 1}), nil},
		{"exactly lifted: never refused", nil, nil, exactly(consent.State{OptIn: none, Epoch: 1}), &consent.State{OptIn: none}},
		{"exactly waiting: so it is", optIn(waiting, 0), nil, exactly(consent.State{OptIn: waiting}), nil},
		{"exactly waiting: accepted meanwhile", optIn(accepted, 0), nil, exactly(consent.State{OptIn: waiting}), &consent.State{OptIn: accepted}},
		{"exactly waiting: asked anew meanwhile", optIn(waiting, 1), nil, exactly(consent.State{OptIn: waiting}),
			&consent.State{OptIn: waiting, OptInEpoch: 1, Epoch: 1}},
		{"exactly waiting: of another epoch", optIn(waiting, 0), refusal("lifted", 1), exactly(consent.State{OptIn: waiting}),
			&consent.State{OptIn: waiting, OptInEpoch: 0, Epoch: 1}},
	} {
		to := db.Open()
		in := text(fmt.Sprint("SM", i), "Hello")
		in.From = fmt.Sprintf("+121255501%02d", i)
		partition := "CUSTOMER#acme#" + to.Customer("acme", in.From)
		if tt.conversation != nil {
			db.Patch(t, partition, "STORE#new-york", tt.conversation)
		}
		if tt.suppression != nil {
			db.Patch(t, partition, "SUPPRESSION", tt.suppression)
		}
		before := db.Items(t)
		err := to.ReceiveText(t.Context(), number(t, to), in, consent.Change{When: tt.guard}, table.Found{})
		d := db.Items(t).Since(before)
		var other *table.ConsentError
		switch {
		case tt.want == nil && (err != nil || len(d.Added) < 2):
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != nil && (!errors.As(err, &other) || other.State != *tt.want):
			t.Errorf("%s: %v, want %+v", tt.name, err, *tt.want)
		case tt.want != nil && len(d.Added)+len(d.Changed) > 0:
			t.Errorf("%s: refused, but it had an effect: %+v", tt.name, d)
		}
	}
}

func changesOfConsent(t *testing.T, db *scenario.Table) {
	to := db.Open()
	id := to.Customer("acme", scenario.American)
	partition := "CUSTOMER#acme#" + id
	for i, tt := range []struct {
		effect consent.Effect
		epoch  int
		optIn  clienteling.OptIn
		state  any // of the suppression
	}{
		{consent.Accepted, 0, clienteling.OptInAccepted, nil},
		{consent.OptedOut, 1, clienteling.OptInNone, "open"},
		{consent.OptedIn, 1, clienteling.OptInAccepted, "lifted"},
		{consent.Rejected, 1, clienteling.OptInRejected, "lifted"},
		{consent.OptedOut, 2, clienteling.OptInNone, "open"},
	} {
		before := db.Items(t)
		was := consent.State{OptIn: clienteling.OptInNone}
		if s := before[partition+" / SUPPRESSION"]; s != nil {
			was.Refused = s["state"] == "open"
			_, _ = fmt.Sscan(fmt.Sprint(s["epoch"]), &was.Epoch)
		}
		receive(t, to, text(fmt.Sprint("SM", i), "word"), consent.Change{When: consent.Guard{Exactly: &was}, Effect: tt.effect, Epoch: tt.epoch})
		items := db.Items(t)
		c, err := to.Conversation(t.Context(), "acme", "new-york", id)
		if err != nil || c.OptIn != tt.optIn || c.Epoch != tt.epoch || c.OptedOut != (tt.effect == consent.OptedOut) {
			t.Errorf("%s: conversation %+v, %v", tt.effect, c, err)
		}
		if got := items[partition+" / SUPPRESSION"]["state"]; got != tt.state {
			t.Errorf("%s: suppression %v, want %v", tt.effect, got, tt.state)
		}
		lines := 0
		for key, line := range items.Since(before).Added {
			if strings.HasPrefix(key, partition+" / CONSENT#") && line["effect"] == string(tt.effect) && line["sid"] == fmt.Sprint("SM", i) {
				lines++
			}
		}
		if lines != 1 {
			t.Errorf("%s: %d lines in the ledger", tt.effect, lines)
		}
	}
}

func missedCall(t *testing.T, db *scenario.Table) {
	to := db.Open()
	n := number(t, to)
	call := table.MissedCall{SID: "CA1", AccountSID: seed.AccountSID, From: scenario.American, At: at.Add(time.Hour), Answer: "<sorry>"}
	unchanged(t, db, func() {
		if err := to.NoteMissedCall(t.Context(), n, call); !errors.Is(err, clienteling.ErrNotFound) {
			t.Errorf("without a conversation: %v", err)
		}
	})
	receive(t, to, text("SM1", "Hello"), consent.Change{})
	outcomes := race(func(int) error {
		err := to.NoteMissedCall(t.Context(), n, call)
		var d *table.DuplicateError
		if errors.As(err, &d) && d.Answer != call.Answer {
			t.Errorf("the answer was %q", d.Answer)
		}
		return err
	})
	expect(t, outcomes, map[string]int{"<nil>": 1, (&table.DuplicateError{}).Error(): 63})
	id := to.Customer("acme", scenario.American)
	messages, _, err := to.Messages(t.Context(), "acme", "new-york", id, table.Page{Limit: 10})
	if err != nil || len(messages) != 2 {
		t.Fatalf("messages %+v, %v", messages, err)
	}
	want := clienteling.Message{ID: messages[0].ID, Kind: clienteling.KindMissedCall, Direction: clienteling.Inbound, SID: "CA1", AccountSID: seed.AccountSID, At: call.At}
	if !reflect.DeepEqual(messages[0], want) {
		t.Errorf("entry %+v, want %+v", messages[0], want)
	}
	c, err := to.Conversation(t.Context(), "acme", "new-york", id)
	if err != nil || c.Unread != 2 || c.Last.Kind != clienteling.KindMissedCall || c.Last.Preview != "" || !c.LastActivityAt.Equal(call.At) {
		t.Errorf("conversation %+v, %v", c, err)
	}
}

func unrouted(t *testing.T, db *scenario.Table) {
	to := db.Open()
	in := text("SM1", "Anybody there?")
	in.To = "+12125550199"
	before := db.Items(t)
	expect(t, race(func(int) error { return to.KeepUnrouted(t.Context(), in) }),
		map[string]int{"<nil>": 1, (&table.DuplicateError{}).Error(): 63})
	kept := 0
	for key, i := range db.Items(t).Since(before).Added {
		if strings.HasPrefix(key, "UNROUTED#") {
			kept++
			if i["text"] != in.Body || i["from"] != in.From || i["to"] != in.To || i["gsi2pk"] != "OPERATOR#unrouted" {
				t.Errorf("kept %v", i)
			}
		}
	}
	if kept != 1 {
		t.Errorf("%d were kept", kept)
	}
}

func expiredEntries(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for n := range 6 {
		in := text(fmt.Sprint("SM", n), fmt.Sprint(n))
		in.At = at.Add(time.Duration(n) * time.Hour)
		receive(t, to, in, consent.Change{})
	}
	id := to.Customer("acme", scenario.American)
	for _, tt := range []struct {
		past time.Duration // since the first expired
		want []string
	}{
		{-time.Second, []string{"5", "4", "3", "2", "1", "0"}},
		{0, []string{"5", "4", "3", "2", "1"}},
		{3*time.Hour + time.Minute, []string{"5", "4"}},
		{5 * time.Hour, nil},
	} {
		db.Set(at.Add(scenario.Retention).Add(tt.past))
		for _, limit := range []int{1, 2, 6, 100} {
			var got []string
			p := table.Page{Limit: limit}
			for {
				found, next, err := to.Messages(t.Context(), "acme", "new-york", id, p)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range found {
					got = append(got, m.Text)
				}
				if next == "" {
					break
				}
				p.After = next
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%v after, limit %d: %v, want %v", tt.past, limit, got, tt.want)
			}
		}
	}
	// An expired item that is read by its key is as absent.
	db.Patch(t, "CUSTOMER#acme#"+id, "STORE#new-york", map[string]any{"expiresAt": db.Now().Unix()})
	if _, err := to.Conversation(t.Context(), "acme", "new-york", id); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("an expired conversation: %v", err)
	}
}

func pages(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for n := range 4 {
		in := text(fmt.Sprint("SM", n), "Hello")
		in.From = fmt.Sprintf("+121255501%02d", n)
		in.At = at.Add(time.Duration(n) * time.Second)
		receive(t, to, in, consent.Change{})
	}
	for limit, sizes := range map[int][]int{1: {1, 1, 1, 1}, 2: {2, 2}, 3: {3, 1}, 4: {4}, 5: {4}} {
		var got []int
		p := table.Page{Limit: limit}
		for {
			found, next, err := to.Inbox(t.Context(), "acme", "new-york", table.InboxFilter{}, p)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, len(found))
			if next == "" {
				break
			}
			p.After = next
		}
		if !slices.Equal(got, sizes) {
			t.Errorf("limit %d: pages of %v, want %v", limit, got, sizes)
		}
	}
	id := to.Customer("acme", scenario.American)
	for _, position := range []string{"x", "2026-11-21T10:00:00.000Z", "2026-11-21T10:00:00.000Z#x", "2026-11-21T10:00:00Z" + "#" + id + "x", id} {
		if _, _, err := to.Inbox(t.Context(), "acme", "new-york", table.InboxFilter{}, table.Page{Limit: 1, After: position}); code(err) != "invalid_cursor" {
			t.Errorf("inbox after %q: %v", position, err)
		}
		if _, _, err := to.Inbox(t.Context(), "acme", "new-york", table.InboxFilter{Unread: true}, table.Page{Limit: 1, After: position}); code(err) != "invalid_cursor" {
			t.Errorf("unread after %q: %v", position, err)
		}
		if _, _, err := to.Messages(t.Context(), "acme", "new-york", id, table.Page{Limit: 1, After: position}); code(err) != "invalid_cursor" {
			t.Errorf("messages after %q: %v", position, err)
		}
	}
}

func conflicts(t *testing.T, db *scenario.Table) {
	to := db.Open()
	n := number(t, to)
	take := func(ctx context.Context, sid string) error {
		return to.ReceiveText(ctx, n, text(sid, "Hello"), consent.Change{}, table.Found{})
	}
	conflict := scenario.Canceled("None", "None", "TransactionConflict")

	db.Break(conflict, 1, 2, 3)
	cost := db.Measure(func() {
		if err := take(t.Context(), "SM1"); err != nil {
			t.Errorf("after three conflicts: %v", err)
		}
	})
	if len(cost.Calls) != 4 {
		t.Errorf("it tried %d times, want 4", len(cost.Calls))
	}

	unchanged(t, db, func() {
		db.Break(conflict)
		if err := take(t.Context(), "SM2"); code(err) != "storage_unavailable" {
			t.Errorf("conflicts without end: %v", err)
		}
		db.Break(scenario.Canceled("None", "ValidationError", "None"))
		cost := db.Measure(func() {
			if err := take(t.Context(), "SM3"); code(err) != "storage_unavailable" {
				t.Errorf("an invalid transaction: %v", err)
			}
		})
		if len(cost.Calls) != 1 {
			t.Errorf("it tried an invalid transaction %d times", len(cost.Calls))
		}

		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		db.Break(scenario.Then(conflict, cancel)) // the time is up in the pause before the next try
		cost = db.Measure(func() {
			if err := take(ctx, "SM4"); code(err) != "storage_unavailable" || !errors.Is(err, context.Canceled) {
				t.Errorf("out of time: %v", err)
			}
		})
		if len(cost.Calls) != 1 {
			t.Errorf("out of time, and it tried %d times", len(cost.Calls))
		}
	})
	db.Mend()
	// A conflict beside a failed condition is no reason to try again.
	db.Break(scenario.Canceled("ConditionalCheckFailed", "TransactionConflict", "None"), 1)
	var d *table.DuplicateError
	if err := take(t.Context(), "SM1"); !errors.As(err, &d) {
		t.Errorf("a duplicate that also conflicts: %v", err)
	}
}

func badIDs(t *testing.T, db *scenario.Table) {
	to := db.Open()
	cost := db.Measure(func() {
		for _, id := range []string{"", "x", "+12125550123", strings.Repeat("a", 27)} {
			if _, err := to.Conversation(t.Context(), "acme", "new-york", id); !errors.Is(err, clienteling.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
	})
	if len(cost.Calls) > 0 {
		t.Errorf("it asked for %v", cost.Calls)
	}
}

// What DynamoDB charges. Only dynoxide counts transactions as AWS does, so the
// numbers are its; a transaction whose condition fails is charged too, on top.
func TestUnits(t *testing.T) {
	if os.Getenv("DYNAMODB") == "local" {
		t.Skip("DynamoDB Local does not count the units of transactions as AWS does")
	}
	db := scenario.NewTable(t)
	db.Give(t, "seed")
	to := db.Open()
	n := number(t, to)
	body := strings.Repeat("a text of usual length. ", 7)
	for i, tt := range []struct {
		name   string
		body   string
		change consent.Change
		limit  float64
	}{
		{name: "first text", body: body, limit: 9.5},
		{name: "next text", body: body, limit: 9.5},
		{name: "text of 1,600 characters", body: strings.Repeat("a", 1600), limit: 11.5},
		{name: "opt-out", body: "STOP", limit: 14,
			change: consent.Change{When: consent.Guard{Exactly: &consent.State{}}, Effect: consent.OptedOut, Epoch: 1}},
	} {
		in := text(fmt.Sprint("SM", i), tt.body)
		in.At = at.Add(time.Duration(i) * time.Minute)
		in.Answer = `<?xml version="1.0" encoding="UTF-8"?><Response/>`
		cost := db.Measure(func() {
			if err := to.ReceiveText(t.Context(), n, in, tt.change, table.Found{}); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%s: %v write units", tt.name, cost.WriteUnits)
		if cost.WriteUnits > tt.limit || cost.WriteUnits == 0 {
			t.Errorf("%s: %v write units, the limit is %v", tt.name, cost.WriteUnits, tt.limit)
		}
	}
	for i := range 30 {
		in := text(fmt.Sprint("SN", i), body)
		in.From = fmt.Sprintf("+121255501%02d", i)
		receive(t, to, in, consent.Change{})
	}
	cost := db.Measure(func() {
		if found, _, err := to.Inbox(t.Context(), "acme", "new-york", table.InboxFilter{}, table.Page{Limit: 25}); err != nil || len(found) != 25 {
			t.Fatalf("%d conversations, %v", len(found), err)
		}
	})
	t.Logf("page of the inbox: %v read units", cost.ReadUnits)
	if cost.ReadUnits > 4 || cost.ReadUnits == 0 {
		t.Errorf("page of the inbox: %v read units, the limit is 4", cost.ReadUnits)
	}
}
