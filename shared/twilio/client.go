// Package twilio is Twilio's REST API as the product uses it: sending and finding
// texts; searching, buying, setting and releasing numbers; and filing the papers that
// a country asks for before it gives a number. Its errors say what matters to whoever
// pays for a text or a number: whether Twilio surely took the call, surely did not, or
// nobody knows.
//
// Twilio has no key that makes a creation idempotent. So whatever is created here
// bears a name of ours, and there is a function that finds it by that name: after an
// error whose outcome is Unknown, find it before creating it again.
package twilio

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	// base is where every call goes; nil for Twilio, where each product has a host.
	base   *url.URL
	http   http.RoundTripper
	tokens Tokens
}

// The origins of Twilio's products.
const (
	twilioAPI       = "https://api.twilio.com"
	twilioNumbers   = "https://numbers.twilio.com"
	twilioUploads   = "https://numbers-upload.twilio.com"
	twilioTrustHub  = "https://trusthub.twilio.com"
	twilioMessaging = "https://messaging.twilio.com"
)

// Open returns a client of the API at an origin. That is https://api.twilio.com, by
// which all of Twilio's products are meant, each at its own host; in tests and local
// runs it is something that answers for all of them at once.
func Open(origin string, tokens Tokens) (*Client, error) {
	base, err := url.Parse(origin)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("the Twilio API's origin %q is not a URL", origin)
	}
	if base.Scheme+"://"+base.Host == twilioAPI {
		base = nil
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

// service returns twilio-go's client of texts and numbers for one call as an account.
func (c *Client) service(ctx context.Context, accountSID string) (*api.ApiService, *call, error) {
	handler, one, err := c.handler(ctx, accountSID)
	if err != nil {
		return nil, nil, err
	}
	return api.NewApiService(handler), one, nil
}

// handler returns what twilio-go's clients of all products make a call with. twilio-go
// takes no context and hides the status of an answer that is not JSON, so each call has
// a transport of its own that carries the one and remembers the other.
func (c *Client) handler(ctx context.Context, accountSID string) (*client.RequestHandler, *call, error) {
	token, err := c.token(ctx, accountSID)
	if err != nil {
		return nil, nil, err
	}
	one := &call{ctx: ctx, base: c.base, next: c.http}
	base := &client.Client{
		Credentials: client.NewCredentials(accountSID, token),
		HTTPClient:  &http.Client{Transport: one, Timeout: callTimeout, CheckRedirect: noRedirect},
	}
	base.SetAccountSid(accountSID)
	// Not by twilio-go's constructor, which lets the environment choose the hosts.
	return &client.RequestHandler{Client: base}, one, nil
}

func (c *Client) token(ctx context.Context, accountSID string) (string, error) {
	tokens, err := c.tokens.AuthTokens(ctx, accountSID)
	if err != nil {
		return "", err
	}
	if len(tokens) == 0 {
		return "", fmt.Errorf("the Twilio secret has no account %s", accountSID)
	}
	return tokens[0], nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// call is the transport of one call.
type call struct {
	ctx    context.Context
	base   *url.URL
	next   http.RoundTripper
	status int // of the answer; 0 while there is none
}

// RoundTrip sends a request, to our origin if there is one, bounded by the call's
// context.
func (c *call) RoundTrip(r *http.Request) (*http.Response, error) {
	c.status = 0
	r = r.Clone(c.ctx)
	if c.base != nil {
		r.URL.Scheme, r.URL.Host, r.Host = c.base.Scheme, c.base.Host, c.base.Host
	}
	answer, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	c.status = answer.StatusCode
	if c.status >= 400 {
		if err := legible(answer); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// mostSaid is more than Twilio says in an error.
const mostSaid = 64 << 10

// legible makes an error of Twilio readable for twilio-go, which drops all of it for a
// code that is a string, or for details that are a list.
func legible(answer *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostSaid))
	_ = answer.Body.Close()
	if err != nil {
		return err
	}
	var e struct {
		Code    code   `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &client.TwilioRestError{}) != nil && json.Unmarshal(body, &e) == nil {
		body, err = json.Marshal(client.TwilioRestError{Code: int(e.Code), Message: e.Message, Status: answer.StatusCode})
	}
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return err
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

// Message is what Twilio said, in its own words; empty for nothing. It may hold a
// number or a name: show it to those whose call it was, and keep it out of logs.
func (e *Error) Message() string {
	var rest *client.TwilioRestError
	if errors.As(e.cause, &rest) {
		return rest.Message
	}
	return ""
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
