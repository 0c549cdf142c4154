package twilio

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseOverrides(t *testing.T) {
	defaults := overrides{5 * time.Second, 15 * time.Second, 15 * time.Second, 1, []string{"ct"}}
	for fragment, test := range map[string]struct {
		want   func(*overrides)
		faults int
	}{
		"":                               {func(*overrides) {}, 0},
		"rc=2&rp=ct,rt,5xx":              {func(o *overrides) { o.retries, o.policy = 2, []string{"ct", "rt", "5xx"} }, 0},
		"ct=100&rt=200&tt=300&rc=0&e=ie": {func(o *overrides) { *o = overrides{1e8, 2e8, 3e8, 0, o.policy} }, 0},
		"ct=99&rt=15001&tt=x&rc=6":       {func(*overrides) {}, 4},
		"rp=5xx,6xx&rc=3":                {func(o *overrides) { o.retries = 3 }, 1},
		"rp=":                            {func(*overrides) {}, 1},
	} {
		want := defaults
		test.want(&want)
		got, faults := parseOverrides(fragment)
		if got.connect != want.connect || got.read != want.read || got.total != want.total || got.retries != want.retries ||
			!slices.Equal(got.policy, want.policy) || len(faults) != test.faults {
			t.Errorf("#%s: %+v with %v, want %+v", fragment, got, faults, want)
		}
	}
}

// silence is a TCP address that accepts and never says a word: TLS never gets through.
func silence(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// nobody is an address where nothing listens.
func nobody(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestRetries(t *testing.T) {
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/slow":
			<-req.Context().Done()
		case "/stalls":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "<Resp")
			http.NewResponseController(w).Flush()
			<-req.Context().Done()
		case "/dies":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
		case "/moved":
			http.Redirect(w, req, "/sms", http.StatusMovedPermanently)
		case "/400":
			w.WriteHeader(400)
		case "/500":
			w.WriteHeader(500)
		case "/sms":
			w.WriteHeader(204)
		}
	})
	quiet, closed := "https://"+silence(t)+"/", "http://"+nobody(t)+"/"
	for _, test := range []struct {
		url      string
		attempts int
		code     int
		says     string
	}{
		{"/sms", 1, 0, ""},
		{"/500", 1, 11217, "500"},
		{"/500#rc=2&rp=ct,rt,5xx", 3, 11217, "500"},
		{"/400#rc=2&rp=ct,rt,5xx", 1, 11217, "400"},
		{"/400#rc=5&rp=all", 6, 11217, "400"},
		{"/500#rp=5xx,nonsense", 1, 11217, "500"}, // the policy is not used, ct applies
		{"/moved#rc=2&rp=all", 1, 11200, "301"},
		{closed, 2, 11205, "refused"},
		{closed + "#rc=0", 1, 11205, "refused"},
		{closed + "#rc=3&rp=5xx", 1, 11205, "refused"},
		{quiet + "#ct=100&rc=1", 2, 11205, "(ct)"},
		{"/slow#rt=100&rc=2&rp=rt", 3, 11205, "(rt)"},
		{"/slow#rt=100&rc=2", 1, 11205, "(rt)"},
		{"/stalls#rt=100&rc=1&rp=rt", 2, 11205, "(rt)"},
		{"/slow#tt=150&rt=100&rc=5&rp=rt", 2, 11205, "(tt)"},
		{"/dies#rc=1&rp=rt", 2, 11205, "closed"},
	} {
		t.Run(test.url, func(t *testing.T) {
			target := test.url
			if strings.HasPrefix(target, "/") {
				target = r.hook.URL + target
			}
			got := r.sim.ask(context.Background(), "SM1", hook{"POST", target}, nil)
			if len(got.attempts) != test.attempts {
				t.Errorf("%d attempts: %+v", len(got.attempts), got.attempts)
			}
			if test.code == 0 {
				return
			}
			if f := got.faults[len(got.faults)-1]; !got.failed || f.Code != test.code || !strings.Contains(f.Detail, test.says) {
				t.Errorf("failed %t with %+v, want %d: %s", got.failed, got.faults, test.code, test.says)
			}
		})
	}
}

func TestUnknownHost(t *testing.T) {
	missing := &net.DNSError{Err: "no such host", IsNotFound: true}
	failure := networkFailure(fmt.Errorf("dial: %w", missing), false)
	if f := failureFault(attempt{Error: "no such host"}, failure); failure != "dns" || f.Code != 11210 {
		t.Errorf("an unknown host: %q, %+v", failure, f)
	}
}

