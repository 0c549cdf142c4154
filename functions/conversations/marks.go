package main

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

// read says that the store has read a conversation, through an entry of it.
func (f function) read(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		MessageID string `json:"messageId"`
	}
	if c.Body != "" {
		if err := c.Decode(&body); err != nil {
			return nil, err
		}
	}
	store, err := c.Store()
	if err != nil {
		return nil, err
	}
	if err := f.table.MarkRead(ctx, c.Caller.Retailer, store, c.Path("conversationId"), body.MessageID); err != nil {
		return nil, err
	}
	return f.conversation(ctx, c)
}

// name says what the store calls the customer: texts and quick replies use it.
func (f function) name(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Name string `json:"name"`
	}
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
	store, err := c.Store()
	if err != nil {
		return nil, err
	}
	name, err := customerName(body.Name)
	if err != nil {
		return nil, err
	}
	if err := f.table.NameCustomer(ctx, c.Caller.Retailer, store, c.Path("conversationId"), name); err != nil {
		return nil, err
	}
	return f.conversation(ctx, c)
}

// maxName is the longest name of a customer, in characters.
const maxName = 100

func customerName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > maxName {
		return "", clienteling.E(clienteling.Unprocessable, "name_too_long", "A name has at most %d characters.", maxName).With("/name", "Too long.")
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return "", clienteling.E(clienteling.Unprocessable, "name_invalid", "A name is one line: it goes into texts.").With("/name", "Has a line break, or another control character.")
	}
	return name, nil
}

// assign claims a conversation for the caller.
func (f function) assign(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Force bool `json:"force"`
	}
	if c.Body != "" {
		if err := c.Decode(&body); err != nil {
			return nil, err
		}
	}
	store, err := c.Store()
	if err != nil {
		return nil, err
	}
	me := clienteling.Associate{ID: c.Caller.Subject, Name: c.Caller.Name}
	if me.ID == "" {
		return nil, clienteling.E(clienteling.Forbidden, "subject_missing", "The token does not say who you are. Sign in again.")
	}
	if err := f.table.Assign(ctx, c.Caller.Retailer, store, c.Path("conversationId"), me, body.Force, f.now()); err != nil {
		return nil, err
	}
	f.log.InfoContext(ctx, "conversation claimed", "store", store, "conversation", c.Path("conversationId"), "by", me.ID, "force", body.Force)
	return f.conversation(ctx, c)
}
