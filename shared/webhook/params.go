package webhook

import (
	"net/url"
	"strconv"
	"strings"

	"clienteling/shared/clienteling"
)

// Params are the parameters of a verified webhook.
type Params url.Values

// Get returns a parameter's first value, or "". It is UTF-8, as DynamoDB's strings
// must be: what was sent as anything else shows U+FFFD in its place.
func (p Params) Get(name string) string {
	return strings.ToValidUTF8(url.Values(p).Get(name), "\uFFFD")
}

// Account is the account that a webhook is from. Twilio's products do not agree on how
// to write its name.
func (p Params) Account() string {
	for _, name := range []string{"AccountSid", "AccountSID", "accountSid", "account_sid"} {
		if sid := p.Get(name); sid != "" {
			return sid
		}
	}
	return ""
}

// addQuery adds what we put into the query of the URL that Twilio called. Twilio's
// own names never begin with a question mark.
func (p Params) addQuery(raw string) error {
	if raw == "" {
		return nil
	}
	query, err := url.ParseQuery(raw)
	if err != nil {
		return clienteling.E(clienteling.Invalid, "bad_query", "The query of the URL cannot be read.").Because(err)
	}
	for name, values := range query {
		p["?"+name] = values
	}
	return nil
}

// query returns what we put into the URL's query under a name, or "".
func (p Params) query(name string) string { return p.Get("?" + name) }

// Text is an inbound text.
// https://www.twilio.com/docs/messaging/guides/webhook-request
type Text struct {
	// SID is SM... or MM...; Twilio's retries carry the same one.
	SID        string
	AccountSID string
	// From is the customer: E.164, or a short code or name as the carrier gave it.
	From string
	// To is the clienteling number, E.164.
	To    string
	Body  string
	Media []clienteling.Media
	// OptOutType is STOP, START or HELP when Advanced Opt-Out has answered; else empty.
	OptOutType string
}

// maxMedia is how many media one text may carry.
const maxMedia = 10

// Text reads an inbound text. An Invalid error: what makes a text is missing.
func (p Params) Text() (Text, error) {
	t := Text{
		SID: p.Get("MessageSid"), AccountSID: p.Get("AccountSid"), From: p.Get("From"), To: p.Get("To"),
		Body: p.Get("Body"), OptOutType: p.Get("OptOutType"),
	}
	if t.SID == "" || t.From == "" || t.To == "" {
		return Text{}, clienteling.E(clienteling.Invalid, "not_a_text", "An inbound text has MessageSid, From and To.")
	}
	// NumMedia is not asked: what was sent are the URLs.
	for n := range maxMedia {
		number := strconv.Itoa(n)
		url := p.Get("MediaUrl" + number)
		if url == "" {
			break
		}
		t.Media = append(t.Media, clienteling.Media{URL: url, ContentType: p.Get("MediaContentType" + number)})
	}
	return t, nil
}

// Call is an inbound call, or the end of the forwarded leg of one.
// https://www.twilio.com/docs/voice/twiml#request-parameters
type Call struct {
	// SID is CA...
	SID        string
	AccountSID string
	// From is the caller; not always a number ("anonymous", "+266696687").
	From string
	// To is the clienteling number, E.164.
	To string
	// DialStatus is how the forwarded leg ended (completed, busy, no-answer,
	// failed, canceled); empty before it.
	DialStatus string
}

// Call reads an inbound call. An Invalid error: what makes a call is missing.
func (p Params) Call() (Call, error) {
	c := Call{
		SID: p.Get("CallSid"), AccountSID: p.Get("AccountSid"), From: p.Get("From"), To: p.Get("To"),
		DialStatus: p.Get("DialCallStatus"),
	}
	if c.SID == "" || c.To == "" {
		return Call{}, clienteling.E(clienteling.Invalid, "not_a_call", "An inbound call has CallSid and To.")
	}
	return c, nil
}

// OfAccount is the last proof a webhook needs: that the account that signed it
// owns the number it speaks of. Otherwise one account of ours could write into
// another's conversations.
func OfAccount(signed string, n clienteling.Number) error {
	if signed != n.AccountSID {
		return errForged
	}
	return nil
}
