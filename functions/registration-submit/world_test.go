package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }

// life is that of one worker, which calls Twilio and DynamoDB. At a call, counted from
// 1, something may happen. Once it is dead, no call of its reaches anybody.
type life struct {
	mu    sync.Mutex
	calls []string
	at    int
	// before and after happen at that call; the worker ends there if they say so.
	before, after func() (ends bool)
	// fault is what Twilio answers at that call; empty for what it would.
	fault string
	// meanwhile happens before every call.
	meanwhile func()
	dead      bool
	end       context.CancelFunc
}

var errDead = errors.New("the worker is dead (on behalf of the test)")

// call lets a call happen, if the worker lives. It says which fault strikes.
func (l *life) call(name string, do func(fault string)) error {
	l.mu.Lock()
	if l.dead {
		l.mu.Unlock()
		return errDead
	}
	l.calls = append(l.calls, name)
	now := len(l.calls) == l.at
	l.mu.Unlock()
	if l.meanwhile != nil {
		l.meanwhile()
	}
	if now && l.before != nil && l.before() {
		return l.die()
	}
	if now {
		do(l.fault)
	} else {
		do("")
	}
	if now && l.after != nil && l.after() {
		return l.die()
	}
	return nil
}

func (l *life) die() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
	l.end()
	return errDead
}

// deep says that the tests try every combination, not only those that differ.
func deep() bool { return os.Getenv("DEEP") != "" }

// always says that the worker ends there.
func always() bool { return true }

// wire is the worker's way to DynamoDB.
func (l *life) wire(next aws.HTTPClient) aws.HTTPClient {
	return doer(func(r *http.Request) (res *http.Response, err error) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if dead := l.call(operation, func(string) { res, err = next.Do(r) }); dead != nil {
			return nil, dead
		}
		return res, err
	})
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// canaries are personal, and must never be seen in a log or a job.
var canaries = []string{"Cassandra", "Quillfeather", "1971-07-13", "QLLCSN71L53F205X", "K4N4RY77", "cassandra@acme.example", "+12125550177", "Canary Cove"}

// kind is a registration of a country, complete, and what comes of it.
type kind struct {
	country string
	// users, documents and addresses are what Twilio has of it in the end; documents are
	// papers and proofs of addresses.
	users, documents, addresses int
}

func (k kind) bundle() bool { return k.country != "US" }

// kinds are the registrations that differ in how they are filed.
func kinds() []kind {
	return []kind{
		{"DE", 1, 2, 1}, // an excerpt, and the address
		{"IT", 1, 2, 1}, // one of three papers shows the address; an ID; much of the representative
		{"FR", 1, 3, 1},
		{"CZ", 1, 5, 2}, // with the representative's address and an authorization
		{"DK", 1, 1, 1}, // no paper
		{"GB", 1, 1, 1},
		{"US", 3, 1, 1},
		{"EE", 1, 1, 0}, // nothing in the catalogue: what Twilio asks
	}
}

func kindOf(code string) kind {
	return kinds()[slices.IndexFunc(kinds(), func(k kind) bool { return k.country == code })]
}

// world is a registration of a kind, with a table, a Twilio and a clock of its own.
type world struct {
	*testing.T
	kind
	db     *scenario.Table
	twilio *scenario.Simulator
	client *twilio.Client
	items  []country.Item
	log    syncBuffer
	// life is that of the worker whose calls come to Twilio.
	mu   sync.Mutex
	life *life
	// fails is the fault that strikes each different request once; empty for none.
	fails  string
	struck map[string]bool
	// tamper changes requests on their way; nil for none.
	tamper func(*http.Request)
	// planted are the SIDs of what the simulator had from the beginning.
	planted map[string]bool
}

const retailer = "acme"

type tokens struct{}

func (tokens) AuthTokens(context.Context, string) ([]string, error) {
	return []string{seed.AuthToken}, nil
}

