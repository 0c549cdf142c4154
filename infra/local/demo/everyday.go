//go:build unix

package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"clienteling/infra/local/seed"
)

// More customers, from the ranges kept for fiction.
const (
	jonas = "+4917139200144"
	mila  = "+4917139200145"
	grace = "+12125550146"
)

// templates are as the API shows them.
type templates struct {
	OptIn []struct {
		Language string `json:"language"`
		Text     string `json:"text"`
		Hash     string `json:"hash"`
		Segments int    `json:"segments"`
	} `json:"optIn"`
	QuickReplies []quickReply `json:"quickReplies"`
}

type quickReply struct {
	ID       string `json:"id,omitempty"`
	Title    string `json:"title"`
	Message  string `json:"message"`
	Segments int    `json:"segments,omitempty"`
}

// wording is what London's customers are asked with, once the admin has changed it.
const wording = "{{store.name}}: may {{associate.name}} text you about your orders? YES to agree, STOP to refuse."

// texts is how an admin sets up what is written.
var texts = []step{
	{"The admin rewords the opt-in message and sets up quick replies", func(t *teller) error {
		var all templates
		if err := t.admin(http.MethodGet, "/v1/templates", nil, &all); err != nil {
			return err
		}
		var languages []string
		for _, o := range all.OptIn {
			languages = append(languages, o.Language)
			t.say("NOM", "%s, segments: %d, %q", o.Language, o.Segments, o.Text)
		}
		if !slices.Equal(languages, []string{"da", "de", "en", "et", "fr", "sv"}) {
			return fmt.Errorf("want the messages of the retailer's countries, got %q", languages)
		}
		if err := t.admin(http.MethodPut, "/v1/templates/opt-in/en", map[string]string{"text": wording}, new(map[string]any)); err != nil {
			return err
		}
		var ids []string
		for _, r := range []quickReply{
			{Title: "Open", Message: "Hi {{customer.name}}, {{store.name}} is open until 8 today."},
			{Title: "Ready", Message: "Hi {{customer.name}}, {{associate.name}} here: it is ready to be collected. Call us at {{store.phone}}."},
		} {
			var made quickReply
			if err := t.admin(http.MethodPost, "/v1/templates/quick-replies", r, &made); err != nil {
				return err
			}
			t.say("NOM", "quick reply %q, segments: %d", made.Title, made.Segments)
			ids = append(ids, made.ID)
		}
		slices.Reverse(ids)
		if err := t.admin(http.MethodPut, "/v1/templates/quick-replies/order", map[string]any{"order": ids}, new(map[string]any)); err != nil {
			return err
		}
		if err := t.api("/v1/templates", &all); err != nil {
			return err
		}
		if len(all.QuickReplies) != 2 || all.QuickReplies[0].Title != "Ready" {
			return fmt.Errorf("want associates to see them in the new order, got %+v", all.QuickReplies)
		}
		t.say("associate", "sees %q first", all.QuickReplies[0].Title)
		return nil
	}},
}

