package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

// NewText is a text that an associate gives us to send.
type NewText struct {
	By   clienteling.Associate
	Body string
	// Media are files that Twilio fetches.
	Media []clienteling.Media
	// Request marks an opt-in request: the only text that may go to a customer
	// who has not accepted.
	Request bool
	// Wording is the hash of the opt-in message that a request is made of.
	Wording string
	// GoBy is when the text must have been handed to Twilio; see clienteling.Message.
	GoBy        time.Time
	Idempotency Idempotency
	// Phone and Name are the customer's, for a conversation that begins with it.
	Phone, Name string
	At          time.Time
}

// AcceptText stores a text to be sent, in one transaction with the proof that it
// may be: no opt-out is in force, and the customer accepted at the current epoch;
// for an opt-in request, that none is on its way. It is then due until it has its
// last status. The errors are those of consent.MayWrite and consent.MayAsk,
// opt_in_requests_used when the associate has asked often enough today, and repeated
// for an Idempotency-Key that was used meanwhile.
func (t *Table) AcceptText(ctx context.Context, s Sender, in NewText) (clienteling.Message, error) {
	m := clienteling.Message{
		ID: t.newID(in.At), Kind: clienteling.KindText, Direction: clienteling.Outbound,
		Text: in.Body, Media: in.Media, Status: clienteling.StatusQueued, By: in.By, Request: in.Request,
		Wording: in.Wording, GoBy: in.GoBy,
		AccountSID: s.Store.AccountSID, At: in.At,
	}
	n := clienteling.Number{E164: s.Store.Number, Retailer: s.Store.Retailer, Store: s.Store.ID}
	i := t.writeMessage(n, s.customer, m)
	i["from"] = str(s.Store.Number)
	i["epoch"] = num(s.Consent.Epoch)
	i["phase"] = str(phaseReady)
	dueKey("text", m.ID, in.At.Add(pickedUpWithin)).onto(i, "gsi2")

	conversation := t.conversationAnswered(s, in, m)
	writes := []types.TransactWriteItem{
		{Put: &types.Put{TableName: &t.name, Item: i, ConditionExpression: new(isNew)}},
		{Update: conversation},
		t.notRefused(s.Store.Retailer, s.customer, s.Consent.Epoch),
	}
	if in.Idempotency.Key != "" {
		writes = append(writes, t.remember(s.Store.Retailer, in.Idempotency, "message", m.ID, in.At))
	}
	if in.Request {
		writes = append(writes, t.count(askedKey(s.Store.Retailer, in.By.ID, in.At), t.requestsPerDay, in.At.Add(48*time.Hour)))
	}
	reasons, err := t.transact(ctx, writes)
	switch {
	case err != nil:
		return clienteling.Message{}, err
	case reasons == nil:
		return m, nil
	case in.Idempotency.Key != "" && failed(reasons[3]):
		return clienteling.Message{}, errRepeated
	case failed(reasons[2]) && text(reasons[2].Item, "state") == suppressionOpen:
		return clienteling.Message{}, consent.ErrOptedOut
	case in.Request && !failed(reasons[1]) && !failed(reasons[2]) && failed(reasons[len(reasons)-1]):
		return clienteling.Message{}, clienteling.E(clienteling.TooMany, "opt_in_requests_used",
			"You have sent %d opt-in requests today, which is what one associate may. Ask again tomorrow.", t.requestsPerDay).After(untilTomorrow(in.At))
	case in.Request:
		return clienteling.Message{}, clienteling.E(clienteling.Conflict, "opt_in_pending",
			"Somebody else has just asked this customer, or the conversation has changed. Read it again.")
	default:
		return clienteling.Message{}, consent.ErrOptInRequired
	}
}

// conversationAnswered moves a conversation to the front for a text of the store.
func (t *Table) conversationAnswered(s Sender, in NewText, m clienteling.Message) *types.Update {
	inbox := inboxKey(s.Store.Retailer, s.Store.ID, s.customer, m.At)
	set := "SET gsi1sk = :inboxSk, lastActivityAt = :at, lastKind = :kind, lastDirection = :direction, lastPreview = :preview"
	values := item{
		":inboxSk": str(inbox.sk), ":at": str(stamp(m.At)), ":kind": str(string(m.Kind)),
		":direction": str(string(m.Direction)), ":preview": str(preview(m.Text)),
	}
	var condition string
	if in.Request {
		// Another request, or an answer to one, must not have come between.
		set += ", gsi1pk = :inboxPk, phone = :phone, createdAt = if_not_exists(createdAt, :at), requestPending = :id, requestedAt = :at"
		values[":inboxPk"], values[":phone"], values[":id"] = str(inbox.pk), str(in.Phone), str(m.ID)
		if in.Name != "" {
			set += ", #name = if_not_exists(#name, :name)"
			values[":name"] = str(in.Name)
		}
		condition = "attribute_not_exists(pk)"
		if s.Conversation != nil {
			condition = "attribute_not_exists(requestPending) AND (attribute_not_exists(optIn) OR optIn = :was) AND "
			values[":was"] = str(string(s.Consent.OptIn))
			if last := s.Conversation.Requests.Last; last.IsZero() {
				condition += "attribute_not_exists(requestedAt)"
			} else {
				condition += "requestedAt = :last"
				values[":last"] = str(stamp(last))
			}
		}
	} else {
		condition = "optIn = :accepted AND optInEpoch = :epoch"
		values[":accepted"], values[":epoch"] = str(string(clienteling.OptInAccepted)), num(s.Consent.Epoch)
	}
	u := &types.Update{
		TableName: &t.name, Key: conversationKey(s.Store.Retailer, s.Store.ID, s.customer).item(),
		UpdateExpression: &set, ConditionExpression: &condition, ExpressionAttributeValues: values,
	}
	if in.Request && in.Name != "" {
		u.ExpressionAttributeNames = map[string]string{"#name": "name"}
	}
	return u
}
