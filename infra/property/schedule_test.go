package property

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"clienteling/infra/scenario"
)

// An actor is one invocation of a function. It runs until its next call of DynamoDB
// or Twilio and waits there until the schedule lets it go on: at any moment at most
// one actor moves, so a seed always plays the same story.
type actor struct {
	name    string
	kind    kind
	context context.Context
	cancel  context.CancelFunc
	// at is the call that it waits at; nil once it is over.
	at *call
	// patience is when its time is up.
	patience time.Time
	// began is the model's step by which it began, at0 the time.
	began int
	at0   time.Time
	dead  bool
	// claimed is when it took a text to hand it to Twilio, refusedAt the step at which it
	// recorded an opt-out.
	claimed   time.Time
	refusedAt int
	// over is told once it is over: err tells how.
	over func(error)
}

type kind string

const (
	api       kind = "api"
	admin     kind = "admin"
	inbound   kind = "inbound"
	worker    kind = "worker"
	callback  kind = "status"
	reconcile kind = "reconcile"
)

// A call is one that an actor is about to make.
type call struct {
	actor *actor
	what  string
	// cut is when the caller stops waiting for it; zero for never.
	cut time.Time
	// resume says what becomes of it.
	resume chan fate
}

// fate is what becomes of a call.
type fate string

const (
	passes     fate = "passes"
	unsent     fate = "is lost before"      // the connection breaks, nothing happened
	unanswered fate = "is lost after"       // it happened, and nobody is told
	killed     fate = "kills before"        // the process ends, nothing happened
	killedLate fate = "kills after"         // it happened, and the process ends
	conflicts  fate = "meets another one"   // DynamoDB: a transaction conflict
	tooMany    fate = "is too many"         // Twilio: 429
	broken     fate = "breaks before"       // Twilio: 503, nothing happened
	brokenLate fate = "breaks after"        // Twilio: 503, and it happened
	garbled    fate = "is answered by HTML" // Twilio: 502 of some proxy, after it happened
	invalid    fate = "is refused"          // Twilio: 400
)

// stage is where actors act.
type stage struct {
	wire   *scenario.Wire
	moved  chan move
	moving *actor
	live   []*actor
	// wrote is told of every transaction that DynamoDB took, by its request.
	wrote func(a *actor, body []byte)
	// past grows with every call that Twilio is through with, and is looked at by who made
	// it: a connection that breaks is no sign to the race detector that this was before.
	past atomic.Int64
	// rewrite may change what goes to DynamoDB; nil for nothing.
	rewrite func(a *actor, body string) string
}

type actorOf struct{}

// move is what an actor did last: it came to a call, or, without one, to its end.
type move struct {
	actor *actor
	at    *call
	err   error
}

// begin starts an actor and brings it to its first call.
func (s *stage) begin(a *actor, do func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), actorOf{}, a))
	a.context, a.cancel = ctx, cancel
	s.live = append(s.live, a)
	s.moving = a
	go func() {
		err := do(ctx)
		s.moved <- move{actor: a, err: err}
	}()
	s.await(a)
}

// decide lets an actor make its call with that fate and brings it to the next one.
func (s *stage) decide(a *actor, f fate) {
	if f == killed || f == killedLate {
		a.dead = true
	}
	if f == killed {
		a.cancel()
	}
	s.moving = a
	at := a.at
	at.resume <- f
	s.await(a)
}

// await waits until the actor waits or is over, and takes those off the stage that are over.
func (s *stage) await(a *actor) {
	for {
		m := <-s.moved
		if m.actor.at = m.at; m.at == nil {
			s.live = slices.DeleteFunc(s.live, func(l *actor) bool { return l == m.actor })
			m.actor.cancel()
			if m.actor.dead {
				m.err = errKilled // whatever it returned, nobody heard it
			}
			m.actor.over(m.err)
		}
		if m.actor == a {
			return
		}
	}
}

var (
	errKilled = errors.New("the process was killed")
	errLost   = errors.New("the connection broke")
)

// wait has the actor wait at a call until the schedule lets it go on.
func (s *stage) wait(ctx context.Context, c *call) fate {
	c.resume = make(chan fate, 1)
	s.moved <- move{actor: c.actor, at: c}
	select {
	case f := <-c.resume:
		return f
	case <-ctx.Done(): // the caller has gone
		return killed
	}
}

// Do is the way of every actor to DynamoDB.
func (s *stage) Do(r *http.Request) (*http.Response, error) {
	a, _ := r.Context().Value(actorOf{}).(*actor)
	if a == nil {
		return s.wire.Do(r)
	}
	if a.dead {
		return nil, context.Canceled
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c := &call{actor: a, what: operation}
	if a.kind == inbound && operation == "GetItem" && strings.Contains(string(body), `"SUPPRESSION"`) {
		c.what = awaits
	}
	f := s.wait(context.Background(), c)
	switch f {
	case killed:
		return nil, context.Canceled
	case unsent:
		return nil, errLost
	case conflicts:
		return scenario.Canceled("TransactionConflict")(r, nil)
	}
	if s.rewrite != nil {
		body = []byte(s.rewrite(a, string(body)))
		r.ContentLength = int64(len(body))
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	answer, err := s.wire.Do(r)
	if err != nil {
		return nil, err
	}
	if operation == "TransactWriteItems" && answer.StatusCode == http.StatusOK {
		s.wrote(a, body)
	}
	switch f {
	case unanswered:
		_ = answer.Body.Close()
		return nil, errLost
	case killedLate:
		_ = answer.Body.Close()
		a.cancel()
		return nil, context.Canceled
	default:
		return answer, nil
	}
}

// awaits is the call of an opt-out that looks whether texts are still being sent.
const awaits = "look at leases"

func (a *actor) String() string {
	if a.at == nil {
		return a.name
	}
	return fmt.Sprintf("%s at %s", a.name, a.at.what)
}
