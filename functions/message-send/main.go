// Command message-send hands texts to Twilio, one job a text.
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
		env.WarmDynamoDB(ctx)
		accounts, noAccounts := env.TwilioAccounts(ctx, env.Need("TWILIO_SECRET_ARN"))
		calls, noCalls := twilio.Open(env.Need("TWILIO_API_URL"), accounts)
		t := table.Open(env.AWS("DYNAMODB"), table.Options{
			Name: env.Need("TABLE_NAME"), TextRetention: env.Days("TEXT_RETENTION_DAYS"),
		})
		f := function{env.Log(), env.Now, env.Need("PUBLIC_BASE_URL"), calls, t}
		return queue.Work(env.Log(), f.send, t.Keep("MessageSendQueue")), errors.Join(noAccounts, noCalls)
	})
}
