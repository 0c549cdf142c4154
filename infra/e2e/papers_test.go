//go:build unix

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	awsdb "github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"clienteling/infra/local/dynamodb"
	"clienteling/infra/local/seed"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
)

// canary is in every paper that the tests upload, and must be nowhere afterwards.
const canary = "canary-in-a-paper-7f3a"

// pdf is a document with the canary in it.
var pdf = strings.Replace(seed.PDF, "%%EOF", "% "+canary+"\n%%EOF", 1)

// paperwork is a country as the API shows it.
type paperwork struct {
	Country, Requirements, Registration string
	Missing                             []string
	Items                               []struct {
		country.Item
		Given     bool
		Documents []struct{ ID, SHA256 string }
		Rejected  []string
	}
}

// newcomer is a retailer that has asked for countries by the API, and has nothing yet.
func newcomer(t *testing.T, id string, countries ...string) retailer {
	t.Helper()
	r := retailer{id: id, admin: mint(t, map[string]any{"sub": "admin-" + id, "name": "Ada", "retailer": id, "scope": "clienteling:manage"})}
	write(t, http.MethodPut, "/v1/onboarding", r.admin, map[string]any{
		"legalName": "Acme Apparel Ltd", "contactEmail": "papers@acme.example", "countries": countries,
	}).into(t, http.StatusOK, new(any))
	return r
}

func (r retailer) papers(t *testing.T, code string) paperwork {
	t.Helper()
	var p paperwork
	get(t, "/v1/countries/"+code, r.admin).into(t, http.StatusOK, &p)
	return p
}

// upload uploads a paper for an item.
func (r retailer) upload(t *testing.T, code string, i country.Item, contentType, body string) answer {
	t.Helper()
	query := url.Values{"item": {i.Key}, "filename": {i.Key + ".pdf"}}
	if len(i.Choices) > 0 {
		query.Set("type", i.Choices[0])
	}
	return send(t, http.MethodPost, "/v1/countries/"+code+"/documents?"+query.Encode(), r.admin, http.Header{"Content-Type": {contentType}}, body, false)
}

// give gives a good answer to an item.
func (r retailer) give(t *testing.T, code string, i country.Item) {
	t.Helper()
	if i.Kind == country.Document {
		r.upload(t, code, i, "application/pdf", pdf).into(t, http.StatusCreated, new(any))
		return
	}
	body := map[string]any{}
	if a := seed.Answer(i, code); a.Address != nil {
		body["addresses"] = map[string]clienteling.Address{i.Key: *a.Address}
	} else {
		body["answers"] = map[string]string{i.Key: a.Text}
	}
	write(t, http.MethodPut, "/v1/countries/"+code+"/registration", r.admin, body).into(t, http.StatusOK, new(any))
}

// take takes an answer back.
func (r retailer) take(t *testing.T, code string, i country.Item) {
	t.Helper()
	if i.Kind != country.Document {
		write(t, http.MethodPut, "/v1/countries/"+code+"/registration", r.admin, map[string]any{"answers": map[string]string{i.Key: ""}}).into(t, http.StatusOK, new(any))
		return
	}
	for _, shown := range r.papers(t, code).Items {
		for _, d := range shown.Documents {
			if shown.Key == i.Key {
				if a := send(t, http.MethodDelete, "/v1/countries/"+code+"/documents/"+d.ID, r.admin, nil, "", false); a.status != http.StatusNoContent {
					t.Fatalf("delete: %d %s", a.status, a.body)
				}
			}
		}
	}
}

// nudge has a registration looked at as Twilio's callback does: brands and campaigns
// have none, and are looked at every quarter of an hour.
func (r retailer) nudge(t *testing.T, code string) {
	t.Helper()
	c, _ := country.Of(code)
	twilio(t, "/control/requests", map[string]any{
		"path": "/webhooks/twilio/bundle?" + url.Values{"r": {r.id}, "c": {c.Registration}}.Encode(), "sign": "valid",
		"params": map[string]string{"AccountSid": seed.AccountSID, "Status": "in-review"},
	}, new(any))
}

// quick has Twilio's reviewers decide at once, until the test and its parts have ended.
func quick(t *testing.T) {
	t.Helper()
	twilio(t, "/control/reviews", map[string]any{"delayMs": 20}, new(any))
}

