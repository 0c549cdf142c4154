package consent

// Sources: ARRET and AIDE are mandatory in Canada beside STOP and HELP
// (https://support.twilio.com/hc/en-us/articles/223181928); ARRETE and ARRETT are what
// Twilio Proxy knows too (https://www.twilio.com/docs/proxy/opt-out-keywords). The
// others are plain translations. FIN is not there ("fin de semaine", "un lainage fin"),
// nor is ANNULER, which customers say of orders.
var french = language{
	tag:    "fr",
	optOut: []string{"ARRET", "ARRETE", "ARRETT", "ARRETER", "DESABONNER", "DESABONNEMENT", "ME DESABONNER", "SE DESABONNER", "DESINSCRIRE", "DESINSCRIPTION", "ME DESINSCRIRE"},
	optIn:  []string{"DEMARRER", "COMMENCER", "REABONNER"},
	yes:    []string{"OUI", "OUI MERCI", "D'ACCORD", "DACCORD", "J'ACCEPTE"},
	no:     []string{"NON", "NON MERCI", "PAS INTERESSE", "PAS INTERESSEE"},
	help:   []string{"AIDE"},

	optedOut: "Vous ne recevrez plus de messages de notre part. Pour en recevoir à nouveau, répondez START.",
	optedIn:  "Ravis de vous retrouver. Vous recevrez à nouveau nos messages. Répondez STOP pour vous désabonner.",
	helped:   "Écrivez à ce numéro pour nous joindre au sujet d'articles et de commandes. Répondez STOP pour vous désabonner, START pour revenir.",
	request:  "{{store.name}} souhaite vous écrire personnellement au sujet d'articles et de vos commandes. Répondez OUI pour accepter ou STOP pour refuser.",

	hints: []string{
		"LAISSEZ MOI TRANQUILLE", "LAISSE MOI TRANQUILLE", "FICHEZ MOI LA PAIX", "FOUTEZ MOI LA PAIX", "LAISSEZ MOI EN PAIX",
		"NE MECRIVEZ PLUS", "NE MECRIS PLUS", "NE MENVOYEZ PLUS DE MESSAGES", "NE MENVOYEZ PLUS DE SMS", "NE MENVOYEZ PLUS RIEN", "NE MENVOYEZ PLUS .", "NE ME CONTACTEZ PLUS", "NE PLUS ME CONTACTER", "NE PLUS MECRIRE",
		"VEUX PLUS RECEVOIR DE MESSAGES", "VEUX PLUS RECEVOIR DE SMS", "VEUX PLUS RECEVOIR VOS", "SOUHAITE PLUS RECEVOIR DE MESSAGES", "SOUHAITE PLUS RECEVOIR DE SMS", "SOUHAITE PLUS RECEVOIR VOS", "NE PLUS RECEVOIR DE MESSAGES", "NE PLUS RECEVOIR VOS", "VEUX PLUS DE MESSAGES", "VEUX PLUS DE VOS", ". PLUS DE MESSAGES .", ". PLUS DE SMS .",
		"ARRETEZ DE MENVOYER", "ARRETEZ DE MECRIRE", "ARRETE DE MECRIRE", "ARRETEZ DE ME CONTACTER", "ARRETEZ VOS MESSAGES", "ARRETEZ LES MESSAGES", "ARRETEZ LES SMS", "ARRETEZ VOS SMS", "CESSEZ DE MECRIRE", "CESSEZ DE MENVOYER",
		"JE VEUX ME DESABONNER", "SOUHAITE ME DESABONNER", "VOUDRAIS ME DESABONNER", "COMMENT ME DESABONNER", "DESABONNEZ MOI", "JE VEUX ME DESINSCRIRE", "SOUHAITE ME DESINSCRIRE", "DESINSCRIVEZ MOI",
		"RETIREZ MOI DE", "SUPPRIMEZ MON NUMERO", "EFFACEZ MON NUMERO", "RETIREZ MON NUMERO",
	},
	unless: []string{"NARRETEZ PAS"},
}

