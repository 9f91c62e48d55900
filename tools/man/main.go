// Command man writes the manual pages of the command tapkey. It reads docs/cli.md from
// standard input, and writes a page for each command to a directory.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/cpuguy83/go-md2man/v2/md2man"
)

func main() {
	if err := run(os.Stdin, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "man:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments, want a directory", len(args))
	}
	document, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	all, err := pages(string(document))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(args[0], 0o755); err != nil { //nolint:gosec // pages that all users read
		return err
	}
	for _, p := range all {
		if err := os.WriteFile(filepath.Join(args[0], p.name+".1"), md2man.Render([]byte(p.markdown)), 0o644); err != nil { //nolint:gosec // as above
			return err
		}
	}
	return nil
}

// A page is the manual page of a command.
type page struct {
	name     string // such as "tapkey-locks-list"
	markdown string // in the form that md2man expects
}

// pages returns the pages of all commands of a document. The page of the first command has
// the general sections of the document, too.
func pages(document string) ([]page, error) {
	general, commands, ok := strings.Cut(document, "\n## Commands\n")
	if !ok {
		return nil, fmt.Errorf("the document has no section Commands")
	}
	_, general, ok = strings.Cut(general, "\n## ")
	if !ok {
		return nil, fmt.Errorf("the document has no general section")
	}
	var all []page
	for section := range strings.SplitSeq(commands, "\n### ") {
		if strings.TrimSpace(section) == "" {
			continue
		}
		title, text, _ := strings.Cut(section, "\n")
		p := newPage(title, strings.TrimSpace(text))
		if len(all) == 0 {
			p.markdown += "\n\n" + sections("## "+general)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the document has no commands")
	}
	return all, nil
}

// newPage returns the page of a command with a text: a paragraph, then an example and the
// flags, or a list of subcommands.
func newPage(title, text string) page {
	name := strings.ReplaceAll(title, " ", "-")
	about, rest, _ := strings.Cut(text, "\n\n")
	summary, _, _ := strings.Cut(about, ". ")
	rest = strings.NewReplacer("```sh\n", "# EXAMPLE\n\n```\n", "```text\n", "# SYNOPSIS\n\n```\n").Replace(rest)
	return page{name, fmt.Sprintf("%s 1 \"\" tapkey \"User Commands\"\n===\n\n# NAME\n\n%s - %s\n\n# DESCRIPTION\n\n%s\n\n%s",
		strings.ToUpper(name), name, strings.TrimSuffix(summary, "."), about, plain(rest))}
}

// sections converts general sections: to headings in capitals, and from tables with two
// columns, which are wider than a page, to definitions.
func sections(markdown string) string {
	var text strings.Builder
	lines := strings.Split(plain(markdown), "\n")
	for i, line := range lines {
		heading, isHeading := strings.CutPrefix(line, "## ")
		switch {
		case isHeading:
			line = "# " + strings.ToUpper(heading)
		case strings.HasPrefix(line, "| ---"):
			continue
		case strings.HasPrefix(line, "|") && i+1 < len(lines) && strings.HasPrefix(lines[i+1], "| ---"):
			continue // the head of a table
		case strings.HasPrefix(line, "|"):
			term, definition, _ := strings.Cut(strings.Trim(line, "| "), " | ")
			line = "**" + strings.ReplaceAll(term, "`", "") + "**\n: " + definition + "\n"
		}
		text.WriteString(line + "\n")
	}
	return text.String()
}

var link = regexp.MustCompile(`\[([^]]*)\]\([^)]*\)`)

// plain replaces links by their texts: a manual page has no other pages to go to.
func plain(markdown string) string { return link.ReplaceAllString(markdown, "$1") }
