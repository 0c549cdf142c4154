package table

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
)

// OnboardStore puts a store on an available number of its retailer and country, for
// good: the store takes the number and the number learns what webhooks need of the
// store, in one transaction. enable lets the associates write from then on.
//
// clienteling.ErrNumberInUse, ErrStoreChanged, ErrTestLocationTaken: what does not fit
// (any more); of several that want one number, or one store, one gets it.
func (t *Table) OnboardStore(ctx context.Context, s clienteling.Store, n clienteling.Number, enable bool) (clienteling.Store, error) {
	writes := []types.TransactWriteItem{
		t.update(t.storeOn(s, s.Version, n.E164, n.AccountSID, n.Language, enable)),
		t.update(change{
			key:       numberKey(n.E164),
			condition: "#state = :available AND retailer = :retailer AND #country = :country",
			values: item{
				":available": str(string(clienteling.NumberAvailable)), ":retailer": str(s.Retailer), ":country": str(s.Country),
			},
			set: t.numberOf(s, n.E164, enable),
		}),
	}
	writes = append(writes, t.takeTestLocation(s)...)
	reasons, err := t.transact(ctx, writes)
	switch {
	case err != nil:
		return clienteling.Store{}, err
	case reasons == nil:
		return onboarded(s, n, enable), nil
	case failed(reasons[0]):
		return clienteling.Store{}, clienteling.ErrStoreChanged
	case failed(reasons[1]):
		return clienteling.Store{}, clienteling.ErrNumberInUse
	default:
		return clienteling.Store{}, clienteling.ErrTestLocationTaken
	}
}

func onboarded(s clienteling.Store, n clienteling.Number, enable bool) clienteling.Store {
	s.Number, s.AccountSID, s.Language, s.State = n.E164, n.AccountSID, cmp.Or(s.Language, n.Language), stateOn(enable)
	s.Wish, s.Purchase, s.Trouble = clienteling.Wish{}, "", ""
	s.Version++
	return s
}

func stateOn(enable bool) clienteling.StoreState {
	if enable {
		return clienteling.StoreEnabled
	}
	return clienteling.StoreOnboarded
}

// storeOn is the change of a store that takes its number. One whose language nobody
// knows takes the number's, which is that of its country.
func (t *Table) storeOn(s clienteling.Store, known int, e164, accountSID, numberLanguage string, enable bool) change {
	state := string(stateOn(enable))
	return change{
		key: storeKey(s.Retailer, s.ID), condition: "#version = :known AND attribute_not_exists(#number)", values: item{":known": num(known)},
		set: with(storeListKey(s.Retailer, state, s.Country, s.ID).attributes("gsi1"), item{
			"number": str(e164), "state": str(state), "accountSid": str(accountSID), "language": str(cmp.Or(s.Language, numberLanguage)), "version": num(known + 1),
		}),
		remove: []string{"wish", "wishEnable", "purchase", "trouble", "gsi2pk", "gsi2sk"},
	}
}

// numberOf is what a number learns of its store.
func (t *Table) numberOf(s clienteling.Store, e164 string, enable bool) item {
	return with(numberListKey(s.Retailer, s.Country, string(clienteling.NumberAssigned), e164).attributes("gsi1"), item{
		"state": str(string(clienteling.NumberAssigned)), "store": str(s.ID), "storeName": str(s.Name),
		"enabled": flag(enable), "forwardTo": str(s.Phone),
	}, languageOf(s))
}

// languageOf is that of a store, as its number learns it; nothing while nobody knows it:
// the number then keeps its own.
func languageOf(s clienteling.Store) item {
	if s.Language == "" {
		return nil
	}
	return item{"language": str(s.Language)}
}

// takeTestLocation makes a store the one location of its country, on a stage that
// has such.
func (t *Table) takeTestLocation(s clienteling.Store) []types.TransactWriteItem {
	if !t.testLocations {
		return nil
	}
	i := testLocationKey(s.Retailer, s.Country).item()
	i["store"] = str(s.ID)
	return []types.TransactWriteItem{t.create(i, isNew+" OR #store = :store", item{":store": str(s.ID)})}
}

func (t *Table) freeTestLocation(retailer, country, store string) []types.TransactWriteItem {
	if !t.testLocations {
		return nil
	}
	return []types.TransactWriteItem{t.erase(testLocationKey(retailer, country), "attribute_not_exists(pk) OR #store = :store", item{":store": str(store)})}
}

