package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// toward sends what is meant for Twilio to the simulator.
type toward struct {
	http.RoundTripper
	url string
}

func (t toward) RoundTrip(req *http.Request) (*http.Response, error) {
	to, err := url.Parse(t.url)
	if err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host, req.Host = to.Scheme, to.Host, ""
	return t.RoundTripper.RoundTrip(req)
}

// twilioGo is Twilio's own client. It opens a connection for each request, as a GET that
// finds a kept one reset is sent again by net/http itself.
func (r *rig) twilioGo(sid, authToken string, timeout time.Duration) *api.ApiService {
	transport := &http.Transport{DisableKeepAlives: true}
	c := &client.Client{
		Credentials: client.NewCredentials(sid, authToken),
		HTTPClient:  &http.Client{Timeout: timeout, Transport: toward{transport, r.url}},
	}
	c.SetAccountSid(sid)
	return api.NewApiServiceWithClient(c)
}

// post sends a text by twilio-go, to Ana unless the parameters say otherwise.
func (r *rig) post(params *api.CreateMessageParams) (*api.ApiV2010Message, error) {
	if params.To == nil {
		params.SetTo(ana)
	}
	if params.From == nil {
		params.SetFrom(store)
	}
	return r.twilioGo(account, token, 5*time.Second).CreateMessage(params)
}

// mustPost sends a text with a status callback, and answers its SID.
func (r *rig) mustPost(body string) string {
	r.Helper()
	sent, err := r.post(new(api.CreateMessageParams).SetBody(body).SetStatusCallback(r.hook.URL + "/status"))
	if err != nil {
		r.Fatal(err)
	}
	return *sent.Sid
}

func (r *rig) messages() []outbound {
	r.Helper()
	var shown struct{ Messages []outbound }
	r.do("GET", "/control/messages", "", 200, &shown)
	return shown.Messages
}

// settled waits until nothing more happens to any text, callbacks included, and answers
// what became of them.
func (r *rig) settled() []outbound {
	r.Helper()
	r.until("all texts rest", func() bool {
		return !slices.ContainsFunc(r.messages(), func(m outbound) bool { return !m.Rests })
	})
	r.sim.running.Wait() // no text is on its way, so nothing starts anew
	return r.messages()
}

// told are the statuses that the callback was told of a text, in the order they came.
func (r *rig) told(sid string) []string {
	var statuses []string
	for _, req := range r.requests() {
		if req.PostForm.Get("MessageSid") == sid && req.PostForm.Has("MessageStatus") {
			statuses = append(statuses, req.PostForm.Get("MessageStatus"))
		}
	}
	return statuses
}

