package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"clienteling/shared/clienteling"
)

// AuthTokens knows the auth tokens of our Twilio accounts.
type AuthTokens interface {
	// AuthTokens returns the tokens an account may sign with, none of them empty:
	// the current one, and the previous one around a rotation. No token means
	// that the account is not ours.
	AuthTokens(ctx context.Context, accountSID string) ([]string, error)
}

// Verifier proves that a request is Twilio's.
type Verifier struct {
	origins [2]string
	tokens  AuthTokens
}

// NewVerifier checks signatures against the URL that Twilio was given: publicBaseURL
// (an origin, without a trailing slash), the route's path and the query as sent,
// never a fragment: Twilio keeps it to itself and signs the URL without.
// Host and X-Forwarded-* are the sender's to choose and never looked at.
func NewVerifier(publicBaseURL string, tokens AuthTokens) *Verifier {
	origin := strings.TrimRight(publicBaseURL, "/")
	return &Verifier{origins: [2]string{origin, otherPort(origin)}, tokens: tokens}
}

// otherPort returns an origin without its port, or with the scheme's own if it
// names none. Twilio is not consistent about the port it signs, so that its
// helpers accept both forms; one refused by mistake would be a lost text.
func otherPort(origin string) string {
	scheme, host, _ := strings.Cut(origin, "://")
	if name, _, found := strings.Cut(host, ":"); found {
		return scheme + "://" + name
	}
	if scheme == "http" {
		return origin + ":80"
	}
	return origin + ":443"
}

// errForged covers every way of not being Twilio's.
var errForged = clienteling.E(clienteling.Forbidden, "bad_signature", "The request is not signed by a Twilio account of ours.")

// params returns the parameters of a form that Twilio signed.
func (v *Verifier) params(ctx context.Context, r Request) (Params, error) {
	raw, err := body(r)
	if err != nil {
		return nil, err
	}
	signature := r.Headers["x-twilio-signature"]
	if signature == "" {
		return nil, errForged
	}
	form, err := formOf(r, raw)
	if err != nil {
		return nil, err
	}
	p := Params(form)
	tokens, err := v.tokens.AuthTokens(ctx, p.Account())
	if err != nil {
		return nil, err
	}
	if isJSON(r) {
		form = nil // what is signed then is the URL, which names the body's hash
	}
	_, path, _ := strings.Cut(r.RouteKey, " ")
	if r.RawQueryString != "" {
		path += "?" + r.RawQueryString
	}
	for _, origin := range v.origins {
		signed := signedText(origin+path, form)
		for _, token := range tokens {
			// Anybody can sign with an empty token.
			if token != "" && hmac.Equal([]byte(signature), sign(token, signed)) {
				return p, p.addQuery(r.RawQueryString)
			}
		}
	}
	return nil, errForged
}

// isJSON reports whether a webhook's body is JSON, which Twilio signs by its hash.
func isJSON(r Request) bool {
	media, _, _ := strings.Cut(r.Headers["content-type"], ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/json")
}

// formOf reads the parameters of a body: a form, or the plain members of a JSON object
// whose SHA-256 stands in the URL that is signed.
// https://www.twilio.com/docs/usage/security#validating-requests
func formOf(r Request, raw []byte) (url.Values, error) {
	if !isJSON(r) {
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			return nil, errForged.Because(err)
		}
		return form, nil
	}
	query, err := url.ParseQuery(r.RawQueryString)
	if err != nil {
		return nil, errForged.Because(err)
	}
	sum := sha256.Sum256(raw)
	if !strings.EqualFold(query.Get("bodySHA256"), hex.EncodeToString(sum[:])) {
		return nil, errForged
	}
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, errForged.Because(err)
	}
	form := url.Values{}
	for name, value := range members {
		if s, ok := value.(string); ok {
			form.Set(name, s)
		}
	}
	return form, nil
}

// signedText is what Twilio signs: the URL it was given, then every parameter's
// name and value, sorted by name, with nothing between. All parameters count,
// known or not, so that those Twilio adds tomorrow do not break it. A repeated
// one counts once per different value, in order, as in Twilio's Node helper.
// https://www.twilio.com/docs/usage/webhooks/webhooks-security
func signedText(url string, form url.Values) []byte {
	names := make([]string, 0, len(form))
	length := len(url)
	for name, values := range form {
		names = append(names, name)
		for _, value := range values {
			length += len(name) + len(value)
		}
	}
	slices.Sort(names)
	text := append(make([]byte, 0, length), url...)
	for _, name := range names {
		values := form[name]
		if len(values) > 1 {
			values = slices.Compact(slices.Sorted(slices.Values(values)))
		}
		for _, value := range values {
			text = append(append(text, name...), value...)
		}
	}
	return text
}

func sign(token string, text []byte) []byte {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write(text)
	return base64.StdEncoding.AppendEncode(nil, mac.Sum(nil))
}
