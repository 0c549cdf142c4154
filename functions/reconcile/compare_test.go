package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
	"clienteling/shared/webhook"
)

// simulated is a number of the account as the simulator has it.
type simulated struct{ PhoneNumber, FriendlyName, SID, SmsURL, VoiceURL string }

// atTwilio puts a number into the account, whose webhooks are ours.
func (w *numbersWorld) atTwilio(e164, name string) (sid string) {
	w.Helper()
	var n simulated
	w.sim.Control(w, "PUT", "/control/numbers/"+e164, map[string]any{
		"friendlyName": name, "smsUrl": webhook.SmsURL(w.publicBaseURL), "voiceUrl": webhook.VoiceURL(w.publicBaseURL),
	}, &n)
	return n.SID
}

// owned are the account's numbers, by E.164.
func (w *numbersWorld) owned() map[string]simulated {
	w.Helper()
	var all struct{ Numbers []simulated }
	w.sim.Control(w, "GET", "/control/numbers", nil, &all)
	owned := map[string]simulated{}
	for _, n := range all.Numbers {
		owned[n.PhoneNumber] = n
	}
	return owned
}

// completed is an order that completed with a number, which is available.
func (w *numbersWorld) completed(e164 string) clienteling.Purchase {
	w.Helper()
	p := w.order("US", clienteling.PurchaseRequested)
	var err error
	p, err = w.table.ClaimCandidate(w.Context(), p, e164, clienteling.AnyReply, w.db.Now())
	w.must(err)
	p, err = w.table.NumberBought(w.Context(), p, w.atTwilio(e164, w.stage.NumberName(p.ID)), w.db.Now())
	w.must(err)
	p, err = w.table.CompletePurchase(w.Context(), p, w.db.Now())
	w.must(err)
	return p
}

