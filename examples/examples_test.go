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

// limits are how many lines an example may have, comments and blank lines included.
var limits = map[string]int{
	"owners": 25, "grant-access": 120, "log-export": 60, "token-exchange": 120, "opentelemetry": 120, "testing": 120,
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
			t.Errorf("%s has %d lines; the limit is %d", name, lines, limit)
		}
	}
	if found != len(limits) {
		t.Errorf("%d examples, want %d", found, len(limits))
	}
}

// countLines counts the lines of an example: without its tests, unless they are what the
// example is about.
func countLines(t *testing.T, name string) (lines int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(name, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") && name != "testing" {
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

func TestTheCommentSaysHowToRunIt(t *testing.T) {
	for name := range limits {
		main := filepath.Join(name, "main.go")
		command := "go run ./" + name
		if name == "testing" {
			main, command = filepath.Join(name, "frontdesk.go"), "go test ./testing"
		}
		file, err := parser.ParseFile(token.NewFileSet(), main, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		comment := file.Doc.Text()
		if !strings.Contains(comment, command) || name != "testing" && !strings.Contains(comment, "go run ./cmd/tapkey sandbox") {
			t.Errorf("%s: %s", name, comment)
		}
	}
}

func TestTheReadmeHasEveryExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range limits {
		if !bytes.Contains(readme, []byte("\n| [`"+name+"`]("+name+") | ")) {
			t.Errorf("%s is missing", name)
		}
	}
}
