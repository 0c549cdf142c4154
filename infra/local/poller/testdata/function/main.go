// Command function is the Lambda function of the poller's tests. It prints what it
// got and how often, and handles "good" at once, "bad" and "panic" the second time.
package main

import (
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() { lambda.Start(handle) }

func handle(e events.SQSEvent) (response events.SQSEventResponse, err error) {
	for _, m := range e.Records {
		count := m.Attributes["ApproximateReceiveCount"]
		fmt.Println(m.Body, count)
		switch {
		case m.Body == "good" || count != "1":
		case m.Body == "panic":
			panic("the first time")
		default:
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return response, nil
}
