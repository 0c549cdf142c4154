package property

import (
	"maps"
	"slices"
	"time"

	"clienteling/infra/local/seed"
)

// What time it is at a store and what a word means there, told again from almanac and
// dictionary: nothing here asks the product, or Go's zones.

// place is a store where it stands in a story.
type place struct {
	shop seed.Shop
	// country and language are those of store and number.
	country, language string
	// speaks are the countries whose words are understood there.
	speaks []string
	zone   zone
	// explicit says that only a yes accepts.
	explicit bool
}

// here is the first store, elsewhere are those of which one is the second. There are
// places whose customers write in another language, one where the same word means
// something else than in the next, and one whose language is not its country's.
func here() *place {
	return &place{shop: seed.Shops[0], country: "US", language: "en", speaks: []string{"US"}, zone: newYork}
}

func elsewhere() []*place {
	return []*place{
		{shop: seed.Shops[1], country: "GB", language: "en", speaks: []string{"GB"}, zone: london, explicit: true},
		{shop: seed.Shops[2], country: "DE", language: "de", speaks: []string{"DE"}, zone: berlin, explicit: true},
		{shop: seed.Shops[1], country: "PL", language: "pl", speaks: []string{"PL"}, zone: warsaw, explicit: true},
		{shop: seed.Shops[1], country: "DK", language: "da", speaks: []string{"DK"}, zone: copenhagen, explicit: true},
		{shop: seed.Shops[1], country: "GB", language: "pl", speaks: []string{"GB", "PL"}, zone: kolkata},
	}
}

// zone is a place's time: so long after Greenwich, and an hour more in summer.
type zone struct {
	name   string
	after  time.Duration
	summer func(time.Time) bool
}

var (
	newYork    = zone{"America/New_York", -5 * time.Hour, americanSummer}
	london     = zone{"Europe/London", 0, europeanSummer}
	berlin     = zone{"Europe/Berlin", time.Hour, europeanSummer}
	warsaw     = zone{"Europe/Warsaw", time.Hour, europeanSummer}
	copenhagen = zone{"Europe/Copenhagen", time.Hour, europeanSummer}
	kolkata    = zone{"Asia/Kolkata", 5*time.Hour + 30*time.Minute, func(time.Time) bool { return false }}
)

// In the European Union and the United Kingdom summer begins and ends at 01:00 UTC, on
// the last Sundays of March and October.
func europeanSummer(t time.Time) bool {
	return !t.Before(sunday(t.Year(), time.March, -1).Add(time.Hour)) && t.Before(sunday(t.Year(), time.October, -1).Add(time.Hour))
}

// In New York it begins at 07:00 UTC on the second Sunday of March, and ends at 06:00 UTC
// on the first one of November.
func americanSummer(t time.Time) bool {
	return !t.Before(sunday(t.Year(), time.March, 2).Add(7*time.Hour)) && t.Before(sunday(t.Year(), time.November, 1).Add(6*time.Hour))
}

// sunday is midnight, UTC, of a month's nth Sunday, or of its last for -1.
func sunday(year int, month time.Month, n int) time.Time {
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	day := first.AddDate(0, 0, (7-int(first.Weekday()))%7)
	if n > 0 {
		return day.AddDate(0, 0, 7*(n-1))
	}
	for day.AddDate(0, 0, 7).Month() == month {
		day = day.AddDate(0, 0, 7)
	}
	return day
}

// ofDay is how long a day has lasted there by the clock on the wall.
func (z zone) ofDay(t time.Time) time.Duration {
	wall := t.UTC().Add(z.after)
	if z.summer(t.UTC()) {
		wall = wall.Add(time.Hour)
	}
	return wall.Sub(wall.Truncate(24 * time.Hour))
}

const (
	morning = 8 * time.Hour
	evening = 21 * time.Hour
)

// awake says that customers may be written to there by themselves.
func (z zone) awake(t time.Time) bool {
	return z.ofDay(t) >= morning && z.ofDay(t) < evening
}

// may says that a store may write to a customer who wrote to it at some moment.
func (z zone) may(t, heard time.Time) bool {
	return z.awake(t) || t.Sub(heard) < 30*time.Minute
}

// until is how long it may, from a moment at which it may. The clocks change at night.
func (z zone) until(t, heard time.Time) time.Time {
	for z.may(t, heard) {
		if z.awake(t) {
			t = t.Add(evening - z.ofDay(t))
		} else {
			t = heard.Add(30 * time.Minute)
		}
	}
	return t
}

// next is the next time at which the clock on the wall shows so much.
func (z zone) next(t time.Time, ofDay time.Duration) time.Time {
	to := t.Add((ofDay - z.ofDay(t) + 24*time.Hour) % (24 * time.Hour))
	return to.Add(ofDay - z.ofDay(to)) // when the clocks changed on the way
}

// meaning is what a whole text says.
type meaning int

const (
	chat    meaning = iota
	leaves          // no more texts, of any store
	returns         // texts again
	agrees          // to what was asked
	refuses         // what was asked
	asks            // for help
)

// word is what a word means, and whether Twilio acts on it and answers it by itself.
type word struct {
	meaning meaning
	twilios bool
}

// understood are the words of everywhere, and those of some countries.
var understood = map[string]map[string]word{
	"": {
		"STOP": {leaves, true}, "opt out": {leaves, false}, "START": {returns, true}, "YES": {returns, true},
		"NO": {refuses, false}, "HELP": {asks, true},
	},
	"US": {"baja": {leaves, false}, "volver": {returns, false}, "sí": {agrees, false}, "Ayuda!": {asks, false}},
	"GB": {},
	"DE": {
		"Abmelden": {leaves, false}, "STOPP": {leaves, false}, "Anmelden": {returns, false}, "ja": {agrees, false},
		"Nein, danke": {refuses, false}, "HILFE": {asks, false},
	},
	"PL": {"Wypisz": {leaves, false}, "zapisz mnie": {returns, false}, "tak": {agrees, false}, "Nie": {refuses, false}, "pomoc": {asks, false}},
	"DK": {
		"Afmeld": {leaves, false}, "STOPP": {leaves, false}, "tilmeld": {returns, false}, "ja": {agrees, false},
		"Nej tak": {refuses, false}, "HJÆLP": {asks, false},
	},
}

// means is what a text says there.
func (p *place) means(body string) word {
	if w, ok := understood[""][body]; ok {
		return w
	}
	for _, country := range p.speaks {
		if w, ok := understood[country][body]; ok {
			return w
		}
	}
	return word{}
}

// local are the words that only some understand, of the place's own or of all.
func local(countries ...string) (all []string) {
	for _, country := range countries {
		all = append(all, slices.Sorted(maps.Keys(understood[country]))...)
	}
	return all
}

// saying is a word with a meaning that Twilio does not answer; "" for none.
func (p *place) saying(m meaning) string {
	for _, body := range local(append([]string{""}, p.speaks...)...) {
		if w := p.means(body); w.meaning == m && !w.twilios {
			return body
		}
	}
	return ""
}
