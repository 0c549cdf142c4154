package twilio

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"clienteling/shared/clienteling"
)

// textRequest is a customer's text, as POST /control/texts takes it.
type textRequest struct {
	From       string            `json:"from"`
	To         string            `json:"to"`
	Body       string            `json:"body"`
	Media      []mediaRequest    `json:"media"`
	MediaURLs  []string          `json:"mediaUrls"`
	MessageSID string            `json:"messageSid"`
	Times      int               `json:"times"`
	AtOnce     bool              `json:"atOnce"`
	DelayMS    int               `json:"delayMs"`
	Extra      map[string]string `json:"extra"`
}

type mediaRequest struct {
	ContentType string `json:"contentType"`
	Data        []byte `json:"data"`
}

// textResult is what became of a text.
type textResult struct {
	MessageSID  string            `json:"messageSid"`
	Params      map[string]string `json:"params"`
	Deliveries  []delivery        `json:"deliveries"`
	TwilioReply *twilioReply      `json:"twilioReply"`
}

type twilioReply struct {
	Body string `json:"body"`
}

// delivery is one time that Twilio brought the text to the webhook, retries and redirects
// included. Messages are those that reached a phone.
type delivery struct {
	Attempts []attempt `json:"attempts"`
	Messages []message `json:"messages"`
	Errors   []fault   `json:"errors"`
}

type message struct {
	To    string   `json:"to"`
	From  string   `json:"from"`
	Body  string   `json:"body"`
	Media []string `json:"media"`
}

// Limits of one text.
const (
	maxBody  = 1600 // characters (docs/messaging/guides/webhook-request)
	maxMedia = 10   // (docs/messaging/guides/accepted-mime-types)
	maxTimes = 100
	maxDelay = time.Minute
)

// checkText answers the number a text goes to, or why it cannot be sent.
func (s *Simulator) checkText(req textRequest) (Number, error) {
	switch {
	case !e164.MatchString(req.From) && !shortCode.MatchString(req.From):
		return Number{}, refuse(400, "from %q: give the customer's number in E.164, like +14155550100", req.From)
	case req.From == req.To:
		return Number{}, refuse(422, "from and to are the same number")
	case utf8.RuneCountInString(req.Body) > maxBody:
		return Number{}, refuse(422, "the body has %d characters: Twilio delivers at most %d", utf8.RuneCountInString(req.Body), maxBody)
	case len(req.Media)+len(req.MediaURLs) > maxMedia:
		return Number{}, refuse(422, "%d media: a text carries at most %d", len(req.Media)+len(req.MediaURLs), maxMedia)
	case req.MessageSID != "" && !messageSID.MatchString(req.MessageSID):
		return Number{}, refuse(400, "messageSid %q: want SM or MM and 32 hex digits, or leave it out", req.MessageSID)
	case req.Times < 0 || req.Times > maxTimes:
		return Number{}, refuse(400, "times %d: want 1 to %d", req.Times, maxTimes)
	case req.DelayMS < 0 || time.Duration(req.DelayMS)*time.Millisecond > maxDelay:
		return Number{}, refuse(400, "delayMs %d: want 0 to %d", req.DelayMS, maxDelay.Milliseconds())
	}
	n, err := s.ownNumber(req.To)
	if err != nil {
		return Number{}, err
	}
	if !n.Capabilities.SMS {
		return Number{}, refuse(422, "%s takes no texts: its capabilities lack sms", n.PhoneNumber)
	}
	if len(req.Media)+len(req.MediaURLs) > 0 && !n.Capabilities.MMS {
		return Number{}, refuse(422, "%s takes no pictures: its capabilities lack mms, as outside of the US, Canada and Australia", n.PhoneNumber)
	}
	return n, nil
}

func (s *Simulator) ownNumber(phone string) (Number, error) {
	n, ok := s.number(phone)
	if !ok {
		return Number{}, refuse(404, "no number %q here: see GET /control/numbers, or add it with PUT /control/numbers/{e164}", phone)
	}
	return n, nil
}

// text sends a customer's text and returns when all is delivered or given up.
func (s *Simulator) text(req textRequest) (textResult, error) {
	n, err := s.checkText(req)
	if err != nil {
		return textResult{}, err
	}
	sid := req.MessageSID
	if sid == "" {
		sid = newSID("SM")
		if len(req.Media)+len(req.MediaURLs) > 0 {
			sid = "MM" + sid[2:]
		}
	}
	links, media, err := s.attach(sid, req)
	if err != nil {
		return textResult{}, err
	}
	params := s.textParams(sid, n, req, links)
	n = s.throughService(n, params)
	reply, err := s.receive(sid, n, req, links, media)
	if err != nil {
		return textResult{}, err
	}

	result := textResult{MessageSID: sid, Params: map[string]string{}, Deliveries: []delivery{}, TwilioReply: reply}
	for name := range params {
		result.Params[name] = params.Get(name)
	}
	if n.SmsURL == "" {
		return result, nil // Twilio keeps the text and asks nobody
	}
	result.Deliveries = s.deliverTimes(max(1, req.Times), req, func() delivery {
		return s.deliver(s.closing, sid, n, params)
	})
	s.noteProblem(sid, result.Deliveries)
	return result, nil
}

