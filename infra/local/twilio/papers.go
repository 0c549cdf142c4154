package twilio

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// papers are what the account has filed with Twilio for regulators and carriers, each
// kind in the order of its creation. What was deleted stays, marked, so that a test can
// count what was ever made; the REST API shows it no more.
type papers struct {
	Addresses []*postalAddress      `json:"addresses"`
	EndUsers  []*endUser            `json:"endUsers"`
	Documents []*supportingDocument `json:"documents"`
	Bundles   []*filing             `json:"bundles"` // customer profiles and trust products, too
	Brands    []*brand              `json:"brands"`
	Services  []*messagingService   `json:"services"`
	Campaigns []*campaign           `json:"campaigns"`
}

// The origins of Twilio's products, which begin the URLs of their resources. A client that
// sends everything here follows them here, too.
const (
	numbersHost   = "https://numbers.twilio.com"
	trustHubHost  = "https://trusthub.twilio.com"
	messagingHost = "https://messaging.twilio.com"
)

const (
	compliancePath = "/v2/RegulatoryCompliance"
	invalid        = 70002 // what the regulatory and TrustHub APIs answer to what their own codes do not name
)

// paper is any of them.
type paper interface {
	sid() string
	gone() bool
}

// find is the paper with a SID, unless it was deleted.
func find[P paper](all []P, sid string) (found P, ok bool) {
	for _, p := range all {
		if p.sid() == sid && !p.gone() {
			return p, true
		}
	}
	return found, false
}

// inUse are the papers that were not deleted.
func inUse[P paper](all []P) []P {
	return slices.DeleteFunc(slices.Clone(all), P.gone)
}

// stamp is the time as these APIs show it: ISO 8601 in GMT, to the second.
func (s *Simulator) stamp() time.Time { return s.config.Now().UTC().Truncate(time.Second) }

// desk is a door to papers: it holds the lock while it answers, and enters what it refuses
// in the debugger.
func (s *Simulator) desk(answer func(*http.Request) (any, *restError)) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		s.mu.Lock()
		shown, refused := answer(r)
		if r.Method != http.MethodGet && refused == nil {
			s.touched(event{Changed: "paper"})
		}
		s.mu.Unlock()
		if refused != nil && refused.Code != 20404 {
			s.record("", r.URL.Path, fault{refused.Code, refused.Message})
		}
		return shown, refused
	}
}

// meta is how the newer APIs link the pages of a list (docs/usage/twilios-response).
type meta struct {
	FirstPageURL    string  `json:"first_page_url"`
	Key             string  `json:"key"`
	NextPageURL     *string `json:"next_page_url"`
	Page            int     `json:"page"`
	PageSize        int     `json:"page_size"`
	PreviousPageURL *string `json:"previous_page_url"`
	URL             string  `json:"url"`
}

// entry is what a list shows, with the SID that its pages go by.
type entry struct {
	sid  string
	show any
}

// listPage is the page of a list that a request asks for, of entries in the order of their
// creation; the newest come first.
func listPage(r *http.Request, host, key string, all []entry) (any, *restError) {
	cut, part, refused := cutPage(r, newestFirst(all), func(e entry) string { return e.sid })
	if refused != nil {
		return nil, refused
	}
	shown := make([]any, len(part))
	for n, e := range part {
		shown[n] = e.show
	}
	linked := meta{
		FirstPageURL: host + cut.FirstPageURI, Key: key, Page: cut.Page, PageSize: cut.PageSize, URL: host + cut.URI,
	}
	if cut.NextPageURI != nil {
		linked.NextPageURL = new(host + *cut.NextPageURI)
	}
	return map[string]any{key: shown, "meta": linked}, nil
}

// matches tells whether a filter of a query lets a value pass: it does when it is not given.
func matches(r *http.Request, filter, value string) bool {
	wanted := r.URL.Query().Get(filter)
	return wanted == "" || wanted == value
}

// needs refuses a form that lacks a parameter.
func needs(r *http.Request, names ...string) *restError {
	for _, name := range names {
		if strings.TrimSpace(r.PostForm.Get(name)) == "" {
			return refuseREST(20001, "Missing required parameter %s in the post body", name)
		}
	}
	return nil
}

