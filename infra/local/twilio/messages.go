package twilio

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// outbound is what Twilio keeps of a text, whatever the customer's phone shows: one that
// the account sent by REST, as GET /control/messages shows it, or one that came in or that
// TwiML or Twilio itself answered.
type outbound struct {
	SID            string    `json:"sid"`
	From           string    `json:"from"`
	To             string    `json:"to"`
	Body           string    `json:"body"`
	Media          []string  `json:"media"` // URLs, as given
	StatusCallback string    `json:"statusCallback"`
	Status         string    `json:"status"`              // see final
	ErrorCode      int       `json:"errorCode,omitempty"` // of an undelivered or failed text
	RequestedAt    time.Time `json:"requestedAt"`         // when the request to create it came
	DateCreated    time.Time `json:"dateCreated"`         // the same in milliseconds
	DateUpdated    time.Time `json:"dateUpdated"`
	DateSent       time.Time `json:"dateSent,omitzero"`

	Stored  []mediaLink `json:"stored,omitempty"`  // the media, once Twilio has fetched them
	Outcome string      `json:"outcome,omitempty"` // what becomes of it on demand, a kind of trouble
	Rests   bool        `json:"rests"`             // nothing comes by itself: it is settled, or waits for a phone that is off

	Direction string `json:"direction,omitempty"` // empty for "outbound-api"

	began time.Time // by the machine's clock: its way is paced from here
}

// final tells the statuses after which no other comes, among those of a text's way: queued,
// sending, then sent or failed, then delivered or undelivered
// (docs/messaging/guides/outbound-message-status-in-status-callbacks).
func final(status string) bool {
	return status == "delivered" || status == "undelivered" || status == "failed"
}

// maxMessages are kept. The oldest goes first.
const maxMessages = 10_000

// magicNumbers are refused with an error each (docs/iam/test-credentials).
var magicNumbers = map[string]int{
	"+15005550001": 21211, "+15005550002": 21612, "+15005550003": 21408, "+15005550004": 21610, "+15005550009": 21614,
}

// notSimulated are parameters that would change what is sent, to whom or when.
var notSimulated = []string{
	"ApplicationSid", "ContentSid", "FallbackFrom", "PersistentAction", "ScheduleType", "SendAsMms", "SendAt",
}

// createMessage is POST /2010-04-01/Accounts/{AC}/Messages.json
// (docs/messaging/api/message-resource).
func (s *Simulator) createMessage(r *http.Request) (any, *restError) {
	requested := s.config.Now()
	m := outbound{
		SID: newSID("SM"), From: r.PostForm.Get("From"), To: r.PostForm.Get("To"), Body: r.PostForm.Get("Body"),
		Media: append([]string{}, r.PostForm["MediaUrl"]...), StatusCallback: r.PostForm.Get("StatusCallback"),
		Status: "queued", RequestedAt: requested, DateCreated: requested.Truncate(time.Millisecond), DateUpdated: requested,
		began: time.Now(),
	}
	if len(m.Media) > 0 {
		m.SID = "MM" + m.SID[2:]
	}
	refused := s.checkMessage(m, r.PostForm)
	if refused == nil {
		refused = s.take(m)
	}
	if refused != nil {
		s.record("", r.URL.Path, fault{refused.Code, "a text was refused when the account asked to send it"})
		return nil, refused
	}
	return s.resource(m), nil
}

// take accepts a text and starts it on its way, unless its customer blocks the number.
func (s *Simulator) take(m outbound) *restError {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Blocked[pair(m.From, m.To)] {
		return refuseREST(21610, "")
	}
	m.Outcome = s.strike("outcome", m.To, "").Kind
	s.keep(m)
	s.touched(event{Changed: "message", Phone: m.To})
	s.carry(pair(m.From, m.To))
	return nil
}

// keep adds a text to Twilio's records. The caller holds the lock.
func (s *Simulator) keep(m outbound) {
	s.state.Messages = append(s.state.Messages, m)
	s.state.Messages = slices.Delete(s.state.Messages, 0, max(0, len(s.state.Messages)-maxMessages))
}

