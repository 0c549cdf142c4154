// Package schedule is EventBridge Scheduler on a laptop: it runs functions at regular
// intervals. As there, a rate starts with a run at once ("Schedule types" in the
// EventBridge Scheduler user guide).
//
// Of the expressions it knows rate(...). A function runs once at a time, as if its
// reserved concurrency were 1. On AWS each run is an event that waits its turn for up
// to six hours, and that is tried twice more after an error; here one run at most
// waits, those due meanwhile are dropped, and after an error the next interval is the
// next try. Time zones, windows, start and end dates do not exist.
package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	account  = "000000000000"
	patience = 5 * time.Second // how long Close waits for functions
)

// Invoker runs functions.
type Invoker interface {
	// Invoke runs a function with an event, and returns early when the context ends.
	// functionError is "" on success, else Lambda's error type ("Unhandled",
	// "Sandbox.Timedout", "Runtime.ExitError"); err is only for an invocation that could
	// not be made.
	Invoke(ctx context.Context, function string, event []byte) (response []byte, functionError string, err error)
}

// Entry is one schedule.
type Entry struct {
	Function   string
	Expression string // "rate(5 minutes)"
	Input      string // the event, JSON; "" for EventBridge Scheduler's default
}

// Config says what to run. Log may be called from several goroutines at once.
type Config struct {
	Invoker Invoker
	Entries []Entry
	Region  string // empty: us-east-1

	Now func() time.Time // nil: time.Now
	// Ticker starts a clock that ticks at an interval, until stop. One tick that finds
	// nobody listening waits, others are dropped. Nil: a time.Ticker.
	Ticker func(interval time.Duration) (ticks <-chan time.Time, stop func())
	// Log gets a line for each run that failed. Nil: none.
	Log func(line string)
}

// Schedule runs functions.
type Schedule struct {
	config   Config
	patience time.Duration
	turns    map[string]chan struct{} // by function; whoever puts something in may run it
	running  sync.WaitGroup
	closing  context.Context // ends with Close, which starts no more
	stop     context.CancelFunc
	invoking context.Context // ends what still runs when Close gives up
	abandon  context.CancelFunc
}

var errClosed = errors.New("the schedule is closed")

// Start runs every entry at once and then at its intervals, until Close. Its error is
// about an entry that is not supported.
func Start(c Config) (*Schedule, error) {
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Ticker == nil {
		c.Ticker = func(interval time.Duration) (<-chan time.Time, func()) {
			t := time.NewTicker(interval)
			return t.C, t.Stop
		}
	}
	if c.Log == nil {
		c.Log = func(string) {}
	}
	s := &Schedule{config: c, patience: patience, turns: map[string]chan struct{}{}}
	intervals := make([]time.Duration, len(c.Entries))
	for i, e := range c.Entries {
		var err error
		if intervals[i], err = e.interval(); err != nil {
			return nil, fmt.Errorf("the schedule of %s: %w", e.Function, err)
		}
		s.turns[e.Function] = make(chan struct{}, 1)
	}
	s.closing, s.stop = context.WithCancel(context.Background())
	s.invoking, s.abandon = context.WithCancel(context.Background())
	for i, e := range c.Entries {
		s.running.Go(func() { s.keep(e, intervals[i]) })
	}
	return s, nil
}

// Close starts no more runs, gives those under way five seconds to end, and waits. It
// does not wait for RunNow, which it cuts short.
func (s *Schedule) Close() {
	s.stop()
	late := time.AfterFunc(s.patience, s.abandon)
	s.running.Wait()
	late.Stop()
	s.abandon()
}

// RunNow runs the function's entries once, one after the other and after the run that
// is under way, and returns when they ended. The error says how the function failed.
func (s *Schedule) RunNow(ctx context.Context, function string) error {
	if s.turns[function] == nil {
		return fmt.Errorf("%s has no schedule: give it a ScheduleV2 event in the template", function)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.invoking, cancel)()
	for _, e := range s.config.Entries {
		if e.Function != function {
			continue
		}
		if err := s.run(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// keep runs an entry for as long as the schedule is open.
func (s *Schedule) keep(e Entry, interval time.Duration) {
	ticks, stop := s.config.Ticker(interval)
	defer stop()
	for {
		if err := s.run(s.invoking, e); err != nil && !errors.Is(err, errClosed) {
			s.config.Log("schedule: " + err.Error())
		}
		select {
		case <-ticks:
		case <-s.closing.Done():
			return
		}
	}
}

// run waits for the function's turn and runs it.
func (s *Schedule) run(ctx context.Context, e Entry) error {
	turn := s.turns[e.Function]
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-s.closing.Done():
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.closing.Err() != nil {
		return errClosed
	}
	event, err := s.event(e)
	if err != nil {
		return err
	}
	response, functionError, err := s.config.Invoker.Invoke(ctx, e.Function, event)
	if err == nil && functionError != "" {
		var said struct{ ErrorMessage string }
		_ = json.Unmarshal(response, &said) // Lambda's form; without it there is nothing to say
		err = fmt.Errorf("%s failed: %s: %s", e.Function, functionError, said.ErrorMessage)
	}
	return err
}

// event is the entry's input, or what EventBridge Scheduler sends without one. That
// its detail is a string was reported from AWS in aws/aws-lambda-dotnet#1864 and
// aws/aws-lambda-java-libs#479.
func (s *Schedule) event(e Entry) ([]byte, error) {
	if e.Input != "" {
		return []byte(e.Input), nil
	}
	return json.Marshal(map[string]any{
		"version":     "0",
		"id":          uuid.NewString(),
		"detail-type": "Scheduled Event",
		"source":      "aws.scheduler",
		"account":     account,
		"time":        s.config.Now().UTC().Format(time.RFC3339),
		"region":      s.config.Region,
		"resources":   []string{"arn:aws:scheduler:" + s.config.Region + ":" + account + ":schedule/default/" + e.Function},
		"detail":      "{}",
	})
}
