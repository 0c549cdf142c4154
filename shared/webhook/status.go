package webhook

import (
	"net/url"

	"clienteling/shared/clienteling"
)

// TextKey names an outbound text, by ids only.
type TextKey struct{ Retailer, Store, Customer, Message string }

// StatusURL is where Twilio tells how far a text is. It names the text, so that
// even a text whose SID we never learned is found; Twilio's signature covers it.
func StatusURL(publicBaseURL string, k TextKey) string {
	q := url.Values{"r": {k.Retailer}, "s": {k.Store}, "c": {k.Customer}, "m": {k.Message}}
	return publicBaseURL + "/webhooks/twilio/sms/status?" + q.Encode() + retries
}

// RegistrationKey names a registration.
type RegistrationKey struct{ Retailer, Country string }

// BundleURL is where Twilio tells that a registration's bundle has a new status. It
// names the registration; what it is by then is fetched.
func BundleURL(publicBaseURL string, k RegistrationKey) string {
	return publicBaseURL + "/webhooks/twilio/bundle?" + url.Values{"r": {k.Retailer}, "c": {k.Country}}.Encode() + retries
}

// Registration reads which registration a bundle's status callback is about. An
// Invalid error: our key is not in its URL.
func (p Params) Registration() (RegistrationKey, error) {
	k := RegistrationKey{p.query("r"), p.query("c")}
	if k.Retailer == "" || k.Country == "" {
		return k, clienteling.E(clienteling.Invalid, "not_a_registration", "A status callback of a bundle has our key in its URL.")
	}
	return k, nil
}

// SmsURL is where Twilio posts a text to one of our numbers.
func SmsURL(publicBaseURL string) string { return publicBaseURL + "/webhooks/twilio/sms" + retries }

// VoiceURL is where Twilio asks what to do with a call to one of our numbers.
func VoiceURL(publicBaseURL string) string { return publicBaseURL + "/webhooks/twilio/voice" + retries }

// retries asks Twilio to deliver again what we failed to take; by default it gives
// up on any 5xx.
// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
const retries = "#rc=2&rp=ct,rt,5xx"

// Status is what Twilio says of an outbound text. They repeat, and come in any order.
// https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
type Status struct {
	Text TextKey
	// SID is SM... or MM...
	SID        string
	AccountSID string
	// Status is Twilio's word, Code the error it failed with, "" for none.
	Status, Code string
}

// Status reads a status callback. An Invalid error: it is not about a text of ours.
func (p Params) Status() (Status, error) {
	s := Status{
		Text: TextKey{p.query("r"), p.query("s"), p.query("c"), p.query("m")},
		SID:  p.Get("MessageSid"), AccountSID: p.Get("AccountSid"), Status: p.Get("MessageStatus"),
	}
	if code := p.Get("ErrorCode"); code != "0" {
		s.Code = code
	}
	if s.SID == "" || s.Status == "" || s.Text.Message == "" {
		return Status{}, clienteling.E(clienteling.Invalid, "not_a_status", "A status callback has MessageSid and MessageStatus, and our key in its URL.")
	}
	return s, nil
}
