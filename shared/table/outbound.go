package table

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// A text on its way out has a phase beside its status: the status is what people
// are told, and only goes forward, the phase is what may be done with it.
const (
	phaseReady   = "ready"   // to be handed to Twilio
	phaseClaimed = "claimed" // being handed over; if that takes long, nobody knows the outcome
	phaseTaken   = "taken"   // Twilio has it, under its SID
)

const (
	// pickedUpWithin is when reconcile leaves a job anew for a text nobody took.
	pickedUpWithin = time.Minute
	// CallWithin bounds the call that hands a text over. An opt-out may have to
	// wait for it, so it is short.
	CallWithin = 5 * time.Second
	// leaseMargin is how much longer the lease holds than the call may take.
	leaseMargin = time.Second
	// settledAfter is when a text whose outcome is unknown is looked for at Twilio.
	settledAfter = time.Minute
	// fetchedAfter is when Twilio is asked about a text that it has fallen silent on.
	fetchedAfter = 10 * time.Minute
	// sentIsFinalAfter: a carrier that has said no more by then never will.
	sentIsFinalAfter = 72 * time.Hour
)

// OutboundKey names a text to a customer.
type OutboundKey struct{ Retailer, Store, Customer, Message string }

// Outbound is a text on its way out.
type Outbound struct {
	Key  OutboundKey
	Text clienteling.Message
	// From is our number, To the customer's, both E.164.
	From, To string
	// Tries is how often Twilio was asked to take it and said "later".
	Tries int
	// ClaimedAt is when it was last taken to be handed over.
	ClaimedAt time.Time

	phase string
	epoch int
	lease string
}

// Ready reports whether it waits to be handed to Twilio, Taken whether Twilio has it.
// When neither holds, nobody knows.
func (o Outbound) Ready() bool { return o.phase == phaseReady }

// Taken reports whether Twilio has the text.
func (o Outbound) Taken() bool { return o.phase == phaseTaken }

// TooLate reports whether a text must not go out any more.
func (o Outbound) TooLate(now time.Time) bool {
	return !o.Text.GoBy.IsZero() && !now.Before(o.Text.GoBy)
}

// Outbound returns a text with what sending it needs. clienteling.ErrNotFound: it
// is not there (any more).
func (t *Table) Outbound(ctx context.Context, k OutboundKey) (Outbound, error) {
	items, err := t.getAll(ctx, []key{
		messageKey(k.Retailer, k.Store, k.Customer, k.Message), conversationKey(k.Retailer, k.Store, k.Customer),
	})
	if err != nil {
		return Outbound{}, err
	}
	if items[0] == nil || items[1] == nil {
		return Outbound{}, clienteling.ErrNotFound
	}
	o := readOutbound(k, items[0])
	o.To = text(items[1], "phone")
	return o, nil
}

func readOutbound(k OutboundKey, i item) Outbound {
	return Outbound{
		Key: k, Text: readMessage(i), From: text(i, "from"), Tries: integer(i, "tries"), ClaimedAt: moment(i, "claimedAt"),
		phase: text(i, "phase"), epoch: integer(i, "epoch"), lease: text(i, "lease"),
	}
}

// ErrNotReady says that somebody else has the text, or had it.
var ErrNotReady = errors.New("table: the text is not ready to be sent")

// updateText is an update of a text under a condition.
func (t *Table) updateText(k OutboundKey, condition string, values item, expression string) types.TransactWriteItem {
	u := &types.Update{
		TableName: &t.name, Key: messageKey(k.Retailer, k.Store, k.Customer, k.Message).item(),
		UpdateExpression: &expression, ConditionExpression: &condition, ExpressionAttributeValues: values,
	}
	if strings.Contains(expression+condition, "#status") {
		u.ExpressionAttributeNames = map[string]string{"#status": "status"}
	}
	return types.TransactWriteItem{Update: u}
}

// outboundKey reads a text's name off its keys.
func outboundKey(i item) (OutboundKey, bool) {
	parts := strings.Split(text(i, "pk"), "#")
	if len(parts) != 4 || parts[0] != "THREAD" {
		return OutboundKey{}, false
	}
	return OutboundKey{parts[1], parts[2], parts[3], text(i, "sk")}, true
}
