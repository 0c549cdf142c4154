package checks

import (
	"regexp"
	"strings"
)

// permissions checks that a function may touch DynamoDB only under the key prefixes
// it names, and can never scan.
func permissions(p *project) []string {
	var found findings
	for name, resource := range p.template.Resources {
		if resource.Type == "AWS::Serverless::Function" {
			for _, policy := range list(resource.Properties["Policies"]) {
				if at(policy, "Statement") == nil {
					found.add("template.yaml: %s has the ready-made policy %v, which allows too much: write the statements", name, policy)
				}
			}
		}
		statements(resource.Properties, func(statement map[string]any) {
			if why := excess(statement); why != "" {
				found.add("template.yaml: %s, statement %v: %s", name, statement["Sid"], why)
			}
		})
	}
	return found
}

// statements visits the IAM statements that allow something, wherever they stand in v.
func statements(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			statements(element, visit)
		}
	case map[string]any:
		if v["Effect"] == "Allow" {
			visit(v)
		}
		for _, value := range v {
			statements(value, visit)
		}
	}
}

// excess says what a statement allows too much; "" for nothing.
func excess(statement map[string]any) string {
	if statement["NotAction"] != nil {
		return "NotAction allows all the rest: name the actions"
	}
	dynamodb := false
	for _, element := range list(statement["Action"]) {
		action, _ := element.(string)
		service, call, _ := strings.Cut(strings.ToLower(action), ":")
		switch {
		case strings.Contains(service, "*"):
			return "the action " + action + " allows everything: name the actions"
		case service != "dynamodb":
			continue
		case strings.Contains(call, "*"):
			return "the action " + action + " includes more than is used: name the actions"
		case call == "scan":
			return "dynamodb:Scan reads every retailer's records: query a key"
		}
		dynamodb = true
	}
	if !dynamodb {
		return ""
	}
	keys := list(at(statement, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys"))
	if len(keys) == 0 {
		return "it needs the condition ForAllValues:StringLike dynamodb:LeadingKeys with the key prefixes"
	}
	for _, key := range keys {
		prefix, _ := key.(string)
		if !regexp.MustCompile(`^[A-Z]+#`).MatchString(prefix) {
			return "the leading key " + prefix + " is not of one kind: begin it with one, as in NUMBER#*"
		}
	}
	if absent := at(statement, "Condition", "Null", "dynamodb:LeadingKeys"); absent != "false" && absent != false {
		return "it needs the condition Null dynamodb:LeadingKeys \"false\": ForAllValues holds for a request without keys"
	}
	return ""
}
