package scenario

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"clienteling/infra/local/seed"
	sim "clienteling/infra/local/twilio"
	"clienteling/shared/twilio"
)

// Simulator is the Twilio simulator of the local cloud, for tests of one function:
// it sells numbers, and keeps what it is told.
type Simulator struct {
	*sim.Simulator
	// URL is its origin, under which its control interface is, too.
	URL string

	mu     sync.Mutex
	strike func(r *http.Request, forward func())
}

// NewSimulator starts a simulator with the seed's account, at a table's clock.
func NewSimulator(t testing.TB, db *Table) *Simulator {
	t.Helper()
	s := &Simulator{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forward := func() { s.Simulator.ServeHTTP(w, r) }
		s.mu.Lock()
		strike := s.strike
		s.mu.Unlock()
		if strike != nil {
			strike(r, forward)
			return
		}
		forward()
	}))
	t.Cleanup(server.Close)
	made, err := sim.New(sim.Config{
		AccountSID: seed.AccountSID, AuthToken: seed.AuthToken, Now: db.Now, Log: func(string) {},
		BaseURL: func() string { return server.URL },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = made.Close() })
	s.Simulator, s.URL = made, server.URL
	return s
}

// WithPapers has it know the papers of the seed's registrations.
func (s *Simulator) WithPapers(t testing.TB) *Simulator {
	t.Helper()
	if err := seed.AtTwilio(s.Simulator); err != nil {
		t.Fatal(err)
	}
	return s
}

// Client is the product's client of it.
func (s *Simulator) Client(t testing.TB) *twilio.Client {
	t.Helper()
	c, err := twilio.Open(s.URL, Accounts(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Strike lets f decide about every request that comes: it may do something before it
// forwards, after, or break the connection with panic(http.ErrAbortHandler). Nil ends it.
func (s *Simulator) Strike(f func(r *http.Request, forward func())) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.strike = f
}

// Control calls the simulator's control interface, which its package describes. What
// comes back is decoded into answer, if that is not nil.
func (s *Simulator) Control(t testing.TB, method, path string, body, answer any) {
	t.Helper()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	r := httptest.NewRequest(method, path, bytes.NewReader(text))
	w := httptest.NewRecorder()
	s.Simulator.ServeHTTP(w, r)
	if w.Code >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	if answer != nil {
		if err := json.Unmarshal(w.Body.Bytes(), answer); err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
	}
}
