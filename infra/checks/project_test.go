package checks

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"clienteling/infra/local/template"
)

// project is what the checks look at.
type project struct {
	files    fs.FS // from the root of the repository
	template *template.Template
	contract *openapi3.T
	sources  map[string]source // by function folder, "functions/inbound-sms"
}

// checks are all of them, by the name of their test.
func checks() map[string]func(*project) []string {
	return map[string]func(*project) []string{
		"imports":     imports,
		"sources":     sources,
		"routes":      routes,
		"events":      events,
		"environment": environment,
		"functions":   functions,
		"permissions": permissions,
		"queues":      queues,
	}
}

func TestProject(t *testing.T) {
	// Conditions differ from stage to stage, so each is a template of its own; what is
	// wrong in all of them is said once.
	found := map[string]map[string]bool{}
	for _, stage := range []string{"sandbox", "staging", "production"} {
		p, err := open("../..", stage)
		if err != nil {
			t.Fatal(err)
		}
		for name, check := range checks() {
			if found[name] == nil {
				found[name] = map[string]bool{}
			}
			for _, finding := range check(p) {
				found[name][finding] = true
			}
		}
	}
	for name, all := range found {
		t.Run(name, func(t *testing.T) {
			for _, finding := range slices.Sorted(maps.Keys(all)) {
				t.Error(finding)
			}
		})
	}
}

// open reads the project in dir as it is deployed to a stage.
func open(dir, stage string) (*project, error) {
	p := &project{files: os.DirFS(dir), sources: map[string]source{}}
	var err error
	p.template, err = template.Load(filepath.Join(dir, "template.yaml"), template.Values{
		Parameters: map[string]string{
			"Stage":            stage,
			"JwtIssuer":        "https://issuer.example.com",
			"PublicBaseUrl":    "https://clienteling.example.com",
			"TwilioAccountSid": "AC00000000000000000000000000000001",
			"TwilioSecretArn":  "arn:aws:secretsmanager:eu-central-1:123456789012:secret:twilio",
		},
	})
	if err != nil {
		return nil, err
	}
	contract, err := fs.ReadFile(p.files, "infra/openapi.yaml")
	if err != nil {
		return nil, err
	}
	if p.contract, err = openapi3.NewLoader().LoadFromData(contract); err != nil {
		return nil, fmt.Errorf("infra/openapi.yaml: %w", err)
	}
	for _, f := range p.template.Functions {
		if p.sources[f.Folder], err = readSource(p.files, f.Folder); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// findings collects what a check has to say.
type findings []string

func (f *findings) add(format string, args ...any) {
	*f = append(*f, fmt.Sprintf(format, args...))
}

// stem is a function's folder in the spelling of logical ids: "functions/number-purchase"
// gives NumberPurchase.
func stem(folder string) string {
	var b strings.Builder
	for _, word := range strings.Split(strings.TrimPrefix(folder, "functions/"), "-") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// at returns what is under the keys in nested maps, nil if there is nothing.
func at(v any, keys ...string) any {
	for _, key := range keys {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

// list is v as a list: CloudFormation takes a single value where a list may stand.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}
