package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/phone"
)

// maxLegalName is the longest legal name, in characters.
const maxLegalName = 200

// enable enables a retailer, or changes what it said when it was. A country that was
// asked for once stays: stores and numbers may rest on it.
func (f function) enable(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		LegalName    string   `json:"legalName"`
		ContactEmail string   `json:"contactEmail"`
		Countries    []string `json:"countries"`
		OptInMode    string   `json:"optInMode"`
	}
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
	r := clienteling.Retailer{
		ID: c.Caller.Retailer, LegalName: strings.TrimSpace(body.LegalName), ContactEmail: strings.TrimSpace(body.ContactEmail),
		Countries: body.Countries, OptInMode: clienteling.OptInMode(body.OptInMode), EnabledAt: f.now(),
	}
	known, err := f.table.Retailer(ctx, r.ID)
	if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
		return nil, err
	}
	r.OptInMode = cmp.Or(r.OptInMode, known.OptInMode, clienteling.AnyReply)
	if err := valid(r); err != nil {
		return nil, err
	}
	switch {
	case errors.Is(err, clienteling.ErrNotFound):
		err = f.table.EnableRetailer(ctx, r)
	default:
		r.EnabledAt = known.EnabledAt
		for _, code := range known.Countries {
			if !slices.Contains(r.Countries, code) {
				r.Countries = append(r.Countries, code)
			}
		}
		err = f.table.ChangeRetailer(ctx, known, r)
	}
	if err != nil {
		return nil, err
	}
	// Should this fail, the same call again does it, and until then stores ask with the
	// same messages.
	if err := f.table.BeginTemplates(ctx, r); err != nil {
		return nil, err
	}
	f.log.InfoContext(ctx, "retailer enabled", "retailer", r.ID, "countries", r.Countries)
	return f.show(ctx, r)
}

// valid checks what a retailer says, all at once.
func valid(r clienteling.Retailer) error {
	wrong := clienteling.E(clienteling.Unprocessable, "onboarding_invalid", "Correct the fields that errors names, and send it again.")
	field := func(ok bool, pointer, detail string) {
		if !ok {
			wrong = wrong.With(pointer, detail)
		}
	}
	length := utf8.RuneCountInString(r.LegalName)
	field(length >= 1 && length <= maxLegalName, "/legalName", fmt.Sprintf("A legal name has 1 to %d characters: that of the papers.", maxLegalName))
	address, err := mail.ParseAddress(r.ContactEmail)
	field(err == nil && address.Address == r.ContactEmail, "/contactEmail", "An e-mail address, like clienteling@example.com.")
	field(len(r.Countries) > 0, "/countries", "Name the countries you want to text in, in the order in which they are to be filed.")
	for n, code := range r.Countries {
		_, known := country.Of(code)
		field(known, fmt.Sprintf("/countries/%d", n), "Not a country that clienteling is offered in. GET /v1/countries lists them; the United Kingdom is GB.")
		field(slices.Index(r.Countries, code) == n, fmt.Sprintf("/countries/%d", n), "Named twice.")
	}
	field(r.OptInMode == clienteling.AnyReply || r.OptInMode == clienteling.Explicit, "/optInMode", "any_reply or explicit.")
	if len(wrong.Fields) > 0 {
		return wrong
	}
	return nil
}

// progress shows everything about a retailer's onboarding.
func (f function) progress(ctx context.Context, c *apigw.Call) (any, error) {
	r, err := f.table.Retailer(ctx, c.Caller.Retailer)
	if errors.Is(err, clienteling.ErrNotFound) {
		return apigw.Reply{Status: http.StatusOK, Body: onboarding{
			Retailer: c.Caller.Retailer, Countries: []inCountry{},
			NextSteps: []step{{Code: "enable", Detail: "Enable clienteling: send your legal name, an e-mail address and the countries with PUT /v1/onboarding."}},
		}}, nil
	}
	if err != nil {
		return nil, err
	}
	return f.show(ctx, r)
}

// onboarding is a retailer's way as the API shows it.
type onboarding struct {
	Retailer     string      `json:"retailer"`
	Enabled      bool        `json:"enabled"`
	LegalName    string      `json:"legalName,omitempty"`
	ContactEmail string      `json:"contactEmail,omitempty"`
	OptInMode    string      `json:"optInMode,omitempty"`
	EnabledAt    string      `json:"enabledAt,omitempty"`
	Countries    []inCountry `json:"countries"`
	// NextSteps are what to do next, the most useful first.
	NextSteps []step `json:"nextSteps"`
}

// inCountry is how far a retailer is in one of its countries.
type inCountry struct {
	facts
	Stores map[string]int `json:"stores"`
	// stuck is how many stores need something before they can be onboarded.
	stuck int
}

