package clienteling

import "slices"

// Stage is one deployment; each files its own papers and has its own numbers.
type Stage string

// The stages.
const (
	Sandbox    Stage = "sandbox"
	Staging    Stage = "staging"
	Production Stage = "production"
)

// Known reports whether s is a stage.
func (s Stage) Known() bool { return slices.Contains([]Stage{Sandbox, Staging, Production}, s) }

// TestLocations reports whether a retailer has one location in each country on it
// (seed: "one Sandbox and one Staging location per country").
func (s Stage) TestLocations() bool { return s != Production }

// NumberName is how a number that was bought for an order is called at Twilio
// (FriendlyName, at most 64 characters): by that it is found again, whatever
// crashed after it was bought.
func (s Stage) NumberName(purchase string) string { return s.numberPrefix() + purchase }

// PurchaseOf is the order that a number was bought for on this stage, by its name
// at Twilio; false for a number of others.
func (s Stage) PurchaseOf(friendlyName string) (string, bool) {
	prefix := s.numberPrefix()
	if len(friendlyName) != len(prefix)+len("01a1fd8c-6900-7000-8000-000000000001") || friendlyName[:len(prefix)] != prefix {
		return "", false
	}
	return friendlyName[len(prefix):], true
}

func (s Stage) numberPrefix() string { return "clienteling-" + string(s) + "-" }

// PaperName is how an uploaded paper is called at Twilio.
func (s Stage) PaperName(document string) string { return s.numberPrefix() + document }

// RegistrationName is how one thing that was made for a registration is called at
// Twilio: what is its name there, "end-user".
func (s Stage) RegistrationName(registration, what string) string {
	return s.numberPrefix() + registration + "-" + what
}
