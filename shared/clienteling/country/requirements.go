package country

// Items returns what the country asks for, in the order of the table: first what the
// table lists, then what Twilio needs beyond it. Canada and the United States have the
// same items, since one file is for both. There are none for a country that is not
// Listed, which does not mean that nothing is needed: Twilio is asked. The slice, and
// what is in it, is the caller's own.
func (c Country) Items() []Item {
	switch c.Registration {
	case "AT":
		return []Item{
			businessName("Business Name"),
			businessAddress("Business Address (In Austria)", "AT"),
			representative("Name of Authorized Representative"),
			excerpt("Excerpt from company book showing address").in("AT"),
			representativeID("Government-issued ID or Passport of representative."),
		}
	case "AU":
		return []Item{
			businessName("Business Name"),
			businessAddress("Business Address", ""),
			registrationNumber("Business ID Number", BusinessNumberAU),
			excerpt("“Company Current Extract” from the Australian Securities & Investments Commission"),
		}
	case "BE":
		return []Item{
			businessName("Business Name"),
			businessAddress("Business Address", ""),
			registrationNumber("Business Registration Number", EnterpriseNumberBE),
			vatNumber("VAT number"),
			excerpt("Excerpt from the commercial register (extrait BCE)"),
		}
	case "CH":
		return []Item{
			businessName("Business Name"),
			businessAddress("Business Address", ""),
			registrationNumber("Unternehmens-Identifikations number (UID)", UIDCH),
			excerpt("Excerpt from the commercial or official business register showing the local address").in("CH").
				note("The local address is read as one in Switzerland: the numbers are Swiss, and the table asks the same of its other countries by name."),
		}
	case "CZ":
		return []Item{
			businessName("Business Name"),
			businessAddress("Registered Business Address", ""),
			representative("Name of Authorized Representative"),
			representativeAddress("Address of Authorized Representative", ""),
			authorization("Authorization of Representative"),
			excerpt("Excerpt from the business register"),
			representativeID("Government-issued ID or Passport"),
			document("representative_authorization_proof",
				"Other documentation showing the representative is a director or country manager for the business",
				"rep_authorization").oneOf("authorization"),
		}
	case "DE":
		return []Item{
			businessName("Business Name"),
			businessAddress("Business Address (within Germany)", "DE"),
			registrationNumber("Business Registration Number", RegisterNumberDE),
			vatNumber("VAT Number"),
			excerpt("German Commercial Extract (Handelsregisterauszug)"),
			representative("Name of the representative").mayBeAsked(),
			businessWebsite().mayBeAsked(),
			representativeEmail().mayBeAsked(),
		}
	case "DK":
		return []Item{
			businessName("Business Name"),
			businessAddress("Business Address (within Denmark)", "DK"),
		}
	case "ES":
		return []Item{
			taxNumber("Spanish Fiscal Identification Number", TaxNumberES),
			businessAddress("Business Address (within Spain)", "ES"),
			businessName("Business Name"),
			document("tax_number_proof", "Tax Identity Number” document", "tax_document"),
		}
	case "FI", "NL":
		return []Item{
			businessName("Business Name"),
			businessAddress("Business Address", ""),
		}
	case "FR":
		return []Item{
			businessName("Business Name"),
			businessAddress("Business Address", ""),
			registrationNumber("Business Registration Number", SIREN),
			identityPaper("proof_of_identity", "Proof of Identity").oneOf("identity").
				note("Listed as information, but a proof is a paper, and the documents name it: so the passport or ID, uploaded once, is enough for both lines."),
			excerpt("Extrait Kbis"),
			representativeID("Passport/Government-Issued ID").oneOf("identity"),
			document("representative_authorization_proof",
				"If name on Passport isn’t visible on Kbis, an extra document proving legal authority will be required.",
				"power_of_attorney").when(NameNotOnKbis, "The name on the passport is not on the Extrait Kbis"),
			// https://www.twilio.com/docs/phone-numbers/regulatory/api/evaluations shows a
			// French bundle that is noncompliant without it.
			representative("Name of the representative, as on the passport or ID").from(Twilio),
			businessWebsite().mayBeAsked(),
			representativeEmail().mayBeAsked(),
		}
	case "GB":
		return []Item{
			businessName("Business Name"),
			registrationNumber("Business Registration Number", CompanyNumberGB).oneOf("registration"),
			businessAddress("Business Address", ""),
			document("registration_proof",
				"If the “Company Number” AKA “Business Registration Number” is provided, no documentation is required to be approved.",
				"commercial_registrar_excerpt").oneOf("registration").
				note("Which paper is needed without the number is not said. It is read as one that shows that the business is registered, which is what the number shows."),
		}
	case "HK":
		return []Item{
			businessName("Business Name"),
			registrationNumber("Business Registration Number", RegistrationNumberHK),
			businessAddress("Business Address", ""),
			document("registration_change", "Business Number Change/Application", "business_registration").
				note("Listed as a document, and read as one: the form by which the business registration was applied for or changed, which shows the name and number."),
			document("utility_bill", "Utility Bill", "utility_bill"),
		}
	case "IE":
		return []Item{
			businessName("Business Name"),
			businessAddress("Business Address (within Ireland)", "IE"),
			excerpt("Business Registry").
				note("Listed as a document, and read as one: an extract of the register of companies, as the other countries name it."),
		}
	case "IT":
		return []Item{
			businessName("Business Name"),
			businessAddress("Business Address", ""),
			registrationNumber("VAT or Business Registration ID", BusinessNumberIT),
			representative("Name of Auth. Rep."),
			aboutRepresentative("representative_birth_date", "Date of birth of Rep.", Date, "birth_date"),
			aboutRepresentative("representative_birth_place", "Place of birth of Rep.", Text, "birth_place"),
			aboutRepresentative("representative_fiscal_code", "Fiscal Code of Rep. (TaxID or SSN)", Text, "fiscal_code").as(FiscalCodeIT),
			aboutRepresentative("representative_nationality", "Nationality of Rep.", CountryCode, "nationality"),
			document("business_proof", "Business Registry or utility Bill or tax notice", "commercial_registrar_excerpt", "utility_bill", "tax_notice"),
			representativeID("Government issued ID or Passport"),
		}
	case "MY":
		return []Item{
			businessName("Business Name"),
			businessAddress("Business Address (In Malaysia)", "MY"),
			representative("Name of Auth Rep."),
			aboutRepresentative("representative_id_number", "Identity document number of rep", Text, "document_number"),
			aboutRepresentative("representative_id_country", "Identity document issuing country of rep", CountryCode, "document_issuing_country"),
			representativeAddress("Address of Rep (must be in Malaysia)", "MY"),
			letter("letter_of_authorization", "Letter of Auth for the Rep").
				note("Listed as information, but it names a paper, which the documents list again as executed, that is, signed: so the signed letter, uploaded once, is enough for both lines."),
			registration("Business registration showing Malaysian address").in("MY"),
			representativeID("Passport or goverment-issued ID"),
			document("representative_address_id", "Government-issued ID showing Malaysian address (for Malaysian citizens or permanent residents)", "government_issued_document").
				in("MY").when(CitizenOrResident, "The representative is a citizen or permanent resident of Malaysia"),
			letter("executed_letter_of_authorization", "Executed Letter of Authorization"),
		}
	case "NO":
		return []Item{
			businessName("Business Name"),
			businessAddress("Business Address", ""),
			registrationNumber("Business Registration Number", OrganisationNumberNO),
			representative("Name of Auth Rep."),
			authorization("Auth of Auth Rep"),
			registration("Business Registration"),
			representativeID("Goverment-issued ID or Passport with picture of Authorized Representative."),
			authorizationProof("Power of attorney or official documentation such as the commercial registry identifying the person as a country manager and an authorized representative."),
		}
	case "PL":
		return []Item{
			businessName("Business Name"),
			registrationNumber("Business Registration number", RegisterNumberPL),
			businessAddress("Business Address", ""),
			representative("Name of Auth Rep."),
			authorization("Auth of Auth Rep."),
			excerpt("Excerpt from a relevant business register"),
			authorizationProof("Power of attorney or Other official documentation identifying the person as an authorized representative (for example, business registration identifying the individual as a country manager)"),
		}
	case "PT":
		return []Item{
			businessName("Business Name"),
			businessAddress("Business Address (In Portugal)", "PT"),
			taxNumber("Business Tax Number", TaxNumberPT),
			excerpt("Excerpt from the commercial register showing Portuguese address").in("PT"),
			document("tax_number_proof", "Government-issued ID showing tax number", "government_issued_document"),
		}
	case "SE":
		return []Item{
			businessAddress("Swedish Address", "SE"),
			registrationNumber("Business Registration Number", OrganisationNumberSE),
			registration("Business Registration that shows the Swedish Address").in("SE"),
			// No bundle of a business goes without one.
			businessName("Business name").from(Twilio),
		}
	case "US":
		return a2p()
	default:
		return nil
	}
}

