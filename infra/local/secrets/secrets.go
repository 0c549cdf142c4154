// Package secrets answers Secrets Manager's GetSecretValue (AWS JSON 1.1 over HTTP:
// POST / with X-Amz-Target: secretsmanager.GetSecretValue) from memory. Signatures
// are not checked, and only the current version of a secret exists.
package secrets

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	target     = "secretsmanager.GetSecretValue"
	maxRequest = 64 << 10 // bytes; a real request has about a hundred
)

// Store is an http.Handler that hands out secrets. It is safe for concurrent use.
type Store struct {
	mu      sync.RWMutex
	secrets map[string]secret // by name or ARN, as it was put
}

type secret struct {
	value   string
	version string
	created time.Time
}

// New makes a store of the values, each a SecretString under its name or ARN.
func New(values map[string]string) *Store {
	s := &Store{secrets: map[string]secret{}}
	for name, value := range values {
		s.Put(name, value)
	}
	return s
}

// Put adds a secret or replaces its value, as a rotation does.
func (s *Store) Put(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[name] = secret{value: value, version: uuid.NewString(), created: time.Now()}
}

// ServeHTTP answers GetSecretValue, and anything else with the error AWS gives.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.Header.Get("X-Amz-Target") != target {
		fail(w, "UnknownOperationException", "only "+target+" is known here")
		return
	}
	var in struct {
		SecretID     string `json:"SecretId"`
		VersionID    string `json:"VersionId"`
		VersionStage string
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil || json.Unmarshal(body, &in) != nil {
		fail(w, "SerializationException", "the body is not a JSON object of strings")
		return
	}
	if in.SecretID == "" {
		fail(w, "ValidationException", "SecretId is missing")
		return
	}
	s.mu.RLock()
	found, ok := s.secrets[in.SecretID]
	s.mu.RUnlock()
	if !ok {
		fail(w, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
		return
	}
	if in.VersionStage != "" && in.VersionStage != "AWSCURRENT" || in.VersionID != "" && in.VersionID != found.version {
		fail(w, "ResourceNotFoundException", "Secrets Manager can't find the specified secret value: only AWSCURRENT exists here.")
		return
	}
	arn, name := identify(in.SecretID)
	write(w, http.StatusOK, map[string]any{
		"ARN":           arn,
		"Name":          name,
		"SecretString":  found.value,
		"VersionId":     found.version,
		"VersionStages": []string{"AWSCURRENT"},
		"CreatedDate":   float64(found.created.UnixMilli()) / 1000, // epoch seconds
	})
}

// identify makes up the one of ARN and name that is not known. AWS appends a hyphen
// and six random characters to the name in an ARN.
func identify(id string) (arn, name string) {
	if !strings.HasPrefix(id, "arn:") {
		return "arn:aws:secretsmanager:us-east-1:000000000000:secret:" + id + "-local0", id
	}
	name = id[strings.LastIndexByte(id, ':')+1:]
	if suffix := strings.LastIndexByte(name, '-'); suffix > 0 && suffix == len(name)-7 {
		name = name[:suffix]
	}
	return id, name
}

func fail(w http.ResponseWriter, code, message string) {
	write(w, http.StatusBadRequest, map[string]any{"__type": code, "Message": message})
}

func write(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client went away: nobody to tell
}
