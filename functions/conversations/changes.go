package main

import (
	"context"

	"clienteling/shared/apigw"
)

// changes lists the conversations with activity since an earlier answer, for
// polling. The first call, without since, says where to begin.
func (f function) changes(ctx context.Context, c *apigw.Call) (any, error) {
	store, err := c.Store()
	if err != nil {
		return nil, err
	}
	list := "changes/" + c.Caller.Retailer + "/" + store
	since, err := c.Since(list)
	if err != nil {
		return nil, err
	}
	found, next, err := f.table.Changes(ctx, c.Caller.Retailer, store, since, apigw.MaxLimit)
	if err != nil {
		return nil, err
	}
	shown := struct {
		Items []conversation `json:"items"`
		Since string         `json:"since"`
	}{make([]conversation, len(found)), apigw.EncodeCursor(list, next)}
	for i, n := range found {
		shown.Items[i] = showConversation(n)
	}
	return shown, nil
}
