//go:build unix

package poller_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"

	"clienteling/infra/local/lambda"
	"clienteling/infra/local/npm"
	"clienteling/infra/local/poller"
	"clienteling/infra/local/sqs"
	"clienteling/infra/local/template"
)

// endpoint is that of the SQS all tests share; each has queues of its own.
var endpoint string

func TestMain(m *testing.M) {
	if _, err := npm.Install(context.Background(), ".."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	server, err := sqs.Start(ctx, sqs.Options{Modules: "../node_modules"})
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	endpoint = server.Endpoint()
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

// bench is a queue, a poller on it, and the function, which the test plays.
type bench struct {
	*testing.T
	client *awssqs.Client
	source poller.Source
	dead   string // URL of the dead-letter queue
	poller *poller.Poller
	calls  chan *call
	logged chan string

	mu            sync.Mutex
	running, most int // invocations at once, now and ever
}

// call is an invocation that waits for the test's answer.
type call struct {
	ctx    context.Context
	event  []byte
	answer chan answer
	events.SQSEvent
}

type answer struct {
	response, functionError string
	err                     error
}

func (b *bench) Invoke(ctx context.Context, function string, event []byte) ([]byte, string, error) {
	b.count(1)
	defer b.count(-1)
	c := &call{ctx: ctx, event: event, answer: make(chan answer, 1)}
	if err := json.Unmarshal(event, &c.SQSEvent); err != nil || function != "Function" {
		b.Errorf("%s was invoked with %s: %v", function, event, err)
	}
	b.calls <- c
	select {
	case a := <-c.answer:
		return []byte(a.response), a.functionError, a.err
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
}

func (b *bench) count(change int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running += change
	b.most = max(b.most, b.running)
}

// newBench makes the queues: one, and a dead-letter queue if MaxReceiveCount is set.
func newBench(t *testing.T, q template.Queue, s poller.Source) *bench {
	t.Helper()
	t.Parallel()
	suffix := ""
	if q.FIFO {
		suffix = ".fifo"
	}
	q.LogicalID, q.Name, q.ContentBasedDeduplication = "Queue", uuid.NewString()+suffix, q.FIFO
	queues := []template.Queue{q}
	if q.MaxReceiveCount > 0 {
		queues[0].DeadLetter = "Dead"
		queues = append(queues, template.Queue{LogicalID: "Dead", Name: uuid.NewString() + suffix, FIFO: q.FIFO})
	}
	urls, err := sqs.CreateQueues(t.Context(), endpoint, queues)
	if err != nil {
		t.Fatal(err)
	}
	s.QueueURL, s.FIFO, s.Function = urls["Queue"], q.FIFO, "Function"
	s.QueueARN = "arn:aws:sqs:eu-central-1:000000000000:" + q.Name
	return &bench{
		T: t, client: sqs.Client(endpoint), source: s, dead: urls["Dead"],
		calls: make(chan *call, 100), logged: make(chan string, 100),
	}
}

func (b *bench) start() {
	b.startWith(b.client, b)
}

func (b *bench) startWith(client *awssqs.Client, invoker poller.Invoker) {
	b.poller = poller.Start(poller.Config{
		SQS: client, Invoker: invoker, Region: "eu-central-1", Sources: []poller.Source{b.source},
		Log: func(line string) { b.logged <- line },
	})
	b.Cleanup(b.poller.Close)
}

// send puts messages into the queue. In a FIFO queue their first letter is the group.
func (b *bench) send(bodies ...string) {
	b.Helper()
	for chunk := range slices.Chunk(bodies, 10) {
		var entries []types.SendMessageBatchRequestEntry
		for i, body := range chunk {
			e := types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(body)}
			if b.source.FIFO {
				e.MessageGroupId = aws.String(body[:1])
			}
			entries = append(entries, e)
		}
		out, err := b.client.SendMessageBatch(b.Context(), &awssqs.SendMessageBatchInput{QueueUrl: &b.source.QueueURL, Entries: entries})
		if err != nil || len(out.Failed) > 0 {
			b.Fatal("send:", err, out)
		}
	}
}

func await[T any](b *bench, what string, c <-chan T) T {
	b.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		b.Fatal("waited in vain for ", what)
		panic("unreachable")
	}
}

// next is the next invocation; its messages must be these.
func (b *bench) next(bodies ...string) *call {
	b.Helper()
	c := await(b, "an invocation with "+strings.Join(bodies, ", "), b.calls)
	if got := c.bodies(); !slices.Equal(got, bodies) {
		b.Fatalf("the function got %q, want %q", got, bodies)
	}
	return c
}

func (c *call) bodies() (bodies []string) {
	for _, r := range c.Records {
		bodies = append(bodies, r.Body)
	}
	return bodies
}

// reply ends the invocation. In the response "A" stands for the id of the batch's first
// message, "B" for the second's, and so on.
func (c *call) reply(a answer) {
	for i, r := range c.Records {
		a.response = strings.ReplaceAll(a.response, strconv.Quote(string(rune('A'+i))), strconv.Quote(r.MessageId))
	}
	c.answer <- a
}

func (c *call) ok() { c.reply(answer{}) }

// left is how many messages the queue still has, visible and hidden.
func (b *bench) left() (visible, hidden int) {
	b.Helper()
	out, err := b.client.GetQueueAttributes(b.Context(), &awssqs.GetQueueAttributesInput{
		QueueUrl: &b.source.QueueURL, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		b.Fatal(err)
	}
	visible, _ = strconv.Atoi(out.Attributes["ApproximateNumberOfMessages"])
	hidden, _ = strconv.Atoi(out.Attributes["ApproximateNumberOfMessagesNotVisible"])
	return visible, hidden
}

func (b *bench) awaitLeft(visible, hidden int) {
	b.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		v, h := b.left()
		if v == visible && h == hidden {
			return
		}
		if time.Now().After(deadline) {
			b.Fatalf("the queue has %d visible and %d hidden messages, want %d and %d", v, h, visible, hidden)
		}
	}
}

func TestRecords(t *testing.T) {
	for name, fifo := range map[string]bool{"standard": false, "FIFO": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, template.Queue{FIFO: fifo}, poller.Source{})
			m := &awssqs.SendMessageInput{QueueUrl: &b.source.QueueURL, MessageBody: aws.String(`{"text":"Grüße <👋>"}`)}
			if fifo {
				m.MessageGroupId, m.MessageDeduplicationId = aws.String("G"), aws.String("D")
			} else {
				m.MessageAttributes = map[string]types.MessageAttributeValue{
					"kind":  {DataType: aws.String("String"), StringValue: aws.String("v")},
					"count": {DataType: aws.String("Number"), StringValue: aws.String("7")},
					"bytes": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}},
				}
			}
			sent, err := b.client.SendMessage(b.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			b.start()
			c := await(b, "the message", b.calls)
			c.ok()

			var got map[string][]map[string]any
			if err := json.Unmarshal(c.event, &got); err != nil || len(got) != 1 || len(got["Records"]) != 1 {
				t.Fatalf("event %s, %v", c.event, err)
			}
			record := got["Records"][0]
			attributes := record["attributes"].(map[string]any)
			for _, key := range []string{"SentTimestamp", "ApproximateFirstReceiveTimestamp"} {
				ms, err := strconv.ParseInt(attributes[key].(string), 10, 64)
				if ago := time.Since(time.UnixMilli(ms)); err != nil || ago < -time.Second || ago > time.Minute {
					t.Errorf("%s is %v", key, attributes[key])
				}
				delete(attributes, key)
			}
			if handle, _ := record["receiptHandle"].(string); handle == "" {
				t.Error("no receiptHandle")
			}
			delete(record, "receiptHandle")

			want := map[string]any{
				"messageId": *sent.MessageId, "body": *m.MessageBody, "md5OfBody": *sent.MD5OfMessageBody,
				"eventSource": "aws:sqs", "eventSourceARN": b.source.QueueARN, "awsRegion": "eu-central-1",
				"attributes":        map[string]any{"ApproximateReceiveCount": "1", "SenderId": "000000000000"},
				"messageAttributes": map[string]any{},
			}
			if fifo {
				want["attributes"] = map[string]any{
					"ApproximateReceiveCount": "1", "SenderId": "000000000000",
					"SequenceNumber": *sent.SequenceNumber, "MessageGroupId": "G", "MessageDeduplicationId": "D",
				}
			} else {
				attribute := func(key, value, dataType string) map[string]any {
					return map[string]any{key: value, "dataType": dataType, "stringListValues": []any{}, "binaryListValues": []any{}}
				}
				want["md5OfMessageAttributes"] = *sent.MD5OfMessageAttributes
				want["messageAttributes"] = map[string]any{
					"kind":  attribute("stringValue", "v", "String"),
					"count": attribute("stringValue", "7", "Number"),
					"bytes": attribute("binaryValue", "AP8=", "Binary"),
				}
			}
			if !reflect.DeepEqual(record, want) {
				t.Errorf("record\n%v, want\n%v", record, want)
			}
		})
	}
}

