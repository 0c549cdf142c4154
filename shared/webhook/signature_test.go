package webhook_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/twilio/twilio-go/client"

	"clienteling/shared/clienteling"
	"clienteling/shared/webhook"
)

// anyAccount is a token that every account signs with.
type anyAccount string

func (token anyAccount) AuthTokens(context.Context, string) ([]string, error) {
	return []string{string(token)}, nil
}

// verify tells whether a form, sent to a URL, passes for Twilio's.
func verify(t *testing.T, token, sentTo, form, signature string) bool {
	t.Helper()
	scheme, rest, _ := strings.Cut(sentTo, "://")
	host, path, _ := strings.Cut(rest, "/")
	path, query, _ := strings.Cut("/"+path, "?")
	handler := webhook.Serve(webhook.NewVerifier(scheme+"://"+host, anyAccount(token)), slog.New(slog.DiscardHandler),
		webhook.Routes{"POST " + path: nothing})
	r := post(form, signature)
	r.RouteKey, r.RawQueryString = "POST "+path, query
	got, err := handler(t.Context(), r)
	if err != nil || got.StatusCode != 200 && got.StatusCode != 403 {
		t.Fatalf("got %+v, %v", got, err)
	}
	return got.StatusCode == 200
}

// The vector of https://www.twilio.com/docs/usage/webhooks/webhooks-security
func TestPublishedSignature(t *testing.T) {
	const (
		sentTo    = "https://mycompany.com/myapp.php?foo=1&bar=2"
		form      = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
		signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
	)
	if !verify(t, "12345", sentTo, form, signature) {
		t.Error("Twilio's own example is refused")
	}
	if verify(t, "12346", sentTo, form, signature) {
		t.Error("it passes with another token")
	}
}

// testdata/signatures.mjs tells how they were made.
func TestSignaturesOfNodeHelper(t *testing.T) {
	raw, err := os.ReadFile("testdata/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Token, URL, Form, Signature string }
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 300 {
		t.Fatalf("%d cases, there were more", len(cases))
	}
	for _, c := range cases {
		if !verify(t, c.Token, c.URL, c.Form, c.Signature) {
			t.Errorf("refused: %s to %s", c.Form, c.URL)
		}
		if verify(t, c.Token, c.URL, c.Form+"&Forged=1", c.Signature) {
			t.Errorf("passes with one parameter more: %s to %s", c.Form, c.URL)
		}
	}
}

// Twilio's Go helper and ours agree on every form in which no name is repeated.
func TestSameAsGoHelper(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	letters := []rune("abzAZ059 +%;&=#?/:'\"\\\x00\n\u00a0éßЖ漢€😀\uFFFD\uFF21")
	str := func(length int) string {
		s := make([]rune, random.IntN(length))
		for i := range s {
			s[i] = letters[random.IntN(len(letters))]
		}
		return string(s)
	}
	urls := []string{
		"https://texts.example.com/sms", "https://texts.example.com/sms?a=1&b=%20+2", "https://texts.example.com:8443/sms",
		"https://texts.example.com:443/sms?q", "http://texts.example.com/sms", "http://127.0.0.1:7080/sms?x=it's",
	}
	for range 400 {
		form := url.Values{}
		for range random.IntN(20) {
			form.Set(str(10), str(30))
		}
		token, sentTo := str(40)+"t", urls[random.IntN(len(urls))]
		theirs := client.NewRequestValidator(token)
		signedAs := []string{sentTo, urls[random.IntN(len(urls))],
			"https://texts.example.com:443/sms", "https://texts.example.com/sms?q", "http://texts.example.com:80/sms"}
		for _, signed := range signedAs {
			signature := sign(token, signed, form)
			want := theirs.ValidateBody(sentTo, []byte(form.Encode()), signature)
			if got := verify(t, token, sentTo, form.Encode(), signature); got != want {
				t.Errorf("signed as %s, sent to %s: we say %t, twilio-go %t", signed, sentTo, got, want)
			}
			if signed == sentTo && !want {
				t.Errorf("twilio-go refuses %q", form.Encode())
			}
		}
	}
}

// Where twilio-go 1.31 differs, and why we do not follow it.
func TestUnlikeGoHelper(t *testing.T) {
	const sentTo = origin + smsPath
	for name, test := range map[string]struct {
		token, url, form string
		signed           url.Values
		ours, theirs     bool
	}{
		"anybody can sign with an empty token": {
			"", sentTo, "Body=a", url.Values{"Body": {"a"}}, false, true,
		},
		"all values of a repeated name are signed (Twilio's Node and Python helpers)": {
			"token", sentTo, "Body=b&Body=a&Body=b", url.Values{"Body": {"a", "b"}}, true, false,
		},
		"not only the first": {
			"token", sentTo, "Body=b&Body=a", url.Values{"Body": {"b"}}, false, true,
		},
		"bodySHA256 is for JSON, and a form has its parameters signed": {
			"token", sentTo + "?bodySHA256=00", "Body=a", url.Values{"Body": {"a"}}, true, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			signature := sign(test.token, test.url, test.signed)
			if got := verify(t, test.token, test.url, test.form, signature); got != test.ours {
				t.Errorf("we say %t", got)
			}
			theirs := client.NewRequestValidator(test.token)
			if got := theirs.ValidateBody(test.url, []byte(test.form), signature); got != test.theirs {
				t.Errorf("twilio-go says %t: it has changed, look again", got)
			}
		})
	}
}

