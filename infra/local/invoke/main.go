//go:build unix

// Command invoke runs one function with one event, as sam local invoke does but
// without a container engine: make invoke FUNCTION=InboundSmsFunction
// EVENT=events/inbound-sms/text.json. It uses the table of the stack that runs
// here, or else a fresh one with the seed in it.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"clienteling/infra/local/logs"
	"clienteling/infra/local/seed"
	"clienteling/infra/local/stack"
)

func main() {
	function := flag.String("function", "", "logical id of the template, such as InboundSmsFunction")
	event := flag.String("event", "", "file with the event, such as events/inbound-sms/text.json")
	flag.Parse()
	if err := invoke(*function, *event); err != nil {
		fmt.Fprintln(os.Stderr, "invoke:", err)
		os.Exit(1)
	}
}

func invoke(function, file string) error {
	if function == "" || file == "" {
		return errors.New("say which function and which event: make invoke FUNCTION=InboundSmsFunction EVENT=events/inbound-sms/text.json")
	}
	event, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("the event: %w", err)
	}
	if !json.Valid(event) {
		return fmt.Errorf("%s is not JSON", file)
	}
	dir, err := os.MkdirTemp("", "clienteling-invoke-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	o := stack.Options{
		Root: ".", Dir: dir,
		PublicBaseURL: seed.PublicBaseURL, // what the signatures in event files are made for
		Output:        logs.New(os.Stderr, logs.Options{}).Line,
	}
	if running, err := stack.ReadInfo(".local"); err == nil {
		o.Reach = func(string) string { return running.DynamoDB }
		fmt.Fprintln(os.Stderr, "on the table of the running stack")
	} else {
		fmt.Fprintln(os.Stderr, "on a fresh table with the seed (make run keeps one)")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	s, err := stack.Start(ctx, o)
	if err != nil {
		return err
	}
	defer s.Close()
	response, functionError, err := s.Invoke(ctx, function, event)
	if err != nil {
		return err
	}
	fmt.Println(pretty(response))
	if functionError != "" {
		return fmt.Errorf("the function failed: %s", functionError)
	}
	return nil
}

func pretty(response []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, response, "", "  ") != nil {
		return string(response)
	}
	return strings.TrimSpace(b.String())
}
