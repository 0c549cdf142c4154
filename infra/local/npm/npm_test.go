//go:build unix

package npm_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clienteling/infra/local/npm"
)

// project writes a package with its lockfile; lock goes into the lock's packages.
func project(t *testing.T, manifest, lock string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "package.json"), `{"name":"x","version":"1.0.0"`+manifest+`}`)
	write(t, filepath.Join(dir, "package-lock.json"),
		`{"name":"x","version":"1.0.0","lockfileVersion":3,"requires":true,"packages":{"":{"name":"x","version":"1.0.0"`+manifest+`}`+lock+`}}`)
	return dir
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

// linked is a dependency in a folder of the project, which needs no registry.
const linked = `,"node_modules/dep":{"resolved":"dep","link":true},"dep":{"version":"1.0.0"}`

func TestInstallsOnceUntilTheLockChanges(t *testing.T) {
	dir := project(t, `,"dependencies":{"dep":"file:dep"}`, linked)
	write(t, filepath.Join(dir, "dep", "package.json"), `{"name":"dep","version":"1.0.0"}`)
	dep := filepath.Join(dir, "node_modules", "dep")
	for _, want := range []bool{true, false} {
		installed, err := npm.Install(t.Context(), dir)
		if err != nil || installed != want {
			t.Fatalf("installed %v, %v; want %v", installed, err, want)
		}
		if _, err := os.Stat(filepath.Join(dep, "package.json")); err != nil {
			t.Error(err)
		}
	}

	t.Log("in step: neither node nor npm is needed")
	path := os.Getenv("PATH")
	t.Setenv("PATH", t.TempDir())
	if installed, err := npm.Install(t.Context(), dir); installed || err != nil {
		t.Errorf("installed %v, %v", installed, err)
	}
	t.Setenv("PATH", path)

	t.Log("a changed lockfile, or a removed folder, is installed")
	lock := filepath.Join(dir, "package-lock.json")
	content, err := os.ReadFile(lock)
	if err != nil {
		t.Fatal(err)
	}
	write(t, lock, string(content)+"\n")
	if installed, err := npm.Install(t.Context(), dir); !installed || err != nil {
		t.Errorf("installed %v, %v", installed, err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if installed, err := npm.Install(t.Context(), dir); !installed || err != nil {
		t.Errorf("installed %v, %v", installed, err)
	}
}

func TestFailures(t *testing.T) {
	// A registry nobody listens at: npm must not reach a real one here.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	registry := "http://" + l.Addr().String()
	_ = l.Close()
	fake := func(name, script string) map[string]string { return map[string]string{name: "#!/bin/sh\n" + script} }
	for _, tt := range []struct {
		name string
		dir  string
		path map[string]string // programs that are all of PATH; nil leaves it
		want string
	}{
		{"no lockfile", t.TempDir(), nil, "npm has nothing to install"},
		{"no node", project(t, "", ""), map[string]string{}, "node is not in PATH: install Node.js 20"},
		{"old node", project(t, "", ""), fake("node", "echo v18.20.4"), "node is v18.20.4: install Node.js 20"},
		{"broken node", project(t, "", ""), fake("node", "exit 1"), "node --version fails"},
		{"no npm", project(t, "", ""), fake("node", "echo v22.1.0"), "npm is not in PATH"},
		{"no registry", project(t, `,"dependencies":{"fauxqs":"1.9.2"}`, `,"node_modules/fauxqs":{"version":"1.9.2"}`), nil, "npm cannot reach its registry (ECONNREFUSED)"},
		{"lock out of step", project(t, `,"dependencies":{"dep":"file:dep"}`, ""), nil, "npm ci fails in"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("npm_config_registry", registry)
			t.Setenv("npm_config_fetch_retries", "0")
			t.Setenv("npm_config_cache", t.TempDir())
			if tt.path != nil {
				bin := t.TempDir()
				for name, script := range tt.path {
					write(t, filepath.Join(bin, name), script)
				}
				t.Setenv("PATH", bin)
			}
			installed, err := npm.Install(t.Context(), tt.dir)
			if installed || err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("installed %v, %v; want %q in one line", installed, err, tt.want)
			}
			if _, err := os.Stat(filepath.Join(tt.dir, "node_modules", ".clienteling-installed")); err == nil {
				t.Error("stamped though it failed")
			}
		})
	}
}

func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := npm.Install(ctx, project(t, "", "")); err == nil {
		t.Error("installed with an ended context")
	}
}
