package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/twilio"
)

// answers returns a client of a Twilio that says one thing after the other, the last
// for ever, and what it was asked.
func answers(t *testing.T, all ...answer) (*twilio.Client, func() []asked) {
	t.Helper()
	var mu sync.Mutex
	var came []asked
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		form, err := io.ReadAll(r.Body)
		if user, password, _ := r.BasicAuth(); err != nil || user != seed.AccountSID || password != seed.AuthToken {
			t.Errorf("asked by %q, %v", user, err)
		}
		mu.Lock()
		came = append(came, asked{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(form)})
		a := all[min(len(came), len(all))-1]
		mu.Unlock()
		if a.status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(server.Close)
	c, err := twilio.Open(server.URL, scenario.Accounts(t))
	if err != nil {
		t.Fatal(err)
	}
	return c, func() []asked {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(came)
	}
}

// sid is the nth of a kind.
func sid(prefix string, n int) string { return fmt.Sprintf("%s%032x", prefix, n) }

// pageOf is a page of a list of one of the newer products; next is JSON.
func pageOf(key, next string, entries ...string) answer {
	return answer{200, fmt.Sprintf(`{"%[1]s": [%[2]s], "meta": {"page": 0, "page_size": 1000, "previous_page_url": null,
		"first_page_url": "https://numbers.twilio.com/v2/X?PageSize=1000&Page=0", "url": "https://numbers.twilio.com/v2/X?PageSize=1000&Page=0",
		"next_page_url": %[3]s, "key": "%[1]s"}}`, key, strings.Join(entries, ","), next)}
}

// step is a call, what Twilio says to it, what it was asked for that, and what came of it.
type step struct {
	name    string
	call    func(context.Context, *twilio.Client) (any, error)
	answers []answer
	asked   []asked
	want    any
}

func play(t *testing.T, steps []step) {
	t.Helper()
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			c, calls := answers(t, s.answers...)
			got, err := s.call(t.Context(), c)
			if err != nil || !reflect.DeepEqual(got, s.want) {
				t.Errorf("got %+v, %v; want %+v", got, err, s.want)
			}
			if got := calls(); !reflect.DeepEqual(got, s.asked) {
				t.Errorf("asked %q, want %q", got, s.asked)
			}
		})
	}
}

// found is what the functions that find return.
type found[T any] struct {
	it T
	ok bool
}

func finding[T any](it T, ok bool, err error) (any, error) { return found[T]{it, ok}, err }

// nothing is what the functions return that return an error only.
func nothing(err error) (any, error) { return nil, err }

func day(d int) time.Time { return time.Date(2026, 7, d, 22, 29, 24, 0, time.UTC) }

func stamp(d int) string { return day(d).Format(time.RFC3339) }

