package main

import (
	"context"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

// messages lists the entries of a conversation's thread, newest first.
func (f function) messages(ctx context.Context, c *apigw.Call) (any, error) {
	of, err := f.find(ctx, c)
	if err != nil {
		return nil, err
	}
	list := "thread/" + of.Retailer + "/" + of.Store + "/" + of.ID
	page, err := pageOf(c, list)
	if err != nil {
		return nil, err
	}
	found, next, err := f.table.Messages(ctx, of.Retailer, of.Store, of.ID, page)
	if err != nil {
		return nil, err
	}
	return apigw.PageOf(list, found, next, func(m clienteling.Message) message { return showMessage(of, m) }), nil
}
