package twilio

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"sync"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
	num "github.com/twilio/twilio-go/rest/numbers/v2"
)

// Address is where a business is, as a paper or a number needs it.
// https://www.twilio.com/docs/usage/api/address
type Address struct {
	// SID is AD...
	SID string
	// FriendlyName is ours, by which it is found again, 64 characters at most.
	FriendlyName string
	// CustomerName is who is there: a business or a person.
	CustomerName string
	// Street is the number and the street, StreetSecondary a second line, mostly empty.
	Street, StreetSecondary string
	City                    string
	// Region is the state or the region, which Twilio wants for every country.
	Region     string
	PostalCode string
	// Country is ISO 3166-1 alpha-2.
	Country string
	// Validated says that Twilio found the address to exist; it may then have corrected
	// it. False means nothing for countries where it does not look.
	Validated bool
	CreatedAt time.Time
}

func (a Address) id() (string, time.Time) { return a.SID, a.CreatedAt }

func address(a *api.ApiV2010Address) Address {
	at, _ := time.Parse(time.RFC1123Z, value(a.DateCreated))
	return Address{
		SID: value(a.Sid), FriendlyName: value(a.FriendlyName), CustomerName: value(a.CustomerName),
		Street: value(a.Street), StreetSecondary: value(a.StreetSecondary), City: value(a.City), Region: value(a.Region),
		PostalCode: value(a.PostalCode), Country: value(a.IsoCountry),
		Validated: a.Validated != nil && *a.Validated, CreatedAt: at.UTC(),
	}
}

// CreateAddress creates an address, once: it never tries again by itself. Of what is
// given, the SID and what Twilio finds out are ignored. After an error whose outcome
// is Unknown, look with [Client.FindAddress] first. The error is an *Error.
func (c *Client) CreateAddress(ctx context.Context, accountSID string, a Address) (Address, error) {
	if err := needName(a.FriendlyName, longestShortName); err != nil {
		return Address{}, err
	}
	if !countryCode.MatchString(a.Country) {
		return Address{}, refusal("%q is not a country: give its two capital letters of ISO 3166-1", a.Country)
	}
	p := &api.CreateAddressParams{}
	p.SetFriendlyName(a.FriendlyName)
	p.SetCustomerName(a.CustomerName)
	p.SetStreet(a.Street)
	p.SetCity(a.City)
	p.SetRegion(a.Region)
	p.SetPostalCode(a.PostalCode)
	p.SetIsoCountry(a.Country)
	if a.StreetSecondary != "" {
		p.SetStreetSecondary(a.StreetSecondary)
	}
	made, err := ask(ctx, c, accountSID, api.NewApiService, func(s *api.ApiService) (*api.ApiV2010Address, error) {
		return s.CreateAddress(p)
	})
	if err != nil {
		return Address{}, err
	}
	return sidded(address(made), "AD")
}

// UpdateAddress gives the address of a.SID all that a says but its country, which stays:
// an address in another country is another address. It may be repeated. The error is
// an *Error, with CodeNotFound for an address that is not there.
func (c *Client) UpdateAddress(ctx context.Context, accountSID string, a Address) (Address, error) {
	if err := cmp.Or(needSID(a.SID, "an address", "AD"), needName(a.FriendlyName, longestShortName)); err != nil {
		return Address{}, err
	}
	p := &api.UpdateAddressParams{}
	p.SetFriendlyName(a.FriendlyName)
	p.SetCustomerName(a.CustomerName)
	p.SetStreet(a.Street)
	p.SetStreetSecondary(a.StreetSecondary)
	p.SetCity(a.City)
	p.SetRegion(a.Region)
	p.SetPostalCode(a.PostalCode)
	set, err := ask(ctx, c, accountSID, api.NewApiService, func(s *api.ApiService) (*api.ApiV2010Address, error) {
		return s.UpdateAddress(a.SID, p)
	})
	if err != nil {
		return Address{}, err
	}
	return same(address(set), a.SID)
}

// FindAddress returns the address of a name, the oldest if there are several, and
// whether there is one. The error is an *Error.
func (c *Client) FindAddress(ctx context.Context, accountSID, friendlyName string) (Address, bool, error) {
	if err := needName(friendlyName, longestShortName); err != nil {
		return Address{}, false, err
	}
	// The account goes into the path, unlike those of the newer products.
	if err := needSID(accountSID, "an account", "AC"); err != nil {
		return Address{}, false, err
	}
	return find(ctx, c, accountSID, list{
		origin: twilioAPI, path: "/2010-04-01/Accounts/" + accountSID + "/Addresses.json", key: "addresses", filter: named(friendlyName),
	}, address, func(a Address) bool { return a.FriendlyName == friendlyName })
}

