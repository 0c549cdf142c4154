package twilio

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

const (
	bundle  = "BU0123456789abcdef0123456789abcdef"
	address = "AD0123456789abcdef0123456789abcdef"
	chicago = "+13125550107" // for sale
)

// buys is a purchase of a number that needs nothing, as the application makes it.
func buys(phone string) *api.CreateIncomingPhoneNumberParams {
	return new(api.CreateIncomingPhoneNumberParams).SetPhoneNumber(phone)
}

// mustBuy answers the SID of the number.
func (r *rig) mustBuy(params *api.CreateIncomingPhoneNumberParams) string {
	r.Helper()
	bought, err := r.buyer().CreateIncomingPhoneNumber(params)
	if err != nil {
		r.Fatal(err)
	}
	return *bought.Sid
}

func (r *rig) purchases() (all []purchase) {
	r.Helper()
	var shown struct{ Purchases []purchase }
	r.do("GET", "/control/purchases", "", 200, &shown)
	return shown.Purchases
}

// kindsOf are the kinds of purchases, in their order.
func kindsOf(all []purchase) string {
	var kinds []string
	for _, p := range all {
		kinds = append(kinds, p.Kind)
	}
	return strings.Join(kinds, " ")
}

func TestBuyANumber(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(`<Response><Message>welcome</Message></Response>`))
	began := time.Now()
	bought, err := r.buyer().CreateIncomingPhoneNumber(buys(chicago).SetFriendlyName("store-42").
		SetSmsUrl(r.hook.URL + "/sms#rc=2&rp=ct,rt,5xx").SetSmsFallbackUrl(r.hook.URL + "/late").SetSmsFallbackMethod("GET").
		SetVoiceUrl(r.hook.URL + "/voice").SetStatusCallback(r.hook.URL + "/ended").SetVoiceReceiveMode("voice"))
	if err != nil {
		t.Fatal(err)
	}
	created, err := time.Parse(time.RFC1123Z, *bought.DateCreated)
	if err != nil || created.Sub(began).Abs() > 5*time.Second || *bought.DateUpdated != *bought.DateCreated ||
		!strings.HasPrefix(*bought.Sid, "PN") || len(*bought.Sid) != 34 || *bought.PhoneNumber != chicago || *bought.FriendlyName != "store-42" ||
		*bought.AccountSid != account || *bought.Status != "in-use" || *bought.Origin != "twilio" || *bought.Type != "local" ||
		*bought.SmsUrl != r.hook.URL+"/sms#rc=2&rp=ct,rt,5xx" || *bought.SmsMethod != "POST" || *bought.SmsFallbackMethod != "GET" ||
		*bought.VoiceUrl != r.hook.URL+"/voice" || *bought.VoiceReceiveMode != "voice" || bought.TrunkSid != nil || bought.BundleSid != nil ||
		*bought.AddressRequirements != "none" || !bought.Capabilities.Sms || !bought.Capabilities.Mms || !bought.Capabilities.Voice ||
		*bought.Uri != "/2010-04-01/Accounts/"+account+"/IncomingPhoneNumbers/"+*bought.Sid+".json" {
		t.Errorf("bought: %+v, %v", bought, err)
	}
	var wire struct {
		Capabilities map[string]bool
		Status       string
	}
	if r.get("/IncomingPhoneNumbers/"+*bought.Sid+".json", &wire); !maps.Equal(wire.Capabilities, map[string]bool{"voice": true, "sms": true, "mms": true, "fax": false}) {
		t.Errorf("capabilities on the wire: %v", wire.Capabilities)
	}

	if found := r.found("US", "Local", new(api.ListAvailablePhoneNumberLocalParams).SetContains(chicago)); found != nil {
		t.Errorf("it is still for sale: %v", found)
	}
	// It is at work at once.
	sent := r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"hello"}`, ana, chicago))
	if len(sent.Deliveries) != 1 || len(sent.Deliveries[0].Messages) != 1 || sent.Deliveries[0].Messages[0].Body != "welcome" {
		t.Errorf("a text to it: %+v", sent)
	}
	if form := r.requests()[0].PostForm; form.Get("To") != chicago || form.Get("ToCity") != "CHICAGO" || form.Get("ToState") != "IL" {
		t.Errorf("its webhook got %v", form)
	}
	if _, err := r.post(new(api.CreateMessageParams).SetFrom(chicago).SetBody("welcome")); err != nil {
		t.Errorf("a text from it: %v", err)
	}
	if call := r.placeCall(fmt.Sprintf(`{"from":%q,"to":%q}`, ana, chicago)); call.Outcome == "" {
		t.Errorf("a call to it: %+v", call)
	}
	r.settled()

	fetched, err := r.buyer().FetchIncomingPhoneNumber(*bought.Sid, nil)
	if err != nil || *fetched.PhoneNumber != chicago || *fetched.StatusCallback != r.hook.URL+"/ended" {
		t.Errorf("fetched: %+v, %v", fetched, err)
	}
	updated, err := r.buyer().UpdateIncomingPhoneNumber(*bought.Sid, new(api.UpdateIncomingPhoneNumberParams).SetFriendlyName("store-43").SetSmsUrl(""))
	if err != nil || *updated.FriendlyName != "store-43" || *updated.SmsUrl != "" || *updated.VoiceUrl != r.hook.URL+"/voice" || *updated.Sid != *bought.Sid {
		t.Errorf("updated: %+v, %v", updated, err)
	}

	var shown struct{ Numbers []Number }
	r.do("GET", "/control/numbers", "", 200, &shown)
	if n := shown.Numbers[0]; len(shown.Numbers) != 2 || n.SID != *bought.Sid || n.BoughtAt.Before(began.Round(0)) || n.FriendlyName != "store-43" ||
		n.UpdatedAt.Before(n.BoughtAt) || shown.Numbers[1].PhoneNumber != store || !shown.Numbers[1].BoughtAt.IsZero() {
		t.Errorf("the account has %+v", shown.Numbers)
	}
	history := r.purchases()
	if len(history) != 1 || history[0].PhoneNumber != chicago || history[0].FriendlyName != "store-42" || history[0].SID != *bought.Sid ||
		history[0].Kind != "bought" || history[0].At.Before(began.Round(0)) {
		t.Errorf("purchases: %+v", history)
	}
}

func TestTheHandsetHearsOfNumbers(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	changes := make(chan event, 8)
	r.sim.mu.Lock()
	r.sim.listeners[changes] = struct{}{}
	r.sim.mu.Unlock()
	sid := r.mustBuy(buys(chicago))
	if _, err := r.buyer().UpdateIncomingPhoneNumber(sid, new(api.UpdateIncomingPhoneNumberParams).SetFriendlyName("x")); err != nil {
		t.Fatal(err)
	}
	if err := r.buyer().DeleteIncomingPhoneNumber(sid, nil); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got := <-changes; got != (event{Changed: "number"}) {
			t.Errorf("the handset hears of %+v", got)
		}
	}
}

func TestBuyAgainAndRelease(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	first := r.mustBuy(buys(chicago).SetFriendlyName("store-1").SetSmsUrl("https://x.example/sms").SetVoiceUrl("https://x.example/voice"))
	again, err := r.buyer().CreateIncomingPhoneNumber(buys(chicago).SetFriendlyName("store-2").SetVoiceUrl(""))
	if err != nil || *again.Sid != first || *again.Status != "in-use" || *again.FriendlyName != "store-2" || *again.SmsUrl != "https://x.example/sms" || *again.VoiceUrl != "" {
		t.Errorf("bought again: %+v, %v", again, err)
	}
	put := r.mustBuy(buys(store))
	if n, _ := r.sim.number(store); put != n.SID || n.SID != r.sim.derivedSID(store) || !n.BoughtAt.IsZero() || n.FriendlyName != "Union Square" {
		t.Errorf("one that was put: %+v", n)
	}
	if err := r.buyer().DeleteIncomingPhoneNumber(first, nil); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"release": r.buyer().DeleteIncomingPhoneNumber(first, nil),
		"fetch":   func() error { _, err := r.buyer().FetchIncomingPhoneNumber(first, nil); return err }(),
		"update": func() error {
			_, err := r.buyer().UpdateIncomingPhoneNumber(first, new(api.UpdateIncomingPhoneNumberParams).SetFriendlyName("x"))
			return err
		}(),
	} {
		if codeOf(err) != "404 20404" {
			t.Errorf("%s of a number that was released: %v", name, err)
		}
	}
	r.do("POST", "/control/texts", fmt.Sprintf(`{"from":%q,"to":%q,"body":"hello"}`, ana, chicago), 404, nil)
	if found := r.found("US", "Local", new(api.ListAvailablePhoneNumberLocalParams).SetContains(chicago)); !slices.Equal(found, []string{chicago}) {
		t.Errorf("for sale again: %v", found)
	}
	second := r.mustBuy(buys(chicago))
	if n, _ := r.sim.number(chicago); second == first || n.SID != second || n.SmsURL != "" || n.FriendlyName != "(312) 555-0107" {
		t.Errorf("after the release it is %+v", n)
	}
	if kinds := kindsOf(r.purchases()); kinds != "bought again again released bought" {
		t.Errorf("purchases: %s", kinds)
	}

	r.do("PUT", "/control/numbers/"+chicago, `{"friendlyName":"put","smsUrl":"https://x.example/put","sid":"PN1","bundleSid":"BU1"}`, 200, nil)
	if n, _ := r.sim.number(chicago); n.SID != second || n.BoughtAt.IsZero() || n.FriendlyName != "put" || n.SmsURL != "https://x.example/put" || n.BundleSID != "" || n.Type != "Local" {
		t.Errorf("put after it was bought: %+v", n)
	}
}

func TestBuyingAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	var sids sync.Map
	var buyers sync.WaitGroup
	for range 8 {
		buyers.Go(func() {
			bought, err := r.buyer().CreateIncomingPhoneNumber(buys(chicago))
			if err != nil {
				t.Error(err)
				return
			}
			sids.Store(*bought.Sid, true)
		})
	}
	buyers.Wait()
	different := 0
	sids.Range(func(any, any) bool { different++; return true })
	if kinds := kindsOf(r.purchases()); different != 1 || kinds != "bought"+strings.Repeat(" again", 7) {
		t.Errorf("%d numbers, %s", different, kinds)
	}
}

func TestBuyRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	type params = api.CreateIncomingPhoneNumberParams
	long := strings.Repeat("ß", 65)
	tests := map[string]struct {
		params *params
		code   int
	}{
		"nothing":              {new(params), 21421},
		"no number":            {buys("Chicago"), 21421},
		"a national number":    {buys("(312) 555-0107"), 21421},
		"nobody's":             {buys("+13125551234"), 21422},
		"magic: unavailable":   {buys("+15005550000"), 21422},
		"magic: invalid":       {buys("+15005550001"), 21421},
		"no area code":         {new(params).SetAreaCode("12"), 21451},
		"empty area code":      {new(params).SetAreaCode("533"), 21452},
		"long name":            {buys(chicago).SetFriendlyName(long), 20001},
		"no URL":               {buys(chicago).SetSmsUrl("/sms"), 21402},
		"no callback":          {buys(chicago).SetStatusCallback("callback"), 21402},
		"method":               {buys(chicago).SetVoiceMethod("PUT"), 21403},
		"text fallback alone":  {buys(chicago).SetSmsFallbackUrl("https://x.example/"), 21406},
		"call fallback alone":  {buys(chicago).SetVoiceFallbackUrl("https://x.example/"), 21405},
		"receive mode":         {buys(chicago).SetVoiceReceiveMode("telex"), 20001},
		"application":          {buys(chicago).SetSmsApplicationSid("AP1"), 20001},
		"trunk":                {buys(chicago).SetTrunkSid("TK1"), 20001},
		"malformed bundle":     {buys(chicago).SetBundleSid("BU1"), 21649},
		"no bundle":            {buys("+4917604069042").SetAddressSid(address), 21649},
		"unknown bundle":       {buys("+4917604069042").SetAddressSid(address).SetBundleSid("BU" + strings.Repeat("0", 32)), 21649},
		"no local address":     {buys("+4917604069042").SetBundleSid(bundle), 21615},
		"no such address":      {buys("+4917604069042").SetBundleSid(bundle).SetAddressSid("AD" + strings.Repeat("0", 32)), 21615},
		"no address":           {buys("+61491570042").SetBundleSid(bundle), 21631},
		"malformed address":    {buys("+61491570042").SetBundleSid(bundle).SetAddressSid("AD1"), 21631},
		"no bundle in Britain": {buys("+447700900542"), 21649},
	}
	for name, test := range tests {
		_, err := r.buyer().CreateIncomingPhoneNumber(test.params)
		var refused *client.TwilioRestError
		if !errors.As(err, &refused) || refused.Code != test.code || refused.Status != 400 || refused.Message == "" {
			t.Errorf("%s: %v, want %d", name, err, test.code)
		}
	}
	if all := r.sim.Numbers(); len(all) != 1 || len(r.purchases()) != 0 {
		t.Errorf("refused, and yet the account has %+v", all)
	}
	if codes := r.errorCodes(); len(codes) != len(tests) {
		t.Errorf("the debugger has %v", codes)
	}

	for name, params := range map[string]*params{
		"64 characters":   buys("+13125550101").SetFriendlyName(long[2:]),
		"local address":   buys("+4917604069042").SetBundleSid(bundle).SetAddressSid(address),
		"any address":     buys("+61491570042").SetBundleSid(bundle).SetAddressSid(address),
		"no address":      buys("+447700900542").SetBundleSid(bundle),
		"empty parameter": buys("+13125550102").SetVoiceApplicationSid("").SetTrunkSid("").SetSmsUrl(""),
		"not needed":      buys("+13125550103").SetBundleSid(bundle).SetAddressSid(address),
		"Canada":          buys("+18665550103"),
	} {
		if _, err := r.buyer().CreateIncomingPhoneNumber(params); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, _ := r.sim.number("+4917604069042"); n.BundleSID != bundle || n.AddressSID != address || n.ISOCountry != "DE" || n.Type != "Mobile" {
		t.Errorf("bought with documents: %+v", n)
	}
	if n, _ := r.sim.number("+18665550103"); n.ISOCountry != "CA" || n.Type != "TollFree" {
		t.Errorf("a Canadian toll-free number: %+v", n)
	}
}

func TestUpdateRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	sid := r.mustBuy(buys("+4917604069042").SetBundleSid(bundle).SetAddressSid(address))
	before, _ := r.sim.number("+4917604069042")
	type params = api.UpdateIncomingPhoneNumberParams
	for name, test := range map[string]struct {
		params *params
		code   int
	}{
		"name":              {new(params).SetFriendlyName(strings.Repeat("x", 65)), 20001},
		"URL":               {new(params).SetVoiceUrl("x"), 21402},
		"fallback":          {new(params).SetVoiceFallbackUrl("https://x.example/"), 21405},
		"without bundle":    {new(params).SetBundleSid(""), 21649},
		"another bundle":    {new(params).SetBundleSid("BU1"), 21649},
		"without address":   {new(params).SetAddressSid(""), 21615},
		"to another owner":  {new(params).SetAccountSid("AC1"), 20001},
		"emergency address": {new(params).SetEmergencyAddressSid(address), 20001},
	} {
		_, err := r.buyer().UpdateIncomingPhoneNumber(sid, test.params)
		if want := fmt.Sprintf("400 %d", test.code); codeOf(err) != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if after, _ := r.sim.number("+4917604069042"); after != before {
		t.Errorf("refused, and yet it is %+v", after)
	}
	if _, err := r.buyer().UpdateIncomingPhoneNumber(sid, new(params).SetFriendlyName("").SetVoiceCallerIdLookup(true)); err != nil {
		t.Error(err)
	}
	if n, _ := r.sim.number("+4917604069042"); n.FriendlyName != "+4917604069042" || !n.VoiceCallerIDLookup {
		t.Errorf("updated: %+v", n)
	}
}

func TestBuyByAreaCode(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	r.do("PUT", "/control/stock/+16475550100", `{"owner":"other","listed":true}`, 200, nil)
	for _, want := range []string{"+16475550101", "+16475550102"} {
		bought, err := r.buyer().CreateIncomingPhoneNumber(new(api.CreateIncomingPhoneNumberParams).SetAreaCode("647"))
		if err != nil || *bought.PhoneNumber != want || *bought.FriendlyName != friendly(want) {
			t.Errorf("bought %+v, %v; want %s", bought, err, want)
		}
	}
}

func TestBoughtNumbersAreNotAlwaysAsShown(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	for phone, test := range map[string]struct {
		country, kind string
		shown, able   bool // to text
	}{
		"+447700900501":  {"GB", "Mobile", false, true},
		"+447700900599":  {"GB", "Mobile", false, false},
		"+13125550199":   {"US", "Local", true, false},
		"+4917604069099": {"DE", "Mobile", true, false},
		"+46701740699":   {"SE", "Mobile", true, false},
		"+4917604069098": {"DE", "Mobile", true, true},
		"+6620260099":    {"TH", "Local", false, false},
	} {
		found, err := r.search(test.country, test.kind, new(api.ListAvailablePhoneNumberLocalParams).SetContains(phone))
		if err != nil || len(found) != 1 || found[0].Capabilities.Sms != test.shown {
			t.Errorf("%s: %+v, %v", phone, found, err)
		}
		sid := r.mustBuy(buys(phone).SetBundleSid(bundle).SetAddressSid(address).SetSmsUrl(r.hook.URL + "/sms"))
		fetched, err := r.buyer().FetchIncomingPhoneNumber(sid, nil)
		if err != nil || fetched.Capabilities.Sms != test.able || fetched.Capabilities.Mms || !fetched.Capabilities.Voice {
			t.Errorf("%s was bought: %+v, %v", phone, fetched.Capabilities, err)
		}
		want := "ok"
		if !test.able {
			want = "400 21606"
		}
		if _, err := r.post(new(api.CreateMessageParams).SetFrom(phone).SetBody("x")); codeOf(err) != want {
			t.Errorf("a text from %s: %v, want %s", phone, err, want)
		}
	}
	r.settled()
}

func TestListNumbers(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	phones := []string{"+13125550101", "+13125550102", "+16465550101", "+18335550101", "+13125550103"}
	for n, phone := range phones {
		r.mustBuy(buys(phone).SetFriendlyName(fmt.Sprintf("store-%d", n%2)))
	}
	newest := append(slices.Clone(phones), store)
	slices.Reverse(newest[:len(phones)]) // what was put is older
	type params = api.ListIncomingPhoneNumberParams
	for name, test := range map[string]struct {
		params *params
		want   []string
	}{
		"all":            {new(params), newest},
		"pages of two":   {new(params).SetPageSize(2), newest},
		"pages of three": {new(params).SetPageSize(3), newest},
		"limit":          {new(params).SetPageSize(2).SetLimit(3), newest[:3]},
		"exact":          {new(params).SetPhoneNumber("+16465550101"), []string{"+16465550101"}},
		"part":           {new(params).SetPhoneNumber("5550101"), []string{"+18335550101", "+16465550101", "+13125550101"}},
		"wildcards":      {new(params).SetPhoneNumber("+1312*550***"), []string{"+13125550103", "+13125550102", "+13125550101"}},
		"no number":      {new(params).SetPhoneNumber("(312"), nil},
		"name":           {new(params).SetFriendlyName("store-1"), []string{"+18335550101", "+13125550102"}},
		"part of a name": {new(params).SetFriendlyName("store"), nil},
		"both":           {new(params).SetFriendlyName("store-1").SetPhoneNumber("833"), []string{"+18335550101"}},
		"from Twilio":    {new(params).SetOrigin("twilio").SetBeta(false), newest},
		"hosted":         {new(params).SetOrigin("hosted"), nil},
	} {
		found, err := r.buyer().ListIncomingPhoneNumber(test.params)
		var got []string
		for _, n := range found {
			got = append(got, *n.PhoneNumber)
		}
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, test.want)
		}
	}
	first, err := r.buyer().PageIncomingPhoneNumber(new(params).SetPageSize(4), "", "")
	if err != nil || first.PageSize != 4 || first.End != 3 || first.NextPageUri == nil ||
		!strings.HasPrefix(*first.NextPageUri, "/2010-04-01/Accounts/"+account+"/IncomingPhoneNumbers.json?Page=1&") {
		t.Errorf("first page: %+v, %v", first, err)
	}
	if _, err := r.buyer().PageIncomingPhoneNumber(nil, "PAPN1", "1"); codeOf(err) != "400 20001" {
		t.Errorf("a token that is none: %v", err)
	}
}

func TestFaultsOfNumbers(t *testing.T) {
	t.Parallel()
	type operations = map[string]func(*api.ApiService, string) error
	calls := operations{
		"numbers.search": func(by *api.ApiService, _ string) error {
			_, err := by.ListAvailablePhoneNumberLocal("US", nil)
			return err
		},
		"numbers.buy": func(by *api.ApiService, _ string) error {
			_, err := by.CreateIncomingPhoneNumber(buys("+13125550101"))
			return err
		},
		"numbers.update": func(by *api.ApiService, sid string) error {
			_, err := by.UpdateIncomingPhoneNumber(sid, new(api.UpdateIncomingPhoneNumberParams).SetFriendlyName("new"))
			return err
		},
		"numbers.fetch": func(by *api.ApiService, sid string) error {
			_, err := by.FetchIncomingPhoneNumber(sid, nil)
			return err
		},
		"numbers.list": func(by *api.ApiService, _ string) error { _, err := by.ListIncomingPhoneNumber(nil); return err },
		"numbers.release": func(by *api.ApiService, sid string) error {
			return by.DeleteIncomingPhoneNumber(sid, nil)
		},
	}
	for kind, test := range map[string]struct {
		want    string
		happens bool
	}{
		"429":            {"429 20429", false},
		"code:22300":     {"400 22300", false},
		"html-503":       {"error decoding the response for an HTTP error code: 503", false},
		"timeout-before": {"timeout", false},
		"timeout-after":  {"timeout", true},
		"reset-before":   {"reset", false},
		"reset-after":    {"reset", true},
		"slow":           {"timeout", true},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel() // much of it is waiting
			r := newRig(t, answering(``))
			sid := r.mustBuy(buys(chicago))
			impatient, ms := 5*time.Second, 0
			if test.want == "timeout" {
				impatient = 250 * time.Millisecond
			}
			if kind == "slow" {
				ms = 500
			}
			for _, operation := range slices.Sorted(maps.Keys(calls)) {
				if operation == "numbers.release" {
					continue
				}
				r.trouble(fmt.Sprintf(`{"operation":%q,"kind":%q,"ms":%d}`, operation, kind, ms))
				if got := codeOf(calls[operation](r.twilioGo(account, token, impatient), sid)); !strings.HasPrefix(got, test.want) {
					t.Errorf("%s: %s, want %s", operation, got, test.want)
				}
			}
			// The last of all, as nothing can be done to the number after it.
			r.trouble(fmt.Sprintf(`{"operation":"numbers.release","kind":%q,"ms":%d}`, kind, ms))
			if got := codeOf(calls["numbers.release"](r.twilioGo(account, token, impatient), sid)); !strings.HasPrefix(got, test.want) {
				t.Errorf("numbers.release: %s, want %s", got, test.want)
			}
			want := "bought"
			if test.happens {
				want = "bought bought released"
			}
			if kinds := kindsOf(r.purchases()); kinds != want {
				t.Errorf("purchases: %s, want %s", kinds, want)
			}
			var left struct{ Faults []trouble }
			r.do("GET", "/control/faults", "", 200, &left)
			for _, f := range left.Faults {
				if f.Hits != 1 {
					t.Errorf("%+v struck %d times", f, f.Hits)
				}
			}
		})
	}
}

func TestWhichNumbersAFaultIsAbout(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	sid, other := r.mustBuy(buys(chicago)), r.mustBuy(buys("+13125550101"))
	for _, operation := range []string{"buy", "update", "fetch", "list", "release"} {
		r.trouble(fmt.Sprintf(`{"operation":"numbers.%s","kind":"500","nth":0,"to":%q}`, operation, chicago))
	}
	r.trouble(fmt.Sprintf(`{"operation":"numbers.search","kind":"500","nth":0,"to":%q}`, chicago))
	by := r.buyer()
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"buy":   {func() error { _, err := by.CreateIncomingPhoneNumber(buys(chicago)); return err }(), "500 20500"},
		"fetch": {func() error { _, err := by.FetchIncomingPhoneNumber(sid, nil); return err }(), "500 20500"},
		"update": {func() error {
			_, err := by.UpdateIncomingPhoneNumber(sid, new(api.UpdateIncomingPhoneNumberParams).SetFriendlyName("x"))
			return err
		}(), "500 20500"},
		"release": {by.DeleteIncomingPhoneNumber(sid, nil), "500 20500"},
		"list": {func() error {
			_, err := by.ListIncomingPhoneNumber(new(api.ListIncomingPhoneNumberParams).SetPhoneNumber(chicago))
			return err
		}(), "500 20500"},
		"another's fetch": {func() error { _, err := by.FetchIncomingPhoneNumber(other, nil); return err }(), "ok"},
		"all":             {func() error { _, err := by.ListIncomingPhoneNumber(nil); return err }(), "ok"},
		"search":          {func() error { _, err := by.ListAvailablePhoneNumberLocal("US", nil); return err }(), "ok"},
		"another's":       {by.DeleteIncomingPhoneNumber(other, nil), "ok"},
	} {
		if got := codeOf(test.err); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestNumbersSurviveARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "twilio.json")
	r := newRig(t, answering(``))
	r.start(file)
	sid := r.mustBuy(buys(chicago).SetFriendlyName("store-1").SetSmsUrl(r.hook.URL + "/sms"))
	r.mustBuy(buys("+13125550101"))
	r.do("PUT", "/control/stock/+12015550100", `{"type":"Local","owner":"other","listed":true}`, 200, nil)
	before, history := r.sim.Numbers(), r.purchases()
	if err := r.sim.Close(); err != nil {
		t.Fatal(err)
	}
	r.start(file)
	same := func(a, b Number) bool {
		times := a.CreatedAt.Equal(b.CreatedAt) && a.UpdatedAt.Equal(b.UpdatedAt) && a.BoughtAt.Equal(b.BoughtAt)
		a.CreatedAt, a.UpdatedAt, a.BoughtAt = b.CreatedAt, b.UpdatedAt, b.BoughtAt
		return times && a == b
	}
	if after := r.sim.Numbers(); !slices.EqualFunc(after, before, same) {
		t.Errorf("after the restart: %+v\nbefore: %+v", after, before)
	}
	if after := r.purchases(); len(after) != 2 || after[0] != history[0] || after[1] != history[1] || after[0].SID != sid {
		t.Errorf("after the restart: %+v", after)
	}
	if found := r.found("US", "Local", new(api.ListAvailablePhoneNumberLocalParams).SetPageSize(1)); !slices.Equal(found, []string{"+12015550100"}) {
		t.Errorf("after the restart the search shows %v", found)
	}
	if _, err := r.buyer().CreateIncomingPhoneNumber(buys("+12015550100")); codeOf(err) != "400 21422" {
		t.Errorf("after the restart somebody else's number: %v", err)
	}
}

func TestNumbersNeedCredentials(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	for _, path := range []string{"/AvailablePhoneNumbers/US/Local.json", "/IncomingPhoneNumbers.json", "/IncomingPhoneNumbers/PN1.json"} {
		r.do("GET", "/2010-04-01/Accounts/"+account+path, "", http.StatusUnauthorized, nil)
	}
	r.do("DELETE", "/2010-04-01/Accounts/"+account+"/IncomingPhoneNumbers/PN1.json", "", http.StatusUnauthorized, nil)
}

func TestTheOldestPurchaseGoesFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	r.sim.mu.Lock()
	r.sim.state.Purchases = make([]purchase, maxPurchases)
	r.sim.state.Purchases[1].SID = "second"
	r.sim.mu.Unlock()
	sid := r.mustBuy(buys(chicago))
	if all := r.purchases(); len(all) != maxPurchases || all[0].SID != "second" || all[len(all)-1].SID != sid {
		t.Errorf("%d purchases, from %+v to %+v", len(all), all[0], all[len(all)-1])
	}
}
