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
	region := phonenumbers.GetRegionCodeForNumber(n)
	if region == "" {
		region = phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE, phonenumbers.UNKNOWN:
	default:
		return Number{}, clienteling.E(clienteling.Unprocessable, "phone_not_mobile",
			"This number cannot get texts. Ask the customer for a mobile number.").With("/phone", "Not a mobile number.")
	}
	return Number{phonenumbers.Format(n, phonenumbers.E164), region}, nil
}
