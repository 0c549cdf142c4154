package apigw

import "time"

// Moment is a time as the API writes it: RFC 3339 in UTC, with milliseconds, so that
// what is answered now and what is read later are the same; "" for none.
func Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