// For each of the 27 countries: without each single item a submission is refused that
// names it, and with all of them the country is approved.
func TestEveryCountryIsFiled(t *testing.T) {
	quick(t)
	for _, c := range country.All() {
		t.Run(c.Code, func(t *testing.T) {
			t.Parallel()
			code := c.Code
			r := newcomer(t, "files-"+strings.ToLower(code), code)
			before := r.papers(t, code)
			if len(before.Items) == 0 || before.Requirements != "known" {
				t.Fatalf("it asks for nothing: %+v", before)
			}
			submission := "/v1/countries/" + code + "/submission"
			groups := map[string]country.Item{}
			var needed []country.Item
			for _, i := range before.Items {
				if !i.Required {
					continue
				}
				// Twilio's own number for Britain is the company number, so the first of a
				// group is given, except where it is a paper named twice.
				if _, had := groups[i.OneOf]; i.OneOf != "" && had {
					continue
				}
				groups[i.OneOf] = i.Item
				needed = append(needed, i.Item)
			}
			for _, i := range needed {
				r.give(t, code, i)
			}
			for _, i := range needed {
				r.take(t, code, i)
				a := send(t, http.MethodPost, submission, r.admin, nil, "", false)
				a.refused(t, http.StatusUnprocessableEntity, "items_missing")
				if !strings.Contains(a.body, "/"+i.Key+`"`) {
					t.Errorf("without %s the answer is %s", i.Key, a.body)
				}
				r.give(t, code, i)
			}
			send(t, http.MethodPost, submission, r.admin, nil, "", false).into(t, http.StatusAccepted, new(any))
			until(t, code+" is decided", func() bool {
				now := r.papers(t, code)
				if now.Registration == "in_review" {
					r.nudge(t, code)
				}
				return now.Registration == "approved" || now.Registration == "rejected"
			})
			after := r.papers(t, code)
			if after.Registration != "approved" {
				t.Fatalf("it is %s: %+v", after.Registration, after)
			}
			for _, i := range after.Items {
				if i.Personal && i.Given {
					t.Errorf("%s is still there after the approval", i.Key)
				}
			}
		})
	}
}

