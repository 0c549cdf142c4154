package twilio

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

func (r *rig) trouble(body string) {
	r.Helper()
	r.do("POST", "/control/faults", body, 200, nil)
}

// codeOf is Twilio's error code, or a word for another error.
func codeOf(err error) string {
	var refused *client.TwilioRestError
	var network net.Error
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &refused):
		return fmt.Sprintf("%d %d", refused.Status, refused.Code)
	case errors.As(err, &network) && network.Timeout():
		return "timeout"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	default:
		return err.Error()
	}
}

func TestFaultsOfCalls(t *testing.T) {
	for kind, test := range map[string]struct {
		want    string
		happens bool
	}{
		"429":            {"429 20429", false},
		"500":            {"500 20500", false},
		"503":            {"503 20503", false},
		"21610":          {"400 21610", false},
		"code:21611":     {"400 21611", false},
		"code:20003":     {"401 20003", false},
		"code:12345":     {"400 12345", false},
		"html-503":       {"error decoding the response for an HTTP error code: 503", false},
		"timeout-before": {"timeout", false},
		"timeout-after":  {"timeout", true},
		"reset-before":   {"reset", false},
		"reset-after":    {"reset", true},
		"slow":           {"timeout", true},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel() // much of it is waiting
			r := newRig(t, answering(``))
			old := r.mustPost("old")
			r.settled()
			hurried, patient := r.twilioGo(account, token, 300*time.Millisecond), r.twilioGo(account, token, 10*time.Second)
			first := patient
			if test.want == "timeout" {
				first = hurried
			}
			ms := 0
			if kind == "slow" {
				ms = 600
			}
			for operation, call := range map[string]func(*api.ApiService) error{
				"messages.create": func(by *api.ApiService) error {
					_, err := by.CreateMessage(new(api.CreateMessageParams).SetFrom(store).SetTo(ana).SetBody("new"))
					return err
				},
				"messages.fetch": func(by *api.ApiService) error { _, err := by.FetchMessage(old, nil); return err },
				"messages.list":  func(by *api.ApiService) error { _, err := by.ListMessage(nil); return err },
			} {
				r.trouble(fmt.Sprintf(`{"operation":%q,"kind":%q,"ms":%d}`, operation, kind, ms))
				if got := codeOf(call(first)); !strings.HasPrefix(got, test.want) {
					t.Errorf("%s: %s, want %s", operation, got, test.want)
				}
				if operation == "messages.create" {
					if all := r.settled(); (len(all) == 2) != test.happens {
						t.Errorf("the account has %+v", all)
					}
				}
				if err := call(patient); err != nil {
					t.Errorf("%s the second time: %v", operation, err)
				}
			}
		})
	}
}

func TestASlowAnswerComes(t *testing.T) {
	r := newRig(t, answering(``))
	r.trouble(`{"operation":"messages.create","kind":"slow","ms":50}`)
	began := time.Now()
	if r.mustPost("x"); time.Since(began) < 50*time.Millisecond {
		t.Errorf("it came after %s", time.Since(began))
	}
}

