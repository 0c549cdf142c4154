package country

import (
	"strconv"
	"strings"
)

// Format is a public form of numbers and codes that can be checked without asking
// anybody: length, letters, check digits.
type Format string

// The formats of items.
const (
	// E164 is a phone number with its country code, "+14155550123" (ITU-T E.164).
	E164 Format = "e164"
	// EIN is the Employer Identification Number of the United States, "91-1144442".
	// https://www.irs.gov/businesses/small-businesses-self-employed/how-eins-are-assigned-and-valid-ein-prefixes
	EIN Format = "ein"
	// VAT is a value added tax number of the European Union with the letters of its
	// country, "DE136695976".
	VAT Format = "vat"
	// BusinessNumberAU is an Australian Business Number, "83 914 571 673", or Company
	// Number, "004 085 616".
	BusinessNumberAU Format = "business_number_au"
	// EnterpriseNumberBE is a Belgian enterprise number, "0403.170.701".
	EnterpriseNumberBE Format = "enterprise_number_be"
	// UIDCH is the Swiss Unternehmens-Identifikationsnummer, "CHE-100.155.212".
	UIDCH Format = "uid_ch"
	// RegisterNumberDE is that of a German register, "HRB 11223", with or without the
	// name of its court.
	RegisterNumberDE Format = "register_number_de"
	// TaxNumberES is the Spanish Número de Identificación Fiscal, "B58378431".
	TaxNumberES Format = "tax_number_es"
	// SIREN is the French register's number, "404 833 048", or a SIRET, which is that of
	// one establishment and begins with it.
	SIREN Format = "siren"
	// CompanyNumberGB is that of Companies House, "00445790" or "SC095000".
	CompanyNumberGB Format = "company_number_gb"
	// RegistrationNumberHK is Hong Kong's business registration number, eight digits,
	// with or without what the certificate adds to them.
	RegistrationNumberHK Format = "registration_number_hk"
	// BusinessNumberIT is an Italian partita IVA, "00743110157", or a number of the
	// Repertorio Economico Amministrativo, "MI-1234567".
	BusinessNumberIT Format = "business_number_it"
	// FiscalCodeIT is a person's Italian codice fiscale, "RCCMNL83S18D969H".
	FiscalCodeIT Format = "fiscal_code_it"
	// OrganisationNumberNO is a Norwegian organisasjonsnummer, "988 077 917".
	OrganisationNumberNO Format = "organisation_number_no"
	// RegisterNumberPL is a Polish KRS number, "0000123456", NIP or REGON.
	RegisterNumberPL Format = "register_number_pl"
	// TaxNumberPT is a Portuguese número de identificação fiscal, "501 964 843".
	TaxNumberPT Format = "tax_number_pt"
	// OrganisationNumberSE is a Swedish organisationsnummer, "123456-7897".
	OrganisationNumberSE Format = "organisation_number_se"
)

