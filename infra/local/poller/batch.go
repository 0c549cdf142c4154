package poller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	longPoll = 20 * time.Second // SQS's maximum, and what Lambda waits
	perCall  = 10               // messages SQS receives or deletes in one call, at most
)

// collect waits for messages and then, within the source's window, for more of them.
// An error comes without messages.
func (p *Poller) collect(ctx context.Context, s Source) ([]types.Message, error) {
	batch, err := p.receive(ctx, s, s.BatchSize, longPoll)
	if err != nil || len(batch) == 0 {
		return nil, err
	}
	closes := time.Now().Add(s.Window)
	for len(batch) < s.BatchSize {
		// SQS waits whole seconds, so the window ends within half a second of its time.
		left := time.Until(closes).Round(time.Second)
		if left <= 0 {
			break
		}
		more, err := p.receive(ctx, s, s.BatchSize-len(batch), min(left, longPoll))
		if err != nil {
			break // if it matters, the next batch will tell
		}
		batch = append(batch, more...)
	}
	return batch, nil
}

func (p *Poller) receive(ctx context.Context, s Source, most int, wait time.Duration) ([]types.Message, error) {
	out, err := p.config.SQS.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{
		QueueUrl:                    aws.String(s.QueueURL),
		MaxNumberOfMessages:         int32(min(most, perCall)),
		WaitTimeSeconds:             int32(wait / time.Second),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		MessageAttributeNames:       []string{"All"},
	})
	if err != nil {
		return nil, err
	}
	return out.Messages, nil
}

// deliver has the function handle a batch and deletes what it handled.
func (p *Poller) deliver(ctx context.Context, s Source, batch []types.Message) {
	handled, err := p.invoke(ctx, s, batch)
	if err != nil {
		p.config.Log(fmt.Sprintf("%s: %d of %d messages of %s come again after the visibility timeout: %v",
			s.Function, len(batch)-len(handled), len(batch), s.name(), err))
	}
	if err := p.remove(ctx, s, handled); err != nil {
		p.config.Log(fmt.Sprintf("%s: handled messages cannot be deleted from %s and come again: %v", s.Function, s.name(), err))
	}
}

// invoke returns the messages that were handled, and why the others were not.
func (p *Poller) invoke(ctx context.Context, s Source, batch []types.Message) (handled []types.Message, err error) {
	event, err := encode(batch, s.QueueARN, p.config.Region)
	if err != nil {
		return nil, err
	}
	response, functionError, err := p.config.Invoker.Invoke(ctx, s.Function, event)
	switch {
	case err != nil:
		return nil, err
	case functionError != "":
		return nil, errors.New(functionError)
	case !s.ReportBatchItemFailures:
		return batch, nil
	}
	failed, err := failures(response, batch)
	if err != nil {
		return nil, err
	}
	if len(failed) > 0 {
		err = errors.New("reported as failed")
	}
	return slices.DeleteFunc(batch, func(m types.Message) bool { return failed[aws.ToString(m.MessageId)] }), err
}

// remove deletes messages from the queue.
func (p *Poller) remove(ctx context.Context, s Source, messages []types.Message) error {
	var failed error
	for chunk := range slices.Chunk(messages, perCall) {
		entries := make([]types.DeleteMessageBatchRequestEntry, len(chunk))
		for i, m := range chunk {
			entries[i] = types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle}
		}
		out, err := p.config.SQS.DeleteMessageBatch(ctx, &awssqs.DeleteMessageBatchInput{
			QueueUrl: aws.String(s.QueueURL), Entries: entries,
		})
		if err == nil && len(out.Failed) > 0 {
			err = errors.New(aws.ToString(out.Failed[0].Message))
		}
		if err != nil {
			failed = err // the other chunks may still go
		}
	}
	return failed
}