func TestCompare(t *testing.T) {
	t.Parallel()
	const e164 = "+16175550177"
	name := func(w *numbersWorld, p clienteling.Purchase) string { return w.stage.NumberName(p.ID) }
	for _, tt := range []struct {
		name  string
		given func(w *numbersWorld)
		// stranger: the operator is told; gone: it was given back; state: of its record
		// afterwards, "" for none.
		stranger, gone bool
		state          clienteling.NumberState
	}{
		{"a stranger", func(w *numbersWorld) { w.atTwilio(e164, "Support hotline") }, true, false, ""},
		{"of another stage", func(w *numbersWorld) {
			p := w.order("US", clienteling.PurchaseRequested)
			w.atTwilio(e164, clienteling.Production.NumberName(p.ID))
		}, true, false, ""},
		{"of an order that nobody knows", func(w *numbersWorld) {
			w.atTwilio(e164, clienteling.Sandbox.NumberName("01a1fd8c-6900-7000-8000-000000000001"))
		}, true, false, ""},
		{"nearly the name of an order that failed", func(w *numbersWorld) {
			p := w.order("US", clienteling.PurchaseRequested)
			w.must(w.table.FailPurchase(w.Context(), p, clienteling.ReasonNoneForSale, true, w.db.Now()))
			w.atTwilio(e164, name(w, p)+" ")
		}, true, false, ""},
		{"available", func(w *numbersWorld) { w.completed(e164) }, false, false, clienteling.NumberAvailable},
		{"of an order that completed, without a record", func(w *numbersWorld) {
			w.completed(e164)
			w.delete("NUMBER#"+e164, "NUMBER")
		}, false, false, clienteling.NumberAvailable},
		{"of an order that completed with another number", func(w *numbersWorld) {
			w.atTwilio(e164, name(w, w.completed("+16175550178")))
		}, true, false, ""},
		{"of an order that completed with it under another SID", func(w *numbersWorld) {
			p := w.completed(e164)
			w.delete("NUMBER#"+e164, "NUMBER")
			w.db.Patch(w, "RETAILER#acme", "PURCHASE#"+p.ID, map[string]any{"sid": "PN" + strings.Repeat("a", 32)})
		}, true, false, ""},
		{"of an order that failed for sure", func(w *numbersWorld) {
			p := w.order("US", clienteling.PurchaseRequested)
			w.must(w.table.FailPurchase(w.Context(), p, clienteling.ReasonNoneForSale, true, w.db.Now()))
			w.atTwilio(e164, name(w, p))
		}, false, true, ""},
		{"of an order that failed when nobody knew", func(w *numbersWorld) {
			p, err := w.table.ClaimCandidate(w.Context(), w.order("US", clienteling.PurchaseRequested), e164, clienteling.AnyReply, w.db.Now())
			w.must(err)
			w.atTwilio(e164, name(w, p))
			w.must(w.table.FailPurchase(w.Context(), p, clienteling.ReasonTwilioAway, false, w.db.Now()))
		}, false, true, clienteling.NumberReleased},
		{"of an order that was canceled", func(w *numbersWorld) {
			p := w.order("US", clienteling.PurchaseRequested)
			_, err := w.table.CancelPurchase(w.Context(), retailer, p.ID, w.db.Now())
			w.must(err)
			w.atTwilio(e164, name(w, p))
		}, false, true, ""},
		{"of an order that runs", func(w *numbersWorld) {
			w.atTwilio(e164, name(w, w.order("US", clienteling.PurchaseRequested)))
		}, false, false, ""},
		{"of an order that needs assistance", func(w *numbersWorld) {
			w.atTwilio(e164, name(w, w.order("US", clienteling.PurchaseAssistance)))
		}, true, false, ""},
		{"claimed", func(w *numbersWorld) {
			p, err := w.table.ClaimCandidate(w.Context(), w.order("US", clienteling.PurchaseRequested), e164, clienteling.AnyReply, w.db.Now())
			w.must(err)
			w.atTwilio(e164, name(w, p))
		}, false, false, clienteling.NumberClaimed},
		{"claimed, and ours by another hand", func(w *numbersWorld) {
			_, err := w.table.ClaimCandidate(w.Context(), w.order("US", clienteling.PurchaseRequested), e164, clienteling.AnyReply, w.db.Now())
			w.must(err)
			w.atTwilio(e164, "by hand")
		}, false, false, clienteling.NumberClaimed},
		{"being given back", func(w *numbersWorld) {
			w.completed(e164)
			_, err := w.table.ReleaseNumber(w.Context(), retailer, e164, w.db.Now())
			w.must(err)
		}, false, false, clienteling.NumberReleasing},
		{"given back just now", func(w *numbersWorld) {
			w.completed(e164)
			n, err := w.table.ReleaseNumber(w.Context(), retailer, e164, w.db.Now())
			w.must(err)
			w.must(w.table.NumberReleased(w.Context(), n, w.db.Now()))
		}, false, false, clienteling.NumberReleased},
		{"given back, and ours by another hand", func(w *numbersWorld) {
			w.record(e164, "US")
			n, err := w.table.ReleaseNumber(w.Context(), retailer, e164, w.db.Now())
			w.must(err)
			w.must(w.table.NumberReleased(w.Context(), n, w.db.Now()))
			w.atTwilio(e164, "by hand")
		}, true, false, clienteling.NumberReleased},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := numbers(t, false)
			w.register("US", clienteling.RegistrationApproved)
			tt.given(w)
			at := w.owned()[e164]
			w.pass(10 * time.Second)
			w.must(w.compare(t.Context()))
			items := w.db.Items(t)
			stranger := items["STRANGER#"+e164+" / STRANGER"]
			if (stranger != nil) != tt.stranger || stranger != nil && (stranger["sid"] != at.SID || stranger["friendlyName"] != at.FriendlyName || !strings.HasPrefix(stranger["gsi2pk"].(string), "OPERATOR#number")) {
				t.Errorf("the operator is told %v", stranger)
			}
			now, ours := w.owned()[e164]
			if ours == tt.gone || ours && now != at {
				t.Errorf("at Twilio %+v, before %+v", now, at)
			}
			record := items["NUMBER#"+e164+" / NUMBER"]
			if tt.state == "" && record != nil || tt.state != "" && record["state"] != string(tt.state) {
				t.Errorf("record %v, want %q", record, tt.state)
			}
			if tt.state == clienteling.NumberAvailable && (record["sid"] != at.SID || record["gsi1sk"] != "NUMBER#US#available#"+e164 || record["retailer"] != retailer) {
				t.Errorf("record %v", record)
			}
			// The next day says the same again, and nothing new.
			w.pass(25 * time.Hour)
			w.must(w.compare(t.Context()))
			after := w.db.Items(t)
			if again := after["STRANGER#"+e164+" / STRANGER"]; stranger != nil && (again["gsi2sk"] != stranger["gsi2sk"] || again["at"] != stranger["at"] || again["expiresAt"] == stranger["expiresAt"]) {
				t.Errorf("a day later the operator is told %v, before %v", again, stranger)
			}
			delete(after, "STRANGER#"+e164+" / STRANGER")
			delete(items, "STRANGER#"+e164+" / STRANGER")
			if d := after.Since(items); len(d.Added)+len(d.Removed)+len(d.Changed) != 1 { // the comparison's own time
				t.Errorf("a day later: %+v", d)
			}
		})
	}
}

