package twilio

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// serviceResource is a messaging service as the REST API shows it
// (docs/messaging/api/service-resource).
type serviceResource struct {
	SID                       string            `json:"sid"`
	AccountSID                string            `json:"account_sid"`
	FriendlyName              string            `json:"friendly_name"`
	DateCreated               time.Time         `json:"date_created"`
	DateUpdated               time.Time         `json:"date_updated"`
	InboundRequestURL         *string           `json:"inbound_request_url"`
	InboundMethod             string            `json:"inbound_method"`
	FallbackURL               *string           `json:"fallback_url"`
	FallbackMethod            string            `json:"fallback_method"`
	StatusCallback            *string           `json:"status_callback"`
	StickySender              bool              `json:"sticky_sender"`
	MmsConverter              bool              `json:"mms_converter"`
	SmartEncoding             bool              `json:"smart_encoding"`
	ScanMessageContent        string            `json:"scan_message_content"`
	FallbackToLongCode        bool              `json:"fallback_to_long_code"`
	AreaCodeGeomatch          bool              `json:"area_code_geomatch"`
	SynchronousValidation     bool              `json:"synchronous_validation"`
	ValidityPeriod            int               `json:"validity_period"`
	URL                       string            `json:"url"`
	Links                     map[string]string `json:"links"`
	Usecase                   string            `json:"usecase"`
	UsAppToPersonRegistered   bool              `json:"us_app_to_person_registered"`
	UseInboundWebhookOnNumber bool              `json:"use_inbound_webhook_on_number"`
}

type messagingService struct {
	serviceResource
	Numbers []sender `json:"numbers"`
	Deleted bool     `json:"deleted,omitempty"`
}

// sender is a number of the account in a service.
type sender struct {
	SID string    `json:"sid"` // the number's
	At  time.Time `json:"at"`
}

func (m *messagingService) sid() string { return m.SID }
func (m *messagingService) gone() bool  { return m.Deleted }

// maxSenders are the numbers that a service has room for (docs/api/errors/21714).
const maxSenders = 400

func (s *Simulator) serviceResource(m *messagingService) serviceResource {
	shown := m.serviceResource
	shown.UsAppToPersonRegistered = s.isRegistered(m)
	return shown
}

// isRegistered tells whether the carriers know of a service's campaign.
func (s *Simulator) isRegistered(m *messagingService) bool {
	return slices.ContainsFunc(inUse(s.state.Papers.Campaigns), func(c *campaign) bool {
		return c.MessagingServiceSID == m.SID && c.CampaignStatus == campaignVerified
	})
}

// createService is POST /v1/Services.
func (s *Simulator) createService(r *http.Request) (any, *restError) {
	if refused := needs(r, "FriendlyName"); refused != nil {
		return nil, refused
	}
	m := s.newService(newSID("MG"))
	if refused := m.configure(r.PostForm); refused != nil {
		return nil, refused
	}
	s.state.Papers.Services = append(s.state.Papers.Services, m)
	return s.serviceResource(m), nil
}

// newService is a messaging service with Twilio's defaults.
func (s *Simulator) newService(sid string) *messagingService {
	now := s.stamp()
	m := &messagingService{Numbers: []sender{}, serviceResource: serviceResource{
		SID: sid, AccountSID: s.config.AccountSID, DateCreated: now, DateUpdated: now, InboundMethod: http.MethodPost, FallbackMethod: http.MethodPost,
		StickySender: true, MmsConverter: true, SmartEncoding: true, ScanMessageContent: "inherit", FallbackToLongCode: true,
		AreaCodeGeomatch: true, ValidityPeriod: 36000, URL: messagingHost + "/v1/Services/" + sid, Usecase: "undeclared",
		Links: map[string]string{},
	}}
	for link, part := range map[string]string{
		"phone_numbers": "PhoneNumbers", "short_codes": "ShortCodes", "alpha_senders": "AlphaSenders",
		"us_app_to_person": "Compliance/Usa2p", "us_app_to_person_usecases": "Compliance/Usa2p/Usecases",
	} {
		m.Links[link] = m.URL + "/" + part
	}
	return m
}

