// Command conversations is the Associate App's view of a store: the shared inbox
// and its threads.
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
		f := function{table.Open(env.AWS("DYNAMODB"), table.Options{Name: env.Need("TABLE_NAME")})}
		return apigw.New(apigw.Options{Scope: "clienteling:associate", Routes: f.routes(), Log: env.Log()}), nil
	})
}
