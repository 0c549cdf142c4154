package webhook_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"clienteling/shared/clienteling"
	"clienteling/shared/webhook"
)

// params are those of a text, with some more or others; "" takes one away.
func params(more ...string) webhook.Params {
	p := webhook.Params{
		"MessageSid": {"SM1"}, "SmsSid": {"SM1"}, "AccountSid": {ours}, "From": {"+12125550123"}, "To": {"+12125550100"},
		"Body": {"Hello"}, "NumMedia": {"0"}, "NumSegments": {"1"}, "ApiVersion": {"2010-04-01"},
	}
	for i := 0; i < len(more); i += 2 {
		p[more[i]] = []string{more[i+1]}
	}
	return p
}

// media are the parameters of n media, and what they are read as.
func media(n int) (more []string, want []clienteling.Media) {
	for i := range n {
		m := clienteling.Media{URL: fmt.Sprintf("https://api.twilio.com/media/ME%d?a=b&c", i), ContentType: fmt.Sprintf("image/x-%d", i)}
		more = append(more, fmt.Sprintf("MediaUrl%d", i), m.URL, fmt.Sprintf("MediaContentType%d", i), m.ContentType)
		want = append(want, m)
	}
	return more, want
}

func TestText(t *testing.T) {
	ten, tenMedia := media(10)
	eleven, _ := media(11)
	two, twoMedia := media(2)
	long := strings.Repeat("😀", 800)
	plain := webhook.Text{SID: "SM1", AccountSID: ours, From: "+12125550123", To: "+12125550100", Body: "Hello"}
	with := func(change func(*webhook.Text)) webhook.Text {
		text := plain
		change(&text)
		return text
	}
	for name, test := range map[string]struct {
		params webhook.Params
		want   webhook.Text
	}{
		"plain":                              {params(), plain},
		"empty":                              {params("Body", ""), with(func(m *webhook.Text) { m.Body = "" })},
		"opt-out":                            {params("Body", "no mas", "OptOutType", "STOP"), with(func(m *webhook.Text) { m.Body, m.OptOutType = "no mas", "STOP" })},
		"from a short code":                  {params("From", "12345"), with(func(m *webhook.Text) { m.From = "12345" })},
		"as long as texts get":               {params("Body", long), with(func(m *webhook.Text) { m.Body = long })},
		"NUL, line ends and space are kept":  {params("Body", "\x00 a\r\n\tb "), with(func(m *webhook.Text) { m.Body = "\x00 a\r\n\tb " })},
		"what is not UTF-8":                  {params("Body", "a\xff\xfeb\xed\xa0\x80", "From", "\xffX"), with(func(m *webhook.Text) { m.Body, m.From = "a\uFFFDb\uFFFD", "\uFFFDX" })},
		"ten media":                          {params(append(ten, "NumMedia", "10")...), with(func(m *webhook.Text) { m.Media = tenMedia })},
		"eleven media":                       {params(append(eleven, "NumMedia", "11")...), with(func(m *webhook.Text) { m.Media = tenMedia })},
		"NumMedia too large":                 {params(append(two, "NumMedia", "11")...), with(func(m *webhook.Text) { m.Media = twoMedia })},
		"NumMedia beyond integers":           {params(append(two, "NumMedia", "99999999999999999999")...), with(func(m *webhook.Text) { m.Media = twoMedia })},
		"NumMedia negative":                  {params("NumMedia", "-1"), plain},
		"NumMedia no number":                 {params(append(two, "NumMedia", "x")...), with(func(m *webhook.Text) { m.Media = twoMedia })},
		"NumMedia missing":                   {params(append(two, "NumMedia", "")...), with(func(m *webhook.Text) { m.Media = twoMedia })},
		"media without type":                 {params("MediaUrl0", "https://a.example"), with(func(m *webhook.Text) { m.Media = []clienteling.Media{{URL: "https://a.example"}} })},
		"announced media that are not there": {params("NumMedia", "3"), plain},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := test.params.Text()
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
			if !utf8.ValidString(got.Body + got.From) {
				t.Error("not UTF-8")
			}
		})
	}
}

func TestCall(t *testing.T) {
	for name, test := range map[string]struct {
		params webhook.Params
		want   webhook.Call
	}{
		"inbound": {
			webhook.Params{"CallSid": {"CA1"}, "AccountSid": {ours}, "From": {"+12125550123"}, "To": {"+12125550100"}, "CallStatus": {"ringing"}},
			webhook.Call{SID: "CA1", AccountSID: ours, From: "+12125550123", To: "+12125550100"},
		},
		"anonymous": {
			webhook.Params{"CallSid": {"CA1"}, "AccountSid": {ours}, "From": {"anonymous"}, "To": {"+12125550100"}},
			webhook.Call{SID: "CA1", AccountSID: ours, From: "anonymous", To: "+12125550100"},
		},
		"nobody": {
			webhook.Params{"CallSid": {"CA1"}, "AccountSid": {ours}, "To": {"+12125550100"}},
			webhook.Call{SID: "CA1", AccountSID: ours, To: "+12125550100"},
		},
		"after the forwarded leg": {
			webhook.Params{"CallSid": {"CA1"}, "AccountSid": {ours}, "From": {"+1"}, "To": {"+12125550100"}, "DialCallStatus": {"no-answer"}},
			webhook.Call{SID: "CA1", AccountSID: ours, From: "+1", To: "+12125550100", DialStatus: "no-answer"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := test.params.Call(); err != nil || got != test.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestIncomplete(t *testing.T) {
	text := func(p webhook.Params) error { _, err := p.Text(); return err }
	call := func(p webhook.Params) error { _, err := p.Call(); return err }
	for name, test := range map[string]struct {
		read   func(webhook.Params) error
		params webhook.Params
		code   string
	}{
		"no parameters":    {text, nil, "not_a_text"},
		"no MessageSid":    {text, params("MessageSid", ""), "not_a_text"},
		"no From":          {text, params("From", ""), "not_a_text"},
		"no To":            {text, params("To", ""), "not_a_text"},
		"a text as a call": {call, params(), "not_a_call"},
		"no CallSid":       {call, webhook.Params{"To": {"+1"}}, "not_a_call"},
		"call to nobody":   {call, webhook.Params{"CallSid": {"CA1"}}, "not_a_call"},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.read(test.params)
			if e, ok := err.(*clienteling.Error); !ok || e.Kind != clienteling.Invalid || e.Code != test.code {
				t.Errorf("got %v, want %s", err, test.code)
			}
		})
	}
}