// a2p are the items of the United States and Canada: what Twilio's A2P 10DLC takes.
//
// Not asked, because the same for every retailer: business_identity is direct_customer,
// and business_registration_identifier is EIN. Values and rules:
// https://www.twilio.com/docs/messaging/compliance/a2p-10dlc/collect-business-info
func a2p() []Item {
	const (
		information    = "customer_profile_business_information"
		representative = "authorized_representative_1"
		messaging      = "us_a2p_messaging_profile_information"
		public         = "The company's stock is publicly traded"
	)
	return []Item{
		registrationNumber("US EIN", EIN).key("ein").on(EndUser, information).
			note("Asked of every business, also of one in Canada alone, as the table has one row for both. Twilio would take its Canadian business number, but under another identifier."),
		businessName("Legal Business Name").on(EndUser, information),
		businessAddress("Business Address", "").on(AddressObject, "customer_profile_address"),
		choices("business_type", "Business Type (LLC or Corp)", "business_type",
			"Corporation", "Limited Liability Corporation", "Partnership", "Co-operative", "Non-profit Corporation").on(EndUser, information).
			note("The two that the table names, and the others that Twilio takes. A sole proprietorship is none of them: it has no EIN, or is registered as one of these."),
		choices("regions", "Business Regions of Operation", "business_regions_of_operation",
			"USA_AND_CANADA", "EUROPE", "ASIA", "LATIN_AMERICA", "AFRICA").on(EndUser, information).
			note("One, the most important: Twilio's published requests hold one value."),
		businessWebsite().on(EndUser, information).named("website_url"),
		choices("business_industry", "Business industry", "business_industry",
			"AGRICULTURE", "AUTOMOTIVE", "BANKING", "CONSTRUCTION", "CONSUMER", "EDUCATION", "ELECTRONICS", "ENERGY", "ENGINEERING",
			"FAST_MOVING_CONSUMER_GOODS", "FINANCIAL", "FINTECH", "FOOD_AND_BEVERAGE", "GOVERNMENT", "HEALTHCARE", "HOSPITALITY",
			"INSURANCE", "JEWELRY", "LEGAL", "MANUFACTURING", "MEDIA", "NOT_FOR_PROFIT", "OIL_AND_GAS", "ONLINE", "PROFESSIONAL_SERVICES",
			"RAW_MATERIALS", "REAL_ESTATE", "RELIGION", "RETAIL", "TECHNOLOGY", "TELECOMMUNICATIONS", "TRANSPORTATION", "TRAVEL").
			on(EndUser, information).from(Twilio),
		aboutRepresentative("representative", "Name of the authorized representative", Person, "first_name last_name").on(EndUser, representative).from(Twilio),
		representativeEmail().on(EndUser, representative),
		aboutRepresentative("representative_phone", "Phone number of the authorized representative", Text, "phone_number").as(E164).on(EndUser, representative).from(Twilio),
		aboutRepresentative("representative_title", "Job title of the authorized representative", Text, "business_title").on(EndUser, representative).from(Twilio),
		choices("representative_position", "Position of the authorized representative", "job_position",
			"Director", "GM", "VP", "CEO", "CFO", "General Counsel", "Other").on(EndUser, representative).personal().from(Twilio),
		choices("stock_exchange", "Stock exchange", "stock_exchange",
			"NASDAQ", "NYSE", "AMEX", "AMX", "ASX", "B3", "BME", "BSE", "FRA", "ICEX", "JPX", "JSE", "KRX", "LON", "NSE", "OMX",
			"SEHK", "SGX", "SSE", "STO", "SWX", "SZSE", "TSX", "TWSE", "VSE", "OTHER", "NONE").
			on(EndUser, messaging).when(PublicCompany, public).from(Twilio),
		Item{Key: "stock_ticker", Label: "Stock ticker", Kind: Text}.on(EndUser, messaging).named("stock_ticker").when(PublicCompany, public).from(Twilio),
		// The registry sends a code there, and takes neither free mail nor lists.
		Item{Key: "brand_email", Label: "Company e-mail address of a person, to which a code is sent", Kind: Email}.
			on(EndUser, messaging).named("brand_contact_email").when(PublicCompany, public).personal().from(Twilio),
		policy("privacy_policy", "Privacy policy on the website", "PrivacyPolicyUrl"),
		policy("terms", "Terms and conditions on the website", "TermsAndConditionsUrl"),
	}
}

