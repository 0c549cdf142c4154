package twilio

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// callRecord is what Twilio keeps of a call, or of a leg that a call was forwarded by,
// whatever the caller's phone shows.
type callRecord struct {
	SID         string    `json:"sid"`
	ParentSID   string    `json:"parentSid,omitempty"` // of a leg: the call that it belongs to
	From        string    `json:"from"`
	To          string    `json:"to"`
	Direction   string    `json:"direction"` // "inbound", or "outbound-dial" of a leg
	Status      string    `json:"status"`    // "in-progress", or how it ended, in the words of DialCallStatus
	Seconds     int       `json:"seconds"`
	DateCreated time.Time `json:"dateCreated"`
	DateUpdated time.Time `json:"dateUpdated"`
}

// maxCalls are kept. The oldest goes first.
const maxCalls = 10_000

// logCall keeps the record of a call that begins now, and answers when that is.
func (s *Simulator) logCall(r callRecord) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	r.DateCreated, r.DateUpdated = now, now
	s.state.Calls = append(s.state.Calls, r)
	s.state.Calls = slices.Delete(s.state.Calls, 0, max(0, len(s.state.Calls)-maxCalls))
	s.touched(event{Changed: "call", Phone: r.From})
	return now
}

// endCall says in a call's record how it ended. The caller holds the lock.
func (s *Simulator) endCall(sid, status string, seconds int) {
	if at := s.logged(sid); at >= 0 { // unless it was dropped meanwhile
		c := &s.state.Calls[at]
		c.Status, c.Seconds, c.DateUpdated = status, seconds, s.config.Now()
	}
}

// logged is the place of a call's record, -1 when there is none. The caller holds the lock.
func (s *Simulator) logged(sid string) int {
	return slices.IndexFunc(s.state.Calls, func(r callRecord) bool { return r.SID == sid })
}

// callsPath is where Twilio keeps an account's calls; .json or a call follows.
func (s *Simulator) callsPath() string {
	return "/2010-04-01/Accounts/" + s.config.AccountSID + "/Calls"
}

// callNotSimulated are filters of a list that would choose by time.
var callNotSimulated = []string{"StartTime", "StartTime<", "StartTime>", "EndTime", "EndTime<", "EndTime>"}

// listCalls is GET /2010-04-01/Accounts/{AC}/Calls.json (docs/voice/api/call-resource),
// newest first.
func (s *Simulator) listCalls(r *http.Request) (any, *restError) {
	query := r.URL.Query()
	for _, name := range callNotSimulated {
		if query.Has(name) {
			return nil, refuseREST(20001, "%s is not simulated", name)
		}
	}
	cut, part, refused := cutPage(r, s.calls(query), func(c callRecord) string { return c.SID })
	if refused != nil {
		return nil, refused
	}
	shown := struct {
		page
		Calls []callResource `json:"calls"`
	}{cut, []callResource{}}
	for _, c := range part {
		shown.Calls = append(shown.Calls, s.callResource(c))
	}
	return shown, nil
}

// calls are those that pass the filters of a list, newest first.
func (s *Simulator) calls(filters url.Values) []callRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []callRecord
	for _, c := range slices.Backward(s.state.Calls) {
		if cmp.Or(filters.Get("From"), c.From) == c.From && cmp.Or(filters.Get("To"), c.To) == c.To &&
			cmp.Or(filters.Get("ParentCallSid"), c.ParentSID) == c.ParentSID && cmp.Or(filters.Get("Status"), c.Status) == c.Status {
			all = append(all, c)
		}
	}
	return all
}

// fetchCall is GET /2010-04-01/Accounts/{AC}/Calls/{CA}.json.
func (s *Simulator) fetchCall(r *http.Request) (any, *restError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.logged(named(r, "call"))
	if at < 0 {
		return nil, unknownResource(r)
	}
	return s.callResource(s.state.Calls[at]), nil
}

// deleteCall is DELETE /2010-04-01/Accounts/{AC}/Calls/{CA}.json. The legs of a call are
// records of their own and stay.
func (s *Simulator) deleteCall(r *http.Request) (any, *restError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.logged(named(r, "call"))
	if at < 0 {
		return nil, unknownResource(r)
	}
	c := s.state.Calls[at]
	if c.Status == "in-progress" {
		return nil, refuseREST(20009, "")
	}
	s.state.Calls = slices.Delete(s.state.Calls, at, at+1)
	s.touched(event{Changed: "call", Phone: c.From})
	return nil, nil
}

// caller is who made the call of a path: a leg has its caller's number, mostly.
func (s *Simulator) caller(r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.logged(named(r, "call")); at >= 0 {
		return s.state.Calls[at].From
	}
	return ""
}

