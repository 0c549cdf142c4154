//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
)

// The evidence of a consent names the wording that the customer saw, ten edits later.
func TestEvidence(t *testing.T) {
	admin := cloud.Info.Tokens.Admin
	const phone = "+447700900601"
	before := "{{store.name}}: may {{associate.name}} text you? YES or STOP."
	write(t, http.MethodPut, "/v1/templates/opt-in/en", admin, map[string]string{"text": before}).into(t, http.StatusOK, new(any))
	optedIn(t, phone)
	for n := range 10 {
		text := fmt.Sprintf("%s (edit %d)", before, n)
		write(t, http.MethodPut, "/v1/templates/opt-in/en", admin, map[string]string{"text": text}).into(t, http.StatusOK, new(any))
	}

	var evidence struct {
		Items []struct {
			Effect  string
			Answers string
			Reply   *struct{ Text string }
			Request *struct {
				Text, MessageID string
				Wording         struct{ Text, Hash string }
			}
		}
	}
	get(t, "/v1/customers/"+url.PathEscape(phone)+"/consent", admin).into(t, http.StatusOK, &evidence)
	if len(evidence.Items) != 2 {
		t.Fatalf("the evidence is %+v", evidence.Items)
	}
	asked, answered := evidence.Items[0], evidence.Items[1]
	if asked.Effect != "requested" {
		asked, answered = answered, asked
	}
	if asked.Request == nil || asked.Request.Wording.Text != before || asked.Request.Text != "Acme Regent Street: may Alex Associate text you? YES or STOP." {
		t.Errorf("the customer was asked %+v", asked.Request)
	}
	if answered.Effect != "accepted" || answered.Reply == nil || answered.Reply.Text != "Yes" || asked.Request == nil || answered.Answers != asked.Request.MessageID {
		t.Errorf("the answer is %+v", answered)
	}
}

// A word that Twilio does not know is answered once, in the language of the store; one
// that it knows is not answered by us.
func TestLocalWords(t *testing.T) {
	for body, confirmed := range map[string]bool{"Abmelden!": true, "STOPP": true, "stop": false, "ENDE GUT": false} {
		from := fmt.Sprintf("+49171392006%02d", len(body))
		var d delivered
		twilio(t, "/control/texts", map[string]any{"from": from, "to": berlin, "body": body, "times": 2}, &d)
		for _, delivery := range d.Deliveries {
			if got := strings.Contains(delivery.Attempts[0].Body, "abgemeldet"); got != confirmed {
				t.Errorf("%q is answered %s", body, delivery.Attempts[0].Body)
			}
		}
	}
}

