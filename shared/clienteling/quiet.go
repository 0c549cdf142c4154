package clienteling

import "time"

// Quiet hours are those in which a store writes to nobody by itself. US rules allow
// such texts from 8 a.m. to 9 p.m. at the place of whoever is called (47 CFR
// 64.1200(c)(1), https://www.ecfr.gov/current/title-47/section-64.1200); we take the
// hours for all countries, and the store's own place, for a number does not say where
// its owner is.
const (
	// QuietFrom is the hour of the day, in the store's time zone, in which quiet hours begin.
	QuietFrom = 21
	// QuietUntil is the hour of the day, in the store's time zone, in which they end.
	QuietUntil = 8
	// HeardLately is how long after a customer's text a store may answer at any hour:
	// who has just written is awake (product).
	HeardLately = 30 * time.Minute
	// leastTime is how long a text has at least to reach Twilio: one that was accepted
	// at the last second is to go all the same.
	leastTime = time.Minute
)

// MayDisturb says whether a store may write to a customer now. timeZone is the store's,
// an IANA name; heard is when the customer last texted, zero for never. The text must
// be handed to Twilio before goBy: the beginning of the quiet hours or, where that is
// later, HeardLately after heard.
//
// The error is quiet_hours, which says when the text may go, or time_zone_missing for a
// store of which nobody knows what time it is there.
func MayDisturb(now time.Time, timeZone string, heard time.Time) (goBy time.Time, err error) {
	place, err := zone(timeZone)
	if err != nil {
		return time.Time{}, err
	}
	local := now.In(place)
	hour := func(day, hour int) time.Time {
		return time.Date(local.Year(), local.Month(), local.Day()+day, hour, 0, 0, 0, place)
	}
	// The next time at which the store may write without having been written to, and
	// the end of that.
	opens, closes := hour(0, QuietUntil), hour(0, QuietFrom)
	if !now.Before(closes) {
		opens, closes = hour(1, QuietUntil), hour(1, QuietFrom)
	}
	answerBy := heard.Add(HeardLately)
	switch {
	case !now.Before(opens), now.Before(answerBy) && !answerBy.Before(opens):
		// It is day, or will be before the time to answer is over.
		goBy = latest(closes, answerBy)
	case now.Before(answerBy):
		goBy = answerBy
	default:
		return time.Time{}, E(Conflict, "quiet_hours",
			"It is %s at the store: quiet hours are from %02d:00 to %02d:00 there, in which customers are left alone unless they wrote in the last %d minutes. Send it from %s (%s).",
			local.Format("15:04"), QuietFrom, QuietUntil, int(HeardLately.Minutes()), opens.Format("15:04 on Monday, 2 January"), opens.Format(time.RFC3339)).
			After(opens.Sub(now))
	}
	return latest(goBy, now.Add(leastTime)), nil
}

// zone is the place of an IANA name. Neither "" nor "Local", which Go takes for its own
// place, is one.
func zone(name string) (*time.Location, error) {
	if name == "" {
		return nil, E(Conflict, "time_zone_missing", "Nobody knows what time it is at this store, so nothing can be sent without disturbing somebody. Ask an administrator to set its time zone with PUT /v1/stores/{storeId}.")
	}
	place, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, E(Conflict, "time_zone_missing", "The time zone of this store, %q, is not known here. Ask an administrator to set one like Europe/Berlin with PUT /v1/stores/{storeId}.", name).Because(err)
	}
	return place, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
