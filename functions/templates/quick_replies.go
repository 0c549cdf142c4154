package main

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

// add appends a quick reply.
func (f function) add(ctx context.Context, c *apigw.Call) (any, error) {
	r, err := replyOf(c)
	if err != nil {
		return nil, err
	}
	key, fingerprint, err := c.Idempotency()
	if err != nil {
		return nil, err
	}
	once := table.Idempotency{Key: key, Fingerprint: fingerprint}
	if repeat, err := f.table.RepeatedQuickReply(ctx, c.Caller.Retailer, once); err != nil || repeat != nil {
		return f.repeated(ctx, c, repeat, once, err)
	}
	r, version, err := f.table.AddQuickReply(ctx, c.Caller.Retailer, mayChange(c), r, once)
	if err != nil {
		return nil, err
	}
	return added(r, version), nil
}

// added is the answer to a quick reply that was added.
func added(r clienteling.QuickReply, version int) apigw.Reply {
	return answer(http.StatusCreated, version, showQuickReply(r), map[string]string{"location": "/v1/templates/quick-replies/" + r.ID})
}

// repeated answers an Idempotency-Key that was used before with the quick reply it made,
// as it is now.
func (f function) repeated(ctx context.Context, c *apigw.Call, repeat *table.Repeat, once table.Idempotency, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	if repeat.Fingerprint != once.Fingerprint {
		return nil, apigw.ErrKeyReused
	}
	t, err := f.table.Templates(ctx, c.Caller.Retailer)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(t.Replies, func(r clienteling.QuickReply) bool { return r.ID == repeat.Made })
	if at < 0 {
		return nil, clienteling.ErrNotFound // deleted since
	}
	return added(t.Replies[at], t.Version), nil
}

// edit gives a quick reply another title and message. Texts sent with it stay as they are.
func (f function) edit(ctx context.Context, c *apigw.Call) (any, error) {
	r, err := replyOf(c)
	if err != nil {
		return nil, err
	}
	r.ID = c.Path("id")
	r, version, err := f.table.EditQuickReply(ctx, c.Caller.Retailer, mayChange(c), r)
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, version, showQuickReply(r), nil), nil
}

// delete deletes a quick reply for good.
func (f function) delete(ctx context.Context, c *apigw.Call) (any, error) {
	version, err := f.table.DeleteQuickReply(ctx, c.Caller.Retailer, mayChange(c), c.Path("id"))
	if err != nil {
		return nil, err
	}
	return answer(http.StatusNoContent, version, nil, nil), nil
}

// order puts the quick replies into the order in which associates see them.
func (f function) order(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Order []string `json:"order"`
	}
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
	version, err := f.table.OrderQuickReplies(ctx, c.Caller.Retailer, mayChange(c), body.Order)
	if err != nil {
		return nil, err
	}
	return answer(http.StatusNoContent, version, nil, nil), nil
}

// replyOf reads the title and the message of a call, and checks both.
func replyOf(c *apigw.Call) (clienteling.QuickReply, error) {
	var body struct {
		Title   string `json:"title"`
		Message string `json:"message"`
	}
	if err := c.Decode(&body); err != nil {
		return clienteling.QuickReply{}, err
	}
	r := clienteling.QuickReply{Title: strings.TrimSpace(body.Title), Message: clean(body.Message), By: me(c)}
	wrong := clienteling.E(clienteling.Unprocessable, "quick_reply_invalid", "Correct the fields that errors names, and send the quick reply again.")
	if why := misfitTitle(r.Title); why != "" {
		wrong = wrong.With("/title", why)
	}
	if why := misfit(r.Message); why != "" {
		wrong = wrong.With("/message", why)
	}
	if len(wrong.Fields) > 0 {
		return clienteling.QuickReply{}, wrong
	}
	return r, placeholders(r.Message, "/message")
}

// quickReply is a quick reply as the API shows it.
type quickReply struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Message string `json:"message"`
	sample
	UpdatedAt string `json:"updatedAt"`
}

func showQuickReply(r clienteling.QuickReply) quickReply {
	return quickReply{ID: r.ID, Title: r.Title, Message: r.Message, sample: preview(r.Message), UpdatedAt: apigw.Moment(r.UpdatedAt)}
}
