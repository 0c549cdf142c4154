//go:build unix

// Package sqs runs fauxqs, an emulator of SQS in memory, as a child process, and
// creates the template's queues in it.
//
// Of a FIFO queue one receive hands out at most one message per group, and messages
// do not outlive the process.
package sqs

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"clienteling/infra/local/child"
	"clienteling/infra/local/npm"
)

const stopGrace = 2 * time.Second

//go:embed fauxqs.mjs
var script string

// Options say what to start.
type Options struct {
	Addr    string // host:port; port 0 picks a free one; empty: 127.0.0.1:0
	Modules string // the node_modules folder that holds fauxqs
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

// Stop ends the emulator and waits for it. Its queues are gone.
func (s *Server) Stop() { s.process.Stop(stopGrace) }

// Start runs the emulator and returns once it listens, or as soon as it is clear
// that it will not. The context bounds the start only; end the server with Stop.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	host, port, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("SQS: %w", err)
	}
	modules, err := filepath.Abs(o.Modules)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(modules, "fauxqs", "package.json")); err != nil {
		return nil, fmt.Errorf("fauxqs is not in %s: run npm ci in infra/local", o.Modules)
	}
	if err := npm.Node(ctx); err != nil {
		return nil, err
	}
	said := make(chan string, 1) // the first line is the URL or the reason
	process, err := child.Start(ctx, child.Command{
		Name: "fauxqs", Path: "node",
		// A script given this way finds packages from the working directory.
		Args: []string{"--input-type=module", "--eval", script, "--", host, port},
		Dir:  filepath.Dir(modules),
		Env:  []string{"PATH=" + os.Getenv("PATH")},
		Output: func(line []byte) {
			select {
			case said <- string(line):
			default:
			}
		},
	})
	if err != nil {
		return nil, err
	}
	select {
	case first := <-said:
		if strings.HasPrefix(first, "http://") {
			return &Server{endpoint: first, process: process}, nil
		}
		err = errors.New(first)
	case <-process.Done():
		err = errors.New("fauxqs ended instead of listening")
	case <-ctx.Done():
		err = ctx.Err()
	}
	process.Stop(0)
	if strings.Contains(err.Error(), "EADDRINUSE") {
		return nil, fmt.Errorf("SQS cannot listen on %s: choose another port, or end what uses it", o.Addr)
	}
	return nil, fmt.Errorf("SQS does not start on %s: %w", o.Addr, err)
}
