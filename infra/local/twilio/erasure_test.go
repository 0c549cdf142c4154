package twilio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// kept is what Twilio still has of a customer.
type kept struct {
	Messages []resource
	Media    []struct {
		SID, MessageSID, ContentType string
		Bytes                        int
	}
	Calls   []callResource
	Blocked []string
}

func (r *rig) records(phone string) (k kept) {
	r.Helper()
	r.do("GET", "/control/records?number="+url.QueryEscape(phone), "", 200, &k)
	return k
}

// codeFrom is Twilio's code in an error of its client, with the status.
func codeFrom(err error) string {
	var refused *client.TwilioRestError
	if errors.As(err, &refused) {
		return fmt.Sprintf("%d %d", refused.Status, refused.Code)
	}
	return fmt.Sprint(err)
}

// busy is a rig in which Ana texted with a picture and called, was answered by TwiML and by
// REST with a picture, and in which Ben did a little of that, too.
func busy(t *testing.T, stateFile string) *rig {
	t.Helper()
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/sms" {
			answering(`<Response><Message>welcome<Media>https://www.example.com/hat.png</Media></Message></Response>`)(w, req)
			return
		}
		after(w, req)
	})
	if stateFile != "" {
		r.start(stateFile)
		r.number(Number{PhoneNumber: store, SmsURL: r.hook.URL + "/sms", VoiceURL: r.hook.URL + "/voice"})
	}
	r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"the blue one?","media":[{"contentType":"image/png"},{"contentType":"image/jpeg"}]}`, ana, store))
	r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"HELP"}`, ana, store))
	r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"hi","media":[{"contentType":"image/png"}]}`, ben, store))
	if _, err := r.post(new(api.CreateMessageParams).SetBody("this one").SetMediaUrl([]string{"https://www.example.com/coat.png"})); err != nil {
		t.Fatal(err)
	}
	for _, phone := range []string{ana, ben} {
		r.placeCall(fmt.Sprintf(`{"from":%q,"to":%q,"seconds":42}`, phone, store))
	}
	r.settled()
	return r
}

const ben = "+14155550123"

// erase deletes by twilio-go all that a list shows of Ana.
func (r *rig) erase(by *api.ApiService) {
	r.Helper()
	for _, pair := range [][2]string{{ana, store}, {store, ana}} {
		texts, err := by.ListMessage(new(api.ListMessageParams).SetFrom(pair[0]).SetTo(pair[1]))
		if err != nil {
			r.Fatal(err)
		}
		for _, m := range texts {
			if err := by.DeleteMessage(*m.Sid, nil); err != nil {
				r.Fatal(err)
			}
		}
	}
	calls, err := by.ListCall(new(api.ListCallParams).SetFrom(ana).SetTo(store))
	if err != nil {
		r.Fatal(err)
	}
	for _, c := range calls {
		legs, err := by.ListCall(new(api.ListCallParams).SetParentCallSid(*c.Sid))
		if err != nil {
			r.Fatal(err)
		}
		for _, one := range append(legs, c) {
			if err := by.DeleteCall(*one.Sid, nil); err != nil {
				r.Fatal(err)
			}
		}
	}
}

// After an erasure only the customer's phone has the customer; the others are as before.
func TestErasure(t *testing.T) {
	file := filepath.Join(t.TempDir(), "twilio.json")
	r := busy(t, file)
	r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"STOP"}`, ana, store))
	before, others, phone := r.records(ana), r.records(ben), r.phone(ana)
	// In: the picture, HELP, STOP. Out: welcome three times, the answers to HELP and STOP,
	// and one by REST. Welcome's picture was not fetched: TwiML's media are only links here.
	if len(before.Messages) != 3+2+2+1 || len(before.Media) != 3 || len(before.Calls) != 2 {
		t.Fatalf("Twilio has %d texts, %d media, %d calls: %+v", len(before.Messages), len(before.Media), len(before.Calls), before)
	}
	r.erase(r.twilioGo(account, token, 5*time.Second))

	if left := r.records(ana); len(left.Messages)+len(left.Media)+len(left.Calls) != 0 || !slices.Equal(left.Blocked, []string{store}) {
		t.Errorf("left: %+v", left)
	}
	if got := r.records(ben); !reflect.DeepEqual(got, others) || len(got.Messages) != 2 || len(got.Media) != 1 || len(got.Calls) != 2 {
		t.Errorf("of Ben there is %+v, and was %+v", got, others)
	}
	if got := r.phone(ana); !reflect.DeepEqual(got, phone) {
		t.Errorf("the phone shows %+v, and showed %+v", got, phone)
	}
	for _, m := range before.Media {
		r.do("GET", "/control/media/"+m.SID, "", 404, nil)
		if resp, _ := r.asAccount("GET", "/2010-04-01/Accounts/"+account+"/Messages/"+m.MessageSID+"/Media/"+m.SID); resp.StatusCode != 404 {
			t.Errorf("the API answers %d for a medium that is gone", resp.StatusCode)
		}
	}

	if err := r.sim.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var saved map[string]json.RawMessage
	if err := json.Unmarshal(data, &saved); err != nil {
		t.Fatal(err)
	}
	for name, part := range saved {
		// The phone has what is on it, and Twilio remembers whom a customer stopped.
		if name != "items" && name != "blocked" && (bytes.Contains(part, []byte(ana)) || bytes.Contains(part, []byte(ana[1:]))) {
			t.Errorf("%q of the state file has Ana: %s", name, part)
		}
	}
	r.start(file)
	if left := r.records(ana); len(left.Messages)+len(left.Media)+len(left.Calls) != 0 {
		t.Errorf("after a restart: %+v", left)
	}
}

