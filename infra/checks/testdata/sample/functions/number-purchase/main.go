package main

import (
	"context"

	"clienteling/shared/setup"
	"clienteling/shared/table"
)

func main() {
	setup.Start(func(_ context.Context, env *setup.Env) (any, error) {
		return work(table.Open(env.AWS("DYNAMODB"), env.Need("TABLE_NAME"))), nil
	})
}
