package table

import (
	"context"

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
			TableName:                 &t.name,
			Key:                       storeKey(s.Retailer, s.ID).item(),
			UpdateExpression:          new("SET #partner = :number, #state = :state"),
			ConditionExpression:       &free,
			ExpressionAttributeNames:  map[string]string{"#partner": "number", "#state": "state"},
			ExpressionAttributeValues: item{":number": str(s.Number), ":state": str(string(s.State))},
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
	i["state"] = str(string(s.State))
	return i
}

func readStore(retailer string, i item) clienteling.Store {
	return clienteling.Store{
		Retailer: retailer,
		ID:       text(i, "sk")[len("STORE#"):],
		Name:     text(i, "name"),
		Country:  text(i, "country"),
		Phone:    text(i, "phone"),
		TimeZone: text(i, "timeZone"),
		Number:   text(i, "number"),
		State:    clienteling.StoreState(text(i, "state")),
	}
}
