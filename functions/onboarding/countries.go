package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

// The three facts about a country follow from none of the others: whether it is known
// what it asks for, how far the retailer's registration is, and whether retailers get
// numbers there by themselves.
type facts struct {
	Country          string `json:"country"`
	Name             string `json:"name"`
	Requested        bool   `json:"requested"`
	Requirements     string `json:"requirements"`
	Registration     string `json:"registration,omitempty"`
	RegisteredUnder  string `json:"registeredUnder"`
	SelfServeNumbers bool   `json:"selfServeNumbers"`
	ValidUntil       string `json:"validUntil,omitempty"`
}

const (
	requirementsKnown   = "known"
	requirementsUnknown = "unknown"
)

func (f function) facts(ctx context.Context, standing clienteling.Standing, c country.Country) (facts, error) {
	r := standing.Registrations[c.Registration]
	shown := facts{
		Country: c.Code, Name: c.Name, Requested: slices.Contains(standing.Retailer.Countries, c.Code),
		Requirements: requirementsKnown, Registration: string(r.State), RegisteredUnder: c.Registration, SelfServeNumbers: c.SelfServe,
		ValidUntil: apigw.Moment(r.ValidUntil),
	}
	if !c.Listed {
		beyond, err := f.table.Requirements(ctx, c.Code)
		if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
			return facts{}, err
		}
		if len(beyond.Items) == 0 {
			shown.Requirements = requirementsUnknown
		}
	}
	return shown, nil
}

// countries lists the countries that clienteling is offered in.
func (f function) countries(ctx context.Context, c *apigw.Call) (any, error) {
	standing, err := f.standing(ctx, c)
	if err != nil {
		return nil, err
	}
	list := apigw.Page[facts]{Items: []facts{}}
	for _, known := range country.All() {
		shown, err := f.facts(ctx, standing, known)
		if err != nil {
			return nil, err
		}
		list.Items = append(list.Items, shown)
	}
	return list, nil
}

// standing is that of the caller's retailer; one that is not enabled has nothing yet.
func (f function) standing(ctx context.Context, c *apigw.Call) (clienteling.Standing, error) {
	standing, err := f.table.Standing(ctx, c.Caller.Retailer)
	if errors.Is(err, clienteling.ErrNotFound) {
		return clienteling.Standing{Retailer: clienteling.Retailer{ID: c.Caller.Retailer}}, nil
	}
	return standing, err
}

// item is something a country asks for, and what is given for it.
type item struct {
	Key      string   `json:"key"`
	Label    string   `json:"label"`
	Kind     string   `json:"kind"`
	In       string   `json:"in,omitempty"`
	Format   string   `json:"format,omitempty"`
	Choices  []string `json:"choices,omitempty"`
	Required bool     `json:"required"`
	When     string   `json:"requiredWhen,omitempty"`
	WhenSaid string   `json:"requiredWhenLabel,omitempty"`
	// WhenIs is the answer to the condition, yes or no; empty while there is none.
	WhenIs   string `json:"requiredWhenAnswer,omitempty"`
	OneOf    string `json:"oneOf,omitempty"`
	Personal bool   `json:"personal,omitempty"`
	Source   string `json:"source"`
	Note     string `json:"note,omitempty"`

	Given     bool                 `json:"given"`
	Answer    string               `json:"answer,omitempty"`
	Address   *clienteling.Address `json:"address,omitempty"`
	Documents []paper              `json:"documents,omitempty"`
	// Rejected is why Twilio did not accept what is given.
	Rejected []string `json:"rejected,omitempty"`
	Warning  string   `json:"warning,omitempty"`
}

