package gateway_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"clienteling/infra/local/gateway"
	"clienteling/infra/local/template"
)

var noon = time.Date(2026, 3, 12, 12, 0, 0, 0, time.UTC)

// function plays the Lambda functions: it keeps the last event and answers with a
// response and a function error, or with err.
type function struct {
	mu            sync.Mutex
	name          string
	event         []byte
	response      string
	functionError string
	err           error
}

func (f *function) Invoke(_ context.Context, name string, event []byte) ([]byte, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.name, f.event = name, event
	return []byte(f.response), f.functionError, f.err
}

// seen gives the last event, as JSON and in the types our functions use.
func (f *function) seen(t *testing.T) (map[string]any, events.APIGatewayV2HTTPRequest) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	var raw map[string]any
	var typed events.APIGatewayV2HTTPRequest
	if err := errors.Join(json.Unmarshal(f.event, &raw), json.Unmarshal(f.event, &typed)); err != nil {
		t.Fatalf("event %q: %v", f.event, err)
	}
	return raw, typed
}

func open(routes ...string) []template.Route {
	var out []template.Route
	for _, r := range routes {
		method, path, ok := strings.Cut(r, " ")
		if !ok {
			method, path = "ANY", r
		}
		out = append(out, template.Route{Method: method, Path: path, Function: r})
	}
	return out
}

// start serves a gateway on a port of its own. Unset parts of the configuration are
// filled in: f runs the functions, it is noon.
func start(t *testing.T, f gateway.Invoker, c gateway.Config) *httptest.Server {
	t.Helper()
	c.Invoker = f
	if c.Now == nil {
		c.Now = func() time.Time { return noon }
	}
	g, err := gateway.New(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return server
}

type reply struct {
	status int
	header http.Header
	body   string
}

// send makes a request and reads the answer; what changes the request before.
func send(t *testing.T, method, url string, body io.Reader, what func(*http.Request)) reply {
	t.Helper()
	request, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if what != nil {
		what(request)
	}
	response, err := http.DefaultTransport.RoundTrip(request) // follows no redirect
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if id := response.Header["Apigw-Requestid"]; len(id) != 1 || !regexp.MustCompile(`^[A-Za-z0-9+/]{15}=$`).MatchString(id[0]) {
		t.Errorf("%s %s: apigw-requestid %q", method, url, id)
	}
	return reply{response.StatusCode, response.Header, string(answer)}
}

// wantMessage checks an answer of the gateway's own.
func wantMessage(t *testing.T, got reply, status int, message string) {
	t.Helper()
	if want := `{"message":"` + message + `"}`; got.status != status || got.body != want || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d %s %s; want %d %s", got.status, got.header.Get("Content-Type"), got.body, status, want)
	}
}

func TestEvent(t *testing.T) {
	f := &function{response: `{"statusCode":204}`}
	server := start(t, f, gateway.Config{Routes: open("GET /v1/conversations/{conversationId}")})
	got := send(t, "GET", server.URL+"/v1/conversations/c%201?limit=2&tag=a&tag=b%2Cc&empty", nil, func(r *http.Request) {
		r.Host = "abc.execute-api.example"
		r.Header = http.Header{
			"User-Agent": {"test/1"}, "X-Twice": {"a", "b"}, "Cookie": {"s=1; t=2", "u=3"},
			"X-Forwarded-For": {"203.0.113.9"}, "Keep-Alive": {"1"},
		}
	})
	if got.status != http.StatusNoContent || got.body != "" {
		t.Errorf("got %+v", got)
	}
	raw, _ := f.seen(t)
	requestContext := raw["requestContext"].(map[string]any)
	headers := raw["headers"].(map[string]any)
	for what, pattern := range map[any]string{
		headers["x-amzn-trace-id"]:  `^Root=1-69b2aac0-[0-9a-f]{24}$`,
		headers["x-forwarded-port"]: `^[0-9]+$`,
		requestContext["requestId"]: "^" + regexp.QuoteMeta(got.header.Get("Apigw-Requestid")) + "$",
	} {
		if s, _ := what.(string); !regexp.MustCompile(pattern).MatchString(s) {
			t.Errorf("%v does not match %s", what, pattern)
		}
	}
	delete(headers, "x-amzn-trace-id")
	delete(headers, "x-forwarded-port")
	delete(requestContext, "requestId")
	const want = `{
		"version": "2.0",
		"routeKey": "GET /v1/conversations/{conversationId}",
		"rawPath": "/v1/conversations/c 1",
		"rawQueryString": "limit=2&tag=a&tag=b%2Cc&empty",
		"cookies": ["s=1", "t=2", "u=3"],
		"headers": {
			"accept-encoding": "gzip", "content-length": "0", "host": "abc.execute-api.example", "user-agent": "test/1",
			"x-forwarded-for": "203.0.113.9, 127.0.0.1", "x-forwarded-proto": "http", "x-twice": "a,b"
		},
		"queryStringParameters": {"limit": "2", "tag": "a,b,c", "empty": ""},
		"pathParameters": {"conversationId": "c 1"},
		"requestContext": {
			"accountId": "000000000000", "apiId": "local",
			"domainName": "abc.execute-api.example", "domainPrefix": "abc",
			"http": {"method": "GET", "path": "/v1/conversations/c 1", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test/1"},
			"routeKey": "GET /v1/conversations/{conversationId}", "stage": "$default",
			"time": "12/Mar/2026:12:00:00 +0000", "timeEpoch": 1773316800000
		},
		"isBase64Encoded": false
	}`
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(raw, wanted) {
		got, _ := json.MarshalIndent(raw, "\t", "\t")
		t.Errorf("got %s", got)
	}
}

