package webhook

import (
	"encoding/xml"
	"strconv"
	"strings"
	"time"
)

// TwiML is a document that tells Twilio what to do.
type TwiML string

// Nothing answers that there is nothing to do.
const Nothing TwiML = xmlHead + "<Response/>"

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>`

// Message sends one text back to the customer; Nothing when it is empty.
func Message(text string) TwiML {
	if text == "" {
		return Nothing
	}
	return TwiML(xmlHead + "<Response><Message>" + escape(text) + "</Message></Response>")
}

// Dial is a call forwarded to a store.
type Dial struct {
	// To rings, E.164. CallerID is the number it shows: the caller's or our own.
	To, CallerID string
	// Ring is how long it rings, Limit how long the call may last.
	Ring, Limit time.Duration
	// After is the URL that is asked what to do once the forwarded leg has ended.
	After string
}

// Forward rings To. The caller hears it ringing until somebody answers.
// https://www.twilio.com/docs/voice/twiml/dial
func Forward(d Dial) TwiML {
	return TwiML(xmlHead + `<Response><Dial answerOnBridge="true" timeout="` + seconds(d.Ring) +
		`" timeLimit="` + seconds(d.Limit) + `" callerId="` + escape(d.CallerID) +
		`" action="` + escape(d.After) + `" method="POST"><Number>` + escape(d.To) + `</Number></Dial></Response>`)
}

// Hangup ends the call.
const Hangup TwiML = xmlHead + "<Response><Hangup/></Response>"

// Say speaks a sentence in a language (BCP 47 with region, "de-DE") and ends the call.
// https://www.twilio.com/docs/voice/twiml/say
func Say(sentence, language string) TwiML {
	return TwiML(xmlHead + `<Response><Say language="` + escape(language) + `">` + escape(sentence) + `</Say><Hangup/></Response>`)
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}
