package twilio_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/twilio"
)

// atTwilio is the path of a medium.
var atTwilio = account + "/Messages/" + sid("MM", 1) + "/Media/" + sid("ME", 2)

// The simulator leads to a URL that asks for no credentials.
func TestMedium(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	var got struct {
		MessageSID string
		Params     map[string]string
	}
	w.control("POST", "/control/texts", map[string]any{"from": hers, "to": ourNumber, "media": []any{map[string]string{"contentType": "image/png"}}}, &got)
	c := w.client()
	m, err := c.Medium(t.Context(), seed.AccountSID, got.Params["MediaUrl0"])
	if err != nil || m.Location == "" || m.ContentType != "" || m.Data != nil {
		t.Fatalf("%+v, %v", m, err)
	}
	resp, err := http.Get(m.Location)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if data, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 || http.DetectContentType(data) != "image/png" {
		t.Errorf("%d, %d bytes, %v", resp.StatusCode, len(data), err)
	}
	for left := true; left; {
		if left, err = c.EraseBetween(t.Context(), seed.AccountSID, ourNumber, hers, w.now, 100); err != nil {
			t.Fatal(err)
		}
	}
	var failed *twilio.Error
	if _, err := c.Medium(t.Context(), seed.AccountSID, got.Params["MediaUrl0"]); !errors.As(err, &failed) || failed.Code != twilio.CodeNotFound {
		t.Errorf("a medium that is erased: %v", err)
	}
}

// What Twilio may say, and what is made of it.
func TestMediumAnswers(t *testing.T) {
	t.Parallel()
	picture := bytes.Repeat([]byte{0x89, 'P', 'N', 'G'}, twilio.MostMedium/4)
	type said struct {
		status      int
		location    string
		contentType string
		body        []byte
	}
	for name, test := range map[string]struct {
		said    said
		want    twilio.Medium
		outcome twilio.Outcome // of an error
		code    int
		wrong   bool
	}{
		"a location":            {said: said{status: 307, location: "https://mms.twiliocdn.com/AC1/abc?Expires=1&Signature=x~_"}, want: twilio.Medium{Location: "https://mms.twiliocdn.com/AC1/abc?Expires=1&Signature=x~_"}},
		"found":                 {said: said{status: 302, location: "https://mms.twiliocdn.com/a"}, want: twilio.Medium{Location: "https://mms.twiliocdn.com/a"}},
		"the medium itself":     {said: said{status: 200, contentType: "image/png", body: picture}, want: twilio.Medium{ContentType: "image/png", Data: picture}},
		"one byte too many":     {said: said{status: 200, contentType: "image/png", body: append(bytes.Clone(picture), 1)}, outcome: twilio.Refused, wrong: true},
		"gone":                  {said: said{status: 404, contentType: "application/xml", body: []byte("<TwilioResponse/>")}, outcome: twilio.Refused, code: twilio.CodeNotFound, wrong: true},
		"a token that is wrong": {said: said{status: 401}, outcome: twilio.Later, wrong: true},
		"forbidden":             {said: said{status: 403}, outcome: twilio.Refused, wrong: true},
		"too many":              {said: said{status: 429}, outcome: twilio.Later, code: 20429, wrong: true},
		"an error":              {said: said{status: 503}, outcome: twilio.Unknown, wrong: true},
		"nowhere":               {said: said{status: 307}, outcome: twilio.Unknown, wrong: true},
		"no web":                {said: said{status: 307, location: "ftp://mms.twiliocdn.com/a"}, outcome: twilio.Unknown, wrong: true},
		"no content":            {said: said{status: 204}, outcome: twilio.Refused, wrong: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls++
				if user, password, _ := r.BasicAuth(); r.Method != "GET" || r.URL.RequestURI() != atTwilio || user != seed.AccountSID || password != seed.AuthToken {
					t.Errorf("%s %s by %q", r.Method, r.URL, user)
				}
				if test.said.location != "" {
					w.Header().Set("Location", test.said.location)
				}
				if test.said.contentType != "" {
					w.Header().Set("Content-Type", test.said.contentType)
				}
				w.WriteHeader(test.said.status)
				_, _ = w.Write(test.said.body)
			}))
			t.Cleanup(server.Close)
			c, err := twilio.Open(server.URL, scenario.Accounts(t))
			if err != nil {
				t.Fatal(err)
			}
			// Webhooks may name Twilio's own host, with what our origin answers for.
			for _, origin := range []string{server.URL, "https://api.twilio.com"} {
				got, err := c.Medium(t.Context(), seed.AccountSID, origin+atTwilio)
				if !reflect.DeepEqual(got, test.want) || (err != nil) != test.wrong {
					t.Errorf("%s, %d bytes, %v", got.Location, len(got.Data), err)
				}
				var failed *twilio.Error
				if test.wrong && (!errors.As(err, &failed) || failed.Outcome != test.outcome || failed.Code != test.code) {
					t.Errorf("%v, want outcome %d, code %d", err, test.outcome, test.code)
				}
			}
			if calls != 2 {
				t.Errorf("asked %d times", calls)
			}
		})
	}
}

// Our token goes to Twilio only, and only for the account's media.
func TestMediumRefusedUnasked(t *testing.T) {
	t.Parallel()
	c, calls := answers(t, answer{200, "picture"})
	other, foreign := sid("AC", 7), strings.Replace(atTwilio, seed.AccountSID, sid("AC", 7), 1)
	for _, wrong := range []string{
		"", "://", atTwilio, "https://example.com" + atTwilio, "http://api.twilio.com" + atTwilio, "https://api.twilio.com.example.com" + atTwilio,
		"https://api.twilio.com@example.com" + atTwilio, "https://user:pw@api.twilio.com" + atTwilio, "https://api.twilio.com:8443" + atTwilio,
		"https://api.twilio.com" + foreign, "https://api.twilio.com" + account + "/Messages/" + sid("MM", 1) + ".json",
		"https://api.twilio.com" + atTwilio + ".json", "https://api.twilio.com" + atTwilio + "/..", "https://api.twilio.com" + account + "/Messages/../../" + other + "/Media/" + sid("ME", 2),
		"https://api.twilio.com" + account + "/Messages/%2e%2e/Media/" + sid("ME", 2), "https://api.twilio.com" + account + "/Messages/" + sid("MM", 1) + "/Media/",
		"https://api.twilio.com" + account + "/Messages//Media/" + sid("ME", 2),
	} {
		var failed *twilio.Error
		if _, err := c.Medium(t.Context(), seed.AccountSID, wrong); !errors.As(err, &failed) || failed.Outcome != twilio.Refused {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	var failed *twilio.Error
	if _, err := c.Medium(t.Context(), other, "https://api.twilio.com"+foreign); !errors.As(err, &failed) || failed.Outcome != twilio.Later {
		t.Errorf("an account without a token: %v", err)
	}
	if n := len(calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestMediumLost(t *testing.T) {
	t.Parallel()
	c, _ := answers(t, answer{})
	var failed *twilio.Error
	if _, err := c.Medium(t.Context(), seed.AccountSID, "https://api.twilio.com"+atTwilio); !errors.As(err, &failed) || failed.Outcome != twilio.Unknown {
		t.Errorf("%v", err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	slow, err := twilio.Open(server.URL, scenario.Accounts(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := slow.Medium(ctx, seed.AccountSID, server.URL+atTwilio); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	server.Close()
	if _, err := slow.Medium(t.Context(), seed.AccountSID, server.URL+atTwilio); !errors.As(err, &failed) || failed.Outcome != twilio.Later {
		t.Errorf("nobody there: %v", err)
	}
}
