package table_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

func TestRegistrations(t *testing.T) {
	onEngines(t, map[string]func(*testing.T, *scenario.Table){
		"recorded":             registrations,
		"approvals":            approvals,
		"approved twice":       approvedTwice,
		"what waits":           whatWaits,
		"standing":             standing,
		"standing of nobody":   standingOfNobody,
		"adopted":              adoptedNumber,
		"adopted, of a store":  adoptedNumberOfAStore,
		"how far a comparison": comparisons,
	})
}

func registration(country string, state clienteling.RegistrationState) clienteling.Registration {
	return clienteling.Registration{Retailer: "acme", Country: country, State: state}
}

// far is how far a registration is, without its file and times.
func far(r clienteling.Registration) clienteling.Registration {
	return clienteling.Registration{Retailer: r.Retailer, Country: r.Country, State: r.State, BundleSID: r.BundleSID, AddressSID: r.AddressSID, ServiceSID: r.ServiceSID}
}

func registrations(t *testing.T, db *scenario.Table) {
	to := db.Open()
	want := registration(notApproved, clienteling.RegistrationApproved)
	want.BundleSID, want.AddressSID = "BU1", "AD1"
	must(t, to.PutRegistration(t.Context(), want, at))
	if got, err := to.Registration(t.Context(), "acme", notApproved); err != nil || !reflect.DeepEqual(far(got), want) {
		t.Errorf("registration %+v, %v; want %+v", got, err, want)
	}
	// A new file has new papers, or none yet.
	want = registration(notApproved, clienteling.RegistrationDraft)
	must(t, to.PutRegistration(t.Context(), want, at))
	if got, err := to.Registration(t.Context(), "acme", notApproved); err != nil || !reflect.DeepEqual(far(got), want) {
		t.Errorf("registration %+v, %v; want %+v", got, err, want)
	}
	if got, err := to.Registration(t.Context(), "acme", "CA"); err != nil || !reflect.DeepEqual(far(got), seed.Registrations[0]) {
		t.Errorf("Canada's registration %+v, %v; want that of the US", got, err)
	}
	for _, of := range [][2]string{{"acme", "AT"}, {"acme", "XX"}, {"rival", "US"}} {
		if _, err := to.Registration(t.Context(), of[0], of[1]); !errors.Is(err, clienteling.ErrNotFound) {
			t.Errorf("%v: %v", of, err)
		}
	}
}

// dueApprovals are the countries whose approvals are due before a moment.
func dueApprovals(t *testing.T, to *table.Table, before time.Time) (countries []string) {
	t.Helper()
	due, err := to.DueApprovals(t.Context(), before, 9)
	must(t, err)
	for _, a := range due {
		countries = append(countries, a.Country)
	}
	return countries
}

func approvals(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for _, state := range []clienteling.RegistrationState{
		clienteling.RegistrationDraft, clienteling.RegistrationSubmitting, clienteling.RegistrationInReview,
		clienteling.RegistrationRejected, clienteling.RegistrationExpired,
	} {
		must(t, to.PutRegistration(t.Context(), registration("AT", state), at))
		if due := dueApprovals(t, to, at.AddDate(1, 0, 0)); due != nil {
			t.Errorf("%s, and due are %v", state, due)
		}
		must(t, to.PutRegistration(t.Context(), registration("AT", clienteling.RegistrationApproved), at))
		if due := dueApprovals(t, to, at); due != nil {
			t.Errorf("due before it was approved: %v", due)
		}
		if due := dueApprovals(t, to, at.Add(time.Millisecond)); !reflect.DeepEqual(due, []string{"AT"}) {
			t.Errorf("approved after %s, and due are %v", state, due)
		}
	}
	due, err := to.DueApprovals(t.Context(), at.Add(time.Hour), 9)
	must(t, err)
	if a := due[0]; a.Retailer != "acme" || a.State != clienteling.RegistrationApproved || !a.Since.Equal(at) {
		t.Errorf("due %+v", a)
	}
	must(t, to.ApprovalSettled(t.Context(), due[0]))
	if got := dueApprovals(t, to, at.AddDate(1, 0, 0)); got != nil {
		t.Errorf("settled, and due are %v", got)
	}
	refused(t, db, "settled twice", "<nil>", func() error { return to.ApprovalSettled(t.Context(), due[0]) })
	if got, err := to.Registration(t.Context(), "acme", "AT"); err != nil || got.State != clienteling.RegistrationApproved {
		t.Errorf("settled: %+v, %v", got, err)
	}
}

// Who settles an approval knows nothing of the next one.
func approvedTwice(t *testing.T, db *scenario.Table) {
	to := db.Open()
	must(t, to.PutRegistration(t.Context(), registration("AT", clienteling.RegistrationApproved), at))
	due, err := to.DueApprovals(t.Context(), at.Add(time.Hour), 9)
	if err != nil || len(due) != 1 {
		t.Fatalf("due %+v, %v", due, err)
	}
	must(t, to.PutRegistration(t.Context(), registration("AT", clienteling.RegistrationExpired), at.Add(time.Minute)))
	refused(t, db, "settled when it has expired", "<nil>", func() error { return to.ApprovalSettled(t.Context(), due[0]) })
	must(t, to.PutRegistration(t.Context(), registration("AT", clienteling.RegistrationApproved), at.Add(2*time.Minute)))
	refused(t, db, "settled when it was approved anew", "<nil>", func() error { return to.ApprovalSettled(t.Context(), due[0]) })
	if got := dueApprovals(t, to, at.Add(time.Hour)); len(got) != 1 {
		t.Errorf("due are %v", got)
	}
}

