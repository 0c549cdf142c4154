package twilio

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestTextAsTwilioSendsIt(t *testing.T) {
	r := newRig(t, answering(`<Response><Message>Merci, à bientôt 👋</Message></Response>`))
	body := "Grüße 👋🏽 สวัสดี \x00 & = + %"
	got := r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"Grüße 👋🏽 สวัสดี \u0000 & = + %%","extra":{"NewThing":"tomorrow"}}`, ana, store))

	sent := r.requests()[0]
	want := map[string]string{
		"MessageSid": got.MessageSID, "SmsSid": got.MessageSID, "SmsMessageSid": got.MessageSID,
		"AccountSid": account, "From": ana, "To": store, "Body": body, "NumMedia": "0", "NumSegments": "1",
		"SmsStatus": "received", "ApiVersion": "2010-04-01", "NewThing": "tomorrow",
		"FromCity": "SAN FRANCISCO", "FromState": "CA", "FromZip": "94105", "FromCountry": "US",
		"ToCity": "SAN FRANCISCO", "ToState": "CA", "ToZip": "94105", "ToCountry": "US",
	}
	form := map[string]string{}
	for name := range sent.PostForm {
		form[name] = sent.PostForm.Get(name)
	}
	if !reflect.DeepEqual(form, want) || !reflect.DeepEqual(got.Params, want) {
		t.Errorf("sent %v\nanswered %v\nwant %v", form, got.Params, want)
	}
	if !messageSID.MatchString(got.MessageSID) || !valid(r.hook.URL, sent) || sent.UserAgent() != "TwilioProxy/1.1" ||
		!strings.HasPrefix(sent.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		t.Errorf("%s with headers %v", got.MessageSID, sent.Header)
	}

	d := got.Deliveries[0]
	if len(got.Deliveries) != 1 || len(d.Attempts) != 1 || d.Attempts[0].Status != 200 || d.Attempts[0].ContentType != "text/xml" ||
		d.Attempts[0].URL != r.hook.URL+"/sms" || len(d.Errors) != 0 || got.TwilioReply != nil {
		t.Errorf("deliveries %+v", got.Deliveries)
	}
	if m := d.Messages[0]; m.To != ana || m.From != store || m.Body != "Merci, à bientôt 👋" {
		t.Errorf("message %+v", m)
	}
	items := r.phone(ana).Items
	if len(items) != 2 || items[0].By != "customer" || items[0].Body != body || items[1].By != "store" || items[1].Direction != "in" {
		t.Errorf("the phone shows %+v", items)
	}
}

func TestMedia(t *testing.T) {
	r := newRig(t, answering(`<Response/>`))
	own := []byte("BEGIN:VCARD")
	got := r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"mediaUrls":["https://x.example/a b#c"],
		"media":[{"contentType":"image/png"},{"contentType":"image/jpeg"},{"contentType":"text/vcard","data":%q}]}`,
		ana, store, base64.StdEncoding.EncodeToString(own)))
	if got.Params["NumMedia"] != "4" || got.MessageSID[:2] != "MM" || got.Params["MediaUrl3"] != "https://x.example/a b#c" {
		t.Fatalf("%s with %v", got.MessageSID, got.Params)
	}
	if prefix := r.url + "/2010-04-01/Accounts/" + account + "/Messages/" + got.MessageSID + "/Media/ME"; !strings.HasPrefix(got.Params["MediaUrl0"], prefix) {
		t.Errorf("MediaUrl0 %s, want %s...", got.Params["MediaUrl0"], prefix)
	}
	for n, contentType := range []string{"image/png", "image/jpeg", "text/vcard"} {
		resp, err := http.Get(r.signed(got.Params[fmt.Sprintf("MediaUrl%d", n)]))
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != contentType || got.Params[fmt.Sprintf("MediaContentType%d", n)] != contentType {
			t.Errorf("media %d: %d %v", n, resp.StatusCode, resp.Header)
		}
		if _, format, err := image.Decode(bytes.NewReader(data)); n < 2 && (err != nil || "image/"+format != contentType) {
			t.Errorf("media %d is no %s: %v", n, contentType, err)
		} else if n == 2 && !bytes.Equal(data, own) {
			t.Errorf("media 2 is %q", data)
		}
	}
	for _, wrong := range []string{"/Messages/" + got.MessageSID + "/Media/ME0", "/Messages/SM0/Media/" + got.Params["MediaUrl0"][len(got.Params["MediaUrl0"])-34:]} {
		for _, form := range []string{"", ".json"} {
			if resp, data := r.asAccount("GET", "/2010-04-01/Accounts/"+account+wrong+form); resp.StatusCode != 404 {
				t.Errorf("%s%s: %d %s", wrong, form, resp.StatusCode, data)
			}
		}
	}
}

