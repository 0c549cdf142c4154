package twilio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// codeUnfinished: a text or a call cannot be deleted before all of Twilio has finished
// with it, which takes a minute, and in rare cases 14 days.
// https://www.twilio.com/docs/api/errors/20009
const codeUnfinished = 20009

// EraseBetween deletes what Twilio keeps of the texts and calls between one of our
// numbers (E.164) and a customer's that were created before a moment or in the same
// second: texts both ways with their media, and calls with the legs that forwarded them.
// It deletes at most so many texts and calls. left says that there may be more: call it
// again, until it finds nothing at all. It may be repeated after any error, whatever its
// outcome, and killed at any time.
//
// The error is an *Error; then something is left. It is Later, too, when all that is left
// are texts and calls that Twilio has not finished with: that can take 14 days, so ask
// less often. What Twilio refuses to delete stops nothing else from being deleted.
//
// What the lists do not have is out of reach: Twilio's backups, for up to 30 days, and the
// archive of what is older than 13 months.
// https://www.twilio.com/docs/messaging/api/message-resource#delete-a-message-resource
// https://www.twilio.com/docs/usage/bulkexport
func (c *Client) EraseBetween(ctx context.Context, accountSID, ours, theirs string, before time.Time, most int) (left bool, err error) {
	if !e164.MatchString(ours) || theirs == "" || theirs == ours {
		return true, refusal("whose texts and calls are to be erased is not clear: give our number in E.164, and another one")
	}
	e := eraser{client: c, accountSID: accountSID, most: most}
	for _, way := range [][2]string{{ours, theirs}, {theirs, ours}} {
		for _, kind := range []struct {
			list   string // its name in paths
			key    string // and in a page
			delete func(context.Context, record) (bool, error)
		}{{"Messages", "messages", e.text}, {"Calls", "calls", e.call}} {
			found, err := e.list(ctx, kind.list, kind.key, url.Values{"From": {way[0]}, "To": {way[1]}})
			if err != nil {
				return true, err
			}
			for _, r := range found {
				// Twilio does not say that its filters are exact. And nothing of others is
				// ever deleted.
				if r.From != way[0] || r.To != way[1] || r.createdAfter(before) {
					continue
				}
				if e.deleted >= e.most {
					return true, e.failed()
				}
				was, err := kind.delete(ctx, r)
				if err != nil && !e.goesOn(err) {
					return true, err
				}
				if was {
					e.deleted++
				}
			}
		}
	}
	return e.deleted > 0 || e.failure != nil, e.failed()
}

// eraser is one run of EraseBetween.
type eraser struct {
	client        *Client
	accountSID    string
	most, deleted int    // texts and calls; media and legs are part of them
	failure       *Error // the first that did not end the run
}

// record is a text or a call as the lists show it. What else they say is nobody's
// business here.
type record struct {
	SID         string `json:"sid"`
	From        string `json:"from"`
	To          string `json:"to"`
	DateCreated string `json:"date_created"` // RFC 2822, in whole seconds
	NumMedia    string `json:"num_media"`    // of a text
	ParentSID   string `json:"parent_call_sid"`
}

// createdAfter reports whether a record is surely newer than a moment. Of one that has no
// date we know nothing but that it should go.
func (r record) createdAfter(moment time.Time) bool {
	created, err := time.Parse(time.RFC1123Z, r.DateCreated)
	return err == nil && created.After(moment)
}

// goesOn reports whether the others can be deleted when one could not, and keeps why.
func (e *eraser) goesOn(err error) bool {
	var failed *Error
	if !errors.As(err, &failed) || failed.Outcome != Refused && failed.Code != codeUnfinished {
		return false // Twilio is away, or has enough of us
	}
	e.failure = cmp.Or(e.failure, failed)
	return true
}

// failed is why something could not be deleted, nil when there is nothing like that.
func (e *eraser) failed() error {
	if e.failure == nil {
		return nil
	}
	return e.failure
}

// text deletes a text, its media first. Twilio says that they go with it; but if they did
// not, nobody could find them any more.
// https://www.twilio.com/docs/messaging/api/media-resource#delete-media
func (e *eraser) text(ctx context.Context, r record) (was bool, err error) {
	if err := needSID(r.SID, "a text", "SM", "MM"); err != nil {
		return false, err
	}
	if r.NumMedia != "" && r.NumMedia != "0" {
		media, err := e.list(ctx, "Messages/"+r.SID+"/Media", "media_list", nil)
		if err != nil && !isGone(err) {
			return false, err
		}
		for _, m := range media {
			if err := needSID(m.SID, "a medium", "ME"); err != nil {
				return false, err
			}
			if _, err := e.delete(ctx, "Messages/"+r.SID+"/Media/"+m.SID); err != nil {
				return false, err
			}
		}
	}
	return e.delete(ctx, "Messages/"+r.SID)
}

// call deletes a call, the legs that it was forwarded by first: they are found by it
// only.
// https://www.twilio.com/docs/voice/api/call-resource
func (e *eraser) call(ctx context.Context, r record) (was bool, err error) {
	if err := needSID(r.SID, "a call", "CA"); err != nil {
		return false, err
	}
	legs, err := e.list(ctx, "Calls", "calls", url.Values{"ParentCallSid": {r.SID}})
	if err != nil {
		return false, err
	}
	for _, leg := range legs {
		if leg.ParentSID != r.SID {
			continue
		}
		if err := needSID(leg.SID, "a call", "CA"); err != nil {
			return false, err
		}
		if _, err := e.delete(ctx, "Calls/"+leg.SID); err != nil {
			return false, err
		}
	}
	return e.delete(ctx, "Calls/"+r.SID)
}

// list returns all of one of the account's lists.
func (e *eraser) list(ctx context.Context, name, key string, filter url.Values) ([]record, error) {
	return entries[record](ctx, e.client, e.accountSID, list{
		origin: twilioAPI, path: "/2010-04-01/Accounts/" + e.accountSID + "/" + name + ".json", key: key, filter: filter,
	})
}

// delete deletes one thing of the account, and says whether it was there: Twilio may list
// for days what is gone. The error is an *Error.
func (e *eraser) delete(ctx context.Context, name string) (was bool, err error) {
	handler, one, err := e.client.handler(ctx, e.accountSID)
	if err != nil {
		return false, &Error{Later, 0, err}
	}
	answer, err := handler.Delete(twilioAPI+"/2010-04-01/Accounts/"+e.accountSID+"/"+name+".json", nil, nil, "")
	if err != nil {
		failed := judge(err, one.status)
		switch failed.Code {
		case CodeNotFound: // a page of a proxy has no code: it proves nothing
			return false, nil
		case codeUnfinished:
			failed.Outcome = Later
		}
		return false, failed
	}
	_ = answer.Body.Close()
	// twilio-go takes every status under 400 for done.
	if one.status != http.StatusNoContent {
		return false, &Error{Unknown, 0, fmt.Errorf("status %d in place of 204: look whether it is gone", one.status)}
	}
	return true, nil
}

// isGone reports whether what was asked for is not there.
func isGone(err error) bool {
	var failed *Error
	return errors.As(err, &failed) && failed.Code == CodeNotFound
}
