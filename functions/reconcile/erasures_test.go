package main

import (
	"cmp"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

// nickname is what associates call the American, and nothing else in the table.
const nickname = "Adalbert Quillfeather"

// erasing is a table with the life of the American, and a Twilio that had its part in it.
type erasing struct {
	*testing.T
	db     *scenario.Table
	table  *table.Table
	twilio *records
	// texts counts what was said, for SIDs.
	texts int
}

func newErasing(t *testing.T) *erasing {
	t.Helper()
	w := &erasing{T: t, db: scenario.NewTable(t), twilio: &records{}}
	w.table = w.open(w.db.Config)
	w.db.Set(eve)
	w.must(seed.Fill(t.Context(), w.table, eve))
	w.must(w.table.RecordNumber(t.Context(), clienteling.Number{
		E164: seed.UnusedNumber, Country: "US", AccountSID: seed.AccountSID, SID: "PN" + strings.Repeat("9", 32), Retailer: retailer, OptInMode: clienteling.AnyReply,
	}))
	return w
}

// eve is when the life begins.
var eve = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func (w *erasing) open(config aws.Config) *table.Table {
	return table.Open(config, table.Options{
		Name: w.db.Name, PhoneKey: []byte(seed.PhoneKey), TextRetention: scenario.Retention, RequestsPerDay: 100, Now: w.db.Now, NewID: w.db.NewID,
	})
}

func (w *erasing) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *erasing) pass(d time.Duration) { w.db.Set(w.db.Now().Add(d)) }

func (w *erasing) sid(kind string) string {
	w.texts++
	return fmt.Sprintf("%s%032x", kind, 0xe2a5e0000+w.texts)
}

// texts a store, as inbound-sms takes it. The number is that of a store.
func (w *erasing) hears(number, from, body string, media ...clienteling.Media) {
	w.Helper()
	ctx := context.WithoutCancel(w.Context())
	n, err := w.table.NumberNow(ctx, number)
	w.must(err)
	in := table.InboundText{SID: w.sid("SM"), AccountSID: seed.AccountSID, From: from, To: number, Body: body, Media: media, At: w.db.Now(), Answer: "<Response/>"}
	w.twilio.add(record{sid: in.SID, ours: number, theirs: from, at: in.At})
	if n.Store == "" {
		w.must(w.table.KeepUnrouted(ctx, in))
		return
	}
	said := consent.Text{Body: body, Country: n.Country, Language: n.Language}
	change := consent.Presume(said, n.OptInMode)
	err = w.table.ReceiveText(ctx, n, in, change, table.Found{})
	for other := (*table.ConsentError)(nil); errors.As(err, &other); {
		change = consent.Receive(other.State, said, n.OptInMode)
		err = w.table.ReceiveText(ctx, n, in, change, other.Found)
	}
	w.must(err)
}

// writes has a store's associate write to a customer, and returns the text, which is to
// be sent.
func (w *erasing) writes(retailer, store, to string, in table.NewText) table.Outbound {
	w.Helper()
	s, err := w.table.Sender(w.Context(), retailer, store, w.table.Customer(retailer, to), in.Idempotency)
	w.must(err)
	return w.accepted(s, to, in)
}

func (w *erasing) accepted(s table.Sender, to string, in table.NewText) table.Outbound {
	w.Helper()
	in.By, in.At = clienteling.Associate{ID: "associate-1", Name: "Robin"}, w.db.Now()
	if in.Request {
		in.Phone, in.Name = to, nickname
	}
	m, err := w.table.AcceptText(w.Context(), s, in)
	w.must(err)
	o, err := w.table.Outbound(w.Context(), table.OutboundKey{Retailer: s.Store.Retailer, Store: s.Store.ID, Customer: w.table.Customer(s.Store.Retailer, to), Message: m.ID})
	w.must(err)
	return o
}

// sends has Twilio take a text, which becomes of a status there.
func (w *erasing) sends(o table.Outbound, status string) {
	w.Helper()
	o, err := w.table.ClaimText(w.Context(), o, w.db.Now())
	w.must(err)
	sid := w.sid("SM")
	w.twilio.add(record{sid: sid, ours: o.From, theirs: o.To, at: w.db.Now(), outbound: true})
	w.must(w.table.TextTaken(w.Context(), o, sid, w.db.Now()))
	o, err = w.table.Outbound(w.Context(), o.Key)
	w.must(err)
	_, err = w.table.AdvanceText(w.Context(), o, status, "", w.db.Now())
	w.must(err)
}

