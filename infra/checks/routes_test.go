package checks

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"clienteling/infra/local/template"
)

// routes checks that the template, the functions and the contract have the same
// routes, each open or with the same scopes.
func routes(p *project) []string {
	var found findings
	contract := documented(p.contract, &found)
	for _, f := range p.template.Functions {
		s := p.sources[f.Folder]
		handled := slices.Clone(s.routes)
		for _, r := range f.Routes {
			key := r.Method + " " + r.Path
			if i := slices.Index(handled, key); i < 0 {
				found.add("template.yaml: %s gets %q but does not handle it: add it to its Routes", f.Name, key)
			} else {
				handled = slices.Delete(handled, i, i+1)
			}
			if want := s.scopes(key); r.Authorizer != "" && !slices.Equal(slices.Sorted(slices.Values(r.Scopes)), want) {
				found.add("template.yaml: %q asks for the scopes %q, the function for %q: make them the same", key, r.Scopes, want)
			}
			if want, ok := contract[key]; !ok {
				found.add("infra/openapi.yaml: %q is missing", key)
			} else if got := access(r); got != want {
				found.add("infra/openapi.yaml: %q is %s, in template.yaml it is %s", key, want, got)
			}
			delete(contract, key)
		}
		for _, key := range handled {
			found.add("%s: handles %q, which the template does not send it (or it is there twice)", f.Folder, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(contract)) {
		found.add("infra/openapi.yaml: %q is not in template.yaml", key)
	}
	return found
}

// scopes are those of which a caller of a route needs one.
func (s source) scopes(route string) []string {
	all := []string{s.scope}
	if also, ok := s.also[route]; ok {
		all = append(all, also)
	}
	slices.Sort(all)
	return all
}

// access says in words who may use a route.
func access(r template.Route) string {
	if r.Authorizer == "" {
		return "open"
	}
	return fmt.Sprintf("for tokens with a scope of %q", slices.Sorted(slices.Values(r.Scopes)))
}

// documented is who may use each operation of the contract, in the words of access.
// A signature in a header is checked by the function, so the route itself is open.
func documented(contract *openapi3.T, found *findings) map[string]string {
	all := map[string]string{}
	for path, item := range contract.Paths.Map() {
		for method, operation := range item.Operations() {
			key := method + " " + path
			needs := operation.Security
			if needs == nil {
				needs = &contract.Security
			}
			all[key] = "open"
			signed := false
			var any []string // alternatives: one of them is enough
			for _, need := range *needs {
				for scheme, scopes := range need {
					switch kind := contract.Components.SecuritySchemes[scheme]; {
					case kind == nil:
						found.add("infra/openapi.yaml: %q needs %q, which is no security scheme", key, scheme)
					case kind.Value.Type == "openIdConnect":
						any = append(any, scopes...)
						all[key] = access(template.Route{Authorizer: scheme, Scopes: any})
					case kind.Value.Type == "apiKey":
						signed = true
					}
				}
			}
			if strings.HasPrefix(path, "/webhooks/") && !signed {
				found.add("infra/openapi.yaml: %q must need the sender's signature", key)
			}
		}
	}
	return all
}

// events checks that there is an event to try every route with, and that events of
// functions with routes are for one of them.
func events(p *project) []string {
	var found findings
	for _, f := range p.template.Functions {
		folder := "events/" + strings.TrimPrefix(f.Folder, "functions/")
		names, err := fs.Glob(p.files, folder+"/*.json")
		if err != nil {
			found.add("%s: %v", folder, err)
		}
		missing := map[string]bool{}
		for _, r := range f.Routes {
			missing[r.Method+" "+r.Path] = true
		}
		known := maps.Clone(missing)
		for _, name := range names {
			text, err := fs.ReadFile(p.files, name)
			var event struct {
				RouteKey       string `json:"routeKey"`
				RequestContext struct {
					RouteKey string `json:"routeKey"`
				} `json:"requestContext"`
			}
			if err == nil {
				err = json.Unmarshal(text, &event)
			}
			switch {
			case err != nil:
				found.add("%s is no JSON event: %v", name, err)
			case event.RouteKey == "" && len(f.Queues)+len(f.Schedules) > 0: // a batch, or the clock
			case !known[event.RouteKey]:
				found.add("%s: its routeKey %q is no route of %s", name, event.RouteKey, f.Name)
			case event.RequestContext.RouteKey != event.RouteKey:
				found.add("%s: requestContext.routeKey is %q, routeKey is %q; the gateway sends the same", name, event.RequestContext.RouteKey, event.RouteKey)
			}
			delete(missing, event.RouteKey)
		}
		for _, key := range slices.Sorted(maps.Keys(missing)) {
			found.add("%s: no event for %q: record one", folder, key)
		}
	}
	return found
}
