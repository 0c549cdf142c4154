package apigw_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"strings"
	"testing"

	"clienteling/shared/apigw"
)

// A route that takes files takes them up to its own size, as they are; the other routes
// of the function keep theirs.
func TestFiles(t *testing.T) {
	t.Parallel()
	const small, large = 2 << 10, apigw.MaxBody + 1000
	binary := func(size int) []byte {
		return append([]byte("%PDF-\x00\xff\xfe\r\n"), bytes.Repeat([]byte{0x80}, size-10)...)
	}
	for name, test := range map[string]struct {
		limit  int // 0: the route takes no files
		body   []byte
		plain  bool // as text, not in base64
		status int
		says   string
	}{
		"a file":                      {limit: large, body: binary(300), status: 204},
		"nothing":                     {limit: large, body: []byte{}, status: 204},
		"the largest":                 {limit: large, body: binary(large), status: 204},
		"a byte more":                 {limit: large, body: binary(large + 1), status: 413, says: "over 64 KiB"},
		"much more":                   {limit: large, body: binary(4 * large), status: 413},
		"text":                        {limit: large, body: []byte("%PDF-" + strings.Repeat("é", 300)), plain: true, status: 204},
		"the largest text":            {limit: large, body: []byte(strings.Repeat("x", large)), plain: true, status: 204},
		"a byte of text more":         {limit: large, body: []byte(strings.Repeat("x", large+1)), plain: true, status: 413},
		"a limit below the usual":     {limit: small, body: binary(small), status: 204},
		"a byte above that limit":     {limit: small, body: binary(small + 1), status: 413, says: "over 2 KiB"},
		"no files, the largest body":  {body: binary(apigw.MaxBody), status: 204},
		"no files, a byte more":       {body: binary(apigw.MaxBody + 1), status: 413, says: "over 64 KiB"},
		"no files, what files may be": {body: binary(large), status: 413},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []byte
			called := false
			files := map[string]int{"POST /v1/others": large}
			if test.limit > 0 {
				files[route] = test.limit
			}
			serve := apigw.New(apigw.Options{
				Scope: "clienteling:associate", Files: files, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
				Routes: apigw.Routes{route: func(_ context.Context, c *apigw.Call) (any, error) {
					got, called = c.File(), true
					return nil, nil
				}},
			})
			res, err := serve(t.Context(), request(t, func(r *apigw.Request) {
				r.Headers["content-type"] = "application/pdf"
				if r.Body = string(test.body); !test.plain {
					r.Body, r.IsBase64Encoded = base64.StdEncoding.EncodeToString(test.body), true
				}
			}))
			if err != nil || res.StatusCode != test.status || called != (test.status == 204) || called && !bytes.Equal(got, test.body) {
				t.Fatalf("%d %s, %v; the handler got %d of %d bytes", res.StatusCode, res.Body, err, len(got), len(test.body))
			}
			if test.status == 413 {
				if p := problem(t, res, 413, "body_too_large"); !strings.Contains(p.Detail, test.says) {
					t.Errorf("it says %s", p.Detail)
				}
			}
		})
	}
}
