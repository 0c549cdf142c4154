package twilio

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// purchase is what happened to a number by REST, as GET /control/purchases shows it.
type purchase struct {
	PhoneNumber  string    `json:"phoneNumber"`
	FriendlyName string    `json:"friendlyName"`
	At           time.Time `json:"at"`
	SID          string    `json:"sid"`
	Kind         string    `json:"kind"` // "bought", "again" for a number the account had already, "released"
}

// maxPurchases are kept. The oldest goes first.
const maxPurchases = 10_000

// maxFriendlyName is in characters.
const maxFriendlyName = 64

// magicPurchases are refused with an error each (docs/iam/test-credentials).
var magicPurchases = map[string]int{"+15005550000": 21422, "+15005550001": 21421}

// notSimulatedForNumbers are parameters that would change what a number does or whose it is.
var notSimulatedForNumbers = []string{
	"AccountSid", "EmergencyAddressSid", "EmergencyStatus", "IdentitySid", "SmsApplicationSid", "TrunkSid", "VoiceApplicationSid",
}

// buyNumber is POST /2010-04-01/Accounts/{AC}/IncomingPhoneNumbers.json
// (docs/phone-numbers/api/incomingphonenumber-resource).
func (s *Simulator) buyNumber(r *http.Request) (any, *restError) {
	bought, refused := s.buy(r.PostForm)
	if refused != nil {
		s.record("", r.URL.Path, fault{refused.Code, "a number was refused when the account asked to buy it"})
		return nil, refused
	}
	return s.numberResource(bought), nil
}

// buy makes a number of the stock the account's. One that the account has already is
// updated, and nothing more is bought: https://github.com/danielberkompas/ex_twilio/issues/116.
func (s *Simulator) buy(form url.Values) (Number, *restError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	phone := form.Get("PhoneNumber")
	if phone == "" && form.Has("AreaCode") {
		found, refused := s.inAreaCode(form.Get("AreaCode"))
		if refused != nil {
			return Number{}, refused
		}
		phone = found
	}
	switch code := magicPurchases[phone]; {
	case phone == "":
		return Number{}, refuseREST(21421, "A 'PhoneNumber' or an 'AreaCode' is required.")
	case !e164.MatchString(phone), code == 21421:
		return Number{}, refuseREST(21421, "%s is not a valid number", phone)
	case code == 21422:
		return Number{}, refuseREST(code, "%s is not available.", phone)
	}
	now := s.config.Now()
	kind := "again"
	n, ours := s.state.Numbers[phone]
	if !ours {
		o, known := s.offer(phone)
		if !known || o.Owner != "" {
			return Number{}, refuseREST(21422, "%s is not available.", phone)
		}
		kind = "bought"
		n = Number{
			PhoneNumber: phone, FriendlyName: friendly(phone), ISOCountry: o.Country, Capabilities: o.bought(), VoiceReceiveMode: "voice",
			Record: Record{
				SID: newSID("PN"), Type: o.Type, AddressRequirements: o.AddressRequirements, CreatedAt: now, BoughtAt: now,
			},
		}
		for _, hook := range n.hooks() {
			*hook.method = http.MethodPost
		}
	}
	if refused := n.configure(form); refused != nil {
		return Number{}, refused
	}
	if !ours || form.Has("BundleSid") || form.Has("AddressSid") {
		if refused := s.checkCompliance(n); refused != nil {
			return Number{}, refused
		}
	}
	n.UpdatedAt = now
	s.state.Numbers[phone] = n
	s.enter(kind, n)
	return n, nil
}

// inAreaCode is the first local number for sale in an area code of the US or Canada. The
// caller holds the lock.
func (s *Simulator) inAreaCode(areaCode string) (string, *restError) {
	if !isAreaCode(areaCode) {
		return "", refuseREST(21451, "%s is not a valid area code: give three digits, like 646", areaCode)
	}
	for _, country := range []string{"US", "CA"} {
		for _, o := range s.offers(country, "Local") {
			if o.Owner == "" && strings.HasPrefix(o.PhoneNumber, "+1"+areaCode) {
				return o.PhoneNumber, nil
			}
		}
	}
	return "", refuseREST(21452, "No phone numbers found in area code %s", areaCode)
}

// enter keeps that a number was bought or released. The caller holds the lock.
func (s *Simulator) enter(kind string, n Number) {
	s.state.Purchases = append(s.state.Purchases, purchase{n.PhoneNumber, n.FriendlyName, s.config.Now(), n.SID, kind})
	s.state.Purchases = slices.Delete(s.state.Purchases, 0, max(0, len(s.state.Purchases)-maxPurchases))
	s.touched(event{Changed: "number"})
}

