package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/twilio"
)

// asked is a call that came.
type asked struct{ method, path, query, form string }

// answer is what Twilio says; status 0 breaks the connection.
type answer struct {
	status int
	body   string
}

// numbersAt returns a client of a Twilio that gives one answer to every call, and what
// it was asked.
func numbersAt(t *testing.T, a answer) (*twilio.Client, func() []asked) {
	t.Helper()
	came := make(chan asked, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		form, err := io.ReadAll(r.Body)
		if user, password, _ := r.BasicAuth(); err != nil || user != seed.AccountSID || password != seed.AuthToken {
			t.Errorf("asked by %q, %v", user, err)
		}
		came <- asked{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(form)}
		if a.status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(server.Close)
	c, err := twilio.Open(server.URL, scenario.Accounts(t))
	if err != nil {
		t.Fatal(err)
	}
	return c, func() (all []asked) {
		for {
			select {
			case one := <-came:
				all = append(all, one)
			default:
				return all
			}
		}
	}
}

const (
	account = "/2010-04-01/Accounts/" + seed.AccountSID
	aSID    = "PN2a0747eba6abf96b7e3c3ff0b4530f6e"
	theURLs = "SmsMethod=POST&SmsUrl=https%3A%2F%2Fclienteling.example%2Fsms%23rc%3D2%26rp%3Dct%2Crt%2C5xx"
)

var settings = twilio.NumberSettings{
	FriendlyName: "clienteling-production-0199",
	SmsURL:       "https://clienteling.example/sms#rc=2&rp=ct,rt,5xx",
	VoiceURL:     "https://clienteling.example/voice",
}

// problem is an error as Twilio shows it.
func problem(status, code int) answer {
	return answer{status, fmt.Sprintf(`{"code": %d, "message": "On behalf of the test, about +14155550123",
		"more_info": "https://www.twilio.com/docs/errors/%d", "status": %d}`, code, code, status)}
}

// incoming is a number of the account as Twilio shows it.
// https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
func incoming(sid, number string, change ...string) string {
	return strings.NewReplacer(change...).Replace(fmt.Sprintf(`{
		"account_sid": %q, "address_requirements": "none", "address_sid": null, "api_version": "2010-04-01", "beta": false,
		"bundle_sid": null, "capabilities": {"fax": false, "mms": false, "sms": true, "voice": true},
		"date_created": "Thu, 30 Jul 2026 23:19:04 +0000", "date_updated": "Thu, 30 Jul 2026 23:19:04 +0000",
		"emergency_address_sid": null, "emergency_address_status": "unregistered", "emergency_status": "Inactive",
		"friendly_name": "clienteling-production-0199", "identity_sid": null, "origin": "twilio", "phone_number": %q, "sid": %q,
		"sms_application_sid": "", "sms_fallback_method": "POST", "sms_fallback_url": "", "sms_method": "POST",
		"sms_url": "https://clienteling.example/sms#rc=2&rp=ct,rt,5xx", "status": "in-use", "status_callback": "",
		"status_callback_method": "POST", "trunk_sid": null, "type": "local",
		"uri": "/2010-04-01/Accounts/%s/IncomingPhoneNumbers/%s.json", "voice_application_sid": "", "voice_caller_id_lookup": false,
		"voice_fallback_method": "POST", "voice_fallback_url": null, "voice_method": "POST", "voice_receive_mode": "voice",
		"voice_url": "https://clienteling.example/voice",
		"subresource_uris": {"assigned_add_ons": "/2010-04-01/Accounts/AC/IncomingPhoneNumbers/PN/AssignedAddOns.json"}}`,
		seed.AccountSID, number, sid, seed.AccountSID, sid))
}

// listOf is a page of numbers of the account as Twilio shows it; next is JSON.
func listOf(next string, numbers ...string) answer {
	return answer{200, fmt.Sprintf(`{"end": %d, "first_page_uri": "%[3]s?PageSize=1000&Page=0", "incoming_phone_numbers": [%[2]s],
		"next_page_uri": %[4]s, "page": 0, "page_size": 1000, "previous_page_uri": null, "start": 0, "uri": "%[3]s?PageSize=1000&Page=0"}`,
		max(len(numbers)-1, 0), strings.Join(numbers, ","), account+"/IncomingPhoneNumbers.json", next)}
}

func ownedAs(sid, number string) twilio.Owned {
	return twilio.Owned{
		SID: sid, E164: number, FriendlyName: settings.FriendlyName, SMS: true, Voice: true,
		SmsURL: settings.SmsURL, VoiceURL: settings.VoiceURL,
	}
}

// Twilio names capabilities in two ways, in capitals where numbers are for sale.
// https://www.twilio.com/docs/phone-numbers/api/availablephonenumberlocal-resource
const hilo = `{"available_phone_numbers": [
	{"address_requirements": "none", "beta": false, "capabilities": {"MMS": true, "SMS": true, "fax": false, "voice": true},
	 "friendly_name": "(808) 925-5327", "iso_country": "US", "lata": "834", "latitude": "19.720000", "locality": "Hilo",
	 "longitude": "-155.090000", "phone_number": "+18089255327", "postal_code": "96720", "rate_center": "HILO", "region": "HI"},
	{"address_requirements": "local", "beta": false, "capabilities": {"mms": false, "sms": false, "voice": true},
	 "friendly_name": "+4759440374", "iso_country": "NO", "lata": null, "latitude": null, "locality": null,
	 "longitude": null, "phone_number": "+4759440374", "postal_code": null, "rate_center": null, "region": null}],
	"uri": "/2010-04-01/Accounts/AC/AvailablePhoneNumbers/US/Local.json?PageSize=2"}`

func TestNumbersForSale(t *testing.T) {
	t.Parallel()
	found := []twilio.ForSale{
		{E164: "+18089255327", National: "(808) 925-5327", Locality: "Hilo", Region: "HI", SMS: true, MMS: true, Voice: true, AddressRequired: "none"},
		{E164: "+4759440374", National: "+4759440374", Voice: true, AddressRequired: "local"},
	}
	for _, tt := range []struct {
		name   string
		search twilio.Search
		answer answer
		path   string
		query  string
		want   []twilio.ForSale
	}{
		{
			"local", twilio.Search{Country: "US", Type: "Local", AreaCode: "808", Contains: "+180892*5327", Limit: 2}, answer{200, hilo},
			"US/Local", "AreaCode=808&Contains=%2B180892%2A5327&PageSize=2&SmsEnabled=true&VoiceEnabled=true", found,
		},
		{"mobile", twilio.Search{Country: "DE", Type: "Mobile"}, answer{200, hilo}, "DE/Mobile", "PageSize=50&SmsEnabled=true&VoiceEnabled=true", found},
		{"toll-free", twilio.Search{Country: "CA", Type: "TollFree", Limit: 5000}, answer{200, hilo}, "CA/TollFree", "PageSize=1000&SmsEnabled=true&VoiceEnabled=true", found},
		{"national", twilio.Search{Country: "FR", Type: "National", Limit: -1}, answer{200, hilo}, "FR/National", "PageSize=50&SmsEnabled=true&VoiceEnabled=true", found},
		{"whose texts the search denies", twilio.Search{Country: "GB", Type: "Mobile"}, answer{200, hilo}, "GB/Mobile", "PageSize=50&VoiceEnabled=true", found},
		{"more than asked for", twilio.Search{Country: "US", Type: "Local", Limit: 1}, answer{200, hilo}, "US/Local", "PageSize=1&SmsEnabled=true&VoiceEnabled=true", found[:1]},
		{
			"sold out", twilio.Search{Country: "US", Type: "Local"}, answer{200, `{"available_phone_numbers": [], "uri": "/2010-04-01/Accounts/AC/AvailablePhoneNumbers/US/Local.json"}`},
			"US/Local", "PageSize=50&SmsEnabled=true&VoiceEnabled=true", nil,
		},
		{"a type that is not sold there", twilio.Search{Country: "US", Type: "Mobile"}, problem(404, 20404), "US/Mobile", "PageSize=50&SmsEnabled=true&VoiceEnabled=true", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, calls := numbersAt(t, tt.answer)
			tt.search.AccountSID = seed.AccountSID
			got, err := c.NumbersForSale(t.Context(), tt.search)
			if err != nil || len(got)+len(tt.want) > 0 && !reflect.DeepEqual(got, tt.want) {
				t.Errorf("found %+v, %v; want %+v", got, err, tt.want)
			}
			want := []asked{{"GET", account + "/AvailablePhoneNumbers/" + tt.path + ".json", tt.query, ""}}
			if got := calls(); !reflect.DeepEqual(got, want) {
				t.Errorf("asked %q, want %q", got, want)
			}
		})
	}
}

