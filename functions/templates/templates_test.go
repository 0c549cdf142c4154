package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"clienteling/infra/local/seed"
	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

// After many edits each wording is still found as it was, also when its language is out
// of use, and whoever takes an old one up again does not write it again.
func TestWordingsStay(t *testing.T) {
	t.Parallel()
	db, handle := given(t)
	written := map[string]string{} // texts by their hashes
	etags := map[string]bool{}
	for n := range 10 {
		text := fmt.Sprintf("{{store.name}}, %d. Versuch: dürfen wir Ihnen schreiben? YES oder STOP.", n)
		var shown optIn
		got := call{event: "opt-in", body: map[string]string{"text": text}}.must(t, handle, &shown)
		if shown.Text != text || shown.Language != "de" || shown.Hash != clienteling.HashWording("de", text) || shown.By == nil {
			t.Errorf("shown as %+v", shown)
		}
		written[shown.Hash] = text
		etags[got.etag] = true
	}
	if len(written) != 10 || len(etags) != 10 {
		t.Errorf("%d wordings, %d ETags", len(written), len(etags))
	}
	check := func() {
		t.Helper()
		for hash, text := range written {
			w, err := db.Open().WordingByHash(t.Context(), "acme", hash)
			if err != nil || w.Text != text || w.Hash != hash || w.Language != "de" || w.By.Name != "Ada Admin" {
				t.Errorf("%s is found as %+v, %v", text, w, err)
			}
		}
	}
	check()
	before := db.Items(t)
	for _, text := range written {
		call{event: "opt-in", body: map[string]string{"text": text}}.must(t, handle, nil)
		break
	}
	if d := db.Items(t).Since(before); len(d.Added) > 0 {
		t.Errorf("an old wording was written again: %v", d.Added)
	}
	call{event: "opt-in-delete"}.must(t, handle, nil)
	check()
	if w, err := db.Open().Wording(t.Context(), "acme", "de"); err != nil || w.Language != "en" {
		t.Errorf("a German store asks with %+v, %v", w, err)
	}
}

// Another retailer's templates do not exist for one.
func TestForeigners(t *testing.T) {
	t.Parallel()
	db, handle := given(t)
	rival := seed.Retailer
	rival.ID, rival.EnabledAt = "rival", db.Now()
	if err := db.Open().EnableRetailer(t.Context(), rival); err != nil {
		t.Fatal(err)
	}
	there := fill(t, handle, 2)
	var german optIn
	call{event: "opt-in"}.must(t, handle, &german)
	before := db.Items(t)

	for _, test := range []struct {
		call
		status int
	}{
		{call{event: "edit", parameter: there[0]}, http.StatusNotFound},
		{call{event: "delete", parameter: there[0]}, http.StatusNotFound},
		{call{event: "order", body: map[string]any{"order": there}}, http.StatusUnprocessableEntity},
	} {
		test.retailer = "rival"
		if got := test.ask(t, handle); got.status != test.status {
			t.Errorf("%s was answered %d %s", test.event, got.status, got.body)
		}
	}
	var shown templates
	call{event: "list", retailer: "rival"}.must(t, handle, &shown)
	if len(shown.QuickReplies) > 0 || slices.ContainsFunc(shown.OptIn, func(o optIn) bool { return o.Hash == german.Hash }) {
		t.Errorf("the rival sees %+v", shown)
	}
	if _, err := db.Open().QuickReply(t.Context(), "rival", there[0]); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("the rival's quick reply: %v", err)
	}
	if _, err := db.Open().WordingByHash(t.Context(), "rival", german.Hash); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("the rival's wording: %v", err)
	}
	if d := db.Items(t).Since(before); len(d.Added)+len(d.Changed)+len(d.Removed) > 0 {
		t.Errorf("it had an effect: %+v", d)
	}
}

