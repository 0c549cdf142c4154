package twilio

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// evaluation is what a check of a filing against its rules found
// (docs/phone-numbers/regulatory/api/evaluations).
type evaluation struct {
	SID     string             `json:"sid"`
	Status  string             `json:"status"` // "compliant" or "noncompliant"
	Results []evaluationResult `json:"results"`
	At      time.Time          `json:"at"`
}

// evaluationResult is about one requirement.
type evaluationResult struct {
	FriendlyName            string       `json:"friendly_name"`
	ObjectType              string       `json:"object_type"`
	ObjectSID               *string      `json:"object_sid"`
	Passed                  bool         `json:"passed"`
	FailureReason           *string      `json:"failure_reason"`
	ErrorCode               *int         `json:"error_code"`
	Valid                   []fieldCheck `json:"valid"`
	Invalid                 []fieldCheck `json:"invalid"`
	RequirementFriendlyName string       `json:"requirement_friendly_name"`
	RequirementName         string       `json:"requirement_name"`
}

// fieldCheck is about one field of a requirement.
type fieldCheck struct {
	FriendlyName  string  `json:"friendly_name"`
	ObjectField   string  `json:"object_field"`
	Passed        bool    `json:"passed"`
	FailureReason *string `json:"failure_reason"`
	ErrorCode     *int    `json:"error_code"`
}

// fail makes a requirement fail, unless it has failed for another reason.
func (e *evaluationResult) fail(code int, format string, args ...any) {
	e.Passed = false
	if e.ErrorCode == nil {
		e.ErrorCode, e.FailureReason = &code, new(fmt.Sprintf(format, args...))
	}
}

// check enters a field; code 0 says that it is as it should be.
func (e *evaluationResult) check(field string, code int, format string, args ...any) {
	shown := fieldCheck{FriendlyName: fieldLabels[field], ObjectField: field, Passed: code == 0}
	if code == 0 {
		e.Valid = append(e.Valid, shown)
		return
	}
	shown.ErrorCode, shown.FailureReason = &code, new(fmt.Sprintf(format, args...))
	e.Invalid = append(e.Invalid, shown)
}

// result is an evaluationResult that has passed so far.
func result(requirement, requirementLabel, kind, label string) evaluationResult {
	return evaluationResult{
		FriendlyName: label, ObjectType: kind, Passed: true, Valid: []fieldCheck{}, Invalid: []fieldCheck{},
		RequirementFriendlyName: requirementLabel, RequirementName: requirement,
	}
}

// evaluate checks a filing against its rules.
func (s *Simulator) evaluate(f *filing) (all []evaluationResult) {
	w := f.rules()
	for _, wanted := range w.endUsers {
		all = append(all, s.evaluateEndUser(f, wanted))
	}
	for _, wanted := range w.documents {
		all = append(all, s.evaluateDocument(f, w, wanted))
	}
	if w.profile != nil {
		all = append(all, s.evaluateProfile(f, *w.profile))
	}
	return all
}

func (s *Simulator) evaluateEndUser(f *filing, wanted wantedEndUser) evaluationResult {
	e := result(wanted.requirement, wanted.label, wanted.kind, wanted.label)
	var attributes map[string]any
	if found := s.endUsersOf(f, wanted.kind); len(found) > 0 {
		e.ObjectSID, attributes = &found[0].SID, found[0].Attributes
	} else {
		e.fail(22214, "%s %s End-User is missing. Please add one to the regulatory bundle.", article(wanted.label), wanted.label)
	}
	fields := wanted.fields
	if attributes["company_type"] == "public" { // whose stock is traded
		fields = append(slices.Clone(fields), "stock_exchange", "stock_ticker")
	}
	for _, field := range fields {
		if given(attributes[field]) {
			e.check(field, 0, "")
			continue
		}
		label := fieldLabels[field]
		e.check(field, 22215, "The %s is missing. Please enter in %s %s on the %s information.", label, strings.ToLower(article(label)), label, wanted.label)
	}
	if len(e.Invalid) > 0 {
		e.fail(22215, "%s", *e.Invalid[0].FailureReason)
	}
	return e
}

// evaluateDocument takes the document that does best of those that are accepted: one
// document can meet several requirements.
func (s *Simulator) evaluateDocument(f *filing, w rules, wanted wantedDocument) evaluationResult {
	best := s.missingDocument(wanted)
	for _, d := range s.documentsOf(f, nil) {
		for _, accepted := range wanted.accepted {
			if d.Type != accepted.kind {
				continue
			}
			e := s.evaluateOneDocument(f, w, wanted, accepted, d)
			if best.ObjectSID == nil || e.Passed && !best.Passed || len(e.Invalid) < len(best.Invalid) {
				best = e
			}
		}
	}
	return best
}

// missingDocument is the result when there is none of those accepted.
func (s *Simulator) missingDocument(wanted wantedDocument) evaluationResult {
	first := wanted.accepted[0]
	e := result(wanted.requirement, wanted.label, first.kind, first.label)
	e.fail(22216, "%s %s is missing. Please add one to the regulatory bundle.", article(first.label), first.label)
	for _, field := range first.fields {
		checkMissing(&e, field, first.label)
	}
	return e
}

func checkMissing(e *evaluationResult, field, document string) {
	if field == "address_sids" {
		e.check(field, 22219, "The Address is missing. Please enter in the address shown on the %s.", document)
		return
	}
	label := fieldLabels[field]
	e.check(field, 22217, "The %s is missing. Please enter in the %s shown on the %s.", label, label, document)
}

