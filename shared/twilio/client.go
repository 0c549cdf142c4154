// Package twilio is Twilio's REST API as the product uses it: sending and finding
// texts, and searching, buying, setting and releasing numbers. Its errors say what
// matters to whoever pays for a text or a number: whether Twilio surely took the
// call, surely did not, or nobody knows.
package twilio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Tokens knows the auth tokens of our accounts; the first is the current one.
type Tokens interface {
	AuthTokens(ctx context.Context, accountSID string) ([]string, error)
}

// Client calls Twilio. It is safe for concurrent use.
type Client struct {
	base   *url.URL
	http   http.RoundTripper
	tokens Tokens
}

// Open returns a client of the API at an origin, https://api.twilio.com but in
// tests and local runs.
func Open(origin string, tokens Tokens) (*Client, error) {
	base, err := url.Parse(origin)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("the Twilio API's origin %q is not a URL", origin)
	}
	return &Client{base: base, tokens: tokens, http: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
		TLSHandshakeTimeout: 2 * time.Second,
		MaxIdleConnsPerHost: 2,
		IdleConnTimeout:     90 * time.Second,
	}}, nil
}

// callTimeout bounds a call that the caller does not bound tighter.
const callTimeout = 10 * time.Second

// service returns twilio-go's client for one call as an account. twilio-go takes
// no context and hides the status of an answer that is not JSON, so each call has
// a transport of its own that carries the one and remembers the other.
func (c *Client) service(ctx context.Context, accountSID string) (*api.ApiService, *call, error) {
	tokens, err := c.tokens.AuthTokens(ctx, accountSID)
	if err != nil {
		return nil, nil, err
	}
	if len(tokens) == 0 {
		return nil, nil, fmt.Errorf("the Twilio secret has no account %s", accountSID)
	}
	one := &call{ctx: ctx, base: c.base, next: c.http}
	base := &client.Client{
		Credentials: client.NewCredentials(accountSID, tokens[0]),
		HTTPClient:  &http.Client{Transport: one, Timeout: callTimeout, CheckRedirect: noRedirect},
	}
	base.SetAccountSid(accountSID)
	return api.NewApiServiceWithClient(base), one, nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// call is the transport of one call.
type call struct {
	ctx    context.Context
	base   *url.URL
	next   http.RoundTripper
	status int // of the answer; 0 while there is none
}

// RoundTrip sends a request to our origin, bounded by the call's context.
func (c *call) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(c.ctx)
	r.URL.Scheme, r.URL.Host, r.Host = c.base.Scheme, c.base.Host, c.base.Host
	answer, err := c.next.RoundTrip(r)
	if err == nil {
		c.status = answer.StatusCode
	}
	return answer, err
}

// Error is a call of Twilio that failed.
type Error struct {
	// Outcome says whether the call may have had its effect.
	Outcome Outcome
	// Code is Twilio's (https://www.twilio.com/docs/api/errors), 0 for none.
	Code  int
	cause error
}

// Outcome is what is known of a call that failed.
type Outcome int

const (
	// Unknown: it may have had its effect. Never repeat it; find out.
	Unknown Outcome = iota
	// Refused: it had none, and would be refused again.
	Refused
	// Later: it had none, and may be repeated after a while.
	Later
)

// Codes that mean more to us than that a text failed.
const (
	// CodeBlocked: the customer has opted out at Twilio.
	// https://www.twilio.com/docs/api/errors/21610
	CodeBlocked = 21610
	// CodeNotFound: Twilio has nothing of that SID.
	// https://www.twilio.com/docs/api/errors/20404
	CodeNotFound = 20404
	// codeTooMany: never processed and always safe to repeat.
	// https://www.twilio.com/docs/api/errors/20429
	codeTooMany = 20429
)

// Error names the code; Twilio's own message may hold a number and stays out.
func (e *Error) Error() string {
	words := [...]string{"the outcome is unknown", "refused", "not now"}
	switch {
	case e.Code != 0:
		return "twilio: " + words[e.Outcome] + ": error " + strconv.Itoa(e.Code)
	case e.cause != nil:
		return "twilio: " + words[e.Outcome] + ": " + e.cause.Error()
	default:
		return "twilio: " + words[e.Outcome]
	}
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// judge tells what an error of a call means. The status is that of the answer, which
// a body of something in front of Twilio need not repeat; 0 for no answer.
func judge(err error, status int) *Error {
	var asked *url.Error
	if errors.As(err, &asked) {
		err = asked.Err // it names the URL, which may hold a number
	}
	var rest *client.TwilioRestError
	if errors.As(err, &rest) {
		switch status = cmp.Or(status, rest.Status); {
		case status == http.StatusTooManyRequests || rest.Code == codeTooMany:
			return &Error{Later, rest.Code, err}
		case status == http.StatusUnauthorized:
			return &Error{Later, rest.Code, err} // our token is wrong, not the text
		case status >= 500:
			return &Error{Unknown, rest.Code, err}
		default:
			return &Error{Refused, rest.Code, err}
		}
	}
	var dial *net.OpError
	switch {
	case status == http.StatusTooManyRequests:
		return &Error{Later, codeTooMany, err}
	case status >= 400 && status < 500:
		return &Error{Refused, 0, fmt.Errorf("status %d: %w", status, err)}
	case status == 0 && errors.As(err, &dial) && dial.Op == "dial":
		return &Error{Later, 0, err} // never reached it
	default:
		return &Error{Unknown, 0, err}
	}
}
