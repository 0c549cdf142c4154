package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/twilio"
)

var (
	anAddress = twilio.Address{
		FriendlyName: ours, CustomerName: "Mode Müller GmbH", Street: "Friedrichstraße 68", City: "Berlin", Region: "Berlin", PostalCode: "10117", Country: "DE",
	}
	anEndUser = twilio.EndUser{FriendlyName: ours, Type: "business", Attributes: map[string]any{"business_name": "Mode Müller & Söhne GmbH"}}
	aDocument = twilio.Document{
		FriendlyName: ours, Type: "commercial_registrar_excerpt",
		Attributes: map[string]any{"address_sids": []any{sid("AD", 1)}, "document_number": "HRB 86891"},
	}
)

// anUpload is an upload of a file.
func anUpload(file string) twilio.DocumentUpload {
	return twilio.DocumentUpload{
		FriendlyName: ours, Type: aDocument.Type, Attributes: aDocument.Attributes,
		FileName: `Auszug "2026".pdf`, ContentType: "application/pdf", Body: strings.NewReader(file), Size: int64(len(file)),
	}
}

// What the forms of the three say; Go writes & in JSON as \u0026.
const (
	theName     = "FriendlyName=clienteling-1.42"
	whoTheyAre  = "Attributes=%7B%22business_name%22%3A%22Mode+M%C3%BCller+%5Cu0026+S%C3%B6hne+GmbH%22%7D&" + theName
	whatItSays  = "Attributes=%7B%22address_sids%22%3A%5B%22AD00000000000000000000000000000001%22%5D%2C%22document_number%22%3A%22HRB+86891%22%7D&" + theName
	whereTheyBe = "City=Berlin&CustomerName=Mode+M%C3%BCller+GmbH&" + theName
	inStreet    = "&PostalCode=10117&Region=Berlin&Street=Friedrichstra%C3%9Fe+68"
)

// addressOf is an address as Twilio shows it.
// https://www.twilio.com/docs/usage/api/address
func addressOf(sid, name, created string) string {
	return fmt.Sprintf(`{"account_sid": %q, "city": "Berlin", "customer_name": "Mode Müller GmbH", "date_created": %q, "date_updated": %[2]q,
		"emergency_enabled": false, "friendly_name": %q, "iso_country": "DE", "postal_code": "10117", "region": "Berlin", "sid": %q,
		"street": "Friedrichstraße 68", "street_secondary": null, "validated": true, "verified": false,
		"uri": "%s/Addresses/%[4]s.json"}`, seed.AccountSID, created, name, sid, account)
}

// endUserOf is an end user as Twilio shows it.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/end-users
func endUserOf(sid, name, created string) string {
	return fmt.Sprintf(`{"sid": %q, "account_sid": %q, "friendly_name": %q, "type": "business",
		"attributes": {"business_name": "Mode Müller & Söhne GmbH"}, "date_created": %q, "date_updated": %[4]q,
		"url": "https://numbers.twilio.com/v2/RegulatoryCompliance/EndUsers/%[1]s"}`, sid, seed.AccountSID, name, created)
}

// documentOf is a document as Twilio shows it.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/supporting-documents
func documentOf(sid, name, created string) string {
	return fmt.Sprintf(`{"sid": %q, "account_sid": %q, "friendly_name": %q, "mime_type": null, "status": "draft",
		"failure_reason": null, "errors": null, "type": "commercial_registrar_excerpt",
		"attributes": {"address_sids": ["AD00000000000000000000000000000001"], "document_number": "HRB 86891"},
		"date_created": %q, "date_updated": %[4]q,
		"url": "https://numbers.twilio.com/v2/RegulatoryCompliance/SupportingDocuments/%[1]s"}`, sid, seed.AccountSID, name, created)
}

