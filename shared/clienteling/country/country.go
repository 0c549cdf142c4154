// Package country is the catalogue of the countries that retailers can ask for.
//
// For each it says what the product knows before anybody has filed a paper: what
// kind of number texts there, whether retailers get such numbers by themselves, which
// registration has to be approved before, and which items go into it. Three of its facts look alike and
// follow from none of the others: that numbers are self-serve, that the papers are
// listed, and (kept with the retailer, not here) that the papers are approved.
//
// The catalogue is part of the program and never changes while it runs. The package
// imports the standard library only.
package country

import (
	"slices"
	"strings"
)

// Country is what the product knows of a country.
type Country struct {
	// Code is ISO 3166-1 alpha-2, in capitals: "DE".
	Code string
	// Name is what people call the country in English: "Germany".
	Name string
	// Language is what stores of the country write in unless they say otherwise: a
	// BCP 47 primary language, "de".
	Language string
	// SelfServe says that retailers get numbers of the country by themselves;
	// elsewhere an operator fulfils their orders.
	SelfServe bool
	// Listed says that the papers the country asks for are known from the product's
	// own table. For others Twilio is asked, or an operator finds out: never is
	// nothing needed because nothing is known.
	Listed bool
	// NumberType is the type, in the words of Twilio's AvailablePhoneNumbers, whose
	// numbers can text: "Local" or "Mobile". The table says which of them are confirmed
	// and which expected; once bought, a number's capabilities have the last word.
	// https://www.twilio.com/docs/phone-numbers/api/availablephonenumber-resource
	NumberType string
	// MMS says that stores of the country can send pictures to customers' numbers in
	// such countries. Twilio carries them in the US and Canada (and Australia, where we
	// know of no retailer who has tried).
	// https://www.twilio.com/docs/messaging/guides/accepted-mime-types
	MMS bool
	// Registration is the code of the country under which the registration is filed
	// that covers this one: its own, but US for Canada, since one A2P 10DLC file is
	// for both.
	Registration string
	// Bundle says that numbers need an approved regulatory bundle to be bought, as
	// most do outside the US and Canada; Twilio refuses to sell without one (21649).
	// https://www.twilio.com/en-us/changelog/regulated-number-bundle-provisioning-requirement
	//
	// Where it is false, texting needs an approved A2P 10DLC campaign instead.
	// https://www.twilio.com/docs/messaging/compliance/a2p-10dlc
	Bundle bool
	// EndUserType is the type of customer, in the words of Twilio's Regulations and
	// bundles, under which retailers register: "business".
	// https://www.twilio.com/docs/phone-numbers/regulatory/api/end-users
	EndUserType string
	// Note says how a row of the table is read that could be read otherwise, and why.
	Note string
}

// Of returns the country of a code, ISO 3166-1 alpha-2 in capitals; false where the
// catalogue has none.
func Of(code string) (Country, bool) {
	i, found := slices.BinarySearchFunc(countries[:], code, func(c Country, code string) int {
		return strings.Compare(c.Code, code)
	})
	if !found {
		return Country{}, false
	}
	return countries[i], true
}

// All returns every country of the catalogue, sorted by code. The slice is the
// caller's own.
func All() []Country { return slices.Clone(countries[:]) }
