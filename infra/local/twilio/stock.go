package twilio

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// offer is a number that Twilio has, as GET /control/stock shows it.
type offer struct {
	PhoneNumber         string       `json:"phoneNumber"`
	Country             string       `json:"country"` // two letters
	Type                string       `json:"type"`    // "Local", "Mobile", "National" or "TollFree", as in the path of a search
	Locality            string       `json:"locality,omitempty"`
	Capabilities        Capabilities `json:"capabilities"`        // once it is bought, unless it is a dud
	AddressRequirements string       `json:"addressRequirements"` // see supply
	Owner               string       `json:"owner"`               // "other": somebody else has it; empty: it is for sale
	Listed              bool         `json:"listed"`              // a search shows it although somebody else has it
	Dud                 bool         `json:"dud"`                 // once it is bought it lacks SMS and MMS, whatever the search said
}

// market is a country where Twilio sells numbers.
type market struct {
	country  string // two letters
	name     string
	supplies []supply
}

// supply is what Twilio has of one type in one country. What the numbers can do is from
// the pages of docs/guidelines and from what Twilio's customers report: texts come from
// mobile numbers, but in the US and Canada from local and toll-free ones, and in Thailand
// from none. Where nothing is known, mobile numbers text and the others do not.
type supply struct {
	kind         string // an offer's type
	capabilities Capabilities

	// address is Twilio's address_requirements: "none", "any", "local" or "foreign"
	// (docs/phone-numbers/api/availablephonenumberlocal-resource). Twilio publishes no list,
	// so beyond the US, Canada and Denmark they are the simulator's choice.
	address string

	// hidesSMS says that a search denies SMS although the numbers can text once they are
	// bought: github.com/twilio/twilio-php/issues/912.
	hidesSMS bool

	blocks []block
}

// block is a run of numbers.
type block struct {
	first    int64 // E.164 without the plus
	count    int
	locality string // outside of the US and Canada, whose places know better
}

var (
	canCall    = Capabilities{Voice: true}
	canText    = Capabilities{Voice: true, SMS: true}
	canPicture = Capabilities{Voice: true, SMS: true, MMS: true}
)

