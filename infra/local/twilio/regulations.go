package twilio

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// rules are what has to be in a filing: a regulation's, for a bundle, or a policy's, for a
// customer profile or trust product.
type rules struct {
	sid        string
	name       string // friendly_name
	country    string // of a regulation, with its number type
	numberType string
	endUsers   []wantedEndUser
	documents  []wantedDocument
	profile    *wantedProfile // of a policy
}

// wantedEndUser is an end user that rules ask for.
type wantedEndUser struct {
	requirement string // Twilio's requirement_name
	label       string
	kind        string // Twilio's type
	fields      []string
	optional    []string // shown among the fields, but not missed
}

// wantedDocument is a paper that rules ask for, any of those accepted.
type wantedDocument struct {
	requirement string
	label       string
	local       bool // the address has to be in the country
	accepted    []acceptedDocument
}

// acceptedDocument is a type of paper and the fields that have to be filled in from it.
type acceptedDocument struct {
	kind   string
	label  string
	fields []string
}

// fieldLabels are Twilio's machine names of fields and what it calls them.
var fieldLabels = map[string]string{
	"address_sids":                     "Address sid(s)",
	"birth_date":                       "Birth Date",
	"birth_place":                      "Birth Place",
	"brand_contact_email":              "Brand Contact Email",
	"business_description":             "Business Description",
	"business_identity":                "Business Identity",
	"business_industry":                "Business Industry",
	"business_name":                    "Business Name",
	"business_regions_of_operation":    "Business Regions of Operation",
	"business_registration_identifier": "Business Registration Identifier",
	"business_registration_number":     "Business Registration Number",
	"business_title":                   "Business Title",
	"business_type":                    "Business Type",
	"business_website":                 "Business Website",
	"bundle_sid":                       "Supporting Bundle Status",
	"comments":                         "Comments (Optional)",
	"company_type":                     "Company Type",
	"document_issuing_country":         "Document Issuing Country",
	"document_number":                  "Document Number",
	"email":                            "Email",
	"first_name":                       "First Name",
	"fiscal_code":                      "Fiscal Code",
	"job_position":                     "Job Position",
	"last_name":                        "Last Name",
	"nationality":                      "Nationality",
	"phone_number":                     "Phone Number",
	"social_media_profile_urls":        "Social Media Profile URLs",
	"stock_exchange":                   "Stock Exchange",
	"stock_ticker":                     "Stock Ticker",
	"tax_id":                           "Tax Identification Number",
	"vat_number":                       "VAT Number",
	"website_url":                      "Website URL",
}

// endUserTypes are the fields that an end user of each type can have, of the regulatory
// API; the regulations say which of them a country asks for.
var endUserTypes = map[string][]string{
	"business": {
		"birth_date", "birth_place", "business_description", "business_identity", "business_name",
		"business_registration_number", "business_website", "comments", "document_issuing_country", "document_number",
		"email", "first_name", "fiscal_code", "last_name", "nationality", "phone_number", "tax_id", "vat_number",
	},
	"individual": {"birth_date", "birth_place", "email", "first_name", "last_name", "nationality", "phone_number"},
}

// documentTypes are the types of papers and their names. Each can have any field that is
// read off a paper (documentFields).
var documentTypes = map[string]string{
	"address":                      "Address Validation",
	"business_address":             "Business address",
	"business_registration":        "Business Registration",
	"commercial_registrar_excerpt": "Excerpt from the commercial register",
	"government_issued_document":   "Government-issued ID",
	"passport":                     "Passport",
	"power_of_attorney":            "Executed Copy of Power of Attorney",
	"rep_authorization":            "Document showing that the representative is a director or country manager",
	"tax_document":                 "Tax document",
	"tax_notice":                   "Tax Notice",
	"utility_bill":                 "Utility Bill",
}

var documentFields = []string{
	"address_sids", "birth_date", "business_name", "business_registration_number", "document_issuing_country",
	"document_number", "first_name", "fiscal_code", "last_name", "nationality", "tax_id", "vat_number",
}

// without are the types of documents that are only data, without a file.
var without = []string{"address", "business_address", "customer_profile_address"}

// addressAlone is the requirement of an address without a paper, in the country or anywhere.
func addressAlone(local bool) wantedDocument {
	return wantedDocument{"business_address_info", "Business Address", local, accepting("address_sids", "business_address")}
}

