package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/seed"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
)

// decide has the reviewer decide about the one bundle, profile or product.
func (w *world) decide(kind string, decision map[string]any) {
	w.Helper()
	for _, b := range w.compliance().Bundles {
		if b.Kind == kind {
			w.twilio.Control(w, "POST", "/control/bundles/"+b.SID+"/decision", decision, nil)
			return
		}
	}
	w.Fatalf("Twilio has no %s", kind)
}

// job has a worker do a job without waiting for anything.
func (w *world) job() clienteling.Registration {
	w.Helper()
	w.must(w.run(&life{}))
	return w.registration()
}

// rejection is a registration that is rejected, until it is corrected.
type rejection struct {
	name string
	kind
	// wrong is what is wrong with what is filed first; nil for what happen does.
	wrong func(*filed)
	// happen happens at Twilio before the review, repair after it; nil for nothing.
	happen, repair func(w *world)
	want           []clienteling.Rejection
	// more is what the correction makes beside what there is.
	documents, addresses int
}

func rejections() []rejection {
	say := func(item, reason string) []clienteling.Rejection {
		return []clienteling.Rejection{{Item: item, Reason: reason}}
	}
	const (
		illegible = "Invalid document submission: the uploaded document is not legible. Please upload it again."
		nowhere   = "The address you have provided is not valid. Please resubmit the bundle with the correct address."
	)
	return []rejection{
		{
			name: "an address in another country", kind: kindOf("DE"), addresses: 1,
			wrong: func(f *filed) {
				a := *f.Answers["business_address"].Address
				a.Country = "AT"
				f.Answers["business_address"] = clienteling.Answer{Address: &a}
			},
			want: say("business_address", "The Address must be in the country of the phone number, DE, and is in AT. Please enter in a local address."),
		},
		{
			name: "a paper instead of the number", kind: kindOf("GB"), documents: 1,
			wrong: func(f *filed) {
				delete(f.Answers, "registration_number")
				f.Files["registration_proof"] = "proof.pdf"
			},
			want: say("registration_number", "The Business Registration Number is missing. Please enter in a Business Registration Number on the Business information."),
		},
		{
			name: "an address that is not found", kind: kindOf("CZ"),
			wrong: func(f *filed) { f.street("representative_address", "1 Nowhere Lane") },
			want:  say("representative_address", "Twilio did not take the papers: The address you have provided cannot be validated (error 21628, https://www.twilio.com/docs/api/errors/21628). Check what you filed and submit again; if all is right, tell the platform's operator."),
		},
		{name: "a wrong address", kind: kindOf("DE"), wrong: func(f *filed) { f.street("business_address", "1 Wrong Lane") }, want: say("business_address", nowhere)},
		{name: "a representative's wrong address", kind: kindOf("CZ"), wrong: func(f *filed) { f.street("representative_address", "1 Wrong Lane") }, want: say("representative_address", nowhere)},
		{name: "a wrong address on a paper", kind: kindOf("IT"), wrong: func(f *filed) { f.street("business_address", "1 Wrong Lane") }, want: say("business_proof", nowhere)},
		{name: "a blurred paper", kind: kindOf("FR"), documents: 1, wrong: func(f *filed) { f.Files["excerpt"] = "blurred.pdf" }, want: say("excerpt", illegible)},
		{name: "what Twilio asks beyond", kind: kindOf("EE"), documents: 1, wrong: func(f *filed) { f.Files["business_name_info"] = "blurred.pdf" }, want: say("business_name_info", illegible)},
		{
			name: "a name that no part is blamed for", kind: kindOf("DK"), wrong: func(f *filed) { f.text("business_name", "Reject Ltd") },
			want: say("", "Twilio did not accept the papers, and does not say why. Check each of them, and submit again."),
		},
		{
			name: "taken back to a draft", kind: kindOf("DK"),
			happen: func(w *world) {
				// What is in review cannot be; what was rejected can.
				w.decide("bundle", map[string]any{"status": "twilio-rejected", "reason": "On behalf of the test."})
				w.at("POST", "/v2/RegulatoryCompliance/Bundles/"+w.compliance().Bundles[0].SID, "Status=draft")
			},
			want: say("", "The papers were taken back to a draft at Twilio, so nobody looks at them. Submit again."),
		},
		{
			name: "an EIN of eight digits", kind: kindOf("US"), wrong: func(f *filed) { f.text("ein", "12-345678") },
			want: say("", "The Business ID you provided could not be verified."),
		},
		{
			name: "a brand that the registry does not know", kind: kindOf("US"), wrong: func(f *filed) { f.text("business_name", "Reject brand Inc.") },
			// It cannot be corrected while the profile is approved.
			repair: func(w *world) {
				w.decide("profile", map[string]any{"status": "twilio-rejected", "reason": "Correct the brand."})
			},
			want: say("business_name", "Brand Registration Feedback: We were unable to verify the details of the registration data."),
		},
		{
			name: "the product", kind: kindOf("US"),
			happen: func(w *world) {
				w.review()
				w.next(&life{})
				w.decide("product", map[string]any{"status": "twilio-rejected", "reason": "The exchange does not list the company."})
			},
			want: say("", "The exchange does not list the company."),
		},
		{
			name: "our own profile", kind: kindOf("US"),
			wrong:  func(f *filed) { f.w.primary("twilio-rejected") },
			repair: func(w *world) { w.primary("twilio-approved") },
			want:   say("", "The platform's own profile at Twilio is not approved, so no retailer's can be. The platform's operator files it in Twilio's console; submit again after that."),
		},
	}
}

