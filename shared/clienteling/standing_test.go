package clienteling_test

import (
	"slices"
	"strings"
	"testing"

	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
)

// standing is a retailer that asked for these countries, with what has become of them.
func standing(states map[string]clienteling.RegistrationState, countries ...string) clienteling.Standing {
	s := clienteling.Standing{Retailer: clienteling.Retailer{ID: "acme", Countries: countries}, Registrations: map[string]clienteling.Registration{}}
	for code, state := range states {
		s.Registrations[code] = clienteling.Registration{Retailer: "acme", Country: code, State: state}
	}
	return s
}

func TestApproved(t *testing.T) {
	t.Parallel()
	for _, state := range []clienteling.RegistrationState{
		clienteling.RegistrationDraft, clienteling.RegistrationSubmitting, clienteling.RegistrationInReview,
		clienteling.RegistrationApproved, clienteling.RegistrationRejected, clienteling.RegistrationExpired,
	} {
		s := standing(map[string]clienteling.RegistrationState{"US": state, "DE": state, "XX": state})
		// Canada's file is that of the US; nobody can order in a country that is not known.
		for code, filed := range map[string]bool{"US": true, "CA": true, "DE": true, "GB": false, "XX": false, "": false} {
			if got, want := s.Approved(code), filed && state == clienteling.RegistrationApproved; got != want {
				t.Errorf("%q, %s: approved is %t", code, state, got)
			}
		}
	}
	if (clienteling.Standing{}).Approved("US") {
		t.Error("approved without any registration")
	}
}

func TestHindrances(t *testing.T) {
	t.Parallel()
	approved := map[string]clienteling.RegistrationState{"US": clienteling.RegistrationApproved, "DE": clienteling.RegistrationApproved}
	located := func(locations map[string]string) clienteling.Standing {
		s := standing(approved, "US", "CA", "DE")
		s.TestLocations = locations
		return s
	}
	// An unlisted country: nobody knows its papers until one was filed.
	unlisted := unlistedCountry(t)
	for _, tt := range []struct {
		name     string
		standing clienteling.Standing
		store    clienteling.Store
		want     string // the codes
	}{
		{"nothing", standing(approved, "US"), clienteling.Store{Country: "US", Phone: "+1"}, ""},
		{"Canada by the papers of the US", standing(approved, "CA"), clienteling.Store{Country: "CA", Phone: "+1"}, ""},
		{"no phone", standing(approved, "US"), clienteling.Store{Country: "US"}, "phone_missing"},
		{"not asked for", standing(approved, "US"), clienteling.Store{Country: "DE", Phone: "+1"}, "country_not_requested"},
		{"not asked for, the file is", standing(approved, "US"), clienteling.Store{Country: "CA", Phone: "+1"}, "country_not_requested"},
		{"nothing filed", standing(nil, "DE"), clienteling.Store{Country: "DE", Phone: "+1"}, "country_not_approved"},
		{"in review", standing(map[string]clienteling.RegistrationState{"DE": clienteling.RegistrationInReview}, "DE"), clienteling.Store{Country: "DE", Phone: "+1"}, "country_not_approved"},
		{"expired", standing(map[string]clienteling.RegistrationState{"DE": clienteling.RegistrationExpired}, "DE"), clienteling.Store{Country: "DE", Phone: "+1"}, "country_not_approved"},
		{"papers not known", standing(nil, unlisted), clienteling.Store{Country: unlisted, Phone: "+1"}, "requirements_unknown"},
		{"papers found out", standing(map[string]clienteling.RegistrationState{unlisted: clienteling.RegistrationDraft}, unlisted), clienteling.Store{Country: unlisted, Phone: "+1"}, "country_not_approved"},
		{"country not known", standing(nil, "XX"), clienteling.Store{Country: "XX", Phone: "+1"}, "requirements_unknown"},
		{"another is the location", located(map[string]string{"US": "boston"}), clienteling.Store{ID: "chicago", Country: "US", Phone: "+1"}, "test_location_taken"},
		{"it is the location", located(map[string]string{"US": "boston"}), clienteling.Store{ID: "boston", Country: "US", Phone: "+1"}, ""},
		{"the location of another country", located(map[string]string{"US": "boston"}), clienteling.Store{ID: "toronto", Country: "CA", Phone: "+1"}, ""},
		{"no location yet", located(map[string]string{}), clienteling.Store{ID: "boston", Country: "US", Phone: "+1"}, ""},
		{"all at once", located(map[string]string{"FR": "lyon"}), clienteling.Store{ID: "paris", Country: "FR"}, "phone_missing country_not_requested test_location_taken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.store.State = clienteling.StoreEligible
			var codes []string
			for _, h := range tt.standing.Hindrances(tt.store) {
				codes = append(codes, h.Code)
				if !strings.HasSuffix(h.Detail, ".") || strings.Count(h.Detail, ". ") == 0 || strings.Contains(h.Detail, "%!") {
					t.Errorf("%s does not say what is wrong and what to do: %q", h.Code, h.Detail)
				}
				if waits := h.Code == "country_not_approved" || h.Code == "requirements_unknown"; h.Waits() != waits {
					t.Errorf("%s waits: %t", h.Code, h.Waits())
				}
			}
			if got := strings.Join(codes, " "); got != tt.want {
				t.Errorf("hindrances %q, want %q", got, tt.want)
			}
			// Nothing is said to a store that is on its way.
			for _, state := range []clienteling.StoreState{clienteling.StoreParked, clienteling.StoreOrdering, clienteling.StoreOnboarded, clienteling.StoreEnabled} {
				tt.store.State = state
				if found := tt.standing.Hindrances(tt.store); found != nil {
					t.Errorf("%s: %v", state, found)
				}
			}
		})
	}
}

func unlistedCountry(t *testing.T) string {
	t.Helper()
	all := country.All()
	i := slices.IndexFunc(all, func(c country.Country) bool { return !c.Listed && c.Registration == c.Code })
	if i < 0 {
		t.Fatal("every country is listed")
	}
	return all[i].Code
}

// A person reads the name of the country and of the other store.
func TestHindrancesNameThings(t *testing.T) {
	t.Parallel()
	s := standing(nil, "DE")
	s.TestLocations = map[string]string{"DE": "hamburg-1"}
	found := s.Hindrances(clienteling.Store{ID: "berlin", Country: "DE", State: clienteling.StoreEligible, Phone: "+4930"})
	if len(found) != 2 || !strings.Contains(found[0].Detail, "Germany") || !strings.Contains(found[1].Detail, "hamburg-1") {
		t.Errorf("hindrances %+v", found)
	}
}
