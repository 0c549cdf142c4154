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
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/gateway"
	"clienteling/infra/local/lambda"
	"clienteling/infra/local/npm"
	"clienteling/infra/local/oidc"
	"clienteling/infra/local/schedule"
	"clienteling/infra/local/secrets"
	"clienteling/infra/local/seed"
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
	// Empty leaves out the seed: everything is still to come.
	Empty bool
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
	closers   []func()          // in the order of starting; closed in reverse
	queues    map[string]string // URLs by logical id
	host      *lambda.Host
	twilio    *twilio.Simulator
	schedule  *schedule.Schedule
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

// Twilio is the simulator, for whoever fills it.
func (s *Stack) Twilio() *twilio.Simulator { return s.twilio }

// Invoke runs a function with an event, past the gateway. functionError is empty,
// or Lambda's word for how the function failed; the response then says more.
func (s *Stack) Invoke(ctx context.Context, function string, event []byte) (response []byte, functionError string, err error) {
	return s.host.Invoke(ctx, function, event)
}

// RunNow runs a function that runs by the clock at once, without waiting for it.
func (s *Stack) RunNow(ctx context.Context, function string) error {
	return s.schedule.RunNow(ctx, function)
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
	if s.template, err = s.loadTemplate(nil); err != nil {
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
	if s.template, err = s.loadTemplate(s.queues); err != nil {
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
	if !s.options.Empty {
		s.options.Progress("seeding a retailer")
	}
	if err := s.startTwilio(); err != nil {
		return err
	}
	if err := s.seed(ctx); err != nil {
		return fmt.Errorf("seed the table: %w", err)
	}
	s.startPoller()
	if err := s.startSchedule(); err != nil {
		return err
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

// loadTemplate reads the template as it is for this machine. The URLs of its queues
// are known, and given, only once they are there.
func (s *Stack) loadTemplate(queues map[string]string) (*template.Template, error) {
	refs := map[string]string{"Table": tableName, "PhoneKey": phoneKey}
	maps.Copy(refs, queues)
	return template.Load(filepath.Join(s.options.Root, "template.yaml"), template.Values{
		Parameters: map[string]string{
			"Stage":            "sandbox",
			"JwtIssuer":        s.ports.url(oidcPort),
			"JwtAudience":      audience,
			"PublicBaseUrl":    s.publicBaseURL(),
			"TwilioSecretArn":  twilioSecret,
			"TwilioAccountSid": seed.AccountSID,
			"TwilioApiUrl":     s.ports.url(twilioPort),
			"LogLevel":         "INFO",
		},
		Refs: refs,
	})
}

func (s *Stack) publicBaseURL() string {
	if s.options.PublicBaseURL != "" {
		return s.options.PublicBaseURL
	}
	return s.ports.url(apiPort)
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

func (s *Stack) seed(ctx context.Context) error {
	s.Info.Table = tableName
	if s.options.Empty {
		return nil
	}
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
