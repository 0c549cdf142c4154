package main

import (
	"context"
	"log/slog"
	"time"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/phone"
	"clienteling/shared/queue"
	"clienteling/shared/table"
)

type function struct {
	log   *slog.Logger
	now   func() time.Time
	table *table.Table
	jobs  jobs
	// accountSID is the Twilio account in which this stage buys numbers.
	accountSID string
}

// jobs takes the job of buying a number.
type jobs interface {
	Send(ctx context.Context, job queue.NumberJob) error
}

func (f function) routes() apigw.Routes {
	return apigw.Routes{
		"GET /v1/stores":                       f.list,
		"GET /v1/stores/{storeId}":             f.get,
		"PUT /v1/stores/{storeId}":             f.save,
		"PUT /v1/stores/{storeId}/clienteling": f.onboard,
		"POST /v1/stores/enable":               f.enable,
	}
}

// store is what the API shows an administrator of a store.
type store struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Country  string `json:"country"`
	Phone    string `json:"phone,omitempty"`
	Address  string `json:"address,omitempty"`
	TimeZone string `json:"timeZone"`
	Language string `json:"language"`
	// State is that of the way to clienteling; ineligible for a store that something
	// keeps from setting out, which Hindrances then names.
	State      string                  `json:"state"`
	Hindrances []clienteling.Hindrance `json:"hindrances,omitempty"`
	// Number is the store's, or the one it waits for.
	Number string `json:"number,omitempty"`
	// Enable is whether a waiting store will be enabled with its number.
	Enable *bool `json:"enable,omitempty"`
	// Purchase is the order that the store waits for.
	Purchase string `json:"purchase,omitempty"`
	// Trouble is why what was asked for last did not come about.
	Trouble *reason `json:"trouble,omitempty"`
}

type reason struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// stateIneligible is what the API calls an eligible store that something hinders.
const stateIneligible = "ineligible"

func show(s clienteling.Store, standing clienteling.Standing) store {
	shown := store{
		ID: s.ID, Name: s.Name, Country: s.Country, Phone: s.Phone, Address: s.Address, TimeZone: s.TimeZone, Language: s.Language,
		State: string(s.State), Hindrances: hindrances(s, standing), Number: s.Number, Purchase: s.Purchase,
	}
	if len(shown.Hindrances) > 0 {
		shown.State = stateIneligible
	}
	if s.State == clienteling.StoreParked || s.State == clienteling.StoreOrdering {
		shown.Number, shown.Enable = s.Wish.Number, &s.Wish.Enable
	}
	if s.Trouble != "" {
		shown.Trouble = &reason{s.Trouble, clienteling.Reason(s.Trouble).Text()}
	}
	return shown
}

// hindrances are those of the store's standing, and those of its phone.
func hindrances(s clienteling.Store, standing clienteling.Standing) []clienteling.Hindrance {
	found := standing.Hindrances(s)
	if s.State != clienteling.StoreEligible || s.Phone == "" {
		return found
	}
	if _, err := phone.Landline(s.Phone, s.Country); err != nil {
		detail := "Calls cannot be forwarded to this phone number. Correct it in the store directory."
		if e, ok := err.(*clienteling.Error); ok {
			detail = e.Detail
		}
		found = append(found, clienteling.Hindrance{Code: clienteling.HindrancePhoneInvalid, Detail: detail})
	}
	return found
}

// answer is a store as an answer, with the ETag to change it by.
func answer(status int, s clienteling.Store, standing clienteling.Standing) apigw.Reply {
	return apigw.Reply{Status: status, Header: apigw.ETag(s.Version), Body: show(s, standing)}
}
