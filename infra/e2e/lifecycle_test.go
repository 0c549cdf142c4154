//go:build unix

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"clienteling/infra/local/stack"
)

// pids are the processes of a function, as stack.json says.
func pids(t *testing.T, function string) []int {
	info, err := stack.ReadInfo(filepath.Dir(cloud.File()))
	if err != nil {
		t.Error(err)
	}
	return info.Functions[function].PIDs
}

// What was written survives a restart; a reset forgets it.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	run := func(reset bool, f func(stack.Info)) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s, err := stack.Start(ctx, stack.Options{Root: root(), Dir: dir, Reset: reset})
		if err != nil {
			t.Fatal(err)
		}
		f(s.Info)
		s.Close()
		if _, err := stack.ReadInfo(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("stack.json after the end: %v", err)
		}
	}
	count := func(i stack.Info) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, i.API+"/v1/stores/berlin/conversations", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+i.Tokens.Associate)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		var body bytes.Buffer
		_, _ = body.ReadFrom(response.Body)
		return strings.Count(body.String(), `"storeId"`)
	}
	run(false, func(i stack.Info) {
		post(t, i.Twilio.BaseURL+"/control/texts", map[string]any{"from": "+4917139200777", "to": berlin, "body": "Hallo"}, new(any))
		if n := count(i); n != 1 {
			t.Errorf("%d conversations after a text", n)
		}
	})
	run(false, func(i stack.Info) {
		if n := count(i); n != 1 {
			t.Errorf("%d conversations after a restart", n)
		}
	})
	run(true, func(i stack.Info) {
		if n := count(i); n != 0 {
			t.Errorf("%d conversations after a reset", n)
		}
	})
}

// binary is the command that make run starts.
func binary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cloud")
	command := exec.Command("go", "build", "-o", path, "./infra/local")
	command.Dir = root()
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return path
}

// However the stack ends, none of its processes stays; after a kill without
// mercy that holds on Linux, where the kernel sees to it.
func TestNoProcessStays(t *testing.T) {
	path := binary(t)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(s.String(), func(t *testing.T) {
			dir := t.TempDir()
			var out bytes.Buffer
			command := exec.Command(path, "-port", "0", "-dir", dir)
			command.Dir, command.Stdout, command.Stderr = root(), &out, &out
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			info := await(t, dir, &out)
			processes := []int{info.Processes.DynamoDB, info.Processes.SQS}
			for _, f := range info.Functions {
				processes = append(processes, f.PIDs...)
			}
			if len(processes) < 5 {
				t.Errorf("stack.json names only %v", processes)
			}
			if err := command.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			err := command.Wait()
			if s != syscall.SIGKILL && err != nil {
				t.Errorf("the stack ended with %v\n%s", err, out.String())
			}
			for _, pid := range processes {
				if !gone(pid) {
					t.Errorf("process %d stays", pid)
				}
			}
			if _, err := stack.ReadInfo(dir); s != syscall.SIGKILL && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("stack.json after the end: %v", err)
			}
		})
	}
}

// await returns what stack.json says once it is there.
func await(t *testing.T, dir string, out *bytes.Buffer) stack.Info {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if info, err := stack.ReadInfo(dir); err == nil {
			return info
		}
	}
	t.Fatalf("no stack.json after a minute:\n%s", out.String())
	return stack.Info{}
}

// gone waits up to five seconds for a process to end; one that waits for its
// parent's word (a zombie) has ended.
func gone(pid int) bool {
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return true
		}
		if raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
			if _, after, ok := strings.Cut(string(raw), ") "); ok && after[0] == 'Z' {
				return true
			}
		}
	}
	return false
}

// What a machine or a project lacks is told in one line that says what to do.
func TestFailsInOneLine(t *testing.T) {
	path := binary(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	taken := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)

	broken := t.TempDir()
	template, err := os.ReadFile(filepath.Join(root(), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	template = bytes.Replace(template, []byte("!Ref JwtIssuer"), []byte("!Ref JwtIsuer"), 1)
	if err := os.WriteFile(filepath.Join(broken, "template.yaml"), template, 0o600); err != nil {
		t.Fatal(err)
	}

	goBinary, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	withoutNode := []string{"PATH=" + filepath.Dir(goBinary)}

	for name, c := range map[string]struct {
		folder string
		args   []string
		env    []string
		want   []string
	}{
		"a port in use":       {root(), []string{"-port", taken}, nil, []string{"port " + taken, "the API", "in use", "PORT="}},
		"a port that is none": {root(), []string{"-port", "70000"}, nil, []string{"PORT=70000"}},
		"a port in words":     {root(), []string{"-port", "abc"}, nil, []string{"PORT=abc", "not a number"}},
		"a broken template":   {broken, []string{"-port", "0"}, nil, []string{"template.yaml", "JwtIsuer"}},
		"no template":         {t.TempDir(), []string{"-port", "0"}, nil, []string{"template.yaml"}},
		"no Node":             {root(), []string{"-port", "0"}, withoutNode, []string{"Node.js 20"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			command := exec.CommandContext(ctx, path, append(c.args, "-dir", t.TempDir())...)
			command.Dir, command.Stdout, command.Stderr = c.folder, &out, &out
			command.Env = append(os.Environ(), c.env...)
			if err := command.Run(); command.ProcessState == nil || command.ProcessState.ExitCode() != 1 {
				t.Errorf("ended with %v, want status 1", err)
			}
			said := strings.TrimSpace(out.String())
			line := said[strings.LastIndexByte(said, '\n')+1:]
			for _, words := range c.want {
				if !strings.Contains(line, words) {
					t.Errorf("said %q, want %q in its last line", said, words)
				}
			}
		})
	}
}
