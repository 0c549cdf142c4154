package twilio

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	num "github.com/twilio/twilio-go/rest/numbers/v2"
)

// The statuses of a bundle, and of what TrustHub has in the place of one.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/bundles
const (
	// BundleDraft: it was never submitted.
	BundleDraft = "draft"
	// BundlePendingReview: it is submitted and waits, BundleInReview: somebody looks.
	BundlePendingReview = "pending-review"
	BundleInReview      = "in-review"
	// BundleRejected: something is wrong; it may be corrected and submitted again.
	BundleRejected = "twilio-rejected"
	// BundleApproved: numbers may be bought with it.
	BundleApproved = "twilio-approved"
	// BundleProvisionallyApproved: the same for a while, see ValidUntil.
	BundleProvisionallyApproved = "provisionally-approved"
)

// submitted reports whether something of a status needs no submitting.
func submitted(status string) bool {
	switch status {
	case BundlePendingReview, BundleInReview, BundleApproved, BundleProvisionallyApproved:
		return true
	}
	return false
}

// Bundle is the file of one business for numbers of one country and type: an end user
// and documents.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/bundles
type Bundle struct {
	// SID is BU...
	SID string
	// FriendlyName is ours, by which it is found again.
	FriendlyName string
	// Status is one of the constants.
	Status string
	// RegulationSID (RN...) is what it is held against.
	RegulationSID string
	// Email is written to, StatusCallback called when the status changes.
	Email, StatusCallback string
	// ValidUntil is when an approval ends unless the bundle is brought up to date; zero
	// for never.
	ValidUntil time.Time
	CreatedAt  time.Time
}

func (b Bundle) id() (string, time.Time) { return b.SID, b.CreatedAt }

func bundle(b *num.NumbersV2Bundle) Bundle {
	return Bundle{
		SID: value(b.Sid), FriendlyName: value(b.FriendlyName), Status: value(b.Status), RegulationSID: value(b.RegulationSid),
		Email: value(b.Email), StatusCallback: value(b.StatusCallback),
		ValidUntil: moment(b.ValidUntil), CreatedAt: moment(b.DateCreated),
	}
}

// NewBundle is a bundle to create, for a business.
type NewBundle struct {
	// FriendlyName is ours, by which it is found again.
	FriendlyName string
	// Email is written to when the status changes.
	Email string
	// Country is ISO 3166-1 alpha-2, NumberType local, mobile, national or toll-free.
	Country, NumberType string
	// StatusCallback is called when the status changes; empty for not.
	StatusCallback string
}

// CreateBundle creates an empty bundle, once: it never tries again by itself. After an
// error whose outcome is Unknown, look with [Client.FindBundle] first. The error is an
// *Error.
func (c *Client) CreateBundle(ctx context.Context, accountSID string, b NewBundle) (Bundle, error) {
	if err := cmp.Or(needName(b.FriendlyName, longestName), needCountryAndType(b.Country, b.NumberType)); err != nil {
		return Bundle{}, err
	}
	p := &num.CreateBundleParams{FriendlyName: &b.FriendlyName, Email: &b.Email, IsoCountry: &b.Country, NumberType: &b.NumberType}
	p.SetEndUserType(endUserType)
	if b.StatusCallback != "" {
		p.SetStatusCallback(b.StatusCallback)
	}
	made, err := ask(ctx, c, accountSID, num.NewApiService, func(s *num.ApiService) (*num.NumbersV2Bundle, error) {
		return s.CreateBundle(p)
	})
	if err != nil {
		return Bundle{}, err
	}
	return sidded(bundle(made), "BU")
}

// FindBundle returns the bundle of a name, the oldest if there are several, and whether
// there is one. The error is an *Error.
func (c *Client) FindBundle(ctx context.Context, accountSID, friendlyName string) (Bundle, bool, error) {
	if err := needName(friendlyName, longestName); err != nil {
		return Bundle{}, false, err
	}
	return find(ctx, c, accountSID, list{
		origin: twilioNumbers, path: "/v2/RegulatoryCompliance/Bundles", key: "results", filter: named(friendlyName),
	}, bundle, func(b Bundle) bool { return b.FriendlyName == friendlyName })
}

