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
type Jobs struct {
	mu   sync.Mutex
	left []queue.SendText
	away error
}

// Send leaves a job.
func (j *Jobs) Send(_ context.Context, job queue.SendText, _ time.Time) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.away != nil {
		return j.away
	}
	j.left = append(j.left, job)
	return nil
}

// Away makes every Send fail, until Away(nil).
func (j *Jobs) Away(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.away = err
}

// Left returns the jobs left so far, in order.
func (j *Jobs) Left() []queue.SendText {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.left)
}
