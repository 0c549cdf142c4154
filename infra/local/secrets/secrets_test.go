package secrets_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"clienteling/infra/local/secrets"
)

const arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:twilio/tokens-AbCdEf"

func ask(t *testing.T, h http.Handler, method, target, body string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%q: %v", w.Body, err)
	}
	if ct := w.Header().Get("Content-Type"); ct != "application/x-amz-json-1.1" {
		t.Errorf("content type %q", ct)
	}
	return w.Code, answer
}

const get = "secretsmanager.GetSecretValue"

func TestGetSecretValue(t *testing.T) {
	store := secrets.New(map[string]string{"PhoneKey": "k\x00 ü", arn: `{"AC1":{"authToken":"t"}}`})
	for _, tt := range []struct{ id, arn, name, value string }{
		{"PhoneKey", "arn:aws:secretsmanager:us-east-1:000000000000:secret:PhoneKey-local0", "PhoneKey", "k\x00 ü"},
		{arn, arn, "twilio/tokens", `{"AC1":{"authToken":"t"}}`},
	} {
		status, got := ask(t, store, "POST", get, `{"SecretId":"`+tt.id+`","VersionStage":"AWSCURRENT"}`)
		if status != 200 || got["ARN"] != tt.arn || got["Name"] != tt.name || got["SecretString"] != tt.value {
			t.Errorf("%s: %d %v", tt.id, status, got)
		}
		if created, ok := got["CreatedDate"].(float64); !ok || created < 1.7e9 || created > 1e11 {
			t.Errorf("%s: CreatedDate %v, want epoch seconds", tt.id, got["CreatedDate"])
		}
	}
}

func TestErrors(t *testing.T) {
	store := secrets.New(map[string]string{"PhoneKey": "k"})
	for _, tt := range []struct{ name, method, target, body, code string }{
		{"unknown secret", "POST", get, `{"SecretId":"Other"}`, "ResourceNotFoundException"},
		{"a version that never was", "POST", get, `{"SecretId":"PhoneKey","VersionStage":"AWSPREVIOUS"}`, "ResourceNotFoundException"},
		{"another version", "POST", get, `{"SecretId":"PhoneKey","VersionId":"x"}`, "ResourceNotFoundException"},
		{"no id", "POST", get, `{}`, "ValidationException"},
		{"no JSON", "POST", get, `SecretId=PhoneKey`, "SerializationException"},
		{"empty body", "POST", get, ``, "SerializationException"},
		{"too long", "POST", get, `{"SecretId":"` + strings.Repeat("x", 1<<20) + `"}`, "SerializationException"},
		{"other operation", "POST", "secretsmanager.PutSecretValue", `{"SecretId":"PhoneKey"}`, "UnknownOperationException"},
		{"other method", "GET", get, ``, "UnknownOperationException"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, got := ask(t, store, tt.method, tt.target, tt.body)
			if status != 400 || got["__type"] != tt.code || got["Message"] == "" || got["SecretString"] != nil {
				t.Errorf("%d %v, want %s", status, got, tt.code)
			}
		})
	}
}

func TestRotation(t *testing.T) {
	store := secrets.New(nil)
	store.Put("Token", "one")
	_, before := ask(t, store, "POST", get, `{"SecretId":"Token"}`)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { store.Put("Token", "two") })
		wg.Go(func() { ask(t, store, "POST", get, `{"SecretId":"Token"}`) })
	}
	wg.Wait()
	_, after := ask(t, store, "POST", get, `{"SecretId":"Token"}`)
	if after["SecretString"] != "two" || after["VersionId"] == before["VersionId"] {
		t.Errorf("before %v, after %v", before, after)
	}
}