// addressOn is the requirement of a paper that shows the address.
func addressOn(local bool, kinds ...string) wantedDocument {
	return wantedDocument{"business_address_proof_info", "Business Address (Proof of Address)", local, accepting("address_sids", kinds...)}
}

// privateAddress is the requirement of the representative's address.
func privateAddress(local bool) wantedDocument {
	return wantedDocument{"address_of_auth_rep_info", "Address of Authorized Representative", local, accepting("address_sids", "address")}
}

// nameOn is the requirement of a paper that shows the business's name, and more fields.
func nameOn(kind string, more ...string) wantedDocument {
	return wantedDocument{"business_name_info", "Business Name", false, accepting(strings.Join(append([]string{"business_name"}, more...), " "), kind)}
}

// taxIDOn is the requirement of a paper that shows the tax number.
func taxIDOn(kind string) wantedDocument {
	return wantedDocument{"business_tax_id_info", "Tax Identification Number", false, accepting("tax_id", kind)}
}

// identity is the requirement of the representative's own paper.
func identity(more ...string) wantedDocument {
	return wantedDocument{
		"name_of_auth_rep_info", "Name of Authorized Representative", false,
		accepting(strings.Join(append([]string{"first_name last_name"}, more...), " "), "government_issued_document", "passport"),
	}
}

// authority is the requirement of a paper that lets the representative act.
func authority(kinds ...string) wantedDocument {
	return wantedDocument{"power_of_attorney_info", "Power of Attorney", false, accepting("", kinds...)}
}

func accepting(fields string, kinds ...string) []acceptedDocument {
	all := make([]acceptedDocument, len(kinds))
	for n, kind := range kinds {
		all[n] = acceptedDocument{kind, documentTypes[kind], strings.Fields(fields)}
	}
	return all
}

// regulated is what a country asks of a business for the numbers that text there. For 20
// countries it is what retailers are told to have ready; Estonia's is as Twilio shows it,
// and those of Israel, the Philippines, South Africa and Thailand are made up in the same
// style. Twilio changes them now and then
// (docs/phone-numbers/regulatory/api/regulations): nobody should know them by heart.
type regulated struct {
	country   string
	types     string // number types
	endUser   string // fields
	documents []wantedDocument
}

const (
	excerpt = "commercial_registrar_excerpt"
	entered = "business_registration"
)

var regulatedCountries = []regulated{
	{"AT", "mobile", "business_name first_name last_name", []wantedDocument{addressOn(true, excerpt), identity()}},
	{"AU", "mobile", "business_name business_registration_number", []wantedDocument{addressAlone(false), nameOn(excerpt)}},
	{"BE", "mobile", "business_name business_registration_number vat_number", []wantedDocument{addressAlone(false), nameOn(excerpt)}},
	{"CH", "mobile", "business_name business_registration_number", []wantedDocument{addressOn(true, excerpt)}},
	{"CZ", "mobile", "business_name first_name last_name", []wantedDocument{
		addressAlone(false), privateAddress(false), nameOn(excerpt), identity(), authority("rep_authorization", "power_of_attorney"),
	}},
	{"DE", "mobile", "business_name business_registration_number vat_number", []wantedDocument{addressAlone(true), nameOn(excerpt)}},
	{"DK", "mobile", "business_name", []wantedDocument{addressAlone(true)}},
	{"EE", "mobile", "business_name", []wantedDocument{nameOn(excerpt)}},
	{"ES", "mobile", "business_name tax_id", []wantedDocument{addressAlone(true), taxIDOn("tax_document")}},
	{"FI", "mobile", "business_name", []wantedDocument{addressAlone(false)}},
	{"FR", "mobile", "business_name business_registration_number first_name last_name", []wantedDocument{
		addressAlone(false), nameOn(excerpt, "business_registration_number"), identity(),
	}},
	{"GB", "mobile", "business_name business_registration_number", []wantedDocument{addressAlone(false)}},
	{"HK", "mobile", "business_name business_registration_number", []wantedDocument{nameOn(entered), addressOn(false, "utility_bill")}},
	{"IE", "mobile", "business_name", []wantedDocument{addressAlone(true), nameOn(excerpt)}},
	{"IL", "mobile", "business_name business_registration_number", []wantedDocument{
		nameOn(excerpt, "business_registration_number"), addressOn(false, "utility_bill", "tax_notice"),
	}},
	{"IT", "mobile", "business_name business_registration_number first_name last_name birth_date birth_place fiscal_code nationality", []wantedDocument{
		addressOn(false, excerpt, "utility_bill", "tax_notice"), identity(),
	}},
	{"MY", "mobile", "business_name first_name last_name document_number document_issuing_country", []wantedDocument{
		addressOn(true, entered), privateAddress(true), identity("document_number"), authority("power_of_attorney"),
	}},
	{"NL", "mobile", "business_name", []wantedDocument{addressAlone(false)}},
	{"NO", "mobile", "business_name business_registration_number first_name last_name", []wantedDocument{
		addressAlone(false), nameOn(entered), identity(), authority("power_of_attorney", "rep_authorization", excerpt),
	}},
	{"PH", "mobile", "business_name first_name last_name", []wantedDocument{addressAlone(true), nameOn(entered), identity()}},
	{"PL", "mobile", "business_name business_registration_number first_name last_name", []wantedDocument{
		addressAlone(false), nameOn(excerpt), authority("power_of_attorney", "rep_authorization"),
	}},
	{"PT", "mobile", "business_name tax_id", []wantedDocument{addressOn(true, excerpt), taxIDOn("government_issued_document")}},
	{"SE", "mobile national", "business_name business_registration_number", []wantedDocument{addressOn(true, entered)}},
	{"TH", "mobile local", "business_name business_registration_number first_name last_name document_number", []wantedDocument{
		addressAlone(false), nameOn(entered, "business_registration_number"), identity("document_number"), authority("power_of_attorney"),
	}},
	{"ZA", "mobile", "business_name business_registration_number", []wantedDocument{nameOn(excerpt), addressOn(true, "utility_bill", "tax_notice")}},
}