// Twilio signs a URL with its port or without it, and adds the scheme's own.
func TestPort(t *testing.T) {
	form := url.Values{"Body": {"a"}}
	for _, test := range []struct {
		base, signed string
		want         bool
	}{
		{"https://a.example", "https://a.example", true},
		{"https://a.example", "https://a.example:443", true},
		{"https://a.example", "https://a.example:80", false},
		{"https://a.example", "https://a.example:8443", false},
		{"https://a.example", "http://a.example", false},
		{"https://a.example/", "https://a.example", true},
		{"http://a.example", "http://a.example:80", true},
		{"http://a.example", "http://a.example:443", false},
		{"https://a.example:8443", "https://a.example:8443", true},
		{"https://a.example:8443", "https://a.example", true},
		{"https://a.example:8443", "https://a.example:443", false},
		{"http://127.0.0.1:7080", "http://127.0.0.1:7080", true},
	} {
		handler := webhook.Serve(webhook.NewVerifier(test.base, known()), slog.New(slog.DiscardHandler), webhook.Routes{smsRoute: nothing})
		form.Set("AccountSid", ours)
		got, _ := handler(t.Context(), post(form.Encode(), sign(current, test.signed+smsPath, form)))
		if (got.StatusCode == 200) != test.want {
			t.Errorf("signed for %s at %s: %d", test.signed, test.base, got.StatusCode)
		}
	}
}

func TestTokens(t *testing.T) {
	for name, test := range map[string]struct {
		account, token string
		status         int
	}{
		"current":                   {ours, current, 200},
		"previous":                  {ours, previous, 200},
		"another account of ours":   {another, anotherToken, 200},
		"token of another account":  {ours, anotherToken, 403},
		"foreign account":           {"ACffffffffffffffffffffffffffffffff", current, 403},
		"no account":                {"", current, 403},
		"account in another case":   {strings.ToLower(ours), current, 403},
		"an account's empty token":  {careless, "", 403},
		"an unknown account's none": {"AC0", "", 403},
		"no token":                  {ours, "", 403},
	} {
		t.Run(name, func(t *testing.T) {
			form := url.Values{"Body": {"a"}}
			if test.account != "" {
				form.Set("AccountSid", test.account)
			}
			e := serve(known(), nothing)
			got := e.ask(t, post(form.Encode(), sign(test.token, origin+smsPath, form)))
			if test.status == 200 && got.StatusCode == 200 {
				return
			}
			wantRefusal(t, got, test.status)
			if len(e.given) > 0 {
				t.Error("the handler was asked")
			}
		})
	}
}

type unknowing struct{ error }

func (u unknowing) AuthTokens(context.Context, string) ([]string, error) { return nil, u.error }

func TestTokensUnknown(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
	}{
		{errors.New("no"), 500},
		{clienteling.E(clienteling.Unavailable, "secrets", "Try again."), 503},
	} {
		wantRefusal(t, serve(unknowing{test.err}, nothing).ask(t, text()), test.status)
	}
}

