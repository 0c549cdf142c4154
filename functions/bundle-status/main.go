// Command bundle-status hears from Twilio that a registration has a new status.
package main

import (
	"context"

	"clienteling/shared/queue"
	"clienteling/shared/setup"
	"clienteling/shared/table"
	"clienteling/shared/webhook"
)

func main() {
	setup.Start(func(ctx context.Context, env *setup.Env) (any, error) {
		accounts, err := env.TwilioAccounts(ctx, env.Need("TWILIO_SECRET_ARN"))
		jobs := queue.OpenRegistrations(env.AWS("SQS"), env.Need("REGISTRATION_SUBMIT_QUEUE_URL"))
		f := function{env.Log(), env.Now, table.Open(env.AWS("DYNAMODB"), table.Options{Name: env.Need("TABLE_NAME")}), jobs}
		verifier := webhook.NewVerifier(env.Need("PUBLIC_BASE_URL"), accounts)
		return webhook.Serve(verifier, env.Log(), f.routes()), err
	})
}
