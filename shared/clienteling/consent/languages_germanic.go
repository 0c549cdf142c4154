package consent

// Sources: STOPP and STOP end texts by Austria's ordinance on numbers, KEM-V
// (https://www.heise.de/newsticker/meldung/79673). The others are plain translations;
// no authority lists them. ENDE and HALT are not there: chats end with "Ende gut, alles
// gut", and nobody unsubscribes with "Halt!". Nor is ABBESTELLEN, which cancels orders.
var german = language{
	tag:    "de",
	optOut: []string{"STOPP", "ABMELDEN", "AUSTRAGEN"},
	optIn:  []string{"ANMELDEN"},
	yes:    []string{"JA", "JA GERNE", "JA BITTE", "EINVERSTANDEN", "ICH STIMME ZU"},
	no:     []string{"NEIN", "NEIN DANKE", "KEIN INTERESSE"},
	help:   []string{"HILFE"},

	optedOut: "Sie sind abgemeldet und erhalten keine Nachrichten mehr von uns. Mit START melden Sie sich wieder an.",
	optedIn:  "Willkommen zurück. Sie erhalten wieder Nachrichten von uns. Mit STOP melden Sie sich ab.",
	helped:   "Unter dieser Nummer erreichen Sie uns zu Produkten und Bestellungen. Mit STOP melden Sie sich ab, mit START wieder an.",
	request:  "{{store.name}} möchte Ihnen persönlich zu Produkten und Ihren Bestellungen schreiben. Antworten Sie mit JA, um zuzustimmen, oder mit STOP, um abzulehnen.",

	hints: []string{
		"KEIN INTERESSE MEHR", "BITTE KEINE NACHRICHTEN MEHR", "BITTE KEINE SMS MEHR", "BITTE KEINE WERBUNG MEHR", ". KEINE NACHRICHTEN MEHR .", ". KEINE SMS MEHR .", ". KEINE WERBUNG MEHR .",
		"MOCHTE KEINE NACHRICHTEN", "MOECHTE KEINE NACHRICHTEN", "WILL KEINE NACHRICHTEN", "MOCHTE KEINE SMS", "MOECHTE KEINE SMS", "WILL KEINE SMS", "MOCHTE KEINE WERBUNG", "MOECHTE KEINE WERBUNG", "WILL KEINE WERBUNG",
		"SCHREIBEN SIE MIR NICHT MEHR", "SCHREIBEN SIE MIR BITTE NICHT MEHR", "SCHREIB MIR NICHT MEHR", "SCHREIBT MIR NICHT MEHR", "SCHREIBT MIR BITTE NICHT MEHR", "SCHICKEN SIE MIR KEINE NACHRICHTEN", "SCHICKEN SIE MIR KEINE SMS",
		"NICHT MEHR KONTAKTIEREN", "NICHT MEHR ANSCHREIBEN", "KONTAKTIEREN SIE MICH NICHT MEHR",
		"HOREN SIE AUF . MIR", "HOEREN SIE AUF . MIR", "HOREN SIE AUF MIR", "HOEREN SIE AUF MIR", "HORT AUF . MIR", "HOERT AUF . MIR", "HORT AUF MIR", "HOERT AUF MIR", "SIE MIR NICHT MEHR SCHREIBEN", "SIE MIR NICHT MEHR ZU SCHREIBEN",
		"LASSEN SIE MICH IN RUHE", "LASSEN SIE MICH BITTE IN RUHE", "LASST MICH IN RUHE", "LASST MICH BITTE IN RUHE", "LASS MICH IN RUHE",
		"STREICHEN SIE MICH", "NEHMEN SIE MICH AUS DEM VERTEILER", "NEHMEN SIE MICH VON DER LISTE", "AUS DEM VERTEILER NEHMEN", "AUS DEM VERTEILER STREICHEN",
		"LOSCHEN SIE MEINE NUMMER", "LOESCHEN SIE MEINE NUMMER", "MEINE NUMMER LOSCHEN", "MEINE NUMMER LOESCHEN", "MEINE NUMMER ZU LOSCHEN",
		"MOCHTE MICH ABMELDEN", "MOECHTE MICH ABMELDEN", "WILL MICH ABMELDEN", "MELDEN SIE MICH AB", "BITTE ABMELDEN", "WIE MELDE ICH MICH AB", "WIDERRUFE MEINE EINWILLIGUNG", "NACHRICHTEN ABBESTELLEN",
	},
	unless: []string{"NICHT ABMELDEN"},
}

