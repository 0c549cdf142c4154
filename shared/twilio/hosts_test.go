package twilio

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
)

type oneToken struct{}

func (oneToken) AuthTokens(context.Context, string) ([]string, error) { return []string{"token"}, nil }

// hosts remembers where calls go, and lets none through.
type hosts []string

func (h *hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	*h = append(*h, r.URL.Scheme+"://"+r.URL.Host)
	return nil, errors.New("no network in tests")
}

// Each product has a host at Twilio; anything else answers for all of them. The
// environment does not change that.
func TestHosts(t *testing.T) {
	t.Setenv("TWILIO_EDGE", "dublin")
	t.Setenv("TWILIO_REGION", "ie1")
	const sid = "0123456789abcdef0123456789abcdef"
	ctx, account := t.Context(), "AC"+sid
	calls := []struct {
		host string
		call func(*Client)
	}{
		{twilioAPI, func(c *Client) { _, _ = c.Text(ctx, account, "SM"+sid) }},
		{twilioAPI, func(c *Client) { _, _, _ = c.OwnedNumbers(ctx, account, "") }},
		{twilioAPI, func(c *Client) {
			_, _, _ = c.OwnedNumbers(ctx, account, "/2010-04-01/Accounts/"+account+"/IncomingPhoneNumbers.json?Page=1")
		}},
		{twilioAPI, func(c *Client) { _, _, _ = c.FindAddress(ctx, account, "name") }},
		{twilioNumbers, func(c *Client) { _, _ = c.Bundle(ctx, account, "BU"+sid) }},
		{twilioNumbers, func(c *Client) { _, _, _ = c.FindBundle(ctx, account, "name") }},
		{twilioTrustHub, func(c *Client) { _, _ = c.Profile(ctx, account, "BU"+sid) }},
		{twilioTrustHub, func(c *Client) { _, _, _ = c.Policy(ctx, account, PolicyA2P) }},
		{twilioMessaging, func(c *Client) { _, _ = c.Brand(ctx, account, "BN"+sid) }},
		{twilioMessaging, func(c *Client) { _, _, _ = c.FindService(ctx, account, "name") }},
		{twilioUploads, func(c *Client) {
			_, _ = c.UploadDocument(ctx, account, DocumentUpload{
				FriendlyName: "name", Type: "passport", FileName: "a.pdf", ContentType: "application/pdf", Body: strings.NewReader("%PDF"), Size: 4,
			})
		}},
	}
	for _, origin := range []string{"https://api.twilio.com", "https://api.twilio.com/", "http://127.0.0.1:7080", "http://api.twilio.com"} {
		c, err := Open(origin, oneToken{})
		if err != nil {
			t.Fatal(err)
		}
		for i, tt := range calls {
			var went hosts
			c.http = &went
			tt.call(c)
			want := origin
			if strings.HasPrefix(origin, twilioAPI) {
				want = tt.host
			}
			if len(went) != 1 || went[0] != want {
				t.Errorf("at %s, call %d went to %q, want %s", origin, i, went, want)
			}
		}
	}
}

func TestIsSID(t *testing.T) {
	t.Parallel()
	for sid, want := range map[string]bool{
		"BU0123456789abcdefABCDEF0123456789":  true,
		"BU0123456789abcdefABCDEF012345678":   false,
		"BU0123456789abcdefABCDEF01234567890": false,
		"BU0123456789abcdefABCDEF01234567/9":  false,
		"BU0123456789abcdefABCDEF012345678ü":  false,
		"BU0123456789/bcdefABCDEF0123456789":  false,
		"AD0123456789abcdefABCDEF0123456789":  false,
		"BU":                                  false,
		"":                                    false,
	} {
		if got := isSID(sid, "BU"); got != want {
			t.Errorf("%q: %v", sid, got)
		}
	}
}
