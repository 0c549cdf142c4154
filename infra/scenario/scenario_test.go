package scenario_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

func TestInARow(t *testing.T) {
	db := scenario.NewTable(t)
	db.Give(t, "seed")
	to := db.Open()
	read := func() error {
		_, err := to.Number(t.Context(), seed.Shops[0].Number.E164)
		return err
	}
	for _, tt := range []struct {
		name string
		do   func() error
		want int
		all  int
	}{
		{"nothing", func() error { return nil }, 0, 0},
		{"one after the other", func() error {
			for range 3 {
				if err := read(); err != nil {
					return err
				}
			}
			return nil
		}, 3, 3},
		{"at the same time", func() error {
			// The first call goes on only when the last has begun.
			begun := make(chan struct{}, 4)
			open := make(chan struct{})
			db.Break(func(c *http.Request, send scenario.Send) (*http.Response, error) {
				begun <- struct{}{}
				return scenario.Held(open)(c, send)
			}, 1, 2, 3, 4)
			var running errgroup.Group
			for range 4 {
				running.Go(read)
			}
			for range 4 {
				<-begun
			}
			close(open)
			return running.Wait()
		}, 1, 4},
		{"two beside a long one", func() error {
			begun, end := make(chan struct{}), make(chan struct{})
			db.Break(func(c *http.Request, send scenario.Send) (*http.Response, error) {
				close(begun)
				return scenario.Held(end)(c, send)
			}, 1)
			var running errgroup.Group
			running.Go(read)
			<-begun
			if err := errors.Join(read(), read()); err != nil {
				return err
			}
			close(end)
			return running.Wait()
		}, 2, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cost := db.Measure(func() {
				if err := tt.do(); err != nil {
					t.Fatal(err)
				}
			})
			if len(cost.Calls) != tt.all || cost.InARow != tt.want {
				t.Errorf("%v, %d in a row; want %d", cost.Calls, cost.InARow, tt.want)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name     string
		fault    scenario.Fault
		attempts []int
		code     string
		stored   bool
	}{
		{"unsent once", scenario.Unsent, []int{1}, "", true},
		{"unsent", scenario.Unsent, nil, "storage_unavailable", false},
		{"unsent as often as the SDK tries", scenario.Unsent, []int{1, 2, 3}, "storage_unavailable", false},
		{"the second call", scenario.Unsent, []int{2}, "", true},
		{"unanswered", scenario.Unanswered, nil, "storage_unavailable", true},
		{"throttled", scenario.Refused(http.StatusBadRequest, "ThrottlingException"), nil, "storage_unavailable", false},
		{"forbidden", scenario.Refused(http.StatusBadRequest, "AccessDeniedException"), []int{1}, "storage_unavailable", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db := scenario.NewTable(t)
			db.Break(tt.fault, tt.attempts...)
			err := db.Open().EnableRetailer(t.Context(), seed.Retailer)
			var e *clienteling.Error
			if errors.As(err, &e) != (tt.code != "") || e != nil && e.Code != tt.code {
				t.Errorf("%v, want %q", err, tt.code)
			}
			db.Mend()
			_, err = db.Open().Retailer(t.Context(), "acme")
			if stored := err == nil; stored != tt.stored {
				t.Errorf("afterwards %v", err)
			}
		})
	}
}

func TestTablesAreAlone(t *testing.T) {
	one, other := scenario.NewTable(t), scenario.NewTable(t)
	one.Give(t, "seed", "inbox")
	if len(one.Items(t)) < 10 || len(other.Items(t)) != 0 {
		t.Errorf("%d items and %d", len(one.Items(t)), len(other.Items(t)))
	}
}

func TestSince(t *testing.T) {
	type item = map[string]any
	before := scenario.Items{"gone": {"a": "1"}, "same": {"a": json.Number("1")}, "other": {"a": "1", "b": "2", "c": []any{"x"}}}
	after := scenario.Items{"same": {"a": json.Number("1")}, "other": {"a": "2", "c": []any{"x"}, "d": true}, "new": {"z": "9"}}
	got := after.Since(before)
	want := scenario.Difference{
		Added:   scenario.Items{"new": item{"z": "9"}},
		Changed: map[string]map[string][2]any{"other": {"a": {"1", "2"}, "b": {"2", nil}, "d": {nil, true}}},
		Removed: scenario.Items{"gone": item{"a": "1"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestNewID(t *testing.T) {
	db := scenario.NewTable(t)
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	ids := []string{db.NewID(at), db.NewID(at), db.NewID(at.Add(time.Millisecond))}
	if !slices.IsSorted(ids) || ids[0] != "01a1fd8c-6900-7000-8000-000000000001" || ids[0][:13] != clienteling.NewID(at)[:13] {
		t.Errorf("%v", ids)
	}
}
