// Package setup starts a function: it reads the environment, builds the AWS
// configuration, the logger and the secrets, warms the connection to DynamoDB and
// hands over to the Lambda runtime. It opens no client: table, queue and twilio
// open themselves. A function that cannot work says why and ends at once.
//
// It does without the AWS SDK's config package, which costs 0.8 ms and 2 MB at
// every cold start to look for things a Lambda function never has.
package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"clienteling/shared/clienteling"
)

// bootTimeout keeps the start well within Lambda's 10 s for it.
const bootTimeout = 8 * time.Second

// Start builds a function's handler and serves it until the runtime ends the
// process. All that build misses and gets wrong is one line on standard error
// that names it, and exit status 1.
func Start(build func(ctx context.Context, env *Env) (handler any, err error)) {
	ctx, cancel := context.WithTimeout(context.Background(), bootTimeout)
	defer cancel()
	env := NewEnv(os.Getenv)
	handler, err := env.boot(ctx, build)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot start:", err)
		os.Exit(1)
	}
	lambda.Start(handler)
}

// Env is what a function is told from outside.
type Env struct {
	getenv  func(string) string
	http    *http.Client
	log     *slog.Logger
	now     func() time.Time
	missing []string
	invalid []string
	warm    sync.WaitGroup
}

// NewEnv reads variables through getenv.
func NewEnv(getenv func(string) string) *Env {
	return &Env{getenv: getenv, http: newHTTPClient(), now: time.Now, log: slog.New(lambdacontext.NewLogHandler())}
}

func (e *Env) boot(ctx context.Context, build func(context.Context, *Env) (any, error)) (any, error) {
	handler, err := build(ctx, e)
	e.warm.Wait()
	var faults []string
	if len(e.missing) > 0 {
		faults = append(faults, "missing in the environment: "+strings.Join(e.missing, ", ")+" (the template sets them)")
	}
	faults = append(faults, e.invalid...)
	if err != nil && len(e.missing) == 0 { // what is missing explains the rest
		faults = append(faults, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	if len(faults) > 0 {
		return nil, errors.New(strings.Join(faults, "; "))
	}
	return handler, nil
}

// Need returns a variable the function cannot do without; if it is empty the
// function does not start, and says which variables it missed, all at once.
func (e *Env) Need(name string) string {
	v := e.getenv(name)
	if v == "" && !slices.Contains(e.missing, name) {
		e.missing = append(e.missing, name)
	}
	return v
}

// Days returns a variable that holds a whole number of days, 1 to 65535, as a duration.
func (e *Env) Days(name string) time.Duration {
	v := e.Need(name)
	days, err := strconv.ParseUint(v, 10, 16) // more than 292 years would overflow a duration
	if v != "" && (err != nil || days == 0) {
		e.invalid = append(e.invalid, fmt.Sprintf("%s is %q, but a number of days is needed, 1 to 65535", name, v))
	}
	return time.Duration(days) * 24 * time.Hour
}

// Count returns a variable that holds a whole number, 1 to 65535.
func (e *Env) Count(name string) int {
	v := e.Need(name)
	n, err := strconv.ParseUint(v, 10, 16)
	if v != "" && (err != nil || n == 0) {
		e.invalid = append(e.invalid, fmt.Sprintf("%s is %q, but a whole number is needed, 1 to 65535", name, v))
	}
	return int(n)
}

// Stage returns a variable that names the deployment's stage.
func (e *Env) Stage(name string) clienteling.Stage {
	v := clienteling.Stage(e.Need(name))
	if v != "" && !v.Known() {
		e.invalid = append(e.invalid, fmt.Sprintf("%s is %q, but sandbox, staging or production is needed", name, v))
	}
	return v
}

// Now is the function's clock.
func (e *Env) Now() time.Time { return e.now() }

// Log is the function's logger: JSON lines with the request's id, at the level of
// AWS_LAMBDA_LOG_LEVEL.
func (e *Env) Log() *slog.Logger { return e.log }

// AWS returns the configuration of the AWS clients, for one service ("DYNAMODB",
// "SQS", "SECRETS_MANAGER"): region and credentials from the environment, and the
// endpoint of AWS_ENDPOINT_URL_<service> where that is set, as with the SDK's own
// config. Timeouts and retries are shaped for a function that has ten seconds:
// a call may take 3 s, three times, with pauses of 200 ms at most.
func (e *Env) AWS(service string) aws.Config {
	cfg := aws.Config{
		Region:     e.region(),
		HTTPClient: e.http,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{
				AccessKeyID:     e.getenv("AWS_ACCESS_KEY_ID"),
				SecretAccessKey: e.getenv("AWS_SECRET_ACCESS_KEY"),
				SessionToken:    e.getenv("AWS_SESSION_TOKEN"),
				Source:          "environment",
			}, nil
		}),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = 3
				o.MaxBackoff = 200 * time.Millisecond
			})
		},
	}
	if endpoint := e.getenv("AWS_ENDPOINT_URL_" + service); endpoint != "" {
		cfg.BaseEndpoint = &endpoint
	}
	return cfg
}

func (e *Env) region() string { return e.Need("AWS_REGION") }

// endpoint is where a service is: the override, or its public address.
func (e *Env) endpoint(service, host string) string {
	if url := e.getenv("AWS_ENDPOINT_URL_" + service); url != "" {
		return url
	}
	suffix := "amazonaws.com"
	switch partition, _, _ := strings.Cut(e.region(), "-"); partition {
	case "cn":
		suffix = "amazonaws.com.cn"
	case "eusc":
		suffix = "amazonaws.eu"
	}
	return "https://" + host + "." + e.region() + "." + suffix
}

// warmTimeout bounds what warming may cost.
const warmTimeout = 500 * time.Millisecond

// WarmDynamoDB opens the first connection to DynamoDB while the function still
// starts, when Lambda gives it a full core: at 128 MB the TLS handshake would
// make the first request five to ten times slower. It goes on beside the rest of
// the start, and whether it works out does not matter.
func (e *Env) WarmDynamoDB(ctx context.Context) {
	url := e.endpoint("DYNAMODB", "dynamodb")
	e.warm.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, warmTimeout)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return
		}
		answer, err := e.http.Do(r)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 4<<10)) // read to its end, the connection is kept
		_ = answer.Body.Close()
	})
}

// newHTTPClient returns the one client of the process: a short dial and TLS
// handshake, since within a region both take milliseconds or fail.
func newHTTPClient() *http.Client {
	return &http.Client{
		Timeout: 3 * time.Second,
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout:   2 * time.Second,
			ResponseHeaderTimeout: 3 * time.Second,
			MaxIdleConnsPerHost:   4,
			IdleConnTimeout:       90 * time.Second,
			ForceAttemptHTTP2:     false,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
