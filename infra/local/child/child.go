//go:build unix

// Package child runs programs that end with the process that started them,
// however that process ends.
//
// Every child leads a process group of its own, so Ctrl-C on a terminal reaches
// the parent alone, which then ends its children in the order it wants. When the
// parent dies without a chance to do so (SIGKILL, a crash), the kernel kills the
// child on Linux. Elsewhere that is best effort: the child's standard input is a
// pipe that closes with the parent, so programs that watch it end too.
package child

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// maxLine is how many bytes of a line without an end are held back: as much as a
// log event may have in CloudWatch. Longer lines arrive in pieces.
const maxLine = 256 << 10

// pipeGrace is how long the output is read on after a child's end, in case a
// grandchild still holds the pipe.
const pipeGrace = time.Second

// Command says what to run.
type Command struct {
	Name string   // what messages call it; empty: the path
	Path string   // the executable; without a slash it is looked up in PATH
	Args []string // without the program's name
	Env  []string // the whole environment, "KEY=value"; nil inherits the parent's
	Dir  string   // working directory; empty: the parent's

	// Output gets every line of stdout and stderr without its line break, one
	// call at a time. It may keep the line. Nil discards the output.
	Output func(line []byte)
}

// Process is a running, or ended, child.
type Process struct {
	name string
	pid  int
	done chan struct{}
	err  error // set before done is closed
}

// Start runs the command. The context bounds the start alone: a child outlives
// it, so that a parent whose context a signal ended still picks the order in
// which its children stop.
func Start(ctx context.Context, c Command) (*Process, error) {
	if c.Name == "" {
		c.Name = c.Path
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Env = c.Env
	cmd.Dir = c.Dir
	cmd.SysProcAttr = sysProcAttr()
	cmd.WaitDelay = pipeGrace
	out := &lines{emit: c.Output}
	cmd.Stdout, cmd.Stderr = out, out // one writer: exec then calls it from one goroutine
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}

	p := &Process{name: c.Name, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel's "parent" is the thread that forked, and Go retires idle
		// threads (golang/go#27505): this one must last as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		p.pid = cmd.Process.Pid
		started <- nil
		err := cmd.Wait()
		_ = stdin.Close() // held open until here: it is the parent's sign of life
		out.flush()
		if !errors.Is(err, exec.ErrWaitDelay) { // the child itself ended well
			p.err = err
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		_ = stdin.Close()
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	return p, nil
}

// PID is the child's process id, which is also that of its process group.
func (p *Process) PID() int { return p.pid }

// Done is closed once the child ended and all of its output was delivered.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how the child ended: nil for exit status 0 and while it runs, else an
// *exec.ExitError with the status or the signal, under the child's name.
func (p *Process) Err() error {
	select {
	case <-p.done:
		if p.err != nil {
			return fmt.Errorf("%s: %w", p.name, p.err)
		}
	default:
	}
	return nil
}

// Stop asks the child's process group to end (SIGTERM), kills it when it has not
// within grace, and returns when it is gone. A grace of zero kills at once.
func (p *Process) Stop(grace time.Duration) {
	if grace > 0 {
		p.signal(syscall.SIGTERM)
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-p.done:
			return
		case <-timer.C:
		}
	}
	p.signal(syscall.SIGKILL)
	<-p.done
}

// signal reaches the whole group. An ended child is left alone, because its
// number may be somebody else's by now.
func (p *Process) signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.pid, s) // fails only if the group is gone, which is the aim
	}
}

// lines is an io.Writer that hands on whole lines.
type lines struct {
	emit func([]byte)
	rest []byte
}

var _ io.Writer = (*lines)(nil)

func (l *lines) Write(b []byte) (int, error) {
	n := len(b)
	if l.emit == nil {
		return n, nil
	}
	for {
		line, after, found := bytes.Cut(b, []byte{'\n'})
		l.rest = append(l.rest, line...)
		if found || len(l.rest) >= maxLine {
			l.emit(bytes.TrimSuffix(l.rest, []byte{'\r'}))
			l.rest = nil // the receiver may have kept it
		}
		if !found {
			return n, nil
		}
		b = after
	}
}

// flush hands on a last line that had no end.
func (l *lines) flush() {
	if len(l.rest) > 0 {
		l.emit(l.rest)
		l.rest = nil
	}
}
