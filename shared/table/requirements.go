package table

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
)

// Requirements are what Twilio, or the operator, says that a country asks for beyond
// the catalogue. They are the same for all retailers, and kept as a version: what was
// asked when a registration was filed can be told later.
type Requirements struct {
	Country string
	// Version counts the changes.
	Version int
	Items   []country.Item
	// Unknown says that neither the catalogue nor Twilio knows: it waits for the operator.
	Unknown bool
	// By is the operator who recorded them; empty for Twilio's own.
	By clienteling.Associate
	// At is when they were read or recorded.
	At time.Time
}

// Requirements returns what is known of a country beyond the catalogue;
// clienteling.ErrNotFound: nobody has looked yet.
func (t *Table) Requirements(ctx context.Context, code string) (Requirements, error) {
	i, err := t.get(ctx, requirementsKey(registrationOf(code)), true)
	if err != nil {
		return Requirements{}, err
	}
	r := Requirements{
		Country: registrationOf(code), Version: integer(i, "version"), At: moment(i, "at"),
		By: clienteling.Associate{ID: text(i, "byId"), Name: text(i, "byName")},
	}
	if s := text(i, "items"); s != "" {
		err = json.Unmarshal([]byte(s), &r.Items)
	}
	return r, err
}

// SaveRequirements writes a new version over the one that was read; 0 for the first.
// ErrNotReady: somebody else was quicker.
func (t *Table) SaveRequirements(ctx context.Context, r Requirements) (Requirements, error) {
	known := r.Version
	r.Version++
	i := requirementsKey(registrationOf(r.Country)).item()
	i["version"], i["at"] = num(r.Version), str(stamp(r.At))
	if len(r.Items) > 0 {
		i["items"] = asJSON(r.Items)
	}
	if len(r.Items) == 0 && r.Unknown {
		operatorKey("requirements", registrationOf(r.Country), r.At).onto(i, "gsi2")
	}
	putText(i, "byId", r.By.ID)
	putText(i, "byName", r.By.Name)
	reasons, err := t.transact(ctx, []types.TransactWriteItem{t.create(i, isNew+" OR #version = :known", item{":known": num(known)})})
	if err == nil && reasons != nil {
		return r, ErrNotReady
	}
	return r, err
}