func TestBuyNumber(t *testing.T) {
	t.Parallel()
	settled := theURLs + "&VoiceMethod=POST&VoiceUrl=https%3A%2F%2Fclienteling.example%2Fvoice"
	for _, tt := range []struct{ name, bundle, address, form string }{
		{"without papers", "", "", "FriendlyName=clienteling-production-0199&PhoneNumber=%2B18089255327&" + settled},
		{
			"with papers", "BU2a0747eba6abf96b7e3c3ff0b4530f6e", "AD2a0747eba6abf96b7e3c3ff0b4530f6e",
			"AddressSid=AD2a0747eba6abf96b7e3c3ff0b4530f6e&BundleSid=BU2a0747eba6abf96b7e3c3ff0b4530f6e&" +
				"FriendlyName=clienteling-production-0199&PhoneNumber=%2B18089255327&" + settled,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, calls := numbersAt(t, answer{201, incoming(aSID, "+18089255327")})
			got, err := c.BuyNumber(t.Context(), seed.AccountSID, "+18089255327", tt.bundle, tt.address, settings)
			if want := ownedAs(aSID, "+18089255327"); err != nil || got != want {
				t.Errorf("bought %+v, %v; want %+v", got, err, want)
			}
			want := []asked{{"POST", account + "/IncomingPhoneNumbers.json", "", tt.form}}
			if got := calls(); !reflect.DeepEqual(got, want) {
				t.Errorf("asked %q, want %q", got, want)
			}
		})
	}
}

