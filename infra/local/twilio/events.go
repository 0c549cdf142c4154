package twilio

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// event says that something changed, not what: a listener reads again what it shows.
type event struct {
	Changed string `json:"changed"`         // "text", "call", "message", "phone", "number", "paper", "error" or "request"
	Phone   string `json:"phone,omitempty"` // the customer's, of the first four
}

// tell reaches all listeners. One who is too slow misses it and will read the change with
// the next. The caller holds the lock.
func (s *Simulator) tell(e event) {
	for listener := range s.listeners {
		select {
		case listener <- e:
		default:
		}
	}
}

// serveEvents is a stream of server-sent events, until either side closes.
func (s *Simulator) serveEvents(w http.ResponseWriter, r *http.Request) {
	listener := make(chan event, 64)
	s.mu.Lock()
	s.listeners[listener] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.listeners, listener)
		s.mu.Unlock()
	}()

	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	alive := time.NewTicker(15 * time.Second)
	defer alive.Stop()
	line := ": listening\n\n"
	for {
		if _, err := fmt.Fprint(w, line); err != nil {
			return
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return
		}
		select {
		case e := <-listener:
			data, err := json.Marshal(e)
			if err != nil {
				return
			}
			line = fmt.Sprintf("data: %s\n\n", data)
		case <-alive.C:
			line = ": still here\n\n"
		case <-r.Context().Done():
			return
		case <-s.closing.Done():
			return
		}
	}
}
