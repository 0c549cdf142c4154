package checks

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const sample = "testdata/sample"

// findingsIn runs every check on a project; "template" stands for what the template's
// own reader refuses.
func findingsIn(t *testing.T, dir string) map[string][]string {
	t.Helper()
	p, err := open(dir, "sandbox")
	if err != nil {
		return map[string][]string{"template": {err.Error()}}
	}
	all := map[string][]string{}
	for name, check := range checks() {
		if found := check(p); len(found) > 0 {
			all[name] = found
		}
	}
	return all
}

func TestSampleKeepsTheRules(t *testing.T) {
	if found := findingsIn(t, sample); len(found) > 0 {
		t.Errorf("got %v", found)
	}
}

// Each case breaks the sample in one place, and the one check it is about must say so.
func TestEveryCheckCanFail(t *testing.T) {
	const (
		spec    = "template.yaml"
		openapi = "infra/openapi.yaml"
		inbox   = "functions/inbox/main.go"
		textIn  = "functions/text-in/main.go"
	)
	for name, test := range map[string]struct {
		file, old, new string // old "": the file is made of new; new "-": it is removed
		check, says    string
	}{
		"function imports function":      {inbox, `"context"`, `_ "clienteling/functions/text-in"`, "imports", "move what is common"},
		"test imports function":          {"functions/inbox/main_test.go", `"clienteling/infra"`, `"clienteling/functions/text-in"`, "imports", "move what is common"},
		"function imports infra":         {inbox, `"context"`, `_ "clienteling/infra/local/template"`, "imports", "only tests"},
		"shared imports infra":           {"shared/table/table.go", `"github.com/aws/aws-sdk-go-v2/service/dynamodb"`, `"clienteling/infra"`, "imports", "only tests"},
		"shared imports a function":      {"shared/table/table.go", `"github.com/aws/aws-sdk-go-v2/service/dynamodb"`, `"clienteling/functions/inbox"`, "imports", "move what is common"},
		"middle imports middle":          {"shared/apigw/apigw.go", "clienteling/shared/clienteling", "clienteling/shared/table", "imports", "do not know each other"},
		"nouns import middle":            {"shared/clienteling/clienteling.go", `"errors"`, `"clienteling/shared/table"`, "imports", "nouns and rules"},
		"nouns import a library":         {"shared/clienteling/clienteling.go", `"errors"`, `"github.com/google/uuid"`, "imports", "nouns and rules"},
		"a package outside the layout":   {"shared/util/util.go", "", "package util\n\nimport _ \"errors\"\n", "imports", "not in the layout"},
		"phonenumbers elsewhere":         {inbox, `"context"`, `_ "github.com/nyaruka/phonenumbers"`, "imports", "use shared/phone"},
		"all of twilio-go":               {inbox, `"context"`, `_ "github.com/twilio/twilio-go"`, "imports", "all of Twilio's"},
		"the SDK's config, function":     {inbox, `"context"`, `_ "github.com/aws/aws-sdk-go-v2/config"`, "imports", "use shared/setup"},
		"the SDK's config, shared":       {"shared/table/table.go", "service/dynamodb", "config", "imports", "use shared/setup"},
		"route only in the template":     {inbox, "GET /v1/inbox", "GET /v1/inboxes", "routes", "does not handle it"},
		"route only in the function":     {textIn, `receive(t)}`, `receive(t), "POST /webhooks/twilio/more": nil}`, "routes", "the template does not send it"},
		"route not documented":           {openapi, "  /v1/inbox:\n    get:", "  /v1/inbox:\n    put:", "routes", `"GET /v1/inbox" is missing`},
		"route only documented":          {openapi, "  /v1/inbox:\n", "  /v1/more:\n    get:\n      responses: { \"200\": { description: ok } }\n  /v1/inbox:\n", "routes", `"GET /v1/more" is not in template.yaml`},
		"route by a constant":            {inbox, `"GET /v1/inbox":`, "inboxRoute:", "sources", "string literal"},
		"documented as open":             {openapi, `[{ token: ["clienteling:associate"] }]`, "[]", "routes", "is open"},
		"documented with another scope":  {openapi, "clienteling:associate", "clienteling:manage", "routes", "clienteling:manage"},
		"documented without signature":   {openapi, "[{ signature: [] }]", "[]", "routes", "signature"},
		"documented with no such scheme": {openapi, "{ signature: [] }", "{ signed: [] }", "routes", "no security scheme"},
		"open in the template":           {spec, "Auth: { AuthorizationScopes: [clienteling:associate] }", "Auth: { Authorizer: NONE }", "routes", "in template.yaml it is open"},
		"any token in the template":      {spec, "AuthorizationScopes: [clienteling:associate]", "AuthorizationScopes: []", "routes", "make them the same"},
		"webhook behind a token":         {spec, "{ Authorizer: NONE }", "{ AuthorizationScopes: [clienteling:associate] }", "routes", "make them the same"},
		"another scope in the function":  {inbox, `"clienteling:associate"`, `"clienteling:manage"`, "routes", "make them the same"},
		"scope by a constant":            {inbox, `"clienteling:associate"`, `scope`, "sources", "string literal"},
		"route without an event":         {"events/inbox/page.json", "", "-", "events", "record one"},
		"event of no route":              {"events/inbox/old.json", "", `{"routeKey": "GET /v1/old"}`, "events", "is no route"},
		"event of two routes":            {"events/inbox/page.json", `{"routeKey": "GET /v1/inbox"}`, `{"routeKey": "GET /"}`, "events", "sends the same"},
		"event without a route":          {"events/inbox/other.json", "", `{"Records": []}`, "events", "is no route"},
		"event that is not JSON":         {"events/number-purchase/job.json", "[]", "[", "events", "JSON"},
		"variable not read":              {spec, `GOGC: "400"`, `GO_GC: "400"`, "environment", "does not read it"},
		"variable no longer read":        {textIn, `env.Days("TEXT_RETENTION_DAYS")`, "400", "environment", "TEXT_RETENTION_DAYS"},
		"variable not set":               {spec, `          TEXT_RETENTION_DAYS: "400"` + "\n", "", "environment", "reads TEXT_RETENTION_DAYS"},
		"endpoint not set":               {spec, `        AWS_ENDPOINT_URL_DYNAMODB: ""` + "\n", "", "environment", "reads AWS_ENDPOINT_URL_DYNAMODB"},
		"secrets' endpoint not set":      {spec, `          AWS_ENDPOINT_URL_SECRETS_MANAGER: ""` + "\n", "", "environment", "reads AWS_ENDPOINT_URL_SECRETS_MANAGER"},
		"variable by a constant":         {inbox, `env.Need("TABLE_NAME")`, "env.Need(tableName)", "sources", "string literal"},
		"environment read past setup":    {textIn, `p.Get("SMS_SID")`, `os.Getenv("SMS_SID")`, "sources", "through setup.Env"},
		"function of another name":       {spec, "TextInFunction:", "TextsFunction:", "functions", "belongs to"},
		"code elsewhere":                 {spec, "CodeUri: functions/number-purchase", "CodeUri: lambdas/number-purchase", "functions", "belongs to"},
		"not built by make":              {spec, "Metadata: { BuildMethod: makefile, ContextPath: .,", "Metadata: { BuildMethod: makefile,", "functions", "ContextPath"},
		"function not deployed":          {"functions/reconcile/main.go", "", "package main\n\nfunc main() {}\n", "functions", "ReconcileFunction"},
		"route that takes too long":      {spec, "CodeUri: functions/inbox", "CodeUri: functions/inbox\n      Timeout: 26", "functions", "25 s at most"},
		"webhook that takes too long":    {spec, "CodeUri: functions/text-in", "CodeUri: functions/text-in\n      Timeout: 11", "functions", "10 s at most"},
		"schedule with a name":           {spec, ", OmitName: true", "", "functions", "OmitName"},
		"settings of no route":           {spec, `"POST /webhooks/twilio/sms":`, `"POST /webhooks/sms":`, "functions", "which is no route"},
		"scan":                           {spec, "dynamodb:Query", "dynamodb:Scan", "permissions", "reads every retailer's"},
		"scan, other spelling":           {spec, "dynamodb:Query", "DynamoDB:scan", "permissions", "reads every retailer's"},
		"all of DynamoDB":                {spec, "dynamodb:Query", "dynamodb:*", "permissions", "more than is used"},
		"some of DynamoDB":               {spec, "dynamodb:Query", "dynamodb:Get*", "permissions", "more than is used"},
		"everything":                     {spec, "secretsmanager:GetSecretValue", `"*"`, "permissions", "allows everything"},
		"all but something":              {spec, "Action: secretsmanager:GetSecretValue", "NotAction: secretsmanager:GetSecretValue", "permissions", "NotAction"},
		"no key prefixes":                {spec, `                ForAllValues:StringLike: { dynamodb:LeadingKeys: ["INBOX#*"] }` + "\n", "", "permissions", "with the key prefixes"},
		"all key prefixes":               {spec, `"INBOX#*"`, `"*"`, "permissions", "not of one kind"},
		"requests without keys":          {spec, `                "Null": { dynamodb:LeadingKeys: "false" }` + "\n", "", "permissions", "without keys"},
		"ready-made policy":              {spec, "        - Statement:\n            - Sid: ReadInbox", "        - DynamoDBCrudPolicy: { TableName: !Ref Table }\n        - Statement:\n            - Sid: ReadInbox", "permissions", "ready-made"},
		"no dead-letter queue":           {spec, "      RedrivePolicy: { deadLetterTargetArn: !GetAtt NumberPurchaseDLQ.Arn, maxReceiveCount: 5 }\n", "", "queues", "needs a RedrivePolicy"},
		"given up early":                 {spec, "maxReceiveCount: 5", "maxReceiveCount: 4", "queues", "5 at least"},
		"no alarm":                       {spec, "MetricName: ApproximateNumberOfMessagesVisible", "MetricName: NumberOfMessagesSent", "queues", "needs an AWS::CloudWatch::Alarm"},
		"alarm on another queue":         {spec, "!GetAtt NumberPurchaseDLQ.QueueName", "!GetAtt NumberPurchaseQueue.QueueName", "queues", "needs an AWS::CloudWatch::Alarm"},
		"visible too early":              {spec, "VisibilityTimeout: 365", "VisibilityTimeout: 364", "queues", "6m5s"},
		"failures of the whole batch":    {spec, "            FunctionResponseTypes: [ReportBatchItemFailures]\n", "", "queues", "ReportBatchItemFailures"},
		"queue nobody reads":             {spec, "  NumberPurchaseDLQ:\n", "  OtherQueue:\n    Type: AWS::SQS::Queue\n    Properties:\n      RedrivePolicy: { deadLetterTargetArn: !GetAtt NumberPurchaseDLQ.Arn, maxReceiveCount: 5 }\n  NumberPurchaseDLQ:\n", "queues", "no function reads OtherQueue"},
		"queue of another name":          {spec, "NumberPurchaseQueue", "PurchaseQueue", "queues", "name the queue"},
		"FIFO batch over 10":             {spec, "      VisibilityTimeout: 365", "      FifoQueue: true\n      VisibilityTimeout: 365", "template", "FIFO"},
		"big batch without a window":     {spec, "            BatchSize: 10\n            MaximumBatchingWindowInSeconds: 5\n", "            BatchSize: 11\n", "template", "MaximumBatchingWindowInSeconds"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(sample)); err != nil {
				t.Fatal(err)
			}
			change(t, filepath.Join(dir, test.file), test.old, test.new)
			found := findingsIn(t, dir)
			if !slices.ContainsFunc(found[test.check], func(f string) bool { return strings.Contains(f, test.says) }) {
				t.Errorf("%s does not say %q; found: %q", test.check, test.says, found)
			}
		})
	}
}

func change(t *testing.T, file, old, changed string) {
	t.Helper()
	var err error
	switch {
	case old == "" && changed == "-":
		err = os.Remove(file)
	case old == "":
		if err = os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
			err = os.WriteFile(file, []byte(changed), 0o644)
		}
	default:
		var text []byte
		if text, err = os.ReadFile(file); err == nil {
			if !strings.Contains(string(text), old) {
				t.Fatalf("%s has no %q to break", file, old)
			}
			err = os.WriteFile(file, []byte(strings.ReplaceAll(string(text), old, changed)), 0o644)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}