// checkMessage finds what Twilio would refuse at once.
func (s *Simulator) checkMessage(m outbound, form url.Values) *restError {
	if form.Has("MessagingServiceSid") {
		return refuseREST(21701, "The Messaging Service does not exist: none is simulated, give From")
	}
	for _, name := range notSimulated {
		if form.Has(name) {
			return refuseREST(20001, "%s is not simulated", name)
		}
	}
	switch code := magicNumbers[m.To]; {
	case m.To == "":
		return refuseREST(21604, "A 'To' phone number is required.")
	case !e164.MatchString(m.To), code == 21211:
		return refuseREST(21211, "The 'To' number %s is not a valid phone number.", m.To)
	case code == 21408:
		return refuseREST(code, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: %s.", m.To)
	case code == 21612:
		return refuseREST(code, "The 'To' phone number: %s, is not currently reachable using the 'From' phone number: %s via SMS.", m.To, m.From)
	case code == 21614, s.refusesLandline(m.To):
		return refuseREST(21614, "To number: %s, is not a mobile number", m.To)
	case code != 0:
		return refuseREST(code, "")
	}
	n, ours := s.number(m.From)
	switch {
	case m.From == "":
		return refuseREST(21603, "A 'From' phone number is required.")
	case !e164.MatchString(m.From):
		return refuseREST(21212, "The 'From' number %s is not a valid phone number, shortcode, or alphanumeric sender ID.", m.From)
	case !ours || !n.Capabilities.SMS:
		return refuseREST(21606, "The From phone number %s is not a valid, SMS-capable inbound phone number or short code for your account.", m.From)
	case m.From == m.To:
		return refuseREST(21266, "'To' and 'From' number cannot be the same: %s", m.To)
	case m.Body == "" && len(m.Media) == 0:
		return refuseREST(21602, "Message body is required.")
	case utf8.RuneCountInString(m.Body) > maxBody:
		return refuseREST(21617, "The concatenated message body exceeds the 1600 character limit.")
	case len(m.Media) > maxMedia:
		return refuseREST(21623, "")
	case slices.ContainsFunc(m.Media, func(u string) bool { return !isWebURL(u) }):
		return refuseREST(21620, "Invalid media URL(s): only http and https URLs can be sent.")
	case len(m.Media) > 0 && !n.Capabilities.MMS:
		return refuseREST(21621, "")
	case m.StatusCallback != "" && !isCallbackURL(m.StatusCallback):
		return refuseREST(21609, "The StatusCallback URL %s is not a valid URL.", m.StatusCallback)
	}
	return nil
}

// isCallbackURL knows that Twilio calls no host with an underscore in its name
// (docs/messaging/guides/track-outbound-message-status).
func isCallbackURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && isWebURL(raw) && !strings.Contains(u.Host, "_")
}

// resource is a text as the REST API shows it.
type resource struct {
	AccountSID          string            `json:"account_sid"`
	APIVersion          string            `json:"api_version"`
	Body                string            `json:"body"`
	DateCreated         string            `json:"date_created"` // dates are RFC 2822
	DateSent            *string           `json:"date_sent"`
	DateUpdated         string            `json:"date_updated"`
	Direction           string            `json:"direction"`
	ErrorCode           *int              `json:"error_code"`
	ErrorMessage        *string           `json:"error_message"`
	From                string            `json:"from"`
	MessagingServiceSID *string           `json:"messaging_service_sid"`
	NumMedia            string            `json:"num_media"`
	NumSegments         string            `json:"num_segments"`
	Price               *string           `json:"price"`
	PriceUnit           string            `json:"price_unit"`
	SID                 string            `json:"sid"`
	Status              string            `json:"status"`
	SubresourceURIs     map[string]string `json:"subresource_uris"`
	To                  string            `json:"to"`
	URI                 string            `json:"uri"`
}

// messagesPath is where Twilio keeps an account's texts; .json or a text follows.
func (s *Simulator) messagesPath() string {
	return "/2010-04-01/Accounts/" + s.config.AccountSID + "/Messages"
}

func (s *Simulator) resource(m outbound) resource {
	path := s.messagesPath() + "/" + m.SID
	shown := resource{
		AccountSID: s.config.AccountSID, APIVersion: "2010-04-01", Body: m.Body,
		DateCreated: rfc2822(m.DateCreated), DateUpdated: rfc2822(m.DateUpdated), Direction: cmp.Or(m.Direction, "outbound-api"),
		From: m.From, NumMedia: strconv.Itoa(len(m.Media)), NumSegments: strconv.Itoa(segments(m.Body)), PriceUnit: "USD",
		SID: m.SID, Status: m.Status, SubresourceURIs: map[string]string{"media": path + "/Media.json"}, To: m.To,
		URI: path + ".json",
	}
	if !m.DateSent.IsZero() {
		sent := rfc2822(m.DateSent)
		shown.DateSent = &sent
	}
	if m.ErrorCode != 0 {
		title := titles[m.ErrorCode]
		shown.ErrorCode, shown.ErrorMessage = &m.ErrorCode, &title
	}
	return shown
}

func rfc2822(t time.Time) string { return t.UTC().Format(time.RFC1123Z) }

// texts are those of the account that pass the filters of a list, newest first.
func (s *Simulator) texts(filters url.Values) []outbound {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []outbound
	for _, m := range s.state.Messages {
		if listed(m, filters) {
			all = append(all, m)
		}
	}
	slices.SortStableFunc(all, func(a, b outbound) int { return a.RequestedAt.Compare(b.RequestedAt) })
	slices.Reverse(all)
	return all
}

// addText puts a text that is not sent by REST on a phone, and keeps a record of it. The
// caller holds the lock.
func (s *Simulator) addText(i item) {
	m := outbound{
		SID: i.SID, From: i.Store, To: i.Phone, Body: i.Body, Media: []string{}, Stored: i.Media, Status: "delivered", Rests: true,
		RequestedAt: i.At, DateCreated: i.At, DateUpdated: i.At, DateSent: i.At, Direction: "outbound-reply",
	}
	if i.By == "customer" {
		m.From, m.To, m.Status, m.Direction = i.Phone, i.Store, "received", "inbound"
	}
	for _, link := range i.Media {
		m.Media = append(m.Media, link.URL)
	}
	s.keep(m)
	s.add(i)
}

