package table

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// SaveStore writes what NOM's directory says of a store: a new one when its Version
// is 0, else over the version that it was read as. What its number knows of it
// (name, landline and language) changes in the same transaction, so the next call
// rings the new landline.
//
// clienteling.ErrStoreChanged: somebody else was quicker. phone_invalid: its phone is
// one of our numbers.
func (t *Table) SaveStore(ctx context.Context, s clienteling.Store) (clienteling.Store, error) {
	known := s.Version
	s.Version++
	if known == 0 {
		s.State = clienteling.StoreEligible
	}
	var writes []types.TransactWriteItem
	if known == 0 {
		writes = append(writes, t.create(writeStore(s), "", nil))
	} else {
		writes = append(writes, t.update(change{
			key: storeKey(s.Retailer, s.ID), condition: "#version = :known", values: item{":known": num(known)},
			set: with(storeListKey(s.Retailer, string(s.State), s.Country, s.ID).attributes("gsi1"), item{
				"name": str(s.Name), "country": str(s.Country), "phone": str(s.Phone), "address": str(s.Address),
				"timeZone": str(s.TimeZone), "language": str(s.Language), "version": num(s.Version),
			}),
		}))
	}
	if s.Number != "" {
		writes = append(writes, t.update(change{
			key: numberKey(s.Number), condition: "#store = :store", values: item{":store": str(s.ID)},
			set: with(item{"storeName": str(s.Name), "forwardTo": str(s.Phone)}, languageOf(s)),
		}))
	}
	if s.Phone != "" && s.Phone != s.Number {
		writes = append(writes, t.check(numberKey(s.Phone), "attribute_not_exists(pk) OR #state = :released", item{":released": str(string(clienteling.NumberReleased))}))
	}
	if s.Phone != "" && s.Phone == s.Number {
		return clienteling.Store{}, errPhoneIsOurs
	}
	reasons, err := t.transact(ctx, writes)
	switch {
	case err != nil:
		return clienteling.Store{}, err
	case reasons == nil:
		return s, nil
	case s.Phone != "" && failed(reasons[len(reasons)-1]):
		return clienteling.Store{}, errPhoneIsOurs
	default:
		return clienteling.Store{}, clienteling.ErrStoreChanged
	}
}

// errPhoneIsOurs refuses a number of ours as a landline: its calls would go round in a circle.
var errPhoneIsOurs = clienteling.E(clienteling.Unprocessable, clienteling.HindrancePhoneInvalid,
	"This is a clienteling number, so calls forwarded to it would come back. Give the number of the phone in the store.").
	With("/phone", "A clienteling number.")

// Store returns a store; clienteling.ErrNotFound: the directory has none of that id.
func (t *Table) Store(ctx context.Context, retailer, id string) (clienteling.Store, error) {
	i, err := t.get(ctx, storeKey(retailer, id), true)
	if err != nil {
		return clienteling.Store{}, err
	}
	return readStore(i), nil
}

// EnableStore lets the associates of an onboarded store write, for good.
// clienteling.ErrStoreChanged: it is not as it was read.
func (t *Table) EnableStore(ctx context.Context, s clienteling.Store) (clienteling.Store, error) {
	known := s.Version
	s.State, s.Version = clienteling.StoreEnabled, known+1
	reasons, err := t.transact(ctx, []types.TransactWriteItem{
		t.update(change{
			key: storeKey(s.Retailer, s.ID), condition: "#version = :known AND #state = :onboarded",
			values: item{":known": num(known), ":onboarded": str(string(clienteling.StoreOnboarded))},
			set: with(storeListKey(s.Retailer, string(s.State), s.Country, s.ID).attributes("gsi1"), item{
				"state": str(string(s.State)), "version": num(s.Version),
			}),
		}),
		t.update(change{
			key: numberKey(s.Number), condition: "#store = :store", values: item{":store": str(s.ID)},
			set: item{"enabled": flag(true)},
		}),
	})
	if err == nil && reasons != nil {
		return clienteling.Store{}, clienteling.ErrStoreChanged
	}
	return s, err
}

func writeStore(s clienteling.Store) item {
	i := storeKey(s.Retailer, s.ID).item()
	storeListKey(s.Retailer, string(s.State), s.Country, s.ID).onto(i, "gsi1")
	i["name"] = str(s.Name)
	i["country"] = str(s.Country)
	putText(i, "phone", s.Phone)
	putText(i, "address", s.Address)
	putText(i, "timeZone", s.TimeZone)
	putText(i, "number", s.Number)
	putText(i, "accountSid", s.AccountSID)
	putText(i, "language", s.Language)
	i["state"] = str(string(s.State))
	i["version"] = num(s.Version)
	return i
}

func readStore(i item) clienteling.Store {
	return clienteling.Store{
		Retailer:   strings.TrimPrefix(text(i, "pk"), "RETAILER#"),
		ID:         strings.TrimPrefix(text(i, "sk"), "STORE#"),
		Name:       text(i, "name"),
		Country:    text(i, "country"),
		Phone:      text(i, "phone"),
		Address:    text(i, "address"),
		TimeZone:   text(i, "timeZone"),
		Number:     text(i, "number"),
		AccountSID: text(i, "accountSid"),
		Language:   text(i, "language"),
		State:      clienteling.StoreState(text(i, "state")),
		Wish:       clienteling.Wish{Number: text(i, "wish"), Enable: boolean(i, "wishEnable")},
		Purchase:   text(i, "purchase"),
		Trouble:    text(i, "trouble"),
		Version:    integer(i, "version"),
	}
}
