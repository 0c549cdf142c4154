package setup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// vars is an environment in which AWS can be asked; "" takes a variable away.
func vars(more ...string) map[string]string {
	v := map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session",
	}
	for i := 0; i < len(more); i += 2 {
		v[more[i]] = more[i+1]
	}
	return v
}

func newTestEnv(v map[string]string) *Env { return NewEnv(func(name string) string { return v[name] }) }

func TestBoot(t *testing.T) {
	type build = func(context.Context, *Env) (any, error)
	for name, test := range map[string]struct {
		vars  map[string]string
		build build
		want  string
	}{
		"all is there": {vars("A", "a", "DAYS", "3"), func(_ context.Context, e *Env) (any, error) {
			e.Need("A")
			e.Days("DAYS")
			return nil, nil
		}, ""},
		"everything missing, at once, each once": {nil, func(ctx context.Context, e *Env) (any, error) {
			e.WarmDynamoDB(ctx)
			_, noAccounts := e.TwilioAccounts(ctx, e.Need("ACCOUNTS"))
			_, noKey := e.Secret(ctx, e.Need("KEY"))
			e.AWS("DYNAMODB")
			e.Need("TABLE")
			e.Need("KEY")
			e.Days("DAYS")
			return nil, errors.Join(noAccounts, noKey)
		}, "missing in the environment: AWS_REGION, ACCOUNTS, KEY, TABLE, DAYS (the template sets them)"},
		"without a region no secret is asked for": {vars("AWS_REGION", ""), func(ctx context.Context, e *Env) (any, error) {
			_, noAccounts := e.TwilioAccounts(ctx, "id")
			_, noKey := e.Secret(ctx, "id")
			return nil, errors.Join(noAccounts, noKey)
		}, "missing in the environment: AWS_REGION (the template sets them)"},
		"what is missing explains the rest": {nil, func(_ context.Context, e *Env) (any, error) {
			return nil, errors.New("no table " + e.Need("TABLE"))
		}, "missing in the environment: TABLE (the template sets them)"},
		"missing and wrong": {vars("DAYS", "soon", "WEEKS", "-1"), func(_ context.Context, e *Env) (any, error) {
			e.Days("DAYS")
			e.Days("WEEKS")
			e.Need("TABLE")
			return nil, nil
		}, `missing in the environment: TABLE (the template sets them); DAYS is "soon", but a number of days is needed, 1 to 65535; ` +
			`WEEKS is "-1", but a number of days is needed, 1 to 65535`},
		"a fault of its own": {vars(), func(context.Context, *Env) (any, error) {
			return nil, errors.New("the table is elsewhere")
		}, "the table is elsewhere"},
		"faults in one line": {vars(), func(context.Context, *Env) (any, error) {
			return nil, errors.Join(errors.New("no accounts"), errors.New("no key"))
		}, "no accounts; no key"},
	} {
		t.Run(name, func(t *testing.T) {
			e, h := newTestEnv(test.vars), &hosts{}
			e.http.Transport = h
			handler, err := e.boot(t.Context(), func(ctx context.Context, e *Env) (any, error) {
				_, err := test.build(ctx, e)
				return "handler", err
			})
			if asked := strings.Join(h.asked, " "); strings.Contains(asked, "secretsmanager") {
				t.Errorf("it asked %s for a secret, but does not know for which or where", asked)
			}
			switch {
			case test.want == "" && (err != nil || handler != "handler"):
				t.Errorf("got %v, %v", handler, err)
			case test.want != "" && (err == nil || err.Error() != test.want || handler != nil):
				t.Errorf("got %v, %v\nwant %s", handler, err, test.want)
			}
		})
	}
}

