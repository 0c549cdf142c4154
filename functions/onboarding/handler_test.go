package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/twilio"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

// Beside what a scenario says was given, there is a Twilio, which numbers its documents.
func TestEvents(t *testing.T) {
	scenario.Golden(t, "onboarding", func(t testing.TB, db *scenario.Table) scenario.Handler {
		return handler(t, db, &numbered{registry: scenario.NewSimulator(t, db).Client(t)})
	})
}

// numbered is a Twilio whose SIDs of documents are the same in every run.
type numbered struct {
	registry
	sids []string
}

func (n *numbered) UploadDocument(ctx context.Context, accountSID string, d twilio.DocumentUpload) (twilio.Document, error) {
	made, err := n.registry.UploadDocument(ctx, accountSID, d)
	if err == nil {
		n.sids = append(n.sids, made.SID)
		made.SID = fmt.Sprintf("RD%032x", len(n.sids))
	}
	return made, err
}

func (n *numbered) DeleteDocument(ctx context.Context, accountSID, sid string) error {
	for i, known := range n.sids {
		if sid == fmt.Sprintf("RD%032x", i+1) {
			return n.registry.DeleteDocument(ctx, accountSID, known)
		}
	}
	return fmt.Errorf("%s was never given out", sid)
}

func handler(t testing.TB, db *scenario.Table, registry registry) scenario.Handler {
	f := function{scenario.Log(t), db.Now, clienteling.Sandbox, db.Open(), registry, db.FilingJobs, seed.AccountSID}
	return apigw.New(apigw.Options{Scope: "clienteling:manage", Routes: f.routes(), Files: files, Log: scenario.Log(t)})
}

// world is a retailer that has asked for countries, with a table, a Twilio and a clock
// of its own.
type world struct {
	testing.TB
	db     *scenario.Table
	twilio *scenario.Simulator
	handle scenario.Handler
}

const retailer = "nova"

// newWorld is a world in which the retailer is enabled, if it has asked for countries.
func newWorld(t testing.TB, countries ...string) *world {
	t.Helper()
	w := &world{TB: t, db: scenario.NewTable(t)}
	w.twilio = scenario.NewSimulator(t, w.db)
	w.handle = handler(t, w.db, w.twilio.Client(t))
	if len(countries) > 0 {
		w.enable(retailer, countries...)
	}
	return w
}

