package table

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
)

// An order is a step at a time, each a transaction under the version that the one
// before left: a worker that was overtaken changes nothing any more. What an order
// holds elsewhere (the claim of its number, the store that waits for it, the test
// location of that store) changes with it.

// registrationOf is the country whose registration covers another's numbers.
func registrationOf(code string) string {
	if c, known := country.Of(code); known {
		return c.Registration
	}
	return code
}

const (
	// takenUpWithin is when reconcile leaves a job anew for an order that nobody took up.
	takenUpWithin = time.Minute
	// workedOnFor is how long an order belongs to the worker that took it up: longer
	// than its function may run, so that two never work on one.
	workedOnFor = 90 * time.Second
)

// NewPurchase records an order in the state that p has: requested, which takes an
// approved country, awaiting_approval, which takes one that is not, or assistance.
// ErrApprovalChanged: it does not fit; look again. repeated: the Idempotency-Key was
// used meanwhile. ErrNumberQuotaUsed: the retailer has made its orders of the day.
func (t *Table) NewPurchase(ctx context.Context, p clienteling.Purchase, once Idempotency) (clienteling.Purchase, error) {
	if err := t.mayOrder(p.At); err != nil {
		return clienteling.Purchase{}, err
	}
	p.ID = t.newID(p.At)
	writes := t.order(&p)
	if once.Key != "" {
		writes = append(writes, t.remember(p.Retailer, once, "purchase", p.ID, p.At))
	}
	reasons, err := t.transact(ctx, writes)
	switch {
	case err != nil:
		return clienteling.Purchase{}, err
	case reasons == nil:
		return p, nil
	case once.Key != "" && failed(reasons[len(reasons)-1]):
		return clienteling.Purchase{}, errRepeated
	case failed(reasons[2]):
		return clienteling.Purchase{}, t.orderQuotaUsed(p.At)
	default:
		return clienteling.Purchase{}, ErrApprovalChanged
	}
}

// ErrApprovalChanged says that a country was approved meanwhile, or is no longer.
var ErrApprovalChanged = clienteling.E(clienteling.Conflict, "approval_changed", "The country's approval has changed just now. Send the same request again.")

// order renders three writes: a new order, the proof that its country is approved, or
// is not, and its place among the orders of the day.
func (t *Table) order(p *clienteling.Purchase) []types.TransactWriteItem {
	p.UpdatedAt, p.Version = p.At, 1
	i := with(t.writePurchase(*p), t.attention(*p, p.At.Add(takenUpWithin)))
	purchaseIDKey(p.ID).onto(i, "gsi1")
	proof := t.approved(p.Retailer, p.Country)
	if p.State == clienteling.PurchaseAwaitingApproval {
		proof = t.notApproved(p.Retailer, p.Country)
	}
	return []types.TransactWriteItem{t.create(i, "", nil), proof, t.countOrder(*p)}
}

// attention is where an order in its state is looked for: by reconcile, from a moment
// on, by the approval it waits for, or by the operator. Empty for one that has ended.
func (t *Table) attention(p clienteling.Purchase, due time.Time) item {
	switch {
	case p.State == clienteling.PurchaseAwaitingApproval:
		return awaitingKey(p.Retailer, registrationOf(p.Country), "PURCHASE#"+p.ID).attributes("gsi2")
	case p.State == clienteling.PurchaseAssistance:
		return operatorKey("assistance", p.Retailer+"#"+p.ID, p.UpdatedAt).attributes("gsi2")
	case p.State.Running():
		return dueKey("purchase", p.ID, due).attributes("gsi2")
	}
	return item{}
}

func (t *Table) writePurchase(p clienteling.Purchase) item {
	i := purchaseKey(p.Retailer, p.ID).item()
	i["state"], i["country"] = str(string(p.State)), str(p.Country)
	putText(i, "wantedNumber", p.Wanted.Number)
	putText(i, "wantedContains", p.Wanted.Contains)
	putText(i, "wantedAreaCode", p.Wanted.AreaCode)
	putText(i, "store", p.Store)
	putText(i, "accountSid", p.AccountSID)
	putText(i, "reason", string(p.Reason))
	putText(i, "byId", p.By.ID)
	putText(i, "byName", p.By.Name)
	i["at"], i["updatedAt"], i["version"] = str(stamp(p.At)), str(stamp(p.UpdatedAt)), num(p.Version)
	return i
}

func readPurchase(i item) clienteling.Purchase {
	return clienteling.Purchase{
		ID:         strings.TrimPrefix(text(i, "sk"), "PURCHASE#"),
		Retailer:   strings.TrimPrefix(text(i, "pk"), "RETAILER#"),
		Country:    text(i, "country"),
		State:      clienteling.PurchaseState(text(i, "state")),
		Wanted:     clienteling.Wanted{Number: text(i, "wantedNumber"), Contains: text(i, "wantedContains"), AreaCode: text(i, "wantedAreaCode")},
		Store:      text(i, "store"),
		Number:     text(i, "number"),
		SID:        text(i, "sid"),
		AccountSID: text(i, "accountSid"),
		Reason:     clienteling.Reason(text(i, "reason")),
		Unfit:      strings.Fields(text(i, "unfit")),
		Tries:      integer(i, "tries"),
		By:         clienteling.Associate{ID: text(i, "byId"), Name: text(i, "byName")},
		At:         moment(i, "at"),
		UpdatedAt:  moment(i, "updatedAt"),
		Version:    integer(i, "version"),
	}
}

