package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

// OptOutAtTwilio records that Twilio keeps texts from the customer (error 21610),
// who therefore has opted out in a way that never reached us, such as at the
// carrier: of the whole retailer, unless they have lifted an opt-out since the
// text was written. It reports whether it recorded that.
func (t *Table) OptOutAtTwilio(ctx context.Context, o Outbound, at time.Time) (bool, error) {
	k := suppressionKey(o.Key.Retailer, o.Key.Customer)
	for range transactionTries {
		items, err := t.getAll(ctx, []key{k})
		if err != nil {
			return false, err
		}
		was := orEmpty(items[0])
		s := consentState(nil, was)
		if s.Refused || text(was, "state") == suppressionLifted && moment(was, "since").After(o.Text.At) {
			return false, nil
		}
		condition, values := notRefusedAt(s.Epoch)
		values[":to"], values[":epoch"], values[":since"] = str(suppressionOpen), num(s.Epoch+1), str(stamp(at))
		values[":store"], values[":sid"] = str(o.Key.Store), str(o.Key.Message)
		due := dueKey("consent", o.Key.Customer, at)
		values[":duePk"], values[":dueSk"] = str(due.pk), str(due.sk+"#"+o.Key.Retailer)
		entry := consentKey(o.Key.Retailer, o.Key.Customer, t.newID(at)).item()
		entry["effect"], entry["epoch"], entry["by"] = str(string(consent.OptedOut)), num(s.Epoch+1), str("twilio")
		entry["store"], entry["number"], entry["at"] = str(o.Key.Store), str(o.From), str(stamp(at))
		reasons, err := t.transact(ctx, []types.TransactWriteItem{
			{Update: &types.Update{
				TableName: &t.name, Key: k.item(), ConditionExpression: &condition, UpdateExpression: new(setSuppression),
				ExpressionAttributeNames: suppressionNames, ExpressionAttributeValues: values,
			}},
			{Put: &types.Put{TableName: &t.name, Item: entry, ConditionExpression: new(isNew)}},
		})
		if err != nil || reasons == nil {
			return err == nil, err
		}
	}
	return false, clienteling.E(clienteling.Unavailable, "contended", "The customer's consent keeps changing. Try again.")
}