func TestSetNumber(t *testing.T) {
	t.Parallel()
	c, calls := numbersAt(t, answer{200, incoming(aSID, "+18089255327")})
	got, err := c.SetNumber(t.Context(), seed.AccountSID, aSID, settings)
	if want := ownedAs(aSID, "+18089255327"); err != nil || got != want {
		t.Errorf("set %+v, %v; want %+v", got, err, want)
	}
	want := []asked{{
		"POST", account + "/IncomingPhoneNumbers/" + aSID + ".json", "",
		"FriendlyName=clienteling-production-0199&SmsApplicationSid=&" + theURLs +
			"&TrunkSid=&VoiceApplicationSid=&VoiceMethod=POST&VoiceUrl=https%3A%2F%2Fclienteling.example%2Fvoice",
	}}
	if got := calls(); !reflect.DeepEqual(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

func TestReleaseNumber(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]answer{"released": {status: 204}, "gone already": problem(404, 20404)} {
		c, calls := numbersAt(t, a)
		if err := c.ReleaseNumber(t.Context(), seed.AccountSID, aSID); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want := []asked{{"DELETE", account + "/IncomingPhoneNumbers/" + aSID + ".json", "", ""}}
		if got := calls(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: asked %q, want %q", name, got, want)
		}
	}
}

func TestOwnedNumber(t *testing.T) {
	t.Parallel()
	longer, this := incoming("PN00000000000000000000000000000001", "+49171392001000"), incoming(aSID, "+4917139200100")
	for _, tt := range []struct {
		name   string
		answer answer
		owned  bool
	}{
		{"owned", listOf("null", longer, this), true},
		{"another that contains it", listOf("null", longer), false},
		{"none", listOf("null"), false},
	} {
		c, calls := numbersAt(t, tt.answer)
		got, ok, err := c.OwnedNumber(t.Context(), seed.AccountSID, "+4917139200100")
		if want := ownedAs(aSID, "+4917139200100"); err != nil || ok != tt.owned || ok && got != want || !ok && got != (twilio.Owned{}) {
			t.Errorf("%s: %+v, %v, %v", tt.name, got, ok, err)
		}
		want := []asked{{"GET", account + "/IncomingPhoneNumbers.json", "PageSize=1000&PhoneNumber=%2B4917139200100", ""}}
		if got := calls(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: asked %q, want %q", tt.name, got, want)
		}
	}
}

// An application or a trunk takes a number's texts or calls away from us.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	for _, instead := range [][]string{
		{`"sms_application_sid": ""`, `"sms_application_sid": "AP2a0747eba6abf96b7e3c3ff0b4530f6e"`},
		{`"voice_application_sid": ""`, `"voice_application_sid": "AP2a0747eba6abf96b7e3c3ff0b4530f6e"`},
		{`"trunk_sid": null`, `"trunk_sid": "TK2a0747eba6abf96b7e3c3ff0b4530f6e"`},
	} {
		c, _ := numbersAt(t, listOf("null", incoming(aSID, "+18089255327", instead...)))
		if n, ok, err := c.OwnedNumber(t.Context(), seed.AccountSID, "+18089255327"); !ok || !n.Elsewhere {
			t.Errorf("%s: %+v, %v, %v", instead[1], n, ok, err)
		}
	}
}

