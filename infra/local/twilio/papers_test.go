package twilio

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
	messaging "github.com/twilio/twilio-go/rest/messaging/v1"
	numbers "github.com/twilio/twilio-go/rest/numbers/v2"
	trusthub "github.com/twilio/twilio-go/rest/trusthub/v1"
)

// filer is Twilio's own clients of all products that take papers.
type filer struct {
	*rig
	api *api.ApiService
	num *numbers.ApiService
	th  *trusthub.ApiService
	msg *messaging.ApiService
}

func (r *rig) filer() filer {
	c := &client.Client{
		Credentials: client.NewCredentials(account, token),
		HTTPClient:  &http.Client{Timeout: 5 * time.Second, Transport: toward{http.DefaultTransport, r.url}},
	}
	c.SetAccountSid(account)
	return filer{
		r, api.NewApiServiceWithClient(c), numbers.NewApiServiceWithClient(c),
		trusthub.NewApiServiceWithClient(c), messaging.NewApiServiceWithClient(c),
	}
}

// must answers what a call brought, which has to go well.
func must[T any](t testing.TB) func(T, error) T {
	return func(got T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
}

func (f filer) address(country, street string) string {
	f.Helper()
	return *must[*api.ApiV2010Address](f)(f.api.CreateAddress(new(api.CreateAddressParams).SetCustomerName("Acme").SetStreet(street).
		SetCity("City").SetRegion("").SetPostalCode("12345").SetIsoCountry(country))).Sid
}

func (f filer) endUser(attributes map[string]any) string {
	f.Helper()
	return *must[*numbers.NumbersV2EndUser](f)(f.num.CreateEndUser(new(numbers.CreateEndUserParams).SetFriendlyName("acme").SetType("business").
		SetAttributes(attributes))).Sid
}

// document makes one without a file.
func (f filer) document(kind string, attributes map[string]any) string {
	f.Helper()
	return *must[*numbers.NumbersV2SupportingDocument](f)(f.num.CreateSupportingDocument(new(numbers.CreateSupportingDocumentParams).
		SetFriendlyName(kind).SetType(kind).SetAttributes(attributes))).Sid
}

var pdf = []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n")

// upload sends a file, and answers the status and the body.
func (r *rig) upload(fields map[string]string, fileName, contentType string, file []byte) (int, map[string]any) {
	r.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		form.WriteField(name, value)
	}
	if file != nil {
		header := textproto.MIMEHeader{"Content-Type": {contentType}}
		header.Set("Content-Disposition", fmt.Sprintf(`form-data; name="File"; filename=%q`, fileName))
		part, err := form.CreatePart(header)
		if err != nil {
			r.Fatal(err)
		}
		part.Write(file)
	}
	form.Close()
	req, err := http.NewRequest("POST", r.url+compliancePath+"/SupportingDocuments", &body)
	if err != nil {
		r.Fatal(err)
	}
	req.SetBasicAuth(account, token)
	req.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	shown := map[string]any{}
	if err := json.NewDecoder(resp.Body).Decode(&shown); err != nil {
		r.Fatal(err)
	}
	return resp.StatusCode, shown
}

func (f filer) uploaded(kind, fileName string, attributes map[string]any) string {
	f.Helper()
	data, err := json.Marshal(attributes)
	if err != nil {
		f.Fatal(err)
	}
	status, shown := f.upload(map[string]string{"FriendlyName": kind, "Type": kind, "Attributes": string(data)}, fileName, "application/pdf", pdf)
	if status != 201 {
		f.Fatalf("upload: %d %v", status, shown)
	}
	return shown["sid"].(string)
}

// bundle makes one with a callback, and assigns objects.
func (f filer) bundle(country string, objects ...string) string {
	f.Helper()
	sid := *must[*numbers.NumbersV2Bundle](f)(f.num.CreateBundle(new(numbers.CreateBundleParams).SetFriendlyName("acme " + country).
		SetEmail("legal@acme.example").SetIsoCountry(country).SetNumberType("mobile").SetEndUserType("business").
		SetStatusCallback(f.hook.URL + "/bundle?r=acme#rc=1&rp=5xx"))).Sid
	f.assign(sid, objects...)
	return sid
}

func (f filer) assign(bundle string, objects ...string) {
	f.Helper()
	for _, object := range objects {
		must[*numbers.NumbersV2ItemAssignment](f)(f.num.CreateItemAssignment(bundle, new(numbers.CreateItemAssignmentParams).SetObjectSid(object)))
	}
}

func (f filer) submit(bundle string) error {
	_, err := f.num.UpdateBundle(bundle, new(numbers.UpdateBundleParams).SetStatus("pending-review"))
	return err
}

func (f filer) status(bundle string) string {
	f.Helper()
	return *must[*numbers.NumbersV2Bundle](f)(f.num.FetchBundle(bundle)).Status
}

// reviewed waits for the end of a review, and of its callback.
func (f filer) reviewed(bundle string) string {
	f.Helper()
	f.until("the bundle is reviewed", func() bool {
		s := f.status(bundle)
		return s != statusPending && s != statusInReview
	})
	f.sim.tidings.Wait()
	return f.status(bundle)
}

// bundlesTold are the statuses and reasons that callbacks told.
func (r *rig) bundlesTold() (all []string) {
	for _, req := range r.requests() {
		if req.PostForm.Has("BundleSID") {
			all = append(all, strings.TrimSpace(req.PostForm.Get("Status")+" "+req.PostForm.Get("FailureReason")))
		}
	}
	return all
}

// german is a bundle with all that Germany asks for.
func (f filer) german(name, street, fileName string) (bundle, user, place, paper string) {
	f.Helper()
	ad := f.address("DE", street)
	user = f.endUser(map[string]any{"business_name": name, "business_registration_number": "HRB 1", "vat_number": "DE136695976"})
	place = f.document("business_address", map[string]any{"address_sids": []string{ad}})
	paper = f.uploaded(excerpt, fileName, map[string]any{"business_name": name})
	return f.bundle("DE", user, place, paper), user, place, paper
}

