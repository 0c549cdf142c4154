package twilio

import (
	"cmp"
	"context"
	"errors"
	"time"

	msg "github.com/twilio/twilio-go/rest/messaging/v1"
)

// The statuses of a brand.
// https://www.twilio.com/docs/messaging/api/brand-registration-resource
const (
	BrandPending  = "PENDING"
	BrandInReview = "IN_REVIEW"
	// BrandApproved: campaigns may be created for it.
	BrandApproved = "APPROVED"
	// BrandFailed: see its Problems, correct the profile, and resubmit.
	BrandFailed          = "FAILED"
	BrandSuspended       = "SUSPENDED"
	BrandDeletionPending = "DELETION_PENDING"
	BrandDeletionFailed  = "DELETION_FAILED"
)

// Brand is a retailer as the carriers of the US know it.
// https://www.twilio.com/docs/messaging/api/brand-registration-resource
type Brand struct {
	// SID is BN...
	SID string
	// Status is one of the constants.
	Status string
	// ProfileSID is that of the customer profile, ProductSID that of the trust product
	// (BU...) it was created from.
	ProfileSID, ProductSID string
	// TCRID is its id at The Campaign Registry, empty until it is approved.
	TCRID string
	// Problems say why it failed.
	Problems  []Problem
	CreatedAt time.Time
}

func (b Brand) id() (string, time.Time) { return b.SID, b.CreatedAt }

func brand(b *msg.MessagingV1BrandRegistrations) Brand {
	read := Brand{
		SID: value(b.Sid), Status: value(b.Status), ProfileSID: value(b.CustomerProfileBundleSid), ProductSID: value(b.A2pProfileBundleSid),
		TCRID: value(b.TcrId), Problems: problems(b.Errors), CreatedAt: moment(b.DateCreated),
	}
	// The older way of saying why.
	if reason := value(b.FailureReason); read.Status == BrandFailed && len(read.Problems) == 0 && reason != "" {
		read.Problems = []Problem{{Reason: reason}}
	}
	return read
}

// NewBrand is a brand to create.
type NewBrand struct {
	// ProfileSID is that of the customer profile, ProductSID that of the trust product
	// (BU...), both approved.
	ProfileSID, ProductSID string
	// SkipVetting leaves out the second vetting, which costs and allows more texts.
	SkipVetting bool
	// Mock creates one that costs nothing and that no carrier knows, for trying out.
	Mock bool
}

// CreateBrand registers a brand, once: it costs, and it never tries again by itself.
// After an error whose outcome is Unknown, look with [Client.FindBrand] first. The error
// is an *Error.
func (c *Client) CreateBrand(ctx context.Context, accountSID string, b NewBrand) (Brand, error) {
	if err := cmp.Or(needSID(b.ProfileSID, "a customer profile", "BU"), needSID(b.ProductSID, "a trust product", "BU")); err != nil {
		return Brand{}, err
	}
	p := &msg.CreateBrandRegistrationsParams{
		CustomerProfileBundleSid: &b.ProfileSID, A2PProfileBundleSid: &b.ProductSID, SkipAutomaticSecVet: &b.SkipVetting, Mock: &b.Mock,
	}
	made, err := ask(ctx, c, accountSID, msg.NewApiService, func(s *msg.ApiService) (*msg.MessagingV1BrandRegistrations, error) {
		return s.CreateBrandRegistrations(p)
	})
	if err != nil {
		return Brand{}, err
	}
	return sidded(brand(made), "BN")
}

// FindBrand returns the brand of a customer profile, the oldest if there are several,
// and whether there is one. Twilio has no filter for it: it reads them all. The error is
// an *Error.
func (c *Client) FindBrand(ctx context.Context, accountSID, profileSID string) (Brand, bool, error) {
	if err := needSID(profileSID, "a customer profile", "BU"); err != nil {
		return Brand{}, false, err
	}
	return find(ctx, c, accountSID, list{origin: twilioMessaging, path: "/v1/a2p/BrandRegistrations", key: "data"},
		brand, func(b Brand) bool { return b.ProfileSID == profileSID })
}