// Purchase returns an order; clienteling.ErrNotFound: the retailer has none of that id.
func (t *Table) Purchase(ctx context.Context, retailer, id string) (clienteling.Purchase, error) {
	i, err := t.purchase(ctx, retailer, id)
	if err != nil {
		return clienteling.Purchase{}, err
	}
	return readPurchase(i), nil
}

// maxID is longer than any id of ours, and shorter than a key may be.
const maxID = 64

func (t *Table) purchase(ctx context.Context, retailer, id string) (item, error) {
	if len(id) > maxID {
		return nil, clienteling.ErrNotFound
	}
	return t.get(ctx, purchaseKey(retailer, id), true)
}

// Purchases returns a page of a retailer's orders, the newest first.
func (t *Table) Purchases(ctx context.Context, retailer string, p Page) ([]clienteling.Purchase, string, error) {
	l := list{pk: "pk", sk: "sk", partition: retailerKey(retailer).pk, prefix: "PURCHASE#", newestFirst: true, consistent: true}
	var start item
	if p.After != "" {
		if !strings.HasPrefix(p.After, l.prefix) || len(p.After) > maxSortKey {
			return nil, "", errPosition
		}
		start = key{l.partition, p.After}.item()
	}
	items, next, err := t.query(ctx, l, p.Limit, start)
	found := make([]clienteling.Purchase, len(items))
	for n, i := range items {
		found[n] = readPurchase(i)
	}
	return found, next, err
}

// PurchaseByID returns an order whose retailer is not known, by an index, which knows
// of a new one a moment late. clienteling.ErrNotFound: there is none.
func (t *Table) PurchaseByID(ctx context.Context, id string) (clienteling.Purchase, error) {
	l := list{index: gsi1, pk: "gsi1pk", sk: "gsi1sk", partition: purchaseIDKey(id).pk}
	items, _, err := t.query(ctx, l, 1, nil)
	if err != nil {
		return clienteling.Purchase{}, err
	}
	if len(items) == 0 {
		return clienteling.Purchase{}, clienteling.ErrNotFound
	}
	return readPurchase(items[0]), nil
}

// DuePurchases returns orders that were due before a moment, at most limit of each shard.
func (t *Table) DuePurchases(ctx context.Context, before time.Time, limit int) ([]clienteling.Purchase, error) {
	items, err := t.due(ctx, "purchase", before, limit)
	var due []clienteling.Purchase
	for _, i := range items {
		due = append(due, readPurchase(i))
	}
	return due, err
}

// PurchaseDueAgain says that a job was left for a due order: it is due again when
// nobody has taken it up by then. ErrNotReady: somebody has.
func (t *Table) PurchaseDueAgain(ctx context.Context, p clienteling.Purchase, at time.Time) error {
	reasons, err := t.transact(ctx, []types.TransactWriteItem{t.update(change{
		key: purchaseKey(p.Retailer, p.ID), condition: "#version = :known", values: item{":known": num(p.Version)},
		set: dueKey("purchase", p.ID, at.Add(takenUpWithin)).attributes("gsi2"),
	})})
	if err == nil && reasons != nil {
		return ErrNotReady
	}
	return err
}

// TakePurchase takes an order up, for workedOnFor. ErrNotReady: it has ended, or
// somebody works on it.
func (t *Table) TakePurchase(ctx context.Context, retailer, id string, at time.Time) (clienteling.Purchase, error) {
	i, err := t.purchase(ctx, retailer, id)
	if err != nil {
		return clienteling.Purchase{}, err
	}
	p := readPurchase(i)
	if !p.State.Running() || at.Before(moment(i, "workedOnUntil")) {
		return clienteling.Purchase{}, ErrNotReady
	}
	until := at.Add(workedOnFor)
	return t.advance(ctx, p, at, with(item{"workedOnUntil": str(stamp(until))}, t.attention(p, until)))
}

// advance writes an order under the version it was read at, with further writes in
// the same transaction. set has what changes beside version and time.
// ErrNotReady: the order, or what goes with it, is not as it was.
func (t *Table) advance(ctx context.Context, p clienteling.Purchase, at time.Time, set item, more ...types.TransactWriteItem) (clienteling.Purchase, error) {
	known := p.Version
	p.Version, p.UpdatedAt = known+1, at
	c := change{
		key: purchaseKey(p.Retailer, p.ID), condition: "#version = :known", values: item{":known": num(known)},
		set: with(item{"version": num(p.Version), "updatedAt": str(stamp(at)), "state": str(string(p.State))}, set),
	}
	if _, stays := set["gsi2pk"]; !stays && !p.State.Running() {
		c.remove = []string{"gsi2pk", "gsi2sk"}
	}
	reasons, err := t.transact(ctx, append([]types.TransactWriteItem{t.update(c)}, more...))
	switch {
	case err != nil:
		return clienteling.Purchase{}, err
	case reasons == nil:
		return p, nil
	case failed(reasons[0]):
		return clienteling.Purchase{}, ErrNotReady
	default:
		return clienteling.Purchase{}, errNotFitting
	}
}
