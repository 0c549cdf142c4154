package gateway_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clienteling/infra/local/gateway"
	"clienteling/infra/local/oidc"
	"clienteling/infra/local/template"
)

// issuer is the development issuer, served, with a count of what was fetched.
type issuer struct {
	*oidc.Issuer
	*httptest.Server
	fetched atomic.Int32
	down    atomic.Value // string: the path that answers 502
}

func startIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{Server: httptest.NewUnstartedServer(nil)}
	var err error
	i.Issuer, err = oidc.New(oidc.Config{
		Issuer: "http://" + i.Listener.Addr().String(), Audience: "clienteling",
		KeyFile: filepath.Join(t.TempDir(), "issuer.pem"), Now: func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	i.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.fetched.Add(1)
		if r.URL.Path == i.down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		i.Issuer.ServeHTTP(w, r)
	})
	i.Start()
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) mint(t *testing.T, claims map[string]any) string {
	t.Helper()
	token, err := i.Mint(claims, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// guarded is an API with one authorizer for one issuer.
func guarded(issuer string) template.API {
	return template.API{Authorizers: map[string]template.Authorizer{
		"Jwt": {Issuer: issuer, Audience: []string{"other", "clienteling"}, IdentitySource: "$request.header.Authorization"},
	}}
}

var guardedRoutes = []template.Route{
	{Method: "GET", Path: "/any", Function: "F", Authorizer: "Jwt"},
	{Method: "GET", Path: "/scoped", Function: "F", Authorizer: "Jwt", Scopes: []string{"inbox.read", "admin"}},
	{Method: "GET", Path: "/open", Function: "F"},
}

func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", token) }
}

func TestClaims(t *testing.T) {
	f := &function{response: `{}`}
	issuer := startIssuer(t)
	server := start(t, f, gateway.Config{API: guarded(issuer.URL), Routes: guardedRoutes})
	token := issuer.mint(t, map[string]any{
		"sub": "u1", "jti": "j", "scope": "inbox.read profile", "roles": []string{"nom", "associate"}, "none": []string{}, "nothing": nil,
		"verified": true, "level": 3, "ratio": 0.5, "store": map[string]any{"id": "s1", "tags": []string{"a"}}, "mixed": []any{1, "x", nil, []string{"y"}, map[string]any{"k": 1}},
	})
	if got := send(t, "GET", server.URL+"/scoped", nil, bearer("Bearer "+token)); got.status != http.StatusOK {
		t.Fatalf("got %+v", got)
	}
	_, e := f.seen(t)
	jwt := e.RequestContext.Authorizer.JWT
	want := map[string]string{
		"iss": issuer.URL, "aud": "clienteling", "exp": "1773320400", "iat": "1773316800", "nbf": "1773316800", "jti": "j",
		"sub": "u1", "scope": "inbox.read profile", "roles": "[nom associate]", "none": "[]", "verified": "true", "level": "3", "ratio": "0.5",
		"store": `{"id":"s1","tags":["a"]}`, "mixed": `[1 x null [y] {"k":1}]`,
	}
	if !maps.Equal(jwt.Claims, want) {
		t.Errorf("claims %v, want %v", jwt.Claims, want)
	}
	if !slices.Equal(jwt.Scopes, []string{"inbox.read", "profile"}) {
		t.Errorf("scopes %v: want all of the token's on a route with scopes", jwt.Scopes)
	}

	// A bare token does as well. Without scopes of its own, a route gets none.
	if got := send(t, "GET", server.URL+"/any", nil, bearer(token)); got.status != http.StatusOK {
		t.Fatalf("bare token: %+v", got)
	}
	raw, _ := f.seen(t)
	inner := raw["requestContext"].(map[string]any)["authorizer"].(map[string]any)["jwt"].(map[string]any)
	if scopes, ok := inner["scopes"]; !ok || scopes != nil {
		t.Errorf("scopes are %v, present %t; want null", scopes, ok)
	}
	if n := issuer.fetched.Load(); n != 2 {
		t.Errorf("the issuer was asked %d times; want discovery and keys once", n)
	}
}

func TestTokens(t *testing.T) {
	f := &function{response: `{}`}
	issuer, stranger := startIssuer(t), startIssuer(t)
	server := start(t, f, gateway.Config{API: guarded(issuer.URL), Routes: guardedRoutes})
	at := func(d time.Duration) int64 { return noon.Add(d).Unix() }
	good := issuer.mint(t, nil)
	parts := strings.Split(good, ".")
	segment := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	forgedHMAC := func() string {
		signed := segment(`{"alg":"HS256","typ":"JWT"}`) + "." + parts[1]
		mac := hmac.New(sha256.New, []byte("guess"))
		mac.Write([]byte(signed))
		return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	for name, test := range map[string]struct {
		token string
		want  string // error_description; "" if the token is good
	}{
		"good":                 {good, ""},
		"audience list":        {issuer.mint(t, map[string]any{"aud": []string{"x", "clienteling"}}), ""},
		"client_id":            {issuer.mint(t, map[string]any{"aud": nil, "client_id": "clienteling"}), ""},
		"no nbf, no iat":       {issuer.mint(t, map[string]any{"nbf": nil, "iat": nil}), ""},
		"last second":          {issuer.mint(t, map[string]any{"exp": at(time.Second)}), ""},
		"fractions":            {issuer.mint(t, map[string]any{"exp": float64(at(0)) + 0.5}), ""},
		"none":                 {"", "the request has no token"},
		"only Bearer":          {"Bearer ", "the token cannot be read"},
		"garbage":              {"abc", "the token cannot be read"},
		"two tokens":           {good + "," + good, "the token cannot be read"},
		"Basic":                {"Basic dTpw", "the token cannot be read"},
		"changed claims":       {parts[0] + "." + segment(`{"iss":"`+issuer.URL+`","aud":"clienteling","exp":9999999999}`) + "." + parts[2], "the token does not have a valid signature"},
		"no signature":         {parts[0] + "." + parts[1] + ".", "the token does not have a valid signature"},
		"alg none":             {segment(`{"alg":"none"}`) + "." + parts[1] + ".", "the token is not signed with an RSA algorithm"},
		"alg HS256":            {forgedHMAC(), "the token is not signed with an RSA algorithm"},
		"another issuer's key": {stranger.mint(t, map[string]any{"iss": issuer.URL}), "the issuer has no key with the kid of the token"},
		"another issuer":       {issuer.mint(t, map[string]any{"iss": stranger.URL}), "the token does not have a valid issuer"},
		"issuer with a slash":  {issuer.mint(t, map[string]any{"iss": issuer.URL + "/"}), "the token does not have a valid issuer"},
		"no issuer":            {issuer.mint(t, map[string]any{"iss": nil}), "the token does not have a valid issuer"},
		"another audience":     {issuer.mint(t, map[string]any{"aud": "nom"}), "the token does not have a valid audience"},
		"aud before client_id": {issuer.mint(t, map[string]any{"aud": "nom", "client_id": "clienteling"}), "the token does not have a valid audience"},
		"no audience":          {issuer.mint(t, map[string]any{"aud": nil}), "the token does not have a valid audience"},
		"expired now":          {issuer.mint(t, map[string]any{"exp": at(0)}), "the token has expired"},
		"no exp":               {issuer.mint(t, map[string]any{"exp": nil}), "the token does not have a valid exp"},
		"exp as text":          {issuer.mint(t, map[string]any{"exp": "9999999999"}), "the token does not have a valid exp"},
		"not yet":              {issuer.mint(t, map[string]any{"nbf": at(time.Second)}), "the token is not valid yet"},
		"from the future":      {issuer.mint(t, map[string]any{"iat": at(time.Second)}), "the token was issued in the future"},
	} {
		t.Run(name, func(t *testing.T) {
			f.event = nil
			got := send(t, "GET", server.URL+"/any", nil, bearer(test.token))
			if test.want == "" {
				if got.status != http.StatusOK {
					t.Errorf("got %+v", got)
				}
				return
			}
			wantMessage(t, got, http.StatusUnauthorized, "Unauthorized")
			want := `Bearer scope="" error="invalid_token" error_description="` + test.want + `"`
			if header := got.header.Get("Www-Authenticate"); header != want {
				t.Errorf("www-authenticate %s, want %s", header, want)
			}
			if f.event != nil {
				t.Error("the function ran")
			}
		})
	}

	if got := send(t, "GET", server.URL+"/open", nil, bearer("garbage")); got.status != http.StatusOK {
		t.Errorf("an open route looked at the token: %+v", got)
	}
}

func TestScopes(t *testing.T) {
	f := &function{response: `{}`}
	issuer := startIssuer(t)
	server := start(t, f, gateway.Config{API: guarded(issuer.URL), Routes: guardedRoutes})
	for name, test := range map[string]struct {
		claims map[string]any
		want   []string // nil: refused
	}{
		"scope":          {map[string]any{"scope": "profile inbox.read"}, []string{"profile", "inbox.read"}},
		"another of two": {map[string]any{"scope": "admin"}, []string{"admin"}},
		"scp list":       {map[string]any{"scp": []string{"inbox.read", "x"}}, []string{"inbox.read", "x"}},
		"scp text":       {map[string]any{"scp": "x admin"}, []string{"x", "admin"}},
		"none":           {nil, nil},
		"another":        {map[string]any{"scope": "profile"}, nil},
		"part of it":     {map[string]any{"scope": "inbox"}, nil},
		"other case":     {map[string]any{"scope": "INBOX.READ"}, nil},
		"a number":       {map[string]any{"scope": 1}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f.event = nil
			got := send(t, "GET", server.URL+"/scoped", nil, bearer("Bearer "+issuer.mint(t, test.claims)))
			if test.want == nil {
				wantMessage(t, got, http.StatusForbidden, "Forbidden")
				if f.event != nil {
					t.Error("the function ran")
				}
				return
			}
			if _, e := f.seen(t); !slices.Equal(e.RequestContext.Authorizer.JWT.Scopes, test.want) {
				t.Errorf("scopes %v, want %v", e.RequestContext.Authorizer.JWT.Scopes, test.want)
			}
		})
	}
}

func TestTokenInQuery(t *testing.T) {
	f := &function{response: `{}`}
	issuer := startIssuer(t)
	api := guarded(issuer.URL)
	jwt := api.Authorizers["Jwt"]
	jwt.IdentitySource = "$request.querystring.token"
	api.Authorizers["Jwt"] = jwt
	server := start(t, f, gateway.Config{API: api, Routes: guardedRoutes})
	if got := send(t, "GET", server.URL+"/any?token="+url.QueryEscape(issuer.mint(t, nil)), nil, nil); got.status != http.StatusOK {
		t.Errorf("got %+v", got)
	}
	if got := send(t, "GET", server.URL+"/any", nil, bearer(issuer.mint(t, nil))); got.status != http.StatusUnauthorized {
		t.Errorf("a token in the wrong place: %+v", got)
	}
}

// TestKeysAreKept: keys serve for two hours; a failure is forgotten at once.
func TestKeysAreKept(t *testing.T) {
	issuer := startIssuer(t)
	var sinceNoon time.Duration
	var line string
	g, err := gateway.New(gateway.Config{
		API: guarded(issuer.URL), Routes: guardedRoutes, Invoker: &function{response: `{}`},
		Now: func() time.Time { return noon.Add(sinceNoon) },
		Log: func(l string) { line = l },
	})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest("GET", "/any", nil)
	request.Header.Set("Authorization", issuer.mint(t, map[string]any{"exp": noon.Add(24 * time.Hour).Unix()}))
	for _, step := range []struct {
		down        string // the path that fails
		after       time.Duration
		status      int
		description string
		fetched     int32 // so far
	}{
		{"/.well-known/openid-configuration", 0, 401, "OIDC discovery endpoint communication error", 1},
		{"/jwks.json", 0, 401, "JWKS communication error", 3},
		{"", 0, 200, "", 5},
		{"/jwks.json", 2*time.Hour - 1, 200, "", 5},
		{"/jwks.json", 2 * time.Hour, 401, "JWKS communication error", 7},
		{"", 2 * time.Hour, 200, "", 9},
	} {
		issuer.down.Store(step.down)
		sinceNoon = step.after
		recorder := httptest.NewRecorder()
		g.ServeHTTP(recorder, request)
		if recorder.Code != step.status || issuer.fetched.Load() != step.fetched {
			t.Errorf("%+v: got %d, %d fetches", step, recorder.Code, issuer.fetched.Load())
		}
		if step.description == "" {
			continue
		}
		if header := recorder.Header().Get("Www-Authenticate"); !strings.HasSuffix(header, ` error_description="`+step.description+`"`) {
			t.Errorf("%+v: www-authenticate %s", step, header)
		}
		if !strings.Contains(line, step.description+": "+issuer.URL+step.down+" answered 502") {
			t.Errorf("%+v: the log does not say why: %s", step, line)
		}
	}
}

// TestForeignKeySet: keys of kinds we do not use, and too much of them, do no harm.
func TestForeignKeySet(t *testing.T) {
	issuer := startIssuer(t)
	get := func(path string) string {
		recorder := httptest.NewRecorder()
		issuer.Issuer.ServeHTTP(recorder, httptest.NewRequest("GET", path, nil))
		return recorder.Body.String()
	}
	ours := strings.TrimSuffix(strings.TrimPrefix(get("/jwks.json"), `{"keys":[`), `]}`)
	for name, test := range map[string]struct {
		keys   string
		status int
	}{
		"others beside":  {`{"keys":[{"kty":"XX","kid":"x"},{"kty":"oct","kid":"o","k":"AA"},` + ours + `]}`, 200},
		"for encrypting": {`{"keys":[` + strings.Replace(ours, `"use":"sig"`, `"use":"enc"`, 1) + `]}`, 401},
		"none":           {`{}`, 401},
		"too much":       {`{"keys":[` + ours + `],"x":"` + strings.Repeat("x", 150_000) + `"}`, 401},
		"no JSON":        {`<html>`, 401},
	} {
		t.Run(name, func(t *testing.T) {
			var foreign *httptest.Server
			foreign = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body := test.keys
				if r.URL.Path == "/.well-known/openid-configuration" {
					body = `{"jwks_uri":"` + foreign.URL + `/keys"}`
				}
				_, _ = w.Write([]byte(body))
			}))
			defer foreign.Close()
			server := start(t, &function{response: `{}`}, gateway.Config{API: guarded(foreign.URL), Routes: guardedRoutes})
			if got := send(t, "GET", server.URL+"/any", nil, bearer(issuer.mint(t, map[string]any{"iss": foreign.URL}))); got.status != test.status {
				t.Errorf("got %+v, want %d", got, test.status)
			}
		})
	}
}
