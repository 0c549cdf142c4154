package phone

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
)

// Landline reads the phone of a store, to which calls are forwarded: a fixed-line or
// mobile number of the store's country (ISO 3166-1 alpha-2, in capitals), in
// international or in that country's national format. It returns E.164.
//
// Numbers of internet telephony are taken too (DE 032, FR 09, NL 085): they are what
// many shops have instead of a line, and cost what a landline costs. Refused is
// whatever costs more, rings elsewhere or cannot be called from abroad, and every
// number of another country, even if both share a country code: it is another tariff,
// and most likely another shop's.
//
// As with Mobile, a number is taken that could be one though no operator is known to
// have it. Such a number is judged by those next to it: nobody has 0900 2 in Germany,
// but whoever will, charges a premium.
//
// The error is Unprocessable, its code phone_invalid; its detail says what is wrong
// and what to do.
func Landline(written, country string) (string, error) {
	code := phonenumbers.GetCountryCodeForRegion(country)
	if code == 0 {
		return "", invalid("The store's country is not known.",
			"No phone numbers are known of the store's country, %q. Correct the country: ISO 3166-1 alpha-2 in capitals, like DE.", country)
	}
	home := named(country)
	if phonenumbers.IsEmergencyNumber(written, country) {
		return "", invalid("An emergency number.",
			"The phone is an emergency number. Give the store's own fixed-line or mobile number.")
	}
	n, err := phonenumbers.ParseAndKeepRawInput(written, country)
	switch {
	case err == nil && n.GetExtension() != "":
		return "", invalid("A number with an extension.",
			"The phone has the extension %s, which a forwarded call cannot dial. Give a number that rings the store directly.", n.GetExtension())
	case strings.ContainsFunc(written, isWord):
		// The library would read letters as keys, and so a name behind a number as
		// four more digits of it.
		return "", invalid("Letters or signs that are no phone number.",
			"The phone has letters or signs in it. Write the number alone, in digits.")
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return "", invalid("No such country code.",
			"The phone begins with a country code that does not exist. Write it beginning with +%d, or as it is dialled within %s.", code, home)
	case errors.Is(err, phonenumbers.ErrTooShortNSN), errors.Is(err, phonenumbers.ErrTooShortAfterIDD):
		return "", tooShort(home)
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return "", tooLong(home)
	case err != nil:
		return "", invalid("Not a phone number.",
			"The phone is not a phone number. Write it beginning with +%d, or as it is dialled within %s.", code, home).Because(err)
	}

	e164 := phonenumbers.Format(n, phonenumbers.E164)
	kind := phonenumbers.GetNumberType(n)
	if int(n.GetCountryCode()) != code {
		return "", foreign(e164, region(n), home, "")
	}
	if phonenumbers.IsValidShortNumberForRegion(n, country) {
		return "", invalid("A short number.",
			"The phone is a short number, to which calls cannot be forwarded. Give the store's own fixed-line or mobile number.")
	}
	switch phonenumbers.IsPossibleNumberWithReason(n) {
	case phonenumbers.IS_POSSIBLE:
	case phonenumbers.TOO_LONG:
		return "", tooLong(home)
	case phonenumbers.TOO_SHORT, phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return "", tooShort(home)
	default:
		return "", wrongLength(e164, home)
	}
	if s := service(kind); s != "" {
		return "", notTheStores(e164, s)
	}
	if n.GetCountryCodeSource() == phonenumbers.PhoneNumber_FROM_DEFAULT_COUNTRY {
		if err := inFull(written, country, code); err != nil {
			return "", err
		}
	}
	if r := phonenumbers.GetRegionCodeForNumber(n); r != "" && r != country && partOf(r) != country {
		return "", foreign(e164, r, home, fmt.Sprintf(", which shares the country code +%d", code))
	}
	if kind == phonenumbers.UNKNOWN {
		kind = neighbour(e164, len(strconv.Itoa(code)))
		if s := service(kind); s != "" {
			return "", notTheStores(e164, s)
		}
	}
	if kind == phonenumbers.UNKNOWN || !clienteling.IsE164(e164) {
		return "", wrongLength(e164, home)
	}
	return e164, nil
}

// isWord finds what has no business in a number. The star is for numbers that are
// orders to a network, such as **21*, and for Israel's short ones.
func isWord(r rune) bool { return unicode.IsLetter(r) || r == '*' }

// inFull refuses a national number without its 0, where a country has that. It may
// be a number without its area code, or have its country code without the plus, or
// have lost its 0 in a spreadsheet. Where numbers vary in length each of them can be
// somebody's: 49 160 1234567 is also a landline in Leer, 0491 601234567.
func inFull(written, country string, code int) error {
	digits := phonenumbers.NormalizeDigitsOnly(written)
	if phonenumbers.GetNddPrefixForRegion(country, true) != "0" || strings.HasPrefix(digits, "0") {
		return nil
	}
	if strings.HasPrefix(digits, strconv.Itoa(code)) {
		return invalid("The country code without a plus?",
			"The phone seems to begin with the country code, %d, without a plus. Write it beginning with +%d; or with a 0, if %d is part of the number.", code, code, code)
	}
	return invalid("The area code is missing, or the 0 before it.",
		"The phone lacks its area code, or the 0 before it. Write it in full, beginning with 0 or with +%d.", code)
}

