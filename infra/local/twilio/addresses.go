package twilio

import (
	"net/http"
	"slices"
	"strings"
)

// addressResource is an address as the REST API shows it (docs/usage/api/address).
type addressResource struct {
	AccountSID       string  `json:"account_sid"`
	City             string  `json:"city"`
	CustomerName     string  `json:"customer_name"`
	DateCreated      string  `json:"date_created"` // dates are RFC 2822
	DateUpdated      string  `json:"date_updated"`
	EmergencyEnabled bool    `json:"emergency_enabled"`
	FriendlyName     string  `json:"friendly_name"`
	ISOCountry       string  `json:"iso_country"`
	PostalCode       string  `json:"postal_code"`
	Region           string  `json:"region"`
	SID              string  `json:"sid"`
	Street           string  `json:"street"`
	StreetSecondary  *string `json:"street_secondary"`
	URI              string  `json:"uri"`
	Validated        bool    `json:"validated"`
	Verified         bool    `json:"verified"`
}

type postalAddress struct {
	addressResource
	Deleted bool `json:"deleted,omitempty"`
}

func (a *postalAddress) sid() string { return a.SID }
func (a *postalAddress) gone() bool  { return a.Deleted }

func (s *Simulator) addressPath(sid string) string {
	return "/2010-04-01/Accounts/" + s.config.AccountSID + "/Addresses/" + sid + ".json"
}

// createAddress is POST /2010-04-01/Accounts/{AC}/Addresses.json.
func (s *Simulator) createAddress(r *http.Request) (any, *restError) {
	for _, name := range []string{"Region", "PostalCode"} { // not every country has them
		if !r.PostForm.Has(name) {
			return nil, refuseREST(20001, "Missing required parameter %s in the post body", name)
		}
	}
	if refused := needs(r, "CustomerName", "Street", "City", "IsoCountry"); refused != nil {
		return nil, refused
	}
	if !isoCountry.MatchString(r.PostForm.Get("IsoCountry")) {
		return nil, refuseREST(21238, "IsoCountry is not valid: give two capital letters, like DE")
	}
	now, sid := rfc2822(s.config.Now()), newSID("AD")
	a := &postalAddress{addressResource: addressResource{
		AccountSID: s.config.AccountSID, DateCreated: now, ISOCountry: r.PostForm.Get("IsoCountry"), SID: sid, URI: s.addressPath(sid),
	}}
	if refused := s.fillAddress(a, r); refused != nil {
		return nil, refused
	}
	s.state.Papers.Addresses = append(s.state.Papers.Addresses, a)
	return a.addressResource, nil
}

// fillAddress changes what a form names. The validation knows one street that does not
// exist (docs/api/errors/21628).
func (s *Simulator) fillAddress(a *postalAddress, r *http.Request) *restError {
	changed := *a
	for name, into := range map[string]*string{
		"CustomerName": &changed.CustomerName, "Street": &changed.Street, "City": &changed.City, "Region": &changed.Region,
		"PostalCode": &changed.PostalCode, "FriendlyName": &changed.FriendlyName,
	} {
		if r.PostForm.Has(name) {
			*into = r.PostForm.Get(name)
		}
	}
	if r.PostForm.Has("StreetSecondary") {
		changed.StreetSecondary = orNull(r.PostForm.Get("StreetSecondary"))
	}
	switch {
	case r.PostForm.Get("EmergencyEnabled") == "true":
		return refuseREST(20001, "EmergencyEnabled is not simulated")
	case changed.CustomerName == "" || changed.Street == "" || changed.City == "":
		return refuseREST(21238, "CustomerName, Street and City must not be empty")
	case has(changed.Street, "Nowhere"):
		return refuseREST(21628, "The address you have provided cannot be validated.")
	}
	*a = changed
	a.Validated, a.DateUpdated = true, rfc2822(s.config.Now())
	return nil
}

// addressNamed is the address whose SID is in a path.
func (s *Simulator) addressNamed(r *http.Request) (*postalAddress, *restError) {
	a, found := find(s.state.Papers.Addresses, named(r, "address"))
	if !found {
		return nil, unknownResource(r)
	}
	return a, nil
}

// fetchAddress is GET /2010-04-01/Accounts/{AC}/Addresses/{AD}.json.
func (s *Simulator) fetchAddress(r *http.Request) (any, *restError) {
	a, refused := s.addressNamed(r)
	if refused != nil {
		return nil, refused
	}
	return a.addressResource, nil
}

// updateAddress is POST /2010-04-01/Accounts/{AC}/Addresses/{AD}.json.
func (s *Simulator) updateAddress(r *http.Request) (any, *restError) {
	a, refused := s.addressNamed(r)
	if refused == nil && s.isFiled(a.SID) {
		refused = refuseREST(invalid, "Cannot update address. A bundle it belongs to is in an immutable state.")
	}
	if refused == nil {
		refused = s.fillAddress(a, r)
	}
	if refused != nil {
		return nil, refused
	}
	return a.addressResource, nil
}

// deleteAddress is DELETE /2010-04-01/Accounts/{AC}/Addresses/{AD}.json.
func (s *Simulator) deleteAddress(r *http.Request) (any, *restError) {
	a, refused := s.addressNamed(r)
	if refused != nil {
		return nil, refused
	}
	for _, n := range s.state.Numbers {
		if n.AddressSID == a.SID {
			return nil, refuseREST(20409, "Address %s belongs to number %s", a.SID, n.SID)
		}
	}
	if s.isFiled(a.SID) {
		return nil, refuseREST(20409, "Address %s belongs to a bundle that is in review or approved", a.SID)
	}
	a.Deleted = true
	return nil, nil
}

// listAddresses is GET /2010-04-01/Accounts/{AC}/Addresses.json, newest first.
func (s *Simulator) listAddresses(r *http.Request) (any, *restError) {
	all := slices.DeleteFunc(inUse(s.state.Papers.Addresses), func(a *postalAddress) bool {
		return !matches(r, "FriendlyName", a.FriendlyName) || !matches(r, "CustomerName", a.CustomerName) ||
			!matches(r, "IsoCountry", a.ISOCountry)
	})
	cut, part, refused := cutPage(r, newestFirst(all), (*postalAddress).sid)
	if refused != nil {
		return nil, refused
	}
	shown := struct {
		page
		Addresses []addressResource `json:"addresses"`
	}{cut, []addressResource{}}
	for _, a := range part {
		shown.Addresses = append(shown.Addresses, a.addressResource)
	}
	return shown, nil
}

// addressSIDs are those of an address_sids attribute, which is a list or a single one.
func addressSIDs(attributes map[string]any) (sids []string) {
	switch v := attributes["address_sids"].(type) {
	case string:
		sids = strings.FieldsFunc(v, func(c rune) bool { return c == ',' || c == ' ' })
	case []any:
		for _, sid := range v {
			sids = append(sids, textOf(sid))
		}
	}
	return sids
}
