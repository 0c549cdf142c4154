package twilio

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// defaultPace lets one see a text on its way without having to wait for it.
const defaultPace = 30 * time.Millisecond

// phoneStates are what a phone can be beside "on", with the error of a text that it does
// not get (docs/api/errors). A phone that is off gets its texts later.
var phoneStates = map[string]int{"off": 0, "unreachable": 30003, "landline": 30006, "filtered": 30007}

// refusesLandline tells whether Twilio knows at once that a number is a landline's: it
// looks everywhere but in the US and Canada (docs/api/errors/21614).
func (s *Simulator) refusesLandline(phone string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Phones[phone] == "landline" && !strings.HasPrefix(phone, "+1")
}

// setPhone changes what a phone is, and moves the texts that wait for it.
func (s *Simulator) setPhone(phone, state string) error {
	_, known := phoneStates[state]
	switch {
	case !e164.MatchString(phone):
		return refuse(400, "phone %q: give it in E.164, like +14155550100", phone)
	case !known && state != "on":
		return refuse(400, "state %q: want on, %s", state, strings.Join(slices.Sorted(maps.Keys(phoneStates)), ", "))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.state.Phones, phone)
	if state != "on" {
		s.state.Phones[phone] = state
	}
	s.touched(event{Changed: "phone", Phone: phone})
	for n := range s.state.Messages {
		if m := &s.state.Messages[n]; m.To == phone && m.Rests && m.Status == "sent" && m.Outcome != "sent" {
			m.Rests = false
			s.carry(pair(m.From, m.To))
		}
	}
	return nil
}

// carry has the texts of a pair brought on their way, one after the other, as a number's
// own queue does. The caller holds the lock.
func (s *Simulator) carry(key string) {
	if s.carried[key] || s.closing.Err() != nil {
		return
	}
	s.carried[key] = true
	s.running.Go(func() {
		for {
			m, ok := s.nextOnItsWay(key)
			if !ok || !s.bring(m) {
				return
			}
		}
	})
}

// nextOnItsWay is the oldest text of a pair that something will happen to. When there is
// none, the pair is not carried any more.
func (s *Simulator) nextOnItsWay(key string) (outbound, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.state.Messages {
		if !m.Rests && pair(m.From, m.To) == key {
			return m, true
		}
	}
	delete(s.carried, key)
	return outbound{}, false
}

// bring takes a text from the status it has to where it rests. It returns false when the
// simulator closes; the next one goes on from there.
func (s *Simulator) bring(m outbound) bool {
	callbacks := courier{sim: s}
	defer callbacks.finish()
	steps := map[string]func(outbound) outbound{"queued": s.begin, "sending": s.send, "sent": s.arrive}
	for due := m.began.Add(s.config.Pace); !m.Rests; due = due.Add(s.config.Pace) {
		if !s.pause(due) {
			return false
		}
		before := m.Status
		m = steps[before](m)
		if m.ErrorCode != 0 {
			s.record(m.SID, "", fault{m.ErrorCode, "the text is " + m.Status})
		}
		if m.Status != before && m.Status != "sending" { // which no callback tells
			callbacks.report(m)
		}
	}
	return true
}

func (s *Simulator) begin(m outbound) outbound {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(m, "sending", 0)
}