// readAttributes reads the JSON object of an Attributes parameter.
func readAttributes(text string, known []string) (map[string]any, *restError) {
	attributes := map[string]any{}
	if text == "" {
		return attributes, nil
	}
	if err := json.Unmarshal([]byte(text), &attributes); err != nil {
		return nil, refuseREST(22207, "Unable to parse attributes JSON: give one object")
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if !slices.Contains(known, name) {
			return nil, refuseREST(invalid, "Attribute(s) not mapped to object: %s", name)
		}
	}
	if attributes == nil { // the text was null
		attributes = map[string]any{}
	}
	return attributes, nil
}

// given tells whether an attribute has a value.
func given(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case string:
		return strings.TrimSpace(v) != ""
	case []any:
		return slices.ContainsFunc(v, given)
	}
	return true
}

// textOf is an attribute as text, for comparing and for the reviewer's magic words.
func textOf(value any) string {
	if value == nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprint(value))
}

// has tells whether a text has a magic word in it, in any case.
func has(text, word string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(word))
}

// Address is an address of the account, as PutAddress plants it.
type Address struct {
	SID          string // AD and 32 hex digits
	FriendlyName string
	CustomerName string
	Street       string
	City         string
	Region       string
	PostalCode   string
	ISOCountry   string // ISO 3166-1 alpha-2
}

