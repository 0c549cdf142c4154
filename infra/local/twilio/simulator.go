// Package twilio is a stateful stand-in for Twilio: phone numbers and their sale, the papers
// that regulators and carriers want first, customers' phones, signed webhooks and TwiML, and
// the REST API for all of that, over HTTP on the loopback interface. A customer's text or call goes to the webhook of the number as Twilio would
// send it, with its parameters, signature, timeouts and retries, and what the webhook
// answers is performed. A text that the account sends by REST goes its way to the
// customer's phone and tells its status callback. Rules name the page of twilio.com/docs
// they come from.
//
// # The handset
//
// GET / is a page for people: be a customer, text a store, call it, get its texts, and see
// what happened, on the phone and on the wire.
//
// # The REST API
//
// As twilio-go calls it when a RoundTripper sends its requests here instead of to
// api.twilio.com; basic authentication with account SID and auth token, errors in Twilio's
// form {"code", "message", "more_info", "status"}:
//
//	POST /2010-04-01/Accounts/{AC}/Messages.json        send a text: To, From, Body, MediaUrl,
//	                                                    StatusCallback
//	GET  /2010-04-01/Accounts/{AC}/Messages.json        list: To, From, DateSent, DateSent<,
//	                                                    DateSent>, PageSize, Page, PageToken
//	GET  /2010-04-01/Accounts/{AC}/Messages/{SID}.json  fetch
//	DELETE .../Messages/{SID}.json                      delete, with its media
//	GET  .../Messages/{SID}/Media.json                  list a text's media: PageSize, Page, PageToken
//	GET  .../Messages/{SID}/Media/{ME}.json             tell about one
//	GET  .../Messages/{SID}/Media/{ME}                  get it: 307 to a signed URL
//	DELETE .../Messages/{SID}/Media/{ME}.json           delete it alone
//
//	GET  /2010-04-01/Accounts/{AC}/Calls.json           list: From, To, ParentCallSid, Status,
//	                                                    PageSize, Page, PageToken
//	GET  /2010-04-01/Accounts/{AC}/Calls/{CA}.json      fetch
//	DELETE .../Calls/{CA}.json                          delete, without its legs
//
//	GET  .../{AC}/AvailablePhoneNumbers.json                 the countries and their types
//	GET  .../{AC}/AvailablePhoneNumbers/{CC}.json            a country
//	GET  .../{AC}/AvailablePhoneNumbers/{CC}/{type}.json     search: Local, Mobile, National or
//	                                                         TollFree; AreaCode, Contains,
//	                                                         SmsEnabled, MmsEnabled, VoiceEnabled,
//	                                                         FaxEnabled, Exclude...AddressRequired,
//	                                                         InRegion, InLocality, InPostalCode,
//	                                                         InRateCenter, InLata, Beta, PageSize
//	POST .../{AC}/IncomingPhoneNumbers.json                  buy: PhoneNumber or AreaCode, and the
//	                                                         settings that update takes
//	GET  .../{AC}/IncomingPhoneNumbers.json                  list: PhoneNumber, FriendlyName, Origin,
//	                                                         PageSize, Page, PageToken
//	GET  .../{AC}/IncomingPhoneNumbers/{PN}.json             fetch
//	POST .../{AC}/IncomingPhoneNumbers/{PN}.json             update: FriendlyName, BundleSid, AddressSid,
//	                                                         Url and Method of Sms, SmsFallback, Voice
//	                                                         and VoiceFallback, StatusCallback,
//	                                                         StatusCallbackMethod, VoiceReceiveMode,
//	                                                         VoiceCallerIdLookup
//	DELETE .../{AC}/IncomingPhoneNumbers/{PN}.json           release
//
// And what Twilio has on other hosts: numbers (/v2), numbers-upload (the same), trusthub and
// messaging (/v1). All is on the one origin here, as no two paths are the same; the URLs in
// answers name Twilio's hosts. Each collection takes POST and GET, and each of its members
// GET, POST and DELETE, but where it says otherwise:
//
//	/2010-04-01/Accounts/{AC}/Addresses.json   list by FriendlyName, CustomerName, IsoCountry
//	/v2/RegulatoryCompliance/Regulations       GET only; by IsoCountry, NumberType, EndUserType,
//	                                           IncludeConstraints
//	  .../EndUserTypes, .../SupportingDocumentTypes                 GET only
//	  .../EndUsers                             Type, Attributes, FriendlyName
//	  .../SupportingDocuments                  the same; as multipart/form-data with a File: PDF,
//	                                           JPEG or PNG, by their content, up to 5 MB
//	  .../Bundles                              list by FriendlyName, Status, RegulationSid,
//	                                           IsoCountry, NumberType; update the properties or
//	                                           the status, never both (22204)
//	  .../Bundles/{BU}/ItemAssignments, .../Bundles/{BU}/Evaluations   without POST of a member
//	/v1/Policies                               GET only
//	/v1/EndUsers, /v1/SupportingDocuments      TrustHub's own, unknown to the others
//	/v1/CustomerProfiles, /v1/TrustProducts    list by FriendlyName, Status, PolicySid
//	  .../{BU}/EntityAssignments, .../{BU}/Evaluations              without POST of a member
//	/v1/a2p/BrandRegistrations                 POST of a member registers it again; no DELETE
//	/v1/Services                               messaging services
//	  .../{MG}/PhoneNumbers                    PhoneNumberSid; without POST of a member
//	  .../{MG}/Compliance/Usa2p                campaigns, one to a service
//
// What Twilio refuses at once is refused at once: numbers that are none (21211, 21212) or
// not the account's (21606), no body (21602) or a long one (21617), a customer who stopped
// this number (21610), the magic recipients of docs/iam/test-credentials, and more.
//
// A text is queued, then sending, then sent or failed, then delivered or undelivered, and
// StatusCallback is told from sent or failed on, as
// docs/messaging/guides/outbound-message-status-in-status-callbacks has it. Texts of one
// number to one customer go one after the other. Media are fetched before a text is sent,
// and it fails with 11200, 11751 or 12300 when they cannot be; those on hosts reserved for
// examples, like example.com, are drawn. Phones outside of the US, Canada and Australia get
// the URLs instead. A list has what came in and what TwiML answered as well; a text that is
// not sent yet has no date_sent and passes no filter on it.
//
// A call is in the list from its beginning, in-progress; each phone that it was forwarded to
// is a leg of its own, with the call as parent_call_sid.
//
// What is deleted is gone from the REST API and the state file, with the bytes of its media;
// the customer's phone goes on showing it, but for the pictures, which phones have from
// here. A text that is queued, sending or sent, and its media, and a call in progress are not
// deleted: 20009, with status 409, which is the simulator's choice. But one that is sent for
// ever (see the faults) can be, after an hour. Whom a customer stopped, Twilio remembers.
//
// The signed URL of a medium is /media/{ME}?expires=...&signature=...; it asks for no
// credentials, is good for 4 hours, and answers 403 after that.
//
// # Numbers for sale
//
// The stock is the same in every run: at least 95 numbers of each usual type in each of 27
// countries, in the US and Canada over several area codes, less those that the account or
// somebody else has. One that is released is for sale again, unless it was only put by the
// control interface, and gets a new SID when it is bought again; buying one that the account
// has already is an update. What can go wrong:
//
//   - 21422 for a number that is not there, or not any more; 21421 for what is no number;
//     the magic numbers of docs/iam/test-credentials; 21451 and 21452 for an area code.
//   - 21649 without a BundleSid, in every country but the US and Canada. It has to be an
//     approved one of the number's country and type, when Config.StrictBundles says so; else
//     any SID of the form does, but BU and 32 zeros is unknown.
//   - 21615 (a local one) or 21631 without an AddressSid, where address_requirements are
//     other than none. With StrictBundles the address has to be there, and a local one in the
//     number's country; else any SID of the form does, in the same way.
//   - British mobile numbers: a search denies that they can text, and yet they can.
//   - Duds: numbers of texting types that end in 99. A search says that they can text, and
//     once they are bought they cannot.
//   - Thai numbers cannot text at all, and nobody sells a Thai or North American mobile
//     number: that search answers 404, as does one in a country that is not there.
//
// # Papers and their review
//
// A regulation says what a country asks of a business for the numbers that text there; the
// US and Canada ask for nothing here. An evaluation checks that an end user and documents of
// the types and with the fields asked for are assigned, that a field of a document says the
// same as that of the end user (22218), that types which are more than data have a file, and
// that addresses are there, and in the country where that is asked. One document can meet
// several requirements. A bundle that is not compliant is not submitted: the first failure's
// code is the answer, which is the simulator's choice, as Twilio documents none.
//
// One that is submitted is pending-review, then in-review, and after Config.ReviewDelay
// twilio-approved, unless the reviewer meets a magic word, in any case:
//
//	business_name  "Reject"        twilio-rejected; 18011
//	               "Pending"       stays in review until the control interface says more
//	               "Provisional"   provisionally-approved, with which no number can be bought
//	FriendlyName or file name of a document
//	               "blurred"       twilio-rejected, and that document rejected; 18001
//	Street         "Wrong"         the same for the document with that address; 18014
//	               "Nowhere"       no address is made: 21628
//
// A bundle made with IsTest is rejected, 18099. The status callback is told of each end of a
// review, as docs/phone-numbers/regulatory/api/bundles has it: AccountSID, BundleSID, Status
// and FailureReason, which stands nowhere else but for documents, at their own. What is in
// review or approved cannot be changed (70002) or deleted (20409), nor can what belongs to
// it; a rejected bundle can be corrected and submitted again. An approval with a ValidUntil
// ends then.
//
// TrustHub's customer profiles and trust products go the same way, by policies instead of
// regulations, and are in review at once; an EIN that has not nine digits is rejected,
// 18602. The account has an approved primary customer profile, with policy
// RN6433641899984f951173ef1738c3bdd0, to be assigned to others. A brand is PENDING, then
// APPROVED, or FAILED for a business_name with "Reject brand" (30799) or profiles that are
// not approved (30793). A campaign of an approved brand is IN_PROGRESS, then VERIFIED, or
// FAILED for a Description with "Reject" (30893). Local numbers of the US and Canada that
// send there without a verified campaign are blocked (30034) when Config.StrictCampaigns
// says so. In a service, a text goes to the service's webhook, not the number's, unless
// UseInboundWebhookOnNumber is set.
//
// # The control interface
//
// For tests and for the page. JSON in and out, UTF-8; times are RFC 3339, numbers E.164
// ("+14155550100"; the plus may stand in a path as it is or as %2B). Unknown fields are
// refused. An error is {"error": "what to do"} with status 400 (malformed), 404 (no such
// number), 409 (the SID belongs to another text, or the number to the account) or 422
// (Twilio could not do that).
//
//	GET  /control/numbers          {"numbers": [Number]}, by phone number; those that were bought
//	                               by REST have boughtAt, bundleSid and addressSid
//	PUT  /control/numbers/{e164}   a Number: creates or replaces it; what Twilio itself keeps
//	                               of it, from its SID on, is ignored
//	GET  /control/stock            the numbers that Twilio has and the account has not;
//	                               ?country=US and ?type=Local choose:
//	    {"stock": [{"phoneNumber", "country", "type", "locality", "capabilities": {"sms",
//	     "mms", "voice"}, "addressRequirements", "owner", "listed", "dud"}]}
//	PUT  /control/stock/{e164}     puts a number there, or says more of one that is; answers it:
//	    {"country", "type", "capabilities", "owner": "" or "other", "listed": false, "dud": false}
//	    One that is not in the stock needs a type. Capabilities are what it can do once it is
//	    bought; a dud then lacks SMS and MMS all the same. With owner other, somebody else has
//	    it: buying answers 21422, and no search shows it unless it is listed, for the race with
//	    another buyer. Such numbers come first in a search. 409 when the account has it
//	GET  /control/purchases        what was bought and released by REST, oldest first:
//	    {"purchases": [{"phoneNumber", "friendlyName", "at", "sid",
//	     "kind": "bought|again|released"}]}; again: the account had it already
//	GET  /control/bundles          {"bundles": [...]}: bundles, profiles and products, oldest
//	                               first, as the REST API shows them, with "kind" (bundle,
//	                               profile, product), "assignments", "evaluations",
//	                               "failureReason", "submissions" and "due" (when the reviewer
//	                               decides)
//	POST /control/bundles/{BU}/decision   decides now, or anew; answers the bundle:
//	    {"status": "twilio-approved|twilio-rejected|provisionally-approved|in-review", "reason",
//	     "object", "validUntil"}
//	    The object is the SID of what a rejection is about: an end user, a document, or an
//	    address, whose documents are rejected. In review means: until the next decision.
//	POST /control/reviews          {"delayMs", "now"}: how long the reviews to come take, up to
//	                               an hour; and whether all that are under way, of brands and
//	                               campaigns, too, end now. Answers {"delayMs"}
//	GET  /control/compliance       all papers that were ever made, oldest first; those deleted
//	                               have "deleted": {"addresses", "endUsers", "documents",
//	                               "bundles", "brands", "services", "campaigns"}. A document has
//	                               "file": {"name", "mimeType", "size", "sha256"}; the file
//	                               itself is not kept
//	POST /control/texts            a customer texts a number; answers when every delivery
//	                               and its retries ended:
//	    {"from", "to", "body", "media": [{"contentType", "data": base64}], "mediaUrls": [],
//	     "messageSid", "times": 1, "atOnce": false, "delayMs": 0, "extra": {"k": "v"}}
//	    Only from and to are required. A PNG or JPEG without data is drawn; mediaUrls are
//	    sent as they are; times posts the same text again, one after the other with delayMs
//	    between, or all at once; extra parameters are added to Twilio's and win over them.
//	    -> {"messageSid", "params", "deliveries": [{"attempts": [{"url", "status", "error",
//	        "durationMs", "body", "contentType"}], "messages": [{"to", "from", "body",
//	        "media"}], "errors": [{"code", "detail"}]}], "twilioReply": {"body"} or null}
//	POST /control/calls            a customer calls a number; answers when the call ended.
//	                               No time passes: seconds are only reported:
//	    {"from", "to", "store": "answered|no-answer|busy|failed|canceled", "seconds": 30,
//	     "extra": {}}; canceled: the caller gives up while it rings
//	    -> {"callSid", "steps": [Step], "outcome"}; the outcome is that of the last number
//	       dialled (the words of store), else "completed", "rejected" or "error"
//	POST /control/requests         any request, signed or forged; answers what came back:
//	    {"path" or "url", "method": "POST", "params": {"k": "v" or ["v", "w"]},
//	     "sign": "valid|missing|forged|foreign", "signature", "headers": {}}
//	    path is on the origin of the numbers' webhooks; foreign signs with another
//	    account's token; signature is sent as it is.
//	    -> {"status", "headers", "body"}
//	GET  /control/requests         {"requests": [...]}: the last webhook requests, status
//	                               callbacks included, and their answers, newest first
//	GET  /control/messages         every text sent by REST, in the order of their creation;
//	                               ?to= and ?from= choose:
//	    {"messages": [{"sid", "from", "to", "body", "media": [URL], "statusCallback",
//	     "status", "errorCode", "requestedAt", "dateCreated", "dateUpdated", "dateSent",
//	     "stored": [{"sid", "url", "contentType"}], "outcome", "rests"}]}
//	    requestedAt is the moment the request to create it came, dateCreated the same in
//	    milliseconds; errorCode, dateSent, stored (the media, when Twilio has fetched them)
//	    and outcome (what was asked for by a fault) are missing when there is none; rests
//	    says that nothing more happens by itself. A request that was refused left no text.
//	GET  /control/records?number={e164}   what Twilio still has of a customer, whatever the
//	                               phone shows, oldest first; all lists are empty after an
//	                               erasure, but for blocked:
//	    {"messages": [...] and "calls": [...] as the REST API shows them, "media": [{"sid",
//	     "messageSid", "contentType", "bytes"}], "blocked": [number]}
//	GET  /control/media/{ME}       a medium, for the handset
//	POST /control/faults           a fault on demand; answers it:
//	    {"operation", "kind", "to", "nth": 1, "times", "ms"}
//	    It strikes from the nth coming call on, so many times: once when times is missing.
//	    nth 0 strikes from the next call on, and without times every call. With to it is
//	    only about that customer, or for numbers.* that number of the account. Of several faults that are due the oldest strikes and the
//	    others stay due. By operation, the kinds are:
//	    messages.create, messages.fetch, messages.list, messages.delete, media.list,
//	    media.fetch (the redirect included), media.delete, calls.list, calls.fetch,
//	    calls.delete, numbers.search, numbers.buy,
//	    numbers.update, numbers.release, numbers.list, numbers.fetch (for lists, to is their
//	    filter To or PhoneNumber; a search is about no number), and of papers, which are about
//	    no number: create, list, fetch, update and delete of addresses, endusers, documents
//	    (uploads included; both hosts' count), bundles, profiles, products, brands (no delete),
//	    services and campaigns; list and fetch of regulations (types included) and policies;
//	    create, list, fetch and delete of assignments, create, list and fetch of evaluations,
//	    both of bundles; profiles. and products. assign, assignments, assignment, unassign,
//	    evaluate, evaluations, evaluation; services.add, .senders, .sender, .remove:
//	        429, 500, 503     Twilio's JSON error 20429, 20500 or 20503
//	        code:21610        the error of that code; the bare code is enough
//	        html-503          a 503 whose body is HTML
//	        timeout-before    nothing happens, and no answer comes until the client gives up
//	                          or 30 s have passed
//	        timeout-after     it happens, and no answer comes
//	        reset-before, reset-after   the same, and the connection is reset at once
//	        slow              it happens, and the answer comes ms later
//	    callback (a call is one status callback; a text sends two):
//	        lose              it is never sent
//	        never-final       the same, but only callbacks of final statuses count
//	        repeat            it is sent twice
//	        late              it is sent ms later, and does not hold up the next
//	        reorder           it is sent after the next one of the same text
//	    review-callback (a call is one callback of a bundle, profile or product):
//	        lose, repeat, late
//	    outcome (a call is one text that was accepted):
//	        failed:30007      it fails with this code, and is never sent
//	        undelivered:30005 it is sent, and not delivered for this reason
//	        sent              it is delivered, and no carrier ever says so: sent for ever
//	GET  /control/faults           {"faults": [{...as posted, "hits"}]}: hits are the calls
//	                               it struck. Faults do not survive a restart
//	DELETE /control/faults         forgets all of them
//	GET  /control/phones/{e164}    {"phone", "state", "blocked": [...], "items": [Item]}: what
//	                               this customer's phone shows, in time order; blocked are
//	                               the numbers whose texts Twilio keeps from it
//	PUT  /control/phones/{e164}    {"state": "on|off|unreachable|landline|filtered"}: what
//	                               becomes of texts sent to it by REST; answers as GET. On:
//	                               delivered. Off: they stay sent until it is on, or else,
//	                               again. The others: undelivered with 30003, 30006, 30007;
//	                               a landline outside of +1 is refused at once, with 21614
//	GET  /control/errors           {"errors": [...]}: Twilio's debugger, newest first
//	GET  /control/events           text/event-stream; a line of JSON whenever something
//	                               changed: {"changed": "text|call|message|phone|number|
//	                               paper|error|request", "phone"}; a text is on a phone, a message
//	                               is on its way to one
//	GET  /healthz                  {"status": "ok"}
//
// # What it does not do
//
// Copies of bundles and replacing their items, bundles of individuals, vetting of brands,
// toll-free verification, texts by a messaging service (21701) and its shared opt-outs,
// transferring and porting numbers, searching nearby, applications and
// trunks, emergency addresses, calls by REST, recordings, scheduled texts and validity periods,
// changing texts, rate limits of numbers, short codes' and toll-free numbers' own opt-out
// rules, TwiML beyond Message, Dial, Say, Pause, Redirect, Hangup and Reject. Redirect
// answers of a webhook are not followed: after a 301 or 302 Twilio asks again by GET,
// without the text, which no webhook can use. It believes whoever can reach its port (other
// than foreign web pages in a browser): a development tool, not a service.
package twilio

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// Config is what a Simulator needs to know. Log and StateFile are optional.
type Config struct {
	AccountSID string // AC and 32 hex digits
	AuthToken  string // signs every webhook request; never empty

	// StateFile keeps numbers, stock, purchases, papers, texts, calls, phones and block list
	// over a restart, as JSON, replaced atomically soon after a change. Empty: everything is in memory.
	StateFile string

	// Pace is how long a text that the account sends is queued, then sending, then sent, and
	// how long a bundle waits for its review; 0: 30 ms each.
	Pace time.Duration

	// ReviewDelay is how long a review of papers takes, of bundles as of brands; 0: 3 s.
	ReviewDelay time.Duration

	// StrictBundles says that a number is bought with bundles and addresses of the account
	// only: those filed by REST, or planted by PutBundle and PutAddress. Without it any SID of
	// the right form stands for one that fits.
	StrictBundles bool

	// StrictCampaigns says that carriers block texts of the US and Canada without a verified
	// campaign. Without it they go through.
	StrictCampaigns bool

	BaseURL func() string     // the simulator's own origin, as a webhook reaches it; starts the URLs of media
	Now     func() time.Time  // the clock; nil: time.Now
	Log     func(line string) // told what went over the wire, a line each, without texts and numbers
}