func TestPapers(t *testing.T) {
	t.Parallel()
	atHome, who, what := anAddress, anEndUser, aDocument
	atHome.SID, atHome.Validated, atHome.CreatedAt = sid("AD", 1), true, day(30)
	who.SID, who.CreatedAt = sid("IT", 1), day(30)
	what.SID, what.Status, what.CreatedAt = sid("RD", 1), twilio.DocumentDraft, day(30)
	rejected := what
	rejected.Status, rejected.FailureReason, rejected.MIMEType = twilio.DocumentRejected, "The document is not readable.", "application/pdf"
	rejected.Problems = []twilio.Problem{{Code: 18001, Reason: "Illegible", Fields: []string{"document_number"}}}
	const users, papers = "/v2/RegulatoryCompliance/EndUsers", "/v2/RegulatoryCompliance/SupportingDocuments"

	address := addressOf(sid("AD", 1), ours, "Thu, 30 Jul 2026 22:29:24 +0000")
	user, paper := endUserOf(sid("IT", 1), ours, stamp(30)), documentOf(sid("RD", 1), ours, stamp(30))
	play(t, []step{
		{
			"an address is created", filing["CreateAddress"], []answer{{201, address}},
			[]asked{{"POST", account + "/Addresses.json", "", whereTheyBe + "&IsoCountry=DE" + inStreet}}, atHome,
		},
		{
			"with a second line", func(ctx context.Context, c *twilio.Client) (any, error) {
				a := anAddress
				a.StreetSecondary = "Hof 2"
				return c.CreateAddress(ctx, seed.AccountSID, a)
			}, []answer{{201, strings.Replace(address, `"street_secondary": null`, `"street_secondary": "Hof 2"`, 1)}},
			[]asked{{"POST", account + "/Addresses.json", "", whereTheyBe + "&IsoCountry=DE" + inStreet + "&StreetSecondary=Hof+2"}},
			func() twilio.Address { a := atHome; a.StreetSecondary = "Hof 2"; return a }(),
		},
		{
			"an address is updated", filing["UpdateAddress"], []answer{{200, address}},
			[]asked{{"POST", account + "/Addresses/" + sid("AD", 1) + ".json", "", whereTheyBe + inStreet + "&StreetSecondary="}}, atHome,
		},
		{"an end user is created", filing["CreateEndUser"], []answer{{201, user}}, []asked{{"POST", users, "", whoTheyAre + "&Type=business"}}, who},
		{"an end user is updated", filing["UpdateEndUser"], []answer{{200, user}}, []asked{{"POST", users + "/" + sid("IT", 1), "", whoTheyAre}}, who},
		{
			"an end user of whom nothing is known", func(ctx context.Context, c *twilio.Client) (any, error) {
				return c.CreateEndUser(ctx, seed.AccountSID, twilio.EndUser{FriendlyName: ours, Type: "business"})
			}, []answer{{201, user}},
			[]asked{{"POST", users, "", "Attributes=%7B%7D&" + theName + "&Type=business"}}, who,
		},
		{
			"a document is created", filing["CreateDocument"], []answer{{201, paper}},
			[]asked{{"POST", papers, "", whatItSays + "&Type=commercial_registrar_excerpt"}}, what,
		},
		{"a document is updated", filing["UpdateDocument"], []answer{{200, paper}}, []asked{{"POST", papers + "/" + sid("RD", 1), "", whatItSays}}, what},
		{
			"a document was rejected", filing["Document"], []answer{{200, strings.NewReplacer(
				`"mime_type": null`, `"mime_type": "application/pdf"`, `"draft"`, `"rejected"`,
				`"failure_reason": null`, `"failure_reason": "The document is not readable."`,
				`"errors": null`, `"errors": [{"code": "18001", "message": "Illegible", "fields": ["document_number"]}]`,
			).Replace(paper)}},
			[]asked{{"GET", papers + "/" + sid("RD", 1), "", ""}}, rejected,
		},
	})
}

// part is a part of a form that came.
type part struct{ name, file, contentType, content string }

