package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// MissedCall is a customer's call that nobody at the store answered.
type MissedCall struct {
	// SID is Twilio's id of the call: whatever happens, it is noted once.
	SID        string
	AccountSID string
	From       string
	At         time.Time
	// Answer is the TwiML Twilio gets, kept for repeats.
	Answer string
}

// NoteMissedCall adds the call to the conversation of that customer with the
// store, in one transaction. clienteling.ErrNotFound: there is none, and a call
// begins none. A *DuplicateError: it was noted before.
func (t *Table) NoteMissedCall(ctx context.Context, n clienteling.Number, call MissedCall) error {
	customer := t.Customer(n.Retailer, call.From)
	m := clienteling.Message{
		ID: t.newID(call.At), Kind: clienteling.KindMissedCall, Direction: clienteling.Inbound,
		SID: call.SID, AccountSID: call.AccountSID, At: call.At,
	}
	reasons, err := t.transact(ctx, []types.TransactWriteItem{
		t.claimSID(call.SID, call.Answer, call.At),
		{Put: &types.Put{TableName: &t.name, Item: t.writeMessage(n, customer, m)}},
		{Update: t.conversationMoved(n, customer, call.From, m, false)},
	})
	switch {
	case err != nil || reasons == nil:
		return err
	case failed(reasons[0]):
		return &DuplicateError{Answer: text(reasons[0].Item, "answer")}
	default:
		return clienteling.ErrNotFound
	}
}
