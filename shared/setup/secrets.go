package setup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Secret fetches a secret's string from Secrets Manager, once.
func (e *Env) Secret(ctx context.Context, id string) (string, error) {
	if id == "" || e.region() == "" {
		return "", nil // Need has noted what is missing
	}
	return e.getSecretValue(ctx, id)
}

// getSecretValue is one signed POST: the SDK's client for it would add 0.4 ms to
// every cold start.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
func (e *Env) getSecretValue(ctx context.Context, id string) (string, error) {
	body, err := json.Marshal(map[string]string{"SecretId": id})
	if err != nil {
		return "", err
	}
	url := e.endpoint("SECRETS_MANAGER", "secretsmanager")
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
	credentials, err := e.AWS("SECRETS_MANAGER").Credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(hash[:]), "secretsmanager", e.region(), e.now()); err != nil {
		return "", err
	}
	answer, err := e.http.Do(r)
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", id, err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, 256<<10))
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", id, err)
	}
	if answer.StatusCode != http.StatusOK {
		var fault struct {
			Type    string `json:"__type"`
			Message string
		}
		_ = json.Unmarshal(raw, &fault)
		return "", fmt.Errorf("secret %s: Secrets Manager answered %d %s %s", id, answer.StatusCode, fault.Type, fault.Message)
	}
	var value struct{ SecretString string }
	if err := json.Unmarshal(raw, &value); err != nil || value.SecretString == "" {
		return "", fmt.Errorf("secret %s holds no string", id)
	}
	return value.SecretString, nil
}

// accountsTTL is how long a change of the secret may go unnoticed.
const accountsTTL = 5 * time.Minute

// refreshTimeout bounds the wait of the one webhook that finds the tokens old.
const refreshTimeout = 2 * time.Second

// TwilioAccounts knows the auth tokens of our Twilio accounts.
type TwilioAccounts struct {
	fetch func(context.Context) (string, error)
	now   func() time.Time
	log   *slog.Logger

	mu      sync.Mutex
	fetched time.Time
	tokens  map[string][]string
}

// TwilioAccounts fetches the secret of that id: a JSON object from account SID to
// {"authToken", "previousAuthToken"}. An account without an auth token is an
// error: Twilio's own library would take anybody's signature under an empty one.
//
// Twilio signs with a new token from the moment it is promoted, while a change of
// the secret is noticed within five minutes. So that no text is refused, both
// tokens stand in the secret, in either order, five minutes before the promotion.
func (e *Env) TwilioAccounts(ctx context.Context, id string) (*TwilioAccounts, error) {
	a := &TwilioAccounts{
		now:   e.now,
		log:   e.log,
		fetch: func(ctx context.Context) (string, error) { return e.Secret(ctx, id) },
	}
	if id == "" || e.region() == "" {
		return a, nil // Need has noted what is missing
	}
	return a, a.refresh(ctx)
}

// AuthTokens returns the current token of an account, and the previous one while
// it is kept; none for an account that is not ours. It asks Secrets Manager again
// when what it knows is old; if that fails, what it knows stays good.
func (a *TwilioAccounts) AuthTokens(ctx context.Context, accountSID string) ([]string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now().Sub(a.fetched) > accountsTTL {
		ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
		defer cancel()
		if err := a.refresh(ctx); err != nil {
			a.fetched = a.now() // ask again after another TTL, not with every webhook
			a.log.ErrorContext(ctx, "auth tokens not renewed; the known ones stay in use", "error", err)
		}
	}
	return a.tokens[accountSID], nil
}

func (a *TwilioAccounts) refresh(ctx context.Context) error {
	secret, err := a.fetch(ctx)
	if err != nil {
		return err
	}
	tokens, err := parseAccounts(secret)
	if err != nil {
		return err
	}
	a.tokens, a.fetched = tokens, a.now()
	return nil
}

func parseAccounts(secret string) (map[string][]string, error) {
	var accounts map[string]struct {
		AuthToken         string `json:"authToken"`
		PreviousAuthToken string `json:"previousAuthToken"`
	}
	if err := json.Unmarshal([]byte(secret), &accounts); err != nil {
		return nil, fmt.Errorf(`the Twilio secret is not a JSON object {"AC...": {"authToken": "..."}}`) // its text stays out of logs
	}
	if len(accounts) == 0 {
		return nil, fmt.Errorf(`the Twilio secret names no account; it looks like {"AC...": {"authToken": "..."}}`)
	}
	tokens := make(map[string][]string, len(accounts))
	for sid, account := range accounts {
		current, previous := strings.TrimSpace(account.AuthToken), strings.TrimSpace(account.PreviousAuthToken)
		if current == "" {
			return nil, fmt.Errorf("the Twilio secret has an empty authToken for account %s", sid)
		}
		tokens[sid] = []string{current}
		if previous != "" {
			tokens[sid] = append(tokens[sid], previous)
		}
	}
	return tokens, nil
}
