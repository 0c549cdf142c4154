package clienteling

import (
	"fmt"
	"slices"

	"clienteling/shared/clienteling/country"
)

// Standing is what a retailer has reached, country by country: what its stores and
// orders are judged by.
type Standing struct {
	Retailer Retailer
	// Registrations are those there are, by the country they are kept under.
	Registrations map[string]Registration
	// TestLocations are the stores that are the one location of their country, by
	// country; nil on a stage that has no such limit.
	TestLocations map[string]string
}

// Approved reports whether numbers of a country may be ordered.
func (s Standing) Approved(code string) bool {
	c, known := country.Of(code)
	return known && s.Registrations[c.Registration].State == RegistrationApproved
}

// Hindrance is why a store cannot be onboarded as it is.
type Hindrance struct {
	// Code is a stable word, one of the constants.
	Code string `json:"code"`
	// Detail says to a store manager what to do next.
	Detail string `json:"detail"`
}

// The codes of hindrances (seed: a support ticket each).
const (
	HindrancePhoneMissing  = "phone_missing"
	HindrancePhoneInvalid  = "phone_invalid"
	HindranceNotRequested  = "country_not_requested"
	HindranceNotApproved   = "country_not_approved"
	HindranceUnknownPapers = "requirements_unknown"
	HindranceTestLocation  = "test_location_taken"
)

// Hindrances says what keeps a store from being onboarded, and what to do about
// each; none for one that is on its way, or has arrived. Whether its phone is a
// good one is for whoever can read phone numbers.
func (s Standing) Hindrances(store Store) []Hindrance {
	if store.State != StoreEligible {
		return nil
	}
	var found []Hindrance
	if store.Phone == "" {
		found = append(found, Hindrance{HindrancePhoneMissing, "The store has no phone number that calls could be forwarded to. Add its landline to the store directory."})
	}
	c, known := country.Of(store.Country)
	name := store.Country
	if known {
		name = c.Name
	}
	switch {
	case !slices.Contains(s.Retailer.Countries, store.Country):
		found = append(found, Hindrance{HindranceNotRequested, fmt.Sprintf("You have not asked for clienteling in %s. Add the country to your onboarding.", name)})
	case s.Approved(store.Country):
	case !known || !c.Listed && s.Registrations[c.Registration].State == "":
		found = append(found, Hindrance{HindranceUnknownPapers, fmt.Sprintf("It is not known yet which papers %s asks for. The platform's operator finds out; a store that you onboard now goes on by itself.", name)})
	default:
		found = append(found, Hindrance{HindranceNotApproved, fmt.Sprintf("%s is not approved yet. File its registration; a store that you onboard now goes on by itself.", name)})
	}
	if other := s.TestLocations[store.Country]; other != "" && other != store.ID {
		found = append(found, Hindrance{HindranceTestLocation, fmt.Sprintf("This stage has one test location in each country, and in %s it is %s. Use production for more stores.", name, other)})
	}
	return found
}

// Waits reports whether a hindrance only means waiting: a store may be onboarded
// and goes on by itself.
func (h Hindrance) Waits() bool {
	return h.Code == HindranceNotApproved || h.Code == HindranceUnknownPapers
}
