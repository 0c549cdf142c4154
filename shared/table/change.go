package table

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// change is an update of one item under a condition. Every attribute is written
// through an alias, since hundreds of plain words are reserved and fail only when
// the call is made.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
type change struct {
	key key
	// set are the new values; an empty string removes its attribute.
	set item
	// remove are attributes to go.
	remove []string
	// condition names attributes as #state and values as :state; values are those
	// that set does not have.
	condition string
	values    item
}

// update renders a change; a condition that fails returns the old item.
func (t *Table) update(c change) types.TransactWriteItem {
	values := maps.Clone(c.values)
	if values == nil {
		values = item{}
	}
	names := aliases(c.condition)
	var set []string
	remove := slices.Clone(c.remove)
	for _, name := range slices.Sorted(maps.Keys(c.set)) {
		if s, ok := c.set[name].(*types.AttributeValueMemberS); ok && s.Value == "" {
			remove = append(remove, name)
			continue
		}
		names["#"+name], values[":set_"+name] = name, c.set[name]
		set = append(set, "#"+name+" = :set_"+name)
	}
	var expression []string
	if len(set) > 0 {
		expression = append(expression, "SET "+strings.Join(set, ", "))
	}
	if len(remove) > 0 {
		for n, name := range remove {
			names["#"+name] = name
			remove[n] = "#" + name
		}
		expression = append(expression, "REMOVE "+strings.Join(remove, ", "))
	}
	u := &types.Update{
		TableName: &t.name, Key: c.key.item(), ExpressionAttributeNames: names,
		UpdateExpression:                    new(strings.Join(expression, " ")),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if c.condition != "" {
		u.ConditionExpression = &c.condition
	}
	if len(values) > 0 {
		u.ExpressionAttributeValues = values
	}
	return types.TransactWriteItem{Update: u}
}

// check renders a condition on an item that is not written.
func (t *Table) check(k key, condition string, values item) types.TransactWriteItem {
	c := &types.ConditionCheck{
		TableName: &t.name, Key: k.item(), ConditionExpression: &condition, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if names := aliases(condition); len(names) > 0 {
		c.ExpressionAttributeNames = names
	}
	return types.TransactWriteItem{ConditionCheck: c}
}

// create renders a put under a condition; an empty one is isNew.
func (t *Table) create(i item, condition string, values item) types.TransactWriteItem {
	if condition == "" {
		condition = isNew
	}
	p := &types.Put{
		TableName: &t.name, Item: i, ConditionExpression: &condition, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if names := aliases(condition); len(names) > 0 {
		p.ExpressionAttributeNames = names
	}
	return types.TransactWriteItem{Put: p}
}

// erase renders a deletion under a condition.
func (t *Table) erase(k key, condition string, values item) types.TransactWriteItem {
	d := &types.Delete{
		TableName: &t.name, Key: k.item(), ConditionExpression: &condition, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if names := aliases(condition); len(names) > 0 {
		d.ExpressionAttributeNames = names
	}
	return types.TransactWriteItem{Delete: d}
}

// aliases are the attributes that a condition names, as it names them.
func aliases(condition string) map[string]string {
	names := map[string]string{}
	for n, part := range strings.Split(condition, "#") {
		if n == 0 {
			continue
		}
		end := strings.IndexFunc(part, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') })
		if end < 0 {
			end = len(part)
		}
		names["#"+part[:end]] = part[:end]
	}
	return names
}

// attributes renders a key as attributes of an index.
func (k key) attributes(index string) item {
	i := item{}
	k.onto(i, index)
	return i
}

// with returns the attributes of all, later ones winning.
func with(all ...item) item {
	sum := item{}
	for _, i := range all {
		maps.Copy(sum, i)
	}
	return sum
}
