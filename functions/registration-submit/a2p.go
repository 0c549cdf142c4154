package main

import (
	"cmp"
	"context"
	"reflect"
	"strings"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/twilio"
)

// trust is what texting in the US and Canada is registered with (A2P 10DLC).
type trust interface {
	Policy(ctx context.Context, accountSID, friendlyName string) (twilio.Policy, bool, error)
	ApprovedProfile(ctx context.Context, accountSID, policySID string) (twilio.TrustBundle, bool, error)

	CreateProfile(ctx context.Context, accountSID string, b twilio.NewTrustBundle) (twilio.TrustBundle, error)
	FindProfile(ctx context.Context, accountSID, friendlyName string) (twilio.TrustBundle, bool, error)
	Profile(ctx context.Context, accountSID, sid string) (twilio.TrustBundle, error)
	AssignToProfile(ctx context.Context, accountSID, profileSID, objectSID string) error
	EvaluateProfile(ctx context.Context, accountSID, profileSID, policySID string) (twilio.Evaluation, error)
	SubmitProfile(ctx context.Context, accountSID, sid string) (twilio.TrustBundle, error)

	CreateProduct(ctx context.Context, accountSID string, b twilio.NewTrustBundle) (twilio.TrustBundle, error)
	FindProduct(ctx context.Context, accountSID, friendlyName string) (twilio.TrustBundle, bool, error)
	Product(ctx context.Context, accountSID, sid string) (twilio.TrustBundle, error)
	AssignToProduct(ctx context.Context, accountSID, productSID, objectSID string) error
	EvaluateProduct(ctx context.Context, accountSID, productSID, policySID string) (twilio.Evaluation, error)
	SubmitProduct(ctx context.Context, accountSID, sid string) (twilio.TrustBundle, error)

	CreateTrustEndUser(ctx context.Context, accountSID string, u twilio.EndUser) (twilio.EndUser, error)
	UpdateTrustEndUser(ctx context.Context, accountSID string, u twilio.EndUser) (twilio.EndUser, error)
	FindTrustEndUser(ctx context.Context, accountSID, friendlyName string) (twilio.EndUser, bool, error)
	CreateTrustDocument(ctx context.Context, accountSID string, d twilio.Document) (twilio.Document, error)
	UpdateTrustDocument(ctx context.Context, accountSID string, d twilio.Document) (twilio.Document, error)
	FindTrustDocument(ctx context.Context, accountSID, friendlyName string) (twilio.Document, bool, error)

	CreateBrand(ctx context.Context, accountSID string, b twilio.NewBrand) (twilio.Brand, error)
	FindBrand(ctx context.Context, accountSID, profileSID string) (twilio.Brand, bool, error)
	Brand(ctx context.Context, accountSID, sid string) (twilio.Brand, error)
	ResubmitBrand(ctx context.Context, accountSID, sid string) (twilio.Brand, error)

	CreateService(ctx context.Context, accountSID, friendlyName string) (twilio.Service, error)
	FindService(ctx context.Context, accountSID, friendlyName string) (twilio.Service, bool, error)
	CreateCampaign(ctx context.Context, accountSID string, n twilio.NewCampaign) (twilio.Campaign, error)
	UpdateCampaign(ctx context.Context, accountSID, sid string, n twilio.NewCampaign) (twilio.Campaign, error)
	Campaign(ctx context.Context, accountSID, serviceSID string) (twilio.Campaign, bool, error)
}

// The end users that the profile and the product are made of, by Twilio's types.
// https://www.twilio.com/docs/messaging/compliance/a2p-10dlc/onboarding-isv-api
const (
	information    = "customer_profile_business_information"
	representative = "authorized_representative_1"
	messaging      = "us_a2p_messaging_profile_information"
)

// progress is what became of one stage of a brand's way.
type progress int

const (
	done progress = iota
	waiting
	refused
)

