//go:build unix

package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/infra/local/template"
)

// Client talks to an emulator, with credentials that are good for nothing else.
// It retries as the SDK does by default: without that a few calls in ten thousand
// fail on a connection that was just closed.
func Client(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(endpoint),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
		// DynamoDB Local's errors carry no checksum, and the SDK would warn of each.
		DisableValidateResponseChecksum: true,
	})
}

// CreateTable makes the table with its indexes and time to live. A table that is
// there already is left as it is when it matches, and an error when it does not.
func CreateTable(ctx context.Context, endpoint string, t template.Table) error {
	client := Client(endpoint)
	want := request(t)
	_, err := client.CreateTable(ctx, want)
	if exists := (*types.ResourceInUseException)(nil); errors.As(err, &exists) {
		err = matches(ctx, client, want)
	}
	if err != nil {
		return fmt.Errorf("table %s: %w", t.Name, err)
	}
	if t.TTLAttribute == "" {
		return nil
	}
	if err := enableTTL(ctx, client, t.Name, t.TTLAttribute); err != nil {
		return fmt.Errorf("table %s: time to live: %w", t.Name, err)
	}
	return nil
}

func request(t template.Table) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName:   aws.String(t.Name),
		BillingMode: types.BillingModePayPerRequest,
		KeySchema:   keySchema(t.Key),
	}
	keys := []template.Key{t.Key}
	for _, index := range t.Indexes {
		keys = append(keys, index.Key)
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(index.Name),
			KeySchema: keySchema(index.Key),
			Projection: &types.Projection{
				ProjectionType:   types.ProjectionType(index.Projection),
				NonKeyAttributes: index.NonKeyAttributes,
			},
		})
	}
	var names []string // every key attribute once, though indexes share some
	for _, key := range keys {
		names = append(names, key.Hash)
		if key.Range != "" {
			names = append(names, key.Range)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS,
		})
	}
	return in
}

func keySchema(k template.Key) []types.KeySchemaElement {
	schema := []types.KeySchemaElement{{AttributeName: aws.String(k.Hash), KeyType: types.KeyTypeHash}}
	if k.Range != "" {
		schema = append(schema, types.KeySchemaElement{AttributeName: aws.String(k.Range), KeyType: types.KeyTypeRange})
	}
	return schema
}

// matches compares what is there with what is wanted: a state folder outlives the
// template it was made for.
func matches(ctx context.Context, client *dynamodb.Client, want *dynamodb.CreateTableInput) error {
	out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: want.TableName})
	if err != nil {
		return err
	}
	wanted := []string{shape("table", want.KeySchema, nil)}
	for _, index := range want.GlobalSecondaryIndexes {
		wanted = append(wanted, shape(*index.IndexName, index.KeySchema, index.Projection))
	}
	found := []string{shape("table", out.Table.KeySchema, nil)}
	for _, index := range out.Table.GlobalSecondaryIndexes {
		found = append(found, shape(*index.IndexName, index.KeySchema, index.Projection))
	}
	slices.Sort(wanted)
	slices.Sort(found)
	if !slices.Equal(wanted, found) {
		return fmt.Errorf("the stored one has other keys than the template: start with an empty state (RESET=1); stored %v, wanted %v", found, wanted)
	}
	return nil
}

// shape writes keys and projection in a form that can be compared and read.
func shape(name string, keys []types.KeySchemaElement, p *types.Projection) string {
	var b strings.Builder
	b.WriteString(name)
	for _, k := range keys {
		fmt.Fprintf(&b, " %s=%s", k.KeyType, *k.AttributeName)
	}
	if p != nil {
		attributes := slices.Clone(p.NonKeyAttributes)
		slices.Sort(attributes)
		fmt.Fprintf(&b, " %s %v", p.ProjectionType, attributes)
	}
	return b.String()
}

func enableTTL(ctx context.Context, client *dynamodb.Client, table, attribute string) error {
	out, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: aws.String(table)})
	if err != nil {
		return err
	}
	if now := out.TimeToLiveDescription; now != nil && now.TimeToLiveStatus == types.TimeToLiveStatusEnabled {
		if on := aws.ToString(now.AttributeName); on != attribute {
			return fmt.Errorf("the stored table has it on %s, not %s: start with an empty state (RESET=1)", on, attribute)
		}
		return nil // to enable it twice is an error
	}
	_, err = client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: aws.String(table),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String(attribute), Enabled: aws.Bool(true),
		},
	})
	return err
}
