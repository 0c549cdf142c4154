//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	awsdb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"clienteling/infra/local/dynamodb"
	"clienteling/infra/local/sqs"
)

var asJSON = http.Header{"Content-Type": {"application/json"}}

// write sends a request with a JSON body as an associate.
func write(t *testing.T, method, path, token string, body any) answer {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, method, path, token, asJSON, string(raw), false)
}

// optedIn makes a conversation of London with a customer who has opted in.
func optedIn(t *testing.T, phone string) (conversation, string) {
	t.Helper()
	base := "/v1/stores/london/conversations"
	var c conversation
	write(t, http.MethodPost, base, cloud.Info.Tokens.Associate, map[string]string{"phone": phone}).into(t, http.StatusCreated, &c)
	until(t, "the request is taken", func() bool { return read(t, base+"/"+c.ID).OptIn == "waiting" })
	twilio(t, "/control/texts", map[string]any{"from": phone, "to": london, "body": "Yes"}, new(delivered))
	if now := read(t, base+"/"+c.ID); now.OptIn != "accepted" {
		t.Fatalf("after the reply the conversation is %+v", now)
	}
	return c, base + "/" + c.ID
}

func read(t *testing.T, path string) (c conversation) {
	t.Helper()
	get(t, path, cloud.Info.Tokens.Associate).into(t, http.StatusOK, &c)
	return c
}

func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if happened() {
			return
		}
	}
	t.Fatalf("waited in vain until %s", what)
}

