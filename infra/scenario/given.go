package scenario

import (
	"context"
	"errors"
	"fmt"
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

// QuickReply is the id of the one quick reply of a setup.
const QuickReply = "01a1f8a0-0000-7000-8000-0000000000aa"

// always lets a change of templates be made whatever their version.
func always(int) error { return nil }

// given are the setups a golden scenario may start with, by name; all follow "seed".
func given() map[string]func(context.Context, *Table) error {
	return map[string]func(context.Context, *Table) error{
		// The retailer acme with its three enabled stores.
		"seed": func(ctx context.Context, t *Table) error { return seed.Fill(ctx, t.Open(), t.Now()) },

		// The American wrote to New York once.
		"conversation": func(ctx context.Context, t *Table) error {
			return hears(ctx, t, text("09:00", American, "Hello! Are you open on Sunday?"))
		},

		// The American wrote to London.
		"london": func(ctx context.Context, t *Table) error {
			in := text("08:00", American, "Hello London, I am there in May.")
			in.To = seed.Shops[1].Number.E164
			return hears(ctx, t, in)
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

		// Boston has its number, but nobody may write yet.
		"boston": func(ctx context.Context, t *Table) error {
			s := clienteling.Store{Retailer: "acme", ID: "boston", Name: "Acme Newbury Street", Country: "US", Phone: "+16175550190", State: clienteling.StoreEligible}
			n := clienteling.Number{E164: "+16175550100", Country: "US", AccountSID: seed.AccountSID, SID: "PN00000000000000000000016175550100", Retailer: "acme", Language: "en", OptInMode: clienteling.AnyReply}
			to := t.Open()
			s, err := to.SaveStore(ctx, s)
			if err := errors.Join(err, to.RecordNumber(ctx, n)); err != nil {
				return err
			}
			_, err = to.OnboardStore(ctx, s, n, false)
			return err
		},

		// What follows is between the American and Robin of New York, a step each.

		// Robin asks the American to opt in.
		"request": func(ctx context.Context, t *Table) error {
			return writes(ctx, t, table.NewText{Body: consent.Request("Hi Ada, this is Robin.", newYork().StoreName+" would like to text you. Reply YES to agree, or STOP to refuse. Message and data rates may apply."), Request: true, Phone: American, Name: "Ada", At: eve("12:00")})
		},
		// The American agrees.
		"yes": func(ctx context.Context, t *Table) error { return replies(ctx, t, text("12:05", American, "YES")) },
		// Robin writes.
		"text": func(ctx context.Context, t *Table) error {
			return writes(ctx, t, table.NewText{Body: "Your coat is here, Ada.", At: eve("13:00")})
		},
		// Robin writes, and quiet hours are an hour away.
		"late-text": func(ctx context.Context, t *Table) error {
			return writes(ctx, t, table.NewText{Body: "Your coat is here, Ada.", At: eve("13:00"), GoBy: eve("14:00")})
		},
		// The American refuses all texts of the retailer.
		"stop": func(ctx context.Context, t *Table) error { return replies(ctx, t, text("14:00", American, "STOP")) },

		// The American writes in the night: to New York it is ten past nine.
		"night": func(ctx context.Context, t *Table) error {
			in := text("14:10", American, "Are you still open?")
			in.SID, in.At = "SM00000000000000000000000000002210", eve("00:00").Add(50*time.Hour+10*time.Minute)
			return replies(ctx, t, in)
		},
		// The American has enough, and does not say so by one of the words.
		"enough": func(ctx context.Context, t *Table) error {
			return hears(ctx, t, text("15:00", American, "Please stop texting me."))
		},
		// A German has agreed to texts of London.
		"london-accepted": func(ctx context.Context, t *Table) error {
			in := text("08:00", German, "START")
			in.To = seed.Shops[1].Number.E164
			n, err := t.Open().Number(ctx, in.To)
			if err != nil {
				return err
			}
			accepted := consent.Receive(consent.State{OptIn: clienteling.OptInWaiting}, consent.Text{Body: "YES"}, clienteling.Explicit)
			accepted.When = consent.Guard{}
			return t.Open().ReceiveText(ctx, n, in, accepted, table.Found{})
		},
		// There is a quick reply.
		"quick-reply": func(ctx context.Context, t *Table) error {
			to := table.Open(t.Config, table.Options{Name: t.Name, Now: t.Now, NewID: func(time.Time) string { return QuickReply }})
			_, _, err := to.AddQuickReply(ctx, "acme", always, clienteling.QuickReply{
				Title: "Ready", Message: "Hi {{customer.name}}, {{associate.name}} here: what you asked for is ready at {{store.name}}. Call us at {{ store.phone }}.",
			}, table.Idempotency{})
			return err
		},
		// The retailer has an English opt-in message of its own.
		"wording": func(ctx context.Context, t *Table) error {
			_, _, _, err := t.Open().SetOptIn(ctx, "acme", always, clienteling.Wording{
				Language: "en", Text: "{{customer.name}}, may {{associate.name}} of {{store.name}} text you? YES to agree, STOP to refuse.",
			})
			return err
		},
		// An administrator has everything about the American erased.
		"erasing": func(ctx context.Context, t *Table) error {
			to := t.Open()
			_, err := to.RequestErasure(ctx, "acme", to.Customer("acme", American), American, "admin-1", eve("15:00"))
			return err
		},
		// Robin has sent as many opt-in requests on the day of the events as one may.
		"requests-used": func(ctx context.Context, t *Table) error {
			at := eve("00:00").Add(30 * time.Hour)
			to := table.Open(t.Config, table.Options{
				Name: t.Name, PhoneKey: []byte(seed.PhoneKey), TextRetention: Retention, Now: t.Now, NewID: t.NewID, RequestsPerDay: RequestsPerDay,
			})
			for n := range RequestsPerDay {
				phone := fmt.Sprintf("+1212555%04d", 1000+n)
				s, err := to.Sender(ctx, "acme", newYork().Store, to.Customer("acme", phone), table.Idempotency{})
				if err != nil {
					return err
				}
				in := table.NewText{Body: "May we?", Request: true, Phone: phone, At: at, By: clienteling.Associate{ID: "associate-1", Name: "Robin"}}
				if _, err := to.AcceptText(ctx, s, in); err != nil {
					return err
				}
			}
			return nil
		},

		// What Robin wrote last is being handed to Twilio.
		"claimed": func(ctx context.Context, t *Table) error {
			o, err := written(ctx, t)
			if err == nil {
				_, err = t.Open().ClaimText(ctx, o, o.Text.At.Add(time.Second))
			}
			return err
		},
		// Twilio has what Robin wrote last.
		"taken": func(ctx context.Context, t *Table) error {
			o, err := written(ctx, t)
			if err != nil {
				return err
			}
			if o.Ready() {
				if o, err = t.Open().ClaimText(ctx, o, o.Text.At.Add(time.Second)); err != nil {
					return err
				}
			}
			return t.Open().TextTaken(ctx, o, SIDOf(o), o.Text.At.Add(2*time.Second))
		},
		// What Robin wrote last is with the carrier, or on the phone.
		"sent":      func(ctx context.Context, t *Table) error { return goes(ctx, t, clienteling.StatusSent) },
		"delivered": func(ctx context.Context, t *Table) error { return goes(ctx, t, clienteling.StatusDelivered) },
	}
}

func goes(ctx context.Context, t *Table, status string) error {
	o, err := written(ctx, t)
	if err == nil {
		_, err = t.Open().AdvanceText(ctx, o, status, "", o.Text.At.Add(3*time.Second))
	}
	return err
}

// SIDOf is the SID under which Twilio has a text of a setup.
func SIDOf(o table.Outbound) string {
	return "SM00000000000000000000000000" + o.Text.At.UTC().Format("021504")
}

// writes has the table accept a text of Robin to the American.
func writes(ctx context.Context, t *Table, in table.NewText) error {
	to := t.Open()
	s, err := to.Sender(ctx, "acme", newYork().Store, to.Customer("acme", American), in.Idempotency)
	if err != nil {
		return err
	}
	in.By = clienteling.Associate{ID: "associate-1", Name: "Robin"}
	_, err = to.AcceptText(ctx, s, in)
	return err
}

// replies has the table receive a text to New York that may change consent.
func replies(ctx context.Context, t *Table, in table.InboundText) error {
	to := t.Open()
	said := consent.Text{Body: in.Body}
	change := consent.Presume(said, clienteling.AnyReply)
	err := to.ReceiveText(ctx, newYork(), in, change, table.Found{})
	var other *table.ConsentError
	if errors.As(err, &other) {
		change = consent.Receive(other.State, said, clienteling.AnyReply)
		err = to.ReceiveText(ctx, newYork(), in, change, other.Found)
	}
	return err
}

// written is the last text of New York to the American.
func written(ctx context.Context, t *Table) (table.Outbound, error) {
	to := t.Open()
	customer := to.Customer("acme", American)
	thread, _, err := to.Messages(ctx, "acme", newYork().Store, customer, table.Page{Limit: 10})
	if err != nil {
		return table.Outbound{}, err
	}
	for _, m := range thread {
		if m.Direction == clienteling.Outbound {
			return to.Outbound(ctx, table.OutboundKey{Retailer: "acme", Store: newYork().Store, Customer: customer, Message: m.ID})
		}
	}
	return table.Outbound{}, errors.New("no text to the American was given before")
}

// Written is the last text of New York to the American, as it stands now.
func (t *Table) Written(tb testing.TB) table.Outbound {
	tb.Helper()
	o, err := written(context.WithoutCancel(tb.Context()), t)
	if err != nil {
		tb.Fatal(err)
	}
	return o
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
		if err := to.ReceiveText(ctx, n, in, consent.Change{}, table.Found{}); err != nil {
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
