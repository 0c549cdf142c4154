package clienteling_test

import (
	"testing"

	"clienteling/shared/clienteling"
)

func TestStage(t *testing.T) {
	t.Parallel()
	for stage, want := range map[clienteling.Stage]struct{ known, locations bool }{
		clienteling.Sandbox: {true, true}, clienteling.Staging: {true, true}, clienteling.Production: {true, false},
		"": {false, true}, "Production": {false, true}, "prod": {false, true}, // whoever is not sure has limits
	} {
		if stage.Known() != want.known || stage.TestLocations() != want.locations {
			t.Errorf("%q: known %t, test locations %t", stage, stage.Known(), stage.TestLocations())
		}
	}
}

// A number is found again by its name, on its own stage only. The name may have 64
// characters at Twilio.
// https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
func TestNumberName(t *testing.T) {
	t.Parallel()
	const id = "01a1fd8c-6900-7000-8000-000000000001"
	stages := []clienteling.Stage{clienteling.Sandbox, clienteling.Staging, clienteling.Production}
	for _, s := range stages {
		name := s.NumberName(id)
		if name != "clienteling-"+string(s)+"-"+id || len(name) > 64 {
			t.Errorf("%s: %q has %d characters", s, name, len(name))
		}
		for _, other := range stages {
			got, ours := other.PurchaseOf(name)
			if ours != (other == s) || ours && got != id || !ours && got != "" {
				t.Errorf("%s reads %q as %q, %t", other, name, got, ours)
			}
		}
	}
	for _, name := range []string{
		"", "(212) 555-0100", "clienteling-sandbox-", "clienteling-sandbox-" + id[1:], "clienteling-sandbox-" + id + "1",
		"Clienteling-sandbox-" + id, " clienteling-sandbox-" + id, id, "clienteling-" + id,
	} {
		if got, ours := clienteling.Sandbox.PurchaseOf(name); ours || got != "" {
			t.Errorf("%q is read as %q", name, got)
		}
	}
}
