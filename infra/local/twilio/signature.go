package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"maps"
	"net/url"
	"slices"
)

// Sign computes X-Twilio-Signature: base64 of the HMAC-SHA1, under the auth token, of the
// URL followed by every parameter's name and value, sorted by name (docs/usage/security).
// A name that comes more than once adds each of its different values, sorted, as Twilio's
// own Node and Python helpers do. The URL must be the one requested, to the letter and
// without its fragment.
func Sign(authToken, requestURL string, params url.Values) string {
	mac := hmac.New(sha1.New, []byte(authToken))
	io.WriteString(mac, requestURL)
	for _, name := range slices.Sorted(maps.Keys(params)) {
		for _, value := range slices.Compact(slices.Sorted(slices.Values(params[name]))) {
			io.WriteString(mac, name+value)
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
