package template

import (
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

func (f *file) function(r resource, a api, queues []Queue) (Function, error) {
	var p struct {
		Folder      string `yaml:"CodeUri"`
		Timeout     int    `yaml:"Timeout"`
		Memory      int    `yaml:"MemorySize"`
		Reserved    int    `yaml:"ReservedConcurrentExecutions"`
		Environment struct {
			Variables map[string]string `yaml:"Variables"`
		} `yaml:"Environment"`
		Events yaml.Node `yaml:"Events"`
	}
	p.Timeout, p.Memory = 3, 128 // Lambda's defaults
	if err := f.decode(r.properties, &p); err != nil {
		return Function{}, err
	}
	if p.Folder == "" {
		return Function{}, f.errorf(r.properties, "%s has no CodeUri; give the folder of its main package", r.id)
	}
	function := Function{
		Name: r.id, Folder: path.Clean(p.Folder), Timeout: seconds(p.Timeout), MemoryMB: p.Memory,
		Environment: p.Environment.Variables, ReservedConcurrency: p.Reserved,
	}
	for name, node := range pairs(&p.Events) {
		var e struct {
			Type       string    `yaml:"Type"`
			Properties yaml.Node `yaml:"Properties"`
		}
		err := f.decode(node, &e)
		if err != nil {
			return Function{}, err
		}
		switch e.Type {
		case "HttpApi":
			err = f.route(&function, name, &e.Properties, a)
		case "SQS":
			err = f.queueEvent(&function, name, &e.Properties, queues)
		case "Schedule", "ScheduleV2":
			err = f.schedule(&function, name, &e.Properties)
		default:
			err = f.errorf(node, "the event type %q is not supported here; use HttpApi, SQS or ScheduleV2", e.Type)
		}
		if err != nil {
			return Function{}, err
		}
	}
	return function, nil
}

// route reads an HttpApi event. In it and the other events, properties that would be
// ignored are refused: what runs here should be what is deployed.
func (f *file) route(function *Function, name, properties *yaml.Node, a api) error {
	var p struct {
		API     string `yaml:"ApiId"`
		Method  string `yaml:"Method"`
		Path    string `yaml:"Path"`
		Timeout int    `yaml:"TimeoutInMillis"`
		Payload string `yaml:"PayloadFormatVersion"`
		Auth    struct {
			Authorizer string         `yaml:"Authorizer"`
			Scopes     []string       `yaml:"AuthorizationScopes"`
			Others     map[string]any `yaml:",inline"`
		} `yaml:"Auth"`
		RouteSettings map[string]any `yaml:"RouteSettings"` // throttling, of no use here
		Others        map[string]any `yaml:",inline"`
	}
	p.Payload = "2.0"
	if err := f.decode(properties, &p); err != nil {
		return err
	}
	if err := f.refuse(name, p.Others, p.Auth.Others); err != nil {
		return err
	}
	if a.ref == "" || p.API != a.ref {
		return f.errorf(name, "the event %s needs ApiId: !Ref of the template's HTTP API; "+
			"SAM would make a second API otherwise", name.Value)
	}
	if p.Method == "" && p.Path == "" {
		p.Method, p.Path = "ANY", "$default" // as SAM does
	}
	route := Route{
		Method: strings.ToUpper(p.Method), Path: p.Path, Function: function.Name,
		Authorizer: p.Auth.Authorizer, Scopes: p.Auth.Scopes, Timeout: time.Duration(p.Timeout) * time.Millisecond,
	}
	methods := []string{"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
	switch {
	case !slices.Contains(methods, route.Method):
		return f.errorf(name, "the event %s has the method %q; use one of %s", name.Value, p.Method, strings.Join(methods, ", "))
	case route.Path != "$default" && !strings.HasPrefix(route.Path, "/"):
		return f.errorf(name, "the event %s has the path %q; it must start with /", name.Value, p.Path)
	case p.Payload != "2.0":
		return f.errorf(name, "the event %s has PayloadFormatVersion %s; only 2.0 is supported here", name.Value, p.Payload)
	case p.Timeout != 0 && (p.Timeout < 50 || p.Timeout > 30_000):
		return f.errorf(name, "the event %s has TimeoutInMillis %d; it must be 50 to 30000", name.Value, p.Timeout)
	}
	switch route.Authorizer {
	case "NONE":
		route.Authorizer = ""
	case "":
		route.Authorizer = a.Default
	}
	if route.Authorizer == "" {
		if len(route.Scopes) > 0 {
			return f.errorf(name, "the event %s asks for scopes on an open route, which would be ignored; "+
				"remove them or give it an authorizer", name.Value)
		}
	} else if _, ok := a.Authorizers[route.Authorizer]; !ok {
		return f.errorf(name, "the event %s has the authorizer %q, which the API does not define; use one of %s or NONE",
			name.Value, route.Authorizer, strings.Join(sorted(a.Authorizers), ", "))
	} else if route.Scopes == nil {
		route.Scopes = a.scopes[route.Authorizer]
	}
	function.Routes = append(function.Routes, route)
	return nil
}

func (f *file) queueEvent(function *Function, name, properties *yaml.Node, queues []Queue) error {
	var p struct {
		Queue     string `yaml:"Queue"`
		BatchSize int    `yaml:"BatchSize"`
		Window    int    `yaml:"MaximumBatchingWindowInSeconds"`
		Enabled   bool   `yaml:"Enabled"`
		Scaling   struct {
			MaxConcurrency int `yaml:"MaximumConcurrency"`
		} `yaml:"ScalingConfig"`
		ResponseTypes []string       `yaml:"FunctionResponseTypes"`
		Others        map[string]any `yaml:",inline"`
	}
	p.BatchSize, p.Enabled = 10, true
	if err := f.decode(properties, &p); err != nil {
		return err
	}
	if err := f.refuse(name, p.Others); err != nil {
		return err
	}
	event := QueueEvent{
		Queue: f.queueOf(p.Queue), BatchSize: p.BatchSize, Window: seconds(p.Window), MaxConcurrency: p.Scaling.MaxConcurrency,
		ReportBatchItemFailures: slices.Contains(p.ResponseTypes, "ReportBatchItemFailures"),
	}
	// AWS refuses these when the stack is deployed; the linters do not see them.
	switch i := slices.IndexFunc(queues, func(q Queue) bool { return q.LogicalID == event.Queue }); {
	case p.Queue == "":
		return f.errorf(name, "the event %s needs Queue: !GetAtt <queue>.Arn", name.Value)
	case event.BatchSize < 1 || event.BatchSize > 10_000:
		return f.errorf(name, "the event %s has BatchSize %d; it must be 1 to 10000", name.Value, event.BatchSize)
	case i >= 0 && queues[i].FIFO && (event.BatchSize > 10 || event.Window > 0):
		return f.errorf(name, "the event %s reads a FIFO queue; BatchSize can be 10 at most, without a batching window", name.Value)
	case event.BatchSize > 10 && event.Window == 0:
		return f.errorf(name, "the event %s has BatchSize %d; above 10 it needs MaximumBatchingWindowInSeconds", name.Value, event.BatchSize)
	case i >= 0 && queues[i].VisibilityTimeout < function.Timeout:
		return f.errorf(name, "the event %s: the VisibilityTimeout of %s, %v, is less than the function's Timeout of %v; "+
			"make it six times that", name.Value, event.Queue, queues[i].VisibilityTimeout, function.Timeout)
	}
	if p.Enabled {
		function.Queues = append(function.Queues, event)
	}
	return nil
}

func (f *file) schedule(function *Function, name, properties *yaml.Node) error {
	var p struct {
		Schedule   string         `yaml:"Schedule"`           // Schedule
		Expression string         `yaml:"ScheduleExpression"` // ScheduleV2
		Input      string         `yaml:"Input"`
		Enabled    bool           `yaml:"Enabled"`
		State      string         `yaml:"State"`
		Others     map[string]any `yaml:",inline"`
	}
	p.Enabled = true
	if err := f.decode(properties, &p); err != nil {
		return err
	}
	for _, key := range []string{ // of no use here
		"Name", "OmitName", "GroupName", "Description", "RoleArn", "PermissionsBoundary", "KmsKeyArn",
		"RetryPolicy", "DeadLetterConfig", "FlexibleTimeWindow",
	} {
		delete(p.Others, key)
	}
	if err := f.refuse(name, p.Others); err != nil {
		return err
	}
	s := Schedule{Expression: p.Schedule + p.Expression, Input: p.Input}
	kind, rest, _ := strings.Cut(s.Expression, "(")
	if !slices.Contains([]string{"rate", "cron", "at"}, kind) || !strings.HasSuffix(rest, ")") {
		return f.errorf(name, "the event %s has the schedule %q; use rate(...), cron(...) or at(...)", name.Value, s.Expression)
	}
	if p.Enabled && p.State != "DISABLED" {
		function.Schedules = append(function.Schedules, s)
	}
	return nil
}

// refuse reports the first of an event's properties that is not read here.
func (f *file) refuse(event *yaml.Node, others ...map[string]any) error {
	for _, o := range others {
		for _, key := range sorted(o) {
			return f.errorf(event, "the event %s: %s is not supported here; remove it", event.Value, key)
		}
	}
	return nil
}
