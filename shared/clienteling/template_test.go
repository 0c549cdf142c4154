package clienteling_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"clienteling/shared/clienteling"
)

var fillings = clienteling.Fillings{Customer: "Zoë", Associate: "Sam", Store: "Acme Berlin", Phone: "+4930123456"}

func TestFill(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"Hello", "Hello"},
		{"Hi {{customer.name}}, {{associate.name}} of {{store.name}} here: {{store.phone}}.", "Hi Zoë, Sam of Acme Berlin here: +4930123456."},
		{"{{ customer.name }}", "Zoë"},
		{"{{   customer.name}}", "Zoë"},
		{"{{customer.name\t}}", "Zoë"},
		{"{{customer.name}}{{customer.name}}", "ZoëZoë"},
		{"{{{{", "!"},
		{"{customer.name}", "{customer.name}"},
		{"{ } } {", "{ } } {"},
		{"a{b}c", "a{b}c"},
		{"ends with {", "ends with {"},
		{"{{store.name}}}", "Acme Berlin}"},
		{"{ {{store.name}}", "{ Acme Berlin"},
		{"100% {{store.name}} $1 \\1", "100% Acme Berlin $1 \\1"},
		{"Grüße 👋 {{store.name}} 漢字", "Grüße 👋 Acme Berlin 漢字"},
		{"{{Customer.Name}}", "!"},
		{"{{customer}}", "!"},
		{"{{customer .name}}", "!"},
		{"{{}}", "!"},
		{"{{store.name", "!"},
		{"store.name}}", "!"},
		{"{{{store.name}}}", "!"},
	} {
		got, err := clienteling.Fill(tt.text, fillings)
		if tt.want == "!" {
			var e *clienteling.Error
			if !errors.As(err, &e) || e.Code != "placeholder_unknown" || e.Kind != clienteling.Invalid || got != "" {
				t.Errorf("%q: %q, %v", tt.text, got, err)
			}
			continue
		}
		if err != nil || got != tt.want {
			t.Errorf("%q: %q, %v, want %q", tt.text, got, err, tt.want)
		}
	}
}

// What people are called is never looked through for placeholders.
func TestFillOnce(t *testing.T) {
	t.Parallel()
	f := clienteling.Fillings{Customer: "{{store.name}}", Associate: "{{associate.name}}", Store: "{{nothing}} }}", Phone: "{{"}
	const text = "{{customer.name}}|{{associate.name}}|{{store.name}}|{{store.phone}}"
	got, err := clienteling.Fill(text, f)
	if want := "{{store.name}}|{{associate.name}}|{{nothing}} }}|{{"; err != nil || got != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func TestFillTrims(t *testing.T) {
	t.Parallel()
	got, err := clienteling.Fill("Dear {{customer.name}},", clienteling.Fillings{Customer: " Maria \n"})
	if err != nil || got != "Dear Maria," {
		t.Errorf("%q, %v", got, err)
	}
}

func TestFillNothing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		without func(*clienteling.Fillings)
		says    []string
	}{
		"customer.name":  {func(f *clienteling.Fillings) { f.Customer = "" }, []string{"PUT /v1/stores/{storeId}/conversations/{conversationId}/customer", "by hand"}},
		"associate.name": {func(f *clienteling.Fillings) { f.Associate = "" }, []string{"token", "name claim"}},
		"store.name":     {func(f *clienteling.Fillings) { f.Store = "" }, []string{"administrator", "PUT /v1/stores/{storeId}"}},
		"store.phone":    {func(f *clienteling.Fillings) { f.Phone = " \t" }, []string{"administrator", "PUT /v1/stores/{storeId}"}},
	} {
		f := fillings
		tt.without(&f)
		text, err := clienteling.Fill("It is {{"+name+"}}, {{ "+name+" }}.", f)
		var e *clienteling.Error
		if !errors.As(err, &e) || e.Code != "placeholder_empty" || e.Kind != clienteling.Unprocessable || text != "" {
			t.Errorf("%s: %q, %v", name, text, err)
			continue
		}
		for _, said := range append(tt.says, "{{"+name+"}}") {
			if strings.Count(e.Detail, said) != 1 && said != "name claim" {
				t.Errorf("%s: the error does not say %q once: %q", name, said, e.Detail)
			}
		}
		// Whoever does not use it does not miss it.
		others := strings.ReplaceAll("{{customer.name}} {{associate.name}} {{store.name}} {{store.phone}}", "{{"+name+"}}", "")
		if _, err := clienteling.Fill(others, f); err != nil {
			t.Errorf("%s is missed in %q: %v", name, others, err)
		}
	}
	_, err := clienteling.Fill("{{store.phone}} {{customer.name}}", clienteling.Fillings{})
	if err == nil || strings.Index(err.Error(), "{{store.phone}}") > strings.Index(err.Error(), "{{customer.name}}") || strings.Contains(err.Error(), "{{store.name}}") {
		t.Errorf("two are empty: %v", err)
	}
	// The unknown ones come first: no name helps a text that has any.
	_, err = clienteling.Fill("{{customer.name}} {{customer.nmae}}", clienteling.Fillings{})
	if err == nil || !strings.Contains(err.Error(), "placeholder_unknown") || !strings.Contains(err.Error(), "{{customer.nmae}}. There are {{customer.name}}, ") {
		t.Errorf("one is unknown: %v", err)
	}
}