// configure changes what a form names. The other settings are kept as they are by default.
func (m *messagingService) configure(form url.Values) *restError {
	for name, into := range map[string]**string{
		"InboundRequestUrl": &m.InboundRequestURL, "FallbackUrl": &m.FallbackURL, "StatusCallback": &m.StatusCallback,
	} {
		if given := form.Get(name); given != "" && !isWebURL(given) {
			return refuseREST(21402, "%s is not valid: %s", name, given)
		}
		if form.Has(name) {
			*into = orNull(form.Get(name))
		}
	}
	for name, into := range map[string]*string{"InboundMethod": &m.InboundMethod, "FallbackMethod": &m.FallbackMethod} {
		if form.Has(name) {
			if !isMethod(form.Get(name)) {
				return refuseREST(21403, "%s is not valid: %s, want POST or GET", name, form.Get(name))
			}
			*into = form.Get(name)
		}
	}
	if form.Has("FriendlyName") {
		m.FriendlyName = form.Get("FriendlyName")
	}
	if form.Has("Usecase") {
		m.Usecase = form.Get("Usecase")
	}
	if form.Has("UseInboundWebhookOnNumber") {
		m.UseInboundWebhookOnNumber = form.Get("UseInboundWebhookOnNumber") == "true"
	}
	return nil
}

func (s *Simulator) serviceNamed(r *http.Request) (*messagingService, *restError) {
	m, found := find(s.state.Papers.Services, r.PathValue("sid"))
	if !found {
		return nil, unknownResource(r)
	}
	return m, nil
}

// fetchService is GET /v1/Services/{MG}.
func (s *Simulator) fetchService(r *http.Request) (any, *restError) {
	m, refused := s.serviceNamed(r)
	if refused != nil {
		return nil, refused
	}
	return s.serviceResource(m), nil
}

// updateService is POST /v1/Services/{MG}.
func (s *Simulator) updateService(r *http.Request) (any, *restError) {
	m, refused := s.serviceNamed(r)
	if refused == nil {
		refused = m.configure(r.PostForm)
	}
	if refused != nil {
		return nil, refused
	}
	m.DateUpdated = s.stamp()
	return s.serviceResource(m), nil
}

// deleteService is DELETE /v1/Services/{MG}. Its campaign goes with it.
func (s *Simulator) deleteService(r *http.Request) (any, *restError) {
	m, refused := s.serviceNamed(r)
	if refused != nil {
		return nil, refused
	}
	m.Deleted = true
	for _, c := range s.state.Papers.Campaigns {
		c.Deleted = c.Deleted || c.MessagingServiceSID == m.SID
	}
	return nil, nil
}

// listServices is GET /v1/Services, newest first. It has no filters.
func (s *Simulator) listServices(r *http.Request) (any, *restError) {
	var all []entry
	for _, m := range inUse(s.state.Papers.Services) {
		all = append(all, entry{m.SID, s.serviceResource(m)})
	}
	return listPage(r, messagingHost, "services", all)
}

// senderResource is a number in a service as the REST API shows it
// (docs/messaging/api/phonenumber-resource).
type senderResource struct {
	SID          string    `json:"sid"`
	AccountSID   string    `json:"account_sid"`
	ServiceSID   string    `json:"service_sid"`
	DateCreated  time.Time `json:"date_created"`
	DateUpdated  time.Time `json:"date_updated"`
	PhoneNumber  string    `json:"phone_number"`
	CountryCode  string    `json:"country_code"`
	Capabilities []string  `json:"capabilities"`
	URL          string    `json:"url"`
}

func (s *Simulator) senderResource(m *messagingService, from sender, n Number) senderResource {
	shown := senderResource{
		SID: n.SID, AccountSID: s.config.AccountSID, ServiceSID: m.SID, DateCreated: from.At, DateUpdated: from.At,
		PhoneNumber: n.PhoneNumber, CountryCode: n.ISOCountry, Capabilities: []string{}, URL: m.URL + "/PhoneNumbers/" + n.SID,
	}
	for name, able := range map[string]bool{"SMS": n.Capabilities.SMS, "MMS": n.Capabilities.MMS, "Voice": n.Capabilities.Voice} {
		if able {
			shown.Capabilities = append(shown.Capabilities, name)
		}
	}
	slices.Sort(shown.Capabilities)
	return shown
}

// numberWith is the number of the account with a SID.
func (s *Simulator) numberWith(sid string) (Number, bool) {
	for _, n := range s.state.Numbers {
		if n.SID == sid {
			return n, true
		}
	}
	return Number{}, false
}

// serviceOf is the service that a number sends for. The caller holds the lock.
func (s *Simulator) serviceOf(n Number) (*messagingService, bool) {
	for _, m := range inUse(s.state.Papers.Services) {
		if slices.ContainsFunc(m.Numbers, func(from sender) bool { return from.SID == n.SID }) {
			return m, true
		}
	}
	return nil, false
}

