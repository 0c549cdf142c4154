package main

import (
	"context"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

// The jobs of the event files are about an order that was made a second before, and
// about a number that is to be given back, or not.
func TestEvents(t *testing.T) {
	scenario.GoldenJobs(t, "number-purchase", func(t testing.TB, db *scenario.Table) scenario.JobHandler {
		s := scenario.NewSimulator(t, db).WithPapers(t)
		to, at := db.Open(), time.Date(2026, 11, 20, 13, 0, 0, 0, time.UTC)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(seed.Papers(t.Context(), to, db.Now()))
		name := path.Base(t.Name())
		switch {
		case name == "buy-for-store":
			store, err := to.SaveStore(t.Context(), clienteling.Store{Retailer: "acme", ID: "boston", Name: "Acme Newbury Street", Country: "US", Phone: "+16175550190"})
			must(err)
			_, _, err = to.AutoOnboard(t.Context(), store, true, clienteling.Associate{ID: "admin-1", Name: "Sam"}, seed.AccountSID, at)
			must(err)
		case strings.HasPrefix(name, "buy"):
			p := clienteling.Purchase{Retailer: "acme", Country: "US", State: clienteling.PurchaseRequested, AccountSID: seed.AccountSID, At: at, By: clienteling.Associate{ID: "admin-1", Name: "Sam"}}
			if name == "buy-taken" {
				p.Wanted.Number = "+16465550142"
				s.Control(t, "PUT", "/control/stock/+16465550142", map[string]any{"owner": "other"}, nil)
			}
			p, err := to.NewPurchase(t.Context(), p, table.Idempotency{})
			must(err)
			switch name {
			case "buy-bought-before": // by a worker that died then
				_, err := to.ClaimCandidate(t.Context(), p, "+16465550142", clienteling.AnyReply, at)
				must(err)
				s.Control(t, "PUT", "/control/numbers/+16465550142", map[string]any{"friendlyName": clienteling.Sandbox.NumberName(p.ID)}, nil)
			case "buy-twilio-away":
				s.Control(t, "POST", "/control/faults", map[string]any{"operation": "numbers.buy", "kind": "503"}, nil)
			case "buy-dud":
				s.Control(t, "PUT", "/control/stock/+13125550101", map[string]any{"dud": true}, nil)
			}
		case strings.HasPrefix(name, "release"):
			var n simulated
			s.Control(t, "PUT", "/control/numbers/+16175550177", map[string]any{}, &n)
			must(to.RecordNumber(t.Context(), clienteling.Number{E164: "+16175550177", Country: "US", AccountSID: seed.AccountSID, SID: n.SID, Retailer: "acme"}))
			_, err := to.ReleaseNumber(t.Context(), "acme", "+16175550177", at)
			must(err)
			if name == "release-twilio-away" {
				s.Control(t, "POST", "/control/faults", map[string]any{"operation": "numbers.release", "kind": "503"}, nil)
			}
		}
		f := function{scenario.Log(t), db.Now, clienteling.Sandbox, seed.PublicBaseURL, &steady{carrier: s.Client(t), real: map[string]string{}}, to}
		return queue.Work(scenario.Log(t), f.work, to.Keep("NumberPurchaseQueue"))
	})
}

// steady has every number that is bought a SID made from it, so that golden files stay:
// the simulator's SIDs are random.
type steady struct {
	carrier
	real map[string]string
}

func (s *steady) BuyNumber(ctx context.Context, accountSID, e164, bundleSID, addressSID string, set twilio.NumberSettings) (twilio.Owned, error) {
	n, err := s.carrier.BuyNumber(ctx, accountSID, e164, bundleSID, addressSID, set)
	if err == nil {
		shown := "PN" + strings.Repeat("0", 33-len(e164)) + e164[1:]
		s.real[shown], n.SID = n.SID, shown
	}
	return n, err
}

func (s *steady) AddToService(ctx context.Context, accountSID, serviceSID, sid string) error {
	if real, ok := s.real[sid]; ok {
		sid = real
	}
	return s.carrier.AddToService(ctx, accountSID, serviceSID, sid)
}

func (s *steady) ReleaseNumber(ctx context.Context, accountSID, sid string) error {
	if real, ok := s.real[sid]; ok {
		sid = real
	}
	return s.carrier.ReleaseNumber(ctx, accountSID, sid)
}
