package twilio

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

func TestPhones(t *testing.T) {
	for state, code := range map[string]int{"unreachable": 30003, "landline": 30006, "filtered": 30007} {
		t.Run(state, func(t *testing.T) {
			r := newRig(t, answering(``))
			r.do("PUT", "/control/phones/"+ana, fmt.Sprintf(`{"state":%q}`, state), 200, nil)
			sid := r.mustPost("hello?")
			m := r.settled()[0]
			if m.Status != "undelivered" || m.ErrorCode != code || len(r.phone(ana).Items) != 0 || !slices.Equal(r.errorCodes(), []int{code}) {
				t.Errorf("%+v, the phone shows %+v", m, r.phone(ana).Items)
			}
			last := r.requests()[1].PostForm
			if !slices.Equal(r.told(sid), []string{"sent", "undelivered"}) || last.Get("ErrorCode") != fmt.Sprint(code) || !last.Has("RawDlrDoneDate") {
				t.Errorf("told %v, at last %v", r.told(sid), last)
			}
			fetched, err := r.twilioGo(account, token, time.Second).FetchMessage(sid, nil)
			if err != nil || *fetched.ErrorCode != code || *fetched.ErrorMessage != titles[code] {
				t.Errorf("fetched %+v, %v", fetched, err)
			}
		})
	}
}

func TestAPhoneThatIsOffGetsItsTextsLater(t *testing.T) {
	file := filepath.Join(t.TempDir(), "twilio.json")
	r := newRig(t, answering(``))
	r.start(file)
	r.number(Number{PhoneNumber: store})
	var shown struct{ State string }
	r.do("PUT", "/control/phones/"+ana, `{"state":"off"}`, 200, &shown)
	sids := []string{r.mustPost("1"), r.mustPost("2"), r.mustPost("3")}
	for _, m := range r.settled() {
		if m.Status != "sent" || !slices.Equal(r.told(m.SID), []string{"sent"}) {
			t.Errorf("while the phone is %s: %+v, told %v", shown.State, m, r.told(m.SID))
		}
	}
	r.sim.Close()
	r.start(file)
	r.do("GET", "/control/phones/"+ana, "", 200, &shown)
	if len(r.phone(ana).Items) != 0 || shown.State != "off" {
		t.Errorf("a phone that is %s shows %+v", shown.State, r.phone(ana).Items)
	}
	r.do("PUT", "/control/phones/"+ana, `{"state":"on"}`, 200, &shown)
	r.settled()
	var got []string
	for _, i := range r.phone(ana).Items {
		got = append(got, i.SID)
	}
	if !slices.Equal(got, sids) || shown.State != "on" {
		t.Errorf("back %s the phone shows %v, want %v", shown.State, got, sids)
	}
	for _, sid := range sids {
		if told := r.told(sid); !slices.Equal(told, []string{"sent", "delivered"}) {
			t.Errorf("told %v", told)
		}
	}
}

func TestTextsOfAPairStayInOrder(t *testing.T) {
	r := newRig(t, answering(``))
	var want []string
	for n := range 20 {
		want = append(want, fmt.Sprint(n))
		r.mustPost(want[n])
	}
	r.settled()
	var got []string
	for _, i := range r.phone(ana).Items {
		got = append(got, i.Body)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the phone shows %q", got)
	}
}

func TestATextOnItsWaySurvivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "twilio.json")
	r := newRig(t, answering(``))
	r.pace = time.Hour
	r.start(file)
	r.number(Number{PhoneNumber: store})
	sid := r.mustPost("slow")
	if err := r.sim.Close(); err != nil {
		t.Fatal(err)
	}
	r.pace = 0
	r.start(file)
	m := r.settled()[0]
	if m.SID != sid || m.Status != "delivered" || !slices.Equal(r.told(sid), []string{"sent", "delivered"}) || len(r.phone(ana).Items) != 1 {
		t.Errorf("after the restart %+v, told %v", m, r.told(sid))
	}
}

func TestPace(t *testing.T) {
	r := newRig(t, answering(``))
	r.pace = 60 * time.Millisecond
	r.start("")
	r.number(Number{PhoneNumber: store})
	seen := map[string]bool{}
	r.mustPost("slow")
	r.until("it is delivered", func() bool {
		status := r.messages()[0].Status
		seen[status] = true
		return status == "delivered"
	})
	if m := r.messages()[0]; len(seen) < 4 || m.DateUpdated.Sub(m.RequestedAt) < 3*r.pace {
		t.Errorf("seen %v, delivered after %s", seen, m.DateUpdated.Sub(m.RequestedAt))
	}
}

