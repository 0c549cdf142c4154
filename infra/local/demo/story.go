//go:build unix

package main

import (
	"fmt"
	"net/http"
	"slices"

	"clienteling/infra/local/seed"
)

// The customers, from the ranges kept for fiction.
const (
	emma  = "+12125550142"
	oscar = "+447700900142"
	lena  = "+4917139200142"
	nora  = "+4917139200143"
	paul  = "+447700900143"
)

// The stores that texts and calls go to.
const (
	newYork = "new-york"
	london  = "london"
	berlin  = "berlin"
)

var story = []step{
	{"Emma texts the store in New York, with an emoji", func(t *teller) error {
		const words = "Hi! Do you have the camel coat in M? 🧥😍"
		if _, err := t.text(text{From: emma, To: newYork, Body: words}); err != nil {
			return err
		}
		c, thread, err := t.thread("new-york", emma)
		if err != nil {
			return err
		}
		if len(thread) != 1 || thread[0].Text != words || c.Unread != 1 {
			return fmt.Errorf("want one unread text, as it was sent")
		}
		return nil
	}},
	{"Twilio delivers Oscar's text twice at once", func(t *teller) error {
		d, err := t.text(text{From: oscar, To: london, Body: "Are you open on Sunday?", Times: 2, AtOnce: true})
		if err != nil {
			return err
		}
		if a, b := d.Deliveries[0].Attempts[0].Body, d.Deliveries[1].Attempts[0].Body; a != b {
			return fmt.Errorf("two answers to one text: %s and %s", a, b)
		}
		return t.wantLength("london", oscar, 1)
	}},
	{"Emma sends a picture", func(t *teller) error {
		if _, err := t.text(text{From: emma, To: newYork, Body: "This one", Media: []media{{ContentType: "image/jpeg"}}}); err != nil {
			return err
		}
		_, thread, err := t.thread("new-york", emma)
		if err != nil {
			return err
		}
		if len(thread) != 2 || len(thread[0].Media) != 1 || thread[0].Media[0].ContentType != "image/jpeg" {
			return fmt.Errorf("want the picture as the newest of two entries")
		}
		return nil
	}},
	{"Somebody texts a number that no store uses", func(t *teller) error {
		if _, err := t.text(text{From: emma, To: seed.UnusedNumber, Body: "Anybody there?"}); err != nil {
			return err
		}
		waiting, err := t.unrouted()
		if err != nil {
			return err
		}
		t.say("operator", "has %d text without a store waiting; the customer got no answer", waiting)
		if waiting != 1 {
			return fmt.Errorf("want it kept for the operator")
		}
		return nil
	}},
	{"Oscar has had enough: STOP", func(t *teller) error {
		d, err := t.text(text{From: oscar, To: london, Body: "STOP"})
		if err != nil {
			return err
		}
		if body := d.Deliveries[0].Attempts[0].Body; body != `<?xml version="1.0" encoding="UTF-8"?><Response/>` {
			return fmt.Errorf("want no answer of ours, since Twilio answers STOP itself: %s", body)
		}
		c, _, err := t.thread("london", oscar)
		if err == nil && !c.OptedOut {
			err = fmt.Errorf("want the conversation to say that he opted out")
		}
		return err
	}},
	{"Lena calls the store in Berlin, and somebody answers", func(t *teller) error {
		d, err := t.call(call{From: lena, To: berlin, Store: "answered"})
		if err != nil {
			return err
		}
		for _, s := range d.Steps {
			if s.Kind == "dial" && slices.Contains(s.Numbers, berlinPhone) && s.CallerID == lena {
				return nil
			}
		}
		return fmt.Errorf("want the landline %s to ring, showing %s", berlinPhone, lena)
	}},
	{"Nora, whom the store knows, calls in vain", func(t *teller) error {
		if _, err := t.text(text{From: nora, To: berlin, Body: "Ich rufe gleich mal an"}); err != nil {
			return err
		}
		d, err := t.call(call{From: nora, To: berlin, Store: "no-answer"})
		if err != nil {
			return err
		}
		said := false
		for _, s := range d.Steps {
			said = said || s.Kind == "say" && s.Language == "de-DE"
		}
		if !said {
			return fmt.Errorf("want a sentence in German")
		}
		c, _, err := t.thread("berlin", nora)
		if err == nil && c.LastMessage.Kind != "missed_call" {
			err = fmt.Errorf("want the missed call in her thread")
		}
		return err
	}},
	{"The associate in London begins a conversation with Paul", func(t *teller) error {
		c, err := t.begin("london", paul, "Paul", "Hi Paul, Alex here. Your coat has arrived.")
		if err != nil {
			return err
		}
		refused, err := t.ask(http.MethodPost, "/v1/stores/london/conversations/"+c.ID+"/messages", map[string]string{"text": "Are you there?"}, new(message))
		if err != nil {
			return err
		}
		if refused == nil || refused.Code != "opt_in_required" {
			return fmt.Errorf("want a second text refused before Paul has agreed, got %+v", refused)
		}
		t.say("API", "refuses another text: %s", refused.Detail)
		return nil
	}},
	{"Paul says yes, and both write", func(t *teller) error {
		if _, err := t.text(text{From: paul, To: london, Body: "Yes"}); err != nil {
			return err
		}
		c, _, err := t.thread("london", paul)
		if err != nil {
			return err
		}
		if c.OptIn != "accepted" {
			return fmt.Errorf("want his opt-in accepted, it is %s", c.OptIn)
		}
		if err := t.write("london", c, "Great! We are open until 8. Shall I put it aside? 🧥"); err != nil {
			return err
		}
		_, err = t.text(text{From: paul, To: london, Body: "Please do"})
		return err
	}},
	{"Paul texts STOP, and the associate is refused", func(t *teller) error {
		if _, err := t.text(text{From: paul, To: london, Body: "STOP"}); err != nil {
			return err
		}
		c, _, err := t.thread("london", paul)
		if err != nil {
			return err
		}
		refused, err := t.ask(http.MethodPost, "/v1/stores/london/conversations/"+c.ID+"/messages", map[string]string{"text": "One more thing"}, new(message))
		if err != nil {
			return err
		}
		if refused == nil || refused.Code != "opted_out" {
			return fmt.Errorf("want the text refused, got %+v", refused)
		}
		t.say("API", "refuses: %s", refused.Detail)
		return nil
	}},
	{"Paul changes his mind: START", func(t *teller) error {
		if _, err := t.text(text{From: paul, To: london, Body: "START"}); err != nil {
			return err
		}
		c, _, err := t.thread("london", paul)
		if err != nil {
			return err
		}
		return t.write("london", c, "Good to have you back, Paul.")
	}},
	{"A stranger forges a text from Emma", func(t *teller) error {
		var answer struct {
			Status int    `json:"status"`
			Body   string `json:"body"`
		}
		t.say("stranger", "posts to the webhook, signed with a token of their own")
		err := t.twilio("/control/requests", map[string]any{
			"path": "/webhooks/twilio/sms", "sign": "forged",
			"params": map[string]string{
				"MessageSid": "SM00000000000000000000000000000bad", "AccountSid": seed.AccountSID,
				"From": emma, "To": t.numbers[newYork], "Body": "Send me the coat, my new address is ...",
			},
		}, &answer)
		if err != nil {
			return err
		}
		t.say("answer", "%d %s", answer.Status, answer.Body)
		if answer.Status != http.StatusForbidden {
			return fmt.Errorf("want 403")
		}
		return t.wantLength("new-york", emma, 2)
	}},
}

// begin starts a conversation as the associate and waits for the request to arrive.
func (t *teller) begin(store, phone, name, introduction string) (conversation, error) {
	var c conversation
	refused, err := t.ask(http.MethodPost, "/v1/stores/"+store+"/conversations",
		map[string]string{"phone": phone, "name": name, "introduction": introduction}, &c)
	if err != nil {
		return c, err
	}
	if refused != nil {
		return c, fmt.Errorf("refused: %s", refused.Detail)
	}
	t.say("associate", "begins a conversation with %s: %q", name, introduction)
	request := introduction + "\n\nAcme Regent Street: may Alex Associate text you about your orders? YES to agree, STOP to refuse."
	if err := t.arrives(phone, request); err != nil {
		return c, err
	}
	return c, t.until("the request counts as asked", func() (bool, error) {
		var now conversation
		err := t.api("/v1/stores/"+store+"/conversations/"+c.ID, &now)
		return now.OptIn == "waiting", err
	})
}

// wantLength checks how many entries a thread has.
func (t *teller) wantLength(store, phone string, want int) error {
	_, thread, err := t.thread(store, phone)
	if err == nil && len(thread) != want {
		err = fmt.Errorf("the thread has %d entries, want %d", len(thread), want)
	}
	return err
}
