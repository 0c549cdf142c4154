package main

import (
	"context"
	"slices"
	"strings"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

// store is what the API shows an associate of a store.
type store struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Country  string `json:"country"`
	Number   string `json:"number"`
	TimeZone string `json:"timeZone,omitempty"`
}

// stores lists the caller's stores that are enabled: an associate starts working
// the moment theirs is, without signing in again.
func (f function) stores(ctx context.Context, c *apigw.Call) (any, error) {
	mine := slices.Compact(slices.Sorted(slices.Values(c.Caller.Stores)))
	found, err := f.table.Stores(ctx, c.Caller.Retailer, mine, c.Caller.AllStores)
	if err != nil {
		return nil, err
	}
	enabled := apigw.Page[store]{Items: []store{}}
	for _, s := range found {
		if s.State == clienteling.StoreEnabled {
			enabled.Items = append(enabled.Items, store{s.ID, s.Name, s.Country, s.Number, s.TimeZone})
		}
	}
	slices.SortFunc(enabled.Items, func(a, b store) int { return strings.Compare(a.ID, b.ID) })
	return enabled, nil
}