// Pictures go both ways in the United States.
func TestPictures(t *testing.T) {
	me := cloud.Info.Tokens.Associate
	const phone = "+12125550611"
	base := "/v1/stores/new-york/conversations"
	twilio(t, "/control/texts", map[string]any{"from": phone, "to": newYork, "body": "This one", "media": []map[string]string{{"contentType": "image/png"}}}, new(delivered))
	c, thread, _ := find(t, "new-york", phone)
	if len(thread) != 1 || len(thread[0].Media) != 1 {
		t.Fatalf("the thread is %+v", thread)
	}
	picture := thread[0].Media[0].URL
	var link struct{ URL, ContentType string }
	get(t, picture+"?link=true", me).into(t, http.StatusOK, &link)
	response, err := http.Get(link.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || http.DetectContentType(data) != "image/png" {
		t.Errorf("the link leads to %d, %d bytes, %v", response.StatusCode, len(data), err)
	}
	get(t, strings.TrimSuffix(picture, "0")+"1", me).refused(t, http.StatusNotFound, "not_found")
	get(t, picture, mint(t, map[string]any{"sub": "x", "scope": "clienteling:associate", "retailer": "rival", "stores": "*"})).refused(t, http.StatusNotFound, "not_found")

	var m message
	write(t, http.MethodPost, base+"/"+c.ID+"/opt-in-request", me, map[string]string{}).into(t, http.StatusCreated, &m)
	until(t, "the request is taken", func() bool { return read(t, base+"/"+c.ID).OptIn == "waiting" })
	twilio(t, "/control/texts", map[string]any{"from": phone, "to": newYork, "body": "YES"}, new(delivered))
	write(t, http.MethodPost, base+"/"+c.ID+"/messages", me, map[string]any{"mediaUrls": []string{"https://images.example.com/coat.jpg"}}).into(t, http.StatusCreated, &m)
	until(t, "the picture is on the phone", func() bool {
		var phoneNow struct {
			Items []struct {
				Direction string
				Media     []struct{ URL string }
			}
		}
		fetch(t, "/control/phones/"+phone, &phoneNow)
		for _, i := range phoneNow.Items {
			if i.Direction == "in" && len(i.Media) == 1 {
				return true
			}
		}
		return false
	})
}

// Nobody is disturbed at night, unless they have just written.
func TestQuietHours(t *testing.T) {
	me, admin := cloud.Info.Tokens.Associate, cloud.Info.Tokens.Admin
	var shop map[string]any
	get(t, "/v1/stores/berlin", admin).into(t, http.StatusOK, &shop)
	lies := func(zone string) {
		write(t, http.MethodPut, "/v1/stores/berlin", admin, map[string]any{
			"name": shop["name"], "country": shop["country"], "phone": shop["phone"], "timeZone": zone,
		}).into(t, http.StatusOK, new(any))
	}
	lies(seed.Midnight(time.Now()))
	defer lies(seed.Noon(time.Now()))
	const base = "/v1/stores/berlin/conversations"
	refused := write(t, http.MethodPost, base, me, map[string]string{"phone": "0171 39200621"})
	refused.refused(t, http.StatusConflict, "quiet_hours")
	if refused.header.Get("Retry-After") == "" {
		t.Error("it does not say when to come back")
	}
	twilio(t, "/control/texts", map[string]any{"from": "+4917139200621", "to": berlin, "body": "Sind Sie noch da?"}, new(delivered))
	c, _, _ := find(t, "berlin", "+4917139200621")
	write(t, http.MethodPost, base+"/"+c.ID+"/opt-in-request", me, map[string]string{}).into(t, http.StatusCreated, new(any))
}

// After an erasure nothing of the customer is left in the table, at Twilio or in the logs,
// but that they have opted out.
func TestErasure(t *testing.T) {
	me, admin := cloud.Info.Tokens.Associate, cloud.Info.Tokens.Admin
	const phone, name = "+447700900631", "Philippa Erasable"
	c, path := optedIn(t, phone)
	write(t, http.MethodPut, path+"/customer", me, map[string]string{"name": name}).into(t, http.StatusOK, new(any))
	var m message
	write(t, http.MethodPost, path+"/messages", me, map[string]string{"text": "Your coat is here, " + name}).into(t, http.StatusCreated, &m)
	until(t, "the text is delivered", func() bool { return entry(t, path, m.ID).Status == "delivered" })
	const kept = "SM00000000000000000000000000000e7a"
	twilio(t, "/control/texts", map[string]any{"from": phone, "to": berlin, "body": "Hallo Berlin", "messageSid": kept}, new(delivered))
	twilio(t, "/control/calls", map[string]any{"from": phone, "to": london, "store": "no-answer"}, new(any))
	twilio(t, "/control/texts", map[string]any{"from": phone, "to": london, "body": "opt out"}, new(delivered))

	var all string
	for cursor, first := "", true; cursor != "" || first; first = false {
		var page list[json.RawMessage]
		get(t, "/v1/customers/"+url.PathEscape(phone)+"/export?limit=100"+cursor, admin).into(t, http.StatusOK, &page)
		all += fmt.Sprintf("%s", page.Items)
		if cursor = page.Cursor; cursor != "" {
			cursor = "&cursor=" + cursor
		}
	}
	if !strings.Contains(all, name) || !strings.Contains(all, "Hallo Berlin") || !strings.Contains(all, "opt out") {
		t.Fatalf("the export is %s", all)
	}

	send(t, http.MethodDelete, "/v1/customers/"+url.PathEscape(phone), admin, nil, "", false).into(t, http.StatusAccepted, new(any))
	write(t, http.MethodPost, path+"/messages", me, map[string]string{"text": "Wait"}).refused(t, http.StatusConflict, "being_erased")
	personal := func(item string) bool {
		return strings.Contains(item, phone[1:]) || strings.Contains(item, phone[3:]) || strings.Contains(item, name)
	}
	until(t, "everything is erased", func() bool {
		hastenItem(t, "CUSTOMER#acme#"+c.ID, "ERASURE", c.ID+"#acme")
		return get(t, path, me).status == http.StatusNotFound && !slices.ContainsFunc(items(t), personal)
	})
	var records struct{ Messages, Calls, Media []any }
	fetch(t, "/control/records?number="+url.QueryEscape(phone), &records)
	if len(records.Messages)+len(records.Calls)+len(records.Media) > 0 {
		t.Errorf("Twilio still has %+v", records)
	}
	for _, s := range []string{phone, phone[1:], name} {
		if line, found := cloud.log.contains(s); found {
			t.Errorf("%q is in the log: %s", s, line)
		}
	}
	// Not even a webhook from before, which somebody brings again, lifts the refusal.
	twilio(t, "/control/texts", map[string]any{"from": phone, "to": berlin, "body": "START", "messageSid": kept}, new(delivered))
	if slices.ContainsFunc(items(t), personal) {
		t.Error("a webhook from before the erasure begins a conversation")
	}
	write(t, http.MethodPost, "/v1/stores/london/conversations", me, map[string]string{"phone": phone}).refused(t, http.StatusConflict, "opted_out")
	get(t, "/v1/stores/london/conversations/"+c.ID, me).refused(t, http.StatusNotFound, "not_found")
}

// fetch reads from the simulator.
func fetch(t *testing.T, path string, into any) {
	t.Helper()
	response, err := http.Get(cloud.Info.Twilio.BaseURL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
