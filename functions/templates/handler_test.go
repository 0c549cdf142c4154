package main

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"clienteling/infra/scenario"
	"clienteling/shared/apigw"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

func TestEvents(t *testing.T) {
	scenario.Golden(t, "templates", start)
}

func start(t testing.TB, db *scenario.Table) scenario.Handler {
	return apigw.New(function{db.Open()}.options(scenario.Log(t)))
}

// given is a table after the seed, and the handler on it.
func given(t *testing.T) (*scenario.Table, scenario.Handler) {
	t.Helper()
	db := scenario.NewTable(t)
	db.Give(t, "seed")
	return db, start(t, db)
}

// call is a request in the making, that of an event file with another path parameter,
// body, If-Match or retailer where they are not empty.
type call struct {
	event, parameter string
	body             any
	ifMatch          string
	retailer         string
}

func (c call) request(t testing.TB) scenario.Request {
	t.Helper()
	r := scenario.Event(t, "templates/"+c.event)
	delete(r.Headers, "if-match")
	if c.ifMatch != "" {
		r.Headers["if-match"] = c.ifMatch
	}
	if c.parameter != "" {
		for name := range r.PathParameters {
			r.PathParameters[name] = c.parameter
		}
	}
	if c.retailer != "" {
		r.RequestContext.Authorizer.JWT.Claims["retailer"] = c.retailer
	}
	if c.body != nil {
		text, err := json.Marshal(c.body)
		if err != nil {
			t.Fatal(err)
		}
		r.Body = string(text)
	}
	return r
}

// result is an answer: its status, the code of a problem, its ETag and its body.
type result struct {
	status     int
	code, etag string
	body       string
}

func (c call) ask(t testing.TB, handle scenario.Handler) result {
	t.Helper()
	res, err := handle(t.Context(), c.request(t))
	if err != nil {
		t.Error(err)
		return result{}
	}
	got := result{status: res.StatusCode, etag: res.Headers["etag"], body: res.Body}
	if res.StatusCode >= 300 {
		var p apigw.Problem
		if err := json.Unmarshal([]byte(res.Body), &p); err != nil || p.Detail == "" {
			t.Errorf("answered %d %s, which is no problem: %v", res.StatusCode, res.Body, err)
		}
		got.code = p.Code
	}
	return got
}

// must asks what is answered with a status below 300, and reads the answer into v.
func (c call) must(t testing.TB, handle scenario.Handler, v any) result {
	t.Helper()
	got := c.ask(t, handle)
	if got.status >= 300 || got.status == 0 {
		t.Fatalf("%s was answered %d %s", c.event, got.status, got.body)
	}
	if v != nil {
		if err := json.Unmarshal([]byte(got.body), v); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

func read(t testing.TB, handle scenario.Handler) (shown templates, etag string) {
	t.Helper()
	etag = call{event: "list"}.must(t, handle, &shown).etag
	return shown, etag
}

func reply(title, message string) map[string]string {
	return map[string]string{"title": title, "message": message}
}

// fill adds so many quick replies.
func fill(t testing.TB, handle scenario.Handler, many int) []string {
	t.Helper()
	var ids []string
	for n := range many {
		var made quickReply
		call{event: "add", body: reply(fmt.Sprint("Reply ", n), fmt.Sprint("Message ", n))}.must(t, handle, &made)
		ids = append(ids, made.ID)
	}
	return ids
}

func ids(replies []quickReply) []string {
	var all []string
	for _, r := range replies {
		all = append(all, r.ID)
	}
	return all
}
