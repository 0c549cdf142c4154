package property

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

// provider is Twilio as far as the story needs it: it takes texts, blocks numbers,
// and has the carrier move texts on.
type provider struct {
	stage   *stage
	now     func() time.Time
	server  *httptest.Server
	texts   []*sentText
	blocked map[[2]string]bool // from our number, to the customer's
	// arrived is told of every text that arrives, before it has any effect.
	arrived func(k table.OutboundKey, to string)
	took    func(*sentText)
	// ends chooses how a text will end.
	ends func() []string
}

// sentText is a text that Twilio took.
type sentText struct {
	SID, From, To, Body string
	Key                 table.OutboundKey
	callback            url.Values
	at                  time.Time
	status, code        string
	// ahead are the statuses that it has before it.
	ahead []string
}

func newProvider(s *stage, now func() time.Time) *provider {
	p := &provider{stage: s, now: now, blocked: map[[2]string]bool{}}
	p.server = httptest.NewUnstartedServer(p)
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.server.Start()
	return p
}

func (p *provider) close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

// client returns the product's client of an origin.
func client(t testing.TB, origin string) *twilio.Client {
	c, err := twilio.Open(origin, tokens{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type tokens struct{}

func (tokens) AuthTokens(context.Context, string) ([]string, error) {
	return []string{seed.AuthToken}, nil
}

// nobody is an origin at which nobody listens: no connection to port 0 comes about.
const nobody = "http://127.0.0.1:0"

// creates is the call that hands a text over.
const creates = "create a text"

// ServeHTTP is the REST API: one actor moves at a time, so the call is that one's.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := p.stage.moving
	if a == nil || a.dead {
		panic(http.ErrAbortHandler)
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c := &call{actor: a, what: "ask Twilio"}
	if r.Method == http.MethodPost {
		c.what, c.cut = creates, p.now().Add(table.CallWithin)
	}
	f := p.stage.wait(r.Context(), c)
	switch f {
	case killed, unsent:
		panic(http.ErrAbortHandler)
	case broken:
		refuse(w, http.StatusServiceUnavailable, 20503)
		return
	}
	if r.Method != http.MethodPost {
		p.read(w, r)
		return
	}
	from, to := r.Form.Get("From"), r.Form.Get("To")
	callback, err := url.Parse(r.Form.Get("StatusCallback"))
	if err != nil {
		refuse(w, http.StatusBadRequest, 21609)
		return
	}
	q := callback.Query()
	k := table.OutboundKey{Retailer: q.Get("r"), Store: q.Get("s"), Customer: q.Get("c"), Message: q.Get("m")}
	p.arrived(k, to)
	switch {
	case f == tooMany:
		refuse(w, http.StatusTooManyRequests, 20429)
		return
	case f == invalid:
		refuse(w, http.StatusBadRequest, 30450)
		return
	case p.blocked[[2]string{from, to}]:
		refuse(w, http.StatusBadRequest, twilio.CodeBlocked)
		return
	}
	m := &sentText{
		SID: fmt.Sprintf("SM%032x", len(p.texts)+1), From: from, To: to, Body: r.Form.Get("Body"),
		Key: k, callback: q, at: p.now(), status: "queued", ahead: p.ends(),
	}
	p.texts = append(p.texts, m)
	p.took(m)
	switch f {
	case killedLate:
		a.cancel()
		panic(http.ErrAbortHandler)
	case unanswered:
		panic(http.ErrAbortHandler)
	case brokenLate:
		refuse(w, http.StatusServiceUnavailable, 20503)
	case garbled:
		http.Error(w, "<html>Bad Gateway</html>", http.StatusBadGateway)
	default:
		answer(w, http.StatusCreated, m.show())
	}
}

// read answers a fetch or a list, newest first.
func (p *provider) read(w http.ResponseWriter, r *http.Request) {
	for _, m := range p.texts {
		if strings.HasSuffix(r.URL.Path, "/Messages/"+m.SID+".json") {
			answer(w, http.StatusOK, m.show())
			return
		}
	}
	if !strings.HasSuffix(r.URL.Path, "/Messages.json") {
		refuse(w, http.StatusNotFound, 20404)
		return
	}
	found := []map[string]any{}
	for _, m := range slices.Backward(p.texts) {
		if m.From == r.Form.Get("From") && m.To == r.Form.Get("To") {
			found = append(found, m.show())
		}
	}
	answer(w, http.StatusOK, map[string]any{"messages": found, "next_page_uri": nil})
}

func (m *sentText) show() map[string]any {
	shown := map[string]any{
		"sid": m.SID, "status": m.status, "body": m.Body, "from": m.From, "to": m.To,
		"date_created": m.at.UTC().Format(time.RFC1123Z), "error_code": nil,
	}
	if m.code != "" {
		shown["error_code"] = json.Number(m.code)
	}
	return shown
}

// advance moves a text to its next status.
func (m *sentText) advance() {
	m.status, m.ahead = m.ahead[0], m.ahead[1:]
	if m.status == clienteling.StatusUndelivered || m.status == clienteling.StatusFailed {
		m.code = "30003"
	}
}

// says is the callback that tells a text's status.
func (m *sentText) says() url.Values {
	v := url.Values{"MessageSid": {m.SID}, "AccountSid": {seed.AccountSID}, "MessageStatus": {m.status}, "ErrorCode": {m.code}}
	for name, values := range m.callback {
		v["?"+name] = values
	}
	return v
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("content-type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status, code int) {
	answer(w, status, map[string]any{"code": code, "message": "on behalf of the test", "status": status})
}

var errNoQueue = errors.New("the queue is away")
