package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/phone"
	"clienteling/shared/queue"
	"clienteling/shared/table"
)

// send accepts a text of an associate to a customer who has opted in: what they wrote,
// or a quick reply, filled in; with pictures where those can be sent.
func (f function) send(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Text         string   `json:"text"`
		QuickReplyID string   `json:"quickReplyId"`
		MediaURLs    []string `json:"mediaUrls"`
	}
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
	if err := checkContent(body.Text, body.QuickReplyID, body.MediaURLs); err != nil {
		return nil, err
	}
	s, once, err := f.sender(ctx, c, c.Path("conversationId"))
	if err != nil {
		return nil, err
	}
	if s.Conversation == nil {
		return nil, clienteling.ErrNotFound
	}
	in := table.NewText{Body: body.Text, Idempotency: once}
	if s.Repeat == nil {
		if err := consent.MayWrite(s.Consent); err != nil {
			return nil, err
		}
		if in.GoBy, err = clienteling.MayDisturb(f.now(), s.Store.TimeZone, s.Conversation.HeardAt); err != nil {
			return nil, err
		}
		if in.Media, err = attach(s, body.MediaURLs); err != nil {
			return nil, err
		}
		if body.QuickReplyID != "" {
			if in.Body, err = f.quickReply(ctx, c, s, body.QuickReplyID); err != nil {
				return nil, err
			}
		}
	}
	m, err := f.accept(ctx, c, s, in, s.Conversation.ID)
	if err != nil {
		return nil, err
	}
	return apigw.Reply{Status: http.StatusCreated, Body: showMessage(*s.Conversation, m)}, nil
}

// quickReply is the text of a quick reply to the customer.
func (f function) quickReply(ctx context.Context, c *apigw.Call, s table.Sender, id string) (string, error) {
	reply, err := f.table.QuickReply(ctx, c.Caller.Retailer, id)
	if errors.Is(err, clienteling.ErrNotFound) {
		return "", clienteling.E(clienteling.Unprocessable, "quick_reply_unknown",
			"There is no such quick reply (any more). GET /v1/templates lists them.").With("/quickReplyId", "Unknown.")
	}
	if err != nil {
		return "", err
	}
	text, err := clienteling.Fill(reply.Message, fillings(c, s, s.Conversation.Name))
	if err != nil {
		return "", err
	}
	if n := utf8.RuneCountInString(text); n > clienteling.MaxText {
		return "", clienteling.E(clienteling.Unprocessable, "text_too_long",
			"Filled in, this quick reply has %d characters, and a text has at most %d. Write a shorter one by hand.", n, clienteling.MaxText).With("/quickReplyId", "Too long.")
	}
	return text, nil
}

// fillings are what the placeholders of a text to a customer stand for. The store's phone
// is written as people of its country do.
func fillings(c *apigw.Call, s table.Sender, customer string) clienteling.Fillings {
	return clienteling.Fillings{Customer: customer, Associate: c.Caller.Name, Store: s.Store.Name, Phone: phone.National(s.Store.Phone)}
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
	m, err := f.request(ctx, c, s, once, introduction, s.Conversation.Phone, s.Conversation.Name)
	if err != nil {
		return nil, err
	}
	return apigw.Reply{Status: http.StatusCreated, Body: showMessage(*s.Conversation, m)}, nil
}

// request accepts the one text that may go to a customer who has not opted in.
func (f function) request(ctx context.Context, c *apigw.Call, s table.Sender, once table.Idempotency, introduction, phone, name string) (clienteling.Message, error) {
	in := table.NewText{Request: true, Phone: phone, Name: name, Idempotency: once}
	if s.Repeat == nil {
		var requests clienteling.OptInRequests
		var heard time.Time
		if s.Conversation != nil {
			requests, heard = s.Conversation.Requests, s.Conversation.HeardAt
		}
		err := consent.MayAsk(s.Consent, requests, f.now())
		if err != nil {
			return clienteling.Message{}, err
		}
		if in.GoBy, err = clienteling.MayDisturb(f.now(), s.Store.TimeZone, heard); err != nil {
			return clienteling.Message{}, err
		}
		wording, err := f.table.Wording(ctx, c.Caller.Retailer, s.Store.Language)
		if err != nil {
			return clienteling.Message{}, err
		}
		message, err := clienteling.Fill(wording.Text, fillings(c, s, name))
		if err != nil {
			return clienteling.Message{}, nameless(c, s, name, wording.Text, err)
		}
		in.Body, in.Wording = consent.Request(introduction, message), wording.Hash
	}
	if utf8.RuneCountInString(in.Body) > clienteling.MaxText {
		return clienteling.Message{}, clienteling.E(clienteling.Unprocessable, "text_too_long",
			"The introduction and the opt-in message have more than %d characters together. Shorten the introduction.", clienteling.MaxText).
			With("/introduction", "Too long.")
	}
	return f.accept(ctx, c, s, in, f.table.Customer(c.Caller.Retailer, phone))
}

// nameless says of a first opt-in request that only lacks the customer's name where to
// put it: there is no conversation yet that could be given one.
func nameless(c *apigw.Call, s table.Sender, name, wording string, unfilled error) error {
	if _, err := clienteling.Fill(wording, fillings(c, s, "somebody")); s.Conversation != nil || name != "" || err != nil {
		return unfilled
	}
	return clienteling.E(clienteling.Unprocessable, "placeholder_empty",
		"Your retailer's opt-in message calls customers by their name. Send the customer's name, too.").With("/name", "Needed.")
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
	// The body of a request may hold the customer's number: no unkeyed hash of it is kept.
	once := table.Idempotency{Key: key, Fingerprint: f.table.Sealed(fingerprint)}
	s, err := f.table.Sender(ctx, c.Caller.Retailer, store, customer, once)
	if err != nil {
		return s, once, err
	}
	if s.Store.State != clienteling.StoreEnabled {
		return s, once, clienteling.E(clienteling.Conflict, "store_not_enabled", "This store is not enabled for clienteling. Ask an administrator to enable it.")
	}
	if s.Erasing {
		return s, once, clienteling.E(clienteling.Conflict, "being_erased", "Everything about this customer is being erased just now. Nothing can be sent until that is done; then they are new to us.")
	}
	return s, once, nil
}

// checkContent checks what is to be sent as far as nothing else need be known.
func checkContent(text, quickReply string, mediaURLs []string) error {
	n := utf8.RuneCountInString(text)
	switch {
	case quickReply != "" && text != "":
		return clienteling.E(clienteling.Unprocessable, "text_and_quick_reply", "Send either a text or a quick reply. To change a quick reply, send the changed text.").With("/quickReplyId", "There is a text, too.")
	case quickReply == "" && len(mediaURLs) == 0 && strings.TrimSpace(text) == "":
		return clienteling.E(clienteling.Unprocessable, "text_missing", "Write something.").With("/text", "Empty.")
	case n > clienteling.MaxText:
		return clienteling.E(clienteling.Unprocessable, "text_too_long", "The text has %d characters. Shorten it to %d.", n, clienteling.MaxText).With("/text", "Too long.")
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
