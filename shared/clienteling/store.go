package clienteling

// Store is a shop of a retailer, as NOM's store directory knows it.
type Store struct {
	Retailer string
	// ID matches ^[A-Za-z0-9._-]{1,64}$ and is unique within the retailer.
	ID string
	// Name is what customers know the shop by.
	Name    string
	Country string
	// Phone is the landline, E.164: calls to the clienteling number ring it.
	Phone string
	// TimeZone is an IANA name, for quiet hours.
	TimeZone string
	// Number is the store's clienteling number, E.164; empty until it is onboarded.
	Number string
	// AccountSID is the Twilio account of its number.
	AccountSID string
	// Language is the language the store writes in by itself.
	Language string
	State    StoreState
}

// StoreState is how far a store is on its way to clienteling.
type StoreState string

const (
	// StoreEligible may be onboarded.
	StoreEligible StoreState = "eligible"
	// StoreOnboarded has its number; calls forward, nobody can write yet.
	StoreOnboarded StoreState = "onboarded"
	// StoreEnabled is on, for good: a store is never disabled again (seed).
	StoreEnabled StoreState = "enabled"
)

// Number is a clienteling number: the Twilio number that one store texts from
// and that all its associates share. It carries what a webhook needs to know of
// its store, so that a call is answered after a single read.
type Number struct {
	// E164 is the number itself.
	E164    string
	Country string
	// AccountSID is the Twilio account that owns it (AC...); a webhook signed by
	// another account is not for this number.
	AccountSID string
	// SID is Twilio's id of the number (PN...).
	SID      string
	Retailer string
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