// localNames are what countries call a type of paper.
var localNames = map[string]string{
	"AT " + excerpt: "Excerpt from company book showing address",
	"AU " + excerpt: "Company Current Extract from the Australian Securities & Investments Commission",
	"BE " + excerpt: "Excerpt from the commercial register (extrait BCE)",
	"CZ " + excerpt: "Excerpt from the business register",
	"DE " + excerpt: "German Commercial Extract (Handelsregisterauszug)",
	"FR " + excerpt: "Excerpt from the commercial register (Extrait K-bis)",
	"HK " + entered: "Business Number Change/Application",
	"IE " + excerpt: "Business Registry",
	"IT " + excerpt: "Business Registry",
	"MY " + entered: "Business registration showing Malaysian address",
	"PT " + excerpt: "Excerpt from the commercial register showing Portuguese address",
	"SE " + entered: "Business Registration that shows the Swedish Address",
}

var numberTypes = []string{"local", "mobile", "national", "toll-free"}

// regulations are all that there are, by country and type. They have the same SIDs in
// every run.
func regulations() (all []rules) {
	for _, c := range regulatedCountries {
		country, _ := marketOf(c.country)
		documents := slices.Clone(c.documents)
		for n := range documents {
			documents[n].accepted = slices.Clone(documents[n].accepted)
			for m, a := range documents[n].accepted {
				documents[n].accepted[m].label = cmp.Or(localNames[c.country+" "+a.kind], a.label)
			}
		}
		for numberType := range strings.FieldsSeq(c.types) {
			all = append(all, rules{
				sid:     fixedSID("RN", c.country, numberType),
				name:    country.name + ": " + strings.ToUpper(numberType[:1]) + numberType[1:] + " - Business",
				country: c.country, numberType: numberType, documents: documents,
				endUsers: []wantedEndUser{{requirement: "business_info", label: "Business", kind: "business", fields: strings.Fields(c.endUser)}},
			})
		}
	}
	return all
}

// fixedSID is the SID of what Twilio itself made: the same in every run.
func fixedSID(kind string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, " ")))
	return kind + hex.EncodeToString(sum[:16])
}

// regulationFor is the regulation of a country's numbers of a type, for a business.
func regulationFor(country, numberType string) (rules, bool) {
	return ruleOf(regulations(), func(r rules) bool { return r.country == country && r.numberType == numberType })
}

// rulesNamed are the rules with a SID, of regulations and policies.
func rulesNamed(sid string) (rules, bool) {
	return ruleOf(append(regulations(), policies...), func(r rules) bool { return r.sid == sid })
}