// life is all that can happen between a person and two stores of a retailer: texts and
// pictures, a request, an opt-in, texts that arrive, fail, are withheld, wait and are
// being handed over, a missed call, an opt-out that was lifted, texts to nobody.
func (w *erasing) life(who string) {
	w.Helper()
	newYork, london := seed.Shops[0].Number.E164, seed.Shops[1].Number.E164
	w.pass(time.Minute)
	w.hears(seed.UnusedNumber, who, "Is anybody there?")
	w.hears(newYork, who, "This one?", clienteling.Media{URL: "https://api.twilio.com/2010-04-01/Accounts/" + seed.AccountSID + "/Messages/MM1/Media/ME1", ContentType: "image/jpeg"})
	w.pass(time.Minute)
	ask := table.NewText{Body: "Hi " + nickname + "! Acme Fifth Avenue would like to text you. Reply YES to agree, or STOP to refuse.", Request: true, Wording: "f00d"}
	w.sends(w.writes(retailer, "new-york", who, ask), clienteling.StatusDelivered)
	w.pass(time.Minute)
	w.hears(newYork, who, "YES")
	w.pass(time.Minute)
	w.hears(london, who, "STOP")
	w.pass(time.Minute)
	w.hears(newYork, who, "START")
	w.pass(time.Minute)
	w.sends(w.writes(retailer, "new-york", who, table.NewText{Body: "Your coat is here, " + nickname + ".", Idempotency: table.Idempotency{Key: w.sid("key"), Fingerprint: "print"}}), clienteling.StatusDelivered)
	w.sends(w.writes(retailer, "new-york", who, table.NewText{Body: "Until six."}), clienteling.StatusUndelivered)
	w.pass(time.Minute)
	n, err := w.table.NumberNow(w.Context(), newYork)
	w.must(err)
	call := table.MissedCall{SID: w.sid("CA"), AccountSID: seed.AccountSID, From: who, At: w.db.Now()}
	w.must(w.table.NoteMissedCall(w.Context(), n, call))
	w.twilio.add(record{sid: call.SID, ours: newYork, theirs: who, at: call.At})
	customer := w.table.Customer(retailer, who)
	w.must(w.table.Assign(w.Context(), retailer, "new-york", customer, clienteling.Associate{ID: "associate-1", Name: "Robin"}, false, w.db.Now()))
	w.db.Patch(w, "CUSTOMER#acme#"+customer, "ANSWERED#new-york#2026-11-20T09", map[string]any{"count": 1})
	w.pass(time.Minute)
	waiting := w.writes(retailer, "new-york", who, table.NewText{Body: "Are you coming, " + nickname + "?"})
	job, err := json.Marshal(waiting.Key)
	w.must(err)
	w.must(w.table.JobFailed(w.Context(), table.FailedJob{Queue: "MessageSendQueue", Job: string(job), Cause: "twilio: the outcome is unknown", At: w.db.Now()}))
	w.pass(time.Second)
}

// refused has the person refuse all texts, after all.
func (w *erasing) refused(who string) {
	w.Helper()
	w.hears(seed.Shops[1].Number.E164, who, "STOP")
	w.pass(time.Second)
}

// order orders that the person is erased.
func (w *erasing) order(who string) table.Erasure {
	w.Helper()
	e, err := w.table.RequestErasure(w.Context(), retailer, w.table.Customer(retailer, who), who, "admin-1", w.db.Now())
	w.must(err)
	return e
}

// worker is reconcile, a process of its own.
func (w *erasing) worker(l *mortal) (function, context.Context) {
	ctx, end := context.WithCancel(w.Context())
	w.Cleanup(end)
	l.end, l.records = end, w.twilio
	config := w.db.Config
	config.HTTPClient = l.wire(w.db.Wire)
	return function{log: scenario.Log(w), now: w.db.Now, table: w.open(config), twilio: l}, ctx
}

// settle lets time pass, and reconcile run, until the person is erased.
func (w *erasing) settle(who string) {
	w.Helper()
	for range 20 {
		p, err := w.table.Person(w.Context(), retailer, w.table.Customer(retailer, who))
		w.must(err)
		if !p.Erasure.Running {
			return
		}
		w.pass(time.Hour)
		f, ctx := w.worker(&mortal{})
		_ = f.erasures(ctx)
	}
	w.Fatal("the erasure does not end")
}

// erased has a person erased, without any trouble.
func (w *erasing) erased(who string) {
	w.Helper()
	w.order(who)
	w.settle(who)
}

// record is a text or a call that Twilio keeps.
type record struct {
	sid, ours, theirs string
	at                time.Time
	outbound          bool
	// unfinished are of a status that Twilio does not delete.
	unfinished bool
}

// records is what Twilio keeps.
type records struct {
	mu  sync.Mutex
	all []record
	err error
}

func (r *records) add(one record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, one)
}

