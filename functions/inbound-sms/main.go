// Command inbound-sms takes a customer's text to a store's clienteling number.
package main

import (
	"context"
	"errors"

	"clienteling/shared/setup"
	"clienteling/shared/table"
	"clienteling/shared/webhook"
)

func main() {
	setup.Start(func(ctx context.Context, env *setup.Env) (any, error) {
		env.WarmDynamoDB(ctx)
		accounts, noAccounts := env.TwilioAccounts(ctx, env.Need("TWILIO_SECRET_ARN"))
		phoneKey, noKey := env.Secret(ctx, env.Need("PHONE_KEY_SECRET_ARN"))
		f := function{env.Log(), env.Now, table.Open(env.AWS("DYNAMODB"), table.Options{
			Name: env.Need("TABLE_NAME"), PhoneKey: []byte(phoneKey), TextRetention: env.Days("TEXT_RETENTION_DAYS"),
		})}
		verifier := webhook.NewVerifier(env.Need("PUBLIC_BASE_URL"), accounts)
		return webhook.Serve(verifier, env.Log(), f.routes()), errors.Join(noAccounts, noKey)
	})
}
