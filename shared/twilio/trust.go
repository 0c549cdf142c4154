package twilio

import (
	"cmp"
	"context"
	"net/url"
	"time"

	num "github.com/twilio/twilio-go/rest/numbers/v2"
	th "github.com/twilio/twilio-go/rest/trusthub/v1"
)

// Texting in the US and Canada takes, in this order: a customer profile of the retailer,
// which our own, primary profile vouches for; a trust product; with both a brand; with
// the brand a campaign, for a messaging service that our numbers are in.
// https://www.twilio.com/docs/messaging/compliance/a2p-10dlc/onboarding-isv-api

// The names of the policies we file under. The SIDs are to be looked up by
// [Client.Policy], for Twilio changes them.
// https://www.twilio.com/docs/trust-hub/trusthub-rest-api/policies
const (
	// PolicyPrimary is that of our own profile, which is filed in Twilio's console.
	PolicyPrimary = "Primary Customer Profile of type Business"
	// PolicySecondary is that of a retailer's profile.
	PolicySecondary = "Secondary Customer Profile of type Business"
	// PolicyA2P is that of a retailer's trust product for texts.
	PolicyA2P = "A2P Messaging: Local - Business"
)

// Policy is what a profile or a product has to comply with.
// https://www.twilio.com/docs/trust-hub/trusthub-rest-api/policies
type Policy struct {
	// SID is RN...
	SID, FriendlyName string
}

func (p Policy) id() (string, time.Time) { return p.SID, time.Time{} }

// Policy returns the policy of a name, and whether there is one. The error is an *Error.
func (c *Client) Policy(ctx context.Context, accountSID, friendlyName string) (Policy, bool, error) {
	if err := needName(friendlyName, longestName); err != nil {
		return Policy{}, false, err
	}
	return find(ctx, c, accountSID, list{origin: twilioTrustHub, path: "/v1/Policies", key: "results"},
		func(p *th.TrusthubV1Policies) Policy { return Policy{value(p.Sid), value(p.FriendlyName)} },
		func(p Policy) bool { return p.FriendlyName == friendlyName })
}

// TrustBundle is a customer profile or a trust product. TrustHub keeps both as bundles
// of end users, documents and profiles.
// https://www.twilio.com/docs/trust-hub/trusthub-rest-api
type TrustBundle struct {
	// SID is BU...
	SID string
	// FriendlyName is ours, by which it is found again.
	FriendlyName string
	// PolicySID (RN...) is what it is held against.
	PolicySID string
	// Status is one of those of a [Bundle].
	Status string
	// Email is written to, StatusCallback called when the status changes.
	Email, StatusCallback string
	// ValidUntil is when an approval ends; zero for never.
	ValidUntil time.Time
	// Problems say why it was rejected.
	Problems  []Problem
	CreatedAt time.Time
}

func (b TrustBundle) id() (string, time.Time) { return b.SID, b.CreatedAt }

func profile(p *th.TrusthubV1CustomerProfile) TrustBundle {
	return TrustBundle{
		SID: value(p.Sid), FriendlyName: value(p.FriendlyName), PolicySID: value(p.PolicySid), Status: value(p.Status),
		Email: value(p.Email), StatusCallback: value(p.StatusCallback),
		ValidUntil: moment(p.ValidUntil), Problems: problems(p.Errors), CreatedAt: moment(p.DateCreated),
	}
}

func product(p *th.TrusthubV1TrustProduct) TrustBundle {
	return profile((*th.TrusthubV1CustomerProfile)(p))
}

// NewTrustBundle is a customer profile or a trust product to create.
type NewTrustBundle struct {
	// FriendlyName is ours, by which it is found again.
	FriendlyName string
	// Email is written to when the status changes.
	Email string
	// PolicySID (RN...) is what it will be held against.
	PolicySID string
	// StatusCallback is called when the status changes; empty for not.
	StatusCallback string
}

func (b NewTrustBundle) check() error {
	return cmp.Or(needName(b.FriendlyName, longestName), needSID(b.PolicySID, "a policy", "RN"))
}

const (
	profilesPath = "/v1/CustomerProfiles"
	productsPath = "/v1/TrustProducts"
)

