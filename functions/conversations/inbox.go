package main

import (
	"context"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

// inbox lists a store's conversations, newest activity first; with unread=true
// only those with something unread, longest waiting first.
func (f function) inbox(ctx context.Context, c *apigw.Call) (any, error) {
	store, err := c.Store()
	if err != nil {
		return nil, err
	}
	unread, err := c.Flag("unread")
	if err != nil {
		return nil, err
	}
	read, list := f.table.Inbox, "inbox/"
	if unread {
		read, list = f.table.Unread, "unread/"
	}
	list += c.Caller.Retailer + "/" + store
	page, err := pageOf(c, list)
	if err != nil {
		return nil, err
	}
	found, next, err := read(ctx, c.Caller.Retailer, store, page)
	if err != nil {
		return nil, err
	}
	return apigw.PageOf(list, found, next, showConversation), nil
}

// conversation is one conversation of a store.
func (f function) conversation(ctx context.Context, c *apigw.Call) (any, error) {
	found, err := f.find(ctx, c)
	if err != nil {
		return nil, err
	}
	return showConversation(found), nil
}

// find returns the conversation of the path: one of a store that is not the
// caller's is as unknown as one that is not there.
func (f function) find(ctx context.Context, c *apigw.Call) (clienteling.Conversation, error) {
	store, err := c.Store()
	if err != nil {
		return clienteling.Conversation{}, err
	}
	return f.table.Conversation(ctx, c.Caller.Retailer, store, c.Path("conversationId"))
}
