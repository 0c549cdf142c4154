package twilio

import (
	"net/http"
	"slices"
	"time"
)

// registry is where end users and their papers are kept: the regulatory API's or
// TrustHub's. Neither shows what is the other's.
type registry struct {
	trust     bool
	host      string
	path      string
	endUsers  map[string][]string // types and their fields
	documents map[string][]string
}

// registries are both, the regulatory one first.
func registries() [2]registry {
	papers := map[string][]string{}
	for kind := range documentTypes {
		papers[kind] = documentFields
	}
	return [2]registry{
		{false, numbersHost, compliancePath, endUserTypes, papers},
		{true, trustHubHost, "/v1", trustEndUserTypes, trustDocumentTypes},
	}
}

// endUserResource is an end user as the REST API shows it
// (docs/phone-numbers/regulatory/api/end-users, docs/trust-hub/trusthub-rest-api/end-users).
type endUserResource struct {
	SID          string         `json:"sid"`
	AccountSID   string         `json:"account_sid"`
	FriendlyName string         `json:"friendly_name"`
	Type         string         `json:"type"`
	Attributes   map[string]any `json:"attributes"`
	DateCreated  time.Time      `json:"date_created"`
	DateUpdated  time.Time      `json:"date_updated"`
	URL          string         `json:"url"`
}

type endUser struct {
	endUserResource
	Trust   bool `json:"trust,omitempty"` // TrustHub's
	Deleted bool `json:"deleted,omitempty"`
}

func (u *endUser) sid() string { return u.SID }
func (u *endUser) gone() bool  { return u.Deleted }

// createEndUser is POST .../EndUsers.
func (s *Simulator) createEndUser(in registry) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		if refused := needs(r, "FriendlyName", "Type"); refused != nil {
			return nil, refused
		}
		kind := r.PostForm.Get("Type")
		known, ok := in.endUsers[kind]
		if !ok {
			return nil, refuseREST(22200, "End-User Type %q is none: take one of EndUserTypes", kind)
		}
		attributes, refused := readAttributes(r.PostForm.Get("Attributes"), known)
		if refused != nil {
			return nil, refused
		}
		now, sid := s.stamp(), newSID("IT")
		u := &endUser{Trust: in.trust, endUserResource: endUserResource{
			SID: sid, AccountSID: s.config.AccountSID, FriendlyName: r.PostForm.Get("FriendlyName"), Type: kind,
			Attributes: attributes, DateCreated: now, DateUpdated: now, URL: in.host + in.path + "/EndUsers/" + sid,
		}}
		s.state.Papers.EndUsers = append(s.state.Papers.EndUsers, u)
		return u.endUserResource, nil
	}
}

func (s *Simulator) endUserNamed(in registry, r *http.Request) (*endUser, *restError) {
	u, found := find(s.state.Papers.EndUsers, r.PathValue("sid"))
	if !found || u.Trust != in.trust {
		return nil, unknownResource(r)
	}
	return u, nil
}

// fetchEndUser is GET .../EndUsers/{IT}.
func (s *Simulator) fetchEndUser(in registry) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		u, refused := s.endUserNamed(in, r)
		if refused != nil {
			return nil, refused
		}
		return u.endUserResource, nil
	}
}

// updateEndUser is POST .../EndUsers/{IT}. Attributes replace all that were.
func (s *Simulator) updateEndUser(in registry) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		u, refused := s.endUserNamed(in, r)
		if refused != nil {
			return nil, refused
		}
		if s.isFiled(u.SID) {
			return nil, refuseREST(invalid, "Cannot update end-user. A bundle it belongs to is in an immutable state.")
		}
		attributes, refused := readAttributes(r.PostForm.Get("Attributes"), in.endUsers[u.Type])
		if refused != nil {
			return nil, refused
		}
		if r.PostForm.Has("Attributes") {
			u.Attributes = attributes
		}
		if r.PostForm.Has("FriendlyName") {
			u.FriendlyName = r.PostForm.Get("FriendlyName")
		}
		u.DateUpdated = s.stamp()
		return u.endUserResource, nil
	}
}

// deleteEndUser is DELETE .../EndUsers/{IT}.
func (s *Simulator) deleteEndUser(in registry) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		u, refused := s.endUserNamed(in, r)
		if refused != nil {
			return nil, refused
		}
		if s.isFiled(u.SID) {
			return nil, refuseREST(20409, "End-user %s belongs to a bundle that is in review or approved", u.SID)
		}
		u.Deleted = true
		s.unassign(u.SID)
		return nil, nil
	}
}

// listEndUsers is GET .../EndUsers, newest first. It has no filters.
func (s *Simulator) listEndUsers(in registry) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		var all []entry
		for _, u := range inUse(s.state.Papers.EndUsers) {
			if u.Trust == in.trust {
				all = append(all, entry{u.SID, u.endUserResource})
			}
		}
		return listPage(r, in.host, "results", all)
	}
}

// endUsersOf are those assigned to a filing, of one type.
func (s *Simulator) endUsersOf(f *filing, kind string) (all []*endUser) {
	for _, a := range f.Assignments {
		if u, found := find(s.state.Papers.EndUsers, a.ObjectSID); found && (kind == "" || u.Type == kind) {
			all = append(all, u)
		}
	}
	return all
}

// documentsOf are those assigned to a filing, of some types; nil: all.
func (s *Simulator) documentsOf(f *filing, kinds []string) (all []*supportingDocument) {
	for _, a := range f.Assignments {
		if d, found := find(s.state.Papers.Documents, a.ObjectSID); found && (kinds == nil || slices.Contains(kinds, d.Type)) {
			all = append(all, d)
		}
	}
	return all
}
