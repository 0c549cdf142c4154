package main

import (
	"path"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
)

// The jobs of the event files are about a Danish registration that was submitted a
// second before, or is further. None of them makes anything at Twilio, which gives what
// it makes SIDs of its own.
func TestEvents(t *testing.T) {
	scenario.GoldenJobs(t, "registration-submit", func(t testing.TB, db *scenario.Table) scenario.JobHandler {
		s := scenario.NewSimulator(t, db)
		to, at := db.Open(), time.Date(2026, 11, 20, 13, 0, 0, 0, time.UTC)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(seed.Papers(t.Context(), to, db.Now()))
		file := func() {
			t.Helper()
			r, err := to.SaveRegistration(t.Context(), clienteling.Registration{
				Retailer: "acme", Country: "DK", AccountSID: seed.AccountSID, By: clienteling.Associate{ID: "admin-1", Name: "Sam"},
				Answers: map[string]clienteling.Answer{
					"business_name":    {Text: "Acme Apparel Ltd"},
					"business_address": {Address: &clienteling.Address{Street: "12 Market Square", City: "Aarhus", PostalCode: "8000", Country: "DK"}},
				},
			}, at)
			must(err)
			_, err = to.SubmitRegistration(t.Context(), r, at)
			must(err)
		}
		approved := clienteling.Registration{Retailer: "acme", Country: "DK", State: clienteling.RegistrationApproved, AccountSID: seed.AccountSID, ApprovedAt: at.AddDate(-1, 0, 0)}
		switch path.Base(t.Name()) {
		case "twilio-away":
			file()
			s.Control(t, "POST", "/control/faults", map[string]any{"operation": "regulations.list", "kind": "503"}, nil)
		case "refused":
			file()
			s.Control(t, "POST", "/control/faults", map[string]any{"operation": "regulations.list", "kind": "code:20001"}, nil)
		case "worked-on":
			file()
			_, err := to.TakeRegistration(t.Context(), "acme", "DK", at)
			must(err)
		case "approval-ends-soon":
			approved.ValidUntil = at.AddDate(0, 0, 29)
			must(to.PutRegistration(t.Context(), approved, at))
		case "approval-ended":
			approved.ValidUntil = at
			must(to.PutRegistration(t.Context(), approved, at))
		}
		f := function{scenario.Log(t), db.Now, clienteling.Sandbox, seed.PublicBaseURL, s.Client(t), to}
		return queue.Work(f.log, f.work, to.Keep("RegistrationSubmitQueue"))
	})
}