// check looks at a value of the format. Only what Twilio would refuse is an error; of
// everything else the number on the paper counts, so the most there is is a warning.
func (f Format) check(value string) (warning string, err error) {
	s := compact(value)
	right := true
	switch f {
	case E164:
		if len(value) < 8 || len(value) > 16 || value[0] != '+' || value[1] == '0' || !digits(value[1:]) {
			return "", Refusal("Send the phone number with its country code, and nothing but digits after the plus sign: +14155550123.")
		}
	case EIN:
		// Nine digits, or The Campaign Registry fails the brand.
		if len(s) != 9 || !digits(s) {
			return "", Refusal("An EIN has nine digits, like 91-1144442. It is on the letter CP 575 of the IRS.")
		}
		right, warning = einPrefix(s[:2]), "The IRS assigns no EIN that begins like this. Compare it with the letter CP 575."
	case VAT:
		right, warning = vat(s), "This is no VAT number of the European Union as far as we can tell. It begins with the letters of its country, like DE123456789. Compare it with the certificate."
	case BusinessNumberAU:
		right, warning = abn(s) || acn(s), "This is neither an ABN (11 digits) nor an ACN (9 digits). Compare it with the company extract."
	case EnterpriseNumberBE:
		right, warning = enterpriseBE(strings.TrimPrefix(s, "BE")), "A Belgian enterprise number has ten digits, like 0403.170.701, and its last two do not fit here. Compare it with the extract."
	case UIDCH:
		right, warning = uidCH(s), "A UID is CHE and nine digits, like CHE-100.155.212, and the last one does not fit here. Compare it with the register."
	case RegisterNumberDE:
		right, warning = registerDE(value), "A number of the Handelsregister is HRB or HRA and digits, like HRB 11223. Compare it with the extract."
	case TaxNumberES:
		right, warning = taxES(strings.TrimPrefix(s, "ES")), "A Spanish NIF has nine characters, like B58378431, and the last one does not fit here. Compare it with the document."
	case SIREN:
		right, warning = siren(s), "A SIREN has nine digits and a SIRET fourteen, and the last one does not fit here. Compare it with the Extrait Kbis."
	case CompanyNumberGB:
		right, warning = companyGB(s), "A company number has eight characters: digits, with zeros before them if there are fewer, or two letters and six digits, like 00445790 or SC095000."
	case RegistrationNumberHK:
		right, warning = registrationHK(s), "A business registration number of Hong Kong has eight digits. Compare it with the certificate."
	case BusinessNumberIT:
		right, warning = partitaIVA(strings.TrimPrefix(s, "IT")) || rea(s), "This is neither a partita IVA (11 digits) nor a REA number, like MI-1234567. Compare it with the visura."
	case FiscalCodeIT:
		right, warning = fiscalCodeIT(s), "This is no Italian codice fiscale of a person (16 characters). Leave it if the representative has none and this is their tax number at home."
	case OrganisationNumberNO:
		right, warning = organisationNO(strings.TrimSuffix(strings.TrimPrefix(s, "NO"), "MVA")), "An organisasjonsnummer has nine digits, and the last one does not fit here. Compare it with the register."
	case RegisterNumberPL:
		right, warning = krs(s) || nip(s) || regon(s), "This is neither a KRS number, nor a NIP, nor a REGON. Compare it with the excerpt."
	case TaxNumberPT:
		right, warning = taxPT(strings.TrimPrefix(s, "PT")), "A Portuguese tax number has nine digits, and the last one does not fit here. Compare it with the document."
	case OrganisationNumberSE:
		right, warning = organisationSE(s), "An organisationsnummer has ten digits, and the last one does not fit here. Compare it with the registration."
	}
	if right {
		return "", nil
	}
	return warning, nil
}

