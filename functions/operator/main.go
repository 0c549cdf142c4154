// Command operator is what waits for the people who run the platform: orders that
// need their help, jobs that failed, texts and numbers that are nobody's.
package main

import (
	"context"
	"errors"

	"clienteling/shared/apigw"
	"clienteling/shared/queue"
	"clienteling/shared/setup"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

func main() {
	setup.Start(func(ctx context.Context, env *setup.Env) (any, error) {
		accounts, noAccounts := env.TwilioAccounts(ctx, env.Need("TWILIO_SECRET_ARN"))
		calls, noCalls := twilio.Open(env.Need("TWILIO_API_URL"), accounts)
		t, sqs := table.Open(env.AWS("DYNAMODB"), table.Options{Name: env.Need("TABLE_NAME")}), env.AWS("SQS")
		texts, numbers := queue.OpenTexts(sqs, env.Need("MESSAGE_SEND_QUEUE_URL")), queue.OpenNumbers(sqs, env.Need("NUMBER_PURCHASE_QUEUE_URL"))
		f := function{env.Log(), env.Now, t, calls, texts, numbers, queue.OpenRegistrations(sqs, env.Need("REGISTRATION_SUBMIT_QUEUE_URL"))}
		return apigw.New(apigw.Options{Scope: "clienteling:operate", Routes: f.routes(), Log: env.Log()}), errors.Join(noAccounts, noCalls)
	})
}
