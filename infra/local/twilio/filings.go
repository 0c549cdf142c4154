package twilio

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// shelf is one of the three collections of what is filed and reviewed in the same way:
// regulatory bundles (docs/phone-numbers/regulatory/api/bundles), and TrustHub's customer
// profiles and trust products (docs/trust-hub/trusthub-rest-api).
type shelf struct {
	kind        string // of its filings
	host, path  string
	sidName     string // what subresources call the SID of their filing
	ruleName    string // what they call that of the rules
	assignments string // the name of that subresource
	links       map[string]string
}

var (
	regulatory = shelf{
		"bundle", numbersHost, compliancePath + "/Bundles", "bundle_sid", "regulation_sid", "ItemAssignments",
		map[string]string{"evaluations": "Evaluations", "item_assignments": "ItemAssignments", "bundle_copies": "Copies"},
	}
	profiles = shelf{
		"profile", trustHubHost, "/v1/CustomerProfiles", "customer_profile_sid", "policy_sid", "EntityAssignments",
		map[string]string{
			"customer_profiles_entity_assignments":          "EntityAssignments",
			"customer_profiles_evaluations":                 "Evaluations",
			"customer_profiles_channel_endpoint_assignment": "ChannelEndpointAssignments",
		},
	}
	products = shelf{
		"product", trustHubHost, "/v1/TrustProducts", "trust_product_sid", "policy_sid", "EntityAssignments",
		map[string]string{
			"trust_products_entity_assignments":          "EntityAssignments",
			"trust_products_evaluations":                 "Evaluations",
			"trust_products_channel_endpoint_assignment": "ChannelEndpointAssignments",
		},
	}
)

// The statuses of a filing.
const (
	statusDraft       = "draft"
	statusPending     = "pending-review"
	statusInReview    = "in-review"
	statusRejected    = "twilio-rejected"
	statusApproved    = "twilio-approved"
	statusProvisional = "provisionally-approved"
)

var bundleStatuses = []string{statusDraft, statusPending, statusInReview, statusRejected, statusApproved, statusProvisional}

// filingResource is a filing as the REST API shows it.
type filingResource struct {
	SID            string            `json:"sid"`
	AccountSID     string            `json:"account_sid"`
	RegulationSID  string            `json:"regulation_sid,omitempty"` // of a bundle
	PolicySID      string            `json:"policy_sid,omitempty"`     // of the others
	FriendlyName   string            `json:"friendly_name"`
	Status         string            `json:"status"`
	ValidUntil     *time.Time        `json:"valid_until"`
	Email          string            `json:"email"`
	StatusCallback *string           `json:"status_callback"`
	DateCreated    time.Time         `json:"date_created"`
	DateUpdated    time.Time         `json:"date_updated"`
	URL            string            `json:"url"`
	Links          map[string]string `json:"links"`
	Errors         []finding         `json:"errors,omitempty"` // of a profile or product that was rejected
}

// filing is a bundle, customer profile or trust product.
type filing struct {
	filingResource
	Kind          string       `json:"kind"` // "bundle", "profile" or "product"
	IsTest        bool         `json:"isTest,omitempty"`
	Assignments   []assignment `json:"assignments"`
	Evaluations   []evaluation `json:"evaluations"`
	FailureReason string       `json:"failureReason,omitempty"` // which only the callback tells
	Submissions   int          `json:"submissions"`
	Due           time.Time    `json:"due,omitzero"` // when the reviewer decides, by the machine's clock; zero: not by itself
	Deleted       bool         `json:"deleted,omitempty"`

	round int // of waiting for something; what was to come of an older one does not
}

func (f *filing) sid() string { return f.SID }
func (f *filing) gone() bool  { return f.Deleted }

// assignment is an end user, document or profile that belongs to a filing.
type assignment struct {
	SID       string    `json:"sid"`
	ObjectSID string    `json:"objectSid"`
	At        time.Time `json:"at"`
}

// finding is a code of Twilio's error dictionary that a review ended with.
type finding struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// frozen tells whether a filing cannot be changed: it is in review, or approved.
func (f *filing) frozen() bool { return f.Status != statusDraft && f.Status != statusRejected }

func (f *filing) rules() rules {
	w, _ := rulesNamed(f.RegulationSID + f.PolicySID) // one of them is empty
	return w
}

