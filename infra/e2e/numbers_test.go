//go:build unix

package e2e

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	awsdb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/infra/local/dynamodb"
	"clienteling/infra/local/seed"
	sim "clienteling/infra/local/twilio"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
)

// retailer is a retailer of one test, with approved registrations, and its people.
type retailer struct {
	id               string
	admin, associate string
}

func enabled(t *testing.T, id string, countries ...string) retailer {
	t.Helper()
	table := cloud.Info.OpenTable()
	err := table.EnableRetailer(t.Context(), clienteling.Retailer{
		ID: id, LegalName: id, ContactEmail: id + "@example.com", Countries: countries, OptInMode: clienteling.AnyReply, EnabledAt: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range countries {
		r := clienteling.Registration{Retailer: id, Country: code, State: clienteling.RegistrationApproved}
		if c, _ := country.Of(code); c.Bundle {
			r.BundleSID, r.AddressSID = "BU"+hexOf(id+code), "AD"+hexOf(id+code)
			err := errors.Join(
				cloud.Twilio().PutBundle(sim.Bundle{SID: r.BundleSID, FriendlyName: id, Email: id + "@example.com", ISOCountry: code, NumberType: c.RegulationType()}),
				cloud.Twilio().PutAddress(sim.Address{SID: r.AddressSID, FriendlyName: id, CustomerName: id, Street: "1 High Street", City: "City", PostalCode: "10000", ISOCountry: code}),
			)
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := table.PutRegistration(t.Context(), r, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return retailer{
		id:        id,
		admin:     mint(t, map[string]any{"sub": "admin-" + id, "name": "Ada", "retailer": id, "scope": "clienteling:manage"}),
		associate: mint(t, map[string]any{"sub": "associate-" + id, "name": "Alex", "retailer": id, "scope": "clienteling:associate", "stores": "*"}),
	}
}

// hexOf is what a SID ends in.
func hexOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

type (
	place struct {
		ID, State, Number, Purchase string
		Hindrances                  []struct{ Code string }
		Trouble                     struct{ Code string }
	}
	order struct {
		ID, State, Number string
		Reason            struct{ Code, Detail string }
	}
)

// opened puts a store into the directory.
func (r retailer) opened(t *testing.T, id, country, phone, zone string) {
	t.Helper()
	write(t, http.MethodPut, "/v1/stores/"+id, r.admin, map[string]string{
		"name": "Store " + id, "country": country, "phone": phone, "timeZone": zone,
	}).into(t, http.StatusCreated, new(place))
}

func (r retailer) store(t *testing.T, id string) place {
	t.Helper()
	var s place
	get(t, "/v1/stores/"+id, r.admin).into(t, http.StatusOK, &s)
	return s
}

func (r retailer) order(t *testing.T, id string) order {
	t.Helper()
	var o order
	get(t, "/v1/purchases/"+id, r.admin).into(t, http.StatusOK, &o)
	return o
}

// bought are the numbers that the account has for an order, and how often Twilio sold
// one for it.
func bought(t *testing.T, id string) (owned []string, sold int) {
	t.Helper()
	name := clienteling.Sandbox.NumberName(id)
	var numbers struct {
		Numbers []struct{ PhoneNumber, FriendlyName string }
	}
	control(t, "/control/numbers", &numbers)
	for _, n := range numbers.Numbers {
		if n.FriendlyName == name {
			owned = append(owned, n.PhoneNumber)
		}
	}
	var history struct {
		Purchases []struct{ FriendlyName, Kind string }
	}
	control(t, "/control/purchases", &history)
	for _, p := range history.Purchases {
		if p.FriendlyName == name && p.Kind == "bought" {
			sold++
		}
	}
	return owned, sold
}

// control reads from the simulator's control interface.
func control(t *testing.T, path string, into any) {
	t.Helper()
	answer, err := http.Get(cloud.Info.Twilio.BaseURL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// hastenOrder lets the time pass for which an order belongs to a worker, and runs
// reconcile.
func (r retailer) hastenOrder(t *testing.T, id string) {
	t.Helper()
	_, err := dynamodb.Client(cloud.Info.DynamoDB).UpdateItem(t.Context(), &awsdb.UpdateItemInput{
		TableName: &cloud.Info.Table,
		Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "RETAILER#" + r.id}, "sk": &types.AttributeValueMemberS{Value: "PURCHASE#" + id},
		},
		ConditionExpression: new("begins_with(gsi2pk, :due)"), UpdateExpression: new("SET gsi2sk = :past REMOVE workedOnUntil"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":due": &types.AttributeValueMemberS{Value: "DUE#"}, ":past": &types.AttributeValueMemberS{Value: "2020-01-01T00:00:00.000Z#" + id},
		},
	})
	if err != nil && !strings.Contains(err.Error(), "ConditionalCheckFailed") { // it has ended already
		t.Fatal(err)
	}
	if err := cloud.RunNow(t.Context(), "ReconcileFunction"); err != nil {
		t.Error(err)
	}
}

// number-purchase is killed before and after each of its calls of DynamoDB: one number
// is bought, and the store that waits for it goes on by itself.
func TestBuyerKilledAtAnyMoment(t *testing.T) {
	moments := []struct {
		operation string
		nth       int
	}{
		{"GetItem", 1}, {"GetItem", 3}, {"TransactWriteItems", 1}, {"TransactWriteItems", 2}, {"TransactWriteItems", 3}, {"TransactWriteItems", 4},
	}
	for n, m := range moments {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s %d after=%t", m.operation, m.nth, after), func(t *testing.T) {
				id := fmt.Sprintf("killed-%d-%t", n, after)
				r := enabled(t, id, "US")
				r.opened(t, "here", "US", "(212) 555-0190", "America/New_York")
				var mu sync.Mutex
				seen, struck := 0, make(chan struct{})
				strike := func(operation string, forward func()) {
					mu.Lock()
					if operation == m.operation {
						seen++
					}
					hit := operation == m.operation && seen == m.nth
					mu.Unlock()
					if !hit || after {
						forward()
					}
					if hit {
						killAll(t, "NumberPurchaseFunction")
						close(struck)
					}
				}
				var s place
				cloud.database.during("NumberPurchaseFunction", strike, func() {
					write(t, http.MethodPut, "/v1/stores/here/clienteling", r.admin, map[string]any{"number": "auto", "enable": true}).into(t, http.StatusAccepted, &s)
					select {
					case <-struck:
					case <-time.After(10 * time.Second):
						t.Error("the worker was never struck")
					}
				})
				until(t, "the store has its number", func() bool {
					r.hastenOrder(t, s.Purchase)
					return r.store(t, "here").State == "enabled"
				})
				now, o := r.store(t, "here"), r.order(t, s.Purchase)
				owned, sold := bought(t, s.Purchase)
				if o.State != "completed" || len(owned) != 1 || sold != 1 || owned[0] != now.Number || o.Number != now.Number {
					t.Errorf("store %+v, order %+v; at Twilio %q, sold %d times", now, o, owned, sold)
				}
			})
		}
	}
}

// Two administrators want one number for two stores, and two want one store: one wins,
// the other is told.
func TestTwoAdministrators(t *testing.T) {
	r := enabled(t, "two-admins", "US", "GB")
	var o order
	write(t, http.MethodPost, "/v1/numbers", r.admin, map[string]any{"country": "US", "areaCode": "312"}).into(t, http.StatusAccepted, &o)
	until(t, "the number is there", func() bool { o = r.order(t, o.ID); return o.State == "completed" })
	if !strings.HasPrefix(o.Number, "+1312") {
		t.Errorf("the number is %s, want one of 312", o.Number)
	}
	r.opened(t, "one", "US", "(312) 555-0190", "America/Chicago")
	const at = 8
	statuses := make([]int, at)
	var racing sync.WaitGroup
	for n := range at {
		racing.Go(func() {
			statuses[n] = write(t, http.MethodPut, "/v1/stores/one/clienteling", r.admin, map[string]any{"number": o.Number, "enable": n%2 == 0}).status
		})
	}
	racing.Wait()
	won := 0
	for _, status := range statuses {
		if status == http.StatusOK {
			won++
		} else if status != http.StatusConflict {
			t.Errorf("statuses %v", statuses)
		}
	}
	s := r.store(t, "one")
	if won == 0 || s.Number != o.Number || s.State != "onboarded" && s.State != "enabled" {
		t.Errorf("%d won, and the store is %+v", won, s)
	}
}

// A number that the operator fetched goes to the store that waits for it.
func TestOperatorFulfils(t *testing.T) {
	r := enabled(t, "assisted", "SE")
	r.opened(t, "stockholm", "SE", "08-123 456 78", "Europe/Stockholm")
	var s place
	write(t, http.MethodPut, "/v1/stores/stockholm/clienteling", r.admin, map[string]any{"number": "auto", "enable": true}).into(t, http.StatusAccepted, &s)
	operator := cloud.Info.Tokens.Operator
	var work list[struct{ Retailer, PurchaseID, Country, StoreID, State string }]
	get(t, "/v1/operator/work?kind=assistance", operator).into(t, http.StatusOK, &work)
	found := false
	for _, w := range work.Items {
		found = found || w.Retailer == r.id && w.PurchaseID == s.Purchase && w.StoreID == "stockholm" && w.Country == "SE"
	}
	if !found {
		t.Fatalf("the operator's work is %+v", work.Items)
	}
	path := "/v1/operator/retailers/" + r.id + "/purchases/" + s.Purchase + "/fulfilment"
	number := forSale(t, "SE", "Mobile")
	write(t, http.MethodPost, path, operator, map[string]string{"number": number}).refused(t, http.StatusUnprocessableEntity, "number_not_ours")
	buyAtTwilio(t, number, hexOf(r.id+"SE"))
	write(t, http.MethodPost, path, operator, map[string]string{"number": number}).into(t, http.StatusAccepted, new(any))
	until(t, "the store has its number", func() bool { return r.store(t, "stockholm").State == "enabled" })
	if got := r.store(t, "stockholm").Number; got != number {
		t.Errorf("the store's number is %s, want %s", got, number)
	}
	// It works: Twilio calls our webhooks for it.
	const customer = "+46701740123"
	twilio(t, "/control/texts", map[string]any{"from": customer, "to": number, "body": "Hej"}, new(delivered))
	var inbox list[conversation]
	get(t, "/v1/stores/stockholm/conversations", r.associate).into(t, http.StatusOK, &inbox)
	if len(inbox.Items) != 1 || inbox.Items[0].Customer.Phone != customer {
		t.Errorf("inbox %+v", inbox.Items)
	}
}

// forSale is a number that the simulator sells.
func forSale(t *testing.T, country, kind string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		cloud.Info.Twilio.BaseURL+"/2010-04-01/Accounts/"+seed.AccountSID+"/AvailablePhoneNumbers/"+country+"/"+kind+".json?PageSize=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(seed.AccountSID, seed.AuthToken)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var sold struct {
		Numbers []struct {
			Number string `json:"phone_number"`
		} `json:"available_phone_numbers"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&sold); err != nil || len(sold.Numbers) == 0 {
		t.Fatalf("nothing for sale in %s: %v", country, err)
	}
	return sold.Numbers[0].Number
}

// buyAtTwilio buys a number by hand, as the operator does in Twilio's console.
func buyAtTwilio(t *testing.T, number, papers string) {
	t.Helper()
	form := url.Values{"PhoneNumber": {number}, "BundleSid": {"BU" + papers}, "AddressSid": {"AD" + papers}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		cloud.Info.Twilio.BaseURL+"/2010-04-01/Accounts/"+seed.AccountSID+"/IncomingPhoneNumbers.json", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(seed.AccountSID+":"+seed.AuthToken)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusCreated {
		t.Fatalf("Twilio answered %d", answer.StatusCode)
	}
}

// Each route has its callers: an administrator is not the operator, nor an associate;
// and the records of one retailer are not there for another.
func TestWhoMayManage(t *testing.T) {
	admin, operator := cloud.Info.Tokens.Admin, cloud.Info.Tokens.Operator
	for path, allowed := range map[string]string{
		"/v1/stores": admin, "/v1/stores/berlin": admin, "/v1/numbers": admin, "/v1/purchases": admin, "/v1/operator/work?kind=failed": operator,
	} {
		for _, token := range []string{admin, operator, cloud.Info.Tokens.Associate} {
			want := http.StatusForbidden
			if token == allowed {
				want = http.StatusOK
			}
			if a := get(t, path, token); a.status != want {
				t.Errorf("%s: %d %s, want %d", path, a.status, a.body, want)
			}
		}
	}
	both := mint(t, map[string]any{"sub": "x", "retailer": "acme", "scope": "clienteling:operate"})
	get(t, "/v1/operator/work?kind=failed", both).refused(t, http.StatusForbidden, "operator_only")

	rival := enabled(t, "rival-of-acme", "US", "GB", "DE")
	get(t, "/v1/stores/berlin", rival.admin).refused(t, http.StatusNotFound, "not_found")
	write(t, http.MethodPut, "/v1/stores/berlin/clienteling", rival.admin, map[string]any{"number": berlin, "enable": true}).refused(t, http.StatusNotFound, "not_found")
	send(t, http.MethodDelete, "/v1/numbers/"+url.PathEscape(berlin), rival.admin, nil, "", false).refused(t, http.StatusNotFound, "not_found")
	rival.opened(t, "elsewhere", "DE", "030 23125191", "Europe/Berlin")
	write(t, http.MethodPut, "/v1/stores/elsewhere/clienteling", rival.admin, map[string]any{"number": berlin}).refused(t, http.StatusConflict, "number_in_use")
	var stores list[place]
	get(t, "/v1/stores", rival.admin).into(t, http.StatusOK, &stores)
	if len(stores.Items) != 1 || stores.Items[0].ID != "elsewhere" {
		t.Errorf("the rival sees %+v", stores.Items)
	}
}
