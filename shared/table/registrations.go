package table

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// PutRegistration records how far a registration is. From an approval on it is due,
// until everything that waited for it has gone on.
func (t *Table) PutRegistration(ctx context.Context, r clienteling.Registration, at time.Time) error {
	set := item{
		"state": str(string(r.State)), "bundleSid": str(r.BundleSID), "addressSid": str(r.AddressSID), "updatedAt": str(stamp(at)),
	}
	c := change{key: registrationKey(r.Retailer, r.Country), set: set, remove: []string{"gsi2pk", "gsi2sk"}}
	if r.State == clienteling.RegistrationApproved {
		c.set = with(set, dueKey("approval", r.Country+"#"+r.Retailer, at).attributes("gsi2"))
		c.remove = nil
	}
	_, err := t.transact(ctx, []types.TransactWriteItem{t.update(c)})
	return err
}

func readRegistration(i item) clienteling.Registration {
	return clienteling.Registration{
		Retailer:   strings.TrimPrefix(text(i, "pk"), "RETAILER#"),
		Country:    strings.TrimPrefix(text(i, "sk"), "COUNTRY#"),
		State:      clienteling.RegistrationState(text(i, "state")),
		BundleSID:  text(i, "bundleSid"),
		AddressSID: text(i, "addressSid"),
	}
}

// Registration returns a retailer's registration that covers a country;
// clienteling.ErrNotFound: there is none.
func (t *Table) Registration(ctx context.Context, retailer, country string) (clienteling.Registration, error) {
	i, err := t.get(ctx, registrationKey(retailer, registrationOf(country)), true)
	if err != nil {
		return clienteling.Registration{}, err
	}
	return readRegistration(i), nil
}

// approved and notApproved are conditions on a registration, and on the absence of one.
func (t *Table) approved(retailer, country string) types.TransactWriteItem {
	return t.check(registrationKey(retailer, registrationOf(country)), "#state = :approved", item{":approved": str(string(clienteling.RegistrationApproved))})
}

func (t *Table) notApproved(retailer, country string) types.TransactWriteItem {
	return t.check(registrationKey(retailer, registrationOf(country)), "attribute_not_exists(pk) OR #state <> :approved",
		item{":approved": str(string(clienteling.RegistrationApproved))})
}

// Approval is an approved registration that something may still be waiting for.
type Approval struct {
	clienteling.Registration
	// Since is when it was approved.
	Since time.Time
	due   string
}

// DueApprovals returns approvals that were due before a moment, at most limit of each shard.
func (t *Table) DueApprovals(ctx context.Context, before time.Time, limit int) ([]Approval, error) {
	items, err := t.due(ctx, "approval", before, limit)
	var due []Approval
	for _, i := range items {
		due = append(due, Approval{readRegistration(i), moment(i, "updatedAt"), text(i, "gsi2sk")})
	}
	return due, err
}

// ApprovalSettled says that nothing waits for an approval any more.
func (t *Table) ApprovalSettled(ctx context.Context, a Approval) error {
	_, err := t.transact(ctx, []types.TransactWriteItem{t.update(change{
		key: registrationKey(a.Retailer, a.Country), condition: "gsi2sk = :due", values: item{":due": str(a.due)},
		remove: []string{"gsi2pk", "gsi2sk"},
	})})
	return err
}

// Waiting is a store or an order that waits for the approval of a country; one of
// them is nil.
type Waiting struct {
	Store    *clienteling.Store
	Purchase *clienteling.Purchase
}

// Waiting returns what waits for an approval, orders first, at most limit. The list
// is an index, which may know of a change a moment late.
func (t *Table) Waiting(ctx context.Context, a Approval, limit int) ([]Waiting, error) {
	l := list{index: gsi2, pk: "gsi2pk", sk: "gsi2sk", partition: awaitingKey(a.Retailer, a.Country, "").pk}
	items, _, err := t.query(ctx, l, limit, nil)
	var waiting []Waiting
	for _, i := range items {
		if strings.HasPrefix(text(i, "sk"), "STORE#") {
			waiting = append(waiting, Waiting{Store: new(readStore(i))})
		} else {
			waiting = append(waiting, Waiting{Purchase: new(readPurchase(i))})
		}
	}
	return waiting, err
}
