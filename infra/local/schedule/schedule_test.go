package schedule_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"clienteling/infra/local/schedule"
)

// function is what the test plays of Lambda. Its time is that of the synctest bubble.
type function struct {
	do func(ctx context.Context) (response, functionError string, err error) // nil: succeeds at once

	mu     sync.Mutex
	began  time.Time
	starts []time.Duration // since it was made
	events []string
	atOnce int
	most   int
}

func newFunction() *function { return &function{began: time.Now()} }

func (f *function) Invoke(ctx context.Context, _ string, event []byte) ([]byte, string, error) {
	f.mu.Lock()
	f.starts = append(f.starts, time.Since(f.began))
	f.events = append(f.events, string(event))
	f.atOnce++
	f.most = max(f.most, f.atOnce)
	do := f.do
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.atOnce--
		f.mu.Unlock()
	}()
	if do == nil {
		return nil, "", nil
	}
	response, functionError, err := do(ctx)
	return []byte(response), functionError, err
}

// takes has each of the next runs take so long, and those after them no time.
func (f *function) takes(each ...time.Duration) {
	f.do = func(ctx context.Context) (string, string, error) {
		f.mu.Lock()
		var d time.Duration
		if len(each) > 0 {
			d, each = each[0], each[1:]
		}
		f.mu.Unlock()
		select {
		case <-time.After(d):
			return "null", "", nil
		case <-ctx.Done():
			return "", "", ctx.Err()
		}
	}
}

func start(t *testing.T, c schedule.Config) *schedule.Schedule {
	t.Helper()
	s, err := schedule.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestIntervals(t *testing.T) {
	const minute = time.Minute
	for name, tt := range map[string]struct {
		expression string
		takes      []time.Duration
		during     time.Duration
		want       []time.Duration
	}{
		"a minute":  {"rate(1 minute)", nil, 3*minute + 1, []time.Duration{0, minute, 2 * minute, 3 * minute}},
		"hours":     {"rate(12 hours)", nil, 24*time.Hour + 1, []time.Duration{0, 12 * time.Hour, 24 * time.Hour}},
		"days":      {"rate(7 days)", nil, 8 * 24 * time.Hour, []time.Duration{0, 7 * 24 * time.Hour}},
		"slow runs": {"rate(1 minute)", []time.Duration{150 * time.Second}, 4*minute + 1, []time.Duration{0, 150 * time.Second, 3 * minute, 4 * minute}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFunction()
				f.takes(tt.takes...)
				s := start(t, schedule.Config{Invoker: f, Entries: []schedule.Entry{
					{Function: "Reconcile", Expression: tt.expression, Input: `{"kind":"texts"}`},
				}})
				time.Sleep(tt.during)
				s.Close()
				if !slices.Equal(f.starts, tt.want) {
					t.Errorf("it ran at %v, want %v", f.starts, tt.want)
				}
				if f.events[0] != `{"kind":"texts"}` {
					t.Errorf("the event is %s", f.events[0])
				}
			})
		})
	}
}

func TestOneRunAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction()
		f.takes(slices.Repeat([]time.Duration{30 * time.Second}, 100)...)
		s := start(t, schedule.Config{Invoker: f, Entries: []schedule.Entry{
			{Function: "Reconcile", Expression: "rate(1 minute)", Input: `1`},
			{Function: "Reconcile", Expression: "rate(3 minutes)", Input: `2`},
		}})
		time.Sleep(10 * time.Minute)
		s.Close()
		if f.most != 1 {
			t.Errorf("%d runs at once", f.most)
		}
		if ones := len(slices.DeleteFunc(slices.Clone(f.events), func(e string) bool { return e != "1" })); ones < 9 || len(f.events)-ones < 3 {
			t.Errorf("the runs were %v", f.events)
		}
	})
}

func TestDefaultEvent(t *testing.T) {
	f := newFunction()
	ticks := make(chan time.Time)
	now := time.Date(2026, 11, 21, 9, 30, 0, 5, time.FixedZone("CET", 3600))
	var interval time.Duration
	s := start(t, schedule.Config{
		Invoker: f, Region: "eu-central-1", Entries: []schedule.Entry{{Function: "Reconcile", Expression: "rate(5 minutes)"}},
		Now: func() time.Time { return now },
		Ticker: func(d time.Duration) (<-chan time.Time, func()) {
			interval = d
			return ticks, func() { close(ticks) }
		},
	})
	ticks <- now // it listens, so the first run is over
	s.Close()
	if _, open := <-ticks; open || interval != 5*time.Minute {
		t.Errorf("the ticker of %v was not stopped", interval)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(f.events[0]), &got); err != nil {
		t.Fatal(err)
	}
	if id, _ := got["id"].(string); len(id) != 36 {
		t.Errorf("the id is %q", id)
	}
	delete(got, "id")
	want := map[string]any{
		"version": "0", "detail-type": "Scheduled Event", "source": "aws.scheduler", "account": "000000000000",
		"time": "2026-11-21T08:30:00Z", "region": "eu-central-1", "detail": "{}",
		"resources": []any{"arn:aws:scheduler:eu-central-1:000000000000:schedule/default/Reconcile"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("event\n%v, want\n%v", got, want)
	}
}

func TestFailedRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction()
		f.do = func(context.Context) (string, string, error) {
			if len(f.starts) == 1 {
				return `{"errorType":"errorString","errorMessage":"no table"}`, "Unhandled", nil
			}
			return "", "", errors.New("the Lambda host is closed")
		}
		var said []string
		s := start(t, schedule.Config{
			Invoker: f, Entries: []schedule.Entry{{Function: "Reconcile", Expression: "rate(1 minute)"}},
			Log: func(line string) { said = append(said, line) },
		})
		time.Sleep(90 * time.Second)
		s.Close()
		want := []string{"schedule: Reconcile failed: Unhandled: no table", "schedule: the Lambda host is closed"}
		if !slices.Equal(said, want) {
			t.Errorf("the log says %q, want %q", said, want)
		}
	})
}

func TestRunNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction()
		f.takes(20*time.Second, 20*time.Second)
		s := start(t, schedule.Config{Invoker: f, Entries: []schedule.Entry{
			{Function: "Reconcile", Expression: "rate(1 hour)", Input: `1`},
			{Function: "Other", Expression: "rate(1 hour)", Input: `2`},
		}})
		synctest.Wait()
		if err := s.RunNow(t.Context(), "Reconcile"); err != nil {
			t.Error(err)
		}
		if last := len(f.events) - 1; f.events[last] != `1` || f.starts[last] != 20*time.Second {
			t.Errorf("it ran at %v with %s", f.starts, f.events)
		}

		if err := s.RunNow(t.Context(), "Nobody"); err == nil || !strings.Contains(err.Error(), "Nobody has no schedule") {
			t.Errorf("a function without a schedule: %v", err)
		}
		f.do = func(context.Context) (string, string, error) { return `{"errorMessage":"no table"}`, "Unhandled", nil }
		if err := s.RunNow(t.Context(), "Other"); err == nil || err.Error() != "Other failed: Unhandled: no table" {
			t.Errorf("a function that fails: %v", err)
		}

		t.Log("one run at a time holds for RunNow too, and so does its context")
		f.takes(10 * time.Second)
		go func() { _ = s.RunNow(context.Background(), "Reconcile") }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.RunNow(ctx, "Reconcile"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a run that waits too long: %v", err)
		}
		s.Close()
		if err := s.RunNow(t.Context(), "Reconcile"); err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestClose(t *testing.T) {
	for name, tt := range map[string]struct{ takes, want time.Duration }{
		"waits for a run":          {4 * time.Second, 4 * time.Second},
		"but not for ever":         {time.Hour, 5 * time.Second},
		"and not for the next one": {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFunction()
				f.takes(tt.takes)
				s := start(t, schedule.Config{Invoker: f, Entries: []schedule.Entry{
					{Function: "Reconcile", Expression: "rate(1 minute)"},
					{Function: "Reconcile", Expression: "rate(1 hour)"},
				}})
				synctest.Wait()
				before, began := len(f.starts), time.Now()
				s.Close()
				s.Close()
				if took := time.Since(began); took != tt.want {
					t.Errorf("Close took %v, want %v", took, tt.want)
				}
				if len(f.starts) != before || f.atOnce != 0 {
					t.Errorf("%d runs, %d of them after Close", len(f.starts), len(f.starts)-before)
				}
			})
		})
	}
}

func TestStartRefuses(t *testing.T) {
	for _, tt := range []struct{ expression, input, want string }{
		{"cron(0 9 * * ? *)", "", "not supported on this machine; use rate"},
		{"at(2026-11-21T09:30:00)", "", "not supported on this machine; use rate"},
		{"", "", "is not a rate"},
		{"rate(5)", "", "is not a rate"},
		{"rate(0 minutes)", "", "is not a rate"},
		{"rate(-1 minutes)", "", "is not a rate"},
		{"rate(1.5 hours)", "", "is not a rate"},
		{"rate(30 seconds)", "", "is not a rate"},
		{"rate(100000 days)", "", "is not a rate"},
		{"rate(1 minutes)", "", "mixes singular and plural"},
		{"rate(2 minute)", "", "mixes singular and plural"},
		{"rate(1 minute)", "texts", "is not JSON"},
		{"rate(1 minute)", `{"id":"<aws.scheduler.execution-id>"}`, "would not be replaced"},
	} {
		_, err := schedule.Start(schedule.Config{Invoker: newFunction(), Entries: []schedule.Entry{
			{Function: "Other", Expression: "rate(99999 days)"},
			{Function: "Reconcile", Expression: tt.expression, Input: tt.input},
		}})
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "the schedule of Reconcile: ") {
			t.Errorf("%s with %q: %v, want %q", tt.expression, tt.input, err, tt.want)
		}
	}
}
