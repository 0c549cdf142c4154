package setup

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A real function, built and started, says in one line why it cannot work, and
// asks for its first event when it can.
func TestStart(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-o", binary, "clienteling/functions/inbound-sms")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}

	m := serveSecrets(t, map[string]string{accountsID: `{"AC1":{"authToken":"one"}}`, "careless": `{"AC1":{"authToken":""}}`, "key": "k"})
	database := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(database.Close)
	asked := make(chan string, 1)
	runtime := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		<-r.Context().Done()
	}))
	t.Cleanup(runtime.Close)

	start := func(t *testing.T, more ...string) (*exec.Cmd, *bytes.Buffer) {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		cmd := exec.CommandContext(ctx, binary)
		for name, value := range vars(append([]string{
			"AWS_LAMBDA_RUNTIME_API", strings.TrimPrefix(runtime.URL, "http://"), "AWS_ENDPOINT_URL_DYNAMODB", database.URL,
			"AWS_ENDPOINT_URL_SECRETS_MANAGER", m.url, "TABLE_NAME", "t", "PUBLIC_BASE_URL", "https://texts.example.com",
			"TWILIO_SECRET_ARN", accountsID, "PHONE_KEY_SECRET_ARN", "key", "TEXT_RETENTION_DAYS", "400",
		}, more...)...) {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		stderr := &bytes.Buffer{}
		cmd.Stderr = stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cancel(); _ = cmd.Wait() })
		return cmd, stderr
	}

	for name, test := range map[string]struct {
		vars []string
		want string
	}{
		"without TABLE_NAME": {[]string{"TABLE_NAME", ""}, "cannot start: missing in the environment: TABLE_NAME (the template sets them)\n"},
		"with much missing": {[]string{"TABLE_NAME", "", "PUBLIC_BASE_URL", "", "TWILIO_SECRET_ARN", "", "TEXT_RETENTION_DAYS", ""},
			"cannot start: missing in the environment: TWILIO_SECRET_ARN, TABLE_NAME, TEXT_RETENTION_DAYS, PUBLIC_BASE_URL (the template sets them)\n"},
		"with an empty auth token": {[]string{"TWILIO_SECRET_ARN", "careless"}, "cannot start: the Twilio secret has an empty authToken for account AC1\n"},
		"with wrong secrets": {[]string{"TWILIO_SECRET_ARN", "a", "PHONE_KEY_SECRET_ARN", "b"},
			"cannot start: secret a: Secrets Manager answered 400 ResourceNotFoundException Secrets Manager can't find the specified secret.; " +
				"secret b: Secrets Manager answered 400 ResourceNotFoundException Secrets Manager can't find the specified secret.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd, stderr := start(t, test.vars...)
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Errorf("it ended with %v, want exit status 1", err)
			}
			if stderr.String() != test.want {
				t.Errorf("it said %q, want %q", stderr, test.want)
			}
		})
	}
	t.Run("with everything", func(t *testing.T) {
		start(t)
		select {
		case path := <-asked:
			if path != "/2018-06-01/runtime/invocation/next" {
				t.Errorf("it asked for %s", path)
			}
		case <-time.After(15 * time.Second):
			t.Error("it never asked for an event")
		}
	})
}
