package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/phone"
)

// maxName is the longest name of a customer, in characters.
const maxName = 100

// start begins a conversation with a customer: the associate's introduction and
// the opt-in message go out as one text. One that is there already is answered as
// it is, and nothing is sent.
func (f function) start(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Phone        string `json:"phone"`
		Name         string `json:"name"`
		Introduction string `json:"introduction"`
	}
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
	store, err := c.Store()
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(body.Name) > maxName {
		return nil, clienteling.E(clienteling.Unprocessable, "name_too_long", "A name has at most %d characters.", maxName).With("/name", "Too long.")
	}
	to, err := phone.Mobile(body.Phone, "")
	if err != nil {
		return nil, err
	}
	customer := f.table.Customer(c.Caller.Retailer, to.E164)
	s, once, err := f.sender(ctx, c, customer)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(s.Countries, to.Country) {
		return nil, clienteling.E(clienteling.Unprocessable, "country_not_requested",
			"Your retailer does not text customers in %s. An administrator can ask for the country.", to.Country).With("/phone", "A number of "+to.Country+".")
	}
	status := http.StatusOK
	if s.Conversation == nil || s.Repeat != nil {
		if _, err := f.request(ctx, c, s, once, body.Introduction, to.E164, strings.TrimSpace(body.Name)); err != nil {
			return nil, err
		}
		status = http.StatusCreated
	}
	begun, err := f.table.Conversation(ctx, c.Caller.Retailer, store, customer)
	if err != nil {
		return nil, err
	}
	return apigw.Reply{
		Status: status, Header: map[string]string{"location": conversationPath(store, customer)}, Body: showConversation(begun),
	}, nil
}
