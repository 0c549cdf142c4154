package template

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

type parameter struct {
	Type           string   `yaml:"Type"`
	Default        *string  `yaml:"Default"`
	AllowedValues  []string `yaml:"AllowedValues"`
	AllowedPattern string   `yaml:"AllowedPattern"`
	MinLength      *int     `yaml:"MinLength"`
	MaxLength      *int     `yaml:"MaxLength"`
	MinValue       *float64 `yaml:"MinValue"`
	MaxValue       *float64 `yaml:"MaxValue"`
}

func (f *file) readParameters() error {
	for _, name := range sorted(f.values.Parameters) {
		if _, ok := f.sections.Parameters[name]; !ok {
			return fmt.Errorf("%s: a value was given for the parameter %s, which the template does not declare; "+
				"remove it or declare it under Parameters", f.path, name)
		}
	}
	f.parameters = make(map[string]*yaml.Node, len(f.sections.Parameters))
	for _, name := range sorted(f.sections.Parameters) {
		node := f.sections.Parameters[name]
		var p parameter
		if err := f.decode(&node, &p); err != nil {
			return err
		}
		value, given := f.values.Parameters[name]
		if !given {
			if p.Default == nil {
				return f.errorf(&node, "the parameter %s has neither a value nor a Default; give one", name)
			}
			value = *p.Default
		}
		if err := p.check(value); err != nil {
			return f.errorf(&node, "the parameter %s is %q; %v", name, value, err)
		}
		switch p.Type {
		case "String":
			f.parameters[name] = text(&node, value)
		case "Number":
			n := text(&node, value)
			n.Tag = "" // let YAML tell 1 from 1.5
			n.Tag = n.ShortTag()
			f.parameters[name] = n
		case "CommaDelimitedList", "List<Number>", "List<String>":
			items := strings.Split(value, ",")
			for i := range items {
				items[i] = strings.TrimSpace(items[i])
			}
			f.parameters[name] = list(&node, items...)
		default:
			return f.errorf(&node, "the parameter type %q is not supported here; "+
				"use String, Number or CommaDelimitedList", p.Type)
		}
	}
	return nil
}

// check applies the constraints CloudFormation would.
func (p parameter) check(value string) error {
	if len(p.AllowedValues) > 0 && !slices.Contains(p.AllowedValues, value) {
		return fmt.Errorf("use one of %s", strings.Join(p.AllowedValues, ", "))
	}
	if p.AllowedPattern != "" {
		// CloudFormation matches the whole value.
		pattern, err := regexp.Compile("^(?:" + p.AllowedPattern + ")$")
		if err != nil {
			return fmt.Errorf("its AllowedPattern cannot be read: %w", err)
		}
		if !pattern.MatchString(value) {
			return fmt.Errorf("it must match %s", p.AllowedPattern)
		}
	}
	if p.MinLength != nil && len(value) < *p.MinLength || p.MaxLength != nil && len(value) > *p.MaxLength {
		return fmt.Errorf("it has %d characters, which its MinLength and MaxLength do not allow", len(value))
	}
	if p.Type != "Number" {
		return nil
	}
	number, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return fmt.Errorf("it must be a number")
	}
	if p.MinValue != nil && number < *p.MinValue {
		return fmt.Errorf("it must be at least %v", *p.MinValue)
	}
	if p.MaxValue != nil && number > *p.MaxValue {
		return fmt.Errorf("it must be at most %v", *p.MaxValue)
	}
	return nil
}
