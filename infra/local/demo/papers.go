//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"clienteling/infra/local/seed"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
)

// countries are those of the story, in the order in which they are to be filed.
var countries = []string{"DK", "DE", "US", "GB", "EE", "SE", "FR"}

// filed is a country as the API shows it.
type filed struct {
	Country      string   `json:"country"`
	Requirements string   `json:"requirements"`
	Registration string   `json:"registration"`
	SelfServe    bool     `json:"selfServeNumbers"`
	Missing      []string `json:"missing"`
	Items        []struct {
		country.Item
		Rejected []string `json:"rejected"`
	} `json:"items"`
}

// enabling is how the retailer comes to its approvals.
var enabling = []step{
	{"An administrator enables the retailer: one call, and what to do next", func(t *teller) error {
		var o struct {
			Enabled   bool `json:"enabled"`
			NextSteps []struct{ Code, Country, Detail string }
		}
		if err := t.admin(http.MethodPut, "/v1/onboarding", map[string]any{
			"legalName": seed.Retailer.LegalName, "contactEmail": seed.Retailer.ContactEmail, "countries": countries,
		}, &o); err != nil {
			return err
		}
		for _, s := range o.NextSteps {
			t.say("API", "%s", s.Detail)
		}
		if !o.Enabled || len(o.NextSteps) != len(countries) || o.NextSteps[0].Country != countries[0] {
			return fmt.Errorf("want a next step for each country, in their order")
		}
		// Reviews take a week at Twilio, and a moment here.
		return t.twilio("/control/reviews", map[string]any{"delayMs": 100}, nil)
	}},
	{"Denmark asks for two lines and no papers", func(t *teller) error {
		return t.files("DK", nil)
	}},
	{"Germany: the address is wrong, so its papers are rejected; corrected, they are approved", func(t *teller) error {
		f, err := t.submits("DE", func(i country.Item, a *clienteling.Answer) {
			if a.Address != nil {
				a.Address.Street = "Wrong Street 1"
			}
		})
		if err != nil {
			return err
		}
		if err := t.until("Germany is decided", func() (bool, error) {
			err := t.admin(http.MethodGet, "/v1/countries/DE", nil, &f)
			return f.Registration == "rejected", err
		}); err != nil {
			return err
		}
		told := false
		for _, i := range f.Items {
			for _, why := range i.Rejected {
				t.say("API", "rejected, %s: %s", i.Label, why)
				told = told || i.Kind == country.Address
			}
		}
		if !told {
			return fmt.Errorf("want the reason beside the address: %+v", f)
		}
		return t.files("DE", nil)
	}},
	{"The United States: the business is registered with the carriers, step by step", func(t *teller) error {
		return t.files("US", nil)
	}},
	{"The United Kingdom asks for a company number", func(t *teller) error {
		return t.files("GB", nil)
	}},
	{"Estonia is in nobody's table: what it asks for is read from Twilio", func(t *teller) error {
		var f filed
		if err := t.admin(http.MethodGet, "/v1/countries/EE", nil, &f); err != nil {
			return err
		}
		for _, i := range f.Items {
			t.say("API", "%s (%s, by %s)", i.Label, i.Kind, i.Source)
		}
		if f.Requirements != "known" || len(f.Items) == 0 {
			return fmt.Errorf("want items, got %+v", f)
		}
		return t.files("EE", nil)
	}},
	{"Sweden is approved, but its numbers are fetched by the operator", func(t *teller) error {
		if err := t.files("SE", nil); err != nil {
			return err
		}
		var p purchase
		if err := t.admin(http.MethodPost, "/v1/numbers", map[string]string{"country": "SE"}, &p); err != nil {
			return err
		}
		t.say("API", "an order is %s: %s", p.State, p.Reason.Detail)
		if p.State != "assistance_required" {
			return fmt.Errorf("want it to wait for the operator")
		}
		return nil
	}},
}

// files files a country with good answers, and waits for its approval.
func (t *teller) files(code string, change func(country.Item, *clienteling.Answer)) error {
	if _, err := t.submits(code, change); err != nil {
		return err
	}
	var f filed
	err := t.until(code+" is approved", func() (bool, error) {
		if f.Registration == "in_review" {
			if err := t.nudge(code); err != nil {
				return false, err
			}
		}
		err := t.admin(http.MethodGet, "/v1/countries/"+code, nil, &f)
		if f.Registration == "rejected" {
			return false, fmt.Errorf("it is rejected: %+v", f)
		}
		return f.Registration == "approved", err
	})
	if err == nil {
		t.say("API", "%s is approved", code)
	}
	return err
}

// nudge has a registration looked at again. Twilio tells of bundles and profiles by
// itself; brands and campaigns are looked at every quarter of an hour, for which this
// story does not wait.
func (t *teller) nudge(code string) error {
	return t.twilio("/control/requests", map[string]any{
		"path": "/webhooks/twilio/bundle?c=" + code + "&r=" + seed.Retailer.ID, "sign": "valid",
		"params": map[string]string{"AccountSid": seed.AccountSID, "Status": "in-review"},
	}, new(any))
}

// submits gives what a country asks for, and submits it.
func (t *teller) submits(code string, change func(country.Item, *clienteling.Answer)) (filed, error) {
	var f filed
	if err := t.admin(http.MethodGet, "/v1/countries/"+code, nil, &f); err != nil {
		return f, err
	}
	answers, addresses := map[string]string{}, map[string]clienteling.Address{}
	groups := map[string]bool{}
	var given []string
	for _, i := range f.Items {
		if !i.Required || i.OneOf != "" && groups[i.OneOf] {
			continue
		}
		groups[i.OneOf] = true
		given = append(given, i.Label)
		if i.Kind == country.Document {
			if slices.Contains(f.Missing, i.Key) {
				if err := t.uploads(code, i.Item); err != nil {
					return f, err
				}
			}
			continue
		}
		a := seed.Answer(i.Item, code)
		if change != nil {
			change(i.Item, &a)
		}
		if a.Address != nil {
			addresses[i.Key] = *a.Address
		} else {
			answers[i.Key] = a.Text
		}
	}
	t.say("NOM", "gives: %s", strings.Join(given, "; "))
	if err := t.admin(http.MethodPut, "/v1/countries/"+code+"/registration", map[string]any{"answers": answers, "addresses": addresses}, &f); err != nil {
		return f, err
	}
	err := t.admin(http.MethodPost, "/v1/countries/"+code+"/submission", nil, &f)
	t.say("API", "takes it: %s", f.Registration)
	return f, err
}

// uploads uploads a paper for an item.
func (t *teller) uploads(code string, i country.Item) error {
	path := "/v1/countries/" + code + "/documents?item=" + i.Key + "&filename=" + i.Key + ".pdf"
	if len(i.Choices) > 0 {
		path += "&type=" + i.Choices[0]
	}
	r, err := http.NewRequestWithContext(t.ctx, http.MethodPost, t.stack.API+path, bytes.NewReader([]byte(seed.PDF)))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+t.stack.Tokens.Admin)
	r.Header.Set("Content-Type", "application/pdf")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusCreated {
		return fmt.Errorf("upload: %d %s", answer.StatusCode, raw)
	}
	var d struct{ Name, SHA256 string }
	err = json.Unmarshal(raw, &d)
	t.say("NOM", "uploads %s", d.Name)
	return err
}
