package property

import (
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What functions_test.go says again has to be what the functions do: their bodies and
// constants to the letter; of conversations and customers, whose HTTP it leaves out, the
// calls in their order, and what is asked of the sender between them; of reconcile, what
// is about texts and erasures.
func TestFunctionsAreSaidAgainFaithfully(t *testing.T) {
	again := declarations(t, "functions_test.go")
	for files, receiver := range map[string]string{
		"inbound-sms/*.go": "smsFunction.", "message-send/*.go": "sendFunction.", "message-status/*.go": "statusFunction.",
		"reconcile/texts.go": "reconcileFunction.", "reconcile/erasures.go": "reconcileFunction.",
	} {
		for name, d := range declarations(t, "../../functions/"+files) {
			method, isMethod := strings.CutPrefix(name, "function.")
			if isMethod {
				name = receiver + method
			}
			if name == "main" || method == "routes" {
				continue
			}
			if got, want := show(t, again[name]), show(t, d); got != want {
				t.Errorf("functions/%s has changed: say %s again in functions_test.go:\n%s", files, name, want)
			}
		}
	}
	for files, methods := range map[string]map[string][]string{
		"conversations": {"apiFunction.": {"start", "ask", "send", "quickReply", "request", "accept", "optOut", "sender"}},
		"customers":     {"customersFunction.": {"erase"}},
	} {
		real := declarations(t, "../../functions/"+files+"/*.go")
		for receiver, names := range methods {
			for _, method := range names {
				if got, want := calls(t, again[receiver+method]), calls(t, real["function."+method]); len(want) == 0 || !slices.Equal(got, want) {
					t.Errorf("functions/%s has changed: %s calls %q, and here %q", files, method, want, got)
				}
			}
		}
	}
}

// declarations are the functions and constants of files, by name; of a method,
// "receiver.name".
func declarations(t *testing.T, pattern string) map[string]ast.Node {
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no files are %s: %v", pattern, err)
	}
	found := map[string]ast.Node{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") && name != pattern {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					if of, ok := d.Recv.List[0].Type.(*ast.Ident); ok {
						name = of.Name + "." + name
					}
				}
				found[name] = d.Body
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok && d.Tok == token.CONST && len(v.Values) == len(v.Names) {
						for i, n := range v.Names {
							found[n.Name] = v.Values[i]
						}
					}
				}
			}
		}
	}
	return found
}

// show prints a declaration, all on lines of its own making.
func show(t *testing.T, n ast.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	if err := printer.Fprint(&b, token.NewFileSet(), n); err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// calls are what a body asks of the table, the queue and the rules of the product, in
// order, and the conditions between that ask something of the sender.
func calls(t *testing.T, body ast.Node) (all []string) {
	if body == nil {
		return nil
	}
	rules := map[string][]string{
		"f":           {"reachable", "request", "accept", "quickReply", "conversation", "sender"},
		"clienteling": {"MayDisturb", "Fill"},
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if branch, ok := n.(*ast.IfStmt); ok {
			if asked := show(t, branch.Cond); strings.HasPrefix(asked, "s.") || strings.Contains(asked, "(s.") {
				all = append(all, "if "+asked)
			}
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		f, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		switch of := f.X.(type) {
		case *ast.Ident:
			if of.Name == "consent" || slices.Contains(rules[of.Name], f.Sel.Name) {
				all = append(all, of.Name+"."+f.Sel.Name)
			}
		case *ast.SelectorExpr:
			if of.Sel.Name == "table" || of.Sel.Name == "texts" {
				all = append(all, of.Sel.Name+"."+f.Sel.Name)
			}
		}
		return true
	})
	return all
}
