package twilio

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// medium is a picture or another attachment of a text.
type medium struct {
	MessageSID  string `json:"messageSid"`
	ContentType string `json:"contentType"`
	Data        []byte `json:"data"`
}

// mediaLink is a medium as webhooks and phones see it. The SID is empty for a URL that is
// not the simulator's.
type mediaLink struct {
	SID         string `json:"sid,omitempty"`
	URL         string `json:"url"`
	ContentType string `json:"contentType"`
}

// maxMessageMedia is the most that the media of one text may weigh together
// (docs/messaging/guides/accepted-mime-types).
const maxMessageMedia = 5 << 20

func (s *Simulator) mediaURL(messageSID, mediaSID string) string {
	return fmt.Sprintf("%s/2010-04-01/Accounts/%s/Messages/%s/Media/%s",
		strings.TrimSuffix(s.config.BaseURL(), "/"), s.config.AccountSID, messageSID, mediaSID)
}

// mediaPath is where media are for those who have a signed URL. Twilio has another host
// for that.
const mediaPath = "/media/"

// mediaLife is how long a signed URL is good for: 4 hours (help article "Protect Media
// Access with HTTP Basic Authentication for Programmable Messaging").
const mediaLife = 4 * time.Hour

// stored is the medium of a path, if it is one of the path's text. The caller holds the
// lock.
func (s *Simulator) stored(r *http.Request) (sid string, found medium, ok bool) {
	sid = named(r, "medium")
	found, ok = s.state.Media[sid]
	return sid, found, ok && found.MessageSID == r.PathValue("message")
}

// showMedium is GET .../Messages/{SM}/Media/{ME}.json, which tells about a medium, and the
// same without .json, which leads to a URL that is good for a while and asks for no
// credentials (docs/messaging/api/media-resource).
func (s *Simulator) showMedium(r *http.Request) (any, *restError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sid, found, ok := s.stored(r)
	switch {
	case !ok:
		return nil, unknownResource(r)
	case sid != r.PathValue("medium"):
		return s.mediumResource(sid, found), nil
	}
	until := strconv.FormatInt(s.config.Now().Add(mediaLife).Unix(), 10)
	signed := url.Values{"expires": {until}, "signature": {s.signMedium(sid, until)}}
	return location(strings.TrimSuffix(s.config.BaseURL(), "/") + mediaPath + sid + "?" + signed.Encode()), nil
}

// signMedium is what proves that Twilio gave out a medium's URL.
func (s *Simulator) signMedium(sid, until string) string {
	mac := hmac.New(sha256.New, []byte(s.config.AuthToken))
	fmt.Fprintf(mac, "%s until %s", sid, until)
	return hex.EncodeToString(mac.Sum(nil))
}

// serveSigned serves a medium to whoever has its signed URL, in time.
func (s *Simulator) serveSigned(w http.ResponseWriter, r *http.Request) {
	sid, query := r.PathValue("medium"), r.URL.Query()
	until, err := strconv.ParseInt(query.Get("expires"), 10, 64)
	genuine := hmac.Equal([]byte(query.Get("signature")), []byte(s.signMedium(sid, query.Get("expires"))))
	if err != nil || !genuine || s.config.Now().Unix() >= until {
		http.Error(w, "the URL is not signed, or not good any more: ask the API for another one", http.StatusForbidden)
		return
	}
	s.serveMedium(w, sid)
}

// serveToPhone serves a medium to the handset, whose customer needs no credentials.
func (s *Simulator) serveToPhone(w http.ResponseWriter, r *http.Request) {
	s.serveMedium(w, r.PathValue("medium"))
}

func (s *Simulator) serveMedium(w http.ResponseWriter, sid string) {
	s.mu.Lock()
	found, ok := s.state.Media[sid]
	s.mu.Unlock()
	if !ok {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "no such medium here, or not any more"})
		return
	}
	w.Header().Set("Content-Type", found.ContentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(found.Data)))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "sandbox") // an SVG or HTML attachment runs nothing here
	w.Write(found.Data)
}

