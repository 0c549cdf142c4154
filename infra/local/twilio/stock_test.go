package twilio

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"clienteling/shared/phone"
)

// buyer is twilio-go with the account's credentials.
func (r *rig) buyer() *api.ApiService { return r.twilioGo(account, token, 5*time.Second) }

// search finds numbers of a type in a country by twilio-go, which has a method for each type.
func (r *rig) search(country, kind string, params *api.ListAvailablePhoneNumberLocalParams) ([]api.ApiV2010AvailablePhoneNumberLocal, error) {
	by := r.buyer()
	if kind == "Local" {
		return by.ListAvailablePhoneNumberLocal(country, params)
	}
	// The parameters and the numbers of the types have the same fields.
	var found []api.ApiV2010AvailablePhoneNumberLocal
	var listed any
	var err error
	switch kind {
	case "Mobile":
		p := api.ListAvailablePhoneNumberMobileParams(*params)
		listed, err = by.ListAvailablePhoneNumberMobile(country, &p)
	case "National":
		p := api.ListAvailablePhoneNumberNationalParams(*params)
		listed, err = by.ListAvailablePhoneNumberNational(country, &p)
	case "TollFree":
		p := api.ListAvailablePhoneNumberTollFreeParams(*params)
		listed, err = by.ListAvailablePhoneNumberTollFree(country, &p)
	default:
		p := api.ListAvailablePhoneNumberVoipParams(*params)
		listed, err = by.ListAvailablePhoneNumberVoip(country, &p)
	}
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(listed)
	if err != nil {
		return nil, err
	}
	return found, json.Unmarshal(data, &found)
}

// found are the phone numbers that a search shows.
func (r *rig) found(country, kind string, params *api.ListAvailablePhoneNumberLocalParams) (phones []string) {
	r.Helper()
	numbers, err := r.search(country, kind, params)
	if err != nil {
		r.Fatal(err)
	}
	for _, n := range numbers {
		phones = append(phones, *n.PhoneNumber)
	}
	return phones
}

func (r *rig) stock(query string) []offer {
	r.Helper()
	var shown struct{ Stock []offer }
	r.do("GET", "/control/stock"+query, "", 200, &shown)
	return shown.Stock
}

