package main

import (
	"context"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

// list shows a page of the retailer's numbers. When none is available, which an
// administrator meets as an empty list to choose from, it says why.
func (f function) list(ctx context.Context, c *apigw.Call) (any, error) {
	state, err := c.OneOf("state", string(clienteling.NumberClaimed), string(clienteling.NumberAvailable),
		string(clienteling.NumberAssigned), string(clienteling.NumberReleasing), string(clienteling.NumberReleased))
	if err != nil {
		return nil, err
	}
	code, err := c.Text("country")
	if err != nil {
		return nil, err
	}
	name := "numbers/" + c.Caller.Retailer + "/" + code + "/" + state
	limit, after, err := c.Page(name)
	if err != nil {
		return nil, err
	}
	found, next, err := f.table.Numbers(ctx, c.Caller.Retailer, code, clienteling.NumberState(state), table.Page{Limit: limit, After: after})
	if err != nil {
		return nil, err
	}
	page := struct {
		apigw.Page[number]
		// Empty is why there is none: not_approved, assisted_country or none_ordered.
		Empty *reason `json:"empty,omitempty"`
	}{Page: apigw.PageOf(name, found, next, show)}
	if len(found) == 0 && next == "" && after == "" {
		if page.Empty, err = f.why(ctx, c, code); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// why says why a list of numbers is empty.
func (f function) why(ctx context.Context, c *apigw.Call, code string) (*reason, error) {
	none := &reason{"none_ordered", "You have no such number. Order one with POST /v1/numbers, or onboard a store with the number auto, which orders one."}
	if code == "" {
		return none, nil
	}
	standing, known, err := f.standing(ctx, c, code, "country")
	switch {
	case err != nil:
		return nil, err
	case !standing.Approved(code):
		return &reason{"not_approved", known.Name + " is not approved yet, so no number can be bought. File its registration; what you order now goes on by itself."}, nil
	case !known.SelfServe:
		return &reason{"assisted_country", "Numbers of " + known.Name + " take an application of their own. Order one with POST /v1/numbers, and the platform's operator fetches it."}, nil
	}
	return none, nil
}
