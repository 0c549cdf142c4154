package twilio

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
)

// Regulation is what a country asks of a business that wants a number of a type.
// Regulations change, so it is to be read anew and never built in.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/regulations
type Regulation struct {
	// SID is RN...
	SID string
	// FriendlyName is such as "Germany: Mobile - Business".
	FriendlyName string
	// EndUserType is the type that the end user is to be created with, mostly business.
	EndUserType string
	// EndUserFields are the attributes that the end user must have.
	EndUserFields []Field
	// Documents are all needed, each as one of those accepted for it. One document may
	// stand for several, with the fields of all of them.
	Documents []DocumentRequirement
}

// Field is one thing to fill in.
type Field struct {
	// Name is Twilio's, such as business_name: the key of an attribute. The attribute
	// address_sids is a list of the SIDs of addresses.
	Name string
	// Label is for people, Description too and mostly empty, both in English. Allowed
	// values may be part of the description.
	Label, Description string
	// Constraint says what it must look like: in words, or as Twilio's JSON; mostly
	// empty.
	Constraint string
}

// DocumentRequirement is a document that is needed.
type DocumentRequirement struct {
	// Name is Twilio's, such as business_address_proof_info, by which an evaluation
	// names it, too.
	Name string
	// Label is for people, Description too and mostly empty, both in English.
	Label, Description string
	Accepted           []DocumentKind
}

// DocumentKind is a document that is accepted for a requirement.
type DocumentKind struct {
	// Type is what the document is to be created with, such as utility_bill.
	Type string
	// Label is for people, in English.
	Label string
	// Fields are the attributes it must have.
	Fields []Field
}

// requirement is a part of a regulation, a document being a requirement of one.
type requirement struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	Description string   `json:"description"`
	Requirement string   `json:"requirement_name"`
	Fields      []string `json:"fields"`
	Detailed    []struct {
		Name        string          `json:"machine_name"`
		Label       string          `json:"friendly_name"`
		Description string          `json:"description"`
		Constraint  json.RawMessage `json:"constraint"`
	} `json:"detailed_fields"`
	Accepted []requirement `json:"accepted_documents"`
}

type regulation struct {
	SID          string `json:"sid"`
	FriendlyName string `json:"friendly_name"`
	Country      string `json:"iso_country"`
	NumberType   string `json:"number_type"`
	EndUserType  string `json:"end_user_type"`
	Requirements struct {
		EndUser   []requirement   `json:"end_user"`
		Documents [][]requirement `json:"supporting_document"`
	} `json:"requirements"`
}

// endUserType is who files here: retailers, never people.
const endUserType = "business"

// Regulation returns what a country (ISO 3166-1 alpha-2) asks of a business for numbers
// of a type: local, mobile, national or toll-free. It returns false where Twilio asks
// for nothing. The error is an *Error.
func (c *Client) Regulation(ctx context.Context, accountSID, country, numberType string) (Regulation, bool, error) {
	if err := needCountryAndType(country, numberType); err != nil {
		return Regulation{}, false, err
	}
	all, err := entries[regulation](ctx, c, accountSID, list{
		origin: twilioNumbers, path: "/v2/RegulatoryCompliance/Regulations", key: "results",
		filter: url.Values{"IsoCountry": {country}, "NumberType": {numberType}, "EndUserType": {endUserType}, "IncludeConstraints": {"true"}},
	})
	if err != nil {
		return Regulation{}, false, err
	}
	for _, r := range all {
		if r.Country != country || r.NumberType != numberType || r.EndUserType != endUserType {
			continue
		}
		if !isSID(r.SID, "RN") {
			return Regulation{}, false, &Error{Unknown, 0, errors.New("the regulation has no SID: ask again")}
		}
		return r.read(), true, nil
	}
	return Regulation{}, false, nil
}

func needCountryAndType(country, numberType string) error {
	switch {
	case !countryCode.MatchString(country):
		return refusal("%q is not a country: give its two capital letters of ISO 3166-1", country)
	case !slices.Contains([]string{"local", "mobile", "national", "toll-free"}, numberType):
		return refusal("%q is not a type of number: give local, mobile, national or toll-free", numberType)
	}
	return nil
}

func (r regulation) read() Regulation {
	read := Regulation{SID: r.SID, FriendlyName: r.FriendlyName, EndUserType: r.EndUserType}
	for i, user := range r.Requirements.EndUser {
		if i == 0 {
			read.EndUserType = cmp.Or(user.Type, read.EndUserType)
		}
		for _, f := range user.fields() {
			if !slices.ContainsFunc(read.EndUserFields, func(other Field) bool { return other.Name == f.Name }) {
				read.EndUserFields = append(read.EndUserFields, f)
			}
		}
	}
	for _, group := range r.Requirements.Documents {
		for _, d := range group {
			document := DocumentRequirement{Name: cmp.Or(d.Requirement, d.Name), Label: d.Name, Description: d.Description}
			for _, a := range d.Accepted {
				document.Accepted = append(document.Accepted, DocumentKind{Type: a.Type, Label: a.Name, Fields: a.fields()})
			}
			read.Documents = append(read.Documents, document)
		}
	}
	return read
}

// fields are the names, with what the details say about them where there are any.
func (r requirement) fields() []Field {
	var all []Field
	for _, d := range r.Detailed {
		f := Field{Name: d.Name, Label: cmp.Or(d.Label, d.Name), Description: d.Description}
		if json.Unmarshal(orNull(d.Constraint), &f.Constraint) != nil { // it is no string
			f.Constraint = string(d.Constraint)
		}
		all = append(all, f)
	}
	for _, name := range r.Fields {
		if !slices.ContainsFunc(all, func(f Field) bool { return f.Name == name }) {
			all = append(all, Field{Name: name, Label: name})
		}
	}
	return all
}
