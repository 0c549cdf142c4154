package property

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

// look judges the table as it is.
func (m *model) look(items scenario.Items) {
	seen := map[string]string{}
	count := map[string]int{}
	for k, i := range items {
		pk, id, _ := strings.Cut(k, " / ")
		if !strings.HasPrefix(pk, "THREAD#") {
			continue
		}
		status := text(i["status"])
		seen[k] = status
		if t := m.texts[id]; t != nil && t.erased {
			m.broken(ruleErased, "text %s was erased, and is %v", id, i)
		}
		if i["direction"] == "inbound" {
			sid := text(i["sid"])
			if m.said[sid].erased {
				m.broken(ruleErased, "text %s was erased, and is %v", sid, i)
			}
			if count[sid]++; count[sid] > 1 || m.inbound[sid] != id {
				m.broken(ruleInbound, "text %s is in its thread as %s, and was stored as %s", sid, id, m.inbound[sid])
			}
		}
		if t := m.texts[id]; t != nil && status == "canceled" && i["reason"] == clienteling.ReasonQuietHours && m.seen[k] != status && m.now().Before(t.quietFrom) {
			m.broken(ruleQuiet, "text %s was withdrawn for quiet hours, which begin at %s", id, t.quietFrom)
		}
	}
	for k, was := range m.seen {
		is, there := seen[k]
		switch {
		case !there && m.mayGo(k):
		case !there:
			m.broken(ruleForward, "%s is gone", k)
		case is != was && rank(is) <= rank(was):
			m.broken(ruleForward, "%s went from %s to %s", k, was, is)
		}
	}
	for sid := range m.inbound {
		if count[sid] != 1 && !m.people[m.said[sid].phone].erasure.running {
			m.broken(ruleInbound, "text %s is in its thread %d times", sid, count[sid])
		}
	}
	m.seen = seen
	for _, customer := range slices.Sorted(maps.Keys(m.phones)) {
		p := m.people[m.phones[customer]]
		if e := p.erasure; !e.doneAt.IsZero() && !e.judged {
			m.lookAtErased(items, customer, p)
		}
		m.lookAtConsent(items, customer, p)
	}
	m.expected, m.writes = nil, 0
}

// mayGo says that an entry of a thread may go: its customer is being erased, or just was.
func (m *model) mayGo(key string) bool {
	thread, _, _ := strings.Cut(key, " / ")
	e := m.people[m.phones[thread[strings.LastIndex(thread, "#")+1:]]].erasure
	return e.running || !e.doneAt.IsZero() && !e.judged
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
func (m *model) lookAtConsent(items scenario.Items, customer string, p *person) {
	partition := "CUSTOMER#" + m.retailer + "#" + customer + " / "
	suppression := items[partition+"SUPPRESSION"]
	open, epoch := suppression["state"] == "open", number(suppression["epoch"])
	if open != p.refused {
		m.broken(ruleKeeps, "of %s it is stored that they refuse: %v; they do: %v", p.phone, open, p.refused)
	}
	if p.erasure.running {
		return // what they said to stores is on its way out
	}
	state := replay(items, partition, p.erasure.left)
	if open != state.refused || epoch != state.epoch {
		m.broken(ruleLedger, "of %s the ledger says refused %v at epoch %d, the state %v at %d", p.phone, state.refused, state.epoch, open, epoch)
	}
	for _, store := range slices.Sorted(maps.Keys(p.stores)) {
		conversation, there := items[partition+"STORE#"+store]
		if !there {
			continue
		}
		at, held := p.stores[store], p.phone+store
		is := effective(open, epoch, text(conversation["optIn"]), number(conversation["optInEpoch"]))
		logged := effective(state.refused, state.epoch, string(state.optIn[store]), state.optInEpoch[store])
		if is == clienteling.OptInAccepted && !at.accepted {
			m.broken(ruleKeeps, "%s never accepted texts of %s", p.phone, store)
		}
		if m.held[held] == clienteling.OptInAccepted && at.accepted && is != clienteling.OptInAccepted {
			m.broken(ruleKeeps, "%s accepted texts of %s, and now it is %s", p.phone, store, is)
		}
		if m.held[held] == clienteling.OptInRejected && is == clienteling.OptInWaiting {
			m.broken(ruleKeeps, "%s said no to %s, and now it is %s", p.phone, store, is)
		}
		if is != logged {
			m.broken(ruleLedger, "of %s with %s the ledger says %s, the state %s", p.phone, store, logged, is)
		}
		if e := m.expected; e != nil && m.writes == 1 && e.phone == p.phone && e.store == store && is != e.optIn {
			m.broken(ruleWords, "%s said %q to %s, which makes it %s, and it is %s", p.phone, e.body, store, e.optIn, is)
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

func (r *replayed) begin() {
	r.optIn, r.optInEpoch = map[string]clienteling.OptIn{}, map[string]int{}
}

func (r *replayed) at(store, optIn string, epoch int) {
	r.optIn[store], r.optInEpoch[store] = clienteling.OptIn(optIn), epoch
}

// replay reads a customer's ledger in order, from what an erasure has left of them on.
// Only a request that never arrived is told by its text.
func replay(items scenario.Items, partition string, left *remains) replayed {
	var state replayed
	state.begin()
	known := map[string]bool{}
	if left != nil {
		known = left.ledger
		state.refused, state.epoch = left.state.refused, left.state.epoch
		maps.Copy(state.optIn, left.state.optIn)
		maps.Copy(state.optInEpoch, left.state.optInEpoch)
	}
	var ids []string
	lost := map[string]bool{}
	for k, i := range items {
		if strings.HasPrefix(k, partition+"CONSENT#") && !known[k] {
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
		state.at(store, string(to), epoch)
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

// lookAtInbox judges what a store's inbox shows when nothing is due any more. It does not
// learn of an opt-out that was in force when the conversation began.
func (m *model) lookAtInbox(store string, shown []clienteling.Conversation) {
	for _, c := range shown {
		p := m.people[m.phones[c.ID]]
		knows := p.at(store).begun > 0 && p.at(store).begun < p.refusedAt
		if is := m.held[p.phone+store]; c.OptIn != is || knows && c.OptedOut != p.refused {
			m.broken(ruleShown, "%s is shown with %s as %s, opted out %v, and is %s, %v", p.phone, store, c.OptIn, c.OptedOut, is, p.refused)
		}
	}
}

// lookAtEnd judges the table when nothing is due any more.
func (m *model) lookAtEnd(items scenario.Items) {
	type same struct{ store, customer, body string }
	sent, creates, unknown := map[same]int{}, map[same]int{}, map[same]int{}
	for _, t := range m.texts {
		if t.erased {
			continue
		}
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
	for customer, phone := range m.phones {
		p := m.people[phone]
		switch {
		case p.erasure.running:
			m.broken(ruleErased, "%s was to be erased at %s, and is not", phone, p.erasure.requestedAt)
		case !p.erasure.doneAt.IsZero():
			m.lookAtErased(items, customer, p)
		}
	}
}