// EndUser is who uses the numbers: the retailer, with what a regulation or a policy
// wants to know of it.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/end-users
type EndUser struct {
	// SID is IT...
	SID string
	// FriendlyName is ours, by which it is found again.
	FriendlyName string
	// Type is that of the regulation or the policy, such as business.
	Type string
	// Attributes are strings, or lists of them, by the names of the fields asked for.
	Attributes map[string]any
	CreatedAt  time.Time
}

func (e EndUser) id() (string, time.Time) { return e.SID, e.CreatedAt }

func endUser(u *num.NumbersV2EndUser) EndUser {
	return EndUser{
		SID: value(u.Sid), FriendlyName: value(u.FriendlyName), Type: value(u.Type),
		Attributes: attributes(u.Attributes), CreatedAt: moment(u.DateCreated),
	}
}

func attributes(a *any) map[string]any {
	if a == nil {
		return nil
	}
	m, _ := (*a).(map[string]any)
	return m
}

// CreateEndUser creates the end user of a bundle, once: it never tries again by itself.
// After an error whose outcome is Unknown, look with [Client.FindEndUser] first. The
// error is an *Error.
func (c *Client) CreateEndUser(ctx context.Context, accountSID string, u EndUser) (EndUser, error) {
	if err := cmp.Or(needName(u.FriendlyName, longestName), needType(u.Type)); err != nil {
		return EndUser{}, err
	}
	p := (&num.CreateEndUserParams{FriendlyName: &u.FriendlyName, Type: &u.Type}).SetAttributes(object(u.Attributes))
	made, err := ask(ctx, c, accountSID, num.NewApiService, func(s *num.ApiService) (*num.NumbersV2EndUser, error) {
		return s.CreateEndUser(p)
	})
	if err != nil {
		return EndUser{}, err
	}
	return sidded(endUser(made), "IT")
}

// UpdateEndUser gives the end user of u.SID the name and the attributes of u: give all
// of them. The type stays. It may be repeated. The error is an *Error, with CodeNotFound
// for an end user that is not there.
func (c *Client) UpdateEndUser(ctx context.Context, accountSID string, u EndUser) (EndUser, error) {
	if err := cmp.Or(needSID(u.SID, "an end user", "IT"), needName(u.FriendlyName, longestName)); err != nil {
		return EndUser{}, err
	}
	p := (&num.UpdateEndUserParams{FriendlyName: &u.FriendlyName}).SetAttributes(object(u.Attributes))
	set, err := ask(ctx, c, accountSID, num.NewApiService, func(s *num.ApiService) (*num.NumbersV2EndUser, error) {
		return s.UpdateEndUser(u.SID, p)
	})
	if err != nil {
		return EndUser{}, err
	}
	return same(endUser(set), u.SID)
}

// FindEndUser returns the end user of a name, the oldest if there are several, and
// whether there is one. Twilio has no filter for it: it reads them all. The error is an
// *Error.
func (c *Client) FindEndUser(ctx context.Context, accountSID, friendlyName string) (EndUser, bool, error) {
	if err := needName(friendlyName, longestName); err != nil {
		return EndUser{}, false, err
	}
	return find(ctx, c, accountSID, list{origin: twilioNumbers, path: "/v2/RegulatoryCompliance/EndUsers", key: "results"},
		endUser, func(u EndUser) bool { return u.FriendlyName == friendlyName })
}

// object is JSON's empty object for no attributes, where Go would say null.
func object(attributes map[string]any) map[string]any {
	if attributes == nil {
		return map[string]any{}
	}
	return attributes
}

func needType(t string) error {
	if t == "" {
		return refusal("the type is missing: give the one that the regulation or the policy asks for")
	}
	return nil
}

// The statuses of a document.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/supporting-documents
const (
	DocumentDraft                 = "draft"
	DocumentPendingReview         = "pending-review"
	DocumentRejected              = "rejected"
	DocumentApproved              = "approved"
	DocumentExpired               = "expired"
	DocumentProvisionallyApproved = "provisionally-approved"
)

// Document is a paper, or what a paper without a file says.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/supporting-documents
type Document struct {
	// SID is RD...
	SID string
	// FriendlyName is ours, by which it is found again.
	FriendlyName string
	// Type is that of the kind that a regulation accepts, such as utility_bill.
	Type string
	// Attributes are strings, or lists of them, by the names of the fields asked for.
	Attributes map[string]any
	// Status is one of the constants.
	Status string
	// FailureReason says in words why it was rejected, Problems the same in parts.
	FailureReason string
	Problems      []Problem
	// MIMEType is that of its file as Twilio says it; empty for none.
	MIMEType  string
	CreatedAt time.Time
}