// Associates read templates and write none; the operator does neither.
func TestScopes(t *testing.T) {
	t.Parallel()
	_, handle := given(t)
	fill(t, handle, 1)
	routes := function{}.routes()
	events := map[string]string{
		"GET /v1/templates": "list", "PUT /v1/templates/opt-in/{language}": "opt-in", "DELETE /v1/templates/opt-in/{language}": "opt-in-delete",
		"POST /v1/templates/quick-replies": "add", "PUT /v1/templates/quick-replies/order": "order",
		"PUT /v1/templates/quick-replies/{id}": "edit", "DELETE /v1/templates/quick-replies/{id}": "delete",
	}
	for route := range routes {
		for scope, want := range map[string]bool{
			"clienteling:associate": route == "GET /v1/templates",
			"clienteling:operate":   false,
			"openid":                false,
		} {
			r := call{event: events[route]}.request(t)
			claims := r.RequestContext.Authorizer.JWT.Claims
			claims["scope"] = scope
			if scope == "clienteling:operate" {
				delete(claims, "retailer")
			}
			res, err := handle(t.Context(), r)
			if err != nil || (res.StatusCode == http.StatusOK) != want || !want && res.StatusCode != http.StatusForbidden {
				t.Errorf("%s with %s was answered %d %s, %v", route, scope, res.StatusCode, res.Body, err)
			}
		}
	}
}

