//go:build unix

package sqs

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"clienteling/infra/local/template"
)

// Client talks to an emulator, with credentials that are good for nothing else.
func Client(endpoint string) *sqs.Client {
	return sqs.New(sqs.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(endpoint),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	})
}

// CreateQueues makes the queues, each after its dead-letter queue, and returns their
// URLs by logical id. Those that are there already, with the same attributes, are
// left as they are.
func CreateQueues(ctx context.Context, endpoint string, queues []template.Queue) (map[string]string, error) {
	c := creator{client: Client(endpoint), queues: map[string]template.Queue{}, urls: map[string]string{}}
	for _, q := range queues {
		c.queues[q.LogicalID] = q
	}
	for _, q := range queues {
		if err := c.create(ctx, q, len(queues)); err != nil {
			return nil, fmt.Errorf("queue %s: %w", q.Name, err)
		}
	}
	return c.urls, nil
}

type creator struct {
	client *sqs.Client
	queues map[string]template.Queue // by logical id
	urls   map[string]string         // of those that exist by now
}

// create makes a queue and, before it, those its messages end up in; depth is how
// many that can be.
func (c *creator) create(ctx context.Context, q template.Queue, depth int) error {
	if c.urls[q.LogicalID] != "" {
		return nil
	}
	attributes := attributes(q)
	if q.DeadLetter != "" {
		dead, ok := c.queues[q.DeadLetter]
		if !ok {
			return fmt.Errorf("its dead-letter queue %s is not in the template", q.DeadLetter)
		}
		if depth == 0 {
			return fmt.Errorf("its dead-letter queues form a circle")
		}
		if err := c.create(ctx, dead, depth-1); err != nil {
			return err
		}
		policy, err := c.redrivePolicy(ctx, q)
		if err != nil {
			return err
		}
		attributes["RedrivePolicy"] = policy
	}
	out, err := c.client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(q.Name), Attributes: attributes})
	if err != nil {
		return err
	}
	c.urls[q.LogicalID] = aws.ToString(out.QueueUrl)
	return nil
}

func (c *creator) redrivePolicy(ctx context.Context, q template.Queue) (string, error) {
	const arn = types.QueueAttributeNameQueueArn
	out, err := c.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(c.urls[q.DeadLetter]), AttributeNames: []types.QueueAttributeName{arn},
	})
	if err != nil {
		return "", err
	}
	policy, err := json.Marshal(map[string]string{
		"deadLetterTargetArn": out.Attributes[string(arn)],
		"maxReceiveCount":     strconv.Itoa(q.MaxReceiveCount),
	})
	return string(policy), err
}

// attributes are those the template sets; the rest keeps SQS's defaults.
func attributes(q template.Queue) map[string]string {
	a := map[string]string{}
	for name, d := range map[types.QueueAttributeName]time.Duration{
		types.QueueAttributeNameVisibilityTimeout:      q.VisibilityTimeout,
		types.QueueAttributeNameMessageRetentionPeriod: q.Retention,
		types.QueueAttributeNameDelaySeconds:           q.Delay,
	} {
		if d > 0 {
			a[string(name)] = strconv.Itoa(int(d.Seconds()))
		}
	}
	if q.FIFO {
		a["FifoQueue"] = "true"
		a["ContentBasedDeduplication"] = strconv.FormatBool(q.ContentBasedDeduplication)
	}
	return a
}
