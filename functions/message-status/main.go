// Command message-status hears from Twilio how far an outbound text is.
package main

import (
	"context"

	"clienteling/shared/setup"
	"clienteling/shared/table"
	"clienteling/shared/webhook"
)

func main() {
	setup.Start(func(ctx context.Context, env *setup.Env) (any, error) {
		env.WarmDynamoDB(ctx)
		accounts, err := env.TwilioAccounts(ctx, env.Need("TWILIO_SECRET_ARN"))
		f := function{env.Log(), env.Now, table.Open(env.AWS("DYNAMODB"), table.Options{
			Name: env.Need("TABLE_NAME"), TextRetention: env.Days("TEXT_RETENTION_DAYS"),
		})}
		verifier := webhook.NewVerifier(env.Need("PUBLIC_BASE_URL"), accounts)
		return webhook.Serve(verifier, env.Log(), f.routes()), err
	})
}
