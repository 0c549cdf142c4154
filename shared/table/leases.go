package table

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// takeLease is the same check, and takes the lease of a text that is now handed to
// Twilio.
func (t *Table) takeLease(retailer, customer string, epoch int, lease string) types.TransactWriteItem {
	condition, values := notRefusedAt(epoch)
	values[":lease"] = &types.AttributeValueMemberSS{Value: []string{lease}}
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &t.name, Key: suppressionKey(retailer, customer).item(), ConditionExpression: &condition,
		UpdateExpression:         new("ADD sending :lease"),
		ExpressionAttributeNames: stateName, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

// giveBack ends a lease; one that is not there any more is no matter.
func (t *Table) giveBack(retailer, customer, lease string) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &t.name, Key: suppressionKey(retailer, customer).item(),
		UpdateExpression:          new("DELETE sending :lease"),
		ExpressionAttributeValues: item{":lease": &types.AttributeValueMemberSS{Value: []string{lease}}},
	}}
}

// lease writes until when a text may be handed to Twilio: "<epoch ms>#<id>".
func lease(id string, until time.Time) string {
	return strconv.FormatInt(until.UnixMilli(), 10) + "#" + id
}

func leases(i item) []string {
	v, _ := i["sending"].(*types.AttributeValueMemberSS)
	if v == nil {
		return nil
	}
	return v.Value
}

// lastLease is when the last of some leases is over; the zero time for none.
func lastLease(all []string) (last time.Time) {
	for _, l := range all {
		ms, _, _ := strings.Cut(l, "#")
		n, _ := strconv.ParseInt(ms, 10, 64)
		if until := time.UnixMilli(n); until.After(last) {
			last = until
		}
	}
	return last
}

// sendingPause is how long AwaitSends rests between its looks.
const sendingPause = 100 * time.Millisecond

// AwaitSends returns when no text to the customer is being handed to Twilio any
// more, or when the lease of the last one is over (a worker that died holds one).
func (t *Table) AwaitSends(ctx context.Context, retailer, customer string) error {
	for {
		i, err := t.get(ctx, suppressionKey(retailer, customer), true)
		if err != nil {
			return err
		}
		if last := lastLease(leases(i)); !t.now().Before(last) {
			return nil
		}
		pause := time.NewTimer(sendingPause)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return unavailable(ctx.Err())
		}
	}
}
