package main

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/twilio"
	"clienteling/shared/webhook"
)

// name is how one thing of a registration is called at Twilio: two letters and a
// number at most, since a name there has 64 characters.
func (f function) name(x *filing, what string) string { return f.stage.RegistrationName(x.ID, what) }

// callback is where Twilio tells of a new status.
func (f function) callback(x *filing) string {
	return webhook.BundleURL(f.publicBaseURL, webhook.RegistrationKey{Retailer: x.Retailer, Country: x.Registration.Country})
}

// file makes a bundle at Twilio and submits it: the addresses, the end user, the
// papers, the bundle of them all. What is there from an earlier submission is brought
// up to date; what was made just before a crash is found by its name.
func (f function) file(ctx context.Context, x *filing) error {
	if there, err := f.bundleThere(ctx, x); err != nil {
		return err
	} else if isSubmitted(there.Status) {
		// Whoever submitted it did not live to say so. Nothing of it may be changed now.
		return f.inReview(ctx, x)
	}
	regulation, found, err := f.twilio.Regulation(ctx, x.AccountSID, x.Registration.Country, x.country.RegulationType())
	if err != nil {
		return err
	}
	if !found {
		return f.reject(ctx, *x, []clienteling.Rejection{{Reason: "Twilio has no regulation for numbers of this country, so nothing can be filed. Tell the platform's operator."}})
	}
	if err := f.addresses(ctx, x); err != nil {
		return err
	}
	if err := f.endUser(ctx, x, regulation); err != nil {
		return err
	}
	objects := []string{x.Made["end_user"]}
	proofs, err := f.proofs(ctx, x, regulation)
	if err != nil {
		return err
	}
	papers, err := f.describe(ctx, x, regulation)
	if err != nil {
		return err
	}
	objects = append(append(objects, proofs...), papers...)
	if err := f.bundle(ctx, x); err != nil {
		return err
	}
	if err := f.assign(ctx, x, objects); err != nil {
		return err
	}
	evaluation, err := f.twilio.Evaluate(ctx, x.AccountSID, x.Made["bundle"])
	if err != nil {
		return err
	}
	if !evaluation.Compliant {
		return f.reject(ctx, *x, x.rejections(evaluation))
	}
	if _, err := f.twilio.SubmitBundle(ctx, x.AccountSID, x.Made["bundle"]); err != nil {
		return err
	}
	return f.inReview(ctx, x)
}

// inReview lets go of a registration that Twilio looks at.
func (f function) inReview(ctx context.Context, x *filing) error {
	x.State, x.Tries = clienteling.RegistrationInReview, 0
	_, err := f.table.RegistrationGoesOn(ctx, x.Registration, f.now().Add(reviewedEvery), f.now())
	if err == nil {
		f.log.InfoContext(ctx, "registration in review", "retailer", x.Retailer, "country", x.Registration.Country, "bundle", x.Made["bundle"])
	}
	return err
}

// bundleThere is the bundle of an earlier submission, or of an earlier worker of this
// one; the zero one when there is none, or when it was deleted at Twilio.
func (f function) bundleThere(ctx context.Context, x *filing) (twilio.Bundle, error) {
	if x.Made["bundle"] == "" {
		return twilio.Bundle{}, nil
	}
	b, err := f.twilio.Bundle(ctx, x.AccountSID, x.Made["bundle"])
	if isGone(err) {
		return twilio.Bundle{}, nil
	}
	return b, err
}

// isSubmitted reports whether something of a status is out of our hands: in review, or
// approved.
func isSubmitted(status string) bool {
	switch status {
	case twilio.BundlePendingReview, twilio.BundleInReview, twilio.BundleApproved, twilio.BundleProvisionallyApproved:
		return true
	}
	return false
}

// isGone reports whether Twilio does not have what we have the SID of, any more.
func isGone(err error) bool {
	var e *twilio.Error
	return errors.As(err, &e) && e.Outcome == twilio.Refused && e.Code == twilio.CodeNotFound
}

// thing is something at Twilio that a registration has one of.
type thing struct {
	// what is its name in Made.
	what string
	// update brings the one that was recorded up to date.
	update func(sid string) error
	// find looks for it by its name, create makes it.
	find   func() (sid string, found bool, err error)
	create func() (sid string, err error)
}

// keep makes a thing, or brings it up to date, and returns its SID. One that was made
// but not recorded is found by its name; one that was deleted at Twilio is made again.
func (f function) keep(ctx context.Context, x *filing, t thing) (string, error) {
	if sid := x.Made[t.what]; sid != "" {
		if err := t.update(sid); !isGone(err) {
			return sid, err
		}
	}
	sid, found, err := t.find()
	if err == nil && !found {
		sid, err = t.create()
	}
	if err != nil {
		return "", err
	}
	return sid, f.made(ctx, x, t.what, sid)
}

