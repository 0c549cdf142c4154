package apigw

import (
	"fmt"
	"net/url"
	"strconv"

	"clienteling/shared/clienteling"
)

// The number of items on a page: what limit may say, and what it is when absent.
const (
	MinLimit     = 1
	MaxLimit     = 100
	DefaultLimit = 25
)

// Call is a request whose caller is known and has the function's scope.
//
// Its query methods are strict about the parameters they are asked for (a wrong or
// repeated one is 400 invalid_parameter); parameters nobody asks for are ignored,
// since clients and proxies add their own.
type Call struct {
	Request
	Caller Caller
	Query  url.Values // from the raw query string: repeated names and commas survive

	body []byte // decoded
}

// ID is the request id: in every answer's header, in every problem and in the log.
func (c *Call) ID() string { return c.RequestContext.RequestID }

// Path returns a parameter of the route's path, "" if the route has none of that name.
func (c *Call) Path(name string) string { return c.PathParameters[name] }

// Store returns the path's storeId. One that is malformed or not among the caller's
// is clienteling.ErrNotFound: nobody learns which stores others have.
func (c *Call) Store() (string, error) {
	id := c.Path("storeId")
	if !c.Caller.MaySee(id) {
		return "", clienteling.ErrNotFound
	}
	return id, nil
}

// Limit returns the query parameter limit, or DefaultLimit without it.
func (c *Call) Limit() (int, error) {
	text, given, err := c.parameter("limit")
	if err != nil || !given {
		return DefaultLimit, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < MinLimit || n > MaxLimit {
		return 0, badParameter("limit", fmt.Sprintf("Send a whole number from %d to %d.", MinLimit, MaxLimit))
	}
	return n, nil
}

// Flag returns a query parameter that is true or false; without it, false.
func (c *Call) Flag(name string) (bool, error) {
	text, given, err := c.parameter(name)
	if err != nil || !given {
		return false, err
	}
	if text != "true" && text != "false" {
		return false, badParameter(name, "Send true or false.")
	}
	return text == "true", nil
}

// Cursor returns the position in the list that the query parameter cursor stands
// for, "" without one. See [DecodeCursor].
func (c *Call) Cursor(list string) (position string, err error) {
	text, given, err := c.parameter("cursor")
	if err != nil || !given {
		return "", err
	}
	return DecodeCursor(list, text)
}

// Since is Cursor for the query parameter since, of a list of changes.
func (c *Call) Since(list string) (position string, err error) {
	text, given, err := c.parameter("since")
	if err != nil || !given {
		return "", err
	}
	return DecodeCursor(list, text)
}

// parameter returns a query parameter that may be given once.
func (c *Call) parameter(name string) (value string, given bool, err error) {
	values := c.Query[name]
	switch len(values) {
	case 0:
		return "", false, nil
	case 1:
		return values[0], true, nil
	}
	return "", false, badParameter(name, "Send it once.")
}

func badParameter(name, remedy string) error {
	return clienteling.E(clienteling.Invalid, "invalid_parameter", "Correct the query parameter %s. %s", name, remedy).
		With(name, remedy)
}
