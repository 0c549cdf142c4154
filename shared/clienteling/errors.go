package clienteling

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Kind says what sort of trouble an Error is. Each edge renders kinds in its own
// terms: the HTTP API as a status, a worker as retry or drop, a webhook as TwiML.
type Kind int

// The kinds. The zero value is Internal, so a forgotten kind is never mistaken
// for the caller's fault.
const (
	// Internal is a fault of ours; the caller can only try again later.
	Internal Kind = iota
	// Invalid is a request that can never work as it is: not JSON, an unknown field, a wrong type.
	Invalid
	// Unauthenticated is a request without a usable proof of who sends it.
	Unauthenticated
	// Forbidden is a known caller who may not do this.
	Forbidden
	// NotFound also hides records of other retailers and stores.
	NotFound
	// Conflict is a request that the current state refuses.
	Conflict
	// Stale is a change to something that has changed since it was read.
	Stale
	// TooLarge is a body over the limit.
	TooLarge
	// Unprocessable is well-formed, but breaks a rule.
	Unprocessable
	// TooMany is over a guard's rate; it may be sent again later.
	TooMany
	// Unavailable is a part we depend on failing; retrying is safe.
	Unavailable
)

// Error is the one error type of the product. Code is stable and machine-readable
// (snake_case); Detail tells the caller what to do next and may be shown to them;
// the wrapped cause is for logs only.
type Error struct {
	Kind   Kind
	Code   string
	Detail string
	Fields []FieldError
	// RetryAfter is when the same may be tried again; zero when waiting does not help.
	RetryAfter time.Duration
	cause      error
}

// FieldError is one bad field of a request. Pointer is a JSON pointer (RFC 6901)
// into its body, or the name of a query parameter.
type FieldError struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

// E makes an Error. The detail is written for the caller: what to do next.
func E(kind Kind, code, detail string, args ...any) *Error {
	if len(args) > 0 {
		detail = fmt.Sprintf(detail, args...)
	}
	return &Error{Kind: kind, Code: code, Detail: detail}
}

// Because returns a copy of e that wraps cause, for logs and errors.Is.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Fields = slices.Clone(e.Fields)
	c.cause = cause
	return &c
}

// With returns a copy of e that also names a bad field.
func (e *Error) With(pointer, detail string) *Error {
	c := *e
	c.Fields = append(slices.Clone(e.Fields), FieldError{pointer, detail})
	return &c
}

// After returns a copy of e that says when the same may be tried again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.Fields = slices.Clone(e.Fields)
	c.RetryAfter = d
	return &c
}

// Error is for logs: the code, the detail and the cause.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.Detail + ": " + e.cause.Error()
	}
	return e.Code + ": " + e.Detail
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is an Error of the same code, so that
// errors.Is(err, ErrNotFound) holds for every copy of it.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code
}

// ErrNotFound says that there is no such record, or none the caller may know of.
var ErrNotFound = E(NotFound, "not_found", "There is no such record here. Check the id, and that it belongs to your retailer and your stores.")
