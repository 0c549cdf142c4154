package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"clienteling/infra/local/seed"
	"clienteling/shared/twilio"
)

var aCampaign = twilio.NewCampaign{
	ServiceSID: sid("MG", 1), BrandSID: sid("BN", 1), UseCase: "MIXED", Description: "Advice by text from a store.",
	MessageFlow: "Customers agree in the store.", Samples: []string{"Hi Ann, your coat is here.", "Hi Bob, we open at 9."}, HasLinks: true,
}

// brandOf is a brand as Twilio shows it.
// https://www.twilio.com/docs/messaging/api/brand-registration-resource
func brandOf(sid, profile, status, created string) string {
	return fmt.Sprintf(`{"sid": %q, "account_sid": %q, "customer_profile_bundle_sid": %q,
		"a2p_profile_bundle_sid": "BU00000000000000000000000000000002", "date_created": %q, "date_updated": %[4]q, "brand_type": "STANDARD",
		"status": %q, "tcr_id": "BXXXXXX", "failure_reason": "Registration error", "errors": null, "brand_score": 42, "brand_feedback": ["TAX_ID"],
		"identity_status": "VERIFIED", "russell_3000": true, "government_entity": false, "tax_exempt_status": "501c3",
		"skip_automatic_sec_vet": false, "mock": false, "url": "https://messaging.twilio.com/v1/a2p/BrandRegistrations/%[1]s",
		"links": {"brand_vettings": "https://messaging.twilio.com/v1/a2p/BrandRegistrations/%[1]s/Vettings"}}`, sid, seed.AccountSID, profile, created, status)
}

// serviceOf is a messaging service as Twilio shows it.
// https://www.twilio.com/docs/messaging/api/service-resource
func serviceOf(sid, name, created string) string {
	return fmt.Sprintf(`{"account_sid": %q, "friendly_name": %q, "sid": %q, "date_created": %q, "date_updated": %[4]q, "sticky_sender": true,
		"mms_converter": true, "smart_encoding": false, "fallback_to_long_code": true, "scan_message_content": "inherit",
		"synchronous_validation": true, "area_code_geomatch": true, "validity_period": 600, "inbound_request_url": null, "inbound_method": "POST",
		"fallback_url": null, "fallback_method": "POST", "status_callback": null, "usecase": "undeclared", "us_app_to_person_registered": false,
		"use_inbound_webhook_on_number": true, "links": {"phone_numbers": "https://messaging.twilio.com/v1/Services/%[3]s/PhoneNumbers"},
		"url": "https://messaging.twilio.com/v1/Services/%[3]s"}`, seed.AccountSID, name, sid, created)
}

// campaignOf is a campaign as Twilio shows it.
// https://www.twilio.com/docs/messaging/api/usapptoperson-resource
func campaignOf(status, errs string) string {
	return fmt.Sprintf(`{"sid": "QE00000000000000000000000000000001", "account_sid": %q, "brand_registration_sid": "BN00000000000000000000000000000001",
		"messaging_service_sid": "MG00000000000000000000000000000001", "description": "Advice by text from a store.",
		"message_samples": ["Hi Ann, your coat is here.", "Hi Bob, we open at 9."], "us_app_to_person_usecase": "MIXED", "has_embedded_links": true,
		"has_embedded_phone": false, "subscriber_opt_in": true, "age_gated": false, "direct_lending": false, "campaign_status": %q,
		"campaign_id": "CFOOBAR", "is_externally_registered": false, "rate_limits": {"att": {"mps": 600, "msg_class": "A"}, "tmobile": {"brand_tier": "TOP"}},
		"message_flow": "Customers agree in the store.", "opt_in_message": "", "opt_out_message": null, "help_message": null, "opt_in_keywords": [],
		"opt_out_keywords": [], "help_keywords": [], "date_created": "2026-07-30T22:29:24Z", "date_updated": "2026-07-30T22:29:24Z", "mock": false,
		"url": "https://messaging.twilio.com/v1/Services/MG/Compliance/Usa2p/QE", "errors": %s, "privacy_policy_url": null,
		"terms_and_conditions_url": null}`, seed.AccountSID, status, errs)
}