var (
	bundleSID  = regexp.MustCompile(`^BU[0-9a-f]{32}$`)
	addressSID = regexp.MustCompile(`^AD[0-9a-f]{32}$`)
)

// isNobodys tells the SID that never is anything's: its digits are all zero.
func isNobodys(sid string) bool { return strings.Trim(sid[2:], "0") == "" }

// needsBundle tells the countries whose numbers are bought with an approved bundle of
// documents. It is the simulator's rule, and stricter than Twilio's, that it is all but the
// US and Canada: Twilio decides by country, type and end user
// (docs/phone-numbers/regulatory/api/regulations).
func needsBundle(country string) bool { return !northAmerican(country) }

// checkCompliance finds what a regulator would miss at a number
// (docs/phone-numbers/regulatory/getting-started). The caller holds the lock.
func (s *Simulator) checkCompliance(n Number) *restError {
	if n.BundleSID == "" && n.Type != "" && needsBundle(n.ISOCountry) {
		return refuseREST(21649, "Bundle required and not provided")
	}
	if n.BundleSID != "" {
		if refused := s.checkBundle(n); refused != nil {
			return refused
		}
	}
	switch {
	case n.AddressSID == "" && (n.AddressRequirements == "" || n.AddressRequirements == "none"):
		return nil
	case s.hasAddress(n):
		return nil
	case n.AddressRequirements == "local":
		return refuseREST(21615, "Phone Number Requires a Local Address: AddressSid %q is none", n.AddressSID)
	}
	return refuseREST(21631, "Phone Number Requires an Address but the 'AddressSid' parameter was %q", n.AddressSID)
}

// checkBundle finds out whether a number's bundle is there, approved, and for such numbers.
// Provisionally approved is not approved. Unless bundles are taken strictly, any SID of
// their form stands for one that is all that, but the one with 32 zeros, which does not
// exist.
func (s *Simulator) checkBundle(n Number) *restError {
	if !s.config.StrictBundles {
		if !bundleSID.MatchString(n.BundleSID) || isNobodys(n.BundleSID) {
			return refuseREST(21649, "Bundle %s does not exist", n.BundleSID)
		}
		return nil
	}
	f, found := find(s.state.Papers.Bundles, n.BundleSID)
	switch {
	case !found || f.Kind != regulatory.kind:
		return refuseREST(21649, "Bundle %s not found", n.BundleSID)
	case f.Status != statusApproved:
		return refuseREST(21649, "Bundle %s status is not twilio-approved", n.BundleSID)
	}
	w, kind := f.rules(), strings.ToLower(n.Type)
	if n.Type == "TollFree" {
		kind = "toll-free"
	}
	if w.country != n.ISOCountry || kind != "" && w.numberType != kind {
		return refuseREST(21649, "Bundle %s is for %s %s numbers, and this one is %s %s", n.BundleSID, w.country, w.numberType, n.ISOCountry, kind)
	}
	return nil
}

// hasAddress tells whether a number's address is there, and where it has to be: a local one
// in the country. Unless bundles are taken strictly, any SID of the form does, in the same
// way.
func (s *Simulator) hasAddress(n Number) bool {
	if !s.config.StrictBundles {
		return addressSID.MatchString(n.AddressSID) && !isNobodys(n.AddressSID)
	}
	a, found := find(s.state.Papers.Addresses, n.AddressSID)
	return found && (n.AddressRequirements != "local" || a.ISOCountry == n.ISOCountry)
}

