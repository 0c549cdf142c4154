//go:build unix

package stack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"clienteling/infra/local/template"
)

// BuildFlags are those of the binaries that are deployed; only the platform differs.
var BuildFlags = []string{"-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w"}

// build compiles the functions for this machine, all in one go, into
// .local/build/<function>/bootstrap, and returns the paths by function.
func build(ctx context.Context, root string, functions []template.Function) (map[string]string, error) {
	out := filepath.Join(root, ".local", "build")
	flat := filepath.Join(out, "functions")
	if err := os.MkdirAll(flat, 0o755); err != nil {
		return nil, err
	}
	args := append([]string{"build", "-o", flat + string(filepath.Separator)}, BuildFlags...)
	for _, f := range functions {
		args = append(args, "./"+f.Folder)
	}
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = root
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the functions do not build:\n%s", strings.TrimSpace(string(said)))
	}
	bootstraps := map[string]string{}
	for _, f := range functions {
		folder := filepath.Join(out, f.Name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
		bootstrap := filepath.Join(folder, "bootstrap")
		fresh := bootstrap + ".new"
		_ = os.Remove(fresh) // of an interrupted run; if it stays, Link says so
		if err := os.Link(filepath.Join(flat, filepath.Base(f.Folder)), fresh); err != nil {
			return nil, err
		}
		if err := os.Rename(fresh, bootstrap); err != nil {
			return nil, err
		}
		_ = os.Remove(fresh) // Rename leaves it when both were the same file already
		bootstraps[f.Name] = bootstrap
	}
	return bootstraps, nil
}
