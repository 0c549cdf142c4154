package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// golden is a golden file.
type golden struct {
	// Given is what happened before: setups of given.go, and events of this
	// function, "inbound-sms/stop". A person writes it; -update keeps it.
	Given  []string `json:"given"`
	Answer answer   `json:"answer"`
	Difference
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

func runGolden(t *testing.T, function, name string, start func(testing.TB, *Table) Handler) {
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
	handle := start(t, db)
	deliver := func(name string) Response {
		r := Event(t, name)
		db.Set(Moment(r))
		res, err := handle(t.Context(), r)
		if err != nil {
			t.Fatalf("%s: the function failed: %v", name, err)
		}
		return res
	}
	for _, g := range got.Given {
		if strings.Contains(g, "/") {
			if res := deliver(g); res.StatusCode != 200 {
				t.Fatalf("given %s, which was answered %d: %s", g, res.StatusCode, res.Body)
			}
		} else {
			db.Give(t, g)
		}
	}
	before := db.Items(t)
	var res Response
	cost := db.Measure(func() { res = deliver(function + "/" + name) })

	got.Answer = answerOf(res)
	got.Difference = db.Items(t).Since(before)
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
