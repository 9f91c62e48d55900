package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	linter "github.com/tapkey-go/tapkey-go/contract/internal/lint"
)

const repository = "../../.."

// Every seed is reported as expected, and the table in the documentation is current.
func TestSelftest(t *testing.T) {
	out := exits(t, 0, "selftest: agrees: ", "selftest", "--root", repository)
	for section, least := range map[string]int{"lint": 110, "breaking": 130, "live": 70} {
		found := regexp.MustCompile("`" + section + "`[^\n]*\n\n(\\d+) of (\\d+) found, 0 false alarms").FindStringSubmatch(out)
		if found == nil || found[1] != found[2] {
			t.Errorf("%s: got %q, want all seeds found", section, found)
			continue
		}
		if n, err := strconv.Atoi(found[2]); err != nil || n < least {
			t.Errorf("%s: got %s seeds, want at least %d", section, found[2], least)
		}
	}
}

// The commands and flags in the documentation exist.
func TestDocumentedCommands(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(repository, "docs", "contract-checks.md"))
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile("contract\"? ([a-z]+)((?: [^\\s`|>]+)*)").FindAllStringSubmatch(string(page), -1)
	checked := 0
	for _, line := range lines {
		cmd, _, err := rootCommand().Find([]string{line[1]})
		if err != nil || cmd.Parent() == nil {
			continue // not a command line
		}
		checked++
		documentedFlags(t, cmd, line[2])
	}
	if example := fmt.Sprintf("lint: agrees: %d rules\n", len(linter.Rules())); !strings.Contains(string(page), example) {
		t.Errorf("the example: got no %q, want it", example)
	}
	if checked < 5 {
		t.Errorf("got %d commands in the documentation, want at least 5", checked)
	}
}

func documentedFlags(t *testing.T, cmd *cobra.Command, args string) {
	t.Helper()
	for _, arg := range strings.Fields(args) {
		if name, ok := strings.CutPrefix(arg, "--"); ok && cmd.Flag(name) == nil {
			t.Errorf("contract %s: got no flag --%s, want it", cmd.Name(), name)
		}
	}
}