func TestSendAText(t *testing.T) {
	r := newRig(t, answering(``))
	began := time.Now()
	sent, err := r.post(new(api.CreateMessageParams).SetBody(strings.Repeat("ł", 71)).SetStatusCallback(r.hook.URL + "/status?key=a%20b"))
	if err != nil {
		t.Fatal(err)
	}
	created, err := time.Parse(time.RFC1123Z, *sent.DateCreated)
	if err != nil || created.Sub(began).Abs() > 5*time.Second || !messageSID.MatchString(*sent.Sid) || *sent.Status != "queued" ||
		*sent.Direction != "outbound-api" || *sent.NumSegments != "2" || *sent.NumMedia != "0" || sent.DateSent != nil ||
		sent.ErrorCode != nil || sent.ErrorMessage != nil || *sent.From != store || *sent.To != ana || *sent.AccountSid != account ||
		*sent.Uri != "/2010-04-01/Accounts/"+account+"/Messages/"+*sent.Sid+".json" {
		t.Errorf("created: %+v", sent)
	}

	all := r.settled()
	if m := all[0]; len(all) != 1 || m.SID != *sent.Sid || m.Status != "delivered" || m.RequestedAt.Before(began.Round(0)) ||
		!m.DateCreated.Equal(m.RequestedAt.Truncate(time.Millisecond)) || m.DateSent.Before(m.RequestedAt) || m.DateUpdated.Before(m.DateSent) {
		t.Errorf("the account has %+v", all)
	}
	if items := r.phone(ana).Items; len(items) != 1 || items[0].SID != *sent.Sid || items[0].By != "store" || items[0].Direction != "in" ||
		items[0].Body != *sent.Body || items[0].Store != store {
		t.Errorf("the phone shows %+v", items)
	}

	twilioGo := r.twilioGo(account, token, time.Second)
	fetched, err := twilioGo.FetchMessage(*sent.Sid, nil)
	if err != nil || *fetched.Status != "delivered" || fetched.DateSent == nil || *fetched.Body != *sent.Body {
		t.Errorf("fetched: %+v, %v", fetched, err)
	}
	var refused *client.TwilioRestError
	if _, err := twilioGo.FetchMessage("SM00000000000000000000000000000000", nil); !errors.As(err, &refused) || refused.Code != 20404 || refused.Status != 404 {
		t.Errorf("an unknown text: %v", err)
	}

	callbacks := r.requests()
	if got := r.told(*sent.Sid); !slices.Equal(got, []string{"sent", "delivered"}) || len(callbacks) != 2 {
		t.Fatalf("%d callbacks, %v", len(callbacks), got)
	}
	for n, req := range callbacks {
		form := req.PostForm
		if !valid(r.hook.URL, req) || req.URL.RawQuery != "key=a%20b" || req.Method != "POST" || form.Get("SmsSid") != *sent.Sid ||
			form.Get("SmsStatus") != form.Get("MessageStatus") || form.Get("From") != store || form.Get("To") != ana ||
			form.Get("AccountSid") != account || form.Get("ApiVersion") != "2010-04-01" || form.Has("ErrorCode") ||
			form.Has("RawDlrDoneDate") != (n == 1) {
			t.Errorf("callback %s %v", req.URL, form)
		}
	}
	if date := callbacks[1].PostForm.Get("RawDlrDoneDate"); date != time.Now().UTC().Format("0601021504") && date != began.UTC().Format("0601021504") {
		t.Errorf("RawDlrDoneDate %q", date)
	}
}

func TestSendRefuses(t *testing.T) {
	r := newRig(t, answering(``))
	r.number(Number{PhoneNumber: "+442079460000"})
	r.number(Number{PhoneNumber: "+4930100000", Capabilities: Capabilities{Voice: true}})
	r.sendText(fmt.Sprintf(`{"from":"+14155550123","to":%q,"body":"STOP"}`, store))
	r.do("PUT", "/control/phones/+4930200000", `{"state":"landline"}`, 200, nil)
	picture := []string{"https://media.example/1.png"}
	type params = api.CreateMessageParams
	for name, test := range map[string]struct {
		params *params
		code   int
	}{
		"nobody":              {new(params).SetTo("").SetBody("x"), 21604},
		"no number":           {new(params).SetTo("Ana").SetBody("x"), 21211},
		"magic: invalid":      {new(params).SetTo("+15005550001").SetBody("x"), 21211},
		"magic: unroutable":   {new(params).SetTo("+15005550002").SetBody("x"), 21612},
		"magic: abroad":       {new(params).SetTo("+15005550003").SetBody("x"), 21408},
		"magic: unsubscribed": {new(params).SetTo("+15005550004").SetBody("x"), 21610},
		"magic: no mobile":    {new(params).SetTo("+15005550009").SetBody("x"), 21614},
		"landline abroad":     {new(params).SetTo("+4930200000").SetBody("x"), 21614},
		"from nobody":         {new(params).SetFrom("").SetBody("x"), 21603},
		"from no number":      {new(params).SetFrom("SHOP").SetBody("x"), 21212},
		"from a stranger":     {new(params).SetFrom("+14155550000").SetBody("x"), 21606},
		"from a landline":     {new(params).SetFrom("+4930100000").SetBody("x"), 21606},
		"to itself":           {new(params).SetTo(store).SetBody("x"), 21266},
		"no body":             {new(params), 21602},
		"empty body":          {new(params).SetBody(""), 21602},
		"long body":           {new(params).SetBody(strings.Repeat("👋", 1601)), 21617},
		"stopped":             {new(params).SetTo("+14155550123").SetBody("x"), 21610},
		"service":             {new(params).SetMessagingServiceSid("MG1").SetBody("x"), 21701},
		"scheduled":           {new(params).SetSendAt(time.Now()).SetBody("x"), 20001},
		"eleven pictures":     {new(params).SetMediaUrl(slices.Repeat(picture, 11)), 21623},
		"no URL":              {new(params).SetMediaUrl([]string{"1.png"}), 21620},
		"no MMS":              {new(params).SetFrom("+442079460000").SetMediaUrl(picture), 21621},
		"callback":            {new(params).SetBody("x").SetStatusCallback("/status"), 21609},
		"callback's host":     {new(params).SetBody("x").SetStatusCallback("https://a_b.example/"), 21609},
	} {
		_, err := r.post(test.params)
		var refused *client.TwilioRestError
		if !errors.As(err, &refused) || refused.Code != test.code || refused.Status != 400 || refused.Message == "" ||
			refused.MoreInfo != fmt.Sprintf("https://www.twilio.com/docs/errors/%d", test.code) {
			t.Errorf("%s: %v, want %d", name, err, test.code)
		}
	}
	if all := r.messages(); len(all) != 0 {
		t.Errorf("refused, and yet there are %+v", all)
	}
	if codes := r.errorCodes(); len(codes) != 24 {
		t.Errorf("the debugger has %v", codes)
	}
	long := strings.Repeat("👋", 1600)
	if _, err := r.post(new(params).SetBody(long)); err != nil || r.settled()[0].Body != long {
		t.Errorf("1,600 characters: %v", err)
	}
}