func (r *records) with(theirs string) (found []record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range r.all {
		if one.theirs == theirs {
			found = append(found, one)
		}
	}
	return found
}

// mortal is the life of one run: at a call, counted from 1, something may happen, and
// once it is dead, no call of its reaches anybody.
type mortal struct {
	account // the rest of Twilio, which nobody calls
	*records

	mu    sync.Mutex
	calls []string
	at    int
	// before happens at that call; after it the run ends, if ends says so.
	before func()
	ends   bool
	dead   bool
	end    context.CancelFunc
}

var errDead = errors.New("the worker is dead (on behalf of the test)")

func (m *mortal) call(name string, do func()) error {
	m.mu.Lock()
	if m.dead {
		m.mu.Unlock()
		return errDead
	}
	m.calls = append(m.calls, name)
	now := len(m.calls) == m.at
	m.mu.Unlock()
	if now && m.before != nil {
		m.before()
	}
	do()
	if now && m.ends {
		m.mu.Lock()
		m.dead = true
		m.mu.Unlock()
		m.end()
		return errDead
	}
	return nil
}

func (m *mortal) wire(next aws.HTTPClient) aws.HTTPClient {
	return doer(func(r *http.Request) (res *http.Response, err error) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if dead := m.call(operation, func() { res, err = next.Do(r) }); dead != nil {
			return nil, dead
		}
		return res, err
	})
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// EraseBetween deletes like Twilio's client: it is to be called until it finds nothing.
func (m *mortal) EraseBetween(_ context.Context, accountSID, ours, theirs string, before time.Time, most int) (left bool, err error) {
	dead := m.call("EraseBetween", func() {
		m.records.mu.Lock()
		defer m.records.mu.Unlock()
		if err = m.err; err != nil || accountSID != seed.AccountSID {
			left, err = true, cmp.Or(err, error(&twilio.Error{Outcome: twilio.Refused}))
			return
		}
		m.all = slices.DeleteFunc(m.all, func(r record) bool {
			if r.ours != ours || r.theirs != theirs || r.at.Truncate(time.Second).After(before) {
				return false
			}
			if r.unfinished || most == 0 {
				left = true
				if r.unfinished {
					err = &twilio.Error{Outcome: twilio.Later, Code: 20009}
				}
				return false
			}
			left, most = true, most-1
			return true
		})
	})
	if dead != nil {
		return true, dead
	}
	return left, err
}

// TextsTo lists our latest texts.
func (m *mortal) TextsTo(_ context.Context, _, from, to string) (sent []twilio.Sent, err error) {
	dead := m.call("TextsTo", func() {
		m.records.mu.Lock()
		defer m.records.mu.Unlock()
		err = m.err
		for _, r := range slices.Backward(m.all) {
			if r.outbound && r.ours == from && r.theirs == to {
				sent = append(sent, twilio.Sent{SID: r.sid, CreatedAt: r.at.Truncate(time.Second)})
			}
		}
	})
	if dead != nil {
		return nil, dead
	}
	return sent, err
}

// traces are the items in which something of a person is left: their number in clear,
// with and without its country code, a hash of it that has no key, and their name.
func traces(t *testing.T, items scenario.Items, phone string) (found []string) {
	t.Helper()
	needles := []string{nickname, "Adalbert"}
	digits := strings.TrimPrefix(phone, "+")
	national := strings.TrimPrefix(digits, "1")
	for _, number := range []string{phone, digits, national} {
		needles = append(needles, number)
		long, middle, short := sha256.Sum256([]byte(number)), sha1.Sum([]byte(number)), md5.Sum([]byte(number))
		for _, sum := range [][]byte{long[:], middle[:], short[:]} {
			needles = append(needles, hex.EncodeToString(sum), base64.RawStdEncoding.EncodeToString(sum), base64.RawURLEncoding.EncodeToString(sum))
		}
	}
	for key, i := range items {
		text, err := json.Marshal(i)
		if err != nil {
			t.Fatal(err)
		}
		whole := key + string(text)
		for _, needle := range needles {
			if strings.Contains(whole, needle) || strings.Contains(strings.ToLower(whole), strings.ToLower(needle)) {
				found = append(found, fmt.Sprintf("%q in %s %s", needle, key, text))
			}
		}
	}
	return found
}

