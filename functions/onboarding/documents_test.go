package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"clienteling/infra/local/seed"
	"clienteling/infra/scenario"
	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

// papers are the documents of the retailer's registration in a country.
func (w *world) papers(code string) []clienteling.Document {
	w.Helper()
	all, err := w.db.Open().Documents(w.Context(), retailer, code)
	w.must(err)
	return all
}

// A file goes to Twilio as what its bytes are, and here is kept what it is like.
func TestUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "IT")
	for n, test := range []struct{ item, choice, name, media, body, isType, isName, kind string }{
		{"representative_id", "passport", "passport.pdf", "application/pdf", pdf, "application/pdf", "passport.pdf", "passport"},
		{"representative_id", "government_issued_document", "id.jpeg", "image/jpeg", jpeg, "image/jpeg", "id.jpg", "government_issued_document"},
		{"business_proof", "tax_notice", "bolletta.png", "image/png", png, "image/png", "bolletta.png", "tax_notice"},
		{"business_proof", "utility_bill", "bolletta", "application/octet-stream", png, "image/png", "bolletta.png", "utility_bill"},
		{"business_proof", "utility_bill", "", "", jpeg, "image/jpeg", "document.jpg", "utility_bill"},
		{"business_proof", "utility_bill", "bolletta.pdf", "IMAGE/JPEG; quality=best", jpeg, "image/jpeg", "bolletta.jpg", "utility_bill"},
	} {
		body := test.body + fmt.Sprint(n)
		sum := sha256.Sum256([]byte(body))
		w.db.Set(w.db.Now().Add(time.Minute))
		got, _ := ok[paper](w, http.StatusCreated, upload("IT", test.item, test.choice, test.name, test.media, body))
		want := paper{got.ID, "there", test.choice, test.isName, test.isType, len(body), hex.EncodeToString(sum[:]), w.db.Now().Format("2006-01-02T15:04:05.000Z")}
		if got != want || got.ID == "" {
			t.Errorf("%d: %+v, want %+v", n, got, want)
		}
		kept, err := w.db.Open().Document(t.Context(), retailer, "IT", got.ID)
		w.must(err)
		its := w.atTwilio()[clienteling.Sandbox.PaperName(got.ID)]
		if its.SID == "" || its.SID != kept.SID || kept.Item != test.item || kept.AccountSID != seed.AccountSID || showPaper(kept) != want {
			t.Errorf("%d: kept %+v, Twilio has %+v", n, kept, its)
		}
		if f := its.File; its.Type != test.kind || f.Name != test.isName || f.MimeType != test.isType || f.Size != len(body) || f.SHA256 != want.Hash {
			t.Errorf("%d: Twilio has %+v", n, its)
		}
		if i := w.country("IT").item(t, test.item); !i.Given || !slices.Contains(i.Documents, want) {
			t.Errorf("%d: %+v", n, i)
		}
	}
	if n := len(w.atTwilio()); n != 6 {
		t.Errorf("Twilio has %d documents", n)
	}
}

func TestUploadRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "FR", "IT", "DE")
	w.draft("FR", answers{})
	before := w.db.Items(t)
	for name, test := range map[string]struct {
		c        call
		code     string
		pointers string
	}{
		"empty":                 {upload("DE", "excerpt", "", "a.pdf", "application/pdf", ""), "document_empty", ""},
		"no paper":              {upload("DE", "excerpt", "", "a.pdf", "application/pdf", "Handelsregisterauszug"), "document_type", ""},
		"only the beginning":    {upload("DE", "excerpt", "", "a.pdf", "application/pdf", "%PDF"), "document_type", ""},
		"not at the beginning":  {upload("DE", "excerpt", "", "a.pdf", "application/pdf", "\n"+pdf), "document_type", ""},
		"HTML as PDF":           {upload("DE", "excerpt", "", "a.pdf", "application/pdf", "<html>"), "document_type", ""},
		"PNG said to be PDF":    {upload("DE", "excerpt", "", "a.pdf", "application/pdf", png), "document_type", ""},
		"PDF said to be JPEG":   {upload("DE", "excerpt", "", "a.jpg", "image/jpeg", pdf), "document_type", ""},
		"JPEG said to be PNG":   {upload("DE", "excerpt", "", "a.png", "image/png", jpeg), "document_type", ""},
		"PDF said to be a form": {upload("DE", "excerpt", "", "a.pdf", "multipart/form-data; boundary=a", pdf), "document_type", ""},
		"no item":               {upload("DE", "", "", "a.pdf", "application/pdf", pdf), "item_unknown", "item"},
		"unknown item":          {upload("DE", "passport", "", "a.pdf", "application/pdf", pdf), "item_unknown", "item"},
		"no document":           {upload("DE", "business_name", "", "a.pdf", "application/pdf", pdf), "item_unknown", "item"},
		"another country's":     {upload("DE", "business_proof", "", "a.pdf", "application/pdf", pdf), "item_unknown", "item"},
		"no choice":             {upload("IT", "representative_id", "", "a.pdf", "application/pdf", pdf), "type_missing", "type"},
		"unknown choice":        {upload("IT", "representative_id", "tax_notice", "a.pdf", "application/pdf", pdf), "type_unknown", "type"},
		"a choice of one":       {upload("DE", "excerpt", "passport", "a.pdf", "application/pdf", pdf), "type_unknown", "type"},
	} {
		got := w.ask(test.c)
		if got.answered != (answered{http.StatusUnprocessableEntity, test.code}) || !slices.Equal(got.pointers, strings.Fields(test.pointers)) {
			t.Errorf("%s: %d %s", name, got.status, got.Body)
		}
	}
	twice := upload("DE", "excerpt", "", "a.pdf", "application/pdf", pdf)
	twice.query.Add("item", "excerpt")
	w.refused(twice, http.StatusBadRequest, "invalid_parameter", "item")
	for key := range w.db.Items(t).Since(before).Added {
		if !strings.HasPrefix(key, "COUNTRY#") {
			t.Errorf("%s was kept", key)
		}
	}
	if n := len(w.atTwilio()); n != 0 {
		t.Errorf("Twilio has %d documents", n)
	}
}

// The largest file there may be arrives whole, and nothing of one that is larger.
func TestUploadSize(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE")
	largest := pdf + strings.Repeat("x", 4<<20-len(pdf))
	p, _ := ok[paper](w, http.StatusCreated, upload("DE", "excerpt", "", "a.pdf", "application/pdf", largest))
	if its := w.atTwilio()[clienteling.Sandbox.PaperName(p.ID)]; p.Size != 4194304 || its.File.Size != p.Size || its.File.SHA256 != p.Hash {
		t.Errorf("%+v, Twilio has %+v", p, its)
	}
	w.refused(upload("DE", "excerpt", "", "a.pdf", "application/pdf", largest+"x"), http.StatusRequestEntityTooLarge, "body_too_large")
	if n := len(w.atTwilio()); n != 1 {
		t.Errorf("Twilio has %d documents", n)
	}
}

