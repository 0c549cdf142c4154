package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

type function struct {
	log    *slog.Logger
	now    func() time.Time
	table  *table.Table
	jobs   jobs
	twilio seller
	// accountSID is the Twilio account in which this stage buys numbers.
	accountSID string
}

// jobs takes the jobs of buying and releasing numbers.
type jobs interface {
	Send(ctx context.Context, job queue.NumberJob) error
}

// seller says which numbers are for sale.
type seller interface {
	NumbersForSale(ctx context.Context, s twilio.Search) ([]twilio.ForSale, error)
}

func (f function) routes() apigw.Routes {
	return apigw.Routes{
		"GET /v1/numbers":                               f.list,
		"POST /v1/numbers":                              f.order,
		"DELETE /v1/numbers/{number}":                   f.release,
		"GET /v1/purchases":                             f.purchases,
		"GET /v1/purchases/{purchaseId}":                f.purchase,
		"DELETE /v1/purchases/{purchaseId}":             f.cancel,
		"GET /v1/countries/{country}/available-numbers": f.available,
	}
}

// standing is that of the caller's retailer in a country it has asked for. The field
// is where the caller named the country: a JSON pointer or a parameter.
func (f function) standing(ctx context.Context, c *apigw.Call, code, field string) (clienteling.Standing, country.Country, error) {
	standing, err := f.table.Standing(ctx, c.Caller.Retailer)
	if errors.Is(err, clienteling.ErrNotFound) {
		err = clienteling.ErrNotEnabled
	}
	if err != nil {
		return standing, country.Country{}, err
	}
	known, ok := country.Of(code)
	switch {
	case len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		err = clienteling.E(clienteling.Unprocessable, "country_invalid", "Send a country as two capital letters of ISO 3166-1, like DE; the United Kingdom is GB.").With(field, "Not a country's code.")
	case !slices.Contains(standing.Retailer.Countries, code):
		err = clienteling.E(clienteling.Unprocessable, clienteling.HindranceNotRequested,
			"Your retailer has not asked for clienteling in %s. Add the country to your onboarding first.", code).With(field, "Not asked for.")
	case !ok:
		known = country.Country{Code: code, Name: code, Registration: code}
	}
	return standing, known, err
}

// number is a clienteling number as the API shows it.
type number struct {
	Number   string `json:"number"`
	Country  string `json:"country"`
	State    string `json:"state"`
	StoreID  string `json:"storeId,omitempty"`
	Enabled  bool   `json:"enabled"`
	Purchase string `json:"purchaseId,omitempty"`
}

func show(n clienteling.Number) number {
	return number{n.E164, n.Country, string(n.State), n.Store, n.Enabled, n.Purchase}
}

// purchase is an order as the API shows it.
type purchase struct {
	ID      string  `json:"id"`
	State   string  `json:"state"`
	Country string  `json:"country"`
	Wanted  *wanted `json:"wanted,omitempty"`
	StoreID string  `json:"storeId,omitempty"`
	Number  string  `json:"number,omitempty"`
	Reason  *reason `json:"reason,omitempty"`
	By      string  `json:"by,omitempty"`
	At      string  `json:"at"`
	Updated string  `json:"updatedAt"`
}

type wanted struct {
	Number   string `json:"number,omitempty"`
	Contains string `json:"contains,omitempty"`
	AreaCode string `json:"areaCode,omitempty"`
}

// reason is why an order failed, or what it waits for.
type reason struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func showPurchase(p clienteling.Purchase) purchase {
	shown := purchase{
		ID: p.ID, State: string(p.State), Country: p.Country, StoreID: p.Store, Number: p.Number, By: p.By.Name, At: apigw.Moment(p.At), Updated: apigw.Moment(p.UpdatedAt),
	}
	if p.Wanted != (clienteling.Wanted{}) {
		shown.Wanted = &wanted{p.Wanted.Number, p.Wanted.Contains, p.Wanted.AreaCode}
	}
	if p.Reason != "" && p.State != clienteling.PurchaseCanceled { // nobody waits for that one any more
		shown.Reason = &reason{string(p.Reason), p.Reason.Text()}
	}
	return shown
}