// The lists that are searched: where they are, what they are called, and an entry.
var searched = map[string]struct {
	find  func(context.Context, *twilio.Client) (string, bool, error)
	path  string
	query string // of the first page
	key   string
	entry func(sid, name, created string) string
	kind  string
}{
	"FindAddress": {func(ctx context.Context, c *twilio.Client) (string, bool, error) {
		a, ok, err := c.FindAddress(ctx, seed.AccountSID, ours)
		return a.SID, ok, err
	}, account + "/Addresses.json", "FriendlyName=clienteling-1.42&PageSize=1000", "addresses", addressOf, "AD"},
	"FindEndUser": {func(ctx context.Context, c *twilio.Client) (string, bool, error) {
		u, ok, err := c.FindEndUser(ctx, seed.AccountSID, ours)
		return u.SID, ok, err
	}, "/v2/RegulatoryCompliance/EndUsers", "PageSize=1000", "results", endUserOf, "IT"},
	"FindDocument": {func(ctx context.Context, c *twilio.Client) (string, bool, error) {
		d, ok, err := c.FindDocument(ctx, seed.AccountSID, ours)
		return d.SID, ok, err
	}, "/v2/RegulatoryCompliance/SupportingDocuments", "PageSize=1000", "results", documentOf, "RD"},
	"FindBundle": {func(ctx context.Context, c *twilio.Client) (string, bool, error) {
		b, ok, err := c.FindBundle(ctx, seed.AccountSID, ours)
		return b.SID, ok, err
	}, "/v2/RegulatoryCompliance/Bundles", "FriendlyName=clienteling-1.42&PageSize=1000", "results", bundleOf, "BU"},
	"FindProfile": {func(ctx context.Context, c *twilio.Client) (string, bool, error) {
		p, ok, err := c.FindProfile(ctx, seed.AccountSID, ours)
		return p.SID, ok, err
	}, "/v1/CustomerProfiles", "FriendlyName=clienteling-1.42&PageSize=1000", "results", trustBundleOf, "BU"},
	"FindProduct": {func(ctx context.Context, c *twilio.Client) (string, bool, error) {
		p, ok, err := c.FindProduct(ctx, seed.AccountSID, ours)
		return p.SID, ok, err
	}, "/v1/TrustProducts", "FriendlyName=clienteling-1.42&PageSize=1000", "results", trustBundleOf, "BU"},
	"FindTrustEndUser": {func(ctx context.Context, c *twilio.Client) (string, bool, error) {
		u, ok, err := c.FindTrustEndUser(ctx, seed.AccountSID, ours)
		return u.SID, ok, err
	}, "/v1/EndUsers", "PageSize=1000", "results", endUserOf, "IT"},
	"FindTrustDocument": {func(ctx context.Context, c *twilio.Client) (string, bool, error) {
		d, ok, err := c.FindTrustDocument(ctx, seed.AccountSID, ours)
		return d.SID, ok, err
	}, "/v1/SupportingDocuments", "PageSize=1000", "results", documentOf, "RD"},
	"FindService": {func(ctx context.Context, c *twilio.Client) (string, bool, error) {
		s, ok, err := c.FindService(ctx, seed.AccountSID, ours)
		return s.SID, ok, err
	}, "/v1/Services", "PageSize=1000", "services", serviceOf, "MG"},
	"FindBrand": {func(ctx context.Context, c *twilio.Client) (string, bool, error) {
		b, ok, err := c.FindBrand(ctx, seed.AccountSID, ofBrand[ours])
		return b.SID, ok, err
	}, "/v1/a2p/BrandRegistrations", "PageSize=1000", "data", func(sid, name, created string) string {
		return brandOf(sid, ofBrand[name], "APPROVED", created)
	}, "BN"},
}

// ours is a name that twilio-go would send as "clienteling-1".
const ours = "clienteling-1.42"

// ofBrand are the profiles that stand for names: brands have none.
var ofBrand = map[string]string{ours: sid("BU", 1), "clienteling-1": sid("BU", 2), "Clienteling-1.42": sid("BU", 3)}