type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func newWorld(t *testing.T, k kind, change ...func(*filed)) *world {
	t.Helper()
	w := &world{T: t, kind: k, db: scenario.NewTable(t), life: &life{}, struck: map[string]bool{}}
	w.twilio = scenario.NewSimulator(t, w.db)
	w.planted = w.compliance().sids()
	front := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(front.Close)
	var err error
	w.client, err = twilio.Open(front.URL, tokens{})
	w.must(err)
	// The reviewer waits for the test; nobody listens to callbacks.
	w.twilio.Control(t, "POST", "/control/reviews", map[string]any{"delayMs": time.Hour.Milliseconds()}, nil)
	w.twilio.Control(t, "POST", "/control/faults", map[string]any{"operation": "review-callback", "kind": "lose", "nth": 0}, nil)
	to := w.db.Open()
	w.must(to.EnableRetailer(t.Context(), clienteling.Retailer{
		ID: retailer, LegalName: "Acme Apparel Ltd", ContactEmail: "papers@acme.example", Countries: []string{k.country}, OptInMode: clienteling.AnyReply,
	}))
	c, _ := country.Of(k.country)
	w.items = c.Items()
	if k.country == "EE" {
		w.items = estonian()
		_, err := to.SaveRequirements(t.Context(), table.Requirements{Country: "EE", Items: w.items, At: w.db.Now()})
		w.must(err)
	}
	w.submit(change...)
	return w
}