// markets are all numbers that Twilio has, before anything is sold. They are from the
// ranges that countries keep for fiction, where there are such: the area codes of the US and
// Canada (555-0100 to 0199), France, Germany, Ireland (020 91), Sweden, the United Kingdom,
// and Australia, whose mobile ones lie scattered in theirs. The others are made up, of the
// right form. Left out are the blocks that the seed, the people of the handset and tests use
// as stores and customers: +1212555, +1415555, +4477009001, +336399801.
var markets = []market{
	{"AT", "Austria", []supply{
		{kind: "Local", capabilities: canCall, address: "local", blocks: []block{{43_1_5550000, 300, "Vienna"}}},
		{kind: "Mobile", capabilities: canText, address: "local", blocks: []block{{43_664_5550000, 300, ""}}},
	}},
	{"AU", "Australia", []supply{
		{kind: "Local", capabilities: canCall, address: "local", blocks: []block{{61_2_5550_0000, 200, "Sydney"}, {61_3_5550_0000, 200, "Melbourne"}}},
		{kind: "Mobile", capabilities: canPicture, address: "any", blocks: []block{{61_491_570_000, 400, ""}}},
	}},
	{"BE", "Belgium", []supply{
		{kind: "Local", capabilities: canCall, address: "local", blocks: []block{{32_2_5880000, 300, "Brussels"}}},
		{kind: "Mobile", capabilities: canText, address: "local", blocks: []block{{32_460_200000, 300, ""}}},
	}},
	{"CA", "Canada", []supply{
		{kind: "Local", capabilities: canPicture, address: "none", blocks: fiction(647, 514, 604, 403, 613, 902)},
		{kind: "TollFree", capabilities: canPicture, address: "none", blocks: fiction(866, 877)},
	}},
	{"CH", "Switzerland", []supply{
		{kind: "Local", capabilities: canCall, address: "local", blocks: []block{{41_43_5080000, 300, "Zurich"}}},
		{kind: "Mobile", capabilities: canText, address: "local", blocks: []block{{41_76_6010000, 300, ""}}},
	}},
	{"CZ", "Czech Republic", []supply{
		{kind: "Local", capabilities: canCall, address: "local", blocks: []block{{420_225_550000, 300, "Prague"}}},
		{kind: "Mobile", capabilities: canText, address: "local", blocks: []block{{420_730_555000, 300, ""}}},
	}},
	{"DE", "Germany", []supply{
		{kind: "Local", capabilities: canCall, address: "local", blocks: []block{{49_30_23125_200, 300, "Berlin"}, {49_89_99998_200, 300, "Munich"}}},
		{kind: "Mobile", capabilities: canText, address: "local", blocks: []block{{49_176_040690_00, 100, ""}}},
	}},
	{"DK", "Denmark", []supply{
		{kind: "Local", capabilities: canCall, address: "local", blocks: []block{{45_7870_0000, 300, ""}}},
		{kind: "Mobile", capabilities: canText, address: "local", blocks: []block{{45_9370_0000, 300, ""}}},
	}},
	{"EE", "Estonia", []supply{
		{kind: "Local", capabilities: canCall, address: "none", blocks: []block{{372_605_0000, 300, "Tallinn"}}},
		{kind: "Mobile", capabilities: canText, address: "none", blocks: []block{{372_5555_0000, 300, ""}}},
	}},
	{"ES", "Spain", []supply{
		{kind: "Local", capabilities: canCall, address: "local", blocks: []block{{34_910_055000, 300, "Madrid"}}},
		{kind: "Mobile", capabilities: canText, address: "local", blocks: []block{{34_644_055000, 300, ""}}},
	}},
	{"FI", "Finland", []supply{
		{kind: "Local", capabilities: canCall, address: "none", blocks: []block{{358_9_42450000, 300, "Helsinki"}}},
		{kind: "Mobile", capabilities: canText, address: "none", blocks: []block{{358_45_7550000, 300, ""}}},
	}},
	{"FR", "France", []supply{
		{kind: "Local", capabilities: canCall, address: "local", blocks: []block{{33_1_99_00_02_00, 300, "Paris"}, {33_4_65_71_02_00, 300, "Marseille"}}},
		{kind: "Mobile", capabilities: canText, address: "local", blocks: []block{{33_6_39_98_02_00, 300, ""}}},
		{kind: "National", capabilities: canCall, address: "any", blocks: []block{{33_9_78_45_02_00, 300, ""}}},
	}},
	{"GB", "United Kingdom", []supply{
		{kind: "Local", capabilities: canCall, address: "none", blocks: []block{{44_20_7946_0500, 300, "London"}, {44_121_496_0500, 300, "Birmingham"}}},
		{kind: "Mobile", capabilities: canText, address: "none", hidesSMS: true, blocks: []block{{44_7700_900_500, 400, ""}}},
		{kind: "National", capabilities: canCall, address: "none", blocks: []block{{44_306_999_0500, 300, ""}}},
		{kind: "TollFree", capabilities: canCall, address: "none", blocks: []block{{44_808_157_0500, 300, ""}}},
	}},
	{"HK", "Hong Kong", []supply{
		{kind: "Local", capabilities: canCall, address: "none", blocks: []block{{852_2550_0000, 300, "Hong Kong"}}},
		{kind: "Mobile", capabilities: canText, address: "none", blocks: []block{{852_6550_0000, 300, ""}}},
	}},
	{"IE", "Ireland", []supply{
		{kind: "Local", capabilities: canCall, address: "any", blocks: []block{{353_1_5260000, 300, "Dublin"}}},
		{kind: "Mobile", capabilities: canText, address: "any", blocks: []block{{353_20_9100000, 300, ""}}},
	}},
	{"IL", "Israel", []supply{
		{kind: "Local", capabilities: canCall, address: "none", blocks: []block{{972_3_5550000, 300, "Tel Aviv"}}},
		{kind: "Mobile", capabilities: canText, address: "none", blocks: []block{{972_52_5550000, 300, ""}}},
	}},
	{"IT", "Italy", []supply{
		{kind: "Local", capabilities: canCall, address: "local", blocks: []block{{39_06_9480_0000, 300, "Rome"}}},
		{kind: "Mobile", capabilities: canText, address: "local", blocks: []block{{39_350_900_0000, 300, ""}}},
	}},
	{"MY", "Malaysia", []supply{
		{kind: "Local", capabilities: canCall, address: "any", blocks: []block{{60_3_77240000, 300, "Kuala Lumpur"}}},
		{kind: "Mobile", capabilities: canText, address: "any", blocks: []block{{60_11_17000000, 300, ""}}},
	}},
	{"NL", "Netherlands", []supply{
		{kind: "Local", capabilities: canCall, address: "local", blocks: []block{{31_20_8080000, 300, "Amsterdam"}}},
		{kind: "Mobile", capabilities: canText, address: "none", blocks: []block{{31_6_85550000, 300, ""}}},
	}},
	{"NO", "Norway", []supply{
		{kind: "Local", capabilities: canCall, address: "none", blocks: []block{{47_21_98_00_00, 300, "Oslo"}}},
		{kind: "Mobile", capabilities: canText, address: "none", blocks: []block{{47_966_55_000, 300, ""}}},
	}},
	{"PH", "Philippines", []supply{
		{kind: "Local", capabilities: canCall, address: "none", blocks: []block{{63_2_8555_0000, 300, "Manila"}}},
		{kind: "Mobile", capabilities: canText, address: "none", blocks: []block{{63_919_550_0000, 300, ""}}},
	}},
	{"PL", "Poland", []supply{
		{kind: "Local", capabilities: canCall, address: "none", blocks: []block{{48_22_390_00_00, 300, "Warsaw"}}},
		{kind: "Mobile", capabilities: canText, address: "none", blocks: []block{{48_732_055_000, 300, ""}}},
	}},
	{"PT", "Portugal", []supply{
		{kind: "Local", capabilities: canCall, address: "any", blocks: []block{{351_21_0200000, 300, "Lisbon"}}},
		{kind: "Mobile", capabilities: canText, address: "any", blocks: []block{{351_927_555000, 300, ""}}},
	}},
	{"SE", "Sweden", []supply{
		{kind: "Local", capabilities: canCall, address: "none", blocks: []block{{46_8_465_004_00, 100, "Stockholm"}}},
		{kind: "Mobile", capabilities: canText, address: "none", blocks: []block{{46_70_174_06_05, 95, ""}}},
	}},
	{"TH", "Thailand", []supply{
		{kind: "Local", capabilities: canCall, address: "none", blocks: []block{{66_2_0260000, 300, "Bangkok"}}},
	}},
	{"US", "United States", []supply{
		{kind: "Local", capabilities: canPicture, address: "none", blocks: fiction(646, 213, 312, 628, 305, 206, 857, 202, 214, 713, 404, 702)},
		{kind: "TollFree", capabilities: canPicture, address: "none", blocks: fiction(833, 844, 855)},
	}},
	{"ZA", "South Africa", []supply{
		{kind: "Local", capabilities: canCall, address: "any", blocks: []block{{27_10_5000000, 300, "Johannesburg"}}},
		{kind: "Mobile", capabilities: canText, address: "any", blocks: []block{{27_60_0550000, 300, ""}}},
	}},
}

