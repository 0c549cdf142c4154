//go:build unix

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"clienteling/infra/local/stack"
)

// step is one event of the story: play does it, shows it and checks it.
type step struct {
	title string
	play  func(*teller) error
}

// teller plays the story as its people would: customers by their phones at the
// Twilio simulator, associates by the API.
type teller struct {
	ctx   context.Context
	out   io.Writer
	stack stack.Info
	// run runs a scheduled function now.
	run   func(ctx context.Context, function string) error
	steps int
	// numbers are the stores' clienteling numbers, by store.
	numbers map[string]string
}

func (t *teller) tell(s step) error {
	t.steps++
	fmt.Fprintf(t.out, "\n%2d  %s\n", t.steps, s.title)
	began := time.Now()
	if err := s.play(t); err != nil {
		return err
	}
	t.say("ok", "%d ms", time.Since(began).Milliseconds())
	return nil
}

// say prints one line of a step: who or what, and the words.
func (t *teller) say(what, format string, args ...any) {
	fmt.Fprintf(t.out, "    %-9s %s\n", what, fmt.Sprintf(format, args...))
}

// text is a text as the simulator is asked to deliver it.
type text struct {
	From   string  `json:"from"`
	To     string  `json:"to"` // a number, or a store
	Body   string  `json:"body"`
	Media  []media `json:"media,omitempty"`
	Times  int     `json:"times,omitempty"`
	AtOnce bool    `json:"atOnce,omitempty"`
}

type media struct {
	ContentType string `json:"contentType"`
	URL         string `json:"url,omitempty"`
}

// delivered is what came of it.
type delivered struct {
	MessageSID string `json:"messageSid"`
	Deliveries []struct {
		Attempts []struct {
			Status int    `json:"status"`
			Body   string `json:"body"`
			Error  string `json:"error"`
		} `json:"attempts"`
	} `json:"deliveries"`
	TwilioReply *struct {
		Body string `json:"body"`
	} `json:"twilioReply"`
}

// text sends a text, shows it and what every delivery was answered.
func (t *teller) text(m text) (delivered, error) {
	m.To = cmp.Or(t.numbers[m.To], m.To)
	t.say("customer", "%s texts %s: %q", m.From, m.To, m.Body)
	for _, a := range m.Media {
		t.say("", "with a picture (%s)", a.ContentType)
	}
	var d delivered
	if err := t.twilio("/control/texts", m, &d); err != nil {
		return d, err
	}
	for _, delivery := range d.Deliveries {
		for _, a := range delivery.Attempts {
			t.say("answer", "%d %s%s", a.Status, a.Body, a.Error)
			if a.Status != http.StatusOK {
				return d, fmt.Errorf("the webhook answered %d %s", a.Status, a.Error)
			}
		}
	}
	if d.TwilioReply != nil {
		t.say("Twilio", "answers by itself: %q", d.TwilioReply.Body)
	}
	return d, nil
}

// call is a call as the simulator is asked to make it.
type call struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Store string `json:"store"`
}

type called struct {
	CallSID string `json:"callSid"`
	Steps   []struct {
		Kind     string   `json:"kind"`
		Numbers  []string `json:"numbers"`
		CallerID string   `json:"callerId"`
		Result   string   `json:"result"`
		Text     string   `json:"text"`
		Language string   `json:"language"`
	} `json:"steps"`
	Outcome string `json:"outcome"`
}

// call makes a call, and shows where it went.
func (t *teller) call(c call) (called, error) {
	c.To = cmp.Or(t.numbers[c.To], c.To)
	t.say("customer", "%s calls %s", c.From, c.To)
	var d called
	if err := t.twilio("/control/calls", c, &d); err != nil {
		return d, err
	}
	for _, s := range d.Steps {
		switch s.Kind {
		case "dial":
			t.say("Twilio", "rings the store at %s, showing %s: %s", strings.Join(s.Numbers, ", "), s.CallerID, s.Result)
		case "say":
			t.say("Twilio", "says in %s: %q", s.Language, s.Text)
		}
	}
	return d, nil
}

// conversation and message are what the API shows.
type conversation struct {
	ID       string `json:"id"`
	Customer struct {
		Phone string `json:"phone"`
	} `json:"customer"`
	OptIn       string `json:"optIn"`
	OptedOut    bool   `json:"optedOut"`
	Unread      int    `json:"unread"`
	LastMessage struct {
		Kind    string `json:"kind"`
		Preview string `json:"preview"`
	} `json:"lastMessage"`
}

type message struct {
	ID        string  `json:"id"`
	Kind      string  `json:"kind"`
	Direction string  `json:"direction"`
	Text      string  `json:"text"`
	Status    string  `json:"status"`
	Hint      string  `json:"hint"`
	Media     []media `json:"media"`
	At        string  `json:"at"`
}

