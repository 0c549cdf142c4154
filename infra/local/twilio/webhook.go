package twilio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

// hook is where a webhook request goes. The URL may carry overrides in its fragment.
type hook struct{ method, url string }

// attempt is one request to a webhook and what came of it. Status is 0 when no answer came.
type attempt struct {
	URL         string `json:"url"`
	Status      int    `json:"status"`
	Error       string `json:"error,omitempty"`
	DurationMS  int64  `json:"durationMs"`
	ContentType string `json:"contentType"`
	Body        string `json:"body"`
}

func (a attempt) succeeded() bool { return a.Status >= 200 && a.Status <= 299 }

// exchange is an attempt with the request that was sent, for those who look at the wire.
type exchange struct {
	At      time.Time   `json:"at"`
	SID     string      `json:"sid,omitempty"`
	Method  string      `json:"method"`
	Headers http.Header `json:"headers"`
	Params  url.Values  `json:"params"`
	attempt
}

// answer is what came of a hook, after all its attempts.
type answer struct {
	url      string // the URL asked, without its fragment: relative URLs start from it
	attempts []attempt
	faults   []fault
	failed   bool // the last attempt brought no 2xx; the last fault says why
}

func (a answer) last() attempt { return a.attempts[len(a.attempts)-1] }

// maxDocument is the most TwiML that Twilio reads: 64 kB (docs/api/errors/11750).
const maxDocument = 64 << 10

var (
	errConnectTimeout = errors.New("no connection in time (ct)")
	errReadTimeout    = errors.New("no answer in time (rt)")
	errTotalTimeout   = errors.New("time is up for all attempts together (tt)")
)

// ask sends the parameters to a hook, again as its overrides say, and returns when one
// attempt succeeded or none is left.
func (s *Simulator) ask(ctx context.Context, sid string, to hook, params url.Values) answer {
	requestURL, fragment, _ := strings.Cut(to.url, "#")
	limits, faults := parseOverrides(fragment)
	a := answer{url: requestURL, faults: faults}
	token := uuid.NewString() // the same on each retry (docs/usage/webhooks/webhooks-faq)

	ctx, cancel := context.WithTimeoutCause(ctx, limits.total, errTotalTimeout)
	defer cancel()
	for try := 0; ; try++ {
		done, failure := s.try(ctx, sid, to.method, requestURL, params, limits, token)
		a.attempts = append(a.attempts, done)
		if failure == "" {
			return a
		}
		if try == limits.retries || !limits.retry(failure) || ctx.Err() != nil {
			a.failed = true
			a.faults = append(a.faults, failureFault(done, failure))
			return a
		}
	}
}

// try makes one attempt. The failure is empty for a 2xx, else a word of the retry policy,
// "3xx", or "dns" for a host that does not exist.
func (s *Simulator) try(ctx context.Context, sid, method, requestURL string, params url.Values, limits overrides, token string) (attempt, string) {
	req, err := webhookRequest(method, requestURL, params, s.config.AuthToken)
	if err != nil {
		return attempt{URL: requestURL, Error: err.Error()}, "dns"
	}
	req.Header.Set("I-Twilio-Idempotency-Token", token)

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	connecting := time.AfterFunc(limits.connect, func() { cancel(errConnectTimeout) })
	defer connecting.Stop()
	reading := time.AfterFunc(limits.total, func() { cancel(errReadTimeout) })
	defer reading.Stop()
	connected := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) {
			connected = true
			connecting.Stop()
			reading.Reset(limits.read)
		},
	})

	began := time.Now()
	result := attempt{URL: req.URL.String()}
	resp, err := s.client.Do(req.WithContext(ctx))
	if err == nil {
		defer resp.Body.Close()
		var body []byte
		body, err = io.ReadAll(io.LimitReader(patient{resp.Body, reading, limits.read}, maxDocument+1))
		result.Status = resp.StatusCode
		result.ContentType = resp.Header.Get("Content-Type")
		result.Body = string(body)
	}
	result.DurationMS = time.Since(began).Milliseconds()
	failure := ""
	if err != nil {
		failure = networkFailure(err, connected)
		result.Status = 0
		result.Error = plainError(ctx, err)
	} else if !result.succeeded() {
		failure = fmt.Sprintf("%dxx", result.Status/100)
	}
	s.overheard(exchange{At: s.config.Now(), SID: sid, Method: method, Headers: req.Header, Params: params, attempt: result})
	s.config.Log(fmt.Sprintf("%s %s %s: %s (%d ms)", sid, method, requestURL, cmp.Or(result.Error, http.StatusText(result.Status)), result.DurationMS))
	return result, failure
}

