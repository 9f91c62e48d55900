package doctest

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// Links name a file of the repository, and a heading in it, or another site by https. Other
// sites are not requested.
func TestLinks(t *testing.T) {
	atRoot(t)
	followed := 0
	for _, d := range documents(t) {
		for _, link := range d.links {
			if strings.Contains(link, ":") {
				if !strings.HasPrefix(link, "https://") {
					t.Errorf("%s: link %q, want https", d.path, link)
				}
				continue
			}
			followed++
			file, fragment, _ := strings.Cut(link, "#")
			target := d.path
			if file != "" {
				target = path.Join(path.Dir(d.path), file)
			}
			if _, err := os.Stat(target); err != nil || strings.HasPrefix(target, "..") || link == "" {
				t.Errorf("%s: link %q, want a file of the repository", d.path, link)
			} else if fragment != "" && (path.Ext(target) != ".md" || !readDocument(t, target).anchors()[fragment]) {
				t.Errorf("%s: link %q, want a heading of %s", d.path, link, target)
			}
		}
	}
	if followed < 20 {
		t.Errorf("found %d links, want at least 20", followed)
	}
}

var makeTarget = regexp.MustCompile(`\bmake ([a-z][a-z0-9-]*)`)

func TestMakeTargetsInTheDocuments(t *testing.T) {
	atRoot(t)
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, d := range documents(t) {
		for _, code := range append(d.code, d.shell()...) {
			for _, target := range makeTarget.FindAllStringSubmatch(code, -1) {
				found++
				if !strings.Contains(string(makefile), "\n"+target[1]+":") {
					t.Errorf("%s: %q, want a target of the Makefile", d.path, code)
				}
			}
		}
	}
	if found == 0 {
		t.Error("found 0 make targets, want at least 1")
	}
}

// A translation has the same headings, code blocks, tables and links as its original.
func TestTranslationsCorrespond(t *testing.T) {
	atRoot(t)
	translations := 0
	for _, chinese := range documents(t) {
		original, isChinese := strings.CutSuffix(chinese.path, ".zh-CN.md")
		if !isChinese {
			continue
		}
		translations++
		english := readDocument(t, original+".md")
		for what, lists := range map[string][2][]string{
			"headings":    {english.levels(), chinese.levels()},
			"code blocks": {english.plainBlocks(), chinese.plainBlocks()},
			"tables":      {english.columns(), chinese.columns()},
			"links":       {english.targets(), chinese.targets()},
		} {
			for i := range max(len(lists[0]), len(lists[1])) {
				if i >= len(lists[0]) || i >= len(lists[1]) || lists[0][i] != lists[1][i] {
					t.Errorf("%s: %s from number %d on = %q, want as in the original, %q", chinese.path, what, i, lists[1][min(i, len(lists[1])):], lists[0][min(i, len(lists[0])):])
					break
				}
			}
		}
	}
	if translations < 2 {
		t.Errorf("found %d translations, want at least 2", translations)
	}
}

func (d *document) levels() (levels []string) {
	for _, h := range d.headings {
		levels = append(levels, h.level)
	}
	return levels
}

// plainBlocks returns the code blocks without comments.
func (d *document) plainBlocks() (blocks []string) {
	for _, block := range d.blocks {
		var text strings.Builder
		for line := range strings.Lines(block.text) {
			text.WriteString(withoutComment(line) + "\n")
		}
		blocks = append(blocks, block.language+"\n"+text.String())
	}
	return blocks
}

// columns returns the column separators of each row of a table.
func (d *document) columns() (rows []string) {
	for _, row := range d.rows {
		rows = append(rows, strings.Repeat("|", strings.Count(row, "|")))
	}
	return rows
}

// targets returns the files that the document links to, without the language.
func (d *document) targets() (targets []string) {
	for _, link := range d.links {
		file, _, _ := strings.Cut(link, "#")
		targets = append(targets, strings.Replace(file, ".zh-CN.", ".", 1))
	}
	return targets
}