func TestBrands(t *testing.T) {
	t.Parallel()
	const brands = "/v1/a2p/BrandRegistrations"
	theirs := func(status string) string { return brandOf(sid("BN", 1), sid("BU", 1), status, stamp(30)) }
	pending := twilio.Brand{
		SID: sid("BN", 1), Status: twilio.BrandPending, ProfileSID: sid("BU", 1), ProductSID: sid("BU", 2), TCRID: "BXXXXXX", CreatedAt: day(30),
	}
	older, newer := pending, pending
	older.Status, newer.Status = twilio.BrandFailed, twilio.BrandFailed
	older.Problems = []twilio.Problem{{Reason: "Registration error"}}
	newer.Problems = []twilio.Problem{{Code: 30795, Reason: "EIN and name differ.", Fields: []string{"business_name", "business_registration_number"}}}
	play(t, []step{
		{
			"created", filing["CreateBrand"], []answer{{201, theirs("PENDING")}},
			[]asked{{"POST", brands, "", "A2PProfileBundleSid=" + sid("BU", 2) + "&CustomerProfileBundleSid=" + sid("BU", 1) + "&Mock=false&SkipAutomaticSecVet=false"}}, pending,
		},
		{
			"created for trying out", func(ctx context.Context, c *twilio.Client) (any, error) {
				return c.CreateBrand(ctx, seed.AccountSID, twilio.NewBrand{ProfileSID: sid("BU", 1), ProductSID: sid("BU", 2), SkipVetting: true, Mock: true})
			}, []answer{{201, theirs("PENDING")}},
			[]asked{{"POST", brands, "", "A2PProfileBundleSid=" + sid("BU", 2) + "&CustomerProfileBundleSid=" + sid("BU", 1) + "&Mock=true&SkipAutomaticSecVet=true"}}, pending,
		},
		{"failed, as it used to be said", filing["Brand"], []answer{{200, theirs("FAILED")}}, []asked{{"GET", brands + "/" + sid("BN", 1), "", ""}}, older},
		{
			"failed", filing["Brand"], []answer{{200, strings.Replace(theirs("FAILED"), `"errors": null`,
				`"errors": [{"code": 30795, "description": "EIN and name differ.", "fields": ["business_name", "business_registration_number"],
				"url": "https://www.twilio.com/docs/api/errors/30795"}]`, 1)}},
			[]asked{{"GET", brands + "/" + sid("BN", 1), "", ""}}, newer,
		},
		{"resubmitted", filing["ResubmitBrand"], []answer{{200, theirs("PENDING")}}, []asked{{"POST", brands + "/" + sid("BN", 1), "", ""}}, pending},
	})
}