// patient reads a body and gives each packet the read time anew.
type patient struct {
	body  io.Reader
	timer *time.Timer
	limit time.Duration
}

func (p patient) Read(into []byte) (int, error) {
	p.timer.Reset(p.limit)
	return p.body.Read(into)
}

// webhookRequest builds a request as Twilio sends it. By GET the parameters are part of
// the URL, and signed as such (docs/usage/security).
func webhookRequest(method, requestURL string, params url.Values, authToken string) (*http.Request, error) {
	signed, body := params, params.Encode()
	if method == http.MethodGet {
		separator := "?"
		if strings.Contains(requestURL, "?") {
			separator = "&"
		}
		requestURL, signed, body = requestURL+separator+body, nil, ""
	}
	req, err := http.NewRequest(method, requestURL, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if method != http.MethodGet {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	}
	req.Header.Set("User-Agent", "TwilioProxy/1.1")
	req.Header.Set("Accept", "*/*")
	req.Header.Set("X-Twilio-Signature", Sign(authToken, requestURL, signed))
	return req, nil
}

func networkFailure(err error, connected bool) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "dns"
	case connected:
		return "rt"
	default:
		return "ct"
	}
}

// plainError leaves out the URL, which stands beside it, and names the limit that struck.
func plainError(ctx context.Context, err error) string {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause.Error()
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the connection was closed before the answer was complete"
	}
	return err.Error()
}

// failureFault gives a failed attempt its entry in Twilio's debugger (docs/api/errors).
func failureFault(a attempt, failure string) fault {
	switch failure {
	case "dns":
		return fault{11210, a.Error}
	case "ct", "rt":
		return fault{11205, a.Error}
	case "4xx", "5xx":
		return fault{11217, fmt.Sprintf("the webhook answered %d %s", a.Status, http.StatusText(a.Status))}
	default:
		return fault{11200, fmt.Sprintf("the webhook answered %d: give Twilio the final URL, a redirect loses the text", a.Status)}
	}
}

// fetched is what a number's hooks brought: a document to perform, or nil after all failed.
type fetched struct {
	document *document
	attempts []attempt
	faults   []fault
}

// fetch asks the hooks in turn, the URL and then its fallback, until one brings a document.
// A fallback is told why it is asked, in ErrorCode and ErrorUrl
// (docs/voice/twiml, docs/messaging/guides/webhook-request). Faults are recorded.
func (s *Simulator) fetch(ctx context.Context, sid string, hooks []hook, params url.Values, plainVerb string) fetched {
	var all fetched
	for _, to := range hooks {
		if to.url == "" {
			continue
		}
		if n := len(all.faults); n > 0 {
			params = maps.Clone(params) // the attempts before keep theirs
			params.Set("ErrorCode", fmt.Sprint(all.faults[n-1].Code))
			params.Set("ErrorUrl", all.attempts[len(all.attempts)-1].URL)
		}
		got := s.ask(ctx, sid, to, params)
		all.attempts = append(all.attempts, got.attempts...)
		faults := got.faults
		if !got.failed {
			doc, wrong := parseTwiML(got.url, got.last().ContentType, got.last().Body, plainVerb)
			faults = append(faults, wrong...)
			all.document = doc
		}
		for _, f := range faults {
			s.record(sid, got.url, f)
		}
		all.faults = append(all.faults, faults...)
		if all.document != nil {
			break
		}
	}
	return all
}
