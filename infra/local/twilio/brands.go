package twilio

import (
	"net/http"
	"strings"
	"time"
)

// brandResource is a brand as the REST API shows it
// (docs/messaging/api/brand-registration-resource).
type brandResource struct {
	SID                      string            `json:"sid"`
	AccountSID               string            `json:"account_sid"`
	CustomerProfileBundleSID string            `json:"customer_profile_bundle_sid"`
	A2PProfileBundleSID      string            `json:"a2p_profile_bundle_sid"`
	DateCreated              time.Time         `json:"date_created"`
	DateUpdated              time.Time         `json:"date_updated"`
	BrandType                string            `json:"brand_type"`
	Status                   string            `json:"status"` // "PENDING", "APPROVED" or "FAILED"
	TCRID                    *string           `json:"tcr_id"`
	FailureReason            *string           `json:"failure_reason"`
	Errors                   []brandError      `json:"errors"`
	URL                      string            `json:"url"`
	BrandScore               *int              `json:"brand_score"`
	BrandFeedback            []string          `json:"brand_feedback"`
	IdentityStatus           *string           `json:"identity_status"`
	Russell3000              *bool             `json:"russell_3000"`
	GovernmentEntity         *bool             `json:"government_entity"`
	TaxExemptStatus          *string           `json:"tax_exempt_status"`
	SkipAutomaticSecVet      bool              `json:"skip_automatic_sec_vet"`
	Mock                     bool              `json:"mock"`
	Links                    map[string]string `json:"links"`
}

// brandError is why the carriers' registry refused a brand.
type brandError struct {
	Code        int      `json:"code"`
	Description string   `json:"description"`
	URL         string   `json:"url"`
	Fields      []string `json:"fields"`
}

type brand struct {
	brandResource
	Due time.Time `json:"due,omitzero"` // when the registry decides, by the machine's clock; zero: it has
}

func (b *brand) sid() string { return b.SID }
func (b *brand) gone() bool  { return false }

// The statuses of a brand.
const (
	brandPending  = "PENDING"
	brandApproved = "APPROVED"
	brandFailed   = "FAILED"
)

// createBrand is POST /v1/a2p/BrandRegistrations.
func (s *Simulator) createBrand(r *http.Request) (any, *restError) {
	if refused := needs(r, "CustomerProfileBundleSid", "A2PProfileBundleSid"); refused != nil {
		return nil, refused
	}
	form := r.PostForm
	for name, kind := range map[string]string{"CustomerProfileBundleSid": profiles.kind, "A2PProfileBundleSid": products.kind} {
		if f, found := find(s.state.Papers.Bundles, form.Get(name)); !found || f.Kind != kind {
			return nil, refuseREST(20001, "%s %s is none of this account's", name, form.Get(name))
		}
	}
	now, sid := s.stamp(), newSID("BN")
	url := messagingHost + "/v1/a2p/BrandRegistrations/" + sid
	b := &brand{brandResource: brandResource{
		SID: sid, AccountSID: s.config.AccountSID, CustomerProfileBundleSID: form.Get("CustomerProfileBundleSid"),
		A2PProfileBundleSID: form.Get("A2PProfileBundleSid"), DateCreated: now, BrandType: "STANDARD", URL: url,
		BrandFeedback: []string{}, SkipAutomaticSecVet: form.Get("SkipAutomaticSecVet") == "true", Mock: form.Get("Mock") == "true",
		Links: map[string]string{"brand_vettings": url + "/Vettings", "brand_registration_otps": url + "/SmsOtp"},
	}}
	if kind := form.Get("BrandType"); kind != "" {
		b.BrandType = kind
	}
	s.state.Papers.Brands = append(s.state.Papers.Brands, b)
	s.registerBrand(b)
	return b.brandResource, nil
}

// registerBrand asks the carriers' registry, which takes its time.
func (s *Simulator) registerBrand(b *brand) {
	b.Status, b.FailureReason, b.Errors, b.DateUpdated = brandPending, nil, []brandError{}, s.stamp()
	b.Due = time.Now().Add(s.reviewDelay)
	s.awaitBrand(b)
}

func (s *Simulator) awaitBrand(b *brand) {
	due := b.Due
	s.later(due, func() {
		if b.Due.Equal(due) {
			s.judgeBrand(b)
		}
	})
}

// judgeBrand is the registry's answer: no to a business with the magic words in its name,
// or whose profiles are not approved.
func (s *Simulator) judgeBrand(b *brand) {
	if b.Due.IsZero() {
		return
	}
	b.Due, b.DateUpdated = time.Time{}, s.stamp()
	var refused *brandError
	for _, sid := range []string{b.CustomerProfileBundleSID, b.A2PProfileBundleSID} {
		f, found := find(s.state.Papers.Bundles, sid)
		switch {
		case !found || f.Status != statusApproved:
			refused = &brandError{30793, "Brand Registration Failure: Validation problems with connected bundles.", "", []string{"customer_profile"}}
		case s.isNamed(f, "Reject brand"):
			refused = &brandError{
				30799, "Brand Registration Feedback: We were unable to verify the details of the registration data.", "",
				[]string{"business_name", "business_registration_number"},
			}
		}
	}
	if refused != nil {
		refused.URL = refuseREST(refused.Code, "").MoreInfo
		b.Status, b.FailureReason, b.Errors = brandFailed, &refused.Description, []brandError{*refused}
		b.IdentityStatus = new("UNVERIFIED")
		return
	}
	b.Status, b.IdentityStatus, b.TCRID = brandApproved, new("VERIFIED"), new("B"+strings.ToUpper(b.SID[2:8]))
	if !b.SkipAutomaticSecVet {
		b.BrandScore = new(75)
	}
}

// isNamed tells whether the business of a filing has a word in its name.
func (s *Simulator) isNamed(f *filing, word string) bool {
	for _, u := range s.endUsersOf(f, "") {
		if has(textOf(u.Attributes["business_name"]), word) {
			return true
		}
	}
	return false
}

func (s *Simulator) brandNamed(r *http.Request) (*brand, *restError) {
	b, found := find(s.state.Papers.Brands, r.PathValue("sid"))
	if !found {
		return nil, unknownResource(r)
	}
	return b, nil
}

// fetchBrand is GET /v1/a2p/BrandRegistrations/{BN}.
func (s *Simulator) fetchBrand(r *http.Request) (any, *restError) {
	b, refused := s.brandNamed(r)
	if refused != nil {
		return nil, refused
	}
	return b.brandResource, nil
}

// updateBrand is POST /v1/a2p/BrandRegistrations/{BN}: a brand that failed is registered
// again, after its profiles were corrected.
func (s *Simulator) updateBrand(r *http.Request) (any, *restError) {
	b, refused := s.brandNamed(r)
	if refused != nil {
		return nil, refused
	}
	if b.Status != brandFailed {
		return nil, refuseREST(invalid, "Brand %s is %s: only one that failed can be registered again", b.SID, b.Status)
	}
	s.registerBrand(b)
	return b.brandResource, nil
}

// listBrands is GET /v1/a2p/BrandRegistrations, newest first.
func (s *Simulator) listBrands(r *http.Request) (any, *restError) {
	var all []entry
	for _, b := range s.state.Papers.Brands {
		all = append(all, entry{b.SID, b.brandResource})
	}
	return listPage(r, messagingHost, "data", all)
}
