package apigw_test

import (
	"context"
	"log/slog"
	"reflect"
	"testing"

	"clienteling/shared/apigw"
)

// scoped sends a request to a function of a scope, and returns who it was told calls;
// nil if it was not asked.
func scoped(t *testing.T, scope string, r apigw.Request) (apigw.Response, *apigw.Caller) {
	t.Helper()
	var caller *apigw.Caller
	serve := apigw.New(apigw.Options{Scope: scope, Log: slog.New(slog.DiscardHandler), Routes: apigw.Routes{
		route: func(_ context.Context, c *apigw.Call) (any, error) {
			caller = &c.Caller
			return nil, nil
		},
	}})
	res, err := serve(t.Context(), r)
	if err != nil {
		t.Fatalf("the edge returned the error %v", err)
	}
	return res, caller
}

// The operator belongs to no retailer: a token that names one is not the operator's,
// whatever its scopes say, and sees no store by itself.
func TestOperator(t *testing.T) {
	for name, test := range map[string]struct {
		claims map[string]string
		status int
		code   string
	}{
		"the operator":                {map[string]string{"scope": "clienteling:operate", "retailer": "", "stores": ""}, 204, ""},
		"the operator names stores":   {map[string]string{"scope": "openid clienteling:operate", "retailer": "", "stores": "*"}, 204, ""},
		"a retailer's token":          {map[string]string{"scope": "clienteling:operate"}, 403, "operator_only"},
		"a malformed retailer":        {map[string]string{"scope": "clienteling:operate", "retailer": "#"}, 403, "operator_only"},
		"an administrator":            {map[string]string{"scope": "clienteling:manage", "retailer": ""}, 403, "scope_missing"},
		"an associate":                {map[string]string{"retailer": ""}, 403, "scope_missing"},
		"part of the scope":           {map[string]string{"scope": "clienteling:operat", "retailer": ""}, 403, "scope_missing"},
		"administrator and associate": {map[string]string{"scope": "clienteling:manage clienteling:associate", "retailer": ""}, 403, "scope_missing"},
	} {
		t.Run(name, func(t *testing.T) {
			res, caller := scoped(t, "clienteling:operate", request(t, func(r *apigw.Request) { claim(r, test.claims) }))
			if test.code != "" {
				problem(t, res, test.status, test.code)
				if caller != nil {
					t.Errorf("the handler ran for %+v", caller)
				}
				return
			}
			if want := (apigw.Caller{Subject: "u1", Name: "Ada"}); res.StatusCode != test.status || caller == nil || !reflect.DeepEqual(*caller, want) {
				t.Fatalf("got %d, %+v, want %+v", res.StatusCode, caller, want)
			}
			if caller.MaySee("hamburg-1") {
				t.Error("the operator sees a store")
			}
		})
	}
	// The operator's token opens nothing of a retailer's.
	for _, scope := range []string{"clienteling:associate", "clienteling:manage"} {
		r := request(t, func(r *apigw.Request) {
			claim(r, map[string]string{"scope": "clienteling:operate " + scope, "retailer": ""})
		})
		res, _ := scoped(t, scope, r)
		problem(t, res, 403, "retailer_missing")
		res, _ = scoped(t, scope, request(t, func(r *apigw.Request) { claim(r, map[string]string{"scope": "clienteling:operate"}) }))
		problem(t, res, 403, "scope_missing")
	}
}

// An administrator sees all stores of their retailer, whatever the claim stores says,
// and only where they call as an administrator.
func TestAdministrator(t *testing.T) {
	for scope, all := range map[string]bool{"clienteling:manage": true, "clienteling:associate": false} {
		for _, stores := range []string{"", "hamburg-1"} {
			_, caller := scoped(t, scope, request(t, func(r *apigw.Request) {
				claim(r, map[string]string{"scope": "clienteling:manage clienteling:associate", "stores": stores})
			}))
			if caller == nil || caller.AllStores != all || caller.Retailer != "acme" || caller.MaySee("paris") != all || caller.MaySee("a#b") {
				t.Errorf("%s, stores %q: %+v", scope, stores, caller)
			}
		}
	}
}

func TestIsRetailer(t *testing.T) {
	for s, want := range map[string]bool{"acme": true, "9-to-5": true, "a": true, "": false, "-a": false, "Acme": false, "a_b": false, "a b": false, "a#b": false} {
		if apigw.IsRetailer(s) != want {
			t.Errorf("IsRetailer(%q) = %t", s, !want)
		}
	}
}