// at calls Twilio's API as somebody does by hand.
func (w *world) at(method, path, form string) {
	w.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(seed.AccountSID, seed.AuthToken)
	out := httptest.NewRecorder()
	if w.twilio.Simulator.ServeHTTP(out, r); out.Code >= 300 {
		w.Fatalf("%s %s: %d %s", method, path, out.Code, out.Body)
	}
}

// primary gives the account's own profile a status.
func (w *world) primary(status string) {
	w.Helper()
	var all struct {
		Bundles []struct {
			SID  string
			Name string `json:"friendly_name"`
		}
	}
	w.twilio.Control(w, "GET", "/control/bundles", nil, &all)
	for _, b := range all.Bundles {
		if b.Name == "Primary Customer Profile" {
			w.twilio.Control(w, "POST", "/control/bundles/"+b.SID+"/decision", map[string]any{"status": status}, nil)
		}
	}
}

// reject brings a world to the rejection, and checks its words.
func (c rejection) reject(t *testing.T) *world {
	t.Helper()
	var wrong []func(*filed)
	if c.wrong != nil {
		wrong = append(wrong, c.wrong)
	}
	w := newWorld(t, c.kind, wrong...)
	if c.happen != nil {
		w.job()
		c.happen(w)
		w.next(&life{})
	}
	r := w.settle(&life{})
	if r.State != clienteling.RegistrationRejected || !slices.Equal(r.Rejections, c.want) {
		t.Fatalf("registration is %s for %+v, want %+v", r.State, r.Rejections, c.want)
	}
	if due := w.due(w.db.Now().AddDate(1, 0, 0)); due {
		t.Error("it is rejected, and due")
	}
	if c.repair != nil {
		c.repair(w)
	}
	w.kind.documents += c.documents
	w.kind.addresses += c.addresses
	return w
}

func (w *world) due(before time.Time) bool {
	w.Helper()
	due, err := w.db.Open().DueRegistrations(w.Context(), before, 9)
	w.must(err)
	return len(due) > 0
}

// What is wrong is said in words, at the item where Twilio says which; corrected, the
// same end user, address and bundle are approved.
func TestRejected(t *testing.T) {
	t.Parallel()
	for _, c := range rejections() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := c.reject(t)
			before := w.registration().Made
			w.submit()
			if r := w.settle(&life{}); r.State != clienteling.RegistrationApproved {
				t.Fatalf("corrected: %+v", r)
			}
			w.checkApproved()
			after := w.registration().Made
			for what, sid := range before {
				if after[what] != sid && !strings.HasPrefix(what, "filed/") && !(c.addresses > 0 && what == "address/business_address") {
					t.Errorf("%s was %s and is %s", what, sid, after[what])
				}
			}
		})
	}
}

// A worker ends after every call with an effect, after a correction.
func TestKilledCorrected(t *testing.T) {
	t.Parallel()
	for _, c := range rejections() {
		if !deep() && !slices.Contains([]string{"a blurred paper"}, c.name) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, first := c.reject(t), &life{}
			w.submit()
			w.settle(first)
			for n, call := range first.calls {
				if !effects(call) {
					continue
				}
				t.Run(fmt.Sprintf("call %d, %s", n+1, call), func(t *testing.T) {
					t.Parallel()
					w := c.reject(t)
					w.submit()
					l := &life{at: n + 1, after: always}
					if r := w.settle(l); r.State != clienteling.RegistrationApproved || !l.dead {
						t.Fatalf("the worker ended: %t; %+v", l.dead, r)
					}
					w.checkApproved()
				})
			}
		})
	}
}