// refusedAt is an error about what was filed for one item.
type refusedAt struct {
	item string
	error
}

func (e refusedAt) Unwrap() error { return e.error }

// addresses makes the addresses that were filed.
func (f function) addresses(ctx context.Context, x *filing) error {
	for n, i := range x.items {
		if a := x.Answers[i.Key].Address; i.Kind == country.Address && a != nil {
			if err := f.address(ctx, x, n, *a); err != nil {
				return refusedAt{i.Key, err}
			}
		}
	}
	return nil
}

// address makes the address of the nth item. Twilio lets an address move, but not to
// another country: that is another address, so the country is part of its name.
func (f function) address(ctx context.Context, x *filing, n int, a clienteling.Address) error {
	what := "address/" + x.items[n].Key
	want := twilio.Address{
		FriendlyName: f.name(x, "a"+strconv.FormatInt(int64(n), 36)+a.Country), CustomerName: x.business(),
		Street: a.Street, City: a.City, Region: cmp.Or(a.Region, a.City), PostalCode: a.PostalCode, Country: a.Country,
	}
	there, found, err := f.twilio.FindAddress(ctx, x.AccountSID, want.FriendlyName)
	switch {
	case err != nil:
		return err
	case !found:
		there, err = f.twilio.CreateAddress(ctx, x.AccountSID, want)
	case !sameAddress(there, want):
		want.SID = there.SID
		_, err = f.twilio.UpdateAddress(ctx, x.AccountSID, want)
	}
	if err != nil || x.Made[what] == there.SID {
		return err
	}
	return f.made(ctx, x, what, there.SID)
}

// sameAddress reports whether two addresses say the same. What is part of something
// that is approved may not even be written as it is.
func sameAddress(a, b twilio.Address) bool {
	return a.CustomerName == b.CustomerName && a.Street == b.Street && a.City == b.City && a.Region == b.Region && a.PostalCode == b.PostalCode
}

// business is the name of the business, as filed.
func (x *filing) business() string {
	for _, i := range x.items {
		if i.Twilio.Name == "business_name" {
			return x.Answers[i.Key].Text
		}
	}
	return x.Retailer
}

// endUser makes the business that the numbers are for.
func (f function) endUser(ctx context.Context, x *filing, r twilio.Regulation) error {
	attributes := map[string]any{}
	for _, field := range r.EndUserFields {
		if v := x.value(field.Name); v != "" {
			attributes[field.Name] = v
		}
	}
	want := twilio.EndUser{FriendlyName: f.name(x, "eu"), Type: r.EndUserType, Attributes: attributes}
	_, err := f.keep(ctx, x, thing{
		what: "end_user",
		update: func(sid string) error {
			want.SID = sid
			_, err := f.twilio.UpdateEndUser(ctx, x.AccountSID, want)
			return err
		},
		find: func() (string, bool, error) {
			u, found, err := f.twilio.FindEndUser(ctx, x.AccountSID, want.FriendlyName)
			return u.SID, found, err
		},
		create: func() (string, error) {
			u, err := f.twilio.CreateEndUser(ctx, x.AccountSID, want)
			return u.SID, err
		},
	})
	return err
}

// value is what was filed for a field of Twilio's. A person's name is filed as one, and
// asked for as first and last name.
func (x *filing) value(field string) string {
	for _, i := range x.items {
		text := x.Answers[i.Key].Text
		switch {
		case text == "" || i.Kind == country.Document || i.Kind == country.Address:
		case i.Kind == country.Person && (field == "first_name" || field == "last_name"):
			first, last, err := country.SplitName(text)
			if err != nil {
				first, last = text, text
			}
			if field == "first_name" {
				return first
			}
			return last
		case i.Twilio.Name == field:
			return text
		}
	}
	return ""
}

// addressSIDs are those of the business's addresses: a paper shows them, and a
// representative's own is a proof of its own.
func (x *filing) addressSIDs() []string {
	var sids []string
	for _, i := range x.items {
		if sid := x.Made["address/"+i.Key]; sid != "" && !i.Personal {
			sids = append(sids, sid)
		}
	}
	return sids
}

// fill answers the fields that a document must have, with these addresses.
func (x *filing) fill(fields []twilio.Field, addresses []string) map[string]any {
	attributes := map[string]any{}
	for _, field := range fields {
		if field.Name == "address_sids" {
			attributes[field.Name] = addresses
		} else if v := x.value(field.Name); v != "" {
			attributes[field.Name] = v
		}
	}
	return attributes
}