// What several countries ask for, needed always unless the row says otherwise.

func businessName(label string) Item {
	return Item{Key: "business_name", Label: label, Kind: Text, Required: true, Source: Seed, Twilio: business("business_name")}
}

func businessAddress(label, in string) Item {
	return Item{Key: "business_address", Label: label, Kind: Address, In: in, Required: true, Source: Seed, Twilio: Field{Object: AddressObject, Name: "address_sids", Type: "business_address"}}
}

func registrationNumber(label string, f Format) Item {
	return Item{Key: "registration_number", Label: label, Kind: Text, Format: f, Required: true, Source: Seed, Twilio: business("business_registration_number")}
}

func vatNumber(label string) Item {
	return Item{Key: "vat_number", Label: label, Kind: Text, Format: VAT, Required: true, Source: Seed, Twilio: business("vat_number")}
}

// taxNumber stands for the registration number where the table asks for no other.
func taxNumber(label string, f Format) Item {
	return registrationNumber(label, f).key("tax_number").named("tax_id")
}

func aboutRepresentative(key, label string, k Kind, name string) Item {
	return Item{Key: key, Label: label, Kind: k, Required: true, Personal: true, Source: Seed, Twilio: business(name)}
}

func representative(label string) Item {
	return aboutRepresentative("representative", label, Person, "first_name last_name")
}