func TestEventLeavesOutWhatIsAbsent(t *testing.T) {
	f := &function{response: `{}`}
	server := start(t, f, gateway.Config{Routes: open("POST /a")})
	send(t, "POST", server.URL+"/a", nil, func(r *http.Request) { r.Header.Set("X-Amzn-Trace-Id", "Root=1-2-3") })
	raw, typed := f.seen(t)
	for _, key := range []string{"body", "cookies", "pathParameters", "queryStringParameters"} {
		if value, ok := raw[key]; ok {
			t.Errorf("%s is %v; want it absent", key, value)
		}
	}
	if _, ok := raw["requestContext"].(map[string]any)["authorizer"]; ok {
		t.Error("an open route has an authorizer in its context")
	}
	if raw["rawQueryString"] != "" || raw["isBase64Encoded"] != false || typed.Headers["x-amzn-trace-id"] != "Root=1-2-3" {
		t.Errorf("got %v", raw)
	}
}

func TestBody(t *testing.T) {
	f := &function{response: `{}`}
	server := start(t, f, gateway.Config{Routes: open("POST /a")})
	for contentType, asText := range map[string]bool{
		"":                                  false,
		"text/plain":                        true,
		"text/plain; charset=utf-8":         true,
		"text/plain; charset=iso-8859-1":    false,
		"TEXT/CSV":                          true,
		"application/json":                  true,
		"application/json; charset=UTF-8":   true,
		"application/json; profile=x":       false,
		"application/xml":                   true,
		"application/javascript":            true,
		"application/problem+json":          false,
		"application/x-www-form-urlencoded": false,
		"application/x-www-form-urlencoded; charset=utf-8": false,
		"application/octet-stream":                         false,
		"multipart/form-data; boundary=x":                  false,
		"image/png":                                        false,
		"/":                                                false,
	} {
		t.Run(contentType, func(t *testing.T) {
			const body = `{"Body":"héllo 👋 & <more>"}`
			send(t, "POST", server.URL+"/a", strings.NewReader(body), func(r *http.Request) {
				if contentType != "" {
					r.Header.Set("Content-Type", contentType)
				}
			})
			want := body
			if !asText {
				want = base64.StdEncoding.EncodeToString([]byte(body))
			}
			if _, e := f.seen(t); e.Body != want || e.IsBase64Encoded == asText {
				t.Errorf("isBase64Encoded %t, body %s", e.IsBase64Encoded, e.Body)
			}
		})
	}
	t.Run("chunked", func(t *testing.T) {
		send(t, "POST", server.URL+"/a", io.MultiReader(strings.NewReader("a\x00"), strings.NewReader("b")), nil)
		if _, e := f.seen(t); e.Body != "YQBi" || e.Headers["content-length"] != "3" || e.Headers["transfer-encoding"] != "" {
			t.Errorf("body %q, headers %v", e.Body, e.Headers)
		}
	})
}