// Simulator is the stand-in. It is an http.Handler for the handset, the control
// interface, the REST API and media. Make one with New.
type Simulator struct {
	config  Config
	handler http.Handler
	client  *http.Client

	// closing ends what outlives a request: deliveries go on when the one who asked for
	// them has left, as Twilio's would.
	closing context.Context
	close   context.CancelFunc
	running sync.WaitGroup // texts on their way and their callbacks; grows from zero only under mu
	reviews sync.WaitGroup // those of papers, as far as they wait; the same
	tidings sync.WaitGroup // their callbacks; the same

	mu        sync.Mutex
	state     state
	carried   map[string]bool // pairs whose texts are being brought
	troubles  []trouble
	errors    []errorRecord
	exchanges []exchange
	listeners map[chan event]struct{}

	changed chan struct{} // wakes the saver; one slot, as one write covers many changes
	saved   chan error    // the saver's last word

	reviewDelay time.Duration // of the reviews to come; guarded by mu
}

// How much is remembered. The oldest goes first.
const (
	maxErrors    = 200
	maxExchanges = 100
)

var (
	accountSID = regexp.MustCompile(`^AC[0-9a-f]{32}$`)
	messageSID = regexp.MustCompile(`^(SM|MM)[0-9a-f]{32}$`)
)

