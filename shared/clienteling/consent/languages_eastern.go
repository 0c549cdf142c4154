package consent

// Sources: the words of English are what Finnish texts ask for; these are plain
// translations and no authority lists them. PERUUTA is not there: it cancels orders.
// In Finnish "no" is well; it is a no all the same.
var finnish = language{
	tag:    "fi",
	optOut: []string{"STOPPI", "LOPETA", "LOPETA VIESTIT", "LOPETTAKAA"},
	optIn:  []string{"ALOITA"},
	yes:    []string{"KYLLA", "KYLLA KIITOS", "JOO", "HYVAKSYN"},
	no:     []string{"EI", "EI KIITOS", "EN HALUA"},
	help:   []string{"APUA", "OHJE"},

	optedOut: "Ette saa meiltä enää viestejä. Vastaamalla START saatte viestejä taas.",
	optedIn:  "Tervetuloa takaisin. Saatte taas viestejä meiltä. Vastaamalla STOP lopetatte viestit.",
	helped:   "Tässä numerossa palvelemme tuotteita ja tilauksia koskevissa asioissa. STOP lopettaa viestit, START aloittaa ne uudelleen.",
	request:  "{{store.name}} haluaisi kirjoittaa teille henkilökohtaisesti tuotteista ja tilauksistanne. Vastatkaa KYLLÄ, jos suostutte, tai STOP, jos ette.",

	hints: []string{
		"JATTAKAA MINUT RAUHAAN", "JATA MINUT RAUHAAN", "JATTAKAA RAUHAAN", "ALKAA LAHETTAKO ENAA", "ALKAA LAHETTAKO MINULLE ENAA", "ALKAA LAHETTAKO VIESTEJA", "ALKAA LAHETTAKO MINULLE VIESTEJA", "ALA LAHETA ENAA", "ALA LAHETA MINULLE ENAA", "ALKAA KIRJOITTAKO MINULLE",
		"LOPETTAKAA VIESTIT", "LOPETTAKAA VIESTIEN", "LOPETTAKAA NAMA VIESTIT", "LOPETA VIESTIEN LAHETTAMINEN", "EN HALUA ENAA VIESTEJA", "EN HALUA VIESTEJA", "EN HALUA LISAA VIESTEJA", "EN HALUA SAADA VIESTEJA", "EN HALUA ENAA SAADA VIESTEJA",
		"POISTAKAA NUMERONI", "POISTA NUMERONI", "POISTAKAA MINUT LISTALTA", "POISTA MINUT LISTALTA",
	},
}

// Sources: plain translations; no authority lists them. JA is not there: it is and.
var estonian = language{
	tag:    "et",
	optOut: []string{"STOPP", "LOPETA", "LOPETAGE", "LOOBU"},
	optIn:  []string{"ALUSTA", "LIITU"},
	yes:    []string{"JAH", "JAH PALUN", "NOUS", "OLEN NOUS"},
	no:     []string{"EI", "EI AITAH", "EI SOOVI"},
	help:   []string{"ABI"},

	optedOut: "Te ei saa meilt enam teateid. Taasliitumiseks vastake START.",
	optedIn:  "Tere tulemast tagasi. Saate meilt taas teateid. Loobumiseks vastake STOP.",
	helped:   "Sellel numbril saate meile kirjutada toodete ja tellimuste kohta. Loobumiseks vastake STOP, taasliitumiseks START.",
	request:  "{{store.name}} soovib teile isiklikult kirjutada toodete ja teie tellimuste kohta. Lubamiseks vastake JAH, keeldumiseks STOP.",

	hints: []string{
		"JATKE MIND RAHULE", "JATA MIND RAHULE", "ARGE KIRJUTAGE MULLE", "ARA KIRJUTA MULLE ENAM", "ARGE SAATKE MULLE ENAM .", "ARGE SAATKE MULLE ENAM SONUMEID", "ARGE SAATKE ENAM SONUMEID", "ARGE SAATKE MULLE SONUMEID", "ARGE ROHKEM KIRJUTAGE",
		"EI SOOVI ENAM SONUMEID", "EI TAHA ENAM SONUMEID", "EI SOOVI SONUMEID", "EI TAHA SONUMEID", "EI SOOVI ENAM TEATEID", "LOPETAGE SONUMITE", "LOPETAGE SMSIDE", "KUSTUTAGE MINU NUMBER", "EEMALDAGE MINU NUMBER", "EEMALDAGE MIND",
	},
}