// everyday is what comes up in the inbox: quick replies, pictures, the night, words of
// other languages, and people who want to be forgotten.
var everyday = []step{
	{"A quick reply goes out with the names filled in", func(t *teller) error {
		c, _, err := t.thread("london", paul)
		if err != nil {
			return err
		}
		var all templates
		if err := t.api("/v1/templates", &all); err != nil {
			return err
		}
		var m message
		if err := t.must(t.ask(http.MethodPost, messagesOf(london, c), map[string]string{"quickReplyId": all.QuickReplies[0].ID}, &m)); err != nil {
			return err
		}
		return t.arrives(paul, "Hi Paul, Alex Associate here: it is ready to be collected. Call us at 020 7946 0190.")
	}},
	{"Grace in New York gets a picture; from Berlin none can be sent", func(t *teller) error {
		if _, err := t.beginAnywhere(newYork, grace, "Grace", true); err != nil {
			return err
		}
		picture := map[string]any{"text": "This one?", "mediaUrls": []string{"https://images.example.com/coat.jpg"}}
		c, _, err := t.thread(newYork, grace)
		if err != nil {
			return err
		}
		if err := t.must(t.ask(http.MethodPost, messagesOf(newYork, c), picture, new(message))); err != nil {
			return err
		}
		if err := t.arrives(grace, "This one?"); err != nil {
			return err
		}
		if _, err := t.beginAnywhere(berlin, jonas, "Jonas", true); err != nil {
			return err
		}
		c, _, err = t.thread(berlin, jonas)
		if err != nil {
			return err
		}
		return t.refusedWith("media_unsupported", http.MethodPost, messagesOf(berlin, c), picture)
	}},
	{"Grace has enough, in her own words: a hint for the associate, who records it", func(t *teller) error {
		if _, err := t.text(text{From: grace, To: newYork, Body: "Please stop texting me."}); err != nil {
			return err
		}
		c, thread, err := t.thread(newYork, grace)
		if err != nil {
			return err
		}
		if c.OptedOut || thread[0].Hint != "likely_opt_out" {
			return fmt.Errorf("want a hint and nothing applied by guess: opted out %t, %+v", c.OptedOut, thread[0])
		}
		t.say("API", "hints: %s", thread[0].Hint)
		if err := t.must(t.ask(http.MethodPost, "/v1/stores/new-york/conversations/"+c.ID+"/opt-out", nil, &c)); err != nil {
			return err
		}
		if !c.OptedOut {
			return fmt.Errorf("want her opted out")
		}
		return t.refusedWith("opted_out", http.MethodPost, messagesOf(newYork, c), map[string]string{"text": "Sorry!"})
	}},
	{"Grace wants to be forgotten, here and at Twilio", func(t *teller) error {
		var order struct{ State string }
		if err := t.admin(http.MethodDelete, "/v1/customers/%2B12125550146", nil, &order); err != nil {
			return err
		}
		t.say("API", "her data is being erased: %s", order.State)
		return t.refusedWith("being_erased", http.MethodPost, "/v1/stores/new-york/conversations", map[string]string{"phone": grace})
	}},
	{"At night nobody is disturbed", func(t *teller) error {
		if err := t.moves(berlin, seed.Midnight(time.Now())); err != nil {
			return err
		}
		body := map[string]string{"phone": mila, "name": "Mila"}
		if err := t.refusedWith("quiet_hours", http.MethodPost, "/v1/stores/berlin/conversations", body); err != nil {
			return err
		}
		return t.moves(berlin, seed.Noon(time.Now()))
	}},
	{"Jonas unsubscribes in German, and is answered once", func(t *teller) error {
		d, err := t.text(text{From: jonas, To: berlin, Body: "Abmelden!"})
		if err != nil {
			return err
		}
		if answer := d.Deliveries[0].Attempts[0].Body; !strings.Contains(answer, "<Message>") {
			return fmt.Errorf("want a confirmation, since Twilio does not know the word: %s", answer)
		}
		c, _, err := t.thread(berlin, jonas)
		if err == nil && !c.OptedOut {
			err = fmt.Errorf("want him opted out")
		}
		return err
	}},
	{"The proof of Paul's consent names the wording that he saw", func(t *teller) error {
		var evidence struct {
			Items []struct {
				Effect  string `json:"effect"`
				At      string `json:"at"`
				Request *struct {
					Text    string `json:"text"`
					Wording struct {
						Text string `json:"text"`
					} `json:"wording"`
				} `json:"request"`
			} `json:"items"`
		}
		if err := t.admin(http.MethodPut, "/v1/templates/opt-in/en", map[string]string{"text": "{{store.name}}: may we text you? YES or STOP."}, new(map[string]any)); err != nil {
			return err
		}
		if err := t.admin(http.MethodGet, "/v1/customers/%2B447700900143/consent", nil, &evidence); err != nil {
			return err
		}
		found := false
		for _, e := range evidence.Items {
			t.say("NOM", "%s %s", e.At, e.Effect)
			if e.Request != nil && e.Request.Wording.Text == wording {
				t.say("", "he saw %q", e.Request.Text)
				found = true
			}
		}
		if !found {
			return fmt.Errorf("want the wording of then, not the one of now: %+v", evidence)
		}
		return nil
	}},
	{"A quarter of a minute later Grace is forgotten, and her refusal is not", func(t *teller) error {
		err := t.within(30*time.Second, "everything about her is erased", func() (bool, error) {
			if err := t.run(t.ctx, "ReconcileFunction"); err != nil {
				return false, err
			}
			var inbox struct{ Items []conversation }
			err := t.api("/v1/stores/new-york/conversations", &inbox)
			return !slices.ContainsFunc(inbox.Items, func(c conversation) bool { return c.Customer.Phone == grace }), err
		})
		if err != nil {
			return err
		}
		t.say("associate", "has no conversation with her any more")
		return t.refusedWith("opted_out", http.MethodPost, "/v1/stores/new-york/conversations", map[string]string{"phone": grace, "name": "Grace"})
	}},
}

func messagesOf(store string, c conversation) string {
	return "/v1/stores/" + store + "/conversations/" + c.ID + "/messages"
}

// must makes a refusal an error.
func (t *teller) must(refused *refusal, err error) error {
	if refused != nil {
		return fmt.Errorf("refused: %s: %s", refused.Code, refused.Detail)
	}
	return err
}

// refusedWith makes a request of the associate that has to be refused.
func (t *teller) refusedWith(code, method, path string, body any) error {
	refused, err := t.ask(method, path, body, new(map[string]any))
	if err != nil {
		return err
	}
	if refused == nil || refused.Code != code {
		return fmt.Errorf("want it refused with %s, got %+v", code, refused)
	}
	t.say("API", "refuses: %s", refused.Detail)
	return nil
}

// beginAnywhere begins a conversation and has the customer agree.
func (t *teller) beginAnywhere(store, phone, name string, agrees bool) (conversation, error) {
	var c conversation
	base := "/v1/stores/" + store + "/conversations"
	if err := t.must(t.ask(http.MethodPost, base, map[string]string{"phone": phone, "name": name}, &c)); err != nil {
		return c, err
	}
	t.say("associate", "begins a conversation with %s", name)
	if c.OptIn == "accepted" {
		return c, nil
	}
	err := t.until("the request counts as asked", func() (bool, error) {
		var now conversation
		err := t.api(base+"/"+c.ID, &now)
		return now.OptIn == "waiting", err
	})
	if err != nil || !agrees {
		return c, err
	}
	_, err = t.text(text{From: phone, To: store, Body: "Yes"})
	return c, err
}

// moves says that a store lies in another time zone.
func (t *teller) moves(id, zone string) error {
	at := slices.IndexFunc(directory, func(s shop) bool { return s.id == id })
	s := directory[at]
	s.TimeZone = zone
	t.say("NOM", "%s is in time zone %s now", s.Name, zone)
	return t.admin(http.MethodPut, "/v1/stores/"+id, s, new(store))
}
