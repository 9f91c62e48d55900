package doctest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// A document is a parsed Markdown file.
type document struct {
	path     string
	headings []heading
	blocks   []codeBlock
	rows     []string // of tables, without inline code
	code     []string // inline
	links    []string
}

type heading struct{ level, text string }

type codeBlock struct{ language, text string }

var (
	inlineCode = regexp.MustCompile("`[^`]*`")
	inlineLink = regexp.MustCompile(`\[[^\]]*\]\(([^)\s]*)\)`)
)

func readDocument(t *testing.T, path string) *document {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d, fenced := &document{path: path}, false
	for line := range strings.Lines(string(text)) {
		if language, fence := strings.CutPrefix(strings.TrimSpace(line), "```"); fence {
			if fenced = !fenced; fenced {
				d.blocks = append(d.blocks, codeBlock{language: language})
			}
			continue
		}
		if fenced {
			d.blocks[len(d.blocks)-1].text += line
			continue
		}
		d.addProse(strings.TrimSpace(line))
	}
	if fenced {
		t.Fatalf("%s: the last code block has no end", path)
	}
	return d
}

func (d *document) addProse(line string) {
	if level, text, found := strings.Cut(line, " "); found && strings.Trim(level, "#") == "" && level != "" {
		d.headings = append(d.headings, heading{level, text})
	}
	for _, code := range inlineCode.FindAllString(line, -1) {
		d.code = append(d.code, strings.Trim(code, "`"))
	}
	line = inlineCode.ReplaceAllString(line, "")
	if strings.HasPrefix(line, "|") {
		d.rows = append(d.rows, line)
	}
	for _, link := range inlineLink.FindAllStringSubmatch(line, -1) {
		d.links = append(d.links, link[1])
	}
}

// anchors returns the URL fragments that GitHub generates from the headings.
func (d *document) anchors() map[string]bool {
	anchors := map[string]bool{}
	for _, h := range d.headings {
		anchors[strings.Map(func(r rune) rune {
			switch {
			case r == ' ' || r == '-':
				return '-'
			case r == '_' || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, h.text)] = true
	}
	return anchors
}

// shell returns the commands in blocks of shell, without comments, one per line.
func (d *document) shell() []string {
	var commands []string
	for _, block := range d.blocks {
		if block.language != "sh" {
			continue
		}
		for line := range strings.Lines(strings.ReplaceAll(block.text, "\\\n", " ")) {
			if command := strings.Join(strings.Fields(withoutComment(line)), " "); command != "" {
				commands = append(commands, command)
			}
		}
	}
	return commands
}

var comment = regexp.MustCompile(`(^|\s+)#( .*)?$`)

func withoutComment(line string) string {
	return comment.ReplaceAllString(strings.TrimRight(line, "\n"), "")
}

// documents returns all Markdown files of the repository.
func documents(t *testing.T) []*document {
	t.Helper()
	var all []*document
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (name == "bin" || name == "dist" || name == "testdata" || name != "." && name[0] == '.'):
			return fs.SkipDir
		case filepath.Ext(name) == ".md", path == "llms.txt":
			all = append(all, readDocument(t, filepath.ToSlash(path)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
