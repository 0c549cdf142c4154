package clienteling

import "time"

// Conversation is one store and one customer's phone number.
type Conversation struct {
	// ID is a keyed hash of the customer's number, the same in every store of the
	// retailer, so that no number stands in a URL or a key.
	ID       string
	Retailer string
	Store    string
	// Phone is the customer's number, mostly E.164; a text may also come from a
	// short code or a name, kept as Twilio sent it.
	Phone string
	// Name is what the associate calls the customer; may be empty.
	Name string
	// OptIn is the customer's consent to this store.
	OptIn OptIn
	// Epoch is the customer's epoch OptIn was reached at; an acceptance counts
	// only while it is the current one.
	Epoch int
	// OptedOut says that the customer has refused the whole retailer.
	OptedOut bool
	// Requests are the store's opt-in requests to the customer.
	Requests OptInRequests
	// Assignee is the associate who has claimed the conversation.
	Assignee Associate
	// Unread counts what arrived since an associate of the store last looked.
	Unread         int
	CreatedAt      time.Time
	LastActivityAt time.Time
	// HeardAt is when the customer last texted; zero if they never have.
	HeardAt time.Time
	// Last is the newest entry of the thread, shortened, for the inbox.
	Last *LastEntry
}

// OptInRequests is what is known of a store's opt-in requests to a customer.
type OptInRequests struct {
	// Count is how many Twilio took and did not fail to deliver.
	Count int
	// Last is when the last one was made.
	Last time.Time
	// Pending is the id of the one that is on its way to Twilio; empty for none.
	Pending string
}

// Associate is a member of a store's staff, as their token names them.
type Associate struct {
	ID   string
	Name string
}

// LastEntry is what the inbox shows of a thread's newest entry.
type LastEntry struct {
	Kind      MessageKind
	Direction Direction
	// Preview is the beginning of a text; empty for events.
	Preview string
}

// OptIn is how far a customer's consent to a store is.
type OptIn string

const (
	// OptInNone means nobody has asked, or the answer no longer counts.
	OptInNone OptIn = "none"
	// OptInWaiting means Twilio took the request and the customer has not answered.
	OptInWaiting OptIn = "waiting"
	// OptInAccepted means the store may write.
	OptInAccepted OptIn = "accepted"
	// OptInRejected means the customer said no to this store.
	OptInRejected OptIn = "rejected"
)

// Message is one entry of a thread: a text, or an event such as a missed call.
type Message struct {
	// ID is a UUIDv7: entries sort by it, and it never changes.
	ID        string
	Kind      MessageKind
	Direction Direction
	// Text is the body as it was sent, up to 1,600 characters; empty for events.
	Text  string
	Media []Media
	// Status is Twilio's word for how far a text is; "received" when inbound.
	Status string
	// Reason says why it failed or was canceled: Twilio's error code ("30005"), or
	// one of our Reasons.
	Reason string
	// By is the associate who wrote it; empty when inbound.
	By Associate
	// Request marks an opt-in request.
	Request bool
	// Wording is the hash of the opt-in message that a request was made of.
	Wording string
	// Consent is what an inbound text changed: "opted_out", "opted_in", "accepted" or
	// "rejected"; empty for nothing.
	Consent string
	// Force says, of a claim, that the conversation was another associate's.
	Force bool
	// GoBy is the moment by which a text of the store must have been handed to Twilio,
	// because quiet hours begin then; zero for texts without such a moment.
	GoBy time.Time
	// SID is Twilio's id: SM... or MM... of a text, CA... of a call.
	SID string
	// AccountSID is the Twilio account it passed through.
	AccountSID string
	At         time.Time
}

// Media is one attachment of a text.
type Media struct {
	// URL is where Twilio keeps it.
	URL string
	// ContentType is its MIME type, as Twilio gave it.
	ContentType string
}

// MessageKind says what an entry of a thread is.
type MessageKind string

const (
	// KindText is a text or a text with media.
	KindText MessageKind = "text"
	// KindMissedCall is a customer's call that nobody at the store answered.
	KindMissedCall MessageKind = "missed_call"
	// KindOptedOut is an opt-out that no text in this thread shows: to another store of
	// the retailer, at the carrier, or by word of mouth to an associate.
	KindOptedOut MessageKind = "opted_out"
	// KindOptedIn is that an opt-out was lifted at another store.
	KindOptedIn MessageKind = "opted_in"
	// KindClaimed is that an associate took the conversation over.
	KindClaimed MessageKind = "claimed"
)

// Direction says who an entry comes from.
type Direction string

const (
	// Inbound comes from the customer.
	Inbound Direction = "inbound"
	// Outbound comes from the store.
	Outbound Direction = "outbound"
	// NoDirection is that of events which neither side sent.
	NoDirection Direction = ""
)

// StatusReceived is Twilio's status of an inbound text.
const StatusReceived = "received"