func ruleOf(all []rules, wanted func(rules) bool) (rules, bool) {
	n := slices.IndexFunc(all, wanted)
	if n < 0 {
		return rules{}, false
	}
	return all[n], true
}

// regulationResource is a regulation as the REST API shows it
// (docs/phone-numbers/regulatory/api/regulations).
type regulationResource struct {
	SID          string               `json:"sid"`
	FriendlyName string               `json:"friendly_name"`
	ISOCountry   string               `json:"iso_country"`
	NumberType   string               `json:"number_type"`
	EndUserType  string               `json:"end_user_type"`
	Requirements requirementsResource `json:"requirements"`
	URL          string               `json:"url"`
}

// requirementsResource are rules as regulations and policies show them.
type requirementsResource struct {
	EndUser                    []endUserRequirement    `json:"end_user"`
	SupportingDocument         [][]documentRequirement `json:"supporting_document"`
	SupportingCustomerProfiles *[]profileRequirement   `json:"supporting_customer_profiles,omitempty"`
	SupportingTrustProducts    *[]string               `json:"supporting_trust_products,omitempty"`
}

type endUserRequirement struct {
	Name            string          `json:"name"`
	Type            string          `json:"type"`
	RequirementName string          `json:"requirement_name"`
	URL             string          `json:"url"`
	Fields          []string        `json:"fields"`
	DetailedFields  []detailedField `json:"detailed_fields,omitempty"`
}

type documentRequirement struct {
	Name              string                 `json:"name"`
	Type              string                 `json:"type"`
	RequirementName   string                 `json:"requirement_name"`
	Description       string                 `json:"description"`
	AcceptedDocuments []documentTypeResource `json:"accepted_documents"`
}

// documentTypeResource is a type of paper that a requirement accepts.
type documentTypeResource struct {
	Name           string          `json:"name"`
	Type           string          `json:"type"`
	URL            string          `json:"url"`
	Fields         []string        `json:"fields"`
	DetailedFields []detailedField `json:"detailed_fields,omitempty"`
}

type profileRequirement struct {
	Name            string `json:"name"`
	Type            string `json:"type"`
	RequirementName string `json:"requirement_name"`
}

type detailedField struct {
	MachineName  string `json:"machine_name"`
	FriendlyName string `json:"friendly_name"`
	Description  string `json:"description"`
	Constraint   string `json:"constraint,omitempty"`
}

// details are fields as regulations show them. A list says so; the others say what they
// are only when they are asked.
func details(fields []string, constraints bool) []detailedField {
	shown := make([]detailedField, len(fields))
	for n, name := range fields {
		shown[n] = detailedField{MachineName: name, FriendlyName: fieldLabels[name]}
		switch {
		case name == "address_sids":
			shown[n].Constraint = "List"
		case constraints && name == "birth_date":
			shown[n].Constraint = "Date"
		case constraints:
			shown[n].Constraint = "String"
		}
	}
	return shown
}

func (w rules) requirements(base string, constraints bool) requirementsResource {
	shown := requirementsResource{EndUser: []endUserRequirement{}, SupportingDocument: [][]documentRequirement{{}}}
	for _, u := range w.endUsers {
		fields := append(slices.Clone(u.fields), u.optional...)
		shown.EndUser = append(shown.EndUser, endUserRequirement{
			Name: u.label, Type: u.kind, RequirementName: u.requirement, URL: base + "/EndUserTypes/" + u.kind,
			Fields: fields, DetailedFields: details(fields, constraints),
		})
	}
	for _, d := range w.documents {
		wanted := documentRequirement{Name: d.label, Type: "document", RequirementName: d.requirement}
		if d.local {
			wanted.Description = "The address must be in the country of the phone number; a PO Box is not acceptable."
		}
		for _, a := range d.accepted {
			wanted.AcceptedDocuments = append(wanted.AcceptedDocuments, documentTypeResource{
				Name: a.label, Type: a.kind, URL: base + "/SupportingDocumentTypes/" + a.kind,
				Fields: append([]string{}, a.fields...), DetailedFields: details(a.fields, constraints),
			})
		}
		shown.SupportingDocument[0] = append(shown.SupportingDocument[0], wanted)
	}
	return shown
}