// A search reads all pages, compares names exactly, and takes the oldest.
func TestFind(t *testing.T) {
	t.Parallel()
	for name, s := range searched {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			created := stamp
			if s.key == "addresses" {
				created = func(d int) string { return day(d).Format(time.RFC1123Z) }
			}
			more := "PageSize=1000&Page=1&PageToken=PT1.25x"
			first := func(entries ...string) answer {
				if s.key == "addresses" {
					return answer{200, fmt.Sprintf(`{"addresses": [%s], "page": 0, "page_size": 1000, "next_page_uri": "%s?%s",
						"first_page_uri": "%[2]s?PageSize=1000&Page=0", "previous_page_uri": null, "uri": "%[2]s?PageSize=1000&Page=0"}`,
						strings.Join(entries, ","), s.path, more)}
				}
				return pageOf(s.key, fmt.Sprintf(`"https://x.twilio.com%s?%s"`, s.path, more), entries...)
			}
			others := []string{s.entry(sid(s.kind, 7), "clienteling-1", created(1)), s.entry(sid(s.kind, 8), "Clienteling-1.42", created(1))}
			newest, oldest := s.entry(sid(s.kind, 1), ours, created(9)), s.entry(sid(s.kind, 5), ours, created(2))
			asOld := s.entry(sid(s.kind, 6), ours, created(2))

			c, calls := answers(t, first(append(others, newest)...), pageOf(s.key, "null", asOld, oldest))
			got, ok, err := s.find(t.Context(), c)
			if err != nil || !ok || got != sid(s.kind, 5) {
				t.Errorf("found %q, %v, %v", got, ok, err)
			}
			if got, want := calls(), []asked{{"GET", s.path, s.query, ""}, {"GET", s.path, more, ""}}; !reflect.DeepEqual(got, want) {
				t.Errorf("asked %q, want %q", got, want)
			}

			c, calls = answers(t, first(others...), pageOf(s.key, "null"))
			if got, ok, err := s.find(t.Context(), c); err != nil || ok || got != "" || len(calls()) != 2 {
				t.Errorf("found %q, %v, %v on %d pages", got, ok, err, len(calls()))
			}

			for what, a := range map[string]answer{
				"no list":           {200, `{"meta": {"key": "` + s.key + `", "next_page_url": null}}`},
				"another list":      pageOf("others", "null"),
				"a list in passing": {302, pageOf(s.key, "null").body},
				"going on elsewhere": pageOf(s.key, `"https://x.twilio.com/v1/Elsewhere?Page=1"`,
					s.entry(sid(s.kind, 5), ours, created(2))),
				"a list of other things": pageOf(s.key, "null", "7"),
			} {
				c, calls := answers(t, a)
				var e *twilio.Error
				if _, _, err := s.find(t.Context(), c); !errors.As(err, &e) || e.Outcome != twilio.Unknown || len(calls()) != 1 {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

func TestEndlessList(t *testing.T) {
	t.Parallel()
	s := searched["FindEndUser"]
	c, calls := answers(t, pageOf(s.key, `"https://numbers.twilio.com`+s.path+`?Page=1&PageToken=again"`))
	var e *twilio.Error
	if _, _, err := s.find(t.Context(), c); !errors.As(err, &e) || e.Outcome != twilio.Unknown {
		t.Errorf("%v", err)
	}
	if n := len(calls()); n > 1000 {
		t.Errorf("it asked for %d pages", n)
	}
}

// A page that is lost after one that came is as lost as the first.
func TestLostPage(t *testing.T) {
	t.Parallel()
	s := searched["FindEndUser"]
	first := pageOf(s.key, `"https://numbers.twilio.com`+s.path+`?Page=1&PageToken=PT1"`, endUserOf(sid("IT", 1), ours, stamp(1)))
	for name, tt := range map[string]struct {
		second answer
		want   twilio.Outcome
	}{
		"lost":         {answer{}, twilio.Unknown},
		"refused":      {problem(400, 20001), twilio.Refused},
		"too many":     {problem(429, 20429), twilio.Later},
		"half of it":   {answer{200, `{"results": [{`}, twilio.Unknown},
		"without list": {answer{200, `{"results": null, "meta": {"next_page_url": null}}`}, twilio.Unknown},
	} {
		c, _ := answers(t, first, tt.second)
		var e *twilio.Error
		if got, ok, err := s.find(t.Context(), c); !errors.As(err, &e) || e.Outcome != tt.want || ok || got != "" {
			t.Errorf("%s: %q, %v, %v", name, got, ok, err)
		}
	}
}

// filing are the functions that file papers, by name.
var filing = map[string]func(context.Context, *twilio.Client) (any, error){
	"Regulation": func(ctx context.Context, c *twilio.Client) (any, error) {
		return finding(c.Regulation(ctx, seed.AccountSID, "DE", "mobile"))
	},
	"CreateAddress": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.CreateAddress(ctx, seed.AccountSID, anAddress)
	},
	"UpdateAddress": func(ctx context.Context, c *twilio.Client) (any, error) {
		a := anAddress
		a.SID = sid("AD", 1)
		return c.UpdateAddress(ctx, seed.AccountSID, a)
	},
	"CreateEndUser": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.CreateEndUser(ctx, seed.AccountSID, anEndUser)
	},
	"UpdateEndUser": func(ctx context.Context, c *twilio.Client) (any, error) {
		u := anEndUser
		u.SID = sid("IT", 1)
		return c.UpdateEndUser(ctx, seed.AccountSID, u)
	},
	"CreateDocument": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.CreateDocument(ctx, seed.AccountSID, aDocument)
	},
	"UpdateDocument": func(ctx context.Context, c *twilio.Client) (any, error) {
		d := aDocument
		d.SID = sid("RD", 1)
		return c.UpdateDocument(ctx, seed.AccountSID, d)
	},
	"UploadDocument": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.UploadDocument(ctx, seed.AccountSID, anUpload("%PDF-1.7 Stromrechnung"))
	},
	"Document": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.Document(ctx, seed.AccountSID, sid("RD", 1))
	},
	"DeleteDocument": func(ctx context.Context, c *twilio.Client) (any, error) {
		return nothing(c.DeleteDocument(ctx, seed.AccountSID, sid("RD", 1)))
	},
	"CreateBundle": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.CreateBundle(ctx, seed.AccountSID, aBundle)
	},
	"Bundle": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.Bundle(ctx, seed.AccountSID, sid("BU", 1))
	},
	"SubmitBundle": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.SubmitBundle(ctx, seed.AccountSID, sid("BU", 1))
	},
	"Assignments": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.Assignments(ctx, seed.AccountSID, sid("BU", 1))
	},
	"Assign": func(ctx context.Context, c *twilio.Client) (any, error) {
		return nothing(c.Assign(ctx, seed.AccountSID, sid("BU", 1), sid("IT", 1)))
	},
	"Unassign": func(ctx context.Context, c *twilio.Client) (any, error) {
		return nothing(c.Unassign(ctx, seed.AccountSID, sid("BU", 1), sid("BV", 1)))
	},
	"Evaluate": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.Evaluate(ctx, seed.AccountSID, sid("BU", 1))
	},
	"Policy": func(ctx context.Context, c *twilio.Client) (any, error) {
		return finding(c.Policy(ctx, seed.AccountSID, twilio.PolicySecondary))
	},
	"CreateProfile": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.CreateProfile(ctx, seed.AccountSID, aTrustBundle)
	},
	"CreateProduct": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.CreateProduct(ctx, seed.AccountSID, aTrustBundle)
	},
	"ApprovedProfile": func(ctx context.Context, c *twilio.Client) (any, error) {
		return finding(c.ApprovedProfile(ctx, seed.AccountSID, sid("RN", 1)))
	},
	"Profile": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.Profile(ctx, seed.AccountSID, sid("BU", 1))
	},
	"Product": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.Product(ctx, seed.AccountSID, sid("BU", 1))
	},
	"ProfileAssignments": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.ProfileAssignments(ctx, seed.AccountSID, sid("BU", 1))
	},
	"ProductAssignments": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.ProductAssignments(ctx, seed.AccountSID, sid("BU", 1))
	},
	"AssignToProfile": func(ctx context.Context, c *twilio.Client) (any, error) {
		return nothing(c.AssignToProfile(ctx, seed.AccountSID, sid("BU", 1), sid("BU", 2)))
	},
	"AssignToProduct": func(ctx context.Context, c *twilio.Client) (any, error) {
		return nothing(c.AssignToProduct(ctx, seed.AccountSID, sid("BU", 1), sid("BU", 2)))
	},
	"EvaluateProfile": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.EvaluateProfile(ctx, seed.AccountSID, sid("BU", 1), sid("RN", 1))
	},
	"EvaluateProduct": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.EvaluateProduct(ctx, seed.AccountSID, sid("BU", 1), sid("RN", 1))
	},
	"SubmitProfile": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.SubmitProfile(ctx, seed.AccountSID, sid("BU", 1))
	},
	"SubmitProduct": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.SubmitProduct(ctx, seed.AccountSID, sid("BU", 1))
	},
	"CreateTrustEndUser": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.CreateTrustEndUser(ctx, seed.AccountSID, anEndUser)
	},
	"UpdateTrustEndUser": func(ctx context.Context, c *twilio.Client) (any, error) {
		u := anEndUser
		u.SID = sid("IT", 1)
		return c.UpdateTrustEndUser(ctx, seed.AccountSID, u)
	},
	"CreateTrustDocument": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.CreateTrustDocument(ctx, seed.AccountSID, aDocument)
	},
	"UpdateTrustDocument": func(ctx context.Context, c *twilio.Client) (any, error) {
		d := aDocument
		d.SID = sid("RD", 1)
		return c.UpdateTrustDocument(ctx, seed.AccountSID, d)
	},
	"CreateBrand": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.CreateBrand(ctx, seed.AccountSID, twilio.NewBrand{ProfileSID: sid("BU", 1), ProductSID: sid("BU", 2)})
	},
	"Brand": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.Brand(ctx, seed.AccountSID, sid("BN", 1))
	},
	"ResubmitBrand": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.ResubmitBrand(ctx, seed.AccountSID, sid("BN", 1))
	},
	"CreateService": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.CreateService(ctx, seed.AccountSID, ours)
	},
	"AddToService": func(ctx context.Context, c *twilio.Client) (any, error) {
		return nothing(c.AddToService(ctx, seed.AccountSID, sid("MG", 1), sid("PN", 1)))
	},
	"CreateCampaign": func(ctx context.Context, c *twilio.Client) (any, error) {
		return c.CreateCampaign(ctx, seed.AccountSID, aCampaign)
	},
	"Campaign": func(ctx context.Context, c *twilio.Client) (any, error) {
		return finding(c.Campaign(ctx, seed.AccountSID, sid("MG", 1)))
	},
}

