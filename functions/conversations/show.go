package main

import (
	"fmt"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/clienteling/consent"
)

// conversation and message are what the API shows of the nouns; openapi.yaml
// describes every field.
type conversation struct {
	ID             string       `json:"id"`
	StoreID        string       `json:"storeId"`
	Customer       customer     `json:"customer"`
	OptIn          string       `json:"optIn"`
	OptedOut       bool         `json:"optedOut"`
	Requests       int          `json:"optInRequests"`
	Assignee       *associate   `json:"assignee,omitempty"`
	Unread         int          `json:"unread"`
	CreatedAt      string       `json:"createdAt"`
	LastActivityAt string       `json:"lastActivityAt"`
	LastMessage    *lastMessage `json:"lastMessage,omitempty"`
}

type customer struct {
	Phone string `json:"phone"`
	Name  string `json:"name,omitempty"`
}

type associate struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

type lastMessage struct {
	Kind      string `json:"kind"`
	Direction string `json:"direction"`
	Preview   string `json:"preview"`
}

type message struct {
	ID          string       `json:"id"`
	Kind        string       `json:"kind"`
	Direction   string       `json:"direction,omitempty"`
	Text        *string      `json:"text,omitempty"`
	Media       []attachment `json:"media,omitempty"`
	Status      string       `json:"status,omitempty"`
	Reason      string       `json:"reason,omitempty"`
	Explanation string       `json:"explanation,omitempty"`
	Encoding    string       `json:"encoding,omitempty"`
	Segments    int          `json:"segments,omitempty"`
	By          *associate   `json:"by,omitempty"`
	Force       bool         `json:"force,omitempty"`
	Request     bool         `json:"optInRequest,omitempty"`
	Consent     string       `json:"consent,omitempty"`
	Hint        string       `json:"hint,omitempty"`
	At          string       `json:"at"`
}

// hintOptOut says that a text reads as if the customer wants no more of them.
const hintOptOut = "likely_opt_out"

type attachment struct {
	ContentType string `json:"contentType,omitempty"`
	URL         string `json:"url"`
}

func showConversation(c clienteling.Conversation) conversation {
	shown := conversation{
		ID:             c.ID,
		StoreID:        c.Store,
		Customer:       customer{Phone: c.Phone, Name: c.Name},
		OptIn:          string(c.OptIn),
		OptedOut:       c.OptedOut,
		Requests:       c.Requests.Count,
		Assignee:       showAssociate(c.Assignee),
		Unread:         c.Unread,
		CreatedAt:      apigw.Moment(c.CreatedAt),
		LastActivityAt: apigw.Moment(c.LastActivityAt),
	}
	if l := c.Last; l != nil {
		shown.LastMessage = &lastMessage{Kind: string(l.Kind), Direction: string(l.Direction), Preview: l.Preview}
	}
	return shown
}

func showAssociate(a clienteling.Associate) *associate {
	if a.ID == "" {
		return nil
	}
	return &associate{ID: a.ID, Name: a.Name}
}

func showMessage(of clienteling.Conversation, m clienteling.Message) message {
	shown := message{
		ID: m.ID, Kind: string(m.Kind), Direction: string(m.Direction), Status: m.Status, Reason: m.Reason,
		Explanation: clienteling.Explain(m.Status, m.Reason), By: showAssociate(m.By), Force: m.Force,
		Request: m.Request, Consent: m.Consent, At: apigw.Moment(m.At),
	}
	if m.Kind == clienteling.KindText {
		shown.Text = &m.Text
	}
	if m.Kind == clienteling.KindText && m.Direction == clienteling.Outbound && len(m.Media) == 0 {
		encoding, segments := clienteling.Segments(m.Text)
		shown.Encoding, shown.Segments = string(encoding), segments
	}
	if m.Direction == clienteling.Inbound && m.Consent == "" && !of.OptedOut && consent.LikelyOptOut(m.Text) {
		shown.Hint = hintOptOut
	}
	for n, a := range m.Media {
		path := fmt.Sprintf("%s/messages/%s/media/%d", conversationPath(of.Store, of.ID), m.ID, n)
		shown.Media = append(shown.Media, attachment{ContentType: a.ContentType, URL: path})
	}
	return shown
}
