package main

import (
	"context"
	"net/http"
	"strings"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/phone"
	"clienteling/shared/queue"
	"clienteling/shared/table"
)

// order orders a number: 202, for it is bought when a worker gets to it, when the
// country is approved, or when the operator has fetched it.
func (f function) order(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Country  string `json:"country"`
		Number   string `json:"number"`
		Contains string `json:"contains"`
		AreaCode string `json:"areaCode"`
	}
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
	standing, known, err := f.standing(ctx, c, body.Country, "/country")
	if err != nil {
		return nil, err
	}
	if err := pattern(body.Country, body.Contains, body.AreaCode, "/contains", "/areaCode"); err != nil {
		return nil, err
	}
	if err := exact(body.Country, body.Number, body.Contains+body.AreaCode); err != nil {
		return nil, err
	}
	key, fingerprint, err := c.Idempotency()
	if err != nil {
		return nil, err
	}
	once := table.Idempotency{Key: key, Fingerprint: fingerprint}
	if repeat, err := f.table.Repeat(ctx, c.Caller.Retailer, once, "purchase"); err != nil || repeat != nil {
		return f.repeated(ctx, c, repeat, once, err)
	}
	p := clienteling.Purchase{
		Retailer: c.Caller.Retailer, Country: body.Country, AccountSID: f.accountSID, At: f.now(),
		State:  clienteling.PurchaseRequested,
		Wanted: clienteling.Wanted{Number: body.Number, Contains: body.Contains, AreaCode: body.AreaCode},
		By:     clienteling.Associate{ID: c.Caller.Subject, Name: c.Caller.Name},
	}
	switch {
	case !standing.Approved(body.Country):
		p.State = clienteling.PurchaseAwaitingApproval
	case !known.SelfServe:
		p.State, p.Reason = clienteling.PurchaseAssistance, clienteling.ReasonAssistedCountry
	}
	if p, err = f.table.NewPurchase(ctx, p, once); err != nil {
		return nil, err
	}
	if p.State.Running() {
		f.leave(ctx, queue.NumberJob{Do: queue.Buy, Retailer: p.Retailer, Purchase: p.ID})
	}
	return accepted(p), nil
}

// accepted is the answer to an order.
func accepted(p clienteling.Purchase) apigw.Reply {
	return apigw.Reply{Status: http.StatusAccepted, Header: map[string]string{"location": "/v1/purchases/" + p.ID}, Body: showPurchase(p)}
}

// repeated answers an Idempotency-Key that was used before with the order it made.
func (f function) repeated(ctx context.Context, c *apigw.Call, repeat *table.Repeat, once table.Idempotency, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	if repeat.Fingerprint != once.Fingerprint {
		return nil, apigw.ErrKeyReused
	}
	p, err := f.table.Purchase(ctx, c.Caller.Retailer, repeat.Made)
	if err != nil {
		return nil, err
	}
	return accepted(p), nil
}

// leave leaves a job. If the queue is away, reconcile leaves it within a minute: what
// it is about is due.
func (f function) leave(ctx context.Context, job queue.NumberJob) {
	if err := f.jobs.Send(ctx, job); err != nil {
		f.log.ErrorContext(ctx, "a job was not left; what it is about is due in a minute", "purchase", job.Purchase, "number", job.Number, "error", err)
	}
}

// pattern checks what narrows a search, as Twilio takes it.
// https://www.twilio.com/docs/phone-numbers/api/availablephonenumberlocal-resource
func pattern(code, contains, areaCode, containsPointer, areaCodePointer string) error {
	if contains != "" && (len(contains) < 2 || len(contains) > 16 ||
		strings.Trim(contains, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ*") != "") {
		return errPattern.With(containsPointer, "Not a pattern.")
	}
	if areaCode == "" {
		return nil
	}
	if code != "US" && code != "CA" {
		return clienteling.E(clienteling.Unprocessable, "area_code_invalid", "Only numbers of the US and Canada are chosen by area code. Use contains instead.").With(areaCodePointer, "Not in this country.")
	}
	if len(areaCode) != 3 || areaCode[0] < '2' || strings.Trim(areaCode, "0123456789") != "" { // none begins with 0 or 1
		return errAreaCode.With(areaCodePointer, "Not an area code.")
	}
	return nil
}

var errPattern = clienteling.E(clienteling.Unprocessable, "pattern_invalid", "Send 2 to 16 digits or letters, with * for any digit before or after them, like 555** or COAT.")

var errAreaCode = clienteling.E(clienteling.Unprocessable, "area_code_invalid", "Send the three digits of an area code, like 212.")

// exact checks a number that is ordered by itself.
func exact(code, e164, narrowed string) error {
	switch {
	case e164 == "":
		return nil
	case narrowed != "":
		return clienteling.E(clienteling.Unprocessable, "number_invalid", "Send a number, or what narrows the choice, not both.").With("/number", "Beside a pattern.")
	case !clienteling.IsE164(e164):
		return clienteling.E(clienteling.Unprocessable, "number_invalid", "Send the number as GET /v1/countries/{country}/available-numbers shows it, like +4917139200100.").With("/number", "Not in E.164.")
	}
	switch of := phone.Country(e164); of {
	case code:
		return nil
	case "":
		return clienteling.E(clienteling.Unprocessable, "number_of_another_country", "This number is one of no country, the order is for %s.", code).With("/number", "A number of no country.")
	default:
		return clienteling.E(clienteling.Unprocessable, "number_of_another_country", "This number is one of %s, the order is for %s.", of, code).With("/number", "A number of "+of+".")
	}
}
