package apigw

import (
	"crypto/sha256"
	"encoding/base64"

	"clienteling/shared/clienteling"
)

// maxIdempotencyKey is the longest Idempotency-Key, in characters.
const maxIdempotencyKey = 255

// Idempotency returns the request's Idempotency-Key as the name it is kept under,
// bound to the caller and the very path, so that nobody meets another's; and the
// fingerprint of the body that it stands for. Both are empty without the header.
func (c *Call) Idempotency() (key, fingerprint string, err error) {
	given := c.Headers["idempotency-key"]
	if given == "" {
		return "", "", nil
	}
	if len(given) > maxIdempotencyKey {
		return "", "", clienteling.E(clienteling.Invalid, "idempotency_key_invalid", "An Idempotency-Key has at most %d characters; a UUID will do.", maxIdempotencyKey)
	}
	return digest(c.Caller.Subject + "\x00" + c.RequestContext.HTTP.Method + " " + c.RawPath + "\x00" + given), digest(string(c.body)), nil
}

// ErrKeyReused says that an Idempotency-Key came with another body before.
var ErrKeyReused = clienteling.E(clienteling.Unprocessable, "idempotency_key_reused",
	"This Idempotency-Key was used for another request. Use a new one for every new request.")

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}
