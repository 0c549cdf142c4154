// Command onboarding enables a retailer, and files what each of its countries asks for.
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
		t := table.Open(env.AWS("DYNAMODB"), table.Options{Name: env.Need("TABLE_NAME"), TestLocations: env.Stage("STAGE").TestLocations()})
		jobs := queue.OpenRegistrations(env.AWS("SQS"), env.Need("REGISTRATION_SUBMIT_QUEUE_URL"))
		f := function{env.Log(), env.Now, env.Stage("STAGE"), t, calls, jobs, env.Need("TWILIO_ACCOUNT_SID")}
		return apigw.New(apigw.Options{Scope: "clienteling:manage", Routes: f.routes(), Files: files, Log: env.Log()}), errors.Join(noAccounts, noCalls)
	})
}