// compact is a number without what people put between its digits.
func compact(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '-', '\u2010', '\u2011', '\u2013', '.', ',', '/', ':':
			return -1
		}
		return r
	}, strings.ToUpper(s))
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func letters(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// sum weighs the digits of s, which has as many as there are weights.
func sum(s string, weights ...int) int {
	total := 0
	for i, w := range weights {
		total += w * int(s[i]-'0')
	}
	return total
}

// luhn reports whether the last of the digits is right by ISO/IEC 7812-1.
func luhn(s string) bool {
	total := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		total += d
	}
	return total%10 == 0
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// einPrefix reports whether the IRS assigns EINs that begin with two digits.
func einPrefix(prefix string) bool {
	return !strings.Contains("00 07 08 09 17 18 19 28 29 49 69 70 78 79 89 96 97", prefix)
}

// vat checks numbers of the member states in the catalogue whole, and of the others by
// their letters and length alone.
// https://ec.europa.eu/taxation_customs/vies/#/faq
func vat(s string) bool {
	if len(s) < 4 {
		return false
	}
	rest := s[2:]
	switch s[:2] {
	case "AT":
		return vatAT(rest)
	case "BE":
		return enterpriseBE(rest)
	case "CZ":
		// Companies have eight digits; of people's nine or ten, nothing is checked.
		if len(rest) == 9 || len(rest) == 10 {
			return digits(rest)
		}
		return len(rest) == 8 && digits(rest) && rest[0] != '9' && checkCZ(rest)
	case "DE":
		return len(rest) == 9 && digits(rest) && rest[0] != '0' && mod1110(rest)
	case "DK":
		return len(rest) == 8 && digits(rest) && rest[0] != '0' && sum(rest, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
	case "ES":
		return taxES(rest)
	case "FI":
		return len(rest) == 8 && digits(rest) && sum(rest, 7, 9, 10, 5, 8, 4, 2, 1)%11 == 0
	case "FR":
		return vatFR(rest)
	case "IE":
		return vatIE(rest)
	case "IT":
		return partitaIVA(rest)
	case "NL":
		return vatNL(rest)
	case "PL":
		return nip(rest)
	case "PT":
		return taxPT(rest)
	case "SE":
		return len(rest) == 12 && digits(rest) && rest[10:] == "01" && luhn(rest[:10])
	case "BG", "CY", "EE", "EL", "HR", "HU", "LT", "LU", "LV", "MT", "RO", "SI", "SK", "XI":
		return len(rest) <= 12 && strings.Trim(rest, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	default:
		return false
	}
}

func vatAT(s string) bool {
	if len(s) != 9 || s[0] != 'U' || !digits(s[1:]) {
		return false
	}
	total := 4
	for i, c := range s[1:8] {
		d := int(c - '0')
		if i%2 == 1 {
			d = d*2/10 + d*2%10
		}
		total += d
	}
	return (total+int(s[8]-'0'))%10 == 0
}

func checkCZ(s string) bool {
	check := (11 - sum(s, 8, 7, 6, 5, 4, 3, 2)%11) % 11
	if check == 0 {
		check = 1
	}
	return check%10 == int(s[7]-'0')
}

// mod1110 is the check of ISO/IEC 7064, MOD 11,10.
func mod1110(s string) bool {
	p := 10
	for i := range len(s) - 1 {
		if p = (p + int(s[i]-'0')) % 10; p == 0 {
			p = 10
		}
		p = 2 * p % 11
	}
	return (p+int(s[len(s)-1]-'0'))%10 == 1
}

func vatFR(s string) bool {
	if len(s) != 11 || !digits(s[2:]) || strings.Trim(s[:2], "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ") != "" {
		return false
	}
	// Monaco's have no SIREN. Keys with letters are not checked: none are in use.
	if s[2:5] != "000" && !luhn(s[2:]) {
		return false
	}
	return !digits(s[:2]) || number(s[2:]+"12")%97 == number(s[:2])
}

func vatIE(s string) bool {
	const alphabet = "WABCDEFGHIJKLMNOPQRSTUV"
	if len(s) != 8 && len(s) != 9 {
		return false
	}
	if !digits(s[:7]) {
		// The old form, 8Z49289F: only its shape is checked.
		return len(s) == 8 && digits(s[:1]) && digits(s[2:7]) && letters(s[7:])
	}
	total := sum(s, 8, 7, 6, 5, 4, 3, 2)
	if len(s) == 9 {
		second := strings.IndexByte(alphabet, s[8])
		if second < 0 {
			return false
		}
		total += 9 * second
	}
	return s[7] == alphabet[total%23]
}

func vatNL(s string) bool {
	if len(s) != 12 || !digits(s[:9]) || s[9] != 'B' || !digits(s[10:]) {
		return false
	}
	if sum(s, 9, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0 {
		return true
	}
	// Since 2020 the sole traders' have a check of their own: ISO/IEC 7064, MOD 97-10,
	// over NL and the number, letters as numbers from A = 10.
	return number("2321"+s[:9]+"11"+s[10:])%97 == 1
}

func abn(s string) bool {
	return len(s) == 11 && digits(s) && s[0] != '0' && (sum(s, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)-10)%89 == 0
}

func acn(s string) bool {
	return len(s) == 9 && digits(s) && (10-sum(s, 8, 7, 6, 5, 4, 3, 2, 1)%10)%10 == int(s[8]-'0')
}

func enterpriseBE(s string) bool {
	if len(s) == 9 { // as they were before 2005
		s = "0" + s
	}
	return len(s) == 10 && digits(s) && s[0] <= '1' && number(s) > 0 && (number(s[:8])+number(s[8:]))%97 == 0
}

func uidCH(s string) bool {
	for _, register := range []string{"MWST", "TVA", "IVA", "VAT", "HR", "RC"} {
		s = strings.TrimSuffix(s, register)
	}
	s = strings.TrimPrefix(s, "CHE")
	return len(s) == 9 && digits(s) && (11-sum(s, 5, 4, 3, 2, 7, 6, 5, 4)%11)%11 == int(s[8]-'0')
}

// registerDE looks for a register's letters with a number of up to six digits after
// them; a court's name may stand around them, and letters after the number.
func registerDE(s string) bool {
	s = strings.ToUpper(s)
	for _, register := range []string{"HRB", "HRA", "GNR", "GSR", "PR", "VR"} {
		before, after, found := strings.Cut(s, register)
		if !found || before != "" && !strings.HasSuffix(before, " ") && !strings.HasSuffix(before, ",") {
			continue
		}
		after = strings.TrimLeft(after, " .:")
		n := len(after) - len(strings.TrimLeft(after, "0123456789"))
		if 0 < n && n <= 6 {
			return true
		}
	}
	return false
}

func taxES(s string) bool {
	const people = "TRWAGMYFPDXBNJZSQVHLCKE"
	if len(s) != 9 || !digits(s[1:8]) {
		return false
	}
	personal := func(n string) bool { return people[number(n)%23] == s[8] }
	switch c := s[0]; {
	case '0' <= c && c <= '9':
		return personal(s[:8])
	case 'X' <= c && c <= 'Z':
		return personal(string('0'+c-'X') + s[1:8])
	case strings.IndexByte("KLM", c) >= 0:
		return personal(s[1:8])
	case strings.IndexByte("ABCDEFGHJNPQRSUVW", c) >= 0:
		// A digit or a letter, by the kind of company.
		for check := range 10 {
			if luhn(s[1:8] + strconv.Itoa(check)) {
				return s[8] == byte('0'+check) || s[8] == "JABCDEFGHI"[check]
			}
		}
	}
	return false
}

func siren(s string) bool {
	switch {
	case !digits(s):
		return false
	case len(s) == 9:
		return luhn(s)
	case len(s) == 14 && s[:9] == "356000000":
		// The post's many offices add up to a multiple of five instead.
		return luhn(s) || sum(s, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)%5 == 0
	default:
		return len(s) == 14 && luhn(s[:9]) && luhn(s)
	}
}

func companyGB(s string) bool {
	if len(s) != 8 {
		return false
	}
	switch {
	case digits(s):
		return number(s) > 0
	case s[0] == 'R' && digits(s[1:]): // Northern Ireland before 1922
		return true
	case letters(s[:2]) && s[7] == 'R': // industrial and provident societies
		return digits(s[2:7])
	default:
		return letters(s[:2]) && digits(s[2:])
	}
}

// registrationHK takes the eight digits alone, or as on the certificate: with the branch,
// month and year, and a character: 12345678-000-05-25-A.
func registrationHK(s string) bool {
	return len(s) == 8 && digits(s) || len(s) == 16 && digits(s[:15]) || len(s) == 11 && digits(s)
}

func partitaIVA(s string) bool {
	if len(s) != 11 || !digits(s) || s[:7] == "0000000" {
		return false
	}
	province := number(s[7:10])
	return (1 <= province && province <= 100 || province == 120 || province == 121 || province == 888 || province == 999) && luhn(s)
}

// rea is the letters of a province and up to seven digits.
func rea(s string) bool {
	return len(s) >= 7 && len(s) <= 9 && letters(s[:2]) && digits(s[2:])
}

func fiscalCodeIT(s string) bool {
	if len(s) != 16 {
		return false
	}
	// Digits may be letters, where two people would have the same code.
	for i := range len(s) {
		allowed := "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		switch i {
		case 6, 7, 9, 10, 12, 13, 14:
			allowed = "0123456789LMNPQRSTUV"
		case 8:
			allowed = "ABCDEHLMPRST" // the months
		}
		if strings.IndexByte(allowed, s[i]) < 0 {
			return false
		}
	}
	odd := [...]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	total := 0
	for i := range 15 {
		v := int(s[i] - '0')
		if s[i] >= 'A' {
			v = int(s[i] - 'A')
		}
		if i%2 == 0 {
			v = odd[v]
		}
		total += v
	}
	return int(s[15]-'A') == total%26
}

func organisationNO(s string) bool {
	return len(s) == 9 && digits(s) && sum(s, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

func krs(s string) bool {
	return len(s) == 10 && digits(s) && s[:4] == "0000" && number(s) > 0
}

func nip(s string) bool {
	s = strings.TrimPrefix(s, "PL")
	return len(s) == 10 && digits(s) && s[0] != '0' && sum(s, 6, 5, 7, 2, 3, 4, 5, 6, 7, -1)%11 == 0
}

func regon(s string) bool {
	if !digits(s) || len(s) != 9 && len(s) != 14 {
		return false
	}
	if sum(s, 8, 9, 2, 3, 4, 5, 6, 7)%11%10 != int(s[8]-'0') {
		return false
	}
	return len(s) == 9 || sum(s, 2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8)%11%10 == int(s[13]-'0')
}

func taxPT(s string) bool {
	return len(s) == 9 && digits(s) && s[0] != '0' && (11-sum(s, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11%10 == int(s[8]-'0')
}

func organisationSE(s string) bool {
	if len(s) == 12 { // with the century that tax forms put in front
		s = strings.TrimPrefix(s, "16")
	}
	return len(s) == 10 && digits(s) && luhn(s)
}