// Of the messages a, b and c, those that are not handled stay in the queue.
func TestAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		whole  bool   // without ReportBatchItemFailures
		answer answer // B and C stand for the ids of b and c
		left   int
		log    string
	}{
		"whole batch, handled":            {whole: true, answer: answer{response: `"thanks"`}},
		"whole batch, report ignored":     {whole: true, answer: answer{response: `{"batchItemFailures":[{"itemIdentifier":"B"}]}`}},
		"whole batch, function error":     {whole: true, answer: answer{functionError: "Unhandled"}, left: 3, log: "Unhandled"},
		"not invoked":                     {answer: answer{err: errors.New("no such function")}, left: 3, log: "no such function"},
		"function error":                  {answer: answer{functionError: "Sandbox.Timedout", response: `{}`}, left: 3, log: "Sandbox.Timedout"},
		"nothing":                         {answer: answer{}},
		"null":                            {answer: answer{response: `null`}},
		"empty string":                    {answer: answer{response: `""`}},
		"empty list":                      {answer: answer{response: `[]`}},
		"empty object":                    {answer: answer{response: ` {} `}},
		"no failures":                     {answer: answer{response: `{"batchItemFailures":[]}`}},
		"null failures":                   {answer: answer{response: `{"batchItemFailures":null}`}},
		"one failed":                      {answer: answer{response: `{"batchItemFailures":[{"itemIdentifier":"B"}]}`}, left: 1, log: "1 of 3"},
		"two failed, one of them twice":   {answer: answer{response: `{"batchItemFailures":[{"itemIdentifier":"C"},{"itemIdentifier":"B"},{"itemIdentifier":"C"}]}`}, left: 2, log: "2 of 3"},
		"not JSON":                        {answer: answer{response: `{"batchItemFailures":[`}, left: 3, log: "is not"},
		"another answer":                  {answer: answer{response: `"thanks"`}, left: 3, log: "is not"},
		"not a list":                      {answer: answer{response: `{"batchItemFailures":"B"}`}, left: 3, log: "not a list"},
		"not an object":                   {answer: answer{response: `{"batchItemFailures":["B"]}`}, left: 3, log: "no itemIdentifier"},
		"null entry":                      {answer: answer{response: `{"batchItemFailures":[null]}`}, left: 3, log: "no itemIdentifier"},
		"empty itemIdentifier":            {answer: answer{response: `{"batchItemFailures":[{"itemIdentifier":""}]}`}, left: 3, log: "not a messageId"},
		"null itemIdentifier":             {answer: answer{response: `{"batchItemFailures":[{"itemIdentifier":null}]}`}, left: 3, log: "no itemIdentifier"},
		"itemIdentifier of another batch": {answer: answer{response: `{"batchItemFailures":[{"itemIdentifier":"B"},{"itemIdentifier":"x"}]}`}, left: 3, log: "not a messageId"},
		"key in another case":             {answer: answer{response: `{"batchItemFailures":[{"ItemIdentifier":"B"}]}`}, left: 3, log: "no itemIdentifier"},
		"messageId instead of the key":    {answer: answer{response: `{"batchItemFailures":[{"messageId":"B"}]}`}, left: 3, log: "no itemIdentifier"},
		"the list under another key":      {answer: answer{response: `{"failures":[{"itemIdentifier":"B"}]}`}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, template.Queue{VisibilityTimeout: time.Minute}, poller.Source{ReportBatchItemFailures: !tt.whole})
			b.send("a", "b", "c")
			b.start()
			b.next("a", "b", "c").reply(tt.answer)
			b.poller.Close()
			if visible, hidden := b.left(); visible != 0 || hidden != tt.left {
				t.Errorf("%d visible and %d hidden messages are left, want %d hidden", visible, hidden, tt.left)
			}
			switch {
			case tt.log != "":
				line := await(b, "a line", b.logged)
				if !strings.Contains(line, tt.log) || !strings.HasPrefix(line, "Function: ") || strings.Contains(line, "\n") {
					t.Errorf("the log says %q, want %q in it", line, tt.log)
				}
			case len(b.logged) > 0:
				t.Errorf("the log says %q", <-b.logged)
			}
		})
	}
}