// send gives the text, with the media that Twilio fetches now, to the carrier.
func (s *Simulator) send(m outbound) outbound {
	var media map[string]medium
	status, code := cutOutcome(m.Outcome)
	if status != "failed" {
		var wrong *fault
		status, code = "sent", 0
		if m.Stored, media, wrong = s.fetchMedia(m); wrong != nil {
			status, code = "failed", wrong.Code
		}
	}
	if s.closing.Err() != nil {
		return m // what failed may have failed for that
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if status == "sent" {
		m.DateSent = s.config.Now()
		maps.Copy(s.state.Media, media)
	}
	return s.put(m, status, code)
}

// arrive puts a sent text on the phone it goes to, or finds out why that cannot be.
func (s *Simulator) arrive(m outbound) outbound {
	s.mu.Lock()
	defer s.mu.Unlock()
	status, code := cutOutcome(m.Outcome)
	reached := status == "sent" // the carrier delivers, and never says so
	if phone := s.state.Phones[m.To]; status == "" {
		switch code = phoneStates[phone]; {
		case s.isUnregistered(m.From, m.To):
			status, code = "undelivered", 30034
		case phone == "off":
			status = "sent" // until it is back on: see setPhone
		case code != 0:
			status = "undelivered"
		default:
			status, reached = "delivered", true
		}
	}
	m.Rests = true
	m = s.put(m, status, code)
	switch {
	case reached:
		shown := item{
			Kind: "text", At: s.config.Now(), SID: m.SID, Phone: m.To, Store: m.From,
			Direction: "in", By: "store", Body: m.Body, Media: m.Stored,
		}
		if len(m.Media) > 0 && !mms(m.To) {
			shown.Body = strings.TrimSpace(m.Body + "\n" + strings.Join(m.Media, "\n"))
		}
		s.add(shown)
	case status == "undelivered":
		for _, link := range m.Stored {
			delete(s.state.Media, link.SID)
		}
	}
	return m
}

// put stores what became of a text. The caller holds the lock.
func (s *Simulator) put(m outbound, status string, code int) outbound {
	m.Status, m.ErrorCode, m.DateUpdated = status, code, s.config.Now()
	m.Rests = m.Rests || final(status)
	if at := s.find(m.SID); at >= 0 { // unless it was dropped meanwhile
		s.state.Messages[at] = m
	}
	s.touched(event{Changed: "message", Phone: m.To})
	return m
}

// cutOutcome splits an outcome like "undelivered:30005"; both are zero when none is asked for.
func cutOutcome(outcome string) (status string, code int) {
	status, digits, _ := strings.Cut(outcome, ":")
	code, _ = strconv.Atoi(digits)
	return status, code
}

// pause waits until a time of the machine's clock. It is false when the simulator closed
// before.
func (s *Simulator) pause(until time.Time) bool {
	select {
	case <-time.After(time.Until(until)):
		return true
	case <-s.closing.Done():
		return false
	}
}

// courier brings the status callbacks of one text, each when the one before has had its
// answer, unless troubles are asked for.
type courier struct {
	sim  *Simulator
	last chan struct{} // closed when the last one queued has been brought
	held func()        // to be overtaken by the next
}

// report tells the text's status callback, if it has one, what it is now.
func (c *courier) report(m outbound) {
	if m.StatusCallback == "" {
		return
	}
	c.sim.mu.Lock()
	struck := c.sim.strike("callback", m.To, m.Status)
	c.sim.mu.Unlock()
	if struck.Kind != "" {
		c.sim.config.Log(m.SID + " callback " + m.Status + ": " + struck.Kind + ", on demand")
	}
	bring := func() { c.sim.callBack(m) }
	switch struck.Kind {
	case "lose", "never-final":
		return
	case "late":
		c.sim.running.Go(func() {
			if c.sim.pause(time.Now().Add(struck.delay())) {
				bring()
			}
		})
		return
	case "reorder":
		if !final(m.Status) { // none comes after a final one
			c.held = bring
			return
		}
	case "repeat":
		c.queue(bring)
	}
	c.queue(bring)
	c.finish()
}

// finish brings what was held back.
func (c *courier) finish() {
	if c.held != nil {
		c.queue(c.held)
		c.held = nil
	}
}

func (c *courier) queue(bring func()) {
	before, done := c.last, make(chan struct{})
	c.last = done
	c.sim.running.Go(func() {
		defer close(done)
		if before != nil {
			<-before
		}
		bring()
	})
}

// callBack posts a status to the text's callback, as Twilio does
// (docs/messaging/guides/track-outbound-message-status), with SmsStatus, To and ApiVersion,
// which that page shows in part. Overrides in the URL count as for other webhooks.
func (s *Simulator) callBack(m outbound) {
	params := url.Values{}
	for name, value := range map[string]string{
		"AccountSid": s.config.AccountSID, "ApiVersion": "2010-04-01", "From": m.From, "To": m.To,
		"MessageSid": m.SID, "SmsSid": m.SID, "MessageStatus": m.Status, "SmsStatus": m.Status,
	} {
		params.Set(name, value)
	}
	if m.ErrorCode != 0 {
		params.Set("ErrorCode", strconv.Itoa(m.ErrorCode))
	}
	if m.Status == "delivered" || m.Status == "undelivered" {
		params.Set("RawDlrDoneDate", m.DateUpdated.UTC().Format("0601021504"))
	}
	told := s.ask(s.closing, m.SID, hook{http.MethodPost, m.StatusCallback}, params)
	for _, f := range told.faults {
		s.record(m.SID, told.url, f)
	}
}
