package table

import (
	"context"
	"time"

	"clienteling/shared/clienteling"
)

// work reads a page of what waits for the operator, the longest waiting first.
func (t *Table) work(ctx context.Context, kind string, p Page, of func(parts []string) (key, bool)) ([]item, string, error) {
	l := list{index: gsi2, pk: "gsi2pk", sk: "gsi2sk", partition: operatorKey(kind, "", time.Time{}).pk}
	since := func(parts []string) (key, bool) {
		if _, err := time.Parse(stampLayout, parts[0]); err != nil {
			return key{}, false
		}
		return of(parts)
	}
	return t.filtered(ctx, l, p, since, func(item) bool { return true })
}

// Assistance returns a page of the orders that the operator is to fulfil.
func (t *Table) Assistance(ctx context.Context, p Page) ([]clienteling.Purchase, string, error) {
	items, next, err := t.work(ctx, "assistance", p, func(parts []string) (key, bool) {
		if len(parts) != 3 || parts[1] == "" || parts[2] == "" {
			return key{}, false
		}
		return purchaseKey(parts[1], parts[2]), true
	})
	return each(items, readPurchase), next, err
}

// FailedJobs returns a page of the jobs that were given up.
func (t *Table) FailedJobs(ctx context.Context, p Page) ([]FailedJob, string, error) {
	items, next, err := t.work(ctx, "failed", p, by(2, failedKey))
	return each(items, readFailedJob), next, err
}

// Unrouted is a text to a number that no store uses.
type Unrouted struct {
	ID string
	// From is the customer's number, To ours.
	From, To string
	Body     string
	Media    []clienteling.Media
	At       time.Time
}

// UnroutedTexts returns a page of the texts to numbers that no store uses.
func (t *Table) UnroutedTexts(ctx context.Context, p Page) ([]Unrouted, string, error) {
	items, next, err := t.work(ctx, "unrouted", p, by(2, unroutedKey))
	return each(items, func(i item) Unrouted {
		return Unrouted{
			ID: text(i, "pk")[len("UNROUTED#"):], From: text(i, "from"), To: text(i, "to"), Body: text(i, "text"),
			Media: readMedia(i), At: moment(i, "at"),
		}
	}), next, err
}

// UnknownRequirements returns a page of the countries of which nobody knows what they
// ask for.
func (t *Table) UnknownRequirements(ctx context.Context, p Page) ([]Requirements, string, error) {
	items, next, err := t.work(ctx, "requirements", p, func(parts []string) (key, bool) {
		return requirementsKey(parts[len(parts)-1]), len(parts) == 2
	})
	return each(items, func(i item) Requirements {
		return Requirements{Country: text(i, "pk")[len("COUNTRY#"):], Version: integer(i, "version"), Unknown: true, At: moment(i, "at")}
	}), next, err
}

// Strangers returns a page of the numbers at Twilio that nobody here knows.
func (t *Table) Strangers(ctx context.Context, p Page) ([]Stranger, string, error) {
	items, next, err := t.work(ctx, "number", p, by(2, strangerKey))
	return each(items, readStranger), next, err
}

func each[T any](items []item, read func(item) T) []T {
	found := make([]T, len(items))
	for n, i := range items {
		found[n] = read(i)
	}
	return found
}