func (s *Simulator) evaluateOneDocument(f *filing, w rules, wanted wantedDocument, accepted acceptedDocument, d *supportingDocument) evaluationResult {
	e := result(wanted.requirement, wanted.label, accepted.kind, accepted.label)
	e.ObjectSID = &d.SID
	if d.File == nil && !slices.Contains(without, d.Type) {
		e.fail(22216, "The %s has no file. Please upload one.", accepted.label)
	}
	var entered map[string]any
	if users := s.endUsersOf(f, ""); len(users) > 0 {
		entered = users[0].Attributes
	}
	for _, field := range accepted.fields {
		value := d.Attributes[field]
		switch {
		case field == "address_sids":
			s.checkAddresses(&e, w, wanted, accepted, d)
		case !given(value):
			checkMissing(&e, field, accepted.label)
		case given(entered[field]) && textOf(entered[field]) != textOf(value):
			label := fieldLabels[field]
			e.check(field, 22218, "The %s on the %s does not match the %s you entered within Business information. Please make sure both %s fields use the same exact inputs.",
				label, accepted.label, label, label)
		default:
			e.check(field, 0, "")
		}
	}
	if len(e.Invalid) > 0 {
		e.fail(*e.Invalid[0].ErrorCode, "%s", *e.Invalid[0].FailureReason)
	}
	return e
}

func (s *Simulator) checkAddresses(e *evaluationResult, w rules, wanted wantedDocument, accepted acceptedDocument, d *supportingDocument) {
	sids := addressSIDs(d.Attributes)
	if len(sids) == 0 {
		checkMissing(e, "address_sids", accepted.label)
		return
	}
	for _, sid := range sids {
		a, found := find(s.state.Papers.Addresses, sid)
		switch {
		case !found:
			e.check("address_sids", 22219, "The Address %s does not exist any more. Please enter in another one.", sid)
			return
		case wanted.local && a.ISOCountry != w.country:
			e.check("address_sids", 22219, "The Address must be in the country of the phone number, %s, and is in %s. Please enter in a local address.", w.country, a.ISOCountry)
			return
		}
	}
	e.check("address_sids", 0, "")
}

// evaluateProfile looks for a customer profile that vouches for this filing.
func (s *Simulator) evaluateProfile(f *filing, wanted wantedProfile) evaluationResult {
	e := result(wanted.requirement, wanted.label, wanted.kind, wanted.label)
	for _, a := range f.Assignments {
		p, found := find(s.state.Papers.Bundles, a.ObjectSID)
		if found && slices.Contains(wanted.policies, p.PolicySID) && slices.Contains(wanted.statuses, p.Status) {
			e.ObjectSID = &p.SID
			e.check("bundle_sid", 0, "")
			return e
		}
	}
	e.check("bundle_sid", 22216, "%s bundle is null, or its status is none of %s", wanted.label, strings.Join(wanted.statuses, ", "))
	e.fail(22216, "%s", *e.Invalid[0].FailureReason)
	return e
}

func article(label string) string {
	if strings.ContainsAny(label[:1], "AEIOU") {
		return "An"
	}
	return "A"
}

// evaluationResource is an evaluation as the REST API shows it.
func (on shelf) evaluationResource(f *filing, e evaluation) map[string]any {
	return map[string]any{
		"sid": e.SID, "account_sid": f.AccountSID, on.ruleName: f.RegulationSID + f.PolicySID, on.sidName: f.SID, "status": e.Status,
		"results": e.Results, "date_created": e.At, "url": f.URL + "/Evaluations/" + e.SID,
	}
}

// createEvaluation is POST of a filing's evaluations.
func (s *Simulator) createEvaluation(on shelf) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		f, refused := s.filingNamed(on, r)
		if refused != nil {
			return nil, refused
		}
		if on.kind != regulatory.kind {
			if refused := needs(r, "PolicySid"); refused != nil {
				return nil, refused
			}
			if sid := r.PostForm.Get("PolicySid"); sid != f.PolicySID {
				return nil, refuseREST(invalid, "PolicySid %s is not that of %s", sid, f.SID)
			}
		}
		e := evaluation{newSID("EL"), "compliant", s.evaluate(f), s.stamp()}
		if slices.ContainsFunc(e.Results, func(r evaluationResult) bool { return !r.Passed }) {
			e.Status = "noncompliant"
		}
		f.Evaluations = append(f.Evaluations, e)
		return on.evaluationResource(f, e), nil
	}
}

// fetchEvaluation is GET of one.
func (s *Simulator) fetchEvaluation(on shelf) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		f, refused := s.filingNamed(on, r)
		if refused != nil {
			return nil, refused
		}
		for _, e := range f.Evaluations {
			if e.SID == r.PathValue("part") {
				return on.evaluationResource(f, e), nil
			}
		}
		return nil, unknownResource(r)
	}
}

// listEvaluations is GET of a filing's evaluations, newest first.
func (s *Simulator) listEvaluations(on shelf) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		f, refused := s.filingNamed(on, r)
		if refused != nil {
			return nil, refused
		}
		var all []entry
		for _, e := range f.Evaluations {
			all = append(all, entry{e.SID, on.evaluationResource(f, e)})
		}
		return listPage(r, on.host, "results", all)
	}
}
