package twilio

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const landline = "+14155550150"

// forward is the document of a store whose phone is the landline.
const forward = `<Response><Dial answerOnBridge="true" timeout="25" timeLimit="3600" action="voice/after?s=1" method="POST"><Number>` +
	landline + `</Number></Dial><Say>unreachable</Say></Response>`

// after is the document for what comes after the dial, by its result.
func after(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Content-Type", "text/xml")
	switch {
	case req.URL.Path == "/voice":
		io.WriteString(w, forward)
	case req.PostForm.Get("DialCallStatus") == "completed":
		io.WriteString(w, `<Response><Hangup/></Response>`)
	default:
		io.WriteString(w, `<Response><Say language="en-US" voice="Polly.Joanna">Sorry, <emphasis>nobody</emphasis> is there.</Say></Response>`)
	}
}

func kinds(steps []step) string {
	var all []string
	for _, s := range steps {
		all = append(all, s.Kind)
	}
	return strings.Join(all, " ")
}

func TestForwardedCall(t *testing.T) {
	for _, test := range []struct {
		store, status, duration, callStatus, kinds string
	}{
		{"answered", "completed", "42", "in-progress", "fetch dial fetch hangup"},
		{"no-answer", "no-answer", "", "ringing", "fetch dial fetch say hangup"},
		{"busy", "busy", "", "ringing", "fetch dial fetch say hangup"},
		{"failed", "failed", "", "ringing", "fetch dial fetch say hangup"},
		{"canceled", "canceled", "", "completed", "fetch dial hangup fetch"},
	} {
		t.Run(test.store, func(t *testing.T) {
			r := newRig(t, after)
			got := r.placeCall(fmt.Sprintf(`{"from":%q,"to":%q,"store":%q,"seconds":42,"extra":{"New":"1"}}`, ana, store, test.store))
			if got.Outcome != test.store || kinds(got.Steps) != test.kinds {
				t.Errorf("%s: %s", got.Outcome, kinds(got.Steps))
			}
			dial := got.Steps[1]
			if !slices.Equal(dial.Numbers, []string{landline}) || dial.CallerID != ana || dial.Timeout != 25 || dial.TimeLimit != 3600 ||
				!dial.AnswerOnBridge || dial.Result != test.status {
				t.Errorf("dial %+v", dial)
			}
			if strings.Contains(test.kinds, "say") {
				if say := got.Steps[3]; say.Text != "Sorry, nobody is there." || say.Language != "en-US" || say.Voice != "Polly.Joanna" {
					t.Errorf("say %+v", say)
				}
			}

			sent := r.requests()
			for _, req := range sent {
				if !valid(r.hook.URL, req) || req.PostForm.Get("New") != "1" {
					t.Errorf("%s %v", req.URL, req.PostForm)
				}
			}
			first := sent[0].PostForm
			for name, want := range map[string]string{
				"CallSid": got.CallSID, "AccountSid": account, "From": ana, "To": store, "Caller": ana, "Called": store,
				"CallStatus": "ringing", "Direction": "inbound", "ApiVersion": "2010-04-01", "CalledCountry": "US", "FromCity": "SAN FRANCISCO",
			} {
				if first.Get(name) != want {
					t.Errorf("%s=%q, want %q", name, first.Get(name), want)
				}
			}
			action := sent[1]
			if action.URL.RequestURI() != "/voice/after?s=1" || action.PostForm.Get("DialCallStatus") != test.status ||
				action.PostForm.Get("DialCallDuration") != test.duration || action.PostForm.Get("CallStatus") != test.callStatus ||
				action.PostForm.Get("DialBridged") != fmt.Sprint(test.store == "answered") || action.PostForm.Get("DialCallSid")[:2] != "CA" ||
				action.PostForm.Get("DialCallSid") == got.CallSID {
				t.Errorf("%s %v", action.URL, action.PostForm)
			}
			if items := r.phone(ana).Items; len(items) != 1 || items[0].Kind != "call" || items[0].Outcome != test.store || len(items[0].Steps) != len(got.Steps) {
				t.Errorf("the phone shows %+v", items)
			}
			if codes := r.errorCodes(); len(codes) != 0 {
				t.Errorf("errors %v", codes)
			}
		})
	}
}

