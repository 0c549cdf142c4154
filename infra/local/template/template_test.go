package template_test

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/template"
)

// projectValues are the values a local stack gives the project's own template.
func projectValues() template.Values {
	return template.Values{
		Parameters: map[string]string{
			"Stage":            "sandbox",
			"JwtIssuer":        "http://127.0.0.1:9000",
			"PublicBaseUrl":    "http://127.0.0.1:8080",
			"TwilioSecretArn":  "arn:aws:secretsmanager:us-east-1:000000000000:secret:twilio",
			"TwilioAccountSid": "AC00000000000000000000000000000001",
		},
		Refs:       map[string]string{"Table": "clienteling", "PhoneKey": "phone-key"},
		Attributes: map[string]string{"Table.Arn": "arn:aws:dynamodb:us-east-1:000000000000:table/clienteling"},
	}
}

func TestProjectTemplate(t *testing.T) {
	got, err := template.Load("../../../template.yaml", projectValues())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(got.Functions, func(f template.Function) bool { return f.Name == "InboundSmsFunction" })
	if i < 0 {
		t.Fatalf("no InboundSmsFunction among %v", got.Functions)
	}
	sms := got.Functions[i]
	if sms.Folder != "functions/inbound-sms" || sms.Timeout != 10*time.Second || sms.MemoryMB != 256 {
		t.Errorf("folder, timeout or memory: %+v", sms)
	}
	for name, want := range map[string]string{
		"TABLE_NAME":                "clienteling", // Globals, a Ref
		"GOMAXPROCS":                "1",
		"AWS_ENDPOINT_URL_DYNAMODB": "",
		"PHONE_KEY_SECRET_ARN":      "phone-key",
		"PUBLIC_BASE_URL":           "http://127.0.0.1:8080",
		"TEXT_RETENTION_DAYS":       "400", // a Number's default
	} {
		if value, ok := sms.Environment[name]; !ok || value != want {
			t.Errorf("%s = %q, %t; want %q", name, value, ok, want)
		}
	}
	if want := []template.Route{{Method: "POST", Path: "/webhooks/twilio/sms", Function: "InboundSmsFunction"}}; !reflect.DeepEqual(sms.Routes, want) {
		t.Errorf("routes %+v, want %+v", sms.Routes, want)
	}
	if !slices.IsSortedFunc(got.Functions, func(a, b template.Function) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("functions are not sorted by name")
	}
	for _, f := range got.Functions {
		for _, r := range f.Routes {
			if strings.HasPrefix(r.Path, "/v1/") && (r.Authorizer != "Jwt" || len(r.Scopes) == 0) {
				t.Errorf("%s %s: authorizer %q, scopes %v; a /v1 route has both", r.Method, r.Path, r.Authorizer, r.Scopes)
			}
		}
	}
	wantAPI := template.Authorizer{
		Issuer: "http://127.0.0.1:9000", Audience: []string{"clienteling"}, IdentitySource: "$request.header.Authorization",
	}
	if !reflect.DeepEqual(got.API.Authorizers["Jwt"], wantAPI) || got.API.Default != "Jwt" {
		t.Errorf("API %+v", got.API)
	}
	if c := got.API.CORS; c == nil || len(c.AllowOrigins) != 0 || c.MaxAge != 10*time.Minute {
		t.Errorf("CORS %+v; want no origin without NomOrigin", c)
	}
	wantTable := template.Table{
		LogicalID: "Table", Name: "clienteling", TTLAttribute: "expiresAt", Key: template.Key{Hash: "pk", Range: "sk"},
		Indexes: []template.Index{
			{Name: "GSI1", Key: template.Key{Hash: "gsi1pk", Range: "gsi1sk"}, Projection: "ALL"},
			{Name: "GSI2", Key: template.Key{Hash: "gsi2pk", Range: "gsi2sk"}, Projection: "ALL"},
		},
	}
	if len(got.Tables) != 1 || !reflect.DeepEqual(got.Tables[0], wantTable) {
		t.Errorf("tables %+v", got.Tables)
	}
	table := got.Resources["Table"]
	if table.DeletionPolicy != "RetainExceptOnCreate" || table.Properties["DeletionProtectionEnabled"] != false || table.Line == 0 {
		t.Errorf("resource Table %+v", table)
	}
	if got.Resources["InboundSmsFunction"].Metadata["BuildMethod"] != "makefile" {
		t.Errorf("metadata %v", got.Resources["InboundSmsFunction"].Metadata)
	}
}

