//go:build unix

package lambda

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"clienteling/infra/local/child"
)

// sandbox is one process of a function, from before its start until after its end.
type sandbox struct {
	id      string
	pool    *pool
	booted  chan struct{}      // closed when it first asked for an event
	ended   chan struct{}      // closed when it is gone; err says why
	err     error              // set before ended is closed
	stops   chan time.Duration // a request to end it, with the grace to give
	wake    chan struct{}      // tells the waiting /next that current is set
	process *child.Process     // nil until it runs
	said    string             // its last line, or what it panicked with
	polling sync.Mutex         // held while a /next is served, and taken before the host's lock

	coming   bool        // counted in pool.coming
	stopped  bool        // told to end
	served   bool        // it answered at least once
	current  *invocation // from the moment it is chosen until the process asks for the next
	conn     *conn       // where the last /next came from
	deadline time.Time   // of current
	timer    *time.Timer // fires then
}

// start adds a process to the pool. Callers hold the lock, and know that the host
// is open.
func (h *Host) start(p *pool) *sandbox {
	s := &sandbox{
		id: uuid.NewString(), pool: p,
		booted: make(chan struct{}), ended: make(chan struct{}),
		stops: make(chan time.Duration, 1), wake: make(chan struct{}, 1),
	}
	h.sandboxes[s.id] = s
	p.size++
	s.setComing(true)
	h.running.Go(func() { h.run(s) })
	return s
}

func (s *sandbox) setComing(coming bool) {
	switch {
	case coming && !s.coming:
		s.pool.coming++
	case !coming && s.coming:
		s.pool.coming--
	}
	s.coming = coming
}

// stop has the process end; the first request counts. Callers hold the lock.
func (s *sandbox) stop(grace time.Duration) {
	if !s.stopped {
		s.stopped = true
		s.stops <- grace
	}
}

// pid is 0 as long as there is no process.
func (s *sandbox) pid() int {
	if s.process == nil {
		return 0
	}
	return s.process.PID()
}

// run is the life of a process.
func (h *Host) run(s *sandbox) {
	process, err := child.Start(context.Background(), h.command(s))
	if err == nil {
		h.mu.Lock()
		s.process = process
		h.mu.Unlock()
		h.config.Changed()
		err = s.wait(process, h.bootLimit)
	}
	h.bury(s, err)
	h.config.Changed()
}

// wait returns how the process ended, and ends it when it is told to or when it
// does not boot.
func (s *sandbox) wait(process *child.Process, bootLimit time.Duration) error {
	boot := time.NewTimer(bootLimit)
	defer boot.Stop()
	booted := s.booted
	for {
		select {
		case <-process.Done():
			if exit := (*exec.ExitError)(nil); errors.As(process.Err(), &exit) {
				return exit
			}
			return errors.New("exit status 0")
		case <-booted:
			boot.Stop()
			booted = nil
		case <-boot.C:
			process.Stop(0)
			return fmt.Errorf("it did not ask for an event within %v", bootLimit)
		case grace := <-s.stops:
			process.Stop(grace)
		}
	}
}

// bury takes an ended process out of its pool, settles what it leaves behind and
// replaces it.
func (h *Host) bury(s *sandbox, why error) {
	s.polling.Lock() // a /next that is being served ends with its connection
	defer s.polling.Unlock()
	unread := s.conn != nil && s.conn.leftUnread()

	h.mu.Lock()
	p := s.pool
	delete(h.sandboxes, s.id)
	p.size--
	s.setComing(false)
	s.forget()
	s.err = why
	if s.said != "" {
		s.err = fmt.Errorf("%w: %s", why, s.said)
	}
	close(s.ended)

	message := "Runtime exited with error: " + why.Error()
	i := s.current
	s.current = nil
	switch {
	case i != nil && !i.finished && unread:
		h.requeue(p.Name, i)
		i = nil // nothing happened to it
	case i != nil:
		i.finish(i.failed(Exited, message))
	case !s.hasBooted() && !s.stopped && len(p.queue) > 0:
		// It was started for the sake of some invocation. One of them must fail, or
		// a function that cannot start would be started for ever.
		i, p.queue = p.queue[0], p.queue[1:]
		i.finish(i.failed(Exited, message))
	}
	if !h.closed && !p.retired {
		// Keep one warm, unless it ended unprompted without having done anything:
		// the next would do the same at once.
		exit := (*exec.ExitError)(nil)
		killed := errors.As(why, &exit) && !exit.Exited()
		if p.size == 0 && s.hasBooted() && (s.served || killed) {
			h.start(p)
		}
		h.dispatch(p)
	}
	quiet := s.stopped
	h.mu.Unlock()
	if !quiet {
		h.remark(s, i, message)
	}
}