func (d Document) id() (string, time.Time) { return d.SID, d.CreatedAt }

func document(d *num.NumbersV2SupportingDocument) Document {
	return Document{
		SID: value(d.Sid), FriendlyName: value(d.FriendlyName), Type: value(d.Type), Attributes: attributes(d.Attributes),
		Status: value(d.Status), FailureReason: value(d.FailureReason), Problems: problems(d.Errors),
		MIMEType: value(d.MimeType), CreatedAt: moment(d.DateCreated),
	}
}

// CreateDocument creates a document without a file, once: it never tries again by
// itself. After an error whose outcome is Unknown, look with [Client.FindDocument]
// first. The error is an *Error.
func (c *Client) CreateDocument(ctx context.Context, accountSID string, d Document) (Document, error) {
	if err := cmp.Or(needName(d.FriendlyName, longestName), needType(d.Type)); err != nil {
		return Document{}, err
	}
	p := (&num.CreateSupportingDocumentParams{FriendlyName: &d.FriendlyName, Type: &d.Type}).SetAttributes(object(d.Attributes))
	made, err := ask(ctx, c, accountSID, num.NewApiService, func(s *num.ApiService) (*num.NumbersV2SupportingDocument, error) {
		return s.CreateSupportingDocument(p)
	})
	if err != nil {
		return Document{}, err
	}
	return sidded(document(made), "RD")
}

// UpdateDocument gives the document of d.SID the name and the attributes of d: give all
// of them. The type and the file stay: for another file, it takes another document. It
// may be repeated. The error is an *Error, with CodeNotFound for a document that is not
// there.
func (c *Client) UpdateDocument(ctx context.Context, accountSID string, d Document) (Document, error) {
	if err := cmp.Or(needSID(d.SID, "a document", "RD"), needName(d.FriendlyName, longestName)); err != nil {
		return Document{}, err
	}
	p := (&num.UpdateSupportingDocumentParams{FriendlyName: &d.FriendlyName}).SetAttributes(object(d.Attributes))
	set, err := ask(ctx, c, accountSID, num.NewApiService, func(s *num.ApiService) (*num.NumbersV2SupportingDocument, error) {
		return s.UpdateSupportingDocument(d.SID, p)
	})
	if err != nil {
		return Document{}, err
	}
	return same(document(set), d.SID)
}

// Document returns a document by its SID. The error is an *Error, with CodeNotFound for
// one that is not there.
func (c *Client) Document(ctx context.Context, accountSID, sid string) (Document, error) {
	if err := needSID(sid, "a document", "RD"); err != nil {
		return Document{}, err
	}
	d, err := ask(ctx, c, accountSID, num.NewApiService, func(s *num.ApiService) (*num.NumbersV2SupportingDocument, error) {
		return s.FetchSupportingDocument(sid)
	})
	if err != nil {
		return Document{}, err
	}
	return same(document(d), sid)
}

// FindDocument returns the document of a name, with or without a file, the oldest if
// there are several, and whether there is one. Twilio has no filter for it: it reads
// them all. The error is an *Error.
func (c *Client) FindDocument(ctx context.Context, accountSID, friendlyName string) (Document, bool, error) {
	if err := needName(friendlyName, longestName); err != nil {
		return Document{}, false, err
	}
	return find(ctx, c, accountSID, list{origin: twilioNumbers, path: documentsPath, key: "results"},
		document, func(d Document) bool { return d.FriendlyName == friendlyName })
}

// DeleteDocument deletes a document and its file, for good. It may be repeated: a
// document that is gone already is no error. Twilio refuses to delete one that a bundle
// needs. The error is an *Error.
func (c *Client) DeleteDocument(ctx context.Context, accountSID, sid string) error {
	if err := needSID(sid, "a document", "RD"); err != nil {
		return err
	}
	return remove(ctx, c, accountSID, num.NewApiService, func(s *num.ApiService) error { return s.DeleteSupportingDocument(sid) })
}

const documentsPath = "/v2/RegulatoryCompliance/SupportingDocuments"

// DocumentUpload is a document with a file.
type DocumentUpload struct {
	// FriendlyName, Type and Attributes are as of a [Document].
	FriendlyName, Type string
	Attributes         map[string]any
	// FileName is the file's, ContentType its media type: Twilio takes PDF, JPEG and PNG.
	FileName, ContentType string
	// Body is the file, Size how many bytes it has, 5 MB at most. It is read as it is
	// sent, and not after the function has returned.
	Body io.Reader
	Size int64
}

// uploadTimeout bounds an upload that the caller does not bound tighter.
const uploadTimeout = 25 * time.Second

