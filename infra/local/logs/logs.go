// Package logs prints the lines of many functions as one stream: for a person on a
// terminal, or as JSON for a program.
//
// Functions log as Lambda does when its log format is JSON: one object per line
// with timestamp, level, message and attributes. Everything else they print (a
// stack trace, Lambda's own remarks) goes through as text.
package logs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// Options choose the form of the output.
type Options struct {
	JSON  bool // one object per line, as it was logged, with "function" added
	Color bool // ANSI colours; without effect on JSON
}

// Printer writes lines. It is safe for concurrent use.
type Printer struct {
	options Options

	mu     sync.Mutex
	w      io.Writer
	colors map[string]string // of functions, in the order they first spoke
	width  int               // of the longest function name so far
}

const (
	reset  = "\x1b[0m"
	dim    = "\x1b[2m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
)

// palette leaves out red and yellow, which mean something.
var palette = [...]string{"\x1b[36m", "\x1b[32m", "\x1b[35m", "\x1b[34m", "\x1b[96m", "\x1b[92m", "\x1b[95m", "\x1b[94m"}

// New makes a printer. Each line is one Write.
func New(w io.Writer, o Options) *Printer {
	return &Printer{w: w, options: o, colors: map[string]string{}}
}

// Line prints a line of a function's output, given without its line break.
func (p *Printer) Line(function string, _ int, line []byte) {
	fields, isObject := parse(line)
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []byte
	switch {
	case p.options.JSON:
		out = asJSON(function, line, fields, isObject)
	case isObject:
		out = p.entry(function, fields)
	default:
		out = p.head(function, time.Now())
		out = append(out, printable(string(line))...)
	}
	_, _ = p.w.Write(append(out, '\n')) // a log that cannot be written cannot be complained about
}

// field is a key of a JSON object and its value as written.
type field struct {
	key   string
	value json.RawMessage
}

// parse reads an object and keeps the order of its keys.
func parse(line []byte) ([]field, bool) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[0] != '{' || !json.Valid(line) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(line))
	_, _ = d.Token() // the brace; what follows is known to be valid
	var fields []field
	for d.More() {
		key, _ := d.Token()
		f := field{key: key.(string)}
		_ = d.Decode(&f.value)
		fields = append(fields, f)
	}
	return fields, true
}

func asJSON(function string, line []byte, fields []field, isObject bool) []byte {
	name, _ := json.Marshal(function)
	out := append([]byte(`{"function":`), name...)
	if !isObject {
		text, _ := json.Marshal(string(line))
		return append(append(append(out, `,"message":`...), text...), '}')
	}
	if len(fields) > 0 {
		out = append(out, ',')
	}
	return append(out, bytes.TrimSpace(line)[1:]...)
}

// entry is a line for a person: time, function, level, message, the rest.
func (p *Printer) entry(function string, fields []field) []byte {
	at, level, message := time.Now(), "", ""
	var rest []byte
	for _, f := range fields {
		text := f.text()
		switch f.key {
		case "timestamp", "time":
			if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
				at = t
			}
		case "level":
			level = text
		case "message", "msg":
			message = text
		case "requestId": // the start tells it from its neighbours
			rest = append(rest, p.paint(dim, " "+f.key+"="+printable(text[:min(8, len(text))]))...)
		default:
			rest = append(rest, p.paint(dim, " "+printable(f.key)+"=")...)
			rest = append(rest, quoted(text)...)
		}
	}
	out := p.head(function, at)
	out = append(out, p.paint(levelColor(level), fmt.Sprintf("%-5s", printable(level)))...)
	out = append(out, ' ')
	out = append(out, printable(message)...)
	return append(out, rest...)
}

// text is the value of a string, and any other value as JSON.
func (f field) text() string {
	var s string
	if json.Unmarshal(f.value, &s) == nil && f.value[0] == '"' {
		return s
	}
	var compact bytes.Buffer
	_ = json.Compact(&compact, f.value)
	return compact.String()
}

// head is what every line starts with: local time and the function, in its colour.
func (p *Printer) head(function string, at time.Time) []byte {
	name := strings.TrimSuffix(function, "Function")
	color, known := p.colors[function]
	if !known {
		color = palette[len(p.colors)%len(palette)]
		p.colors[function] = color
		p.width = max(p.width, utf8.RuneCountInString(name))
	}
	out := []byte(p.paint(dim, at.Local().Format("15:04:05.000")))
	out = append(out, ' ')
	out = append(out, p.paint(color, fmt.Sprintf("%-*s", p.width, name))...)
	return append(out, ' ')
}

func (p *Printer) paint(color, text string) string {
	if !p.options.Color || color == "" {
		return text
	}
	return color + text + reset
}

func levelColor(level string) string {
	switch level {
	case "ERROR", "FATAL":
		return red
	case "WARN":
		return yellow
	case "DEBUG", "TRACE":
		return dim
	}
	return ""
}

// printable keeps what a log line holds from steering the terminal or ending the
// line: control characters are written as escapes.
func printable(s string) string {
	clean := func(r rune) bool { return r == '\t' || unicode.IsGraphic(r) && r != utf8.RuneError }
	if strings.IndexFunc(s, func(r rune) bool { return !clean(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if clean(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// quoted sets a value apart from what follows it.
func quoted(s string) string {
	if s == "" || strings.ContainsAny(s, " \"=") && s[0] != '{' && s[0] != '[' {
		return strconv.Quote(s)
	}
	return printable(s)
}
