package table

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// MarkRead says that the store has read a conversation: through the entry of that
// id, or all of it when empty. If something newer has come in since, the
// conversation stays unread. clienteling.ErrNotFound: the store has none of that id.
func (t *Table) MarkRead(ctx context.Context, retailer, store, id, through string) error {
	if !IsCustomer(id) {
		return clienteling.ErrNotFound
	}
	in := &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: conversationKey(retailer, store, id).item(),
		UpdateExpression:                    new("SET unread = :none REMOVE gsi2pk, gsi2sk"),
		ConditionExpression:                 new("attribute_exists(pk)"),
		ExpressionAttributeValues:           item{":none": num(0)},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if through != "" {
		in.ConditionExpression = new("attribute_exists(pk) AND lastId <= :through")
		in.ExpressionAttributeValues[":through"] = str(through)
	}
	_, err := t.db.UpdateItem(ctx, in)
	var failed *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &failed) && len(failed.Item) == 0:
		return clienteling.ErrNotFound
	case errors.As(err, &failed):
		return nil
	default:
		return unavailable(err)
	}
}
