package country_test

import (
	"errors"
	"strings"
	"testing"

	"clienteling/shared/clienteling/country"
)

// What a check says of a value.
const (
	fine     = "fine"
	doubtful = "doubtful"
	refused  = "refused"
)

func verdict(t *testing.T, warning string, err error) string {
	t.Helper()
	switch refusal := country.Refusal(""); {
	case err != nil && (!errors.As(err, &refusal) || warning != "" || !strings.HasSuffix(err.Error(), ".")):
		t.Errorf("not a refusal that can be shown: %q, %v", warning, err)
		return ""
	case err != nil:
		return refused
	case warning != "":
		if !strings.HasSuffix(warning, ".") {
			t.Errorf("not a sentence: %q", warning)
		}
		return doubtful
	default:
		return fine
	}
}

// The numbers with check digits are the published examples of the library python-stdnum,
// each with a digit changed or lost; those without are made up.
func TestFormats(t *testing.T) {
	t.Parallel()
	for format, values := range map[country.Format]map[string]string{
		country.E164: {
			"+14155550123": fine, "+4915112345678": fine,
			"4155550123": refused, "+1 415 555 0123": refused, "+0155550123": refused, "+123": refused, "+": refused, "call us": refused,
		},
		country.EIN: {
			"91-1144442": fine, "04-2103594": fine, "042103594": fine, "91 1144442": fine,
			"07-1144442": doubtful, "00-0000000": doubtful,
			"91-114444": refused, "91-11444422": refused, "AB-1144442": refused, "911144442RC0001": refused, "DE136695976": refused,
		},
		country.VAT: {
			"DE136695976": fine, "DE 136 695 976": fine, "de136695976": fine, "136695976": doubtful, "DE136695978": doubtful, "DE13669597": doubtful, "DE036695976": doubtful, "DE100000008": fine,
			"ATU13585627": fine, "ATU13585626": doubtful, "AT13585627": doubtful,
			"BE0428759497": fine, "BE 428.759.497": fine, "BE0428759498": doubtful, "BE431150351": doubtful, "BE2428759442": doubtful,
			"CZ25123891": fine, "CZ25123890": doubtful, "CZ7103192745": fine, "CZ640903926": fine, "CZ1": doubtful,
			"DK13585628": fine, "DK13585627": doubtful,
			"ESB58378431": fine, "ESB58378432": doubtful,
			"FI20774740": fine, "FI20774741": doubtful,
			"FR40303265045": fine, "FR41303265045": doubtful, "FR40303265046": doubtful, "FRK7399859412": fine, "FRIO334175221": doubtful, "FR4030326504X": doubtful,
			"IE6433435F": fine, "IE6433435OA": fine, "IE6433435E": doubtful, "IE6433435O+": doubtful, "IE8Z49289F": fine, "IE64334F": doubtful,
			"IT00743110157": fine, "IT00743110158": doubtful,
			"NL004495445B01": fine, "NL002455799B11": fine, "NL123456789B90": doubtful, "NL004495445C01": doubtful,
			"PL8567346215": fine, "PL8567346216": doubtful,
			"PT501964843": fine, "PT501964842": doubtful,
			"SE123456789701": fine, "SE123456789702": doubtful, "SE123456789101": doubtful,
			"LU15027442": fine, "XI980780684": fine, "RO1234567890123456": doubtful,
			"GB980780684": doubtful, "US911144442": doubtful, "DE": doubtful, "ДЕ136695976": doubtful,
		},
		country.BusinessNumberAU: {
			"83 914 571 673": fine, "51 824 753 556": fine, "004 085 616": fine, "010 499 966": fine,
			"83 914 571 674": doubtful, "99 999 999 999": doubtful, "999 999 999": doubtful, "004 085 617": doubtful, "12345": doubtful,
		},
		country.EnterpriseNumberBE: {
			"0403.170.701": fine, "BE 0428.759.497": fine, "428.759.497": fine,
			"0403.170.702": doubtful, "0000.000.000": doubtful, "0403.170.70": doubtful, "040317070X": doubtful,
		},
		country.UIDCH: {
			"CHE-100.155.212": fine, "CHE-100.155.212 MWST": fine, "100.155.212": fine, "che100155212": fine,
			"CHE-100.155.213": doubtful, "CHE-100.155.21": doubtful, "CH-020.3.020.910-5": doubtful,
		},
		country.RegisterNumberDE: {
			"HRB 11223": fine, "Aachen HRA 11223": fine, "Amtsgericht Charlottenburg, HRB 140555 B": fine, "hrb11223": fine, "GnR 12": fine,
			"HRC 44123": doubtful, "11223": doubtful, "HRB": doubtful, "HRB 1234567": doubtful, "DE136695976": doubtful, "CHRB 12": doubtful,
		},
		country.TaxNumberES: {
			"B58378431": fine, "ES B-58378431": fine, "B64717838": fine, "54362315K": fine, "X-5253868-R": fine, "M-1234567-L": fine,
			"B64717839": doubtful, "54362315Z": doubtful, "X-5253868-S": doubtful, "I64717838": doubtful, "B6471783": doubtful,
		},
		country.SIREN: {
			"404 833 048": fine, "552 008 443": fine, "732 829 320 00074": fine, "356 000 000 00048": fine, "356 000 000 09075": fine,
			"404 833 047": doubtful, "732 829 320 00079": doubtful, "356 000 000 00049": doubtful, "40483304": doubtful, "FR404833048": doubtful,
		},
		country.CompanyNumberGB: {
			"00445790": fine, "SC095000": fine, "NI038800": fine, "OC301540": fine, "R0000051": fine, "IP12345R": fine, "sc095000": fine,
			"445790": doubtful, "00000000": doubtful, "004457901": doubtful, "S0095000": doubtful, "SC09500": doubtful, "IP1234XR": doubtful,
		},
		country.RegistrationNumberHK: {
			"12345678": fine, "12345678-000": fine, "12345678-000-05-25-A": fine,
			"1234567": doubtful, "A2345678": doubtful, "12345678-000-05": doubtful,
		},
		country.BusinessNumberIT: {
			"00743110157": fine, "IT 00743110157": fine, "12345671205": fine, "MI-1234567": fine, "TO 123456": fine,
			"00743110158": doubtful, "12345671015": doubtful, "00000000000": doubtful, "0074311015": doubtful, "1234567": doubtful,
		},
		country.FiscalCodeIT: {
			"RCCMNL83S18D969H": fine, "rcc mnl 83s18 d969h": fine, "CNTCHR83T41D969D": fine,
			"RCCMNL83S18D969G": doubtful, "RCCMNL83Z18D969H": doubtful, "00743110157": doubtful, "123-45-6789": doubtful,
		},
		country.OrganisationNumberNO: {
			"988 077 917": fine, "NO 988 077 917 MVA": fine,
			"988 077 918": doubtful, "98807791": doubtful,
		},
		country.RegisterNumberPL: {
			"0000123456": fine, "856-734-62-15": fine, "PL 8567346215": fine, "192598184": fine, "12345678512347": fine,
			"0000000000": doubtful, "8567346216": doubtful, "192598183": doubtful, "12345678612342": doubtful, "12345678512348": doubtful, "KRS": doubtful,
		},
		country.TaxNumberPT: {
			"501 964 843": fine, "PT501964843": fine,
			"501 964 842": doubtful, "012345678": doubtful, "50196484": doubtful,
		},
		country.OrganisationNumberSE: {
			"123456-7897": fine, "16123456-7897": fine,
			"123456-7891": doubtful, "12123456-7897": doubtful, "123456789": doubtful,
		},
	} {
		item := country.Item{Kind: country.Text, Format: format}
		for value, want := range values {
			warning, err := item.Check(value)
			if got := verdict(t, warning, err); got != want {
				t.Errorf("%s %q is %s, want %s: %s %v", format, value, got, want, warning, err)
			}
		}
	}
}

