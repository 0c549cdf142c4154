// Package template reads the project's template.yaml (AWS SAM) and gives what the
// local cloud and the checks need of it: functions with their routes, queues and
// schedules, the HTTP API's authorizers and CORS, tables and queues. Intrinsic
// functions are resolved with [Values] on the way; an intrinsic it does not know is
// an error, never a guess.
//
// It reads what SAM would deploy, so a mistake in the file (an authorizer that does
// not exist, two functions on one route, a key that is not a string) is an error
// here too: one line with file, line and what to do.
package template

import "time"

// Values are what the template cannot know by itself.
type Values struct {
	// Parameters override the template's own defaults. A name the template does not
	// declare, and a declared one with neither default nor value, are errors.
	Parameters map[string]string
	// Refs is what !Ref yields, by logical id ("Table" -> "clienteling") or pseudo
	// parameter ("AWS::Region"). Without an entry a resource yields its logical id.
	Refs map[string]string
	// Attributes is what !GetAtt yields ("Table.Arn" -> "arn:..."). Without an entry
	// it yields the name itself, "Table.Arn".
	Attributes map[string]string
}

// Template is a template with everything resolved.
type Template struct {
	Functions []Function // sorted by Name
	API       API
	Tables    []Table             // sorted by LogicalID
	Queues    []Queue             // sorted by LogicalID
	Resources map[string]Resource // every resource whose condition holds, by logical id
}

// Resource is one resource with its intrinsics resolved and, where SAM does so, the
// Globals merged in. Values are of the types encoding/json uses, except that whole
// numbers are int.
type Resource struct {
	Type                string
	Condition           string // the name of its condition; "" for none
	DeletionPolicy      string
	UpdateReplacePolicy string
	Metadata            map[string]any
	Properties          map[string]any
	Line                int // where its body begins in the file, from 1
}

// Function is an AWS::Serverless::Function, Globals merged in.
type Function struct {
	Name                string // logical id, "InboundSmsFunction"
	Folder              string // CodeUri, "functions/inbound-sms"
	Timeout             time.Duration
	MemoryMB            int
	Environment         map[string]string
	ReservedConcurrency int // 0: none reserved
	Routes              []Route
	Queues              []QueueEvent
	Schedules           []Schedule
}

// Route is one method and path of the HTTP API.
type Route struct {
	Method     string   // upper case; "ANY" for every method
	Path       string   // "/v1/stores/{storeId}"; "$default" for all that match nothing else
	Function   string   // logical id
	Authorizer string   // a key of API.Authorizers; "" for an open route
	Scopes     []string // a token must carry one of them; empty: any valid token

	Timeout time.Duration // how long the gateway waits for the function; 0: its own maximum
}

// QueueEvent is a queue a function reads.
type QueueEvent struct {
	Queue                   string // logical id if the template declares the queue, else its ARN
	BatchSize               int
	Window                  time.Duration // 0: a batch does not wait to fill up
	MaxConcurrency          int           // 0: no limit of its own
	ReportBatchItemFailures bool
}

// Schedule is a time at which a function runs by itself.
type Schedule struct {
	Expression string // "rate(5 minutes)" or "cron(...)"
	Input      string // JSON; "" for none
}

// API is the HTTP API: who may call it, and from which browser origins.
type API struct {
	Authorizers map[string]Authorizer
	Default     string // the authorizer of routes that name none; "" for open
	CORS        *CORS  // nil: no CORS
}

// Authorizer is a JWT authorizer.
type Authorizer struct {
	Issuer         string // equal to the iss claim to the character
	Audience       []string
	IdentitySource string // "$request.header.Authorization"
}

// CORS is what the gateway tells browsers.
type CORS struct {
	AllowOrigins, AllowMethods, AllowHeaders, ExposeHeaders []string

	MaxAge           time.Duration
	AllowCredentials bool
}

// Table is an AWS::DynamoDB::Table.
type Table struct {
	LogicalID    string
	Name         string // what !Ref of it yields: Values.Refs[LogicalID], else the logical id
	Key          Key
	Indexes      []Index
	TTLAttribute string // "" without time to live
}

// Key names the attributes of a primary key; all of them are strings.
type Key struct {
	Hash  string
	Range string // "" for none
}

// Index is a global secondary index.
type Index struct {
	Name             string
	Key              Key
	Projection       string // ALL, KEYS_ONLY or INCLUDE
	NonKeyAttributes []string
}

// Queue is an AWS::SQS::Queue.
type Queue struct {
	LogicalID                       string
	Name                            string // QueueName, else the logical id; ends in .fifo if FIFO
	FIFO, ContentBasedDeduplication bool

	VisibilityTimeout, Retention, Delay time.Duration

	DeadLetter      string // logical id of the dead-letter queue; "" for none
	MaxReceiveCount int
}