func TestOwnedNumbers(t *testing.T) {
	t.Parallel()
	second := account + "/IncomingPhoneNumbers.json?PageSize=1000&Page=1&PageToken=PAPN1.25x&Beta=false"
	c, calls := numbersAt(t, listOf(fmt.Sprintf("%q", second), incoming(aSID, "+18089255327"), incoming("PN00000000000000000000000000000001", "+4917139200100")))
	numbers, next, err := c.OwnedNumbers(t.Context(), seed.AccountSID, "")
	want := []twilio.Owned{ownedAs(aSID, "+18089255327"), ownedAs("PN00000000000000000000000000000001", "+4917139200100")}
	if err != nil || !reflect.DeepEqual(numbers, want) || next == "" {
		t.Errorf("the first page has %+v, then %q, %v", numbers, next, err)
	}
	if got, want := calls(), []asked{{"GET", account + "/IncomingPhoneNumbers.json", "PageSize=1000", ""}}; !reflect.DeepEqual(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}

	// Every word of what Twilio said comes back to it.
	c, calls = numbersAt(t, listOf("null", incoming(aSID, "+18089255327")))
	numbers, last, err := c.OwnedNumbers(t.Context(), seed.AccountSID, next)
	if err != nil || !reflect.DeepEqual(numbers, want[:1]) || last != "" {
		t.Errorf("the second page has %+v, then %q, %v", numbers, last, err)
	}
	if got, want := calls(), []asked{{"GET", account + "/IncomingPhoneNumbers.json", "PageSize=1000&Page=1&PageToken=PAPN1.25x&Beta=false", ""}}; !reflect.DeepEqual(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

// about are the functions about numbers, by name.
var about = map[string]func(context.Context, *twilio.Client) error{
	"NumbersForSale": func(ctx context.Context, c *twilio.Client) error {
		_, err := c.NumbersForSale(ctx, twilio.Search{AccountSID: seed.AccountSID, Country: "US", Type: "Local", Contains: "+14155550123"})
		return err
	},
	"BuyNumber": func(ctx context.Context, c *twilio.Client) error {
		_, err := c.BuyNumber(ctx, seed.AccountSID, "+14155550123", "", "", settings)
		return err
	},
	"SetNumber": func(ctx context.Context, c *twilio.Client) error {
		_, err := c.SetNumber(ctx, seed.AccountSID, aSID, settings)
		return err
	},
	"ReleaseNumber": func(ctx context.Context, c *twilio.Client) error { return c.ReleaseNumber(ctx, seed.AccountSID, aSID) },
	"OwnedNumber": func(ctx context.Context, c *twilio.Client) error {
		_, _, err := c.OwnedNumber(ctx, seed.AccountSID, "+14155550123")
		return err
	},
	"OwnedNumbers": func(ctx context.Context, c *twilio.Client) error {
		_, _, err := c.OwnedNumbers(ctx, seed.AccountSID, "")
		return err
	},
	"OwnedNumbers, the second page": func(ctx context.Context, c *twilio.Client) error {
		_, _, err := c.OwnedNumbers(ctx, seed.AccountSID, account+"/IncomingPhoneNumbers.json?Page=1&PageToken=PAPN14155550123")
		return err
	},
}

// What an error of any kind says of any call: done, not done, or nobody knows.
func TestNumberOutcomes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		answer answer
		want   twilio.Outcome
		code   int
	}{
		{"refused", problem(400, 21422), twilio.Refused, twilio.CodeUnavailable},
		{"forbidden", problem(403, 22300), twilio.Refused, twilio.CodeBarred},
		{"bad token", problem(401, 20003), twilio.Later, 20003},
		{"too many", problem(429, 20429), twilio.Later, 20429},
		{"an error", problem(500, 20500), twilio.Unknown, 20500},
		{"a page of what is not there", answer{404, "<html><h1>404 Not Found</h1></html>"}, twilio.Refused, 0},
		{"a page of too many", answer{429, "<html><h1>429 Too Many Requests</h1></html>"}, twilio.Later, 20429},
		{"a page of an error", answer{503, "<html><h1>503 Service Unavailable</h1></html>"}, twilio.Unknown, 0},
		{"an error of something in front", answer{502, `{"message": "Internal server error"}`}, twilio.Unknown, 0},
		{"too many of something in front", answer{429, `{"message": "Limit Exceeded"}`}, twilio.Later, 0},
		{"nothing there, of something in front", answer{404, `{"message": "Not Found"}`}, twilio.Refused, 0},
		{"another place", answer{302, "{}"}, twilio.Unknown, 0},
		{"a page of somebody else", answer{200, "<html><h1>Log in</h1></html>"}, twilio.Unknown, 0},
		{"an object of somebody else", answer{200, `{"ok": true}`}, twilio.Unknown, 0},
		{"half an answer", answer{201, `{"sid": "PN2a0747eba6`}, twilio.Unknown, 0},
		{"lost", answer{}, twilio.Unknown, 0},
	} {
		for name, call := range about {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				c, calls := numbersAt(t, tt.answer)
				err := call(t.Context(), c)
				var e *twilio.Error
				if !errors.As(err, &e) || e.Outcome != tt.want || e.Code != tt.code {
					t.Errorf("%v, want outcome %d, code %d", err, tt.want, tt.code)
				} else if strings.Contains(err.Error(), "4155550123") {
					t.Errorf("the error has a number: %v", err)
				}
				if n := len(calls()); n != 1 {
					t.Errorf("it called %d times", n)
				}
			})
		}
	}
}