// Sources: the words of English are what Polish texts ask for; these are plain
// translations and no authority lists them. REZYGNUJE and ANULUJ are not there: they
// are said of orders, KONIEC of all that ends.
var polish = language{
	tag:    "pl",
	optOut: []string{"WYPISZ", "WYPISZ MNIE", "WYPISUJE SIE"},
	optIn:  []string{"ZAPISZ MNIE"},
	yes:    []string{"TAK", "TAK POPROSZE", "ZGODA", "ZGADZAM SIE"},
	no:     []string{"NIE", "NIE DZIEKUJE", "NIE ZGADZAM SIE"},
	help:   []string{"POMOC"},

	optedOut: "Nie będą już Państwo otrzymywać od nas wiadomości. Aby wrócić, prosimy odpisać START.",
	optedIn:  "Witamy ponownie. Znów będą Państwo otrzymywać nasze wiadomości. Aby zrezygnować, prosimy odpisać STOP.",
	helped:   "Pod tym numerem odpowiadamy na pytania o produkty i zamówienia. STOP kończy wiadomości, START je wznawia.",
	request:  "{{store.name}} chce pisać do Państwa osobiście o produktach i zamówieniach. Prosimy odpisać TAK (zgoda) lub STOP (odmowa).",

	hints: []string{
		"NIE PISZCIE DO MNIE", "NIE PISZ DO MNIE WIECEJ", "PROSZE DO MNIE NIE PISAC", "PROSZE NIE PISAC DO MNIE", "PRZESTANCIE PISAC", "PRZESTANCIE DO MNIE PISAC", "PRZESTAN DO MNIE PISAC", "PRZESTANCIE WYSYLAC", "PROSZE NIE WYSYLAC MI WIADOMOSCI", "PROSZE NIE WYSYLAC WIECEJ WIADOMOSCI",
		"NIE CHCE WIECEJ WIADOMOSCI", "NIE CHCE WIECEJ SMSOW", "NIE CHCE OTRZYMYWAC WIADOMOSCI", "NIE CHCE OTRZYMYWAC WIECEJ WIADOMOSCI", "NIE CHCE JUZ OTRZYMYWAC WIADOMOSCI", "NIE CHCE JUZ OTRZYMYWAC SMSOW", "NIE CHCE DOSTAWAC WIADOMOSCI", "NIE ZYCZE SOBIE WIADOMOSCI", "NIE ZYCZE SOBIE TAKICH WIADOMOSCI",
		"DAJCIE MI SPOKOJ", "DAJ MI SPOKOJ", "PROSZE DAC MI SPOKOJ", "USUNCIE MOJ NUMER", "PROSZE USUNAC MOJ NUMER", "PROSZE O USUNIECIE MOJEGO NUMERU", "WYPISZCIE MNIE", "PROSZE MNIE WYPISAC", "CHCE SIE WYPISAC", "COFAM ZGODE",
	},
}

// Sources: STOP and STOP ALL end texts by the rules of the Czech operators
// (http://www.platmobilem.cz). These are plain translations. ZRUSIT is not there: it
// cancels orders, and KONEC is the end of all things.
var czech = language{
	tag:    "cs",
	optOut: []string{"ODHLASIT", "ODHLASIT SE", "ODHLASTE ME"},
	optIn:  []string{"PRIHLASIT", "PRIHLASIT SE"},
	yes:    []string{"ANO", "ANO PROSIM", "SOUHLASIM"},
	no:     []string{"NE", "NE DEKUJI", "NE DIKY", "NESOUHLASIM", "NEMAM ZAJEM"},
	help:   []string{"POMOC", "NAPOVEDA"},

	optedOut: "Odhlásili jsme vás a další zprávy od nás nedostanete. Chcete-li je znovu dostávat, odpovězte START.",
	optedIn:  "Vítejte zpět. Opět od nás budete dostávat zprávy. Pro odhlášení odpovězte STOP.",
	helped:   "Na toto číslo nám můžete psát o zboží a objednávkách. STOP zprávy ukončí, START je obnoví.",
	request:  "Obchod {{store.name}} by vám rád osobně psal o zboží a vašich objednávkách. Souhlasíte-li, odpovězte ANO, jinak STOP.",

	hints: []string{
		"NECHTE ME BYT", "NECHTE ME NA POKOJI", "DEJTE MI POKOJ", "UZ MI NEPISTE", "NEPISTE MI UZ", "NEPISTE MI VICE", "PRESTANTE MI PSAT", "PRESTANTE PSAT", "PRESTANTE MI POSILAT", "PRESTANTE POSILAT", "UZ MI NEPOSILEJTE ZPRAVY", "NEPOSILEJTE MI ZPRAVY", "NEPOSILEJTE MI DALSI ZPRAVY", "NEPOSILEJTE MI UZ",
		"NECHCI DALSI ZPRAVY", "NECHCI UZ ZADNE ZPRAVY", "UZ NECHCI ZPRAVY", "NECHCI DOSTAVAT ZPRAVY", "UZ NECHCI DOSTAVAT ZPRAVY", "NEPREJI SI DOSTAVAT ZPRAVY", "NEPREJI SI DOSTAVAT DALSI ZPRAVY", "VYMAZTE ME CISLO", "SMAZTE ME CISLO", "VYRADTE ME", "CHCI SE ODHLASIT",
	},
}

