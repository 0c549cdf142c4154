package main

import (
	"strings"

	"clienteling/shared/webhook"
)

// sentence is something a caller may hear.
type sentence int

const (
	// nobodyAnswered: the store's phone rang in vain, or was busy.
	nobodyAnswered sentence = iota
	// unreachable: there is no phone to ring.
	unreachable
)

// sentences are in the languages of the stores, with the tag that Twilio's <Say> takes
// when no voice is named: Twilio documents these for its default voices. Afrikaans,
// Arabic, Czech, Estonian, Filipino, Hebrew, Malay and Thai are not among them. They need
// a voice by name, such as Google.cs-CZ-Standard-A, which webhook.Say does not take, and
// a tag that the voice does not speak may fail, so that the caller would hear nothing:
// they hear English.
// https://www.twilio.com/docs/voice/twiml/say
// https://www.twilio.com/docs/voice/twiml/say/text-speech
var sentences = map[string]struct {
	tag  string
	says [2]string
}{
	"da": {"da-DK", [2]string{
		"Der er desværre ingen, der kan tage telefonen lige nu. Send os en sms til dette nummer, så vender vi tilbage. Farvel.",
		"Dette nummer kan ikke tage imod opkald lige nu. Send os i stedet en sms. Farvel.",
	}},
	"de": {"de-DE", [2]string{
		"Im Moment kann niemand Ihren Anruf annehmen. Schreiben Sie uns gern eine Nachricht an diese Nummer, wir melden uns. Auf Wiederhören.",
		"Unter dieser Nummer können wir gerade keine Anrufe annehmen. Schreiben Sie uns gern eine Nachricht. Auf Wiederhören.",
	}},
	"en": {"en-GB", [2]string{
		"Nobody can take your call right now. Please send us a text message to this number, and we will get back to you. Goodbye.",
		"This number cannot take calls right now. Please send us a text message instead. Goodbye.",
	}},
	"es": {"es-ES", [2]string{
		"En este momento nadie puede atender su llamada. Envíenos un mensaje de texto a este número y le responderemos. Adiós.",
		"En este momento no podemos atender llamadas en este número. Envíenos un mensaje de texto. Adiós.",
	}},
	"fi": {"fi-FI", [2]string{
		"Kukaan ei voi juuri nyt vastata puheluunne. Lähettäkää tekstiviesti tähän numeroon, niin palaamme asiaan. Kuulemiin.",
		"Tähän numeroon ei voi juuri nyt soittaa. Lähettäkää meille tekstiviesti. Kuulemiin.",
	}},
	"fr": {"fr-FR", [2]string{
		"Personne ne peut prendre votre appel pour le moment. Envoyez-nous un message à ce numéro et nous vous répondrons. Au revoir.",
		"Nous ne pouvons pas prendre d'appels à ce numéro pour le moment. Envoyez-nous plutôt un message. Au revoir.",
	}},
	"it": {"it-IT", [2]string{
		"Al momento nessuno può rispondere alla sua chiamata. Ci invii un messaggio a questo numero e la ricontatteremo. Arrivederci.",
		"Al momento non possiamo ricevere chiamate a questo numero. Ci invii un messaggio. Arrivederci.",
	}},
	"nb": {"nb-NO", [2]string{
		"Ingen kan ta telefonen akkurat nå. Send oss gjerne en tekstmelding til dette nummeret, så svarer vi deg. Ha det bra.",
		"Dette nummeret kan ikke ta imot anrop akkurat nå. Send oss heller en tekstmelding. Ha det bra.",
	}},
	"nl": {"nl-NL", [2]string{
		"Op dit moment kan niemand uw oproep beantwoorden. Stuur ons een bericht op dit nummer, dan nemen we contact met u op. Tot ziens.",
		"Op dit nummer kunnen we nu geen oproepen aannemen. Stuur ons liever een bericht. Tot ziens.",
	}},
	"pl": {"pl-PL", [2]string{
		"W tej chwili nikt nie może odebrać. Prosimy wysłać wiadomość na ten numer, a odpowiemy. Do usłyszenia.",
		"Pod tym numerem nie możemy teraz odbierać połączeń. Prosimy wysłać wiadomość. Do usłyszenia.",
	}},
	"pt": {"pt-PT", [2]string{
		"De momento ninguém pode atender a sua chamada. Envie-nos uma mensagem para este número e responderemos. Adeus.",
		"De momento não podemos receber chamadas neste número. Envie-nos antes uma mensagem. Adeus.",
	}},
	"ru": {"ru-RU", [2]string{
		"Сейчас никто не может ответить на ваш звонок. Отправьте нам сообщение на этот номер, и мы вам ответим. До свидания.",
		"Сейчас этот номер не принимает звонки. Пожалуйста, отправьте нам сообщение. До свидания.",
	}},
	"sv": {"sv-SE", [2]string{
		"Ingen kan ta emot ditt samtal just nu. Skicka gärna ett sms till det här numret, så hör vi av oss. Hej då.",
		"Det här numret kan inte ta emot samtal just nu. Skicka gärna ett sms i stället. Hej då.",
	}},
	// Cantonese, which is what Hong Kong speaks.
	"zh": {"zh-HK", [2]string{
		"現時未有職員接聽您的來電。請發送短訊至此號碼，我們會盡快回覆您。再見。",
		"此號碼現時未能接聽來電。請發送短訊給我們。再見。",
	}},
}

// sorry says a sentence in a language (BCP 47), in English where it is not known,
// and hangs up.
func sorry(s sentence, language string) webhook.TwiML {
	base, _, _ := strings.Cut(language, "-") // Austria's German is German
	if base == "no" || base == "nn" {
		base = "nb" // one spoken Norwegian
	}
	in, ok := sentences[base]
	if !ok {
		in = sentences["en"]
	}
	return webhook.Say(in.says[s], in.tag)
}