// What somebody has deleted at Twilio is made again.
func TestDeletedAtTwilio(t *testing.T) {
	t.Parallel()
	w := newWorld(t, kindOf("DE"), func(f *filed) { f.text("business_name", "Reject Ltd") })
	w.settle(&life{})
	made := w.registration().Made
	for what, path := range map[string]string{
		"bundle": "/v2/RegulatoryCompliance/Bundles/", "end_user": "/v2/RegulatoryCompliance/EndUsers/",
		"proof/business_address_info": "/v2/RegulatoryCompliance/SupportingDocuments/",
	} {
		if made[what] == "" {
			t.Fatalf("no %s of %v", what, slices.Sorted(maps.Keys(made)))
		}
		w.at("DELETE", path+made[what], "")
	}
	w.at("DELETE", "/2010-04-01/Accounts/"+seed.AccountSID+"/Addresses/"+made["address/business_address"]+".json", "")
	w.submit()
	r := w.settle(&life{})
	if r.State != clienteling.RegistrationApproved {
		t.Fatalf("registration %+v", r)
	}
	for _, what := range []string{"bundle", "end_user", "address/business_address", "proof/business_address_info"} {
		if r.Made[what] == made[what] {
			t.Errorf("%s is still %s", what, made[what])
		}
	}
}

// A provisional approval is none: no number can be bought with it.
func TestProvisional(t *testing.T) {
	t.Parallel()
	w := newWorld(t, kindOf("DE"), func(f *filed) { f.text("business_name", "Provisional Ltd") })
	w.job()
	w.review()
	for range 3 {
		w.next(&life{})
		if r := w.registration(); r.State != clienteling.RegistrationInReview || r.BundleSID != "" {
			t.Errorf("registration %+v", r)
		}
	}
	w.decide("bundle", map[string]any{"status": "twilio-approved"})
	w.next(&life{})
	w.checkApproved()
}

// A reviewer who decides before anybody asks.
func TestReviewedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, kindOf("DE"))
	w.twilio.Control(t, "POST", "/control/reviews", map[string]any{"delayMs": 0}, nil)
	w.job()
	for range 500 {
		if w.compliance().Bundles[0].Status == "twilio-approved" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.next(&life{})
	w.checkApproved()
}

// An approval ends when Twilio says so; that is warned about thirty days before.
func TestValidUntil(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	w := newWorld(t, kindOf("DE"))
	// The simulator ends approvals by the clock of the machine.
	until := time.Now().Add(90 * day).UTC().Truncate(time.Second)
	w.job()
	w.decide("bundle", map[string]any{"status": "twilio-approved", "validUntil": until})
	w.next(&life{})
	w.checkApproved()
	warned := func() int { return strings.Count(w.log.String(), "an approval ends soon") }
	if r := w.registration(); !r.ValidUntil.Equal(until) || warned() != 0 {
		t.Errorf("%d warnings; %+v", warned(), r)
	}
	if w.due(until.Add(-30*day)) || !w.due(until.Add(-30*day+time.Millisecond)) {
		t.Error("it is not due 30 days before its end")
	}
	w.db.Set(until.Add(-31 * day))
	if w.job(); warned() != 0 || w.due(until.Add(-30*day)) {
		t.Error("a job before that warns, or has it due")
	}
	w.db.Set(until.Add(-30 * day))
	if r := w.job(); r.State != clienteling.RegistrationApproved || warned() != 1 {
		t.Errorf("%d warnings; %+v", warned(), r)
	}
	if w.due(until) || !w.due(until.Add(time.Millisecond)) {
		t.Error("it is not due at its end")
	}
	w.db.Set(until.Add(-time.Second))
	if r := w.job(); r.State != clienteling.RegistrationApproved {
		t.Errorf("a second before its end: %+v", r)
	}
	// A dead Twilio keeps no approval alive.
	w.db.Set(until)
	w.fails = "500"
	if r := w.job(); r.State != clienteling.RegistrationExpired || !strings.Contains(w.log.String(), "an approval has ended") {
		t.Errorf("at its end: %+v", r)
	}
	w.fails = ""
	if w.due(until.AddDate(1, 0, 0)) {
		t.Error("it has ended, and is due")
	}
	if r := w.job(); r.State != clienteling.RegistrationExpired {
		t.Errorf("after its end: %+v", r)
	}
	w.decide("bundle", map[string]any{"status": "twilio-rejected", "reason": "Too old."})
	w.submit()
	if r := w.settle(&life{}); r.State != clienteling.RegistrationApproved || !r.ValidUntil.IsZero() {
		t.Errorf("filed again: %+v", r)
	}
	w.checkApproved()
}

