package twilio

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
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

func (s *Simulator) serveMedium(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	found, ok := s.state.Media[r.PathValue("media")]
	s.mu.Unlock()
	if !ok || found.MessageSID != r.PathValue("message") || r.PathValue("account") != s.config.AccountSID {
		serveUnknown(w, r)
		return
	}
	w.Header().Set("Content-Type", found.ContentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(found.Data)))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "sandbox") // an SVG or HTML attachment runs nothing here
	w.Write(found.Data)
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
