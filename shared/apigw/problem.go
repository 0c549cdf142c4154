package apigw

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"time"

	"clienteling/shared/clienteling"
)

// Problem is the body of every error answer: RFC 9457 problem details, with the
// members code, errors and requestId of our own. Clients decide by code; title and
// detail are for people and may be reworded.
type Problem struct {
	Type      string                   `json:"type"` // always about:blank: the code says more than a URL would
	Title     string                   `json:"title"`
	Status    int                      `json:"status"`
	Code      string                   `json:"code"`
	Detail    string                   `json:"detail"`
	Errors    []clienteling.FieldError `json:"errors,omitempty"`
	RequestID string                   `json:"requestId"`
}

// refuse answers with a problem and logs it. Only a fault of ours is logged with its
// cause: the details of the caller's own faults may quote what they sent.
func (o Options) refuse(ctx context.Context, c *Call, header map[string]string, err error) Response {
	e := explain(err)
	status := Status(e.Kind)
	attributes := []slog.Attr{
		slog.String("requestId", c.ID()),
		slog.String("route", c.RouteKey),
		slog.String("retailer", c.Caller.Retailer),
		slog.Int("status", status),
		slog.String("code", e.Code),
	}
	if status >= 500 {
		attributes = append(attributes, slog.String("error", err.Error()))
		o.Log.LogAttrs(ctx, slog.LevelError, "call failed", attributes...)
	} else {
		o.Log.LogAttrs(ctx, slog.LevelInfo, "call refused", attributes...)
	}
	// A problem consists of strings and a number: encoding it cannot fail.
	body, _ := encode(Problem{
		Type:      "about:blank",
		Title:     http.StatusText(status),
		Status:    status,
		Code:      e.Code,
		Detail:    e.Detail,
		Errors:    e.Fields,
		RequestID: c.ID(),
	})
	if e.RetryAfter > 0 {
		// Whole seconds, rounded up: whoever comes back then is not too early.
		header = maps.Clone(header)
		if header == nil {
			header = map[string]string{}
		}
		header["retry-after"] = strconv.Itoa(int((e.RetryAfter + time.Second - 1) / time.Second))
	}
	return respond(status, "application/problem+json", header, c.ID(), body)
}

// explain finds what a handler's error may tell the caller.
func explain(err error) *clienteling.Error {
	var known *clienteling.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded):
		return clienteling.E(clienteling.Unavailable, "timeout", "This took too long. Try again in a moment.")
	default:
		return clienteling.E(clienteling.Internal, "internal",
			"Something failed on our side. Try again in a moment; if it fails again, report it with this requestId.")
	}
}

// Status is the HTTP status of a kind of error.
func Status(k clienteling.Kind) int {
	switch k {
	case clienteling.Invalid:
		return http.StatusBadRequest
	case clienteling.Unauthenticated:
		return http.StatusUnauthorized
	case clienteling.Forbidden:
		return http.StatusForbidden
	case clienteling.NotFound:
		return http.StatusNotFound
	case clienteling.Conflict:
		return http.StatusConflict
	case clienteling.Stale:
		return http.StatusPreconditionFailed
	case clienteling.TooLarge:
		return http.StatusRequestEntityTooLarge
	case clienteling.Unprocessable:
		return http.StatusUnprocessableEntity
	case clienteling.TooMany:
		return http.StatusTooManyRequests
	case clienteling.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}
