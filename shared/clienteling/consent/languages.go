package consent

import "strings"

// language is everything that we understand and say in one language. To add one, write
// such a value, put it into languages and, where it is spoken, into countries: the
// tests tell what is missing.
//
// Words and hints are written as fold leaves them, in capitals and without accents:
// ARRET, not ARRÊT. A word counts when it is the whole message. So nothing may be
// listed that a customer could answer to "High heels or low?" or "Shall we cancel the
// order?", unless an authority or Twilio says that it ends texts.
type language struct {
	// tag is its primary subtag in BCP 47, others are those that mean the same.
	tag    string
	others []string

	// The words by meaning; those of English count in every language.
	optOut, optIn, yes, no, help []string

	// optedOut, optedIn and helped follow the store's name and a colon. They name START
	// as the way back and STOP as the way out, the two words that Twilio obeys too, and
	// keep to the letters of GSM-7 where the language can.
	optedOut, optedIn, helped string

	// request is the opt-in message that a retailer begins with.
	request string

	// hints are phrases of somebody who wants no more texts, without apostrophes. A
	// point is where a sentence, or a part of it, begins or ends. None of them counts in
	// a text with one of unless.
	hints, unless []string
	// solid is true for a language written without spaces: a phrase may be anywhere.
	solid bool
}

// languages are all that we know, sorted by tag.
var languages = [...]*language{
	&afrikaans, &arabic, &czech, &danish, &german, &english, &spanish, &estonian, &finnish, &filipino, &french,
	&hebrew, &italian, &malay, &norwegian, &dutch, &polish, &portuguese, &russian, &swedish, &thai, &chinese,
}

// countries are where a store can be, with the languages that many of its customers
// write beside English. It is not the language of the store alone that counts: in
// Brussels French answers Dutch. Nor do all languages count everywhere: "tak" is yes in
// Polish, no in Malay and thanks in Danish.
//
// Not there yet, for want of somebody who reads them: Catalan, Basque and Galician,
// Irish, Romansh, Tamil, and nine of the languages of South Africa.
var countries = [...]struct {
	code      string
	languages []*language
}{
	{"AT", []*language{&german}},
	{"AU", nil},
	{"BE", []*language{&dutch, &french, &german}},
	{"CA", []*language{&french}},
	{"CH", []*language{&german, &french, &italian}},
	{"CZ", []*language{&czech}},
	{"DE", []*language{&german}},
	{"DK", []*language{&danish}},
	// Russian is the first language of one in four.
	{"EE", []*language{&estonian, &russian}},
	{"ES", []*language{&spanish}},
	{"FI", []*language{&finnish, &swedish}},
	{"FR", []*language{&french}},
	{"GB", nil},
	{"HK", []*language{&chinese}},
	{"IE", nil},
	{"IL", []*language{&hebrew, &arabic, &russian}},
	// German is spoken in South Tyrol.
	{"IT", []*language{&italian, &german}},
	{"MY", []*language{&malay, &chinese}},
	{"NL", []*language{&dutch}},
	{"NO", []*language{&norwegian}},
	{"PH", []*language{&filipino}},
	{"PL", []*language{&polish}},
	{"PT", []*language{&portuguese}},
	{"SE", []*language{&swedish}},
	{"TH", []*language{&thai}},
	{"US", []*language{&spanish}},
	{"ZA", []*language{&afrikaans}},
}

// spokenIn are a country's languages beside English; none for one we do not know.
func spokenIn(country string) []*language {
	for i := range countries {
		if countries[i].code == country {
			return countries[i].languages
		}
	}
	return nil
}

// find returns the language of a BCP 47 tag, and nil for one that we do not know.
func find(tag string) *language {
	primary, _, _ := strings.Cut(tag, "-") // "de" of "de-AT"
	for _, l := range languages {
		if strings.EqualFold(l.tag, primary) {
			return l
		}
		for _, other := range l.others {
			if strings.EqualFold(other, primary) {
				return l
			}
		}
	}
	return nil
}
