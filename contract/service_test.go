package contract_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goCommand runs the go command in a directory, without a network.
func goCommand(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// A service in a module of its own, with contract and the client by replace, validates
// its own exchange. Where it does what the contract forbids, its test fails.
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
	goCommand(t, dir, "test", "./...")

	// The same with a query parameter that the contract does not know.
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
	command := exec.CommandContext(t.Context(), "go", "test", "./...")
	command.Dir = dir
	command.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod")
	out, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "contract: createGrant: request: undeclared parameter at query:notify") {
		t.Errorf("an undeclared parameter: %v\n%s", err, out)
	}
}

// Who uses the client gets nothing of what the checks are made of, and who uses the
// Transport nothing of what the program needs besides.
func TestDependencies(t *testing.T) {
	for dir, unwanted := range map[string][]string{
		"..": {"getkin", "oasdiff", "go.yaml.in", "tapkey-go/contract"},
		".":  {"oasdiff/oasdiff", "golang.org/x/tools", "golang.org/x/exp", "spf13", "tapkey-go/sandbox"},
	} {
		target := "."
		if dir == ".." {
			target = "./client"
		}
		command := exec.CommandContext(t.Context(), "go", "list", "-deps", target)
		command.Dir = dir
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, word := range unwanted {
			if strings.Contains(string(out), word) {
				t.Errorf("%s in %s depends on %s", target, dir, word)
			}
		}
	}
}
