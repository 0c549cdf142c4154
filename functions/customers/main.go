// Command customers tells a retailer's administrators what is known of a customer: the
// evidence of their consent, and everything that is kept of them. It takes the order to
// erase them.
package main

import (
	"context"

	"clienteling/shared/apigw"
	"clienteling/shared/setup"
	"clienteling/shared/table"
)

func main() {
	setup.Start(func(ctx context.Context, env *setup.Env) (any, error) {
		phoneKey, err := env.Secret(ctx, env.Need("PHONE_KEY_SECRET_ARN"))
		f := function{env.Log(), env.Now, table.Open(env.AWS("DYNAMODB"), table.Options{
			Name: env.Need("TABLE_NAME"), PhoneKey: []byte(phoneKey), TextRetention: env.Days("TEXT_RETENTION_DAYS"),
		})}
		return apigw.New(apigw.Options{Scope: "clienteling:manage", Routes: f.routes(), Log: env.Log()}), err
	})
}
