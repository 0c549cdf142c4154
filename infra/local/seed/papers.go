package seed

import (
	"clienteling/infra/local/twilio"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
)

// specimens are numbers of each format that are well formed, so that nothing warns of
// them. Published examples, or with right check digits and nobody's.
var specimens = map[country.Format]string{
	country.E164: "+14155550123", country.EIN: "91-1144442", country.VAT: "DE136695976", country.BusinessNumberAU: "83 914 571 673",
	country.EnterpriseNumberBE: "0403.170.701", country.UIDCH: "CHE-100.155.212", country.RegisterNumberDE: "HRB 11223",
	country.TaxNumberES: "B58378431", country.SIREN: "404 833 048", country.CompanyNumberGB: "00445790",
	country.RegistrationNumberHK: "12345678", country.BusinessNumberIT: "00743110157", country.FiscalCodeIT: "RCCMNL83S18D969H",
	country.OrganisationNumberNO: "988 077 917", country.RegisterNumberPL: "0000123456", country.TaxNumberPT: "501 964 843",
	country.OrganisationNumberSE: "123456-7897",
}

// places are a city and a postal code in each country.
var places = map[string][3]string{
	"AT": {"Wien", "", "1010"}, "AU": {"Sydney", "NSW", "2000"}, "BE": {"Brussel", "", "1000"}, "CA": {"Toronto", "ON", "M5V 3L9"},
	"CH": {"Zürich", "", "8001"}, "CZ": {"Praha", "", "110 00"}, "DE": {"Berlin", "", "10117"}, "DK": {"København", "", "1550"},
	"EE": {"Tallinn", "", "10111"}, "ES": {"Madrid", "", "28013"}, "FI": {"Helsinki", "", "00100"}, "FR": {"Paris", "", "75001"},
	"GB": {"London", "", "W1B 5TE"}, "HK": {"Hong Kong", "", ""}, "IE": {"Dublin", "", "D02 AF30"}, "IL": {"Tel Aviv", "", "6688218"},
	"IT": {"Milano", "MI", "20121"}, "MY": {"Kuala Lumpur", "", "50450"}, "NL": {"Amsterdam", "", "1012 AB"}, "NO": {"Oslo", "", "0155"},
	"PH": {"Manila", "", "1000"}, "PL": {"Warszawa", "", "00-001"}, "PT": {"Lisboa", "", "1100-148"}, "SE": {"Stockholm", "", "111 20"},
	"TH": {"Bangkok", "", "10110"}, "US": {"New York", "NY", "10118"}, "ZA": {"Cape Town", "", "8001"},
}

// Answer is a good answer to an item that is no document.
func Answer(i country.Item, code string) clienteling.Answer {
	if i.In != "" {
		code = i.In
	}
	switch i.Kind {
	case country.Address:
		at := places[code]
		return clienteling.Answer{Address: &clienteling.Address{Street: "1 Acme Square", City: at[0], Region: at[1], PostalCode: at[2], Country: code}}
	case country.Person:
		return clienteling.Answer{Text: "Ada Lovelace"}
	case country.Date:
		return clienteling.Answer{Text: "1983-11-18"}
	case country.CountryCode:
		return clienteling.Answer{Text: code}
	case country.Email:
		return clienteling.Answer{Text: "ada@acme.example"}
	case country.Website:
		return clienteling.Answer{Text: "https://www.acme-apparel.com"}
	case country.Choice:
		return clienteling.Answer{Text: i.Choices[0]}
	}
	if s := specimens[i.Format]; s != "" {
		return clienteling.Answer{Text: s}
	}
	if i.Key == "business_name" {
		return clienteling.Answer{Text: Retailer.LegalName}
	}
	return clienteling.Answer{Text: "A1234567"}
}

// PDF is a small document: one empty page.
const PDF = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n" +
	"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n" +
	"trailer<</Root 1 0 R>>\n%%EOF\n"

// AtTwilio has a simulator know the papers of the seed's registrations. The numbers,
// which must be there, are those that text for the campaign in the US.
func AtTwilio(s *twilio.Simulator, numbers ...string) error {
	for _, r := range Registrations {
		c, _ := country.Of(r.Country)
		if !c.Bundle {
			if err := s.PutCampaign(twilio.Campaign{ServiceSID: r.ServiceSID, FriendlyName: Retailer.LegalName, PhoneNumbers: numbers}); err != nil {
				return err
			}
			continue
		}
		err := s.PutBundle(twilio.Bundle{
			SID: r.BundleSID, FriendlyName: Retailer.LegalName, Email: Retailer.ContactEmail, ISOCountry: r.Country, NumberType: c.RegulationType(),
		})
		if err == nil {
			at := Answer(country.Item{Kind: country.Address}, r.Country).Address
			err = s.PutAddress(twilio.Address{
				SID: r.AddressSID, FriendlyName: Retailer.LegalName, CustomerName: Retailer.LegalName,
				Street: at.Street, City: at.City, Region: at.Region, PostalCode: at.PostalCode, ISOCountry: at.Country,
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
