package doctest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// TestRecipesRun compiles the functions in docs/recipes.md together with a program that calls
// each of them, and runs it on a sandbox.
func TestRecipesRun(t *testing.T) {
	atRoot(t)
	if testing.Short() {
		t.Skip("recipes: not run with -short")
	}
	fetchDependencies(t, ".")
	program, err := os.ReadFile("internal/doctest/testdata/recipes.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	var functions strings.Builder
	for _, block := range readDocument(t, "docs/recipes.md").blocks {
		if block.language != "go" {
			continue
		}
		functions.WriteString("\n" + block.text)
		for _, name := range regexp.MustCompile(`(?m)^func (\w+)\(`).FindAllStringSubmatch(block.text, -1) {
			if !strings.Contains(string(program), name[1]+"(") {
				t.Errorf("the program of the test does not call %s, want a call of each recipe", name[1])
			}
		}
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	server, err := sandbox.Start(sandbox.WithProvider(sandbox.Provider{
		Owner: "Coworking Space", Issuer: "https://id.example", Audience: "tapkey", Key: &key.PublicKey,
	}), sandbox.WithClient(sandbox.Client{ID: "app", Public: true, TokenExchange: true}))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()

	scratch := t.TempDir()
	real, overlay := filepath.Join(scratch, "main.go"), filepath.Join(scratch, "overlay.json")
	dir, err := filepath.Abs("snippets")
	if err != nil {
		t.Fatal(err)
	}
	mapping, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(dir, "main.go"): real}})
	if err != nil {
		t.Fatal(err)
	}
	source := "package main\n\n" + importsOf(functions.String()+string(program)) + string(program) + functions.String()
	for file, content := range map[string]string{real: source, overlay: string(mapping)} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(scratch, "recipes.exe")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", binary, "./snippets").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Env = append(os.Environ(), environment(server)...)
	cmd.Env = append(cmd.Env, "KEY="+string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	want, readErr := os.ReadFile("internal/doctest/testdata/recipes.txt")
	if readErr != nil {
		t.Fatal(readErr)
	}
	if err != nil || stdout.String() != string(want) {
		t.Errorf("recipes: error %v, stdout\n%s\nwant\n%s\nstderr %s", err, &stdout, want, &stderr)
	}
}

// importsOf returns the imports of a source, by the names that it uses.
func importsOf(source string) string {
	var b strings.Builder
	for name, path := range snippetImports {
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(source) {
			fmt.Fprintf(&b, "import %s %q\n", name, path)
		}
	}
	return b.String()
}
