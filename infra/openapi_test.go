package infra_test

import (
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
