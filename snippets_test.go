package tapkeygo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What snippets may import, and by which name.
var snippetImports = map[string]string{
	"api": modulePath + "/api", "client": modulePath + "/client", "contract": modulePath + "/contract",
	"doctor": modulePath + "/doctor", "lockid": modulePath + "/lockid", "odata": modulePath + "/odata",
	"sandbox": modulePath + "/sandbox", "tapkey": modulePath + "/gen/tapkey",
	"context": "context", "errors": "errors", "fmt": "fmt", "http": "net/http", "slog": "log/slog", "time": "time",
}

// The snippets of Go in the documents compile, as the body of a test that has a client.
// Whole files, and declarations, are parsed only.
func TestSnippetsCompile(t *testing.T) {
	if testing.Short() {
		t.Skip("snippets: not compiled (-short)")
	}
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
				t.Errorf("%s:\n%s", name, problems)
			}
		}
	}
	if compiled == 0 {
		t.Error("there are none")
	}
}

// compile builds a snippet in the module that it is about, where it is by an overlay only.
func compile(t *testing.T, snippet string) (problems string) {
	t.Helper()
	var source bytes.Buffer
	source.WriteString("package snippets\n\nimport \"testing\"\n")
	for name, path := range snippetImports {
		if name == "client" || regexp.MustCompile(`\b`+name+`\.`).MatchString(snippet) {
			fmt.Fprintf(&source, "import %q\n", path)
		}
	}
	fmt.Fprintf(&source, "func _(t *testing.T, c *client.Client) {\n{\n%s}\n}\n", snippet)
	module := "."
	if strings.Contains(snippet, "contract.") {
		module = "contract"
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
	out, err := exec.CommandContext(t.Context(), "go", "build", "-C", module, "-gcflags=-e", "-overlay", overlay, "./snippets").CombinedOutput()
	if err == nil {
		return ""
	}
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "#") && !strings.Contains(line, "declared and not used") {
			problems += line
		}
	}
	return problems
}
