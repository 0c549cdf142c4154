// Command reconcile runs every minute and moves on what got stuck. Once a day it
// compares Twilio's numbers with ours.
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
		sqs, stage := env.AWS("SQS"), env.Stage("STAGE")
		texts, filings := queue.OpenTexts(sqs, env.Need("MESSAGE_SEND_QUEUE_URL")), queue.OpenRegistrations(sqs, env.Need("REGISTRATION_SUBMIT_QUEUE_URL"))
		numbers := queue.OpenNumbers(sqs, env.Need("NUMBER_PURCHASE_QUEUE_URL"))
		t := table.Open(env.AWS("DYNAMODB"), table.Options{Name: env.Need("TABLE_NAME"), TextRetention: env.Days("TEXT_RETENTION_DAYS"), TestLocations: stage.TestLocations(), OrdersPerDay: env.Count("NUMBER_ORDERS_PER_DAY")})
		return function{env.Log(), env.Now, t, calls, texts, numbers, filings, stage, env.Need("PUBLIC_BASE_URL"), env.Need("TWILIO_ACCOUNT_SID")}.run, errors.Join(noAccounts, noCalls)
	})
}
