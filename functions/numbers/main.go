// Command numbers is a retailer's stock of clienteling numbers: what there is, what
// Twilio sells, orders, and giving numbers back.
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
		t := table.Open(env.AWS("DYNAMODB"), table.Options{Name: env.Need("TABLE_NAME"), TestLocations: env.Stage("STAGE").TestLocations(), OrdersPerDay: env.Count("NUMBER_ORDERS_PER_DAY")})
		f := function{env.Log(), env.Now, t, queue.OpenNumbers(env.AWS("SQS"), env.Need("NUMBER_PURCHASE_QUEUE_URL")), calls, env.Need("TWILIO_ACCOUNT_SID")}
		return apigw.New(apigw.Options{Scope: "clienteling:manage", Routes: f.routes(), Log: env.Log()}), errors.Join(noAccounts, noCalls)
	})
}
