package main

import (
	"context"
	"encoding/json"
	"net/http"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
)

// replay leaves a failed job in its queue again. Jobs are safe to repeat, so it is
// forgotten only after that.
func (f function) replay(ctx context.Context, c *apigw.Call) (any, error) {
	j, err := f.table.FailedJob(ctx, c.Path("failedId"))
	if err != nil {
		return nil, err
	}
	switch j.Queue {
	case "MessageSendQueue":
		err = again(j, func(job queue.SendText) error { return f.texts.Send(ctx, job, f.now()) })
	case "NumberPurchaseQueue":
		err = again(j, func(job queue.NumberJob) error { return f.numbers.Send(ctx, job) })
	case "RegistrationSubmitQueue":
		err = again(j, func(job queue.SubmitRegistration) error { return f.filings.Send(ctx, job) })
	default:
		err = clienteling.E(clienteling.Internal, "queue_unknown", "This job is of a queue that is not known any more.")
	}
	if err == nil {
		err = f.table.JobReplayed(ctx, j)
	}
	if err != nil {
		return nil, err
	}
	return apigw.Reply{Status: http.StatusAccepted, Body: showFailed(j)}, nil
}

func again[J any](j table.FailedJob, send func(J) error) error {
	var job J
	if err := json.Unmarshal([]byte(j.Job), &job); err != nil {
		return err
	}
	return send(job)
}
