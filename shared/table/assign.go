package table

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// Assign gives a conversation to an associate. If another one has it, the error is
// assigned, and says who; with force it changes hands. Of many who claim at once
// one has it. clienteling.ErrNotFound: the store has none of that id.
func (t *Table) Assign(ctx context.Context, retailer, store, id string, to clienteling.Associate, force bool, at time.Time) error {
	if !IsCustomer(id) {
		return clienteling.ErrNotFound
	}
	condition := "attribute_exists(pk) AND (attribute_not_exists(assigneeId) OR assigneeId = :id)"
	values := item{":id": str(to.ID), ":name": str(to.Name), ":at": str(stamp(at)), ":forced": flag(force)}
	if force {
		condition = "attribute_exists(pk)"
	}
	_, err := t.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: conversationKey(retailer, store, id).item(),
		UpdateExpression:    new("SET assigneeId = :id, assigneeName = :name, assignedAt = :at, assignedByForce = :forced"),
		ConditionExpression: &condition, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var failed *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &failed) && len(failed.Item) == 0:
		return clienteling.ErrNotFound
	case errors.As(err, &failed):
		name := text(failed.Item, "assigneeName")
		if name == "" {
			name = text(failed.Item, "assigneeId")
		}
		return clienteling.E(clienteling.Conflict, "assigned", "%s has this conversation. Ask them, or take it over with force.", name)
	default:
		return unavailable(err)
	}
}
