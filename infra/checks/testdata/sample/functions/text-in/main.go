package main

import (
	"context"

	"clienteling/shared/setup"
	"clienteling/shared/table"
	"clienteling/shared/webhook"
)

func main() { setup.Start(build) }

func build(ctx context.Context, env *setup.Env) (any, error) {
	t := table.Open(env.AWS("DYNAMODB"), env.Need("TABLE_NAME"), env.Days("TEXT_RETENTION_DAYS"))
	accounts, err := env.TwilioAccounts(ctx, env.Need("TWILIO_SECRET_ARN"))
	return webhook.Serve(accounts, webhook.Routes{"POST /webhooks/twilio/sms": receive(t)}), err
}

// The webhook's own parameters are no variables.
func receive(t *table.Table) webhook.Handler {
	return func(_ context.Context, p webhook.Params) (webhook.TwiML, error) {
		return t.Receive(p.Get("SMS_SID"))
	}
}
