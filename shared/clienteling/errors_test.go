package clienteling_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"clienteling/shared/clienteling"
)

func TestE(t *testing.T) {
	for name, test := range map[string]struct {
		err  *clienteling.Error
		want string
	}{
		"plain":                   {clienteling.E(clienteling.Invalid, "bad_name", "Give a name."), "bad_name: Give a name."},
		"a percent stays":         {clienteling.E(clienteling.Invalid, "bad_share", "Give 1% to 100%."), "bad_share: Give 1% to 100%."},
		"formatted":               {clienteling.E(clienteling.Invalid, "bad_name", "%q has over %d letters.", "Jo", 1), `bad_name: "Jo" has over 1 letters.`},
		"with its cause":          {clienteling.E(clienteling.Unavailable, "later", "Try again.").Because(io.EOF), "later: Try again.: EOF"},
		"the latest cause counts": {clienteling.E(clienteling.Unavailable, "later", "Try again.").Because(io.EOF).Because(io.ErrNoProgress), "later: Try again.: " + io.ErrNoProgress.Error()},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	if kind := new(clienteling.Error).Kind; kind != clienteling.Internal {
		t.Errorf("a forgotten kind is %d, want Internal", kind)
	}
}

func TestErrorIs(t *testing.T) {
	stale := clienteling.E(clienteling.Stale, "stale", "Read it again.")
	for name, test := range map[string]struct {
		err, target error
		want        bool
	}{
		"itself":             {clienteling.ErrNotFound, clienteling.ErrNotFound, true},
		"a copy":             {clienteling.ErrNotFound.Because(io.EOF), clienteling.ErrNotFound, true},
		"a copy with fields": {clienteling.ErrNotFound.With("/a", "b"), clienteling.ErrNotFound, true},
		"wrapped":            {fmt.Errorf("store: %w", clienteling.ErrNotFound), clienteling.ErrNotFound, true},
		"joined":             {errors.Join(io.EOF, clienteling.ErrNotFound), clienteling.ErrNotFound, true},
		"its cause":          {stale.Because(io.EOF), io.EOF, true},
		"a cause of ours":    {stale.Because(clienteling.ErrNotFound), clienteling.ErrNotFound, true},
		"another code":       {stale, clienteling.ErrNotFound, false},
		"another cause":      {stale.Because(io.EOF), io.ErrUnexpectedEOF, false},
		"not its effect":     {clienteling.ErrNotFound, clienteling.ErrNotFound.Because(io.EOF).Unwrap(), false},
		"no error of ours":   {io.EOF, clienteling.ErrNotFound, false},
	} {
		if got := errors.Is(test.err, test.target); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// What one request adds to an error must not show in another's.
func TestErrorCopies(t *testing.T) {
	base := clienteling.E(clienteling.Unprocessable, "invalid", "See the fields.")
	one := base.With("/name", "Give one.")
	two := one.With("/phone", "Give one.")
	three := one.With("/country", "Give one.")
	caused := two.Because(io.EOF)

	for name, test := range map[string]struct {
		err  *clienteling.Error
		want []string
	}{
		"base": {base, nil}, "one": {one, []string{"/name"}}, "two": {two, []string{"/name", "/phone"}},
		"three": {three, []string{"/name", "/country"}}, "caused": {caused, []string{"/name", "/phone"}},
	} {
		var got []string
		for _, f := range test.err.Fields {
			got = append(got, f.Pointer)
		}
		if !slices.Equal(got, test.want) || test.err.Kind != clienteling.Unprocessable || test.err.Code != "invalid" || test.err.Detail != "See the fields." {
			t.Errorf("%s is %+v", name, test.err)
		}
	}
	if base.Unwrap() != nil || two.Unwrap() != nil || caused.Unwrap() != io.EOF {
		t.Error("a cause is where it was not given")
	}
	caused.Fields[0].Detail = "changed"
	three.Fields[0].Detail = "changed"
	if one.Fields[0].Detail != "Give one." || two.Fields[0].Detail != "Give one." {
		t.Error("copies share their fields")
	}
}
