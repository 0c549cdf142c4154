package property

import (
	"fmt"
	"strings"
	"time"

	"clienteling/infra/scenario"
)

// erasure is how far a customer is erased.
type erasure struct {
	running bool
	// begun is the step at which it was ordered, requestedAt the time that it is from,
	// and doneAt the time at which it was done; all of the last one.
	begun               int
	requestedAt, doneAt time.Time
	// judged says that the table was looked at since it was done, and left is what was
	// there then; nil for somebody who never was erased.
	judged bool
	left   *remains
}

// remains are what an erasure leaves of a customer: a refusal, and what they have said
// since it was ordered.
type remains struct {
	state replayed
	// ledger are the entries that state accounts for.
	ledger map[string]bool
}

// erasureBegins takes note of an order; what DynamoDB takes twice for one is one.
func (m *model) erasureBegins(p *person, put attributes) {
	switch at := put.moment("requestedAt"); {
	case p.erasure.running && p.erasure.requestedAt.Equal(at):
		return
	case p.erasure.running:
		m.broken(ruleErased, "%s is to be erased twice at the same time", p.phone)
	}
	p.erasure = erasure{running: true, begun: m.step, requestedAt: put.moment("requestedAt"), left: p.erasure.left}
	for store := range p.stores {
		delete(m.held, p.phone+store)
	}
}

// erasureIsDone judges what Twilio has, and forgets what the product should.
func (m *model) erasureIsDone(p *person, put attributes) {
	switch at := put.moment("requestedAt"); {
	case !p.erasure.running && p.erasure.requestedAt.Equal(at):
		return
	case !p.erasure.running || !p.erasure.requestedAt.Equal(at):
		m.broken(ruleErased, "%s was erased, and nobody asked for it", p.phone)
	}
	p.erasure.running, p.erasure.judged, p.erasure.doneAt = false, false, m.now()
	ours, theirs := m.atTwilio(p.phone)
	for _, t := range ours {
		m.broken(ruleErased, "%s was erased, and Twilio has text %s", p.phone, t.Key.Message)
	}
	for _, sid := range theirs {
		if s := m.said[sid]; m.isBefore(s) {
			m.broken(ruleErased, "%s was erased, and Twilio has their text %s", p.phone, sid)
		}
	}
	for _, t := range m.texts {
		if m.phones[t.key.Customer] == p.phone {
			t.erased = true
		}
	}
	for sid := range m.inbound {
		if s := m.said[sid]; s.phone == p.phone && m.isBefore(s) {
			s.erased = true
			delete(m.inbound, sid)
		}
	}
	for store, st := range p.stores {
		st.begun, st.asked = 0, false
		st.accepted = st.accepted && !st.acceptedAt.Before(p.erasure.requestedAt)
		delete(m.held, p.phone+store)
		var since []hearing
		for _, h := range p.heard[store] {
			if !h.at.Before(p.erasure.requestedAt) {
				since = append(since, h)
			}
		}
		p.heard[store] = since
	}
	for hour := range m.answers {
		if strings.Contains(hour, p.phone) {
			delete(m.answers, hour)
		}
	}
}

// somebodyIsErased says that an erasure is done whose traces nobody has looked for.
func (m *model) somebodyIsErased() bool {
	for _, p := range m.people {
		if e := p.erasure; !e.doneAt.IsZero() && !e.judged {
			return true
		}
	}
	return false
}

// isBefore says that a text came before its customer's last erasure was ordered.
func (m *model) isBefore(s *said) bool {
	return s.erased || s.stored && s.at.Before(m.people[s.phone].erasure.requestedAt)
}

// isPast says that Twilio has long ceased to deliver a text again when what we have of it
// may be erased.
func (m *model) isPast(s *said) bool {
	const delivers = 45 * time.Second
	return s.erased || m.isBefore(s) && m.now().Sub(m.people[s.phone].erasure.requestedAt) > delivers
}

// beginsAnew says whether the store has a conversation that the customer has begun since
// they were erased, or since that was ordered.
func (m *model) beginsAnew(p *person, store string) bool {
	for sid := range m.inbound {
		if s := m.said[sid]; s.phone == p.phone && s.store == store {
			return true
		}
	}
	for _, t := range m.texts {
		if m.phones[t.key.Customer] == p.phone && t.key.Store == store && !t.erased {
			return true
		}
	}
	return false
}

// lookAtErased judges what the table has of a customer who was erased.
func (m *model) lookAtErased(items scenario.Items, customer string, p *person) {
	conversation, thread := "CUSTOMER#"+m.retailer+"#"+customer+" / STORE#", "THREAD#"+m.retailer+"#"
	partition := "CUSTOMER#" + m.retailer + "#" + customer + " / "
	for k, i := range items {
		store, isConversation := strings.CutPrefix(k, conversation)
		switch {
		case isConversation && m.beginsAnew(p, store):
			if !p.erasure.judged && (i["name"] != nil || i["requestPending"] != nil) {
				m.broken(ruleErased, "%s was erased, and %s still knows: %v", p.phone, store, i)
			}
		case strings.Contains(fmt.Sprint(k, i), p.phone[1:]):
			m.broken(ruleErased, "%s was erased, and %s is %v", p.phone, k, i)
		case p.erasure.judged:
		case strings.HasPrefix(k, partition+"CONSENT#") && moment(i["at"]).Before(p.erasure.requestedAt):
			m.broken(ruleErased, "%s was erased, and the ledger has %v", p.phone, i)
		case strings.HasPrefix(k, thread) && strings.Contains(k, "#"+customer+" / ") && m.inbound[text(i["sid"])] == "":
			m.broken(ruleErased, "%s was erased, and %s is %v", p.phone, k, i)
		case k == partition+"SUPPRESSION" && moment(i["since"]).Before(p.erasure.requestedAt) && (i["sid"] != nil || i["store"] != nil):
			m.broken(ruleErased, "%s was erased, and the refusal still says how it came about: %v", p.phone, i)
		}
	}
	if p.erasure.judged {
		return
	}
	p.erasure.judged = true
	p.erasure.left = &remains{replayed{p.refused, number(items[partition+"SUPPRESSION"]["epoch"]), nil, nil}, map[string]bool{}}
	p.erasure.left.state.begin()
	for k, i := range items {
		if strings.HasPrefix(k, partition+"CONSENT#") {
			p.erasure.left.ledger[k] = true
		}
		if store, is := strings.CutPrefix(k, conversation); is {
			p.erasure.left.state.at(store, text(i["optIn"]), number(i["optInEpoch"]))
		}
	}
}

func moment(v any) time.Time {
	t, _ := time.Parse(time.RFC3339, text(v))
	return t
}
