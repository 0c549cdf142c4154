package scenario

import (
	"context"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/table"
)

// Customers of the event files, from the ranges kept for fiction.
const (
	American = "+12125550123"
	Briton   = "+447700900123"
	German   = "+4917139200123"
)

// given are the setups a golden scenario may start with, by name; all follow "seed".
func given() map[string]func(context.Context, *Table) error {
	return map[string]func(context.Context, *Table) error{
		// The retailer acme with its three enabled stores.
		"seed": func(ctx context.Context, t *Table) error { return seed.Fill(ctx, t.Open(), t.Now()) },

		// The American wrote to New York once.
		"conversation": func(ctx context.Context, t *Table) error {
			return hears(ctx, t, text("09:00", American, "Hello! Are you open on Sunday?"))
		},

		// Three customers with New York, the American the one who waits longest, and
		// one with London.
		"inbox": func(ctx context.Context, t *Table) error {
			london := text("09:30", Briton, "Hello London")
			london.To = seed.Shops[1].Number.E164
			picture := text("10:00", Briton, "")
			picture.Media = []clienteling.Media{{
				URL:         "https://api.twilio.com/2010-04-01/Accounts/" + seed.AccountSID + "/Messages/MM0000000000000000000000000000000a/Media/ME0000000000000000000000000000000a",
				ContentType: "image/jpeg",
			}}
			err := hears(ctx, t,
				text("09:00", American, "Hello! Are you open on Sunday?"),
				text("09:05", American, "And do you have\nthe wool coat in navy? 😍"),
				london,
				picture,
				text("11:00", German, "Guten Morgen aus Berlin, ich suche ein Geschenk: am liebsten einen Schal aus Kaschmir, in Grün oder Blau."),
			)
			if err != nil {
				return err
			}
			call := table.MissedCall{SID: "CA0000000000000000000000000000000a", AccountSID: seed.AccountSID, From: German, At: eve("11:30")}
			return t.Open().NoteMissedCall(ctx, newYork(), call)
		},
	}
}

// eve is a time of the day before the events of the event files.
func eve(clock string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", "2026-11-20 "+clock)
	if err != nil {
		panic(err) // a mistake in the lines above
	}
	return at
}

func newYork() clienteling.Number {
	s := seed.Shops[0]
	n := s.Number
	n.Store, n.StoreName, n.Enabled, n.ForwardTo = s.Store.ID, s.Store.Name, true, s.Store.Phone
	return n
}

// text is a text to New York, of the eve.
func text(clock, from, body string) table.InboundText {
	at := eve(clock)
	return table.InboundText{
		SID:        "SM0000000000000000000000000000" + at.Format("1504"),
		AccountSID: seed.AccountSID, From: from, To: newYork().E164, Body: body, At: at,
	}
}

// hears has the table receive texts that change no consent.
func hears(ctx context.Context, t *Table, texts ...table.InboundText) error {
	to := t.Open()
	for _, in := range texts {
		n, err := to.Number(ctx, in.To)
		if err != nil {
			return err
		}
		if err := to.ReceiveText(ctx, n, in, consent.Change{}); err != nil {
			return err
		}
	}
	return nil
}

// Give brings about what golden scenarios start with, "seed" and the other setups.
func (t *Table) Give(tb testing.TB, names ...string) {
	tb.Helper()
	for _, name := range names {
		setup, known := given()[name]
		if !known {
			tb.Fatalf("nothing is known that gives %q: name a setup of infra/scenario/given.go, or an event as <function>/<case>", name)
		}
		if err := setup(tb.Context(), t); err != nil {
			tb.Fatalf("given %q: %v", name, err)
		}
	}
}
