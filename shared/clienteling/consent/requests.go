package consent

import (
	"strings"
	"time"

	"clienteling/shared/clienteling"
)

const (
	// requestPause is how long an unanswered request has to rest.
	requestPause = 24 * time.Hour
	// requestsAgain is how often it may be made again.
	requestsAgain = 2
)

// MayWrite returns nil if a store may text the customer, and otherwise why not.
func MayWrite(s State) error {
	switch {
	case s.Refused:
		return ErrOptedOut
	case !s.Holds():
		return ErrOptInRequired
	default:
		return nil
	}
}

// MayAsk returns nil if a store may send an opt-in request now, and otherwise why not.
func MayAsk(s State, r clienteling.OptInRequests, now time.Time) error {
	asked := s.OptInEpoch == s.Epoch
	switch {
	case s.Refused:
		return ErrOptedOut
	case s.Holds():
		return clienteling.E(clienteling.Conflict, "opted_in", "The customer has opted in already: write to them.")
	case asked && s.OptIn == clienteling.OptInRejected:
		return clienteling.E(clienteling.Conflict, "opt_in_rejected", "The customer said no to this store. They may write first.")
	case r.Pending != "":
		return clienteling.E(clienteling.Conflict, "opt_in_pending", "A request is on its way to the customer. Wait for their answer.")
	case r.Count > requestsAgain:
		return clienteling.E(clienteling.Conflict, "opt_in_exhausted", "The customer was asked %d times and did not answer. Do not ask again.", r.Count)
	case r.Count > 0 && now.Before(r.Last.Add(requestPause)):
		return clienteling.E(clienteling.Conflict, "opt_in_too_soon", "The customer was asked less than 24 hours ago. Ask again after %s.",
			r.Last.Add(requestPause).UTC().Format(time.RFC3339))
	default:
		return nil
	}
}

// ErrOptedOut says that the customer has refused the retailer.
var ErrOptedOut = clienteling.E(clienteling.Conflict, "opted_out", "The customer has opted out of all messages. Only they can change that, by texting START.")

// ErrOptInRequired says that the customer has not agreed to texts of the store.
var ErrOptInRequired = clienteling.E(clienteling.Conflict, "opt_in_required", "The customer has not opted in. Send an opt-in request and wait for their answer.")

// Request is the text of an opt-in request: what the associate says of themselves,
// if anything, and the opt-in message, filled in. Both go as one text, since a text
// before consent may only ask for it.
func Request(introduction, message string) string {
	if introduction = strings.TrimSpace(introduction); introduction != "" {
		return introduction + "\n\n" + message
	}
	return message
}

// DefaultRequest is the opt-in message that a retailer begins with in a language (BCP
// 47; its primary subtag counts), with the placeholder {{store.name}}. It says what the
// texts are about, the word that agrees, in that language, and STOP. False for a
// language that we have none in.
func DefaultRequest(language string) (string, bool) {
	l := find(language)
	if l == nil {
		return "", false
	}
	return l.request, true
}

// Languages are those that DefaultRequest has a message in, by primary subtag, sorted.
func Languages() []string {
	tags := make([]string, len(languages))
	for i, l := range languages {
		tags[i] = l.tag
	}
	return tags
}