// No paper, nor its bytes, is in the table, a log or a file; and after the approvals no
// representative's birth date or fiscal code.
func TestPapersStayNowhere(t *testing.T) {
	r := newcomer(t, "canaries", "IT")
	for _, i := range r.papers(t, "IT").Items {
		if i.Required {
			r.give(t, "IT", i.Item)
		}
	}
	quick(t)
	send(t, http.MethodPost, "/v1/countries/IT/submission", r.admin, nil, "", false).into(t, http.StatusAccepted, new(any))
	until(t, "it is approved", func() bool { return r.papers(t, "IT").Registration == "approved" })

	for _, secret := range []string{canary, "1983-11-18", "RCCMNL83S18D969H"} {
		if line, found := cloud.log.contains(secret); found {
			t.Errorf("a log line holds %q: %s", secret, line)
		}
	}
	if !slices.ContainsFunc(items(t), func(text string) bool { return strings.Contains(text, "RETAILER#canaries") }) {
		t.Error("the items cannot be searched: not even the retailer is found")
	}
	for _, text := range items(t) {
		if strings.Contains(text, canary) || strings.Contains(text, "RETAILER#canaries") && (strings.Contains(text, "1983-11-18") || strings.Contains(text, "RCCMNL83S18D969H")) {
			t.Errorf("an item holds what it must not: %s", text)
		}
	}
	err := filepath.WalkDir(cloud.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // what is deleted meanwhile holds nothing
		}
		raw, err := os.ReadFile(path)
		if err == nil && bytes.Contains(raw, []byte(canary)) {
			t.Errorf("%s holds a paper's bytes", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// items are all that the table has, written out.
func items(t *testing.T) (all []string) {
	t.Helper()
	db := dynamodb.Client(cloud.Info.DynamoDB)
	for in := (&awsdb.ScanInput{TableName: &cloud.Info.Table}); ; {
		out, err := db.Scan(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range out.Items {
			all = append(all, show(t, i))
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; len(out.LastEvaluatedKey) == 0 {
			return all
		}
	}
}

// show writes an item out, with all that is in it.
func show(t *testing.T, item any) string {
	t.Helper()
	raw, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// An upload that lies about its type, is empty, too large, or never ends is refused,
// and nothing of it is kept.
func TestUploadsThatAreNone(t *testing.T) {
	r := newcomer(t, "uploads", "DE")
	items := r.papers(t, "DE").Items
	n := slices.IndexFunc(items, func(i struct {
		country.Item
		Given     bool
		Documents []struct{ ID, SHA256 string }
		Rejected  []string
	}) bool {
		return i.Kind == country.Document
	})
	i := items[n].Item
	const most = 4 << 20
	full := pdf + strings.Repeat(" ", most-len(pdf))
	for _, tt := range []struct {
		what, contentType, body string
		status                  int
		code                    string
	}{
		{"a lie", "image/png", pdf, http.StatusUnprocessableEntity, "document_type"},
		{"no PDF", "application/pdf", "Dear Sirs", http.StatusUnprocessableEntity, "document_type"},
		{"one byte too many", "application/pdf", full + " ", http.StatusRequestEntityTooLarge, "body_too_large"},
		{"nothing", "application/pdf", "", http.StatusUnprocessableEntity, "document_empty"},
	} {
		query := url.Values{"item": {i.Key}, "filename": {"excerpt.pdf"}}
		send(t, http.MethodPost, "/v1/countries/DE/documents?"+query.Encode(), r.admin, http.Header{"Content-Type": {tt.contentType}}, tt.body, true).refused(t, tt.status, tt.code)
	}
	for name, write := range map[string]func(net.Conn){
		"413": func(c net.Conn) { // it goes on and on
			block := []byte("100000\r\n" + strings.Repeat("x", 1<<20) + "\r\n")
			for range 24 {
				if _, err := c.Write(block); err != nil {
					return
				}
			}
		},
		"400": func(c net.Conn) { // it ends early
			_, _ = c.Write([]byte("100\r\n%PDF-1.4"))
			_ = c.(*net.TCPConn).CloseWrite()
		},
	} {
		where, err := url.Parse(cloud.Info.API)
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", where.Host)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = fmt.Fprintf(c, "POST /v1/countries/DE/documents?item=%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/pdf\r\nTransfer-Encoding: chunked\r\n\r\n", i.Key, where.Host, r.admin)
		go write(c)
		head := make([]byte, 64)
		read, _ := io.ReadFull(c, head[:12])
		if !strings.HasSuffix(string(head[:read]), name) {
			t.Errorf("an upload that never ends is answered %q, want %s", head[:read], name)
		}
		_ = c.Close()
	}
	if got := r.papers(t, "DE").Items[n].Documents; len(got) != 0 {
		t.Errorf("kept: %+v", got)
	}
	r.upload(t, "DE", i, "application/pdf", full).into(t, http.StatusCreated, new(any))
}

// What waited for an approval goes on by itself: a parked store takes the number that
// is bought for it.
func TestApprovalLetsStoresGoOn(t *testing.T) {
	r := newcomer(t, "unlocks", "DK")
	r.opened(t, "copenhagen", "DK", "33 12 34 56", "Europe/Copenhagen")
	var s place
	write(t, http.MethodPut, "/v1/stores/copenhagen/clienteling", r.admin, map[string]any{"number": "auto", "enable": true}).into(t, http.StatusAccepted, &s)
	var o order
	write(t, http.MethodPost, "/v1/numbers", r.admin, map[string]any{"country": "DK"}).into(t, http.StatusAccepted, &o)
	if s.State != "parked" || o.State != "awaiting_approval" {
		t.Fatalf("store %+v, order %+v", s, o)
	}
	for _, i := range r.papers(t, "DK").Items {
		if i.Required {
			r.give(t, "DK", i.Item)
		}
	}
	quick(t)
	send(t, http.MethodPost, "/v1/countries/DK/submission", r.admin, nil, "", false).into(t, http.StatusAccepted, new(any))
	until(t, "it is approved", func() bool { return r.papers(t, "DK").Registration == "approved" })
	until(t, "all has gone on", func() bool {
		if err := cloud.RunNow(t.Context(), "ReconcileFunction"); err != nil {
			t.Error(err)
		}
		return r.store(t, "copenhagen").State == "enabled" && r.order(t, o.ID).State == "completed"
	})
}