// fiction are the numbers that North America keeps for it in the given area codes.
func fiction(areaCodes ...int64) []block {
	blocks := make([]block, len(areaCodes))
	for n, areaCode := range areaCodes {
		blocks[n] = block{first: 1_000_5550100 + areaCode*1_000_0000, count: 100}
	}
	return blocks
}

func (b block) number(n int) string { return "+" + strconv.FormatInt(b.first+int64(n), 10) }

func (b block) has(phone string) bool {
	n, err := strconv.ParseInt(strings.TrimPrefix(phone, "+"), 10, 64)
	return err == nil && n >= b.first && n < b.first+int64(b.count)
}

// offer is a number of a block before anything happened to it. One in a hundred that text
// is a dud: it ends in 99.
func (s supply) offer(country, phone string, b block) offer {
	return offer{
		PhoneNumber: phone, Country: country, Type: s.kind, Locality: cmp.Or(b.locality, placeOf(phone).city),
		Capabilities: s.capabilities, AddressRequirements: s.address, Dud: s.capabilities.SMS && strings.HasSuffix(phone, "99"),
	}
}

// bought is what the number can do for the account that bought it.
func (o offer) bought() Capabilities {
	able := o.Capabilities
	if o.Dud {
		able.SMS, able.MMS = false, false
	}
	return able
}