// Sources: ANNULLA ends services by Italy's code of conduct for premium texts, CASP 4.0
// (AGCOM, delibera 108/19/CONS; https://www.ilsole24ore.com/art/un-sms-respingere-abbonamenti-indesiderati-ACXcUnGB).
// The others are plain translations. BASTA is not there: "Altro?" "Basta!" is said at
// every till.
var italian = language{
	tag:    "it",
	optOut: []string{"ANNULLA", "DISATTIVA", "DISISCRIVI", "DISISCRIVIMI", "CANCELLAMI"},
	optIn:  []string{"RIATTIVA", "ISCRIVIMI"},
	yes:    []string{"SI", "SI GRAZIE", "ACCETTO", "D'ACCORDO", "DACCORDO"},
	no:     []string{"NO GRAZIE", "NON SONO INTERESSATO", "NON SONO INTERESSATA", "NON MI INTERESSA"},
	help:   []string{"AIUTO"},

	optedOut: "Non riceverà più messaggi da parte nostra. Per riceverli di nuovo risponda START.",
	optedIn:  "Ben ritrovati. Riceverà di nuovo i nostri messaggi. Per non riceverli più risponda STOP.",
	helped:   "A questo numero può scriverci su prodotti e ordini. Risponda STOP per non ricevere più messaggi, START per riceverli di nuovo.",
	request:  "{{store.name}} vorrebbe scriverle personalmente su prodotti e sui suoi ordini. Risponda SI per accettare o STOP per rifiutare.",

	hints: []string{
		"LASCIATEMI IN PACE", "LASCIAMI IN PACE", "MI LASCI IN PACE", "MI LASCIATE IN PACE",
		"NON SCRIVETEMI PIU", "NON MI SCRIVETE PIU", "NON MI SCRIVA PIU", "NON SCRIVERMI PIU", "NON MANDATEMI PIU MESSAGGI", "NON MANDATEMI PIU SMS", "NON INVIATEMI PIU MESSAGGI", "NON MI MANDATE PIU MESSAGGI", "NON CONTATTATEMI PIU", "NON MI CONTATTATE PIU",
		"NON VOGLIO PIU RICEVERE MESSAGGI", "NON VOGLIO PIU RICEVERE SMS", "NON VOGLIO PIU RICEVERE I VOSTRI", "NON DESIDERO PIU RICEVERE MESSAGGI", "NON DESIDERO PIU RICEVERE SMS", "NON DESIDERO PIU RICEVERE I VOSTRI", "NON VOGLIO PIU MESSAGGI", "NON VOGLIO RICEVERE MESSAGGI", "NON VOGLIO RICEVERE SMS", "BASTA MESSAGGI", "BASTA SMS", "BASTA CON QUESTI MESSAGGI",
		"SMETTETELA DI SCRIVERMI", "SMETTETE DI SCRIVERMI", "SMETTA DI SCRIVERMI", "SMETTILA DI SCRIVERMI", "SMETTI DI SCRIVERMI", "SMETTETELA DI MANDARMI MESSAGGI", "SMETTETE DI MANDARMI MESSAGGI",
		"CANCELLATE IL MIO NUMERO", "CANCELLI IL MIO NUMERO", "CANCELLATEMI DALLA LISTA", "TOGLIETEMI DALLA LISTA", "CANCELLARMI DALLA LISTA", "VOGLIO DISISCRIVERMI", "VORREI DISISCRIVERMI", "COME MI DISISCRIVO",
	},
}

// Sources: BAJA ends texts by Spain's code of conduct for premium texts
// (https://www.boe.es/buscar/doc.php?id=BOE-A-2009-12439, as reported by
// https://www.elperiodicoextremadura.com/noticias/economia/vigor-norma-sms-sorteos-descargas_478630.html),
// although it also answers "¿Cintura alta o baja?"; the confirmation tells the way back. DETENER, SALIR, VOLVER
// and RECIBIR are the defaults of another vendor
// (https://community.sinch.com/t5/Conversation-API/Can-I-customize-opt-in-and-opt-out-keywords-for-use-with-consent/ta-p/18980).
// The others are plain translations. ALTO, which is on stop signs, is not there: it is
// what heels are. Nor is NO MAS, which is also "that is all".
var spanish = language{
	tag:    "es",
	optOut: []string{"BAJA", "DETENER", "SALIR", "PARAR", "DAR DE BAJA", "DARME DE BAJA", "DARSE DE BAJA"},
	optIn:  []string{"VOLVER", "RECIBIR"},
	yes:    []string{"SI", "SI GRACIAS", "ACEPTO", "DE ACUERDO"},
	no:     []string{"NO GRACIAS", "NO ME INTERESA", "NO ESTOY INTERESADO", "NO ESTOY INTERESADA"},
	help:   []string{"AYUDA"},

	optedOut: "Le hemos dado de baja y no le enviaremos otros mensajes. Responda START para volver a recibirlos.",
	optedIn:  "Nos alegra su vuelta. Le enviaremos mensajes de nuevo. Responda STOP para darse de baja.",
	helped:   "Puede escribirnos por este medio sobre productos y pedidos. Responda STOP para darse de baja o START para volver.",
	request:  "{{store.name}} desea escribirle personalmente sobre productos y sus pedidos. Responda SI para aceptar o STOP para rechazar.",

	hints: []string{
		"NO ME ESCRIBAS MAS", "NO ME ESCRIBA MAS", "NO ME ESCRIBAN MAS", "NO ME ESCRIBAIS MAS", "NO ME CONTACTEN MAS", "NO ME CONTACTE MAS", "NO ME MOLESTEN MAS", "NO ME MOLESTES MAS",
		"NO ME MANDES MAS MENSAJES", "NO ME MANDEN MAS MENSAJES", "NO ME MANDE MAS MENSAJES", "NO ME ENVIES MAS MENSAJES", "NO ME ENVIEN MAS MENSAJES", "NO ME ENVIE MAS MENSAJES", "NO ME MANDEN MAS SMS", "NO ME ENVIEN MAS SMS", "NO ME MANDEN MENSAJES", "NO ME ENVIEN MENSAJES",
		"DEJA DE ESCRIBIRME", "DEJEN DE ESCRIBIRME", "DEJE DE ESCRIBIRME", "DEJAD DE ESCRIBIRME", "DEJEN DE MANDARME MENSAJES", "DEJEN DE ENVIARME MENSAJES", "DEJA DE MANDARME MENSAJES", "DEJA DE ENVIARME MENSAJES", "PAREN DE ESCRIBIRME", "PAREN DE MANDARME",
		"DEJAME EN PAZ", "DEJENME EN PAZ", "DEJEME EN PAZ", "DEJADME EN PAZ", "NO QUIERO RECIBIR MAS MENSAJES", "NO QUIERO RECIBIR MAS SMS", "NO QUIERO RECIBIR MAS .", "NO QUIERO RECIBIR MENSAJES", "NO QUIERO MAS MENSAJES", "NO DESEO RECIBIR MAS MENSAJES", "NO DESEO RECIBIR MAS SMS", "NO DESEO RECIBIR MAS .", "NO DESEO RECIBIR MENSAJES", "NO MAS MENSAJES", "NO MAS SMS",
		"QUIERO DARME DE BAJA", "ME QUIERO DAR DE BAJA", "DAME DE BAJA", "DENME DE BAJA", "DEME DE BAJA", "DADME DE BAJA", "COMO ME DOY DE BAJA",
		"QUITAME DE LA LISTA", "QUITENME DE LA LISTA", "BORREN MI NUMERO", "BORRA MI NUMERO", "BORRE MI NUMERO", "ELIMINEN MI NUMERO", "ELIMINA MI NUMERO", "ELIMINE MI NUMERO",
	},
	// "No me escribas más tarde" is not now, but later.
	unless: []string{"MAS TARDE", "MAS ADELANTE"},
}

