package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// The section "Commands" of docs/cli.md is generated from the help of the commands.
func TestDocs(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "docs", "cli.md")
	old, err := os.ReadFile(file)
	must(t, err)
	const heading = "\n## Commands\n"
	prose, _, ok := strings.Cut(string(old), heading)
	if !ok {
		t.Fatalf("docs/cli.md has no heading %q, want one", heading)
	}
	var page strings.Builder
	page.WriteString(prose + heading)
	for _, cmd := range commands() {
		writeCommand(&page, cmd)
	}
	checkGolden(t, file, page.String())
}

// writeCommand writes the section about one command.
func writeCommand(w io.Writer, cmd *cobra.Command) {
	about := cmd.Long
	if cmd.HasAvailableSubCommands() {
		about = cmd.Short + "."
	}
	fmt.Fprintf(w, "\n### %s\n\n%s\n", cmd.CommandPath(), strings.ReplaceAll(about, "\n", " "))
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintln(w)
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(w, "* [%s](#%s): %s\n", sub.CommandPath(), strings.ReplaceAll(sub.CommandPath(), " ", "-"), sub.Short)
			}
		}
		return
	}
	defer hideOutputFlags(cmd)()
	flags := cmd.LocalNonPersistentFlags().FlagUsagesWrapped(100)
	if hasOutputFlags(cmd) {
		flags += outputUsage
	}
	fmt.Fprintf(w, "\n```sh\n%s\n```\n\n```text\n%s\n\n%s```\n", strings.ReplaceAll(strings.TrimPrefix(cmd.Example, "  "), "\n  ", "\n"),
		cmd.UseLine(), flags)
}
