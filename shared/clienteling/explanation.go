package clienteling

// Explain says in words for an associate how far a text is and, where it did not
// arrive, why not and what to do: one or two sentences, each with a full stop. The
// reason is that of a Message: Twilio's error code, or one of our Reasons; only a text
// that did not arrive has one. Empty for a text that came in, and for a status that is
// not known.
//
// Twilio adds codes without notice (https://www.twilio.com/docs/api/errors), so that
// one which is not known here is named.
func Explain(status, reason string) string {
	switch status {
	case StatusQueued, "accepted", "scheduled":
		return "It waits to be sent."
	case StatusSending:
		return "It is on its way."
	case StatusSent:
		return "The carrier has it. Some carriers never say whether it arrived."
	case StatusDelivered:
		return "It is on the customer's phone."
	case StatusUndelivered, StatusFailed, StatusCanceled:
		if why := explainReason(reason); why != "" {
			return why
		}
	default:
		return ""
	}
	code := ""
	if reason != "" {
		code = " (" + reason + ")"
	}
	switch {
	case status == StatusCanceled:
		return "It was withdrawn before it was sent" + code + "."
	// Codes from 30000 on come from carriers, also of texts that count as failed.
	case status == StatusUndelivered, len(reason) == 5 && reason[0] == '3':
		return "The carrier did not deliver it" + code + "."
	default:
		return "It could not be sent" + code + "."
	}
}

// explainReason is empty for a reason that is not known. Titles, causes and solutions
// of the codes are at https://www.twilio.com/docs/api/errors/30003 and so on.
func explainReason(reason string) string {
	switch reason {
	case ReasonOptedOut, "21610":
		return "The customer has opted out, so it was not sent. Only they can undo that, by texting START."
	case ReasonOutcomeUnknown:
		return "Nobody knows whether it went out, and it is not sent twice. Ask the customer before you write it again."
	case ReasonRefused:
		return "It was refused, and nobody says why. Try again, or tell your administrator."
	case ReasonNotSent:
		return "It could not be handed over for hours. Send it again."
	case ReasonQuietHours:
		return "It could not go out before the store's quiet hours began. Send it again when they are over."

	// The customer's number.
	case "21211":
		return "This is not a valid phone number. Check it with the customer."
	case "21265":
		return "This is a short number of a service, which takes no texts from a store. Ask the customer for their own number."
	case "21266":
		return "This is the store's own number. Ask the customer for theirs."
	case "21408":
		return "Texts to the country of this number are not allowed. Tell your administrator."
	case "21612":
		return "No carrier takes a text from the store's number to this one. Call the customer."
	case "21614":
		return "This is not a mobile number. Ask the customer for one that gets texts."
	case "21635":
		return "This is a landline, which gets no texts. Ask the customer for a mobile number."
	case "30003":
		return "The customer's phone is off or out of reach. Try again later."
	case "30004":
		return "The customer or their carrier has blocked it. Do not send it again, and call them if you must reach them."
	case "30005":
		return "This number is unknown, or no longer in use. Check it with the customer."
	case "30006":
		return "This is a landline, or a carrier that is out of reach. Call the customer, or ask for a mobile number."

	// What was written.
	case "21602", "21619":
		return "There is nothing in it. Write something."
	case "21605", "21617", "21658":
		return "It has more than 1,600 characters, and an emoji counts as several. Shorten it."
	case "21618", "30007":
		return "A spam filter stopped it. Write it in other words and without links, or call the customer."
	case "30010":
		return "It costs more than the limit for one text. Shorten it."
	case "30044":
		return "A trial account sends short texts alone. Shorten it."

	// What was attached.
	case "11200":
		return "An attachment could not be fetched. Attach it again."
	case "11751":
		return "What is attached is too large. Send less, or smaller pictures."
	case "30019":
		return "It is too large for the carrier. Shorten it, or send smaller pictures."
	case "12300":
		return "An attachment is of a kind that cannot be sent. Send a JPEG, PNG or GIF picture."
	case "21620":
		return "The address of an attachment is not valid. Attach it again."
	case "21621", "21622":
		return "The store's number sends no pictures. Send the text alone."
	case "21623":
		return "There are too many attachments. Send ten or fewer."
	case "30011":
		return "This number gets no pictures. Send the text alone."

	// Too much at once, and faults that pass.
	case "20429":
		return "Too much was sent at once. Try again in a few minutes."
	case "21611", "30001":
		return "Too many texts of the store wait to be sent. Try again later."
	case "21730":
		return "Texting is down for maintenance. Try again later."
	case "30008":
		return "The carrier did not deliver it, and does not say why. Try again once."
	case "30017":
		return "The carrier's network is overloaded. Try again later."
	case "30022":
		return "The carrier takes no more texts from us for the moment. Try again in a few minutes."
	case "30023", "30027":
		return "The carrier takes no more texts from us today. Try again tomorrow."
	case "30036":
		return "It waited too long, so it was not sent. Send it again."
	case "30410":
		// Twilio does not try again, lest the customer gets it twice.
		return "The carrier did not answer in time. Ask the customer whether they have it before you send it again."
	case "30450", "30453":
		return "Texts to this number are stopped for a while, since they look like fraud to the filters. Try again in half an hour."
	case "30020", "30021", "30500":
		return "Something went wrong on the way to the carrier. Send it again."

	// The store's number and its papers, and the account.
	case "21601", "21606", "21659", "21660", "21661":
		return "The store's number cannot send this. Tell your administrator."
	case "21608":
		return "A trial account texts verified numbers alone. Tell your administrator."
	case "30018":
		return "The customer's carrier asks for a registration that the store's number lacks. Tell your administrator."
	case "30024":
		return "The customer's carrier does not know the store's number yet. Try again tomorrow, or tell your administrator."
	case "30032":
		return "The store's toll-free number is not verified. Tell your administrator."
	case "30033":
		return "The carriers have suspended the registration of the store's number. Tell your administrator."
	case "30034":
		return "The store's number is not registered with the carriers. Tell your administrator."
	case "30035":
		return "The store's number is still being registered with the carriers. Try again tomorrow, or tell your administrator."
	case "10001", "20003", "30002":
		return "The account that sends our texts is closed or suspended. Tell your administrator."

	// The one that comes on a customer's text.
	case "30009":
		return "A part of the customer's text got lost. Ask them to send it again."
	default:
		return ""
	}
}
