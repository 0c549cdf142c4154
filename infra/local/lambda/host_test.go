//go:build unix

package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"clienteling/infra/local/lambda"
)

// bootstrap is the binary of testdata/function, built once.
var bootstrap string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "lambda-test-")
	if err != nil {
		panic(err)
	}
	bootstrap = filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", bootstrap, "./testdata/function")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(string(out))
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// bench is a host and what its functions print.
type bench struct {
	*testing.T
	host    *lambda.Host
	printed chan string // every line
	changed chan struct{}
}

func newBench(t *testing.T, functions ...lambda.Function) *bench {
	t.Helper()
	t.Parallel()
	b := &bench{T: t, printed: make(chan string, 10000), changed: make(chan struct{}, 10000)}
	host, err := lambda.NewHost(lambda.Config{
		Region:  "eu-central-1",
		Output:  func(_ string, _ int, line []byte) { b.printed <- string(line) },
		Changed: func() { b.changed <- struct{}{} },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	b.host = host
	for _, f := range functions {
		if f.Bootstrap == "" {
			f.Bootstrap = bootstrap
		}
		if f.Name == "" {
			f.Name = "Echo"
		}
		if f.Timeout == 0 {
			f.Timeout = 20 * time.Second
		}
		if err := host.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

type answer struct {
	Text       string
	PID        int
	RequestID  string
	ARN        string
	DeadlineMS int64
	Dir        string
	Env        map[string]string

	ErrorType, ErrorMessage string
}

// result is what Invoke returned.
type result struct {
	answer
	functionError string
	err           error
}

func (b *bench) invoke(ctx context.Context, do, text string) (r result) {
	event, _ := json.Marshal(map[string]string{"do": do, "text": text})
	var response []byte
	response, r.functionError, r.err = b.host.Invoke(ctx, "Echo", event)
	if r.err == nil {
		if err := json.Unmarshal(response, &r.answer); err != nil {
			b.Errorf("response %q: %v", response, err)
		}
	}
	return r
}

// invoking is invoke beside the test.
func (b *bench) invoking(ctx context.Context, do, text string) <-chan result {
	c := make(chan result, 1)
	go func() { c <- b.invoke(ctx, do, text) }()
	return c
}

// works asserts that the function answers, and returns the process that did.
func (b *bench) works() int {
	b.Helper()
	r := b.invoke(b.Context(), "echo", "hello")
	if r.err != nil || r.functionError != "" || r.Text != "hello" {
		b.Fatalf("the function does not answer: %+v", r)
	}
	return r.PID
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

// awaitLine waits until a function prints a line that contains the text.
func (b *bench) awaitLine(text string) string {
	b.Helper()
	for {
		if line := await(b, "the line "+text, b.printed); strings.Contains(line, text) {
			return line
		}
	}
}

// awaitPIDs waits until the processes of Echo are as wanted.
func (b *bench) awaitPIDs(what string, ok func([]int) bool) []int {
	b.Helper()
	for {
		if pids := b.host.PIDs()["Echo"]; ok(pids) {
			return pids
		}
		await(b, what, b.changed)
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestInvoke(t *testing.T) {
	b := newBench(t, lambda.Function{
		Env: map[string]string{"TABLE_NAME": "clienteling", "AWS_LAMBDA_LOG_LEVEL": "DEBUG"}, MemoryMB: 256,
	})
	t.Log("one process serves one event after the other")
	pid := b.works()
	for range 50 {
		if again := b.works(); again != pid {
			t.Fatalf("process %d, then %d", pid, again)
		}
	}
	if pids := b.host.PIDs(); !maps.EqualFunc(pids, map[string][]int{"Echo": {pid}}, slices.Equal) {
		t.Errorf("pids %v, want Echo: %d", pids, pid)
	}

	before := time.Now()
	r := b.invoke(t.Context(), "echo", "x")
	if deadline := time.UnixMilli(r.DeadlineMS); deadline.Before(before.Add(19*time.Second)) || deadline.After(time.Now().Add(20*time.Second)) {
		t.Errorf("deadline in %v", deadline.Sub(before))
	}
	if len(r.RequestID) != 36 || r.ARN != "arn:aws:lambda:eu-central-1:000000000000:function:Echo" {
		t.Errorf("request %q of %q", r.RequestID, r.ARN)
	}
	root, _ := filepath.EvalSymlinks(filepath.Dir(bootstrap))
	if dir, _ := filepath.EvalSymlinks(r.Dir); dir != root {
		t.Errorf("working directory %q, want %q", r.Dir, root)
	}
	for key, want := range map[string]string{
		"TABLE_NAME": "clienteling", "AWS_LAMBDA_LOG_LEVEL": "DEBUG", "AWS_LAMBDA_LOG_FORMAT": "JSON",
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_SESSION_TOKEN": "Echo",
		"AWS_LAMBDA_FUNCTION_NAME": "Echo", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "LAMBDA_TASK_ROOT": filepath.Dir(bootstrap),
		"TZ": ":UTC", "_HANDLER": "bootstrap",
	} {
		if r.Env[key] != want {
			t.Errorf("%s=%q, want %q", key, r.Env[key], want)
		}
	}
	for _, key := range []string{"HOME", "USER", "GOCACHE", "AWS_EXECUTION_ENV", "AWS_LAMBDA_MAX_CONCURRENCY"} {
		if value, ok := r.Env[key]; ok {
			t.Errorf("the function sees %s=%q", key, value)
		}
	}
}

func TestFunctionErrors(t *testing.T) {
	for _, tt := range []struct {
		do, functionError, errorType, message, remark string
		survives                                      bool
	}{
		{"error", lambda.Unhandled, "errorString", "oh no", "", true},
		{"panic", lambda.Unhandled, "string", "oh no", "Runtime exited with error: exit status 1", false},
		{"exit", lambda.Exited, lambda.Exited, "exit status 7", "Runtime exited with error: exit status 7", false},
		{"hang", lambda.TimedOut, lambda.TimedOut, "Task timed out after 1.00 seconds", "Task timed out", false},
		{"grow", lambda.Unhandled, "Function.ResponseSizeTooLarge", "6291556", "Runtime exited", false},
	} {
		t.Run(tt.do, func(t *testing.T) {
			timeout := 20 * time.Second
			if tt.do == "hang" {
				timeout = time.Second
			}
			b := newBench(t, lambda.Function{Timeout: timeout})
			pid := b.works()
			start := time.Now()
			r := b.invoke(t.Context(), tt.do, "oh no")
			if r.err != nil || r.functionError != tt.functionError || r.ErrorType != tt.errorType || !strings.Contains(r.ErrorMessage, tt.message) {
				t.Errorf("got %+v", r)
			}
			if took := time.Since(start); tt.do == "hang" && took < timeout || took > 10*time.Second {
				t.Errorf("reported after %v", took)
			}
			if again := b.works(); (again == pid) != tt.survives {
				t.Errorf("process %d, then %d", pid, again)
			}
			if tt.remark != "" {
				if line := b.awaitLine(tt.remark); !strings.HasPrefix(line, "RequestId: ") {
					t.Errorf("remark %q", line)
				}
			}
			b.awaitPIDs("the process to end", func(pids []int) bool { return slices.Contains(pids, pid) == tt.survives })
		})
	}
}

func TestStreamThatBreaks(t *testing.T) {
	b := newBench(t, lambda.Function{Env: map[string]string{"BOOT": "stream"}})
	r := b.invoke(t.Context(), "", "")
	if r.functionError != lambda.Unhandled || r.ErrorMessage != "the stream broke" {
		t.Errorf("got %+v", r)
	}
}

func TestKilledWhileBusy(t *testing.T) {
	b := newBench(t, lambda.Function{})
	pid := b.works()
	call := b.invoking(t.Context(), "hang", "")
	b.awaitLine("got hang")
	_ = syscall.Kill(pid, syscall.SIGKILL)
	r := await(b, "the invocation", call)
	if r.functionError != lambda.Exited || r.ErrorType != lambda.Exited || !strings.Contains(r.ErrorMessage, "signal: killed") {
		t.Errorf("got %+v", r)
	}
	if b.works() == pid {
		t.Error("the dead answered")
	}
	select {
	case line := <-b.printed:
		for ; line != "got echo"; line = await(b, "got echo", b.printed) {
			if line == "got hang" {
				t.Error("the invocation was repeated")
			}
		}
	default:
	}
}

func TestKilledWhileIdle(t *testing.T) {
	b := newBench(t, lambda.Function{})
	const rounds = 60
	for round := range rounds {
		pid := b.works()
		_ = syscall.Kill(pid, syscall.SIGKILL) // and invoke at once, or a little later
		time.Sleep(time.Duration(round%6) * 150 * time.Microsecond)
	}
	b.works()
	if err := b.host.Close(); err != nil { // so that all is printed
		t.Fatal(err)
	}
	got := 0
	for len(b.printed) > 0 {
		if <-b.printed == "got echo" {
			got++
		}
	}
	if got != rounds+1 {
		t.Errorf("%d events were handled %d times", rounds+1, got)
	}
}

func TestKilledProcessIsReplacedBeforeItIsNeeded(t *testing.T) {
	b := newBench(t, lambda.Function{})
	if err := b.host.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	pids := b.host.PIDs()["Echo"]
	if len(pids) != 1 {
		t.Fatalf("warm: %v", pids)
	}
	_ = syscall.Kill(pids[0], syscall.SIGKILL)
	b.awaitPIDs("another process", func(now []int) bool { return len(now) == 1 && now[0] != pids[0] })
}

func TestBootFailure(t *testing.T) {
	script := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(script, []byte("not a program"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, boot, bootstrap, warm string }{
		{"exit", "exit", bootstrap, "function Echo does not start: exit status 3: TABLE_NAME is missing"},
		{"panic", "panic", bootstrap, "function Echo does not start: exit status 2: panic: no table"},
		{"hang", "hang", bootstrap, "function Echo does not start: it did not ask for an event within 200ms"},
		{"not a program", "", script, "exec format error"},
		{"returns", "", "/bin/true", "function Echo does not start: exit status 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.host.SetBootLimit(200 * time.Millisecond)
			if tt.boot != "hang" {
				b.host.SetBootLimit(20 * time.Second)
			}
			f := lambda.Function{Name: "Echo", Bootstrap: tt.bootstrap, Env: map[string]string{"BOOT": tt.boot}}
			if err := b.host.Add(f); err != nil {
				t.Fatal(err)
			}
			err := b.host.Warm(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.warm) || strings.Contains(err.Error(), "\n") {
				t.Errorf("warm: %v\nwant  %s", err, tt.warm)
			}

			t.Log("three invocations: three failures, at once, and nothing is started for ever")
			var calls []<-chan result
			for range 3 {
				calls = append(calls, b.invoking(t.Context(), "echo", ""))
			}
			for _, call := range calls {
				if r := await(b, "the failure", call); r.functionError != lambda.Exited || r.err != nil {
					t.Errorf("got %+v", r)
				}
			}
			b.awaitPIDs("the end of all", func(pids []int) bool { return len(pids) == 0 })

			t.Log("a repaired version works")
			f.Bootstrap, f.Env = bootstrap, nil
			b.host.SetBootLimit(20 * time.Second)
			if err := b.host.Add(f); err != nil {
				t.Fatal(err)
			}
			b.works()
		})
	}
}

func TestConcurrency(t *testing.T) {
	b := newBench(t, lambda.Function{MaxConcurrency: 2})
	gate := filepath.Join(t.TempDir(), "gate")
	var calls []<-chan result
	for range 2 {
		calls = append(calls, b.invoking(t.Context(), "wait", gate))
	}
	b.awaitLine("got wait")
	b.awaitLine("got wait")

	t.Log("a third waits until its context ends, and is never run")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if r := b.invoke(ctx, "error", "must not run"); !errors.Is(r.err, context.DeadlineExceeded) {
		t.Errorf("got %+v", r)
	}

	t.Log("others get their turn once the first two are done")
	for range 3 {
		calls = append(calls, b.invoking(t.Context(), "wait", gate))
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	pids := map[int]bool{}
	for _, call := range calls {
		r := await(b, "an invocation", call)
		if r.err != nil || r.functionError != "" {
			t.Errorf("got %+v", r)
		}
		pids[r.PID] = true
	}
	if len(pids) > 2 || len(b.host.PIDs()["Echo"]) != 2 {
		t.Errorf("processes %v, %v; allowed are 2", pids, b.host.PIDs())
	}
	for len(b.printed) > 0 {
		if <-b.printed == "got error" {
			t.Error("the withdrawn invocation was run")
		}
	}
}

func TestMany(t *testing.T) {
	b := newBench(t, lambda.Function{MaxConcurrency: 4})
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			for n := range 25 {
				text := fmt.Sprint(worker, "/", n)
				if r := b.invoke(t.Context(), "echo", text); r.err != nil || r.Text != text {
					t.Errorf("%s: %+v", text, r)
				}
			}
		})
	}
	wg.Wait()
	if n := len(b.host.PIDs()["Echo"]); n < 1 || n > 4 {
		t.Errorf("%d processes", n)
	}
}

func TestCallerGoesAway(t *testing.T) {
	b := newBench(t, lambda.Function{})
	gate := filepath.Join(t.TempDir(), "gate")
	ctx, cancel := context.WithCancel(t.Context())
	call := b.invoking(ctx, "wait", gate)
	b.awaitLine("got wait")
	cancel()
	if r := await(b, "the call", call); !errors.Is(r.err, context.Canceled) {
		t.Errorf("got %+v", r)
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b.awaitLine("waited") // it carried on
}

func TestCallerGoesAwayDuringColdStart(t *testing.T) {
	b := newBench(t, lambda.Function{})
	ctx, cancel := context.WithCancel(t.Context())
	call := b.invoking(ctx, "echo", "")
	await(b, "a process", b.changed)
	cancel()
	await(b, "the call", call)
	b.awaitLine("got echo")
}

func TestReplace(t *testing.T) {
	b := newBench(t, lambda.Function{Env: map[string]string{"VERSION": "1"}})
	old := b.works()
	gate := filepath.Join(t.TempDir(), "gate")
	call := b.invoking(t.Context(), "wait", gate)
	b.awaitLine("got wait")
	if err := b.host.Add(lambda.Function{Name: "Echo", Bootstrap: bootstrap, Env: map[string]string{"VERSION": "2"}}); err != nil {
		t.Fatal(err)
	}
	if r := b.invoke(t.Context(), "echo", ""); r.Env["VERSION"] != "2" {
		t.Errorf("got %+v", r)
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := await(b, "the old version", call); r.PID != old || r.Env["VERSION"] != "1" {
		t.Errorf("got %+v", r)
	}
	b.awaitPIDs("the old version to end", func(pids []int) bool { return len(pids) == 1 && pids[0] != old })
}

func TestClose(t *testing.T) {
	for boot, grace := range map[string]time.Duration{"": 0, "graceful": 0, "stubborn": 2 * time.Second} {
		t.Run(boot, func(t *testing.T) {
			b := newBench(t, lambda.Function{MaxConcurrency: 1, Env: map[string]string{"BOOT": boot}})
			pid := b.works()
			busy := b.invoking(t.Context(), "hang", "")
			b.awaitLine("got hang")
			start := time.Now()
			if err := b.host.Close(); err != nil {
				t.Error(err)
			}
			if took := time.Since(start); took < grace || took > grace+2*time.Second {
				t.Errorf("took %v", took)
			}
			if alive(pid) || len(b.host.PIDs()["Echo"]) != 0 {
				t.Error("a process is left")
			}
			if boot == "graceful" {
				b.awaitLine("goodbye")
			}
			if r := await(b, "the running invocation", busy); r.functionError != lambda.Exited {
				t.Errorf("got %+v", r)
			}
			if r := b.invoke(t.Context(), "echo", ""); r.err == nil {
				t.Errorf("a closed host answered: %+v", r)
			}
			if err := b.host.Warm(t.Context()); err == nil {
				t.Error("a closed host warms up")
			}
		})
	}
}

func TestPayloads(t *testing.T) {
	b := newBench(t, lambda.Function{})
	big := strings.Repeat("ü", 2<<20)
	if r := b.invoke(t.Context(), "echo", big); r.Text != big {
		t.Errorf("4 MB came back as %d bytes: %s %v", len(r.Text), r.functionError, r.err)
	}
	if r := b.invoke(t.Context(), "echo", big+big); r.err == nil || !strings.Contains(r.err.Error(), "6291556") {
		t.Errorf("8 MB: %v", r.err)
	}
	if r := b.invoke(t.Context(), "", ""); r.err != nil {
		t.Errorf("nothing: %v", r.err)
	}
	if response, functionError, err := b.host.Invoke(t.Context(), "Echo", []byte("{")); err != nil || functionError != lambda.Unhandled {
		t.Errorf("no JSON: %s, %s, %v", response, functionError, err)
	}
}

func TestMisuse(t *testing.T) {
	b := newBench(t)
	if r := b.invoke(t.Context(), "echo", ""); r.err == nil || r.err.Error() != "invoke Echo: no such function" {
		t.Errorf("unknown function: %v", r.err)
	}
	for _, f := range []lambda.Function{
		{Bootstrap: bootstrap},
		{Name: "F", Bootstrap: "does/not/exist"},
		{Name: "F", Bootstrap: t.TempDir()},
		{Name: "F", Bootstrap: "host_test.go"},
	} {
		if err := b.host.Add(f); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if _, err := lambda.NewHost(lambda.Config{Addr: b.host.Addr()}); err == nil || !strings.Contains(err.Error(), "choose another port") {
		t.Errorf("port in use: %v", err)
	}
}