func TestRepeatAndRace(t *testing.T) {
	for _, atOnce := range []bool{false, true} {
		r := newRig(t, answering(`<Response><Message>hi</Message></Response>`))
		got := r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"twice","times":10,"atOnce":%t,"delayMs":1,"media":[{"contentType":"image/png"}]}`, ana, store, atOnce))
		sent := r.requests()
		if len(sent) != 10 || len(got.Deliveries) != 10 {
			t.Fatalf("atOnce %t: %d requests, %d deliveries", atOnce, len(sent), len(got.Deliveries))
		}
		for _, req := range sent {
			if !reflect.DeepEqual(req.PostForm, sent[0].PostForm) {
				t.Errorf("a repeat differs: %v", req.PostForm)
			}
		}
		if items := r.phone(ana).Items; len(items) != 11 {
			t.Errorf("the phone shows %d items, want the text once and 10 replies", len(items))
		}
		again := r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"twice","messageSid":%q,"media":[{"contentType":"image/png"}]}`, ana, store, got.MessageSID))
		if !reflect.DeepEqual(again.Params, got.Params) {
			t.Errorf("a replay by SID differs: %v", again.Params)
		}
		if items := r.phone(ana).Items; len(items) != 12 {
			t.Errorf("the replay shows on the phone: %d items", len(items))
		}
	}
}