// PutAddress creates or replaces an address under a SID of the caller's choice, so that a
// seed can have it. An error says which field is wrong, and nothing changed.
func (s *Simulator) PutAddress(a Address) error {
	switch {
	case !addressSID.MatchString(a.SID):
		return fmt.Errorf("address SID %q: give AD and 32 hex digits", a.SID)
	case !isoCountry.MatchString(a.ISOCountry):
		return fmt.Errorf("country %q of address %s: give two capital letters, like DE", a.ISOCountry, a.SID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Papers.Addresses = slices.DeleteFunc(s.state.Papers.Addresses, func(old *postalAddress) bool { return old.SID == a.SID })
	now := rfc2822(s.config.Now())
	s.state.Papers.Addresses = append(s.state.Papers.Addresses, &postalAddress{addressResource: addressResource{
		AccountSID: s.config.AccountSID, City: a.City, CustomerName: a.CustomerName, DateCreated: now, DateUpdated: now,
		FriendlyName: a.FriendlyName, ISOCountry: a.ISOCountry, PostalCode: a.PostalCode, Region: a.Region, SID: a.SID,
		Street: a.Street, URI: s.addressPath(a.SID), Validated: true,
	}})
	s.touched(event{Changed: "paper"})
	return nil
}

// Bundle is a regulatory bundle of the account, as PutBundle plants it.
type Bundle struct {
	SID          string // BU and 32 hex digits
	FriendlyName string
	Email        string
	ISOCountry   string // ISO 3166-1 alpha-2
	NumberType   string // "mobile", "local" or "national"
	Status       string // Twilio's word; empty: "twilio-approved"
}

// PutBundle creates or replaces a bundle, without anything in it, under a SID of the
// caller's choice, so that a seed can have it. An error says which field is wrong, and
// nothing changed.
func (s *Simulator) PutBundle(b Bundle) error {
	if b.Status == "" {
		b.Status = statusApproved
	}
	wanted, known := regulationFor(b.ISOCountry, b.NumberType)
	switch {
	case !bundleSID.MatchString(b.SID):
		return fmt.Errorf("bundle SID %q: give BU and 32 hex digits", b.SID)
	case !known:
		return fmt.Errorf("bundle %s: nothing regulates %q numbers of %q: give a country and a type of GET %s/Regulations", b.SID, b.NumberType, b.ISOCountry, compliancePath)
	case !slices.Contains(bundleStatuses, b.Status):
		return fmt.Errorf("bundle %s: status %q: want one of %s", b.SID, b.Status, strings.Join(bundleStatuses, ", "))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Papers.Bundles = slices.DeleteFunc(s.state.Papers.Bundles, func(old *filing) bool { return old.SID == b.SID })
	planted := s.newFiling(regulatory, wanted, b.SID, b.FriendlyName, b.Email, "")
	planted.Status = b.Status
	s.state.Papers.Bundles = append(s.state.Papers.Bundles, planted)
	s.touched(event{Changed: "paper"})
	return nil
}

// Campaign is a messaging service with a verified campaign, as PutCampaign plants it.
type Campaign struct {
	ServiceSID   string // MG and 32 hex digits
	FriendlyName string
	PhoneNumbers []string // of the account, E.164: those that send for it
}

// PutCampaign creates or replaces a messaging service under a SID of the caller's choice,
// with a campaign that the carriers know, so that a seed's numbers can text in the US where
// campaigns are taken strictly. Texts to them go to their own webhooks. An error says which
// field is wrong, and nothing changed.
func (s *Simulator) PutCampaign(c Campaign) error {
	if !serviceSID.MatchString(c.ServiceSID) {
		return fmt.Errorf("service SID %q: give MG and 32 hex digits", c.ServiceSID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.newService(c.ServiceSID)
	m.FriendlyName, m.UseInboundWebhookOnNumber = c.FriendlyName, true
	for _, phone := range c.PhoneNumbers {
		n, ours := s.state.Numbers[phone]
		if !ours {
			return fmt.Errorf("service %s: number %q is none of the account's: put it first", c.ServiceSID, phone)
		}
		m.Numbers = append(m.Numbers, sender{n.SID, s.stamp()})
	}
	kept := &s.state.Papers
	for _, from := range m.Numbers {
		s.leaveServices(from.SID)
	}
	kept.Services = slices.DeleteFunc(kept.Services, func(old *messagingService) bool { return old.SID == m.SID })
	kept.Campaigns = slices.DeleteFunc(kept.Campaigns, func(old *campaign) bool { return old.MessagingServiceSID == m.SID })
	kept.Services = append(kept.Services, m)
	sid := fixedSID("QE", m.SID)
	kept.Campaigns = append(kept.Campaigns, &campaign{campaignResource: campaignResource{
		SID: sid, AccountSID: s.config.AccountSID, MessagingServiceSID: m.SID, CampaignStatus: campaignVerified,
		DateCreated: m.DateCreated, DateUpdated: m.DateCreated, URL: m.URL + "/Compliance/Usa2p/" + sid,
	}})
	s.touched(event{Changed: "paper"})
	return nil
}

var serviceSID = regexp.MustCompile(`^MG[0-9a-f]{32}$`)

var isoCountry = regexp.MustCompile(`^[A-Z]{2}$`)

// getCompliance is GET /control/compliance.
func (s *Simulator) getCompliance(*http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return snapshot(s.state.Papers)
}

// getBundles is GET /control/bundles.
func (s *Simulator) getBundles(*http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return snapshot(map[string][]*filing{"bundles": inUse(s.state.Papers.Bundles)})
}

// snapshot is JSON of what may change once the lock is gone.
func snapshot(of any) (json.RawMessage, error) {
	data, err := json.Marshal(of)
	if err != nil {
		return nil, errors.Join(errors.New("twilio: papers"), err)
	}
	return data, nil
}

// paperRoutes are the doors of all papers. No two products' paths are the same, so that
// one origin can stand for all of Twilio's.
func (s *Simulator) paperRoutes(mux *http.ServeMux) {
	nobody := func(*http.Request) string { return "" }
	raw := func(pattern, operation string, answer func(*http.Request) (any, *restError)) {
		mux.HandleFunc(pattern, s.rest(operation, nobody, answer))
	}
	door := func(pattern, operation string, answer func(*http.Request) (any, *restError)) {
		raw(pattern, operation, s.desk(answer))
	}

	const addresses = "/2010-04-01/Accounts/{account}/Addresses"
	door("POST "+addresses+".json", "addresses.create", s.createAddress)
	door("GET "+addresses+".json", "addresses.list", s.listAddresses)
	door("GET "+addresses+"/{address}", "addresses.fetch", s.fetchAddress)
	door("POST "+addresses+"/{address}", "addresses.update", s.updateAddress)
	door("DELETE "+addresses+"/{address}", "addresses.delete", s.deleteAddress)

	door("GET "+compliancePath+"/Regulations", "regulations.list", s.listRegulations)
	door("GET "+compliancePath+"/Regulations/{sid}", "regulations.fetch", s.fetchRegulation)
	door("GET "+compliancePath+"/EndUserTypes", "regulations.list", s.listEndUserTypes)
	door("GET "+compliancePath+"/EndUserTypes/{sid}", "regulations.fetch", s.fetchType)
	door("GET "+compliancePath+"/SupportingDocumentTypes", "regulations.list", s.listDocumentTypes)
	door("GET "+compliancePath+"/SupportingDocumentTypes/{sid}", "regulations.fetch", s.fetchType)
	door("GET /v1/Policies", "policies.list", s.listPolicies)
	door("GET /v1/Policies/{sid}", "policies.fetch", s.fetchPolicy)

	for _, in := range registries() {
		users := in.path + "/EndUsers"
		door("POST "+users, "endusers.create", s.createEndUser(in))
		door("GET "+users, "endusers.list", s.listEndUsers(in))
		door("GET "+users+"/{sid}", "endusers.fetch", s.fetchEndUser(in))
		door("POST "+users+"/{sid}", "endusers.update", s.updateEndUser(in))
		door("DELETE "+users+"/{sid}", "endusers.delete", s.deleteEndUser(in))
		documents := in.path + "/SupportingDocuments"
		raw("POST "+documents, "documents.create", s.createDocument(in)) // reads the file before it takes the lock
		door("GET "+documents, "documents.list", s.listDocuments(in))
		door("GET "+documents+"/{sid}", "documents.fetch", s.fetchDocument(in))
		door("POST "+documents+"/{sid}", "documents.update", s.updateDocument(in))
		door("DELETE "+documents+"/{sid}", "documents.delete", s.deleteDocument(in))
	}

	for _, on := range []shelf{regulatory, profiles, products} {
		// A bundle's subresources have operations of their own, as they have had names of their own.
		filings, assign, evaluate := "bundles", []string{"assignments.create", "assignments.list", "assignments.fetch", "assignments.delete"},
			[]string{"evaluations.create", "evaluations.list", "evaluations.fetch"}
		if on.kind != regulatory.kind {
			filings = on.kind + "s"
			assign = []string{filings + ".assign", filings + ".assignments", filings + ".assignment", filings + ".unassign"}
			evaluate = []string{filings + ".evaluate", filings + ".evaluations", filings + ".evaluation"}
		}
		door("POST "+on.path, filings+".create", s.createFiling(on))
		door("GET "+on.path, filings+".list", s.listFilings(on))
		one := on.path + "/{sid}"
		door("GET "+one, filings+".fetch", s.fetchFiling(on))
		door("POST "+one, filings+".update", s.updateFiling(on))
		door("DELETE "+one, filings+".delete", s.deleteFiling(on))
		door("POST "+one+"/"+on.assignments, assign[0], s.assign(on))
		door("GET "+one+"/"+on.assignments, assign[1], s.listAssignments(on))
		door("GET "+one+"/"+on.assignments+"/{part}", assign[2], s.fetchAssignment(on))
		door("DELETE "+one+"/"+on.assignments+"/{part}", assign[3], s.deleteAssignment(on))
		door("POST "+one+"/Evaluations", evaluate[0], s.createEvaluation(on))
		door("GET "+one+"/Evaluations", evaluate[1], s.listEvaluations(on))
		door("GET "+one+"/Evaluations/{part}", evaluate[2], s.fetchEvaluation(on))
	}

	const brands, services = "/v1/a2p/BrandRegistrations", "/v1/Services"
	door("POST "+brands, "brands.create", s.createBrand)
	door("GET "+brands, "brands.list", s.listBrands)
	door("GET "+brands+"/{sid}", "brands.fetch", s.fetchBrand)
	door("POST "+brands+"/{sid}", "brands.update", s.updateBrand)
	door("POST "+services, "services.create", s.createService)
	door("GET "+services, "services.list", s.listServices)
	door("GET "+services+"/{sid}", "services.fetch", s.fetchService)
	door("POST "+services+"/{sid}", "services.update", s.updateService)
	door("DELETE "+services+"/{sid}", "services.delete", s.deleteService)
	const senders = services + "/{sid}/PhoneNumbers"
	door("POST "+senders, "services.add", s.addSender)
	door("GET "+senders, "services.senders", s.listSenders)
	door("GET "+senders+"/{part}", "services.sender", s.fetchSender)
	door("DELETE "+senders+"/{part}", "services.remove", s.removeSender)
	const campaigns = services + "/{sid}/Compliance/Usa2p"
	door("POST "+campaigns, "campaigns.create", s.createCampaign)
	door("GET "+campaigns, "campaigns.list", s.listCampaigns)
	door("GET "+campaigns+"/{part}", "campaigns.fetch", s.fetchCampaign)
	door("POST "+campaigns+"/{part}", "campaigns.update", s.updateCampaign)
	door("DELETE "+campaigns+"/{part}", "campaigns.delete", s.deleteCampaign)
}
