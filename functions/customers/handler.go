package main

import (
	"log/slog"
	"strings"
	"time"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

type function struct {
	log   *slog.Logger
	now   func() time.Time
	table *table.Table
}

func (f function) routes() apigw.Routes {
	return apigw.Routes{
		"GET /v1/customers/{phone}/consent": f.consent,
		"GET /v1/customers/{phone}/export":  f.export,
		"DELETE /v1/customers/{phone}":      f.erase,
	}
}

// whose is the customer that a call is about, and their number if the call tells it.
// The path has their number or, so that no number need be in a URL, their id, which is
// that of their conversations.
func (f function) whose(c *apigw.Call) (customer, phone string, err error) {
	named := c.Path("phone")
	if table.IsCustomer(named) {
		return named, "", nil
	}
	if !strings.HasPrefix(named, "+") {
		named = "+" + strings.TrimSpace(named) // a plus that was not written as %2B
	}
	if !clienteling.IsE164(named) {
		return "", "", errPhone
	}
	return f.table.Customer(c.Caller.Retailer, named), named, nil
}

var errPhone = clienteling.E(clienteling.Unprocessable, "phone_invalid",
	"This is neither a number nor a customer's id. Send a number as E.164, with its country code and the plus percent-encoded: %s; or the id of one of the customer's conversations, which also stands for who texts from a short code or a name.", "%2B12125550123")

// erasure is what the API shows of the order to erase somebody.
type erasure struct {
	State       string `json:"state"`
	RequestedAt string `json:"requestedAt"`
	ErasedAt    string `json:"erasedAt,omitempty"`
	By          string `json:"by"`
}

// The states of an erasure.
const (
	stateErasing = "erasing"
	stateErased  = "erased"
)

func showErasure(e *table.Erasure) *erasure {
	if e == nil {
		return nil
	}
	shown := erasure{State: stateErased, RequestedAt: apigw.Moment(e.RequestedAt), ErasedAt: apigw.Moment(e.ErasedAt), By: e.By}
	if e.Running {
		shown.State = stateErasing
	}
	return &shown
}

// refusal is what the API shows of a customer's opt-out from all stores.
type refusal struct {
	Refused bool `json:"refused"`
	// Since is when that came about, or when an opt-out was lifted.
	Since string `json:"since,omitempty"`
	Epoch int    `json:"epoch"`
}

func showRefusal(r table.Refusal) refusal {
	return refusal{r.InForce, apigw.Moment(r.Since), r.Epoch}
}
