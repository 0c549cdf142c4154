package apigw_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"clienteling/shared/apigw"
)

// text is a body with a field of every kind.
type text struct {
	Text  string            `json:"text"`
	Count uint8             `json:"count"`
	Send  *bool             `json:"send"`
	Price float64           `json:"price"`
	At    time.Time         `json:"at"`
	Extra map[string]string `json:"extra"`
	Media []struct {
		URL string `json:"url"`
	} `json:"media"`
}

func decode(_ context.Context, c *apigw.Call) (any, error) {
	var v text
	if err := c.Decode(&v); err != nil {
		return nil, err
	}
	return v.Text, nil
}

func TestDecode(t *testing.T) {
	for name, change := range map[string]func(*apigw.Request){
		"plain":  func(r *apigw.Request) { r.Body = `{"text":"Grüße 😀 <&>","extra":{"a":"1"},"price":1e3}` },
		"spaced": func(r *apigw.Request) { r.Body = " \n{\"text\": \"Grüße 😀 <&>\"}\n" },
		"base64": func(r *apigw.Request) {
			r.Body, r.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(`{"text":"Grüße 😀 <&>"}`)), true
		},
		"escaped": func(r *apigw.Request) { r.Body = `{"text":"Gr\u00fc\u00dfe \ud83d\ude00 \u003c&>"}` },
		"with a charset": func(r *apigw.Request) {
			r.Body, r.Headers["content-type"] = `{"text":"Grüße 😀 <&>"}`, "Application/JSON; charset=utf-8"
		},
	} {
		t.Run(name, func(t *testing.T) {
			res, _ := call(t, decode, request(t, change))
			if res.StatusCode != 200 || res.Body != `"Grüße 😀 <&>"` {
				t.Errorf("got %d %s", res.StatusCode, res.Body)
			}
		})
	}
}

func TestDecodeRefused(t *testing.T) {
	for name, test := range map[string]struct{ body, code, pointer, says string }{
		"no body":            {"", "body_missing", "-", "JSON object"},
		"only spaces":        {" \n", "body_missing", "-", ""},
		"not JSON":           {"text=hello", "invalid_json", "-", "byte 2"},
		"cut off":            {`{"text":"a`, "invalid_json", "-", "byte 10"},
		"a comma too many":   {`{"text":"a",}`, "invalid_json", "-", "byte 13"},
		"garbage behind":     {`{"text":"a"} x`, "invalid_json", "-", "byte 14"},
		"two objects":        {`{"text":"a"}{"text":"b"}`, "invalid_json", "-", "byte 13"},
		"null":               {"null", "invalid_json", "", "object"},
		"an array":           {`[{"text":"a"}]`, "invalid_json", "", "object"},
		"invalid UTF-8":      {"{\"text\":\"\xff\"}", "invalid_json", "-", "UTF-8"},
		"UTF-16":             {"\xff\xfe{\x00}\x00", "invalid_json", "-", "UTF-8"},
		"unknown field":      {`{"text":"a","texd":"b"}`, "unknown_field", "/texd", `"texd"`},
		"unknown, nested":    {`{"media":[{},{"uri":"b"}]}`, "unknown_field", "/media/1/uri", `"uri"`},
		"unknown, two":       {`{"media":[{"x":1},{"x":1}]}`, "unknown_field", "-", `"x"`},
		"unknown, escaped":   {`{"a/b~c":1}`, "unknown_field", "/a~1b~0c", ""},
		"number for string":  {`{"text": 5}`, "wrong_type", "/text", "Send a string, not this number."},
		"object for string":  {`{"text":{"a":1}}`, "wrong_type", "/text", "Send a string, not this object."},
		"array for string":   {`{"text":["a"]}`, "wrong_type", "/text", "not this array"},
		"string for bool":    {`{"send":"yes"}`, "wrong_type", "/send", "Send true or false, not this string."},
		"string for array":   {`{"media":"a"}`, "wrong_type", "/media", "Send an array"},
		"string for object":  {`{"text":"a","extra":"a"}`, "wrong_type", "/extra", "Send an object"},
		"string for number":  {`{"price":"1"}`, "wrong_type", "/price", "Send a number"},
		"fraction":           {`{"count":1.5}`, "wrong_type", "/count", "whole number"},
		"out of range":       {`{"count":256}`, "wrong_type", "/count", "whole number"},
		"beyond float":       {`{"price":1e999}`, "wrong_type", "/price", ""},
		"deep in an array":   {`{"media":[{"url":"a"},{"url":"b"},{"url":true}]}`, "wrong_type", "/media/2/url", "not this bool"},
		"wrong map value":    {`{"extra":{"k":1}}`, "wrong_type", "/extra/k", "a string"},
		"no timestamp":       {`{"at":"tomorrow"}`, "invalid_value", "-", "format"},
		"twice":              {`{"text":"a","text":"b"}`, "duplicate_field", "/text", "once"},
		"twice, other case":  {`{"text":"a","TEXT":"b"}`, "duplicate_field", "/TEXT", "once"},
		"twice, nested":      {`{"media":[{"url":"a","url":"b"}]}`, "duplicate_field", "/media/0/url", "once"},
		"deeper than any of": {strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000), "invalid_json", "-", "32 levels"},
		"beyond all depths":  {strings.Repeat("[", 60000), "invalid_json", "-", ""},
	} {
		t.Run(name, func(t *testing.T) {
			res, _ := call(t, decode, request(t, func(r *apigw.Request) { r.Body = test.body }))
			p := problem(t, res, 400, test.code)
			switch {
			case test.pointer == "-" && len(p.Errors) != 0,
				test.pointer != "-" && (len(p.Errors) != 1 || p.Errors[0].Pointer != test.pointer):
				t.Errorf("errors %v, want %q", p.Errors, test.pointer)
			}
			if !strings.Contains(p.Detail, test.says) && (len(p.Errors) == 0 || !strings.Contains(p.Errors[0].Detail, test.says)) {
				t.Errorf("%q is nowhere in %s", test.says, res.Body)
			}
		})
	}
}

func TestDecodeRefusesOtherContentTypes(t *testing.T) {
	for _, media := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/json;;"} {
		t.Run(media, func(t *testing.T) {
			res, _ := call(t, decode, request(t, func(r *apigw.Request) { r.Body, r.Headers["content-type"] = `{"text":"a"}`, media }))
			problem(t, res, 400, "content_type")
		})
	}
}
