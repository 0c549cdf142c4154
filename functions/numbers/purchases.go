package main

import (
	"context"

	"clienteling/shared/apigw"
	"clienteling/shared/table"
)

// purchases shows a page of the retailer's orders, the newest first.
func (f function) purchases(ctx context.Context, c *apigw.Call) (any, error) {
	name := "purchases/" + c.Caller.Retailer
	limit, after, err := c.Page(name)
	if err != nil {
		return nil, err
	}
	found, next, err := f.table.Purchases(ctx, c.Caller.Retailer, table.Page{Limit: limit, After: after})
	if err != nil {
		return nil, err
	}
	return apigw.PageOf(name, found, next, showPurchase), nil
}

// purchase shows one order.
func (f function) purchase(ctx context.Context, c *apigw.Call) (any, error) {
	p, err := f.table.Purchase(ctx, c.Caller.Retailer, c.Path("purchaseId"))
	if err != nil {
		return nil, err
	}
	return showPurchase(p), nil
}

// cancel ends an order that nobody has begun to buy. A store that waits for it is
// where it was before.
func (f function) cancel(ctx context.Context, c *apigw.Call) (any, error) {
	p, err := f.table.CancelPurchase(ctx, c.Caller.Retailer, c.Path("purchaseId"), f.now())
	if err != nil {
		return nil, err
	}
	return showPurchase(p), nil
}
