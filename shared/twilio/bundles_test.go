package twilio_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"clienteling/infra/local/seed"
	"clienteling/shared/twilio"
)

var aBundle = twilio.NewBundle{
	FriendlyName: ours, Email: "recht@mode-mueller.example", Country: "DE", NumberType: "mobile",
	StatusCallback: "https://clienteling.example/bundle#rc=2&rp=ct,rt,5xx",
}

// bundleOf is a bundle as Twilio shows it.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/bundles
func bundleOf(sid, name, created string) string {
	return fmt.Sprintf(`{"sid": %q, "account_sid": %q, "regulation_sid": "RN00000000000000000000000000000001", "friendly_name": %q,
		"status": "draft", "valid_until": null, "email": "recht@mode-mueller.example",
		"status_callback": "https://clienteling.example/bundle#rc=2&rp=ct,rt,5xx", "date_created": %q, "date_updated": %[4]q,
		"url": "https://numbers.twilio.com/v2/RegulatoryCompliance/Bundles/%[1]s",
		"links": {"evaluations": "https://numbers.twilio.com/v2/RegulatoryCompliance/Bundles/%[1]s/Evaluations",
		"item_assignments": "https://numbers.twilio.com/v2/RegulatoryCompliance/Bundles/%[1]s/ItemAssignments"}}`, sid, seed.AccountSID, name, created)
}

// being is something of a status.
func being(status, json string) answer {
	return answer{200, strings.Replace(json, `"status": "draft"`, `"status": "`+status+`"`, 1)}
}

func TestBundles(t *testing.T) {
	t.Parallel()
	const bundles = "/v2/RegulatoryCompliance/Bundles"
	one := bundles + "/" + sid("BU", 1)
	theirs := bundleOf(sid("BU", 1), ours, stamp(30))
	draft := twilio.Bundle{
		SID: sid("BU", 1), FriendlyName: ours, Status: twilio.BundleDraft, RegulationSID: sid("RN", 1),
		Email: aBundle.Email, StatusCallback: aBundle.StatusCallback, CreatedAt: day(30),
	}
	approved := draft
	approved.Status, approved.ValidUntil = twilio.BundleApproved, day(31)
	play(t, []step{
		{
			"created", filing["CreateBundle"], []answer{{201, theirs}},
			[]asked{{
				"POST", bundles, "", "Email=recht%40mode-mueller.example&EndUserType=business&" + theName + "&IsoCountry=DE&NumberType=mobile" +
					"&StatusCallback=https%3A%2F%2Fclienteling.example%2Fbundle%23rc%3D2%26rp%3Dct%2Crt%2C5xx",
			}}, draft,
		},
		{
			"approved for a while", filing["Bundle"],
			[]answer{being("twilio-approved", strings.Replace(theirs, `"valid_until": null`, `"valid_until": "`+stamp(31)+`"`, 1))},
			[]asked{{"GET", one, "", ""}}, approved,
		},
		{
			"its parts", filing["Assignments"], []answer{pageOf("results", "null", assignmentOf(sid("BV", 1), sid("IT", 1)), assignmentOf(sid("BV", 2), sid("RD", 1)))},
			[]asked{{"GET", one + "/ItemAssignments", "PageSize=1000", ""}},
			[]twilio.Assignment{{SID: sid("BV", 1), ObjectSID: sid("IT", 1)}, {SID: sid("BV", 2), ObjectSID: sid("RD", 1)}},
		},
	})
}

// submissions are the functions that submit, with what they submit.
var submissions = []struct {
	name, path, theirs string
}{
	{"SubmitBundle", "/v2/RegulatoryCompliance/Bundles/" + sid("BU", 1), bundleOf(sid("BU", 1), ours, stamp(30))},
	{"SubmitProfile", "/v1/CustomerProfiles/" + sid("BU", 1), trustBundleOf(sid("BU", 1), ours, stamp(30))},
	{"SubmitProduct", "/v1/TrustProducts/" + sid("BU", 1), trustBundleOf(sid("BU", 1), ours, stamp(30))},
}

func statusOf(v any) string {
	switch b := v.(type) {
	case twilio.Bundle:
		return b.Status
	case twilio.TrustBundle:
		return b.Status
	}
	return fmt.Sprintf("%T", v)
}

