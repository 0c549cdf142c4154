package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"clienteling/shared/queue"
)

// golden is a golden file.
type golden struct {
	// Given is what happened before: setups of given.go, and events of this
	// function, "inbound-sms/stop". A person writes it; -update keeps it.
	Given []string `json:"given"`
	// Answer is that of a route or of a batch of jobs; for a run of the clock, its error.
	Answer any `json:"answer"`
	Difference
	// Jobs were left for other functions.
	Jobs       []queue.SendText           `json:"jobs,omitempty"`
	NumberJobs []queue.NumberJob          `json:"numberJobs,omitempty"`
	FilingJobs []queue.SubmitRegistration `json:"filingJobs,omitempty"`
	// Calls to DynamoDB, and how many of them one after the other.
	Calls  []string `json:"calls"`
	InARow int      `json:"inARow"`
}

type answer struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	// Body is the very string of the answer, but for JSON, which is laid out.
	Body any `json:"body"`
}

// Golden runs every event of a function, events/<function>/*.json, and compares what
// comes of it with testdata/<case>.json in the working directory; with -update it
// writes those files. Each event has a table of its own. The clock stands at the
// moment the gateway took the event.
//
// start builds the function's handler on a table.
func Golden(t *testing.T, function string, start func(testing.TB, *Table) Handler) {
	goldens(t, function, func(t testing.TB, db *Table) taker {
		handle := start(t, db)
		return func(ctx context.Context, event []byte) (any, bool) {
			var r Request
			parse(t, event, &r)
			db.Set(Moment(r))
			res, err := handle(ctx, r)
			if err != nil {
				t.Fatalf("the function failed: %v", err)
			}
			return answerOf(res), res.StatusCode < 300
		}
	})
}

// GoldenJobs is Golden for a function that works off a queue. The clock stands at the
// moment the queue gave the first job of the batch.
func GoldenJobs(t *testing.T, function string, start func(testing.TB, *Table) JobHandler) {
	goldens(t, function, func(t testing.TB, db *Table) taker {
		handle := start(t, db)
		return func(ctx context.Context, event []byte) (any, bool) {
			var batch events.SQSEvent
			parse(t, event, &batch)
			ms, err := strconv.ParseInt(batch.Records[0].Attributes["ApproximateFirstReceiveTimestamp"], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			db.Set(time.UnixMilli(ms).UTC())
			answer, err := handle(ctx, batch)
			if err != nil {
				t.Fatalf("the function failed: %v", err)
			}
			return answer, len(answer.BatchItemFailures) == 0
		}
	})
}

// GoldenRuns is Golden for a function that the clock starts, whose answer is its
// error or null. The clock stands at the time that the event names.
func GoldenRuns(t *testing.T, function string, start func(testing.TB, *Table) func(context.Context) error) {
	goldens(t, function, func(t testing.TB, db *Table) taker {
		run := start(t, db)
		return func(ctx context.Context, event []byte) (any, bool) {
			var tick events.CloudWatchEvent
			parse(t, event, &tick)
			db.Set(tick.Time)
			if err := run(ctx); err != nil {
				return err.Error(), false
			}
			return nil, true
		}
	})
}

// taker gives an event to a function, at its time. It reports whether all went well.
type taker func(ctx context.Context, event []byte) (answer any, well bool)

func parse(t testing.TB, text []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("the event: %v", err)
	}
}

func goldens(t *testing.T, function string, start func(testing.TB, *Table) taker) {
	events, err := filepath.Glob(path(t, "events", function, "*.json"))
	if err != nil || len(events) == 0 {
		t.Fatalf("no events in events/%s: %v", function, err)
	}
	var cases []string
	for _, e := range events {
		cases = append(cases, strings.TrimSuffix(filepath.Base(e), ".json"))
	}
	for _, name := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runGolden(t, function, name, start)
		})
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".json"); !slices.Contains(cases, name) {
			t.Errorf("%s belongs to no event: delete it, or add events/%s/%s.json", f, function, name)
		}
	}
}

func runGolden(t *testing.T, function, name string, start func(testing.TB, *Table) taker) {
	file := filepath.Join("testdata", name+".json")
	want, err := os.ReadFile(file)
	missing := errors.Is(err, fs.ErrNotExist)
	got := golden{Given: []string{"seed"}}
	switch {
	case missing && !Update():
		t.Fatalf("there is no %s: write it with go test ./functions/%s -update, and review it", file, function)
	case missing:
	case err != nil:
		t.Fatal(err)
	default:
		if err := json.Unmarshal(want, &got); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}

	db := NewTable(t)
	take := start(t, db)
	for _, g := range got.Given {
		if strings.Contains(g, "/") {
			if answer, well := take(t.Context(), eventText(t, g)); !well {
				t.Fatalf("given %s, which was answered %+v", g, answer)
			}
		} else {
			db.Give(t, g)
		}
	}
	before, jobs, numberJobs, filingJobs := db.Items(t), len(db.Jobs.Left()), len(db.NumberJobs.Left()), len(db.FilingJobs.Left())
	cost := db.Measure(func() { got.Answer, _ = take(t.Context(), eventText(t, function+"/"+name)) })

	got.Difference = db.Items(t).Since(before)
	got.Jobs, got.NumberJobs = db.Jobs.Left()[jobs:], db.NumberJobs.Left()[numberJobs:]
	got.FilingJobs = db.FilingJobs.Left()[filingJobs:]
	got.Calls, got.InARow = append([]string{}, cost.Calls...), cost.InARow
	text, err := write(got)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case bytes.Equal(text, want):
	case Update():
		err := os.MkdirAll("testdata", 0o755)
		if err = errors.Join(err, os.WriteFile(file, text, 0o644)); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not what comes of the event: %s\nIf that is right now: go test ./functions/%s -update, and review the file.",
			file, firstDifference(string(want), string(text)), function)
	}
}

func answerOf(r Response) answer {
	a := answer{Status: r.StatusCode, Headers: r.Headers, Body: r.Body}
	if strings.Contains(r.Headers["content-type"], "json") && json.Valid([]byte(r.Body)) {
		a.Body = json.RawMessage(r.Body)
	}
	return a
}

// write lays JSON out for people: < and & are what they are.
func write(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for n := range max(len(w), len(g)) {
		line := func(of []string) string {
			if n < len(of) {
				return of[n]
			}
			return "(no such line)"
		}
		if line(w) != line(g) {
			return fmt.Sprintf("line %d\n  wants %s\n  got   %s", n+1, line(w), line(g))
		}
	}
	return "only in line breaks"
}
