package contract_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runGo runs the go command in a directory and returns its standard output. Standard
// error is part of the error only: the go command also reports progress there, such as
// the modules it downloads.
func runGo(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOWORK=off")
	out, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, exit.Stderr)
	}
	return string(out), err
}

// A service in a separate module, which replaces contract and the client, validates its
// exchanges. Its test fails when it sends what the contract forbids.
func TestAServiceUsesTheRecorder(t *testing.T) {
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/service")); err != nil {
		t.Fatal(err)
	}
	mod := fmt.Sprintf(`module example.com/service

go 1.26.0

require (
	github.com/tapkey-go/tapkey-go v0.0.0
	github.com/tapkey-go/tapkey-go/contract v0.0.0
)

replace github.com/tapkey-go/tapkey-go => %s

replace github.com/tapkey-go/tapkey-go/contract => %s
`, filepath.Dir(here), here)
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"go.mod": mod, "go.sum": string(sums)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := runGo(t, dir, "test", "-mod=mod", "./..."); err != nil {
		t.Fatalf("the service's test: got %v\n%s\nwant success", err, out)
	}

	// The same service with a query parameter that the contract does not declare.
	source, err := os.ReadFile(filepath.Join(dir, "service.go"))
	if err != nil {
		t.Fatal(err)
	}
	const good = "ContactID: &contact.ID}"
	wrong := strings.Replace(string(source), good, good+`, func(_ context.Context, r *http.Request) error {
			r.URL.RawQuery = "notify=true"
			return nil
		}`, 1)
	if err := os.WriteFile(filepath.Join(dir, "service.go"), []byte(wrong), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = "contract: createGrant: request: undeclared parameter at query:notify"
	if out, err := runGo(t, dir, "test", "-mod=mod", "./..."); err == nil || !strings.Contains(out, want) {
		t.Errorf("an undeclared parameter: got %v\n%s\nwant a failure with %q", err, out, want)
	}
}

// Importing the client does not link what the checks need. Importing contract does not
// link what the program needs.
func TestDependencies(t *testing.T) {
	for dir, unwanted := range map[string][]string{
		"..": {"getkin", "oasdiff", "go.yaml.in", "tapkey-go/contract"},
		".":  {"oasdiff/oasdiff", "golang.org/x/tools", "spf13", "tapkey-go/sandbox"},
	} {
		target := "."
		if dir == ".." {
			target = "./client"
		}
		out, err := runGo(t, dir, "list", "-deps", target)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range unwanted {
			if strings.Contains(out, word) {
				t.Errorf("%s in %s: got a dependency on %s, want none", target, dir, word)
			}
		}
	}
}
