package scenario

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"clienteling/infra/local/dynamodb"
	"clienteling/infra/local/npm"
	"clienteling/infra/local/seed"
	"clienteling/infra/local/template"
	"clienteling/shared/table"
)

// Table is a table as the template declares it, empty and alone to one test. Its
// clock stands still until [Table.Set], and its ids count.
type Table struct {
	// Name is the table's.
	Name string
	// Config is that of a function, with the Wire between it and the emulator. It
	// retries as often, but hardly pauses.
	Config aws.Config
	*Wire
	// Jobs are the texts to send, NumberJobs the numbers to buy and release, that
	// functions left for others.
	Jobs       *TextJobs
	NumberJobs *NumberJobs
	// FilingJobs are the registrations to file.
	FilingJobs *FilingJobs

	// TestLocations has the tables opened from now on as on a stage with one location
	// in each country.
	TestLocations bool

	endpoint string
	now      atomic.Pointer[time.Time]
	ids      atomic.Int64
}

// Retention is how long texts are kept in a test: the template's default.
const Retention = 400 * 24 * time.Hour

// start is the moment at which a table's clock stands at first.
var start = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)

// NewTable makes a table that the other tests do not see.
func NewTable(t testing.TB) *Table {
	t.Helper()
	if os.Getenv("DYNAMODB") == "local" {
		return newTable(t, dynamodb.DynamoDBLocal)
	}
	return newTable(t, dynamodb.Dynoxide)
}

// Engines runs a test on every emulator: on dynoxide, and on AWS's DynamoDB Local
// with CI=true or DYNAMODB=local. Elsewhere the second is skipped, since to install
// it is to accept AWS's licence.
func Engines(t *testing.T, test func(t *testing.T, newTable func(testing.TB) *Table)) {
	for _, engine := range []dynamodb.Engine{dynamodb.Dynoxide, dynamodb.DynamoDBLocal} {
		t.Run(string(engine), func(t *testing.T) {
			if engine == dynamodb.DynamoDBLocal && os.Getenv("DYNAMODB") != "local" && !inCI() {
				t.Skip("to run this on AWS's DynamoDB Local too, accept its licence by DYNAMODB=local; it needs Java 17")
			}
			test(t, func(t testing.TB) *Table { return newTable(t, engine) })
		})
	}
}

func newTable(t testing.TB, engine dynamodb.Engine) *Table {
	t.Helper()
	e, err := running.emulator(engine)
	if err != nil && inCI() {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	declared := e.table
	declared.Name = fmt.Sprintf("clienteling-%d", e.tables.Add(1))
	if err := dynamodb.CreateTable(t.Context(), e.server.Endpoint(), declared); err != nil {
		t.Fatal(err)
	}
	made := &Table{Name: declared.Name, Wire: &Wire{client: e.client}, Jobs: &TextJobs{}, NumberJobs: &NumberJobs{}, FilingJobs: &FilingJobs{}, endpoint: e.server.Endpoint()}
	made.Config = environment(map[string]string{"AWS_ENDPOINT_URL_DYNAMODB": made.endpoint}).AWS("DYNAMODB")
	made.Config.HTTPClient = made.Wire
	retryer := made.Config.Retryer
	made.Config.Retryer = func() aws.Retryer { return retry.AddWithMaxBackoffDelay(retryer(), time.Millisecond) }
	made.Set(start)
	return made
}

// RequestsPerDay is how many opt-in requests an associate of the tests may send a day.
const RequestsPerDay = 20

// Open returns the table as functions see it, at the table's clock.
func (t *Table) Open() *table.Table {
	return table.Open(t.Config, table.Options{
		Name: t.Name, PhoneKey: []byte(seed.PhoneKey), TextRetention: Retention, Now: t.Now, NewID: t.NewID,
		TestLocations: t.TestLocations, OrdersPerDay: 100, RequestsPerDay: RequestsPerDay,
	})
}

// Now is the table's clock.
func (t *Table) Now() time.Time { return *t.now.Load() }

// Set sets the table's clock.
func (t *Table) Set(now time.Time) { t.now.Store(&now) }

// NewID returns a UUIDv7 for a moment whose last part counts instead of being random.
func (t *Table) NewID(at time.Time) string {
	ms := at.UnixMilli()
	return fmt.Sprintf("%08x-%04x-7000-8000-%012x", ms>>16, ms&0xffff, t.ids.Add(1))
}

// Main runs the tests of a package and ends the emulators they started:
//
//	func TestMain(m *testing.M) { os.Exit(scenario.Main(m)) }
func Main(m *testing.M) int {
	defer running.stop()
	return m.Run()
}

// running are the emulators of this test binary. A process each is what they can
// share, and only a variable of a package is known to all tests of a binary.
var running emulators

type emulators struct {
	mu  sync.Mutex
	all map[dynamodb.Engine]*emulator
}

type emulator struct {
	err    error
	server *dynamodb.Server
	client *http.Client
	table  template.Table
	tables atomic.Int64
}

// emulator starts an engine, once; if that fails, it fails for all.
func (r *emulators) emulator(engine dynamodb.Engine) (*emulator, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, known := r.all[engine]
	if !known {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		e = &emulator{}
		e.err = e.start(ctx, engine)
		if r.all == nil {
			r.all = map[dynamodb.Engine]*emulator{}
		}
		r.all[engine] = e
	}
	return e, e.err
}

func (r *emulators) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.all {
		if e.server != nil {
			e.server.Stop()
		}
	}
}

func (e *emulator) start(ctx context.Context, engine dynamodb.Engine) error {
	dir, err := root()
	if err != nil {
		return err
	}
	if e.table, err = declaredTable(filepath.Join(dir, "template.yaml")); err != nil {
		return err
	}
	folder := filepath.Join(dir, "infra", "local")
	if engine == dynamodb.DynamoDBLocal {
		folder = filepath.Join(folder, "dynamodb", "dynamodb-local")
	}
	if _, err := npm.Install(ctx, folder); err != nil {
		return err
	}
	e.server, err = dynamodb.Start(ctx, dynamodb.Options{Engine: engine, Modules: filepath.Join(folder, "node_modules")})
	// Each of many goroutines keeps a connection, or ports run out.
	e.client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 128}}
	return err
}

// declaredTable is the template's table; parameters do not matter to it.
func declaredTable(file string) (template.Table, error) {
	read, err := template.Load(file, template.Values{Parameters: map[string]string{
		"Stage": "sandbox", "JwtIssuer": "http://127.0.0.1", "PublicBaseUrl": seed.PublicBaseURL, "TwilioSecretArn": "twilio", "TwilioAccountSid": seed.AccountSID,
	}})
	if err != nil {
		return template.Table{}, err
	}
	if n := len(read.Tables); n != 1 {
		return template.Table{}, fmt.Errorf("%s declares %d tables: the product has one", file, n)
	}
	return read.Tables[0], nil
}
