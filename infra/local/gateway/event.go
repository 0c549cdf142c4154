package gateway

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// event is a request in payload format 2.0. The types of aws-lambda-go do not serve
// here: they are made for reading, and would write an empty client certificate and
// leave out a null "scopes".
type event struct {
	Version               string            `json:"version"`
	RouteKey              string            `json:"routeKey"`
	RawPath               string            `json:"rawPath"` // decoded, for all its name
	RawQueryString        string            `json:"rawQueryString"`
	Cookies               []string          `json:"cookies,omitempty"`
	Headers               map[string]string `json:"headers"`
	QueryStringParameters map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext        requestContext    `json:"requestContext"`
	Body                  string            `json:"body,omitempty"`
	PathParameters        map[string]string `json:"pathParameters,omitempty"`
	IsBase64Encoded       bool              `json:"isBase64Encoded"`
}

type requestContext struct {
	AccountID    string           `json:"accountId"`
	APIID        string           `json:"apiId"`
	Authorizer   *eventAuthorizer `json:"authorizer,omitempty"`
	DomainName   string           `json:"domainName"`
	DomainPrefix string           `json:"domainPrefix"`
	HTTP         httpContext      `json:"http"`
	RequestID    string           `json:"requestId"`
	RouteKey     string           `json:"routeKey"`
	Stage        string           `json:"stage"`
	Time         string           `json:"time"`      // "12/Mar/2020:19:03:58 +0000"
	TimeEpoch    int64            `json:"timeEpoch"` // milliseconds
}

type eventAuthorizer struct {
	JWT *jwtContext `json:"jwt"`
}

// jwtContext is what a function hears of a token.
type jwtContext struct {
	Claims map[string]string `json:"claims"`
	Scopes []string          `json:"scopes"` // all the token has; null if the route asks for none
}

type httpContext struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

func newEvent(r *http.Request, route *route, parameters map[string]string, caller *jwtContext, body []byte, id string, now time.Time) event {
	source, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		source = r.RemoteAddr
	}
	prefix, _, _ := strings.Cut(r.Host, ".")
	e := event{
		Version:        "2.0",
		RouteKey:       route.key(),
		RawPath:        r.URL.Path,
		RawQueryString: r.URL.RawQuery,
		Cookies:        cookies(r),
		Headers:        headers(r, len(body), source, now),
		PathParameters: parameters,
		RequestContext: requestContext{
			AccountID: "000000000000", APIID: "local", DomainName: r.Host, DomainPrefix: prefix,
			HTTP:      httpContext{Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: source, UserAgent: r.UserAgent()},
			RequestID: id, RouteKey: route.key(), Stage: "$default",
			Time: now.UTC().Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
		},
	}
	if caller != nil {
		e.RequestContext.Authorizer = &eventAuthorizer{JWT: caller}
	}
	if query, _ := url.ParseQuery(r.URL.RawQuery); len(query) > 0 { // what cannot be read is left to RawQueryString
		e.QueryStringParameters = make(map[string]string, len(query))
		for key, values := range query {
			e.QueryStringParameters[key] = strings.Join(values, ",")
		}
	}
	switch {
	case len(body) == 0:
	case isText(r.Header.Get("Content-Type")):
		e.Body = string(body)
	default:
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return e
}

// headers are the client's, names in lower case and values joined, and those API
// Gateway adds. Cookies have a place of their own.
func headers(r *http.Request, bodySize int, source string, now time.Time) map[string]string {
	out := make(map[string]string, len(r.Header)+7)
	for name, values := range r.Header {
		if name != "Cookie" && !isHopByHop(name) {
			out[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	out["host"] = r.Host
	out["content-length"] = strconv.Itoa(bodySize)
	out["x-forwarded-for"] = strings.TrimPrefix(out["x-forwarded-for"]+", "+source, ", ")
	out["x-forwarded-proto"] = "http"
	if r.TLS != nil {
		out["x-forwarded-proto"] = "https"
	}
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		_, out["x-forwarded-port"], _ = net.SplitHostPort(local.String())
	}
	if out["x-amzn-trace-id"] == "" {
		random := make([]byte, 12)
		_, _ = rand.Read(random) // never fails
		out["x-amzn-trace-id"] = fmt.Sprintf("Root=1-%08x-%x", now.Unix(), random)
	}
	return out
}

func cookies(r *http.Request) []string {
	var out []string
	for _, line := range r.Header["Cookie"] {
		for cookie := range strings.SplitSeq(line, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				out = append(out, cookie)
			}
		}
	}
	return out
}

// isText tells whether a body of that type reaches the function as it is. As measured,
// a charset other than UTF-8 makes it base64, like every type not named here.
func isText(contentType string) bool {
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	charset, given := parameters["charset"]
	if given && !strings.EqualFold(charset, "utf-8") || len(parameters) > 1 || len(parameters) == 1 && !given {
		return false
	}
	return strings.HasPrefix(mediaType, "text/") ||
		slices.Contains([]string{"application/json", "application/xml", "application/javascript"}, mediaType)
}

// isHopByHop names the headers that belong to one connection only, in canonical form.
func isHopByHop(name string) bool {
	return slices.Contains([]string{
		"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade",
	}, name)
}
