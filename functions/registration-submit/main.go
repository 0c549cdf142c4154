// Command registration-submit files registrations at Twilio, looks after those in
// review, and learns what became of them: one job each.
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
		t := table.Open(env.AWS("DYNAMODB"), table.Options{Name: env.Need("TABLE_NAME")})
		f := function{env.Log(), env.Now, env.Stage("STAGE"), env.Need("PUBLIC_BASE_URL"), calls, t}
		return queue.Work(env.Log(), f.work, t.Keep("RegistrationSubmitQueue")), errors.Join(noAccounts, noCalls)
	})
}