// brand moves a registration for the US and Canada on. It has stages, each of which
// Twilio looks at before the next may begin: the retailer's profile, the product, the
// brand, and the campaign of a messaging service.
func (f function) brand(ctx context.Context, x *filing) error {
	stages := []func(context.Context, *filing) (progress, []clienteling.Rejection, error){
		f.profile, f.product, f.registerBrand, f.campaign,
	}
	for _, stage := range stages {
		p, why, err := stage(ctx, x)
		switch {
		case err != nil:
			return err
		case p == refused:
			return f.reject(ctx, *x, why)
		case p == waiting:
			x.State, x.Tries = clienteling.RegistrationInReview, 0
			_, err := f.table.RegistrationGoesOn(ctx, x.Registration, f.now().Add(reviewedEvery), f.now())
			return err
		}
	}
	return f.approve(ctx, *x, x.ValidUntil)
}

// policy finds a policy's SID by its name: Twilio asks not to build SIDs in.
func (f function) policy(ctx context.Context, x *filing, name string) (string, error) {
	p, found, err := f.twilio.Policy(ctx, x.AccountSID, name)
	if err == nil && !found {
		err = &twilio.Error{Outcome: twilio.Later}
	}
	return p.SID, err
}

// attributes are what was filed for an end user of a type.
func (x *filing) attributes(kind string) map[string]any {
	attributes := map[string]any{}
	for _, i := range x.items {
		if i.Twilio.Object != country.EndUser || i.Twilio.Type != kind {
			continue
		}
		for _, field := range strings.Fields(i.Twilio.Name) {
			if v := x.value(field); v != "" {
				attributes[field] = v
			}
		}
	}
	switch kind {
	case information:
		attributes["business_identity"], attributes["business_registration_identifier"] = "direct_customer", "EIN"
	case messaging:
		attributes["company_type"] = x.companyType()
	}
	return attributes
}

func (x *filing) companyType() string {
	switch {
	case x.Answers[country.PublicCompany].Text == clienteling.Yes:
		return "public"
	case strings.HasPrefix(x.value("business_type"), "Non-profit"):
		return "non-profit"
	}
	return "private"
}

// trustEndUser makes an end user at TrustHub, or brings it up to date. One that says
// what was filed is left alone: what is part of a profile that Twilio looks at, or has
// approved, may not be written.
func (f function) trustEndUser(ctx context.Context, x *filing, what, short, kind string) (string, error) {
	want := twilio.EndUser{FriendlyName: f.name(x, short), Type: kind, Attributes: x.attributes(kind)}
	there, found, err := f.twilio.FindTrustEndUser(ctx, x.AccountSID, want.FriendlyName)
	switch {
	case err != nil:
		return "", err
	case !found:
		there, err = f.twilio.CreateTrustEndUser(ctx, x.AccountSID, want)
	case !reflect.DeepEqual(there.Attributes, want.Attributes):
		want.SID = there.SID
		_, err = f.twilio.UpdateTrustEndUser(ctx, x.AccountSID, want)
	}
	if err != nil || x.Made[what] == there.SID {
		return there.SID, err
	}
	return there.SID, f.made(ctx, x, what, there.SID)
}

// Each stage is filed once in a submission, also after a review of the stage before, so
// that what was corrected reaches every stage that failed. Which submission a stage was
// filed in last stands beside the SIDs, as a moment.

func (x *filing) submission() string { return x.SubmittedAt.UTC().Format(time.RFC3339Nano) }

func (x *filing) isFiled(stage string) bool { return x.Made["filed/"+stage] == x.submission() }

func (f function) filed(ctx context.Context, x *filing, stage string) error {
	if x.isFiled(stage) {
		return nil
	}
	return f.made(ctx, x, "filed/"+stage, x.submission())
}

// bundleKind is what profiles and products differ in.
type bundleKind struct {
	stage    string
	fetch    func(ctx context.Context, accountSID, sid string) (twilio.TrustBundle, error)
	find     func(ctx context.Context, accountSID, friendlyName string) (twilio.TrustBundle, bool, error)
	create   func(ctx context.Context, accountSID string, b twilio.NewTrustBundle) (twilio.TrustBundle, error)
	assign   func(ctx context.Context, accountSID, sid, objectSID string) error
	evaluate func(ctx context.Context, accountSID, sid, policySID string) (twilio.Evaluation, error)
	submit   func(ctx context.Context, accountSID, sid string) (twilio.TrustBundle, error)
	// short is its part of a name at Twilio, policy the name of its policy.
	short, policy string
	// parts makes what it is made of, or brings it up to date.
	parts func(ctx context.Context, x *filing) (sids []string, why []clienteling.Rejection, err error)
}

