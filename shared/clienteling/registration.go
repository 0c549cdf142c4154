package clienteling

import (
	"slices"
	"time"
)

// Registration is a retailer's regulatory file for one country (one file covers
// Canada and the US).
type Registration struct {
	// ID is a UUIDv7 and stays over corrections: what is made at Twilio is called
	// after it, and found again by it.
	ID       string
	Retailer string
	// Country is the one that the file is kept under: US for Canada.
	Country string
	State   RegistrationState
	// AccountSID is the Twilio account that files it.
	AccountSID string
	// Answers are what was filed so far, by the key of the item; a document's is its id.
	Answers map[string]Answer
	// Rejections say what was wrong when it was rejected last.
	Rejections []Rejection
	// Made are the SIDs of what was made for it at Twilio, by a name of what it is
	// ("end_user", "address/business_address", "bundle"), each recorded before the next;
	// under "filed/<stage>" stands when a stage was filed last.
	Made map[string]string
	// BundleSID (BU...) and AddressSID (AD...) are what Twilio asks for with each
	// number of the country; empty where it asks for none.
	BundleSID, AddressSID string
	// ServiceSID (MG...) is the messaging service that numbers of the US and Canada are
	// put into; empty elsewhere.
	ServiceSID string
	// Tries is how often Twilio could not be asked, in a row.
	Tries int
	// SubmittedAt is when it was submitted last, ApprovedAt when it was approved,
	// ValidUntil when the approval ends; zero for never.
	SubmittedAt, ApprovedAt, ValidUntil time.Time
	UpdatedAt                           time.Time
	By                                  Associate
	// Version counts its changes.
	Version int
}

// Answer is what was filed for one item: a text, or an address.
type Answer struct {
	Text    string   `json:"text,omitempty"`
	Address *Address `json:"address,omitempty"`
}

// Address is a postal address.
type Address struct {
	Street     string `json:"street"`
	City       string `json:"city"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postalCode"`
	// Country is ISO 3166-1 alpha-2.
	Country string `json:"country"`
}

// Rejection is one thing that was wrong with a registration.
type Rejection struct {
	// Item is the key of the item it is about; empty when Twilio does not say.
	Item string `json:"item,omitempty"`
	// Reason is in words.
	Reason string `json:"reason"`
}

// RegistrationState is how far a registration is.
type RegistrationState string

// The states of a registration. Numbers may be ordered while it is approved; those
// there are go on when it expires.
const (
	RegistrationDraft      RegistrationState = "draft"
	RegistrationSubmitting RegistrationState = "submitting"
	RegistrationInReview   RegistrationState = "in_review"
	RegistrationApproved   RegistrationState = "approved"
	RegistrationRejected   RegistrationState = "rejected"
	RegistrationExpired    RegistrationState = "expired"
)

// registrationMoves are the transitions there are: an edit makes a rejected or an
// expired one a draft again; the evaluation, or an error of Twilio that stays, rejects
// before anybody has looked.
var registrationMoves = map[RegistrationState][]RegistrationState{
	"":                     {RegistrationDraft},
	RegistrationDraft:      {RegistrationDraft, RegistrationSubmitting},
	RegistrationSubmitting: {RegistrationInReview, RegistrationRejected, RegistrationApproved},
	RegistrationInReview:   {RegistrationApproved, RegistrationRejected},
	RegistrationApproved:   {RegistrationExpired, RegistrationRejected},
	RegistrationRejected:   {RegistrationDraft, RegistrationSubmitting},
	RegistrationExpired:    {RegistrationDraft, RegistrationSubmitting},
}

// To reports whether a registration may go from a state to another.
func (s RegistrationState) To(next RegistrationState) bool {
	return slices.Contains(registrationMoves[s], next)
}

// Editable reports whether the retailer may change what they filed.
func (s RegistrationState) Editable() bool { return s.To(RegistrationDraft) }

// ErrRegistrationInReview refuses an edit of what is being looked at, or is approved.
var ErrRegistrationInReview = E(Conflict, "registration_in_review", "This registration is being filed, reviewed, or is approved, so it cannot be changed. Wait for the decision; after a rejection it can be.")

// Document is a paper that was uploaded for an item. Its bytes went straight to
// Twilio: here is only what it is.
type Document struct {
	// ID is a UUIDv7; at Twilio the paper is called after it.
	ID       string
	Retailer string
	// Country is that of the registration.
	Country string
	// Item is the key of the item it is for.
	Item string
	// Choice is which of the papers that the item accepts it is; empty where it accepts one.
	Choice string
	State  DocumentState
	// SID is Twilio's (RD...), once it is known.
	SID        string
	AccountSID string
	// Name is the file's, Type its media type as its bytes say, Size in bytes, Hash the
	// SHA-256 of the bytes in hex.
	Name, Type string
	Size       int
	Hash       string
	At         time.Time
}

// DocumentState is how far an upload is.
type DocumentState string

// The states of a document. One that is uploading may be at Twilio or not; one that is
// being deleted still is. Only one that is there counts.
const (
	DocumentUploading DocumentState = "uploading"
	DocumentThere     DocumentState = "there"
	DocumentDeleting  DocumentState = "deleting"
)
