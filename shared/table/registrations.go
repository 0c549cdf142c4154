package table

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// A registration is two items: how far it is, which is small and read with every list
// of stores, and its file, which holds what was filed and what was made of it at
// Twilio. They change together, under the file's version.

// Registration returns how far a retailer's registration is that covers a country,
// without its file; clienteling.ErrNotFound: there is none.
func (t *Table) Registration(ctx context.Context, retailer, country string) (clienteling.Registration, error) {
	i, err := t.get(ctx, registrationKey(retailer, registrationOf(country)), true)
	if err != nil {
		return clienteling.Registration{}, err
	}
	return readRegistration(i), nil
}

// RegistrationFile is Registration with its file.
func (t *Table) RegistrationFile(ctx context.Context, retailer, country string) (clienteling.Registration, error) {
	country = registrationOf(country)
	items, err := t.getAll(ctx, []key{registrationKey(retailer, country), fileKey(retailer, country)})
	if err != nil {
		return clienteling.Registration{}, err
	}
	if items[0] == nil {
		return clienteling.Registration{}, clienteling.ErrNotFound
	}
	return withFile(readRegistration(items[0]), orEmpty(items[1]))
}

// readRegistration reads how far a registration is.
func readRegistration(i item) clienteling.Registration {
	return clienteling.Registration{
		Retailer:   strings.TrimPrefix(text(i, "pk"), "RETAILER#"),
		Country:    strings.TrimPrefix(text(i, "sk"), "COUNTRY#"),
		State:      clienteling.RegistrationState(text(i, "state")),
		BundleSID:  text(i, "bundleSid"),
		AddressSID: text(i, "addressSid"),
		ServiceSID: text(i, "serviceSid"),
		ValidUntil: moment(i, "validUntil"),
		UpdatedAt:  moment(i, "updatedAt"),
	}
}

// withFile adds what the file holds.
func withFile(r clienteling.Registration, i item) (clienteling.Registration, error) {
	r.ID, r.AccountSID = text(i, "id"), text(i, "accountSid")
	r.Tries, r.Version = integer(i, "tries"), integer(i, "version")
	r.SubmittedAt, r.ApprovedAt = moment(i, "submittedAt"), moment(i, "approvedAt")
	r.By = clienteling.Associate{ID: text(i, "byId"), Name: text(i, "byName")}
	r.Answers, r.Made = map[string]clienteling.Answer{}, map[string]string{}
	for name, into := range map[string]any{"answers": &r.Answers, "made": &r.Made, "rejections": &r.Rejections} {
		if s := text(i, name); s != "" {
			if err := json.Unmarshal([]byte(s), into); err != nil {
				return r, err
			}
		}
	}
	if r.Answers == nil { // written as null
		r.Answers = map[string]clienteling.Answer{}
	}
	if r.Made == nil {
		r.Made = map[string]string{}
	}
	return r, nil
}

// asJSON is a value as an attribute: it is only ever read and written whole. Nothing is
// an empty attribute, which goes.
func asJSON(v any) types.AttributeValue {
	if of := reflect.ValueOf(v); !of.IsValid() || of.Len() == 0 {
		return str("")
	}
	s, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps and slices of strings cannot fail
	}
	return str(string(s))
}

// PutRegistration writes a registration as it is, over whatever is there: what fills
// tables for trying out.
func (t *Table) PutRegistration(ctx context.Context, r clienteling.Registration, at time.Time) error {
	_, err := t.transact(ctx, t.writeRegistration(r, at, time.Time{}, ""))
	return err
}