// trustBundle files a profile or a product, unless that was done, and says what became
// of it.
func (f function) trustBundle(ctx context.Context, x *filing, k bundleKind) (progress, []clienteling.Rejection, error) {
	var there twilio.TrustBundle
	if sid := x.Made[k.stage]; sid != "" {
		var err error
		if there, err = k.fetch(ctx, x.AccountSID, sid); err != nil && !isGone(err) {
			return 0, nil, err
		}
	}
	switch there.Status {
	case twilio.BundlePendingReview, twilio.BundleInReview, twilio.BundleProvisionallyApproved:
		return waiting, nil, f.filed(ctx, x, k.stage)
	case twilio.BundleApproved:
		if x.isFiled(k.stage) {
			return done, nil, nil
		}
		// A stage after it failed, and maybe for what stands here.
		if _, why, err := k.parts(ctx, x); err != nil || why != nil {
			return refused, why, err
		}
		return done, nil, f.filed(ctx, x, k.stage)
	case twilio.BundleRejected:
		if x.isFiled(k.stage) {
			return refused, x.problems(there.Problems, "Twilio did not accept the business "+k.stage+", and does not say why. Check what you filed, and submit again."), nil
		}
	case twilio.BundleDraft:
		if x.isFiled(k.stage) {
			return refused, []clienteling.Rejection{{Reason: "The business " + k.stage + " was taken back to a draft at Twilio. Submit again."}}, nil
		}
	}
	policy, err := f.policy(ctx, x, k.policy)
	if err != nil {
		return 0, nil, err
	}
	parts, why, err := k.parts(ctx, x)
	if err != nil || why != nil {
		return refused, why, err
	}
	want := twilio.NewTrustBundle{FriendlyName: f.name(x, k.short), Email: x.email, PolicySID: policy}
	sid, err := f.keep(ctx, x, thing{
		what: k.stage,
		update: func(sid string) error { // nothing of it changes, but it may be gone
			_, err := k.fetch(ctx, x.AccountSID, sid)
			return err
		},
		find: func() (string, bool, error) {
			b, found, err := k.find(ctx, x.AccountSID, want.FriendlyName)
			return b.SID, found, err
		},
		create: func() (string, error) {
			b, err := k.create(ctx, x.AccountSID, want)
			return b.SID, err
		},
	})
	if err != nil {
		return 0, nil, err
	}
	for _, part := range parts {
		if err := k.assign(ctx, x.AccountSID, sid, part); err != nil {
			return 0, nil, err
		}
	}
	evaluation, err := k.evaluate(ctx, x.AccountSID, sid, policy)
	if err != nil {
		return 0, nil, err
	}
	if !evaluation.Compliant {
		return refused, x.rejections(evaluation), nil
	}
	if _, err := k.submit(ctx, x.AccountSID, sid); err != nil {
		return 0, nil, err
	}
	// Its review takes days: nobody asks again at once.
	return waiting, nil, f.filed(ctx, x, k.stage)
}

// profile files the retailer's customer profile, which ours vouches for.
func (f function) profile(ctx context.Context, x *filing) (progress, []clienteling.Rejection, error) {
	return f.trustBundle(ctx, x, bundleKind{
		stage: "profile", short: "cp", policy: twilio.PolicySecondary, parts: f.profileParts,
		fetch: f.twilio.Profile, find: f.twilio.FindProfile, create: f.twilio.CreateProfile,
		assign: f.twilio.AssignToProfile, evaluate: f.twilio.EvaluateProfile, submit: f.twilio.SubmitProfile,
	})
}

