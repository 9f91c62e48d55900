package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/contract/internal/reference"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

// operationsFiles are the files that list all operations, and what each should be, from
// the document and what it is now.
var operationsFiles = []struct {
	name string
	want func(document, current []byte) ([]byte, error)
}{
	{"docs/operations.md", func(document, _ []byte) ([]byte, error) {
		page, err := reference.Page(document)
		return []byte(page), err
	}},
	{"client/client.go", func(document, current []byte) ([]byte, error) {
		return reference.InsertCalls(current, document)
	}},
}

func operationsCommand() *cobra.Command {
	write := false
	cmd := &cobra.Command{
		Use:   "operations [FILE]",
		Short: "Check that the lists of all operations are current",
		Long: `Check that the lists of all operations, in docs/operations.md and in the doc comment of
client.Client, are current.

With FILE, another document, the command prints the page for it and checks nothing.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return operations(cmd, write)
			case write:
				return fmt.Errorf("--write cannot be used with a file")
			}
			return printOperations(cmd, args[0])
		},
	}
	cmd.Flags().BoolVar(&write, "write", false, "write the lists")
	return cmd
}

func operations(cmd *cobra.Command, write bool) error {
	notChecked := func(err error) error { return conclude(cmd, "operations", verdict.NotChecked, "%v", err) }
	root, err := findRoot(cmd)
	if err != nil {
		return notChecked(err)
	}
	document, err := os.ReadFile(filepath.Join(root, "openapi.yaml"))
	if err != nil {
		return notChecked(err)
	}
	var names, stale []string
	for _, list := range operationsFiles {
		file := filepath.Join(root, filepath.FromSlash(list.name))
		got, err := os.ReadFile(file)
		if err != nil {
			return notChecked(err)
		}
		want, err := list.want(document, got)
		if err != nil {
			return notChecked(fmt.Errorf("%s: %w", list.name, err))
		}
		names = append(names, list.name)
		switch {
		case bytes.Equal(got, want):
		case !write:
			stale = append(stale, list.name)
		default:
			if err := os.WriteFile(file, want, 0o644); err != nil {
				return notChecked(err)
			}
		}
	}
	if len(stale) > 0 {
		return conclude(cmd, "operations", verdict.Disagrees, "%s is stale: run make generate", strings.Join(stale, ", "))
	}
	return conclude(cmd, "operations", verdict.Agrees, "%s", strings.Join(names, ", "))
}

func printOperations(cmd *cobra.Command, file string) error {
	document, err := os.ReadFile(file)
	if err != nil {
		return conclude(cmd, "operations", verdict.NotChecked, "%v", err)
	}
	page, err := reference.Page(document)
	if err != nil {
		return conclude(cmd, "operations", verdict.NotChecked, "%v", err)
	}
	fmt.Fprint(cmd.OutOrStdout(), page)
	return nil
}
