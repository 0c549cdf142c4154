package apigw

import (
	"crypto/sha256"
	"encoding/base64"

	"clienteling/shared/clienteling"
)

// sumBytes of the checksum stand before the position: enough that no accident passes.
const sumBytes = 8

// EncodeCursor packs a position in a list into a cursor for the caller. The list
// says whose and which one it is, "inbox/acme/hamburg-1", so that a cursor works in
// its own list only.
//
// A cursor is base64url(first 8 bytes of SHA-256(list, 0, position), position). It is
// opaque, not secret, and not a proof: whoever uses the position checks again that it
// lies in the caller's own partition.
func EncodeCursor(list, position string) string {
	sum := sha256.Sum256([]byte(list + "\x00" + position))
	return base64.RawURLEncoding.EncodeToString(append(sum[:sumBytes:sumBytes], position...))
}

// DecodeCursor returns the position in a cursor made for the same list. A foreign,
// shortened, altered or invented one is 400 invalid_cursor.
func DecodeCursor(list, cursor string) (position string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil && len(raw) > sumBytes {
		position = string(raw[sumBytes:])
	}
	// Encoding again compares the checksum and the spelling, of which base64 allows several.
	if position == "" || EncodeCursor(list, position) != cursor {
		return "", clienteling.E(clienteling.Invalid, "invalid_cursor",
			"This cursor is not one of this list. Send the cursor of the page before unchanged, with the same parameters, or leave it out to start again.").
			With("cursor", "Not a cursor of this list.")
	}
	return position, nil
}
