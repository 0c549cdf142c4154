package consent_test

import (
	"fmt"
	"slices"
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
	// replies has a text of every meaning, with and without Twilio's verdict, in words of
	// English, of a country and of a store's own language.
	replies = []consent.Text{
		{Body: "STOP"}, {Body: "opt out"}, {Body: "no mas", OptOutType: "STOP"},
		{Body: "START"}, {Body: "Yes!"}, {Body: "hola", OptOutType: "START"},
		{Body: "No"}, {Body: "HELP"}, {Body: "ayuda", OptOutType: "HELP"},
		{Body: "See you at 5"}, {Body: ""}, {Body: "👍"},

		{Body: "Stopp!", Country: "AT", Language: "de"}, {Body: "Anmelden", Country: "DE"}, {Body: "ja", Country: "DE"}, {Body: "Nein, danke", Country: "CH"}, {Body: "Hilfe", Language: "de-CH"},
		{Body: "STOP", Country: "FR", Language: "fr"}, {Body: "Arrêt", Country: "CA", Language: "en"}, {Body: "Démarrer", Country: "BE", Language: "nl"}, {Body: "oui", Country: "CA"}, {Body: "non", Country: "CH", Language: "de"}, {Body: "AIDE", Country: "CA", OptOutType: "HELP"},
		{Body: "tak", Country: "PL"}, {Body: "tak", Country: "DK"}, {Body: "tak", Country: "MY"}, {Body: "no", Country: "CZ", Language: "cs"}, {Body: "Sí", Country: "US"}, {Body: "Ayuda", Country: "US"},
		{Body: "הסר", Country: "IL"}, {Body: "כן", Country: "IL", Language: "ar"}, {Body: "نعم", Country: "IL", Language: "he"}, {Body: "退訂", Country: "HK"}, {Body: "是", Country: "MY"}, {Body: "不用了", Country: "HK"}, {Body: "ＳＴＯＰ", Country: "HK"},
		{Body: "หยุด", Country: "TH"}, {Body: "ใช่ค่ะ", Country: "TH"}, {Body: "ไม่", Country: "TH"}, {Body: "ช่วยเหลือ", Country: "TH"}, {Body: "СТОП", Country: "EE"}, {Body: "да", Language: "ru"}, {Body: "oo", Country: "PH"}, {Body: "nee", Country: "ZA"},
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
				if got.Effect != row.want[i] || got.Epoch != epoch || got.Answer != consent.NoAnswer {
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
	meaning := says(text)
	stop, start, accept, help := meaning == "opt-out", meaning == "opt-in", meaning == "accept", meaning == "help"
	asked := s.OptIn == clienteling.OptInWaiting && s.OptInEpoch == s.Epoch && !s.Refused
	switch {
	case stop && consent.Receive(consent.State{Refused: true}, text, mode).Effect == consent.OptedIn:
		return fmt.Errorf("it opts out and in")
	case s.Refused && !next.Refused && !start:
		return fmt.Errorf("%q lifts a refusal", c.Effect)
	case s.Refused && start && !next.Holds():
		return fmt.Errorf("an opt-in word leaves %+v", next)
	case stop && !next.Refused:
		return fmt.Errorf("an opt-out word leaves %+v", next)
	case asked && accept && !next.Holds():
		return fmt.Errorf("a yes to a request leaves %+v", next)
	case asked && meaning == "reject" && next.OptIn != clienteling.OptInRejected:
		return fmt.Errorf("a no to a request leaves %+v", next)
	case next.Epoch < s.Epoch:
		return fmt.Errorf("the epoch falls to %d", next.Epoch)
	case !s.Refused && next.Refused && next.Epoch == s.Epoch:
		return fmt.Errorf("a refusal keeps epoch %d, and older acceptances with it", s.Epoch)
	case next.Refused && next.Holds():
		return fmt.Errorf("the store may write to who refused")
	case next.Holds() && !s.Holds() && !start && (!asked || mode == clienteling.Explicit && !accept):
		return fmt.Errorf("%q accepts what was not asked", c.Effect)
	}
	want := consent.NoAnswer
	switch {
	case text.OptOutType != "" || slices.ContainsFunc(consent.Twilios(), func(w string) bool {
		return strings.EqualFold(w, strings.TrimFunc(text.Body, isNoLetter))
	}):
	case c.Effect == consent.OptedOut:
		want = consent.ConfirmOptOut
	case c.Effect == consent.OptedIn:
		want = consent.ConfirmOptIn
	case help:
		want = consent.Help
	}
	if c.Answer != want {
		return fmt.Errorf("answered %q, want %q", c.Answer, want)
	}
	if c.Answer != consent.NoAnswer && consent.Confirmation(c.Answer, text.Language, "Acme") == "" {
		return fmt.Errorf("an answer without words")
	}
	// Whoever calls for help twice gets it twice; all else is said once.
	if again := consent.Receive(next, text, mode); again.Effect != consent.NoEffect || again.Answer != consent.NoAnswer && again.Answer != consent.Help {
		return fmt.Errorf("sent again it does %+v", again)
	}

	presumed := consent.Presume(text, mode)
	if presumed.Effect != consent.NoEffect || presumed.When.Exactly != nil {
		return fmt.Errorf("presumed %+v, which is not nothing", presumed)
	}
	if help && (presumed.Answer != c.Answer || presumed.When != consent.Guard{}) || !help && presumed.Answer != consent.NoAnswer {
		return fmt.Errorf("presumed %+v, although the answer is %q", presumed, c.Answer)
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

func TestAnswer(t *testing.T) {
	refused, asked := consent.State{Refused: true, Epoch: 1}, consent.State{OptIn: clienteling.OptInWaiting}
	for name, test := range map[string]struct {
		state consent.State
		text  consent.Text
		want  consent.Answer
	}{
		"our word":                         {consent.State{}, consent.Text{Body: "Opt out"}, consent.ConfirmOptOut},
		"our word with a hyphen":           {consent.State{}, consent.Text{Body: "opt-out."}, consent.ConfirmOptOut},
		"our word again":                   {refused, consent.Text{Body: "Opt out"}, consent.NoAnswer},
		"our word, answered by Twilio":     {consent.State{}, consent.Text{Body: "Opt out", OptOutType: "STOP"}, consent.NoAnswer},
		"a word of the country":            {consent.State{}, consent.Text{Body: "Arrêt", Country: "CA"}, consent.ConfirmOptOut},
		"a word of another country":        {consent.State{}, consent.Text{Body: "Arrêt", Country: "DE"}, consent.NoAnswer},
		"a word of the country, to return": {refused, consent.Text{Body: "Démarrer", Country: "CA"}, consent.ConfirmOptIn},
		"a yes of the country":             {refused, consent.Text{Body: "Oui", Country: "CA"}, consent.NoAnswer},
		"Twilio's word":                    {consent.State{}, consent.Text{Body: "stop"}, consent.NoAnswer},
		"Twilio's word, elsewhere":         {consent.State{}, consent.Text{Body: "stop", Country: "FR"}, consent.NoAnswer},
		"Twilio's word, perhaps":           {consent.State{}, consent.Text{Body: "Stop!"}, consent.NoAnswer},
		"Twilio's word in other letters":   {consent.State{}, consent.Text{Body: "ＳＴＯＰ"}, consent.ConfirmOptOut},
		"Twilio's word to come back":       {refused, consent.Text{Body: "START"}, consent.NoAnswer},
		"a word of Twilio's console":       {consent.State{}, consent.Text{Body: "ALTO", OptOutType: "STOP"}, consent.NoAnswer},
		"yes to a request":                 {asked, consent.Text{Body: "Sure"}, consent.NoAnswer},
		"no to a request":                  {asked, consent.Text{Body: "No"}, consent.NoAnswer},
		"no to a request, in German":       {asked, consent.Text{Body: "Nein danke", Country: "DE"}, consent.NoAnswer},
		"help, by Twilio":                  {consent.State{}, consent.Text{Body: "HELP", Country: "DE"}, consent.NoAnswer},
		"help":                             {consent.State{}, consent.Text{Body: "Hilfe!", Country: "DE"}, consent.Help},
		"help after an opt-out":            {refused, consent.Text{Body: "Hilfe", Country: "DE"}, consent.Help},
		"help, answered by Twilio":         {asked, consent.Text{Body: "Hilfe", Country: "DE", OptOutType: "HELP"}, consent.NoAnswer},
	} {
		for _, mode := range modes {
			if got := consent.Receive(test.state, test.text, mode); got.Answer != test.want {
				t.Errorf("%s: %+v", name, got)
			}
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
