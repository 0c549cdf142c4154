//go:build unix

package main

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"clienteling/infra/local/seed"
)

// shop is a store as NOM's directory has it.
type shop struct {
	id       string
	Name     string `json:"name"`
	Country  string `json:"country"`
	Phone    string `json:"phone,omitempty"`
	Address  string `json:"address"`
	TimeZone string `json:"timeZone"`
}

const berlinPhone = "+493023125190"

// noon is where the stores lie: nobody is written to at night, and the story can be told
// at any hour.
var noon = seed.Noon(time.Now())

// directory are the retailer's five stores: one has no phone, and one is in a country
// that is not approved.
var directory = []shop{
	{newYork, "Acme Fifth Avenue", "US", "(212) 555-0190", "712 Fifth Avenue, New York, NY 10019", noon},
	{"boston", "Acme Newbury Street", "US", "", "181 Newbury Street, Boston, MA 02116", noon},
	{london, "Acme Regent Street", "GB", "020 7946 0190", "235 Regent Street, London W1B 2EL", noon},
	{berlin, "Acme Kurfürstendamm", "DE", "030 23125190", "Kurfürstendamm 26, 10719 Berlin", noon},
	{"paris", "Acme Rue de Rivoli", "FR", "01 99 00 01 90", "144 rue de Rivoli, 75001 Paris", noon},
}

// store is one as the API shows it.
type store struct {
	ID         string `json:"id"`
	State      string `json:"state"`
	Phone      string `json:"phone"`
	Number     string `json:"number"`
	PurchaseID string `json:"purchase"`
	Hindrances []struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	} `json:"hindrances"`
}

// purchase is an order as the API shows it.
type purchase struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	Number string `json:"number"`
	Reason struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	} `json:"reason"`
}

