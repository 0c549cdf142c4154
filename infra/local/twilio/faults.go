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
	18001: "Invalid document submission",
	18011: "Business name mismatch",
	18014: "Invalid or incomplete address provided",
	18024: "Failed to upload an unprocessable document",
	18050: "Issue with the Supporting Document(s)",
	18099: "Rejected test bundle",
	18602: "The Business ID you provided could not be verified",
	20001: "Unknown parameters",
	20003: "Permission denied",
	20009: "Cannot delete this resource before it is complete",
	20404: "Not found",
	20409: "Conflict",
	20429: "Too Many Requests",
	20500: "Internal server error",
	20503: "Service unavailable",
	21211: "Invalid 'To' phone number",
	21212: "Invalid 'From' phone number",
	21238: "Address Validation Error",
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
	21628: "Address Validation Error",
	21631: "Phone Number Requires an Address",
	21648: "Regulatory Bundle cannot be deleted due to active number assignment",
	21649: "Phone Number Requires a Bundle",
	21650: "Phone Number Requires a Verified Identity Document",
	21651: "Document does not satisfy regulatory requirement",
	21701: "The Messaging Service does not exist",
	21710: "Phone Number or Short Code is already in the Messaging Service",
	21712: "Phone Number or Short Code is associated with another Messaging Service",
	21714: "Messaging Service Number Pool size limit reached",
	21715: "Phone Number Does Not Have Correct Messaging Service Capabilities",
	21717: "Brand Registration SID for US A2P Campaign Use Case is Not Registered or Not Valid",
	22200: "Invalid End-User Type or Number Type",
	22201: "No regulation sid found for the given number group",
	22202: "No regulation sid or phone number country and type was provided",
	22203: "Unable to parse bundle status",
	22204: "Bundle status and properties cannot be updated in the same request",
	22205: "Attempting to assign invalid object_sid to Bundle",
	22206: "Attempting to add invalid object type to bundle",
	22207: "Unable to parse attributes JSON",
	22210: "Cannot create a Supporting Document with no Type",
	22211: "Cannot create a Supporting Document with no FriendlyName",
	22212: "Invalid End-User Type in request",
	22213: "Invalid Number Type in request",
	22214: "Missing End User",
	22215: "Missing End-User field",
	22216: "Missing Supporting Document",
	22217: "Missing Supporting Document field",
	22218: "The Supporting Document field does not match the field in the End-User",
	22219: "An Address is missing",
	22300: "This account is restricted from provisioning new long code phone numbers",
	30001: "Queue overflow",
	30003: "Unreachable destination handset",
	30004: "Message blocked",
	30005: "Unknown destination handset",
	30006: "Landline or unreachable carrier",
	30007: "Message filtered",
	30008: "Unknown error",
	30034: "Message from an unregistered number",
	30793: "Brand Registration Failure: Validation problems with connected bundles",
	30799: "Brand Registration Feedback: We were unable to verify the details of the registration data",
	30893: "Campaign vetting rejection - Inconsistency between Sample Message and Use-case",
	70002: "Invalid request",
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
