package setup

import (
	"context"
	"strings"
	"testing"

	"clienteling/shared/clienteling"
)

func TestStage(t *testing.T) {
	for _, stage := range []clienteling.Stage{clienteling.Sandbox, clienteling.Staging, clienteling.Production} {
		e := newTestEnv(vars("STAGE", string(stage)))
		if got := e.Stage("STAGE"); got != stage || len(e.invalid)+len(e.missing) > 0 {
			t.Errorf("%s is %q, complaints %q %q", stage, got, e.invalid, e.missing)
		}
	}
	// A function that does not know its stage would buy numbers under another's name:
	// it does not start.
	for value, want := range map[string]string{
		"":             "missing in the environment: STAGE (the template sets them)",
		"prod":         `STAGE is "prod", but sandbox, staging or production is needed`,
		"Sandbox":      `STAGE is "Sandbox", but sandbox, staging or production is needed`,
		"sandbox ":     `STAGE is "sandbox ", but sandbox, staging or production is needed`,
		"production\n": `but sandbox, staging or production is needed`,
	} {
		e := newTestEnv(vars("STAGE", value))
		handler, err := e.boot(t.Context(), func(_ context.Context, e *Env) (any, error) {
			e.Stage("STAGE")
			return "handler", nil
		})
		if err == nil || handler != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want %s", value, handler, err, want)
		}
	}
}