// listMedia is GET /2010-04-01/Accounts/{AC}/Messages/{SM}/Media.json: what Twilio has of a
// text's media.
func (s *Simulator) listMedia(r *http.Request) (any, *restError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.find(r.PathValue("message"))
	if at < 0 {
		return nil, unknownResource(r)
	}
	all := []mediumResource{}
	for _, link := range s.state.Messages[at].Stored {
		if found, ok := s.state.Media[link.SID]; ok {
			all = append(all, s.mediumResource(link.SID, found))
		}
	}
	cut, part, refused := cutPage(r, all, func(m mediumResource) string { return m.SID })
	if refused != nil {
		return nil, refused
	}
	return struct {
		page
		MediaList []mediumResource `json:"media_list"`
	}{cut, part}, nil
}

// deleteMedium is DELETE /2010-04-01/Accounts/{AC}/Messages/{SM}/Media/{ME}.json.
func (s *Simulator) deleteMedium(r *http.Request) (any, *restError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sid, _, ok := s.stored(r)
	at := s.find(r.PathValue("message"))
	switch {
	case !ok || at < 0:
		return nil, unknownResource(r)
	case !s.state.Messages[at].finished(s.config.Now()):
		return nil, refuseREST(20009, "")
	}
	delete(s.state.Media, sid)
	s.touched(event{Changed: "message", Phone: s.state.Messages[at].customer()})
	return nil, nil
}

// mediumResource is a medium as the REST API shows it.
type mediumResource struct {
	AccountSID  string `json:"account_sid"`
	ContentType string `json:"content_type"`
	DateCreated string `json:"date_created"` // dates are RFC 2822; here they are the text's
	DateUpdated string `json:"date_updated"`
	ParentSID   string `json:"parent_sid"`
	SID         string `json:"sid"`
	URI         string `json:"uri"`
}

// mediumResource shows a medium. The caller holds the lock.
func (s *Simulator) mediumResource(sid string, m medium) mediumResource {
	var created time.Time
	if at := s.find(m.MessageSID); at >= 0 {
		created = s.state.Messages[at].DateCreated
	}
	return mediumResource{
		AccountSID: s.config.AccountSID, ContentType: m.ContentType, DateCreated: rfc2822(created), DateUpdated: rfc2822(created),
		ParentSID: m.MessageSID, SID: sid, URI: s.messagesPath() + "/" + m.MessageSID + "/Media/" + sid + ".json",
	}
}

// mms tells whether a customer's phone can get pictures from Twilio. Others get a text
// with their URLs (help article "Why are my MMS messages being sent as SMS text messages?").
func mms(phone string) bool { return slices.Contains(mmsCountries, country(phone)) }

var mmsCountries = []string{"US", "CA", "AU"}

// mediaSID follows from the text's, so that a repeat carries the same URLs.
func mediaSID(messageSID string, n int) (sid string, variant int) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", messageSID, n))
	return "ME" + hex.EncodeToString(sum[:16]), int(sum[0])
}

// mediaTimeout is how long Twilio may fetch one medium; its own limit is that of webhooks.
const mediaTimeout = 15 * time.Second

// fetchMedia gets what an MMS carries, or says why the text fails.
func (s *Simulator) fetchMedia(m outbound) ([]mediaLink, map[string]medium, *fault) {
	if !mms(m.To) {
		return nil, nil, nil
	}
	var links []mediaLink
	media := map[string]medium{}
	left := maxMessageMedia
	for n, given := range m.Media {
		sid, variant := mediaSID(m.SID, n)
		found, wrong := s.fetchMedium(given, variant, left)
		if wrong != nil {
			s.record(m.SID, given, *wrong)
			return nil, nil, wrong
		}
		left -= len(found.Data)
		found.MessageSID = m.SID
		media[sid] = found
		links = append(links, mediaLink{sid, s.mediaURL(m.SID, sid), found.ContentType})
	}
	return links, media, nil
}

