package main

import (
	"slices"
	"strings"

	"clienteling/shared/clienteling/country"
	"clienteling/shared/twilio"
)

// beyond are the items that Twilio asks for and the catalogue does not have: each
// field of the end user, and each paper of which none of the kinds accepted is there.
func beyond(code string, catalogue []country.Item, r twilio.Regulation) []country.Item {
	var items []country.Item
	for _, field := range r.EndUserFields {
		if !slices.ContainsFunc(catalogue, func(i country.Item) bool {
			return asks(i, field.Name)
		}) {
			items = append(items, country.Item{
				Key: field.Name, Label: field.Label, Kind: kindOf(field.Name), Required: true, Personal: personal(field.Name), Source: country.Twilio,
				Twilio: country.Field{Object: country.EndUser, Name: field.Name, Type: r.EndUserType},
			})
		}
	}
	for _, paper := range r.Documents {
		if slices.ContainsFunc(catalogue, func(i country.Item) bool { return serves(i, paper) }) {
			continue
		}
		i := country.Item{Key: paper.Name, Label: paper.Label, Kind: country.Document, Required: true, Source: country.Twilio}
		for _, kind := range paper.Accepted {
			if isAddress(kind.Type) {
				i.Kind, i.In, i.Choices = country.Address, code, nil
				i.Twilio = country.Field{Object: country.AddressObject, Name: "address_sids", Type: kind.Type}
				break
			}
			i.Choices = append(i.Choices, kind.Type)
			i.Twilio = country.Field{Object: country.DocumentObject, Type: i.Choices[0]}
		}
		if len(i.Choices) == 1 {
			i.Choices = nil // nobody has to say which of one it is
		}
		items = append(items, i)
	}
	return append(items, described(slices.Concat(catalogue, items), r)...)
}

// described are the items that tell of the papers what Twilio wants to know of each,
// and nothing else answers: the address that one shows, the number of another.
func described(known []country.Item, r twilio.Regulation) []country.Item {
	var items []country.Item
	for _, paper := range r.Documents {
		for _, kind := range paper.Accepted {
			for _, field := range kind.Fields {
				i := country.Item{
					Key: field.Name, Label: field.Label, Kind: kindOf(field.Name), Personal: personal(field.Name), Source: country.Twilio,
					Twilio: country.Field{Object: country.DocumentObject, Name: field.Name},
				}
				if field.Name == "address_sids" {
					i.Key, i.Label, i.Kind = "business_address", "Business address, as the papers show it", country.Address
					i.Twilio.Object = country.AddressObject
				}
				// What only some of the papers take is asked for, and may be left out.
				i.Required = !slices.ContainsFunc(paper.Accepted, func(k twilio.DocumentKind) bool {
					return !slices.ContainsFunc(k.Fields, func(other twilio.Field) bool { return other.Name == field.Name })
				})
				if !slices.ContainsFunc(slices.Concat(known, items), func(other country.Item) bool {
					return other.Key == i.Key || asks(other, field.Name) || i.Kind == country.Address && other.Kind == country.Address
				}) {
					items = append(items, i)
				}
			}
		}
	}
	return items
}

// isAddress reports whether a type of Twilio's documents is no paper but one of its
// addresses: that of the business, or that of a person.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/supporting-document-types
func isAddress(documentType string) bool {
	return documentType == "business_address" || documentType == "address"
}

// asks reports whether an item answers a field of the end user.
func asks(i country.Item, field string) bool {
	if i.Kind == country.Person {
		return field == "first_name" || field == "last_name"
	}
	return i.Kind != country.Document && i.Kind != country.Address && i.Twilio.Name == field
}

// serves reports whether an item is one of the kinds that a requirement accepts.
func serves(i country.Item, paper twilio.DocumentRequirement) bool {
	return slices.ContainsFunc(paper.Accepted, func(kind twilio.DocumentKind) bool {
		return i.Kind == country.Document && (i.Twilio.Type == kind.Type || slices.Contains(i.Choices, kind.Type)) ||
			i.Kind == country.Address && i.Twilio.Type == kind.Type
	})
}

// kindOf is the kind of a field by its machine name, as Twilio has no types of fields.
func kindOf(name string) country.Kind {
	switch {
	case strings.Contains(name, "date"):
		return country.Date
	case strings.Contains(name, "email"):
		return country.Email
	case strings.Contains(name, "website"), strings.HasSuffix(name, "url"):
		return country.Website
	case strings.Contains(name, "nationality"), strings.HasSuffix(name, "country"):
		return country.CountryCode
	}
	return country.Text
}

// personal reports whether a field is about a person: the representative.
func personal(name string) bool {
	for _, part := range []string{"first_name", "last_name", "birth", "nationality", "passport", "identity", "id_number", "phone", "email"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