func TestRetryCarriesTheSameRequest(t *testing.T) {
	calls := 0
	r := newRig(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls < 3 {
			w.WriteHeader(503)
			return
		}
		answering(`<Response/>`)(w, nil)
	})
	r.number(Number{PhoneNumber: store, SmsURL: r.hook.URL + "/sms?x=1#rc=2&rp=ct,rt,5xx"})
	got := r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"hi"}`, ana, store))
	sent := r.requests()
	if len(sent) != 3 || len(got.Deliveries[0].Attempts) != 3 || len(got.Deliveries[0].Errors) != 0 {
		t.Fatalf("%d requests, %+v", len(sent), got.Deliveries)
	}
	const header = "I-Twilio-Idempotency-Token"
	for _, req := range sent {
		if !valid(r.hook.URL, req) || req.PostForm.Get("MessageSid") != got.MessageSID || req.URL.RawQuery != "x=1" ||
			req.Header.Get(header) == "" || req.Header.Get(header) != sent[0].Header.Get(header) {
			t.Errorf("%s %v %v", req.URL, req.PostForm, req.Header)
		}
	}
	if problem := r.phone(ana).Items[0].Problem; problem != "" {
		t.Errorf("a delivered text shows the problem %q", problem)
	}
}

func TestFallback(t *testing.T) {
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/fallback":
			answering(`<Response><Message>sorry</Message></Response>`)(w, nil)
		case "/broken":
			answering(`<Response>`)(w, nil)
		default:
			w.WriteHeader(500)
		}
	})
	for path, code := range map[string]string{"/sms": "11217", "/broken": "12100"} {
		r.number(Number{PhoneNumber: store, SmsURL: r.hook.URL + path, SmsFallbackURL: r.hook.URL + "/fallback"})
		d := r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"hi"}`, ana, store)).Deliveries[0]
		sent := r.requests()
		last := sent[len(sent)-1]
		if len(d.Messages) != 1 || last.URL.Path != "/fallback" || last.PostForm.Get("ErrorCode") != code ||
			last.PostForm.Get("ErrorUrl") != r.hook.URL+path || !valid(r.hook.URL, last) {
			t.Errorf("%s: %+v, then %s %v", path, d, last.URL, last.PostForm)
		}
	}
	r.number(Number{PhoneNumber: store, SmsURL: r.hook.URL + "/sms", SmsFallbackURL: r.hook.URL + "/sms"})
	r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"lost"}`, ana, store))
	items := r.phone(ana).Items
	if last := items[len(items)-1]; last.Body != "lost" || !strings.Contains(last.Problem, "500") {
		t.Errorf("the phone does not show the problem: %+v", last)
	}
}

func TestRequestsAreShown(t *testing.T) {
	r := newRig(t, answering(`<Response/>`))
	sid := r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"hi"}`, ana, store)).MessageSID
	var shown struct{ Requests []exchange }
	r.do("GET", "/control/requests", "", 200, &shown)
	if e := shown.Requests[0]; e.SID != sid || e.Status != 200 || e.Body != "<Response/>" || e.Params.Get("Body") != "hi" ||
		e.Headers.Get("X-Twilio-Signature") == "" || e.Method != "POST" {
		t.Errorf("the last exchange is %+v", e)
	}
}

func TestProbes(t *testing.T) {
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("X-Host", req.Host)
		if req.Header.Get("X-Twilio-Signature") == "" || !valid(req.Header.Get("Public"), req) {
			w.WriteHeader(403)
		}
	})
	for body, status := range map[string]int{
		`{"path":"/sms?a=b","params":{"Body":"x"}}`:                                                              200,
		`{"path":"/sms","params":{"Body":"x"},"sign":"valid"}`:                                                   200,
		`{"path":"/sms","params":{"Body":"x"},"method":"GET"}`:                                                   200,
		`{"path":"/sms","params":{"Body":"x"},"sign":"forged"}`:                                                  403,
		`{"path":"/sms","params":{"Body":"x"},"sign":"foreign"}`:                                                 403,
		`{"path":"/sms","params":{"Body":"x"},"sign":"missing"}`:                                                 403,
		`{"path":"/sms","params":{"Body":"x"},"signature":"x"}`:                                                  403,
		`{"path":"/sms","params":{},"sign":"missing","signature":"` + Sign(token, r.hook.URL+"/sms", nil) + `"}`: 200,
	} {
		var got probeResult
		withHeaders := strings.TrimSuffix(body, "}") + fmt.Sprintf(`,"headers":{"Public":%q,"Host":"other.example"}}`, r.hook.URL)
		r.do("POST", "/control/requests", withHeaders, 200, &got)
		if got.Status != status || got.Headers["X-Host"] != "other.example" {
			t.Errorf("%s: %d %v, want %d", body, got.Status, got.Headers, status)
		}
	}
	r.do("POST", "/control/requests", fmt.Sprintf(`{"url":%q,"params":{"A":["2","1"]}}`, r.hook.URL+"/x"), 200, nil)
	sent := r.requests()
	if form := sent[len(sent)-1].PostForm["A"]; !slices.Equal(form, []string{"2", "1"}) {
		t.Errorf("repeated parameter arrives as %v", form)
	}
}