func TestWhichCallsAFaultStrikes(t *testing.T) {
	ben := "+14155550123"
	for name, test := range map[string]struct {
		faults []string
		want   []string // to Ana, to Ben, to Ana...
	}{
		"the next":        {[]string{`"kind":"500"`}, []string{"500 20500", "ok", "ok"}},
		"the second":      {[]string{`"kind":"500","nth":2`}, []string{"ok", "500 20500", "ok"}},
		"two of them":     {[]string{`"kind":"500","nth":2,"times":2`}, []string{"ok", "500 20500", "500 20500", "ok"}},
		"every one":       {[]string{`"kind":"500","nth":0`}, []string{"500 20500", "500 20500", "500 20500"}},
		"the next two":    {[]string{`"kind":"500","nth":0,"times":2`}, []string{"500 20500", "500 20500", "ok"}},
		"each its own":    {[]string{`"kind":"500"`, `"kind":"429","nth":2`}, []string{"500 20500", "429 20429", "ok"}},
		"both the next":   {[]string{`"kind":"500"`, `"kind":"429"`}, []string{"500 20500", "429 20429", "ok"}},
		"only Ben":        {[]string{`"kind":"500","nth":0,"to":"` + ben + `"`}, []string{"ok", "500 20500", "ok", "500 20500"}},
		"Ana's second":    {[]string{`"kind":"500","nth":2,"to":"` + ana + `"`}, []string{"ok", "ok", "500 20500", "ok"}},
		"another call's":  {[]string{`"kind":"500","nth":0,"operation":"messages.list"`}, []string{"ok", "ok"}},
		"and the outcome": {[]string{`"operation":"outcome","kind":"failed:30007"`, `"kind":"500"`}, []string{"500 20500", "ok"}},
	} {
		r := newRig(t, answering(``))
		for _, f := range test.faults {
			if !strings.Contains(f, "operation") {
				f += `,"operation":"messages.create"`
			}
			r.trouble("{" + f + "}")
		}
		var got []string
		for n := range test.want {
			_, err := r.post(new(api.CreateMessageParams).SetBody("x").SetTo([]string{ana, ben}[n%2]))
			got = append(got, codeOf(err))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		var shown struct{ Faults []trouble }
		r.do("GET", "/control/faults", "", 200, &shown)
		hits := 0
		for _, f := range shown.Faults {
			if f.Operation == "messages.create" {
				hits += f.Hits
			}
		}
		if failed := len(got) - len(slices.DeleteFunc(slices.Clone(got), func(s string) bool { return s != "ok" })); hits != failed {
			t.Errorf("%s: %d hits, %d calls failed", name, hits, failed)
		}
		r.do("DELETE", "/control/faults", "", 200, &shown)
		if _, err := r.post(new(api.CreateMessageParams).SetBody("x")); err != nil || len(shown.Faults) != 0 {
			t.Errorf("%s: after all faults were deleted: %v", name, err)
		}
	}
}

func TestFaultsOfCallbacks(t *testing.T) {
	for fault, want := range map[string][]string{
		`"kind":"lose"`:                  {"delivered"},
		`"kind":"lose","nth":2`:          {"sent"},
		`"kind":"lose","nth":0`:          nil,
		`"kind":"never-final"`:           {"sent"},
		`"kind":"repeat"`:                {"sent", "sent", "delivered"},
		`"kind":"repeat","times":2`:      {"sent", "sent", "delivered", "delivered"},
		`"kind":"reorder"`:               {"delivered", "sent"},
		`"kind":"reorder","nth":2`:       {"sent", "delivered"},
		`"kind":"late","ms":150`:         {"delivered", "sent"},
		`"kind":"late","ms":150,"nth":2`: {"sent", "delivered"},
		`"kind":"lose","to":"+4930"`:     {"sent", "delivered"},
	} {
		t.Run(fault, func(t *testing.T) {
			r := newRig(t, answering(``))
			fault = strings.Replace(fault, "+4930", "+4930100000", 1)
			r.trouble(`{"operation":"callback",` + fault + `}`)
			sid := r.mustPost("x")
			m := r.settled()[0]
			if got := r.told(sid); !slices.Equal(got, want) || m.Status != "delivered" {
				t.Errorf("told %v, want %v; %+v", got, want, m)
			}
			for _, req := range r.requests() {
				if !valid(r.hook.URL, req) {
					t.Errorf("the signature of %v is not valid", req.PostForm)
				}
			}
		})
	}
}

func TestReorderedCallbackOfATextThatRests(t *testing.T) {
	r := newRig(t, answering(``))
	r.do("PUT", "/control/phones/"+ana, `{"state":"off"}`, 200, nil)
	r.trouble(`{"operation":"callback","kind":"reorder"}`)
	sid := r.mustPost("x")
	if r.settled(); !slices.Equal(r.told(sid), []string{"sent"}) {
		t.Errorf("with nothing to overtake it: told %v", r.told(sid))
	}
}

func TestOutcomes(t *testing.T) {
	for kind, test := range map[string]struct {
		status string
		code   int
		told   []string
		shown  int
	}{
		"failed:30007":      {"failed", 30007, []string{"failed"}, 0},
		"undelivered:30005": {"undelivered", 30005, []string{"sent", "undelivered"}, 0},
		"undelivered:30999": {"undelivered", 30999, []string{"sent", "undelivered"}, 0},
		"sent":              {"sent", 0, []string{"sent"}, 1},
	} {
		t.Run(kind, func(t *testing.T) {
			r := newRig(t, answering(``))
			r.trouble(fmt.Sprintf(`{"operation":"outcome","kind":%q,"to":%q}`, kind, ana))
			sid := r.mustPost("x")
			m := r.settled()[0]
			if m.Status != test.status || m.ErrorCode != test.code || m.Outcome != kind || !slices.Equal(r.told(sid), test.told) ||
				len(r.phone(ana).Items) != test.shown {
				t.Errorf("%+v, told %v, the phone shows %+v", m, r.told(sid), r.phone(ana).Items)
			}
			if m.DateSent.IsZero() != (test.status == "failed") {
				t.Errorf("sent at %s", m.DateSent)
			}
			r.do("PUT", "/control/phones/"+ana, `{"state":"on"}`, 200, nil) // moves nothing
			if again := r.settled()[0]; again.Status != test.status {
				t.Errorf("when the phone is switched on it is %s", again.Status)
			}
		})
	}
}

func TestFaultsAreRefused(t *testing.T) {
	r := newRig(t, answering(``))
	for body, says := range map[string]string{
		`{"kind":"500"}`: "messages.create",
		`{"operation":"messages.send","kind":"500"}`:                 "messages.create",
		`{"operation":"messages.create","kind":"slow"}`:              "need ms",
		`{"operation":"messages.create","kind":"500","ms":5}`:        "need ms",
		`{"operation":"messages.create","kind":"slow","ms":60001}`:   "0 to 60000",
		`{"operation":"messages.create","kind":"lose"}`:              "code:21610",
		`{"operation":"messages.create","kind":"undelivered:30005"}`: "code:21610",
		`{"operation":"callback","kind":"500"}`:                      "lose",
		`{"operation":"outcome","kind":"undelivered"}`:               "undelivered:30005",
		`{"operation":"outcome","kind":"delivered:30005"}`:           "undelivered:30005",
		`{"operation":"messages.list","kind":"500","nth":-1}`:        "0 or more",
		`{"operation":"messages.list","kind":"500","to":"Ana"}`:      "E.164",
		`{"operation":"messages.list","kind":"500","when":1}`:        "unknown field",
	} {
		var refused struct{ Error string }
		r.do("POST", "/control/faults", body, 400, &refused)
		if !strings.Contains(refused.Error, says) {
			t.Errorf("%s: %q, want it to say %q", body, refused.Error, says)
		}
	}
	for path, says := range map[string]string{"/control/phones/Ana": "E.164", "/control/phones/" + ana: "filtered, landline, off, unreachable"} {
		var refused struct{ Error string }
		r.do("PUT", path, `{"state":"asleep"}`, 400, &refused)
		if !strings.Contains(refused.Error, says) {
			t.Errorf("%s: %q", path, refused.Error)
		}
	}
}
