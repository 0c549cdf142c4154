package apigw_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

const route = "POST /v1/stores/{storeId}/conversations"

// event is a call as the gateway sends it: claims as strings, a body that is absent
// when the client sent none. See "Working with AWS Lambda proxy integrations for HTTP
// APIs" in the API Gateway developer guide.
const event = `{
  "version": "2.0",
  "routeKey": "POST /v1/stores/{storeId}/conversations",
  "rawPath": "/v1/stores/hamburg-1/conversations",
  "rawQueryString": "",
  "headers": {
    "content-type": "application/json",
    "host": "a1b2c3.execute-api.eu-central-1.amazonaws.com",
    "x-amzn-trace-id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
    "x-forwarded-for": "203.0.113.9", "x-forwarded-port": "443", "x-forwarded-proto": "https"
  },
  "pathParameters": {"storeId": "hamburg-1"},
  "requestContext": {
    "accountId": "123456789012", "apiId": "a1b2c3", "stage": "$default",
    "domainName": "a1b2c3.execute-api.eu-central-1.amazonaws.com", "domainPrefix": "a1b2c3",
    "authorizer": {"jwt": {
      "claims": {"sub": "u1", "name": "Ada", "retailer": "acme", "scope": "openid clienteling:associate",
                 "stores": "hamburg-1 london.2", "exp": "1700000000"},
      "scopes": ["openid", "clienteling:associate"]
    }},
    "http": {"method": "POST", "path": "/v1/stores/hamburg-1/conversations", "protocol": "HTTP/1.1",
             "sourceIp": "203.0.113.9", "userAgent": "app/1"},
    "requestId": "JKJaXmPLvHcESHA=",
    "routeKey": "POST /v1/stores/{storeId}/conversations",
    "time": "12/Mar/2020:19:03:58 +0000", "timeEpoch": 1583348638390
  },
  "isBase64Encoded": false
}`

// request is the event, changed by the test.
func request(t *testing.T, change func(*apigw.Request)) apigw.Request {
	t.Helper()
	var r apigw.Request
	if err := json.Unmarshal([]byte(event), &r); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&r)
	}
	return r
}

// call sends a request to a handler behind the edge; log is what the edge logged.
func call(t *testing.T, handle apigw.Handler, r apigw.Request) (res apigw.Response, log string) {
	t.Helper()
	var out bytes.Buffer
	serve := apigw.New(apigw.Options{
		Scope:  "clienteling:associate",
		Routes: apigw.Routes{route: handle},
		Log:    slog.New(slog.NewJSONHandler(&out, nil)),
	})
	res, err := serve(t.Context(), r)
	if err != nil {
		t.Fatalf("the edge returned the error %v", err)
	}
	if res.Headers["cache-control"] != "no-store" || res.Headers["x-request-id"] != r.RequestContext.RequestID {
		t.Errorf("headers %v", res.Headers)
	}
	return res, out.String()
}