func TestFileABundle(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	f := r.filer()
	bundle, user, place, paper := f.german("Acme GmbH", "Torstr. 1", "hr.pdf")

	evaluated := must[*numbers.NumbersV2Evaluation](t)(f.num.CreateEvaluation(bundle))
	if *evaluated.Status != "compliant" || len(*evaluated.Results) != 3 || *evaluated.BundleSid != bundle {
		t.Errorf("evaluated: %s %v", *evaluated.Status, *evaluated.Results)
	}
	again := must[*numbers.NumbersV2Evaluation](t)(f.num.FetchEvaluation(bundle, *evaluated.Sid))
	if listed := must[[]numbers.NumbersV2Evaluation](t)(f.num.ListEvaluation(bundle, nil)); *again.Sid != *evaluated.Sid || len(listed) != 1 {
		t.Errorf("fetched %v, listed %d", *again.Sid, len(listed))
	}

	r.do("POST", "/control/reviews", `{"delayMs":60}`, 200, nil)
	sent := must[*numbers.NumbersV2Bundle](t)(f.num.UpdateBundle(bundle, new(numbers.UpdateBundleParams).SetStatus("pending-review")))
	if *sent.Status != "pending-review" || !strings.HasPrefix(*sent.RegulationSid, "RN") {
		t.Errorf("submitted: %+v", sent)
	}
	r.until("it is in review", func() bool { return f.status(bundle) == "in-review" })
	if d := must[*numbers.NumbersV2SupportingDocument](t)(f.num.FetchSupportingDocument(paper)); *d.Status != "pending-review" {
		t.Errorf("the document is %s", *d.Status)
	}
	for what, err := range map[string]error{
		"end user": func() error {
			_, err := f.num.UpdateEndUser(user, new(numbers.UpdateEndUserParams).SetAttributes(map[string]any{"business_name": "X"}))
			return err
		}(),
		"document": func() error {
			_, err := f.num.UpdateSupportingDocument(paper, new(numbers.UpdateSupportingDocumentParams).SetFriendlyName("x"))
			return err
		}(),
		"assignment": func() error {
			_, err := f.num.CreateItemAssignment(bundle, new(numbers.CreateItemAssignmentParams).SetObjectSid(user))
			return err
		}(),
		"submission": f.submit(bundle),
		"bundle":     f.num.DeleteBundle(bundle),
	} {
		if codeOf(err) != "400 70002" {
			t.Errorf("a change of the %s in review: %v", what, err)
		}
	}
	for what, err := range map[string]error{
		"end user": f.num.DeleteEndUser(user), "document": f.num.DeleteSupportingDocument(paper),
	} {
		if codeOf(err) != "409 20409" {
			t.Errorf("the %s is deleted in review: %v", what, err)
		}
	}

	if got := f.reviewed(bundle); got != "twilio-approved" {
		t.Fatalf("reviewed: %s", got)
	}
	if d := must[*numbers.NumbersV2SupportingDocument](t)(f.num.FetchSupportingDocument(place)); *d.Status != "approved" || d.MimeType != nil {
		t.Errorf("the address's document: %+v", d)
	}
	var told *http.Request
	for _, req := range r.requests() {
		if req.URL.Path == "/bundle" {
			told = req
		}
	}
	if told == nil || !valid(r.hook.URL, told) || told.URL.RawQuery != "r=acme" || told.PostForm.Encode() !=
		"AccountSID="+account+"&BundleSID="+bundle+"&FailureReason=&Status=twilio-approved" || len(r.bundlesTold()) != 1 {
		t.Errorf("told %v, %v", r.bundlesTold(), told)
	}

	items := must[[]numbers.NumbersV2ItemAssignment](t)(f.num.ListItemAssignment(bundle, nil))
	if len(items) != 3 || *items[0].ObjectSid != paper || *items[2].ObjectSid != user {
		t.Errorf("assigned: %v", items)
	}
	var kept papers
	r.do("GET", "/control/compliance", "", 200, &kept)
	sum := sha256.Sum256(pdf)
	if len(kept.Addresses) != 1 || len(kept.EndUsers) != 1 || len(kept.Documents) != 2 || len(kept.Bundles) != 2 ||
		*kept.Documents[1].File != (uploaded{"hr.pdf", "application/pdf", int64(len(pdf)), hex.EncodeToString(sum[:])}) ||
		len(kept.Bundles[1].Assignments) != 3 || kept.Bundles[1].Submissions != 1 || kept.Bundles[0].PolicySID != primaryPolicy {
		t.Errorf("kept: %+v", kept)
	}
}

func TestTheReviewer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		business, street, file string
		status, reason         string
		document               int // which is rejected: 1 the address, 2 the paper
		code                   int
	}{
		"fine":        {"Acme GmbH", "Torstr. 1", "a.pdf", "twilio-approved", "", 0, 0},
		"name":        {"Reject GmbH", "Torstr. 1", "a.pdf", "twilio-rejected", "Business name mismatch", 0, 0},
		"brand":       {"Reject brand GmbH", "Torstr. 1", "a.pdf", "twilio-approved", "", 0, 0},
		"street":      {"Acme GmbH", "Wrong street 1", "a.pdf", "twilio-rejected", "The address you have provided", 1, 18014},
		"blurred":     {"Acme GmbH", "Torstr. 1", "Blurred.pdf", "twilio-rejected", "Invalid document submission", 2, 18001},
		"provisional": {"Provisional GmbH", "Torstr. 1", "a.pdf", "provisionally-approved", "", 0, 0},
	} {
		r := newRig(t, answering(``))
		f := r.filer()
		bundle, _, place, paper := f.german(test.business, test.street, test.file)
		if err := f.submit(bundle); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := f.reviewed(bundle)
		told := r.bundlesTold()
		if got != test.status || len(told) != 1 || !strings.HasPrefix(told[0], strings.TrimSpace(test.status+" "+test.reason)) {
			t.Errorf("%s: %s, told %q", name, got, told)
		}
		for n, sid := range []string{place, paper} {
			d := must[*numbers.NumbersV2SupportingDocument](t)(f.num.FetchSupportingDocument(sid))
			if rejected := n+1 == test.document; (*d.Status == "rejected") != rejected || (d.FailureReason != nil) != rejected {
				t.Errorf("%s: document %d is %s, %v", name, n+1, *d.Status, d.FailureReason)
			} else if rejected {
				if e := (*d.Errors)[0].(map[string]any); e["code"] != float64(test.code) || *d.FailureReason != e["message"] {
					t.Errorf("%s: errors %v", name, *d.Errors)
				}
			}
		}
	}
}

