package apigw_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		header  string // absent when empty
		version int
		matches bool
	}{
		{"", 3, true},
		{"", 0, true},
		{`"3"`, 3, true},
		{`"3"`, 2, false},
		{`"3"`, 33, false},
		{`"33"`, 3, false},
		{`"1", "3"`, 3, true},
		{`"1","3" ,"4"`, 3, true},
		{`"1", "4"`, 3, false},
		{"*", 3, true},
		// What is not there yet has no version to match.
		{"*", 0, false},
		{`"0"`, 0, false},
		// A weak tag never matches, and a tag has quotes: RFC 9110, section 13.1.1.
		{`W/"3"`, 3, false},
		{"3", 3, false},
		{`"03"`, 3, false},
		{`""`, 3, false},
		{" ", 3, false},
		{"nonsense", 3, false},
	} {
		t.Run(fmt.Sprintf("%s, %d", test.header, test.version), func(t *testing.T) {
			res, _ := call(t, func(_ context.Context, c *apigw.Call) (any, error) { return nil, c.Match(test.version) }, request(t, func(r *apigw.Request) {
				if test.header != "" {
					r.Headers["if-match"] = test.header
				}
			}))
			if !test.matches {
				problem(t, res, 412, "stale")
			} else if res.StatusCode != 204 {
				t.Errorf("got %d %s", res.StatusCode, res.Body)
			}
		})
	}
}

// What is shown with a version is changed by it.
func TestETag(t *testing.T) {
	for _, version := range []int{1, 2, 1234567} {
		tag := apigw.ETag(version)["etag"]
		if want := fmt.Sprintf("%q", fmt.Sprint(version)); tag != want {
			t.Errorf("got %s, want %s", tag, want)
		}
		call(t, func(_ context.Context, c *apigw.Call) (any, error) {
			var e *clienteling.Error
			if err := c.Match(version); err != nil {
				t.Errorf("%s: %v", tag, err)
			}
			if err := c.Match(version + 1); !errors.As(err, &e) || e.Kind != clienteling.Stale {
				t.Errorf("%s, one change later: %v", tag, err)
			}
			return nil, nil
		}, request(t, func(r *apigw.Request) { r.Headers["if-match"] = tag }))
	}
}