// Brand returns a brand by its SID. The error is an *Error, with CodeNotFound for one
// that is not there.
func (c *Client) Brand(ctx context.Context, accountSID, sid string) (Brand, error) {
	if err := needSID(sid, "a brand", "BN"); err != nil {
		return Brand{}, err
	}
	b, err := ask(ctx, c, accountSID, msg.NewApiService, func(s *msg.ApiService) (*msg.MessagingV1BrandRegistrations, error) {
		return s.FetchBrandRegistrations(sid)
	})
	if err != nil {
		return Brand{}, err
	}
	return same(brand(b), sid)
}

// ResubmitBrand registers a brand that failed again, after its profile was corrected:
// another brand would cost again. After an error whose outcome is Unknown, look with
// [Client.Brand] first. The error is an *Error.
// https://www.twilio.com/docs/messaging/api/brand-registration-resource
func (c *Client) ResubmitBrand(ctx context.Context, accountSID, sid string) (Brand, error) {
	if err := needSID(sid, "a brand", "BN"); err != nil {
		return Brand{}, err
	}
	b, err := ask(ctx, c, accountSID, msg.NewApiService, func(s *msg.ApiService) (*msg.MessagingV1BrandRegistrations, error) {
		return s.UpdateBrandRegistrations(sid)
	})
	if err != nil {
		return Brand{}, err
	}
	return same(brand(b), sid)
}

// Service is a messaging service: what a campaign is for, and our numbers are in.
// https://www.twilio.com/docs/messaging/api/service-resource
type Service struct {
	// SID is MG...
	SID string
	// FriendlyName is ours, by which it is found again, 64 characters at most.
	FriendlyName string
	// NumbersAnswer says that a text to a number of it still goes to the number's own
	// URL. Where it is false, texts to the numbers do not reach us.
	NumbersAnswer bool
	CreatedAt     time.Time
}

func (s Service) id() (string, time.Time) { return s.SID, s.CreatedAt }

func service(s *msg.MessagingV1Service) Service {
	return Service{
		SID: value(s.Sid), FriendlyName: value(s.FriendlyName),
		NumbersAnswer: s.UseInboundWebhookOnNumber != nil && *s.UseInboundWebhookOnNumber, CreatedAt: moment(s.DateCreated),
	}
}

// CreateService creates a messaging service whose numbers go on telling their own URLs
// of texts. It creates it once: it never tries again by itself. After an error whose
// outcome is Unknown, look with [Client.FindService] first. The error is an *Error.
func (c *Client) CreateService(ctx context.Context, accountSID, friendlyName string) (Service, error) {
	if err := needName(friendlyName, longestShortName); err != nil {
		return Service{}, err
	}
	p := (&msg.CreateServiceParams{FriendlyName: &friendlyName}).SetUseInboundWebhookOnNumber(true)
	made, err := ask(ctx, c, accountSID, msg.NewApiService, func(s *msg.ApiService) (*msg.MessagingV1Service, error) {
		return s.CreateService(p)
	})
	if err != nil {
		return Service{}, err
	}
	return sidded(service(made), "MG")
}

// FindService returns the messaging service of a name, the oldest if there are several,
// and whether there is one. Twilio has no filter for it: it reads them all. The error is
// an *Error.
func (c *Client) FindService(ctx context.Context, accountSID, friendlyName string) (Service, bool, error) {
	if err := needName(friendlyName, longestShortName); err != nil {
		return Service{}, false, err
	}
	return find(ctx, c, accountSID, list{origin: twilioMessaging, path: "/v1/Services", key: "services"},
		service, func(s Service) bool { return s.FriendlyName == friendlyName })
}

