package country

import (
	"fmt"
	"strings"
)

// PostalAddress is where a business is, or a person lives.
type PostalAddress struct {
	Street, City string
	// Region is the state or province: in the United States and Canada its two letters,
	// elsewhere whatever letters are addressed with, or nothing.
	Region     string
	PostalCode string
	// Country is ISO 3166-1 alpha-2, in capitals.
	Country string
}

// CheckAddress looks at an address that was given for an item of kind Address, as Check
// does at other values. Twilio takes no address without street, city and postal code, nor
// without a region in the United States and Canada, and approves none that is in another
// country than the one asked for.
// https://www.twilio.com/docs/usage/api/address
func (i Item) CheckAddress(a PostalAddress) (warning string, err error) {
	if i.Kind != Address {
		return "", Refusal("Send a text; this item is no address.")
	}
	for _, part := range []struct{ name, value string }{
		{"street", a.Street}, {"city", a.City}, {"region", a.Region}, {"postal code", a.PostalCode}, {"country", a.Country},
	} {
		if err := oneLine(part.value); err != nil {
			return "", Refusal("The " + part.name + ": " + err.Error())
		}
	}
	northAmerica := a.Country == "US" || a.Country == "CA"
	switch {
	case strings.TrimSpace(a.Street) == "":
		return "", Refusal("The street, with the number of the house, is missing.")
	case strings.TrimSpace(a.City) == "":
		return "", Refusal("The city is missing.")
	case len(a.Country) != 2 || !letters(a.Country):
		return "", Refusal("Send the country of the address as two capital letters of ISO 3166-1, like DE; the United Kingdom is GB.")
	case i.In != "" && a.Country != i.In:
		return "", Refusal("The address must be in " + nameOf(i.In) + ".")
	case northAmerica && strings.TrimSpace(a.Region) == "":
		return "", Refusal("The region is missing: send the two letters of the state or province.")
	}
	code := compact(a.PostalCode)
	patterns := postalCodes(a.Country)
	switch {
	case code == "" && len(patterns) > 0:
		return "", Refusal("The postal code is missing.")
	case !assigned(a.Country):
		return "ISO 3166-1 has no such country. The United Kingdom is GB, Greece is GR.", nil
	case len(patterns) > 0 && !matchesAny(code, patterns):
		return fmt.Sprintf("Postal codes of %s look different. Check it.", nameOf(a.Country)), nil
	case northAmerica && (len(a.Region) != 2 || !letters(a.Region)):
		return "Write the region as the two capital letters of the state or province, like CA or ON.", nil
	case postBox(a.Street):
		// https://www.twilio.com/docs/trust-hub/trusthub-rest-api/api-create-secondary-customer-profile
		return "This looks like a post office box, which is not accepted. Send the address where the business is.", nil
	default:
		return "", nil
	}
}

// nameOf is how people call a country, with its code; the code alone where the
// catalogue has none.
func nameOf(code string) string {
	if c, ok := Of(code); ok {
		return c.Name + " (" + code + ")"
	}
	return code
}

// postalCodes are the forms of a country's postal codes, without spaces and dashes: 9 is
// a digit, A a letter, X either. None for countries that have no codes (Hong Kong), or
// that are not in the table.
func postalCodes(code string) []string {
	switch code {
	case "AT", "AU", "BE", "CH", "DK", "NO":
		return []string{"9999"}
	case "CZ", "DE", "ES", "FI", "FR", "IT", "MY", "PL", "SE":
		return []string{"99999"}
	case "CA":
		return []string{"A9A9A9"}
	case "GB":
		return []string{"A99AA", "A999AA", "AA99AA", "AA999AA", "A9A9AA", "AA9A9AA"}
	case "IE":
		return []string{"A99XXXX", "A9AXXXX"} // D6W is the one of the second form
	case "NL":
		return []string{"9999AA"}
	case "PT":
		return []string{"9999999"}
	case "US":
		return []string{"99999", "999999999"}
	default:
		return nil
	}
}

func matchesAny(code string, patterns []string) bool {
	for _, p := range patterns {
		if matches(code, p) {
			return true
		}
	}
	return false
}

func matches(s, pattern string) bool {
	if len(s) != len(pattern) {
		return false
	}
	for i := range len(s) {
		c := s[i : i+1]
		if pattern[i] != 'A' && digits(c) || pattern[i] != '9' && letters(c) {
			continue
		}
		return false
	}
	return true
}

// postBox reports whether a street looks like a post office box in a language of the
// catalogue.
func postBox(street string) bool {
	street = strings.ToLower(strings.ReplaceAll(street, ".", ""))
	for _, words := range []string{
		"po box", "p o box", "pobox", "post office box", "postfach", "postbus", "boîte postale", "boite postale", "casella postale",
		"apartado", "postboks", "postilokero", "skrytka pocztowa", "peti surat",
	} {
		if strings.Contains(street, words) {
			return true
		}
	}
	return false
}