// Nothing of a file is kept here: not its bytes, in whatever clothes, and none of it is
// logged. A name of a person is not logged either.
func TestNothingOfAFileIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE")
	var log bytes.Buffer
	out := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f := function{out, w.db.Now, clienteling.Sandbox, w.db.Open(), w.twilio.Client(t), w.db.FilingJobs, seed.AccountSID}
	w.handle = apigw.New(apigw.Options{Scope: "clienteling:manage", Routes: f.routes(), Files: files, Log: out})
	const canary, person = "canary-7f3a91", "Kanarienvogel"
	w.draft("DE", texts("representative", person+", Anna"))
	w.refused(call{at: "PUT /v1/countries/DE/registration", body: texts("representative", person)}, http.StatusUnprocessableEntity, "registration_invalid")
	for _, kind := range []string{"", "500", "code:18024", "429"} {
		if kind != "" {
			w.fault("documents.create", kind)
		}
		w.ask(upload("DE", "excerpt", "", person+".pdf", "application/pdf", pdf+canary))
		w.mend()
	}
	w.ask(upload("DE", "excerpt", "", "a.pdf", "application/pdf", canary))
	kept, err := json.Marshal(w.db.Items(t))
	w.must(err)
	jobs, err := json.Marshal(w.db.FilingJobs.Left())
	w.must(err)
	for what, text := range map[string]string{"table": string(kept), "log": log.String(), "jobs": string(jobs)} {
		for _, clothes := range []string{canary, hex.EncodeToString([]byte(canary)), base64.StdEncoding.EncodeToString([]byte(pdf + canary))[:20]} {
			if strings.Contains(text, clothes) {
				t.Errorf("the %s has the file", what)
			}
		}
		if what != "table" && strings.Contains(text, person) {
			t.Errorf("the %s has a person: %s", what, text)
		}
	}
	if !strings.Contains(string(kept), person) || !strings.Contains(log.String(), "paper uploaded") {
		t.Error("nothing was kept or logged, so this looks for nothing")
	}
}

// clear does what reconcile does with documents that are due at a moment.
func (w *world) clear(at time.Time) (cleared int) {
	w.Helper()
	w.db.Set(at)
	to, client := w.db.Open(), w.twilio.Client(w)
	due, err := to.DueDocuments(w.Context(), at, 25)
	w.must(err)
	for _, d := range due {
		if d.State != clienteling.DocumentDeleting {
			d, err = to.DropDocument(w.Context(), d, at)
			w.must(err)
		}
		if d.SID == "" {
			found, _, err := client.FindDocument(w.Context(), d.AccountSID, clienteling.Sandbox.PaperName(d.ID))
			w.must(err)
			d.SID = found.SID
		}
		if d.SID != "" {
			w.must(client.DeleteDocument(w.Context(), d.AccountSID, d.SID))
		}
		w.must(to.ForgetDocument(w.Context(), d))
		cleared++
	}
	return cleared
}

// Whatever comes of an upload, in the end either the retailer knows the document, or it
// is neither here nor at Twilio.
func TestUploadFails(t *testing.T) {
	t.Parallel()
	away := answered{http.StatusServiceUnavailable, "twilio_unavailable"}
	for _, test := range []struct {
		kind string
		want answered
		kept bool // the record, since the document may be there
		sent bool // it is
	}{
		{"code:18024", answered{http.StatusUnprocessableEntity, "document_refused"}, false, false},
		{"429", away, false, false},
		{"500", away, true, false},
		{"html-503", away, true, false},
		{"reset-before", away, true, false},
		{"lost", away, true, true},
	} {
		t.Run(test.kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "DE")
			if test.kind == "lost" { // Twilio has it, and the answer does not arrive
				w.twilio.Strike(func(r *http.Request, forward func()) {
					forward()
					if r.Method == http.MethodPost {
						panic(http.ErrAbortHandler)
					}
				})
			} else {
				w.fault("documents.create", test.kind)
			}
			if got := w.ask(upload("DE", "excerpt", "", "a.pdf", "application/pdf", pdf)); got.answered != test.want {
				t.Errorf("answered %d %s", got.status, got.Body)
			}
			w.mend()
			w.twilio.Strike(nil)
			w.settled(test.kept, test.sent)
		})
	}
	// The table is away once Twilio has the document.
	t.Run("table away", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, "DE")
		w.country("DE")
		w.twilio.Strike(func(r *http.Request, forward func()) {
			forward()
			if r.Method == http.MethodPost {
				w.db.Break(scenario.Unsent)
			}
		})
		got := w.ask(upload("DE", "excerpt", "", "a.pdf", "application/pdf", pdf))
		w.twilio.Strike(nil)
		w.db.Mend()
		if got.answered != (answered{http.StatusServiceUnavailable, "storage_unavailable"}) {
			t.Errorf("answered %d %s", got.status, got.Body)
		}
		w.settled(true, true)
	})
}

