package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// EnableRetailer records a retailer. retailer_exists: it is recorded already.
func (t *Table) EnableRetailer(ctx context.Context, r clienteling.Retailer) error {
	err := t.put(ctx, writeRetailer(r), isNew)
	if err == errConditionFailed {
		return clienteling.E(clienteling.Conflict, "retailer_exists", "This retailer is enabled already.")
	}
	return err
}

// ChangeRetailer writes a retailer's profile over the one that was read.
// retailer_changed: somebody else was quicker.
func (t *Table) ChangeRetailer(ctx context.Context, known, r clienteling.Retailer) error {
	was := writeRetailer(known)
	reasons, err := t.transact(ctx, []types.TransactWriteItem{t.create(writeRetailer(r),
		"#legalName = :name AND #contactEmail = :email AND #countries = :countries AND #optInMode = :mode",
		item{":name": was["legalName"], ":email": was["contactEmail"], ":countries": was["countries"], ":mode": was["optInMode"]})})
	if err == nil && reasons != nil {
		return clienteling.E(clienteling.Conflict, "retailer_changed", "Somebody else has changed this just now. Read it again, and then decide.")
	}
	return err
}

func writeRetailer(r clienteling.Retailer) item {
	i := retailerKey(r.ID).item()
	i["legalName"] = str(r.LegalName)
	i["contactEmail"] = str(r.ContactEmail)
	countries := make([]types.AttributeValue, len(r.Countries))
	for n, c := range r.Countries {
		countries[n] = str(c)
	}
	i["countries"] = &types.AttributeValueMemberL{Value: countries}
	i["optInMode"] = str(string(r.OptInMode))
	i["enabledAt"] = str(stamp(r.EnabledAt))
	return i
}

// Retailer returns a retailer's profile; clienteling.ErrNotFound: it is not enabled.
func (t *Table) Retailer(ctx context.Context, id string) (clienteling.Retailer, error) {
	i, err := t.get(ctx, retailerKey(id), true)
	if err != nil {
		return clienteling.Retailer{}, err
	}
	return readRetailer(id, i), nil
}

func readRetailer(id string, i item) clienteling.Retailer {
	r := clienteling.Retailer{
		ID:           id,
		LegalName:    text(i, "legalName"),
		ContactEmail: text(i, "contactEmail"),
		OptInMode:    clienteling.OptInMode(text(i, "optInMode")),
		EnabledAt:    moment(i, "enabledAt"),
	}
	if l, ok := i["countries"].(*types.AttributeValueMemberL); ok {
		for _, v := range l.Value {
			if s, ok := v.(*types.AttributeValueMemberS); ok {
				r.Countries = append(r.Countries, s.Value)
			}
		}
	}
	return r
}
