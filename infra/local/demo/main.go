//go:build unix

// Command demo plays the product's story against a freshly started stack on free
// ports and checks every step: make demo. Its last line is "demo: ok (N steps)";
// otherwise it names the step that failed and ends with status 1.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"clienteling/infra/local/logs"
	"clienteling/infra/local/stack"
)

// limit is for everything, the build included.
const limit = 2 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Println("\ndemo: failed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "clienteling-demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	if err := os.MkdirAll(".local", 0o755); err != nil {
		return err
	}
	logFile, err := os.Create(filepath.Join(".local", "demo.log"))
	if err != nil {
		return err
	}
	defer func() { _ = logFile.Close() }()

	s, err := stack.Start(ctx, stack.Options{
		Root: ".", Dir: dir, Empty: true,
		Progress: func(step string) { fmt.Fprintln(out, "·", step) },
		Output:   logs.New(logFile, logs.Options{}).Line,
	})
	if err != nil {
		return err
	}
	defer s.Close()
	t := &teller{ctx: ctx, out: out, stack: s.Info, run: s.RunNow, numbers: map[string]string{}}
	for _, chapter := range slices.Concat(enabling, opening, texts, story, everyday) {
		if err := t.tell(chapter); err != nil {
			return fmt.Errorf("step %d, %s: %w (the functions' log is in %s)", t.steps, chapter.title, err, logFile.Name())
		}
	}
	fmt.Fprintf(out, "\ndemo: ok (%d steps)\n", t.steps)
	return nil
}
