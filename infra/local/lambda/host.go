//go:build unix

// Package lambda is a host for functions built for Lambda's OS-only runtimes: it
// starts their bootstrap binaries, gives them events through the Runtime API
// (version 2018-06-01, see AWS's "Using the Lambda runtime API"), keeps them warm,
// replaces the crashed and ends those that exceed their timeout.
//
// As on Lambda a process serves one event at a time, concurrency is more processes,
// and a cold start precedes the event that needs it. Unlike on Lambda a process is
// not frozen between events, its memory is not limited, the time to boot is not cut
// short by the function's timeout, and no process is ended for being idle.
package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// What functionError may say of an invocation that reached the function.
const (
	Unhandled = "Unhandled"         // the function returned an error or panicked
	TimedOut  = "Sandbox.Timedout"  // it did not answer in time and was killed
	Exited    = "Runtime.ExitError" // its process ended, before or while it served
)

const (
	defaultTimeout     = 3 * time.Second // Lambda's own
	defaultConcurrency = 16
	bootLimit          = 10 * time.Second // Lambda's limit for the init phase
	stopGrace          = 2 * time.Second
	maxPayload         = 6291556 // bytes of an event or a response: Lambda's 6 MB and a little
	account            = "000000000000"
)

var errClosed = errors.New("the Lambda host is closed")

// Function is a function to run.
type Function struct {
	Name           string
	Bootstrap      string            // path of the binary
	Env            map[string]string // on top of what Lambda sets; here it may override that
	Timeout        time.Duration     // 0: 3 s
	MemoryMB       int               // told to the function, not enforced; 0: 128
	MaxConcurrency int               // processes at most; 0: 16
}

// Config is what all functions share. Its functions may be called from several
// goroutines at once.
type Config struct {
	Listener net.Listener // where the Runtime API is served; nil: at Addr
	Addr     string       // where the Runtime API listens; empty: 127.0.0.1:0
	Region   string       // empty: us-east-1

	// Output gets each line a function prints, and the host's own remarks on it
	// (a timeout, an exit) as Lambda puts them into the function's log. Nil
	// discards them.
	Output func(function string, pid int, line []byte)
	// Changed is called after a process started or ended. Nil: nobody cares.
	Changed func()
}

// Host runs functions.
type Host struct {
	config    Config
	listener  net.Listener
	server    *http.Server
	running   sync.WaitGroup // one per sandbox
	served    chan struct{}  // closed when the server ended
	bootLimit time.Duration

	mu        sync.Mutex // guards what follows, and the fields of pools, sandboxes and invocations
	closed    bool
	pools     map[string]*pool    // by function name
	sandboxes map[string]*sandbox // by id, which is the first segment of their URLs
}

// pool is the processes of one function and the invocations that wait for them.
type pool struct {
	Function
	retired bool // replaced by another version of the function
	size    int  // processes, starting ones included
	coming  int  // those that will ask for an event unprompted: they start, or have just answered
	idle    []*sandbox
	queue   []*invocation
}

// invocation is one event on its way through a function.
type invocation struct {
	id       string
	event    []byte
	finished bool
	done     chan outcome // gets exactly one
}

type outcome struct {
	response      []byte
	functionError string
	err           error
}

// finish answers the caller, once. Callers hold the host's lock.
func (i *invocation) finish(o outcome) {
	if !i.finished {
		i.finished = true
		i.done <- o
	}
}

// failed is the outcome of an invocation that the function did not answer itself.
func (i *invocation) failed(functionError, message string) outcome {
	body, err := json.Marshal(map[string]string{
		"errorType":    functionError,
		"errorMessage": "RequestId: " + i.id + " Error: " + message,
	})
	return outcome{response: body, functionError: functionError, err: err}
}

// NewHost listens for the processes to come. Close the host to end them.
func NewHost(c Config) (*Host, error) {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Output == nil {
		c.Output = func(string, int, []byte) {}
	}
	if c.Changed == nil {
		c.Changed = func() {}
	}
	l := c.Listener
	if l == nil {
		var err error
		if l, err = net.Listen("tcp", c.Addr); err != nil {
			return nil, fmt.Errorf("the Lambda host cannot listen on %s: choose another port, or end what uses it: %w", c.Addr, err)
		}
	}
	h := &Host{
		config: c, listener: l, served: make(chan struct{}), bootLimit: bootLimit,
		pools: map[string]*pool{}, sandboxes: map[string]*sandbox{},
	}
	h.server = &http.Server{Handler: h.runtimeAPI(), ConnContext: withConn, ReadHeaderTimeout: bootLimit}
	go func() {
		defer close(h.served)
		_ = h.server.Serve(connListener{l}) // always an error, after Close an expected one
	}()
	return h, nil
}

// Addr is the host and port of the Runtime API.
func (h *Host) Addr() string { return h.listener.Addr().String() }

