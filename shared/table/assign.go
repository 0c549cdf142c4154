package table

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// Assign gives a conversation to an associate, and says so in its thread. If another
// one has it, the error is assigned, and says who; with force it changes hands. Of many
// who claim at once one has it. clienteling.ErrNotFound: the store has none of that id.
func (t *Table) Assign(ctx context.Context, retailer, store, id string, to clienteling.Associate, force bool, at time.Time) error {
	if !IsCustomer(id) {
		return clienteling.ErrNotFound
	}
	m := clienteling.Message{ID: t.newID(at), Kind: clienteling.KindClaimed, By: to, Force: force, At: at}
	condition, values := "attribute_exists(pk) AND attribute_not_exists(assigneeId)", item{}
	if force {
		condition, values = "attribute_exists(pk) AND assigneeId <> :id", item{":id": str(to.ID)}
	}
	reasons, err := t.transact(ctx, []types.TransactWriteItem{
		t.update(change{
			key: conversationKey(retailer, store, id), condition: condition, values: values,
			set: with(t.eventShown(retailer, store, id, at), item{"assigneeId": str(to.ID), "assigneeName": str(to.Name)}),
		}),
		{Put: &types.Put{TableName: &t.name, Item: t.writeMessage(clienteling.Number{Retailer: retailer, Store: store}, id, m)}},
	})
	if err != nil || reasons == nil {
		return err
	}
	was := reasons[0].Item
	switch has := text(was, "assigneeId"); {
	case len(was) == 0:
		return clienteling.ErrNotFound
	case has == to.ID:
		return nil // theirs already
	default:
		return clienteling.E(clienteling.Conflict, "assigned", "%s has this conversation. Ask them, or take it over with force.", cmp.Or(text(was, "assigneeName"), has))
	}
}

// eventShown is what an event in a thread changes of its conversation: it moves to the
// front, so that whoever asks for changes meets it, and goes on to show the last text.
func (t *Table) eventShown(retailer, store, customer string, at time.Time) item {
	return item{"gsi1sk": str(inboxKey(retailer, store, customer, at).sk), "lastActivityAt": str(stamp(at))}
}
