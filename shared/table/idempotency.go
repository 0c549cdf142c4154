package table

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// Idempotency is a caller's Idempotency-Key: Key binds it to caller and route.
type Idempotency struct {
	Key         string
	Fingerprint string
}

// Repeat is what a request with the same Idempotency-Key made.
type Repeat struct {
	// Fingerprint is that of the request's body.
	Fingerprint string
	// Made is the id of what it made.
	Made string
}

// idempotencyRetention is how long an Idempotency-Key is remembered.
const idempotencyRetention = 24 * time.Hour

// errRepeated says that a request with the same Idempotency-Key is being answered
// at the same time.
var errRepeated = clienteling.E(clienteling.Conflict, "repeated", "A request with this Idempotency-Key is being answered. Send it again to get that answer.")

// remember writes what an Idempotency-Key made, with the effect. One that has
// expired, and that DynamoDB has not got round to deleting, is free.
func (t *Table) remember(retailer string, once Idempotency, what, id string, at time.Time) types.TransactWriteItem {
	k := idempotencyKey(retailer, once.Key).item()
	k["fingerprint"], k[what] = str(once.Fingerprint), str(id)
	k["expiresAt"] = num(at.Add(idempotencyRetention).Unix())
	// It is free from the second on in which it expires, as for whoever reads it.
	return t.create(k, isNew+" OR expiresAt < :now", item{":now": num(at.Unix() + 1)})
}

// Repeat returns what an Idempotency-Key made before; nil for a new one, and
// without a key.
func (t *Table) Repeat(ctx context.Context, retailer string, once Idempotency, what string) (*Repeat, error) {
	if once.Key == "" {
		return nil, nil
	}
	i, err := t.get(ctx, idempotencyKey(retailer, once.Key), true)
	if errors.Is(err, clienteling.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return readRepeat(i, what), nil
}

func readRepeat(i item, what string) *Repeat {
	return &Repeat{Fingerprint: text(i, "fingerprint"), Made: text(i, what)}
}
