package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// AddStore records a store of NOM's directory. store_exists: it is recorded already.
func (t *Table) AddStore(ctx context.Context, s clienteling.Store) error {
	err := t.put(ctx, writeStore(s), isNew)
	if err == errConditionFailed {
		return clienteling.E(clienteling.Conflict, "store_exists", "This store is recorded already.")
	}
	return err
}

// Store returns a store; clienteling.ErrNotFound: the directory has none of that id.
func (t *Table) Store(ctx context.Context, retailer, id string) (clienteling.Store, error) {
	i, err := t.get(ctx, storeKey(retailer, id), true)
	if err != nil {
		return clienteling.Store{}, err
	}
	return readStore(retailer, i), nil
}

// OnboardStore puts a store on a number, for good: the store takes the number and
// the number learns what webhooks need of the store, in one transaction. Neither
// may have a partner yet: store_onboarded or number_in_use otherwise. enable lets
// the associates write from then on.
func (t *Table) OnboardStore(ctx context.Context, s clienteling.Store, n clienteling.Number, enable bool) error {
	s.Number, s.State = n.E164, clienteling.StoreOnboarded
	if enable {
		s.State = clienteling.StoreEnabled
	}
	free := "attribute_exists(pk) AND attribute_not_exists(#partner)"
	reasons, err := t.transact(ctx, []types.TransactWriteItem{
		{Update: &types.Update{
			TableName:                &t.name,
			Key:                      storeKey(s.Retailer, s.ID).item(),
			UpdateExpression:         new("SET #partner = :number, #state = :state, accountSid = :account, #language = :language"),
			ConditionExpression:      &free,
			ExpressionAttributeNames: map[string]string{"#partner": "number", "#state": "state", "#language": "language"},
			ExpressionAttributeValues: item{
				":number": str(s.Number), ":state": str(string(s.State)),
				":account": str(n.AccountSID), ":language": str(n.Language),
			},
		}},
		{Update: &types.Update{
			TableName: &t.name,
			Key:       numberKey(n.E164).item(),
			UpdateExpression: new("SET #partner = :store, storeName = :name, enabled = :enabled, " +
				"forwardTo = :forwardTo, #language = :language, optInMode = :mode"),
			ConditionExpression:      new(free + " AND retailer = :retailer"),
			ExpressionAttributeNames: map[string]string{"#partner": "store", "#language": "language"},
			ExpressionAttributeValues: item{
				":store": str(s.ID), ":name": str(s.Name), ":enabled": flag(enable), ":forwardTo": str(s.Phone),
				":language": str(n.Language), ":mode": str(string(n.OptInMode)), ":retailer": str(s.Retailer),
			},
		}},
	})
	switch {
	case err != nil:
		return err
	case reasons == nil:
		return nil
	case failed(reasons[0]):
		return clienteling.E(clienteling.Conflict, "store_onboarded", "This store is not in the directory, or has its number already; the number stays.")
	default:
		return clienteling.E(clienteling.Conflict, "number_in_use", "This number is not yours, or another store uses it. Choose another number.")
	}
}

func writeStore(s clienteling.Store) item {
	i := storeKey(s.Retailer, s.ID).item()
	i["name"] = str(s.Name)
	i["country"] = str(s.Country)
	putText(i, "phone", s.Phone)
	putText(i, "timeZone", s.TimeZone)
	putText(i, "number", s.Number)
	putText(i, "accountSid", s.AccountSID)
	putText(i, "language", s.Language)
	i["state"] = str(string(s.State))
	return i
}

func readStore(retailer string, i item) clienteling.Store {
	return clienteling.Store{
		Retailer:   retailer,
		ID:         text(i, "sk")[len("STORE#"):],
		Name:       text(i, "name"),
		Country:    text(i, "country"),
		Phone:      text(i, "phone"),
		TimeZone:   text(i, "timeZone"),
		Number:     text(i, "number"),
		AccountSID: text(i, "accountSid"),
		Language:   text(i, "language"),
		State:      clienteling.StoreState(text(i, "state")),
	}
}

// Stores returns the stores of a retailer with those ids, or all when all is set,
// by id. Unknown ids are left out.
func (t *Table) Stores(ctx context.Context, retailer string, ids []string, all bool) ([]clienteling.Store, error) {
	var items []item
	if all {
		in := &dynamodb.QueryInput{
			TableName: &t.name, KeyConditionExpression: new("pk = :retailer AND begins_with(sk, :store)"),
			ExpressionAttributeValues: item{":retailer": str(retailerKey(retailer).pk), ":store": str("STORE#")},
		}
		for {
			out, err := t.db.Query(ctx, in)
			if err != nil {
				return nil, unavailable(err)
			}
			items = append(items, out.Items...)
			if in.ExclusiveStartKey = out.LastEvaluatedKey; len(in.ExclusiveStartKey) == 0 {
				break
			}
		}
	} else {
		for len(ids) > 0 {
			n := min(len(ids), 100) // of BatchGetItem
			keys := make([]key, n)
			for i, id := range ids[:n] {
				keys[i] = storeKey(retailer, id)
			}
			found, err := t.getAll(ctx, keys)
			if err != nil {
				return nil, err
			}
			items, ids = append(items, found...), ids[n:]
		}
	}
	var stores []clienteling.Store
	for _, i := range items {
		if i != nil {
			stores = append(stores, readStore(retailer, i))
		}
	}
	return stores, nil
}
