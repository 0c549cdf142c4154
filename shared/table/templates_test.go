package table_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/table"
)

// The suite holds for every engine that plays DynamoDB.
func TestTemplates(t *testing.T) {
	suite := map[string]func(*testing.T, *scenario.Table){
		"before the first change": beforeTemplates,
		"how they begin":          templatesBegin,
		"all countries":           templatesOfAllCountries,
		"the language of a store": languageOfStore,
		"wordings stay":           wordingsStay,
		"first changes at once":   firstChanges,
		"a reply for good":        replyForGood,
		"who may change":          mayChangeTemplates,
	}
	scenario.Engines(t, func(t *testing.T, newTable func(testing.TB) *scenario.Table) {
		for name, test := range suite {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, newTable(t))
			})
		}
	})
}

// enabled is a retailer that is recorded, without templates.
func enabled(t *testing.T, db *scenario.Table, id string, countries ...string) clienteling.Retailer {
	t.Helper()
	r := seed.Retailer
	r.ID, r.Countries, r.EnabledAt = id, countries, db.Now()
	if err := db.Open().EnableRetailer(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// alsoIn asks for more countries, as PUT /v1/onboarding does.
func alsoIn(t *testing.T, db *scenario.Table, r clienteling.Retailer, countries ...string) clienteling.Retailer {
	t.Helper()
	known := r
	r.Countries = append(slices.Clone(r.Countries), countries...)
	if err := db.Open().ChangeRetailer(t.Context(), known, r); err != nil {
		t.Fatal(err)
	}
	begin(t, db, r)
	return r
}

func begin(t *testing.T, db *scenario.Table, r clienteling.Retailer) {
	t.Helper()
	if err := db.Open().BeginTemplates(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func templatesOf(t *testing.T, db *scenario.Table, retailer string) clienteling.Templates {
	t.Helper()
	all, err := db.Open().Templates(t.Context(), retailer)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func languages(all clienteling.Templates) string {
	var found []string
	for _, w := range all.OptIn {
		found = append(found, w.Language)
	}
	return strings.Join(found, " ")
}

func setOptIn(t *testing.T, db *scenario.Table, retailer, language, text string) clienteling.Wording {
	t.Helper()
	w, _, _, err := db.Open().SetOptIn(t.Context(), retailer, nil, clienteling.Wording{
		Language: language, Text: text, By: clienteling.Associate{ID: "admin-1", Name: "Ada Admin"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// ours is the message that we come with.
func ours(language string) string {
	message, _ := consent.DefaultRequest(language)
	return message
}

// A retailer of before there were templates has those it would begin with, and one that
// is not enabled has none.
func beforeTemplates(t *testing.T, db *scenario.Table) {
	enabled(t, db, "acme", "DE", "AT", "FR", "US")
	all := templatesOf(t, db, "acme")
	if all.Version != 0 || all.Default != "de" || languages(all) != "de en fr" || len(all.Replies) > 0 {
		t.Errorf("there are %+v", all)
	}
	for asked, language := range map[string]string{"de": "de", "de-AT": "de", "fr": "fr", "it": "it", "no-NO": "nb", "xx": "en", "": "en"} {
		var w clienteling.Wording
		cost := db.Measure(func() {
			var err error
			if w, err = db.Open().Wording(t.Context(), "acme", asked); err != nil {
				t.Error(err)
			}
		})
		if w.Language != language || w.Text != ours(language) || w.Hash != clienteling.HashWording(language, w.Text) || len(cost.Calls) != 1 {
			t.Errorf("in %q it asks with %+v, for %v", asked, w, cost.Calls)
		}
		again, err := db.Open().WordingByHash(t.Context(), "acme", w.Hash)
		if err != nil || again != w {
			t.Errorf("by its hash it is %+v, %v", again, err)
		}
	}
	// The first change keeps what was there.
	setOptIn(t, db, "acme", "fr", "{{store.name}} : OUI ou STOP ?")
	all = templatesOf(t, db, "acme")
	if all.Version != 1 || all.Default != "de" || languages(all) != "de en fr" || all.OptIn[0].Text != ours("de") || all.OptIn[2].Text != "{{store.name}} : OUI ou STOP ?" {
		t.Errorf("after a change there are %+v", all)
	}

	to := db.Open()
	nobody := clienteling.Retailer{ID: "nobody", Countries: []string{"DE"}}
	_, err := to.Templates(t.Context(), "nobody")
	_, _, _, setErr := to.SetOptIn(t.Context(), "nobody", nil, clienteling.Wording{Language: "de", Text: "STOP"})
	_, _, addErr := to.AddQuickReply(t.Context(), "nobody", nil, clienteling.QuickReply{Title: "x", Message: "x"}, table.Idempotency{})
	for what, err := range map[string]error{"Templates": err, "SetOptIn": setErr, "AddQuickReply": addErr, "BeginTemplates": to.BeginTemplates(t.Context(), nobody)} {
		if !errors.Is(err, clienteling.ErrNotEnabled) {
			t.Errorf("%s of nobody: %v", what, err)
		}
	}
}

// To begin again changes nothing; new countries bring their languages, and no message
// is overwritten or comes back.
func templatesBegin(t *testing.T, db *scenario.Table) {
	r := enabled(t, db, "acme", "GB", "DE")
	begin(t, db, r)
	all := templatesOf(t, db, "acme")
	if all.Version != 1 || all.Default != "en" || languages(all) != "de en" || all.OptIn[0].Text != ours("de") || !all.OptIn[0].At.Equal(db.Now()) || all.OptIn[0].By.ID != "" {
		t.Errorf("it begins with %+v", all)
	}
	unchanged(t, db, func() { begin(t, db, r) })

	setOptIn(t, db, "acme", "en", "{{store.name}}: YES or STOP?")
	if _, err := db.Open().DeleteOptIn(t.Context(), "acme", nil, "de"); err != nil {
		t.Fatal(err)
	}
	// Spanish: written by hand as ours is, and out of use again; there it stays.
	setOptIn(t, db, "acme", "es", ours("es"))
	if _, err := db.Open().DeleteOptIn(t.Context(), "acme", nil, "es"); err != nil {
		t.Fatal(err)
	}
	// Italian: their own, before the country was asked for.
	setOptIn(t, db, "acme", "it", "{{store.name}}: SI o STOP?")
	before := templatesOf(t, db, "acme")
	r = alsoIn(t, db, r, "AT", "ES", "IT", "FR")
	all = templatesOf(t, db, "acme")
	if all.Version != before.Version+1 || all.Default != "en" || languages(all) != "en fr it" {
		t.Errorf("with more countries there are %+v", all)
	}
	for n, want := range []string{"{{store.name}}: YES or STOP?", ours("fr"), "{{store.name}}: SI o STOP?"} {
		if all.OptIn[n].Text != want {
			t.Errorf("it asks with %q, want %q", all.OptIn[n].Text, want)
		}
	}
	unchanged(t, db, func() { begin(t, db, r) })
}

// A message is kept under the very language that the stores of a country have, all
// fit into one transaction, and each is a text that may be kept.
func templatesOfAllCountries(t *testing.T, db *scenario.Table) {
	var codes []string
	for _, c := range country.All() {
		codes = append(codes, c.Code)
	}
	begin(t, db, enabled(t, db, "acme", codes...))
	for _, c := range country.All() {
		w, err := db.Open().Wording(t.Context(), "acme", c.Language)
		if err != nil || w.Language != c.Language || w.Text != ours(c.Language) || w.Text == "" || len(clienteling.UnknownPlaceholders(w.Text)) > 0 {
			t.Errorf("%s asks with %+v, %v", c.Code, w, err)
		}
	}
}

// A store asks in its language, else without its region, else in our words for it unless
// the retailer has done away with them, else in the default one; that takes two reads.
func languageOfStore(t *testing.T, db *scenario.Table) {
	begin(t, db, enabled(t, db, "acme", "GB", "DE"))
	setOptIn(t, db, "acme", "de-AT", "Servus! {{store.name}}: JA oder STOP?")
	setOptIn(t, db, "acme", "pt-BR", "{{store.name}}: SIM ou STOP?")
	for asked, want := range map[string]string{
		"de-AT": "de-AT", "de": "de", "de-CH": "de", "en": "en", "en-US": "en", "fr": "fr", "pt": "pt", "pt-BR": "pt-BR", "pt-PT": "pt", "xx": "en", "": "en",
	} {
		cost := db.Measure(func() {
			w, err := db.Open().Wording(t.Context(), "acme", asked)
			if err != nil || w.Language != want {
				t.Errorf("in %q it asks with %+v, %v", asked, w, err)
			}
		})
		if len(cost.Calls) > 2 {
			t.Errorf("it took %v", cost.Calls)
		}
	}
}

// A wording is found for good, and no other under a hash.
func wordingsStay(t *testing.T, db *scenario.Table) {
	begin(t, db, enabled(t, db, "acme", "DE"))
	begin(t, db, enabled(t, db, "rival", "DE"))
	to := db.Open()
	written := []clienteling.Wording{}
	for n := range 10 {
		written = append(written, setOptIn(t, db, "acme", "de", fmt.Sprint("{{store.name}}: JA oder STOP? ", n)))
	}
	first := setOptIn(t, db, "acme", "de", written[0].Text)
	if first != written[0] {
		t.Errorf("taken up again it is %+v, and was %+v", first, written[0])
	}
	unchanged(t, db, func() { setOptIn(t, db, "acme", "de", written[0].Text) })
	for _, want := range written {
		w, err := to.WordingByHash(t.Context(), "acme", want.Hash)
		if err != nil || w != want {
			t.Errorf("%+v is found as %+v, %v", want, w, err)
		}
		if _, err := to.WordingByHash(t.Context(), "rival", want.Hash); !errors.Is(err, clienteling.ErrNotFound) {
			t.Errorf("the rival finds it: %v", err)
		}
	}
	if _, err := to.WordingByHash(t.Context(), "acme", clienteling.HashWording("en", written[0].Text)); !errors.Is(err, clienteling.ErrNotFound) {
		t.Errorf("in another language it is found: %v", err)
	}
	cost := db.Measure(func() {
		for _, hash := range []string{"", "x", strings.Repeat("a", 65), strings.Repeat("a", 2000)} {
			if _, err := to.WordingByHash(t.Context(), "acme", hash); !errors.Is(err, clienteling.ErrNotFound) {
				t.Errorf("%q: %v", hash, err)
			}
		}
	})
	if len(cost.Calls) > 0 {
		t.Errorf("it asked for %v", cost.Calls)
	}
}

// Whoever changes first, nobody's change is lost, and the templates begin once.
func firstChanges(t *testing.T, db *scenario.Table) {
	r := enabled(t, db, "acme", "DE", "FR")
	to := db.Open()
	outcomes := raceOf(8, func(n int) error {
		switch n % 4 {
		case 0:
			return to.BeginTemplates(t.Context(), r)
		case 1:
			_, _, _, err := to.SetOptIn(t.Context(), "acme", nil, clienteling.Wording{Language: "fr", Text: "{{store.name}} : STOP ?"})
			return err
		default:
			_, _, err := to.AddQuickReply(t.Context(), "acme", nil, clienteling.QuickReply{Title: fmt.Sprint(n), Message: "x"}, table.Idempotency{})
			return err
		}
	})
	expect(t, outcomes, map[string]int{"<nil>": 8})
	all := templatesOf(t, db, "acme")
	var titles []string
	for _, r := range all.Replies {
		titles = append(titles, r.Title)
	}
	slices.Sort(titles)
	if languages(all) != "de fr" || all.Default != "de" || all.OptIn[1].Text != "{{store.name}} : STOP ?" || !slices.Equal(titles, []string{"2", "3", "6", "7"}) {
		t.Errorf("there are %+v", all)
	}
}

// A quick reply keeps its id and place when it is edited, and is gone when it is deleted.
func replyForGood(t *testing.T, db *scenario.Table) {
	begin(t, db, enabled(t, db, "acme", "DE"))
	to := db.Open()
	var made []clienteling.QuickReply
	for n := range 3 {
		r, version, err := to.AddQuickReply(t.Context(), "acme", nil, clienteling.QuickReply{Title: fmt.Sprint(n), Message: "x", By: clienteling.Associate{ID: "admin-1"}}, table.Idempotency{})
		if err != nil || version != n+2 {
			t.Fatal(version, err)
		}
		made = append(made, r)
	}
	edited := made[1]
	edited.Message = "y"
	if r, _, err := to.EditQuickReply(t.Context(), "acme", nil, edited); err != nil || r.Message != "y" {
		t.Errorf("edited as %+v, %v", r, err)
	}
	if _, err := to.DeleteQuickReply(t.Context(), "acme", nil, made[0].ID); err != nil {
		t.Error(err)
	}
	if all := templatesOf(t, db, "acme").Replies; len(all) != 2 || all[0].ID != made[1].ID || all[0].Message != "y" || all[1] != made[2] {
		t.Errorf("there are %+v", all)
	}
	if r, err := to.QuickReply(t.Context(), "acme", made[2].ID); err != nil || r != made[2] {
		t.Errorf("it is %+v, %v", r, err)
	}
	_, err := to.QuickReply(t.Context(), "acme", made[0].ID)
	_, _, editErr := to.EditQuickReply(t.Context(), "acme", nil, made[0])
	_, deleteErr := to.DeleteQuickReply(t.Context(), "acme", nil, made[0].ID)
	for what, err := range map[string]error{"read": err, "edit": editErr, "delete": deleteErr} {
		if !errors.Is(err, clienteling.ErrNotFound) {
			t.Errorf("%s of a deleted one: %v", what, err)
		}
	}
	cost := db.Measure(func() {
		for _, id := range []string{"", "x", strings.Repeat("a", 2000)} {
			if _, err := to.QuickReply(t.Context(), "acme", id); !errors.Is(err, clienteling.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
	})
	if len(cost.Calls) > 0 {
		t.Errorf("it asked for %v", cost.Calls)
	}
}

// A change asks whether it may be made to the version there is, also when it comes to
// nothing, and one that may not leaves everything as it is.
func mayChangeTemplates(t *testing.T, db *scenario.Table) {
	begin(t, db, enabled(t, db, "acme", "DE", "FR"))
	to := db.Open()
	r, version, err := to.AddQuickReply(t.Context(), "acme", nil, clienteling.QuickReply{Title: "x", Message: "x"}, table.Idempotency{})
	if err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	asked := 0
	may := func(v int) error {
		if asked++; v != version {
			t.Errorf("asked for version %d, and there is %d", v, version)
		}
		return refused
	}
	unchanged(t, db, func() {
		_, _, _, setErr := to.SetOptIn(t.Context(), "acme", may, clienteling.Wording{Language: "de", Text: ours("de")})
		_, deleteErr := to.DeleteOptIn(t.Context(), "acme", may, "fr")
		_, _, addErr := to.AddQuickReply(t.Context(), "acme", may, r, table.Idempotency{})
		_, _, editErr := to.EditQuickReply(t.Context(), "acme", may, r)
		_, dropErr := to.DeleteQuickReply(t.Context(), "acme", may, r.ID)
		_, orderErr := to.OrderQuickReplies(t.Context(), "acme", may, []string{r.ID})
		for _, err := range []error{setErr, deleteErr, addErr, editErr, dropErr, orderErr} {
			if err != refused {
				t.Errorf("it was answered %v", err)
			}
		}
	})
	if asked != 6 {
		t.Errorf("asked %d times", asked)
	}
	// There is a bound to the languages.
	codes := 0
	for a := 'a'; a <= 'z' && err == nil; a++ {
		for b := 'a'; b <= 'c' && err == nil; b++ {
			if _, _, _, err = to.SetOptIn(t.Context(), "acme", nil, clienteling.Wording{Language: "q" + string(a) + string(b), Text: "STOP"}); err == nil {
				codes++
			}
		}
	}
	if code(err) != "too_many_languages" || codes != 48 {
		t.Errorf("after %d more languages: %v", codes, err)
	}
}
