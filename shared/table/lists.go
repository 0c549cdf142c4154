package table

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"clienteling/shared/clienteling"
)

// Page is where a list goes on: at most Limit entries after the position After,
// which is empty for the first page.
type Page struct {
	Limit int
	After string
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

// page reads a page of a list. Of the parts of a position, of makes the key of the item
// that it names; false for parts that no position of the list has.
func (t *Table) page(ctx context.Context, l list, p Page, of func(parts []string) (key, bool)) ([]item, string, error) {
	start, err := l.start(p.After, of)
	if err != nil {
		return nil, "", err
	}
	return t.query(ctx, l, p.Limit, start)
}

// start is what DynamoDB goes on after; nil for the first page.
func (l list) start(after string, of func(parts []string) (key, bool)) (item, error) {
	if after == "" {
		return nil, nil
	}
	k, ok := of(strings.Split(after, "#"))
	if !ok || !strings.HasPrefix(after, l.prefix) || len(after) > maxSortKey {
		return nil, errPosition
	}
	start := k.item()
	start[l.pk], start[l.sk] = str(l.partition), str(after)
	return start, nil
}

// errPosition is a cursor that no answer of ours ever held.
var errPosition = clienteling.E(clienteling.Invalid, "invalid_cursor", "This cursor is not one of this list. Start again without a cursor.")

// query reads up to limit live items of a list, after start, and the position of
// the last of them when there are more. It asks for one item too many to know
// that: DynamoDB's own marker also comes when a page ends exactly at the end.
func (t *Table) query(ctx context.Context, l list, limit int, start item) (found []item, next string, err error) {
	in := t.ask(l)
	in.Limit, in.ExclusiveStartKey = new(int32(limit)+1), start
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

// walk visits the items of a list in order until visit says no, also those that are
// past their time and not deleted yet.
func (t *Table) walk(ctx context.Context, l list, visit func(item) bool) error {
	in := t.ask(l)
	for {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return unavailable(err)
		}
		for _, i := range out.Items {
			if !visit(i) {
				return nil
			}
		}
		if len(out.LastEvaluatedKey) == 0 {
			return nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// ask renders a list as DynamoDB is asked for it.
func (t *Table) ask(l list) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName: &t.name, KeyConditionExpression: new(l.pk + " = :partition"),
		ExpressionAttributeValues: item{":partition": str(l.partition)}, ScanIndexForward: new(!l.newestFirst),
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
	return in
}
