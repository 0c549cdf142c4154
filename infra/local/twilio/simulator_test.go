package twilio

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twilio/twilio-go/client"
)

const (
	account = "AC0123456789abcdef0123456789abcdef"
	token   = "12345"
	store   = "+14155550100"
	ana     = "+14155550199"
)

// rig is a simulator behind a server, and a webhook server that keeps what it was sent.
type rig struct {
	*testing.T
	sim  *Simulator
	url  string
	hook *httptest.Server
	pace time.Duration // 0: 2 ms

	review time.Duration // 0: 2 ms
	strict bool          // with bundles and campaigns
	now    func() time.Time

	mu       sync.Mutex
	received []*http.Request // with their forms parsed
}

// newRig starts both. The webhook answers what the test's handler says.
func newRig(t *testing.T, answer http.HandlerFunc) *rig {
	t.Helper()
	r := &rig{T: t}
	r.hook = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req.ParseForm()
		r.mu.Lock()
		r.received = append(r.received, req)
		r.mu.Unlock()
		answer(w, req)
	}))
	t.Cleanup(r.hook.Close)
	r.start("")
	r.number(Number{PhoneNumber: store, FriendlyName: "Union Square", SmsURL: r.hook.URL + "/sms", VoiceURL: r.hook.URL + "/voice"})
	return r
}

// start replaces the simulator by one that uses the state file.
func (r *rig) start(stateFile string) {
	r.Helper()
	var server *httptest.Server
	sim, err := New(Config{
		AccountSID: account, AuthToken: token, StateFile: stateFile, BaseURL: func() string { return server.URL },
		Pace: cmp.Or(r.pace, 2*time.Millisecond), ReviewDelay: cmp.Or(r.review, 2*time.Millisecond),
		StrictBundles: r.strict, StrictCampaigns: r.strict, Now: r.now,
	})
	if err != nil {
		r.Fatal(err)
	}
	server = httptest.NewServer(sim)
	r.sim, r.url = sim, server.URL
	r.Cleanup(func() {
		sim.Close()
		server.Close()
	})
}

// asAccount asks the REST API for a path or URL with the account's credentials, follows no
// redirect, and answers with what came.
func (r *rig) asAccount(method, where string) (*http.Response, []byte) {
	r.Helper()
	if strings.HasPrefix(where, "/") {
		where = r.url + where
	}
	req, err := http.NewRequest(method, where, nil)
	if err != nil {
		r.Fatal(err)
	}
	req.SetBasicAuth(account, token)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	return resp, data
}

// signed is where the URL of a medium leads.
func (r *rig) signed(mediaURL string) string {
	r.Helper()
	resp, data := r.asAccount("GET", mediaURL)
	if resp.StatusCode != http.StatusTemporaryRedirect || len(data) != 0 || !strings.HasPrefix(resp.Header.Get("Location"), r.url) {
		r.Fatalf("%s: %d %s %v", mediaURL, resp.StatusCode, data, resp.Header)
	}
	return resp.Header.Get("Location")
}

func (r *rig) number(n Number) {
	r.Helper()
	if err := r.sim.PutNumber(n); err != nil {
		r.Fatal(err)
	}
}

// do sends JSON to the control interface and reads the answer into a struct.
func (r *rig) do(method, path, body string, status int, into any) {
	r.Helper()
	req, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	if resp.StatusCode != status {
		r.Fatalf("%s %s: %d %s, want %d", method, path, resp.StatusCode, data, status)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(data, into); err != nil {
		r.Fatalf("%s %s: %v in %s", method, path, err, data)
	}
}

func (r *rig) sendText(body string) textResult {
	r.Helper()
	var result textResult
	r.do("POST", "/control/texts", body, 200, &result)
	return result
}

func (r *rig) placeCall(body string) callResult {
	r.Helper()
	var result callResult
	r.do("POST", "/control/calls", body, 200, &result)
	return result
}

func (r *rig) phone(phone string) (shown struct {
	Blocked []string
	Items   []item
}) {
	r.Helper()
	r.do("GET", "/control/phones/"+phone, "", 200, &shown)
	return shown
}

func (r *rig) errorCodes() []int {
	r.Helper()
	var shown struct{ Errors []errorRecord }
	r.do("GET", "/control/errors", "", 200, &shown)
	var codes []int
	for _, e := range shown.Errors {
		if e.Title == "" {
			r.Errorf("error %d has no title", e.Code)
		}
		codes = append(codes, e.Code)
	}
	return codes
}

// until waits for the simulator to have made something true, looking after each event.
func (r *rig) until(what string, done func() bool) {
	r.Helper()
	changes := make(chan event, 64)
	r.sim.mu.Lock()
	r.sim.listeners[changes] = struct{}{}
	r.sim.mu.Unlock()
	defer func() {
		r.sim.mu.Lock()
		delete(r.sim.listeners, changes)
		r.sim.mu.Unlock()
	}()
	late := time.After(10 * time.Second)
	for !done() {
		select {
		case <-changes:
		case <-late:
			r.Fatalf("waited in vain until %s", what)
		}
	}
}

func (r *rig) requests() []*http.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*http.Request(nil), r.received...)
}

