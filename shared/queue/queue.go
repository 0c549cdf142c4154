// Package queue is the jobs that one function leaves for another, over SQS: their
// types, how they are sent, and the loop that works them off. A job carries ids
// only; whoever works it reads what is true by then.
package queue

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"clienteling/shared/clienteling"
)

// SendText asks for one text to be handed to Twilio.
type SendText struct {
	Retailer string `json:"retailer"`
	Store    string `json:"store"`
	Customer string `json:"customer"`
	Message  string `json:"message"`
}

// Texts is the FIFO queue of SendText jobs. A conversation is a group: its texts
// go out one after the other.
type Texts struct {
	client *sqs.Client
	url    string
}

// OpenTexts returns the queue of that URL.
func OpenTexts(cfg aws.Config, url string) *Texts {
	return &Texts{client: sqs.NewFromConfig(cfg), url: url}
}

// Send leaves a job. The moment tells a job that is left anew, for the same text,
// from one that SQS has seen within five minutes and would drop.
func (q *Texts) Send(ctx context.Context, job SendText, at time.Time) error {
	body, err := json.Marshal(job)
	if err != nil {
		return err
	}
	_, err = q.client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl:               &q.url,
		MessageBody:            aws.String(string(body)),
		MessageGroupId:         aws.String(job.Store + "." + job.Customer),
		MessageDeduplicationId: aws.String(job.Message + "." + at.UTC().Format("20060102150405.000")),
	})
	if err != nil {
		return clienteling.E(clienteling.Unavailable, "queue_unavailable", "The queue did not take the job.").Because(err)
	}
	return nil
}

// Work returns the Lambda handler that works off a batch of jobs. A job that fails
// is reported, so that SQS shows it again, together with those of its group that
// come after it: order within a group stays. What cannot be read is dropped with a
// log line, since it never could be.
func Work[J any](log *slog.Logger, work func(context.Context, J) error) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		var answer events.SQSEventResponse
		held := map[string]bool{}
		for _, record := range batch.Records {
			group := record.Attributes["MessageGroupId"]
			if group != "" && held[group] {
				answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: record.MessageId})
				continue
			}
			var job J
			if err := json.Unmarshal([]byte(record.Body), &job); err != nil {
				log.ErrorContext(ctx, "job dropped: not a job of this queue", "messageId", record.MessageId)
				continue
			}
			if err := work(ctx, job); err != nil {
				log.ErrorContext(ctx, "job failed", "messageId", record.MessageId, "error", err)
				held[group] = true
				answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: record.MessageId})
			}
		}
		return answer, nil
	}
}