// uploads returns a client of a Twilio that takes uploads, and what came.
func uploads(t *testing.T, got func(w http.ResponseWriter, r *http.Request)) *twilio.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(got))
	t.Cleanup(server.Close)
	c, err := twilio.Open(server.URL, scenario.Accounts(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestUploadDocument(t *testing.T) {
	t.Parallel()
	var parts []part
	c := uploads(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != seed.AccountSID || password != seed.AuthToken {
			t.Errorf("asked by %q", user)
		}
		if r.Method != http.MethodPost || r.RequestURI != "/v2/RegulatoryCompliance/SupportingDocuments" || r.ContentLength <= 0 {
			t.Errorf("%s %s of %d bytes", r.Method, r.RequestURI, r.ContentLength)
		}
		form, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		for {
			p, err := form.NextRawPart()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Error(err)
				return
			}
			content, err := io.ReadAll(p)
			if err != nil {
				t.Error(err)
			}
			parts = append(parts, part{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), string(content)})
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, strings.Replace(documentOf(sid("RD", 1), ours, stamp(30)), `"mime_type": null`, `"mime_type": "application/pdf"`, 1))
	})
	file := "%PDF-1.7\n" + strings.Repeat("ß\r\n--boundary\x00", 1<<16)
	got, err := c.UploadDocument(t.Context(), seed.AccountSID, anUpload(file))
	want := aDocument
	want.SID, want.Status, want.CreatedAt, want.MIMEType = sid("RD", 1), twilio.DocumentDraft, day(30), "application/pdf"
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("uploaded %+v, %v", got, err)
	}
	if want := []part{
		{"FriendlyName", "", "", ours},
		{"Type", "", "", "commercial_registrar_excerpt"},
		{"Attributes", "", "", `{"address_sids":["AD00000000000000000000000000000001"],"document_number":"HRB 86891"}`},
		{"File", `Auszug "2026".pdf`, "application/pdf", file},
	}; !reflect.DeepEqual(parts, want) {
		t.Errorf("%d parts came, the first %q", len(parts), parts[:min(3, len(parts))])
	}
}

// The file is on its way to Twilio before its end has been read.
func TestUploadStreams(t *testing.T) {
	t.Parallel()
	const half = 1 << 20
	came := make(chan struct{})
	c := uploads(t, func(w http.ResponseWriter, r *http.Request) {
		if n, err := io.CopyN(io.Discard, r.Body, half/2); err != nil {
			t.Errorf("after %d bytes: %v", n, err)
		}
		close(came)
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, documentOf(sid("RD", 1), ours, stamp(30)))
	})
	read, write := io.Pipe()
	go func() {
		_, _ = io.WriteString(write, strings.Repeat("%", half))
		select {
		case <-came:
		case <-t.Context().Done():
		}
		_, _ = io.WriteString(write, strings.Repeat("%", half))
		_ = write.Close()
	}()
	d := anUpload("")
	d.Body, d.Size = read, 2*half
	if _, err := c.UploadDocument(t.Context(), seed.AccountSID, d); err != nil {
		t.Error(err)
	}
}

// A file that cannot be sent as it was said to be is no document at Twilio.
func TestUploadBroken(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("%PDF", 1<<16)
	for _, tt := range []struct {
		name string
		body io.Reader
		size int
		want twilio.Outcome
	}{
		{"shorter", strings.NewReader(long), len(long) + 1, twilio.Refused},
		{"longer", strings.NewReader(long), len(long) - 1, twilio.Refused},
		{"longer by far", strings.NewReader(long), 5, twilio.Refused},
		{"empty", strings.NewReader(""), 5, twilio.Refused},
		{"breaking off", io.MultiReader(strings.NewReader(long), iotest.ErrReader(errors.New("the caller hung up"))), 2 * len(long), twilio.Later},
		{"breaking off at once", iotest.ErrReader(errors.New("the caller hung up")), 5, twilio.Later},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := uploads(t, func(w http.ResponseWriter, r *http.Request) {
				_, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
				if form, err := multipart.NewReader(r.Body, params["boundary"]).ReadForm(1 << 20); err == nil {
					t.Errorf("a whole form came, with %d files", len(form.File))
				}
			})
			d := anUpload("")
			d.Body, d.Size = tt.body, int64(tt.size)
			var e *twilio.Error
			if _, err := c.UploadDocument(t.Context(), seed.AccountSID, d); !errors.As(err, &e) || e.Outcome != tt.want {
				t.Errorf("%v", err)
			}
		})
	}
}

// endless is a file without an end that says when it is read.
type endless struct{ read chan<- int }

func (e endless) Read(p []byte) (int, error) {
	e.read <- len(p)
	return len(p), nil
}

// An answer may come before the file has: then nobody reads on.
func TestUploadRefusedEarly(t *testing.T) {
	t.Parallel()
	c := uploads(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		_, _ = io.WriteString(w, "<html>413 Request Entity Too Large</html>")
	})
	reads := make(chan int, 1<<16)
	d := anUpload("")
	d.Body, d.Size = endless{reads}, 1<<30
	var e *twilio.Error
	// The answer may get lost, too, when the server hangs up on what it has not read.
	if _, err := c.UploadDocument(t.Context(), seed.AccountSID, d); !errors.As(err, &e) || e.Outcome == twilio.Later {
		t.Errorf("%v", err)
	}
	close(reads) // whoever reads now panics
}
