// Command conversations is the Associate App's side of a store: the shared inbox,
// its threads, and writing to customers.
package main

import (
	"context"
	"errors"
	_ "time/tzdata" // Lambda's image need not have the zones of the stores

	"clienteling/shared/apigw"
	"clienteling/shared/queue"
	"clienteling/shared/setup"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

func main() {
	setup.Start(func(ctx context.Context, env *setup.Env) (any, error) {
		env.WarmDynamoDB(ctx)
		phoneKey, noKey := env.Secret(ctx, env.Need("PHONE_KEY_SECRET_ARN"))
		accounts, noAccounts := env.TwilioAccounts(ctx, env.Need("TWILIO_SECRET_ARN"))
		calls, noCalls := twilio.Open(env.Need("TWILIO_API_URL"), accounts)
		f := function{env.Log(), env.Now, table.Open(env.AWS("DYNAMODB"), table.Options{
			Name: env.Need("TABLE_NAME"), PhoneKey: []byte(phoneKey), TextRetention: env.Days("TEXT_RETENTION_DAYS"), RequestsPerDay: env.Count("OPT_IN_REQUESTS_PER_DAY"),
		}), queue.OpenTexts(env.AWS("SQS"), env.Need("MESSAGE_SEND_QUEUE_URL")), calls}
		return apigw.New(apigw.Options{Scope: "clienteling:associate", Routes: f.routes(), Log: env.Log()}), errors.Join(noKey, noAccounts, noCalls)
	})
}
