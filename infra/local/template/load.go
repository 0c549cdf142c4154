package template

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Load reads the template at path and resolves it with v. An error is one line; it
// starts with the file and, where one is to blame, the line.
func Load(path string, v Values) (*Template, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	f := &file{path: path, values: v, conditions: map[string]verdict{}}
	if err := f.parse(source); err != nil {
		return nil, err
	}
	if err := f.readParameters(); err != nil {
		return nil, err
	}
	if err := f.readResources(); err != nil {
		return nil, err
	}
	t := &Template{Resources: make(map[string]Resource, len(f.resources))}
	for _, r := range f.resources {
		if t.Resources[r.id], err = f.export(r); err != nil {
			return nil, err
		}
	}
	if err := f.fill(t); err != nil {
		return nil, err
	}
	return t, nil
}

// file is a template being read. Resolving turns YAML nodes into YAML nodes, so that
// every error can still name its line.
type file struct {
	path       string
	values     Values
	sections   sections
	parameters map[string]*yaml.Node // their values
	conditions map[string]verdict    // those evaluated so far
	resources  []resource            // those whose condition holds, sorted by id
}

// sections is a template as parsed.
type sections struct {
	Transform  yaml.Node            `yaml:"Transform"`
	Parameters map[string]yaml.Node `yaml:"Parameters"`
	Mappings   map[string]yaml.Node `yaml:"Mappings"`
	Conditions map[string]yaml.Node `yaml:"Conditions"`
	Globals    map[string]yaml.Node `yaml:"Globals"`
	Resources  map[string]yaml.Node `yaml:"Resources"`
}

// resource is a resource before and after its intrinsics are resolved.
type resource struct {
	id         string
	line       int
	attributes resourceAttributes
	written    *yaml.Node // properties, Globals merged
	properties *yaml.Node // the same, resolved
}

type resourceAttributes struct {
	Type                string    `yaml:"Type"`
	Condition           string    `yaml:"Condition"`
	DeletionPolicy      string    `yaml:"DeletionPolicy"`
	UpdateReplacePolicy string    `yaml:"UpdateReplacePolicy"`
	Metadata            yaml.Node `yaml:"Metadata"`
	Properties          yaml.Node `yaml:"Properties"`
}

func (f *file) parse(source []byte) error {
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		return f.yamlError(err)
	}
	// Decoding everything once finds keys given twice and aliases that contain
	// themselves, which a parsed tree of nodes still hides.
	var everything map[string]any
	if err := f.decode(&document, &everything); err != nil {
		return err
	}
	if err := f.decode(&document, &f.sections); err != nil {
		return err
	}
	if t := f.sections.Transform; t.Value != "AWS::Serverless-2016-10-31" {
		return f.errorf(&t, "the template needs exactly this line: Transform: AWS::Serverless-2016-10-31")
	}
	return nil
}

func (f *file) readResources() error {
	for _, section := range sorted(f.sections.Globals) {
		if globalType(section) == "" {
			n := f.sections.Globals[section]
			return f.errorf(&n, "Globals.%s is not supported here; write it into the resources", section)
		}
	}
	for _, id := range sorted(f.sections.Resources) {
		node := f.sections.Resources[id]
		r := resource{id: id, line: node.Line}
		if err := f.decode(&node, &r.attributes); err != nil {
			return err
		}
		if c := r.attributes.Condition; c != "" {
			if holds, err := f.condition(c, &node); err != nil || !holds {
				if err != nil {
					return err
				}
				continue
			}
		}
		r.written = &r.attributes.Properties
		for section, global := range f.sections.Globals {
			if globalType(section) == r.attributes.Type {
				r.written = merge(&global, r.written)
			}
		}
		var err error
		if r.properties, err = f.resolveSection(r.written); err != nil {
			return err
		}
		f.resources = append(f.resources, r)
	}
	return nil
}

// export makes a resource readable without YAML.
func (f *file) export(r resource) (Resource, error) {
	a := r.attributes
	out := Resource{
		Type: a.Type, Condition: a.Condition, Line: r.line,
		DeletionPolicy: a.DeletionPolicy, UpdateReplacePolicy: a.UpdateReplacePolicy,
	}
	metadata, err := f.resolveSection(&a.Metadata)
	if err != nil {
		return out, err
	}
	if err := f.decode(metadata, &out.Metadata); err != nil {
		return out, err
	}
	return out, f.decode(r.properties, &out.Properties)
}

// globalType is the resource type a section of Globals is merged into; "" if unknown.
func globalType(section string) string {
	switch section {
	case "Function", "HttpApi":
		return "AWS::Serverless::" + section
	}
	return ""
}

// merge lays local over global as SAM does: maps by key, lists one after the other,
// everything else replaced. An intrinsic is a value of its own.
func merge(global, local *yaml.Node) *yaml.Node {
	global, local = behind(global), behind(local)
	if local.IsZero() {
		return global
	}
	plain := func(kind yaml.Kind) bool {
		return global.Kind == kind && local.Kind == kind && nameOfIntrinsic(global) == "" && nameOfIntrinsic(local) == ""
	}
	merged := *local
	switch {
	case plain(yaml.SequenceNode):
		merged.Content = slices.Concat(global.Content, local.Content)
	case plain(yaml.MappingNode):
		merged.Content = slices.Clone(local.Content)
		for key, value := range pairs(global) {
			if i := index(local, key.Value); i >= 0 {
				merged.Content[i] = merge(value, local.Content[i])
			} else {
				merged.Content = append(merged.Content, key, value)
			}
		}
	}
	return &merged
}

// decode reads a node into a Go value; a value of the wrong type is an error with its line.
func (f *file) decode(n *yaml.Node, out any) error {
	if n.IsZero() {
		return nil
	}
	return f.yamlError(n.Decode(out))
}

// yamlError gives an error of the YAML package our form, file and line first.
func (f *file) yamlError(err error) error {
	if err == nil {
		return nil
	}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	var wrongTypes *yaml.TypeError
	if errors.As(err, &wrongTypes) {
		message = wrongTypes.Errors[0]
	}
	message = strings.ReplaceAll(message, "cannot unmarshal", "cannot read")
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		return fmt.Errorf("%s:%s", f.path, rest)
	}
	return fmt.Errorf("%s: %s", f.path, message)
}

func (f *file) errorf(at *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", f.path, max(at.Line, 1), fmt.Sprintf(format, args...))
}
