// Package twilio is a stateful stand-in for Twilio, inbound side: phone numbers,
// customers' phones, signed webhooks and TwiML, over HTTP on the loopback interface.
// A customer's text or call goes to the webhook of the number as Twilio would send it,
// with its parameters, signature, timeouts and retries, and what the webhook answers
// is performed. Rules name the page of twilio.com/docs they come from.
//
// # The handset
//
// GET / is a page for people: be a customer, text a store, call it, and see what
// happened, on the phone and on the wire.
//
// # The control interface
//
// For tests and for the page. JSON in and out, UTF-8; times are RFC 3339, numbers E.164
// ("+14155550100"; the plus may stand in a path as it is or as %2B). Unknown fields are
// refused. An error is {"error": "what to do"} with status 400 (malformed), 404 (no such
// number), 409 (the SID belongs to another text) or 422 (Twilio could not do that).
//
//	GET  /control/numbers          {"numbers": [Number]}, by phone number
//	PUT  /control/numbers/{e164}   a Number: creates or replaces it
//	POST /control/texts            a customer texts a number; answers when every delivery
//	                               and its retries ended:
//	    {"from", "to", "body", "media": [{"contentType", "data": base64}], "mediaUrls": [],
//	     "messageSid", "times": 1, "atOnce": false, "delayMs": 0, "extra": {"k": "v"}}
//	    Only from and to are required. A PNG or JPEG without data is drawn; mediaUrls are
//	    sent as they are; times posts the same text again, one after the other with delayMs
//	    between, or all at once; extra parameters are added to Twilio's and win over them.
//	    -> {"messageSid", "params", "deliveries": [{"attempts": [{"url", "status", "error",
//	        "durationMs", "body", "contentType"}], "messages": [{"to", "from", "body",
//	        "media"}], "errors": [{"code", "detail"}]}], "twilioReply": {"body"} or null}
//	POST /control/calls            a customer calls a number; answers when the call ended.
//	                               No time passes: seconds are only reported:
//	    {"from", "to", "store": "answered|no-answer|busy|failed|canceled", "seconds": 30,
//	     "extra": {}}; canceled: the caller gives up while it rings
//	    -> {"callSid", "steps": [Step], "outcome"}; the outcome is that of the last number
//	       dialled (the words of store), else "completed", "rejected" or "error"
//	POST /control/requests         any request, signed or forged; answers what came back:
//	    {"path" or "url", "method": "POST", "params": {"k": "v" or ["v", "w"]},
//	     "sign": "valid|missing|forged|foreign", "signature", "headers": {}}
//	    path is on the origin of the numbers' webhooks; foreign signs with another
//	    account's token; signature is sent as it is.
//	    -> {"status", "headers", "body"}
//	GET  /control/requests         {"requests": [...]}: the last webhook requests and their
//	                               answers, newest first
//	GET  /control/phones/{e164}    {"phone", "blocked": [...], "items": [Item]}: what this
//	                               customer's phone shows, in time order; blocked are the
//	                               numbers whose texts Twilio keeps from it
//	GET  /control/errors           {"errors": [...]}: Twilio's debugger, newest first
//	GET  /control/events           text/event-stream; a line of JSON whenever something
//	                               changed: {"changed": "text|call|number|error|request",
//	                               "phone"}
//	GET  /healthz                  {"status": "ok"}
//
// Media of texts are at Twilio's own paths, without authentication as on a new account:
// /2010-04-01/Accounts/{AC}/Messages/{SM}/Media/{ME}.
//
// # What it does not do
//
// Outbound texts and calls by REST, short codes' and toll-free numbers' own opt-out
// rules, messaging services, TwiML beyond Message, Dial, Say, Pause, Redirect, Hangup and
// Reject. Redirect answers of a webhook are not followed: after a 301 or 302 Twilio asks
// again by GET, without the text, which no webhook can use. It believes whoever can reach
// its port (other than foreign web pages in a browser): a development tool, not a service.
package twilio

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// Config is what a Simulator needs to know. Log and StateFile are optional.
type Config struct {
	AccountSID string // AC and 32 hex digits
	AuthToken  string // signs every webhook request; never empty

	// StateFile keeps numbers, texts, calls and block list over a restart, as JSON,
	// replaced atomically soon after a change. Empty: everything is in memory.
	StateFile string

	BaseURL func() string     // the simulator's own origin, as a webhook reaches it; starts the URLs of media
	Now     func() time.Time  // the clock; nil: time.Now
	Log     func(line string) // told what went over the wire, a line each, without texts and numbers
}

// Simulator is the stand-in. It is an http.Handler for the handset, the control
// interface and media. Make one with New.
type Simulator struct {
	config  Config
	handler http.Handler
	client  *http.Client

	// closing ends what outlives a control request: deliveries go on when the one who
	// asked for them has left, as Twilio's would.
	closing context.Context
	close   context.CancelFunc

	mu        sync.Mutex
	state     state
	errors    []errorRecord
	exchanges []exchange
	listeners map[chan event]struct{}

	changed chan struct{} // wakes the saver; one slot, as one write covers many changes
	saved   chan error    // the saver's last word
}

// How much is remembered. The oldest goes first.
const (
	maxErrors    = 200
	maxExchanges = 100
)

var (
	accountSID = regexp.MustCompile(`^AC[0-9a-f]{32}$`)
	messageSID = regexp.MustCompile(`^(SM|MM)[0-9a-f]{32}$`)
)

// New starts a simulator with the state of its file, if there is one. Errors say which
// setting is wrong, or why the file cannot be used.
func New(config Config) (*Simulator, error) {
	switch {
	case !accountSID.MatchString(config.AccountSID):
		return nil, fmt.Errorf("twilio: account SID %q: want AC and 32 hex digits", config.AccountSID)
	case config.AuthToken == "":
		return nil, errors.New("twilio: the auth token is empty: anyone could forge what it signs")
	case config.BaseURL == nil:
		return nil, errors.New("twilio: BaseURL is missing: the URLs of media start with it")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = func(string) {}
	}
	loaded, err := loadState(config.StateFile)
	if err != nil {
		return nil, err
	}
	s := &Simulator{
		config:    config,
		client:    webhookClient(),
		state:     loaded,
		listeners: map[chan event]struct{}{},
		changed:   make(chan struct{}, 1),
		saved:     make(chan error, 1),
	}
	s.closing, s.close = context.WithCancel(context.Background())
	s.handler = http.NewCrossOriginProtection().Handler(s.routes())
	go s.keepSaved()
	return s, nil
}

// ServeHTTP answers the handset, the control interface and media.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handler.ServeHTTP(w, r)
}

// Close ends event streams and deliveries under way and writes the state file. Call it
// before shutting the HTTP server down, which would wait for the event streams.
func (s *Simulator) Close() error {
	s.close()
	err := <-s.saved
	s.saved <- err // a second Close answers the same
	s.client.CloseIdleConnections()
	return err
}

// webhookClient keeps connections open, as Twilio does, and follows no redirect. The
// time limits are each request's own (see overrides), so it has none.
func webhookClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{}).DialContext,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newSID makes a SID of the given two-letter kind.
func newSID(kind string) string {
	var random [16]byte
	rand.Read(random[:]) // never fails, says crypto/rand
	return kind + hex.EncodeToString(random[:])
}
