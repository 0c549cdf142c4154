//go:build unix

package stack

import (
	"context"
	"maps"
	"path"

	"clienteling/infra/local/lambda"
	"clienteling/infra/local/poller"
	"clienteling/infra/local/schedule"
	"clienteling/infra/local/sqs"
)

// startFunctions runs the functions with the template's variables; the endpoints it
// declares empty are filled in, as a person would for sam local.
func (s *Stack) startFunctions(ctx context.Context, bootstraps map[string]string) error {
	host, err := lambda.NewHost(lambda.Config{
		Listener: s.ports.take(lambdaPort), Region: region, Output: s.options.Output, Changed: s.functionsChanged,
	})
	if err != nil {
		return err
	}
	s.host = host
	s.onClose(func() { _ = host.Close() })
	database := s.Info.DynamoDB
	if s.options.Reach != nil {
		database = s.options.Reach(database)
	}
	for _, f := range s.template.Functions {
		env := maps.Clone(f.Environment)
		for name, url := range map[string]string{
			"AWS_ENDPOINT_URL_DYNAMODB":        database,
			"AWS_ENDPOINT_URL_SQS":             s.Info.SQS,
			"AWS_ENDPOINT_URL_SECRETS_MANAGER": s.ports.url(secretsPort),
		} {
			if _, declared := env[name]; declared {
				env[name] = url
			}
		}
		if err := host.Add(lambda.Function{
			Name: f.Name, Bootstrap: bootstraps[f.Name], Env: env, Timeout: f.Timeout, MemoryMB: f.MemoryMB,
			MaxConcurrency: f.ReservedConcurrency,
		}); err != nil {
			return err
		}
	}
	return host.Warm(ctx)
}

// startPoller brings jobs from the queues to the functions that work them off.
func (s *Stack) startPoller() {
	fifo := map[string]bool{}
	for _, q := range s.template.Queues {
		fifo[q.LogicalID] = q.FIFO
	}
	var sources []poller.Source
	for _, f := range s.template.Functions {
		for _, q := range f.Queues {
			sources = append(sources, poller.Source{
				QueueURL: s.queues[q.Queue], QueueARN: "arn:aws:sqs:" + region + ":000000000000:" + path.Base(s.queues[q.Queue]),
				Function: f.Name, FIFO: fifo[q.Queue], BatchSize: q.BatchSize, Window: q.Window,
				MaxConcurrency: q.MaxConcurrency, ReportBatchItemFailures: q.ReportBatchItemFailures,
			})
		}
	}
	p := poller.Start(poller.Config{
		SQS: sqs.Client(s.Info.SQS), Invoker: s.host, Region: region, Sources: sources,
		Log: func(line string) { s.options.Output("poller", 0, []byte(line)) },
	})
	s.onClose(p.Close)
}

// startSchedule runs the functions that run by the clock.
func (s *Stack) startSchedule() error {
	var entries []schedule.Entry
	for _, f := range s.template.Functions {
		for _, e := range f.Schedules {
			entries = append(entries, schedule.Entry{Function: f.Name, Expression: e.Expression, Input: e.Input})
		}
	}
	clock, err := schedule.Start(schedule.Config{
		Invoker: s.host, Entries: entries, Region: region,
		Log: func(line string) { s.options.Output("schedule", 0, []byte(line)) },
	})
	if err != nil {
		return err
	}
	s.schedule = clock
	s.onClose(clock.Close)
	return nil
}
