package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

type function struct {
	log           *slog.Logger
	now           func() time.Time
	stage         clienteling.Stage
	publicBaseURL string
	twilio        registry
	table         *table.Table
}

const (
	// reviewedEvery is how often Twilio is asked about a registration in review: its
	// callbacks may be lost, and do not tell of every step.
	reviewedEvery = 15 * time.Minute
	// renewBefore is how long before its end an approval is warned about.
	renewBefore = 30 * 24 * time.Hour
)

// registry is what papers are filed with.
type registry interface {
	Regulation(ctx context.Context, accountSID, country, numberType string) (twilio.Regulation, bool, error)

	CreateAddress(ctx context.Context, accountSID string, a twilio.Address) (twilio.Address, error)
	UpdateAddress(ctx context.Context, accountSID string, a twilio.Address) (twilio.Address, error)
	FindAddress(ctx context.Context, accountSID, friendlyName string) (twilio.Address, bool, error)

	CreateEndUser(ctx context.Context, accountSID string, u twilio.EndUser) (twilio.EndUser, error)
	UpdateEndUser(ctx context.Context, accountSID string, u twilio.EndUser) (twilio.EndUser, error)
	FindEndUser(ctx context.Context, accountSID, friendlyName string) (twilio.EndUser, bool, error)

	CreateDocument(ctx context.Context, accountSID string, d twilio.Document) (twilio.Document, error)
	UpdateDocument(ctx context.Context, accountSID string, d twilio.Document) (twilio.Document, error)
	Document(ctx context.Context, accountSID, sid string) (twilio.Document, error)
	FindDocument(ctx context.Context, accountSID, friendlyName string) (twilio.Document, bool, error)

	CreateBundle(ctx context.Context, accountSID string, b twilio.NewBundle) (twilio.Bundle, error)
	FindBundle(ctx context.Context, accountSID, friendlyName string) (twilio.Bundle, bool, error)
	Bundle(ctx context.Context, accountSID, sid string) (twilio.Bundle, error)
	Assignments(ctx context.Context, accountSID, bundleSID string) ([]twilio.Assignment, error)
	Assign(ctx context.Context, accountSID, bundleSID, objectSID string) error
	Unassign(ctx context.Context, accountSID, bundleSID, assignmentSID string) error
	Evaluate(ctx context.Context, accountSID, bundleSID string) (twilio.Evaluation, error)
	SubmitBundle(ctx context.Context, accountSID, sid string) (twilio.Bundle, error)

	trust
}

// filing is a registration in the hands of this run.
type filing struct {
	clienteling.Registration
	country country.Country
	items   []country.Item
	papers  []clienteling.Document
	email   string
}

// work moves one registration on, as far as it goes: what was made at Twilio is
// recorded before the next is made, so that whoever comes after a crash goes on from
// there. When Twilio is away it stays due, and reconcile leaves a new job.
func (f function) work(ctx context.Context, job queue.SubmitRegistration) error {
	r, err := f.table.TakeRegistration(ctx, job.Retailer, job.Country, f.now())
	switch {
	case errors.Is(err, clienteling.ErrNotFound):
		f.log.WarnContext(ctx, "job of a registration that is not there", "retailer", job.Retailer, "country", job.Country)
		return nil
	case errors.Is(err, table.ErrNotReady):
		return nil
	case err != nil:
		return err
	}
	x, err := f.open(ctx, r)
	if err != nil {
		return err
	}
	switch {
	case x.State == clienteling.RegistrationApproved:
		err = f.watch(ctx, x)
	case !x.country.Bundle:
		err = f.brand(ctx, &x)
	case x.State == clienteling.RegistrationSubmitting:
		err = f.file(ctx, &x)
	default:
		err = f.review(ctx, x)
	}
	var e *twilio.Error
	if errors.As(err, &e) {
		// An approval stays, whatever Twilio says to a question about it.
		if e.Outcome == twilio.Refused && x.State != clienteling.RegistrationApproved {
			var at refusedAt
			errors.As(err, &at)
			err = f.reject(ctx, x, []clienteling.Rejection{{Item: at.item, Reason: refusal(e)}})
		} else {
			err = f.postpone(ctx, x, e)
		}
	}
	if errors.Is(err, table.ErrNotReady) {
		return nil // somebody took it over
	}
	return err
}

// refusal says in words that Twilio did not take something.
func refusal(e *twilio.Error) string {
	words := "Twilio did not take the papers"
	if said := e.Message(); said != "" {
		words += ": " + strings.TrimRight(said, ". ")
	}
	if e.Code != 0 {
		words += fmt.Sprintf(" (error %d, https://www.twilio.com/docs/api/errors/%d)", e.Code, e.Code)
	}
	return words + ". Check what you filed and submit again; if all is right, tell the platform's operator."
}

