// Package seed fills an empty table with one retailer and its three enabled
// stores, by the same writers the functions use. All numbers are from the ranges
// that the countries keep for fiction, so that none of them is anybody's.
package seed

import (
	"context"
	"errors"
	"strings"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

// The development account at the Twilio simulator, and the stage's key for
// customers' numbers. They open nothing but the cloud on your machine, so they
// may stand here, and signatures in event files stay good.
const (
	AccountSID = "ACc11e47e11e47e11e47e11e47e11e47e1"
	AuthToken  = "0123456789abcdef0123456789abcdef"
	PhoneKey   = "development-key-for-customers-numbers-never-used-on-a-real-stage"
)

// PublicBaseURL is the origin that the signatures in event files are made for: the
// API of a stack on the default port.
const PublicBaseURL = "http://127.0.0.1:7080"

// Retailer is the retailer of the seed.
var Retailer = clienteling.Retailer{
	ID:           "acme",
	LegalName:    "Acme Apparel Ltd",
	ContactEmail: "clienteling@acme.example",
	Countries:    []string{"US", "GB", "DE"},
	OptInMode:    clienteling.AnyReply,
}

// Shop is a store with its clienteling number.
type Shop struct {
	Store  clienteling.Store
	Number clienteling.Number
}

// UnusedNumber is a number of the account that no store uses.
const UnusedNumber = "+12125550199"

// Shops are the stores of the seed, one in each country.
var Shops = []Shop{
	shop("new-york", "Acme Fifth Avenue", "US", "+12125550190", "America/New_York", "+12125550100", "en"),
	shop("london", "Acme Regent Street", "GB", "+442079460190", "Europe/London", "+447700900100", "en"),
	shop("berlin", "Acme Kurfürstendamm", "DE", "+493023125190", "Europe/Berlin", "+4917139200100", "de"),
}

func shop(id, name, country, landline, zone, number, language string) Shop {
	return Shop{
		clienteling.Store{
			Retailer: Retailer.ID, ID: id, Name: name, Country: country, Phone: landline,
			TimeZone: zone, State: clienteling.StoreEligible,
		},
		clienteling.Number{
			E164: number, Country: country, AccountSID: AccountSID, SID: "PN" + strings.Repeat("0", 32-len(number[1:])) + number[1:],
			Retailer: Retailer.ID, Language: language, OptInMode: Retailer.OptInMode,
		},
	}
}

// Fill writes the seed at a moment. Running it again changes nothing.
func Fill(ctx context.Context, t *table.Table, at time.Time) error {
	r := Retailer
	r.EnabledAt = at
	if err := unlessThere(t.EnableRetailer(ctx, r)); err != nil {
		return err
	}
	for _, s := range Shops {
		err := errors.Join(
			unlessThere(t.AddStore(ctx, s.Store)),
			unlessThere(t.ClaimNumber(ctx, s.Number)),
			unlessThere(t.OnboardStore(ctx, s.Store, s.Number, true)),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// unlessThere forgives a Conflict: what is there already is what was to be written.
func unlessThere(err error) error {
	var e *clienteling.Error
	if errors.As(err, &e) && e.Kind == clienteling.Conflict {
		return nil
	}
	return err
}
