package apigw_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"testing/quick"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

func TestCursorComesBack(t *testing.T) {
	back := func(list, position string) bool {
		if position == "" {
			return true // the start of a list needs no cursor
		}
		got, err := apigw.DecodeCursor(list, apigw.EncodeCursor(list, position))
		return err == nil && got == position
	}
	if err := quick.Check(back, nil); err != nil {
		t.Error(err)
	}
}

func TestCursorRefused(t *testing.T) {
	const list, position = "inbox/acme/hamburg-1", "2026-11-22T15:53:50.123Z#abcdefghij"
	good := apigw.EncodeCursor(list, position)
	if strings.Trim(good, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		t.Errorf("needs escaping in a URL: %s", good)
	}
	cursors := map[string]string{
		"empty":               "",
		"garbage":             "not a cursor!",
		"of another store":    apigw.EncodeCursor("inbox/acme/hamburg-2", position),
		"of another retailer": apigw.EncodeCursor("inbox/other/hamburg-1", position),
		"of another kind":     apigw.EncodeCursor("unread/acme/hamburg-1", position),
		"without position":    apigw.EncodeCursor(list, ""),
		"padded":              good + "=",
		"with a line break":   good[:5] + "\n" + good[5:],
		"twice":               good + good,
		"position only":       base64.RawURLEncoding.EncodeToString([]byte(position)),
	}
	for i := range good {
		cursors["cut off at "+good[:i]] = good[:i]
		other := byte('A')
		if good[i] == other {
			other = 'B'
		}
		cursors["altered after "+good[:i]] = good[:i] + string(other) + good[i+1:]
	}
	for name, cursor := range cursors {
		got, err := apigw.DecodeCursor(list, cursor)
		var e *clienteling.Error
		if !errors.As(err, &e) || e.Kind != clienteling.Invalid || e.Code != "invalid_cursor" || got != "" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

// Cursors outlive a deployment in clients that are reading a list.
func TestCursorFormatIsPinned(t *testing.T) {
	if got := apigw.EncodeCursor("inbox/acme/hamburg-1", "p9"); got != "k-T6HML5ffhwOQ" {
		t.Errorf("got %s", got)
	}
}