// service says what a number is that cannot be a store's own; "" if it can.
func service(kind phonenumbers.PhoneNumberType) string {
	switch kind {
	case phonenumbers.PREMIUM_RATE:
		return "a premium-rate number"
	case phonenumbers.TOLL_FREE:
		return "a toll-free number"
	case phonenumbers.SHARED_COST:
		return "a shared-cost number"
	case phonenumbers.UAN:
		return "a company-wide service number"
	case phonenumbers.PERSONAL_NUMBER:
		return "a personal number that rings elsewhere"
	case phonenumbers.PAGER:
		return "a pager"
	case phonenumbers.VOICEMAIL:
		return "the access to a mailbox"
	default:
		return ""
	}
}

// neighbour returns the type of the numbers that differ from an unknown one in a
// single digit, the later the better, since ranges are opened in blocks: that of a
// store's phone if there is one, else of a service, or UNKNOWN if there are none of
// that length and first digit.
func neighbour(e164 string, codeLength int) phonenumbers.PhoneNumberType {
	first := 1 + codeLength                              // after the plus
	for i := min(first+3, len(e164)-1); i > first; i-- { // the first four digits tell a range
		found := phonenumbers.UNKNOWN
		for digit := '0'; digit <= '9'; digit++ {
			next := e164[:i] + string(digit) + e164[i+1:]
			n, err := phonenumbers.Parse(next, "")
			if err != nil || phonenumbers.Format(n, phonenumbers.E164) != next {
				continue // a 0 was dropped, so this is a shorter number
			}
			kind := phonenumbers.GetNumberType(n)
			if kind != phonenumbers.UNKNOWN && service(kind) == "" {
				return kind
			}
			if kind != phonenumbers.UNKNOWN {
				found = kind
			}
		}
		if found != phonenumbers.UNKNOWN {
			return found
		}
	}
	return phonenumbers.UNKNOWN
}

// partOf returns the country of a territory that has its own ISO code, but whose
// shops have addresses and numbers of that country: nobody files a store on Åland
// under AX. Others are more than a code apart: Jersey is not part of the United
// Kingdom, and Puerto Rico is a country of its own to Twilio.
func partOf(territory string) string {
	switch territory {
	case "AX": // Åland
		return "FI"
	case "SJ": // Svalbard and Jan Mayen
		return "NO"
	case "CC", "CX": // the Cocos Islands, Christmas Island
		return "AU"
	default:
		return ""
	}
}

// named returns what to call a country within a sentence: "Germany (DE)".
func named(code string) string {
	if c, ok := country.Of(code); ok {
		switch code {
		case "CZ", "GB", "NL", "PH", "US":
			return "the " + c.Name + " (" + code + ")"
		}
		return c.Name + " (" + code + ")"
	}
	// Those that are mistaken for a country of the catalogue, as they share its code.
	switch code {
	case "GG":
		return "Guernsey (GG)"
	case "IM":
		return "the Isle of Man (IM)"
	case "JE":
		return "Jersey (JE)"
	case "PR":
		return "Puerto Rico (PR)"
	case "VA":
		return "the Vatican (VA)"
	default:
		return "another country (" + code + ")"
	}
}

func invalid(reason, detail string, args ...any) *clienteling.Error {
	return clienteling.E(clienteling.Unprocessable, "phone_invalid", detail, args...).With("/phone", reason)
}

func notTheStores(e164, what string) *clienteling.Error {
	return invalid("This is "+what+".",
		"The phone %s is %s, to which calls are not forwarded. Give the store's own fixed-line or mobile number.", e164, what)
}

func foreign(e164, region, home, shared string) *clienteling.Error {
	if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		return invalid("An international service.",
			"The phone %s is an international service and of no country. Give the store's own fixed-line or mobile number, of %s.", e164, home)
	}
	return invalid("A number of "+named(region)+".",
		"The phone %s is a number of %s%s, but the store's country is %s. Give a number of the store's country, or correct the country.", e164, named(region), shared, home)
}

func tooShort(home string) *clienteling.Error {
	return invalid("Too few digits.",
		"The phone has too few digits for a number of %s. Write it in full, with its area code.", home)
}

func tooLong(home string) *clienteling.Error {
	return invalid("Too many digits.",
		"The phone has too many digits for a number of %s. Write one number, without an extension.", home)
}

func wrongLength(e164, home string) *clienteling.Error {
	return invalid("No such number.",
		"The phone was read as %s, but no number of %s begins like that and has as many digits. Check them, and write the number in full.", e164, home)
}
