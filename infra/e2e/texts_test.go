//go:build unix

package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	sim "clienteling/infra/local/twilio"

	"clienteling/infra/local/seed"
)

var (
	newYork = seed.Shops[0].Number.E164
	london  = seed.Shops[1].Number.E164
	berlin  = seed.Shops[2].Number.E164
)

// Whatever a customer writes arrives as they wrote it.
func TestTextsArriveAsSent(t *testing.T) {
	for i, body := range []string{
		"Hi", "Ümläüte, ß und €", "مرحبا، هل المعطف متوفر؟", "שלום, יש במידה M?", "你好,有中號嗎?", "नमस्ते 🙏", "สวัสดี",
		"👩‍👩‍👧‍👦🏳️‍🌈🧥", "e\u0301 combining", "a\x00b NUL", "tab\tand\r\nlines", `<xml> & "quotes" 'too'`, "+49 30 & = % ; # ?",
		" space around ", "", strings.Repeat("x", 1600), strings.Repeat("🧥", 800),
	} {
		phone := fmt.Sprintf("+121255502%02d", i)
		var d delivered
		twilio(t, "/control/texts", map[string]any{"from": phone, "to": newYork, "body": body}, &d)
		_, got := thread(t, "new-york", phone)
		if len(got) != 1 || got[0].Text != body {
			t.Errorf("sent %q, the thread has %+v", body, got)
		}
	}
}

func TestTenMediaArriveAsSent(t *testing.T) {
	const phone = "+12125550230"
	var sent []string
	for n := range 10 {
		sent = append(sent, fmt.Sprintf("https://api.twilio.com/2010-04-01/Accounts/%s/Messages/MM%032x/Media/ME%032x?a=1&b=%%20", seed.AccountSID, n, n))
	}
	var d delivered
	twilio(t, "/control/texts", map[string]any{"from": phone, "to": newYork, "body": "look", "mediaUrls": sent}, &d)
	c, got := thread(t, "new-york", phone)
	if len(got) != 1 || len(got[0].Media) != len(sent) {
		t.Fatalf("the thread has %+v", got)
	}
	for n, m := range got[0].Media {
		if want := fmt.Sprintf("/v1/stores/new-york/conversations/%s/messages/%s/media/%d", c.ID, got[0].ID, n); m.URL != want || m.ContentType == "" {
			t.Errorf("medium %d is %+v, want %s", n, m, want)
		}
	}
}

// Ten deliveries of one text, at once: one entry, ten equal answers.
func TestTenDeliveriesAtOnce(t *testing.T) {
	const phone = "+12125550240"
	var d delivered
	twilio(t, "/control/texts", map[string]any{"from": phone, "to": newYork, "body": "opt out", "times": 10, "atOnce": true}, &d)
	if len(d.Deliveries) != 10 {
		t.Fatalf("%d deliveries", len(d.Deliveries))
	}
	for _, one := range d.Deliveries {
		last := one.Attempts[len(one.Attempts)-1]
		if last.Status != http.StatusOK || last.Body != d.Deliveries[0].Attempts[len(d.Deliveries[0].Attempts)-1].Body {
			t.Errorf("a delivery was answered %+v", one)
		}
	}
	c, got := thread(t, "new-york", phone)
	if len(got) != 1 || c.Unread != 1 || !c.OptedOut {
		t.Errorf("conversation %+v with %+v", c, got)
	}
}

