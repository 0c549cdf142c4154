package gateway

import (
	"net/http"
	"strconv"
	"strings"

	"clienteling/infra/local/template"
)

// isCORS tells whether a header, in canonical form, is the gateway's to set once CORS
// is configured; a function's own is then ignored.
func isCORS(name string) bool { return strings.HasPrefix(name, "Access-Control-") }

// addCORS adds the configured headers, if the request has an origin that is allowed.
// A preflight that a route of its own (OPTIONS or ANY) answers gets them as well.
func addCORS(header http.Header, c *template.CORS, r *http.Request) {
	origin := allowedOrigin(c.AllowOrigins, r.Header.Get("Origin"))
	preflight := r.Method == http.MethodOptions
	if origin == "" || preflight && r.Header.Get("Access-Control-Request-Method") == "" {
		return
	}
	set := func(name, value string) {
		if value != "" {
			header.Set(name, value)
		}
	}
	set("Access-Control-Allow-Origin", origin)
	set("Access-Control-Expose-Headers", strings.Join(c.ExposeHeaders, ","))
	if c.AllowCredentials {
		set("Access-Control-Allow-Credentials", "true")
	}
	if preflight {
		set("Access-Control-Allow-Methods", strings.Join(c.AllowMethods, ","))
		set("Access-Control-Allow-Headers", strings.Join(c.AllowHeaders, ","))
		if c.MaxAge > 0 {
			set("Access-Control-Max-Age", strconv.Itoa(int(c.MaxAge.Seconds())))
		}
	}
}

// allowedOrigin is the value for Access-Control-Allow-Origin; "" if the origin may not
// read answers. Allowed are origins written out, "*", "https://*" and "http://*".
func allowedOrigin(allowed []string, origin string) string {
	if origin == "" {
		return ""
	}
	for _, a := range allowed {
		scheme, isPattern := strings.CutSuffix(a, "://*")
		switch {
		case a == "*":
			return a
		case a == origin, isPattern && strings.HasPrefix(origin, scheme+"://"):
			return origin
		}
	}
	return ""
}
