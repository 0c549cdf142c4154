package poller

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// failures are the ids of a batch's messages that a function reports as failed:
//
//	{"batchItemFailures": [{"itemIdentifier": "<messageId>"}]}
//
// An answer without content reports none. One that cannot be understood to the letter
// is an error, and the whole batch counts as failed ("Implementing partial batch
// responses", "Success and failure conditions" in the Lambda developer guide).
func failures(response []byte, batch []types.Message) (map[string]bool, error) {
	if slices.Contains([]string{"", "null", `""`, "[]"}, strings.TrimSpace(string(response))) {
		return nil, nil
	}
	// Not a struct: its keys would match in any case.
	var answer map[string]any
	if json.Unmarshal(response, &answer) != nil {
		return nil, errors.New(`the function's answer is not {"batchItemFailures": [...]}`)
	}
	items, ok := answer["batchItemFailures"].([]any)
	if !ok && answer["batchItemFailures"] != nil {
		return nil, errors.New("the function's batchItemFailures is not a list")
	}
	failed := map[string]bool{}
	for _, item := range items {
		object, _ := item.(map[string]any)
		id, ok := object["itemIdentifier"].(string)
		if !ok {
			return nil, errors.New("an entry of the function's batchItemFailures has no itemIdentifier")
		}
		if !slices.ContainsFunc(batch, func(m types.Message) bool { return aws.ToString(m.MessageId) == id }) {
			return nil, fmt.Errorf("the function reports %q as failed, which is not a messageId of the batch", id)
		}
		failed[id] = true
	}
	return failed, nil
}
