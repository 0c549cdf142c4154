// Package events_test checks the event files: that each is what the gateway would
// make of such a request (or the queue of a job, or the clock of its time), and that
// Twilio's signatures are right. With -update it
// lays them out, encodes form bodies that were written plainly, and signs anew.
package events_test

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"clienteling/infra/scenario"
	"clienteling/shared/queue"
)

// event has the fields of payload 2.0 in the gateway's order, so that a field that
// is none of them is found, and rewriting a file moves nothing. The types of
// aws-lambda-go are for reading: they would write fields the gateway leaves out.
type event struct {
	Version               string            `json:"version"`
	RouteKey              string            `json:"routeKey"`
	RawPath               string            `json:"rawPath"`
	RawQueryString        string            `json:"rawQueryString"`
	Cookies               []string          `json:"cookies,omitempty"`
	Headers               map[string]string `json:"headers"`
	QueryStringParameters map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext        struct {
		AccountID  string `json:"accountId"`
		APIID      string `json:"apiId"`
		Authorizer *struct {
			JWT struct {
				Claims map[string]string `json:"claims"`
				Scopes []string          `json:"scopes"`
			} `json:"jwt"`
		} `json:"authorizer,omitempty"`
		DomainName   string `json:"domainName"`
		DomainPrefix string `json:"domainPrefix"`
		HTTP         struct {
			Method    string `json:"method"`
			Path      string `json:"path"`
			Protocol  string `json:"protocol"`
			SourceIP  string `json:"sourceIp"`
			UserAgent string `json:"userAgent"`
		} `json:"http"`
		RequestID string `json:"requestId"`
		RouteKey  string `json:"routeKey"`
		Stage     string `json:"stage"`
		Time      string `json:"time"`
		TimeEpoch int64  `json:"timeEpoch"`
	} `json:"requestContext"`
	Body            string            `json:"body,omitempty"`
	PathParameters  map[string]string `json:"pathParameters,omitempty"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// signature says how the webhooks of these names differ from all others, which are
// signed as the seed's account signs. Update leaves their signatures as they are.
func signature(name string) string {
	return map[string]string{
		"forged":            "wrong",
		"after-forged":      "wrong",
		"foreign-account":   "wrong", // right, but for the token of an account that is not ours
		"missing-signature": "none",
	}[name]
}

// batch has the fields of what Lambda gives a function that works off a FIFO queue.
type batch struct {
	Records []struct {
		MessageID         string            `json:"messageId"`
		ReceiptHandle     string            `json:"receiptHandle"`
		Body              string            `json:"body"`
		Attributes        map[string]string `json:"attributes"`
		MessageAttributes struct{}          `json:"messageAttributes"`
		MD5OfBody         string            `json:"md5OfBody"`
		EventSource       string            `json:"eventSource"`
		EventSourceARN    string            `json:"eventSourceARN"`
		AWSRegion         string            `json:"awsRegion"`
	}
}

// tick has the fields of what EventBridge Scheduler sends when no input is given.
type tick struct {
	Version    string    `json:"version"`
	ID         string    `json:"id"`
	DetailType string    `json:"detail-type"`
	Source     string    `json:"source"`
	Account    string    `json:"account"`
	Time       time.Time `json:"time"`
	Region     string    `json:"region"`
	Resources  []string  `json:"resources"`
	Detail     string    `json:"detail"`
}

func TestEvents(t *testing.T) {
	files, err := filepath.Glob("*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no event files: %v", err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var of struct {
				Records []json.RawMessage
				Source  string
			}
			if err := json.Unmarshal(text, &of); err != nil {
				t.Fatal(err)
			}
			switch {
			case len(of.Records) > 0:
				checkBatch(t, text)
				return
			case of.Source != "":
				checkTick(t, text)
				return
			}
			e := parse[event](t, text)
			if scenario.Update() {
				e.update(t, signature(strings.TrimSuffix(filepath.Base(file), ".json")))
				text = write(t, e)
				if err := os.WriteFile(file, text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			checkLayout(t, text, e)
			e.checkRequest(t)
			if strings.HasPrefix(e.RawPath, "/webhooks/") {
				e.checkWebhook(t, signature(strings.TrimSuffix(filepath.Base(file), ".json")))
			}
		})
	}
}

func parse[E any](t *testing.T, text []byte) E {
	var e E
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		t.Fatalf("not an event of its kind: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Fatal("something follows the event")
	}
	return e
}

func write(t *testing.T, e any) []byte {
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	w.SetIndent("", "  ")
	if err := w.Encode(e); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func checkLayout(t *testing.T, text []byte, e any) {
	if !bytes.Equal(text, write(t, e)) {
		t.Error("it is not laid out as all are: go test ./events -update")
	}
}

// form is the request as the tests of functions see it, with its parameters.
func (e *event) form(t *testing.T) (scenario.Request, url.Values) {
	r := scenario.Request{RawPath: e.RawPath, RawQueryString: e.RawQueryString, Body: e.Body, IsBase64Encoded: e.IsBase64Encoded}
	form, err := scenario.Form(r)
	if err != nil {
		t.Fatalf("its body is no form: %v", err)
	}
	return r, form
}

func (e *event) update(t *testing.T, signature string) {
	if !strings.HasPrefix(e.RawPath, "/webhooks/") {
		return
	}
	r, form := e.form(t)
	if !e.IsBase64Encoded {
		e.Headers["content-length"] = strconv.Itoa(len(e.Body))
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(e.Body)), true
	}
	if signature == "" {
		e.Headers["x-twilio-signature"] = scenario.Signature(r, form)
	}
}

// checkRequest checks what the gateway makes of any request.
func (e *event) checkRequest(t *testing.T) {
	method, route, _ := strings.Cut(e.RouteKey, " ")
	path := route
	for name, value := range e.PathParameters {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	c := e.RequestContext
	query, err := url.ParseQuery(e.RawQueryString)
	joined := map[string]string{}
	for name, values := range query {
		joined[name] = strings.Join(values, ",")
	}
	length := len(e.Body)
	if e.IsBase64Encoded {
		body, err := base64.StdEncoding.DecodeString(e.Body)
		if err != nil {
			t.Errorf("body: %v", err)
		}
		length = len(body)
	}
	for _, wrong := range []struct {
		what string
		is   bool
	}{
		{"version is not 2.0", e.Version != "2.0"},
		{"requestContext.routeKey differs from routeKey", c.RouteKey != e.RouteKey},
		{"requestContext.http.method is not the route's", c.HTTP.Method != method},
		{"rawPath is not the route with its pathParameters: " + path, e.RawPath != path},
		{"requestContext.http.path differs from rawPath", c.HTTP.Path != e.RawPath},
		{"rawQueryString cannot be read", err != nil},
		{"queryStringParameters are not those of rawQueryString", !equal(joined, e.QueryStringParameters)},
		{"requestContext.requestId is empty", c.RequestID == ""},
		{"requestContext.time is not timeEpoch", c.Time != time.UnixMilli(c.TimeEpoch).UTC().Format("02/Jan/2006:15:04:05 -0700")},
		{"content-length is not the body's", e.Headers["content-length"] != strconv.Itoa(length)},
		{"user-agent and requestContext.http.userAgent differ", e.Headers["user-agent"] != c.HTTP.UserAgent},
		{"the authorizer is missing, or of an open route", (c.Authorizer == nil) != strings.HasPrefix(route, "/webhooks/")},
	} {
		if wrong.is {
			t.Error(wrong.what)
		}
	}
	for name := range e.Headers {
		if name != strings.ToLower(name) {
			t.Errorf("header %s is not in lower case", name)
		}
	}
}

func equal(a, b map[string]string) bool {
	same := len(a) == len(b)
	for name, value := range a {
		same = same && b[name] == value
	}
	return same
}

// checkWebhook checks what Twilio sends.
func (e *event) checkWebhook(t *testing.T, signature string) {
	if e.Headers["user-agent"] != "TwilioProxy/1.1" {
		t.Error("user-agent is not Twilio's")
	}
	if e.Headers["content-type"] != "application/x-www-form-urlencoded; charset=UTF-8" || !e.IsBase64Encoded {
		t.Error("a form reaches functions in base64: go test ./events -update")
	}
	r, form := e.form(t)
	// Bundles' callbacks spell it their own way.
	if all := slices.Concat(form["AccountSid"], form["AccountSID"]); len(all) != 1 || all[0] == "" {
		t.Error("there is no AccountSid")
	}
	sent, given := e.Headers["x-twilio-signature"]
	right := sent == scenario.Signature(r, form)
	switch {
	case signature == "none" && given:
		t.Error("it has a signature")
	case signature == "wrong" && (right || sent == ""):
		t.Error("its signature is not wrong")
	case signature == "" && !right:
		t.Error("its signature is wrong: go test ./events -update")
	}
}

// checkBatch checks what Lambda makes of jobs on a queue. What only a FIFO queue has
// must be there for one, and for no other.
func checkBatch(t *testing.T, text []byte) {
	e := parse[batch](t, text)
	checkLayout(t, text, e)
	for _, r := range e.Records {
		if sum := md5.Sum([]byte(r.Body)); r.MD5OfBody != hex.EncodeToString(sum[:]) {
			t.Errorf("md5OfBody is not the body's, which is %x", sum)
		}
		if r.MessageID == "" || r.ReceiptHandle == "" || r.EventSource != "aws:sqs" || !strings.HasPrefix(r.EventSourceARN, "arn:aws:sqs:") {
			t.Errorf("not a record of a queue: %+v", r)
		}
		for _, name := range []string{"ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "SenderId", "SentTimestamp"} {
			if r.Attributes[name] == "" {
				t.Errorf("it lacks the attribute %s", name)
			}
		}
		fifo := strings.HasSuffix(r.EventSourceARN, ".fifo")
		for _, name := range []string{"MessageDeduplicationId", "MessageGroupId", "SequenceNumber"} {
			if (r.Attributes[name] != "") != fifo {
				t.Errorf("the attribute %s is %q, and the queue %s", name, r.Attributes[name], r.EventSourceARN)
			}
		}
		var job queue.SendText
		if fifo && json.Unmarshal([]byte(r.Body), &job) == nil && (r.Attributes["MessageGroupId"] != job.Store+"."+job.Customer || !strings.HasPrefix(r.Attributes["MessageDeduplicationId"], job.Message+".")) {
			t.Error("its group or deduplication id is not that of its job")
		}
	}
}

// checkTick checks what the clock sends.
func checkTick(t *testing.T, text []byte) {
	e := parse[tick](t, text)
	checkLayout(t, text, e)
	if e.DetailType != "Scheduled Event" || e.Source != "aws.scheduler" || e.Detail != "{}" || e.ID == "" || len(e.Resources) != 1 {
		t.Errorf("not an event of the scheduler: %+v", e)
	}
}
