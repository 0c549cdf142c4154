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
// has the carrier move texts on, and keeps what it had until somebody deletes it.
type provider struct {
	stage   *stage
	now     func() time.Time
	server  *httptest.Server
	texts   []*sentText
	taken   int                // texts, deleted ones too
	heard   []*sentText        // from customers
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

// client returns a client of an origin.
func (s *stage) client(t testing.TB, origin string) twilioAPI {
	c, err := twilio.Open(origin, tokens{})
	if err != nil {
		t.Fatal(err)
	}
	return linked{c, s}
}

// linked is the client of a story. Its calls to hand over a text last until the story cuts
// them, by its clock, not by that of a machine that may be busy.
type linked struct {
	*twilio.Client
	stage *stage
}

func (l linked) SendText(ctx context.Context, t twilio.Text) (twilio.Sent, error) {
	defer l.stage.past.Load()
	if a, _ := ctx.Value(actorOf{}).(*actor); a != nil {
		ctx = a.context
	}
	return l.Client.SendText(ctx, t)
}

func (l linked) Text(ctx context.Context, accountSID, sid string) (twilio.Sent, error) {
	defer l.stage.past.Load()
	return l.Client.Text(ctx, accountSID, sid)
}

func (l linked) TextsTo(ctx context.Context, accountSID, from, to string) ([]twilio.Sent, error) {
	defer l.stage.past.Load()
	return l.Client.TextsTo(ctx, accountSID, from, to)
}

func (l linked) EraseBetween(ctx context.Context, accountSID, ours, theirs string, before time.Time, most int) (bool, error) {
	defer l.stage.past.Load()
	return l.Client.EraseBetween(ctx, accountSID, ours, theirs, before, most)
}

type tokens struct{}

func (tokens) AuthTokens(context.Context, string) ([]string, error) {
	return []string{seed.AuthToken}, nil
}

// nobody is an origin at which nobody listens: no connection to port 0 comes about.
const nobody = "http://127.0.0.1:0"

const (
	// creates is the call that hands a text over.
	creates = "create a text"
	// deletes is the one that deletes a text.
	deletes = "delete a text"
)

// ServeHTTP is the REST API: one actor moves at a time, so the call is that one's.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer p.stage.past.Add(1)
	a := p.stage.moving
	if a == nil || a.dead {
		panic(http.ErrAbortHandler)
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c := &call{actor: a, what: "ask Twilio"}
	switch r.Method {
	case http.MethodPost:
		c.what, c.cut = creates, p.now().Add(table.CallWithin)
		if !a.claimed.IsZero() {
			c.cut = a.claimed.Add(table.CallWithin)
		}
	case http.MethodDelete:
		c.what = deletes
	}
	f := p.stage.wait(r.Context(), c)
	switch f {
	case killed, unsent:
		panic(http.ErrAbortHandler)
	case broken:
		refuse(w, http.StatusServiceUnavailable, 20503)
		return
	}
	switch r.Method {
	case http.MethodGet:
		p.read(w, r)
		return
	case http.MethodDelete:
		p.delete(w, r)
		switch f {
		case killedLate:
			a.cancel()
			panic(http.ErrAbortHandler)
		case unanswered:
			panic(http.ErrAbortHandler)
		}
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
	p.taken++
	m := &sentText{
		SID: fmt.Sprintf("SM%032x", p.taken), From: from, To: to, Body: r.Form.Get("Body"),
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

// read answers a fetch or a list, newest first. There were no calls.
func (p *provider) read(w http.ResponseWriter, r *http.Request) {
	for _, m := range p.texts {
		if strings.HasSuffix(r.URL.Path, "/Messages/"+m.SID+".json") {
			answer(w, http.StatusOK, m.show())
			return
		}
	}
	list, shown := "messages", []map[string]any{}
	switch {
	case strings.HasSuffix(r.URL.Path, "/Messages.json"):
		for _, all := range [][]*sentText{p.texts, p.heard} {
			for _, m := range slices.Backward(all) {
				if m.From == r.Form.Get("From") && m.To == r.Form.Get("To") {
					shown = append(shown, m.show())
				}
			}
		}
	case strings.HasSuffix(r.URL.Path, "/Calls.json"):
		list = "calls"
	default:
		refuse(w, http.StatusNotFound, 20404)
		return
	}
	answer(w, http.StatusOK, map[string]any{list: shown, "next_page_uri": nil})
}

// delete deletes a text, unless it is still under way.
func (p *provider) delete(w http.ResponseWriter, r *http.Request) {
	for _, all := range []*[]*sentText{&p.texts, &p.heard} {
		for i, m := range *all {
			switch {
			case !strings.HasSuffix(r.URL.Path, "/Messages/"+m.SID+".json"):
				continue
			case len(m.ahead) > 0:
				refuse(w, http.StatusConflict, 20009)
				return
			}
			*all = slices.Delete(*all, i, i+1)
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	refuse(w, http.StatusNotFound, 20404)
}

// has is what Twilio has of a number: our texts, and the SIDs of the customer's.
func (p *provider) has(phone string) (ours []*sentText, theirs []string) {
	for _, m := range p.texts {
		if m.To == phone {
			ours = append(ours, m)
		}
	}
	for _, m := range p.heard {
		if m.From == phone {
			theirs = append(theirs, m.SID)
		}
	}
	return ours, theirs
}

// hears keeps a customer's text.
func (p *provider) hears(s *said, number string) {
	p.heard = append(p.heard, &sentText{SID: s.sid, From: s.phone, To: number, Body: s.body, at: p.now(), status: "received"})
}

func (m *sentText) show() map[string]any {
	shown := map[string]any{
		"sid": m.SID, "status": m.status, "body": m.Body, "from": m.From, "to": m.To, "direction": "outbound-api",
		"date_created": m.at.UTC().Format(time.RFC1123Z), "error_code": nil, "num_media": "0",
	}
	if m.status == "received" {
		shown["direction"] = "inbound"
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
