package table

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// EraseRecords erases what the table has of a person, at most so many entries of
// threads, and reports whether something is left. A conversation goes after its thread,
// so that whoever comes after a crash still knows where to look.
func (t *Table) EraseRecords(ctx context.Context, e Erasure, most int) (left bool, err error) {
	unrouted, err := t.unroutedOf(ctx, e.Retailer, e.Phone)
	if err != nil {
		return false, err
	}
	unrouted = slices.DeleteFunc(unrouted, func(i item) bool { return !moment(i, "at").Before(e.RequestedAt) })
	if err := t.eraseAll(ctx, unrouted); err != nil {
		return false, err
	}
	stores, err := t.storesOf(ctx, e)
	if err != nil {
		return false, err
	}
	for _, store := range stores {
		var entries []item
		err := t.walk(ctx, threadOf(e, store), func(i item) bool {
			if !e.sinceThen(i) {
				entries = append(entries, i)
			}
			return len(entries) <= most
		})
		if err != nil {
			return false, err
		}
		if left = len(entries) > most; left {
			entries = entries[:most]
		}
		if err := t.eraseAll(ctx, entries); err != nil || left {
			return left, err
		}
		if err := t.endConversation(ctx, e, store); err != nil {
			return false, err
		}
		most -= len(entries)
	}
	return false, errors.Join(t.eraseLedger(ctx, e), t.forgetRefusal(ctx, e))
}

// erasedAtOnce is how many items are deleted in one transaction, which takes 100.
const erasedAtOnce = 100

// eraseAll deletes items. The SIDs that their texts and calls claimed stay claimed, until
// their time: they tell of nobody, and without them a webhook that comes again, by Twilio's
// retry or by somebody who kept it, would be a new text, and an old START lift a refusal.
func (t *Table) eraseAll(ctx context.Context, items []item) error {
	for some := range slices.Chunk(items, erasedAtOnce) {
		var writes []types.TransactWriteItem
		for _, i := range some {
			writes = append(writes, t.erased(key{text(i, "pk"), text(i, "sk")}))
		}
		if _, err := t.transact(ctx, writes); err != nil {
			return err
		}
	}
	return nil
}

// erased deletes an item, if it is there.
func (t *Table) erased(k key) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: k.item()}}
}

// endConversation deletes a conversation whose thread was erased. One in which the
// customer has texted since begins anew: it has what those texts say, and nothing else.
func (t *Table) endConversation(ctx context.Context, e Erasure, store string) error {
	k := conversationKey(e.Retailer, store, e.Customer)
	for range transactionTries {
		items, err := t.getAll(ctx, []key{k, suppressionKey(e.Retailer, e.Customer)})
		if err != nil {
			return err
		}
		was := items[0]
		if was == nil || begunSince(e, was) {
			return nil
		}
		var came []item
		err = t.walk(ctx, threadOf(e, store), func(i item) bool {
			if e.sinceThen(i) {
				came = append(came, i)
			}
			return true
		})
		if err != nil {
			return err
		}
		unchanged, values := "#lastId = :last", item{":last": was["lastId"]}
		if was["lastId"] == nil {
			unchanged, values = "attribute_not_exists(#lastId)", nil
		}
		write := t.erase(k, unchanged, values)
		if len(came) > 0 {
			unchanged += " AND #unread = :unread"
			values = with(values, item{":unread": num(integer(was, "unread"))})
			write = t.create(t.begunAnew(e, store, was, came, orEmpty(items[1])), unchanged, values)
		}
		reasons, err := t.transact(ctx, []types.TransactWriteItem{write})
		if err != nil || reasons == nil {
			return err
		}
	}
	return clienteling.E(clienteling.Unavailable, "contended", "The customer keeps texting. Try again.")
}

// begunSince reports whether a conversation is one that the customer began after the
// erasure was asked for. One that the store began then was under way, and goes.
func begunSince(e Erasure, conversation item) bool {
	return !moment(conversation, "createdAt").Before(e.RequestedAt) && conversation["requestedAt"] == nil
}

