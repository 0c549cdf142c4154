package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// NameCustomer says what a store calls a customer; an empty name takes it away.
// clienteling.ErrNotFound: the store has no conversation of that id.
func (t *Table) NameCustomer(ctx context.Context, retailer, store, id, name string) error {
	if !IsCustomer(id) {
		return clienteling.ErrNotFound
	}
	reasons, err := t.transact(ctx, []types.TransactWriteItem{t.update(change{
		key: conversationKey(retailer, store, id), condition: "attribute_exists(pk)", set: item{"name": str(name)},
	})})
	if err == nil && reasons != nil {
		return clienteling.ErrNotFound
	}
	return err
}
