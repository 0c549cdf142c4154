package infra_test

import (
	"encoding/json"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"clienteling/infra"
)

// The document must be valid, and each of its examples an example of its schema.
func TestOpenAPIIsValid(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(infra.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableSchemaFormatValidation()); err != nil {
		t.Error(err)
	}
}

// Whatever the functions answer in their golden scenarios, and whatever body was
// taken there, is what the document says.
func TestAnswersAreDocumented(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(infra.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../functions/*/testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		var scenario struct {
			Answer json.RawMessage
		}
		var event struct{ RouteKey, Body string }
		var answer struct {
			Status  int
			Headers map[string]string
			Body    any
		}
		function := filepath.Base(filepath.Dir(filepath.Dir(file)))
		read(t, file, &scenario)
		read(t, filepath.Join("..", "events", function, filepath.Base(file)), &event)
		if event.RouteKey == "" {
			continue // a job, or the clock
		}
		if err := json.Unmarshal(scenario.Answer, &answer); err != nil {
			t.Fatal(err)
		}
		method, path, _ := strings.Cut(event.RouteKey, " ")
		operation := doc.Paths.Value(path).GetOperation(method)
		response := operation.Responses.Value(strconv.Itoa(answer.Status))
		if response == nil {
			t.Errorf("%s: %s is not documented to answer %d", file, event.RouteKey, answer.Status)
			continue
		}
		if answer.Status == http.StatusNoContent || answer.Status == http.StatusFound {
			if answer.Body != "" && answer.Body != nil || len(response.Value.Content) > 0 {
				t.Errorf("%s: a 204 or 302 has no body, in the answer or the contract", file)
			}
			continue
		}
		kind, _, err := mime.ParseMediaType(answer.Headers["content-type"])
		if err != nil {
			t.Fatal(err)
		}
		content := response.Value.Content[kind]
		if content == nil {
			t.Errorf("%s: its %d is not documented as %s", file, answer.Status, kind)
			continue
		}
		if err := content.Schema.Value.VisitJSON(answer.Body); err != nil {
			t.Errorf("%s: its answer: %v", file, err)
		}
		if answer.Status < 300 && strings.HasPrefix(path, "/v1/") && event.Body != "" && operation.RequestBody.Value.Content["application/json"] != nil {
			var body any
			if err := json.Unmarshal([]byte(event.Body), &body); err != nil {
				t.Fatal(err)
			}
			if err := operation.RequestBody.Value.Content["application/json"].Schema.Value.VisitJSON(body); err != nil {
				t.Errorf("%s: its body was taken: %v", file, err)
			}
		}
	}
}

func read(t *testing.T, file string, v any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}
