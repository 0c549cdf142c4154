package main

import (
	"context"
	"errors"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/twilio"
)

// forSale is a number that Twilio sells now.
type forSale struct {
	Number   string `json:"number"`
	National string `json:"national,omitempty"`
	Locality string `json:"locality,omitempty"`
	Region   string `json:"region,omitempty"`
}

// available shows what Twilio sells now in a country. It is gone when somebody else
// is quicker: only an order claims a number.
func (f function) available(ctx context.Context, c *apigw.Call) (any, error) {
	code := c.Path("country")
	_, known, err := f.standing(ctx, c, code, "country")
	if err != nil {
		return nil, err
	}
	if !known.SelfServe {
		return nil, clienteling.E(clienteling.Conflict, string(clienteling.ReasonAssistedCountry),
			"Numbers of %s take an application of their own, so there is no list to choose from. Order one with POST /v1/numbers, and the platform's operator fetches it.", known.Name)
	}
	limit, err := c.Limit()
	if err != nil {
		return nil, err
	}
	contains, err := c.Text("contains")
	if err != nil {
		return nil, err
	}
	areaCode, err := c.Text("areaCode")
	if err != nil {
		return nil, err
	}
	if err := pattern(code, contains, areaCode, "contains", "areaCode"); err != nil {
		return nil, err
	}
	sold, err := f.twilio.NumbersForSale(ctx, twilio.Search{
		AccountSID: f.accountSID, Country: code, Type: known.NumberType, Contains: contains, AreaCode: areaCode, Limit: limit,
	})
	var refused *twilio.Error
	if errors.As(err, &refused) && refused.Outcome == twilio.Refused {
		switch {
		case contains != "":
			return nil, errPattern.With("contains", "Not a pattern.").Because(err)
		case areaCode != "":
			return nil, errAreaCode.With("areaCode", "Not an area code.").Because(err)
		}
		// The caller asked for nothing that could be wrong.
	}
	if err != nil {
		return nil, away(err)
	}
	return apigw.PageOf("", sold, "", func(s twilio.ForSale) forSale { return forSale{s.E164, s.National, s.Locality, s.Region} }), nil
}

// away renders a fault of Twilio as the product's error.
func away(err error) error {
	var refused *twilio.Error
	if errors.As(err, &refused) {
		return clienteling.E(clienteling.Unavailable, string(clienteling.ReasonTwilioAway), "The phone company did not answer. Nothing was changed; try again in a minute.").Because(err)
	}
	return err
}