func TestLimits(t *testing.T) {
	f := &function{response: `{}`}
	server := start(t, f, gateway.Config{Routes: open("POST /a")})
	text := func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }
	body := func(size int) io.Reader { return bytes.NewReader(bytes.Repeat([]byte("a"), size)) }

	wantMessage(t, send(t, "POST", server.URL+"/a", body(10<<20+1), text), http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	// Ten megabytes are the gateway's limit; Lambda's is six, which base64 reaches at four and a half.
	wantMessage(t, send(t, "POST", server.URL+"/a", body(10<<20), text), http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	wantMessage(t, send(t, "POST", server.URL+"/a", body(48e5), nil), http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	if f.event != nil {
		t.Error("the function saw a body that is too large")
	}
	if got := send(t, "POST", server.URL+"/a", body(6e6), text); got.status != http.StatusOK {
		t.Errorf("6 MB of text: %d", got.status)
	}
	if got := send(t, "POST", server.URL+"/a", body(44e5), nil); got.status != http.StatusOK {
		t.Errorf("4.4 MB of bytes: %d", got.status)
	}

	long := func(size int) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("X-Long", strings.Repeat("a", size)) }
	}
	wantMessage(t, send(t, "POST", server.URL+"/a", nil, long(10_240)), http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large")
	wantMessage(t, send(t, "POST", server.URL+"/a?"+strings.Repeat("q", 10_240), nil, nil), http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large")
	if got := send(t, "POST", server.URL+"/a", nil, long(10_000)); got.status != http.StatusOK {
		t.Errorf("10,000 bytes of headers: %d", got.status)
	}
}

func TestBodyThatEndsEarly(t *testing.T) {
	f := &function{response: `{}`}
	server := start(t, f, gateway.Config{Routes: open("POST /a")})
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"); err != nil {
		t.Fatal(err)
	}
	if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(connection)
	if !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") || f.event != nil {
		t.Errorf("answer %q, event %q", answer, f.event)
	}
}

func TestRoutes(t *testing.T) {
	f := &function{response: `{}`}
	server := start(t, f, gateway.Config{Routes: open(
		"GET /", "GET /dog/{id}", "GET /dog/1", "ANY /dog/2", "POST /dog/2", "GET /dog/{id}/toys/{toy}", "GET /{animal}/1/toys",
		"GET /dog/{proxy+}", "ANY /cat/{proxy+}", "GET /cat/{proxy+}",
	)})
	for request, want := range map[string]struct {
		route      string // "" for 404
		parameters map[string]string
	}{
		"GET /":                  {"GET /", nil},
		"GET /dog/1":             {"GET /dog/1", nil},
		"GET /dog/9":             {"GET /dog/{id}", map[string]string{"id": "9"}},
		"GET /dog/2":             {"ANY /dog/2", nil},
		"POST /dog/2":            {"POST /dog/2", nil},
		"PATCH /dog/2":           {"ANY /dog/2", nil},
		"GET /dog/a%2Fb%20c":     {"GET /dog/{id}", map[string]string{"id": "a/b c"}},
		"GET /dog/%E2%82%AC+%2B": {"GET /dog/{id}", map[string]string{"id": "€++"}},
		"GET /d%6Fg/1":           {"GET /dog/1", nil},
		"GET /dog/..":            {"GET /dog/{id}", map[string]string{"id": ".."}},
		"GET /dog/1/toys":        {"GET /{animal}/1/toys", map[string]string{"animal": "dog"}},
		"GET /dog/1/toys/b":      {"GET /dog/{id}/toys/{toy}", map[string]string{"id": "1", "toy": "b"}},
		"GET /dog/1/x//%2F":      {"GET /dog/{proxy+}", map[string]string{"proxy": "1/x///"}},
		"GET /dog/1/":            {"GET /dog/{proxy+}", map[string]string{"proxy": "1/"}},
		"GET /cat/1":             {"GET /cat/{proxy+}", map[string]string{"proxy": "1"}},
		"POST /cat/1/2":          {"ANY /cat/{proxy+}", map[string]string{"proxy": "1/2"}},
		"GET /dog/":              {},
		"GET /cat":               {},
		"GET /dog":               {},
		"GET //dog/1":            {},
		"GET /Dog/1":             {},
		"POST /dog/1":            {}, // a wrong method is no 405
		"GET /x":                 {},
		"OPTIONS /":              {},
	} {
		t.Run(request, func(t *testing.T) {
			f.event = nil
			method, path, _ := strings.Cut(request, " ")
			got := send(t, method, server.URL+path, nil, nil)
			if want.route == "" {
				wantMessage(t, got, http.StatusNotFound, "Not Found")
				return
			}
			if got.status != http.StatusOK {
				t.Fatalf("got %+v", got)
			}
			if _, e := f.seen(t); e.RouteKey != want.route || !maps.Equal(e.PathParameters, want.parameters) || f.name != want.route {
				t.Errorf("route %s, parameters %v, function %s", e.RouteKey, e.PathParameters, f.name)
			}
		})
	}
}

