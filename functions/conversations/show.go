package main

import (
	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
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
	ID        string     `json:"id"`
	Kind      string     `json:"kind"`
	Direction string     `json:"direction"`
	Text      *string    `json:"text,omitempty"`
	Media     []media    `json:"media,omitempty"`
	Status    string     `json:"status,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	By        *associate `json:"by,omitempty"`
	Request   bool       `json:"optInRequest,omitempty"`
	At        string     `json:"at"`
}

type media struct {
	ContentType string `json:"contentType"`
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

func showMessage(m clienteling.Message) message {
	shown := message{ID: m.ID, Kind: string(m.Kind), Direction: string(m.Direction), Status: m.Status, At: apigw.Moment(m.At)}
	shown.Reason, shown.By, shown.Request = m.Reason, showAssociate(m.By), m.Request
	if m.Kind == clienteling.KindText {
		shown.Text = &m.Text
	}
	for _, a := range m.Media {
		shown.Media = append(shown.Media, media{ContentType: a.ContentType, URL: a.URL})
	}
	return shown
}