// thread reads, as an associate, the conversation of a store with a customer, and
// shows it, oldest first.
func (t *teller) thread(store, phone string) (conversation, []message, error) {
	var inbox struct{ Items []conversation }
	if err := t.api("/v1/stores/"+store+"/conversations", &inbox); err != nil {
		return conversation{}, nil, err
	}
	for _, c := range inbox.Items {
		if c.Customer.Phone != phone {
			continue
		}
		var thread struct{ Items []message }
		if err := t.api("/v1/stores/"+store+"/conversations/"+c.ID+"/messages", &thread); err != nil {
			return c, nil, err
		}
		t.say("associate", "reads the thread of %s: %d unread, opted out: %t", phone, c.Unread, c.OptedOut)
		for i := len(thread.Items) - 1; i >= 0; i-- {
			m := thread.Items[i]
			words := fmt.Sprintf("%q", m.Text)
			if m.Kind != "text" {
				words = "(" + strings.ReplaceAll(m.Kind, "_", " ") + ")"
			}
			for _, a := range m.Media {
				words += " + " + cmp.Or(a.ContentType, "a file")
			}
			t.say("", "%s %s", m.Direction, words)
		}
		return c, thread.Items, nil
	}
	return conversation{}, nil, fmt.Errorf("the inbox of %s has no conversation with %s", store, phone)
}

// unrouted counts the texts that wait for the operator.
func (t *teller) unrouted() (int, error) {
	var work struct{ Items []struct{ ID string } }
	refused, err := t.askAs(t.stack.Tokens.Operator, http.MethodGet, "/v1/operator/work?kind=unrouted", nil, &work)
	if refused != nil {
		err = fmt.Errorf("refused: %s", refused.Detail)
	}
	return len(work.Items), err
}

// api gets a path as the associate.
func (t *teller) api(path string, into any) error {
	_, err := t.ask(http.MethodGet, path, nil, into)
	return err
}

// refusal is a problem that the API answered with.
type refusal struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// ask makes a request as the associate; a problem is no error, but returned.
func (t *teller) ask(method, path string, body, into any) (*refusal, error) {
	return t.askAs(t.stack.Tokens.Associate, method, path, body, into)
}

// askAs makes a request with a token.
func (t *teller) askAs(token, method, path string, body, into any) (*refusal, error) {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(t.ctx, method, t.stack.API+path, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if raw, err = io.ReadAll(answer.Body); err != nil {
		return nil, err
	}
	if answer.Header.Get("Content-Type") == "application/problem+json" {
		var problem refusal
		return &problem, json.Unmarshal(raw, &problem)
	}
	if answer.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s answered %d: %s", method, path, answer.StatusCode, raw)
	}
	if len(raw) == 0 {
		return nil, nil // done, and nothing to show
	}
	return nil, json.Unmarshal(raw, into)
}

// write sends a text of the associate to a customer whose conversation is known,
// and waits until it is on their phone.
func (t *teller) write(store string, c conversation, words string) error {
	var m message
	refused, err := t.ask(http.MethodPost, "/v1/stores/"+store+"/conversations/"+c.ID+"/messages", map[string]string{"text": words}, &m)
	if err != nil {
		return err
	}
	if refused != nil {
		return fmt.Errorf("refused: %s", refused.Detail)
	}
	t.say("associate", "writes %q", words)
	if err := t.arrives(c.Customer.Phone, words); err != nil {
		return err
	}
	return t.until("the text is known to be delivered", func() (bool, error) {
		var thread struct{ Items []message }
		err := t.api("/v1/stores/"+store+"/conversations/"+c.ID+"/messages", &thread)
		for _, entry := range thread.Items {
			if entry.ID == m.ID && entry.Status == "delivered" {
				return true, err
			}
		}
		return false, err
	})
}

// arrives waits until a customer's phone shows a text.
func (t *teller) arrives(phone, words string) error {
	return t.until("the text is on the customer's phone", func() (bool, error) {
		r, err := http.NewRequestWithContext(t.ctx, http.MethodGet, t.stack.Twilio.BaseURL+"/control/phones/"+phone, nil)
		if err != nil {
			return false, err
		}
		var shown struct {
			Items []struct {
				Direction string `json:"direction"`
				Body      string `json:"body"`
			} `json:"items"`
		}
		if err := do(r, &shown); err != nil {
			return false, err
		}
		for _, i := range shown.Items {
			if i.Direction == "in" && i.Body == words {
				t.say("customer", "reads %q", i.Body)
				return true, nil
			}
		}
		return false, nil
	})
}

// until waits for something to happen, ten seconds at most.
func (t *teller) until(what string, happened func() (bool, error)) error {
	return t.within(10*time.Second, what, happened)
}

func (t *teller) within(limit time.Duration, what string, happened func() (bool, error)) error {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if done, err := happened(); done || err != nil {
			return err
		}
	}
	return fmt.Errorf("waited in vain until %s", what)
}

// twilio posts to the simulator's control interface.
func (t *teller) twilio(path string, body, into any) error {
	return t.control(http.MethodPost, path, body, into)
}

// control calls the simulator's control interface.
func (t *teller) control(method, path string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(t.ctx, method, t.stack.Twilio.BaseURL+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	return do(r, into)
}

func do(r *http.Request, into any) error {
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s answered %d: %s", r.Method, r.URL.Path, answer.StatusCode, raw)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(raw, into)
}
