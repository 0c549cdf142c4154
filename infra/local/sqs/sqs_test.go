//go:build unix

package sqs_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"clienteling/infra/local/npm"
	"clienteling/infra/local/sqs"
	"clienteling/infra/local/template"
)

const modules = "../node_modules"

func TestMain(m *testing.M) {
	if _, err := npm.Install(context.Background(), ".."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func start(t *testing.T) *sqs.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s, err := sqs.Start(ctx, sqs.Options{Modules: modules})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func TestQueues(t *testing.T) {
	s := start(t)
	if !strings.HasPrefix(s.Endpoint(), "http://127.0.0.1:") {
		t.Fatalf("endpoint %s", s.Endpoint())
	}
	queues := []template.Queue{ // the dead-letter queue comes last on purpose
		{LogicalID: "Status", Name: "status.fifo", FIFO: true, ContentBasedDeduplication: true,
			VisibilityTimeout: 90 * time.Second, DeadLetter: "Dead", MaxReceiveCount: 1},
		{LogicalID: "Plain", Name: "plain", Delay: 5 * time.Second, Retention: 4 * time.Hour},
		{LogicalID: "Dead", Name: "dead.fifo", FIFO: true},
	}
	urls, err := sqs.CreateQueues(t.Context(), s.Endpoint(), queues)
	if err != nil {
		t.Fatal(err)
	}
	again, err := sqs.CreateQueues(t.Context(), s.Endpoint(), queues)
	if err != nil || len(urls) != 3 || len(again) != 3 || again["Status"] != urls["Status"] {
		t.Fatalf("%v, then %v, %v", urls, again, err)
	}
	client := sqs.Client(s.Endpoint())
	attributes := func(id string) map[string]string {
		out, err := client.GetQueueAttributes(t.Context(), &sdk.GetQueueAttributesInput{
			QueueUrl: aws.String(urls[id]), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
		})
		if err != nil {
			t.Fatal(err)
		}
		return out.Attributes
	}
	for id, want := range map[string]map[string]string{
		"Status": {"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "90"},
		"Plain":  {"DelaySeconds": "5", "MessageRetentionPeriod": "14400", "VisibilityTimeout": "30", "FifoQueue": ""},
		"Dead":   {"FifoQueue": "true", "ContentBasedDeduplication": "false"},
	} {
		got := attributes(id)
		for key, value := range want {
			if got[key] != value {
				t.Errorf("%s: %s is %q, want %q", id, key, got[key], value)
			}
		}
	}

	t.Log("a message that was received too often moves on")
	if _, err := client.SendMessage(t.Context(), &sdk.SendMessageInput{
		QueueUrl: aws.String(urls["Status"]), MessageBody: aws.String("hello 👋"), MessageGroupId: aws.String("G"),
	}); err != nil {
		t.Fatal(err)
	}
	receive := func(id string) []types.Message {
		out, err := client.ReceiveMessage(t.Context(), &sdk.ReceiveMessageInput{QueueUrl: aws.String(urls[id])})
		if err != nil {
			t.Fatal(err)
		}
		return out.Messages
	}
	first := receive("Status")
	if len(first) != 1 {
		t.Fatalf("received %v", first)
	}
	if _, err := client.ChangeMessageVisibility(t.Context(), &sdk.ChangeMessageVisibilityInput{
		QueueUrl: aws.String(urls["Status"]), ReceiptHandle: first[0].ReceiptHandle, VisibilityTimeout: 0,
	}); err != nil {
		t.Fatal(err)
	}
	if second := receive("Status"); len(second) != 0 {
		t.Errorf("received again: %v", second)
	}
	if dead := receive("Dead"); len(dead) != 1 || aws.ToString(dead[0].Body) != "hello 👋" {
		t.Errorf("dead letters: %v", dead)
	}
}

func TestMessageCharacters(t *testing.T) {
	s := start(t)
	urls, err := sqs.CreateQueues(t.Context(), s.Endpoint(), []template.Queue{{LogicalID: "Q", Name: "q"}})
	if err != nil {
		t.Fatal(err)
	}
	client := sqs.Client(s.Endpoint())
	for body, ok := range map[string]bool{
		"Grüße 👋🏽 你好 \U0010FFFF\t\r\n": true,
		"a\x00b": false,
		"a\x1bb": false,
		"\uFFFE": false,
	} {
		_, err := client.SendMessage(t.Context(), &sdk.SendMessageInput{QueueUrl: aws.String(urls["Q"]), MessageBody: aws.String(body)})
		_, errBatch := client.SendMessageBatch(t.Context(), &sdk.SendMessageBatchInput{QueueUrl: aws.String(urls["Q"]), Entries: []types.SendMessageBatchRequestEntry{
			{Id: aws.String("1"), MessageBody: aws.String(body)},
		}})
		if errBatch != nil || (err == nil) != ok {
			t.Errorf("%q: %v, %v", body, err, errBatch)
		}
	}
	out, err := client.ReceiveMessage(t.Context(), &sdk.ReceiveMessageInput{QueueUrl: aws.String(urls["Q"]), MaxNumberOfMessages: 10})
	if err != nil || len(out.Messages) != 2 {
		t.Fatalf("received %v, %v; want the good one twice", out, err)
	}
}

func TestCreateQueuesFails(t *testing.T) {
	s := start(t)
	for name, queues := range map[string][]template.Queue{
		"no such dead-letter queue": {{LogicalID: "A", Name: "a", DeadLetter: "B", MaxReceiveCount: 1}},
		"a circle":                  {{LogicalID: "A", Name: "a", DeadLetter: "B"}, {LogicalID: "B", Name: "b", DeadLetter: "A"}},
		"a FIFO queue by its name":  {{LogicalID: "A", Name: "a", FIFO: true}},
	} {
		if urls, err := sqs.CreateQueues(t.Context(), s.Endpoint(), queues); err == nil || !strings.HasPrefix(err.Error(), "queue a: ") {
			t.Errorf("%s: %v, %v", name, urls, err)
		}
	}
}

func TestStartFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	old := t.TempDir()
	if err := os.WriteFile(filepath.Join(old, "node"), []byte("#!/bin/sh\necho v18.1.0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, path string
		o          sqs.Options
		want       string
	}{
		{"port in use", "", sqs.Options{Modules: modules, Addr: taken.Addr().String()}, "choose another port"},
		{"no port", "", sqs.Options{Modules: modules, Addr: "127.0.0.1"}, "missing port"},
		{"not installed", "", sqs.Options{Modules: t.TempDir()}, "run npm ci in infra/local"},
		{"no node", t.TempDir(), sqs.Options{Modules: modules}, "node is not in PATH"},
		{"old node", old, sqs.Options{Modules: modules}, "node is v18.1.0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.path != "" {
				t.Setenv("PATH", tt.path)
			}
			s, err := sqs.Start(t.Context(), tt.o)
			if err == nil {
				s.Stop()
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q, want %q in one line", err, tt.want)
			}
		})
	}
}

func TestStartGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := sqs.Start(ctx, sqs.Options{Modules: modules}); err == nil {
		t.Error("it started within a millisecond")
	}
}

// What keeps fauxqs from outliving its parent where the kernel does not.
func TestScriptEndsWithItsInput(t *testing.T) {
	script, err := os.ReadFile("fauxqs.mjs")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	node := exec.CommandContext(ctx, "node", "--input-type=module", "--eval", string(script), "--", "127.0.0.1", "0")
	node.Dir = ".."
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.HasPrefix(line, "http://127.0.0.1:") {
		t.Errorf("it says %q, %v", line, err)
	}
	_ = in.Close()
	if err := node.Wait(); err != nil {
		t.Error("its end:", err)
	}
}
