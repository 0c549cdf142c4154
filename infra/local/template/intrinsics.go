package template

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// verdict is what is known of a condition.
type verdict int

const (
	evaluating verdict = iota + 1 // meeting it again means that it contains itself
	isTrue
	isFalse
)

// nameOfIntrinsic is the long name of the intrinsic a node is, "Ref" or "Fn::Sub", in
// either notation (!Sub x, Fn::Sub: x); "" if it is none.
func nameOfIntrinsic(n *yaml.Node) string {
	name, _ := intrinsic(n)
	return name
}

func intrinsic(n *yaml.Node) (name string, argument *yaml.Node) {
	if tag, ok := strings.CutPrefix(n.Tag, "!"); ok && !strings.HasPrefix(tag, "!") {
		a := *n
		switch n.Kind {
		case yaml.ScalarNode:
			a.Tag = "!!str"
		case yaml.SequenceNode:
			a.Tag = "!!seq"
		default:
			a.Tag = "!!map"
		}
		if tag != "Ref" && tag != "Condition" {
			tag = "Fn::" + tag
		}
		return tag, &a
	}
	for key, value := range pairs(n) {
		if strings.HasPrefix(key.Value, "Fn::") || key.Value == "Ref" && len(n.Content) == 2 {
			return key.Value, behind(value)
		}
	}
	return "", nil
}

// resolve gives a node without intrinsics; nil for AWS::NoValue.
func (f *file) resolve(n *yaml.Node) (*yaml.Node, error) {
	n = behind(n)
	if name, argument := intrinsic(n); name != "" {
		if n.ShortTag() == "!!map" && len(n.Content) != 2 {
			return nil, f.errorf(n, "%s must be the only key here; remove the others", name)
		}
		return f.call(name, argument, n)
	}
	out := *n
	switch {
	case n.Kind == yaml.SequenceNode:
		out.Content = nil
		for _, item := range n.Content {
			item, err := f.resolve(item)
			if err != nil {
				return nil, err
			}
			if item != nil {
				out.Content = append(out.Content, item)
			}
		}
	case n.Kind == yaml.MappingNode:
		out.Content = nil
		for key, value := range pairs(n) {
			if key.Tag == "!!merge" {
				return nil, f.errorf(key, "CloudFormation has no merge keys (<<); write the keys out")
			}
			value, err := f.resolve(value)
			if err != nil {
				return nil, err
			}
			if value != nil {
				out.Content = append(out.Content, text(key, key.Value), value)
			}
		}
	case n.Tag == "!!null":
		return nil, f.errorf(n, "a template allows no empty (null) value; write one or remove the key")
	case n.Tag == "!!timestamp":
		out.Tag = "!!str" // Version: 2012-10-17 is no date to AWS
	}
	return &out, nil
}

// resolveSection is resolve for a whole section, which may be absent.
func (f *file) resolveSection(n *yaml.Node) (*yaml.Node, error) {
	if n.IsZero() {
		return &yaml.Node{}, nil
	}
	resolved, err := f.resolve(n)
	if err == nil && resolved == nil {
		resolved = &yaml.Node{}
	}
	return resolved, err
}

// call evaluates an intrinsic that yields a value.
func (f *file) call(name string, argument, at *yaml.Node) (*yaml.Node, error) {
	switch name {
	case "Ref":
		return f.ref(argument.Value, at)
	case "Fn::GetAtt":
		return f.getAtt(argument, at)
	case "Fn::Sub":
		return f.sub(argument, at)
	case "Fn::If":
		return f.choose(argument, at)
	case "Fn::FindInMap":
		return f.findInMap(argument, at)
	case "Fn::Select":
		return f.pick(argument, at)
	case "Fn::Split":
		args, err := f.arguments("Fn::Split", argument, at, yaml.ScalarNode, yaml.ScalarNode)
		if err != nil {
			return nil, err
		}
		return list(at, strings.Split(args[1].Value, args[0].Value)...), nil
	case "Fn::Join":
		args, err := f.arguments("Fn::Join", argument, at, yaml.ScalarNode, yaml.SequenceNode)
		if err != nil {
			return nil, err
		}
		items := make([]string, len(args[1].Content))
		for i, item := range args[1].Content {
			if item.Kind != yaml.ScalarNode {
				return nil, f.errorf(at, "Fn::Join joins strings only; its item %d is none", i+1)
			}
			items[i] = item.Value
		}
		return text(at, strings.Join(items, args[0].Value)), nil
	case "Fn::Equals", "Fn::Not", "Fn::And", "Fn::Or", "Condition":
		return nil, f.errorf(at, "%s belongs under Conditions; here use Fn::If with a condition's name", name)
	}
	return nil, f.errorf(at, "the intrinsic %s is not supported here; supported are Ref and Fn:: "+
		"Sub, GetAtt, If, Equals, Not, And, Or, FindInMap, Select, Split, Join", name)
}

