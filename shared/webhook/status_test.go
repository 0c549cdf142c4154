package webhook_test

import (
	"context"
	"log/slog"
	"net/url"
	"testing"

	"clienteling/shared/webhook"
)

var key = webhook.TextKey{Retailer: "acme", Store: "new-york_1.a", Customer: "3zgi4jk25cjrrqxwowpgs4krve", Message: "01a1f90a-d880-7000-8000-000000000005"}

// A callback carries our key in its URL, which Twilio signs, and asks for retries in
// the fragment, which it does not send.
func TestStatusURL(t *testing.T) {
	u, err := url.Parse(webhook.StatusURL("https://clienteling.example", key))
	if err != nil {
		t.Fatal(err)
	}
	if got := u.Scheme + "://" + u.Host + u.Path; got != "https://clienteling.example/webhooks/twilio/sms/status" || u.Fragment != "rc=2&rp=ct,rt,5xx" {
		t.Errorf("%s, #%s", got, u.Fragment)
	}
	form := "AccountSid=AC1&MessageSid=SM1&MessageStatus=delivered&ErrorCode=0"
	parsed, err := url.ParseQuery(form)
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{
		u.RawQuery:            200,
		u.RawQuery + "&x=1":   403, // signed without
		"r=rival&c=a&m=b&s=c": 403,
		"":                    403,
	} {
		var got webhook.Status
		status := ask(t, form, query, sign("token", u.Scheme+"://"+u.Host+u.Path+"?"+u.RawQuery, parsed), func(p webhook.Params) (err error) {
			got, err = p.Status()
			return err
		})
		if status != want {
			t.Errorf("%q: %d, want %d", query, status, want)
		}
		if said := (webhook.Status{Text: key, SID: "SM1", AccountSID: "AC1", Status: "delivered"}); want == 200 && got != said {
			t.Errorf("%+v, want %+v", got, said)
		}
	}
}

func TestStatus(t *testing.T) {
	for form, want := range map[string]int{
		"AccountSid=AC1&MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30005": 200,
		"AccountSid=AC1&MessageSid=SM1":                                           400,
		"AccountSid=AC1&MessageStatus=sent":                                       400,
		"AccountSid=AC1&MessageSid=SM1&MessageStatus=sent&%3Fm=x":                 200, // no name of ours
	} {
		parsed, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		query := url.Values{"r": {key.Retailer}, "s": {key.Store}, "c": {key.Customer}, "m": {key.Message}}.Encode()
		var got webhook.Status
		status := ask(t, form, query, sign("token", "https://clienteling.example/webhooks/twilio/sms/status?"+query, parsed), func(p webhook.Params) (err error) {
			got, err = p.Status()
			return err
		})
		if status != want || status == 200 && (got.Text != key || got.Code != parsed.Get("ErrorCode")) {
			t.Errorf("%s: %d, %+v", form, status, got)
		}
	}
}

// ask posts a status callback, signed so, and returns how it was answered.
func ask(t *testing.T, form, query, signature string, handle func(webhook.Params) error) int {
	t.Helper()
	const route = "POST /webhooks/twilio/sms/status"
	r := post(form, signature)
	r.RouteKey, r.RawPath, r.RawQueryString = route, "/webhooks/twilio/sms/status", query
	serve := webhook.Serve(webhook.NewVerifier("https://clienteling.example", anyAccount("token")), slog.New(slog.DiscardHandler), webhook.Routes{
		route: func(_ context.Context, p webhook.Params) (webhook.TwiML, error) { return webhook.Nothing, handle(p) },
	})
	answer, err := serve(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}
