// Package webhook is the edge to Twilio's webhooks: it proves that a request is
// Twilio's, reads what it says, and answers in TwiML. It holds none of the REST
// API, so a function that only receives stays small.
package webhook

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"clienteling/shared/clienteling"
)

// Request and Response are API Gateway's, payload format 2.0.
type (
	Request  = events.APIGatewayV2HTTPRequest
	Response = events.APIGatewayV2HTTPResponse
)

// Handler answers one verified webhook. An error makes Twilio try again.
type Handler func(ctx context.Context, p Params) (TwiML, error)

// Routes maps a route key ("POST /webhooks/twilio/sms") to its handler.
type Routes map[string]Handler

// maxBody is more than Twilio ever sends (1,600 characters and ten media URLs
// come to some 20 KB): whatever is larger is refused before it is read.
const maxBody = 64 << 10

// margin is kept between a handler's deadline and the function's own, at which
// Lambda would kill the process and with it the warm connections.
const margin = 500 * time.Millisecond

// Serve returns the Lambda handler of the routes: it verifies each request before
// anything else happens, and answers 403 to what is not proven to be Twilio's,
// 413 to what is too large. On an error it answers 5xx, which the retry rules in
// our webhook URLs (#rc=2&rp=ct,rt,5xx) turn into another delivery.
func Serve(v *Verifier, log *slog.Logger, routes Routes) func(context.Context, Request) (Response, error) {
	return func(ctx context.Context, r Request) (answer Response, _ error) {
		defer func() {
			if cause := recover(); cause != nil {
				log.ErrorContext(ctx, "panic", "cause", cause, "stack", string(debug.Stack()))
				answer = refusal(http.StatusInternalServerError)
			}
		}()
		if deadline, ok := ctx.Deadline(); ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
			defer cancel()
		}
		handle, ok := routes[r.RouteKey]
		if !ok {
			return refusal(http.StatusNotFound), nil
		}
		p, err := v.params(ctx, r)
		if err == nil {
			var t TwiML
			if t, err = handle(ctx, p); err == nil {
				return Response{StatusCode: http.StatusOK, Headers: xmlHeaders, Body: string(t)}, nil
			}
		}
		status := status(err)
		level := slog.LevelWarn
		if status >= 500 {
			level = slog.LevelError
		}
		log.Log(ctx, level, "webhook refused", "route", r.RouteKey, "status", status, "error", err)
		return refusal(status), nil
	}
}

var (
	xmlHeaders  = map[string]string{"content-type": "text/xml; charset=utf-8"}
	textHeaders = map[string]string{"content-type": "text/plain; charset=utf-8"}
)

// refusal tells no stranger why.
func refusal(status int) Response {
	return Response{StatusCode: status, Headers: textHeaders, Body: http.StatusText(status)}
}

func status(err error) int {
	var e *clienteling.Error
	if !errors.As(err, &e) {
		return http.StatusInternalServerError
	}
	switch e.Kind {
	case clienteling.Invalid, clienteling.Unprocessable:
		return http.StatusBadRequest
	case clienteling.Forbidden, clienteling.Unauthenticated:
		return http.StatusForbidden
	case clienteling.TooLarge:
		return http.StatusRequestEntityTooLarge
	case clienteling.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// body returns the bytes that were sent: API Gateway delivers forms in base64.
func body(r Request) ([]byte, error) {
	tooLarge := clienteling.E(clienteling.TooLarge, "body_too_large", "A webhook's body has 64 KiB at most.")
	if !r.IsBase64Encoded {
		if len(r.Body) > maxBody {
			return nil, tooLarge
		}
		return []byte(r.Body), nil
	}
	if base64.StdEncoding.DecodedLen(len(r.Body)) > maxBody+2 {
		return nil, tooLarge
	}
	raw, err := base64.StdEncoding.DecodeString(r.Body)
	if err != nil {
		return nil, clienteling.E(clienteling.Invalid, "bad_body", "The body is not the base64 it is said to be.").Because(err)
	}
	if len(raw) > maxBody {
		return nil, tooLarge
	}
	return raw, nil
}