// Webhooks that were changed at Twilio are set back; the name stays what it is.
func TestRepair(t *testing.T) {
	t.Parallel()
	const e164 = "+16175550177"
	for _, tt := range []struct {
		name    string
		changed map[string]any
	}{
		{"texts", map[string]any{"smsUrl": "https://elsewhere.example/sms"}},
		{"calls", map[string]any{"voiceUrl": ""}},
		{"other overrides", map[string]any{"smsUrl": "http://127.0.0.1:7080/webhooks/twilio/sms"}},
		{"nothing", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := numbers(t, false)
			w.register("US", clienteling.RegistrationApproved)
			p := w.completed(e164)
			if _, err := w.table.OnboardStore(t.Context(), w.store("boston", "US"), clienteling.Number{E164: e164, AccountSID: w.accountSID}, false); err != nil {
				t.Fatal(err)
			}
			put := map[string]any{"friendlyName": "Boston", "smsUrl": webhook.SmsURL(w.publicBaseURL), "voiceUrl": webhook.VoiceURL(w.publicBaseURL)}
			for field, value := range tt.changed {
				put[field] = value
			}
			w.sim.Control(t, "PUT", "/control/numbers/"+e164, put, nil)
			updates := 0
			w.sim.Strike(func(r *http.Request, forward func()) {
				if r.Method == http.MethodPost {
					updates++
				}
				forward()
			})
			before := w.db.Items(t)
			w.must(w.compare(t.Context()))
			want := simulated{e164, "Boston", p.SID, webhook.SmsURL(w.publicBaseURL), webhook.VoiceURL(w.publicBaseURL)}
			if n := w.owned()[e164]; n != want || updates != len(tt.changed) {
				t.Errorf("%+v after %d updates, want %+v", n, updates, want)
			}
			if d := w.db.Items(t).Since(before); len(d.Added) != 1 || len(d.Changed)+len(d.Removed) > 0 {
				t.Errorf("in the table: %+v", d)
			}
		})
	}
}

// An application or a trunk takes a number's texts or calls from its URLs, which look right.
func TestRepairElsewhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ shown, taken string }{
		{`"sms_application_sid":""`, `"sms_application_sid":"AP0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"`},
		{`"voice_application_sid":""`, `"voice_application_sid":"AP0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"`},
		{`"trunk_sid":null`, `"trunk_sid":"TK0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"`},
	} {
		t.Run(tt.taken, func(t *testing.T) {
			t.Parallel()
			w := numbers(t, false)
			w.register("US", clienteling.RegistrationApproved)
			w.completed("+16175550177")
			// The simulator has neither: this says of its numbers that they have, until all are taken away.
			set, asked := true, 0
			server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					asked++
					if err := r.ParseForm(); err != nil {
						t.Error(err)
					}
					set = false
					for _, name := range []string{"SmsApplicationSid", "VoiceApplicationSid", "TrunkSid"} {
						set = set || !r.PostForm.Has(name) || r.PostForm.Get(name) != ""
					}
				}
				answer := httptest.NewRecorder()
				w.sim.Simulator.ServeHTTP(answer, r)
				body := answer.Body.String()
				if set {
					body = strings.ReplaceAll(body, tt.shown, tt.taken)
				}
				out.Header().Set("Content-Type", "application/json")
				out.WriteHeader(answer.Code)
				_, _ = out.Write([]byte(body))
			}))
			t.Cleanup(server.Close)
			client, err := twilio.Open(server.URL, scenario.Accounts(t))
			w.must(err)
			w.twilio = client
			w.must(w.compare(t.Context()))
			if set || asked != 1 {
				t.Errorf("after %d updates it is still set: %v", asked, set)
			}
			w.pass(25 * time.Hour)
			w.must(w.compare(t.Context()))
			if asked != 1 {
				t.Errorf("it was repaired %d times", asked)
			}
		})
	}
}

// pages has Twilio's pages be small. Every page that is asked for is counted.
func (w *numbersWorld) pages(size string) *int {
	asked := new(int)
	w.sim.Strike(func(r *http.Request, forward func()) {
		if q := r.URL.Query(); r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/IncomingPhoneNumbers.json") {
			*asked++
			q.Set("PageSize", size)
			r.URL.RawQuery = q.Encode()
		}
		forward()
	})
	return asked
}

// strangers are how many numbers the operator is told of.
func (w *numbersWorld) strangers() int {
	n := 0
	for key := range w.db.Items(w) {
		if strings.HasPrefix(key, "STRANGER#") {
			n++
		}
	}
	return n
}

func (w *numbersWorld) five() {
	for n := range 5 {
		w.atTwilio(fmt.Sprintf("+1617555017%d", n), "by hand")
		w.pass(time.Second) // Twilio's list has the newest first
	}
}