// callResource is a call as the REST API shows it.
type callResource struct {
	AccountSID      string            `json:"account_sid"`
	Annotation      *string           `json:"annotation"`
	AnsweredBy      *string           `json:"answered_by"`
	APIVersion      string            `json:"api_version"`
	CallerName      string            `json:"caller_name"`
	DateCreated     string            `json:"date_created"` // dates are RFC 2822
	DateUpdated     string            `json:"date_updated"`
	Direction       string            `json:"direction"`
	Duration        *string           `json:"duration"` // seconds; null until it ended
	EndTime         *string           `json:"end_time"`
	ForwardedFrom   *string           `json:"forwarded_from"`
	From            string            `json:"from"`
	FromFormatted   string            `json:"from_formatted"`
	GroupSID        *string           `json:"group_sid"`
	ParentCallSID   *string           `json:"parent_call_sid"`
	PhoneNumberSID  *string           `json:"phone_number_sid"`
	Price           *string           `json:"price"`
	PriceUnit       string            `json:"price_unit"`
	QueueTime       string            `json:"queue_time"`
	SID             string            `json:"sid"`
	StartTime       string            `json:"start_time"`
	Status          string            `json:"status"`
	SubresourceURIs map[string]string `json:"subresource_uris"`
	To              string            `json:"to"`
	ToFormatted     string            `json:"to_formatted"`
	TrunkSID        *string           `json:"trunk_sid"`
	URI             string            `json:"uri"`
}

// callResource shows a record. The caller may hold the lock.
func (s *Simulator) callResource(c callRecord) callResource {
	path := s.callsPath() + "/" + c.SID
	shown := callResource{
		AccountSID: s.config.AccountSID, APIVersion: "2010-04-01", DateCreated: rfc2822(c.DateCreated), DateUpdated: rfc2822(c.DateUpdated),
		Direction: c.Direction, From: c.From, FromFormatted: friendly(c.From), ParentCallSID: orNull(c.ParentSID), PriceUnit: "USD",
		QueueTime: "0", SID: c.SID, StartTime: rfc2822(c.DateCreated), Status: c.Status,
		SubresourceURIs: map[string]string{"recordings": path + "/Recordings.json"},
		To:              c.To, ToFormatted: friendly(c.To), URI: path + ".json",
	}
	if c.Status != "in-progress" {
		shown.Duration, shown.EndTime = new(strconv.Itoa(c.Seconds)), new(rfc2822(c.DateUpdated))
	}
	return shown
}

// getRecords is GET /control/records: what Twilio still has of a customer.
func (s *Simulator) getRecords(r *http.Request) (any, error) {
	number := r.URL.Query().Get("number")
	if digits, ok := strings.CutPrefix(number, " "); ok { // a plus that was not escaped
		number = "+" + digits
	}
	if number == "" {
		return nil, refuse(400, "number is missing: say whose records to show, like ?number=%%2B14155550199")
	}
	type storedMedium struct {
		SID         string `json:"sid"`
		MessageSID  string `json:"messageSid"`
		ContentType string `json:"contentType"`
		Bytes       int    `json:"bytes"`
	}
	shown := struct {
		Messages []resource     `json:"messages"`
		Media    []storedMedium `json:"media"`
		Calls    []callResource `json:"calls"`
		Blocked  []string       `json:"blocked"`
	}{[]resource{}, []storedMedium{}, []callResource{}, []string{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	theirs := map[string]bool{}
	for _, m := range s.state.Messages {
		if m.From == number || m.To == number {
			theirs[m.SID] = true
			shown.Messages = append(shown.Messages, s.resource(m))
		}
	}
	for _, i := range s.state.Items {
		if i.Phone == number {
			theirs[i.SID] = true // its media, if their text went and they did not
		}
	}
	for sid, m := range s.state.Media {
		if theirs[m.MessageSID] {
			shown.Media = append(shown.Media, storedMedium{sid, m.MessageSID, m.ContentType, len(m.Data)})
		}
	}
	slices.SortFunc(shown.Media, func(a, b storedMedium) int { return strings.Compare(a.SID, b.SID) })
	for _, c := range s.state.Calls {
		if c.From == number || c.To == number || theirs[c.ParentSID] {
			theirs[c.SID] = true // its legs come after it
			shown.Calls = append(shown.Calls, s.callResource(c))
		}
	}
	shown.Blocked = append(shown.Blocked, s.blockedBy(number)...)
	return shown, nil
}

// blockedBy are the account's numbers that a customer stopped, sorted. The caller holds
// the lock.
func (s *Simulator) blockedBy(phone string) []string {
	var stores []string
	for key := range s.state.Blocked {
		if store, customer, _ := strings.Cut(key, " "); customer == phone {
			stores = append(stores, store)
		}
	}
	slices.Sort(stores)
	return stores
}
