package apigw

import (
	"strconv"
	"strings"

	"clienteling/shared/clienteling"
)

// ETag is the header of an answer that shows something which may be edited, by the
// version it has.
func ETag(version int) map[string]string {
	return map[string]string{"etag": strconv.Quote(strconv.Itoa(version))}
}

// errStale says that an If-Match names another version than there is.
var errStale = clienteling.E(clienteling.Stale, "stale",
	"This has changed since you read it, or the If-Match is not an ETag of it. Read it again, and make your change to what is there now.")

// Match compares the request's If-Match with the version of what is about to be
// changed; 0 is that of something that is not there yet. Without the header, any
// version will do.
func (c *Call) Match(version int) error {
	header := c.Headers["if-match"]
	if header == "" {
		return nil
	}
	want := ETag(version)["etag"]
	for _, tag := range strings.Split(header, ",") {
		if tag = strings.TrimSpace(tag); version > 0 && (tag == "*" || tag == want) {
			return nil
		}
	}
	return errStale
}