// profileParts are the business, its representative, its address, and who vouches.
func (f function) profileParts(ctx context.Context, x *filing) ([]string, []clienteling.Rejection, error) {
	policy, err := f.policy(ctx, x, twilio.PolicyPrimary)
	if err != nil {
		return nil, nil, err
	}
	primary, found, err := f.twilio.ApprovedProfile(ctx, x.AccountSID, policy)
	if err != nil {
		return nil, nil, err
	}
	if !found {
		return nil, []clienteling.Rejection{{Reason: "The platform's own profile at Twilio is not approved, so no retailer's can be. The platform's operator files it in Twilio's console; submit again after that."}}, nil
	}
	if err := f.addresses(ctx, x); err != nil {
		return nil, nil, err
	}
	info, err := f.trustEndUser(ctx, x, "business_information", "bi", information)
	if err != nil {
		return nil, nil, err
	}
	person, err := f.trustEndUser(ctx, x, "representative", "ar", representative)
	if err != nil {
		return nil, nil, err
	}
	proof, err := f.profileAddress(ctx, x)
	return []string{info, person, proof, primary.SID}, nil, err
}

// profileAddress makes the document of a profile that is its address. It is left alone
// as an end user is.
func (f function) profileAddress(ctx context.Context, x *filing) (string, error) {
	const what = "profile_address"
	addresses := strings.Join(x.addressSIDs(), ",")
	d := twilio.Document{
		FriendlyName: f.name(x, "pa"), Type: "customer_profile_address", Attributes: map[string]any{"address_sids": addresses},
	}
	there, found, err := f.twilio.FindTrustDocument(ctx, x.AccountSID, d.FriendlyName)
	switch {
	case err != nil:
		return "", err
	case !found:
		there, err = f.twilio.CreateTrustDocument(ctx, x.AccountSID, d)
	case there.Attributes["address_sids"] != addresses:
		d.SID = there.SID
		_, err = f.twilio.UpdateTrustDocument(ctx, x.AccountSID, d)
	}
	if err != nil || x.Made[what] == there.SID {
		return there.SID, err
	}
	return there.SID, f.made(ctx, x, what, there.SID)
}

// problems says of each problem which item it is about.
func (x *filing) problems(all []twilio.Problem, otherwise string) []clienteling.Rejection {
	var why []clienteling.Rejection
	for _, p := range all {
		r := clienteling.Rejection{Reason: p.Reason}
		for _, field := range p.Fields {
			r.Item = cmp.Or(r.Item, x.itemOf(twilio.Failure{Field: field}))
		}
		why = append(why, r)
	}
	if len(why) == 0 {
		why = []clienteling.Rejection{{Reason: otherwise}}
	}
	return why
}

// product files the product that texting is.
func (f function) product(ctx context.Context, x *filing) (progress, []clienteling.Rejection, error) {
	return f.trustBundle(ctx, x, bundleKind{
		stage: "product", short: "tp", policy: twilio.PolicyA2P, parts: f.productParts,
		fetch: f.twilio.Product, find: f.twilio.FindProduct, create: f.twilio.CreateProduct,
		assign: f.twilio.AssignToProduct, evaluate: f.twilio.EvaluateProduct, submit: f.twilio.SubmitProduct,
	})
}

// productParts are what the carriers want to know of the business, and its profile.
func (f function) productParts(ctx context.Context, x *filing) ([]string, []clienteling.Rejection, error) {
	info, err := f.trustEndUser(ctx, x, "messaging_information", "mi", messaging)
	return []string{info, x.Made["profile"]}, nil, err
}

// registerBrand registers the retailer as a brand, which costs once: one that failed is
// registered again, after it was corrected.
// https://www.twilio.com/docs/messaging/api/brand-registration-resource
func (f function) registerBrand(ctx context.Context, x *filing) (progress, []clienteling.Rejection, error) {
	sid, err := f.keep(ctx, x, thing{
		what:   "brand",
		update: func(string) error { return nil },
		find: func() (string, bool, error) {
			b, found, err := f.twilio.FindBrand(ctx, x.AccountSID, x.Made["profile"])
			return b.SID, found, err
		},
		create: func() (string, error) {
			b, err := f.twilio.CreateBrand(ctx, x.AccountSID, twilio.NewBrand{ProfileSID: x.Made["profile"], ProductSID: x.Made["product"]})
			return b.SID, err
		},
	})
	if err != nil {
		return 0, nil, err
	}
	b, err := f.twilio.Brand(ctx, x.AccountSID, sid)
	if err == nil && b.Status == twilio.BrandFailed && x.isLater("brand") {
		b, err = f.twilio.ResubmitBrand(ctx, x.AccountSID, sid)
	}
	if err == nil {
		err = f.filed(ctx, x, "brand")
	}
	switch {
	case err != nil:
		return 0, nil, err
	case b.Status == twilio.BrandApproved:
		return done, nil, nil
	case b.Status == twilio.BrandFailed || b.Status == twilio.BrandSuspended:
		return refused, x.problems(b.Problems, "The registry did not accept the business as a brand, and does not say why. Check its legal name and EIN, and submit again."), nil
	}
	return waiting, nil, nil
}

