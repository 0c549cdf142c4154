package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// AdvanceText records what Twilio says of a text that it has: only ever forward.
// An opt-in request that did not arrive is taken back: it does not count, and the
// customer cannot have answered it. It reports whether anything changed.
func (t *Table) AdvanceText(ctx context.Context, o Outbound, status, code string, at time.Time) (bool, error) {
	if !clienteling.Forward(o.Text.Status, status) {
		return false, nil
	}
	set := "SET #status = :status, gsi2sk = :due"
	values := item{":status": str(status), ":was": str(o.Text.Status), ":due": str(dueKey("text", o.Key.Message, at.Add(sentIsFinalAfter)).sk)}
	if clienteling.Final(status) {
		delete(values, ":due")
		set = "SET #status = :status"
		if code != "" {
			set, values[":reason"] = set+", reason = :reason", str(code)
		}
		set += " REMOVE gsi2pk, gsi2sk, phase, lease"
	}
	writes := []types.TransactWriteItem{t.updateText(o.Key, "#status = :was", values, set)}
	if o.Text.Request && (status == clienteling.StatusUndelivered || status == clienteling.StatusFailed) {
		writes = append(writes, t.requestLost(o))
	}
	reasons, err := t.transact(ctx, writes)
	switch {
	case err != nil || reasons == nil:
		return err == nil, err
	case failed(reasons[0]):
		return false, ErrNotReady // somebody else was faster: read it again
	}
	// The customer has answered the request nevertheless: their word counts.
	reasons, err = t.transact(ctx, writes[:1])
	if err == nil && reasons != nil {
		err = ErrNotReady
	}
	return err == nil, err
}

func (t *Table) requestLost(o Outbound) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &t.name, Key: conversationKey(o.Key.Retailer, o.Key.Store, o.Key.Customer).item(),
		ConditionExpression: new("requestId = :id AND optIn = :waiting"),
		UpdateExpression:    new("SET optIn = :none ADD requests :less"),
		ExpressionAttributeValues: item{
			":id": str(o.Key.Message), ":waiting": str(string(clienteling.OptInWaiting)),
			":none": str(string(clienteling.OptInNone)), ":less": num(-1),
		},
	}}
}

// TextFailed ends a text that Twilio refused, or whose outcome will never be known.
func (t *Table) TextFailed(ctx context.Context, o Outbound, reason string) error {
	return t.endText(ctx, o, "attribute_not_exists(sid) AND phase = :phase", clienteling.StatusFailed, reason)
}

// TextTooLate withdraws a text that nobody has claimed and that must not go out any
// more, because quiet hours have begun.
func (t *Table) TextTooLate(ctx context.Context, o Outbound) error {
	return t.endText(ctx, o, "phase = :ready", clienteling.StatusCanceled, clienteling.ReasonQuietHours)
}

// endText gives a text its last status while the condition holds (:phase is the
// phase it was read in); a request that ends so was none, and another may be made.
func (t *Table) endText(ctx context.Context, o Outbound, condition, status, reason string) error {
	values := item{":status": str(status), ":reason": str(reason)}
	if condition == "phase = :ready" {
		values[":ready"] = str(phaseReady)
	} else {
		values[":phase"] = str(o.phase)
	}
	writes := []types.TransactWriteItem{
		t.updateText(o.Key, condition, values, "SET #status = :status, reason = :reason REMOVE gsi2pk, gsi2sk, phase, lease"),
	}
	if o.lease != "" {
		writes = append(writes, t.giveBack(o.Key.Retailer, o.Key.Customer, o.lease))
	}
	if o.Text.Request {
		writes = append(writes, types.TransactWriteItem{Update: &types.Update{
			TableName: &t.name, Key: conversationKey(o.Key.Retailer, o.Key.Store, o.Key.Customer).item(),
			UpdateExpression: new("REMOVE requestPending"), ConditionExpression: new("requestPending = :id"),
			ExpressionAttributeValues: item{":id": str(o.Key.Message)},
		}})
	}
	reasons, err := t.transact(ctx, writes)
	if err == nil && reasons != nil {
		return ErrNotReady
	}
	return err
}

// TextIsFinal ends the watch over a text that stays as it is.
func (t *Table) TextIsFinal(ctx context.Context, o Outbound) error {
	_, err := t.transact(ctx, []types.TransactWriteItem{
		t.updateText(o.Key, "#status = :was", item{":was": str(o.Text.Status)}, "REMOVE gsi2pk, gsi2sk, phase, lease"),
	})
	return err
}
