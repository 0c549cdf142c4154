package scenario

import (
	"context"
	"slices"
	"sync"
	"time"

	"clienteling/shared/queue"
)

// Jobs takes the jobs that a function leaves for another, and remembers them; the
// queue itself is tested end to end. It is safe for concurrent use.
type Jobs[J any] struct {
	mu   sync.Mutex
	left []J
	away error
}

func (j *Jobs[J]) leave(job J) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.away != nil {
		return j.away
	}
	j.left = append(j.left, job)
	return nil
}

// Away makes every Send fail, until Away(nil).
func (j *Jobs[J]) Away(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.away = err
}

// Left returns the jobs left so far, in order.
func (j *Jobs[J]) Left() []J {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.left)
}

// TextJobs takes the jobs of sending texts.
type TextJobs struct{ Jobs[queue.SendText] }

// Send leaves a job.
func (j *TextJobs) Send(_ context.Context, job queue.SendText, _ time.Time) error {
	return j.leave(job)
}

// NumberJobs takes the jobs of buying and releasing numbers.
type NumberJobs struct{ Jobs[queue.NumberJob] }

// Send leaves a job.
func (j *NumberJobs) Send(_ context.Context, job queue.NumberJob) error { return j.leave(job) }

// FilingJobs takes the jobs of filing registrations.
type FilingJobs struct {
	Jobs[queue.SubmitRegistration]
}

// Send leaves a job.
func (j *FilingJobs) Send(_ context.Context, job queue.SubmitRegistration) error { return j.leave(job) }
