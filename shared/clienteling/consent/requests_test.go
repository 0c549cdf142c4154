package consent_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

func code(err error) string {
	var e *clienteling.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestMayWriteAndAsk(t *testing.T) {
	const none, waiting, accepted, rejected = clienteling.OptInNone, clienteling.OptInWaiting, clienteling.OptInAccepted, clienteling.OptInRejected
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	asked := func(count int, ago time.Duration) clienteling.OptInRequests {
		return clienteling.OptInRequests{Count: count, Last: now.Add(-ago)}
	}
	for _, tt := range []struct {
		name       string
		state      consent.State
		requests   clienteling.OptInRequests
		write, ask string
	}{
		{"nobody asked", consent.State{OptIn: none}, clienteling.OptInRequests{}, "opt_in_required", ""},
		{"accepted", consent.State{OptIn: accepted}, asked(1, time.Hour), "", "opted_in"},
		{"refused", consent.State{OptIn: none, OptInEpoch: 1, Refused: true, Epoch: 1}, clienteling.OptInRequests{}, "opted_out", "opted_out"},
		{"accepted, then refused elsewhere", consent.State{OptIn: accepted, Refused: true, Epoch: 1}, asked(1, time.Hour), "opted_out", "opted_out"},
		{"accepted before a refusal that was lifted", consent.State{OptIn: accepted, Epoch: 1}, asked(1, 25*time.Hour), "opt_in_required", ""},
		{"accepted since", consent.State{OptIn: accepted, OptInEpoch: 1, Epoch: 1}, asked(1, time.Hour), "", "opted_in"},
		{"said no", consent.State{OptIn: rejected}, asked(1, 100*time.Hour), "opt_in_required", "opt_in_rejected"},
		{"said no before a refusal that was lifted", consent.State{OptIn: rejected, Epoch: 1}, asked(1, 100*time.Hour), "opt_in_required", ""},
		{"on its way", consent.State{OptIn: none}, clienteling.OptInRequests{Pending: "id", Last: now}, "opt_in_required", "opt_in_pending"},
		{"asked an hour ago", consent.State{OptIn: waiting}, asked(1, time.Hour), "opt_in_required", "opt_in_too_soon"},
		{"asked almost a day ago", consent.State{OptIn: waiting}, asked(1, 24*time.Hour-time.Second), "opt_in_required", "opt_in_too_soon"},
		{"asked a day ago", consent.State{OptIn: waiting}, asked(1, 24*time.Hour), "opt_in_required", ""},
		{"asked twice", consent.State{OptIn: waiting}, asked(2, 24*time.Hour), "opt_in_required", ""},
		{"asked three times", consent.State{OptIn: waiting}, asked(3, 1000*time.Hour), "opt_in_required", "opt_in_exhausted"},
		{"asked, but it did not arrive", consent.State{OptIn: none}, asked(0, time.Minute), "opt_in_required", ""},
	} {
		if got := code(consent.MayWrite(tt.state)); got != tt.write {
			t.Errorf("%s: to write is %q, want %q", tt.name, got, tt.write)
		}
		if got := code(consent.MayAsk(tt.state, tt.requests, now)); got != tt.ask {
			t.Errorf("%s: to ask is %q, want %q", tt.name, got, tt.ask)
		}
		holds := tt.write == ""
		if tt.state.Holds() != holds || (tt.state.Effective() == accepted) != holds {
			t.Errorf("%s: holds %v, is %s", tt.name, tt.state.Holds(), tt.state.Effective())
		}
	}
	if err := consent.MayAsk(consent.State{OptIn: waiting}, asked(1, time.Hour), now); !strings.Contains(err.Error(), "2026-11-22T09:00:00Z") {
		t.Errorf("it does not say when: %v", err)
	}
}

func TestRequest(t *testing.T) {
	const message = "Acme would like to text you."
	for introduction, want := range map[string]string{
		"":                     message,
		" \n\t":                message,
		" Hi, this is Robin. ": "Hi, this is Robin.\n\n" + message,
		"{{store.name}}":       "{{store.name}}\n\n" + message,
	} {
		if got := consent.Request(introduction, message); got != want {
			t.Errorf("%q: got %q, want %q", introduction, got, want)
		}
	}
}