// A text costs two calls of DynamoDB in a row, three when it changes consent, a
// call one, a forgery none; counted between the functions and the emulator.
func TestCalls(t *testing.T) {
	const phone = "+12125550250"
	text := func(body string) func() {
		return func() {
			twilio(t, "/control/texts", map[string]any{"from": phone, "to": newYork, "body": body}, new(delivered))
		}
	}
	request := func(path, sign string) func() {
		return func() {
			twilio(t, "/control/requests", map[string]any{"path": path, "sign": sign, "params": map[string]string{
				"AccountSid": seed.AccountSID, "MessageSid": "SM00000000000000000000000000000250", "CallSid": "CA00000000000000000000000000000250",
				"From": phone, "To": newYork, "Body": "Hi",
			}}, new(any))
		}
	}
	for _, c := range []struct {
		what string
		do   func()
		want []string
	}{
		{"first text", text("Hi"), []string{"GetItem", "TransactWriteItems"}},
		{"another text", text("Yes, M"), []string{"GetItem", "TransactWriteItems"}},
		{"opt-out", text("STOP"), []string{"GetItem", "TransactWriteItems", "TransactWriteItems"}},
		{"opt-out again", text("STOP"), []string{"GetItem", "TransactWriteItems"}},
		{"opt-in", text("START"), []string{"GetItem", "TransactWriteItems", "TransactWriteItems"}},
		{"call", request("/webhooks/twilio/voice", "valid"), []string{"GetItem"}},
		{"forged text", request("/webhooks/twilio/sms", "forged"), nil},
		{"unsigned text", request("/webhooks/twilio/sms", "missing"), nil},
		{"text signed by a foreign account", request("/webhooks/twilio/sms", "foreign"), nil},
		{"forged call", request("/webhooks/twilio/voice", "forged"), nil},
	} {
		function := "InboundSmsFunction"
		if strings.HasSuffix(c.what, "call") {
			function = "CallForwardFunction"
		}
		if got := cloud.database.during(function, nil, c.do); !slices.Equal(got, c.want) {
			t.Errorf("%s: calls %v, want %v", c.what, got, c.want)
		}
	}
}

// The function is killed at every moment around its calls of DynamoDB, before and
// after their effect; Twilio tries again. There is one entry, and nothing half-written.
func TestKilledAtAnyMoment(t *testing.T) {
	moments := []struct {
		operation string
		after     bool
	}{
		{"GetItem", false}, {"GetItem", true}, {"TransactWriteItems", false}, {"TransactWriteItems", true},
	}
	for n, m := range moments {
		for i, body := range []string{"Hi", "STOP"} {
			t.Run(fmt.Sprintf("%s after=%t %s", m.operation, m.after, body), func(t *testing.T) {
				phone := fmt.Sprintf("+121255503%d%d", n, i)
				var once sync.Once
				strike := func(operation string, forward func()) {
					hit := false
					if operation == m.operation {
						once.Do(func() { hit = true })
					}
					if !hit {
						forward()
						return
					}
					if m.after {
						forward()
					}
					killAll(t, "InboundSmsFunction")
				}
				var d delivered
				cloud.database.during("InboundSmsFunction", strike, func() {
					twilio(t, "/control/texts", map[string]any{"from": phone, "to": newYork, "body": body}, &d)
				})
				attempts := d.Deliveries[0].Attempts
				if len(attempts) != 2 || attempts[0].Status != http.StatusInternalServerError || attempts[1].Status != http.StatusOK {
					t.Fatalf("attempts %+v, want a 500 and a 200", attempts)
				}
				c, got := thread(t, "new-york", phone)
				if len(got) != 1 || got[0].Text != body || c.Unread != 1 {
					t.Errorf("conversation %+v with %+v, want one unread text", c, got)
				}
				if c.OptedOut != (body == "STOP") {
					t.Errorf("opted out: %t", c.OptedOut)
				}
			})
		}
	}
}

func killAll(t *testing.T, function string) {
	for _, pid := range pids(t, function) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Errorf("kill %d: %v", pid, err)
		}
	}
}