func TestDefaultRoute(t *testing.T) {
	f := &function{response: `{}`}
	server := start(t, f, gateway.Config{Routes: open("$default", "ANY /{proxy+}", "GET /a")})
	for request, want := range map[string]string{
		"GET /a": "GET /a", "POST /a": "ANY /{proxy+}", "GET /a/b": "ANY /{proxy+}", "GET /": "$default",
	} {
		method, path, _ := strings.Cut(request, " ")
		send(t, method, server.URL+path, nil, nil)
		if _, e := f.seen(t); e.RouteKey != want || e.RequestContext.RouteKey != want {
			t.Errorf("%s: %s, want %s", request, e.RouteKey, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		config gateway.Config
		want   string
	}{
		"unknown authorizer": {gateway.Config{Routes: []template.Route{{Method: "GET", Path: "/a", Authorizer: "J"}}}, `GET /a: the API has no authorizer "J"`},
		"relative path":      {gateway.Config{Routes: open("GET a")}, "must start with /"},
		"greedy in between":  {gateway.Config{Routes: open("GET /{a+}/b")}, "must be the last segment"},
		"identity source": {gateway.Config{API: template.API{Authorizers: map[string]template.Authorizer{"J": {IdentitySource: "$context.x"}}}},
			"authorizer J: the identity source"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := gateway.New(test.config); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestResponse(t *testing.T) {
	f := &function{}
	server := start(t, f, gateway.Config{Routes: open("GET /a")})
	for name, test := range map[string]struct {
		response string
		status   int
		header   http.Header // those that matter
		body     string
	}{
		"object rules": {
			`{"statusCode":201,"headers":{"content-type":"application/xml","Location":"/b","x-n":3,"x-none":null},"body":"<a/>","isBase64Encoded":false,"multiValueHeaders":null}`,
			201, http.Header{"Content-Type": {"application/xml"}, "Location": {"/b"}, "X-N": {"3"}, "X-None": nil, "Content-Length": {"4"}}, "<a/>"},
		"no content-type": {`{"statusCode":200,"body":"hi"}`, 200, http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, "hi"},
		"no body":         {`{"statusCode":404,"body":null,"headers":null,"cookies":null}`, 404, http.Header{"Content-Length": {"0"}}, ""},
		"base64":          {`{"statusCode":200,"headers":{"Content-Type":"image/png"},"body":"AAH/","isBase64Encoded":true}`, 200, http.Header{"Content-Type": {"image/png"}}, "\x00\x01\xff"},
		"base64 of text":  {`{"statusCode":200,"body":"aGk=","isBase64Encoded":true}`, 200, nil, "hi"},
		"cookies": {`{"statusCode":200,"cookies":["a=1; Secure","b=2"],"headers":{"Set-Cookie":"c=3"}}`, 200,
			http.Header{"Set-Cookie": {"a=1; Secure", "b=2", "c=3"}}, ""},
		"connection headers": {`{"statusCode":200,"headers":{"Content-Length":"99","Connection":"close","Transfer-Encoding":"chunked"},"body":"hi"}`, 200,
			http.Header{"Content-Length": {"2"}, "Connection": nil}, "hi"},
		"own CORS header stays without CORS": {`{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"*"}}`, 200, http.Header{"Access-Control-Allow-Origin": {"*"}}, ""},
		"no statusCode":                      {`{"a": 1}`, 200, http.Header{"Content-Type": {"application/json"}}, `{"a": 1}`},
		"other case":                         {`{"StatusCode":404}`, 200, http.Header{"Content-Type": {"application/json"}}, `{"StatusCode":404}`},
		"a string":                           {`"Hello from Lambda!"`, 200, http.Header{"Content-Length": {"20"}}, `"Hello from Lambda!"`},
		"a list":                             {`[1,2]`, 200, nil, `[1,2]`},
		"null":                               {`null`, 200, nil, `null`},

		"statusCode 0":        {`{"statusCode":0,"headers":null,"multiValueHeaders":null,"body":"","isBase64Encoded":false,"cookies":null}`, 500, nil, ""},
		"statusCode null":     {`{"statusCode":null}`, 500, nil, ""},
		"statusCode text":     {`{"statusCode":"ok"}`, 500, nil, ""},
		"statusCode 99":       {`{"statusCode":99}`, 500, nil, ""},
		"statusCode 600":      {`{"statusCode":600}`, 500, nil, ""},
		"body an object":      {`{"statusCode":200,"body":{"a":1}}`, 500, nil, ""},
		"header a list":       {`{"statusCode":200,"headers":{"x":["a"]}}`, 500, nil, ""},
		"base64 that is none": {`{"statusCode":200,"body":"*","isBase64Encoded":true}`, 500, nil, ""},
		"no JSON":             {`hello`, 500, nil, ""},
		"nothing":             {``, 500, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f.response = test.response
			got := send(t, "GET", server.URL+"/a", nil, nil)
			if test.status == 500 {
				wantMessage(t, got, 500, "Internal Server Error")
				return
			}
			if got.status != test.status || got.body != test.body {
				t.Errorf("got %d %q, want %d %q", got.status, got.body, test.status, test.body)
			}
			for name, want := range test.header {
				if !slices.Equal(got.header[name], want) {
					t.Errorf("%s is %q, want %q", name, got.header[name], want)
				}
			}
		})
	}
}

func TestFunctionErrors(t *testing.T) {
	var lines []string
	f := &function{}
	server := start(t, f, gateway.Config{Routes: open("GET /a"), Log: func(line string) { lines = append(lines, line) }})
	for _, test := range []struct {
		response, functionError string
		err                     error
	}{
		{`{"errorMessage":"boom","errorType":"errorString"}`, "Unhandled", nil},
		{`{"errorMessage":"Task timed out"}`, "Sandbox.Timedout", nil},
		{`{}`, "Runtime.ExitError", nil},
		{"", "", errors.New("no such function")},
	} {
		f.response, f.functionError, f.err = test.response, test.functionError, test.err
		wantMessage(t, send(t, "GET", server.URL+"/a?secret=1", nil, nil), 500, "Internal Server Error")
	}
	want := []string{
		"GET /a 500 GET /a 0ms: Unhandled",
		"GET /a 500 GET /a 0ms: Sandbox.Timedout",
		"GET /a 500 GET /a 0ms: Runtime.ExitError",
		"GET /a 500 GET /a 0ms: no such function",
	}
	server.Close() // the last line is logged after its answer was sent
	if !slices.Equal(lines, want) {
		t.Errorf("log %q", lines)
	}
}

// slow is a function that takes its time, and tells how that went.
type slow struct {
	takes time.Duration
	ended chan error
}

func (s slow) Invoke(ctx context.Context, _ string, _ []byte) ([]byte, string, error) {
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
	}
	s.ended <- ctx.Err()
	return []byte(`{}`), "", nil
}

func TestIntegrationTimeout(t *testing.T) {
	for name, test := range map[string]struct {
		takes, timeout, want time.Duration
		status               int
	}{
		"in time":             {29 * time.Second, 0, 29 * time.Second, 200},
		"over 30 s":           {40 * time.Second, 0, 30 * time.Second, 503},
		"over its own":        {9 * time.Second, 5 * time.Second, 5 * time.Second, 503},
		"never more than 30 ": {40 * time.Second, 60 * time.Second, 30 * time.Second, 503},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := slow{test.takes, make(chan error, 1)}
				g, err := gateway.New(gateway.Config{
					Invoker: f,
					Routes:  []template.Route{{Method: "GET", Path: "/a", Function: "F", Timeout: test.timeout}},
				})
				if err != nil {
					t.Fatal(err)
				}
				started := time.Now()
				recorder := httptest.NewRecorder()
				g.ServeHTTP(recorder, httptest.NewRequest("GET", "/a", nil))
				if took := time.Since(started); recorder.Code != test.status || took != test.want {
					t.Errorf("got %d after %v, want %d after %v", recorder.Code, took, test.status, test.want)
				}
				if test.status == 503 {
					if body := recorder.Body.String(); body != `{"message":"Service Unavailable"}` || len(body) != 33 {
						t.Errorf("body %s", body)
					}
				}
				if err := <-f.ended; err != nil || time.Since(started) != test.takes {
					t.Errorf("the function was stopped after %v: %v", time.Since(started), err)
				}
			})
		})
	}
}

func TestClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := slow{20 * time.Second, make(chan error, 1)}
		var line string
		g, err := gateway.New(gateway.Config{Invoker: f, Routes: open("GET /a"), Log: func(l string) { line = l }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, leave := context.WithTimeout(t.Context(), 15*time.Second) // as Twilio does
		defer leave()
		g.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/a", nil).WithContext(ctx))
		if line != "GET /a 499 GET /a 15000ms: the client left; the function runs on" {
			t.Errorf("log %q", line)
		}
		if err := <-f.ended; err != nil {
			t.Errorf("the function was stopped: %v", err)
		}
	})
}

func TestCORS(t *testing.T) {
	f := &function{response: `{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"https://own","ETag":"1"}}`}
	api := template.API{CORS: &template.CORS{
		AllowOrigins: []string{"https://nom.example", "http://*"}, AllowMethods: []string{"GET", "POST"},
		AllowHeaders: []string{"authorization", "content-type"}, ExposeHeaders: []string{"etag", "location"},
		MaxAge: 10 * time.Minute, AllowCredentials: true,
	}}
	server := start(t, f, gateway.Config{API: api, Routes: open("GET /a", "ANY /any")})
	preflight := map[string]string{
		"Access-Control-Allow-Methods": "GET,POST",
		"Access-Control-Allow-Headers": "authorization,content-type",
		"Access-Control-Max-Age":       "600",
	}
	simple := map[string]string{
		"Access-Control-Expose-Headers":    "etag,location",
		"Access-Control-Allow-Credentials": "true",
	}
	for name, test := range map[string]struct {
		method, path, origin, asks string
		status                     int
		simple, preflight          bool // which headers come back
	}{
		"preflight":                       {"OPTIONS", "/a", "https://nom.example", "GET", 204, true, true},
		"preflight by pattern":            {"OPTIONS", "/a", "http://127.0.0.1:9", "GET", 204, true, true},
		"preflight of another origin":     {"OPTIONS", "/a", "https://else", "GET", 204, false, false},
		"preflight of no path":            {"OPTIONS", "/b", "https://nom.example", "GET", 204, true, true},
		"preflight without method":        {"OPTIONS", "/a", "https://nom.example", "", 204, false, false},
		"preflight goes to its own route": {"OPTIONS", "/any", "https://nom.example", "GET", 200, true, true},
		"request":                         {"GET", "/a", "https://nom.example", "", 200, true, false},
		"request of another origin":       {"GET", "/a", "https://else", "", 200, false, false},
		"request without origin":          {"GET", "/a", "", "", 200, false, false},
		"refused request":                 {"GET", "/b", "https://nom.example", "", 404, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := send(t, test.method, server.URL+test.path, nil, func(r *http.Request) {
				r.Header.Set("Origin", test.origin)
				r.Header.Set("Access-Control-Request-Method", test.asks)
			})
			want := map[string]string{}
			if test.simple {
				want["Access-Control-Allow-Origin"] = test.origin
				maps.Copy(want, simple)
			}
			if test.preflight {
				maps.Copy(want, preflight)
			}
			cors := map[string]string{}
			for name, values := range got.header {
				if strings.HasPrefix(name, "Access-Control-") {
					cors[name] = strings.Join(values, "|")
				}
			}
			if got.status != test.status || !maps.Equal(cors, want) {
				t.Errorf("got %d %v, want %d %v", got.status, cors, test.status, want)
			}
			if test.status == 200 && got.header.Get("ETag") != "1" {
				t.Error("the function's other headers are gone")
			}
		})
	}

	t.Run("any origin", func(t *testing.T) {
		server := start(t, f, gateway.Config{API: template.API{CORS: &template.CORS{AllowOrigins: []string{"*"}}}, Routes: open("GET /a")})
		got := send(t, "GET", server.URL+"/a", nil, func(r *http.Request) { r.Header.Set("Origin", "https://x") })
		if got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("headers %v", got.header)
		}
	})
}