func (s *Simulator) newFiling(on shelf, w rules, sid, name, email, callback string) *filing {
	now := s.stamp()
	f := &filing{Kind: on.kind, Assignments: []assignment{}, Evaluations: []evaluation{}, filingResource: filingResource{
		SID: sid, AccountSID: s.config.AccountSID, FriendlyName: name, Status: statusDraft, Email: email,
		StatusCallback: orNull(callback), DateCreated: now, DateUpdated: now, URL: on.host + on.path + "/" + sid, Links: map[string]string{},
	}}
	for link, part := range on.links {
		f.Links[link] = f.URL + "/" + part
	}
	if f.PolicySID = w.sid; on.kind == regulatory.kind {
		f.RegulationSID, f.PolicySID = w.sid, ""
	}
	return f
}

// isFiled tells whether an end user, document or address belongs to a filing that cannot
// be changed.
func (s *Simulator) isFiled(sid string) bool {
	for _, f := range inUse(s.state.Papers.Bundles) {
		if f.frozen() && s.contains(f, sid) {
			return true
		}
	}
	return false
}

// contains tells whether an object is assigned to a filing, an address by a document.
func (s *Simulator) contains(f *filing, sid string) bool {
	return f.assigned(sid) || slices.ContainsFunc(s.documentsOf(f, nil), func(d *supportingDocument) bool {
		return slices.Contains(addressSIDs(d.Attributes), sid)
	})
}

func (f *filing) assigned(sid string) bool {
	return slices.ContainsFunc(f.Assignments, func(a assignment) bool { return a.ObjectSID == sid })
}

// unassign takes an object out of all filings.
func (s *Simulator) unassign(sid string) {
	for _, f := range s.state.Papers.Bundles {
		f.Assignments = slices.DeleteFunc(f.Assignments, func(a assignment) bool { return a.ObjectSID == sid })
	}
}

// filingNamed is the filing whose SID is in a path.
func (s *Simulator) filingNamed(on shelf, r *http.Request) (*filing, *restError) {
	f, found := find(s.state.Papers.Bundles, r.PathValue("sid"))
	if !found || f.Kind != on.kind {
		return nil, unknownResource(r)
	}
	return f, nil
}

// createFiling is POST of a shelf.
func (s *Simulator) createFiling(on shelf) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		if refused := needs(r, "FriendlyName", "Email"); refused != nil {
			return nil, refused
		}
		if refused := checkContact(r); refused != nil {
			return nil, refused
		}
		wanted, refused := rulesWanted(on, r)
		if refused != nil {
			return nil, refused
		}
		form := r.PostForm
		f := s.newFiling(on, wanted, newSID("BU"), form.Get("FriendlyName"), form.Get("Email"), form.Get("StatusCallback"))
		f.IsTest = form.Get("IsTest") == "true"
		s.state.Papers.Bundles = append(s.state.Papers.Bundles, f)
		return f.filingResource, nil
	}
}

func checkContact(r *http.Request) *restError {
	if email := r.PostForm.Get("Email"); r.PostForm.Has("Email") && !strings.Contains(strings.Trim(email, "@"), "@") {
		return refuseREST(20001, "Email is not valid")
	}
	if callback := r.PostForm.Get("StatusCallback"); callback != "" && !isCallbackURL(callback) {
		return refuseREST(20001, "StatusCallback is not a valid URL: %s", callback)
	}
	return nil
}

// rulesWanted are those that a new filing names.
func rulesWanted(on shelf, r *http.Request) (rules, *restError) {
	form := r.PostForm
	if on.kind != regulatory.kind {
		sid := form.Get("PolicySid")
		wanted, known := ruleOf(policies, func(w rules) bool { return w.sid == sid })
		switch {
		case !known:
			return rules{}, refuseREST(20001, "PolicySid %q is none: take one of Policies", sid)
		case sid == primaryPolicy:
			return rules{}, refuseREST(invalid, "This operation is restricted via API for Primary Customer Profiles. Use Twilio Console instead.")
		}
		return wanted, nil
	}
	country, numberType, endUser := form.Get("IsoCountry"), form.Get("NumberType"), form.Get("EndUserType")
	if sid := form.Get("RegulationSid"); sid != "" {
		wanted, known := ruleOf(regulations(), func(w rules) bool { return w.sid == sid })
		if !known {
			return rules{}, refuseREST(22201, "No regulation %s", sid)
		}
		return wanted, nil
	}
	switch {
	case country == "" || numberType == "":
		return rules{}, refuseREST(22202, "")
	case endUserTypes[endUser] == nil, !slices.Contains(numberTypes, numberType):
		return rules{}, refuseREST(22200, "End-User Type %q or Number Type %q is none", endUser, numberType)
	}
	wanted, known := regulationFor(country, numberType)
	if !known || endUser != "business" {
		return rules{}, refuseREST(22201, "No regulation sid found for %s %s %s", country, numberType, endUser)
	}
	return wanted, nil
}

