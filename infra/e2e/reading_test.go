//go:build unix

package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// Who may read what: the gateway's refusals are AWS's own, ours are problems, and a
// foreign record is an unknown one.
func TestWhoMayRead(t *testing.T) {
	const phone = "+447700900301"
	twilio(t, "/control/texts", map[string]any{"from": phone, "to": london, "body": "Hi"}, new(delivered))
	c, _ := thread(t, "london", phone)
	inbox := "/v1/stores/london/conversations"
	one := inbox + "/" + c.ID

	associate := func(change map[string]any) string {
		claims := map[string]any{"sub": "a", "scope": "clienteling:associate", "retailer": "acme", "stores": "london"}
		for name, value := range change {
			claims[name] = value
		}
		return mint(t, claims)
	}
	for _, c := range []struct {
		who    string
		token  string
		status int
		code   string // empty: the gateway's own answer
	}{
		{"nobody", "", 401, ""},
		{"a token that is none", "abc.def.ghi", 401, ""},
		{"an expired token", associate(map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}), 401, ""},
		{"another issuer's token", associate(map[string]any{"iss": "https://other.example"}), 401, ""},
		{"a token for another audience", associate(map[string]any{"aud": "other"}), 401, ""},
		{"an admin", cloud.Info.Tokens.Admin, 403, ""},
		{"an operator with the scope", associate(map[string]any{"retailer": nil}), 403, "retailer_missing"},
		{"a retailer that is none", associate(map[string]any{"retailer": "ACME#x"}), 403, "retailer_missing"},
		{"an associate of Berlin", associate(map[string]any{"stores": "berlin"}), 404, "not_found"},
		{"an associate of no store", associate(map[string]any{"stores": nil}), 404, "not_found"},
	} {
		for _, path := range []string{inbox, one, one + "/messages"} {
			a := get(t, path, c.token)
			if c.code != "" {
				a.refused(t, c.status, c.code)
			} else if a.status != c.status {
				t.Errorf("%s gets %s: %d %s, want %d", c.who, path, a.status, a.body, c.status)
			}
		}
	}

	other := associate(map[string]any{"retailer": "other", "stores": "*"})
	get(t, one, other).refused(t, 404, "not_found")
	get(t, one+"/messages", other).refused(t, 404, "not_found")
	var empty list[conversation]
	get(t, inbox, other).into(t, http.StatusOK, &empty)
	if len(empty.Items) != 0 {
		t.Errorf("another retailer reads %+v", empty)
	}
	// The same customer's id at a store they never wrote to.
	get(t, "/v1/stores/berlin/conversations/"+c.ID, cloud.Info.Tokens.Associate).refused(t, 404, "not_found")
}

func TestMalformedRequests(t *testing.T) {
	token := cloud.Info.Tokens.Associate
	twilio(t, "/control/texts", map[string]any{"from": "+447700900311", "to": london, "body": "Hi"}, new(delivered))
	twilio(t, "/control/texts", map[string]any{"from": "+447700900312", "to": london, "body": "Hi"}, new(delivered))
	var first list[conversation]
	get(t, "/v1/stores/london/conversations?limit=1", token).into(t, http.StatusOK, &first)
	if first.Cursor == "" {
		t.Fatal("no cursor on the first of several pages")
	}
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		"/v1/stores/london/conversations?limit=0":                                       {400, "invalid_parameter"},
		"/v1/stores/london/conversations?limit=101":                                     {400, "invalid_parameter"},
		"/v1/stores/london/conversations?limit=x":                                       {400, "invalid_parameter"},
		"/v1/stores/london/conversations?unread=maybe":                                  {400, "invalid_parameter"},
		"/v1/stores/london/conversations?cursor=abc":                                    {400, "invalid_cursor"},
		"/v1/stores/london/conversations?cursor=" + first.Cursor[1:]:                    {400, "invalid_cursor"},
		"/v1/stores/berlin/conversations?cursor=" + first.Cursor:                        {400, "invalid_cursor"},
		"/v1/stores/london/conversations?unread=true&cursor=" + first.Cursor:            {400, "invalid_cursor"},
		"/v1/stores/london/conversations/" + first.Items[0].ID + "x":                    {404, "not_found"},
		"/v1/stores/london/conversations/..%2F..%2Fberlin":                              {404, "not_found"},
		"/v1/stores/london%23x/conversations":                                           {404, "not_found"},
		"/v1/stores/paris/conversations":                                                {404, "not_found"},
		"/v1/stores/london/conversations/" + first.Items[0].ID + "/messages?cursor=abc": {400, "invalid_cursor"},
	} {
		send(t, http.MethodGet, path, token, nil, "", true).refused(t, want.status, want.code)
	}
}

// A cursor stays good when the conversation it points at moves to the front.
func TestStaleCursor(t *testing.T) {
	for n := range 5 {
		twilio(t, "/control/texts", map[string]any{"from": fmt.Sprintf("+491713920040%d", n), "to": berlin, "body": "Hallo"}, new(delivered))
	}
	token := cloud.Info.Tokens.Associate
	var page list[conversation]
	get(t, "/v1/stores/berlin/conversations?limit=2", token).into(t, http.StatusOK, &page)
	seen := map[string]bool{page.Items[0].ID: true, page.Items[1].ID: true}
	twilio(t, "/control/texts", map[string]any{"from": page.Items[1].Customer.Phone, "to": berlin, "body": "Noch etwas"}, new(delivered))
	for page.Cursor != "" {
		cursor := page.Cursor
		page = list[conversation]{}
		get(t, "/v1/stores/berlin/conversations?limit=2&cursor="+cursor, token).into(t, http.StatusOK, &page)
		for _, c := range page.Items {
			if seen[c.ID] {
				t.Errorf("%s came twice", c.Customer.Phone)
			}
			seen[c.ID] = true
		}
	}
	if len(seen) < 5 {
		t.Errorf("saw %d of 5 conversations", len(seen))
	}
}