func TestMessagingTwiML(t *testing.T) {
	other := "+14155550142"
	for name, test := range map[string]struct {
		contentType, document string
		bodies                []string // of the messages to the customer
		codes                 []int
	}{
		"nothing":         {"text/xml", `<?xml version="1.0" encoding="UTF-8"?><Response/>`, nil, nil},
		"an empty body":   {"", ``, nil, nil},
		"two":             {"application/xml", `<Response><Message>a &amp; b</Message><!-- - --><Message><Body>c</Body></Message></Response>`, []string{"a & b", "c"}, nil},
		"html":            {"text/html; charset=utf-8", `<Response><Message>x</Message></Response>`, []string{"x"}, nil},
		"plain":           {"text/plain", `hello`, []string{"hello"}, nil},
		"picture":         {"text/xml", "<Response><Message>\n <Media>/cat.png</Media>\n</Message></Response>", []string{""}, nil},
		"picture, text":   {"text/xml", `<Response><Message>cat <Media>/cat.png</Media></Message></Response>`, []string{"cat"}, nil},
		"to another":      {"text/xml", `<Response><Message to="` + other + `">x</Message></Response>`, []string{"x"}, nil},
		"to nobody":       {"text/xml", `<Response><Message to="Bob">x</Message></Response>`, nil, []int{14101}},
		"from a stranger": {"text/xml", `<Response><Message from="` + other + `">x</Message></Response>`, nil, []int{14102}},
		"empty message":   {"text/xml", `<Response><Message/></Response>`, nil, []int{14103}},
		"too long":        {"text/xml", `<Response><Message>` + strings.Repeat("x", 1601) + `</Message></Response>`, nil, []int{14103}},
		"unknown verb":    {"text/xml", `<Response><message>x</message><Message>y</Message></Response>`, []string{"y"}, []int{12200}},
		"unknown noun":    {"text/xml", `<Response><Message><Body>y</Body><Sound/></Message></Response>`, []string{"y"}, []int{12200}},
		"wrong root":      {"text/xml", `<Answer/>`, nil, []int{12102}},
		"not closed":      {"text/xml", `<Response><Message>`, nil, []int{12100}},
		"two roots":       {"text/xml", `<Response/><Response/>`, nil, []int{12100}},
		"text outside":    {"text/xml", `x<Response/>`, nil, []int{12100}},
		"bare ampersand":  {"text/xml", `<Response><Message>a & b</Message></Response>`, nil, []int{12100}},
		"only a comment":  {"text/xml", `<!-- x -->`, nil, []int{12100}},
		"latin-1":         {"text/xml", `<?xml version="1.0" encoding="ISO-8859-1"?><Response/>`, nil, []int{12100}},
		"json":            {"application/json", `{}`, nil, []int{12300}},
		"no type":         {"", `<Response/>`, nil, []int{12300}},
		"too large":       {"text/xml", `<Response>` + strings.Repeat(" ", maxDocument) + `</Response>`, nil, []int{11750}},
		"bad redirect":    {"text/xml", `<Response><Redirect>ftp://x</Redirect></Response>`, nil, []int{11100}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{test.contentType}
				io.WriteString(w, test.document)
			})
			d := r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"hi"}`, ana, store)).Deliveries[0]
			var bodies []string
			for _, m := range d.Messages {
				bodies = append(bodies, m.Body)
			}
			var codes []int
			for _, e := range d.Errors {
				codes = append(codes, e.Code)
			}
			if !slices.Equal(bodies, test.bodies) || !slices.Equal(codes, test.codes) || !slices.Equal(r.errorCodes(), test.codes) {
				t.Errorf("messages %q, errors %+v; want %q and %v", bodies, d.Errors, test.bodies, test.codes)
			}
			if strings.Contains(name, "picture") && d.Messages[0].Media[0] != r.hook.URL+"/cat.png" {
				t.Errorf("media %v", d.Messages[0].Media)
			}
			if len(r.requests()) != 1 {
				t.Errorf("%d requests", len(r.requests()))
			}
		})
	}
}

func TestMessagingRedirect(t *testing.T) {
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		switch req.URL.Path {
		case "/sms":
			io.WriteString(w, `<Response><Message>1</Message><Redirect method="GET">next?a=b</Redirect><Message>never</Message></Response>`)
		case "/next":
			io.WriteString(w, `<Response><Message>2</Message></Response>`)
		default:
			io.WriteString(w, `<Response><Redirect/></Response>`)
		}
	})
	d := r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"hi"}`, ana, store)).Deliveries[0]
	if len(d.Messages) != 2 || d.Messages[1].Body != "2" || len(d.Errors) != 0 {
		t.Errorf("delivery %+v", d)
	}
	if second := r.requests()[1]; second.Method != "GET" || second.Form.Get("Body") != "hi" || second.Form.Get("a") != "b" || !valid(r.hook.URL, second) {
		t.Errorf("redirected to %s %s", second.Method, second.URL)
	}

	r.number(Number{PhoneNumber: store, SmsURL: r.hook.URL + "/circle"})
	d = r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"hi"}`, ana, store)).Deliveries[0]
	if len(d.Attempts) != maxDocuments || d.Errors[0].Code != 11215 {
		t.Errorf("a circle: %d documents, %+v", len(d.Attempts), d.Errors)
	}
}

func TestOptOut(t *testing.T) {
	r := newRig(t, answering(`<Response><Message>welcome</Message></Response>`))
	for _, test := range []struct {
		body, reply string
		delivered   bool // the webhook's message
	}{
		{"YES", "", true}, // not blocked: only a word
		{"stop please", "", true},
		{"HELP", helpReply, true},
		{" stop\n", stopReply, false},
		{"STOP", "", false},
		{"hello?", "", false},
		{"info", helpReply, false},
		{"Unstop", startReply, true},
		{"OPTOUT", stopReply, false},
		{"yes", startReply, true},
	} {
		before := len(r.requests())
		var got textResult
		r.do("POST", "/control/texts", fmt.Sprintf(`{"from":%q,"to":%q,"body":%q}`, ana, store, test.body), 200, &got)
		reply := ""
		if got.TwilioReply != nil {
			reply = got.TwilioReply.Body
		}
		d := got.Deliveries[0]
		if reply != test.reply || (len(d.Messages) == 1) != test.delivered || len(r.requests()) != before+1 {
			t.Errorf("%q: Twilio says %q, store sends %v", test.body, reply, d.Messages)
		}
		if !test.delivered && d.Errors[0].Code != 21610 {
			t.Errorf("%q: errors %+v", test.body, d.Errors)
		}
		blocked := r.phone(ana).Blocked
		if (len(blocked) == 0) != test.delivered {
			t.Errorf("%q: blocked %v", test.body, blocked)
		}
	}
	r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"STOP","times":3,"atOnce":true}`, ana, store))
	items := r.phone(ana).Items
	if last := items[len(items)-1]; last.By != "twilio" || last.Body != stopReply {
		t.Errorf("the phone's last item is %+v", last)
	}
	other := r.sendText(fmt.Sprintf(`{"from":"+14155550123","to":%q,"body":"hi"}`, store))
	if len(other.Deliveries[0].Messages) != 1 {
		t.Error("one customer's STOP keeps another's messages back")
	}
}

func TestNoWebhook(t *testing.T) {
	r := newRig(t, answering(``))
	r.number(Number{PhoneNumber: store})
	got := r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"STOP"}`, ana, store))
	if len(got.Deliveries) != 0 || got.TwilioReply == nil || len(r.phone(ana).Items) != 2 {
		t.Errorf("without a webhook: %+v", got)
	}
}

func TestSegments(t *testing.T) {
	for body, want := range map[string]int{
		"": 1, strings.Repeat("a", 160): 1, strings.Repeat("a", 161): 2, strings.Repeat("€", 80): 1, strings.Repeat("€", 81): 2,
		strings.Repeat("ł", 70): 1, strings.Repeat("ł", 71): 2, strings.Repeat("👋", 36): 2, strings.Repeat("ł", 1600): 24,
	} {
		if got := segments(body); got != want {
			t.Errorf("segments of %d characters %.4q: %d, want %d", len([]rune(body)), body, got, want)
		}
	}
}
