package gateway

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"clienteling/infra/local/template"
)

// route is a route ready to be matched.
type route struct {
	template.Route
	segments   []string    // of the path; nil for $default
	authorizer *authorizer // nil: open
}

// newRoutes sorts the routes so that the first that matches is the one API Gateway
// takes: full matches, then those that end in {x+}, then $default. Among the like, from
// the left, a literal segment goes before {x}, and an explicit method before ANY.
func newRoutes(declared []template.Route, authorizers map[string]*authorizer) ([]route, error) {
	routes := make([]route, 0, len(declared))
	for _, d := range declared {
		r := route{Route: d}
		if d.Authorizer != "" {
			if r.authorizer = authorizers[d.Authorizer]; r.authorizer == nil {
				return nil, fmt.Errorf("route %s: the API has no authorizer %q; add it", r.key(), d.Authorizer)
			}
		}
		if d.Path != "$default" {
			r.segments = strings.Split(d.Path, "/")
			if r.segments[0] != "" || len(r.segments) < 2 {
				return nil, fmt.Errorf("route %s: the path must start with /", r.key())
			}
			for i, s := range r.segments {
				if isGreedy(s) && i < len(r.segments)-1 {
					return nil, fmt.Errorf("route %s: %s must be the last segment", r.key(), s)
				}
			}
		}
		routes = append(routes, r)
	}
	slices.SortStableFunc(routes, func(a, b route) int { return strings.Compare(a.rank(), b.rank()) })
	return routes, nil
}

// rank sorts before that of every less specific route.
func (r *route) rank() string {
	if r.segments == nil {
		return "2"
	}
	kind, specific := "0", ""
	for _, s := range r.segments {
		switch {
		case isGreedy(s):
			kind, specific = "1", specific+"2"
		case isParameter(s):
			specific += "1"
		default:
			specific += "0"
		}
	}
	if r.Method == "ANY" {
		return kind + specific + "b"
	}
	return kind + specific + "a"
}

// key names a route as events do.
func (r *route) key() string {
	if r.Path == "$default" {
		return r.Path
	}
	return r.Method + " " + r.Path
}

func isParameter(segment string) bool { return strings.HasPrefix(segment, "{") }
func isGreedy(segment string) bool    { return strings.HasSuffix(segment, "+}") }

// match finds the route of a request and its path parameters, decoded. The path is
// taken as it was sent: "/a/", "/a" and "//a" differ, and %2F does not end a segment.
func match(routes []route, method, escapedPath string) (*route, map[string]string) {
	path := strings.Split(escapedPath, "/")
	for i, s := range path {
		// net/http has refused bad escapes already.
		path[i], _ = url.PathUnescape(s)
	}
	for i := range routes {
		r := &routes[i]
		if r.Method != method && r.Method != "ANY" {
			continue
		}
		if r.segments == nil {
			return r, nil
		}
		if parameters, ok := r.take(path); ok {
			return r, parameters
		}
	}
	return nil, nil
}

// take matches a path against one route.
func (r *route) take(path []string) (parameters map[string]string, ok bool) {
	last := len(r.segments) - 1
	greedy := isGreedy(r.segments[last])
	if len(path) != len(r.segments) && (!greedy || len(path) < len(r.segments)) {
		return nil, false
	}
	for i, s := range r.segments {
		value := path[i]
		if greedy && i == last {
			value = strings.Join(path[i:], "/")
		}
		if !isParameter(s) {
			if value != s {
				return nil, false
			}
			continue
		}
		if value == "" {
			return nil, false
		}
		if parameters == nil {
			parameters = map[string]string{}
		}
		parameters[strings.TrimRight(s[1:], "+}")] = value
	}
	return parameters, true
}
