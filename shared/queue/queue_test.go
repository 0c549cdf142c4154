package queue_test

import (
	"context"
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
)

var job = queue.SendText{Retailer: "acme", Store: "new-york", Customer: "3zgi4jk25cjrrqxwowpgs4krve", Message: "01a1f90a-d880-7000-8000-000000000005"}

// sqs is a server that records requests to SendMessage and answers with a status.
func sqs(t *testing.T, status int) (aws.Config, *[]map[string]any) {
	var sent []map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var in map[string]any
		if err != nil || json.Unmarshal(body, &in) != nil || r.Header.Get("X-Amz-Target") != "AmazonSQS.SendMessage" {
			t.Errorf("not a message: %s", body)
		}
		sent = append(sent, in)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		if status == http.StatusOK {
			text, _ := in["MessageBody"].(string)
			_, _ = fmt.Fprintf(w, `{"MessageId": "m", "MD5OfMessageBody": "%x", "SequenceNumber": "1"}`, md5.Sum([]byte(text)))
		} else {
			_, _ = io.WriteString(w, `{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no"}`)
		}
	}))
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	}, &sent
}

func TestSend(t *testing.T) {
	cfg, sent := sqs(t, http.StatusOK)
	q := queue.OpenTexts(cfg, "https://sqs.example/MessageSendQueue.fifo")
	at := time.Date(2026, 11, 21, 10, 0, 0, 500e6, time.FixedZone("", 3600))
	for _, after := range []time.Duration{0, time.Minute} {
		if err := q.Send(t.Context(), job, at.Add(after)); err != nil {
			t.Fatal(err)
		}
	}
	if len(*sent) != 2 {
		t.Fatalf("sent %v", *sent)
	}
	first, again := (*sent)[0], (*sent)[1]
	var got queue.SendText
	if err := json.Unmarshal([]byte(first["MessageBody"].(string)), &got); err != nil || got != job {
		t.Errorf("the job is %v, %v", first["MessageBody"], err)
	}
	// A conversation is a group, and a job left anew is not dropped as a repeat.
	if first["MessageGroupId"] != job.Store+"."+job.Customer || again["MessageGroupId"] != first["MessageGroupId"] {
		t.Errorf("groups %v and %v", first["MessageGroupId"], again["MessageGroupId"])
	}
	if first["MessageDeduplicationId"] != job.Message+".20261121090000.500" || again["MessageDeduplicationId"] == first["MessageDeduplicationId"] {
		t.Errorf("deduplication ids %v and %v", first["MessageDeduplicationId"], again["MessageDeduplicationId"])
	}
}

func TestSendFails(t *testing.T) {
	cfg, _ := sqs(t, http.StatusBadRequest)
	var e *clienteling.Error
	if err := queue.OpenTexts(cfg, "https://sqs.example/q.fifo").Send(t.Context(), job, time.Now()); !errors.As(err, &e) || e.Code != "queue_unavailable" {
		t.Errorf("%v", err)
	}
}

// A job that fails comes again, with those of its group behind it, and no others; one
// that will not come again is kept.
func TestWork(t *testing.T) {
	record := func(id, group, body string) events.SQSMessage {
		return events.SQSMessage{MessageId: id, Body: body, Attributes: map[string]string{"MessageGroupId": group, "ApproximateReceiveCount": "4"}}
	}
	var worked, kept []string
	keep := func(_ context.Context, body string, cause error) error {
		kept = append(kept, body+": "+cause.Error())
		return nil
	}
	work := queue.Work(slog.New(slog.DiscardHandler), func(_ context.Context, job queue.SendText) error {
		worked = append(worked, job.Message)
		if job.Message == "bad" {
			return errors.New("on behalf of the test")
		}
		return nil
	}, keep)
	last := record("8", "", `{"message": "bad"}`)
	last.Attributes["ApproximateReceiveCount"] = strconv.Itoa(queue.Receives)
	answer, err := work(t.Context(), events.SQSEvent{Records: []events.SQSMessage{
		record("1", "a", `{"message": "one"}`),
		record("2", "b", `{"message": "bad"}`),
		record("3", "b", `{"message": "behind"}`),
		record("4", "a", `no job`),
		record("5", "a", `{"message": "two"}`),
		record("6", "", `{"message": "bad"}`),
		record("7", "", `{"message": "three"}`),
		last,
	}})
	want := []events.SQSBatchItemFailure{{ItemIdentifier: "2"}, {ItemIdentifier: "3"}, {ItemIdentifier: "6"}, {ItemIdentifier: "8"}}
	if err != nil || !reflect.DeepEqual(answer.BatchItemFailures, want) {
		t.Errorf("failures %v, %v; want %v", answer.BatchItemFailures, err, want)
	}
	if !slices.Equal(worked, []string{"one", "bad", "two", "bad", "three", "bad"}) {
		t.Errorf("worked %v", worked)
	}
	if !slices.Equal(kept, []string{`{"message": "bad"}: on behalf of the test`}) {
		t.Errorf("kept %v", kept)
	}
}

// Jobs about numbers are sent as they are, with the wire names their worker knows.
func TestNumbers(t *testing.T) {
	cfg, sent := sqs(t, http.StatusOK)
	q := queue.OpenNumbers(cfg, "https://sqs.example/q")
	for job, want := range map[queue.NumberJob]string{
		{Do: queue.Buy, Retailer: "acme", Purchase: "p1"}:               `{"do":"buy","retailer":"acme","purchase":"p1"}`,
		{Do: queue.Release, Retailer: "acme", Number: "+4917139200100"}: `{"do":"release","retailer":"acme","number":"+4917139200100"}`,
	} {
		*sent = nil
		if err := q.Send(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		if m := (*sent)[0]; len(*sent) != 1 || m["MessageBody"] != want || m["MessageGroupId"] != nil {
			t.Errorf("sent %v, want %s", m, want)
		}
	}
	cfg, _ = sqs(t, http.StatusBadRequest)
	var e *clienteling.Error
	if err := queue.OpenNumbers(cfg, "https://sqs.example/q").Send(t.Context(), queue.NumberJob{}); !errors.As(err, &e) || e.Code != "queue_unavailable" {
		t.Errorf("%v", err)
	}
}
