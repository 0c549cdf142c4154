package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // Lambda's image need not have the zones that stores name
	"unicode"
	"unicode/utf8"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/phone"
	"clienteling/shared/table"
)

// The longest name and address of a store, in characters.
const (
	maxName    = 60
	maxAddress = 200
)

// get shows one store.
func (f function) get(ctx context.Context, c *apigw.Call) (any, error) {
	id, err := c.Store()
	if err != nil {
		return nil, err
	}
	s, err := f.table.Store(ctx, c.Caller.Retailer, id)
	if err != nil {
		return nil, err
	}
	standing, err := f.standing(ctx, c)
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, s, standing), nil
}

// standing is that of the caller's retailer. One that is not enabled has nothing yet.
func (f function) standing(ctx context.Context, c *apigw.Call) (clienteling.Standing, error) {
	standing, err := f.table.Standing(ctx, c.Caller.Retailer)
	if errors.Is(err, clienteling.ErrNotFound) {
		return clienteling.Standing{}, clienteling.ErrNotEnabled
	}
	return standing, err
}

// list shows a page of the directory, of one state or of all.
func (f function) list(ctx context.Context, c *apigw.Call) (any, error) {
	state, err := c.OneOf("state", stateIneligible, string(clienteling.StoreEligible), string(clienteling.StoreParked),
		string(clienteling.StoreOrdering), string(clienteling.StoreOnboarded), string(clienteling.StoreEnabled))
	if err != nil {
		return nil, err
	}
	name := "stores/" + c.Caller.Retailer + "/" + state
	limit, after, err := c.Page(name)
	if err != nil {
		return nil, err
	}
	standing, err := f.standing(ctx, c)
	if err != nil {
		return nil, err
	}
	stored := clienteling.StoreState(state)
	if state == stateIneligible {
		stored = clienteling.StoreEligible // the same state, judged
	}
	shown := map[string]store{} // judging a phone takes its time, so each store is judged once
	found, next, err := f.table.StoreList(ctx, c.Caller.Retailer, stored, table.Page{Limit: limit, After: after}, func(s clienteling.Store) bool {
		shown[s.ID] = show(s, standing)
		return state == "" || shown[s.ID].State == state
	})
	if err != nil {
		return nil, err
	}
	return apigw.PageOf(name, found, next, func(s clienteling.Store) store { return shown[s.ID] }), nil
}

// save writes what the directory says of a store. A phone that calls cannot be
// forwarded to is refused, and nothing changes; a store may do without one until it
// is onboarded. A language that is not sent stays, and is at first, and when the store
// changes its country, that of the country.
func (f function) save(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Name     string `json:"name"`
		Country  string `json:"country"`
		Phone    string `json:"phone"`
		Address  string `json:"address"`
		TimeZone string `json:"timeZone"`
		Language string `json:"language"`
	}
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
	id, err := c.Store()
	if err != nil {
		return nil, errStoreID
	}
	standing, err := f.standing(ctx, c)
	if err != nil {
		return nil, err
	}
	s, err := f.table.Store(ctx, c.Caller.Retailer, id)
	if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
		return nil, err
	}
	if err := c.Match(s.Version); err != nil {
		return nil, err
	}
	status := http.StatusOK
	if s.Version == 0 {
		status = http.StatusCreated
		s = clienteling.Store{Retailer: c.Caller.Retailer, ID: id, State: clienteling.StoreEligible}
	}
	before := s
	s.Name, s.Country, s.Address, s.TimeZone = strings.TrimSpace(body.Name), body.Country, strings.TrimSpace(body.Address), body.TimeZone
	known, _ := country.Of(s.Country)
	switch {
	case body.Language != "":
		s.Language = body.Language
		if tag, ok := clienteling.Language(s.Language); ok {
			s.Language = tag
		}
	case s.Language == "" || s.Country != before.Country:
		s.Language = known.Language
	}
	if err := valid(s); err != nil {
		return nil, err
	}
	if s.Country != before.Country && before.State != clienteling.StoreEligible {
		return nil, clienteling.E(clienteling.Conflict, "country_is_permanent",
			"This store has a number of %s, or waits for one, so its country stays. Give a store that moved abroad an id of its own.", before.Country).With("/country", "Cannot change any more.")
	}
	s.Phone = ""
	if strings.TrimSpace(body.Phone) != "" {
		if s.Phone, err = phone.Landline(body.Phone, s.Country); err != nil {
			return nil, err
		}
	}
	if s.Phone == "" && before.State != clienteling.StoreEligible {
		return nil, clienteling.E(clienteling.Unprocessable, clienteling.HindrancePhoneMissing,
			"Calls to this store's clienteling number are forwarded to its phone, so it needs one.").With("/phone", "Needed.")
	}
	s, err = f.table.SaveStore(ctx, s)
	if err != nil {
		return nil, err
	}
	return answer(status, s, standing), nil
}

var errStoreID = clienteling.E(clienteling.Unprocessable, "store_id_invalid",
	"A store's id has 1 to 64 letters, digits, dots, underscores and hyphens. Take the id that NOM gives it.")

// valid checks what the directory says, all at once.
func valid(s clienteling.Store) error {
	wrong := clienteling.E(clienteling.Unprocessable, "store_invalid", "Correct the fields that errors names, and send the store again.")
	fields := 0
	field := func(ok bool, pointer, detail string) {
		if !ok {
			wrong = wrong.With(pointer, detail)
			fields++
		}
	}
	length := utf8.RuneCountInString(s.Name)
	field(!strings.ContainsFunc(s.Name, unicode.IsControl), "/name", "A name is one line: it goes into texts.")
	field(length >= 1 && length <= maxName, "/name", fmt.Sprintf("A name has 1 to %d characters: what customers know the store by.", maxName))
	field(utf8.RuneCountInString(s.Address) <= maxAddress, "/address", fmt.Sprintf("An address has at most %d characters.", maxAddress))
	field(len(s.Country) == 2 && strings.Trim(s.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "", "/country", "Two capital letters of ISO 3166-1, like DE; the United Kingdom is GB.")
	field(isTimeZone(s.TimeZone), "/timeZone", "The name of a time zone of the IANA database, like Europe/Berlin.")
	_, isLanguage := clienteling.Language(s.Language)
	field(s.Language == "" || isLanguage, "/language", "A language of BCP 47, with or without a region: like de, de-AT or es-419.")
	if fields > 0 {
		return wrong
	}
	return nil
}

// isTimeZone reports whether s names a time zone; Local is one of Go's, not of places.
func isTimeZone(s string) bool {
	if s == "" || s == "Local" || slices.Contains([]rune(s), '\\') {
		return false
	}
	_, err := time.LoadLocation(s)
	return err == nil
}
