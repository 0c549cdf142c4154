package table

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// Comparison is how far the comparison of an account's numbers at Twilio with ours is.
type Comparison struct {
	AccountSID string
	// StartedAt is when the last one began; zero before the first.
	StartedAt time.Time
	// Page is Twilio's word for where it goes on; empty when it is through.
	Page string
}

// Comparison returns how far the comparison of an account is.
func (t *Table) Comparison(ctx context.Context, accountSID string) (Comparison, error) {
	i, err := t.get(ctx, comparisonKey(accountSID), true)
	if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
		return Comparison{}, err
	}
	return Comparison{AccountSID: accountSID, StartedAt: moment(orEmpty(i), "startedAt"), Page: text(orEmpty(i), "page")}, nil
}

// SaveComparison records how far the comparison of an account is.
func (t *Table) SaveComparison(ctx context.Context, c Comparison) error {
	i := comparisonKey(c.AccountSID).item()
	i["startedAt"] = str(stamp(c.StartedAt))
	putText(i, "page", c.Page)
	return t.put(ctx, i, "")
}

// mostOfBatch is how many items BatchGetItem takes.
const mostOfBatch = 100

// NumbersOf returns those of some numbers that are recorded, in any state, by E.164.
func (t *Table) NumbersOf(ctx context.Context, e164s []string) (map[string]clienteling.Number, error) {
	found := map[string]clienteling.Number{}
	for e164s = slices.Compact(slices.Sorted(slices.Values(e164s))); len(e164s) > 0; {
		n := min(len(e164s), mostOfBatch)
		keys := make([]key, n)
		for i, e := range e164s[:n] {
			keys[i] = numberKey(e)
		}
		items, err := t.getAll(ctx, keys)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			if i != nil {
				number := readNumber(i)
				found[number.E164] = number
			}
		}
		e164s = e164s[n:]
	}
	return found, nil
}

// Stranger is a number of our account at Twilio that nobody here knows.
type Stranger struct {
	E164, SID, AccountSID string
	// FriendlyName is how it is called at Twilio.
	FriendlyName string
	At           time.Time
}

// strangerRetention is how long a stranger is remembered that no comparison meets again.
const strangerRetention = 3 * 24 * time.Hour

// NoteStranger leaves a number for the operator. One that is known already stays
// where it is in the list.
func (t *Table) NoteStranger(ctx context.Context, s Stranger) error {
	expires := num(s.At.Add(strangerRetention).Unix())
	i := with(strangerKey(s.E164).item(), operatorKey("number", s.E164, s.At).attributes("gsi2"), item{
		"sid": str(s.SID), "accountSid": str(s.AccountSID), "friendlyName": str(s.FriendlyName), "at": str(stamp(s.At)), "expiresAt": expires,
	})
	reasons, err := t.transact(ctx, []types.TransactWriteItem{t.create(i, "", nil)})
	if err != nil || reasons == nil {
		return err
	}
	_, err = t.transact(ctx, []types.TransactWriteItem{t.update(change{
		key: strangerKey(s.E164), condition: "attribute_exists(pk)", set: item{"expiresAt": expires},
	})})
	return err
}

func readStranger(i item) Stranger {
	return Stranger{
		E164: text(i, "pk")[len("STRANGER#"):], SID: text(i, "sid"), AccountSID: text(i, "accountSid"),
		FriendlyName: text(i, "friendlyName"), At: moment(i, "at"),
	}
}

// AdoptNumber records a number that was bought for an order and of which we have lost
// the record: as its store's, if a store has it, else as available. As that of
// RecordNumber, its claim succeeds once.
func (t *Table) AdoptNumber(ctx context.Context, p clienteling.Purchase, e164, sid string, mode clienteling.OptInMode) error {
	stores, err := t.Stores(ctx, p.Retailer, nil, true)
	if err != nil {
		return err
	}
	p.Number, p.SID = e164, sid
	n := candidate(p, mode)
	n.State = clienteling.NumberAvailable
	for _, s := range stores {
		if s.Number == e164 {
			n.State, n.Store, n.StoreName, n.ForwardTo = clienteling.NumberAssigned, s.ID, s.Name, s.Phone
			n.Enabled, n.Language = s.State == clienteling.StoreEnabled, s.Language
		}
	}
	reasons, err := t.transact(ctx, []types.TransactWriteItem{t.claim(n)})
	if err == nil && reasons != nil {
		return errNumberTaken
	}
	return err
}
