package main

import (
	"context"
	"encoding/json"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

// work shows a page of what waits, the longest waiting first.
func (f function) work(ctx context.Context, c *apigw.Call) (any, error) {
	kind, err := c.OneOf("kind", "assistance", "requirements", "unrouted", "failed", "numbers")
	if err != nil {
		return nil, err
	}
	if kind == "" {
		return nil, clienteling.E(clienteling.Invalid, "invalid_parameter", "Which list? Send kind=assistance, requirements, unrouted, failed or numbers.").With("kind", "Needed.")
	}
	name := "work/" + kind
	limit, after, err := c.Page(name)
	if err != nil {
		return nil, err
	}
	page := table.Page{Limit: limit, After: after}
	switch kind {
	case "assistance":
		found, next, err := f.table.Assistance(ctx, page)
		return apigw.PageOf(name, found, next, showAssistance), err
	case "requirements":
		found, next, err := f.table.UnknownRequirements(ctx, page)
		return apigw.PageOf(name, found, next, showUnknown), err
	case "unrouted":
		found, next, err := f.table.UnroutedTexts(ctx, page)
		return apigw.PageOf(name, found, next, showUnrouted), err
	case "failed":
		found, next, err := f.table.FailedJobs(ctx, page)
		return apigw.PageOf(name, found, next, showFailed), err
	default:
		found, next, err := f.table.Strangers(ctx, page)
		return apigw.PageOf(name, found, next, showStranger), err
	}
}

// assistance is an order to fulfil by hand.
type assistance struct {
	Retailer   string   `json:"retailer"`
	PurchaseID string   `json:"purchaseId"`
	State      string   `json:"state"`
	Country    string   `json:"country"`
	StoreID    string   `json:"storeId,omitempty"`
	Number     string   `json:"number,omitempty"`
	Wanted     string   `json:"wanted,omitempty"`
	Reason     string   `json:"reason,omitempty"`
	Unfit      []string `json:"unfit,omitempty"`
	At         string   `json:"at"`
	Since      string   `json:"since"`
}

func showAssistance(p clienteling.Purchase) assistance {
	wanted := p.Wanted.Number + p.Wanted.Contains
	if p.Wanted.AreaCode != "" {
		wanted = "area code " + p.Wanted.AreaCode + " " + wanted
	}
	return assistance{p.Retailer, p.ID, string(p.State), p.Country, p.Store, p.Number, wanted, string(p.Reason), p.Unfit, apigw.Moment(p.At), apigw.Moment(p.UpdatedAt)}
}

// unrouted is a text to a number that no store uses.
type unrouted struct {
	ID    string `json:"id"`
	From  string `json:"from"`
	To    string `json:"to"`
	Text  string `json:"text,omitempty"`
	Media int    `json:"media,omitempty"`
	At    string `json:"at"`
}

func showUnrouted(u table.Unrouted) unrouted {
	return unrouted{u.ID, u.From, u.To, u.Body, len(u.Media), apigw.Moment(u.At)}
}

// failed is a job that its worker gave up.
type failed struct {
	ID    string          `json:"id"`
	Queue string          `json:"queue"`
	Job   json.RawMessage `json:"job"`
	Cause string          `json:"cause"`
	At    string          `json:"at"`
}

func showFailed(j table.FailedJob) failed {
	return failed{j.ID, j.Queue, json.RawMessage(j.Job), j.Cause, apigw.Moment(j.At)}
}

// unknown is a country of which nobody knows what it asks for.
type unknown struct {
	Country string `json:"country"`
	Since   string `json:"since"`
}

func showUnknown(r table.Requirements) unknown { return unknown{r.Country, apigw.Moment(r.At)} }

// stranger is a number of our account at Twilio that nobody here knows.
type stranger struct {
	Number       string `json:"number"`
	SID          string `json:"sid"`
	AccountSID   string `json:"accountSid"`
	FriendlyName string `json:"friendlyName"`
	Since        string `json:"since"`
}

func showStranger(s table.Stranger) stranger {
	return stranger{s.E164, s.SID, s.AccountSID, s.FriendlyName, apigw.Moment(s.At)}
}
