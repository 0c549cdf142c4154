//go:build unix

// Command local is the product running on your machine: `make run` starts it. It
// builds the functions, starts them behind a small cloud that template.yaml
// describes, shows where to look, and ends everything with itself.
//
// The cloud is a development tool, not an emulator of AWS: it checks no IAM
// policy, encrypts nothing, freezes no process and knows no limits but those its
// packages name. What it has, it has as AWS does: payloads, tokens and scopes,
// the Runtime API, signatures, timeouts and retries.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"clienteling/infra/local/logs"
	"clienteling/infra/local/stack"
)

func main() {
	port := flag.String("port", "7080", "the first of the ports to listen on; 0 takes free ones")
	reset := flag.Bool("reset", false, "forget the state of earlier runs")
	json := flag.Bool("json", false, "print the functions' log lines as JSON")
	dir := flag.String("dir", "", "where state lives (default .local)")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	screen := newScreen(os.Stdout, *json)
	first, err := strconv.Atoi(*port)
	if err != nil {
		screen.fail(fmt.Errorf("PORT=%s is not a number: choose a first port, such as make run PORT=7180", *port))
		os.Exit(1)
	}
	root, err := os.Getwd()
	if err == nil {
		err = run(ctx, screen, stack.Options{
			Root: root, Dir: *dir, Port: first, Reset: *reset,
			Progress: screen.step,
			Output:   logs.New(os.Stdout, logs.Options{JSON: *json, Color: screen.color}).Line,
		})
	}
	if err != nil {
		screen.fail(err)
		os.Exit(1)
	}
}

func run(ctx context.Context, screen *screen, o stack.Options) error {
	began := time.Now()
	s, err := stack.Start(ctx, o)
	if err != nil {
		if ctx.Err() != nil {
			return nil // ended by hand while it started
		}
		return err
	}
	defer s.Close()
	file := stack.InfoFile(o.Dir)
	if o.Dir == "" {
		file = stack.InfoFile(".local")
	}
	screen.ready(s.Info, file, time.Since(began))
	select {
	case <-ctx.Done():
		screen.step("ending")
		return nil
	case err := <-s.Failed():
		return err
	}
}
