package main

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/table"
)

// maxAnswer is the longest answer, in characters.
const maxAnswer = 500

// draft saves answers: those that are sent, beside those that were there. What Twilio
// would refuse is refused; what is doubtful is kept, with a warning.
func (f function) draft(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Answers   map[string]string              `json:"answers"`
		Addresses map[string]clienteling.Address `json:"addresses"`
	}
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
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
	if !opened.State.Editable() {
		return nil, clienteling.ErrRegistrationInReview
	}
	answers := map[string]clienteling.Answer{}
	for key, a := range opened.Answers {
		answers[key] = a
	}
	wrong := clienteling.E(clienteling.Unprocessable, "registration_invalid", "Correct the answers that errors names, and send them again. Nothing was saved.")
	for _, key := range slices.Sorted(maps.Keys(body.Answers)) {
		text := strings.TrimSpace(body.Answers[key])
		if detail := opened.refuse(key, text); detail != "" {
			wrong = wrong.With("/answers/"+pointer(key), detail)
		}
		answers[key] = clienteling.Answer{Text: text}
		if text == "" {
			delete(answers, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(body.Addresses)) {
		a := body.Addresses[key]
		if detail := opened.refuseAddress(key, a); detail != "" {
			wrong = wrong.With("/addresses/"+pointer(key), detail)
		}
		answers[key] = clienteling.Answer{Address: &a}
	}
	if len(wrong.Fields) > 0 {
		return nil, wrong
	}
	opened.Answers, opened.AccountSID = answers, f.accountSID
	opened.By = clienteling.Associate{ID: c.Caller.Subject, Name: c.Caller.Name}
	if opened.Registration, err = f.table.SaveRegistration(ctx, opened.Registration, f.now()); err != nil {
		return nil, changed(err)
	}
	return f.answer(ctx, http.StatusOK, standing, opened)
}

// changed renders that somebody else was quicker.
func changed(err error) error {
	if errors.Is(err, table.ErrNotReady) {
		return clienteling.E(clienteling.Conflict, "registration_changed", "Somebody else has changed this registration just now. Read it again, and then decide.").Because(err)
	}
	return err
}

// requested is asked, for a country that the retailer has asked for.
func (f function) requested(ctx context.Context, c *apigw.Call) (country.Country, clienteling.Standing, error) {
	known, standing, err := f.asked(ctx, c)
	if err == nil && !slices.Contains(standing.Retailer.Countries, known.Code) {
		err = clienteling.E(clienteling.Unprocessable, clienteling.HindranceNotRequested,
			"Your retailer has not asked for clienteling in %s. Add the country with PUT /v1/onboarding first.", known.Name)
	}
	return known, standing, err
}

// pointer escapes a key for a JSON pointer (RFC 6901).
func pointer(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// refuse says what is wrong with an answer; "" for nothing.
func (o file) refuse(key, text string) string {
	n := slices.IndexFunc(o.items, func(i country.Item) bool { return i.Key == key })
	if n < 0 {
		if slices.ContainsFunc(o.items, func(i country.Item) bool { return i.When == key }) {
			if text == clienteling.Yes || text == "no" || text == "" {
				return ""
			}
			return "Answer yes or no."
		}
		return "The country asks for no such item. GET /v1/countries/" + o.country.Code + " lists them."
	}
	i := o.items[n]
	switch {
	case text == "":
		return ""
	case i.Kind == country.Document:
		return "This is a document: upload it with POST /v1/countries/" + o.country.Code + "/documents?item=" + key + "."
	case i.Kind == country.Address:
		return "This is an address: send it under addresses."
	case utf8.RuneCountInString(text) > maxAnswer:
		return "At most 500 characters."
	}
	if _, err := i.Check(text); err != nil {
		return err.Error()
	}
	return ""
}

// refuseAddress says what is wrong with an address; "" for nothing.
func (o file) refuseAddress(key string, a clienteling.Address) string {
	n := slices.IndexFunc(o.items, func(i country.Item) bool { return i.Key == key && i.Kind == country.Address })
	if n < 0 {
		return "The country asks for no such address. GET /v1/countries/" + o.country.Code + " lists its items."
	}
	for _, value := range []string{a.Street, a.City, a.Region, a.PostalCode} {
		if utf8.RuneCountInString(value) > maxAnswer {
			return "Each part has at most 500 characters."
		}
	}
	if _, err := o.items[n].CheckAddress(country.PostalAddress(a)); err != nil {
		return err.Error()
	}
	return ""
}