// configure changes what a form names, and leaves the rest as it is.
func (n *Number) configure(form url.Values) *restError {
	for _, name := range notSimulatedForNumbers {
		if form.Get(name) != "" { // empty takes away what no number here has
			return refuseREST(20001, "%s is not simulated", name)
		}
	}
	set := func(name string, into *string) {
		if form.Has(name) {
			*into = form.Get(name)
		}
	}
	set("FriendlyName", &n.FriendlyName)
	if n.FriendlyName = cmp.Or(n.FriendlyName, friendly(n.PhoneNumber)); utf8.RuneCountInString(n.FriendlyName) > maxFriendlyName {
		return refuseREST(20001, "FriendlyName has more than %d characters", maxFriendlyName)
	}
	for _, hook := range n.hooks() {
		url, method := hook.param+"Url", hook.param+"Method"
		if hook.param == "StatusCallback" {
			url = hook.param
		}
		set(url, hook.url)
		if *hook.url != "" && !isWebURL(*hook.url) {
			return refuseREST(21402, "%s is not valid: %s", url, *hook.url)
		}
		set(method, hook.method)
		if *hook.method = cmp.Or(*hook.method, http.MethodPost); !isMethod(*hook.method) {
			return refuseREST(21403, "%s is not valid: %s, want POST or GET", method, *hook.method)
		}
	}
	switch {
	case form.Get("SmsFallbackUrl") != "" && n.SmsURL == "":
		return refuseREST(21406, "")
	case form.Get("VoiceFallbackUrl") != "" && n.VoiceURL == "":
		return refuseREST(21405, "")
	}
	set("VoiceReceiveMode", &n.VoiceReceiveMode)
	if n.VoiceReceiveMode = cmp.Or(n.VoiceReceiveMode, "voice"); !isReceiveMode(n.VoiceReceiveMode) {
		return refuseREST(20001, "VoiceReceiveMode %q: want voice or fax", n.VoiceReceiveMode)
	}
	if lookup := form.Get("VoiceCallerIdLookup"); lookup != "" {
		wanted, err := strconv.ParseBool(lookup)
		if err != nil {
			return refuseREST(20001, "VoiceCallerIdLookup %q: want true or false", lookup)
		}
		n.VoiceCallerIDLookup = wanted
	}
	set("BundleSid", &n.BundleSID)
	set("AddressSid", &n.AddressSID)
	return nil
}

// numberNamed is the number whose SID is in a path. The caller holds the lock.
func (s *Simulator) numberNamed(r *http.Request) (Number, bool) {
	sid := named(r, "number")
	for _, n := range s.state.Numbers {
		if n.SID == sid {
			return n, true
		}
	}
	return Number{}, false
}

// phoneNamed is its phone number, empty when there is none.
func (s *Simulator) phoneNamed(r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, _ := s.numberNamed(r)
	return n.PhoneNumber
}

// fetchNumber is GET /2010-04-01/Accounts/{AC}/IncomingPhoneNumbers/{PN}.json.
func (s *Simulator) fetchNumber(r *http.Request) (any, *restError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ours := s.numberNamed(r)
	if !ours {
		return nil, unknownResource(r)
	}
	return s.numberResource(n), nil
}

// updateNumber is POST /2010-04-01/Accounts/{AC}/IncomingPhoneNumbers/{PN}.json.
func (s *Simulator) updateNumber(r *http.Request) (any, *restError) {
	s.mu.Lock()
	n, ours := s.numberNamed(r)
	if !ours {
		s.mu.Unlock()
		return nil, unknownResource(r)
	}
	refused := n.configure(r.PostForm)
	if refused == nil && (r.PostForm.Has("BundleSid") || r.PostForm.Has("AddressSid")) {
		refused = s.checkCompliance(n)
	}
	if refused == nil {
		n.UpdatedAt = s.config.Now()
		s.state.Numbers[n.PhoneNumber] = n
		s.touched(event{Changed: "number"})
	}
	s.mu.Unlock()
	if refused != nil {
		s.record(n.SID, r.URL.Path, fault{refused.Code, "an update of a number was refused"})
		return nil, refused
	}
	return s.numberResource(n), nil
}

// releaseNumber is DELETE /2010-04-01/Accounts/{AC}/IncomingPhoneNumbers/{PN}.json. A
// number of the stock is for sale again; one that was put is gone.
func (s *Simulator) releaseNumber(r *http.Request) (any, *restError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ours := s.numberNamed(r)
	if !ours {
		return nil, unknownResource(r)
	}
	delete(s.state.Numbers, n.PhoneNumber)
	s.leaveServices(n.SID)
	s.enter("released", n)
	return nil, nil
}

// listNumbers is GET /2010-04-01/Accounts/{AC}/IncomingPhoneNumbers.json, newest first.
func (s *Simulator) listNumbers(r *http.Request) (any, *restError) {
	query := r.URL.Query()
	wanted := regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(query.Get("PhoneNumber")), `\*`, "[0-9]"))
	all := slices.DeleteFunc(s.Numbers(), func(n Number) bool {
		return !wanted.MatchString(n.PhoneNumber) || cmp.Or(query.Get("FriendlyName"), n.FriendlyName) != n.FriendlyName ||
			cmp.Or(query.Get("Origin"), "twilio") != "twilio"
	})
	slices.SortStableFunc(all, func(a, b Number) int { return b.CreatedAt.Compare(a.CreatedAt) })
	cut, part, refused := cutPage(r, all, func(n Number) string { return n.SID })
	if refused != nil {
		return nil, refused
	}
	shown := struct {
		page
		IncomingPhoneNumbers []numberResource `json:"incoming_phone_numbers"`
	}{cut, []numberResource{}}
	for _, n := range part {
		shown.IncomingPhoneNumbers = append(shown.IncomingPhoneNumbers, s.numberResource(n))
	}
	return shown, nil
}