// everything are the functions that file and those that find, by name.
func everything() map[string]func(context.Context, *twilio.Client) error {
	all := map[string]func(context.Context, *twilio.Client) error{}
	for name, call := range filing {
		all[name] = func(ctx context.Context, c *twilio.Client) error {
			_, err := call(ctx, c)
			return err
		}
	}
	for name, s := range searched {
		all[name] = func(ctx context.Context, c *twilio.Client) error {
			_, _, err := s.find(ctx, c)
			return err
		}
	}
	return all
}

// What an error of any kind says of any call, and that nothing is ever sent twice.
func TestFilingOutcomes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		answer answer
		want   twilio.Outcome
		code   int
	}{
		{"refused", problem(400, 22205), twilio.Refused, 22205},
		{"bad token", problem(401, 20003), twilio.Later, 20003},
		{"too many", problem(429, 20429), twilio.Later, 20429},
		{"an error", problem(500, 20500), twilio.Unknown, 20500},
		{"refused by a code in quotes", answer{400, `{"code": "22205", "message": "Invalid object", "status": "400"}`}, twilio.Refused, 22205},
		{"refused with a list of details", answer{400, `{"code": 22205, "message": "Invalid object", "details": ["ObjectSid"], "status": 400}`}, twilio.Refused, 22205},
		{"refused without a word", answer{400, ""}, twilio.Refused, 0},
		{"a page of what is not there", answer{404, "<html><h1>404 Not Found</h1></html>"}, twilio.Refused, 0},
		{"a page of an error", answer{503, "<html><h1>503 Service Unavailable</h1></html>"}, twilio.Unknown, 0},
		{"another place", answer{307, "{}"}, twilio.Unknown, 0},
		{"a page of somebody else", answer{200, "<html><h1>Log in</h1></html>"}, twilio.Unknown, 0},
		{"an object of somebody else", answer{200, `{"ok": true}`}, twilio.Unknown, 0},
		{"half an answer", answer{201, `{"sid": "BU2a0747eba6`}, twilio.Unknown, 0},
		{"lost", answer{}, twilio.Unknown, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, calls := answers(t, tt.answer)
			for name, call := range everything() {
				before := len(calls())
				err := call(t.Context(), c)
				var e *twilio.Error
				if !errors.As(err, &e) || e.Outcome != tt.want || e.Code != tt.code {
					t.Errorf("%s: %v, want outcome %d, code %d", name, err, tt.want, tt.code)
				}
				if n := len(calls()) - before; n != 1 {
					t.Errorf("%s called %d times", name, n)
				}
			}
		})
	}
}

func TestFilingUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	nobody, err := twilio.Open(server.URL, scenario.Accounts(t))
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := twilio.Open(server.URL, none{})
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range everything() {
		var e *twilio.Error
		if err := call(t.Context(), nobody); !errors.As(err, &e) || e.Outcome != twilio.Later {
			t.Errorf("%s of nobody: %v", name, err)
		}
		if err := call(t.Context(), stranger); !errors.As(err, &e) || e.Outcome != twilio.Later {
			t.Errorf("%s by an account without a token: %v", name, err)
		}
	}
}

func TestFilingTimeIsUp(t *testing.T) {
	t.Parallel()
	for name, call := range everything() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			over := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				cancel()
				<-over
			}))
			defer server.Close()
			defer close(over)
			c, err := twilio.Open(server.URL, scenario.Accounts(t))
			if err != nil {
				t.Fatal(err)
			}
			var e *twilio.Error
			if err := call(ctx, c); !errors.As(err, &e) || e.Outcome != twilio.Unknown || !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
	}
}

// What is gone is gone, however often it is deleted; anything but Twilio's own word
// for it proves nothing.
func TestGone(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"DeleteDocument": "/v2/RegulatoryCompliance/SupportingDocuments/" + sid("RD", 1),
		"Unassign":       "/v2/RegulatoryCompliance/Bundles/" + sid("BU", 1) + "/ItemAssignments/" + sid("BV", 1),
	} {
		for what, a := range map[string]answer{"deleted": {status: 204}, "gone already": problem(404, 20404)} {
			c, calls := answers(t, a)
			if _, err := filing[name](t.Context(), c); err != nil {
				t.Errorf("%s, %s: %v", name, what, err)
			}
			if got, want := calls(), []asked{{"DELETE", path, "", ""}}; !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s: asked %q, want %q", name, what, got, want)
			}
		}
		c, _ := answers(t, answer{202, ""})
		var e *twilio.Error
		if _, err := filing[name](t.Context(), c); !errors.As(err, &e) || e.Outcome != twilio.Unknown {
			t.Errorf("%s, or not: %v", name, err)
		}
	}
}

