package doctor

import (
	"os"
	"strings"
	"testing"
)

// tableRows returns the cells of the table of findings in a document.
func tableRows(t *testing.T, path string) [][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| `") {
			cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			rows = append(rows, cells)
		}
	}
	return rows
}

func TestTheDocumentsHaveEveryFinding(t *testing.T) {
	for _, path := range []string{"../docs/401.md", "../docs/401.zh-CN.md"} {
		rows := tableRows(t, path)
		if len(rows) != len(catalog) {
			t.Fatalf("%s: got %d findings, want %d", path, len(rows), len(catalog))
		}
		for i, f := range catalog {
			if len(rows[i]) != 4 || rows[i][0] != "`"+string(f.ID)+"`" {
				t.Errorf("%s, row %d: got %q, want four cells, the first one %s", path, i, rows[i], f.ID)
				continue
			}
			for _, cell := range rows[i] {
				if cell == "" {
					t.Errorf("%s, %s: got an empty cell, want text", path, f.ID)
				}
			}
			if strings.HasSuffix(path, "401.md") && (rows[i][1] != f.Cause || rows[i][3] != f.Remedy) {
				t.Errorf("%s, %s: got %q and %q, want %q and %q", path, f.ID, rows[i][1], rows[i][3], f.Cause, f.Remedy)
			}
		}
	}
}

func TestFindingsAreSentences(t *testing.T) {
	seen := map[ID]bool{}
	for _, f := range catalog {
		if seen[f.ID] || !strings.HasSuffix(f.Cause, ".") || !strings.HasSuffix(f.Remedy, ".") || strings.ContainsAny(f.Cause+f.Remedy, "\n|") {
			t.Errorf("got %+v, want a new id, and sentences on one line for cause and remedy", f)
		}
		seen[f.ID] = true
	}
}
