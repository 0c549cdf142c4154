package twilio

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// document is TwiML, parsed and not yet understood: the verbs inside <Response>.
type document struct {
	url   *url.URL // where it came from; relative URLs in it start here
	verbs []element
}

// element is an XML element. Names and attributes are case-sensitive, as TwiML's are.
type element struct {
	name     string
	attrs    map[string]string
	text     string // its own character data
	all      string // and that of its children, in the order it is read
	children []element
}

// maxDocuments ends redirect loops. Twilio's own limit is not published.
const maxDocuments = 20

// parseTwiML reads a webhook's answer. XML is TwiML; plain text stands for the given verb,
// Message or Say, around it (docs/messaging/twiml, docs/voice/twiml). It returns nil and
// the fault when there is nothing Twilio could perform.
func parseTwiML(from, contentType, body, plainVerb string) (*document, []fault) {
	base, err := url.Parse(from)
	if err != nil {
		return nil, []fault{{11100, err.Error()}}
	}
	if len(body) > maxDocument {
		return nil, []fault{{11750, fmt.Sprintf("TwiML may have %d bytes, this has more", maxDocument)}}
	}
	if strings.TrimSpace(body) == "" {
		if plainVerb == "Message" {
			return &document{url: base}, nil // no reply to a text is an answer
		}
		return nil, []fault{{11770, "a call needs TwiML: answer at least <Response/>"}}
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		mediaType = contentType
	}
	switch mediaType {
	case "text/xml", "application/xml", "text/html":
	case "text/plain":
		return &document{url: base, verbs: []element{{name: plainVerb, text: body, all: body}}}, nil
	default:
		return nil, []fault{{12300, fmt.Sprintf("Content-Type %q: answer TwiML as text/xml", contentType)}}
	}
	root, err := parseXML(strings.NewReader(body))
	switch {
	case err != nil:
		return nil, []fault{{12100, err.Error()}}
	case root.name != "Response":
		return nil, []fault{{12102, fmt.Sprintf("the document starts with <%s>", root.name)}}
	}
	return &document{url: base, verbs: root.children}, nil
}

// parseXML reads exactly one element, with nothing but comments and space around it.
func parseXML(r io.Reader) (element, error) {
	decoder := xml.NewDecoder(r) // strict; any encoding but UTF-8 is an error
	var open []element           // from the root to the element being read
	var root *element
	for {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF) && root != nil:
			return *root, nil
		case errors.Is(err, io.EOF):
			return element{}, errors.New("there is no element in it")
		case err != nil:
			return element{}, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if root != nil {
				return element{}, fmt.Errorf("<%s> stands after the end of <%s>", token.Name.Local, root.name)
			}
			e := element{name: token.Name.Local, attrs: map[string]string{}}
			for _, a := range token.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			open = append(open, e)
		case xml.CharData:
			if n := len(open); n > 0 {
				open[n-1].text += string(token)
				open[n-1].all += string(token)
			} else if strings.TrimSpace(string(token)) != "" {
				return element{}, errors.New("there is text outside of the document")
			}
		case xml.EndElement:
			n := len(open) - 1
			closed := open[n]
			if open = open[:n]; n == 0 {
				root = &closed
				break
			}
			open[n-1].all += closed.all
			open[n-1].children = append(open[n-1].children, closed)
		}
	}
}

// unknown tells of an element that is not performed here.
func (e element) unknown(inside string) fault {
	return fault{12200, fmt.Sprintf("<%s> in <%s> is ignored: not TwiML, or not simulated", e.name, inside)}
}

// method is the attribute of that name, POST when it is not there or wrong.
func (e element) method() (string, bool) {
	switch method := e.attrs["method"]; method {
	case "", http.MethodPost:
		return http.MethodPost, true
	case http.MethodGet:
		return method, true
	default:
		return http.MethodPost, false
	}
}

// seconds is an attribute in whole seconds within limits, or the default.
func (e element) seconds(name string, least, most, otherwise int) (int, bool) {
	given, ok := e.attrs[name]
	if !ok {
		return otherwise, true
	}
	n, err := strconv.Atoi(strings.TrimSpace(given))
	if err != nil || n < least || n > most {
		return otherwise, false
	}
	return n, true
}

// target resolves a URL that stands in a document. The fragment stays: it may hold
// connection overrides.
func (d *document) target(reference string) (string, *fault) {
	u, err := d.url.Parse(strings.TrimSpace(reference))
	if err != nil || !isWebURL(u.String()) {
		return "", &fault{11100, fmt.Sprintf("%q is no URL Twilio could ask", reference)}
	}
	return u.String(), nil
}
