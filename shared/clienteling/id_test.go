package clienteling_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"clienteling/shared/clienteling"
)

// The moment of the UUIDv7 in RFC 9562, appendix A.6.
var moment = time.Date(2022, 2, 22, 14, 22, 22, 0, time.FixedZone("", -5*60*60))

var uuid7 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestNewID(t *testing.T) {
	for name, test := range map[string]struct {
		at     time.Time
		prefix string
	}{
		"the example of RFC 9562":     {moment, "017f22e2-79b0-7000-"},
		"the same moment in UTC":      {moment.UTC(), "017f22e2-79b0-7000-"},
		"half a millisecond later":    {moment.Add(500 * time.Microsecond), "017f22e2-79b0-7800-"},
		"the end of that millisecond": {moment.Add(time.Millisecond - 1), "017f22e2-79b0-7fff-"},
		"the next millisecond":        {moment.Add(time.Millisecond), "017f22e2-79b1-7000-"},
		"the epoch":                   {time.Unix(0, 0), "00000000-0000-7000-"},
		"beyond int64 nanoseconds":    {time.Date(2500, 1, 1, 0, 0, 0, 500_000, time.UTC), "0f362521-7400-7800-"},
	} {
		t.Run(name, func(t *testing.T) {
			id := clienteling.NewID(test.at)
			if !uuid7.MatchString(id) || !strings.HasPrefix(id, test.prefix) {
				t.Errorf("got %s, want a UUIDv7 beginning with %s", id, test.prefix)
			}
			ms, err := strconv.ParseInt(id[:8]+id[9:13], 16, 64)
			if err != nil || ms != test.at.UnixMilli() {
				t.Errorf("%s is of millisecond %d, want %d", id, ms, test.at.UnixMilli())
			}
		})
	}
}

// Ids of texts a quarter of a microsecond apart are in their order.
func TestNewIDOrder(t *testing.T) {
	var ids []string
	for at := moment; at.Before(moment.Add(3 * time.Millisecond)); at = at.Add(250 * time.Nanosecond) {
		ids = append(ids, clienteling.NewID(at))
	}
	if !slices.IsSorted(ids) {
		t.Error("ids do not sort as their moments")
	}
}

func TestNewIDIsUnique(t *testing.T) {
	seen := map[string]bool{}
	for range 10_000 {
		seen[clienteling.NewID(moment)] = true
	}
	if len(seen) != 10_000 {
		t.Errorf("%d different ids of 10000", len(seen))
	}
}