// open reads what a registration is made of.
func (f function) open(ctx context.Context, r clienteling.Registration) (filing, error) {
	c, _ := country.Of(r.Country)
	x := filing{Registration: r, country: c, items: c.Items()}
	beyond, err := f.table.Requirements(ctx, r.Country)
	if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
		return x, err
	}
	x.items = append(x.items, beyond.Items...)
	retailer, err := f.table.Retailer(ctx, r.Retailer)
	if err != nil {
		return x, err
	}
	x.email = retailer.ContactEmail
	papers, err := f.table.Documents(ctx, r.Retailer, r.Country)
	for _, d := range papers {
		if d.State == clienteling.DocumentThere {
			x.papers = append(x.papers, d)
		}
	}
	return x, err
}

// made records what was made for a registration.
func (f function) made(ctx context.Context, x *filing, what, sid string) error {
	r, err := f.table.RegistrationMade(ctx, x.Registration, what, sid, f.now())
	if err == nil {
		x.Registration = r
		f.log.InfoContext(ctx, "made at Twilio", "retailer", x.Retailer, "country", x.Country, "what", what, "sid", sid)
	}
	return err
}

// reject ends a submission: the retailer corrects what was wrong.
func (f function) reject(ctx context.Context, x filing, why []clienteling.Rejection) error {
	x.State, x.Rejections, x.Tries = clienteling.RegistrationRejected, why, 0
	_, err := f.table.RegistrationGoesOn(ctx, x.Registration, time.Time{}, f.now())
	if err == nil {
		f.log.InfoContext(ctx, "registration rejected", "retailer", x.Retailer, "country", x.Country, "reasons", len(why))
	}
	return err
}

// approve ends a review well. A representative's personal data has served its purpose
// and goes; what waited for the approval goes on.
func (f function) approve(ctx context.Context, x filing, validUntil time.Time) error {
	now := f.now()
	x.Registration = x.WithoutPersonal(x.items)
	x.State, x.ApprovedAt, x.ValidUntil, x.Rejections, x.Tries = clienteling.RegistrationApproved, now, validUntil, nil, 0
	x.BundleSID, x.ServiceSID = x.Made["bundle"], x.Made["service"]
	for _, i := range x.items {
		if i.Kind == country.Address && !i.Personal && x.Made["address/"+i.Key] != "" {
			x.AddressSID = x.Made["address/"+i.Key]
			break
		}
	}
	_, err := f.table.RegistrationGoesOn(ctx, x.Registration, watchedAt(validUntil, now), now)
	if err == nil {
		f.log.InfoContext(ctx, "registration approved", "retailer", x.Retailer, "country", x.Country, "validUntil", validUntil)
	}
	return err
}

// watchedAt is when an approval is to be looked at next; zero for never.
func watchedAt(validUntil, now time.Time) time.Time {
	switch {
	case validUntil.IsZero():
		return time.Time{}
	case now.Before(validUntil.Add(-renewBefore)):
		return validUntil.Add(-renewBefore)
	default:
		return validUntil
	}
}

// watch looks at an approval that ends soon, or has ended, or of which Twilio has
// something to say: it may take one back, or change when it ends.
func (f function) watch(ctx context.Context, x filing) error {
	now := f.now()
	ended := !x.ValidUntil.IsZero() && !now.Before(x.ValidUntil)
	if there, err := f.bundleThere(ctx, &x); err != nil && !ended {
		return err
	} else if err == nil && there.Status == twilio.BundleApproved {
		x.ValidUntil = there.ValidUntil
		ended = !x.ValidUntil.IsZero() && !now.Before(x.ValidUntil)
	} else if err == nil && there.Status == twilio.BundleRejected && !ended {
		why, err := f.whyRejected(ctx, &x)
		if err != nil {
			return err
		}
		return f.reject(ctx, x, why)
	}
	x.Tries = 0
	if ended {
		x.State = clienteling.RegistrationExpired
		_, err := f.table.RegistrationGoesOn(ctx, x.Registration, time.Time{}, now)
		if err == nil {
			f.log.WarnContext(ctx, "an approval has ended", "retailer", x.Retailer, "country", x.Country)
		}
		return err
	}
	if !x.ValidUntil.IsZero() && !now.Before(x.ValidUntil.Add(-renewBefore)) {
		f.log.WarnContext(ctx, "an approval ends soon: file the papers again", "retailer", x.Retailer, "country", x.Country, "validUntil", x.ValidUntil)
	}
	_, err := f.table.RegistrationGoesOn(ctx, x.Registration, watchedAt(x.ValidUntil, now), now)
	return err
}

// postpone leaves a registration until Twilio can be asked again.
func (f function) postpone(ctx context.Context, x filing, away *twilio.Error) error {
	due := f.now().Add(pause(x.Tries))
	x.Tries++
	f.log.WarnContext(ctx, "registration postponed", "retailer", x.Retailer, "country", x.Country, "state", x.State, "due", due, "error", away)
	_, err := f.table.RegistrationGoesOn(ctx, x.Registration, due, f.now())
	return err
}

// pause is how long a registration rests when Twilio is away: twice as long each time,
// up to an hour.
func pause(tries int) time.Duration {
	const first, most = 30 * time.Second, time.Hour
	return min(first<<min(tries, 10), most)
}
