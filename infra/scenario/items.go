package scenario

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/infra/local/dynamodb"
)

// Items are items by their primary key, written "pk / sk". An attribute is a
// string, a json.Number, a bool, a list (also for a set, in order) or a map of such, without the keys.
type Items map[string]map[string]any

// Items returns all that is in the table, expired or not, past the Wire.
func (t *Table) Items(tb testing.TB) Items {
	tb.Helper()
	all := Items{}
	pages := sdk.NewScanPaginator(dynamodb.Client(t.endpoint), &sdk.ScanInput{TableName: &t.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(tb.Context())
		if err != nil {
			tb.Fatal(err)
		}
		for _, i := range page.Items {
			key := plain(i["pk"]).(string) + " / " + plain(i["sk"]).(string)
			delete(i, "pk")
			delete(i, "sk")
			all[key] = plain(&types.AttributeValueMemberM{Value: i}).(map[string]any)
		}
	}
	return all
}

// Patch sets attributes of an item, past the Wire and every rule: for states that
// nothing makes yet, or nothing makes twice at will.
func (t *Table) Patch(tb testing.TB, pk, sk string, attributes map[string]any) {
	tb.Helper()
	in := &sdk.UpdateItemInput{
		TableName: &t.Name,
		Key:       map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}},

		AttributeUpdates: map[string]types.AttributeValueUpdate{},
	}
	for name, value := range attributes {
		v, err := attributevalue.Marshal(value)
		if err != nil {
			tb.Fatal(err)
		}
		in.AttributeUpdates[name] = types.AttributeValueUpdate{Action: types.AttributeActionPut, Value: v}
	}
	if _, err := dynamodb.Client(t.endpoint).UpdateItem(context.WithoutCancel(tb.Context()), in); err != nil {
		tb.Fatal(err)
	}
}

func plain(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return json.Number(v.Value)
	case *types.AttributeValueMemberBOOL:
		return v.Value
	case *types.AttributeValueMemberL:
		l := make([]any, len(v.Value))
		for n, e := range v.Value {
			l[n] = plain(e)
		}
		return l
	case *types.AttributeValueMemberSS:
		l := make([]any, len(v.Value))
		for n, e := range slices.Sorted(slices.Values(v.Value)) {
			l[n] = e
		}
		return l
	case *types.AttributeValueMemberM:
		m := make(map[string]any, len(v.Value))
		for name, e := range v.Value {
			m[name] = plain(e)
		}
		return m
	default:
		return v // bytes and other sets: the product has none
	}
}

// Difference is what changed in a table. A changed attribute is a pair, before and
// after; null where it was absent.
type Difference struct {
	Added   Items                        `json:"added,omitempty"`
	Changed map[string]map[string][2]any `json:"changed,omitempty"`
	Removed Items                        `json:"removed,omitempty"`
}

// Since returns what changed from before to i.
func (i Items) Since(before Items) Difference {
	d := Difference{Added: Items{}, Changed: map[string]map[string][2]any{}, Removed: Items{}}
	for key, now := range i {
		was, known := before[key]
		if !known {
			d.Added[key] = now
			continue
		}
		changed := map[string][2]any{}
		for _, name := range slices.Concat(slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(now))) {
			if !reflect.DeepEqual(was[name], now[name]) {
				changed[name] = [2]any{was[name], now[name]}
			}
		}
		if len(changed) > 0 {
			d.Changed[key] = changed
		}
	}
	for key, was := range before {
		if _, kept := i[key]; !kept {
			d.Removed[key] = was
		}
	}
	return d
}
