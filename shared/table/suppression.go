package table

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

// The suppression item says whether a customer has refused the retailer, at which
// epoch, and which texts are being handed to Twilio this very moment. The latter
// are leases: a worker takes one, in the transaction that checks consent once more,
// and gives it back with the outcome. An opt-out, which the same item serialises
// with them, is answered only when those it found are back or over: after that
// answer nothing more reaches Twilio.

// What a suppression item may say.
const (
	suppressionOpen   = "open"
	suppressionLifted = "lifted"
)

// stateName stands for an attribute whose name is a reserved word.
var stateName = map[string]string{"#state": "state"}

// suppressionNames are those of setSuppression.
var suppressionNames = map[string]string{"#state": "state", "#store": "store"}

// suppressionWrite opens or lifts a customer's opt-out, or checks that it is as
// the guard demands; nil when the change has nothing to do with it.
func (t *Table) suppressionWrite(n clienteling.Number, customer string, in InboundText, c consent.Change, leases []string) *types.TransactWriteItem {
	k := suppressionKey(n.Retailer, customer).item()
	condition, values := suppressionCondition(c.When)
	old := types.ReturnValuesOnConditionCheckFailureAllOld
	switch c.Effect {
	case consent.OptedOut, consent.OptedIn:
		state := suppressionLifted
		if c.Effect == consent.OptedOut {
			state = suppressionOpen
			if len(leases) == 0 {
				condition = "(" + condition + ") AND attribute_not_exists(sending)"
			} else {
				condition = "(" + condition + ") AND sending = :leases"
				values[":leases"] = &types.AttributeValueMemberSS{Value: leases}
			}
		}
		values[":to"], values[":epoch"], values[":since"] = str(state), num(c.Epoch), str(stamp(in.At))
		values[":store"], values[":sid"] = str(n.Store), str(in.SID)
		due := dueKey("consent", customer, in.At)
		values[":duePk"], values[":dueSk"] = str(due.pk), str(due.sk+"#"+n.Retailer)
		return &types.TransactWriteItem{Update: &types.Update{
			TableName: &t.name, Key: k, ConditionExpression: &condition,
			UpdateExpression:         new(setSuppression),
			ExpressionAttributeNames: suppressionNames, ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: old,
		}}
	}
	if condition == "" {
		return nil
	}
	return &types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &t.name, Key: k, ConditionExpression: &condition,
		ExpressionAttributeNames: stateName, ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: old,
	}}
}

// setSuppression changes a customer's refusal, and makes the change due to be shown
// in the conversations of other stores.
const setSuppression = "SET #state = :to, epoch = :epoch, since = :since, #store = :store, sid = :sid, gsi2pk = :duePk, gsi2sk = :dueSk"

func suppressionCondition(g consent.Guard) (string, item) {
	switch {
	case g.Exactly != nil && g.Exactly.Refused:
		return "#state = :open AND epoch = :was", item{":open": str(suppressionOpen), ":was": num(g.Exactly.Epoch)}
	case g.Exactly != nil:
		return notRefusedAt(g.Exactly.Epoch)
	case g.Refusal == consent.InForce:
		// Leases fail it too, so that whoever acknowledges an opt-out learns of them.
		return "#state = :open AND attribute_not_exists(sending)", item{":open": str(suppressionOpen)}
	case g.Refusal == consent.NotInForce:
		return "attribute_not_exists(#state) OR #state <> :open", item{":open": str(suppressionOpen)}
	default:
		return "", nil
	}
}

// notRefusedAt is the condition that no opt-out is in force and the customer's
// epoch is a given one; at epoch 0 there never was one.
func notRefusedAt(epoch int) (string, item) {
	condition, values := "#state <> :open AND epoch = :was", item{":open": str(suppressionOpen), ":was": num(epoch)}
	if epoch == 0 {
		condition = "attribute_not_exists(#state) OR " + condition
	}
	return condition, values
}

// notRefused is the check, as a part of a transaction, that the customer has not
// refused the retailer and is still at the epoch.
func (t *Table) notRefused(retailer, customer string, epoch int) types.TransactWriteItem {
	condition, values := notRefusedAt(epoch)
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &t.name, Key: suppressionKey(retailer, customer).item(), ConditionExpression: &condition,
		ExpressionAttributeNames: stateName, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}