// Sources: plain translations; no authority lists them.
var russian = language{
	tag:    "ru",
	optOut: []string{"СТОП", "ОТПИСАТЬСЯ", "ОТПИСАТЬ", "ОТПИСКА"},
	optIn:  []string{"СТАРТ", "ПОДПИСАТЬСЯ"},
	yes:    []string{"ДА", "ДА СПАСИБО", "СОГЛАСЕН", "СОГЛАСНА"},
	no:     []string{"НЕТ", "НЕТ СПАСИБО", "НЕ СОГЛАСЕН", "НЕ СОГЛАСНА"},
	help:   []string{"ПОМОЩЬ"},

	optedOut: "Вы больше не будете получать наши сообщения. Чтобы получать их снова, ответьте START.",
	optedIn:  "С возвращением! Вы снова будете получать наши сообщения. Чтобы отписаться, ответьте STOP.",
	helped:   "По этому номеру можно писать нам о товарах и заказах. Ответьте STOP, чтобы отписаться, START, чтобы вернуться.",
	request:  "{{store.name}} хочет писать вам лично о товарах и ваших заказах. Ответьте ДА, чтобы согласиться, или STOP, чтобы отказаться.",

	hints: []string{
		"НЕ ПИШИТЕ МНЕ БОЛЬШЕ", "БОЛЬШЕ МНЕ НЕ ПИШИТЕ", "БОЛЬШЕ НЕ ПИШИТЕ", "НЕ ПИШИТЕ МНЕ .", "НЕ ПИШИ МНЕ БОЛЬШЕ", "ПЕРЕСТАНЬТЕ МНЕ ПИСАТЬ", "ПЕРЕСТАНЬТЕ ПИСАТЬ", "ХВАТИТ МНЕ ПИСАТЬ", "ХВАТИТ ПИСАТЬ", "ПЕРЕСТАНЬТЕ ПРИСЫЛАТЬ", "НЕ ПРИСЫЛАЙТЕ МНЕ СООБЩЕНИЯ", "НЕ ПРИСЫЛАЙТЕ БОЛЬШЕ СООБЩЕНИЯ", "НЕ ПРИСЫЛАЙТЕ МНЕ БОЛЬШЕ СООБЩЕНИЯ", "НЕ ПРИСЫЛАЙТЕ МНЕ БОЛЬШЕ .",
		"ОСТАВЬТЕ МЕНЯ В ПОКОЕ", "УДАЛИТЕ МОЙ НОМЕР", "ОТПИШИТЕ МЕНЯ", "НЕ ХОЧУ ПОЛУЧАТЬ СООБЩЕНИЯ", "НЕ ХОЧУ БОЛЬШЕ ПОЛУЧАТЬ СООБЩЕНИЯ", "НЕ ХОЧУ БОЛЬШЕ ПОЛУЧАТЬ ВАШИ", "БОЛЬШЕ НЕ ХОЧУ ПОЛУЧАТЬ СООБЩЕНИЯ", "БОЛЬШЕ НЕ ХОЧУ ПОЛУЧАТЬ ВАШИ", "НЕ ХОЧУ ПОЛУЧАТЬ ВАШИ", "ХОЧУ ОТПИСАТЬСЯ", "КАК ОТПИСАТЬСЯ",
	},
}
