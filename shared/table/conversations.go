package table

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

// Conversation returns one conversation of a store, as it stands now: what the
// customer said to other stores of the retailer counts here too.
// clienteling.ErrNotFound: the store has none of that id.
func (t *Table) Conversation(ctx context.Context, retailer, store, id string) (clienteling.Conversation, error) {
	if !IsCustomer(id) {
		return clienteling.Conversation{}, clienteling.ErrNotFound
	}
	items, err := t.getAll(ctx, []key{conversationKey(retailer, store, id), suppressionKey(retailer, id)})
	if err != nil {
		return clienteling.Conversation{}, err
	}
	if items[0] == nil {
		return clienteling.Conversation{}, clienteling.ErrNotFound
	}
	c := readConversation(items[0])
	s := consentState(items[0], orEmpty(items[1]))
	c.OptedOut, c.OptIn = s.Refused, s.Effective()
	return c, nil
}

// Page is where a list goes on: at most Limit entries after the position After,
// which is empty for the first page.
type Page struct {
	Limit int
	After string
}

// Inbox returns a store's conversations, newest activity first, and the position
// to go on from, empty after the last. An invalid position is an Invalid error.
// A conversation that gets a text meanwhile moves to the front, so it may be
// missed or met twice by whoever pages; clients tell by its id.
func (t *Table) Inbox(ctx context.Context, retailer, store string, p Page) ([]clienteling.Conversation, string, error) {
	return t.conversations(ctx, list{
		index: gsi1, pk: "gsi1pk", sk: "gsi1sk", partition: inboxPartition(retailer, store), newestFirst: true,
	}, retailer, store, p)
}

// Unread returns a store's conversations with something unread, longest waiting first.
func (t *Table) Unread(ctx context.Context, retailer, store string, p Page) ([]clienteling.Conversation, string, error) {
	return t.conversations(ctx, list{
		index: gsi2, pk: "gsi2pk", sk: "gsi2sk", partition: unreadPartition(retailer, store),
	}, retailer, store, p)
}

// list is a query for the items of one partition, of the table (index "") or of an index.
type list struct {
	index, pk, sk string
	partition     string
	// prefix narrows the sort keys; empty for all.
	prefix      string
	newestFirst bool
	consistent  bool
}

func (t *Table) conversations(ctx context.Context, l list, retailer, store string, p Page) ([]clienteling.Conversation, string, error) {
	var start item
	if p.After != "" {
		at, customer, ok := strings.Cut(p.After, "#")
		if _, err := time.Parse(stampLayout, at); err != nil || !ok || !IsCustomer(customer) {
			return nil, "", errPosition
		}
		start = conversationKey(retailer, store, customer).item()
		start[l.pk], start[l.sk] = str(l.partition), str(p.After)
	}
	items, next, err := t.query(ctx, l, p.Limit, start)
	if err != nil {
		return nil, "", err
	}
	found := make([]clienteling.Conversation, len(items))
	for n, i := range items {
		found[n] = readConversation(i)
	}
	return found, next, nil
}

// errPosition is a cursor that no answer of ours ever held.
var errPosition = clienteling.E(clienteling.Invalid, "invalid_cursor", "This cursor is not one of this list. Start again without a cursor.")