// shown is what a search says that the number can do.
func (o offer) shown() searchedCapabilities {
	able := searchedCapabilities{Voice: o.Capabilities.Voice, SMS: o.Capabilities.SMS, MMS: o.Capabilities.MMS}
	if from, _ := supplyOf(o.Country, o.Type); from.hidesSMS {
		able.SMS = false
	}
	return able
}

func marketOf(country string) (market, bool) {
	at := slices.IndexFunc(markets, func(m market) bool { return m.country == country })
	if at < 0 {
		return market{}, false
	}
	return markets[at], true
}

func supplyOf(country, kind string) (supply, bool) {
	m, _ := marketOf(country)
	at := slices.IndexFunc(m.supplies, func(s supply) bool { return s.kind == kind })
	if at < 0 {
		return supply{}, false
	}
	return m.supplies[at], true
}

// offer is a number of the stock, whoever has it: what the control interface said of it,
// else what the markets have. The caller holds the lock.
func (s *Simulator) offer(phone string) (offer, bool) {
	if o, put := s.state.Stock[phone]; put {
		return o, true
	}
	for _, m := range markets {
		for _, from := range m.supplies {
			for _, b := range from.blocks {
				if b.has(phone) {
					return from.offer(m.country, phone, b), true
				}
			}
		}
	}
	return offer{}, false
}

// offers are the numbers of one type in a country that the account has not: those put by
// the control interface first, by phone number, then one of each block in turn, as a
// search shows several area codes on its first page. The caller holds the lock.
func (s *Simulator) offers(country, kind string) []offer {
	var all []offer
	for _, phone := range slices.Sorted(maps.Keys(s.state.Stock)) {
		if o := s.state.Stock[phone]; o.Country == country && o.Type == kind {
			all = append(all, o)
		}
	}
	from, _ := supplyOf(country, kind)
	for n, left := 0, true; left; n++ {
		left = false
		for _, b := range from.blocks {
			if n >= b.count {
				continue
			}
			left = true
			if phone := b.number(n); s.state.Stock[phone].PhoneNumber == "" {
				all = append(all, from.offer(country, phone, b))
			}
		}
	}
	return slices.DeleteFunc(all, func(o offer) bool {
		_, ours := s.state.Numbers[o.PhoneNumber]
		return ours
	})
}

// availablePath is where Twilio keeps what is for sale; .json or a country follows.
func (s *Simulator) availablePath() string {
	return "/2010-04-01/Accounts/" + s.config.AccountSID + "/AvailablePhoneNumbers"
}

// availableCountry is a market as the REST API shows it
// (docs/phone-numbers/api/availablephonenumber-resource).
type availableCountry struct {
	CountryCode     string            `json:"country_code"`
	Country         string            `json:"country"`
	URI             string            `json:"uri"`
	Beta            bool              `json:"beta"`
	SubresourceURIs map[string]string `json:"subresource_uris"`
}

// subresources are the names of types in subresource_uris.
var subresources = map[string]string{"Local": "local", "Mobile": "mobile", "National": "national", "TollFree": "toll_free"}

func (s *Simulator) availableCountry(m market) availableCountry {
	path := s.availablePath() + "/" + m.country
	shown := availableCountry{CountryCode: m.country, Country: m.name, URI: path + ".json", SubresourceURIs: map[string]string{}}
	for _, from := range m.supplies {
		shown.SubresourceURIs[subresources[from.kind]] = path + "/" + from.kind + ".json"
	}
	return shown
}

