package main

import (
	"context"
	"errors"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

// maxEnabled is how many stores one call enables.
const maxEnabled = 100

// enabled is what became of one store of many.
type enabled struct {
	StoreID string  `json:"storeId"`
	State   string  `json:"state,omitempty"`
	Problem *reason `json:"problem,omitempty"`
}

// enable enables many stores at once, each by itself: one that cannot be does not
// keep the others. A store that waits for its number will be enabled with it.
func (f function) enable(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Stores []string `json:"stores"`
	}
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
	if len(body.Stores) == 0 || len(body.Stores) > maxEnabled {
		return nil, clienteling.E(clienteling.Unprocessable, "stores_invalid", "Name 1 to %d stores by their ids.", maxEnabled).With("/stores", "Not 1 to 100 ids.")
	}
	results := make([]enabled, len(body.Stores))
	for n, id := range body.Stores {
		results[n].StoreID = id
		s, err := f.enableOne(ctx, c, id)
		if err == nil {
			results[n].State = string(s.State)
			continue
		}
		problem := new(clienteling.Error)
		if !errors.As(err, &problem) || problem.Kind == clienteling.Internal || problem.Kind == clienteling.Unavailable {
			return nil, err // nothing of this store, and the same call again is safe
		}
		results[n].Problem = &reason{problem.Code, problem.Detail}
	}
	return map[string]any{"results": results}, nil
}

func (f function) enableOne(ctx context.Context, c *apigw.Call, id string) (clienteling.Store, error) {
	if !c.Caller.MaySee(id) {
		return clienteling.Store{}, clienteling.ErrNotFound
	}
	s, err := f.table.Store(ctx, c.Caller.Retailer, id)
	if err != nil {
		return clienteling.Store{}, err
	}
	switch s.State {
	case clienteling.StoreEnabled:
		return s, nil
	case clienteling.StoreOnboarded:
		return f.table.EnableStore(ctx, s)
	case clienteling.StoreParked, clienteling.StoreOrdering:
		return f.table.WishOtherwise(ctx, s, true)
	}
	return clienteling.Store{}, clienteling.E(clienteling.Conflict, "not_onboarded",
		"This store has no number yet, and none is on its way. Onboard it first: PUT /v1/stores/%s/clienteling.", id)
}