// addSender is POST /v1/Services/{MG}/PhoneNumbers.
func (s *Simulator) addSender(r *http.Request) (any, *restError) {
	m, refused := s.serviceNamed(r)
	if refused == nil {
		refused = needs(r, "PhoneNumberSid")
	}
	if refused != nil {
		return nil, refused
	}
	sid := r.PostForm.Get("PhoneNumberSid")
	n, ours := s.numberWith(sid)
	in, taken := s.serviceOf(n)
	switch {
	case !ours:
		return nil, refuseREST(21421, "PhoneNumberSid %s is none of this account's", sid)
	case !n.Capabilities.SMS && !n.Capabilities.MMS:
		return nil, refuseREST(21715, "")
	case taken && in == m:
		return nil, refuseREST(21710, "")
	case taken:
		return nil, refuseREST(21712, "")
	case len(m.Numbers) >= maxSenders:
		return nil, refuseREST(21714, "")
	}
	from := sender{sid, s.stamp()}
	m.Numbers = append(m.Numbers, from)
	return s.senderResource(m, from, n), nil
}

// listSenders is GET /v1/Services/{MG}/PhoneNumbers, newest first.
func (s *Simulator) listSenders(r *http.Request) (any, *restError) {
	m, refused := s.serviceNamed(r)
	if refused != nil {
		return nil, refused
	}
	var all []entry
	for _, from := range m.Numbers {
		if n, ours := s.numberWith(from.SID); ours {
			all = append(all, entry{from.SID, s.senderResource(m, from, n)})
		}
	}
	return listPage(r, messagingHost, "phone_numbers", all)
}

// fetchSender is GET /v1/Services/{MG}/PhoneNumbers/{PN}.
func (s *Simulator) fetchSender(r *http.Request) (any, *restError) {
	m, refused := s.serviceNamed(r)
	if refused != nil {
		return nil, refused
	}
	for _, from := range m.Numbers {
		if n, ours := s.numberWith(from.SID); ours && from.SID == r.PathValue("part") {
			return s.senderResource(m, from, n), nil
		}
	}
	return nil, unknownResource(r)
}

// removeSender is DELETE /v1/Services/{MG}/PhoneNumbers/{PN}.
func (s *Simulator) removeSender(r *http.Request) (any, *restError) {
	m, refused := s.serviceNamed(r)
	if refused != nil {
		return nil, refused
	}
	left := slices.DeleteFunc(slices.Clone(m.Numbers), func(from sender) bool { return from.SID == r.PathValue("part") })
	if len(left) == len(m.Numbers) {
		return nil, unknownResource(r)
	}
	m.Numbers = left
	return nil, nil
}

// leaveServices takes a number that was released out of its service. The caller holds the
// lock.
func (s *Simulator) leaveServices(sid string) {
	for _, m := range s.state.Papers.Services {
		m.Numbers = slices.DeleteFunc(m.Numbers, func(from sender) bool { return from.SID == sid })
	}
}

// isUnregistered tells whether carriers block the texts of a number: those of a local one
// of the US or Canada to such a phone, without a campaign that they know
// (docs/api/errors/30034). The caller holds the lock.
func (s *Simulator) isUnregistered(from, to string) bool {
	if !s.config.StrictCampaigns || !isTenDigit(from) || !strings.HasPrefix(to, "+1") {
		return false
	}
	m, found := s.serviceOf(s.state.Numbers[from])
	return !found || !s.isRegistered(m)
}

// isTenDigit tells a local number of the US or Canada from a toll-free one.
func isTenDigit(phone string) bool {
	tollFree := []string{"800", "833", "844", "855", "866", "877", "888"}
	return strings.HasPrefix(phone, "+1") && len(phone) == 12 && !slices.Contains(tollFree, phone[2:5])
}

// throughService is a number with the webhooks that a text to it goes to. In a service
// these are the service's, unless it says that the number's are used
// (docs/messaging/services/api). The parameters name the service.
func (s *Simulator) throughService(n Number, params url.Values) Number {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, found := s.serviceOf(n)
	if !found {
		return n
	}
	if !params.Has("MessagingServiceSid") {
		params.Set("MessagingServiceSid", m.SID)
	}
	if m.UseInboundWebhookOnNumber {
		return n
	}
	n.SmsURL, n.SmsMethod, n.SmsFallbackURL, n.SmsFallbackMethod = "", m.InboundMethod, "", m.FallbackMethod
	if m.InboundRequestURL != nil {
		n.SmsURL = *m.InboundRequestURL
	}
	if m.FallbackURL != nil {
		n.SmsFallbackURL = *m.FallbackURL
	}
	return n
}
