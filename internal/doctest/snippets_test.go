package doctest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// snippetImports maps the names that snippets use to the packages they import.
var snippetImports = map[string]string{
	"access": modulePath + "/access", "api": modulePath + "/api", "auth": modulePath + "/auth", "client": modulePath + "/client", "contract": modulePath + "/contract",
	"doctor": modulePath + "/doctor", "lockid": modulePath + "/lockid", "odata": modulePath + "/odata",
	"logfeed": modulePath + "/logfeed", "sandbox": modulePath + "/sandbox", "schedule": modulePath + "/schedule", "tapkey": modulePath + "/gen/tapkey",
	"tokenstore": modulePath + "/auth/tokenstore", "tapkeyredis": modulePath + "/auth/redis", "redis": "github.com/redis/go-redis/v9", "tapkeyotel": modulePath + "/otel",
	"context": "context", "log": "log", "errors": "errors", "fmt": "fmt", "http": "net/http", "rsa": "crypto/rsa", "slog": "log/slog", "time": "time",
	"oauth2": "golang.org/x/oauth2", "os": "os", "pem": "encoding/pem", "strings": "strings", "x509": "crypto/x509",
}

// Each snippet of Go in the documents compiles as the body of a test with a client c.
// Whole files and declarations are only parsed.
func TestSnippetsCompile(t *testing.T) {
	atRoot(t)
	if testing.Short() {
		t.Skip("snippets: not compiled with -short")
	}
	fetchDependencies(t, ".")
	fetchDependencies(t, "contract")
	fetchDependencies(t, "auth/redis")
	fetchDependencies(t, "otel")
	compiled := 0
	for _, d := range documents(t) {
		for i, block := range d.blocks {
			if block.language != "go" {
				continue
			}
			name := fmt.Sprintf("%s, block %d", d.path, i+1)
			if declaration := regexp.MustCompile(`^(package|func|type|//)`); declaration.MatchString(block.text) {
				source := "package p\n" + strings.TrimPrefix(block.text, "package main\n")
				if _, err := parser.ParseFile(token.NewFileSet(), name, source, 0); err != nil {
					t.Error(err)
				}
				continue
			}
			compiled++
			if problems := compile(t, block.text); problems != "" {
				t.Errorf("%s: the compiler reported the following, want nothing:\n%s", name, problems)
			}
		}
	}
	if compiled == 0 {
		t.Error("compiled 0 snippets, want at least 1")
	}
}

// compile builds a snippet in the module it is about, through an overlay, and returns the
// messages of the compiler.
func compile(t *testing.T, snippet string) (problems string) {
	t.Helper()
	var source bytes.Buffer
	source.WriteString("package snippets\n\nimport \"testing\"\n")
	for name, path := range snippetImports {
		if name == "client" || regexp.MustCompile(`\b`+name+`\.`).MatchString(snippet) {
			fmt.Fprintf(&source, "import %s %q\n", name, path)
		}
	}
	fmt.Fprintf(&source, "func _(t *testing.T, c *client.Client) {\n{\n%s}\n}\n", snippet)
	module := "."
	switch {
	case strings.Contains(snippet, "contract."):
		module = "contract"
	case strings.Contains(snippet, "redis."):
		module = "auth/redis"
	case strings.Contains(snippet, "tapkeyotel."):
		module = "otel"
	}
	dir, err := filepath.Abs(filepath.Join(module, "snippets"))
	if err != nil {
		t.Fatal(err)
	}
	scratch := t.TempDir()
	real, overlay := filepath.Join(scratch, "snippet.go"), filepath.Join(scratch, "overlay.json")
	mapping, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(dir, "snippet.go"): real}})
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string][]byte{real: source.Bytes(), overlay: mapping} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// With -json, the messages of the compiler are separate from the progress that the
	// go command writes to stderr, such as "go: downloading".
	cmd := exec.CommandContext(t.Context(), "go", "build", "-C", module, "-json", "-gcflags=-e", "-overlay", overlay, "./snippets")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		return ""
	}
	messages := 0
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var event struct{ Action, Output string }
		if err := decoder.Decode(&event); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go build -json: %v\n%s", err, out)
		}
		if event.Action != "build-output" {
			continue
		}
		messages++
		if !strings.HasPrefix(event.Output, "#") && !strings.Contains(event.Output, "declared and not used") {
			problems += event.Output
		}
	}
	if messages == 0 {
		t.Fatalf("go build: %v, and the compiler reported nothing:\n%s", err, &stderr)
	}
	return problems
}

// fetchDependencies downloads what the packages of a module need to compile. Without
// it and without a network, the caller's test is skipped.
func fetchDependencies(t *testing.T, module string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-C", module, "-deps", "./...").CombinedOutput()
	if err != nil {
		t.Skipf("%s: not run, the dependencies of module %s cannot be downloaded: %v\n%s", t.Name(), module, err, out)
	}
}
