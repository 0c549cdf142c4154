package twilio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/twilio/twilio-go/client"
)

// Medium is a picture or another attachment of a text: the thing itself, or where it is.
type Medium struct {
	// Location is a URL where it can be got without credentials, for 4 hours by Twilio's
	// word; empty when Twilio answered with the medium itself. Whoever has the URL has the
	// medium: keep it out of logs.
	Location string
	// ContentType and Data are the medium itself, of [MostMedium] bytes at most. They are
	// empty when there is a Location.
	ContentType string
	Data        []byte
}

// MostMedium is the size in bytes of the largest medium that is passed on itself: so much
// fits in base64 into the 6 MB that a function may answer. Twilio's own limit for all
// media of a text is 5 MB, but it answers with a location.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const MostMedium = 4 << 20

// Medium asks Twilio for a medium by the URL that it has in webhooks (MediaUrl0). It has to
// be one of the account's texts: our token goes to Twilio only, whatever the URL says. The
// error is an *Error, with CodeNotFound for a medium that is gone or never was.
// https://www.twilio.com/docs/messaging/api/media-resource#fetch-a-media-resource
func (c *Client) Medium(ctx context.Context, accountSID, mediaURL string) (Medium, error) {
	path, err := c.mediumPath(accountSID, mediaURL)
	if err != nil {
		return Medium{}, &Error{Refused, 0, err}
	}
	token, err := c.token(ctx, accountSID)
	if err != nil {
		return Medium{}, &Error{Later, 0, err}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	// Not by twilio-go, which knows a medium as JSON only. A transport follows no redirect.
	one := &call{ctx: ctx, base: c.base, next: c.http}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, twilioAPI+path, nil)
	if err != nil {
		return Medium{}, &Error{Refused, 0, err}
	}
	r.SetBasicAuth(accountSID, token)
	answer, err := one.RoundTrip(r)
	if err != nil {
		return Medium{}, judge(err, one.status)
	}
	defer func() { _ = answer.Body.Close() }()
	switch status := answer.StatusCode; {
	case status == http.StatusOK:
		return medium(answer)
	case slices.Contains([]int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect}, status):
		return c.elsewhere(answer)
	default:
		// Without .json an error is XML. Its status says it all.
		codes := map[int]int{http.StatusNotFound: CodeNotFound, http.StatusGone: CodeNotFound, http.StatusTooManyRequests: codeTooMany}
		return Medium{}, judge(&client.TwilioRestError{Status: status, Code: codes[status]}, status)
	}
}

// mediumPath is the path of a medium's URL, made of nothing but its SIDs.
func (c *Client) mediumPath(accountSID, mediaURL string) (string, error) {
	u, err := url.Parse(mediaURL)
	if err != nil {
		return "", errors.New("the medium's URL is not one")
	}
	// As everywhere here, our origin answers for what is meant for Twilio's.
	origin := u.Scheme + "://" + u.Host
	if u.User != nil || origin != twilioAPI && (c.base == nil || origin != c.base.Scheme+"://"+c.base.Host) {
		return "", errors.New("the medium is not at Twilio: nobody is asked for it")
	}
	texts := "/2010-04-01/Accounts/" + accountSID + "/Messages/"
	rest, below := strings.CutPrefix(u.EscapedPath(), texts)
	text, sid, _ := strings.Cut(rest, "/Media/")
	if !below || !isSID(text, "MM") && !isSID(text, "SM") || !isSID(sid, "ME") {
		return "", errors.New("the medium is not one of the account's texts: nobody is asked for it")
	}
	return texts + text + "/Media/" + sid, nil
}

// medium is what an answer holds.
func medium(answer *http.Response) (Medium, error) {
	data, err := io.ReadAll(io.LimitReader(answer.Body, MostMedium+1))
	if err != nil {
		return Medium{}, &Error{Later, 0, err}
	}
	if len(data) > MostMedium {
		return Medium{}, refusal("the medium has more than %d bytes", MostMedium)
	}
	return Medium{ContentType: cmp.Or(answer.Header.Get("Content-Type"), "application/octet-stream"), Data: data}, nil
}

// elsewhere is where an answer sends us. Nobody gets a picture over a wire that others can
// read, but in local runs.
func (c *Client) elsewhere(answer *http.Response) (Medium, error) {
	to, err := answer.Location()
	if err != nil {
		return Medium{}, &Error{Unknown, 0, fmt.Errorf("status %d says not where: ask again", answer.StatusCode)}
	}
	local := c.base != nil && to.Scheme == c.base.Scheme
	if to.Host == "" || to.Scheme != "https" && !local {
		return Medium{}, &Error{Unknown, 0, fmt.Errorf("status %d leads to no https URL: look at Twilio", answer.StatusCode)}
	}
	return Medium{Location: to.String()}, nil
}