// numberResource is a number of the account as the REST API shows it.
type numberResource struct {
	AccountSID             string            `json:"account_sid"`
	AddressRequirements    string            `json:"address_requirements"`
	AddressSID             *string           `json:"address_sid"`
	APIVersion             string            `json:"api_version"`
	Beta                   bool              `json:"beta"`
	BundleSID              *string           `json:"bundle_sid"`
	Capabilities           ownedCapabilities `json:"capabilities"`
	DateCreated            string            `json:"date_created"` // dates are RFC 2822
	DateUpdated            string            `json:"date_updated"`
	EmergencyAddressSID    *string           `json:"emergency_address_sid"`
	EmergencyAddressStatus string            `json:"emergency_address_status"`
	EmergencyStatus        string            `json:"emergency_status"`
	FriendlyName           string            `json:"friendly_name"`
	IdentitySID            *string           `json:"identity_sid"`
	Origin                 string            `json:"origin"`
	PhoneNumber            string            `json:"phone_number"`
	SID                    string            `json:"sid"`
	SmsApplicationSID      string            `json:"sms_application_sid"`
	SmsFallbackMethod      string            `json:"sms_fallback_method"`
	SmsFallbackURL         string            `json:"sms_fallback_url"`
	SmsMethod              string            `json:"sms_method"`
	SmsURL                 string            `json:"sms_url"`
	Status                 string            `json:"status"`
	StatusCallback         string            `json:"status_callback"`
	StatusCallbackMethod   string            `json:"status_callback_method"`
	SubresourceURIs        map[string]string `json:"subresource_uris"`
	TrunkSID               *string           `json:"trunk_sid"`
	Type                   *string           `json:"type"` // null for one that was put
	URI                    string            `json:"uri"`
	VoiceApplicationSID    string            `json:"voice_application_sid"`
	VoiceCallerIDLookup    bool              `json:"voice_caller_id_lookup"`
	VoiceFallbackMethod    string            `json:"voice_fallback_method"`
	VoiceFallbackURL       string            `json:"voice_fallback_url"`
	VoiceMethod            string            `json:"voice_method"`
	VoiceReceiveMode       string            `json:"voice_receive_mode"`
	VoiceURL               string            `json:"voice_url"`
}

// ownedCapabilities have fax, too, which no number does any more.
type ownedCapabilities struct {
	Capabilities
	Fax bool `json:"fax"`
}

func (s *Simulator) numberResource(n Number) numberResource {
	path := "/2010-04-01/Accounts/" + s.config.AccountSID + "/IncomingPhoneNumbers/" + n.SID
	return numberResource{
		AccountSID: s.config.AccountSID, AddressRequirements: cmp.Or(n.AddressRequirements, "none"), AddressSID: orNull(n.AddressSID),
		APIVersion: "2010-04-01", BundleSID: orNull(n.BundleSID), Capabilities: ownedCapabilities{Capabilities: n.Capabilities},
		DateCreated: rfc2822(n.CreatedAt), DateUpdated: rfc2822(n.UpdatedAt),
		EmergencyAddressStatus: "unregistered", EmergencyStatus: "Inactive", FriendlyName: n.FriendlyName,
		Origin: "twilio", PhoneNumber: n.PhoneNumber, SID: n.SID,
		SmsFallbackMethod: n.SmsFallbackMethod, SmsFallbackURL: n.SmsFallbackURL, SmsMethod: n.SmsMethod, SmsURL: n.SmsURL,
		Status: "in-use", StatusCallback: n.StatusCallback, StatusCallbackMethod: n.StatusCallbackMethod,
		SubresourceURIs: map[string]string{"assigned_add_ons": path + "/AssignedAddOns.json"},
		Type:            orNull(strings.ToLower(n.Type)), URI: path + ".json",
		VoiceCallerIDLookup: n.VoiceCallerIDLookup,
		VoiceFallbackMethod: n.VoiceFallbackMethod, VoiceFallbackURL: n.VoiceFallbackURL, VoiceMethod: n.VoiceMethod,
		VoiceReceiveMode: cmp.Or(n.VoiceReceiveMode, "voice"), VoiceURL: n.VoiceURL,
	}
}

// getPurchases is GET /control/purchases.
func (s *Simulator) getPurchases(*http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string][]purchase{"purchases": append([]purchase{}, s.state.Purchases...)}, nil
}