// begunAnew is a conversation as if it had begun with some entries of its thread.
func (t *Table) begunAnew(e Erasure, store string, was item, came []item, suppression item) item {
	first, last := came[0], came[len(came)-1]
	i := conversationKey(e.Retailer, store, e.Customer).item()
	inboxKey(e.Retailer, store, e.Customer, moment(last, "at")).onto(i, "gsi1")
	i["phone"], i["createdAt"] = was["phone"], first["at"]
	i["lastId"], i["lastActivityAt"], i["lastKind"], i["lastDirection"] = last["sk"], last["at"], last["kind"], last["direction"]
	i["lastPreview"] = str(preview(text(last, "text")))
	unread := min(integer(was, "unread"), len(came))
	i["unread"] = num(unread)
	if unread > 0 {
		unreadKey(e.Retailer, store, e.Customer, moment(came[len(came)-unread], "at")).onto(i, "gsi2")
	}
	for _, entry := range came {
		if text(entry, "kind") == string(clienteling.KindText) {
			i["heardAt"] = entry["at"]
		}
	}
	// A refusal that was lifted before is forgotten, and its epoch with it.
	if s := consentState(nil, suppression); s.Refused || s.Epoch > 0 && !moment(suppression, "since").Before(e.RequestedAt) {
		i["optedOut"], i["customerEpoch"] = flag(s.Refused), num(s.Epoch)
	}
	return i
}

// eraseLedger deletes the evidence of what was said before the erasure was asked for,
// and the counts of answers.
func (t *Table) eraseLedger(ctx context.Context, e Erasure) error {
	var gone []item
	for _, prefix := range []string{"CONSENT#", "ANSWERED#"} {
		err := t.walk(ctx, list{pk: "pk", sk: "sk", partition: customerPartition(e.Retailer, e.Customer), prefix: prefix, consistent: true}, func(i item) bool {
			if prefix == "ANSWERED#" || text(i, "sk") < prefix+e.firstID() {
				gone = append(gone, i)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return t.eraseAll(ctx, gone)
}

// forgetRefusal deletes what is known of a customer's refusal. One that is in force
// stays, as no more than that: who wants no texts does not want them because they were
// forgotten. With one that was lifted, the count of the customer's opt-outs goes too,
// since nothing that refers to an earlier one is left: no acceptance, no text to be sent.
// What was said after the erasure was asked for stays as it is.
func (t *Table) forgetRefusal(ctx context.Context, e Erasure) error {
	k := suppressionKey(e.Retailer, e.Customer)
	for range transactionTries {
		was, err := t.get(ctx, k, true)
		if errors.Is(err, clienteling.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if !moment(was, "since").Before(e.RequestedAt) {
			return nil
		}
		unchanged, values := "#since = :since", item{":since": was["since"]}
		if was["since"] == nil {
			unchanged, values = "attribute_not_exists(#since)", nil
		}
		write := t.erase(k, unchanged, values)
		if text(was, "state") == suppressionOpen {
			write = t.update(change{key: k, condition: unchanged, values: values, remove: []string{"store", "sid", "sending"}})
		}
		reasons, err := t.transact(ctx, []types.TransactWriteItem{write})
		if err != nil || reasons == nil {
			return err
		}
	}
	return clienteling.E(clienteling.Unavailable, "contended", "The customer's consent keeps changing. Try again.")
}

// unroutedOf returns the texts of a person to numbers of a retailer that no store uses,
// the oldest first, by going through those of all retailers, of the last month.
func (t *Table) unroutedOf(ctx context.Context, retailer, phone string) ([]item, error) {
	if phone == "" {
		return nil, nil
	}
	var from []item
	l := list{index: gsi2, pk: "gsi2pk", sk: "gsi2sk", partition: operatorKey("unrouted", "", time.Time{}).pk}
	err := t.walk(ctx, l, func(i item) bool {
		if text(i, "from") == phone {
			from = append(from, i)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	ours := map[string]bool{}
	var found []item
	for _, i := range from {
		to := text(i, "to")
		if _, asked := ours[to]; !asked {
			n, err := t.NumberNow(ctx, to)
			if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
				return nil, err
			}
			ours[to] = n.Retailer == retailer
		}
		if ours[to] {
			found = append(found, i)
		}
	}
	return found, nil
}

// storesOf returns the stores that have a conversation with the person.
func (t *Table) storesOf(ctx context.Context, e Erasure) (stores []string, err error) {
	l := list{pk: "pk", sk: "sk", partition: customerPartition(e.Retailer, e.Customer), prefix: "STORE#", consistent: true}
	err = t.walk(ctx, l, func(i item) bool {
		stores = append(stores, strings.TrimPrefix(text(i, "sk"), l.prefix))
		return true
	})
	return stores, err
}

func threadOf(e Erasure, store string) list {
	return list{pk: "pk", sk: "sk", partition: threadPartition(e.Retailer, store, e.Customer), consistent: true}
}
