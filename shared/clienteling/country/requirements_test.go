package country_test

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"clienteling/shared/clienteling/country"
)

// headings are those of the table's blocks, with the countries that each is for.
var headings = map[string]string{
	"Australia": "AU", "Austria": "AT", "Belgium": "BE", "Czech Republic": "CZ", "Denmark": "DK", "Finland": "FI", "France": "FR",
	"Germany": "DE", "Hong Kong": "HK", "Ireland": "IE", "Italy": "IT", "Malaysia": "MY", "Netherlands": "NL", "Norway": "NO",
	"Poland": "PL", "Portugal": "PT", "Spain": "ES", "Sweden (National Number)": "SE", "Switzerland": "CH", "Canada & USA": "CA US", "UK": "GB",
}

// table reads the bullets of each country from the table's own text.
func table(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	var (
		bullets = map[string][]string{}
		heading string
		inside  bool
	)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		bullet, is := strings.CutPrefix(line, "•")
		switch {
		case line == "":
		case !is && inside: // the next block
			heading, inside = line, false
		case !is:
			heading = strings.TrimSpace(heading + " " + line)
		default:
			inside = true
			codes, known := headings[heading]
			if !known {
				t.Fatalf("no country is called %q", heading)
			}
			for code := range strings.FieldsSeq(codes) {
				bullets[code] = append(bullets[code], strings.TrimSpace(bullet))
			}
		}
	}
	return bullets
}

// Every bullet is one item with its own words, in the table's order, and nothing else
// says that it is from the table.
func TestItemsAreTheTable(t *testing.T) {
	t.Parallel()
	bullets := table(t)
	total := 0
	for _, c := range country.All() {
		asked := bullets[c.Code]
		if got := len(asked) > 0; got != c.Listed {
			t.Errorf("%s: listed is %t, but the table says %q", c.Code, c.Listed, asked)
		}
		noDocument := slices.Contains(asked, "None required.")
		asked = slices.DeleteFunc(asked, func(s string) bool { return s == "None required." })
		total += len(asked)
		var labels []string
		for _, i := range c.Items() {
			if i.Source == country.Seed {
				labels = append(labels, i.Label)
			}
			if noDocument && i.Kind == country.Document {
				t.Errorf("%s: %s is a document, but the table says that none is required", c.Code, i.Key)
			}
		}
		if !slices.Equal(labels, asked) {
			t.Errorf("%s:\n%q, want\n%q", c.Code, labels, asked)
		}
	}
	// 113 bullets, four of them "None required."; one block counts for two countries.
	if total != 113-4+5 {
		t.Errorf("%d bullets", total)
	}
}

// keys are what registrations are kept by. A change of this list loses what retailers
// have filed; a new key at the end does not.
var keys = map[string]string{
	"AT": "business_name business_address representative excerpt representative_id",
	"AU": "business_name business_address registration_number excerpt",
	"BE": "business_name business_address registration_number vat_number excerpt",
	"CA": "ein business_name business_address business_type regions website business_industry representative representative_email representative_phone representative_title representative_position stock_exchange stock_ticker brand_email privacy_policy terms",
	"CH": "business_name business_address registration_number excerpt",
	"CZ": "business_name business_address representative representative_address representative_authorization excerpt representative_id representative_authorization_proof",
	"DE": "business_name business_address registration_number vat_number excerpt representative website representative_email",
	"DK": "business_name business_address",
	"EE": "",
	"ES": "tax_number business_address business_name tax_number_proof",
	"FI": "business_name business_address",
	"FR": "business_name business_address registration_number proof_of_identity excerpt representative_id representative_authorization_proof representative website representative_email",
	"GB": "business_name registration_number business_address registration_proof",
	"HK": "business_name registration_number business_address registration_change utility_bill",
	"IE": "business_name business_address excerpt",
	"IL": "",
	"IT": "business_name business_address registration_number representative representative_birth_date representative_birth_place representative_fiscal_code representative_nationality business_proof representative_id",
	"MY": "business_name business_address representative representative_id_number representative_id_country representative_address letter_of_authorization excerpt representative_id representative_address_id executed_letter_of_authorization",
	"NL": "business_name business_address",
	"NO": "business_name business_address registration_number representative representative_authorization excerpt representative_id representative_authorization_proof",
	"PH": "",
	"PL": "business_name registration_number business_address representative representative_authorization excerpt representative_authorization_proof",
	"PT": "business_name business_address tax_number excerpt tax_number_proof",
	"SE": "business_address registration_number excerpt business_name",
	"TH": "",
	"US": "ein business_name business_address business_type regions website business_industry representative representative_email representative_phone representative_title representative_position stock_exchange stock_ticker brand_email privacy_policy terms",
	"ZA": "",
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for _, c := range country.All() {
		var got []string
		for _, i := range c.Items() {
			got = append(got, i.Key)
		}
		if want := strings.Fields(keys[c.Code]); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", c.Code, got, want)
		}
	}
	if len(keys) != len(country.All()) {
		t.Errorf("%d countries", len(keys))
	}
}

