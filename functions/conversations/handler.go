package main

import (
	"clienteling/shared/apigw"
	"clienteling/shared/table"
)

type function struct {
	table *table.Table
}

func (f function) routes() apigw.Routes {
	return apigw.Routes{
		"GET /v1/stores/{storeId}/conversations":                           f.inbox,
		"GET /v1/stores/{storeId}/conversations/{conversationId}":          f.conversation,
		"GET /v1/stores/{storeId}/conversations/{conversationId}/messages": f.messages,
	}
}

// page is one page of a list as the API shows it.
type page[T any] struct {
	Items  []T    `json:"items"`
	Cursor string `json:"cursor,omitempty"`
}

// pageOf reads limit and cursor; the cursor is bound to the list it is from.
func pageOf(c *apigw.Call, list string) (table.Page, error) {
	limit, err := c.Limit()
	if err != nil {
		return table.Page{}, err
	}
	after, err := c.Cursor(list)
	return table.Page{Limit: limit, After: after}, err
}

// pageFrom shows what was found, and the cursor to go on with, if there is more.
func pageFrom[N, T any](list string, found []N, next string, show func(N) T) page[T] {
	p := page[T]{Items: make([]T, len(found))}
	for i, n := range found {
		p.Items[i] = show(n)
	}
	if next != "" {
		p.Cursor = apigw.EncodeCursor(list, next)
	}
	return p
}
