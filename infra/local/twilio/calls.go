package twilio

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// callRequest is a customer's call, as POST /control/calls takes it.
type callRequest struct {
	From    string            `json:"from"`
	To      string            `json:"to"`
	Store   string            `json:"store"`
	Seconds *int              `json:"seconds"`
	Extra   map[string]string `json:"extra"`
}

// callResult is what became of a call.
type callResult struct {
	CallSID string `json:"callSid"`
	Steps   []step `json:"steps"`
	Outcome string `json:"outcome"`
}

// step is one thing that happened in a call. Kind says which of the fields count:
//
//	fetch     URL, Attempts: a document, or the attempts to get one
//	dial      Numbers, CallerID, Timeout and TimeLimit (seconds), AnswerOnBridge; Result, Seconds
//	say       Text, Language, Voice
//	pause     Seconds
//	redirect  URL
//	reject    Detail: "rejected" or "busy", what the caller hears
//	hangup    Detail: who or what ended the call
//	error     Code, Detail: also in the debugger
type step struct {
	Kind           string    `json:"kind"`
	URL            string    `json:"url,omitempty"`
	Attempts       []attempt `json:"attempts,omitempty"`
	Numbers        []string  `json:"numbers,omitempty"`
	CallerID       string    `json:"callerId,omitempty"`
	Timeout        int       `json:"timeout,omitempty"`
	TimeLimit      int       `json:"timeLimit,omitempty"`
	AnswerOnBridge bool      `json:"answerOnBridge,omitempty"`
	Result         string    `json:"result,omitempty"`
	Seconds        int       `json:"seconds,omitempty"`
	Text           string    `json:"text,omitempty"`
	Language       string    `json:"language,omitempty"`
	Voice          string    `json:"voice,omitempty"`
	Code           int       `json:"code,omitempty"`
	Detail         string    `json:"detail,omitempty"`
}

// dialStatus translates how the store's phone behaves into Twilio's DialCallStatus
// (docs/voice/twiml/dial).
var dialStatus = map[string]string{
	"answered": "completed", "no-answer": "no-answer", "busy": "busy", "failed": "failed", "canceled": "canceled",
}

// withheld are the words that stand in From when the caller hides the number.
var withheld = []string{"anonymous", "restricted", "unavailable", "unknown"}

// call is a call under way.
type call struct {
	sim      *Simulator
	sid      string
	number   Number
	from     string
	store    string // how the dialled phone behaves
	seconds  int
	extra    map[string]string
	steps    []step
	outcome  string
	answered bool   // Twilio has taken the call: the caller hears more than ringing
	gone     bool   // the caller hung up: TwiML from here on reaches nobody
	elapsed  int    // seconds since it was answered
	origin   string // URL of the document being performed
}

// call places a customer's call and returns when it ended. No time passes.
func (s *Simulator) call(req callRequest) (callResult, error) {
	if req.Store == "" {
		req.Store = "answered"
	}
	seconds := 30
	if req.Seconds != nil {
		seconds = *req.Seconds
	}
	switch {
	case !e164.MatchString(req.From) && !slices.Contains(withheld, req.From):
		return callResult{}, refuse(400, "from %q: give the caller's number in E.164, or %s", req.From, strings.Join(withheld, ", "))
	case req.From == req.To:
		return callResult{}, refuse(422, "from and to are the same number")
	case dialStatus[req.Store] == "":
		return callResult{}, refuse(400, "store %q: want one of %s", req.Store, strings.Join(slices.Sorted(maps.Keys(dialStatus)), ", "))
	case seconds < 0 || seconds > 24*60*60:
		return callResult{}, refuse(400, "seconds %d: want 0 to 86400", seconds)
	}
	n, err := s.ownNumber(req.To)
	if err != nil {
		return callResult{}, err
	}
	if !n.Capabilities.Voice {
		return callResult{}, refuse(422, "%s takes no calls: its capabilities lack voice", n.PhoneNumber)
	}

	c := &call{
		sim: s, sid: newSID("CA"), number: n, from: req.From, store: req.Store, seconds: seconds,
		extra: req.Extra, steps: []step{}, outcome: "completed",
	}
	// Twilio has a record of it from now on, which can be deleted when the call has ended.
	began := s.logCall(callRecord{SID: c.sid, From: c.from, To: n.PhoneNumber, Direction: "inbound", Status: "in-progress"})
	c.run(s.closing)
	s.mu.Lock()
	s.endCall(c.sid, c.ending(), c.elapsed)
	s.add(item{
		Kind: "call", At: began, SID: c.sid, Phone: c.from, Store: n.PhoneNumber,
		Direction: "out", By: "customer", Outcome: c.outcome, Steps: c.steps,
	})
	s.mu.Unlock()
	return callResult{c.sid, c.steps, c.outcome}, nil
}