func TestNumberTimeIsUp(t *testing.T) {
	t.Parallel()
	for name, call := range about {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			over := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				cancel()
				<-over
			}))
			defer server.Close()
			defer close(over)
			c, err := twilio.Open(server.URL, scenario.Accounts(t))
			if err != nil {
				t.Fatal(err)
			}
			var e *twilio.Error
			if err := call(ctx, c); !errors.As(err, &e) || e.Outcome != twilio.Unknown || !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			} else if strings.Contains(err.Error(), "4155550123") {
				t.Errorf("the error has a number: %v", err)
			}
		})
	}
}

// none are the tokens of no account.
type none struct{}

func (none) AuthTokens(context.Context, string) ([]string, error) { return nil, nil }

func TestNumbersUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	nobody, err := twilio.Open(server.URL, scenario.Accounts(t))
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := twilio.Open(server.URL, none{})
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range about {
		var e *twilio.Error
		if err := call(t.Context(), nobody); !errors.As(err, &e) || e.Outcome != twilio.Later {
			t.Errorf("%s of nobody: %v", name, err)
		}
		if err := call(t.Context(), stranger); !errors.As(err, &e) || e.Outcome != twilio.Later {
			t.Errorf("%s by an account without a token: %v", name, err)
		}
	}
}

