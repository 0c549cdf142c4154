package property

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/table"
	"clienteling/shared/webhook"
)

// A rule is a promise of the product.
type rule string

const (
	ruleAccept  rule = "no text is accepted but for a customer who has accepted, save an opt-in request"
	ruleRequest rule = "nothing is accepted for a customer who has opted out"
	ruleStop    rule = "nothing reaches Twilio after an opt-out was acknowledged"
	ruleOnce    rule = "a text reaches Twilio at most once"
	ruleEnds    rule = "a text is sent exactly once or ends with a reason"
	ruleKey     rule = "an Idempotency-Key makes one text"
	ruleForward rule = "a status never goes back, and a text keeps its place"
	ruleInbound rule = "an inbound text is in its thread once"
	ruleLedger  rule = "the ledger replays to the current state"
	ruleKeeps   rule = "what the customer said holds until they say otherwise"
	ruleWords   rule = "an answer to a request means what it means where the store is"
	ruleAnswer  rule = "a customer is answered by itself once for a change, never by two, and not for ever"
	ruleQuiet   rule = "nothing is sent in quiet hours but to who has just written, and nothing is withdrawn before"
	ruleFilled  rule = "no customer reads a placeholder"
	ruleQuota   rule = "an associate asks so many customers a day, and no fewer"
	ruleShown   rule = "an inbox shows what holds"
	ruleErased  rule = "of a customer who was erased nothing is left but a refusal, and nothing more is sent to them"
)

// A breach is a rule that was broken.
type breach struct {
	rule rule
	what string
}

func (b *breach) Error() string { return string(b.rule) + ": " + b.what }

// model is what is true, told by what customers said and what happened, and by no
// rule of the product's own code.
type model struct {
	retailer string
	now      func() time.Time
	step     int // counts everything that takes effect
	writes   int // that took effect since the last look
	people   map[string]*person
	phones   map[string]string // the customers' numbers by their names
	places   map[string]*place // by store
	said     map[string]*said  // texts of customers, by SID
	texts    map[string]*accepted
	keys     map[string]time.Time
	inbound  map[string]string // the thread's entry of an inbound text, by SID
	perDay   int               // opt-in requests that an associate may make
	requests map[string]int    // that they made, by associate and day
	answers  map[string]int    // that customers got by themselves, by store, number and hour
	breach   *breach
	seen     map[string]string            // statuses by key at the last look
	held     map[string]clienteling.OptIn // what customers said to stores, at the last look
	since    map[string]int               // the step at which that was first seen
	expected *expectation
	// atTwilio is what Twilio has of a number: our texts, and the customer's by SID.
	atTwilio func(phone string) (ours []*sentText, theirs []string)
}

// expectation is what the next look must see, unless more happens until then.
type expectation struct {
	phone, store, body string
	optIn              clienteling.OptIn
}

// person is a customer.
type person struct {
	phone   string
	refused bool
	// refusals counts their opt-outs; refusedAt is the step of the last one, liftedAt that
	// at which they last took one back.
	refusals, refusedAt, liftedAt int
	// silence says that an opt-out in force was acknowledged, and barrier is the
	// step before which texts were written that may never arrive any more.
	silence  bool
	barrier  int
	stores   map[string]*standing
	blockade bool // they once told Twilio to keep texts from them
	// heard are their texts, by store.
	heard map[string][]hearing
	// asides are those refusals that an associate was told of and has recorded, and
	// tellings counts how often one began to.
	asides   []aside
	tellings int
	erasure  erasure
}

// hearing is a text that came at a moment, and was stored some time later.
type hearing struct{ at, stored time.Time }

// aside is a refusal that an associate recorded. No text waits for it, so one that is
// being handed to Twilio goes out, but none after a while.
type aside struct {
	refusedAt int
	from      time.Time
}

// standing is what a customer said to a store: at most that much.
type standing struct {
	begun    int // the step at which they first wrote to one another
	accepted bool
	asked    bool
	askedAt  int // refusals by then
	// acceptedAt is when the text came that accepted last.
	acceptedAt time.Time
}

// accepted is a text that we took from an associate.
type accepted struct {
	key     table.OutboundKey
	request bool
	step    int
	epoch   int
	creates int
	body    string
	// It may go until some time in this span: that depends on when its associate's request
	// looked at the clock, and on what was heard from the customer by then.
	quietFrom, quietBy time.Time
	erased             bool
}

// said is a text of a customer to a store.
type said struct {
	sid, phone, store, body string
	// refusedAt is the step of the opt-out that it made, or found in force.
	refusedAt int
	// stored says that we have it, since a moment, with what we answered.
	stored bool
	at     time.Time
	answer string
	// erased says that we had it.
	erased bool
}

