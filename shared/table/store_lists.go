package table

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"clienteling/shared/clienteling"
)

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
		for ids = slices.Compact(slices.Sorted(slices.Values(ids))); len(ids) > 0; {
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
			stores = append(stores, readStore(i))
		}
	}
	return stores, nil
}

// StoreList returns a page of a retailer's directory, by id, with keep or without,
// as keep says; state "" is every state, else only its stores are read, by country
// and id. A page holds p.Limit stores or fewer: what it reads is bounded, so that a
// page may even be empty and yet have a position to go on from.
func (t *Table) StoreList(ctx context.Context, retailer string, state clienteling.StoreState, p Page, keep func(clienteling.Store) bool) ([]clienteling.Store, string, error) {
	l := list{pk: "pk", sk: "sk", partition: retailerKey(retailer).pk, prefix: "STORE#"}
	parts := 2
	if state != "" {
		l = list{index: gsi1, pk: "gsi1pk", sk: "gsi1sk", partition: retailerKey(retailer).pk, prefix: "STORE#" + string(state) + "#"}
		parts = 4
	}
	items, next, err := t.filtered(ctx, l, p, by(parts, func(id string) key { return storeKey(retailer, id) }), func(i item) bool { return keep(readStore(i)) })
	stores := make([]clienteling.Store, len(items))
	for n, i := range items {
		stores[n] = readStore(i)
	}
	return stores, next, err
}
