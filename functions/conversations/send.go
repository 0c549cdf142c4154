package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/queue"
	"clienteling/shared/table"
)

// maxText is the longest text Twilio takes, in characters.
// https://www.twilio.com/docs/api/errors/21617
const maxText = 1600

// send accepts a text of an associate to a customer who has opted in.
func (f function) send(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Text string `json:"text"`
	}
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
	if err := checkText("/text", body.Text); err != nil {
		return nil, err
	}
	s, once, err := f.sender(ctx, c, c.Path("conversationId"))
	if err != nil {
		return nil, err
	}
	if s.Conversation == nil {
		return nil, clienteling.ErrNotFound
	}
	if s.Repeat == nil {
		if err := consent.MayWrite(s.Consent); err != nil {
			return nil, err
		}
	}
	m, err := f.accept(ctx, c, s, table.NewText{Body: body.Text, Idempotency: once}, s.Conversation.ID)
	if err != nil {
		return nil, err
	}
	return apigw.Reply{Status: http.StatusCreated, Body: showMessage(m)}, nil
}

// ask sends a customer another opt-in request, or the first one to a customer who
// wrote first.
func (f function) ask(ctx context.Context, c *apigw.Call) (any, error) {
	introduction, err := decodeIntroduction(c)
	if err != nil {
		return nil, err
	}
	s, once, err := f.sender(ctx, c, c.Path("conversationId"))
	if err != nil {
		return nil, err
	}
	if s.Conversation == nil {
		return nil, clienteling.ErrNotFound
	}
	m, err := f.request(ctx, c, s, once, introduction, s.Conversation.Phone, "")
	if err != nil {
		return nil, err
	}
	return apigw.Reply{Status: http.StatusCreated, Body: showMessage(m)}, nil
}

// request accepts the one text that may go to a customer who has not opted in.
func (f function) request(ctx context.Context, c *apigw.Call, s table.Sender, once table.Idempotency, introduction, phone, name string) (clienteling.Message, error) {
	if s.Repeat == nil {
		var requests clienteling.OptInRequests
		if s.Conversation != nil {
			requests = s.Conversation.Requests
		}
		if err := consent.MayAsk(s.Consent, requests, f.now()); err != nil {
			return clienteling.Message{}, err
		}
	}
	text := consent.Request(introduction, s.Store.Language, s.Store.Name)
	if utf8.RuneCountInString(text) > maxText {
		return clienteling.Message{}, clienteling.E(clienteling.Unprocessable, "text_too_long",
			"The introduction and the opt-in message have more than %d characters together. Shorten the introduction.", maxText).
			With("/introduction", "Too long.")
	}
	return f.accept(ctx, c, s, table.NewText{Body: text, Request: true, Phone: phone, Name: name, Idempotency: once}, f.table.Customer(c.Caller.Retailer, phone))
}

// accept stores a text and leaves the job of sending it. If the queue is away the
// text is accepted all the same: reconcile finds what nobody took.
func (f function) accept(ctx context.Context, c *apigw.Call, s table.Sender, in table.NewText, customer string) (clienteling.Message, error) {
	if s.Repeat != nil {
		if s.Repeat.Fingerprint != in.Idempotency.Fingerprint {
			return clienteling.Message{}, apigw.ErrKeyReused
		}
		return f.table.Message(ctx, c.Caller.Retailer, s.Store.ID, customer, s.Repeat.Made)
	}
	in.By = clienteling.Associate{ID: c.Caller.Subject, Name: c.Caller.Name}
	in.At = f.now()
	m, err := f.table.AcceptText(ctx, s, in)
	if err != nil {
		return clienteling.Message{}, err
	}
	job := queue.SendText{Retailer: c.Caller.Retailer, Store: s.Store.ID, Customer: customer, Message: m.ID}
	if err := f.texts.Send(ctx, job, in.At); err != nil {
		f.log.ErrorContext(ctx, "text accepted, but the queue did not take it: it goes out with the next reconcile", "message", m.ID, "error", err)
	}
	f.log.InfoContext(ctx, "text accepted", "message", m.ID, "retailer", c.Caller.Retailer, "store", s.Store.ID, "request", in.Request)
	return m, nil
}

// sender reads what a text of the path's store to a customer rests on.
func (f function) sender(ctx context.Context, c *apigw.Call, customer string) (table.Sender, table.Idempotency, error) {
	store, err := c.Store()
	if err != nil {
		return table.Sender{}, table.Idempotency{}, err
	}
	if !table.IsCustomer(customer) {
		return table.Sender{}, table.Idempotency{}, clienteling.ErrNotFound
	}
	key, fingerprint, err := c.Idempotency()
	if err != nil {
		return table.Sender{}, table.Idempotency{}, err
	}
	once := table.Idempotency{Key: key, Fingerprint: fingerprint}
	s, err := f.table.Sender(ctx, c.Caller.Retailer, store, customer, once)
	if err != nil {
		return s, once, err
	}
	if s.Store.State != clienteling.StoreEnabled {
		err = clienteling.E(clienteling.Conflict, "store_not_enabled", "This store is not enabled for clienteling. Ask an administrator to enable it.")
	}
	return s, once, err
}

func checkText(pointer, text string) error {
	switch n := utf8.RuneCountInString(text); {
	case strings.TrimSpace(text) == "":
		return clienteling.E(clienteling.Unprocessable, "text_missing", "Write something.").With(pointer, "Empty.")
	case n > maxText:
		return clienteling.E(clienteling.Unprocessable, "text_too_long", "The text has %d characters. Shorten it to %d.", n, maxText).With(pointer, "Too long.")
	default:
		return nil
	}
}

func decodeIntroduction(c *apigw.Call) (string, error) {
	var body struct {
		Introduction string `json:"introduction"`
	}
	if c.Body == "" {
		return "", nil
	}
	err := c.Decode(&body)
	return body.Introduction, err
}

// conversationPath is where the API shows a conversation.
func conversationPath(store, id string) string {
	return "/v1/stores/" + url.PathEscape(store) + "/conversations/" + id
}
