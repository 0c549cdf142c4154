// Package seed fills an empty table with one retailer, its registrations and its
// three enabled stores, by the same writers the functions use. All numbers are from the ranges
// that the countries keep for fiction, so that none of them is anybody's.
package seed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	Countries:    []string{"US", "GB", "DE", "FR"},
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

// Registrations are the approved ones of the seed: there is none for France.
var Registrations = []clienteling.Registration{
	{Retailer: Retailer.ID, Country: "US", State: clienteling.RegistrationApproved, ServiceSID: "MG" + idOf("US")},
	approved("GB"),
	approved("DE"),
}

// approved is an approved registration of a country whose numbers take a bundle and
// an address at Twilio.
func approved(country string) clienteling.Registration {
	return clienteling.Registration{
		Retailer: Retailer.ID, Country: country, State: clienteling.RegistrationApproved, BundleSID: "BU" + idOf(country), AddressSID: "AD" + idOf(country),
	}
}

// idOf is what Twilio's SIDs of the seed's papers end in.
func idOf(country string) string {
	sum := sha256.Sum256([]byte(Retailer.ID + country))
	return hex.EncodeToString(sum[:16])
}

// Papers writes the retailer and its registrations at a moment: what there is before
// the first store. Running it again changes nothing that matters.
func Papers(ctx context.Context, t *table.Table, at time.Time) error {
	r := Retailer
	r.EnabledAt = at
	if err := unlessThere(t.EnableRetailer(ctx, r)); err != nil {
		return err
	}
	for _, r := range Registrations {
		_, err := t.Registration(ctx, r.Retailer, r.Country)
		if errors.Is(err, clienteling.ErrNotFound) {
			err = t.PutRegistration(ctx, r, at)
		}
		if err != nil {
			return err
		}
	}
	// Nothing can be waiting for them yet.
	due, err := t.DueApprovals(ctx, at.Add(time.Second), len(Registrations))
	for _, a := range due {
		err = errors.Join(err, t.ApprovalSettled(ctx, a))
	}
	return err
}

// Fill writes the seed at a moment. Running it again changes nothing that matters.
func Fill(ctx context.Context, t *table.Table, at time.Time) error {
	if err := Papers(ctx, t, at); err != nil {
		return err
	}
	for _, s := range Shops {
		saved, err := t.SaveStore(ctx, s.Store)
		if err != nil && unlessThere(err) == nil {
			saved, err = t.Store(ctx, s.Store.Retailer, s.Store.ID)
		}
		if err != nil {
			return err
		}
		if saved.State != clienteling.StoreEligible {
			continue // there, and maybe changed by somebody since
		}
		if err := unlessThere(t.RecordNumber(ctx, s.Number)); err != nil {
			return err
		}
		if _, err := t.OnboardStore(ctx, saved, s.Number, true); unlessThere(err) != nil {
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
