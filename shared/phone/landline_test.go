package phone_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/phone"
)

// Numbers as shops write them, among them ones that countries keep for fiction and no
// operator has.
var landlines = []struct{ country, written, e164 string }{
	{"AT", "01 588580", "+431588580"},
	{"AT", "0664 1234567", "+436641234567"},
	{"AT", "0720 123456", "+43720123456"}, // internet telephony
	{"AU", "(02) 5550 1234", "+61255501234"},
	{"AU", "0491 570 006", "+61491570006"},
	{"AU", "0011 61 2 5550 1234", "+61255501234"},
	{"AU", "08 9164 1234", "+61891641234"}, // Christmas Island
	{"BE", "02 201 23 45", "+3222012345"},
	{"BE", "0470 12 34 56", "+32470123456"},
	{"CA", "416-555-0123", "+14165550123"},
	{"CA", "1 (867) 555-0123", "+18675550123"},
	{"CA", "011 1 416 555 0123", "+14165550123"},
	{"CH", "044 668 18 00", "+41446681800"},
	{"CZ", "224 123 456", "+420224123456"},
	{"CZ", "420 224 123 456", "+420224123456"},
	{"DE", "0160 1234567", "+491601234567"},
	{"DE", "+49 160 1234567", "+491601234567"},
	{"DE", "0049 160 1234567", "+491601234567"},
	{"DE", "+49 (0) 160 / 123-4567", "+491601234567"},
	{"DE", "(+49) 30 23125-190", "+493023125190"},
	{"DE", "030/23125190", "+493023125190"},
	{"DE", "(030) 23 12 51 90", "+493023125190"},
	{"DE", "030–23125–190", "+493023125190"},
	{"DE", "☎ 030 23125 190", "+493023125190"},
	{"DE", "０３０　２３１２５１９０", "+493023125190"},
	{"DE", "٠٣٠ ٢٣١٢٥ ١٩٠", "+493023125190"},
	{"DE", "4930901820", "+4930901820"}, // it can be nothing else
	{"DE", "0171 39200123", "+4917139200123"},
	{"DE", "040 66969 123", "+494066969123"},
	{"DE", "032 2 1234567", "+493221234567"}, // internet telephony
	{"DK", "33 12 34 56", "+4533123456"},
	{"DK", "45 12 34 56", "+4545123456"}, // its own 45, not the country's
	{"DK", "45 33 12 34 56", "+4533123456"},
	{"EE", "612 3456", "+3726123456"},
	{"ES", "91 123 45 67", "+34911234567"},
	{"FI", "09 1234567", "+35891234567"},
	{"FI", "018 12345", "+3581812345"}, // Åland
	{"FR", "01 99 00 12 34", "+33199001234"},
	{"FR", "06 39 98 00 01", "+33639980001"},
	{"FR", "09 70 00 00 00", "+33970000000"}, // internet telephony
	{"GB", "020 7946 0190", "+442079460190"},
	{"GB", "+44 (0)20 7946 0190", "+442079460190"},
	{"GB", "44 20 7946 0190", "+442079460190"},
	{"GB", "01632 960123", "+441632960123"},
	{"GB", "07700 900123", "+447700900123"},
	{"GB", "056 1234 5678", "+445612345678"}, // internet telephony
	{"HK", "2123 4567", "+85221234567"},
	{"HK", "852 2123 4567", "+85221234567"},
	{"IE", "01 443 1234", "+35314431234"},
	{"IE", "020 911 2345", "+353209112345"},
	{"IL", "02-623-4567", "+97226234567"},
	{"IL", "050-123-4567", "+972501234567"},
	{"IT", "02 1234 5678", "+390212345678"},
	{"IT", "+39 06 1234 5678", "+390612345678"},
	{"IT", "0039 02 12345678", "+390212345678"},
	{"IT", "393 123 4567", "+393931234567"}, // its own 39, not the country's
	{"MY", "03-2345 6789", "+60323456789"},
	{"NL", "020 123 4567", "+31201234567"},
	{"NL", "085 123 4567", "+31851234567"}, // internet telephony
	{"NO", "22 12 34 56", "+4722123456"},
	{"NO", "79 02 12 34", "+4779021234"}, // Svalbard
	{"PH", "(02) 8123 4567", "+63281234567"},
	{"PL", "22 123 45 67", "+48221234567"},
	{"PL", "48 123 45 67", "+48481234567"}, // Radom
	{"PT", "21 123 4567", "+351211234567"},
	{"SE", "08-465 004 00", "+46846500400"},
	{"SE", "070-174 06 05", "+46701740605"},
	{"TH", "02 123 4567", "+6621234567"},
	{"US", "(212) 555-0123", "+12125550123"},
	{"US", "1-212-555-0123", "+12125550123"},
	{"US", "212.555.0123", "+12125550123"},
	{"US", "2125550123", "+12125550123"},
	{"US", "+1 212 555 0123", "+12125550123"},
	{"US", "999-555-0123", "+19995550123"}, // an area code that may open
	{"US", "598-555-0123", "+15985550123"}, // the same, next to personal numbers, 588
	{"ZA", "011 123 4567", "+27111234567"},
}