func TestProjectTemplateInProduction(t *testing.T) {
	v := projectValues()
	v.Parameters["Stage"], v.Parameters["NomOrigin"] = "production", "https://nom.example"
	got, err := template.Load("../../../template.yaml", v)
	if err != nil {
		t.Fatal(err)
	}
	if got.Resources["Table"].Properties["DeletionProtectionEnabled"] != true {
		t.Error("the table is not protected in production")
	}
	if !slices.Equal(got.API.CORS.AllowOrigins, []string{"https://nom.example"}) {
		t.Errorf("origins %v", got.API.CORS.AllowOrigins)
	}
}

const header = "Transform: AWS::Serverless-2016-10-31\n"

// load writes a template and loads it.
func load(t *testing.T, source string, v template.Values) (*template.Template, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(path, []byte(header+source), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := template.Load(path, v)
	if err != nil && !strings.HasPrefix(err.Error(), path) {
		t.Errorf("the error %q does not name the file first", err)
	}
	return got, err
}

func TestIntrinsics(t *testing.T) {
	const source = `
Parameters:
  Stage: { Type: String }
  Days: { Type: Number, Default: 7 }
  Share: { Type: Number, Default: 0.5 }
  Zones: { Type: CommaDelimitedList, Default: "a, b,c" }
Mappings:
  Config: { sandbox: { Size: 1, Names: [x, y] }, production: { Size: 9, Names: [z] } }
Conditions:
  IsSandbox: !Equals [!Ref Stage, sandbox]
  IsProduction: { "Fn::Equals": [{ Ref: Stage }, production] }
  Neither: !Not [!Or [!Condition IsSandbox, { Condition: IsProduction }]]
  Both: !And [!Condition IsSandbox, !Condition IsProduction]
  Either: { "Fn::Or": [!Condition IsSandbox, !Condition IsProduction] }
Resources:
  Other: { Type: "AWS::SNS::Topic" }
  Gone: { Type: "AWS::SNS::Topic", Condition: Neither }
  R:
    Type: AWS::SNS::Topic
    Properties:
      V: `
	values := template.Values{
		Parameters: map[string]string{"Stage": "sandbox"},
		Refs:       map[string]string{"Other": "the-other"},
		Attributes: map[string]string{"Other.Arn": "arn:other"},
	}
	tests := map[string]struct {
		yaml string
		want any // nil: the key is gone
	}{
		"Ref parameter":           {`!Ref Stage`, "sandbox"},
		"Ref long":                {`{ Ref: Stage }`, "sandbox"},
		"Ref number":              {`!Ref Days`, 7},
		"Ref fraction":            {`!Ref Share`, 0.5},
		"Ref list":                {`!Ref Zones`, []any{"a", "b", "c"}},
		"Ref resource given":      {`!Ref Other`, "the-other"},
		"Ref resource not given":  {`!Ref R`, "R"},
		"Ref pseudo":              {`!Ref AWS::Region`, "us-east-1"},
		"Ref NoValue":             {`!Ref AWS::NoValue`, nil},
		"NoValue in a list":       {`[a, !Ref AWS::NoValue, b]`, []any{"a", "b"}},
		"NoValue in a map":        {`{ a: !Ref AWS::NoValue, b: 1 }`, map[string]any{"b": 1}},
		"GetAtt given":            {`!GetAtt Other.Arn`, "arn:other"},
		"GetAtt long":             {`{ "Fn::GetAtt": [Other, Arn] }`, "arn:other"},
		"GetAtt not given":        {`!GetAtt R.TopicName`, "R.TopicName"},
		"Sub":                     {`!Sub "${Stage}/${Other}/${Other.Arn}/${AWS::AccountId}/${!kept}/$x"`, "sandbox/the-other/arn:other/000000000000/${kept}/$x"},
		"Sub with variables":      {`!Sub ["${a}-${Stage}", { a: !Ref Days }]`, "7-sandbox"},
		"Sub long":                {`{ "Fn::Sub": "<${Days}>" }`, "<7>"},
		"If":                      {`!If [IsSandbox, !Ref Stage, no]`, "sandbox"},
		"If not":                  {`{ "Fn::If": [IsProduction, yes, { Ref: Days }] }`, 7},
		"If leaves the other":     {`!If [Neither, !GetAtt Gone.Arn, fine]`, "fine"},
		"If NoValue":              {`!If [IsProduction, x, !Ref AWS::NoValue]`, nil},
		"Not Or":                  {`!If [Neither, yes, no]`, "no"},
		"And":                     {`!If [Both, yes, no]`, "no"},
		"Or long":                 {`!If [Either, yes, no]`, "yes"},
		"FindInMap":               {`!FindInMap [Config, !Ref Stage, Size]`, 1},
		"FindInMap long":          {`{ "Fn::FindInMap": [Config, production, Names] }`, []any{"z"}},
		"Select":                  {`!Select [1, !Ref Zones]`, "b"},
		"Select of FindInMap":     {`{ "Fn::Select": ["0", !FindInMap [Config, sandbox, Names]] }`, "x"},
		"Split":                   {`!Split [",", "a,b"]`, []any{"a", "b"}},
		"Select of Split":         {`!Select [5, !Split [":", !Sub "arn:aws:sns:eu-west-1:1:${Stage}"]]`, "sandbox"},
		"Join":                    {`!Join ["-", [a, !Ref Stage, !Ref Days]]`, "a-sandbox-7"},
		"Join of a list":          {`{ "Fn::Join": ["", !Ref Zones] }`, "abc"},
		"a date stays text":       {`2012-10-17`, "2012-10-17"},
		"keys are text":           {`{ 200: ok }`, map[string]any{"200": "ok"}},
		"an IAM Condition is not": {`{ Condition: { Null: { k: "false" } } }`, map[string]any{"Condition": map[string]any{"Null": map[string]any{"k": "false"}}}},
		"alias":                   {`[&a { k: !Ref Days }, *a]`, []any{map[string]any{"k": 7}, map[string]any{"k": 7}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := load(t, source+test.yaml+"\n", values)
			if err != nil {
				t.Fatal(err)
			}
			if v := got.Resources["R"].Properties["V"]; !reflect.DeepEqual(v, test.want) {
				t.Errorf("got %#v, want %#v", v, test.want)
			}
			if _, ok := got.Resources["Gone"]; ok {
				t.Error("a resource whose condition does not hold is there")
			}
		})
	}

	errors := map[string]struct{ yaml, want string }{
		"unknown intrinsic":      {`!GetAZs us-east-1`, ":22: the intrinsic Fn::GetAZs is not supported"},
		"unknown intrinsic long": {`{ "Fn::ImportValue": x }`, ":22: the intrinsic Fn::ImportValue is not supported"},
		"transform":              {`{ "Fn::Transform": { Name: "AWS::Include" } }`, ":22: the intrinsic Fn::Transform is not supported"},
		"inside a list":          {"\n        - a\n        - !Base64 x", ":24: the intrinsic Fn::Base64"},
		"Ref of nothing":         {`!Ref Tabel`, `:22: "Tabel" is neither`},
		"Sub of nothing":         {`!Sub "${Tabel.Arn}"`, `:22: "Tabel" is neither`},
		"Sub not closed":         {`!Sub "${Stage"`, "is not closed"},
		"Sub of a list":          {`!Sub "${Zones}"`, "no single value"},
		"GetAtt without a dot":   {`!GetAtt Other`, "needs a resource and an attribute"},
		"Ref of what is gone":    {`!Ref Gone`, "its condition Neither does not hold"},
		"If of nothing":          {`!If [IsStaging, a, b]`, `no condition "IsStaging"`},
		"If with two":            {`!If [IsSandbox, a]`, "Fn::If needs"},
		"condition as a value":   {`!Equals [a, a]`, "belongs under Conditions"},
		"FindInMap of nothing":   {`!FindInMap [Config, staging, Size]`, "no Config.staging.Size"},
		"Select beyond":          {`!Select [3, !Ref Zones]`, "the list has 3 items"},
		"Select of a string":     {`!Select [0, abc]`, "argument 2 must be a list"},
		"Join of a string":       {`!Join ["-", abc]`, "argument 2 must be a list"},
		"Join of lists":          {`!Join ["-", [a, [b]]]`, "joins strings only"},
		"Split with three":       {`!Split [a, b, c]`, "needs 2 arguments, not 3"},
		"beside another key":     {`{ "Fn::Sub": x, other: 1 }`, "must be the only key"},
		"null":                   {``, ":22: a template allows no empty"},
		"merge key":              {`{ <<: { a: 1 } }`, "no merge keys"},
		"key twice":              {`{ a: 1, a: 2 }`, `"a" already defined`},
		"alias of itself":        {`&a [*a]`, "contains itself"},
		"not YAML":               {`"`, ""},
	}
	for name, test := range errors {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, source+test.yaml+"\n", values)
			wantError(t, err, test.want)
		})
	}
}

