package table

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"clienteling/shared/clienteling"
)

// changesOverlap is how far back Changes looks again: texts that arrive at the
// same time are written in any order, and none must be passed over.
const changesOverlap = 2 * time.Second

// Changes returns a store's conversations with activity since a position of an
// earlier answer, oldest first, and the position to ask from the next time. With
// an empty position there are none: it is where asking begins. What happened in
// the last two seconds may come again.
func (t *Table) Changes(ctx context.Context, retailer, store, since string, limit int) ([]clienteling.Conversation, string, error) {
	now := t.now().Add(-changesOverlap)
	if since == "" {
		return nil, stamp(now), nil
	}
	if _, err := time.Parse(stampLayout, since); err != nil {
		return nil, "", errPosition
	}
	out, err := t.db.Query(ctx, &dynamodb.QueryInput{
		TableName: &t.name, IndexName: new(gsi1), Limit: new(int32(limit)),
		KeyConditionExpression: new("gsi1pk = :inbox AND gsi1sk >= :since"),
		ExpressionAttributeValues: item{
			":inbox": str(inboxPartition(retailer, store)), ":since": str(since),
		},
	})
	if err != nil {
		return nil, "", unavailable(err)
	}
	found := make([]clienteling.Conversation, len(out.Items))
	for n, i := range out.Items {
		found[n] = t.shownConversation(i)
	}
	next := max(since, stamp(now))
	if len(out.LastEvaluatedKey) > 0 { // more than a page: go on from its end
		next, _, _ = strings.Cut(text(out.LastEvaluatedKey, "gsi1sk"), "#")
	}
	return found, next, nil
}
