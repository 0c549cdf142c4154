package apigw

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"clienteling/shared/clienteling"
)

// maxDepth is more than any body needs, and few enough that looking for the place of
// a mistake stays cheap in a body made to be expensive.
const maxDepth = 32

// bodyOf returns the body of a request. Which bodies come as base64 is the
// gateway's choice (all but text and JSON), so the flag decides.
func bodyOf(r Request, most int) ([]byte, error) {
	tooLarge := clienteling.E(clienteling.TooLarge, "body_too_large",
		"The body is over %d KiB. Send a smaller one.", most>>10)
	if !r.IsBase64Encoded {
		if len(r.Body) > most {
			return nil, tooLarge
		}
		return []byte(r.Body), nil
	}
	if len(r.Body) > base64.StdEncoding.EncodedLen(most) {
		return nil, tooLarge
	}
	body, err := base64.StdEncoding.DecodeString(r.Body)
	if err != nil {
		return nil, fmt.Errorf("body flagged as base64: %w", err)
	}
	if len(body) > most {
		return nil, tooLarge
	}
	return body, nil
}

// File returns the body as it came: that of a route which takes files.
func (c *Call) File() []byte { return c.body }

// Decode reads the JSON body into v, a pointer to a struct. What a client may get
// wrong is a 400 that names the place by its JSON pointer (RFC 6901) where it is
// known: not JSON, another type, a field v does not have, a field given twice.
func (c *Call) Decode(v any) error {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return bad("body_missing", "This call needs a body. Send a JSON object.")
	}
	if media, _, err := mime.ParseMediaType(c.Headers["content-type"]); err != nil || media != "application/json" {
		return bad("content_type", "Send the body as JSON, with the header Content-Type: application/json.")
	}
	if !utf8.Valid(c.body) {
		return bad("invalid_json", "The body is not UTF-8. Encode it as UTF-8 and send it again.")
	}
	if err := checkSyntax(c.body); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return misfit(c.body, err)
	}
	return nil
}

// checkSyntax takes one JSON object in which every name stands once. Go's decoder
// takes more: null as an empty object, and the last of several values.
func checkSyntax(body []byte) error {
	var whole json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		where := ""
		if s := (*json.SyntaxError)(nil); errors.As(err, &s) {
			where = fmt.Sprintf(" at byte %d", s.Offset)
		}
		return bad("invalid_json", "The body is not one JSON object: look%s. Correct it and send it again.", where).Because(err)
	}
	if bytes.TrimSpace(whole)[0] != '{' {
		return bad("invalid_json", "The body must be a JSON object, {...}. Send one.").With("", "Not an object.")
	}
	return walk(body, func([]string, int64) error { return nil })
}

// misfit says what an error of Go's JSON decoder on a valid document means to the caller.
func misfit(body []byte, err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		got, _, _ := strings.Cut(wrong.Value, " ") // "number 1.5" for a whole-number field
		return bad("wrong_type", "A field of the body has a value of the wrong type. Correct it and send it again.").
			With(pointerBefore(body, wrong.Offset), "Send "+jsonName(wrong.Type)+", not this "+got+".").Because(err)
	}
	if quoted, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		e := bad("unknown_field", "The body has a field this call does not know: %s. Check its spelling, or leave it out.", quoted).Because(err)
		if name, err := strconv.Unquote(quoted); err == nil {
			if pointer, ok := pointerTo(body, name); ok {
				return e.With(pointer, "Unknown field.")
			}
		}
		return e
	}
	return bad("invalid_value", "A field of the body has a value this call cannot read. Check the formats of its fields.").Because(err)
}

func bad(code, detail string, args ...any) *clienteling.Error {
	return clienteling.E(clienteling.Invalid, code, detail, args...)
}

// jsonName says what JSON value fills a Go type.
func jsonName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Pointer:
		return jsonName(t.Elem())
	default:
		return "a whole number in the field's range"
	}
}

// pointerBefore returns the pointer of the last value that begins before the offset,
// which is where the decoder was when it met the wrong type.
func pointerBefore(body []byte, offset int64) string {
	var at []string
	_ = walk(body, func(path []string, after int64) error {
		if after < offset {
			at = append(at[:0], path...)
		}
		return nil
	})
	return pointer(at)
}

// pointerTo returns the pointer of the field of that name, if there is only one.
func pointerTo(body []byte, name string) (found string, ok bool) {
	another := errors.New("another")
	err := walk(body, func(path []string, _ int64) error {
		if len(path) == 0 || path[len(path)-1] != name {
			return nil
		}
		if found != "" {
			return another
		}
		found = pointer(path)
		return nil
	})
	return found, err == nil && found != ""
}

// walk visits the values of a valid JSON document, outer before inner, each with its
// path and the offset at which the token before it ended. It ends with the first
// error of visit, at a name that its object has already, or below maxDepth.
func walk(body []byte, visit func(path []string, after int64) error) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // a number beyond float64 is no matter of syntax
	var value func(path []string) error
	value = func(path []string) error {
		if len(path) > maxDepth {
			return bad("invalid_json", "The body is nested more than %d levels deep. Send a flatter one.", maxDepth)
		}
		if err := visit(path, d.InputOffset()); err != nil {
			return err
		}
		open, err := d.Token()
		if err != nil || open != json.Delim('{') && open != json.Delim('[') {
			return err
		}
		seen := map[string]bool{}
		for i := 0; d.More(); i++ {
			step := strconv.Itoa(i)
			if open == json.Delim('{') {
				name, err := d.Token()
				if err != nil {
					return err
				}
				step = name.(string)
				// Go fills the same field from names that differ only in case.
				folded := strings.ToLower(step)
				if seen[folded] {
					return bad("duplicate_field", "The body has a field twice. Send each field once.").
						With(pointer(append(path, step)), "Given twice.")
				}
				seen[folded] = true
			}
			if err := value(append(path, step)); err != nil {
				return err
			}
		}
		_, err = d.Token() // the closing bracket
		return err
	}
	return value(nil)
}

// pointer writes a path as a JSON pointer (RFC 6901); the whole document is "".
func pointer(path []string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, step := range path {
		b.WriteString("/" + escape.Replace(step))
	}
	return b.String()
}