// endsSoon is how long before its end an approval is warned about.
const endsSoon = 30 * 24 * time.Hour

// step is something to do.
type step struct {
	Code    string `json:"code"`
	Country string `json:"country,omitempty"`
	Detail  string `json:"detail"`
}

func (f function) show(ctx context.Context, r clienteling.Retailer) (any, error) {
	standing, err := f.table.Standing(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	standing.Retailer = r // as written just now
	stores, err := f.table.Stores(ctx, r.ID, nil, true)
	if err != nil {
		return nil, err
	}
	shown := onboarding{
		Retailer: r.ID, Enabled: true, LegalName: r.LegalName, ContactEmail: r.ContactEmail, OptInMode: string(r.OptInMode),
		EnabledAt: apigw.Moment(r.EnabledAt), Countries: []inCountry{}, NextSteps: []step{},
	}
	for _, code := range r.Countries {
		known, _ := country.Of(code)
		what, err := f.facts(ctx, standing, known)
		if err != nil {
			return nil, err
		}
		in := inCountry{facts: what, Stores: map[string]int{}}
		for _, s := range stores {
			if s.Country != code {
				continue
			}
			state, stuck := judge(s, standing)
			in.Stores[state]++
			if stuck {
				in.stuck++
			}
		}
		shown.Countries = append(shown.Countries, in)
		shown.NextSteps = append(shown.NextSteps, next(known, in, standing.Registrations[known.Registration].ValidUntil.Sub(f.now()))...)
	}
	return shown, nil
}

// judge is the state of a store, as the list of stores has it, and whether somebody has
// to do something about the store before it can be onboarded. One that only waits for
// its country can be, and goes on by itself.
func judge(s clienteling.Store, standing clienteling.Standing) (state string, stuck bool) {
	found := standing.Hindrances(s)
	stuck = slices.ContainsFunc(found, func(h clienteling.Hindrance) bool { return !h.Waits() })
	if s.State == clienteling.StoreEligible && s.Phone != "" {
		_, err := phone.Landline(s.Phone, s.Country)
		stuck = stuck || err != nil
	}
	if stuck || len(found) > 0 {
		return "ineligible", stuck
	}
	return string(s.State), false
}

// next says what to do in a country, in the order of doing.
func next(c country.Country, in inCountry, left time.Duration) []step {
	var steps []step
	add := func(code, detail string, args ...any) {
		steps = append(steps, step{code, c.Code, fmt.Sprintf(detail, args...)})
	}
	switch clienteling.RegistrationState(in.Registration) {
	case "", clienteling.RegistrationDraft:
		if in.Requirements == requirementsUnknown {
			add("wait_for_requirements", "It is not known yet what %s asks for. GET /v1/countries/%s has Twilio asked; what Twilio does not know either, the platform's operator finds out.", c.Name, c.Code)
		} else {
			add("file", "File what %s asks for: GET /v1/countries/%s lists it, PUT .../registration and POST .../documents take it, POST .../submission sends it.", c.Name, c.Code)
		}
	case clienteling.RegistrationSubmitting, clienteling.RegistrationInReview:
		add("wait_for_review", "The papers for %s are being reviewed. That generally takes about a week; stores that you onboard meanwhile go on by themselves.", c.Name)
	case clienteling.RegistrationRejected:
		add("correct", "The papers for %s were rejected. GET /v1/countries/%s says why, item by item: correct them and submit again.", c.Name, c.Code)
	case clienteling.RegistrationApproved:
		if left > 0 && left < endsSoon {
			add("ends_soon", "The approval for %s ends in %d days. Have the papers ready: they can be filed again from then on; numbers that are there go on.", c.Name, int(left.Hours()/24))
		}
	case clienteling.RegistrationExpired:
		add("renew", "The approval for %s has ended. Numbers that are there go on; file the papers again to order more.", c.Name)
	}
	if in.stuck > 0 {
		add("fix_stores", "Stores in %s that cannot be onboarded as they are: %d. GET /v1/stores?state=ineligible says why.", c.Name, in.stuck)
	}
	if n := in.Stores[string(clienteling.StoreEligible)]; n > 0 {
		add("onboard_stores", "Stores in %s that are ready to be onboarded: %d. PUT /v1/stores/{storeId}/clienteling onboards one.", c.Name, n)
	}
	if n := in.Stores[string(clienteling.StoreOnboarded)]; n > 0 {
		add("enable_stores", "Stores in %s that have their number and wait to be enabled: %d. POST /v1/stores/enable enables them.", c.Name, n)
	}
	return steps
}
