package table

import (
	"context"
	"strings"

	"clienteling/shared/clienteling"
)

// mostCountries is more than there are countries.
const mostCountries = 300

// Standing returns what a retailer has reached in its countries.
// clienteling.ErrNotFound: it is not enabled.
func (t *Table) Standing(ctx context.Context, retailer string) (clienteling.Standing, error) {
	profile, err := t.get(ctx, retailerKey(retailer), false)
	if err != nil {
		return clienteling.Standing{}, err
	}
	s := clienteling.Standing{Retailer: readRetailer(retailer, profile), Registrations: map[string]clienteling.Registration{}}
	l := list{pk: "pk", sk: "sk", partition: retailerKey(retailer).pk, prefix: "COUNTRY#"}
	items, _, err := t.query(ctx, l, mostCountries, nil)
	if err != nil {
		return clienteling.Standing{}, err
	}
	for _, i := range items {
		r := readRegistration(i)
		s.Registrations[r.Country] = r
	}
	if !t.testLocations {
		return s, nil
	}
	s.TestLocations = map[string]string{}
	l.prefix = "TESTSITE#"
	items, _, err = t.query(ctx, l, mostCountries, nil)
	for _, i := range items {
		s.TestLocations[strings.TrimPrefix(text(i, "sk"), l.prefix)] = text(i, "store")
	}
	return s, err
}
