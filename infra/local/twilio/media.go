package twilio

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"strconv"
	"strings"
)

// medium is a picture or another attachment that a customer sent.
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
		writeJSON(w, http.StatusNotFound, map[string]any{ // as Twilio's REST API says it
			"code": 20404, "status": 404,
			"message":   "The requested resource " + r.URL.Path + " was not found",
			"more_info": "https://www.twilio.com/docs/errors/20404",
		})
		return
	}
	w.Header().Set("Content-Type", found.ContentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(found.Data)))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "sandbox") // an SVG or HTML attachment runs nothing here
	w.Write(found.Data)
}

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
