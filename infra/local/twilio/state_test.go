package twilio

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestStateSurvivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "twilio.json")
	r := newRig(t, after)
	r.start(file)
	r.number(Number{PhoneNumber: store, SmsURL: r.hook.URL + "/sms", VoiceURL: r.hook.URL + "/voice"})
	r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"STOP","media":[{"contentType":"image/png"}]}`, ana, store))
	r.placeCall(fmt.Sprintf(`{"from":%q,"to":%q}`, ana, store))
	before, records := r.phone(ana), r.records(ana)
	if err := r.sim.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.sim.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}

	r.start(file)
	if shown := r.phone(ana); len(shown.Items) != 3 || len(shown.Blocked) != 1 || !reflect.DeepEqual(shown, before) {
		t.Errorf("after the restart the phone shows %+v\nbefore: %+v", shown, before)
	}
	if n, ok := r.sim.number(store); !ok || n.SmsURL != r.hook.URL+"/sms" {
		t.Errorf("after the restart the number is %+v", n)
	}
	r.do("GET", "/control/media/"+before.Items[0].Media[0].SID, "", 200, nil)
	if got := r.records(ana); !reflect.DeepEqual(got, records) || len(got.Messages) != 2 || len(got.Media) != 1 || len(got.Calls) != 2 {
		t.Errorf("after the restart Twilio has %+v\nbefore: %+v", got, records)
	}
	if left, _ := filepath.Glob(file + ".*"); len(left) != 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

func TestUnusableStateFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "twilio.json")
	if err := os.WriteFile(file, []byte(`{"numbers`), 0o600); err != nil {
		t.Fatal(err)
	}
	config := Config{AccountSID: account, AuthToken: token, StateFile: file, BaseURL: func() string { return "" }}
	if _, err := New(config); err == nil || !strings.Contains(err.Error(), "delete it to start afresh") {
		t.Errorf("a damaged file: %v", err)
	}
	config.StateFile = t.TempDir()
	if _, err := New(config); err == nil {
		t.Error("a directory passes for a state file")
	}
	config.StateFile = filepath.Join(t.TempDir(), "gone", "twilio.json")
	sim, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Close(); err == nil {
		t.Error("Close is silent about a state that could not be written")
	}
}

func TestTheOldestGoesFirst(t *testing.T) {
	r := newRig(t, answering(`<Response/>`))
	big := make([]byte, maxMediaBytes/4)
	for n := range 6 {
		sid := fmt.Sprintf("ME%d", n)
		r.sim.mu.Lock()
		r.sim.state.Media[sid] = medium{Data: big}
		r.sim.add(item{Kind: "text", Phone: ana, SID: fmt.Sprint(n), Media: []mediaLink{{SID: sid}}})
		r.sim.mu.Unlock()
	}
	if items := r.phone(ana).Items; len(items) != 4 || items[0].SID != "2" || len(r.sim.state.Media) != 4 {
		t.Errorf("%d items from %s on, %d media", len(items), items[0].SID, len(r.sim.state.Media))
	}
	for range maxItems {
		r.sim.mu.Lock()
		r.sim.add(item{Kind: "text", Phone: ana})
		r.sim.mu.Unlock()
	}
	if items := r.phone(ana).Items; len(items) != maxItems || len(r.sim.state.Media) != 0 {
		t.Errorf("%d items, %d media", len(items), len(r.sim.state.Media))
	}
}

func TestEvents(t *testing.T) {
	r := newRig(t, answering(`<Response/>`))
	resp, err := http.Get(r.url + "/control/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Scan() // the greeting: the listener is there
	r.sendText(fmt.Sprintf(`{"from":%q,"to":%q,"body":"hi"}`, ana, store))
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err)
		}
		if e != (event{"text", ana}) {
			t.Errorf("first event %+v", e)
		}
		break
	}
	r.sim.Close()
	for lines.Scan() { // ends because Close ends the stream
	}
}