// Sources: STOP, SAIR and CANCELAR end texts of Portuguese services (DECO,
// https://www.deco.proteste.pt, "Como cancelar serviços de valor acrescentado");
// PARAR, CANCELAR, VOLTAR and RECEBER are the defaults of another vendor
// (https://community.sinch.com/t5/Conversation-API/Can-I-customize-opt-in-and-opt-out-keywords-for-use-with-consent/ta-p/18980).
// The others are plain translations.
var portuguese = language{
	tag:    "pt",
	optOut: []string{"SAIR", "CANCELAR", "PARAR"},
	optIn:  []string{"VOLTAR", "RECEBER"},
	yes:    []string{"SIM", "SIM OBRIGADO", "SIM OBRIGADA", "ACEITO", "CONCORDO", "DE ACORDO"},
	no:     []string{"NAO", "NAO OBRIGADO", "NAO OBRIGADA", "NAO ESTOU INTERESSADO", "NAO ESTOU INTERESSADA"},
	help:   []string{"AJUDA"},

	optedOut: "Deixou de receber mensagens nossas. Responda START para as voltar a receber.",
	optedIn:  "Voltou a receber mensagens nossas. Responda STOP para deixar de as receber.",
	helped:   "Pode escrever-nos por este meio sobre produtos e encomendas. Responda STOP para deixar de receber mensagens ou START para voltar.",
	request:  "{{store.name}} gostaria de lhe escrever pessoalmente sobre produtos e as suas encomendas. Responda SIM para aceitar ou STOP para recusar.",

	hints: []string{
		"NAO ME ESCREVA MAIS", "NAO ME ESCREVAM MAIS", "NAO ME ENVIE MAIS MENSAGENS", "NAO ME ENVIEM MAIS MENSAGENS", "NAO ME MANDE MAIS MENSAGENS", "NAO ME MANDEM MAIS MENSAGENS", "NAO ME ENVIEM MAIS SMS", "NAO ME MANDEM MAIS SMS", "NAO ME CONTACTEM MAIS", "NAO ME CONTACTE MAIS",
		"NAO QUERO RECEBER MAIS MENSAGENS", "NAO QUERO MAIS RECEBER MENSAGENS", "NAO QUERO MAIS RECEBER SMS", "NAO QUERO RECEBER MENSAGENS", "NAO QUERO MAIS MENSAGENS", "NAO DESEJO RECEBER MENSAGENS", "NAO DESEJO RECEBER MAIS MENSAGENS", "PAREM DE ME ENVIAR MENSAGENS", "PAREM DE ME MANDAR MENSAGENS", "PAREM DE ME ESCREVER", "PARE DE ME ENVIAR MENSAGENS", "PARE DE ME MANDAR MENSAGENS", "PARE DE ME ESCREVER", "PAREM COM AS MENSAGENS", "CHEGA DE MENSAGENS",
		"DEIXEM ME EM PAZ", "DEIXE ME EM PAZ", "ME DEIXE EM PAZ", "ME DEIXEM EM PAZ", "REMOVAM O MEU NUMERO", "REMOVA O MEU NUMERO", "RETIREM O MEU NUMERO", "APAGUEM O MEU NUMERO", "APAGUE O MEU NUMERO", "RETIREM ME DA LISTA", "REMOVAM ME DA LISTA", "CANCELAR A SUBSCRICAO", "ANULAR A SUBSCRICAO",
	},
}
