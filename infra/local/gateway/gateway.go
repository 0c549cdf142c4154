// Package gateway is the HTTP API of API Gateway on a laptop: it matches the
// template's routes, checks tokens, hands each request to its function as an event of
// payload format 2.0 and maps the function's answer back.
//
// It follows what AWS documents and what others measured on it, down to the error
// bodies. In particular every body that is not plainly text reaches the function as
// base64, form posts included, and a wrong method is a 404. Where nothing is known
// (the bodies of 413 and 431) it answers in the same style. It does not throttle and
// knows nothing of stages, IAM, Lambda authorizers or mutual TLS.
//
// Sources: the API Gateway developer guide (http-api-develop-routes, -integrations-lambda,
// -jwt-authorizer, -troubleshooting-jwt, -cors, -quotas); measurements in
// ministackorg/ministack#766, floci-io/floci#2172, #2011 and middleapi/standard-server#93.
package gateway

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"clienteling/infra/local/template"
)

const (
	maxHead    = 10_240    // bytes of request line and headers
	maxBody    = 10 << 20  // bytes of a request's body
	maxEvent   = 6_291_556 // bytes of an event; Lambda's limit, base64 included
	maxWait    = 30 * time.Second
	keysFor    = 2 * time.Hour // how long an issuer's keys are kept
	clientWait = 1500 * time.Millisecond
)

// Invoker runs functions.
type Invoker interface {
	// Invoke runs a function with an event. functionError is "" on success, else Lambda's
	// error type ("Unhandled", "Sandbox.Timedout", "Runtime.ExitError"); err is only for
	// an invocation that could not be made.
	Invoke(ctx context.Context, function string, event []byte) (response []byte, functionError string, err error)
}

// Config is what a gateway serves.
type Config struct {
	API     template.API
	Routes  []template.Route
	Invoker Invoker
	Client  *http.Client      // fetches the issuers' discovery and keys; nil: one that waits 1500 ms at most
	Now     func() time.Time  // nil: time.Now
	Log     func(line string) // gets one line per request, with neither query nor body; nil: none
}

// Gateway serves an HTTP API.
type Gateway struct {
	routes  []route
	cors    *template.CORS
	invoker Invoker
	now     func() time.Time
	log     func(string)
}

// New checks routes and authorizers and gives a gateway, an [http.Handler].
func New(c Config) (*Gateway, error) {
	if c.Client == nil {
		c.Client = &http.Client{Timeout: clientWait}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = func(string) {}
	}
	authorizers := make(map[string]*authorizer, len(c.API.Authorizers))
	for name, declared := range c.API.Authorizers {
		a, err := newAuthorizer(declared, c.Client, c.Now)
		if err != nil {
			return nil, fmt.Errorf("authorizer %s: %w", name, err)
		}
		authorizers[name] = a
	}
	routes, err := newRoutes(c.Routes, authorizers)
	if err != nil {
		return nil, err
	}
	return &Gateway{routes: routes, cors: c.API.CORS, invoker: c.Invoker, now: c.Now, log: c.Log}, nil
}

// answer is what goes back to the client, and what the log says of it.
type answer struct {
	status   int
	header   http.Header
	body     []byte
	function string // "-" if none was run
	note     string // why it failed
}