// paper is an uploaded document as the API shows it.
type paper struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	Choice string `json:"choice,omitempty"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int    `json:"size"`
	Hash   string `json:"sha256"`
	At     string `json:"at"`
}

func showPaper(d clienteling.Document) paper {
	return paper{d.ID, string(d.State), d.Choice, d.Name, d.Type, d.Size, d.Hash, apigw.Moment(d.At)}
}

// filed is a country with its items and what is filed so far.
type filed struct {
	facts
	Items []item `json:"items"`
	// Missing are the keys of the items that a submission still needs.
	Missing []string `json:"missing"`
	// Rejections are those that are about no single item.
	Rejections  []string `json:"rejections,omitempty"`
	SubmittedAt string   `json:"submittedAt,omitempty"`
	ApprovedAt  string   `json:"approvedAt,omitempty"`
}

// country shows what a country asks for, and what the retailer has given.
func (f function) country(ctx context.Context, c *apigw.Call) (any, error) {
	known, standing, err := f.asked(ctx, c)
	if err != nil {
		return nil, err
	}
	file, err := f.open(ctx, c.Caller.Retailer, known)
	if err != nil {
		return nil, err
	}
	return f.answer(ctx, http.StatusOK, standing, file)
}

// asked is the country of the path, and the retailer's standing.
func (f function) asked(ctx context.Context, c *apigw.Call) (country.Country, clienteling.Standing, error) {
	known, ok := country.Of(c.Path("country"))
	if !ok {
		return known, clienteling.Standing{}, clienteling.E(clienteling.NotFound, "country_not_offered",
			"Clienteling is not offered in this country. GET /v1/countries lists where it is; the United Kingdom is GB.")
	}
	standing, err := f.standing(ctx, c)
	return known, standing, err
}

// file is everything about a retailer's registration in a country.
type file struct {
	country country.Country
	clienteling.Registration
	items  []country.Item
	papers []clienteling.Document
}

// open reads a retailer's file of a country.
func (f function) open(ctx context.Context, retailer string, c country.Country) (file, error) {
	r, err := f.table.RegistrationFile(ctx, retailer, c.Code)
	if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
		return file{}, err
	}
	r.Retailer, r.Country = retailer, c.Registration
	items, err := f.items(ctx, c)
	if err != nil {
		return file{}, err
	}
	papers, err := f.table.Documents(ctx, retailer, c.Registration)
	return file{c, r, items, papers}, err
}

// rereadAfter is how long what Twilio asked for is taken to be what it asks for.
const rereadAfter = 7 * 24 * time.Hour

// items are what a country asks for: the catalogue's items, and what Twilio, or the
// operator, names beyond it. Twilio is asked now and then; if it does not answer, what
// is known stands.
func (f function) items(ctx context.Context, c country.Country) ([]country.Item, error) {
	beyond, err := f.table.Requirements(ctx, c.Code)
	if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
		return nil, err
	}
	if c.Bundle && beyond.By.ID == "" && f.now().Sub(beyond.At) > rereadAfter {
		if beyond, err = f.reread(ctx, c, beyond); err != nil {
			return nil, err
		}
	}
	return append(c.Items(), beyond.Items...), nil
}

// reread asks Twilio what a country asks for, and keeps what is new as a version.
func (f function) reread(ctx context.Context, c country.Country, known table.Requirements) (table.Requirements, error) {
	regulation, found, err := f.twilio.Regulation(ctx, f.accountSID, c.Code, c.RegulationType())
	var away *twilio.Error
	if errors.As(err, &away) {
		f.log.WarnContext(ctx, "Twilio does not say what a country asks for; what is known stands", "country", c.Code, "error", err)
		return known, nil
	}
	if err != nil || !found && c.Listed {
		return known, err
	}
	fresh := table.Requirements{Country: c.Code, Version: known.Version, At: f.now(), Unknown: !found}
	if found {
		fresh.Items = beyond(c.Code, c.Items(), regulation)
	}
	fresh, err = f.table.SaveRequirements(ctx, fresh)
	if errors.Is(err, table.ErrNotReady) { // somebody read them at the same time
		return f.table.Requirements(ctx, c.Code)
	}
	return fresh, err
}

// answer shows a file.
func (f function) answer(ctx context.Context, status int, standing clienteling.Standing, opened file) (any, error) {
	if standing.Registrations == nil {
		standing.Registrations = map[string]clienteling.Registration{}
	}
	if opened.State != "" {
		standing.Registrations[opened.Registration.Country] = opened.Registration
	}
	what, err := f.facts(ctx, standing, opened.country)
	if err != nil {
		return nil, err
	}
	shown := filed{
		facts: what, Items: []item{}, Missing: []string{},
		SubmittedAt: apigw.Moment(opened.SubmittedAt), ApprovedAt: apigw.Moment(opened.ApprovedAt),
	}
	for _, r := range opened.Rejections {
		if r.Item == "" {
			shown.Rejections = append(shown.Rejections, r.Reason)
		}
	}
	for _, i := range opened.items {
		shown.Items = append(shown.Items, opened.show(i))
	}
	if opened.State.Editable() {
		for _, i := range opened.Missing(opened.items, opened.papers) {
			shown.Missing = append(shown.Missing, i.Key)
		}
	}
	reply := apigw.Reply{Status: status, Body: shown}
	if opened.Version > 0 { // what is not there yet matches no ETag
		reply.Header = apigw.ETag(opened.Version)
	}
	return reply, nil
}

// whenIs is what was answered to an item's condition.
func (o file) whenIs(i country.Item) string {
	if i.When == "" {
		return ""
	}
	return o.Answers[i.When].Text
}

// show shows one item. A representative's data is shown only while it is needed.
func (o file) show(i country.Item) item {
	shown := item{
		Key: i.Key, Label: i.Label, Kind: string(i.Kind), In: i.In, Format: string(i.Format), Choices: i.Choices,
		Required: o.Needed(i), When: i.When, WhenSaid: i.WhenLabel, WhenIs: o.whenIs(i), OneOf: i.OneOf, Personal: i.Personal, Source: string(i.Source), Note: i.Note,
		Given: o.Given(i, o.papers), Answer: o.Answers[i.Key].Text, Address: o.Answers[i.Key].Address,
	}
	switch {
	case shown.Answer != "":
		shown.Warning, _ = i.Check(shown.Answer)
	case shown.Address != nil:
		shown.Warning, _ = i.CheckAddress(country.PostalAddress(*shown.Address))
	}
	for _, d := range o.papers {
		if d.Item == i.Key {
			shown.Documents = append(shown.Documents, showPaper(d))
		}
	}
	for _, r := range o.Rejections {
		if r.Item == i.Key {
			shown.Rejected = append(shown.Rejected, r.Reason)
		}
	}
	return shown
}
