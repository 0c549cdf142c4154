package webhook_test

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"clienteling/shared/webhook"
)

const head = `<?xml version="1.0" encoding="UTF-8"?>`

func TestTwiML(t *testing.T) {
	for name, test := range map[string]struct{ got, want webhook.TwiML }{
		"nothing":       {webhook.Nothing, head + `<Response/>`},
		"empty message": {webhook.Message(""), webhook.Nothing},
		"message":       {webhook.Message("Tom & Co: 5 < 6"), head + `<Response><Message>Tom &amp; Co: 5 &lt; 6</Message></Response>`},
		"hang up":       {webhook.Hangup, head + `<Response><Hangup/></Response>`},
		"say":           {webhook.Say("Auf Wiederhören.", "de-DE"), head + `<Response><Say language="de-DE">Auf Wiederhören.</Say><Hangup/></Response>`},
		"forward": {
			webhook.Forward(webhook.Dial{To: "+493023125190", CallerID: "+4915112345678", Ring: 25 * time.Second, Limit: time.Hour, After: origin + "/after?a=1&b=2"}),
			head + `<Response><Dial answerOnBridge="true" timeout="25" timeLimit="3600" callerId="+4915112345678"` +
				` action="` + origin + `/after?a=1&amp;b=2" method="POST"><Number>+493023125190</Number></Dial></Response>`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if test.got != test.want {
				t.Errorf("got %s, want %s", test.got, test.want)
			}
			if name != "empty message" {
				parse(t, test.got)
			}
		})
	}
}

// Whatever stands in a document comes out of a parser as it was, but for what XML
// cannot carry.
func TestTwiMLEscapes(t *testing.T) {
	for _, s := range []string{
		"plain", `"quotes" and 'apostrophes'`, "</Message><Message>injected", `" action="https://evil.example`, "&amp; &#0; ]]>", "<!-- -->",
		"Grüße 😀👩‍🚀 漢字 \u202e", "tab\t line\n return\r both\r\n", "  space  ", strings.Repeat("😀", 800),
	} {
		wantXML(t, s, s)
	}
	for _, s := range []string{"nul \x00.", "bell \a.", "escape \x1b[0m", "no character \uFFFE.", "\uFFFF", "not UTF-8 \xff."} {
		bad := func(r rune) rune {
			if r < ' ' || r >= 0xFFFE {
				return '\uFFFD'
			}
			return r
		}
		wantXML(t, s, strings.Map(bad, s))
	}
}

// wantXML puts s into every place of a document that takes a string.
func wantXML(t *testing.T, s, want string) {
	t.Helper()
	elements := func(d webhook.TwiML, want ...string) {
		t.Helper()
		if got := parse(t, d); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	elements(webhook.Message(s), "Response", "Message", want)
	elements(webhook.Say(s, s), "Response", "Say", "language="+want, want, "Hangup")
	elements(webhook.Forward(webhook.Dial{To: s, CallerID: s, After: s, Ring: time.Second, Limit: time.Minute}), "Response",
		"Dial", "answerOnBridge=true", "timeout=1", "timeLimit=60", "callerId="+want, "action="+want, "method=POST", "Number", want)
}

// parse lists a document's elements, attributes and texts, in order.
func parse(t *testing.T, d webhook.TwiML) (found []string) {
	t.Helper()
	for decoder := xml.NewDecoder(strings.NewReader(string(d))); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatalf("%s: %v", d, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			found = append(found, token.Name.Local)
			for _, a := range token.Attr {
				found = append(found, a.Name.Local+"="+a.Value)
			}
		case xml.CharData:
			found = append(found, string(token))
		}
	}
}
