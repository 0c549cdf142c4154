// Package e2e tests the product as its users meet it: the built functions, behind
// the real gateway, on the real emulators, over HTTP. Every request to the API and
// every answer is held against openapi.yaml. It has tests only.
package e2e
