package main

import (
	"context"
	"fmt"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

// record is one of the things that are kept of a person; Kind says which of the others
// is set.
type record struct {
	Kind         string        `json:"kind"`
	Conversation *conversation `json:"conversation,omitempty"`
	Consent      *evidence     `json:"consent,omitempty"`
	Refusal      *refusal      `json:"refusal,omitempty"`
	Erasure      *erasure      `json:"erasure,omitempty"`
	Answers      *answers      `json:"answers,omitempty"`
	Message      *message      `json:"message,omitempty"`
	Unrouted     *unrouted     `json:"unrouted,omitempty"`
}

type conversation struct {
	StoreID        string     `json:"storeId"`
	Phone          string     `json:"phone"`
	Name           string     `json:"name,omitempty"`
	OptIn          string     `json:"optIn"`
	Requests       int        `json:"optInRequests"`
	LastRequestAt  string     `json:"lastRequestAt,omitempty"`
	Assignee       *associate `json:"assignee,omitempty"`
	CreatedAt      string     `json:"createdAt"`
	LastActivityAt string     `json:"lastActivityAt"`
	HeardAt        string     `json:"heardAt,omitempty"`
}

type associate struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

type answers struct {
	StoreID string `json:"storeId"`
	Hour    string `json:"hour"`
	Count   int    `json:"count"`
}

type message struct {
	StoreID   string       `json:"storeId"`
	ID        string       `json:"id"`
	Kind      string       `json:"kind"`
	Direction string       `json:"direction,omitempty"`
	Text      string       `json:"text,omitempty"`
	Media     []attachment `json:"media,omitempty"`
	Status    string       `json:"status,omitempty"`
	Reason    string       `json:"reason,omitempty"`
	By        *associate   `json:"by,omitempty"`
	Request   bool         `json:"optInRequest,omitempty"`
	Consent   string       `json:"consent,omitempty"`
	SID       string       `json:"sid,omitempty"`
	At        string       `json:"at"`
}

type attachment struct {
	ContentType string `json:"contentType,omitempty"`
	URL         string `json:"url"`
}

type unrouted struct {
	ID    string       `json:"id"`
	From  string       `json:"from"`
	To    string       `json:"to"`
	Text  string       `json:"text,omitempty"`
	Media []attachment `json:"media,omitempty"`
	At    string       `json:"at"`
}

// export shows everything that is kept of a customer, page by page.
func (f function) export(ctx context.Context, c *apigw.Call) (any, error) {
	customer, phone, err := f.whose(c)
	if err != nil {
		return nil, err
	}
	name := "export/" + c.Caller.Retailer + "/" + customer
	limit, after, err := c.Page(name)
	if err != nil {
		return nil, err
	}
	p, err := f.table.Person(ctx, c.Caller.Retailer, customer)
	if err != nil {
		return nil, err
	}
	if phone == "" {
		phone = p.Phone
	}
	records, next, err := f.table.Export(ctx, c.Caller.Retailer, customer, phone, table.Page{Limit: limit, After: after})
	if err != nil {
		return nil, err
	}
	f.log.InfoContext(ctx, "a customer's data was exported", "retailer", c.Caller.Retailer, "customer", customer, "by", c.Caller.Subject, "records", len(records))
	header := map[string]string{"content-disposition": fmt.Sprintf(`attachment; filename="customer-%s.json"`, customer)}
	return apigw.Reply{Header: header, Body: apigw.PageOf(name, records, next, showRecord)}, nil
}

func showRecord(r table.Record) record {
	switch {
	case r.Conversation != nil:
		return record{Kind: "conversation", Conversation: showConversation(*r.Conversation)}
	case r.Consent != nil:
		w := &wording{Hash: r.Consent.Wording}
		if w.Hash == "" {
			w = nil
		}
		return record{Kind: "consent", Consent: new(showEvidence(*r.Consent, w))}
	case r.Refusal != nil:
		return record{Kind: "refusal", Refusal: new(showRefusal(*r.Refusal))}
	case r.Erasure != nil:
		return record{Kind: "erasure", Erasure: showErasure(r.Erasure)}
	case r.Answers != nil:
		return record{Kind: "answers", Answers: &answers{r.Answers.Store, r.Answers.Hour, r.Answers.Count}}
	case r.Unrouted != nil:
		u := r.Unrouted
		return record{Kind: "unrouted", Unrouted: &unrouted{u.ID, u.From, u.To, u.Body, showMedia(u.Media), apigw.Moment(u.At)}}
	}
	return record{Kind: "message", Message: showMessage(r.Store, *r.Message)}
}

func showConversation(c clienteling.Conversation) *conversation {
	return &conversation{
		StoreID: c.Store, Phone: c.Phone, Name: c.Name, OptIn: string(c.OptIn), Requests: c.Requests.Count,
		LastRequestAt: apigw.Moment(c.Requests.Last), Assignee: showAssociate(c.Assignee),
		CreatedAt: apigw.Moment(c.CreatedAt), LastActivityAt: apigw.Moment(c.LastActivityAt), HeardAt: apigw.Moment(c.HeardAt),
	}
}

func showMessage(store string, m clienteling.Message) *message {
	return &message{
		StoreID: store, ID: m.ID, Kind: string(m.Kind), Direction: string(m.Direction), Text: m.Text, Media: showMedia(m.Media),
		Status: m.Status, Reason: m.Reason, By: showAssociate(m.By), Request: m.Request, Consent: m.Consent, SID: m.SID, At: apigw.Moment(m.At),
	}
}

func showMedia(media []clienteling.Media) []attachment {
	var shown []attachment
	for _, m := range media {
		shown = append(shown, attachment{m.ContentType, m.URL})
	}
	return shown
}

func showAssociate(a clienteling.Associate) *associate {
	if a.ID == "" {
		return nil
	}
	return &associate{a.ID, a.Name}
}