// opening is how the stores come to their numbers.
var opening = []step{
	{"NOM tells of five stores, and the list says who is not ready, and why", func(t *teller) error {
		for _, s := range directory {
			var saved store
			if err := t.admin(http.MethodPut, "/v1/stores/"+s.id, s, &saved); err != nil {
				return err
			}
			t.say("NOM", "%s, phone %q, which is %s", s.Name, s.Phone, cmp.Or(saved.Phone, "none"))
		}
		var list struct{ Items []store }
		if err := t.admin(http.MethodGet, "/v1/stores?state=ineligible", nil, &list); err != nil {
			return err
		}
		var why []string
		for _, s := range list.Items {
			for _, h := range s.Hindrances {
				why = append(why, s.ID+" "+h.Code)
				t.say("API", "%s: %s", s.ID, h.Detail)
			}
		}
		if !slices.Equal(why, []string{"paris country_not_approved", "boston phone_missing"}) {
			return fmt.Errorf("want boston without a phone and paris not approved, got %q", why)
		}
		return nil
	}},
	{"A premium number as the phone of a store is refused", func(t *teller) error {
		boston := directory[1]
		boston.Phone = "1-900-555-0190"
		refused, err := t.askAs(t.stack.Tokens.Admin, http.MethodPut, "/v1/stores/boston", boston, new(store))
		if err != nil {
			return err
		}
		if refused == nil || refused.Code != "phone_invalid" {
			return fmt.Errorf("want it refused, got %+v", refused)
		}
		t.say("API", "refuses %s: %s", boston.Phone, refused.Detail)
		return nil
	}},
	{"An administrator chooses a number of New York, and it is bought", func(t *teller) error {
		var sold struct {
			Items []struct{ Number, Locality string }
		}
		if err := t.admin(http.MethodGet, "/v1/countries/US/available-numbers?areaCode=646&limit=5", nil, &sold); err != nil {
			return err
		}
		if len(sold.Items) == 0 {
			return fmt.Errorf("want numbers for sale with the area code 646")
		}
		number := sold.Items[0].Number
		t.say("API", "%d numbers for sale with the area code 646; %s is chosen", len(sold.Items), number)
		p, err := t.order(map[string]string{"country": "US", "number": number})
		if err != nil {
			return err
		}
		if p.State != "completed" || p.Number != number {
			return fmt.Errorf("want %s bought, the order is %+v", number, p)
		}
		t.numbers[newYork] = number
		return nil
	}},
	{"Somebody else is quicker to buy the next one", func(t *teller) error {
		var sold struct{ Items []struct{ Number string } }
		if err := t.admin(http.MethodGet, "/v1/countries/US/available-numbers?limit=1", nil, &sold); err != nil {
			return err
		}
		number := sold.Items[0].Number
		if err := t.control(http.MethodPut, "/control/stock/"+number, map[string]any{"owner": "other", "listed": true}, nil); err != nil {
			return err
		}
		p, err := t.order(map[string]string{"country": "US", "number": number})
		if err != nil {
			return err
		}
		if p.State != "failed" || p.Reason.Code != "number_taken" {
			return fmt.Errorf("want the order failed, it is %+v", p)
		}
		t.say("API", "tells the store manager: %s", p.Reason.Detail)
		return nil
	}},
	{"The store in New York is put on its number, and enabled", func(t *teller) error {
		var s store
		if err := t.admin(http.MethodPut, "/v1/stores/new-york/clienteling", map[string]any{"number": t.numbers[newYork], "enable": true}, &s); err != nil {
			return err
		}
		t.say("API", "%s is %s on %s", s.ID, s.State, s.Number)
		if s.State != "enabled" {
			return fmt.Errorf("want it enabled")
		}
		return nil
	}},
	{"London and Berlin take what there is: a number is ordered for each, and they go on by themselves", func(t *teller) error {
		for id, enable := range map[string]bool{london: true, berlin: false} {
			var s store
			if err := t.admin(http.MethodPut, "/v1/stores/"+id+"/clienteling", map[string]any{"number": "auto", "enable": enable}, &s); err != nil {
				return err
			}
			t.say("API", "%s is %s", s.ID, s.State)
			want := "onboarded"
			if enable {
				want = "enabled"
			}
			if err := t.until(id+" is "+want, func() (bool, error) {
				err := t.admin(http.MethodGet, "/v1/stores/"+id, nil, &s)
				return s.State == want, err
			}); err != nil {
				return err
			}
			t.say("API", "%s is %s on %s", s.ID, s.State, s.Number)
			t.numbers[id] = s.Number
		}
		return nil
	}},
	{"Many stores are enabled at once; one that has no number says so", func(t *teller) error {
		var answer struct {
			Results []struct {
				StoreID string `json:"storeId"`
				State   string `json:"state"`
				Problem *struct {
					Code   string `json:"code"`
					Detail string `json:"detail"`
				} `json:"problem"`
			} `json:"results"`
		}
		if err := t.admin(http.MethodPost, "/v1/stores/enable", map[string]any{"stores": []string{london, berlin, "boston"}}, &answer); err != nil {
			return err
		}
		enabled := 0
		for _, r := range answer.Results {
			if r.Problem != nil {
				t.say("API", "%s: %s", r.StoreID, r.Problem.Detail)
				continue
			}
			t.say("API", "%s is %s", r.StoreID, r.State)
			if r.State == "enabled" {
				enabled++
			}
		}
		if enabled != 2 || len(answer.Results) != 3 || answer.Results[2].Problem == nil {
			return fmt.Errorf("want London and Berlin enabled, and Boston not")
		}
		return nil
	}},
	{"Paris waits for the approval of France", func(t *teller) error {
		var s store
		if err := t.admin(http.MethodPut, "/v1/stores/paris/clienteling", map[string]any{"number": "auto", "enable": true}, &s); err != nil {
			return err
		}
		t.say("API", "paris is %s, and goes on by itself when France is approved", s.State)
		if s.State != "parked" {
			return fmt.Errorf("want it parked")
		}
		return nil
	}},
}

// order orders a number and waits for the end of the order.
func (t *teller) order(body any) (purchase, error) {
	var p purchase
	if err := t.admin(http.MethodPost, "/v1/numbers", body, &p); err != nil {
		return p, err
	}
	t.say("API", "takes the order: %s", p.State)
	err := t.until("the order has ended", func() (bool, error) {
		err := t.admin(http.MethodGet, "/v1/purchases/"+p.ID, nil, &p)
		return p.State == "completed" || p.State == "failed", err
	})
	t.say("API", "the order is %s", p.State)
	return p, err
}

// admin makes a request as the retailer's administrator, which must go well.
func (t *teller) admin(method, path string, body, into any) error {
	refused, err := t.askAs(t.stack.Tokens.Admin, method, path, body, into)
	if refused != nil {
		return fmt.Errorf("%s %s is refused: %s: %s", method, path, refused.Code, refused.Detail)
	}
	return err
}
