package table

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// unroutedRetention is how long a text to a number nobody uses waits for the operator.
const unroutedRetention = 30 * 24 * time.Hour

// KeepUnrouted keeps a text to a number that no store uses, for the operator.
// A *DuplicateError: it was kept before.
func (t *Table) KeepUnrouted(ctx context.Context, in InboundText) error {
	id := t.newID(in.At)
	i := unroutedKey(id).item()
	operatorKey("unrouted", id, in.At).onto(i, "gsi2")
	i["from"] = str(in.From)
	i["to"] = str(in.To)
	putText(i, "text", in.Body)
	putMedia(i, in.Media)
	i["sid"] = str(in.SID)
	i["accountSid"] = str(in.AccountSID)
	i["at"] = str(stamp(in.At))
	i["expiresAt"] = num(in.At.Add(unroutedRetention).Unix())

	reasons, err := t.transact(ctx, []types.TransactWriteItem{
		t.claimSID(in.SID, in.Answer, in.At),
		{Put: &types.Put{TableName: &t.name, Item: i}},
	})
	if err == nil && reasons != nil {
		return &DuplicateError{Answer: text(reasons[0].Item, "answer")}
	}
	return err
}