// What must hold of every item, whatever it is.
func TestItemsAreWhole(t *testing.T) {
	t.Parallel()
	var (
		word       = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
		kinds      = []country.Kind{country.Text, country.Address, country.Person, country.Date, country.CountryCode, country.Email, country.Website, country.Choice, country.Document}
		conditions = []string{country.NameNotOnKbis, country.CitizenOrResident, country.PublicCompany}
	)
	for _, c := range country.All() {
		seen, groups := map[string]bool{}, map[string]int{}
		for _, i := range c.Items() {
			fail := func(what string) { t.Errorf("%s: %s: %s: %+v", c.Code, i.Key, what, i) }
			if !word.MatchString(i.Key) || seen[i.Key] || slices.Contains(conditions, i.Key) {
				fail("key")
			}
			seen[i.Key] = true
			if i.Label == "" || !slices.Contains(kinds, i.Kind) {
				fail("label or kind")
			}
			if (i.When != "") != (i.WhenLabel != "") || i.When != "" && (i.Required || !slices.Contains(conditions, i.When)) {
				fail("condition")
			}
			if i.OneOf != "" {
				groups[i.OneOf]++
				if !i.Required {
					fail("of a group, but not required")
				}
			}
			if i.In != "" && (i.In != c.Code || i.Kind != country.Address && i.Kind != country.Document) {
				fail("where")
			}
			if i.Kind == country.Choice && len(i.Choices) < 2 || len(i.Choices) > 0 && i.Kind != country.Choice && i.Kind != country.Document {
				fail("choices")
			}
			if i.Format != "" && i.Kind != country.Text {
				fail("format")
			}
			// Whatever is said of a representative is about a person; the papers are not kept.
			about := strings.HasPrefix(i.Key, "representative") && i.Kind != country.Document
			if about && !i.Personal || i.Personal && i.Kind == country.Document || i.Kind == country.Person && !i.Personal {
				fail("personal")
			}
			switch f := i.Twilio; {
			case f.Object == "",
				i.Kind == country.Address && f.Object != country.AddressObject,
				i.Kind == country.Document && (f.Object != country.DocumentObject || f.Type == "" || f.Name != ""),
				i.Kind == country.Document && len(i.Choices) > 0 && (i.Choices[0] != f.Type || len(i.Choices) < 2),
				i.Kind != country.Document && f.Name == "",
				i.Kind == country.Person && (f.Object != country.EndUser || f.Name != "first_name last_name"),
				f.Object == country.EndUser && c.Bundle != (f.Type == c.EndUserType):
				fail("Twilio's field")
			}
		}
		for group, n := range groups {
			if n < 2 {
				t.Errorf("%s: %s is a group of one", c.Code, group)
			}
		}
		// Nobody is registered anywhere without a name and an address.
		if c.Listed && (!seen["business_name"] || !seen["business_address"]) {
			t.Errorf("%s asks for no business", c.Code)
		}
	}
}

func TestCanadaAndTheUnitedStatesShareTheirItems(t *testing.T) {
	t.Parallel()
	ca, _ := country.Of("CA")
	us, _ := country.Of("US")
	if !reflect.DeepEqual(ca.Items(), us.Items()) {
		t.Error("they differ")
	}
	if items := (country.Country{Code: "XX", Registration: "XX"}).Items(); items != nil {
		t.Errorf("a country that is not known asks for %v", items)
	}
}

// find returns one item.
func find(t *testing.T, code, key string) country.Item {
	t.Helper()
	c, _ := country.Of(code)
	for _, i := range c.Items() {
		if i.Key == key {
			return i
		}
	}
	t.Fatalf("%s has no %s", code, key)
	return country.Item{}
}