// settled checks what is left of an upload that failed, and that nothing is after
// reconcile's ten minutes.
func (w *world) settled(kept, sent bool) {
	w.Helper()
	papers, its := w.papers("DE"), w.atTwilio()
	if (len(papers) == 1) != kept || len(papers) > 0 && papers[0].State != clienteling.DocumentUploading || (len(its) == 1) != sent {
		w.Errorf("kept %+v, Twilio has %+v", papers, its)
	}
	if i := w.country("DE").item(w, "excerpt"); i.Given || len(i.Documents) != len(papers) {
		w.Errorf("it counts: %+v", i)
	}
	for _, p := range papers {
		w.refused(call{at: "DELETE /v1/countries/DE/documents/" + p.ID}, http.StatusConflict, "document_uploading")
	}
	at := w.db.Now()
	if n := w.clear(at.Add(10*time.Minute - time.Second)); n != 0 {
		w.Errorf("%d documents were cleared too early", n)
	}
	if n := w.clear(at.Add(10*time.Minute + time.Second)); n != len(papers) || len(w.papers("DE")) != 0 || len(w.atTwilio()) != 0 {
		w.Errorf("%d were cleared; kept %+v, Twilio has %+v", n, w.papers("DE"), w.atTwilio())
	}
	// And then it can be sent again.
	w.upload("DE", "excerpt", "")
}

func TestTooManyDocuments(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE", "FR")
	last := clienteling.Document{}
	for range 30 {
		var err error
		last, err = w.db.Open().BeginUpload(t.Context(), clienteling.Document{Retailer: retailer, Country: "DE", Item: "excerpt", AccountSID: seed.AccountSID, Name: "a.pdf", Type: "application/pdf", Size: 1, At: w.db.Now()})
		w.must(err)
	}
	got := w.refused(upload("DE", "excerpt", "", "a.pdf", "application/pdf", pdf), http.StatusConflict, "too_many_documents")
	if !strings.Contains(got.Body, "30") {
		t.Error(got.Body)
	}
	w.upload("FR", "excerpt", "") // another registration
	w.must(w.db.Open().ForgetDocument(t.Context(), last))
	w.upload("DE", "excerpt", "")
}

