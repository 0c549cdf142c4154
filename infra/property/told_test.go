package property

import (
	"context"
	"testing"
	"time"
)

// Stories that chance tells too rarely.

// A customer who came back after an opt-out is erased, writes meanwhile, and accepts anew.
func TestErasedAfterAnOptOutWasLifted(t *testing.T) {
	t.Parallel()
	r := byDay(t)
	store := r.here.shop.Store.ID
	for _, body := range []string{"Hello", "opt out", "START"} {
		r.toItsEnd(r.hear(r.says(customers[0], store, body)), 0)
	}
	r.pass(time.Minute)
	r.toItsEnd(r.orders(customers[0]), 0)
	r.pass(30 * time.Second)
	r.toItsEnd(r.hear(r.says(customers[0], store, "Hello again")), 0)
	for range 3 {
		r.pass(5 * time.Minute)
		r.toItsEnd(r.reconcile(), 0)
		r.look()
	}
	r.toItsEnd(r.ask(r.request("ask", store, customers[0])), 0)
	r.toItsEnd(r.work(), 0)
	r.toItsEnd(r.hear(r.says(customers[0], store, "YES")), 0)
	r.ends()
}

// A store begins to write to a customer at the moment at which they are to be erased.
func TestErasedWhileAStoreBegins(t *testing.T) {
	t.Parallel()
	r := byDay(t)
	r.toItsEnd(r.hear(r.says(customers[0], r.elsewhere.shop.Store.ID, "Hello")), 0)
	r.pass(time.Minute)
	order := r.orders(customers[0])
	r.toItsEnd(r.ask(r.request("start", r.here.shop.Store.ID, customers[0])), 0)
	r.toItsEnd(order, 0)
	r.ends()
}

// byDay is a story in which nothing bad happens, at ten in the morning.
func byDay(t *testing.T) *run {
	r := begin(t, 1, faulty{})
	r.trouble, r.model.perDay = 0, 100
	r.pass(r.here.zone.next(r.table.Now(), 10*time.Hour).Sub(r.table.Now()))
	return r
}

// orders is an administrator who begins to order that somebody is erased.
func (r *run) orders(phone string) *actor {
	f := customersFunction{r.log, r.table.Now, r.store, r.model.retailer}
	customer := r.request("erase", "", phone).customer
	return r.start(admin, 10*time.Second, func(ctx context.Context) error { return f.erase(ctx, customer, phone, "the administrator") }, nobodyCares)
}

func (r *run) ends() {
	r.t.Helper()
	r.drain()
	r.twilio.close()
	if b := r.model.breach; b != nil {
		r.t.Errorf("%v\n\n%s", b, r.history.String())
	}
}
