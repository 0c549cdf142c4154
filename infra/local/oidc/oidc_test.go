package oidc_test

import (
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"clienteling/infra/local/oidc"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// start serves an issuer; its key is read from, or written to, keyFile.
func start(t *testing.T, keyFile string) (*oidc.Issuer, *httptest.Server) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	issuer, err := oidc.New(oidc.Config{
		Issuer:   "http://" + server.Listener.Addr().String(),
		Audience: "clienteling",
		KeyFile:  keyFile,
		Now:      func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = issuer
	server.Start()
	t.Cleanup(server.Close)
	return issuer, server
}

func get(t *testing.T, url string, out any) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%s: %s, %s", url, response.Status, response.Header.Get("Content-Type"))
	}
	if err := json.NewDecoder(response.Body).Decode(out); err != nil {
		t.Fatal(err)
	}
}

// claims checks a token the way a relying party does: by discovery and the key set.
func claims(t *testing.T, issuer, token string) map[string]any {
	t.Helper()
	var discovery struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	get(t, issuer+"/.well-known/openid-configuration", &discovery)
	if discovery.Issuer != issuer {
		t.Fatalf("discovery names the issuer %q, it is %q", discovery.Issuer, issuer)
	}
	var keys jose.JSONWebKeySet
	get(t, discovery.Keys, &keys)
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	found := keys.Key(signed.Signatures[0].Header.KeyID)
	if len(found) != 1 {
		t.Fatalf("no key %q in %+v", signed.Signatures[0].Header.KeyID, keys)
	}
	if _, public := found[0].Key.(*rsa.PublicKey); !public {
		t.Fatalf("the key set publishes a %T", found[0].Key)
	}
	payload, err := signed.Verify(found[0])
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(payload, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMint(t *testing.T) {
	issuer, server := start(t, filepath.Join(t.TempDir(), "issuer.pem"))
	token, err := issuer.Mint(map[string]any{"sub": "u1", "roles": []string{"associate"}}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	got := claims(t, server.URL, token)
	for name, want := range map[string]any{
		"iss": server.URL, "aud": "clienteling", "sub": "u1",
		"iat": float64(noon.Unix()), "nbf": float64(noon.Unix()), "exp": float64(noon.Add(time.Minute).Unix()),
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if id, _ := got["jti"].(string); id == "" {
		t.Error("no jti")
	}
	if _, err := issuer.Mint(map[string]any{"f": func() {}}, time.Minute); err == nil {
		t.Error("a claim that is no JSON was signed")
	}
}

func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	response, err := http.Post(url+"/token", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

func TestToken(t *testing.T) {
	_, server := start(t, filepath.Join(t.TempDir(), "issuer.pem"))
	tests := map[string]struct {
		body string
		want map[string]any // nil: the claim must be absent
	}{
		"nothing asked":   {`{}`, map[string]any{"iss": server.URL, "exp": float64(noon.Add(time.Hour).Unix())}},
		"ttl":             {`{"ttlSeconds": 60}`, map[string]any{"exp": float64(noon.Add(time.Minute).Unix())}},
		"expired":         {`{"ttlSeconds": -60}`, map[string]any{"exp": float64(noon.Add(-time.Minute).Unix())}},
		"claims override": {`{"claims": {"iss": "http://else", "aud": ["a", "b"], "exp": 1}}`, map[string]any{"iss": "http://else", "exp": 1.0}},
		"null leaves out": {`{"claims": {"aud": null, "sub": "u1"}}`, map[string]any{"aud": nil, "sub": "u1"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			status, body := post(t, server.URL, test.body)
			var answer struct{ Token string }
			if err := json.Unmarshal([]byte(body), &answer); status != http.StatusOK || err != nil {
				t.Fatalf("%d %s", status, body)
			}
			got := claims(t, server.URL, answer.Token)
			for claim, want := range test.want {
				if value, present := got[claim]; present != (want != nil) || present && value != want {
					t.Errorf("%s is %v, want %v", claim, value, want)
				}
			}
		})
	}

	for name, test := range map[string]struct{ body, want string }{
		"empty":          {``, "send a JSON object"},
		"no JSON":        {`claims`, "send a JSON object"},
		"a list":         {`[]`, "send a JSON object"},
		"unknown field":  {`{"claim": {}}`, "claim"},
		"claims no map":  {`{"claims": "sub"}`, "claims"},
		"ttl no number":  {`{"ttlSeconds": "60"}`, "ttlSeconds"},
		"ttl too long":   {`{"ttlSeconds": 9999999999}`, "at most"},
		"something more": {`{} {}`, "nothing after it"},
		"too big":        {`{"claims": {"x": "` + strings.Repeat("x", 70_000) + `"}}`, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := post(t, server.URL, test.body)
			var answer struct{ Error string }
			if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusBadRequest || !strings.Contains(answer.Error, test.want) {
				t.Errorf("%d %s; want 400 and %q", status, body, test.want)
			}
		})
	}

	if response, err := http.Get(server.URL + "/token"); err != nil || response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET /token: %v, %v", response, err)
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "issuer.pem")
	issuer, _ := start(t, path)
	token, err := issuer.Mint(nil, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("key file: %v, %v; want mode 0600", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, restarted := start(t, path); claims(t, restarted.URL, token)["aud"] != "clienteling" {
		t.Error("a token did not outlive the restart")
	}

	if err := os.WriteFile(path, []byte("-----BEGIN"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := oidc.New(oidc.Config{KeyFile: path}); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("half a key: %v", err)
	}
	if _, err := oidc.New(oidc.Config{KeyFile: filepath.Join(path, "x")}); err == nil {
		t.Error("a key file inside a file was accepted")
	}
	if _, err := oidc.New(oidc.Config{KeyFile: filepath.Join(filepath.Dir(path), "none", "x")}); err == nil || !strings.Contains(err.Error(), "write the issuer's key") {
		t.Errorf("no folder: %v", err)
	}
}