func TestUnknownPlaceholders(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"{{customer.name}} {{ associate.name }} {{store.name}} {{store.phone}} { } {a}", nil},
		{"{{customer.nmae}}", []string{"{{customer.nmae}}"}},
		{"{{ x }} {{y}} {{ x }}", []string{"{{ x }}", "{{y}}"}},
		{"{{CUSTOMER.NAME}}", []string{"{{CUSTOMER.NAME}}"}},
		{"{{}}", []string{"{{}}"}},
		{"{{ }}", []string{"{{ }}"}},
		{"{{store.name", []string{"{{store.name"}},
		{"{{store.name} and more", []string{"{{store.name}"}},
		{"{{ store.name and more", []string{"{{"}},
		{"{{", []string{"{{"}},
		{"{{store.name {{store.name}}", []string{"{{store.name"}},
		{"{{{{store.name}}}}", []string{"{{", "}}"}},
		{"{{a{{b", []string{"{{a", "{{b"}},
		{"{store.name}}", []string{"}}"}},
		{"}}{{", []string{"}}", "{{"}},
		{"{{{store.name}}}", []string{"{{{store.name}}"}},
		{"{{store\n.name}}", []string{"{{store\n.name}}"}},
		{"{{" + strings.Repeat("ä", 2000) + "}}", []string{"{{" + strings.Repeat("ä", 38) + "..."}},
		{"{{\x00}}", []string{"{{\x00}}"}},
	} {
		if got := clienteling.UnknownPlaceholders(tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestExample(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "",
		"{{customer.name}}, {{associate.name}}, {{store.name}}, {{store.phone}}": "Maria Jensen, Robin, Acme Fifth Avenue, +12125550100",
		"{{ store.name }} {{nothing}} {{":                                        "Acme Fifth Avenue {{nothing}} {{",
	} {
		if got := clienteling.Example(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestHashWording(t *testing.T) {
	t.Parallel()
	got := clienteling.HashWording("de", "Grüße")
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte("de\x00Grüße"))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// As any tool says it: printf 'en\0Hello' | sha256sum.
	if got, want := clienteling.HashWording("en", "Hello"), "b968d43be4fe4cd3a1201d7b4f539bb29e682e827b38bdeb44d8392adeba8f9a"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	seen := map[string]string{}
	for _, w := range [][2]string{{"de", "Hello"}, {"en", "Hello"}, {"en", "Hello "}, {"", "enHello"}, {"enH", "ello"}, {"", ""}} {
		hash := clienteling.HashWording(w[0], w[1])
		if other, ok := seen[hash]; ok || len(hash) != 64 {
			t.Errorf("%q has the hash of %q: %s", w, other, hash)
		}
		seen[hash] = w[0] + "," + w[1]
	}
}

func FuzzFill(f *testing.F) {
	for _, s := range []string{"", "{{store.name}}", "{{a", "}}", "{{{store.name}}}", "{{ customer.name }}{{", "{{\xff}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		unknown := clienteling.UnknownPlaceholders(text)
		got, err := clienteling.Fill(text, fillings)
		if (err == nil) != (len(unknown) == 0) {
			t.Fatalf("%q: %v, unknown %q", text, err, unknown)
		}
		if err == nil && (strings.Contains(got, "{{") || strings.Contains(got, "}}")) {
			t.Errorf("%q has braces left: %q", text, got)
		}
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q: broken %q", text, got)
		}
		if len(unknown) == 0 && !strings.Contains(text, "{{") && got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}