// A format that nobody checks would be a promise that is not kept.
func TestEveryFormatOfAnItemIsChecked(t *testing.T) {
	t.Parallel()
	for _, c := range country.All() {
		for _, i := range c.Items() {
			if warning, err := i.Check("?"); i.Format != "" && warning == "" && err == nil {
				t.Errorf("%s %s: anything passes as %s", c.Code, i.Key, i.Format)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for kind, values := range map[country.Kind]map[string]string{
		country.Text: {
			"Acme Fashion GmbH & Co. KG": fine, " Zażółć Sp. z o.o. ": fine, "香港時裝有限公司": fine, strings.Repeat("é", 255): fine,
			"": refused, "  ": refused, strings.Repeat("é", 256): refused, "two\nlines": refused, "tab\there": refused, "\xff": refused, "nul\x00": refused,
		},
		country.Person: {
			"Anna Meier": fine, "van Dyck, Anna Maria": fine, "O’Neill, Seán": fine,
			"Anna Maria van Dyck": doubtful,
			"Meier":               refused, "Meier,": refused, ", Anna": refused, "Meier, Anna, Dr.": refused,
		},
		country.Date: {
			"1983-11-18": fine, "2000-02-29": fine,
			"1883-11-18": doubtful, "2999-01-01": doubtful,
			"1983-02-29": refused, "18.11.1983": refused, "11/18/1983": refused, "1983": refused, "1983-11-18T00:00:00Z": refused,
		},
		country.CountryCode: {
			"DE": fine, "GB": fine, "MY": fine, "HK": fine,
			"UK": doubtful, "EL": doubtful, "XX": doubtful, "DA": doubtful,
			"de": refused, "DEU": refused, "Germany": refused, "D": refused, "1A": refused,
		},
		country.Email: {
			"anna.meier@example.com": fine, "a+b@shop.example.co.uk": fine, "info@münchen.example": fine,
			"anna.meier": refused, "@example.com": refused, "anna@example": refused, "Anna <anna@example.com>": refused, "a@b@example.com": refused,
			"anna meier@example.com": refused, ".anna@example.com": refused, "anna..m@example.com": refused, "anna@-example.com": refused,
			strings.Repeat("a", 65) + "@example.com": refused, "anna@example.com, bob@example.com": refused, "anna@127.0.0.1": refused,
		},
		country.Website: {
			"https://www.example.com": fine, "http://example.com/de?shop=1": fine, "https://münchen.example": fine, "https://example.com:8443/": fine,
			"www.example.com": doubtful, "example.com/terms": doubtful,
			"example": refused, "https://localhost": refused, "https://127.0.0.1/": refused, "ftp://example.com": refused, "https://": refused,
			"https://user:pass@example.com": refused, "https://exa mple.com": refused, "javascript:alert(1)": refused, "none": refused, "https://example..com": refused,
		},
		country.Choice: {
			"Corporation": fine, "Limited Liability Corporation": fine,
			"corporation": refused, "LLC": refused, "": refused,
		},
		country.Address:  {"Friedrichstr. 1, Berlin": refused},
		country.Document: {"extract.pdf": refused},
	} {
		item := country.Item{Kind: kind}
		if kind == country.Choice {
			item = find(t, "US", "business_type")
		}
		for value, want := range values {
			warning, err := item.Check(value)
			if got := verdict(t, warning, err); got != want {
				t.Errorf("%s %q is %s, want %s: %s %v", kind, value, got, want, warning, err)
			}
		}
	}
}

func TestSplitName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		"Anna Meier":            {"Anna", "Meier"},
		"  Anna   Meier ":       {"Anna", "Meier"},
		"van Dyck, Anna Maria":  {"Anna Maria", "van Dyck"},
		"Anna Maria van Dyck":   {"Anna Maria van", "Dyck"},
		"Meier,Anna":            {"Anna", "Meier"},
		"bin Abdullah, Ahmad":   {"Ahmad", "bin Abdullah"},
		"García Márquez, Pedro": {"Pedro", "García Márquez"},
	} {
		if first, last, err := country.SplitName(name); err != nil || [2]string{first, last} != want {
			t.Errorf("%q: %q, %q, %v", name, first, last, err)
		}
	}
	for _, name := range []string{"", "Meier", ",", "Meier, ", " ,Anna", "Meier, Anna, Dr."} {
		if first, last, err := country.SplitName(name); err == nil || first != "" || last != "" {
			t.Errorf("%q: %q, %q, %v", name, first, last, err)
		}
	}
}

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	berlin := country.PostalAddress{Street: "Friedrichstr. 1", City: "Berlin", PostalCode: "10117", Country: "DE"}
	newYork := country.PostalAddress{Street: "350 5th Ave", City: "New York", Region: "NY", PostalCode: "10118-0110", Country: "US"}
	but := func(a country.PostalAddress, change func(*country.PostalAddress)) country.PostalAddress {
		change(&a)
		return a
	}
	inGermany, anywhere := find(t, "DE", "business_address"), find(t, "US", "business_address")
	for name, c := range map[string]struct {
		item    country.Item
		address country.PostalAddress
		want    string
	}{
		"Berlin":                {inGermany, berlin, fine},
		"anywhere":              {anywhere, berlin, fine},
		"New York":              {anywhere, newYork, fine},
		"abroad":                {inGermany, newYork, refused},
		"no street":             {inGermany, but(berlin, func(a *country.PostalAddress) { a.Street = " " }), refused},
		"no city":               {inGermany, but(berlin, func(a *country.PostalAddress) { a.City = "" }), refused},
		"no postal code":        {inGermany, but(berlin, func(a *country.PostalAddress) { a.PostalCode = "" }), refused},
		"no country":            {inGermany, but(berlin, func(a *country.PostalAddress) { a.Country = "" }), refused},
		"no code of a country":  {anywhere, but(berlin, func(a *country.PostalAddress) { a.Country = "Germany" }), refused},
		"unknown country":       {anywhere, but(berlin, func(a *country.PostalAddress) { a.Country = "UK" }), doubtful},
		"no state":              {anywhere, but(newYork, func(a *country.PostalAddress) { a.Region = "" }), refused},
		"a state in full":       {anywhere, but(newYork, func(a *country.PostalAddress) { a.Region = "New York" }), doubtful},
		"short postal code":     {inGermany, but(berlin, func(a *country.PostalAddress) { a.PostalCode = "1011" }), doubtful},
		"two lines":             {inGermany, but(berlin, func(a *country.PostalAddress) { a.Street = "Friedrichstr. 1\nBerlin" }), refused},
		"post box":              {inGermany, but(berlin, func(a *country.PostalAddress) { a.Street = "Postfach 12 34" }), doubtful},
		"P.O. box":              {anywhere, but(newYork, func(a *country.PostalAddress) { a.Street = "P.O. Box 12" }), doubtful},
		"Hong Kong has no code": {anywhere, country.PostalAddress{Street: "1 Queen's Road", City: "Central", Country: "HK"}, fine},
		"not in the catalogue":  {anywhere, country.PostalAddress{Street: "Via 1", City: "Lugano", PostalCode: "x", Country: "LU"}, fine},
		"no address":            {find(t, "DE", "business_name"), berlin, refused},
	} {
		warning, err := c.item.CheckAddress(c.address)
		if got := verdict(t, warning, err); got != c.want {
			t.Errorf("%s is %s, want %s: %s %v", name, got, c.want, warning, err)
		}
	}
	for in, want := range map[string]string{"DE": "The address must be in Germany (DE).", "SG": "The address must be in SG."} {
		item := country.Item{Kind: country.Address, In: in}
		if _, err := item.CheckAddress(newYork); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestPostalCodes(t *testing.T) {
	t.Parallel()
	item := country.Item{Kind: country.Address}
	for code, values := range map[string]map[string]string{
		"AT": {"1010": fine, "10100": doubtful},
		"AU": {"2000": fine, "200": doubtful},
		"BE": {"1000": fine, "B-1000": doubtful},
		"CA": {"M5V 3L9": fine, "m5v3l9": fine, "M5V": doubtful},
		"CH": {"8001": fine, "800A": doubtful},
		"CZ": {"110 00": fine, "110": doubtful},
		"DE": {"10117": fine, "D10117": doubtful},
		"DK": {"1550": fine, "155": doubtful},
		"ES": {"28013": fine, "2801": doubtful},
		"FI": {"00100": fine, "100": doubtful},
		"FR": {"75001": fine, "7500": doubtful},
		"GB": {"W1B 5TE": fine, "SW1A 1AA": fine, "M1 1AE": fine, "EC1A 1BB": fine, "B33 8TH": fine, "CR2 6XH": fine, "12345": doubtful},
		"IE": {"D02 AF30": fine, "D6W XY00": fine, "Dublin 2": doubtful},
		"IT": {"20121": fine, "I-20121": doubtful},
		"MY": {"50450": fine, "5045": doubtful},
		"NL": {"1012 AB": fine, "1012": doubtful},
		"NO": {"0155": fine, "155": doubtful},
		"PL": {"00-001": fine, "00-01": doubtful},
		"PT": {"1100-148": fine, "1100": doubtful},
		"SE": {"111 20": fine, "1112": doubtful},
		"US": {"10118": fine, "10118-0110": fine, "1011": doubtful},
	} {
		for value, want := range values {
			warning, err := item.CheckAddress(country.PostalAddress{Street: "1 High Street", City: "Here", Region: "NY", PostalCode: value, Country: code})
			if got := verdict(t, warning, err); got != want {
				t.Errorf("%s %q is %s, want %s: %s %v", code, value, got, want, warning, err)
			}
		}
	}
}

// Whatever is sent, a check answers.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{"", "0", "DE136695976", "CHE-100.155.212", "RCCMNL83S18D969H", "IP12345R", "X-5253868-R", "12345678-000-05-25-A", "１２３４５６７８９", "ÄÖÜ"} {
		f.Add(s)
	}
	var items []country.Item
	for _, c := range country.All() {
		items = append(items, c.Items()...)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, i := range items {
			warning, err := i.Check(value)
			verdict(t, warning, err)
			warning, err = i.CheckAddress(country.PostalAddress{Street: value, City: value, Region: value, PostalCode: value, Country: value})
			verdict(t, warning, err)
		}
	})
}
