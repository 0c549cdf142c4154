package twilio

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// documentResource is a supporting document as the REST API shows it
// (docs/phone-numbers/regulatory/api/supporting-documents).
type documentResource struct {
	SID           string         `json:"sid"`
	AccountSID    string         `json:"account_sid"`
	FriendlyName  string         `json:"friendly_name"`
	MimeType      *string        `json:"mime_type"` // null without a file
	Status        string         `json:"status"`
	FailureReason *string        `json:"failure_reason"`
	Errors        []finding      `json:"errors"`
	Type          string         `json:"type"`
	Attributes    map[string]any `json:"attributes"`
	DateCreated   time.Time      `json:"date_created"`
	DateUpdated   time.Time      `json:"date_updated"`
	URL           string         `json:"url"`
}

type supportingDocument struct {
	documentResource
	File    *uploaded `json:"file,omitempty"`
	Trust   bool      `json:"trust,omitempty"` // TrustHub's
	Deleted bool      `json:"deleted,omitempty"`
}

// uploaded is what is kept of a file: not the file, which may be somebody's passport.
type uploaded struct {
	Name     string `json:"name"`
	MimeType string `json:"mimeType"`
	Size     int64  `json:"size"` // bytes
	SHA256   string `json:"sha256"`
}

func (d *supportingDocument) sid() string { return d.SID }
func (d *supportingDocument) gone() bool  { return d.Deleted }

const (
	maxUpload     = 5 << 20  // of a file
	maxUploadForm = 16 << 20 // what is read of an upload that is too large, to answer it
)

// uploadTypes are the files that Twilio takes as papers.
var uploadTypes = []string{"application/pdf", "image/jpeg", "image/png"}

// isUpload tells whether a request brings a file.
func isUpload(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
}

// readUpload reads a form with a file, and leaves its parameters where those of other forms
// are. The file itself goes by: only what it is like is kept.
func readUpload(r *http.Request) (*uploaded, *restError) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, refuseREST(20001, "The parts of the body cannot be read: %v", err)
	}
	var file *uploaded
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, refuseREST(20001, "The parts of the body cannot be read: %v", err)
		}
		if part.FormName() != "File" {
			value, err := io.ReadAll(io.LimitReader(part, maxForm))
			if err != nil {
				return nil, refuseREST(20001, "The part %s cannot be read: %v", part.FormName(), err)
			}
			r.PostForm.Set(part.FormName(), string(value))
			continue
		}
		head := make([]byte, 512)
		n, err := io.ReadFull(part, head)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, refuseREST(20001, "The file cannot be read: %v", err)
		}
		sum := sha256.New()
		sum.Write(head[:n]) // never fails, says hash.Hash
		rest, err := io.Copy(sum, part)
		if err != nil {
			return nil, refuseREST(20001, "The file cannot be read: %v", err)
		}
		file = &uploaded{
			Name: part.FileName(), MimeType: http.DetectContentType(head[:n]), Size: int64(n) + rest, SHA256: hex.EncodeToString(sum.Sum(nil)),
		}
		if said := part.Header.Get("Content-Type"); slices.Contains(uploadTypes, said) && said != file.MimeType {
			return nil, refuseREST(18024, "The file type %s does not match the file content", said)
		}
	}
	switch {
	case file == nil:
		return nil, refuseREST(20001, "Missing required parameter File in the post body")
	case file.Size > maxUpload:
		return nil, refuseREST(18024, "The file has more than %d bytes", maxUpload)
	case !slices.Contains(uploadTypes, file.MimeType):
		return nil, refuseREST(18024, "The file is none of %s", strings.Join(uploadTypes, ", "))
	}
	return file, nil
}

// createDocument is POST .../SupportingDocuments. With a file it is multipart, and goes to
// numbers-upload.twilio.com, at the same path.
func (s *Simulator) createDocument(in registry) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		var file *uploaded
		if isUpload(r) {
			var refused *restError
			if file, refused = readUpload(r); refused != nil {
				return nil, refused
			}
		}
		return s.desk(func(r *http.Request) (any, *restError) {
			return s.keepDocument(in, r, file)
		})(r)
	}
}

