package twilio

import "strings"

// Twilio's own answers to its standard words on a long code
// (help article "Twilio support for opt-out keywords").
const (
	stopReply  = "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe."
	startReply = "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply."
	helpReply  = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)

// optOut applies Twilio's standard words, which must be the whole text in any case, to one
// customer of one number: is the customer blocked now, and what does Twilio answer? The
// text goes on to the webhook either way (docs/messaging/tutorials/advanced-opt-out).
// Only a change is confirmed: Twilio's pages do not say what a second STOP gets, and YES
// means something else to a customer who never stopped.
func optOut(blocked bool, body string) (nowBlocked bool, reply string) {
	switch strings.ToUpper(strings.TrimSpace(body)) {
	case "STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT":
		if !blocked {
			return true, stopReply
		}
	case "START", "YES", "UNSTOP":
		if blocked {
			return false, startReply
		}
	case "HELP", "INFO":
		return blocked, helpReply
	}
	return blocked, ""
}
