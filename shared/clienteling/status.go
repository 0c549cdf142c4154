package clienteling

// The states of an outbound text are Twilio's words. They only go forward.
// https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
const (
	// StatusQueued is accepted by us, or by Twilio.
	StatusQueued = "queued"
	// StatusSending is being handed to Twilio, or by Twilio to the carrier.
	StatusSending = "sending"
	// StatusSent is with the carrier; some never say more than that.
	StatusSent = "sent"
	// StatusDelivered is on the customer's phone.
	StatusDelivered = "delivered"
	// StatusUndelivered came back from the carrier.
	StatusUndelivered = "undelivered"
	// StatusFailed was never sent.
	StatusFailed = "failed"
	// StatusCanceled was withdrawn by us before it was sent.
	StatusCanceled = "canceled"
)

// Forward reports whether a text's status may become another: callbacks repeat and
// come out of order, and none of that may take back what is known. Words that are
// not known are no step forward.
func Forward(from, to string) bool { return rank(to) > rank(from) }

// Final reports whether a status is the last word on a text.
func Final(status string) bool { return rank(status) == final }

const final = 4

func rank(status string) int {
	switch status {
	case StatusQueued, "accepted", "scheduled":
		return 1
	case StatusSending:
		return 2
	case StatusSent:
		return 3
	case StatusDelivered, StatusUndelivered, StatusFailed, StatusCanceled:
		return final
	default:
		return 0
	}
}

// Why a text failed or was canceled, where Twilio has no code of its own for it.
const (
	// ReasonOptedOut: the customer refused before it was sent.
	ReasonOptedOut = "opted_out"
	// ReasonOutcomeUnknown: nobody knows whether Twilio took it, and it is not
	// sent again: twice is worse than not at all.
	ReasonOutcomeUnknown = "outcome_unknown"
	// ReasonRefused: Twilio refused it without saying why.
	ReasonRefused = "refused"
	// ReasonNotSent: Twilio could not be reached for hours.
	ReasonNotSent = "not_sent"
	// ReasonQuietHours: the store's quiet hours began before it could go out.
	ReasonQuietHours = "quiet_hours"
)