// estonian are the items that follow from Twilio's regulation of Estonian numbers.
func estonian() []country.Item {
	return []country.Item{
		{Key: "business_name", Label: "Business Name", Kind: country.Text, Required: true, Source: country.Twilio, Twilio: country.Field{Object: country.EndUser, Name: "business_name", Type: "business"}},
		{
			Key: "business_name_info", Label: "Business Name", Kind: country.Document, Required: true, Source: country.Twilio,
			Choices: []string{"commercial_registrar_excerpt"}, Twilio: country.Field{Object: country.DocumentObject, Type: "commercial_registrar_excerpt"},
		},
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// serve is the worker's way to Twilio, where faults strike.
func (w *world) serve(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	l := w.life
	w.mu.Unlock()
	dead := l.call(r.Method+" "+route(r), func(fault string) {
		status, code := http.StatusTooManyRequests, 20429
		switch fault = cmp.Or(fault, w.fault(r)); fault {
		case "":
			if w.tamper != nil {
				w.tamper(r)
			}
			w.twilio.Simulator.ServeHTTP(out, r)
			return
		case "reset-before":
			reset(out)
		case "reset-after":
			_, _ = io.Copy(io.Discard, r.Body)
			w.twilio.Simulator.ServeHTTP(httptest.NewRecorder(), r)
			reset(out)
		case "html-503":
			out.Header().Set("Content-Type", "text/html")
			out.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(out, "<html><body>Service Temporarily Unavailable</body></html>")
			return
		case "429":
		case "500":
			status, code = http.StatusInternalServerError, 20500
		case "401":
			status, code = http.StatusUnauthorized, 20003
		case "400":
			status, code = http.StatusBadRequest, 70002
		default:
			w.Errorf("no fault %s", fault)
		}
		out.Header().Set("Content-Type", "application/json")
		out.WriteHeader(status)
		_, _ = fmt.Fprintf(out, `{"code": %d, "message": "Invalid request", "more_info": "https://www.twilio.com/docs/errors/%d", "status": %d}`, code, code, status)
	})
	if dead != nil {
		panic(http.ErrAbortHandler)
	}
}

// fault is what strikes a request that was not made before.
func (w *world) fault(r *http.Request) string {
	if w.fails == "" {
		return ""
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	w.mu.Lock()
	defer w.mu.Unlock()
	if key := r.Method + r.URL.String() + string(body); !w.struck[key] {
		w.struck[key] = true
		return w.fails
	}
	return ""
}

// route is the path of a request without the SIDs in it.
func route(r *http.Request) string {
	parts := strings.Split(strings.TrimSuffix(r.URL.Path, ".json"), "/")
	parts = slices.DeleteFunc(parts, func(p string) bool { return len(p) == 34 })
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}

// reset cuts the connection so that the client sees it reset by its peer.
func reset(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}

// filed is what a retailer files, before it is submitted.
type filed struct {
	w       *world
	Answers map[string]clienteling.Answer
	// Files are the names of the papers' files, by the key of the item.
	Files map[string]string
}

// text answers an item anew.
func (f *filed) text(key, value string) { f.Answers[key] = clienteling.Answer{Text: value} }

// street answers an address anew.
func (f *filed) street(key, street string) {
	a := *f.Answers[key].Address
	a.Street = street
	f.Answers[key] = clienteling.Answer{Address: &a}
}

// complete answers all required items.
func (w *world) complete() *filed {
	f := &filed{w: w, Answers: map[string]clienteling.Answer{}, Files: map[string]string{}}
	given := map[string]bool{}
	for _, i := range w.items {
		if !i.Required || i.OneOf != "" && given[i.OneOf] {
			continue
		}
		if i.OneOf != "" {
			given[i.OneOf] = true
		}
		if i.Kind == country.Document {
			f.Files[i.Key] = i.Key + ".pdf"
			continue
		}
		f.Answers[i.Key] = w.answer(i)
	}
	return f
}

func (w *world) answer(i country.Item) clienteling.Answer {
	switch i.Kind {
	case country.Address:
		a := clienteling.Address{Street: "12 Market Square", City: "Springfield", PostalCode: "12345", Country: cmp.Or(i.In, w.country)}
		if i.Personal {
			a.Street = "3 Canary Cove"
		}
		if w.country == "US" {
			a.Region = "NY"
		}
		return clienteling.Answer{Address: &a}
	case country.Person:
		return clienteling.Answer{Text: "Cassandra Quillfeather"}
	case country.Choice:
		return clienteling.Answer{Text: i.Choices[0]}
	case country.Website:
		return clienteling.Answer{Text: "https://www.acme.example/" + i.Key}
	case country.CountryCode:
		return clienteling.Answer{Text: w.country}
	}
	text := map[string]string{
		"business_name": "Acme Apparel Ltd", "ein": "12-3456789", "vat_number": "DE136695976", "registration_number": "HRB 12345 B",
		"representative_birth_date": "1971-07-13", "representative_birth_place": "Milano", "representative_fiscal_code": "QLLCSN71L53F205X",
		"representative_email": "cassandra@acme.example", "representative_phone": "+12125550177", "representative_title": "Director K4N4RY77",
	}[i.Key]
	if text == "" {
		w.Fatalf("no answer for %s", i.Key)
	}
	return clienteling.Answer{Text: text}
}

// submit files all, uploads the papers that are not there, and submits.
func (w *world) submit(change ...func(*filed)) {
	w.Helper()
	to, f := w.db.Open(), w.complete()
	for _, c := range change {
		c(f)
	}
	r, err := to.RegistrationFile(w.Context(), retailer, w.country)
	if errors.Is(err, clienteling.ErrNotFound) {
		r, err = clienteling.Registration{Retailer: retailer, Country: w.country, AccountSID: seed.AccountSID}, nil
	}
	w.must(err)
	r.Answers = f.Answers
	r, err = to.SaveRegistration(w.Context(), r, w.db.Now())
	w.must(err)
	for _, i := range w.items {
		if name := f.Files[i.Key]; name != "" {
			w.upload(i, name)
		}
	}
	papers, err := to.Documents(w.Context(), retailer, w.country)
	w.must(err)
	if missing := r.Missing(w.items, papers); len(missing) > 0 {
		w.Fatalf("the test's registration lacks %v", missing)
	}
	_, err = to.SubmitRegistration(w.Context(), r, w.db.Now())
	w.must(err)
}

// upload brings a paper to Twilio, in the place of one of another name.
func (w *world) upload(i country.Item, name string) {
	w.Helper()
	to := w.db.Open()
	papers, err := to.Documents(w.Context(), retailer, w.country)
	w.must(err)
	for _, d := range papers {
		if d.Item != i.Key || d.State != clienteling.DocumentThere {
			continue
		}
		if d.Name == name {
			return
		}
		_, err := to.DropDocument(w.Context(), d, w.db.Now())
		w.must(err)
	}
	d := clienteling.Document{
		Retailer: retailer, Country: w.country, Item: i.Key, AccountSID: seed.AccountSID, Name: name, Type: "application/pdf", Size: len(pdf), At: w.db.Now(),
	}
	if len(i.Choices) > 0 {
		d.Choice = i.Choices[len(i.Choices)-1]
	}
	d, err = to.BeginUpload(w.Context(), d)
	w.must(err)
	made, err := w.client.UploadDocument(w.Context(), seed.AccountSID, twilio.DocumentUpload{
		FriendlyName: clienteling.Sandbox.PaperName(d.ID), Type: cmp.Or(d.Choice, i.Twilio.Type), FileName: name, ContentType: d.Type,
		Body: strings.NewReader(pdf), Size: int64(len(pdf)),
	})
	w.must(err)
	d, err = to.Uploaded(w.Context(), d, made.SID)
	w.must(err)
	w.must(to.ClaimDocument(w.Context(), d))
}

const pdf = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

// run has a worker, which is a process of its own, take up the registration.
func (w *world) run(l *life) error {
	ctx, end := context.WithCancel(w.Context())
	defer end()
	l.end = end
	w.mu.Lock()
	before := w.life
	w.life = l
	w.mu.Unlock()
	defer func() { w.mu.Lock(); w.life = before; w.mu.Unlock() }()
	config := w.db.Config
	config.HTTPClient = l.wire(w.db.Wire)
	to := table.Open(config, table.Options{Name: w.db.Name, Now: w.db.Now, NewID: w.db.NewID})
	f := function{w.logger(), w.db.Now, clienteling.Sandbox, seed.PublicBaseURL, w.client, to}
	return f.work(ctx, queue.SubmitRegistration{Retailer: retailer, Country: w.country})
}

// effects are the calls that have one: to end after another is the same as before it.
func effects(call string) bool {
	return strings.HasPrefix(call, "POST") || strings.HasPrefix(call, "DELETE") || call == "TransactWriteItems"
}

func (w *world) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(&w.log, nil)) }

func (w *world) registration() clienteling.Registration {
	w.Helper()
	r, err := w.db.Open().RegistrationFile(w.Context(), retailer, w.country)
	w.must(err)
	return r
}

// review has the reviewers look at all that waits.
func (w *world) review() {
	w.twilio.Control(w, "POST", "/control/reviews", map[string]any{"now": true}, nil)
}

// next lets time pass until the registration is due, as reconcile sees it, and has a
// worker take it up. It is due as soon as the lease of a dead worker is over.
func (w *world) next(l *life) {
	w.Helper()
	to, passes := w.db.Open(), []time.Duration{91 * time.Second, time.Hour}
	if r := w.registration(); r.State == clienteling.RegistrationInReview && r.Tries == 0 {
		passes = []time.Duration{15*time.Minute + time.Second}
	}
	for _, pass := range passes {
		w.db.Set(w.db.Now().Add(pass))
		due, err := to.DueRegistrations(w.Context(), w.db.Now(), 9)
		w.must(err)
		if len(due) > 0 {
			w.must(to.RegistrationDueAgain(w.Context(), due[0], w.db.Now()))
			if err := w.run(l); err != nil && !l.dead {
				w.Errorf("the job failed: %v", err)
			}
			return
		}
	}
	w.Fatalf("it is not due: %+v", w.registration())
}

// settle has workers and reviewers do their work until there is nothing left to do. The
// life is that of all workers, as long as it lasts.
func (w *world) settle(l *life) clienteling.Registration {
	w.Helper()
	if err := w.run(l); err != nil && !l.dead {
		w.Errorf("the job failed: %v", err)
	}
	for range 200 {
		r := w.registration()
		if r.State != clienteling.RegistrationSubmitting && r.State != clienteling.RegistrationInReview {
			return r
		}
		if l.dead {
			l = &life{}
		}
		w.review()
		w.next(l)
	}
	w.Fatalf("it does not end: %+v", w.registration())
	return clienteling.Registration{}
}

// compliance is all that Twilio ever had, as far as the test looks at it.
type compliance struct {
	Addresses []address
	EndUsers  []paper
	Documents []paper
	Bundles   []bundle
	Brands    []paper
	Services  []paper
	Campaigns []paper
}

// paper is anything that is filed; a campaign has its status under another name.
type paper struct {
	SID, Status    string
	CampaignStatus string `json:"campaign_status"`
}

func (c compliance) sids() map[string]bool {
	all := map[string]bool{}
	for _, a := range c.Addresses {
		all[a.SID] = true
	}
	for _, b := range c.Bundles {
		all[b.SID] = true
	}
	for _, p := range slices.Concat(c.EndUsers, c.Documents, c.Brands, c.Services, c.Campaigns) {
		all[p.SID] = true
	}
	return all
}

type address struct {
	SID, Street string
	Country     string `json:"iso_country"`
}

type bundle struct {
	SID, Kind, Status string
	FriendlyName      string `json:"friendly_name"`
	Submissions       int
	Assignments       []struct{ ObjectSID string }
}

func (w *world) compliance() compliance {
	w.Helper()
	var all compliance
	w.twilio.Control(w, "GET", "/control/compliance", nil, &all)
	all.Addresses = slices.DeleteFunc(all.Addresses, func(a address) bool { return w.planted[a.SID] })
	all.Bundles = slices.DeleteFunc(all.Bundles, func(b bundle) bool { return w.planted[b.SID] })
	for _, of := range []*[]paper{&all.EndUsers, &all.Documents, &all.Brands, &all.Services, &all.Campaigns} {
		*of = slices.DeleteFunc(*of, func(p paper) bool { return w.planted[p.SID] })
	}
	return all
}

// checkOnce holds whatever happened: there is one of everything at Twilio, or none.
func (w *world) checkOnce(most bool) compliance {
	w.Helper()
	all := w.compliance()
	want := map[string][2]int{
		"end users": {len(all.EndUsers), w.users}, "documents": {len(all.Documents), w.documents}, "addresses": {len(all.Addresses), w.addresses},
	}
	if w.bundle() {
		want["bundles"] = [2]int{len(all.Bundles), 1}
	} else {
		want["bundles"], want["brands"] = [2]int{len(all.Bundles), 2}, [2]int{len(all.Brands), 1}
		want["services"], want["campaigns"] = [2]int{len(all.Services), 1}, [2]int{len(all.Campaigns), 1}
	}
	for what, n := range want {
		if n[0] > n[1] || !most && n[0] < n[1] {
			w.Errorf("Twilio has %d %s, want %d", n[0], what, n[1])
		}
	}
	w.noCanary()
	return all
}

// noCanary fails if the log says anything personal.
func (w *world) noCanary() {
	w.Helper()
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	for _, canary := range canaries {
		if strings.Contains(w.log.String(), canary) {
			w.Errorf("%s is in the log", canary)
		}
	}
}

// checkApproved holds what must be true of an approved registration: Twilio has one of
// everything, all of it in its place, and the table knows the SIDs, and nothing personal.
func (w *world) checkApproved() {
	w.Helper()
	r, all := w.registration(), w.checkOnce(false)
	if r.State != clienteling.RegistrationApproved || len(r.Rejections) > 0 || r.ApprovedAt.IsZero() || r.Tries != 0 {
		w.Errorf("registration %+v", r)
	}
	items := w.db.Items(w)
	for _, canary := range canaries {
		if text := fmt.Sprint(items); strings.Contains(text, canary) {
			w.Errorf("%s is still in the table", canary)
		}
	}
	if a := r.Answers["business_name"]; a.Text == "" {
		w.Error("the business has no name any more")
	}
	file := items["RETAILER#acme / FILE#"+w.country]
	if due, listed := file["gsi2sk"]; listed != !r.ValidUntil.IsZero() {
		w.Errorf("valid until %v, and due %v", r.ValidUntil, due)
	}
	approval := items["RETAILER#acme / COUNTRY#"+w.country]
	if due, _ := approval["gsi2pk"].(string); !strings.HasPrefix(due, "DUE#approval") {
		w.Errorf("what waits does not go on: %v", approval)
	}
	if n := slices.IndexFunc(all.Addresses, func(a address) bool { return a.Country == w.country && a.Street == "12 Market Square" }); w.addresses > 0 && (n < 0 || r.AddressSID != all.Addresses[n].SID) {
		w.Errorf("Twilio has %+v, and recorded is %s", all.Addresses, r.AddressSID)
	}
	for _, b := range all.Bundles {
		if b.Status != "twilio-approved" || b.Submissions == 0 {
			w.Errorf("%+v", b)
		}
	}
	if !w.bundle() {
		if r.ServiceSID != all.Services[0].SID || r.BundleSID != "" || all.Brands[0].Status != "APPROVED" || all.Campaigns[0].CampaignStatus != "VERIFIED" {
			w.Errorf("registration %+v, Twilio %+v", r, all)
		}
		return
	}
	b := all.Bundles[0]
	if r.BundleSID != b.SID || r.ServiceSID != "" {
		w.Errorf("Twilio has %s, recorded is %s", b.SID, r.BundleSID)
	}
	parts := []string{r.Made["end_user"]}
	for what, sid := range r.Made {
		if strings.HasPrefix(what, "proof/") {
			parts = append(parts, sid)
		}
	}
	papers, err := w.db.Open().Documents(w.Context(), retailer, w.country)
	w.must(err)
	for _, d := range papers {
		if d.State == clienteling.DocumentThere {
			parts = append(parts, d.SID)
		}
	}
	var assigned []string
	for _, a := range b.Assignments {
		assigned = append(assigned, a.ObjectSID)
	}
	slices.Sort(parts)
	slices.Sort(assigned)
	if !slices.Equal(parts, assigned) {
		w.Errorf("in the bundle are %v, made were %v", assigned, parts)
	}
}