// valid checks a request as the application will: with Twilio's own validator.
func valid(base string, req *http.Request) bool {
	params := map[string]string{}
	for name := range req.PostForm {
		params[name] = req.PostForm.Get(name)
	}
	validator := client.NewRequestValidator(token)
	return validator.Validate(base+req.URL.RequestURI(), params, req.Header.Get("X-Twilio-Signature"))
}

// answering is a webhook that always gives the same TwiML.
func answering(twiml string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		io.WriteString(w, twiml)
	}
}

func TestSign(t *testing.T) {
	published := url.Values{ // docs/usage/security and the tests of Twilio's helpers
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"},
		"From": {"+14158675309"}, "To": {"+18005551212"},
	}
	got := Sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", published)
	if want := "RSOYDt4T1cUTdK1PDd93/VVr8B8="; got != want {
		t.Errorf("published vector: %s, want %s", got, want)
	}
	repeated := Sign("12345", "https://x.example/", url.Values{"A": {"2", "1", "2"}})
	if want := Sign("12345", "https://x.example/A1A2", nil); repeated != want {
		t.Errorf("repeated keys: %s, want them sorted and once each: %s", repeated, want)
	}
}

func TestSignatureForTwilioGo(t *testing.T) {
	for name, params := range map[string]url.Values{
		"none":    {},
		"empty":   {"FromCity": {""}, "Body": {""}},
		"scripts": {"Body": {"Grüße 👋🏽 สวัสดี \x00 & = + %"}, "From": {"+49170"}},
		"case":    {"a": {"1"}, "B": {"2"}, "A": {"3"}},
	} {
		flat := map[string]string{}
		for key := range params {
			flat[key] = params.Get(key)
		}
		target := "https://api.example.com/webhooks/twilio/sms?x=%20y&z"
		validator := client.NewRequestValidator(token)
		if !validator.Validate(target, flat, Sign(token, target, params)) {
			t.Errorf("%s: twilio-go refuses the signature", name)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	base := func() string { return "" }
	for want, config := range map[string]Config{
		"32 hex digits":       {AccountSID: "AC1", AuthToken: token, BaseURL: base},
		"auth token is empty": {AccountSID: account, BaseURL: base},
		"BaseURL is missing":  {AccountSID: account, AuthToken: token},
	} {
		if _, err := New(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v, want it to say %q", err, want)
		}
	}
}

func TestControlRefuses(t *testing.T) {
	r := newRig(t, answering(`<Response/>`))
	r.number(Number{PhoneNumber: "+4420790000", SmsURL: r.hook.URL})
	r.number(Number{PhoneNumber: "+4930100000", Capabilities: Capabilities{MMS: true}})
	r.do("POST", "/control/texts", `{"from":"`+ana+`","to":"`+store+`","messageSid":"SM00000000000000000000000000000001"}`, 200, nil)
	long := strings.Repeat("x", maxBody+1)
	for _, test := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", "/control/texts", ``, 400, "send a JSON object"},
		{"POST", "/control/texts", `[]`, 400, "cannot unmarshal"},
		{"POST", "/control/texts", `{"form":"+1"}`, 400, `unknown field \"form\"`},
		{"POST", "/control/texts", `{} {}`, 400, "something follows"},
		{"POST", "/control/texts", `{"from":"Ana","to":"` + store + `"}`, 400, "E.164"},
		{"POST", "/control/texts", `{"from":"` + ana + `","to":"+14155550000"}`, 404, "GET /control/numbers"},
		{"POST", "/control/texts", `{"from":"` + store + `","to":"` + store + `"}`, 422, "same number"},
		{"POST", "/control/texts", `{"from":"` + ana + `","to":"` + store + `","body":"` + long + `"}`, 422, "at most 1600"},
		{"POST", "/control/texts", `{"from":"` + ana + `","to":"` + store + `","times":101}`, 400, "1 to 100"},
		{"POST", "/control/texts", `{"from":"` + ana + `","to":"` + store + `","delayMs":60001}`, 400, "0 to 60000"},
		{"POST", "/control/texts", `{"from":"` + ana + `","to":"` + store + `","messageSid":"SM1"}`, 400, "32 hex digits"},
		{"POST", "/control/texts", `{"from":"+14155550198","to":"` + store + `","messageSid":"SM00000000000000000000000000000001"}`, 409, "another text"},
		{"POST", "/control/texts", `{"from":"` + ana + `","to":"+4420790000","mediaUrls":["https://x.example/1"]}`, 422, "mms"},
		{"POST", "/control/texts", `{"from":"` + ana + `","to":"+4930100000"}`, 422, "lack sms"},
		{"POST", "/control/texts", `{"from":"` + ana + `","to":"` + store + `","media":[{"contentType":"image/gif"}]}`, 400, "give data"},
		{"POST", "/control/texts", `{"from":"` + ana + `","to":"` + store + `","media":[{"contentType":"gif","data":"AA=="}]}`, 400, "like image/png"},
		{"POST", "/control/texts", `{"from":"` + ana + `","to":"` + store + `","mediaUrls":["1","2","3","4","5","6","7","8","9","10","11"]}`, 422, "at most 10"},
		{"POST", "/control/calls", `{"from":"` + ana + `","to":"` + store + `","store":"asleep"}`, 400, "answered, busy"},
		{"POST", "/control/calls", `{"from":"` + ana + `","to":"` + store + `","seconds":-1}`, 400, "0 to 86400"},
		{"POST", "/control/calls", `{"from":"Ana","to":"` + store + `"}`, 400, "anonymous"},
		{"POST", "/control/calls", `{"from":"` + store + `","to":"` + store + `"}`, 422, "same number"},
		{"POST", "/control/calls", `{"from":"` + ana + `","to":"+14155550000"}`, 404, "no number"},
		{"POST", "/control/calls", `{"from":"` + ana + `","to":"+4930100000"}`, 422, "lack voice"},
		{"PUT", "/control/numbers/415", `{}`, 400, "E.164"},
		{"PUT", "/control/numbers/" + store, `{"phoneNumber":"+14155550000"}`, 400, "path"},
		{"PUT", "/control/numbers/" + store, `{"smsUrl":"/sms"}`, 400, "absolute"},
		{"PUT", "/control/numbers/" + store, `{"smsMethod":"PUT"}`, 400, "POST or GET"},
		{"POST", "/control/requests", `{"path":"sms"}`, 400, "starts with /"},
		{"POST", "/control/requests", `{"path":"/sms","url":"http://x.example"}`, 400, "not both"},
		{"POST", "/control/requests", `{"url":"ftp://x.example"}`, 400, "absolute"},
		{"POST", "/control/requests", `{"path":"/sms","sign":"maybe"}`, 400, "forged"},
		{"POST", "/control/requests", `{"path":"/sms","params":{"a":1}}`, 400, "list of strings"},
		{"POST", "/control/requests", `{"url":"http://127.0.0.1:1/"}`, 422, "no answer"},
	} {
		var refused struct{ Error string }
		r.do(test.method, test.path, test.body, test.status, &refused)
		if says := strings.ReplaceAll(test.says, `\"`, `"`); !strings.Contains(refused.Error, says) {
			t.Errorf("%s %s %.80s: %q, want it to say %q", test.method, test.path, test.body, refused.Error, says)
		}
	}
}

func TestForeignPagesAreRefused(t *testing.T) {
	r := newRig(t, answering(`<Response/>`))
	req, _ := http.NewRequest("POST", r.url+"/control/texts", strings.NewReader(`{"from":"`+ana+`","to":"`+store+`"}`))
	req.Header.Set("Origin", "https://evil.example")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden || len(r.requests()) != 0 {
		t.Errorf("a foreign page's text: %d, %d webhook requests", resp.StatusCode, len(r.requests()))
	}
}

func TestNumbers(t *testing.T) {
	r := newRig(t, answering(`<Response/>`))
	var put Number
	r.do("PUT", "/control/numbers/%2B442079460000", `{"friendlyName":"London","smsUrl":"https://x.example/sms#rc=2"}`, 200, &put)
	if put.SID[:2] != "PN" || len(put.SID) != 34 || put.ISOCountry != "GB" || put.SmsMethod != "POST" ||
		put.Capabilities != (Capabilities{SMS: true, Voice: true}) {
		t.Errorf("PUT answers %+v", put)
	}
	r.do("PUT", "/control/numbers/+442079460000", `{"capabilities":{"voice":true}}`, 200, nil)
	var list struct{ Numbers []Number }
	r.do("GET", "/control/numbers", "", 200, &list)
	if len(list.Numbers) != 2 || list.Numbers[0].PhoneNumber != store || list.Numbers[1].SID != put.SID ||
		list.Numbers[1].SmsURL != "" || list.Numbers[1].FriendlyName != "+442079460000" {
		t.Errorf("numbers after replacing one: %+v", list.Numbers)
	}
}

func TestCountry(t *testing.T) {
	for phone, want := range map[string]string{
		"+14155550100": "US", "+14165550100": "CA", "+4915112345678": "DE", "+3725550100": "EE", "+99912345678": "",
	} {
		if got := country(phone); got != want {
			t.Errorf("country(%s) = %q, want %q", phone, got, want)
		}
	}
}

func TestHandsetLoadsNothingFromElsewhere(t *testing.T) {
	r := newRig(t, answering(`<Response/>`))
	resp, err := http.Get(r.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, _ := io.ReadAll(resp.Body)
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") || len(page) < 1000 {
		t.Fatalf("the handset: %s, %d bytes", resp.Header.Get("Content-Type"), len(page))
	}
	for _, reference := range []string{`src="http`, `href="http`, "@import", "url(http"} {
		if bytes.Contains(page, []byte(reference)) {
			t.Errorf("the handset has %q", reference)
		}
	}
	r.do("GET", "/healthz", "", 200, nil)
}