func representativeEmail() Item {
	return aboutRepresentative("representative_email", "Business e-mail address of the representative", Email, "email").from(Twilio)
}

func representativeAddress(label, in string) Item {
	return aboutRepresentative("representative_address", label, Address, "address_sids").on(AddressObject, "address").in(in)
}

func businessWebsite() Item {
	return Item{Key: "website", Label: "Website of the business", Kind: Website, Required: true, Source: Twilio, Twilio: business("business_website")}
}

// document is a paper of one of Twilio's types, the usual one first.
func document(key, label string, types ...string) Item {
	i := Item{Key: key, Label: label, Kind: Document, Required: true, Source: Seed, Twilio: Field{Object: DocumentObject, Type: types[0]}}
	if len(types) > 1 {
		i.Choices = types
	}
	return i
}

func excerpt(label string) Item { return document("excerpt", label, "commercial_registrar_excerpt") }

func registration(label string) Item { return document("excerpt", label, "business_registration") }

func representativeID(label string) Item { return identityPaper("representative_id", label) }

func identityPaper(key, label string) Item {
	return document(key, label, "government_issued_document", "passport")
}

// authorization and authorizationProof are two lines of the table about one paper.
func authorization(label string) Item {
	return document("representative_authorization", label, "power_of_attorney", "rep_authorization").oneOf("authorization").
		note("Listed as information, but what Twilio asks by this name is a paper, and the documents name it: so that paper, uploaded once, is enough for both lines.")
}

func authorizationProof(label string) Item {
	return document("representative_authorization_proof", label, "power_of_attorney", "rep_authorization").oneOf("authorization")
}

func letter(key, label string) Item {
	return document(key, label, "power_of_attorney").oneOf("letter_of_authorization")
}

func choices(key, label, name string, values ...string) Item {
	return Item{Key: key, Label: label, Kind: Choice, Choices: values, Required: true, Source: Seed, Twilio: business(name)}
}

// policy is a page that the campaign's reviewers read. Twilio takes a campaign without,
// but they refuse it.
func policy(key, label, name string) Item {
	return Item{Key: key, Label: label, Kind: Website, Required: true, Source: Twilio, Twilio: Field{Object: CampaignObject, Name: name}}
}

// business is an attribute of the end user of a bundle.
func business(name string) Field { return Field{Object: EndUser, Name: name, Type: businesses} }

// How a row differs from the usual.

func (i Item) key(k string) Item       { i.Key = k; return i }
func (i Item) in(code string) Item     { i.In = code; return i }
func (i Item) as(f Format) Item        { i.Format = f; return i }
func (i Item) oneOf(group string) Item { i.OneOf = group; return i }
func (i Item) note(text string) Item   { i.Note = text; return i }
func (i Item) from(s Source) Item      { i.Source = s; return i }
func (i Item) personal() Item          { i.Personal = true; return i }
func (i Item) named(name string) Item  { i.Twilio.Name = name; return i }

func (i Item) on(o Object, kind string) Item {
	i.Twilio.Object, i.Twilio.Type = o, kind
	return i
}

func (i Item) when(condition, label string) Item {
	i.Required, i.When, i.WhenLabel = false, condition, label
	return i
}

// mayBeAsked is for what Twilio's Regulations of some number types ask for, as their
// users report, and which nothing Twilio has published confirms for this one. It can be
// given, so that it is there when the evaluation misses it.
func (i Item) mayBeAsked() Item {
	i.Required, i.Source = false, Twilio
	return i.note("Twilio asks for it with some types of numbers of this country. It is sent only if it does.")
}