// Twilio has more to say of an approval: it prolongs it, or takes it back.
func TestApprovalChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, kindOf("DE"))
	until := time.Now().Add(900 * 24 * time.Hour).UTC().Truncate(time.Second)
	w.settle(&life{})
	if r := w.job(); r.State != clienteling.RegistrationApproved || w.due(until) {
		t.Errorf("a job more: %+v", r)
	}
	w.decide("bundle", map[string]any{"status": "twilio-approved", "validUntil": until})
	if r := w.job(); r.State != clienteling.RegistrationApproved || !r.ValidUntil.Equal(until) {
		t.Errorf("prolonged: %+v", r)
	}
	// Twilio is away, or refuses to say.
	for _, fault := range []string{"500", "429", "400"} {
		w.fails, w.struck = fault, map[string]bool{}
		if r := w.job(); r.State != clienteling.RegistrationApproved || !w.due(w.db.Now().Add(2*time.Hour)) {
			t.Errorf("%s: %+v", fault, r)
		}
	}
	w.fails = ""
	w.decide("bundle", map[string]any{"status": "twilio-rejected", "reason": "The register has no such company.", "object": w.registration().Made["proof/business_address_info"]})
	r := w.job()
	if want := []clienteling.Rejection{{Item: "business_address", Reason: "The register has no such company."}}; r.State != clienteling.RegistrationRejected || !slices.Equal(r.Rejections, want) {
		t.Errorf("taken back: %+v", r)
	}
	w.submit()
	w.settle(&life{})
	w.checkApproved()
}

// The job comes to others at every call of a worker, and to many at once.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"DE", "US"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kindOf(code))
			others := 0
			l := &life{}
			l.meanwhile = func() {
				if n := len(l.calls); l.calls[n-1] == "BatchGetItem" || l.calls[n-2] == "BatchGetItem" {
					return // it is nobody's yet
				}
				others++
				w.must(w.run(&life{}))
			}
			w.settle(l)
			w.checkApproved()
			if others < 25 {
				t.Errorf("others were at work %d times", others)
			}
		})
	}
	t.Run("many", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, kindOf("CZ"))
		var running errgroup.Group
		for range 8 {
			running.Go(func() error {
				f := function{w.logger(), w.db.Now, clienteling.Sandbox, seed.PublicBaseURL, w.client, w.db.Open()}
				return f.work(t.Context(), queue.SubmitRegistration{Retailer: retailer, Country: "CZ"})
			})
		}
		w.must(running.Wait())
		w.settle(&life{})
		w.checkApproved()
	})
}

// Jobs of what is not to be filed change nothing.
func TestNothingToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, kindOf("DK"), func(f *filed) { f.text("business_name", "Reject Ltd") })
	w.settle(&life{})
	items, calls := w.db.Items(t), &life{}
	for range 2 {
		w.must(w.run(calls))
	}
	f := function{w.logger(), w.db.Now, clienteling.Sandbox, seed.PublicBaseURL, w.client, w.db.Open()}
	for _, job := range []queue.SubmitRegistration{{Retailer: retailer, Country: "FR"}, {Retailer: "rival", Country: "DK"}} {
		w.must(f.work(t.Context(), job))
	}
	if d := w.db.Items(t).Since(items); len(d.Added)+len(d.Changed)+len(d.Removed) > 0 {
		t.Errorf("it changed %+v", d)
	}
	if slices.ContainsFunc(calls.calls, func(call string) bool {
		return strings.HasPrefix(call, http.MethodGet) || strings.HasPrefix(call, http.MethodPost)
	}) {
		t.Errorf("Twilio was asked: %v", calls.calls)
	}
}

func TestPause(t *testing.T) {
	for tries, want := range map[int]time.Duration{0: 30 * time.Second, 1: time.Minute, 6: 32 * time.Minute, 7: time.Hour, 1000: time.Hour} {
		if got := pause(tries); got != want {
			t.Errorf("after %d tries %v, want %v", tries, got, want)
		}
	}
}

// A campaign that the carriers refuse is corrected, and not made a second time.
func TestCampaignRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, kinds()[slices.IndexFunc(kinds(), func(k kind) bool { return k.country == "US" })])
	w.tamper = func(r *http.Request) { // the carriers dislike what it says
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/Compliance/Usa2p") {
			return
		}
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		r.Form.Set("Description", "Reject: "+r.Form.Get("Description"))
		r.PostForm = r.Form
	}
	r := w.settle(&life{})
	if r.State != clienteling.RegistrationRejected || len(r.Rejections) == 0 || r.Rejections[0].Reason == "" {
		t.Fatalf("it is %s: %+v", r.State, r.Rejections)
	}
	made := r.Made["campaign"]
	w.tamper = nil
	w.submit()
	if r := w.settle(&life{}); r.State != clienteling.RegistrationApproved || r.Made["campaign"] != made || made == "" {
		t.Fatalf("corrected: %+v", r)
	}
	w.checkApproved()
}
