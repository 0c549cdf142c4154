package clienteling_test

import (
	"testing"

	"clienteling/shared/clienteling"
)

// The whole table of moves, from each state (a line) to each (a column).
func TestPurchaseMoves(t *testing.T) {
	t.Parallel()
	states := []clienteling.PurchaseState{
		clienteling.PurchaseRequested, clienteling.PurchaseAwaitingApproval, clienteling.PurchaseAssistance, clienteling.PurchaseBuying,
		clienteling.PurchaseConfiguring, clienteling.PurchaseCompleted, clienteling.PurchaseCanceled, clienteling.PurchaseFailed,
	}
	for i, line := range []string{
		".xxx..xx", // requested
		"x.x...x.", // awaiting_approval
		"....x.x.", // assistance_required
		"x...x..x", // buying
		"x.x..x..", // configuring
		"........", // completed
		"........", // canceled
		"........", // failed
	} {
		for j, mark := range line {
			if got := states[i].To(states[j]); got != (mark == 'x') {
				t.Errorf("from %s to %s: %t", states[i], states[j], got)
			}
		}
		if got := states[i].Ended(); got != (line == "........") {
			t.Errorf("%s has ended: %t", states[i], got)
		}
		running := states[i] == clienteling.PurchaseRequested || states[i] == clienteling.PurchaseBuying || states[i] == clienteling.PurchaseConfiguring
		if states[i].Running() != running {
			t.Errorf("%s is running: %t", states[i], !running)
		}
		if states[i].Running() && states[i].Ended() {
			t.Errorf("%s is running, and has ended", states[i])
		}
	}
}

// Every reason has words for people: they end up on a store manager's screen.
func TestReasonText(t *testing.T) {
	t.Parallel()
	words := map[string]clienteling.Reason{}
	for _, r := range []clienteling.Reason{
		clienteling.ReasonNumberTaken, clienteling.ReasonNoneForSale, clienteling.ReasonPapers, clienteling.ReasonAccount,
		clienteling.ReasonTwilioAway, clienteling.ReasonNotApproved, clienteling.ReasonCannotText, clienteling.ReasonAssistedCountry,
		clienteling.ReasonNumberInUse,
	} {
		if other, known := words[r.Text()]; known || r.Text() == "" {
			t.Errorf("%s reads %q, as does %q", r, r.Text(), other)
		}
		words[r.Text()] = r
	}
	for _, r := range []clienteling.Reason{"", "nonsense"} {
		if text := r.Text(); text != "" {
			t.Errorf("%q reads %q", r, text)
		}
	}
}
