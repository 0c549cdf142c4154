// Command stores is NOM's store directory, and the way of a store to clienteling:
// whether it may be onboarded and why not, its number, and that its associates may write.
package main

import (
	"context"

	"clienteling/shared/apigw"
	"clienteling/shared/queue"
	"clienteling/shared/setup"
	"clienteling/shared/table"
)

func main() {
	setup.Start(func(_ context.Context, env *setup.Env) (any, error) {
		t := table.Open(env.AWS("DYNAMODB"), table.Options{
			Name: env.Need("TABLE_NAME"), TestLocations: env.Stage("STAGE").TestLocations(), OrdersPerDay: env.Count("NUMBER_ORDERS_PER_DAY"),
		})
		f := function{env.Log(), env.Now, t, queue.OpenNumbers(env.AWS("SQS"), env.Need("NUMBER_PURCHASE_QUEUE_URL")), env.Need("TWILIO_ACCOUNT_SID")}
		return apigw.New(apigw.Options{Scope: "clienteling:manage", Routes: f.routes(), Log: env.Log()}), nil
	})
}
