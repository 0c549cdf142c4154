package main

import (
	"context"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

// optOut records what a customer has said in their own words, to an associate: that they
// want no more texts. It holds for every store of the retailer, at once, and only the
// customer can take it back.
func (f function) optOut(ctx context.Context, c *apigw.Call) (any, error) {
	store, err := c.Store()
	if err != nil {
		return nil, err
	}
	s, _, err := f.sender(ctx, c, c.Path("conversationId"))
	if err != nil {
		return nil, err
	}
	if s.Conversation == nil {
		return nil, clienteling.ErrNotFound
	}
	by := clienteling.Associate{ID: c.Caller.Subject, Name: c.Caller.Name}
	recorded, err := f.table.OptOutTold(ctx, s, by, f.now())
	if err != nil {
		return nil, err
	}
	// What is being handed to Twilio right now still goes out; nothing does after the answer.
	if err := f.table.AwaitSends(ctx, c.Caller.Retailer, s.Conversation.ID); err != nil {
		return nil, err
	}
	f.log.InfoContext(ctx, "opted out by word of mouth", "retailer", c.Caller.Retailer, "store", store, "conversation", s.Conversation.ID, "by", by.ID, "recorded", recorded)
	return f.conversation(ctx, c)
}