// Sources: STOP and UIT end texts by the code of conduct of the Dutch operators
// (https://www.hear.nl/sms_gedragscode_per_1_maart_aangescherpt/), STOP in Belgium
// (http://telethicom.be/nl/veelgestelde-vragen/een-sms-dienst-stopzetten). The others are
// plain translations.
var dutch = language{
	tag:    "nl",
	optOut: []string{"UIT", "STOPPEN", "AFMELDEN", "UITSCHRIJVEN"},
	optIn:  []string{"AANMELDEN"},
	yes:    []string{"JA", "JA GRAAG", "AKKOORD", "IK GA AKKOORD"},
	no:     []string{"NEE", "NEEN", "NEE BEDANKT", "NEE DANK U", "NEE DANK JE", "GEEN INTERESSE"},
	help:   []string{"HULP"},

	optedOut: "U bent afgemeld en ontvangt geen berichten meer van ons. Antwoord START om weer berichten te ontvangen.",
	optedIn:  "Welkom terug. U ontvangt weer berichten van ons. Antwoord STOP om u af te melden.",
	helped:   "Via dit nummer bereikt u ons over producten en bestellingen. Antwoord STOP om u af te melden of START om u weer aan te melden.",
	request:  "{{store.name}} wil u graag persoonlijk berichten sturen over producten en uw bestellingen. Antwoord JA om akkoord te gaan of STOP om te weigeren.",

	hints: []string{
		"GEEN INTERESSE MEER", "LAAT ME MET RUST", "LAAT MIJ MET RUST", ". GEEN BERICHTEN MEER .", ". GEEN SMS MEER .", "GRAAG GEEN BERICHTEN MEER", "LIEVER GEEN BERICHTEN MEER",
		"WIL GEEN BERICHTEN", "WIL GEEN SMS", "WIL GEEN SMSJES", "WIL GEEN RECLAME", "STUUR ME GEEN BERICHTEN", "STUUR MIJ GEEN BERICHTEN", "STUUR ME GEEN SMS",
		"STOP MET SMSEN", "STOP MET APPEN", "STOP MET BERICHTEN", "STOP MET STUREN", "STOP MET MIJ TE", "STOP MET ME TE", "STOP A U B", "STOP AUB .", "STOP ALSJEBLIEFT .", "STOP ALSTUBLIEFT .",
		"WIL ME AFMELDEN", "WIL MIJ AFMELDEN", "WIL ME UITSCHRIJVEN", "WIL MIJ UITSCHRIJVEN", "SCHRIJF ME UIT", "SCHRIJF MIJ UIT", "HOE MELD IK ME AF", "HOE MELD IK MIJ AF",
		"HAAL ME VAN DE LIJST", "HAAL MIJ VAN DE LIJST", "HAAL ME VAN JULLIE LIJST", "VERWIJDER MIJN NUMMER", "NEEM GEEN CONTACT MEER",
	},
}

