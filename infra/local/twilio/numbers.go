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
	"time"
)

// Number is an incoming phone number of the account, by Twilio's names
// (docs/phone-numbers/api/incomingphonenumber-resource). URLs may end in connection
// overrides: "https://example.com/sms#rc=2&rp=ct,rt,5xx".
type Number struct {
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

	VoiceReceiveMode    string `json:"voiceReceiveMode"` // "voice" (the default) or "fax"
	VoiceCallerIDLookup bool   `json:"voiceCallerIdLookup"`

	Record
}

// Record is what Twilio itself keeps of a number. PutNumber ignores what a caller gives.
type Record struct {
	// SID stays while the account has the number. That of one that was bought is random and
	// that of one that was put is made from the phone number.
	SID string `json:"sid"`

	// Both are empty for a number that is not from the stock.
	Type                string `json:"type,omitempty"`                // "Local", "Mobile", "National" or "TollFree"
	AddressRequirements string `json:"addressRequirements,omitempty"` // "none", "any", "local" or "foreign"

	BundleSID  string    `json:"bundleSid,omitempty"`  // BU and 32 hex digits
	AddressSID string    `json:"addressSid,omitempty"` // AD and 32 hex digits
	CreatedAt  time.Time `json:"createdAt"`
	UpdatedAt  time.Time `json:"updatedAt"`
	BoughtAt   time.Time `json:"boughtAt,omitzero"` // by REST; zero: it was put
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
	for _, hook := range n.hooks() {
		if *hook.url != "" && !isWebURL(*hook.url) {
			return fmt.Errorf("%s URL %q: give an absolute http or https URL", hook.name, *hook.url)
		}
		*hook.method = cmp.Or(*hook.method, http.MethodPost)
		if !isMethod(*hook.method) {
			return fmt.Errorf("%s method %q: give POST or GET", hook.name, *hook.method)
		}
	}
	if n.VoiceReceiveMode = cmp.Or(n.VoiceReceiveMode, "voice"); !isReceiveMode(n.VoiceReceiveMode) {
		return fmt.Errorf("voiceReceiveMode %q: give voice or fax", n.VoiceReceiveMode)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	old, ours := s.state.Numbers[n.PhoneNumber]
	n.Record = old.Record
	n.SID = cmp.Or(n.SID, s.derivedSID(n.PhoneNumber))
	if stocked, ok := s.offer(n.PhoneNumber); ok && !ours {
		n.Type, n.AddressRequirements = stocked.Type, stocked.AddressRequirements
		n.ISOCountry = cmp.Or(n.ISOCountry, stocked.Country)
	}
	if n.UpdatedAt = now; n.CreatedAt.IsZero() {
		n.CreatedAt = now
	}
	n.FriendlyName = cmp.Or(n.FriendlyName, n.PhoneNumber)
	n.ISOCountry = cmp.Or(n.ISOCountry, old.ISOCountry, country(n.PhoneNumber))
	if n.Capabilities == (Capabilities{}) {
		n.Capabilities = Capabilities{SMS: true, Voice: true, MMS: slices.Contains(mmsCountries, n.ISOCountry)}
	}
	s.state.Numbers[n.PhoneNumber] = n
	s.touched(event{Changed: "number"})
	return nil
}

// derivedSID is that of a number which was put: the same in every run, so that tests and
// the local stack need not ask for it.
func (s *Simulator) derivedSID(phone string) string {
	sum := sha256.Sum256([]byte(s.config.AccountSID + phone))
	return "PN" + hex.EncodeToString(sum[:16])
}

// hookField is a URL of a number, with the method it is asked by.
type hookField struct {
	name        string // in the control interface, before URL or Method
	param       string // in the REST API, before Url and Method, or alone and before Method
	url, method *string
}

func (n *Number) hooks() []hookField {
	return []hookField{
		{"sms", "Sms", &n.SmsURL, &n.SmsMethod},
		{"smsFallback", "SmsFallback", &n.SmsFallbackURL, &n.SmsFallbackMethod},
		{"voice", "Voice", &n.VoiceURL, &n.VoiceMethod},
		{"voiceFallback", "VoiceFallback", &n.VoiceFallbackURL, &n.VoiceFallbackMethod},
		{"statusCallback", "StatusCallback", &n.StatusCallback, &n.StatusCallbackMethod},
	}
}

func (s *Simulator) number(phone string) (Number, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.state.Numbers[phone]
	return n, ok
}

// Numbers are all numbers of the account, by phone number.
func (s *Simulator) Numbers() []Number {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Number, 0, len(s.state.Numbers))
	for _, phone := range slices.Sorted(maps.Keys(s.state.Numbers)) {
		all = append(all, s.state.Numbers[phone])
	}
	return all
}