// of are the keys of a person's items.
func of(items scenario.Items, customer string) (keys []string) {
	for key := range items {
		if strings.Contains(key, customer) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func code(err error) string {
	var e *clienteling.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}

// Whoever is erased is gone, but for their refusal; nobody else has lost anything.
func TestErasure(t *testing.T) {
	for _, tt := range []struct {
		name    string
		refuses bool
		write   string // why nobody may write afterwards
		ask     string // and why nobody may ask
	}{
		{"opted in", false, "opt_in_required", "<nil>"},
		{"opted out", true, "opted_out", "opted_out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newErasing(t)
			w.life(scenario.American)
			if tt.refuses {
				w.refused(scenario.American)
			}
			if len(traces(t, w.db.Items(t), scenario.American)) < 10 {
				t.Fatal("the test finds nothing of a life")
			}
			customer := w.table.Customer(retailer, scenario.American)
			requested := w.db.Now()
			w.erased(scenario.American)
			items := w.db.Items(t)
			for _, trace := range traces(t, items, scenario.American) {
				t.Error(trace)
			}
			if left := w.twilio.with(scenario.American); len(left) > 0 {
				t.Errorf("Twilio has %+v", left)
			}

			// All that is left: that it was done, and the refusal.
			want := map[string]any{"state": "done", "by": "admin-1", "requestedAt": requested.Format("2006-01-02T15:04:05.000Z"), "erasedAt": w.db.Now().Format("2006-01-02T15:04:05.000Z")}
			if got := items["CUSTOMER#acme#"+customer+" / ERASURE"]; !maps.Equal(got, want) {
				t.Errorf("the erasure is %v, want %v", got, want)
			}
			keys := []string{"CUSTOMER#acme#" + customer + " / ERASURE"}
			if tt.refuses {
				keys = append(keys, "CUSTOMER#acme#"+customer+" / SUPPRESSION")
				for name := range items[keys[1]] {
					if !slices.Contains([]string{"state", "epoch", "since", "gsi2pk", "gsi2sk"}, name) {
						t.Errorf("the refusal has %s", name)
					}
				}
			}
			if got := of(items, customer); !slices.Equal(slices.DeleteFunc(got, func(key string) bool { return strings.HasPrefix(key, "FAILED#") }), keys) {
				t.Errorf("left are %v, want %v", got, keys)
			}

			s, err := w.table.Sender(t.Context(), retailer, "new-york", customer, table.Idempotency{})
			w.must(err)
			if got := code(consent.MayWrite(s.Consent)); got != tt.write {
				t.Errorf("to write is %s, want %s", got, tt.write)
			}
			if got := code(consent.MayAsk(s.Consent, clienteling.OptInRequests{}, w.db.Now())); got != tt.ask {
				t.Errorf("to ask is %s, want %s", got, tt.ask)
			}
			if s.Conversation != nil || s.Erasing {
				t.Errorf("sender %+v", s)
			}

			// They come back: asked anew, or lifting their refusal.
			w.pass(time.Hour)
			if tt.refuses {
				w.hears(seed.Shops[0].Number.E164, scenario.American, "START")
			} else {
				w.sends(w.writes(retailer, "new-york", scenario.American, table.NewText{Body: "May we? YES or STOP.", Request: true}), clienteling.StatusDelivered)
				w.pass(time.Minute)
				w.hears(seed.Shops[0].Number.E164, scenario.American, "YES")
			}
			w.writes(retailer, "new-york", scenario.American, table.NewText{Body: "Welcome back."})
			w.pass(time.Hour)
			w.erased(scenario.American)
			for _, trace := range traces(t, w.db.Items(t), scenario.American) {
				t.Error("the second time:", trace)
			}
		})
	}
}

// The same person's life with another retailer, and the lives of others, are as they were,
// to the letter.
func TestErasureOfNobodyElse(t *testing.T) {
	t.Parallel()
	w := newErasing(t)
	const number = "+12125550155"
	w.must(w.table.EnableRetailer(t.Context(), clienteling.Retailer{ID: "other", Countries: []string{"US"}, OptInMode: clienteling.AnyReply}))
	s, err := w.table.SaveStore(t.Context(), clienteling.Store{Retailer: "other", ID: "new-york", Name: "Other", Country: "US", Phone: "+12125550156", State: clienteling.StoreEligible})
	w.must(err)
	n := clienteling.Number{E164: number, Country: "US", AccountSID: seed.AccountSID, SID: "PN" + strings.Repeat("8", 32), Retailer: "other", Language: "en", OptInMode: clienteling.AnyReply}
	w.must(w.table.RecordNumber(t.Context(), n))
	_, err = w.table.OnboardStore(t.Context(), s, n, true)
	w.must(err)
	spare := n
	spare.E164 = "+12125550157"
	w.must(w.table.RecordNumber(t.Context(), spare))

	w.life(scenario.Briton)
	w.hears(spare.E164, scenario.American, "Nobody either?")
	w.hears(number, scenario.American, "Hello Other")
	w.sends(w.writes("other", "new-york", scenario.American, table.NewText{Body: "May we? YES or STOP.", Request: true}), clienteling.StatusDelivered)
	w.pass(time.Minute)
	w.hears(number, scenario.American, "YES")
	w.writes("other", "new-york", scenario.American, table.NewText{Body: "Hello " + nickname})
	others, kept := w.db.Items(t), slices.Clone(w.twilio.all)

	w.life(scenario.American)
	w.erased(scenario.American)
	now := w.db.Items(t)
	customer := w.table.Customer(retailer, scenario.American)
	d := now.Since(others)
	for key, changed := range d.Changed {
		if !strings.HasPrefix(key, "ASKED#") { // counts requests of the associate
			t.Errorf("%s is another: %v", key, changed)
		}
	}
	for key := range d.Removed {
		t.Errorf("%s is gone", key)
	}
	for key, i := range d.Added {
		claim := strings.HasPrefix(key, "SID#") // keeps a webhook from counting again
		if !claim && !strings.Contains(key, customer) && !strings.HasPrefix(key, "IDEMPOTENCY#") && !strings.HasPrefix(key, "FAILED#") {
			t.Errorf("%s is left", key)
		}
		if claim && len(i) != 2 || claim && (i["answer"] == nil || i["expiresAt"] == nil) {
			t.Errorf("%s says more than what was answered, and until when: %v", key, i)
		}
	}
	if !slices.Equal(w.twilio.all, kept) {
		t.Errorf("Twilio has %+v, want %+v", w.twilio.all, kept)
	}
}

// The run ends at any call of DynamoDB or Twilio, after it had its effect: another one
// goes on, and the end is the same.
func TestErasureKilledAnywhere(t *testing.T) {
	t.Parallel()
	given := func(t *testing.T) *erasing {
		w := newErasing(t)
		w.life(scenario.American)
		w.order(scenario.American)
		w.pass(2 * time.Minute)
		return w
	}
	end := func(w *erasing) scenario.Items {
		w.settle(scenario.American)
		items := w.db.Items(w)
		delete(items["CUSTOMER#acme#"+w.table.Customer(retailer, scenario.American)+" / ERASURE"], "erasedAt")
		return items
	}
	w := given(t)
	whole := &mortal{}
	f, ctx := w.worker(whole)
	w.must(f.erasures(ctx))
	want := end(w)
	for n := range whole.calls {
		if !slices.Contains([]string{"TransactWriteItems", "EraseBetween"}, whole.calls[n]) {
			continue // after a read it is as after the call before
		}
		t.Run(fmt.Sprintf("at call %d, %s", n+1, whole.calls[n]), func(t *testing.T) {
			t.Parallel()
			w := given(t)
			f, ctx := w.worker(&mortal{at: n + 1, ends: true})
			if err := f.erasures(ctx); err == nil {
				t.Error("it says that all went well")
			}
			if d := end(w).Since(want); len(d.Added)+len(d.Changed)+len(d.Removed) > 0 {
				t.Errorf("it ends otherwise: %+v", d)
			}
			if left := w.twilio.with(scenario.American); len(left) > 0 {
				t.Errorf("Twilio has %+v", left)
			}
		})
	}
}

// The customer texts while they are being erased, at any call: that text stays, and
// the conversation begins with it.
func TestTextWhileErased(t *testing.T) {
	t.Parallel()
	given := func(t *testing.T) *erasing {
		w := newErasing(t)
		w.life(scenario.American)
		w.order(scenario.American)
		w.pass(2 * time.Minute)
		return w
	}
	w := given(t)
	whole := &mortal{}
	f, ctx := w.worker(whole)
	w.must(f.erasures(ctx))
	for n := range whole.calls {
		if n > 0 && n < 8 {
			continue // other shards of what is due
		}
		for _, body := range []string{"Hello again", "STOP"} {
			if body == "STOP" && !slices.Contains([]string{"TransactWriteItems", "GetItem", "BatchGetItem"}, whole.calls[n]) {
				continue // a refusal matters where one is looked at, or something is written
			}
			t.Run(fmt.Sprintf("%s at call %d, %s", body, n+1, whole.calls[n]), func(t *testing.T) {
				t.Parallel()
				w := given(t)
				at := w.db.Now()
				f, ctx := w.worker(&mortal{at: n + 1, before: func() {
					w.hears(seed.Shops[0].Number.E164, scenario.American, body)
				}})
				w.must(f.erasures(ctx))
				w.settle(scenario.American)

				customer := w.table.Customer(retailer, scenario.American)
				p, err := w.table.Person(t.Context(), retailer, customer)
				w.must(err)
				if len(p.Conversations) != 1 {
					t.Fatalf("conversations %+v", p.Conversations)
				}
				c := p.Conversations[0]
				want := clienteling.Conversation{
					ID: customer, Retailer: retailer, Store: "new-york", Phone: scenario.American, OptIn: clienteling.OptInNone,
					OptedOut: body == "STOP", Unread: 1, CreatedAt: at, LastActivityAt: at, HeardAt: at,
				}
				last, epoch := c.Last, c.Epoch
				c.Last, c.Epoch = nil, 0
				if c != want || last == nil || last.Preview != body {
					t.Errorf("conversation %+v %+v, want %+v", c, last, want)
				}
				if p.Refusal.InForce != (body == "STOP") || p.Refusal.InForce && (p.Refusal.Epoch < 1 || !p.Refusal.Since.Equal(at) || epoch > p.Refusal.Epoch) {
					t.Errorf("refusal %+v", p.Refusal)
				}
				thread, _, err := w.table.Messages(t.Context(), retailer, "new-york", customer, table.Page{Limit: 10})
				w.must(err)
				if len(thread) != 1 || thread[0].Text != body {
					t.Errorf("thread %+v", thread)
				}
				ledger, _, err := w.table.Evidence(t.Context(), retailer, customer, table.Page{Limit: 10})
				w.must(err)
				if (len(ledger) == 1) != (body == "STOP") || len(ledger) == 1 && ledger[0].Reply != body {
					t.Errorf("evidence %+v", ledger)
				}
				for _, trace := range traces(t, w.db.Items(t), nickname) {
					t.Error(trace)
				}
				if left := w.twilio.with(scenario.American); len(left) != 1 {
					t.Errorf("Twilio has %+v", left)
				}
				unread, _, err := w.table.Inbox(t.Context(), retailer, "new-york", table.InboxFilter{Unread: true}, table.Page{Limit: 10})
				w.must(err)
				if len(unread) != 1 || unread[0].ID != customer {
					t.Errorf("unread %+v", unread)
				}
			})
		}
	}
}

// What the store's side had under way when the erasure was asked for goes with the rest,
// also when it came to the table and to Twilio afterwards.
func TestErasureOfWhatWasUnderWay(t *testing.T) {
	t.Parallel()
	w := newErasing(t)
	w.life(scenario.American)
	customer := w.table.Customer(retailer, scenario.American)
	before, err := w.table.Sender(t.Context(), retailer, "new-york", customer, table.Idempotency{})
	w.must(err)
	w.order(scenario.American)
	w.pass(time.Second)
	w.hears(seed.Shops[0].Number.E164, scenario.American, "One more thing")
	w.pass(time.Second)
	w.sends(w.accepted(before, scenario.American, table.NewText{Body: "Sent, " + nickname}), clienteling.StatusDelivered)
	ready := w.accepted(before, scenario.American, table.NewText{Body: "Not sent, " + nickname})
	w.must(w.table.Assign(t.Context(), retailer, "new-york", customer, clienteling.Associate{ID: "associate-1"}, true, w.db.Now()))
	w.must(w.table.NameCustomer(t.Context(), retailer, "new-york", customer, nickname))
	during, err := w.table.Sender(t.Context(), retailer, "new-york", customer, table.Idempotency{})
	w.must(err)
	if !during.Erasing {
		t.Error("it does not show that the customer is being erased")
	}
	w.settle(scenario.American)
	for _, trace := range traces(t, w.db.Items(t), nickname) {
		t.Error(trace)
	}
	if _, err := w.table.Outbound(t.Context(), ready.Key); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("the text that waited: %v", err)
	}
	thread, _, err := w.table.Messages(t.Context(), retailer, "new-york", customer, table.Page{Limit: 10})
	w.must(err)
	if len(thread) != 1 || thread[0].Text != "One more thing" {
		t.Errorf("thread %+v", thread)
	}
	for _, r := range w.twilio.with(scenario.American) {
		if r.outbound {
			t.Errorf("Twilio has %+v", r)
		}
	}
}