// Bundle returns a bundle by its SID. The error is an *Error, with CodeNotFound for one
// that is not there.
func (c *Client) Bundle(ctx context.Context, accountSID, sid string) (Bundle, error) {
	if err := needSID(sid, "a bundle", "BU"); err != nil {
		return Bundle{}, err
	}
	b, err := ask(ctx, c, accountSID, num.NewApiService, func(s *num.ApiService) (*num.NumbersV2Bundle, error) {
		return s.FetchBundle(sid)
	})
	if err != nil {
		return Bundle{}, err
	}
	return same(bundle(b), sid)
}

// SubmitBundle gives a bundle to Twilio for review, and returns it as it is then. It
// may be repeated: one that is submitted, or approved, is left alone. The error is an
// *Error.
func (c *Client) SubmitBundle(ctx context.Context, accountSID, sid string) (Bundle, error) {
	return submit(func() (Bundle, error) { return c.Bundle(ctx, accountSID, sid) }, func() (Bundle, error) {
		// Nothing else with it: Twilio changes the status or the rest, never both.
		// https://www.twilio.com/docs/api/errors/22204
		p := (&num.UpdateBundleParams{}).SetStatus(BundlePendingReview)
		b, err := ask(ctx, c, accountSID, num.NewApiService, func(s *num.ApiService) (*num.NumbersV2Bundle, error) {
			return s.UpdateBundle(sid, p)
		})
		if err != nil {
			return Bundle{}, err
		}
		return same(bundle(b), sid)
	}, func(b Bundle) string { return b.Status })
}

// submit sends something for review, if it is not there yet. Twilio's refusal does not
// say whether somebody else was faster, so look again.
func submit[T any](fetch, send func() (T, error), status func(T) string) (T, error) {
	before, err := fetch()
	if err != nil || submitted(status(before)) {
		return before, err
	}
	sent, err := send()
	if isRefused(err) {
		if after, seen := fetch(); seen == nil && submitted(status(after)) {
			return after, nil
		}
	}
	return sent, err
}

func isRefused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Outcome == Refused
}

// Assignment says that something is part of a bundle.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/item-assignments
type Assignment struct {
	// SID is BV..., ObjectSID that of the part: IT... or RD..., at TrustHub BU..., too.
	SID, ObjectSID string
}

func (a Assignment) id() (string, time.Time) { return a.SID, time.Time{} }

// Assignments returns the parts of a bundle. The error is an *Error.
func (c *Client) Assignments(ctx context.Context, accountSID, bundleSID string) ([]Assignment, error) {
	if err := needSID(bundleSID, "a bundle", "BU"); err != nil {
		return nil, err
	}
	return c.assignments(ctx, accountSID, twilioNumbers, "/v2/RegulatoryCompliance/Bundles/"+bundleSID+"/ItemAssignments")
}

func (c *Client) assignments(ctx context.Context, accountSID, origin, path string) ([]Assignment, error) {
	all, err := entries[struct {
		SID    string `json:"sid"`
		Object string `json:"object_sid"`
	}](ctx, c, accountSID, list{origin: origin, path: path, key: "results"})
	if err != nil {
		return nil, err
	}
	var parts []Assignment
	for _, a := range all {
		parts = append(parts, Assignment{a.SID, a.Object})
	}
	return parts, nil
}

// Assign makes an end user or a document part of a bundle. It may be repeated: what is
// part of it is left alone. The error is an *Error.
func (c *Client) Assign(ctx context.Context, accountSID, bundleSID, objectSID string) error {
	if err := cmp.Or(needSID(bundleSID, "a bundle", "BU"), needSID(objectSID, "an end user or a document", "IT", "RD")); err != nil {
		return err
	}
	return assign(func() ([]Assignment, error) { return c.Assignments(ctx, accountSID, bundleSID) }, func() error {
		p := &num.CreateItemAssignmentParams{ObjectSid: &objectSID}
		a, err := ask(ctx, c, accountSID, num.NewApiService, func(s *num.ApiService) (*num.NumbersV2ItemAssignment, error) {
			return s.CreateItemAssignment(bundleSID, p)
		})
		if err == nil {
			_, err = sidded(Assignment{value(a.Sid), value(a.ObjectSid)}, "BV")
		}
		return err
	}, objectSID)
}

