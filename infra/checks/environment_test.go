package checks

import (
	"maps"
	"slices"
	"strings"
)

// environment checks that a function reads every variable the template sets for it,
// and that every one it reads is set.
func environment(p *project) []string {
	var found findings
	// What the Go runtime reads of every process.
	runtime := []string{"GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GODEBUG"}
	for _, f := range p.template.Functions {
		read := p.sources[f.Folder].variables
		for _, v := range slices.Sorted(maps.Keys(f.Environment)) {
			if !read[v] && !slices.Contains(runtime, v) {
				found.add("template.yaml: %s is given %s and does not read it: remove one or read the other", f.Name, v)
			}
		}
		for _, v := range slices.Sorted(maps.Keys(read)) {
			// Lambda sets its own AWS_... variables; an endpoint is the template's.
			if strings.HasPrefix(v, "AWS_") && !strings.HasPrefix(v, "AWS_ENDPOINT_URL_") {
				continue
			}
			if _, ok := f.Environment[v]; !ok {
				found.add("template.yaml: %s reads %s, which is not set: declare it, if need be as \"\"", f.Name, v)
			}
		}
	}
	return found
}