// UploadDocument creates a document with a file, once: it never tries again by itself.
// The file goes from the reader to Twilio and is kept nowhere. After an error whose
// outcome is Unknown, look with [Client.FindDocument] first. The error is an *Error,
// Later for a body that could not be read, and Refused for one of another size.
// https://www.twilio.com/docs/phone-numbers/regulatory/api/supporting-documents
func (c *Client) UploadDocument(ctx context.Context, accountSID string, d DocumentUpload) (Document, error) {
	switch err := cmp.Or(needName(d.FriendlyName, longestName), needType(d.Type)); {
	case err != nil:
		return Document{}, err
	case d.FileName == "" || d.ContentType == "" || d.Body == nil || d.Size <= 0:
		return Document{}, refusal("the file, its name, its media type or its size is missing: give them all")
	}
	token, err := c.token(ctx, accountSID)
	if err != nil {
		return Document{}, &Error{Later, 0, err}
	}
	form, contentType, err := d.form()
	if err != nil {
		return Document{}, &Error{Refused, 0, err}
	}
	// When this returns, the body is nobody's but the caller's.
	defer form.file.stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, twilioUploads+documentsPath, form)
	if err != nil {
		return Document{}, &Error{Refused, 0, err}
	}
	// With the length said in advance, a body that ends early is no request at all.
	request.ContentLength = form.length
	request.Header.Set("Content-Type", contentType)
	request.SetBasicAuth(accountSID, token)

	one := &call{ctx: ctx, base: c.base, next: c.http}
	answer, err := (&http.Client{Transport: one, Timeout: uploadTimeout, CheckRedirect: noRedirect}).Do(request)
	if err != nil {
		if failed := form.file.failure(); failed != nil && one.status == 0 {
			return Document{}, failed
		}
		return Document{}, judge(err, one.status)
	}
	defer func() { _ = answer.Body.Close() }()
	if one.status >= 400 {
		refused := &client.TwilioRestError{}
		if err := json.NewDecoder(answer.Body).Decode(refused); err != nil {
			return Document{}, judge(err, one.status)
		}
		return Document{}, judge(refused, one.status)
	}
	var made num.NumbersV2SupportingDocument
	if err := json.NewDecoder(answer.Body).Decode(&made); err != nil {
		return Document{}, judge(err, one.status)
	}
	if one.status > 299 {
		return Document{}, &Error{Unknown, 0, errors.New("no answer of Twilio: look for the document")}
	}
	return sidded(document(&made), "RD")
}

// uploadForm is the form of an upload, of which only what surrounds the file is held.
type uploadForm struct {
	io.Reader
	file   *upload
	length int64
}

// form returns the upload as a multipart form, and its media type.
func (d DocumentUpload) form() (*uploadForm, string, error) {
	text, err := json.Marshal(object(d.Attributes))
	if err != nil {
		return nil, "", err
	}
	var around bytes.Buffer
	w := multipart.NewWriter(&around)
	part := textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition("File", d.FileName)},
		"Content-Type":        {d.ContentType},
	}
	// Into a buffer, nothing of this fails.
	_ = w.WriteField("FriendlyName", d.FriendlyName)
	_ = w.WriteField("Type", d.Type)
	_ = w.WriteField("Attributes", string(text))
	_, _ = w.CreatePart(part)
	before := around.Len()
	_ = w.Close()

	all := around.Bytes()
	file := &upload{from: d.Body, left: d.Size}
	return &uploadForm{
		Reader: io.MultiReader(bytes.NewReader(all[:before]), file, bytes.NewReader(all[before:])),
		file:   file, length: int64(len(all)) + d.Size,
	}, w.FormDataContentType(), nil
}

// upload is a file on its way: exactly as long as it was said to be, or an error. The
// transport may read on after the answer, which it must not do to the caller's reader.
type upload struct {
	mu     sync.Mutex
	from   io.Reader
	left   int64
	failed *Error
	over   bool
}

// Read reads from the file while the call lasts.
func (u *upload) Read(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.over:
		return 0, errors.New("the call is over")
	case u.failed != nil:
		return 0, u.failed
	}
	n, err := u.from.Read(p)
	u.left -= int64(n)
	switch {
	case u.left < 0 || err == io.EOF && u.left > 0:
		u.failed = refusal("the file has another size than was said: give its size in bytes")
	case err != nil && err != io.EOF:
		u.failed = &Error{Later, 0, err}
	default:
		return n, err
	}
	return 0, u.failed
}

func (u *upload) stop() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.over = true
}

// failure is why the file could not be sent whole; nil when it could. What had been
// sent of it was no request, so it had no effect.
func (u *upload) failure() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.failed == nil {
		return nil
	}
	return u.failed
}
