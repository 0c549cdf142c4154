package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

// ClaimText takes a text to hand it to Twilio at once, within CallWithin. Consent is
// checked once more, in the transaction that takes it: from then until the outcome
// is recorded, the text is leased, and an opt-out waits for it. ErrNotReady: it is
// somebody else's. When consent no longer holds, the text is canceled and the
// error is consent.ErrOptedOut.
func (t *Table) ClaimText(ctx context.Context, o Outbound, now time.Time) (Outbound, error) {
	o.lease = lease(o.Key.Message, now.Add(CallWithin+leaseMargin))
	o.ClaimedAt = now
	reasons, err := t.transact(ctx, []types.TransactWriteItem{
		t.updateText(o.Key, "phase = :ready", item{
			":ready": str(phaseReady), ":phase": str(phaseClaimed), ":status": str(clienteling.StatusSending),
			":lease": str(o.lease), ":now": str(stamp(now)),
			":due": str(dueKey("text", o.Key.Message, now.Add(CallWithin+leaseMargin+settledAfter)).sk),
		}, "SET phase = :phase, #status = :status, lease = :lease, claimedAt = :now, gsi2sk = :due"),
		t.takeLease(o.Key.Retailer, o.Key.Customer, o.epoch, o.lease),
		{ConditionCheck: t.mayStillGo(o)},
	})
	switch {
	case err != nil:
		return Outbound{}, err
	case reasons == nil:
		o.phase, o.Text.Status = phaseClaimed, clienteling.StatusSending
		return o, nil
	case failed(reasons[0]):
		return Outbound{}, ErrNotReady
	}
	o.lease = "" // not taken, since nothing was written
	if err := t.endText(ctx, o, "phase = :ready", clienteling.StatusCanceled, clienteling.ReasonOptedOut); err != nil {
		return Outbound{}, err
	}
	return Outbound{}, consent.ErrOptedOut
}

// mayStillGo checks the conversation once more: the customer still accepts, or the
// request is still the one on its way, and they have not said no to an earlier one.
func (t *Table) mayStillGo(o Outbound) *types.ConditionCheck {
	c := &types.ConditionCheck{
		TableName: &t.name, Key: conversationKey(o.Key.Retailer, o.Key.Store, o.Key.Customer).item(),
		ConditionExpression:       new("optIn = :accepted AND optInEpoch = :epoch"),
		ExpressionAttributeValues: item{":accepted": str(string(clienteling.OptInAccepted)), ":epoch": num(o.epoch)},
	}
	if o.Text.Request {
		c.ConditionExpression = new("requestPending = :id AND (attribute_not_exists(optIn) OR optIn <> :rejected OR optInEpoch <> :epoch)")
		c.ExpressionAttributeValues = item{
			":id": str(o.Key.Message), ":rejected": str(string(clienteling.OptInRejected)), ":epoch": num(o.epoch),
		}
	}
	return c
}

// TextLater makes a claimed text ready again: Twilio surely did not take it, and
// may later. It is due at that time.
func (t *Table) TextLater(ctx context.Context, o Outbound, due time.Time) error {
	reasons, err := t.transact(ctx, []types.TransactWriteItem{
		t.updateText(o.Key, "phase = :claimed AND lease = :lease", item{
			":claimed": str(phaseClaimed), ":lease": str(o.lease), ":ready": str(phaseReady), ":one": num(1),
			":due": str(dueKey("text", o.Key.Message, due).sk),
		}, "SET phase = :ready, gsi2sk = :due REMOVE lease ADD tries :one"),
		t.giveBack(o.Key.Retailer, o.Key.Customer, o.lease),
	})
	if err == nil && reasons != nil {
		return ErrNotReady
	}
	return err
}
