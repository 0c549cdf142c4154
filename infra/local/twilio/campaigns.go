package twilio

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// campaignResource is a campaign as the REST API shows it
// (docs/messaging/api/usapptoperson-resource).
type campaignResource struct {
	SID                    string          `json:"sid"`
	AccountSID             string          `json:"account_sid"`
	BrandRegistrationSID   string          `json:"brand_registration_sid"`
	MessagingServiceSID    string          `json:"messaging_service_sid"`
	Description            string          `json:"description"`
	MessageSamples         []string        `json:"message_samples"`
	UsAppToPersonUsecase   string          `json:"us_app_to_person_usecase"`
	HasEmbeddedLinks       bool            `json:"has_embedded_links"`
	HasEmbeddedPhone       bool            `json:"has_embedded_phone"`
	SubscriberOptIn        bool            `json:"subscriber_opt_in"`
	AgeGated               bool            `json:"age_gated"`
	DirectLending          bool            `json:"direct_lending"`
	CampaignStatus         string          `json:"campaign_status"` // "IN_PROGRESS", "VERIFIED" or "FAILED"
	CampaignID             *string         `json:"campaign_id"`
	IsExternallyRegistered bool            `json:"is_externally_registered"`
	RateLimits             map[string]any  `json:"rate_limits"`
	MessageFlow            string          `json:"message_flow"`
	OptInMessage           string          `json:"opt_in_message"`
	OptOutMessage          string          `json:"opt_out_message"`
	HelpMessage            string          `json:"help_message"`
	OptInKeywords          []string        `json:"opt_in_keywords"`
	OptOutKeywords         []string        `json:"opt_out_keywords"`
	HelpKeywords           []string        `json:"help_keywords"`
	DateCreated            time.Time       `json:"date_created"`
	DateUpdated            time.Time       `json:"date_updated"`
	URL                    string          `json:"url"`
	Mock                   bool            `json:"mock"`
	Errors                 []campaignError `json:"errors"`
	PrivacyPolicyURL       *string         `json:"privacy_policy_url"`
	TermsAndConditionsURL  *string         `json:"terms_and_conditions_url"`
}

// campaignError is why the carriers refused a campaign.
type campaignError struct {
	ErrorCode   int      `json:"error_code"`
	Description string   `json:"description"`
	Fields      []string `json:"fields"`
	URL         string   `json:"url"`
}

type campaign struct {
	campaignResource
	Due     time.Time `json:"due,omitzero"` // when the carriers decide, by the machine's clock; zero: they have
	Deleted bool      `json:"deleted,omitempty"`
}

func (c *campaign) sid() string { return c.SID }
func (c *campaign) gone() bool  { return c.Deleted }

// The statuses of a campaign.
const (
	campaignInProgress = "IN_PROGRESS"
	campaignVerified   = "VERIFIED"
	campaignFailed     = "FAILED"
)

// createCampaign is POST /v1/Services/{MG}/Compliance/Usa2p.
func (s *Simulator) createCampaign(r *http.Request) (any, *restError) {
	m, refused := s.serviceNamed(r)
	if refused == nil {
		refused = needs(r, "BrandRegistrationSid", "Description", "MessageFlow", "MessageSamples", "UsAppToPersonUsecase", "HasEmbeddedLinks", "HasEmbeddedPhone")
	}
	if refused != nil {
		return nil, refused
	}
	form, now, sid := r.PostForm, s.stamp(), newSID("QE")
	b, found := find(s.state.Papers.Brands, form.Get("BrandRegistrationSid"))
	switch {
	case !found || b.Status != brandApproved:
		return nil, refuseREST(21717, "")
	case slices.ContainsFunc(inUse(s.state.Papers.Campaigns), func(c *campaign) bool { return c.MessagingServiceSID == m.SID }):
		return nil, refuseREST(20409, "Messaging service %s has a campaign already", m.SID)
	}
	c := &campaign{campaignResource: campaignResource{
		SID: sid, AccountSID: s.config.AccountSID, BrandRegistrationSID: b.SID, MessagingServiceSID: m.SID,
		UsAppToPersonUsecase: form.Get("UsAppToPersonUsecase"), OptInKeywords: append([]string{}, form["OptInKeywords"]...),
		OptOutKeywords: append([]string{}, form["OptOutKeywords"]...), HelpKeywords: append([]string{}, form["HelpKeywords"]...),
		SubscriberOptIn: form.Get("SubscriberOptIn") == "true", DateCreated: now, URL: m.URL + "/Compliance/Usa2p/" + sid, Mock: b.Mock,
	}}
	if refused := c.describe(form); refused != nil {
		return nil, refused
	}
	s.state.Papers.Campaigns = append(s.state.Papers.Campaigns, c)
	s.registerCampaign(c)
	return c.campaignResource, nil
}