// CreateProfile creates an empty customer profile, once: it never tries again by itself.
// After an error whose outcome is Unknown, look with [Client.FindProfile] first. The
// error is an *Error.
func (c *Client) CreateProfile(ctx context.Context, accountSID string, b NewTrustBundle) (TrustBundle, error) {
	if err := b.check(); err != nil {
		return TrustBundle{}, err
	}
	p := &th.CreateCustomerProfileParams{FriendlyName: &b.FriendlyName, Email: &b.Email, PolicySid: &b.PolicySID}
	if b.StatusCallback != "" {
		p.SetStatusCallback(b.StatusCallback)
	}
	made, err := ask(ctx, c, accountSID, th.NewApiService, func(s *th.ApiService) (*th.TrusthubV1CustomerProfile, error) {
		return s.CreateCustomerProfile(p)
	})
	if err != nil {
		return TrustBundle{}, err
	}
	return sidded(profile(made), "BU")
}

// CreateProduct creates an empty trust product, once, as [Client.CreateProfile] does a
// profile; [Client.FindProduct] finds it.
func (c *Client) CreateProduct(ctx context.Context, accountSID string, b NewTrustBundle) (TrustBundle, error) {
	if err := b.check(); err != nil {
		return TrustBundle{}, err
	}
	p := &th.CreateTrustProductParams{FriendlyName: &b.FriendlyName, Email: &b.Email, PolicySid: &b.PolicySID}
	if b.StatusCallback != "" {
		p.SetStatusCallback(b.StatusCallback)
	}
	made, err := ask(ctx, c, accountSID, th.NewApiService, func(s *th.ApiService) (*th.TrusthubV1TrustProduct, error) {
		return s.CreateTrustProduct(p)
	})
	if err != nil {
		return TrustBundle{}, err
	}
	return sidded(product(made), "BU")
}

// FindProfile returns the customer profile of a name, the oldest if there are several,
// and whether there is one. The error is an *Error.
func (c *Client) FindProfile(ctx context.Context, accountSID, friendlyName string) (TrustBundle, bool, error) {
	if err := needName(friendlyName, longestName); err != nil {
		return TrustBundle{}, false, err
	}
	return find(ctx, c, accountSID, list{origin: twilioTrustHub, path: profilesPath, key: "results", filter: named(friendlyName)},
		profile, func(b TrustBundle) bool { return b.FriendlyName == friendlyName })
}

// FindProduct returns the trust product of a name, as [Client.FindProfile] does a
// profile.
func (c *Client) FindProduct(ctx context.Context, accountSID, friendlyName string) (TrustBundle, bool, error) {
	if err := needName(friendlyName, longestName); err != nil {
		return TrustBundle{}, false, err
	}
	return find(ctx, c, accountSID, list{origin: twilioTrustHub, path: productsPath, key: "results", filter: named(friendlyName)},
		product, func(b TrustBundle) bool { return b.FriendlyName == friendlyName })
}

// ApprovedProfile returns the customer profile under a policy that is approved, the
// oldest if there are several, and whether there is one. With the policy
// [PolicyPrimary] it is our own. The error is an *Error.
func (c *Client) ApprovedProfile(ctx context.Context, accountSID, policySID string) (TrustBundle, bool, error) {
	if err := needSID(policySID, "a policy", "RN"); err != nil {
		return TrustBundle{}, false, err
	}
	return find(ctx, c, accountSID, list{
		origin: twilioTrustHub, path: profilesPath, key: "results",
		filter: url.Values{"PolicySid": {policySID}, "Status": {BundleApproved}},
	}, profile, func(b TrustBundle) bool { return b.PolicySID == policySID && b.Status == BundleApproved })
}

// Profile returns a customer profile by its SID. The error is an *Error, with
// CodeNotFound for one that is not there.
func (c *Client) Profile(ctx context.Context, accountSID, sid string) (TrustBundle, error) {
	if err := needSID(sid, "a customer profile", "BU"); err != nil {
		return TrustBundle{}, err
	}
	p, err := ask(ctx, c, accountSID, th.NewApiService, func(s *th.ApiService) (*th.TrusthubV1CustomerProfile, error) {
		return s.FetchCustomerProfile(sid)
	})
	if err != nil {
		return TrustBundle{}, err
	}
	return same(profile(p), sid)
}