// problem checks that an answer is a whole problem of that status and code.
func problem(t *testing.T, res apigw.Response, status int, code string) apigw.Problem {
	t.Helper()
	var p apigw.Problem
	d := json.NewDecoder(strings.NewReader(res.Body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Fatalf("not a problem: %v: %s", err, res.Body)
	}
	if res.StatusCode != status || p.Status != status || p.Code != code {
		t.Fatalf("got %d %s, want %d %s", res.StatusCode, res.Body, status, code)
	}
	if res.Headers["content-type"] != "application/problem+json" {
		t.Errorf("content type %q", res.Headers["content-type"])
	}
	if p.Type != "about:blank" || p.Title == "" || p.Detail == "" || p.RequestID != "JKJaXmPLvHcESHA=" {
		t.Errorf("incomplete: %s", res.Body)
	}
	return p
}

func ok(context.Context, *apigw.Call) (any, error) { return nil, nil }

func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		result any
		status int
		body   string
		header map[string]string
	}{
		"nothing": {nil, 204, "", nil},
		"JSON":    {map[string]string{"text": `5 < 6 & "7" 😀`}, 200, `{"text":"5 < 6 & \"7\" 😀"}`, nil},
		"a created thing": {
			apigw.Reply{Status: 201, Header: map[string]string{"location": "/v1/x/1"}, Body: []int{1}},
			201, "[1]", map[string]string{"location": "/v1/x/1"},
		},
		"accepted without a body": {apigw.Reply{Status: 202}, 202, "", nil},
		"only headers":            {apigw.Reply{Header: map[string]string{"etag": `"1"`}}, 204, "", map[string]string{"etag": `"1"`}},
	} {
		t.Run(name, func(t *testing.T) {
			res, log := call(t, func(context.Context, *apigw.Call) (any, error) { return test.result, nil }, request(t, nil))
			if res.StatusCode != test.status || res.Body != test.body {
				t.Errorf("got %d %q", res.StatusCode, res.Body)
			}
			if got := res.Headers["content-type"]; (got == "application/json") != (test.body != "") {
				t.Errorf("content type %q", got)
			}
			for name, value := range test.header {
				if res.Headers[name] != value {
					t.Errorf("%s: %q", name, res.Headers[name])
				}
			}
			if log != "" {
				t.Errorf("logged %s", log)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	secret := errors.New("dial tcp 10.0.0.1: secret")
	for name, test := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"invalid":         {clienteling.E(clienteling.Invalid, "c", "d").Because(secret), 400, "c"},
		"unauthenticated": {clienteling.E(clienteling.Unauthenticated, "c", "d"), 401, "c"},
		"forbidden":       {clienteling.E(clienteling.Forbidden, "c", "d"), 403, "c"},
		"not found":       {clienteling.ErrNotFound.Because(secret), 404, "not_found"},
		"conflict":        {clienteling.E(clienteling.Conflict, "c", "d"), 409, "c"},
		"stale":           {clienteling.E(clienteling.Stale, "c", "d"), 412, "c"},
		"too large":       {clienteling.E(clienteling.TooLarge, "c", "d"), 413, "c"},
		"unprocessable":   {clienteling.E(clienteling.Unprocessable, "c", "d"), 422, "c"},
		"too many":        {clienteling.E(clienteling.TooMany, "c", "d"), 429, "c"},
		"internal":        {clienteling.E(clienteling.Internal, "c", "d").Because(secret), 500, "c"},
		"unavailable":     {clienteling.E(clienteling.Unavailable, "c", "d").Because(secret), 503, "c"},
		"no known kind":   {clienteling.E(99, "c", "d"), 500, "c"},
		"wrapped":         {errors.Join(secret, clienteling.E(clienteling.Conflict, "c", "d")), 409, "c"},
		"unknown":         {secret, 500, "internal"},
		"out of time":     {context.DeadlineExceeded, 503, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			res, log := call(t, func(context.Context, *apigw.Call) (any, error) { return nil, test.err }, request(t, nil))
			problem(t, res, test.status, test.code)
			if strings.Contains(res.Body, "secret") {
				t.Errorf("the cause leaves the function: %s", res.Body)
			}
			if leaked := strings.Contains(log, "secret"); leaked != (test.status >= 500 && errors.Is(test.err, secret)) {
				t.Errorf("log: %s", log)
			}
			if !strings.Contains(log, `"requestId":"JKJaXmPLvHcESHA="`) || !strings.Contains(log, `"retailer":"acme"`) {
				t.Errorf("log: %s", log)
			}
		})
	}
}

func TestErrorWithHeadersAndFields(t *testing.T) {
	res, _ := call(t, func(context.Context, *apigw.Call) (any, error) {
		return apigw.Reply{Header: map[string]string{"retry-after": "2"}},
			clienteling.E(clienteling.TooMany, "slow_down", "Wait.").With("/a", "x").With("/b", "y")
	}, request(t, nil))
	p := problem(t, res, 429, "slow_down")
	if res.Headers["retry-after"] != "2" || len(p.Errors) != 2 || p.Errors[1].Pointer != "/b" {
		t.Errorf("got %v %s", res.Headers, res.Body)
	}
}

func TestFaultsOfOurs(t *testing.T) {
	for name, test := range map[string]struct {
		handle apigw.Handler
		change func(*apigw.Request)
		logged string
	}{
		"panic":             {func(context.Context, *apigw.Call) (any, error) { panic("boom") }, nil, "apigw_test.go"},
		"not JSON":          {func(context.Context, *apigw.Call) (any, error) { return make(chan int), nil }, nil, "chan int"},
		"route not handled": {ok, func(r *apigw.Request) { r.RouteKey = "GET /v1/new" }, "GET /v1/new"},
		"broken base64":     {ok, func(r *apigw.Request) { r.Body, r.IsBase64Encoded = "###", true }, "base64"},
	} {
		t.Run(name, func(t *testing.T) {
			res, log := call(t, test.handle, request(t, test.change))
			problem(t, res, 500, "internal")
			if !strings.Contains(log, test.logged) || !strings.Contains(log, `"level":"ERROR"`) {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// The handler must give up before Lambda kills the process.
func TestDeadlineLeavesTimeToAnswer(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 510*time.Millisecond)
	defer cancel()
	serve := apigw.New(apigw.Options{
		Scope: "clienteling:associate",
		Log:   slog.New(slog.DiscardHandler),
		Routes: apigw.Routes{route: func(ctx context.Context, _ *apigw.Call) (any, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}},
	})
	res, err := serve(ctx, request(t, nil))
	if err != nil || ctx.Err() != nil {
		t.Fatalf("error %v, function's context %v", err, ctx.Err())
	}
	problem(t, res, 503, "timeout")
}

func TestBodyLimit(t *testing.T) {
	kb64 := strings.Repeat("a", apigw.MaxBody)
	for name, test := range map[string]struct {
		body    string
		encoded bool
		status  int
	}{
		"64 KiB of text":        {kb64, false, 204},
		"one byte more":         {kb64 + "a", false, 413},
		"64 KiB in base64":      {base64.StdEncoding.EncodeToString([]byte(kb64)), true, 204},
		"one byte more, base64": {base64.StdEncoding.EncodeToString([]byte(kb64 + "a")), true, 413},
		"1 MB, base64":          {strings.Repeat("A", 1<<20), true, 413},
	} {
		t.Run(name, func(t *testing.T) {
			res, _ := call(t, ok, request(t, func(r *apigw.Request) { r.Body, r.IsBase64Encoded = test.body, test.encoded }))
			if test.status == 413 {
				problem(t, res, 413, "body_too_large")
			} else if res.StatusCode != test.status {
				t.Errorf("got %d %s", res.StatusCode, res.Body)
			}
		})
	}
}
