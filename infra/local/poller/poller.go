// Package poller is the SQS event source mapping of Lambda on a laptop: it reads
// queues, gives their messages to functions in batches and deletes those that were
// handled. The rest is left to the queue: a message that was not handled comes again
// after the visibility timeout, until the redrive policy moves it to the dead-letter
// queue.
//
// Records, batching windows, the limit on concurrency and the rules for a function's
// answer are those AWS documents ("Using Lambda with Amazon SQS" in the Lambda
// developer guide). Of a FIFO queue everything that is not reported as failed is
// deleted, as on AWS, even what comes after a failure of the same group: a function
// that wants order has to report the rest of the group too. That a group waits while
// one of its messages is being handled is the queue's doing.
//
// Unlike on AWS, one receiver reads a queue, so that a batch fills up before the next
// begins; concurrency does not grow with load nor shrink with errors; an event that
// exceeds Lambda's 6 MB is not split; and there are no filters.
package poller

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
)

const (
	defaultBatch       = 10
	defaultConcurrency = 5               // how many invocations AWS starts with
	pause              = time.Second     // between two tries to reach SQS, on top of the SDK's own
	patience           = 5 * time.Second // how long Close waits for functions
)

// Invoker runs functions.
type Invoker interface {
	// Invoke runs a function with an event, and returns early when the context ends.
	// functionError is "" on success, else Lambda's error type ("Unhandled",
	// "Sandbox.Timedout", "Runtime.ExitError"); err is only for an invocation that could
	// not be made.
	Invoke(ctx context.Context, function string, event []byte) (response []byte, functionError string, err error)
}

// Source is a queue and the function that handles its messages.
type Source struct {
	QueueURL, QueueARN string

	Function       string
	FIFO           bool          // a FIFO queue's batches do not wait for more: Window does not count
	BatchSize      int           // messages in a batch at most; 0: 10
	Window         time.Duration // how long a batch waits to fill up, in whole seconds; 0: not at all
	MaxConcurrency int           // batches handled at once; 0: 5

	// ReportBatchItemFailures has the function name the messages that failed. Without it
	// a batch is handled, or fails, as a whole.
	ReportBatchItemFailures bool
}

// name is the queue's, for the log.
func (s Source) name() string { return s.QueueARN[strings.LastIndexByte(s.QueueARN, ':')+1:] }

// Config says what to poll. Log may be called from several goroutines at once.
type Config struct {
	SQS     *awssqs.Client
	Invoker Invoker
	Region  string // empty: us-east-1
	Sources []Source

	// Log gets a line for each batch that failed, in part or as a whole, and when SQS
	// goes away and comes back; never a message's body. Nil: none.
	Log func(line string)
}

// Poller polls queues.
type Poller struct {
	config   Config
	patience time.Duration
	running  sync.WaitGroup     // receivers and invocations
	stop     context.CancelFunc // ends the receivers
	abandon  context.CancelFunc // ends the invocations
}

// Start begins to poll, and goes on until Close.
func Start(c Config) *Poller {
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Log == nil {
		c.Log = func(string) {}
	}
	receiving, stop := context.WithCancel(context.Background())
	invoking, abandon := context.WithCancel(context.Background())
	p := &Poller{config: c, patience: patience, stop: stop, abandon: abandon}
	for _, s := range c.Sources {
		if s.BatchSize <= 0 {
			s.BatchSize = defaultBatch
		}
		if s.MaxConcurrency <= 0 {
			s.MaxConcurrency = defaultConcurrency
		}
		if s.FIFO {
			s.Window = 0
		}
		p.running.Go(func() { p.poll(receiving, invoking, s) })
	}
	return p
}

// Close stops receiving, gives running invocations five seconds to end, and waits.
// A message that SQS hands out in the very moment, or that fauxqs hands to the receive
// it does not know to be cancelled (for up to 20 s), comes again after its visibility
// timeout.
func (p *Poller) Close() {
	p.stop()
	late := time.AfterFunc(p.patience, p.abandon)
	p.running.Wait()
	late.Stop()
	p.abandon()
}

// poll hands one batch after the other to the function.
func (p *Poller) poll(receiving, invoking context.Context, s Source) {
	slots := make(chan struct{}, s.MaxConcurrency)
	away := false
	for {
		// What is received without a free slot would only use up its visibility timeout.
		select {
		case slots <- struct{}{}:
		case <-receiving.Done():
		}
		if receiving.Err() != nil {
			return
		}
		batch, err := p.collect(receiving, s)
		if len(batch) > 0 {
			p.running.Go(func() {
				p.deliver(invoking, s, batch)
				<-slots
			})
		} else {
			<-slots
		}
		switch {
		case err != nil && receiving.Err() == nil:
			if !away {
				p.config.Log(fmt.Sprintf("%s cannot be read; trying again until it can: %v", s.name(), err))
			}
			away = true
			wait(receiving, pause)
		case err == nil && away:
			away = false
			p.config.Log(s.name() + " can be read again")
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