const (
	// codeInService: the number is in that service already.
	// https://www.twilio.com/docs/api/errors/21710
	codeInService = 21710
	// CodeOtherService: the number is in another messaging service, and has to leave
	// it first.
	// https://www.twilio.com/docs/api/errors/21712
	CodeOtherService = 21712
)

// AddToService puts a number of the account (PN...) into a messaging service. It may be
// repeated: a number that is in it is left alone. The error is an *Error, with
// CodeOtherService for a number that is in another one.
func (c *Client) AddToService(ctx context.Context, accountSID, serviceSID, phoneNumberSID string) error {
	if err := cmp.Or(needSID(serviceSID, "a messaging service", "MG"), needSID(phoneNumberSID, "a number", "PN")); err != nil {
		return err
	}
	p := &msg.CreatePhoneNumberParams{PhoneNumberSid: &phoneNumberSID}
	n, err := ask(ctx, c, accountSID, msg.NewApiService, func(s *msg.ApiService) (*msg.MessagingV1PhoneNumber, error) {
		return s.CreatePhoneNumber(serviceSID, p)
	})
	if e := (*Error)(nil); errors.As(err, &e) && e.Code == codeInService {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = same(Assignment{SID: value(n.Sid)}, phoneNumberSID)
	return err
}

// The statuses of a campaign.
// https://www.twilio.com/docs/messaging/api/usapptoperson-resource
const (
	CampaignPending    = "PENDING"
	CampaignInProgress = "IN_PROGRESS"
	// CampaignVerified: texts may be sent.
	CampaignVerified = "VERIFIED"
	// CampaignFailed: see its Problems.
	CampaignFailed    = "FAILED"
	CampaignSuspended = "SUSPENDED"
)

// Campaign is what the texts of a brand are about, as the carriers of the US know it.
// https://www.twilio.com/docs/messaging/api/usapptoperson-resource
type Campaign struct {
	// SID is QE...
	SID string
	// Status is one of the constants.
	Status string
	// BrandSID is BN..., ServiceSID MG...
	BrandSID, ServiceSID string
	// CampaignID is its id at The Campaign Registry, empty until there is one.
	CampaignID string
	// Problems say why it failed.
	Problems  []Problem
	CreatedAt time.Time
}

func (c Campaign) id() (string, time.Time) { return c.SID, c.CreatedAt }

func campaign(c *msg.MessagingV1UsAppToPersonResponse) Campaign {
	return Campaign{
		SID: value(c.Sid), Status: value(c.CampaignStatus), BrandSID: value(c.BrandRegistrationSid), ServiceSID: value(c.MessagingServiceSid),
		CampaignID: value(c.CampaignId), Problems: problems(c.Errors), CreatedAt: moment(c.DateCreated),
	}
}

// NewCampaign is a campaign to create.
// https://www.twilio.com/docs/messaging/api/usapptoperson-resource
type NewCampaign struct {
	// ServiceSID (MG...) is the messaging service that has its numbers, BrandSID (BN...)
	// the brand, approved.
	ServiceSID, BrandSID string
	// UseCase is Twilio's, such as CUSTOMER_CARE, MIXED or LOW_VOLUME.
	UseCase string
	// Description says what the texts are for, 40 to 4096 characters.
	Description string
	// MessageFlow says how people come to consent, 40 to 2048 characters.
	MessageFlow string
	// Samples are two to five texts of 20 to 1024 characters.
	Samples []string
	// HasLinks and HasPhones say what texts may contain.
	HasLinks, HasPhones bool
	// OptInMessage, OptOutMessage and HelpMessage answer the keywords, 20 to 320
	// characters, empty for those that Twilio answers.
	OptInMessage, OptOutMessage, HelpMessage    string
	OptInKeywords, OptOutKeywords, HelpKeywords []string
	// PrivacyPolicyURL and TermsURL are the retailer's, empty for none.
	PrivacyPolicyURL, TermsURL string
}

// CreateCampaign registers the campaign of a messaging service, once: it costs, and it
// never tries again by itself. A service has one campaign; after an error whose outcome
// is Unknown, look with [Client.Campaign] first. The error is an *Error.
func (c *Client) CreateCampaign(ctx context.Context, accountSID string, n NewCampaign) (Campaign, error) {
	if err := cmp.Or(needSID(n.ServiceSID, "a messaging service", "MG"), needSID(n.BrandSID, "a brand", "BN")); err != nil {
		return Campaign{}, err
	}
	made, err := ask(ctx, c, accountSID, msg.NewApiService, func(s *msg.ApiService) (*msg.MessagingV1UsAppToPersonResponse, error) {
		return s.CreateUsAppToPerson(n.ServiceSID, n.params())
	})
	if err != nil {
		return Campaign{}, err
	}
	return sidded(campaign(made), "QE")
}

func (n NewCampaign) params() *msg.CreateUsAppToPersonParams {
	text := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	return &msg.CreateUsAppToPersonParams{
		BrandRegistrationSid: &n.BrandSID, UsAppToPersonUsecase: &n.UseCase,
		Description: &n.Description, MessageFlow: &n.MessageFlow, MessageSamples: &n.Samples,
		HasEmbeddedLinks: &n.HasLinks, HasEmbeddedPhone: &n.HasPhones,
		OptInMessage: text(n.OptInMessage), OptOutMessage: text(n.OptOutMessage), HelpMessage: text(n.HelpMessage),
		OptInKeywords: &n.OptInKeywords, OptOutKeywords: &n.OptOutKeywords, HelpKeywords: &n.HelpKeywords,
		PrivacyPolicyUrl: text(n.PrivacyPolicyURL), TermsAndConditionsUrl: text(n.TermsURL),
		// Nobody is texted here who has not asked for it.
		SubscriberOptIn: new(true),
	}
}

// UpdateCampaign changes a campaign that failed (QE...), which gives it to the carriers
// again. Its brand, service, use case and keywords stay. The error is an *Error.
func (c *Client) UpdateCampaign(ctx context.Context, accountSID, sid string, n NewCampaign) (Campaign, error) {
	if err := cmp.Or(needSID(n.ServiceSID, "a messaging service", "MG"), needSID(sid, "a campaign", "QE")); err != nil {
		return Campaign{}, err
	}
	p := n.params()
	set, err := ask(ctx, c, accountSID, msg.NewApiService, func(s *msg.ApiService) (*msg.MessagingV1UsAppToPersonResponse, error) {
		return s.UpdateUsAppToPerson(n.ServiceSID, sid, &msg.UpdateUsAppToPersonParams{
			Description: p.Description, MessageFlow: p.MessageFlow, MessageSamples: p.MessageSamples,
			HasEmbeddedLinks: p.HasEmbeddedLinks, HasEmbeddedPhone: p.HasEmbeddedPhone,
			// Required by the call; neither is what stores text about.
			AgeGated: new(false), DirectLending: new(false),
			PrivacyPolicyUrl: p.PrivacyPolicyUrl, TermsAndConditionsUrl: p.TermsAndConditionsUrl,
		})
	})
	if err != nil {
		return Campaign{}, err
	}
	return same(campaign(set), sid)
}

// Campaign returns the campaign of a messaging service, the oldest if there are
// several, and whether there is one. The error is an *Error.
func (c *Client) Campaign(ctx context.Context, accountSID, serviceSID string) (Campaign, bool, error) {
	if err := needSID(serviceSID, "a messaging service", "MG"); err != nil {
		return Campaign{}, false, err
	}
	return find(ctx, c, accountSID, list{
		origin: twilioMessaging, path: "/v1/Services/" + serviceSID + "/Compliance/Usa2p", key: "compliance",
	}, campaign, func(Campaign) bool { return true })
}
