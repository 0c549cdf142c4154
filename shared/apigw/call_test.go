package apigw_test

import (
	"context"
	"fmt"
	"testing"

	"clienteling/shared/apigw"
)

// page answers with what the query says.
func page(_ context.Context, c *apigw.Call) (any, error) {
	limit, err := c.Limit()
	if err != nil {
		return nil, err
	}
	unread, err := c.Flag("unread")
	if err != nil {
		return nil, err
	}
	position, err := c.Cursor("inbox/acme/hamburg-1")
	if err != nil {
		return nil, err
	}
	return fmt.Sprintf("%d %t %s %s", limit, unread, position, c.Query["tag"]), nil
}

func TestQuery(t *testing.T) {
	cursor := apigw.EncodeCursor("inbox/acme/hamburg-1", "p9")
	for query, want := range map[string]string{
		"":                             `"25 false  []"`,
		"limit=1":                      `"1 false  []"`,
		"limit=100&unread=true":        `"100 true  []"`,
		"unread=false&utm_source=a%26": `"25 false  []"`,
		"tag=a%2Cb&tag=c&limit=2":      `"2 false  [a,b c]"`,
		"cursor=" + cursor:             `"25 false p9 []"`,
	} {
		t.Run(query, func(t *testing.T) {
			res, _ := call(t, page, request(t, func(r *apigw.Request) { r.RawQueryString = query }))
			if res.StatusCode != 200 || res.Body != want {
				t.Errorf("got %d %s, want %s", res.StatusCode, res.Body, want)
			}
		})
	}
}

func TestQueryRefused(t *testing.T) {
	for query, test := range map[string]struct{ code, pointer string }{
		"limit=0":                 {"invalid_parameter", "limit"},
		"limit=101":               {"invalid_parameter", "limit"},
		"limit=-1":                {"invalid_parameter", "limit"},
		"limit=":                  {"invalid_parameter", "limit"},
		"limit=ten":               {"invalid_parameter", "limit"},
		"limit=1e2":               {"invalid_parameter", "limit"},
		"limit=+5":                {"invalid_parameter", "limit"},
		"limit=99999999999999999": {"invalid_parameter", "limit"},
		"limit=1&limit=1":         {"invalid_parameter", "limit"},
		"unread":                  {"invalid_parameter", "unread"},
		"unread=TRUE":             {"invalid_parameter", "unread"},
		"unread=1":                {"invalid_parameter", "unread"},
		"cursor=":                 {"invalid_cursor", "cursor"},
		"cursor=x":                {"invalid_cursor", "cursor"},
		"cursor=a&cursor=b":       {"invalid_parameter", "cursor"},
		"limit=%zz":               {"invalid_query", ""},
		"a=1;b=2":                 {"invalid_query", ""},
	} {
		t.Run(query, func(t *testing.T) {
			res, _ := call(t, page, request(t, func(r *apigw.Request) { r.RawQueryString = query }))
			p := problem(t, res, 400, test.code)
			if test.pointer != "" && (len(p.Errors) != 1 || p.Errors[0].Pointer != test.pointer) {
				t.Errorf("errors %v", p.Errors)
			}
		})
	}
}

func TestPath(t *testing.T) {
	call(t, func(_ context.Context, c *apigw.Call) (any, error) {
		if c.Path("storeId") != "hamburg-1" || c.Path("conversationId") != "" {
			t.Errorf("got %q, %q", c.Path("storeId"), c.Path("conversationId"))
		}
		return nil, nil
	}, request(t, nil))
}
