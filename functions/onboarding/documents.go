package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/twilio"
)

const (
	// maxFileName is the longest name of a file, in characters.
	maxFileName = 100
	// mostPapers is how many papers a registration may have at once.
	mostPapers = 30
)

// upload takes a paper for an item and passes it on to Twilio. Its bytes stay nowhere
// here; that it is on its way is recorded first, so that one which is lost on the way
// is found at Twilio again and deleted.
func (f function) upload(ctx context.Context, c *apigw.Call) (any, error) {
	known, _, err := f.requested(ctx, c)
	if err != nil {
		return nil, err
	}
	key, err := c.Text("item")
	if err != nil {
		return nil, err
	}
	name, err := c.Text("filename")
	if err != nil {
		return nil, err
	}
	choice, err := c.Text("type")
	if err != nil {
		return nil, err
	}
	opened, err := f.open(ctx, c.Caller.Retailer, known)
	if err != nil {
		return nil, err
	}
	if !opened.State.Editable() {
		return nil, clienteling.ErrRegistrationInReview
	}
	i, err := opened.document(key, choice)
	if err != nil {
		return nil, err
	}
	if len(opened.papers) >= mostPapers {
		return nil, clienteling.E(clienteling.Conflict, "too_many_documents", "This registration has %d documents. Delete those that are not needed first.", len(opened.papers))
	}
	media, err := sniff(c.File(), c.Headers["content-type"])
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(c.File())
	d, err := f.table.BeginUpload(ctx, clienteling.Document{
		Retailer: c.Caller.Retailer, Country: known.Registration, Item: i.Key, Choice: choice, AccountSID: f.accountSID,
		Name: fileName(name, media), Type: media, Size: len(c.File()), Hash: hex.EncodeToString(sum[:]), At: f.now(),
	})
	if err != nil {
		return nil, err
	}
	sent, err := f.twilio.UploadDocument(ctx, f.accountSID, twilio.DocumentUpload{
		FriendlyName: f.stage.PaperName(d.ID), Type: cmp.Or(choice, i.Twilio.Type), FileName: d.Name, ContentType: d.Type, Body: bytes.NewReader(c.File()), Size: int64(d.Size),
	})
	if err != nil {
		return nil, f.notTaken(ctx, d, err)
	}
	if d, err = f.table.Uploaded(ctx, d, sent.SID); err != nil {
		return nil, err
	}
	f.log.InfoContext(ctx, "paper uploaded", "retailer", d.Retailer, "country", d.Country, "item", d.Item, "document", d.ID, "sid", d.SID, "size", d.Size)
	return apigw.Reply{Status: http.StatusCreated, Body: showPaper(d)}, nil
}

// notTaken decides about an upload that failed. One that Twilio surely does not have
// is forgotten at once; of another reconcile finds out.
func (f function) notTaken(ctx context.Context, d clienteling.Document, err error) error {
	var e *twilio.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Outcome == twilio.Refused {
		f.log.WarnContext(ctx, "Twilio does not take a paper", "document", d.ID, "error", err)
		if err := f.table.ForgetDocument(ctx, d); err != nil {
			return err
		}
		return clienteling.E(clienteling.Unprocessable, "document_refused", "The file was not accepted. Check that it opens, and send it again as a PDF, JPEG or PNG.").Because(err)
	}
	if e.Outcome == twilio.Later {
		if err := f.table.ForgetDocument(ctx, d); err != nil {
			return err
		}
	}
	return clienteling.E(clienteling.Unavailable, string(clienteling.ReasonTwilioAway), "The file could not be passed on. Send it again in a minute; nothing of it was kept here.").Because(err)
}