// What is reported as failed comes again after the visibility timeout, and nothing else.
func TestFailuresComeAgain(t *testing.T) {
	b := newBench(t, template.Queue{VisibilityTimeout: time.Second}, poller.Source{ReportBatchItemFailures: true})
	b.send("a", "b", "c")
	b.start()
	b.next("a", "b", "c").reply(answer{response: `{"batchItemFailures":[{"itemIdentifier":"B"}]}`})
	again := b.next("b")
	again.ok()
	if count := again.Records[0].Attributes["ApproximateReceiveCount"]; count != "2" {
		t.Errorf("ApproximateReceiveCount is %s the second time", count)
	}
	b.awaitLeft(0, 0)
}

func TestDeadLetters(t *testing.T) {
	b := newBench(t, template.Queue{VisibilityTimeout: time.Second, MaxReceiveCount: 2}, poller.Source{})
	b.send("bad")
	b.start()
	for range 2 {
		b.next("bad").reply(answer{functionError: "Unhandled"})
	}
	out, err := b.client.ReceiveMessage(b.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &b.dead, WaitTimeSeconds: 10})
	if err != nil || len(out.Messages) != 1 || *out.Messages[0].Body != "bad" {
		t.Fatalf("dead letters %v, %v", out, err)
	}
	if len(b.calls) > 0 {
		t.Error("the function got it a third time")
	}
}

