//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"clienteling/infra/local/stack"
)

// screen tells a person, or with JSON a program, how the stack comes up.
type screen struct {
	out   *os.File
	json  bool
	color bool
	mu    sync.Mutex
}

func newScreen(out *os.File, json bool) *screen {
	info, err := out.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &screen{out: out, json: json, color: terminal && !json && os.Getenv("NO_COLOR") == ""}
}

func (s *screen) step(what string) {
	if s.json {
		s.line(map[string]any{"message": what})
		return
	}
	s.print(s.dim("· ") + what + "\n")
}

func (s *screen) fail(err error) {
	if s.json {
		s.line(map[string]any{"level": "ERROR", "message": err.Error()})
		return
	}
	s.print("\n" + err.Error() + "\n")
}

func (s *screen) ready(i stack.Info, file string, took time.Duration) {
	if s.json {
		s.line(map[string]any{"message": "ready", "stack": file, "api": i.API, "handset": i.Handset})
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s after %.1f s. Ctrl-C ends it.\n\n", s.bold("Clienteling runs"), took.Seconds())
	for _, row := range [][3]string{
		{"handset", i.Handset, "be a customer: text a store, call it"},
		{"API", i.API, "what NOM and the Associate App call"},
		{"tokens", i.OIDC.Issuer, "the sign-in of this machine; make token mints more"},
		{"Twilio", i.Twilio.BaseURL, "the simulator, controlled under /control"},
		{"DynamoDB", i.DynamoDB, "table " + i.Table},
		{"SQS", i.SQS, ""},
		{"stack.json", file, "all of this for tools"},
	} {
		fmt.Fprintf(&b, "  %-11s %-24s %s\n", row[0], row[1], s.dim(row[2]))
	}
	fmt.Fprintf(&b, "\nTokens, good for 12 hours\n")
	for _, row := range [][2]string{{"admin", i.Tokens.Admin}, {"associate", i.Tokens.Associate}, {"operator", i.Tokens.Operator}} {
		fmt.Fprintf(&b, "  %-11s %s\n", row[0], s.dim(row[1]))
	}
	fmt.Fprintf(&b, "\nText the store in Berlin on the handset, then read its inbox as an associate:\n\n"+
		"  curl -H \"authorization: Bearer $(make -s token)\" %s/v1/stores/berlin/conversations\n\n", i.API)
	s.print(b.String())
}

func (s *screen) line(fields map[string]any) {
	fields["time"] = time.Now().UTC().Format(time.RFC3339Nano)
	if raw, err := json.Marshal(fields); err == nil {
		s.print(string(raw) + "\n")
	}
}

// print writes as a whole, so that lines of the functions do not fall in between.
func (s *screen) print(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.out.WriteString(text) // a closed terminal is no reason to stop
}

func (s *screen) dim(text string) string  { return s.paint("\x1b[2m", text) }
func (s *screen) bold(text string) string { return s.paint("\x1b[1m", text) }

func (s *screen) paint(code, text string) string {
	if !s.color || text == "" {
		return text
	}
	return code + text + "\x1b[0m"
}
