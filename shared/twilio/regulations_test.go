package twilio_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"clienteling/infra/local/seed"
	"clienteling/shared/twilio"
)

// germany is a regulation as Twilio shows it.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/regulations
const germany = `{"sid": "RN00000000000000000000000000000001", "friendly_name": "Germany: Mobile - Business", "iso_country": "DE",
	"number_type": "mobile", "end_user_type": "business", "requirements": {
	"end_user": [{"name": "Business", "type": "business", "requirement_name": "business_info",
		"url": "https://numbers.twilio.com/v2/RegulatoryCompliance/EndUserTypes/business",
		"fields": ["business_name", "business_registration_number", "is_subassigned", "comments"],
		"detailed_fields": [
			{"machine_name": "business_name", "friendly_name": "Business Name", "description": "", "constraint": "1 to 255 characters"},
			{"machine_name": "business_registration_number", "friendly_name": "Business Registration Number", "constraint": {"max_length": 40}},
			{"machine_name": "is_subassigned", "friendly_name": "Sub-assigned?", "description": "One of the following values: [YES, NO]", "constraint": null}]}],
	"supporting_document": [[
		{"name": "Business Name", "type": "document", "requirement_name": "business_name_info", "description": "", "accepted_documents": [
			{"name": "Excerpt from the commercial register", "type": "commercial_registrar_excerpt",
			 "url": "https://numbers.twilio.com/v2/RegulatoryCompliance/SupportingDocumentTypes/commercial_registrar_excerpt",
			 "fields": ["business_name"], "detailed_fields": [{"machine_name": "business_name", "friendly_name": "Business Name"}]}]},
		{"name": "Business Address (Proof of Address)", "type": "document", "requirement_name": "business_address_proof_info",
		 "description": "Must be in the country; a PO Box is not acceptable.", "accepted_documents": [
			{"name": "Utility bill", "type": "utility_bill", "fields": ["address_sids"],
			 "detailed_fields": [{"machine_name": "address_sids", "friendly_name": "Address sid(s)"}]},
			{"name": "Tax notice", "type": "tax_document", "fields": ["address_sids"], "detailed_fields": []}]}]]},
	"url": "https://numbers.twilio.com/v2/RegulatoryCompliance/Regulations/RN00000000000000000000000000000001"}`

// plain is one without details, as older ones are.
const plain = `{"sid": "RN00000000000000000000000000000002", "friendly_name": "Australia: Local - Business", "iso_country": "AU",
	"number_type": "local", "end_user_type": "business", "requirements": {
	"end_user": [{"name": "Business", "type": "business", "fields": ["business_name"], "url": "https://numbers.twilio.com/v2/X"}],
	"supporting_document": [[{"name": "Address", "type": "document", "description": "The physical location of the business.",
		"accepted_documents": [{"name": "Address Validation", "type": "address", "url": "https://numbers.twilio.com/v2/X", "fields": []}]}]]},
	"url": "https://numbers.twilio.com/v2/X"}`

func TestRegulation(t *testing.T) {
	t.Parallel()
	ask := func(country, numberType string) func(context.Context, *twilio.Client) (any, error) {
		return func(ctx context.Context, c *twilio.Client) (any, error) {
			return finding(c.Regulation(ctx, seed.AccountSID, country, numberType))
		}
	}
	asking := func(query string) []asked {
		return []asked{{"GET", "/v2/RegulatoryCompliance/Regulations", "EndUserType=business&IncludeConstraints=true&" + query + "&PageSize=1000", ""}}
	}
	name := twilio.Field{Name: "business_name", Label: "Business Name"}
	play(t, []step{
		{"with details", ask("DE", "mobile"), []answer{pageOf("results", "null", plain, germany)}, asking("IsoCountry=DE&NumberType=mobile"), found[twilio.Regulation]{twilio.Regulation{
			SID: sid("RN", 1), FriendlyName: "Germany: Mobile - Business", EndUserType: "business",
			EndUserFields: []twilio.Field{
				{Name: "business_name", Label: "Business Name", Constraint: "1 to 255 characters"},
				{Name: "business_registration_number", Label: "Business Registration Number", Constraint: `{"max_length": 40}`},
				{Name: "is_subassigned", Label: "Sub-assigned?", Description: "One of the following values: [YES, NO]"},
				{Name: "comments", Label: "comments"},
			},
			Documents: []twilio.DocumentRequirement{
				{Name: "business_name_info", Label: "Business Name", Accepted: []twilio.DocumentKind{
					{Type: "commercial_registrar_excerpt", Label: "Excerpt from the commercial register", Fields: []twilio.Field{name}},
				}},
				{
					Name: "business_address_proof_info", Label: "Business Address (Proof of Address)",
					Description: "Must be in the country; a PO Box is not acceptable.",
					Accepted: []twilio.DocumentKind{
						{Type: "utility_bill", Label: "Utility bill", Fields: []twilio.Field{{Name: "address_sids", Label: "Address sid(s)"}}},
						{Type: "tax_document", Label: "Tax notice", Fields: []twilio.Field{{Name: "address_sids", Label: "address_sids"}}},
					},
				},
			},
		}, true}},
		{"without details", ask("AU", "local"), []answer{pageOf("results", "null", plain)}, asking("IsoCountry=AU&NumberType=local"), found[twilio.Regulation]{twilio.Regulation{
			SID: sid("RN", 2), FriendlyName: "Australia: Local - Business", EndUserType: "business",
			EndUserFields: []twilio.Field{{Name: "business_name", Label: "business_name"}},
			Documents: []twilio.DocumentRequirement{{
				Name: "Address", Label: "Address", Description: "The physical location of the business.",
				Accepted: []twilio.DocumentKind{{Type: "address", Label: "Address Validation"}},
			}},
		}, true}},
		{"of a country that asks for nothing", ask("US", "local"), []answer{pageOf("results", "null")}, asking("IsoCountry=US&NumberType=local"), found[twilio.Regulation]{}},
		{"of others only", ask("DE", "toll-free"), []answer{pageOf("results", "null", germany, plain)}, asking("IsoCountry=DE&NumberType=toll-free"), found[twilio.Regulation]{}},
	})

	c, _ := answers(t, pageOf("results", "null", `{"iso_country": "DE", "number_type": "mobile", "end_user_type": "business"}`))
	var e *twilio.Error
	if r, ok, err := c.Regulation(t.Context(), seed.AccountSID, "DE", "mobile"); !errors.As(err, &e) || e.Outcome != twilio.Unknown || ok || !reflect.DeepEqual(r, twilio.Regulation{}) {
		t.Errorf("without a SID: %+v, %v, %v", r, ok, err)
	}
}
