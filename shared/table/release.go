package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// releasedRetention is how long a number that was given back is remembered.
const releasedRetention = 30 * 24 * time.Hour

// ReleaseNumber marks a number that no store uses to be given back to Twilio, for
// good. clienteling.ErrNotFound: the retailer does not have it. A number that is being
// released already stays so. clienteling.ErrNumberPermanent, with the number: a store
// uses it. clienteling.ErrPurchaseUnderWay: it is being bought.
func (t *Table) ReleaseNumber(ctx context.Context, retailer, e164 string, at time.Time) (clienteling.Number, error) {
	for range transactionTries {
		n, err := t.NumberNow(ctx, e164)
		if err != nil {
			return clienteling.Number{}, err
		}
		if n.Retailer != retailer || n.State == clienteling.NumberReleased {
			return clienteling.Number{}, clienteling.ErrNotFound
		}
		switch n.State {
		case clienteling.NumberReleasing:
			return n, nil
		case clienteling.NumberAssigned:
			return n, clienteling.ErrNumberPermanent
		case clienteling.NumberClaimed:
			return clienteling.Number{}, clienteling.ErrPurchaseUnderWay
		}
		reasons, err := t.transact(ctx, []types.TransactWriteItem{t.update(change{
			key:       numberKey(e164),
			condition: "#state = :available AND retailer = :retailer",
			values:    item{":available": str(string(clienteling.NumberAvailable)), ":retailer": str(retailer)},
			set: with(numberListKey(retailer, n.Country, string(clienteling.NumberReleasing), e164).attributes("gsi1"),
				dueKey("release", e164, at.Add(takenUpWithin)).attributes("gsi2"),
				item{"state": str(string(clienteling.NumberReleasing))}),
		})})
		if err != nil || reasons == nil {
			n.State = clienteling.NumberReleasing
			return n, err
		}
		// It has changed since, and so does the answer.
	}
	return clienteling.Number{}, clienteling.ErrNumberInUse
}

// NumberReleased records that Twilio has a number back. It is forgotten after a
// month, and may be bought again before.
func (t *Table) NumberReleased(ctx context.Context, n clienteling.Number, at time.Time) error {
	_, err := t.transact(ctx, []types.TransactWriteItem{
		t.givenBack(n.Retailer, n.Country, n.E164, "#state = :releasing AND #sid = :sid",
			item{":releasing": str(string(clienteling.NumberReleasing)), ":sid": str(n.SID)}, at),
	})
	return err
}

// givenBack is the change of a number that Twilio has back.
func (t *Table) givenBack(retailer, country, e164, condition string, values item, at time.Time) types.TransactWriteItem {
	return t.update(change{
		key: numberKey(e164), condition: condition, values: values,
		set: with(numberListKey(retailer, country, string(clienteling.NumberReleased), e164).attributes("gsi1"), item{
			"state": str(string(clienteling.NumberReleased)), "expiresAt": num(at.Add(releasedRetention).Unix()),
		}),
		remove: []string{"gsi2pk", "gsi2sk"},
	})
}

// DueReleases returns numbers whose release was due before a moment.
func (t *Table) DueReleases(ctx context.Context, before time.Time, limit int) ([]clienteling.Number, error) {
	items, err := t.due(ctx, "release", before, limit)
	var due []clienteling.Number
	for _, i := range items {
		due = append(due, readNumber(i))
	}
	return due, err
}

// ReleaseDueAgain moves the moment at which a release is due again.
func (t *Table) ReleaseDueAgain(ctx context.Context, n clienteling.Number, due time.Time) error {
	_, err := t.transact(ctx, []types.TransactWriteItem{t.update(change{
		key: numberKey(n.E164), condition: "#state = :releasing", values: item{":releasing": str(string(clienteling.NumberReleasing))},
		set: dueKey("release", n.E164, due).attributes("gsi2"),
	})})
	return err
}
