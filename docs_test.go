package tapkeygo_test

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Links lead to a file of the repository and to a heading in it, or to another site by
// https, which is not asked.
func TestLinks(t *testing.T) {
	followed := 0
	for _, d := range documents(t) {
		for _, link := range d.links {
			if strings.Contains(link, ":") {
				if !strings.HasPrefix(link, "https://") {
					t.Errorf("%s: %s is not https", d.path, link)
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
				t.Errorf("%s: the link %q leads nowhere", d.path, link)
			} else if fragment != "" && (path.Ext(target) != ".md" || !readDocument(t, target).anchors()[fragment]) {
				t.Errorf("%s: %s has no heading for %q", d.path, target, link)
			}
		}
	}
	if followed < 20 {
		t.Errorf("only %d links were found", followed)
	}
}

var makeTarget = regexp.MustCompile(`\bmake ([a-z][a-z0-9-]*)`)

func TestMakeTargetsInTheDocuments(t *testing.T) {
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
					t.Errorf("%s: %q, but the Makefile has no such target", d.path, code)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no target was found")
	}
}

// What is there in Chinese as well says the same: headings, code, tables and links
// correspond.
func TestTranslationsCorrespond(t *testing.T) {
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
			"code":        {english.sortedCode(), chinese.sortedCode()},
			"links":       {english.targets(), chinese.targets()},
		} {
			for i := range max(len(lists[0]), len(lists[1])) {
				if i >= len(lists[0]) || i >= len(lists[1]) || lists[0][i] != lists[1][i] {
					t.Errorf("%s: %s differ at %d:\n%q\n%q", chinese.path, what, i, lists[0][min(i, len(lists[0])):], lists[1][min(i, len(lists[1])):])
					break
				}
			}
		}
	}
	if translations < 2 {
		t.Errorf("%d translations were found", translations)
	}
}

func (d *document) levels() (levels []string) {
	for _, h := range d.headings {
		levels = append(levels, h.level)
	}
	return levels
}

// plainBlocks are the code blocks, without their comments.
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

// columns is how many columns each row of a table has.
func (d *document) columns() (rows []string) {
	for _, row := range d.rows {
		rows = append(rows, strings.Repeat("|", strings.Count(row, "|")))
	}
	return rows
}

func (d *document) sortedCode() []string { return slices.Sorted(slices.Values(d.code)) }

// targets are the files that a document links to, whichever their language.
func (d *document) targets() (targets []string) {
	for _, link := range d.links {
		file, _, _ := strings.Cut(link, "#")
		targets = append(targets, strings.Replace(file, ".zh-CN.", ".", 1))
	}
	return targets
}