// fetchFiling is GET of one.
func (s *Simulator) fetchFiling(on shelf) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		f, refused := s.filingNamed(on, r)
		if refused != nil {
			return nil, refused
		}
		return f.filingResource, nil
	}
}

// notFiltered are filters of a list that would change what it shows.
var notFiltered = []string{
	"BundleSids", "HasValidUntilDate", "SortBy", "SortDirection", "ValidUntilDate", "ValidUntilDate<", "ValidUntilDate>",
}

// listFilings is GET of a shelf, newest first.
func (s *Simulator) listFilings(on shelf) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		for _, name := range notFiltered {
			if r.URL.Query().Has(name) {
				return nil, refuseREST(20001, "%s is not simulated", name)
			}
		}
		var all []entry
		for _, f := range inUse(s.state.Papers.Bundles) {
			w := f.rules()
			if f.Kind == on.kind && matches(r, "FriendlyName", f.FriendlyName) && matches(r, "Status", f.Status) &&
				matches(r, "PolicySid", f.PolicySID) && matches(r, "RegulationSid", f.RegulationSID) &&
				matches(r, "IsoCountry", w.country) && matches(r, "NumberType", w.numberType) && matches(r, "EndUserType", "business") {
				all = append(all, entry{f.SID, f.filingResource})
			}
		}
		return listPage(r, on.host, "results", all)
	}
}

// updateFiling is POST of one: its properties, or its status.
func (s *Simulator) updateFiling(on shelf) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		f, refused := s.filingNamed(on, r)
		if refused != nil {
			return nil, refused
		}
		form := r.PostForm
		properties := form.Has("FriendlyName") || form.Has("Email") || form.Has("StatusCallback")
		switch {
		case form.Has("Status") && properties:
			return nil, refuseREST(22204, "")
		case form.Has("Status"):
			if refused := s.move(f, form.Get("Status")); refused != nil {
				return nil, refused
			}
			return f.filingResource, nil
		}
		if refused := checkContact(r); refused != nil {
			return nil, refused
		}
		if form.Has("FriendlyName") {
			f.FriendlyName = form.Get("FriendlyName")
		}
		if form.Has("Email") {
			f.Email = form.Get("Email")
		}
		if form.Has("StatusCallback") {
			f.StatusCallback = orNull(form.Get("StatusCallback"))
		}
		f.DateUpdated = s.stamp()
		return f.filingResource, nil
	}
}

// move gives a filing a status that its owner can give it: it is submitted, or taken back
// before somebody looked at it.
func (s *Simulator) move(f *filing, status string) *restError {
	switch {
	case !slices.Contains(bundleStatuses, status):
		return refuseREST(22203, "Unable to parse bundle status %q", status)
	case status == statusPending && !f.frozen():
		results := s.evaluate(f)
		for _, r := range results {
			if !r.Passed {
				return refuseREST(*r.ErrorCode, "%s is noncompliant: %s", f.SID, *r.FailureReason)
			}
		}
		s.submit(f)
		return nil
	case status == statusDraft && (!f.frozen() || f.Status == statusPending):
		f.round++
		f.Status, f.Due, f.DateUpdated = statusDraft, time.Time{}, s.stamp()
		s.markDocuments(f, "draft")
		return nil
	case f.frozen():
		return refuseREST(invalid, "Cannot update bundle. It is in an immutable state: %s", f.Status)
	}
	return refuseREST(invalid, "Status %s is Twilio's to give", status)
}

// deleteFiling is DELETE of one.
func (s *Simulator) deleteFiling(on shelf) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		f, refused := s.filingNamed(on, r)
		if refused != nil {
			return nil, refused
		}
		for _, n := range s.state.Numbers {
			if n.BundleSID == f.SID {
				return nil, refuseREST(21648, "")
			}
		}
		if f.frozen() {
			return nil, refuseREST(invalid, "Cannot delete bundle. It is in an immutable state: %s", f.Status)
		}
		f.Deleted = true
		return nil, nil
	}
}