// A name goes on to Twilio without what could be a trick.
func TestFileName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Extrait Kbis.pdf":               "Extrait Kbis.pdf",
		"Ausweis Müller-Lüdenscheidt":    "Ausweis Müller-Lüdenscheidt.pdf",
		"登記事項証明書.PDF":                    "登記事項証明書.pdf",
		"kbis.v2.final.docx":             "kbis.v2.final.pdf",
		"":                               "document.pdf",
		" ":                              "document.pdf",
		".":                              "document.pdf",
		"..":                             "document.pdf",
		"/":                              "document.pdf",
		".pdf":                           "document.pdf",
		"..pdf":                          "document.pdf",
		"../../etc/passwd":               "passwd.pdf",
		`..\..\windows\system32\cmd.exe`: "cmd.pdf",
		`C:\scans\passport.png`:          "passport.pdf",
		"a/b/":                           "b.pdf",
		"a\r\nX-Header: 1.pdf":           "aX-Header: 1.pdf",
		"a\x00b\x1b[31m\x7f\u0085.pdf":   "ab[31m.pdf",
		`a";filename="b.pdf`:             "a;filename=b.pdf",
		"invoice\u202efdp.exe":           "invoicefdp.pdf",
		"a\xff\xfeb.pdf":                 "ab.pdf",
		strings.Repeat("ü", 300):         strings.Repeat("ü", 100) + ".pdf",
	} {
		got := fileName(name, "application/pdf")
		if got != want || !utf8.ValidString(got) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	w := newWorld(t, "DE")
	for _, name := range []string{"a\r\nContent-Type: text/html\r\n\r\n.pdf", `";x="`, "résumé%00.pdf"} {
		p, _ := ok[paper](w, http.StatusCreated, upload("DE", "excerpt", "", name, "application/pdf", pdf))
		if its := w.atTwilio()[clienteling.Sandbox.PaperName(p.ID)]; its.File.Name != p.Name || its.File.MimeType != "application/pdf" {
			t.Errorf("%q is %q, at Twilio %+v", name, p.Name, its.File)
		}
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE", "FR", "CA")
	p, other := w.upload("DE", "excerpt", ""), w.upload("DE", "excerpt", "")
	at := call{at: "DELETE /v1/countries/DE/documents/" + p.ID}
	for _, c := range []call{
		{at: "DELETE /v1/countries/FR/documents/" + p.ID},
		{at: "DELETE /v1/countries/DE/documents/" + p.ID + "0"},
		{at: "DELETE /v1/countries/DE/documents/" + strings.Repeat("a", 2000)},
		{at: "DELETE /v1/countries/DE/documents/%00"},
	} {
		w.refused(c, http.StatusNotFound, "not_found")
	}
	if got := w.ask(at); got.status != http.StatusNoContent || got.Body != "" {
		t.Errorf("answered %d %s", got.status, got.Body)
	}
	if papers, its := w.papers("DE"), w.atTwilio(); len(papers) != 1 || papers[0].ID != other.ID || len(its) != 1 || its[clienteling.Sandbox.PaperName(other.ID)].SID == "" {
		t.Errorf("kept %+v, Twilio has %+v", papers, its)
	}
	w.refused(at, http.StatusNotFound, "not_found") // it is gone
}

// A document that Twilio does not delete at once counts no more, and is deleted by the
// next call or by reconcile.
func TestDeleteWhileTwilioIsAway(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"503", "429", "reset-before", "reset-after", "code:20409"} {
		for _, again := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, again %v", kind, again), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, "DE")
				p := w.upload("DE", "excerpt", "")
				at := call{at: "DELETE /v1/countries/DE/documents/" + p.ID}
				w.fault("documents.delete", kind)
				for range 2 {
					if got, _ := ok[paper](w, http.StatusAccepted, at); got.State != "deleting" || got.ID != p.ID {
						t.Errorf("answered %+v", got)
					}
				}
				if i := w.country("DE").item(t, "excerpt"); i.Given || len(i.Documents) != 1 || i.Documents[0].State != "deleting" {
					t.Errorf("it counts: %+v", i)
				}
				w.mend()
				if again {
					if got := w.ask(at); got.status != http.StatusNoContent {
						t.Errorf("again: %d %s", got.status, got.Body)
					}
				} else if n := w.clear(w.db.Now().Add(time.Minute + time.Second)); n != 1 {
					t.Errorf("%d documents were due", n)
				}
				if len(w.papers("DE")) != 0 || len(w.atTwilio()) != 0 {
					t.Errorf("kept %+v, Twilio has %+v", w.papers("DE"), w.atTwilio())
				}
			})
		}
	}
}

// One that is never submitted goes by itself after 30 days.
func TestUnclaimedDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "DE")
	w.upload("DE", "excerpt", "")
	at := w.db.Now()
	if n := w.clear(at.Add(30*24*time.Hour - time.Second)); n != 0 {
		t.Errorf("%d documents were deleted too early", n)
	}
	if n := w.clear(at.Add(30*24*time.Hour + time.Second)); n != 1 || len(w.atTwilio()) != 0 {
		t.Errorf("%d documents were deleted, Twilio has %+v", n, w.atTwilio())
	}
}
