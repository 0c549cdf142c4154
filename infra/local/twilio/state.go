package twilio

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// state is what survives a restart.
type state struct {
	Numbers   map[string]Number `json:"numbers"`   // by phone number
	Stock     map[string]offer  `json:"stock"`     // put by the control interface, by phone number
	Purchases []purchase        `json:"purchases"` // oldest first
	Blocked   map[string]bool   `json:"blocked"`   // by pair
	Phones    map[string]string `json:"phones"`    // customers' phones that are not on, and what they are
	Items     []item            `json:"items"`     // of all phones, in time order
	Messages  []outbound        `json:"messages"`  // all texts that Twilio keeps, in the order of their creation
	Calls     []callRecord      `json:"calls"`     // and all calls with their legs
	Media     map[string]medium `json:"media"`     // by SID
	Papers    papers            `json:"papers"`
}

// item is a text or a call as a customer's phone shows it, and goes on showing it when
// Twilio's record is deleted. Direction is the phone's: a text "out" was written by the
// customer.
type item struct {
	Kind      string    `json:"kind"` // "text" or "call"
	At        time.Time `json:"at"`
	SID       string    `json:"sid"`
	Phone     string    `json:"phone"`
	Store     string    `json:"store"` // the account's number
	Direction string    `json:"direction"`
	By        string    `json:"by"` // "customer", "store", or "twilio" for Twilio's own answers

	Body    string      `json:"body,omitempty"`
	Media   []mediaLink `json:"media,omitempty"`
	Problem string      `json:"problem,omitempty"` // why the webhook did not take the text

	Outcome string `json:"outcome,omitempty"`
	Steps   []step `json:"steps,omitempty"`
}

// Limits keep the state small enough to be written often; the oldest items go first.
const (
	maxItems      = 2000
	maxMediaBytes = 16 << 20
	savePause     = 200 * time.Millisecond // gathers changes that come together
)

// pair keys the block list: a number of ours and a customer.
func pair(store, phone string) string { return store + " " + phone }

func loadState(file string) (state, error) {
	loaded := state{
		Numbers: map[string]Number{}, Stock: map[string]offer{}, Blocked: map[string]bool{}, Phones: map[string]string{},
		Media: map[string]medium{},
	}
	if file == "" {
		return loaded, nil
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return loaded, nil
	}
	if err != nil {
		return state{}, fmt.Errorf("twilio: state: %w", err)
	}
	if err := json.Unmarshal(data, &loaded); err != nil {
		return state{}, fmt.Errorf("twilio: state file %s is damaged (%w): delete it to start afresh", file, err)
	}
	for n := range loaded.Calls {
		if c := &loaded.Calls[n]; c.Status == "in-progress" {
			c.Status = "completed" // the simulator ended in the middle of it
		}
	}
	return loaded, nil
}

// add appends to a phone and drops what is over the limits. The caller holds the lock.
func (s *Simulator) add(i item) {
	s.state.Items = append(s.state.Items, i)
	bytes := 0
	for _, m := range s.state.Media {
		bytes += len(m.Data)
	}
	for len(s.state.Items) > maxItems || bytes > maxMediaBytes && len(s.state.Items) > 1 {
		for _, link := range s.state.Items[0].Media {
			bytes -= len(s.state.Media[link.SID].Data)
			delete(s.state.Media, link.SID)
		}
		s.state.Items = slices.Delete(s.state.Items, 0, 1)
	}
	s.touched(event{Changed: i.Kind, Phone: i.Phone})
}

// update changes the newest item with this SID, if it is still there.
func (s *Simulator) update(sid string, change func(*item)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := len(s.state.Items) - 1; n >= 0; n-- {
		if i := &s.state.Items[n]; i.SID == sid {
			change(i)
			s.touched(event{Changed: i.Kind, Phone: i.Phone})
			return
		}
	}
}

// touched tells listeners of a change and has it saved. The caller holds the lock.
func (s *Simulator) touched(e event) {
	s.tell(e)
	select {
	case s.changed <- struct{}{}:
	default: // a save is due already
	}
}

// keepSaved writes the state after changes, and a last time when the simulator closes.
func (s *Simulator) keepSaved() {
	for {
		select {
		case <-s.changed:
		case <-s.closing.Done():
			s.running.Wait()
			s.reviews.Wait()
			s.tidings.Wait()
			s.saved <- s.save()
			return
		}
		if err := s.save(); err != nil {
			s.config.Log(err.Error())
		}
		select {
		case <-time.After(savePause):
		case <-s.closing.Done():
		}
	}
}

// save replaces the file in one step, so that a crash leaves the old state or the new.
func (s *Simulator) save() error {
	if s.config.StateFile == "" {
		return nil
	}
	s.mu.Lock()
	data, err := json.Marshal(s.state)
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("twilio: state: %w", err)
	}
	fresh, err := os.CreateTemp(filepath.Dir(s.config.StateFile), filepath.Base(s.config.StateFile)+".*")
	if err != nil {
		return fmt.Errorf("twilio: state: %w", err)
	}
	_, err = fresh.Write(data)
	err = errors.Join(err, fresh.Close())
	if err == nil {
		err = os.Rename(fresh.Name(), s.config.StateFile)
	}
	if err != nil {
		os.Remove(fresh.Name())
		return fmt.Errorf("twilio: state: %w", err)
	}
	return nil
}
