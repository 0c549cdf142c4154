//go:build unix

package child_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"clienteling/infra/local/child"
)

// The test binary plays parent and child too: a real process must be killed.
func TestMain(m *testing.M) {
	switch os.Getenv("CHILD_TEST_ROLE") {
	case "parent":
		parent()
	case "child":
		connected(os.Getenv("CHILD_TEST_ADDR"))
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		connected(os.Getenv("CHILD_TEST_ADDR"))
	default:
		os.Exit(m.Run())
	}
}

// parent starts a child from a thread that ends at once, and never stops it.
func parent() {
	go func() {
		runtime.LockOSThread() // never unlocked: the thread dies with the goroutine
		_, err := child.Start(context.Background(), self("child", os.Getenv("CHILD_TEST_ADDR")))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}()
	select {}
}

// connected answers each line on one connection with the same line, and does not
// end with it: only a signal ends the process.
func connected(addr string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		os.Exit(1)
	}
	_, _ = io.Copy(conn, conn)
	time.Sleep(time.Hour)
}

func self(role, addr string) child.Command {
	return child.Command{
		Name: role, Path: os.Args[0],
		Env: []string{"CHILD_TEST_ROLE=" + role, "CHILD_TEST_ADDR=" + addr},
	}
}

// peer is the test's end of a process's connection.
type peer struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func accept(t *testing.T, l net.Listener) *peer {
	t.Helper()
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Second))
	conn, err := l.Accept()
	if err != nil {
		t.Fatal("the process never connected:", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	return &peer{t, conn, bufio.NewReader(conn)}
}

func (p *peer) lives() {
	p.t.Helper()
	_, _ = io.WriteString(p.conn, "ping\n")
	if line, err := p.in.ReadString('\n'); err != nil || line != "ping\n" {
		p.t.Fatalf("the process does not answer: %q, %v", line, err)
	}
}

// ended waits for the connection to break, which a live process never lets it.
func (p *peer) ended() {
	p.t.Helper()
	if _, err := p.in.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Fatal("the process is still there:", err)
	}
}

func TestChildEndsWithKilledParent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells a child of its parent's death")
	}
	l := listen(t)
	parent := exec.Command(os.Args[0])
	parent.Env = self("parent", l.Addr().String()).Env
	parent.Stderr = os.Stderr
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	p := accept(t, l)
	p.lives() // though the thread that asked for it is gone

	_ = parent.Process.Kill()
	_ = parent.Wait()
	p.ended()
}

func TestStop(t *testing.T) {
	for _, tt := range []struct {
		role   string
		grace  time.Duration
		signal syscall.Signal
	}{
		{"child", 10 * time.Second, syscall.SIGTERM},
		{"child", 0, syscall.SIGKILL},
		{"stubborn", 20 * time.Millisecond, syscall.SIGKILL},
	} {
		t.Run(fmt.Sprint(tt.role, tt.grace), func(t *testing.T) {
			t.Parallel()
			l := listen(t)
			process, err := child.Start(t.Context(), self(tt.role, l.Addr().String()))
			if err != nil {
				t.Fatal(err)
			}
			p := accept(t, l)
			p.lives()
			if err := process.Err(); err != nil {
				t.Error("an error while it runs:", err)
			}
			if group, err := syscall.Getpgid(process.PID()); err != nil || group != process.PID() {
				t.Errorf("process group %d, %v; want its own, %d", group, err, process.PID())
			}

			process.Stop(tt.grace)
			process.Stop(tt.grace) // again: nothing left to do
			p.ended()
			var exit *exec.ExitError
			if !errors.As(process.Err(), &exit) {
				t.Fatalf("err = %v, want an exit error", process.Err())
			}
			if status := exit.Sys().(syscall.WaitStatus); status.Signal() != tt.signal {
				t.Errorf("ended by %v, want %v", status.Signal(), tt.signal)
			}
		})
	}
}

func TestStopReachesTheWholeGroup(t *testing.T) {
	l := listen(t)
	process, err := child.Start(t.Context(), child.Command{
		Path: "/bin/sh", Args: []string{"-c", os.Args[0] + " & wait"},
		Env: self("child", l.Addr().String()).Env,
	})
	if err != nil {
		t.Fatal(err)
	}
	p := accept(t, l)
	process.Stop(10 * time.Second)
	p.ended()
}

func TestContextEndsOnlyTheStart(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := listen(t)
	process, err := child.Start(ctx, self("child", l.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	defer process.Stop(0)
	p := accept(t, l)
	cancel()
	p.lives()
	if _, err := child.Start(ctx, self("child", "")); !errors.Is(err, context.Canceled) {
		t.Errorf("start with an ended context: %v", err)
	}
}

func TestOutput(t *testing.T) {
	long := strings.Repeat("x", 300<<10)
	for _, tt := range []struct {
		name, script string
		want         []string
		status       int
	}{
		{"lines of both streams", `echo one; echo two >&2; echo three`, []string{"one", "two", "three"}, 0},
		{"no end of line", `printf 'half'; exit 3`, []string{"half"}, 3},
		{"empty lines and CRLF", `printf '\n\r\nx\r\n'`, []string{"", "", "x"}, 0},
		{"a line in two writes", `printf 'he'; printf 'llo\n'`, []string{"hello"}, 0},
		{"nothing", `exit 0`, nil, 0},
		{"a very long line comes in pieces", `cat "$LONG"`, []string{long}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "long")
			if err := os.WriteFile(file, []byte(long), 0o600); err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			var got []string
			process, err := child.Start(t.Context(), child.Command{
				Path: "/bin/sh", Args: []string{"-c", tt.script},
				Env: []string{"PATH=" + os.Getenv("PATH"), "LONG=" + file},
				Output: func(line []byte) {
					mu.Lock()
					defer mu.Unlock()
					got = append(got, string(line))
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			<-process.Done()
			mu.Lock()
			defer mu.Unlock()
			if len(tt.want) == 1 && tt.want[0] == long {
				if len(got) < 2 || strings.Join(got, "") != long {
					t.Errorf("%d pieces", len(got))
				}
			} else if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			var exit *exec.ExitError
			if errors.As(process.Err(), &exit) != (tt.status != 0) || exit != nil && exit.ExitCode() != tt.status {
				t.Errorf("err = %v, want status %d", process.Err(), tt.status)
			}
		})
	}
}

func TestStdinStaysOpen(t *testing.T) {
	l := listen(t)
	// cat ends with its input; what follows would end the connection.
	process, err := child.Start(t.Context(), child.Command{
		Path: "/bin/sh", Args: []string{"-c", os.Args[0] + " & pid=$!; cat; kill -9 $pid"},
		Env: append(self("child", l.Addr().String()).Env, "PATH="+os.Getenv("PATH")),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer process.Stop(0)
	accept(t, l).lives()
	select {
	case <-process.Done():
		t.Error("its input was closed")
	default:
	}
}

func TestStartFails(t *testing.T) {
	_, err := child.Start(t.Context(), child.Command{Name: "the thing", Path: "/does/not/exist"})
	if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "start the thing: ") {
		t.Errorf("err = %v", err)
	}
}
