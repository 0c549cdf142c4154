package scenario

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/local/twilio"
)

// Event reads events/<name>.json, where name is "inbound-sms/text".
func Event(t testing.TB, name string) Request {
	t.Helper()
	var r Request
	if err := json.Unmarshal(eventText(t, name), &r); err != nil {
		t.Fatalf("events/%s.json: %v", name, err)
	}
	return r
}

func eventText(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(path(t, "events", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Moment is when the gateway took the request: the clock of its scenario.
func Moment(r Request) time.Time { return time.UnixMilli(r.RequestContext.TimeEpoch).UTC() }

// Webhook is the webhook of an event file with other parameters, signed anew. A
// parameter set to "" is there and empty.
func Webhook(t testing.TB, name string, parameters map[string]string) Request {
	t.Helper()
	r := Event(t, name)
	form, err := Form(r)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range parameters {
		form.Set(name, value)
	}
	r.Body, r.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(form.Encode())), true
	r.Headers["x-twilio-signature"] = Signature(r, form)
	return r
}

// Form reads the parameters of a webhook.
func Form(r Request) (url.Values, error) {
	body := []byte(r.Body)
	if r.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(r.Body); err != nil {
			return nil, err
		}
	}
	return url.ParseQuery(string(body))
}

// Signature is what Twilio signs a webhook with when the seed's account sends these
// parameters to the seed's public address.
func Signature(r Request, form url.Values) string {
	address := seed.PublicBaseURL + r.RawPath
	if r.RawQueryString != "" {
		address += "?" + r.RawQueryString
	}
	return twilio.Sign(seed.AuthToken, address, form)
}
