package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/contract/internal/selftest"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

// The table is in tableFile, between tableBegin and tableEnd.
const (
	tableFile  = "docs/contract-checks.md"
	tableBegin = "<!-- selftest: written by make contract-selftest WRITE=1 -->\n"
	tableEnd   = "<!-- end of selftest -->\n"
)

func selftestCommand() *cobra.Command {
	write := false
	cmd := &cobra.Command{
		Use:   "selftest",
		Short: "Check that the checks find mistakes and nothing else",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return selfTest(cmd, write) },
	}
	cmd.Flags().BoolVar(&write, "write", false, "write the table to "+tableFile)
	return cmd
}

func selfTest(cmd *cobra.Command, write bool) error {
	root, err := findRoot(cmd)
	if err != nil {
		return conclude(cmd, "selftest", verdict.NotChecked, "%v", err)
	}
	sections, err := selftest.Run(cmd.Context())
	if err != nil {
		return conclude(cmd, "selftest", verdict.NotChecked, "%v", err)
	}
	table := selftest.Table(sections)
	fmt.Fprint(cmd.OutOrStdout(), table)
	file := filepath.Join(root, filepath.FromSlash(tableFile))
	page, err := os.ReadFile(file)
	if err != nil {
		return conclude(cmd, "selftest", verdict.NotChecked, "%v", err)
	}
	fresh, err := withTable(string(page), table)
	if err != nil {
		return conclude(cmd, "selftest", verdict.NotChecked, "%v", err)
	}
	if write {
		if err := os.WriteFile(file, []byte(fresh), 0o644); err != nil {
			return conclude(cmd, "selftest", verdict.NotChecked, "%v", err)
		}
	}
	failed := selftest.Failed(sections)
	switch {
	case len(failed) > 0:
		return conclude(cmd, "selftest", verdict.Disagrees, "%d seeds are not reported as expected", len(failed))
	case !write && fresh != string(page):
		return conclude(cmd, "selftest", verdict.Disagrees, "the table in %s is stale", tableFile)
	}
	return conclude(cmd, "selftest", verdict.Agrees, "every seed is found, no harmless one is reported")
}

// withTable returns a page with its table replaced.
func withTable(page, table string) (string, error) {
	before, rest, begins := strings.Cut(page, tableBegin)
	_, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		return "", fmt.Errorf("%s has no %q and %q", tableFile, strings.TrimSpace(tableBegin), strings.TrimSpace(tableEnd))
	}
	return before + tableBegin + "\n" + table + tableEnd + after, nil
}
