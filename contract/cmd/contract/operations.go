package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/contract/internal/reference"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

// operationsFile is the page of all operations.
const operationsFile = "docs/operations.md"

func operationsCommand() *cobra.Command {
	write := false
	cmd := &cobra.Command{
		Use:   "operations [FILE]",
		Short: "Is the page of all operations what the document gives?",
		Long: `Is the page of all operations, ` + operationsFile + `, what the document gives?

With a file, a document of your own, the page for it is printed and nothing is checked.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return operations(cmd, write)
			case write:
				return fmt.Errorf("--write is for the document of the checkout")
			}
			return printOperations(cmd, args[0])
		},
	}
	cmd.Flags().BoolVar(&write, "write", false, "write "+operationsFile)
	return cmd
}

func operations(cmd *cobra.Command, write bool) error {
	unknown := func(err error) error { return conclude(cmd, "operations", verdict.NotChecked, "%v", err) }
	root, err := findRoot(cmd)
	if err != nil {
		return unknown(err)
	}
	want, err := operationsPage(filepath.Join(root, "openapi.yaml"))
	if err != nil {
		return unknown(err)
	}
	file := filepath.Join(root, filepath.FromSlash(operationsFile))
	if write {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			return unknown(err)
		}
	}
	page, err := os.ReadFile(file)
	if err != nil {
		return unknown(err)
	}
	if string(page) != want {
		return conclude(cmd, "operations", verdict.Disagrees, "%s is not what openapi.yaml gives: run make generate", operationsFile)
	}
	return conclude(cmd, "operations", verdict.Agrees, "%s", operationsFile)
}

func printOperations(cmd *cobra.Command, file string) error {
	page, err := operationsPage(file)
	if err != nil {
		return conclude(cmd, "operations", verdict.NotChecked, "%v", err)
	}
	fmt.Fprint(cmd.OutOrStdout(), page)
	return nil
}

func operationsPage(file string) (string, error) {
	document, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	return reference.Page(document)
}
