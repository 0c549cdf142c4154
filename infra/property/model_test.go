package property

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/table"
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
	people   map[string]*person
	explicit map[string]bool // stores that only YES accepts
	texts    map[string]*accepted
	keys     map[string]time.Time
	inbound  map[string]string // the thread's entry of an inbound text, by SID
	breach   *breach
	seen     map[string]string            // statuses by key at the last look
	held     map[string]clienteling.OptIn // what customers said to stores, at the last look
	since    map[string]int               // the step at which that was first seen
}

// person is a customer.
type person struct {
	phone   string
	refused bool
	// refusals counts their opt-outs; refusedAt is the step of the last one.
	refusals, refusedAt int
	// silence says that an opt-out in force was acknowledged, and barrier is the
	// step before which texts were written that may never arrive any more.
	silence  bool
	barrier  int
	stores   map[string]*standing
	blockade bool // they once told Twilio to keep texts from them
}

// standing is what a customer said to a store: at most that much.
type standing struct {
	accepted bool
	asked    bool
	askedAt  int // refusals by then
}

// accepted is a text that we took from an associate.
type accepted struct {
	key     table.OutboundKey
	request bool
	step    int
	epoch   int
	creates int
	body    string
}

// said is a text of a customer to a store.
type said struct {
	sid, phone, store, body string
	// refusedAt is the step of the opt-out that it made, or found in force.
	refusedAt int
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
	at := p.at(s.store)
	switch s.body {
	case "STOP", "opt out":
		if !p.refused {
			p.refused, p.refusedAt = true, m.step
			p.refusals++
			for store, st := range p.stores {
				st.accepted = false
				delete(m.held, p.phone+store)
			}
		}
		s.refusedAt = p.refusedAt
	case "START", "YES":
		if p.refused || at.asked {
			at.accepted = true
		}
		p.refused, p.silence = false, false
	case "NO":
		if at.askedAt == p.refusals {
			at.asked = false
		}
	default:
		if !p.refused && at.asked && at.askedAt == p.refusals && !m.explicit[s.store] {
			at.accepted = true
		}
	}
}

// acknowledged says that Twilio, and with it the customer, got the answer to a text.
func (m *model) acknowledged(s *said) {
	m.step++
	if p := m.people[s.phone]; s.body == "STOP" || s.body == "opt out" {
		p.silence = p.silence || p.refused
		p.barrier = max(p.barrier, s.refusedAt)
	}
}

// arrives judges a text that reaches Twilio, by a worker that began after a step.
func (m *model) arrives(k table.OutboundKey, to string, began int) {
	m.step++
	p, t := m.people[to], m.texts[k.Message]
	switch {
	case t == nil:
		m.broken(ruleAccept, "text %s reaches Twilio, but was never accepted", k.Message)
	case p.silence:
		m.broken(ruleStop, "text %s reaches Twilio while %s has opted out", k.Message, to)
	case t.step < p.barrier:
		m.broken(ruleStop, "text %s reaches Twilio, written before %s opted out", k.Message, to)
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
		Put struct {
			Item map[string]struct {
				S    string
				N    string
				BOOL bool
			}
		}
	}
}