// customer is whom a text is from or for.
func (m outbound) customer() string {
	if m.Direction == "inbound" {
		return m.From
	}
	return m.To
}

// fetchMessage is GET /2010-04-01/Accounts/{AC}/Messages/{SID}.json.
func (s *Simulator) fetchMessage(r *http.Request) (any, *restError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.find(named(r, "message")); at >= 0 {
		return s.resource(s.state.Messages[at]), nil
	}
	return nil, unknownResource(r)
}

// deleteMessage is DELETE /2010-04-01/Accounts/{AC}/Messages/{SID}.json. The media go with
// the text; what is on a phone stays there.
func (s *Simulator) deleteMessage(r *http.Request) (any, *restError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.find(named(r, "message"))
	if at < 0 {
		return nil, unknownResource(r)
	}
	m := s.state.Messages[at]
	if !m.finished(s.config.Now()) {
		return nil, refuseREST(20009, "")
	}
	s.state.Messages = slices.Delete(s.state.Messages, at, at+1)
	maps.DeleteFunc(s.state.Media, func(_ string, stored medium) bool { return stored.MessageSID == m.SID })
	s.touched(event{Changed: "message", Phone: m.customer()})
	return nil, nil
}

// receiptTime is how long Twilio waits for a carrier to say what became of a text: an hour,
// it told others (https://github.com/code-dot-org/code-dot-org/pull/11188).
const receiptTime = time.Hour

// finished tells whether a text can be deleted (docs/api/errors/20009). One that is sent
// cannot, until Twilio waits no longer for a carrier that says nothing.
func (m outbound) finished(now time.Time) bool {
	silent := m.Status == "sent" && m.Rests && m.Outcome == "sent"
	return final(m.Status) || m.Status == "received" || silent && !now.Before(m.DateSent.Add(receiptTime))
}

// recipient is the customer of the text in a path.
func (s *Simulator) recipient(r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.find(named(r, "message")); at >= 0 {
		return s.state.Messages[at].customer()
	}
	return ""
}

// find is the place of a text, -1 when there is none. The caller holds the lock.
func (s *Simulator) find(sid string) int {
	for at, m := range slices.Backward(s.state.Messages) { // those asked for are new, mostly
		if m.SID == sid {
			return at
		}
	}
	return -1
}

// listMessages is GET /2010-04-01/Accounts/{AC}/Messages.json.
func (s *Simulator) listMessages(r *http.Request) (any, *restError) {
	query := r.URL.Query()
	if err := checkDates(query); err != nil {
		return nil, refuseREST(20001, "%v", err)
	}
	cut, part, refused := cutPage(r, s.texts(query), func(m outbound) string { return m.SID })
	if refused != nil {
		return nil, refused
	}
	shown := struct {
		page
		Messages []resource `json:"messages"`
	}{cut, []resource{}}
	for _, m := range part {
		shown.Messages = append(shown.Messages, s.resource(m))
	}
	return shown, nil
}

// dateFilters are the parameters that compare date_sent. They stand before the "=" of the
// query, so that DateSent>=2026-01-31 has the name "DateSent>".
var dateFilters = []string{"DateSent", "DateSent<", "DateSent>"}

func checkDates(query url.Values) error {
	for _, name := range dateFilters {
		if _, _, err := period(query.Get(name)); query.Has(name) && err != nil {
			return fmt.Errorf("%s %q: give a date like 2026-01-31, or a time like 2026-01-31T12:00:00Z", name, query.Get(name))
		}
	}
	return nil
}

// listed tells whether a text passes the filters of a list. One that is not sent yet has
// no date_sent and passes no filter on it; a bare date is the whole day, in GMT.
func listed(m outbound, filters url.Values) bool {
	for _, name := range dateFilters {
		begin, end, err := period(filters.Get(name))
		if err != nil {
			continue // not given
		}
		sent := m.DateSent.Truncate(time.Second) // as it is shown
		switch {
		case m.DateSent.IsZero(), name != "DateSent<" && sent.Before(begin), name != "DateSent>" && !sent.Before(end):
			return false
		}
	}
	return cmp.Or(filters.Get("To"), m.To) == m.To && cmp.Or(filters.Get("From"), m.From) == m.From
}

// period is the day of a date, or the second of a time: from begin to before end.
func period(text string) (begin, end time.Time, err error) {
	if begin, err = time.Parse(time.DateOnly, text); err == nil {
		return begin, begin.AddDate(0, 0, 1), nil
	}
	begin, err = time.Parse(time.RFC3339, text)
	return begin, begin.Add(time.Second), err
}

// getMessages is GET /control/messages.
func (s *Simulator) getMessages(r *http.Request) (any, error) {
	query := r.URL.Query()
	shown := []outbound{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.state.Messages {
		if m.Direction == "" && cmp.Or(query.Get("to"), m.To) == m.To && cmp.Or(query.Get("from"), m.From) == m.From {
			shown = append(shown, m)
		}
	}
	return map[string][]outbound{"messages": shown}, nil
}