func TestCorrectARejectedBundle(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	f := r.filer()
	bundle, user, _, paper := f.german("Acme GmbH", "Torstr. 1", "blurred.pdf")
	if f.submit(bundle); f.reviewed(bundle) != "twilio-rejected" {
		t.Fatal("not rejected")
	}
	if _, err := f.num.UpdateEndUser(user, new(numbers.UpdateEndUserParams).SetFriendlyName("acme again")); err != nil {
		t.Errorf("the end user of a rejected bundle: %v", err)
	}
	for _, a := range must[[]numbers.NumbersV2ItemAssignment](t)(f.num.ListItemAssignment(bundle, nil)) {
		if *a.ObjectSid == paper {
			if err := f.num.DeleteItemAssignment(bundle, *a.Sid); err != nil {
				t.Error(err)
			}
			if _, err := f.num.FetchItemAssignment(bundle, *a.Sid); codeOf(err) != "404 20404" {
				t.Errorf("a deleted assignment: %v", err)
			}
		}
	}
	if err := f.submit(bundle); codeOf(err) != "400 22216" {
		t.Errorf("submitted without the paper: %v", err)
	}
	if err := f.num.DeleteSupportingDocument(paper); err != nil {
		t.Error(err)
	}
	f.assign(bundle, f.uploaded(excerpt, "sharp.pdf", map[string]any{"business_name": "Acme GmbH"}))
	if err := f.submit(bundle); err != nil || f.reviewed(bundle) != "twilio-approved" {
		t.Errorf("after the correction: %v, %s", err, f.status(bundle))
	}
	if told := r.bundlesTold(); len(told) != 2 || told[1] != "twilio-approved" {
		t.Errorf("told %q", told)
	}
	var kept papers
	if r.do("GET", "/control/compliance", "", 200, &kept); len(kept.Documents) != 3 || !kept.Documents[1].Deleted || kept.Bundles[1].Submissions != 2 {
		t.Errorf("kept: %+v", kept.Documents)
	}
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	f := r.filer()
	bundle, user, place, _ := f.german("Pending GmbH", "Torstr. 1", "a.pdf")
	if err := f.submit(bundle); err != nil {
		t.Fatal(err)
	}
	f.until("the reviewer waits to be told", func() bool {
		var shown struct{ Bundles []filing }
		r.do("GET", "/control/bundles", "", 200, &shown)
		return shown.Bundles[1].Status == "in-review" && shown.Bundles[1].Due.IsZero()
	})
	decide := func(body string, status int) (shown struct{ Status, FailureReason string }) {
		t.Helper()
		r.do("POST", "/control/bundles/"+bundle+"/decision", body, status, &shown)
		return shown
	}
	ad := must[[]api.ApiV2010Address](t)(f.api.ListAddress(nil))[0]
	if got := decide(`{"status":"twilio-rejected","reason":"No such house","object":"`+*ad.Sid+`"}`, 200); got.Status != "twilio-rejected" || got.FailureReason != "No such house" {
		t.Errorf("decided: %+v", got)
	}
	if d := must[*numbers.NumbersV2SupportingDocument](t)(f.num.FetchSupportingDocument(place)); *d.Status != "rejected" || *d.FailureReason != "No such house" {
		t.Errorf("the address's document: %+v", d)
	}
	decide(`{"status":"in-review"}`, 200)
	decide(`{"status":"provisionally-approved"}`, 200)
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	decide(`{"status":"twilio-approved","validUntil":"`+until.Format(time.RFC3339)+`"}`, 200)
	if b := must[*numbers.NumbersV2Bundle](t)(f.num.FetchBundle(bundle)); *b.Status != "twilio-approved" || !b.ValidUntil.Equal(until) {
		t.Errorf("approved for a time: %+v", b)
	}
	decide(`{"status":"twilio-approved","validUntil":"`+time.Now().Add(-time.Second).Format(time.RFC3339)+`"}`, 200)
	if got := f.reviewed(bundle); got != "twilio-rejected" {
		t.Errorf("when its time is over it is %s", got)
	}
	var told []string
	for _, words := range r.bundlesTold() {
		told = append(told, strings.Fields(words)[0])
	}
	slices.Sort(told) // callbacks overtake each other
	if want := []string{"provisionally-approved", "twilio-approved", "twilio-approved", "twilio-rejected", "twilio-rejected"}; !slices.Equal(told, want) {
		t.Errorf("told %q", told)
	}
	for body, status := range map[string]int{
		`{"status":"draft"}`:                                         400,
		`{"status":"twilio-approved","reason":"x"}`:                  400,
		`{"status":"in-review","validUntil":"2030-01-01T00:00:00Z"}`: 400,
		`{"status":"twilio-rejected","object":"RD1"}`:                404,
	} {
		decide(body, status)
	}
	r.do("POST", "/control/bundles/BU1/decision", `{"status":"in-review"}`, 404, nil)
	r.do("POST", "/control/reviews", `{"delayMs":-1}`, 400, nil)
	decide(`{"status":"twilio-rejected","object":"`+user+`"}`, 200)

	r.do("POST", "/control/reviews", `{"delayMs":60000}`, 200, nil)
	other, _, _, _ := f.german("Acme GmbH", "Torstr. 2", "b.pdf")
	if err := f.submit(other); err != nil {
		t.Fatal(err)
	}
	var shown struct{ Bundles []filing }
	r.do("POST", "/control/reviews", `{"now":true}`, 200, nil)
	if r.do("GET", "/control/bundles", "", 200, &shown); len(shown.Bundles) != 3 || shown.Bundles[2].Status != "twilio-approved" {
		t.Errorf("decided at once: %+v", shown.Bundles)
	}
}

func TestTroublesOfReviews(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]int{"lose": 0, "repeat": 2, "late": 1} {
		r := newRig(t, answering(``))
		f := r.filer()
		r.trouble(fmt.Sprintf(`{"operation":"review-callback","kind":%q,"ms":%d}`, kind, map[string]int{"late": 5}[kind]))
		bundle, _, _, _ := f.german("Acme GmbH", "Torstr. 1", "a.pdf")
		if err := f.submit(bundle); err != nil {
			t.Fatal(err)
		}
		if got := f.reviewed(bundle); got != "twilio-approved" || len(r.bundlesTold()) != want {
			t.Errorf("%s: %s, told %q", kind, got, r.bundlesTold())
		}
	}
}

func TestCallbackIsTriedAgain(t *testing.T) {
	t.Parallel()
	calls := 0
	r := newRig(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls == 1 {
			w.WriteHeader(503)
		}
	})
	f := r.filer()
	bundle, _, _, _ := f.german("Acme GmbH", "Torstr. 1", "a.pdf")
	if err := f.submit(bundle); err != nil {
		t.Fatal(err)
	}
	if f.reviewed(bundle); len(r.bundlesTold()) != 2 {
		t.Errorf("told %q", r.bundlesTold())
	}
}

