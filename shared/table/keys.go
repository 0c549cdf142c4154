package table

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// One table holds everything. Rules: partition by owner, never by type; every
// create is conditional; uniqueness is claimed inside the transaction; nothing
// is ever scanned. r is a retailer, s a store, h a customer: a keyed hash of the
// retailer and the customer's number (see Customer), so that no customer's
// number is in a key, a URL or a callback. h is also the conversation id.
//
//	Question                               pk                sk              GSI1                                   GSI2
//	the retailer                           RETAILER#r        PROFILE
//	its registration in a country          RETAILER#r        COUNTRY#<country>                                      DUE#approval#<0..7> / <due>#<country>#r
//	  (Canada's is that of US)
//	  what was filed in it                 RETAILER#r        FILE#<country>                                         DUE#registration#<0..7> / <due>#<country>#r
//	  the papers uploaded for it           RETAILER#r        DOCUMENT#<country>#<uuid7>                             DUE#document#<0..7> / <due>#<uuid7>
//	what does a country ask for?           COUNTRY#<country> REQUIREMENTS                                           OPERATOR#requirements / <since>#<country>
//	its stores                             RETAILER#r        STORE#s         RETAILER#r / STORE#<state>#<country>#s AWAITING#r#<country> / STORE#s
//	its only location in a country,        RETAILER#r        TESTSITE#<country>
//	  outside of production
//	its orders of numbers                  RETAILER#r        PURCHASE#<uuid7>
//	  whose order is this?                                                   PURCHASE#<uuid7> / PURCHASE
//	  which are due? which wait for the                                                                             DUE#purchase#<0..7> / <due>#<uuid7>
//	  approval of a country, or for the                                                                             AWAITING#r#<country> / PURCHASE#<uuid7>
//	  operator?                                                                                                     OPERATOR#assistance / <since>#r#<uuid7>
//	its templates: which opt-in messages    RETAILER#r        TEMPLATES
//	  and quick replies there are, in order
//	  an opt-in message, for good                            OPTIN#<hash>
//	  a quick reply                                          QUICKREPLY#<uuid7>
//	how many numbers has it ordered today? ORDERED#r         <day>
//	how many opt-in requests has an        ASKED#r#<hash of sub>
//	  associate made today?                                  <day>
//	whose number is this? (a call needs    NUMBER#<e164>     NUMBER          RETAILER#r / NUMBER#<country>#<state>#<e164>
//	  this one read); which are to be                                                                               DUE#release#<0..7> / <due>#<e164>
//	  released?
//	a store's conversation with a          CUSTOMER#r#h      STORE#s         INBOX#r#s / <last activity>#h          UNREAD#r#s / <since>#h
//	  customer; where is a customer known?
//	has this customer refused us?          CUSTOMER#r#h      SUPPRESSION                                            DUE#consent#<0..7> / <due>#h#r
//	what did this customer consent to?     CUSTOMER#r#h      CONSENT#<uuid7>
//	how often was this customer answered                     ANSWERED#s#<hour>
//	  by itself in this hour?
//	is this customer to be erased, or was                    ERASURE                                                DUE#erasure#<0..7> / <due>#h#r
//	  it done?
//	the texts and events of a thread       THREAD#r#s#h      <uuid7>
//	was this text or call seen, and what   SID#<sid>         SID
//	  was answered?
//	texts to numbers nobody uses           UNROUTED#<uuid7>  UNROUTED                                               OPERATOR#unrouted / <since>#<uuid7>
//	was this Idempotency-Key seen?         IDEMPOTENCY#r#<hash of sub, route and key>
//	                                                         KEY
//	which texts are due? (an outbound text, until its last status)                                                  DUE#text#<0..7> / <due>#<uuid7>
//	which jobs failed for good?            FAILED#<hash>     FAILED                                                 OPERATOR#failed / <since>#<hash>
//	which numbers at Twilio are nobody's?  STRANGER#<e164>   STRANGER                                               OPERATOR#number / <since>#<e164>
//	how far is the comparison with         ACCOUNT#<sid>     NUMBERS
//	  Twilio's numbers?
//
// GSI1 holds lists. GSI2 is sparse: only what wants attention has its keys. SID,
// UNROUTED, IDEMPOTENCY, FAILED, STRANGER, ORDERED, ASKED, ANSWERED, released numbers and
// the entries of threads carry expiresAt (TTL, epoch seconds). Days and hours are UTC's.
//
// A conversation lies with its customer, not with its store: one partition then
// answers everything about a person (consent, export, erasure) and creating a
// conversation is a single item, while the inbox of a store is GSI1's anyway.

