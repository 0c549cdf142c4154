package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
)

// atOnce asks all calls at the same time; their answers are in the calls' order.
func atOnce(t *testing.T, handle scenario.Handler, calls []call) []result {
	t.Helper()
	results := make([]result, len(calls))
	var running sync.WaitGroup
	begin := make(chan struct{})
	for n, c := range calls {
		running.Go(func() {
			<-begin
			results[n] = c.ask(t, handle)
		})
	}
	close(begin)
	running.Wait()
	return results
}

// stored are the ids of the quick replies that have an item.
func stored(t *testing.T, db *scenario.Table) []string {
	t.Helper()
	var all []string
	for name := range db.Items(t) {
		if _, id, ok := strings.Cut(name, " / QUICKREPLY#"); ok {
			all = append(all, id)
		}
	}
	return all
}

// same fails unless both have the same elements, each once.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%s: %d, want %d:\n%v\n%v", what, len(got), len(want), got, want)
	}
}

// Two administrators order a hundred quick replies at once: there is one order then,
// that of one of them, and none is lost or twice.
func TestTwoOrders(t *testing.T) {
	t.Parallel()
	db, handle := given(t)
	all := fill(t, handle, clienteling.MaxQuickReplies)
	shown, _ := read(t, handle)
	if !slices.Equal(ids(shown.QuickReplies), all) {
		t.Fatal("they are not in the order in which they were added")
	}
	if got := (call{event: "add-second"}).ask(t, handle); got.code != "too_many_quick_replies" {
		t.Errorf("one more was answered %d %s", got.status, got.body)
	}

	backwards, halves := slices.Clone(all), append(slices.Clone(all[50:]), all[:50]...)
	slices.Reverse(backwards)
	orders := [][]string{backwards, halves}
	for round := range 4 {
		_, etag := read(t, handle)
		calls := []call{{event: "order", body: map[string]any{"order": orders[0]}}, {event: "order", body: map[string]any{"order": orders[1]}}}
		if round%2 == 1 {
			calls[0].ifMatch, calls[1].ifMatch = etag, etag
		}
		results := atOnce(t, handle, calls)
		shown, now := read(t, handle)
		got := ids(shown.QuickReplies)
		won := slices.IndexFunc(orders, func(o []string) bool { return slices.Equal(o, got) })
		if won < 0 {
			t.Fatalf("round %d: the order is neither one", round)
		}
		if now == etag {
			t.Errorf("round %d: the ETag is the former one", round)
		}
		for n, r := range results {
			switch {
			case r.status == http.StatusNoContent:
			case round%2 == 1 && r.status == http.StatusPreconditionFailed && n != won:
			default:
				t.Errorf("round %d: order %d was answered %d %s", round, n, r.status, r.body)
			}
		}
		if round%2 == 1 && results[0].status == results[1].status {
			t.Errorf("round %d: both were answered %d", round, results[0].status)
		}
		// The next round begins with neither of them.
		orders[0], orders[1] = append(slices.Clone(orders[0][1:]), orders[0][0]), append(slices.Clone(orders[1][1:]), orders[1][0])
	}
	same(t, "stored", stored(t, db), all)
}

// Additions, edits, deletions and orders at once: what was answered with success is
// there, all else is not, and nothing is there twice.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	for _, guarded := range []bool{false, true} {
		t.Run(fmt.Sprint("with If-Match ", guarded), func(t *testing.T) {
			t.Parallel()
			db, handle := given(t)
			all := fill(t, handle, 12)
			_, etag := read(t, handle)
			ifMatch := ""
			if guarded {
				ifMatch = etag
			}
			var calls []call
			for n := range 4 {
				moved := append(slices.Clone(all[n+1:]), all[:n+1]...)
				calls = append(calls,
					call{event: "add", body: reply(fmt.Sprint("New ", n), "New"), ifMatch: ifMatch},
					call{event: "delete", parameter: all[n], ifMatch: ifMatch},
					call{event: "edit", parameter: all[n+4], body: reply(fmt.Sprint("Edited ", n), "Edited"), ifMatch: ifMatch},
					call{event: "order", body: map[string]any{"order": moved}, ifMatch: ifMatch},
				)
			}
			results := atOnce(t, handle, calls)

			want := slices.Clone(all)
			titles := map[string]string{}
			well := 0
			for n, r := range results {
				c := calls[n]
				switch {
				case r.status < 300:
					well++
					if r.etag == "" || r.etag == etag {
						t.Errorf("%s has the ETag %s", c.event, r.etag)
					}
				case r.status == http.StatusPreconditionFailed && guarded:
				case c.event == "order" && (r.code == "order_incomplete" || r.code == "order_invalid") && !guarded:
				case r.code == "templates_changed": // after a dozen of tries
				default:
					t.Errorf("%s was answered %d %s", c.event, r.status, r.body)
				}
				if r.status >= 300 {
					continue
				}
				switch c.event {
				case "add":
					want = append(want, idOf(t, r))
				case "delete":
					want = slices.DeleteFunc(want, func(id string) bool { return id == c.parameter })
				case "edit":
					titles[c.parameter] = c.body.(map[string]string)["title"]
				}
			}
			if guarded && well != 1 || well < 1 {
				t.Errorf("%d of %d succeeded", well, len(calls))
			}
			shown, _ := read(t, handle)
			same(t, "shown", ids(shown.QuickReplies), want)
			same(t, "stored", stored(t, db), want)
			for _, r := range shown.QuickReplies {
				if title, edited := titles[r.ID]; edited && r.Title != title || !edited && strings.HasPrefix(r.Title, "Edited") {
					t.Errorf("%s has the title %s, want %s", r.ID, r.Title, title)
				}
			}
		})
	}
}

func idOf(t *testing.T, r result) string {
	t.Helper()
	_, after, _ := strings.Cut(r.body, `"id":"`)
	id, _, ok := strings.Cut(after, `"`)
	if !ok {
		t.Errorf("no id in %s", r.body)
	}
	return id
}

// The same Idempotency-Key many times makes one quick reply.
func TestSameKey(t *testing.T) {
	t.Parallel()
	db, handle := given(t)
	made := map[string]bool{}
	for _, r := range atOnce(t, handle, slices.Repeat([]call{{event: "add-keyed"}}, 8)) {
		switch {
		case r.status == http.StatusCreated:
			made[idOf(t, r)] = true
		case r.code == "repeated":
		default:
			t.Errorf("answered %d %s", r.status, r.body)
		}
	}
	if len(made) != 1 {
		t.Fatalf("made %v", made)
	}
	id := slices.Collect(maps.Keys(made))[0]
	if r := (call{event: "add-repeated"}).ask(t, handle); r.status != http.StatusCreated || idOf(t, r) != id {
		t.Errorf("again: %d %s", r.status, r.body)
	}
	same(t, "stored", stored(t, db), []string{id})
	if r := (call{event: "add-key-reused"}).ask(t, handle); r.code != "idempotency_key_reused" {
		t.Errorf("with another body: %d %s", r.status, r.body)
	}

	// It is not made again because it was deleted.
	call{event: "delete", parameter: id}.must(t, handle, nil)
	if r := (call{event: "add-repeated"}).ask(t, handle); r.status != http.StatusNotFound {
		t.Errorf("after it was deleted: %d %s", r.status, r.body)
	}
	same(t, "stored", stored(t, db), nil)
}
