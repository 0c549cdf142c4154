package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"clienteling/infra/scenario"
)

// Two machines that answer each other: ours stops answering, and goes on to record what
// the other one says.
func TestReplyLoop(t *testing.T) {
	t.Parallel()
	db, handle := given(t, "seed")
	begun := db.Now()
	answered := 0
	say := func(n int, body string) {
		db.Set(begun.Add(time.Duration(n) * time.Second))
		r := scenario.Webhook(t, "inbound-sms/opt-out-two-words", map[string]string{"MessageSid": fmt.Sprint("SM", n), "Body": body})
		if strings.Contains(take(t, handle, r).Body, "<Message>") {
			answered++
		}
	}
	for n := range 16 {
		body, refused := "opt out", "open"
		if n%2 == 1 {
			body, refused = "START", "lifted"
		}
		say(n, body)
		expect(t, db.Items(t), suppression, map[string]any{"state": refused})
	}
	if answered != 5 {
		t.Errorf("%d of 8 opt-outs in an hour were confirmed, want 5", answered)
	}
	if n := count(db.Items(t), "THREAD#"); n != 16 {
		t.Errorf("%d of 16 texts were kept", n)
	}

	// Another hour, and somebody who means it gets their answer.
	begun, answered = begun.Add(time.Hour), 0
	say(100, "opt out")
	if answered != 1 {
		t.Error("an hour later nothing is confirmed any more")
	}
}

// A muted text that Twilio brings again gets the same bytes: none.
func TestMutedAndRepeated(t *testing.T) {
	t.Parallel()
	db, handle := given(t, "seed")
	for n := range 12 {
		body := "opt out"
		if n%2 == 1 {
			body = "START"
		}
		r := scenario.Webhook(t, "inbound-sms/opt-out-two-words", map[string]string{"MessageSid": fmt.Sprint("SM", n), "Body": body})
		first := take(t, handle, r)
		if again := take(t, handle, r); again.Body != first.Body {
			t.Errorf("text %d: first %s, then %s", n, first.Body, again.Body)
		}
	}
	if n := count(db.Items(t), "THREAD#"); n != 12 {
		t.Errorf("%d entries of 12 texts", n)
	}
}