// key is the primary key of an item.
type key struct{ pk, sk string }

func retailerKey(retailer string) key     { return key{"RETAILER#" + retailer, "PROFILE"} }
func storeKey(retailer, store string) key { return key{"RETAILER#" + retailer, "STORE#" + store} }
func numberKey(e164 string) key           { return key{"NUMBER#" + e164, "NUMBER"} }
func sidKey(sid string) key               { return key{"SID#" + sid, "SID"} }
func unroutedKey(id string) key           { return key{"UNROUTED#" + id, "UNROUTED"} }

func failedKey(id string) key             { return key{"FAILED#" + id, "FAILED"} }
func strangerKey(e164 string) key         { return key{"STRANGER#" + e164, "STRANGER"} }
func comparisonKey(accountSID string) key { return key{"ACCOUNT#" + accountSID, "NUMBERS"} }

func registrationKey(retailer, country string) key {
	return key{"RETAILER#" + retailer, "COUNTRY#" + country}
}

func fileKey(retailer, country string) key {
	return key{"RETAILER#" + retailer, "FILE#" + country}
}

func documentKey(retailer, country, id string) key {
	return key{"RETAILER#" + retailer, "DOCUMENT#" + country + "#" + id}
}

func requirementsKey(country string) key { return key{"COUNTRY#" + country, "REQUIREMENTS"} }

func testLocationKey(retailer, country string) key {
	return key{"RETAILER#" + retailer, "TESTSITE#" + country}
}

func purchaseKey(retailer, id string) key { return key{"RETAILER#" + retailer, "PURCHASE#" + id} }

func templatesKey(retailer string) key { return key{"RETAILER#" + retailer, "TEMPLATES"} }

func wordingKey(retailer, hash string) key { return key{"RETAILER#" + retailer, "OPTIN#" + hash} }

func quickReplyKey(retailer, id string) key { return key{"RETAILER#" + retailer, "QUICKREPLY#" + id} }

// orderedKey counts the numbers that a retailer orders on a day.
func orderedKey(retailer string, at time.Time) key {
	return key{"ORDERED#" + retailer, at.UTC().Format(time.DateOnly)}
}

// askedKey counts the opt-in requests that an associate makes on a day. Their name is
// hashed only because an issuer may put anything into it.
func askedKey(retailer, sub string, at time.Time) key {
	sum := sha256.Sum256([]byte(sub))
	return key{"ASKED#" + retailer + "#" + base32Lower.EncodeToString(sum[:16]), at.UTC().Format(time.DateOnly)}
}

// answeredKey counts what a store's customer is answered by itself in an hour.
func answeredKey(retailer, store, customer string, at time.Time) key {
	return key{customerPartition(retailer, customer), "ANSWERED#" + store + "#" + at.UTC().Format("2006-01-02T15")}
}

func erasureKey(retailer, customer string) key {
	return key{customerPartition(retailer, customer), "ERASURE"}
}

func conversationKey(retailer, store, customer string) key {
	return key{customerPartition(retailer, customer), "STORE#" + store}
}

func suppressionKey(retailer, customer string) key {
	return key{customerPartition(retailer, customer), "SUPPRESSION"}
}

func consentKey(retailer, customer, id string) key {
	return key{customerPartition(retailer, customer), "CONSENT#" + id}
}

