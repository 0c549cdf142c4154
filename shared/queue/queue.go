// Package queue is the jobs that one function leaves for another, over SQS: their
// types, how they are sent, and the loop that works them off. A job carries ids
// only; whoever works it reads what is true by then.
package queue

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
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
	return away(err)
}

// NumberJob asks number-purchase for something: one of Purchase and Number is set.
type NumberJob struct {
	// Do is the kind of job, a wire name.
	Do       NumberWork `json:"do"`
	Retailer string     `json:"retailer"`
	// Purchase is the order to move on, for Buy.
	Purchase string `json:"purchase,omitempty"`
	// Number is the number to give back, E.164, for Release.
	Number string `json:"number,omitempty"`
}

// NumberWork is a kind of NumberJob.
type NumberWork string

const (
	// Buy moves an order on, from wherever it is.
	Buy NumberWork = "buy"
	// Release gives a number back to Twilio.
	Release NumberWork = "release"
)

// Numbers is the standard queue of NumberJobs: they may come twice, and in any order.
type Numbers struct {
	client *sqs.Client
	url    string
}

// OpenNumbers returns the queue of that URL.
func OpenNumbers(cfg aws.Config, url string) *Numbers {
	return &Numbers{client: sqs.NewFromConfig(cfg), url: url}
}

// Send leaves a job.
func (q *Numbers) Send(ctx context.Context, job NumberJob) error {
	return send(ctx, q.client, q.url, job)
}

// SubmitRegistration asks for a registration to be filed at Twilio, or to be looked
// after there.
type SubmitRegistration struct {
	Retailer string `json:"retailer"`
	// Country is the one that the registration is kept under.
	Country string `json:"country"`
}

// Registrations is the standard queue of SubmitRegistration jobs.
type Registrations struct {
	client *sqs.Client
	url    string
}

// OpenRegistrations returns the queue of that URL.
func OpenRegistrations(cfg aws.Config, url string) *Registrations {
	return &Registrations{client: sqs.NewFromConfig(cfg), url: url}
}

// Send leaves a job.
func (q *Registrations) Send(ctx context.Context, job SubmitRegistration) error {
	return send(ctx, q.client, q.url, job)
}

// send leaves a job in a standard queue.
func send(ctx context.Context, client *sqs.Client, url string, job any) error {
	body, err := json.Marshal(job)
	if err != nil {
		return err
	}
	_, err = client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String(string(body))})
	return away(err)
}

// away renders a fault of SQS as the product's error; nil stays nil.
func away(err error) error {
	if err == nil {
		return nil
	}
	return clienteling.E(clienteling.Unavailable, "queue_unavailable", "The queue did not take the job.").Because(err)
}

// Receives is how often SQS shows a job before it goes to the dead-letter queue: the
// template's maxReceiveCount, which a check holds to this.
const Receives = 5

// Keeper keeps a job that failed for the last time: body is the job as it was in
// the queue, cause the error.
type Keeper func(ctx context.Context, body string, cause error) error

// Work returns the Lambda handler that works off a batch of jobs. A job that fails
// is reported, so that SQS shows it again, together with those of its group that
// come after it: order within a group stays. One that fails for the last time is
// given to keep, for SQS cannot list what it holds dead. What cannot be read is
// dropped with a log line, since it never could be.
func Work[J any](log *slog.Logger, work func(context.Context, J) error, keep Keeper) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
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
				if received, _ := strconv.Atoi(record.Attributes["ApproximateReceiveCount"]); received >= Receives {
					if err := keep(ctx, record.Body, err); err != nil {
						log.ErrorContext(ctx, "job given up, and not kept for the operator", "messageId", record.MessageId, "error", err)
					}
				}
			}
		}
		return answer, nil
	}
}