func TestSubmit(t *testing.T) {
	t.Parallel()
	for _, s := range submissions {
		look, send := asked{"GET", s.path, "", ""}, asked{"POST", s.path, "", "Status=pending-review"}
		for _, tt := range []struct {
			name    string
			answers []answer
			asked   []asked
			want    string
		}{
			{"a draft", []answer{being("draft", s.theirs), being("pending-review", s.theirs)}, []asked{look, send}, "pending-review"},
			{"a corrected one", []answer{being("twilio-rejected", s.theirs), being("in-review", s.theirs)}, []asked{look, send}, "in-review"},
			{"one that waits", []answer{being("pending-review", s.theirs)}, []asked{look}, "pending-review"},
			{"one that is looked at", []answer{being("in-review", s.theirs)}, []asked{look}, "in-review"},
			{"one that is approved", []answer{being("twilio-approved", s.theirs)}, []asked{look}, "twilio-approved"},
			{"one that is approved for a while", []answer{being("provisionally-approved", s.theirs)}, []asked{look}, "provisionally-approved"},
			{"when somebody was faster", []answer{being("draft", s.theirs), problem(400, 20001), being("pending-review", s.theirs)}, []asked{look, send, look}, "pending-review"},
		} {
			c, calls := answers(t, tt.answers...)
			got, err := filing[s.name](t.Context(), c)
			if err != nil || statusOf(got) != tt.want {
				t.Errorf("%s, %s: %+v, %v", s.name, tt.name, got, err)
			}
			if got := calls(); !reflect.DeepEqual(got, tt.asked) {
				t.Errorf("%s, %s: asked %q, want %q", s.name, tt.name, got, tt.asked)
			}
		}
		for _, tt := range []struct {
			name  string
			then  []answer
			want  twilio.Outcome
			calls int
		}{
			{"refused", []answer{problem(400, 20001), being("draft", s.theirs)}, twilio.Refused, 3},
			{"refused, and then nobody knows", []answer{problem(400, 20001), {}}, twilio.Refused, 3},
			{"lost", []answer{{}}, twilio.Unknown, 2},
			{"another one's", []answer{{200, strings.ReplaceAll(s.theirs, sid("BU", 1), sid("BU", 2))}}, twilio.Unknown, 2},
		} {
			c, calls := answers(t, append([]answer{being("draft", s.theirs)}, tt.then...)...)
			_, err := filing[s.name](t.Context(), c)
			var e *twilio.Error
			if !errors.As(err, &e) || e.Outcome != tt.want || sent(calls()) != 1 {
				t.Errorf("%s, %s: %v after %q", s.name, tt.name, err, calls())
			}
		}
	}
}

// sent counts what may have had an effect.
func sent(all []asked) (n int) {
	for _, a := range all {
		if a.method != "GET" {
			n++
		}
	}
	return n
}

// assignmentOf is a part of a bundle as Twilio shows it.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/item-assignments
func assignmentOf(assignment, object string) string {
	return fmt.Sprintf(`{"sid": %q, "bundle_sid": "BU00000000000000000000000000000001", "account_sid": %q, "object_sid": %q,
		"date_created": "2026-07-30T22:29:24Z", "url": "https://numbers.twilio.com/v2/RegulatoryCompliance/Bundles/BU/ItemAssignments/%[1]s"}`,
		assignment, seed.AccountSID, object)
}

func TestAssign(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]struct{ path, object string }{
		"Assign":          {"/v2/RegulatoryCompliance/Bundles/" + sid("BU", 1) + "/ItemAssignments", sid("IT", 1)},
		"AssignToProfile": {"/v1/CustomerProfiles/" + sid("BU", 1) + "/EntityAssignments", sid("BU", 2)},
		"AssignToProduct": {"/v1/TrustProducts/" + sid("BU", 1) + "/EntityAssignments", sid("BU", 2)},
	} {
		look, send := asked{"GET", a.path, "PageSize=1000", ""}, asked{"POST", a.path, "", "ObjectSid=" + a.object}
		other, this := assignmentOf(sid("BV", 1), sid("RD", 9)), assignmentOf(sid("BV", 2), a.object)
		without, with := pageOf("results", "null", other), pageOf("results", "null", other, this)
		for _, tt := range []struct {
			name    string
			answers []answer
			asked   []asked
			want    any
		}{
			{"not yet there", []answer{without, {201, this}}, []asked{look, send}, nil},
			{"there", []answer{with}, []asked{look}, nil},
			{"when somebody was faster", []answer{without, problem(400, 20001), with}, []asked{look, send, look}, nil},
			{"refused", []answer{without, problem(400, 22205), without}, []asked{look, send, look}, twilio.Refused},
			{"lost", []answer{without, {}}, []asked{look, send}, twilio.Unknown},
			{"without a SID", []answer{without, {201, `{}`}}, []asked{look, send}, twilio.Unknown},
		} {
			c, calls := answers(t, tt.answers...)
			_, err := filing[name](t.Context(), c)
			var e *twilio.Error
			if errors.As(err, &e) {
				if e.Outcome != tt.want {
					t.Errorf("%s, %s: %v", name, tt.name, err)
				}
			} else if err != nil || tt.want != nil {
				t.Errorf("%s, %s: %v", name, tt.name, err)
			}
			if got := calls(); !reflect.DeepEqual(got, tt.asked) {
				t.Errorf("%s, %s: asked %q, want %q", name, tt.name, got, tt.asked)
			}
		}
	}
}