// A text that comes again by webhook is on the phone, and no record comes back for it.
func TestWhatWasDeletedStaysDeleted(t *testing.T) {
	r := busy(t, "")
	by := r.twilioGo(account, token, 5*time.Second)
	again := fmt.Sprintf(`{"from":%q,"to":%q,"body":"again","messageSid":"SM0123456789abcdef0123456789abcdef"}`, ana, store)
	r.sendText(again)
	r.erase(by)
	if answers := r.sendText(again).Deliveries[0].Messages; len(answers) != 1 {
		t.Fatalf("answered %+v", answers)
	}
	got := r.records(ana)
	if len(got.Messages) != 1 || got.Messages[0].Body != "welcome" { // what TwiML says now is new
		t.Errorf("Twilio has %+v", got.Messages)
	}
	for name, err := range map[string]error{
		"text":   by.DeleteMessage("SM0123456789abcdef0123456789abcdef", nil),
		"medium": by.DeleteMedia(got.Messages[0].SID, "ME0123456789abcdef0123456789abcdef", nil),
		"call":   by.DeleteCall("CA0123456789abcdef0123456789abcdef", nil),
	} {
		if got := codeFrom(err); got != "404 20404" {
			t.Errorf("a %s that is gone: %s", name, got)
		}
	}
	if _, err := by.FetchMessage("SM0123456789abcdef0123456789abcdef", nil); codeFrom(err) != "404 20404" {
		t.Errorf("a text that is gone: %v", err)
	}
}

// What the carriers, or the parties of a call, are not done with cannot be deleted.
func TestUnfinished(t *testing.T) {
	r := newRig(t, answering(``))
	by := r.twilioGo(account, token, 5*time.Second)
	url := "https://www.example.com/coat.png"
	r.do("PUT", "/control/phones/"+ana, `{"state":"off"}`, 200, nil)
	sent, err := r.post(new(api.CreateMessageParams).SetMediaUrl([]string{url}))
	if err != nil {
		t.Fatal(err)
	}
	if m := r.settled()[0]; m.Status != "sent" {
		t.Fatalf("it is %s", m.Status)
	}
	media, err := by.ListMedia(*sent.Sid, nil)
	if err != nil || len(media) != 1 || *media[0].ParentSid != *sent.Sid || *media[0].ContentType != "image/png" {
		t.Fatalf("media %+v, %v", media, err)
	}
	for name, err := range map[string]error{"text": by.DeleteMessage(*sent.Sid, nil), "medium": by.DeleteMedia(*sent.Sid, *media[0].Sid, nil)} {
		if got := codeFrom(err); got != "409 20009" {
			t.Errorf("a %s that is sent: %s", name, got)
		}
	}
	r.do("PUT", "/control/phones/"+ana, `{"state":"on"}`, 200, nil)
	r.settled()
	if err := by.DeleteMedia(*sent.Sid, *media[0].Sid, nil); err != nil {
		t.Error(err)
	}
	if media, err := by.ListMedia(*sent.Sid, nil); err != nil || len(media) != 0 {
		t.Errorf("media %+v, %v", media, err)
	}
	if m, err := by.FetchMessage(*sent.Sid, nil); err != nil || *m.NumMedia != "1" {
		t.Errorf("the text without its medium: %+v, %v", m, err)
	}
	if err := by.DeleteMessage(*sent.Sid, nil); err != nil {
		t.Error(err)
	}
}

