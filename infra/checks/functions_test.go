package checks

import (
	"io/fs"
	"slices"
	"strings"
	"time"
)

// functions checks names, how functions are built, and how long they may take.
func functions(p *project) []string {
	var found findings
	var declared []string
	for _, f := range p.template.Functions {
		declared = append(declared, f.Folder)
		resource := p.template.Resources[f.Name]
		if !strings.HasPrefix(f.Folder, "functions/") || f.Name != stem(f.Folder)+"Function" {
			found.add("template.yaml: %s has its code in %s: the folder functions/number-purchase belongs to NumberPurchaseFunction", f.Name, f.Folder)
		}
		for key, want := range map[string]string{"BuildMethod": "makefile", "ContextPath": ".", "WorkingDirectory": "."} {
			if resource.Metadata[key] != want {
				found.add("template.yaml: %s needs the metadata %s: %s, or SAM does not build it from the root Makefile", f.Name, key, want)
			}
		}
		if len(f.Routes) > 0 && f.Timeout > 25*time.Second {
			found.add("template.yaml: %s may take %v: the gateway gives up after 30 s, cold start included, so 25 s at most", f.Name, f.Timeout)
		}
		for _, r := range f.Routes {
			if strings.HasPrefix(r.Path, "/webhooks/") && f.Timeout > 10*time.Second {
				found.add("template.yaml: %s may take %v for %s: Twilio gives up after 15 s, so 10 s at most", f.Name, f.Timeout, r.Path)
			}
		}
		events, _ := resource.Properties["Events"].(map[string]any)
		for name, event := range events {
			if at(event, "Type") == "ScheduleV2" && at(event, "Properties", "OmitName") != true {
				found.add("template.yaml: the schedule %s of %s needs OmitName: true, or two stages in one account collide", name, f.Name)
			}
		}
	}
	found = append(found, undeclared(p.files, declared)...)
	return append(found, routeSettings(p)...)
}

// undeclared finds function folders that the template does not deploy.
func undeclared(files fs.FS, declared []string) []string {
	var found findings
	mains, err := fs.Glob(files, "functions/*/main.go")
	if err != nil {
		found.add("functions: %v", err)
	}
	for _, main := range mains {
		if folder := strings.TrimSuffix(main, "/main.go"); !slices.Contains(declared, folder) {
			found.add("template.yaml: nothing deploys %s: declare %sFunction", folder, stem(folder))
		}
	}
	return found
}

// routeSettings finds settings for routes that do not exist: AWS takes them and they
// do nothing.
func routeSettings(p *project) []string {
	var found findings
	known := map[string]bool{}
	for _, f := range p.template.Functions {
		for _, r := range f.Routes {
			known[r.Method+" "+r.Path] = true
		}
	}
	for name, resource := range p.template.Resources {
		if resource.Type != "AWS::Serverless::HttpApi" {
			continue
		}
		settings, _ := resource.Properties["RouteSettings"].(map[string]any)
		for key := range settings {
			if !known[key] {
				found.add("template.yaml: the RouteSettings of %s have %q, which is no route", name, key)
			}
		}
	}
	return found
}