// Product returns a trust product by its SID, as [Client.Profile] does a profile.
func (c *Client) Product(ctx context.Context, accountSID, sid string) (TrustBundle, error) {
	if err := needSID(sid, "a trust product", "BU"); err != nil {
		return TrustBundle{}, err
	}
	p, err := ask(ctx, c, accountSID, th.NewApiService, func(s *th.ApiService) (*th.TrusthubV1TrustProduct, error) {
		return s.FetchTrustProduct(sid)
	})
	if err != nil {
		return TrustBundle{}, err
	}
	return same(product(p), sid)
}

// ProfileAssignments returns the parts of a customer profile. The error is an *Error.
func (c *Client) ProfileAssignments(ctx context.Context, accountSID, profileSID string) ([]Assignment, error) {
	if err := needSID(profileSID, "a customer profile", "BU"); err != nil {
		return nil, err
	}
	return c.assignments(ctx, accountSID, twilioTrustHub, profilesPath+"/"+profileSID+"/EntityAssignments")
}

// ProductAssignments returns the parts of a trust product. The error is an *Error.
func (c *Client) ProductAssignments(ctx context.Context, accountSID, productSID string) ([]Assignment, error) {
	if err := needSID(productSID, "a trust product", "BU"); err != nil {
		return nil, err
	}
	return c.assignments(ctx, accountSID, twilioTrustHub, productsPath+"/"+productSID+"/EntityAssignments")
}

// AssignToProfile makes an end user, a document or another profile part of a customer
// profile. It may be repeated: what is part of it is left alone. The error is an *Error.
func (c *Client) AssignToProfile(ctx context.Context, accountSID, profileSID, objectSID string) error {
	if err := needSID(objectSID, "an end user, a document or a profile", "IT", "RD", "BU"); err != nil {
		return err
	}
	return assign(func() ([]Assignment, error) { return c.ProfileAssignments(ctx, accountSID, profileSID) }, func() error {
		p := &th.CreateCustomerProfileEntityAssignmentParams{ObjectSid: &objectSID}
		a, err := ask(ctx, c, accountSID, th.NewApiService, func(s *th.ApiService) (*th.TrusthubV1CustomerProfileEntityAssignment, error) {
			return s.CreateCustomerProfileEntityAssignment(profileSID, p)
		})
		if err == nil {
			_, err = sidded(Assignment{value(a.Sid), value(a.ObjectSid)}, "BV")
		}
		return err
	}, objectSID)
}

// AssignToProduct makes an end user, a document or a customer profile part of a trust
// product, as [Client.AssignToProfile] does of a profile.
func (c *Client) AssignToProduct(ctx context.Context, accountSID, productSID, objectSID string) error {
	if err := needSID(objectSID, "an end user, a document or a profile", "IT", "RD", "BU"); err != nil {
		return err
	}
	return assign(func() ([]Assignment, error) { return c.ProductAssignments(ctx, accountSID, productSID) }, func() error {
		p := &th.CreateTrustProductEntityAssignmentParams{ObjectSid: &objectSID}
		a, err := ask(ctx, c, accountSID, th.NewApiService, func(s *th.ApiService) (*th.TrusthubV1TrustProductEntityAssignment, error) {
			return s.CreateTrustProductEntityAssignment(productSID, p)
		})
		if err == nil {
			_, err = sidded(Assignment{value(a.Sid), value(a.ObjectSid)}, "BV")
		}
		return err
	}, objectSID)
}