// wrote judges a transaction at the moment it took effect. texts are the customers'
// by SID, phones their numbers by their names.
func (m *model) wrote(body []byte, texts map[string]*said, phones map[string]string) string {
	var tx transaction
	if err := json.Unmarshal(body, &tx); err != nil {
		m.broken(ruleAccept, "a transaction cannot be read: %v", err)
		return ""
	}
	m.step++
	var what string
	var taken *accepted
	for _, i := range tx.TransactItems {
		put := i.Put.Item
		pk, sk := put["pk"].S, put["sk"].S
		switch {
		case put["direction"].S == "outbound" && m.texts[sk] == nil:
			k := strings.Split(pk, "#") // THREAD, retailer, store, customer
			p := m.people[phones[k[3]]]
			taken = &accepted{
				key: table.OutboundKey{Retailer: k[1], Store: k[2], Customer: k[3], Message: sk}, request: put["request"].BOOL,
				step: m.step, epoch: p.refusals, body: put["text"].S,
			}
			m.texts[sk] = taken
			what = fmt.Sprintf("accepted text %s of %s to %s, request %v", sk, k[2], p.phone, taken.request)
			switch {
			case p.refused:
				m.broken(ruleRequest, "text %s of %s to %s was accepted (a request: %v)", sk, k[2], p.phone, taken.request)
			case !taken.request && !p.at(k[2]).accepted:
				m.broken(ruleAccept, "text %s of %s to %s was accepted", sk, k[2], p.phone)
			}
		case strings.HasPrefix(pk, "IDEMPOTENCY#") && taken != nil:
			if before, used := m.keys[pk]; used && m.now().Sub(before) < 24*time.Hour {
				m.broken(ruleKey, "text %s was accepted under a key that another was accepted under", taken.key.Message)
			}
			m.keys[pk] = m.now()
		case put["direction"].S == "inbound":
			s := texts[put["sid"].S]
			before, stored := m.inbound[s.sid]
			switch {
			case !stored:
				m.inbound[s.sid] = sk
				m.commits(s)
				what = fmt.Sprintf("stored %q of %s", s.body, s.phone)
			case before != sk:
				m.broken(ruleInbound, "text %s was stored twice", s.sid)
			}
		case put["effect"].S == string(consent.OptedOut) && put["by"].S == "twilio":
			_, customer, _ := strings.Cut(strings.TrimPrefix(pk, "CUSTOMER#"), "#")
			p := m.people[phones[customer]]
			if !p.blockade {
				m.broken(ruleKeeps, "an opt-out of %s at Twilio was recorded, but there was none", p.phone)
			}
			if !p.refused {
				m.commits(&said{phone: p.phone, store: put["store"].S, body: "STOP"})
			}
			what = "recorded an opt-out at Twilio of " + p.phone
		}
	}
	return what
}

// look judges the table as it is.
func (m *model) look(items scenario.Items, phones map[string]string) {
	seen := map[string]string{}
	count := map[string]int{}
	for k, i := range items {
		pk, id, _ := strings.Cut(k, " / ")
		if !strings.HasPrefix(pk, "THREAD#") {
			continue
		}
		status, _ := i["status"].(string)
		seen[k] = status
		if i["direction"] == "inbound" {
			sid, _ := i["sid"].(string)
			if count[sid]++; count[sid] > 1 || m.inbound[sid] != id {
				m.broken(ruleInbound, "text %s is in its thread as %s, and was stored as %s", sid, id, m.inbound[sid])
			}
		}
	}
	for k, was := range m.seen {
		is, there := seen[k]
		switch {
		case !there:
			m.broken(ruleForward, "%s is gone", k)
		case is != was && rank(is) <= rank(was):
			m.broken(ruleForward, "%s went from %s to %s", k, was, is)
		}
	}
	for sid := range m.inbound {
		if count[sid] != 1 {
			m.broken(ruleInbound, "text %s is in its thread %d times", sid, count[sid])
		}
	}
	m.seen = seen
	for customer, phone := range phones {
		m.lookAtConsent(items, customer, phone)
	}
}

// rank orders statuses; the last words are one rank.
func rank(status string) int {
	switch status {
	case "queued":
		return 1
	case "sending":
		return 2
	case "sent":
		return 3
	default:
		return 4
	}
}

// lookAtConsent compares a customer's consent with its ledger, and with what held.
func (m *model) lookAtConsent(items scenario.Items, customer, phone string) {
	partition := "CUSTOMER#" + m.retailer + "#" + customer + " / "
	state := replay(items, partition)
	suppression := items[partition+"SUPPRESSION"]
	open := suppression["state"] == "open"
	if epoch := number(suppression["epoch"]); open != state.refused || epoch != state.epoch {
		m.broken(ruleLedger, "of %s the ledger says refused %v at epoch %d, the state %v at %d", phone, state.refused, state.epoch, open, epoch)
	}
	if p := m.people[phone]; open != p.refused {
		m.broken(ruleKeeps, "of %s it is stored that they refuse: %v; they do: %v", phone, open, p.refused)
	}
	for store, at := range m.people[phone].stores {
		conversation, there := items[partition+"STORE#"+store]
		if !there {
			continue
		}
		is := effective(open, number(suppression["epoch"]), text(conversation["optIn"]), number(conversation["optInEpoch"]))
		logged := effective(state.refused, state.epoch, string(state.optIn[store]), state.optInEpoch[store])
		if is == clienteling.OptInAccepted && !at.accepted {
			m.broken(ruleKeeps, "%s never accepted texts of %s", phone, store)
		}
		held := phone + store
		if m.held[held] == clienteling.OptInAccepted && at.accepted && is != clienteling.OptInAccepted {
			m.broken(ruleKeeps, "%s accepted texts of %s, and now it is %s", phone, store, is)
		}
		if m.held[held] == clienteling.OptInRejected && is == clienteling.OptInWaiting {
			m.broken(ruleKeeps, "%s said no to %s, and now it is %s", phone, store, is)
		}
		if is != logged {
			m.broken(ruleLedger, "of %s with %s the ledger says %s, the state %s", phone, store, logged, is)
		}
		if m.held[held] != is {
			m.since[held] = m.step
		}
		m.held[held] = is
	}
}

