package table

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

// InboundText is a customer's text and what we answer to it.
type InboundText struct {
	// SID is Twilio's id of the text: whatever happens, it is stored once.
	SID        string
	AccountSID string
	// From is the customer, To the clienteling number.
	From, To string
	Body     string
	Media    []clienteling.Media
	At       time.Time
	// Answer is the TwiML Twilio gets, kept with the SID so that a repeat gets
	// the same bytes.
	Answer string
}

// DuplicateError says that a text or call of this SID was stored before.
type DuplicateError struct {
	// Answer is what was answered then.
	Answer string
	Found  Found
}

// Error names the case; the answer is no matter for logs.
func (e *DuplicateError) Error() string { return "table: this SID was stored before" }

// ConsentError says that a text was considered with another state of consent
// than the customer's. Nothing was written; consider it again with State.
type ConsentError struct {
	State consent.State
	Found Found
}

// Error shows the state found; it holds nothing personal.
func (e *ConsentError) Error() string { return fmt.Sprintf("table: consent is %+v", e.State) }

// ReceiveText stores a customer's text to a store's number in one transaction:
// it claims the SID, writes the thread's entry, moves the conversation to the
// front of the inbox (creating it if need be), and applies the change of consent
// under its guard, with a line in the consent ledger. All of it happens, or nothing.
// A *DuplicateError or a *ConsentError tells what stood in the way; after the
// latter, the Found that it carries goes into the next try. ErrAnsweredEnough: the
// same without the answer it may be. An opt-out that found
// texts being sent must not be answered before AwaitSends returns.
func (t *Table) ReceiveText(ctx context.Context, n clienteling.Number, in InboundText, c consent.Change, found Found) error {
	customer := t.Customer(n.Retailer, in.From)
	m := clienteling.Message{
		ID: t.newID(in.At), Kind: clienteling.KindText, Direction: clienteling.Inbound,
		Text: in.Body, Media: in.Media, Status: clienteling.StatusReceived,
		SID: in.SID, AccountSID: in.AccountSID, Consent: string(c.Effect), At: in.At,
	}
	conversation := t.conversationMoved(n, customer, in.From, m, true)
	applyToConversation(conversation, c)

	writes := make([]types.TransactWriteItem, 3, 6)
	writes[0] = t.claimSID(in.SID, in.Answer, in.At)
	writes[1].Put = &types.Put{TableName: &t.name, Item: t.writeMessage(n, customer, m)}
	writes[2].Update = conversation
	suppression := t.suppressionWrite(n, customer, in, c, found.leases)
	if suppression != nil {
		writes = append(writes, *suppression)
	}
	if c.Effect != consent.NoEffect {
		writes = append(writes, types.TransactWriteItem{Put: &types.Put{
			TableName: &t.name, Item: ledgerEntry(n, customer, m, c, found), ConditionExpression: new(isNew),
		}})
	}

	if c.Answer != consent.NoAnswer {
		writes = append(writes, t.countAnswer(n, customer, in.At))
	}

	reasons, err := t.transact(ctx, writes)
	if err != nil || reasons == nil {
		return err
	}
	var suppressed item
	if suppression != nil && failed(reasons[3]) {
		suppressed = reasons[3].Item
		if suppressed == nil {
			suppressed = item{} // known to be absent: no opt-out so far
		}
	}
	if failed(reasons[0]) {
		return &DuplicateError{Answer: text(reasons[0].Item, "answer"), Found: Found{leases(suppressed), ""}}
	}
	if !failed(reasons[2]) && suppressed == nil && c.Answer != consent.NoAnswer && failed(reasons[len(reasons)-1]) {
		return ErrAnsweredEnough
	}
	state := consentState(reasons[2].Item, suppressed)
	if was := c.When.Exactly; was != nil && !failed(reasons[2]) {
		// DynamoDB shows the items of failed conditions only: the conversation is as it was.
		state.OptIn, state.OptInEpoch = was.OptIn, was.OptInEpoch
	}
	return &ConsentError{State: state, Found: Found{leases(suppressed), cmp.Or(text(reasons[2].Item, "requestId"), found.request)}}
}

// Found is what else a failed try found: the texts to the customer that are being
// handed to Twilio, and the request that they may be answering. Its zero value is
// that of a first try.
type Found struct {
	leases  []string
	request string
}

// answersInAnHour is how often one customer of a store is answered by itself within
// an hour. Somebody who tries the words out stays below; two machines that answer one
// another do not go on for ever.
const answersInAnHour = 5

// ErrAnsweredEnough says that a customer was answered by itself so often in this hour
// that somebody else's machine may be writing: take the text, and leave the answer out.
var ErrAnsweredEnough = errors.New("table: answered often enough in this hour")

func (t *Table) countAnswer(n clienteling.Number, customer string, at time.Time) types.TransactWriteItem {
	return t.count(answeredKey(n.Retailer, n.Store, customer, at), answersInAnHour, at.Add(2*time.Hour))
}

// Sending reports whether there are any.
func (f Found) Sending() bool { return len(f.leases) > 0 }

// claimSID makes sure that a text or call is taken once, and remembers the answer.
func (t *Table) claimSID(sid, answer string, at time.Time) types.TransactWriteItem {
	i := sidKey(sid).item()
	i["answer"] = str(answer)
	i["expiresAt"] = t.expiry(at)
	return types.TransactWriteItem{Put: &types.Put{
		TableName: &t.name, Item: i, ConditionExpression: new(isNew),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

// applyToConversation adds to a conversation's update what a change of consent
// does to it, and the part of the guard that it can check.
func applyToConversation(u *types.Update, c consent.Change) {
	u.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	v := u.ExpressionAttributeValues
	switch s := c.When.Exactly; {
	case s == nil && c.When.NotWaiting:
		u.ConditionExpression = new("attribute_not_exists(optIn) OR optIn <> :waiting")
		v[":waiting"] = str(string(clienteling.OptInWaiting))
	case s != nil && s.OptIn == clienteling.OptInWaiting:
		u.ConditionExpression = new("optIn = :was AND optInEpoch = :wasEpoch")
		v[":was"], v[":wasEpoch"] = str(string(s.OptIn)), num(s.OptInEpoch)
	}

	to := clienteling.OptInNone
	switch c.Effect {
	case consent.NoEffect:
		return
	case consent.Accepted, consent.OptedIn:
		to = clienteling.OptInAccepted
	case consent.Rejected:
		to = clienteling.OptInRejected
	}
	u.UpdateExpression = new("SET optIn = :optIn, optInEpoch = :epoch, optedOut = :optedOut, " + (*u.UpdateExpression)[len("SET "):])
	v[":optIn"], v[":epoch"], v[":optedOut"] = str(string(to)), num(c.Epoch), flag(c.Effect == consent.OptedOut)
}

// ledgerEntry is the evidence of a change of consent: what, when, by which text,
// to which store. Nothing ever edits it but erasure.
func ledgerEntry(n clienteling.Number, customer string, m clienteling.Message, c consent.Change, found Found) item {
	i := consentKey(n.Retailer, customer, m.ID).item()
	i["effect"] = str(string(c.Effect))
	i["epoch"] = num(c.Epoch)
	i["store"] = str(n.Store)
	i["number"] = str(n.E164)
	i["by"] = str("customer")
	i["reply"] = str(m.Text)
	i["sid"] = str(m.SID)
	i["at"] = str(stamp(m.At))
	if was := c.When.Exactly; was != nil && was.OptIn == clienteling.OptInWaiting && c.Effect != consent.OptedOut {
		putText(i, "answers", found.request)
	}
	return i
}
