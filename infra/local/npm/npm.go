//go:build unix

// Package npm installs the programs that the local cloud takes from the npm
// registry, exactly as a package-lock.json pins them.
package npm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

const (
	minNode = 20
	hint    = "install Node.js 20 or newer (nodejs.org) with its npm"

	// stamp, inside node_modules, holds what was installed there.
	stamp = ".clienteling-installed"
)

// Node says what is wrong with the Node.js in PATH, or nil.
func Node(ctx context.Context) error {
	said, err := exec.CommandContext(ctx, "node", "--version").Output()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("node is not in PATH: " + hint)
	}
	if err != nil {
		return fmt.Errorf("node --version fails (%w): %s", err, hint)
	}
	version := strings.TrimSpace(string(said)) // v20.20.2
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < minNode {
		return fmt.Errorf("node is %s: %s", version, hint)
	}
	return nil
}

// Install makes dir/node_modules match dir/package-lock.json and says whether it
// had to. It does nothing, and needs neither Node nor a network, when both are in
// step. No package's install script is run. Processes that install into one folder
// at the same time take turns.
func Install(ctx context.Context, dir string) (installed bool, err error) {
	lock, err := os.Open(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return false, fmt.Errorf("npm has nothing to install: %w", err)
	}
	defer func() { _ = lock.Close() }() // which also unlocks
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return false, fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	want, err := fingerprint(dir)
	if err != nil {
		return false, err
	}
	file := filepath.Join(dir, "node_modules", stamp)
	if have, err := os.ReadFile(file); err == nil && string(have) == want {
		return false, nil
	}
	if err := Node(ctx); err != nil {
		return false, err
	}
	if err := ci(ctx, dir); err != nil {
		return false, err
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		return true, fmt.Errorf("remember what npm installed: %w", err)
	}
	return true, nil
}

// fingerprint is a hash of what decides over the contents of node_modules.
func fingerprint(dir string) (string, error) {
	h := sha256.New()
	_, _ = fmt.Fprintln(h, runtime.GOOS, runtime.GOARCH) // optional packages are per platform
	for _, name := range []string{"package.json", "package-lock.json"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "", err
		}
		_, _ = fmt.Fprintf(h, "%s %d\n%s", name, len(content), content)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func ci(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "npm", "ci",
		"--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		// An empty lockfile leaves no folder for the stamp.
		return os.MkdirAll(filepath.Join(dir, "node_modules"), 0o755)
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("npm is not in PATH: " + hint)
	case ctx.Err() != nil:
		return fmt.Errorf("npm ci in %s: %w", dir, ctx.Err())
	}
	code, reason := explain(out)
	if slices.Contains([]string{"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ERR_SOCKET_TIMEOUT"}, code) {
		return fmt.Errorf("npm cannot reach its registry (%s): check the network, and npm config get registry", code)
	}
	if reason == "" {
		reason = err.Error()
	}
	return fmt.Errorf("npm ci fails in %s: %s", dir, reason)
}

// explain finds the error code and the first sentence in npm's report, whose lines
// start with "npm error" (older: "npm ERR!").
func explain(out []byte) (code, reason string) {
	for line := range bytes.Lines(out) {
		text, found := strings.CutPrefix(string(line), "npm error ")
		if !found {
			text, found = strings.CutPrefix(string(line), "npm ERR! ")
		}
		text = strings.TrimSpace(text)
		if !found || text == "" {
			continue
		}
		if c, isCode := strings.CutPrefix(text, "code "); isCode && code == "" {
			code = c
		} else if reason == "" && !isCode && !strings.HasPrefix(text, "errno ") && !strings.HasPrefix(text, "syscall ") {
			reason = text
		}
	}
	return code, reason
}