func TestLandline(t *testing.T) {
	t.Parallel()
	for _, tt := range landlines {
		if got, err := phone.Landline(tt.written, tt.country); got != tt.e164 || err != nil {
			t.Errorf("%q in %s: %q, %v; want %s", tt.written, tt.country, got, err, tt.e164)
		}
		// Read again it is the same, wherever it is kept in between.
		if got, err := phone.Landline(tt.e164, tt.country); got != tt.e164 || err != nil {
			t.Errorf("%q in %s: %q, %v", tt.e164, tt.country, got, err)
		}
	}
}

// What the caller is told, in part.
const (
	premium   = "is a premium-rate number"
	tollFree  = "is a toll-free number"
	shared    = "is a shared-cost number"
	company   = "is a company-wide service number"
	personal  = "is a personal number"
	emergency = "is an emergency number"
	short     = "is a short number"
	service   = "is an international service"
	extension = "a forwarded call cannot dial"
	letters   = "has letters or signs in it"
	tooFew    = "has too few digits"
	tooMany   = "has too many digits"
	no0       = "lacks its area code, or the 0 before it"
	noPlus    = "without a plus"
	noSuch    = "begins like that and has as many digits"
	noCode    = "a country code that does not exist"
	noNumber  = "is not a phone number"
	noCountry = "Correct the country"
)

