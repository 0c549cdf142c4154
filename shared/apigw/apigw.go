// Package apigw is the HTTP edge of /v1: it turns a call that API Gateway hands to
// a function (HTTP API, payload 2.0) into a [Call] with a known [Caller], finds the
// route's [Handler], and renders what comes back as JSON or, for an error, as
// application/problem+json (RFC 9457).
//
// The gateway has checked the token by then; the edge checks scope and retailer
// again, so that a route declared without its authorizer stays shut. No error's
// cause and no panic leaves the function: both go to the log.
package apigw

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"clienteling/shared/clienteling"
)

// MaxBody is the largest body of a call, in bytes, after base64 decoding.
const MaxBody = 64 << 10

// margin is kept between a handler's deadline and the function's own: at that one
// Lambda kills the process, and nobody would answer.
const margin = 500 * time.Millisecond

// Request is a call as API Gateway sends it.
type Request = events.APIGatewayV2HTTPRequest

// Response is an answer as API Gateway takes it.
type Response = events.APIGatewayV2HTTPResponse

// Handler answers a route. What it returns is the JSON body of a 200; nil is a 204,
// and a [Reply] chooses status and headers. A *clienteling.Error becomes a problem
// by its kind; any other error is a 500 that tells the caller nothing. A Reply
// beside an error lends its headers to the problem (Retry-After, ETag).
type Handler func(ctx context.Context, c *Call) (any, error)

// Routes are the handlers of a function by route key, which is the method and path
// of the template: "GET /v1/stores/{storeId}/conversations".
type Routes map[string]Handler

// Reply is an answer whose status or headers matter.
type Reply struct {
	Status int               // 0: 200, or 204 without a body
	Header map[string]string // lower-case names: "etag", "location", "retry-after"
	Body   any               // rendered as JSON; nil: none
	// File instead of a Body is what it is, with its ContentType.
	File        []byte
	ContentType string
}

// Options are what a function's edge needs.
type Options struct {
	Scope  string            // every caller must have it: "clienteling:associate"
	Also   map[string]string // routes that another scope may call, too, and which
	Routes Routes            // all routes of the function
	Files  map[string]int    // the routes that take a file, and its largest size in bytes; nil: none
	Log    *slog.Logger      // refusals at info, faults at error; nil: slog.Default()
}

// New makes the Lambda handler of a function with routes. Its error is always nil:
// the caller gets a problem with a request id instead of the gateway's bare 500.
func New(o Options) func(context.Context, Request) (Response, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return func(ctx context.Context, r Request) (Response, error) {
		if deadline, ok := ctx.Deadline(); ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
			defer cancel()
		}
		c := &Call{Request: r}
		result, err := o.answer(ctx, c)
		reply, ok := result.(Reply)
		if !ok {
			reply.Body = result
		}
		if err == nil {
			var res Response
			if res, err = reply.render(c.ID()); err == nil {
				return res, nil
			}
		}
		return o.refuse(ctx, c, reply.Header, err), nil
	}
}

// answer checks the call and runs its handler. A panic is an error of this one call.
func (o Options) answer(ctx context.Context, c *Call) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			result, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	handle, ok := o.Routes[c.RouteKey]
	if !ok {
		return nil, fmt.Errorf("the template sends route %q here, but the function has no handler for it", c.RouteKey)
	}
	if c.Caller, err = identify(c.Request, o.Scope, o.Also[c.RouteKey]); err != nil {
		return nil, err
	}
	most := MaxBody
	if size, ok := o.Files[c.RouteKey]; ok {
		most = size
	}
	if c.body, err = bodyOf(c.Request, most); err != nil {
		return nil, err
	}
	if c.Query, err = url.ParseQuery(c.RawQueryString); err != nil {
		return nil, clienteling.E(clienteling.Invalid, "invalid_query",
			"The query string cannot be read. Percent-encode the names and values of its parameters.").Because(err)
	}
	return handle(ctx, c)
}

// render makes the answer of a call that went well.
func (r Reply) render(requestID string) (Response, error) {
	status := r.Status
	if status == 0 {
		status = http.StatusOK
		if r.Body == nil && r.File == nil {
			status = http.StatusNoContent
		}
	}
	if r.File != nil {
		res := respond(status, r.ContentType, r.Header, requestID, base64.StdEncoding.EncodeToString(r.File))
		res.IsBase64Encoded = true
		return res, nil
	}
	if r.Body == nil {
		return respond(status, "", r.Header, requestID, ""), nil
	}
	body, err := encode(r.Body)
	if err != nil {
		return Response{}, err
	}
	return respond(status, "application/json", r.Header, requestID, body), nil
}

// respond puts the headers every answer has over those of this one. Nothing here is
// for a cache to keep: the answers are personal data.
func respond(status int, contentType string, extra map[string]string, requestID, body string) Response {
	header := map[string]string{}
	for name, value := range extra {
		header[name] = value
	}
	header["cache-control"] = "no-store"
	header["x-request-id"] = requestID
	if contentType != "" {
		header["content-type"] = contentType
	}
	return Response{StatusCode: status, Headers: header, Body: body}
}

// encode writes JSON as people read it: < and & are no danger in application/json.
func encode(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", fmt.Errorf("answer as JSON: %w", err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}
