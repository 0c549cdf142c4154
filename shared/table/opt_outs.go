package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

// Opt-outs that no text told us.

// OptOutAtTwilio records that Twilio keeps texts from the customer (error 21610),
// who therefore has opted out in a way that never reached us, such as at the
// carrier: of the whole retailer, unless they have lifted an opt-out since the
// text was written. It reports whether it recorded that. Conversations show it with
// the next run of reconcile.
func (t *Table) OptOutAtTwilio(ctx context.Context, o Outbound, at time.Time) (bool, error) {
	return t.refuse(ctx, o.Key.Retailer, o.Key.Customer, o.Text.At, at, func(epoch int) []types.TransactWriteItem {
		entry := t.refusalEntry(o.Key.Retailer, o.Key.Customer, epoch, at)
		entry["by"], entry["store"], entry["number"] = str("twilio"), str(o.Key.Store), str(o.From)
		return []types.TransactWriteItem{
			t.refusalWrite(o.Key.Retailer, o.Key.Customer, o.Key.Store, o.Key.Message, epoch, at),
			t.create(entry, "", nil),
		}
	})
}

// OptOutTold records that the customer has told an associate, in whatever words, that
// they want no more texts: of the whole retailer. It reports whether it recorded that;
// who has opted out already stays so.
func (t *Table) OptOutTold(ctx context.Context, s Sender, by clienteling.Associate, at time.Time) (bool, error) {
	retailer, store := s.Store.Retailer, s.Store.ID
	return t.refuse(ctx, retailer, s.customer, at, at, func(epoch int) []types.TransactWriteItem {
		entry := t.refusalEntry(retailer, s.customer, epoch, at)
		entry["by"], entry["store"], entry["number"] = str("associate"), str(store), str(s.Store.Number)
		putText(entry, "associate", by.ID)
		m := clienteling.Message{ID: t.newID(at), Kind: clienteling.KindOptedOut, By: by, At: at}
		return []types.TransactWriteItem{
			t.refusalWrite(retailer, s.customer, store, m.ID, epoch, at),
			t.create(entry, "", nil),
			{Put: &types.Put{TableName: &t.name, Item: t.writeMessage(clienteling.Number{Retailer: retailer, Store: store}, s.customer, m)}},
			t.update(change{
				key: conversationKey(retailer, store, s.customer), condition: "attribute_exists(pk)",
				set: with(t.eventShown(retailer, store, s.customer, at), item{
					"optIn": str(string(clienteling.OptInNone)), "optInEpoch": num(epoch), "optedOut": flag(true),
				}),
			}),
		}
	})
}

// refuse writes an opt-out with what render makes of the customer's epoch after it,
// unless one is in force or was lifted since a moment.
func (t *Table) refuse(ctx context.Context, retailer, customer string, unlessLiftedSince, at time.Time, render func(epoch int) []types.TransactWriteItem) (bool, error) {
	for range transactionTries {
		items, err := t.getAll(ctx, []key{suppressionKey(retailer, customer)})
		if err != nil {
			return false, err
		}
		was := orEmpty(items[0])
		s := consentState(nil, was)
		if s.Refused || text(was, "state") == suppressionLifted && moment(was, "since").After(unlessLiftedSince) {
			return false, nil
		}
		reasons, err := t.transact(ctx, render(s.Epoch+1))
		if err != nil || reasons == nil {
			return err == nil, err
		}
		if !failed(reasons[0]) {
			return false, clienteling.ErrNotFound
		}
	}
	return false, clienteling.E(clienteling.Unavailable, "contended", "The customer's consent keeps changing. Try again.")
}

// refusalWrite opens a refusal at an epoch, if the one before it still is the
// customer's; why names the text or the event that tells of it.
func (t *Table) refusalWrite(retailer, customer, store, why string, epoch int, at time.Time) types.TransactWriteItem {
	condition, values := notRefusedAt(epoch - 1)
	values[":to"], values[":epoch"], values[":since"] = str(suppressionOpen), num(epoch), str(stamp(at))
	values[":store"], values[":sid"] = str(store), str(why)
	due := dueKey("consent", customer, at)
	values[":duePk"], values[":dueSk"] = str(due.pk), str(due.sk+"#"+retailer)
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &t.name, Key: suppressionKey(retailer, customer).item(), ConditionExpression: &condition,
		UpdateExpression:         new(setSuppression),
		ExpressionAttributeNames: suppressionNames, ExpressionAttributeValues: values,
	}}
}

func (t *Table) refusalEntry(retailer, customer string, epoch int, at time.Time) item {
	entry := consentKey(retailer, customer, t.newID(at)).item()
	entry["effect"], entry["epoch"], entry["at"] = str(string(consent.OptedOut)), num(epoch), str(stamp(at))
	return entry
}
