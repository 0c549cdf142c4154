package table

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// ErrNumberQuotaUsed says that a retailer has made all its orders of a day. What is
// returned also says how many they are, and when it may order again.
var ErrNumberQuotaUsed = clienteling.E(clienteling.TooMany, "number_quota_used",
	"Your retailer has reached the limit of numbers that it may order in a day. Order again tomorrow, or ask the platform's operator for a higher NumberOrdersPerDay.")

// orderQuotaKept is how long the count of a day's orders is kept: past the day, so
// that it is there to be looked at when somebody asks who ordered so much.
const orderQuotaKept = 48 * time.Hour

// countOrder counts an order in the transaction that makes it: numbers cost money by
// the month, so neither a script gone wild nor a stolen token may order without end.
// A day is UTC's, and an order is one of the day on which it is made, whoever buys it
// in the end: a worker, or the operator.
//
// It counts once. Going on when its country is approved, or with another number in
// place of one that cannot text, it stays the same order. It keeps its place when it
// is canceled, or fails: to order and cancel by turns could buy without end.
func (t *Table) countOrder(p clienteling.Purchase) types.TransactWriteItem {
	return t.count(orderedKey(p.Retailer, p.At), t.ordersPerDay, p.At.Add(orderQuotaKept))
}

// mayOrder refuses orders where none is allowed at all, which a count of none yet
// would not.
func (t *Table) mayOrder(at time.Time) error {
	if t.ordersPerDay < 1 {
		return t.orderQuotaUsed(at)
	}
	return nil
}

// orderQuotaUsed says when there is a place again.
func (t *Table) orderQuotaUsed(at time.Time) error {
	wait := untilTomorrow(at)
	return clienteling.E(ErrNumberQuotaUsed.Kind, ErrNumberQuotaUsed.Code,
		"Your retailer has reached the limit of numbers that it may order in a day: %d. Order again from %s on, or ask the platform's operator for a higher NumberOrdersPerDay.",
		t.ordersPerDay, at.Add(wait).UTC().Format(time.RFC3339)).After(wait)
}