// Bodies, texts and titles have their limits; what is refused changes nothing.
func TestLimits(t *testing.T) {
	t.Parallel()
	db, handle := given(t)
	text := func(s string) map[string]string { return map[string]string{"text": s} }
	stop := "{{store.name}} STOP "
	longest := stop + strings.Repeat("ß", clienteling.MaxText-len(stop))
	call{event: "opt-in", body: text(longest)}.must(t, handle, nil)
	call{event: "add", body: reply(strings.Repeat("💛", clienteling.MaxTitle), strings.Repeat("💛", clienteling.MaxText))}.must(t, handle, nil)
	call{event: "add", body: reply("  Two\u00a0words ", " line\r\nline\n")}.must(t, handle, nil)
	shown, _ := read(t, handle)
	if last := shown.QuickReplies[1]; last.Title != "Two\u00a0words" || last.Message != "line\nline" {
		t.Errorf("kept as %q, %q", last.Title, last.Message)
	}
	before := db.Items(t)
	for _, test := range []struct {
		call
		status int
		code   string
	}{
		{call{event: "opt-in", body: text(longest + "ß")}, 422, "opt_in_invalid"},
		{call{event: "opt-in", body: text("STOP \x00")}, 422, "opt_in_invalid"},
		{call{event: "opt-in", body: text("STOP {{")}, 400, "placeholder_unknown"},
		{call{event: "opt-in", body: text("STOP {{Store.Name}}")}, 400, "placeholder_unknown"},
		{call{event: "opt-in", body: text(strings.Repeat("x", apigw.MaxBody))}, 413, "body_too_large"},
		{call{event: "opt-in", parameter: "de-", body: text("STOP")}, 422, "language_invalid"},
		{call{event: "add", body: reply(strings.Repeat("x", clienteling.MaxTitle+1), "x")}, 422, "quick_reply_invalid"},
		{call{event: "add", body: reply("x\u2028y", "x")}, 422, "quick_reply_invalid"},
		{call{event: "add", body: reply("x", "\n")}, 422, "quick_reply_invalid"},
		{call{event: "add", body: reply("x", strings.Repeat("x", apigw.MaxBody))}, 413, "body_too_large"},
		{call{event: "edit", parameter: shown.QuickReplies[0].ID, body: reply("x", strings.Repeat("{{x}}", 300))}, 400, "placeholder_unknown"},
		{call{event: "edit", parameter: strings.Repeat("x", 2000)}, 404, "not_found"},
		{call{event: "delete", parameter: strings.Repeat("x", 2000)}, 404, "not_found"},
		{call{event: "order", body: map[string]any{"order": make([]string, 9999)}}, 422, "order_invalid"},
		{call{event: "order", body: map[string]any{"order": nil}}, 409, "order_incomplete"},
	} {
		if got := test.ask(t, handle); got.status != test.status || got.code != test.code || len(got.body) > 20<<10 {
			t.Errorf("%s was answered %d %s, want %d %s", test.event, got.status, got.body, test.status, test.code)
		}
	}
	if d := db.Items(t).Since(before); len(d.Added)+len(d.Changed)+len(d.Removed) > 0 {
		t.Errorf("it had an effect: %+v", d)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	for text, want := range map[string][]string{
		"{{store.name}}: YES or STOP":          nil,
		"{{ store.name }}: oui, ou stop.":      nil,
		"回复STOP以拒绝 {{store.name}}":             nil,
		"Acme: YES or STOP":                    {"no_store_name"},
		"{{store.name}}: YES or NO":            {"no_way_out"},
		"{{store.name}}: we never go nonSTOP!": {"no_way_out"},
		"{{store.phone}} stops, STOP1":         {"no_store_name", "no_way_out"},
		"{{store.name}} STOP " + long:          {"long"},
		"Hello":                                {"no_store_name", "no_way_out"},
	} {
		var got []string
		for _, w := range warnings(text, preview(text).Segments) {
			got = append(got, w.Code)
			if w.Detail == "" {
				t.Errorf("%s says nothing", w.Code)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q is warned of %v, want %v", text, got, want)
		}
	}
}

// What is shown of a text is what it costs as customers read it.
func TestPreview(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]sample{
		"Hello {{customer.name}}":             {clienteling.GSM7, 1, "Hello Maria Jensen"},
		"{{ store.name }}, {{store.phone}}":   {clienteling.GSM7, 1, "Acme Fifth Avenue, +12125550100"},
		"{{associate.name}} 💛":                {clienteling.UCS2, 1, "Robin 💛"},
		strings.Repeat("{{store.phone}}", 14): {clienteling.GSM7, 2, strings.Repeat("+12125550100", 14)},
	} {
		if got := preview(text); got != want {
			t.Errorf("%q is shown as %+v, want %+v", text, got, want)
		}
	}
	body, err := json.Marshal(showQuickReply(clienteling.QuickReply{Message: "Hi"}))
	if err != nil || !strings.Contains(string(body), `"segments":1`) {
		t.Errorf("as JSON %s, %v", body, err)
	}
}

// What an ETag was read for is not changed any more once the templates have changed;
// what comes to nothing leaves the ETag alone.
func TestETags(t *testing.T) {
	t.Parallel()
	_, handle := given(t)
	_, first := read(t, handle)
	calls := []call{
		{event: "opt-in"}, {event: "opt-in-new"}, {event: "opt-in-delete"},
		{event: "add"}, {event: "add-second"},
	}
	known := first
	for _, c := range calls {
		c.ifMatch = known
		got := c.must(t, handle, nil)
		if got.etag == known {
			t.Errorf("%s left the ETag at %s", c.event, known)
		}
		if _, now := read(t, handle); now != got.etag {
			t.Errorf("%s was answered with the ETag %s, and there is %s", c.event, got.etag, now)
		}
		known = got.etag
	}
	shown, _ := read(t, handle)
	there := ids(shown.QuickReplies)
	for _, c := range append(calls,
		call{event: "edit", parameter: there[0]}, call{event: "delete", parameter: there[0]},
		call{event: "order", body: map[string]any{"order": []string{there[1], there[0]}}},
	) {
		for _, stale := range []string{first, `"0"`, `W/"1"`, "nonsense"} {
			c.ifMatch = stale
			if got := c.ask(t, handle); got.status != http.StatusPreconditionFailed {
				t.Errorf("%s with If-Match %s was answered %d %s", c.event, stale, got.status, got.body)
			}
		}
	}
	spanish := map[string]string{"text": shown.OptIn[slices.IndexFunc(shown.OptIn, func(o optIn) bool { return o.Language == "es" })].Text}
	for _, c := range []call{
		{event: "opt-in-new", body: spanish, ifMatch: "*"},
		{event: "edit", parameter: there[1], body: reply(shown.QuickReplies[1].Title, shown.QuickReplies[1].Message)},
		{event: "order", body: map[string]any{"order": there}},
	} {
		if got := c.must(t, handle, nil); got.etag != known {
			t.Errorf("%s changed nothing, and the ETag %s to %s", c.event, known, got.etag)
		}
	}
}
