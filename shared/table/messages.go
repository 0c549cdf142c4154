package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// Messages returns the entries of a conversation's thread, newest first, and the
// position to go on from, empty after the last.
func (t *Table) Messages(ctx context.Context, retailer, store, conversation string, p Page) ([]clienteling.Message, string, error) {
	l := list{pk: "pk", sk: "sk", partition: threadPartition(retailer, store, conversation), newestFirst: true}
	var start item
	if p.After != "" {
		if len(p.After) != 36 {
			return nil, "", errPosition
		}
		start = messageKey(retailer, store, conversation, p.After).item()
	}
	items, next, err := t.query(ctx, l, p.Limit, start)
	if err != nil {
		return nil, "", err
	}
	found := make([]clienteling.Message, len(items))
	for n, i := range items {
		found[n] = readMessage(i)
	}
	return found, next, nil
}

func (t *Table) writeMessage(n clienteling.Number, customer string, m clienteling.Message) item {
	i := messageKey(n.Retailer, n.Store, customer, m.ID).item()
	i["kind"] = str(string(m.Kind))
	putText(i, "direction", string(m.Direction))
	i["at"] = str(stamp(m.At))
	i["expiresAt"] = t.expiry(m.At)
	putText(i, "text", m.Text)
	putMedia(i, m.Media)
	putText(i, "status", m.Status)
	putText(i, "sid", m.SID)
	putText(i, "accountSid", m.AccountSID)
	putText(i, "byId", m.By.ID)
	putText(i, "byName", m.By.Name)
	if m.Request {
		i["request"] = flag(true)
	}
	putText(i, "wordingHash", m.Wording)
	putText(i, "consent", m.Consent)
	if m.Force {
		i["force"] = flag(true)
	}
	if !m.GoBy.IsZero() {
		i["goBy"] = str(stamp(m.GoBy))
	}
	return i
}

func readMessage(i item) clienteling.Message {
	m := clienteling.Message{
		ID:         text(i, "sk"),
		Kind:       clienteling.MessageKind(text(i, "kind")),
		Direction:  clienteling.Direction(text(i, "direction")),
		Text:       text(i, "text"),
		Status:     text(i, "status"),
		SID:        text(i, "sid"),
		AccountSID: text(i, "accountSid"),
		At:         moment(i, "at"),
		Reason:     text(i, "reason"),
		By:         clienteling.Associate{ID: text(i, "byId"), Name: text(i, "byName")},
		Request:    boolean(i, "request"),
		Wording:    text(i, "wordingHash"),
		Consent:    text(i, "consent"),
		Force:      boolean(i, "force"),
		GoBy:       moment(i, "goBy"),
	}
	m.Media = readMedia(i)
	return m
}

func readMedia(i item) []clienteling.Media {
	l, _ := i["media"].(*types.AttributeValueMemberL)
	if l == nil {
		return nil
	}
	var media []clienteling.Media
	for _, v := range l.Value {
		if e, ok := v.(*types.AttributeValueMemberM); ok {
			media = append(media, clienteling.Media{URL: text(e.Value, "url"), ContentType: text(e.Value, "contentType")})
		}
	}
	return media
}

func putMedia(i item, media []clienteling.Media) {
	if len(media) == 0 {
		return
	}
	l := make([]types.AttributeValue, len(media))
	for n, m := range media {
		l[n] = &types.AttributeValueMemberM{Value: item{"url": str(m.URL), "contentType": str(m.ContentType)}}
	}
	i["media"] = &types.AttributeValueMemberL{Value: l}
}

// Message returns one entry of a thread. clienteling.ErrNotFound: it is not there.
func (t *Table) Message(ctx context.Context, retailer, store, conversation, id string) (clienteling.Message, error) {
	i, err := t.get(ctx, messageKey(retailer, store, conversation, id), true)
	if err != nil {
		return clienteling.Message{}, err
	}
	return readMessage(i), nil
}