// A text that is being handed over is waited for, as long as its lease holds.
func TestErasureWaitsForTexts(t *testing.T) {
	t.Parallel()
	w := newErasing(t)
	w.life(scenario.American)
	o := w.writes(retailer, "new-york", scenario.American, table.NewText{Body: "On its way"})
	e := w.order(scenario.American)
	w.pass(2 * time.Minute)
	o, err := w.table.ClaimText(t.Context(), o, w.db.Now())
	w.must(err)
	l := &mortal{}
	f, ctx := w.worker(l)
	w.must(f.erasures(ctx))
	if slices.Contains(l.calls, "EraseBetween") {
		t.Error("Twilio was asked to erase while a text was on its way there")
	}
	thread, _, err := w.table.Messages(t.Context(), retailer, "new-york", e.Customer, table.Page{Limit: 100})
	w.must(err)
	for _, m := range thread {
		if m.Status == clienteling.StatusQueued {
			t.Errorf("somebody may still take %+v", m)
		}
	}
	if due, err := w.table.DueErasures(t.Context(), w.db.Now().Add(time.Minute+time.Second), 10); err != nil || len(due) != 1 || !due[0].RequestedAt.Equal(e.RequestedAt) || due[0].Tries != 0 {
		t.Errorf("due are %+v, %v", due, err)
	}
	// The worker has died, and Twilio has the text.
	w.twilio.add(record{sid: w.sid("SM"), ours: o.From, theirs: o.To, at: w.db.Now(), outbound: true})
	w.settle(scenario.American)
	if left := w.twilio.with(scenario.American); len(left) > 0 {
		t.Errorf("Twilio has %+v", left)
	}
	if err := w.table.TextTaken(t.Context(), o, w.sid("SM"), w.db.Now()); err != nil && !errors.Is(err, table.ErrNotReady) {
		t.Error(err)
	}
	for _, key := range of(w.db.Items(t), e.Customer) {
		if strings.HasPrefix(key, "THREAD#") {
			t.Errorf("the worker's outcome is kept: %s", key)
		}
	}
}

