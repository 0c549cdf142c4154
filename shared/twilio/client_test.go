package twilio_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/twilio"
)

// at is Twilio's clock, which shows whole seconds and stands still.
var at = time.Date(2026, 11, 20, 13, 0, 1, 0, time.UTC)

func open(t *testing.T, has ...scenario.Text) (*scenario.Twilio, *twilio.Client) {
	t.Helper()
	w := scenario.NewTwilio(t, func() time.Time { return at }, has...)
	return w, w.Client(t)
}

var text = twilio.Text{AccountSID: seed.AccountSID, From: "+12125550100", To: "+12125550123", Body: "Grüße & so 🧥", StatusCallback: "https://clienteling.example/status?m=1#rc=2"}

func TestSendText(t *testing.T) {
	w, c := open(t)
	sent, err := c.SendText(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	want := scenario.Text{SID: sent.SID, AccountSID: text.AccountSID, From: text.From, To: text.To, Body: text.Body, StatusCallback: text.StatusCallback, Status: "queued", At: at}
	if got := w.Texts(); len(got) != 1 || got[0] != want {
		t.Errorf("Twilio got %+v, want %+v", got, want)
	}
	if sent.Status != "queued" || sent.Code != "" || sent.Body != text.Body || !sent.CreatedAt.Equal(at) || !strings.HasPrefix(sent.SID, "SM") {
		t.Errorf("sent %+v", sent)
	}
	again, err := c.Text(t.Context(), seed.AccountSID, sent.SID)
	if err != nil || again != sent {
		t.Errorf("fetched %+v, %v; want %+v", again, err, sent)
	}
}

// What an error of any kind says about the text: taken, not taken, or nobody knows.
func TestOutcomes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer scenario.Answer
		want   twilio.Outcome
		code   int
	}{
		{"refused", scenario.Answer{Status: 400, Code: 21211}, twilio.Refused, 21211},
		{"opted out", scenario.Answer{Status: 400, Code: 21610}, twilio.Refused, twilio.CodeBlocked},
		{"bad token", scenario.Answer{Status: 401, Code: 20003}, twilio.Later, 20003},
		{"a page that refuses", scenario.Answer{Status: 403}, twilio.Refused, 0},
		{"too many", scenario.Answer{Status: 429, Code: 20429}, twilio.Later, 20429},
		{"too many, by its code", scenario.Answer{Status: 400, Code: 20429}, twilio.Later, 20429},
		{"a page of too many", scenario.Answer{Status: 429}, twilio.Later, 20429},
		{"an error", scenario.Answer{Status: 500, Code: 20500}, twilio.Unknown, 20500},
		{"a page of an error", scenario.Answer{Status: 503}, twilio.Unknown, 0},
		{"a page of something else", scenario.Answer{Status: 302}, twilio.Unknown, 0},
		{"lost", scenario.Answer{Lost: true}, twilio.Unknown, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, c := open(t)
			w.Answer(tt.answer)
			_, err := c.SendText(t.Context(), text)
			var e *twilio.Error
			if !errors.As(err, &e) || e.Outcome != tt.want || e.Code != tt.code {
				t.Errorf("%v, want outcome %d, code %d", err, tt.want, tt.code)
			}
			if w.Calls() != 1 {
				t.Errorf("it called %d times", w.Calls())
			}
			if tt.code != 0 && strings.Contains(err.Error(), "+12125550123") {
				t.Errorf("the error has a number: %v", err)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	origin := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := twilio.Open(origin, scenario.Accounts(t))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.SendText(t.Context(), text)
	var e *twilio.Error
	if !errors.As(err, &e) || e.Outcome != twilio.Later {
		t.Errorf("nobody there: %v", err)
	}
	stranger := text
	stranger.AccountSID = "AC00000000000000000000000000000000"
	if _, err = c.SendText(t.Context(), stranger); !errors.As(err, &e) || e.Outcome != twilio.Later {
		t.Errorf("an account without a token: %v", err)
	}
	for _, origin := range []string{"", "api.twilio.com", "://"} {
		if _, err := twilio.Open(origin, nil); err == nil {
			t.Errorf("%q is an origin", origin)
		}
	}
}

func TestTimeIsUp(t *testing.T) {
	w, c := open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	w.Answer(scenario.Answer{Before: func() { <-ctx.Done() }, Lost: true})
	_, err := c.SendText(ctx, text)
	var e *twilio.Error
	if !errors.As(err, &e) || e.Outcome != twilio.Unknown {
		t.Errorf("%v", err)
	}
}

func TestTextsTo(t *testing.T) {
	of := func(sid, from, to string, second int) scenario.Text {
		return scenario.Text{SID: sid, AccountSID: seed.AccountSID, From: from, To: to, Body: sid, Status: "undelivered", Code: 30005, At: at.Add(time.Duration(second) * time.Second)}
	}
	_, c := open(t,
		of("SM00000000000000000000000000000001", text.From, text.To, 0),
		of("SM00000000000000000000000000000002", text.From, "+12125550199", 1),
		of("SM00000000000000000000000000000003", "+12125550198", text.To, 2),
		of("SM00000000000000000000000000000004", text.From, text.To, 3),
	)
	found, err := c.TextsTo(t.Context(), seed.AccountSID, text.From, text.To)
	if err != nil || len(found) != 2 || found[0].SID[33:] != "4" || found[1].SID[33:] != "1" || found[0].Code != "30005" || !found[0].CreatedAt.Equal(at.Add(3*time.Second)) {
		t.Errorf("found %+v, %v", found, err)
	}
	var e *twilio.Error
	if _, err := c.Text(t.Context(), seed.AccountSID, "SM00000000000000000000000000000009"); !errors.As(err, &e) || e.Code != twilio.CodeNotFound {
		t.Errorf("a text that is not there: %v", err)
	}
}
