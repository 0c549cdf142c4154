package apigw_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

// A file comes as the gateway takes bytes, with its own type.
func TestFileAnswer(t *testing.T) {
	t.Parallel()
	data := []byte{0xff, 0xd8, 0x00, 0x80}
	res, _ := call(t, func(context.Context, *apigw.Call) (any, error) {
		return apigw.Reply{Status: http.StatusOK, File: data, ContentType: "image/jpeg"}, nil
	}, request(t, nil))
	got, err := base64.StdEncoding.DecodeString(res.Body)
	if err != nil || string(got) != string(data) || !res.IsBase64Encoded || res.Headers["content-type"] != "image/jpeg" || res.StatusCode != http.StatusOK {
		t.Errorf("answered %+v, %v", res, err)
	}
}

// A refusal that says when to come back says it in whole seconds, and never too early.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]string{
		0: "", time.Nanosecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", 24 * time.Hour: "86400",
	} {
		res, _ := call(t, func(context.Context, *apigw.Call) (any, error) {
			return apigw.Reply{Header: map[string]string{"etag": `"1"`}}, clienteling.E(clienteling.TooMany, "too_many", "Come back.").After(after)
		}, request(t, nil))
		if got := res.Headers["retry-after"]; got != want || res.Headers["etag"] != `"1"` || res.StatusCode != http.StatusTooManyRequests {
			t.Errorf("after %s: answered %d %v, want to be told %q", after, res.StatusCode, res.Headers, want)
		}
	}
}

// A route that another scope may call, too, is open to both, and the caller is what the
// scope makes of them; the function's other routes are not.
func TestAlso(t *testing.T) {
	t.Parallel()
	serve := func(also map[string]string) func(scope string) (int, bool) {
		return func(scope string) (int, bool) {
			var all bool
			handle := apigw.New(apigw.Options{Scope: "clienteling:manage", Also: also, Routes: apigw.Routes{
				route: func(_ context.Context, c *apigw.Call) (any, error) { all = c.Caller.AllStores; return nil, nil },
			}})
			res, err := handle(t.Context(), request(t, func(r *apigw.Request) { r.RequestContext.Authorizer.JWT.Claims["scope"] = scope }))
			if err != nil {
				t.Fatal(err)
			}
			return res.StatusCode, all
		}
	}
	both := serve(map[string]string{route: "clienteling:associate"})
	for scope, want := range map[string]struct {
		status int
		all    bool
	}{
		"clienteling:manage":                       {http.StatusNoContent, true},
		"clienteling:associate":                    {http.StatusNoContent, false},
		"clienteling:associate clienteling:manage": {http.StatusNoContent, true},
		"clienteling:operate":                      {http.StatusForbidden, false},
		"clienteling:associates":                   {http.StatusForbidden, false},
		"":                                         {http.StatusForbidden, false},
	} {
		if status, all := both(scope); status != want.status || all != want.all {
			t.Errorf("%q: %d, all stores %t", scope, status, all)
		}
	}
	if status, _ := serve(map[string]string{strings.Replace(route, "POST", "GET", 1): "clienteling:associate"})("clienteling:associate"); status != http.StatusForbidden {
		t.Errorf("another route's scope opens this one: %d", status)
	}
}