// writeRegistration renders both items. due is when reconcile looks at the file next;
// zero for never. An approval is due itself, until what waited for it has gone on.
func (t *Table) writeRegistration(r clienteling.Registration, at, due time.Time, condition string) []types.TransactWriteItem {
	far := change{
		key: registrationKey(r.Retailer, r.Country),
		set: item{
			"state": str(string(r.State)), "bundleSid": str(r.BundleSID), "addressSid": str(r.AddressSID), "serviceSid": str(r.ServiceSID), "updatedAt": str(stamp(at)),
			"validUntil": str(stampOrNone(r.ValidUntil)),
		},
		remove: []string{"gsi2pk", "gsi2sk"},
	}
	if r.State == clienteling.RegistrationApproved {
		far.set = with(far.set, dueKey("approval", r.Country+"#"+r.Retailer, at).attributes("gsi2"))
		far.remove = nil
	}
	file := change{
		key: fileKey(r.Retailer, r.Country), condition: condition,
		set: item{
			"id": str(r.ID), "accountSid": str(r.AccountSID), "tries": num(r.Tries), "version": num(r.Version + 1),
			"submittedAt": str(stampOrNone(r.SubmittedAt)), "approvedAt": str(stampOrNone(r.ApprovedAt)),
			"byId": str(r.By.ID), "byName": str(r.By.Name), "workedOnUntil": str(""),
			"answers": asJSON(r.Answers), "made": asJSON(r.Made), "rejections": asJSON(r.Rejections),
		},
		remove: []string{"gsi2pk", "gsi2sk"},
	}
	if condition != "" {
		file.values = item{":known": num(r.Version)}
	}
	if !due.IsZero() {
		file.set = with(file.set, dueKey("registration", r.Country+"#"+r.Retailer, due).attributes("gsi2"))
		file.remove = nil
	}
	return []types.TransactWriteItem{t.update(far), t.update(file)}
}

func stampOrNone(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return stamp(at)
}

// SaveRegistration writes what the retailer filed: a new registration when its Version
// is 0, else over the version that it was read as. It is a draft then.
// clienteling.ErrRegistrationInReview: it may not be changed. ErrNotReady: somebody
// else was quicker.
func (t *Table) SaveRegistration(ctx context.Context, r clienteling.Registration, at time.Time) (clienteling.Registration, error) {
	if !r.State.Editable() {
		return r, clienteling.ErrRegistrationInReview
	}
	if r.ID == "" {
		r.ID = t.newID(at)
	}
	r.State = clienteling.RegistrationDraft
	return t.step(ctx, r, at, time.Time{})
}

// SubmitRegistration leaves a registration to the worker. The errors are those of
// SaveRegistration.
func (t *Table) SubmitRegistration(ctx context.Context, r clienteling.Registration, at time.Time) (clienteling.Registration, error) {
	if !r.State.To(clienteling.RegistrationSubmitting) {
		return r, clienteling.ErrRegistrationInReview
	}
	if r.ID == "" { // nothing was saved before: documents may be all that is asked
		r.ID = t.newID(at)
	}
	r.State, r.SubmittedAt, r.Rejections, r.Tries = clienteling.RegistrationSubmitting, at, nil, 0
	return t.step(ctx, r, at, at.Add(takenUpWithin))
}

// step writes a registration under the version it was read as.
func (t *Table) step(ctx context.Context, r clienteling.Registration, at, due time.Time) (clienteling.Registration, error) {
	condition := "#version = :known"
	if r.Version == 0 {
		condition = "attribute_not_exists(pk) OR #version = :known"
	}
	reasons, err := t.transact(ctx, t.writeRegistration(r, at, due, condition))
	if err == nil && reasons != nil {
		return r, ErrNotReady
	}
	r.Version++
	r.UpdatedAt = at
	return r, err
}

// TakeRegistration takes a registration up that is to be filed, or is in review, for
// workedOnFor. ErrNotReady: there is nothing to do, or somebody does it.
func (t *Table) TakeRegistration(ctx context.Context, retailer, country string, at time.Time) (clienteling.Registration, error) {
	r, err := t.RegistrationFile(ctx, retailer, country)
	if err != nil {
		return r, err
	}
	if r.State != clienteling.RegistrationSubmitting && r.State != clienteling.RegistrationInReview && r.State != clienteling.RegistrationApproved {
		return r, ErrNotReady
	}
	until := at.Add(workedOnFor)
	reasons, err := t.transact(ctx, []types.TransactWriteItem{t.update(change{
		key: fileKey(retailer, r.Country), condition: "#version = :known AND (attribute_not_exists(workedOnUntil) OR workedOnUntil <= :now)",
		values: item{":known": num(r.Version), ":now": str(stamp(at))},
		set: with(item{"version": num(r.Version + 1), "workedOnUntil": str(stamp(until))},
			dueKey("registration", r.Country+"#"+retailer, until).attributes("gsi2")),
	})})
	if err == nil && reasons != nil {
		return r, ErrNotReady
	}
	r.Version++
	return r, err
}

