// Command function is the Lambda function of the host's tests: it does what its
// environment (BOOT) and its events ("do") ask for.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do   string `json:"do"`
	Text string `json:"text"`
}

type answer struct {
	Text       string            `json:"text"`
	PID        int               `json:"pid"`
	RequestID  string            `json:"requestId"`
	ARN        string            `json:"arn"`
	DeadlineMS int64             `json:"deadlineMs"`
	Dir        string            `json:"dir"`
	Env        map[string]string `json:"env"`
}

func main() {
	switch os.Getenv("BOOT") {
	case "exit":
		fmt.Println("TABLE_NAME is missing")
		os.Exit(3)
	case "panic":
		panic("no table")
	case "hang":
		time.Sleep(time.Hour)
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
	case "graceful":
		lambda.StartWithOptions(handle, lambda.WithEnableSIGTERM(func() {
			fmt.Println("goodbye")
			os.Exit(0)
		}))
	}
	if os.Getenv("BOOT") == "stream" {
		lambda.Start(func() (io.Reader, error) {
			return io.MultiReader(strings.NewReader("half"), failing{}), nil
		})
	}
	lambda.Start(handle)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the stream broke") }

func handle(ctx context.Context, e event) (answer, error) {
	fmt.Println("got", e.Do)
	switch e.Do {
	case "error":
		return answer{}, errors.New(e.Text)
	case "panic":
		panic(e.Text)
	case "exit":
		os.Exit(7)
	case "hang":
		<-time.After(time.Hour)
	case "wait": // until the file is there
		for {
			if _, err := os.Stat(e.Text); err == nil {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		fmt.Println("waited")
	case "grow":
		return answer{Text: strings.Repeat("x", 7<<20)}, nil
	}
	call, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	dir, _ := os.Getwd()
	a := answer{
		Text: e.Text, PID: os.Getpid(), Dir: dir, Env: map[string]string{},
		RequestID: call.AwsRequestID, ARN: call.InvokedFunctionArn, DeadlineMS: deadline.UnixMilli(),
	}
	for _, pair := range os.Environ() {
		key, value, _ := strings.Cut(pair, "=")
		a.Env[key] = value
	}
	return a, nil
}