func (s *sandbox) hasBooted() bool {
	select {
	case <-s.booted:
		return true
	default:
		return false
	}
}

// assign gives an idle process an invocation, whose time starts to run.
func (h *Host) assign(s *sandbox, i *invocation) {
	s.current = i
	s.deadline = time.Now().Add(s.pool.Timeout)
	s.timer = time.AfterFunc(s.pool.Timeout, func() { h.timeOut(s, i) })
	s.wake <- struct{}{}
}

// timeOut kills a process that has not finished its turn.
func (h *Host) timeOut(s *sandbox, i *invocation) {
	message := fmt.Sprintf("Task timed out after %.2f seconds", s.pool.Timeout.Seconds())
	h.mu.Lock()
	late := s.current == i
	if late {
		i.finish(i.failed(TimedOut, message))
		s.stop(0)
	}
	h.mu.Unlock()
	if late {
		h.remark(s, i, message)
	}
}

// forget takes a process off the idle list and stops its clock.
func (s *sandbox) forget() {
	s.pool.idle = slices.DeleteFunc(s.pool.idle, func(o *sandbox) bool { return o == s })
	if s.timer != nil {
		s.timer.Stop()
	}
}

// remark writes a line of the host's own to the function's output.
func (h *Host) remark(s *sandbox, i *invocation, message string) {
	if i != nil {
		message = "RequestId: " + i.id + " Error: " + message
	}
	h.config.Output(s.pool.Name, s.pid(), []byte(message))
}

// command is the bootstrap with the environment Lambda documents, and nothing
// inherited: a function must not find on a laptop what it will miss on AWS.
func (h *Host) command(s *sandbox) child.Command {
	f := s.pool.Function
	root := filepath.Dir(f.Bootstrap)
	env := []string{
		"PATH=/usr/local/bin:/usr/bin:/bin:/opt/bin",
		"LANG=en_US.UTF-8",
		"TZ=:UTC",
		"LAMBDA_TASK_ROOT=" + root,
		"_HANDLER=" + filepath.Base(f.Bootstrap),
		"AWS_REGION=" + h.config.Region,
		"AWS_DEFAULT_REGION=" + h.config.Region,
		"AWS_ACCESS_KEY_ID=local",
		"AWS_SECRET_ACCESS_KEY=local",
		"AWS_SESSION_TOKEN=" + f.Name, // each function has a role of its own: one sees who calls
		"AWS_LAMBDA_FUNCTION_NAME=" + f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(f.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + f.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME=" + time.Now().UTC().Format("2006/01/02") + "/[$LATEST]" + strings.ReplaceAll(s.id, "-", ""),
		"AWS_LAMBDA_LOG_FORMAT=JSON",
		"AWS_LAMBDA_LOG_LEVEL=INFO",
	}
	for key, value := range f.Env {
		env = append(env, key+"="+value) // of two entries the later counts
	}
	env = append(env, "AWS_LAMBDA_RUNTIME_API="+h.Addr()+"/"+s.id)
	return child.Command{
		Name: f.Name, Path: f.Bootstrap, Dir: root, Env: env,
		Output: func(line []byte) { h.output(s, line) },
	}
}

// output passes a line on and remembers the one that explains a failed start best.
func (h *Host) output(s *sandbox, line []byte) {
	h.mu.Lock()
	text := strings.TrimSpace(string(line))
	cause := func(t string) bool { return strings.HasPrefix(t, "panic: ") || strings.HasPrefix(t, "fatal error: ") }
	if text != "" && !cause(s.said) || cause(text) { // a stack trace says less than its head
		s.said = text
	}
	pid := s.pid()
	h.mu.Unlock()
	h.config.Output(s.pool.Name, pid, line)
}
