package main

import (
	"context"
	"errors"

	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

// registrations leaves jobs for the registrations that are due: to be filed, in
// review, or with an approval that ends.
func (f function) registrations(ctx context.Context) error {
	due, err := f.table.DueRegistrations(ctx, f.now(), perShard)
	failures := []error{err}
	for _, r := range due {
		err := f.table.RegistrationDueAgain(ctx, r, f.now().Add(again))
		if err == nil {
			err = f.filings.Send(ctx, queue.SubmitRegistration{Retailer: r.Retailer, Country: r.Country})
		}
		if err != nil && !errors.Is(err, table.ErrNotReady) {
			f.log.ErrorContext(ctx, "a due registration could not be moved on", "retailer", r.Retailer, "country", r.Country, "error", err)
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// papers deletes at Twilio the papers that nobody needs: uploads that nobody finished,
// which may be there or not, papers that were never submitted, and those that the
// retailer has deleted.
func (f function) papers(ctx context.Context) error {
	due, err := f.table.DueDocuments(ctx, f.now(), perShard)
	failures := []error{err}
	for _, d := range due {
		if late(ctx) {
			break
		}
		if err := f.paper(ctx, d); err != nil {
			f.log.ErrorContext(ctx, "a paper could not be deleted", "retailer", d.Retailer, "document", d.ID, "error", err)
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

func (f function) paper(ctx context.Context, d clienteling.Document) error {
	if d.State != clienteling.DocumentDeleting {
		var err error
		if d, err = f.table.DropDocument(ctx, d, f.now()); err != nil {
			return ignore(err, clienteling.ErrNotFound) // it was finished, or claimed, just now
		}
	}
	if d.SID == "" {
		found, there, err := f.twilio.FindDocument(ctx, d.AccountSID, f.stage.PaperName(d.ID))
		if err != nil {
			return err
		}
		if there {
			d.SID = found.SID
		}
	}
	if d.SID != "" {
		if err := f.twilio.DeleteDocument(ctx, d.AccountSID, d.SID); err != nil {
			return err
		}
	}
	f.log.InfoContext(ctx, "a paper that nobody needs is deleted", "retailer", d.Retailer, "document", d.ID, "sid", d.SID)
	return f.table.ForgetDocument(ctx, d)
}

// registry is what reconcile asks Twilio about papers.
type registry interface {
	FindDocument(ctx context.Context, accountSID, name string) (twilio.Document, bool, error)
	DeleteDocument(ctx context.Context, accountSID, sid string) error
}
