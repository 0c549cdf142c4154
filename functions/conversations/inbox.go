package main

import (
	"context"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

// inbox lists a store's conversations, newest activity first; with unread=true
// only those with something unread, longest waiting first. With assignee=me, none, or an
// associate's id only those that they have.
func (f function) inbox(ctx context.Context, c *apigw.Call) (any, error) {
	store, err := c.Store()
	if err != nil {
		return nil, err
	}
	var filter table.InboxFilter
	if filter.Unread, err = c.Flag("unread"); err != nil {
		return nil, err
	}
	assignee, err := c.Text("assignee")
	if err != nil {
		return nil, err
	}
	list := "inbox/"
	if filter.Unread {
		list = "unread/"
	}
	list += c.Caller.Retailer + "/" + store
	switch assignee {
	case "":
	case "none":
		filter.Unassigned = true
	case "me":
		filter.Assignee = c.Caller.Subject
	default:
		filter.Assignee = assignee
	}
	if assignee != "" {
		list += "/of/" + assignee
	}
	page, err := pageOf(c, list)
	if err != nil {
		return nil, err
	}
	found, next, err := f.table.Inbox(ctx, c.Caller.Retailer, store, filter, page)
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
