package table

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
)

// errNotFitting says that what goes with an order is not as the order has it.
var errNotFitting = errors.New("table: what the order holds is not as it was")

// ErrForeignClaim says that another order, or a number of ours, has the number.
var ErrForeignClaim = errors.New("table: the number is claimed")

// ClaimCandidate claims a number for an order before Twilio is asked to sell it. Of
// two orders that want one number, one gets it; ErrForeignClaim for the other.
func (t *Table) ClaimCandidate(ctx context.Context, p clienteling.Purchase, e164 string, mode clienteling.OptInMode, at time.Time) (clienteling.Purchase, error) {
	p.State, p.Number = clienteling.PurchaseBuying, e164
	p, err := t.advance(ctx, p, at, item{"number": str(e164)}, t.claim(candidate(p, mode)))
	if err == errNotFitting {
		return clienteling.Purchase{}, ErrForeignClaim
	}
	return p, err
}

func candidate(p clienteling.Purchase, mode clienteling.OptInMode) clienteling.Number {
	c, _ := country.Of(p.Country)
	return clienteling.Number{
		E164: p.Number, Country: p.Country, State: clienteling.NumberClaimed, AccountSID: p.AccountSID, SID: p.SID,
		Retailer: p.Retailer, Purchase: p.ID, Language: c.Language, OptInMode: mode,
	}
}

// ownClaim is the condition that a number is claimed for an order.
func ownClaim(p clienteling.Purchase) (string, item) {
	return "#state = :claimed AND #purchase = :purchase", item{
		":claimed": str(string(clienteling.NumberClaimed)), ":purchase": str(p.ID),
	}
}

// DropCandidate gives up the number claimed for an order, which Twilio does not sell
// us, or sold to us and took back: the order looks for another.
func (t *Table) DropCandidate(ctx context.Context, p clienteling.Purchase, at time.Time) (clienteling.Purchase, error) {
	condition, values := ownClaim(p)
	drop := t.erase(numberKey(p.Number), condition, values)
	p.State, p.Number, p.SID = clienteling.PurchaseRequested, "", ""
	return t.advance(ctx, p, at, item{"number": str(""), "sid": str(""), "unfit": str(strings.Join(p.Unfit, " "))}, drop)
}

// NumberBought records that the number of an order is ours at Twilio, under its SID.
func (t *Table) NumberBought(ctx context.Context, p clienteling.Purchase, sid string, at time.Time) (clienteling.Purchase, error) {
	condition, values := ownClaim(p)
	p.State, p.SID, p.Tries = clienteling.PurchaseConfiguring, sid, 0
	return t.advance(ctx, p, at, item{"sid": str(sid), "tries": num(0)}, t.update(change{
		key: numberKey(p.Number), condition: condition, values: values, set: item{"sid": str(sid)},
	}))
}

// PostponePurchase lets go of an order that could not be moved on, until a moment.
func (t *Table) PostponePurchase(ctx context.Context, p clienteling.Purchase, due, at time.Time) error {
	p.Tries++
	_, err := t.advance(ctx, p, at, with(item{"tries": num(p.Tries), "workedOnUntil": str("")}, t.attention(p, due)))
	return err
}

// FailPurchase ends an order without a number. A claimed number is free again: at
// once when Twilio surely has not sold it to us, else it is remembered as given back,
// so that the daily comparison knows whose it is should it turn up.
func (t *Table) FailPurchase(ctx context.Context, p clienteling.Purchase, reason clienteling.Reason, sure bool, at time.Time) error {
	var more []types.TransactWriteItem
	if p.Number != "" {
		condition, values := ownClaim(p)
		if sure {
			more = append(more, t.erase(numberKey(p.Number), condition, values))
		} else {
			more = append(more, t.givenBack(p.Retailer, p.Country, p.Number, condition, values, at))
		}
	}
	p.State, p.Reason = clienteling.PurchaseFailed, reason
	_, err := t.endWithout(ctx, p, at, item{"reason": str(string(reason)), "workedOnUntil": str("")}, reason, more...)
	return err
}

// CancelPurchase ends an order that nobody has begun to buy.
// clienteling.ErrPurchaseUnderWay otherwise.
func (t *Table) CancelPurchase(ctx context.Context, retailer, id string, at time.Time) (clienteling.Purchase, error) {
	i, err := t.purchase(ctx, retailer, id)
	if err != nil {
		return clienteling.Purchase{}, err
	}
	p := readPurchase(i)
	if p.State == clienteling.PurchaseCanceled {
		return p, nil
	}
	if !p.State.To(clienteling.PurchaseCanceled) || at.Before(moment(i, "workedOnUntil")) {
		return clienteling.Purchase{}, clienteling.ErrPurchaseUnderWay
	}
	p.State = clienteling.PurchaseCanceled
	p, err = t.endWithout(ctx, p, at, item{}, "")
	if errors.Is(err, ErrNotReady) {
		return clienteling.Purchase{}, clienteling.ErrPurchaseUnderWay.Because(err)
	}
	return p, err
}

// endWithout ends an order that has no number, with further writes in the same
// transaction. The store that waits for it, if it still does, is where it was before.
func (t *Table) endWithout(ctx context.Context, p clienteling.Purchase, at time.Time, set item, trouble clienteling.Reason, more ...types.TransactWriteItem) (clienteling.Purchase, error) {
	for range transactionTries {
		free, err := t.freeStore(ctx, p, trouble)
		if err != nil {
			return clienteling.Purchase{}, err
		}
		ended, err := t.advance(ctx, p, at, set, slices.Concat(more, free)...)
		if err != errNotFitting {
			return ended, err
		}
		// The directory has changed the store meanwhile: read it again.
	}
	return clienteling.Purchase{}, errNotFitting
}