// document is the item that a paper is uploaded for, and Twilio's word for its kind.
func (o file) document(key, choice string) (country.Item, error) {
	n := slices.IndexFunc(o.items, func(i country.Item) bool { return i.Key == key && i.Kind == country.Document })
	if n < 0 {
		return country.Item{}, clienteling.E(clienteling.Unprocessable, "item_unknown",
			"%s asks for no such document. GET /v1/countries/%s lists its items: send the key of one whose kind is document.", o.country.Name, o.country.Code).With("item", "Not a document that is asked for.")
	}
	i := o.items[n]
	if len(i.Choices) > 0 && choice == "" {
		return i, clienteling.E(clienteling.Unprocessable, "type_missing", "Which paper is it? Send type with one of: %s.", strings.Join(i.Choices, ", ")).With("type", "Needed.")
	}
	if choice != "" && !slices.Contains(i.Choices, choice) {
		return i, clienteling.E(clienteling.Unprocessable, "type_unknown", "Send type with one of: %s.", strings.Join(i.Choices, ", ")).With("type", "Not one of them.")
	}
	return i, nil
}

// sniff is the media type of a file by its first bytes. What was said of it must agree.
func sniff(body []byte, said string) (string, error) {
	if len(body) == 0 {
		return "", clienteling.E(clienteling.Unprocessable, "document_empty", "The file is empty. Send its bytes as the body of the request.")
	}
	var found string
	switch {
	case bytes.HasPrefix(body, []byte("%PDF-")):
		found = "application/pdf"
	case bytes.HasPrefix(body, []byte{0xff, 0xd8, 0xff}):
		found = "image/jpeg"
	case bytes.HasPrefix(body, []byte("\x89PNG\r\n\x1a\n")):
		found = "image/png"
	default:
		return "", clienteling.E(clienteling.Unprocessable, "document_type", "The file is no PDF, JPEG or PNG. Save it as one of these and send it again.")
	}
	said, _, _ = strings.Cut(said, ";")
	said = strings.ToLower(strings.TrimSpace(said))
	if said != found && said != "" && said != "application/octet-stream" {
		return "", clienteling.E(clienteling.Unprocessable, "document_type", "The file is %s, but Content-Type says %s. Send it as what it is.", found, said)
	}
	return found, nil
}

// extensions are the endings that file names get.
var extensions = map[string]string{"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}

// fileName is a name without folders and control characters, and with the right ending.
func fileName(name, media string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		// Marks of direction would show another name than it is.
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '"' || r == utf8.RuneError {
			return -1
		}
		return r
	}, name)
	name = strings.TrimSpace(strings.TrimSuffix(name, path.Ext(name)))
	if name == "" || name == "." || name == "/" {
		name = "document"
	}
	if runes := []rune(name); len(runes) > maxFileName {
		name = string(runes[:maxFileName])
	}
	return name + extensions[media]
}

// deleteDocument deletes a paper, here and at Twilio.
func (f function) deleteDocument(ctx context.Context, c *apigw.Call) (any, error) {
	known, _, err := f.requested(ctx, c)
	if err != nil {
		return nil, err
	}
	r, err := f.table.RegistrationFile(ctx, c.Caller.Retailer, known.Code)
	if err != nil && !errors.Is(err, clienteling.ErrNotFound) {
		return nil, err
	}
	if !r.State.Editable() {
		return nil, clienteling.ErrRegistrationInReview
	}
	d, err := f.table.Document(ctx, c.Caller.Retailer, known.Code, c.Path("documentId"))
	if err != nil {
		return nil, err
	}
	if d.State == clienteling.DocumentUploading {
		return nil, clienteling.E(clienteling.Conflict, "document_uploading", "This file is still on its way. Delete it when it has arrived; if it never does, it goes by itself.")
	}
	if d.State != clienteling.DocumentDeleting {
		if d, err = f.table.DropDocument(ctx, d, f.now()); err != nil {
			return nil, err
		}
	}
	if err := f.twilio.DeleteDocument(ctx, d.AccountSID, d.SID); err != nil {
		f.log.WarnContext(ctx, "Twilio has not deleted a paper yet; reconcile does", "document", d.ID, "error", err)
		return apigw.Reply{Status: http.StatusAccepted, Body: showPaper(d)}, nil
	}
	return nil, f.table.ForgetDocument(ctx, d)
}
