//go:build unix

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"clienteling/infra"
)

// contract finds the operation of openapi.yaml that a request belongs to.
var contract = sync.OnceValue(func() routers.Router {
	openapi3filter.RegisterBodyDecoder("text/xml", openapi3filter.FileBodyDecoder)
	openapi3filter.RegisterBodyDecoder("text/plain", openapi3filter.FileBodyDecoder)
	document, err := openapi3.NewLoader().LoadFromData(infra.OpenAPI)
	if err != nil {
		panic(err)
	}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		panic(err)
	}
	return router
})

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// into reads a JSON answer, which has to have the status wanted.
func (a answer) into(t *testing.T, status int, v any) {
	t.Helper()
	if a.status != status {
		t.Fatalf("answer %d %s, want %d", a.status, a.body, status)
	}
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		t.Fatalf("answer %s: %v", a.body, err)
	}
}

// refused checks that an answer is a problem of that status and code.
func (a answer) refused(t *testing.T, status int, code string) {
	t.Helper()
	var problem struct{ Code, Detail, RequestID string }
	a.into(t, status, &problem)
	if problem.Code != code || problem.Detail == "" || problem.RequestID == "" {
		t.Errorf("problem %s, want code %s with detail and request id", a.body, code)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q of a problem", got)
	}
}

// send makes a request to the API and holds it and its answer against the contract.
// A request that breaks the contract on purpose says so with broken.
func send(t *testing.T, method, path, token string, header http.Header, body string, broken bool) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, cloud.Info.API+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}

	route, parameters, err := contract().FindRoute(r)
	if err != nil {
		t.Fatalf("openapi.yaml does not know %s %s: %v", method, path, err)
	}
	request := &openapi3filter.RequestValidationInput{
		Request: r.Clone(context.Background()), PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	request.Request.Body = io.NopCloser(strings.NewReader(body))
	if err := openapi3filter.ValidateRequest(t.Context(), request); err != nil && !broken {
		t.Fatalf("the request breaks the contract: %v", err)
	}

	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: response.StatusCode, Header: response.Header,
		Body: io.NopCloser(bytes.NewReader(raw)), Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		t.Errorf("the answer to %s %s breaks the contract: %v", method, path, err)
	}
	return answer{response.StatusCode, response.Header, string(raw)}
}

func get(t *testing.T, path, token string) answer {
	t.Helper()
	return send(t, http.MethodGet, path, token, nil, "", false)
}

// mint gets a token with claims of one's own from the development issuer.
func mint(t *testing.T, claims map[string]any) string {
	t.Helper()
	var minted struct{ Token string }
	post(t, cloud.Info.OIDC.Mint.URL, map[string]any{"claims": claims}, &minted)
	return minted.Token
}

// twilio asks the simulator for something.
func twilio(t *testing.T, path string, body, into any) {
	t.Helper()
	post(t, cloud.Info.Twilio.BaseURL+path, body, into)
}

func post(t *testing.T, url string, body, into any) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(url, "application/json", bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answered, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s answered %d: %s", url, response.StatusCode, answered)
	}
	if err := json.Unmarshal(answered, into); err != nil {
		t.Fatal(err)
	}
}

// The shapes of the API that the tests look at.
type (
	conversation struct {
		ID       string
		StoreID  string
		Customer struct{ Phone string }
		OptIn    string
		OptedOut bool
		Unread   int
	}
	message struct {
		ID, Kind, Direction, Text, Status, Reason, At string
		Media                                         []media
	}
	media struct {
		ContentType string `json:"contentType"`
		URL         string `json:"url"`
	}
	list[T any] struct {
		Items  []T
		Cursor string
	}
	delivered struct {
		MessageSID string
		Deliveries []struct {
			Attempts []struct {
				Status int
				Body   string
			}
		}
	}
)

// find returns the one conversation of a store with a customer, and its thread,
// newest first; false when there is none.
func find(t *testing.T, store, phone string) (conversation, []message, bool) {
	t.Helper()
	base := "/v1/stores/" + store + "/conversations"
	for cursor := ""; ; {
		var inbox list[conversation]
		get(t, base+"?limit=100"+cursor, cloud.Info.Tokens.Associate).into(t, http.StatusOK, &inbox)
		for _, c := range inbox.Items {
			if c.Customer.Phone == phone {
				var thread list[message]
				get(t, base+"/"+c.ID+"/messages?limit=100", cloud.Info.Tokens.Associate).into(t, http.StatusOK, &thread)
				return c, thread.Items, true
			}
		}
		if inbox.Cursor == "" {
			return conversation{}, nil, false
		}
		cursor = "&cursor=" + inbox.Cursor
	}
}

// thread is find for a conversation that has to be there.
func thread(t *testing.T, store, phone string) (conversation, []message) {
	t.Helper()
	c, messages, ok := find(t, store, phone)
	if !ok {
		t.Fatalf("the inbox of %s has no conversation with %s", store, phone)
	}
	return c, messages
}