// params is Twilio's parameter set for a call (docs/voice/twiml). StirVerstat is known for
// calls within North America.
func (c *call) params(status string) url.Values {
	params := url.Values{}
	for name, value := range map[string]string{
		"CallSid": c.sid, "AccountSid": c.sim.config.AccountSID, "ApiVersion": "2010-04-01",
		"From": c.from, "To": c.number.PhoneNumber, "Caller": c.from, "Called": c.number.PhoneNumber,
		"CallStatus": status, "Direction": "inbound",
	} {
		params.Set(name, value)
	}
	for _, party := range []string{"From", "Caller"} {
		addPlace(params, party, c.from, country(c.from))
	}
	for _, party := range []string{"To", "Called"} {
		addPlace(params, party, c.number.PhoneNumber, c.number.ISOCountry)
	}
	if strings.HasPrefix(c.from, "+1") {
		params.Set("StirVerstat", "TN-Validation-Passed-A")
	}
	for name, value := range c.extra {
		params.Set(name, value)
	}
	return params
}

// status is CallStatus as of now.
func (c *call) status() string {
	switch {
	case c.gone:
		return "completed"
	case c.answered:
		return "in-progress"
	default:
		return "ringing"
	}
}

// ending is the CallStatus with which the call is over (docs/voice/api/call-resource). A
// call that rang in vain, or was rejected, is not completed.
func (c *call) ending() string {
	switch {
	case c.answered:
		return "completed"
	case c.outcome == "rejected" && c.steps[len(c.steps)-1].Detail == "busy":
		return "busy"
	default:
		return "no-answer"
	}
}

// run fetches and performs documents until the call ends, then tells the status callback.
func (c *call) run(ctx context.Context) {
	fallback := hook{c.number.VoiceFallbackMethod, c.number.VoiceFallbackURL}
	next := &hook{c.number.VoiceMethod, c.number.VoiceURL}
	params := c.params("ringing")
	for documents := 0; next != nil; documents++ {
		if documents == maxDocuments {
			c.fault(fault{11215, fmt.Sprintf("the documents lead in a circle: stopped after %d", maxDocuments)})
			c.applicationError()
			break
		}
		got := c.sim.fetch(ctx, c.sid, []hook{*next, fallback}, params, "Say")
		c.origin = next.url
		if len(got.attempts) > 0 {
			c.step(step{Kind: "fetch", URL: got.attempts[len(got.attempts)-1].URL, Attempts: got.attempts})
		}
		for _, f := range got.faults {
			c.step(step{Kind: "error", Code: f.Code, Detail: f.Detail})
		}
		if got.document == nil {
			if len(got.attempts) == 0 {
				c.fault(fault{11100, c.number.PhoneNumber + " has no voiceUrl"})
			}
			c.applicationError()
			break
		}
		c.origin = got.document.url.String()
		if c.gone {
			break // the action was told, its document reaches nobody
		}
		next, params = c.perform(got.document)
	}

	if c.number.StatusCallback != "" {
		params := c.params("completed")
		params.Set("CallDuration", strconv.Itoa(c.elapsed))
		told := c.sim.ask(ctx, c.sid, hook{c.number.StatusCallbackMethod, c.number.StatusCallback}, params)
		for _, f := range told.faults {
			c.sim.record(c.sid, told.url, f)
		}
	}
}

