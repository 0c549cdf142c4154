package clienteling

// Registration is a retailer's regulatory file for one country (one file covers
// Canada and the US).
type Registration struct {
	Retailer string
	// Country is the one that the file is kept under: US for Canada.
	Country string
	State   RegistrationState
	// BundleSID (BU...) and AddressSID (AD...) are what Twilio asks for with each
	// number of the country; empty where it asks for none.
	BundleSID, AddressSID string
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
