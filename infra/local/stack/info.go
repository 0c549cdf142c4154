//go:build unix

package stack

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"clienteling/infra/local/oidc"
	"clienteling/infra/local/seed"
)

// Info says where everything of a running stack is. It is what stack.json holds.
type Info struct {
	// API is the gateway.
	API    string `json:"api"`
	Twilio Twilio `json:"twilio"`
	// Handset is the page on which to be a customer.
	Handset string `json:"handset"`
	OIDC    OIDC   `json:"oidc"`
	Tokens  Tokens `json:"tokens"`
	// DynamoDB and SQS are endpoints for AWS clients; any credentials do.
	DynamoDB string `json:"dynamodb"`
	SQS      string `json:"sqs"`
	// Table is the table's name.
	Table string `json:"table"`
	// Functions are the ids of each function's processes right now.
	Functions map[string]Function `json:"functions"`
	Processes Processes           `json:"processes"`
}

// Twilio is the simulator. Webhooks are signed for PublicBaseURL.
type Twilio struct {
	BaseURL       string `json:"baseUrl"`
	AccountSID    string `json:"accountSid"`
	AuthToken     string `json:"authToken"`
	PublicBaseURL string `json:"publicBaseUrl"`
}

// OIDC is the development issuer.
type OIDC struct {
	Issuer string `json:"issuer"`
	// Mint is how to get a token with claims of one's choice.
	Mint Mint `json:"mint"`
}

// Mint describes the request for a token.
type Mint struct {
	Method string `json:"method"`
	URL    string `json:"url"`
	Body   string `json:"body"`
	Answer string `json:"answer"`
}

// Tokens are ready-made, one for each sort of caller, good for tokenTTL.
type Tokens struct {
	Admin     string `json:"admin"`
	Associate string `json:"associate"`
	Operator  string `json:"operator"`
}

// Function is a function's processes.
type Function struct {
	PIDs []int `json:"pids"`
}

// Processes are the ids of the other processes.
type Processes struct {
	Stack    int `json:"stack"`
	DynamoDB int `json:"dynamodb"`
	SQS      int `json:"sqs"`
}

// tokenTTL is a working day and a bit.
const tokenTTL = 12 * time.Hour

// Claims are those of the ready-made tokens, by the name of the caller.
var Claims = map[string]map[string]any{
	"admin": {
		"sub": "admin-1", "name": "Ada Admin", "retailer": seed.Retailer.ID, "scope": "clienteling:manage",
	},
	"associate": {
		"sub": "associate-1", "name": "Alex Associate", "retailer": seed.Retailer.ID, "scope": "clienteling:associate",
		"stores": "new-york london berlin",
	},
	"operator": {
		"sub": "operator-1", "name": "Olga Operator", "scope": "clienteling:operate",
	},
}

func readyMadeTokens(issuer *oidc.Issuer) (t Tokens, err error) {
	for name, into := range map[string]*string{"admin": &t.Admin, "associate": &t.Associate, "operator": &t.Operator} {
		if *into, err = issuer.Mint(Claims[name], tokenTTL); err != nil {
			return Tokens{}, err
		}
	}
	return t, nil
}

// InfoFile is where the stack of a state folder says where everything is.
func InfoFile(dir string) string { return filepath.Join(dir, "stack.json") }

// ReadInfo returns what a running stack says of itself; os.ErrNotExist: none runs there.
func ReadInfo(dir string) (Info, error) {
	raw, err := os.ReadFile(InfoFile(dir))
	if err != nil {
		return Info{}, err
	}
	var i Info
	return i, json.Unmarshal(raw, &i)
}

// File is where this stack says where everything is.
func (s *Stack) File() string { return InfoFile(s.options.Dir) }

// describe writes stack.json, now that everything is there, and keeps it in step
// with the functions' processes until the stack is closed.
func (s *Stack) describe() error {
	s.Info.Processes.Stack = os.Getpid()
	s.described.Lock()
	s.ready = true
	err := s.writeInfo()
	s.described.Unlock()
	s.onClose(func() {
		s.described.Lock()
		defer s.described.Unlock()
		s.ready = false
		_ = os.Remove(s.File())
	})
	return err
}

// functionsChanged is called whenever a function's process started or ended.
func (s *Stack) functionsChanged() {
	s.described.Lock()
	defer s.described.Unlock()
	if s.ready {
		_ = s.writeInfo() // the old one stays; the next change tries again
	}
}

// writeInfo replaces stack.json in one step, so that nobody reads half of it.
func (s *Stack) writeInfo() error {
	s.Info.Functions = map[string]Function{}
	pids := s.host.PIDs()
	for _, f := range s.template.Functions {
		s.Info.Functions[f.Name] = Function{PIDs: append([]int{}, pids[f.Name]...)}
	}
	raw, err := json.MarshalIndent(s.Info, "", "  ")
	if err != nil {
		return err
	}
	fresh := s.File() + ".new"
	if err := os.WriteFile(fresh, append(raw, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, s.File())
}