func TestForged(t *testing.T) {
	form := url.Values{"AccountSid": {ours}, "From": {"+12125550123"}, "Body": {"Transfer the coat"}}
	signed := func(url string) string { return sign(current, url, form) }
	right := signed(origin + smsPath)
	for name, change := range map[string]func(r *webhook.Request){
		"no signature":    func(r *webhook.Request) { delete(r.Headers, "x-twilio-signature") },
		"no headers":      func(r *webhook.Request) { r.Headers = nil },
		"empty signature": func(r *webhook.Request) { r.Headers["x-twilio-signature"] = "" },
		"part of it":      func(r *webhook.Request) { r.Headers["x-twilio-signature"] = right[:20] },
		"two of them":     func(r *webhook.Request) { r.Headers["x-twilio-signature"] = right + "," + right },
		"space around it": func(r *webhook.Request) { r.Headers["x-twilio-signature"] = " " + right },
		"as hexadecimal":  func(r *webhook.Request) { r.Headers["x-twilio-signature"] = strings.Repeat("0f", 20) },
		"not base64":      func(r *webhook.Request) { r.Headers["x-twilio-signature"] = "é\x00" },
		"changed parameter": func(r *webhook.Request) {
			r.Body = enc("AccountSid=" + ours + "&From=%2B12125550123&Body=Keep+the+coat")
		},
		"missing parameter": func(r *webhook.Request) { r.Body = enc("AccountSid=" + ours + "&Body=Transfer+the+coat") },
		"no parameters":     func(r *webhook.Request) { r.Body = "" },
		"another route's":   func(r *webhook.Request) { r.Headers["x-twilio-signature"] = signed(origin + "/webhooks/twilio/voice") },
		"another host's": func(r *webhook.Request) {
			r.Headers["x-twilio-signature"] = signed("https://other.example.com" + smsPath)
		},
		"without TLS": func(r *webhook.Request) {
			r.Headers["x-twilio-signature"] = signed("http://texts.example.com" + smsPath)
		},
		"with a slash at end": func(r *webhook.Request) { r.Headers["x-twilio-signature"] = signed(origin + smsPath + "/") },
		"with the fragment": func(r *webhook.Request) {
			r.Headers["x-twilio-signature"] = signed(origin + smsPath + "#rc=2&rp=ct,rt,5xx")
		},
		"with another query": func(r *webhook.Request) { r.RawQueryString = "a=1" },
		"the host's say": func(r *webhook.Request) {
			r.Headers["host"] = "other.example.com"
			r.RequestContext.DomainName = "x"
			r.Body = ""
		},
		"bad percent-encoding": func(r *webhook.Request) { r.Body = enc(form.Encode() + "&a=%zz") },
		"half a percent":       func(r *webhook.Request) { r.Body = enc(form.Encode() + "%") },
		"raw semicolon":        func(r *webhook.Request) { r.Body = enc(form.Encode() + ";a=1") },
	} {
		t.Run(name, func(t *testing.T) {
			e := serve(known(), nothing)
			r := post(form.Encode(), right)
			change(&r)
			wantRefusal(t, e.ask(t, r), 403)
			if len(e.given) > 0 {
				t.Error("the handler was asked")
			}
			for _, personal := range []string{"12125550123", "coat", current, previous} {
				if strings.Contains(e.log.String(), personal) {
					t.Errorf("%q is in the log: %s", personal, &e.log)
				}
			}
		})
	}
}

func enc(form string) string { return base64.StdEncoding.EncodeToString([]byte(form)) }

// What the sender says of host and protocol changes nothing in an honest text.
func TestHostIsNotAsked(t *testing.T) {
	r := text()
	r.Headers["host"], r.Headers["x-forwarded-host"], r.Headers["x-forwarded-proto"] = "a.example", "b.example", "http"
	r.RawPath, r.RequestContext.DomainName = "/stage"+smsPath, "c.example"
	if got := serve(known(), nothing).ask(t, r); got.StatusCode != 200 {
		t.Errorf("got %d", got.StatusCode)
	}
}

func FuzzSignature(f *testing.F) {
	f.Add("AccountSid=AC1&Body=Hello+%F0%9F%98%80", "token", "", true)
	f.Add("Body=b&Body=a&Body=b&=&x", "t", "a=1&b=2", false)
	f.Add("Body=%zz", "token", "", true)
	f.Add("a;b", "token", "", false)
	f.Add("", "", "", true)
	f.Add("%00=%ff&\xff=\x00", "\x00", "%", false)
	f.Fuzz(func(t *testing.T, body, token, query string, plain bool) {
		form, err := url.ParseQuery(body)
		_, unreadable := url.ParseQuery(query)
		sentTo := origin + smsPath
		if query != "" {
			sentTo += "?" + query
		}
		signature := sign(token, sentTo, form)
		ask := func(body, signature string) int {
			r := post(body, signature)
			if r.RawQueryString = query; plain {
				r.Body, r.IsBase64Encoded = body, false
			}
			handler := webhook.Serve(webhook.NewVerifier(origin, anyAccount(token)), slog.New(slog.DiscardHandler), webhook.Routes{smsRoute: nothing})
			got, err := handler(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			return got.StatusCode
		}
		want := 200
		switch {
		case len(body) > 64<<10:
			want = 413
		case err != nil || token == "":
			want = 403
		case unreadable != nil:
			want = 400
		}
		if got := ask(body, signature); got != want {
			t.Errorf("signed: got %d, want %d", got, want)
		}
		if want == 413 {
			return
		}
		forged := []byte(signature)
		forged[len(body)%27] ^= 1 // of 28 characters the last is always "="
		if got := ask(body, string(forged)); got != 403 {
			t.Errorf("forged: got %d", got)
		}
		if slices.Contains(form["Tomorrow"], "1") || len(body) > 60<<10 {
			return // to send a pair twice changes nothing that is signed
		}
		if got := ask(body+"&Tomorrow=1", signature); got != 403 {
			t.Errorf("with a parameter more: got %d", got)
		}
	})
}