// evaluationOf is an evaluation as Twilio shows it.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/evaluations
func evaluationOf(status, results string) answer {
	return answer{201, fmt.Sprintf(`{"sid": "EL00000000000000000000000000000001", "account_sid": %q,
		"regulation_sid": "RN00000000000000000000000000000001", "bundle_sid": "BU00000000000000000000000000000001", "status": %q,
		"date_created": "2026-07-30T22:29:24Z", "url": "https://numbers.twilio.com/v2/X", "results": %s}`, seed.AccountSID, status, results)}
}

const (
	passed = `{"friendly_name": "Business", "object_type": "business", "object_sid": "IT00000000000000000000000000000001", "passed": true,
		"failure_reason": null, "error_code": null, "valid": [{"friendly_name": "Business Name", "object_field": "business_name"}], "invalid": [],
		"requirement_friendly_name": "Business", "requirement_name": "business_info"}`
	missing = `{"friendly_name": "Excerpt from the commercial register", "object_type": "commercial_registrar_excerpt", "passed": false,
		"failure_reason": "An Excerpt from the commercial register is missing. Please add one to the regulatory bundle.", "error_code": 22216,
		"valid": [], "invalid": [{"friendly_name": "Document Number", "object_field": "document_number",
			"failure_reason": "The Document Number is missing.", "error_code": "22217"}],
		"requirement_friendly_name": "Business Registration Number", "requirement_name": "business_reg_no_info"}`
	wrong = `{"friendly_name": "Utility bill", "object_type": "utility_bill", "object_sid": "RD00000000000000000000000000000001", "passed": false,
		"failure_reason": "", "error_code": null, "valid": [], "invalid": [{"friendly_name": "Address sid(s)", "object_field": "address_sids",
			"failure_reason": "The Address is missing.", "error_code": 22219}],
		"requirement_friendly_name": "Business Address (Proof of Address)", "requirement_name": "business_address_proof_info"}`
	silent = `{"object_type": "power_of_attorney", "passed": false, "failure_reason": null, "error_code": 22216, "valid": [], "invalid": [],
		"requirement_name": "power_of_attorney_info"}`
)

func TestEvaluate(t *testing.T) {
	t.Parallel()
	fine := twilio.Evaluation{SID: sid("EL", 1), Compliant: true}
	not := twilio.Evaluation{SID: sid("EL", 1), Failures: []twilio.Failure{
		{Requirement: "business_reg_no_info", ObjectType: "commercial_registrar_excerpt", Reason: "An Excerpt from the commercial register is missing. Please add one to the regulatory bundle.", Code: 22216},
		{Requirement: "business_reg_no_info", ObjectType: "commercial_registrar_excerpt", Field: "document_number", Reason: "The Document Number is missing.", Code: 22217},
		{Requirement: "business_address_proof_info", ObjectType: "utility_bill", ObjectSID: sid("RD", 1), Field: "address_sids", Reason: "The Address is missing.", Code: 22219},
		{Requirement: "power_of_attorney_info", ObjectType: "power_of_attorney", Code: 22216},
	}}
	for name, sends := range map[string]asked{
		"Evaluate":        {"POST", "/v2/RegulatoryCompliance/Bundles/" + sid("BU", 1) + "/Evaluations", "", ""},
		"EvaluateProfile": {"POST", "/v1/CustomerProfiles/" + sid("BU", 1) + "/Evaluations", "", "PolicySid=" + sid("RN", 1)},
		"EvaluateProduct": {"POST", "/v1/TrustProducts/" + sid("BU", 1) + "/Evaluations", "", "PolicySid=" + sid("RN", 1)},
	} {
		play(t, []step{
			{name + ", compliant", filing[name], []answer{evaluationOf("compliant", "["+passed+"]")}, []asked{sends}, fine},
			{name + ", noncompliant", filing[name], []answer{evaluationOf("noncompliant", "["+strings.Join([]string{passed, missing, wrong, silent}, ",")+"]")}, []asked{sends}, not},
			{name + ", without a word", filing[name], []answer{evaluationOf("noncompliant", "null")}, []asked{sends}, twilio.Evaluation{SID: sid("EL", 1)}},
		})
		for what, a := range map[string]answer{
			"of another status": evaluationOf("pending", "[]"),
			"illegible":         evaluationOf("noncompliant", `["no"]`),
		} {
			c, _ := answers(t, a)
			var e *twilio.Error
			if _, err := filing[name](t.Context(), c); !errors.As(err, &e) || e.Outcome != twilio.Unknown {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
}