// assignmentResource is an assignment as the REST API shows it.
func (on shelf) assignmentResource(f *filing, a assignment) map[string]any {
	return map[string]any{
		"sid": a.SID, on.sidName: f.SID, "account_sid": f.AccountSID, "object_sid": a.ObjectSID, "date_created": a.At,
		"url": f.URL + "/" + on.assignments + "/" + a.SID,
	}
}

// assign is POST of a filing's assignments.
func (s *Simulator) assign(on shelf) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		f, refused := s.filingNamed(on, r)
		if refused != nil {
			return nil, refused
		}
		if refused := needs(r, "ObjectSid"); refused != nil {
			return nil, refused
		}
		sid := r.PostForm.Get("ObjectSid")
		if refused := s.checkAssignable(on, f, sid); refused != nil {
			return nil, refused
		}
		a := assignment{newSID("BV"), sid, s.stamp()}
		f.Assignments = append(f.Assignments, a)
		f.DateUpdated = s.stamp()
		return on.assignmentResource(f, a), nil
	}
}

// checkAssignable finds why an object cannot belong to a filing. A bundle takes one
// document of the type business_address, and nothing twice.
func (s *Simulator) checkAssignable(on shelf, f *filing, sid string) *restError {
	trust := on.kind != regulatory.kind
	u, isUser := find(s.state.Papers.EndUsers, sid)
	d, isDocument := find(s.state.Papers.Documents, sid)
	other, isFiling := find(s.state.Papers.Bundles, sid)
	switch {
	case f.frozen():
		return refuseREST(invalid, "Cannot assign to bundle. It is in an immutable state: %s", f.Status)
	case f.assigned(sid):
		return refuseREST(invalid, "%s is already assigned to %s", sid, f.SID)
	case isUser && u.Trust == trust:
		return nil
	case isDocument && d.Trust == trust:
		if d.Type == "business_address" && len(s.documentsOf(f, []string{d.Type})) > 0 {
			return refuseREST(invalid, "Only one document of type %s can be assigned", d.Type)
		}
		return nil
	case isFiling && trust && other.Kind == profiles.kind && other != f:
		return nil
	case strings.HasPrefix(sid, "IT"), strings.HasPrefix(sid, "RD"), trust && strings.HasPrefix(sid, "BU"):
		return refuseREST(22205, "Object %s is none of this account's", sid)
	}
	return refuseREST(22206, "Object %s can not be assigned", sid)
}

func (s *Simulator) assignmentNamed(on shelf, r *http.Request) (*filing, assignment, *restError) {
	f, refused := s.filingNamed(on, r)
	if refused != nil {
		return nil, assignment{}, refused
	}
	for _, a := range f.Assignments {
		if a.SID == r.PathValue("part") {
			return f, a, nil
		}
	}
	return nil, assignment{}, unknownResource(r)
}

// fetchAssignment is GET of one.
func (s *Simulator) fetchAssignment(on shelf) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		f, a, refused := s.assignmentNamed(on, r)
		if refused != nil {
			return nil, refused
		}
		return on.assignmentResource(f, a), nil
	}
}

// deleteAssignment is DELETE of one.
func (s *Simulator) deleteAssignment(on shelf) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		f, a, refused := s.assignmentNamed(on, r)
		if refused != nil {
			return nil, refused
		}
		if f.frozen() {
			return nil, refuseREST(invalid, "Cannot take from bundle. It is in an immutable state: %s", f.Status)
		}
		f.Assignments = slices.DeleteFunc(f.Assignments, func(other assignment) bool { return other == a })
		f.DateUpdated = s.stamp()
		return nil, nil
	}
}

// listAssignments is GET of a filing's assignments, newest first. TrustHub's can be of one
// type of object only.
func (s *Simulator) listAssignments(on shelf) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		f, refused := s.filingNamed(on, r)
		if refused != nil {
			return nil, refused
		}
		var all []entry
		for _, a := range f.Assignments {
			kind := ""
			if u, found := find(s.state.Papers.EndUsers, a.ObjectSID); found {
				kind = u.Type
			} else if d, found := find(s.state.Papers.Documents, a.ObjectSID); found {
				kind = d.Type
			}
			if matches(r, "ObjectType", kind) {
				all = append(all, entry{a.SID, on.assignmentResource(f, a)})
			}
		}
		return listPage(r, on.host, "results", all)
	}
}
