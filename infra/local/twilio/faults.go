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
	SID   string    `json:"sid"` // the text, call or number; empty for what was refused before it had one
	URL   string    `json:"url"` // the webhook, the medium, or the path of the REST API
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
	11751: "Media Message - Media exceeds messaging size limit",
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
	20001: "Unknown parameters",
	20003: "Permission denied",
	20404: "Not found",
	20429: "Too Many Requests",
	20500: "Internal server error",
	20503: "Service unavailable",
	21211: "Invalid 'To' phone number",
	21212: "Invalid 'From' phone number",
	21266: "'To' and 'From' numbers cannot be the same",
	21402: "Invalid Url",
	21403: "Invalid Method",
	21404: "Inbound Phone number not available to trial account",
	21405: "Cannot set VoiceFallbackUrl without setting Url",
	21406: "Cannot set SmsFallbackUrl without setting SmsUrl",
	21407: "This Phone Number type does not support SMS",
	21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
	21421: "Phone Number is invalid",
	21422: "PhoneNumber is not available",
	21451: "Invalid area code",
	21452: "No phone numbers found in area code",
	21602: "Message body is required",
	21603: "'From' phone number is required to send a Message",
	21604: "'To' phone number is required to send a Message",
	21606: "The 'From' phone number is not a valid, SMS-capable inbound phone number or short code for your account",
	21609: "Invalid 'StatusCallback' URL",
	21610: "Attempt to send to unsubscribed recipient",
	21611: "This 'From' number has exceeded the maximum number of queued messages",
	21612: "The 'To' phone number is not currently reachable via SMS",
	21613: "PhoneNumber Requires Certification",
	21614: "'To' number is not a valid mobile number",
	21615: "Phone Number Requires a Local Address",
	21617: "The concatenated message body exceeds the 1600 character limit",
	21620: "Invalid media URL(s)",
	21621: "The 'From' number has not been enabled for MMS",
	21623: "Number of media files exceeds allowed limit",
	21631: "Phone Number Requires an Address",
	21649: "Phone Number Requires a Bundle",
	21650: "Phone Number Requires a Verified Identity Document",
	21651: "Document does not satisfy regulatory requirement",
	21701: "The Messaging Service does not exist",
	22300: "This account is restricted from provisioning new long code phone numbers",
	30001: "Queue overflow",
	30003: "Unreachable destination handset",
	30004: "Message blocked",
	30005: "Unknown destination handset",
	30006: "Landline or unreachable carrier",
	30007: "Message filtered",
	30008: "Unknown error",
	30034: "Message from an unregistered number",
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
