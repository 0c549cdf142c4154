package country

// The number types, by their names in the paths of Twilio's AvailablePhoneNumbers.
const (
	local  = "Local"
	mobile = "Mobile"
)

// businesses is the type of customer that all retailers are.
const businesses = "business"

// How a row is filled:
//
// Language is the one most of the country's people read; bilingual countries have
// a comment. A store may set its own.
//
// NumberType is confirmed for US and CA by Twilio's documentation, and for GB, AU and
// DE by what its users report. For the others it is what is expected, because their
// local numbers are landlines: what a number can do is known from its capabilities.
//
// Bundle is true wherever Twilio asks for papers before it sells. Where a country
// needs none after all, Twilio's Regulations have the last word:
// https://www.twilio.com/docs/phone-numbers/regulatory/api/regulations
//
// Sorted by code, which Of relies on.
var countries = [...]Country{
	{Code: "AT", Name: "Austria", Language: "de", SelfServe: true, Listed: true, NumberType: mobile, Registration: "AT", EndUserType: businesses, Bundle: true},
	// Confirmed: local numbers have no SMS.
	{Code: "AU", Name: "Australia", Language: "en", SelfServe: true, Listed: true, NumberType: mobile, Registration: "AU", EndUserType: businesses, Bundle: true},
	// Dutch or French by region: Dutch is the first language of three in five. A store
	// in Brussels or Wallonia sets fr.
	{Code: "BE", Name: "Belgium", Language: "nl", Listed: true, NumberType: mobile, Registration: "BE", EndUserType: businesses, Bundle: true},
	// Confirmed. There are no mobile numbers. A store in Quebec sets fr.
	{Code: "CA", Name: "Canada", Language: "en", SelfServe: true, Listed: true, NumberType: local, MMS: true, Registration: "US", EndUserType: businesses},
	// German is the first language of three in five; a store elsewhere sets fr or it.
	{Code: "CH", Name: "Switzerland", Language: "de", Listed: true, NumberType: mobile, Registration: "CH", EndUserType: businesses, Bundle: true},
	{Code: "CZ", Name: "Czech Republic", Language: "cs", SelfServe: true, Listed: true, NumberType: mobile, Registration: "CZ", EndUserType: businesses, Bundle: true},
	// Confirmed: local numbers have no SMS.
	{Code: "DE", Name: "Germany", Language: "de", SelfServe: true, Listed: true, NumberType: mobile, Registration: "DE", EndUserType: businesses, Bundle: true},
	{Code: "DK", Name: "Denmark", Language: "da", SelfServe: true, Listed: true, NumberType: mobile, Registration: "DK", EndUserType: businesses, Bundle: true},
	{Code: "EE", Name: "Estonia", Language: "et", SelfServe: true, NumberType: mobile, Registration: "EE", EndUserType: businesses, Bundle: true},
	{Code: "ES", Name: "Spain", Language: "es", Listed: true, NumberType: mobile, Registration: "ES", EndUserType: businesses, Bundle: true},
	// A store on the Swedish-speaking coast or on Åland sets sv.
	{Code: "FI", Name: "Finland", Language: "fi", SelfServe: true, Listed: true, NumberType: mobile, Registration: "FI", EndUserType: businesses, Bundle: true},
	{Code: "FR", Name: "France", Language: "fr", Listed: true, NumberType: mobile, Registration: "FR", EndUserType: businesses, Bundle: true},
	// Confirmed; but the search shows some of these numbers without SMS that have it.
	{Code: "GB", Name: "United Kingdom", Language: "en", SelfServe: true, Listed: true, NumberType: mobile, Registration: "GB", EndUserType: businesses, Bundle: true},
	// Chinese in traditional characters; many stores write English and set en.
	{Code: "HK", Name: "Hong Kong", Language: "zh", SelfServe: true, Listed: true, NumberType: mobile, Registration: "HK", EndUserType: businesses, Bundle: true},
	{Code: "IE", Name: "Ireland", Language: "en", Listed: true, NumberType: mobile, Registration: "IE", EndUserType: businesses, Bundle: true},
	{Code: "IL", Name: "Israel", Language: "he", SelfServe: true, NumberType: mobile, Registration: "IL", EndUserType: businesses, Bundle: true},
	{Code: "IT", Name: "Italy", Language: "it", SelfServe: true, Listed: true, NumberType: mobile, Registration: "IT", EndUserType: businesses, Bundle: true},
	{Code: "MY", Name: "Malaysia", Language: "ms", Listed: true, NumberType: mobile, Registration: "MY", EndUserType: businesses, Bundle: true},
	{Code: "NL", Name: "Netherlands", Language: "nl", Listed: true, NumberType: mobile, Registration: "NL", EndUserType: businesses, Bundle: true},
	// Bokmål, the written Norwegian of most.
	{Code: "NO", Name: "Norway", Language: "nb", Listed: true, NumberType: mobile, Registration: "NO", EndUserType: businesses, Bundle: true},
	// English, the language of business, which Filipino speakers read too.
	{Code: "PH", Name: "Philippines", Language: "en", SelfServe: true, NumberType: mobile, Registration: "PH", EndUserType: businesses, Bundle: true},
	{Code: "PL", Name: "Poland", Language: "pl", SelfServe: true, Listed: true, NumberType: mobile, Registration: "PL", EndUserType: businesses, Bundle: true},
	{Code: "PT", Name: "Portugal", Language: "pt", Listed: true, NumberType: mobile, Registration: "PT", EndUserType: businesses, Bundle: true},
	{
		Code: "SE", Name: "Sweden", Language: "sv", Listed: true, NumberType: mobile, Registration: "SE", EndUserType: businesses, Bundle: true,
		Note: "The table's row is for a national number. Twilio sells those as a type of their own. Numbers that text are expected to be mobile, as in the countries around, so the mobile Regulation counts; it may ask for something else.",
	},
	// Self-serve by the product's list, but Twilio offers no two-way texting with Thai
	// numbers at present: what it sells there cannot text, so an order finds no number.
	// https://www.twilio.com/en-us/guidelines/th/sms
	{Code: "TH", Name: "Thailand", Language: "th", SelfServe: true, NumberType: mobile, Registration: "TH", EndUserType: businesses, Bundle: true},
	// Confirmed. There are no mobile numbers.
	{Code: "US", Name: "United States", Language: "en", SelfServe: true, Listed: true, NumberType: local, MMS: true, Registration: "US", EndUserType: businesses},
	// English, the language of business among eleven others.
	{Code: "ZA", Name: "South Africa", Language: "en", SelfServe: true, NumberType: mobile, Registration: "ZA", EndUserType: businesses, Bundle: true},
}