func TestQueuedTextIsNotDeleted(t *testing.T) {
	r := &rig{T: t, pace: time.Hour}
	r.start("")
	r.number(Number{PhoneNumber: store})
	sent, err := r.post(new(api.CreateMessageParams).SetBody("later"))
	if err != nil {
		t.Fatal(err)
	}
	if got := codeFrom(r.twilioGo(account, token, time.Second).DeleteMessage(*sent.Sid, nil)); got != "409 20009" {
		t.Error(got)
	}
}

// Twilio does not wait for ever for a carrier that says nothing.
func TestSentForEver(t *testing.T) {
	now := time.Date(2026, 11, 20, 13, 0, 0, 0, time.UTC)
	var ahead atomic.Int64 // nanoseconds
	r := &rig{T: t, now: func() time.Time { return now.Add(time.Duration(ahead.Load())) }}
	r.start("")
	r.number(Number{PhoneNumber: store})
	r.trouble(`{"operation":"outcome","kind":"sent"}`)
	sent, err := r.post(new(api.CreateMessageParams).SetBody("on its way"))
	if err != nil {
		t.Fatal(err)
	}
	r.settled()
	by := r.twilioGo(account, token, time.Second)
	ahead.Store(int64(time.Hour - time.Second))
	if got := codeFrom(by.DeleteMessage(*sent.Sid, nil)); got != "409 20009" {
		t.Error(got)
	}
	ahead.Store(int64(time.Hour))
	if err := by.DeleteMessage(*sent.Sid, nil); err != nil {
		t.Error(err)
	}
}