// Twilio is away, or has not finished with a text: what we have is erased, and Twilio is
// asked ever less often, until it is done.
func TestErasureWithoutTwilio(t *testing.T) {
	for name, trouble := range map[string]func(w *erasing){
		"away": func(w *erasing) { w.twilio.err = &twilio.Error{Outcome: twilio.Unknown} },
		"not finished": func(w *erasing) {
			w.twilio.add(record{sid: w.sid("SM"), ours: seed.Shops[0].Number.E164, theirs: scenario.American, at: w.db.Now(), outbound: true, unfinished: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newErasing(t)
			w.life(scenario.American)
			trouble(w)
			e := w.order(scenario.American)
			w.pass(time.Minute + time.Second)
			for try, rests := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
				f, ctx := w.worker(&mortal{})
				if err := f.erasures(ctx); err == nil {
					t.Errorf("try %d: it says that all went well", try)
				}
				w.pass(rests*time.Minute - time.Second)
				if due, err := w.table.DueErasures(t.Context(), w.db.Now(), 10); err != nil || len(due) != 0 {
					t.Errorf("try %d: due is %+v, %v", try, due, err)
				}
				w.pass(2 * time.Second)
			}
			items := w.db.Items(t)
			if key := "CUSTOMER#acme#" + e.Customer + " / ERASURE"; items[key]["phone"] != scenario.American || items[key]["state"] != "running" {
				t.Errorf("the erasure is %v", items[key])
			} else {
				delete(items, key)
			}
			for _, trace := range traces(t, items, scenario.American) {
				t.Error(trace)
			}
			w.twilio.mu.Lock()
			w.twilio.err = nil
			for n := range w.twilio.all {
				w.twilio.all[n].unfinished = false
			}
			w.twilio.mu.Unlock()
			w.settle(scenario.American)
			if left := w.twilio.with(scenario.American); len(left) > 0 {
				t.Errorf("Twilio has %+v", left)
			}
			for _, trace := range traces(t, w.db.Items(t), scenario.American) {
				t.Error(trace)
			}
		})
	}
}