// wantError checks for one line that contains want.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got error %v; want one line with %q", err, want)
	}
}

func TestConditionErrors(t *testing.T) {
	for name, test := range map[string]struct{ yaml, want string }{
		"circle":          {"A: !Not [!Condition B]\n  B: !Not [!Condition A]", "contains itself"},
		"unknown":         {"A: !Condition B", `no condition "B"`},
		"no function":     {"A: yes", ":3: a condition is made of"},
		"one operand":     {"A: !And [!Equals [a, b]]", "Fn::And needs a list"},
		"wrong last":      {"A: !Or [!Equals [a, a], !Condition B]", `no condition "B"`},
		"Equals of three": {"A: !Equals [a, b, c]", "needs 2 arguments, not 3"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, "Conditions:\n  "+test.yaml+"\nResources:\n  R: { Type: T, Condition: A }\n", template.Values{})
			wantError(t, err, test.want)
		})
	}
}

func TestParameters(t *testing.T) {
	for name, test := range map[string]struct {
		declaration string
		given       map[string]string
		want        string // in the error; "" for none
	}{
		"default":              {`{ Type: String, Default: a }`, nil, ""},
		"missing":              {`{ Type: String }`, nil, ":3: the parameter P has neither a value nor a Default"},
		"unknown":              {`{ Type: String }`, map[string]string{"P": "a", "Q": "b"}, "the parameter Q, which the template does not declare"},
		"allowed value":        {`{ Type: String, AllowedValues: [a, b] }`, map[string]string{"P": "a"}, ""},
		"other value":          {`{ Type: String, AllowedValues: [a, b] }`, map[string]string{"P": "c"}, "use one of a, b"},
		"pattern":              {`{ Type: String, AllowedPattern: "^https?://[^/]+$" }`, map[string]string{"P": "http://a"}, ""},
		"pattern not met":      {`{ Type: String, AllowedPattern: "^https?://[^/]+$" }`, map[string]string{"P": "http://a/"}, "it must match"},
		"pattern is anchored":  {`{ Type: String, AllowedPattern: "[a-z]" }`, map[string]string{"P": "ab"}, "it must match"},
		"pattern cannot be":    {`{ Type: String, AllowedPattern: "[" }`, map[string]string{"P": "ab"}, "AllowedPattern cannot be read"},
		"number":               {`{ Type: Number, MinValue: 1, MaxValue: 9 }`, map[string]string{"P": "5"}, ""},
		"no number":            {`{ Type: Number }`, map[string]string{"P": "five"}, "must be a number"},
		"too small":            {`{ Type: Number, MinValue: 1 }`, map[string]string{"P": "0"}, "at least 1"},
		"too big":              {`{ Type: Number, MaxValue: 9 }`, map[string]string{"P": "10"}, "at most 9"},
		"too short":            {`{ Type: String, MinLength: 2 }`, map[string]string{"P": "a"}, "1 characters"},
		"type it cannot serve": {`{ Type: "AWS::SSM::Parameter::Value<String>", Default: x }`, nil, "is not supported here"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, "Parameters:\n  P: "+test.declaration+"\n", template.Values{Parameters: test.given})
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, test.want)
		})
	}
}

