package template

import (
	"strings"
	"time"
)

const (
	tableType    = "AWS::DynamoDB::Table"
	queueType    = "AWS::SQS::Queue"
	apiType      = "AWS::Serverless::HttpApi"
	functionType = "AWS::Serverless::Function"
)

// fill reads tables, queues, the API and the functions from the resolved resources.
func (f *file) fill(t *Template) error {
	for _, r := range f.resources {
		switch r.attributes.Type {
		case tableType:
			table, err := f.table(r)
			if err != nil {
				return err
			}
			t.Tables = append(t.Tables, table)
		case queueType:
			queue, err := f.queue(r)
			if err != nil {
				return err
			}
			t.Queues = append(t.Queues, queue)
		}
	}
	api, err := f.api()
	if err != nil {
		return err
	}
	t.API = api.API
	routes := map[string]Route{} // by what API Gateway tells routes apart
	for _, r := range f.resources {
		if r.attributes.Type != functionType {
			continue
		}
		function, err := f.function(r, api, t.Queues)
		if err != nil {
			return err
		}
		for _, route := range function.Routes {
			key := route.Method + " " + shape(route.Path)
			if other, taken := routes[key]; taken {
				return f.errorf(r.properties, "%s and %s both have the route %s %s; remove one",
					other.Function, route.Function, route.Method, route.Path)
			}
			routes[key] = route
		}
		t.Functions = append(t.Functions, function)
	}
	return nil
}

// shape is a path without the names of its parameters, which do not tell routes apart.
func shape(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		switch {
		case strings.HasSuffix(s, "+}"):
			segments[i] = "{+}"
		case strings.HasPrefix(s, "{"):
			segments[i] = "{}"
		}
	}
	return strings.Join(segments, "/")
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