func (m *model) broken(r rule, format string, args ...any) {
	if m.breach == nil {
		m.breach = &breach{r, fmt.Sprintf(format, args...)}
	}
}

func (p *person) at(store string) *standing {
	if p.stores[store] == nil {
		p.stores[store] = &standing{}
	}
	return p.stores[store]
}

// commits applies a customer's text at the moment it was stored.
func (m *model) commits(s *said) {
	p := m.people[s.phone]
	at, here := p.at(s.store), m.places[s.store]
	word := here.means(s.body)
	m.judgeAnswer(s, p, word)
	m.expect(s, word)
	asked := !p.refused && at.asked && at.askedAt == p.refusals
	if at.begun == 0 {
		at.begun = m.step
	}
	switch word.meaning {
	case leaves:
		m.refuses(p)
		s.refusedAt = p.refusedAt
	case returns:
		if p.refused || at.asked {
			at.accepted, at.acceptedAt = true, s.at
		}
		if p.refused {
			p.liftedAt = m.step
		}
		p.refused, p.silence = false, false
	case agrees:
		if asked {
			at.accepted, at.acceptedAt = true, s.at
		}
	case refuses:
		if at.askedAt == p.refusals {
			at.asked = false
		}
	case asks:
	default:
		if asked && !here.explicit {
			at.accepted, at.acceptedAt = true, s.at
		}
	}
}

func (m *model) refuses(p *person) {
	if p.refused {
		return
	}
	p.refused, p.refusedAt = true, m.step
	p.refusals++
	for store, st := range p.stores {
		st.accepted = false
		delete(m.held, p.phone+store)
	}
}

// expect says what a text makes of a request that waits for it, if nothing else has
// happened since the store was last seen to wait, and nothing else happens now.
func (m *model) expect(s *said, w word) {
	p := m.people[s.phone]
	if m.writes != 1 || m.held[s.phone+s.store] != clienteling.OptInWaiting || p.erasure.running {
		return
	}
	e := &expectation{s.phone, s.store, s.body, clienteling.OptInWaiting}
	switch {
	case w.meaning == leaves:
		e.optIn = clienteling.OptInNone
	case w.meaning == refuses:
		e.optIn = clienteling.OptInRejected
	case w.meaning == agrees, w.meaning == returns, w.meaning == chat && !m.places[s.store].explicit:
		e.optIn = clienteling.OptInAccepted
	}
	m.expected = e
}

// answersInAnHour is how often a store's customer is answered by itself in an hour.
const answersInAnHour = 5

// judgeAnswer judges what a customer is answered by itself, before their text has any
// effect.
func (m *model) judgeAnswer(s *said, p *person, w word) {
	due := !w.twilios && (w.meaning == asks || w.meaning == leaves && !p.refused || w.meaning == returns && p.refused)
	hour := s.store + s.phone + s.at.UTC().Format("2006-01-02T15")
	got := s.answer != string(webhook.Nothing)
	if got {
		m.answers[hour]++
	}
	// An erasure forgets the count, at some time.
	forgotten := p.erasure.running || s.at.Sub(p.erasure.doneAt) < time.Hour
	switch {
	case got && !due:
		m.broken(ruleAnswer, "%q of %s to %s was answered %q (refused: %v, Twilio's word: %v)", s.body, s.phone, s.store, s.answer, p.refused, w.twilios)
	case got && !strings.Contains(s.answer, m.places[s.store].shop.Store.Name):
		m.broken(ruleAnswer, "%q was answered %q, which does not name the store", s.body, s.answer)
	case got && m.answers[hour] > answersInAnHour && !p.erasure.running:
		m.broken(ruleAnswer, "%s was answered by itself %d times in an hour", s.phone, m.answers[hour])
	case due && !got && m.answers[hour] < answersInAnHour && !forgotten:
		m.broken(ruleAnswer, "%q of %s to %s was not answered (refused: %v)", s.body, s.phone, s.store, p.refused)
	}
}

// acknowledged says that Twilio, and with it the customer, got the answer to a text.
func (m *model) acknowledged(s *said, answer string) {
	m.step++
	p := m.people[s.phone]
	switch {
	case !s.stored:
		m.broken(ruleInbound, "text %s was acknowledged, and is not stored", s.sid)
	case answer != s.answer:
		m.broken(ruleAnswer, "%q of %s was answered %q, and what is kept is %q", s.body, s.phone, answer, s.answer)
	}
	if m.places[s.store].means(s.body).meaning == leaves {
		p.silence = p.silence || p.refused
		p.barrier = max(p.barrier, s.refusedAt)
	}
}

