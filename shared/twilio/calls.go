package twilio

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/twilio/twilio-go/client"
)

// ask makes one call of one of Twilio's products as an account. It is for answers that
// hold something; the error is an *Error.
func ask[Product, Answer any](ctx context.Context, c *Client, accountSID string, product func(*client.RequestHandler) *Product, do func(*Product) (*Answer, error)) (*Answer, error) {
	handler, one, err := c.handler(ctx, accountSID)
	if err != nil {
		return nil, &Error{Later, 0, err}
	}
	answer, err := do(product(handler))
	if err != nil {
		return nil, judge(err, one.status)
	}
	// twilio-go takes every status under 400 for done.
	if one.status < 200 || one.status > 299 {
		return nil, &Error{Unknown, 0, fmt.Errorf("status %d in place of an answer: look at Twilio", one.status)}
	}
	return answer, nil
}

// remove makes one call that deletes. What is gone already is no error; the error is
// an *Error.
func remove[Product any](ctx context.Context, c *Client, accountSID string, product func(*client.RequestHandler) *Product, do func(*Product) error) error {
	handler, one, err := c.handler(ctx, accountSID)
	if err != nil {
		return &Error{Later, 0, err}
	}
	if err := do(product(handler)); err != nil {
		failed := judge(err, one.status)
		if failed.Code == CodeNotFound { // a page of a proxy has no code: it proves nothing
			return nil
		}
		return failed
	}
	if one.status != http.StatusNoContent {
		return &Error{Unknown, 0, fmt.Errorf("status %d in place of 204: look whether it is gone", one.status)}
	}
	return nil
}

// list is one of Twilio's lists.
type list struct {
	// origin is that of the product, path the list's, key what the list is called in a
	// page of it.
	origin, path, key string
	// filter is what Twilio leaves out by itself. Not every list has filters, and none
	// is said to be exact: what comes is compared again.
	filter url.Values
}

// mostPages is more than any account has: a list that does not end is not one.
const mostPages = 200

// entries returns all entries of a list, of all its pages. twilio-go's own way would
// cut every dot that precedes a digit out of a filter, and go wherever an answer says
// that the next page is. The error is an *Error.
func entries[Entry any](ctx context.Context, c *Client, accountSID string, l list) ([]Entry, error) {
	handler, one, err := c.handler(ctx, accountSID)
	if err != nil {
		return nil, &Error{Later, 0, err}
	}
	filter := url.Values{"PageSize": {strconv.Itoa(mostListed)}}
	for name, values := range l.filter {
		filter[name] = values
	}
	var all []Entry
	query := filter.Encode()
	for range mostPages {
		answer, err := handler.Get(l.origin+l.path+"?"+query, nil, nil, "")
		if err != nil {
			return nil, judge(err, one.status)
		}
		var page map[string]json.RawMessage
		err = json.NewDecoder(answer.Body).Decode(&page)
		_ = answer.Body.Close()
		if err != nil {
			return nil, judge(err, one.status)
		}
		var found []Entry
		if err := json.Unmarshal(orNull(page[l.key]), &found); err != nil {
			return nil, &Error{Unknown, 0, err}
		}
		// "Nothing" must be Twilio's word: somebody may create on the strength of it.
		if one.status != http.StatusOK || found == nil {
			return nil, &Error{Unknown, 0, fmt.Errorf("the answer of status %d has no list: ask again", one.status)}
		}
		all = append(all, found...)
		if query, err = next(l, page); err != nil {
			return nil, &Error{Unknown, 0, err}
		}
		if query == "" {
			return all, nil
		}
	}
	return nil, &Error{Unknown, 0, errors.New("the list does not end: look at Twilio")}
}

// next is the query that asks for the page after a page, "" when it is the last. Older
// products say it as a URI, newer ones as a URL, of which only the query counts: our
// token goes nowhere else.
func next(l list, page map[string]json.RawMessage) (string, error) {
	var meta struct {
		NextPageURL string `json:"next_page_url"`
	}
	var uri string
	if err := errors.Join(json.Unmarshal(orNull(page["meta"]), &meta), json.Unmarshal(orNull(page["next_page_uri"]), &uri)); err != nil {
		return "", err
	}
	more := cmp.Or(meta.NextPageURL, uri)
	if more == "" {
		return "", nil
	}
	u, err := url.Parse(more)
	if err != nil || u.Path != l.path || u.RawQuery == "" {
		return "", errors.New("the next page is not one of the list: look at Twilio")
	}
	return u.RawQuery, nil
}

func orNull(j json.RawMessage) json.RawMessage {
	if j == nil {
		return json.RawMessage("null")
	}
	return j
}

// entry is something of a list, as we know it.
type entry interface {
	// id is its SID, and when it was created.
	id() (sid string, at time.Time)
}

