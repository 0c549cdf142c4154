package main

import (
	"context"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

// read says that the store has read a conversation, through an entry of it.
func (f function) read(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		MessageID string `json:"messageId"`
	}
	if c.Body != "" {
		if err := c.Decode(&body); err != nil {
			return nil, err
		}
	}
	store, err := c.Store()
	if err != nil {
		return nil, err
	}
	if err := f.table.MarkRead(ctx, c.Caller.Retailer, store, c.Path("conversationId"), body.MessageID); err != nil {
		return nil, err
	}
	return f.conversation(ctx, c)
}

// assign claims a conversation for the caller.
func (f function) assign(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Force bool `json:"force"`
	}
	if c.Body != "" {
		if err := c.Decode(&body); err != nil {
			return nil, err
		}
	}
	store, err := c.Store()
	if err != nil {
		return nil, err
	}
	me := clienteling.Associate{ID: c.Caller.Subject, Name: c.Caller.Name}
	if me.ID == "" {
		return nil, clienteling.E(clienteling.Forbidden, "subject_missing", "The token does not say who you are. Sign in again.")
	}
	if err := f.table.Assign(ctx, c.Caller.Retailer, store, c.Path("conversationId"), me, body.Force, f.now()); err != nil {
		return nil, err
	}
	f.log.InfoContext(ctx, "conversation claimed", "store", store, "conversation", c.Path("conversationId"), "by", me.ID, "force", body.Force)
	return f.conversation(ctx, c)
}