// AutoOnboard puts a store on a number that no store uses, or orders one for it: the
// store then waits for the order that is returned. The country must be approved;
// ErrApprovalChanged when it is not. ErrNumberQuotaUsed: the retailer has made its orders
// of the day. The other errors are those of OnboardStore.
func (t *Table) AutoOnboard(ctx context.Context, s clienteling.Store, enable bool, by clienteling.Associate, accountSID string, at time.Time) (clienteling.Store, *clienteling.Purchase, error) {
	available, _, err := t.Numbers(ctx, s.Retailer, s.Country, clienteling.NumberAvailable, Page{Limit: readAtOnce})
	if err != nil {
		return clienteling.Store{}, nil, err
	}
	for _, n := range available {
		on, err := t.OnboardStore(ctx, s, n, enable)
		if !errors.Is(err, clienteling.ErrNumberInUse) {
			return on, nil, err
		}
	}
	if err := t.mayOrder(at); err != nil {
		return clienteling.Store{}, nil, err
	}
	p := clienteling.Purchase{
		Retailer: s.Retailer, Country: s.Country, State: clienteling.PurchaseRequested, Store: s.ID, AccountSID: accountSID, By: by, At: at, ID: t.newID(at),
	}
	if c, _ := country.Of(s.Country); !c.SelfServe {
		p.State, p.Reason = clienteling.PurchaseAssistance, clienteling.ReasonAssistedCountry
	}
	writes := t.order(&p)
	s, wait := t.waits(s, clienteling.StoreOrdering, clienteling.Wish{Number: clienteling.Auto, Enable: enable}, p.ID)
	writes = append(append(writes, wait), t.takeTestLocation(s)...)
	reasons, err := t.transact(ctx, writes)
	switch {
	case err != nil:
		return clienteling.Store{}, nil, err
	case reasons == nil:
		return s, &p, nil
	case failed(reasons[1]):
		return clienteling.Store{}, nil, ErrApprovalChanged
	case failed(reasons[3]):
		return clienteling.Store{}, nil, clienteling.ErrStoreChanged
	case t.testLocations && failed(reasons[4]):
		return clienteling.Store{}, nil, clienteling.ErrTestLocationTaken
	default: // last of all: what else is wrong stays so tomorrow
		return clienteling.Store{}, nil, t.orderQuotaUsed(at)
	}
}

// ParkStore lets a store wait for the approval of its country. ErrApprovalChanged: it
// is approved. The other errors are those of OnboardStore.
func (t *Table) ParkStore(ctx context.Context, s clienteling.Store, wish clienteling.Wish) (clienteling.Store, error) {
	s, wait := t.waits(s, clienteling.StoreParked, wish, "")
	reasons, err := t.transact(ctx, append([]types.TransactWriteItem{t.notApproved(s.Retailer, s.Country), wait}, t.takeTestLocation(s)...))
	switch {
	case err != nil:
		return clienteling.Store{}, err
	case reasons == nil:
		return s, nil
	case failed(reasons[0]):
		return clienteling.Store{}, ErrApprovalChanged
	case failed(reasons[1]):
		return clienteling.Store{}, clienteling.ErrStoreChanged
	default:
		return clienteling.Store{}, clienteling.ErrTestLocationTaken
	}
}

// waits is the change of a store that begins to wait, and the store after it.
func (t *Table) waits(s clienteling.Store, state clienteling.StoreState, wish clienteling.Wish, purchase string) (clienteling.Store, types.TransactWriteItem) {
	known := s.Version
	s.State, s.Wish, s.Purchase, s.Trouble, s.Version = state, wish, purchase, "", known+1
	set := with(storeListKey(s.Retailer, string(state), s.Country, s.ID).attributes("gsi1"), item{
		"state": str(string(state)), "wish": str(wish.Number), "wishEnable": flag(wish.Enable), "purchase": str(purchase),
		"trouble": str(""), "version": num(s.Version),
	})
	var remove []string
	if state == clienteling.StoreParked {
		set = with(set, awaitingKey(s.Retailer, registrationOf(s.Country), "STORE#"+s.ID).attributes("gsi2"))
	} else {
		remove = []string{"gsi2pk", "gsi2sk"}
	}
	return s, t.update(change{
		key: storeKey(s.Retailer, s.ID), condition: "#version = :known AND attribute_not_exists(#number)", values: item{":known": num(known)},
		set: set, remove: remove,
	})
}

// WishOtherwise changes whether a waiting store is enabled once it has its number.
func (t *Table) WishOtherwise(ctx context.Context, s clienteling.Store, enable bool) (clienteling.Store, error) {
	known := s.Version
	s.Wish.Enable, s.Version = enable, known+1
	reasons, err := t.transact(ctx, []types.TransactWriteItem{t.update(change{
		key: storeKey(s.Retailer, s.ID), condition: "#version = :known", values: item{":known": num(known)},
		set: item{"wishEnable": flag(enable), "version": num(s.Version)},
	})})
	if err == nil && reasons != nil {
		return clienteling.Store{}, clienteling.ErrStoreChanged
	}
	return s, err
}

// UnparkStore returns a parked store to where it was before: what was wished for
// it cannot be.
func (t *Table) UnparkStore(ctx context.Context, s clienteling.Store, trouble clienteling.Reason) error {
	reasons, err := t.transact(ctx, append([]types.TransactWriteItem{t.update(change{
		key: storeKey(s.Retailer, s.ID), condition: "#version = :known", values: item{":known": num(s.Version)},
		set: with(storeListKey(s.Retailer, string(clienteling.StoreEligible), s.Country, s.ID).attributes("gsi1"), item{
			"state": str(string(clienteling.StoreEligible)), "trouble": str(string(trouble)), "version": num(s.Version + 1),
		}),
		remove: []string{"wish", "wishEnable", "gsi2pk", "gsi2sk"},
	})}, t.freeTestLocation(s.Retailer, s.Country, s.ID)...))
	if err == nil && reasons != nil {
		return clienteling.ErrStoreChanged
	}
	return err
}