// receive puts the text on the phone, once for a SID, and applies Twilio's own words.
func (s *Simulator) receive(sid string, n Number, req textRequest, links []mediaLink, media map[string]medium) (*twilioReply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.state.Items {
		if i.SID != sid || i.Direction != "out" {
			continue
		}
		if i.Phone != req.From || i.Store != n.PhoneNumber {
			return nil, refuse(409, "messageSid %s belongs to another text: leave it out, or repeat from and to", sid)
		}
		return nil, nil // a repeat: the phone shows it already, and Twilio answered it
	}
	maps.Copy(s.state.Media, media)
	now := s.config.Now()
	shown := item{
		Kind: "text", At: now, SID: sid, Phone: req.From, Store: n.PhoneNumber,
		Direction: "out", By: "customer", Body: req.Body, Media: links,
	}
	s.addText(shown)

	key := pair(n.PhoneNumber, req.From)
	blocked, reply := optOut(s.state.Blocked[key], req.Body)
	delete(s.state.Blocked, key)
	if blocked {
		s.state.Blocked[key] = true
	}
	if reply == "" {
		return nil, nil
	}
	shown = item{
		Kind: "text", At: now, SID: newSID("SM"), Phone: req.From, Store: n.PhoneNumber,
		Direction: "in", By: "twilio", Body: reply,
	}
	s.addText(shown)
	return &twilioReply{reply}, nil
}

// attach turns the media of a request into links, and the simulator's own into media by
// SID.
func (s *Simulator) attach(sid string, req textRequest) ([]mediaLink, map[string]medium, error) {
	var links []mediaLink
	media := map[string]medium{}
	bytes := 0
	for n, m := range req.Media {
		mediaSID, variant := mediaSID(sid, n)
		if len(m.Data) == 0 {
			drawn, err := drawPicture(m.ContentType, variant)
			if err != nil {
				return nil, nil, refuse(400, "media %d: %v", n, err)
			}
			m.Data = drawn
		}
		if !strings.Contains(m.ContentType, "/") {
			return nil, nil, refuse(400, "media %d: contentType %q: give one like image/png", n, m.ContentType)
		}
		bytes += len(m.Data)
		media[mediaSID] = medium{sid, m.ContentType, m.Data}
		links = append(links, mediaLink{mediaSID, s.mediaURL(sid, mediaSID), m.ContentType})
	}
	if bytes > maxMessageMedia {
		return nil, nil, refuse(422, "the media weigh %d bytes together: Twilio takes at most %d", bytes, maxMessageMedia)
	}
	for _, u := range req.MediaURLs {
		links = append(links, mediaLink{URL: u, ContentType: "image/jpeg"})
	}
	return links, media, nil
}

// textParams is Twilio's parameter set (docs/messaging/guides/webhook-request), with
// SmsStatus and ApiVersion, which that page does not list but Twilio sends.
func (s *Simulator) textParams(sid string, n Number, req textRequest, links []mediaLink) url.Values {
	params := url.Values{}
	for name, value := range map[string]string{
		"MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "AccountSid": s.config.AccountSID,
		"From": req.From, "To": req.To, "Body": req.Body,
		"NumMedia": strconv.Itoa(len(links)), "NumSegments": strconv.Itoa(segments(req.Body)),
		"SmsStatus": "received", "ApiVersion": "2010-04-01",
	} {
		params.Set(name, value)
	}
	for i, link := range links {
		params.Set(fmt.Sprintf("MediaUrl%d", i), link.URL)
		params.Set(fmt.Sprintf("MediaContentType%d", i), link.ContentType)
	}
	addPlace(params, "From", req.From, country(req.From))
	addPlace(params, "To", n.PhoneNumber, n.ISOCountry)
	for name, value := range req.Extra {
		params.Set(name, value)
	}
	return params
}

// deliverTimes repeats a delivery as the request asks.
func (s *Simulator) deliverTimes(times int, req textRequest, deliver func() delivery) []delivery {
	all := make([]delivery, times)
	if req.AtOnce {
		var running sync.WaitGroup
		for i := range all {
			running.Go(func() { all[i] = deliver() })
		}
		running.Wait()
		return all
	}
	for i := range all {
		if i > 0 && req.DelayMS > 0 {
			select {
			case <-time.After(time.Duration(req.DelayMS) * time.Millisecond):
			case <-s.closing.Done():
			}
		}
		all[i] = deliver()
	}
	return all
}

