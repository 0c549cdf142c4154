package clienteling

// Number is a clienteling number: the Twilio number that one store texts from
// and that all its associates share. It carries what a webhook needs to know of
// its store, so that a call is answered after a single read.
type Number struct {
	// E164 is the number itself.
	E164    string
	Country string
	State   NumberState
	// AccountSID is the Twilio account that owns it (AC...); a webhook signed by
	// another account is not for this number.
	AccountSID string
	// SID is Twilio's id of the number (PN...); empty until it is bought.
	SID      string
	Retailer string
	// Purchase is the order that it was bought for.
	Purchase string
	// Store is empty while no store uses the number.
	Store     string
	StoreName string
	// Enabled says whether the store's associates may write.
	Enabled bool
	// ForwardTo is the store's landline.
	ForwardTo string
	// Language is the language the store answers in.
	Language string
	// OptInMode is the retailer's.
	OptInMode OptInMode
}

// NumberState is what may be done with a number.
type NumberState string

const (
	// NumberClaimed belongs to an order that is being worked on: it may be bought
	// by then, or not.
	NumberClaimed NumberState = "claimed"
	// NumberAvailable is ours, and no store's.
	NumberAvailable NumberState = "available"
	// NumberAssigned is a store's, for good.
	NumberAssigned NumberState = "assigned"
	// NumberReleasing is being given back to Twilio.
	NumberReleasing NumberState = "releasing"
	// NumberReleased is Twilio's again, to be bought by anybody.
	NumberReleased NumberState = "released"
)