// assign adds a part, if it is not there yet. No code of Twilio's is documented to say
// that it is, so after a refusal it looks again.
func assign(parts func() ([]Assignment, error), add func() error, objectSID string) error {
	there := func() (bool, error) {
		all, err := parts()
		for _, a := range all {
			if a.ObjectSID == objectSID {
				return true, nil
			}
		}
		return false, err
	}
	if is, err := there(); is || err != nil {
		return err
	}
	err := add()
	if isRefused(err) {
		if is, _ := there(); is {
			return nil
		}
	}
	return err
}

// Unassign takes a part out of a bundle, by the SID of its assignment; the part itself
// stays. It may be repeated: what is gone already is no error. The error is an *Error.
func (c *Client) Unassign(ctx context.Context, accountSID, bundleSID, assignmentSID string) error {
	if err := cmp.Or(needSID(bundleSID, "a bundle", "BU"), needSID(assignmentSID, "an assignment", "BV")); err != nil {
		return err
	}
	return remove(ctx, c, accountSID, num.NewApiService, func(s *num.ApiService) error {
		return s.DeleteItemAssignment(bundleSID, assignmentSID)
	})
}

// Evaluation is what Twilio's machine says of a bundle, before people look at it.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/evaluations
type Evaluation struct {
	// SID is EL...
	SID       string
	Compliant bool
	// Failures are what is missing or wrong; none when it is compliant.
	Failures []Failure
}

// Failure is one thing that is missing or wrong.
type Failure struct {
	// Requirement is the regulation's or the policy's name of what is not met, such as
	// business_address_proof_info.
	Requirement string
	// ObjectType is the type of the end user or the document, ObjectSID its SID, empty
	// for one that is missing.
	ObjectType, ObjectSID string
	// Field is Twilio's name of the attribute; empty when it is about the whole object.
	Field string
	// Reason is in words, in English.
	Reason string
	// Code is Twilio's, such as 22214 for an end user that is missing.
	// https://www.twilio.com/docs/api/errors/22214
	Code int
}

// Evaluate has Twilio's machine look at a bundle. It may be repeated. The error is an
// *Error.
func (c *Client) Evaluate(ctx context.Context, accountSID, bundleSID string) (Evaluation, error) {
	if err := needSID(bundleSID, "a bundle", "BU"); err != nil {
		return Evaluation{}, err
	}
	e, err := ask(ctx, c, accountSID, num.NewApiService, func(s *num.ApiService) (*num.NumbersV2Evaluation, error) {
		return s.CreateEvaluation(bundleSID)
	})
	if err != nil {
		return Evaluation{}, err
	}
	return evaluation(value(e.Sid), value(e.Status), e.Results)
}

// evaluation reads an evaluation of a bundle, or of what TrustHub has in its place.
func evaluation(sid, status string, results *[]any) (Evaluation, error) {
	if status != "compliant" && status != "noncompliant" {
		return Evaluation{}, &Error{Unknown, 0, errors.New("the answer is no evaluation: evaluate again")}
	}
	e := Evaluation{SID: sid, Compliant: status == "compliant"}
	if e.Compliant {
		return e, nil
	}
	text, _ := json.Marshal(results) // it came as JSON
	type reason struct {
		Field  string `json:"object_field"`
		Reason string `json:"failure_reason"`
		Code   code   `json:"error_code"`
	}
	var all []struct {
		reason
		Requirement string   `json:"requirement_name"`
		Type        string   `json:"object_type"`
		SID         string   `json:"object_sid"`
		Passed      bool     `json:"passed"`
		Invalid     []reason `json:"invalid"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return Evaluation{}, &Error{Unknown, 0, err}
	}
	for _, r := range all {
		if r.Passed {
			continue
		}
		f := Failure{Requirement: r.Requirement, ObjectType: r.Type, ObjectSID: r.SID}
		if r.Reason != "" || len(r.Invalid) == 0 {
			f.Reason, f.Code = r.Reason, int(r.Code)
			e.Failures = append(e.Failures, f)
		}
		for _, i := range r.Invalid {
			f.Field, f.Reason, f.Code = i.Field, i.Reason, int(i.Code)
			e.Failures = append(e.Failures, f)
		}
	}
	return e, nil
}
