package table

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

// TextTaken records that Twilio has the text, under a SID that no other text of
// ours has. With it, an opt-in request becomes one that the customer can answer.
// Recording the same again changes nothing; ErrForeignSID: another text has that SID.
func (t *Table) TextTaken(ctx context.Context, o Outbound, sid string, at time.Time) error {
	writes := []types.TransactWriteItem{
		t.updateText(o.Key, "attribute_not_exists(sid) AND #status IN (:queued, :sending)", item{
			":sid": str(sid), ":phase": str(phaseTaken), ":sending": str(clienteling.StatusSending), ":queued": str(clienteling.StatusQueued),
			":due": str(dueKey("text", o.Key.Message, at.Add(fetchedAfter)).sk),
		}, "SET sid = :sid, phase = :phase, #status = :sending, gsi2sk = :due"),
		t.claimSID(sid, o.Key.Message, at),
	}
	if o.lease != "" {
		writes = append(writes, t.giveBack(o.Key.Retailer, o.Key.Customer, o.lease))
	}
	if o.Text.Request {
		writes = append(writes, t.requestLedger(o, sid, at), t.requestTaken(o))
	}
	reasons, err := t.transact(ctx, writes)
	if last := len(writes) - 1; o.Text.Request && reasons != nil && !failed(reasons[0]) && !failed(reasons[1]) && failed(reasons[last]) {
		writes[last] = t.requestCrossed(o)
		reasons, err = t.transact(ctx, writes)
	}
	switch {
	case err != nil || reasons == nil:
		return err
	case failed(reasons[1]) && text(reasons[1].Item, "answer") != o.Key.Message:
		return ErrForeignSID
	case failed(reasons[0]) || failed(reasons[1]):
		return t.dropLease(ctx, o) // recorded before, by a callback or by whoever we took it for dead
	default:
		return fmt.Errorf("table: text %s was taken, but its request is not pending", o.Key.Message)
	}
}

// ErrForeignSID says that a SID belongs to another text.
var ErrForeignSID = errors.New("table: the SID belongs to another text")

func (t *Table) dropLease(ctx context.Context, o Outbound) error {
	if o.lease == "" {
		return nil
	}
	_, err := t.transact(ctx, []types.TransactWriteItem{t.giveBack(o.Key.Retailer, o.Key.Customer, o.lease)})
	return err
}

// requestTaken makes a request one that the customer can answer, unless they have
// said something since it was written: to an earlier request, or START.
func (t *Table) requestTaken(o Outbound) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &t.name, Key: conversationKey(o.Key.Retailer, o.Key.Store, o.Key.Customer).item(),
		ConditionExpression: new("requestPending = :id AND (attribute_not_exists(optIn) OR NOT optIn IN (:accepted, :rejected) OR optInEpoch < :epoch)"),
		UpdateExpression: new("SET optIn = :waiting, optInEpoch = :epoch, requestId = :id " +
			"REMOVE requestPending ADD requests :one"),
		ExpressionAttributeValues: item{
			":id": str(o.Key.Message), ":waiting": str(string(clienteling.OptInWaiting)), ":epoch": num(o.epoch), ":one": num(1),
			":accepted": str(string(clienteling.OptInAccepted)), ":rejected": str(string(clienteling.OptInRejected)),
		},
	}}
}

// requestCrossed counts a request that crossed the customer's word: the word stands.
func (t *Table) requestCrossed(o Outbound) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &t.name, Key: conversationKey(o.Key.Retailer, o.Key.Store, o.Key.Customer).item(),
		ConditionExpression:       new("requestPending = :id"),
		UpdateExpression:          new("SET requestId = :id REMOVE requestPending ADD requests :one"),
		ExpressionAttributeValues: item{":id": str(o.Key.Message), ":one": num(1)},
	}}
}

// requestLedger is the evidence of a request: who asked, by which text, and the
// very wording the customer saw.
func (t *Table) requestLedger(o Outbound, sid string, at time.Time) types.TransactWriteItem {
	i := consentKey(o.Key.Retailer, o.Key.Customer, t.newID(at)).item()
	i["effect"] = str(string(consent.Requested))
	i["epoch"] = num(o.epoch)
	i["store"] = str(o.Key.Store)
	i["number"] = str(o.From)
	i["by"] = str("associate")
	putText(i, "associate", o.Text.By.ID)
	i["wording"] = str(o.Text.Text)
	putText(i, "wordingHash", o.Text.Wording)
	i["message"] = str(o.Key.Message)
	i["sid"] = str(sid)
	i["at"] = str(stamp(at))
	return types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: i, ConditionExpression: new(isNew)}}
}
