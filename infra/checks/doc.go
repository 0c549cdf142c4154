// Package checks holds the project to its own rules where neither the compiler nor
// a linter looks: which package may import which, and whether template.yaml, the
// functions and openapi.yaml tell the same story. It consists of tests; run them with
// go test ./infra/checks.
//
// A check returns findings, each one line that says what is wrong and what to do.
// That each of them can fail is proven on testdata/sample, a small project that keeps
// all rules, by breaking it in one place at a time.
package checks