// confirmed says that an associate, by an actor, got the answer that an opt-out is in force.
func (m *model) confirmed(a *actor, p *person) {
	m.step++
	refusedAt := a.refusedAt
	switch {
	case p.refused:
		refusedAt = p.refusedAt
	case refusedAt == 0 && p.liftedAt <= a.began:
		m.broken(ruleKeeps, "an associate recorded that %s wants no texts, and it is not so", p.phone)
	}
	p.asides = append(p.asides, aside{refusedAt, m.now().Add(table.CallWithin)})
}

// arrives judges a text that reaches Twilio, by a worker that began after a step.
func (m *model) arrives(k table.OutboundKey, to string, began int) {
	m.step++
	p, t := m.people[to], m.texts[k.Message]
	late := func(a aside) bool {
		return t != nil && !m.now().Before(a.from) && (t.step < a.refusedAt || p.refused && p.refusedAt == a.refusedAt)
	}
	switch {
	case t == nil:
		m.broken(ruleAccept, "text %s reaches Twilio, but was never accepted", k.Message)
	case t.erased:
		m.broken(ruleErased, "text %s reaches Twilio, written before %s was erased", k.Message, to)
	case p.silence:
		m.broken(ruleStop, "text %s reaches Twilio while %s has opted out", k.Message, to)
	case t.step < p.barrier:
		m.broken(ruleStop, "text %s reaches Twilio, written before %s opted out", k.Message, to)
	case slices.ContainsFunc(p.asides, late):
		m.broken(ruleStop, "text %s reaches Twilio, and %s has told an associate that they want none", k.Message, to)
	case !m.now().Before(t.quietBy.Add(table.CallWithin)):
		m.broken(ruleQuiet, "text %s reaches Twilio at %s, and should have by %s", k.Message, m.now(), t.quietBy)
	case t.request && m.held[to+k.Store] == clienteling.OptInRejected && began > m.since[to+k.Store]:
		m.broken(ruleKeeps, "%s said no to %s, and yet request %s reaches Twilio", to, k.Store, k.Message)
	}
}

// takes notes a text that Twilio took: from then on it can be answered.
func (m *model) takes(k table.OutboundKey, to string) {
	t := m.texts[k.Message]
	if t == nil {
		return
	}
	if t.creates++; t.creates > 1 {
		m.broken(ruleOnce, "Twilio took text %s %d times", k.Message, t.creates)
	}
	if t.request {
		at := m.people[to].at(k.Store)
		at.asked, at.askedAt = true, t.epoch
	}
}

// transaction is what the model reads of a request to DynamoDB.
type transaction struct {
	TransactItems []struct {
		Put    struct{ Item attributes }
		Update struct{ ExpressionAttributeValues attributes }
	}
}

type attributes map[string]struct {
	S    string
	N    string
	BOOL bool
}

func (a attributes) moment(name string) time.Time {
	t, _ := time.Parse(time.RFC3339, a[name].S)
	return t
}

// wrote judges a transaction of an actor at the moment it took effect.
func (m *model) wrote(a *actor, body []byte) string {
	var tx transaction
	if err := json.Unmarshal(body, &tx); err != nil {
		m.broken(ruleAccept, "a transaction cannot be read: %v", err)
		return ""
	}
	m.step++
	m.writes++
	var what, answer string
	var taken *accepted
	for _, i := range tx.TransactItems {
		if strings.HasPrefix(i.Put.Item["pk"].S, "SID#") {
			answer = i.Put.Item["answer"].S
		}
		if v := i.Update.ExpressionAttributeValues; v[":phase"].S == "claimed" {
			a.claimed = v.moment(":now")
		}
	}
	for _, i := range tx.TransactItems {
		put := i.Put.Item
		pk, sk := put["pk"].S, put["sk"].S
		_, owner, _ := strings.Cut(strings.TrimPrefix(pk, "CUSTOMER#"), "#")
		switch {
		case put["direction"].S == "outbound" && m.texts[sk] == nil:
			taken = m.accepts(a, put)
			what = fmt.Sprintf("accepted text %s of %s, request %v, to go by %s", sk, taken.key.Store, taken.request, put["goBy"].S)
		case strings.HasPrefix(pk, "IDEMPOTENCY#") && taken != nil:
			if before, used := m.keys[pk]; used && m.now().Sub(before) < 24*time.Hour {
				m.broken(ruleKey, "text %s was accepted under a key that another was accepted under", taken.key.Message)
			}
			m.keys[pk] = m.now()
		case put["direction"].S == "inbound":
			s := m.said[put["sid"].S]
			before, stored := m.inbound[s.sid]
			switch {
			case !stored:
				m.inbound[s.sid] = sk
				s.stored, s.at, s.answer = true, put.moment("at"), answer
				p := m.people[s.phone]
				p.heard[s.store] = append(p.heard[s.store], hearing{s.at, m.now()})
				m.commits(s)
				what = fmt.Sprintf("stored %q of %s", s.body, s.phone)
			case before != sk:
				m.broken(ruleInbound, "text %s was stored twice", s.sid)
			}
		case put["effect"].S == string(consent.OptedOut) && put["by"].S == "twilio":
			p := m.people[m.phones[owner]]
			if !p.blockade {
				m.broken(ruleKeeps, "an opt-out of %s at Twilio was recorded, but there was none", p.phone)
			}
			m.refuses(p)
			what = "recorded an opt-out at Twilio of " + p.phone
		case put["effect"].S == string(consent.OptedOut) && put["by"].S == "associate":
			p := m.people[m.phones[owner]]
			if p.tellings == 0 {
				m.broken(ruleKeeps, "an opt-out of %s was recorded, but nobody was told of it", p.phone)
			}
			m.refuses(p)
			a.refusedAt = p.refusedAt
			what = "recorded that an associate was told of an opt-out of " + p.phone
		case sk == "ERASURE" && put["state"].S == "running":
			m.erasureBegins(m.people[m.phones[owner]], put)
			what = "took the order to erase " + m.phones[owner]
		case sk == "ERASURE":
			m.erasureIsDone(m.people[m.phones[owner]], put)
			what = "erased " + m.phones[owner]
		}
	}
	return what
}

