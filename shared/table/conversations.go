package table

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

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
	c := t.shownConversation(items[0])
	s := consentState(items[0], orEmpty(items[1]))
	c.OptedOut, c.OptIn = s.Refused, s.Effective()
	return c, nil
}

// InboxFilter narrows a store's inbox; its zero value does not.
type InboxFilter struct {
	// Unread takes only conversations with something unread.
	Unread bool
	// Assignee takes only those of an associate, by their id.
	Assignee string
	// Unassigned takes only those that nobody has.
	Unassigned bool
}

func (f InboxFilter) keep(i item) bool {
	has := text(i, "assigneeId")
	return (f.Assignee == "" || has == f.Assignee) && (!f.Unassigned || has == "")
}

// Inbox returns a store's conversations, newest activity first, or the unread ones,
// longest waiting first, and the position to go on from, empty after the last. An
// invalid position is an Invalid error. Where the assignee matters, a page may be short,
// or even empty, and yet not the last: what one page reads is bounded. A conversation that gets a text meanwhile moves to the front, so it may be
// missed or met twice by whoever pages; clients tell by its id.
func (t *Table) Inbox(ctx context.Context, retailer, store string, f InboxFilter, p Page) ([]clienteling.Conversation, string, error) {
	l := list{index: gsi1, pk: "gsi1pk", sk: "gsi1sk", partition: inboxPartition(retailer, store), newestFirst: true}
	if f.Unread {
		l = list{index: gsi2, pk: "gsi2pk", sk: "gsi2sk", partition: unreadPartition(retailer, store)}
	}
	position := func(parts []string) (key, bool) {
		if len(parts) != 2 || !IsCustomer(parts[1]) {
			return key{}, false
		}
		_, err := time.Parse(stampLayout, parts[0])
		return conversationKey(retailer, store, parts[1]), err == nil
	}
	var items []item
	var next string
	var err error
	if f.Assignee != "" || f.Unassigned {
		items, next, err = t.filtered(ctx, l, p, position, f.keep)
	} else {
		items, next, err = t.page(ctx, l, p, position)
	}
	if err != nil {
		return nil, "", err
	}
	found := make([]clienteling.Conversation, len(items))
	for n, i := range items {
		found[n] = t.shownConversation(i)
	}
	return found, next, nil
}

// shownConversation is a conversation as lists have it: without the beginning of a text
// that is kept no longer.
func (t *Table) shownConversation(i item) clienteling.Conversation {
	c := readConversation(i)
	if c.LastActivityAt.Add(t.retention).Before(t.now()) {
		c.Last = nil
	}
	return c
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
// With create, it is a text of the customer's, and a conversation that is not there
// yet begins.
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
		set += ", gsi1pk = :inboxPk, phone = :phone, createdAt = if_not_exists(createdAt, :at), heardAt = :at"
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
		HeardAt:        moment(i, "heardAt"),
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
