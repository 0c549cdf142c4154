package webhook_test

import (
	"net/url"
	"strings"
	"testing"

	"clienteling/shared/webhook"
)

// A number is told where its texts and calls go: to the two routes that are there, and
// delivered again when we fail. Twilio signs the URL without the fragment.
// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
func TestNumberURLs(t *testing.T) {
	for path, got := range map[string]string{
		smsPath:                  webhook.SmsURL(origin),
		"/webhooks/twilio/voice": webhook.VoiceURL(origin),
	} {
		u, err := url.Parse(got)
		if err != nil {
			t.Fatal(err)
		}
		if u.Path != path || u.RawQuery != "" || u.Fragment != "rc=2&rp=ct,rt,5xx" {
			t.Errorf("%s: path %s, query %s, fragment %s", got, u.Path, u.RawQuery, u.Fragment)
		}
		if signed, _, _ := strings.Cut(got, "#"); signed != origin+path {
			t.Errorf("%s is signed as %s, but verified as %s", got, signed, origin+path)
		}
	}

	// What Twilio signs for it is what the edge verifies.
	form := url.Values{"AccountSid": {ours}, "MessageSid": {"SM1"}, "From": {"+12125550123"}, "To": {"+12125550100"}, "Body": {"Hello"}}
	signed, _, _ := strings.Cut(webhook.SmsURL(origin), "#")
	if answer := serve(known(), nothing).ask(t, post(form.Encode(), sign(current, signed, form))); answer.StatusCode != 200 {
		t.Errorf("got %d %s", answer.StatusCode, answer.Body)
	}
}
