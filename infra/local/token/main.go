//go:build unix

// Command token prints a fresh token of the running stack: make token
// ROLE=admin|associate|operator, or with claims of one's own in CLAIMS (JSON),
// which are laid over the role's.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"time"

	"clienteling/infra/local/stack"
)

func main() {
	role := flag.String("role", "associate", "admin, associate or operator")
	claims := flag.String("claims", "", "more claims, as a JSON object")
	flag.Parse()
	token, err := mint(*role, *claims)
	if err != nil {
		fmt.Fprintln(os.Stderr, "token:", err)
		os.Exit(1)
	}
	fmt.Println(token)
}

func mint(role, claims string) (string, error) {
	all := maps.Clone(stack.Claims[role])
	if all == nil {
		return "", fmt.Errorf("there is no role %q: use ROLE=admin, associate or operator", role)
	}
	if claims != "" {
		if err := json.Unmarshal([]byte(claims), &all); err != nil {
			return "", fmt.Errorf("CLAIMS is not a JSON object: %w", err)
		}
	}
	info, err := stack.ReadInfo(".local")
	if errors.Is(err, os.ErrNotExist) {
		return "", errors.New("no stack is running here: start one with make run")
	}
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]any{"claims": all})
	if err != nil {
		return "", err
	}
	client := &http.Client{Timeout: 5 * time.Second}
	answer, err := client.Post(info.OIDC.Mint.URL, "application/json", bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("the stack does not answer; start it with make run: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	var minted struct{ Token string }
	if answer.StatusCode != http.StatusOK || json.Unmarshal(raw, &minted) != nil {
		return "", fmt.Errorf("the issuer refused: %s", raw)
	}
	return minted.Token, nil
}