func (w *world) enable(retailer string, countries ...string) {
	w.Helper()
	w.must(w.db.Open().EnableRetailer(w.Context(), clienteling.Retailer{
		ID: retailer, LegalName: "Nova Mode SARL", ContactEmail: "clienteling@nova.example", Countries: countries, OptInMode: clienteling.AnyReply, EnabledAt: w.db.Now(),
	}))
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// call is a request in the making: "PUT /v1/countries/DE/registration".
type call struct {
	at      string
	query   url.Values
	body    any // a []byte is sent as it is, all else as JSON
	media   string
	ifMatch string
	// retailer is that of the token; empty for the world's own.
	retailer string
}

// request is the call as the gateway hands it over.
func (w *world) request(c call) scenario.Request {
	w.Helper()
	r := scenario.Event(w, "onboarding/progress")
	method, path, _ := strings.Cut(c.at, " ")
	parts, route := strings.Split(path, "/"), slices.Clone(strings.Split(path, "/"))
	r.PathParameters = map[string]string{}
	for n, name := range map[int]string{3: "country", 5: "documentId"} {
		if len(parts) > n {
			r.PathParameters[name], route[n] = parts[n], "{"+name+"}"
		}
	}
	r.RouteKey, r.RawPath, r.RawQueryString = method+" "+strings.Join(route, "/"), path, c.query.Encode()
	r.RequestContext.RouteKey, r.RequestContext.HTTP.Method, r.RequestContext.HTTP.Path = r.RouteKey, method, path
	claims := r.RequestContext.Authorizer.JWT.Claims
	if claims["retailer"] = retailer; c.retailer != "" {
		claims["retailer"] = c.retailer
	}
	switch body := c.body.(type) {
	case nil:
	case []byte:
		r.Body, r.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	default:
		text, err := json.Marshal(body)
		w.must(err)
		r.Body, r.Headers["content-type"] = string(text), "application/json"
	}
	if c.media != "" {
		r.Headers["content-type"] = c.media
	}
	if c.ifMatch != "" {
		r.Headers["if-match"] = c.ifMatch
	}
	return r
}

// answered is an answer's status, and the code of a problem.
type answered struct {
	status int
	code   string
}

// reply is an answer, read.
type reply struct {
	answered
	scenario.Response
	// errors are the details of a problem's fields by their pointers, pointers these in order.
	errors   map[string]string
	pointers []string
}

// ask gives a call to the function. All that is not below 300 must be a problem.
func (w *world) ask(c call) reply {
	w.Helper()
	res, err := w.handle(w.Context(), w.request(c))
	w.must(err)
	got := reply{answered: answered{status: res.StatusCode}, Response: res, errors: map[string]string{}}
	if res.StatusCode < 300 {
		return got
	}
	var p apigw.Problem
	if err := json.Unmarshal([]byte(res.Body), &p); err != nil || res.Headers["content-type"] != "application/problem+json" || p.Status != res.StatusCode || p.Detail == "" {
		w.Fatalf("%s answered %d %s, which is no problem: %v", c.at, res.StatusCode, res.Body, err)
	}
	got.code = p.Code
	for _, e := range p.Errors {
		if e.Detail == "" {
			w.Errorf("%s: nothing is said about %s", c.at, e.Pointer)
		}
		got.errors[e.Pointer] += e.Detail
		got.pointers = append(got.pointers, e.Pointer)
	}
	return got
}

// refused gives a call to the function, which must refuse it and change nothing; that
// it has read what the country asks for is no change.
func (w *world) refused(c call, status int, code string, pointers ...string) reply {
	w.Helper()
	before := w.db.Items(w)
	got := w.ask(c)
	if got.answered != (answered{status, code}) || len(pointers) > 0 && !slices.Equal(got.pointers, pointers) {
		w.Errorf("%s answered %d %s, want %d %s %v", c.at, got.status, got.Body, status, code, pointers)
	}
	now := w.db.Items(w)
	for _, items := range []scenario.Items{before, now} {
		maps.DeleteFunc(items, func(key string, _ map[string]any) bool { return strings.HasPrefix(key, "COUNTRY#") })
	}
	w.same(before, now)
	return got
}

// unchanged fails if anything in the table is not as it was.
func (w *world) unchanged(before scenario.Items) {
	w.Helper()
	w.same(before, w.db.Items(w))
}

func (w *world) same(before, now scenario.Items) {
	w.Helper()
	if d := now.Since(before); len(d.Added)+len(d.Changed)+len(d.Removed) > 0 {
		w.Errorf("it had an effect: %+v", d)
	}
}

// ok gives a call to the function, and decodes what it is answered with that status.
func ok[T any](w *world, status int, c call) (v T, etag string) {
	w.Helper()
	got := w.ask(c)
	if got.status != status {
		w.Fatalf("%s answered %d %s", c.at, got.status, got.Body)
	}
	if got.Body != "" {
		w.must(json.Unmarshal([]byte(got.Body), &v))
	}
	return v, got.Headers["etag"]
}

// shown is a country as the API shows it.
type shown struct {
	facts
	Items       []item   `json:"items"`
	Missing     []string `json:"missing"`
	Rejections  []string `json:"rejections"`
	SubmittedAt string   `json:"submittedAt"`
	ApprovedAt  string   `json:"approvedAt"`
}

func (w *world) country(code string) shown {
	w.Helper()
	v, _ := ok[shown](w, http.StatusOK, call{at: "GET /v1/countries/" + code})
	return v
}

// item is one item of a country.
func (s shown) item(t testing.TB, key string) item {
	t.Helper()
	n := slices.IndexFunc(s.Items, func(i item) bool { return i.Key == key })
	if n < 0 {
		t.Fatalf("%s has no item %s", s.Country, key)
	}
	return s.Items[n]
}

// answers is the body of a draft.
type answers struct {
	Answers   map[string]string              `json:"answers,omitempty"`
	Addresses map[string]clienteling.Address `json:"addresses,omitempty"`
}

func (w *world) draft(code string, a answers) (shown, string) {
	w.Helper()
	return ok[shown](w, http.StatusOK, call{at: "PUT /v1/countries/" + code + "/registration", body: a})
}

// The first bytes of each kind of file; all that follows is the paper's own.
const (
	pdf  = "%PDF-1.7\n"
	jpeg = "\xff\xd8\xff\xe0\x00\x10JFIF\x00"
	png  = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
)

// upload is the call that uploads a paper for an item.
func upload(code, item, choice, name, media, body string) call {
	q := url.Values{}
	for key, value := range map[string]string{"item": item, "type": choice, "filename": name} {
		if value != "" {
			q.Set(key, value)
		}
	}
	return call{at: "POST /v1/countries/" + code + "/documents", query: q, media: media, body: []byte(body)}
}

func (w *world) upload(code, item, choice string) paper {
	w.Helper()
	p, _ := ok[paper](w, http.StatusCreated, upload(code, item, choice, item+".pdf", "application/pdf", pdf+item))
	return p
}

// atTwilio are the documents that Twilio has, by their names there.
func (w *world) atTwilio() map[string]simulated {
	w.Helper()
	var all struct{ Documents []simulated }
	w.twilio.Control(w, "GET", "/control/compliance", nil, &all)
	found := map[string]simulated{}
	for _, d := range all.Documents {
		if !d.Deleted {
			found[d.FriendlyName] = d
		}
	}
	return found
}

// simulated is a document as the simulator has it.
type simulated struct {
	SID          string
	FriendlyName string `json:"friendly_name"`
	Type         string
	Deleted      bool
	File         struct {
		Name, MimeType, SHA256 string
		Size                   int
	}
}

// sample is an answer that an item takes without a warning.
func sample(t testing.TB, i country.Item) string {
	t.Helper()
	switch i.Kind {
	case country.Person:
		return "Dupont, Anne-Marie"
	case country.Date:
		return "1983-11-18"
	case country.CountryCode:
		return "FR"
	case country.Email:
		return "anne.dupont@nova.example"
	case country.Website:
		return "https://www.nova.example"
	case country.Choice:
		return i.Choices[0]
	}
	if number, known := map[country.Format]string{
		country.E164: "+14155550123", country.EIN: "91-1144442", country.VAT: "DE136695976", country.BusinessNumberAU: "83 914 571 673",
		country.EnterpriseNumberBE: "0403.170.701", country.UIDCH: "CHE-100.155.212", country.RegisterNumberDE: "HRB 11223",
		country.TaxNumberES: "B58378431", country.SIREN: "404 833 048", country.CompanyNumberGB: "00445790", country.RegistrationNumberHK: "12345678",
		country.BusinessNumberIT: "00743110157", country.FiscalCodeIT: "RCCMNL83S18D969H", country.OrganisationNumberNO: "988 077 917",
		country.RegisterNumberPL: "0000123456", country.TaxNumberPT: "501 964 843", country.OrganisationNumberSE: "123456-7897",
	}[i.Format]; known {
		return number
	}
	if i.Format != "" {
		t.Fatalf("no sample of %s", i.Format)
	}
	return "Nova Mode"
}

// place is an address that an item takes.
func place(i country.Item) clienteling.Address {
	code := i.In
	if code == "" {
		code = "FR"
	}
	return clienteling.Address{Street: "12 rue de la République", City: "Lyon", PostalCode: postalCode(code), Country: code}
}

func postalCode(code string) string {
	switch code {
	case "AT", "BE", "CH", "DK", "NO", "AU":
		return "1010"
	case "IE":
		return "D02 AF30"
	case "PT":
		return "1000-001"
	}
	return "69002"
}
