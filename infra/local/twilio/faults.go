package twilio

import (
	"fmt"
	"slices"
	"time"
)

// fault is an entry of Twilio's error dictionary (docs/api/errors) and what it is about.
type fault struct {
	Code   int    `json:"code"`
	Detail string `json:"detail"`
}

// errorRecord is a fault as the debugger shows it.
type errorRecord struct {
	At    time.Time `json:"at"`
	SID   string    `json:"sid"` // the text or call
	URL   string    `json:"url"` // the webhook
	Title string    `json:"title"`
	fault
}

// titles are Twilio's own, for the codes this package uses.
var titles = map[int]string{
	11100: "Invalid URL format",
	11200: "HTTP retrieval failure",
	11205: "HTTP connection failure",
	11210: "HTTP bad host name",
	11215: "HTTP too many redirects",
	11217: "HTTP error response code",
	11243: "HTTP retry policy is invalid",
	11750: "TwiML response body too large",
	11770: "Empty response body",
	12100: "Document parse failure",
	12102: "The root element must be Response",
	12200: "Schema validation warning",
	12300: "Invalid Content-Type",
	13210: "Dial: Invalid method value",
	13212: "Dial: Invalid timeout value",
	13214: "Dial: Invalid callerId value",
	13215: "Dial: Invalid nested element",
	13216: "Dial: Invalid timeLimit value",
	13223: "Dial: Invalid phone number format",
	13520: "Say: Invalid text",
	14101: "Invalid \"To\" attribute",
	14102: "Invalid \"From\" attribute",
	14103: "Invalid Body",
	21610: "Attempt to send to unsubscribed recipient",
}

// record enters a fault in the debugger.
func (s *Simulator) record(sid, url string, f fault) {
	s.config.Log(fmt.Sprintf("%s error %d %s: %s", sid, f.Code, titles[f.Code], f.Detail))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errors = append(s.errors, errorRecord{At: s.config.Now(), SID: sid, URL: url, Title: titles[f.Code], fault: f})
	s.errors = slices.Delete(s.errors, 0, max(0, len(s.errors)-maxErrors))
	s.tell(event{Changed: "error"})
}

// overheard keeps an exchange for those who look at the wire.
func (s *Simulator) overheard(e exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exchanges = append(s.exchanges, e)
	s.exchanges = slices.Delete(s.exchanges, 0, max(0, len(s.exchanges)-maxExchanges))
	s.tell(event{Changed: "request"})
}

// newestFirst copies a history, latest entry first.
func newestFirst[T any](history []T) []T {
	twin := append(make([]T, 0, len(history)), history...)
	slices.Reverse(twin)
	return twin
}
