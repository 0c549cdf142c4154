// Command conversations is the Associate App's side of a store: the shared inbox,
// its threads, and writing to customers.
package main

import (
	"context"

	"clienteling/shared/apigw"
	"clienteling/shared/queue"
	"clienteling/shared/setup"
	"clienteling/shared/table"
)

func main() {
	setup.Start(func(ctx context.Context, env *setup.Env) (any, error) {
		env.WarmDynamoDB(ctx)
		phoneKey, err := env.Secret(ctx, env.Need("PHONE_KEY_SECRET_ARN"))
		f := function{env.Log(), env.Now, table.Open(env.AWS("DYNAMODB"), table.Options{
			Name: env.Need("TABLE_NAME"), PhoneKey: []byte(phoneKey), TextRetention: env.Days("TEXT_RETENTION_DAYS"),
		}), queue.OpenTexts(env.AWS("SQS"), env.Need("MESSAGE_SEND_QUEUE_URL"))}
		return apigw.New(apigw.Options{Scope: "clienteling:associate", Routes: f.routes(), Log: env.Log()}), err
	})
}
