package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const document = `# tool, the command

Not in a page.

## Exit status

| Status | |
| --- | --- |
| 0, ` + "`1`" + ` | success, see [the page](x.md) |

More.

## Commands

### tool

Do things.

* [tool go](#tool-go): Go somewhere

### tool go

Go somewhere. It moves.

` + "```sh\ntool go -x \\\\\n  .hidden\n```\n\n```text\ntool go [flags]\n\n      --fast   'fast'\n```\n"

func TestPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man")
	if err := run(strings.NewReader(document), []string{dir}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"tool.1":    {".TH TOOL 1", "tool \\- Do things\n", ".SH EXIT STATUS\n", ".TP\n\\fB0, 1\\fP\nsuccess, see the page", "More."},
		"tool-go.1": {".TH TOOL-GO 1", "tool-go \\- Go somewhere\n", "It moves.", ".SH EXAMPLE\n.EX\ntool go", "  .hidden\n", ".SH SYNOPSIS\n.EX\ntool go [flags]\n"},
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range want {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s = %s, want it to contain %q", name, text, part)
			}
		}
		if strings.Contains(string(text), "Not in a page") {
			t.Errorf("%s = %s, want no text before the first section", name, text)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Errorf("got %d pages, error = %v; want 2 and none", len(files), err)
	}
}

func TestMistakes(t *testing.T) {
	for _, text := range []string{"", "# tool\n", "# tool\n\n## Commands\n", "# tool\n\n## A\n\n## Commands\n"} {
		if err := run(strings.NewReader(text), []string{t.TempDir()}); err == nil {
			t.Errorf("%q: error = nil, want one", text)
		}
	}
	if err := run(strings.NewReader(document), nil); err == nil {
		t.Error("no directory: error = nil, want one")
	}
}