func (s *Simulator) keepDocument(in registry, r *http.Request, file *uploaded) (any, *restError) {
	kind := r.PostForm.Get("Type")
	known, ok := in.documents[kind]
	switch {
	case strings.TrimSpace(r.PostForm.Get("FriendlyName")) == "":
		return nil, refuseREST(22211, "")
	case !ok:
		return nil, refuseREST(22210, "Supporting Document Type %q is none: take one of SupportingDocumentTypes", kind)
	}
	attributes, refused := readAttributes(r.PostForm.Get("Attributes"), known)
	if refused != nil {
		return nil, refused
	}
	for _, sid := range addressSIDs(attributes) {
		if _, found := find(s.state.Papers.Addresses, sid); !found {
			return nil, refuseREST(invalid, "Address %s was not found", sid)
		}
	}
	now, sid := s.stamp(), newSID("RD")
	d := &supportingDocument{Trust: in.trust, File: file, documentResource: documentResource{
		SID: sid, AccountSID: s.config.AccountSID, FriendlyName: r.PostForm.Get("FriendlyName"), Status: "draft", Type: kind,
		Attributes: attributes, DateCreated: now, DateUpdated: now, URL: in.host + in.path + "/SupportingDocuments/" + sid,
	}}
	if file != nil {
		d.MimeType = &file.MimeType
	}
	s.state.Papers.Documents = append(s.state.Papers.Documents, d)
	return d.documentResource, nil
}

func (s *Simulator) documentNamed(in registry, r *http.Request) (*supportingDocument, *restError) {
	d, found := find(s.state.Papers.Documents, r.PathValue("sid"))
	if !found || d.Trust != in.trust {
		return nil, unknownResource(r)
	}
	return d, nil
}

// fetchDocument is GET .../SupportingDocuments/{RD}.
func (s *Simulator) fetchDocument(in registry) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		d, refused := s.documentNamed(in, r)
		if refused != nil {
			return nil, refused
		}
		return d.documentResource, nil
	}
}

// updateDocument is POST .../SupportingDocuments/{RD}. Attributes replace all that were. A
// document that was rejected is a draft again.
func (s *Simulator) updateDocument(in registry) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		d, refused := s.documentNamed(in, r)
		if refused != nil {
			return nil, refused
		}
		if s.isFiled(d.SID) {
			return nil, refuseREST(invalid, "Cannot update supporting document. A bundle it belongs to is in an immutable state.")
		}
		attributes, refused := readAttributes(r.PostForm.Get("Attributes"), in.documents[d.Type])
		if refused != nil {
			return nil, refused
		}
		for _, sid := range addressSIDs(attributes) {
			if _, found := find(s.state.Papers.Addresses, sid); !found {
				return nil, refuseREST(invalid, "Address %s was not found", sid)
			}
		}
		if r.PostForm.Has("Attributes") {
			d.Attributes = attributes
		}
		if r.PostForm.Has("FriendlyName") {
			d.FriendlyName = r.PostForm.Get("FriendlyName")
		}
		d.Status, d.FailureReason, d.Errors, d.DateUpdated = "draft", nil, nil, s.stamp()
		return d.documentResource, nil
	}
}

// deleteDocument is DELETE .../SupportingDocuments/{RD}.
func (s *Simulator) deleteDocument(in registry) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		d, refused := s.documentNamed(in, r)
		if refused != nil {
			return nil, refused
		}
		if s.isFiled(d.SID) {
			return nil, refuseREST(20409, "Supporting document %s belongs to a bundle that is in review or approved", d.SID)
		}
		d.Deleted = true
		s.unassign(d.SID)
		return nil, nil
	}
}

// listDocuments is GET .../SupportingDocuments, newest first. It has no filters.
func (s *Simulator) listDocuments(in registry) func(*http.Request) (any, *restError) {
	return func(r *http.Request) (any, *restError) {
		var all []entry
		for _, d := range inUse(s.state.Papers.Documents) {
			if d.Trust == in.trust {
				all = append(all, entry{d.SID, d.documentResource})
			}
		}
		return listPage(r, in.host, "results", all)
	}
}
