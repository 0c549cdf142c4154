package table

import (
	"testing"
	"time"
)

// The keys are how everything stored is found again: a changed one loses it.
func TestKeys(t *testing.T) {
	at := time.Date(2026, 11, 21, 11, 0, 0, 4_900_000, time.FixedZone("CET", 3600))
	const h, id = "3zgi4jk25cjrrqxwowpgs4krve", "01a1fd8c-6900-7000-8000-000000000001"
	for _, tt := range []struct {
		name   string
		got    key
		pk, sk string
	}{
		{"retailer", retailerKey("acme"), "RETAILER#acme", "PROFILE"},
		{"store", storeKey("acme", "berlin"), "RETAILER#acme", "STORE#berlin"},
		{"number", numberKey("+4917139200100"), "NUMBER#+4917139200100", "NUMBER"},
		{"numbers of a retailer", numberListKey("acme", "DE", "available", "+4917139200100"), "RETAILER#acme", "NUMBER#DE#available#+4917139200100"},
		{"stores of a retailer", storeListKey("acme", "parked", "DE", "berlin"), "RETAILER#acme", "STORE#parked#DE#berlin"},
		{"registration", registrationKey("acme", "DE"), "RETAILER#acme", "COUNTRY#DE"},
		{"test location", testLocationKey("acme", "DE"), "RETAILER#acme", "TESTSITE#DE"},
		{"order", purchaseKey("acme", id), "RETAILER#acme", "PURCHASE#" + id},
		{"order by its id", purchaseIDKey(id), "PURCHASE#" + id, "PURCHASE"},
		{"awaiting", awaitingKey("acme", "DE", "STORE#berlin"), "AWAITING#acme#DE", "STORE#berlin"},
		{"due order", dueKey("purchase", id, at), "DUE#purchase#1", "2026-11-21T10:00:00.004Z#" + id},
		{"due release", dueKey("release", "+4917139200100", at), "DUE#release#0", "2026-11-21T10:00:00.004Z#+4917139200100"},
		{"failed job", failedKey(h), "FAILED#" + h, "FAILED"},
		{"stranger", strangerKey("+4917139200100"), "STRANGER#+4917139200100", "STRANGER"},
		{"comparison", comparisonKey("AC01"), "ACCOUNT#AC01", "NUMBERS"},
		{"conversation", conversationKey("acme", "berlin", h), "CUSTOMER#acme#" + h, "STORE#berlin"},
		{"inbox", inboxKey("acme", "berlin", h, at), "INBOX#acme#berlin", "2026-11-21T10:00:00.004Z#" + h},
		{"unread", unreadKey("acme", "berlin", h, at), "UNREAD#acme#berlin", "2026-11-21T10:00:00.004Z#" + h},
		{"suppression", suppressionKey("acme", h), "CUSTOMER#acme#" + h, "SUPPRESSION"},
		{"consent", consentKey("acme", h, id), "CUSTOMER#acme#" + h, "CONSENT#" + id},
		{"message", messageKey("acme", "berlin", h, id), "THREAD#acme#berlin#" + h, id},
		{"templates", templatesKey("acme"), "RETAILER#acme", "TEMPLATES"},
		{"opt-in message", wordingKey("acme", "0123abcd"), "RETAILER#acme", "OPTIN#0123abcd"},
		{"quick reply", quickReplyKey("acme", id), "RETAILER#acme", "QUICKREPLY#" + id},
		{"orders of a day", orderedKey("acme", at), "ORDERED#acme", "2026-11-21"},
		{"requests of a day", askedKey("acme", "associate-1", at), "ASKED#acme#kicj6nmbruyj2igoomymvogcf4", "2026-11-21"},
		{"answers of an hour", answeredKey("acme", "berlin", h, at), "CUSTOMER#acme#" + h, "ANSWERED#berlin#2026-11-21T10"},
		{"erasure", erasureKey("acme", h), "CUSTOMER#acme#" + h, "ERASURE"},
		{"due erasure", Erasure{Retailer: "acme", Customer: h}.due(at), "DUE#erasure#5", "2026-11-21T10:00:00.004Z#" + h + "#acme"},
		{"sid", sidKey("SM0123"), "SID#SM0123", "SID"},
		{"unrouted", unroutedKey(id), "UNROUTED#" + id, "UNROUTED"},
		{"operator", operatorKey("unrouted", id, at), "OPERATOR#unrouted", "2026-11-21T10:00:00.004Z#" + id},
	} {
		if want := (key{tt.pk, tt.sk}); tt.got != want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, want)
		}
	}
	if gsi1 != "GSI1" || gsi2 != "GSI2" {
		t.Errorf("the template's indexes are GSI1 and GSI2, not %s and %s", gsi1, gsi2)
	}
}

// A changed hash would orphan every conversation and forget every opt-out. The
// vectors are HMAC-SHA256 and base32 of Python's standard library.
func TestCustomer(t *testing.T) {
	const development = "development-key-for-customers-numbers-never-used-on-a-real-stage"
	for _, tt := range []struct{ key, retailer, phone, want string }{
		{development, "acme", "+12125550123", "3zgi4jk25cjrrqxwowpgs4krve"},
		{development, "acme", "+447700900123", "bk7a2zxe5bk5grhbkzwvkqezyq"},
		{development, "rival", "+12125550123", "lsf5kma46x745ivisqsxwice6m"},
		{development, "acme", "24273", "l65ajuml53jziw7evlkzvjzhde"},
		{"k", "acme", "+12125550123", "tctpkogq2u4pbx3arru2ram2ju"},
	} {
		got := (&Table{phoneKey: []byte(tt.key)}).Customer(tt.retailer, tt.phone)
		if got != tt.want || !IsCustomer(got) {
			t.Errorf("Customer(%q, %q) = %q, want %q", tt.retailer, tt.phone, got, tt.want)
		}
	}
}

func TestIsCustomer(t *testing.T) {
	for s, want := range map[string]bool{
		"abcdefghijklmnopqrstuvwxyz":  true,
		"22222222222222222222234567":  true,
		"":                            false,
		"abcdefghijklmnopqrstuvwxy":   false,
		"abcdefghijklmnopqrstuvwxyza": false,
		"Abcdefghijklmnopqrstuvwxyz":  false,
		"1bcdefghijklmnopqrstuvwxyz":  false,
		"abcdefghijklm#opqrstuvwxyz":  false,
		"+1212555012312125550123121":  false,
	} {
		if IsCustomer(s) != want {
			t.Errorf("IsCustomer(%q) = %v", s, !want)
		}
	}
}

// Moments have to sort as their strings do, whatever their zone and fraction.
func TestStamp(t *testing.T) {
	for _, tt := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "2026-01-02T03:04:05.000Z"},
		{time.Date(2026, 1, 2, 3, 4, 5, 999_999_999, time.UTC), "2026-01-02T03:04:05.999Z"},
		{time.Date(2026, 1, 2, 0, 30, 0, 0, time.FixedZone("CET", 3600)), "2026-01-01T23:30:00.000Z"},
	} {
		if got := stamp(tt.at); got != tt.want {
			t.Errorf("stamp(%v) = %s, want %s", tt.at, got, tt.want)
		}
		read := moment(item{"at": str(tt.want)}, "at")
		if !read.Equal(tt.at.Truncate(time.Millisecond)) {
			t.Errorf("%s reads as %v", tt.want, read)
		}
	}
}
