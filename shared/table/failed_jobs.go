package table

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/shared/clienteling"
)

// FailedJob is a job that a worker gave up after its last try. SQS cannot list a
// dead-letter queue, so the worker leaves it here for the operator.
type FailedJob struct {
	// ID is made from what the job is: one job failing twice is one entry.
	ID string
	// Queue is the queue's name in the template, NumberPurchaseQueue; Job is the job as
	// it was in the queue, JSON with ids only.
	Queue, Job string
	// Cause is the error of the last try.
	Cause string
	At    time.Time
}

// failedRetention is how long a failed job waits for the operator.
const failedRetention = 30 * 24 * time.Hour

// JobFailed records a job that was given up.
func (t *Table) JobFailed(ctx context.Context, j FailedJob) error {
	sum := sha256.Sum256([]byte(j.Queue + "\x00" + j.Job))
	j.ID = base32Lower.EncodeToString(sum[:16])
	i := failedKey(j.ID).item()
	operatorKey("failed", j.ID, j.At).onto(i, "gsi2")
	i["queue"], i["job"], i["cause"], i["at"] = str(j.Queue), str(j.Job), str(j.Cause), str(stamp(j.At))
	i["expiresAt"] = num(j.At.Add(failedRetention).Unix())
	return t.put(ctx, i, "")
}

// Keep returns what keeps the failed jobs of a queue.
func (t *Table) Keep(queue string) func(ctx context.Context, body string, cause error) error {
	return func(ctx context.Context, body string, cause error) error {
		return t.JobFailed(ctx, FailedJob{Queue: queue, Job: body, Cause: cause.Error(), At: t.now()})
	}
}

// FailedJob returns a failed job; clienteling.ErrNotFound: there is none, or it was
// replayed.
func (t *Table) FailedJob(ctx context.Context, id string) (FailedJob, error) {
	if len(id) > maxID {
		return FailedJob{}, clienteling.ErrNotFound
	}
	i, err := t.get(ctx, failedKey(id), true)
	if err != nil {
		return FailedJob{}, err
	}
	return readFailedJob(i), nil
}

// JobReplayed forgets a failed job that was left in its queue again.
func (t *Table) JobReplayed(ctx context.Context, j FailedJob) error {
	_, err := t.transact(ctx, []types.TransactWriteItem{t.erase(failedKey(j.ID), "#at = :at", item{":at": str(stamp(j.At))})})
	return err
}

func readFailedJob(i item) FailedJob {
	return FailedJob{
		ID: text(i, "pk")[len("FAILED#"):], Queue: text(i, "queue"), Job: text(i, "job"), Cause: text(i, "cause"), At: moment(i, "at"),
	}
}
