package setup

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clienteling/infra/local/secrets"
)

const accountsID = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:twilio-AbCdEf"

// manager is the local Secrets Manager behind a check of every request's signature.
type manager struct {
	*secrets.Store
	url      string
	requests atomic.Int32
	down     atomic.Bool
}

func serveSecrets(t *testing.T, values map[string]string) *manager {
	t.Helper()
	m := &manager{Store: secrets.New(values)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.requests.Add(1)
		if m.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body, _ := io.ReadAll(r.Body)
		if want := signature(r, body, "secret"); !strings.HasSuffix(r.Header.Get("Authorization"), "Signature="+want) {
			t.Errorf("Authorization %q, want signature %s", r.Header.Get("Authorization"), want)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		m.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	m.url = server.URL
	return m
}

func (m *manager) env() *Env {
	return newTestEnv(vars("AWS_ENDPOINT_URL_SECRETS_MANAGER", m.url))
}

// signature is Signature Version 4 of a request as it arrived, by the book:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func signature(r *http.Request, body []byte, secretKey string) string {
	hash := func(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }
	mac := func(key []byte, s string) []byte {
		h := hmac.New(sha256.New, key)
		_, _ = io.WriteString(h, s)
		return h.Sum(nil)
	}
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	credential, rest, _ := strings.Cut(rest, ", SignedHeaders=")
	signed, _, _ := strings.Cut(rest, ",")
	_, scope, _ := strings.Cut(credential, "/")

	canonical := r.Method + "\n/\n\n"
	for name := range strings.SplitSeq(signed, ";") {
		value := r.Header.Get(name)
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = fmt.Sprint(r.ContentLength)
		}
		canonical += name + ":" + value + "\n"
	}
	canonical += "\n" + signed + "\n" + hash(body)
	toSign := "AWS4-HMAC-SHA256\n" + r.Header.Get("X-Amz-Date") + "\n" + scope + "\n" + hash([]byte(canonical))
	key := []byte("AWS4" + secretKey)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, toSign))
}

func TestSecret(t *testing.T) {
	m := serveSecrets(t, map[string]string{"key": "k\x00 ü😀", "empty": ""})
	e := m.env()
	got, err := e.Secret(t.Context(), "key")
	if err != nil || got != "k\x00 ü😀" {
		t.Errorf("got %q, %v", got, err)
	}
	for id, want := range map[string]string{
		"other": "secret other: Secrets Manager answered 400 ResourceNotFoundException Secrets Manager can't find the specified secret.",
		"empty": "secret empty holds no string",
	} {
		if got, err := e.Secret(t.Context(), id); got != "" || err == nil || err.Error() != want {
			t.Errorf("got %q, %v, want %s", got, err, want)
		}
	}
	if n := m.requests.Load(); n != 3 {
		t.Errorf("%d requests for three secrets", n)
	}
	if got, err := e.Secret(t.Context(), ""); got != "" || err != nil || m.requests.Load() != 3 {
		t.Errorf("no id: got %q, %v", got, err)
	}
}

// What is signed: the target, and the session's token where there is one.
func TestSecretIsSigned(t *testing.T) {
	for _, test := range []struct{ session, signed string }{
		{"session", "content-length;content-type;host;x-amz-date;x-amz-security-token;x-amz-target"},
		{"", "content-length;content-type;host;x-amz-date;x-amz-target"},
	} {
		var authorization, token, date string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			authorization, token, date = r.Header.Get("Authorization"), r.Header.Get("X-Amz-Security-Token"), r.Header.Get("X-Amz-Date")
			_, _ = io.WriteString(w, `{"SecretString":"s"}`)
		}))
		defer server.Close()
		e := newTestEnv(vars("AWS_ENDPOINT_URL_SECRETS_MANAGER", server.URL, "AWS_SESSION_TOKEN", test.session))
		e.now = func() time.Time { return time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC) }
		if got, err := e.Secret(t.Context(), "key"); err != nil || got != "s" {
			t.Errorf("got %q, %v", got, err)
		}
		want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/eu-central-1/secretsmanager/aws4_request, SignedHeaders=" + test.signed + ", Signature="
		if !strings.HasPrefix(authorization, want) || token != test.session || date != "20261122T093000Z" {
			t.Errorf("got %s\nwant %s\ntoken %q, date %s", authorization, want, token, date)
		}
	}
}

