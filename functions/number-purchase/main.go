// Command number-purchase buys numbers, makes them work, hands them to the stores
// that wait, and gives numbers back: one job each.
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
		stage := env.Stage("STAGE")
		t := table.Open(env.AWS("DYNAMODB"), table.Options{Name: env.Need("TABLE_NAME"), TestLocations: stage.TestLocations()})
		f := function{env.Log(), env.Now, stage, env.Need("PUBLIC_BASE_URL"), calls, t}
		return queue.Work(env.Log(), f.work, t.Keep("NumberPurchaseQueue")), errors.Join(noAccounts, noCalls)
	})
}