// A call is listed from its beginning, in the webhook that is asked what to do with it.
func TestCallLog(t *testing.T) {
	var during []string
	var r *rig
	r = newRig(t, func(w http.ResponseWriter, req *http.Request) {
		by := r.twilioGo(account, token, 5*time.Second)
		sid := req.PostForm.Get("CallSid")
		c, err := by.FetchCall(sid, nil)
		if err != nil || c.Duration != nil {
			t.Errorf("%+v, %v", c, err)
			return
		}
		during = append(during, *c.Status+" "+codeFrom(by.DeleteCall(sid, nil)))
		after(w, req)
	})
	answered := r.placeCall(fmt.Sprintf(`{"from":%q,"to":%q,"seconds":42}`, ana, store))
	missed := r.placeCall(fmt.Sprintf(`{"from":%q,"to":%q,"store":"canceled"}`, ben, store))
	if want := strings.Repeat("in-progress 409 20009,", 4); strings.Join(during, ",")+"," != want {
		t.Errorf("meanwhile %q", during)
	}

	by := r.twilioGo(account, token, 5*time.Second)
	type params = api.ListCallParams
	const of = "%s > %s %s %s %s"
	call := func(status, seconds string) string { return fmt.Sprintf(of, ana, store, "inbound", status, seconds) }
	leg := func(from, status, seconds string) string {
		return fmt.Sprintf(of, from, landline, "outbound-dial", status, seconds)
	}
	bens := fmt.Sprintf(of, ben, store, "inbound", "no-answer", "0")
	for name, test := range map[string]struct {
		params *params
		want   []string // newest first
	}{
		"all":           {nil, []string{leg(ben, "canceled", "0"), bens, leg(ana, "completed", "42"), call("completed", "42")}},
		"pages":         {new(params).SetPageSize(1), []string{leg(ben, "canceled", "0"), bens, leg(ana, "completed", "42"), call("completed", "42")}},
		"of Ana":        {new(params).SetFrom(ana), []string{leg(ana, "completed", "42"), call("completed", "42")}},
		"to the store":  {new(params).SetTo(store), []string{bens, call("completed", "42")}},
		"both":          {new(params).SetFrom(ana).SetTo(store), []string{call("completed", "42")}},
		"legs":          {new(params).SetParentCallSid(missed.CallSID), []string{leg(ben, "canceled", "0")}},
		"those of none": {new(params).SetParentCallSid("CA0123456789abcdef0123456789abcdef"), nil},
		"by status":     {new(params).SetStatus("canceled"), []string{leg(ben, "canceled", "0")}},
	} {
		found, err := by.ListCall(test.params)
		if err != nil {
			t.Fatal(name, err)
		}
		var got []string
		for _, c := range found {
			got = append(got, fmt.Sprintf(of, *c.From, *c.To, *c.Direction, *c.Status, *c.Duration))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	if _, err := by.ListCall(new(params).SetStartTimeAfter(time.Now())); codeFrom(err) != "400 20001" {
		t.Errorf("a filter that is not simulated: %v", err)
	}

	// The legs are records of their own.
	legs, err := by.ListCall(new(params).SetParentCallSid(answered.CallSID))
	if err != nil || len(legs) != 1 || *legs[0].ParentCallSid != answered.CallSID || by.DeleteCall(answered.CallSID, nil) != nil {
		t.Fatalf("%+v, %v", legs, err)
	}
	if leg, err := by.FetchCall(*legs[0].Sid, nil); err != nil || *leg.From != ana {
		t.Errorf("%+v, %v", leg, err)
	}
	var asked string
	for _, req := range r.requests() {
		if sid := req.PostForm.Get("DialCallSid"); sid != "" && req.PostForm.Get("CallSid") == answered.CallSID {
			asked = sid
		}
	}
	if asked != *legs[0].Sid {
		t.Errorf("the webhook was told of the leg %q, not %q", asked, *legs[0].Sid)
	}
}

// Which status Twilio keeps of a call that ended in one way or another, and of its legs.
func TestHowCallsEnd(t *testing.T) {
	for document, want := range map[string]string{
		`<Response><Reject reason="busy"/></Response>`:    "busy",
		`<Response><Reject/></Response>`:                  "no-answer",
		`<Response/>`:                                     "no-answer",
		`<Response><Say>hi</Say></Response>`:              "completed",
		`<Response><Dial>` + store + `</Dial></Response>`: "completed",
		`<Response><Dial><Number>` + landline + `</Number><Number>+14155550151</Number></Dial></Response>`:                           "completed completed canceled",
		`<Response><Dial callerId="` + store + `" answerOnBridge="true">` + landline + `</Dial><Dial>+14155550151</Dial></Response>`: "completed completed completed",
	} {
		r := newRig(t, answering(document))
		r.placeCall(fmt.Sprintf(`{"from":%q,"to":%q}`, ana, store))
		var got []string
		for _, c := range r.records(ana).Calls {
			got = append(got, c.Status)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %s", document, got, want)
		}
	}
}

// A simulator that ended in the middle of a call knows later that the call has ended.
func TestCallCutShort(t *testing.T) {
	file := filepath.Join(t.TempDir(), "twilio.json")
	left := []byte(`{"calls":[{"sid":"CA1","from":"` + ana + `","to":"` + store + `","direction":"inbound","status":"in-progress"}]}`)
	if err := os.WriteFile(file, left, 0o600); err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t}
	r.start(file)
	if calls := r.records(ana).Calls; len(calls) != 1 || calls[0].Status != "completed" {
		t.Errorf("%+v", calls)
	}
	if err := r.twilioGo(account, token, time.Second).DeleteCall("CA1", nil); err != nil {
		t.Error(err)
	}
}

// The API asks for credentials and gives a URL that asks for none, for a while.
func TestSignedMedia(t *testing.T) {
	now := time.Date(2026, 11, 20, 13, 0, 0, 0, time.UTC)
	r := &rig{T: t, now: func() time.Time { return now }}
	r.start("")
	r.number(Number{PhoneNumber: store})
	got := r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"media":[{"contentType":"image/png"}]}`, ana, store))
	mediaURL := got.Params["MediaUrl0"]
	plain := func(where string) (int, string) {
		resp, err := http.Get(where)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, http.DetectContentType(data)
	}
	if status, _ := plain(mediaURL); status != 401 {
		t.Errorf("without credentials: %d", status)
	}
	signed := r.signed(mediaURL)
	if status, kind := plain(signed); status != 200 || kind != "image/png" {
		t.Errorf("the signed URL: %d %s", status, kind)
	}
	sid := mediaURL[len(mediaURL)-34:]
	for name, wrong := range map[string]string{
		"no signature":      r.url + "/media/" + sid,
		"of another medium": strings.Replace(signed, sid, "ME00000000000000000000000000000000", 1),
		"for longer":        strings.Replace(signed, "expires=1", "expires=2", 1),
		"forged":            signed[:len(signed)-1] + map[bool]string{true: "0", false: "1"}[strings.HasSuffix(signed, "1")],
		"no time":           r.url + "/media/" + sid + "?expires=&signature=" + r.sim.signMedium(sid, ""),
	} {
		if status, _ := plain(wrong); status != 403 {
			t.Errorf("%s: %d", name, status)
		}
	}
	now = now.Add(4*time.Hour - time.Second)
	if status, _ := plain(signed); status != 200 {
		t.Errorf("just before its time is up: %d", status)
	}
	now = now.Add(time.Second)
	if status, _ := plain(signed); status != 403 {
		t.Errorf("when its time is up: %d", status)
	}
	if status, _ := plain(r.signed(mediaURL)); status != 200 {
		t.Errorf("asked anew: %d", status)
	}

	by := r.twilioGo(account, token, time.Second)
	if told, err := by.FetchMedia(got.MessageSID, sid, nil); err != nil || *told.Sid != sid || *told.ContentType != "image/png" || *told.ParentSid != got.MessageSID {
		t.Errorf("%+v, %v", told, err)
	}
	again := r.signed(mediaURL)
	if err := by.DeleteMessage(got.MessageSID, nil); err != nil {
		t.Fatal(err)
	}
	if status, _ := plain(again); status != 404 {
		t.Errorf("a signed URL of what is gone: %d", status)
	}
	if _, err := by.ListMedia(got.MessageSID, nil); codeFrom(err) != "404 20404" {
		t.Errorf("media of what is gone: %v", err)
	}
}

// A fault can be about the customer of what is deleted, whoever wrote it.
func TestFaultsOfErasures(t *testing.T) {
	r := busy(t, "")
	by := r.twilioGo(account, token, 5*time.Second)
	all := r.records(ana)
	texts := map[string]string{} // by direction
	for _, m := range all.Messages {
		texts[m.Direction] = m.SID
	}
	if len(texts) != 3 {
		t.Fatalf("texts %v", texts)
	}
	for _, sid := range slices.Sorted(maps.Values(texts)) {
		r.trouble(fmt.Sprintf(`{"operation":"messages.delete","kind":"429","to":%q}`, ana))
		if got := codeFrom(by.DeleteMessage(sid, nil)); got != "429 20429" {
			t.Errorf("%s: %s", sid, got)
		}
	}
	medium := all.Media[0]
	r.trouble(fmt.Sprintf(`{"operation":"media.list","kind":"500","to":%q}`, ana))
	if _, err := by.ListMedia(medium.MessageSID, nil); codeFrom(err) != "500 20500" {
		t.Error(err)
	}
	r.trouble(fmt.Sprintf(`{"operation":"media.delete","kind":"20009","to":%q}`, ana))
	if got := codeFrom(by.DeleteMedia(medium.MessageSID, medium.SID, nil)); got != "409 20009" {
		t.Error(got)
	}
	r.trouble(fmt.Sprintf(`{"operation":"calls.delete","kind":"reset-after","to":%q}`, ana))
	if got := codeFrom(by.DeleteCall(all.Calls[0].SID, nil)); !strings.Contains(got, "reset") {
		t.Error(got)
	}
	if left := r.records(ana); len(left.Calls) != 1 || len(left.Messages) != len(all.Messages) || len(left.Media) != len(all.Media) {
		t.Errorf("left %+v", left)
	}
}

func TestRecordsNeedANumber(t *testing.T) {
	r := busy(t, "")
	r.do("GET", "/control/records", "", 400, nil)
	var bare kept // a plus that was not escaped is a space
	r.do("GET", "/control/records?number="+ana, "", 200, &bare)
	if !reflect.DeepEqual(bare, r.records(ana)) || len(bare.Messages) == 0 {
		t.Errorf("%+v", bare)
	}
	// Nobody but the account deletes.
	w := httptest.NewRecorder()
	r.sim.ServeHTTP(w, httptest.NewRequest("DELETE", "/2010-04-01/Accounts/"+account+"/Messages/"+bare.Messages[0].SID+".json", nil))
	if w.Code != 401 || len(r.records(ana).Messages) != len(bare.Messages) {
		t.Errorf("%d", w.Code)
	}
}
