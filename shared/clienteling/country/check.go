package country

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxLength is how many characters a value may have: more than any name, and what The
// Campaign Registry takes.
const maxLength = 255

// Refusal is the error of a value that Twilio would refuse: sentences for whoever sent
// it, that say what to send instead.
type Refusal string

// Error is the refusal itself.
func (r Refusal) Error() string { return string(r) }

// Check looks at a value as it was given. The error is a Refusal, and there
// is one only for what Twilio would refuse. The warning says what looks wrong, but may be
// right: empty for none. Addresses are for CheckAddress, documents are uploaded.
func (i Item) Check(value string) (warning string, err error) {
	value = strings.TrimSpace(value)
	switch {
	case i.Kind == Address:
		return "", Refusal("Send an address: street, city, region, postal code and country.")
	case i.Kind == Document:
		return "", Refusal("This is a document: upload it.")
	case value == "":
		return "", Refusal("Send a value; this is empty.")
	}
	if err := oneLine(value); err != nil {
		return "", err
	}
	switch i.Kind {
	case Person:
		return checkPerson(value)
	case Date:
		return checkDate(value)
	case CountryCode:
		return checkCountryCode(value)
	case Email:
		return "", checkEmail(value)
	case Website:
		return checkWebsite(value)
	case Choice:
		if !slices.Contains(i.Choices, value) {
			return "", Refusal("Send one of these: " + strings.Join(i.Choices, ", ") + ".")
		}
		return "", nil
	default:
		return i.Format.check(value)
	}
}

// SplitName returns the two parts that Twilio wants of a person's name. It is written
// with the family name first and a comma, "van Dyck, Anna Maria", or as usual, "Anna
// Meier", and then the last word is taken for the family name. The error is a Refusal of
// a name that has not both.
func SplitName(name string) (first, last string, err error) {
	last, first, comma := strings.Cut(name, ",")
	if !comma {
		words := strings.Fields(name)
		first, last = strings.Join(words[:max(len(words)-1, 0)], " "), strings.Join(words[max(len(words)-1, 0):], " ")
	}
	first, last = strings.TrimSpace(first), strings.TrimSpace(last)
	if first == "" || last == "" || strings.Contains(first, ",") {
		return "", "", Refusal("Write the first names and the family name, or the family name, one comma, and the first names: van Dyck, Anna Maria.")
	}
	return first, last, nil
}

func checkPerson(value string) (warning string, err error) {
	first, last, err := SplitName(value)
	if err == nil && !strings.Contains(value, ",") && strings.Contains(first, " ") {
		warning = fmt.Sprintf("The family name is taken to be %s. If it is more than that, write it first, with a comma: van Dyck, Anna Maria.", last)
	}
	return warning, err
}

// oneLine refuses what no form at Twilio has room for.
func oneLine(value string) error {
	switch {
	case !utf8.ValidString(value):
		return Refusal("Send text as UTF-8.")
	case strings.ContainsFunc(value, unicode.IsControl):
		return Refusal("Send one line, without tabs or other control characters.")
	case utf8.RuneCountInString(value) > maxLength:
		return Refusal(fmt.Sprintf("Send at most %d characters.", maxLength))
	default:
		return nil
	}
}

// checkDate is for birth dates, the only ones that are asked for.
func checkDate(value string) (warning string, err error) {
	if _, err := time.Parse(time.DateOnly, value); err != nil {
		return "", Refusal("Send a day that there was, as year, month and day: 1983-11-18.")
	}
	// ISO dates sort as text. Who was born after the catalogue was made is no
	// representative of anything, and will not be for long.
	if value < "1900" || value > Version {
		return "Nobody alive and of age was born then. Check the year.", nil
	}
	return "", nil
}

func checkCountryCode(value string) (warning string, err error) {
	if len(value) != 2 || !letters(value) {
		return "", Refusal("Send a country as two capital letters of ISO 3166-1, like DE; the United Kingdom is GB.")
	}
	if !assigned(value) {
		return "ISO 3166-1 has no such country. The United Kingdom is GB, Greece is GR.", nil
	}
	return "", nil
}

func checkEmail(value string) error {
	local, domain, at := strings.Cut(value, "@")
	if !at || local == "" || len(local) > 64 || strings.ContainsAny(value, " <>()[]\\,;:\"") || strings.Contains(domain, "@") ||
		strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") || !publicHost(domain) {
		return Refusal("Send one e-mail address, without a name: anna.meier@example.com.")
	}
	return nil
}

func checkWebsite(value string) (warning string, err error) {
	refused := Refusal("Send a web address that anybody can open: https://www.example.com.")
	address := value
	if !strings.Contains(address, "://") {
		address = "https://" + address
		warning = "Write the whole address, with https://, so that it opens as it is."
	}
	u, err := url.Parse(address)
	if err != nil || strings.Contains(value, " ") || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || !publicHost(u.Hostname()) {
		return "", refused
	}
	return warning, nil
}

// publicHost reports whether a name can be a host on the internet: labels with dots
// between, the last one not a number. Names beyond ASCII pass, since browsers take them.
func publicHost(name string) bool {
	labels := strings.Split(name, ".")
	if len(labels) < 2 || len(name) > 253 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool {
				return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
			}) {
			return false
		}
	}
	top := labels[len(labels)-1]
	return len(top) > 1 && !digits(top)
}

// assigned reports whether ISO 3166-1 has assigned a code of two capital letters.
func assigned(code string) bool {
	const codes = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
		"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR " +
		"GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
		"KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ " +
		"NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW " +
		"SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ " +
		"UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
	return strings.Contains(codes, code)
}