// query reads up to limit live items of a list, after start, and the position of
// the last of them when there are more. It asks for one item too many to know
// that: DynamoDB's own marker also comes when a page ends exactly at the end.
func (t *Table) query(ctx context.Context, l list, limit int, start item) (found []item, next string, err error) {
	in := &dynamodb.QueryInput{
		TableName:                 &t.name,
		KeyConditionExpression:    new(l.pk + " = :partition"),
		ExpressionAttributeValues: item{":partition": str(l.partition)},
		ScanIndexForward:          new(!l.newestFirst),
		Limit:                     new(int32(limit) + 1),
		ExclusiveStartKey:         start,
	}
	if l.index != "" {
		in.IndexName = &l.index
	}
	if l.consistent {
		in.ConsistentRead = new(true)
	}
	if l.prefix != "" {
		in.KeyConditionExpression = new(l.pk + " = :partition AND begins_with(" + l.sk + ", :prefix)")
		in.ExpressionAttributeValues[":prefix"] = str(l.prefix)
	}
	for {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return nil, "", unavailable(err)
		}
		for _, i := range out.Items {
			if !t.live(i) {
				continue
			}
			if len(found) == limit {
				return found, text(found[limit-1], l.sk), nil
			}
			found = append(found, i)
		}
		if len(out.LastEvaluatedKey) == 0 {
			return found, "", nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// previewLength is how many characters of a text the inbox shows.
const previewLength = 80

func preview(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= previewLength {
		return s
	}
	return string([]rune(s)[:previewLength-1]) + "…"
}

// conversationMoved is the update of a conversation that a new entry of its
// thread brings: it goes to the front of the inbox and counts one more unread.
// lastId is that of the newest entry that came in.
// With create, a conversation that is not there yet begins.
func (t *Table) conversationMoved(n clienteling.Number, customer, phone string, m clienteling.Message, create bool) *types.Update {
	inbox := inboxKey(n.Retailer, n.Store, customer, m.At)
	unread := unreadKey(n.Retailer, n.Store, customer, m.At)
	set := "SET gsi1sk = :inboxSk, gsi2pk = :unreadPk, gsi2sk = if_not_exists(gsi2sk, :unreadSk), " +
		"lastActivityAt = :at, lastKind = :kind, lastDirection = :direction, lastPreview = :preview, lastId = :id"
	values := item{
		":id":      str(m.ID),
		":inboxSk": str(inbox.sk), ":unreadPk": str(unread.pk), ":unreadSk": str(unread.sk),
		":at": str(stamp(m.At)), ":kind": str(string(m.Kind)), ":direction": str(string(m.Direction)),
		":preview": str(preview(m.Text)), ":one": num(1),
	}
	u := &types.Update{TableName: &t.name, Key: conversationKey(n.Retailer, n.Store, customer).item(), ExpressionAttributeValues: values}
	if create {
		set += ", gsi1pk = :inboxPk, phone = :phone, createdAt = if_not_exists(createdAt, :at)"
		values[":inboxPk"], values[":phone"] = str(inbox.pk), str(phone)
	} else {
		u.ConditionExpression = new("attribute_exists(pk)")
	}
	u.UpdateExpression = new(set + " ADD unread :one")
	return u
}

func readConversation(i item) clienteling.Conversation {
	_, owner, _ := strings.Cut(text(i, "pk"), "#")
	retailer, customer, _ := strings.Cut(owner, "#")
	c := clienteling.Conversation{
		ID:             customer,
		Retailer:       retailer,
		Store:          strings.TrimPrefix(text(i, "sk"), "STORE#"),
		Phone:          text(i, "phone"),
		Name:           text(i, "name"),
		OptIn:          shownOptIn(i),
		Epoch:          integer(i, "optInEpoch"),
		OptedOut:       boolean(i, "optedOut"),
		Unread:         integer(i, "unread"),
		CreatedAt:      moment(i, "createdAt"),
		LastActivityAt: moment(i, "lastActivityAt"),
		Requests: clienteling.OptInRequests{
			Count: integer(i, "requests"), Last: moment(i, "requestedAt"), Pending: text(i, "requestPending"),
		},
		Assignee: clienteling.Associate{ID: text(i, "assigneeId"), Name: text(i, "assigneeName")},
	}
	if kind := text(i, "lastKind"); kind != "" {
		c.Last = &clienteling.LastEntry{
			Kind:      clienteling.MessageKind(kind),
			Direction: clienteling.Direction(text(i, "lastDirection")),
			Preview:   text(i, "lastPreview"),
		}
	}
	return c
}

// shownOptIn is the opt-in as far as it still counts: customerEpoch is the
// customer's epoch as the conversation was last told of it.
func shownOptIn(i item) clienteling.OptIn {
	if integer(i, "customerEpoch") > integer(i, "optInEpoch") {
		return clienteling.OptInNone
	}
	return optIn(i)
}

func optIn(i item) clienteling.OptIn {
	if s := text(i, "optIn"); s != "" {
		return clienteling.OptIn(s)
	}
	return clienteling.OptInNone
}

// consentState joins what a conversation and a suppression say; either may be
// nil. A store that knows of no opt-out takes the conversation's epoch for the
// customer's: the guard of the write finds out when that is wrong.
func consentState(conversation, suppression item) consent.State {
	s := consent.State{OptIn: optIn(conversation), OptInEpoch: integer(conversation, "optInEpoch")}
	s.Epoch = s.OptInEpoch
	if suppression != nil {
		s.Refused, s.Epoch = text(suppression, "state") == suppressionOpen, integer(suppression, "epoch")
	}
	return s
}
