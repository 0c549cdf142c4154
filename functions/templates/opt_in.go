package main

import (
	"context"
	"net/http"
	"strings"
	"unicode"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
)

// setOptIn gives a language its opt-in message, or another one.
func (f function) setOptIn(ctx context.Context, c *apigw.Call) (any, error) {
	var body struct {
		Text string `json:"text"`
	}
	if err := c.Decode(&body); err != nil {
		return nil, err
	}
	language, ok := clienteling.Language(c.Path("language"))
	if !ok {
		return nil, errLanguage
	}
	text := clean(body.Text)
	if wrong := misfit(text); wrong != "" {
		return nil, clienteling.E(clienteling.Unprocessable, "opt_in_invalid",
			"The opt-in message is the first that customers read of you, and may not be empty or longer than a text. Correct what errors names, and send it again.").With("/text", wrong)
	}
	if err := placeholders(text, "/text"); err != nil {
		return nil, err
	}
	w, added, version, err := f.table.SetOptIn(ctx, c.Caller.Retailer, mayChange(c), clienteling.Wording{Language: language, Text: text, By: me(c)})
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	if added {
		status = http.StatusCreated
	}
	shown := showOptIn(w)
	shown.Warnings = warnings(text, shown.Segments)
	return answer(status, version, shown, nil), nil
}

// deleteOptIn has the stores of a language ask in the default one.
func (f function) deleteOptIn(ctx context.Context, c *apigw.Call) (any, error) {
	language, ok := clienteling.Language(c.Path("language"))
	if !ok {
		return nil, errLanguage
	}
	version, err := f.table.DeleteOptIn(ctx, c.Caller.Retailer, mayChange(c), language)
	if err != nil {
		return nil, err
	}
	return answer(http.StatusNoContent, version, nil, nil), nil
}

// optIn is an opt-in message as the API shows it.
type optIn struct {
	Language string `json:"language"`
	Text     string `json:"text"`
	// Hash is that of the wording, as in the evidence of a customer's consent.
	Hash      string `json:"hash"`
	IsDefault bool   `json:"isDefault,omitempty"`
	// UpdatedAt and By are when and by whom the wording was first written.
	UpdatedAt string  `json:"updatedAt,omitempty"`
	By        *writer `json:"by,omitempty"`
	sample
	Warnings []warning `json:"warnings,omitempty"`
}

type writer struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// warning is about a message that may be sent as it is, and had better be changed.
type warning struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func showOptIn(w clienteling.Wording) optIn {
	shown := optIn{Language: w.Language, Text: w.Text, Hash: w.Hash, sample: preview(w.Text)}
	if !w.At.IsZero() {
		shown.UpdatedAt = apigw.Moment(w.At)
	}
	if w.By.ID != "" {
		shown.By = &writer{w.By.ID, w.By.Name}
	}
	return shown
}

// fewSegments is how many segments an opt-in message may have before it is called long.
const fewSegments = 2

func warnings(text string, segments int) []warning {
	var all []warning
	if !namesStore(text) {
		all = append(all, warning{"no_store_name", "The message does not say who asks. Put {{store.name}} into it: customers opt in to one store, and carriers want texts to say who they are from."})
	}
	if !saysStop(text) {
		all = append(all, warning{"no_way_out", "The message does not say how to refuse. Name the word STOP, which is understood in every language."})
	}
	if segments > fewSegments {
		all = append(all, warning{"long", "The message takes more than two segments, each of which is billed as a text. Shorten it."})
	}
	return all
}

// namesStore reports whether a text becomes another one in another store.
func namesStore(text string) bool {
	in := func(store string) string {
		filled, _ := clienteling.Fill(text, clienteling.Fillings{Customer: "-", Associate: "-", Store: store, Phone: "-"})
		return filled
	}
	return in("one") != in("another")
}

// saysStop reports whether STOP is a word of a text.
func saysStop(text string) bool {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if strings.EqualFold(word, "STOP") {
			return true
		}
	}
	return false
}

var errLanguage = clienteling.E(clienteling.Unprocessable, "language_invalid",
	"Name the language by its code of BCP 47, with a region if need be: de, or de-AT.")
