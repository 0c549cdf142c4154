package seed_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"clienteling/infra/local/seed"
)

func TestHours(t *testing.T) {
	for hour := range 24 {
		now := time.Date(2026, 11, 22, hour, 30, 0, 0, time.UTC)
		for want, name := range map[int]string{12: seed.Noon(now), 0: seed.Midnight(now)} {
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Errorf("at %d: %v", hour, err)
			} else if got := now.In(zone).Hour(); got != want {
				t.Errorf("at %d it is %d in %s, want %d", hour, got, name, want)
			}
		}
	}
}
