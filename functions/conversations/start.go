package main

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/phone"
)

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
	name, err := customerName(body.Name)
	if err != nil {
		return nil, err
	}
	to, err := f.reachable(ctx, c, store, body.Phone)
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
		if _, err := f.request(ctx, c, s, once, body.Introduction, to.E164, name); err != nil {
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

// reachable reads a customer's number, as people of the store's country write it or with
// its country code.
func (f function) reachable(ctx context.Context, c *apigw.Call, store, written string) (phone.Number, error) {
	if strings.HasPrefix(strings.TrimSpace(written), "+") {
		return phone.Mobile(written, "")
	}
	s, err := f.table.Store(ctx, c.Caller.Retailer, store)
	if err != nil {
		return phone.Number{}, err
	}
	return phone.Mobile(written, s.Country)
}
