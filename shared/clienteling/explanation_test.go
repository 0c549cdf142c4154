package clienteling_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"clienteling/shared/clienteling"
)

// undelivered are the statuses of texts that did not arrive.
var undelivered = []string{clienteling.StatusUndelivered, clienteling.StatusFailed, clienteling.StatusCanceled}

// explained are words that tell the explanation of a reason from others.
var explained = map[string]string{
	clienteling.ReasonOptedOut:       "has opted out",
	clienteling.ReasonOutcomeUnknown: "Nobody knows whether it went out",
	clienteling.ReasonRefused:        "refused",
	clienteling.ReasonNotSent:        "for hours",
	clienteling.ReasonQuietHours:     "could not go out before the store's quiet hours began",

	"10001": "closed or suspended",
	"11200": "could not be fetched",
	"11751": "too large",
	"12300": "of a kind",
	"20003": "closed or suspended",
	"20429": "at once",
	"21211": "not a valid phone number",
	"21265": "short number",
	"21266": "store's own number",
	"21408": "country",
	"21601": "cannot send this",
	"21602": "nothing in it",
	"21605": "1,600 characters",
	"21606": "cannot send this",
	"21608": "trial account",
	"21610": "START",
	"21611": "wait to be sent",
	"21612": "No carrier takes",
	"21614": "not a mobile number",
	"21617": "1,600 characters",
	"21618": "spam filter",
	"21619": "nothing in it",
	"21620": "address of an attachment",
	"21621": "sends no pictures",
	"21622": "sends no pictures",
	"21623": "ten or fewer",
	"21635": "landline",
	"21658": "1,600 characters",
	"21659": "cannot send this",
	"21660": "cannot send this",
	"21661": "cannot send this",
	"21730": "maintenance",
	"30001": "wait to be sent",
	"30002": "closed or suspended",
	"30003": "off or out of reach",
	"30004": "blocked",
	"30005": "no longer in use",
	"30006": "landline",
	"30007": "spam filter",
	"30008": "does not say why",
	"30009": "A part of the customer's text",
	"30010": "costs more",
	"30011": "gets no pictures",
	"30017": "overloaded",
	"30018": "asks for a registration",
	"30019": "too large",
	"30020": "on the way to the carrier",
	"30021": "on the way to the carrier",
	"30022": "for the moment",
	"30023": "today",
	"30024": "does not know the store's number yet",
	"30027": "today",
	"30032": "toll-free",
	"30033": "suspended the registration",
	"30034": "not registered",
	"30035": "still being registered",
	"30036": "waited too long",
	"30044": "short texts",
	"30410": "did not answer in time",
	"30450": "fraud",
	"30453": "fraud",
	"30500": "on the way to the carrier",
}

// sentence is one or two of them, each with a full stop.
var sentence = regexp.MustCompile(`^[A-Z][^.]+\.( [A-Z][^.]+\.)?$`)

func TestExplain(t *testing.T) {
	t.Parallel()
	for reason, says := range explained {
		for _, status := range undelivered {
			got := clienteling.Explain(status, reason)
			if !strings.Contains(got, says) || !sentence.MatchString(got) || len(got) > 160 {
				t.Errorf("%s, %s: %q does not say %q in one or two short sentences", status, reason, got, says)
			}
			// Associates know a store, customers and carriers, and no codes.
			if strings.Contains(got, "Twilio") || strings.Contains(got, "("+reason) {
				t.Errorf("%s, %s: %q is not for associates", status, reason, got)
			}
			// It is not left at what happened, unless nothing can be done.
			if strings.Count(got, ".") != 2 {
				t.Errorf("%s, %s: %q does not say what to do", status, reason, got)
			}
		}
	}
}

func TestExplainStatus(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ status, reason, want string }{
		{"", "", ""},
		{clienteling.StatusReceived, "", ""},
		{"receiving", "", ""},
		{"read", "", ""},
		{"nonsense", "30003", ""},
		{clienteling.StatusQueued, "", "It waits to be sent."},
		{"accepted", "", "It waits to be sent."},
		{"scheduled", "", "It waits to be sent."},
		{clienteling.StatusSending, "", "It is on its way."},
		{clienteling.StatusSent, "", "The carrier has it. Some carriers never say whether it arrived."},
		{clienteling.StatusDelivered, "", "It is on the customer's phone."},
		// A reason of a text that did arrive is none.
		{clienteling.StatusDelivered, "30003", "It is on the customer's phone."},
		{clienteling.StatusUndelivered, "", "The carrier did not deliver it."},
		{clienteling.StatusFailed, "", "It could not be sent."},
		{clienteling.StatusCanceled, "", "It was withdrawn before it was sent."},
		{clienteling.StatusUndelivered, "30999", "The carrier did not deliver it (30999)."},
		{clienteling.StatusFailed, "30999", "The carrier did not deliver it (30999)."},
		{clienteling.StatusUndelivered, "21999", "The carrier did not deliver it (21999)."},
		{clienteling.StatusFailed, "21999", "It could not be sent (21999)."},
		{clienteling.StatusFailed, "3", "It could not be sent (3)."},
		{clienteling.StatusCanceled, "other", "It was withdrawn before it was sent (other)."},
	} {
		if got := clienteling.Explain(tt.status, tt.reason); got != tt.want {
			t.Errorf("%q, %q: %q, want %q", tt.status, tt.reason, got, tt.want)
		}
	}
}

// Every code that is explained is in the table above: the cases of explainReason that are
// written as digits.
func TestExplainedCodes(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "explanation.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		c, ok := n.(*ast.CaseClause)
		if !ok {
			return true
		}
		for _, value := range c.List {
			literal, ok := value.(*ast.BasicLit)
			if !ok {
				continue
			}
			code, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			if code[0] >= 'a' { // a status
				continue
			}
			found++
			if explained[code] == "" {
				t.Errorf("%s is not in the table", code)
			}
		}
		return true
	})
	if found < 50 {
		t.Errorf("only %d codes", found)
	}
}