// refusal is an answer of the gateway's own.
func refusal(status int, message, note string) answer {
	return answer{
		status: status, function: "-", note: note,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   []byte(`{"message":"` + message + `"}`),
	}
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started, id := g.now(), newRequestID()
	// A body that never ends is given up; a writer that cannot says so, and need not.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(maxWait))
	a := g.handle(r, id, started)
	header := w.Header()
	for name, values := range a.header {
		if g.cors == nil || !isCORS(name) {
			header[name] = values
		}
	}
	if g.cors != nil {
		addCORS(header, g.cors, r)
	}
	header.Set("Apigw-Requestid", id)
	header.Set("Content-Length", strconv.Itoa(len(a.body)))
	if a.status == http.StatusNoContent {
		header.Del("Content-Length")
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that is gone needs no answer
	line := fmt.Sprintf("%s %s %d %s %dms", r.Method, masked(r.URL.EscapedPath()), a.status, a.function, g.now().Sub(started).Milliseconds())
	if a.note != "" {
		line += ": " + a.note
	}
	g.log(line)
}

// handle takes a request all the way to its function.
func (g *Gateway) handle(r *http.Request, id string, now time.Time) answer {
	if headSize(r) > maxHead {
		return refusal(http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large", "over 10240 bytes of headers")
	}
	route, parameters := match(g.routes, r.Method, r.URL.EscapedPath())
	if route == nil {
		if g.cors != nil && r.Method == http.MethodOptions {
			return answer{status: http.StatusNoContent, function: "-"}
		}
		return refusal(http.StatusNotFound, "Not Found", "")
	}
	var caller *jwtContext
	if route.authorizer != nil {
		token, err := route.authorizer.check(r)
		if err != nil {
			a := refusal(http.StatusUnauthorized, "Unauthorized", err.Error())
			description, _, _ := strings.Cut(err.Error(), ": ")
			a.header.Set("Www-Authenticate", `Bearer scope="" error="invalid_token" error_description="`+description+`"`)
			return a
		}
		if !token.hasOneOf(route.Scopes) {
			return refusal(http.StatusForbidden, "Forbidden", "the token has none of the route's scopes")
		}
		caller = &jwtContext{Claims: token.claims}
		if len(route.Scopes) > 0 {
			caller.Scopes = token.scopes
		}
	}
	body, err := readBody(r)
	if errors.Is(err, errTooLarge) {
		return refusal(http.StatusRequestEntityTooLarge, "Request Entity Too Large", err.Error())
	} else if err != nil {
		return refusal(http.StatusBadRequest, "Bad Request", "the body ended early")
	}
	event, err := json.Marshal(newEvent(r, route, parameters, caller, body, id, now))
	if err != nil {
		return refusal(http.StatusInternalServerError, "Internal Server Error", err.Error())
	}
	if len(event) > maxEvent {
		return refusal(http.StatusRequestEntityTooLarge, "Request Entity Too Large", "the event is over Lambda's 6 MB")
	}
	return g.run(r.Context(), route, event)
}

// run invokes the function and waits as long as API Gateway would. Nothing stops a
// function that has started: neither the gateway's patience nor the client's leaving.
func (g *Gateway) run(ctx context.Context, route *route, event []byte) answer {
	answered := make(chan answer, 1)
	go func() {
		response, functionError, err := g.invoker.Invoke(context.WithoutCancel(ctx), route.Function, event)
		var a answer
		switch {
		case err != nil:
			a = refusal(http.StatusInternalServerError, "Internal Server Error", err.Error())
		case functionError != "":
			a = refusal(http.StatusInternalServerError, "Internal Server Error", functionError)
		default:
			if a, err = fromResponse(response); err != nil {
				a = refusal(http.StatusInternalServerError, "Internal Server Error", err.Error())
			}
		}
		answered <- a
	}()
	wait := maxWait
	if route.Timeout > 0 {
		wait = min(wait, route.Timeout)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	var a answer
	select {
	case a = <-answered:
	case <-timer.C:
		a = refusal(http.StatusServiceUnavailable, "Service Unavailable", fmt.Sprintf("no answer within %v; the function runs on", wait))
	case <-ctx.Done():
		// Nobody reads this; 499 is how logs write "the client left".
		a = refusal(499, "", "the client left; the function runs on")
	}
	a.function = route.Function
	return a
}

// headSize is the size of request line and headers as HTTP/1.1 writes them.
func headSize(r *http.Request) int {
	size := len(r.Method) + len(r.RequestURI) + len(r.Proto) + len("  \r\n") + len("host: \r\n") + len(r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value) + len(": \r\n")
		}
	}
	return size
}

var errTooLarge = errors.New("the body is over 10 MB")

// readBody reads the whole body. Of one that is too large it reads on for as much
// again, so that most clients are done sending and hear the answer.
func readBody(r *http.Request) ([]byte, error) {
	var body bytes.Buffer
	n, err := io.Copy(&body, io.LimitReader(r.Body, maxBody+1))
	if err == nil && n > maxBody {
		_, _ = io.CopyN(io.Discard, r.Body, maxBody)
		return nil, errTooLarge
	}
	return body.Bytes(), err
}

// newRequestID is an id that looks like API Gateway's, "Mc7UVioPPHcEKPA=".
func newRequestID() string {
	id := make([]byte, 11)
	_, _ = rand.Read(id) // never fails
	return base64.StdEncoding.EncodeToString(id)
}

// masked hides numbers that a path names: a log is kept longer than what it speaks of.
// What API Gateway logs on AWS, if anything, is the template's choice.
func masked(path string) string { return number.ReplaceAllString(path, "***") }

var number = regexp.MustCompile(`(\+|%2[Bb])[0-9]{5,15}`)
