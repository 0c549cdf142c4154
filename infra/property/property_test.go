package property

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"clienteling/infra/scenario"
)

// TestMain plays more stories at once than there are processors: they mostly wait,
// for the emulator and in the pauses of AwaitSends.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err) // the flag is the testing package's own
	}
	os.Exit(scenario.Main(m))
}

// stories is how many are played; DEEP=1 plays more.
const (
	stories     = 200
	deepStories = 2000
)

func TestPromises(t *testing.T) {
	first, n := uint64(1), stories
	if os.Getenv("DEEP") != "" {
		n = deepStories
	}
	if s := os.Getenv("SEED"); s != "" {
		one, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("SEED=%s is not a number", s)
		}
		first, n = one, 1
	}
	for i := range uint64(n) {
		number := first + i
		t.Run(strconv.FormatUint(number, 10), func(t *testing.T) {
			t.Parallel()
			r := play(t, number, faulty{})
			if b := r.model.breach; b != nil {
				t.Errorf("%v\n\nSEED=%d plays this again:\n%s", b, number, r.history.String())
			} else if n == 1 {
				t.Log("\n" + r.history.String())
			}
		})
	}
}

// The model is worth what it catches.
func TestModelBites(t *testing.T) {
	const tries = 100
	for name, f := range mutants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var others []string
			for i := range uint64(tries) {
				number := max(1, f.from) + i
				b := play(t, number, f).model.breach
				if b != nil && b.rule == f.breaks {
					t.Logf("story %d: %v", number, b)
					return
				}
				if b != nil {
					others = append(others, b.Error())
				}
			}
			t.Errorf("nothing of %d stories showed that %q is broken, but %q", tries, f.breaks, others)
		})
	}
}
