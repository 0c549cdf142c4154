package clienteling_test

import (
	"testing"

	"clienteling/shared/clienteling"
)

func TestStatusOnlyGoesForward(t *testing.T) {
	order := [][]string{{"", "received", "nonsense"}, {"queued", "accepted", "scheduled"}, {"sending"}, {"sent"}, {"delivered", "undelivered", "failed", "canceled"}}
	for i, froms := range order {
		for j, tos := range order {
			for _, from := range froms {
				for _, to := range tos {
					if got := clienteling.Forward(from, to); got != (j > i) {
						t.Errorf("from %q to %q: %v", from, to, got)
					}
					if got := clienteling.Final(to); got != (j == 4) {
						t.Errorf("%q is final: %v", to, got)
					}
				}
			}
		}
	}
}