var refused = []struct{ country, written, detail string }{
	{"AT", "0900 123456", premium},
	{"AT", "0810 123456", shared},
	{"AT", "0800 123456", tollFree},
	{"AT", "01 180", noSuch}, // not yet E.164
	{"AU", "1900 123 456", premium},
	{"AU", "1902 123 456", premium},
	{"AU", "1300 975 707", shared},
	{"AU", "13 12 34", shared},
	{"AU", "1800 975 707", tollFree},
	{"AU", "000", emergency},
	{"AU", "5550 1234", no0},
	{"BE", "0900 12 345", premium},
	{"BE", "070 12 34 56", premium}, // nobody's, next to 070 2
	{"CA", "1-212-555-0123", "+12125550123 is a number of the United States (US), which shares the country code +1, but the store's country is Canada (CA)."},
	{"CA", "+1 900 555 0123", premium},
	{"CA", "1-800-555-0199", tollFree},
	{"CH", "0900 123 456", premium},
	{"CH", "0848 123 456", shared},
	{"CZ", "900 123 456", premium},
	{"DE", "0900 1 234567", premium},
	{"DE", "0900 2 234567", premium}, // nobody's, next to 0900 1
	{"DE", "0137 7 123456", premium},
	{"DE", "0180 5 123456", shared},
	{"DE", "0800 1234567", tollFree},
	{"DE", "0700 12345678", personal},
	{"DE", "110", emergency},
	{"DE", "11880", short},
	{"DE", "+49 11880", short},
	{"DE", "116117", short},
	{"DE", "+43 1 588580", "+431588580 is a number of Austria (AT), but the store's country is Germany (DE). Give"},
	{"DE", "0043 1 588580", "a number of Austria (AT)"},
	{"DE", "+65 6123 4567", "a number of another country (SG)"},
	{"DE", "+800 1234 5678", service},
	{"DE", "+882 16 1234567", service},
	{"DE", "+999 1234567", noCode},
	{"DE", "+030 23125190", noCode},
	{"DE", "49 160 1234567", noPlus}, // or 0491 601234567
	{"DE", "23125 190", no0},
	{"DE", "160 1234567", no0},
	{"DE", "030 12", noSuch},
	{"DE", "01149 160 1234567", noSuch}, // as from the US
	{"FI", "00000000001", noSuch},
	{"DE", "030 23125190 ext. 12", "The phone has the extension 12, which a forwarded call cannot dial."},
	{"DE", "030 23125190 x12", extension},
	{"DE", "030 23125190,12", extension},
	{"DE", "030 23125190;ext=12", extension},
	{"DE", "0160 1234567 Anna", letters},
	{"DE", "Tel. 030 23125190", letters},
	{"DE", "Ada", letters},
	{"DE", "**21*03023125190#", letters},
	{"DE", "030 23125190 / 030 23125191", tooMany},
	{"DE", strings.Repeat("030 ", 1000), tooMany},
	{"DE", "", noNumber},
	{"DE", " ", noNumber},
	{"DE", "+49", noNumber},
	{"DE", "12", tooFew},
	{"DE", "+49 1", tooFew},
	{"DE", "00 4", tooFew},
	{"DE", "\xff\xfe", noNumber},
	{"DK", "90 12 34 56", premium},
	{"DK", "80 12 34 56", tollFree},
	{"DK", "12 34 56 78", noSuch},
	{"EE", "900 1234", premium},
	{"ES", "806 123 456", premium},
	{"ES", "902 123 456", shared},
	{"FI", "0600 12345", premium},
	{"FI", "010 1234567", company},
	{"FR", "0 892 70 12 39", premium},
	{"FR", "0 825 12 34 56", shared},
	{"FR", "0 800 12 34 56", tollFree},
	{"FR", "3631", short},
	{"FR", "118 218", short},
	{"FR", "+262 262 12 34 56", "a number of another country (RE)"},
	{"GB", "0909 879 0123", premium},
	{"GB", "0920 879 0123", premium}, // nobody's, next to 0910
	{"GB", "0870 123 4567", premium},
	{"GB", "0345 123 4567", company},
	{"GB", "0808 157 0192", tollFree},
	{"GB", "070 1234 5678", personal},
	{"GB", "07640 123456", "is a pager"},
	{"GB", "118118", short},
	{"GB", "999", emergency},
	{"GB", "020 7946 0", noSuch},
	{"GB", "2079460190", no0},
	{"GB", "01534 123456", "+441534123456 is a number of Jersey (JE), which shares the country code +44, but the store's country is the United Kingdom (GB)."},
	{"GB", "01481 256789", "a number of Guernsey (GG), which shares"},
	{"GB", "01624 756789", "a number of the Isle of Man (IM), which shares"},
	{"HK", "900 12 345 678", premium},
	{"HK", "800 123 456", tollFree},
	{"IE", "1520 123 456", premium},
	{"IE", "1890 123 456", shared},
	{"IL", "1-900-123-456", premium},
	{"IL", "1-700-123-456", shared},
	{"IL", "*2345", letters},
	{"IT", "899 123456", premium},
	{"IT", "892 123", premium},
	{"IT", "848 123456", shared},
	{"IT", "800 123456", tollFree},
	{"IT", "+39 2 1234 5678", noSuch}, // its 0 belongs to the number
	{"IT", "06 698 12345", "a number of the Vatican (VA), which shares"},
	{"MY", "1600 12 3456", premium},
	{"NL", "0900 1234567", premium},
	{"NL", "14 020", company},
	{"NO", "829 12 345", premium},
	{"NO", "02400", company},
	{"PL", "70 112 34 56", premium},
	{"PL", "801 123 456", shared},
	{"PT", "760 123 456", premium},
	{"SE", "0900-123 45", premium},
	{"SE", "020-12 34 56", tollFree},
	{"TH", "1900 123 456", premium},
	{"TH", "1234", tooFew},
	{"US", "1-900-555-0123", premium},
	{"US", "1-800-555-0199", tollFree},
	{"US", "1-500-555-0006", personal},
	{"US", "911", emergency},
	{"US", "22395", short},
	{"US", "555-0123", tooFew},
	{"US", "212-555-01234", tooMany},
	{"US", "012-555-0123", noSuch},
	{"US", "212-555-SHOE", letters},
	{"US", "(212) 555-0123 #12", extension},
	{"US", "416-555-0123", "a number of Canada (CA), which shares"},
	{"US", "787-555-0123", "a number of Puerto Rico (PR), which shares"},
	{"US", "011 44 20 7946 0190", "a number of the United Kingdom (GB), but the store's country is the United States (US)."},
	{"ZA", "086 234 5678", premium},
	{"ZA", "0860 123 456", shared},
	{"XX", "+49 30 23125190", noCountry},
	{"de", "030 23125190", noCountry},
	{"", "+49 30 23125190", noCountry},
}

func TestLandlineRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range refused {
		got, err := phone.Landline(tt.written, tt.country)
		var e *clienteling.Error
		if got != "" || !errors.As(err, &e) {
			t.Errorf("%.40q in %q: %q, %v; want an error: %s", tt.written, tt.country, got, err, tt.detail)
			continue
		}
		if e.Kind != clienteling.Unprocessable || e.Code != "phone_invalid" || !strings.Contains(e.Detail, tt.detail) {
			t.Errorf("%.40q in %q: %v; want: %s", tt.written, tt.country, e, tt.detail)
		}
		if len(e.Fields) != 1 || e.Fields[0].Pointer != "/phone" || e.Fields[0].Detail == "" {
			t.Errorf("%.40q in %q: fields %v", tt.written, tt.country, e.Fields)
		}
		if strings.Contains(e.Detail, "%!") {
			t.Errorf("%.40q in %q: %s", tt.written, tt.country, e.Detail)
		}
	}
}

// The library has a genuine number of most types for each country.
func TestLandlineInEveryCountry(t *testing.T) {
	t.Parallel()
	for _, c := range country.All() {
		for kind, good := range map[phonenumbers.PhoneNumberType]bool{
			phonenumbers.FIXED_LINE:      true,
			phonenumbers.MOBILE:          true,
			phonenumbers.VOIP:            true,
			phonenumbers.PREMIUM_RATE:    false,
			phonenumbers.TOLL_FREE:       false,
			phonenumbers.SHARED_COST:     false,
			phonenumbers.UAN:             false,
			phonenumbers.PERSONAL_NUMBER: false,
			phonenumbers.PAGER:           false,
			phonenumbers.VOICEMAIL:       false,
		} {
			example := phonenumbers.GetExampleNumberForType(c.Code, kind)
			if example == nil {
				if kind == phonenumbers.FIXED_LINE {
					t.Errorf("no landlines are known of %s", c.Code)
				}
				continue
			}
			e164 := phonenumbers.Format(example, phonenumbers.E164)
			for _, form := range []phonenumbers.PhoneNumberFormat{phonenumbers.NATIONAL, phonenumbers.INTERNATIONAL} {
				written := phonenumbers.Format(example, form)
				got, err := phone.Landline(written, c.Code)
				if good && (got != e164 || err != nil) || !good && err == nil {
					t.Errorf("%q in %s, of type %d: %q, %v", written, c.Code, kind, got, err)
				}
			}
			if good && phone.Country(e164) != c.Code {
				t.Errorf("%s is of %q, not %s", e164, phone.Country(e164), c.Code)
			}
		}
	}
}

// Whatever is read is E.164, has a country and reads as itself.
func FuzzLandline(f *testing.F) {
	for _, tt := range landlines {
		f.Add(tt.written, tt.country)
	}
	for _, tt := range refused {
		f.Add(tt.written, tt.country)
	}
	f.Fuzz(func(t *testing.T, written, in string) {
		got, err := phone.Landline(written, in)
		if (got == "") == (err == nil) {
			t.Fatalf("%q, %v", got, err)
		}
		if err != nil {
			return
		}
		if again, err := phone.Landline(got, in); again != got || err != nil {
			t.Errorf("%q in %q is %s, and that is %q, %v", written, in, got, again, err)
		}
		if !clienteling.IsE164(got) || phone.Country(got) == "" || phone.National(got) == got {
			t.Errorf("%q in %q is %s of %q, %q", written, in, got, phone.Country(got), phone.National(got))
		}
	})
}
