package table

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// count counts one more under a key, and fails when there are most already. The item
// goes away by itself some time after the day or hour that it is for.
func (t *Table) count(k key, most int, expires time.Time) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &t.name, Key: k.item(),
		UpdateExpression:         new("SET expiresAt = :expires ADD #count :one"),
		ConditionExpression:      new("attribute_not_exists(#count) OR #count < :most"),
		ExpressionAttributeNames: map[string]string{"#count": "count"},
		ExpressionAttributeValues: item{
			":one": num(1), ":most": num(most), ":expires": num(expires.Unix()),
		},
	}}
}

// untilTomorrow is how long a day, which is UTC's, still lasts.
func untilTomorrow(at time.Time) time.Duration {
	at = at.UTC()
	return time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, time.UTC).Sub(at)
}
