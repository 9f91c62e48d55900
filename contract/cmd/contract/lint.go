package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	linter "github.com/tapkey-go/tapkey-go/contract/internal/lint"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
)

func lintCommand() *cobra.Command {
	rules := false
	cmd := &cobra.Command{
		Use:   "lint [FILE]",
		Short: "Check the document",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if rules {
				for _, rule := range linter.Rules() {
					fmt.Fprintf(cmd.OutOrStdout(), "%-22s %s\n", rule.ID, rule.About)
				}
				return nil
			}
			return lint(cmd, args)
		},
	}
	cmd.Flags().BoolVar(&rules, "rules", false, "list the rules")
	return cmd
}

func lint(cmd *cobra.Command, args []string) error {
	file := "openapi.yaml"
	if len(args) > 0 {
		file = args[0]
	} else {
		root, err := findRoot(cmd)
		if err != nil {
			return conclude(cmd, "lint", verdict.NotChecked, "%v", err)
		}
		file = filepath.Join(root, file)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return conclude(cmd, "lint", verdict.NotChecked, "%v", err)
	}
	problems := linter.Check(data)
	for _, p := range problems {
		fmt.Fprintf(cmd.OutOrStdout(), "%s:%s\n", filepath.Base(file), p)
	}
	if len(problems) > 0 {
		return conclude(cmd, "lint", verdict.Disagrees, "%d problems", len(problems))
	}
	return conclude(cmd, "lint", verdict.Agrees, "%d rules", len(linter.Rules()))
}