// Sources: the words of English are what Danish texts ask for. The others are plain
// translations; no authority lists them. TAK, thanks, says nothing by itself.
var danish = language{
	tag:    "da",
	optOut: []string{"STOPP", "AFMELD", "FRAMELD", "AFMELD MIG", "FRAMELD MIG"},
	optIn:  []string{"TILMELD"},
	yes:    []string{"JA", "JA TAK"},
	no:     []string{"NEJ", "NEJ TAK"},
	help:   []string{"HJAELP", "HJALP"},

	optedOut: "Du er afmeldt og får ikke flere beskeder fra os. Svar START for at få beskeder igen.",
	optedIn:  "Velkommen tilbage. Du får igen beskeder fra os. Svar STOP for at afmelde.",
	helped:   "På dette nummer kan du skrive til os om varer og ordrer. Svar STOP for at afmelde eller START for at få beskeder igen.",
	request:  "{{store.name}} vil gerne skrive personligt til dig om varer og dine ordrer. Svar JA for at acceptere eller STOP for at afvise.",

	hints: []string{
		"LAD MIG VAERE I FRED", "LAD MIG VAERE .", "STOP MED AT SKRIVE", "STOP MED AT SENDE", "STOP MED DE BESKEDER", "SKRIV IKKE TIL MIG MERE", "SKRIV IKKE MERE TIL MIG", "SKRIV IKKE TIL MIG IGEN",
		"SEND MIG IKKE FLERE BESKEDER", "SEND MIG IKKE FLERE SMS", ". IKKE FLERE BESKEDER .", "VIL IKKE HAVE FLERE BESKEDER", "VIL IKKE HAVE FLERE SMS", "VIL IKKE MODTAGE FLERE BESKEDER", "VIL IKKE MODTAGE FLERE SMS", "ONSKER IKKE FLERE BESKEDER", "ONSKER IKKE AT MODTAGE BESKEDER",
		"SLET MIT NUMMER", "FJERN MIT NUMMER", "FJERN MIG FRA LISTEN", "FJERN MIG FRA JERES LISTE", "VIL GERNE AFMELDES", "VIL GERNE FRAMELDES",
	},
}

// Sources: STOPP ends texts by the code of the Norwegian operators
// (http://www.innholdstjenester.no/ofte-stilte-sporsmal/). The others are plain
// translations. In Nynorsk "no" is now; it is a no all the same.
var norwegian = language{
	tag:    "nb",
	others: []string{"no", "nn"},
	optOut: []string{"STOPP", "AVMELD", "MELD AV", "MELD MEG AV"},
	optIn:  []string{"MELD PA", "MELD MEG PA"},
	yes:    []string{"JA", "JA TAKK"},
	no:     []string{"NEI", "NEI TAKK"},
	help:   []string{"HJELP"},

	optedOut: "Du er avmeldt og får ikke flere meldinger fra oss. Svar START for å få meldinger igjen.",
	optedIn:  "Velkommen tilbake. Du får meldinger fra oss igjen. Svar STOP for å melde deg av.",
	helped:   "På dette nummeret kan du skrive til oss om varer og bestillinger. Svar STOP for å melde deg av eller START for å få meldinger igjen.",
	request:  "{{store.name}} vil gjerne skrive personlig til deg om varer og bestillingene dine. Svar JA for å godta eller STOP for å avslå.",

	hints: []string{
		"LA MEG VAERE I FRED", "LA MEG VAERE .", "SLUTT A SKRIVE TIL MEG", "SLUTT A SENDE MEG", "SLUTT A SENDE MELDINGER", "IKKE SKRIV TIL MEG MER", "IKKE SKRIV MER TIL MEG", "IKKE SEND MEG FLERE MELDINGER", "IKKE SEND MEG FLERE SMS",
		". IKKE FLERE MELDINGER .", "VIL IKKE HA FLERE MELDINGER", "VIL IKKE HA FLERE SMS", "ONSKER IKKE FLERE MELDINGER", "ONSKER IKKE A MOTTA MELDINGER", "VIL IKKE MOTTA FLERE MELDINGER", "STOPP MELDINGENE", "STOPP DISSE MELDINGENE",
		"SLETT NUMMERET MITT", "SLETT MITT NUMMER", "FJERN MEG FRA LISTEN", "FJERN NUMMERET MITT", "VIL MELDE MEG AV",
	},
}

