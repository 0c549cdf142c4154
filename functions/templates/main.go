// Command templates keeps the texts that a retailer has ready: its opt-in message in
// each language, and the quick replies of its associates, in their order.
package main

import (
	"context"

	"clienteling/shared/apigw"
	"clienteling/shared/setup"
	"clienteling/shared/table"
)

func main() {
	setup.Start(func(_ context.Context, env *setup.Env) (any, error) {
		f := function{table.Open(env.AWS("DYNAMODB"), table.Options{Name: env.Need("TABLE_NAME"), Now: env.Now})}
		return apigw.New(f.options(env.Log())), nil
	})
}