const stack = `
Globals:
  Function:
    Timeout: 20
    Environment: { Variables: { SHARED: global, OWN: global } }
  HttpApi:
    Auth: { DefaultAuthorizer: Jwt }
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        Authorizers:
          Jwt:
            IdentitySource: $request.header.Authorization
            AuthorizationScopes: [read]
            JwtConfiguration: { issuer: "https://issuer", audience: [a, b] }
      CorsConfiguration:
        AllowOrigins: ["https://app"]
  Fifo:
    Type: AWS::SQS::Queue
    Properties:
      FifoQueue: true
      ContentBasedDeduplication: true
      VisibilityTimeout: 120
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 }
  Dead:
    Type: AWS::SQS::Queue
    Properties: { QueueName: dead.fifo, FifoQueue: true, MessageRetentionPeriod: 1209600, DelaySeconds: 3 }
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }, { AttributeName: at, AttributeType: N }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      TimeToLiveSpecification: { AttributeName: gone, Enabled: false }
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ./functions/worker/
      MemorySize: 512
      ReservedConcurrentExecutions: 2
      Environment: { Variables: { OWN: local } }
      Events:
`

func TestFunctions(t *testing.T) {
	got, err := load(t, stack+`
        Scoped: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: get, Path: /a, TimeoutInMillis: 50, Auth: { AuthorizationScopes: [write] } } }
        Inherits: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: PUT, Path: "/a/{id}" } }
        Open: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: ANY, Path: "/b/{proxy+}", Auth: { Authorizer: NONE } } }
        Rest: { Type: HttpApi, Properties: { ApiId: !Ref Api, Auth: { Authorizer: NONE } } }
        Work:
          Type: SQS
          Properties:
            Queue: !GetAtt Fifo.Arn
            BatchSize: 5
            ScalingConfig: { MaximumConcurrency: 3 }
            FunctionResponseTypes: [ReportBatchItemFailures]
        Foreign: { Type: SQS, Properties: { Queue: "arn:aws:sqs:us-east-1:1:else", BatchSize: 100, MaximumBatchingWindowInSeconds: 2 } }
        Off: { Type: SQS, Properties: { Queue: !GetAtt Fifo.Arn, Enabled: false } }
        Nightly: { Type: ScheduleV2, Properties: { ScheduleExpression: "cron(0 3 * * ? *)", OmitName: true, Input: "{}" } }
        Minute: { Type: Schedule, Properties: { Schedule: rate(1 minute) } }
        Never: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 day), State: DISABLED } }
`, template.Values{Attributes: map[string]string{"Fifo.Arn": "arn:fifo"}})
	if err != nil {
		t.Fatal(err)
	}
	want := template.Function{
		Name: "Worker", Folder: "functions/worker", Timeout: 20 * time.Second, MemoryMB: 512, ReservedConcurrency: 2,
		Environment: map[string]string{"SHARED": "global", "OWN": "local"},
		Routes: []template.Route{
			{Method: "GET", Path: "/a", Function: "Worker", Authorizer: "Jwt", Scopes: []string{"write"}, Timeout: 50 * time.Millisecond},
			{Method: "PUT", Path: "/a/{id}", Function: "Worker", Authorizer: "Jwt", Scopes: []string{"read"}},
			{Method: "ANY", Path: "/b/{proxy+}", Function: "Worker"},
			{Method: "ANY", Path: "$default", Function: "Worker"},
		},
		Queues: []template.QueueEvent{
			{Queue: "Fifo", BatchSize: 5, MaxConcurrency: 3, ReportBatchItemFailures: true},
			{Queue: "arn:aws:sqs:us-east-1:1:else", BatchSize: 100, Window: 2 * time.Second},
		},
		Schedules: []template.Schedule{
			{Expression: "cron(0 3 * * ? *)", Input: "{}"},
			{Expression: "rate(1 minute)"},
		},
	}
	if len(got.Functions) != 1 || !reflect.DeepEqual(got.Functions[0], want) {
		t.Errorf("got  %+v\nwant %+v", got.Functions, want)
	}
	wantQueues := []template.Queue{
		{LogicalID: "Dead", Name: "dead.fifo", FIFO: true, VisibilityTimeout: 30 * time.Second, Retention: 14 * 24 * time.Hour, Delay: 3 * time.Second},
		{LogicalID: "Fifo", Name: "Fifo.fifo", FIFO: true, ContentBasedDeduplication: true, VisibilityTimeout: 2 * time.Minute,
			Retention: 4 * 24 * time.Hour, DeadLetter: "Dead", MaxReceiveCount: 5},
	}
	if !reflect.DeepEqual(got.Queues, wantQueues) {
		t.Errorf("got  %+v\nwant %+v", got.Queues, wantQueues)
	}
	if want := []template.Table{{LogicalID: "Table", Name: "Table", Key: template.Key{Hash: "id"}}}; !reflect.DeepEqual(got.Tables, want) {
		t.Errorf("tables %+v", got.Tables)
	}
	if names := slices.Sorted(maps.Keys(got.Resources)); !slices.Equal(names, []string{"Api", "Dead", "Fifo", "Table", "Worker"}) {
		t.Errorf("resources %v", names)
	}
}