// TestAllCountries files what each regulation asks for, and nothing else.
func TestAllCountries(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	f := r.filer()
	sample := map[string]string{"birth_date": "1980-01-31", "nationality": "IT", "business_name": "Acme"}
	all := must[[]numbers.NumbersV2Regulation](t)(f.num.ListRegulation(new(numbers.ListRegulationParams).SetPageSize(7).SetIncludeConstraints(true)))
	if len(all) != 27 { // 25 countries, two of them with two types
		t.Errorf("%d regulations", len(all))
	}
	countries := map[string]bool{"US": true, "CA": true}
	for _, regulation := range all {
		country, numberType := *regulation.IsoCountry, *regulation.NumberType
		countries[country] = true
		var wanted requirementsResource
		data, _ := json.Marshal(regulation.Requirements)
		if err := json.Unmarshal(data, &wanted); err != nil || len(wanted.EndUser) != 1 || len(wanted.SupportingDocument) != 1 || len(wanted.SupportingDocument[0]) == 0 {
			t.Fatalf("%s: %s, %v", country, data, err)
		}
		attributes := map[string]any{}
		for n, field := range wanted.EndUser[0].Fields {
			attributes[field] = "x"
			if sample[field] != "" {
				attributes[field] = sample[field]
			}
			if d := wanted.EndUser[0].DetailedFields[n]; d.MachineName != field || d.FriendlyName == "" || d.Constraint == "" {
				t.Errorf("%s: %+v", country, d)
			}
		}
		objects := []string{f.endUser(attributes)}
		for _, d := range wanted.SupportingDocument[0] {
			accepted := d.AcceptedDocuments[0]
			if accepted.Name == "" || d.Name == "" || d.RequirementName == "" || len(accepted.Fields) != len(accepted.DetailedFields) {
				t.Errorf("%s: %+v", country, d)
			}
			read := map[string]any{}
			for _, field := range accepted.Fields {
				if read[field] = attributes[field]; field == "address_sids" {
					read[field] = []string{f.address(country, "Street 1")}
				}
			}
			if slices.Contains(without, accepted.Type) {
				objects = append(objects, f.document(accepted.Type, read))
			} else {
				objects = append(objects, f.uploaded(accepted.Type, "a.pdf", read))
			}
		}
		bundle := *must[*numbers.NumbersV2Bundle](t)(f.num.CreateBundle(new(numbers.CreateBundleParams).SetFriendlyName("x").SetEmail("a@b.example").
			SetRegulationSid(*regulation.Sid))).Sid
		for n, object := range objects {
			if f.submit(bundle) == nil {
				t.Errorf("%s %s: submitted with %d of %d", country, numberType, n, len(objects))
			}
			f.assign(bundle, object)
		}
		if err := f.submit(bundle); err != nil {
			t.Errorf("%s %s: %v", country, numberType, err)
		}
		if got := f.reviewed(bundle); got != "twilio-approved" {
			t.Errorf("%s %s: %s", country, numberType, got)
		}
	}
	if len(countries) != 27 {
		t.Errorf("%d countries", len(countries))
	}
	found := must[*numbers.NumbersV2Regulation](t)(f.num.FetchRegulation(*all[0].Sid, nil))
	if *found.FriendlyName != "Austria: Mobile - Business" || *found.EndUserType != "business" {
		t.Errorf("fetched: %+v", found)
	}
	for country, want := range map[string]int{"US": 0, "CA": 0, "DE": 1, "SE": 2} {
		if got := must[[]numbers.NumbersV2Regulation](t)(f.num.ListRegulation(new(numbers.ListRegulationParams).SetIsoCountry(country))); len(got) != want {
			t.Errorf("%s: %d regulations", country, len(got))
		}
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	f := newRig(t, answering(``)).filer()
	users := must[[]numbers.NumbersV2EndUserType](t)(f.num.ListEndUserType(nil))
	papers := must[[]numbers.NumbersV2SupportingDocumentType](t)(f.num.ListSupportingDocumentType(nil))
	if len(users) != 2 || *users[0].MachineName != "business" || len(papers) != len(documentTypes) || *papers[0].MachineName != "address" {
		t.Errorf("%d types of end users, %d of papers", len(users), len(papers))
	}
	if got := must[*numbers.NumbersV2EndUserType](t)(f.num.FetchEndUserType(*users[0].Sid)); *got.FriendlyName != "Business" {
		t.Errorf("fetched %+v", got)
	}
	if got := must[*numbers.NumbersV2SupportingDocumentType](t)(f.num.FetchSupportingDocumentType("passport")); *got.FriendlyName != "Passport" {
		t.Errorf("fetched by its name: %+v", got)
	}
	if _, err := f.num.FetchSupportingDocumentType(*users[0].Sid); codeOf(err) != "404 20404" {
		t.Errorf("an end user's type is no paper's: %v", err)
	}
}

func TestEvaluation(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	f := r.filer()
	abroad := f.address("FR", "Rue 1")
	home := f.address("DE", "Torstr. 1")
	gone := f.address("DE", "Torstr. 9")
	full := map[string]any{"business_name": "Acme", "business_registration_number": "HRB 1", "vat_number": "DE1"}
	where := func(sids ...string) string {
		return f.document("business_address", map[string]any{"address_sids": sids})
	}
	fileless := f.document(excerpt, map[string]any{"business_name": "Acme"})
	named := func(name string) string { return f.uploaded(excerpt, "a.pdf", map[string]any{"business_name": name}) }
	ghost := where(gone)
	if err := f.api.DeleteAddress(gone, nil); err != nil {
		t.Fatal(err)
	}
	type failure struct {
		requirement string
		code        int
		field       string
		fieldCode   int
	}
	for name, test := range map[string]struct {
		objects []string
		want    []failure
	}{
		"all there":     {[]string{f.endUser(full), where(home), named("Acme")}, nil},
		"one for two":   {[]string{f.endUser(full), named("Acme"), f.uploaded(excerpt, "b.pdf", nil), where(home)}, nil},
		"no end user":   {[]string{where(home), named("Acme")}, []failure{{"business_info", 22214, "business_name", 22215}}},
		"an empty VAT":  {[]string{f.endUser(map[string]any{"business_name": "Acme", "business_registration_number": "1", "vat_number": "  "}), where(home), named("Acme")}, []failure{{"business_info", 22215, "vat_number", 22215}}},
		"no address":    {[]string{f.endUser(full), named("Acme")}, []failure{{"business_address_info", 22216, "address_sids", 22219}}},
		"empty address": {[]string{f.endUser(full), where(), named("Acme")}, []failure{{"business_address_info", 22219, "address_sids", 22219}}},
		"gone address":  {[]string{f.endUser(full), ghost, named("Acme")}, []failure{{"business_address_info", 22219, "address_sids", 22219}}},
		"abroad":        {[]string{f.endUser(full), where(abroad), named("Acme")}, []failure{{"business_address_info", 22219, "address_sids", 22219}}},
		"no paper":      {[]string{f.endUser(full), where(home)}, []failure{{"business_name_info", 22216, "business_name", 22217}}},
		"no file":       {[]string{f.endUser(full), where(home), fileless}, []failure{{"business_name_info", 22216, "", 0}}},
		"no name":       {[]string{f.endUser(full), where(home), f.uploaded(excerpt, "a.pdf", nil)}, []failure{{"business_name_info", 22217, "business_name", 22217}}},
		"another name":  {[]string{f.endUser(full), where(home), named("Acme GmbH")}, []failure{{"business_name_info", 22218, "business_name", 22218}}},
	} {
		bundle := f.bundle("DE", test.objects...)
		got := must[*numbers.NumbersV2Evaluation](t)(f.num.CreateEvaluation(bundle))
		var results []evaluationResult
		data, _ := json.Marshal(got.Results)
		if err := json.Unmarshal(data, &results); err != nil {
			t.Fatal(err)
		}
		var failures []failure
		for _, e := range results {
			if e.Passed {
				if e.ObjectSID == nil || e.ErrorCode != nil || len(e.Invalid) != 0 || len(e.Valid) == 0 {
					t.Errorf("%s: passed: %+v", name, e)
				}
				continue
			}
			failed := failure{requirement: e.RequirementName, code: *e.ErrorCode}
			if *e.FailureReason == "" || titles[failed.code] == "" {
				t.Errorf("%s: no reason: %+v", name, e)
			}
			if len(e.Invalid) > 0 {
				failed.field, failed.fieldCode = e.Invalid[0].ObjectField, *e.Invalid[0].ErrorCode
			}
			failures = append(failures, failed)
		}
		status := map[bool]string{true: "compliant", false: "noncompliant"}[test.want == nil]
		if !reflect.DeepEqual(failures, test.want) || *got.Status != status {
			t.Errorf("%s: %s %+v, want %+v", name, *got.Status, failures, test.want)
		}
		want := "ok"
		if test.want != nil {
			want = fmt.Sprintf("400 %d", test.want[0].code)
		}
		if err := f.submit(bundle); codeOf(err) != want {
			t.Errorf("%s: submitted: %v", name, err)
		}
	}
}

func TestUploads(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	png, err := drawPicture("image/png", 1)
	if err != nil {
		t.Fatal(err)
	}
	jpeg, err := drawPicture("image/jpeg", 1)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{"FriendlyName": "id", "Type": "passport", "Attributes": `{"first_name":"Ana","last_name":"Ruiz"}`}
	for name, test := range map[string]struct {
		fields map[string]string
		said   string
		file   []byte
		status int
		code   int
	}{
		"a PDF":             {fields, "application/pdf", pdf, 201, 0},
		"a PNG":             {fields, "image/png", png, 201, 0},
		"a JPEG":            {fields, "application/octet-stream", jpeg, 201, 0},
		"five MB":           {fields, "application/pdf", append(slices.Clone(pdf), make([]byte, maxUpload-len(pdf))...), 201, 0},
		"more":              {fields, "application/pdf", append(slices.Clone(pdf), make([]byte, maxUpload)...), 400, 18024},
		"text":              {fields, "application/pdf", []byte("hello"), 400, 18024},
		"nothing in it":     {fields, "application/pdf", []byte{}, 400, 18024},
		"another than said": {fields, "image/png", pdf, 400, 18024},
		"no file":           {fields, "", nil, 400, 20001},
		"no type":           {map[string]string{"FriendlyName": "x"}, "application/pdf", pdf, 400, 22210},
		"no such type":      {map[string]string{"FriendlyName": "x", "Type": "diary"}, "application/pdf", pdf, 400, 22210},
		"no name":           {map[string]string{"Type": "passport"}, "application/pdf", pdf, 400, 22211},
		"broken attributes": {map[string]string{"FriendlyName": "x", "Type": "passport", "Attributes": "{"}, "application/pdf", pdf, 400, 22207},
		"a list of them":    {map[string]string{"FriendlyName": "x", "Type": "passport", "Attributes": "[]"}, "application/pdf", pdf, 400, 22207},
		"unknown attribute": {map[string]string{"FriendlyName": "x", "Type": "passport", "Attributes": `{"shoe_size":43}`}, "application/pdf", pdf, 400, 70002},
		"unknown address":   {map[string]string{"FriendlyName": "x", "Type": "utility_bill", "Attributes": `{"address_sids":["AD1"]}`}, "application/pdf", pdf, 400, 70002},
	} {
		status, shown := r.upload(test.fields, "scan.bin", test.said, test.file)
		if code, _ := shown["code"].(float64); status != test.status || int(code) != test.code {
			t.Errorf("%s: %d %v", name, status, shown)
			continue
		}
		if status == 201 && (shown["status"] != "draft" || shown["mime_type"] != http.DetectContentType(test.file) || shown["failure_reason"] != nil ||
			shown["attributes"].(map[string]any)["first_name"] != "Ana") {
			t.Errorf("%s: %v", name, shown)
		}
	}
	var kept papers
	if r.do("GET", "/control/compliance", "", 200, &kept); len(kept.Documents) != 4 || kept.Documents[0].File.Name != "scan.bin" {
		t.Errorf("kept: %+v", kept.Documents)
	}
	for _, d := range kept.Documents {
		if d.File.Size == maxUpload {
			r.sim.mu.Lock()
			data, _ := json.Marshal(r.sim.state)
			r.sim.mu.Unlock()
			if len(data) > 100_000 {
				t.Errorf("the state has %d bytes: is the file in it?", len(data))
			}
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	f := r.filer()
	made := must[*api.ApiV2010Address](t)(f.api.CreateAddress(new(api.CreateAddressParams).SetCustomerName("Acme GmbH").SetStreet("Torstr. 1").
		SetStreetSecondary("Hof").SetCity("Berlin").SetRegion("BE").SetPostalCode("10119").SetIsoCountry("DE").SetFriendlyName("clienteling-de")))
	if !strings.HasPrefix(*made.Sid, "AD") || *made.CustomerName != "Acme GmbH" || *made.StreetSecondary != "Hof" || *made.IsoCountry != "DE" || !*made.Validated ||
		*made.Uri != "/2010-04-01/Accounts/"+account+"/Addresses/"+*made.Sid+".json" {
		t.Errorf("made: %+v", made)
	}
	other := f.address("FR", "Rue 1")
	changed := must[*api.ApiV2010Address](t)(f.api.UpdateAddress(*made.Sid, new(api.UpdateAddressParams).SetStreet("Torstr. 2")))
	if *changed.Street != "Torstr. 2" || *changed.City != "Berlin" {
		t.Errorf("changed: %+v", changed)
	}
	for name, params := range map[string]*api.ListAddressParams{
		"name": new(api.ListAddressParams).SetFriendlyName("clienteling-de"), "customer": new(api.ListAddressParams).SetCustomerName("Acme GmbH"),
		"country": new(api.ListAddressParams).SetIsoCountry("DE"),
	} {
		if all := must[[]api.ApiV2010Address](t)(f.api.ListAddress(params)); len(all) != 1 || *all[0].Sid != *made.Sid {
			t.Errorf("by %s: %v", name, all)
		}
	}
	if all := must[[]api.ApiV2010Address](t)(f.api.ListAddress(new(api.ListAddressParams).SetPageSize(1))); len(all) != 2 || *all[0].Sid != other {
		t.Errorf("all: %v", all)
	}
	if fetched := must[*api.ApiV2010Address](t)(f.api.FetchAddress(other, nil)); *fetched.Street != "Rue 1" {
		t.Errorf("fetched: %+v", fetched)
	}
	r.number(Number{PhoneNumber: "+4917600000001"})
	r.sim.mu.Lock()
	n := r.sim.state.Numbers["+4917600000001"]
	n.AddressSID = other
	r.sim.state.Numbers[n.PhoneNumber] = n
	r.sim.mu.Unlock()
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"in use": {f.api.DeleteAddress(other, nil), "409 20409"},
		"no house": {func() error {
			_, err := f.api.UpdateAddress(other, new(api.UpdateAddressParams).SetStreet("Nowhere 1"))
			return err
		}(), "400 21628"},
		"no city": {func() error {
			_, err := f.api.UpdateAddress(other, new(api.UpdateAddressParams).SetCity(""))
			return err
		}(), "400 21238"},
		"country": {func() error {
			_, err := f.api.CreateAddress(new(api.CreateAddressParams).SetCustomerName("x").SetStreet("x").SetCity("x").SetRegion("x").SetPostalCode("x").SetIsoCountry("Germany"))
			return err
		}(), "400 21238"},
		"no region": {func() error {
			_, err := f.api.CreateAddress(new(api.CreateAddressParams).SetCustomerName("x").SetStreet("x").SetCity("x").SetPostalCode("x").SetIsoCountry("DE"))
			return err
		}(), "400 20001"},
	} {
		if got := codeOf(test.err); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	if err := f.api.DeleteAddress(*made.Sid, nil); err != nil {
		t.Error(err)
	}
	if _, err := f.api.FetchAddress(*made.Sid, nil); codeOf(err) != "404 20404" {
		t.Errorf("after it was deleted: %v", err)
	}
}

func TestBundlesRefuse(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	f := r.filer()
	create := func() *numbers.CreateBundleParams {
		return new(numbers.CreateBundleParams).SetFriendlyName("x").SetEmail("a@b.example")
	}
	german := func() *numbers.CreateBundleParams {
		return create().SetIsoCountry("DE").SetNumberType("mobile").SetEndUserType("business")
	}
	for name, test := range map[string]struct {
		params *numbers.CreateBundleParams
		code   int
	}{
		"no name":         {new(numbers.CreateBundleParams).SetEmail("a@b.example").SetIsoCountry("DE").SetNumberType("mobile").SetEndUserType("business"), 20001},
		"no e-mail":       {german().SetEmail(""), 20001},
		"bad e-mail":      {german().SetEmail("me"), 20001},
		"bad callback":    {german().SetStatusCallback("/bundle"), 20001},
		"no regulation":   {create(), 22202},
		"no such one":     {create().SetRegulationSid("RN1"), 22201},
		"nothing in US":   {create().SetIsoCountry("US").SetNumberType("local").SetEndUserType("business"), 22201},
		"individual":      {german().SetEndUserType("individual"), 22201},
		"end user's type": {german().SetEndUserType("robot"), 22200},
		"number's type":   {german().SetNumberType("lucky"), 22200},
	} {
		if _, err := f.num.CreateBundle(test.params); codeOf(err) != fmt.Sprintf("400 %d", test.code) {
			t.Errorf("%s: %v, want %d", name, err, test.code)
		}
	}
	bundle, user, place, paper := f.german("Acme GmbH", "Torstr. 1", "a.pdf")
	update := func() *numbers.UpdateBundleParams { return new(numbers.UpdateBundleParams) }
	for name, test := range map[string]struct {
		params *numbers.UpdateBundleParams
		code   int
	}{
		"both":       {update().SetStatus("pending-review").SetFriendlyName("x"), 22204},
		"no status":  {update().SetStatus("splendid"), 22203},
		"Twilio's":   {update().SetStatus("twilio-approved"), 70002},
		"bad e-mail": {update().SetEmail("@"), 20001},
	} {
		if _, err := f.num.UpdateBundle(bundle, test.params); codeOf(err) != fmt.Sprintf("400 %d", test.code) {
			t.Errorf("%s: %v, want %d", name, err, test.code)
		}
	}
	second := f.document("business_address", nil)
	for object, code := range map[string]int{
		user: 70002, second: 70002, "IT" + strings.Repeat("0", 32): 22205, "AD" + strings.Repeat("0", 32): 22206, "": 20001,
	} {
		_, err := f.num.CreateItemAssignment(bundle, new(numbers.CreateItemAssignmentParams).SetObjectSid(object))
		if codeOf(err) != fmt.Sprintf("400 %d", code) {
			t.Errorf("assigning %s: %v, want %d", object, err, code)
		}
	}
	changed := must[*numbers.NumbersV2Bundle](t)(f.num.UpdateBundle(bundle, update().SetFriendlyName("y").SetEmail("c@d.example").SetStatusCallback("")))
	if *changed.FriendlyName != "y" || *changed.Email != "c@d.example" || changed.StatusCallback != nil || *changed.Status != "draft" {
		t.Errorf("changed: %+v", changed)
	}

	// A bundle that is taken back is a draft, and nobody looks at it.
	r.do("POST", "/control/reviews", `{"delayMs":30}`, 200, nil)
	r.sim.mu.Lock()
	r.sim.config.Pace = time.Minute // of the step to in-review
	r.sim.reviewDelay = -time.Minute + 30*time.Millisecond
	r.sim.mu.Unlock()
	if err := f.submit(bundle); err != nil {
		t.Fatal(err)
	}
	if _, err := f.num.UpdateBundle(bundle, update().SetStatus("draft")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if got := f.status(bundle); got != "draft" {
		t.Errorf("taken back, it is %s", got)
	}
	test := must[*numbers.NumbersV2Bundle](t)(f.num.CreateBundle(german().SetIsTest(true)))
	f.assign(*test.Sid, user, place, paper)
	if err := f.submit(*test.Sid); err != nil {
		t.Fatal(err)
	}
	f.until("the test bundle is reviewed", func() bool { return f.status(*test.Sid) == "twilio-rejected" })

	byName := must[[]numbers.NumbersV2Bundle](t)(f.num.ListBundle(new(numbers.ListBundleParams).SetFriendlyName("y")))
	byStatus := must[[]numbers.NumbersV2Bundle](t)(f.num.ListBundle(new(numbers.ListBundleParams).SetStatus("twilio-rejected").SetIsoCountry("DE").SetNumberType("mobile")))
	if len(byName) != 1 || *byName[0].Sid != bundle || len(byStatus) != 1 || *byStatus[0].Sid != *test.Sid {
		t.Errorf("listed by name %v, by status %v", byName, byStatus)
	}
	if none := must[[]numbers.NumbersV2Bundle](t)(f.num.ListBundle(new(numbers.ListBundleParams).SetIsoCountry("FR"))); len(none) != 0 {
		t.Errorf("listed in France: %v", none)
	}
	if err := f.num.DeleteBundle(bundle); err != nil {
		t.Error(err)
	}
	if _, err := f.num.FetchBundle(bundle); codeOf(err) != "404 20404" {
		t.Errorf("a deleted bundle: %v", err)
	}
}

func TestListsOfPapers(t *testing.T) {
	t.Parallel()
	f := newRig(t, answering(``)).filer()
	var made []string
	for range 5 {
		made = append(made, f.endUser(map[string]any{"business_name": "Acme"}))
	}
	slices.Reverse(made)
	var got []string
	for _, u := range must[[]numbers.NumbersV2EndUser](t)(f.num.ListEndUser(new(numbers.ListEndUserParams).SetPageSize(2))) {
		got = append(got, *u.Sid)
	}
	if !slices.Equal(got, made) {
		t.Errorf("listed %v, want %v", got, made)
	}
	if err := f.num.DeleteEndUser(made[0]); err != nil {
		t.Error(err)
	}
	if all := must[[]numbers.NumbersV2EndUser](t)(f.num.ListEndUser(nil)); len(all) != 4 {
		t.Errorf("after one was deleted: %d", len(all))
	}
	trusted := must[[]trusthub.TrusthubV1EndUser](t)(f.th.ListEndUser(nil))
	if len(trusted) != 0 {
		t.Errorf("TrustHub has %v", trusted)
	}
	if _, err := f.th.FetchEndUser(made[1]); codeOf(err) != "404 20404" {
		t.Errorf("TrustHub fetches another's end user: %v", err)
	}
	if _, err := f.num.CreateEndUser(new(numbers.CreateEndUserParams).SetFriendlyName("x").SetType("authorized_representative_1")); codeOf(err) != "400 22200" {
		t.Errorf("TrustHub's type: %v", err)
	}
	if _, err := f.num.CreateEndUser(new(numbers.CreateEndUserParams).SetFriendlyName("x").SetType("business").SetAttributes(map[string]any{"job_position": "CEO"})); codeOf(err) != "400 70002" {
		t.Errorf("an unknown attribute: %v", err)
	}
	changed := must[*numbers.NumbersV2EndUser](t)(f.num.UpdateEndUser(made[1], new(numbers.UpdateEndUserParams).SetAttributes(map[string]any{"vat_number": "1"})))
	if !reflect.DeepEqual(*changed.Attributes, any(map[string]any{"vat_number": "1"})) {
		t.Errorf("changed: %v", *changed.Attributes)
	}
	d := f.document("business_address", nil)
	again := must[*numbers.NumbersV2SupportingDocument](t)(f.num.UpdateSupportingDocument(d, new(numbers.UpdateSupportingDocumentParams).
		SetFriendlyName("y").SetAttributes(map[string]any{"address_sids": []string{f.address("DE", "x")}})))
	if listed := must[[]numbers.NumbersV2SupportingDocument](t)(f.num.ListSupportingDocument(nil)); *again.FriendlyName != "y" || len(listed) != 1 {
		t.Errorf("changed: %+v, listed %d", again, len(listed))
	}
}

func TestPapersSurviveARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "twilio.json")
	r := newRig(t, answering(``))
	r.review = 300 * time.Millisecond
	r.start(file)
	f := r.filer()
	bundle, _, _, _ := f.german("Acme GmbH", "Torstr. 1", "a.pdf")
	if err := f.submit(bundle); err != nil {
		t.Fatal(err)
	}
	before := must[[]numbers.NumbersV2ItemAssignment](t)(f.num.ListItemAssignment(bundle, nil))
	if err := r.sim.Close(); err != nil {
		t.Fatal(err)
	}
	r.start(file)
	f = r.filer()
	if after := must[[]numbers.NumbersV2ItemAssignment](t)(f.num.ListItemAssignment(bundle, nil)); !reflect.DeepEqual(before, after) {
		t.Errorf("after the restart: %v, before %v", after, before)
	}
	if got := f.reviewed(bundle); got != "twilio-approved" || len(r.bundlesTold()) != 1 {
		t.Errorf("after the restart it is %s, told %q", got, r.bundlesTold())
	}
	var kept papers
	if r.do("GET", "/control/compliance", "", 200, &kept); len(kept.Bundles) != 2 {
		t.Errorf("%d bundles and profiles", len(kept.Bundles))
	}
}

func TestStrictBundles(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	r.strict = true
	r.start("")
	f := r.filer()
	german, _, _, _ := f.german("Acme GmbH", "Torstr. 1", "a.pdf")
	draft, _, _, _ := f.german("Acme GmbH", "Torstr. 1", "a.pdf")
	soon, _, _, _ := f.german("Provisional GmbH", "Torstr. 1", "a.pdf")
	for _, bundle := range []string{german, soon} {
		if err := f.submit(bundle); err != nil {
			t.Fatal(err)
		}
		f.reviewed(bundle)
	}
	const british, home, away = "BU00000000000000000000000000000001", "AD00000000000000000000000000000001", "AD00000000000000000000000000000002"
	for _, err := range []error{
		r.sim.PutBundle(Bundle{SID: british, ISOCountry: "GB", NumberType: "mobile"}),
		r.sim.PutAddress(Address{SID: home, ISOCountry: "DE", Street: "Torstr. 1", City: "Berlin", CustomerName: "Acme"}),
		r.sim.PutAddress(Address{SID: away, ISOCountry: "FR", Street: "Rue 1", City: "Paris", CustomerName: "Acme"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		phone, bundle, address string
		want                   string
	}{
		"approved":           {"+4917604069001", german, home, "ok"},
		"a draft":            {"+4917604069002", draft, home, "400 21649"},
		"provisional":        {"+4917604069003", soon, home, "400 21649"},
		"another country's":  {"+4917604069004", british, home, "400 21649"},
		"another type's":     {"+493023125201", german, home, "400 21649"},
		"nobody's":           {"+4917604069006", bundle, home, "400 21649"},
		"no local address":   {"+4917604069007", german, away, "400 21615"},
		"no such address":    {"+4917604069008", german, address, "400 21615"},
		"planted":            {"+447700900501", british, "", "ok"},
		"a needless address": {"+447700900502", british, address, "400 21631"},
	} {
		params := buys(test.phone).SetBundleSid(test.bundle)
		if test.address != "" {
			params.SetAddressSid(test.address)
		}
		_, err := r.buyer().CreateIncomingPhoneNumber(params)
		if codeOf(err) != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	if err := f.num.DeleteBundle(german); codeOf(err) != "400 21648" {
		t.Errorf("a bundle of a number is deleted: %v", err)
	}
	for says, err := range map[string]error{
		"hex digits":  r.sim.PutBundle(Bundle{SID: "BU1", ISOCountry: "DE", NumberType: "mobile"}),
		"regulates":   r.sim.PutBundle(Bundle{SID: british, ISOCountry: "US", NumberType: "local"}),
		"want one of": r.sim.PutBundle(Bundle{SID: british, ISOCountry: "DE", NumberType: "mobile", Status: "fine"}),
		"AD and":      r.sim.PutAddress(Address{SID: "AD1", ISOCountry: "DE"}),
		"capital":     r.sim.PutAddress(Address{SID: home, ISOCountry: "de"}),
	} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want it to say %q", err, says)
		}
	}
}

// TestEveryOperationHasFaults strikes each operation once, by name.
func TestEveryOperationHasFaults(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	const inAccount = "/2010-04-01/Accounts/" + account
	const addresses = inAccount + "/Addresses"
	doors := map[string]string{
		"addresses.create": "POST " + addresses + ".json", "addresses.list": "GET " + addresses + ".json",
		"addresses.fetch": "GET " + addresses + "/AD1.json", "addresses.update": "POST " + addresses + "/AD1.json",
		"addresses.delete": "DELETE " + addresses + "/AD1.json",
		"regulations.list": "GET /v2/RegulatoryCompliance/Regulations", "regulations.fetch": "GET /v2/RegulatoryCompliance/Regulations/RN1",
		"policies.list": "GET /v1/Policies", "policies.fetch": "GET /v1/Policies/RN1",
		"services.add": "POST /v1/Services/MG1/PhoneNumbers", "services.senders": "GET /v1/Services/MG1/PhoneNumbers",
		"services.sender": "GET /v1/Services/MG1/PhoneNumbers/PN1", "services.remove": "DELETE /v1/Services/MG1/PhoneNumbers/PN1",
		"assignments.create": "POST /v2/RegulatoryCompliance/Bundles/BU1/ItemAssignments", "assignments.list": "GET /v2/RegulatoryCompliance/Bundles/BU1/ItemAssignments",
		"assignments.fetch":  "GET /v2/RegulatoryCompliance/Bundles/BU1/ItemAssignments/BV1",
		"assignments.delete": "DELETE /v2/RegulatoryCompliance/Bundles/BU1/ItemAssignments/BV1",
		"evaluations.create": "POST /v2/RegulatoryCompliance/Bundles/BU1/Evaluations", "evaluations.list": "GET /v2/RegulatoryCompliance/Bundles/BU1/Evaluations",
		"evaluations.fetch": "GET /v2/RegulatoryCompliance/Bundles/BU1/Evaluations/EL1",
		"messages.delete":   "DELETE " + inAccount + "/Messages/SM1.json",
		"media.list":        "GET " + inAccount + "/Messages/SM1/Media.json", "media.fetch": "GET " + inAccount + "/Messages/SM1/Media/ME1",
		"media.delete": "DELETE " + inAccount + "/Messages/SM1/Media/ME1.json",
		"calls.list":   "GET " + inAccount + "/Calls.json", "calls.fetch": "GET " + inAccount + "/Calls/CA1.json",
		"calls.delete": "DELETE " + inAccount + "/Calls/CA1.json",
	}
	for collection, path := range map[string]string{
		"endusers": "/v1/EndUsers", "documents": "/v2/RegulatoryCompliance/SupportingDocuments", "bundles": "/v2/RegulatoryCompliance/Bundles",
		"profiles": "/v1/CustomerProfiles", "products": "/v1/TrustProducts", "brands": "/v1/a2p/BrandRegistrations", "services": "/v1/Services",
		"campaigns": "/v1/Services/MG1/Compliance/Usa2p",
	} {
		doors[collection+".create"], doors[collection+".list"] = "POST "+path, "GET "+path
		doors[collection+".fetch"], doors[collection+".update"] = "GET "+path+"/X1", "POST "+path+"/X1"
		doors[collection+".delete"] = "DELETE " + path + "/X1"
		if collection == "profiles" || collection == "products" {
			doors[collection+".assign"], doors[collection+".assignments"] = "POST "+path+"/BU1/EntityAssignments", "GET "+path+"/BU1/EntityAssignments"
			doors[collection+".assignment"], doors[collection+".unassign"] = "GET "+path+"/BU1/EntityAssignments/BV1", "DELETE "+path+"/BU1/EntityAssignments/BV1"
			doors[collection+".evaluate"], doors[collection+".evaluations"] = "POST "+path+"/BU1/Evaluations", "GET "+path+"/BU1/Evaluations"
			doors[collection+".evaluation"] = "GET " + path + "/BU1/Evaluations/EL1"
		}
	}
	delete(doors, "brands.delete")
	tested := 2 // those of messages and numbers that have no door here have tests of their own
	for collection, verbs := range restOperations {
		for verb := range strings.FieldsSeq(verbs) {
			operation := collection + "." + verb
			door, known := doors[operation]
			if !known && (collection == "messages" || collection == "numbers") {
				continue
			}
			if !known {
				t.Errorf("%s has no door here", operation)
				continue
			}
			r.trouble(fmt.Sprintf(`{"operation":%q,"kind":"503"}`, operation))
			method, path, _ := strings.Cut(door, " ")
			for _, want := range []bool{true, false} {
				req, _ := http.NewRequest(method, r.url+path, nil)
				req.SetBasicAuth(account, token)
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if struck := resp.StatusCode == 503; struck != want {
					t.Errorf("%s: %d, struck %t", operation, resp.StatusCode, struck)
				}
			}
			tested++
		}
	}
	if tested < 60 {
		t.Errorf("%d operations", tested)
	}
	// Nobody is let in without the account's name and token, nor anywhere else.
	for path, want := range map[string]int{"/v1/Services": 401, "/v2/RegulatoryCompliance/Bundles": 401, "/v1/Nonsense": 404, "/v2/Nonsense": 404} {
		resp, err := http.Get(r.url + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
}

func TestFaultsOfUploads(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	large := append(slices.Clone(pdf), make([]byte, 3<<20)...)
	for kind, want := range map[string]int{"503": 20503, "429": 20429, "code:20003": 20003} {
		r.trouble(fmt.Sprintf(`{"operation":"documents.create","kind":%q}`, kind))
		status, shown := r.upload(map[string]string{"FriendlyName": "x", "Type": "passport"}, "a.pdf", "application/pdf", large)
		if code, _ := shown["code"].(float64); int(code) != want {
			t.Errorf("%s: %d %v", kind, status, shown)
		}
	}
	if status, _ := r.upload(map[string]string{"FriendlyName": "x", "Type": "passport"}, "a.pdf", "application/pdf", large); status != 201 {
		t.Errorf("without a fault: %d", status)
	}
}

func TestALostAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, answering(``))
	for kind, want := range map[string]int{"reset-before": 0, "reset-after": 1} {
		r.trouble(fmt.Sprintf(`{"operation":"documents.create","kind":%q}`, kind))
		f := r.filer()
		_, err := f.num.CreateSupportingDocument(new(numbers.CreateSupportingDocumentParams).SetFriendlyName(kind).SetType("address"))
		if err == nil {
			t.Errorf("%s: an answer came", kind)
		}
		got := 0
		for _, d := range must[[]numbers.NumbersV2SupportingDocument](t)(f.num.ListSupportingDocument(nil)) {
			if *d.FriendlyName == kind {
				got++
			}
		}
		if got != want {
			t.Errorf("%s: %d documents", kind, got)
		}
	}
}