func TestVoiceTwiML(t *testing.T) {
	for name, test := range map[string]struct {
		document string
		kinds    string
		outcome  string
		codes    []int // oldest first
	}{
		"say and hang up":   {`<Response><Say>hi</Say><Pause length="2"/><Hangup/><Say>never</Say></Response>`, "fetch say pause hangup", "completed", nil},
		"empty":             {`<Response/>`, "fetch hangup", "completed", nil},
		"reject":            {`<Response><Reject reason="busy"/><Say>never</Say></Response>`, "fetch reject", "rejected", nil},
		"reject too late":   {`<Response><Say>hi</Say><Reject/></Response>`, "fetch say error hangup", "completed", []int{12200}},
		"dial, then on":     {`<Response><Dial>` + landline + `</Dial><Say>bye</Say></Response>`, "fetch dial say hangup", "answered", nil},
		"dial two":          {`<Response><Dial><Number>` + landline + `</Number><Number>+14155550151</Number></Dial></Response>`, "fetch dial hangup", "answered", nil},
		"our caller id":     {`<Response><Dial callerId="` + store + `">` + landline + `</Dial></Response>`, "fetch dial hangup", "answered", nil},
		"foreign caller id": {`<Response><Dial callerId="+14155550177">` + landline + `</Dial></Response>`, "fetch error dial hangup", "failed", []int{13214}},
		"loop":              {`<Response><Dial>` + store + `</Dial></Response>`, "fetch error dial hangup", "failed", []int{13223}},
		"no number":         {`<Response><Dial><Client>bob</Client></Dial></Response>`, "fetch error error dial hangup", "failed", []int{13215, 13223}},
		"national number":   {`<Response><Dial>415 555 0150</Dial></Response>`, "fetch error dial hangup", "failed", []int{13223}},
		"bad attributes": {`<Response><Dial timeout="1" timeLimit="x" method="PUT" action="/done">` + landline + `</Dial></Response>`,
			"fetch error error error dial fetch hangup", "answered", []int{13212, 13216, 13210}},
		"bad action":    {`<Response><Dial action="ftp://x">` + landline + `</Dial></Response>`, "fetch dial error say hangup", "error", []int{11100}},
		"unknown verb":  {`<Response><Record/></Response>`, "fetch error hangup", "completed", []int{12200}},
		"nothing said":  {`<Response><Say> </Say></Response>`, "fetch error hangup", "completed", []int{13520}},
		"bad pause":     {`<Response><Pause length="-1"/></Response>`, "fetch error pause hangup", "completed", []int{12200}},
		"empty body":    {``, "fetch error say hangup", "error", []int{11770}},
		"broken":        {`<Response><Dial>`, "fetch error say hangup", "error", []int{12100}},
		"redirect":      {`<Response><Redirect method="GET">/done</Redirect></Response>`, "fetch redirect fetch hangup", "completed", nil},
		"redirect away": {`<Response><Redirect>mailto:x@y</Redirect></Response>`, "fetch error say hangup", "error", []int{11100}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
				if req.URL.Path == "/done" {
					answering(`<Response><Hangup/></Response>`)(w, req)
					return
				}
				answering(test.document)(w, req)
			})
			got := r.placeCall(fmt.Sprintf(`{"from":%q,"to":%q}`, ana, store))
			codes := r.errorCodes()
			slices.Reverse(codes)
			if kinds(got.Steps) != test.kinds || got.Outcome != test.outcome || !slices.Equal(codes, test.codes) {
				t.Errorf("%s: %s, errors %v; want %s: %s, %v", got.Outcome, kinds(got.Steps), codes, test.outcome, test.kinds, test.codes)
			}
		})
	}
}

func TestCallInACircle(t *testing.T) {
	r := newRig(t, answering(`<Response><Redirect/></Response>`))
	got := r.placeCall(fmt.Sprintf(`{"from":%q,"to":%q}`, ana, store))
	if len(r.requests()) != maxDocuments || got.Outcome != "error" || !slices.Equal(r.errorCodes(), []int{11215}) {
		t.Errorf("%d documents, %s, %v", len(r.requests()), got.Outcome, r.errorCodes())
	}
}

func TestWithheldCallerMustNotBePassedOn(t *testing.T) {
	r := newRig(t, answering(`<Response><Dial>`+landline+`</Dial></Response>`))
	if got := r.placeCall(fmt.Sprintf(`{"from":"anonymous","to":%q}`, store)); got.Outcome != "failed" || !slices.Equal(r.errorCodes(), []int{13214}) {
		t.Errorf("%+v, errors %v", got, r.errorCodes())
	}
}

func TestDialStopsAtTheTimeLimit(t *testing.T) {
	r := newRig(t, answering(`<Response><Dial timeLimit="60">`+landline+`</Dial></Response>`))
	if got := r.placeCall(fmt.Sprintf(`{"from":%q,"to":%q,"seconds":90}`, ana, store)); got.Steps[1].Seconds != 60 {
		t.Errorf("dial %+v", got.Steps[1])
	}
}

func TestVoiceFallbackAndStatusCallback(t *testing.T) {
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/voice":
			w.WriteHeader(500)
		case "/fallback":
			answering(`<Response><Dial>`+landline+`</Dial></Response>`)(w, req)
		}
	})
	r.number(Number{
		PhoneNumber: store, VoiceURL: r.hook.URL + "/voice#rc=1&rp=5xx",
		VoiceFallbackURL: r.hook.URL + "/fallback", StatusCallback: r.hook.URL + "/ended",
	})
	got := r.placeCall(fmt.Sprintf(`{"from":%q,"to":%q,"seconds":7}`, ana, store))
	if got.Outcome != "answered" || len(got.Steps[0].Attempts) != 3 || kinds(got.Steps) != "fetch error dial hangup" {
		t.Errorf("%s: %s, %+v", got.Outcome, kinds(got.Steps), got.Steps[0].Attempts)
	}
	sent := r.requests()
	if fallback := sent[2]; fallback.URL.Path != "/fallback" || fallback.PostForm.Get("ErrorCode") != "11217" || !valid(r.hook.URL, fallback) {
		t.Errorf("%s %v", fallback.URL, fallback.PostForm)
	}
	if ended := sent[3]; ended.URL.Path != "/ended" || ended.PostForm.Get("CallStatus") != "completed" || ended.PostForm.Get("CallDuration") != "7" || !valid(r.hook.URL, ended) {
		t.Errorf("%s %v", ended.URL, ended.PostForm)
	}

	r.number(Number{PhoneNumber: store})
	if got := r.placeCall(fmt.Sprintf(`{"from":%q,"to":%q}`, ana, store)); got.Outcome != "error" || kinds(got.Steps) != "error say hangup" {
		t.Errorf("without a webhook: %s: %s", got.Outcome, kinds(got.Steps))
	}
}
