package consent_test

import (
	"testing"

	"clienteling/shared/clienteling/consent"
)

// hint marks the texts that an associate should look at.
const hint = true

// phrases are what customers write, and what they are taken for in a store of a country
// with a language. In all languages they hold what is easily taken for something else.
var phrases = []struct {
	body, country, language string
	want                    string
	hint                    bool
}{
	// English.
	{"STOP", "US", "en", "opt-out", !hint},
	{"stop.", "GB", "en-GB", "opt-out", !hint},
	{"Opt out", "IE", "en", "opt-out", !hint},
	{"Stop all", "CH", "en", "opt-out", !hint},
	{"START", "AU", "en", "opt-in", !hint},
	{"yes", "ZA", "en", "opt-in", !hint},
	{"No thanks!", "US", "en", "reject", !hint},
	{"Not interested", "GB", "en", "reject", !hint},
	{"HELP", "CA", "en", "help", !hint},
	{"info?", "US", "en", "help", !hint},
	{"Stop by at 5?", "US", "en", "nothing", !hint},
	{"please stop by, we close at 8", "US", "en", "nothing", !hint},
	{"don't stop", "US", "en", "nothing", !hint},
	{"Don’t stop texting me, I love these!", "US", "en", "nothing", !hint},
	{"I can't stop wearing it", "US", "en", "nothing", !hint},
	{"No problem!", "US", "en", "nothing", !hint},
	{"end of May?", "US", "en", "nothing", !hint},
	{"cancel my order", "US", "en", "nothing", !hint},
	{"Please cancel my 5pm", "US", "en", "nothing", !hint},
	{"wrong number", "US", "en", "nothing", !hint}, // they may be told so; it is no refusal
	{"You don't text me anymore :(", "US", "en", "nothing", !hint},
	{"Don't text me before 9, please", "US", "en", "nothing", !hint},
	{"Can you text me again when it is in?", "US", "en", "nothing", !hint},
	{"Remove the red one from my basket", "US", "en", "nothing", !hint},
	{"I do not want to lose this number", "US", "en", "nothing", !hint},
	{"Sorry, I didn't mean to unsubscribe me", "US", "en", "nothing", !hint},
	{"Please don't leave me alone with this zip", "US", "en", "nothing", !hint},
	{"I don't want to receive the parcel at home", "US", "en", "nothing", !hint},
	{"please stop texting me", "US", "en", "nothing", hint},
	{"STOP TEXTING ME!!!", "DE", "de", "nothing", hint},
	{"Please stop.", "US", "en", "nothing", hint},
	{"stop please 🙏", "US", "en", "nothing", hint},
	{"Hi, wrong person. Please don't text me again", "US", "en", "nothing", hint},
	{"remove me from your list", "US", "en", "nothing", hint},
	{"take me off", "US", "en", "nothing", hint},
	{"Take me off your list pls", "US", "en", "nothing", hint},
	{"Leave me alone!", "US", "en", "nothing", hint},
	{"I would like to unsubscribe", "US", "en", "nothing", hint},
	{"No more texts please", "US", "en", "nothing", hint},
	{"I no longer wish to receive messages from you", "US", "en", "nothing", hint},
	{"lose my number", "US", "en", "nothing", hint},

	// German.
	{"Stopp", "AT", "de", "opt-out", !hint},
	{"STOPP!", "DE", "de", "opt-out", !hint},
	{"abmelden", "CH", "de", "opt-out", !hint},
	{"Abmelden bitte", "DE", "de", "nothing", !hint},
	{"anmelden", "DE", "de", "opt-in", !hint},
	{"Ja", "DE", "de", "accept", !hint},
	{"Ja, gerne", "DE", "de", "accept", !hint},
	{"einverstanden!", "AT", "de-AT", "accept", !hint},
	{"Nein", "DE", "de", "reject", !hint},
	{"Nein, danke.", "DE", "de", "reject", !hint},
	{"kein Interesse", "DE", "de", "reject", !hint},
	{"Hilfe", "DE", "de", "help", !hint},
	{"Ende gut, alles gut", "DE", "de", "nothing", !hint},
	{"Ende", "DE", "de", "nothing", !hint},
	{"Halt!", "DE", "de", "nothing", !hint},
	{"Abbestellen", "DE", "de", "nothing", !hint}, // the shoes, perhaps
	{"Können Sie mir helfen?", "DE", "de", "nothing", !hint},
	{"Ja, am Samstag um 5", "DE", "de", "nothing", !hint},
	{"Ich möchte mich nicht abmelden", "DE", "de", "nothing", !hint},
	{"Ich habe gestern keine Nachrichten mehr bekommen", "DE", "de", "nothing", !hint},
	{"Bitte melden Sie sich bei mir", "DE", "de", "nothing", !hint},
	{"Kein Interesse mehr", "DE", "de", "nothing", hint},
	{"Bitte keine Nachrichten mehr!", "DE", "de", "nothing", hint},
	{"Lassen Sie mich in Ruhe", "AT", "de", "nothing", hint},
	{"Hören Sie auf, mir zu schreiben.", "DE", "de", "nothing", hint},
	{"Bitte löschen Sie meine Nummer", "DE", "de", "nothing", hint},
	{"ich moechte keine Werbung", "DE", "de", "nothing", hint},

	// French.
	{"ARRET", "CA", "en", "opt-out", !hint},
	{"Arrêt", "CA", "fr", "opt-out", !hint},
	{"arre\u0302t", "FR", "fr", "opt-out", !hint},
	{"Désabonner", "FR", "fr", "opt-out", !hint},
	{"Démarrer", "FR", "fr", "opt-in", !hint},
	{"oui", "BE", "nl", "accept", !hint},
	{"d’accord", "FR", "fr", "accept", !hint},
	{"D'accord !", "CH", "de", "accept", !hint},
	{"Non, merci", "FR", "fr", "reject", !hint},
	{"non", "CA", "en", "reject", !hint},
	{"AIDE", "CA", "fr", "help", !hint},
	{"fin de semaine", "CA", "fr", "nothing", !hint},
	{"Fin", "FR", "fr", "nothing", !hint},
	{"Annuler", "FR", "fr", "nothing", !hint},
	{"Arrêt de bus ?", "FR", "fr", "nothing", !hint},
	{"oui", "DE", "de", "nothing", !hint},
	{"Oui, demain à 5h", "FR", "fr", "nothing", !hint},
	{"Je n'ai plus de messages de la livraison", "FR", "fr", "nothing", !hint},
	{"Écrivez-moi plus tard", "FR", "fr", "nothing", !hint},
	{"laissez-moi tranquille", "FR", "fr", "nothing", hint},
	{"Ne m’écrivez plus svp", "FR", "fr", "nothing", hint},
	{"Arrêtez de m'envoyer des SMS", "BE", "fr", "nothing", hint},
	{"Je ne veux plus recevoir vos messages", "CH", "fr", "nothing", hint},
	{"Comment me désabonner ?", "FR", "fr", "nothing", hint},

	// Italian.
	{"ANNULLA", "IT", "it", "opt-out", !hint},
	{"Disiscrivimi", "IT", "it", "opt-out", !hint},
	{"riattiva", "IT", "it", "opt-in", !hint},
	{"Sì", "IT", "it", "accept", !hint},
	{"si", "CH", "it", "accept", !hint},
	{"accetto", "IT", "it", "accept", !hint},
	{"No, grazie", "IT", "it", "reject", !hint},
	{"aiuto!", "IT", "it", "help", !hint},
	{"basta così, grazie", "IT", "it", "nothing", !hint},
	{"Basta!", "IT", "it", "nothing", !hint},
	{"annulla il mio ordine", "IT", "it", "nothing", !hint},
	{"Non voglio più ricevere il pacco a casa", "IT", "it", "nothing", !hint},
	{"Lasciatemi in pace", "IT", "it", "nothing", hint},
	{"Non scrivetemi più!", "IT", "it", "nothing", hint},
	{"Basta messaggi", "IT", "it", "nothing", hint},

	// Spanish.
	{"BAJA", "ES", "es", "opt-out", !hint},
	{"Darme de baja", "ES", "es", "opt-out", !hint},
	{"Detener", "US", "en", "opt-out", !hint},
	{"Volver", "US", "en", "opt-in", !hint},
	{"Sí", "ES", "es", "accept", !hint},
	{"si", "US", "en", "accept", !hint},
	{"Sí, gracias", "ES", "es", "accept", !hint},
	{"No, gracias", "ES", "es", "reject", !hint},
	{"¡Ayuda!", "ES", "es", "help", !hint},
	{"alto", "ES", "es", "nothing", !hint}, // the heel
	{"No más", "US", "es", "nothing", !hint},
	{"Cancelar", "ES", "es", "nothing", hint},
	{"Planta baja", "ES", "es", "nothing", !hint},
	{"No me escribas más tarde de las 9", "ES", "es", "nothing", !hint},
	{"No quiero recibir más tallas grandes", "ES", "es", "nothing", !hint},
	{"no me escribas más", "ES", "es", "nothing", hint},
	{"Por favor, dejen de enviarme mensajes", "US", "en", "nothing", hint},
	{"Déjame en paz", "ES", "es", "nothing", hint},
	{"quiero darme de baja", "ES", "es", "nothing", hint},

	// Portuguese.
	{"SAIR", "PT", "pt", "opt-out", !hint},
	{"cancelar", "PT", "pt", "opt-out", !hint},
	{"voltar", "PT", "pt", "opt-in", !hint},
	{"Sim", "PT", "pt-PT", "accept", !hint},
	{"Não", "PT", "pt", "reject", !hint},
	{"Não, obrigada", "PT", "pt", "reject", !hint},
	{"ajuda", "PT", "pt", "help", !hint},
	{"Cancelar a encomenda", "PT", "pt", "nothing", !hint},
	{"Vou sair agora", "PT", "pt", "nothing", !hint},
	{"Não me enviem mais mensagens", "PT", "pt", "nothing", hint},
	{"Deixem-me em paz", "PT", "pt", "nothing", hint},

	// Dutch.
	{"UIT", "NL", "nl", "opt-out", !hint},
	{"Afmelden", "BE", "fr", "opt-out", !hint},
	{"aanmelden", "NL", "nl", "opt-in", !hint},
	{"ja graag", "NL", "nl", "accept", !hint},
	{"akkoord", "BE", "nl", "accept", !hint},
	{"Nee, bedankt", "NL", "nl", "reject", !hint},
	{"neen", "BE", "nl", "reject", !hint},
	{"hulp", "NL", "nl", "help", !hint},
	{"Ik ben even uit", "NL", "nl", "nothing", !hint},
	{"Tot het einde", "NL", "nl", "nothing", !hint},
	{"Ik krijg geen berichten meer van PostNL", "NL", "nl", "nothing", !hint},
	{"Laat me met rust", "NL", "nl", "nothing", hint},
	{"Geen berichten meer!", "NL", "nl", "nothing", hint},
	{"Stop met sms'en", "NL", "nl", "nothing", hint},

	// Danish.
	{"Stop", "DK", "da", "opt-out", !hint},
	{"afmeld", "DK", "da", "opt-out", !hint},
	{"Tilmeld", "DK", "da", "opt-in", !hint},
	{"Ja tak", "DK", "da", "accept", !hint},
	{"Nej tak", "DK", "da", "reject", !hint},
	{"Hjælp", "DK", "da", "help", !hint},
	{"Tak", "DK", "da", "nothing", !hint}, // thanks
	{"tak!", "DK", "en", "nothing", !hint},
	{"Slut", "DK", "da", "nothing", !hint},
	{"Jeg har ikke flere beskeder fra jer", "DK", "da", "nothing", !hint},
	{"Lad mig være i fred", "DK", "da", "nothing", hint},
	{"Stop med at skrive til mig", "DK", "da", "nothing", hint},

	// Norwegian.
	{"STOPP", "NO", "nb", "opt-out", !hint},
	{"Meld meg av", "NO", "no", "opt-out", !hint},
	{"meld på", "NO", "nn", "opt-in", !hint},
	{"ja", "NO", "nn", "accept", !hint},
	{"Nei takk", "NO", "nb", "reject", !hint},
	{"hjelp", "NO", "nb", "help", !hint},
	{"no", "NO", "nn", "reject", !hint}, // now, in Nynorsk
	{"Slutt", "NO", "nb", "nothing", !hint},
	{"takk", "NO", "nb", "nothing", !hint},
	{"Slutt å sende meg meldinger", "NO", "nb", "nothing", hint},
	{"La meg være i fred!", "NO", "nb", "nothing", hint},

	// Swedish.
	{"stopp", "SE", "sv", "opt-out", !hint},
	{"Avregistrera", "FI", "fi", "opt-out", !hint},
	{"Starta", "SE", "sv", "opt-in", !hint},
	{"Ja tack", "SE", "sv", "accept", !hint},
	{"nej", "FI", "fi", "reject", !hint},
	{"Hjälp", "SE", "sv", "help", !hint},
	{"Slut", "SE", "sv", "nothing", !hint}, // sold out
	{"Avsluta", "SE", "sv", "nothing", !hint},
	{"Tack", "SE", "sv", "nothing", !hint},
	{"Sluta smsa mig", "SE", "sv", "nothing", hint},
	{"Lämna mig ifred", "SE", "sv", "nothing", hint},

	// Finnish.
	{"Lopeta", "FI", "fi", "opt-out", !hint},
	{"aloita", "FI", "fi", "opt-in", !hint},
	{"Kyllä", "FI", "fi", "accept", !hint},
	{"Joo", "FI", "sv", "accept", !hint},
	{"Ei kiitos", "FI", "fi", "reject", !hint},
	{"no", "FI", "fi", "reject", !hint}, // well
	{"apua", "FI", "fi", "help", !hint},
	{"Peruuta", "FI", "fi", "nothing", !hint},
	{"Ei haittaa!", "FI", "fi", "nothing", !hint},
	{"Kyllä, huomenna", "FI", "fi", "nothing", !hint},
	{"Jättäkää minut rauhaan", "FI", "fi", "nothing", hint},
	{"En halua enää viestejä", "FI", "fi", "nothing", hint},

	// Estonian, and Russian.
	{"Stopp", "EE", "et", "opt-out", !hint},
	{"Lõpeta", "EE", "et", "opt-out", !hint},
	{"alusta", "EE", "et", "opt-in", !hint},
	{"Jah", "EE", "et", "accept", !hint},
	{"nõus", "EE", "et", "accept", !hint},
	{"Ei, aitäh", "EE", "et", "reject", !hint},
	{"abi", "EE", "et", "help", !hint},
	{"ja", "EE", "et", "nothing", !hint}, // and
	{"Jätke mind rahule", "EE", "et", "nothing", hint},
	{"стоп", "EE", "et", "opt-out", !hint},
	{"Да", "EE", "et", "accept", !hint},
	{"нет, спасибо", "IL", "he", "reject", !hint},
	{"Помощь", "EE", "ru", "help", !hint},
	{"стоп", "FI", "fi", "nothing", hint},
	{"Оставьте меня в покое", "EE", "et", "nothing", hint},

	// Polish.
	{"STOP", "PL", "pl", "opt-out", !hint},
	{"wypisz mnie", "PL", "pl", "opt-out", !hint},
	{"Tak", "PL", "pl", "accept", !hint},
	{"Zgadzam się", "PL", "pl", "accept", !hint},
	{"Nie, dziękuję", "PL", "pl", "reject", !hint},
	{"no", "PL", "pl", "reject", !hint}, // yeah
	{"pomoc", "PL", "pl", "help", !hint},
	{"Rezygnuję", "PL", "pl", "nothing", !hint}, // of the coat, perhaps
	{"Koniec", "PL", "pl", "nothing", !hint},
	{"Nie ma problemu", "PL", "pl", "nothing", !hint},
	{"Proszę do mnie nie pisać", "PL", "pl", "nothing", hint},
	{"Nie chcę więcej wiadomości", "PL", "pl", "nothing", hint},

	// Czech.
	{"Odhlásit", "CZ", "cs", "opt-out", !hint},
	{"přihlásit", "CZ", "cs", "opt-in", !hint},
	{"Ano", "CZ", "cs", "accept", !hint},
	{"souhlasím", "CZ", "cs", "accept", !hint},
	{"Ne, děkuji", "CZ", "cs", "reject", !hint},
	{"No", "CZ", "cs", "reject", !hint}, // well, yes: but rejecting is the safe mistake
	{"pomoc", "CZ", "cs", "help", !hint},
	{"Zrušit", "CZ", "cs", "nothing", !hint},
	{"Konec", "CZ", "cs", "nothing", !hint},
	{"No jo", "CZ", "cs", "nothing", !hint},
	{"Už mi nepište", "CZ", "cs", "nothing", hint},

	// Hebrew, and Arabic.
	{"הסר", "IL", "he", "opt-out", !hint},
	{"״הסר״", "IL", "en", "opt-out", !hint},
	{"התחל", "IL", "he", "opt-in", !hint},
	{"כן", "IL", "he", "accept", !hint},
	{"לא, תודה", "IL", "he", "reject", !hint},
	{"עזרה", "IL", "he", "help", !hint},
	{"ביטול", "IL", "he", "nothing", !hint},
	{"כן, מחר בחמש", "IL", "he", "nothing", !hint},
	{"הסר", "US", "en", "nothing", hint},
	{"תסירו אותי מהרשימה בבקשה", "IL", "he", "nothing", hint},
	{"אל תשלחו לי יותר הודעות", "IL", "he", "nothing", hint},
	{"إلغاء الاشتراك", "IL", "ar", "opt-out", !hint},
	{"نعم", "IL", "he", "accept", !hint},
	{"لا شكراً", "IL", "he", "reject", !hint},
	{"مساعدة", "IL", "ar", "help", !hint},
	{"إلغاء", "IL", "ar", "nothing", !hint},
	{"لا أريد المزيد من الرسائل", "IL", "ar", "nothing", hint},

	// Chinese.
	{"退訂", "HK", "zh", "opt-out", !hint},
	{"退订", "HK", "zh", "opt-out", !hint},
	{"「停止」", "HK", "zh", "opt-out", !hint},
	{"ＳＴＯＰ", "HK", "zh", "opt-out", !hint},
	{"開始", "HK", "en", "opt-in", !hint},
	{"是", "HK", "zh", "accept", !hint},
	{"同意。", "MY", "ms", "accept", !hint},
	{"不用了", "HK", "zh", "reject", !hint},
	{"唔使", "HK", "zh", "reject", !hint},
	{"ＮＯ", "HK", "zh", "reject", !hint},
	{"幫助", "HK", "zh", "help", !hint},
	{"取消", "HK", "zh", "nothing", !hint}, // the order, perhaps
	{"是不是黑色？", "HK", "zh", "nothing", !hint},
	{"不想再收到錯的尺寸", "HK", "zh", "nothing", !hint},
	{"不要再发错货了", "HK", "zh", "nothing", !hint},
	{"請不要再發訊息給我", "HK", "zh", "nothing", hint},
	{"唔好再 send 俾我", "HK", "zh", "nothing", hint},
	{"我要退订", "MY", "zh", "nothing", hint},

	// Malay.
	{"BATAL SEMUA", "MY", "ms", "opt-out", !hint},
	{"berhenti", "MY", "en", "opt-out", !hint},
	{"mula", "MY", "ms", "opt-in", !hint},
	{"Ya", "MY", "ms", "accept", !hint},
	{"tak", "MY", "ms", "reject", !hint},
	{"Tidak, terima kasih", "MY", "ms", "reject", !hint},
	{"bantuan", "MY", "ms", "help", !hint},
	{"Tak apa", "MY", "ms", "nothing", !hint},
	{"Batalkan pesanan saya", "MY", "ms", "nothing", !hint},
	{"Jangan hubungi saya lagi", "MY", "ms", "nothing", hint},

	// Filipino.
	{"Itigil", "PH", "fil", "opt-out", !hint},
	{"simula", "PH", "tl", "opt-in", !hint},
	{"Oo", "PH", "en", "accept", !hint},
	{"Hindi po", "PH", "en", "reject", !hint},
	{"tulong", "PH", "fil", "help", !hint},
	{"Huwag na", "PH", "fil", "nothing", !hint}, // never mind
	{"Hindi ko alam", "PH", "fil", "nothing", !hint},
	{"Wag na kayong mag-text", "PH", "en", "nothing", hint},

	// Thai.
	{"หยุด", "TH", "th", "opt-out", !hint},
	{"ยกเลิกรับข้อความ", "TH", "en", "opt-out", !hint},
	{"เริ่ม", "TH", "th", "opt-in", !hint},
	{"ใช่ค่ะ", "TH", "th", "accept", !hint},
	{"ตกลง", "TH", "th", "accept", !hint},
	{"ไม่", "TH", "th", "reject", !hint},
	{"ช่วยเหลือ", "TH", "th", "help", !hint},
	{"ยกเลิก", "TH", "th", "nothing", !hint}, // the order, perhaps
	{"หยุดวันไหนคะ", "TH", "th", "nothing", !hint},
	{"ช่วยหยุดส่งข้อความด้วย", "TH", "th", "nothing", hint},

	// Afrikaans.
	{"Hou op", "ZA", "en", "opt-out", !hint},
	{"begin", "ZA", "af", "opt-in", !hint},
	{"ja", "ZA", "en", "accept", !hint},
	{"Nee dankie", "ZA", "af", "reject", !hint},
	{"hulp", "ZA", "af", "help", !hint},
	{"Los my uit", "ZA", "en", "nothing", hint},

	// What is a word in one country is none in another.
	{"ja", "US", "en", "nothing", !hint},
	{"tak", "US", "en", "nothing", !hint},
	{"baja", "PT", "pt", "nothing", hint},
	{"uit", "DE", "de", "nothing", hint},
	{"oui", "", "", "nothing", !hint},
	{"oui", "", "fr-CA", "accept", !hint},
	{"Ja", "XX", "de", "accept", !hint},
	{"STOP", "XX", "xx", "opt-out", !hint},
}

func TestPhrases(t *testing.T) {
	languages := map[string]bool{}
	for _, p := range phrases {
		if got := says(consent.Text{Body: p.body, Country: p.country, Language: p.language}); got != p.want {
			t.Errorf("in %s-%s %q is taken for %s, want %s", p.language, p.country, p.body, got, p.want)
		}
		if got := consent.LikelyOptOut(p.body); got != p.hint && p.want != "opt-out" {
			t.Errorf("%q hints at an opt-out: %t", p.body, got)
		}
		languages[p.language] = true
	}
	for _, tag := range consent.Languages() {
		if !languages[tag] {
			t.Errorf("no phrase is from a store in %s", tag)
		}
	}
}