func messageKey(retailer, store, customer, id string) key {
	return key{threadPartition(retailer, store, customer), id}
}

func customerPartition(retailer, customer string) string {
	return "CUSTOMER#" + retailer + "#" + customer
}

func threadPartition(retailer, store, customer string) string {
	return "THREAD#" + retailer + "#" + store + "#" + customer
}

// The indexes and their keys.
const (
	gsi1 = "GSI1"
	gsi2 = "GSI2"
)

func numberListKey(retailer, country, state, e164 string) key {
	return key{"RETAILER#" + retailer, "NUMBER#" + country + "#" + state + "#" + e164}
}

func storeListKey(retailer, state, country, store string) key {
	return key{"RETAILER#" + retailer, "STORE#" + state + "#" + country + "#" + store}
}

// purchaseIDKey finds an order whose retailer is not known.
func purchaseIDKey(id string) key { return key{"PURCHASE#" + id, "PURCHASE"} }

// awaitingKey lists what waits for the approval of a country: who is the sort key of
// a store or of an order.
func awaitingKey(retailer, country, who string) key {
	return key{"AWAITING#" + retailer + "#" + country, who}
}

func inboxKey(retailer, store, customer string, lastActivity time.Time) key {
	return key{inboxPartition(retailer, store), stamp(lastActivity) + "#" + customer}
}

// unreadKey does not move while texts keep coming: the longest waiting stays
// first, and an update that leaves an index key alone costs less.
func unreadKey(retailer, store, customer string, since time.Time) key {
	return key{unreadPartition(retailer, store), stamp(since) + "#" + customer}
}

func inboxPartition(retailer, store string) string  { return "INBOX#" + retailer + "#" + store }
func unreadPartition(retailer, store string) string { return "UNREAD#" + retailer + "#" + store }

// operatorKey lists what waits for a person of ours, oldest first.
func operatorKey(kind, id string, since time.Time) key {
	return key{"OPERATOR#" + kind, stamp(since) + "#" + id}
}

func idempotencyKey(retailer, hash string) key {
	return key{"IDEMPOTENCY#" + retailer + "#" + hash, "KEY"}
}

// dueShards spreads what is due over partitions of the index; a text's shard is
// the last digit of its id, modulo their number.
const dueShards = 8

func dueKey(kind, id string, due time.Time) key {
	return key{duePartition(kind, int(id[len(id)-1])%dueShards), stamp(due) + "#" + id}
}

func duePartition(kind string, shard int) string { return "DUE#" + kind + "#" + strconv.Itoa(shard) }

// stampLayout is RFC 3339 in UTC with exactly three decimals, so that moments
// sort as their strings do.
const stampLayout = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

// customerLength is that of a customer's hash: 128 bits in base32.
const customerLength = 26

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Customer names a customer of a retailer without their number: 128 bits of
// HMAC-SHA256 over both, under the stage's key, as 26 characters of a-z and 2-7.
// It is the id of the customer's conversations, and cannot be computed or
// undone without the key.
func (t *Table) Customer(retailer, phone string) string {
	mac := hmac.New(sha256.New, t.phoneKey)
	mac.Write([]byte(retailer + "\x00" + phone))
	return base32Lower.EncodeToString(mac.Sum(nil)[:16])
}

// Sealed hashes something that may hold a customer's number, such as the body of a
// request, under the same key: without the key nobody can try numbers out.
func (t *Table) Sealed(s string) string {
	mac := hmac.New(sha256.New, t.phoneKey)
	mac.Write([]byte(s))
	return base32Lower.EncodeToString(mac.Sum(nil))
}

// IsCustomer reports whether s is written as Customer writes a customer's name.
func IsCustomer(s string) bool {
	return len(s) == customerLength && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

func (k key) item() map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": str(k.pk), "sk": str(k.sk)}
}

func (k key) onto(item map[string]types.AttributeValue, index string) {
	item[index+"pk"], item[index+"sk"] = str(k.pk), str(k.sk)
}