// RegistrationMade records what was made for a registration at Twilio, before the next
// step. It stays with the worker that has taken it up.
func (t *Table) RegistrationMade(ctx context.Context, r clienteling.Registration, what, sid string, at time.Time) (clienteling.Registration, error) {
	made := map[string]string{}
	maps.Copy(made, r.Made)
	made[what] = sid
	r.Made = made
	reasons, err := t.transact(ctx, []types.TransactWriteItem{t.update(change{
		key: fileKey(r.Retailer, r.Country), condition: "#version = :known", values: item{":known": num(r.Version)},
		set: item{"version": num(r.Version + 1), "made": asJSON(r.Made)},
	})})
	if err == nil && reasons != nil {
		return r, ErrNotReady
	}
	r.Version++
	return r, err
}

// RegistrationGoesOn lets go of a registration in the state that r has, to be looked
// at again at a moment; a zero moment is never.
func (t *Table) RegistrationGoesOn(ctx context.Context, r clienteling.Registration, due, at time.Time) (clienteling.Registration, error) {
	return t.step(ctx, r, at, due)
}

// DueRegistrations returns registrations that were due before a moment: only who they
// are is read.
func (t *Table) DueRegistrations(ctx context.Context, before time.Time, limit int) ([]clienteling.Registration, error) {
	items, err := t.due(ctx, "registration", before, limit)
	var due []clienteling.Registration
	for _, i := range items {
		r := readRegistration(i)
		r.Country = strings.TrimPrefix(text(i, "sk"), "FILE#")
		r.Version = integer(i, "version")
		due = append(due, r)
	}
	return due, err
}

// RegistrationDueAgain says that a job was left for a due registration.
func (t *Table) RegistrationDueAgain(ctx context.Context, r clienteling.Registration, due time.Time) error {
	reasons, err := t.transact(ctx, []types.TransactWriteItem{t.update(change{
		key: fileKey(r.Retailer, r.Country), condition: "#version = :known", values: item{":known": num(r.Version)},
		set: dueKey("registration", r.Country+"#"+r.Retailer, due).attributes("gsi2"),
	})})
	if err == nil && reasons != nil {
		return ErrNotReady
	}
	return err
}

// approved and notApproved are conditions on a registration, and on the absence of one.
func (t *Table) approved(retailer, country string) types.TransactWriteItem {
	return t.check(registrationKey(retailer, registrationOf(country)), "#state = :approved", item{":approved": str(string(clienteling.RegistrationApproved))})
}

func (t *Table) notApproved(retailer, country string) types.TransactWriteItem {
	return t.check(registrationKey(retailer, registrationOf(country)), "attribute_not_exists(pk) OR #state <> :approved",
		item{":approved": str(string(clienteling.RegistrationApproved))})
}

// Approval is an approved registration that something may still be waiting for.
type Approval struct {
	clienteling.Registration
	// Since is when it was approved.
	Since time.Time
	due   string
}

// DueApprovals returns approvals that were due before a moment, at most limit of each shard.
func (t *Table) DueApprovals(ctx context.Context, before time.Time, limit int) ([]Approval, error) {
	items, err := t.due(ctx, "approval", before, limit)
	var due []Approval
	for _, i := range items {
		r := readRegistration(i)
		due = append(due, Approval{r, r.UpdatedAt, text(i, "gsi2sk")})
	}
	return due, err
}

// ApprovalSettled says that nothing waits for an approval any more.
func (t *Table) ApprovalSettled(ctx context.Context, a Approval) error {
	_, err := t.transact(ctx, []types.TransactWriteItem{t.update(change{
		key: registrationKey(a.Retailer, a.Country), condition: "gsi2sk = :due", values: item{":due": str(a.due)},
		remove: []string{"gsi2pk", "gsi2sk"},
	})})
	return err
}

// Waiting is a store or an order that waits for the approval of a country; one of
// them is nil.
type Waiting struct {
	Store    *clienteling.Store
	Purchase *clienteling.Purchase
}

// Waiting returns what waits for an approval, orders first, at most limit. The list
// is an index, which may know of a change a moment late.
func (t *Table) Waiting(ctx context.Context, a Approval, limit int) ([]Waiting, error) {
	l := list{index: gsi2, pk: "gsi2pk", sk: "gsi2sk", partition: awaitingKey(a.Retailer, a.Country, "").pk}
	items, _, err := t.query(ctx, l, limit, nil)
	var waiting []Waiting
	for _, i := range items {
		if strings.HasPrefix(text(i, "sk"), "STORE#") {
			waiting = append(waiting, Waiting{Store: new(readStore(i))})
		} else {
			waiting = append(waiting, Waiting{Purchase: new(readPurchase(i))})
		}
	}
	return waiting, err
}
