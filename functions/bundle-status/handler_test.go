package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/webhook"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

// The callbacks of the event files are about a French registration in review, which is
// due in a month; an Irish one is a draft, and a Dutch one approved.
func TestEvents(t *testing.T) { scenario.Golden(t, "bundle-status", start) }

func start(t testing.TB, db *scenario.Table) scenario.Handler {
	t.Helper()
	file(t, db, "IE")
	submit(t, db, "FR")
	approved := clienteling.Registration{Retailer: "acme", Country: "NL", State: clienteling.RegistrationApproved, AccountSID: seed.AccountSID}
	if err := db.Open().PutRegistration(t.Context(), approved, db.Now()); err != nil {
		t.Fatal(err)
	}
	return handler(t, db)
}

func handler(t testing.TB, db *scenario.Table) scenario.Handler {
	f := function{scenario.Log(t), db.Now, db.Open(), db.FilingJobs}
	return webhook.Serve(webhook.NewVerifier(seed.PublicBaseURL, scenario.Accounts(t)), f.log, f.routes())
}

func file(t testing.TB, db *scenario.Table, country string) clienteling.Registration {
	t.Helper()
	r, err := db.Open().SaveRegistration(t.Context(), clienteling.Registration{
		Retailer: "acme", Country: country, AccountSID: seed.AccountSID, Answers: map[string]clienteling.Answer{"business_name": {Text: "Acme Apparel Ltd"}},
	}, db.Now())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// submit has a registration in review, to be looked at in a month.
func submit(t testing.TB, db *scenario.Table, country string) {
	t.Helper()
	to := db.Open()
	_, err := to.SubmitRegistration(t.Context(), file(t, db, country), db.Now())
	if err != nil {
		t.Fatal(err)
	}
	r, err := to.TakeRegistration(t.Context(), "acme", country, db.Now())
	if err != nil {
		t.Fatal(err)
	}
	r.State = clienteling.RegistrationInReview
	if _, err := to.RegistrationGoesOn(t.Context(), r, db.Now().AddDate(0, 1, 0), db.Now()); err != nil {
		t.Fatal(err)
	}
}

// asJSON makes a callback one whose body is JSON: Twilio puts the hash of the body into
// the URL, and signs that.
// https://www.twilio.com/docs/usage/security#validating-requests
func asJSON(t *testing.T, r scenario.Request, members map[string]any) scenario.Request {
	t.Helper()
	body, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	r.RawQueryString += "&bodySHA256=" + hex.EncodeToString(sum[:])
	r.Headers["content-type"] = "application/json"
	r.Body, r.IsBase64Encoded = string(body), false
	r.Headers["x-twilio-signature"] = scenario.Signature(r, url.Values{})
	return r
}

func due(t *testing.T, db *scenario.Table) bool {
	t.Helper()
	all, err := db.Open().DueRegistrations(t.Context(), db.Now().Add(time.Millisecond), 9)
	if err != nil {
		t.Fatal(err)
	}
	return len(all) > 0
}

// world is a table with the registration in review, at the time of the callbacks.
func world(t *testing.T) (*scenario.Table, scenario.Handler) {
	t.Helper()
	db := scenario.NewTable(t)
	db.Set(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))
	handle := start(t, db)
	db.Set(scenario.Moment(scenario.Event(t, "bundle-status/approved")))
	return db, handle
}