// perform executes one document. It returns the next one to fetch, or nil when the call
// has ended.
func (c *call) perform(doc *document) (*hook, url.Values) {
	for _, verb := range doc.verbs {
		switch verb.name {
		case "Say":
			c.say(verb)
		case "Pause":
			length, ok := verb.seconds("length", 1, 86400, 1)
			if !ok {
				c.fault(fault{12200, "<Pause> length: want whole seconds; 1 applies"})
			}
			c.answered = true
			c.elapsed += length
			c.step(step{Kind: "pause", Seconds: length})
		case "Hangup":
			c.step(step{Kind: "hangup", Detail: "the document hangs up"})
			return nil, nil
		case "Reject":
			if c.answered {
				c.fault(fault{12200, "<Reject> is ignored: the call is answered already"})
				continue
			}
			reason := verb.attrs["reason"]
			if reason != "busy" {
				reason = "rejected"
			}
			c.step(step{Kind: "reject", Detail: reason})
			c.outcome = "rejected"
			return nil, nil
		case "Redirect":
			target, wrong := doc.target(verb.text)
			if wrong != nil {
				c.fault(*wrong)
				c.applicationError()
				return nil, nil
			}
			method, ok := verb.method()
			if !ok {
				c.fault(fault{12200, "<Redirect> method: want GET or POST; POST applies"})
			}
			c.step(step{Kind: "redirect", URL: target})
			return &hook{method, target}, c.params(c.status())
		case "Dial":
			next, params, over := c.dial(doc, verb)
			if over || next != nil {
				return next, params // verbs after it are unreachable
			}
		default:
			c.fault(verb.unknown("Response"))
		}
	}
	c.step(step{Kind: "hangup", Detail: "the document is at its end"})
	return nil, nil
}

// say speaks to the caller (docs/voice/twiml/say).
func (c *call) say(verb element) {
	text := strings.Join(strings.Fields(verb.all), " ")
	if text == "" {
		c.fault(fault{13520, "<Say> has nothing to say"})
		return
	}
	c.answered = true
	c.step(step{Kind: "say", Text: text, Language: verb.attrs["language"], Voice: verb.attrs["voice"]})
}

// dial connects the caller with the store's phone (docs/voice/twiml/dial). It returns the
// action to go on with, or that the call is over, or neither: go on with the next verb.
func (c *call) dial(doc *document, verb element) (next *hook, params url.Values, over bool) {
	dialled := step{Kind: "dial", Numbers: c.dialled(verb), CallerID: c.from, AnswerOnBridge: verb.attrs["answerOnBridge"] == "true"}
	if given, ok := verb.attrs["callerId"]; ok {
		dialled.CallerID = given
	}
	var ok bool
	if dialled.Timeout, ok = verb.seconds("timeout", 5, 600, 30); !ok {
		c.fault(fault{13212, fmt.Sprintf("timeout=%q: want 5 to 600 seconds; 30 apply", verb.attrs["timeout"])})
	}
	if dialled.TimeLimit, ok = verb.seconds("timeLimit", 1, 14400, 14400); !ok {
		c.fault(fault{13216, fmt.Sprintf("timeLimit=%q: want 1 to 14400 seconds; 14400 apply", verb.attrs["timeLimit"])})
	}
	method, ok := verb.method()
	if !ok {
		c.fault(fault{13210, "want GET or POST; POST applies"})
	}

	behaviour := c.store
	rings := true
	if wrong := c.cannotDial(dialled); wrong != nil {
		c.fault(*wrong)
		behaviour, rings = "failed", false
	}
	dialled.Result = dialStatus[behaviour]
	c.outcome = behaviour
	bridged := behaviour == "answered"
	if bridged {
		dialled.Seconds = min(c.seconds, dialled.TimeLimit)
		c.elapsed += dialled.Seconds
	}
	// Without answerOnBridge, or after another verb, Twilio answers the caller before it dials.
	c.answered = c.answered || bridged || !dialled.AnswerOnBridge
	c.gone = behaviour == "canceled"
	c.step(dialled)
	if c.gone {
		c.step(step{Kind: "hangup", Detail: "the caller gave up while it rang"})
	}
	leg := newSID("CA")
	if rings {
		c.logLegs(leg, dialled)
	}

	action, ok := verb.attrs["action"]
	if !ok {
		return nil, nil, c.gone
	}
	target, wrong := doc.target(action)
	if wrong != nil {
		c.fault(*wrong)
		c.applicationError()
		return nil, nil, true
	}
	params = c.params(c.status())
	params.Set("DialCallStatus", dialled.Result)
	params.Set("DialCallSid", leg)
	params.Set("DialBridged", strconv.FormatBool(bridged))
	if bridged {
		params.Set("DialCallDuration", strconv.Itoa(dialled.Seconds))
	}
	return &hook{method, target}, params, false
}

