package auth_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The programs in the documents are the examples that are run.
func TestProgramsOfTheDocuments(t *testing.T) {
	text, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	programs := regexp.MustCompile(`(?s)// begin [^\n]*\n(.*?)\n// end`).FindAllStringSubmatch(string(text), -1)
	if len(programs) != 3 {
		t.Fatalf("got %d programs, want 3", len(programs))
	}
	for _, path := range []string{"../docs/auth.md", "../docs/auth.zh-CN.md"} {
		document, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, program := range programs {
			source := strings.TrimSpace(program[1])
			if lines := strings.Count(source, "\n") + 1; lines > 60 {
				t.Errorf("got a program of %d lines, want at most 60", lines)
			}
			if !strings.Contains(string(document), "```go\n"+source+"\n```") {
				t.Errorf("%s lacks the program\n%s", path, source)
			}
		}
	}
}
