package apigw

import (
	"slices"
	"strings"
)

// Page is one page of a list as the API shows it.
type Page[T any] struct {
	Items []T `json:"items"`
	// Cursor goes on where the page ends; without one there is no more.
	Cursor string `json:"cursor,omitempty"`
}

// PageOf shows what was found, and the cursor to go on with, if there is more. The
// cursor is bound to the list, as Call.Cursor reads it.
func PageOf[N, T any](list string, found []N, next string, show func(N) T) Page[T] {
	p := Page[T]{Items: make([]T, len(found))}
	for i, n := range found {
		p.Items[i] = show(n)
	}
	if next != "" {
		p.Cursor = EncodeCursor(list, next)
	}
	return p
}

// Page returns the query parameters limit and cursor: how many items, after which
// position of the list.
func (c *Call) Page(list string) (limit int, after string, err error) {
	if limit, err = c.Limit(); err != nil {
		return 0, "", err
	}
	after, err = c.Cursor(list)
	return limit, after, err
}

// OneOf returns a query parameter that has one of some values; "" without it.
func (c *Call) OneOf(name string, values ...string) (string, error) {
	text, given, err := c.parameter(name)
	if err != nil || !given {
		return "", err
	}
	if !slices.Contains(values, text) {
		return "", badParameter(name, "Send one of "+strings.Join(values, ", ")+".")
	}
	return text, nil
}

// Text returns a query parameter as it is; "" without it.
func (c *Call) Text(name string) (string, error) {
	text, _, err := c.parameter(name)
	return text, err
}
