package clienteling

// Store is a shop of a retailer, as NOM's store directory knows it.
type Store struct {
	Retailer string
	// ID matches ^[A-Za-z0-9._-]{1,64}$ and is unique within the retailer.
	ID string
	// Name is what customers know the shop by.
	Name    string
	Country string
	// Phone is the landline, E.164: calls to the clienteling number ring it. Empty
	// while the directory has none.
	Phone string
	// Address is for people, as the directory writes it.
	Address string
	// TimeZone is an IANA name, for quiet hours.
	TimeZone string
	// Number is the store's clienteling number, E.164; empty until it is onboarded.
	Number string
	// AccountSID is the Twilio account of its number.
	AccountSID string
	// Language is the language the store writes in by itself.
	Language string
	State    StoreState
	// Wish is what was asked for a store that waits.
	Wish Wish
	// Purchase is the order that an ordering store waits for.
	Purchase string
	// Trouble is why what was asked for did not come about: a Reason of a failed
	// order, or number_in_use. Empty when nothing went wrong last.
	Trouble string
	// Version counts the changes of the store.
	Version int
}

// StoreState is how far a store is on its way to clienteling. Whether a store that
// is not on its way may set out is not a state: see Standing.Hindrances.
type StoreState string

const (
	// StoreEligible is in the directory, and not on its way.
	StoreEligible StoreState = "eligible"
	// StoreParked waits for the approval of its country.
	StoreParked StoreState = "parked"
	// StoreOrdering waits for the number that was ordered for it.
	StoreOrdering StoreState = "ordering"
	// StoreOnboarded has its number; calls forward, nobody can write yet.
	StoreOnboarded StoreState = "onboarded"
	// StoreEnabled is on, for good: a store is never disabled again (seed).
	StoreEnabled StoreState = "enabled"
)

// HasNumber reports whether a store has its clienteling number, which it keeps.
func (s StoreState) HasNumber() bool { return s == StoreOnboarded || s == StoreEnabled }

// Wish is what an administrator asks for a store.
type Wish struct {
	// Number is one of the retailer's, E.164, or Auto.
	Number string
	// Enable lets the associates write as soon as the store has its number.
	Enable bool
}

// Auto instead of a number takes one that no store uses, or orders one.
const Auto = "auto"

// Errors of putting a store on a number.
var (
	// ErrNumberPermanent: the number of a store stays.
	ErrNumberPermanent = E(Conflict, "number_is_permanent", "This store has its number, and keeps it: its customers know it by that number.")
	// ErrEnabledPermanent: once enabled, never disabled (seed).
	ErrEnabledPermanent = E(Conflict, "enabled_is_permanent", "This store is enabled for clienteling, and stays so: its customers may be waiting for an answer.")
	// ErrNumberInUse: the number is another store's, or not to be had.
	ErrNumberInUse = E(Conflict, "number_in_use", "This number is not yours, or not free: a store uses it, or it is being released. Choose one of GET /v1/numbers?state=available.")
	// ErrStoreChanged: somebody else changed the store meanwhile.
	ErrStoreChanged = E(Conflict, "store_changed", "Somebody else has changed this store just now. Read it again, and then decide.")
	// ErrTestLocationTaken: one location per country outside of production (seed).
	ErrTestLocationTaken = E(Conflict, HindranceTestLocation, "This stage has one test location in each country, and another store is it. Use production for more stores.")
)