func TestCallbackRetries(t *testing.T) {
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		if req.PostForm.Get("MessageStatus") == "sent" {
			w.WriteHeader(503)
		}
	})
	for callback, want := range map[string][]string{
		"/status":                   {"sent", "delivered"},
		"/status#rc=2&rp=ct,rt,5xx": {"sent", "sent", "sent", "delivered"},
	} {
		sent, err := r.post(new(api.CreateMessageParams).SetBody("x").SetStatusCallback(r.hook.URL + callback))
		if err != nil {
			t.Fatal(err)
		}
		r.settled()
		if got := r.told(*sent.Sid); !slices.Equal(got, want) {
			t.Errorf("%s: told %v, want %v", callback, got, want)
		}
	}
	if codes := r.errorCodes(); !slices.Equal(codes, []int{11217, 11217}) {
		t.Errorf("the debugger has %v", codes)
	}
	if _, err := r.post(new(api.CreateMessageParams).SetBody("no callback")); err != nil {
		t.Fatal(err)
	}
	before := len(r.requests())
	if all := r.settled(); all[2].Status != "delivered" || len(r.requests()) != before {
		t.Errorf("without a callback: %+v", all[2])
	}
}

func TestOutboundMedia(t *testing.T) {
	picture, err := drawPicture("image/jpeg", 0)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/coat.jpg":
			w.Header().Set("Content-Type", "image/jpeg")
			w.Write(picture)
		case "/moved":
			http.Redirect(w, req, "/coat.jpg", http.StatusFound)
		case "/plain":
			w.Header()["Content-Type"] = nil
			io.WriteString(w, "x")
		case "/large":
			w.Header().Set("Content-Type", "image/png")
			w.Write(make([]byte, maxMessageMedia+1))
		default:
			w.WriteHeader(404)
		}
	})
	for name, test := range map[string]struct {
		media []string
		code  int
	}{
		"pictures":   {[]string{r.hook.URL + "/coat.jpg", r.hook.URL + "/moved", "https://www.example.com/coat.png"}, 0},
		"not there":  {[]string{r.hook.URL + "/gone"}, 11200},
		"no server":  {[]string{"http://" + nobody(t) + "/"}, 11200},
		"no type":    {[]string{r.hook.URL + "/plain"}, 12300},
		"too large":  {[]string{r.hook.URL + "/large"}, 11751},
		"one of two": {[]string{r.hook.URL + "/coat.jpg", r.hook.URL + "/gone"}, 11200},
	} {
		sent, err := r.post(new(api.CreateMessageParams).SetBody("look").SetMediaUrl(test.media).SetStatusCallback(r.hook.URL + "/status"))
		if err != nil {
			t.Fatal(err)
		}
		all := r.settled()
		m := all[len(all)-1]
		if *sent.NumMedia != fmt.Sprint(len(test.media)) || !strings.HasPrefix(*sent.Sid, "MM") || m.ErrorCode != test.code {
			t.Errorf("%s: %+v", name, m)
		}
		want := []string{"sent", "delivered"}
		if test.code != 0 {
			want = []string{"failed"}
		}
		if got := r.told(m.SID); !slices.Equal(got, want) {
			t.Errorf("%s: told %v", name, got)
		}
	}
	items := r.phone(ana).Items
	if len(items) != 1 || len(items[0].Media) != 3 {
		t.Fatalf("the phone shows %+v", items)
	}
	for n, link := range items[0].Media {
		resp, err := http.Get(r.signed(link.URL))
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 || n < 2 && !slices.Equal(data, picture) || resp.Header.Get("Content-Type") != link.ContentType {
			t.Errorf("medium %d: %d, %d bytes of %s", n, resp.StatusCode, len(data), link.ContentType)
		}
	}

	jonas := "+4915228817386" // whose phone gets no MMS from Twilio
	url := r.hook.URL + "/coat.jpg"
	if _, err := r.post(new(api.CreateMessageParams).SetTo(jonas).SetBody("look").SetMediaUrl([]string{url})); err != nil {
		t.Fatal(err)
	}
	r.settled()
	if items := r.phone(jonas).Items; len(items) != 1 || items[0].Body != "look\n"+url || len(items[0].Media) != 0 {
		t.Errorf("a phone without MMS shows %+v", items)
	}
	r.do("PUT", "/control/phones/"+ana, `{"state":"unreachable"}`, 200, nil)
	before := len(r.sim.state.Media)
	if _, err := r.post(new(api.CreateMessageParams).SetMediaUrl([]string{url})); err != nil {
		t.Fatal(err)
	}
	if r.settled(); len(r.sim.state.Media) != before {
		t.Errorf("%d media are kept of a text that never arrived", len(r.sim.state.Media)-before)
	}
}