func whatWaits(t *testing.T, db *scenario.Table) {
	to := db.Open()
	parked := given[clienteling.Store](t)(to.ParkStore(t.Context(), shop(t, to, "paris", notApproved), clienteling.Wish{Number: clienteling.Auto, Enable: true}))
	given[clienteling.Store](t)(to.ParkStore(t.Context(), shop(t, to, "vienna", "AT"), clienteling.Wish{Number: clienteling.Auto}))
	first, second := order(t, to, notApproved, clienteling.PurchaseAwaitingApproval), order(t, to, notApproved, clienteling.PurchaseAwaitingApproval)
	order(t, to, "AT", clienteling.PurchaseAwaitingApproval)

	waiting, err := to.Waiting(t.Context(), table.Approval{Registration: registration(notApproved, "")}, 100)
	if err != nil || len(waiting) != 3 {
		t.Fatalf("waiting %+v, %v", waiting, err)
	}
	for n, want := range []clienteling.Purchase{first, second} {
		if w := waiting[n]; w.Store != nil || w.Purchase == nil || !reflect.DeepEqual(withoutUnfit(*w.Purchase), want) {
			t.Errorf("waiting %+v, want the order %+v", w, want)
		}
	}
	if w := waiting[2]; w.Purchase != nil || w.Store == nil || *w.Store != parked {
		t.Errorf("waiting %+v, want the store %+v", w, parked)
	}
	for limit := 1; limit < 3; limit++ {
		if waiting, err := to.Waiting(t.Context(), table.Approval{Registration: registration(notApproved, "")}, limit); err != nil || len(waiting) != limit {
			t.Errorf("%d of at most %d, %v", len(waiting), limit, err)
		}
	}
	rival := table.Approval{Registration: clienteling.Registration{Retailer: "rival", Country: notApproved}}
	if waiting, err := to.Waiting(t.Context(), rival, 9); err != nil || waiting != nil {
		t.Errorf("waiting for a rival's: %+v, %v", waiting, err)
	}
}

func standing(t *testing.T, db *scenario.Table) {
	db.TestLocations = true
	to := db.Open()
	given[clienteling.Store](t)(to.ParkStore(t.Context(), shop(t, to, "paris", notApproved), clienteling.Wish{Number: clienteling.Auto}))
	must(t, to.PutRegistration(t.Context(), registration(notApproved, clienteling.RegistrationInReview), at))
	want := clienteling.Standing{
		Retailer:      seed.Retailer,
		Registrations: map[string]clienteling.Registration{notApproved: registration(notApproved, clienteling.RegistrationInReview)},
		// The stores of the seed were onboarded before there were locations.
		TestLocations: map[string]string{notApproved: "paris"},
	}
	want.Retailer.EnabledAt = db.Now()
	for _, r := range seed.Registrations {
		want.Registrations[r.Country] = r
	}
	got, err := to.Standing(t.Context(), "acme")
	for country, r := range got.Registrations {
		got.Registrations[country] = far(r)
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("standing %+v, %v\nwant %+v", got, err, want)
	}
}

func standingOfNobody(t *testing.T, db *scenario.Table) {
	to := db.Open()
	if got, err := to.Standing(t.Context(), "rival"); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("standing %+v, %v", got, err)
	}
}

func adoptedNumber(t *testing.T, db *scenario.Table) {
	to := db.Open()
	p := given[clienteling.Purchase](t)(to.CompletePurchase(t.Context(), bought(t, to, order(t, to, "CA", clienteling.PurchaseRequested), "+12045550100"), at))
	n := clienteling.Number{
		E164: "+12045550101", Country: "CA", State: clienteling.NumberAvailable, AccountSID: seed.AccountSID, SID: "PN2", Retailer: "acme", Purchase: p.ID,
		Language: "en", OptInMode: clienteling.Explicit,
	}
	expect(t, raceOf(16, func(int) error { return to.AdoptNumber(t.Context(), p, n.E164, n.SID, clienteling.Explicit) }), map[string]int{"<nil>": 1, "number_taken": 15})
	wantNumber(t, to, n)
	wantOrder(t, to, p)
}

// A lost number goes back to the store that has it.
func adoptedNumberOfAStore(t *testing.T, db *scenario.Table) {
	to := db.Open()
	was, err := to.NumberNow(t.Context(), seed.Shops[2].Number.E164)
	if err != nil {
		t.Fatal(err)
	}
	_, err = dynamodb.NewFromConfig(db.Config).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &db.Name, Key: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "NUMBER#" + was.E164}, "sk": &types.AttributeValueMemberS{Value: "NUMBER"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	was.Purchase = "01a1fd8c-6900-7000-8000-000000000001"
	p := clienteling.Purchase{ID: was.Purchase, Retailer: "acme", Country: "DE", AccountSID: was.AccountSID}
	must(t, to.AdoptNumber(t.Context(), p, was.E164, was.SID, was.OptInMode))
	wantNumber(t, to, was)
}

func comparisons(t *testing.T, db *scenario.Table) {
	to := db.Open()
	for _, want := range []table.Comparison{
		{AccountSID: "AC1"},
		{AccountSID: "AC1", StartedAt: at, Page: "PA+1?x=y"},
		{AccountSID: "AC1", StartedAt: at},
	} {
		if !want.StartedAt.IsZero() {
			must(t, to.SaveComparison(t.Context(), want))
		}
		if got, err := to.Comparison(t.Context(), "AC1"); err != nil || got != want {
			t.Errorf("comparison %+v, %v; want %+v", got, err, want)
		}
	}
	if got, err := to.Comparison(t.Context(), "AC2"); err != nil || got != (table.Comparison{AccountSID: "AC2"}) {
		t.Errorf("another account's: %+v, %v", got, err)
	}
}
