// Package scenario is what the tests of functions share: a table of their own in
// a real emulator, the events of the folder events, and golden scenarios.
//
// A golden scenario is a file functions/<function>/testdata/<case>.json beside the
// event events/<function>/<case>.json. It says what was given before, and what came
// of the event: the answer, the items that differ afterwards, and the calls to
// DynamoDB. See [Golden]. What it holds was once reviewed by a person; after
//
//	go test ./functions/... -update
//
// it holds what the code does now, and wants that review again.
//
// Where the emulator cannot run, tests are skipped with the reason; with CI=true in
// the environment they fail instead. DYNAMODB=local runs them on AWS's DynamoDB
// Local, which needs Java 17 and whose licence that accepts.
package scenario

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"clienteling/infra/local/secrets"
	"clienteling/infra/local/seed"
	"clienteling/shared/setup"
)

// Request and Response are API Gateway's, payload format 2.0.
type (
	Request  = events.APIGatewayV2HTTPRequest
	Response = events.APIGatewayV2HTTPResponse
)

// Handler is what a function with routes hands to the Lambda runtime.
type Handler = func(context.Context, Request) (Response, error)

// JobHandler is what a function that works off a queue hands to it.
type JobHandler = func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

// update is a flag of every test that imports this package, so that
// "go test ./functions/... -update" is understood by all of them.
var update = flag.Bool("update", false, "write the expected files anew; review them afterwards")

// Update reports whether the expected files are to be written anew.
func Update() bool { return *update }

// inCI reports whether a missing part is a failure rather than a reason to skip.
func inCI() bool { return os.Getenv("CI") == "true" }

// root is the folder of go.mod, in or above the working directory.
func root() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			err = errors.New("no go.mod here or above: run the test inside of the repository")
		}
	}
	return "", err
}

// path is a path in the repository.
func path(t testing.TB, elements ...string) string {
	t.Helper()
	dir, err := root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(append([]string{dir}, elements...)...)
}

// OtherAccountSID is a second Twilio account that [Accounts] knows, signing with
// the same token as the seed's. No number of the seed is its own.
const OtherAccountSID = "AC0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"

// Accounts are the Twilio accounts of the seed and OtherAccountSID, fetched as a
// function does at its start.
func Accounts(t testing.TB) *setup.TwilioAccounts {
	t.Helper()
	account := fmt.Sprintf(`{"authToken": %q}`, seed.AuthToken)
	server := httptest.NewServer(secrets.New(map[string]string{
		"twilio": fmt.Sprintf(`{%q: %s, %q: %s}`, seed.AccountSID, account, OtherAccountSID, account),
	}))
	defer server.Close()
	accounts, err := environment(map[string]string{"AWS_ENDPOINT_URL_SECRETS_MANAGER": server.URL}).TwilioAccounts(t.Context(), "twilio")
	if err != nil {
		t.Fatal(err)
	}
	return accounts
}

// environment is that of a function, with the variables and credentials that open
// nothing but an emulator.
func environment(variables map[string]string) *setup.Env {
	return setup.NewEnv(func(name string) string {
		switch name {
		case "AWS_REGION":
			return "us-east-1"
		case "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY":
			return "local"
		}
		return variables[name]
	})
}

// Log shows what a function logs with the test's own output.
func Log(t testing.TB) *slog.Logger {
	return slog.New(slog.NewJSONHandler(t.Output(), nil))
}
