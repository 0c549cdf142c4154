// Package table is all access to the product's one DynamoDB table. A file is a
// question or a write, named so; keys.go shows every key and access pattern.
// Callers never see an item: they get and give the nouns of package clienteling.
package table

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// Table is the product's table. It is safe for concurrent use.
type Table struct {
	db        *dynamodb.Client
	name      string
	phoneKey  []byte
	retention time.Duration
	// testLocations: see Options.
	testLocations bool
	// requestsPerDay, ordersPerDay: see Options.
	requestsPerDay, ordersPerDay int
	now                          func() time.Time
	newID                        func(time.Time) string
}

// Options say how a Table is opened. Only Name is always needed.
type Options struct {
	// Name of the table.
	Name string
	// PhoneKey is the stage's secret under which customers' numbers are hashed;
	// needed by whoever calls Customer, or a write that does.
	PhoneKey []byte
	// TextRetention is how long texts, and the memory of their ids, are kept.
	TextRetention time.Duration
	// TestLocations says that a retailer has one location in each country on this
	// stage; for those who put stores on numbers.
	TestLocations bool
	// RequestsPerDay is how many opt-in requests one associate may send on a day (UTC);
	// for those who accept texts.
	RequestsPerDay int
	// OrdersPerDay is how many numbers a retailer may order on a day (UTC); for those
	// who order. Without it none may be ordered, so that whoever forgets it finds out.
	OrdersPerDay int
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// NewID makes ids that sort by time; clienteling.NewID when nil.
	NewID func(time.Time) string
}

// Open returns the table that cfg reaches. It calls nothing yet.
func Open(cfg aws.Config, o Options) *Table {
	t := &Table{name: o.Name, phoneKey: o.PhoneKey, retention: o.TextRetention, testLocations: o.TestLocations, requestsPerDay: o.RequestsPerDay, ordersPerDay: o.OrdersPerDay, now: o.Now, newID: o.NewID}
	if t.now == nil {
		t.now = time.Now
	}
	if t.newID == nil {
		t.newID = clienteling.NewID
	}
	t.db = dynamodb.NewFromConfig(cfg, func(d *dynamodb.Options) {
		// The host then stays the one that was warmed before the first call.
		d.AccountIDEndpointMode = aws.AccountIDEndpointModeDisabled
	})
	return t
}

// item is one record as DynamoDB holds it.
type item = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func num[N int | int64](n N) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(n), 10)}
}

func flag(b bool) types.AttributeValue { return &types.AttributeValueMemberBOOL{Value: b} }

func text(i item, name string) string {
	v, _ := i[name].(*types.AttributeValueMemberS)
	if v == nil {
		return ""
	}
	return v.Value
}

func integer(i item, name string) int {
	v, _ := i[name].(*types.AttributeValueMemberN)
	if v == nil {
		return 0
	}
	n, _ := strconv.Atoi(v.Value)
	return n
}

func boolean(i item, name string) bool {
	v, _ := i[name].(*types.AttributeValueMemberBOOL)
	return v != nil && v.Value
}

func moment(i item, name string) time.Time {
	t, _ := time.Parse(stampLayout, text(i, name))
	return t
}

// putText adds s under name unless it is empty: an absent attribute costs nothing.
func putText(i item, name, s string) {
	if s != "" {
		i[name] = str(s)
	}
}

// expiry is the TTL value (epoch seconds) of what is written at a moment.
func (t *Table) expiry(at time.Time) types.AttributeValue { return num(at.Add(t.retention).Unix()) }

// live reports whether an item is not past its TTL: DynamoDB deletes up to two
// days late and returns the item until then.
func (t *Table) live(i item) bool {
	e := integer(i, "expiresAt")
	return e == 0 || int64(e) > t.now().Unix()
}

func (t *Table) get(ctx context.Context, k key, consistent bool) (item, error) {
	out, err := t.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: k.item(), ConsistentRead: &consistent})
	if err != nil {
		return nil, unavailable(err)
	}
	if len(out.Item) == 0 || !t.live(out.Item) {
		return nil, clienteling.ErrNotFound
	}
	return out.Item, nil
}

// put writes a whole item if the condition holds; errConditionFailed otherwise.
func (t *Table) put(ctx context.Context, i item, condition string) error {
	in := &dynamodb.PutItemInput{TableName: &t.name, Item: i}
	if condition != "" {
		in.ConditionExpression = &condition
	}
	_, err := t.db.PutItem(ctx, in)
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return errConditionFailed
	}
	return unavailable(err)
}

// errConditionFailed means that a write found the item in another state.
var errConditionFailed = errors.New("table: condition failed")

// isNew is the condition of every create.
const isNew = "attribute_not_exists(pk)"

// transactionTries is how often a transaction that met another one on the same
// items is tried. DynamoDB cancels the later one, and the SDK leaves the retry
// to us. Eight tries with the pauses below add up to a second at most.
const transactionTries = 8

// transact writes all or nothing. When conditions fail it returns, in the order
// of the writes, the reasons DynamoDB gives (with the old items where asked for)
// and no error.
func (t *Table) transact(ctx context.Context, writes []types.TransactWriteItem) ([]types.CancellationReason, error) {
	for try := 1; ; try++ {
		_, err := t.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
		var canceled *types.TransactionCanceledException
		if !errors.As(err, &canceled) {
			return nil, unavailable(err)
		}
		conflict := false
		for _, r := range canceled.CancellationReasons {
			switch aws.ToString(r.Code) {
			case "None", "":
			case "ConditionalCheckFailed":
				return canceled.CancellationReasons, nil
			case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
				conflict = true
			default:
				return nil, unavailable(fmt.Errorf("%w: %s", err, aws.ToString(r.Message)))
			}
		}
		if !conflict || try == transactionTries {
			return nil, unavailable(err)
		}
		pause := time.NewTimer(rand.N(time.Duration(try) * 30 * time.Millisecond))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return nil, unavailable(ctx.Err())
		}
	}
}

func failed(r types.CancellationReason) bool {
	return aws.ToString(r.Code) == "ConditionalCheckFailed"
}

// unavailable renders a fault of DynamoDB as the product's error; nil stays nil.
func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return clienteling.E(clienteling.Unavailable, "storage_unavailable",
		"Our storage did not answer. Nothing was changed unless you find it so; send the same request again.").Because(err)
}

// getAll reads items by their keys in one call, consistently; nil for one that is
// not there. DynamoDB may leave some for another call when it is busy. It refuses a
// call that names a key twice.
func (t *Table) getAll(ctx context.Context, keys []key) ([]item, error) {
	found := make([]item, len(keys))
	asked := make([]map[string]types.AttributeValue, len(keys))
	for n, k := range keys {
		asked[n] = k.item()
	}
	request := map[string]types.KeysAndAttributes{t.name: {Keys: asked, ConsistentRead: new(true)}}
	for len(request) > 0 {
		out, err := t.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: request})
		if err != nil {
			return nil, unavailable(err)
		}
		for _, i := range out.Responses[t.name] {
			for n, k := range keys {
				if text(i, "pk") == k.pk && text(i, "sk") == k.sk && t.live(i) {
					found[n] = i
				}
			}
		}
		request = out.UnprocessedKeys
	}
	return found, nil
}

func orEmpty(i item) item {
	if i == nil {
		return item{}
	}
	return i
}
