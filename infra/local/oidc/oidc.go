// Package oidc is the development issuer: an OpenID Connect issuer that signs any
// claims it is asked to. It stands where the retailers' identity provider stands in
// production, so that the gateway checks real signatures against real keys.
//
// It serves
//
//	GET  /.well-known/openid-configuration   where the keys are
//	GET  /jwks.json                          the public key
//	POST /token                              {"claims": {...}, "ttlSeconds": 3600} -> {"token": "..."}
//
// Whoever reaches it can be anybody: it belongs on a loopback address only.
package oidc

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	defaultTTL = time.Hour
	maxTTL     = 10 * 365 * 24 * time.Hour
	maxRequest = 64 << 10 // bytes
)

// Config says who the issuer is.
type Config struct {
	Issuer   string           // its own URL, without a trailing slash; becomes the iss claim
	Audience string           // the aud claim of its tokens
	KeyFile  string           // its RSA key as PEM; made, for its owner's eyes only, if it does not exist
	Now      func() time.Time // nil: time.Now
}

// Issuer signs tokens and publishes the key to check them with.
type Issuer struct {
	config  Config
	signer  jose.Signer
	handler http.Handler
}

// New reads the key, or makes it, and gives the issuer. The same key file gives the
// same key id, so tokens outlive a restart.
func New(c Config) (*Issuer, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	key, err := openKey(c.KeyFile)
	if err != nil {
		return nil, err
	}
	public := jose.JSONWebKey{Key: &key.PublicKey, Algorithm: string(jose.RS256), Use: "sig"}
	thumbprint, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("name the issuer's key: %w", err)
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: public.KeyID}},
		(&jose.SignerOptions{}).WithType("JWT"),
	)
	if err != nil {
		return nil, fmt.Errorf("sign with the issuer's key: %w", err)
	}
	i := &Issuer{config: c, signer: signer}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{
			"issuer":                                c.Issuer,
			"jwks_uri":                              c.Issuer + "/jwks.json",
			"response_types_supported":              []string{"token"},
			"subject_types_supported":               []string{"public"},
			"id_token_signing_alg_values_supported": []jose.SignatureAlgorithm{jose.RS256},
		})
	})
	routes.HandleFunc("GET /jwks.json", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}})
	})
	routes.HandleFunc("POST /token", i.token)
	i.handler = routes
	return i, nil
}

// ServeHTTP serves discovery, keys and tokens.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) { i.handler.ServeHTTP(w, r) }

// Mint signs a token that is valid from now for ttl. It sets iss, aud, iat, nbf, exp
// and jti; claims override these, and a claim that is nil is left out.
func (i *Issuer) Mint(claims map[string]any, ttl time.Duration) (string, error) {
	now := i.config.Now()
	all := map[string]any{
		"iss": i.config.Issuer,
		"aud": i.config.Audience,
		"iat": now.Unix(),
		"nbf": now.Unix(),
		"exp": now.Add(ttl).Unix(),
		"jti": rand.Text(),
	}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	payload, err := json.Marshal(all)
	if err != nil {
		return "", fmt.Errorf("claims that are no JSON: %w", err)
	}
	signed, err := i.signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign the token: %w", err)
	}
	return signed.CompactSerialize()
}

// token is POST /token.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	request := struct {
		Claims     map[string]any `json:"claims"`
		TTLSeconds *int64         `json:"ttlSeconds"`
	}{}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	decoder.DisallowUnknownFields()
	decoder.UseNumber() // a claim is signed as it was written
	if err := decoder.Decode(&request); err != nil {
		refuse(w, fmt.Errorf(`send a JSON object such as {"claims": {"sub": "u1"}, "ttlSeconds": 3600}: %w`, err))
		return
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		refuse(w, errors.New("send one JSON object and nothing after it"))
		return
	}
	ttl := defaultTTL
	if s := request.TTLSeconds; s != nil {
		if limit := int64(maxTTL / time.Second); *s < -limit || *s > limit {
			refuse(w, fmt.Errorf("ttlSeconds is %d; use at most %d", *s, limit))
			return
		}
		ttl = time.Duration(*s) * time.Second
	}
	token, err := i.Mint(request.Claims, ttl)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, map[string]string{"token": token})
}

func refuse(w http.ResponseWriter, err error) {
	answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
}

func answer(w http.ResponseWriter, status int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		status, encoded = http.StatusInternalServerError, []byte(`{"error":"the answer is no JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(encoded) // a client that is gone needs no answer
}

// openKey reads the key file, or writes one.
func openKey(path string) (*rsa.PrivateKey, error) {
	encoded, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the issuer's key: %w", err)
	}
	if block, _ := pem.Decode(encoded); block != nil {
		if parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if key, ok := parsed.(*rsa.PrivateKey); ok {
				return key, nil
			}
		}
	}
	return nil, fmt.Errorf("%s holds no RSA key (PKCS #8, PEM); remove it to get a new one", path)
}

// makeKey writes the key under another name first: a process killed on the way leaves
// no half a key.
func makeKey(path string) (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make the issuer's key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("make the issuer's key: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("write the issuer's key: %w", err)
	}
	err = pem.Encode(file, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return nil, fmt.Errorf("write the issuer's key: %w", errors.Join(err, os.Remove(file.Name())))
	}
	return key, nil
}