// A SID of another kind than was asked for is no answer.
func TestOtherSIDs(t *testing.T) {
	t.Parallel()
	for name, call := range filing {
		if slices.Contains([]string{
			"Regulation", "Policy", "ApprovedProfile", "Campaign", "Assignments", "ProfileAssignments", "ProductAssignments",
			"Assign", "AssignToProfile", "AssignToProduct", "DeleteDocument", "Unassign", "Evaluate", "EvaluateProfile", "EvaluateProduct",
		}, name) {
			continue // they answer with something else, and have tests of their own
		}
		c, _ := answers(t, answer{200, `{"sid": "` + sid("XX", 1) + `", "status": "twilio-approved"}`})
		var e *twilio.Error
		if _, err := call(t.Context(), c); !errors.As(err, &e) || e.Outcome != twilio.Unknown {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What Twilio says is for those whose call it was; the error itself holds nothing of it.
func TestMessage(t *testing.T) {
	t.Parallel()
	said := "The address of Erika Mustermann could not be validated."
	c, _ := answers(t, answer{400, `{"code": 21628, "message": "` + said + `", "more_info": "https://www.twilio.com/docs/errors/21628", "status": 400}`})
	_, err := filing["CreateAddress"](t.Context(), c)
	var e *twilio.Error
	if !errors.As(err, &e) || e.Message() != said || strings.Contains(err.Error(), "Mustermann") {
		t.Errorf("%v, which says %q", err, e.Message())
	}
	c, _ = answers(t, answer{502, "<html>Bad Gateway</html>"})
	if _, err = filing["CreateAddress"](t.Context(), c); !errors.As(err, &e) || e.Message() != "" {
		t.Errorf("%v, which says %q", err, e.Message())
	}
}

// What would address a list, or could not be found again, is never sent.
func TestFilingRefusedUnasked(t *testing.T) {
	t.Parallel()
	c, calls := answers(t, answer{status: 500})
	ctx, a := t.Context(), seed.AccountSID
	long := strings.Repeat("ß", 65)
	longer := strings.Repeat("ß", 256)
	refused := map[string]func() (any, error){
		"a regulation of no country":       func() (any, error) { return finding(c.Regulation(ctx, a, "de", "mobile")) },
		"a regulation of no type":          func() (any, error) { return finding(c.Regulation(ctx, a, "DE", "Mobile")) },
		"an address without a name":        func() (any, error) { return c.CreateAddress(ctx, a, twilio.Address{Country: "DE"}) },
		"an address in no country":         func() (any, error) { return c.CreateAddress(ctx, a, twilio.Address{FriendlyName: ours}) },
		"an address with a long name":      func() (any, error) { return c.CreateAddress(ctx, a, twilio.Address{FriendlyName: long, Country: "DE"}) },
		"updating no address":              func() (any, error) { return c.UpdateAddress(ctx, a, anAddress) },
		"finding an address of no name":    func() (any, error) { return finding(c.FindAddress(ctx, a, "")) },
		"an end user without a name":       func() (any, error) { return c.CreateEndUser(ctx, a, twilio.EndUser{Type: "business"}) },
		"an end user of no type":           func() (any, error) { return c.CreateEndUser(ctx, a, twilio.EndUser{FriendlyName: ours}) },
		"updating no end user":             func() (any, error) { return c.UpdateEndUser(ctx, a, anEndUser) },
		"finding an end user of no name":   func() (any, error) { return finding(c.FindEndUser(ctx, a, "")) },
		"a document without a name":        func() (any, error) { return c.CreateDocument(ctx, a, twilio.Document{Type: "passport"}) },
		"a document of no type":            func() (any, error) { return c.CreateDocument(ctx, a, twilio.Document{FriendlyName: ours}) },
		"updating no document":             func() (any, error) { return c.UpdateDocument(ctx, a, aDocument) },
		"no document":                      func() (any, error) { return c.Document(ctx, a, "") },
		"deleting no document":             func() (any, error) { return nothing(c.DeleteDocument(ctx, a, "")) },
		"deleting a path":                  func() (any, error) { return nothing(c.DeleteDocument(ctx, a, "RD/../../Bundles/"+sid("BU", 1))) },
		"deleting a bundle for a document": func() (any, error) { return nothing(c.DeleteDocument(ctx, a, sid("BU", 1))) },
		"finding a document of no name":    func() (any, error) { return finding(c.FindDocument(ctx, a, "")) },
		"a bundle of no country": func() (any, error) {
			return c.CreateBundle(ctx, a, twilio.NewBundle{FriendlyName: ours, NumberType: "mobile"})
		},
		"a bundle with a long name": func() (any, error) {
			return c.CreateBundle(ctx, a, twilio.NewBundle{FriendlyName: longer, Country: "DE", NumberType: "mobile"})
		},
		"finding a bundle of no name":     func() (any, error) { return finding(c.FindBundle(ctx, a, "")) },
		"no bundle":                       func() (any, error) { return c.Bundle(ctx, a, "") },
		"submitting no bundle":            func() (any, error) { return c.SubmitBundle(ctx, a, sid("BU", 1)+"/Copies") },
		"assignments of no bundle":        func() (any, error) { return c.Assignments(ctx, a, "BU1") },
		"assigning to no bundle":          func() (any, error) { return nothing(c.Assign(ctx, a, "", sid("IT", 1))) },
		"assigning a bundle to one":       func() (any, error) { return nothing(c.Assign(ctx, a, sid("BU", 1), sid("BU", 2))) },
		"assigning an address":            func() (any, error) { return nothing(c.Assign(ctx, a, sid("BU", 1), sid("AD", 2))) },
		"taking a part out of no bundle":  func() (any, error) { return nothing(c.Unassign(ctx, a, "", sid("BV", 1))) },
		"taking no part out of a bundle":  func() (any, error) { return nothing(c.Unassign(ctx, a, sid("BU", 1), sid("IT", 1))) },
		"evaluating no bundle":            func() (any, error) { return c.Evaluate(ctx, a, "") },
		"a policy of no name":             func() (any, error) { return finding(c.Policy(ctx, a, "")) },
		"a profile under no policy":       func() (any, error) { return c.CreateProfile(ctx, a, twilio.NewTrustBundle{FriendlyName: ours}) },
		"a product without a name":        func() (any, error) { return c.CreateProduct(ctx, a, twilio.NewTrustBundle{PolicySID: sid("RN", 1)}) },
		"finding a profile of no name":    func() (any, error) { return finding(c.FindProfile(ctx, a, "")) },
		"finding a product of no name":    func() (any, error) { return finding(c.FindProduct(ctx, a, "")) },
		"a profile under no policy there": func() (any, error) { return finding(c.ApprovedProfile(ctx, a, "")) },
		"no profile":                      func() (any, error) { return c.Profile(ctx, a, "") },
		"no product":                      func() (any, error) { return c.Product(ctx, a, "") },
		"submitting no profile":           func() (any, error) { return c.SubmitProfile(ctx, a, "") },
		"submitting no product":           func() (any, error) { return c.SubmitProduct(ctx, a, "") },
		"assignments of no profile":       func() (any, error) { return c.ProfileAssignments(ctx, a, "") },
		"assignments of no product":       func() (any, error) { return c.ProductAssignments(ctx, a, "") },
		"assigning to no profile":         func() (any, error) { return nothing(c.AssignToProfile(ctx, a, "", sid("IT", 1))) },
		"assigning nothing to a profile":  func() (any, error) { return nothing(c.AssignToProfile(ctx, a, sid("BU", 1), "")) },
		"assigning to no product":         func() (any, error) { return nothing(c.AssignToProduct(ctx, a, "", sid("IT", 1))) },
		"assigning nothing to a product":  func() (any, error) { return nothing(c.AssignToProduct(ctx, a, sid("BU", 1), "")) },
		"evaluating no profile":           func() (any, error) { return c.EvaluateProfile(ctx, a, "", sid("RN", 1)) },
		"evaluating under no policy":      func() (any, error) { return c.EvaluateProduct(ctx, a, sid("BU", 1), "") },
		"a trust end user of no type":     func() (any, error) { return c.CreateTrustEndUser(ctx, a, twilio.EndUser{FriendlyName: ours}) },
		"updating no trust end user":      func() (any, error) { return c.UpdateTrustEndUser(ctx, a, anEndUser) },
		"a trust end user of no name":     func() (any, error) { return finding(c.FindTrustEndUser(ctx, a, "")) },
		"a trust document without a name": func() (any, error) { return c.CreateTrustDocument(ctx, a, twilio.Document{Type: "passport"}) },
		"updating no trust document":      func() (any, error) { return c.UpdateTrustDocument(ctx, a, aDocument) },
		"a trust document of no name":     func() (any, error) { return finding(c.FindTrustDocument(ctx, a, "")) },
		"a brand of no profile":           func() (any, error) { return c.CreateBrand(ctx, a, twilio.NewBrand{ProductSID: sid("BU", 1)}) },
		"a brand of no product":           func() (any, error) { return c.CreateBrand(ctx, a, twilio.NewBrand{ProfileSID: sid("BU", 1)}) },
		"finding a brand of no profile":   func() (any, error) { return finding(c.FindBrand(ctx, a, "")) },
		"no brand":                        func() (any, error) { return c.Brand(ctx, a, "") },
		"resubmitting no brand":           func() (any, error) { return c.ResubmitBrand(ctx, a, "") },
		"a service with a long name":      func() (any, error) { return c.CreateService(ctx, a, long) },
		"finding a service of no name":    func() (any, error) { return finding(c.FindService(ctx, a, "")) },
		"adding to no service":            func() (any, error) { return nothing(c.AddToService(ctx, a, "", sid("PN", 1))) },
		"adding no number":                func() (any, error) { return nothing(c.AddToService(ctx, a, sid("MG", 1), "+14155550123")) },
		"a campaign of no brand":          func() (any, error) { return c.CreateCampaign(ctx, a, twilio.NewCampaign{ServiceSID: sid("MG", 1)}) },
		"a campaign of no service":        func() (any, error) { return c.CreateCampaign(ctx, a, twilio.NewCampaign{BrandSID: sid("BN", 1)}) },
		"no service's campaign":           func() (any, error) { return finding(c.Campaign(ctx, a, "")) },
	}
	for _, wrong := range []struct {
		what   string
		change func(*twilio.DocumentUpload)
	}{
		{"no name", func(d *twilio.DocumentUpload) { d.FriendlyName = "" }},
		{"no type", func(d *twilio.DocumentUpload) { d.Type = "" }},
		{"no file name", func(d *twilio.DocumentUpload) { d.FileName = "" }},
		{"no media type", func(d *twilio.DocumentUpload) { d.ContentType = "" }},
		{"no body", func(d *twilio.DocumentUpload) { d.Body = nil }},
		{"no size", func(d *twilio.DocumentUpload) { d.Size = 0 }},
		{"attributes that are no JSON", func(d *twilio.DocumentUpload) { d.Attributes = map[string]any{"x": func() {}} }},
	} {
		d := anUpload("%PDF")
		wrong.change(&d)
		refused["an upload with "+wrong.what] = func() (any, error) { return c.UploadDocument(ctx, a, d) }
	}
	for name, call := range refused {
		var e *twilio.Error
		if _, err := call(); !errors.As(err, &e) || e.Outcome != twilio.Refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked := calls(); len(asked) > 0 {
		t.Errorf("asked %q", asked)
	}
}