// EvaluateProfile has Twilio's machine look at a customer profile, under its policy. It
// may be repeated. The error is an *Error.
// https://www.twilio.com/docs/trust-hub/trusthub-rest-api/customer-profiles
func (c *Client) EvaluateProfile(ctx context.Context, accountSID, profileSID, policySID string) (Evaluation, error) {
	if err := cmp.Or(needSID(profileSID, "a customer profile", "BU"), needSID(policySID, "a policy", "RN")); err != nil {
		return Evaluation{}, err
	}
	p := &th.CreateCustomerProfileEvaluationParams{PolicySid: &policySID}
	e, err := ask(ctx, c, accountSID, th.NewApiService, func(s *th.ApiService) (*th.TrusthubV1CustomerProfileEvaluation, error) {
		return s.CreateCustomerProfileEvaluation(profileSID, p)
	})
	if err != nil {
		return Evaluation{}, err
	}
	return evaluation(value(e.Sid), value(e.Status), e.Results)
}

// EvaluateProduct has Twilio's machine look at a trust product, as
// [Client.EvaluateProfile] does at a profile.
func (c *Client) EvaluateProduct(ctx context.Context, accountSID, productSID, policySID string) (Evaluation, error) {
	if err := cmp.Or(needSID(productSID, "a trust product", "BU"), needSID(policySID, "a policy", "RN")); err != nil {
		return Evaluation{}, err
	}
	p := &th.CreateTrustProductEvaluationParams{PolicySid: &policySID}
	e, err := ask(ctx, c, accountSID, th.NewApiService, func(s *th.ApiService) (*th.TrusthubV1TrustProductEvaluation, error) {
		return s.CreateTrustProductEvaluation(productSID, p)
	})
	if err != nil {
		return Evaluation{}, err
	}
	return evaluation(value(e.Sid), value(e.Status), e.Results)
}

// SubmitProfile gives a customer profile to Twilio for review, and returns it as it is
// then. It may be repeated: one that is submitted, or approved, is left alone. The error
// is an *Error.
func (c *Client) SubmitProfile(ctx context.Context, accountSID, sid string) (TrustBundle, error) {
	return submit(func() (TrustBundle, error) { return c.Profile(ctx, accountSID, sid) }, func() (TrustBundle, error) {
		p := (&th.UpdateCustomerProfileParams{}).SetStatus(BundlePendingReview)
		b, err := ask(ctx, c, accountSID, th.NewApiService, func(s *th.ApiService) (*th.TrusthubV1CustomerProfile, error) {
			return s.UpdateCustomerProfile(sid, p)
		})
		if err != nil {
			return TrustBundle{}, err
		}
		return same(profile(b), sid)
	}, func(b TrustBundle) string { return b.Status })
}

// SubmitProduct gives a trust product to Twilio for review, as [Client.SubmitProfile]
// does a profile.
func (c *Client) SubmitProduct(ctx context.Context, accountSID, sid string) (TrustBundle, error) {
	return submit(func() (TrustBundle, error) { return c.Product(ctx, accountSID, sid) }, func() (TrustBundle, error) {
		p := (&th.UpdateTrustProductParams{}).SetStatus(BundlePendingReview)
		b, err := ask(ctx, c, accountSID, th.NewApiService, func(s *th.ApiService) (*th.TrusthubV1TrustProduct, error) {
			return s.UpdateTrustProduct(sid, p)
		})
		if err != nil {
			return TrustBundle{}, err
		}
		return same(product(b), sid)
	}, func(b TrustBundle) string { return b.Status })
}

// TrustHub has end users and documents of its own, beside those of bundles for numbers.

func trustEndUser(u *th.TrusthubV1EndUser) EndUser { return endUser((*num.NumbersV2EndUser)(u)) }

// CreateTrustEndUser creates an end user of a profile or a product, once, as
// [Client.CreateEndUser] does that of a bundle; [Client.FindTrustEndUser] finds it.
// https://www.twilio.com/docs/trust-hub/trusthub-rest-api/end-users
func (c *Client) CreateTrustEndUser(ctx context.Context, accountSID string, u EndUser) (EndUser, error) {
	if err := cmp.Or(needName(u.FriendlyName, longestName), needType(u.Type)); err != nil {
		return EndUser{}, err
	}
	p := (&th.CreateEndUserParams{FriendlyName: &u.FriendlyName, Type: &u.Type}).SetAttributes(object(u.Attributes))
	made, err := ask(ctx, c, accountSID, th.NewApiService, func(s *th.ApiService) (*th.TrusthubV1EndUser, error) {
		return s.CreateEndUser(p)
	})
	if err != nil {
		return EndUser{}, err
	}
	return sidded(trustEndUser(made), "IT")
}