// fetchMedium gets one medium of at most so many bytes. What a host has that is reserved
// for examples (RFC 2606, RFC 6761), and so has nothing, is drawn.
func (s *Simulator) fetchMedium(from string, variant, most int) (medium, *fault) {
	ctx, cancel := context.WithTimeout(s.closing, mediaTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return medium{}, &fault{11200, err.Error()}
	}
	if example.MatchString(req.URL.Hostname()) {
		drawn, _ := drawPicture("image/png", variant) // which can be drawn
		return medium{ContentType: "image/png", Data: drawn}, nil
	}
	client := http.Client{Transport: s.client.Transport} // media may redirect, unlike webhooks
	resp, err := client.Do(req)
	if err != nil {
		return medium{}, &fault{11200, plainError(ctx, err)}
	}
	defer resp.Body.Close()
	contentType := resp.Header.Get("Content-Type")
	data, err := io.ReadAll(io.LimitReader(resp.Body, int64(most)+1))
	switch {
	case err != nil:
		return medium{}, &fault{11200, plainError(ctx, err)}
	case resp.StatusCode != http.StatusOK:
		return medium{}, &fault{11200, fmt.Sprintf("the medium's URL answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))}
	case len(data) > most:
		return medium{}, &fault{11751, fmt.Sprintf("the media of a text may weigh %d bytes together", maxMessageMedia)}
	case !strings.Contains(contentType, "/"):
		return medium{}, &fault{12300, fmt.Sprintf("Content-Type %q: serve media with theirs, like image/png", contentType)}
	}
	return medium{ContentType: contentType, Data: data}, nil
}

var example = regexp.MustCompile(`^(.+\.)?example(\.com|\.net|\.org)?$`)

// drawPicture makes a tartan, so that a text can carry a picture without anyone having one
// at hand. The variant picks the colours.
func drawPicture(contentType string, variant int) ([]byte, error) {
	var encoded bytes.Buffer
	picture := tartan(320, 240, palettes[variant%len(palettes)])
	var err error
	switch contentType {
	case "image/png":
		err = png.Encode(&encoded, picture)
	case "image/jpeg":
		err = jpeg.Encode(&encoded, picture, &jpeg.Options{Quality: 85})
	default:
		err = fmt.Errorf("%q cannot be drawn: give data, or ask for image/png or image/jpeg", contentType)
	}
	return encoded.Bytes(), err
}

// palettes are a ground, a broad stripe and a fine one each.
var palettes = [][3]color.RGBA{
	{{0x7a, 0x1f, 0x2b, 255}, {0x1e, 0x3a, 0x34, 255}, {0xe8, 0xc9, 0x7a, 255}},
	{{0x1d, 0x3b, 0x5c, 255}, {0x2f, 0x6b, 0x4f, 255}, {0xf2, 0xe6, 0xd0, 255}},
	{{0xd9, 0xb3, 0x8c, 255}, {0x2b, 0x2b, 0x2b, 255}, {0xb2, 0x3a, 0x2e, 255}},
	{{0x3f, 0x5d, 0x4a, 255}, {0x6b, 0x2f, 0x4e, 255}, {0xf0, 0xd9, 0xa8, 255}},
}

// tartan weaves the stripes with themselves: warp and weft have the same sett, and where
// they cross their colours mix.
func tartan(width, height int, palette [3]color.RGBA) image.Image {
	thread := func(at int) color.RGBA {
		switch at %= 80; {
		case at < 30:
			return palette[0]
		case at < 34:
			return palette[2]
		case at < 64:
			return palette[1]
		case at < 66:
			return palette[2]
		default:
			return palette[1]
		}
	}
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			warp, weft := thread(x), thread(y)
			if (x+y)%4 < 2 { // the twill line of the cloth
				warp, weft = weft, warp
			}
			picture.SetRGBA(x, y, color.RGBA{mix(warp.R, weft.R), mix(warp.G, weft.G), mix(warp.B, weft.B), 255})
		}
	}
	return picture
}

func mix(a, b uint8) uint8 { return uint8((3*int(a) + int(b)) / 4) }
