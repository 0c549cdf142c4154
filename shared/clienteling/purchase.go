package clienteling

import (
	"slices"
	"time"
)

// Purchase is an order of one number. At most one number is ever bought for it.
type Purchase struct {
	// ID is a UUIDv7, so that orders sort by time.
	ID       string
	Retailer string
	Country  string
	State    PurchaseState
	// Wanted narrows which number; its zero value takes any of the country.
	Wanted Wanted
	// Store is the store that waits for it; empty for an order in advance.
	Store string
	// Number is the number claimed for the order, E.164, before it is bought.
	Number string
	// SID is Twilio's id of the number (PN...), from the moment it is known to be ours.
	SID string
	// AccountSID is the Twilio account that buys.
	AccountSID string
	// Reason is why the order failed, or why it needs assistance: a Reason.
	Reason Reason
	// Unfit are numbers that were bought for it and given back, since they cannot text.
	Unfit []string
	// Tries is how often Twilio could not be asked, in a row.
	Tries int
	By    Associate
	// At is when it was ordered, UpdatedAt when it last moved.
	At, UpdatedAt time.Time
	// Version counts its changes: a worker that was overtaken finds it changed.
	Version int
}

// Wanted narrows the numbers that an order takes.
type Wanted struct {
	// Number is the very number, E.164.
	Number string
	// Contains is Twilio's pattern of digits, letters and *.
	Contains string
	// AreaCode is that of a North American number.
	AreaCode string
}

// PurchaseState is how far an order is.
type PurchaseState string

const (
	// PurchaseRequested waits for a worker.
	PurchaseRequested PurchaseState = "requested"
	// PurchaseAwaitingApproval waits for the approval of its country.
	PurchaseAwaitingApproval PurchaseState = "awaiting_approval"
	// PurchaseAssistance waits for the platform's operator: numbers of its country
	// are not sold by themselves (seed), or what was sold was of no use.
	PurchaseAssistance PurchaseState = "assistance_required"
	// PurchaseBuying has claimed a number, and may have bought it.
	PurchaseBuying PurchaseState = "buying"
	// PurchaseConfiguring has its number; it retries until the number works.
	PurchaseConfiguring PurchaseState = "configuring"
	// PurchaseCompleted, PurchaseCanceled and PurchaseFailed are the ends.
	PurchaseCompleted PurchaseState = "completed"
	PurchaseCanceled  PurchaseState = "canceled"
	PurchaseFailed    PurchaseState = "failed"
)

// purchaseMoves are the transitions there are. An order fails before money is spent
// only: what follows once it owns a number retries, or asks for assistance after
// a number that cannot text was given back.
var purchaseMoves = map[PurchaseState][]PurchaseState{
	PurchaseRequested:        {PurchaseAwaitingApproval, PurchaseAssistance, PurchaseBuying, PurchaseCanceled, PurchaseFailed},
	PurchaseAwaitingApproval: {PurchaseRequested, PurchaseAssistance, PurchaseCanceled},
	PurchaseAssistance:       {PurchaseConfiguring, PurchaseCanceled},
	PurchaseBuying:           {PurchaseRequested, PurchaseConfiguring, PurchaseFailed},
	PurchaseConfiguring:      {PurchaseRequested, PurchaseAssistance, PurchaseCompleted},
}

// To reports whether an order may go from a state to another.
func (s PurchaseState) To(next PurchaseState) bool { return slices.Contains(purchaseMoves[s], next) }

// Ended reports whether nothing more becomes of the order.
func (s PurchaseState) Ended() bool { return len(purchaseMoves[s]) == 0 }

// Running reports whether a worker takes the order up.
func (s PurchaseState) Running() bool {
	return s == PurchaseRequested || s == PurchaseBuying || s == PurchaseConfiguring
}

// ErrPurchaseUnderWay refuses to cancel an order that may have cost money already.
var ErrPurchaseUnderWay = E(Conflict, "purchase_under_way", "This order is being bought, or has ended. Once its number is there, no store needs to use it: release it with DELETE /v1/numbers/{number}.")

// Reason is why an order failed or waits for the operator: a stable word for
// programs. Its Text is for people.
type Reason string

const (
	// ReasonNumberTaken: the number that was asked for is somebody else's.
	ReasonNumberTaken Reason = "number_taken"
	// ReasonNoneForSale: Twilio sells none that fits.
	ReasonNoneForSale Reason = "none_for_sale"
	// ReasonPapers: Twilio does not take the papers on file for numbers like these.
	ReasonPapers Reason = "papers_not_accepted"
	// ReasonAccount: our account may not buy.
	ReasonAccount Reason = "account_refused"
	// ReasonTwilioAway: Twilio could not be asked for a day.
	ReasonTwilioAway Reason = "twilio_unavailable"
	// ReasonNotApproved: the country's approval ended meanwhile.
	ReasonNotApproved Reason = "country_not_approved"
	// ReasonCannotText: what Twilio sold cannot text, and was given back.
	ReasonCannotText Reason = "number_cannot_text"
	// ReasonAssistedCountry: numbers of the country are fetched by the operator (seed).
	ReasonAssistedCountry Reason = "assisted_country"
	// ReasonNumberInUse: another store was quicker.
	ReasonNumberInUse Reason = "number_in_use"
)

// reasonTexts say to a store manager what happened and what to do next.
var reasonTexts = map[Reason]string{
	ReasonNumberTaken:     "Somebody else has this number by now. Nothing was bought. Choose another number, or let us choose one.",
	ReasonNoneForSale:     "There is no number for sale that fits what was asked for. Nothing was bought. Ask for any number of the country, or try again in a few days.",
	ReasonPapers:          "The phone company does not accept the papers on file for a number of this country. Nothing was bought. Check the country's registration, and then order again.",
	ReasonAccount:         "Our phone account may not buy numbers at the moment. Nothing was bought. Tell the platform's operator, and then order again.",
	ReasonTwilioAway:      "The phone company could not be reached for a day. Nothing was bought. Order again.",
	ReasonNotApproved:     "The approval for this country has ended. Nothing was bought. Renew the country's registration, and then order again.",
	ReasonCannotText:      "The number that was bought cannot send texts, so it was given back. The platform's operator looks for another; there is nothing to do.",
	ReasonAssistedCountry: "Numbers of this country take an application of their own. The platform's operator fetches one; there is nothing to do.",
	ReasonNumberInUse:     "Another store was put on this number meanwhile. Choose another number for this store.",
}

// Text is the reason in words; empty for no reason.
func (r Reason) Text() string { return reasonTexts[r] }