// What DynamoDB has not got round to deleting is erased, too; and with too little time
// nothing is begun.
func TestErasureOfWhatIsPastItsTime(t *testing.T) {
	t.Parallel()
	w := newErasing(t)
	w.life(scenario.American)
	w.pass(scenario.Retention + time.Hour)
	w.order(scenario.American)
	w.pass(2 * time.Minute)
	before := w.db.Items(t)
	f, ctx := w.worker(&mortal{})
	hurry, cancel := context.WithTimeout(ctx, margin-time.Second)
	defer cancel()
	w.must(f.erasures(hurry))
	if d := w.db.Items(t).Since(before); len(d.Added)+len(d.Changed)+len(d.Removed) > 0 {
		t.Errorf("it had an effect: %+v", d)
	}
	w.settle(scenario.American)
	for _, trace := range traces(t, w.db.Items(t), scenario.American) {
		t.Error(trace)
	}
}

// The whole way to Twilio, by its client: texts both ways, a picture, calls; nobody
// else's.
func TestErasureAtSimulator(t *testing.T) {
	t.Parallel()
	w := newErasing(t)
	sim := scenario.NewSimulator(t, w.db)
	number := seed.Shops[0].Number.E164
	sim.Control(t, "PUT", "/control/numbers/"+number, map[string]any{"friendlyName": "New York"}, nil)
	client := sim.Client(t)
	has := func(who string) (has struct{ Messages, Media, Calls []any }) {
		sim.Control(t, "GET", "/control/records?number="+url.QueryEscape(who), nil, &has)
		return has
	}
	for _, who := range []string{scenario.American, scenario.Briton} {
		w.life(who)
		sim.Control(t, "POST", "/control/texts", map[string]any{"from": who, "to": number, "body": "This one?", "media": []any{map[string]any{"contentType": "image/png"}}}, nil)
		sim.Control(t, "POST", "/control/calls", map[string]any{"from": who, "to": number, "store": "no-answer"}, nil)
		_, err := client.SendText(t.Context(), twilio.Text{AccountSID: seed.AccountSID, From: number, To: who, Body: "That one.", StatusCallback: "http://127.0.0.1:1/"})
		w.must(err)
	}
	before := has(scenario.Briton)
	if american := has(scenario.American); len(american.Messages) < 2 || len(american.Media) == 0 || len(american.Calls) == 0 {
		t.Fatalf("Twilio has only %+v", american)
	}
	e := w.order(scenario.American)
	f := function{log: scenario.Log(t), now: w.db.Now, table: w.table, twilio: client}
	erased := func() bool {
		w.pass(time.Hour)
		_ = f.erasures(t.Context()) // it fails while a text is not at its end there
		p, err := w.table.Person(t.Context(), retailer, e.Customer)
		w.must(err)
		return !p.Erasure.Running
	}
	for end := time.Now().Add(20 * time.Second); !erased(); {
		if time.Now().After(end) {
			t.Fatalf("it does not end; Twilio has %+v", has(scenario.American))
		}
		time.Sleep(50 * time.Millisecond)
	}
	if left := has(scenario.American); len(left.Messages)+len(left.Media)+len(left.Calls) > 0 {
		t.Errorf("Twilio has %+v", left)
	}
	if now := has(scenario.Briton); len(now.Messages) != len(before.Messages) || len(now.Media) != len(before.Media) || len(now.Calls) != len(before.Calls) {
		t.Errorf("of somebody else Twilio has %+v, and had %+v", now, before)
	}
}

