package checks

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// source is what the Go files of a function say about it, as far as the template
// has to agree.
type source struct {
	routes    []string          // the keys of its Routes literals
	scope     string            // Scope of its apigw.Options; "" for none
	also      map[string]string // Also of its apigw.Options: another scope, by route
	variables map[string]bool   // the environment variables it reads
	unclear   []string          // what cannot be read off the source
}

// sources checks that the functions are written so that the other checks can read them.
func sources(p *project) []string {
	var found findings
	for _, f := range p.template.Functions {
		found = append(found, p.sources[f.Folder].unclear...)
	}
	return found
}

// readSource parses the Go files of a function, without its tests.
func readSource(files fs.FS, folder string) (source, error) {
	s := source{variables: map[string]bool{}, also: map[string]string{}}
	names, err := fs.Glob(files, folder+"/*.go")
	if err != nil {
		return s, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, set, err := parse(files, name, parser.SkipObjectResolution)
		if err != nil {
			return s, err
		}
		s.read(f, set)
	}
	return s, nil
}

func parse(files fs.FS, name string, mode parser.Mode) (*ast.File, *token.FileSet, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, nil, err
	}
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, name, text, mode)
	return f, set, err
}

// read takes in one file. The environment is whatever a function of the file takes
// as a parameter of type *setup.Env.
func (s *source) read(f *ast.File, set *token.FileSet) {
	env := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if field, ok := n.(*ast.Field); ok && name(field.Type) == "setup.Env" {
			for _, id := range field.Names {
				env[id.Name] = true
			}
		}
		return true
	})
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			s.readLiteral(n, set)
		case *ast.CallExpr:
			s.readCall(n, env, set)
		}
		return true
	})
}

// readLiteral takes in apigw.Routes{...}, webhook.Routes{...} and apigw.Options{...}.
func (s *source) readLiteral(l *ast.CompositeLit, set *token.FileSet) {
	kind := name(l.Type)
	for _, element := range l.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		switch {
		case !ok:
		case strings.HasSuffix(kind, ".Routes"):
			if route, ok := literal(pair.Key); ok {
				s.routes = append(s.routes, route)
			} else {
				s.unclear = append(s.unclear, fmt.Sprintf("%s: write the route as a string literal", set.Position(pair.Pos())))
			}
		case kind == "apigw.Options" && name(pair.Key) == "Scope":
			if s.scope, ok = literal(pair.Value); !ok {
				s.unclear = append(s.unclear, fmt.Sprintf("%s: write the scope as a string literal", set.Position(pair.Pos())))
			}
		case kind == "apigw.Options" && name(pair.Key) == "Also":
			s.readAlso(pair.Value, set)
		}
	}
}

// readAlso takes in the routes that a second scope may call.
func (s *source) readAlso(value ast.Expr, set *token.FileSet) {
	if l, ok := value.(*ast.CompositeLit); ok {
		for _, element := range l.Elts {
			pair, ok := element.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			route, isRoute := literal(pair.Key)
			scope, isScope := literal(pair.Value)
			if isRoute && isScope {
				s.also[route] = scope
				continue
			}
			s.unclear = append(s.unclear, fmt.Sprintf("%s: write the route and its scope as string literals", set.Position(pair.Pos())))
		}
		return
	}
	s.unclear = append(s.unclear, fmt.Sprintf("%s: write Also as a literal", set.Position(value.Pos())))
}

// readCall takes in env.Need("NAME") and the methods of setup.Env that read
// variables without being told their names.
func (s *source) readCall(c *ast.CallExpr, env map[string]bool, set *token.FileSet) {
	method, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	receiver := name(method.X)
	switch {
	case receiver == "os" && slices.Contains([]string{"Getenv", "LookupEnv", "Environ"}, method.Sel.Name):
		s.unclear = append(s.unclear, fmt.Sprintf("%s: read the environment through setup.Env", set.Position(c.Pos())))
		return
	case !env[receiver]:
		return
	}
	switch method.Sel.Name {
	case "WarmDynamoDB":
		s.variables["AWS_ENDPOINT_URL_DYNAMODB"] = true
	case "Secret", "TwilioAccounts":
		s.variables["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = true
	case "AWS":
		s.readName(c, "AWS_ENDPOINT_URL_", set)
	case "Need", "Stage":
		s.readName(c, "", set)
	default: // a typed reader, as Days is, has the name in one of its arguments
		for _, argument := range c.Args {
			if v, ok := literal(argument); ok && regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`).MatchString(v) {
				s.variables[v] = true
			}
		}
	}
}

// readName takes in a variable whose name is the first argument.
func (s *source) readName(c *ast.CallExpr, prefix string, set *token.FileSet) {
	if len(c.Args) > 0 {
		if v, ok := literal(c.Args[0]); ok {
			s.variables[prefix+v] = true
			return
		}
	}
	s.unclear = append(s.unclear, fmt.Sprintf("%s: write the variable's name as a string literal", set.Position(c.Pos())))
}

// name is an identifier, with its package if it has one, without the * of a pointer.
func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return name(e.X)
	case *ast.SelectorExpr:
		return name(e.X) + "." + e.Sel.Name
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	v, err := strconv.Unquote(l.Value)
	return v, err == nil
}
