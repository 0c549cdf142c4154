package table

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

const (
	// uploadedWithin is after what time an upload that nobody finished is looked for
	// at Twilio, and deleted there.
	uploadedWithin = 10 * time.Minute
	// claimedWithin is after what time a paper that no submission took is deleted.
	claimedWithin = 30 * 24 * time.Hour
)

// BeginUpload records a paper before its bytes go to Twilio, so that whatever happens
// it is found there again. It gets its id here.
func (t *Table) BeginUpload(ctx context.Context, d clienteling.Document) (clienteling.Document, error) {
	d.ID, d.State = t.newID(d.At), clienteling.DocumentUploading
	i := with(documentKey(d.Retailer, d.Country, d.ID).item(), dueKey("document", d.ID, d.At.Add(uploadedWithin)).attributes("gsi2"), item{
		"state": str(string(d.State)), "item": str(d.Item), "accountSid": str(d.AccountSID), "name": str(d.Name),
		"choice": str(d.Choice), "type": str(d.Type), "size": num(d.Size), "hash": str(d.Hash), "at": str(stamp(d.At)),
	})
	if d.Choice == "" {
		delete(i, "choice")
	}
	return d, t.put(ctx, i, isNew)
}

// Uploaded records that Twilio has a paper, under its SID.
// clienteling.ErrNotFound: it was given up meanwhile.
func (t *Table) Uploaded(ctx context.Context, d clienteling.Document, sid string) (clienteling.Document, error) {
	d.SID, d.State = sid, clienteling.DocumentThere
	return d, t.moveDocument(ctx, d, clienteling.DocumentUploading, d.At.Add(claimedWithin))
}

// ClaimDocument keeps a paper of a submission: it is not deleted by itself.
// clienteling.ErrNotFound: it was deleted meanwhile.
func (t *Table) ClaimDocument(ctx context.Context, d clienteling.Document) error {
	return t.moveDocument(ctx, d, clienteling.DocumentThere, time.Time{})
}

// DropDocument marks a paper to be deleted at Twilio.
func (t *Table) DropDocument(ctx context.Context, d clienteling.Document, at time.Time) (clienteling.Document, error) {
	was := d.State
	d.State = clienteling.DocumentDeleting
	return d, t.moveDocument(ctx, d, was, at.Add(takenUpWithin))
}

func (t *Table) moveDocument(ctx context.Context, d clienteling.Document, was clienteling.DocumentState, due time.Time) error {
	c := change{
		key: documentKey(d.Retailer, d.Country, d.ID), condition: "#state = :was", values: item{":was": str(string(was))},
		set: item{"state": str(string(d.State)), "sid": str(d.SID)}, remove: []string{"gsi2pk", "gsi2sk"},
	}
	if !due.IsZero() {
		c.set, c.remove = with(c.set, dueKey("document", d.ID, due).attributes("gsi2")), nil
	}
	reasons, err := t.transact(ctx, []types.TransactWriteItem{t.update(c)})
	if err == nil && reasons != nil {
		return clienteling.ErrNotFound
	}
	return err
}

// ForgetDocument removes the record of a paper that Twilio does not have (any more).
func (t *Table) ForgetDocument(ctx context.Context, d clienteling.Document) error {
	_, err := t.transact(ctx, []types.TransactWriteItem{
		t.erase(documentKey(d.Retailer, d.Country, d.ID), "attribute_not_exists(pk) OR #state <> :there", item{":there": str(string(clienteling.DocumentThere))}),
	})
	return err
}

// Document returns a paper; clienteling.ErrNotFound: the registration has none of that id.
func (t *Table) Document(ctx context.Context, retailer, country, id string) (clienteling.Document, error) {
	if len(id) > maxID {
		return clienteling.Document{}, clienteling.ErrNotFound
	}
	i, err := t.get(ctx, documentKey(retailer, registrationOf(country), id), true)
	if err != nil {
		return clienteling.Document{}, err
	}
	return readDocument(i), nil
}

// mostDocuments is more papers than anybody uploads for one country.
const mostDocuments = 200

// Documents returns the papers of a registration, in any state, the oldest first.
func (t *Table) Documents(ctx context.Context, retailer, country string) ([]clienteling.Document, error) {
	l := list{pk: "pk", sk: "sk", partition: retailerKey(retailer).pk, prefix: documentKey(retailer, registrationOf(country), "").sk, consistent: true}
	items, _, err := t.query(ctx, l, mostDocuments, nil)
	return each(items, readDocument), err
}

// DueDocuments returns papers that were due before a moment: uploads nobody finished,
// papers nobody submitted, and those to be deleted.
func (t *Table) DueDocuments(ctx context.Context, before time.Time, limit int) ([]clienteling.Document, error) {
	items, err := t.due(ctx, "document", before, limit)
	return each(items, readDocument), err
}

func readDocument(i item) clienteling.Document {
	_, rest, _ := strings.Cut(text(i, "sk"), "#")
	country, id, _ := strings.Cut(rest, "#")
	return clienteling.Document{
		ID: id, Retailer: strings.TrimPrefix(text(i, "pk"), "RETAILER#"), Country: country,
		Item: text(i, "item"), Choice: text(i, "choice"), State: clienteling.DocumentState(text(i, "state")), SID: text(i, "sid"), AccountSID: text(i, "accountSid"),
		Name: text(i, "name"), Type: text(i, "type"), Size: integer(i, "size"), Hash: text(i, "hash"), At: moment(i, "at"),
	}
}
