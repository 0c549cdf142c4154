package twilio

import (
	"net/http"
	"slices"
)

// The policies that messaging in the US goes by, under the SIDs they have for everybody
// (docs/messaging/compliance/a2p-10dlc/onboarding-isv-api).
const (
	primaryPolicy   = "RN6433641899984f951173ef1738c3bdd0"
	secondaryPolicy = "RNdfbf3fae0e1107f8aded0e7cead80bf5"
	messagingPolicy = "RNb0d4771c2c98518d916a3d4cd70a8f8b"
)

// trustEndUserTypes are the end users of TrustHub and their fields.
var trustEndUserTypes = map[string][]string{
	"customer_profile_business_information": append(slices.Clone(businessFields), "social_media_profile_urls"),
	"authorized_representative_1":           representativeFields,
	"authorized_representative_2":           representativeFields,
	"us_a2p_messaging_profile_information":  {"brand_contact_email", "company_type", "stock_exchange", "stock_ticker"},
}

var trustDocumentTypes = map[string][]string{"customer_profile_address": {"address_sids"}}

var (
	businessFields = []string{
		"business_type", "business_registration_number", "business_name", "business_registration_identifier",
		"business_identity", "business_industry", "website_url", "business_regions_of_operation",
	}
	representativeFields = []string{"first_name", "last_name", "email", "phone_number", "business_title", "job_position"}
)

// wantedProfile is a customer profile that a policy asks for.
type wantedProfile struct {
	requirement string
	label       string
	kind        string
	policies    []string // of which it may be
	statuses    []string // which it may have
}

// policies are those of this package's filings (docs/trust-hub/trusthub-rest-api/policies).
// A second representative, whom Twilio's policy lists, is not asked for.
var policies = []rules{
	{
		sid: secondaryPolicy, name: "Secondary Customer Profile of type Business",
		endUsers: businessEndUsers, documents: businessAddress,
		profile: &wantedProfile{
			"primary_customer_profile", "Primary Customer Profile Bundle", "primary_customer_profile_type_business",
			[]string{primaryPolicy}, []string{statusApproved},
		},
	},
	{
		sid: messagingPolicy, name: "A2P Messaging: Local - Business",
		endUsers: []wantedEndUser{{
			"us_a2p_messaging_profile_information", "US A2P Messaging Profile Information", "us_a2p_messaging_profile_information",
			[]string{"company_type"}, []string{"stock_exchange", "stock_ticker", "brand_contact_email"},
		}},
		profile: &wantedProfile{
			"customer_profile", "Customer Profile Bundle", "secondary_customer_profile_type_business",
			[]string{primaryPolicy, secondaryPolicy}, []string{statusPending, statusInReview, statusApproved},
		},
	},
	{sid: primaryPolicy, name: "Primary Customer Profile of type Business", endUsers: businessEndUsers, documents: businessAddress},
}

var businessEndUsers = []wantedEndUser{
	{
		"customer_profile_business_information", "Business Information", "customer_profile_business_information",
		businessFields, []string{"social_media_profile_urls"},
	},
	{"authorized_representative_1", "Authorized Representative #1", "authorized_representative_1", representativeFields, nil},
}

var businessAddress = []wantedDocument{{
	"customer_profile_address", "Physical Business Address", false,
	[]acceptedDocument{{"customer_profile_address", "Physical Business Address", []string{"address_sids"}}},
}}

// policyResource is a policy as the REST API shows it.
type policyResource struct {
	SID          string               `json:"sid"`
	FriendlyName string               `json:"friendly_name"`
	Requirements requirementsResource `json:"requirements"`
	URL          string               `json:"url"`
}

func (w rules) policy() policyResource {
	shown := policyResource{SID: w.sid, FriendlyName: w.name, Requirements: w.requirements("", false), URL: trustHubHost + "/v1/Policies/" + w.sid}
	all := []profileRequirement{}
	if w.profile != nil {
		all = append(all, profileRequirement{w.profile.label, w.profile.kind, w.profile.requirement})
	}
	shown.Requirements.SupportingCustomerProfiles, shown.Requirements.SupportingTrustProducts = &all, &[]string{}
	return shown
}

// listPolicies is GET /v1/Policies.
func (s *Simulator) listPolicies(r *http.Request) (any, *restError) {
	var all []entry
	for _, w := range slices.Backward(policies) { // listPage shows the last first
		all = append(all, entry{w.sid, w.policy()})
	}
	return listPage(r, trustHubHost, "results", all)
}

// fetchPolicy is GET /v1/Policies/{RN}.
func (s *Simulator) fetchPolicy(r *http.Request) (any, *restError) {
	w, found := ruleOf(policies, func(w rules) bool { return w.sid == r.PathValue("sid") })
	if !found {
		return nil, unknownResource(r)
	}
	return w.policy(), nil
}

// plantPrimary makes the account's own customer profile, which only Twilio's console
// makes, approved already.
func (s *Simulator) plantPrimary() {
	w, _ := rulesNamed(primaryPolicy)
	sid := fixedSID("BU", s.config.AccountSID, "primary")
	if _, found := find(s.state.Papers.Bundles, sid); found {
		return
	}
	f := s.newFiling(profiles, w, sid, "Primary Customer Profile", "owner@example.com", "")
	f.Status = statusApproved
	s.state.Papers.Bundles = append(s.state.Papers.Bundles, f)
}
