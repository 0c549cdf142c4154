package twilio

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// probe is any request to a webhook, as POST /control/requests takes it: to forge, to
// replay, to leave things out.
type probe struct {
	Path      string            `json:"path"`
	URL       string            `json:"url"`
	Method    string            `json:"method"`
	Params    map[string]values `json:"params"`
	Sign      string            `json:"sign"`
	Signature string            `json:"signature"`
	Headers   map[string]string `json:"headers"`
}

// values is a parameter's value, or several: in JSON a string or a list of strings.
type values []string

// UnmarshalJSON reads either form.
func (v *values) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*v = values{one}
		return nil
	}
	var many []string
	if json.Unmarshal(data, &many) != nil {
		return errors.New("a parameter is a string or a list of strings")
	}
	*v = many
	return nil
}

// probeResult is the raw answer. Headers that came more than once are joined by commas.
type probeResult struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

const (
	probeTimeout = 30 * time.Second // a gateway's own limit: its 503 is an answer too
	maxProbeBody = 1 << 20
)

// probe sends a request once, without retries or overrides.
func (s *Simulator) probe(ctx context.Context, p probe) (probeResult, error) {
	target, err := s.probeURL(p)
	if err != nil {
		return probeResult{}, err
	}
	params := url.Values{}
	for name, v := range p.Params {
		params[name] = v
	}
	method := strings.ToUpper(p.Method)
	if method == "" {
		method = http.MethodPost
	}
	token := s.config.AuthToken
	if p.Sign == "foreign" {
		token = "another account's token, not " + token
	}
	req, err := webhookRequest(method, target, params, token)
	if err != nil {
		return probeResult{}, refuse(400, "%v", err)
	}
	switch p.Sign {
	case "", "valid", "foreign":
	case "missing":
		req.Header.Del("X-Twilio-Signature")
	case "forged":
		req.Header.Set("X-Twilio-Signature", forged(req.Header.Get("X-Twilio-Signature")))
	default:
		return probeResult{}, refuse(400, "sign %q: want valid, missing, forged or foreign", p.Sign)
	}
	if p.Signature != "" {
		req.Header.Set("X-Twilio-Signature", p.Signature)
	}
	for name, value := range p.Headers {
		req.Header.Set(name, value)
		if http.CanonicalHeaderKey(name) == "Host" {
			req.Host = value
		}
	}

	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	began := time.Now()
	resp, err := s.client.Do(req.WithContext(ctx))
	if err != nil {
		return probeResult{}, refuse(422, "no answer from %s: %s", target, plainError(ctx, err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxProbeBody))
	if err != nil {
		return probeResult{}, refuse(422, "no whole answer from %s: %s", target, plainError(ctx, err))
	}
	result := probeResult{Status: resp.StatusCode, Headers: map[string]string{}, Body: string(body)}
	for name, all := range resp.Header {
		result.Headers[name] = strings.Join(all, ", ")
	}
	s.overheard(exchange{
		At: s.config.Now(), Method: method, Headers: req.Header, Params: params,
		attempt: attempt{
			URL: req.URL.String(), Status: result.Status, DurationMS: time.Since(began).Milliseconds(),
			ContentType: resp.Header.Get("Content-Type"), Body: result.Body,
		},
	})
	return result, nil
}

// probeURL is the given URL, or the path on the origin of the first number's webhooks.
func (s *Simulator) probeURL(p probe) (string, error) {
	switch {
	case p.URL != "" && p.Path != "":
		return "", refuse(400, "give path or url, not both")
	case p.URL != "":
		if !isWebURL(p.URL) {
			return "", refuse(400, "url %q: give an absolute http or https URL", p.URL)
		}
		target, _, _ := strings.Cut(p.URL, "#")
		return target, nil
	case !strings.HasPrefix(p.Path, "/"):
		return "", refuse(400, "path %q: give a path that starts with /, or a url", p.Path)
	}
	for _, n := range s.Numbers() {
		for _, hook := range []string{n.SmsURL, n.VoiceURL} {
			if u, err := url.Parse(hook); err == nil && u.Host != "" {
				return u.Scheme + "://" + u.Host + p.Path, nil
			}
		}
	}
	return "", refuse(422, "no number has a webhook yet, so the path has no origin: give a url")
}

// forged is a signature of the right form that differs in its first bit.
func forged(signature string) string {
	mac, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || len(mac) == 0 {
		return signature
	}
	mac[0] ^= 0x80
	return base64.StdEncoding.EncodeToString(mac)
}
