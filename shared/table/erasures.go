package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// Erasing a person takes longer than a call, since Twilio keeps texts, too. So it is an
// item of its own, due until all is done; then it says no more than that it was done,
// when, and at whose order. Whatever it does may be done again.
//
// What it erases is what there was when it was asked for, and all that the retailer's
// side has added since. What the customer has texted since is a beginning of its own,
// and stays.

// erasureDone is the state of an erasure that is. See erasureRunning.
const erasureDone = "done"

// erasureSettles is how long after it was asked for an erasure begins: longer than
// anything may take that was under way by then. A request of an associate and a text
// that is being stored have the 10 seconds of their functions; what is being handed to
// Twilio is waited for by its lease.
const erasureSettles = 15 * time.Second

// Erasure is the order to erase a person.
type Erasure struct {
	Retailer, Customer string
	// Phone is the customer's number as Twilio writes it; empty once they are erased,
	// and when nothing of ours tells it.
	Phone string
	// Running says that it is not done yet.
	Running bool
	// RequestedAt is when it was asked for, ErasedAt when all was done.
	RequestedAt, ErasedAt time.Time
	// By is who asked for it: the claim sub of their token.
	By string
	// Tries is how often in a row it came to nothing.
	Tries int

	lines []Line
}

func readErasure(i item) Erasure {
	e := Erasure{
		Phone: text(i, "phone"), Running: text(i, "state") == erasureRunning,
		RequestedAt: moment(i, "requestedAt"), ErasedAt: moment(i, "erasedAt"), By: text(i, "by"), Tries: integer(i, "tries"),
		lines: readLines(i),
	}
	_, owner, _ := strings.Cut(text(i, "pk"), "#")
	e.Retailer, e.Customer, _ = strings.Cut(owner, "#")
	return e
}

// due is where an erasure waits until a moment.
func (e Erasure) due(at time.Time) key {
	k := dueKey("erasure", e.Customer, at)
	return key{k.pk, k.sk + "#" + e.Retailer}
}

// RequestErasure orders that a person is erased; from then on nobody may write to them.
// While that is under way it stays the one order. The phone is the customer's, if the
// caller knows it. clienteling.ErrNotFound: there is nothing to erase.
func (t *Table) RequestErasure(ctx context.Context, retailer, customer, phone, by string, at time.Time) (Erasure, error) {
	k := erasureKey(retailer, customer)
	now, err := t.get(ctx, k, true)
	if err == nil && text(now, "state") == erasureRunning {
		return readErasure(now), nil
	}
	if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
		return Erasure{}, err
	}
	known := false
	for _, prefix := range []string{"STORE#", "CONSENT#"} {
		l := list{pk: "pk", sk: "sk", partition: k.pk, prefix: prefix, consistent: true}
		items, _, err := t.query(ctx, l, 1, nil)
		if err != nil {
			return Erasure{}, err
		}
		if len(items) > 0 {
			known = true
			if phone == "" {
				phone = text(items[0], "phone")
			}
		}
	}
	if !known {
		return Erasure{}, clienteling.ErrNotFound
	}
	i := k.item()
	i["state"], i["requestedAt"], i["by"] = str(erasureRunning), str(stamp(at)), str(by)
	putText(i, "phone", phone)
	e := readErasure(i)
	e.due(at.Add(erasureSettles)).onto(i, "gsi2")
	reasons, err := t.transact(ctx, []types.TransactWriteItem{
		t.create(i, isNew+" OR #state = :done", item{":done": str(erasureDone)}),
	})
	if err == nil && reasons != nil {
		e = readErasure(reasons[0].Item)
	}
	return e, err
}

// DueErasures returns erasures that were due before a moment, the longest waiting
// first, at most limit of each shard.
func (t *Table) DueErasures(ctx context.Context, before time.Time, limit int) ([]Erasure, error) {
	items, err := t.due(ctx, "erasure", before, limit)
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(text(a, "gsi2sk"), text(b, "gsi2sk")) })
	return each(items, readErasure), err
}

// ErasureDueAgain says when an erasure is gone on with, and after how many tries in a
// row that came to nothing.
func (t *Table) ErasureDueAgain(ctx context.Context, e Erasure, due time.Time, tries int) error {
	return t.ofErasure(ctx, t.update(change{
		key: erasureKey(e.Retailer, e.Customer), condition: e.unchanged(), values: e.guard(),
		set: with(e.due(due).attributes("gsi2"), item{"tries": num(tries)}),
	}))
}

// ErasureDone ends an erasure: what is left of it names nobody.
func (t *Table) ErasureDone(ctx context.Context, e Erasure, at time.Time) error {
	i := erasureKey(e.Retailer, e.Customer).item()
	i["state"], i["requestedAt"], i["erasedAt"], i["by"] = str(erasureDone), str(stamp(e.RequestedAt)), str(stamp(at)), str(e.By)
	return t.ofErasure(ctx, t.create(i, e.unchanged(), e.guard()))
}

