package main

import (
	"context"
	"net/http"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/queue"
)

// submit sends what is filed to Twilio: 202, for it is filed by a worker, and looked at
// by people.
func (f function) submit(ctx context.Context, c *apigw.Call) (any, error) {
	known, standing, err := f.requested(ctx, c)
	if err != nil {
		return nil, err
	}
	opened, err := f.open(ctx, c.Caller.Retailer, known)
	if err != nil {
		return nil, err
	}
	if err := c.Match(opened.Version); err != nil {
		return nil, err
	}
	switch {
	case opened.State == clienteling.RegistrationSubmitting || opened.State == clienteling.RegistrationInReview:
		return f.answer(ctx, http.StatusAccepted, standing, opened) // the same request again
	case !opened.State.Editable():
		return nil, clienteling.ErrRegistrationInReview
	case len(opened.items) == 0:
		return nil, clienteling.E(clienteling.Conflict, clienteling.HindranceUnknownPapers,
			"It is not known yet what %s asks for. The platform's operator finds out.", known.Name)
	}
	if missing := opened.Missing(opened.items, opened.papers); len(missing) > 0 {
		wrong := clienteling.E(clienteling.Unprocessable, "items_missing", "Give the items that errors names, and submit again.")
		for _, i := range missing {
			at := "/answers/"
			switch i.Kind {
			case country.Document:
				at = "/documents/"
			case country.Address:
				at = "/addresses/"
			}
			wrong = wrong.With(at+pointer(i.Key), "Missing: "+i.Label)
		}
		return nil, wrong
	}
	for _, d := range opened.papers {
		if d.State == clienteling.DocumentThere {
			if err := f.table.ClaimDocument(ctx, d); err != nil {
				return nil, changed(err)
			}
		}
	}
	opened.By = clienteling.Associate{ID: c.Caller.Subject, Name: c.Caller.Name}
	if opened.State == "" { // a country that asks for documents only, so that nobody saved a draft
		opened.AccountSID = f.accountSID
		if opened.Registration, err = f.table.SaveRegistration(ctx, opened.Registration, f.now()); err != nil {
			return nil, changed(err)
		}
	}
	if opened.Registration, err = f.table.SubmitRegistration(ctx, opened.Registration, f.now()); err != nil {
		return nil, changed(err)
	}
	job := queue.SubmitRegistration{Retailer: opened.Retailer, Country: opened.Registration.Country}
	if err := f.jobs.Send(ctx, job); err != nil {
		f.log.ErrorContext(ctx, "the job of a registration was not left; it is due in a minute", "retailer", job.Retailer, "country", job.Country, "error", err)
	}
	return f.answer(ctx, http.StatusAccepted, standing, opened)
}
