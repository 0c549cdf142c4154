package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/table"
)

// maxItems is how many items a country may ask for beyond the catalogue.
const maxItems = 50

// requirements is what a country asks for beyond the catalogue, as the operator has it.
type requirements struct {
	Country string         `json:"country"`
	Version int            `json:"version"`
	Items   []country.Item `json:"items"`
	By      string         `json:"by,omitempty"`
	At      string         `json:"at"`
}

func showRequirements(r table.Requirements) apigw.Reply {
	shown := requirements{r.Country, r.Version, r.Items, r.By.Name, apigw.Moment(r.At)}
	if shown.Items == nil {
		shown.Items = []country.Item{}
	}
	return apigw.Reply{Status: http.StatusOK, Header: apigw.ETag(r.Version), Body: shown}
}

// require records, or corrects, what a country asks for beyond the catalogue. What the
// operator has recorded stands until the operator changes it: Twilio is not asked again.
// It is the same for all retailers, so it is kept with the country.
func (f function) require(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Items []country.Item `json:"items"`
	}
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
	known, ok := country.Of(c.Path("country"))
	if !ok {
		return nil, clienteling.ErrNotFound
	}
	was, err := f.table.Requirements(ctx, known.Code)
	if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
		return nil, err
	}
	if err := c.Match(was.Version); err != nil {
		return nil, err
	}
	if err := valid(known, body.Items); err != nil {
		return nil, err
	}
	r, err := f.table.SaveRequirements(ctx, table.Requirements{
		Country: known.Code, Version: was.Version, Items: body.Items, By: clienteling.Associate{ID: c.Caller.Subject, Name: c.Caller.Name}, At: f.now(),
	})
	if errors.Is(err, table.ErrNotReady) {
		return nil, clienteling.E(clienteling.Conflict, "requirements_changed", "Somebody else has changed them just now. Read the country again, and then decide.")
	}
	if err != nil {
		return nil, err
	}
	f.log.InfoContext(ctx, "requirements recorded", "country", r.Country, "version", r.Version, "items", len(r.Items))
	return showRequirements(r), nil
}

var kinds = []country.Kind{
	country.Text, country.Address, country.Person, country.Date, country.CountryCode, country.Email, country.Website, country.Choice, country.Document,
}

// valid checks items, all at once.
func valid(c country.Country, items []country.Item) error {
	wrong := clienteling.E(clienteling.Unprocessable, "items_invalid", "Correct the items that errors names, and send all of them again.")
	keys := map[string]bool{}
	for _, i := range c.Items() {
		keys[i.Key] = true
	}
	for n, i := range items {
		at := fmt.Sprintf("/items/%d/", n)
		if i.Key == "" || len(i.Key) > 60 || strings.Trim(i.Key, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			wrong = wrong.With(at+"key", "Needed: small letters, digits and underscores, 60 at most.")
		} else if keys[i.Key] {
			wrong = wrong.With(at+"key", "There is an item of this key already.")
		}
		keys[i.Key] = true
		if i.Label == "" || len(i.Label) > 500 {
			wrong = wrong.With(at+"label", "Needed: what people read, 500 bytes at most.")
		}
		if !slices.Contains(kinds, i.Kind) {
			wrong = wrong.With(at+"kind", fmt.Sprintf("One of %v.", kinds))
		}
		if i.Kind == country.Choice && len(i.Choices) == 0 {
			wrong = wrong.With(at+"choices", "A choice needs something to choose from.")
		}
		if i.Source != country.Seed && i.Source != country.Twilio {
			wrong = wrong.With(at+"source", "seed or twilio: who asks for it.")
		}
	}
	if len(items) > maxItems {
		wrong = wrong.With("/items", fmt.Sprintf("At most %d.", maxItems))
	}
	if len(wrong.Fields) > 0 {
		return wrong
	}
	return nil
}
