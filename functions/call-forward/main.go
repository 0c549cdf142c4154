// Command call-forward rings the store when a customer calls its clienteling number.
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
		publicBaseURL := env.Need("PUBLIC_BASE_URL")
		f := function{env.Log(), env.Now, publicBaseURL, table.Open(env.AWS("DYNAMODB"), table.Options{
			Name: env.Need("TABLE_NAME"), PhoneKey: []byte(phoneKey), TextRetention: env.Days("TEXT_RETENTION_DAYS"),
		})}
		verifier := webhook.NewVerifier(publicBaseURL, accounts)
		return webhook.Serve(verifier, env.Log(), f.routes()), errors.Join(noAccounts, noKey)
	})
}
