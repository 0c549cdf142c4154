package twilio_test

import (
	"fmt"
	"strings"
	"testing"

	"clienteling/infra/local/seed"
	"clienteling/shared/twilio"
)

var aTrustBundle = twilio.NewTrustBundle{
	FriendlyName: ours, Email: "legal@acme.example", PolicySID: sid("RN", 1), StatusCallback: "https://clienteling.example/bundle",
}

// trustBundleOf is a customer profile or a trust product as Twilio shows it.
// https://www.twilio.com/docs/trust-hub/trusthub-rest-api/customer-profiles
func trustBundleOf(sid, name, created string) string {
	return fmt.Sprintf(`{"sid": %q, "account_sid": %q, "policy_sid": "RN00000000000000000000000000000001", "friendly_name": %q,
		"status": "draft", "valid_until": null, "email": "legal@acme.example", "status_callback": "https://clienteling.example/bundle",
		"errors": null, "date_created": %q, "date_updated": %[4]q, "url": "https://trusthub.twilio.com/v1/CustomerProfiles/%[1]s",
		"links": {"customer_profiles_entity_assignments": "https://trusthub.twilio.com/v1/CustomerProfiles/%[1]s/EntityAssignments"}}`,
		sid, seed.AccountSID, name, created)
}

// policyOf is a policy as Twilio shows it, which asks for more than that.
// https://www.twilio.com/docs/trust-hub/trusthub-rest-api/policies
func policyOf(sid, name string) string {
	return fmt.Sprintf(`{"sid": %q, "friendly_name": %q, "url": "https://trusthub.twilio.com/v1/Policies/%[1]s", "requirements": {
		"end_user": [{"url": "/EndUserTypes/customer_profile_business_information", "fields": ["business_type", "business_name"],
			"type": "customer_profile_business_information", "name": "Business Information", "requirement_name": "customer_profile_business_information"}],
		"supporting_trust_products": [], "supporting_document": [], "supporting_customer_profiles": []}}`, sid, name)
}

func TestTrust(t *testing.T) {
	t.Parallel()
	theirs := trustBundleOf(sid("BU", 1), ours, stamp(30))
	draft := twilio.TrustBundle{
		SID: sid("BU", 1), FriendlyName: ours, PolicySID: sid("RN", 1), Status: twilio.BundleDraft,
		Email: aTrustBundle.Email, StatusCallback: aTrustBundle.StatusCallback, CreatedAt: day(30),
	}
	rejected := draft
	rejected.Status = twilio.BundleRejected
	rejected.Problems = []twilio.Problem{{Code: 18601, Reason: "Business name mismatch"}, {Code: 22215}, {Reason: "Call us."}, {Reason: `[7]`}}
	approved, until := draft, draft
	approved.Status = twilio.BundleApproved
	until.SID, until.Status, until.ValidUntil = sid("BU", 2), twilio.BundleApproved, day(31)

	create := "Email=legal%40acme.example&" + theName + "&PolicySid=" + sid("RN", 1) + "&StatusCallback=https%3A%2F%2Fclienteling.example%2Fbundle"
	errored := being("twilio-rejected", strings.Replace(theirs, `"errors": null`,
		`"errors": [{"code": 18601, "message": "Business name mismatch"}, 22215, "Call us.", [7]]`, 1))
	who, what := anEndUser, aDocument
	who.SID, who.CreatedAt = sid("IT", 1), day(30)
	what.SID, what.Status, what.CreatedAt = sid("RD", 1), twilio.DocumentDraft, day(30)
	user, paper := endUserOf(sid("IT", 1), ours, stamp(30)), documentOf(sid("RD", 1), ours, stamp(30))
	parts := pageOf("results", "null", assignmentOf(sid("BV", 1), sid("IT", 1)))
	part := []twilio.Assignment{{SID: sid("BV", 1), ObjectSID: sid("IT", 1)}}

	play(t, []step{
		{
			"a policy by its name", filing["Policy"],
			[]answer{pageOf("results", "null", policyOf(sid("RN", 6), twilio.PolicyPrimary), policyOf(sid("RN", 7), twilio.PolicySecondary))},
			[]asked{{"GET", "/v1/Policies", "PageSize=1000", ""}}, found[twilio.Policy]{twilio.Policy{SID: sid("RN", 7), FriendlyName: twilio.PolicySecondary}, true},
		},
		{
			"no policy of that name", filing["Policy"], []answer{pageOf("results", "null", policyOf(sid("RN", 6), twilio.PolicyPrimary))},
			[]asked{{"GET", "/v1/Policies", "PageSize=1000", ""}}, found[twilio.Policy]{},
		},
		{"a profile is created", filing["CreateProfile"], []answer{{201, theirs}}, []asked{{"POST", "/v1/CustomerProfiles", "", create}}, draft},
		{"a product is created", filing["CreateProduct"], []answer{{201, theirs}}, []asked{{"POST", "/v1/TrustProducts", "", create}}, draft},
		{"a profile was rejected", filing["Profile"], []answer{errored}, []asked{{"GET", "/v1/CustomerProfiles/" + sid("BU", 1), "", ""}}, rejected},
		{"a product was rejected", filing["Product"], []answer{errored}, []asked{{"GET", "/v1/TrustProducts/" + sid("BU", 1), "", ""}}, rejected},
		{
			"our own profile", filing["ApprovedProfile"], []answer{pageOf("results", "null", theirs,
				strings.NewReplacer(`"status": "draft"`, `"status": "twilio-approved"`, `"policy_sid": "RN00000000000000000000000000000001"`, `"policy_sid": "RN00000000000000000000000000000002"`).Replace(theirs),
				strings.NewReplacer(`"status": "draft"`, `"status": "twilio-approved"`, `"valid_until": null`, `"valid_until": "`+stamp(31)+`"`, sid("BU", 1), sid("BU", 2)).Replace(theirs))},
			[]asked{{"GET", "/v1/CustomerProfiles", "PageSize=1000&PolicySid=" + sid("RN", 1) + "&Status=twilio-approved", ""}},
			found[twilio.TrustBundle]{until, true},
		},
		{"a profile's parts", filing["ProfileAssignments"], []answer{parts}, []asked{{"GET", "/v1/CustomerProfiles/" + sid("BU", 1) + "/EntityAssignments", "PageSize=1000", ""}}, part},
		{"a product's parts", filing["ProductAssignments"], []answer{parts}, []asked{{"GET", "/v1/TrustProducts/" + sid("BU", 1) + "/EntityAssignments", "PageSize=1000", ""}}, part},
		{"an end user is created", filing["CreateTrustEndUser"], []answer{{201, user}}, []asked{{"POST", "/v1/EndUsers", "", whoTheyAre + "&Type=business"}}, who},
		{"an end user is updated", filing["UpdateTrustEndUser"], []answer{{200, user}}, []asked{{"POST", "/v1/EndUsers/" + sid("IT", 1), "", whoTheyAre}}, who},
		{"a document is created", filing["CreateTrustDocument"], []answer{{201, paper}}, []asked{{"POST", "/v1/SupportingDocuments", "", whatItSays + "&Type=commercial_registrar_excerpt"}}, what},
		{"a document is updated", filing["UpdateTrustDocument"], []answer{{200, paper}}, []asked{{"POST", "/v1/SupportingDocuments/" + sid("RD", 1), "", whatItSays}}, what},
	})
}
