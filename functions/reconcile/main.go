// Command reconcile runs every minute and moves on what got stuck: texts that
// nobody took, whose outcome nobody knows, or on which Twilio has fallen silent.
package main

import (
	"context"
	"errors"

	"clienteling/shared/queue"
	"clienteling/shared/setup"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

func main() {
	setup.Start(func(ctx context.Context, env *setup.Env) (any, error) {
		accounts, noAccounts := env.TwilioAccounts(ctx, env.Need("TWILIO_SECRET_ARN"))
		calls, noCalls := twilio.Open(env.Need("TWILIO_API_URL"), accounts)
		t := table.Open(env.AWS("DYNAMODB"), table.Options{
			Name: env.Need("TABLE_NAME"), TextRetention: env.Days("TEXT_RETENTION_DAYS"),
		})
		f := function{env.Log(), env.Now, t, calls, queue.OpenTexts(env.AWS("SQS"), env.Need("MESSAGE_SEND_QUEUE_URL"))}
		return f.run, errors.Join(noAccounts, noCalls)
	})
}