func isMethod(method string) bool    { return method == http.MethodPost || method == http.MethodGet }
func isReceiveMode(mode string) bool { return mode == "voice" || mode == "fax" }

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
type place struct {
	city, state, zip    string
	lata, rateCenter    string // of the telephone network
	latitude, longitude string // degrees, as the REST API writes them
}

var places = map[string]place{ // by area code; spaces on purpose, they must survive signing
	"202": {"Washington", "DC", "20001", "236", "WASHINGTON", "38.907200", "-77.036900"},
	"206": {"Seattle", "WA", "98101", "674", "SEATTLE", "47.606200", "-122.332100"},
	"212": {"New York", "NY", "10001", "132", "NEW YORK", "40.712800", "-74.006000"},
	"213": {"Los Angeles", "CA", "90012", "730", "LOS ANGELES", "34.052200", "-118.243700"},
	"214": {"Dallas", "TX", "75201", "552", "DALLAS", "32.776700", "-96.797000"},
	"305": {"Miami", "FL", "33131", "460", "MIAMI", "25.761700", "-80.191800"},
	"312": {"Chicago", "IL", "60601", "358", "CHICAGO", "41.878100", "-87.629800"},
	"403": {"Calgary", "AB", "T2P", "888", "CALGARY", "51.044700", "-114.071900"},
	"404": {"Atlanta", "GA", "30303", "438", "ATLANTA", "33.749000", "-84.388000"},
	"415": {"San Francisco", "CA", "94105", "722", "SNFC CNTRL", "37.774900", "-122.419400"},
	"514": {"Montreal", "QC", "H2Y", "888", "MONTREAL", "45.501700", "-73.567300"},
	"604": {"Vancouver", "BC", "V6B", "888", "VANCOUVER", "49.282700", "-123.120700"},
	"613": {"Ottawa", "ON", "K1P", "888", "OTTAWAHULL", "45.421500", "-75.697200"},
	"628": {"San Francisco", "CA", "94105", "722", "SNFC CNTRL", "37.774900", "-122.419400"},
	"646": {"New York", "NY", "10010", "132", "NEW YORK", "40.712800", "-74.006000"},
	"647": {"Toronto", "ON", "M5H", "888", "TORONTO", "43.653200", "-79.383200"},
	"702": {"Las Vegas", "NV", "89101", "721", "LAS VEGAS", "36.169900", "-115.139800"},
	"713": {"Houston", "TX", "77002", "560", "HOUSTON", "29.760400", "-95.369800"},
	"857": {"Boston", "MA", "02108", "128", "BOSTON", "42.360100", "-71.058900"},
	"902": {"Halifax", "NS", "B3J", "888", "HALIFAX", "44.648800", "-63.575200"},
}

// placeOf is the zero place outside of the US and Canada.
func placeOf(phone string) place {
	if strings.HasPrefix(phone, "+1") && len(phone) > 5 {
		return places[phone[2:5]]
	}
	return place{}
}

// addPlace adds the geographic parameters of one party ("From", "To", "Caller", "Called").
func addPlace(params url.Values, party, phone, iso string) {
	at := placeOf(phone)
	params.Set(party+"City", strings.ToUpper(at.city))
	params.Set(party+"State", at.state)
	params.Set(party+"Zip", at.zip)
	params.Set(party+"Country", iso)
}
