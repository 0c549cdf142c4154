package main

import (
	"context"

	"clienteling/shared/apigw"
	"clienteling/shared/setup"
	"clienteling/shared/table"
)

func main() {
	setup.Start(func(ctx context.Context, env *setup.Env) (any, error) {
		env.WarmDynamoDB(ctx)
		t := table.Open(env.AWS("DYNAMODB"), env.Need("TABLE_NAME"))
		return apigw.New(apigw.Options{
			Scope:  "clienteling:associate",
			Routes: apigw.Routes{"GET /v1/inbox": inbox(t)},
		}), nil
	})
}