// describe changes what a form names of what can be changed later, too. The limits are
// those of docs/messaging/api/usapptoperson-resource.
func (c *campaign) describe(form url.Values) *restError {
	changed := *c
	for name, text := range map[string]struct {
		into        *string
		least, most int // characters
	}{
		"Description": {&changed.Description, 40, 4096}, "MessageFlow": {&changed.MessageFlow, 40, 2048},
		"OptInMessage": {&changed.OptInMessage, 20, 320}, "OptOutMessage": {&changed.OptOutMessage, 20, 320}, "HelpMessage": {&changed.HelpMessage, 20, 320},
	} {
		if !form.Has(name) {
			continue
		}
		*text.into = form.Get(name)
		if long := utf8.RuneCountInString(*text.into); long < text.least || long > text.most {
			return refuseREST(20001, "%s has to have %d to %d characters", name, text.least, text.most)
		}
	}
	if form.Has("MessageSamples") {
		changed.MessageSamples = slices.Clone(form["MessageSamples"])
		if len(changed.MessageSamples) < 2 || len(changed.MessageSamples) > 5 {
			return refuseREST(20001, "MessageSamples: want 2 to 5")
		}
		for _, sample := range changed.MessageSamples {
			if utf8.RuneCountInString(sample) < 20 || utf8.RuneCountInString(sample) > 1024 {
				return refuseREST(20001, "Each of MessageSamples has to have 20 to 1024 characters")
			}
		}
	}
	for name, into := range map[string]*bool{
		"HasEmbeddedLinks": &changed.HasEmbeddedLinks, "HasEmbeddedPhone": &changed.HasEmbeddedPhone,
		"AgeGated": &changed.AgeGated, "DirectLending": &changed.DirectLending,
	} {
		if form.Has(name) {
			*into = form.Get(name) == "true"
		}
	}
	for name, into := range map[string]**string{"PrivacyPolicyUrl": &changed.PrivacyPolicyURL, "TermsAndConditionsUrl": &changed.TermsAndConditionsURL} {
		if given := form.Get(name); given != "" && !isWebURL(given) {
			return refuseREST(20001, "%s is not valid: %s", name, given)
		}
		if form.Has(name) {
			*into = orNull(form.Get(name))
		}
	}
	*c = changed
	return nil
}

// registerCampaign asks the carriers, who take their time.
func (s *Simulator) registerCampaign(c *campaign) {
	c.CampaignStatus, c.Errors, c.DateUpdated = campaignInProgress, []campaignError{}, s.stamp()
	c.Due = time.Now().Add(s.reviewDelay)
	s.awaitCampaign(c)
}

func (s *Simulator) awaitCampaign(c *campaign) {
	due := c.Due
	s.later(due, func() {
		if c.Due.Equal(due) {
			s.judgeCampaign(c)
		}
	})
}

// judgeCampaign is the carriers' answer: no to a description with the magic word.
func (s *Simulator) judgeCampaign(c *campaign) {
	if c.Due.IsZero() {
		return
	}
	c.Due, c.DateUpdated = time.Time{}, s.stamp()
	if has(c.Description, "Reject") {
		c.CampaignStatus = campaignFailed
		c.Errors = []campaignError{{
			30893, "The campaign submission has been reviewed and was rejected due to inconsistencies between the sample message and the use-case.",
			[]string{"MESSAGE_SAMPLES", "USE_CASE"}, refuseREST(30893, "").MoreInfo,
		}}
		return
	}
	c.CampaignStatus, c.CampaignID = campaignVerified, new("C"+strings.ToUpper(c.SID[2:8]))
	c.RateLimits = map[string]any{
		"att":     map[string]any{"mps": 240, "msg_class": "C"},
		"tmobile": map[string]any{"brand_tier": "LOW"},
	}
}

func (s *Simulator) campaignNamed(r *http.Request) (*campaign, *restError) {
	m, refused := s.serviceNamed(r)
	if refused != nil {
		return nil, refused
	}
	c, found := find(s.state.Papers.Campaigns, r.PathValue("part"))
	if !found || c.MessagingServiceSID != m.SID {
		return nil, unknownResource(r)
	}
	return c, nil
}

// fetchCampaign is GET /v1/Services/{MG}/Compliance/Usa2p/{QE}.
func (s *Simulator) fetchCampaign(r *http.Request) (any, *restError) {
	c, refused := s.campaignNamed(r)
	if refused != nil {
		return nil, refused
	}
	return c.campaignResource, nil
}

// updateCampaign is POST /v1/Services/{MG}/Compliance/Usa2p/{QE}: one that failed is
// corrected, and the carriers are asked again.
func (s *Simulator) updateCampaign(r *http.Request) (any, *restError) {
	c, refused := s.campaignNamed(r)
	switch {
	case refused != nil:
		return nil, refused
	case c.CampaignStatus != campaignFailed:
		return nil, refuseREST(invalid, "Campaign %s is %s: only one that failed can be changed", c.SID, c.CampaignStatus)
	}
	if refused := c.describe(r.PostForm); refused != nil {
		return nil, refused
	}
	s.registerCampaign(c)
	return c.campaignResource, nil
}

// deleteCampaign is DELETE /v1/Services/{MG}/Compliance/Usa2p/{QE}.
func (s *Simulator) deleteCampaign(r *http.Request) (any, *restError) {
	c, refused := s.campaignNamed(r)
	if refused != nil {
		return nil, refused
	}
	c.Deleted, c.Due = true, time.Time{}
	return nil, nil
}

// listCampaigns is GET /v1/Services/{MG}/Compliance/Usa2p.
func (s *Simulator) listCampaigns(r *http.Request) (any, *restError) {
	m, refused := s.serviceNamed(r)
	if refused != nil {
		return nil, refused
	}
	var all []entry
	for _, c := range inUse(s.state.Papers.Campaigns) {
		if c.MessagingServiceSID == m.SID {
			all = append(all, entry{c.SID, c.campaignResource})
		}
	}
	return listPage(r, messagingHost, "compliance", all)
}