func TestJSON(t *testing.T) {
	t.Parallel()
	members := func() map[string]any {
		return map[string]any{"accountSid": seed.AccountSID, "bundleSid": "BU" + strings.Repeat("1", 32), "status": "twilio-approved", "failureReason": nil}
	}
	for _, tt := range []struct {
		name   string
		change func(r *scenario.Request)
		status int
		job    bool
	}{
		{"signed", func(*scenario.Request) {}, http.StatusOK, true},
		{"of another body", func(r *scenario.Request) { r.Body = strings.Replace(r.Body, "approved", "rejected", 1) }, http.StatusForbidden, false},
		{"of another body and its hash", func(r *scenario.Request) {
			r.Body = strings.Replace(r.Body, "approved", "rejected", 1)
			sum := sha256.Sum256([]byte(r.Body))
			before, _, _ := strings.Cut(r.RawQueryString, "&bodySHA256=")
			r.RawQueryString = before + "&bodySHA256=" + hex.EncodeToString(sum[:])
		}, http.StatusForbidden, false},
		{"without a hash", func(r *scenario.Request) {
			r.RawQueryString, _, _ = strings.Cut(r.RawQueryString, "&bodySHA256=")
			r.Headers["x-twilio-signature"] = scenario.Signature(*r, url.Values{})
		}, http.StatusForbidden, false},
		{"not signed", func(r *scenario.Request) { delete(r.Headers, "x-twilio-signature") }, http.StatusForbidden, false},
		{"forged", func(r *scenario.Request) { r.Headers["x-twilio-signature"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" }, http.StatusForbidden, false},
		{"signed as a form", func(r *scenario.Request) { r.Headers["content-type"] = "application/x-www-form-urlencoded" }, http.StatusForbidden, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db, handle := world(t)
			r := asJSON(t, scenario.Event(t, "bundle-status/approved"), members())
			tt.change(&r)
			res, err := handle(t.Context(), r)
			if err != nil || res.StatusCode != tt.status {
				t.Errorf("answered %d, %v", res.StatusCode, err)
			}
			if jobs := len(db.FilingJobs.Left()); (jobs == 1) != tt.job || due(t, db) != tt.job {
				t.Errorf("%d jobs are left, and it is due: %t", jobs, due(t, db))
			}
		})
	}
	t.Run("of another account of ours", func(t *testing.T) {
		t.Parallel()
		db, handle := world(t)
		m := members()
		m["accountSid"] = scenario.OtherAccountSID
		res, err := handle(t.Context(), asJSON(t, scenario.Event(t, "bundle-status/approved"), m))
		if err != nil || res.StatusCode != http.StatusOK || len(db.FilingJobs.Left()) != 0 || due(t, db) {
			t.Errorf("answered %d, %v, and left %v", res.StatusCode, err, db.FilingJobs.Left())
		}
	})
}

// Whatever a callback says, and in whatever order they come, it changes nothing but when
// the registration is due.
func TestSaysNothing(t *testing.T) {
	t.Parallel()
	db, handle := world(t)
	before, err := db.Open().RegistrationFile(t.Context(), "acme", "FR")
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, word := range []string{"twilio-approved", "pending-review", "twilio-rejected", "in-review", "draft", "provisionally-approved", "", "no such word"} {
		words = append(words, word, word)
	}
	for n, word := range words {
		r := scenario.Webhook(t, "bundle-status/approved", map[string]string{"Status": word, "BundleSID": "BU" + strings.Repeat("f", 32)})
		if res, err := handle(t.Context(), r); err != nil || res.StatusCode != http.StatusOK || res.Body != string(webhook.Nothing) {
			t.Errorf("%q: answered %d %s, %v", word, res.StatusCode, res.Body, err)
		}
		if left := db.FilingJobs.Left(); len(left) != n+1 || left[n] != (queue.SubmitRegistration{Retailer: "acme", Country: "FR"}) {
			t.Errorf("%q: the jobs are %v", word, left)
		}
	}
	after, err := db.Open().RegistrationFile(t.Context(), "acme", "FR")
	if err != nil || after.State != before.State || after.Version != before.Version || !due(t, db) {
		t.Errorf("it was %+v and is %+v, %v; due: %t", before, after, err, due(t, db))
	}
}

// The queue is away: Twilio delivers again, and the registration is due all the same.
func TestQueueAway(t *testing.T) {
	t.Parallel()
	db, handle := world(t)
	db.FilingJobs.Away(errors.New("the queue is away (on behalf of the test)"))
	r := scenario.Event(t, "bundle-status/approved")
	if res, err := handle(t.Context(), r); err != nil || res.StatusCode < 500 {
		t.Errorf("answered %d, %v", res.StatusCode, err)
	}
	if !due(t, db) {
		t.Error("it is not due")
	}
	db.FilingJobs.Away(nil)
	if res, err := handle(t.Context(), r); err != nil || res.StatusCode != http.StatusOK || len(db.FilingJobs.Left()) != 1 {
		t.Errorf("answered %d, %v, and left %v", res.StatusCode, err, db.FilingJobs.Left())
	}
}

// The wire to DynamoDB breaks at any call: nothing is lost.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]scenario.Fault{"unsent": scenario.Unsent, "unanswered": scenario.Unanswered} {
		for call := 1; call <= 2; call++ {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				db, handle := world(t)
				r := scenario.Event(t, "bundle-status/approved")
				db.Break(fault, call, call+1, call+2) // the SDK tries three times
				if res, err := handle(t.Context(), r); err != nil || res.StatusCode < 500 {
					t.Errorf("answered %d, %v", res.StatusCode, err)
				}
				db.Mend()
				if res, err := handle(t.Context(), r); err != nil || res.StatusCode != http.StatusOK || len(db.FilingJobs.Left()) != 1 || !due(t, db) {
					t.Errorf("answered %d, %v, and left %v", res.StatusCode, err, db.FilingJobs.Left())
				}
			})
		}
	}
}

// A worker has the registration while ten callbacks come: it keeps it.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	db, handle := world(t)
	to := db.Open()
	taken, err := to.TakeRegistration(t.Context(), "acme", "FR", db.Now())
	if err != nil {
		t.Fatal(err)
	}
	r := scenario.Event(t, "bundle-status/approved")
	var running errgroup.Group
	for range 10 {
		running.Go(func() error {
			res, err := handle(t.Context(), r)
			if err == nil && res.StatusCode != http.StatusOK && res.StatusCode < 500 {
				err = errors.New(res.Body)
			}
			return err
		})
	}
	if err := running.Wait(); err != nil {
		t.Error(err)
	}
	taken.State = clienteling.RegistrationApproved
	if _, err := to.RegistrationGoesOn(t.Context(), taken, time.Time{}, db.Now()); err != nil {
		t.Errorf("the worker lost it: %v", err)
	}
}
