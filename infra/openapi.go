// Package infra holds what surrounds the functions. It gives the HTTP contract to
// tests; the local cloud, the checks and the tools are folders of their own.
package infra

import _ "embed"

// OpenAPI is openapi.yaml, the HTTP contract: OpenAPI 3.0.3 in YAML.
//
//go:embed openapi.yaml
var OpenAPI []byte