func TestDays(t *testing.T) {
	for value, want := range map[string]int{
		"1": 1, "400": 400, "65535": 65535,
		"0": 0, "-1": 0, "+5": 0, "1.5": 0, " 5": 0, "5 days": 0, "1_000": 0, "65536": 0, "99999999999999999999": 0, "٥": 0,
	} {
		e := newTestEnv(vars("DAYS", value))
		got := e.Days("DAYS")
		if want > 0 && (got != time.Duration(want)*24*time.Hour || len(e.invalid) > 0) {
			t.Errorf("%q is %v, %v", value, got, e.invalid)
		}
		if want == 0 && (len(e.invalid) != 1 || !strings.Contains(e.invalid[0], "DAYS is")) {
			t.Errorf("%q is %v, complaints %q", value, got, e.invalid)
		}
	}
}

func TestCount(t *testing.T) {
	for value, want := range map[string]int{"1": 1, "100": 100, "65535": 65535, "0": 0, "-1": 0, "+5": 0, "1.5": 0, "many": 0, "65536": 0} {
		e := newTestEnv(vars("COUNT", value))
		got := e.Count("COUNT")
		if want > 0 && got != want || (want > 0) != (len(e.invalid) == 0) {
			t.Errorf("%q is %d, complaints %q", value, got, e.invalid)
		}
	}
}

func TestAWS(t *testing.T) {
	e := newTestEnv(vars("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:8000", "AWS_ENDPOINT_URL_SQS", ""))
	cfg := e.AWS("DYNAMODB")
	if cfg.Region != "eu-central-1" || cfg.HTTPClient != e.http || aws.ToString(cfg.BaseEndpoint) != "http://127.0.0.1:8000" {
		t.Errorf("got %+v", cfg)
	}
	for _, service := range []string{"SQS", "SECRETS_MANAGER"} {
		if url := e.AWS(service).BaseEndpoint; url != nil {
			t.Errorf("%s is asked at %s", service, *url)
		}
	}
	credentials, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil || credentials.AccessKeyID != "AKIDEXAMPLE" || credentials.SecretAccessKey != "secret" || credentials.SessionToken != "session" {
		t.Errorf("got %+v, %v", credentials, err)
	}
}

func TestEndpoint(t *testing.T) {
	for _, test := range []struct{ region, url, want string }{
		{"eu-central-1", "http://127.0.0.1:9", "http://127.0.0.1:9"},
		{"eu-central-1", "", "https://secretsmanager.eu-central-1.amazonaws.com"},
		{"us-gov-west-1", "", "https://secretsmanager.us-gov-west-1.amazonaws.com"},
		{"cn-north-1", "", "https://secretsmanager.cn-north-1.amazonaws.com.cn"},
		{"eusc-de-east-1", "", "https://secretsmanager.eusc-de-east-1.amazonaws.eu"},
	} {
		e := newTestEnv(vars("AWS_REGION", test.region, "AWS_ENDPOINT_URL_SECRETS_MANAGER", test.url))
		if got := e.endpoint("SECRETS_MANAGER", "secretsmanager"); got != test.want {
			t.Errorf("%s: %s, want %s", test.region, got, test.want)
		}
	}
}

// hosts notes where requests go, and lets none out.
type hosts struct{ asked []string }

func (h *hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	h.asked = append(h.asked, r.URL.Scheme+"://"+r.URL.Host)
	return nil, errors.New("nothing leaves this test")
}

// A connection to another host than the client's would warm nothing.
func TestWarmsTheHostOfTheClient(t *testing.T) {
	for _, region := range []string{"eu-central-1", "us-east-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"} {
		e, h := newTestEnv(vars("AWS_REGION", region, "AWS_ENDPOINT_URL_DYNAMODB", "")), &hosts{}
		e.http.Transport = h
		e.WarmDynamoDB(t.Context())
		e.warm.Wait()
		if len(h.asked) != 1 {
			t.Fatalf("warming asked %v", h.asked)
		}
		if _, err := getItem(t.Context(), e); err == nil {
			t.Error("the client got an answer")
		}
		if warmed, used := h.asked[0], h.asked[1]; warmed != used {
			t.Errorf("%s: warmed %s, used %s", region, warmed, used)
		}
	}
}