// listCountries is GET /2010-04-01/Accounts/{AC}/AvailablePhoneNumbers.json.
func (s *Simulator) listCountries(r *http.Request) (any, *restError) {
	shown := struct {
		Countries []availableCountry `json:"countries"`
		URI       string             `json:"uri"`
	}{[]availableCountry{}, r.URL.RequestURI()}
	for _, m := range markets {
		shown.Countries = append(shown.Countries, s.availableCountry(m))
	}
	return shown, nil
}

// fetchCountry is GET /2010-04-01/Accounts/{AC}/AvailablePhoneNumbers/{CC}.json.
func (s *Simulator) fetchCountry(r *http.Request) (any, *restError) {
	m, known := marketOf(named(r, "country"))
	if !known {
		return nil, unknownResource(r)
	}
	return s.availableCountry(m), nil
}

// available is a number for sale as the REST API shows it. The places are those of the US
// and Canada; elsewhere they are null, but for the locality of a local number.
type available struct {
	FriendlyName        string               `json:"friendly_name"`
	PhoneNumber         string               `json:"phone_number"`
	LATA                *string              `json:"lata"`
	Locality            *string              `json:"locality"`
	RateCenter          *string              `json:"rate_center"`
	Latitude            *string              `json:"latitude"`
	Longitude           *string              `json:"longitude"`
	Region              *string              `json:"region"`
	PostalCode          *string              `json:"postal_code"`
	ISOCountry          string               `json:"iso_country"`
	AddressRequirements string               `json:"address_requirements"`
	Beta                bool                 `json:"beta"`
	Capabilities        searchedCapabilities `json:"capabilities"`
}

// searchedCapabilities have the capitals that a search has and a number that was bought has not.
type searchedCapabilities struct {
	Voice bool `json:"voice"`
	SMS   bool `json:"SMS"`
	MMS   bool `json:"MMS"`
}

func (o offer) available() available {
	at := placeOf(o.PhoneNumber)
	return available{
		FriendlyName: friendly(o.PhoneNumber), PhoneNumber: o.PhoneNumber, LATA: orNull(at.lata), Locality: orNull(o.Locality),
		RateCenter: orNull(at.rateCenter), Latitude: orNull(at.latitude), Longitude: orNull(at.longitude), Region: orNull(at.state),
		PostalCode: orNull(at.zip), ISOCountry: o.Country, AddressRequirements: o.AddressRequirements,
		Capabilities: o.shown(),
	}
}

// friendly is a number as Twilio writes it in friendly_name: in the national format of North
// America, and elsewhere as it is, says docs/phone-numbers/api/availablephonenumbermobile-resource.
func friendly(phone string) string {
	if digits, ok := strings.CutPrefix(phone, "+1"); ok && len(digits) == 10 {
		return fmt.Sprintf("(%s) %s-%s", digits[:3], digits[3:6], digits[6:])
	}
	return phone
}

// notSearched are filters of a search that would change what it finds.
var notSearched = []string{"NearNumber", "NearLatLong", "Distance"}

// searchNumbers is GET /2010-04-01/Accounts/{AC}/AvailablePhoneNumbers/{CC}/{type}.json
// (docs/phone-numbers/api/availablephonenumberlocal-resource). It has one page.
func (s *Simulator) searchNumbers(r *http.Request) (any, *restError) {
	country, kind, query := r.PathValue("country"), named(r, "type"), r.URL.Query()
	if _, known := supplyOf(country, kind); !known {
		return nil, unknownResource(r)
	}
	passes, refused := searchFilter(country, query)
	if refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	all := s.offers(country, kind)
	s.mu.Unlock()
	shown := struct {
		AvailablePhoneNumbers []available `json:"available_phone_numbers"`
		URI                   string      `json:"uri"`
	}{[]available{}, r.URL.RequestURI()}
	for _, o := range all {
		if n := o.available(); (o.Owner == "" || o.Listed) && passes(n) && len(shown.AvailablePhoneNumbers) < pageSize(query) {
			shown.AvailablePhoneNumbers = append(shown.AvailablePhoneNumbers, n)
		}
	}
	return shown, nil
}

