package main

import (
	"context"
	"errors"
	"time"

	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

const (
	// erasedAtOnce is how many texts and calls one call deletes, each by a call of
	// Twilio or more; a run makes erasureRounds such calls for each number.
	erasedAtOnce, erasureRounds = 50, 4
	// erasedHere is how many entries of threads a run deletes for one person.
	erasedHere = 2000
	// erasureRests is how long an erasure rests at most that comes to nothing.
	erasureRests = time.Hour
)

// eraser deletes texts and calls at Twilio.
type eraser interface {
	EraseBetween(ctx context.Context, accountSID, ours, theirs string, before time.Time, most int) (left bool, err error)
}

// erasures goes on with erasing people, each as far as it goes now. One that fails is
// tried again, ever less often, and until it is done: every run that fails says so.
func (f function) erasures(ctx context.Context) error {
	due, err := f.table.DueErasures(ctx, f.now(), perShard)
	failures := []error{err}
	for _, e := range due {
		if late(ctx) {
			break
		}
		left, err := f.erase(ctx, e)
		tries := 0
		if err != nil {
			tries = e.Tries + 1
			f.log.ErrorContext(ctx, "a customer could not be erased yet", "retailer", e.Retailer, "customer", e.Customer, "phone", clienteling.Mask(e.Phone),
				"requestedAt", e.RequestedAt, "tries", tries, "error", err)
			failures = append(failures, err)
		}
		if left || err != nil {
			failures = append(failures, f.table.ErasureDueAgain(ctx, e, f.now().Add(rest(tries)), tries))
			continue
		}
		f.log.InfoContext(ctx, "a customer was erased", "retailer", e.Retailer, "customer", e.Customer, "requestedAt", e.RequestedAt)
	}
	return errors.Join(failures...)
}

// rest is how long an erasure rests after so many tries that came to nothing.
func rest(tries int) time.Duration {
	return min(again<<min(tries, 10), erasureRests)
}

// erase erases a person: nothing may be on its way to them; then what Twilio has, then
// what we have, which does not wait for Twilio. It may end anywhere, and begins at the
// beginning then.
func (f function) erase(ctx context.Context, e table.Erasure) (left bool, err error) {
	withdrawn, err := f.table.WithdrawTexts(ctx, e)
	if err != nil || !withdrawn {
		return true, err
	}
	lines, err := f.table.ErasureLines(ctx, e)
	if err != nil {
		return true, err
	}
	there, notThere := f.eraseAtTwilio(ctx, e, lines)
	here, notHere := f.table.EraseRecords(ctx, e, erasedHere)
	if err := errors.Join(notThere, notHere); err != nil || there || here {
		return true, err
	}
	return false, f.table.ErasureDone(ctx, e, f.now())
}

// eraseAtTwilio erases what Twilio has of a person. One number that fails does not keep
// the others. What would take longer than the function's time is left.
func (f function) eraseAtTwilio(ctx context.Context, e table.Erasure, lines []table.Line) (left bool, err error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
	}
	var failures []error
	for _, l := range lines {
		more, err := f.eraseLine(ctx, e, l)
		if ctx.Err() != nil {
			return true, errors.Join(failures...)
		}
		left = left || more
		failures = append(failures, err)
	}
	return left, errors.Join(failures...)
}

// eraseLine erases what went through one of our numbers until the erasure was asked for.
// A text of ours that was on its way by then came to Twilio later; up to such a one
// Twilio loses what the customer has texted since, too, which is in the thread.
func (f function) eraseLine(ctx context.Context, e table.Erasure, l table.Line) (left bool, err error) {
	sent, err := f.twilio.TextsTo(ctx, l.AccountSID, l.Number, e.Phone)
	if err != nil {
		return true, err
	}
	until := e.RequestedAt
	for _, t := range sent {
		if t.CreatedAt.After(until) {
			until = t.CreatedAt
		}
	}
	left = true
	for round := 0; left && err == nil && round < erasureRounds; round++ {
		left, err = f.twilio.EraseBetween(ctx, l.AccountSID, l.Number, e.Phone, until, erasedAtOnce)
	}
	return left, err
}
