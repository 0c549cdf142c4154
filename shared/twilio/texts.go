package twilio

import (
	"context"
	"errors"
	"strconv"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Text is a text to send.
type Text struct {
	AccountSID string
	// From is one of our numbers, To a customer's, both E.164.
	From, To string
	Body     string
	MediaURL []string
	// StatusCallback is told of every step the text makes.
	StatusCallback string
}

// Sent is a text as Twilio has it.
type Sent struct {
	// SID is SM... or MM...
	SID string
	// Status is Twilio's word, Code the error it failed with, "" for none.
	Status, Code string
	Body         string
	// CreatedAt has whole seconds.
	CreatedAt time.Time
}

// SendText hands a text to Twilio, once: it never tries again by itself. The error
// is an *Error.
func (c *Client) SendText(ctx context.Context, t Text) (Sent, error) {
	service, call, err := c.service(ctx, t.AccountSID)
	if err != nil {
		return Sent{}, &Error{Later, 0, err}
	}
	p := &api.CreateMessageParams{}
	p.SetFrom(t.From)
	p.SetTo(t.To)
	p.SetStatusCallback(t.StatusCallback)
	if t.Body != "" {
		p.SetBody(t.Body)
	}
	if len(t.MediaURL) > 0 {
		p.SetMediaUrl(t.MediaURL)
	}
	m, err := service.CreateMessage(p)
	if err != nil {
		return Sent{}, judge(err, call.status)
	}
	s := sent(m.Sid, m.Status, m.ErrorCode, m.Body, m.DateCreated)
	if s.SID == "" {
		return Sent{}, &Error{Unknown, 0, errors.New("the answer names no SID")}
	}
	return s, nil
}

// Text returns a text by its SID.
func (c *Client) Text(ctx context.Context, accountSID, sid string) (Sent, error) {
	service, call, err := c.service(ctx, accountSID)
	if err != nil {
		return Sent{}, err
	}
	m, err := service.FetchMessage(sid, &api.FetchMessageParams{})
	if err != nil {
		return Sent{}, judge(err, call.status)
	}
	return sent(m.Sid, m.Status, m.ErrorCode, m.Body, m.DateCreated), nil
}

// mostFound is more texts than one store sends one customer in the minutes in
// which an outcome is settled.
const mostFound = 50

// TextsTo returns the latest texts that we sent from one number to another, newest first. It
// does not ask by date: Twilio's filter is on the date sent, which a text that
// waits there does not have yet.
func (c *Client) TextsTo(ctx context.Context, accountSID, from, to string) ([]Sent, error) {
	service, call, err := c.service(ctx, accountSID)
	if err != nil {
		return nil, err
	}
	p := &api.ListMessageParams{}
	p.SetFrom(from)
	p.SetTo(to)
	p.SetLimit(mostFound)
	list, err := service.ListMessage(p)
	if err != nil {
		return nil, judge(err, call.status)
	}
	var found []Sent
	for _, m := range list {
		if value(m.Direction) == "outbound-api" { // the list has replies by TwiML, too
			found = append(found, sent(m.Sid, m.Status, m.ErrorCode, m.Body, m.DateCreated))
		}
	}
	return found, nil
}

func sent(sid, status *string, code *int, body, created *string) Sent {
	s := Sent{SID: value(sid), Status: value(status), Body: value(body)}
	if code != nil && *code != 0 {
		s.Code = strconv.Itoa(*code)
	}
	s.CreatedAt, _ = time.Parse(time.RFC1123Z, value(created))
	return s
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
