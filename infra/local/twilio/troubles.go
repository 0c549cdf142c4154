package twilio

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// trouble is a fault on demand, as POST /control/faults takes it. (A fault, without the
// demand, is an entry of Twilio's error dictionary.)
type trouble struct {
	Operation string `json:"operation"`
	Kind      string `json:"kind"`
	To        string `json:"to,omitempty"` // only what is about this customer, or this number of the account
	Nth       int    `json:"nth"`          // strikes from the nth coming call on; 0: from the next
	Times     int    `json:"times"`        // so many calls; 0: all
	MS        int    `json:"ms,omitempty"` // how slow, how late
	Hits      int    `json:"hits"`         // calls struck so far

	wait int // calls that it still lets pass
}

// maxTroubles are remembered. The oldest goes first.
const maxTroubles = 1000

// troubleKinds are the kinds of each operation but those of the REST API, which take
// restTroubles and any error code; an outcome takes any error code after its word, too.
var troubleKinds = map[string][]string{
	"callback":        {"lose", "repeat", "late", "reorder", "never-final"},
	"review-callback": {"lose", "repeat", "late"},
	"outcome":         {"sent"},
}

// restOperations are the operations of the REST API: a collection and its verbs. All of
// them take the same kinds.
var restOperations = map[string]string{
	"messages":    "create fetch list delete",
	"media":       "list fetch delete",
	"calls":       "list fetch delete",
	"numbers":     "search buy update release list fetch",
	"addresses":   "create list fetch update delete",
	"regulations": "list fetch",
	"endusers":    "create list fetch update delete",
	"documents":   "create list fetch update delete",
	"bundles":     "create list fetch update delete",
	"assignments": "create list fetch delete",
	"evaluations": "create list fetch",
	"policies":    "list fetch",
	"profiles":    "create list fetch update delete assign assignments assignment unassign evaluate evaluations evaluation",
	"products":    "create list fetch update delete assign assignments assignment unassign evaluate evaluations evaluation",
	"brands":      "create list fetch update",
	"services":    "create list fetch update delete add senders sender remove",
	"campaigns":   "create list fetch update delete",
}

// isREST tells whether an operation is one of the REST API.
func isREST(operation string) bool {
	collection, verb, _ := strings.Cut(operation, ".")
	return verb != "" && slices.Contains(strings.Fields(restOperations[collection]), verb)
}

// operations are all that a trouble can be about.
func operations() []string {
	all := slices.Collect(maps.Keys(troubleKinds))
	for collection, verbs := range restOperations {
		for verb := range strings.FieldsSeq(verbs) {
			all = append(all, collection+"."+verb)
		}
	}
	slices.Sort(all)
	return all
}

var (
	restTroubles = []string{
		"429", "500", "503", "html-503", "timeout-before", "timeout-after", "reset-before", "reset-after", "slow",
	}
	codeKind    = regexp.MustCompile(`^(?:code:)?([1-9][0-9]{4})$`)
	outcomeKind = regexp.MustCompile(`^(undelivered|failed):([1-9][0-9]{4})$`)
)

func (t trouble) check() error {
	kinds, known := troubleKinds[t.Operation]
	rest := isREST(t.Operation)
	if rest {
		kinds, known = restTroubles, true
	}
	switch {
	case !known:
		return refuse(400, "operation %q: want one of %s", t.Operation, strings.Join(operations(), ", "))
	case slices.Contains(kinds, t.Kind), rest && codeKind.MatchString(t.Kind), t.Operation == "outcome" && outcomeKind.MatchString(t.Kind):
	case rest:
		return refuse(400, "kind %q: %s takes %s, or an error code like code:21610", t.Kind, t.Operation, strings.Join(kinds, ", "))
	case t.Operation == "outcome":
		return refuse(400, "kind %q: an outcome is sent, or undelivered or failed with a code, like undelivered:30005", t.Kind)
	default:
		return refuse(400, "kind %q: a %s takes %s", t.Kind, t.Operation, strings.Join(kinds, ", "))
	}
	switch {
	case t.Nth < 0 || t.Times < 0:
		return refuse(400, "nth %d, times %d: want 0 or more", t.Nth, t.Times)
	case t.MS < 0 || t.delay() > maxDelay:
		return refuse(400, "ms %d: want 0 to %d", t.MS, maxDelay.Milliseconds())
	case (t.Kind == "slow" || t.Kind == "late") != (t.MS > 0):
		return refuse(400, "ms %d: slow and late need ms, the other kinds take none", t.MS)
	case t.To != "" && !e164.MatchString(t.To):
		return refuse(400, "to %q: give the phone number in E.164, or leave it out for all", t.To)
	}
	return nil
}

func (t trouble) delay() time.Duration { return time.Duration(t.MS) * time.Millisecond }

// code is the error that a REST call gets as JSON, 0 when it gets something else.
func (t trouble) code() int {
	switch t.Kind {
	case "429":
		return 20429
	case "500":
		return 20500
	case "503":
		return 20503
	}
	if found := codeKind.FindStringSubmatch(t.Kind); found != nil {
		code, _ := strconv.Atoi(found[1]) // five digits, says the expression
		return code
	}
	return 0
}

// strike is the trouble that meets this call, the zero one when there is none. Each
// trouble counts all calls it is about, so that the second call is the second whatever
// happened to the first; of several that are due the oldest strikes and the others stay
// due. The status is that of a callback. The caller holds the lock.
func (s *Simulator) strike(operation, to, status string) trouble {
	var struck trouble
	for n := range s.troubles {
		t := &s.troubles[n]
		switch {
		case t.Operation != operation, t.To != "" && t.To != to, t.Kind == "never-final" && !final(status):
		case t.wait > 0:
			t.wait--
		case struck.Kind == "" && (t.Times == 0 || t.Hits < t.Times):
			t.Hits++
			struck = *t
		}
	}
	return struck
}

func (s *Simulator) postTrouble(r *http.Request) (any, error) {
	t := trouble{Nth: 1}
	if err := decode(r, &t); err != nil {
		return nil, err
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	t.Hits, t.wait = 0, max(0, t.Nth-1)
	if t.Nth > 0 && t.Times == 0 {
		t.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.troubles = append(s.troubles, t)
	s.troubles = slices.Delete(s.troubles, 0, max(0, len(s.troubles)-maxTroubles))
	return t, nil
}

func (s *Simulator) getTroubles(*http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string][]trouble{"faults": append([]trouble{}, s.troubles...)}, nil
}

func (s *Simulator) deleteTroubles(*http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.troubles = nil
	return map[string][]trouble{"faults": {}}, nil
}
