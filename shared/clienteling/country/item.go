package country

import "strings"

// Version is the day, ISO 8601, on which the items of the catalogue were last changed.
const Version = "2026-11-22"

// Item is one thing that a country asks of a retailer before it gets numbers there: a
// piece of information, or a document.
type Item struct {
	// Key names the item in its country, in snake_case. Registrations are kept by it,
	// so it never changes.
	Key string `json:"key"`
	// Label is for people: the table's own words, unchanged, or for what Twilio asks
	// beyond the table the catalogue's.
	Label string `json:"label"`
	Kind  Kind   `json:"kind"`
	// In is the country, ISO 3166-1 alpha-2, that an address must be in, or that the
	// address on a document must be in; empty for anywhere.
	In string `json:"in,omitempty"`
	// Format is the public format that the text can be checked against; empty for none.
	Format Format `json:"format,omitempty"`
	// Choices are the values of a Choice, in Twilio's words; for a Document the papers
	// of which one is enough, by Twilio's types.
	// https://www.twilio.com/docs/phone-numbers/regulatory/api/supporting-document-types
	Choices []string `json:"choices,omitempty"`
	// Required says that the item is always needed; of items with the same OneOf, one.
	Required bool `json:"required,omitempty"`
	// When is the condition, one of the constants, under which an item is needed that is
	// not always; WhenLabel says it in words. An item that is neither Required nor has a
	// condition may be left out.
	When      string `json:"when,omitempty"`
	WhenLabel string `json:"whenLabel,omitempty"`
	// OneOf names a group of items of which one is enough.
	OneOf string `json:"oneOf,omitempty"`
	// Personal says that the value is about a person, not the business: it is deleted
	// once the registration is approved. Documents never are, since their bytes are not
	// kept to begin with.
	Personal bool   `json:"personal,omitempty"`
	Source   Source `json:"source"`
	// Note says how a line of the table is read that could be read otherwise, and why.
	Note   string `json:"note,omitempty"`
	Twilio Field  `json:"twilio"`
}

// Kind is what is given for an item.
type Kind string

// The kinds of items.
const (
	// Text is one line of text.
	Text Kind = "text"
	// Address is a whole postal address: street, city, region, postal code and country.
	Address Kind = "address"
	// Person is a name in two parts: see SplitName.
	Person Kind = "person"
	// Date is a day in ISO 8601, "1983-11-18".
	Date Kind = "date"
	// CountryCode is ISO 3166-1 alpha-2, in capitals.
	CountryCode Kind = "country_code"
	// Email is an e-mail address, without a name.
	Email Kind = "email"
	// Website is a public web address.
	Website Kind = "website"
	// Choice is one of the item's Choices.
	Choice Kind = "choice"
	// Document is a paper that is uploaded.
	Document Kind = "document"
)

// Source says who asks for an item.
type Source string

// The sources of items.
const (
	// Seed is the product's own table of supported countries.
	Seed Source = "seed"
	// Twilio asks for it beyond the table.
	Twilio Source = "twilio"
)

// The conditions of items that are not always needed. They are answered like items, so
// none of them is the key of one.
const (
	// NameNotOnKbis: the name on the passport is not on the Extrait Kbis.
	NameNotOnKbis = "name_not_on_kbis"
	// CitizenOrResident: the representative is a citizen or permanent resident of the
	// country.
	CitizenOrResident = "citizen_or_resident"
	// PublicCompany: the company's stock is traded. It also decides the company_type of
	// Twilio's us_a2p_messaging_profile_information: public, else private or, for a
	// Non-profit Corporation, non-profit.
	// https://www.twilio.com/docs/messaging/compliance/a2p-10dlc/collect-business-info
	PublicCompany = "public_company"
)

// Field is where an item goes at Twilio.
//
// For bundles, some names and types are in Twilio's published evaluations: business_name,
// business_registration_number, first_name, last_name, document_number, address_sids, and
// commercial_registrar_excerpt, government_issued_document, power_of_attorney. The others
// are what is expected. Regulations change, and say themselves which fields and types they
// take; what they do not ask for is not sent. So they have the last word:
// https://www.twilio.com/docs/phone-numbers/regulatory/api/regulations
// https://www.twilio.com/docs/phone-numbers/regulatory/api/evaluations
//
// For A2P 10DLC they are those of
// https://www.twilio.com/docs/messaging/compliance/a2p-10dlc/collect-business-info
type Field struct {
	Object Object `json:"object,omitempty"`
	// Name is the attribute or parameter; of a Person two, with a space between,
	// "first_name last_name"; empty for a document itself.
	Name string `json:"name,omitempty"`
	// Type is the object's: of the end user, or of the supporting document. Of a document
	// with Choices it is the first.
	Type string `json:"type,omitempty"`
}

// Object is a kind of thing at Twilio that items are written to.
type Object string

// The objects that items go to.
const (
	EndUser        Object = "end_user"
	AddressObject  Object = "address"
	DocumentObject Object = "document"
	CampaignObject Object = "campaign"
)

// RegulationType is the country's NumberType as Twilio's Regulations and bundles spell
// it: "mobile" or "local".
// https://www.twilio.com/docs/phone-numbers/regulatory/api/regulations
func (c Country) RegulationType() string { return strings.ToLower(c.NumberType) }