// UpdateTrustEndUser changes an end user as [Client.UpdateEndUser] does.
func (c *Client) UpdateTrustEndUser(ctx context.Context, accountSID string, u EndUser) (EndUser, error) {
	if err := cmp.Or(needSID(u.SID, "an end user", "IT"), needName(u.FriendlyName, longestName)); err != nil {
		return EndUser{}, err
	}
	p := (&th.UpdateEndUserParams{FriendlyName: &u.FriendlyName}).SetAttributes(object(u.Attributes))
	set, err := ask(ctx, c, accountSID, th.NewApiService, func(s *th.ApiService) (*th.TrusthubV1EndUser, error) {
		return s.UpdateEndUser(u.SID, p)
	})
	if err != nil {
		return EndUser{}, err
	}
	return same(trustEndUser(set), u.SID)
}

// FindTrustEndUser finds an end user as [Client.FindEndUser] does.
func (c *Client) FindTrustEndUser(ctx context.Context, accountSID, friendlyName string) (EndUser, bool, error) {
	if err := needName(friendlyName, longestName); err != nil {
		return EndUser{}, false, err
	}
	return find(ctx, c, accountSID, list{origin: twilioTrustHub, path: "/v1/EndUsers", key: "results"},
		trustEndUser, func(u EndUser) bool { return u.FriendlyName == friendlyName })
}

func trustDocument(d *th.TrusthubV1SupportingDocument) Document {
	return Document{
		SID: value(d.Sid), FriendlyName: value(d.FriendlyName), Type: value(d.Type), Attributes: attributes(d.Attributes),
		Status: value(d.Status), MIMEType: value(d.MimeType), CreatedAt: moment(d.DateCreated),
	}
}

// CreateTrustDocument creates a document of a profile, without a file, once, as
// [Client.CreateDocument] does that of a bundle; [Client.FindTrustDocument] finds it.
// https://www.twilio.com/docs/trust-hub/trusthub-rest-api/supporting-documents
func (c *Client) CreateTrustDocument(ctx context.Context, accountSID string, d Document) (Document, error) {
	if err := cmp.Or(needName(d.FriendlyName, longestName), needType(d.Type)); err != nil {
		return Document{}, err
	}
	p := (&th.CreateSupportingDocumentParams{FriendlyName: &d.FriendlyName, Type: &d.Type}).SetAttributes(object(d.Attributes))
	made, err := ask(ctx, c, accountSID, th.NewApiService, func(s *th.ApiService) (*th.TrusthubV1SupportingDocument, error) {
		return s.CreateSupportingDocument(p)
	})
	if err != nil {
		return Document{}, err
	}
	return sidded(trustDocument(made), "RD")
}

// UpdateTrustDocument changes a document as [Client.UpdateDocument] does.
func (c *Client) UpdateTrustDocument(ctx context.Context, accountSID string, d Document) (Document, error) {
	if err := cmp.Or(needSID(d.SID, "a document", "RD"), needName(d.FriendlyName, longestName)); err != nil {
		return Document{}, err
	}
	p := (&th.UpdateSupportingDocumentParams{FriendlyName: &d.FriendlyName}).SetAttributes(object(d.Attributes))
	set, err := ask(ctx, c, accountSID, th.NewApiService, func(s *th.ApiService) (*th.TrusthubV1SupportingDocument, error) {
		return s.UpdateSupportingDocument(d.SID, p)
	})
	if err != nil {
		return Document{}, err
	}
	return same(trustDocument(set), d.SID)
}

// FindTrustDocument finds a document as [Client.FindDocument] does.
func (c *Client) FindTrustDocument(ctx context.Context, accountSID, friendlyName string) (Document, bool, error) {
	if err := needName(friendlyName, longestName); err != nil {
		return Document{}, false, err
	}
	return find(ctx, c, accountSID, list{origin: twilioTrustHub, path: "/v1/SupportingDocuments", key: "results"},
		trustDocument, func(d Document) bool { return d.FriendlyName == friendlyName })
}
