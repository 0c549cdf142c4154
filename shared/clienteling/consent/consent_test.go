package consent_test

import (
	"fmt"
	"strings"
	"testing"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

var (
	modes  = []clienteling.OptInMode{clienteling.AnyReply, clienteling.Explicit}
	optIns = []clienteling.OptIn{
		"", clienteling.OptInNone, clienteling.OptInWaiting, clienteling.OptInAccepted, clienteling.OptInRejected,
	}
	// replies has a text of every meaning, with and without Twilio's verdict.
	replies = []consent.Text{
		{Body: "STOP"}, {Body: "opt out"}, {Body: "no mas", OptOutType: "STOP"},
		{Body: "START"}, {Body: "Yes!"}, {Body: "hola", OptOutType: "START"},
		{Body: "No"}, {Body: "HELP"}, {Body: "ayuda", OptOutType: "HELP"},
		{Body: "See you at 5"}, {Body: ""}, {Body: "👍"},
	}
)

// states calls check with every state of epochs up to two, possible or not.
func states(check func(consent.State)) {
	for _, optIn := range optIns {
		for optInEpoch := range 3 {
			for epoch := range 3 {
				for _, refused := range []bool{false, true} {
					check(consent.State{OptIn: optIn, OptInEpoch: optInEpoch, Refused: refused, Epoch: epoch})
				}
			}
		}
	}
}

// after is what a change leaves of a state.
func after(s consent.State, c consent.Change) consent.State {
	switch c.Effect {
	case consent.OptedOut:
		return consent.State{OptIn: clienteling.OptInNone, OptInEpoch: c.Epoch, Refused: true, Epoch: c.Epoch}
	case consent.OptedIn, consent.Accepted:
		return consent.State{OptIn: clienteling.OptInAccepted, OptInEpoch: c.Epoch, Epoch: c.Epoch}
	case consent.Rejected:
		return consent.State{OptIn: clienteling.OptInRejected, OptInEpoch: c.Epoch, Epoch: c.Epoch}
	default:
		return s
	}
}

func TestReceive(t *testing.T) {
	const (
		none     = consent.NoEffect
		optedOut = consent.OptedOut
		optedIn  = consent.OptedIn
		accepted = consent.Accepted
		rejected = consent.Rejected
	)
	columns := []struct {
		text consent.Text
		mode clienteling.OptInMode
	}{
		{consent.Text{Body: "STOP"}, clienteling.AnyReply}, {consent.Text{Body: "STOP"}, clienteling.Explicit},
		{consent.Text{Body: "YES"}, clienteling.AnyReply}, {consent.Text{Body: "YES"}, clienteling.Explicit},
		{consent.Text{Body: "NO"}, clienteling.AnyReply}, {consent.Text{Body: "NO"}, clienteling.Explicit},
		{consent.Text{Body: "HELP"}, clienteling.AnyReply}, {consent.Text{Body: "HELP"}, clienteling.Explicit},
		{consent.Text{Body: "Hello"}, clienteling.AnyReply}, {consent.Text{Body: "Hello"}, clienteling.Explicit},
	}
	for _, row := range []struct {
		name  string
		state consent.State
		// stop, yes, no, help and anything else, each in any-reply and explicit mode
		want [10]consent.Effect
	}{
		{"a stranger", consent.State{},
			[10]consent.Effect{optedOut, optedOut, none, none, none, none, none, none, none, none}},
		{"never asked", consent.State{OptIn: clienteling.OptInNone},
			[10]consent.Effect{optedOut, optedOut, none, none, none, none, none, none, none, none}},
		{"asked", consent.State{OptIn: clienteling.OptInWaiting},
			[10]consent.Effect{optedOut, optedOut, accepted, accepted, rejected, rejected, none, none, accepted, none}},
		{"asked again after an opt-out that was lifted", consent.State{OptIn: clienteling.OptInWaiting, OptInEpoch: 1, Epoch: 1},
			[10]consent.Effect{optedOut, optedOut, accepted, accepted, rejected, rejected, none, none, accepted, none}},
		{"asked before an opt-out that was lifted", consent.State{OptIn: clienteling.OptInWaiting, Epoch: 1},
			[10]consent.Effect{optedOut, optedOut, accepted, accepted, none, none, none, none, none, none}},
		{"accepted", consent.State{OptIn: clienteling.OptInAccepted},
			[10]consent.Effect{optedOut, optedOut, none, none, none, none, none, none, none, none}},
		{"accepted before an opt-out that was lifted", consent.State{OptIn: clienteling.OptInAccepted, Epoch: 1},
			[10]consent.Effect{optedOut, optedOut, none, none, none, none, none, none, none, none}},
		{"rejected", consent.State{OptIn: clienteling.OptInRejected},
			[10]consent.Effect{optedOut, optedOut, none, none, none, none, none, none, none, none}},
		{"opted out here", consent.State{OptIn: clienteling.OptInNone, OptInEpoch: 1, Refused: true, Epoch: 1},
			[10]consent.Effect{none, none, optedIn, optedIn, none, none, none, none, none, none}},
		{"asked, and opted out elsewhere", consent.State{OptIn: clienteling.OptInWaiting, Refused: true, Epoch: 1},
			[10]consent.Effect{none, none, optedIn, optedIn, none, none, none, none, none, none}},
		{"asked by mistake while opted out", consent.State{OptIn: clienteling.OptInWaiting, OptInEpoch: 1, Refused: true, Epoch: 1},
			[10]consent.Effect{none, none, optedIn, optedIn, none, none, none, none, none, none}},
		{"accepted, and opted out elsewhere", consent.State{OptIn: clienteling.OptInAccepted, Refused: true, Epoch: 1},
			[10]consent.Effect{none, none, optedIn, optedIn, none, none, none, none, none, none}},
		{"rejected, and opted out elsewhere", consent.State{OptIn: clienteling.OptInRejected, Refused: true, Epoch: 1},
			[10]consent.Effect{none, none, optedIn, optedIn, none, none, none, none, none, none}},
	} {
		t.Run(row.name, func(t *testing.T) {
			for i, column := range columns {
				got := consent.Receive(row.state, column.text, column.mode)
				epoch := row.state.Epoch
				if row.want[i] == optedOut {
					epoch++
				}
				if got.Effect != row.want[i] || got.Epoch != epoch || got.Confirm {
					t.Errorf("%s (%s): got %+v, want %q at epoch %d, unconfirmed", column.text.Body, column.mode, got, row.want[i], epoch)
				}
				if got.When.Exactly == nil || *got.When.Exactly != row.state {
					t.Errorf("%s (%s): decided on %v", column.text.Body, column.mode, got.When.Exactly)
				}
			}
		})
	}
}

// check tells what no text may ever do to a state.
func check(s consent.State, text consent.Text, mode clienteling.OptInMode) error {
	c := consent.Receive(s, text, mode)
	next := after(s, c)
	stop := consent.Receive(consent.State{}, text, mode).Effect == consent.OptedOut
	start := consent.Receive(consent.State{Refused: true}, text, mode).Effect == consent.OptedIn
	switch {
	case stop && start:
		return fmt.Errorf("it opts out and in")
	case s.Refused && !next.Refused && !start:
		return fmt.Errorf("%q lifts a refusal", c.Effect)
	case s.Refused && start && !next.Holds():
		return fmt.Errorf("an opt-in word leaves %+v", next)
	case stop && !next.Refused:
		return fmt.Errorf("an opt-out word leaves %+v", next)
	case next.Epoch < s.Epoch:
		return fmt.Errorf("the epoch falls to %d", next.Epoch)
	case !s.Refused && next.Refused && next.Epoch == s.Epoch:
		return fmt.Errorf("a refusal keeps epoch %d, and older acceptances with it", s.Epoch)
	case next.Refused && next.Holds():
		return fmt.Errorf("the store may write to who refused")
	case next.Holds() && !s.Holds() && !start && (s.OptIn != clienteling.OptInWaiting || s.OptInEpoch != s.Epoch || mode == clienteling.Explicit):
		return fmt.Errorf("%q accepts what was not asked", c.Effect)
	case c.Confirm && (next == s || c.Effect == consent.NoEffect):
		return fmt.Errorf("a confirmation of nothing")
	case c.Confirm && text.OptOutType != "":
		return fmt.Errorf("a second answer: Twilio gave one")
	case c.Confirm && consent.Confirmation(c.Effect, "en", "Acme") == "":
		return fmt.Errorf("a confirmation without words")
	}
	if again := consent.Receive(next, text, mode); again.Effect != consent.NoEffect || again.Confirm {
		return fmt.Errorf("sent again it does %+v", again)
	}

	presumed := consent.Presume(text, mode)
	if presumed.Effect != consent.NoEffect || presumed.Confirm || presumed.When.Exactly != nil {
		return fmt.Errorf("presumed %+v, which is not nothing", presumed)
	}
	switch admitted := admits(presumed.When, s); {
	case admitted && c.Effect != consent.NoEffect:
		return fmt.Errorf("presumed to do nothing, but it does %q", c.Effect)
	case !admitted && c.Effect == consent.NoEffect && !cautious(s):
		return fmt.Errorf("it does nothing, but the presumption is not admitted")
	}
	return nil
}

// admits reports whether a presumption's guard holds in a state, as the table checks it.
func admits(g consent.Guard, s consent.State) bool {
	return (!g.NotWaiting || s.OptIn != clienteling.OptInWaiting) &&
		(g.Refusal != consent.InForce || s.Refused) && (g.Refusal != consent.NotInForce || !s.Refused)
}

// cautious are the states in which a guard may be refused for nothing: a request
// is waiting that an opt-out has overtaken, which the guard does not look at.
func cautious(s consent.State) bool {
	return s.OptIn == clienteling.OptInWaiting && (s.Refused || s.OptInEpoch != s.Epoch)
}

func TestInvariants(t *testing.T) {
	states(func(s consent.State) {
		for _, text := range replies {
			for _, mode := range modes {
				if err := check(s, text, mode); err != nil {
					t.Errorf("%+v receives %+v (%s): %v", s, text, mode, err)
				}
			}
		}
	})
}

func TestConfirm(t *testing.T) {
	refused := consent.State{Refused: true, Epoch: 1}
	for name, test := range map[string]struct {
		state consent.State
		text  consent.Text
		want  bool
	}{
		"our word":                     {consent.State{}, consent.Text{Body: "Opt out"}, true},
		"our word with a hyphen":       {consent.State{}, consent.Text{Body: "opt-out."}, true},
		"our word again":               {refused, consent.Text{Body: "Opt out"}, false},
		"our word, answered by Twilio": {consent.State{}, consent.Text{Body: "Opt out", OptOutType: "STOP"}, false},
		"Twilio's word":                {consent.State{}, consent.Text{Body: "stop"}, false},
		"Twilio's word, perhaps":       {consent.State{}, consent.Text{Body: "Stop!"}, false},
		"Twilio's word to come back":   {refused, consent.Text{Body: "START"}, false},
		"a word of Twilio's console":   {consent.State{}, consent.Text{Body: "ALTO", OptOutType: "STOP"}, false},
		"yes to a request":             {consent.State{OptIn: clienteling.OptInWaiting}, consent.Text{Body: "Sure"}, false},
		"no to a request":              {consent.State{OptIn: clienteling.OptInWaiting}, consent.Text{Body: "No"}, false},
		"help":                         {consent.State{}, consent.Text{Body: "HELP"}, false},
	} {
		if got := consent.Receive(test.state, test.text, clienteling.AnyReply); got.Confirm != test.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestConfirmation(t *testing.T) {
	for _, test := range []struct {
		effect   consent.Effect
		language string
		wants    []string
	}{
		{consent.OptedOut, "en", []string{"Acme: ", "unsubscribed", "START"}},
		{consent.OptedIn, "en", []string{"Acme: ", "Welcome back", "STOP"}},
		{consent.OptedOut, "de", []string{"Acme: ", "abgemeldet", "START"}},
		{consent.OptedIn, "de-AT", []string{"Acme: ", "Willkommen", "STOP"}},
		{consent.OptedOut, "fr", []string{"unsubscribed"}},
		{consent.OptedOut, "", []string{"unsubscribed"}},
	} {
		got := consent.Confirmation(test.effect, test.language, "Acme")
		for _, want := range test.wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s in %q: %q does not say %q", test.effect, test.language, got, want)
			}
		}
		if len(got) > 160 {
			t.Errorf("%q is more than one segment", got)
		}
	}
	for _, effect := range []consent.Effect{consent.NoEffect, consent.Accepted, consent.Rejected} {
		if got := consent.Confirmation(effect, "en", "Acme"); got != "" {
			t.Errorf("%q is confirmed: %q", effect, got)
		}
	}
}

func TestHolds(t *testing.T) {
	states(func(s consent.State) {
		want := s.OptIn == clienteling.OptInAccepted && s.OptInEpoch == s.Epoch && !s.Refused
		if got := s.Holds(); got != want {
			t.Errorf("%+v: %t", s, got)
		}
	})
}
