//go:build unix

package e2e

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"clienteling/infra/local/seed"
	"clienteling/infra/local/stack"
)

// cloud is the one stack that the tests of this package share: they keep apart by
// the customers they play.
var cloud *running

type running struct {
	*stack.Stack
	database *proxy
	log      *log
	dir      string // where the stack keeps its state
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "clienteling-e2e-")
		if err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		cloud, err = start(dir)
		if err != nil {
			fmt.Fprintln(os.Stderr, "the stack does not start:", err)
			return 1
		}
		defer cloud.Close()
		return m.Run()
	}())
}

func start(dir string) (*running, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	r := &running{log: &log{}, dir: dir}
	var err error
	r.Stack, err = stack.Start(ctx, stack.Options{
		Root: root(), Dir: dir, Output: r.log.add,
		Reach: func(endpoint string) string {
			r.database = newProxy(endpoint)
			return r.database.server.URL
		},
	})
	if err == nil {
		err = r.moveToNoon(ctx)
	}
	return r, err
}

// moveToNoon moves the stores to where no quiet hours keep the tests from writing.
func (r *running) moveToNoon(ctx context.Context) error {
	to := r.Info.OpenTable()
	for _, shop := range seed.Shops {
		s, err := to.Store(ctx, shop.Store.Retailer, shop.Store.ID)
		if err == nil {
			s.TimeZone = seed.Noon(time.Now())
			_, err = to.SaveStore(ctx, s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// root is the project's folder.
func root() string {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	panic(err)
}

// log keeps what the functions print, to be searched for what must not be there.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(from string, _ int, line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, from+" "+string(line))
}

func (l *log) contains(s string) (line string, found bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, s) {
			return line, true
		}
	}
	return "", false
}

// proxy stands between the functions and DynamoDB and can strike at any call of the
// watched function: the others, the schedule's above all, work on at their own times.
type proxy struct {
	server *httptest.Server

	mu      sync.Mutex
	watched string                                 // a function's name, which is its session's token
	strike  func(operation string, forward func()) // nil: forward
	calls   []string
}

func newProxy(endpoint string) *proxy {
	target, err := url.Parse(endpoint)
	if err != nil {
		panic(err)
	}
	p := &proxy{}
	reverse := httputil.NewSingleHostReverseProxy(target)
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		forward := func() { reverse.ServeHTTP(w, r) }
		p.mu.Lock()
		strike := p.strike
		watched := operation != "" && r.Header.Get("X-Amz-Security-Token") == p.watched
		if watched {
			p.calls = append(p.calls, operation)
		}
		p.mu.Unlock()
		if strike == nil || !watched {
			forward()
			return
		}
		strike(operation, forward)
	}))
	return p
}

// during lets strike decide about every call of the function while f runs, and
// returns the calls made.
func (p *proxy) during(function string, strike func(operation string, forward func()), f func()) []string {
	p.mu.Lock()
	p.watched, p.strike, p.calls = function, strike, nil
	p.mu.Unlock()
	f()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watched, p.strike = "", nil
	return p.calls
}