// proofs makes the documents that are no papers but addresses.
func (f function) proofs(ctx context.Context, x *filing, r twilio.Regulation) (sids []string, err error) {
	for n, need := range r.Documents {
		if slices.ContainsFunc(x.papers, func(d clienteling.Document) bool { return x.serves(d, need) }) {
			continue
		}
		for _, kind := range need.Accepted {
			i, ok := x.proves(kind.Type)
			if !ok {
				continue // the evaluation says what is missing
			}
			want := twilio.Document{
				FriendlyName: f.name(x, "d"+strconv.Itoa(n)), Type: kind.Type, Attributes: x.fill(kind.Fields, []string{x.Made["address/"+i.Key]}),
			}
			sid, err := f.keep(ctx, x, thing{
				what: "proof/" + need.Name,
				update: func(sid string) error {
					want.SID = sid
					_, err := f.twilio.UpdateDocument(ctx, x.AccountSID, want)
					return err
				},
				find: func() (string, bool, error) {
					d, found, err := f.twilio.FindDocument(ctx, x.AccountSID, want.FriendlyName)
					return d.SID, found, err
				},
				create: func() (string, error) {
					d, err := f.twilio.CreateDocument(ctx, x.AccountSID, want)
					return d.SID, err
				},
			})
			if err != nil {
				return nil, err
			}
			sids = append(sids, sid)
			break
		}
	}
	return sids, nil
}

// addressProof is Twilio's kind of document that is no paper but the address of the
// business. That of a representative is of another kind, which its item names.
const addressProof = "business_address"

// proves is the item whose address makes a document of a kind, if it was filed.
func (x *filing) proves(kind string) (country.Item, bool) {
	for _, i := range x.items {
		if i.Kind == country.Address && cmp.Or(i.Twilio.Type, addressProof) == kind && x.Made["address/"+i.Key] != "" {
			return i, true
		}
	}
	return country.Item{}, false
}

// item is the item that a paper was uploaded for.
func (x *filing) item(d clienteling.Document) country.Item {
	for _, i := range x.items {
		if i.Key == d.Item {
			return i
		}
	}
	return country.Item{}
}

// serves reports whether a paper is one of the kinds that a requirement accepts.
func (x *filing) serves(d clienteling.Document, need twilio.DocumentRequirement) bool {
	kind := cmp.Or(d.Choice, x.item(d).Twilio.Type)
	return slices.ContainsFunc(need.Accepted, func(k twilio.DocumentKind) bool { return k.Type == kind })
}

// describe tells Twilio of each paper what it wants to know of it.
func (f function) describe(ctx context.Context, x *filing, r twilio.Regulation) (sids []string, err error) {
	for _, d := range x.papers {
		var fields []twilio.Field
		for _, need := range r.Documents {
			for _, kind := range need.Accepted {
				if x.serves(d, twilio.DocumentRequirement{Accepted: []twilio.DocumentKind{kind}}) {
					fields = append(fields, kind.Fields...)
				}
			}
		}
		if attributes := x.fill(fields, x.addressSIDs()); len(attributes) > 0 {
			if _, err := f.twilio.UpdateDocument(ctx, d.AccountSID, twilio.Document{SID: d.SID, FriendlyName: f.stage.PaperName(d.ID), Attributes: attributes}); err != nil {
				return nil, refusedAt{d.Item, err}
			}
		}
		sids = append(sids, d.SID)
	}
	return sids, nil
}

// bundle makes the bundle.
func (f function) bundle(ctx context.Context, x *filing) error {
	name := f.name(x, "bu")
	_, err := f.keep(ctx, x, thing{
		what: "bundle",
		update: func(sid string) error { // nothing of it changes, but it may be gone
			_, err := f.twilio.Bundle(ctx, x.AccountSID, sid)
			return err
		},
		find: func() (string, bool, error) {
			b, found, err := f.twilio.FindBundle(ctx, x.AccountSID, name)
			return b.SID, found, err
		},
		create: func() (string, error) {
			b, err := f.twilio.CreateBundle(ctx, x.AccountSID, twilio.NewBundle{
				FriendlyName: name, Email: x.email, Country: x.Registration.Country, NumberType: x.country.RegulationType(),
				StatusCallback: f.callback(x),
			})
			return b.SID, err
		},
	})
	return err
}

// assign puts everything into the bundle, and takes out what is not part of it any more.
func (f function) assign(ctx context.Context, x *filing, objects []string) error {
	there, err := f.twilio.Assignments(ctx, x.AccountSID, x.Made["bundle"])
	if err != nil {
		return err
	}
	for _, a := range there {
		if !slices.Contains(objects, a.ObjectSID) {
			if err := f.twilio.Unassign(ctx, x.AccountSID, x.Made["bundle"], a.SID); err != nil {
				return err
			}
		}
	}
	for _, sid := range objects {
		if slices.ContainsFunc(there, func(a twilio.Assignment) bool { return a.ObjectSID == sid }) {
			continue
		}
		if err := f.twilio.Assign(ctx, x.AccountSID, x.Made["bundle"], sid); err != nil {
			return err
		}
	}
	return nil
}