// logLegs keeps records of the phones that rang: the first behaves as asked for, and the
// others ring no more when it is answered.
func (c *call) logLegs(first string, d step) {
	r := callRecord{SID: first, ParentSID: c.sid, From: d.CallerID, Direction: "outbound-dial", Status: d.Result, Seconds: d.Seconds}
	for _, r.To = range d.Numbers {
		c.sim.logCall(r)
		r.SID, r.Seconds = newSID("CA"), 0
		if d.Result == "completed" {
			r.Status = "canceled"
		}
	}
}

// dialled are the numbers in a <Dial>: its text, or its <Number> elements, which ring
// together.
func (c *call) dialled(verb element) []string {
	if len(verb.children) == 0 {
		return []string{strings.TrimSpace(verb.text)}
	}
	var numbers []string
	for _, child := range verb.children {
		if child.name != "Number" {
			c.fault(fault{13215, fmt.Sprintf("<%s> in <Dial> is ignored: only <Number> is simulated", child.name)})
			continue
		}
		numbers = append(numbers, strings.TrimSpace(child.text))
	}
	return numbers
}

// cannotDial says why a dial fails before anything rings, or nil.
func (c *call) cannotDial(d step) *fault {
	if len(d.Numbers) == 0 {
		return &fault{13223, "there is no number to dial"}
	}
	for _, number := range d.Numbers {
		if !e164.MatchString(number) {
			return &fault{13223, fmt.Sprintf("%q: give the number in E.164", number)}
		}
		if number == c.number.PhoneNumber {
			return &fault{13223, number + " would call itself: the number forwards to its own webhook"}
		}
	}
	// Passing a withheld number on fails now and then at Twilio; here it always does.
	_, ours := c.sim.number(d.CallerID)
	if !ours && (d.CallerID != c.from || !e164.MatchString(d.CallerID)) {
		return &fault{13214, fmt.Sprintf("callerId %q is neither the caller, the called number nor a number of this account", d.CallerID)}
	}
	return nil
}

// applicationError is what a caller hears of a broken application.
func (c *call) applicationError() {
	c.outcome = "error"
	if c.gone {
		return
	}
	c.answered = true
	c.step(step{Kind: "say", Text: "We are sorry, an application error has occurred. Goodbye.", Language: "en-US"})
	c.step(step{Kind: "hangup", Detail: "Twilio hangs up after the error"})
}

func (c *call) step(happened step) { c.steps = append(c.steps, happened) }

// fault enters the debugger and the steps.
func (c *call) fault(f fault) {
	c.sim.record(c.sid, c.origin, f)
	c.step(step{Kind: "error", Code: f.Code, Detail: f.Detail})
}