// ref is !Ref name, and ${name} in a Sub.
func (f *file) ref(name string, at *yaml.Node) (*yaml.Node, error) {
	if name == "AWS::NoValue" {
		return nil, nil
	}
	if p, ok := f.parameters[name]; ok {
		value := *p
		value.Line = at.Line
		return &value, nil
	}
	if value, ok := f.values.Refs[name]; ok {
		return text(at, value), nil
	}
	if value, ok := pseudoParameter(name); ok {
		return text(at, value), nil
	}
	// SAM knows references to what it makes of a resource, such as Api.Stage.
	owner, _, _ := strings.Cut(name, ".")
	if err := f.declared(owner, at); err != nil {
		return nil, err
	}
	return text(at, name), nil
}

// pseudoParameter is the value of AWS::Region and its like where Values.Refs gives none.
func pseudoParameter(name string) (string, bool) {
	switch name {
	case "AWS::AccountId":
		return "000000000000", true
	case "AWS::Partition":
		return "aws", true
	case "AWS::Region":
		return "us-east-1", true
	case "AWS::StackId":
		return "arn:aws:cloudformation:us-east-1:000000000000:stack/local/local", true
	case "AWS::StackName":
		return "local", true
	case "AWS::URLSuffix":
		return "amazonaws.com", true
	}
	return "", false
}

// declared checks that a resource exists in this stack.
func (f *file) declared(id string, at *yaml.Node) error {
	node, ok := f.sections.Resources[id]
	if !ok {
		return f.errorf(at, "%q is neither a parameter nor a resource of this template; check its spelling", id)
	}
	condition := child(behind(&node), "Condition")
	if condition == nil {
		return nil
	}
	exists, err := f.condition(condition.Value, condition)
	if err == nil && !exists {
		err = f.errorf(at, "%s does not exist, as its condition %s does not hold; put the reference under Fn::If",
			id, condition.Value)
	}
	return err
}

func (f *file) getAtt(argument, at *yaml.Node) (*yaml.Node, error) {
	if argument.Kind == yaml.ScalarNode {
		return f.attribute(argument.Value, at)
	}
	args, err := f.arguments("Fn::GetAtt", argument, at, yaml.ScalarNode, yaml.ScalarNode)
	if err != nil {
		return nil, err
	}
	return f.attribute(args[0].Value+"."+args[1].Value, at)
}

// attribute is !GetAtt name, and ${name} with a dot in a Sub.
func (f *file) attribute(name string, at *yaml.Node) (*yaml.Node, error) {
	owner, attribute, _ := strings.Cut(name, ".")
	if attribute == "" {
		return nil, f.errorf(at, "Fn::GetAtt needs a resource and an attribute, such as Table.Arn; got %q", name)
	}
	if err := f.declared(owner, at); err != nil {
		return nil, err
	}
	if value, ok := f.values.Attributes[name]; ok {
		return text(at, value), nil
	}
	return text(at, name), nil
}

func (f *file) sub(argument, at *yaml.Node) (*yaml.Node, error) {
	pattern, variables := argument, &yaml.Node{}
	if argument.Kind != yaml.ScalarNode {
		args, err := f.arguments("Fn::Sub", argument, at, yaml.ScalarNode, yaml.MappingNode)
		if err != nil {
			return nil, err
		}
		pattern, variables = args[0], args[1]
	}
	var out strings.Builder
	rest := pattern.Value
	for {
		before, after, found := strings.Cut(rest, "${")
		out.WriteString(before)
		if !found {
			return text(at, out.String()), nil
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			return nil, f.errorf(at, "Fn::Sub: ${%s is not closed; add a }", after)
		}
		rest = tail
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			out.WriteString("${" + literal + "}")
			continue
		}
		value, err := child(variables, name), error(nil)
		if value == nil {
			if strings.Contains(name, ".") {
				value, err = f.attribute(name, at)
			} else {
				value, err = f.ref(name, at)
			}
		}
		if err != nil {
			return nil, err
		}
		if value == nil || value.Kind != yaml.ScalarNode {
			return nil, f.errorf(at, "Fn::Sub: ${%s} is no single value; use Fn::Join for a list", name)
		}
		out.WriteString(value.Value)
	}
}

// choose is Fn::If. Only the branch taken is resolved: the other may refer to what
// does not exist.
func (f *file) choose(argument, at *yaml.Node) (*yaml.Node, error) {
	if argument.Kind != yaml.SequenceNode || len(argument.Content) != 3 {
		return nil, f.errorf(at, "Fn::If needs [condition, value if it holds, value if not]")
	}
	holds, err := f.condition(argument.Content[0].Value, at)
	if err != nil {
		return nil, err
	}
	if holds {
		return f.resolve(argument.Content[1])
	}
	return f.resolve(argument.Content[2])
}