// rejections says of each failure of an evaluation which item it is about.
func (x *filing) rejections(e twilio.Evaluation) []clienteling.Rejection {
	var why []clienteling.Rejection
	for _, failure := range e.Failures {
		why = alsoRejected(why, clienteling.Rejection{Item: x.itemOf(failure), Reason: cmp.Or(failure.Reason, "Twilio does not accept this.")})
	}
	// An object's own failure often says no more than that of its first field.
	why = slices.DeleteFunc(why, func(r clienteling.Rejection) bool {
		return r.Item == "" && slices.ContainsFunc(why, func(other clienteling.Rejection) bool { return other.Item != "" && other.Reason == r.Reason })
	})
	if len(why) == 0 {
		why = []clienteling.Rejection{{Reason: "Twilio did not accept the papers, and does not say why. Check each of them, and submit again."}}
	}
	return why
}

// alsoRejected adds a rejection, once.
func alsoRejected(why []clienteling.Rejection, r clienteling.Rejection) []clienteling.Rejection {
	if slices.Contains(why, r) {
		return why
	}
	return append(why, r)
}

// itemOf is the key of the item that a failure is about, "" for none: that of the
// object if Twilio names one or says which is missing, else that of the field.
func (x *filing) itemOf(failure twilio.Failure) string {
	for _, d := range x.papers {
		if failure.ObjectSID != "" && d.SID == failure.ObjectSID {
			return d.Item
		}
	}
	for _, is := range []func(country.Item) bool{
		func(i country.Item) bool {
			return failure.ObjectSID != "" && failure.ObjectSID == x.Made["address/"+i.Key]
		},
		func(i country.Item) bool {
			return i.Kind == country.Address && failure.ObjectType != "" && cmp.Or(i.Twilio.Type, addressProof) == failure.ObjectType
		},
		func(i country.Item) bool {
			return i.Kind == country.Document && failure.ObjectType != "" && (i.Twilio.Type == failure.ObjectType || slices.Contains(i.Choices, failure.ObjectType))
		},
		func(i country.Item) bool {
			return i.Kind != country.Document && failure.Field != "" && slices.Contains(strings.Fields(i.Twilio.Name), failure.Field)
		},
	} {
		if n := slices.IndexFunc(x.items, is); n >= 0 {
			return x.items[n].Key
		}
	}
	return ""
}

// review learns what became of a bundle. What Twilio shows is the truth, whatever a
// callback said.
func (f function) review(ctx context.Context, x filing) error {
	b, err := f.twilio.Bundle(ctx, x.AccountSID, x.Made["bundle"])
	if err != nil {
		return err
	}
	switch b.Status {
	case twilio.BundleApproved:
		return f.approve(ctx, x, b.ValidUntil)
	case twilio.BundleRejected:
		why, err := f.whyRejected(ctx, &x)
		if err != nil {
			return err
		}
		return f.reject(ctx, x, why)
	case twilio.BundleDraft:
		return f.reject(ctx, x, []clienteling.Rejection{{Reason: "The papers were taken back to a draft at Twilio, so nobody looks at them. Submit again."}})
	}
	x.Tries = 0
	_, err = f.table.RegistrationGoesOn(ctx, x.Registration, f.now().Add(reviewedEvery), f.now())
	return err
}

// whyRejected collects what Twilio says of each part of a rejected bundle.
func (f function) whyRejected(ctx context.Context, x *filing) ([]clienteling.Rejection, error) {
	var why []clienteling.Rejection
	look := func(accountSID, sid string, item func(twilio.Document) string, otherwise string) error {
		at, err := f.twilio.Document(ctx, accountSID, sid)
		if err == nil && at.Status == twilio.DocumentRejected {
			why = alsoRejected(why, clienteling.Rejection{Item: item(at), Reason: cmp.Or(at.FailureReason, otherwise)})
		}
		if isGone(err) {
			return nil
		}
		return err
	}
	for _, d := range x.papers {
		if err := look(d.AccountSID, d.SID, func(twilio.Document) string { return d.Item }, "Twilio does not accept this paper."); err != nil {
			return nil, err
		}
	}
	for _, what := range slices.Sorted(maps.Keys(x.Made)) {
		if !strings.HasPrefix(what, "proof/") {
			continue
		}
		item := func(d twilio.Document) string {
			i, _ := x.proves(d.Type)
			return i.Key
		}
		if err := look(x.AccountSID, x.Made[what], item, "Twilio does not accept this address."); err != nil {
			return nil, err
		}
	}
	evaluation, err := f.twilio.Evaluate(ctx, x.AccountSID, x.Made["bundle"])
	if err != nil {
		return nil, err
	}
	if !evaluation.Compliant || len(why) == 0 {
		for _, r := range x.rejections(evaluation) {
			why = alsoRejected(why, r)
		}
	}
	return why, nil
}
