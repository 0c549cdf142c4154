package clienteling

import (
	"slices"

	"clienteling/shared/clienteling/country"
)

// Yes is the answer that makes a condition hold: an item with When "public_company" is
// required once the answer of that name is Yes.
const Yes = "yes"

// Needed reports whether an item is required of a registration as it is answered so far.
func (r Registration) Needed(i country.Item) bool {
	return i.Required || i.When != "" && r.Answers[i.When].Text == Yes
}

// Given reports whether an item is answered: a document when one is there for it.
func (r Registration) Given(i country.Item, papers []Document) bool {
	if i.Kind == country.Document {
		return slices.ContainsFunc(papers, func(d Document) bool { return d.Item == i.Key && d.State == DocumentThere })
	}
	a := r.Answers[i.Key]
	return a.Text != "" || a.Address != nil
}

// Missing are the required items that are not answered. Of the items of one group one
// answer is enough.
func (r Registration) Missing(items []country.Item, papers []Document) []country.Item {
	var missing []country.Item
	for _, i := range items {
		if !r.Needed(i) || r.Given(i, papers) {
			continue
		}
		if i.OneOf != "" && slices.ContainsFunc(items, func(other country.Item) bool {
			return other.OneOf == i.OneOf && r.Given(other, papers)
		}) {
			continue
		}
		missing = append(missing, i)
	}
	return missing
}

// WithoutPersonal is the registration without a representative's personal data: what
// is kept of it once it is approved. What belongs to no item any more may have been
// personal, too.
func (r Registration) WithoutPersonal(items []country.Item) Registration {
	kept := map[string]Answer{}
	for key, a := range r.Answers {
		if slices.ContainsFunc(items, func(i country.Item) bool { return i.Key == key && !i.Personal || i.When == key }) {
			kept[key] = a
		}
	}
	r.Answers = kept
	return r
}