func (f *file) findInMap(argument, at *yaml.Node) (*yaml.Node, error) {
	args, err := f.arguments("Fn::FindInMap", argument, at, yaml.ScalarNode, yaml.ScalarNode, yaml.ScalarNode)
	if err != nil {
		return nil, err
	}
	mapping := f.sections.Mappings[args[0].Value]
	found := child(behind(&mapping), args[1].Value)
	if found != nil {
		found = child(found, args[2].Value)
	}
	if found == nil {
		return nil, f.errorf(at, "Fn::FindInMap: Mappings has no %s.%s.%s; add it",
			args[0].Value, args[1].Value, args[2].Value)
	}
	return f.resolve(found)
}

// pick is Fn::Select.
func (f *file) pick(argument, at *yaml.Node) (*yaml.Node, error) {
	args, err := f.arguments("Fn::Select", argument, at, yaml.ScalarNode, yaml.SequenceNode)
	if err != nil {
		return nil, err
	}
	items := args[1].Content
	i, err := strconv.Atoi(args[0].Value)
	if err != nil || i < 0 || i >= len(items) {
		return nil, f.errorf(at, "Fn::Select: the index is %s, the list has %d items; count from 0",
			args[0].Value, len(items))
	}
	return items[i], nil
}

// arguments resolves the arguments of an intrinsic and checks their number and kinds.
func (f *file) arguments(name string, argument, at *yaml.Node, kinds ...yaml.Kind) ([]*yaml.Node, error) {
	if argument.Kind != yaml.SequenceNode {
		return nil, f.errorf(at, "%s needs a list of %d arguments", name, len(kinds))
	}
	resolved, err := f.resolve(argument)
	if err != nil {
		return nil, err
	}
	if len(resolved.Content) != len(kinds) {
		return nil, f.errorf(at, "%s needs %d arguments, not %d", name, len(kinds), len(resolved.Content))
	}
	for i, arg := range resolved.Content {
		if arg.Kind != kinds[i] {
			return nil, f.errorf(at, "%s: argument %d must be a %s", name, i+1, kindName(kinds[i]))
		}
	}
	return resolved.Content, nil
}

func kindName(k yaml.Kind) string {
	switch k {
	case yaml.ScalarNode:
		return "single value"
	case yaml.SequenceNode:
		return "list"
	}
	return "map"
}

// condition tells whether the condition of that name holds.
func (f *file) condition(name string, at *yaml.Node) (bool, error) {
	switch f.conditions[name] {
	case isTrue:
		return true, nil
	case isFalse:
		return false, nil
	case evaluating:
		return false, f.errorf(at, "the condition %s contains itself; break the circle", name)
	}
	node, ok := f.sections.Conditions[name]
	if !ok {
		return false, f.errorf(at, "there is no condition %q; add it under Conditions", name)
	}
	f.conditions[name] = evaluating
	ok, err := f.evaluate(&node)
	if ok {
		f.conditions[name] = isTrue
	} else {
		f.conditions[name] = isFalse
	}
	return ok, err
}

// evaluate computes a condition function.
func (f *file) evaluate(n *yaml.Node) (bool, error) {
	n = behind(n)
	name, argument := intrinsic(n)
	if other := child(n, "Condition"); other != nil && len(n.Content) == 2 {
		name, argument = "Condition", other
	}
	switch name {
	case "Condition":
		return f.condition(argument.Value, n)
	case "Fn::Equals":
		args, err := f.arguments(name, argument, n, yaml.ScalarNode, yaml.ScalarNode)
		return err == nil && args[0].Value == args[1].Value, err
	case "Fn::Not", "Fn::And", "Fn::Or":
		least, most := 2, 10
		if name == "Fn::Not" {
			least, most = 1, 1
		}
		if argument.Kind != yaml.SequenceNode || len(argument.Content) < least || len(argument.Content) > most {
			return false, f.errorf(n, "%s needs a list of %d to %d conditions", name, least, most)
		}
		trues := 0
		for _, operand := range argument.Content {
			// All are evaluated, as CloudFormation does: a mistake in the last must show.
			holds, err := f.evaluate(operand)
			if err != nil {
				return false, err
			}
			if holds {
				trues++
			}
		}
		switch name {
		case "Fn::Not":
			return trues == 0, nil
		case "Fn::And":
			return trues == len(argument.Content), nil
		}
		return trues > 0, nil
	}
	return false, f.errorf(n, "a condition is made of Fn:: Equals, Not, And, Or and Condition")
}