// Twilio's list has pages, and a run may end between them: the next goes on there.
func TestComparePages(t *testing.T) {
	t.Parallel()
	w := numbers(t, false)
	w.five()
	asked := w.pages("2")
	w.sim.Control(t, "POST", "/control/faults", map[string]any{"operation": "numbers.list", "kind": "503", "nth": 2}, nil)
	if err := w.compare(t.Context()); err == nil {
		t.Error("all went well, it says")
	}
	if n := w.strangers(); n != 2 || *asked != 2 {
		t.Errorf("%d strangers after %d pages", n, *asked)
	}
	w.pass(time.Minute)
	w.must(w.compare(t.Context()))
	if n := w.strangers(); n != 5 || *asked != 4 {
		t.Errorf("%d strangers after %d pages", n, *asked)
	}
	w.pass(24*time.Hour - 2*time.Minute)
	w.must(w.compare(t.Context()))
	if *asked != 4 {
		t.Error("it was compared again within the day")
	}
	w.pass(2 * time.Minute)
	w.must(w.compare(t.Context()))
	if *asked != 7 {
		t.Errorf("%d pages on the next day", *asked-4)
	}
}

// The number after which a page begins is given back meanwhile: Twilio does not know the
// page any more. The comparison begins anew instead of asking for it for ever.
func TestComparePageIsGone(t *testing.T) {
	t.Parallel()
	w := numbers(t, false)
	w.five()
	asked := w.pages("2")
	w.sim.Control(t, "POST", "/control/faults", map[string]any{"operation": "numbers.list", "kind": "503", "nth": 2}, nil)
	if err := w.compare(t.Context()); err == nil {
		t.Error("all went well, it says")
	}
	w.must(w.twilio.ReleaseNumber(t.Context(), w.accountSID, w.owned()["+16175550173"].SID))
	w.pass(time.Minute)
	w.must(w.compare(t.Context()))
	if n := w.strangers(); n != 5 || *asked != 5 { // the page that is gone, and two with the four that are left
		t.Errorf("%d strangers after %d pages", n, *asked)
	}
}

// Twilio away: nothing is concluded, and the next run tries again; when all went well, a
// day passes before the next.
func TestCompareAway(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"429", "503", "html-503", "reset-before", "code:20003"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := numbers(t, false)
			w.five()
			w.sim.Control(t, "POST", "/control/faults", map[string]any{"operation": "numbers.list", "kind": kind, "times": 2}, nil) // Go repeats a GET that was cut off
			before := w.db.Items(t)
			if err := w.run(t.Context()); err == nil {
				t.Error("all went well, it says")
			}
			if d := w.db.Items(t).Since(before); len(d.Added)+len(d.Changed) > 0 {
				t.Errorf("it had an effect: %+v", d)
			}
			w.sim.Control(t, "DELETE", "/control/faults", nil, nil)
			w.pass(time.Minute)
			w.runs()
			if n := w.strangers(); n != 5 {
				t.Errorf("%d strangers", n)
			}
		})
	}
}

// One number that cannot be moved on does not keep the others: one that Twilio refuses is
// tried again the next day, and what it has no time for in a minute.
func TestCompareOneFails(t *testing.T) {
	t.Parallel()
	for kind, again := range map[string]time.Duration{"code:21402": 25 * time.Hour, "503": time.Minute} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := numbers(t, false)
			w.register("US", clienteling.RegistrationApproved)
			for _, e164 := range []string{"+16175550180", "+16175550181"} {
				w.completed(e164)
				w.sim.Control(t, "PUT", "/control/numbers/"+e164, map[string]any{"smsUrl": "https://elsewhere.example/sms"}, nil)
				w.pass(time.Second)
			}
			w.sim.Control(t, "POST", "/control/faults", map[string]any{"operation": "numbers.update", "kind": kind, "to": "+16175550181"}, nil)
			right := func(e164 string) bool { return w.owned()[e164].SmsURL == webhook.SmsURL(w.publicBaseURL) }
			if err := w.compare(t.Context()); (err != nil) != (again == time.Minute) {
				t.Error(err)
			}
			if !right("+16175550180") || right("+16175550181") {
				t.Errorf("%+v", w.owned())
			}
			w.pass(again)
			w.must(w.compare(t.Context()))
			if !right("+16175550181") {
				t.Errorf("%+v", w.owned())
			}
		})
	}
}

// A run that has no time for it leaves the comparison to the next.
func TestCompareWithoutTime(t *testing.T) {
	t.Parallel()
	w := numbers(t, false)
	w.five()
	asked := w.pages("2")
	ctx, cancel := context.WithTimeout(t.Context(), margin-time.Second)
	defer cancel()
	w.must(w.compare(ctx))
	if c, err := w.table.Comparison(t.Context(), w.accountSID); err != nil || c != (table.Comparison{AccountSID: w.accountSID}) || *asked != 0 {
		t.Errorf("%+v, %v, %d pages", c, err, *asked)
	}
}