func TestCredentials(t *testing.T) {
	r := newRig(t, answering(``))
	for name, twilioGo := range map[string]*api.ApiService{
		"wrong token":     r.twilioGo(account, "wrong", time.Second),
		"another account": r.twilioGo("AC"+strings.Repeat("0", 32), token, time.Second),
	} {
		_, err := twilioGo.ListMessage(nil)
		var refused *client.TwilioRestError
		if !errors.As(err, &refused) || refused.Code != 20003 || refused.Status != 401 {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.do("GET", "/2010-04-01/Accounts/"+account+"/Calls.json", "", 401, nil)
	r.do("DELETE", "/2010-04-01/Accounts/"+account+"/Messages.json", "", 404, nil)
}

func TestStopBlocksAndStartUnblocks(t *testing.T) {
	r := newRig(t, answering(``))
	other := "+14155550101"
	r.number(Number{PhoneNumber: other})
	say := func(word string) {
		r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":%q}`, ana, store, word))
	}
	r.mustPost("before")
	r.settled()
	say("STOP")
	_, err := r.post(new(api.CreateMessageParams).SetBody("while"))
	var refused *client.TwilioRestError
	if !errors.As(err, &refused) || refused.Code != 21610 {
		t.Errorf("to a customer who stopped: %v", err)
	}
	if _, err := r.post(new(api.CreateMessageParams).SetBody("other number").SetFrom(other)); err != nil {
		t.Errorf("from a number that was not stopped: %v", err)
	}
	say("START")
	r.mustPost("after")
	var bodies []string
	for _, m := range r.settled() {
		bodies = append(bodies, m.Body)
	}
	if !slices.Equal(bodies, []string{"before", "other number", "after"}) {
		t.Errorf("Twilio took %q", bodies)
	}
}

func TestListPages(t *testing.T) {
	r := newRig(t, answering(`<Response><Message>welcome</Message></Response>`))
	r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"HELP"}`, ana, store))
	for n := range 5 {
		r.mustPost(fmt.Sprint(n))
	}
	if _, err := r.post(new(api.CreateMessageParams).SetTo("+14155550123").SetBody("to another")); err != nil {
		t.Fatal(err)
	}
	r.settled()
	twilioGo := r.twilioGo(account, token, 5*time.Second)
	list := func(params *api.ListMessageParams) (all []string) {
		t.Helper()
		found, err := twilioGo.ListMessage(params)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range found {
			all = append(all, *m.Direction+" "+*m.Body)
		}
		return all
	}
	toAna := []string{
		"outbound-api 4", "outbound-api 3", "outbound-api 2", "outbound-api 1", "outbound-api 0",
		"outbound-reply welcome", "outbound-reply " + helpReply,
	}
	day := 24 * time.Hour
	type params = api.ListMessageParams
	for name, test := range map[string]struct {
		params *params
		want   []string
	}{
		"all on a page":   {new(params).SetTo(ana).SetFrom(store), toAna},
		"pages of two":    {new(params).SetTo(ana).SetPageSize(2), toAna},
		"pages of seven":  {new(params).SetTo(ana).SetPageSize(7), toAna},
		"limit":           {new(params).SetTo(ana).SetPageSize(2).SetLimit(3), toAna[:3]},
		"inbound":         {new(params).SetFrom(ana), []string{"inbound HELP"}},
		"from a stranger": {new(params).SetFrom("+14155550000"), nil},
		"sent lately":     {new(params).SetTo("+14155550123").SetDateSentAfter(time.Now().Add(-time.Minute)), []string{"outbound-api to another"}},
		"sent tomorrow":   {new(params).SetDateSentAfter(time.Now().Add(day)), nil},
		"sent yesterday":  {new(params).SetDateSentBefore(time.Now().Add(-day)), nil},
		"sent before":     {new(params).SetTo("+14155550123").SetDateSentBefore(time.Now().Add(day)), []string{"outbound-api to another"}},
	} {
		if got := list(test.params); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}

	first, err := twilioGo.PageMessage(new(params).SetTo(ana).SetPageSize(3), "", "")
	if err != nil || first.PageSize != 3 || first.Page != 0 || first.Start != 0 || first.End != 2 || first.NextPageUri == nil || first.PreviousPageUri != nil {
		t.Fatalf("first page: %+v, %v", first, err)
	}
	r.mustPost("newer") // moves nothing
	next, err := url.Parse(*first.NextPageUri)
	if err != nil {
		t.Fatal(err)
	}
	second, err := twilioGo.PageMessage(new(params).SetTo(ana).SetPageSize(3), next.Query().Get("PageToken"), next.Query().Get("Page"))
	if err != nil || second.Page != 1 || second.Start != 3 || second.End != 5 || *second.Messages[0].Body != "1" {
		t.Errorf("second page: %+v, %v", second, err)
	}
	for _, wrong := range []string{"?DateSent>=yesterday", "?Page=1", "?Page=1&PageToken=PASM1", "?PageToken=%zz"} {
		req, _ := http.NewRequest("GET", r.url+"/2010-04-01/Accounts/"+account+"/Messages.json"+wrong, nil)
		req.SetBasicAuth(account, token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 400 {
			t.Errorf("%s: %d", wrong, resp.StatusCode)
		}
	}
}

func TestPeriod(t *testing.T) {
	for text, want := range map[string]string{
		"2026-01-31":                "2026-01-31T00:00:00Z 2026-02-01T00:00:00Z",
		"2026-01-31T12:00:00Z":      "2026-01-31T12:00:00Z 2026-01-31T12:00:01Z",
		"2026-01-31T12:00:00+01:00": "2026-01-31T11:00:00Z 2026-01-31T11:00:01Z",
	} {
		begin, end, err := period(text)
		if got := begin.UTC().Format(time.RFC3339) + " " + end.UTC().Format(time.RFC3339); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	queued := outbound{From: store, To: ana}
	if !listed(queued, url.Values{}) || listed(queued, url.Values{"DateSent>": {"2026-01-31"}}) {
		t.Error("a text that is not sent passes a filter on when it was")
	}
}

func TestTheOldestMessageGoesFirst(t *testing.T) {
	r := newRig(t, answering(``))
	r.sim.mu.Lock()
	r.sim.state.Messages = make([]outbound, maxMessages)
	for n := range r.sim.state.Messages {
		r.sim.state.Messages[n] = outbound{SID: fmt.Sprint(n), Rests: true}
	}
	r.sim.mu.Unlock()
	sid := r.mustPost("one more")
	r.until("it is on the phone", func() bool { return len(r.phone(ana).Items) == 1 })
	all := r.messages()
	if len(all) != maxMessages || all[0].SID != "1" || all[len(all)-1].SID != sid || all[len(all)-1].Status != "delivered" {
		t.Errorf("%d texts, from %s to %+v", len(all), all[0].SID, all[len(all)-1])
	}
}
