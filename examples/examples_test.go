package examples_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// limits are the maximum numbers of lines of the examples, with comments and empty lines.
var limits = map[string]int{
	"owners": 25, "grant-access": 120, "log-export": 60, "token-exchange": 120, "opentelemetry": 120, "tenants": 120, "testing": 120, "mocking": 45,
	"testcontainers": 80, "booking-webhook": 130, "hotel-night": 100, "sync-now": 100,
}

func TestExamplesAreShort(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, entry := range entries {
		name := entry.Name()
		if !entry.IsDir() || name == "internal" {
			continue
		}
		found++
		limit, known := limits[name]
		if lines := countLines(t, name); !known || lines == 0 || lines > limit {
			t.Errorf("%s: got %d lines, want 1 to %d", name, lines, limit)
		}
	}
	if found != len(limits) {
		t.Errorf("got %d examples, want %d", found, len(limits))
	}
}

// countLines returns the number of lines of an example. Tests count only if they are what
// the example shows.
func countLines(t *testing.T, name string) (lines int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(name, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") && name != "testing" && name != "testcontainers" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines += bytes.Count(text, []byte("\n"))
	}
	return lines
}

func TestPackageCommentsSayHowToRun(t *testing.T) {
	for name := range limits {
		main, commands := filepath.Join(name, "main.go"), []string{"go run ./" + name, "go run ./cmd/tapkey sandbox"}
		if file, ok := map[string]string{"testing": "frontdesk.go", "tenants": "tenants.go", "mocking": "expiry.go"}[name]; ok { // no programs
			main, commands = filepath.Join(name, file), []string{"go test ./" + name}
		}
		if name == "testcontainers" { // a separate module
			main, commands = filepath.Join(name, "testcontainers_test.go"), []string{"go test -C examples/" + name}
		}
		file, err := parser.ParseFile(token.NewFileSet(), main, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		comment := file.Doc.Text()
		for _, want := range commands {
			if !strings.Contains(comment, want) {
				t.Errorf("%s: got the comment %q, want %q in it", name, comment, want)
			}
		}
	}
}

func TestReadmeListsEveryExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range limits {
		if want := "\n| [`" + name + "`](" + name + ") | "; !bytes.Contains(readme, []byte(want)) {
			t.Errorf("got no row for %s in README.md, want %q", name, want)
		}
	}
}
