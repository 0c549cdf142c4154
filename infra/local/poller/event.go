package poller

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// event is what Lambda gives a function that reads a queue.
type event struct {
	Records []record
}

type record struct {
	MessageID              string               `json:"messageId"`
	ReceiptHandle          string               `json:"receiptHandle"`
	Body                   string               `json:"body"`
	Attributes             map[string]string    `json:"attributes"`
	MessageAttributes      map[string]attribute `json:"messageAttributes"`
	MD5OfBody              string               `json:"md5OfBody"`
	MD5OfMessageAttributes string               `json:"md5OfMessageAttributes,omitempty"`
	EventSource            string               `json:"eventSource"`
	EventSourceARN         string               `json:"eventSourceARN"`
	AWSRegion              string               `json:"awsRegion"`
}

// attribute always has its lists, and they are always empty: SQS has reserved the two
// types and never implemented them.
type attribute struct {
	StringValue      *string  `json:"stringValue,omitempty"`
	BinaryValue      []byte   `json:"binaryValue,omitempty"`
	StringListValues []string `json:"stringListValues"`
	BinaryListValues [][]byte `json:"binaryListValues"`
	DataType         string   `json:"dataType"`
}

// encode makes the event of a batch.
func encode(batch []types.Message, queueARN, region string) ([]byte, error) {
	e := event{Records: make([]record, len(batch))}
	for i, m := range batch {
		attributes := make(map[string]attribute, len(m.MessageAttributes))
		for name, a := range m.MessageAttributes {
			attributes[name] = attribute{
				StringValue: a.StringValue, BinaryValue: a.BinaryValue,
				StringListValues: []string{}, BinaryListValues: [][]byte{},
				DataType: aws.ToString(a.DataType),
			}
		}
		e.Records[i] = record{
			MessageID: aws.ToString(m.MessageId), ReceiptHandle: aws.ToString(m.ReceiptHandle),
			Body: aws.ToString(m.Body), MD5OfBody: aws.ToString(m.MD5OfBody),
			Attributes: m.Attributes, MessageAttributes: attributes,
			MD5OfMessageAttributes: aws.ToString(m.MD5OfMessageAttributes),
			EventSource:            "aws:sqs", EventSourceARN: queueARN, AWSRegion: region,
		}
	}
	return json.Marshal(e)
}
