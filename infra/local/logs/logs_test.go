package logs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"clienteling/infra/local/logs"
)

func print(o logs.Options, function, line string) string {
	var b bytes.Buffer
	logs.New(&b, o).Line(function, 1, []byte(line))
	return b.String()
}

func TestForAPerson(t *testing.T) {
	at := time.Date(2026, 11, 22, 15, 4, 5, 678e6, time.UTC)
	clock := at.Local().Format("15:04:05.000")
	stamp := `"timestamp":"` + at.Format(time.RFC3339Nano) + `"`
	for _, tt := range []struct{ name, line, want string }{
		{"all parts, in their order", `{` + stamp + `,"level":"INFO","message":"text stored","thread":"T1","n":2,"requestId":"0123456789"}`,
			clock + ` InboundSms INFO  text stored thread=T1 n=2 requestId=01234567`},
		{"slog's names", `{"time":"` + at.Format(time.RFC3339Nano) + `","level":"ERROR","msg":"no"}`, clock + ` InboundSms ERROR no`},
		{"values of all kinds", `{` + stamp + `,"level":"WARN","message":"m","a":null,"b":[1, 2],"c":{"d": "e f"},"e":"two words","f":"","g":"a=b","h":true}`,
			clock + ` InboundSms WARN  m a=null b=[1,2] c={"d":"e f"} e="two words" f="" g="a=b" h=true`},
		{"nothing steers the terminal", `{` + stamp + `,"level":"INFO","message":"a\u001b[2Jb\nc","x":"\u0000\u202e"}`,
			clock + ` InboundSms INFO  a\x1b[2Jb\nc x=\x00\u202e`},
		{"emoji stay", `{` + stamp + `,"level":"INFO","message":"grüße 👋🏽"}`, clock + ` InboundSms INFO  grüße 👋🏽`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := print(logs.Options{}, "InboundSmsFunction", tt.line); got != tt.want+"\n" {
				t.Errorf("got  %swant %s", got, tt.want)
			}
		})
	}
}

func TestOtherLinesPassThrough(t *testing.T) {
	for line, want := range map[string]string{
		"panic: oh no":            "panic: oh no",
		"\tmain.go:12 +0x1d":      "\tmain.go:12 +0x1d",
		"":                        "",
		`{"broken":`:              `{"broken":`,
		`["no","object"]`:         `["no","object"]`,
		"{}":                      `      `, // an object, with neither level nor message
		"\x1b]0;title\a \xff":     `\x1b]0;title\a ` + "\uFFFD",
		`{"timestamp":"not one"}`: `      `,
	} {
		got := print(logs.Options{}, "Echo", line)
		if ok, _ := regexp.MatchString(`^\d\d:\d\d:\d\d\.\d{3} Echo `+regexp.QuoteMeta(want)+"\n$", got); !ok {
			t.Errorf("%q became %q", line, got)
		}
	}
}

func TestJSON(t *testing.T) {
	for line, want := range map[string]string{
		`{"level":"INFO","message":"x","n":1.50}`: `{"function":"EchoFunction","level":"INFO","message":"x","n":1.50}`,
		`{}`:           `{"function":"EchoFunction"}`,
		` {"a":1} `:    `{"function":"EchoFunction","a":1}`,
		"panic: \"x\"": `{"function":"EchoFunction","message":"panic: \"x\""}`,
		"":             `{"function":"EchoFunction","message":""}`,
	} {
		if got := print(logs.Options{JSON: true, Color: true}, "EchoFunction", line); got != want+"\n" {
			t.Errorf("%q became %q, want %q", line, got, want)
		}
	}
}

func TestColors(t *testing.T) {
	var b bytes.Buffer
	p := logs.New(&b, logs.Options{Color: true})
	for _, f := range []string{"AFunction", "BFunction", "AFunction"} {
		p.Line(f, 1, []byte(`{"level":"ERROR","message":"m"}`))
	}
	lines := strings.Split(b.String(), "\n")
	name := regexp.MustCompile(`(\x1b\[\d+m)[AB]\x1b\[0m`)
	colors := []string{name.FindStringSubmatch(lines[0])[1], name.FindStringSubmatch(lines[1])[1], name.FindStringSubmatch(lines[2])[1]}
	if colors[0] != colors[2] || colors[0] == colors[1] {
		t.Errorf("colours %q", colors)
	}
	if !strings.Contains(lines[0], "\x1b[31mERROR\x1b[0m m") {
		t.Errorf("level: %q", lines[0])
	}
}

// The functions log through Lambda's own handler.
func TestLambdasHandler(t *testing.T) {
	var line bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&line, &slog.HandlerOptions{ReplaceAttr: lambdacontext.ReplaceAttr}))
	log.Warn("consent lost", "store", "s 1", slog.Group("http", "status", 200))
	got := print(logs.Options{}, "Echo", strings.TrimSpace(line.String()))
	if ok, _ := regexp.MatchString(`^[\d:.]{12} Echo WARN  consent lost store="s 1" http={"status":200}\n$`, got); !ok {
		t.Errorf("got %q", got)
	}
}

func TestConcurrent(t *testing.T) {
	var b bytes.Buffer
	p := logs.New(&b, logs.Options{JSON: true})
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			for range 50 {
				p.Line(fmt.Sprint("F", n), n, []byte(`{"message":"m"}`))
			}
		})
	}
	wg.Wait()
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	for _, l := range lines {
		if !json.Valid([]byte(l)) {
			t.Fatalf("%q", l)
		}
	}
	if len(lines) != 1000 {
		t.Errorf("%d lines", len(lines))
	}
}
