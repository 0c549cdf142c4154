package clienteling

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// NewID returns a UUIDv7 (RFC 9562) for the moment at. Ids sort as their moments
// do, down to a quarter of a microsecond (section 6.2, method 3), which keeps
// texts that arrive in the same millisecond in order.
func NewID(at time.Time) string {
	var u [16]byte
	_, _ = rand.Read(u[:]) // never fails: it ends the process rather than give weak bytes
	fraction := uint64(at.Nanosecond()) % 1e6 << 12 / 1e6
	binary.BigEndian.PutUint64(u[:8], uint64(at.UnixMilli())<<16|0x7000|fraction)
	u[8] = u[8]&0x3f | 0x80

	var s [36]byte
	hex.Encode(s[0:8], u[0:4])
	hex.Encode(s[9:13], u[4:6])
	hex.Encode(s[14:18], u[6:8])
	hex.Encode(s[19:23], u[8:10])
	hex.Encode(s[24:36], u[10:16])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}
