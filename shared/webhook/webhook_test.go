package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/webhook"
)

const (
	origin   = "https://texts.example.com"
	smsPath  = "/webhooks/twilio/sms"
	smsRoute = "POST " + smsPath

	ours     = "AC0123456789abcdef0123456789abcdef"
	current  = "current-token"
	previous = "previous-token"

	another      = "ACfedcba9876543210fedcba9876543210"
	anotherToken = "another-token"
	careless     = "ACeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
)

// accounts are the tokens of ours by account SID.
type accounts map[string][]string

func (a accounts) AuthTokens(_ context.Context, sid string) ([]string, error) { return a[sid], nil }

func known() accounts {
	return accounts{ours: {current, previous}, another: {anotherToken}, careless: {""}}
}

// sign is Twilio's recipe, written once more and as plainly as can be.
func sign(token, url string, form url.Values) string {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range slices.Compact(slices.Sorted(slices.Values(form[name]))) {
			url += name + value
		}
	}
	mac := hmac.New(sha1.New, []byte(token))
	_, _ = io.WriteString(mac, url)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// post is a form as API Gateway hands it on, base64 and lower-case headers.
func post(form, signature string) webhook.Request {
	return webhook.Request{
		RouteKey:        smsRoute,
		Headers:         map[string]string{"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature},
		Body:            base64.StdEncoding.EncodeToString([]byte(form)),
		IsBase64Encoded: true,
	}
}

// text is an honest text, signed with the current token.
func text() webhook.Request {
	form := url.Values{"AccountSid": {ours}, "MessageSid": {"SM1"}, "From": {"+12125550123"}, "To": {"+12125550100"}, "Body": {"Is the coat there? 🧥"}}
	return post(form.Encode(), sign(current, origin+smsPath, form))
}

// edge is a function with one route, what its handler was given, and its log.
type edge struct {
	given []webhook.Params
	log   bytes.Buffer
	serve func(context.Context, webhook.Request) (webhook.Response, error)
}

func serve(tokens webhook.AuthTokens, handle webhook.Handler) *edge {
	e := &edge{}
	e.serve = webhook.Serve(webhook.NewVerifier(origin, tokens), slog.New(slog.NewTextHandler(&e.log, nil)), webhook.Routes{
		smsRoute: func(ctx context.Context, p webhook.Params) (webhook.TwiML, error) {
			e.given = append(e.given, p)
			return handle(ctx, p)
		},
	})
	return e
}

func nothing(context.Context, webhook.Params) (webhook.TwiML, error) { return webhook.Nothing, nil }

func (e *edge) ask(t *testing.T, r webhook.Request) webhook.Response {
	t.Helper()
	answer, err := e.serve(t.Context(), r)
	if err != nil {
		t.Fatalf("the edge answers errors itself, but returned %v", err)
	}
	return answer
}

// wantRefusal asks for an answer of that status that tells nobody why.
func wantRefusal(t *testing.T, got webhook.Response, status int) {
	t.Helper()
	if got.StatusCode != status || got.Body != http.StatusText(status) {
		t.Errorf("got %d %q, want %d and its name", got.StatusCode, got.Body, status)
	}
	if want := map[string]string{"content-type": "text/plain; charset=utf-8"}; !maps.Equal(got.Headers, want) {
		t.Errorf("headers %v, want %v", got.Headers, want)
	}
}

func TestServe(t *testing.T) {
	plain := text()
	raw, _ := base64.StdEncoding.DecodeString(plain.Body)
	plain.Body, plain.IsBase64Encoded = string(raw), false
	for name, r := range map[string]webhook.Request{"base64": text(), "plain": plain} {
		t.Run(name, func(t *testing.T) {
			e := serve(known(), func(context.Context, webhook.Params) (webhook.TwiML, error) {
				return webhook.Message("Yes & no"), nil
			})
			got := e.ask(t, r)
			if got.StatusCode != 200 || got.Headers["content-type"] != "text/xml; charset=utf-8" ||
				got.IsBase64Encoded || got.Body != string(webhook.Message("Yes & no")) {
				t.Errorf("got %+v", got)
			}
			if len(e.given) != 1 || e.given[0].Get("Body") != "Is the coat there? 🧥" {
				t.Errorf("the handler was given %v", e.given)
			}
			if e.log.Len() > 0 {
				t.Errorf("logged %s", &e.log)
			}
		})
	}
}

func TestServeAtOnce(t *testing.T) {
	handler := webhook.Serve(webhook.NewVerifier(origin, known()), slog.New(slog.DiscardHandler), webhook.Routes{smsRoute: nothing})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if got, err := handler(t.Context(), text()); err != nil || got.StatusCode != 200 {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	wg.Wait()
}

func TestBody(t *testing.T) {
	const limit = 64 << 10
	for name, test := range map[string]struct {
		body   string
		plain  bool
		status int
	}{
		"empty base64":             {"", false, 403},
		"empty plain":              {"", true, 403},
		"not base64":               {"MessageSid=SM1", false, 400},
		"base64 without its end":   {"TWVzc2FnZVNpZD1T=", false, 400},
		"base64 of URLs":           {"-_-_", false, 400},
		"as large as may be":       {large(limit), false, 200},
		"plain as large as may be": {large(limit), true, 200},
		"a byte too large":         {large(limit + 1), false, 413},
		"two bytes too large":      {large(limit + 2), false, 413},
		"plain a byte too large":   {large(limit + 1), true, 413},
		"a megabyte":               {large(1 << 20), false, 413},
		"a megabyte, no base64":    {strings.Repeat("%", 1<<20), false, 413},
		"more pairs than are read": {strings.Repeat("a&", limit/2), true, 403},
	} {
		t.Run(name, func(t *testing.T) {
			e := serve(known(), nothing)
			r := text()
			r.Body, r.IsBase64Encoded = test.body, !test.plain
			if form, err := url.ParseQuery(test.body); err == nil && form.Has("AccountSid") {
				r.Headers["x-twilio-signature"] = sign(current, origin+smsPath, form)
				if !test.plain {
					r.Body = base64.StdEncoding.EncodeToString([]byte(test.body))
				}
			}
			got := e.ask(t, r)
			if test.status == 200 {
				if got.StatusCode != 200 || len(e.given) != 1 {
					t.Errorf("got %d, handled %d times", got.StatusCode, len(e.given))
				}
				return
			}
			wantRefusal(t, got, test.status)
			if len(e.given) > 0 {
				t.Error("the handler was asked")
			}
		})
	}
}

// large is a form of our account of that many bytes.
func large(bytes int) string {
	form := "AccountSid=" + ours + "&Body="
	return form + strings.Repeat("x", bytes-len(form))
}

func TestErrorsOfHandlers(t *testing.T) {
	secret := errors.New("table: +12125550123 wrote: Is the coat there?")
	kind := func(k clienteling.Kind) error { return clienteling.E(k, "code", "Detail.").Because(secret) }
	for name, test := range map[string]struct {
		err    error
		status int
	}{
		"unknown":         {secret, 500},
		"timeout":         {context.DeadlineExceeded, 500},
		"internal":        {kind(clienteling.Internal), 500},
		"not found":       {kind(clienteling.NotFound), 500},
		"conflict":        {kind(clienteling.Conflict), 500},
		"unavailable":     {kind(clienteling.Unavailable), 503},
		"invalid":         {kind(clienteling.Invalid), 400},
		"unprocessable":   {kind(clienteling.Unprocessable), 400},
		"forbidden":       {kind(clienteling.Forbidden), 403},
		"unauthenticated": {kind(clienteling.Unauthenticated), 403},
		"too large":       {kind(clienteling.TooLarge), 413},
		"foreign account": {webhook.OfAccount(another, clienteling.Number{AccountSID: ours}), 403},
	} {
		t.Run(name, func(t *testing.T) {
			e := serve(known(), func(context.Context, webhook.Params) (webhook.TwiML, error) { return webhook.Nothing, test.err })
			wantRefusal(t, e.ask(t, text()), test.status)
			level := "level=WARN"
			if test.status >= 500 {
				level = "level=ERROR"
			}
			if !strings.Contains(e.log.String(), level) {
				t.Errorf("want %s in %s", level, &e.log)
			}
		})
	}
}

func TestOfAccount(t *testing.T) {
	if err := webhook.OfAccount(ours, clienteling.Number{AccountSID: ours}); err != nil {
		t.Error(err)
	}
}

func TestPanicOfHandler(t *testing.T) {
	first := true
	e := serve(known(), func(context.Context, webhook.Params) (webhook.TwiML, error) {
		if first {
			first = false
			panic("a bug")
		}
		return webhook.Nothing, nil
	})
	wantRefusal(t, e.ask(t, text()), 500)
	if log := e.log.String(); !strings.Contains(log, "a bug") || !strings.Contains(log, "webhook_test.go") {
		t.Errorf("the log does not say where: %s", log)
	}
	if got := e.ask(t, text()); got.StatusCode != 200 {
		t.Errorf("the next text got %d", got.StatusCode)
	}
}

func TestUnknownRoute(t *testing.T) {
	e := serve(known(), nothing)
	r := text()
	r.RouteKey = "POST /webhooks/twilio/other"
	wantRefusal(t, e.ask(t, r), 404)
}

func TestDeadline(t *testing.T) {
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	e := serve(known(), func(ctx context.Context, _ webhook.Params) (webhook.TwiML, error) {
		if got, ok := ctx.Deadline(); !ok || !got.Equal(deadline.Add(-500*time.Millisecond)) {
			t.Errorf("the handler may take until %v, the function until %v", got, deadline)
		}
		return webhook.Nothing, nil
	})
	if got, err := e.serve(ctx, text()); err != nil || got.StatusCode != 200 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// BenchmarkServe is the edge's part of an inbound text.
func BenchmarkServe(b *testing.B) {
	form := url.Values{}
	for _, name := range strings.Fields("ToCountry ToState SmsMessageSid NumMedia ToCity FromZip SmsSid FromState SmsStatus FromCity FromCountry MessageSid ToZip NumSegments ApiVersion") {
		form.Set(name, "value of "+name)
	}
	form.Set("AccountSid", ours)
	form.Set("From", "+12125550123")
	form.Set("To", "+12125550100")
	form.Set("Body", strings.Repeat("Is the coat there? ", 8))
	r := post(form.Encode(), sign(current, origin+smsPath, form))
	handler := webhook.Serve(webhook.NewVerifier(origin, known()), slog.New(slog.DiscardHandler), webhook.Routes{
		smsRoute: func(_ context.Context, p webhook.Params) (webhook.TwiML, error) {
			_, err := p.Text()
			return webhook.Nothing, err
		},
	})
	b.ReportAllocs()
	for b.Loop() {
		if got, _ := handler(b.Context(), r); got.StatusCode != 200 {
			b.Fatal(got)
		}
	}
}
