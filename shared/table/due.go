package table

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// DueTexts returns texts that were due before a moment, at most limit of each shard.
func (t *Table) DueTexts(ctx context.Context, before time.Time, limit int) ([]OutboundKey, error) {
	items, err := t.due(ctx, "text", before, limit)
	if err != nil {
		return nil, err
	}
	var due []OutboundKey
	for _, i := range items {
		if k, ok := outboundKey(i); ok {
			due = append(due, k)
		}
	}
	return due, nil
}

// TextDueAgain moves a text's due time, if the text is still as it was read.
func (t *Table) TextDueAgain(ctx context.Context, o Outbound, due time.Time) error {
	reasons, err := t.transact(ctx, []types.TransactWriteItem{
		t.updateText(o.Key, "phase = :phase", item{":phase": str(o.phase), ":due": str(dueKey("text", o.Key.Message, due).sk)}, "SET gsi2sk = :due"),
	})
	if err == nil && reasons != nil {
		return ErrNotReady
	}
	return err
}

// due returns what of a kind was due before a moment, at most limit of each shard.
func (t *Table) due(ctx context.Context, kind string, before time.Time, limit int) ([]item, error) {
	var all []item
	for shard := range dueShards {
		out, err := t.db.Query(ctx, &dynamodb.QueryInput{
			TableName: &t.name, IndexName: new(gsi2), Limit: new(int32(limit)),
			KeyConditionExpression:    new("gsi2pk = :due AND gsi2sk < :before"),
			ExpressionAttributeValues: item{":due": str(duePartition(kind, shard)), ":before": str(stamp(before))},
		})
		if err != nil {
			return nil, unavailable(err)
		}
		all = append(all, out.Items...)
	}
	return all, nil
}

// ConsentChange is a change of a customer's refusal that other stores do not show yet.
type ConsentChange struct {
	Retailer, Customer string
	key                key
}

// DueConsentChanges returns changes that were due before a moment.
func (t *Table) DueConsentChanges(ctx context.Context, before time.Time, limit int) ([]ConsentChange, error) {
	items, err := t.due(ctx, "consent", before, limit)
	if err != nil {
		return nil, err
	}
	var changes []ConsentChange
	for _, i := range items {
		_, owner, _ := strings.Cut(text(i, "pk"), "#")
		retailer, customer, _ := strings.Cut(owner, "#")
		changes = append(changes, ConsentChange{retailer, customer, key{text(i, "gsi2pk"), text(i, "gsi2sk")}})
	}
	return changes, nil
}

// ShowConsentChange tells the customer's conversations with every store of the
// retailer whether they have opted out, and of their epoch, for the inboxes, with an
// event in the threads that show it by nothing else; then it marks the change as shown,
// unless there is a newer one. What may be sent does not rest on it.
func (t *Table) ShowConsentChange(ctx context.Context, c ConsentChange) error {
	k := suppressionKey(c.Retailer, c.Customer)
	suppression, err := t.get(ctx, k, true)
	if err != nil {
		return err
	}
	refused, epoch := text(suppression, "state") == suppressionOpen, integer(suppression, "epoch")
	in := list{pk: "pk", sk: "sk", partition: k.pk}
	conversations, _, err := t.query(ctx, in, mostOfACustomer, nil)
	if err != nil {
		return err
	}
	for _, i := range conversations {
		if !strings.HasPrefix(text(i, "sk"), "STORE#") || boolean(i, "optedOut") == refused && integer(i, "customerEpoch") == epoch {
			continue
		}
		if err := t.showConsent(ctx, i, c, refused, epoch); err != nil {
			return err
		}
	}
	_, err = t.transact(ctx, []types.TransactWriteItem{{Update: &types.Update{
		TableName: &t.name, Key: k.item(), ConditionExpression: new("gsi2sk = :shown"),
		UpdateExpression: new("REMOVE gsi2pk, gsi2sk"), ExpressionAttributeValues: item{":shown": str(c.key.sk)},
	}}})
	return err
}

// showConsent tells one conversation, unless somebody else has meanwhile.
func (t *Table) showConsent(ctx context.Context, conversation item, c ConsentChange, refused bool, epoch int) error {
	known := boolean(conversation, "optedOut")
	told := change{
		key:       key{text(conversation, "pk"), text(conversation, "sk")},
		condition: "attribute_exists(pk) AND (attribute_not_exists(#optedOut) OR #optedOut = :known)",
		values:    item{":known": flag(known)},
		set:       item{"optedOut": flag(refused), "customerEpoch": num(epoch)},
	}
	writes := []types.TransactWriteItem{{}}
	if refused != known {
		at, store := t.now(), strings.TrimPrefix(told.key.sk, "STORE#")
		m := clienteling.Message{ID: t.newID(at), Kind: clienteling.KindOptedIn, At: at}
		if refused {
			m.Kind = clienteling.KindOptedOut
		}
		told.set = with(told.set, t.eventShown(c.Retailer, store, c.Customer, at))
		writes = append(writes, types.TransactWriteItem{Put: &types.Put{
			TableName: &t.name, Item: t.writeMessage(clienteling.Number{Retailer: c.Retailer, Store: store}, c.Customer, m),
		}})
	}
	writes[0] = t.update(told)
	_, err := t.transact(ctx, writes)
	return err
}

// mostOfACustomer is more than the stores and the consent events of one person.
const mostOfACustomer = 10000
