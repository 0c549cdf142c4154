package gateway

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"clienteling/infra/local/template"
)

const maxKeys = 150_000 // bytes of discovery and of a key set

// authorizer is a JWT authorizer. The text of its errors goes to the client as far as
// the first ": ", and whole to the log; it holds nothing of the token, and no quotes
// before that.
type authorizer struct {
	template.Authorizer
	client *http.Client
	now    func() time.Time

	mu      sync.Mutex // over what follows; held while fetching, so that one fetch serves all
	keys    map[string]*rsa.PublicKey
	fetched time.Time
}

// token is a token that was checked.
type token struct {
	claims map[string]string
	scopes []string
}

func newAuthorizer(declared template.Authorizer, client *http.Client, now func() time.Time) (*authorizer, error) {
	a := &authorizer{Authorizer: declared, client: client, now: now}
	if kind, name := a.source(); kind != "header" && kind != "querystring" || name == "" {
		return nil, fmt.Errorf("the identity source %q is not supported; use $request.header.Authorization", declared.IdentitySource)
	}
	return a, nil
}

// source splits "$request.header.Authorization".
func (a *authorizer) source() (kind, name string) {
	kind, name, _ = strings.Cut(strings.TrimPrefix(a.IdentitySource, "$request."), ".")
	return kind, name
}

// check finds the request's token and verifies all of it but the scopes, with no
// leeway for clocks.
func (a *authorizer) check(r *http.Request) (token, error) {
	var raw string
	if kind, name := a.source(); kind == "header" {
		raw = r.Header.Get(name)
	} else {
		raw = r.URL.Query().Get(name)
	}
	if raw = strings.TrimPrefix(raw, "Bearer "); raw == "" {
		return token{}, errors.New("the request has no token")
	}
	signed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512})
	if _, other := errors.AsType[*jose.ErrUnexpectedSignatureAlgorithm](err); other {
		return token{}, errors.New("the token is not signed with an RSA algorithm")
	} else if err != nil {
		return token{}, errors.New("the token cannot be read")
	}
	keys, err := a.issuerKeys(r.Context())
	if err != nil {
		return token{}, err
	}
	key, ok := keys[signed.Signatures[0].Header.KeyID]
	if !ok {
		return token{}, errors.New("the issuer has no key with the kid of the token")
	}
	payload, err := signed.Verify(key)
	if err != nil {
		return token{}, errors.New("the token does not have a valid signature")
	}
	claims := map[string]json.RawMessage{}
	if json.Unmarshal(payload, &claims) != nil {
		return token{}, errors.New("the claims of the token cannot be read")
	}
	if err := a.verify(claims); err != nil {
		return token{}, err
	}
	t := token{claims: make(map[string]string, len(claims)), scopes: scopes(claims)}
	for name, value := range claims {
		if string(value) != "null" {
			t.claims[name] = claimText(value)
		}
	}
	return t, nil
}

// verify checks the registered claims. API Gateway looks at client_id only if there is
// no aud.
func (a *authorizer) verify(claims map[string]json.RawMessage) error {
	if issuer := texts(claims["iss"]); len(issuer) != 1 || issuer[0] != a.Issuer {
		return errors.New("the token does not have a valid issuer")
	}
	audience, ok := claims["aud"]
	if !ok {
		audience = claims["client_id"]
	}
	if !slices.ContainsFunc(texts(audience), func(s string) bool { return slices.Contains(a.Audience, s) }) {
		return errors.New("the token does not have a valid audience")
	}
	now := float64(a.now().UnixNano()) / float64(time.Second)
	for _, name := range []string{"exp", "nbf", "iat"} {
		value, ok := claims[name]
		if !ok && name != "exp" {
			continue
		}
		var at float64 // seconds since 1970, maybe with a fraction
		if err := json.Unmarshal(value, &at); err != nil {
			return fmt.Errorf("the token does not have a valid %s", name)
		}
		switch {
		case name == "exp" && now >= at:
			return errors.New("the token has expired")
		case name == "nbf" && now < at:
			return errors.New("the token is not valid yet")
		case name == "iat" && now < at:
			return errors.New("the token was issued in the future")
		}
	}
	return nil
}

// hasOneOf tells whether the token carries one of the scopes a route asks for.
func (t token) hasOneOf(wanted []string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(s string) bool { return slices.Contains(t.scopes, s) })
}

// scopes are those of "scope", else of "scp", whether one string or a list.
func scopes(claims map[string]json.RawMessage) []string {
	value, ok := claims["scope"]
	if !ok {
		value = claims["scp"]
	}
	return strings.Fields(strings.Join(texts(value), " "))
}

// texts reads a claim that is a string or a list of strings; nil if it is neither.
func texts(claim json.RawMessage) []string {
	var one string
	if json.Unmarshal(claim, &one) == nil {
		return []string{one}
	}
	var many []string
	if json.Unmarshal(claim, &many) != nil {
		return nil
	}
	return many
}

// claimText is a claim as functions get it: strings and numbers as they are, a list as
// "[a b]", an object as JSON.
func claimText(claim json.RawMessage) string {
	switch claim = bytes.TrimSpace(claim); claim[0] {
	case '"':
		var s string
		_ = json.Unmarshal(claim, &s) // it was parsed before
		return s
	case '[':
		var items []json.RawMessage
		_ = json.Unmarshal(claim, &items)
		parts := make([]string, len(items))
		for i, item := range items {
			parts[i] = claimText(item)
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	var compact bytes.Buffer
	_ = json.Compact(&compact, claim)
	return compact.String()
}

// issuerKeys are the issuer's RSA keys by kid, fetched anew after two hours. A failure
// is not remembered.
func (a *authorizer) issuerKeys(ctx context.Context) (map[string]*rsa.PublicKey, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.keys != nil && a.now().Sub(a.fetched) < keysFor {
		return a.keys, nil
	}
	var discovery struct {
		Keys string `json:"jwks_uri"`
	}
	if err := a.fetch(ctx, strings.TrimSuffix(a.Issuer, "/")+"/.well-known/openid-configuration", &discovery); err != nil {
		return nil, fmt.Errorf("OIDC discovery endpoint communication error: %w", err)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := a.fetch(ctx, discovery.Keys, &set); err != nil {
		return nil, fmt.Errorf("JWKS communication error: %w", err)
	}
	keys := map[string]*rsa.PublicKey{}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) != nil || key.KeyID == "" || key.Use != "" && key.Use != "sig" {
			continue // of a kind we do not use; the others may do
		}
		if public, ok := key.Key.(*rsa.PublicKey); ok {
			keys[key.KeyID] = public
		}
	}
	a.keys, a.fetched = keys, a.now()
	return keys, nil
}

func (a *authorizer) fetch(ctx context.Context, url string, out any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxKeys+1))
	if err != nil {
		return err
	}
	if len(body) > maxKeys {
		return fmt.Errorf("%s answered more than %d bytes", url, maxKeys)
	}
	return json.Unmarshal(body, out)
}