// An answer of Twilio that cannot be acted on.
func TestUselessAnswers(t *testing.T) {
	t.Parallel()
	elsewhere := func(uri string) answer { return listOf(uri, incoming(aSID, "+18089255327")) }
	for _, tt := range []struct {
		name   string
		answer answer
		call   string
	}{
		{"bought without a SID", answer{201, incoming("", "+14155550123")}, "BuyNumber"},
		{"bought another number", answer{201, incoming(aSID, "+14155550124")}, "BuyNumber"},
		{"set without a SID", answer{200, incoming("", "+14155550123")}, "SetNumber"},
		{"set another number", answer{200, incoming("PN00000000000000000000000000000001", "+14155550123")}, "SetNumber"},
		{"released, or not", answer{202, ""}, "ReleaseNumber"},
		{"without a list", answer{200, `{"available_phone_numbers": null}`}, "NumbersForSale"},
		{"without a list", answer{200, `{"incoming_phone_numbers": null, "next_page_uri": null}`}, "OwnedNumber"},
		{"a list in passing", answer{302, hilo}, "NumbersForSale"},
		{"a list in passing", answer{302, listOf("null").body}, "OwnedNumber"},
		{"endless", elsewhere(`"` + account + `/IncomingPhoneNumbers.json?PageSize=1000&Page=1"`), "OwnedNumber"},
		{"going on elsewhere", elsewhere(`"https://example.com` + account + `/IncomingPhoneNumbers.json?Page=1"`), "OwnedNumbers"},
	} {
		c, _ := numbersAt(t, tt.answer)
		var e *twilio.Error
		if err := about[tt.call](t.Context(), c); !errors.As(err, &e) || e.Outcome != twilio.Unknown {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// What Twilio would misunderstand, or twilio-go would cut, is never sent.
func TestNumbersRefusedUnasked(t *testing.T) {
	t.Parallel()
	c, calls := numbersAt(t, answer{status: 500})
	search := func(s twilio.Search) func() error {
		s.AccountSID = seed.AccountSID
		return func() error {
			_, err := c.NumbersForSale(t.Context(), s)
			return err
		}
	}
	page := func(uri string) func() error {
		return func() error {
			_, _, err := c.OwnedNumbers(t.Context(), seed.AccountSID, uri)
			return err
		}
	}
	for name, call := range map[string]func() error{
		"no country":            search(twilio.Search{Type: "Local"}),
		"a path for a country":  search(twilio.Search{Country: "../US", Type: "Local"}),
		"no type":               search(twilio.Search{Country: "US"}),
		"a type of ours":        search(twilio.Search{Country: "US", Type: "local"}),
		"a pattern with a dot":  search(twilio.Search{Country: "US", Type: "Local", Contains: "415.555"}),
		"a pattern of one":      search(twilio.Search{Country: "US", Type: "Local", Contains: "4"}),
		"letters for an area":   search(twilio.Search{Country: "US", Type: "Local", AreaCode: "41b"}),
		"another origin's page": page("https://example.com" + account + "/IncomingPhoneNumbers.json?Page=1"),
		"another host's page":   page("//example.com" + account + "/IncomingPhoneNumbers.json?Page=1"),
		"a page by a scheme":    page("https:" + account + "/IncomingPhoneNumbers.json?Page=1"),
		"another account's":     page("/2010-04-01/Accounts/" + scenario.OtherAccountSID + "/IncomingPhoneNumbers.json?Page=1"),
		"another list's":        page(account + "/Messages.json?Page=1"),
		"the first page by URI": page(account + "/IncomingPhoneNumbers.json"),
		"no URI":                page("\x7f"),
		"buying no number": func() error {
			_, err := c.BuyNumber(t.Context(), seed.AccountSID, "", "", "", settings)
			return err
		},
		"buying by a pattern": func() error {
			_, err := c.BuyNumber(t.Context(), seed.AccountSID, "+1415555*", "", "", settings)
			return err
		},
		"setting no number": func() error {
			_, err := c.SetNumber(t.Context(), seed.AccountSID, "", settings)
			return err
		},
		"releasing no number": func() error { return c.ReleaseNumber(t.Context(), seed.AccountSID, "") },
		"releasing a path":    func() error { return c.ReleaseNumber(t.Context(), seed.AccountSID, "../Messages/SM1") },
		"finding no number": func() error {
			_, _, err := c.OwnedNumber(t.Context(), seed.AccountSID, "")
			return err
		},
	} {
		var e *twilio.Error
		if err := call(); !errors.As(err, &e) || e.Outcome != twilio.Refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked := calls(); len(asked) > 0 {
		t.Errorf("asked %q", asked)
	}
}

func TestNeedsPapers(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]bool{
		21613: true, 21615: true, 21631: true, 21649: true, 21650: true, 21651: true,
		0: false, 20404: false, 21404: false, 21421: false, 21422: false, 22300: false,
	} {
		c, _ := numbersAt(t, problem(400, code))
		_, err := c.BuyNumber(t.Context(), seed.AccountSID, "+14155550123", "", "", settings)
		var e *twilio.Error
		if !errors.As(err, &e) || e.Code != code || e.NeedsPapers() != want {
			t.Errorf("%d: %v, papers %v", code, err, e.NeedsPapers())
		}
	}
}

// The error of a search for texts does not show the customer's number, either.
func TestTextsToLost(t *testing.T) {
	t.Parallel()
	c, _ := numbersAt(t, answer{})
	_, err := c.TextsTo(t.Context(), seed.AccountSID, text.From, text.To)
	var e *twilio.Error
	if !errors.As(err, &e) || e.Outcome != twilio.Unknown || strings.Contains(err.Error(), text.To[1:]) {
		t.Errorf("%v", err)
	}
}
