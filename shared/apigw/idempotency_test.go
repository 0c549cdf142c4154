package apigw_test

import (
	"context"
	"strings"
	"testing"

	"clienteling/shared/apigw"
)

func TestIdempotency(t *testing.T) {
	// names is how a request's key and body are remembered.
	names := func(change func(*apigw.Request)) (status int, key, fingerprint string) {
		res, _ := call(t, func(_ context.Context, c *apigw.Call) (any, error) {
			var err error
			key, fingerprint, err = c.Idempotency()
			return "", err
		}, request(t, func(r *apigw.Request) {
			r.Headers["idempotency-key"], r.Body = "6f1c9a52", `{"text": "Hello"}`
			change(r)
		}))
		return res.StatusCode, key, fingerprint
	}
	_, key, fingerprint := names(func(*apigw.Request) {})
	if len(key) != 24 || len(fingerprint) != 24 {
		t.Fatalf("key %q, fingerprint %q", key, fingerprint)
	}
	for _, tt := range []struct {
		name              string
		change            func(*apigw.Request)
		sameKey, sameBody bool
	}{
		{"the same", func(*apigw.Request) {}, true, true},
		{"another key", func(r *apigw.Request) { r.Headers["idempotency-key"] += "x" }, false, true},
		{"another body", func(r *apigw.Request) { r.Body += " " }, true, false},
		{"another path", func(r *apigw.Request) { r.RawPath += "x" }, false, true},
		{"another method", func(r *apigw.Request) { r.RequestContext.HTTP.Method = "DELETE" }, false, true},
		{"another caller", func(r *apigw.Request) { r.RequestContext.Authorizer.JWT.Claims["sub"] += "x" }, false, true},
		{"the body in base64", func(r *apigw.Request) { r.Body, r.IsBase64Encoded = "eyJ0ZXh0IjogIkhlbGxvIn0=", true }, true, true},
	} {
		status, k, f := names(tt.change)
		if status != 200 || (k == key) != tt.sameKey || (f == fingerprint) != tt.sameBody {
			t.Errorf("%s: %d, key %q, fingerprint %q", tt.name, status, k, f)
		}
	}
	if status, k, f := names(func(r *apigw.Request) { delete(r.Headers, "idempotency-key") }); status != 200 || k != "" || f != "" {
		t.Errorf("no key: %d, %q, %q", status, k, f)
	}
	for length, want := range map[int]int{255: 200, 256: 400} {
		if status, _, _ := names(func(r *apigw.Request) { r.Headers["idempotency-key"] = strings.Repeat("k", length) }); status != want {
			t.Errorf("%d characters: %d", length, status)
		}
	}
}