// unchanged is the condition that it is still this erasure which runs, with the values
// of guard.
func (e Erasure) unchanged() string { return "#state = :running AND #requestedAt = :at" }

func (e Erasure) guard() item {
	return item{":running": str(erasureRunning), ":at": str(stamp(e.RequestedAt))}
}

// ofErasure writes an erasure's own item; one that somebody else has moved on is no matter.
func (t *Table) ofErasure(ctx context.Context, write types.TransactWriteItem) error {
	_, err := t.transact(ctx, []types.TransactWriteItem{write})
	return err
}

// sinceThen reports whether an entry of a thread came from the customer after the
// erasure was asked for. All others go, whenever they were written: nobody may write
// to the customer meanwhile, so what the store's side has there was under way.
func (e Erasure) sinceThen(entry item) bool {
	return text(entry, "direction") == string(clienteling.Inbound) && text(entry, "sk") >= e.firstID()
}

// firstID is what the ids made since the erasure was asked for sort after: a UUIDv7
// begins with the milliseconds.
func (e Erasure) firstID() string {
	ms := e.RequestedAt.UnixMilli()
	return fmt.Sprintf("%08x-%04x", ms>>16, ms&0xffff)
}

// WithdrawTexts takes back the texts to the customer that wait to be handed to Twilio.
// It reports whether none is being handed over either: only then nothing more comes to
// Twilio.
func (t *Table) WithdrawTexts(ctx context.Context, e Erasure) (bool, error) {
	stores, err := t.storesOf(ctx, e)
	if err != nil {
		return false, err
	}
	for _, store := range stores {
		var ready []key
		err := t.walk(ctx, threadOf(e, store), func(i item) bool {
			if text(i, "phase") == phaseReady {
				ready = append(ready, key{text(i, "pk"), text(i, "sk")})
			}
			return true
		})
		if err != nil {
			return false, err
		}
		for _, k := range ready {
			// Whoever was faster has claimed it, which its lease shows.
			if _, err := t.transact(ctx, []types.TransactWriteItem{t.erase(k, "#phase = :ready", item{":ready": str(phaseReady)})}); err != nil {
				return false, err
			}
		}
	}
	suppression, err := t.get(ctx, suppressionKey(e.Retailer, e.Customer), true)
	if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
		return false, err
	}
	return !t.now().Before(lastLease(leases(suppression))), nil
}

// Line is a number of ours that texts and calls of a customer may have gone through.
type Line struct {
	// AccountSID is the Twilio account of the number.
	AccountSID string
	// Number is the number, E.164.
	Number string
}

// ErasureLines returns the numbers of the stores that a person to be erased has a
// conversation with, and the retailer's other numbers that they texted in vain. They
// are kept with the erasure from the first time on, since it erases what tells them. The
// person whose number nobody knows went through none.
func (t *Table) ErasureLines(ctx context.Context, e Erasure) ([]Line, error) {
	if e.Phone == "" {
		return nil, nil
	}
	stores, err := t.storesOf(ctx, e)
	if err != nil {
		return nil, err
	}
	lines := slices.Clone(e.lines)
	add := func(l Line) {
		if l.Number != "" && !slices.Contains(lines, l) {
			lines = append(lines, l)
		}
	}
	for some := range slices.Chunk(stores, mostInABatch) {
		keys := make([]key, len(some))
		for n, store := range some {
			keys[n] = storeKey(e.Retailer, store)
		}
		items, err := t.getAll(ctx, keys)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			s := readStore(orEmpty(i))
			add(Line{s.AccountSID, s.Number})
		}
	}
	unrouted, err := t.unroutedOf(ctx, e.Retailer, e.Phone)
	if err != nil {
		return nil, err
	}
	for _, i := range unrouted {
		add(Line{text(i, "accountSid"), text(i, "to")})
	}
	if len(lines) == len(e.lines) {
		return lines, nil
	}
	return lines, t.ofErasure(ctx, t.update(change{
		key: erasureKey(e.Retailer, e.Customer), condition: e.unchanged(), values: e.guard(), set: item{"lines": writeLines(lines)},
	}))
}

func writeLines(lines []Line) types.AttributeValue {
	l := &types.AttributeValueMemberL{}
	for _, line := range lines {
		l.Value = append(l.Value, &types.AttributeValueMemberM{Value: item{"accountSid": str(line.AccountSID), "number": str(line.Number)}})
	}
	return l
}

func readLines(i item) (lines []Line) {
	if l, ok := i["lines"].(*types.AttributeValueMemberL); ok {
		for _, v := range l.Value {
			if m, ok := v.(*types.AttributeValueMemberM); ok {
				lines = append(lines, Line{text(m.Value, "accountSid"), text(m.Value, "number")})
			}
		}
	}
	return lines
}

// mostInABatch is how many items DynamoDB reads in one call.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
const mostInABatch = 100
