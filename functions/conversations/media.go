package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/country"
	"clienteling/shared/phone"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

const (
	// maxMedia is how many files a text carries at most.
	// https://www.twilio.com/docs/messaging/guides/accepted-mime-types
	maxMedia = 10
	// maxMediaURL is far longer than the address of a picture needs to be.
	maxMediaURL = 2048
)

// attach checks the files of a text. Twilio fetches them, so they lie where everybody
// can reach them; and it carries them only between numbers of the US and Canada.
func attach(s table.Sender, urls []string) ([]clienteling.Media, error) {
	if len(urls) == 0 {
		return nil, nil
	}
	for _, code := range []string{s.Store.Country, phone.Country(s.Conversation.Phone)} {
		if in, known := country.Of(code); !known || !in.MMS {
			return nil, clienteling.E(clienteling.Conflict, "media_unsupported",
				"Pictures can be sent only from stores in the United States and Canada, and only to numbers there. Send a link in the text instead.")
		}
	}
	if len(urls) > maxMedia {
		return nil, clienteling.E(clienteling.Unprocessable, "too_many_media", "A text carries at most %d files. Send several texts.", maxMedia).With("/mediaUrls", "Too many.")
	}
	var media []clienteling.Media
	for n, u := range urls {
		parsed, err := url.Parse(u)
		if err != nil || parsed.Scheme != "https" || parsed.Host == "" || parsed.User != nil || len(u) > maxMediaURL {
			return nil, clienteling.E(clienteling.Unprocessable, "media_url_invalid",
				"Send the https addresses of files that everybody can reach: Twilio fetches them from there.").With(fmt.Sprintf("/mediaUrls/%d", n), "Not an https URL.")
		}
		media = append(media, clienteling.Media{URL: u})
	}
	return media, nil
}

// medium leads to a file that a customer sent: Twilio keeps it, and gives a link to it
// that works for a while and for whoever has it. With link=true the answer is that link
// as JSON, for pages that show pictures by their address.
func (f function) medium(ctx context.Context, c *apigw.Call) (any, error) {
	link, err := c.Flag("link")
	if err != nil {
		return nil, err
	}
	of, err := f.find(ctx, c)
	if err != nil {
		return nil, err
	}
	m, err := f.table.Message(ctx, of.Retailer, of.Store, of.ID, c.Path("messageId"))
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(c.Path("n"))
	if err != nil || n < 0 || n >= len(m.Media) {
		return nil, clienteling.ErrNotFound
	}
	kept := m.Media[n]
	found := twilio.Medium{Location: kept.URL, ContentType: kept.ContentType}
	if m.Direction == clienteling.Inbound {
		if found, err = f.media.Medium(ctx, m.AccountSID, kept.URL); err != nil {
			return nil, unfetched(err)
		}
	}
	switch {
	case found.Location != "" && link:
		return mediaLink{URL: found.Location, ContentType: kept.ContentType}, nil
	case found.Location != "":
		return apigw.Reply{Status: http.StatusFound, Header: map[string]string{"location": found.Location}}, nil
	default:
		return apigw.Reply{Status: http.StatusOK, File: found.Data, ContentType: found.ContentType}, nil
	}
}

// mediaLink is where a file can be got for a while.
type mediaLink struct {
	URL         string `json:"url"`
	ContentType string `json:"contentType,omitempty"`
}

// unfetched says why a file cannot be shown.
func unfetched(err error) error {
	var e *twilio.Error
	if errors.As(err, &e) && e.Code == twilio.CodeNotFound {
		return clienteling.E(clienteling.NotFound, "media_gone", "Twilio does not keep this file any more.").Because(err)
	}
	return clienteling.E(clienteling.Unavailable, "twilio_unavailable", "Twilio, which keeps this file, did not answer. Try again in a moment.").Because(err)
}
