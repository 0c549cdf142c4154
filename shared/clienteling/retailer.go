package clienteling

import "time"

// Retailer is the tenant. Every record belongs to exactly one.
type Retailer struct {
	// ID matches ^[a-z0-9][a-z0-9-]{0,62}$; it is the token's retailer claim.
	ID string
	// LegalName is the name on the retailer's papers.
	LegalName string
	// ContactEmail is whom Twilio and the operator write to.
	ContactEmail string
	// Countries are the countries asked for, in the order they are to be filed
	// (seed: "an order that makes the most sense for you").
	Countries []string
	// OptInMode says which reply to an opt-in request accepts it.
	OptInMode OptInMode
	// EnabledAt is when the retailer was enabled for clienteling.
	EnabledAt time.Time
}

// OptInMode says which reply to an opt-in request accepts it.
type OptInMode string

const (
	// AnyReply accepts by any reply that is no opt-out, no refusal and no call for help.
	AnyReply OptInMode = "any_reply"
	// Explicit accepts by YES and its listed equivalents only.
	Explicit OptInMode = "explicit"
)

// ErrNotEnabled says that the retailer has not been enabled for clienteling.
var ErrNotEnabled = E(Conflict, "retailer_not_enabled", "Your retailer is not enabled for clienteling yet. Enable it with PUT /v1/onboarding first.")