// The lines that are not simply required.
func TestConditions(t *testing.T) {
	t.Parallel()
	conditional := map[string]string{} // country and key: the condition
	groups := map[string][]string{}    // country and group: the keys
	optional := map[string][]string{}  // country: the keys
	for _, c := range country.All() {
		for _, i := range c.Items() {
			switch {
			case i.When != "":
				conditional[c.Code+" "+i.Key] = i.When
			case i.OneOf != "":
				groups[c.Code+" "+i.OneOf] = append(groups[c.Code+" "+i.OneOf], i.Key)
			case !i.Required:
				optional[c.Code] = append(optional[c.Code], i.Key)
			}
		}
	}
	if want := map[string]string{
		"FR representative_authorization_proof": country.NameNotOnKbis,
		"MY representative_address_id":          country.CitizenOrResident,
		"US stock_exchange":                     country.PublicCompany,
		"US stock_ticker":                       country.PublicCompany,
		"US brand_email":                        country.PublicCompany,
		"CA stock_exchange":                     country.PublicCompany,
		"CA stock_ticker":                       country.PublicCompany,
		"CA brand_email":                        country.PublicCompany,
	}; !reflect.DeepEqual(conditional, want) {
		t.Errorf("under a condition: %v", conditional)
	}
	if want := map[string][]string{
		"CZ authorization":           {"representative_authorization", "representative_authorization_proof"},
		"FR identity":                {"proof_of_identity", "representative_id"},
		"GB registration":            {"registration_number", "registration_proof"},
		"MY letter_of_authorization": {"letter_of_authorization", "executed_letter_of_authorization"},
		"NO authorization":           {"representative_authorization", "representative_authorization_proof"},
		"PL authorization":           {"representative_authorization", "representative_authorization_proof"},
	}; !reflect.DeepEqual(groups, want) {
		t.Errorf("one of: %v", groups)
	}
	if want := map[string][]string{
		"DE": {"representative", "website", "representative_email"},
		"FR": {"website", "representative_email"},
	}; !reflect.DeepEqual(optional, want) {
		t.Errorf("optional: %v", optional)
	}
}

// Each line that can be read in two ways says which way it is read.
func TestAmbiguousLinesHaveANote(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"CZ representative_authorization", "FR proof_of_identity", "HK registration_change", "IE excerpt", "MY letter_of_authorization",
		"NO representative_authorization", "PL representative_authorization", "US ein", "US regions", "GB registration_proof", "CH excerpt",
	} {
		code, key, _ := strings.Cut(line, " ")
		if find(t, code, key).Note == "" {
			t.Errorf("%s has no note", line)
		}
	}
	if se, _ := country.Of("SE"); se.Note == "" || se.RegulationType() != "mobile" {
		t.Errorf("Sweden: %q, %q", se.RegulationType(), se.Note)
	}
}

// Of which papers one is enough, in Twilio's words.
func TestPapersToChooseFrom(t *testing.T) {
	t.Parallel()
	id, authority := []string{"government_issued_document", "passport"}, []string{"power_of_attorney", "rep_authorization"}
	want := map[string][]string{
		"AT representative_id": id, "CZ representative_id": id, "FR representative_id": id, "FR proof_of_identity": id,
		"IT representative_id": id, "MY representative_id": id, "NO representative_id": id,
		"CZ representative_authorization": authority,
		"NO representative_authorization": authority, "NO representative_authorization_proof": authority,
		"PL representative_authorization": authority, "PL representative_authorization_proof": authority,
		"IT business_proof": {"commercial_registrar_excerpt", "utility_bill", "tax_notice"},
	}
	got := map[string][]string{}
	for _, c := range country.All() {
		for _, i := range c.Items() {
			if i.Kind == country.Document && len(i.Choices) > 0 {
				got[c.Code+" "+i.Key] = i.Choices
			}
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}

func TestRegulationType(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"DE": "mobile", "GB": "mobile", "US": "local", "CA": "local"} {
		if c, _ := country.Of(code); c.RegulationType() != want {
			t.Errorf("%s: %q", code, c.RegulationType())
		}
	}
}

func TestItemsAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	it, _ := country.Of("IT")
	us, _ := country.Of("US")
	for _, c := range []country.Country{it, us} {
		before := c.Items()
		for _, i := range c.Items() {
			for n := range i.Choices {
				i.Choices[n] = "changed"
			}
		}
		changed := c.Items()
		changed[0].Label = "changed"
		if !reflect.DeepEqual(c.Items(), before) {
			t.Errorf("%s: a caller changed the catalogue", c.Code)
		}
	}
}

// Items of countries that are not listed are stored as JSON, so they come back whole.
func TestItemsSurviveJSON(t *testing.T) {
	t.Parallel()
	for _, c := range country.All() {
		stored, err := json.Marshal(c.Items())
		if err != nil {
			t.Fatal(err)
		}
		var back []country.Item
		if err := json.Unmarshal(stored, &back); err != nil || !reflect.DeepEqual(back, c.Items()) {
			t.Errorf("%s: %v: %s", c.Code, err, stored)
		}
	}
	got, err := json.Marshal(find(t, "MY", "representative_address_id"))
	want := `{"key":"representative_address_id","label":"Government-issued ID showing Malaysian address (for Malaysian citizens or permanent residents)",` +
		`"kind":"document","in":"MY","when":"citizen_or_resident","whenLabel":"The representative is a citizen or permanent resident of Malaysia",` +
		`"source":"seed","twilio":{"object":"document","type":"government_issued_document"}}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	if _, err := time.Parse(time.DateOnly, country.Version); err != nil {
		t.Error(err)
	}
}