// Add makes a function known. One of the same name is replaced: invocations that
// wait get the new version, the old version's processes end after what they are at.
func (h *Host) Add(f Function) error {
	if f.Name == "" {
		return errors.New("a function needs a name")
	}
	path, err := filepath.Abs(f.Bootstrap)
	if err != nil {
		return fmt.Errorf("function %s: %w", f.Name, err)
	}
	if info, err := os.Stat(path); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
		return fmt.Errorf("function %s: %q is not an executable file: build the function first", f.Name, f.Bootstrap)
	}
	f.Bootstrap = path
	if f.Timeout <= 0 {
		f.Timeout = defaultTimeout
	}
	if f.MemoryMB <= 0 {
		f.MemoryMB = 128
	}
	if f.MaxConcurrency <= 0 {
		f.MaxConcurrency = defaultConcurrency
	}

	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errClosed
	}
	p := &pool{Function: f}
	if old := h.pools[f.Name]; old != nil {
		old.retired = true
		p.queue, old.queue = old.queue, nil
		for _, s := range old.idle {
			s.stop(stopGrace)
		}
		old.idle = nil
	}
	h.pools[f.Name] = p
	h.dispatch(p)
	return nil
}

// Warm sees to it that every function has a process, and returns when each of them
// asked for an event. The error names the function that does not start and what it
// said last.
func (h *Host) Warm(ctx context.Context) error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return errClosed
	}
	first := map[string]*sandbox{}
	for _, s := range h.sandboxes {
		if !s.stopped && !s.pool.retired {
			first[s.pool.Name] = s
		}
	}
	for name, p := range h.pools {
		if first[name] == nil {
			first[name] = h.start(p)
		}
	}
	h.mu.Unlock()

	for _, name := range slices.Sorted(maps.Keys(first)) {
		s := first[name]
		select {
		case <-s.booted:
		case <-s.ended:
			return fmt.Errorf("function %s does not start: %w", name, s.err)
		case <-ctx.Done():
			return fmt.Errorf("function %s did not start in time: %w", name, ctx.Err())
		}
	}
	return nil
}

// Invoke has the function handle the event, in an idle process, in a new one or,
// when there are as many as allowed, in the first that is free again. The event
// must not change afterwards.
//
// A functionError other than "" is one of the constants of this package, and the
// response then is Lambda's {"errorType", "errorMessage"}. An err means that the
// function has not got the event, or that ctx ended; like on Lambda a function that
// already got it carries on then.
func (h *Host) Invoke(ctx context.Context, function string, event []byte) (response []byte, functionError string, err error) {
	if len(event) > maxPayload {
		return nil, "", fmt.Errorf("invoke %s: the event has %d bytes, and Lambda takes %d", function, len(event), maxPayload)
	}
	i := &invocation{id: uuid.NewString(), event: event, done: make(chan outcome, 1)}
	if err := h.enqueue(function, i); err != nil {
		return nil, "", fmt.Errorf("invoke %s: %w", function, err)
	}
	select {
	case o := <-i.done:
		return o.response, o.functionError, o.err
	case <-ctx.Done():
		h.withdraw(function, i)
		return nil, "", fmt.Errorf("invoke %s: %w", function, ctx.Err())
	}
}

func (h *Host) enqueue(function string, i *invocation) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.pools[function]
	if h.closed {
		return errClosed
	}
	if p == nil {
		return errors.New("no such function")
	}
	p.queue = append(p.queue, i)
	h.dispatch(p)
	return nil
}

// withdraw takes back an invocation that no process is coming for. Any other goes
// its way, as it would on Lambda.
func (h *Host) withdraw(function string, i *invocation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.pools[function]
	if at := slices.Index(p.queue, i); at >= p.coming {
		p.queue = slices.Delete(p.queue, at, at+1)
	}
}

// requeue puts an invocation first that its process never saw.
func (h *Host) requeue(function string, i *invocation) {
	if h.closed {
		i.finish(outcome{err: errClosed})
	}
	if i.finished { // by that, or by its timeout
		return
	}
	p := h.pools[function]
	p.queue = slices.Insert(p.queue, 0, i)
	h.dispatch(p)
}

// dispatch brings waiting invocations and idle processes together, and starts
// processes for those that are left. It is called after every change of either.
func (h *Host) dispatch(p *pool) {
	for len(p.queue) > 0 && len(p.idle) > 0 {
		last := len(p.idle) - 1 // the one used last: its caches are the warmest
		s, i := p.idle[last], p.queue[0]
		p.idle, p.queue = p.idle[:last], p.queue[1:]
		h.assign(s, i)
	}
	for p.coming < len(p.queue) && p.size < p.MaxConcurrency {
		h.start(p)
	}
}

// PIDs are the live processes of every function, sorted; without any the list is
// empty.
func (h *Host) PIDs() map[string][]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	pids := map[string][]int{}
	for name := range h.pools {
		pids[name] = []int{}
	}
	for _, s := range h.sandboxes {
		if s.process != nil {
			pids[s.pool.Name] = append(pids[s.pool.Name], s.process.PID())
		}
	}
	for _, list := range pids {
		slices.Sort(list)
	}
	return pids
}

// Close ends every process (SIGTERM, SIGKILL after two seconds), waits until they
// are gone and stops listening. What was still running fails.
func (h *Host) Close() error {
	h.mu.Lock()
	h.closed = true
	for _, p := range h.pools {
		for _, i := range p.queue {
			i.finish(outcome{err: errClosed})
		}
		p.queue = nil
	}
	for _, s := range h.sandboxes {
		s.stop(stopGrace)
	}
	h.mu.Unlock()

	h.running.Wait()
	err := h.server.Close()
	<-h.served
	return err
}