// A text that is not Twilio's has no effect, on whatever it rests.
func TestForgeries(t *testing.T) {
	const phone = "+12125550260"
	for i, change := range []func(form url.Values, header http.Header){
		func(_ url.Values, h http.Header) { h.Del("X-Twilio-Signature") },
		func(_ url.Values, h http.Header) { h.Set("X-Twilio-Signature", "") },
		func(_ url.Values, h http.Header) { h.Set("X-Twilio-Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=") },
		func(f url.Values, _ http.Header) { f.Set("Body", "changed") },
		func(f url.Values, _ http.Header) { f.Set("Added", "1") },
		func(f url.Values, _ http.Header) { f.Del("NumMedia") },
		func(f url.Values, _ http.Header) { f.Set("AccountSid", "AC00000000000000000000000000000000") },
		func(f url.Values, h http.Header) { // signed with the empty token
			f.Set("AccountSid", "")
			h.Set("X-Twilio-Signature", sim.Sign("", cloud.Info.Twilio.PublicBaseURL+"/webhooks/twilio/sms", f))
		},
		func(f url.Values, h http.Header) { // right, for another host
			h.Set("X-Twilio-Signature", sim.Sign(seed.AuthToken, "https://evil.example/webhooks/twilio/sms", f))
			h.Set("X-Forwarded-Host", "evil.example")
			h.Set("X-Forwarded-Proto", "https")
		},
	} {
		form, header := signedText(phone, i)
		change(form, header)
		a := send(t, http.MethodPost, "/webhooks/twilio/sms", "", header, form.Encode(), true)
		if a.status != http.StatusForbidden || a.body != "Forbidden" {
			t.Errorf("forgery %d: %d %s", i, a.status, a.body)
		}
	}
	if c, got, found := find(t, "new-york", phone); found {
		t.Errorf("a forgery had an effect: %+v %+v", c, got)
	}

	form, header := signedText(phone, 99)
	form.Set("ParameterOfTomorrow", "ünknown & new")
	header.Set("X-Twilio-Signature", sim.Sign(seed.AuthToken, cloud.Info.Twilio.PublicBaseURL+"/webhooks/twilio/sms", form))
	if a := send(t, http.MethodPost, "/webhooks/twilio/sms", "", header, form.Encode(), false); a.status != http.StatusOK {
		t.Errorf("a parameter that Twilio adds tomorrow: %d %s", a.status, a.body)
	}
}

// signedText is a genuine webhook.
func signedText(phone string, n int) (url.Values, http.Header) {
	form := url.Values{
		"MessageSid": {fmt.Sprintf("SM%032x", 0xf0000+n)}, "AccountSid": {seed.AccountSID},
		"From": {phone}, "To": {newYork}, "Body": {"Hi"}, "NumMedia": {"0"}, "NumSegments": {"1"},
	}
	return form, http.Header{
		"Content-Type":       {"application/x-www-form-urlencoded"},
		"X-Twilio-Signature": {sim.Sign(seed.AuthToken, cloud.Info.Twilio.PublicBaseURL+"/webhooks/twilio/sms", form)},
	}
}

// A megabyte is refused before anything looks at it.
func TestLargeBodies(t *testing.T) {
	const phone = "+12125550270"
	form, header := signedText(phone, 100)
	form.Set("Body", strings.Repeat("x", 1<<20))
	calls := cloud.database.during("InboundSmsFunction", nil, func() {
		if a := send(t, http.MethodPost, "/webhooks/twilio/sms", "", header, form.Encode(), true); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("webhook: %d %s", a.status, a.body)
		}
	})
	calls = append(calls, cloud.database.during("ConversationsFunction", nil, func() {
		json := http.Header{"Content-Type": {"application/json"}}
		a := send(t, http.MethodGet, "/v1/stores/berlin/conversations", cloud.Info.Tokens.Associate, json, strings.Repeat("x", 1<<20), true)
		a.refused(t, http.StatusRequestEntityTooLarge, "body_too_large")
	})...)
	if len(calls) > 0 {
		t.Errorf("a refused body led to %v", calls)
	}
}

// Nothing a customer wrote and no number stands in a log.
func TestLogsKeepQuiet(t *testing.T) {
	const phone, words = "+12125550281", "canary-in-a-text"
	twilio(t, "/control/texts", map[string]any{"from": phone, "to": newYork, "body": words}, new(delivered))
	thread(t, "new-york", phone)
	for _, secret := range []string{phone, words, seed.AuthToken, seed.PhoneKey, cloud.Info.Tokens.Associate} {
		if line, found := cloud.log.contains(secret); found {
			t.Errorf("a log line holds %q: %s", secret, line)
		}
	}
}