// find returns the entry of a list that is the one looked for. If there are several, as
// after a creation whose outcome nobody knew, it is the oldest, by SID if they are as
// old: that stays the same when there is another one.
func find[Theirs any, Ours entry](ctx context.Context, c *Client, accountSID string, l list, ours func(*Theirs) Ours, is func(Ours) bool) (found Ours, ok bool, err error) {
	all, err := entries[Theirs](ctx, c, accountSID, l)
	if err != nil {
		return found, false, err
	}
	for i := range all {
		e := ours(&all[i])
		if sid, at := e.id(); sid != "" && is(e) {
			firstSID, firstAt := found.id()
			if !ok || at.Before(firstAt) || at.Equal(firstAt) && sid < firstSID {
				found, ok = e, true
			}
		}
	}
	return found, ok, nil
}

// named is the filter of the lists that Twilio can filter by the name we gave.
func named(friendlyName string) url.Values { return url.Values{"FriendlyName": {friendlyName}} }

// sidded returns what Twilio has created, changed or fetched, if the answer says what.
func sidded[Ours entry](o Ours, prefix string) (none Ours, _ error) {
	if sid, _ := o.id(); !isSID(sid, prefix) {
		return none, &Error{Unknown, 0, fmt.Errorf("the answer names no SID of %s: look at Twilio", prefix)}
	}
	return o, nil
}

// same is sidded for something of which we knew the SID.
func same[Ours entry](o Ours, sid string) (none Ours, _ error) {
	if answered, _ := o.id(); answered != sid {
		return none, &Error{Unknown, 0, errors.New("the answer names no SID, or another one: look at Twilio")}
	}
	return o, nil
}

// isSID reports whether a string is a SID of a kind: two letters and 32 hexadecimal
// digits. An empty SID would address a whole list, and one with a slash something else.
// https://www.twilio.com/docs/glossary/what-is-a-sid
func isSID(sid, prefix string) bool {
	digits, ok := strings.CutPrefix(sid, prefix)
	return ok && len(digits) == 32 && strings.Trim(digits, "0123456789abcdefABCDEF") == ""
}

// needSID refuses what is no SID of any of the kinds.
func needSID(sid, what string, prefixes ...string) error {
	for _, prefix := range prefixes {
		if isSID(sid, prefix) {
			return nil
		}
	}
	return refusal("%q is not the SID of %s: give %s and 32 hexadecimal digits", sid, what, strings.Join(prefixes, " or "))
}

// The longest names that Twilio keeps, in characters. One that it cut would not be
// found again.
const (
	longestName      = 255
	longestShortName = 64
)

// needName refuses a name by which nothing could be found again.
func needName(friendlyName string, longest int) error {
	if n := utf8.RuneCountInString(friendlyName); n == 0 || n > longest {
		return refusal("a friendly name of %d characters cannot be found again: give 1 to %d", n, longest)
	}
	return nil
}

func refusal(format string, args ...any) *Error {
	return &Error{Refused, 0, fmt.Errorf(format, args...)}
}

// moment is a time that Twilio may leave out.
func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// code is one of Twilio's error codes. Some resources write them as strings.
type code int

// UnmarshalJSON reads a number, a string of one, or null as 0.
func (c *code) UnmarshalJSON(j []byte) error {
	j = bytes.Trim(j, `"`)
	if len(j) == 0 || string(j) == "null" {
		*c = 0
		return nil
	}
	n, err := strconv.Atoi(string(j))
	*c = code(n)
	return err
}

// Problem is one reason that Twilio gives for not approving something.
type Problem struct {
	// Code is Twilio's (https://www.twilio.com/docs/api/errors), 0 for none.
	Code int
	// Reason is in words, in English.
	Reason string
	// Fields are the fields it is about, by Twilio's names; mostly empty.
	Fields []string
}

// problems reads a list of errors. Each resource has a form of its own, and the
// reference gives none of them: what is not understood is kept as it came.
func problems(errs any) []Problem {
	text, _ := json.Marshal(errs) // it came as JSON
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		return nil
	}
	var all []Problem
	for _, one := range list {
		var p struct {
			Code          code     `json:"code"`
			ErrorCode     code     `json:"error_code"`
			Message       string   `json:"message"`
			Description   string   `json:"description"`
			FailureReason string   `json:"failure_reason"`
			Fields        []string `json:"fields"`
		}
		var number code
		var words string
		switch {
		case json.Unmarshal(one, &p) == nil:
			all = append(all, Problem{int(cmp.Or(p.Code, p.ErrorCode)), cmp.Or(p.Description, p.Message, p.FailureReason), p.Fields})
		case json.Unmarshal(one, &number) == nil:
			all = append(all, Problem{Code: int(number)})
		case json.Unmarshal(one, &words) == nil:
			all = append(all, Problem{Reason: words})
		default:
			all = append(all, Problem{Reason: string(one)})
		}
	}
	return all
}