func TestSecretFails(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	if _, err := newTestEnv(vars("AWS_ENDPOINT_URL_SECRETS_MANAGER", closed.URL)).Secret(t.Context(), "key"); err == nil || !strings.Contains(err.Error(), "secret key: ") {
		t.Errorf("a closed port: %v", err)
	}
	for name, test := range map[string]struct {
		status       int
		answer, want string
	}{
		"denied":      {400, `{"__type":"AccessDeniedException","Message":"no"}`, "secret key: Secrets Manager answered 400 AccessDeniedException no"},
		"not JSON":    {200, `<html>`, "secret key holds no string"},
		"binary":      {200, `{"SecretBinary":"AAEC"}`, "secret key holds no string"},
		"cut off":     {200, `{"SecretString":"se`, "secret key holds no string"},
		"a gateway's": {502, `<html>`, "secret key: Secrets Manager answered 502  "},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.answer)
			}))
			defer server.Close()
			got, err := newTestEnv(vars("AWS_ENDPOINT_URL_SECRETS_MANAGER", server.URL)).Secret(t.Context(), "key")
			if got != "" || err == nil || err.Error() != test.want {
				t.Errorf("got %q, %v, want %s", got, err, test.want)
			}
		})
	}
}

func TestTwilioAccounts(t *testing.T) {
	for name, test := range map[string]struct {
		secret string
		want   []string
		err    string
	}{
		"one token":         {`{"AC1":{"authToken":"now"}}`, []string{"now"}, ""},
		"two tokens":        {`{"AC1":{"authToken":"now","previousAuthToken":"then"}}`, []string{"now", "then"}, ""},
		"no previous token": {`{"AC1":{"authToken":"now","previousAuthToken":" "}}`, []string{"now"}, ""},
		"space around":      {`{"AC1":{"authToken":" now\n","previousAuthToken":"\tthen "}}`, []string{"now", "then"}, ""},
		"more is known":     {`{"AC1":{"authToken":"now","apiKey":{"sid":"SK1"}},"AC2":{"authToken":"other"}}`, []string{"now"}, ""},
		"empty token":       {`{"AC2":{"authToken":"other"},"AC1":{"authToken":""}}`, nil, "the Twilio secret has an empty authToken for account AC1"},
		"blank token":       {`{"AC1":{"authToken":" \n"}}`, nil, "the Twilio secret has an empty authToken for account AC1"},
		"only the previous": {`{"AC1":{"previousAuthToken":"then"}}`, nil, "the Twilio secret has an empty authToken for account AC1"},
		"null":              {`{"AC1":null}`, nil, "the Twilio secret has an empty authToken for account AC1"},
		"no account":        {`{}`, nil, `the Twilio secret names no account; it looks like {"AC...": {"authToken": "..."}}`},
		"a null":            {`null`, nil, `the Twilio secret names no account; it looks like {"AC...": {"authToken": "..."}}`},
		"not JSON":          {`hunter2`, nil, `the Twilio secret is not a JSON object {"AC...": {"authToken": "..."}}`},
		"a bare token":      {`{"AC1":"hunter2"}`, nil, `the Twilio secret is not a JSON object {"AC...": {"authToken": "..."}}`},
		"one account's":     {`{"authToken":"hunter2"}`, nil, `the Twilio secret is not a JSON object {"AC...": {"authToken": "..."}}`},
		"a list":            {`["hunter2"]`, nil, `the Twilio secret is not a JSON object {"AC...": {"authToken": "..."}}`},
		"unknown secret":    {"", nil, "secret " + accountsID + " holds no string"},
	} {
		t.Run(name, func(t *testing.T) {
			m := serveSecrets(t, map[string]string{accountsID: test.secret})
			a, err := m.env().TwilioAccounts(t.Context(), accountsID)
			if test.err != "" {
				if err == nil || err.Error() != test.err || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("got %v, want %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantTokens(t, a, "AC1", test.want...)
			wantTokens(t, a, "AC9")
			wantTokens(t, a, "")
		})
	}
}

func wantTokens(t *testing.T, a *TwilioAccounts, sid string, want ...string) {
	t.Helper()
	if got, err := a.AuthTokens(t.Context(), sid); err != nil || !slices.Equal(got, want) {
		t.Errorf("%s has %q, %v, want %q", sid, got, err, want)
	}
}

// watched are accounts with a clock to turn, and what they log.
func watched(t *testing.T, m *manager) (a *TwilioAccounts, clock *time.Time, log *bytes.Buffer) {
	t.Helper()
	now := time.Now()
	log = &bytes.Buffer{}
	e := m.env()
	e.now = func() time.Time { return now }
	e.log = slog.New(slog.NewTextHandler(log, nil))
	a, err := e.TwilioAccounts(t.Context(), accountsID)
	if err != nil {
		t.Fatal(err)
	}
	return a, &now, log
}

func TestRotation(t *testing.T) {
	m := serveSecrets(t, map[string]string{accountsID: `{"AC1":{"authToken":"one"}}`})
	a, clock, log := watched(t, m)
	wantTokens(t, a, "AC1", "one")

	m.Put(accountsID, `{"AC1":{"authToken":"two","previousAuthToken":"one"},"AC2":{"authToken":"new"}}`)
	*clock = clock.Add(accountsTTL)
	wantTokens(t, a, "AC1", "one")
	wantTokens(t, a, "AC2")
	*clock = clock.Add(time.Second)
	wantTokens(t, a, "AC1", "two", "one")
	wantTokens(t, a, "AC2", "new")

	m.Put(accountsID, `{"AC1":{"authToken":"two"}}`)
	*clock = clock.Add(accountsTTL + time.Second)
	for range 10 {
		wantTokens(t, a, "AC1", "two")
		wantTokens(t, a, "AC2")
	}
	if n := m.requests.Load(); n != 3 {
		t.Errorf("%d requests, one at the start and one in each TTL are enough", n)
	}
	if log.Len() > 0 {
		t.Errorf("logged %s", log)
	}
}

func TestRenewalFails(t *testing.T) {
	for name, spoil := range map[string]func(*manager){
		"Secrets Manager is down": func(m *manager) { m.down.Store(true) },
		"an empty token":          func(m *manager) { m.Put(accountsID, `{"AC1":{"authToken":""}}`) },
		"not JSON":                func(m *manager) { m.Put(accountsID, `hunter2`) },
	} {
		t.Run(name, func(t *testing.T) {
			m := serveSecrets(t, map[string]string{accountsID: `{"AC1":{"authToken":"one","previousAuthToken":"zero"}}`})
			a, clock, log := watched(t, m)
			spoil(m)
			for range 2 {
				*clock = clock.Add(accountsTTL + time.Second)
				wantTokens(t, a, "AC1", "one", "zero")
				wantTokens(t, a, "AC1", "one", "zero")
			}
			if n := m.requests.Load(); n != 3 {
				t.Errorf("%d requests, one at the start and one in each TTL are enough", n)
			}
			if n := strings.Count(log.String(), "level=ERROR"); n != 2 || strings.Contains(log.String(), "hunter2") {
				t.Errorf("the operator is told %d times: %s", n, log)
			}
			m.down.Store(false)
			m.Put(accountsID, `{"AC1":{"authToken":"two"}}`)
			*clock = clock.Add(accountsTTL + time.Second)
			wantTokens(t, a, "AC1", "two")
		})
	}
}

// A webhook waits for new tokens no longer than it may.
func TestRenewalHangs(t *testing.T) {
	m := serveSecrets(t, map[string]string{accountsID: `{"AC1":{"authToken":"one"}}`})
	a, clock, _ := watched(t, m)
	a.fetch = func(ctx context.Context) (string, error) {
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > refreshTimeout {
			t.Errorf("the wait is not bounded: %v", deadline)
		}
		<-ctx.Done()
		return "", ctx.Err()
	}
	*clock = clock.Add(accountsTTL + time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if got, err := a.AuthTokens(ctx, "AC1"); err != nil || !slices.Equal(got, []string{"one"}) {
		t.Errorf("got %q, %v", got, err)
	}
}
