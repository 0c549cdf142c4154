package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Wire is a test's way to DynamoDB: an HTTP client that counts the calls and can
// break them. It is safe for concurrent use.
type Wire struct {
	client *http.Client

	mu     sync.Mutex
	cost   Cost
	sent   int // all calls ever
	always Fault
	faults map[int]Fault // by the number of the call among all
}

// Cost is what DynamoDB was asked. The SDK's own retries count as calls.
type Cost struct {
	// Calls are the operations in the order they began, "GetItem".
	Calls []string
	// InARow is the length of the longest chain of calls of which each began after
	// the one before had ended: calls at the same time count once.
	InARow int
	// WriteUnits and ReadUnits are what DynamoDB says the calls consumed. It says
	// nothing of calls that failed, although it charges for failed conditions too.
	WriteUnits, ReadUnits float64
}

// Measure returns what do costs.
func (w *Wire) Measure(do func()) Cost {
	w.mu.Lock()
	w.cost = Cost{}
	w.mu.Unlock()
	do()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cost
}

// Fault is something that happens to a call on its way; send lets it go on.
type Fault func(call *http.Request, send Send) (*http.Response, error)

// Send brings a call to DynamoDB and its answer back.
type Send func(*http.Request) (*http.Response, error)

// Break makes a fault happen to the calls of those numbers, counted from 1 for the
// next; without numbers to every call, until Mend.
func (w *Wire) Break(f Fault, numbers ...int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(numbers) == 0 {
		w.always = f
		return
	}
	if w.faults == nil {
		w.faults = map[int]Fault{}
	}
	for _, n := range numbers {
		w.faults[w.sent+n] = f
	}
}

// Mend takes back all faults that have not happened yet.
func (w *Wire) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.always, w.faults = nil, nil
}

var errBroken = errors.New("the connection broke (on behalf of the test)")

// Unsent breaks the connection before the call reaches DynamoDB.
func Unsent(*http.Request, Send) (*http.Response, error) {
	return nil, errBroken
}

// Unanswered breaks the connection after the call took effect, before its answer came.
func Unanswered(call *http.Request, send Send) (*http.Response, error) {
	if answer, err := send(call); err == nil {
		_ = answer.Body.Close()
	}
	return nil, errBroken
}

// Then runs do when the fault has happened, before the caller learns of it: with the
// cancel function of a context, a process that ends at that call.
func Then(f Fault, do func()) Fault {
	return func(call *http.Request, send Send) (*http.Response, error) {
		defer do()
		return f(call, send)
	}
}

// Held keeps the call back until the channel is closed, or its own time is up.
func Held(until <-chan struct{}) Fault {
	return func(call *http.Request, send Send) (*http.Response, error) {
		select {
		case <-until:
			return send(call)
		case <-call.Context().Done():
			return nil, call.Context().Err()
		}
	}
}

// Refused answers the call with an error of DynamoDB's, "ThrottlingException",
// instead of sending it.
func Refused(status int, exception string) Fault {
	return answered(status, fmt.Sprintf(`{"__type": "com.amazonaws.dynamodb.v20120810#%s", "message": "on behalf of the test"}`, exception))
}

// Canceled answers a transaction with its cancellation for these reasons, one for
// each of its writes: "TransactionConflict", "None". No emulator gives conflicts.
func Canceled(reasons ...string) Fault {
	entries := make([]string, len(reasons))
	for i, r := range reasons {
		entries[i] = fmt.Sprintf(`{"Code": %q}`, r)
	}
	return answered(http.StatusBadRequest, fmt.Sprintf(
		`{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "canceled", "CancellationReasons": [%s]}`,
		strings.Join(entries, ", ")))
}

func answered(status int, body string) Fault {
	return func(*http.Request, Send) (*http.Response, error) {
		return &http.Response{
			StatusCode: status,
			Header:     http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
			Body:       io.NopCloser(strings.NewReader(body)),
		}, nil
	}
}

// Do makes a Wire the HTTP client of an aws.Config.
func (w *Wire) Do(call *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(call.Header.Get("X-Amz-Target"), ".")
	w.mu.Lock()
	w.cost.Calls = append(w.cost.Calls, operation)
	place := w.cost.InARow + 1
	w.sent++
	fault, ok := w.faults[w.sent]
	if !ok {
		fault = w.always
	}
	w.mu.Unlock()

	var answer *http.Response
	var err error
	if fault != nil {
		answer, err = fault(call, w.send)
	} else {
		answer, err = w.send(call)
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	w.cost.InARow = max(w.cost.InARow, place)
	return answer, err
}

// send has DynamoDB add to its answer what the call consumed, and reads that. The
// call's signature is wrong then, which no emulator checks.
func (w *Wire) send(call *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(call.Body)
	if err != nil {
		return nil, err
	}
	asking := `{"ReturnConsumedCapacity": "TOTAL", ` + strings.TrimPrefix(string(body), "{")
	sent, err := http.NewRequestWithContext(call.Context(), call.Method, call.URL.String(), strings.NewReader(asking))
	if err != nil {
		return nil, err
	}
	sent.Header = call.Header
	answer, err := w.client.Do(sent)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	whole, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(whole))
	w.charge(call.Header.Get("X-Amz-Target"), whole)
	return answer, nil
}

func (w *Wire) charge(target string, answer []byte) {
	var said struct{ ConsumedCapacity json.RawMessage }
	if json.Unmarshal(answer, &said) != nil || said.ConsumedCapacity == nil {
		return
	}
	type consumed struct{ CapacityUnits float64 }
	var all []consumed // one for each table; a single one comes without brackets
	if json.Unmarshal(said.ConsumedCapacity, &all) != nil {
		all = make([]consumed, 1)
		_ = json.Unmarshal(said.ConsumedCapacity, &all[0])
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range all {
		switch _, operation, _ := strings.Cut(target, "."); operation {
		case "GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan":
			w.cost.ReadUnits += c.CapacityUnits
		default:
			w.cost.WriteUnits += c.CapacityUnits
		}
	}
}
