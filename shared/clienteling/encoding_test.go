package clienteling_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"clienteling/shared/clienteling"
)

func TestSegments(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/segments.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Source  string
		Samples []struct {
			Name, Text string
			Encoding   clienteling.Encoding
			Segments   int
			Calculator int
		}
	}
	if err := json.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Samples) < 100 || file.Source == "" {
		t.Fatalf("%d samples from %q", len(file.Samples), file.Source)
	}
	seen := map[clienteling.Encoding]int{}
	for _, s := range file.Samples {
		seen[s.Encoding]++
		encoding, segments := clienteling.Segments(s.Text)
		if encoding != s.Encoding || segments != s.Segments {
			t.Errorf("%s: %s in %d, want %s in %d", s.Name, encoding, segments, s.Encoding, s.Segments)
		}
		// A disagreement with Twilio's calculator is one segment, and never where GSM-7 does.
		if s.Calculator != 0 && (s.Calculator != s.Segments+1 || s.Encoding != clienteling.UCS2) {
			t.Errorf("%s: the calculator says %d", s.Name, s.Calculator)
		}
	}
	if seen[clienteling.GSM7] < 30 || seen[clienteling.UCS2] < 30 || len(seen) != 2 {
		t.Errorf("samples by encoding: %v", seen)
	}
}

// A longer text never has fewer segments, at most one more for each character, and as
// many as its units need, plus those that a character of two units leaves free.
func TestSegmentsGrow(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 11))
	for encoding, kind := range map[clienteling.Encoding]struct {
		first        string // decides the encoding
		narrow, wide string
		alone, each  int
	}{
		clienteling.GSM7: {"a", "a", "€", 160, 153},
		clienteling.UCS2: {"ł", "a", "👋", 70, 67},
	} {
		for range 20 {
			var text strings.Builder
			text.WriteString(kind.first)
			units, before := 1, 1
			for range 500 {
				if random.IntN(3) == 0 {
					text.WriteString(kind.wide)
					units += 2
				} else {
					text.WriteString(kind.narrow)
					units++
				}
				got, segments := clienteling.Segments(text.String())
				least, most := 1, 1
				if units > kind.alone {
					least, most = (units+kind.each-1)/kind.each, (units+kind.each-2)/(kind.each-1)
				}
				if got != encoding || segments < least || segments > most || segments < before || segments > before+1 {
					t.Fatalf("%d units: %s in %d after %d, want %s in %d to %d", units, got, segments, before, encoding, least, most)
				}
				before = segments
			}
		}
	}
}

// What is not UTF-8 is counted as the replacement character.
func TestSegmentsOfBrokenText(t *testing.T) {
	t.Parallel()
	if encoding, segments := clienteling.Segments(strings.Repeat("\xff", 71)); encoding != clienteling.UCS2 || segments != 2 {
		t.Errorf("%s in %d", encoding, segments)
	}
}