// replayed is the state that the entries of a ledger lead to.
type replayed struct {
	refused    bool
	epoch      int
	optIn      map[string]clienteling.OptIn
	optInEpoch map[string]int
}

// replay reads a customer's ledger in order. Only a request that never arrived is
// told by its text.
func replay(items scenario.Items, partition string) replayed {
	state := replayed{optIn: map[string]clienteling.OptIn{}, optInEpoch: map[string]int{}}
	var ids []string
	lost := map[string]bool{}
	for k, i := range items {
		if strings.HasPrefix(k, partition+"CONSENT#") {
			ids = append(ids, k)
		}
		if strings.HasPrefix(k, "THREAD#") && (i["status"] == "undelivered" || i["status"] == "failed") {
			lost[text(i["sid"])] = true
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		entry := items[id]
		store, epoch := text(entry["store"]), number(entry["epoch"])
		to := clienteling.OptInNone
		switch consent.Effect(text(entry["effect"])) {
		case consent.OptedOut:
			state.refused, state.epoch = true, epoch
		case consent.OptedIn:
			state.refused, to = false, clienteling.OptInAccepted
		case consent.Accepted:
			to = clienteling.OptInAccepted
		case consent.Rejected:
			to = clienteling.OptInRejected
		case consent.Requested:
			if was := state.optIn[store]; epoch <= state.optInEpoch[store] && (was == clienteling.OptInAccepted || was == clienteling.OptInRejected) {
				continue // it crossed the customer's word
			}
			if to = clienteling.OptInWaiting; lost[text(entry["sid"])] {
				to = clienteling.OptInNone
			}
		}
		state.optIn[store], state.optInEpoch[store] = to, epoch
	}
	return state
}

// effective is how far an opt-in is that still counts.
func effective(refused bool, epoch int, optIn string, optInEpoch int) clienteling.OptIn {
	if refused || epoch != optInEpoch || optIn == "" {
		return clienteling.OptInNone
	}
	return clienteling.OptIn(optIn)
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func number(v any) int {
	n, _ := v.(json.Number)
	i, _ := n.Int64()
	return int(i)
}

// lookAtEnd judges the table when nothing is due any more.
func (m *model) lookAtEnd(items scenario.Items) {
	type same struct{ store, customer, body string }
	sent, creates, unknown := map[same]int{}, map[same]int{}, map[same]int{}
	for _, t := range m.texts {
		i := items["THREAD#"+t.key.Retailer+"#"+t.key.Store+"#"+t.key.Customer+" / "+t.key.Message]
		status, reason := text(i["status"]), text(i["reason"])
		s := same{t.key.Store, t.key.Customer, t.body}
		creates[s] += t.creates
		switch {
		case status == "sent" || status == "delivered" || status == "undelivered" || status == "failed" && i["sid"] != nil:
			sent[s]++
		case status == "failed" && reason == clienteling.ReasonOutcomeUnknown:
			unknown[s]++
		case (status == "failed" || status == "canceled") && reason != "":
			if t.creates > 0 {
				m.broken(ruleEnds, "text %s is %s (%s), but Twilio took it", t.key.Message, status, reason)
			}
		default:
			m.broken(ruleEnds, "text %s is left %s (reason %q, phase %v)", t.key.Message, status, reason, i["phase"])
		}
	}
	// Texts alike may stand for one another: Twilio's list does not tell them apart.
	for s, n := range creates {
		if n < sent[s] || n > sent[s]+unknown[s] {
			m.broken(ruleEnds, "of %+v Twilio took %d, and %d are sent, %d unknown", s, n, sent[s], unknown[s])
		}
	}
	for k, i := range items {
		if i["sending"] != nil || i["requestPending"] != nil {
			m.broken(ruleEnds, "%s still says that something is being sent: %v %v", k, i["sending"], i["requestPending"])
		}
	}
}