func TestEventErrors(t *testing.T) {
	route := func(properties string) string {
		return "E: { Type: HttpApi, Properties: { ApiId: !Ref Api, " + properties + " } }"
	}
	for name, test := range map[string]struct{ event, want string }{
		"unknown type":          {"E: { Type: S3 }", `:45: the event type "S3" is not supported`},
		"no API":                {"E: { Type: HttpApi, Properties: { Method: GET, Path: /a } }", "needs ApiId"},
		"unknown method":        {route("Method: FETCH, Path: /a"), `the method "FETCH"`},
		"no method":             {route("Path: /a"), `the method ""`},
		"relative path":         {route("Method: GET, Path: a"), "must start with /"},
		"unknown authorizer":    {route("Method: GET, Path: /a, Auth: { Authorizer: Jwd }"), "use one of Jwt or NONE"},
		"open with scopes":      {route("Method: GET, Path: /a, Auth: { Authorizer: NONE, AuthorizationScopes: [x] }"), "scopes on an open route"},
		"unknown auth property": {route("Method: GET, Path: /a, Auth: { InvokeRole: x }"), "InvokeRole is not supported"},
		"payload 1.0":           {route(`Method: GET, Path: /a, PayloadFormatVersion: "1.0"`), "only 2.0"},
		"too long":              {route("Method: GET, Path: /a, TimeoutInMillis: 30001"), "50 to 30000"},
		"no duration":           {route("Method: GET, Path: /a, TimeoutInMillis: long"), ":45: cannot read !!str `long` into int"},
		"route twice": {route(`Method: GET, Path: "/a/{x}"`) + "\n        F: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: GET, Path: '/a/{y}' } }",
			"both have the route GET /a/{y}"},
		"filter":               {"E: { Type: SQS, Properties: { Queue: !GetAtt Fifo.Arn, FilterCriteria: {} } }", "FilterCriteria is not supported"},
		"no queue":             {"E: { Type: SQS, Properties: {} }", "needs Queue"},
		"FIFO window":          {"E: { Type: SQS, Properties: { Queue: !GetAtt Fifo.Arn, MaximumBatchingWindowInSeconds: 1 } }", "without a batching window"},
		"batch without window": {"E: { Type: SQS, Properties: { Queue: x, BatchSize: 11 } }", "above 10 it needs"},
		"batch of none":        {"E: { Type: SQS, Properties: { Queue: x, BatchSize: 0 } }", "must be 1 to 10000"},
		"visibility":           {"E: { Type: SQS, Properties: { Queue: !GetAtt Fifo.Arn } }\n      Timeout: 121", "is less than the function's Timeout"},
		"no schedule":          {"E: { Type: ScheduleV2, Properties: { ScheduleExpression: daily } }", "use rate(...)"},
		"time zone":            {"E: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 day), ScheduleExpressionTimezone: UTC } }", "is not supported here"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, stack+"        "+test.event+"\n", template.Values{})
			wantError(t, err, test.want)
		})
	}
}

