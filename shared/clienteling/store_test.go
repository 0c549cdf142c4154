package clienteling_test

import (
	"testing"

	"clienteling/shared/clienteling"
)

func TestHasNumber(t *testing.T) {
	t.Parallel()
	for state, want := range map[clienteling.StoreState]bool{
		clienteling.StoreEligible: false, clienteling.StoreParked: false, clienteling.StoreOrdering: false,
		clienteling.StoreOnboarded: true, clienteling.StoreEnabled: true, "": false,
	} {
		if got := state.HasNumber(); got != want {
			t.Errorf("%q has its number: %t", state, got)
		}
	}
}
