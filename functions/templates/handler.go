package main

import (
	"context"
	"log/slog"
	"maps"
	"net/http"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/table"
)

type function struct {
	table *table.Table
}

func (f function) options(log *slog.Logger) apigw.Options {
	return apigw.Options{
		Scope: "clienteling:manage", Also: map[string]string{"GET /v1/templates": "clienteling:associate"}, // they send quick replies
		Routes: f.routes(), Log: log,
	}
}

func (f function) routes() apigw.Routes {
	return apigw.Routes{
		"GET /v1/templates":                       f.list,
		"PUT /v1/templates/opt-in/{language}":     f.setOptIn,
		"DELETE /v1/templates/opt-in/{language}":  f.deleteOptIn,
		"POST /v1/templates/quick-replies":        f.add,
		"PUT /v1/templates/quick-replies/order":   f.order,
		"PUT /v1/templates/quick-replies/{id}":    f.edit,
		"DELETE /v1/templates/quick-replies/{id}": f.delete,
	}
}

// list shows all templates.
func (f function) list(ctx context.Context, c *apigw.Call) (any, error) {
	t, err := f.table.Templates(ctx, c.Caller.Retailer)
	if err != nil {
		return nil, err
	}
	shown := templates{Version: edition(t.Version), DefaultLanguage: t.Default, OptIn: []optIn{}, QuickReplies: []quickReply{}}
	for _, w := range t.OptIn {
		o := showOptIn(w)
		o.IsDefault = w.Language == t.Default
		shown.OptIn = append(shown.OptIn, o)
	}
	for _, r := range t.Replies {
		shown.QuickReplies = append(shown.QuickReplies, showQuickReply(r))
	}
	return answer(http.StatusOK, t.Version, shown, nil), nil
}

// templates are a retailer's as the API shows them.
type templates struct {
	Version         int          `json:"version"`
	DefaultLanguage string       `json:"defaultLanguage"`
	OptIn           []optIn      `json:"optIn"`
	QuickReplies    []quickReply `json:"quickReplies"`
}

// edition is how the API counts versions: from 1, since 0 is that of what is not there
// yet (see apigw.Call.Match), and templates always are.
func edition(version int) int { return version + 1 }

// mayChange holds a change against the If-Match of a call.
func mayChange(c *apigw.Call) table.MayChange {
	return func(version int) error { return c.Match(edition(version)) }
}

// answer is an answer with the ETag that all templates have together, and more headers.
func answer(status, version int, body any, header map[string]string) apigw.Reply {
	all := apigw.ETag(edition(version))
	maps.Copy(all, header)
	return apigw.Reply{Status: status, Header: all, Body: body}
}

// me is who calls.
func me(c *apigw.Call) clienteling.Associate {
	return clienteling.Associate{ID: c.Caller.Subject, Name: c.Caller.Name}
}