// isLater reports whether a stage was filed in a submission before this one.
func (x *filing) isLater(stage string) bool {
	return x.Made["filed/"+stage] != "" && !x.isFiled(stage)
}

// campaign registers what the texts are for, with the service that the numbers will be
// in. The service leaves each number its own webhook.
func (f function) campaign(ctx context.Context, x *filing) (progress, []clienteling.Rejection, error) {
	if x.Made["service"] == "" {
		s, found, err := f.twilio.FindService(ctx, x.AccountSID, f.name(x, "ms"))
		if err == nil && !found {
			s, err = f.twilio.CreateService(ctx, x.AccountSID, f.name(x, "ms"))
		}
		if err != nil {
			return 0, nil, err
		}
		if err := f.made(ctx, x, "service", s.SID); err != nil {
			return 0, nil, err
		}
	}
	c, found, err := f.twilio.Campaign(ctx, x.AccountSID, x.Made["service"])
	if err == nil && !found {
		c, err = f.twilio.CreateCampaign(ctx, x.AccountSID, x.aboutTexts())
	}
	if err == nil && x.Made["campaign"] != c.SID {
		err = f.made(ctx, x, "campaign", c.SID)
	}
	if err == nil && c.Status == twilio.CampaignFailed && x.isLater("campaign") {
		c, err = f.twilio.UpdateCampaign(ctx, x.AccountSID, c.SID, x.aboutTexts())
	}
	if err == nil {
		err = f.filed(ctx, x, "campaign")
	}
	if err != nil {
		return 0, nil, err
	}
	switch c.Status {
	case twilio.CampaignVerified:
		return done, nil, nil
	case twilio.CampaignFailed, twilio.CampaignSuspended:
		return refused, x.problems(c.Problems, "The carriers did not accept the campaign, and do not say why. Check the website, its privacy policy and its terms, and submit again."), nil
	}
	return waiting, nil, nil
}

// firstRequest is the opt-in message in the language of the carriers' reviewers.
func firstRequest() string {
	message, _ := consent.DefaultRequest("en")
	return message
}

// aboutTexts says to the carriers what the texts are for, and how people consent.
func (x *filing) aboutTexts() twilio.NewCampaign {
	name := x.business()
	request, _ := clienteling.Fill(firstRequest(), clienteling.Fillings{Store: name})
	return twilio.NewCampaign{
		ServiceSID: x.Made["service"], BrandSID: x.Made["brand"], UseCase: "MIXED",
		Description: "Associates of " + name + "'s stores write one-to-one with customers who have agreed to it: about products, availability, orders and appointments in their store.",
		MessageFlow: "A customer gives their number to an associate in the store, or texts the store first. The store then sends one text that asks for consent: \"" +
			request + "\" Nothing else is sent until the customer has agreed. They may reply STOP at any time.",
		Samples: []string{
			"Hi Ada, this is Robin of " + name + ". The coat you asked for has arrived in M. Shall I put it aside for you?",
			name + ": we are open until 8 tonight. Your alterations are ready to be collected.",
		},
		HasLinks: true, HasPhones: true,
		PrivacyPolicyURL: x.campaignField("PrivacyPolicyUrl"), TermsURL: x.campaignField("TermsAndConditionsUrl"),
	}
}

func (x *filing) campaignField(name string) string {
	for _, i := range x.items {
		if i.Twilio.Object == country.CampaignObject && i.Twilio.Name == name {
			return cmp.Or(x.Answers[i.Key].Text, "")
		}
	}
	return ""
}