func TestStock(t *testing.T) {
	usual := "AU AT BE CA CZ DK EE FI FR DE HK IE IL IT MY NL NO PH PL PT ES SE CH GB TH US ZA"
	r := newRig(t, answering(``))
	sold := map[string]int{} // by country
	seen := map[string]bool{}
	areaCodes, duds := map[string]bool{}, map[string]int{}
	for _, o := range r.stock("") {
		sold[o.Country+" "+o.Type]++
		if seen[o.PhoneNumber] || !e164.MatchString(o.PhoneNumber) {
			t.Fatalf("%+v is no number, or twice there", o)
		}
		seen[o.PhoneNumber] = true
		if strings.HasSuffix(o.PhoneNumber, "05") || strings.HasSuffix(o.PhoneNumber, "99") { // some of each block: libphonenumber is slow
			want := o.Country
			if o.Type == "TollFree" && want == "CA" {
				want = "US" // it is the whole continent's
			}
			if of := phone.Country(o.PhoneNumber); of != want {
				t.Fatalf("%+v is a number of %q", o, of)
			}
			either := o.Type == "Local" && slices.Contains([]string{"US", "CA", "DK"}, o.Country) // no telling apart there
			if _, err := phone.Mobile(o.PhoneNumber, ""); (err == nil) != (o.Type == "Mobile" || either) {
				t.Fatalf("%+v: is it a mobile number? %v", o, err)
			}
		}
		// Stores and customers of the seed, of the handset and of tests.
		for _, taken := range []string{"+1212555", "+1415555", "+4477009001", "+4917139200", "+4915228817386", "+33639980123", "+4420794601"} {
			if strings.HasPrefix(o.PhoneNumber, taken) {
				t.Fatalf("%+v is somebody's", o)
			}
		}
		if strings.HasPrefix(o.PhoneNumber, "+1") {
			areaCodes[o.Country+o.PhoneNumber[2:5]] = true
			if at := placeOf(o.PhoneNumber); (at == place{}) != (o.Type == "TollFree") {
				t.Fatalf("%+v is in %+v", o, at)
			}
		}
		if o.Dud {
			duds[o.Country]++
		}
		if o.Owner != "" || o.Country == "TH" && o.Capabilities.SMS || o.Dud && !o.Capabilities.SMS {
			t.Fatalf("%+v", o)
		}
	}
	for country := range strings.FieldsSeq(usual) {
		texting := "Mobile"
		switch country {
		case "US", "CA", "TH":
			texting = "Local"
		}
		if sold[country+" Local"] < 95 || sold[country+" "+texting] < 95 {
			t.Errorf("%s: %d local and %d %s numbers", country, sold[country+" Local"], sold[country+" "+texting], texting)
		}
		if (duds[country] > 0) != (country != "TH") {
			t.Errorf("%s: %d duds", country, duds[country])
		}
	}
	if sold["US Mobile"]+sold["CA Mobile"]+sold["TH Mobile"] != 0 {
		t.Errorf("mobile numbers where there are none: %v", sold)
	}
	if us, ca := 12+3, 6+2; len(areaCodes) != us+ca {
		t.Errorf("area codes %v", areaCodes)
	}
	if again := r.stock("?country=DE&type=Mobile"); len(again) != sold["DE Mobile"] || again[0].PhoneNumber != "+4917604069000" {
		t.Errorf("German mobile numbers: %+v", again)
	}
	if german := r.stock("?country=DE"); len(german) != sold["DE Mobile"]+sold["DE Local"] {
		t.Errorf("%d German numbers", len(german))
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	type params = api.ListAvailablePhoneNumberLocalParams
	for name, test := range map[string]struct {
		country, kind string
		params        *params
		first         string // empty: nothing is found
		count         int
	}{
		"a page":             {"US", "Local", new(params), "+16465550100", 50},
		"a large page":       {"US", "Local", new(params).SetPageSize(2000), "+16465550100", 1000},
		"a small page":       {"US", "Local", new(params).SetPageSize(3), "+16465550100", 3},
		"area code":          {"US", "Local", new(params).SetAreaCode(312), "+13125550100", 50},
		"all of an area":     {"US", "Local", new(params).SetAreaCode(312).SetPageSize(1000), "+13125550100", 100},
		"Canada's area code": {"CA", "Local", new(params).SetAreaCode(312), "", 0},
		"toll-free":          {"US", "TollFree", new(params).SetAreaCode(844), "+18445550100", 50},
		"abroad":             {"DE", "Mobile", new(params).SetAreaCode(312), "+4917604069000", 50},
		"contains digits":    {"US", "Local", new(params).SetContains("7025550142"), "+17025550142", 1},
		"contains a word":    {"US", "Local", new(params).SetContains("jkl01").SetAreaCode(404).SetPageSize(9), "+14045550100", 9},
		"contains its end":   {"DE", "Mobile", new(params).SetContains("42$"), "+4917604069042", 1},
		"contains its begin": {"GB", "Mobile", new(params).SetContains("+44770090077"), "+447700900770", 10},
		"contains any digit": {"GB", "Mobile", new(params).SetContains("%090077*"), "+447700900770", 10},
		"rows of any digit":  {"US", "Local", new(params).SetContains("702555****"), "+17025550100", 50},
		"contains nothing":   {"US", "Local", new(params).SetContains("99999"), "", 0},
		"region":             {"US", "Local", new(params).SetInRegion("IL"), "+13125550100", 50},
		"locality":           {"US", "Local", new(params).SetInLocality("las vegas"), "+17025550100", 50},
		"locality abroad":    {"GB", "Local", new(params).SetInLocality("Birmingham"), "+441214960500", 50},
		"postal code":        {"US", "Local", new(params).SetInPostalCode("60601"), "+13125550100", 50},
		"rate center":        {"CA", "Local", new(params).SetInRateCenter("VANCOUVER").SetInLata("888"), "+16045550100", 50},
		"no such region":     {"GB", "Local", new(params).SetInRegion("IL"), "", 0},
		"texting":            {"US", "Local", new(params).SetSmsEnabled(true).SetMmsEnabled(true), "+16465550100", 50},
		"texting in vain":    {"DE", "Local", new(params).SetSmsEnabled(true), "", 0},
		"not texting":        {"DE", "Local", new(params).SetSmsEnabled(false).SetVoiceEnabled(true), "+493023125200", 50},
		"MMS in vain":        {"DE", "Mobile", new(params).SetMmsEnabled(true), "", 0},
		"fax":                {"US", "Local", new(params).SetFaxEnabled(true), "", 0},
		"British texting":    {"GB", "Mobile", new(params).SetSmsEnabled(true), "", 0},
		"British":            {"GB", "Mobile", new(params).SetBeta(false), "+447700900500", 50},
		"national":           {"GB", "National", new(params), "+443069990500", 50},
		"without address":    {"US", "Local", new(params).SetExcludeAllAddressRequired(true), "+16465550100", 50},
		"with address":       {"DE", "Mobile", new(params).SetExcludeAllAddressRequired(true), "", 0},
		"with local address": {"DE", "Mobile", new(params).SetExcludeLocalAddressRequired(true), "", 0},
		"with any address":   {"AU", "Mobile", new(params).SetExcludeLocalAddressRequired(true).SetExcludeForeignAddressRequired(true), "+61491570000", 50},
	} {
		phones := r.found(test.country, test.kind, test.params)
		if len(phones) != test.count || test.count > 0 && phones[0] != test.first {
			t.Errorf("%s: %d numbers, %v; want %d from %s", name, len(phones), phones[:min(3, len(phones))], test.count, test.first)
		}
	}

	mixed := map[string]bool{}
	for _, phone := range r.found("US", "Local", new(params)) {
		mixed[phone[:5]] = true
	}
	if len(mixed) != 12 {
		t.Errorf("the first page has the area codes %v", mixed)
	}
	for name, test := range map[string]struct {
		country, kind string
		params        *params
		want          string
	}{
		"unknown country":  {"XX", "Local", new(params), "404 20404"},
		"small letters":    {"us", "Local", new(params), "404 20404"},
		"US mobile":        {"US", "Mobile", new(params), "404 20404"},
		"Thai mobile":      {"TH", "Mobile", new(params), "404 20404"},
		"US Voip":          {"US", "Voip", new(params), "404 20404"},
		"area code":        {"US", "Local", new(params).SetAreaCode(12), "400 21451"},
		"short pattern":    {"US", "Local", new(params).SetContains("5"), "400 20001"},
		"nearby":           {"US", "Local", new(params).SetNearNumber("+14155550100"), "400 20001"},
		"nearby, by place": {"US", "Local", new(params).SetDistance(10), "400 20001"},
	} {
		if _, err := r.search(test.country, test.kind, test.params); codeOf(err) != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

// get asks the REST API as it is, without a client that hides what was sent.
func (r *rig) get(path string, into any) int {
	r.Helper()
	req, err := http.NewRequest("GET", r.url+"/2010-04-01/Accounts/"+account+path, nil)
	if err != nil {
		r.Fatal(err)
	}
	req.SetBasicAuth(account, token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		r.Fatalf("%v in %s", err, data)
	}
	return resp.StatusCode
}

func TestSearchOnTheWire(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	for path, want := range map[string]string{
		"/AvailablePhoneNumbers/US/Local.json?Contains=%2B13125550107": `{"friendly_name": "(312) 555-0107",
			"phone_number": "+13125550107", "lata": "358", "locality": "Chicago", "rate_center": "CHICAGO", "latitude": "41.878100",
			"longitude": "-87.629800", "region": "IL", "postal_code": "60601", "iso_country": "US", "address_requirements": "none",
			"beta": false, "capabilities": {"voice": true, "SMS": true, "MMS": true}}`,
		"/AvailablePhoneNumbers/CA/TollFree.json?Contains=8665550107": `{"friendly_name": "(866) 555-0107",
			"phone_number": "+18665550107", "lata": null, "locality": null, "rate_center": null, "latitude": null,
			"longitude": null, "region": null, "postal_code": null, "iso_country": "CA", "address_requirements": "none",
			"beta": false, "capabilities": {"voice": true, "SMS": true, "MMS": true}}`,
		"/AvailablePhoneNumbers/DE/Local.json?Contains=3023125207": `{"friendly_name": "+493023125207",
			"phone_number": "+493023125207", "lata": null, "locality": "Berlin", "rate_center": null, "latitude": null,
			"longitude": null, "region": null, "postal_code": null, "iso_country": "DE", "address_requirements": "local",
			"beta": false, "capabilities": {"voice": true, "SMS": false, "MMS": false}}`,
		"/AvailablePhoneNumbers/GB/Mobile.json?Contains=7700900507": `{"friendly_name": "+447700900507",
			"phone_number": "+447700900507", "lata": null, "locality": null, "rate_center": null, "latitude": null,
			"longitude": null, "region": null, "postal_code": null, "iso_country": "GB", "address_requirements": "none",
			"beta": false, "capabilities": {"voice": true, "SMS": false, "MMS": false}}`,
	} {
		var got, wanted any
		if status := r.get(path, &got); status != 200 {
			t.Errorf("%s: %d", path, status)
		}
		body := fmt.Sprintf(`{"available_phone_numbers": [%s], "uri": "/2010-04-01/Accounts/%s%s"}`, want, account, path)
		if err := json.Unmarshal([]byte(body), &wanted); err != nil {
			t.Fatal(err)
		}
		if g, w := fmt.Sprint(got), fmt.Sprint(wanted); g != w {
			t.Errorf("%s:\n%s, want\n%s", path, g, w)
		}
	}
	for _, wrong := range []string{
		"?SmsEnabled=maybe", "?Contains=", "?Contains=1*", "?Contains=5*5", "?Contains=55%25*", "?Contains=%2B*55", "?Contains=55%2B",
		"?Contains=$55", "?Contains=%C3%BC555", "?Contains=12345678901234567", "?NearLatLong=37,-122",
	} {
		var refused restError
		if status := r.get("/AvailablePhoneNumbers/US/Local.json"+wrong, &refused); status != 400 || refused.Code != 20001 || refused.Message == "" {
			t.Errorf("%s: %d %+v", wrong, status, refused)
		}
	}
}

func TestSearchPattern(t *testing.T) {
	for _, test := range []struct {
		pattern, phone string
		matches        bool
	}{
		{"5550", "+13125550107", true},
		{"5107", "+13125550107", false},
		{"+1312", "+13125550107", true},
		{"+312", "+13125550107", false},
		{"107$", "+13125550107", true},
		{"010$", "+13125550107", false},
		{"+13125550107$", "+13125550107", true},
		{"312555****", "+13125550107", true},
		{"312555*****", "+13125550107", false},
		{"*107$", "+13125550107", true},
		{"****55501", "+13125550107", true},
		{"*******55501", "+13125550107", false},
		{"%0107", "+13125550107", true},
		{"%55501%", "+13125550107", true},
		{"DJLoh0", "+13534560107", false},
		{"DJLOJH", "+13125355654", true},
		{"qz", "+13125550179", true},
	} {
		pattern, err := searchPattern(test.pattern)
		if err != nil || pattern.MatchString(test.phone) != test.matches {
			t.Errorf("%s in %s: want %t, %v", test.pattern, test.phone, test.matches, err)
		}
	}
}

func TestCountriesForSale(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	by := r.buyer()
	all, err := by.ListAvailablePhoneNumberCountry(nil)
	if err != nil || len(all) != 27 || *all[0].CountryCode != "AT" {
		t.Fatalf("%d countries, %v", len(all), err)
	}
	for country, want := range map[string]string{
		"US": "local toll_free", "TH": "local", "DE": "local mobile", "GB": "local mobile national toll_free",
	} {
		shown, err := by.FetchAvailablePhoneNumberCountry(country, nil)
		if err != nil {
			t.Errorf("%s: %v", country, err)
			continue
		}
		var kinds []string
		for kind, uri := range *shown.SubresourceUris {
			kinds = append(kinds, kind)
			var page struct {
				AvailablePhoneNumbers []available `json:"available_phone_numbers"`
			}
			_, path, _ := strings.Cut(fmt.Sprint(uri), account)
			if status := r.get(path, &page); status != 200 || len(page.AvailablePhoneNumbers) == 0 {
				t.Errorf("%s: %d, %d numbers", uri, status, len(page.AvailablePhoneNumbers))
			}
		}
		slices.Sort(kinds)
		if got := strings.Join(kinds, " "); got != want || *shown.CountryCode != country || *shown.Country == "" || *shown.Beta {
			t.Errorf("%s: %s, %+v", country, got, shown)
		}
	}
	if _, err := by.FetchAvailablePhoneNumberCountry("XX", nil); codeOf(err) != "404 20404" {
		t.Errorf("an unknown country: %v", err)
	}
}

func TestPutStock(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	type params = api.ListAvailablePhoneNumberLocalParams
	buy := func(phone string) string {
		_, err := r.buyer().CreateIncomingPhoneNumber(new(api.CreateIncomingPhoneNumberParams).SetPhoneNumber(phone))
		return codeOf(err)
	}
	put := func(phone, body string) (o offer) {
		t.Helper()
		r.do("PUT", "/control/stock/"+phone, body, 200, &o)
		return o
	}

	if o := put("+12015550100", `{"type":"Local"}`); o.Country != "US" || o.Capabilities != canPicture || o.AddressRequirements != "none" {
		t.Errorf("a new number: %+v", o)
	}
	if first := r.found("US", "Local", new(params).SetPageSize(2)); !slices.Equal(first, []string{"+12015550100", "+16465550100"}) {
		t.Errorf("the search shows %v", first)
	}
	put("+12015550100", `{"owner":"other"}`)
	put("+16465550100", `{"owner":"other"}`)
	put("+12135550100", `{"owner":"other","listed":true}`)
	if first := r.found("US", "Local", new(params).SetPageSize(2)); !slices.Equal(first, []string{"+12135550100", "+13125550100"}) {
		t.Errorf("with other owners the search shows %v", first)
	}
	for phone, want := range map[string]string{"+12015550100": "400 21422", "+16465550100": "400 21422", "+12135550100": "400 21422"} {
		if got := buy(phone); got != want {
			t.Errorf("%s, which somebody else has: %s", phone, got)
		}
	}
	put("+16465550100", `{}`)
	if got := buy("+16465550100"); got != "ok" {
		t.Errorf("given back: %s", got)
	}

	for phone, test := range map[string]struct {
		body  string
		shown bool         // does the search say that it texts?
		able  Capabilities // once it is bought
	}{
		"+16285550100": {`{"dud":true}`, true, canCall},
		"+16285550199": {`{"dud":false}`, true, canPicture},
		"+16285550198": {`{"capabilities":{"voice":true,"sms":true}}`, true, canText},
		"+16285550197": {`{"capabilities":{"voice":true,"sms":true,"mms":true},"dud":true}`, true, canCall},
		"+16285550196": {`{"capabilities":{"voice":true}}`, false, canCall},
		"+18335550100": {`{"type":"Local","capabilities":{"voice":true}}`, false, canCall},
	} {
		put(phone, test.body)
		found, err := r.search("US", "Local", new(params).SetContains(phone))
		if err != nil || len(found) != 1 || found[0].Capabilities.Sms != test.shown || buy(phone) != "ok" {
			t.Errorf("%s: %+v, %v", phone, found, err)
			continue
		}
		if n, _ := r.sim.number(phone); n.Capabilities != test.able || n.Type != "Local" {
			t.Errorf("%s was bought: %+v", phone, n)
		}
	}

	for _, test := range []struct {
		phone, body string
		status      int
		says        string
	}{
		{"415", `{}`, 400, "E.164"},
		{"+12015550101", `{}`, 400, "Local, TollFree"},
		{"+12015550101", `{"type":"Mobile"}`, 400, "Local, TollFree"},
		{"+99912345678", `{"type":"Mobile"}`, 400, "AT, AU"},
		{"+12015550101", `{"type":"Local","owner":"Ana"}`, 400, "want other"},
		{"+12015550101", `{"type":"Local","listed":true}`, 400, "give owner"},
		{"+12015550101", `{"kind":"Local"}`, 400, "unknown field"},
		{store, `{"type":"Local"}`, 409, "release it first"},
	} {
		var refused struct{ Error string }
		r.do("PUT", "/control/stock/"+url.PathEscape(test.phone), test.body, test.status, &refused)
		if !strings.Contains(refused.Error, test.says) {
			t.Errorf("%s %s: %q, want it to say %q", test.phone, test.body, refused.Error, test.says)
		}
	}
}