// accepts judges a text that was accepted at the request of an actor.
func (m *model) accepts(a *actor, put attributes) *accepted {
	k := strings.Split(put["pk"].S, "#") // THREAD, retailer, store, customer
	p := m.people[m.phones[k[3]]]
	t := &accepted{
		key: table.OutboundKey{Retailer: k[1], Store: k[2], Customer: k[3], Message: put["sk"].S}, request: put["request"].BOOL,
		step: m.step, epoch: p.refusals, body: put["text"].S,
	}
	m.texts[t.key.Message] = t
	if at := p.at(k[2]); at.begun == 0 {
		at.begun = m.step
	}
	switch {
	case p.refused:
		m.broken(ruleRequest, "text %s of %s to %s was accepted (a request: %v)", t.key.Message, k[2], p.phone, t.request)
	case !t.request && !p.at(k[2]).accepted:
		m.broken(ruleAccept, "text %s of %s to %s was accepted", t.key.Message, k[2], p.phone)
	case p.erasure.running && a.began > p.erasure.begun:
		m.broken(ruleErased, "text %s was accepted while %s is being erased", t.key.Message, p.phone)
	case strings.Contains(t.body, "{{"):
		m.broken(ruleFilled, "text %s is %q", t.key.Message, t.body)
	case t.request && !strings.Contains(t.body, m.places[k[2]].shop.Store.Name):
		m.broken(ruleFilled, "request %s does not say which store asks: %q", t.key.Message, t.body)
	}
	m.judgeHour(a, p, t)
	if t.request {
		day := put["byId"].S + put.moment("at").UTC().Format(time.DateOnly)
		if m.requests[day]++; m.requests[day] > m.perDay {
			m.broken(ruleQuota, "%s asked %d customers in a day, and may ask %d", put["byId"].S, m.requests[day], m.perDay)
		}
	}
	return t
}

// judgeHour judges whether a text may be accepted now, and says until when it may go.
// The product looks at the clock some time between the beginning of the actor and now,
// and at what was heard from the customer by then.
func (m *model) judgeHour(a *actor, p *person, t *accepted) {
	zone, now := m.places[t.key.Store].zone, m.now()
	var before, latest time.Time
	for _, h := range p.heard[t.key.Store] {
		if latest = later(latest, h.at); !h.stored.After(a.at0) {
			before = h.at
		}
	}
	may := false
	for _, at := range []time.Time{a.at0, now} {
		if zone.may(at, latest) {
			may = true
			t.quietBy = later(t.quietBy, zone.until(at, latest))
		}
		if zone.may(at, before) {
			if until := zone.until(at, before); t.quietFrom.IsZero() || until.Before(t.quietFrom) {
				t.quietFrom = until
			}
		}
	}
	if !may {
		m.broken(ruleQuiet, "text %s was accepted at %s, which is %s at %s", t.key.Message, now, zone.ofDay(now), t.key.Store)
	}
	// Who is accepted at the last second has a minute.
	t.quietBy = later(t.quietBy, now.Add(time.Minute))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// refusedForToday judges that an associate was told that they have asked enough people.
func (m *model) refusedForToday(a *actor, associate string) {
	for _, at := range []time.Time{a.at0, m.now()} {
		if m.requests[associate+at.UTC().Format(time.DateOnly)] >= m.perDay {
			return
		}
	}
	m.broken(ruleQuota, "%s may ask nobody any more, and has asked too few to be told so", associate)
}
