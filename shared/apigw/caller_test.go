package apigw_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

func TestCaller(t *testing.T) {
	for name, test := range map[string]struct {
		claims map[string]string // over those of the event
		want   apigw.Caller
	}{
		"strings": {nil, apigw.Caller{Subject: "u1", Name: "Ada", Retailer: "acme", Stores: []string{"hamburg-1", "london.2"}}},
		"arrays as the gateway writes them": {
			map[string]string{"scope": "[clienteling:associate openid]", "stores": "[a b]"},
			apigw.Caller{Subject: "u1", Name: "Ada", Retailer: "acme", Stores: []string{"a", "b"}},
		},
		"all stores": {map[string]string{"stores": "*"}, apigw.Caller{Subject: "u1", Name: "Ada", Retailer: "acme", AllStores: true}},
		"no stores":  {map[string]string{"stores": ""}, apigw.Caller{Subject: "u1", Name: "Ada", Retailer: "acme"}},
		"malformed stores are nobody's": {
			map[string]string{"stores": "a/b ok ../x " + strings.Repeat("x", 65)},
			apigw.Caller{Subject: "u1", Name: "Ada", Retailer: "acme", Stores: []string{"ok"}},
		},
		"longest retailer": {
			map[string]string{"retailer": "9" + strings.Repeat("-", 62), "stores": ""},
			apigw.Caller{Subject: "u1", Name: "Ada", Retailer: "9" + strings.Repeat("-", 62)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got apigw.Caller
			res, _ := call(t, func(_ context.Context, c *apigw.Call) (any, error) {
				got = c.Caller
				return nil, nil
			}, request(t, func(r *apigw.Request) { claim(r, test.claims) }))
			if len(got.Stores) == 0 {
				got.Stores = nil
			}
			if res.StatusCode != 204 || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %d %+v", res.StatusCode, got)
			}
		})
	}
}

func TestCallerRefused(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*apigw.Request)
		status int
		code   string
	}{
		"no authorizer":        {func(r *apigw.Request) { r.RequestContext.Authorizer = nil }, 401, "token_missing"},
		"another authorizer":   {func(r *apigw.Request) { r.RequestContext.Authorizer.JWT = nil }, 401, "token_missing"},
		"no scope":             {claims("scope", ""), 403, "scope_missing"},
		"another scope":        {claims("scope", "clienteling:manage"), 403, "scope_missing"},
		"a longer scope":       {claims("scope", "clienteling:associates"), 403, "scope_missing"},
		"a scope in upper":     {claims("scope", "CLIENTELING:ASSOCIATE"), 403, "scope_missing"},
		"no retailer":          {claims("retailer", ""), 403, "retailer_missing"},
		"upper-case retailer":  {claims("retailer", "Acme"), 403, "retailer_missing"},
		"retailer of a key":    {claims("retailer", "acme#hamburg-1"), 403, "retailer_missing"},
		"retailer with a dash": {claims("retailer", "-acme"), 403, "retailer_missing"},
		"retailer too long":    {claims("retailer", strings.Repeat("a", 64)), 403, "retailer_missing"},
		"retailer and newline": {claims("retailer", "acme\n"), 403, "retailer_missing"},
	} {
		t.Run(name, func(t *testing.T) {
			res, _ := call(t, func(context.Context, *apigw.Call) (any, error) {
				t.Error("the handler ran")
				return nil, nil
			}, request(t, test.change))
			problem(t, res, test.status, test.code)
		})
	}
}

func TestStore(t *testing.T) {
	for name, test := range map[string]struct {
		stores, path string
		seen         bool
	}{
		"own":                     {"a b", "b", true},
		"another":                 {"a b", "c", false},
		"of all":                  {"*", "any.Store_1", true},
		"malformed, of all":       {"*", "a#b", false},
		"empty, of all":           {"*", "", false},
		"the star itself":         {"*", "*", false},
		"too long, of all":        {"*", strings.Repeat("a", 65), false},
		"of none":                 {"", "a", false},
		"of another upper/lower":  {"hamburg", "Hamburg", false},
		"two ids are not one":     {"a b", "a b", false},
		"part of one of them":     {"hamburg-10", "hamburg-1", false},
		"beside one without form": {"a#b c", "a#b", false},
	} {
		t.Run(name, func(t *testing.T) {
			call(t, func(_ context.Context, c *apigw.Call) (any, error) {
				id, err := c.Store()
				if test.seen && (err != nil || id != test.path) || !test.seen && !errors.Is(err, clienteling.ErrNotFound) {
					t.Errorf("got %q, %v", id, err)
				}
				return nil, nil
			}, request(t, func(r *apigw.Request) {
				claim(r, map[string]string{"stores": test.stores})
				r.PathParameters["storeId"] = test.path
			}))
		})
	}
}

func claims(name, value string) func(*apigw.Request) {
	return func(r *apigw.Request) { claim(r, map[string]string{name: value}) }
}

// claim sets claims; "" removes one, as the gateway omits what the token lacks.
func claim(r *apigw.Request, values map[string]string) {
	for name, value := range values {
		if value == "" {
			delete(r.RequestContext.Authorizer.JWT.Claims, name)
		} else {
			r.RequestContext.Authorizer.JWT.Claims[name] = value
		}
	}
}
