package twilio

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Number is an incoming phone number of the account, by Twilio's names
// (docs/phone-numbers/api/incomingphonenumber-resource). URLs may end in connection
// overrides: "https://example.com/sms#rc=2&rp=ct,rt,5xx".
type Number struct {
	SID          string `json:"sid"` // made from the phone number; what a caller gives is ignored
	PhoneNumber  string `json:"phoneNumber"`
	FriendlyName string `json:"friendlyName"`
	ISOCountry   string `json:"isoCountry"` // two letters; empty: that of the calling code

	SmsURL            string `json:"smsUrl"`
	SmsMethod         string `json:"smsMethod"` // POST (the default) or GET, as all methods
	SmsFallbackURL    string `json:"smsFallbackUrl"`
	SmsFallbackMethod string `json:"smsFallbackMethod"`

	VoiceURL            string `json:"voiceUrl"`
	VoiceMethod         string `json:"voiceMethod"`
	VoiceFallbackURL    string `json:"voiceFallbackUrl"`
	VoiceFallbackMethod string `json:"voiceFallbackMethod"`

	StatusCallback       string `json:"statusCallback"` // told when a call ended
	StatusCallbackMethod string `json:"statusCallbackMethod"`

	Capabilities Capabilities `json:"capabilities"`
}

// Capabilities is what a number can do. None at all stands for what numbers of the
// country can usually do: texts and calls, and MMS in the US, Canada and Australia.
type Capabilities struct {
	SMS   bool `json:"sms"`
	MMS   bool `json:"mms"`
	Voice bool `json:"voice"`
}

var (
	e164      = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	shortCode = regexp.MustCompile(`^[0-9]{3,8}$`)
)

// PutNumber creates or replaces a number of the account. An error says which field is
// wrong, and nothing changed.
func (s *Simulator) PutNumber(n Number) error {
	if !e164.MatchString(n.PhoneNumber) {
		return fmt.Errorf("phoneNumber %q: give it in E.164, like +14155550100", n.PhoneNumber)
	}
	for _, hook := range []struct {
		name   string
		url    string
		method *string
	}{
		{"sms", n.SmsURL, &n.SmsMethod},
		{"smsFallback", n.SmsFallbackURL, &n.SmsFallbackMethod},
		{"voice", n.VoiceURL, &n.VoiceMethod},
		{"voiceFallback", n.VoiceFallbackURL, &n.VoiceFallbackMethod},
		{"statusCallback", n.StatusCallback, &n.StatusCallbackMethod},
	} {
		if hook.url != "" && !isWebURL(hook.url) {
			return fmt.Errorf("%s URL %q: give an absolute http or https URL", hook.name, hook.url)
		}
		*hook.method = cmp.Or(*hook.method, http.MethodPost)
		if *hook.method != http.MethodPost && *hook.method != http.MethodGet {
			return fmt.Errorf("%s method %q: give POST or GET", hook.name, *hook.method)
		}
	}
	sum := sha256.Sum256([]byte(s.config.AccountSID + n.PhoneNumber))
	n.SID = "PN" + hex.EncodeToString(sum[:16])
	n.FriendlyName = cmp.Or(n.FriendlyName, n.PhoneNumber)
	n.ISOCountry = cmp.Or(n.ISOCountry, country(n.PhoneNumber))
	if n.Capabilities == (Capabilities{}) {
		n.Capabilities = Capabilities{SMS: true, Voice: true, MMS: slices.Contains(mmsCountries, n.ISOCountry)}
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Numbers[n.PhoneNumber] = n
	s.touched(event{Changed: "number"})
	return nil
}

func (s *Simulator) number(phone string) (Number, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.state.Numbers[phone]
	return n, ok
}

// numbers are all numbers, by phone number.
func (s *Simulator) numbers() []Number {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Number, 0, len(s.state.Numbers))
	for _, phone := range slices.Sorted(maps.Keys(s.state.Numbers)) {
		all = append(all, s.state.Numbers[phone])
	}
	return all
}

func isWebURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// callingCodes are the countries the handset is likely to meet, one calling code each.
var callingCodes = map[string]string{
	"1": "US", "27": "ZA", "31": "NL", "32": "BE", "33": "FR", "34": "ES", "39": "IT", "41": "CH",
	"43": "AT", "44": "GB", "45": "DK", "46": "SE", "47": "NO", "48": "PL", "49": "DE", "60": "MY",
	"61": "AU", "63": "PH", "66": "TH", "351": "PT", "353": "IE", "358": "FI", "372": "EE",
	"420": "CZ", "852": "HK", "972": "IL",
}

// canadianAreaCodes tell Canada from the US, which share +1.
const canadianAreaCodes = "204 226 236 249 250 257 263 289 306 343 354 365 367 368 382 403 416 418 428 431 " +
	"437 438 450 460 468 474 506 514 519 548 579 581 584 587 604 613 639 647 672 683 705 709 742 753 778 780 " +
	"782 807 819 825 867 873 879 902 905 942"

// country is the ISO code for an E.164 number, empty when it is not known.
func country(phone string) string {
	digits := strings.TrimPrefix(phone, "+")
	if len(digits) > 4 && digits[0] == '1' && strings.Contains(canadianAreaCodes, digits[1:4]) {
		return "CA"
	}
	for length := min(3, len(digits)); length > 0; length-- {
		if iso, ok := callingCodes[digits[:length]]; ok {
			return iso
		}
	}
	return ""
}

// place is what Twilio knows of a number beyond its country. It does for US and Canadian
// numbers; elsewhere the parameters are there and empty.
type place struct{ city, state, zip string }

var places = map[string]place{ // by US area code; spaces on purpose, they must survive signing
	"212": {"NEW YORK", "NY", "10001"},
	"312": {"CHICAGO", "IL", "60601"},
	"415": {"SAN FRANCISCO", "CA", "94105"},
	"646": {"NEW YORK", "NY", "10010"},
}

// addPlace adds the geographic parameters of one party ("From", "To", "Caller", "Called").
func addPlace(params url.Values, party, phone, iso string) {
	var at place
	if strings.HasPrefix(phone, "+1") && len(phone) > 5 {
		at = places[phone[2:5]]
	}
	params.Set(party+"City", at.city)
	params.Set(party+"State", at.state)
	params.Set(party+"Zip", at.zip)
	params.Set(party+"Country", iso)
}