// New starts a simulator with the state of its file, if there is one. Errors say which
// setting is wrong, or why the file cannot be used.
func New(config Config) (*Simulator, error) {
	switch {
	case !accountSID.MatchString(config.AccountSID):
		return nil, fmt.Errorf("twilio: account SID %q: want AC and 32 hex digits", config.AccountSID)
	case config.AuthToken == "":
		return nil, errors.New("twilio: the auth token is empty: anyone could forge what it signs")
	case config.BaseURL == nil:
		return nil, errors.New("twilio: BaseURL is missing: the URLs of media start with it")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Pace == 0 {
		config.Pace = defaultPace
	}
	if config.ReviewDelay == 0 {
		config.ReviewDelay = defaultReview
	}
	if config.Log == nil {
		config.Log = func(string) {}
	}
	loaded, err := loadState(config.StateFile)
	if err != nil {
		return nil, err
	}
	s := &Simulator{
		config:    config,
		client:    webhookClient(),
		state:     loaded,
		carried:   map[string]bool{},
		listeners: map[chan event]struct{}{},
		changed:   make(chan struct{}, 1),
		saved:     make(chan error, 1),

		reviewDelay: config.ReviewDelay,
	}
	s.closing, s.close = context.WithCancel(context.Background())
	s.handler = http.NewCrossOriginProtection().Handler(s.routes())
	s.mu.Lock()
	for _, m := range s.state.Messages {
		if !m.Rests {
			s.carry(pair(m.From, m.To))
		}
	}
	s.plantPrimary()
	s.awaitAll()
	s.mu.Unlock()
	go s.keepSaved()
	return s, nil
}

// ServeHTTP answers the handset, the control interface, the REST API and media.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handler.ServeHTTP(w, r)
}

// Close ends event streams and deliveries under way and writes the state file; texts on
// their way go on in the next simulator with this file. Call it before shutting the HTTP
// server down, which would wait for the event streams.
func (s *Simulator) Close() error {
	s.mu.Lock()
	s.close()
	s.mu.Unlock()
	err := <-s.saved
	s.saved <- err // a second Close answers the same
	s.client.CloseIdleConnections()
	return err
}

// webhookClient keeps connections open, as Twilio does, and follows no redirect. The
// time limits are each request's own (see overrides), so it has none.
func webhookClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{}).DialContext,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newSID makes a SID of the given two-letter kind.
func newSID(kind string) string {
	var random [16]byte
	rand.Read(random[:]) // never fails, says crypto/rand
	return kind + hex.EncodeToString(random[:])
}