// Who comes back while Twilio is away has a new conversation, which the runs that are
// still to come leave alone.
func TestNewConversationWhileErased(t *testing.T) {
	t.Parallel()
	w := newErasing(t)
	w.life(scenario.American)
	w.twilio.err = &twilio.Error{Outcome: twilio.Unknown}
	customer := w.order(scenario.American).Customer
	w.pass(time.Minute + time.Second)
	w.hears(seed.Shops[0].Number.E164, scenario.American, "Me again")
	run := func() {
		f, ctx := w.worker(&mortal{})
		if err := f.erasures(ctx); err == nil {
			t.Error("it says that all went well")
		}
		w.pass(time.Hour)
	}
	run()
	w.must(w.table.NameCustomer(t.Context(), retailer, "new-york", customer, "Bertha"))
	w.must(w.table.Assign(t.Context(), retailer, "new-york", customer, clienteling.Associate{ID: "associate-2"}, false, w.db.Now()))
	w.must(w.table.MarkRead(t.Context(), retailer, "new-york", customer, ""))
	before := w.db.Items(t)["CUSTOMER#acme#"+customer+" / STORE#new-york"]
	run()
	if after := w.db.Items(t)["CUSTOMER#acme#"+customer+" / STORE#new-york"]; !maps.Equal(after, before) || after["name"] != "Bertha" {
		t.Errorf("the new conversation is %v, and was %v", after, before)
	}
	if len(traces(t, w.db.Items(t), nickname)) > 0 {
		t.Error("the old name is back")
	}
}

// What Twilio keeps is more than one run deletes.
func TestErasureOfMuchAtTwilio(t *testing.T) {
	t.Parallel()
	w := newErasing(t)
	w.life(scenario.American)
	const much = erasureRounds*erasedAtOnce + 5
	for range much {
		w.twilio.add(record{sid: w.sid("SM"), ours: seed.Shops[0].Number.E164, theirs: scenario.American, at: eve})
	}
	e := w.order(scenario.American)
	for _, running := range []bool{true, false} {
		w.pass(time.Minute + time.Second)
		f, ctx := w.worker(&mortal{})
		w.must(f.erasures(ctx))
		p, err := w.table.Person(t.Context(), retailer, e.Customer)
		w.must(err)
		if p.Erasure.Running != running || (len(w.twilio.with(scenario.American)) > 0) != running {
			t.Errorf("running: %v; Twilio has %d", p.Erasure.Running, len(w.twilio.with(scenario.American)))
		}
	}
}