// A group waits while one of its messages is handled; the others do not.
func TestGroupsWait(t *testing.T) {
	b := newBench(t, template.Queue{FIFO: true}, poller.Source{BatchSize: 1})
	b.send("a1", "a2", "b1", "b2")
	b.start()
	first := map[string]*call{} // groups are handled at once, in any order
	for range 2 {
		c := await(b, "an invocation of each group", b.calls)
		first[c.Records[0].Body] = c
	}
	if first["a1"] == nil || first["b1"] == nil {
		t.Fatalf("the first of each group did not come first: %v", slices.Sorted(maps.Keys(first)))
	}
	first["b1"].ok()
	b.next("b2").ok()
	first["a1"].ok()
	b.next("a2").ok()
	b.awaitLeft(0, 0)
}

// A failed message holds up its group, and no other.
func TestGroupsKeepOrder(t *testing.T) {
	b := newBench(t, template.Queue{FIFO: true, VisibilityTimeout: time.Second}, poller.Source{ReportBatchItemFailures: true})
	b.send("a1", "a2", "b1", "b2")
	b.start()
	b.next("a1", "b1").reply(answer{response: `{"batchItemFailures":[{"itemIdentifier":"A"}]}`})
	b.next("b2").ok()
	b.next("a1").ok()
	b.next("a2").ok()
	b.awaitLeft(0, 0)
}

func TestConcurrency(t *testing.T) {
	for limit, want := range map[int]int{0: 5, 1: 1, 3: 3} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			b := newBench(t, template.Queue{}, poller.Source{BatchSize: 1, MaxConcurrency: limit})
			const messages = 12
			b.send(strings.Split("abcdefghijkl", "")...)
			b.start()
			var open []*call
			for range want {
				open = append(open, await(b, "invocations at once", b.calls))
			}
			for range messages - want {
				open[0].ok()
				open = append(open[1:], await(b, "the next invocation", b.calls))
			}
			for _, c := range open {
				c.ok()
			}
			b.awaitLeft(0, 0)
			b.poller.Close()
			if b.most != want {
				t.Errorf("%d invocations at once, want %d", b.most, want)
			}
		})
	}
}

