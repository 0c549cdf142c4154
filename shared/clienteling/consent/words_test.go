package consent_test

import (
	"strings"
	"testing"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

// says is what a text is taken for, told by what it does.
func says(text consent.Text) string {
	asked := consent.State{OptIn: clienteling.OptInWaiting}
	switch {
	case consent.Receive(consent.State{}, text, clienteling.Explicit).Effect == consent.OptedOut:
		return "opt-out"
	case consent.Receive(consent.State{Refused: true}, text, clienteling.Explicit).Effect == consent.OptedIn:
		return "opt-in"
	case consent.Receive(asked, text, clienteling.Explicit).Effect == consent.Accepted:
		return "accept"
	case consent.Receive(asked, text, clienteling.AnyReply).Effect == consent.Rejected:
		return "reject"
	case consent.Receive(asked, text, clienteling.AnyReply).Effect == consent.NoEffect:
		return "help"
	default:
		return "nothing"
	}
}

func TestWords(t *testing.T) {
	for meaning, bodies := range map[string][]string{
		"opt-out": {
			"STOP", "stop", "Stop", "sToP", "STOPALL", "Unsubscribe", "cancel", "End", "quit", "REVOKE", "OptOut",
			"opt out", "OPT OUT", "Opt-Out", "opt  out", "opt\tout", "opt\u00a0out",
			"Stop.", "STOP!", "STOP!!!", " stop ", "\nSTOP\r\n", "\"STOP\"", "'stop'", "“Stop”", "«stop»", "(stop)", "¡stop!", "...stop...", "*STOP*", "-stop-",
			"stop 🙏", "🛑 STOP 🛑", "Stop ❤️", "stop 👍🏽", "STOP\u200b", "\ufeffSTOP", "\u200eSTOP\u200f", "STOP\x00", "$STOP^", "STOP>",
			// Letters of Chinese keyboards, and accents, leave a word what it is.
			"ＳＴＯＰ.", "ｓｔｏｐ！", "STO\u0301P", "STOP\u0301", "stóp", "Stop all", "UNSUB",
			"STOP" + strings.Repeat("!", 100), strings.Repeat(" ", 1000) + "stop" + strings.Repeat("\n", 500),
		},
		"opt-in": {"START", "start", "Start!", "YES", "yes", "Yes.", "yes!!", "YES 👍", " Unstop ", "“Yes”", "\tYES\x00"},
		// A reply that is not a no accepts in mode any_reply: so a polite one has to be known.
		"reject": {"NO", "no", "No.", "No!", "no 😊", "¿no?", "NO\n", "No, thanks", "no thank you!", "Not interested."},
		"help":   {"HELP", "help", "Help!", "Help?", "INFO", "info.", "help 😭"},
		"nothing": {
			"Stop by at 5?", "Can you stop by?", "Don't stop", "STOP PLEASE", "please stop", "stop it", "STOP STOP", "stopp", "S T O P", "S.T.O.P", "st op", "non-stop",
			"end of May?", "The end", "Endless", "weekend", "I quit my job", "quit it", "Quite!", "cancel my order", "Cancel my 5pm", "cancelled",
			"Is it revoked?", "opt", "out", "opt out of the sale", "opt.out", "optional",
			"Yes, at 5", "Yes please", "yes yes", "yes/no", "Yesterday", "Starting when?", "When do you start?", "start 5",
			"No problem!", "No thanks to you", "no no", "No 5", "Nope", "not now", "N", "No way", "9 NO", "No.1",
			"Help me choose", "I need help", "Any info?", "information",
			"", " ", "?", "👍", "❤️", "\x00", "Ok", "Sure", "5", "Hello", "СТОП", "ΝΟ", "stop1", "1 stop",
			strings.Repeat("STOP ", 20), "STOP " + strings.Repeat("x", 1600),
		},
	} {
		for _, body := range bodies {
			if got := says(consent.Text{Body: body}); got != meaning {
				t.Errorf("%.40q is taken for %q, want %q", body, got, meaning)
			}
		}
	}
}

// Twilio's verdict counts, whatever the words: they are set in its console.
func TestOptOutType(t *testing.T) {
	for _, test := range []struct{ verdict, body, want string }{
		{"STOP", "no mas", "opt-out"}, {"stop", "no mas", "opt-out"}, {"START", "hola", "opt-in"}, {"HELP", "ayuda", "help"},
		{"HELP", "STOP", "help"}, {"", "no mas", "nothing"}, {"NEW", "Hello", "nothing"}, {"NEW", "STOP", "opt-out"},
	} {
		if got := says(consent.Text{Body: test.body, OptOutType: test.verdict}); got != test.want {
			t.Errorf("%s with verdict %q is taken for %q, want %q", test.body, test.verdict, got, test.want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"STOP", " opt  out!", "Yes, at 5", "no 😊", "ﬆop", "ſtop", "unsubscrıbe", "\xffSTOP\xed\xa0\x80", "STOP\u0301", "ＳＴＯＰ", "no,thanks"} {
		f.Add(seed, "", "US", "en")
	}
	f.Add("no mas", "STOP", "", "")
	f.Add("STOP", "start", "DE", "de")
	f.Add("Ja", "", "CH", "fr")
	f.Add("tak", "", "MY", "zh")
	f.Add("d’accord", "", "BE", "nl")
	f.Add("לא, תודה", "", "IL", "he")
	f.Add("ยกเลิกรับข้อความ", "", "TH", "th")
	f.Fuzz(func(t *testing.T, body, verdict, country, language string) {
		text := consent.Text{Body: body, OptOutType: verdict, Country: country, Language: language}
		states(func(s consent.State) {
			for _, mode := range modes {
				if err := check(s, text, mode); err != nil {
					t.Errorf("%+v receives %+q (%s): %v", s, text, mode, err)
				}
			}
		})
		meaning := says(text)
		for _, same := range []string{"  " + body + "\r\n", "“" + body + "!”", "\ufeff" + body + " 🙏"} {
			if got := says(consent.Text{Body: same, OptOutType: verdict, Country: country, Language: language}); got != meaning {
				t.Errorf("%q is taken for %q, and %q for %q", body, meaning, same, got)
			}
		}
		if got := says(consent.Text{Body: body + " at 5", Country: country, Language: language}); got != "nothing" {
			t.Errorf("%q is taken for %q", body+" at 5", got)
		}
		if meaning == "opt-out" && verdict == "" && !consent.LikelyOptOut(body) {
			t.Errorf("%q opts out here, and is no hint elsewhere", body)
		}
	})
}