// searchFilter tells which numbers of a country a search asks for.
func searchFilter(country string, query url.Values) (func(available) bool, *restError) {
	for _, name := range notSearched {
		if query.Has(name) {
			return nil, refuseREST(20001, "%s is not simulated", name)
		}
	}
	var filters []func(available) bool
	wants := func(name string, matches func(n available, wanted bool) bool) *restError {
		if !query.Has(name) {
			return nil
		}
		wanted, err := strconv.ParseBool(query.Get(name))
		if err != nil {
			return refuseREST(20001, "%s %q: give true or false", name, query.Get(name))
		}
		filters = append(filters, func(n available) bool { return matches(n, wanted) })
		return nil
	}
	for name, matches := range map[string]func(n available, wanted bool) bool{
		"SmsEnabled":                    func(n available, wanted bool) bool { return n.Capabilities.SMS == wanted },
		"MmsEnabled":                    func(n available, wanted bool) bool { return n.Capabilities.MMS == wanted },
		"VoiceEnabled":                  func(n available, wanted bool) bool { return n.Capabilities.Voice == wanted },
		"FaxEnabled":                    func(_ available, wanted bool) bool { return !wanted }, // Twilio has given fax up
		"ExcludeAllAddressRequired":     func(n available, wanted bool) bool { return !wanted || n.AddressRequirements == "none" },
		"ExcludeLocalAddressRequired":   func(n available, wanted bool) bool { return !wanted || n.AddressRequirements != "local" },
		"ExcludeForeignAddressRequired": func(n available, wanted bool) bool { return !wanted || n.AddressRequirements != "foreign" },
		"Beta":                          func(available, bool) bool { return true }, // none is
	} {
		if refused := wants(name, matches); refused != nil {
			return nil, refused
		}
	}
	for name, of := range map[string]func(available) *string{
		"InRegion":     func(n available) *string { return n.Region },
		"InLocality":   func(n available) *string { return n.Locality },
		"InPostalCode": func(n available) *string { return n.PostalCode },
		"InRateCenter": func(n available) *string { return n.RateCenter },
		"InLata":       func(n available) *string { return n.LATA },
	} {
		if wanted := query.Get(name); wanted != "" {
			filters = append(filters, func(n available) bool { return of(n) != nil && strings.EqualFold(*of(n), wanted) })
		}
	}
	if query.Has("Contains") {
		pattern, err := searchPattern(query.Get("Contains"))
		if err != nil {
			return nil, refuseREST(20001, "Contains %q: %v", query.Get("Contains"), err)
		}
		filters = append(filters, func(n available) bool { return pattern.MatchString(n.PhoneNumber) })
	}
	if areaCode := query.Get("AreaCode"); query.Has("AreaCode") && northAmerican(country) { // elsewhere it means nothing
		if !isAreaCode(areaCode) {
			return nil, refuseREST(21451, "AreaCode %q: give three digits, like 646", areaCode)
		}
		filters = append(filters, func(n available) bool { return strings.HasPrefix(n.PhoneNumber, "+1"+areaCode) })
	}
	return func(n available) bool {
		return !slices.ContainsFunc(filters, func(passes func(available) bool) bool { return !passes(n) })
	}, nil
}

func northAmerican(country string) bool { return country == "US" || country == "CA" }

var areaCodeForm = regexp.MustCompile(`^[2-9][0-9]{2}$`)

func isAreaCode(code string) bool { return areaCodeForm.MatchString(code) }

var (
	searchForm = regexp.MustCompile(`^(\+?)([*%]*)([0-9A-Za-z]+)([*%]*)(\$?)$`)
	adjacent   = regexp.MustCompile(`\+[*%]|[*%]\$|\*%|%\*|%%`)
)

