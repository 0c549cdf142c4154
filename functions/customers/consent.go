package main

import (
	"context"
	"errors"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

// standing is how a customer's consent stands now.
type standing struct {
	refusal
	Stores []storeStanding `json:"stores"`
}

type storeStanding struct {
	StoreID string `json:"storeId"`
	OptIn   string `json:"optIn"`
	// Requests are the opt-in requests that count; LastRequestAt is when the last was made.
	Requests      int    `json:"optInRequests"`
	LastRequestAt string `json:"lastRequestAt,omitempty"`
}

// evidence is a line of the consent ledger.
type evidence struct {
	ID      string   `json:"id"`
	Effect  string   `json:"effect"`
	At      string   `json:"at"`
	StoreID string   `json:"storeId"`
	Number  string   `json:"number"`
	Epoch   int      `json:"epoch"`
	By      by       `json:"by"`
	Reply   *reply   `json:"reply,omitempty"`
	Request *request `json:"request,omitempty"`
	// Answers is the id of the request's text that was answered.
	Answers string `json:"answers,omitempty"`
}

type by struct {
	// Kind is customer, associate or twilio.
	Kind string `json:"kind"`
	ID   string `json:"id,omitempty"`
}

// reply is what the customer wrote.
type reply struct {
	Text string `json:"text"`
	SID  string `json:"sid,omitempty"`
}

// request is what the customer was asked, as they saw it.
type request struct {
	Text      string   `json:"text"`
	SID       string   `json:"sid,omitempty"`
	MessageID string   `json:"messageId,omitempty"`
	Wording   *wording `json:"wording,omitempty"`
}

// wording is the opt-in message that the request was made of; nothing but its hash, if
// nobody knows it any more.
type wording struct {
	Hash     string `json:"hash"`
	Language string `json:"language,omitempty"`
	Text     string `json:"text,omitempty"`
	At       string `json:"at,omitempty"`
}

// consent shows how a customer's consent stands, and the evidence for it.
func (f function) consent(ctx context.Context, c *apigw.Call) (any, error) {
	customer, _, err := f.whose(c)
	if err != nil {
		return nil, err
	}
	name := "consent/" + c.Caller.Retailer + "/" + customer
	limit, after, err := c.Page(name)
	if err != nil {
		return nil, err
	}
	p, err := f.table.Person(ctx, c.Caller.Retailer, customer)
	if err != nil {
		return nil, err
	}
	lines, next, err := f.table.Evidence(ctx, c.Caller.Retailer, customer, table.Page{Limit: limit, After: after})
	if err != nil {
		return nil, err
	}
	wordings, err := f.wordings(ctx, c.Caller.Retailer, lines)
	if err != nil {
		return nil, err
	}
	now := standing{showRefusal(p.Refusal), []storeStanding{}}
	for _, of := range p.Conversations {
		now.Stores = append(now.Stores, storeStanding{of.Store, string(of.OptIn), of.Requests.Count, apigw.Moment(of.Requests.Last)})
	}
	return struct {
		ID      string   `json:"id"`
		Phone   string   `json:"phone,omitempty"`
		Consent standing `json:"consent"`
		Erasure *erasure `json:"erasure,omitempty"`
		apigw.Page[evidence]
	}{p.ID, p.Phone, now, showErasure(p.Erasure), apigw.PageOf(name, lines, next, func(e table.Evidence) evidence {
		return showEvidence(e, wordings[e.Wording])
	})}, nil
}

// wordings are the opt-in messages that lines of evidence name, by their hashes.
func (f function) wordings(ctx context.Context, retailer string, lines []table.Evidence) (map[string]*wording, error) {
	found := map[string]*wording{}
	for _, e := range lines {
		if e.Wording == "" || found[e.Wording] != nil {
			continue
		}
		w, err := f.table.WordingByHash(ctx, retailer, e.Wording)
		if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
			return nil, err
		}
		found[e.Wording] = &wording{e.Wording, w.Language, w.Text, apigw.Moment(w.At)}
	}
	return found, nil
}

func showEvidence(e table.Evidence, w *wording) evidence {
	shown := evidence{
		ID: e.ID, Effect: string(e.Effect), At: apigw.Moment(e.At), StoreID: e.Store, Number: e.Number, Epoch: e.Epoch,
		By: by{e.By, e.Associate}, Answers: e.Answers,
	}
	switch {
	case e.Request != "":
		shown.Request = &request{e.Request, e.SID, e.Message, w}
	case e.By == byCustomer:
		shown.Reply = &reply{e.Reply, e.SID}
	}
	return shown
}

// byCustomer is who lines are by that a text of the customer brought.
const byCustomer = "customer"