// deliver brings the text to the webhook and performs what it answers
// (docs/messaging/twiml).
func (s *Simulator) deliver(ctx context.Context, sid string, n Number, params url.Values) delivery {
	d := delivery{Attempts: []attempt{}, Messages: []message{}, Errors: []fault{}}
	hooks := []hook{{n.SmsMethod, n.SmsURL}, {n.SmsFallbackMethod, n.SmsFallbackURL}}
	for range maxDocuments {
		got := s.fetch(ctx, sid, hooks, params, "Message")
		d.Attempts = append(d.Attempts, got.attempts...)
		d.Errors = append(d.Errors, got.faults...)
		if got.document == nil {
			return d
		}
		next := s.reply(&d, sid, n, params.Get("From"), got.document)
		if next == nil {
			return d
		}
		hooks = []hook{*next, {n.SmsFallbackMethod, n.SmsFallbackURL}}
	}
	s.fail(&d, sid, hooks[0].url, fault{11215, fmt.Sprintf("the documents redirect in a circle: stopped after %d", maxDocuments)})
	return d
}

// reply performs one document. It returns where to go on, or nil.
func (s *Simulator) reply(d *delivery, sid string, n Number, customer string, doc *document) *hook {
	from := doc.url.String()
	for _, verb := range doc.verbs {
		switch verb.name {
		case "Message":
			s.replyMessage(d, sid, n, customer, doc, verb)
		case "Redirect":
			target, wrong := doc.target(verb.text)
			if wrong != nil {
				s.fail(d, sid, from, *wrong)
				return nil
			}
			method, ok := verb.method()
			if !ok {
				s.fail(d, sid, from, fault{12200, "<Redirect> method: want GET or POST; POST applies"})
			}
			return &hook{method, target} // verbs after it are unreachable
		default:
			s.fail(d, sid, from, verb.unknown("Response"))
		}
	}
	return nil
}

// replyMessage sends one <Message> to a phone (docs/messaging/twiml/message).
func (s *Simulator) replyMessage(d *delivery, sid string, n Number, customer string, doc *document, verb element) {
	origin := doc.url.String()
	sent := message{To: customer, From: n.PhoneNumber, Body: verb.text, Media: []string{}}
	if to, ok := verb.attrs["to"]; ok {
		sent.To = to
	}
	if from, ok := verb.attrs["from"]; ok {
		sent.From = from
	}
	if len(verb.children) > 0 {
		sent.Body = strings.TrimSpace(verb.text) // what is left is indentation, mostly
	}
	for _, child := range verb.children {
		switch child.name {
		case "Body":
			sent.Body += child.text
		case "Media":
			target, wrong := doc.target(child.text)
			if wrong != nil {
				s.fail(d, sid, origin, *wrong)
				continue
			}
			sent.Media = append(sent.Media, target)
		default:
			s.fail(d, sid, origin, child.unknown("Message"))
		}
	}
	_, ours := s.number(sent.From)
	var wrong *fault
	switch {
	case !e164.MatchString(sent.To) && !shortCode.MatchString(sent.To):
		wrong = &fault{14101, fmt.Sprintf("to=%q is no phone number", sent.To)}
	case !ours:
		wrong = &fault{14102, fmt.Sprintf("from=%q is no number of this account", sent.From)}
	case sent.Body == "" && len(sent.Media) == 0:
		wrong = &fault{14103, "the message is empty"}
	case utf8.RuneCountInString(sent.Body) > maxBody:
		wrong = &fault{14103, fmt.Sprintf("the message has %d characters: at most %d", utf8.RuneCountInString(sent.Body), maxBody)}
	case !s.show(sent):
		wrong = &fault{21610, "the customer stopped texts from this number: the message was not sent"}
	}
	if wrong != nil {
		s.fail(d, sid, origin, *wrong)
		return
	}
	d.Messages = append(d.Messages, sent)
}

// show puts a message on the phone it goes to, unless that phone blocks the sender.
func (s *Simulator) show(m message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Blocked[pair(m.From, m.To)] {
		return false
	}
	shown := item{
		Kind: "text", At: s.config.Now(), SID: newSID("SM"), Phone: m.To, Store: m.From,
		Direction: "in", By: "store", Body: m.Body,
	}
	for _, u := range m.Media {
		shown.Media = append(shown.Media, mediaLink{URL: u, ContentType: "image/jpeg"})
	}
	s.addText(shown)
	return true
}

// fail records a fault of a delivery.
func (s *Simulator) fail(d *delivery, sid, url string, f fault) {
	s.record(sid, url, f)
	d.Errors = append(d.Errors, f)
}

// noteProblem marks the text on the phone when no delivery brought it to the store.
func (s *Simulator) noteProblem(sid string, all []delivery) {
	problem := ""
	for _, d := range all {
		if slices.ContainsFunc(d.Attempts, attempt.succeeded) {
			return
		}
		if n := len(d.Errors); n > 0 {
			problem = d.Errors[n-1].Detail
		}
	}
	s.update(sid, func(i *item) { i.Problem = problem })
}

// segments is what a text is billed as. The product's own count is held against Twilio's
// calculator, so there is no second one here.
func segments(body string) int {
	_, n := clienteling.Segments(body)
	return n
}