func TestResourceErrors(t *testing.T) {
	for name, test := range map[string]struct{ yaml, want string }{
		"no code":            {"F: { Type: AWS::Serverless::Function }", "has no CodeUri"},
		"two APIs":           {"A: { Type: AWS::Serverless::HttpApi }\n  B: { Type: AWS::Serverless::HttpApi }", "B is a second HTTP API"},
		"stage":              {"A: { Type: AWS::Serverless::HttpApi, Properties: { StageName: v1 } }", "only StageName: $default"},
		"definition":         {"A: { Type: AWS::Serverless::HttpApi, Properties: { DefinitionBody: {} } }", "remove the API definition"},
		"default authorizer": {"A: { Type: AWS::Serverless::HttpApi, Properties: { Auth: { DefaultAuthorizer: J } } }", `no authorizer "J"`},
		"lambda authorizer":  {"A: { Type: AWS::Serverless::HttpApi, Properties: { Auth: { Authorizers: { L: { FunctionArn: x } } } } }", "needs an IdentitySource and a JwtConfiguration"},
		"origins as a whole": {"A: { Type: AWS::Serverless::HttpApi, Properties: { CorsConfiguration: { AllowOrigins: !Split [',', 'a,b'] } } }", ":3: AllowOrigins must be a list written out"},
		"number key": {"T: { Type: AWS::DynamoDB::Table, Properties: { AttributeDefinitions: [{ AttributeName: n, AttributeType: N }], KeySchema: [{ AttributeName: n, KeyType: HASH }] } }",
			`the key attribute "n" must be a string`},
		"no key":        {"T: { Type: AWS::DynamoDB::Table }", "no KeyType HASH"},
		"local index":   {"T: { Type: AWS::DynamoDB::Table, Properties: { LocalSecondaryIndexes: [] } }", "local secondary indexes"},
		"FIFO name":     {"Q: { Type: AWS::SQS::Queue, Properties: { FifoQueue: true, QueueName: q } }", "ends in .fifo"},
		"foreign DLQ":   {"Q: { Type: AWS::SQS::Queue, Properties: { RedrivePolicy: { deadLetterTargetArn: x, maxReceiveCount: 1 } } }", "not one of this template"},
		"no receives":   {"Q: { Type: AWS::SQS::Queue, Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt Q.Arn } } }", "maxReceiveCount of at least 1"},
		"resource text": {"Q: hello", ":3: cannot read"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, "Resources:\n  "+test.yaml+"\n", template.Values{})
			wantError(t, err, test.want)
		})
	}
	t.Run("unknown global", func(t *testing.T) {
		_, err := load(t, "Globals: { Api: { Name: x } }\n", template.Values{})
		wantError(t, err, ":2: Globals.Api is not supported")
	})
	t.Run("no file", func(t *testing.T) {
		_, err := template.Load(filepath.Join(t.TempDir(), "none.yaml"), template.Values{})
		wantError(t, err, "none.yaml: no such file")
	})
	t.Run("no transform", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "t.yaml")
		if err := os.WriteFile(path, []byte("Resources: {}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := template.Load(path, template.Values{})
		wantError(t, err, "Transform: AWS::Serverless-2016-10-31")
	})
}