// freeStore returns the store that waits for an order to where it was before. A store
// that is gone, or waits no more, does not keep the order from its end.
func (t *Table) freeStore(ctx context.Context, p clienteling.Purchase, trouble clienteling.Reason) ([]types.TransactWriteItem, error) {
	if p.Store == "" {
		return nil, nil
	}
	s, err := t.Store(ctx, p.Retailer, p.Store)
	gone := errors.Is(err, clienteling.ErrNotFound)
	if err != nil && !gone {
		return nil, err
	}
	if !gone && (s.State != clienteling.StoreOrdering || s.Purchase != p.ID) {
		return nil, nil
	}
	var writes []types.TransactWriteItem
	if !gone {
		writes = append(writes, t.update(change{
			key: storeKey(p.Retailer, p.Store), condition: "#version = :known", values: item{":known": num(s.Version)},
			set: with(storeListKey(p.Retailer, string(clienteling.StoreEligible), s.Country, p.Store).attributes("gsi1"), item{
				"state": str(string(clienteling.StoreEligible)), "trouble": str(string(trouble)), "version": num(s.Version + 1),
			}),
			remove: []string{"purchase", "wish", "wishEnable"},
		}))
	}
	if !t.testLocations {
		return writes, nil
	}
	location, err := t.get(ctx, testLocationKey(p.Retailer, p.Country), true)
	if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
		return nil, err
	}
	if text(orEmpty(location), "store") != p.Store {
		return writes, nil
	}
	return append(writes, t.freeTestLocation(p.Retailer, p.Country, p.Store)...), nil
}

// NeedAssistance leaves an order to the operator: numbers that were bought for it
// cannot text, and the last of them was given back.
func (t *Table) NeedAssistance(ctx context.Context, p clienteling.Purchase, reason clienteling.Reason, at time.Time) error {
	condition, values := ownClaim(p)
	drop := t.erase(numberKey(p.Number), condition, values)
	p.State, p.Reason, p.UpdatedAt = clienteling.PurchaseAssistance, reason, at
	_, err := t.advance(ctx, p, at, with(t.attention(p, at), item{
		"reason": str(string(reason)), "number": str(""), "sid": str(""), "unfit": str(strings.Join(p.Unfit, " ")), "workedOnUntil": str(""),
	}), drop)
	return err
}

// FulfilPurchase gives an order that needs assistance a number that Twilio confirms
// is ours. ErrForeignClaim: the number is recorded already. ErrNotReady: the order
// needs no assistance (any more).
func (t *Table) FulfilPurchase(ctx context.Context, p clienteling.Purchase, e164, sid string, mode clienteling.OptInMode, at time.Time) (clienteling.Purchase, error) {
	if p.State != clienteling.PurchaseAssistance {
		return clienteling.Purchase{}, ErrNotReady
	}
	p.State, p.Number, p.SID, p.Reason, p.Tries = clienteling.PurchaseConfiguring, e164, sid, "", 0
	p, err := t.advance(ctx, p, at, with(t.attention(p, at.Add(takenUpWithin)), item{
		"number": str(e164), "sid": str(sid), "reason": str(""), "tries": num(0),
	}), t.claim(candidate(p, mode)))
	if err == errNotFitting {
		return clienteling.Purchase{}, ErrForeignClaim
	}
	return p, err
}

// ResumePurchase lets an order go on that waited for the approval of its country:
// to a worker, or to the operator when assisted is set. ErrNotReady: it does not wait.
func (t *Table) ResumePurchase(ctx context.Context, p clienteling.Purchase, assisted bool, at time.Time) (clienteling.Purchase, error) {
	if p.State != clienteling.PurchaseAwaitingApproval {
		return clienteling.Purchase{}, ErrNotReady
	}
	p.State, p.UpdatedAt = clienteling.PurchaseRequested, at
	if assisted {
		p.State, p.Reason = clienteling.PurchaseAssistance, clienteling.ReasonAssistedCountry
	}
	return t.advance(ctx, p, at, with(t.attention(p, at.Add(takenUpWithin)), item{"reason": str(string(p.Reason))}))
}

// CompletePurchase ends an order whose number works: it is available, or goes to the
// store that waits for it, which then is onboarded, or enabled if that was wished.
func (t *Table) CompletePurchase(ctx context.Context, p clienteling.Purchase, at time.Time) (clienteling.Purchase, error) {
	condition, values := ownClaim(p)
	p.State = clienteling.PurchaseCompleted
	number := change{key: numberKey(p.Number), condition: condition, values: values}
	for range transactionTries {
		var store *clienteling.Store
		if p.Store != "" {
			s, err := t.Store(ctx, p.Retailer, p.Store)
			if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
				return clienteling.Purchase{}, err
			}
			if err == nil && s.State == clienteling.StoreOrdering && s.Purchase == p.ID {
				store = &s
			}
		}
		if store == nil {
			number.set = with(numberListKey(p.Retailer, p.Country, string(clienteling.NumberAvailable), p.Number).attributes("gsi1"),
				item{"state": str(string(clienteling.NumberAvailable))})
			return t.advance(ctx, p, at, item{"workedOnUntil": str("")}, t.update(number))
		}
		known := store.Version
		number.set = t.numberOf(*store, p.Number, store.Wish.Enable)
		c, _ := country.Of(p.Country)
		done, err := t.advance(ctx, p, at, item{"workedOnUntil": str("")}, t.update(number),
			t.update(t.storeOn(*store, known, p.Number, p.AccountSID, c.Language, store.Wish.Enable)))
		if err != errNotFitting {
			return done, err
		}
		// The directory has changed the store meanwhile: read it again.
	}
	return clienteling.Purchase{}, errNotFitting
}