func TestServices(t *testing.T) {
	t.Parallel()
	theirs := serviceOf(sid("MG", 1), ours, stamp(30))
	service := twilio.Service{SID: sid("MG", 1), FriendlyName: ours, NumbersAnswer: true, CreatedAt: day(30)}
	deaf := service
	deaf.NumbersAnswer = false
	creating := []asked{{"POST", "/v1/Services", "", theName + "&UseInboundWebhookOnNumber=true"}}
	adding := []asked{{"POST", "/v1/Services/" + sid("MG", 1) + "/PhoneNumbers", "", "PhoneNumberSid=" + sid("PN", 1)}}
	number := fmt.Sprintf(`{"sid": %q, "account_sid": %q, "service_sid": "MG00000000000000000000000000000001", "date_created": "2026-07-30T22:29:24Z",
		"date_updated": "2026-07-30T22:29:24Z", "phone_number": "+14155550123", "country_code": "US", "capabilities": ["SMS", "Voice"],
		"url": "https://messaging.twilio.com/v1/Services/MG/PhoneNumbers/PN"}`, sid("PN", 1), seed.AccountSID)
	play(t, []step{
		{"created", filing["CreateService"], []answer{{201, theirs}}, creating, service},
		{"created otherwise", filing["CreateService"], []answer{{201, strings.Replace(theirs, `on_number": true`, `on_number": false`, 1)}}, creating, deaf},
		{"a number is added", filing["AddToService"], []answer{{201, number}}, adding, nil},
		{"a number is there already", filing["AddToService"], []answer{problem(409, 21710)}, adding, nil},
	})
	for name, tt := range map[string]struct {
		answer answer
		want   twilio.Outcome
		code   int
	}{
		"in another service": {problem(409, 21712), twilio.Refused, twilio.CodeOtherService},
		"another number":     {answer{201, strings.ReplaceAll(number, sid("PN", 1), sid("PN", 2))}, twilio.Unknown, 0},
	} {
		c, _ := answers(t, tt.answer)
		_, err := filing["AddToService"](t.Context(), c)
		var e *twilio.Error
		if !errors.As(err, &e) || e.Outcome != tt.want || e.Code != tt.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCampaigns(t *testing.T) {
	t.Parallel()
	path := "/v1/Services/" + sid("MG", 1) + "/Compliance/Usa2p"
	running := twilio.Campaign{
		SID: sid("QE", 1), Status: twilio.CampaignInProgress, BrandSID: sid("BN", 1), ServiceSID: sid("MG", 1), CampaignID: "CFOOBAR", CreatedAt: day(30),
	}
	failed := running
	failed.Status = twilio.CampaignFailed
	failed.Problems = []twilio.Problem{{Code: 30893, Reason: "The samples do not match.", Fields: []string{"MESSAGE_SAMPLES"}}}
	all := aCampaign
	all.HasLinks, all.HasPhones = false, true
	all.OptInMessage, all.OptOutMessage, all.HelpMessage = "Welcome", "Bye", "Call us"
	all.OptInKeywords, all.OptOutKeywords, all.HelpKeywords = []string{"START", "YES"}, []string{"STOP"}, []string{"HELP"}
	all.PrivacyPolicyURL, all.TermsURL = "https://acme.example/privacy", "https://acme.example/terms"
	const samples = "MessageSamples=Hi+Ann%2C+your+coat+is+here.&MessageSamples=Hi+Bob%2C+we+open+at+9."
	play(t, []step{
		{
			"created", filing["CreateCampaign"], []answer{{201, campaignOf("IN_PROGRESS", "[]")}},
			[]asked{{
				"POST", path, "", "BrandRegistrationSid=" + sid("BN", 1) + "&Description=Advice+by+text+from+a+store.&HasEmbeddedLinks=true&HasEmbeddedPhone=false" +
					"&MessageFlow=Customers+agree+in+the+store.&" + samples + "&SubscriberOptIn=true&UsAppToPersonUsecase=MIXED",
			}}, running,
		},
		{
			"created with all there is", func(ctx context.Context, c *twilio.Client) (any, error) {
				return c.CreateCampaign(ctx, seed.AccountSID, all)
			},
			[]answer{{201, campaignOf("IN_PROGRESS", "[]")}},
			[]asked{{
				"POST", path, "", "BrandRegistrationSid=" + sid("BN", 1) + "&Description=Advice+by+text+from+a+store.&HasEmbeddedLinks=false&HasEmbeddedPhone=true" +
					"&HelpKeywords=HELP&HelpMessage=Call+us&MessageFlow=Customers+agree+in+the+store.&" + samples +
					"&OptInKeywords=START&OptInKeywords=YES&OptInMessage=Welcome&OptOutKeywords=STOP&OptOutMessage=Bye" +
					"&PrivacyPolicyUrl=https%3A%2F%2Facme.example%2Fprivacy&SubscriberOptIn=true" +
					"&TermsAndConditionsUrl=https%3A%2F%2Facme.example%2Fterms&UsAppToPersonUsecase=MIXED",
			}}, running,
		},
		{
			"corrected", func(ctx context.Context, c *twilio.Client) (any, error) {
				return c.UpdateCampaign(ctx, seed.AccountSID, sid("QE", 1), all)
			},
			[]answer{{200, campaignOf("IN_PROGRESS", "[]")}},
			[]asked{{
				"POST", path + "/" + sid("QE", 1), "", "AgeGated=false&Description=Advice+by+text+from+a+store.&DirectLending=false&HasEmbeddedLinks=false&HasEmbeddedPhone=true" +
					"&MessageFlow=Customers+agree+in+the+store.&" + samples + "&PrivacyPolicyUrl=https%3A%2F%2Facme.example%2Fprivacy" +
					"&TermsAndConditionsUrl=https%3A%2F%2Facme.example%2Fterms",
			}}, running,
		},
		{
			"failed", filing["Campaign"], []answer{pageOf("compliance", "null", campaignOf("FAILED", `[{"error_code": 30893, "description": "The samples do not match.",
				"fields": ["MESSAGE_SAMPLES"], "url": "https://www.twilio.com/docs/api/errors/30893"}]`))},
			[]asked{{"GET", path, "PageSize=1000", ""}}, found[twilio.Campaign]{failed, true},
		},
		{"not yet created", filing["Campaign"], []answer{pageOf("compliance", "null")}, []asked{{"GET", path, "PageSize=1000", ""}}, found[twilio.Campaign]{}},
	})
}
