package twilio

import (
	_ "embed" // the page is one file and has no build step
	"net/http"
)

//go:embed handset.html
var handsetPage []byte

// serveHandset answers the page for people. It loads nothing from anywhere else.
func serveHandset(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; connect-src 'self'; img-src 'self' data:; "+
		"script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.Write(handsetPage)
}