func TestWindow(t *testing.T) {
	dozen := strings.Split("abcdefghijkl", "")
	t.Run("a full batch does not wait", func(t *testing.T) {
		b := newBench(t, template.Queue{}, poller.Source{BatchSize: 12, Window: 5 * time.Minute})
		b.send(append(dozen, "m")...)
		b.start()
		b.next(dozen...).ok()
		b.awaitLeft(0, 1) // deleted in two calls; the thirteenth waits in a batch of its own
		go b.poller.Close()
		b.next("m").ok()
		b.awaitLeft(0, 0)
	})
	t.Run("a message waits for company", func(t *testing.T) {
		b := newBench(t, template.Queue{}, poller.Source{Window: 2 * time.Second})
		b.send("a")
		b.start()
		b.awaitLeft(0, 1)
		b.send("b", "c")
		b.next("a", "b", "c").ok()
	})
	t.Run("without a window it does not", func(t *testing.T) {
		b := newBench(t, template.Queue{}, poller.Source{})
		b.send("a")
		b.start()
		b.next("a").ok()
	})
	t.Run("nor in a FIFO queue", func(t *testing.T) {
		b := newBench(t, template.Queue{FIFO: true}, poller.Source{Window: 5 * time.Minute})
		b.send("a")
		b.start()
		b.next("a").ok()
	})
}

func TestCloseWaits(t *testing.T) {
	b := newBench(t, template.Queue{}, poller.Source{})
	b.send("a")
	b.start()
	c := b.next("a")
	closed := make(chan struct{})
	go func() {
		b.poller.Close()
		close(closed)
	}()
	c.ok()
	await(b, "Close", closed)
	if visible, hidden := b.left(); visible+hidden > 0 {
		t.Error("Close did not wait for the message to be deleted")
	}
}

func TestCloseGivesUp(t *testing.T) {
	b := newBench(t, template.Queue{}, poller.Source{})
	b.send("a")
	b.start()
	c := b.next("a")
	b.poller.SetPatience(10 * time.Millisecond)
	b.poller.Close()
	if c.ctx.Err() == nil {
		t.Error("the invocation's context did not end")
	}
	if visible, hidden := b.left(); visible+hidden != 1 {
		t.Error("a message that was not handled is gone")
	}
}

func TestSQSGoesAway(t *testing.T) {
	b := newBench(t, template.Queue{}, poller.Source{})
	origin, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	var away atomic.Bool
	away.Store(true)
	refused := make(chan struct{}, 100)
	proxy := httputil.NewSingleHostReverseProxy(origin)
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) {} // the long poll that Close cancels
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			refused <- struct{}{}
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	options := b.client.Options()
	options.BaseEndpoint, options.Retryer = aws.String(server.URL), aws.NopRetryer{} // a try is a request
	b.startWith(awssqs.New(options), b)

	for range 3 {
		await(b, "a try", refused)
	}
	away.Store(false)
	b.send("a")
	b.next("a").ok()
	b.poller.Close()
	close(b.logged)
	var said []string
	for line := range b.logged {
		said = append(said, line)
	}
	if len(said) != 2 || !strings.Contains(said[0], "cannot be read; trying again") || !strings.Contains(said[1], "can be read again") {
		t.Errorf("the log says %q", said)
	}
}

// The real thing: a bootstrap binary that fails some messages, and panics.
func TestBootstrap(t *testing.T) {
	b := newBench(t, template.Queue{VisibilityTimeout: time.Second}, poller.Source{BatchSize: 2, ReportBatchItemFailures: true})
	bootstrap := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", bootstrap, "./testdata/function")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatal(string(out))
	}
	printed := make(chan string, 1000)
	host, err := lambda.NewHost(lambda.Config{Output: func(_ string, _ int, line []byte) { printed <- string(line) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	if err := host.Add(lambda.Function{Name: "Function", Bootstrap: bootstrap, Timeout: 10 * time.Second}); err != nil {
		t.Fatal(err)
	}
	b.send("good", "bad", "panic")
	b.startWith(b.client, host)
	missing := map[string]bool{"good 1": true, "bad 1": true, "panic 1": true, "bad 2": true, "panic 2": true}
	for len(missing) > 0 {
		line := await(b, fmt.Sprint(missing), printed)
		if line == "good 2" {
			t.Error("what was handled came again")
		}
		delete(missing, line)
	}
	b.awaitLeft(0, 0)
}