func (w rules) regulation(r *http.Request) regulationResource {
	return regulationResource{
		SID: w.sid, FriendlyName: w.name, ISOCountry: w.country, NumberType: w.numberType, EndUserType: "business",
		Requirements: w.requirements(numbersHost+compliancePath, r.URL.Query().Get("IncludeConstraints") == "true"),
		URL:          numbersHost + compliancePath + "/Regulations/" + w.sid,
	}
}

// listRegulations is GET /v2/RegulatoryCompliance/Regulations.
func (s *Simulator) listRegulations(r *http.Request) (any, *restError) {
	query := r.URL.Query()
	if kind := query.Get("EndUserType"); kind != "" && endUserTypes[kind] == nil {
		return nil, refuseREST(22212, "EndUserType %q: want individual or business", kind)
	}
	if kind := query.Get("NumberType"); kind != "" && !slices.Contains(numberTypes, kind) {
		return nil, refuseREST(22213, "NumberType %q: want one of %s", kind, strings.Join(numberTypes, ", "))
	}
	var all []entry
	for _, w := range slices.Backward(regulations()) { // listPage shows the last first
		if matches(r, "IsoCountry", w.country) && matches(r, "NumberType", w.numberType) && matches(r, "EndUserType", "business") {
			all = append(all, entry{w.sid, w.regulation(r)})
		}
	}
	return listPage(r, numbersHost, "results", all)
}

// fetchRegulation is GET /v2/RegulatoryCompliance/Regulations/{RN}.
func (s *Simulator) fetchRegulation(r *http.Request) (any, *restError) {
	w, found := ruleOf(regulations(), func(w rules) bool { return w.sid == r.PathValue("sid") })
	if !found {
		return nil, unknownResource(r)
	}
	return w.regulation(r), nil
}

// typeResource is a type of end users or papers
// (docs/phone-numbers/regulatory/api/end-user-types, .../supporting-document-types).
type typeResource struct {
	SID          string          `json:"sid"`
	FriendlyName string          `json:"friendly_name"`
	MachineName  string          `json:"machine_name"`
	Fields       []detailedField `json:"fields"`
	URL          string          `json:"url"`
}

func typeEntries(host, path string, types map[string][]string, label func(string) string) (all []entry) {
	for _, kind := range slices.Backward(slices.Sorted(maps.Keys(types))) {
		sid := fixedSID("OY", path, kind)
		all = append(all, entry{sid, typeResource{
			SID: sid, FriendlyName: label(kind), MachineName: kind, Fields: details(types[kind], false), URL: host + path + "/" + sid,
		}})
	}
	return all
}

func endUserTypeEntries() []entry {
	return typeEntries(numbersHost, compliancePath+"/EndUserTypes", endUserTypes, func(kind string) string {
		return strings.ToUpper(kind[:1]) + kind[1:]
	})
}

func documentTypeEntries() []entry {
	types := map[string][]string{}
	for kind := range documentTypes {
		types[kind] = documentFields
	}
	return typeEntries(numbersHost, compliancePath+"/SupportingDocumentTypes", types, func(kind string) string { return documentTypes[kind] })
}

// listEndUserTypes is GET /v2/RegulatoryCompliance/EndUserTypes.
func (s *Simulator) listEndUserTypes(r *http.Request) (any, *restError) {
	return listPage(r, numbersHost, "end_user_types", endUserTypeEntries())
}

// listDocumentTypes is GET /v2/RegulatoryCompliance/SupportingDocumentTypes.
func (s *Simulator) listDocumentTypes(r *http.Request) (any, *restError) {
	return listPage(r, numbersHost, "supporting_document_types", documentTypeEntries())
}

// fetchType is GET /v2/RegulatoryCompliance/EndUserTypes/{OY} or
// .../SupportingDocumentTypes/{OY}; the machine name does, too, as the URLs of regulations
// have it.
func (s *Simulator) fetchType(r *http.Request) (any, *restError) {
	for _, e := range append(endUserTypeEntries(), documentTypeEntries()...) {
		t := e.show.(typeResource)
		if sid := r.PathValue("sid"); strings.HasPrefix(t.URL, numbersHost+strings.TrimSuffix(r.URL.Path, sid)) && (sid == t.SID || sid == t.MachineName) {
			return t, nil
		}
	}
	return nil, unknownResource(r)
}
