package checks

import (
	"go/parser"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// imports checks which package imports which:
//
//	functions -> {apigw, phone, queue, setup, table, twilio, webhook} -> clienteling/... -> standard library
//
// The packages in the middle never import each other, functions never import
// functions, and only tests import infra.
func imports(p *project) []string {
	var found findings
	err := fs.WalkDir(p.files, ".", func(name string, d fs.DirEntry, err error) error {
		switch base := path.Base(name); {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (base == "testdata" || base == "node_modules" || strings.HasPrefix(base, ".")):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		f, _, err := parse(p.files, name, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if why := breach(name, imported); why != "" {
				found.add("%s imports %s: %s", name, imported, why)
			}
		}
		return nil
	})
	if err != nil {
		found.add("the Go files cannot be read: %v", err)
	}
	return found
}

// breach says which rule a file breaks by an import; "" for none.
func breach(file, imported string) string {
	folder := path.Dir(file)
	within := func(tree string) bool { return folder == tree || strings.HasPrefix(folder, tree+"/") }
	test := strings.HasSuffix(file, "_test.go")

	own, ours := strings.CutPrefix(imported, "clienteling/")
	external := !ours && strings.Contains(strings.SplitN(imported, "/", 2)[0], ".")
	area, unit := split(folder)
	toArea, toUnit := split(own)

	switch {
	case imported == "github.com/twilio/twilio-go":
		return "it links all of Twilio's products; import one, such as .../rest/api/v2010"
	case strings.HasPrefix(imported, "github.com/nyaruka/phonenumbers") && !within("shared/phone"):
		return "importing it costs 5 ms at every cold start; use shared/phone"
	case imported == "github.com/aws/aws-sdk-go-v2/config" && (area == "shared" || area == "functions"):
		return "it costs 0.8 ms at every cold start; use shared/setup"
	case ours && toArea == "functions" && folder != own:
		return "functions are for nobody to import; move what is common to shared"
	case test:
		return ""
	case ours && toArea == "infra" && !within("infra"):
		return "only tests may import infra"
	case area != "shared":
		return ""
	case unit != "clienteling" && !slices.Contains(middle(), unit):
		return "shared/" + unit + " is not in the layout; give it its place in this rule"
	case unit == "clienteling" && (external || ours && (toArea != "shared" || toUnit != "clienteling")):
		return "shared/clienteling holds nouns and rules; it imports the standard library only"
	case ours && toArea == "shared" && toUnit != "clienteling" && toUnit != unit:
		return "the packages beside each other in shared do not know each other; let the function bring them together"
	}
	return ""
}

// middle are the packages between the functions and shared/clienteling.
func middle() []string {
	return []string{"apigw", "phone", "queue", "setup", "table", "twilio", "webhook"}
}

// split is the first and second part of a folder: "shared", "clienteling".
func split(folder string) (area, unit string) {
	parts := strings.SplitN(folder+"//", "/", 3)
	return parts[0], parts[1]
}
