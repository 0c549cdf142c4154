package template

import "go.yaml.in/yaml/v3"

// api is the HTTP API with what only reading the functions needs.
type api struct {
	API
	ref    string              // what !Ref of it yields; "" without an API
	scopes map[string][]string // the scopes an authorizer asks where a route says nothing
}

func (f *file) api() (api, error) {
	a := api{API: API{Authorizers: map[string]Authorizer{}}, scopes: map[string][]string{}}
	for _, r := range f.resources {
		if r.attributes.Type != apiType {
			continue
		}
		if a.ref != "" {
			return a, f.errorf(r.properties, "%s is a second HTTP API; one is supported here", r.id)
		}
		a.ref = r.id
		if ref, ok := f.values.Refs[r.id]; ok {
			a.ref = ref
		}
		if err := f.readAPI(r, &a); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (f *file) readAPI(r resource, a *api) error {
	var p struct {
		Stage string `yaml:"StageName"`
		Auth  struct {
			Default     string               `yaml:"DefaultAuthorizer"`
			Authorizers map[string]yaml.Node `yaml:"Authorizers"`
		} `yaml:"Auth"`
		CORS       yaml.Node `yaml:"CorsConfiguration"`
		Body       yaml.Node `yaml:"DefinitionBody"`
		Definition yaml.Node `yaml:"DefinitionUri"`
	}
	if err := f.decode(r.properties, &p); err != nil {
		return err
	}
	if p.Stage != "" && p.Stage != "$default" {
		return f.errorf(r.properties, "%s: only StageName: $default is supported here; "+
			"another name would stand before every path", r.id)
	}
	for _, n := range []yaml.Node{p.Body, p.Definition} {
		if !n.IsZero() {
			return f.errorf(&n, "%s: the routes are read from the functions' Events; remove the API definition", r.id)
		}
	}
	for _, name := range sorted(p.Auth.Authorizers) {
		node := p.Auth.Authorizers[name]
		var j struct {
			IdentitySource string   `yaml:"IdentitySource"`
			Scopes         []string `yaml:"AuthorizationScopes"`
			JWT            struct {
				Issuer   string   `yaml:"issuer"`
				Audience []string `yaml:"audience"`
			} `yaml:"JwtConfiguration"`
		}
		if err := f.decode(&node, &j); err != nil {
			return err
		}
		if j.JWT.Issuer == "" || len(j.JWT.Audience) == 0 || j.IdentitySource == "" {
			return f.errorf(&node, "the authorizer %s needs an IdentitySource and a JwtConfiguration with issuer and "+
				"audience; authorizers of other kinds are not supported here", name)
		}
		a.Authorizers[name] = Authorizer{Issuer: j.JWT.Issuer, Audience: j.JWT.Audience, IdentitySource: j.IdentitySource}
		a.scopes[name] = j.Scopes
	}
	a.Default = p.Auth.Default
	if _, ok := a.Authorizers[a.Default]; a.Default != "" && !ok {
		return f.errorf(r.properties, "%s: there is no authorizer %q; add it under Auth.Authorizers", r.id, a.Default)
	}
	if p.CORS.IsZero() {
		return nil
	}
	// SAM puts such an intrinsic in the place of the whole CORS block, silently.
	if origins := child(child(behind(r.written), "CorsConfiguration"), "AllowOrigins"); origins != nil && nameOfIntrinsic(origins) != "" {
		return f.errorf(origins, "AllowOrigins must be a list written out; intrinsics may stand in its elements only")
	}
	var c struct {
		Origins     []string `yaml:"AllowOrigins"`
		Methods     []string `yaml:"AllowMethods"`
		Headers     []string `yaml:"AllowHeaders"`
		Expose      []string `yaml:"ExposeHeaders"`
		MaxAge      int      `yaml:"MaxAge"`
		Credentials bool     `yaml:"AllowCredentials"`
	}
	if err := f.decode(&p.CORS, &c); err != nil {
		return err
	}
	a.CORS = &CORS{
		AllowOrigins: c.Origins, AllowMethods: c.Methods, AllowHeaders: c.Headers, ExposeHeaders: c.Expose,
		MaxAge: seconds(c.MaxAge), AllowCredentials: c.Credentials,
	}
	return nil
}