// searchPattern understands Contains: 2 to 16 digits and letters, which stand for the digit
// on their key, anywhere in the number; + before them for its beginning and $ after them
// for its end; * before or after them for any digit, % for any digits, and then at least
// two digits or letters. These signs cannot stand side by side, but for a row of *, which
// examples of the same page have: 510555****
// (docs/phone-numbers/api/availablephonenumberlocal-resource).
func searchPattern(contains string) (*regexp.Regexp, error) {
	parts := searchForm.FindStringSubmatch(contains)
	switch {
	case len(contains) < 2 || len(contains) > 16:
		return nil, errors.New("give 2 to 16 characters")
	case parts == nil:
		return nil, errors.New("give digits or letters, with + before, $ after, * and % before or after them")
	case adjacent.MatchString(contains):
		return nil, errors.New("of + * % and $, only * can stand side by side, with itself")
	case parts[2]+parts[4] != "" && len(parts[3]) < 2:
		return nil, errors.New("beside * and %, give two digits or letters")
	}
	wild := strings.NewReplacer("*", "[0-9]", "%", "[0-9]*")
	pattern := wild.Replace(parts[2]) + strings.Map(onKeypad, parts[3]) + wild.Replace(parts[4])
	if parts[1] != "" {
		pattern = `^\+` + pattern
	}
	return regexp.Compile(pattern + parts[5])
}

// onKeypad is the digit that a letter shares a key with.
func onKeypad(r rune) rune {
	if r = unicode.ToUpper(r); r >= 'A' && r <= 'Z' {
		return rune("22233344455566677778889999"[r-'A'])
	}
	return r
}

// getStock is GET /control/stock.
func (s *Simulator) getStock(r *http.Request) (any, error) {
	query := r.URL.Query()
	shown := []offer{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range markets {
		for _, from := range m.supplies {
			if cmp.Or(query.Get("country"), m.country) == m.country && cmp.Or(query.Get("type"), from.kind) == from.kind {
				shown = append(shown, s.offers(m.country, from.kind)...)
			}
		}
	}
	return map[string][]offer{"stock": shown}, nil
}

// putStock is PUT /control/stock/{e164}.
func (s *Simulator) putStock(r *http.Request) (any, error) {
	var asked struct {
		Country      string        `json:"country"`
		Type         string        `json:"type"`
		Capabilities *Capabilities `json:"capabilities"`
		Owner        string        `json:"owner"`
		Listed       bool          `json:"listed"`
		Dud          bool          `json:"dud"`
	}
	if err := decode(r, &asked); err != nil {
		return nil, err
	}
	phone := r.PathValue("e164")
	if !e164.MatchString(phone) {
		return nil, refuse(400, "phone number %q: give it in E.164, like +14155550100", phone)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ours := s.state.Numbers[phone]; ours {
		return nil, refuse(409, "%s is the account's: release it first", phone)
	}
	o, _ := s.offer(phone)
	o.PhoneNumber = phone
	before := [2]string{o.Country, o.Type}
	o.Country = cmp.Or(asked.Country, o.Country, country(phone))
	o.Type = cmp.Or(asked.Type, o.Type)
	from, known := supplyOf(o.Country, o.Type)
	switch m, sells := marketOf(o.Country); {
	case !sells:
		return nil, refuse(400, "country %q: want one of %s", o.Country, strings.Join(countries(), ", "))
	case !known:
		return nil, refuse(400, "type %q: in %s Twilio has %s", o.Type, m.name, strings.Join(m.types(), ", "))
	case asked.Owner != "" && asked.Owner != "other":
		return nil, refuse(400, "owner %q: want other, or nothing when it is for sale", asked.Owner)
	case asked.Listed && asked.Owner == "":
		return nil, refuse(400, "listed is about a number that somebody else has: give owner, too")
	}
	if before != [2]string{o.Country, o.Type} {
		o.Capabilities, o.AddressRequirements = from.capabilities, from.address
		o.Locality = placeOf(phone).city
	}
	if asked.Capabilities != nil {
		o.Capabilities = *asked.Capabilities
	}
	o.Owner, o.Listed, o.Dud = asked.Owner, asked.Listed, asked.Dud
	s.state.Stock[phone] = o
	s.touched(event{Changed: "number"})
	return o, nil
}

func countries() []string {
	var all []string
	for _, m := range markets {
		all = append(all, m.country)
	}
	return all
}

func (m market) types() []string {
	var all []string
	for _, from := range m.supplies {
		all = append(all, from.kind)
	}
	return all
}
