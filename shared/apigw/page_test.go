package apigw_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"clienteling/shared/apigw"
)

func TestPageOf(t *testing.T) {
	const list = "numbers/acme/FR/"
	for _, test := range []struct {
		found []int
		next  string
		want  string
	}{
		{nil, "", `{"items":[]}`}, // never null
		{[]int{1, 2}, "", `{"items":["1","2"]}`},
		{[]int{1}, "p9", `{"items":["1"],"cursor":"` + apigw.EncodeCursor(list, "p9") + `"}`},
		{nil, "p9", `{"items":[],"cursor":"` + apigw.EncodeCursor(list, "p9") + `"}`}, // an empty page may have more after it
	} {
		got, err := json.Marshal(apigw.PageOf(list, test.found, test.next, strconv.Itoa))
		if err != nil || string(got) != test.want {
			t.Errorf("got %s, %v; want %s", got, err, test.want)
		}
	}
}

func TestPage(t *testing.T) {
	const list = "stores/acme/parked"
	next := apigw.PageOf(list, []int{1}, "p9", strconv.Itoa).Cursor
	for query, want := range map[string]string{
		"":                            `"25 "`,
		"limit=7":                     `"7 "`,
		"limit=7&cursor=" + next:      `"7 p9"`,
		"state=parked&cursor=" + next: `"25 p9"`,
	} {
		res, _ := call(t, func(_ context.Context, c *apigw.Call) (any, error) {
			limit, after, err := c.Page(list)
			return fmt.Sprint(limit, " ", after), err
		}, request(t, func(r *apigw.Request) { r.RawQueryString = query }))
		if res.StatusCode != 200 || res.Body != want {
			t.Errorf("%s: got %d %s, want %s", query, res.StatusCode, res.Body, want)
		}
	}
	for query, code := range map[string]string{
		"limit=0":                  "invalid_parameter",
		"limit=101&cursor=" + next: "invalid_parameter",
		"cursor=p9":                "invalid_cursor",
		"cursor=" + apigw.EncodeCursor("stores/acme/", "p9"):        "invalid_cursor", // of another state
		"cursor=" + apigw.EncodeCursor("stores/rival/parked", "p9"): "invalid_cursor",
	} {
		res, _ := call(t, func(_ context.Context, c *apigw.Call) (any, error) {
			_, _, err := c.Page(list)
			return nil, err
		}, request(t, func(r *apigw.Request) { r.RawQueryString = query }))
		problem(t, res, 400, code)
	}
}

func TestWords(t *testing.T) {
	read := func(_ context.Context, c *apigw.Call) (any, error) {
		state, err := c.OneOf("state", "eligible", "parked")
		if err != nil {
			return nil, err
		}
		contains, err := c.Text("contains")
		return state + "," + contains, err
	}
	for query, want := range map[string]string{
		"":                                 `","`,
		"state=parked":                     `"parked,"`,
		"contains=%2B1+55*&state=eligible": `"eligible,+1 55*"`,
		"contains=":                        `","`,
	} {
		res, _ := call(t, read, request(t, func(r *apigw.Request) { r.RawQueryString = query }))
		if res.StatusCode != 200 || res.Body != want {
			t.Errorf("%s: got %d %s, want %s", query, res.StatusCode, res.Body, want)
		}
	}
	for query, pointer := range map[string]string{
		"state=":                      "state",
		"state=Parked":                "state",
		"state=parked,eligible":       "state",
		"state=parked&state=eligible": "state",
		"contains=1&contains=2":       "contains",
	} {
		res, _ := call(t, read, request(t, func(r *apigw.Request) { r.RawQueryString = query }))
		if p := problem(t, res, 400, "invalid_parameter"); len(p.Errors) != 1 || p.Errors[0].Pointer != pointer {
			t.Errorf("%s: errors %v", query, p.Errors)
		}
	}
}