// atTwilio are the bodies of the texts that Twilio took for a customer.
func atTwilio(t *testing.T, phone string) []string {
	t.Helper()
	response, err := http.Get(cloud.Info.Twilio.BaseURL + "/control/messages?to=" + strings.Replace(phone, "+", "%2B", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var all struct{ Messages []struct{ Body string } }
	if err := json.NewDecoder(response.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for _, m := range all.Messages {
		bodies = append(bodies, m.Body)
	}
	return bodies
}

func count(all []string, one string) int {
	n := 0
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// entry is one entry of a conversation's thread.
func entry(t *testing.T, conversation, id string) message {
	t.Helper()
	var thread list[message]
	get(t, conversation+"/messages?limit=100", cloud.Info.Tokens.Associate).into(t, http.StatusOK, &thread)
	for _, m := range thread.Items {
		if m.ID == id {
			return m
		}
	}
	t.Fatalf("the thread has no entry %s", id)
	return message{}
}

// hasten lets the minutes pass after which reconcile takes up a text, and runs it.
func hasten(t *testing.T, store string, c conversation, id string) {
	t.Helper()
	hastenItem(t, "THREAD#acme#"+store+"#"+c.ID, id, id)
}

// hastenItem does so with an item that is due, of whose due key tail is the end.
func hastenItem(t *testing.T, pk, sk, tail string) {
	t.Helper()
	_, err := dynamodb.Client(cloud.Info.DynamoDB).UpdateItem(t.Context(), &awsdb.UpdateItemInput{
		TableName: &cloud.Info.Table,
		Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk},
		},
		ConditionExpression: new("attribute_exists(gsi2pk)"), UpdateExpression: new("SET gsi2sk = :past"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":past": &types.AttributeValueMemberS{Value: "2020-01-01T00:00:00.000Z#" + tail}},
	})
	if err != nil && !strings.Contains(err.Error(), "ConditionalCheckFailed") { // it is finished already
		t.Fatal(err)
	}
	if err := cloud.RunNow(t.Context(), "ReconcileFunction"); err != nil {
		t.Error(err)
	}
}

// job leaves the job of a text in the queue once more, as SQS may deliver it again.
func job(t *testing.T, c conversation, id string, nth int) {
	t.Helper()
	client := sqs.Client(cloud.Info.SQS)
	url, err := client.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: new("MessageSendQueue.fifo")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.SendMessage(t.Context(), &awssqs.SendMessageInput{
		QueueUrl: url.QueueUrl, MessageGroupId: new(fmt.Sprintf("%s.%d", c.ID, nth)), MessageDeduplicationId: new(fmt.Sprintf("%s.%d", id, nth)),
		MessageBody: new(fmt.Sprintf(`{"retailer":"acme","store":"london","customer":%q,"message":%q}`, c.ID, id)),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func settled(m message) bool {
	return slices.Contains([]string{"delivered", "undelivered", "failed", "canceled"}, m.Status)
}

// message-send is killed before and after each of its calls of DynamoDB, its job
// comes again, to two workers at once, and reconcile runs: the text goes out once,
// or it is failed and nobody claims to know more.
func TestSenderKilledAtAnyMoment(t *testing.T) {
	moments := []struct {
		operation string
		nth       int
		after     bool
	}{
		{"BatchGetItem", 1, false}, {"BatchGetItem", 1, true},
		{"TransactWriteItems", 1, false}, {"TransactWriteItems", 1, true}, // the claim
		{"TransactWriteItems", 2, false}, {"TransactWriteItems", 2, true}, // the outcome
	}
	for n, m := range moments {
		t.Run(fmt.Sprintf("%s %d after=%t", m.operation, m.nth, m.after), func(t *testing.T) {
			phone := fmt.Sprintf("+4474001235%02d", n)
			c, path := optedIn(t, phone)
			const words = "Your coat is here"

			var mu sync.Mutex
			seen, struck := 0, make(chan struct{})
			strike := func(operation string, forward func()) {
				mu.Lock()
				if operation == m.operation {
					seen++
				}
				hit := operation == m.operation && seen == m.nth
				mu.Unlock()
				if !hit {
					forward()
					return
				}
				if m.after {
					forward()
				}
				killAll(t, "MessageSendFunction")
				close(struck)
			}
			var sent message
			cloud.database.during("MessageSendFunction", strike, func() {
				write(t, http.MethodPost, path+"/messages", cloud.Info.Tokens.Associate, map[string]string{"text": words}).into(t, http.StatusCreated, &sent)
				select {
				case <-struck:
				case <-time.After(10 * time.Second):
					t.Error("the worker was never struck")
				}
			})
			job(t, c, sent.ID, 1)
			job(t, c, sent.ID, 2)
			until(t, "the text is settled", func() bool {
				hasten(t, "london", c, sent.ID)
				return settled(entry(t, path, sent.ID))
			})
			last, taken := entry(t, path, sent.ID), count(atTwilio(t, phone), words)
			switch {
			case last.Status == "delivered" && taken == 1:
			case last.Status == "failed" && taken == 0:
				if last.Reason != "outcome_unknown" {
					t.Errorf("failed with the reason %q", last.Reason)
				}
			default:
				t.Errorf("the text is %s (%s), Twilio took it %d times", last.Status, last.Reason, taken)
			}
		})
	}
}

// Whatever Twilio does, a text is taken once at the most, and ends.
func TestTwilioFails(t *testing.T) {
	for n, fault := range []struct {
		kind string
		want string
	}{
		{"429", "delivered"}, {"503", "failed outcome_unknown"}, {"html-503", "failed outcome_unknown"},
		{"reset-before", "failed outcome_unknown"}, {"reset-after", "delivered"}, {"timeout-after", "delivered"}, {"code:21614", "failed 21614"},
	} {
		t.Run(fault.kind, func(t *testing.T) {
			t.Parallel()
			phone := fmt.Sprintf("+4474001236%02d", n)
			c, path := optedIn(t, phone)
			twilio(t, "/control/faults", map[string]any{"operation": "messages.create", "kind": fault.kind, "to": phone}, new(any))
			var sent message
			write(t, http.MethodPost, path+"/messages", cloud.Info.Tokens.Associate, map[string]string{"text": "Hello"}).into(t, http.StatusCreated, &sent)
			until(t, "Twilio was asked", func() bool { return entry(t, path, sent.ID).Status != "queued" })
			until(t, "the text is settled", func() bool {
				if strings.HasPrefix(fault.kind, "timeout") {
					time.Sleep(time.Second) // the call is cut after five seconds
				}
				hasten(t, "london", c, sent.ID)
				return settled(entry(t, path, sent.ID))
			})
			last := entry(t, path, sent.ID)
			if got := strings.TrimSpace(last.Status + " " + last.Reason); got != fault.want {
				t.Errorf("the text is %s, want %s", got, fault.want)
			}
			if taken := count(atTwilio(t, phone), "Hello"); taken > 1 || taken == 1 != (last.Status == "delivered") {
				t.Errorf("Twilio took it %d times", taken)
			}
		})
	}
}

// Consent is not the caller's to claim.
func TestConsentIsRequired(t *testing.T) {
	const phone = "+447400123701"
	twilio(t, "/control/texts", map[string]any{"from": phone, "to": london, "body": "Hi"}, new(delivered))
	c, _ := thread(t, "london", phone)
	path := "/v1/stores/london/conversations/" + c.ID
	me := cloud.Info.Tokens.Associate
	text := map[string]string{"text": "Hello"}
	write(t, http.MethodPost, path+"/messages", me, text).refused(t, http.StatusConflict, "opt_in_required")

	var again conversation // it exists: nothing is sent
	write(t, http.MethodPost, "/v1/stores/london/conversations", me, map[string]string{"phone": phone}).into(t, http.StatusOK, &again)
	if again.ID != c.ID || len(atTwilio(t, phone)) != 0 {
		t.Errorf("starting again gave %+v, and Twilio has %q", again, atTwilio(t, phone))
	}
	write(t, http.MethodPost, path+"/opt-in-request", me, map[string]string{}).into(t, http.StatusCreated, new(message))
	until(t, "the request is taken", func() bool { return read(t, path).OptIn == "waiting" })
	write(t, http.MethodPost, path+"/messages", me, text).refused(t, http.StatusConflict, "opt_in_required")
	write(t, http.MethodPost, path+"/opt-in-request", me, map[string]string{}).refused(t, http.StatusConflict, "opt_in_too_soon")

	twilio(t, "/control/texts", map[string]any{"from": phone, "to": london, "body": "STOP"}, new(delivered))
	write(t, http.MethodPost, path+"/messages", me, text).refused(t, http.StatusConflict, "opted_out")
	write(t, http.MethodPost, path+"/opt-in-request", me, map[string]string{}).refused(t, http.StatusConflict, "opted_out")
	write(t, http.MethodPost, "/v1/stores/berlin/conversations", me, map[string]string{"phone": phone}).refused(t, http.StatusConflict, "opted_out")
	if got := atTwilio(t, phone); len(got) != 1 {
		t.Errorf("Twilio took %q, want the one request", got)
	}
}

// The same Idempotency-Key sends once and answers the same.
func TestIdempotencyKey(t *testing.T) {
	const phone = "+447400123702"
	_, path := optedIn(t, phone)
	once := func(body string) answer {
		h := asJSON.Clone()
		h.Set("Idempotency-Key", "key-of-this-test")
		return send(t, http.MethodPost, path+"/messages", cloud.Info.Tokens.Associate, h, body, false)
	}
	var first, second message
	once(`{"text":"Hello"}`).into(t, http.StatusCreated, &first)
	once(`{"text":"Hello"}`).into(t, http.StatusCreated, &second)
	if first.ID != second.ID {
		t.Errorf("two texts, %s and %s", first.ID, second.ID)
	}
	once(`{"text":"Something else"}`).refused(t, http.StatusUnprocessableEntity, "idempotency_key_reused")
	until(t, "the text is delivered", func() bool { return settled(entry(t, path, first.ID)) })
	if got := atTwilio(t, phone); count(got, "Hello") != 1 || len(got) != 2 {
		t.Errorf("Twilio took %q", got)
	}
}

// A text costs the caller two calls of DynamoDB, one after the other.
func TestSendingCalls(t *testing.T) {
	const phone = "+447400123703"
	c, path := optedIn(t, phone)
	calls := cloud.database.during("ConversationsFunction", nil, func() {
		write(t, http.MethodPost, path+"/messages", cloud.Info.Tokens.Associate, map[string]string{"text": "Hello"}).into(t, http.StatusCreated, new(message))
	})
	if !slices.Equal(calls, []string{"BatchGetItem", "TransactWriteItems"}) {
		t.Errorf("calls %v", calls)
	}
	until(t, "everything has rested", func() bool {
		_, all := thread(t, "london", phone)
		return settled(all[0])
	})
	poll := "/v1/stores/london/conversations/changes"
	var changes struct {
		Items []conversation
		Since string
	}
	get(t, poll, cloud.Info.Tokens.Associate).into(t, http.StatusOK, &changes)
	if calls := cloud.database.during("ConversationsFunction", nil, func() {
		get(t, poll+"?since="+changes.Since, cloud.Info.Tokens.Associate).into(t, http.StatusOK, &changes)
	}); !slices.Equal(calls, []string{"Query"}) {
		t.Errorf("a poll calls %v", calls)
	}
	if !slices.ContainsFunc(changes.Items, func(x conversation) bool { return x.ID == c.ID }) {
		t.Errorf("the poll misses what happened just now: %+v", changes.Items)
	}
}

// Ten associates claim a conversation at once: one has it, nine are told who.
func TestOneClaims(t *testing.T) {
	const phone = "+447400123704"
	twilio(t, "/control/texts", map[string]any{"from": phone, "to": london, "body": "Hi"}, new(delivered))
	c, _ := thread(t, "london", phone)
	path := "/v1/stores/london/conversations/" + c.ID + "/assignee"
	var tokens []string
	for n := range 10 {
		tokens = append(tokens, mint(t, map[string]any{
			"sub": fmt.Sprintf("associate-%d", n), "name": fmt.Sprintf("Associate %d", n), "retailer": "acme",
			"scope": "clienteling:associate", "stores": "london",
		}))
	}
	answers := make([]answer, len(tokens))
	var wait sync.WaitGroup
	for n, token := range tokens {
		wait.Go(func() { answers[n] = write(t, http.MethodPut, path, token, map[string]any{}) })
	}
	wait.Wait()
	var winner string
	for n, a := range answers {
		if a.status == http.StatusOK {
			if winner != "" {
				t.Errorf("%s and associate %d have it", winner, n)
			}
			winner = fmt.Sprintf("Associate %d", n)
		}
	}
	for _, a := range answers {
		if a.status != http.StatusOK {
			a.refused(t, http.StatusConflict, "assigned")
			if !strings.Contains(a.body, winner) {
				t.Errorf("%s does not say that %s has it", a.body, winner)
			}
		}
	}
	write(t, http.MethodPut, path, cloud.Info.Tokens.Associate, map[string]any{"force": true}).into(t, http.StatusOK, new(conversation))
}

// An associate of one store reads, counts and changes nothing of another.
func TestOtherStore(t *testing.T) {
	const phone = "+447400123705"
	twilio(t, "/control/texts", map[string]any{"from": phone, "to": london, "body": "Hi"}, new(delivered))
	c, _ := thread(t, "london", phone)
	berliner := mint(t, map[string]any{"sub": "b", "retailer": "acme", "scope": "clienteling:associate", "stores": "berlin"})
	base := "/v1/stores/london/conversations"
	one := base + "/" + c.ID
	for _, request := range []struct {
		method, path string
		body         string
	}{
		{"GET", base, ""}, {"GET", base + "?unread=true", ""}, {"GET", base + "/changes", ""}, {"POST", base, `{"phone":"+447400123706"}`},
		{"GET", one, ""}, {"GET", one + "/messages", ""}, {"POST", one + "/messages", `{"text":"Hi"}`}, {"POST", one + "/opt-in-request", `{}`},
		{"POST", one + "/read", `{}`}, {"PUT", one + "/assignee", `{"force":true}`},
	} {
		var header http.Header
		if request.body != "" {
			header = asJSON
		}
		send(t, request.method, request.path, berliner, header, request.body, false).refused(t, http.StatusNotFound, "not_found")
		// Nor by way of the store they have: the customer is not known there.
		if strings.HasPrefix(request.path, one) {
			other := strings.Replace(request.path, "/london/", "/berlin/", 1)
			send(t, request.method, other, berliner, header, request.body, false).refused(t, http.StatusNotFound, "not_found")
		}
	}
	if now := read(t, one); now.Unread != 1 || len(atTwilio(t, phone)) != 0 {
		t.Errorf("the conversation is %+v", now)
	}
	var mine list[struct{ ID string }]
	get(t, "/v1/associate/stores", berliner).into(t, http.StatusOK, &mine)
	if len(mine.Items) != 1 || mine.Items[0].ID != "berlin" {
		t.Errorf("the associate's stores are %+v", mine.Items)
	}
}
