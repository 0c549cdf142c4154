package consent

// Sources: Twilio's default keywords (https://help.twilio.com/articles/223134027). The
// words that 47 CFR 64.1200(a)(10) names as per-se revocations, of which "opt out" in
// two words (and its hyphenated form) is the one that Twilio does not know. STOP ALL in
// two words ends texts in Switzerland and the Czech Republic
// (http://www.platmobilem.cz) and at other vendors
// (https://developers.telnyx.com/docs/messaging/messages/advanced-opt-in-out). UNSUB is
// one of Canada's (https://support.twilio.com/hc/en-us/articles/223181928). What says no
// is plain English; in mode any_reply it would be taken for a yes otherwise.
var english = language{
	tag: "en",
	optOut: []string{
		"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT",
		"OPT OUT", "OPT-OUT", "STOP ALL", "UNSUB",
	},
	optIn: []string{"START", "YES", "UNSTOP"},
	no:    []string{"NO", "NO THANKS", "NO THANK YOU", "NOT INTERESTED"},
	help:  []string{"HELP", "INFO"},

	optedOut: "You have been unsubscribed and will get no more messages from us. Reply START to hear from us again.",
	optedIn:  "Welcome back. You will get messages from us again. Reply STOP to unsubscribe.",
	helped:   "Write to this number to reach us about products and orders. Reply STOP to unsubscribe or START to hear from us again.",
	request:  "{{store.name}} would like to text you one-to-one about products and your orders. Reply YES to agree or STOP to refuse. Message and data rates may apply.",

	hints: []string{
		"STOP TEXTING", "STOP MESSAGING", "STOP CONTACTING ME", "STOP WRITING TO ME", "STOP WRITING ME", "STOP BOTHERING ME", "STOP SPAMMING", "QUIT TEXTING ME",
		"STOP SENDING ME TEXTS", "STOP SENDING ME MESSAGES", "STOP SENDING ME THESE", "STOP SENDING ME THIS", "STOP SENDING ME ADS", "STOP SENDING THESE", "STOP SENDING MESSAGES", "STOP SENDING TEXTS",
		"STOP THE TEXTS", "STOP THE MESSAGES", "STOP THESE TEXTS", "STOP THESE MESSAGES", "STOP ALL TEXTS", "STOP ALL MESSAGES",
		". PLEASE STOP .", ". STOP PLEASE .", ". STOP STOP .", ". STOP NOW .",
		"DONT TEXT ME .", "DO NOT TEXT ME .", "DONT MESSAGE ME .", "DO NOT MESSAGE ME .", "DONT CONTACT ME .", "DO NOT CONTACT ME .",
		"DONT TEXT ME ANYMORE", "DO NOT TEXT ME ANYMORE", "DONT TEXT ME ANY MORE", "DO NOT TEXT ME ANY MORE", "DONT TEXT ME AGAIN", "DO NOT TEXT ME AGAIN", "NEVER TEXT ME AGAIN",
		"DONT MESSAGE ME ANYMORE", "DO NOT MESSAGE ME ANYMORE", "DONT MESSAGE ME AGAIN", "DO NOT MESSAGE ME AGAIN", "NEVER MESSAGE ME AGAIN",
		"DONT CONTACT ME ANYMORE", "DO NOT CONTACT ME ANYMORE", "DONT CONTACT ME AGAIN", "DO NOT CONTACT ME AGAIN", "NEVER CONTACT ME AGAIN",
		". NO MORE TEXTS .", ". NO MORE MESSAGES .", "NO MORE TEXTS PLEASE", "NO MORE MESSAGES PLEASE", "PLEASE NO MORE TEXTS", "PLEASE NO MORE MESSAGES",
		"DONT WANT THESE TEXTS", "DONT WANT THESE MESSAGES", "DONT WANT ANY MORE TEXTS", "DONT WANT ANY MORE MESSAGES", "DONT WANT MORE TEXTS", "DONT WANT MORE MESSAGES",
		"DONT WANT TO RECEIVE TEXTS", "DONT WANT TO RECEIVE MESSAGES", "DO NOT WANT TO RECEIVE TEXTS", "DO NOT WANT TO RECEIVE MESSAGES", "DO NOT WISH TO RECEIVE TEXTS", "DO NOT WISH TO RECEIVE MESSAGES",
		"NO LONGER WANT TO RECEIVE TEXTS", "NO LONGER WANT TO RECEIVE MESSAGES", "NO LONGER WANT TO RECEIVE THESE", "NO LONGER WISH TO RECEIVE TEXTS", "NO LONGER WISH TO RECEIVE MESSAGES", "NO LONGER WISH TO RECEIVE THESE",
		"REMOVE ME FROM YOUR", "REMOVE ME FROM THIS", "REMOVE ME FROM THE LIST", "REMOVE ME .", "REMOVE MY NUMBER", "DELETE MY NUMBER", ". LOSE MY NUMBER", ". LOSE THIS NUMBER",
		"TAKE ME OFF YOUR", "TAKE ME OFF THE LIST", "TAKE ME OFF THIS LIST", "TAKE ME OFF .", "LEAVE ME ALONE",
		"UNSUBSCRIBE ME", "PLEASE UNSUBSCRIBE", "UNSUBSCRIBE PLEASE", "WANT TO UNSUBSCRIBE", "LIKE TO UNSUBSCRIBE", "HOW DO I UNSUBSCRIBE", "HOW CAN I UNSUBSCRIBE",
		"OPT ME OUT", "WANT TO OPT OUT", "LIKE TO OPT OUT", "REVOKE MY CONSENT", "REVOKE CONSENT", "WITHDRAW MY CONSENT",
	},
	unless: []string{
		"DONT STOP", "DO NOT STOP", "NEVER STOP", "DIDNT STOP", "DID YOU STOP", "WONT STOP", "DONT UNSUBSCRIBE", "DO NOT UNSUBSCRIBE", "DONT LEAVE ME",
		"DIDNT MEAN TO", "DID NOT MEAN TO", "DONT WANT TO UNSUBSCRIBE", "DONT WANT TO OPT OUT", "DONT REMOVE", "DO NOT REMOVE", "YOU DONT",
	},
}