// Sources: STOP ends texts by the code of the Swedish operators
// (https://telekomradgivarna.se/en/fragor-och-svar/how-do-you-cancel-a-subscription-service-on-your-mobile).
// The others are plain translations. SLUT is not there, since it
// means sold out, nor AVSLUTA, which is said of purchases.
var swedish = language{
	tag:    "sv",
	optOut: []string{"STOPP", "STOPPA", "AVREGISTRERA", "AVREGISTRERA MIG", "AVANMAL"},
	optIn:  []string{"STARTA"},
	yes:    []string{"JA", "JA TACK"},
	no:     []string{"NEJ", "NEJ TACK"},
	help:   []string{"HJALP"},

	optedOut: "Du är avregistrerad och får inga fler meddelanden från oss. Svara START för att få meddelanden igen.",
	optedIn:  "Välkommen tillbaka. Du får meddelanden från oss igen. Svara STOP för att avregistrera dig.",
	helped:   "På det här numret kan du skriva till oss om varor och beställningar. Svara STOP för att avregistrera dig eller START för att börja igen.",
	request:  "{{store.name}} vill gärna skriva personligt till dig om varor och dina beställningar. Svara JA för att godkänna eller STOP för att tacka nej.",

	hints: []string{
		"LAMNA MIG IFRED", "LAMNA MIG I FRED", "SLUTA SMSA", "SLUTA MESSA", "SLUTA SKRIVA TILL MIG", "SLUTA SKICKA SMS", "SLUTA SKICKA MEDDELANDEN", "SLUTA SKICKA TILL MIG", "SKRIV INTE TILL MIG MER", "SKRIV INTE MER TILL MIG",
		"SKICKA INGA FLER SMS", "SKICKA INGA FLER MEDDELANDEN", ". INGA FLER MEDDELANDEN .", ". INGA FLER SMS .", "VILL INTE HA FLER MEDDELANDEN", "VILL INTE HA FLER SMS", "VILL INTE HA MER SMS", "VILL INTE FA FLER MEDDELANDEN", "VILL INTE FA FLER SMS",
		"TA BORT MITT NUMMER", "RADERA MITT NUMMER", "TA BORT MIG FRAN LISTAN", "TA BORT MIG FRAN ER LISTA", "VILL AVREGISTRERA MIG",
	},
	unless: []string{"SLUTA INTE"},
}

// Sources: South Africa's code of conduct (WASPA) demands STOP, and vendors take other
// words of English (https://winsms.co.za/code-of-conduct). These are plain translations.
var afrikaans = language{
	tag:    "af",
	optOut: []string{"HOU OP", "TEKEN UIT", "MELD AF"},
	optIn:  []string{"BEGIN"},
	yes:    []string{"JA", "JA ASSEBLIEF", "EK STEM IN"},
	no:     []string{"NEE", "NEE DANKIE"},
	help:   []string{"HULP"},

	optedOut: "U is afgemeld en sal geen boodskappe meer van ons kry nie. Antwoord START om weer boodskappe te kry.",
	optedIn:  "Welkom terug. U kry weer boodskappe van ons. Antwoord STOP om af te meld.",
	helped:   "Skryf na hierdie nommer oor produkte en bestellings. Antwoord STOP om af te meld of START om weer boodskappe te kry.",
	request:  "{{store.name}} wil graag persoonlik aan u skryf oor produkte en u bestellings. Antwoord JA om in te stem of STOP om te weier.",

	hints: []string{
		"LOS MY UIT", "LOS MY ALLEEN", "LAAT MY MET RUS", "MOENIE MEER VIR MY BOODSKAPPE", "MOENIE VIR MY BOODSKAPPE", "HOU OP OM VIR MY", "HOU OP OM BOODSKAPPE", "HOU OP MET BOODSKAPPE",
		"WIL NIE MEER BOODSKAPPE", "HAAL MY VAN DIE LYS", "HAAL MY VAN JULLE LYS", "VERWYDER MY NOMMER", "SKRAP MY NOMMER",
	},
}
