// Package phone reads phone numbers as people write them. It stands apart because
// libphonenumber's tables cost 5 ms at every cold start, by being imported: only
// functions that people wait for use it.
package phone

import (
	"github.com/nyaruka/phonenumbers"

	"clienteling/shared/clienteling"
)

// Number is a phone number and where it belongs.
type Number struct {
	// E164 is the number, "+4915112345678".
	E164 string
	// Country is ISO 3166-1 alpha-2.
	Country string
}

// Mobile reads a number that can be texted, in international format, or in the
// national one of a country. An Unprocessable error says what is wrong with it.
//
// A number is taken that could be one, even if no operator is known to have its
// range: ranges open faster than libraries learn of them, test numbers lie outside
// them, and Twilio has the last word anyway. What is known for a landline is refused.
func Mobile(written, country string) (Number, error) {
	n, err := phonenumbers.Parse(written, country)
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return Number{}, clienteling.E(clienteling.Unprocessable, "phone_invalid",
			"This is not a phone number. Write it with its country code, like +4915112345678.").With("/phone", "Not a phone number.").Because(err)
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE, phonenumbers.UNKNOWN:
	default:
		return Number{}, clienteling.E(clienteling.Unprocessable, "phone_not_mobile",
			"This number cannot get texts. Ask the customer for a mobile number.").With("/phone", "Not a mobile number.")
	}
	return Number{phonenumbers.Format(n, phonenumbers.E164), region(n)}, nil
}

// Country returns the country of an E.164 number, ISO 3166-1 alpha-2; "" for what is
// no such number, and for one of no country, such as +800.
//
// Countries that share a code are told apart (+1: US, CA, PR...; +44: GB, JE...). A
// number in a range that no operator is known to have counts to the largest of them,
// and so do the toll-free and premium numbers that all of +1 shares: to US.
func Country(e164 string) string {
	_, country := read(e164)
	return country
}

// National returns an E.164 number as people of its country write it, for texts that
// they read: "(212) 555-0123" for "+12125550123". What belongs to no country comes
// back as it is.
func National(e164 string) string {
	n, country := read(e164)
	if country == "" {
		return e164
	}
	return phonenumbers.Format(n, phonenumbers.NATIONAL)
}

// read takes E.164 only. Without a country there is no number either.
func read(e164 string) (*phonenumbers.PhoneNumber, string) {
	if !clienteling.IsE164(e164) {
		return nil, ""
	}
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return nil, ""
	}
	switch r := region(n); r {
	case phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY, phonenumbers.UNKNOWN_REGION:
		return nil, ""
	default:
		return n, r
	}
}

// region is the library's region of a number, in doubt the main one of its country
// code: ISO 3166-1 alpha-2, "001" for international services, "ZZ" if there is none.
func region(n *phonenumbers.PhoneNumber) string {
	if r := phonenumbers.GetRegionCodeForNumber(n); r != "" {
		return r
	}
	return phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
}
