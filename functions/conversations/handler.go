package main

import (
	"context"
	"log/slog"
	"time"

	"clienteling/shared/apigw"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

type function struct {
	log   *slog.Logger
	now   func() time.Time
	table *table.Table
	texts jobs
	media media
}

// jobs takes the job of sending a text.
type jobs interface {
	Send(ctx context.Context, job queue.SendText, at time.Time) error
}

// media knows where the files are that customers send.
type media interface {
	Medium(ctx context.Context, accountSID, mediaURL string) (twilio.Medium, error)
}

func (f function) routes() apigw.Routes {
	return apigw.Routes{
		"GET /v1/associate/stores":                                                               f.stores,
		"GET /v1/stores/{storeId}/conversations":                                                 f.inbox,
		"GET /v1/stores/{storeId}/conversations/changes":                                         f.changes,
		"POST /v1/stores/{storeId}/conversations":                                                f.start,
		"GET /v1/stores/{storeId}/conversations/{conversationId}":                                f.conversation,
		"GET /v1/stores/{storeId}/conversations/{conversationId}/messages":                       f.messages,
		"GET /v1/stores/{storeId}/conversations/{conversationId}/messages/{messageId}/media/{n}": f.medium,
		"POST /v1/stores/{storeId}/conversations/{conversationId}/messages":                      f.send,
		"POST /v1/stores/{storeId}/conversations/{conversationId}/opt-in-request":                f.ask,
		"POST /v1/stores/{storeId}/conversations/{conversationId}/opt-out":                       f.optOut,
		"POST /v1/stores/{storeId}/conversations/{conversationId}/read":                          f.read,
		"PUT /v1/stores/{storeId}/conversations/{conversationId}/assignee":                       f.assign,
		"PUT /v1/stores/{storeId}/conversations/{conversationId}/customer":                       f.name,
	}
}

// pageOf reads limit and cursor; the cursor is bound to the list it is from.
func pageOf(c *apigw.Call, list string) (table.Page, error) {
	limit, after, err := c.Page(list)
	return table.Page{Limit: limit, After: after}, err
}