func getItem(ctx context.Context, e *Env) (*dynamodb.GetItemOutput, error) {
	key := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "a"}}
	return dynamodb.NewFromConfig(e.AWS("DYNAMODB")).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("t"), Key: key})
}

// The client's first call goes out on the connection that warming has opened.
func TestWarmsTheConnectionOfTheClient(t *testing.T) {
	var from, protocols []string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, protocols = append(from, r.RemoteAddr), append(protocols, r.Proto)
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte("healthy: dynamodb.eu-central-1.amazonaws.com"))
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write([]byte(`{"Item":{"pk":{"S":"a"}}}`))
	}))
	defer server.Close()
	e := newTestEnv(vars("AWS_ENDPOINT_URL_DYNAMODB", server.URL))
	trust(e, server)

	if _, err := e.boot(t.Context(), func(ctx context.Context, e *Env) (any, error) {
		e.WarmDynamoDB(ctx)
		return nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(from) != 1 {
		t.Fatalf("the function is up after %d requests of warming", len(from))
	}
	answer, err := getItem(t.Context(), e)
	if err != nil || len(answer.Item) != 1 {
		t.Fatalf("got %+v, %v", answer, err)
	}
	if len(from) != 2 || from[0] != from[1] {
		t.Errorf("requests %v came from %v: the connection was not used again", protocols, from)
	}
}

// trust makes an Env accept a test server's certificate.
func trust(e *Env, server *httptest.Server) {
	e.http.Transport.(*http.Transport).TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
}

func TestWarmingNeverFailsTheStart(t *testing.T) {
	t.Parallel()
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(hanging.Close)
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 500) }))
	t.Cleanup(failing.Close)
	redirecting := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1", http.StatusFound))
	t.Cleanup(redirecting.Close)
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, url := range map[string]string{
		"hanging": hanging.URL, "failing": failing.URL, "redirecting": redirecting.URL, "closed": closed.URL, "no URL": "://", "no host": "https://",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			handler, err := newTestEnv(vars("AWS_ENDPOINT_URL_DYNAMODB", url)).boot(t.Context(), func(ctx context.Context, e *Env) (any, error) {
				e.WarmDynamoDB(ctx)
				return "handler", nil
			})
			if err != nil || handler != "handler" {
				t.Errorf("got %v, %v", handler, err)
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("the start took %v", took)
			}
		})
	}
}

// A call that hangs is given up and made again, three times in all, without long pauses.
func TestCallsAreRepeated(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		_, _ = io.Copy(io.Discard, r.Body) // only then the server sees its client go
		<-r.Context().Done()
	}))
	defer server.Close()
	e := newTestEnv(vars("AWS_ENDPOINT_URL_DYNAMODB", server.URL))
	if e.http.Timeout != 3*time.Second {
		t.Errorf("a call may take %v", e.http.Timeout)
	}
	e.http.Timeout = 50 * time.Millisecond
	start := time.Now()
	if _, err := getItem(t.Context(), e); err == nil {
		t.Error("a hanging server answered")
	}
	if n, took := calls.Load(), time.Since(start); n != 3 || took > 3*time.Second {
		t.Errorf("%d calls in %v", n, took)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	server := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1", http.StatusTemporaryRedirect))
	defer server.Close()
	e := newTestEnv(vars("AWS_ENDPOINT_URL_SECRETS_MANAGER", server.URL))
	if _, err := e.Secret(t.Context(), "id"); err == nil || !strings.Contains(err.Error(), "307") {
		t.Errorf("got %v, want the redirect itself", err)
	}
}

func TestEnv(t *testing.T) {
	e := newTestEnv(vars())
	if since := time.Since(e.Now()); since < 0 || since > time.Minute {
		t.Errorf("the clock is %v behind", since)
	}
	var log bytes.Buffer
	e.log = slog.New(slog.NewTextHandler(&log, nil))
	if e.Log().Info("hello"); !strings.Contains(log.String(), "hello") {
		t.Errorf("logged %q", &log)
	}
}
